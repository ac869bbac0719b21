"""Writes what is in a tile as GeoJSON (RFC 7946), rounded to its steps. Not here: what is in it (``cut``)."""

from collections.abc import Sequence
from math import ceil, log10

import numpy as np
import shapely

from mendmap.geo.grid import EXTENT, steps_to_lonlat
from mendmap.tiles.blocks import Block
from mendmap.tiles.cut import Cut, Pieces, TileContent, content

MEDIA_TYPE = "application/geo+json"


def decimals(zoom: int) -> int:
    """Decimals of degrees that a tile's coordinates are rounded to: no coarser than 1/4096 of its width."""
    return ceil(log10(2**zoom * EXTENT / 360))


def written(cuts: Sequence[Cut]) -> TileContent:
    """One FeatureCollection of the layers of a tile, one after another; each feature's properties name its layer."""
    features = b",".join([b",".join(_features(each)) for each in cuts if len(each.rows)])
    body = b'{"type":"FeatureCollection","features":[%b],"omitted":%d}' % (
        features,
        sum(each.omitted for each in cuts),
    )
    return content(body, cuts)


def _features(cut: Cut) -> list[bytes]:
    """The features of a cut: those that are whole as their block holds them, the others written anew."""
    ready, block = cut.block.made(_ready), cut.block
    rows = cut.rows.tolist()
    features = [ready[row] for row in rows]
    for nth, geometry in zip(cut.edges.tolist(), cut.pieces.made(_geometries)[cut.own], strict=True):
        features[nth] = _feature(block, rows[nth], geometry)
    return features


def _ready(block: Block) -> list[bytes]:
    """Every feature of a block, whole."""
    return [_feature(block, row, geometry) for row, geometry in enumerate(_geometries(block))]


def _feature(block: Block, row: int, geometry: str) -> bytes:
    ident, properties = block.ids[row].encode(), block.properties[row]
    return b'{"type":"Feature","id":"%b","geometry":%b,"properties":%b}' % (ident, geometry.encode(), properties)


def _geometries(drawn: Block | Pieces) -> list[str]:
    """Shapes in steps, as GeoJSON in degrees."""
    zoom, places = drawn.zoom, decimals(drawn.zoom)
    degrees = shapely.transform(drawn.shapes, lambda steps: np.round(steps_to_lonlat(steps, zoom), places))
    return list(shapely.to_geojson(shapely.orient_polygons(degrees)))

"""Writes what is in a tile as GeoJSON (RFC 7946), rounded to its steps. Not here: what is in it (``cut``)."""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely

from mendmap.tiles.cut import Cut, TileContent
from mendmap.tiles.prepare import Shapes, decimals

MEDIA_TYPE = "application/geo+json"


def written(cuts: Sequence[Cut]) -> TileContent:
    """One FeatureCollection of the layers of a tile, one after another; each feature's properties name its layer."""
    features = [each for cut in cuts for each in _features(cut)]
    omitted = sum(cut.omitted for cut in cuts)
    body = b'{"type":"FeatureCollection","features":[%b],"omitted":%d}' % (b",".join(features), omitted)
    return TileContent(body, len(features), omitted)


def _features(cut: Cut) -> Iterator[bytes]:
    for index, shape in zip(cut.indices, _geojson(cut.shapes, cut.tile.z), strict=True):
        ident, properties = cut.layer.feature_id(index), cut.layer.properties(index)
        yield b'{"type":"Feature","id":"%b","geometry":%b,"properties":%b}' % (
            ident.encode(),
            shape.encode(),
            properties,
        )


def _geojson(shapes: Shapes, zoom: int) -> list[str]:
    rounded = shapely.transform(shapes, lambda degrees: np.round(degrees, decimals(zoom)))
    return list(shapely.to_geojson(shapely.orient_polygons(rounded)))

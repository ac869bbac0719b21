"""Features of a layer as GeoJSON (RFC 7946), with their joined columns, a piece at a time.

Not here: which features (``atlas.select``), and other formats (``layers``).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import geopandas
import numpy as np
import orjson
import shapely

from mendmap.atlas.model import Layer
from mendmap.atlas.select import Rows
from mendmap.exports.layers.chosen import BATCH, Chosen, type_name
from mendmap.geo.antimeridian import cut
from mendmap.geo.crs import Crs, Shapes, crs

CRS84 = crs("OGC:CRS84")


def features(
    layer: Layer, rows: Rows | None = None, system: Crs = CRS84, columns: Sequence[str] | None = None
) -> Iterator[bytes]:
    """Features of a layer, each as JSON: those of some rows of its frame, in their order, or all.

    One without a position has a null geometry; one that crosses the antimeridian is cut there. Exterior rings wind
    counter-clockwise, and coordinates are rounded to 7 decimals of a degree, or 3 of a metre. Of the properties only
    some ``columns`` are told where they are given. In another system than CRS84 the coordinates have the order of axes
    of its authority (OGC 18-058r1, 6.2.1), and what comes is no GeoJSON by the letter of RFC 7946.
    """
    count = len(layer.features) if rows is None else len(rows)
    for first in range(0, count, BATCH):
        last = min(first + BATCH, count)
        frame = layer.table(np.arange(first, last) if rows is None else rows[first:last])
        yield from _features(frame, system, columns)


def collection(chosen: Chosen) -> Iterator[bytes]:
    """One FeatureCollection, in the order of what is chosen, a piece of a megabyte or so at a time.

    Beside the features stand the layer's name, its licence, attribution, the snapshot and what was asked, as foreign
    members (RFC 7946, section 6.1).
    """
    snapshot = chosen.atlas.snapshot
    head = {
        "name": chosen.layer.id,
        **{name: text for name, text in chosen.about.items() if name not in ("layer", "digest", "moment")},
        "snapshot": {"number": snapshot.number, "digest": snapshot.digest},
        "numberReturned": chosen.count,
    }
    yield b'{"type":"FeatureCollection",%b,"features":[' % orjson.dumps(head)[1:-1]
    between = b"\n"
    for frame in chosen.frames():
        yield between + b",\n".join(_features(frame, CRS84, None))
        between = b",\n"
    yield b"\n]}\n"


def _features(frame: geopandas.GeoDataFrame, system: Crs, columns: Sequence[str] | None) -> Iterator[bytes]:
    names = list(columns) if columns is not None else [name for name in frame.columns if name != frame.geometry.name]
    cells = zip(*(frame[name].tolist() for name in names), strict=True) if names else ((),) * len(frame)
    shapes = _geometries(frame.geometry.to_numpy(), system)
    for ident, row, shape in zip(frame["id"].tolist(), cells, shapes, strict=True):
        properties = orjson.dumps(dict(zip(names, row, strict=True)))
        yield b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}' % (orjson.dumps(ident), shape, properties)


def _geometries(shapes: Shapes, system: Crs) -> list[bytes]:
    """Each geometry as JSON. Written out of the arrays of coordinates, which takes a fifth of the time that GEOS
    takes over it."""
    turned = system.official(system.from_crs84(shapes)) if system.name != CRS84.name else cut(shapes)
    turned = shapely.orient_polygons(turned)
    types = shapely.get_type_id(turned)
    found = np.full(len(turned), b"null", dtype=object)
    for each in np.unique(types[types >= 0]):
        same = types == each
        name = type_name(each)
        found[same] = [
            orjson.dumps({"type": name, "coordinates": nested}, option=orjson.OPT_SERIALIZE_NUMPY)
            for nested in _coordinates(turned[same], system.decimals)
        ]
    return found.tolist()


def _coordinates(shapes: Shapes, decimals: int) -> list[Any]:
    """The coordinates of shapes of one type, nested as GeoJSON has them."""
    _, positions, levels = shapely.to_ragged_array(shapes, include_z=False)
    # Adding zero leaves no -0.0.
    nested: Any = np.round(positions, decimals) + 0.0
    for ends in levels:
        nested = [nested[first:last] for first, last in pairwise(ends.tolist())]
    return list(nested)

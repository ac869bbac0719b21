"""Writes what is in a tile as a Mapbox Vector Tile 2.1: a protobuf of steps and commands, several layers in one.

A coordinate is the nearest of 4096 steps along the tile's edge, rows counted from the north. Between two vertices a
line of GeoJSON is straight in degrees, and one of these straight on the map: the two are never more than
3217 sin(latitude) / 2^zoom steps apart, less than one from zoom 12 on. A path that has no extent on these steps is
drawn as the smallest that the format takes, one step long or wide, and counted: no feature is lost at a zoom.
Points stay whole beyond the tile's edge wherever their disc of accuracy touches it, as in the GeoJSON tiles.
Not here: what is in a tile (``cut``), and what its properties mean (``prepare``).

The format: https://github.com/mapbox/vector-tile-spec/tree/master/2.1; its protobuf's wire format:
https://protobuf.dev/programming-guides/encoding/.
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.geo.grid import EXTENT, Tile, side_m, to_mercator
from mendmap.tiles.cut import Cut, TileContent
from mendmap.tiles.prepare import Shapes

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
# Keys of the protobuf: the number of a field, and how it is written.
_VARINT, _DOUBLE, _BYTES = 0, 1, 2
_TILE_LAYER = 3 << 3 | _BYTES
_LAYER = {
    "version": 15 << 3 | _VARINT,
    "name": 1 << 3 | _BYTES,
    "feature": 2 << 3 | _BYTES,
    "key": 3 << 3 | _BYTES,
    "value": 4 << 3 | _BYTES,
    "extent": 5 << 3 | _VARINT,
}
_FEATURE = {"id": 1 << 3 | _VARINT, "tags": 2 << 3 | _BYTES, "type": 3 << 3 | _VARINT, "geometry": 4 << 3 | _BYTES}
_VALUE = {str: 1 << 3 | _BYTES, float: 3 << 3 | _DOUBLE, int: 6 << 3 | _VARINT, bool: 7 << 3 | _VARINT}
# Commands of a geometry, and how often each is repeated, shifted by 3.
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7

Numbers = NDArray[np.int64]


class _Paths(NamedTuple):
    """What is drawn of features of one dimension. ``steps`` (n, 2) are the vertices of all paths, ``sizes`` (p,) how
    many belong to each path, ``owners`` (p,) which feature it is of, in order; ``widened`` counts those that had no
    extent."""

    steps: Numbers
    sizes: Numbers
    owners: Numbers
    widened: int


def written(cuts: Sequence[Cut]) -> TileContent:
    """The layers of a tile; one that has nothing there is left out, so an empty tile is no bytes at all."""
    layers = [_layer(cut) for cut in cuts if len(cut.indices)]
    return TileContent(
        b"".join(_field(_TILE_LAYER, body) for body, _ in layers),
        sum(len(cut.indices) for cut in cuts),
        sum(cut.omitted for cut in cuts),
        sum(widened for _, widened in layers),
    )


def _layer(cut: Cut) -> tuple[bytes, int]:
    """A layer, and how many of its paths were widened."""
    geometries, widened = _geometries(cut.shapes, cut.tile)
    kinds = (shapely.get_dimensions(cut.shapes) + 1).tolist()
    keys: dict[str, int] = {}
    values: dict[tuple[type, Any], int] = {}
    features = []
    for nth, tags in enumerate(_tags(cut, keys, values)):
        body = _number(_FEATURE["id"], cut.layer.number(cut.indices[nth])) + _field(_FEATURE["tags"], tags)
        body += _number(_FEATURE["type"], kinds[nth]) + _field(_FEATURE["geometry"], geometries[nth])
        features.append(_field(_LAYER["feature"], body))
    parts = [
        _number(_LAYER["version"], 2),
        _field(_LAYER["name"], cut.layer.id.encode()),
        *features,
        *(_field(_LAYER["key"], name.encode()) for name in keys),
        *(_field(_LAYER["value"], _value(value)) for _, value in values),
        _number(_LAYER["extent"], EXTENT),
    ]
    return b"".join(parts), widened


def _tags(cut: Cut, keys: dict[str, int], values: dict[tuple[type, Any], int]) -> Iterator[bytes]:
    """The properties of each feature, as numbers of the layer's ``keys`` and ``values``, which grow as they are met."""
    tags: list[int] = []
    counts = []
    for index in cut.indices:
        told = cut.layer.plain(index)
        for name, value in told.items():
            # The type too: 1 and 1.0 and True are one key of a dictionary.
            tags.append(keys.setdefault(name, len(keys)))
            tags.append(values.setdefault((type(value), value), len(values)))
        counts.append(2 * len(told))
    return _varints(np.array(tags), np.array(counts))


def _geometries(shapes: Shapes, tile: Tile) -> tuple[list[bytes], int]:
    """The commands that draw each shape, and how many paths were widened."""
    dimensions = shapely.get_dimensions(shapes)
    found = np.empty(len(shapes), dtype=object)
    widened = 0
    for dimension, paths_of in enumerate((_points, _lines, _rings)):
        chosen = np.flatnonzero(dimensions == dimension)
        if len(chosen):
            paths = paths_of(_on_map(shapes[chosen], tile))
            found[chosen] = list(_commands(paths, dimension, len(chosen)))
            widened += paths.widened
    return list(found), widened


def _on_map(shapes: Shapes, tile: Tile) -> Shapes:
    """Shapes in steps from the tile's upper left corner, not rounded yet."""
    west, _, _, north = tile.box_m
    per_m = EXTENT / side_m(tile.z)

    def steps(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        return (to_mercator(degrees) - [west, north]) * [per_m, -per_m]

    return np.asarray(shapely.transform(shapes, steps), dtype=object)


def _points(shapes: Shapes) -> _Paths:
    sizes = shapely.get_num_coordinates(shapes)
    return _Paths(_rounded(shapes), sizes, np.arange(len(shapes)), 0)


def _lines(shapes: Shapes) -> _Paths:
    parts, owners = shapely.get_parts(shapes, return_index=True)
    lines = shapely.set_coordinates(parts, _rounded(parts))
    lost = np.flatnonzero(shapely.length(lines) == 0)
    lines[lost] = [_step(each) for each in lines[lost]]
    return _without_repeats(lines, owners, len(lost))


def _rings(shapes: Shapes) -> _Paths:
    """The rings of polygons, wound as the format has it (outer ones clockwise as seen, where rows grow downwards) and
    less their last vertices, which repeat the first. Rounding may make a ring cross itself; that is mended."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    rounded = shapely.set_coordinates(parts.copy(), _rounded(parts))
    broken = np.flatnonzero(~shapely.is_valid(rounded))
    # Onto the steps again, by noding: what comes is valid, and empty where nothing of it is as wide as a step.
    mended = shapely.set_precision(shapely.make_valid(parts[broken]), 1.0)
    lost = np.flatnonzero(shapely.area(mended) == 0)
    mended[lost] = [_sliver(each) for each in rounded[broken[lost]]]
    rounded[broken] = mended
    parts, part = shapely.get_parts(shapely.orient_polygons(rounded), return_index=True)
    flat = shapely.get_dimensions(parts) == 2  # making valid may leave lines beside areas
    rings, ring = shapely.get_rings(parts[flat], return_index=True)
    return _without_repeats(rings, owners[part[flat]][ring], len(lost), closed=True)


def _step(line: shapely.LineString) -> shapely.LineString:
    """A line of one step where a line without length is."""
    (x, y), *_ = line.coords
    return shapely.LineString([(x, y), (x + 1, y)])


def _sliver(area: shapely.Geometry) -> shapely.Polygon:
    """A triangle from one end of an area without extent to the other, one step wide at that."""
    vertices = sorted(shapely.get_coordinates(area).tolist())
    (left, low), (right, high) = vertices[0], vertices[-1]
    if vertices[0] == vertices[-1]:
        right += 1
    aside = (0, 1) if right - left >= abs(high - low) else (1, 0)
    return shapely.Polygon([(left, low), (right, high), (right + aside[0], high + aside[1])])


def _rounded(shapes: Shapes) -> Numbers:
    found: Numbers = np.rint(shapely.get_coordinates(shapes)).astype(np.int64)
    return found


def _without_repeats(paths: Shapes, owners: Numbers, widened: int, *, closed: bool = False) -> _Paths:
    """Paths less the vertices that repeat the one before, and of closed ones the last."""
    vertices, path = shapely.get_coordinates(paths, return_index=True)
    steps = np.rint(vertices).astype(np.int64)
    kept = np.ones(len(steps), dtype=bool)
    kept[1:] = (np.diff(steps, axis=0) != 0).any(axis=1) | (np.diff(path) != 0)
    if closed:
        kept[np.flatnonzero(np.append(np.diff(path), 1))] = False
    return _Paths(steps[kept], np.bincount(path[kept], minlength=len(paths)), owners, widened)


def _commands(paths: _Paths, dimension: int, features: int) -> Iterator[bytes]:
    """The commands of each feature, with their steps from vertex to vertex; the first of a feature from the corner."""
    steps, sizes, owners, _ = paths
    starts = np.cumsum(sizes) - sizes
    moves = np.diff(steps, axis=0, prepend=0)
    first = starts[np.append(True, np.diff(owners) != 0)]
    moves[first] = steps[first]
    # Zigzag: small numbers of either sign become small ones without.
    numbers = ((moves << 1) ^ (moves >> 63)).reshape(-1)
    begins, ends = 2 * starts, 2 * (starts + sizes)
    if dimension == 0:
        places, commands, each = begins, _MOVE_TO | sizes << 3, 2 * sizes + 1
    else:
        more = sizes - 1
        places, commands = (
            np.append(begins, begins + 2),
            np.append(0 * more + (_MOVE_TO | 1 << 3), _LINE_TO | more << 3),
        )
        each = 2 * sizes + 2
    if dimension == 2:
        # Before the others: where one ring ends and the next begins, insert keeps the order they are given in.
        places, commands = np.append(ends, places), np.append(0 * ends + (_CLOSE | 1 << 3), commands)
        each = each + 1
    counts = np.bincount(owners, weights=each, minlength=features).astype(np.int64)
    return _varints(np.insert(numbers, places, commands), counts)


def _varints(numbers: Numbers, counts: Numbers) -> Iterator[bytes]:
    """Numbers from 0 to 2^35 as varints, in runs of so many: seven bits a byte, the low ones first, and a high bit
    where more follow."""
    shifts = np.arange(0, 35, 7)
    lengths = 1 + (numbers[:, None] >= 1 << shifts[1:]).sum(axis=1)
    septets = (numbers[:, None] >> shifts) & 0x7F
    places = np.arange(len(shifts))
    septets |= np.where(places < lengths[:, None] - 1, 0x80, 0)
    sent = septets[places < lengths[:, None]].astype(np.uint8).tobytes()
    ends = np.append(0, np.cumsum(lengths))[np.append(0, np.cumsum(counts))].tolist()
    return (sent[low:high] for low, high in pairwise(ends))


def _varint(number: int) -> bytes:
    if number < 0x80:
        return number.to_bytes(1, "little")
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _number(key: int, number: int) -> bytes:
    return _varint(key) + _varint(number)


def _field(key: int, body: bytes) -> bytes:
    return _varint(key) + _varint(len(body)) + body


def _value(value: str | float | bool) -> bytes:
    """A property: text, double, whole number or truth."""
    key = _VALUE[type(value)]
    if isinstance(value, str):
        return _field(key, value.encode())
    if isinstance(value, float):
        return _varint(key) + struct.pack("<d", value)
    return _number(key, value if isinstance(value, bool) else value << 1 ^ value >> 63)

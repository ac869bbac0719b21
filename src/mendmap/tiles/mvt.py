"""Writes what is in a tile as a Mapbox Vector Tile 2.1: a protobuf of steps and commands, several layers in one.

A coordinate is the nearest of 4096 steps along the tile's edge, rows counted from the north. A feature's commands go
from vertex to vertex, so but for its first vertex they are the same in every tile of a zoom: a block is encoded once,
and a tile adds where each feature begins, and the numbers of its properties. Points stay whole beyond the tile's edge
wherever their disc of accuracy touches it, as in the GeoJSON tiles. Not here: what is in a tile (``cut``), and what its
properties mean (``prepare``).

The format: https://github.com/mapbox/vector-tile-spec/tree/master/2.1; its protobuf's wire format:
https://protobuf.dev/programming-guides/encoding/.
"""

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count, pairwise
from typing import Any, NamedTuple

import numpy as np
import orjson
import shapely

from mendmap.geo.grid import EXTENT
from mendmap.tiles.blocks import Block
from mendmap.tiles.cut import Cut, Pieces, TileContent, content
from mendmap.tiles.outlines import Numbers, Shapes

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
_ONE, _TAGS, _GEOMETRY = (bytes([each]) for each in (_LAYER["feature"], _FEATURE["tags"], _FEATURE["geometry"]))
# Commands of a geometry, and how often each is repeated, shifted by 3.
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 7


class _Drawn(NamedTuple):
    """The commands of some shapes: their ``first`` vertices (n, 2) in steps of the zoom's grid, and the bytes before
    and after these, ``heads`` and ``tails``."""

    first: Numbers
    heads: list[bytes]
    tails: list[bytes]


class _Ready(NamedTuple):
    """A block, encoded: the shapes ``drawn``; of each feature its number and type (``named``); ``keys`` and ``values``
    of their properties, and where in them the pairs ``told`` (p, 2) of each feature ``begin`` (n + 1,)."""

    drawn: _Drawn
    named: list[bytes]
    keys: list[bytes]
    values: list[bytes]
    told: Numbers
    begin: Numbers


def written(cuts: Sequence[Cut]) -> TileContent:
    """The layers of a tile; one that has nothing there is left out, so an empty tile is no bytes at all."""
    return content(b"".join(_field(_TILE_LAYER, _layer(cut)) for cut in cuts if len(cut.rows)), cuts)


def _layer(cut: Cut) -> bytes:
    """A layer of a tile."""
    ready = cut.block.made(_ready)
    keys, values, tags = _tags(ready, cut.rows)
    features: list[bytes] = []
    for row, told, geometry in zip(cut.rows.tolist(), tags, _geometries(cut, ready), strict=True):
        # The fields are put together at once: this is where most of a tile's time goes.
        body = b"%b%b%b%b%b%b%b" % (
            ready.named[row], _TAGS, _varint(len(told)), told, _GEOMETRY, _varint(len(geometry)), geometry
        )  # fmt: skip
        features += (_ONE, _varint(len(body)), body)
    parts = [
        _number(_LAYER["version"], 2),
        _field(_LAYER["name"], cut.layer.encode()),
        *features,
        *keys,
        *values,
        _number(_LAYER["extent"], EXTENT),
    ]
    return b"".join(parts)


def _geometries(cut: Cut, ready: _Ready) -> Iterator[bytes]:
    """The commands of each feature of a cut, from the tile's upper left corner."""
    rows = cut.rows.tolist()
    first, heads, tails = ready.drawn
    first, heads, tails = first[cut.rows], [heads[row] for row in rows], [tails[row] for row in rows]
    if len(cut.edges):
        pieces, own = cut.pieces.made(_drawn), cut.own
        first[cut.edges] = pieces.first[own]
        for nth, head, tail in zip(cut.edges.tolist(), pieces.heads[own], pieces.tails[own], strict=True):
            heads[nth], tails[nth] = head, tail
    moves = _zigzag(first - np.array([cut.tile.x * EXTENT, cut.tile.y * EXTENT]))
    begins = _varints(moves.reshape(-1), np.full(len(rows), 2))
    return (head + begin + tail for head, begin, tail in zip(heads, begins, tails, strict=True))


def _tags(ready: _Ready, rows: Numbers) -> tuple[list[bytes], list[bytes], Iterator[bytes]]:
    """The keys and values that some features of a block have, in the order they are met, and the properties of each
    feature as numbers of these."""
    counts = (ready.begin[1:] - ready.begin[:-1])[rows]
    ends = np.cumsum(counts)
    pairs = np.arange(int(ends[-1])) + np.repeat(ready.begin[rows] - (ends - counts), counts)
    told = ready.told[pairs]
    keys, of_key = _met(told[:, 0], len(ready.keys))
    values, of_value = _met(told[:, 1], len(ready.values))
    tags = _varints(np.column_stack((of_key, of_value)).reshape(-1), 2 * counts)
    return [ready.keys[each] for each in keys.tolist()], [ready.values[each] for each in values.tolist()], tags


def _met(numbers: Numbers, most: int) -> tuple[Numbers, Numbers]:
    """Numbers below a bound in the order in which they are first met, each once, and each as its place there."""
    place = np.full(most, len(numbers))
    np.minimum.at(place, numbers, np.arange(len(numbers)))
    met = np.flatnonzero(place < len(numbers))
    met = met[np.argsort(place[met])]
    place[met] = np.arange(len(met))
    return met, place[numbers]


def _ready(block: Block) -> _Ready:
    """Every feature of a block, encoded."""
    keys: defaultdict[str, int] = defaultdict(count().__next__)
    values: defaultdict[tuple[type, Any], int] = defaultdict(count().__next__)
    of_key: list[int] = []
    of_value: list[int] = []
    begin = [0]
    for properties in block.properties:
        plain = orjson.loads(properties)
        of_key += [keys[name] for name in plain]
        # The type too: 1 and 1.0 and True are one key of a dictionary.
        of_value += [values[type(value), value] for value in plain.values()]
        begin.append(len(of_key))
    return _Ready(
        _drawn(block),
        _named(block),
        [_field(_LAYER["key"], name.encode()) for name in keys],
        [_field(_LAYER["value"], _value(value)) for _, value in values],
        np.column_stack((np.array(of_key, dtype=np.int64), np.array(of_value, dtype=np.int64))),
        np.array(begin),
    )


def _named(block: Block) -> list[bytes]:
    """The number and the type of each feature of a block."""
    each = np.ones(len(block.numbers), dtype=np.int64)
    kinds = shapely.get_dimensions(block.shapes) + 1
    fields = _FEATURE["id"] * each, np.array(block.numbers, dtype=np.int64), _FEATURE["type"] * each, kinds
    return list(_varints(np.column_stack(fields).reshape(-1), 4 * each))


def _drawn(given: Block | Pieces) -> _Drawn:
    """The commands that draw each shape: points, lines and areas in steps, as ``outlines`` makes them."""
    shapes = given.shapes
    first = np.zeros((len(shapes), 2), dtype=np.int64)
    heads, tails = [b""] * len(shapes), [b""] * len(shapes)
    dimensions = shapely.get_dimensions(shapes)
    for dimension in range(3):
        chosen = np.flatnonzero(dimensions == dimension)
        if len(chosen):
            steps, sizes, owners = _paths(shapes[chosen], dimension)
            first[chosen] = steps[(np.cumsum(sizes) - sizes)[np.append(True, np.diff(owners) != 0)]]
            for nth, (head, tail) in zip(chosen.tolist(), _commands(steps, sizes, owners, dimension), strict=True):
                heads[nth], tails[nth] = head, tail
    return _Drawn(first, heads, tails)


def _paths(shapes: Shapes, dimension: int) -> tuple[Numbers, Numbers, Numbers]:
    """What is drawn of shapes of one dimension: the vertices (v, 2) of all paths, how many (p,) belong to each path,
    and which shape (p,) it is of, in order. Rings are without their last vertex, which repeats the first."""
    if dimension == 0:
        paths, owners = shapes, np.arange(len(shapes))
    else:
        paths, owners = shapely.get_parts(shapes, return_index=True)
    if dimension == 2:
        paths, ring = shapely.get_rings(paths, return_index=True)
        owners = owners[ring]
    steps = np.rint(shapely.get_coordinates(paths)).astype(np.int64)
    sizes = shapely.get_num_coordinates(paths).astype(np.int64)
    if dimension == 2:
        steps, sizes = np.delete(steps, np.cumsum(sizes) - 1, axis=0), sizes - 1
    return steps, sizes, owners


def _commands(steps: Numbers, sizes: Numbers, owners: Numbers, dimension: int) -> Iterator[tuple[bytes, bytes]]:
    """The commands of each feature before and after its first vertex."""
    starts = np.cumsum(sizes) - sizes
    moves = np.diff(steps, axis=0, prepend=0)
    leads = np.append(True, np.diff(owners) != 0)
    # No step from what was before: each of its two numbers is then one byte, to be left out.
    moves[starts[leads]] = 0
    begins, ends = 2 * starts, 2 * (starts + sizes)
    if dimension == 0:
        places, commands, each = begins, _MOVE_TO | sizes << 3, 2 * sizes + 1
    else:
        move = np.full(len(sizes), _MOVE_TO | 1 << 3)
        places, commands = np.append(begins, begins + 2), np.append(move, _LINE_TO | sizes - 1 << 3)
        each = 2 * sizes + 2
    if dimension == 2:
        # Before the others: where one ring ends and the next begins, insert keeps the order they are given in.
        places = np.append(ends, places)
        commands = np.append(np.full(len(sizes), _CLOSE | 1 << 3), commands)
        each = each + 1
    counts = np.add.reduceat(each, np.flatnonzero(leads))
    heads = [
        _varint(_MOVE_TO | size << 3) for size in (sizes[leads] if dimension == 0 else np.ones_like(counts)).tolist()
    ]
    sent = _varints(np.insert(_zigzag(moves).reshape(-1), places, commands), counts)
    return ((head, commands[len(head) + 2 :]) for head, commands in zip(heads, sent, strict=True))


def _zigzag(numbers: Numbers) -> Numbers:
    """Small numbers of either sign as small ones without."""
    return (numbers << 1) ^ (numbers >> 63)


def _varints(numbers: Numbers, counts: Numbers) -> Iterator[bytes]:
    """Numbers from 0 to 2^63 as varints, in runs of so many: seven bits a byte, the low ones first, and a high bit
    where more follow."""
    if not len(numbers) or numbers.max() < 0x80:
        sent, ends = numbers.astype(np.uint8).tobytes(), np.append(0, np.cumsum(counts)).tolist()
        return (sent[low:high] for low, high in pairwise(ends))
    shifts = np.arange(0, int(numbers.max()).bit_length(), 7)
    lengths = 1 + (numbers[:, None] >= 1 << shifts[1:]).sum(axis=1)
    septets = (numbers[:, None] >> shifts) & 0x7F
    places = np.arange(len(shifts))
    septets |= np.where(places < lengths[:, None] - 1, 0x80, 0)
    sent = septets[places < lengths[:, None]].astype(np.uint8).tobytes()
    ends = np.append(0, np.cumsum(lengths))[np.append(0, np.cumsum(counts))].tolist()
    return (sent[low:high] for low, high in pairwise(ends))


@lru_cache(4096)
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

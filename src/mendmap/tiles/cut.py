"""Cuts tiles out of their block: what lies within a tile and its margin as it is, the rest clipped.

Most of what cutting costs is to call libraries that take many shapes at once; so the sixteen tiles of a block are cut
together when the first of them is asked for, and their pieces are encoded together.
Not here: what is drawn and how it is simplified (``prepare``), and how a tile is written (``geojson``, ``mvt``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely

from mendmap.atlas.select import Rows
from mendmap.geo.grid import EXTENT, Tile, side_m
from mendmap.tiles.blocks import Block, Kept
from mendmap.tiles.outlines import TOLERANCE, Mask, Shapes, clipped, coarser, on_grid
from mendmap.tiles.prepare import ABOVE, MARGIN, TileLayer


@dataclass(frozen=True)
class Pieces(Kept):
    """Clipped ``shapes`` (n,) of tiles that were cut together, in steps of the grid of their ``zoom``."""

    zoom: int
    shapes: Shapes


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a layer is in a tile: the ``rows`` of its block that it draws, in the layer's order. Of these, the ones
    at ``edges`` (positions in ``rows``) are drawn as pieces, its ``own`` of all those of its block; the others whole.

    ``omitted`` counts the features with their middle in the tile that are not drawn, and those that its bound of
    features left out; ``widened`` those that have no extent on the steps; ``tolerance_m`` is more than 0 where its
    bound of vertices made it coarser than its zoom."""

    layer: str
    tile: Tile
    block: Block
    rows: Rows
    edges: Rows
    pieces: Pieces
    own: slice
    omitted: int
    widened: int
    tolerance_m: float

    @property
    def indices(self) -> Rows:
        """The positions of its features in the tile's layer."""
        return self.block.indices[self.rows]

    @property
    def shapes(self) -> Shapes:
        """All that it draws, in steps of the zoom's grid."""
        found = self.block.shapes[self.rows]
        found[self.edges] = self.pieces.shapes[self.own]
        return found


@dataclass(frozen=True, slots=True)
class TileContent:
    """A tile as it is sent: its bytes, how many features it has and how many its bounds left out. ``widened`` counts
    the features that have no extent on the tile's steps, and were drawn as the smallest that can be; ``tolerance_m``
    is how far a line may be from the true one, in mercator metres, where its bound of vertices made it coarser than
    its zoom, else 0."""

    body: bytes
    features: int
    omitted: int
    widened: int = 0
    tolerance_m: float = 0.0


def content(body: bytes, cuts: Sequence[Cut]) -> TileContent:
    """A tile of some layers, as it was written."""
    return TileContent(
        body,
        sum(len(each.rows) for each in cuts),
        sum(each.omitted for each in cuts),
        sum(each.widened for each in cuts),
        max((each.tolerance_m for each in cuts), default=0.0),
    )


class _Bounds(NamedTuple):
    """A layer's name, and what no tile of it may have more of."""

    layer: str
    features: int
    vertices: int


def cut(layer: TileLayer, tile: Tile) -> Cut:
    """What of a layer is in a tile. Points are whole wherever their disc of accuracy touches the tile."""
    bounds, square = _Bounds(layer.id, layer.max_features, layer.max_vertices), layer.square(tile)
    block = layer.block(tile)
    if tile.z - square.z > ABOVE:
        return _cuts(block, bounds, [tile])[tile]
    return block.made(_every_cut, bounds, tile.z, square)[tile]


def _every_cut(block: Block, bounds: _Bounds, zoom: int, square: Tile) -> dict[Tile, Cut]:
    wide = 1 << zoom - square.z
    first = square.x * wide, square.y * wide
    return _cuts(block, bounds, [Tile(zoom, first[0] + x, first[1] + y) for x in range(wide) for y in range(wide)])


def _cuts(block: Block, bounds: _Bounds, tiles: Sequence[Tile]) -> dict[Tile, Cut]:
    found = [_touched(block, bounds, tile) for tile in tiles]
    shapes, thin = on_grid(np.concatenate([each.pieces for each in found]))
    pieces = Pieces(block.zoom, shapes)
    ends = np.cumsum([len(each.pieces) for each in found]).tolist()
    own = [slice(begin, end) for begin, end in pairwise([0, *ends])]
    listed = zip(tiles, found, own, strict=True)
    return {tile: _cut(block, bounds, tile, touched, pieces, each, thin[each]) for tile, touched, each in listed}


class _Touched(NamedTuple):
    """What of a block touches a tile, as ``Cut`` has it, its pieces not on the grid yet; ``bounded`` counts those that
    the bound of features left out, ``tolerance`` is in steps."""

    rows: Rows
    edges: Rows
    pieces: Shapes
    bounded: int
    tolerance: float


def _touched(block: Block, bounds: _Bounds, tile: Tile) -> _Touched:
    left, upper = tile.x * EXTENT - MARGIN, tile.y * EXTENT - MARGIN
    box = left, upper, left + EXTENT + 2 * MARGIN, upper + EXTENT + 2 * MARGIN
    west, north, east, south = block.boxes
    rows = np.flatnonzero((west <= box[2]) & (east >= box[0]) & (north <= box[3]) & (south >= box[1]))
    west, north, east, south = block.boxes[:, rows]
    beyond = (west < box[0]) | (east > box[2]) | (north < box[1]) | (south > box[3])
    edges = np.flatnonzero(beyond & block.extended[rows])
    pieces = clipped(block.shapes[rows[edges]], box)
    rows, edges, pieces = _kept(rows, edges, pieces, ~shapely.is_empty(pieces))
    bounded = max(0, len(rows) - bounds.features)
    if bounded:
        rows, edges, pieces = _widest(block, rows, edges, pieces, bounds.features)
    tolerance = 0.0
    if block.vertices[rows].sum() > bounds.vertices:
        edges, pieces, tolerance = _coarser(block, rows, edges, pieces, bounds.vertices)
    return _Touched(rows, edges, pieces, bounded, tolerance)


def _cut(block: Block, bounds: _Bounds, tile: Tile, touched: _Touched, pieces: Pieces, own: slice, thin: Mask) -> Cut:
    rows, edges, _, bounded, tolerance = touched
    widened = int(np.count_nonzero(block.widened[rows]) + np.count_nonzero(thin & ~block.widened[rows[edges]]))
    omitted, tolerance_m = bounded + block.others(tile), tolerance * side_m(tile.z) / EXTENT
    return Cut(bounds.layer, tile, block, rows, edges, pieces, own, omitted, widened, tolerance_m)


def _kept(rows: Rows, edges: Rows, pieces: Shapes, there: Mask) -> tuple[Rows, Rows, Shapes]:
    """What is left of some rows, less those of the edges that are not there."""
    if there.all():
        return rows, edges, pieces
    keep = np.ones(len(rows), dtype=bool)
    keep[edges] = there
    return rows[keep], (np.cumsum(keep) - 1)[edges[there]], pieces[there]


def _widest(block: Block, rows: Rows, edges: Rows, pieces: Shapes, most: int) -> tuple[Rows, Rows, Shapes]:
    """The ``most`` rows of the widest boxes; of equal ones, those that come first."""
    west, north, east, south = block.boxes[:, rows]
    keep = np.zeros(len(rows), dtype=bool)
    keep[np.argsort(-(east - west + south - north), kind="stable")[:most]] = True
    there = keep[edges]
    return rows[keep], (np.cumsum(keep) - 1)[edges[there]], pieces[there]


def _coarser(block: Block, rows: Rows, edges: Rows, pieces: Shapes, most: int) -> tuple[Rows, Shapes, float]:
    """All rows that have an extent, as pieces with no more than ``most`` vertices, or as few as can be without losing
    any, and the tolerance in steps that this took."""
    shapes = block.shapes[rows]
    shapes[edges] = pieces
    every = np.flatnonzero(block.extended[rows])
    shapes, tolerance = shapes[every], 0.0
    before, now = np.inf, shapely.get_num_coordinates(shapes).sum()
    while most < now < before:
        tolerance = 2 * tolerance or TOLERANCE
        shapes = coarser(shapes, tolerance)
        before, now = now, shapely.get_num_coordinates(shapes).sum()
    return (every, shapes, tolerance) if tolerance else (edges, pieces, tolerance)

"""Where the features of a layer are: their boxes, in an order in which every tile of the grid is one run.

Features are ordered by the middle of their box along a Z-curve (Morton 1966), so those with their middle in a tile, of
whatever zoom, follow each other. Looking at the box of every run of a hundred finds what touches a square: as quick as
a tree and an eighth of its size, for there are no objects, only arrays. Not here: what of it is drawn (``thin``).
"""

from functools import cached_property
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.atlas.model import Layer
from mendmap.atlas.select import Rows
from mendmap.geo.grid import EXTENT, RADIUS_M, Tile, to_steps

Boxes = NDArray[np.float64]
LEVELS = 26  # of the curve: a square of the last is less than a metre wide
_RUN = 128
_SPREAD = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


class Places:
    """The located features of a layer along the curve; each is named by its place on it, from 0. ``indices`` (n,) are
    their positions in the layer; ``boxes`` (n, 4) the west, north, east and south of each in widths of the world,
    from its upper left corner, for a point those of its disc of accuracy; ``keys`` (n,) where on the curve each is."""

    def __init__(self, layer: Layer) -> None:
        located = np.flatnonzero(~shapely.is_missing(layer.geometries) & ~shapely.is_empty(layer.geometries))
        boxes = _boxes(layer, located)
        keys = curve((boxes[:, :2] + boxes[:, 2:]) / 2)
        order = np.argsort(keys, kind="stable")
        self.indices, self.boxes, self.keys = located[order], boxes[order], keys[order]
        starts = np.arange(0, len(order), _RUN)
        low, high = (
            each.reduceat(self.boxes, starts) if len(order) else self.boxes for each in (np.minimum, np.maximum)
        )
        self._runs = np.column_stack((low[:, :2], high[:, 2:]))

    def touching(self, box: Boxes) -> Rows:
        """The places, ascending, of those whose boxes touch a box (4,) in widths of the world."""
        runs = np.flatnonzero(_meet(self._runs, box))
        near = (runs[:, None] * _RUN + np.arange(_RUN)).ravel()
        near = near[near < len(self.keys)]
        return near[_meet(self.boxes[near], box)]

    def span(self, homes: Rows, zoom: int) -> tuple[Rows, Rows]:
        """From which place, and up to which, those have their middle in tiles that are given by their numbers."""
        first, end = np.searchsorted(self.keys, np.stack((homes, homes + 1)) << 2 * (LEVELS - zoom))
        return first, end

    @cached_property
    def ranks(self) -> Rows:
        """The place of each from the widest to the narrowest of all; of equal ones, that which comes first in the
        layer comes first."""
        wide = (self.boxes[:, 2:] - self.boxes[:, :2]).sum(axis=1)
        ranks = np.empty(len(wide), dtype=np.int64)
        ranks[np.lexsort((self.indices, -wide))] = np.arange(len(wide))
        return ranks


def _meet(boxes: Boxes, box: Boxes) -> NDArray[np.bool_]:
    west, north, east, south = boxes.T
    return np.asarray((west <= box[2]) & (east >= box[0]) & (north <= box[3]) & (south >= box[1]))


def _boxes(layer: Layer, located: Rows) -> Boxes:
    """The boxes of features, those of points with their discs of accuracy."""
    shapes = layer.geometries[located]
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    points = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    high = np.zeros(len(shapes))
    if len(points):
        accuracy_m = np.array([each or 0 for each in layer.column("accuracy_m")], dtype=float)
        high[points] = np.degrees(accuracy_m[located[points]] / RADIUS_M)
    wide = high / np.maximum(0.01, np.cos(np.radians((south + north) / 2)))
    upper, lower = (
        to_steps(np.column_stack(each), 0) for each in ((west - wide, north + high), (east + wide, south - high))
    )
    return np.asarray(np.hstack((upper, lower)) / EXTENT)


def curve(middles: NDArray[np.float64]) -> Rows:
    """Where on the curve points (n, 2) are, in widths of the world: the bits of column and row, in turns."""
    column, row = np.clip(middles * 2**LEVELS, 0, 2**LEVELS - 1).astype(np.int64).T
    return np.asarray(_spread(column) | _spread(row) << 1)


def tiles(boxes: Boxes, zoom: int) -> list[Tile]:
    """The tiles of a zoom that boxes (n, 4) in widths of the world touch, in their order along the curve."""
    left, top, right, bottom = np.clip(np.floor(boxes * 2**zoom), 0, 2**zoom - 1).astype(np.int64).T
    wide, high = right - left + 1, bottom - top + 1
    owner = np.repeat(np.arange(len(boxes)), wide * high)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
    column, row = left[owner] + nth % wide[owner], top[owner] + nth // wide[owner]
    _, first = np.unique(_spread(column) | _spread(row) << 1, return_index=True)
    return [Tile(zoom, x, y) for x, y in zip(column[first].tolist(), row[first].tolist(), strict=True)]


def home(tile: Tile) -> int:
    """The number of a tile along the curve of its zoom."""
    return _spread(tile.x) | _spread(tile.y) << 1


Number = TypeVar("Number", int, Rows)


def _spread(number: Number) -> Number:
    """Numbers of up to 32 bits, with room for one more after each bit (H. S. Warren, Hacker's Delight, 7-2)."""
    for shift, mask in _SPREAD:
        number = (number | number << shift) & mask
    return number

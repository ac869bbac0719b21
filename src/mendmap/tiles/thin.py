"""Thins a layer for a zoom: which of its features are drawn where there are more than can be told apart.

A feature is drawn or left out at a zoom as a whole, so that no tile cuts off what its neighbour draws. Not here: how a
tile is cut, and how many it says that it left out (``cut``).
"""

from math import isqrt

import numpy as np
from numpy.typing import NDArray

from mendmap.atlas.select import Rows
from mendmap.geo.grid import HALF_M, side_m, to_mercator


def thinned(boxes: NDArray[np.float64], zoom: int, most: int) -> Rows:
    """Indices, ascending, of the features that are drawn at a zoom: of those with their middle in one tile no more than
    ``most``, and all where they are no more.

    ``boxes`` are (n, 4), west, south, east and north in degrees. A tile has about ``most`` cells; the widest feature of
    each cell comes first, then the second widest of each, and so on; of equal ones, that which comes first.
    """
    middle = to_mercator((boxes[:, :2] + boxes[:, 2:]) / 2)
    at = np.nan_to_num((middle + HALF_M) / side_m(zoom))
    tile = _number(at, 2**zoom)
    if len(tile) <= most or np.unique(tile, return_counts=True)[1].max() <= most:
        return np.arange(len(tile))
    side = isqrt(most)
    cell = _number(at * side, 2**zoom * side)
    wide = (boxes[:, 2:] - boxes[:, :2]).sum(axis=1)
    within_cell = _rank(cell, -wide)
    within_tile = _rank(tile, within_cell, -wide)
    return np.flatnonzero(within_tile < most)


def _number(at: NDArray[np.float64], columns: int) -> NDArray[np.int64]:
    """One number for each square of a grid that holds a point."""
    column, row = np.clip(np.floor(at), 0, columns - 1).astype(np.int64).T
    return np.asarray(column * columns + row)


def _rank(group: NDArray[np.int64], *by: NDArray[np.float64] | NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each in its group, from 0, in order of ``by``, and of its index where that is equal."""
    order = np.lexsort((*by[::-1], group))
    first = np.r_[True, np.diff(group[order]) != 0]
    place = np.arange(len(order)) - np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = place
    return rank

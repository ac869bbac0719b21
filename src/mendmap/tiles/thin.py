"""Thins a layer for a zoom: which of its features are drawn where there are more than can be told apart.

A feature is drawn or left out at a zoom as a whole, so that no tile cuts off what its neighbour draws: what is decided
is decided in the tile that has the feature's middle, from those that have theirs in it. Not here: how a tile is cut.
"""

import numpy as np

from mendmap.atlas.select import Rows
from mendmap.tiles.places import LEVELS, Places


def thinned(places: Places, chosen: Rows, zoom: int, most: int) -> tuple[Rows, Rows]:
    """Those of some features, by their ascending places, that are drawn at a zoom, and for how many each stands,
    itself included: 1 for most.

    Of those with their middle in one tile no more than ``most`` are drawn, and all where they are no more. A tile has
    up to ``most`` cells, a power of two along each edge; the widest feature of each cell comes first, then the second
    widest of each, and so on. The widest of a cell stands for those of the cell that are not drawn.
    """
    stands = np.ones(len(chosen), dtype=np.int64)
    homes, begins = np.unique(places.keys[chosen] >> 2 * (LEVELS - zoom), return_index=True)
    first, end = places.span(homes, zoom)
    ends = np.append(begins[1:], len(chosen))
    for nth in np.flatnonzero(end - first > most).tolist():
        of_tile = _stands(places, slice(first[nth], end[nth]), zoom, most)
        own = slice(begins[nth], ends[nth])
        stands[own] = of_tile[chosen[own] - first[nth]]
    drawn = stands > 0
    return chosen[drawn], stands[drawn]


def _stands(places: Places, own: slice, zoom: int, most: int) -> Rows:
    """For how many each feature of a tile stands: none where it is not drawn."""
    # Cells of a power of two follow each other on the curve too.
    deeper = (most.bit_length() - 1) // 2
    cells = places.keys[own] >> 2 * max(0, LEVELS - zoom - deeper)
    ranks, everyone = places.ranks[own], len(places.keys)
    starts = np.append(True, np.diff(cells) != 0)
    cell = np.cumsum(starts) - 1
    # One sort of one number is several times as quick as one by two columns.
    order = np.argsort(cell * everyone + ranks)
    rank_in_cell = np.empty(len(order), dtype=np.int64)
    rank_in_cell[order] = np.arange(len(order)) - np.flatnonzero(starts)[cell]
    drawn = np.argpartition(rank_in_cell * everyone + ranks, most)[:most]
    stands = np.zeros(len(order), dtype=np.int64)
    stands[drawn] = 1
    others = np.bincount(cell, weights=stands == 0)
    widest = rank_in_cell == 0
    stands[widest] += others[cell[widest]].astype(np.int64)
    return stands

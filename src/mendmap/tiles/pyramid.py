"""Every tile of a layer, from zoom 0 to a highest one.

Not here: what is in one tile (``cut``), how it is written (``mvt``), and the file that holds them all (``archive``).
"""

import zlib
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mendmap.atlas.model import Layer
from mendmap.geo.grid import EXTENT, HALF_M, Tile, side_m, to_mercator
from mendmap.tiles import mvt
from mendmap.tiles.cut import MARGIN, cut
from mendmap.tiles.prepare import TileLayer
from mendmap.tiles.thin import thinned


class Made(NamedTuple):
    """A tile that holds something: its ``body`` as gzip, the ``features`` in it and how many it left out."""

    tile: Tile
    body: bytes
    features: int
    omitted: int


def made(layer: TileLayer, executor: Executor | None = None) -> Iterator[Made]:
    """Every tile of a layer that holds something, from zoom 0 to its highest, in no order that can be relied upon."""
    for zoom in range(layer.max_zoom + 1):
        for tile in _touched(layer.boxes, zoom):
            content = mvt.written([cut(layer, tile, thin=True)])
            if content.features:
                yield Made(tile, packed(content.body), content.features, content.omitted)


def deepest(layer: Layer, max_zoom: int, max_drawn: int) -> int:
    """The least zoom beyond which nothing is gained, at most ``max_zoom``: no tile has more than ``max_drawn`` features
    with their middle in it, so all are drawn, and a step of its grid is no longer than the least of their accuracies.
    It is ``max_zoom`` where one of these is unknown."""
    tiles = TileLayer(layer, max_zoom, 1, max_drawn)
    accuracies = [each.properties.get("accuracy_m") or 0 for each in layer.features if each.geometry is not None]
    least = min(accuracies, default=0)
    for zoom in range(max_zoom):
        if side_m(zoom) / EXTENT <= least and len(thinned(tiles.boxes, zoom, max_drawn)) == len(tiles.boxes):
            return zoom
    return max_zoom


def _touched(boxes: NDArray[np.float64], zoom: int) -> list[Tile]:
    """The tiles of a zoom that boxes, (n, 4) in degrees, touch or come nearer to than a tile's margin."""
    columns, margin = 2**zoom, MARGIN / EXTENT
    at = to_mercator(boxes.reshape(-1, 2)).reshape(-1, 4) / side_m(zoom)
    middle = HALF_M / side_m(zoom)
    west, north = at[:, 0] + middle - margin, middle - at[:, 3] - margin
    east, south = at[:, 2] + middle + margin, middle - at[:, 1] + margin
    left, top, right, bottom = (
        np.clip(np.floor(each), 0, columns - 1).astype(np.int64) for each in (west, north, east, south)
    )
    wide, high = right - left + 1, bottom - top + 1
    owner = np.repeat(np.arange(len(boxes)), wide * high)
    nth = np.arange(len(owner)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
    x, y = left[owner] + nth % wide[owner], top[owner] + nth // wide[owner]
    return [Tile(zoom, each // columns, each % columns) for each in np.unique(x * columns + y).tolist()]


def packed(body: bytes) -> bytes:
    """A body as gzip without a time, so that the same body is always the same bytes."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(body) + packer.flush()

"""Our own tiles in this process, as the service makes them: arrays prepared, no answer cached; and which tiles to ask
for.

Not here: the service over HTTP (``hot``, ``steady``), and the peers.
"""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import landscape
import mercantile

sys.path.insert(0, str(Path(__file__).parent.parent))

from mendmap.geo.grid import Tile
from mendmap.lake.access import PUBLIC
from mendmap.settings import Settings
from mendmap.tiles.cut import TileContent, cut
from mendmap.tiles.prepare import TileLayer
from mendmap.web.keeper import Keeper
from mendmap.web.routes.tiles import FORMATS

MAX_ZOOM = 16


@contextmanager
def layer_of(lake: Path) -> Iterator[TileLayer]:
    """The layer ``features`` of a lake, as the service holds it."""
    keeper = Keeper(Settings(lake=str(lake), max_zoom=MAX_ZOOM))
    keeper.start()
    try:
        yield keeper.served(PUBLIC).tiles["features"]
    finally:
        keeper.stop()


def made(layer: TileLayer, tile: Tile, form: str) -> TileContent:
    """A tile in a format, made anew."""
    return FORMATS[form].written([cut(layer, tile)])


def cold(layer: TileLayer, tiles: list[Tile], form: str) -> tuple[list[float], list[float]]:
    """Milliseconds that each of some tiles takes: as the first that is asked for in its part of the world, so that what
    many tiles share is prepared too; and then, one after another, when that is there. Nothing keeps the tile itself."""
    first = [_milliseconds(layer, tile, form) for tile in tiles]
    return first, [_milliseconds(layer, tile, form) for tile in tiles]


def _milliseconds(layer: TileLayer, tile: Tile, form: str) -> float:
    begun = time.perf_counter()
    made(layer, tile, form)
    return (time.perf_counter() - begun) * 1e3


def within(box: landscape.Box, zoom: int, count: int, seed: int = 0) -> list[Tile]:
    """So many different tiles of a zoom, or all there are, that lie in a box whole; where none does, the one that has
    its middle. Those of different parents come first."""
    middle = mercantile.tile((box.west + box.east) / 2, (box.south + box.north) / 2, zoom)
    found = [each for each in mercantile.tiles(*box, [zoom]) if _inside(mercantile.bounds(each), box)] or [middle]
    random.Random(seed).shuffle(found)
    met: Counter[tuple[int, int]] = Counter()
    order = {each: met.update([(each.x >> 1, each.y >> 1)]) or met[each.x >> 1, each.y >> 1] for each in found}
    chosen = sorted(found, key=lambda each: order[each])[:count]
    return [Tile.of(each.z, each.x, each.y, MAX_ZOOM) for each in chosen]


def _inside(inner: mercantile.LngLatBbox, outer: landscape.Box) -> bool:
    west, south, east, north = outer
    return inner.west >= west and inner.south >= south and inner.east <= east and inner.north <= north

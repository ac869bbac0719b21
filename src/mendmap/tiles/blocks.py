"""Blocks: squares of the grid whose features are ready to be put into tiles, and the memory that holds the last used.

A tile costs most where its features are simplified and encoded. That is done once for a block, a square that many
tiles of one zoom are cut from, when the first of them is asked for. Not here: how one is made (``prepare``).
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from mendmap.atlas.select import Rows
from mendmap.geo.grid import Tile
from mendmap.tiles.outlines import Mask, Numbers, Shapes
from mendmap.tiles.places import home

Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept:
    """Something that keeps what forms of tiles make of it."""

    _made: dict[tuple[object, ...], object] = field(default_factory=dict, kw_only=True, repr=False, compare=False)

    def made(self, make: Callable[..., Made], *given: Hashable) -> Made:
        """What a function makes of this, and of what is ``given`` besides: made when first asked for. Two threads may
        both make it."""
        key = (make, *given)
        if key not in self._made:
            self._made[key] = make(self, *given)
        return cast(Made, self._made[key])


@dataclass(frozen=True)
class Block(Kept):
    """The features of a layer that a square of the grid draws at a zoom, in the layer's order.

    ``indices`` (n,) are their positions in the layer; ``ids``, ``numbers`` and ``properties`` (JSON) name and describe
    them.
    ``shapes`` (n,) are in steps of the zoom's grid: lines and areas on whole ones, points where they are. ``boxes``
    (4, n) are the west, north, east and south edges of each in steps, for a point those of its disc of accuracy;
    ``vertices`` (n,) counts those of each, ``widened`` (n,) tells which had no extent. ``stands`` (n,) is for how many
    features each stands, ``homes`` (n,) the number along the curve of the tile that has its middle; ``extended``
    (n,) tells lines and areas from points.
    """

    zoom: int
    indices: Rows
    ids: tuple[str, ...]
    numbers: tuple[int, ...]
    properties: tuple[bytes, ...]
    shapes: Shapes
    boxes: NDArray[np.float64]
    vertices: Numbers
    widened: Mask
    stands: Rows
    homes: Rows
    extended: Mask

    def others(self, tile: Tile) -> int:
        """How many features with their middle in a tile others stand for."""
        return int((self.stands[self.homes == home(tile)] - 1).sum())

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes, once it is written in both forms: measured, with some room."""
        return int(120 * self.vertices.sum() + 3600 * len(self.vertices) + 20_000)


class Blocks:
    """The blocks that were used last, of all layers, within a number of bytes. Safe to use from several threads: one
    that several ask for is made once."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._held: OrderedDict[tuple[Hashable, ...], Block] = OrderedDict()
        self._making: dict[tuple[Hashable, ...], Future[Block]] = {}
        self._gone: deque[Hashable] = deque()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, owner: Hashable, square: Hashable, make: Callable[[], Block]) -> Block:
        """A block of an owner, made if it is not held."""
        key = owner, square
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            other = self._making.get(key)
            if other is None:
                mine = self._making[key] = Future()
        if other is not None:
            return other.result()
        try:
            found = make()
            mine.set_result(found)
        except BaseException as error:
            mine.set_exception(error)
            raise
        finally:
            with self._lock:
                del self._making[key]
                if mine.exception() is None:
                    self._hold(key, mine.result())
        return found

    def forget(self, owner: Hashable) -> None:
        """Lets go of an owner's blocks when the next is made. Takes no lock, so that any thread may say it at any
        moment, the collector of garbage too."""
        self._gone.append(owner)

    def _hold(self, key: tuple[Hashable, ...], block: Block) -> None:
        self._held[key] = block
        self.bytes += block.size
        gone = {self._gone.popleft() for _ in range(len(self._gone))}
        for each in [each for each in self._held if each[0] in gone]:
            self.bytes -= self._held.pop(each).size
        while self.bytes > self.most_bytes and len(self._held) > 1:
            self.bytes -= self._held.popitem(last=False)[1].size

"""Every tile of a layer, from zoom 0 to a highest one, made in branches that do not depend on each other.

A branch is the tiles that are cut from one block. Which processes make them, how many, and in what order, changes
nothing in them. Not here: what is in one tile (``cut``), how it is written (``mvt``), and the file that holds them all
(``archive``).
"""

import pickle
import tempfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely

from mendmap.atlas.model import Layer
from mendmap.geo.grid import EXTENT, Tile, side_m
from mendmap.spread import in_order
from mendmap.tiles import mvt
from mendmap.tiles.blocks import Blocks
from mendmap.tiles.cut import cuts
from mendmap.tiles.outlines import Shapes
from mendmap.tiles.places import LEVELS, Places
from mendmap.tiles.prepare import Said, TileLayer

# Branches that are under way at a time: enough that no process waits, few enough that their tiles need little memory.
_AHEAD = 32
# Of gzip: three quarters of the time of zlib's own 6, and half a percent more bytes.
_LEVEL = 4


class Made(NamedTuple):
    """A tile that holds something, as gzip."""

    tile: Tile
    body: bytes


class Whole(TileLayer):
    """A layer of which every tile is wanted. What tiles say of its features is made once, and not for every zoom; it
    can be sent to another process, as a layer of an atlas cannot. At its highest zoom it draws every feature."""

    def __init__(self, layer: Layer, max_zoom: int, max_drawn: int) -> None:
        super().__init__(layer, max_zoom, max(1, len(layer.features)), max_drawn, blocks=Blocks(0))
        say = super().said
        # In the layer's order: its features are kept in blocks, of which one at a time is open.
        self._said = {index: say(index) for index in sorted(self.places.indices.tolist())}
        self._geometries = layer.geometries

    @property
    def geometries(self) -> Shapes:
        return self._geometries

    def said(self, index: int) -> Said:
        return self._said[index]

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name not in ("_layer", "_blocks", "_owner")}
        return {**kept, "_geometries": shapely.to_wkb(self._geometries)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _geometries=shapely.from_wkb(state["_geometries"]), _blocks=Blocks(0), _owner=object())


def made(layer: Whole, executor: Executor | None = None) -> Iterator[Made]:
    """Every tile of a layer that holds something, branch by branch from zoom 0 to its highest. The branches are made
    on ``executor``, or here where there is none; processes of other machines must see this one's temporary folder."""
    branches = ((zoom, square) for zoom in range(layer.max_zoom + 1) for square in layer.squares(zoom))
    if executor is None:
        for each in branches:
            yield from _branch(layer, *each)
        return
    with tempfile.TemporaryDirectory(prefix="mendmap-pyramid-") as folder:
        sent = _Sent(layer, Path(folder) / "layer")
        for found in in_order(executor, _sent_branch, ((sent, *each) for each in branches), _AHEAD):
            yield from found


def _branch(layer: Whole, zoom: int, square: Tile) -> list[Made]:
    """The tiles of a zoom in a square that hold something."""
    found = cuts(layer, layer.tiles(zoom, square))
    contents = zip(found, mvt.each_written(found), strict=True)
    return [Made(cut.tile, packed(content.body)) for cut, content in contents if content.features]


def packed(body: bytes) -> bytes:
    """A body as gzip without a time, so that the same body is always the same bytes."""
    packer = zlib.compressobj(_LEVEL, wbits=31)
    return packer.compress(body) + packer.flush()


class _Sent:
    """A layer on its way to other processes: through a file, which each reads once, and not with every branch. Threads
    of this process are given it as it is."""

    def __init__(self, layer: Whole, path: Path) -> None:
        self.layer, self._path = layer, path

    def __reduce__(self) -> tuple[Callable[[Path], "_Sent"], tuple[Path]]:
        if not self._path.exists():
            with self._path.open("wb") as file:
                pickle.dump(self.layer, file, pickle.HIGHEST_PROTOCOL)
        return _read, (self._path,)


@lru_cache(1)
def _read(path: Path) -> _Sent:
    with path.open("rb") as file:
        return _Sent(pickle.load(file), path)  # noqa: S301 (the file is of our own making, in a folder of ours)


def _sent_branch(sent: _Sent, zoom: int, square: Tile) -> list[Made]:
    return _branch(sent.layer, zoom, square)


def deepest(layer: Layer, max_zoom: int, max_drawn: int) -> int:
    """The least zoom beyond which nothing is gained, at most ``max_zoom``: no tile has more than ``max_drawn`` features
    with their middle in it, so all are drawn, and a step of its grid is no longer than the least of their accuracies.
    It is ``max_zoom`` where one of these is unknown."""
    places = Places(layer)
    accuracies = (layer.features[each].properties.get("accuracy_m") or 0 for each in places.indices.tolist())
    least = min(accuracies, default=0)
    for zoom in range(max_zoom):
        homes = places.keys >> 2 * (LEVELS - zoom)
        if side_m(zoom) / EXTENT <= least and np.unique(homes, return_counts=True)[1].max() <= max_drawn:
            return zoom
    return max_zoom

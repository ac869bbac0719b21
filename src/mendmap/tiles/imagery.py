"""Every tile of a picture on which something is, as WebP images in one archive.

Not here: how a tile is drawn (``mendmap.rasters.draw``), and the file that holds them all (``archive``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from mendmap.geo.grid import HALF_M, Tile, side_m
from mendmap.rasters.draw import tile
from mendmap.rasters.encoded import blank
from mendmap.rasters.handles import Frame, Handles
from mendmap.rasters.look import look
from mendmap.rasters.pictures import Picture
from mendmap.tiles.archive import Archive, write_picture
from mendmap.tiles.pyramid import Made

FORM = "webp"
# Tiles that are drawn in one go: few, so that no process waits for another, and a file is not opened for each.
_TOGETHER = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be drawn up to a zoom: its file, where that is, and how many of its pixels may be read for a tile.
    ``told`` is what the archive says of itself beside that, such as whom to name."""

    picture: Picture
    path: Path
    frame: Frame
    max_zoom: int
    most_pixels: int
    told: Mapping[str, Any]

    @property
    def zooms(self) -> range:
        """From where it is a few pixels of a tile to where a tile shows all it holds."""
        last = min(self.frame.maxzoom, self.max_zoom)
        return range(min(self.frame.minzoom, last), last + 1)

    @property
    def cells(self) -> list[Tile]:
        """The tiles that it lies in."""
        return [each for zoom in self.zooms for each in _cells(self.frame, zoom)]


def write(path: Path, shown: Shown, executor: Executor | None = None) -> Archive:
    """Writes the archive of a picture to ``path``. Tiles are drawn on ``executor``, or here where there is none; the
    same file gives the same tiles wherever they are drawn. Raises RasterError and OSError."""
    zooms, name = shown.zooms, shown.picture.id
    told = {"name": name, "type": "overlay", "format": FORM, "minzoom": zooms[0], "maxzoom": zooms[-1], **shown.told}
    return write_picture(path, _tiles(shown, executor), blank(256, FORM), told, shown.frame.bounds, zooms[-1])


def _tiles(shown: Shown, executor: Executor | None) -> Iterator[Made]:
    cells = shown.cells
    parts = [cells[begin : begin + _TOGETHER] for begin in range(0, len(cells), _TOGETHER)]
    drawn: Iterable[list[Made]] = (executor.map if executor else map)(partial(_drawn, shown), parts)
    return chain.from_iterable(drawn)


def _drawn(shown: Shown, cells: Sequence[Tile]) -> list[Made]:
    """Some tiles, less those on which nothing is."""
    nothing, wanted, handles = blank(256, FORM), look(shown.picture), Handles(1)
    try:
        with handles.lent(shown.path) as handle:
            made = [Made(each, tile(handle, shown.picture, wanted, each, FORM, shown.most_pixels)) for each in cells]
    finally:
        handles.close()
    return [each for each in made if each.body != nothing]


def _cells(frame: Frame, zoom: int) -> Iterator[Tile]:
    west, south, east, north = frame.box_m
    side, last = side_m(zoom), 2**zoom - 1
    columns, rows = [
        range(max(0, int((low + HALF_M) // side)), min(last, int((high + HALF_M) // side)) + 1)
        for low, high in ((west, east), (-north, -south))
    ]
    return (Tile(zoom, x, y) for y in rows for x in columns)

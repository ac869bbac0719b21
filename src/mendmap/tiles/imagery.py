"""Every tile of a picture on which something is, as WebP images in one archive.

Not here: how a tile is drawn (``mendmap.rasters.draw``), and the file that holds them all (``archive``).
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import batched, chain
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
# Tiles that are drawn in one go, so that a file is not opened for each.
_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture to be drawn: its file, its highest zoom, and how many pixels may be read for one tile."""

    picture: Picture
    file: Path
    max_zoom: int
    most_pixels: float

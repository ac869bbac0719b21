"""Open raster files, kept to be read again: opening one takes longer than reading a tile of it.

GDAL lets nobody share an open file, so each is lent to one reader at a time, and opened once more where two want it.
Files never change under their names. Not here: reading (``warped``), and how many may read at a time.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds

from mendmap.errors import RasterError
from mendmap.geo.bounds import Bounds
from mendmap.geo.grid import HALF_M
from mendmap.rasters.opened import OPTIONS

MERCATOR = "EPSG:3857"
# Zooms below the one where a picture fills a tile: there it is a few pixels.
_SMALLER = 4
# Of threads there are ours.
_OPTIONS = {**OPTIONS, "GDAL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a file is: its ``bounds`` in degrees and ``box_m`` in mercator metres (west, south, east, north), the side
    of its pixels in mercator metres, how many pixels it has and how many times smaller its overviews are."""

    bounds: Bounds
    box_m: tuple[float, float, float, float]
    pixel_m: float
    pixels: int
    overviews: tuple[int, ...]

    @property
    def maxzoom(self) -> int:
        """The lowest zoom that shows all it holds: pixels of its tiles, of 256 by 256, are no larger than its own."""
        return max(0, math.ceil(math.log2(2 * HALF_M / 256 / self.pixel_m) - 0.01))

    @property
    def minzoom(self) -> int:
        """A zoom at which it is but a few pixels of one tile."""
        west, south, east, north = self.box_m
        return max(0, math.floor(math.log2(2 * HALF_M / max(east - west, north - south))) - _SMALLER)

    def touches(self, box_m: tuple[float, float, float, float]) -> bool:
        """Whether it lies in a box of mercator metres, at least in part."""
        west, south, east, north = box_m
        return self.box_m[0] < east and west < self.box_m[2] and self.box_m[1] < north and south < self.box_m[3]

    def read_for(self, pixel_m: float, pixels: int) -> float:
        """How many of its pixels are read for a picture of so many, of some size: few where it has overviews."""
        ratio, level = max(1.0, pixel_m / self.pixel_m), self.overview(pixel_m)
        nearest = 1 if level is None else self.overviews[level]
        return min(self.pixels, pixels * ratio**2) / nearest**2

    def overview(self, pixel_m: float) -> int | None:
        """The overview that pixels of some size are drawn of, counted from 0: the smallest that shows as much; None
        where that is the file itself."""
        enough = [(each, level) for level, each in enumerate(self.overviews) if each * self.pixel_m <= pixel_m]
        return max(enough)[1] if enough else None


class Handle:
    """One open file, and those of its overviews that were read, each of which GDAL opens as a file."""

    def __init__(self, dataset: DatasetReader) -> None:
        self.dataset = dataset
        self._overviews: dict[int, DatasetReader] = {}

    def at(self, pixel_m: float) -> DatasetReader:
        """The file, or the overview of it, that pixels of some size in mercator metres are drawn of."""
        level = self.frame.overview(pixel_m)
        if level is None:
            return self.dataset
        if level not in self._overviews:
            self._overviews[level] = _open(self.dataset.name, overview_level=level)
        return self._overviews[level]

    def close(self) -> None:
        """Closes all of it."""
        for each in (*self._overviews.values(), self.dataset):
            each.close()

    @cached_property
    def frame(self) -> Frame:
        """Where it is. Raises RasterError where that is not on the map."""
        found = self.dataset
        try:
            box = transform_bounds(found.crs, MERCATOR, *found.bounds)
            bounds = transform_bounds(found.crs, "OGC:CRS84", *found.bounds)
            pixel = math.sqrt((box[2] - box[0]) * (box[3] - box[1]) / (found.width * found.height))
            if not (math.isfinite(pixel) and pixel > 0):
                raise ValueError(f"its pixels have no size: {found.bounds}")
            degrees = Bounds.of(*bounds)
        except (RasterioError, ValueError) as error:
            raise RasterError(f"a raster cannot be put on the map: {error}") from error
        return Frame(degrees, box, pixel, found.width * found.height, tuple(found.overviews(1)))


class Handles:
    """At most ``most`` files that nobody reads now stay open; the longest unread is closed first. ``cache_mb`` is what
    GDAL keeps of what it read, for the whole process."""

    def __init__(self, most: int = 32, cache_mb: int = 64) -> None:
        self._most = most
        self._options = {**_OPTIONS, "GDAL_CACHEMAX": cache_mb}
        self._idle: OrderedDict[int, tuple[Path, Handle]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def lent(self, path: Path) -> Iterator[Handle]:
        """An open file, for this thread alone. Raises RasterError where it cannot be opened, or read."""
        try:
            with rasterio.Env(**self._options):
                handle = self._taken(path) or Handle(_open(path))
                try:
                    yield handle
                except RasterioError:
                    # Whatever it is now, the next reader opens it anew.
                    handle.close()
                    raise
                self._give_back(path, handle)
        except RasterioError as error:
            raise RasterError(f"{path.name}: cannot be read as a GeoTIFF: {error}") from error

    def close(self) -> None:
        """Closes what nobody reads."""
        with self._lock:
            for _, handle in self._idle.values():
                handle.close()
            self._idle.clear()

    def _taken(self, path: Path) -> Handle | None:
        with self._lock:
            found = next((key for key, (each, _) in reversed(self._idle.items()) if each == path), None)
            return None if found is None else self._idle.pop(found)[1]

    def _give_back(self, path: Path, handle: Handle) -> None:
        with self._lock:
            self._idle[id(handle)] = path, handle
            while len(self._idle) > self._most:
                _, (_, oldest) = self._idle.popitem(last=False)
                oldest.close()


def _open(path: Path | str, **options: int) -> DatasetReader:
    return rasterio.open(path, driver="GTiff", sharing=False, **options)

"""What an index became from one season to another: which scenes tell it, the name of what is computed of them, and
the computing, a window at a time.

Not here: where the result is kept (``lake.imagery``), and what it says of a site (``load.differences``).
"""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import ceil, floor, nan, sqrt
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.shutil import copy
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mendmap.catalogue.imagery import Difference, Index, Raster
from mendmap.errors import RasterError
from mendmap.rasters import values
from mendmap.rasters.cog import BLOCK
from mendmap.rasters.expression import Expression, parse
from mendmap.rasters.header import ground_m
from mendmap.rasters.indices import bands_of
from mendmap.rasters.opened import opened
from mendmap.words.dates import Period

# The bands of a result, in their order.
BANDS = ("change", "significant")
# Counted up where the same scenes would give another result.
_VERSION = 1
# Of a raster's record, what its values depend on.
_READ_BY = ("sha256", "bands", "classes", "scale", "offset", "nodata")
# Values of an index that are held at once: memory grows neither with the size of rasters nor with their number.
_AT_ONCE = 8_000_000
# A result of more pixels comes of scenes that lie far apart, not of a site.
_MOST_PIXELS = 1_000_000_000
# Fewer values tell nothing of how much they scatter.
_FEWEST = 3
# How many standard errors a change must exceed: chance alone does so about once in 20 times.
_ERRORS = 2.0
# The standard deviation of normal values over their median absolute deviation, and what few values must be taken
# times more, from 2 on (Croux and Rousseeuw 1992, Time-efficient algorithms for two highly robust estimators of
# scale); and the standard error of a median over that of a mean, the square root of pi / 2.
_DEVIATIONS = 1.4826
_FEW = (nan, nan, 1.196, 1.495, 1.363, 1.206, 1.200, 1.140, 1.129, 1.107)
_OF_MEDIAN = 1.2533

Seen = tuple[Raster, Path]
Floats = NDArray[np.float32]


def scenes_of(
    difference: Difference, index: Index, rasters: Mapping[str, Raster]
) -> tuple[tuple[Raster, ...], tuple[Raster, ...]]:
    """The scenes of the season before and of that after, each in order of day: those that were taken within it and
    have the bands of ``index``, which is the difference's."""
    wanted = set(bands_of(index))
    able = [each for each in rasters.values() if each.shows == "scene" and wanted <= set(each.bands)]
    return _within(difference.before, able), _within(difference.after, able)


def _within(season: Period, scenes: Iterable[Raster]) -> tuple[Raster, ...]:
    found = [
        (each.taken.first, each.id, each)
        for each in scenes
        if each.taken and season.first <= each.taken.first <= each.taken.last <= season.last
    ]
    return tuple(each for *_, each in sorted(found, key=lambda each: each[:2]))


def digest(difference: Difference, index: Index, before: Sequence[Raster], after: Sequence[Raster]) -> str:
    """The SHA-256, in hex, of all that the result is computed of: the files and how they are read, the expression, the
    least change, and the way of computing. Two differences of the same scenes are one."""
    seasons = [[[getattr(each, name) for name in _READ_BY] for each in scenes] for scenes in (before, after)]
    said = json.dumps([_VERSION, index.expression, difference.least, difference.threshold, seasons])
    return hashlib.sha256(said.encode()).hexdigest()


def as_raster(difference: Difference) -> Raster:
    """A difference as the raster that its file is: two bands, and nothing to be scaled or masked."""
    blank: dict[str, Any] = dict.fromkeys(each.name for each in fields(Raster))
    return Raster(**{**blank, "id": difference.id, "file": f"{difference.id}.tif", "shows": "scene", "bands": BANDS})


@dataclass(frozen=True, slots=True)
class _Grid:
    """The pixels of a result: those of the finest scene of the season after, as far as both seasons reach."""

    crs: Any
    transform: Any
    width: int
    height: int

    def windows(self, side: int) -> Iterator[Window]:
        """Windows of at most ``side`` pixels each way, that cover it all."""
        for top in range(0, self.height, side):
            for left in range(0, self.width, side):
                yield Window(left, top, min(side, self.width - left), min(side, self.height - top))

    def middles(self, window: Window) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y of the middle of each pixel of a window, in its CRS."""
        columns = np.arange(window.width) + window.col_off + 0.5
        rows = np.arange(window.height) + window.row_off + 0.5
        x, y = self.transform @ tuple(np.meshgrid(columns, rows))
        return x, y


def make(
    difference: Difference,
    index: Index,
    before: Sequence[Seen],
    after: Sequence[Seen],
    target: Path,
    at_once: int = _AT_ONCE,
) -> None:
    """Writes the change of an index between two seasons, whose scenes are given with their files, as a COG.

    ``change`` is the median of a pixel's clear values of the season after, less that of the season before; NaN where
    either has none. ``significant`` is 1 where it rose, -1 where it fell, by ``difference.least`` or more; and by more
    than two standard errors, as far as these can be told: of a season with three clear values or more the standard
    error of the median is 1.2533 s / sqrt(n), where s is the median absolute deviation, made that of normal values; of
    one with fewer it counts as 0. Where the difference has a threshold, the higher of the two medians must reach it: a
    lake that dried up has a higher NDVI, and is not green. Elsewhere ``significant`` is 0, and NaN where ``change`` is.

    A pixel takes the value of that pixel of a scene in which its middle lies, so that no value is mixed with that of
    a cloud beside it. The bytes do not depend on ``at_once``, how many values are held in memory at a time.
    Raises RasterError where a season has no scene, or the two do not overlap.
    """
    for season, scenes in ((difference.before, before), (difference.after, after)):
        if not scenes:
            raise RasterError(f"no scene of {season} has the bands of {index.id}: {', '.join(bands_of(index))}")
    grid, values_each = _grid(before, after)
    side = max(1, floor(sqrt(at_once / values_each)))
    with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as folder:
        paths = [Path(folder) / f"{name}.tif" for name in BANDS]
        with _opened(grid, paths[0]) as one, _opened(grid, paths[1]) as other:
            for window in grid.windows(side):
                earlier, later = (_stack(grid, window, scenes, parse(index.expression)) for scenes in (before, after))
                change, significant = changed(earlier, later, difference.least, difference.threshold)
                one.write(change, 1, window=window)
                other.write(significant, 1, window=window)
        _join(grid, paths, target)


def _opened(grid: _Grid, path: Path) -> Any:
    """A new file of one band, that parts can be written to in any order."""
    size = {"width": grid.width, "height": grid.height, "crs": grid.crs, "transform": grid.transform}
    return rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, nodata=nan, tiled=True, bigtiff="IF_SAFER", **size
    )


def _stack(grid: _Grid, window: Window, scenes: Sequence[Seen], expression: Expression) -> Floats:
    return np.stack([_on(grid, window, each, expression) for each in scenes])


def changed(before: Floats, after: Floats, least: float, threshold: float | None = None) -> tuple[Floats, Floats]:
    """The change and whether it is significant, as ``make`` says, of two stacks (scenes, rows, columns), NaN where a
    pixel was not seen."""
    (earlier, one), (later, other) = (_median(each) for each in (before, after))
    change = later - earlier
    noise = np.float32(_ERRORS) * np.sqrt(one**2 + other**2)
    with np.errstate(invalid="ignore"):
        counts = (np.abs(change) >= np.float32(least)) & (np.abs(change) > noise)
        if threshold is not None:
            counts &= np.maximum(earlier, later) >= np.float32(threshold)
    significant = np.where(counts, np.sign(change), np.float32(0))
    return change, np.where(np.isnan(change), np.float32(nan), significant)


def _median(stack: Floats) -> tuple[Floats, Floats]:
    """The median of each pixel's values and its standard error, 0 where they are too few to tell it."""
    count = np.count_nonzero(~np.isnan(stack), axis=0)
    median = _middle(stack, count)
    deviation = _middle(np.abs(stack - median), count)
    # Croux and Rousseeuw again: n / (n - 0.8) beyond nine values.
    many = np.maximum(count, len(_FEW))
    factor = np.where(count < len(_FEW), np.take(_FEW, np.minimum(count, len(_FEW) - 1)), many / (many - 0.8))
    error = _OF_MEDIAN * _DEVIATIONS * factor * deviation / np.sqrt(np.maximum(count, 1))
    return median, np.where(count >= _FEWEST, error, 0).astype(np.float32)


def _middle(stack: Floats, count: NDArray[np.integer[Any]]) -> Floats:
    """The median of the first axis without its NaN, of which there are all but ``count``; NaN where that is 0."""
    # NaN sort last.
    ordered = np.sort(stack, axis=0)
    low, high = (np.maximum(each, 0)[None] for each in ((count - 1) // 2, count // 2))
    high = np.minimum(high, len(stack) - 1)
    two = np.take_along_axis(ordered, low, axis=0)[0] + np.take_along_axis(ordered, high, axis=0)[0]
    return np.asarray(two / np.float32(2), dtype=np.float32)


def _on(grid: _Grid, window: Window, scene: Seen, expression: Expression) -> Floats:
    """The index of a scene on a window of the grid; NaN where it does not show the ground."""
    raster, path = scene
    found = np.full((window.height, window.width), nan, dtype=np.float32)
    x, y = grid.middles(window)
    with opened(path) as dataset:
        if dataset.crs != grid.crs:
            x, y = _between(grid.crs, dataset.crs).transform(x, y)
        columns, rows = (np.floor(each) for each in ~dataset.transform @ (x, y))
        # False of what has no place in the scene's system, which is infinite.
        inside = (columns >= 0) & (columns < dataset.width) & (rows >= 0) & (rows < dataset.height)
        if inside.any():
            right, down = (each[inside].astype(np.int64) for each in (columns, rows))
            left, top = int(right.min()), int(down.min())
            box = Window(left, top, int(right.max()) - left + 1, int(down.max()) - top + 1)
            found[inside] = values.index(dataset, raster, expression, box).filled(nan)[down - top, right - left]
    return found


def _between(one: Any, other: Any) -> Transformer:
    return Transformer.from_crs(one.to_wkt(), other.to_wkt(), always_xy=True)


def _grid(before: Sequence[Seen], after: Sequence[Seen]) -> tuple[_Grid, float]:
    """The pixels of a result, and how many values of scenes one of them takes."""
    sizes = [_pixel_m2(path) for _, path in (*after, *before)]
    # Of scenes that are as fine the first, whatever their systems make of the last digit.
    finest = next(nth for nth, size in enumerate(sizes) if size < 1.01 * min(sizes[: len(after)]))
    with opened(after[finest][1]) as dataset:
        crs, transform = dataset.crs, dataset.transform
    earlier, later = (_reach([path for _, path in scenes], crs) for scenes in (before, after))
    west, south, east, north = shapely.intersection(shapely.box(*earlier), shapely.box(*later)).bounds
    corners = [~transform @ corner for corner in ((west, north), (east, south))]
    if not np.isfinite(corners).all() or west >= east or south >= north:
        raise RasterError("the scenes of the two seasons do not overlap")
    # A millionth of a pixel is how the numbers were rounded, and no ground.
    left, top = (floor(each + 1e-6) for each in corners[0])
    right, bottom = (ceil(each - 1e-6) for each in corners[1])
    if (right - left) * (bottom - top) > _MOST_PIXELS:
        raise RasterError(f"{right - left} by {bottom - top} pixels; a difference has at most {_MOST_PIXELS:,}")
    moved = transform @ transform.translation(left, top)
    return _Grid(crs, moved, right - left, bottom - top), sum(max(1.0, sizes[finest] / each) for each in sizes)


def _reach(paths: Iterable[Path], crs: Any) -> tuple[float, float, float, float]:
    """The box that holds some files, in a CRS."""
    boxes = []
    for path in paths:
        with opened(path) as dataset:
            boxes.append(transform_bounds(_crs(dataset), crs, *dataset.bounds, densify_pts=21))
    low, high = np.min(boxes, axis=0), np.max(boxes, axis=0)
    return low[0], low[1], high[2], high[3]


def _pixel_m2(path: Path) -> float:
    """The area on the ground of the pixel in the middle of a file, in square metres."""
    with opened(path) as dataset:
        _crs(dataset)
        width, height = ground_m(dataset)
    return width * height


def _crs(dataset: DatasetReader) -> Any:
    if dataset.crs is None:
        raise RasterError(f"{Path(dataset.name).name}: it does not say where on the ground it lies: it has no CRS")
    return dataset.crs


def _join(grid: _Grid, paths: Sequence[Path], target: Path) -> None:
    """Makes one COG of a file for each band. From afar ``change`` is the mean of its pixels, and ``significant`` one
    of them, so that it stays one of its three values."""
    factors = [2**nth for nth in range(1, 30) if max(grid.width, grid.height) / 2 ** (nth - 1) > BLOCK]
    for path, resampling in zip(paths, (Resampling.average, Resampling.nearest), strict=True):
        if factors:
            with rasterio.open(path, "r+") as dataset:
                dataset.build_overviews(factors, resampling)
    bands = "".join(_band(nth, *each) for nth, each in enumerate(zip(BANDS, paths, strict=True), 1))
    corner = ", ".join(map(repr, grid.transform.to_gdal()))
    placed = f"<SRS>{escape(grid.crs.to_wkt())}</SRS><GeoTransform>{corner}</GeoTransform>"
    size = f'rasterXSize="{grid.width}" rasterYSize="{grid.height}"'
    # GDAL's own description of the two as one: it takes over the overviews that both have.
    copy(
        f"<VRTDataset {size}>{placed}{bands}</VRTDataset>",
        target,
        driver="COG",
        compress="DEFLATE",
        predictor="YES",
        blocksize=BLOCK,
        bigtiff="IF_SAFER",
    )


def _band(number: int, name: str, path: Path) -> str:
    return (
        f'<VRTRasterBand dataType="Float32" band="{number}">'
        f"<Description>{name}</Description><NoDataValue>nan</NoDataValue>"
        f"<SimpleSource><SourceFilename>{escape(str(path))}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        "</VRTRasterBand>"
    )

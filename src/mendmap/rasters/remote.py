"""Copies the part of GeoTIFFs that covers an area into one file, on the grid of the finest of them: bands one behind
the other (``copy``), or tiles side by side (``join``).

The files are read through handles that somebody else made, so that GDAL itself asks no network for anything. Where a
band is coarser than the finest each of its pixels becomes several alike: nothing is made up between them. Not here:
fetching (``feeds``), which files these are (``stac``), and how a COG is laid out (``cog``).
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from mendmap.errors import RasterError
from mendmap.geo.bounds import Bounds
from mendmap.rasters.header import Most
from mendmap.rasters.opened import BEGINNINGS, OPTIONS, complaint

_NAME = "remote.tif"
# A tile of more could not be unpacked in reasonable memory.
_LARGEST_TILE = 1 << 28
# The tiles of what is written, in pixels on each side, and how many pixels are held at once.
_TILE, _AT_ONCE = 256, 1 << 22


class File(Protocol):
    """A file somewhere: ``handle`` opens it, ``error`` is what went wrong while it was read."""

    @property
    def url(self) -> str:
        """What messages call it."""

    @property
    def error(self) -> Exception | None:
        """Why a read ended early, if one did."""

    def handle(self) -> BinaryIO | Any:
        """The file from its beginning, for reading."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A band to copy: the ``number`` of it in its file, counted from 1 (None: all of them), and the stored value that
    holds nothing (None: as its file says)."""

    file: File
    number: int | None = 1
    nodata: float | None = None


def copy(layers: Sequence[Layer], box: Bounds, place: Path, most: Most) -> None:
    """Writes the pixels that lie within a box, of all layers in their order, into a GeoTIFF at ``place``.

    Raises RasterError where a file cannot be used, does not cover the box, or there are more pixels than ``most``,
    and whatever went wrong while a file was fetched. Then what may be at ``place`` is worth nothing.
    """
    with ExitStack() as stack, rasterio.Env(**OPTIONS):
        files = {id(each.file): each.file for each in layers}
        stack.enter_context(_told(list(files.values())))
        datasets = {key: stack.enter_context(_opened(file)) for key, file in files.items()}
        bands = [
            (datasets[id(layer.file)], number, layer)
            for layer in layers
            for number in _numbers(layer, datasets[id(layer.file)])
        ]
        finest = min(datasets.values(), key=_pixel_m)
        window = _window(finest, list(datasets.values()), box, layers[0].file.url)
        _write(finest, window, bands, place, most)


def join(tiles: Sequence[File], box: Bounds, place: Path, most: Most) -> None:
    """Writes the values that lie within a box, of files of one band that lie side by side, into one GeoTIFF at
    ``place``, which has the whole box: float32, and NaN where none of them has a value. Where two overlap the first
    counts. Raises as ``copy``."""
    with ExitStack() as stack, rasterio.Env(**OPTIONS):
        stack.enter_context(_told(tiles))
        datasets = [stack.enter_context(_opened(each)) for each in tiles]
        for each, dataset in zip(tiles, datasets, strict=True):
            if dataset.count != 1:
                raise RasterError(f"{each.url}: has {dataset.count} bands, in place of one")
        finest = min(datasets, key=_pixel_m)
        window = _touched(finest, *transform_bounds("OGC:CRS84", finest.crs, *box, densify_pts=21))
        _bounded(window, 1, most)
        empty = True
        with rasterio.open(place, "w", **_profile(finest, window, 1, "float32", np.nan)) as made:
            for part, at in _parts(window):
                values = _joined(datasets, finest, part)
                empty = empty and bool(np.isnan(values).all())
                made.write(values, 1, window=at)
    if empty:
        raise RasterError(f"{tiles[0].url}: nothing of it lies in the area that is asked for")


@contextmanager
def _told(files: Sequence[File]) -> Iterator[None]:
    """Raises what went wrong with a file in place of what GDAL made of it."""
    try:
        yield
    except (RasterioError, RasterError, MemoryError, ValueError) as error:
        for each in files:
            if each.error:
                raise each.error from error
        if isinstance(error, RasterError):
            raise
        raise RasterError(f"{files[0].url}: cannot be read as a GeoTIFF: {error}") from error
    # GDAL takes a read that ended early for the end of the file, and may be content with it.
    for each in files:
        if each.error:
            raise each.error


@contextmanager
def _opened(file: File) -> Iterator[DatasetReader]:
    with file.handle() as handle:
        if handle.read(4) not in BEGINNINGS:
            raise RasterError(f"{file.url}: no GeoTIFF: it does not begin like one")

    def opener(path: str, mode: str = "rb", **_: Any) -> Any:
        # The name is one of ours; nothing else is there beside it, whatever GDAL may look for.
        if path != _NAME:
            raise FileNotFoundError(path)
        return file.handle()

    with rasterio.open(_NAME, driver="GTiff", opener=opener) as dataset:
        if reason := complaint(dataset):
            raise RasterError(f"{file.url}: {reason}")
        if dataset.crs is None:
            raise RasterError(f"{file.url}: does not say in which system its coordinates are")
        if dataset.transform.b or dataset.transform.d or dataset.transform.a <= 0 or dataset.transform.e >= 0:
            raise RasterError(f"{file.url}: its grid is rotated or mirrored, which is not read")
        for (height, width), kind in zip(dataset.block_shapes, dataset.dtypes, strict=True):
            if height * width * np.dtype(kind).itemsize * dataset.count > _LARGEST_TILE:
                raise RasterError(f"{file.url}: its tiles of {width} by {height} pixels are too large to be read")
        yield dataset


def _numbers(layer: Layer, dataset: DatasetReader) -> Sequence[int]:
    if layer.number is None:
        return list(dataset.indexes)
    if layer.number > dataset.count:
        raise RasterError(f"{layer.file.url}: has {dataset.count} bands, and no band {layer.number}")
    return [layer.number]


def _pixel_m(dataset: DatasetReader) -> float:
    """The size of its pixels, near enough to compare."""
    return float(abs(dataset.transform.a)) * (111_320 if dataset.crs.is_geographic else 1)


def _window(finest: DatasetReader, datasets: Sequence[DatasetReader], box: Bounds, name: str) -> Window:
    """The pixels of the finest grid that a box covers or touches, as far as every file has some."""
    bounds = [transform_bounds("OGC:CRS84", finest.crs, *box, densify_pts=21)]
    bounds += [
        each.bounds if each.crs == finest.crs else transform_bounds(each.crs, finest.crs, *each.bounds)
        for each in datasets
    ]
    west, south = (max(each[nth] for each in bounds) for nth in (0, 1))
    east, north = (min(each[nth] for each in bounds) for nth in (2, 3))
    if not (west < east and south < north):
        raise RasterError(f"{name}: does not cover the area that is asked for")
    found = _touched(finest, west, south, east, north)
    wide, high = finest.width - found.col_off, finest.height - found.row_off
    return Window(found.col_off, found.row_off, min(found.width, wide), min(found.height, high))


def _touched(finest: DatasetReader, west: float, south: float, east: float, north: float) -> Window:
    """The pixels of a grid that a box of its own system covers or touches, whether or not the file has them."""
    wide, high = finest.transform.a, -finest.transform.e
    # An edge on the grid stays there: it is rounded off before it is rounded out.
    left, top = ((west - finest.transform.c) / wide, (finest.transform.f - north) / high)
    right, bottom = ((east - finest.transform.c) / wide, (finest.transform.f - south) / high)
    column, row = (int(np.floor(round(each, 3))) for each in (left, top))
    return Window(column, row, int(np.ceil(round(right, 3))) - column, int(np.ceil(round(bottom, 3))) - row)


def _write(
    finest: DatasetReader,
    window: Window,
    bands: Sequence[tuple[DatasetReader, int, Layer]],
    place: Path,
    most: Most,
) -> None:
    kind = np.result_type(*(dataset.dtypes[number - 1] for dataset, number, _ in bands))
    _bounded(window, len(bands), most)
    first, number, layer = bands[0]
    nodata = layer.nodata if layer.nodata is not None else first.nodatavals[number - 1]
    with rasterio.open(place, "w", **_profile(finest, window, len(bands), kind, nodata)) as made:
        for nth, (dataset, each, _) in enumerate(bands, start=1):
            for part, at in _parts(window):
                values = _values(dataset, each, finest, part).astype(kind, copy=False)
                made.write(values, nth, window=at)
        # What a file tells of itself goes along with it; of several files each tells of its own band.
        made.descriptions = [dataset.descriptions[each - 1] for dataset, each, _ in bands]
        made.scales = [dataset.scales[each - 1] for dataset, each, _ in bands]
        made.offsets = [dataset.offsets[each - 1] for dataset, each, _ in bands]
        if len({id(dataset) for dataset, _, _ in bands}) == 1:
            made.update_tags(**{name: text for name, text in first.tags().items() if name != "AREA_OR_POINT"})


def _bounded(window: Window, bands: int, most: Most) -> None:
    """Raises RasterError where more pixels would be copied than may be."""
    mpixels = window.width * window.height * bands / 1e6
    if mpixels > most.mpixels or bands > most.bands:
        raise RasterError(
            f"{window.width:,} by {window.height:,} pixels in {bands} bands are {mpixels:,.0f} megapixels; "
            f"at most {most.mpixels:,} in {most.bands} bands are copied (settings MENDMAP_MAX_RASTER_MPIXELS and "
            "MENDMAP_MAX_RASTER_BANDS); ask for a smaller area"
        )


def _profile(finest: DatasetReader, window: Window, bands: int, kind: Any, nodata: float | None) -> dict[str, Any]:
    """What a file of a window of a grid is."""
    return {
        "driver": "GTiff",
        "width": window.width,
        "height": window.height,
        "count": bands,
        "dtype": kind,
        "crs": finest.crs,
        "transform": finest.window_transform(window),
        "nodata": nodata,
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "compress": "deflate",
        "interleave": "band",
    }


def _parts(window: Window) -> Iterator[tuple[Window, Window]]:
    """A window in parts from the north, each of whole rows of tiles and no more than is well kept in memory: a small
    file may claim any number of pixels. Each on the grid, and counted from the corner of the window."""
    rows = max(1, _AT_ONCE // (window.width * _TILE)) * _TILE
    for begin in range(0, window.height, rows):
        high = min(rows, window.height - begin)
        yield Window(window.col_off, window.row_off + begin, window.width, high), Window(0, begin, window.width, high)


def _joined(datasets: Sequence[DatasetReader], finest: DatasetReader, window: Window) -> Any:
    """The values of files on the pixels of a window of the finest grid, NaN where none has one."""
    found = np.full((window.height, window.width), np.nan, "float32")
    about = {"crs": finest.crs, "transform": finest.window_transform(window), "dtype": "float32", "nodata": np.nan}
    for each in datasets:
        with WarpedVRT(
            each, width=window.width, height=window.height, resampling=Resampling.nearest, **about
        ) as turned:
            values = turned.read(1) * np.float32(each.scales[0]) + np.float32(each.offsets[0])
        np.copyto(found, values, where=np.isnan(found))
    return found


def _values(dataset: DatasetReader, number: int, finest: DatasetReader, window: Window) -> Any:
    """The stored values of a band on the pixels of a window of the finest grid."""
    if dataset.crs == finest.crs and dataset.transform == finest.transform:
        return dataset.read(number, window=window)
    transform = finest.window_transform(window)
    with WarpedVRT(
        dataset,
        crs=finest.crs,
        transform=transform,
        width=window.width,
        height=window.height,
        resampling=Resampling.nearest,
    ) as turned:
        return turned.read(number)

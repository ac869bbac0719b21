"""What the header of a GeoTIFF tells, and whether it is one that can be used: all before a pixel is read.

A header can claim anything, so every size is held against a bound, every block against the end of the file, and the
grid against the few things that later steps take for granted: north is up, and the system of coordinates is known.
Not here: opening (``opened``), and whether the file is optimised for the cloud (``cog``).
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform, transform_bounds
from rasterio.windows import Window

from mendmap.errors import RasterError, not_one_of
from mendmap.geo.bounds import Bounds
from mendmap.geo.measure import ellipsoid
from mendmap.rasters.opened import opened
from mendmap.settings import Settings

TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")
# Memory that the pixels of one block take, in bytes, and how many blocks there may be: each is looked at.
_MOST_OF_BLOCK, _MOST_BLOCKS = 256_000_000, 500_000


@dataclass(frozen=True, slots=True)
class Most:
    """How large a raster may be: millions of pixels, each of every band counted; bands; and MB of its file."""

    mpixels: int
    bands: int
    megabytes: int

    @staticmethod
    def of(settings: Settings) -> "Most":
        """The bounds that settings give."""
        return Most(settings.max_raster_mpixels, settings.max_raster_bands, settings.max_raster_mb)


USUAL = Most.of(Settings())


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself. ``bounds`` hold its grid, in degrees; ``ground_m`` is the width and height of the
    pixel in its middle, in metres on the ellipsoid; ``nodata`` the stored value of pixels that hold nothing.
    ``scales``, ``offsets`` and ``descriptions`` are those of its bands, ``tags`` what else it tells."""

    width: int
    height: int
    count: int
    dtype: str
    system: str
    bounds: Bounds
    ground_m: tuple[float, float]
    nodata: float | None
    descriptions: tuple[str | None, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    tags: Mapping[str, str]
    megabytes: float


def read(path: Path, most: Most = USUAL) -> Header:
    """The header of a sound file. Raises RasterError with what is wrong, the value, and what to do."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise RasterError(f"{path.name}: cannot be opened: {error.strerror}") from None
    try:
        if size > most.megabytes * 1_000_000:
            raise ValueError(
                f"{size / 1e6:.0f} MB; at most {most.megabytes} are read (setting MENDMAP_MAX_RASTER_MB); cut it"
            )
        with warnings.catch_warnings():
            # That it lies nowhere is said below, in our words.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with opened(path) as dataset:
                _bounded(dataset, most)
                bounds = _placed(dataset)
                _whole(dataset, size)
                return _header(dataset, bounds, size)
    except (ValueError, RasterioError) as error:
        raise RasterError(f"{path.name}: {error}") from error


def nodata_complaint(nodata: float, dtype: str) -> str:
    """Why a type of pixels cannot hold a value, or an empty text."""
    kind = np.dtype(dtype)
    if kind.kind == "f":
        fits = not math.isfinite(nodata) or abs(nodata) <= float(np.finfo(kind).max)
    else:
        bounds = np.iinfo(kind)
        fits = math.isfinite(nodata) and nodata == int(nodata) and bounds.min <= nodata <= bounds.max
    return "" if fits else f"{nodata:g} cannot stand in pixels of {dtype}"


def _bounded(dataset: DatasetReader, most: Most) -> None:
    """Raises ValueError where it is too much, of another type, or stands in blocks that no memory should hold."""
    if dataset.count > most.bands:
        raise ValueError(
            f"{dataset.count:,} bands; at most {most.bands:,} are read (setting MENDMAP_MAX_RASTER_BANDS): "
            "take those that are needed"
        )
    mpixels = dataset.width * dataset.height * dataset.count / 1e6
    if mpixels > most.mpixels:
        raise ValueError(
            f"{dataset.width:,} by {dataset.height:,} pixels in {dataset.count} band(s) are {mpixels:,.0f} megapixels; "
            f"at most {most.mpixels:,} are read (setting MENDMAP_MAX_RASTER_MPIXELS): cut it to the place"
        )
    if dataset.dtypes[0] not in TYPES:
        raise ValueError(not_one_of("its pixels are of a type that is not read", dataset.dtypes[0], TYPES))
    height, width = dataset.block_shapes[0]
    of_block = height * width * np.dtype(dataset.dtypes[0]).itemsize * _together(dataset)
    if of_block > _MOST_OF_BLOCK:
        raise ValueError(
            f"its blocks of {width:,} by {height:,} pixels take {of_block / 1e6:,.0f} MB each, "
            f"at most {_MOST_OF_BLOCK / 1e6:.0f}: write it in tiles of 512 by 512"
        )
    if (blocks := sum(1 for _ in _blocks(dataset))) > _MOST_BLOCKS:
        raise ValueError(f"more than {blocks - 1:,} blocks of {width} by {height}: write it in tiles of 512 by 512")
    if dataset.nodata is not None and (reason := nodata_complaint(dataset.nodata, dataset.dtypes[0])):
        raise ValueError(f"its value for nothing, {reason}: write one that can")


def _together(dataset: DatasetReader) -> int:
    """How many bands stand in each block."""
    return int(dataset.count) if dataset.interleaving and dataset.interleaving.name == "pixel" else 1


def _blocks(dataset: DatasetReader) -> Iterator[tuple[int, int, int, dict[str, int]]]:
    """Every block of the file, those of overviews too: column, row, band, and the overview that it is of; one more
    than are allowed at most."""
    height, width = dataset.block_shapes[0]
    left = _MOST_BLOCKS + 1
    for level, factor in enumerate((1, *dataset.overviews(1))):
        overview = {"ovr": level - 1} if level else {}
        for band in range(1, dataset.count // _together(dataset) + 1):
            for row in range(math.ceil(dataset.height / factor / height)):
                for column in range(math.ceil(dataset.width / factor / width)):
                    yield column, row, band, overview
                    left -= 1
                    if not left:
                        return


def _placed(dataset: DatasetReader) -> Bounds:
    """Where its grid lies. Raises ValueError where that is not known, or it is turned."""
    turned = dataset.transform
    if dataset.crs is None or not (dataset.crs.is_projected or dataset.crs.is_geographic):
        raise ValueError("no system of coordinates; write the one it is in: gdal_translate -a_srs EPSG:code")
    if turned.is_identity or not all(map(math.isfinite, turned[:6])) or not turned.a or not turned.e:
        raise ValueError("its pixels lie nowhere: no geotransform; write its corners: gdal_translate -a_ullr")
    if turned.b or turned.d:
        raise ValueError(f"its grid is turned or sheared (by {turned.b:g} and {turned.d:g}); gdalwarp lays it straight")
    if turned.e > 0 or turned.a < 0:
        raise ValueError("its first row is not the northernmost, or its first column not the westernmost; use gdalwarp")
    try:
        return Bounds.of(*transform_bounds(dataset.crs, "OGC:CRS84", *dataset.bounds))
    except (ValueError, RasterioError):
        corners = ", ".join(f"{each:g}" for each in dataset.bounds)
        raise ValueError(
            f"its corners ({corners} in {_name(dataset.crs)}) lie nowhere on Earth, or across the 180th meridian: "
            "is its system of coordinates or its geotransform wrong?"
        ) from None


def _whole(dataset: DatasetReader, size: int) -> None:
    """Raises ValueError where a block ends beyond the end of the file, none is there, or the corners cannot be read.
    Blocks that were left out hold nothing; GDAL would read a file of none but these as nothing too."""
    ends = 0
    for column, row, band, overview in _blocks(dataset):
        at = {"dm": "TIFF", "bidx": band, **overview}
        offset = dataset.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", **at)
        length = dataset.get_tag_item(f"BLOCK_SIZE_{column}_{row}", **at) if offset else None
        ends = max(ends, int(offset) + int(length) if offset and length else 0)
    if ends > size:
        raise ValueError(f"cut off: it has {size:,} bytes of {ends:,} at least; fetch it again")
    if not ends:
        raise ValueError("holds no data at all, only a header; fetch it again")
    for column, row in ((0, 0), (dataset.width - 1, dataset.height - 1)):
        try:
            dataset.read(1, window=Window(column, row, 1, 1))
        except RasterioError as error:
            raise ValueError(f"damaged: the pixel in column {column}, row {row} cannot be read: {error}") from error


def _header(dataset: DatasetReader, bounds: Bounds, size: int) -> Header:
    return Header(
        width=dataset.width,
        height=dataset.height,
        count=dataset.count,
        dtype=dataset.dtypes[0],
        system=_name(dataset.crs),
        bounds=bounds,
        ground_m=ground_m(dataset),
        nodata=dataset.nodata,
        descriptions=dataset.descriptions,
        scales=dataset.scales,
        offsets=dataset.offsets,
        tags={**dataset.tags(ns="IMAGERY"), **dataset.tags()},
        megabytes=size / 1e6,
    )


def ground_m(dataset: DatasetReader) -> tuple[float, float]:
    """The width and height of the pixel in the middle of a file, in metres on the ellipsoid."""
    column, row = dataset.width / 2, dataset.height / 2
    x, y = zip(*(dataset.transform @ at for at in ((column, row), (column + 1, row), (column, row + 1))), strict=True)
    east, north = transform(dataset.crs, "OGC:CRS84", x, y)
    _, _, lengths = ellipsoid().inv(east[:1] * 2, north[:1] * 2, east[1:], north[1:])
    return float(lengths[0]), float(lengths[1])


def _name(system: CRS) -> str:
    """A system by its authority's code, else by its name."""
    authority = system.to_authority()
    return ":".join(authority) if authority else str(system.to_dict(projjson=True).get("name", "of its own"))

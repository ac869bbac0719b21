"""Cloud-optimised GeoTIFFs: whether a file is one, and making one of any that can be read.

Not here: whether a file can be read at all (``header``).
"""

import math
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import rasterio
import rasterio.shutil
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds
from rasterio.windows import Window, from_bounds
from rio_cogeo.cogeo import cog_validate

from mendmap.errors import RasterError
from mendmap.geo.bounds import Bounds
from mendmap.rasters.opened import OPTIONS, opened

# How folders begin that a file is made in; who was killed leaves one.
SCRATCH = ".mendmap-"
# Pixels on each side, all bands of a block together. Measured on six bands of 4,096 by 4,096: a tile of a map, read for
# the first time, takes 17 ms (an index: 32 ms) of such blocks and 37 ms (68 ms) of 512 by 512, whose files are as large
# and as soon made; zonal statistics take as long of either. Bands apart would give colours in 16 ms and an index in
# 23 ms, but are made in a third more time; zstd 16 and 28 ms, but fewer programs read it.
BLOCK = 256
# One thread, and 64 MB for blocks: neither the bytes that come out nor the memory they take depend on the machine.
_BOUNDED = {**OPTIONS, "GDAL_NUM_THREADS": "1", "GDAL_CACHEMAX": 64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a file is to become: its ``bands`` by name; cut to a ``box``; ``nodata`` written as the value of pixels that
    hold nothing, where the file says none or another. Where ``classes`` are among the bands, a pixel of an overview is
    one of those that it stands for; without, it is their mean. A mean of classes is none, and a mean of values across
    the edge of a cloud would be told clear."""

    bands: Sequence[str]
    classes: bool
    nodata: float | None = None
    box: Bounds | None = None


def complaint(path: Path) -> str:
    """Why a file is not optimised for the cloud, or an empty text. Raises RasterError."""
    try:
        with rasterio.Env(**OPTIONS):
            sound, errors, warnings = cog_validate(path.resolve(), strict=True, quiet=True)
    except RasterioError as error:
        raise RasterError(f"{path.name}: {error}") from error
    return "" if sound else "; ".join([*errors, *warnings])


def write(source: Path, target: Path, wanted: Wanted) -> None:
    """Makes a COG of a file whose header is sound; the same file always gives the same bytes. One that is a COG already
    and is to be nothing else stays, byte for byte, so that it can be told again from where it came. ``target`` is there
    only when it is whole, or as it was. Raises RasterError where pixels cannot be read, or none lie in the box."""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=SCRATCH) as scratch:
        made, plain = Path(scratch) / "made.tif", Path(scratch) / "plain.tif"
        try:
            with rasterio.Env(**_BOUNDED), opened(source) as dataset:
                if _as_it_is(source, dataset, wanted):
                    shutil.copyfile(source, made)
                else:
                    _copied(dataset, plain, wanted)
                    _optimised(plain, made, wanted)
        except RasterioError as error:
            raise RasterError(f"{source.name}: {error}") from error
        made.replace(target)


def _as_it_is(source: Path, dataset: DatasetReader, wanted: Wanted) -> bool:
    same = wanted.nodata is None or wanted.nodata == dataset.nodata
    return same and _window(source.name, dataset, wanted.box) == _all_of(dataset) and not complaint(source)


def _all_of(dataset: DatasetReader) -> Window:
    return Window(0, 0, dataset.width, dataset.height)


def _window(name: str, dataset: DatasetReader, box: Bounds | None) -> Window:
    """The pixels that a box touches. Raises RasterError where there are none."""
    if box is None:
        return _all_of(dataset)
    west, south, east, north = transform_bounds("OGC:CRS84", dataset.crs, *box)
    window = from_bounds(west, south, east, north, dataset.transform)
    left, top = max(0, math.floor(window.col_off)), max(0, math.floor(window.row_off))
    right = min(dataset.width, math.ceil(window.col_off + window.width))
    bottom = min(dataset.height, math.ceil(window.row_off + window.height))
    if left >= right or top >= bottom:
        raise RasterError(f"{name}: no pixel of it lies in {', '.join(f'{each:g}' for each in box)}")
    return Window(left, top, right - left, bottom - top)


def _copied(dataset: DatasetReader, target: Path, wanted: Wanted) -> None:
    """Writes the wanted pixels block by block, as they are stored."""
    window = _window(dataset.name, dataset, wanted.box)
    nodata = dataset.nodata if wanted.nodata is None else wanted.nodata
    if nodata is None and dataset.dtypes[0].startswith("float"):
        nodata = math.nan  # or one such pixel would make nothing of every overview's pixel that has part in it
    profile = {
        "driver": "GTiff",
        "count": dataset.count,
        "dtype": dataset.dtypes[0],
        "width": window.width,
        "height": window.height,
        "crs": dataset.crs,
        "transform": dataset.window_transform(window),
        "nodata": nodata,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "compress": "deflate",
        "zlevel": 1,
        "bigtiff": "if_safer",
    }
    with rasterio.open(target, "w", **profile) as copy:
        for _, part in copy.block_windows(1):
            at = Window(part.col_off + window.col_off, part.row_off + window.row_off, part.width, part.height)
            copy.write(dataset.read(window=at), window=part)
        copy.descriptions = tuple(wanted.bands)
        copy.scales, copy.offsets = dataset.scales, dataset.offsets
        copy.update_tags(**{name: text for name, text in dataset.tags().items() if name != "AREA_OR_POINT"})


def _optimised(source: Path, target: Path, wanted: Wanted) -> None:
    rasterio.shutil.copy(
        source,
        target,
        driver="COG",
        blocksize=BLOCK,
        compress="deflate",
        predictor="yes",
        bigtiff="if_safer",
        overview_resampling="nearest" if wanted.classes else "average",
        num_threads="1",
    )

"""The pixels of a raster that lie under a tile, turned to the web's grid as they are read.

Not here: what they mean (``values``), and what is drawn of them (``draw``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.transform import from_bounds
from rasterio.warp import reproject

from mendmap.catalogue.imagery import Raster
from mendmap.rasters.handles import Handle

_MERCATOR = CRS.from_epsg(3857)
# How a pixel is made of those that lie under it.
RESAMPLING = {
    "nearest": Resampling.nearest,
    "bilinear": Resampling.bilinear,
    "cubic": Resampling.cubic,
    "average": Resampling.average,
}


def read(
    handle: Handle,
    nodata: float | None,
    numbers: Sequence[int],
    box_m: tuple[float, float, float, float],
    size: int,
    resampling: str,
    margin: int = 0,
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Bands, by number, within a box of mercator metres as ``size`` by ``size`` pixels, with a ``margin`` of some more
    on each side: (bands, rows, columns) of values as they are stored, ``nodata`` outside the raster; and where that is
    None, which pixels are inside. Raises RasterioError where the file is broken."""
    west, south, east, north = box_m
    step = (east - west) / size
    more, sides = margin * step, size + 2 * margin
    dataset = handle.at(step)
    # A file that has no value for nothing tells by a band of its own what lies outside.
    count = len(numbers) + (nodata is None)
    place = from_bounds(west - more, south - more, east + more, north + more, sides, sides)
    wanted = {"width": sides, "height": sides, "count": count, "dtype": dataset.dtypes[0], "transform": place}
    # Into a picture in memory that knows where it lies: of an array rasterio would warn that it lies nowhere, and to
    # hold its tongue it changes what becomes of warnings for all threads; and an array with a band too many gets bands
    # in the order of the file.
    # Not through WarpedVRT: that turns every band of a file, whichever are read, and never looks at its overviews. Of
    # six bands three took five times as long, and fifteen times far out (tests/bench/pictures.py).
    with rasterio.open("", "w+", driver="MEM", crs=_MERCATOR, **wanted) as target:
        reproject(
            rasterio.band(dataset, list(numbers)),
            rasterio.band(target, list(range(1, len(numbers) + 1))),
            resampling=RESAMPLING[resampling],
            **({"dst_alpha": count} if nodata is None else {"src_nodata": nodata, "dst_nodata": nodata}),
        )
        found = target.read()
    return (found[:-1], found[-1] != 0) if nodata is None else (found, None)


def nothing_of(dataset: DatasetReader, raster: Raster | None) -> float | None:
    """The value that says nothing is there: as the record says, or else the file."""
    return raster.nodata if raster is not None and raster.nodata is not None else dataset.nodata

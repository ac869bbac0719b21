"""Rasters in a line each, as lists of them print it. Not here: the headers that it is told from (``header``)."""

from pathlib import Path
from typing import Any

from rasterio.enums import Resampling

from mendmap.catalogue.imagery import Raster
from mendmap.rasters import header
from mendmap.rasters.classes import clear
from mendmap.rasters.header import Most
from mendmap.rasters.opened import opened

# Pixels a side that clouds are counted of: of a large scene, every so many.
_COUNTED = 512


def described(raster: Raster, path: Path, most: Most) -> dict[str, Any]:
    """A raster and its file, as JSON holds it: ``id``, ``taken``, ``bands``, ``width`` and ``height`` in pixels,
    ``ground_m``, ``crs``, ``megabytes``, and ``clear_share``, which is None where the scene does not tell clouds from
    ground. Raises RasterError where the file cannot be used."""
    told = header.read(path, most)
    return {
        "id": raster.id,
        "shows": raster.shows,
        "taken": raster.taken.text if raster.taken else None,
        "bands": list(raster.bands),
        "width": told.width,
        "height": told.height,
        "ground_m": [round(each, 2) for each in told.ground_m],
        "crs": told.system,
        "megabytes": round(told.megabytes, 2),
        "clear_share": _clear_share(raster, path),
    }


def _clear_share(raster: Raster, path: Path) -> float | None:
    """The share of the scene's pixels that show the ground, those that the swath did not reach among them."""
    if not raster.classes or raster.classes not in raster.bands:
        return None
    with opened(path) as dataset:
        shape = (min(dataset.height, _COUNTED), min(dataset.width, _COUNTED))
        band = raster.bands.index(raster.classes) + 1
        classes = dataset.read(band, out_shape=shape, resampling=Resampling.nearest)
    return round(float(clear(classes, raster.classes).mean()), 3)

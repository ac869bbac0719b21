"""Opens a GeoTIFF within bounds. Nothing but a file of that format is ever read, and never over a network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from mendmap.errors import RasterError

# No other file beside it is looked for, and none of GDAL's other formats is tried.
_OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}


@contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """An open file. Raises RasterError where it is no GeoTIFF that can be used."""
    try:
        with rasterio.Env(**_OPTIONS), rasterio.open(path, driver="GTiff") as dataset:
            yield dataset
    except RasterioError as error:
        raise RasterError(f"{path.name}: cannot be read as a GeoTIFF: {error}") from error

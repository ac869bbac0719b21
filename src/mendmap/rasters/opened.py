"""Opens a GeoTIFF. Nothing but a file of that format is ever read, and never over a network.

Not here: whether its header is one that can be used (``header``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from mendmap.errors import RasterError, shown

# No other file beside it is looked for, and none of GDAL's other formats is tried.
OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
# Domains of metadata by which GDAL finds other files, in whatever format: GDALDefaultOverviews, GDALGeoLocTransformer.
_NAMING = frozenset({"OVERVIEWS", "GEOLOCATION"})
# How a system of coordinates names a file, in WKT (ISO 19162) and in PROJ's own words.
_GRIDS = ("PARAMETERFILE[", "grids=")
# How TIFF begins, in both orders of bytes, and as BigTIFF.
BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """An open file. Raises RasterError where it is no GeoTIFF that can be used."""
    try:
        # What is no file, such as a pipe, would keep whoever opens it waiting.
        if not path.is_file():
            raise RasterError(f"{path.name}: no such file")
        with path.open("rb") as stream:
            begins = stream.read(16)
        if not begins.startswith(BEGINNINGS):
            raise RasterError(f"{path.name}: not a TIFF file: it begins with {shown(begins)}; export it as a GeoTIFF")
        with rasterio.Env(**OPTIONS), rasterio.open(path.resolve(), driver="GTiff") as dataset:
            if reason := complaint(dataset):
                raise RasterError(f"{path.name}: {reason}")
            yield dataset
    except (RasterioError, OSError) as error:
        raise RasterError(f"{path.name}: cannot be read as a GeoTIFF: {error}") from error


def complaint(dataset: DatasetReader) -> str:
    """Why a file that was just opened may not be used, or an empty text: it names others, which GDAL and PROJ would
    open for its overviews or its coordinates, wherever they are, addresses on a network among them."""
    named = sorted(_NAMING.intersection(dataset.tag_namespaces()))
    if named:
        return f"its metadata name other files, which are not opened ({', '.join(named)}); take them out of it"
    # Of a system by its code PROJ chooses among its own grids; only one that is written out can name any other.
    system = dataset.crs.to_wkt(version="WKT2_2019") if dataset.crs else ""
    if any(each in system for each in _GRIDS):
        return (
            "its system of coordinates names files of grids, which are not opened; write one of EPSG: gdalwarp -t_srs"
        )
    return ""

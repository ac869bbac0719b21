"""The formats of layers: what each is called, what it can hold, and who writes it.

Not here: the writers, each in its own file.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyogrio
import pyproj
import shapely

from mendmap.errors import BadRequestError, not_one_of
from mendmap.exports import files, geojson
from mendmap.exports.layers import flatgeobuf, geopackage, kml, parquet, shapefile, sheet
from mendmap.exports.layers.chosen import Chosen
from mendmap.query.features import CRS84


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its ``media`` type. ``pieces`` makes it as a stream and ``write`` as a file; one of the two is
    there. ``any_crs`` tells whether it can be in other systems than CRS84, ``tables`` whether it holds readings too."""

    title: str
    media: str
    write: Callable[[Chosen, Path], None] | None = None
    pieces: Callable[[Chosen], Iterator[bytes]] | None = None
    any_crs: bool = True
    tables: bool = False


# By the end of a file's name.
FORMATS = {
    "geojson": Format("GeoJSON", "application/geo+json", pieces=geojson.collection, any_crs=False),
    "gpkg": Format("GeoPackage", "application/geopackage+sqlite3", geopackage.write, tables=True),
    "parquet": Format("GeoParquet", files.MEDIA["parquet"], parquet.write),
    "fgb": Format("FlatGeobuf", "application/flatgeobuf", flatgeobuf.write),
    "csv": Format("CSV", files.MEDIA["csv"], pieces=sheet.pieces),
    "xlsx": Format("XLSX", files.MEDIA["xlsx"], sheet.write),
    "kml": Format("KML", "application/vnd.google-earth.kml+xml", pieces=kml.pieces, any_crs=False),
    "shp.zip": Format("Shapefile", "application/zip", shapefile.write),
}
# What the bytes of a file depend on beside its features.
MADE_BY = (
    f"{files.MADE_BY}, pyogrio {pyogrio.__version__}, GDAL {'.'.join(map(str, pyogrio.__gdal_version__))},"
    f" PROJ {pyproj.proj_version_str}, GEOS {shapely.geos_version_string}"
)


def format_of(name: str) -> tuple[str, str]:
    """The layer and the format that a file's name tells: ``lakes.shp.zip`` is ``lakes`` and ``shp.zip``. The format is
    empty where it is none of ours."""
    for form in FORMATS:
        if name.lower().endswith(f".{form}"):
            return name[: -len(form) - 1], form
    return name, ""


def write(chosen: Chosen, form: str, path: Path) -> None:
    """Writes what is chosen in one of ``FORMATS``: the whole file, or none at all. Raises BadRequestError where the
    format cannot hold it."""
    check(chosen, form)
    made = FORMATS[form]
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".mendmap-") as folder:
        # GDAL goes by the end of a name, and some formats are several files on the way.
        file = Path(folder) / f"{chosen.layer.id}.{form}"
        if made.write:
            made.write(chosen, file)
        else:
            with file.open("wb") as opened:
                opened.writelines(stream(chosen, form))
        file.replace(path)


def stream(chosen: Chosen, form: str) -> Iterator[bytes]:
    """The same, piece by piece, where the format can be streamed. Raises BadRequestError."""
    check(chosen, form)
    pieces = FORMATS[form].pieces
    assert pieces, f"{form} is no stream"
    return pieces(chosen)


def check(chosen: Chosen, form: str) -> None:
    """Refuses what a format cannot hold. Raises BadRequestError with the formats that can."""
    if form not in FORMATS:
        raise BadRequestError(not_one_of("no such format", form, FORMATS))
    if chosen.system.name != CRS84.name and not FORMATS[form].any_crs:
        can = ", ".join(name for name, each in FORMATS.items() if each.any_crs)
        raise BadRequestError(
            f"crs: {FORMATS[form].title} is always in OGC:CRS84, longitude before latitude, and {chosen.system.name} "
            f"is asked for; take another format: {can}"
        )

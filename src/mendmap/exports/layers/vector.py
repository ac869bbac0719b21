"""Layers written by GDAL, streamed to it as Arrow: what GeoPackage, FlatGeobuf and Shapefile share.

Not here: what each of them needs beside (``geopackage``, ``flatgeobuf``, ``shapefile``).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyogrio
import pyproj
import shapely

from mendmap.exports.layers.chosen import Chosen
from mendmap.geo.crs import Crs


def write_layer(
    chosen: Chosen,
    path: Path,
    driver: str,
    *,
    names: Sequence[str],
    layer_options: Mapping[str, str],
    metadata: Mapping[str, str] | None = None,
    encoding: str | None = None,
    schema: pa.Schema | None = None,
) -> None:
    """Writes what is chosen with one of GDAL's drivers, the columns under other ``names``, cast to a ``schema`` where
    one is given. The file's type of geometry is that of the features, or any where they differ."""
    typed = pa.schema(
        [field.with_name(name) for name, field in zip(names, schema or chosen.schema, strict=True)]
        + [pa.field("geometry", pa.binary())]
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for part in chosen.parts():
            columns = [column.cast(field.type) for column, field in zip(part.columns.columns, typed, strict=False)]
            shapes = pa.array(shapely.to_wkb(part.shapes), pa.binary())
            yield pa.RecordBatch.from_arrays([*columns, shapes], schema=typed)

    types = chosen.types
    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(typed, batches()),
        path,
        layer=chosen.layer.id,
        driver=driver,
        geometry_name="geometry",
        geometry_type=types[0] if len(types) == 1 else "Unknown",
        crs=wkt(chosen.system),
        encoding=encoding,
        layer_metadata=metadata,
        layer_options=dict(layer_options),
    )


def wkt(system: Crs) -> str:
    """A system as WKT. GIS puts longitude first whatever the authority says, so CRS84 goes by its best-known name."""
    name = "EPSG:4326" if system.name == "OGC:CRS84" else system.name
    return str(pyproj.CRS.from_user_input(name).to_wkt())


def distinct(names: Sequence[str], most: int, taken: Sequence[str] = ()) -> list[str]:
    """Names of at most so many letters, no two alike whatever their case, and none as one that is ``taken``."""
    used, found = {each.lower() for each in taken}, []
    for name in names:
        short, number = name[:most], 1
        while short.lower() in used:
            number += 1
            short = f"{name[: most - len(str(number)) - 1]}_{number}"
        used.add(short.lower())
        found.append(short)
    return found

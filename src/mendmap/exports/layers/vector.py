"""Layers written by GDAL, streamed to it as Arrow: what GeoPackage, FlatGeobuf and Shapefile share.

Not here: what each of them needs beside (``geopackage``, ``flatgeobuf``, ``shapefile``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyogrio
import pyproj
import shapely

from mendmap.exports.layers.chosen import Part
from mendmap.geo.crs import Crs


def write_layer(
    parts: Iterable[Part],
    path: Path,
    driver: str,
    *,
    layer: str,
    schema: pa.Schema,
    types: Sequence[str],
    system: Crs,
    options: Mapping[str, str],
    metadata: Mapping[str, str] | None = None,
    dataset: Mapping[str, str] | None = None,
) -> None:
    """Writes features with one of GDAL's drivers, their columns under the names of a schema. The file's type of
    geometry is that of ``types``, or any where they are several; ``options`` are those of the driver for a
    layer, ``dataset`` those for the file."""
    typed = schema.append(pa.field("geometry", pa.binary()))

    def batches() -> Iterator[pa.RecordBatch]:
        for part in parts:
            shapes = pa.array(shapely.to_wkb(part.shapes), pa.binary())
            yield pa.RecordBatch.from_arrays([*part.columns.columns, shapes], schema=typed)

    pyogrio.write_arrow(
        pa.RecordBatchReader.from_batches(typed, batches()),
        path,
        layer=layer,
        driver=driver,
        geometry_name="geometry",
        geometry_type=types[0] if len(types) == 1 else "Unknown",
        crs=_wkt(system),
        encoding="UTF-8",
        layer_metadata=metadata,
        layer_options=dict(options),
        dataset_options=dict(dataset or {}),
    )


def renamed(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    """The same columns under other names."""
    return pa.schema([field.with_name(name) for name, field in zip(names, schema, strict=True)])


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


def _wkt(system: Crs) -> str:
    """A system as WKT. GIS puts longitude first whatever the authority says, so CRS84 goes by its best-known name."""
    name = "EPSG:4326" if system.name == "OGC:CRS84" else system.name
    # In newer WKT, GDAL takes a system that the EPSG has replaced since, such as EPSG:3909, for one of no authority.
    return str(pyproj.CRS.from_user_input(name).to_wkt("WKT1_GDAL"))

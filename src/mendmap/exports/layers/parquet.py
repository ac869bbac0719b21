"""A layer as GeoParquet 1.1 (https://geoparquet.org/releases/v1.1.0/): WKB, and a box beside each shape.

Rows are in the order of a Hilbert curve, those without a position last, so that the boxes of a group of rows lie
together and a reader who asks for a box skips the rest.
"""

from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet
import pyproj
import shapely

from mendmap.atlas.select import Rows
from mendmap.exports.layers.chosen import Chosen, Part
from mendmap.geo.crs import Shapes
from mendmap.words.fields import Field

# What the format adds to the columns of a layer.
PLACE = (
    Field("geometry", "geometry", "The geometry as WKB, easting before northing."),
    Field("bbox", "box", "The box around it: xmin, ymin, xmax, ymax, in the same system."),
)
_GROUP = 10_000
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_BOX = pa.struct([(each, pa.float64()) for each in _EDGES])


def write(chosen: Chosen, path: Path) -> None:
    """Writes the columns of the layer, ``geometry`` as WKB, and ``bbox``."""
    along = chosen.ordered(_hilbert(chosen.shapes))
    told = {"geo": orjson.dumps(_geo(chosen)).decode(), **chosen.about}
    schema = pa.schema([*chosen.schema, ("geometry", pa.binary()), ("bbox", _BOX)], metadata=told)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in along.parts(_GROUP):
            writer.write_batch(pa.RecordBatch.from_arrays([*part.columns.columns, *_shapes(part)], schema=schema))


def _hilbert(shapes: Shapes) -> Rows:
    """The order along the curve; of equals the layer's."""
    known = np.flatnonzero(~shapely.is_missing(shapes))
    if len(known) == 0:
        return np.arange(len(shapes))
    distance = geopandas.GeoSeries(shapes[known]).hilbert_distance().to_numpy()
    return np.concatenate([known[np.argsort(distance, kind="stable")], np.flatnonzero(shapely.is_missing(shapes))])


def _shapes(part: Part) -> tuple[pa.Array, pa.Array]:
    missing = shapely.is_missing(part.shapes)
    geometry = pa.array(shapely.to_wkb(shapely.orient_polygons(part.shapes)), pa.binary())
    edges = [pa.array(edge, pa.float64()) for edge in shapely.bounds(part.shapes).reshape(-1, 4).T]
    return geometry, pa.StructArray.from_arrays(edges, fields=list(_BOX), mask=pa.array(missing))


def _geo(chosen: Chosen) -> dict[str, Any]:
    """The metadata of the format. Without ``crs`` a file is in OGC:CRS84."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": chosen.types,
        "orientation": "counterclockwise",
        "covering": {"bbox": {each: ["bbox", each] for each in _EDGES}},
    }
    if chosen.system.name != "OGC:CRS84":
        column["crs"] = pyproj.CRS.from_user_input(chosen.system.name).to_json_dict()
    boxes = [shapely.total_bounds(part.shapes) for part in chosen.parts(_GROUP)]
    if chosen.count > chosen.positionless:
        column["bbox"] = [*np.nanmin(boxes, axis=0)[:2].tolist(), *np.nanmax(boxes, axis=0)[2:].tolist()]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}

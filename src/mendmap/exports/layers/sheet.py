"""A layer as a table for people without GIS: CSV, which has every geometry as text, and XLSX, which has none.

Not here: the writing of tables (``exports.files``, ``exports.workbook``).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mendmap.exports import files, workbook
from mendmap.exports.layers.chosen import Chosen, Part
from mendmap.exports.tables import Table
from mendmap.query.features import CRS84
from mendmap.words.fields import Field

# What these two formats add to the columns of a layer.
PLACE = (
    Field("longitude", "number", "Of a point: degrees east, WGS 84; blank for lines and areas.", unit="degree"),
    Field("latitude", "number", "Of a point: degrees north, WGS 84; blank for lines and areas.", unit="degree"),
)
GEOMETRY = Field("geometry", "text", "The geometry as WKT, easting before northing, in the system that was asked for.")
# What a cell of a sheet holds.
_MOST_TEXT = 32_767


def pieces(chosen: Chosen) -> Iterator[bytes]:
    """The layer as CSV: its columns, then ``longitude`` and ``latitude`` of points, then ``geometry`` as WKT. Lists are
    JSON."""
    return files.csv_pieces(_table(chosen, (*chosen.fields, *PLACE, GEOMETRY)))


def write(chosen: Chosen, path: Path) -> None:
    """The layer as a workbook: its columns, then ``longitude`` and ``latitude`` of points. A text that is more than a
    cell holds is not cut: its cell says how long it is, and where it can be read."""
    workbook.write(_table(chosen, (*chosen.fields, *PLACE)), path)


def _table(chosen: Chosen, fields: tuple[Field, ...]) -> Table:
    with_geometry = GEOMETRY in fields

    def batches() -> Iterator[pa.RecordBatch]:
        for frame, part in zip(chosen.frames(), chosen.parts(), strict=True):
            points = frame.geometry.to_numpy()
            points = np.where(shapely.get_type_id(points) == shapely.GeometryType.POINT, points, None)
            place = [
                pa.array(get(points).round(CRS84.decimals), from_pandas=True) for get in (shapely.get_x, shapely.get_y)
            ]
            columns = part.columns.columns if with_geometry else [_fitting(each) for each in part.columns.columns]
            texts = [_wkt(part, chosen.system.decimals)] if with_geometry else []
            yield pa.RecordBatch.from_arrays([*columns, *place, *texts], names=[each.name for each in fields])

    about = dict(chosen.about)
    if not with_geometry:
        about["geometry"] = "Lines and areas are not in a workbook; every other format of this layer has them."
    return Table(chosen.layer.id, fields, chosen.count, batches, about, chosen.atlas.snapshot.moment)


def _wkt(part: Part, decimals: int) -> pa.Array:
    return pa.array(shapely.to_wkt(part.shapes, rounding_precision=decimals), pa.string())


def _fitting(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    length = pc.utf8_length(column)
    told = pc.binary_join_element_wise(
        "(a text of ", length.cast(pa.string()), " characters, more than a cell holds; take CSV)", ""
    )
    return pc.if_else(pc.fill_null(pc.greater(length, _MOST_TEXT), False), told, column)

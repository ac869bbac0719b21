"""A layer as Shapefiles in a zip, for programs that know nothing newer.

A Shapefile has one kind of geometry, names of ten letters and texts of 254 bytes. So there is one for points, for lines
and for polygons where a layer has several; ``columns.csv`` maps the names, ``readme.txt`` says what was cut, and the
layer's own CSV beside them holds every text whole. Not here: GDAL's writing (``vector``).
"""

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mendmap.exports.files import iso
from mendmap.exports.layers import sheet
from mendmap.exports.layers.chosen import Chosen, Part
from mendmap.exports.layers.styles import DIMENSIONS, dimensions
from mendmap.exports.layers.vector import distinct, renamed, write_layer

_LONGEST_NAME, _LONGEST_TEXT = 10, 254
_SINGLE = ("Point", "LineString", "Polygon")
_README = """{about}

Shapefiles cannot hold all of a layer. Here
- names of columns are shortened: columns.csv has the whole names, and what each means
- moments are texts, in UTC
- {cut}
- {without}
{layer}.csv has every feature whole.
"""


@dataclass
class _Cut:
    """How many texts of each column did not fit, by its name."""

    texts: dict[str, int] = field(default_factory=dict)

    def short(self, name: str, column: pa.Array) -> pa.Array:
        """A column that a Shapefile can hold."""
        if pa.types.is_timestamp(column.type):
            return iso(column)
        if not pa.types.is_string(column.type):
            return column
        long = pc.sum(pc.greater(pc.binary_length(column), _LONGEST_TEXT)).as_py()
        if not long:
            return column
        self.texts[name] = self.texts.get(name, 0) + long
        # At the last whole letter that fits.
        cut = [each and each.encode()[:_LONGEST_TEXT].decode(errors="ignore") for each in column.to_pylist()]
        return pa.array(cut, pa.string())


def write(chosen: Chosen, path: Path) -> None:
    """Writes the zip. Every entry is of the same moment, so the same features are the same bytes."""
    folder, cut = path.parent / "shapefiles", _Cut()
    folder.mkdir()
    names = distinct([each.name for each in chosen.fields], _LONGEST_NAME)
    found = dimensions(chosen)
    known = shapely.get_dimensions(chosen.shapes)
    for nth, dimension in enumerate(found):
        # Features without a position are null shapes, in the first of the files.
        mask = (known == dimension) | ((known < 0) if nth == 0 else False)
        name = f"{chosen.layer.id}_{DIMENSIONS[dimension]}" if len(found) > 1 else chosen.layer.id
        _write_one(chosen.of(mask), folder / f"{name}.shp", dimension, names, cut)
    (folder / "columns.csv").write_bytes(_columns(chosen, names, cut))
    (folder / "readme.txt").write_text(_readme(chosen, cut), "utf-8")
    with (folder / f"{chosen.layer.id}.csv").open("wb") as file:
        file.writelines(sheet.pieces(chosen))
    with ZipFile(path, "w") as archive:
        for each in sorted(folder.iterdir()):
            entry = ZipInfo(each.name)
            entry.compress_type = ZIP_DEFLATED
            with each.open("rb") as file, archive.open(entry, "w", force_zip64=True) as part:
                shutil.copyfileobj(file, part)


def _write_one(chosen: Chosen, path: Path, dimension: int, names: list[str], cut: _Cut) -> None:
    several = any(each.startswith("Multi") for each in chosen.types)

    def parts() -> Iterator[Part]:
        for part in chosen.parts():
            columns = [cut.short(each.name, column) for each, column in zip(chosen.fields, part.columns, strict=True)]
            # Of points, a Shapefile has single ones or multiple ones, and not both.
            shapes = _multiplied(part.shapes) if several and dimension == 0 else part.shapes
            yield Part(pa.RecordBatch.from_arrays(columns, names=names), shapes)

    kept = [field if _kept(field.type) else pa.field(field.name, pa.string()) for field in chosen.schema]
    write_layer(
        parts(),
        path,
        "ESRI Shapefile",
        layer=path.stem,
        schema=renamed(pa.schema(kept), names),
        types=[f"Multi{_SINGLE[dimension]}" if several else _SINGLE[dimension]],
        system=chosen.system,
        options={"DBF_DATE_LAST_UPDATE": f"{chosen.atlas.snapshot.moment:%Y-%m-%d}"},
    )


def _kept(kind: pa.DataType) -> bool:
    return not pa.types.is_timestamp(kind)


def _multiplied(shapes: np.ndarray) -> np.ndarray:
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    made = shapes.copy()
    made[single] = shapely.multipoints(shapes[single][:, None])
    return made


def _columns(chosen: Chosen, names: list[str], cut: _Cut) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(("shapefile", "column", "kind", "unit", "meaning", "texts_cut"))
    for name, each in zip(names, chosen.fields, strict=True):
        writer.writerow((name, each.name, each.kind, each.unit, each.meaning, cut.texts.get(each.name, 0)))
    return stream.getvalue().encode()


def _readme(chosen: Chosen, cut: _Cut) -> str:
    listed = ", ".join(f"{name} ({count})" for name, count in cut.texts.items())
    return _README.format(
        about="\n".join(f"{name}: {text}" for name, text in chosen.about.items()),
        cut=f"texts are cut at {_LONGEST_TEXT} bytes, in these columns: {listed}" if listed else "no text is cut",
        without=f"{chosen.positionless} of the {chosen.count} features have no position, and a null shape",
        layer=chosen.layer.id,
    )

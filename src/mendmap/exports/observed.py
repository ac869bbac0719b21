"""Readings with their places, as CoverageJSON, GeoJSON and CSV: what OGC API EDR hands out.

They are written a batch at a time, so memory does not grow with them. Not here: which readings (``lake.contents``), and
the columns of a reading (``tables``).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import orjson
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.records import Parameter
from mendmap.exports import files
from mendmap.exports.tables import Table
from mendmap.geo.crs import Crs
from mendmap.units import ucum
from mendmap.words.fields import Field
from mendmap.words.vocabulary import QUALIFIERS, QUALITIES

UCUM = "http://www.opengis.net/def/uom/UCUM/"
# What a coverage tells beside the values of a parameter, by the end of its name.
_BOUND, _QUALIFIER, _QUALITY, _SAMPLES = "_bound", "_qualifier", "_quality", "_samples"
_PLACED = (
    Field("x", "number", "Longitude or easting of the place, in the system that was asked for."),
    Field("y", "number", "Latitude or northing of the place."),
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Observed:
    """Readings of some ``parameters`` with their places. ``table`` has the columns of the readings' download, in order
    of series; ``places`` has the shape of each of their stations in ``system``, easting before northing, None where
    nobody knows it; ``more`` is told of each reading in GeoJSON; ``head`` of them all."""

    parameters: tuple[Parameter, ...]
    table: Table
    places: Mapping[str, BaseGeometry | None] = field(repr=False)
    system: Crs
    more: Mapping[str, Any]
    head: Mapping[str, Any]


def write(observed: Observed, form: str, path: Path) -> None:
    """Writes them in a form: ``CoverageJSON``, ``GeoJSON`` or ``CSV``."""
    if form == "CSV":
        files.write(_placed(observed), "csv", path)
        return
    opening, pieces = _coverages(observed) if form == "CoverageJSON" else _features(observed)
    with path.open("wb") as file:
        _list(opening, pieces, file)


def drawable(shape: BaseGeometry | None) -> bool:
    """Whether a coverage can stand at a shape: CoverageJSON has series at points and in polygons."""
    return shape is not None and shape.geom_type in ("Point", "Polygon")


def parameter(found: Parameter) -> dict[str, Any]:
    """A parameter as CoverageJSON and EDR describe one: label, what is observed, and its unit in UCUM where it has
    a name there."""
    symbol = ucum(found.unit)
    same_as = {"id": found.vocabulary} if found.vocabulary else {}
    return {
        "type": "Parameter",
        "id": found.id,
        "description": {"en": next(iter(found.name.values()))},
        "label": found.symbol,
        "unit": {
            "label": {"en": found.unit},
            "symbol": {"value": symbol, "type": UCUM} if symbol else found.unit,
        },
        "observedProperty": {**same_as, "label": dict(found.name)},
    }


def _list(opening: Mapping[str, Any], pieces: Iterable[bytes], file: BinaryIO) -> None:
    """An object whose last member is a list that is written as it comes."""
    *_, last = opening
    # Less "]}", so that the list stays open.
    file.write(orjson.dumps({**opening, last: []})[:-2])
    before = b"\n"
    for piece in pieces:
        file.write(before + piece)
        before = b",\n"
    file.write(b"\n]}\n")


def _placed(observed: Observed) -> Table:
    """The table with the place of each reading, or of the middle of a shape, before its columns."""
    points = {name: _middle(shape) for name, shape in observed.places.items()}

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in observed.table.batches():
            stations = batch.column("station").to_pylist()
            xy = [pa.array([points[each][nth] for each in stations], pa.float64()) for nth in (0, 1)]
            yield pa.RecordBatch.from_arrays([*xy, *batch.columns], ["x", "y", *batch.schema.names])

    return replace(observed.table, fields=(*_PLACED, *observed.table.fields), batches=batches)


def _middle(shape: BaseGeometry | None) -> tuple[float | None, float | None]:
    if shape is None:
        return None, None
    point = shapely.point_on_surface(shape)
    return float(point.x), float(point.y)


def _features(observed: Observed) -> tuple[Row, Iterator[bytes]]:
    """Each reading as a feature, with the members that EDR asks of one (OGC 19-086r6, schema of EDR GeoJSON)."""
    shapes = observed.system.official(np.array(list(observed.places.values()), dtype=object))
    texts = shapely.to_geojson(shapely.orient_polygons(shapes))
    written = {name: text.encode() if text else b"null" for name, text in zip(observed.places, texts, strict=True)}

    def pieces() -> Iterator[bytes]:
        for batch in observed.table.rows():
            for row in batch.to_pylist():
                told = {"datetime": row["start"], "parameter-name": row["parameter"], "label": row["series"]}
                ident = f"{row['series']}/{_text(row['start'])}/{_text(row['end'])}"
                yield b'{"type":"Feature","id":%b,"geometry":%b,"properties":%b}' % (
                    orjson.dumps(ident),
                    written[row["station"]],
                    orjson.dumps({**told, **observed.more, **row}, option=orjson.OPT_UTC_Z),
                )

    return {"type": "FeatureCollection", **observed.head, "features": []}, pieces()


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _coverages(observed: Observed) -> tuple[Row, Iterator[bytes]]:
    """A coverage a series; a long series is told in several, one after the other in time."""
    x, y = ("y", "x") if observed.system.swapped else ("x", "y")
    kind = "GeographicCRS" if observed.system.geographic else "ProjectedCRS"
    opening = {
        "type": "CoverageCollection",
        **observed.head,
        "parameters": {name: each for known in observed.parameters for name, each in _parameters(known)},
        "referencing": [
            {"coordinates": [x, y], "system": {"type": kind, "id": observed.system.uri}},
            {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
        ],
        "coverages": [],
    }

    def pieces() -> Iterator[bytes]:
        for batch in observed.table.rows():
            for _, rows in groupby(batch.to_pylist(), lambda row: row["series"]):
                yield orjson.dumps(_coverage(observed, list(rows)), option=orjson.OPT_UTC_Z)

    return opening, pieces()


def _parameters(found: Parameter) -> Iterator[tuple[str, Row]]:
    told = parameter(found)
    yield found.id, told
    bound = {"en": f"{found.symbol}: what the value is below or above, where the qualifier says so"}
    yield f"{found.id}{_BOUND}", {**told, "id": f"{found.id}{_BOUND}", "description": bound}
    yield (
        f"{found.id}{_QUALIFIER}",
        _words(f"{found.symbol}: qualifier", {name or "=": text for name, text in QUALIFIERS.items()}),
    )
    yield f"{found.id}{_QUALITY}", _words(f"{found.symbol}: quality", QUALITIES)
    made = {"label": {"en": f"{found.symbol}: how many values it was made of"}}
    yield f"{found.id}{_SAMPLES}", {"type": "Parameter", "observedProperty": made}


def _words(label: str, meanings: Mapping[str, str]) -> Row:
    """A parameter whose values are words."""
    categories = [{"id": word, "label": {"en": meaning}} for word, meaning in meanings.items()]
    return {
        "type": "Parameter",
        "observedProperty": {"label": {"en": label}, "categories": categories},
        "categoryEncoding": {word: nth for nth, word in enumerate(meanings)},
    }


def _coverage(observed: Observed, rows: list[Row]) -> Row:
    """Readings of one series.

    A value is only what was measured: below or above detection there is none, and the bound says what it is below or
    above, in a range of its own, so that nobody takes it for a measurement, or a non-detect for a zero. What the
    source marked wrong is no value either.
    """
    first = rows[0]
    name = first["parameter"]
    exact = [row["quality"] != "invalid" and row["qualifier"] in (None, "", "approx") for row in rows]
    values = [row["canonical_value"] if known else None for row, known in zip(rows, exact, strict=True)]
    ranges = {name: _range("float", values)}
    if any(row["qualifier"] for row in rows):
        bounds = [row["canonical_value"] if row["qualifier"] not in (None, "", "approx") else None for row in rows]
        ranges[f"{name}{_BOUND}"] = _range("float", bounds)
        qualifiers = list(QUALIFIERS)
        ranges[f"{name}{_QUALIFIER}"] = _range("integer", [qualifiers.index(row["qualifier"] or "") for row in rows])
    qualities = list(QUALITIES)
    ranges[f"{name}{_QUALITY}"] = _range("integer", [qualities.index(row["quality"]) for row in rows])
    if any(row["samples"] is not None for row in rows):
        ranges[f"{name}{_SAMPLES}"] = _range("integer", [row["samples"] for row in rows])
    shape = observed.places[first["station"]]
    assert shape is not None, "who has no place has no coverage"
    told = {each: first[each] for each in ("station", "averaging", "method") if first[each]}
    return {"type": "Coverage", "id": first["series"], **told, "domain": _domain(shape, rows), "ranges": ranges}


def _range(kind: str, values: list[Any]) -> Row:
    return {"type": "NdArray", "dataType": kind, "axisNames": ["t"], "shape": [len(values)], "values": values}


def _domain(shape: BaseGeometry, rows: list[Row]) -> Row:
    """A place, and the time of each reading from its start to its end."""
    bounds = [moment for row in rows for moment in (row["start"], row["end"])]
    time = {"values": [row["start"] for row in rows], "bounds": bounds}
    if shape.geom_type == "Point":
        at: Row = {"x": {"values": [shape.x]}, "y": {"values": [shape.y]}}
        return {"type": "Domain", "domainType": "PointSeries", "axes": {**at, "t": time}}
    polygon = shapely.geometry.mapping(shape)["coordinates"]
    area = {"dataType": "polygon", "coordinates": ["x", "y"], "values": [polygon]}
    return {"type": "Domain", "domainType": "PolygonSeries", "axes": {"composite": area, "t": time}}

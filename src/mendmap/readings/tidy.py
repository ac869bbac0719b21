"""Reads our tidy CSV of readings, a reading a row (``readings.fields`` has its columns).

Not here: other layouts, and revisions of what the lake already holds (``lake``).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

from mendmap.catalogue.model import Entry
from mendmap.catalogue.records import Parameter
from mendmap.catalogue.tables import Placed, csv_rows
from mendmap.errors import Fault
from mendmap.readings.fields import READING
from mendmap.units import UnitError, factor
from mendmap.words.fields import Complaint, Known, Row, read_row, unknown_ids

COLUMNS = tuple(each.name for each in READING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A checked reading of a series, whose id is station, parameter and averaging time.

    ``value``, ``detection_limit`` and ``unit`` are the source's; ``canonical`` and ``canonical_limit`` are
    in the parameter's unit. ``start`` and ``end`` are in UTC. ``file`` and ``row`` say where it stands.
    """

    series: str
    station: str
    parameter: str
    averaging: str
    method: str
    start: dt.datetime
    end: dt.datetime
    qualifier: str
    value: float | None
    unit: str
    detection_limit: float | None
    uncertainty: float | None
    samples: int | None
    canonical: float | None
    canonical_limit: float | None
    canonical_uncertainty: float | None
    quality: str
    flags: str
    source: str
    note: str
    file: str
    row: int


def series_id(station: str, parameter: str, averaging: str, method: str = "") -> str:
    """The id of the series that a reading belongs to; the method is told only where there is one."""
    return ".".join((station, parameter, averaging, method)).rstrip(".")


def read(
    entry: Entry, parameters: Mapping[str, Parameter], known: Known, max_bytes: int
) -> tuple[list[Reading], list[Fault]]:
    """The sound readings of one file, and the faults of the rest."""
    rows, wrong = csv_rows(entry, max_bytes, COLUMNS)
    readings, faults = checked(rows, parameters, known, entry.file)
    return readings, [*(Fault(entry.file, *each) for each in wrong), *faults]


def checked(
    rows: Iterable[Placed], parameters: Mapping[str, Parameter], known: Known, file: str
) -> tuple[list[Reading], list[Fault]]:
    """The sound readings among rows, and the faults of the rest; two readings of one series and start are at fault.

    ``rows`` are the cells by column (text, or a value of JSON), each with the line that faults and readings of
    ``file`` name. ``parameters`` and ``known`` hold every id that a reading may name.
    """
    faults: list[Fault] = []
    readings: list[Reading] = []
    seen: dict[tuple[str, dt.datetime], int] = {}
    for line, cells in rows:
        values, complaints = read_row(READING, cells, ())
        complaints += unknown_ids(READING, values, known)
        parameter = parameters.get(values["parameter"])
        complaints += _disagreements(values, parameter, {column for column, _ in complaints})
        if parameter and parameter.unit and not complaints:
            reading = _reading(values, parameter, file, line)
            key = (reading.series, reading.start)
            if key in seen:
                complaints.append(("start", f"line {seen[key]} has a reading of {reading.series} at the same start"))
            seen.setdefault(key, line)
            readings.append(reading)
        faults += [Fault(file, line, *each) for each in complaints]
    return readings, faults


def _disagreements(values: Row, parameter: Parameter | None, wrong: Collection[str]) -> Iterator[Complaint]:
    """Columns of one reading that contradict each other; those in ``wrong`` are known to be at fault."""
    if values["start"] and values["start"].year < 1800:
        yield "start", "before the year 1800"
    if values["start"] and values["end"] and values["end"] < values["start"]:
        yield "end", "before start"
    if "value" not in wrong and "quality" not in wrong:
        value, without = _value(values), values["quality"] in ("missing", "withdrawn")
        if value is None and not without:
            yield "value", "a value is required, unless quality is missing or withdrawn"
        if value is not None and without:
            yield "value", f"{value:g} is given, but quality is {values['quality']}"
    if values["samples"] is not None and values["samples"] < 0:
        yield "samples", f"below 0: {values['samples']}"
    if parameter is None or not parameter.unit or not values["unit"]:
        return
    try:
        scale = factor(values["unit"], parameter.unit, parameter.molar_mass)
    except UnitError as error:
        yield "unit", str(error)
        return
    for column in ("value", "detection_limit"):
        if values[column] is not None and not isfinite(values[column] * scale):
            yield column, f"{values[column]:g} is too large in {parameter.unit}"


def _value(values: Row) -> float | None:
    """The value. That of a non-detect is its limit, whichever column the source put it in."""
    given: float | None = values["value"]
    return values["detection_limit"] if given is None and values["qualifier"] == "<" else given


def _reading(values: Row, parameter: Parameter, file: str, line: int) -> Reading:
    station, averaging, method = values["station"], values["averaging"], values["method"] or ""
    scale = factor(values["unit"], parameter.unit, parameter.molar_mass)
    value, limit = _value(values), values["detection_limit"]
    if limit is None and values["qualifier"] == "<":
        limit = value
    return Reading(
        series=series_id(station, parameter.id, averaging, method),
        method=method,
        station=station,
        parameter=parameter.id,
        averaging=averaging,
        start=values["start"],
        end=values["end"],
        qualifier=values["qualifier"] or "",
        value=value,
        unit=values["unit"],
        detection_limit=limit,
        uncertainty=values["uncertainty"],
        samples=values["samples"],
        canonical=_scaled(value, scale),
        canonical_limit=_scaled(limit, scale),
        canonical_uncertainty=_scaled(values["uncertainty"], scale),
        quality=values["quality"],
        flags=",".join(values["flags"]),
        source=values["source"],
        note=values["note"] or "",
        file=file,
        row=line,
    )


def _scaled(number: float | None, scale: float) -> float | None:
    return None if number is None else number * scale

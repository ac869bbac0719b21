"""Reads our tidy CSV of readings, a reading a row (``readings.fields`` has its columns).

Not here: other layouts, and revisions of what the lake already holds (``lake``).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from mendmap.catalogue.model import Entry
from mendmap.catalogue.records import Parameter
from mendmap.catalogue.tables import entry_rows, place
from mendmap.errors import Fault, not_one_of
from mendmap.readings.fields import READING
from mendmap.units import UnitError, factor
from mendmap.words.fields import Complaint, Row, read_row


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
    start: dt.datetime
    end: dt.datetime
    qualifier: str
    value: float | None
    unit: str
    detection_limit: float | None
    canonical: float | None
    canonical_limit: float | None
    quality: str
    flags: str
    source: str
    note: str
    file: str
    row: int


def series_id(station: str, parameter: str, averaging: str) -> str:
    """The id of the series that a reading belongs to."""
    return f"{station}.{parameter}.{averaging}"


def read(entry: Entry, parameters: Mapping[str, Parameter], max_bytes: int) -> tuple[list[Reading], list[Fault]]:
    """The sound readings of one file, and the faults of the rest; a file with two readings of one series and
    start is at fault."""
    try:
        rows = entry_rows(entry, max_bytes, tuple(each.name for each in READING))
    except ValueError as error:
        return [], [Fault(entry.file, *place(error))]
    readings: list[Reading] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, dt.datetime], int] = {}
    for line, cells in rows:
        values, complaints = read_row(READING, cells, ())
        reading, more = _reading(values, parameters, entry.file, line) if not complaints else (None, [])
        complaints += more
        if reading:
            key = (reading.series, reading.start)
            if key in seen:
                complaints.append(("start", f"line {seen[key]} has a reading of {reading.series} at the same start"))
            seen.setdefault(key, line)
            readings.append(reading)
        faults += [Fault(entry.file, line, *each) for each in complaints]
    return readings, faults


def _reading(
    values: Row, parameters: Mapping[str, Parameter], file: str, line: int
) -> tuple[Reading | None, list[Complaint]]:
    parameter = parameters.get(values["parameter"])
    if parameter is None:
        return None, [("parameter", not_one_of("no such parameter", values["parameter"], parameters))]
    complaints: list[Complaint] = []
    if values["end"] < values["start"]:
        complaints.append(("end", "before start"))
    if (values["value"] is None) != (values["quality"] == "missing"):
        complaints.append(("value", "a value is required, unless quality is missing"))
    try:
        scale = factor(values["unit"], parameter.unit)
    except UnitError as error:
        return None, [*complaints, ("unit", str(error))]
    if complaints:
        return None, complaints
    station, averaging = values["station"], values["averaging"]
    return Reading(
        series=series_id(station, parameter.id, averaging),
        station=station,
        parameter=parameter.id,
        averaging=averaging,
        start=values["start"],
        end=values["end"],
        qualifier=values["qualifier"] or "",
        value=values["value"],
        unit=values["unit"],
        detection_limit=values["detection_limit"],
        canonical=_scaled(values["value"], scale),
        canonical_limit=_scaled(values["detection_limit"], scale),
        quality=values["quality"],
        flags=",".join(values["flags"]),
        source=values["source"],
        note=values["note"] or "",
        file=file,
        row=line,
    ), []


def _scaled(number: float | None, scale: float) -> float | None:
    return None if number is None else number * scale

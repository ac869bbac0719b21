"""A parameter along a watercourse: the newest reading of each series in a time, station by station, side by side.

Nothing is averaged: two series at a station are two rows. Not here: HTML, and the drawing itself (``charts.profile``).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mendmap.atlas.model import Atlas
from mendmap.atlas.rivers import Along, Watercourse
from mendmap.catalogue.records import names
from mendmap.charts.profile import Mark, Profile
from mendmap.lake import contents
from mendmap.lake.connection import Lake
from mendmap.query.readings import ReadingQuery
from mendmap.query.times import Interval
from mendmap.web import along, describe, wording
from mendmap.words.fields import Field
from mendmap.words.phrases import Phrase, say
from mendmap.words.vocabulary import FLAGS

COLUMNS = (
    Field("number", "integer", "Number of the reading in the drawing; blank where there is none."),
    Field("station", "id", "Station, in order downstream."),
    Field("name", "text", "Name of the station."),
    Field("operator", "text", "Who runs it."),
    *(each for each in along.COLUMNS if each.name not in ("id", "role", "name", "to_km")),
    Field("series", "id", "Series of the reading; blank where the station has none in this time."),
    Field("averaging", "text", "Averaging time."),
    Field("method", "text", "Method."),
    Field("qualifier", "word", "How the value is to be read."),
    Field("value", "number", "Value as its source prints it."),
    Field("unit", "unit", "Unit of the value."),
    Field("canonical_value", "number", "Value in the parameter's own unit."),
    Field("start", "moment", "When it begins, in UTC."),
    Field("end", "moment", "When it ends, in UTC."),
    Field("quality", "word", "Quality."),
    Field("source", "id", "Document it is taken from."),
)
_KEPT = ("series", "averaging", "method", "qualifier", "value", "unit", "detection_limit", "canonical_value")


class Row(NamedTuple):
    """A station's place, and the newest reading of one of its series; None where it has none in the time."""

    place: Along
    reading: Mapping[str, Any] | None


def query(watercourse: Watercourse, parameter: str, interval: Interval) -> ReadingQuery:
    """The readings that a profile is made of."""
    stations = tuple(sorted(each.feature for each in watercourse.along if each.role == "station"))
    return ReadingQuery(stations=stations, parameters=(parameter,), interval=interval)


def rows(lake: Lake, atlas: Atlas, watercourse: Watercourse, asked: ReadingQuery) -> list[Row]:
    """Every station along a watercourse in order, with the newest reading of each of its series."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    if asked.stations:
        newest = contents.newest_of_each(lake, atlas.snapshot, atlas.place.id, asked)
        for each in newest.to_pylist():
            found.setdefault(each["station"], []).append(each)
    return [
        Row(place, reading)
        for place in watercourse.along
        if place.role == "station"
        for reading in found.get(place.feature, [None])
    ]


def told(atlas: Atlas, found: list[Row]) -> Iterator[dict[str, Any]]:
    """The rows as JSON holds them, numbered as they are drawn."""
    number = 0
    for place, reading in found:
        number += reading is not None
        station = {**along.place(atlas, place), "operator": atlas.features[place.feature].properties.get("operator")}
        row = {"number": None if reading is None else number, "station": station, "reading": None}
        yield row if reading is None else {**row, "reading": _reading(atlas, reading)}


def flat(atlas: Atlas, found: list[Row]) -> Iterator[dict[str, Any]]:
    """The rows as a file holds them, in ``COLUMNS``."""
    for each in told(atlas, found):
        station, reading = each["station"], each["reading"] or {}
        row = {**station, **reading, "number": each["number"], "station": station["id"]}
        source = reading.get("source")
        yield {**row, "name": names(station["name"], atlas.place.languages), "source": source and source["id"]}


def drawn(atlas: Atlas, watercourse: Watercourse, parameter: str, interval: Interval, found: list[Row]) -> Profile:
    """What the drawing of a profile is to show: the readings of those stations that have a place."""
    known = atlas.parameters[parameter]
    first, last = watercourse.start_km, watercourse.end_km
    readings = [each for each in found if each.reading]
    return Profile(
        what=known.symbol,
        where=names(atlas.features[watercourse.id].name, atlas.place.languages),
        unit=wording.unit(known.unit),
        when=when(interval),
        first_km=first,
        last_km=first if last is None else last,
        marks=tuple(_marks(atlas, readings)),
    )


def when(interval: Interval) -> Phrase:
    """The time of a profile, in words."""
    if interval.last is None:
        return say("newest readings")
    assert interval.first is not None
    first, last = wording.day(interval.first), wording.day(interval.last)
    return last if first == last else say("{begin} to {end}", begin=first, end=last)


def _marks(atlas: Atlas, readings: list[Row]) -> Iterator[Mark]:
    for number, (place, reading) in enumerate(readings, start=1):
        assert reading is not None
        value = reading["canonical_value"]
        if value is not None and place.low_km is not None and place.high_km is not None:
            name = names(atlas.features[place.feature].name, atlas.place.languages)
            yield Mark(number, name, place.km, place.low_km, place.high_km, value, reading["qualifier"] or "")


def _reading(atlas: Atlas, reading: Mapping[str, Any]) -> dict[str, Any]:
    moments: dict[str, dt.datetime] = {name: reading[name].astimezone(dt.UTC) for name in ("start", "end")}
    source = reading["source"]
    return {
        **{name: reading[name] for name in _KEPT},
        **{name: each.isoformat() for name, each in moments.items()},
        "quality": reading["quality"],
        "flags": [{"id": each, "meaning": FLAGS[each]} for each in (reading["flags"] or "").split(",") if each],
        "source": describe.source(atlas, source) if source in atlas.sources else None,
        "file": reading["file"],
        "file_row": reading["file_row"],
    }

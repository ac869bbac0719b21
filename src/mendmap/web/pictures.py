"""What a drawing of a series is to show: its words, its time, and the limits that its readings can be held against."""

import datetime as dt

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Limit, names
from mendmap.charts.draw import Chart, Line
from mendmap.lake.contents import SeriesRow
from mendmap.query.readings import ReadingQuery
from mendmap.units import UnitError, factor
from mendmap.web import marked, wording
from mendmap.words.dates import day_of, whole_days
from mendmap.words.labels import label
from mendmap.words.phrases import Phrase, amount, counted, ended, joined, numeral, say

# How long each averaging time lasts, at the most, in seconds; the others are moments, which no line may join.
_LASTING = {"10min": 600, "15min": 900, "1h": 3600, "8h": 28_800, "24h": 86_400, "month": 2_678_400, "year": 31_622_400}
_DAY = 86_400.0
_MOMENTS = {
    "sample": say("single samples"),
    "instant": say("single moments"),
    "month": say("averages over a month"),
    "year": say("averages over a year"),
}
_NEWEST = {
    "": say("the newest {value} ({day})"),
    "<": say("the newest below {value} ({day})"),
    ">": say("the newest above {value} ({day})"),
}


def chart(atlas: Atlas, row: SeriesRow, query: ReadingQuery) -> Chart:
    """The drawing of a series over the time that is asked for, or else from its first reading to its last and the works
    that are near."""
    parameter, station = atlas.parameters[row.parameter], atlas.features[row.station]
    step = _LASTING.get(row.averaging)
    days = whole_days(row.start, row.end, atlas.place.zone) if row.start and row.end else None
    asked = query.interval
    first = (asked.first or row.first).timestamp()
    last = asked.last.timestamp() if asked.last else row.last.timestamp() + (step or 0)
    if days and not asked.last:
        last = marked.begins(
            atlas, day_of(row.last, atlas.place.zone) + (days.last - days.first) + dt.timedelta(days=1)
        )
    last = max(last, first + _DAY) if last <= first else last
    works = marked.works(atlas, row)
    if not (asked.first or asked.last):
        first, last = marked.reach(works, first, last)
    return Chart(
        what=parameter.symbol,
        where=names(station.name, atlas.place.languages),
        unit=wording.unit(parameter.unit),
        averaging=averaged(row),
        first=first,
        last=last,
        step=step,
        zone=atlas.place.zone if days else "",
        lines=tuple(_lines(atlas, row, first, last)),
        works=works,
        changes=marked.changes(atlas, row),
    )


def averaged(row: SeriesRow) -> Phrase:
    """What the readings of a series are, and by which method."""
    told = averaging(row.averaging)
    return say("{averaging}, by {method}", averaging=told, method=row.method) if row.method else told


def averaging(word: str) -> Phrase:
    """An averaging time as a drawing says it: ``averages over 1 hour``."""
    if word in _MOMENTS:
        return _MOMENTS[word]
    time = wording.averaging(word)
    return say("averages over {time}", time=time) if word in _LASTING else joined("", (time,))


def alt(atlas: Atlas, row: SeriesRow) -> Phrase:
    """What a drawing shows, in a sentence, for those who do not see it."""
    parameter = atlas.parameters[row.parameter]
    unit = wording.unit(parameter.unit)
    first, last = (wording.local_day(each, atlas.place.zone) for each in (row.first, row.last))
    said = counted(
        "{parameter}, {averaging}: {number:,} reading, {time}",
        "{parameter}, {averaging}: {number:,} readings, {time}",
        row.count,
        parameter=parameter.symbol,
        averaging=averaging(row.averaging),
        time=first if first == last else say("{begin} to {end}", begin=first, end=last),
    )
    if row.greatest is not None:
        said = joined(", ", (said, say("the greatest {value}", value=amount(numeral(row.greatest), unit))))
    if row.latest is not None:
        known = {"value": amount(numeral(row.latest), unit), "day": wording.local_day(row.start, atlas.place.zone)}
        said = joined(", ", (said, say(_NEWEST.get(row.qualifier or "", _NEWEST[""]), **known)))
    return ended(said)


def limits(atlas: Atlas, row: SeriesRow) -> list[Limit]:
    """Every limit of the parameter, in the catalogue's order."""
    return [each for each in atlas.limits.values() if each.parameter == row.parameter]


def comparable(limit: Limit, averaging: str) -> bool:
    """Whether a limit is about values of an averaging time, or of samples."""
    return limit.averaging == averaging or (averaging in ("sample", "instant") and "sample" in limit.averaging)


def _lines(atlas: Atlas, row: SeriesRow, begin: float, finish: float) -> list[Line]:
    """The comparable limits, those of the same value and time under one label; a limit that applied all through the
    drawing needs no ends."""
    labels: dict[tuple[float, str, float | None, float | None], list[str]] = {}
    for each in limits(atlas, row):
        if not comparable(each, row.averaging):
            continue
        try:
            value = each.value * factor(each.unit, atlas.parameters[row.parameter].unit)
        except UnitError:
            continue  # the page and the JSON list it, with its own unit
        first = _seconds(each.applies_from.first) if each.applies_from else begin
        last = _seconds(each.applies_to.last) + _DAY if each.applies_to else finish
        applies = (None if first <= begin else first, None if last >= finish else last)
        labels.setdefault((value, each.type, *applies), []).append(each.jurisdiction)
    return [
        Line(say("{limit} ({whose})", limit=label(kind), whose=", ".join(dict.fromkeys(whose))), value, first, last)
        for (value, kind, first, last), whose in labels.items()
    ]


def _seconds(day: dt.date) -> float:
    return dt.datetime.combine(day, dt.time.min, dt.UTC).timestamp()

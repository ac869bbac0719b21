"""What a drawing of a series is to show: its words, its time, and the limits that its readings can be held against."""

import datetime as dt

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Limit, names
from mendmap.charts.draw import Chart, Line
from mendmap.lake.contents import SeriesRow
from mendmap.query.readings import ReadingQuery
from mendmap.units import UnitError, factor
from mendmap.web import marked, wording

# How long each averaging time lasts, at the most, in seconds; the others are moments, which no line may join.
_LASTING = {"10min": 600, "15min": 900, "1h": 3600, "8h": 28_800, "24h": 86_400, "month": 2_678_400, "year": 31_622_400}
_DAY = 86_400.0


def chart(atlas: Atlas, row: SeriesRow, query: ReadingQuery) -> Chart:
    """The drawing of a series over the time that is asked for, or else from its first reading to its last and the works
    that are near."""
    parameter, station = atlas.parameters[row.parameter], atlas.features[row.station]
    step = _LASTING.get(row.averaging)
    asked = query.interval
    first = (asked.first or row.first).timestamp()
    last = asked.last.timestamp() if asked.last else row.last.timestamp() + (step or 0)
    last = max(last, first + _DAY) if last <= first else last
    works = marked.works(atlas, row)
    if not (asked.first or asked.last):
        first, last = marked.reach(works, first, last)
    how = f", by {row.method}" if row.method else ""
    return Chart(
        what=parameter.symbol,
        where=names(station.name, atlas.place.languages),
        unit=wording.unit(parameter.unit),
        averaging=f"{averaging(row.averaging)}{how}",
        first=first,
        last=last,
        step=step,
        lines=tuple(_lines(atlas, row, first, last)),
        works=works,
        changes=marked.changes(atlas, row),
    )


def averaging(word: str) -> str:
    """An averaging time as a drawing says it: ``averages over 1 hour``."""
    if word in _LASTING:
        return f"averages over {'a ' if word in ('month', 'year') else ''}{wording.averaging(word)}"
    return {"sample": "single samples", "instant": "single moments"}.get(word, wording.averaging(word))


def alt(atlas: Atlas, row: SeriesRow) -> str:
    """What a drawing shows, in a sentence, for those who do not see it."""
    parameter = atlas.parameters[row.parameter]
    unit = wording.unit(parameter.unit)
    count = f"{row.count:,} reading{'' if row.count == 1 else 's'}"
    days = " to ".join(dict.fromkeys((wording.day(row.first), wording.day(row.last))))
    said = f"{parameter.symbol}, {averaging(row.averaging)}: {count}, {days}"
    if row.greatest is not None:
        said += f", the greatest {row.greatest:,.10g} {unit}".rstrip()
    if row.latest is not None:
        sign = {"<": "below ", ">": "above "}.get(row.qualifier or "", "")
        said += f", the newest {sign}{row.latest:,.10g} {unit}".rstrip() + f" ({wording.day(row.start)})"
    return f"{said}."


def limits(atlas: Atlas, row: SeriesRow) -> list[Limit]:
    """Every limit of the parameter, in the catalogue's order."""
    return [each for each in atlas.limits.values() if each.parameter == row.parameter]


def comparable(limit: Limit, row: SeriesRow) -> bool:
    """Whether a limit is about values such as those of the series: of the same averaging time, or of samples."""
    return limit.averaging == row.averaging or (row.averaging in ("sample", "instant") and "sample" in limit.averaging)


def _lines(atlas: Atlas, row: SeriesRow, begin: float, finish: float) -> list[Line]:
    """The comparable limits, those of the same value and time under one label; a limit that applied all through the
    drawing needs no ends."""
    labels: dict[tuple[float, str, float | None, float | None], list[str]] = {}
    for each in limits(atlas, row):
        if not comparable(each, row):
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
        Line(f"{kind.replace('_', ' ')} ({', '.join(dict.fromkeys(whose))})", value, first, last)
        for (value, kind, first, last), whose in labels.items()
    ]


def _seconds(day: dt.date) -> float:
    return dt.datetime.combine(day, dt.time.min, dt.UTC).timestamp()

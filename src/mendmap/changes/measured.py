"""Changes of what was measured, and of what follows from it: readings by series, verdicts, and outcomes of statements.

Not here: features (``features``) and records (``records``).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import names
from mendmap.changes.model import DERIVED, RECORD, WORLD, Change
from mendmap.lake.changed import Readings, Span, Verdict
from mendmap.words.phrases import counted, say


def readings(found: Readings, atlas: Atlas) -> Iterator[Change]:
    """The changes of the readings of one series: those that were added tell of the world, the others of our record."""
    head = _of_series(found.number, "readings", found.series, atlas)
    days = dict.fromkeys(each.date().isoformat() for each in (found.first, found.last))
    for what, count, nature in (
        ("added", found.added, WORLD),
        ("revised", found.revised, RECORD),
        ("withdrawn", found.withdrawn, RECORD),
        ("removed", found.removed, RECORD),
    ):
        if count:
            told = counted("{number:,} reading", "{number:,} readings", count)
            yield Change(**head, nature=nature, what=what, now=told, when="/".join(days))


def verdicts(rows: Iterable[Verdict], span: Span, atlas: Atlas) -> Iterator[Change]:
    """The verdicts that turned: of a period, or of the newest period, which is another than before. ``rows`` are by
    series, limit and number. Of several writes as one, the first verdict is held against the last."""
    for (series, _, against), given in groupby(rows, lambda each: (each.series, each.statistic, each.against)):
        known: dict[str, str] = {}
        writes = groupby(given, lambda each: _write(each, span))
        for number, group in writes:
            before = dict(known)
            for each in group:
                known.pop(each.period, None)
                if each.outcome is not None:
                    known[each.period] = each.outcome
            if number > span.since:
                head = _of_series(number, "verdict", series, atlas)
                head["id"] = f"{series} {against}"
                yield from _turned(head, before, known)


def _write(row: Verdict, span: Span) -> int:
    """The number of the write that a row belongs to: all before the span are one, and all of it unless each is told."""
    if row.recorded <= span.since:
        return span.since
    return row.recorded if span.each else span.until


def _turned(head: dict[str, Any], before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for period in sorted({*before, *after}):
        was, now = before.get(period), after.get(period)
        if was is None and before and period == max(after) > max(before):
            was = before[max(before)]
        elif was is None:
            continue
        if was != now:
            yield Change(**head, nature=DERIVED, what="turned", property=period, was=was, now=now, when=period)


def outcomes(number: int, was: Mapping[str, str], now: Mapping[str, str], atlas: Atlas) -> Iterator[Change]:
    """The statements whose outcome turned: words of ``vocabulary.OUTCOMES`` by statement, before and since."""
    for ident, word in now.items():
        if ident in was and was[ident] != word:
            statement = atlas.statements[ident]
            yield Change(
                number=number,
                nature=DERIVED,
                what="turned",
                thing="outcome",
                id=ident,
                name=statement.claim,
                layers=tuple(dict.fromkeys(atlas.features[each].layer for each in statement.sites)),
                was=was[ident],
                now=word,
            )


def _of_series(number: int, thing: str, series: str, atlas: Atlas) -> dict[str, Any]:
    station, parameter = series.split(".")[:2]
    at, measured = atlas.features.get(station), atlas.parameters.get(parameter)
    where = names(at.name, atlas.place.languages) if at else station
    name = say("{parameter} at {station}", parameter=measured.symbol if measured else parameter, station=where)
    return {"number": number, "thing": thing, "id": series, "name": name, "layers": (at.layer,) if at else ()}

"""The chart of a series on pages: the words that stand under it, and its specification for the browser.

Not here: the drawing (``pictures``, ``charts``), and the route that answers with it (``routes.series``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.charts import data
from mendmap.charts.axes import moment
from mendmap.charts.draw import WIDTH, Chart, Drawing, Line, applying, said
from mendmap.lake.contents import SeriesRow
from mendmap.query.readings import ReadingQuery
from mendmap.web import describe, pictures
from mendmap.web.answers import named
from mendmap.words.languages import Language
from mendmap.words.phrases import Phrase, joined, say
from mendmap.words.vocabulary import QUALITIES


@dataclass(frozen=True, slots=True)
class Caption:
    """What pages tell of a drawing before it is there: what it shows (``alt``), in which ``size`` (pixels), and the
    ``words`` under it: its limits with their time, and what was done."""

    alt: str
    size: tuple[int, int]
    words: tuple[str, ...]


def caption(atlas: Atlas, series: str | SeriesRow) -> Caption:
    """The caption of a series; of an atlas that was read without its series only where its row is given."""
    if isinstance(series, str):
        station = atlas.features[series.partition(".")[0]]
        row = next(each for each in station.series if each.id == series)
    else:
        row = series
    chart = pictures.chart(atlas, row, ReadingQuery(series=(row.id,)))
    return Caption(pictures.alt(atlas, row), (WIDTH, chart.height), tuple(words(chart)))


def words(chart: Chart) -> list[str]:
    """What a chart draws beside its readings, in a sentence each."""
    limits = [_limit(each, chart.unit) for each in applying(chart)]
    none = say("No legal limit of such values is known here.")
    return [*(limits or [none]), *said(chart)]


def specification(atlas: Atlas, ident: str, chart: Chart, drawing: Drawing, language: Language) -> dict[str, Any]:
    """A chart as JSON, its sentences in a language: what ``charts.data`` tells, the words under it, and what the words
    of its readings mean."""
    held = data.data(chart, drawing)
    told = {
        "series": ident,
        **held,
        "words": words(chart),
        "qualities": {each: QUALITIES[each] for each in _known(held["points"]["quality"], QUALITIES)},
        "sources": {each: describe.source(atlas, each) for each in _known(held["points"]["source"], atlas.sources)},
        "licence": atlas.place.licence,
        "attribution": atlas.place.attribution,
        "snapshot": named(atlas.snapshot),
    }
    return {name: _said(each, language) for name, each in told.items()}


def _said(value: Any, language: Language) -> Any:
    """A value as JSON holds it, with the phrases in it said."""
    if isinstance(value, Phrase):
        return language.say(value)
    if isinstance(value, dict):
        return {name: _said(each, language) for name, each in value.items()}
    if isinstance(value, list) and any(isinstance(each, Phrase | dict) for each in value):
        return [_said(each, language) for each in value]
    return value


def _known(used: Iterable[str], known: Any) -> list[str]:
    return [each for each in dict.fromkeys(used) if each in known]


def _limit(line: Line, unit: str) -> Phrase:
    """A limit with its value and the time that it applies, where that is not all of the drawing's."""
    told = {"label": line.label, "value": joined(" ", (say("{value:,.10g}", value=line.value), unit))}
    if line.first is None and line.last is None:
        return say("Dashed line: {label}, {value}.", **told)
    if line.last is None:
        return say("Dashed line: {label}, {value}, from {first}.", first=_day(line.first), **told)
    if line.first is None:
        return say("Dashed line: {label}, {value}, until {last}.", last=_day(line.last), **told)
    return say(
        "Dashed line: {label}, {value}, {first} to {last}.",
        first=_day(line.first),
        last=_day(line.last),
        **told,
    )


def _day(seconds: float | None) -> Any:
    return None if seconds is None else moment(seconds).date()

"""What was known of features in a month: states, works, verdicts, figures and readings as they stood then.

Dates of sources are as precise as they are: a year, a month, a day. What they leave open is left open here: a work
begun in ``2021`` has surely begun in December 2021, and only perhaps in March. A month is its text, ``2021-03``.
Not here: the readings themselves (``lake.monthly``), and how a month is asked for (``web``).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mendmap.atlas.model import Atlas, Feature, Layer
from mendmap.atlas.verdicts import Verdict, in_force, newest, rule_of
from mendmap.catalogue.records import Figure, State, Work, to_plain
from mendmap.lake.contents import SeriesRow
from mendmap.words.dates import Period
from mendmap.words.languages import translated
from mendmap.words.vocabulary import VERDICTS

Row = dict[str, Any]
# What is counted by month, in the order in which it is told.
KINDS = ("places", "states", "works", "readings", "verdicts", "figures")
_LAST = "9999-12"
_NEVER = dt.date.min


class Then(NamedTuple):
    """A month of an atlas: the ``readings`` of the month and the ``verdicts`` as of its end, by series."""

    month: str
    readings: Mapping[str, Row]
    verdicts: Mapping[str, Sequence[Verdict]]


def month_of(day: dt.date) -> str:
    """The month of a day, such as ``2021-03``."""
    return day.isoformat()[:7]


def begun(month: str, since: Period | None) -> bool | None:
    """Whether what is dated so had begun in a month; None where the date leaves it open. Without a date: False."""
    if since is None or month < month_of(since.first):
        return False
    return True if month >= month_of(since.last) else None


def over(month: str, until: Period | None) -> bool | None:
    """Whether what lasted until a date was over in a month; None where the date leaves it open. The month in which
    it ended is still of it. Without a date: False."""
    if until is None or month < month_of(until.first):
        return False
    if month > month_of(until.last):
        return True
    return False if month_of(until.first) == month_of(until.last) else None


def states_in(states: Iterable[State], month: str) -> list[tuple[State, bool]]:
    """The states that a site was in, in a month, the newest first, each with whether that is sure. One without an end
    lasts until the next; one without any date is of no month."""
    dated = [each for each in states if each.since or each.until]
    dated.sort(key=lambda each: each.since.last if each.since else _NEVER)
    found = []
    for nth, state in enumerate(dated):
        following = next((each.since for each in dated[nth + 1 :] if each.since), None)
        here = begun(month, state.since) if state.since else True
        gone = over(month, state.until) if state.until else begun(month, following)
        if here is not False and gone is not True:
            found.append((state, here is True and gone is False))
    return found[::-1]


def phase(work: Work, month: str) -> str:
    """How far a work was in a month, a word of ``vocabulary.PHASES``; empty where it had not begun, as far as is
    known. A work whose beginning nobody tells appears when it may be finished; one that is planned has dates of a plan,
    and was not begun."""
    if work.status == "planned":
        return ""
    done, here = begun(month, work.finished), begun(month, work.begun)
    if done is not False:
        return "finished" if done else "perhaps_finished"
    if here is not False:
        return "begun" if here else "perhaps_begun"
    return ""


def months(atlas: Atlas, layer: Layer, readings: pa.Table) -> dict[str, Counter[str]]:
    """How many things became known, began, ended or were measured in each month, by month and ``KINDS``, in the order
    of time; months in which nothing did are not among them. ``readings`` has ``series``, ``month`` and ``count``."""
    found: dict[str, Counter[str]] = {}

    def count(kind: str, turns: Iterable[str], times: int = 1) -> None:
        for month in turns:
            found.setdefault(month, Counter())[kind] += times

    states: dict[str, State] = {}
    works: dict[str, Work] = {}
    figures: dict[str, Figure] = {}
    for feature in layer.features:
        if layer.role != "work":  # whose times are those of the work
            count("places", _turns(_period(feature, "valid_from"), _period(feature, "valid_to")))
        states |= {each.id: each for each in feature.states}
        works |= {each.id: each for each in _works(atlas, feature) if each.status != "planned"}
        figures |= {each.id: each for each in feature.figures}
    for state in states.values():
        count("states", _turns(state.since, state.until))
    for work in works.values():
        count("works", _turns(work.begun, None) | _turns(work.finished, None))
    for figure in figures.values():
        count("figures", _turns(figure.period, None))
    series = pa.array({each.id for feature in layer.features.joined_to() for each in feature.series}, pa.string())
    for month, times in _summed(readings, series, "month", "count"):
        count("readings", [month], times)
    for month, times in _verdicts(atlas, series):
        count("verdicts", [month], times)
    return dict(sorted(found.items()))


def undated(atlas: Atlas, layer: Layer) -> Counter[str]:
    """How many states, works and figures no date is told of: they are of no month."""
    found: dict[tuple[str, str], bool] = {}
    for feature in layer.features if layer.role == "work" else layer.features.joined_to():
        found |= {("states", each.id): not (each.since or each.until) for each in feature.states}
        found |= {("works", each.id): not (each.begun or each.finished) for each in _works(atlas, feature)}
        found |= {("figures", each.id): not each.period for each in feature.figures}
    return Counter(kind for (kind, _), without in found.items() if without)


def verdicts_at(atlas: Atlas, month: str) -> dict[str, list[Verdict]]:
    """By series, the newest verdicts as of the end of a month: only of periods that had ended."""
    last = Period.parse(month).last
    return newest(atlas.answers, atlas.limits, atlas.rules, atlas.parameters, until=last)


def told(atlas: Atlas, layer: Layer, then: Then, most: int) -> Row:
    """What was known of a layer's features in a month: ``features`` by id, at most so many, each with its ``name``,
    ``layer`` and the ``KINDS`` that it has; how many more are ``omitted``; and the ``sources`` that they name."""
    said, span = translated(atlas.place.translations), Period.parse(then.month)
    # Of most of a large layer no month can tell anything.
    listed = layer.features if layer.role == "work" else layer.features.joined_to()
    rows = ((each.id, _told(atlas, each, then, span, said)) for each in listed)
    found = {ident: row for ident, row in rows if row}
    kept = dict(list(found.items())[:most])
    cited = {each.get("source") for row in kept.values() for kind in KINDS for each in row.get(kind, ())}
    sources = {each.id: {"title": each.title, "url": each.url} for each in atlas.sources.values() if each.id in cited}
    return {"features": kept, "omitted": len(found) - len(kept), "sources": sources}


def _told(atlas: Atlas, feature: Feature, then: Then, span: Period, said: Mapping[str, Mapping[str, str]]) -> Row:
    figures = [each for each in feature.figures if each.period and _meet(each.period, span)]
    works = [(work, step) for work in _works(atlas, feature) if (step := phase(work, then.month))]
    found = {
        "states": [_state(state, sure, said) for state, sure in states_in(feature.states, then.month)],
        "works": [_work(work, step) for work, step in works],
        "readings": [_reading(atlas, each, then.readings[each.id]) for each in _measured(feature, then)],
        "verdicts": [_verdict(each) for series in feature.series for each in then.verdicts.get(series.id, ())],
        "figures": [_figure(to_plain(each)) for each in figures],
    }
    known = {kind: rows for kind, rows in found.items() if rows}
    return known and {"name": dict(feature.name), "layer": feature.layer, **known}


def _measured(feature: Feature, then: Then) -> list[SeriesRow]:
    """The series of a feature that have readings in a month, by parameter."""
    return sorted((each for each in feature.series if each.id in then.readings), key=lambda each: each.parameter)


def _state(state: State, sure: bool, said: Mapping[str, Mapping[str, str]]) -> Row:
    kept = ("id", "since", "until", "state", "trust", "source")
    own = {language: texts[state.state] for language, texts in said.items() if state.state in texts}
    return {**{name: value for name, value in to_plain(state).items() if name in kept}, "sure": sure, "said": own}


def _work(work: Work, step: str) -> Row:
    kept = ("id", "name", "begun", "finished", "status", "trust", "source")
    return {**{name: value for name, value in to_plain(work).items() if name in kept}, "phase": step}


def _figure(plain: Row) -> Row:
    kept = ("id", "what", "qualifier", "value", "value_to", "unit", "period", "claimant", "source")
    return {name: value for name, value in plain.items() if name in kept and value is not None}


def _reading(atlas: Atlas, row: SeriesRow, found: Row) -> Row:
    """The readings of one series in a month. Series are never joined: what they measure is not the same."""
    parameter = atlas.parameters[row.parameter]
    return {
        "series": row.id,
        "station": row.station,
        "station_name": dict(atlas.features[row.station].name),
        "symbol": parameter.symbol,
        "averaging": row.averaging,
        "unit": parameter.unit,
        **{name: value for name, value in found.items() if value is not None},
    }


def _verdict(found: Verdict) -> Row:
    return {
        "series": found.answer.series,
        "symbol": found.parameter.symbol,
        "limit": found.limit.id,
        "jurisdiction": found.limit.jurisdiction,
        "type": found.limit.type,
        "statistic": found.answer.statistic,
        "period": found.answer.period,
        "outcome": found.answer.outcome,
        "reason": found.answer.reason,
    }


def _works(atlas: Atlas, feature: Feature) -> Sequence[Work]:
    """The works at a feature; of one that is a work's place, that work."""
    return (atlas.works[feature.id.partition(".")[0]],) if feature.layer == "works" else feature.works


def _period(feature: Feature, name: str) -> Period | None:
    text = feature.properties.get(name)
    return Period.parse(text) if text else None


def _meet(one: Period, other: Period) -> bool:
    return one.first <= other.last and one.last >= other.first


def _turns(since: Period | None, until: Period | None) -> set[str]:
    """The months in which it changes what is known of something that lasts so long: when it may begin, when it surely
    has, when it may end, and the first after its end."""
    found = {month_of(each) for each in (since.first, since.last)} if since else set()
    if until:
        found |= {month_of(until.first), _after(until)}
    return {each for each in found if each <= _LAST}


def _after(until: Period) -> str:
    """The month after that in which a period ends; that month, where there is none."""
    month = month_of(until.last)
    # The 28th is in every month, and four days on is the next one.
    return month if month == _LAST else month_of(until.last.replace(day=28) + dt.timedelta(days=4))


def _summed(table: pa.Table, series: pa.Array, by: str, count: str) -> Iterator[tuple[str, int]]:
    """The counts of some series in a table, summed up by a column."""
    ours = table.filter(pc.is_in(table.column("series"), value_set=series))
    summed = ours.group_by(by).aggregate([(count, "sum")])
    return zip(summed.column(by).to_pylist(), summed.column(f"{count}_sum").to_pylist(), strict=True)


def _verdicts(atlas: Atlas, series: pa.Array) -> Iterator[tuple[str, int]]:
    """How many verdicts of some series are of a period that ends in a month, of limits in force then."""
    table = atlas.answers.table.select(["series", "against", "statistic", "period", "outcome"])
    ours = pc.and_(
        pc.is_in(table.column("series"), value_set=series),
        pc.is_in(table.column("outcome"), value_set=pa.array(list(VERDICTS))),
    )
    groups = table.filter(ours).group_by(["against", "statistic", "period"]).aggregate([("series", "count")])
    for row in groups.to_pylist():
        limit = atlas.limits.get(row["against"])
        if limit and in_force(limit, row["period"]) and rule_of(limit, atlas.rules, row["statistic"], row["period"]):
            yield month_of(Period.parse(row["period"]).last), row["series_count"]

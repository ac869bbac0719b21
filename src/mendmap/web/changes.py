"""Trends and comparisons of series in words and numbers, and how much of the way to the limit has been covered.

The trend leads: it allows for months that resemble each other, which a comparison takes for independent
(``assess.compare``). Not here: verdicts (``findings``), and the computations (``assess``).
"""

from collections.abc import Sequence

import numpy as np

from mendmap.assess.compare import covered
from mendmap.assess.model import Answer
from mendmap.assess.words import amount, number
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Work, names
from mendmap.lake.contents import SeriesRow
from mendmap.web import wording
from mendmap.web.answered import Row, head
from mendmap.words.vocabulary import TRENDS

_KINDS = ("trend", "baseline", "before_after")
# Limits that are no goal of a place as such: nobody must keep the one, and the other stands for vegetation only.
_NO_GOALS = ("guideline", "critical_level")
_BY_CHANCE = "No change that chance alone would not make"


def of_series(atlas: Atlas, found: SeriesRow, answers: Sequence[Answer], verdicts: Sequence[Row]) -> list[Row]:
    """The trend of a series, its change from first to last years, and those over works, in the catalogue's order.

    ``verdicts`` are its own, as ``findings`` gives them. A row has a ``sentence``, and a comparison ``before``,
    ``after``, its ``work``, how much of the way to a limit is ``covered``, and a ``doubt`` where the trend does not say
    the same.
    """
    order = {ident: nth for nth, ident in enumerate(atlas.works)}
    changes = [each for each in answers if each.statistic in _KINDS and (not each.against or each.against in order)]
    changes.sort(key=lambda each: (_KINDS.index(each.statistic), order.get(each.against, -1)))
    limit = _lowest(verdicts)
    trend = next((each.outcome for each in changes if each.statistic == "trend"), "")
    return [_change(atlas, found, each, limit, trend) for each in changes]


def _change(atlas: Atlas, found: SeriesRow, answer: Answer, limit: Row | None, trend: str) -> Row:
    unit = wording.unit(atlas.parameters[found.parameter].unit)
    work = atlas.works.get(answer.against)
    if answer.statistic == "trend":
        sentence = _trend(answer, unit)
    else:
        sentence = _comparison(answer, unit, names(work.name, atlas.place.languages) if work else "")
    return {
        **head(atlas, found, answer),
        "kind": answer.statistic,
        "p": answer.p,
        "outcome_meaning": TRENDS[answer.outcome],
        "before": answer.before,
        "after": answer.after,
        "work": _work(work) if work else None,
        "sentence": sentence,
        "covered": _covered(answer, limit, unit) if limit else None,
        "doubt": "" if answer.statistic == "trend" else _doubt(answer, trend),
    }


def _trend(answer: Answer, unit: str) -> str:
    """``Falling by 3.2 µg/m³ a year (95 %: 2.1 to 4.4), January 2015 to December 2024, p = 0.001, of 118 months.``"""
    span, months = wording.period(answer.period), _counted(answer.count, "month")
    if answer.outcome == "too_short":
        return f"Too short to tell: {months} with a mean, {span}."
    rest = f"{span}, {_p(answer)}, of {months}"
    if answer.value is None:
        what = {"none": _BY_CHANCE}.get(answer.outcome, answer.outcome.capitalize())
        return f"{what}; how much a year is not known, since too much lies below detection; {rest}."
    return f"{_by(answer, unit, ('Falling', 'Rising'))} a year{_interval(answer)}, {rest}."


def _comparison(answer: Answer, unit: str, work: str) -> str:
    """``Down by 33 µg/m³ (95 %: 20 to 46), from 56 to 23 µg/m³, p = 0.002: means of the same 12 calendar months in the
    first and the last years of January 2010 to December 2024.``"""
    sides = f"before and after the work “{work}”" if work else "in the first and the last years"
    where = f"{sides}, {wording.period(answer.period)}"
    if answer.outcome == "too_short" or answer.value is None:
        return f"Too short to tell: {_counted(answer.expected, 'calendar month')} with means {where}."
    change = f"{_by(answer, unit, ('Down', 'Up'))}{_interval(answer)}"
    ends = f"from {number(answer.before)} to {amount(answer.after, unit)}"
    return f"{change}, {ends}, {_p(answer)}: the same {_counted(answer.expected, 'calendar month')} {where}."


def _doubt(answer: Answer, trend: str) -> str:
    """What speaks against taking a change that a comparison found for more than chance."""
    if answer.outcome not in ("falling", "rising") or answer.outcome == trend:
        return ""
    why = "The interval takes months for independent, and is too narrow where one resembles the next"
    if trend in ("", "too_short"):
        return f"{why}. There is no trend to confirm it."
    return (
        f"{why}. The trend over the whole time, which allows for that, is {'no change' if trend == 'none' else trend}."
    )


def _lowest(verdicts: Sequence[Row]) -> Row | None:
    """The verdict of the lowest limit about a mean of the year that is law here, of the newest year that has one."""
    held = [
        row
        for row in verdicts
        if row["statistic"] in ("mean", "annual_average")
        and "/" not in row["period"]
        and row["law"]
        and row["limit"]["type"] not in _NO_GOALS
        and row["validity"] in ("in_force", "partly")
        and row["reason"] not in ("coarse", "samples")
    ]
    last = max((row["period"] for row in held), default="")
    return min((row for row in held if row["period"] == last), key=lambda row: row["limit"]["bound"], default=None)


def _covered(answer: Answer, verdict: Row, unit: str) -> Row | None:
    """How much of the way from before down to a limit has been covered; ``share`` is None where it was kept before."""
    if answer.before is None or answer.after is None or answer.outcome == "too_short":
        return None
    limit = verdict["limit"]
    share = float(covered(*(np.array([each]) for each in (answer.before, answer.after, limit["bound"])))[0])
    bound, before = amount(limit["bound"], unit), amount(answer.before, unit)
    if np.isnan(share):
        said = f"It was not above {bound} before either."
    elif share < 0:
        said = f"It is farther from {bound} than it was before."
    elif share >= 1:
        said = f"All of the way from {before} down to {bound} is covered."
    else:
        # Rounded down, so that nearly all never looks like all.
        said = f"{int(100 * share)} % of the way from {before} down to {bound} is covered."
    if answer.outcome == "none" and not np.isnan(share):
        said = f"{said.rstrip('.')}, if it is more than chance."
    chosen = {name: limit[name] for name in ("id", "href", "jurisdiction", "type", "instrument")}
    return {"limit": chosen, "share": None if np.isnan(share) else share, "sentence": said}


def _work(found: Work) -> Row:
    """A work with its page; one done at several places has a page for each, and this is the first."""
    page = f"{found.id}.{found.sites[0]}" if len(found.sites) > 1 else found.id
    begun, finished = (None if each is None else each.text for each in (found.begun, found.finished))
    return {
        "id": found.id,
        "name": dict(found.name),
        "begun": begun,
        "finished": finished,
        "href": f"/features/works/{page}",
    }


def _by(answer: Answer, unit: str, ways: tuple[str, str]) -> str:
    """Which way a value went and how far; with its sign where chance alone may have made it."""
    assert answer.value is not None
    if answer.outcome == "none":
        return f"{_BY_CHANCE}: {_signed(amount(answer.value, unit))}"
    return f"{ways[answer.outcome == 'rising']} by {amount(abs(answer.value), unit)}"


def _interval(answer: Answer) -> str:
    """The 95 % interval, of a fall as of how far it fell; nothing where an end is open."""
    if answer.low is None or answer.high is None:
        return ""
    low, high = (-answer.high, -answer.low) if answer.outcome == "falling" else (answer.low, answer.high)
    return f" (95 %: {_signed(number(low))} to {_signed(number(high))})"


def _p(answer: Answer) -> str:
    return "p not known" if answer.p is None else "p < 0.001" if answer.p < 0.001 else f"p = {answer.p:.2g}"


def _signed(text: str) -> str:
    return text.replace("-", "−")


def _counted(count: int | None, what: str) -> str:
    return f"{count or 0:,} {what}{'' if count == 1 else 's'}"

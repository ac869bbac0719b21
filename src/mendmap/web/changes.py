"""Trends and comparisons of series in words and numbers, and how much of the way to the limit has been covered.

The trend leads: it allows for months that resemble each other, which a comparison takes for independent
(``assess.compare``). Not here: verdicts (``findings``), and the computations (``assess``).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mendmap.assess.compare import covered
from mendmap.assess.model import Answer
from mendmap.assess.words import amount, number
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Work, names
from mendmap.lake.contents import SeriesRow
from mendmap.web import wording
from mendmap.web.answered import Row, head
from mendmap.words import phrases
from mendmap.words.labels import label
from mendmap.words.phrases import Phrase, counted, ended, joined, say
from mendmap.words.vocabulary import TRENDS

_KINDS = ("trend", "baseline", "before_after")
# Limits that are no goal of a place as such: nobody must keep the one, and the other stands for vegetation only.
_NO_GOALS = ("guideline", "critical_level")
_MINUS = "−"
# What a trend without a number says, by its outcome.
_UNKNOWN = {
    "falling": say("Falling; how much a year is not known, since too much lies below detection"),
    "rising": say("Rising; how much a year is not known, since too much lies below detection"),
    "none": say(
        "No change that chance alone would not make; how much a year is not known, since too much lies below detection"
    ),
}
# What changes with a number say, by their outcomes; where chance alone may have made them, with the sign.
_A_YEAR = {
    "falling": say("Falling by {value} a year"),
    "rising": say("Rising by {value} a year"),
    "none": say("No change that chance alone would not make: {value} a year"),
}
_IN_ALL = {
    "falling": say("Down by {value}"),
    "rising": say("Up by {value}"),
    "none": say("No change that chance alone would not make: {value}"),
}


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


def _trend(answer: Answer, unit: str) -> Phrase:
    """``Falling by 3.2 µg/m³ a year (95 %: 2.1 to 4.4), January 2015 to December 2024, p = 0.001, of 118 months.``"""
    span, months = wording.period(answer.period), counted("{number:,} month", "{number:,} months", answer.count or 0)
    if answer.outcome == "too_short":
        return say("Too short to tell: {months} with a mean, {span}.", months=months, span=span)
    rest = say("{span}, {p}, of {months}", span=span, p=_p(answer), months=months)
    if answer.value is None:
        return ended(joined("; ", (_UNKNOWN[answer.outcome], rest)))
    return ended(joined(", ", (_by(answer, unit, _A_YEAR), rest)))


def _comparison(answer: Answer, unit: str, work: str) -> Phrase:
    """``Down by 33 µg/m³ (95 %: 20 to 46), from 56 to 23 µg/m³, p = 0.002: the same 12 calendar months in the first and
    the last years, January 2010 to December 2024.``"""
    months = counted("{number:,} calendar month", "{number:,} calendar months", answer.expected or 0)
    told = {"months": months, "span": wording.period(answer.period), "work": work}
    if answer.outcome == "too_short" or answer.value is None:
        if work:
            return say("Too short to tell: {months} with means before and after the work “{work}”, {span}.", **told)
        return say("Too short to tell: {months} with means in the first and the last years, {span}.", **told)
    ends = {"before": number(answer.before), "after": amount(answer.after, unit)}
    told |= {**ends, "change": _by(answer, unit, _IN_ALL), "p": _p(answer)}
    if work:
        return say(
            "{change}, from {before} to {after}, {p}: the same {months} before and after the work “{work}”, {span}.",
            **told,
        )
    return say(
        "{change}, from {before} to {after}, {p}: the same {months} in the first and the last years, {span}.", **told
    )


def _doubt(answer: Answer, trend: str) -> str:
    """What speaks against taking a change that a comparison found for more than chance."""
    if answer.outcome not in ("falling", "rising") or answer.outcome == trend:
        return ""
    why = say("The interval takes months for independent, and is too narrow where one resembles the next.")
    if trend in ("", "too_short"):
        return joined(" ", (why, say("There is no trend to confirm it.")))
    course = say("The trend over the whole time, which allows for that, is {trend}.", trend=label(trend))
    return joined(" ", (why, course))


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
    ends = {"limit": amount(limit["bound"], unit), "before": amount(answer.before, unit)}
    if np.isnan(share):
        said = say("It was not above {limit} before either", **ends)
    elif share < 0:
        said = say("It is farther from {limit} than it was before", **ends)
    elif share >= 1:
        said = say("All of the way from {before} down to {limit} is covered", **ends)
    else:
        # Rounded down, so that nearly all never looks like all.
        share_told = int(100 * share)
        said = say("{share} % of the way from {before} down to {limit} is covered", share=share_told, **ends)
    if answer.outcome == "none" and not np.isnan(share):
        said = say("{covered}, if it is more than chance", covered=said)
    chosen = {name: limit[name] for name in ("id", "href", "jurisdiction", "type", "instrument")}
    return {"limit": chosen, "share": None if np.isnan(share) else share, "sentence": ended(said)}


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


def _by(answer: Answer, unit: str, ways: Mapping[str, Phrase]) -> Phrase:
    """Which way a value went and how far, with the 95 % interval: of a fall, of how far it fell; none where an end is
    open."""
    assert answer.value is not None
    value = answer.value if answer.outcome == "none" else abs(answer.value)
    change = say(ways[answer.outcome], value=phrases.amount(number(value, _MINUS), unit))
    if answer.low is None or answer.high is None:
        return change
    low, high = (-answer.high, -answer.low) if answer.outcome == "falling" else (answer.low, answer.high)
    return say("{change} (95 %: {low} to {high})", change=change, low=number(low, _MINUS), high=number(high, _MINUS))


def _p(answer: Answer) -> Phrase:
    if answer.p is None:
        return say("p not known")
    return say("p < 0.001") if answer.p < 0.001 else say("p = {p:.2g}", p=answer.p)

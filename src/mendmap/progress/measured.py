"""What the readings of a site say: verdicts with their distance to the limit, trends, and changes over works.

As mappings for JSON, and as texts for a cell. Stations that disagree stand side by side, and no word is worse than
another. Not here: what is said of each series (``assess``), and which verdicts are the newest (``atlas.verdicts``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mendmap.assess.compare import covered
from mendmap.assess.model import Answer, Answers
from mendmap.atlas.model import Atlas, Feature
from mendmap.atlas.verdicts import Verdict
from mendmap.words import phrases
from mendmap.words.labels import label
from mendmap.words.phrases import Phrase, joined, numeral, say
from mendmap.words.vocabulary import QUALIFIED

Item = dict[str, Any]
# The order that verdicts and trends are counted in.
_WORDS = ("exceeds", "undecidable", "no_data", "within", "rising", "none", "falling", "too_short")
_TRENDS = {"none": say("no trend"), "too_short": say("too short to tell")}
_CHANGES = ("trend", "baseline", "before_after")
# A baseline compares means, so it says nothing of a limit on the highest hours.
_MEANS = ("mean", "annual_average")


class Changes:
    """The answers of an atlas that are about change over years, by series: found once, for all sites."""

    def __init__(self, answers: Answers) -> None:
        table = answers.table
        chosen = table.filter(pc.is_in(table.column("statistic"), value_set=pa.array(_CHANGES)))
        self._of: dict[str, list[Answer]] = {}
        for row in chosen.to_pylist():
            self._of.setdefault(row["series"], []).append(Answer(**row))

    def of(self, series: str, statistic: str) -> list[Answer]:
        """The answers of a series: one trend, one baseline, one ``before_after`` for each work."""
        return [each for each in self._of.get(series, ()) if each.statistic == statistic]


def verdicts(changes: Changes, found: Iterable[Verdict]) -> list[Item]:
    """Verdicts as JSON holds them. ``percent`` is the statistic as a percentage of ``limit_value``, and ``covered`` the
    percentage of the way from the first years' mean down to the limit that has been covered; None where unknown."""
    return [
        {
            "series": each.answer.series,
            "station": each.station,
            "parameter": each.parameter.id,
            "limit": each.limit.id,
            "instrument": each.limit.instrument,
            "clause": each.rule.clause,
            "statistic": each.answer.statistic,
            "period": each.answer.period,
            "outcome": each.answer.outcome,
            "reason": each.answer.reason,
            "says": each.says,
            "value": each.answer.value,
            "limit_value": each.bound,
            "unit": each.parameter.unit,
            "percent": each.percent,
            "at_least": each.at_least and each.percent is not None,
            "covered": _covered(changes, each),
            "decided": {"period": each.decided.period, "outcome": each.decided.outcome} if each.decided else None,
        }
        for each in found
    ]


def trends(atlas: Atlas, changes: Changes, feature: Feature) -> list[Item]:
    """The trend of each of a feature's series; ``value`` is in ``unit`` a year."""
    return [
        {
            **_about(atlas, answer),
            **{name: getattr(answer, name) for name in ("value", "low", "high", "p", "outcome")},
        }
        for series in feature.series
        for answer in changes.of(series.id, "trend")
    ]


def over_work(atlas: Atlas, changes: Changes, feature: Feature, work: str) -> list[Item]:
    """How much each of a feature's series changed from before a work to after it."""
    return [
        {
            **_about(atlas, answer),
            **{name: getattr(answer, name) for name in ("before", "after", "value", "low", "high", "p", "outcome")},
        }
        for series in feature.series
        for answer in changes.of(series.id, "before_after")
        if answer.against == work
    ]


def counted(atlas: Atlas, items: Sequence[Item]) -> Phrase:
    """Verdicts in words: ``SO₂: exceeds at 1 station (2023), undecidable at 2 stations (2022, 2023)``. A station is
    counted under every word that holds there for some limit, with the periods that the word is about."""
    parts = []
    for parameter, some in _by(items, "parameter").items():
        words = _by(some, "outcome")
        told = [
            phrases.counted(
                "{verdict} at {number} station ({periods})",
                "{verdict} at {number} stations ({periods})",
                _stations(words[word]),
                verdict=label(word),
                periods=", ".join(sorted({item["period"] for item in words[word]})),
            )
            for word in _WORDS
            if word in words
        ]
        parts.append(joined(": ", (atlas.parameters[parameter].symbol, joined(", ", told))))
    return joined("; ", parts)


def trend_words(atlas: Atlas, items: Sequence[Item]) -> Phrase:
    """Trends in words: ``SO₂: falling at 2 stations, too short to tell at 1 station``."""
    parts = []
    for parameter, some in _by(items, "parameter").items():
        words = _by(some, "outcome")
        told = [
            phrases.counted(
                "{trend} at {number} station",
                "{trend} at {number} stations",
                _stations(words[word]),
                trend=trend_word(word),
            )
            for word in _WORDS
            if word in words
        ]
        parts.append(joined(": ", (atlas.parameters[parameter].symbol, joined(", ", told))))
    return joined("; ", parts)


def trend_word(outcome: str) -> str:
    """A word of TRENDS as it is read beside others."""
    return _TRENDS.get(outcome) or label(outcome)


def distances(atlas: Atlas, items: Sequence[Item]) -> Phrase:
    """How the newest statistics stand to their limits: ``SO₂: 80 % to 312 % of daily (2022, 2023)``, each limit with
    the least and the greatest of its stations."""
    parts = []
    for (parameter, limit), some in _by(items, "parameter", "limit").items():
        known = [each for each in some if each["percent"] is not None]
        if known:
            ends = sorted(known, key=lambda each: each["percent"])
            least, greatest = _percent(ends[0]), _percent(ends[-1])
            parts.append(
                say(
                    "{parameter}: {percent} of {limit} ({periods})",
                    parameter=atlas.parameters[parameter].symbol,
                    percent=least if least == greatest else say("{least} to {most}", least=least, most=greatest),
                    limit=limit,
                    periods=", ".join(sorted({each["period"] for each in known})),
                )
            )
    return joined("; ", parts)


def ways(atlas: Atlas, items: Sequence[Item]) -> Phrase:
    """The share of the way to each limit that was covered: ``SO₂: 62 % of the way to yearly at chimney``."""
    known = [each for each in items if each["covered"] is not None]
    told = [
        say(
            "{parameter}: {covered:.0f} % of the way to {limit} at {station}",
            parameter=atlas.parameters[each["parameter"]].symbol,
            **{name: each[name] for name in ("covered", "limit", "station")},
        )
        for each in known
    ]
    return joined("; ", dict.fromkeys(told))


def differences(atlas: Atlas, items: Sequence[Item]) -> Phrase:
    """Changes over a work in words: ``SO₂ at chimney: from 120 to 40 ug/m3, falling``."""
    told = []
    for each in items:
        known = {"parameter": atlas.parameters[each["parameter"]].symbol, "trend": trend_word(each["outcome"])}
        known |= {name: each[name] for name in ("station", "before", "after", "unit")}
        if each["before"] is None or each["after"] is None:
            told.append(say("{parameter} at {station}: {trend}", **known))
        else:
            message = say("{parameter} at {station}: from {before:.4g} to {after:.4g} {unit}, {trend}")
            told.append(say(message, **known))
    return joined("; ", told)


def _percent(item: Item) -> Phrase:
    percent = joined(" ", (numeral(item["percent"], ".4g"), "%"))
    return joined(" ", (QUALIFIED[">="], percent)) if item["at_least"] else percent


def _covered(changes: Changes, verdict: Verdict) -> float | None:
    for answer in changes.of(verdict.answer.series, "baseline") if verdict.rule.statistic in _MEANS else ():
        if answer.outcome != "too_short" and answer.before is not None and answer.after is not None:
            share = covered(*(np.array([each]) for each in (answer.before, answer.after, verdict.bound)))[0]
            return None if np.isnan(share) else float(100 * share)
    return None


def _about(atlas: Atlas, answer: Answer) -> Item:
    station, parameter = answer.series.split(".")[:2]
    about = {"series": answer.series, "station": station, "parameter": parameter, "period": answer.period}
    return {**about, "unit": atlas.parameters[parameter].unit}


def _by(items: Iterable[Item], *names: str) -> Mapping[Any, list[Item]]:
    """Items by what they have under these names, in the order that each comes first."""
    found: dict[Any, list[Item]] = {}
    for item in items:
        key = tuple(item[name] for name in names)
        found.setdefault(key if len(names) > 1 else key[0], []).append(item)
    return found


def _stations(items: Iterable[Item]) -> int:
    return len({item["station"] for item in items})

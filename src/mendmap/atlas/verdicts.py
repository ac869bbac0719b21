"""The newest verdicts of every series: whether the limits in force are kept, and how far off they are.

Not here: how a verdict is come by (``assess``), and verdicts of earlier periods, which ``Answers`` has.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mendmap.assess.model import Answer, Answers
from mendmap.assess.words import sentence
from mendmap.catalogue.records import Limit, Parameter, Rule
from mendmap.units import factor
from mendmap.words.dates import Period
from mendmap.words.vocabulary import VERDICTS

DECIDED = ("within", "exceeds")
# Of these, values that are missing could only have made the statistic greater.
_GROWING = ("exceedances", "highest", "consecutive", "four_of_five")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A series held against a limit, as one of the limit's rules says. ``decided`` is the newest earlier answer that
    is ``within`` or ``exceeds``; None where this one is, or where none ever was."""

    answer: Answer
    limit: Limit
    rule: Rule
    parameter: Parameter
    decided: Answer | None = None

    @property
    def station(self) -> str:
        """Where the series was taken."""
        return self.answer.series.partition(".")[0]

    @property
    def bound(self) -> float:
        """The limit's value in the parameter's canonical unit. Raises UnitError."""
        return self.limit.value * factor(self.limit.unit, self.parameter.unit, self.parameter.molar_mass)

    @property
    def at_least(self) -> bool:
        """Whether the statistic may be greater than it is known to be, because values are missing."""
        return bool(self.answer.reason) and self.rule.statistic in _GROWING

    @property
    def percent(self) -> float | None:
        """The statistic as a percentage of the limit: at most 100 where it is kept. None where the readings at hand
        do not tell it: a mean of too few values is none."""
        known = not self.answer.reason or (self.at_least and self.answer.outcome == "exceeds")
        bound = self.bound
        return 100 * self.answer.value / bound if known and self.answer.value is not None and bound > 0 else None

    @property
    def says(self) -> str:
        """The verdict in plain English, with its numbers and its reason."""
        return sentence(self.answer, self.limit, self.rule, self.parameter)


def in_force(limit: Limit, period: str) -> bool:
    """Whether a limit applied at the end of a period; those that are yet to come are assessed, but not in force."""
    return limit.applies_from is None or limit.applies_from.first <= Period.parse(period).last


def rule_of(limit: Limit, rules: Mapping[str, Rule], statistic: str, period: str) -> Rule | None:
    """The rule of a limit that an answer of a statistic and a period follows; None where it has none any more."""
    span = "winter" if "/" in period else "year"
    held = (rules[each] for each in limit.rules if each in rules)
    return next((each for each in held if (each.statistic, each.period) == (statistic, span)), None)


def newest(
    answers: Answers,
    limits: Mapping[str, Limit],
    rules: Mapping[str, Rule],
    parameters: Mapping[str, Parameter],
    until: dt.date | None = None,
) -> dict[str, list[Verdict]]:
    """By series, the verdict of the newest period for each limit that was in force then and each of its rules, in the
    catalogue's order of limits; of periods that had ended on the day ``until``, where it is given. Millions of answers
    are looked through as arrays, and only what is found become values."""
    table = _against(answers.table, limits)
    if until is not None:
        periods = table.column("period").unique().to_pylist()
        ended = [each for each in periods if Period.parse(each).last <= until]
        table = table.filter(pc.is_in(table.column("period"), value_set=pa.array(ended, pa.string())))
    if not len(table):
        return {}
    columns = {name: _codes(table, name) for name in ("series", "against", "statistic", "period")}
    known = _known(columns, limits, rules)
    place = known[tuple(columns[name][1] for name in ("against", "statistic", "period"))]
    here = np.flatnonzero(place >= 0)
    if not len(here):
        return {}
    # A number for each series and rule of a limit.
    key = columns["series"][1][here] * (int(known.max()) + 1) + place[here]
    outcome = table.column("outcome").to_numpy(zero_copy_only=False)
    settled = np.flatnonzero(np.isin(outcome[here].astype(str), DECIDED))
    latest, decided = _last(key), {int(key[settled[at]]): int(here[settled[at]]) for at in _last(key[settled])}
    rows = {int(key[at]): int(here[at]) for at in latest}
    wanted = sorted({*rows.values(), *decided.values()})
    made = {row: Answer(**cells) for row, cells in zip(wanted, table.take(wanted).to_pylist(), strict=True)}
    found: dict[str, list[Verdict]] = {}
    for number, row in sorted(rows.items()):
        answer, before = made[row], decided.get(number)
        limit = limits[answer.against]
        rule = rule_of(limit, rules, answer.statistic, answer.period)
        assert rule is not None
        earlier = None if before is None or before == row else made[before]
        found.setdefault(answer.series, []).append(Verdict(answer, limit, rule, parameters[limit.parameter], earlier))
    return found


def _against(table: pa.Table, limits: Mapping[str, Limit]) -> pa.Table:
    """The answers that hold a series against one of these limits."""
    ours = pc.is_in(table.column("against"), value_set=pa.array(list(limits), pa.string()))
    return table.filter(pc.and_(ours, pc.is_in(table.column("outcome"), value_set=pa.array(list(VERDICTS)))))


def _codes(table: pa.Table, name: str) -> tuple[list[str], NDArray[np.int64]]:
    """The words of a column in their order, and the place of each row's word among them."""
    encoded: Any = table.column(name).combine_chunks().dictionary_encode()
    words = encoded.dictionary.to_pylist()
    order = sorted(words)
    place = {word: nth for nth, word in enumerate(order)}
    return order, np.array([place[word] for word in words], np.int64)[encoded.indices.to_numpy()]


def _known(columns: Mapping[str, Any], limits: Mapping[str, Limit], rules: Mapping[str, Rule]) -> NDArray[np.int64]:
    """The place, in the catalogue's order, of the rule that each limit has for each statistic and period; -1 where it
    has none or was not in force. [limits, statistics, periods]"""
    order = {(limit.id, rule): nth for nth, (limit, rule) in enumerate(_pairs(limits))}
    against, statistics, periods = (columns[name][0] for name in ("against", "statistic", "period"))
    found = np.full((len(against), len(statistics), len(periods)), -1, np.int64)
    for one, limit in enumerate(limits[each] for each in against):
        for third, period in enumerate(periods):
            for other, statistic in enumerate(statistics):
                rule = rule_of(limit, rules, statistic, period)
                if rule and in_force(limit, period):
                    found[one, other, third] = order[limit.id, rule.id]
    return found


def _pairs(limits: Mapping[str, Limit]) -> list[tuple[Limit, str]]:
    return [(limit, rule) for limit in limits.values() for rule in limit.rules]


def _last(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last place of each number; answers stand by series and period, so that is its newest."""
    return len(key) - 1 - np.unique(key[::-1], return_index=True)[1]

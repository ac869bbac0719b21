"""What a rule finds: what is certainly above its limit and what may be, of how many values, and which verdict that is.

Every function takes the rows of a block at once. A verdict rests on what is certain: a value known within ends
breaches a limit where its lower end does, and keeps it where its upper end does. Not here: which rules hold, and in
what order (``verdicts``).
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from mendmap.assess.calendar import year
from mendmap.assess.grid import Block, Numbers, Step
from mendmap.assess.model import Floats
from mendmap.assess.rows import OUTCOMES, WHY, Codes
from mendmap.assess.rules import Held
from mendmap.assess.statistics import Sums, above, begun, may_exceed, nth_highest, per_row, runs, total
from mendmap.assess.values import LEAD, Marks, Values


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule finds of some rows, an array [rows] each.

    ``certain`` and ``possible`` tell whether the limit is breached for certain, and whether it may be; ``complete``
    whether the ``count`` values of ``expected`` are enough, ``biased`` of them aside, which are of sources that choose
    what they print. ``above`` values lie above the limit, ``below`` of them below detection. ``value`` is the
    statistic, between ``low`` and ``high``.
    """

    value: Floats
    certain: Marks
    possible: Marks
    complete: Marks
    count: Numbers
    expected: Numbers
    biased: Numbers
    below: Numbers
    above: Numbers | int = -1
    low: Floats | float = np.nan
    high: Floats | float = np.nan


def level(limit: Held, finest: str) -> tuple[str, float]:
    """The grid that a rule is about, with the share of each of its columns that must be there. A mean of hours is one
    of days where there are no hours (Directive 2008/50/EC, Annex XI)."""
    block = limit.rule.block
    if (limit.rule.statistic, block, finest) == ("mean", "hour", "day"):
        block = "day"
    return block, 0.0 if block in (finest, "hour", "sample") else limit.block_share


def verdict(found: Found) -> tuple[Codes, Codes]:
    """The words of verdict and reason, as places in OUTCOMES and WHY. Too few values decide nothing, unless those at
    hand are a breach by themselves."""
    chosen = found.biased > 0
    outcome = np.select(
        [found.certain, ~found.complete | found.possible],
        [OUTCOMES.index("exceeds"), OUTCOMES.index("undecidable")],
        OUTCOMES.index("within"),
    )
    reason = np.select(
        [found.complete & (found.certain | ~found.possible), found.complete, chosen, found.certain],
        [0, WHY.index("detection"), WHY.index("biased"), WHY.index("conclusive")],
        WHY.index("incomplete"),
    )
    return outcome.astype(np.int8), reason.astype(np.int8)


def left(values: Values) -> Numbers:
    """How many columns each row has, less those lost to calibration."""
    rows, columns = values.shown.shape
    return np.full(rows, columns) - per_row(values.lost, rows)


def _expected(values: Values, limit: Held) -> Numbers:
    return left(values) if limit.rule.losses == "left_out" else np.full(len(values.shown), values.shown.shape[1])


def _enough(limit: Held, count: Numbers, biased: Numbers, expected: Numbers) -> Marks:
    """Whether the values of sources that print everything are as many as the rule wants: a share of the hours or days
    expected, or the least number of samples; at least one."""
    least = max(limit.rule.least or 1, 1)
    share = 0.0 if limit.rule.block == "sample" else limit.rule.period_share or 0.0
    return np.asarray(count - biased >= np.maximum(expected * share - 1e-9, least))


def ranked(values: Values, ordered: Floats, limit: Held) -> Found:
    """How often a limit is exceeded, and the value that decides it: the highest of those that may not exceed it.

    ``ordered`` is what ``values`` show, sorted by row.
    """
    rows, percentile = len(values.shown), limit.rule.percentile or 0.0
    count, biased = per_row(values.complete, rows), per_row(values.biased, rows)
    expected = np.full(rows, limit.rule.least or -1) if limit.rule.block == "sample" else _expected(values, limit)
    complete = _enough(limit, count, biased, expected)
    certain = per_row(above(values.low, limit.value), rows)
    possible = per_row(above(values.high, limit.value), rows)
    allowed = needed = np.full(rows, limit.allowed)
    if limit.rule.statistic == "percentile":
        # Of an incomplete year as many must be above as of a complete one, to be a breach by themselves.
        allowed = may_exceed(percentile, count)
        needed = np.where(complete, allowed, may_exceed(percentile, expected))
    there = per_row(~np.isnan(values.shown), rows)
    return Found(
        value=nth_highest(ordered, there, allowed + 1),
        certain=certain > needed,
        possible=possible > allowed,
        complete=complete,
        count=count,
        expected=expected,
        biased=biased,
        below=per_row(values.below, rows),
        above=certain,
    )


def consecutive(block: Block, hours: Values, limit: Held) -> Found:
    """How often so many hours in a row were above a limit, and the highest level that they held."""
    rows, times = len(hours.shown), limit.rule.times or 1
    shown, low, _, high = block.finest.each(lambda values: runs(values, times, LEAD))
    certain, possible = above(low, limit.value), above(high, limit.value)
    highest = np.where(np.isnan(shown), -np.inf, shown).max(axis=1)
    count, biased, expected = per_row(hours.complete, rows), per_row(hours.biased, rows), _expected(hours, limit)
    return Found(
        value=np.where(np.isneginf(highest), np.nan, highest),
        certain=np.any(certain, axis=1),
        possible=np.any(possible, axis=1),
        complete=_enough(limit, count, biased, expected),
        count=count,
        expected=expected,
        biased=biased,
        below=per_row(hours.below, rows),
        above=begun(certain),
    )


def average(values: Values, limit: Held) -> Found:
    """The mean of samples, those below quantification at half of it (Directive 2009/90/EC, Article 5 (1)).

    Where a limit of quantification lies above the law's and what it leaves open decides, nothing is decided: Directive
    2008/105/EC, Article 3, takes no such mean into account.
    """
    rows = len(values.shown)
    count, biased = per_row(values.complete, rows), per_row(values.biased, rows)
    number = np.maximum(count, 1)
    half, low, high = (
        np.where(values.complete, each, 0.0).sum(axis=1) / number for each in (values.half, values.low, values.high)
    )
    complete = _enough(limit, count, biased, count)
    blind = above(np.where(values.low < values.high, values.high, np.nan), limit.value).any(axis=1)
    unsure = blind & above(high, limit.value) & ~above(low, limit.value)
    alone = low * number / np.maximum(number, limit.rule.least or 1)
    return Found(
        value=np.where(count > 0, half, np.nan),
        certain=(complete & above(half, limit.value) & ~unsure) | above(alone, limit.value),
        possible=unsure,
        complete=complete,
        count=count,
        expected=np.full(rows, limit.rule.least or -1),
        biased=biased,
        below=per_row(values.below, rows),
        low=np.where(low < high, low, np.nan),
        high=np.where(low < high, high, np.nan),
    )


def mean(sums: Sums, limit: Held) -> Found:
    """The mean of a period. An incomplete one is above a limit where its values alone, with nothing in the gaps, make
    it so: concentrations are never below zero."""
    half, low, high = (total(each) for each in (sums.half, sums.low, sums.high))
    count, below, biased, all_of = (total(each) for each in (sums.count, sums.below, sums.biased, sums.expected))
    expected = all_of - total(sums.lost) if limit.rule.losses == "left_out" else all_of
    number = np.maximum(count, 1)
    complete = _enough(limit, count, biased, expected)
    return Found(
        value=np.where(count > 0, half / number, np.nan),
        certain=(complete & above(low / number, limit.value)) | above(low / all_of, limit.value),
        possible=above(high / number, limit.value),
        complete=complete,
        count=count,
        expected=expected,
        biased=biased,
        below=below,
        low=np.where(low < high, low / number, np.nan),
        high=np.where(low < high, high / number, np.nan),
    )


def expected(limit: Held, how: Step, zone: ZoneInfo, numbers: Numbers) -> Numbers:
    """How many values complete years would have, [years]; -1 where no number is asked for."""
    if limit.rule.block == "sample" or how.block == "sample":
        return np.full(len(numbers), limit.rule.least or -1)
    years = [year(zone, int(each)) for each in numbers]
    return np.array([each.hours if level(limit, how.block)[0] == "hour" else each.days for each in years])

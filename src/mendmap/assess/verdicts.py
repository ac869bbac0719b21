"""Statistics of every series and year, and whether its limits are kept.

``assess`` is the whole of it: readings become blocks, blocks become plain statistics and verdicts, and sums by month
become the means of years and winters. Not here: the numbers (``statistics``), what each rule makes of them
(``findings``), and trends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from mendmap.assess import findings
from mendmap.assess.findings import Found, level
from mendmap.assess.grid import SHARE, Block, Numbers, blocks, in_order, step
from mendmap.assess.model import Basis, Floats, Readings, SeriesKey
from mendmap.assess.months import Gathered, Months, months_of, winters
from mendmap.assess.rows import OUTCOMES, WHY, Rows
from mendmap.assess.rules import Held, Medians, held, medians
from mendmap.assess.statistics import by_month, per_row, quantile, total, unexcused
from mendmap.assess.values import Values

_QUANTILES = {"least": 0.0, "median": 0.5, "p90": 0.9, "p98": 0.98, "highest": 1.0}
_BIASED, _COARSE, _SAMPLES, _UNPAIRED = (
    np.int8(WHY.index(each)) for each in ("biased", "coarse", "samples", "unpaired")
)
_UNDECIDABLE, _NO_DATA = (np.int8(OUTCOMES.index(each)) for each in ("undecidable", "no_data"))


@dataclass(frozen=True, slots=True)
class Assessed:
    """The answers of years and winters, in the columns of ``ANSWERS``, and the months that trends are made of."""

    answers: pa.Table
    months: Months


def assess(series: Sequence[SeriesKey], readings: Readings, basis: Basis) -> Assessed:
    """What the readings say, by calendar year and winter, and whether the limits of ``basis`` are kept.

    ``readings.code`` is a place in ``series``, among which must be those of the parameters that a limit depends on
    (``rules.beside``) at the same stations. Every series is assessed for itself, whatever stands beside it. Answers:
    mean, median, p90, p98, highest and least of each year with readings (of a biased sample the highest only); one row
    a year or winter, limit and rule for every limit that was not repealed by then; and ``no_data`` for years without
    readings between others. Raises UnitError where a limit's unit is not one of its parameter.
    """
    readings = in_order(readings)
    run = _Run(series, readings, basis)
    for block in blocks(series, readings, basis.zone):
        run.take(block)
    run.hold_means()
    run.name_gaps()
    return Assessed(run.rows.table(), months_of(series, readings, run.gathered, run.steps, basis.zone))


class _Run:
    """One assessment, and what it has found so far."""

    def __init__(self, series: Sequence[SeriesKey], readings: Readings, basis: Basis) -> None:
        self.series, self.readings, self.zone = series, readings, basis.zone
        self.limits = held(basis)
        self.steps = [step(each.averaging) for each in series]
        self.averaged = np.array([each.length > 0 for each in self.steps], np.bool_)
        self.begin = np.searchsorted(readings.code, np.arange(len(series)))
        self.rows = Rows([each.id for each in series], list(basis.limits))
        self.gathered = Gathered()
        self.seen: list[tuple[Numbers, Numbers]] = []
        self.medians: dict[tuple[str, str], Medians] = {}

    def take(self, block: Block) -> None:
        """Plain statistics and verdicts of a block; means of hours and days wait for the months of other years."""
        self.seen.append((block.series, block.year))
        limits = self.limits.get(block.parameter, ())
        values = block.values(block.step)
        assert values is not None
        if block.calendar is None:
            sums = [np.where(values.complete, each, 0.0).sum(axis=1) for each in (values.half, values.low, values.high)]
        else:
            self._gather(block, limits)
            months = self.gathered.last(block, (block.step, 0.0))
            sums = [total(each) for each in (months.half, months.low, months.high)]
        ordered = np.sort(values.shown, axis=1)
        self._plain(block, values, ordered, sums)
        cache = {(block.step, 0.0): ordered}
        for limit in limits:
            self._hold(block, limit, cache)

    def _gather(self, block: Block, limits: Sequence[Held]) -> None:
        """Sums by month, of the values themselves, of days, and of what else rules take means of."""
        assert block.calendar is not None
        levels = {level(each, block.step) for each in limits if each.rule.statistic == "mean"}
        for each in sorted({*levels, (block.step, 0.0), ("day", SHARE if block.step == "hour" else 0.0)}):
            values = block.values(*each)
            assert values is not None
            self.gathered.add(block, each, by_month(values, block.calendar))

    def _plain(self, block: Block, values: Values, ordered: Floats, sums: Sequence[Floats]) -> None:
        """The statistics that a series has of itself."""
        rows = len(block.series)
        count, biased = per_row(values.complete, rows), per_row(values.biased, rows)
        expected = np.full(rows, -1) if block.calendar is None else findings.left(values)
        censored = [ordered, *(np.sort(each, axis=1) for each in (values.low, values.high))]
        ends = censored if values.censored else [ordered]
        found = {name: [quantile(each, count, share) for each in ends] for name, share in _QUANTILES.items()}
        found["mean"] = [each / np.maximum(count, 1) for each in (sums if values.censored else sums[:1])]
        for name, each in found.items():
            # Of hours that a source chose, only the highest says something: it was at least so high.
            keep = np.flatnonzero((count > 0) & ((biased == 0) | (name == "highest")))
            # A row that is known has no ends, whatever stands beside it in the block.
            low, high = each[1:] if values.censored else (each[0], each[0])
            known = np.where(low < high, 0.0, np.nan)
            self.rows.add(
                block.series[keep],
                block.year[keep],
                name,
                value=each[0][keep],
                low=(low + known)[keep],
                high=(high + known)[keep],
                count=count[keep],
                expected=expected[keep],
                below_detection=per_row(values.below, rows)[keep],
                reason=np.where(biased[keep] > 0, _BIASED, 0),
            )

    def _hold(self, block: Block, limit: Held, ordered: dict[tuple[str, float], Floats]) -> None:
        """Holds one limit against the rows of a block; a mean of hours or days waits."""
        at, statistic = level(limit, block.step), limit.rule.statistic
        values = block.values(*at)
        if values is None or (statistic == "mean" and block.calendar is None):
            self._unfit(block, limit)
            return
        if statistic == "mean":
            return
        if statistic == "annual_average":
            found = findings.average(values, limit)
        elif statistic == "consecutive":
            found = findings.consecutive(block, values, limit)
        else:
            if at not in ordered:
                ordered[at] = np.sort(values.shown, axis=1)
            found = findings.ranked(values, ordered[at], limit)
        if statistic == "four_of_five":
            begin = self.begin[block.series]
            certain, possible = (unexcused(block, self.readings, begin, limit.value, each) for each in (False, True))
            found = replace(found, above=certain, certain=certain > 0, possible=possible > 0)
        self._settle(block.series, block.year, limit, found)

    def _unfit(self, block: Block, limit: Held) -> None:
        """Says of averages over too long, and of single samples, that they cannot decide."""
        values = block.values(block.step)
        assert values is not None
        keep = self._applies(limit, block.year)
        self.rows.add(
            block.series[keep],
            block.year[keep],
            limit.rule.statistic,
            against=limit.limit.id,
            winter=limit.rule.period == "winter",
            outcome=_UNDECIDABLE,
            reason=np.where(self.averaged[block.series], _COARSE, _SAMPLES)[keep],
            count=per_row(values.complete, len(block.series))[keep],
        )

    def hold_means(self) -> None:
        """Holds the limits about means against the sums of months, which a winter takes of two years."""
        for parameter, limits in self.limits.items():
            for limit in limits:
                for finest in ("hour", "day"):
                    key = (parameter, finest, *level(limit, finest))
                    if limit.rule.statistic != "mean" or key not in self.gathered:
                        continue
                    series, number, sums = self.gathered.of(key)
                    if limit.rule.period == "winter":
                        series, number, sums = winters(series, number, sums, self.zone, key[2] == "hour")
                    self._settle(series, number, limit, findings.mean(sums, limit))

    def _settle(self, series: Numbers, number: Numbers, limit: Held, found: Found) -> None:
        """Writes the verdicts that a rule's findings amount to."""
        outcome, reason = findings.verdict(found)
        keep = self._applies(limit, number)
        if limit.limit.depends_on:
            median = self._median(limit).of(series, number)
            unpaired = np.isnan(median)
            outcome, reason = np.where(unpaired, _UNDECIDABLE, outcome), np.where(unpaired, _UNPAIRED, reason)
            keep = keep[(unpaired | limit.fits(median))[keep]]
        # A mean or percentile of hours that a source chose would mislead.
        means = limit.rule.statistic in ("mean", "percentile", "annual_average")
        blank = np.where((found.biased > 0) & ~found.complete & means, np.nan, 0.0)
        self.rows.add(
            series[keep],
            number[keep],
            limit.rule.statistic,
            against=limit.limit.id,
            winter=limit.rule.period == "winter",
            outcome=outcome[keep],
            reason=reason[keep],
            value=(found.value + blank)[keep],
            low=(found.low + blank)[keep],
            high=(found.high + blank)[keep],
            count=found.count[keep],
            expected=found.expected[keep],
            above=np.broadcast_to(found.above, len(series))[keep],
            below_detection=found.below[keep],
        )

    def _applies(self, limit: Held, number: Numbers) -> Numbers:
        """The rows whose period the limit is held against."""
        return np.flatnonzero(np.isin(number, [each for each in np.unique(number) if limit.applies(int(each))]))

    def _median(self, limit: Held) -> Medians:
        key = limit.limit.parameter, limit.limit.depends_on or ""
        if key not in self.medians:
            self.medians[key] = medians(self.series, self.readings, self.zone, *key)
        return self.medians[key]

    def name_gaps(self) -> None:
        """Says ``no_data`` of the years without readings that lie between years with some."""
        if not self.seen:
            return
        series, number = (np.concatenate([each[nth] for each in self.seen]) for nth in (0, 1))
        order = np.lexsort((number, series))
        series, number = series[order], number[order]
        for at in np.flatnonzero((np.diff(series) == 0) & (np.diff(number) > 1)):
            code, missing = int(series[at]), np.arange(number[at] + 1, number[at + 1])
            for limit in self.limits.get(self.series[code].parameter, ()):
                some = missing[self._applies(limit, missing)]
                if limit.limit.depends_on or limit.rule.period == "winter" or not len(some):
                    continue
                self.rows.add(
                    np.full(len(some), code),
                    some,
                    limit.rule.statistic,
                    against=limit.limit.id,
                    outcome=_NO_DATA,
                    count=0,
                    expected=findings.expected(limit, self.steps[code], self.zone, some),
                )

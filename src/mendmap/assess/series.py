"""All that can be said of series from their readings: years and winters, trends, and comparisons.

Not here: each of these (``verdicts``, ``trends``, ``compare``, ``censored``), and how they are kept (``lake``).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mendmap.assess import verdicts
from mendmap.assess.censored import kaplan_meier
from mendmap.assess.compare import Window, around, baseline, compare
from mendmap.assess.grid import in_order, parts, step
from mendmap.assess.model import ABOVE, ANSWERS, BELOW, Basis, Floats, Readings, SeriesKey, answers
from mendmap.assess.months import Months
from mendmap.assess.trends import trends

Numbers = NDArray[np.int64]


def assess(series: Sequence[SeriesKey], readings: Readings, basis: Basis) -> pa.Table:
    """Every answer that the readings give, in the columns of ``ANSWERS``.

    ``readings.code`` is a place in ``series``. Every series is assessed for itself, whatever stands beside it, but for
    what its limits depend on (``rules.beside``). Raises UnitError where a limit's unit is not one of its parameter.
    """
    if not len(readings.code):
        return ANSWERS.empty_table()
    readings = in_order(readings)
    found = verdicts.assess(series, readings, basis)
    ids = np.array([each.id for each in series], dtype=object)
    tables = [found.answers, _means(series, ids, readings, basis), *_changes(series, ids, found.months, basis)]
    return pa.concat_tables(tables)


def _means(series: Sequence[SeriesKey], ids: NDArray[np.object_], readings: Readings, basis: Basis) -> pa.Table:
    """The means by Kaplan and Meier of the years in which something lies below detection."""
    held = parts([step(each.averaging) for each in series], readings, basis.zone)
    below = readings.qualifier == BELOW
    # Of what lies above detection, and of values that a source chose, it says nothing.
    unfit = (readings.qualifier == ABOVE) | readings.biased
    some, none = (np.concatenate(([0], np.cumsum(each))) for each in (below, unfit))
    chosen = (some[held.last] > some[held.first]) & (none[held.last] == none[held.first])
    held = held[np.flatnonzero(chosen)]
    if not len(held):
        return ANSWERS.empty_table()
    rows = np.concatenate([np.arange(*each) for each in zip(held.first, held.last, strict=True)])
    group = np.repeat(np.arange(len(held)), held.last - held.first)
    known = np.isfinite(np.where(below[rows], readings.limit[rows], readings.value[rows]))
    rows, group = rows[known], group[known]
    offsets = np.searchsorted(group, np.arange(len(held) + 1))
    means = kaplan_meier(readings.value[rows], readings.limit[rows], below[rows], offsets)
    return answers(
        {
            "series": ids[held.series],
            "period": held.year.astype(str),
            "statistic": ["kaplan_meier"] * len(held),
            "value": means.mean,
            "low": means.low,
            "high": means.high,
            "count": means.count,
            "below_detection": means.below,
        }
    )


@dataclass(frozen=True, slots=True)
class _Monthly:
    """The series that have months, [series, years, 12] as ``months.Months`` has them. ``first`` and ``last`` are the
    months with a value that each begins and ends with, counted from January of the year ``since``."""

    ids: NDArray[np.object_]
    value: Floats
    below: NDArray[np.bool_]
    first: Numbers
    last: Numbers
    since: int

    @classmethod
    def of(cls, ids: NDArray[np.object_], months: Months) -> "_Monthly":
        given = ~np.isnan(months.value).reshape(len(ids), -1)
        first, last = given.argmax(axis=1), given.shape[1] - 1 - given[:, ::-1].argmax(axis=1)
        whole = cls(ids, months.value, months.below, first, last, months.first)
        return whole[np.flatnonzero(given.any(axis=1))]

    def __getitem__(self, rows: Numbers) -> "_Monthly":
        return _Monthly(
            self.ids[rows], self.value[rows], self.below[rows], self.first[rows], self.last[rows], self.since
        )

    def spans(self, first: Numbers, last: Numbers) -> list[str]:
        """The stretches from one month to another, as ``2015-01/2024-12``."""
        names = [f"{self.since + nth // 12:04d}-{nth % 12 + 1:02d}" for nth in range(self.value.shape[1] * 12)]
        return [f"{names[one]}/{names[other]}" for one, other in zip(first, last, strict=True)]


def _changes(series: Sequence[SeriesKey], ids: NDArray[np.object_], months: Months, basis: Basis) -> list[pa.Table]:
    """The trend of every series with months, its change from its first years to its last, and that over each work."""
    given = _Monthly.of(ids, months)
    if not len(given.ids):
        return []
    tables = [_trends(given), _compared(given, "baseline", "", *baseline(given.value))]
    works: dict[str, list[int]] = {}
    done = {each.id: each.works for each in series}
    for row, ident in enumerate(given.ids):
        for name in done[ident]:
            works.setdefault(name, []).append(row)
    for name, rows in sorted(works.items()):
        work = basis.works.get(name)
        # While it is under way nothing is after it, and where nobody says when it was there is no before.
        if work and work.begun and work.finished:
            theirs = given[np.array(rows)]
            tables.append(
                _compared(theirs, "before_after", name, *_windows(theirs, work.begun.first, work.finished.last))
            )
    return tables


def _trends(given: _Monthly) -> pa.Table:
    found = trends(given.value, given.below)
    columns = {name: getattr(found, name) for name in ("low", "high", "count", "p", "outcome")}
    return answers(
        {
            "series": given.ids,
            "period": given.spans(given.first, given.last),
            "statistic": ["trend"] * len(given.ids),
            "value": found.slope,
            "expected": given.last - given.first + 1,
            "below_detection": found.below,
            **columns,
        }
    )


def _windows(given: _Monthly, begun: dt.date, finished: dt.date) -> tuple[Window, Window]:
    """The months of each series before a work and after it."""
    length = given.value.shape[1] * 12
    one, other = ((day.year - given.since) * 12 + day.month - 1 for day in (begun, finished))
    ends = (np.full(len(given.ids), min(max(each, low), length)) for each, low in ((one, 0), (other, -1)))
    before, after = around(length, *ends)
    return Window(np.minimum(given.first, before.end), before.end), Window(
        after.first, np.maximum(given.last + 1, after.first)
    )


def _compared(given: _Monthly, statistic: str, against: str, before: Window, after: Window) -> pa.Table:
    """The change from one window to another, of the series that have months in both."""
    rows = np.flatnonzero((before.end > before.first) & (after.end > after.first))
    given = given[rows]
    before, after = (Window(each.first[rows], each.end[rows]) for each in (before, after))
    found = compare(given.value, given.below, before, after)
    columns = {name: getattr(found, name) for name in ("low", "high", "before", "after", "count", "p", "outcome")}
    return answers(
        {
            "series": given.ids,
            "period": given.spans(before.first, after.end - 1),
            "statistic": [statistic] * len(rows),
            "against": [against] * len(rows),
            "value": found.change,
            "expected": found.months,
            "below_detection": found.below,
            **columns,
        }
    )

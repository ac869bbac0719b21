"""All that can be said of series from their readings: years and winters, trends, and comparisons.

Not here: each of these (``verdicts``, ``trends``, ``compare``, ``censored``), and how they are kept (``lake``).
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mendmap.assess import verdicts
from mendmap.assess.censored import kaplan_meier
from mendmap.assess.compare import Comparison, Window, around, baseline, compare
from mendmap.assess.grid import in_order, parts, step
from mendmap.assess.model import ABOVE, ANSWERS, BELOW, Basis, Readings, SeriesKey, answers
from mendmap.assess.months import Months
from mendmap.assess.trends import trends
from mendmap.catalogue.records import Work

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


def _changes(series: Sequence[SeriesKey], ids: NDArray[np.object_], months: Months, basis: Basis) -> list[pa.Table]:
    """The trend of every series with months, its change from its first years to its last, and that over each work."""
    given = ~np.isnan(months.value)
    kept = np.flatnonzero(given.any(axis=(1, 2)))
    if not len(kept):
        return []
    value, below, ids = months.value[kept], months.below[kept], ids[kept]
    flat = given[kept].reshape(len(kept), -1)
    first, last = flat.argmax(axis=1), flat.shape[1] - 1 - flat[:, ::-1].argmax(axis=1)
    found = trends(value, below)
    tables = [
        answers(
            {
                "series": ids,
                "period": _spans(months, first, last),
                "statistic": ["trend"] * len(kept),
                "value": found.slope,
                "low": found.low,
                "high": found.high,
                "count": found.count,
                "expected": last - first + 1,
                "below_detection": found.below,
                "p": found.p,
                "outcome": found.outcome,
            }
        )
    ]
    before, after = baseline(value)
    fits = before.end > before.first
    tables.append(_compared(months, ids, "baseline", "", before, after, compare(value, below, before, after), fits))
    works = sorted(set(chain.from_iterable(series[int(each)].works for each in kept)))
    for name in works:
        windows = _windows(basis.works.get(name), months, len(kept))
        if windows is None:
            continue
        # What lies before the first month, or after the last, is no part of either window.
        before = Window(np.minimum(first, windows[0].end), windows[0].end)
        after = Window(windows[1].first, np.maximum(last + 1, windows[1].first))
        theirs = np.array([name in series[int(each)].works for each in kept])
        fits = theirs & (before.end > before.first) & (after.end > after.first)
        tables.append(
            _compared(months, ids, "before_after", name, before, after, compare(value, below, before, after), fits)
        )
    return tables


def _windows(work: Work | None, months: Months, rows: int) -> tuple[Window, Window] | None:
    """The months before a work and after it; None while it is under way, or where nobody says when it was."""
    if work is None or work.begun is None or work.finished is None:
        return None
    begun, finished = ((day.year - months.first) * 12 + day.month - 1 for day in (work.begun.first, work.finished.last))
    length = months.value.shape[1] * 12
    ends = (np.full(rows, min(max(each, low), length)) for each, low in ((begun, 0), (finished, -1)))
    return around(length, *ends)


def _compared(
    months: Months,
    ids: NDArray[np.object_],
    statistic: str,
    against: str,
    before: Window,
    after: Window,
    found: Comparison,
    fits: NDArray[np.bool_],
) -> pa.Table:
    some = np.flatnonzero(fits)
    columns = {
        "series": ids,
        "period": _spans(months, before.first, after.end - 1),
        "value": found.change,
        **{name: getattr(found, name) for name in ("low", "high", "before", "after", "count", "p", "outcome")},
        "expected": found.months,
        "below_detection": found.below,
    }
    chosen = {name: np.asarray(column)[some] for name, column in columns.items()}
    return answers(chosen | {"statistic": [statistic] * len(some), "against": [against] * len(some)})


def _spans(months: Months, first: Numbers, last: Numbers) -> NDArray[np.object_]:
    """The stretches from one month to another, as ``2015-01/2024-12``."""
    names = [f"{months.first + nth // 12:04d}-{nth % 12 + 1:02d}" for nth in range(months.value.shape[1] * 12)]
    text = np.array([*names, ""], dtype=object)
    spans: NDArray[np.object_] = text[np.clip(first, 0, len(names))] + "/" + text[np.clip(last, 0, len(names))]
    return spans

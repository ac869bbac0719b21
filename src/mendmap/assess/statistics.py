"""What a row of values says: sums by month, ranks, counts above a limit, runs, and the four-of-five rule for samples.

All of it is computed for every row of a block at once. Where values are known only within ends, so is what is made of
them. Not here: what a law asks for (``rules``), and whether it is kept (``verdicts``).
"""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from mendmap.assess.calendar import Year
from mendmap.assess.grid import Block, Numbers
from mendmap.assess.model import ABOVE, BELOW, Floats, Readings
from mendmap.assess.values import Marks, Values

Counted = TypeVar("Counted", Floats, Numbers)

# Sums of decimals miss the limit they add up to by their last digits; above it is only what is so by more than that.
TOLERANCE = 1e-9
FOUR_OF_FIVE_YEARS = 3 * 366 * 86_400_000_000  # microseconds: inspections that lie further back do not count


def above(values: Floats, limit: float) -> Marks:
    """Which values lie above a limit; NaN does not."""
    return values > limit + TOLERANCE * abs(limit)


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums and counts by month, [rows, 12]: of values as half, low and high; how many there are, how many of them lie
    below detection and are biased; how many a complete month has, and how many of those were lost to calibration."""

    half: Floats
    low: Floats
    high: Floats
    count: Numbers
    below: Numbers
    biased: Numbers
    expected: Numbers
    lost: Numbers


def by_month(values: Values, calendar: Year) -> Sums:
    """Sums of the hours or days of a year by month. Hours are added by day first, so that a month's sum rounds as
    the days' do."""
    hourly = values.shown.shape[1] != calendar.days
    starts, lengths = (calendar.month_hours, calendar.hours) if hourly else (calendar.month_days, calendar.days)
    valid = values.complete

    def sums(table: Floats) -> Floats:
        filled = np.where(valid, table, 0.0)
        days = np.add.reduceat(filled, calendar.day_hours, axis=1) if hourly else filled
        return np.add.reduceat(days, calendar.month_days, axis=1)

    def count(marks: Marks | None) -> Numbers:
        rows = len(values.shown)
        none = np.zeros((rows, 12), np.int64)
        return none if marks is None else np.add.reduceat(marks, starts, axis=1, dtype=np.int64)

    low = sums(values.low)
    half, high = (sums(values.half), sums(values.high)) if values.censored else (low, low)
    expected = np.broadcast_to(np.diff(starts, append=lengths), low.shape)
    return Sums(half, low, high, count(valid), count(values.below), count(values.biased), expected, count(values.lost))


def total(months: Counted) -> Counted:
    """The months of a period added up in their order, [rows, months] to [rows]."""
    added = months[:, 0]
    for month in range(1, months.shape[1]):
        added = added + months[:, month]
    return added


def joined(sums: list[Sums]) -> Sums:
    """The rows of several, one after the other."""
    return Sums(*(np.concatenate([getattr(each, item.name) for each in sums]) for item in fields(Sums)))


def per_row(marks: Marks | None, rows: int) -> Numbers:
    """How many of each row are marked, [rows]."""
    return np.zeros(rows, np.int64) if marks is None else np.asarray(np.count_nonzero(marks, axis=1))


def quantile(ordered: Floats, count: Numbers, share: float) -> Floats:
    """A quantile of every row, between its two nearest values (type 7 of Hyndman and Fan 1996, as numpy and DuckDB's
    ``quantile_cont``). ``ordered`` is sorted with NaN at the end, after ``count`` values; NaN where there is none."""
    place = np.maximum(count - 1, 0) * share
    floor = np.floor(place).astype(np.int64)
    ceiling = np.minimum(floor + 1, np.maximum(count - 1, 0))
    low, high = (np.take_along_axis(ordered, each[:, None], axis=1)[:, 0] for each in (floor, ceiling))
    weight = place - floor
    with np.errstate(invalid="ignore"):  # infinity less infinity
        return np.where((weight == 0) | (low == high), low, low + weight * (high - low))


def nth_highest(ordered: Floats, count: Numbers, nth: Numbers) -> Floats:
    """The ``nth`` highest of every row, counted from 1; NaN where there are fewer."""
    place = count - nth
    found = np.take_along_axis(ordered, np.maximum(place, 0)[:, None], axis=1)[:, 0]
    return np.where(place >= 0, found, np.nan)


def may_exceed(percentile: float, count: Numbers) -> Numbers:
    """How many of ``count`` values may lie above a percentile, by the nearest rank: the least value that at least so
    many in a hundred do not exceed. Of 365 days three lie above the 99th, which WHO calls 3 to 4 days a year."""
    allowed: Numbers = np.floor((100 - percentile) / 100 * count + TOLERANCE).astype(np.int64)
    return allowed


def runs(hours: Floats, times: int, first: int) -> Floats:
    """The level that every ``times`` consecutive hours held, [rows, hours] to [rows, hours - first]: the lowest of the
    hours that end with each hour from column ``first`` on; NaN where one is missing."""
    width = hours.shape[1] - first
    held = hours[:, first : first + width].copy()
    for back in range(1, times):
        np.minimum(held, hours[:, first - back : first - back + width], out=held)
    return held


def begun(marks: Marks) -> Numbers:
    """How many runs of marked columns each row has, [rows]."""
    return np.asarray(np.count_nonzero(marks[:, 1:] & ~marks[:, :-1], axis=1) + marks[:, 0])


def unexcused(block: Block, readings: Readings, begin: Numbers, limit: float, possible: bool) -> Numbers:
    """How many samples of each row lie above a limit and are not excused, [rows].

    One is excused where four of it and the four samples before it, of three years, do not exceed the limit, and none
    exceeds twice the limit (German AbwV, section 6 (1)). ``begin`` [rows] is the first reading of each row's series.
    ``possible``: counted is what may lie above, for want of detection.
    """
    before = 4
    width = int((block.last - block.first).max())
    index = block.first[:, None] + np.arange(-before, width)
    there = (index >= begin[:, None]) & (index < block.last[:, None])
    index = np.clip(index, 0, len(readings.value) - 1)
    value = np.where(there, readings.value[index], np.nan)
    qualifier = readings.qualifier[index]
    below, over = there & (qualifier == BELOW), there & (qualifier == ABOVE)
    least = readings.limit[index]
    value = np.where(below, np.where(np.isnan(least), value, least) if possible else 0.0, value)
    value = np.where(over & possible, np.inf, value)
    start = np.where(there, readings.start[index], np.iinfo(np.int64).min // 2)
    own = slice(before, None)
    seen, exceed, double = np.zeros((3, len(value), width), np.int64)
    for back in range(before + 1):
        earlier = slice(before - back, before - back + width)
        recent = there[:, earlier] & (start[:, own] - start[:, earlier] <= FOUR_OF_FIVE_YEARS)
        seen += recent
        exceed += recent & above(value[:, earlier], limit)
        double += recent & above(value[:, earlier], 2 * limit)
    excused = (seen == before + 1) & (exceed == 1) & (double == 0)
    return per_row(above(value[:, own], limit) & ~excused, len(value))

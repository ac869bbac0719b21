"""Sums and means by month: what means of years and winters, and trends, are made of.

Not here: how a month is summed (``statistics``), and trends themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

import numpy as np

from mendmap.assess.calendar import HOUR, year, year_of
from mendmap.assess.grid import SHARE, Block, Numbers, Step, ends
from mendmap.assess.model import Floats, Readings, SeriesKey
from mendmap.assess.statistics import Sums, joined
from mendmap.assess.values import Marks

_YEARS = 10_000
Level = tuple[str, str, str, float]  # parameter, step of its series, grid, share of a column that is there


@dataclass(frozen=True, slots=True)
class Months:
    """Monthly means, [series, years, 12]; NaN where there is none. ``first`` is the first of the years.

    A month of hours or days has a mean where SHARE of its days is there, one of samples where there is any. What lies
    below detection counts as its limit; ``below`` marks the months of which that is more than half, so that their
    mean is only known to lie between zero and what is given. Months of biased samples have none.
    """

    value: Floats
    below: Marks
    first: int


class Gathered:
    """Sums by month, as blocks bring them."""

    def __init__(self) -> None:
        self._found: dict[Level, list[tuple[Numbers, Numbers, Sums]]] = {}

    def __contains__(self, level: Level) -> bool:
        return level in self._found

    def add(self, block: Block, level: tuple[str, float], sums: Sums) -> None:
        """Keeps the sums of a block."""
        self._found.setdefault((block.parameter, block.step, *level), []).append((block.series, block.year, sums))

    def last(self, block: Block, level: tuple[str, float]) -> Sums:
        """The sums that a block has just brought."""
        return self._found[block.parameter, block.step, *level][-1][2]

    def of(self, level: Level) -> tuple[Numbers, Numbers, Sums]:
        """Series, year and sums, a row each, by series and year."""
        found = self._found[level]
        series, number = (np.concatenate([each[nth] for each in found]) for nth in (0, 1))
        order = np.lexsort((number, series))
        sums = joined([each[2] for each in found])
        return series[order], number[order], _rows(sums, order)

    def daily(self) -> list[Level]:
        """The levels that hold days."""
        return [each for each in self._found if each[2:] == ("day", SHARE if each[1] == "hour" else 0.0)]


def winters(
    series: Numbers, number: Numbers, sums: Sums, zone: ZoneInfo, hourly: bool
) -> tuple[Numbers, Numbers, Sums]:
    """The winters from October to March that have any value: series, the year in which each ends, and the sums of its
    six months, [rows, 6]."""
    key = series * _YEARS + number
    wanted = np.union1d(key, key + 1)
    tables = {}
    for item in fields(Sums):
        table = getattr(sums, item.name)
        autumn, spring = (_at(key, wanted - back)[:, None] for back in (1, 0))
        before = np.where(autumn >= 0, table[autumn[:, 0], 9:], 0)
        tables[item.name] = np.concatenate([before, np.where(spring >= 0, table[spring[:, 0], :3], 0)], axis=1)
    tables["expected"] = _winter_lengths(wanted % _YEARS, zone, hourly)
    keep = np.flatnonzero(tables["count"].sum(axis=1) > 0)
    return wanted[keep] // _YEARS, wanted[keep] % _YEARS, _rows(Sums(**tables), keep)


def _winter_lengths(numbers: Numbers, zone: ZoneInfo, hourly: bool) -> Numbers:
    def lengths(number: int) -> Numbers:
        each = year(zone, number)
        return np.diff(each.month_hours, append=each.hours) if hourly else np.diff(each.month_days, append=each.days)

    distinct, place = np.unique(numbers, return_inverse=True)
    table = [np.concatenate([lengths(int(each) - 1)[9:], lengths(int(each))[:3]]) for each in distinct]
    return np.array(table, np.int64).reshape(-1, 6)[place]


def _at(key: Numbers, wanted: Numbers) -> Numbers:
    """Where in the sorted ``key`` each wanted one is; -1 where it is not."""
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[place] == wanted, place, -1)


def _rows(sums: Sums, rows: Numbers) -> Sums:
    return Sums(*(getattr(sums, item.name)[rows] for item in fields(Sums)))


def months_of(
    series: Sequence[SeriesKey], readings: Readings, gathered: Gathered, steps: Sequence[Step], zone: ZoneInfo
) -> Months:
    """The monthly means of all series: of days from what was gathered, of samples from the readings themselves."""
    daily = [gathered.of(level) for level in gathered.daily()]
    rows = np.flatnonzero(np.array([each.block == "sample" for each in steps], np.bool_)[readings.code])
    moment = readings.start[rows] + np.array([each.length // 2 for each in steps], np.int64)[readings.code[rows]]
    years = [int(each) for _, number, _ in daily for each in (number.min(), number.max())]
    years += [year_of(zone, int(each)) for each in ((moment.min(), moment.max()) if len(moment) else ())]
    first, last = (min(years), max(years)) if years else (1970, 1969)
    shape = (len(series), last - first + 1, 12)
    value, low, count = np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int64)
    for code, number, sums in daily:
        at = (code, number - first)
        enough = (sums.count >= SHARE * sums.expected - 1e-9) & (sums.biased == 0)
        count[at] = np.where(enough, sums.count, 0)
        value[at], low[at] = sums.high, sums.low
    if len(rows):
        starts = [each.start + each.month_hours * HOUR for each in (year(zone, nth) for nth in range(first, last + 1))]
        month = np.searchsorted(np.concatenate(starts), moment, "right") - 1
        place = readings.code[rows].astype(np.int64) * (shape[1] * 12) + month
        _, lowest, _, highest = ends(readings, rows)
        chosen = np.bincount(place, weights=readings.biased[rows], minlength=value.size).reshape(shape) > 0
        value += np.bincount(place, weights=highest, minlength=value.size).reshape(shape)
        low += np.bincount(place, weights=lowest, minlength=value.size).reshape(shape)
        count += np.where(chosen, 0, np.bincount(place, minlength=value.size).reshape(shape))
    with np.errstate(invalid="ignore"):
        known = (count > 0) & np.isfinite(value)
        # What is measured below nought, as an index of water is, has the same at both ends.
        below = known & (low < value) & (low < value / 2)
        return Months(np.where(known, value / np.maximum(count, 1), np.nan), below, first)

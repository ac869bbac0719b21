"""Puts readings on grids: hours and days by their place in the calendar, samples one after the other.

Readings become blocks of one parameter, a row a series and year: years without readings take no room, and a block is
small (at most ``_CELLS`` cells, 8 MiB an array), so memory grows neither with the span nor with the number of series.
A row is computed of its own readings only, in the order of time: its sums are the same whatever stands beside it.
Not here: what is computed of them (``statistics``).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from mendmap.assess.calendar import HOUR, Year, year, year_of, year_start
from mendmap.assess.model import ABOVE, BELOW, Floats, Readings, SeriesKey
from mendmap.assess.values import LEAD, Marks, Values, days_of, eight_hours_of
from mendmap.words.dates import length

DAY = 24 * HOUR
SHARE = 0.75  # of an hour or a day, where a rule says nothing else
_CELLS = 1 << 20
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """How the values of a series stand in time: ``block`` is hour, day or sample, ``length`` what one is an average
    of, in microseconds; 0: a single sample."""

    block: str
    length: int


def step(averaging: str) -> Step:
    """The step of an averaging time: up to an hour, up to a day, or neither."""
    try:
        duration = int(length(averaging).total_seconds()) * 1_000_000
    except ValueError:
        return Step("sample", 0)
    return Step("hour" if duration <= HOUR else "day" if duration <= DAY else "sample", duration)


@dataclass(frozen=True, slots=True)
class Block:
    """Values of one parameter, a row a series and year.

    ``series`` and ``year`` [rows] tell which; ``first`` and ``last`` [rows] are the rows of the readings. ``finest``
    holds the values at ``step``; of hours it begins LEAD hours before the year. ``calendar`` is the year, where that is
    the same for all rows.
    """

    parameter: str
    step: str
    series: Numbers
    year: Numbers
    first: Numbers
    last: Numbers
    finest: Values
    calendar: Year | None = None
    _made: dict[tuple[str, float], Values] = field(default_factory=dict)

    def values(self, block: str, share: float = SHARE) -> Values | None:
        """The values by hour, day, highest 8h of a day, or sample; None where they cannot be made of this step."""
        if block == "sample" or block == self.step:
            return self._kept(block, 0.0, lambda: self.finest.columns(LEAD if self.step == "hour" else 0))
        if self.step != "hour" or self.calendar is None:
            return None
        made, calendar = {"day": days_of, "8h": eight_hours_of}[block], self.calendar
        hours = self.finest.columns(LEAD) if block == "day" else self.finest
        return self._kept(block, share, lambda: made(hours, calendar, share))

    def _kept(self, block: str, share: float, make: Callable[[], Values]) -> Values:
        if (block, share) not in self._made:
            self._made[block, share] = make()
        return self._made[block, share]


@dataclass(frozen=True, slots=True)
class Parts:
    """The readings of each series by year, a row a series and year that has any, by series and then year.

    ``first`` and ``last`` bound its readings, ``begin`` is the first reading of its series.
    """

    series: Numbers
    year: Numbers
    first: Numbers
    last: Numbers
    begin: Numbers

    def __getitem__(self, rows: Numbers | slice) -> "Parts":
        return Parts(*(getattr(self, name)[rows] for name in ("series", "year", "first", "last", "begin")))

    def __len__(self) -> int:
        return len(self.series)


def in_order(readings: Readings) -> Readings:
    """The readings by series and then start, as everything here takes them. A reading is of the year and day that its
    middle lies in."""
    code, start, end = readings.code, readings.start, readings.end
    later = (start[1:] > start[:-1]) | ((start[1:] == start[:-1]) & (end[1:] >= end[:-1]))
    if bool(np.all((code[1:] > code[:-1]) | ((code[1:] == code[:-1]) & later))):
        return readings
    order = np.lexsort((readings.value, end, start, code))
    given = {each.name: getattr(readings, each.name) for each in fields(readings)}
    ordered: dict[str, Any] = {name: None if each is None else each[order] for name, each in given.items()}
    return Readings(**ordered)


def parts(steps: Sequence[Step], readings: Readings, zone: ZoneInfo) -> Parts:
    """Cuts the readings of every series into calendar years."""
    bounds = np.searchsorted(readings.code, np.arange(len(steps) + 1))
    held = np.flatnonzero(np.diff(bounds))
    if not len(held):
        return Parts(*(np.zeros(0, np.int64) for _ in range(5)))
    middles = np.array([each.length // 2 for each in steps], np.int64)[held]
    earliest = int((readings.start[bounds[held]] + middles).min())
    latest = int((readings.start[bounds[held + 1] - 1] + middles).max())
    numbers = np.arange(year_of(zone, earliest), year_of(zone, latest) + 2)
    turns = np.array([year_start(zone, int(each)) for each in numbers], np.int64)
    cuts = np.array(
        [
            readings.start[bounds[code] : bounds[code + 1]].searchsorted(turns - middle) + bounds[code]
            for code, middle in zip(held, middles, strict=True)
        ]
    )
    row, nth = np.nonzero(np.diff(cuts, axis=1))
    return Parts(held[row], numbers[nth], cuts[row, nth], cuts[row, nth + 1], bounds[held[row]])


def blocks(series: Sequence[SeriesKey], readings: Readings, zone: ZoneInfo) -> Iterator[Block]:
    """All readings as blocks, by parameter, step and year; ``readings`` are ``in_order``."""
    steps = [step(each.averaging) for each in series]
    found = parts(steps, readings, zone)
    names = sorted({(each.parameter, how.block) for each, how in zip(series, steps, strict=True)})
    place = {name: nth for nth, name in enumerate(names)}
    kind = np.array([place[each.parameter, how.block] for each, how in zip(series, steps, strict=True)], np.int64)
    for nth, (parameter, block) in enumerate(names):
        some = found[np.flatnonzero(kind[found.series] == nth)]
        if block == "sample":
            yield from _samples(parameter, some, readings)
        else:
            yield from _dense(parameter, block, steps, some, readings, zone)


def _dense(
    parameter: str, block: str, steps: Sequence[Step], some: Parts, readings: Readings, zone: ZoneInfo
) -> Iterator[Block]:
    for number in np.unique(some.year):
        calendar = year(zone, int(number))
        of_year = some[np.flatnonzero(some.year == number)]
        width = calendar.hours + LEAD if block == "hour" else calendar.days
        for at in range(0, len(of_year), max(1, _CELLS // width)):
            rows = of_year[slice(at, at + max(1, _CELLS // width))]
            places = [
                _placed(block, steps[code], calendar, rows[slice(nth, nth + 1)], readings)
                for nth, code in enumerate(rows.series)
            ]
            values = _filled(places, width, block, readings)
            yield Block(parameter, block, rows.series, rows.year, rows.first, rows.last, values, calendar)


@dataclass(frozen=True, slots=True)
class _Placed:
    """The readings of one row of a block: their rows, the column of each, and the share of the column that each is."""

    rows: slice
    columns: Numbers
    share: float


def _placed(block: str, how: Step, calendar: Year, row: Parts, readings: Readings) -> _Placed:
    first, last, begin = int(row.first[0]), int(row.last[0]), int(row.begin[0])
    middle = how.length // 2
    if block == "day":
        moments = readings.start[first:last] + (middle - calendar.start)
        columns = np.searchsorted(calendar.day_hours * HOUR, moments, "right") - 1
        return _Placed(slice(first, last), columns, how.length / DAY)
    origin = calendar.start - LEAD * HOUR
    first = begin + int(readings.start[begin:first].searchsorted(origin - middle))
    columns = (readings.start[first:last] + (middle - origin)) // HOUR
    # A zone that moved by a part of an hour leaves one at the year's end.
    return _Placed(slice(first, last), np.minimum(columns, calendar.hours + LEAD - 1), how.length / HOUR)


def _filled(places: Sequence[_Placed], width: int, block: str, readings: Readings) -> Values:
    """A row each, with its values put in their columns."""
    found = [ends(readings, each.rows) for each in places]
    count = 4 if any(each[0] is not each[3] for each in found) else 1
    arrays = [np.full((len(places), width), np.nan) for _ in range(count)]
    for nth, (place, values) in enumerate(zip(places, found, strict=True)):
        for array, each in zip(arrays, values, strict=False):
            _put(array[nth], place, each)
    biased, lost = (_marked(places, width, marks) for marks in (readings.biased, readings.lost))
    shown, low, half, high = arrays if count == 4 else arrays * 4
    return Values(shown, low, half, high, biased, lost)


def _put(row: Floats, place: _Placed, values: Floats) -> None:
    """Puts values in their columns of one row; several in a column become their mean, where they cover SHARE of it."""
    alone = place.share > SHARE and bool(np.all(np.diff(place.columns) > 0))
    if alone:
        row[place.columns] = values
        return
    there = ~np.isnan(values)
    columns, values = place.columns[there], values[there]
    count = np.bincount(columns, minlength=len(row))
    sums = np.bincount(columns, weights=values, minlength=len(row))
    enough = count * place.share >= SHARE - 1e-9
    row[enough] = sums[enough] / count[enough]


def _marked(places: Sequence[_Placed], width: int, marks: Marks | None) -> Marks | None:
    if marks is None or not any(marks[each.rows].any() for each in places):
        return None
    table = np.zeros((len(places), width), np.bool_)
    for nth, place in enumerate(places):
        table[nth, place.columns[marks[place.rows]]] = True
    return table


def _samples(parameter: str, some: Parts, readings: Readings) -> Iterator[Block]:
    """Samples one after the other, rows of about as many together. How wide a row is follows from its own number of
    samples alone, because numpy's sums depend on it in their last digit."""
    counts = some.last - some.first
    widths = 1 << np.ceil(np.log2(np.maximum(counts, 4))).astype(np.int64)
    for width in np.unique(widths):
        of_width = some[np.flatnonzero(widths == width)]
        for at in range(0, len(of_width), max(1, _CELLS // int(width))):
            rows = of_width[slice(at, at + max(1, _CELLS // int(width)))]
            index = rows.first[:, None] + np.arange(width)
            there = index < rows.last[:, None]
            flat = index[there]
            found = ends(readings, flat)
            shown = _spread(there, found[0])
            itself = found[0] is found[3]
            low, half, high = (shown if itself else _spread(there, each) for each in found[1:])
            biased, lost = (_spread_marks(there, flat, marks) for marks in (readings.biased, readings.lost))
            values = Values(shown, low, half, high, biased, lost)
            yield Block(parameter, "sample", rows.series, rows.year, rows.first, rows.last, values)


def _spread(there: Marks, values: Floats) -> Floats:
    table = np.full(there.shape, np.nan)
    table[there] = values
    return table


def _spread_marks(there: Marks, rows: Numbers, marks: Marks | None) -> Marks | None:
    if marks is None or not (chosen := marks[rows]).any():
        return None
    table = np.zeros(there.shape, np.bool_)
    table[there] = chosen
    return table


def ends(readings: Readings, rows: slice | Numbers) -> tuple[Floats, Floats, Floats, Floats]:
    """What ``Values`` holds of some readings: as shown, low, half and high; one array where each is itself."""
    value, qualifier = readings.value[rows], readings.qualifier[rows]
    if not qualifier.any():
        return value, value, value, value
    below = qualifier == BELOW
    limit = readings.limit[rows]
    shown = np.where(below & ~np.isnan(limit), limit, value)
    none = np.isnan(shown)
    low = np.where(below & ~none, 0.0, shown)
    half = np.where(below, shown / 2, shown)
    return shown, low, half, np.where((qualifier == ABOVE) & ~none, np.inf, shown)

"""Values on a grid: a row a series and year, a column an hour, day or sample; and how coarser grids are made of finer.

A value that is only known to lie below or above something is kept as the ends of what it can be, so that everything
computed of it has ends too. Not here: where the values come from (``grid``), and what is made of them (``statistics``).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendmap.assess.calendar import Year
from mendmap.assess.model import Floats

LEAD = 7  # hours before the year that running means and runs of hours reach back to
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Values:
    """Values, [rows, columns]; NaN where there is none, in all four at once.

    ``shown`` holds what lies below detection at its limit, ``half`` at half of it, ``low`` at zero; ``high`` holds it
    at its limit, and what lies above a limit at infinity. They are one array where every value is itself.
    ``biased`` marks values of sources that choose what they print, ``lost`` columns that were lost to calibration,
    ``partial`` values of which only a part was measured, so that they are at least so high; None: there are none.
    """

    shown: Floats
    low: Floats
    half: Floats
    high: Floats
    biased: Marks | None = None
    lost: Marks | None = None
    partial: Marks | None = None

    @property
    def complete(self) -> Marks:
        """Which columns hold a value that counts."""
        return ~np.isnan(self.shown) if self.partial is None else ~(np.isnan(self.shown) | self.partial)

    @property
    def censored(self) -> bool:
        """Whether some value is not itself."""
        return self.high is not self.low

    @property
    def below(self) -> Marks | None:
        """Which values lie below detection, wholly or in part."""
        return (self.low < self.high) & np.isfinite(self.high) if self.censored else None

    def each(self, change: Callable[[Floats], Floats]) -> tuple[Floats, Floats, Floats, Floats]:
        """``shown``, ``low``, ``half`` and ``high`` after a change, which is made once where they are one array."""
        shown = change(self.shown)
        if not self.censored:
            return shown, shown, shown, shown
        return shown, change(self.low), change(self.half), change(self.high)

    def columns(self, first: int) -> "Values":
        """The columns from ``first`` on."""
        marks = (None if each is None else each[:, first:] for each in (self.biased, self.lost))
        return Values(*self.each(lambda values: values[:, first:]), *marks)


def days_of(hours: Values, year: Year, share: float) -> Values:
    """Daily means of hours, [rows, hours of the year] to [rows, days], where ``share`` of a day's hours is there.

    A day is lost to calibration where it would be complete with the hours that were.
    """
    valid = ~np.isnan(hours.shown)
    count = _per_day(valid, year)
    enough = np.asarray(share * year.day_lengths - 1e-9, np.float64)
    blank = np.where(count >= enough, 0.0, np.nan)

    def mean(values: Floats) -> Floats:
        sums = np.add.reduceat(np.where(valid, values, 0.0), year.day_hours, axis=1)
        return sums / np.maximum(count, 1) + blank

    return Values(*hours.each(mean), _any_of(hours.biased, year), _lost(hours.lost, count, enough, year))


def eight_hours_of(hours: Values, year: Year, share: float) -> Values:
    """The highest running mean of eight hours that ends on each day, [rows, LEAD + hours] to [rows, days].

    A mean takes ``share`` of its hours, and a day ``share`` of the means that end on it (Directive 2008/50/EC,
    Annex XI: six hours, and eighteen means). A day with fewer is partial: its highest mean can be a breach all the
    same, but shows nothing to be kept.
    """
    valid = ~np.isnan(hours.shown)
    count = np.zeros((len(valid), year.hours), np.uint8)
    for nth in range(LEAD + 1):
        count += valid[:, nth : nth + year.hours]
    there = np.asarray(count >= share * (LEAD + 1) - 1e-9)

    def highest(values: Floats) -> Floats:
        filled = np.where(valid, values, 0.0)
        sums = filled[:, : year.hours].copy()
        for nth in range(1, LEAD + 1):  # eight sums in the order of time, where a difference of sums would round
            sums += filled[:, nth : nth + year.hours]
        means = np.where(there, sums / np.maximum(count, 1), -np.inf)
        return np.maximum.reduceat(means, year.day_hours, axis=1)

    ends = _per_day(there, year)
    enough = np.asarray(share * year.day_lengths - 1e-9, np.float64)
    own = hours.columns(LEAD)
    lost = _lost(own.lost, _per_day(~np.isnan(own.shown), year), enough, year)
    found = hours.each(lambda values: _or_nothing(highest(values)))
    return Values(*found, _any_of(own.biased, year), lost, (ends > 0) & (ends < enough))


def _or_nothing(highest: Floats) -> Floats:
    return np.where(np.isneginf(highest), np.nan, highest)


def _per_day(marks: Marks, year: Year) -> NDArray[np.uint8]:
    return np.add.reduceat(marks.view(np.uint8), year.day_hours, axis=1, dtype=np.uint8)


def _any_of(marks: Marks | None, year: Year) -> Marks | None:
    return None if marks is None else np.logical_or.reduceat(marks, year.day_hours, axis=1)


def _lost(lost: Marks | None, count: NDArray[np.uint8], enough: Floats, year: Year) -> Marks | None:
    if lost is None:
        return None
    return (count < enough) & (count + _per_day(lost, year) >= enough)

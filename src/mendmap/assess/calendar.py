"""The calendar of a zone: where its years, months and days begin in universal time.

Moments are microseconds since 1970 in UTC, as ``Readings`` hold them. A day has 23, 24 or 25 hours where clocks are
changed. Not here: readings.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

HOUR = 3_600_000_000  # microseconds
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_FIRST, _LAST = 2, 9998  # years that have a neighbour on both sides, as datetime counts them


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year of a zone.

    ``start`` is its first moment and ``hours`` how many it has. ``day_hours`` [days] is the hour of the year at which
    each day begins, ``day_lengths`` [days] how many hours it has, and ``month_days`` [12] the day of the year at which
    each month begins.
    """

    number: int
    start: int
    hours: int
    day_hours: NDArray[np.int64]
    day_lengths: NDArray[np.int64]
    month_days: NDArray[np.int64]

    @property
    def days(self) -> int:
        """How many days it has."""
        return len(self.day_hours)

    @property
    def month_hours(self) -> NDArray[np.int64]:
        """The hour of the year at which each month begins, [12]."""
        return self.day_hours[self.month_days]


@lru_cache(maxsize=4096)
def year_start(zone: ZoneInfo, number: int) -> int:
    """The first moment of a year."""
    return _moment(zone, dt.date(number, 1, 1))


@lru_cache(maxsize=1024)
def year(zone: ZoneInfo, number: int) -> Year:
    """The calendar year ``number`` of a zone. Days begin on whole hours after the year's first moment: where a zone
    shifted its clocks by a part of an hour, the nearest is taken."""
    start = year_start(zone, number)
    first = dt.date(number, 1, 1)
    length = dt.date(number + 1, 1, 1).toordinal() - first.toordinal()
    moments = np.array([_moment(zone, first + dt.timedelta(days)) for days in range(length + 1)], np.int64)
    hours = np.rint((moments - start) / HOUR).astype(np.int64)
    months = np.array([dt.date(number, month, 1).toordinal() - first.toordinal() for month in range(1, 13)], np.int64)
    return Year(number, start, int(hours[-1]), hours[:-1], np.diff(hours), months)


def year_of(zone: ZoneInfo, moment: int) -> int:
    """The year that a moment lies in, from 2 to 9998."""
    guess = min(max((_EPOCH + dt.timedelta(microseconds=moment)).year, _FIRST), _LAST)
    if guess < _LAST and moment >= year_start(zone, guess + 1):
        return guess + 1
    return guess - 1 if guess > _FIRST and moment < year_start(zone, guess) else guess


def period(number: int, winter: bool = False) -> str:
    """How a period is written: ``2023``, or the winter that ends in it, ``2022-10/2023-03``."""
    return f"{number - 1:04}-10/{number:04}-03" if winter else f"{number:04}"


def _moment(zone: ZoneInfo, day: dt.date) -> int:
    midnight = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
    return (midnight.astimezone(dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1)

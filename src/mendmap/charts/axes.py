"""Ticks: round numbers on the axis of values, round moments of a zone on that of time."""

import datetime as dt
import itertools
import math
from collections.abc import Iterator

from mendmap.words.phrases import Phrase, say

_HOUR, _DAY = 3600.0, 86400.0
# Steps of time that people count in: seconds in one, its unit, and how many of it.
_STEPS = (
    *((hours * _HOUR, "hour", hours) for hours in (1, 3, 6, 12)),
    *((days * _DAY, "day", days) for days in (1, 2, 7, 14)),
    *((months * 30.44 * _DAY, "month", months) for months in (1, 2, 3, 6)),
    *((years * 365.25 * _DAY, "year", years) for years in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)),
)
_MONTHS = (
    *(say("Jan"), say("Feb"), say("Mar"), say("Apr"), say("May"), say("Jun")),
    *(say("Jul"), say("Aug"), say("Sep"), say("Oct"), say("Nov"), say("Dec")),
)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def moment(seconds: float, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    """A moment from seconds since 1970; works before it too, which ``fromtimestamp`` does not everywhere."""
    return (_EPOCH + dt.timedelta(seconds=seconds)).astimezone(zone)


def value_ticks(least: float, greatest: float, most: int = 5) -> list[float]:
    """Round numbers from at or below ``least`` to at or above ``greatest``, at most about ``most`` steps apart."""
    span = greatest - least or abs(greatest) or 1.0
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    begin, finish = math.floor(least / step + 1e-9), math.ceil(greatest / step - 1e-9)
    return [float(f"{nth * step:.12g}") for nth in range(begin, max(finish, begin + 1) + 1)]


def time_ticks(first: float, last: float, most: int = 6, zone: dt.tzinfo = dt.UTC) -> list[tuple[float, Phrase]]:
    """Round moments of a zone between two (seconds since 1970), each with its words; at most ``most``, or one more."""
    _, unit, count = next((step for step in _STEPS if (last - first) / step[0] <= most), _STEPS[-1])
    found = itertools.takewhile(lambda each: each.timestamp() <= last, _moments(moment(first, zone), unit, count))
    return [(each.timestamp(), _words(each, unit, not nth)) for nth, each in enumerate(found)]


def _moments(first: dt.datetime, unit: str, count: int) -> Iterator[dt.datetime]:
    """Every so many of a unit, from the first at or after a moment. Weeks begin on Monday."""
    day = first.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if unit in ("hour", "day"):
            step = dt.timedelta(hours=count) if unit == "hour" else dt.timedelta(days=count)
            each = day - dt.timedelta(days=day.weekday()) if count in (7, 14) else day
            while True:
                if each >= first:
                    yield each
                each += step
        months = count if unit == "month" else 12 * count
        nth = (first.year * 12 + first.month - 1) // months * months
        while True:
            each = dt.datetime(nth // 12, nth % 12 + 1, 1, tzinfo=first.tzinfo)
            if each >= first:
                yield each
            nth += months
    except (OverflowError, ValueError):
        return  # the calendar has an end


def day(each: dt.datetime) -> Phrase:
    """A day without its year, in few letters."""
    return say("{day} {month}", day=each.day, month=_MONTHS[each.month - 1])


def date(each: dt.datetime) -> Phrase:
    """A day with its year, in few letters."""
    return say("{day} {month} {year}", day=each.day, month=_MONTHS[each.month - 1], year=each.year)


def _words(each: dt.datetime, unit: str, leading: bool) -> Phrase:
    if unit == "hour" and each.hour:
        return Phrase(f"{each:%H:%M}")
    if unit in ("hour", "day"):
        return day(each)
    if unit == "month":
        month = _MONTHS[each.month - 1]
        return say("{month} {year}", month=month, year=each.year) if leading or each.month == 1 else month
    return Phrase(str(each.year))

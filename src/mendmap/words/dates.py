"""Dates as sources print them: a year, a month, a day, or a span of two of these; lengths of time; and the days of a
zone in which moments lie.

Not here: reading moments, which are exact and carry an offset from UTC (``words.fields``).
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mendmap.errors import shown

_LENGTH = re.compile(r"(\d{1,9})(s|min|m|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """A date of reduced precision: ``text`` as written, with the first and last day it can mean.

    ``2021`` runs from 2021-01-01 to 2021-12-31; ``2024-05/2025-05`` from the first day of the one to the last
    of the other. Raises ValueError for anything else, and for a span that ends before it begins.
    """

    text: str
    first: dt.date
    last: dt.date

    @staticmethod
    def parse(text: str) -> "Period":
        begin, slash, finish = text.strip().partition("/")
        first = _days(begin)[0]
        last = _days(finish if slash else begin)[1]
        if last < first:
            raise ValueError("ends before it begins")
        return Period(text.strip(), first, last)

    def __str__(self) -> str:
        return self.text


def length(text: str) -> dt.timedelta:
    """A length of time such as ``30s``, ``10m`` (or ``10min``), ``6h`` or ``7d``, above 0 and at most ten years.

    Raises ValueError for anything else.
    """
    found = _LENGTH.fullmatch(text.strip())
    seconds = int(found.group(1)) * _SECONDS[found.group(2)] if found else 0
    if not 0 < seconds <= 3660 * 86400:
        raise ValueError("not a length of time up to ten years: write 30s, 10m, 6h or 7d")
    return dt.timedelta(seconds=seconds)


def months(text: str) -> frozenset[int]:
    """Months of the year by number, such as ``6,7,8``. Raises ValueError for anything else."""
    found = [each.strip() for each in text.split(",")]
    if not all(each.isascii() and each.isdecimal() and 1 <= int(each) <= 12 for each in found):
        raise ValueError(f"not months by number, such as 6,7,8: {shown(text)}")
    return frozenset(map(int, found))


def day_of(moment: dt.datetime, zone: str) -> dt.date:
    """The day of a zone, by its name, in which a moment lies."""
    return moment.astimezone(ZoneInfo(zone)).date()


def whole_days(start: dt.datetime, end: dt.datetime, zone: str) -> Period | None:
    """The days of a zone from one moment to another, as whole years or months where they are such. None where there
    are none, or where either moment is not the midnight at which a day begins there."""
    first, after = day_of(start, zone), day_of(end, zone)
    if first >= after or (start, end) != (_midnight(first, zone), _midnight(after, zone)):
        return None
    last = after - dt.timedelta(days=1)
    shortest = 10 if (first.day, after.day) != (1, 1) else 7 if (first.month, after.month) != (1, 1) else 4
    return Period("/".join(dict.fromkeys(each.isoformat()[:shortest] for each in (first, last))), first, last)


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    # In UTC: two moments of one zone are compared by their clocks, which daylight saving sets twice to one hour.
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def _days(text: str) -> tuple[dt.date, dt.date]:
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("not a date: write 2021, 2021-08, 2021-08-15, or two of these with / between")
    year, month, day = (int(part) if part else None for part in found.groups())
    assert year is not None
    first = dt.date(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        return first, first
    last_month = month or 12
    return first, dt.date(year, last_month, calendar.monthrange(year, last_month)[1])

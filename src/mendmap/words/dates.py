"""Dates as sources print them: a year, a month, a day, or a span of two of these.

Not here: the moments of readings, which are exact and carry an offset from UTC (``words.fields``).
"""

import calendar
import datetime as dt
import re
from dataclasses import dataclass

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

"""Times that are asked for: a stretch of time, and when something was known.

The texts of a request become one value here, or a BadRequestError that shows the form that is expected.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import NamedTuple

from mendmap.errors import BadRequestError, shown
from mendmap.words.fields import Field, value

_MOMENT = Field("moment", "moment", "", required=True)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SNAPSHOT = re.compile(r"(\d{1,15})(?:-([0-9a-f]{12,64}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time from ``first`` to ``last``, both of it, in UTC to the microsecond; None is open.

    A reading lasts from its start until before its end, and is in the interval where the two share a moment;
    one that lasts no time is in it where its moment is.
    """

    first: dt.datetime | None = None
    last: dt.datetime | None = None


class AsOf(NamedTuple):
    """When something was known: at a ``moment``, or at the snapshot of a ``number`` whose digest begins so."""

    moment: dt.datetime | None = None
    number: int = 0
    digest: str = ""


def interval(text: str | None) -> Interval:
    """The interval that ``datetime`` asks for, as OGC API writes it: a moment or a date, or two of these with a slash
    between, where ``..`` or nothing leaves an end open. A date is the whole day in UTC. None asks for all time."""
    if text is None:
        return Interval()
    begin, slash, finish = text.partition("/")
    try:
        if not slash:
            return Interval(*_span(begin))
        first = None if begin in ("", "..") else _span(begin)[0]
        last = None if finish in ("", "..") else _span(finish)[1]
    except ValueError:
        raise BadRequestError(
            "datetime: neither a moment (2021-07-09T03:00Z; + in an address is %2B), a date (2021-07-09), nor two of "
            f"these with / between, where .. is open (2021-01-01/..): {shown(text)}"
        ) from None
    if first and last and last < first:
        raise BadRequestError(f"datetime: ends before it begins: {shown(text)}")
    return Interval(first, last)


def as_of(text: str) -> AsOf:
    """What ``as-of`` asks for: a moment, a date (its end, in UTC), a snapshot's number, or a snapshot as
    ``Mendmap-Snapshot`` names it."""
    if found := _SNAPSHOT.fullmatch(text):
        return AsOf(number=int(found[1]), digest=found[2] or "")
    try:
        return AsOf(moment=_span(text)[1])
    except ValueError:
        raise BadRequestError(
            "as-of: neither a moment (2026-07-09T03:00Z; + in an address is %2B), a date (2026-07-09), nor the number "
            f"of a snapshot (12): {shown(text)}"
        ) from None


def _span(text: str) -> tuple[dt.datetime, dt.datetime]:
    """The first and last microsecond of a date, or a moment twice. Raises ValueError."""
    if _DATE.fullmatch(text):
        day = dt.date.fromisoformat(text)
        return dt.datetime.combine(day, dt.time.min, dt.UTC), dt.datetime.combine(day, dt.time.max, dt.UTC)
    # In an address, + stands for a space; a moment holds no space, so here one can only be a +.
    moment: dt.datetime = value(_MOMENT, text.replace(" ", "+"))
    return moment, moment

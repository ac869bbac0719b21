"""Times in a filter: of a column, of a literal, of an interval. Not here: their relations (``relations``)."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mendmap.errors import BadRequestError, shown

# Beyond every time: the ends of an interval that is open.
ALWAYS, NEVER = -(2**62), 2**62
DAY_US = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


class Times(NamedTuple):
    """Times from ``first`` to ``last``, both of them: days since 1970-01-01, or microseconds in UTC where they are
    ``exact``. ``at`` is the one that a comparison takes. Each is an Arrow array or scalar of int64."""

    first: Any
    last: Any
    at: Any
    exact: bool

    def days(self) -> "Times":
        """The same in days, each moment as its day in UTC."""
        if not self.exact:
            return self
        return Times(_day(self.first), _day(self.last), _day(self.at), exact=False)


def whole(begin: Times, finish: Times) -> Times:
    """The time from the beginning of one to the end of another."""
    if begin.exact != finish.exact:
        begin, finish = begin.days(), finish.days()
    return Times(begin.first, finish.last, begin.at, begin.exact)


def open_end(nth: int) -> Times:
    """The open beginning (0) or end (1) of an interval."""
    beyond = pa.scalar((ALWAYS, NEVER)[nth])
    return Times(beyond, beyond, beyond, exact=True)


def opened(times: Times, nth: int) -> Times:
    """Times as the beginning (0) or end (1) of an interval: those that are not known are open."""
    beyond = (ALWAYS, NEVER)[nth]
    return Times(pc.fill_null(times.first, beyond), pc.fill_null(times.last, beyond), times.at, times.exact)


def instant(body: Mapping[str, Any]) -> Times:
    """A date or a moment, as CQL2 writes them. Raises BadRequestError."""
    kind = "date" if "date" in body else "timestamp"
    text = body[kind]
    try:
        if not isinstance(text, str) or not (_DATE if kind == "date" else _TIMESTAMP).fullmatch(text):
            raise ValueError
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    except ValueError:
        form = "DATE('2021-07-09')" if kind == "date" else "TIMESTAMP('2021-07-09T03:00:00Z')"
        raise BadRequestError(f"filter: neither a date nor a moment (write {form}): {shown(text)}") from None
    exact = kind == "timestamp"
    at = pa.scalar(microseconds(moment) if exact else microseconds(moment) // DAY_US)
    return Times(at, at, at, exact)


def end(text: str, nth: int) -> Times:
    """The beginning (0) or end (1) of an interval by its text. Raises BadRequestError."""
    if text == "..":
        return open_end(nth)
    return instant({"date" if _DATE.fullmatch(text) else "timestamp": text})


def microseconds(moment: dt.datetime) -> int:
    """A moment as microseconds since 1970 in UTC, exactly."""
    return (moment - _EPOCH) // dt.timedelta.resolution


def _day(moments: Any) -> Any:
    """Days of moments; the open ends stay where they are."""
    beyond = pc.or_(pc.equal(moments, ALWAYS), pc.equal(moments, NEVER))
    # Arrow divides towards zero; a day before 1970 begins below it.
    begun = pc.if_else(pc.less(moments, 0), pc.subtract(moments, DAY_US - 1), moments)
    return pc.if_else(beyond, moments, pc.divide(begun, DAY_US))

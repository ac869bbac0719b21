"""Checks a filter in the form of CQL2 JSON against the columns that may be asked for, and makes it ready to be held
against rows: each part becomes an expression of a known kind.

Not here: CQL2 text (``text``), what parts are joined by (``operations``), and spatial literals (``shapes``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.geo.crs import Crs
from mendmap.query.filters import shapes, times
from mendmap.query.filters.columns import Columns
from mendmap.query.filters.expressions import Expression, Run, finite, fixed
from mendmap.query.filters.operations import OPERATIONS
from mendmap.query.filters.text import DEEPEST
from mendmap.words.fields import Field

# More parts than these are refused: each is held against every row.
MOST = 500
# The kinds of fields that can be asked for, and what they are in a filter.
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("id", "ids", "word", "words", "text", "url"), "text"),
    **dict.fromkeys(("number", "integer", "amount"), "number"),
    **dict.fromkeys(("date", "moment"), "time"),
    "geometry": "geometry",
}


def check(body: Any, queryables: Mapping[str, Field], system: Crs) -> Run:
    """What tells of each row whether a filter holds. Raises BadRequestError."""
    found = _Checker(queryables, system).expression(body)
    if found.kind != "truth":
        raise BadRequestError(f"filter: it is neither true nor false, but a {found.kind}: {shown(body)}")
    return found.run


class _Checker:
    """Goes through one filter from its outside in."""

    def __init__(self, queryables: Mapping[str, Field], system: Crs) -> None:
        self._queryables, self._system = queryables, system
        self._depth, self._parts = 0, 0

    def expression(self, body: Any) -> Expression:
        """A part of any kind."""
        self._parts += 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadRequestError(f"filter: nested more than {DEEPEST} deep")
        if self._parts > MOST:
            raise BadRequestError(f"filter: more than {MOST} parts")
        found = self._part(body)
        self._depth -= 1
        return found

    def of(self, name: str, body: Any, *kinds: str) -> Expression:
        """A part that must be of some kind."""
        found = self.expression(body)
        if found.kind not in kinds:
            raise BadRequestError(f"filter: {name} takes {' or '.join(kinds)}, and not {found.kind}: {shown(body)}")
        return found

    def alike(self, name: str, bodies: Sequence[Any]) -> list[Expression]:
        """Parts that can be compared with each other."""
        first = self.of(name, bodies[0], "text", "number", "time", "truth")
        return [first, *(self.of(name, each, first.kind) for each in bodies[1:])]

    def _part(self, body: Any) -> Expression:
        if isinstance(body, bool):
            return fixed("truth", pa.scalar(body))
        if isinstance(body, str):
            return fixed("text", pa.scalar(body))
        if isinstance(body, int | float):
            return fixed("number", pa.scalar(finite(body)))
        if isinstance(body, dict):
            if "op" in body:
                return self._operation(body)
            if "property" in body:
                return self._property(body["property"])
            if "date" in body or "timestamp" in body:
                return fixed("time", times.instant(body))
            if "interval" in body:
                return self._interval(body["interval"])
            if "type" in body or "bbox" in body:
                return fixed("geometry", shapes.literal(body, self._system))
        raise BadRequestError(f"filter: not an expression: {shown(body)}")

    def _property(self, name: Any) -> Expression:
        if not isinstance(name, str) or name not in self._queryables:
            raise BadRequestError(not_one_of("filter: no such property", name, self._queryables))
        field = self._queryables[name]
        run: Mapping[str, Run] = {
            "text": lambda columns: columns.texts(name),
            "number": lambda columns: columns.numbers(name),
            "time": lambda columns: columns.moments(name) if field.kind == "moment" else columns.dates(name),
            "geometry": lambda columns: None,
        }
        kind = KINDS[field.kind]
        return Expression(kind, run[kind], name=name)

    def _operation(self, body: Mapping[str, Any]) -> Expression:
        operator, args = body["op"], body.get("args")
        name = operator.lower() if isinstance(operator, str) else ""
        if name not in OPERATIONS:
            raise BadRequestError(not_one_of("filter: no such function or operator", operator, OPERATIONS, most=60))
        operation = OPERATIONS[name]
        if not isinstance(args, list) or not operation.least <= len(args) <= operation.most:
            count = len(args) if isinstance(args, list) else shown(args)
            raise BadRequestError(f"filter: {operator} takes {operation.takes}, and not {count}")
        return operation.make(self, name, args)

    def _interval(self, ends: Any) -> Expression:
        if not isinstance(ends, list) or len(ends) != 2:
            raise BadRequestError(f"filter: INTERVAL takes a beginning and an end: {shown(ends)}")
        begin, finish = (self._end(each, nth) for nth, each in enumerate(ends))
        if begin.value is None or finish.value is None:
            return Expression("interval", lambda columns: times.whole(begin.run(columns), finish.run(columns)))
        span = times.whole(begin.value, finish.value)
        if span.last.as_py() < span.first.as_py():
            raise BadRequestError(f"filter: INTERVAL ends before it begins: {shown(ends)}")
        return fixed("interval", span)

    def _end(self, body: Any, nth: int) -> Expression:
        """The beginning (0) or end (1) of an interval: a text, or a property, which is open where it is not known."""
        if isinstance(body, str):
            return fixed("time", times.end(body, nth))
        found = self.of("INTERVAL", body, "time")
        if found.value is not None:
            return found

        def run(columns: Columns) -> times.Times:
            return times.opened(found.run(columns), nth)

        return Expression("time", run)

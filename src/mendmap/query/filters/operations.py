"""What a filter can do with its parts: join, compare, calculate, fold, relate. One table names every function and
operator, and how many arguments it takes.

Null is neither true nor false, as in SQL. Not here: properties and literals (``check``), and the meaning of
relations (``relations``).
"""

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mendmap.errors import BadRequestError, shown
from mendmap.query.filters import relations
from mendmap.query.filters.columns import Columns, each_text, fold_texts, plain_texts
from mendmap.query.filters.expressions import Expression, Run, finite, fixed
from mendmap.query.filters.times import Times

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": pc.equal,
    "<>": pc.not_equal,
    "<": pc.less,
    "<=": pc.less_equal,
    ">": pc.greater,
    ">=": pc.greater_equal,
}


def _remainder(one: Any, other: Any) -> Any:
    # Arrow has none; NumPy's is exact, and takes NaN for null.
    with np.errstate(invalid="ignore"):
        found = np.fmod(_floats(one), _floats(other))
    return pa.array(found, from_pandas=True) if np.ndim(found) else pa.scalar(float(found))


def _floats(values: Any) -> Any:
    if isinstance(values, pa.Scalar):
        return values.as_py() if values.is_valid else math.nan
    return values.to_numpy(zero_copy_only=False)


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": pc.add,
    "-": pc.subtract,
    "*": pc.multiply,
    "/": pc.divide,
    "^": pc.power,
    # Both are cut towards zero, as in SQL: -7 div 2 is -3, and -7 % 2 is -1.
    "%": _remainder,
    "div": lambda one, other: pc.trunc(pc.divide(one, other)),
}


class Checker(Protocol):
    """Makes the parts of an operation ready."""

    def expression(self, body: Any) -> Expression:
        """A part of any kind."""

    def of(self, name: str, body: Any, *kinds: str) -> Expression:
        """A part that must be of some kind."""

    def alike(self, name: str, bodies: Sequence[Any]) -> list[Expression]:
        """Parts that can be compared with each other."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A function or an operator: how many arguments it takes, and how it is made."""

    make: Callable[[Checker, str, list[Any]], Expression]
    least: int
    most: int

    @property
    def takes(self) -> str:
        """Its number of arguments, in words."""
        if self.least == self.most:
            return f"{self.least} argument{'s' if self.most > 1 else ''}"
        return f"at least {self.least} arguments"


def _logic(checker: Checker, name: str, args: list[Any]) -> Expression:
    parts = [checker.of(name.upper(), each, "truth") for each in args]
    join = pc.and_kleene if name == "and" else pc.or_kleene

    def run(columns: Columns) -> Any:
        held = parts[0].run(columns)
        for each in parts[1:]:
            held = join(held, each.run(columns))
        return held

    return Expression("truth", run)


def _not(checker: Checker, name: str, args: list[Any]) -> Expression:
    part = checker.of("NOT", args[0], "truth")
    return Expression("truth", lambda columns: pc.invert(part.run(columns)))


def _comparison(checker: Checker, name: str, args: list[Any]) -> Expression:
    one, other = checker.alike(name, args)
    return Expression("truth", lambda columns: _compared(name, one.run(columns), other.run(columns)))


def _compared(name: str, one: Any, other: Any) -> Any:
    compare = _COMPARISONS[name]
    if isinstance(one, Times):
        if one.exact != other.exact:
            one, other = one.days(), other.days()
        return compare(one.at, other.at)
    if isinstance(other, pa.Scalar):
        return each_text(one, lambda texts: compare(texts, other))
    if isinstance(one, pa.Scalar):
        return each_text(other, lambda texts: compare(one, texts))
    return compare(plain_texts(one), plain_texts(other))


def _between(checker: Checker, name: str, args: list[Any]) -> Expression:
    part, low, high = checker.alike("BETWEEN", args)

    def run(columns: Columns) -> Any:
        values = part.run(columns)
        return pc.and_kleene(_compared(">=", values, low.run(columns)), _compared("<=", values, high.run(columns)))

    return Expression("truth", run)


def _in(checker: Checker, name: str, args: list[Any]) -> Expression:
    if not isinstance(args[1], list) or not args[1]:
        raise BadRequestError(f"filter: IN takes a list of at least one value: {shown(args[1])}")
    # Plain values are looked up all at once, and count as one part.
    plain = [each for each in args[1] if type(each) in (str, int, float)]
    others = [each for each in args[1] if type(each) not in (str, int, float)]
    part, *parts = checker.alike("IN", [args[0], *plain[:1], *others])
    if len({isinstance(each, str) for each in plain}) > 1:
        raise BadRequestError(f"filter: IN takes values of one kind: {shown(args[1])}")
    known = pa.array([each if isinstance(each, str) else finite(each) for each in plain]) if plain else None

    def run(columns: Columns) -> Any:
        values = part.run(columns)
        held = pa.scalar(False) if known is None else each_text(values, lambda some: _among(some, known))
        for each in parts[1 if plain else 0 :]:
            held = pc.or_kleene(held, _compared("=", values, each.run(columns)))
        return held

    return Expression("truth", run)


def _among(values: Any, known: pa.Array) -> Any:
    if pa.types.is_floating(values.type):
        # Looked up by their bits, 0 and -0 would differ; -0 + 0 is 0.
        values, known = pc.add(values, 0.0), pc.add(known, 0.0)
    return pc.if_else(pc.is_valid(values), pc.is_in(values, value_set=known), pa.scalar(None, pa.bool_()))


def _like(checker: Checker, name: str, args: list[Any]) -> Expression:
    part, pattern = (checker.of("LIKE", each, "text") for each in args)
    if pattern.value is None:
        raise BadRequestError(f"filter: LIKE takes a pattern, and not a property: {shown(args[1])}")
    wanted = pattern.value.as_py()

    def like(texts: Any) -> Any:
        return pc.match_like(texts, wanted)

    # Arrow makes an expression of RE2 of it, whose time grows with the length of the text alone.
    return Expression("truth", lambda columns: each_text(part.run(columns), like))


def _is_null(checker: Checker, name: str, args: list[Any]) -> Expression:
    part = checker.expression(args[0])
    if part.kind == "interval":
        raise BadRequestError(f"filter: IS NULL is not asked of an interval: {shown(args[0])}")

    def run(columns: Columns) -> Any:
        values = part.run(columns)
        if part.kind == "geometry":
            return pa.scalar(False) if part.name == "" else pa.array(columns.unplaced)
        return pc.is_null(values.at if isinstance(values, Times) else values)

    return Expression("truth", run)


def _fold(checker: Checker, name: str, args: list[Any]) -> Expression:
    part = checker.of(name.upper(), args[0], "text")
    folds = (*part.folds, name)
    if part.name:
        run = _folded(part.name, folds)
        return Expression("text", run, name=part.name, folds=folds)
    # All other texts are literals.
    return fixed("text", fold_texts(part.value, _FOLDS[name]))


def _folded(name: str, folds: Sequence[str]) -> Run:
    return lambda columns: columns.folded(name, "+".join(folds), _all_of(folds))


def _unaccented(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(each for each in parts if not unicodedata.combining(each)))


_FOLDS: Mapping[str, Callable[[str], str]] = {"casei": str.casefold, "accenti": _unaccented}


def _all_of(folds: Sequence[str]) -> Callable[[str], str]:
    def fold(text: str) -> str:
        for each in folds:
            text = _FOLDS[each](text)
        return text

    return fold


def _arithmetic(checker: Checker, name: str, args: list[Any]) -> Expression:
    one, other = (checker.of(name, each, "number") for each in args)
    calculate = _ARITHMETIC[name]

    def run(columns: Columns) -> Any:
        found = calculate(one.run(columns), other.run(columns))
        # What is divided by zero, or too large, is not known.
        return pc.if_else(pc.is_finite(found), found, pa.scalar(None, pa.float64()))

    return Expression("number", run)


def _spatial(checker: Checker, name: str, args: list[Any]) -> Expression:
    one, other = (checker.of(name.upper(), each, "geometry") for each in args)
    return Expression("truth", lambda columns: relations.spatial(name, one.run(columns), other.run(columns), columns))


def _temporal(checker: Checker, name: str, args: list[Any]) -> Expression:
    one, other = (checker.of(name.upper(), each, "time", "interval") for each in args)
    return Expression("truth", lambda columns: relations.temporal(name, one.run(columns), other.run(columns)))


OPERATIONS: Mapping[str, Operation] = {
    **dict.fromkeys(("and", "or"), Operation(_logic, 2, 10_000)),
    "not": Operation(_not, 1, 1),
    **dict.fromkeys(_COMPARISONS, Operation(_comparison, 2, 2)),
    **dict.fromkeys(_ARITHMETIC, Operation(_arithmetic, 2, 2)),
    "between": Operation(_between, 3, 3),
    "in": Operation(_in, 2, 2),
    "like": Operation(_like, 2, 2),
    "isnull": Operation(_is_null, 1, 1),
    **dict.fromkeys(_FOLDS, Operation(_fold, 1, 1)),
    **dict.fromkeys(relations.SPATIAL, Operation(_spatial, 2, 2)),
    **dict.fromkeys(relations.TEMPORAL, Operation(_temporal, 2, 2)),
}

"""A part of a filter that has been checked. Not here: how it is checked (``check``)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mendmap.errors import BadRequestError
from mendmap.query.filters.columns import Columns

Run = Callable[[Columns], Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """A part of a filter. ``kind`` is text, number, time, interval, truth or geometry; ``run`` gives its values: an
    Arrow array with a value a row, or a scalar; Times for times; a shape, or None for the column of shapes. ``value``
    is that of a literal; ``name`` the column that it is, and ``folds`` how its texts are folded."""

    kind: str
    run: Run
    value: Any = None
    name: str = ""
    folds: tuple[str, ...] = ()


def fixed(kind: str, value: Any) -> Expression:
    """A literal."""
    return Expression(kind, lambda columns: value, value)


def finite(number: float) -> float:
    """A number that is one. Raises BadRequestError."""
    if not math.isfinite(number):
        raise BadRequestError("filter: not a finite number")
    return float(number)

"""Arithmetic over the bands of a raster, as a catalogue or a request writes it: ``(nir - red) / (nir + red)``.

Only names of bands, numbers, + - * / and brackets are known, so that nothing else can ever be run.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendmap.errors import shown

Values = NDArray[np.floating[Any]]
# More is no index, and parsing it would take long.
_LONGEST, _DEEPEST = 500, 50
# Expressions that stay parsed.
_KEPT = 256
# What numbers, names, + - * / and brackets are written with: Python's parser is shown nothing else.
_WRITTEN = re.compile(r"[A-Za-z0-9_.+\-*/() \t]+")
_TWO: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_ONE: Mapping[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its ``text``, and the ``bands`` that it takes, each once, in the order of their names."""

    text: str
    bands: tuple[str, ...]
    # Told by the text; as words it would name a place in memory.
    _tree: ast.expr = field(repr=False, compare=False)

    def __call__(self, bands: Mapping[str, Values]) -> Values:
        """Its value for each pixel; a division by nothing gives an infinite value or NaN. Arrays of one shape."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(_value(self._tree, bands))


@lru_cache(_KEPT)
def parse(text: str) -> Expression:
    """Parses an expression. Raises ValueError with the message for the user."""
    if len(text) > _LONGEST:
        raise ValueError(f"{len(text)} characters; an expression has at most {_LONGEST}")
    written = text.strip()
    try:
        tree = ast.parse(written, mode="eval").body if _WRITTEN.fullmatch(written) else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    if tree is None:
        raise ValueError(f"not an expression such as (nir - red) / (nir + red): {shown(text)}")
    names: set[str] = set()
    _check(tree, written, names, 0)
    if not names:
        raise ValueError(f"an expression names at least one band: {shown(text)}")
    return Expression(written, tuple(sorted(names)), tree)


def _check(node: ast.expr, text: str, names: set[str], depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"brackets more than {_DEEPEST} deep")
    match node:
        case ast.Name(id=name) if not name.startswith("_"):
            names.add(name)
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and abs(number) < 1e12:
            pass
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _TWO:
            _check(left, text, names, depth + 1)
            _check(right, text, names, depth + 1)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _ONE:
            _check(operand, text, names, depth + 1)
        case _:
            # Its own words: to write the node anew could take more of the stack than there is.
            said = shown(ast.get_source_segment(text, node))
            raise ValueError(f"an expression holds names of bands, numbers, + - * / and brackets, not {said}")


def _value(node: ast.expr, bands: Mapping[str, Values]) -> Any:
    match node:
        case ast.Name(id=name):
            return bands[name]
        case ast.Constant(value=int() | float() as number):
            # Not Python's own, whose 1 / 0 is an error and no infinite value.
            return np.float32(number)
        case ast.BinOp(left=left, op=op, right=right):
            return _TWO[type(op)](_value(left, bands), _value(right, bands))
        case ast.UnaryOp(op=op, operand=operand):
            return _ONE[type(op)](_value(operand, bands))
    raise AssertionError("unreachable")

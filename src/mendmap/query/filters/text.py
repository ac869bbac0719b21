"""Reads CQL2 text (OGC 21-065r2, annex B) into the form of CQL2 JSON, in time that grows with its length alone.

Why not the ``cql2`` library: its grammar tries a parenthesis twice where what is inside fails, so a filter of twenty
parentheses and one fault takes two seconds and each more doubles it; it overflows the stack on four thousand; and it
reads ``POINT(1e2 -1.5)`` as a subtraction. It stands beside ours in the tests.
Not here: what the words mean and whether they fit together (``check``).
"""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from mendmap.errors import BadRequestError, shown

# Deeper nesting is refused: every level takes three frames of Python's stack, of which there are a thousand.
DEEPEST = 100
_TOKEN = re.compile(
    r"""(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | '(?P<text>(?>(?:''|\\'|[^'])*))'
      | "(?P<quoted>[^"]+)"
      | (?P<name>[:\w][\w.:]*)
      | (?P<sign><>|<=|>=|[-+*/%^=<>(),])""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_KEYWORDS = frozenset(("AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE", "DIV"))
# How tightly what stands between two operands binds; NOT before an operand binds as a comparison does.
_OR, _AND, _COMPARISON, _SUM, _PRODUCT, _POWER = range(1, 7)
_BINDING = {
    "OR": _OR,
    "AND": _AND,
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">=", "NOT", "LIKE", "BETWEEN", "IN", "IS"), _COMPARISON),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "%", "DIV"), _PRODUCT),
    "^": _POWER,
}
# How deep the coordinates of each type are nested: a position is 0.
_SHAPES = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}


class _Token(NamedTuple):
    """A word of the text: ``kind`` is number, text, quoted, name, sign, keyword or end."""

    kind: str
    text: str
    at: int


def read(text: str) -> Any:
    """The filter in the form of CQL2 JSON. Raises BadRequestError that tells where the text is not understood."""
    reader = _Reader(text)
    found = reader.expression(_OR)
    if reader.next.kind != "end":
        reader.fault("the end, AND or OR")
    return found


class _Reader:
    """Goes through the words of one text, by operator precedence."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        self.next = self._token()

    def fault(self, wanted: str) -> BadRequestError:
        """What is wrong with the next word."""
        found = "the text ends" if self.next.kind == "end" else f"it reads {shown(self._text[self.next.at :], 30)}"
        return BadRequestError(f"filter: {wanted} is expected at character {self.next.at + 1}, where {found}")

    def expression(self, least: int) -> Any:
        """An operand, and whatever follows that binds at least so tightly."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadRequestError(f"filter: nested more than {DEEPEST} deep")
        left = self._operand()
        while self._binding() >= least:
            left = self._joined(left)
        self._depth -= 1
        return left

    def _binding(self) -> int:
        return _BINDING.get(self.next.text, 0) if self.next.kind in ("sign", "keyword") else 0

    def _joined(self, left: Any) -> Any:
        binding, operator = self._binding(), self._take().text
        if operator in ("AND", "OR"):
            args = [left, self.expression(binding + 1)]
            while self._accept(operator):
                args.append(self.expression(binding + 1))
            return _call(operator.lower(), args)
        if binding == _COMPARISON and operator.isalpha():
            return self._predicate(left, operator)
        # a ^ b ^ c is a ^ (b ^ c); all else is read from the left.
        return _call(operator.lower(), [left, self.expression(binding if operator == "^" else binding + 1)])

    def _predicate(self, left: Any, operator: str) -> Any:
        if operator == "IS":
            denied = self._accept("NOT")
            self._expect("NULL")
            found = _call("isNull", [left])
        else:
            denied = operator == "NOT"
            found = self._tested(left, self._take().text if denied else operator)
        return _call("not", [found]) if denied else found

    def _tested(self, left: Any, operator: str) -> Any:
        if operator == "LIKE":
            return _call("like", [left, self.expression(_SUM)])
        if operator == "BETWEEN":
            low = self.expression(_SUM)
            self._expect("AND")
            return _call("between", [left, low, self.expression(_SUM)])
        if operator == "IN":
            return _call("in", [left, self._list(lambda: self.expression(_OR))])
        raise self.fault("LIKE, BETWEEN or IN")

    def _operand(self) -> Any:
        token = self.next
        if token.kind == "number":
            return self._number()
        if token.kind == "text":
            return self._take().text.replace("''", "'").replace("\\'", "'")
        if token.kind == "quoted":
            return {"property": self._take().text}
        if token.kind == "name":
            return self._named()
        if token.text in ("TRUE", "FALSE"):
            return self._take().text == "TRUE"
        if self._accept("NOT"):
            return _call("not", [self.expression(_COMPARISON)])
        if self._accept("-"):
            negated = self.expression(_POWER + 1)
            return -negated if isinstance(negated, float) else _call("*", [-1.0, negated])
        if self._accept("("):
            found = self.expression(_OR)
            self._expect(")")
            return found
        raise self.fault("a value, a property or a function")

    def _named(self) -> Any:
        name = self._take().text
        upper = name.upper()
        if upper in _SHAPES or upper == "GEOMETRYCOLLECTION":
            if self.next.kind == "name" and self.next.text.upper() == "Z":
                self._take()
            if self.next.text == "(":
                return self._shape(upper)
        if self.next.kind != "sign" or self.next.text != "(":
            return {"property": name}
        if upper == "BBOX":
            return {"bbox": self._list(self._number)}
        args = self._list(lambda: self.expression(_OR))
        if upper in ("DATE", "TIMESTAMP", "INTERVAL"):
            if upper != "INTERVAL" and len(args) != 1:
                raise BadRequestError(f"filter: {upper} takes one text, and not {len(args)}")
            return {upper.lower(): args if upper == "INTERVAL" else args[0]}
        return _call(name.lower(), args)

    def _shape(self, name: str) -> dict[str, Any]:
        if name == "GEOMETRYCOLLECTION":
            return {"type": "GeometryCollection", "geometries": self._list(self._member)}
        kind, depth = _SHAPES[name]
        if depth == 0:
            positions = self._list(self._position)
            return {"type": kind, "coordinates": positions[0] if len(positions) == 1 else positions}
        return {"type": kind, "coordinates": self._nested(depth)}

    def _member(self) -> dict[str, Any]:
        name = self._take().text.upper()
        if name not in _SHAPES:
            raise BadRequestError(f"filter: not a geometry that a collection may hold: {shown(name)}")
        return self._shape(name)

    def _nested(self, depth: int) -> list[Any]:
        return self._list(self._position if depth == 1 else lambda: self._nested(depth - 1))

    def _position(self) -> list[float]:
        # MULTIPOINT((1 2), (3 4)) and MULTIPOINT(1 2, 3 4) are the same.
        wrapped = self._accept("(")
        found = [self._number()]
        while self.next.kind == "number" or self.next.text == "-":
            found.append(self._number())
        if wrapped:
            self._expect(")")
        return found

    def _number(self) -> float:
        sign = -1.0 if self._accept("-") else 1.0
        if self.next.kind != "number":
            raise self.fault("a number")
        text = self._take().text
        if not math.isfinite(float(text)):
            raise BadRequestError(f"filter: not a finite number: {shown(text)}")
        return sign * float(text)

    def _list(self, read_one: Callable[[], Any]) -> list[Any]:
        """What stands between parentheses, with commas; at least one thing."""
        self._expect("(")
        found = [read_one()]
        while self._accept(","):
            found.append(read_one())
        self._expect(")")
        return found

    def _accept(self, text: str) -> bool:
        met = self.next.kind in ("sign", "keyword") and self.next.text == text
        if met:
            self._take()
        return met

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self.fault(text)

    def _take(self) -> _Token:
        taken = self.next
        self.next = self._token()
        return taken

    def _token(self) -> _Token:
        start = self._space(self._at)
        if start == len(self._text):
            return _Token("end", "", start)
        found = _TOKEN.match(self._text, start)
        if not found or not found.lastgroup:
            raise BadRequestError(
                f"filter: not understood from character {start + 1} on: {shown(self._text[start:], 30)}"
            )
        self._at = found.end()
        text = found[found.lastgroup]
        if found.lastgroup == "name" and text.upper() in _KEYWORDS:
            return _Token("keyword", text.upper(), start)
        return _Token(found.lastgroup, text, start)

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at


def _call(operator: str, args: list[Any]) -> dict[str, Any]:
    return {"op": operator, "args": args}

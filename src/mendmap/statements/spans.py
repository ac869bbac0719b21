"""Values that are known only within bounds: ranges, "more than" and "less than", and what is claimed of them.

Not here: the uncertainty of readings (``assess``).
"""

from math import inf
from typing import NamedTuple

from mendmap.catalogue.records import Figure, Statement
from mendmap.statements.model import tolerance
from mendmap.units import factor

_WORDS = {"": "", "approx": "about ", "<": "less than ", "<=": "at most ", ">": "more than ", ">=": "at least "}


class Span(NamedTuple):
    """The least and the greatest that a value can be; both are the value where it is known."""

    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The value, where it is known."""
        return self.low if self.low == self.high else None

    def times(self, number: float) -> "Span":
        """It, so many times; the number is not below 0."""
        return Span(self.low * number, self.high * number)


def of_figure(figure: Figure, unit: str) -> Span:
    """What a figure can be, in a unit. An amount of something is not below 0. Raises UnitError."""
    scale = factor(figure.unit, unit)
    low = figure.value * scale
    high = low if figure.value_to is None else figure.value_to * scale
    if figure.qualifier in ("<", "<="):
        return Span(0.0 if low >= 0 else -inf, high)
    return Span(low, inf if figure.qualifier in (">", ">=") else high)


def claimed(statement: Statement, allowed: float | None = None) -> Span:
    """What the statement allows its value to be, in its unit, its tolerance included."""
    assert statement.claimed is not None
    off = abs(statement.claimed) * (tolerance(statement) if allowed is None else allowed)
    low = -inf if statement.qualifier in ("<", "<=") else statement.claimed - off
    return Span(low, inf if statement.qualifier in (">", ">=") else statement.claimed + off)


def stance(computed: Span, allowed: Span) -> str:
    """What a value says of what is allowed, a word of ``vocabulary.STANCES``: undecided where it may lie in or out."""
    if allowed.low <= computed.low and computed.high <= allowed.high:
        return "agrees"
    return "disagrees" if computed.high < allowed.low or computed.low > allowed.high else "undecided"


def told(span: Span, unit: str | None = None) -> str:
    """A span in words, such as ``3.02 %`` or ``at least 5 t``."""
    after = "" if unit in (None, "1") else f" {unit}"
    if span.value is not None:
        return f"{number(span.low)}{after}"
    if span.high == inf:
        return f"at least {number(span.low)}{after}"
    if span.low == -inf:
        return f"at most {number(span.high)}{after}"
    return f"{number(span.low)} to {number(span.high)}{after}"


def figured(figure: Figure) -> str:
    """A figure's value as its source prints it, such as ``more than 90 %``."""
    upper = "" if figure.value_to is None else f" to {number(figure.value_to)}"
    after = "" if figure.unit in ("1", "count") else f" {figure.unit}"
    return f"{_WORDS[figure.qualifier or '']}{number(figure.value)}{upper}{after}"


def number(value: float) -> str:
    """A number as sums print it: four digits, or as many as stand before the point."""
    rounded = round(value) if abs(value) >= 1000 else float(f"{value:.4g}")
    return f"{rounded:,.10g}".replace("-", "−")


def held(statement: Statement, computed: Span) -> str:
    """How far a computed value is from the one claimed, with the tolerance, as a sentence goes on."""
    assert statement.claimed is not None
    allowed = f"{100 * tolerance(statement):.3g}% allowed"
    what = f"{_WORDS[statement.qualifier or '']}{told(Span(statement.claimed, statement.claimed), statement.unit)}"
    if computed.value is None or statement.qualifier not in (None, "", "approx"):
        return f"{what} is claimed, {allowed}"
    apart = abs(computed.value - statement.claimed) / abs(statement.claimed)
    return f"{what} is claimed; {apart:.1%} apart, {allowed}"

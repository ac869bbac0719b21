"""Values that are known only within bounds: ranges, "more than" and "less than", and what is claimed of them.

Not here: the uncertainty of readings (``assess``).
"""

from math import inf
from typing import NamedTuple

from mendmap.catalogue.records import Figure, Statement
from mendmap.statements.model import tolerance
from mendmap.units import factor
from mendmap.words.phrases import Phrase, amount, joined, numeral, say
from mendmap.words.vocabulary import QUALIFIED


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


def told(span: Span, unit: str | None = None) -> Phrase:
    """A span in words, such as ``3.02 %`` or ``at least 5 t``."""
    after = "" if unit == "1" else unit
    if span.value is not None:
        return amount(number(span.low), after)
    if span.high == inf:
        return joined(" ", (QUALIFIED[">="], amount(number(span.low), after)))
    if span.low == -inf:
        return joined(" ", (QUALIFIED["<="], amount(number(span.high), after)))
    return say("{low} to {high}", low=number(span.low), high=amount(number(span.high), after))


def figured(figure: Figure) -> Phrase:
    """A figure's value as its source prints it, such as ``more than 90 %``."""
    after = "" if figure.unit in ("1", "count") else figure.unit
    value: Phrase = amount(number(figure.value), after)
    if figure.value_to is not None:
        value = say("{low} to {high}", low=number(figure.value), high=amount(number(figure.value_to), after))
    return joined(" ", (QUALIFIED[figure.qualifier or ""], value))


def number(value: float) -> Phrase:
    """A number as sums print it: four digits, or as many as stand before the point."""
    return numeral(round(value) if abs(value) >= 1000 else float(f"{value:.4g}"), minus="−")


def held(statement: Statement, computed: Span) -> Phrase:
    """How far a computed value is from the one claimed, with the tolerance, as a sentence goes on."""
    assert statement.claimed is not None
    value = told(Span(statement.claimed, statement.claimed), statement.unit)
    known = {
        "claimed": joined(" ", (QUALIFIED[statement.qualifier or ""], value)),
        "tolerance": numeral(100 * tolerance(statement), ".3g"),
    }
    if computed.value is None or statement.qualifier not in (None, "", "approx"):
        return say("{claimed} is claimed, {tolerance}% allowed", **known)
    apart = abs(computed.value - statement.claimed) / abs(statement.claimed)
    return say("{claimed} is claimed; {apart:.1%} apart, {tolerance}% allowed", apart=apart, **known)

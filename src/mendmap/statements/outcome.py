"""Computes the outcome of a statement: supported, consistent, contradicted or unverifiable.

Schematic or hypothetical geometry supports nothing; a claimant's own figures can agree or disagree with each
other, and never support the claim.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Statement, to_plain
from mendmap.geo.measure import length_m
from mendmap.units import factor

_KNOWN_BASES = ("published", "estimated")
_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Outcome:
    """A statement with what came of checking it. ``computed`` is in the statement's unit, None where nothing
    could be computed; ``because`` is the reason in words and numbers."""

    statement: Statement
    outcome: str
    because: str
    computed: float | None = None


def outcomes(atlas: Atlas) -> list[Outcome]:
    """Every statement of the catalogue with its outcome, in file order."""
    return [_CHECKS[statement.check](atlas, statement) for statement in atlas.statements.values()]


def plain(outcome: Outcome) -> dict[str, Any]:
    """A statement with its outcome, as JSON holds it."""
    return {
        **to_plain(outcome.statement),
        "outcome": outcome.outcome,
        "because": outcome.because,
        "computed": outcome.computed,
    }


def _ratio(atlas: Atlas, statement: Statement) -> Outcome:
    """The first figure over the second, against the value claimed."""
    if len(statement.figures) != 2 or statement.claimed is None:
        return Outcome(
            statement, "unverifiable", "Two figures and the value claimed are needed, and are not all given."
        )
    above, below = (atlas.figures[each] for each in statement.figures)
    if above.unit != below.unit or below.value == 0:
        return Outcome(statement, "unverifiable", f"{above.unit} over {below.unit} gives no share.")
    computed = above.value / below.value / factor(statement.unit or "1", "1")
    apart = abs(computed - statement.claimed) / abs(statement.claimed)
    tolerance = statement.tolerance if statement.tolerance is not None else _TOLERANCE
    own = any(each.claimant == statement.claimant or each.source == statement.source for each in (above, below))
    sums = (
        f"{above.value:g} / {below.value:g} = {computed:.4g}{_unit(statement)}, {statement.claimed:g} is claimed; "
        f"{apart:.1%} apart, {tolerance:.0%} allowed."
    )
    if apart > tolerance:
        return Outcome(statement, "contradicted", sums, computed)
    if own:
        return Outcome(
            statement,
            "consistent",
            f"{sums} These are the claimant's own figures; nothing independent is at hand.",
            computed,
        )
    return Outcome(statement, "supported", sums, computed)


def _length(atlas: Atlas, statement: Statement) -> Outcome:
    """The geodesic length of a feature, against the value claimed."""
    feature = atlas.features.get(statement.feature or "")
    if feature is None or feature.geometry is None or statement.claimed is None:
        return Outcome(statement, "unverifiable", "No line is at hand to measure.")
    computed = length_m(feature.geometry) / 1000 / factor(statement.unit or "km", "km")
    basis = feature.properties["basis"]
    measured = f"The line at hand measures {computed:.2f}{_unit(statement)}"
    if basis not in _KNOWN_BASES:
        return Outcome(
            statement, "unverifiable", f"{measured}, but its basis is {basis}, which proves nothing.", computed
        )
    tolerance = statement.tolerance if statement.tolerance is not None else _TOLERANCE
    apart = abs(computed - statement.claimed) / abs(statement.claimed)
    outcome = "supported" if apart <= tolerance else "contradicted"
    return Outcome(
        statement,
        outcome,
        f"{measured}; {statement.claimed:g} is claimed, {apart:.1%} apart, {tolerance:.0%} allowed.",
        computed,
    )


def _readings(atlas: Atlas, statement: Statement) -> Outcome:
    """Readings of a parameter in the period: without statistics and limits, having them decides nothing yet."""
    period = statement.period
    series = [each for feature in atlas.of_role("station") for each in feature.series]
    chosen = [each for each in series if each.parameter == statement.parameter]
    within = [
        each
        for each in chosen
        if period is None or (each.first.date() <= period.last and each.last.date() >= period.first)
    ]
    about = f" of {atlas.parameters[statement.parameter].symbol}" if statement.parameter else ""
    when = f" for {period.text}" if period else ""
    if not within:
        return Outcome(statement, "unverifiable", f"No readings{about}{when} are at hand.")
    return Outcome(
        statement,
        "unverifiable",
        f"{len(within)} series{about} have readings about then; they have not been assessed.",
    )


def _evidence(atlas: Atlas, statement: Statement) -> Outcome:
    """Nothing that can be computed from what a catalogue holds."""
    if statement.figures:
        listed = "; ".join(
            f"{atlas.figures[each].what}: {atlas.figures[each].value:g} {atlas.figures[each].unit}"
            for each in statement.figures
        )
        return Outcome(statement, "unverifiable", f"At hand: {listed}. Nothing independent decides it.")
    return Outcome(statement, "unverifiable", "Nothing at hand can decide it.")


def _unit(statement: Statement) -> str:
    """The unit as it follows a number: with a space before it, and nothing for a pure number."""
    return "" if statement.unit in (None, "1") else f" {statement.unit}"


_CHECKS: Mapping[str, Callable[[Atlas, Statement], Outcome]] = {
    "ratio": _ratio,
    "length": _length,
    "readings": _readings,
    "evidence": _evidence,
}

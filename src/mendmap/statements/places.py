"""Checks that measure a feature on the ground. A schematic or hypothetical geometry supports nothing.

Not here: what imagery shows inside an outline (``imagery``).
"""

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Statement
from mendmap.geo.measure import length_m
from mendmap.statements import parties
from mendmap.statements.model import Evidence, Finding, Outcome, decided, tolerance
from mendmap.statements.spans import Span, claimed, held, number, stance
from mendmap.units import factor
from mendmap.words.labels import label
from mendmap.words.phrases import joined, say

KNOWN_BASES = ("published", "estimated")
_SHAPES = {"Point": say("a point"), "LineString": say("a line"), "Polygon": say("an outline")}


def length(atlas: Atlas, statement: Statement) -> Outcome:
    """The geodesic length of a line, against the value claimed. Either end may be off by the line's accuracy, so the
    length may by twice that."""
    feature = atlas.features.get(statement.feature or "")
    if feature is None or feature.geometry is None or statement.claimed is None:
        none = say("No line is at hand to measure.")
        return Outcome(statement, "unverifiable", none, missing=(none,))
    unit = statement.unit or "km"
    kilometre = 1 / factor(unit, "km")
    computed = length_m(feature.geometry) / 1000 * kilometre
    sums = say("The line at hand measures {length:.2f} {unit}", length=computed, unit=unit)
    basis = feature.properties["basis"]
    if basis not in KNOWN_BASES:
        because = say("{sums}, but its basis is {basis}, which proves nothing.", sums=sums, basis=label(basis))
        wanted = (say("A line of {feature} whose basis is published or estimated.", feature=feature.id),)
        seen = (evidence(feature, "", "undecided"),)
        return Outcome(statement, "unverifiable", because, computed, (sums,), tolerance(statement), seen, wanted)
    off = 2 * (feature.properties.get("accuracy_m") or 0.0) / 1000 * kilometre
    word = stance(Span(computed - off, computed + off), claimed(statement))
    finding = Finding(parties.of_feature(atlas, statement, feature), word)
    outcome = decided([finding])
    because = say(
        "{sums}, give or take {off} {unit} at its ends; {held}.",
        sums=sums,
        off=number(off),
        unit=unit,
        held=held(statement, Span(computed, computed)),
    )
    better = say("Ends known to better than {off} {unit}.", off=number(off / 2), unit=unit)
    missing = (better,) if word == "undecided" else ()
    if outcome == "consistent":
        own = say("The line is the claimant's own; nothing independent is at hand.")
        because = joined(" ", (because, own))
    elif finding.standing == "unknown":
        because = joined(" ", (because, say("Nobody says whose the line is, so it decides nothing.")))
    seen = (evidence(feature, finding.standing, word),)
    return Outcome(statement, outcome, because, computed, (sums,), tolerance(statement), seen, missing)


def evidence(feature: Feature, standing: str, word: str) -> Evidence:
    """A feature as evidence: what is drawn of it, and how well that is known."""
    accuracy = feature.properties.get("accuracy_m")
    known = {"drawn": drawn(feature), "basis": label(feature.properties["basis"])}
    if accuracy:
        says = say("{drawn}; basis {basis}, within {accuracy:g} m", accuracy=accuracy, **known)
    else:
        says = say("{drawn}; basis {basis}", **known)
    return Evidence("feature", feature.id, says, standing, word)


def drawn(feature: Feature) -> str:
    """What is drawn of a feature, in words."""
    if feature.geometry is None:
        return say("no position")
    kind = str(feature.geometry.geom_type).removeprefix("Multi")
    return _SHAPES.get(kind, kind)

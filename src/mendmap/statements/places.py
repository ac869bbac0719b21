"""Checks that measure a feature on the ground. A schematic or hypothetical geometry supports nothing.

Not here: imagery. A share of green land stays unverifiable until there is some.
"""

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Statement
from mendmap.geo.measure import area_m2, length_m
from mendmap.statements import parties
from mendmap.statements.model import Evidence, Finding, Outcome, decided, tolerance
from mendmap.statements.spans import Span, claimed, held, number, stance
from mendmap.units import factor
from mendmap.words.labels import label
from mendmap.words.phrases import joined, say

_KNOWN_BASES = ("published", "estimated")
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
    if basis not in _KNOWN_BASES:
        because = say("{sums}, but its basis is {basis}, which proves nothing.", sums=sums, basis=label(basis))
        wanted = (say("A line of {feature} whose basis is published or estimated.", feature=feature.id),)
        seen = (_evidence(feature, "", "undecided"),)
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
    seen = (_evidence(feature, finding.standing, word),)
    return Outcome(statement, outcome, because, computed, (sums,), tolerance(statement), seen, missing)


def vegetation(atlas: Atlas, statement: Statement) -> Outcome:
    """The share of green land inside an outline: what of it is at hand."""
    feature = atlas.features[statement.feature or ""]
    basis, shape = feature.properties["basis"], feature.geometry
    outlined = shape is not None and "Polygon" in shape.geom_type and basis in _KNOWN_BASES
    if outlined:
        area = number(area_m2(shape) / 10_000)
        because = say("The outline at hand encloses {area} ha; no imagery is at hand.", area=area)
        missing = [say("Imagery of the outline from before and after.")]
    else:
        because = say(
            "At hand is {drawn} whose basis is {basis}, which proves nothing; no imagery is at hand either.",
            drawn=_drawn(feature),
            basis=label(basis),
        )
        outline = say("The outline of {feature}.", feature=feature.id)
        missing = [outline, say("Imagery of it from before and after.")]
    seen = (_evidence(feature, "", "undecided"),)
    return Outcome(statement, "unverifiable", because, evidence=seen, missing=tuple(missing))


def _evidence(feature: Feature, standing: str, word: str) -> Evidence:
    accuracy = feature.properties.get("accuracy_m")
    known = {"drawn": _drawn(feature), "basis": label(feature.properties["basis"])}
    if accuracy:
        says = say("{drawn}; basis {basis}, within {accuracy:g} m", accuracy=accuracy, **known)
    else:
        says = say("{drawn}; basis {basis}", **known)
    return Evidence("feature", feature.id, says, standing, word)


def _drawn(feature: Feature) -> str:
    if feature.geometry is None:
        return say("no position")
    kind = str(feature.geometry.geom_type).removeprefix("Multi")
    return _SHAPES.get(kind, kind)

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

_KNOWN_BASES = ("published", "estimated")


def length(atlas: Atlas, statement: Statement) -> Outcome:
    """The geodesic length of a line, against the value claimed. Either end may be off by the line's accuracy, so the
    length may by twice that."""
    feature = atlas.features.get(statement.feature or "")
    if feature is None or feature.geometry is None or statement.claimed is None:
        return Outcome(
            statement, "unverifiable", "No line is at hand to measure.", missing=("No line is at hand to measure.",)
        )
    unit = statement.unit or "km"
    kilometre = 1 / factor(unit, "km")
    computed = length_m(feature.geometry) / 1000 * kilometre
    sums = f"The line at hand measures {computed:.2f} {unit}"
    basis = feature.properties["basis"]
    if basis not in _KNOWN_BASES:
        because = f"{sums}, but its basis is {basis}, which proves nothing."
        wanted = (f"A line of {feature.id} whose basis is published or estimated.",)
        seen = (_evidence(feature, "", "undecided"),)
        return Outcome(statement, "unverifiable", because, computed, (sums,), tolerance(statement), seen, wanted)
    off = 2 * (feature.properties.get("accuracy_m") or 0.0) / 1000 * kilometre
    word = stance(Span(computed - off, computed + off), claimed(statement))
    finding = Finding(parties.of_feature(atlas, statement, feature), word)
    outcome = decided([finding])
    because = f"{sums}, give or take {number(off)} {unit} at its ends; {held(statement, Span(computed, computed))}."
    missing = (f"Ends known to better than {number(off / 2)} {unit}.",) if word == "undecided" else ()
    if outcome == "consistent":
        because += " The line is the claimant's own; nothing independent is at hand."
    elif finding.standing == "unknown":
        because += " Nobody says whose the line is, so it decides nothing."
    seen = (_evidence(feature, finding.standing, word),)
    return Outcome(statement, outcome, because, computed, (sums,), tolerance(statement), seen, missing)


def vegetation(atlas: Atlas, statement: Statement) -> Outcome:
    """The share of green land inside an outline: what of it is at hand."""
    feature = atlas.features[statement.feature or ""]
    basis, shape = feature.properties["basis"], feature.geometry
    outlined = shape is not None and "Polygon" in shape.geom_type and basis in _KNOWN_BASES
    if outlined:
        because = f"The outline at hand encloses {number(area_m2(shape) / 10_000)} ha; no imagery is at hand."
        missing = ["Imagery of the outline from before and after."]
    else:
        because = (
            f"At hand is {_drawn(feature)} whose basis is {basis}, which proves nothing; no imagery is at hand either."
        )
        missing = [f"The outline of {feature.id}.", "Imagery of it from before and after."]
    seen = (_evidence(feature, "", "undecided"),)
    return Outcome(statement, "unverifiable", because, evidence=seen, missing=tuple(missing))


def _evidence(feature: Feature, standing: str, word: str) -> Evidence:
    accuracy = feature.properties.get("accuracy_m")
    within = f", within {accuracy:g} m" if accuracy else ""
    says = f"{_drawn(feature)}; basis {feature.properties['basis']}{within}"
    return Evidence("feature", feature.id, says, standing, word)


def _drawn(feature: Feature) -> str:
    if feature.geometry is None:
        return "no position"
    kind = str(feature.geometry.geom_type).removeprefix("Multi")
    return {"Point": "a point", "LineString": "a line", "Polygon": "an outline"}.get(kind, kind)

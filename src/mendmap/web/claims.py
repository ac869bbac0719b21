"""A statement told whole: the claim, its check, the outcome, and every piece of evidence with where it can be read.

The pages and their JSON twins are made of the same description. Not here: the outcome itself (``statements``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import to_plain
from mendmap.errors import NotFoundError
from mendmap.statements.model import Evidence, Outcome
from mendmap.statements.outcome import plain
from mendmap.statements.template import form
from mendmap.web import describe, standing
from mendmap.web.answered import readings_href
from mendmap.web.keeper import page_of
from mendmap.web.laws import limit_href
from mendmap.words.vocabulary import OUTCOMES


def told(atlas: Atlas, outcome: Outcome) -> dict[str, Any]:
    """A statement with its outcome, as JSON holds it: what ``plain`` tells, its document, the features it is about,
    its evidence with addresses and documents, the addresses of its page and of its template, and the recipes that
    may decide it, with when each was last run."""
    found = outcome.statement
    return {
        **plain(outcome),
        "source": describe.source(atlas, found.source),
        "about": [_place(atlas, each) for each in found.sites],
        "evidence": [_evidence(atlas, outcome, each) for each in outcome.evidence],
        "href": f"/statements/{found.id}",
        "template": f"/statements/{found.id}/template.{form(atlas, found)}",
        "recipes": [
            {"id": each.id, "title": each.title, "retrieved": atlas.place.retrieved.get(each.id)}
            for each in atlas.recipes.values()
            if found.id in each.decides
        ],
    }


def every(atlas: Atlas, outcomes: Sequence[Outcome]) -> Mapping[str, Any]:
    """Every statement told whole, and how many there are of each outcome."""
    counts = dict.fromkeys(OUTCOMES, 0)
    for each in outcomes:
        counts[each.outcome] += 1
    return {"statements": [told(atlas, each) for each in outcomes], "counts": counts}


def one(atlas: Atlas, outcomes: Sequence[Outcome], ident: str) -> Outcome:
    """The outcome of one statement. Raises NotFoundError with the choices."""
    for each in outcomes:
        if each.statement.id == ident:
            return each
    raise NotFoundError("statement", ident, atlas.statements)


def feature(atlas: Atlas, found: Feature, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """A feature told whole, with the statements about it and what came of each, the official ``networks`` that measure
    the same, and how it is ``standing``, in a sentence. There are no ``outcomes`` of an atlas that was read without its
    series."""
    about = [
        {"id": each.statement.id, "claim": each.statement.claim, "outcome": each.outcome, "because": each.because}
        for each in outcomes
        if found.id in each.statement.sites
    ]
    told = {
        **describe.feature(atlas, found),
        "statements": about,
        "networks": [{"name": dict(each.name), "url": each.url} for each in standing.networks(atlas, found)],
    }
    return {**told, "standing": standing.sentence(told, to_plain(found.state) if found.state else None)}


def _place(atlas: Atlas, ident: str) -> dict[str, Any]:
    at = atlas.features[ident]
    return {"id": ident, "name": dict(at.name), "href": f"{page_of(atlas.layers[at.layer])}{ident}"}


def _evidence(atlas: Atlas, outcome: Outcome, found: Evidence) -> dict[str, Any]:
    """A piece of evidence as ``plain`` tells it, with its ``href`` here (None where it has no page) and ``source``."""
    href, source = None, None
    if found.kind == "figure":
        figure = atlas.figures[found.id]
        href = _place(atlas, figure.feature)["href"] if figure.feature else None
        source = figure.source
    elif found.kind == "limit":
        href, source = limit_href(found.id), atlas.limits[found.id].source
    elif found.kind == "feature":
        href, source = _place(atlas, found.id)["href"], atlas.features[found.id].properties["source"]
    elif found.kind == "series":
        time = found.period or (outcome.statement.period.text if outcome.statement.period else "")
        href = readings_href(atlas, found.id, time) if time else f"/series/{found.id}"
        station = atlas.features[found.id.partition(".")[0]]
        source = next(each.source for each in station.series if each.id == found.id)
    plainly = next(each for each in plain(outcome)["evidence"] if (each["kind"], each["id"]) == (found.kind, found.id))
    return {**plainly, "href": href, "source": describe.source(atlas, source) if source else None}

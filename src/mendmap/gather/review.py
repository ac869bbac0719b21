"""The table of matches as it is to be: what a person decided stays, what waits is proposed anew.

Not here: what speaks for a proposal (``match``), what a decision does (``load.gathered``), and writing the table
(``load.edit``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from mendmap.catalogue.gathered import Match, Recipe
from mendmap.catalogue.model import Layer
from mendmap.gather.match import proposals
from mendmap.load.check import Geodata
from mendmap.load.redrawn import made, redrawn
from mendmap.vectors.features import Feature
from mendmap.vectors.gathered import Found, rounded

# What a proposal must have to be accepted unseen, and how far ahead of the next one for its feature it must be.
SURE, AHEAD = 0.6, 0.15


@dataclass(frozen=True, slots=True)
class Review:
    """Matches to ``put`` into the table, in the place of those with their ids, and ids of those to ``drop``."""

    put: Sequence[Match]
    drop: Sequence[str]

    def rows(self) -> list[dict[str, str]]:
        """What to put, as texts by column. A person's note stays: it is not among the columns."""
        return [_texts(each) for each in self.put]


def kept(found: Iterable[Found], before: Iterable[Found], held: Iterable[Match], recipe: str, day: str) -> list[Found]:
    """What a recipe found, and what it found ``before`` that was accepted or added and is there no more: that stays,
    and says that it is gone since the ``day`` it was first missed."""
    now = {each.id: replace(each, gone="") for each in found}
    counted = {each.gathered for each in held if each.recipe == recipe and each.decision in ("accept", "add")}
    missed = [each for each in before if each.id in counted and each.id not in now]
    return [*now.values(), *(replace(each, gone=each.gone or day) for each in missed)]


def review(
    geodata: Geodata, recipe: Recipe, found: Sequence[Found], *, accept: bool = False, add: bool = False
) -> Review:
    """The matches of one recipe, as they are to be once it has ``found`` this.

    Rows that a person decided are never touched. The others are proposed anew, or dropped where the service has the
    feature no more. ``accept`` decides every proposal of at least ``SURE`` that is ``AHEAD`` of every other for its
    feature, and ``add`` everything that is like nothing of ours; what is decided so counts for the proposals of the
    rest, so that the same review again changes nothing.
    """
    found = [replace(each, geometry=rounded(each.geometry)) for each in found]
    held = [each for each in geodata.records if isinstance(each, Match)]
    others = [each for each in held if each.recipe != recipe.id]
    rows = {each.gathered: each for each in held if each.recipe == recipe.id}
    decided = {ident: each for ident, each in rows.items() if each.decision}
    features = list(geodata.features)
    fresh: list[Match] = []
    while True:
        proposed = proposals(geodata.catalogue, features, [*others, *decided.values()], recipe, found)
        known = {each.id for each in features}
        new = [*(accepted(proposed, known) if accept else ()), *(added(proposed, known) if add else ())]
        if not new:
            break
        fresh += new
        decided |= {each.gathered: each for each in new}
        features = _laid(geodata, recipe, features, {each.id: each for each in found}, new)
    put = sorted([*fresh, *proposed], key=lambda each: each.gathered)
    there = {each.gathered for each in put} | decided.keys()
    renewed = [replace(each, id=rows[each.gathered].id) if each.gathered in rows else each for each in put]
    return Review(renewed, [each.id for each in rows.values() if each.gathered not in there])


def accepted(proposed: Sequence[Match], known: Iterable[str]) -> list[Match]:
    """The proposals that are features of ours without much doubt, with that decision."""
    ours = set(known)
    of_feature: dict[str, list[float]] = {}
    for each in proposed:
        if each.feature in ours and each.score:
            of_feature.setdefault(each.feature or "", []).append(each.score)
    sure = []
    for each in proposed:
        if each.feature in ours and each.score and each.score >= SURE:
            ahead = sorted(of_feature[each.feature or ""])[-2:]
            if len(ahead) == 1 or each.score - ahead[0] >= AHEAD:
                sure.append(replace(each, decision="accept"))
    return sure


def added(proposed: Sequence[Match], known: Iterable[str]) -> list[Match]:
    """The proposals that are like nothing of ours, and that speak against nothing, with that decision."""
    ours = set(known)
    new = [each for each in proposed if each.feature and each.feature not in ours and each.score is None]
    return [replace(each, decision="add") for each in new]


def _laid(
    geodata: Geodata, recipe: Recipe, features: Sequence[Feature], found: Mapping[str, Found], new: Iterable[Match]
) -> list[Feature]:
    """The features as new decisions make them."""
    layers: Mapping[str, Layer] = {layer.id: layer for layer in geodata.catalogue.layers}
    languages = geodata.catalogue.languages
    laid = {each.id: each for each in features}
    for match in new:
        ident, each = match.feature or "", found[match.gathered]
        if match.decision == "accept":
            ours = laid[ident]
            laid[ident] = redrawn(layers[ours.layer], languages, recipe, each, ours)[0]
        else:
            one = made(layers[recipe.layer or ""], languages, recipe, each, ident, match.name or "")[0]
            laid |= {ident: one} if one else {}
    return list(laid.values())


def _texts(match: Match) -> dict[str, str]:
    told = {each.name: getattr(match, each.name) for each in fields(match) if each.name != "note"}
    return {
        name: "" if value is None else f"{value:.10g}" if isinstance(value, float) else value
        for name, value in told.items()
    }

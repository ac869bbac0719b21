"""Proposes what each gathered feature is to the catalogue: one of its features, or a new one. A person decides.

How much speaks for a feature is a product of four, each from 0 to 1; what each was stands in ``why``:

- name: how alike the most alike of their names are (``names``), 1 where a code is the same; 0.55 where either has none;
- place: 1 where one lies within or along the other, 0.7 where they are just as far apart as both together may be off,
  0 at three times that, straight in between; 0.55 where ours has no position;
- kind: 1 for the same kind, 0.8 for another;
- gain: 1, or 0.5 where nothing would be known better than before, or a watercourse would run against ours.

Below 0.35 it is proposed as new. A proposal that is not to be taken unseen has 0, and says why: a load would refuse
it, its feature takes its outline from something else, or a feature of its name is elsewhere.
Not here: what stands in the table of matches already (``review``).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from mendmap.catalogue.gathered import Match, Recipe
from mendmap.catalogue.model import Catalogue, Layer
from mendmap.catalogue.records import from_plain
from mendmap.gather.names import Likeness, slug, words
from mendmap.geo.bounds import Bounds
from mendmap.geo.chainage import Course
from mendmap.geo.measure import apart_m, area_m2, distance_m, length_m
from mendmap.load.redrawn import made, names_of, redrawn
from mendmap.vectors.features import Feature
from mendmap.vectors.gathered import Found

PROPOSED = 0.35
_UNNAMED = _UNPLACED = 0.55
_AT_THE_EDGE, _REACH = 0.7, 3.0
_OTHER_KIND = 0.8
_NO_GAIN = 0.5
# Names less alike than this are not worth a word.
_WORTH_SAYING = 0.3


@dataclass(frozen=True, slots=True)
class Judged:
    """How much speaks for a gathered feature being one of ours, and what does."""

    feature: Feature
    score: float
    why: str


def proposals(
    catalogue: Catalogue, features: Sequence[Feature], held: Iterable[Match], recipe: Recipe, found: Sequence[Found]
) -> list[Match]:
    """A match without a decision for each gathered feature that has none among ``held``, in the order of their ids at
    the service. ``features`` are all of the catalogue. The order in which anything comes makes no difference."""
    layer = next((each for each in catalogue.layers if each.id == recipe.layer), None)
    if layer is None:
        return []
    return list(_Proposer(catalogue, layer, features, held, recipe, found).matches())


class _Proposer:
    def __init__(
        self,
        catalogue: Catalogue,
        layer: Layer,
        features: Sequence[Feature],
        held: Iterable[Match],
        recipe: Recipe,
        found: Sequence[Found],
    ) -> None:
        self.layer, self.recipe, self.languages = layer, recipe, catalogue.languages
        self.ours = sorted((each for each in features if each.layer == layer.id), key=lambda each: each.id)
        self.found = sorted(found, key=lambda each: each.id)
        self.tree = shapely.STRtree([each.geometry for each in self.found])
        self.least_sure_m = max((self._accuracy(each) for each in self.found), default=0.0)
        decided = [each for each in held if each.decision]
        self.decided = {each.gathered for each in decided if each.recipe == recipe.id}
        self.settled = {
            each.feature: each.gathered for each in decided if each.decision != "reject" and each.feature is not None
        }
        waiting = {each.feature for each in held if each.recipe != recipe.id and each.decision != "reject"}
        self.taken = {each.id for each in features} | {each for each in waiting if each}
        kinds = [*layer.name.values(), *layer.kinds.values(), *layer.kinds]
        told = [name for each in self.ours for name in each.properties["name"].values()]
        told += [name for each in self.found for name in each.names.values()]
        self.likeness = Likeness(told, kinds)
        self.named = {_key(name): each for each in self.ours for name in each.properties["name"].values()}

    def matches(self) -> Iterator[Match]:
        judged = self._judged()
        rows = [self._match(each, judged.get(each.id)) for each in self.found if each.id not in self.decided]
        of_feature: dict[str, list[Match]] = {}
        for row in rows:
            if row.score:
                of_feature.setdefault(row.feature or "", []).append(row)
        for row in rows:
            rivals = sorted(each.gathered for each in of_feature.get(row.feature or "", ()) if each is not row)
            more = f"; also proposed for it: {', '.join(rivals[:5])}" if rivals and row.score else ""
            yield replace(row, why=f"{row.why}{more}")

    def _judged(self) -> dict[str, Judged]:
        """What each gathered feature most likely is, by its id; of two that are as likely, the first by its id."""
        best: dict[str, Judged] = {}
        for feature in self.ours:
            for nth in sorted(self._near(feature)):
                found = self.found[nth]
                judged = self._judge(feature, found)
                if judged.score >= PROPOSED and (found.id not in best or judged.score > best[found.id].score):
                    best[found.id] = judged
        return best

    def _near(self, feature: Feature) -> Iterable[int]:
        """Which gathered features may be it: those near enough, or, where it has no position, those that share a word
        of its name."""
        if feature.geometry is None:
            ours = {word for name in feature.properties["name"].values() for word in words(name)}
            return [nth for nth, each in enumerate(self.found) if self._words(each) & ours]
        far = self.least_sure_m + (feature.properties["accuracy_m"] or 0)
        # A little more: distances are measured on a plane.
        near = Bounds(*feature.geometry.bounds).grown(1.02 * _REACH * far)
        return [int(each) for each in self.tree.query(shapely.box(*near))]

    def _words(self, found: Found) -> set[str]:
        return {word for name in found.names.values() for word in words(name)}

    def _accuracy(self, found: Found) -> float:
        return (self.recipe.accuracy_m if found.accuracy_m is None else found.accuracy_m) or 0.0

    def _judge(self, feature: Feature, found: Found) -> Judged:
        parts = [self._name(feature, found), self._place(feature, found), self._kind(feature)]
        parts.append(self._gain(feature, found))
        score = float(np.prod([each for each, _ in parts]))
        return Judged(feature, score, "; ".join(text for _, text in parts if text))

    def _name(self, feature: Feature, found: Found) -> tuple[float, str]:
        codes = _codes(feature.id, feature.properties) & _codes(found.id, found.properties)
        if codes:
            return 1.0, f"same code {min(codes)}"
        ours = [text for _, text in sorted(feature.properties["name"].items())]
        theirs = [text for _, text in sorted(found.names.items()) if text]
        if not ours or not theirs:
            return _UNNAMED, "it has no name there"
        alike, one, other = self.likeness.best(ours, theirs)
        if alike == 1.0:
            return alike, f"same name: {other}" if other == one else f"same name: {other}, ours {one}"
        if alike < _WORTH_SAYING:
            return alike, f"another name: {theirs[0]}"
        return alike, f"name alike by {alike:.2f}: {other}, ours {one}"

    def _place(self, feature: Feature, found: Found) -> tuple[float, str]:
        if feature.geometry is None:
            return _UNPLACED, "ours has no position"
        apart = apart_m(feature.geometry, found.geometry)
        within = max(1.0, (feature.properties["accuracy_m"] or 0.0) + self._accuracy(found))
        times = apart / within
        told = "at the same place" if apart < 1 else f"{apart:,.0f} m off"
        if times <= 1:
            return 1 - (1 - _AT_THE_EDGE) * times, f"{told}, within the {within:,.0f} m that both may be off"
        share = max(0.0, _AT_THE_EDGE * (_REACH - times) / (_REACH - 1))
        return share, f"{told}, beyond the {within:,.0f} m that both may be off"

    def _kind(self, feature: Feature) -> tuple[float, str]:
        ours = feature.properties["kind"]
        return (1.0, "") if ours == self.recipe.feature_kind else (_OTHER_KIND, f"ours is of another kind: {ours}")

    def _gain(self, feature: Feature, found: Found) -> tuple[float, str]:
        was, now = feature.geometry, found.geometry
        drawn = _drawn(found)
        if was is None:
            return 1.0, drawn
        if self.layer.role == "watercourse" and _runs_against(was, now):
            return _NO_GAIN, f"{drawn}; it runs against ours"
        rank = shapely.get_dimensions(now) - shapely.get_dimensions(was)
        surer = self._accuracy(found) < (feature.properties["accuracy_m"] or 0.0)
        codes = _codes("", found.properties) - _codes("", feature.properties)
        if rank > 0 or (rank == 0 and surer) or (self.layer.role == "station" and codes):
            return 1.0, drawn
        return _NO_GAIN, f"{drawn}; ours is no less exact"

    def _match(self, found: Found, judged: Judged | None) -> Match:
        names = names_of(found.names, self.languages)
        cells = {"recipe": self.recipe.id, "gathered": found.id, "name": names.get(self.languages[0])}
        row = from_plain(Match, {"id": _ident(self.recipe.id, found.id), **cells})
        if judged is None:
            return self._new(row, found)
        feature = judged.feature
        apart = None if feature.geometry is None else distance_m(feature.geometry.centroid, found.geometry.centroid)
        row = replace(row, distance_m=None if apart is None else float(round(apart)))
        if feature.id in self.settled:
            told = f"it looks like {feature.id}, which is {self.settled[feature.id]} already; {judged.why}"
            return replace(row, score=0.0, why=told)
        changed, complaints = redrawn(self.layer, self.languages, self.recipe, found, feature)
        if complaints:
            refused = "; ".join(f"{column}: {message}" for column, message in complaints)
            told = f"it cannot be taken as it is: {refused}; {judged.why}"
            return replace(row, feature=feature.id, score=0.0, why=told)
        why = judged.why
        if changed.properties.get("size") != feature.properties.get("size"):
            why += f"; the size that is declared would stay in words: {changed.properties['size']}"
        return replace(row, feature=feature.id, score=round(judged.score, 2), why=why)

    def _new(self, row: Match, found: Found) -> Match:
        ident = self._fresh(row.name or "", found)
        self.taken.add(ident)
        _, complaints = made(self.layer, self.languages, self.recipe, found, ident, row.name or "")
        why = f"nothing of ours is like it; {_drawn(found)}"
        if complaints:
            refused = "; ".join(f"{column}: {message}" for column, message in complaints)
            return replace(row, feature=ident, score=0.0, why=f"it cannot be added as it is: {refused}; {why}")
        namesakes = (self.named.get(_key(name)) for _, name in sorted(found.names.items()))
        if namesake := next(filter(None, namesakes), None):
            told = f"{namesake.id} has this name, but is hardly it: {self._place(namesake, found)[1]}; {_drawn(found)}"
            return replace(row, feature=ident, score=0.0, why=told)
        return replace(row, feature=ident, why=why if row.name else f"{why}; it has no name there")

    def _fresh(self, name: str, found: Found) -> str:
        """An id that no feature has, made of the name; of the kind and the id at the service where that does not do."""
        kind, ident = self.recipe.feature_kind or "", slug(found.id)
        choices = [slug(name)[:60], f"{slug(name)[:40] or kind}_{ident}"[:60], _ident(kind, found.id)]
        return next((each for each in choices if each.strip("_") and each not in self.taken), _ident(name, found.id))


def _key(name: str) -> tuple[str, ...]:
    """The same for names that are the same but for letters and order; the name itself where it has no letters."""
    return tuple(sorted(words(name))) or (name,)


def _codes(ident: str, properties: Mapping[str, object]) -> set[str]:
    """What a feature is known by: its id, and its aliases without their prefixes, in lower case."""
    aliases = (each.strip().rpartition(":")[2] for each in str(properties.get("aliases") or "").split(";"))
    return {each.lower() for each in (ident, *aliases) if each}


def _ident(first: str, gathered: str) -> str:
    """An id of a recipe or kind and an id at a service. One that is long, or loses something in an id's letters, ends
    in a digest, so that no two are alike."""
    text = f"{slug(first)}_{slug(gathered)}".strip("_")
    if len(text) <= 80 and slug(gathered) == gathered.replace("/", "_"):
        return text
    return f"{text[:70]}_{hashlib.sha256(gathered.encode()).hexdigest()[:8]}"


def _drawn(found: Found) -> str:
    """What the service draws, and how large it is."""
    dimension = shapely.get_dimensions(found.geometry)
    if dimension == 0:
        return "a point there"
    if dimension == 1:
        return f"the line there has {length_m(found.geometry) / 1000:.3g} km"
    return f"the outline there has {area_m2(found.geometry) / 10_000:.3g} ha"


def _runs_against(was: shapely.Geometry, now: shapely.Geometry) -> bool:
    before, after = Course.of(was), Course.of(now)
    if before is None or after is None:
        return False
    first, last = (after.snap(*each).at_m for each in (before.vertices[0], before.vertices[-1]))
    return first > last

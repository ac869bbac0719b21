"""Lays what was gathered over a folder's own features, as far as a person has decided so in a match.

The folder's own files stay as they are: an accepted outline takes the place of ours as it is checked and loaded, so
that the lake records a better drawing of the same feature. Terms of use and attributions go with what is taken.
Not here: what becomes of one feature (``redrawn``), and proposing matches (``gather.match``).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from mendmap.catalogue.gathered import Match, Recipe
from mendmap.catalogue.model import FILE, Catalogue, Gathered, Layer, Readings
from mendmap.catalogue.records import Record
from mendmap.errors import Fault, not_one_of, shown
from mendmap.load.redrawn import made, redrawn
from mendmap.vectors import gathered as gathered_file
from mendmap.vectors.features import Feature
from mendmap.vectors.gathered import Found
from mendmap.words.fields import Complaint
from mendmap.words.vocabulary import ROLES

Placed = Sequence[tuple[str, int, Record]]  # file, line, record
Place = tuple[str, int]


@dataclass(slots=True)
class Laid:
    """A catalogue and its features with what was gathered and decided. ``found`` is everything that was gathered, by
    recipe; ``places`` are the file and line of the match by which a feature is what it is; ``joined`` are texts of the
    catalogue that were joined of several, with these; ``unread`` are kinds of id that are not all known, because
    something could not be read."""

    catalogue: Catalogue
    features: list[Feature]
    found: dict[str, tuple[Found, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    joined: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


def lay(
    catalogue: Catalogue,
    features: Sequence[Feature],
    placed: Placed,
    faults: Iterable[Fault],
    unread: Collection[str],
    max_bytes: int,
) -> Laid:
    """The catalogue and its features as its matches make them.

    ``faults`` are those of the folder's own files: a feature that has one is left as it is, and its match is not blamed
    for it. ``unread`` are the kinds of id that are not all known; without those that matches name, nothing is laid.
    """
    if {"feature", "recipe", "match"} & set(unread):
        return Laid(catalogue, list(features), unread={"feature", *ROLES})
    faulty = {(each.file, each.row) for each in faults}
    recipes = {record.id: (file, line, record) for file, line, record in placed if isinstance(record, Recipe)}
    laid = Laid(catalogue, list(features))
    laid.faults += _recipes(catalogue, recipes.values())
    broken = _read(laid, recipes, max_bytes)
    laid.unread |= {"feature", *ROLES} if broken else set()
    decided = _Decisions(laid, {ident: record for ident, (_, _, record) in recipes.items()}, faulty, broken)
    for file, line, record in placed:
        if isinstance(record, Match):
            decided.hold((file, line), record)
    _join_terms(laid, decided.taken, {each.layer for each in features})
    return laid


def undecided(records: Iterable[Record]) -> int:
    """How many matches a person has yet to decide."""
    return sum(isinstance(each, Match) and each.decision is None for each in records)


def across(records: Iterable[Record], features: Iterable[Feature]) -> Iterator[tuple[Match, str, str]]:
    """Matches that are accepted as a feature of another layer than that of their recipe, with both layers: this may be
    meant, and may be a slip of the pen."""
    held = list(records)
    layers = {each.id: each.layer for each in features}
    wanted = {each.id: each.layer for each in held if isinstance(each, Recipe)}
    for each in held:
        if isinstance(each, Match) and each.decision == "accept":
            recipes, ours = wanted.get(each.recipe), layers.get(each.feature or "")
            if recipes and ours and recipes != ours:
                yield each, recipes, ours


def _recipes(catalogue: Catalogue, recipes: Iterable[tuple[str, int, Recipe]]) -> Iterator[Fault]:
    """What a recipe of features lacks, or names that its layer has not."""
    layers = {layer.id: layer for layer in catalogue.layers}
    for file, line, recipe in recipes:
        if recipe.layer is None or recipe.layer not in layers:
            continue  # an id that nothing has is told with the others
        kinds = layers[recipe.layer].kinds
        if recipe.feature_kind is None:
            yield Fault(file, line, "feature_kind", not_one_of("features need a kind", "", kinds))
        elif recipe.feature_kind not in kinds:
            yield Fault(file, line, "feature_kind", not_one_of("not a kind of its layer", recipe.feature_kind, kinds))
        if recipe.accuracy_m is None:
            yield Fault(file, line, "accuracy_m", "features need one: how far may they be from the true place?")
        elif recipe.accuracy_m <= 0:
            yield Fault(file, line, "accuracy_m", f"must be above 0: {recipe.accuracy_m:g}")
        if recipe.basis == "unknown":
            yield Fault(file, line, "basis", "what is gathered has a position")


def _read(laid: Laid, recipes: Mapping[str, tuple[str, int, Recipe]], max_bytes: int) -> set[str]:
    """Reads every gathered file, and returns the recipes of which none could be read."""
    unread = set()
    listed: list[Gathered | Readings] = [*laid.catalogue.gathered, *laid.catalogue.readings]
    for file in listed:
        if file.recipe and file.recipe not in recipes:
            message = not_one_of("no such recipe", file.recipe, recipes)
            laid.faults.append(Fault(FILE, file.entry.row, "recipe", message))
    for each in laid.catalogue.gathered:
        found, faults = gathered_file.read(each.entry, max_bytes)
        laid.faults += faults
        if each.recipe in laid.found:
            laid.faults.append(Fault(FILE, each.entry.row, "recipe", f"has a file already: {shown(each.recipe)}"))
        elif each.recipe in recipes and recipes[each.recipe][2].layer is None:
            message = f"{shown(each.recipe)} names no layer, so it gathers no features"
            laid.faults.append(Fault(FILE, each.entry.row, "recipe", message))
        elif faults:
            unread.add(each.recipe)
        laid.found[each.recipe] = tuple(found)
    return unread


class _Decisions:
    """Holds matches against what was gathered, one after another, and lays what they take over the features."""

    def __init__(
        self, laid: Laid, recipes: Mapping[str, Recipe], faulty: Collection[Place], unread: Collection[str]
    ) -> None:
        self.laid, self.recipes, self.faulty, self.unread = laid, recipes, faulty, unread
        self.layers = {layer.id: layer for layer in laid.catalogue.layers}
        self.at = {feature.id: nth for nth, feature in reversed(list(enumerate(laid.features)))}
        self.files = {each.recipe: each.entry.file for each in laid.catalogue.gathered}
        self.found = {recipe: {each.id: each for each in found} for recipe, found in laid.found.items()}
        self.rows = dict.fromkeys(self.layers, 0)
        for feature in laid.features:
            self.rows[feature.layer] = max(self.rows[feature.layer], feature.row)
        self.first: dict[tuple[str, str], Place] = {}
        # Layers that took something of a recipe.
        self.taken: dict[tuple[str, str], None] = {}

    def hold(self, place: Place, match: Match) -> None:
        """Does what one match says, or says why that cannot be done."""
        recipe = self.recipes.get(match.recipe)
        if recipe is None or match.recipe in self.unread or match.decision == "reject":
            return
        found = self._gathered(place, match)
        layer = self.layers.get(recipe.layer or "")
        if found is None or layer is None or match.decision is None:
            return
        if twin := self.first.get((match.recipe, match.gathered)):
            self._fault(place, "gathered", f"{shown(match.gathered)} is decided already in {twin[0]} line {twin[1]}")
        elif match.feature is None:
            self._fault(place, "feature", f"a value is required to {match.decision} it")
        elif match.decision == "accept":
            self._accept(place, match.feature, recipe, found)
        else:
            self._add(place, match.feature, recipe, layer, found, match.name or "")
        self.first.setdefault((match.recipe, match.gathered), place)

    def _gathered(self, place: Place, match: Match) -> Found | None:
        held = self.found.get(match.recipe)
        if held is None:
            message = f"nothing was gathered by it: {shown(match.recipe)}; run mendmap gather {match.recipe}"
            self._fault(place, "recipe", message)
        elif match.gathered not in held:
            self._fault(place, "gathered", f"not in {self.files[match.recipe]}: {shown(match.gathered)}")
        return (held or {}).get(match.gathered)

    def _accept(self, place: Place, ident: str, recipe: Recipe, found: Found) -> None:
        if ident not in self.at:
            self._fault(place, "feature", not_one_of("no such feature", ident, self.at))
            return
        if twin := self.laid.places.get(ident):
            message = f"{shown(ident)} has a position from {twin[0]} line {twin[1]} already; accept one of them"
            self._fault(place, "feature", message)
            return
        feature = self.laid.features[self.at[ident]]
        layer = self.layers[feature.layer]
        if (layer.entry.file, feature.row) in self.faulty:
            return
        changed, complaints = redrawn(layer, self.laid.catalogue.languages, recipe, found, feature)
        self._complain(place, recipe, complaints)
        self.laid.features[self.at[ident]] = changed
        self._take(place, ident, recipe, layer)

    def _add(self, place: Place, ident: str, recipe: Recipe, layer: Layer, found: Found, name: str) -> None:
        if ident in self.at:
            self._fault(place, "feature", f"{shown(ident)} is a feature already; accept it, or choose another id")
            return
        row = self.rows[layer.id] + 1
        feature, complaints = made(layer, self.laid.catalogue.languages, recipe, found, ident, name, row)
        self._complain(place, recipe, complaints)
        if feature:
            self.rows[layer.id] = row
            self.at[ident] = len(self.laid.features)
            self.laid.features.append(feature)
            self._take(place, ident, recipe, layer)

    def _take(self, place: Place, ident: str, recipe: Recipe, layer: Layer) -> None:
        self.laid.places[ident] = place
        self.taken[layer.id, recipe.id] = None

    def _complain(self, place: Place, recipe: Recipe, complaints: Iterable[Complaint]) -> None:
        for column, message in complaints:
            self._fault(place, "gathered", f"as {self.files[recipe.id]} has it, {column}: {message}")

    def _fault(self, place: Place, column: str, message: str) -> None:
        self.laid.faults.append(Fault(*place, column, message))


def _join_terms(laid: Laid, taken: Iterable[tuple[str, str]], drawn: Collection[str]) -> None:
    """Joins the terms, sources and attributions of what was taken to those of the catalogue and of the layers that were
    ``drawn`` by hand; where all of a layer was taken, they are its only ones."""
    catalogue = laid.catalogue
    files = {each.recipe: each for each in catalogue.gathered}
    of_layer: dict[str, list[Gathered]] = {}
    for layer, recipe in taken:
        of_layer.setdefault(layer, []).append(files[recipe])
    layers = [_with_terms(laid, layer, of_layer.get(layer.id, ()), own=layer.id in drawn) for layer in catalogue.layers]
    counted = [each for some in of_layer.values() for each in some]
    attributions = [each.attribution for each in counted] + [each.attribution for each in catalogue.readings]
    laid.catalogue = replace(
        catalogue,
        layers=tuple(layers),
        licence=_joined(laid, [catalogue.licence, *(each.entry.licence for each in counted)]),
        attribution=_joined(laid, [catalogue.attribution, *attributions]),
    )


def _with_terms(laid: Laid, layer: Layer, given: Sequence[Gathered], *, own: bool) -> Layer:
    if not given:
        return layer
    entries = [*([layer.entry] if own else []), *(each.entry for each in given)]
    licence = _joined(laid, [each.licence for each in entries])
    source = _joined(laid, [each.source for each in entries])
    return replace(layer, entry=replace(layer.entry, licence=licence, source=source))


def _joined(laid: Laid, texts: Iterable[str]) -> str:
    """Texts joined by semicolons, each once: none that stands among those before it, as it is or with more after it."""
    kept: list[str] = []
    for text in texts:
        said = [part for each in kept for part in each.split("; ")]
        if text and not any(f"{each} ".startswith(f"{text} ") for each in said):
            kept.append(text)
    whole = "; ".join(kept)
    if len(kept) > 1:
        laid.joined[whole] = tuple(kept)
    return whole

"""What a decision makes of a gathered feature: the new outline of one that the catalogue has, or a new one.

Each comes with what would be wrong with it, so that a proposal can say beforehand what a load would refuse.
Not here: which decisions there are, and whether they contradict each other (``gathered``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.model import Layer
from mendmap.geo.chainage import start_km
from mendmap.vectors.features import Feature, cells, checked, disagreement
from mendmap.vectors.files import Raw
from mendmap.vectors.gathered import Found
from mendmap.words.fields import Complaint, name_column
from mendmap.words.languages import in_letters_of

# Columns of a station that it takes from the service where it has none itself.
_OF_STATION = ("medium", "operator")
# Declared of an outline that is no longer drawn, and the sign of the unit.
_DECLARED = {"length_km": "km", "area_ha": "ha"}


def redrawn(
    layer: Layer, languages: Sequence[str], recipe: Recipe, found: Found, feature: Feature
) -> tuple[Feature, list[Complaint]]:
    """A feature where the service draws it, and what is wrong with that.

    Its id, names and time stay; position or outline, ``basis``, ``accuracy_m``, ``source`` and ``method`` are those of
    the service. A declared length or area that the new outline does not have goes into ``size``, in words. A station
    takes the names by which formats know it; a watercourse keeps its zero.
    """
    told = cells(feature)
    shape = found.geometry
    for column, sign in _DECLARED.items():
        if told.get(column) is not None and disagreement(column, told[column], shape):
            told["size"] = _together(told.get("size"), f"{told.pop(column):.10g} {sign}")
    if layer.role == "station":
        told["aliases"] = _together(told.get("aliases"), found.properties.get("aliases"))
        told |= {each: told.get(each) or found.properties.get(each) for each in _OF_STATION}
    if layer.role == "watercourse":
        told["start_km"] = start_km(feature.geometry, told.get("start_km"), shape)
    changed, complaints = checked(layer, languages, feature.row, Raw(told | _drawn(recipe, found), shape))
    return changed or feature, complaints


def made(
    layer: Layer, languages: Sequence[str], recipe: Recipe, found: Found, ident: str, name: str = "", row: int = 0
) -> tuple[Feature | None, list[Complaint]]:
    """A new feature of a layer, and what is wrong with it. ``name`` is what a person calls it in the catalogue's first
    language; where none does, and the service has no name for it, it is called by its kind and its id there."""
    names = names_of(found.names, languages)
    kind = recipe.feature_kind or ""
    first = name or names.get(languages[0]) or f"{layer.kinds.get(kind, kind)} {found.id}"
    told = {"id": ident, "kind": kind, **found.properties, **_drawn(recipe, found)}
    told |= {name_column("name", language): text for language, text in (names | {languages[0]: first}).items()}
    return checked(layer, languages, row, Raw(told, found.geometry))


def names_of(names: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """What a service's names by tag are in the languages of a catalogue; none is made up.

    A name is taken for a language whose tag it has, or whose tag without the script it has, in letters of that script.
    One without a tag is of the only language that is written in its letters. The first language, in which everything
    has a name, takes one of another where it has none: such as is written in its own letters before others.
    """
    told = {language: names[language] for language in languages if names.get(language)}
    for language in languages:
        near = names.get(language.partition("-")[0], "")
        if language not in told and in_letters_of(near, language):
            told[language] = near
    untagged = names.get("", "")
    readers = [language for language in languages if in_letters_of(untagged, language)]
    if len(readers) == 1:
        told.setdefault(readers[0], untagged)
    every = [untagged, *told.values(), *(text for _, text in sorted(names.items()))]
    given = [each for each in every if each]
    if languages[0] not in told and given:
        own = (each for each in given if in_letters_of(each, languages[0]))
        told[languages[0]] = next(own, given[0])
    return told


def _drawn(recipe: Recipe, found: Found) -> dict[str, Any]:
    gone = f"The service has had it no more since {found.gone}." if found.gone else ""
    return {
        "basis": recipe.basis or "published",
        "accuracy_m": recipe.accuracy_m if found.accuracy_m is None else found.accuracy_m,
        "source": recipe.source,
        "method": " ".join(filter(None, (found.method or f"{recipe.title}: {found.id}.", gone))),
    }


def _together(ours: str | None, theirs: str | None) -> str | None:
    """Texts that are listed with semicolons, each once, ours first."""
    listed = [each.strip() for text in (ours, theirs) for each in (text or "").split(";")]
    return "; ".join(dict.fromkeys(filter(None, listed))) or None

"""What is made of a service's features: which of them, and which of their properties become what, as ``select`` says.

``select`` is a list with semicolons between, whose entries are ``name=TITLE`` (the property that names a feature;
``name:fr=TITRE`` in one language), ``id=CODE`` (the property that is its lasting id; else the id that the service
gives it), ``only:STATUS=closed|disused`` (only features that have one of these values), ``COLUMN=PROPERTY`` (a
column of the layer, such as ``note=REMARK``, or ``accuracy_m=…``, ``method=…``), and ``filter=…`` (in the service's
own language, where its adapter passes one on). Semicolons may stand within single quotes.
Not here: asking (``services``), and what a feature is to the catalogue (``match``).
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, not_one_of, shown
from mendmap.gather.model import Answer, Place
from mendmap.vectors.fields import columns
from mendmap.vectors.gathered import Found
from mendmap.words.fields import Field, plain, value

# What a match says, or the recipe: no property of the service does.
_OTHERS = ("id", "kind", "name", "basis", "source")
_ENTRY = re.compile(r"(?:[^;']|'[^']*')+")
# GeoServer counts features out anew at each question where their table has no key.
_PASSING_ID = re.compile(r"(.*\.)?fid-[0-9a-f_-]{8,}")
# Decimals of the degrees that are kept, as vectors.gathered writes them.
_DECIMALS = 7
_FULL_CIRCLE = 360


@dataclass(frozen=True, slots=True)
class Selection:
    """What ``select`` of a recipe says; ``names`` maps a language ("" where none is said) to a property, ``columns`` a
    column of the layer to one."""

    filter: str = ""
    id: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[Field, str]] = field(default_factory=dict)
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def properties(self) -> set[str]:
        """Every property that it names."""
        return {
            *filter(None, [self.id]),
            *self.names.values(),
            *self.only,
            *(each for _, each in self.columns.values()),
        }

    @staticmethod
    def of_columns(recipe: Recipe, place: Place, *names: str) -> "Selection":
        """Properties that an adapter calls as the layer of a recipe calls its columns. Raises FeedError where the layer
        has none such."""
        known = _columns(recipe, place)
        if missing := [each for each in names if each not in known]:
            raise FeedError(not_one_of(f"layer {recipe.layer} has no column, so no stations", missing[0], known))
        return Selection(columns={each: (known[each], each) for each in names})

    @staticmethod
    def parse(recipe: Recipe, place: Place) -> "Selection":
        """Raises FeedError where it is not understood."""
        known = _columns(recipe, place)
        names: dict[str, str] = {}
        taken: dict[str, tuple[Field, str]] = {}
        only: dict[str, frozenset[str]] = {}
        single = {"filter": "", "id": ""}
        for entry in _ENTRY.findall(recipe.select or ""):
            key, _, given = (each.strip() for each in entry.partition("="))
            if not key and not given:
                continue
            word, _, of = key.partition(":")
            if not given:
                raise FeedError(f"select of recipe {recipe.id}: nothing is given for {shown(key)}")
            if key in single:
                single[key] = given
            elif word == "name":
                names[of] = given
            elif word == "only" and of:
                only[of] = frozenset(each.strip() for each in given.split("|"))
            elif key in known:
                taken[key] = (known[key], given)
            else:
                choices = ["filter", "id", "name", "name:LANGUAGE", "only:PROPERTY", *known]
                raise FeedError(not_one_of(f"select of recipe {recipe.id}: not understood", key, choices))
        return Selection(single["filter"], single["id"], names, taken, only)


def _columns(recipe: Recipe, place: Place) -> dict[str, Field]:
    """The columns of a recipe's layer that a property may become."""
    layer = next((each for each in place.geodata.catalogue.layers if each.id == recipe.layer), None)
    return {each.name: each for each in (columns(layer) if layer else ()) if each.name not in _OTHERS}


class Features:
    """Takes the features of a service one by one, by what ``select`` says or an adapter does; ``answer`` gives what was
    found once all have come."""

    def __init__(self, recipe: Recipe, place: Place, selection: Selection | None = None) -> None:
        self.selection = selection or Selection.parse(recipe, place)
        self._place = place
        self._found: list[Found] = []
        self._left_out: Counter[str] = Counter()
        self._ids = set[str]()
        self._properties = set[str]()
        self._swapped = 0
        self.received = 0

    def expect(self, number: int) -> None:
        """Refuses more than may be taken, as soon as the service says how many there are."""
        most = self._place.settings.max_gather_features
        if number > most:
            raise FeedError(
                f"{number} features, and at most {most} are taken (setting MENDMAP_MAX_GATHER_FEATURES); "
                "ask for less: a smaller box, around some features, or fewer by select"
            )

    def take(self, ident: Any, properties: Mapping[str, Any], geometry: BaseGeometry | None, broken: str = "") -> None:
        """Takes a feature, or counts why it is not taken. ``ident`` is what the service calls it (None: nothing).
        Raises FeedError where it has no id, or the id of another."""
        self.received += 1
        self.expect(self.received)
        self._properties |= set(properties)
        chosen = self.selection
        if any(_text(properties.get(name)) not in wanted for name, wanted in chosen.only.items()):
            self._left_out["not what select asks for"] += 1
            return
        known = self._known(properties.get(chosen.id) if chosen.id else ident, properties)
        shape, why = (None, broken) if broken else sound(geometry)
        if shape is not None and not shape.intersects(shapely.box(*self._place.box)):
            self._swapped += shape.intersects(shapely.box(*self._place.box.swapped()))
            why = "outside the area that was asked for"
        if shape is None or why:
            self._left_out[why] += 1
            return
        taken = self._columns(properties)
        accuracy, method = taken.pop("accuracy_m", None), taken.pop("method", None)
        self._found.append(Found(known, self._names(properties), shape, accuracy, method or "", taken))

    def answer(self) -> Answer:
        """What was found. Raises FeedError where no feature has a property that ``select`` names, or where all lie
        where latitude and longitude would be exchanged."""
        missing = sorted(self.selection.properties - self._properties)
        if missing and self.received:
            raise FeedError(not_one_of("select: no feature has this property", missing[0], self._properties))
        if self._swapped and not self._found:
            raise FeedError("latitude and longitude look exchanged: every feature lies where that would put it")
        return Answer(self._found, left_out=self._left_out)

    def _known(self, given: Any, properties: Mapping[str, Any]) -> str:
        known = _text(given)
        if not known:
            there = ", ".join(sorted(map(str, properties))[:20])
            raise FeedError(f"feature {self.received} has no id; name a property that is one in select, id=…: {there}")
        if _PASSING_ID.fullmatch(known):
            raise FeedError(
                f"the service makes up an id for each question ({shown(known)}); name a property that lasts in select, "
                f"id=…: {', '.join(sorted(map(str, properties))[:20])}"
            )
        if known in self._ids:
            raise FeedError(
                f"two features have the id {shown(known)}: a page that came twice, or no id that tells apart"
            )
        self._ids.add(known)
        return known

    def _names(self, properties: Mapping[str, Any]) -> dict[str, str]:
        """By language. Where ``select`` does not say, what the property ``name`` says: a text, or one a language."""
        if self.selection.names:
            given = {language: properties.get(name) for language, name in self.selection.names.items()}
        else:
            name = properties.get("name")
            given = name if isinstance(name, dict) else {"": name}
        return {str(language): text for language, each in given.items() if (text := _text(each))}

    def _columns(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, (about, of) in self.selection.columns.items():
            try:
                given = plain(value(about, properties.get(of)))
            except ValueError:
                self._left_out[f"values of {of} that are no {name}"] += 1
                continue
            if given not in (None, "", []):
                found[name] = given
        return found


def sound(geometry: BaseGeometry | None) -> tuple[BaseGeometry | None, str]:
    """A geometry as a gathered file keeps it, flat, its degrees rounded, and one part alone where it has but one;
    else why it is none: missing, empty, not finite, of no type that a layer can have, or not valid."""
    if geometry is None or geometry.is_empty:
        return None, "without a geometry"
    if geometry.geom_type == "GeometryCollection":
        return None, "a collection of geometries"
    if not (np.abs(shapely.get_coordinates(geometry)) <= _FULL_CIRCLE).all():
        return None, "a coordinate that is no number of degrees"
    flat = shapely.transform(shapely.force_2d(geometry), lambda xy: xy.round(_DECIMALS))
    if flat.geom_type.startswith("Multi") and len(flat.geoms) == 1:
        flat = flat.geoms[0]
    if flat.geom_type == "LinearRing":
        flat = shapely.LineString(flat)
    return (flat, "") if flat.is_valid else (None, f"a geometry that is not valid ({_reason(flat)})")


def _reason(shape: BaseGeometry) -> str:
    """What is wrong, without where: so that the like are counted together."""
    return str(shapely.is_valid_reason(shape)).partition("[")[0].strip().lower()


def _text(given: Any) -> str:
    """A value as a text; blank where it is none."""
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given).strip() if isinstance(given, str | int | float) and given == given else ""

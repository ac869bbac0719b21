"""Elements of OpenStreetMap, as an Overpass API answers them with ``out body geom``, made into features.

A node is a point. A way is a line, or an area where it is closed and its tags are those of areas. A relation of type
multipolygon or boundary is an area, put together of its ways; no other relation has an outline.
Not here: the question (``adapter``), and rivers of many ways (``rivers``).
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.errors import FeedError, shown
from mendmap.gather.services.overpass.outlines import LeftOutError, Vertices, of_rings, sound
from mendmap.vectors.gathered import Found

Element = Mapping[str, Any]
_NAME = re.compile(r"name(?::([a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*))?")
_AREAL_RELATIONS = ("multipolygon", "boundary")
# Stages of life that stand before the key of what something was or will be.
_STAGE = re.compile(r"(?:abandoned|construction|demolished|destroyed|disused|historic|planned|proposed|razed|removed):")
# Keys whose closed ways are areas, but for some values; after the community's list of polygon features.
_AREAS_BUT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("amenity", "boundary", "building", "building:part", "craft", "golf"), frozenset[str]()),
    **dict.fromkeys(("historic", "landuse", "leisure", "military", "office", "place"), frozenset[str]()),
    **dict.fromkeys(("public_transport", "ruins", "shop", "tourism", "water", "wetland"), frozenset[str]()),
    "aeroway": frozenset({"taxiway", "runway"}),
    "man_made": frozenset({"cutline", "dyke", "embankment", "pipeline"}),
    "natural": frozenset({"arete", "cliff", "coastline", "ridge", "tree_row", "valley"}),
}
# Keys whose closed ways are lines, but for some values.
_AREAS_ONLY: Mapping[str, frozenset[str]] = {
    "barrier": frozenset({"city_wall", "ditch", "hedge", "retaining_wall", "spikes", "wall"}),
    "highway": frozenset({"elevator", "escape", "rest_area", "services"}),
    "power": frozenset({"generator", "plant", "substation", "transformer"}),
    "railway": frozenset({"platform", "roundhouse", "station", "turntable"}),
    "waterway": frozenset({"boatyard", "dam", "dock", "fuel", "riverbank"}),
}


def ident(element: Element, where: str) -> str:
    """Its id, such as ``way/123``, which stays as long as the object does. Raises FeedError."""
    kind, number = element.get("type"), element.get("id")
    if kind not in ("node", "way", "relation") or type(number) is not int:
        raise FeedError(f"{where}: an element with a type of node, way or relation, and an id: {shown(element)}")
    return f"{kind}/{number}"


def tags(element: Element, where: str) -> Mapping[str, str]:
    """Its tags. Raises FeedError."""
    found = element.get("tags", {})
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise FeedError(f"{where}: its tags are no texts: {shown(found)}")
    return found


def names(found: Mapping[str, str]) -> dict[str, str]:
    """The names among tags by language; blank for the one that no language is told of."""
    matched = ((_NAME.fullmatch(key), value.strip()) for key, value in found.items())
    return {match[1] or "": value for match, value in matched if match and value}


def feature(element: Element, where: str) -> Found:
    """The feature that an element is. Raises LeftOutError where its outline cannot be told, and FeedError, naming
    ``where``, where it is no element with its geometry."""
    name, own = ident(element, where), tags(element, where)
    if element["type"] == "node":
        geometry: BaseGeometry = shapely.Point(_vertices([element], where)[0])
    elif element["type"] == "way":
        geometry = _way(_vertices(_list(element, "geometry", where), where), own)
    else:
        geometry = _relation(_list(element, "members", where), own, where)
    return Found(name, names(own), geometry, method=f"OpenStreetMap {name}.")


def is_area(found: Mapping[str, str]) -> bool:
    """Whether a closed way with these tags is an area, and not a line that comes back to where it began."""
    if found.get("area") in ("yes", "no"):
        return found["area"] == "yes"
    for key, value in found.items():
        bare = _STAGE.sub("", key, count=1)
        only, but = _AREAS_ONLY.get(bare), _AREAS_BUT.get(bare)
        if value != "no" and ((only is not None and value in only) or (but is not None and value not in but)):
            return True
    return False


def _way(vertices: Vertices, own: Mapping[str, str]) -> BaseGeometry:
    if len(vertices) < 2:
        raise LeftOutError("it has fewer than two places")
    closed = len(vertices) > 3 and bool((vertices[0] == vertices[-1]).all())
    return sound(shapely.Polygon(vertices) if closed and is_area(own) else shapely.LineString(vertices))


def _relation(members: list[Any], own: Mapping[str, str], where: str) -> BaseGeometry:
    if own.get("type") not in _AREAL_RELATIONS:
        raise LeftOutError("it is a relation that has no outline of its own")
    rings: dict[str, list[Vertices]] = {"outer": [], "inner": []}
    for nth, member in enumerate(members):
        place = f"{where}, members[{nth}]"
        if not isinstance(member, dict) or not isinstance(member.get("role"), str):
            raise FeedError(f"{place}: a member with a role: {shown(member)}")
        role = member["role"] or "outer"
        if role not in rings or member.get("type") == "node":
            continue
        if member.get("type") != "way":
            raise LeftOutError("it is made of other relations")
        if not isinstance(member.get("geometry"), list) or len(member["geometry"]) < 2:
            raise LeftOutError("some of its outline is missing")
        rings[role].append(_vertices(member["geometry"], place))
    return of_rings(rings["outer"], rings["inner"])


def _list(element: Element, name: str, where: str) -> list[Any]:
    found = element.get(name)
    if not isinstance(found, list):
        raise FeedError(f"{where}: a {element['type']} without its {name}, which was asked for: {shown(element)}")
    return found


def _vertices(places: list[Any], where: str) -> Vertices:
    """Places as longitude and latitude. One that is null lies where nobody told, so the whole is left out."""
    if any(each is None for each in places):
        raise LeftOutError("some of its outline is missing")
    try:
        found = np.array([(each["lon"], each["lat"]) for each in places], dtype=np.float64).reshape(-1, 2)
    except (LookupError, TypeError, ValueError):
        raise FeedError(f"{where}: places with lat and lon, in numbers: {shown(places)}") from None
    if not (np.abs(found) <= (180, 90)).all():
        raise FeedError(f"{where}: places in degrees: {shown(places)}")
    return found

"""Watercourses of many lines, each made into one line that runs downstream, so that it has a chainage.

Lines are of one river where the service says so (``River``), or where they have a name in common, in any script.
They are drawn in the direction of flow, as OpenStreetMap's are; how they are joined is ``stem``'s. The zero of a
river's chainage is its first vertex, and each river says in its ``method`` what was joined, bridged and left out.
Not here: which gathered river is which of ours (``match``), and what its zero is then (``geo.chainage``).
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor

import shapely

from mendmap.gather.names import words
from mendmap.gather.services.overpass.stem import Groups, Place, Stem, lengths_m, stems
from mendmap.geo.bounds import Bounds
from mendmap.geo.measure import length_m
from mendmap.vectors.gathered import Found

_SIDE_ARM = "it is a side arm of a river"
_APART = "it is part of a river, and does not join up with the longest part of it"
_CIRCLE = "it closes upon itself"
_NO_LINE = "it is no line"
_OUTSIDE = "it lies outside the area"
# Coordinates are written to so many decimals, and a cut end must not be rounded out of the area.
_STEP = 1e-7


@dataclass(frozen=True, slots=True)
class River:
    """What a service says is one watercourse: its id and names there, the ids of the lines of its main stream, and
    those of its side arms (``aside``)."""

    id: str
    names: Mapping[str, str]
    parts: frozenset[str]
    aside: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Group:
    """Lines of one river. Of one that the service ``said`` to be one, only what joins up is kept."""

    id: str
    names: Mapping[str, str]
    said: bool
    lines: list[Found] = field(default_factory=list)


def assembled(
    found: Iterable[Found], rivers: Iterable[River] = (), within: Bounds | None = None, service: str = ""
) -> tuple[list[Found], Counter[str]]:
    """Rivers of one LineString each, and what was left out, counted by why.

    ``found`` are lines in the direction of flow (rows: a line each); those that have neither a name nor a river stay
    by themselves, with their ids. A river's id is that of ``rivers``, or ``river/`` and the smallest number of its
    lines, which stays as long as lines are only cut in two. Lines of one name that do not join up may be two rivers
    of that name, so each is a river. What lies outside the box ``within`` is cut off. ``service`` is named in methods.
    """
    gathered = list(found)
    lines = [each for each in gathered if shapely.get_dimensions(each.geometry) == 1]
    left_out = Counter({_NO_LINE: len(gathered) - len(lines)})
    made: list[Found] = []
    for group in _groups(lines, sorted(rivers, key=lambda each: _number(each.id)), left_out):
        made += _made(group, within, service, left_out)
    return sorted(made, key=lambda each: each.id), +left_out


def _groups(lines: Sequence[Found], rivers: Sequence[River], left_out: Counter[str]) -> list[_Group]:
    said = {each.id: _Group(each.id, each.names, True) for each in rivers}
    # A line of two rivers is of the smaller one: the other is a whole that it belongs to.
    river_of = {part: each for each in sorted(rivers, key=lambda each: -len(each.parts)) for part in each.parts}
    aside = {part for each in rivers for part in each.aside} - set(river_of)
    rest: list[Found] = []
    for each in lines:
        if each.id in river_of:
            said[river_of[each.id].id].lines.append(each)
        elif each.id in aside:
            left_out[_SIDE_ARM] += 1
        else:
            rest.append(each)
    known = [group for group in said.values() if group.lines]
    named = _named([each for each in rest if each.names], known)
    alone = [_Group(each.id, each.names, True, [each]) for each in rest if not each.names]
    return [*known, *(_Group("", {}, False, each) for each in named), *alone]


def _named(lines: Sequence[Found], known: Sequence[_Group]) -> list[list[Found]]:
    """Lines that have a name in common, by way of any others, together; but for those that touch a known river of that
    name, which they are given to."""
    keys = {each.id: _keys([each]) for each in lines}
    groups = Groups[str]()
    for each in lines:
        for key in keys[each.id]:
            groups.join(f"line {each.id}", f"name {key}")
    together: dict[str, list[Found]] = {}
    for each in lines:
        together.setdefault(groups.of(f"line {each.id}"), []).append(each)
    rivers: dict[str, list[_Group]] = {}
    for group in known:
        for key in _keys(group.lines) | _folded(group.names):
            rivers.setdefault(key, []).append(group)
    left: list[list[Found]] = []
    for alike in together.values():
        of_name = {id(group): group for key in sorted(_keys(alike)) for group in rivers.get(key, ())}
        rest = alike
        for group in of_name.values():
            rest = _untouched(rest, group)
        left += [rest] if rest else []
    return left


def _untouched(lines: list[Found], group: _Group) -> list[Found]:
    """What is left of lines, once those that touch a river, by way of any others, were given to it."""
    known = _places(group.lines)
    while near := [each for each in lines if not known.isdisjoint(_places([each]))]:
        group.lines += near
        known |= _places(near)
        taken = {each.id for each in near}
        lines = [each for each in lines if each.id not in taken]
    return lines


def _keys(lines: Iterable[Found]) -> set[str]:
    return {key for each in lines for key in _folded(each.names)}


def _folded(names: Mapping[str, str]) -> set[str]:
    """Names as they are compared: whatever the script."""
    return {" ".join(key) for each in names.values() if (key := words(each))}


def _places(lines: Iterable[Found]) -> set[Place]:
    return {(float(x), float(y)) for each in lines for x, y in shapely.get_coordinates(each.geometry)}


def _made(group: _Group, within: Bounds | None, service: str, left_out: Counter[str]) -> list[Found]:
    by_id = {each.id: each for each in group.lines}
    found = stems(
        (each.id, shapely.get_coordinates(part)) for each in group.lines for part in shapely.get_parts(each.geometry)
    )
    held = {part for stem in found for part in lengths_m((*stem.edges, *stem.aside))}
    left_out[_CIRCLE] += len(by_id.keys() - held)
    kept = found[:1] if group.said else found
    apart = {part for stem in found[len(kept) :] for part in stem.parts}
    left_out[_APART] += len(apart)
    left_out[_SIDE_ARM] += len(held - {""} - apart - {part for stem in kept for part in stem.parts})
    made: list[Found] = []
    for stem in kept:
        river = _river(group, stem, by_id, found[len(kept) :], service)
        inside = _cut(river, within)
        left_out[_OUTSIDE] += inside is None
        made += [inside] if inside else []
    return made


def _river(group: _Group, stem: Stem, by_id: Mapping[str, Found], apart: Sequence[Stem], service: str) -> Found:
    parts = [by_id[each] for each in sorted(stem.parts, key=_number)]
    smallest = min((each for each in lengths_m((*stem.edges, *stem.aside)) if each), key=_number)
    ident = group.id or f"river/{smallest.rpartition('/')[2]}"
    names = dict(_longest_names(parts, lengths_m(stem.edges))) | dict(group.names)
    accuracies = [each.accuracy_m for each in parts if each.accuracy_m is not None]
    first = parts[0].properties
    shared = {name: first[name] for name in first if all(each.properties.get(name) == first[name] for each in parts)}
    method = _method(f"{service} {group.id or parts[0].id}".strip(), stem, apart)
    return Found(ident, names, stem.line, max(accuracies, default=None), method, shared)


def _longest_names(parts: Iterable[Found], lengths: Mapping[str, float]) -> Mapping[str, str]:
    """In each language, the name that most of the river has."""
    found: dict[str, Counter[str]] = {}
    for each in parts:
        for language, name in each.names.items():
            found.setdefault(language, Counter())[name] += round(lengths[each.id])
    return {language: min(names, key=lambda name: (-names[name], name)) for language, names in found.items()}


def _method(what: str, stem: Stem, apart: Sequence[Stem]) -> str:
    count, gaps = len(stem.parts), stem.bridged_m
    said = [f"{what}; {count} lines are joined in the direction of flow." if count > 1 else f"{what}."]
    said.append("Kilometre 0 is its first vertex.")
    if gaps:
        said.append(f"Gaps bridged by straight lines: {len(gaps)}, together {sum(gaps):.0f} m.")
    if aside := sum(each.length_m for each in stem.aside):
        said.append(f"Side arms left out, together {aside / 1000:.1f} km.")
    if apart:
        length = sum(each.length_m for each in apart)
        said.append(f"Parts left out that do not join up: {len(apart)}, together {length / 1000:.1f} km.")
    return " ".join(said)


def _cut(found: Found, within: Bounds | None) -> Found | None:
    """The longest part of a river inside a box, or None where there is none."""
    if within is None or within.contains(Bounds(*found.geometry.bounds)):
        return found
    low = [ceil(each / _STEP) * _STEP for each in within[:2]]
    high = [floor(each / _STEP) * _STEP for each in within[2:]]
    inside = shapely.clip_by_rect(found.geometry, *low, *high)
    parts = [each for each in shapely.get_parts(inside) if each.geom_type == "LineString" and each.length > 0]
    if not parts:
        return None
    said = "Cut where it leaves the area" + ("; the longest part inside is kept." if len(parts) > 1 else ".")
    return dataclasses.replace(found, geometry=max(parts, key=length_m), method=f"{found.method} {said}")


def _number(ident: str) -> tuple[float, str]:
    """What ids are ordered by: their number, where they have one."""
    last = ident.rpartition("/")[2]
    return (float(last) if last.isdecimal() else float("inf")), ident

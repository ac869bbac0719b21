"""Changes of features: added and removed, moved and redrawn, and every property that says something else.

A feature is as described from ``valid_from`` until ``valid_to``. So the world changed where one of these is newly
stated, or where the description begins anew: it says so itself, with a later ``valid_from``. Anything else is a better
record of what was there. Not here: records (``records``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.records import names
from mendmap.changes.model import RECORD, WORLD, Change
from mendmap.geo.measure import area_m2, distance_m
from mendmap.lake.changed import Pair, Version
from mendmap.words.phrases import say

# Properties of our record of a feature; they say nothing of the world, even where it changed.
_OF_RECORD = ("basis", "accuracy_m", "source", "method", "note")


def changes(pair: Pair, languages: Sequence[str]) -> Iterator[Change]:
    """The changes of one feature, its position first."""
    known = pair.now or pair.was
    assert known is not None
    head: dict[str, Any] = {
        "number": pair.number,
        "thing": "feature",
        "id": pair.id,
        "name": names(known.body["name"], languages),
        "layers": (pair.part,),
    }
    if pair.was is None or pair.now is None:
        begins = known.body.get("valid_from") or ""
        nature = WORLD if pair.was is None and begins else RECORD
        yield Change(**head, nature=nature, what="added" if pair.was is None else "removed", when=begins)
        return
    was, now = pair.was, pair.now
    anew = _later(was.body.get("valid_from"), now.body.get("valid_from"))
    when = now.body.get("valid_from") if anew else ""
    yield from _shape(head, was, now, WORLD if anew else RECORD, when or "")
    for name in sorted({*was.body, *now.body}):
        before, after = text(was.body.get(name)), text(now.body.get(name))
        if before == after:
            continue
        ends = name == "valid_to" and before is None
        world = ends or (anew and name not in _OF_RECORD)
        told: dict[str, Any] = {"property": name, "was": before, "now": after, "when": (after if ends else when) or ""}
        yield Change(**head, nature=WORLD if world else RECORD, what="changed", **told)


def _later(was: str | None, now: str | None) -> bool:
    """Whether a description begins anew: dates of any precision sort as texts."""
    return bool(now) and (not was or str(now) > str(was))


def _shape(head: Mapping[str, Any], was: Version, now: Version, nature: str, when: str) -> Iterator[Change]:
    if _same(was.shape, now.shape):
        return
    told: dict[str, Any] = {"was": _where(was.shape), "now": _where(now.shape), "when": when}
    if was.shape is not None and now.shape is not None:
        told["moved_m"] = round(distance_m(was.shape.centroid, now.shape.centroid), 2)
    for name, shape in (("was_ha", was.shape), ("now_ha", now.shape)):
        if shape is not None and shapely.get_dimensions(shape) == 2:
            told[name] = round(area_m2(shape) / 10_000, 4)
    points = all(each is None or each.geom_type == "Point" for each in (was.shape, now.shape))
    yield Change(**head, nature=nature, what="moved" if points else "redrawn", **told)


def _same(one: BaseGeometry | None, other: BaseGeometry | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(shapely.to_wkb(one), shapely.to_wkb(other)))


def _where(shape: BaseGeometry | None) -> str | None:
    """What is drawn, and a point of it."""
    if shape is None:
        return None
    x, y = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    vertices = shapely.get_num_coordinates(shape)
    place = {"lon": f"{x:.6f}", "lat": f"{y:.6f}"}
    if shape.geom_type == "Point":
        return say("point at {lon}, {lat}", **place)
    return say("{shape} of {vertices:,} vertices at {lon}, {lat}", shape=shape.geom_type, vertices=vertices, **place)


def text(value: Any) -> str | None:
    """A property as text; None where it says nothing."""
    if isinstance(value, Mapping):
        return "; ".join(f"{language}: {text}" for language, text in sorted(value.items())) or None
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    if isinstance(value, float):
        return f"{value:.15g}"
    return None if value in (None, "") else str(value)

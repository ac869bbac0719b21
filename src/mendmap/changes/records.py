"""Changes of records: works, states, limits and the others, added, removed or saying something else.

A record that states its time tells of the world when it is added, and when it comes to state an end, a beginning or
another status; all other changes put right what is held. Not here: features (``features``).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import TABLES, names
from mendmap.changes.features import text
from mendmap.changes.model import RECORD, WORLD, Change
from mendmap.lake.changed import Pair

# Columns that say when what a record tells of was so.
_TIMES = {
    "state": ("since", "until"),
    "connection": ("since", "until"),
    "work": ("begun", "finished"),
    "quantity": ("date",),
    "figure": ("period",),
    "limit": ("applies_from", "applies_to"),
    "raster": ("taken",),
}
# Columns that name one feature.
_FEATURES = ("site", "feature", "from_feature", "to_feature")
# How a record is named, by the first of these that it has.
_NAMES = ("name", "title", "claim", "state", "what", "clause", "instrument")
# What is told of a catalogue and a layer; how they are stored and drawn is not.
_TOLD = (
    "name",
    "summary",
    "description",
    "licence",
    "licences",
    "attribution",
    "source",
    "contact",
    "kinds",
    "jurisdictions",
)
# What a catalogue fetches, and how, is no news of the land.
KINDS = ("catalogue", "layer", *(kind for kind in TABLES if kind not in ("feed", "recipe", "match")))


def changes(pair: Pair, atlas: Atlas) -> Iterator[Change]:
    """The changes of one record of ``KINDS``; its places are looked up in an atlas."""
    known = pair.now or pair.was
    assert known is not None
    body, times = known.body, _TIMES.get(pair.part, ())
    head: dict[str, Any] = {
        "number": pair.number,
        "thing": pair.part,
        "id": pair.id,
        "name": _name(body, atlas),
        "layers": _layers(pair.part, body, atlas),
    }
    if pair.was is None or pair.now is None:
        when = "/".join(str(body[each]) for each in times if body.get(each))
        nature = WORLD if pair.was is None and when else RECORD
        yield Change(**head, nature=nature, what="added" if pair.was is None else "removed", when=when)
        return
    was, now = pair.was.body, pair.now.body
    for name in sorted({*was, *now}):
        before, after = text(was.get(name)), text(now.get(name))
        if before == after or (pair.part in ("catalogue", "layer") and name not in _TOLD):
            continue
        happened = name in times and before is None
        world = happened or (name == "status" and before != "unknown" and after != "unknown")
        told: dict[str, Any] = {
            "property": name,
            "was": before,
            "now": after,
            "when": (after if happened else "") or "",
        }
        yield Change(**head, nature=WORLD if world else RECORD, what="changed", **told)


def _name(body: Mapping[str, Any], atlas: Atlas) -> str:
    found = next((body[each] for each in _NAMES if body.get(each)), body["id"])
    return names(found, atlas.place.languages) if isinstance(found, Mapping) else str(found)


def _layers(kind: str, body: Mapping[str, Any], atlas: Atlas) -> tuple[str, ...]:
    """The layers of the features that a record names; of a quantity, those of its work."""
    if kind == "layer":
        return (body["id"],)
    if kind == "quantity":
        work = atlas.works.get(body["work"])
        named = work.sites if work else ()
    else:
        named = (*(body.get("sites") or ()), *(body.get(each) or "" for each in _FEATURES))
    return tuple(dict.fromkeys(atlas.features[each].layer for each in named if each in atlas.features))

"""A change told in plain English, and all that a write changed in a few sentences.

Not here: HTML and Atom (``web``).
"""

from collections.abc import Iterator

from mendmap.changes.between import Changes
from mendmap.changes.model import RECORD, Change
from mendmap.words.labels import label
from mendmap.words.phrases import Phrase, joined, say

ACTS = {
    "load": say("A folder of geodata was loaded"),
    "ingest": say("A file of readings was ingested"),
    "post": say("Readings were posted"),
    "assess": say("What follows from the readings was computed anew"),
}


_READINGS = {
    "added": say("{name}: {count} added ({when})"),
    "revised": say("{name}: {count} revised ({when})"),
    "withdrawn": say("{name}: {count} withdrawn ({when})"),
    "removed": say("{name}: {count} removed ({when})"),
}

_CAME = {"added": say("{change} added"), "removed": say("{change} removed")}


def sentence(change: Change) -> Phrase:
    """What changed, with numbers: ``feature Mirror moved by 12 m``."""
    if change.thing == "readings":
        return say(_READINGS[change.what], name=change.name, count=change.now, when=_when(change))
    head = say("{thing} {name}", thing=label(change.thing), name=change.name)
    if change.what == "turned":
        head = say("{change} of {period}", change=head, period=change.property) if change.property else head
        now = label(change.now) if change.now else say("untold")
        return say("{change}: {was} became {now}", change=head, was=label(change.was or ""), now=now)
    return _of_record(_told(change, head), change)


def _told(change: Change, head: Phrase) -> Phrase:
    if change.what in ("moved", "redrawn"):
        return _drawn(change, head)
    if change.what == "changed":
        values = {"was": _said(change.was), "now": _said(change.now)}
        return say("{change}: {property} was {was}, is {now}", change=head, property=change.property, **values)
    return joined(", ", (say(_CAME[change.what], change=head), _when(change)))


def _drawn(change: Change, head: Phrase) -> Phrase:
    if change.now is None:
        return say("{change} has no position any more", change=head)
    if change.was is None:
        return say("{change} has a position now", change=head)
    if change.what == "moved":
        moved = say("{change} moved by {metres:,.10g} m", change=head, metres=change.moved_m)
    else:
        moved = say("{change} redrawn, its middle by {metres:,.10g} m", change=head, metres=change.moved_m)
    if change.was_ha is None or change.now_ha is None:
        return moved
    return joined(", ", (moved, say("{was:g} ha to {now:g} ha", was=change.was_ha, now=change.now_ha)))


def _said(text: str | None) -> Phrase:
    return say("not stated") if text is None else joined("", ("“", text, "”"))


def _when(change: Change) -> str:
    begin, slash, end = change.when.partition("/")
    return say("{begin} to {end}", begin=begin, end=end) if slash else begin


def _of_record(told: Phrase, change: Change) -> Phrase:
    """Said of what is no change of the world, which might be taken for one."""
    return say("{change} (in our record)", change=told) if change.nature == RECORD else told


def sentences(found: Changes, most: int) -> Iterator[Phrase]:
    """The changes as sentences, at most so many, and how many more there are."""
    for (_, part), count in found.counted.items():
        yield many(part, count)
    yield from (sentence(each) for each in found.told[:most])
    if len(found.told) > most:
        yield say("and {count:,} more", count=len(found.told) - most)


def many(part: str, count: int) -> Phrase:
    """That so many of a layer or kind changed."""
    return say("{part}: {count:,} changed, too many to be told one by one", part=label(part), count=count)

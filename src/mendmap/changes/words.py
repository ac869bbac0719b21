"""A change told in plain English, and all that a write changed in a few sentences.

Not here: HTML and Atom (``web``).
"""

from collections.abc import Iterator

from mendmap.changes.gather import Changes
from mendmap.changes.model import RECORD, Change

ACTS = {
    "load": "A folder of geodata was loaded",
    "ingest": "A file of readings was ingested",
    "post": "Readings were posted",
    "assess": "What follows from the readings was computed anew",
}


def sentence(change: Change) -> str:
    """What changed, with numbers: ``feature Mirror moved 12 m``."""
    head = f"{change.thing} {change.name}"
    if change.thing == "readings":
        return f"{change.name}: {change.now} {change.what} ({change.when.replace('/', ' to ')})"
    if change.what == "turned":
        of = f" of {change.property}" if change.property else ""
        return f"{head}{of}: {change.was} became {change.now or 'untold'}"
    if change.what in ("moved", "redrawn"):
        return f"{head} {_drawn(change)}{_nature(change)}"
    if change.what == "changed":
        return f"{head}: {change.property} was {_said(change.was)}, is {_said(change.now)}{_nature(change)}"
    when = f", {change.when.replace('/', ' to ')}" if change.when else ""
    return f"{head} {change.what}{when}{_nature(change)}"


def _drawn(change: Change) -> str:
    if change.was is None or change.now is None:
        return "has no position any more" if change.now is None else "has a position now"
    areas = "" if change.was_ha is None or change.now_ha is None else f", {change.was_ha:g} ha to {change.now_ha:g} ha"
    moved = f" by {change.moved_m:,.10g} m" if change.what == "moved" else f", its middle by {change.moved_m:,.10g} m"
    return f"{change.what}{moved}{areas}"


def _said(text: str | None) -> str:
    return "not stated" if text is None else f"“{text}”"


def _nature(change: Change) -> str:
    """Said of what is no change of the world, which might be taken for one."""
    return " (in our record)" if change.nature == RECORD else ""


def sentences(found: Changes, most: int) -> Iterator[str]:
    """The changes as sentences, at most so many, and how many more there are."""
    yield from (
        f"{part}: {count:,} changed, too many to be told one by one" for (_, part), count in found.counted.items()
    )
    yield from (sentence(each) for each in found.told[:most])
    if len(found.told) > most:
        yield f"and {len(found.told) - most:,} more"

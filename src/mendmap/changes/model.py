"""A change: one thing that is said otherwise since a write, and what kind of change that is.

Not here: finding changes (``features``, ``records``, ``measured``), and telling them (``words``).
"""

from dataclasses import asdict, dataclass
from typing import Any

from mendmap.words.fields import Field
from mendmap.words.phrases import say

WORLD, RECORD, DERIVED = "world", "record", "derived"
# What kind of change it is. The time at which something was so (valid time) and the time at which we recorded it are
# two (Snodgrass, Developing Time-Oriented Database Applications in SQL, 2000, chapter 1).
NATURES = {
    WORLD: say("The world changed, or was measured: a time at which it did is stated."),
    RECORD: say("What we hold was corrected, redrawn or completed; nothing says that the world changed."),
    DERIVED: say("It follows from other changes: of readings, limits or figures."),
}
WHATS = {
    "added": say("It was not there before."),
    "removed": say("It is no longer there."),
    "moved": say("It lies elsewhere."),
    "redrawn": say("Its line or outline differs."),
    "changed": say("A property says something else."),
    "revised": say("Values of readings differ."),
    "withdrawn": say("The source took readings back."),
    "turned": say("What was found by computing differs."),
}
# Every thing that a change can be of; records by their kinds.
THINGS = (
    *("feature", "readings", "verdict", "outcome", "catalogue", "layer"),
    *("source", "parameter", "rule", "limit", "state", "work", "quantity", "figure", "statement"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, made by the write of a ``number``; its fields are ``COLUMNS``."""

    number: int
    nature: str
    what: str
    thing: str
    id: str
    name: str
    layers: tuple[str, ...] = ()
    property: str = ""
    was: str | None = None
    now: str | None = None
    when: str = ""
    moved_m: float | None = None
    was_ha: float | None = None
    now_ha: float | None = None

    def plain(self) -> dict[str, Any]:
        """The change as JSON holds it."""
        return {**asdict(self), "layers": list(self.layers)}


COLUMNS = (
    Field("number", "integer", "Number of the write that made the change; of several writes, of the last."),
    Field("nature", "word", "What kind of change it is.", choices=tuple(NATURES)),
    Field("what", "word", "What happened.", choices=tuple(WHATS)),
    Field("thing", "word", "What it happened to.", choices=THINGS),
    Field("id", "id", "Id of that; of a verdict, series and limit with a space between."),
    Field("name", "text", "Its name."),
    Field("layers", "ids", "Layers that it is about; empty for none."),
    Field("property", "text", "Property that differs; of a verdict, its period."),
    Field("was", "text", "What was said before; empty for nothing."),
    Field("now", "text", "What is said since; empty for nothing."),
    Field("when", "text", "When it is true of the world, as far as stated."),
    Field("moved_m", "number", "How far its position, or the middle of its outline, moved.", unit="m"),
    Field("was_ha", "number", "Area of the outline before.", unit="ha"),
    Field("now_ha", "number", "Area of the outline since.", unit="ha"),
)

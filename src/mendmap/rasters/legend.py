"""What the colours of a picture mean, in words. Not here: drawing it (``draw``), and the legend as a file (``web``)."""

from dataclasses import dataclass

from mendmap.rasters.look import Look
from mendmap.rasters.palettes import PALETTES, colors, to_hex
from mendmap.rasters.pictures import Picture
from mendmap.rasters.relief import TINTS
from mendmap.words.phrases import say

_STEPS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A value, its color as ``#rrggbb``, and a word for it, which may be blank."""

    value: float
    color: str
    label: str


@dataclass(frozen=True, slots=True)
class Legend:
    """Entries from the lowest value to the highest, none for natural colours; their ``unit``, blank where they have
    none; and what is to be known beside them."""

    unit: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


def legend(picture: Picture, look: Look) -> Legend:
    """The legend of a picture with a look."""
    unit = "m" if picture.kind == "relief" else ""
    if look.palette is None:
        entries = tuple(Entry(height, color, "") for height, color in TINTS) if picture.kind == "relief" else ()
        return Legend(unit, entries, (_nothing(picture, computed=False),))
    palette = PALETTES[look.palette]
    shown = colors(look.palette, _STEPS)
    words = (palette.low, "", palette.middle, "", palette.high)
    values = [look.low + (look.high - look.low) * step / (_STEPS - 1) for step in range(_STEPS)]
    entries = tuple(
        Entry(float(f"{value:.6g}"), to_hex(color), word)
        for value, color, word in zip(values, shown, words, strict=True)
    )
    notes = [_nothing(picture, computed=look.expression is not None)]
    if picture.difference:
        least = picture.difference.least
        notes.insert(0, say("Pale: it changed by less than {least:.10g}, which does not count.", least=least))
    return Legend(unit, entries, tuple(notes))


def _nothing(picture: Picture, *, computed: bool) -> str:
    if picture.difference:
        return say("Without colour: the ground was not seen at both times.")
    if computed and picture.raster and picture.raster.classes:
        return say("Without colour: clouds, their shadows, and what was not seen.")
    return say("Without colour: nothing is known there.")

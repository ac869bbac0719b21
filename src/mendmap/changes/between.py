"""Gathers every change between two numbers of the ledger, from the rows that writes changed.

Not here: the rows (``lake.changed``), the outcomes of statements, which need whole atlases, and addresses (``web``).
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from mendmap.atlas.model import Atlas
from mendmap.changes import features, measured, records
from mendmap.changes.model import NATURES, Change
from mendmap.errors import BadRequestError
from mendmap.lake import changed
from mendmap.lake.changed import Pair, Span
from mendmap.lake.connection import Lake
from mendmap.lake.screen import Screen


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes of a span, by number and thing. ``counted`` are the features and records that were too many to be
    told one by one: how many of a layer or kind a write changed, by its number."""

    span: Span
    told: tuple[Change, ...]
    counted: Mapping[tuple[int, str], int]

    def of(self, number: int) -> "Changes":
        """Those that the write of a number made."""
        told = tuple(each for each in self.told if each.number == number)
        return Changes(self.span, told, {key: count for key, count in self.counted.items() if key[0] == number})

    def about(self, layer: str) -> "Changes":
        """Those that are about a layer."""
        told = tuple(each for each in self.told if layer in each.layers)
        return Changes(self.span, told, {key: count for key, count in self.counted.items() if key[1] == layer})


def gather(lake: Lake, span: Span, atlas: Atlas, most: int, screen: Screen | None = None) -> Changes:
    """The changes of a span, in the words of an atlas no older than it. Features of a layer or records of a kind of
    which one write changed more than ``most`` are counted, and not read. What a ``screen`` hides is not told; the lake
    is read through it already."""
    counts = changed.counted(lake, span)
    told: list[Change] = []
    for table in ("features", "records"):
        few = [key for key, count in counts.items() if key[1] == table and (count <= most or _partly(key[2], screen))]
        for pair in changed.pairs(lake, span, table, [(number, part) for number, _, part in few]):
            told += _of_pair(table, screen.pair(pair) if screen else pair, atlas)
    told += [each for found in changed.readings(lake, span) for each in measured.readings(found, atlas)]
    told += measured.verdicts(changed.verdicts(lake, span), span, atlas)
    many = {
        (number, part): count
        for (number, table, part), count in counts.items()
        if count > most and (part in records.KINDS if table == "records" else not _partly(part, screen))
    }
    return Changes(span, tuple(sorted(told, key=lambda each: each.number)), many)


def _partly(layer: str, screen: Screen | None) -> bool:
    """Whether some of a layer's features may have changed in nothing that is told."""
    return screen is not None and any(layer == each for each, _ in screen.hidden.properties)


Outcomes = Mapping[str, str]


def between(
    lake: Lake,
    then: Atlas,
    now: Atlas,
    was: Outcomes,
    since: Outcomes,
    most: int = sys.maxsize,
    screen: Screen | None = None,
) -> Changes:
    """Everything that differs between two atlases of a catalogue, changes of the world first: what ``gather`` finds,
    and the statements whose outcome, by id, differs. Raises BadRequestError where the first is the later one."""
    if then.snapshot.number > now.snapshot.number:
        raise BadRequestError(f"since: snapshot {then.snapshot} is later than snapshot {now.snapshot}")
    span = Span(now.place.id, then.snapshot.number, now.snapshot.number)
    found = gather(lake, span, now, most, screen)
    turned = measured.outcomes(span.until, was, since, now)
    order = list(NATURES)
    return Changes(span, (*sorted(found.told, key=lambda each: order.index(each.nature)), *turned), found.counted)


def _of_pair(table: str, pair: Pair, atlas: Atlas) -> list[Change]:
    if table == "features":
        return list(features.changes(pair, atlas.place.languages))
    return list(records.changes(pair, atlas)) if pair.part in records.KINDS else []

"""Finds features by name: in any of their languages, or by id, however it is typed.

Not here: how letters are folded (``words.letters``).
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

import numpy as np

from mendmap.atlas.model import Feature, Layer
from mendmap.words.letters import folded

# What an id begins with among the names: nobody reads it, so that it begins with a text makes it no better a find.
_ID = "\t"


class NameIndex:
    """The names of a layer's features as one folded text, a name a line: looking through it is looking for a text in
    a text, which takes milliseconds over a million names, and no more memory than they do."""

    def __init__(self, layer: Layer) -> None:
        self._features = layer.features
        listed = [
            (nth, name, mark)
            for nth, each in enumerate(layer.features)
            for name, mark in [*((name, "") for name in {*each.name.values()}), (each.id, _ID)]
        ]
        self._owners = [nth for nth, *_ in listed]
        lines = folded("\n".join(name.replace("\n", " ") for _, name, _ in listed)).split("\n")
        lines = [mark + line for (_, _, mark), line in zip(listed, lines, strict=True)]
        self._text = "".join(f"\n{line}" for line in lines) + "\n"
        self._starts = np.array([0, *accumulate(len(line) + 1 for line in lines)])

    def having(self, wanted: str) -> Iterator[Feature]:
        """The features of the lines that hold a folded text, in order. A line break in it is the beginning or
        end of a name."""
        at = self._text.find(wanted)
        while at >= 0:
            line = int(np.searchsorted(self._starts, at, side="right")) - 1
            yield self._features[self._owners[line]]
            at = self._text.find(wanted, int(self._starts[line + 1]))


def named(indexes: Sequence[NameIndex], text: str, most: int) -> list[Feature]:
    """At most so many features whose name or id is, whose name begins with, or has a word that begins with, or which
    else hold a text, in this order; of those that are alike, by layer and as they stand in the file."""
    wanted = folded(text.replace("\n", " "))
    found: dict[tuple[str, str], Feature] = {}
    if wanted:
        for pattern in (f"\n{wanted}\n", f"\n{_ID}{wanted}\n", f"\n{wanted}", f" {wanted}", wanted):
            for index in indexes:
                for feature in index.having(pattern):
                    found.setdefault((feature.layer, feature.id), feature)
                    if len(found) == most:
                        return list(found.values())
    return list(found.values())

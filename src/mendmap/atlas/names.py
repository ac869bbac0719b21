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


def text_of(features: Sequence[Feature]) -> tuple[str, list[int]]:
    """The names of features as one folded text, a name a line, and for each line the index of its feature. The last
    line of a feature is its id, after a tab."""
    listed = [
        (nth, name, mark)
        for nth, each in enumerate(features)
        for name, mark in [*((name, "") for name in dict.fromkeys(each.name.values())), (each.id, _ID)]
    ]
    lines = folded("\n".join(name.replace("\n", " ") for _, name, _ in listed)).split("\n")
    text = "".join(f"\n{mark}{line}" for (_, _, mark), line in zip(listed, lines, strict=bool(listed)))
    return text + "\n", [nth for nth, *_ in listed]


class NameIndex:
    """The names of a layer's features as one folded text, a name a line: looking through it is looking for a text in
    a text, which takes milliseconds over a million names, and no more memory than they do."""

    def __init__(self, layer: Layer) -> None:
        self._features = layer.features
        self._text, self._owners = text_of(layer.features)
        self._starts = np.array([0, *accumulate(len(line) + 1 for line in self._text[1:-1].split("\n"))])

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

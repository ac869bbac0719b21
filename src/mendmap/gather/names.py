"""How alike two names are, in whatever letters they are written. Not here: what else speaks for a match (``match``)."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from functools import lru_cache
from math import log

from anyascii import anyascii
from rapidfuzz import fuzz

from mendmap.words.languages import latin

# Letters that one script writes with a mark, and a romanisation of another with two.
_SPELT = (("shch", "sc"), ("zh", "z"), ("sh", "s"), ("ch", "c"), ("kh", "h"), ("ts", "c"), ("dj", "d"), ("y", "j"))
# Words less alike than this are different words; an ending more or less still makes the same one.
_SAME_WORD = 75
# Names without their spaces that are more alike than this are the same, written together or apart.
_SAME_WHOLE = 90
# What a word counts that says what kind of thing it is, against one that says which.
_GENERIC = 0.25
# What is left of a likeness where both names hold numbers, and others: field 1 is not field 2.
_OTHER_NUMBERS = 0.4


@lru_cache(100_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in plain Latin letters: Језеро and Jezero are one, so are Oštrelj and Оштрељ."""
    text = _plain(name)
    for long, short in _SPELT:
        text = text.replace(long, short)
    return tuple(re.findall(r"[a-z0-9]+", text))


def slug(text: str) -> str:
    """A text as an id may hold it, in lower case: letters, digits and underscores; empty where it has none of them."""
    return "_".join(re.findall(r"[a-z0-9]+", _plain(text)))


class Likeness:
    """How alike names are among all ``names`` at hand, where ``kinds`` are words for what kind of thing they name.

    A word counts the less the more names hold it: ``1 / (1 + ln(number of different names with it))``, and a quarter
    of that where it is like one of ``kinds``. So *Lake* does not make every lake the same.
    """

    def __init__(self, names: Iterable[str], kinds: Iterable[str]) -> None:
        different = {words(each) for each in names}
        self._held = Counter(word for name in different for word in set(name))
        self._kinds = sorted({word for each in kinds for word in words(each)})
        self._weights: dict[str, float] = {}

    def of(self, one: str, other: str) -> float:
        """From 0 to 1, the same both ways round: the mean of how much of each name, by weight, the other has; 1 where
        they are the same but for letters, spaces and order."""
        ours, theirs = words(one), words(other)
        if not ours or not theirs:
            return 0.0
        whole = fuzz.ratio("".join(ours), "".join(theirs))
        alike = (self._share(ours, theirs) + self._share(theirs, ours)) / 2
        if whole >= _SAME_WHOLE or sorted(ours) == sorted(theirs):
            alike = max(alike, whole / 100 if sorted(ours) != sorted(theirs) else 1.0)
        numbers = [sorted(word for word in each if word.isdecimal()) for each in (ours, theirs)]
        return alike * (_OTHER_NUMBERS if all(numbers) and numbers[0] != numbers[1] else 1.0)

    def best(self, ours: Collection[str], theirs: Collection[str]) -> tuple[float, str, str]:
        """The likeness of the two names that are most alike, and these; the first of several in their order."""
        pairs = ((self.of(one, other), one, other) for one in ours for other in theirs)
        return max(pairs, key=lambda each: each[0], default=(0.0, "", ""))

    def _share(self, one: Iterable[str], other: Iterable[str]) -> float:
        weighed = [(self._weight(word), _most_alike(word, other)) for word in one]
        return sum(weight * alike for weight, alike in weighed) / sum(weight for weight, _ in weighed)

    def _weight(self, word: str) -> float:
        if word not in self._weights:
            generic = any(fuzz.ratio(word, kind) >= _SAME_WORD for kind in self._kinds)
            common = 1 + log(max(1, self._held[word]))
            self._weights[word] = (_GENERIC if generic else 1.0) / common
        return self._weights[word]


def _plain(text: str) -> str:
    # Where a script has its own romanisation it goes first; the general one spells its letters otherwise.
    return anyascii(latin(text)).lower()


def _most_alike(word: str, others: Iterable[str]) -> float:
    found = max(fuzz.ratio(word, other) for other in others)
    return found / 100 if found >= _SAME_WORD else 0.0

"""Folds letters, so that a name is found however it is typed: case, diacritics and script make no difference.

Not here: which names there are (``atlas.names``).
"""

import re
import unicodedata

from mendmap.words.languages import latin

# Letters that are not a plain one with a mark on it.
_PLAIN = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe"})
_BETWEEN = re.compile(r"(?:[^\w\n]|_)+")


def folded(text: str) -> str:
    """A text, line by line, in plain small letters and digits with single spaces: "Љиља", "Ljílja" and "ljilja" fold
    alike. The Cyrillic of sr becomes Latin; đ, dj and ђ become d, as people type them; other scripts keep theirs.
    ``static/names.js`` does the same."""
    plain = latin(text.casefold()).translate(_PLAIN).replace("dj", "d")
    parted = unicodedata.normalize("NFKD", plain)
    bare = "".join(each for each in parted if unicodedata.category(each)[0] != "M") if not parted.isascii() else parted
    return "\n".join(line.strip() for line in _BETWEEN.sub(" ", bare).split("\n"))

r"""Expressions of tags: which objects of OpenStreetMap a recipe selects, as a person writes it and as Overpass QL.

``landuse=quarry | man_made=spoil_heap``   one or the other
``natural=water & water=reservoir``        both; ``&`` binds more closely than ``|``
``waterway=river,stream``                  one of several values
``water!=river,canal``                     none of them, or not tagged so at all
``name``                                   tagged so, whatever the value; ``!name``: not tagged so
``name~"Blue Lake"``                       contains this, whatever the case

A key or value of anything but letters, digits and ``_ : . -`` stands in double quotes, where ``\"`` is a quote and
``\\`` a backslash. Every alternative must ask for a tag: what is only not tagged so is nearly everything.
Not here: where it is looked for, and the question as a whole (``adapter``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mendmap.errors import shown

_TOKEN = re.compile(r'\s*(?:([\w:.\-]+)|"((?:[^"\\\x00-\x1f]|\\["\\])+)"|(!=|[=~!&|,])|\Z)')
# What has a meaning of its own in a POSIX extended regular expression.
_MEANT = re.compile(r"[\\^$.\[|()*+?{]")


@dataclass(frozen=True, slots=True)
class Tag:
    """What one tag must be. ``sign`` is ``=``, ``!=`` or ``~`` against the ``values``; with none of them, blank asks
    for any value, and ``!`` for no such tag."""

    key: str
    sign: str = ""
    values: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether only what has the tag is selected."""
        return self.sign in ("", "=", "~")

    @property
    def overpass(self) -> str:
        """The filter of Overpass QL."""
        key = _quoted(self.key)
        if not self.values:
            return f"[{self.sign}{key}]"
        if self.sign == "~":
            return f"[{key}~{_quoted('|'.join(map(_literal, self.values)))},i]"
        if len(self.values) == 1:
            return f"[{key}{self.sign}{_quoted(self.values[0])}]"
        among = f"^({'|'.join(map(_literal, self.values))})$"
        return f"[{key}{'~' if self.sign == '=' else '!~'}{_quoted(among)}]"


# The alternatives, each a list of what must all be so.
Selection = tuple[tuple[Tag, ...], ...]


def parse(text: str) -> Selection:
    """An expression. Raises ValueError, which says at which character what was expected."""
    tokens = _Tokens(text)
    alternatives = [_all(tokens)]
    while tokens.take("|"):
        alternatives.append(_all(tokens))
    if tokens.kind:
        raise tokens.error("& or | or the end")
    return tuple(alternatives)


def _all(tokens: "_Tokens") -> tuple[Tag, ...]:
    begun = tokens.at
    found = [_tag(tokens)]
    while tokens.take("&"):
        found.append(_tag(tokens))
    if not any(each.asks for each in found):
        raise ValueError(f"character {begun + 1}: asks for no tag, only for their absence, which would be everything")
    return tuple(found)


def _tag(tokens: "_Tokens") -> Tag:
    absent = tokens.take("!")
    key = tokens.word("a key")
    if absent:
        return Tag(key, "!")
    for sign in ("!=", "=", "~"):
        if tokens.take(sign):
            values = [tokens.word("a value")]
            while tokens.take(","):
                values.append(tokens.word("a value"))
            return Tag(key, sign, tuple(values))
    return Tag(key)


class _Tokens:
    """The text, token by token: ``kind`` of the next one is ``word``, the sign itself, or blank at the end; ``at`` is
    where it begins."""

    def __init__(self, text: str) -> None:
        self._text, self._walk = text, self._tokens(text)
        self.kind, self.value, self.at = next(self._walk)

    def take(self, sign: str) -> bool:
        """Passes a sign, where it comes next."""
        if self.kind != sign:
            return False
        self.kind, self.value, self.at = next(self._walk)
        return True

    def word(self, expected: str) -> str:
        """Passes a key or value."""
        if self.kind != "word":
            raise self.error(expected)
        found = self.value
        self.kind, self.value, self.at = next(self._walk)
        return found

    def error(self, expected: str) -> ValueError:
        found = shown(self._text[self.at :], 20) if self.kind else "the end"
        return ValueError(f"character {self.at + 1}: expected {expected}, found {found}")

    @staticmethod
    def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
        at = 0
        while True:
            begun = len(text) - len(text[at:].lstrip())
            found = _TOKEN.match(text, at)
            if not found:
                raise ValueError(f"character {begun + 1}: neither a word nor a sign: {shown(text[begun:], 20)}")
            bare, quoted, sign = found.groups()
            word = re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
            yield ("word" if word else sign or ""), word or "", begun
            at = found.end()


def _quoted(text: str) -> str:
    """A string of Overpass QL, out of which no text leads."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _literal(text: str) -> str:
    """A POSIX extended regular expression that means a text as it stands."""
    return _MEANT.sub(lambda found: f"\\{found[0]}", text)

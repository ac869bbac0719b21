"""What mendmap says, in a form that can be said in other languages too.

A ``Phrase`` is an English text that remembers what it was made of: the message and its values. Wherever only English
is wanted (JSON, downloads, commands) it is the text; ``words.languages`` says it in another language.
Messages are found in the code by the names of these functions, and translated in ``words/translations``.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from babel.dates import format_date, format_skeleton

from mendmap.words.dates import Period

ENGLISH = "en_GB"
_EMPTY: Mapping[str, Any] = {}


class Phrase(str):
    """A text in English, with what it was made of. Made by ``say``, ``counted``, ``joined`` and those below.

    ``message`` has a place {like} this for each of the ``values``; ``many`` is the message of other numbers than one,
    where one of the values, ``number``, decides. A phrase of ``parts`` is these, joined by ``message``.
    """

    message: str
    many: str
    values: Mapping[str, Any]
    parts: tuple[str, ...]

    __slots__ = ("many", "message", "parts", "values")

    def __new__(
        cls, text: str, message: str = "", values: Mapping[str, Any] = _EMPTY, many: str = "", parts: Iterable[str] = ()
    ) -> "Phrase":
        phrase = super().__new__(cls, text)
        phrase.values, phrase.many, phrase.parts = values, many, tuple(parts)
        phrase.message = message if phrase.parts else message or text
        return phrase

    def __getnewargs__(self) -> tuple[Any, ...]:
        # Sent to other processes whole.
        return str(self), self.message, self.values, self.many, self.parts

    def __deepcopy__(self, _: Any) -> "Phrase":
        # Like every text it never changes, so a copy is itself.
        return self


class Name(Phrase):
    """A name, with its ``values`` in other languages by their ids."""

    __slots__ = ()


def say(message: str, **values: Any) -> Phrase:
    """A phrase: a ``message`` of English with its ``values``, as ``str.format`` puts them in.

    A value may be a phrase itself, a number (with a format such as {count:,}), a day, or a ``Period``, each of which
    other languages write in their own way; a text stands as it is.
    """
    return Phrase(message.format_map(_english(values)) if values else message, message, values)


def counted(one: str, many: str, number: int, **values: Any) -> Phrase:
    """A phrase about a ``number`` of things, which it calls {number}: ``one`` where there is one, else ``many``."""
    values = {"number": number, **values}
    return Phrase((one if number == 1 else many).format_map(_english(values)), one, values, many)


def joined(separator: str, parts: Iterable[str]) -> Phrase:
    """Phrases one after the other, blank ones left out, with a ``separator`` that every language has."""
    found = tuple(part for part in parts if part)
    return Phrase(separator.join(found), separator, parts=found)


def listed(parts: Iterable[str]) -> Phrase:
    """Phrases as a sentence lists them: ``a``, ``a and b``, ``a, b and c``."""
    found = tuple(part for part in parts if part)
    if len(found) < 2:
        return joined("", found)
    return say("{begin} and {last}", begin=joined(", ", found[:-1]), last=found[-1])


def ended(phrase: str) -> Phrase:
    """A phrase with its full stop."""
    return joined("", (phrase, "."))


def numeral(value: float, form: str = ",.10g", minus: str = "-") -> Phrase:
    """A number, in a form of ``format``, as a phrase that other languages write with their own signs."""
    text = format(value, form)
    if not text.startswith("-"):
        return Phrase(text, f"{{value:{form}}}", {"value": value})
    return Phrase(minus + text[1:], f"{minus}{{value:{form}}}", {"value": -value})


def amount(number: str, unit: str | None) -> Phrase:
    """A number in words with its unit, where it has one."""
    return joined(" ", (number, unit or ""))


def written(value: Any, locale: str = ENGLISH) -> Any:
    """A day or a ``Period`` as a locale of Babel's writes it; anything else as it is."""
    if isinstance(value, dt.datetime):
        value = value.astimezone(dt.UTC).date()
    if isinstance(value, dt.date):
        return format_date(value, "long", locale)
    return value


def parts_of(period: Period) -> list[str]:
    """The one or two dates of a period, as they were given."""
    return period.text.split("/")


def date(text: str, locale: str = ENGLISH) -> str:
    """A year, a month or a day, such as ``2024-05``, as a locale of Babel's writes it: ``May 2024``."""
    day = Period.parse(text).first
    if len(text) > 7:
        return format_date(day, "long", locale)
    return format_skeleton("yMMMM", day, locale=locale) if len(text) > 4 else text


def _english(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _written(value) for name, value in values.items()}


def _written(value: Any) -> Any:
    if isinstance(value, Period):
        return " to ".join(date(each) for each in parts_of(value))
    return written(value)

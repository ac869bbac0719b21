"""Languages: says phrases, numbers and dates in the reader's own.

A language is a catalogue of messages in ``translations``, as gettext has them; adding one is adding its file. English
needs none. ``sr-Latn`` is made of ``sr-Cyrl``, letter by letter, which loses nothing; the other way it would.
Not here: what is said (``phrases``), and texts of the data, which each catalogue of geodata translates.
"""

import datetime as dt
import functools
import gettext
import io
import re
import unicodedata
from collections.abc import Collection, Mapping
from importlib import resources
from typing import Any

import babel
from babel.messages import Catalog, mofile, pofile

from mendmap.words.dates import Period
from mendmap.words.phrases import ENGLISH, Name, Phrase, date, parts_of, say, written

# How Unicode begins the names of the letters of each script that it names otherwise.
_LETTERS = {"Latn": "LATIN", "Cyrl": "CYRILLIC", "Grek": "GREEK", "Arab": "ARABIC", "Hans": "CJK", "Hant": "CJK"}
# What a language is made of that has no file of its own: another's, and how its letters change.
_LATIN = (
    str.maketrans("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš")
    | str.maketrans("АБВГДЂЕЖЗИЈКЛМНОПРСТЋУФХЦЧШ", "ABVGDĐEŽZIJKLMNOPRSTĆUFHCČŠ")
    | str.maketrans({"љ": "lj", "њ": "nj", "џ": "dž", "Љ": "Lj", "Њ": "Nj", "Џ": "Dž"})
)
_MADE_OF = {"sr-Latn": ("sr-Cyrl", _LATIN)}
SOURCE = "en"
# A date that ends in a stop, ends of elements, and another stop that is no ellipsis.
_STOPS = re.compile(r"(\b\d{4}\.)((?:</\w+>)*)\.(?!\.)")


class Language:
    """One language: ``id`` as in addresses and in HTML (``sr-Latn``), ``locale`` as Babel names it.

    ``own`` are the texts of a catalogue of geodata in it, by what they are in the catalogue's first language.
    """

    def __init__(self, ident: str, own: Mapping[str, str] | None = None) -> None:
        self.id, self.own = ident, own or {}
        self.locale = ENGLISH if ident == SOURCE else ident.replace("-", "_")
        known = babel.Locale.parse(self.locale)
        likely = babel.core.get_global("likely_subtags").get(known.language, "")
        # Language and land, as Open Graph names a locale; where the land is not said, the one that Unicode expects.
        self.open_graph = f"{known.language}_{known.territory or likely.rpartition('_')[2]}"
        symbols = known.number_symbols["latn"]
        # Python writes numbers as English does.
        self._signs = str.maketrans({",": symbols["group"], ".": symbols["decimal"]})
        self._messages = _messages(ident)

    def gettext(self, message: str) -> str:
        """A message in this language, or as it is where it has none."""
        return self._messages.gettext(message) if message else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The message for a number of things."""
        return self._messages.ngettext(one, many, number)

    def say(self, text: str | None) -> str:
        """A phrase in this language; a plain text as the catalogue of geodata translates it, or else as it is."""
        if not text:
            return ""
        if not isinstance(text, Phrase):
            return self.own.get(text, text)
        if self.id == SOURCE:
            return str(text)
        if isinstance(text, Name):
            return str(text.values.get(self.id, text))
        if text.parts:
            return stopped(text.message.join(self.say(part) for part in text.parts))
        message = (
            self.ngettext(text.message, text.many, text.values["number"]) if text.many else self.gettext(text.message)
        )
        return stopped(message.format_map(_Said(self, text.values))) if text.values else message

    def knows(self, text: str | None) -> bool:
        """Whether ``say`` gives a text in this language, not as it is."""
        return not text or isinstance(text, Phrase) or self.id == SOURCE or text in self.own

    def number(self, value: float, form: str = ",.10g") -> str:
        """A number with the signs of this language: 1,234.5 may be ``1.234,5``."""
        return format(value, form).translate(self._signs)

    def day(self, moment: dt.datetime | dt.date | None) -> str:
        """The day of a moment, in UTC: ``7 January 2024``; empty where there is none."""
        return "" if moment is None else str(written(moment, self.locale))

    def period(self, found: Period | str | None) -> str:
        """A date or span as sources print them, in words: ``2024-05/2025-05`` is ``May 2024 to May 2025``."""
        if not found:
            return ""
        parts = parts_of(Period.parse(found) if isinstance(found, str) else found)
        told = [date(part, self.locale) for part in parts]
        return told[0] if len(told) == 1 else self.say(say("{begin} to {end}", begin=told[0], end=told[1]))


class _Said(dict[str, Any]):
    """The values of a phrase in a language, for ``str.format_map``."""

    def __init__(self, language: Language, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._language = language

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return _Number(value, self._language)
        if isinstance(value, dt.date):
            return self._language.day(value)
        if isinstance(value, Period):
            return self._language.period(value)
        return self._language.say(value) if isinstance(value, str) else value


class _Number:
    """A number that is formatted as Python does, with the signs of a language."""

    def __init__(self, value: float, language: Language) -> None:
        self._value, self._language = value, language

    def __format__(self, form: str) -> str:
        return self._language.number(self._value, form)


# Names that Babel gives alike for both scripts.
NAMES = {"en": "English", "sr-Latn": "Srpski", "sr-Cyrl": "Српски"}


@functools.cache
def own_name(ident: str) -> str:
    """The name of a language in itself."""
    return NAMES.get(ident) or str(babel.Locale.parse(ident, sep="-").get_language_name())


@functools.cache
def available() -> tuple[str, ...]:
    """The languages that the interface is in, English first."""
    own = sorted(each.name[:-3].replace("_", "-") for each in _folder().iterdir() if each.name.endswith(".po"))
    return (SOURCE, *own, *(each for each, (source, _) in _MADE_OF.items() if source in own and each not in own))


def translated(texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Translations by language, with those that are made of another's letters."""
    found = {language: dict(own) for language, own in texts.items()}
    for language, (source, letters) in _MADE_OF.items():
        if source in found and language not in found:
            found[language] = {text: said.translate(letters) for text, said in found[source].items()}
    return found


def made_of_another(ident: str, choices: Collection[str]) -> bool:
    """Whether a language is made of the letters of another that is among the choices."""
    return ident in _MADE_OF and _MADE_OF[ident][0] in choices


def in_letters_of(text: str, ident: str) -> bool:
    """Whether a text has letters, and all are of the script that a language is written in: the one that its tag says,
    else the one that Unicode expects. False for scripts that are not known here."""
    language, _, rest = ident.partition("-")
    likely = babel.core.get_global("likely_subtags").get(language, "")
    script = rest[:4] if len(rest.partition("-")[0]) == 4 else likely.partition("_")[2][:4]
    letters = [each for each in text if each.isalpha()]
    known = _LETTERS.get(script, "")
    return bool(known and letters) and all(unicodedata.name(each, "").startswith(known) for each in letters)


def latin(text: str) -> str:
    """A text in the Cyrillic letters of sr in Latin ones; other letters stay as they are."""
    return text.translate(_LATIN)


def scripted(ident: str) -> dict[str, Any]:
    """The messages that scripts of pages say, by what they are in English: a text, or one for each form of number."""
    found = _catalogue(ident) or ()
    said = [each for each in found if each.string and any(place.endswith(".js") for place, _ in each.locations)]
    return {each.id if isinstance(each.id, str) else each.id[0]: each.string for each in said}


@functools.cache
def _catalogue(ident: str) -> Catalog | None:
    source, letters = _MADE_OF.get(ident, (ident, None))
    path = _folder() / f"{source.replace('-', '_')}.po"
    if not path.is_file():
        return None
    with path.open(encoding="utf-8") as stream:
        found = pofile.read_po(stream, locale=source.replace("-", "_"))
    if letters:
        for each in found:
            each.string = _lettered(each.string, letters)
    return found


@functools.cache
def _messages(ident: str) -> gettext.NullTranslations:
    found = _catalogue(ident)
    if found is None:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    mofile.write_mo(compiled, found)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def stopped(said: str) -> str:
    """A sentence that ends in a date that ends in a stop has one stop; in HTML an element may end between."""
    return _STOPS.sub(r"\1\2", said)


def _lettered(found: Any, letters: Mapping[int, Any]) -> Any:
    return found.translate(letters) if isinstance(found, str) else tuple(each.translate(letters) for each in found)


def _folder() -> Any:
    return resources.files("mendmap.words") / "translations"


# The language that everything is written in.
IN_ENGLISH = Language(SOURCE)

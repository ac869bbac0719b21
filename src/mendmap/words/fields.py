"""Fields: the one description of a column that checking, downloads and pages all read.

A table is a frozen dataclass whose columns are declared with ``column(...)``, or a plain tuple of ``Field``.
``read_row`` turns the texts of one row into checked values, or names every column that is wrong.
Not here: the tables themselves (``catalogue.records``, ``vectors``, ``readings``) and the files they stand in.
"""

import dataclasses
import datetime as dt
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from mendmap.errors import not_one_of, shown
from mendmap.units import UnitError, parsed
from mendmap.words.dates import Period, length, months
from mendmap.words.phrases import Phrase, say

Row = dict[str, Any]
Complaint = tuple[str, str]  # column, message


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name, the kind of its values, what it means, its unit, and what it may hold.

    ``refers`` names the kind of record whose ids the values must be; ``choices`` the words they must be. The meaning is
    a phrase, but where a catalogue gives it (``ours`` is false), which has its own translations.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""
    ours: bool = True

    def __post_init__(self) -> None:
        if self.ours and not isinstance(self.meaning, Phrase):
            object.__setattr__(self, "meaning", say(self.meaning))


def column(
    kind: str,
    meaning: str,
    *,
    unit: str = "",
    required: bool = False,
    choices: Iterable[str] = (),
    refers: str = "",
) -> Any:
    """A dataclass field that is also a ``Field``; optional ones are None when the cell is blank."""
    described = Field("", kind, meaning, unit, required, tuple(choices), refers)
    return dataclasses.field(metadata={"field": described})


def fields_of(table: type) -> tuple[Field, ...]:
    """The columns of a dataclass made with ``column``, in order."""
    return _fields_of(table)


@cache
def _fields_of(table: type) -> tuple[Field, ...]:
    # Tables of many rows ask for them at each row.
    return tuple(dataclasses.replace(each.metadata["field"], name=each.name) for each in dataclasses.fields(table))


@lru_cache(1024)
def name_column(name: str, language: str) -> str:
    """The column that holds ``name`` in one language: ``name``, ``sr-Latn`` -> ``name_sr_latn``."""
    return f"{name}_{language.lower().replace('-', '_')}"


def expanded(fields: Iterable[Field], languages: Sequence[str]) -> tuple[Field, ...]:
    """The columns as they stand in a file: a field of kind ``names`` becomes one text column a language."""
    columns: list[Field] = []
    for each in fields:
        if each.kind != "names":
            columns.append(each)
            continue
        for index, language in enumerate(languages):
            meaning = say("{meaning} ({language})", meaning=each.meaning, language=language)
            required = each.required and index == 0
            columns.append(Field(name_column(each.name, language), "text", meaning, required=required))
    return tuple(columns)


def read_row(
    fields: Sequence[Field], cells: Mapping[str, object], languages: Sequence[str]
) -> tuple[Row, list[Complaint]]:
    """The checked values of one row, by field name, and what is wrong with it.

    ``cells`` maps column to text (CSV), or to a value of JSON or TOML; blank text and None are no value.
    Every column that no field knows is a complaint. Values of kind ``names`` are dicts from language to text.
    """
    columns = expanded(fields, languages)
    known = {each.name for each in columns}
    complaints = [(name, not_one_of("unknown column", name, known)) for name in cells if name not in known]
    values: Row = {}
    for each in columns:
        try:
            values[each.name] = value(each, cells.get(each.name))
        except ValueError as error:
            complaints.append((each.name, str(error)))
            values[each.name] = None
    for each in fields:
        if each.kind == "names":
            given = {language: values.pop(name_column(each.name, language)) for language in languages}
            values[each.name] = {language: text for language, text in given.items() if text}
    return values, complaints


Known = Mapping[str, Collection[str]]


def unknown_ids(fields: Iterable[Field], values: Mapping[str, Any], known: Known) -> Iterator[Complaint]:
    """Which ids that a row names belong to nothing; ``known`` holds every id by what it is.

    Ids of a kind that ``known`` does not hold are let through: the file that has them could not be read.
    """
    for each in fields:
        given = values.get(each.name) if each.refers in known else None
        for ident in given if isinstance(given, list | tuple) else (given,):
            if ident and ident not in known[each.refers]:
                yield each.name, not_one_of(f"no such {each.refers}", ident, known[each.refers])


def value(field: Field, raw: object) -> Any:
    """One checked value. Raises ValueError with the message for the user."""
    text = raw.strip() if isinstance(raw, str) else raw
    if text is None or text == "":
        if field.required:
            raise ValueError("a value is required")
        return () if field.kind in ("ids", "words") else None
    checked = _READERS[field.kind](text)
    if field.kind == "answer":
        # What a person writes into a cell, to which spreadsheet programs give a capital.
        checked = checked.lower()
    for each in checked if isinstance(checked, tuple) else (checked,):
        if field.choices and each not in field.choices:
            raise ValueError(not_one_of("not one of the choices", each, (c for c in field.choices if c)))
    return checked


def plain(checked: Any) -> Any:
    """A checked value as JSON holds it; ``value`` reads it back."""
    if isinstance(checked, Period):
        return checked.text
    if isinstance(checked, dt.datetime):
        return checked.isoformat()
    if isinstance(checked, dt.timedelta):
        return f"{int(checked.total_seconds())}s"
    return list(checked) if isinstance(checked, tuple) else checked


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
# A spreadsheet runs a text that begins with one of these. Numbers are read as numbers, and may.
_FORMULA = ("=", "@", "+", "-")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_EXACT = 2**53  # above it, a float no longer tells one whole number from the next


def _text(raw: object) -> str:
    if isinstance(raw, bool | list | dict | bytes):
        raise ValueError(f"not a text: {shown(raw)}")
    text = str(raw)
    if len(text) > 10_000:
        raise ValueError(f"{len(text)} characters; at most 10000 are allowed")
    if text.startswith(_FORMULA):
        raise ValueError(f"begins like a spreadsheet formula: {shown(text)}")
    if _CONTROL.search(text):
        raise ValueError(f"holds a control character: {shown(text)}")
    return text


def as_text(given: str) -> str:
    """A text of somebody else's as a cell may hold it: on one line, all to be seen, and no formula of a spreadsheet."""
    return " ".join("".join(each if each.isprintable() else " " for each in given).split()).lstrip(" ".join(_FORMULA))


def _id(raw: object) -> str:
    if not isinstance(raw, str) or not _ID.fullmatch(raw):
        raise ValueError(f"not an id (letters, digits, _ and -, at most 80 of them): {shown(raw)}")
    return raw


def _ids(raw: object) -> tuple[str, ...]:
    parts = raw if isinstance(raw, list) else str(raw).split(",")
    return tuple(_id(part.strip() if isinstance(part, str) else part) for part in parts)


def _number(raw: object) -> float:
    try:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise ValueError
        number = float(raw)
    except (ValueError, OverflowError):
        raise ValueError(f"not a number (write 1234.5): {shown(raw)}") from None
    if not math.isfinite(number) or (isinstance(raw, str) and ("_" in raw or not raw.isascii())):
        raise ValueError(f"not a finite number in plain digits: {shown(raw)}")
    return number


def _amount(raw: object) -> float:
    number = _number(raw)
    if number < 0:
        raise ValueError(f"below 0: {shown(raw)}")
    return number


def _integer(raw: object) -> int:
    number = _number(raw)
    if not number.is_integer() or abs(number) > _EXACT:
        raise ValueError(f"not a whole number: {shown(raw)}")
    return int(number)


def _period(raw: object) -> Period:
    try:
        return Period.parse(str(raw))
    except ValueError as error:
        raise ValueError(f"{error}: {shown(raw)}") from None


def _moment(raw: object) -> dt.datetime:
    if isinstance(raw, str) and _MOMENT.fullmatch(raw):
        try:
            return dt.datetime.fromisoformat(raw).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"not a moment with its offset from UTC (write 2021-07-09T03:00+02:00): {shown(raw)}")


def _duration(raw: object) -> dt.timedelta:
    try:
        return length(str(raw))
    except ValueError as error:
        raise ValueError(f"{error}: {shown(raw)}") from None


def _months(raw: object) -> str:
    text = str(raw)
    months(text)
    return text


def _url(raw: object) -> str:
    text = _text(raw)
    parts = urlsplit(text)
    needed = parts.path if parts.scheme == "mailto" else parts.netloc
    if parts.scheme not in ("http", "https", "mailto") or not needed or re.search(r"\s", text):
        raise ValueError(f"not an address that begins with https://, http:// or mailto: {shown(raw)}")
    return text


def _unit(raw: object) -> str:
    try:
        parsed(str(raw))
    except UnitError as error:
        raise ValueError(str(error)) from None
    return str(raw)


_READERS: Mapping[str, Callable[[object], Any]] = {
    "text": _text,
    "word": _text,
    "words": _ids,
    "answer": _text,
    "id": _id,
    "ids": _ids,
    "number": _number,
    "integer": _integer,
    "amount": _amount,
    "date": _period,
    "moment": _moment,
    "duration": _duration,
    "months": _months,
    "url": _url,
    "unit": _unit,
}

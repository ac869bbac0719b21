"""Mapping files: what a person says of a wide table, whose columns are a station's or a laboratory's own.

TOML, read into plain values (``read_mapping``), and checked into one ``Wide`` (``wide``). Not here: the rows.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from mendmap.errors import ReadError, not_one_of, shown
from mendmap.readings.claims import Options
from mendmap.readings.fields import AVERAGING
from mendmap.words.fields import Field
from mendmap.words.vocabulary import FLAGS, QUALITIES

MAPPED = ("hourly", "sheet")
# What each key means, for those who write the file.
KEYS = (
    Field("format", "word", "The layout: an hour a row, or a sample a row.", required=True, choices=MAPPED),
    Field("zone", "text", "Zone of times without an offset, such as Europe/Belgrade."),
    Field("label", "word", "Whether an hour's label begins or ends it; blank: nobody knows.", choices=("begin", "end")),
    Field("sheet", "text", "Name of the sheet in a workbook; blank: the first."),
    Field("header_row", "integer", "Where the header begins, from 1; blank: 1."),
    Field("header_rows", "integer", "How many rows make the header; their texts are joined by ` / `; blank: 1."),
    Field("unit_row", "integer", "Which of these rows, from 1, holds units; blank: none."),
    Field("decimal", "word", "Decimal mark; blank: the point.", choices=(".", ",")),
    Field("thousands", "word", "Mark between thousands; blank: none.", choices=(".", ",", " ", "'")),
    Field("missing", "texts", "Texts that stand for no value; blank: `/` in an hourly table."),
    Field("non_detect", "texts", "Texts that stand for less than the column's detection_limit."),
    Field("blank", "word", "What a blank cell is; blank: missing in an hourly table.", choices=("missing", "nothing")),
    Field("missing_note", "text", "Note that goes with every missing value."),
    Field("station", "id", "The station, where all the file is of one."),
    Field("station_column", "text", "Column that names the station."),
    Field("date", "date", "Day of the table, where no column has it."),
    Field("date_column", "text", "Column that has the date."),
    Field("date_format", "text", "How dates are written, such as `%d.%m.%Y`; blank: `%Y-%m-%d`."),
    Field("hour_column", "text", "Column that has the hour, 0 to 24; blank: the first."),
    Field("time_column", "text", "Column that has the time of a sample."),
    Field("time_format", "text", "How times are written; blank: `%H:%M`."),
    Field("sample_column", "text", "Column that names the sample; it goes into the note."),
    Field("averaging", "word", "Time that values are averages of; blank: 1h, or sample.", choices=AVERAGING),
    Field("quality", "word", "Quality of the values; blank: preliminary, or valid.", choices=tuple(QUALITIES)),
    Field("source", "id", "Source of all the readings."),
    Field("source_column", "text", "Column that names the source."),
    Field("flags_column", "text", "Column of flags."),
    Field("note_column", "text", "Column of notes."),
    Field("temperature_c", "number", "Temperature at which ppb and ppm are stated.", unit="degC"),
    Field("pressure_kpa", "number", "Pressure at which ppb and ppm are stated.", unit="kPa"),
    Field("columns", "tables", "A table for each column of values, under its text in the header.", required=True),
)
COLUMN_KEYS = (
    Field("parameter", "id", "What was measured.", required=True),
    Field("station", "id", "Station of this column."),
    Field("unit", "unit", "Unit, where no row of the header has it."),
    Field("method", "id", "Method, where two columns differ in nothing else."),
    Field("averaging", "word", "Averaging time of this column.", choices=AVERAGING),
    Field("detection_limit", "number", "Detection limit of this column."),
    Field("flags", "words", "Flags of all its readings.", choices=tuple(FLAGS)),
    Field("note", "text", "Note of all its readings."),
)
_MAX_BYTES = 1 << 20
_MAX_COLUMNS = 2_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of values. ``unit`` may stand in the file's row of units; ``station``, in a column of its own.
    ``flags`` (words with commas between) and ``note`` go with each of its readings."""

    header: str
    parameter: str
    station: str = ""
    unit: str = ""
    method: str = ""
    averaging: str = ""
    detection_limit: str = ""
    flags: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wide:
    """A wide table. Rows are counted from 1; ``header_rows`` of them, from ``header_row`` on, make the header, and
    ``unit_row`` is the one of these (from 1) that holds units, or 0.

    ``missing`` are texts that stand for no value, ``non_detect`` those that stand for less than the column's
    ``detection_limit``. ``decimal`` and ``thousands`` are the marks that the source writes. ``blank`` says what a
    blank cell is: a missing value, or nothing, because the source says nothing there; ``missing_note`` goes with each
    missing value. ``source`` is one for the whole file; ``source_column``, ``flags_column`` and ``note_column`` give
    these a row. ``temperature_c`` and ``pressure_kpa`` are those at which ppb and ppm are stated.
    """

    format: str
    columns: tuple[Column, ...]
    zone: str = ""
    label: str = ""
    sheet: str = ""
    header_row: int = 1
    header_rows: int = 1
    unit_row: int = 0
    decimal: str = "."
    thousands: str = ""
    missing: tuple[str, ...] = ()
    non_detect: tuple[str, ...] = ()
    station: str = ""
    station_column: str = ""
    date: str = ""
    date_column: str = ""
    date_format: str = "%Y-%m-%d"
    hour_column: str = ""
    time_column: str = ""
    time_format: str = "%H:%M"
    sample_column: str = ""
    averaging: str = ""
    quality: str = ""
    blank: str = ""
    missing_note: str = ""
    source: str = ""
    source_column: str = ""
    flags_column: str = ""
    note_column: str = ""
    temperature_c: str = ""
    pressure_kpa: str = ""


_ONLY = {"hourly": ("label", "date", "hour_column"), "sheet": ("time_column", "time_format", "sample_column")}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "hourly": {"averaging": "1h", "quality": "preliminary", "missing": ("/",), "blank": "missing"},
    "sheet": {"averaging": "sample", "quality": "valid", "blank": "nothing"},
}


def read_mapping(path: Path) -> Mapping[str, Any]:
    """The parsed mapping file. Raises ReadError where it is no TOML, or says what no mapping may say."""
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ReadError(f"{shown(path.name)} is larger than {_MAX_BYTES} bytes; a mapping file is small")
        mapping = tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise ReadError(f"cannot read {shown(path.name)}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"{shown(path.name)} is no TOML: {' '.join(str(error).split())[:200]}") from None
    wide(mapping)
    return mapping


def options_of(mapping: Mapping[str, Any], zone: str = "", label: str = "", source: str = "") -> Options:
    """The options of an ingest, with a mapping or without: what was said beside it goes before what it says itself."""
    if not mapping:
        return Options(zone, label, source)
    table = wide(mapping)
    return Options(zone or table.zone, label or table.label, source or table.source, mapping)


def wide(mapping: Mapping[str, Any]) -> Wide:
    """The checked mapping. Raises ReadError that names the key."""
    kind = mapping.get("format")
    if kind not in MAPPED:
        raise ReadError(not_one_of("mapping: format", kind, MAPPED))
    other = next(each for each in MAPPED if each != kind)
    known = {each.name: each.type for each in fields(Wide) if each.name not in _ONLY[other]}
    for key in mapping:
        if key not in known:
            raise ReadError(not_one_of("mapping: unknown key", key, known))
    given = {key: _value(key, value, Wide) for key, value in mapping.items() if key != "columns"}
    table = Wide(**{**_DEFAULTS[kind], **given, "columns": _columns(mapping.get("columns"))})
    _check(table)
    return table


def _columns(given: Any) -> tuple[Column, ...]:
    if not isinstance(given, Mapping) or not given:
        raise ReadError('mapping: [columns."text of the header"] is needed, with parameter, for every column of values')
    if len(given) > _MAX_COLUMNS:
        raise ReadError(f"mapping: {len(given)} columns; at most {_MAX_COLUMNS} are read")
    known = {each.name for each in fields(Column)} - {"header"}
    columns = []
    for header, says in given.items():
        where = f"mapping: columns.{shown(header)}"
        if not isinstance(says, Mapping):
            raise ReadError(f"{where} is no table")
        for key in says:
            if key not in known:
                raise ReadError(not_one_of(f"{where}: unknown key", key, known))
        if not says.get("parameter"):
            raise ReadError(f"{where}: parameter is needed")
        columns.append(Column(header=header, **{key: _value(key, value, Column) for key, value in says.items()}))
    return tuple(columns)


def _value(key: str, value: Any, table: type) -> Any:
    kind = next(each.type for each in fields(table) if each.name == key)
    if kind is int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1000:
            raise ReadError(f"mapping: {key}: not a whole number from 0 to 1000: {shown(value)}")
        return value
    if kind is str:
        # TOML has dates and numbers of its own, and both are natural to write here.
        return _text(key, str(value) if not isinstance(value, bool | list | dict) else value)
    if not isinstance(value, list) or len(value) > 100:
        raise ReadError(f"mapping: {key}: not a list of at most 100 texts: {shown(value)}")
    return tuple(_text(key, each) for each in value)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise ReadError(f"mapping: {key}: not a text of at most 200 characters: {shown(value)}")
    return value.strip() if key != "thousands" else value


def _check(table: Wide) -> None:
    marks = {"decimal": ((".", ","), table.decimal), "thousands": (("", ".", ",", " ", "'"), table.thousands)}
    words = {"label": (("", "begin", "end"), table.label), "quality": (tuple(QUALITIES), table.quality)}
    words |= {"averaging": (AVERAGING, table.averaging), "blank": (("missing", "nothing"), table.blank)}
    for key, (choices, value) in {**marks, **words}.items():
        if value not in choices:
            raise ReadError(not_one_of(f"mapping: {key}", value, (each or "''" for each in choices)))
    if table.decimal == table.thousands:
        raise ReadError("mapping: decimal and thousands are the same mark")
    if not 1 <= table.header_rows <= 10 or table.header_row < 1 or table.unit_row > table.header_rows:
        raise ReadError("mapping: header_row counts from 1, header_rows is 1 to 10, unit_row one of these")
    if bool(table.temperature_c) != bool(table.pressure_kpa):
        raise ReadError("mapping: temperature_c and pressure_kpa go together")
    if not table.date and not table.date_column:
        needed = "date or date_column is" if table.format == "hourly" else "date_column is"
        raise ReadError(f"mapping: {needed} needed")
    for column in table.columns:
        if not (column.station or table.station or table.station_column):
            raise ReadError(f"mapping: columns.{shown(column.header)}: no station, and no station_column either")
        if column.averaging and column.averaging not in AVERAGING:
            raise ReadError(
                not_one_of(f"mapping: columns.{shown(column.header)}: averaging", column.averaging, AVERAGING)
            )

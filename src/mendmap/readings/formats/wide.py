"""Wide tables by a mapping file: their header, their rows, and their cells as claims.

Not here: what a row is, which ``hourly`` and ``sheet`` say each for itself.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from mendmap.errors import not_one_of, shown
from mendmap.readings.claims import Options, Query
from mendmap.readings.formats.sql import MAX_SHEET_BYTES, name, raw_from_csv, raw_from_rows, selected, text
from mendmap.readings.mapping import Column, Wide, wide
from mendmap.readings.opened import Opened, ReadError, records
from mendmap.readings.workbook import first_rows, merges, sheet_rows

Cells = list[str]
# No-break spaces stand for spaces, as thousands separators above all.
_SPACES = "translate({0}, chr(160) || chr(8239), '  ')"
_NULL = "NULL::VARCHAR"


@dataclass(frozen=True, slots=True)
class Header:
    """Names and units of the columns, and the lines (sheet: the last row) that the header takes."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    lines: int


def header_of(file: Opened, table: Wide) -> Header:
    """The header. Names from several rows are joined by `` / ``; columns without any are ``column_7`` and so on."""
    if file.kind == "csv":
        found, lines = records(file.head, file.delimiter, table.header_row + table.header_rows - 1)
        rows = found[table.header_row - 1 :]
    elif file.kind == "xlsx":
        rows, lines = _sheet_header(file, table)
    else:
        raise ReadError(f"{table.format} is read from CSV and XLSX, not from {file.kind}")
    if len(rows) < table.header_rows:
        raise ReadError(f"the file ends within its header of {table.header_rows} rows")
    width = max(len(row) for row in rows)
    padded = [row + [""] * (width - len(row)) for row in rows]
    units = padded.pop(table.unit_row - 1) if table.unit_row else [""] * width
    names = [
        " / ".join(dict.fromkeys(each for each in parts if each)) or f"column_{index}"
        for index, parts in enumerate(zip(*padded, strict=True), 1)
    ]
    lowered = [each.casefold() for each in names]
    twice = next((each for each in names if lowered.count(each.casefold()) > 1), None)
    if twice is not None:
        raise ReadError(f"the header holds {shown(twice)} more than once")
    return Header(tuple(names), tuple(units), lines)


class Mapped:
    """What the formats share that a mapping file describes."""

    def recognises(self, file: Opened) -> bool:
        """Never by itself: only a mapping file tells one wide table from the next."""
        return False

    def raw(self, query: Query, file: Opened, options: Options) -> None:
        """The rows below the header."""
        _raw(query, file, wide(options.mapping))


def _raw(query: Query, file: Opened, table: Wide) -> None:
    """Makes ``raw`` of the rows below the header, numbers in the mapping's own decimal mark."""
    header = header_of(file, table)
    _check_columns(header, table)
    if file.kind == "csv":
        raw_from_csv(query, file, header.names, header.lines)
        return
    # A merged cell says nothing about which of its rows was measured.
    below = next((each for each in merges(file.path, table.sheet) if each[2] > header.lines), None)
    if below is not None:
        raise ReadError(f"cells are merged below the header, from row {below[0]} to row {below[2]}; unmerge them")
    raw_from_rows(query, file, header.names, _sheet_body(file, table, header.lines))


def cells(file: Opened, table: Wide, columns: Mapping[str, str]) -> str:
    """The claims: a row a cell. ``columns`` gives those that belong to the whole row, as SQL over ``raw``; it must
    say ``raw.`` before every name (``of_raw``), for a file may call its columns what we call ours.
    """
    header = header_of(file, table)
    units = dict(zip(header.names, header.units, strict=True))
    listed = ", ".join(_struct(each, table, units.get(each.header, "")) for each in table.columns)
    said = {each: getattr(table, f"{each}_column") for each in ("station", "source", "flags", "note")}
    of_row = {
        f"row_{each}": f"nullif(trim({of_raw(column)}), '')" if column else _NULL for each, column in said.items()
    }
    given = {"file_row": "raw.file_row", **of_row, **columns}
    shared = ", ".join(f"{sql} AS {name(each)}" for each, sql in given.items())
    trimmed = f"nullif(trim({_SPACES.format('cells.cell.x')}), '')"
    inner = f"SELECT {shared}, cells.cell AS cell, {trimmed} AS x FROM raw, UNNEST([{listed}]) AS cells(cell)"
    outer = f"SELECT *, {_sign(table)} AS sign, {_missing(table)} AS missing FROM ({inner})"
    limit = f"nullif({_number(table, 'cell.detection_limit')}, '')"
    stated = f"CASE WHEN {_in('x', table.non_detect)} THEN NULL ELSE {_number(table, _bare('x'))} END"
    return selected(
        {
            "parameter": "cell.parameter",
            "averaging": "cell.averaging",
            "method": "nullif(cell.method, '')",
            "qualifier": "sign",
            "value": f"CASE WHEN missing THEN NULL WHEN sign = '<' THEN coalesce({stated}, {limit}) ELSE {stated} END",
            "unit": "nullif(cell.unit, '')",
            "detection_limit": f"CASE WHEN sign = '<' THEN coalesce({stated}, {limit}) ELSE {limit} END",
            "quality": f"CASE WHEN missing THEN 'missing' ELSE {text(table.quality)} END",
            "station": "coalesce(row_station, nullif(cell.station, ''))",
            "flags": "nullif(concat_ws(',', nullif(cell.flags, ''), replace(row_flags, ' ', '')), '')",
            "source": "row_source",
            **{each: name(each) for each in columns},
            "note": f"nullif(concat_ws('; ', {name('note') if 'note' in columns else _NULL}, row_note, "
            f"nullif(cell.note, ''), CASE WHEN missing THEN nullif({text(table.missing_note)}, '') END), '')",
        },
        f"({outer}{'' if table.blank == 'missing' else ' WHERE x IS NOT NULL'})",
    )


def of_raw(column: str) -> str:
    """A column of the file, whatever else is called the same."""
    return f"raw.{name(column)}"


def day(table: Wide) -> str:
    """The date of a row as ISO text; what is no date stays what it is, so that the check names it."""
    given = text(table.date) if table.date else f"nullif(trim({of_raw(table.date_column)}), '')"
    bare = f"regexp_replace({given}, 'T00:00:00$', '')"
    formats = f"[{text(table.date_format)}, '%Y-%m-%d']"
    return f"coalesce(strftime(try_strptime({bare}, {formats}), '%Y-%m-%d'), {given})"


def _sheet_header(file: Opened, table: Wide) -> tuple[list[Cells], int]:
    rows = first_rows(file.path, table.header_row, table.header_rows, MAX_SHEET_BYTES, table.sheet)
    numbers = (n for n, _ in sheet_rows(file.path, MAX_SHEET_BYTES, sheet=table.sheet) if n >= table.header_row)
    return rows, list(itertools.islice(numbers, table.header_rows))[-1]


def _sheet_body(file: Opened, table: Wide, last: int) -> Iterator[tuple[int, Cells]]:
    for number, row in sheet_rows(file.path, MAX_SHEET_BYTES, sheet=table.sheet, decimal=table.decimal):
        if number > last:
            yield number - last, row


def _check_columns(header: Header, table: Wide) -> None:
    named = [each.header for each in table.columns]
    named += [getattr(table, each.name) for each in fields(table) if each.name.endswith("_column")]
    for each in named:
        if each and each not in header.names:
            raise ReadError(not_one_of("mapping: no such column", each, header.names))


def _struct(column: Column, table: Wide, unit: str) -> str:
    unit = column.unit or unit
    if table.temperature_c and unit in ("ppb", "ppm"):
        unit = f"{unit} @ {table.temperature_c} degC, {table.pressure_kpa} kPa"
    given = {
        "station": column.station or table.station,
        "parameter": column.parameter,
        "averaging": column.averaging or table.averaging,
        "method": column.method,
        "unit": unit,
        "detection_limit": column.detection_limit,
        "flags": column.flags.replace(" ", ""),
        "note": column.note,
    }
    listed = ", ".join(f"{key}: {text(value)}" for key, value in given.items())
    return f"{{x: {of_raw(column.header)}, {listed}}}"


def _in(expression: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(text(each.lower()) for each in words)
    return f"coalesce(lower({expression}) IN ({listed}), false)" if words else "false"


def _sign(table: Wide) -> str:
    return (
        f"CASE WHEN (x LIKE '<%' AND NOT {_in('x', table.missing)}) OR {_in('x', table.non_detect)} THEN '<' "
        f"WHEN x LIKE '>%' AND NOT {_in('x', table.missing)} THEN '>' END"
    )


def _missing(table: Wide) -> str:
    return f"(x IS NULL OR {_in('x', table.missing)})"


def _bare(expression: str) -> str:
    return f"trim(regexp_replace({expression}, '^[<>]', ''))"


def _number(table: Wide, expression: str) -> str:
    """A number with a decimal point. What is none in the declared marks becomes a text that no check takes for one:
    ``1.5`` where the comma is decimal could be 1.5 or 15."""
    mark, group = (f"[{each}]" if each else "" for each in (table.decimal, table.thousands))
    whole = f"(\\d+|\\d{{1,3}}({group}\\d{{3}})+)" if group else "\\d+"
    pattern = f"[+-]?({whole}({mark}\\d*)?|{mark}\\d+)([eE][+-]?\\d+)?"
    plain = f"replace({expression}, {text(table.thousands)}, '')" if group else expression
    swapped = f"replace({plain}, {text(table.decimal)}, '.')"
    doubtful = f"regexp_full_match({expression}, '[0-9., '']+')"
    return (
        f"CASE WHEN regexp_full_match({expression}, {text(pattern)}) THEN {swapped} "
        f"WHEN {doubtful} THEN '''' || {expression} || '''' ELSE {expression} END"
    )

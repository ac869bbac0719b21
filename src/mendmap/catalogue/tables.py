"""Reads tables of records from CSV (``;`` or ``,``) and, where rows are long texts, from TOML.

Not here: readings, which are many and are read by columns (``readings``).
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.model import Entry, Table
from mendmap.catalogue.records import TABLES, Record
from mendmap.errors import Fault, shown
from mendmap.words.fields import expanded, fields_of, read_row

Placed = tuple[int, Mapping[str, Any]]  # line of the file, cells by column


def read(table: Table, languages: Sequence[str], max_bytes: int) -> tuple[list[tuple[int, Record]], list[Fault]]:
    """The records of one file with the line each stands in, and the faults of the rest."""
    kind = TABLES[table.kind]
    fields = fields_of(kind)
    name = table.entry.file
    records: list[tuple[int, Record]] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    try:
        rows = list(_rows(table, max_bytes, tuple(each.name for each in expanded(fields, languages))))
    except ValueError as error:
        return [], [Fault(name, *place(error))]
    for line, cells in rows:
        values, complaints = read_row(fields, cells, languages)
        if values["id"] in seen:
            complaints.append(("id", f"{shown(values['id'])} is already used in line {seen[values['id']]}"))
        seen.setdefault(values["id"], line)
        faults += [Fault(name, line, column, message) for column, message in complaints]
        if not complaints:
            records.append((line, kind(**values)))
    faults += [Fault(name, line, *each) for line, record in records for each in _disagreements(record)]
    return records, faults


class RowError(ValueError):
    """A line of a file that makes the rest of it unreadable."""

    def __init__(self, line: int, column: str, message: str) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def place(error: ValueError) -> tuple[int, str, str]:
    """Line, column and message of an error of reading; line 0 where it is the whole file's."""
    if isinstance(error, RowError):
        return error.line, error.column, str(error)
    return 0, "", str(error)


def _rows(table: Table, max_bytes: int, columns: Sequence[str]) -> Iterator[Placed]:
    text = files.text(table.entry.path, max_bytes)
    if table.entry.path.suffix.lower() == ".toml":
        return _toml_rows(table.kind, text)
    return csv_rows(text, columns)


def csv_rows(text: str, columns: Sequence[str]) -> Iterator[Placed]:
    """The rows of a CSV text with a header, by column, each with the line it begins in.

    Raises ValueError where the header is wrong; a row that is longer than the header is one too.
    """
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        _check_header(names, columns)
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) > len(names):
                raise RowError(line, "", f"{len(cells)} cells, but the header has {len(names)} columns")
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(names, cells, strict=False))
            line = reader.line_num + 1
    except csv.Error as error:
        raise RowError(reader.line_num, "", f"not CSV: {error}") from None


def _check_header(names: Sequence[str], columns: Sequence[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise RowError(1, name, f"the column stands twice in the header: {shown(name)}")
    if not set(names) & set(columns):
        raise RowError(1, "", f"no column is known; the first line names them: {', '.join(columns)}")


def _toml_rows(kind: str, text: str) -> Iterator[Placed]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = int(found.group(1)) if (found := re.search(r"line (\d+)", str(error))) else 0
        raise RowError(line, "", f"not TOML: {error}") from None
    found = document.get(kind, [])
    if set(document) - {kind} or not isinstance(found, list):
        raise RowError(1, "", f"write every row as [[{kind}]], and nothing else")
    starts = [match.start() for match in re.finditer(rf"^[ \t]*\[\[[ \t]*{kind}\s*\]\]", text, re.MULTILINE)]
    for start, cells in zip(starts, found, strict=False):
        yield text.count("\n", 0, start) + 1, cells


def _disagreements(record: Record) -> Iterator[tuple[str, str]]:
    """Columns of one record that contradict each other."""
    for begin, finish in (("begun", "finished"), ("applies_from", "applies_to"), ("since", "until")):
        first, last = getattr(record, begin, None), getattr(record, finish, None)
        if first and last and last.last < first.first:
            yield finish, f"{last.text} is before {begin} {first.text}"
    value, value_to = getattr(record, "value", None), getattr(record, "value_to", None)
    if value is not None and value_to is not None and value_to < value:
        yield "value_to", f"{value_to:g} is below value {value:g}"
    if getattr(record, "cost", None) is not None and not getattr(record, "currency", None):
        yield "currency", "a cost needs its currency"


def entry_rows(entry: Entry, max_bytes: int, columns: Sequence[str]) -> list[Placed]:
    """The rows of a CSV file, each with its line. Raises ValueError; ``place`` says where."""
    return list(csv_rows(files.text(entry.path, max_bytes), columns))

"""Reads tables of records from CSV (``;`` or ``,``) and, where rows are long texts, from TOML.

Not here: readings, which are many and are read by columns (``readings``).
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.model import Entry, Table
from mendmap.catalogue.records import TABLES, Connection, Record, Rule
from mendmap.errors import Fault, not_one_of, shown
from mendmap.words.fields import expanded, fields_of, read_row

Placed = tuple[int, Mapping[str, Any]]  # line of the file, cells by column
Wrong = tuple[int, str, str]  # line, column, message


def read(table: Table, languages: Sequence[str], max_bytes: int) -> tuple[list[tuple[int, Record]], list[Fault]]:
    """The records of one file with the line each stands in, and its faults.

    A record that has an id but is otherwise at fault is among them, with None for what is wrong, so that the
    rows that name it are not at fault as well. Where there are faults, nothing may be loaded.
    """
    kind = TABLES[table.kind]
    fields = fields_of(kind)
    name = table.entry.file
    records: list[tuple[int, Record]] = []
    seen: dict[str, int] = {}
    rows, wrong = _rows(table, max_bytes, tuple(each.name for each in expanded(fields, languages)))
    faults = [Fault(name, *each) for each in wrong]
    for line, cells in rows:
        values, complaints = read_row(fields, cells, languages)
        if values["id"]:
            if values["id"] in seen:
                complaints.append(("id", f"{shown(values['id'])} is already used in line {seen[values['id']]}"))
            seen.setdefault(values["id"], line)
            records.append((line, kind(**values)))
        faults += [Fault(name, line, *each) for each in complaints]
    faults += [Fault(name, line, *each) for line, record in records for each in _disagreements(record)]
    return records, faults


def _rows(table: Table, max_bytes: int, columns: Sequence[str]) -> tuple[list[Placed], list[Wrong]]:
    if table.entry.path.suffix.lower() != ".toml":
        return csv_rows(table.entry, max_bytes, columns)
    try:
        text = files.text(table.entry.path, max_bytes)
        document = files.toml(text)
        if others := set(document) - {table.kind}:
            raise files.LineError(1, min(others), f"write every row as [[{table.kind}]], and nothing else")
        return list(files.toml_tables(text, document, table.kind)), []
    except ValueError as error:
        return [], [files.place(error)]


def csv_rows(entry: Entry, max_bytes: int, columns: Sequence[str]) -> tuple[list[Placed], list[Wrong]]:
    """The rows of a CSV file, as ``text_rows`` gives them."""
    try:
        return text_rows(files.text(entry.path, max_bytes), columns)
    except ValueError as error:
        return [], [files.place(error)]


def text_rows(text: str, columns: Sequence[str]) -> tuple[list[Placed], list[Wrong]]:
    """The rows of CSV text with a header, by column, each with the line it begins in; and what is wrong with
    the text as CSV. Cells of unknown columns, and those beyond the header, are left out."""
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Placed] = []
    wrong: list[Wrong] = []
    known = set(columns)
    try:
        names = [name.strip() for name in next(reader, [])]
        wrong += _header_faults(names, columns)
        line = reader.line_num + 1
        for cells in reader if known.intersection(names) else ():
            if len(cells) > len(names):
                wrong.append((line, "", f"{len(cells)} cells, but the header has {len(names)} columns"))
            if any(cell.strip() for cell in cells):
                rows.append((line, {name: cell for name, cell in zip(names, cells, strict=False) if name in known}))
            line = reader.line_num + 1
    except csv.Error as error:
        wrong.append((reader.line_num, "", f"not CSV: {error}"))
    return rows, wrong


def _header_faults(names: Sequence[str], columns: Sequence[str]) -> Iterator[Wrong]:
    known, seen = set(columns), set[str]()
    if not known.intersection(names):
        yield 1, "", f"no column is known; the first line names them: {', '.join(columns)}"
        return
    for name in names:
        if name in seen:
            yield 1, name, f"the column stands twice in the header: {shown(name)}"
        elif name not in known:
            yield 1, name, not_one_of("unknown column", name, known)
        seen.add(name)


def _disagreements(record: Record) -> Iterator[tuple[str, str]]:
    """Columns of one record that contradict each other."""
    for begin, finish in (("begun", "finished"), ("applies_from", "applies_to"), ("since", "until")):
        first, last = getattr(record, begin, None), getattr(record, finish, None)
        if first and last and last.last < first.first:
            yield finish, f"{last.text} is before {begin} {first.text}"
    value, value_to = getattr(record, "value", None), getattr(record, "value_to", None)
    if value is not None and value_to is not None and value_to < value:
        yield "value_to", f"{value_to:g} is below value {value:g}"
    if isinstance(record, Connection) and record.to_feature and record.to_feature == record.from_feature:
        yield "to_feature", "a connection leads to another feature than it comes from"
    if isinstance(record, Rule):
        yield from _unassessable(record)
    if (record_from := getattr(record, "depends_from", None)) is not None or getattr(record, "depends_to", None):
        if not getattr(record, "depends_on", None):
            yield "depends_on", "the parameter that depends_from and depends_to are about is required"
        elif (
            record_from is not None and (end := getattr(record, "depends_to", None)) is not None and end <= record_from
        ):
            yield "depends_to", f"{end:g} is not above depends_from {record_from:g}"
    if getattr(record, "cost", None) is not None and not getattr(record, "currency", None):
        yield "currency", "a cost needs its currency"


# What each statistic is computed of.
_COMPUTED_OF = {
    "mean": ("hour", "day"),
    "exceedances": ("hour", "8h", "day"),
    "highest": ("hour", "8h", "day", "sample"),
    "consecutive": ("hour",),
    "annual_average": ("sample",),
    "percentile": ("hour", "8h", "day"),
    "four_of_five": ("sample",),
}


def _unassessable(rule: Rule) -> Iterator[tuple[str, str]]:
    """Columns of a rule that do not give what its statistic takes."""
    if rule.statistic and rule.block not in (None, *_COMPUTED_OF[rule.statistic]):
        yield "block", f"statistic {rule.statistic} takes {' or '.join(_COMPUTED_OF[rule.statistic])}"
    if rule.statistic == "consecutive" and rule.times not in range(2, 9):
        yield "times", "statistic consecutive takes 2 to 8 hours in a row"
    if rule.statistic == "percentile" and not 0 < (rule.percentile or 0) < 100:
        yield "percentile", "statistic percentile takes a percentile between 0 and 100"
    if rule.period == "winter" and rule.statistic not in (None, "mean"):
        yield "period", "only the mean is computed of winters"
    for name in ("block_share", "period_share"):
        if (share := getattr(rule, name)) is not None and not 0 <= share <= 1:
            yield name, f"a share is 0 to 1: {share:g}"
    if rule.block != "sample" and rule.period_share is None:
        yield "period_share", "a rule about hours or days needs it"

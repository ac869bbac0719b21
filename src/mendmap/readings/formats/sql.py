"""What the formats share: quoting for SQL, and ``raw`` made of a CSV, a Parquet file or rows of Python.

Rows that DuckDB reads become one Parquet file in the scratch folder: they are parsed once, faults of the file show
before anything is checked, and rows are numbered without giving up the parallel reader.
Not here: what the columns mean.
"""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet as pq

from mendmap.errors import QueryError, not_one_of, shown
from mendmap.readings.claims import CLAIM, WORDS, Query
from mendmap.readings.opened import Opened, ReadError, records
from mendmap.readings.workbook import sheet_rows
from mendmap.words.fields import Field

# What comes out of a workbook, whatever its size as a file.
MAX_SHEET_BYTES = 4 * 2**30
_BATCH = 20_000
_CHUNK = 1 << 22


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''").replace("\0", "") + "'"


def name(column: str) -> str:
    """The name of a column as SQL writes it."""
    return '"' + column.replace('"', '""') + '"'


def cell(file: Opened, *names: str) -> str:
    """The trimmed text of the first of these columns that the file has; NULL where it is blank or has none."""
    found = next((each for each in names if each in file.header), None)
    if found is None:
        return "NULL::VARCHAR"
    return f"CAST({name(found)} AS VARCHAR)" if found in file.typed else f"nullif(trim({name(found)}), '')"


def bare_cell(file: Opened, column: str) -> str:
    """A column as it is: numbers and times that Parquet has as such, and texts of many different ones, where trimming
    takes long."""
    return name(column) if column in file.header else "NULL::VARCHAR"


def one_of(expression: str, words: Iterable[str]) -> str:
    """Whether an expression is one of these words, in any case."""
    return f"coalesce(lower({expression}) IN ({', '.join(text(each.lower()) for each in words)}), false)"


def word(expression: str) -> str:
    """A text as a part of an id: what is no letter, digit or - becomes _."""
    return f"trim(regexp_replace({expression}, '[^A-Za-z0-9-]+', '_', 'g'), '_')"


def depth_word(depth: str, unit: str) -> str:
    """A depth as a part of a method: 0.50 and m give depth_0_5m, in whatever way the number is written."""
    number = f"regexp_replace(CAST(TRY_CAST({depth} AS DOUBLE) AS VARCHAR), '\\.0$', '')"
    return f"'depth_' || {word(f'coalesce({number}, {depth})')} || coalesce(lower({word(unit)}), '')"


def method_of(parts: Iterable[str], within: Iterable[str], apart: Iterable[str], called: str) -> str:
    """The method: ``parts``, and where the source tells apart (by ``apart``) what is otherwise one reading (one
    ``within`` and one of the parts), the second of them is ``called_2`` and so on, in the order of ``apart``."""
    said = f"concat_ws('_', {', '.join(parts)})"
    nth = f"dense_rank() OVER (PARTITION BY {', '.join(within)}, {said} ORDER BY {', '.join(apart)})"
    return f"nullif(concat_ws('_', nullif({said}, ''), CASE WHEN {nth} > 1 THEN '{called}_' || {nth} END), '')"


def selected(columns: Mapping[str, str], source: str = "raw", words: Sequence[str] = ()) -> str:
    """The SELECT that gives a claim; ``columns`` maps its columns to SQL, and those left out are NULL. ``words`` are
    expressions that all that a claim tells in words follows from, where these are quicker to tell apart."""
    unknown = set(columns) - set(CLAIM)
    assert not unknown, unknown
    given = {"file_row": "file_row", **columns}
    listed = ", ".join(f"{given.get(each, 'NULL::VARCHAR')} AS {name(each)}" for each in CLAIM)
    hashes = (
        "".join(f", hash({salt}, {', '.join(words)}) AS {each}" for salt, each in enumerate(WORDS)) if words else ""
    )
    return f"SELECT {listed}{hashes} FROM {source}"


def has_columns(file: Opened, *names: str) -> bool:
    """Whether the file's header holds every one of these."""
    return set(names) <= set(file.header)


def required(fields: Iterable[Field]) -> tuple[str, ...]:
    """The names of the columns that a format cannot do without."""
    return tuple(each.name for each in fields if each.required)


def raw_of(query: Query, file: Opened) -> None:
    """Makes ``raw`` of a CSV, Parquet or XLSX file whose columns all have names, below one row of header."""
    blank = next((index for index, each in enumerate(file.header, 1) if not each), None)
    if blank is not None:
        raise ReadError(f"column {blank} of the header has no name")
    if file.kind == "parquet":
        raw_from_parquet(query, file)
    elif file.kind == "csv":
        _, lines = records(file.head, file.delimiter, file.header_row)
        raw_from_csv(query, file, file.header, lines)
    else:
        rows = (each for each in sheet_rows(file.path, MAX_SHEET_BYTES) if each[0] >= file.header_row)
        first = next(rows)[0]
        raw_from_rows(query, file, file.header, ((number - first, cells) for number, cells in rows))


def raw_from_csv(query: Query, file: Opened, columns: Sequence[str], skip: int) -> None:
    """Makes ``raw`` of the CSV below its first ``skip`` lines. A row with a cell too many or too few is an error."""
    _no_nul(file.path)
    target = file.scratch / "raw.parquet"
    listed = ", ".join(f"{text(each)}: 'VARCHAR'" for each in columns)
    reader = (
        f"read_csv({text(str(file.path))}, columns = {{{listed}}}, delim = {text(file.delimiter)}, "
        f"skip = {skip}, header = false, auto_detect = false, quote = '\"', escape = '\"', compression = 'none', "
        "strict_mode = true, null_padding = false, ignore_errors = false)"
    )
    try:
        query(f"COPY (SELECT * FROM {reader}) TO {text(str(target))} (FORMAT parquet, COMPRESSION lz4)")
    except QueryError as error:
        raise ReadError(_csv_fault(str(error), file)) from None
    _view(query, target, "*")


def raw_from_rows(
    query: Query, file: Opened, columns: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]
) -> None:
    """Makes ``raw`` of numbered rows of text; blank texts become NULL. Rows may be shorter than the header."""
    target = file.scratch / "raw.parquet"
    schema = pa.schema([("file_row", pa.int64()), *((each, pa.string()) for each in columns)])
    numbered = iter(rows)
    try:
        with pq.ParquetWriter(target, schema, compression="lz4") as writer:
            while batch := list(itertools.islice(numbered, _BATCH)):
                writer.write_table(_table(batch, columns, schema))
    except (pa.ArrowException, UnicodeError) as error:
        raise ReadError(f"holds text that is no Unicode: {shown(str(error))}") from None
    query(f"CREATE OR REPLACE TEMPORARY VIEW raw AS SELECT * FROM read_parquet({text(str(target))})")


def raw_from_parquet(query: Query, file: Opened) -> None:
    """Makes ``raw`` of a Parquet file. Its numbers and times stay such; all else is text."""
    source = f"read_parquet({text(str(file.path))}, hive_partitioning = false)"
    try:
        names = [row[0] for row in query(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    except QueryError as error:
        raise ReadError(f"a Parquet file that cannot be read: {_first_line(error)}") from None
    columns = [
        f"{name(each) if each.strip() in file.typed else f'CAST({name(each)} AS VARCHAR)'} AS {name(each.strip())}"
        for each in names
    ]
    _view(query, file.path, ", ".join(columns))


def check_known(file: Opened, fields: Iterable[Field], also: Iterable[str] = ()) -> None:
    """Raises ReadError where the header holds a column that no field describes."""
    known = {each.name for each in fields} | set(also)
    for each in file.header:
        if each and each not in known:
            raise ReadError(not_one_of("unknown column", each, known))


def _view(query: Query, path: Path, columns: str) -> None:
    source = f"read_parquet({text(str(path))}, file_row_number = true, hive_partitioning = false)"
    listed = columns if columns != "*" else "* EXCLUDE (file_row_number)"
    query(f"CREATE OR REPLACE TEMPORARY VIEW raw AS SELECT file_row_number + 1 AS file_row, {listed} FROM {source}")


def _table(batch: list[tuple[int, Sequence[str]]], columns: Sequence[str], schema: pa.Schema) -> pa.Table:
    width = len(columns)
    for number, cells in batch:
        extra = next((each for each in cells[width:] if each), None)
        if extra is not None:
            raise ReadError(f"row {number} holds {shown(extra)} in column {len(cells)}; the header has {width} columns")
    arrays = [pa.array([number for number, _ in batch], pa.int64())]
    for index in range(width):
        values = [cells[index] or None if index < len(cells) else None for _, cells in batch]
        arrays.append(pa.array(values, pa.string()))
    return pa.Table.from_arrays(arrays, schema=schema)


def _no_nul(path: Path) -> None:
    """DuckDB lets NUL through, and nothing after it does."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                end = file.tell() - len(chunk) + chunk.index(0)
                file.seek(0)
                lines = sum(file.read(min(_CHUNK, end - at)).count(b"\n") for at in range(0, end, _CHUNK))
                raise ReadError(f"line {lines + 1} holds a NUL byte")


_FAULTS = (
    (r"Expected Number of Columns: (\d+) Found: (\d+)", "{1} cells where the header has {0}"),
    (r"unterminated quote", "a quotation mark that is not closed, or text after it"),
    (r"Invalid unicode", "not UTF-8; add --encoding, for instance --encoding cp1250"),
    (r"Maximum line size of (\d+)", "longer than {0} bytes"),
    (r"invalid state", "line endings of two kinds, or quotation marks that do not pair"),
)


def _csv_fault(message: str, file: Opened) -> str:
    """One line for the user, of what DuckDB says about a CSV. It quotes whole lines of the file; we do not."""
    line = re.search(r"Line: (\d+)", message)
    where = f"line {line[1]}: " if line else ""
    for pattern, words in _FAULTS:
        if found := re.search(pattern, message):
            return where + words.format(*found.groups())
    return f"{where}not a CSV with {len(file.header)} columns: {shown(message)}"


def _first_line(error: Exception) -> str:
    return shown((str(error).splitlines() or [""])[0], 200)

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
from mendmap.readings.claims import CLAIM, Query
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
    return f"nullif(trim({name(found)}), '')" if found else "NULL::VARCHAR"


def bare_cell(file: Opened, column: str) -> str:
    """The text of a column as it is: for columns of many different numbers and times, where trimming takes long."""
    return name(column) if column in file.header else "NULL::VARCHAR"


def one_of(expression: str, words: Iterable[str]) -> str:
    """Whether an expression is one of these words, in any case."""
    return f"coalesce(lower({expression}) IN ({', '.join(text(each.lower()) for each in words)}), false)"


def selected(columns: Mapping[str, str], source: str = "raw") -> str:
    """The SELECT that gives a claim; ``columns`` maps its columns to SQL, and those left out are NULL."""
    unknown = set(columns) - set(CLAIM)
    assert not unknown, unknown
    given = {"file_row": "file_row", **columns}
    listed = ", ".join(f"{given.get(each, 'NULL::VARCHAR')} AS {name(each)}" for each in CLAIM)
    return f"SELECT {listed} FROM {source}"


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
    """Makes ``raw`` of a Parquet file, its values as text: times in ISO 8601, decimals without idle zeros."""
    source = f"read_parquet({text(str(file.path))}, hive_partitioning = false)"
    try:
        types = {row[0]: row[1] for row in query(f"DESCRIBE SELECT * FROM {source}").fetchall()}
    except QueryError as error:
        raise ReadError(f"a Parquet file that cannot be read: {_first_line(error)}") from None
    texts = _texts_of_decimals(query, source, [each for each, kind in types.items() if _is_wide_decimal(kind)])
    columns = [
        f"{texts[each][0] if each in texts else _as_text(each, kind)} AS {name(each.strip())}"
        for each, kind in types.items()
    ]
    _view(query, file.path, ", ".join(columns), " ".join(join for _, join in texts.values()))


def check_known(file: Opened, fields: Iterable[Field], also: Iterable[str] = ()) -> None:
    """Raises ReadError where the header holds a column that no field describes."""
    known = {each.name for each in fields} | set(also)
    for each in file.header:
        if each and each not in known:
            raise ReadError(not_one_of("unknown column", each, known))


def _view(query: Query, path: Path, columns: str, joins: str = "") -> None:
    source = f"read_parquet({text(str(path))}, file_row_number = true, hive_partitioning = false)"
    listed = columns if columns != "*" else "* EXCLUDE (file_row_number)"
    query(
        "CREATE OR REPLACE TEMPORARY VIEW raw AS "
        f"SELECT file_row_number + 1 AS file_row, {listed} FROM {source} AS given {joins}"
    )


def _is_wide_decimal(kind: str) -> bool:
    found = re.fullmatch(r"DECIMAL\((\d+),\d+\)", kind)
    return found is not None and int(found[1]) > 18


def _texts_of_decimals(query: Query, source: str, columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """The text of each column, and the join that brings it, for columns that repeat their values.

    DuckDB takes a microsecond to write a decimal of 128 bits, as the EEA has them: as long as all the rest together.
    Measured values repeat, so each is written once and looked up, eight times as fast.
    """
    found = {}
    for index, each in enumerate(columns):
        column = f"given.{name(each)}"
        counted = f"SELECT approx_count_distinct({column}), count({column}) FROM {source} AS given"
        distinct, rows = query(counted).fetchone()
        if rows < 100_000 or distinct * 10 > rows:
            continue
        table = f"raw_texts_{index}"
        query(
            f"CREATE OR REPLACE TEMPORARY TABLE {table} AS SELECT number, {_plain('number')} AS text "
            f"FROM (SELECT DISTINCT {column} AS number FROM {source} AS given)"
        )
        found[each] = (f"{table}.text", f"LEFT JOIN {table} ON {table}.number = {column}")
    return found


def _plain(decimal: str) -> str:
    return f"rtrim(rtrim(CAST({decimal} AS VARCHAR), '0'), '.')"


def _as_text(column: str, kind: str) -> str:
    quoted = f"given.{name(column)}"
    if kind.startswith("TIMESTAMP"):
        # Moments with a zone are formatted in UTC, whatever the zone of the session.
        zoned = kind == "TIMESTAMP WITH TIME ZONE"
        moment, offset = (f"make_timestamp(epoch_us({quoted}))", "+00:00") if zoned else (quoted, "")
        whole, exact = (f"strftime({moment}, '%Y-%m-%dT%H:%M:%S{part}{offset}')" for part in ("", ".%f"))
        return f"CASE WHEN epoch_us({quoted}) % 1000000 = 0 THEN {whole} ELSE {exact} END"
    if kind.startswith("DECIMAL") and not kind.endswith(",0)"):
        return _plain(quoted)
    return quoted if kind == "VARCHAR" else f"CAST({quoted} AS VARCHAR)"


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
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if b"\0" in chunk:
                raise ReadError(f"line {line + chunk[: chunk.index(0)].count(10)} holds a NUL byte")
            line += chunk.count(b"\n")


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

"""Opening a file of readings: what it is, told by its content and never by its name.

Decompresses and transcodes into a temporary folder, within bounds, and reads no more than the head of the rest.
Not here: which format the columns are (``readings.formats``), and reading the rows.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyarrow import ArrowException, types
from pyarrow import parquet as pq

from mendmap.errors import ReadError, shown
from mendmap.readings.unpack import most_bytes, transcoded, unpacked
from mendmap.readings.workbook import MAX_COLUMNS, first_rows

__all__ = ["Opened", "ReadError", "open_readings"]

HEAD_BYTES = 64 * 1024
_LEAST_ROW = 10  # bytes
_DELIMITERS = ",;\t|"
_XLS = b"\xd0\xcf\x11\xe0"
_BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NUMBER = re.compile(r"[<>]?\s*[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?|\d{4}-\d\d-\d\d.*")
# What Parquet has as numbers and times, and is not made text of. Floats of 32 bits are: their shortest text is what was
# meant, 0.1 and not 0.10000000149.
_TYPED = (types.is_timestamp, types.is_date, types.is_float64, types.is_decimal, types.is_int32, types.is_int64)
# Names that raw gives to columns of its own.
_OURS = ("file_row", "file_row_number")


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of readings, ready to be read.

    ``path`` is what to read: a link to what the user gave, or a decompressed copy in UTF-8, in ``scratch``.
    ``kind`` is csv, parquet, xlsx or json. ``header`` holds the names of the columns, and is empty for JSON;
    ``header_row`` is the record (sheet: row) it stands in, from 1. ``head`` is the beginning of a CSV or JSON file,
    at most 64 kB of it. ``scratch`` is a folder that is gone afterwards. ``typed`` names the columns of a Parquet file
    that are numbers or times.
    """

    path: Path
    original: Path
    kind: str
    header: tuple[str, ...]
    delimiter: str
    head: str
    scratch: Path
    header_row: int = 1
    typed: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The file's name, as messages quote it."""
        return shown(self.original.name)


@contextmanager
def open_readings(path: Path, max_bytes: int, encoding: str = "utf-8", header_row: int = 1) -> Iterator[Opened]:
    """Opens one file for reading; everything temporary is gone when the block is left.

    ``max_bytes`` bounds what comes out of a compressed file. ``header_row`` is the record of a CSV, or the row of a
    sheet, that holds the header: a mapping file can put it below a title. Raises ReadError, with one line for the
    user, where the file cannot be opened, is of no kind we know, or has a header that cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="mendmap-") as folder:
        scratch = Path(folder)
        try:
            opened = _opened(path, scratch, max_bytes, encoding, header_row)
        except OSError as error:
            raise ReadError(f"cannot read {shown(path.name)}: {error.strerror or type(error).__name__}") from error
        yield opened


def _opened(path: Path, scratch: Path, max_bytes: int, encoding: str, header_row: int) -> Opened:
    if not path.is_file():
        raise ReadError(f"no such file: {shown(str(path))}")
    # A link has no letter that DuckDB would take for a pattern, whatever the user's file is called.
    link = scratch / "given"
    link.symlink_to(path.resolve())
    plain = unpacked(link, scratch, max_bytes)
    kind = _kind(plain)
    if kind == "parquet":
        header, typed = _parquet_header(plain, max_bytes)
        return Opened(plain, path, kind, header, "", "", scratch, typed=typed)
    if kind == "xlsx":
        header = _checked(first_rows(plain, header_row, 1, max_bytes)[0], header_row)
        return Opened(plain, path, kind, header, "", "", scratch, header_row)
    plain = transcoded(plain, scratch, encoding)
    head = _head(plain)
    if head.lstrip()[:1] in ("{", "["):
        return Opened(plain, path, "json", (), "", head, scratch)
    delimiter, header = _csv_header(head, header_row)
    return Opened(plain, path, "csv", header, delimiter, head, scratch, header_row)


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if not start.strip():
        raise ReadError("the file is empty")
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK\x03\x04"):
        return "xlsx"
    if start.startswith(_XLS):
        raise ReadError("an old Excel file (.xls); save it as .xlsx or CSV")
    if start.startswith(b"%PDF"):
        raise ReadError("a PDF; readings come as CSV, Parquet, XLSX or JSON")
    if re.match(rb"\s*<(!doctype|html|\?xml)", start, re.IGNORECASE):
        raise ReadError("a web page or XML; readings come as CSV, Parquet, XLSX or JSON")
    return "text"


def _head(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    for bom, encoding in _BOMS.items():
        if start.startswith(bom):
            raise ReadError(f"not UTF-8 but UTF-16; add --encoding {encoding}")
    if b"\0" in start:
        raise ReadError("holds NUL bytes; if it is UTF-16, add --encoding utf-16-le or --encoding utf-16-be")
    try:
        return start.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A character may be cut in two by the end of the head, and nowhere else.
        if len(start) == HEAD_BYTES and error.start > HEAD_BYTES - 4:
            return start[: error.start].decode("utf-8-sig")
        line = start[: error.start].count(b"\n") + 1
        raise ReadError(f"line {line} is not UTF-8; add --encoding, for instance --encoding cp1250") from None


def records(head: str, delimiter: str, count: int) -> tuple[list[list[str]], int]:
    """The first ``count`` records of a CSV that are not blank lines, and how many lines of the file they take."""
    found: list[list[str]] = []
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if cells:
                found.append([cell.strip() for cell in cells])
            if len(found) == count:
                break
    except csv.Error as error:
        raise ReadError(f"line {reader.line_num}: {error}") from None
    return found, reader.line_num


def _csv_header(head: str, header_row: int) -> tuple[str, tuple[str, ...]]:
    best: tuple[str, list[str]] = (",", [])
    problem = None
    for delimiter in _DELIMITERS:
        try:
            found, _ = records(head, delimiter, header_row)
        except ReadError as error:
            problem = problem or error
            continue
        if len(found) == header_row and len(found[-1]) > len(best[1]):
            best = (delimiter, found[-1])
    if not best[1] and problem:
        raise problem
    if len(best[1]) < 2:
        raise ReadError(
            f"record {header_row} is no header: at least two names, separated by comma, semicolon, tab or |"
        )
    rest = len(head.encode()) < HEAD_BYTES - 4
    if not rest and "\n" not in head and "\r" not in head:
        raise ReadError(f"the header is longer than {HEAD_BYTES} bytes; at most {MAX_COLUMNS} columns are read")
    return best[0], _checked(best[1], header_row)


def _checked(cells: list[str], header_row: int) -> tuple[str, ...]:
    while cells and not cells[-1]:
        # Spreadsheets write empty columns on the right; cells under them are found when the rows are read.
        cells = cells[:-1]
    if len(cells) > MAX_COLUMNS:
        raise ReadError(f"{len(cells)} columns; at most {MAX_COLUMNS} are read")
    if len(cells) < 2:
        raise ReadError(f"row {header_row} is no header: at least two names are needed")
    for cell in cells:
        if _NUMBER.fullmatch(cell):
            raise ReadError(f"no header: {shown(cell)} in row {header_row} is no name of a column")
    names = [cell.casefold() for cell in cells if cell]
    twice = next((cell for cell in cells if cell and names.count(cell.casefold()) > 1), None)
    if twice is not None:
        raise ReadError(f"the header holds {shown(twice)} more than once")
    ours = next((cell for cell in cells if cell.casefold() in _OURS), None)
    if ours is not None:
        raise ReadError(f"a column may not be called {shown(ours)}; mendmap numbers rows under that name")
    return tuple(cells)


def _parquet_header(path: Path, max_bytes: int) -> tuple[tuple[str, ...], frozenset[str]]:
    try:
        metadata = pq.read_metadata(path)
        schema = metadata.schema.to_arrow_schema()
    except (ArrowException, OSError, ValueError) as error:
        raise ReadError(f"a Parquet file that cannot be read: {str(error).splitlines()[0][:200]}") from None
    # Equal rows take next to no room in Parquet; those of a table of readings take more.
    if metadata.num_rows * _LEAST_ROW > most_bytes(path, max_bytes):
        raise ReadError(f"holds {metadata.num_rows} rows in {path.stat().st_size} bytes, which is no table of readings")
    typed = (each.name.strip() for each in schema if any(test(each.type) for test in _TYPED))
    return _checked([each.strip() for each in schema.names], 1), frozenset(typed)

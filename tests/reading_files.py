"""Reads a file of readings as an ingest does, up to the claims; and makes Parquet, XLSX and compressed copies."""

import csv
import gzip
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa

from mendmap.errors import QueryError
from mendmap.readings.claims import CLAIM, Options
from mendmap.readings.formats import recognise
from mendmap.readings.mapping import options_of, read_mapping
from mendmap.readings.opened import open_readings

FILES = Path(__file__).parent / "fixtures" / "readings"
FORMAT_OF = {
    "tidy.csv": "tidy",
    "eea_aq.csv": "eea_aq",
    "wise6.csv": "wise6",
    "wqx_legacy.csv": "wqx",
    "wqx3.csv": "wqx",
    "sensorthings_datastreams.json": "sensorthings",
    "sensorthings_observations.json": "sensorthings",
    "sensorthings_array.json": "sensorthings",
}
MAPPED = {"hourly.csv": "hourly.toml", "sheet.csv": "sheet.toml"}
MAX_BYTES = 10_000_000


class Table:
    """A DuckDB connection whose errors come as they do in an ingest."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def __call__(self, sql: str, values: Any = None) -> Any:
        try:
            return self.connection.execute(sql, values)
        except duckdb.Error as error:
            raise QueryError(str(error)) from error


def mapping_of(name: str) -> Mapping[str, Any]:
    """The mapping file of a fixture; empty for the formats that need none."""
    return read_mapping(FILES / MAPPED[name]) if name in MAPPED else {}


def claims(
    path: Path,
    name: str = "auto",
    mapping: Mapping[str, Any] | None = None,
    encoding: str = "utf-8",
    max_bytes: int = MAX_BYTES,
) -> list[dict[str, Any]]:
    """Every claim of a file, without its blank columns."""
    options = options_of(mapping) if mapping else Options()
    header_row = mapping.get("header_row", 1) if mapping else 1
    query = Table()
    with query.connection, open_readings(path, max_bytes, encoding, header_row) as file:
        form = recognise(file, mapping["format"] if mapping else name)
        form.raw(query, file, options)
        result = query(f"SELECT * FROM ({form.claims(file, options)}) ORDER BY file_row")
        assert tuple(each[0] for each in result.description) == CLAIM
        assert [str(each[1]) for each in result.description] == ["BIGINT", *["VARCHAR"] * (len(CLAIM) - 1)]
        rows = [dict(zip(CLAIM, row, strict=True)) for row in result.fetchall()]
        raw = query("SELECT * FROM raw LIMIT 1")
        assert raw.description[0][0] == "file_row"
        assert {str(each[1]) for each in raw.description[1:]} == {"VARCHAR"}
    return [{key: value for key, value in row.items() if value not in (None, "")} for row in rows]


def cells_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    """The cells of a CSV, header and all."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def workbook(path: Path, rows: list[list[Any]], merged: tuple[str, ...] = ()) -> Path:
    """Writes a sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for each in merged:
        sheet.merge_cells(each)
    book.save(path)
    return path


def gzipped(path: Path, folder: Path) -> Path:
    """A copy with another compression, and a name that says nothing."""
    copy = folder / "copy_a"
    copy.write_bytes(gzip.compress(path.read_bytes()))
    return copy


def zipped(path: Path, folder: Path) -> Path:
    """The same as a zip, with what a Mac adds to it."""
    copy = folder / "copy_b"
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "folder/data")
        archive.writestr("__MACOSX/folder/._data", b"x")
    return copy


def zstd(path: Path, folder: Path) -> Path:
    """The same with zstd."""
    copy = folder / "copy_c"
    with pa.CompressedOutputStream(pa.OSFile(str(copy), "wb"), "zstd") as target:
        target.write(path.read_bytes())
    return copy

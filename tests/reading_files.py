"""Reads a file of readings as an ingest does, up to the claims; and makes Parquet, XLSX and compressed copies."""

import csv
import datetime as dt
import gzip
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
from pyarrow import parquet as pq

from mendmap.catalogue.records import Parameter
from mendmap.errors import Fault, QueryError
from mendmap.readings.claims import CLAIM, MAY_BE_TYPED, WORDS, Options
from mendmap.readings.explain import faults
from mendmap.readings.formats import recognise
from mendmap.readings.mapping import options_of, read_mapping
from mendmap.readings.opened import open_readings
from mendmap.readings.settle import Settled, settle
from mendmap.readings.told import Referents

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
PARAMETER = Parameter(
    id="x", name={"en": "x"}, symbol="x", medium="air", unit="ug/m3", fraction=None, vocabulary=None, aliases=None,
    least=None, greatest=None, molar_mass=None, note=None,
)  # fmt: skip


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
        kinds = {each[0]: str(each[1]) for each in result.description}
        assert tuple(kinds) in (CLAIM, CLAIM + WORDS)
        assert kinds["file_row"] == "BIGINT"
        assert all(kinds[each] == "VARCHAR" for each in CLAIM if each not in ("file_row", *MAY_BE_TYPED))
        rows = [dict(zip(CLAIM, row, strict=False)) for row in result.fetchall()]
        raw = {each[0]: str(each[1]) for each in query("SELECT * FROM raw LIMIT 1").description}
        assert next(iter(raw)) == "file_row"
        assert {each for each, kind in raw.items() if kind != "VARCHAR"} == {"file_row", *file.typed}
    return [
        {key: value if key == "file_row" else as_text(value) for key, value in row.items() if value not in (None, "")}
        for row in rows
    ]


def as_text(value: Any) -> str:
    """A cell of a claim as the table beside a file has it: moments in ISO 8601, those with a zone in UTC, and decimals
    without zeros at their end."""
    if isinstance(value, dt.datetime):
        return (value.astimezone(dt.UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def verdict(path: Path, mapping: Mapping[str, Any], max_bytes: int) -> tuple[Settled, list[Fault]]:
    """What comes of a file's claims where no station is known, and so nothing may be sound."""
    options = options_of(mapping) if mapping else Options(zone="Europe/Belgrade")
    header_row = mapping.get("header_row", 1) if mapping else 1
    known = Referents({"x": None}, {"x": PARAMETER}, ["x"])
    query = Table()
    with query.connection, open_readings(path, max_bytes, "utf-8", header_row) as file:
        form = recognise(file, mapping["format"] if mapping else "auto")
        form.raw(query, file, options)
        chosen = form.claims(file, options)
        settled = settle(query, chosen, known, form.prefix, options, file.scratch)
        assert settled.sound == 0
        return settled, faults(query, chosen, "file", known, options, form.prefix)


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


def agencys_parquet(path: Path) -> Path:
    """``eea_aq.csv`` in the types in which the agency hands it out; only rows whose times have no offset."""
    header, *rows = cells_of(FILES / "eea_aq.csv")
    naive = [row for row in rows if "+01:00" not in row[2]]
    columns = dict(zip(header, zip(*naive, strict=True), strict=True))
    moments = {each: [dt.datetime.fromisoformat(text) for text in columns[each]] for each in ("Start", "End")}
    table = pa.table(
        {
            "Samplingpoint": list(columns["Samplingpoint"]),
            "Pollutant": pa.array(map(int, columns["Pollutant"]), pa.int32()),
            **{each: pa.array(values, pa.timestamp("ns")) for each, values in moments.items()},
            "Value": pa.array(map(Decimal, columns["Value"]), pa.decimal128(38, 18)),
            "Unit": list(columns["Unit"]),
            "AggType": list(columns["AggType"]),
            "Validity": pa.array(map(int, columns["Validity"]), pa.int32()),
            "Verification": pa.array(map(int, columns["Verification"]), pa.int32()),
            "DataCapture": pa.array([None] * len(naive), pa.decimal128(38, 18)),
        }
    )
    pq.write_table(table, path)
    return path


def parquet(path: Path, rows: list[list[str]]) -> Path:
    """Writes rows of text, the header first, as Parquet; blanks are null."""
    header, *body = rows
    columns = ([cell or None for cell in column] for column in zip(*body, strict=True))
    pq.write_table(
        pa.table({each: pa.array(cells, pa.string()) for each, cells in zip(header, columns, strict=True)}), path
    )
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

"""Writes a table to a file, a batch at a time: CSV (RFC 4180, UTF-8), Parquet, and XLSX through ``workbook``; and a
series as JSON. The same table is always the same bytes. Not here: what the rows are (``tables``).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl  # type: ignore[import-untyped]
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from mendmap.exports import workbook
from mendmap.exports.tables import Table

MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}
# The formats that every table has.
FORMATS = ("csv", "xlsx", "parquet")
# What the bytes of a file depend on beside its rows.
MADE_BY = f"pyarrow {pa.__version__}, openpyxl {openpyxl.__version__}"


def write(table: Table, form: str, path: Path) -> None:
    """Writes a table in one of ``FORMATS``."""
    if form == "parquet":
        _write_parquet(table, path)
    elif form == "xlsx":
        workbook.write(table, path)
    else:
        with path.open("wb") as file:
            file.writelines(csv_pieces(table))


def rows_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as CSV with a header; a column that a row lacks is empty."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def write_json(head: Mapping[str, Any], table: Table, path: Path) -> None:
    """Writes ``head`` as a JSON object with one member more, ``readings``: the rows, words in lists, moments in UTC."""
    with path.open("wb") as file:
        file.write(orjson.dumps(head, option=orjson.OPT_UTC_Z)[:-1] + b',"readings":[')
        _write_rows(table, file)
        file.write(b"]}\n")


def _write_rows(table: Table, file: BinaryIO) -> None:
    lists = [each.name for each in table.fields if each.kind == "words"]
    before = b"\n"
    for batch in table.rows():
        for row in batch.to_pylist():
            row |= {name: [word for word in (row[name] or "").split(",") if word] for name in lists}
            file.write(before + orjson.dumps(row, option=orjson.OPT_UTC_Z))
            before = b",\n"


def csv_pieces(table: Table) -> Iterator[bytes]:
    """A piece a batch; the header comes first even where there are no rows."""
    names = table.schema.names
    yield (",".join(names) + "\r\n").encode()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed", eol="\r\n")
    for batch in table.rows():
        sink = io.BytesIO()
        columns = [iso(each) if pa.types.is_timestamp(each.type) else each for each in batch.columns]
        pyarrow.csv.write_csv(pa.RecordBatch.from_arrays(columns, names=names), sink, options)
        yield sink.getvalue()


def iso(moments: pa.Array) -> pa.Array:
    """Moments in UTC as ISO 8601 with Z; a fraction of a second only where there is one."""
    whole = moments.cast(pa.timestamp("s", tz="UTC"), safe=False)
    seconds = pc.strftime(whole, format="%Y-%m-%dT%H:%M:%SZ")
    exact = pc.equal(whole.cast(moments.type), moments)
    return pc.if_else(exact, seconds, pc.strftime(moments, format="%Y-%m-%dT%H:%M:%SZ"))


def _write_parquet(table: Table, path: Path) -> None:
    schema = table.schema.with_metadata(table.about)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in table.rows():
            writer.write_batch(batch.replace_schema_metadata(table.about))

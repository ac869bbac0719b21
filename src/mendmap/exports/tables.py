"""Whole tables as CSV (RFC 4180, UTF-8): records of one kind, and readings a batch at a time."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import TABLES, to_plain
from mendmap.lake.contents import READING_COLUMNS
from mendmap.readings.fields import READING
from mendmap.words.fields import Field, expanded, fields_of, name_column

# The tables that can be downloaded, by name, with the kind of record each holds.
DOWNLOADS = {
    "figures": "figure",
    "works": "work",
    "quantities": "quantity",
    "states": "state",
    "limits": "limit",
    "statements": "statement",
    "parameters": "parameter",
    "sources": "source",
}


def record_fields(kind: str, languages: Sequence[str]) -> tuple[Field, ...]:
    """The columns of a table of records."""
    return expanded(fields_of(TABLES[kind]), languages)


def record_rows(atlas: Atlas, table: str) -> list[dict[str, Any]]:
    """The rows of a table, by column; lists are joined by commas, as in the file they came from."""
    records = getattr(atlas, table)
    return [_flat(to_plain(record)) for record in records.values()]


def records_csv(atlas: Atlas, table: str) -> bytes:
    """A whole table of records."""
    columns = [each.name for each in record_fields(DOWNLOADS[table], atlas.place.languages)]
    return rows_csv(columns, record_rows(atlas, table))


def rows_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows as CSV with a header; a column that a row lacks is empty."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in row.items():
        if isinstance(each, Mapping):
            found |= {name_column(name, language): text for language, text in each.items()}
        else:
            found[name] = ",".join(each) if isinstance(each, list) else each
    return found


def reading_fields() -> tuple[Field, ...]:
    """The columns of the readings' download: those of the file, and what the lake adds."""
    known = {each.name: each for each in READING}
    added = {
        "series": Field("series", "id", "Series the reading belongs to: station, parameter and averaging time."),
        "canonical_value": Field("canonical_value", "number", "The value in the parameter's canonical unit."),
        "file": Field("file", "text", "File of the catalogue that it was loaded from."),
        "file_row": Field("file_row", "integer", "Line of that file, when it was loaded."),
        "recorded": Field("recorded", "integer", "Number of the snapshot that first held it."),
    }
    return tuple(added.get(name) or known[name] for name, _ in READING_COLUMNS)


def readings_csv(batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """Readings as CSV, a piece a batch; the header comes first even where there are none."""
    names = [name for name, _ in READING_COLUMNS]
    yield (",".join(names) + "\r\n").encode()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="needed", eol="\r\n")
    for batch in batches:
        sink = io.BytesIO()
        moments = [_iso(batch.column(name)) if name in ("start", "end") else batch.column(name) for name in names]
        pyarrow.csv.write_csv(pa.RecordBatch.from_arrays(moments, names=names), sink, options)
        yield sink.getvalue()


def _iso(moments: pa.Array) -> pa.Array:
    """Moments in UTC as ISO 8601 with Z."""
    return pa.compute.strftime(moments.cast(pa.timestamp("s", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")

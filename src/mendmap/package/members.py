"""Each file of a package: what it is, how many rows it has, and how it is made.

With the same filters every table is, byte for byte, the download of that name; so are whole layers, but for the
readings, which stand once, among the tables, and in no GeoPackage. Not here: the documents about them
(``documents``), and packing (``build``).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import orjson
import pyarrow as pa

from mendmap.catalogue.records import names
from mendmap.exports.asked import readings
from mendmap.exports.assessed import assessed
from mendmap.exports.files import MEDIA, write
from mendmap.exports.layers.chosen import Chosen, about_layer
from mendmap.exports.layers.formats import FORMATS as LAYER_FORMATS
from mendmap.exports.layers.formats import write as write_layer
from mendmap.exports.metadata import CRS84
from mendmap.exports.tables import ASSESSED, DOWNLOADS, Table, about, licence, reading_fields, records
from mendmap.lake import contents
from mendmap.lake.connection import Lake
from mendmap.package.archive import too_large
from mendmap.package.scope import Scope
from mendmap.statements.outcome import checked, plain
from mendmap.words.fields import Field

# The formats of layers: for everyone, for GIS, and for analysis.
_LAYER_FORMS = ("geojson", "gpkg", "parquet")
# What is measured and computed is written with its types too.
_TYPED = ("readings", *ASSESSED)
# Of these tables the words of a column are counted: how the readings were validated, and what came of checking.
COUNTED = {"readings": "quality", "verdicts": "outcome", "statements": "outcome"}
# No reading takes less in CSV: its two moments alone are 40 characters.
_LEAST_READING_BYTES = 80


@dataclass(frozen=True, slots=True)
class Member:
    """One file. ``table`` is whose ``columns`` it has and ``rows`` how many rows; ``filters`` chose them. ``make``
    writes it, and returns how often each word stands in the column that is counted."""

    path: str
    media_type: str
    title: str
    table: str
    columns: tuple[Field, ...]
    rows: int
    licence: str
    make: Callable[[Path], Mapping[str, int]] = field(repr=False)
    crs: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)


def members(lake: Lake, scope: Scope, most_bytes: int) -> Iterator[Member]:
    """Every file with data, layers first. Raises TooLargeError before anything is made, where the readings alone are
    too many."""
    tables = [_table(lake, scope, name, most_bytes) for name in (*_TYPED, *DOWNLOADS)]
    yield from _layers(scope)
    for table in tables:
        for form in ("parquet", "csv") if table.name in _TYPED else ("csv",):
            yield _tabular(scope, table, form)
    yield _statements(scope, next(each for each in tables if each.name == "statements"))


def _layers(scope: Scope) -> Iterator[Member]:
    """Each layer that has features here, in three formats."""
    atlas, filters = scope.atlas, scope.narrowed("works")
    for layer in atlas.layers.values():
        rows = scope.rows(layer)
        if not len(rows):
            continue
        # Of a whole layer no rows are chosen, so that its files are those of the downloads.
        chosen = Chosen(atlas, layer, rows if filters else None, about=about_layer(atlas, layer, filters))
        for form in _LAYER_FORMS:
            yield Member(
                f"layers/{layer.id}.{form}",
                LAYER_FORMATS[form].media,
                names(layer.name),
                f"layer {layer.id}",
                chosen.fields,
                chosen.count,
                layer.licence,
                partial(_write_layer, chosen, form),
                CRS84,
                filters,
            )


def _write_layer(chosen: Chosen, form: str, path: Path) -> Mapping[str, int]:
    write_layer(chosen, form, path)
    return {}


def _table(lake: Lake, scope: Scope, name: str, most_bytes: int) -> Table:
    atlas, narrowed = scope.atlas, scope.narrowed(name)
    told = about(atlas, name, narrowed)
    if name in ASSESSED:
        return assessed(atlas, name, scope.places(name), told)
    if name in DOWNLOADS:
        return records(atlas, name, scope.places(name), told, checked(atlas) if name == "statements" else {})
    selection = contents.select(lake, atlas.snapshot, atlas.place.id, readings(atlas, narrowed))
    if selection.count * _LEAST_READING_BYTES > most_bytes:
        raise too_large(most_bytes)
    return Table(
        name,
        reading_fields(),
        selection.count,
        lambda: contents.rows(lake, selection),
        told,
        atlas.snapshot.moment,
    )


def _tabular(scope: Scope, table: Table, form: str) -> Member:
    return Member(
        f"tables/{table.name}.{form}",
        MEDIA[form],
        table.name.capitalize(),
        table.name,
        table.fields,
        table.count,
        licence(scope.atlas, table.name),
        partial(_write_counting, table, form),
        filters=scope.narrowed(table.name),
    )


def _write_counting(table: Table, form: str, path: Path) -> Mapping[str, int]:
    words: Counter[str] = Counter()

    def counting() -> Iterator[pa.RecordBatch]:
        for batch in table.batches():
            if column := COUNTED.get(table.name):
                found = batch.column(column).value_counts().to_pylist()
                words.update({each["values"] or "": each["counts"] for each in found})
            yield batch

    write(replace(table, batches=counting), form, path)
    return words


def _statements(scope: Scope, table: Table) -> Member:
    """The statements of a table with their evidence, which a row has no room for."""

    def make(path: Path) -> Mapping[str, int]:
        rows = [plain(each) for each in scope.outcomes()]
        path.write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        return {}

    return Member(
        "tables/statements.json",
        MEDIA["json"],
        "Statements with their evidence",
        table.name,
        table.fields,
        table.count,
        licence(scope.atlas, table.name),
        make,
        filters=scope.narrowed(table.name),
    )

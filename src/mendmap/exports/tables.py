"""The tables that can be downloaded: their columns, rows and filters. Not here: files (``files``)."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import TABLES, Quantity, Record, to_plain
from mendmap.lake.contents import READING_COLUMNS
from mendmap.query.times import Interval
from mendmap.rasters.pictures import indices_of
from mendmap.readings.fields import READING
from mendmap.words.dates import Period
from mendmap.words.fields import Field, expanded, fields_of, name_column
from mendmap.words.vocabulary import MARKS, OUTCOMES

# The tables that can be downloaded, by name, with the kind of record each holds.
DOWNLOADS = {
    "figures": "figure",
    "works": "work",
    "quantities": "quantity",
    "states": "state",
    "connections": "connection",
    "limits": "limit",
    "rules": "rule",
    "statements": "statement",
    "parameters": "parameter",
    "sources": "source",
    "rasters": "raster",
    "indices": "index",
    "zonal": "zonal",
    "differences": "difference",
}
# The tables of what was assessed, which ``assessed`` makes.
ASSESSED = ("verdicts", "answers")
# What came of checking a statement, which ``mendmap.statements`` finds; after the columns of the statement itself.
CHECKED = (
    Field("outcome", "word", "What came of checking it.", choices=tuple(OUTCOMES)),
    Field("because", "text", "Why, with the numbers."),
    Field("computed", "number", "The value that the computation gives, in the unit of the value claimed."),
)
# The columns that say where a row of a kind is about, and from when until when.
_PLACES = {
    "figure": ("feature",),
    "work": ("sites",),
    "state": ("site",),
    "connection": ("from_feature", "to_feature"),
    "statement": ("sites", "feature"),
}
_TIMES = {
    "figure": ("period", "period"),
    "work": ("begun", "finished"),
    "quantity": ("date", "date"),
    "state": ("since", "until"),
    "connection": ("since", "until"),
    "limit": ("applies_from", "applies_to"),
    "statement": ("period", "period"),
    "raster": ("taken", "taken"),
}
_KINDS = {"number": pa.float64(), "amount": pa.float64(), "integer": pa.int64(), "moment": pa.timestamp("us", tz="UTC")}


def arrow_type(column: Field) -> pa.DataType:
    """The type of a column's values in files that have types."""
    return _KINDS.get(column.kind, pa.string())


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be written: ``count`` rows in ``batches`` of Arrow with the columns of ``fields``. ``about`` says what
    it is, in plain texts: snapshot, licence, attribution and what was asked for."""

    name: str
    fields: tuple[Field, ...]
    count: int
    batches: Callable[[], Iterable[pa.RecordBatch]] = field(repr=False)
    about: Mapping[str, str]
    moment: dt.datetime

    @property
    def schema(self) -> pa.Schema:
        """Numbers are doubles or 64-bit integers, moments microseconds in UTC, everything else text."""
        return pa.schema([(each.name, arrow_type(each)) for each in self.fields])

    def rows(self) -> Iterator[pa.RecordBatch]:
        """The batches in that schema."""
        for batch in self.batches():
            yield batch.cast(self.schema)


@dataclass(frozen=True, slots=True)
class Places:
    """What the filters of a table of records ask for; None is any. A site is asked for together with its stations."""

    features: frozenset[str] | None = None
    parameters: frozenset[str] | None = None
    interval: Interval = Interval()


def about(atlas: Atlas, table: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a file is, as it says itself; ``given`` is what was asked, by name."""
    return {
        "table": table,
        "catalogue": atlas.place.id,
        "snapshot": str(atlas.snapshot),
        "digest": atlas.snapshot.digest,
        "moment": atlas.snapshot.moment.isoformat(),
        "licence": licence(atlas, table),
        "attribution": atlas.place.attribution,
        **given,
    }


def licence(atlas: Atlas, table: str) -> str:
    """The terms of a table: those of its own files, or of the whole where it is computed."""
    kind = "reading" if table == "readings" else DOWNLOADS.get(table, "")
    return atlas.place.licences.get(kind) or atlas.place.licence


def filters(table: str) -> tuple[str, ...]:
    """The filters that a table has, in the order that messages name them."""
    if table == "readings":
        return ("site", "station", "parameter", "datetime", "as-of", "quality")
    if table in ASSESSED:
        return ("site", "station", "parameter", "datetime", "as-of")
    kind = DOWNLOADS[table]
    columns = {each.name for each in fields_of(TABLES[kind])}
    found = ["site"] if kind in _PLACES or kind == "quantity" else []
    found += ["station"] if "feature" in columns else []
    found += ["parameter"] if "parameter" in columns else []
    found += ["datetime"] if kind in _TIMES else []
    return (*found, "as-of")


def record_fields(kind: str, languages: Sequence[str]) -> tuple[Field, ...]:
    """The columns of a table of records; of statements, what came of checking them too."""
    return expanded(fields_of(TABLES[kind]), languages) + (CHECKED if kind == "statement" else ())


def records(
    atlas: Atlas,
    table: str,
    asked: Places,
    about: Mapping[str, str],
    more: Mapping[str, Mapping[str, Any]] | None = None,
) -> Table:
    """A table of records, in the order of its file; before the indices of the catalogue those that every one has.
    Lists are joined by commas, as in the file they came from. ``more`` has the columns of
    ``CHECKED`` by the statement's id."""
    kind = DOWNLOADS[table]
    more = more or {}
    wanted = [each for each in held(atlas, table).values() if _wanted(atlas, each, asked)]
    rows = [{**_flat(to_plain(each)), **more.get(each.id, {})} for each in wanted]
    fields = record_fields(kind, atlas.place.languages)

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist(rows, made.schema)

    made = Table(table, fields, len(rows), batches, about, atlas.snapshot.moment)
    return made


def held(atlas: Atlas, table: str) -> Mapping[str, Record]:
    """The records of a table, by id."""
    found: Mapping[str, Record] = indices_of(atlas.indices) if table == "indices" else getattr(atlas, table)
    return found


def _wanted(atlas: Atlas, record: Record, asked: Places) -> bool:
    if asked.features is not None:
        # A quantity is where its work was done.
        placed = atlas.works[record.work] if isinstance(record, Quantity) else record
        given = [getattr(placed, column) for column in _PLACES[placed.kind]]
        if not asked.features & {each for ids in given for each in (ids if isinstance(ids, tuple) else (ids,))}:
            return False
    if asked.parameters is not None and getattr(record, "parameter", None) not in asked.parameters:
        return False
    if record.kind not in _TIMES:
        return True
    begin, finish = (getattr(record, column) for column in _TIMES[record.kind])
    return may_meet(begin, finish, asked.interval)


def may_meet(begin: Period | None, finish: Period | None, asked: Interval) -> bool:
    """Whether a row's time may share a day with what is asked for: a time that nobody states may be any."""
    ends_before = asked.first and finish and finish.last < asked.first.date()
    begins_after = asked.last and begin and begin.first > asked.last.date()
    return not (ends_before or begins_after)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, each in row.items():
        if isinstance(each, Mapping):
            found |= {name_column(name, language): text for language, text in each.items()}
        else:
            found[name] = ",".join(each) or None if isinstance(each, list) else each
    return found


def reading_fields() -> tuple[Field, ...]:
    """The columns of the readings' download: those of the file, and what the lake adds."""
    known = {each.name: each for each in READING}
    added = {
        "series": Field("series", "id", "Series it belongs to: station, parameter, averaging time and any method."),
        "canonical_value": Field("canonical_value", "number", "The value in the parameter's canonical unit."),
        "marks": Field(
            "marks", "words", "What our own checks point at; the reading stands as it is.", choices=tuple(MARKS)
        ),
        "file": Field("file", "text", "File that it was loaded or ingested from."),
        "file_row": Field("file_row", "integer", "Row of that file."),
        "recorded": Field("recorded", "integer", "Number of the snapshot that first held it."),
    }
    return tuple(added.get(name) or known[name] for name, _ in READING_COLUMNS)

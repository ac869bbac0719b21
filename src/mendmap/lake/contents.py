"""Reads all that a catalogue held at one ledger number, as values.

Readings are summed up by series in the lake, so that what is read does not grow with them; their rows are read
a batch at a time. Not here: joins (``atlas``).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from mendmap.catalogue.records import RecordT, from_plain
from mendmap.errors import LakeEmptyError, NotFoundError
from mendmap.lake import assessed, sampled
from mendmap.lake.connection import Lake
from mendmap.lake.features import Features, FeatureTable
from mendmap.lake.ledger import Snapshot
from mendmap.lake.sampled import Sample
from mendmap.query.readings import ReadingQuery
from mendmap.words.vocabulary import QUALITIES


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series summed up. ``count`` has its readings, ``missing`` those without a value among them.

    ``latest`` is in the parameter's canonical unit and belongs to the newest reading that has a value, with its
    ``qualifier``, ``start``, ``end``, ``quality`` and ``source``; ``latest_value`` and ``latest_unit`` are as
    the source prints it. ``first`` and ``last`` are the starts of the oldest and the newest reading.
    """

    id: str
    station: str
    parameter: str
    averaging: str
    method: str
    count: int
    missing: int
    first: dt.datetime
    last: dt.datetime
    greatest: float | None
    latest: float | None
    latest_value: float | None
    latest_unit: str | None
    qualifier: str | None
    start: dt.datetime | None
    end: dt.datetime | None
    quality: str | None
    source: str | None
    flags: str | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What one catalogue held at one snapshot, in the order of its files when each row was first recorded: moving
    a row is no change. ``records`` maps kind to bodies; ``revisions`` maps
    (table, part) to the last ledger number that changed it, where part is a layer, a kind or a station."""

    snapshot: Snapshot
    catalogue: str
    features: Features
    records: Mapping[str, tuple[Mapping[str, Any], ...]]
    series: tuple[SeriesRow, ...]
    answers: pa.Table | None
    revisions: Mapping[tuple[str, str], int]
    samples: tuple[Sample, ...] = ()

    def of(self, table: type[RecordT]) -> dict[str, RecordT]:
        """The records of one table, by id."""
        return {body["id"]: from_plain(table, body) for body in self.records.get(table.kind, ())}


# Series that are summed up one by one; of more all are, at once.
_MANY = 50
_AT = "catalogue = $catalogue AND recorded <= $number AND (superseded IS NULL OR superseded > $number)"


def chosen(lake: Lake, wanted: str) -> str:
    """The catalogue to read: the one ``wanted``, or the only one there is. Raises NotFoundError with the choices."""
    with lake.steady():
        rows = lake.query("SELECT DISTINCT catalogue FROM ledger ORDER BY 1").fetchall()
        ids = [row[0] for row in rows]
        if not ids:
            raise LakeEmptyError("nothing has been loaded yet; mendmap load writes the first snapshot")
        if wanted in ids:
            return wanted
        if not wanted and len(ids) == 1:
            return str(ids[0])
        raise NotFoundError("catalogue of that name in the lake (setting MENDMAP_CATALOGUE)", wanted, ids)


def read(
    lake: Lake, snapshot: Snapshot, catalogue: str, *, series: bool = True, before: Contents | None = None
) -> Contents:
    """All that a catalogue held at a snapshot, less the rows of its readings. Summing up the series takes the longer
    the more readings there are; who does not need them says ``series=False``. Who holds what it held ``before`` has
    only read what changed since; all else is shared, as the very same objects."""
    with lake.steady():
        at: Any = {"catalogue": catalogue, "number": snapshot.number, "since": 0}
        if before is None or not series or not _follows(lake, before, snapshot, catalogue):
            before = None
        else:
            at["since"] = before.snapshot.number
        changed = _revisions(lake, at) if series else {}
        records = _records(lake, at, before, changed)
        return Contents(
            snapshot=snapshot,
            catalogue=catalogue,
            features=_features(lake, at, before, changed),
            records=records,
            series=_series(lake, snapshot, before, catalogue) if series else (),
            answers=assessed.known_since(lake, snapshot.number, catalogue, at["since"], before and before.answers)
            if series
            else None,
            revisions={**(before.revisions if before else {}), **changed},
            samples=sampled.known(lake, at, records, changed, before.samples if before else None) if series else (),
        )


def _follows(lake: Lake, before: Contents, snapshot: Snapshot, catalogue: str) -> bool:
    """Whether a snapshot came after what was read before, whole, of the same lake."""
    if before.catalogue != catalogue or before.answers is None or before.snapshot.number > snapshot.number:
        return False
    row = lake.query("SELECT digest FROM ledger WHERE number = ?", [before.snapshot.number]).fetchone()
    return row == (before.snapshot.digest,)


def _features(lake: Lake, at: Any, before: Contents | None, changed: Mapping[tuple[str, str], int]) -> Features:
    """Of the layers that changed every feature is read; a layer that has none left is gone."""
    anew = _parts(changed, "features")
    if before is not None and not anew:
        return before.features
    held = {name: table for name, table in before.features.tables.items() if name not in anew} if before else {}
    only, values = _only(at, before, "layer", anew)
    columns = f"SELECT layer, id, geometry, body FROM features WHERE {_AT} {only} ORDER BY layer, position, id"
    found = lake.query(columns, values).to_arrow_table()
    counts: Any = found.column("layer").value_counts() if len(found) else []
    begin = 0
    # The rows of a layer stand together, so they are counted in their order.
    for layer, count in ((each["values"].as_py(), each["counts"].as_py()) for each in counts):
        held[layer] = FeatureTable.read(layer, found.slice(begin, count))
        begin += count
    # Arrow keeps the memory that reading took, a quarter of a gigabyte for a million points, unless it is told not to.
    del found, counts
    pa.default_memory_pool().release_unused()
    return Features(held[layer] for layer in sorted(held))


def _records(
    lake: Lake, at: Any, before: Contents | None, changed: Mapping[tuple[str, str], int]
) -> Mapping[str, tuple[Mapping[str, Any], ...]]:
    """The records of kinds that changed are read anew."""
    anew = _parts(changed, "records")
    if before is not None and not anew:
        return before.records
    held = {kind: bodies for kind, bodies in before.records.items() if kind not in anew} if before else {}
    only, values = _only(at, before, "kind", anew)
    found: dict[str, list[Mapping[str, Any]]] = {}
    sql = f"SELECT kind, body FROM records WHERE {_AT} {only} ORDER BY position, kind, id"
    for kind, body in lake.query(sql, values).fetchall():
        found.setdefault(kind, []).append(orjson.loads(body))
    return {**held, **{kind: tuple(bodies) for kind, bodies in found.items()}}


def _parts(changed: Mapping[tuple[str, str], int], table: str) -> list[str]:
    """The parts of a table that changed."""
    return [part for name, part in changed if name == table]


def _only(at: Any, before: Contents | None, column: str, parts: Sequence[str]) -> tuple[str, Any]:
    """A condition that lets through only some parts, where the others are held from ``before``, and its values."""
    values = {name: value for name, value in at.items() if name != "since"}
    return (f"AND list_contains($parts, {column})", {**values, "parts": parts}) if before else ("", values)


def _series(lake: Lake, snapshot: Snapshot, before: Contents | None, catalogue: str) -> tuple[SeriesRow, ...]:
    """Of the series whose readings changed each is summed up anew."""
    if before is None:
        return summed(lake, snapshot, catalogue)
    touched = assessed.touched(lake, snapshot.number, catalogue, before.snapshot.number)
    if not touched:
        return before.series
    if len(touched) > _MANY:
        return summed(lake, snapshot, catalogue)
    gone = set(touched)
    anew = (row for each in touched for row in summed(lake, snapshot, catalogue, each))
    return tuple(sorted([*(row for row in before.series if row.id not in gone), *anew], key=lambda row: row.id))


def summed(lake: Lake, snapshot: Snapshot, catalogue: str, ident: str | None = None) -> tuple[SeriesRow, ...]:
    """Every series summed up as known at a snapshot, by id, or only one: nothing where it has no reading."""
    with lake.steady():
        values: Any = {"catalogue": catalogue, "number": snapshot.number}
        if ident is not None:
            values["series"] = ident
        sql = _SERIES.format(only="" if ident is None else "AND series = $series")
        return tuple(SeriesRow(*row) for row in lake.query(sql, values).fetchall())


# A series is named by these: what a reading is of needs no columns of its own, in the lake's largest table.
_PARTS = {
    name: f"split_part({{}}, '.', {nth})" for nth, name in enumerate(("station", "parameter", "averaging", "method"), 1)
}
_SERIES = f"""
    WITH known AS (SELECT * FROM readings WHERE {_AT} AND quality <> 'withdrawn' {{only}}),
    newest AS (
        SELECT series, arg_max(struct_pack(canonical, value, unit, qualifier, start_at, end_at, quality, source, flags),
                               start_at) AS row
        FROM known WHERE value IS NOT NULL AND quality <> 'invalid' GROUP BY series)
    SELECT k.series, {", ".join(part.format("k.series") for part in _PARTS.values())},
           count(*), count(*) FILTER (k.value IS NULL), min(k.start_at), max(k.start_at),
           max(k.canonical) FILTER (k.quality <> 'invalid'),
           any_value(n.row.canonical), any_value(n.row.value), any_value(n.row.unit), any_value(n.row.qualifier),
           any_value(n.row.start_at), any_value(n.row.end_at), any_value(n.row.quality), any_value(n.row.source),
           any_value(n.row.flags)
    FROM known k LEFT JOIN newest n USING (series)
    GROUP BY k.series ORDER BY k.series"""


def _revisions(lake: Lake, at: Any) -> dict[tuple[str, str], int]:
    """The last number that changed each part of a table, of those that changed ``since``."""
    return {(table, part): number for table, part, number in lake.query(_REVISIONS, at).fetchall()}


def _revision(table: str, part: str) -> str:
    return f"""
        SELECT '{table}', {part},
               max(greatest(recorded, CASE WHEN superseded <= $number THEN superseded ELSE 0 END))
        FROM {table} WHERE catalogue = $catalogue AND recorded <= $number
             AND (recorded > $since OR (superseded > $since AND superseded <= $number)) GROUP BY ALL"""


_REVISIONS = " UNION ALL ".join(
    (
        _revision("features", "layer"),
        _revision("records", "kind"),
        _revision("readings", _PARTS["station"].format("series")),
    )
)

# The columns of readings as a download names them, with what the lake calls them.
READING_COLUMNS = (
    ("series", "series"),
    *((name, part.format("series")) for name, part in _PARTS.items()),
    ("start", "start_at"),
    ("end", "end_at"),
    ("qualifier", "qualifier"),
    ("value", "value"),
    ("unit", "unit"),
    ("detection_limit", "detection_limit"),
    ("uncertainty", "uncertainty"),
    ("samples", "samples"),
    ("canonical_value", "canonical"),
    ("quality", "quality"),
    ("flags", "flags"),
    ("marks", "marks"),
    ("source", "source"),
    ("note", "note"),
    ("file", "file"),
    ("file_row", "file_row"),
    ("recorded", "recorded"),
)


_OUTER = tuple(outer for outer, _ in READING_COLUMNS)
_LISTED = ", ".join(f'{inner} AS "{outer}"' for outer, inner in READING_COLUMNS)
# Rows that are sorted and held at once: memory does not grow with what is asked for.
CHUNK_ROWS = 200_000
_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Selection:
    """The readings that a query asks for, counted: ``count`` rows in ``chunks``, each of which runs from a series and
    year to another, both of it, in order; or ``held`` already, where they are few."""

    where: str
    values: Any
    count: int
    chunks: tuple[tuple[str, dt.datetime, str, dt.datetime], ...] = ()
    held: pa.Table | None = None


def select(lake: Lake, snapshot: Snapshot, catalogue: str, asked: ReadingQuery) -> Selection:
    """Counts the readings that a query asks for, as known at a snapshot; ``rows`` reads them."""
    with lake.steady():
        where, values = _asked(snapshot, catalogue, asked)
        if asked.series and len(asked.series) == 1:
            # One series is seldom long: then it is sooner read than counted.
            held = _few(lake.query(f"SELECT {_LISTED} FROM readings WHERE {where}", values))
            if held is not None:
                return Selection(where, values, len(held), held=held)
        counted = "SELECT series, date_trunc('year', start_at), count(*) FROM readings"
        sql = f"{counted} WHERE {where} GROUP BY ALL ORDER BY ALL"
        result = lake.query(sql, values)
        chunks: list[tuple[str, dt.datetime, str, dt.datetime]] = []
        total = held = 0
        while found := result.fetchmany(10_000):
            for series, year, count in found:
                if chunks and held + count <= CHUNK_ROWS:
                    chunks[-1], held = (*chunks[-1][:2], series, year), held + count
                else:
                    chunks.append((series, year, series, year))
                    held = count
                total += count
        return Selection(where, values, total, tuple(chunks))


def _few(result: Any) -> pa.Table | None:
    """The rows of a result by start and end; None where they are more than a chunk, of which no more is read."""
    reader, batches, count = result.to_arrow_reader(CHUNK_ROWS), [], 0
    for batch in reader:
        batches.append(batch)
        count += len(batch)
        if count > CHUNK_ROWS:
            return None
    return pa.Table.from_batches(batches, reader.schema).sort_by([("start", "ascending"), ("end", "ascending")])


def rows(lake: Lake, selection: Selection, columns: Sequence[str] = _OUTER) -> Iterator[pa.RecordBatch]:
    """The columns of the selected readings, by series and time. The same selection at the same snapshot gives the
    same batches, whoever writes meanwhile: what was known at a number does not change."""
    if selection.held is not None:
        yield from selection.held.select(list(columns)).combine_chunks().to_batches(_BATCH_ROWS)
    inner = dict(READING_COLUMNS)
    listed = ", ".join(f'{inner[outer]} AS "{outer}"' for outer in columns)
    for low, low_year, high, high_year in selection.chunks:
        bounds: Any = {"low": low, "low_year": low_year, "high": high, "high_year": high_year}
        sql = f"""
            SELECT {listed} FROM readings WHERE {selection.where} AND series BETWEEN $low AND $high
                   AND (series > $low OR start_at >= $low_year)
                   AND (series < $high OR start_at < $high_year + INTERVAL 1 YEAR)
            ORDER BY series, start_at, end_at"""
        with lake.steady():
            found = lake.query(sql, bounds | selection.values).to_arrow_table()
        yield from found.combine_chunks().to_batches(_BATCH_ROWS)


def newest(lake: Lake, snapshot: Snapshot, catalogue: str, asked: ReadingQuery, most: int) -> pa.Table:
    """The readings that a query asks for, newest first, at most so many, each with the ``moment`` it was recorded."""
    with lake.steady():
        where, values = _asked(snapshot, catalogue, asked)
        sql = f"""
            SELECT r.*, l.moment
            FROM (SELECT {_LISTED} FROM readings WHERE {where} ORDER BY start_at DESC, end_at DESC, series
                  LIMIT {int(most)}) r
            JOIN ledger l ON l.number = r.recorded ORDER BY r."start" DESC, r."end" DESC, r.series"""
        return lake.query(sql, values).to_arrow_table()


def newest_of_each(lake: Lake, snapshot: Snapshot, catalogue: str, asked: ReadingQuery) -> pa.Table:
    """Of each series, the newest of the readings that a query asks for that has a value and is not marked wrong; by
    series, in ``READING_COLUMNS``."""
    with lake.steady():
        where, values = _asked(snapshot, catalogue, asked)
        sql = f"""
            SELECT {_LISTED} FROM readings WHERE {where} AND value IS NOT NULL AND quality <> 'invalid'
            QUALIFY row_number() OVER (PARTITION BY readings.series ORDER BY start_at DESC, end_at DESC) = 1
            ORDER BY 1"""
        return lake.query(sql, values).to_arrow_table()


def readings(lake: Lake, snapshot: Snapshot, catalogue: str, station: str | None = None) -> Iterator[pa.RecordBatch]:
    """Every reading known at a snapshot, withdrawn ones too, by series and time; of one station where it is given."""
    stations = None if station is None else (station,)
    yield from rows(
        lake, select(lake, snapshot, catalogue, ReadingQuery(stations=stations, qualities=tuple(QUALITIES)))
    )


def _asked(snapshot: Snapshot, catalogue: str, asked: ReadingQuery) -> tuple[str, Any]:
    """A query as SQL with its values."""
    values: dict[str, Any] = {"catalogue": catalogue, "number": snapshot.number, "qualities": list(asked.qualities)}
    parts = [_AT, "list_contains($qualities, quality)"]
    inner = dict(READING_COLUMNS)
    for column, ids in (("series", asked.series), ("station", asked.stations), ("parameter", asked.parameters)):
        if ids is not None:
            values[column] = ids[0] if len(ids) == 1 else list(ids)
            parts.append(
                f"{inner[column]} = ${column}" if len(ids) == 1 else f"list_contains(${column}, {inner[column]})"
            )
    if asked.stations:
        # The bounds let DuckDB pass over the files of other stations; / is what follows the dot.
        values["low_station"] = min(f"{each}." for each in asked.stations)
        values["high_station"] = max(f"{each}/" for each in asked.stations)
        parts.append("series BETWEEN $low_station AND $high_station")
    if asked.interval.first:
        values["first"] = asked.interval.first
        # A reading ends before its end, unless it lasts no time. The first half lets DuckDB pass over whole files.
        parts.append("end_at >= $first AND (end_at > $first OR start_at = $first)")
    if asked.interval.last:
        values["last"] = asked.interval.last
        parts.append("start_at <= $last")
    return " AND ".join(parts), values

"""Reads all that a catalogue held at one ledger number, as values.

Readings are summed up by series in the lake, so that what is read does not grow with them; their rows are read
a batch at a time. Not here: joins (``atlas``).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.errors import LakeEmptyError, NotFoundError
from mendmap.lake.connection import Lake
from mendmap.lake.ledger import Snapshot


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """A feature as recorded; ``geometry`` in WGS 84 degrees or None; ``properties`` as JSON holds them."""

    layer: str
    id: str
    geometry: BaseGeometry | None
    properties: Mapping[str, Any]


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
    features: tuple[FeatureRow, ...]
    records: Mapping[str, tuple[Mapping[str, Any], ...]]
    series: tuple[SeriesRow, ...]
    revisions: Mapping[tuple[str, str], int]


_AT = "catalogue = $catalogue AND recorded <= $number AND (superseded IS NULL OR superseded > $number)"


def chosen(lake: Lake, wanted: str) -> str:
    """The catalogue to read: the one ``wanted``, or the only one there is. Raises NotFoundError with the choices."""
    rows = lake.query("SELECT DISTINCT catalogue FROM ledger ORDER BY 1").fetchall()
    ids = [row[0] for row in rows]
    if not ids:
        raise LakeEmptyError("nothing has been loaded yet; mendmap load writes the first snapshot")
    if wanted in ids:
        return wanted
    if not wanted and len(ids) == 1:
        return str(ids[0])
    raise NotFoundError("catalogue of that name in the lake (setting MENDMAP_CATALOGUE)", wanted, ids)


def read(lake: Lake, snapshot: Snapshot, catalogue: str, *, series: bool = True) -> Contents:
    """All that a catalogue held at a snapshot, less the rows of its readings. Summing up the series takes the longer
    the more readings there are; who does not need them says ``series=False``."""
    at: Any = {"catalogue": catalogue, "number": snapshot.number}
    features = lake.query(
        f"SELECT layer, id, geometry, body FROM features WHERE {_AT} ORDER BY layer, position, id", at
    ).fetchall()
    geometries = shapely.from_wkb([row[2] for row in features])
    records: dict[str, list[Mapping[str, Any]]] = {}
    for kind, body in lake.query(
        f"SELECT kind, body FROM records WHERE {_AT} ORDER BY position, kind, id", at
    ).fetchall():
        records.setdefault(kind, []).append(orjson.loads(body))
    return Contents(
        snapshot=snapshot,
        catalogue=catalogue,
        features=tuple(
            FeatureRow(layer, ident, geometry, orjson.loads(body))
            for (layer, ident, _, body), geometry in zip(features, geometries, strict=True)
        ),
        records={kind: tuple(bodies) for kind, bodies in records.items()},
        series=tuple(SeriesRow(*row) for row in lake.query(_SERIES, at).fetchall()) if series else (),
        revisions=_revisions(lake, at) if series else {},
    )


_SERIES = f"""
    WITH known AS (SELECT * FROM readings WHERE {_AT} AND quality <> 'withdrawn'),
    newest AS (
        SELECT series, arg_max(struct_pack(canonical, value, unit, qualifier, start_at, end_at, quality, source, flags),
                               start_at) AS row
        FROM known WHERE value IS NOT NULL AND quality <> 'invalid' GROUP BY series)
    SELECT k.series, any_value(k.station), any_value(k.parameter), any_value(k.averaging), any_value(k.method),
           count(*), count(*) FILTER (k.value IS NULL), min(k.start_at), max(k.start_at),
           max(k.canonical) FILTER (k.quality <> 'invalid'),
           any_value(n.row.canonical), any_value(n.row.value), any_value(n.row.unit), any_value(n.row.qualifier),
           any_value(n.row.start_at), any_value(n.row.end_at), any_value(n.row.quality), any_value(n.row.source),
           any_value(n.row.flags)
    FROM known k LEFT JOIN newest n USING (series)
    GROUP BY k.series ORDER BY k.series"""


def _revisions(lake: Lake, at: Any) -> dict[tuple[str, str], int]:
    return {(table, part): number for table, part, number in lake.query(_REVISIONS, at).fetchall()}


def _revision(table: str, part: str) -> str:
    return f"""
        SELECT '{table}', {part},
               max(greatest(recorded, CASE WHEN superseded <= $number THEN superseded ELSE 0 END))
        FROM {table} WHERE catalogue = $catalogue AND recorded <= $number GROUP BY {part}"""


_REVISIONS = " UNION ALL ".join(
    (_revision("features", "layer"), _revision("records", "kind"), _revision("readings", "station"))
)

# The columns of readings as a download names them, with what the lake calls them.
READING_COLUMNS = (
    ("series", "series"),
    ("station", "station"),
    ("parameter", "parameter"),
    ("averaging", "averaging"),
    ("method", "method"),
    ("start", "start_at"),
    ("end", "end_at"),
    ("qualifier", "qualifier"),
    ("value", "value"),
    ("unit", "unit"),
    ("detection_limit", "detection_limit"),
    ("uncertainty", "uncertainty"),
    ("canonical_value", "canonical"),
    ("quality", "quality"),
    ("flags", "flags"),
    ("source", "source"),
    ("note", "note"),
    ("file", "file"),
    ("file_row", "file_row"),
    ("recorded", "recorded"),
)


def readings(lake: Lake, snapshot: Snapshot, catalogue: str, station: str | None = None) -> Iterator[pa.RecordBatch]:
    """The readings known at a snapshot, by series and time, in batches; of one station where it is given."""
    columns = ", ".join(f'{inner} AS "{outer}"' for outer, inner in READING_COLUMNS)
    only = "" if station is None else "AND station = $station"
    values: Any = {"catalogue": catalogue, "number": snapshot.number}
    if station is not None:
        values["station"] = station
    result = lake.query(f"SELECT {columns} FROM readings WHERE {_AT} {only} ORDER BY series, start_at", values)
    yield from result.to_arrow_reader(50_000)

"""Readings as arrays to assess, and the answers that were found: kept beside the readings, never changed.

A write adds the answers that are new or differ, with its number; one that no longer holds is added once more as
``gone``. So the answers as known at a number are the newest of each key up to there.
Not here: assessing (``assess``), and which series a write touches (``load.assess``).
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from mendmap.lake.connection import Lake
from mendmap.lake.schema import CONTENT, KEYS

_COLUMNS = (*KEYS["answers"], *CONTENT["answers"])
_LISTED = ", ".join(_COLUMNS)
_AT = "catalogue = $catalogue AND recorded <= $number"
_READ = f"{_AT} AND (superseded IS NULL OR superseded > $number)"


def counted(lake: Lake, number: int, catalogue: str) -> dict[str, int]:
    """How many readings every series has, as known at a number, whatever their quality; by id."""
    values: Any = {"catalogue": catalogue, "number": number}
    with lake.steady():
        sql = f"SELECT series, count(*) FROM readings WHERE {_READ} GROUP BY series ORDER BY series"
        return dict(lake.query(sql, values).fetchall())


def touched(lake: Lake, number: int, catalogue: str, since: int | None = None) -> list[str]:
    """The ids of the series whose readings a write added, revised or took away, or the writes since another."""
    values: Any = {"catalogue": catalogue, "number": number, "since": number - 1 if since is None else since}
    sql = "SELECT DISTINCT series FROM readings WHERE catalogue = $catalogue AND {0} > $since AND {0} <= $number"
    with lake.steady():
        found = lake.query(f"{sql.format('recorded')} UNION {sql.format('superseded')} ORDER BY 1", values)
        return [row[0] for row in found.fetchall()]


def at_stations(lake: Lake, number: int, catalogue: str, stations: Sequence[str]) -> list[str]:
    """The ids of every series of some stations, as known at a number."""
    found: list[str] = []
    with lake.steady():
        for station in stations:
            # What follows the dot is the slash.
            values: Any = {"catalogue": catalogue, "number": number, "low": f"{station}.", "high": f"{station}/"}
            sql = f"SELECT DISTINCT series FROM readings WHERE {_READ} AND series >= $low AND series < $high ORDER BY 1"
            found += [row[0] for row in lake.query(sql, values).fetchall()]
    return found


def arrays(lake: Lake, number: int, catalogue: str, series: Sequence[str], biased: Sequence[str]) -> pa.Table:
    """The readings of some series as known at a number, in order: ``code``, the place in ``series``; ``start`` and
    ``end`` in microseconds since 1970; ``value`` and ``limit`` in the canonical unit, NaN where there is none; and as
    0 or 1 ``below`` and ``above`` for the qualifiers, whether the source is one of ``biased``, and ``lost``, time that
    went to calibration, without a value. Those that are withdrawn, missing or invalid are not among them."""
    values: Any = {"catalogue": catalogue, "number": number, "biased": list(biased)}
    chosen, code = _chosen(lake, series, values)
    sql = f"""
        SELECT {code} AS code, epoch_us(start_at) AS start, epoch_us(end_at) AS "end",
               coalesce(CASE WHEN quality IN ('valid', 'preliminary') THEN canonical END, 'nan') AS value,
               coalesce(canonical_limit, 'nan') AS "limit",
               CAST(starts_with(qualifier, '<') AS TINYINT) AS below,
               CAST(starts_with(qualifier, '>') AS TINYINT) AS above,
               CAST(list_contains($biased, source) AS TINYINT) AS biased,
               CAST(quality NOT IN ('valid', 'preliminary') AS TINYINT) AS lost
        FROM {chosen} WHERE {_READ} AND (quality IN ('valid', 'preliminary') OR contains(flags, 'calibration'))
        -- DuckDB sorts many times faster than numpy, by keys of several columns.
        ORDER BY 1, 2, 3"""
    with lake.steady():
        return lake.query(sql, values).to_arrow_table()


def known(lake: Lake, number: int, catalogue: str, series: Sequence[str] | None = None) -> pa.Table:
    """The answers as known at a number, of some series or of all, by their keys: the columns of ``KEYS`` and
    ``CONTENT``."""
    values: Any = {"catalogue": catalogue, "number": number}
    sql = _known(lake, series, values)
    with lake.steady():
        return lake.query(
            f"SELECT {_LISTED} FROM ({sql}) ORDER BY {', '.join(KEYS['answers'])}", values
        ).to_arrow_table()


def known_since(lake: Lake, number: int, catalogue: str, since: int, before: pa.Table | None) -> pa.Table:
    """The same, of all series, from the answers as known ``before``, at the number ``since``: these very ones where
    none has changed."""
    if before is None:
        return known(lake, number, catalogue)
    values: Any = {"catalogue": catalogue, "number": number, "since": since}
    newest = f"row_number() OVER (PARTITION BY {', '.join(KEYS['answers'])} ORDER BY recorded DESC) = 1"
    with lake.steady():
        sql = f"SELECT {_LISTED}, gone FROM answers WHERE {_AT} AND recorded > $since QUALIFY {newest}"
        fresh = lake.query(sql, values).to_arrow_table()
        if not len(fresh):
            return before
        lake.register("answers_before", before)
        lake.register("answers_fresh", fresh)
        same = " AND ".join(f"f.{each} = b.{each}" for each in KEYS["answers"])
        return lake.query(
            f"""
            SELECT {_LISTED} FROM (
                SELECT {_LISTED} FROM answers_before b ANTI JOIN answers_fresh f ON {same}
                UNION ALL SELECT {_LISTED} FROM answers_fresh WHERE NOT gone)
            ORDER BY {", ".join(KEYS["answers"])}"""
        ).to_arrow_table()


def record(lake: Lake, number: int, catalogue: str, series: Sequence[str], answers: pa.Table) -> int:
    """Adds what is new, differs or no longer holds of the ``answers`` of some series, with the number of the write that
    caused it; returns how many rows that were. Part of that write's transaction."""
    lake.register("assessed", answers)
    values: Any = {"catalogue": catalogue, "number": number}
    before = f"SELECT {_LISTED} FROM ({_known(lake, series, values)})"
    keys = ", ".join(f"coalesce(a.{each}, k.{each})" for each in KEYS["answers"])
    content = ", ".join(f"a.{each}" for each in CONTENT["answers"])
    same = " AND ".join(f"a.{each} = k.{each}" for each in KEYS["answers"])
    differs = " OR ".join(f"a.{each} IS DISTINCT FROM k.{each}" for each in CONTENT["answers"])
    row = lake.query(
        f"""
        INSERT INTO answers (catalogue, {_LISTED}, recorded, gone)
        SELECT $catalogue, {keys}, {content}, $number, a.series IS NULL
        FROM assessed a FULL JOIN ({before}) k ON {same}
        WHERE a.series IS NULL OR k.series IS NULL OR {differs}
        ORDER BY {keys}""",
        values,
    ).fetchone()
    return int(row[0]) if row else 0


def _known(lake: Lake, series: Sequence[str] | None, values: dict[str, Any]) -> str:
    chosen, _ = _chosen(lake, series, values, "answers") if series is not None else ("answers", "")
    newest = f"row_number() OVER (PARTITION BY {', '.join(KEYS['answers'])} ORDER BY recorded DESC) = 1"
    return f"SELECT * FROM (FROM {chosen} WHERE {_AT} QUALIFY {newest}) WHERE NOT gone"


def _chosen(lake: Lake, series: Sequence[str], values: dict[str, Any], table: str = "readings") -> tuple[str, str]:
    """The rows of some series of a table, and the SQL of the place that each has in ``series``. The bounds let DuckDB
    pass over the files of others."""
    if len(series) == 1:
        values["series"] = series[0]
        return f"(FROM {table} WHERE series = $series)", "0::INTEGER"
    codes = pa.table({"id": pa.array(series, pa.string()), "code": pa.array(range(len(series)), pa.int32())})
    lake.register("chosen", codes)
    values |= {"least": min(series, default=""), "greatest": max(series, default="")}
    rows = f"FROM {table} r JOIN chosen c ON c.id = r.series WHERE r.series BETWEEN $least AND $greatest"
    return f"(SELECT r.*, c.code {rows})", "code"

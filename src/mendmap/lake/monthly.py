"""Readings by month, in UTC as their moments are: how many there are, and what those of one month say.

One query each, whatever is asked of the answer later. Not here: means of months, which an assessment makes of those
that are complete enough (``assess``).
"""

import datetime as dt
from typing import Any

import pyarrow as pa

from mendmap.lake.connection import Lake
from mendmap.lake.ledger import Snapshot
from mendmap.words.dates import Period

_KNOWN = """catalogue = $catalogue AND recorded <= $number AND (superseded IS NULL OR superseded > $number)
    AND quality IN ('valid', 'preliminary')"""
# Plain timestamps are many times quicker to group than those with a zone.
_MONTH = "date_trunc('month', make_timestamp(epoch_us(start_at)))"


def counted(lake: Lake, snapshot: Snapshot, catalogue: str) -> pa.Table:
    """How many readings that count begin in each month, by ``series`` and ``month`` (text, ``2021-03``): ``count``.
    Those withdrawn, missing or invalid do not count. It looks at every reading once."""
    values: Any = {"catalogue": catalogue, "number": snapshot.number}
    sql = f"""
        SELECT series, strftime(month, '%Y-%m') AS month, count
        FROM (SELECT series, {_MONTH} AS month, count(*) AS count FROM readings WHERE {_KNOWN} GROUP BY ALL)
        ORDER BY 1, 2"""
    with lake.steady():
        return lake.query(sql, values).to_arrow_table()


def within(lake: Lake, snapshot: Snapshot, catalogue: str, month: str) -> dict[str, dict[str, Any]]:
    """What the readings of each series that begin in a month say, by series: their ``count``, how many of them lie
    ``below`` detection; the ``greatest`` of the others and the ``newest`` of all, in the parameter's canonical unit,
    each with its qualifier, and the ``start`` of the newest. A month's mean is not among them: it may be incomplete."""
    span = Period.parse(month)
    begin = dt.datetime.combine(span.first, dt.time.min, dt.UTC)
    end = dt.datetime.combine(span.last, dt.time.max, dt.UTC)
    values: Any = {"catalogue": catalogue, "number": snapshot.number, "begin": begin, "end": end}
    sql = f"""
        SELECT series, count(*) AS count, count(*) FILTER (below) AS below,
               max(canonical) FILTER (NOT below) AS greatest,
               nullif(arg_max(qualifier, canonical) FILTER (NOT below), '') AS greatest_qualifier,
               arg_max(struct_pack(value := coalesce(canonical, canonical_limit), qualifier, start_at), start_at) AS row
        FROM (SELECT *, starts_with(qualifier, '<') AS below FROM readings
              WHERE {_KNOWN} AND start_at BETWEEN $begin AND $end)
        GROUP BY series ORDER BY series"""
    with lake.steady():
        rows = lake.query(sql, values).fetchall()
    return {series: _told(*cells) for series, *cells in rows}


def _told(
    count: int, below: int, greatest: float | None, greatest_qualifier: str | None, row: dict[str, Any]
) -> dict[str, Any]:
    start: dt.datetime = row["start_at"]
    return {
        "count": count,
        "below": below,
        "greatest": greatest,
        "greatest_qualifier": greatest_qualifier,
        "newest": row["value"],
        "newest_qualifier": row["qualifier"] or None,
        "start": start.isoformat(),
    }

"""Reads what writes changed: rows that were recorded or superseded between two numbers of the ledger, and no others.

What is read grows with the change, not with the lake. Of features and records a row is a pair: what it said before, and
what it says since. Not here: what a change means (``changes``).
"""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.lake.connection import Lake
from mendmap.lake.schema import CONTENT, KEYS
from mendmap.words.vocabulary import VERDICTS


class Span(NamedTuple):
    """The writes of a catalogue after ``since`` up to ``until``: each for itself, or all as one. As one, what was
    changed and changed back has not changed."""

    catalogue: str
    since: int
    until: int
    each: bool = False


class Version(NamedTuple):
    """What a row said: its columns as JSON holds them, and its geometry in WGS 84 degrees, if it has one; and the
    numbers that recorded and superseded it."""

    body: Mapping[str, Any]
    shape: BaseGeometry | None
    recorded: int
    superseded: int | None


class Pair(NamedTuple):
    """A feature of a layer or a record of a kind, its ``part``, before and after the write of a ``number``: None where
    there was or is none."""

    number: int
    part: str
    id: str
    was: Version | None
    now: Version | None


class Readings(NamedTuple):
    """How many readings of a series a write added, revised, withdrew (its source took them back) or removed; ``first``
    and ``last`` are the starts of these readings."""

    number: int
    series: str
    added: int
    revised: int
    withdrawn: int
    removed: int
    first: dt.datetime
    last: dt.datetime


class Verdict(NamedTuple):
    """The verdict on a series and limit for a period, as a write left it; ``outcome`` is None where it is gone."""

    series: str
    statistic: str
    against: str
    period: str
    recorded: int
    outcome: str | None


def counted(lake: Lake, span: Span) -> dict[tuple[int, str, str], int]:
    """How many features and records differ, by the number of the write, table and part."""
    found = {}
    with lake.steady():
        for table, part in _PARTS.items():
            sql = (
                f"SELECT {_either('number')}, {_either(part)}, count(*) {_pairs(table, span)} GROUP BY ALL ORDER BY ALL"
            )
            for number, name, count in lake.query(sql, _values(span)).fetchall():
                found[number, table, name] = count
    return found


def pairs(lake: Lake, span: Span, table: str, only: Collection[tuple[int, str]]) -> list[Pair]:
    """What differs of features or records, by number, part and id; ``only`` of these numbers and parts."""
    if not only:
        return []
    part = _PARTS[table]
    shape = "{}.geometry" if table == "features" else "NULL::BLOB"
    cells = ", ".join(f"{side}.body, {shape.format(side)}, {side}.recorded, {side}.superseded" for side in "on")
    values = _values(span) | {"only": [f"{number} {name}" for number, name in only]}
    sql = f"""
        SELECT {_either("number")}, {_either(part)}, {_either("id")}, {cells} {_pairs(table, span)}
               AND list_contains($only, concat({_either("number")}, ' ', {_either(part)})) ORDER BY 1, 2, 3"""
    with lake.steady():
        rows = lake.query(sql, values).fetchall()
    return [Pair(row[0], row[1], row[2], _version(*row[3:7]), _version(*row[7:])) for row in rows]


def readings(lake: Lake, span: Span) -> list[Readings]:
    """The series whose readings differ, by number and id."""
    start = _either("start_at")
    sql = f"""
        SELECT {_either("number")}, {_either("series")},
               count(*) FILTER (o.series IS NULL AND n.quality <> 'withdrawn'),
               count(*) FILTER (o.series IS NOT NULL AND n.series IS NOT NULL AND NOT {_TAKEN_BACK}),
               count(*) FILTER ({_TAKEN_BACK}), count(*) FILTER (n.series IS NULL), min({start}), max({start})
        {_pairs("readings", span)} GROUP BY 1, 2 ORDER BY 1, 2"""
    with lake.steady():
        return [Readings(*row) for row in lake.query(sql, _values(span)).fetchall()]


def verdicts(lake: Lake, span: Span) -> list[Verdict]:
    """Every verdict, up to the last write, on the series and limits of which a write gave one: by series, limit and
    the number that recorded it."""
    sql = f"""
        WITH touched AS (
            SELECT DISTINCT series, statistic, against FROM answers
            WHERE catalogue = $catalogue AND recorded > $since AND recorded <= $until AND against <> '')
        SELECT series, statistic, against, period, recorded, CASE WHEN NOT gone THEN outcome END AS word
        FROM answers SEMI JOIN touched USING (series, statistic, against)
        WHERE catalogue = $catalogue AND recorded <= $until AND (gone OR list_contains({list(VERDICTS)}, outcome))
        ORDER BY series, against, statistic, recorded, period"""
    with lake.steady():
        return [Verdict(*row) for row in lake.query(sql, _values(span)).fetchall()]


_PARTS = {"features": "layer", "records": "kind"}
_TAKEN_BACK = "coalesce(n.quality = 'withdrawn' AND o.quality <> 'withdrawn', false)"


def _either(column: str) -> str:
    return f"coalesce(n.{column}, o.{column})"


def _pairs(table: str, span: Span) -> str:
    """The rows ``n`` that a write made beside those ``o`` that it superseded, where the two differ."""
    now = "recorded > $since AND recorded <= $until"
    was = "superseded > $since AND superseded <= $until"
    numbers = "recorded", "superseded"
    if not span.each:
        now, was = f"{now} AND (superseded IS NULL OR superseded > $until)", f"{was} AND recorded <= $since"
        numbers = "$until", "$until"
    sides = [
        f"(SELECT *, {number} AS number FROM {table} WHERE catalogue = $catalogue AND {where})"
        for number, where in zip(numbers, (now, was), strict=True)
    ]
    same = " AND ".join(f"n.{key} = o.{key}" for key in ("number", *KEYS[table]))
    differs = " OR ".join(f"n.{each} IS DISTINCT FROM o.{each}" for each in CONTENT[table])
    missing = f"n.{KEYS[table][0]} IS NULL OR o.{KEYS[table][0]} IS NULL"
    return f"FROM {sides[0]} n FULL JOIN {sides[1]} o ON {same} WHERE ({missing} OR {differs})"


def _values(span: Span) -> Any:
    return {"catalogue": span.catalogue, "since": span.since, "until": span.until}


def _version(body: str | None, shape: bytes | None, recorded: int, superseded: int | None) -> Version | None:
    return None if body is None else Version(orjson.loads(body), shapely.from_wkb(shape), recorded, superseded)

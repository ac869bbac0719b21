"""Writes, each one transaction with its row of the ledger: a load replaces what a catalogue's folder holds, an
ingest adds readings and revises those it states anew.

Only rows that differ are written: the old version stays, with the number that superseded it.
Not here: checking (``load.check``, ``readings.settle``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from mendmap.lake import ledger
from mendmap.lake.connection import Lake, patiently
from mendmap.lake.ledger import Snapshot
from mendmap.lake.schema import CONTENT, KEYS

_KINDS = ("added", "changed", "removed")


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: ``changes`` counts, by table, the rows added, changed and taken away.

    There is no ``snapshot`` only after a dry run on an empty lake.
    """

    snapshot: Snapshot | None
    changes: Mapping[str, Mapping[str, int]]

    @property
    def changed(self) -> bool:
        """Whether anything was written at all."""
        return any(any(counts.values()) for counts in self.changes.values())


def replace(
    lake: Lake,
    address: str,
    catalogue: str,
    tables: Mapping[str, pa.Table],
    *,
    source: str,
    detail: Mapping[str, Any],
    dry: bool,
) -> Written:
    """Makes ``tables`` what a catalogue's folder holds; readings that were ingested stay.

    ``tables`` maps features, records and readings to an Arrow table with the columns of the lake's, less
    catalogue, recorded and superseded. Where nothing differs nothing is written, and the newest snapshot is
    returned. ``dry`` counts and writes nothing. Raises LakeError; then the lake is as it was.
    """
    for name, table in tables.items():
        lake.register(f"incoming_{name}", table)
    entry = {"act": "load", "catalogue": catalogue, "source": source, "detail": _json(detail)}
    columns = {name: table.column_names for name, table in tables.items()}
    return _written(lake, address, columns, _LOAD, entry, dry)


def revise(
    lake: Lake,
    address: str,
    catalogue: str,
    columns: list[str],
    *,
    act: str = "ingest",
    source: str,
    detail: Mapping[str, Any],
    dry: bool,
) -> Written:
    """Adds the readings of the temporary table ``incoming_readings``, which has ``columns``; those that the lake
    holds with another content are superseded, the others stay. The rest as for ``replace``."""
    entry = {"act": act, "catalogue": catalogue, "source": source, "detail": _json(detail)}
    return _written(lake, address, {"readings": columns}, _INGEST, entry, dry)


_CURRENT = "SELECT * FROM {name} WHERE catalogue = $catalogue AND superseded IS NULL"
# What a folder said last: of readings also those that an ingest has revised since, so that the folder's older word
# does not come back with the next load.
_OF_FOLDER = """
    SELECT r.* FROM {name} r LEFT JOIN ledger l ON l.number = r.superseded
    WHERE r.catalogue = $catalogue AND r.origin = 'geodata' AND (r.superseded IS NULL OR l.act <> 'load')"""


class _Manner(NamedTuple):
    """How a write compares readings: against which rows, with rows that are no longer stated or without (the join),
    and whether its content is digested row by row, or told whole by the file that it names in its detail."""

    against: str
    join: str
    by_row: bool


_LOAD = _Manner(_OF_FOLDER, "FULL", by_row=True)
# Millions of rows; the file's own SHA-256 tells them, with the format and the options they were read by.
_INGEST = _Manner(_CURRENT, "LEFT", by_row=False)


def _json(content: Mapping[str, Any]) -> str:
    return orjson.dumps(content).decode()


def _written(
    lake: Lake, address: str, columns: Mapping[str, list[str]], manner: _Manner, entry: Mapping[str, str], dry: bool
) -> Written:
    def attempt() -> Written:
        with lake.transaction():
            return _write(lake, columns, manner, entry, dry)

    return patiently(attempt, address)


def _write(
    lake: Lake, columns: Mapping[str, list[str]], manner: _Manner, entry: Mapping[str, str], dry: bool
) -> Written:
    catalogue = entry["catalogue"]
    changes = {name: _compare(lake, name, manner, catalogue) for name in columns}
    before = ledger.latest(lake) if ledger.begun(lake) else None
    unwritten = Written(before, changes)
    if dry or (before and not unwritten.changed):
        return unwritten
    number = ledger.next_number(lake)
    for name, listed in columns.items():
        if any(changes[name].values()):
            _supersede(lake, name, catalogue, number)
            _insert(lake, name, listed, catalogue, number)
    content = _json({name: _says(lake, name) for name in columns}) if manner.by_row else entry["detail"]
    digest = ledger.chained(before.digest if before else "", f"{catalogue}\n{content}")
    ledger.append(lake, number, _json(changes), digest, **entry)
    return Written(ledger.latest(lake), changes)


def _keys(name: str, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{key} = {right}.{key}" for key in KEYS[name])


def _compare(lake: Lake, name: str, manner: _Manner, catalogue: str) -> dict[str, int]:
    """Makes the temporary table ``differing_{name}`` of the keys that differ and how, and counts them."""
    against = (manner.against if name == "readings" else _CURRENT).format(name=name)
    differs = " OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in CONTENT[name])
    keys = ", ".join(f"coalesce(n.{key}, o.{key}) AS {key}" for key in KEYS[name])
    first = KEYS[name][0]
    values: Any = {"catalogue": catalogue}
    lake.query(
        f"""
        CREATE OR REPLACE TEMP TABLE differing_{name} AS
        SELECT {keys}, CASE WHEN o.{first} IS NULL THEN 'added' WHEN n.{first} IS NULL THEN 'removed' ELSE 'changed' END
                   AS how
        FROM incoming_{name} n {manner.join} JOIN ({against}) o ON {_keys(name, "n", "o")}
        WHERE o.{first} IS NULL OR n.{first} IS NULL OR {differs}""",
        values,
    )
    counted = dict(lake.query(f"SELECT how, count(*) FROM differing_{name} GROUP BY how").fetchall())
    return {kind: counted.get(kind, 0) for kind in _KINDS}


def _says(lake: Lake, name: str) -> str:
    """A digest of the keys that differ, how, and what they say now."""
    keys = ", ".join(f"d.{key}" for key in KEYS[name])
    content = ", ".join(f"n.{column}" for column in CONTENT[name])
    row = lake.query(
        f"""
        SELECT coalesce(sha256(string_agg(CAST(row(d.how, {keys}, {content}) AS VARCHAR), ',' ORDER BY {keys})), '')
        FROM differing_{name} d LEFT JOIN incoming_{name} n ON {_keys(name, "n", "d")}"""
    ).fetchone()
    assert row is not None
    return str(row[0])


def _supersede(lake: Lake, name: str, catalogue: str, number: int) -> None:
    # What a folder no longer holds goes, unless someone else has stated it since.
    goes = "d.how <> 'removed' OR o.origin = 'geodata'" if name == "readings" else "true"
    values: Any = {"catalogue": catalogue, "number": number}
    lake.query(
        f"""
        UPDATE {name} AS o SET superseded = $number FROM differing_{name} d
        WHERE o.catalogue = $catalogue AND o.superseded IS NULL AND {_keys(name, "d", "o")} AND ({goes})""",
        values,
    )


def _insert(lake: Lake, name: str, columns: list[str], catalogue: str, number: int) -> None:
    values: Any = {"catalogue": catalogue, "number": number}
    lake.query(
        f"""
        INSERT INTO {name} (catalogue, {", ".join(columns)}, recorded, superseded)
        SELECT $catalogue, {", ".join(f"n.{column}" for column in columns)}, $number, NULL
        FROM incoming_{name} n SEMI JOIN (SELECT * FROM differing_{name} WHERE how <> 'removed') d
             ON {_keys(name, "n", "d")}
        ORDER BY {", ".join(f"n.{key}" for key in KEYS[name])}""",
        values,
    )

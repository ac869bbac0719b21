"""Writes: the current rows of a catalogue are replaced by new ones, in one transaction with the ledger.

Only rows that differ are written: the old version stays, with the number that superseded it.
Not here: checking (``load.check``).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import pyarrow as pa

from mendmap.lake import ledger
from mendmap.lake.connection import Lake, patiently
from mendmap.lake.ledger import Snapshot
from mendmap.lake.schema import KEYS


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
    lake: Lake, address: str, catalogue: str, tables: Mapping[str, pa.Table], *, who: str, source: str, dry: bool
) -> Written:
    """Makes ``tables`` the current content of a catalogue.

    ``tables`` maps features, records and readings to an Arrow table with the columns of the lake's, less
    catalogue, recorded and superseded. Where nothing differs nothing is written, and the newest snapshot is
    returned. ``dry`` counts and writes nothing. Raises LakeError; then the lake is as it was.
    """

    def attempt() -> Written:
        with lake.transaction():
            return _replace(lake, catalogue, tables, who, source, dry)

    return patiently(attempt, address)


def _replace(lake: Lake, catalogue: str, tables: Mapping[str, pa.Table], who: str, source: str, dry: bool) -> Written:
    changes: dict[str, dict[str, int]] = {}
    content = hashlib.sha256()
    for name, table in tables.items():
        lake.register(f"incoming_{name}", table)
        changes[name], digest = _compare(lake, name, catalogue)
        content.update(f"{name} {digest}\n".encode())
    before = ledger.latest(lake) if ledger.begun(lake) else None
    unwritten = Written(before, changes)
    if dry or (before and not unwritten.changed):
        return unwritten
    number = ledger.next_number(lake)
    for name, table in tables.items():
        _supersede(lake, name, catalogue, number)
        _insert(lake, name, table.column_names, catalogue, number)
    digest = ledger.chained(before.digest if before else "", f"{catalogue}\n{content.hexdigest()}")
    ledger.append(lake, number, "load", who, catalogue, source, orjson.dumps(changes).decode(), digest)
    return Written(ledger.latest(lake), changes)


def _same(name: str) -> str:
    keys = " AND ".join(f"n.{key} = o.{key}" for key in KEYS[name])
    return f"{keys} AND n.digest = o.digest"


def _current(name: str) -> str:
    return f"(SELECT * FROM {name} WHERE catalogue = $catalogue AND superseded IS NULL)"


def _compare(lake: Lake, name: str, catalogue: str) -> tuple[dict[str, int], str]:
    """Counts what differs, and digests it: the digests of the rows that come and of those that go, in order."""
    joined = " AND ".join(f"n.{key} = o.{key}" for key in KEYS[name])
    row = lake.query(
        f"""
        SELECT count(*) FILTER (o.digest IS NULL),
               count(*) FILTER (n.digest <> o.digest),
               count(*) FILTER (n.digest IS NULL),
               coalesce(sha256(string_agg(coalesce('+' || n.digest, '') || coalesce('-' || o.digest, ''), ','
                        ORDER BY n.digest, o.digest)), '')
        FROM incoming_{name} n FULL JOIN {_current(name)} o ON {joined}
        WHERE n.digest IS DISTINCT FROM o.digest""",
        {"catalogue": catalogue},  # type: ignore[arg-type]
    ).fetchone()
    assert row is not None
    return {"added": row[0], "changed": row[1], "removed": row[2]}, row[3]


def _supersede(lake: Lake, name: str, catalogue: str, number: int) -> None:
    lake.query(
        f"""
        UPDATE {name} AS o SET superseded = $number
        WHERE catalogue = $catalogue AND superseded IS NULL
          AND NOT EXISTS (SELECT 1 FROM incoming_{name} n WHERE {_same(name)})""",
        {"catalogue": catalogue, "number": number},  # type: ignore[arg-type]
    )


def _insert(lake: Lake, name: str, columns: list[str], catalogue: str, number: int) -> None:
    listed = ", ".join(columns)
    lake.query(
        f"""
        INSERT INTO {name} (catalogue, {listed}, recorded, superseded)
        SELECT $catalogue, {", ".join(f"n.{column}" for column in columns)}, $number, NULL
        FROM incoming_{name} n
        WHERE NOT EXISTS (SELECT 1 FROM {_current(name)} o WHERE {_same(name)})""",
        {"catalogue": catalogue, "number": number},  # type: ignore[arg-type]
    )

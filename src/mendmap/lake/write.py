"""Writes, each one transaction in its writer's turn, with its row of the ledger: a load replaces what a catalogue's
folder holds, an ingest adds readings and revises those it states anew.

Only rows that differ are written: the old version stays, with the number that superseded it.
Not here: checking (``load.check``, ``readings.settle``).
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from mendmap.lake import journal, ledger
from mendmap.lake.connection import Lake, patiently
from mendmap.lake.ledger import Row, Snapshot
from mendmap.lake.schema import CONTENT, KEYS

_KINDS = ("added", "changed", "removed")
# Adds to a write, whose number it is given, what follows from it; returns how many rows that were.
Derive = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: ``changes`` counts, by table, the rows added, changed and taken away.

    There is no ``snapshot`` only after a dry run on an empty lake. ``derived`` counts what followed from it.
    """

    snapshot: Snapshot | None
    changes: Mapping[str, Mapping[str, int]]
    derived: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything was written at all."""
        return any(any(counts.values()) for counts in self.changes.values())


class Around(NamedTuple):
    """How many readings come in, and bounds that no series and start of theirs lies outside of."""

    rows: int
    least: str
    greatest: str
    first: dt.datetime
    last: dt.datetime


def replace(
    lake: Lake,
    address: str,
    catalogue: str,
    tables: Mapping[str, pa.Table],
    *,
    source: str,
    detail: Mapping[str, Any],
    dry: bool,
    derive: Derive | None = None,
) -> Written:
    """Makes ``tables`` what a catalogue's folder holds; readings that were ingested stay.

    ``tables`` maps features, records and readings to an Arrow table with the columns of the lake's, less
    catalogue, recorded and superseded. What changes is kept in the journal, so that a rebuild needs no old folders.
    Where nothing differs nothing is written, and the newest snapshot is
    returned. ``dry`` counts and writes nothing; ``derive`` adds what follows from the write, in its transaction.
    Raises LakeError; then the lake is as it was.
    """
    for name, table in tables.items():
        lake.register(f"incoming_{name}", table)
    entry = {"act": "load", "catalogue": catalogue, "source": source, "detail": _json(detail)}
    columns = {name: table.column_names for name, table in tables.items()}
    return _written(lake, address, lambda: _replace(lake, address, columns, entry, dry), dry, derive)


def revise(
    lake: Lake,
    address: str,
    catalogue: str,
    columns: list[str],
    around: Around,
    *,
    act: str = "ingest",
    source: str,
    detail: Mapping[str, Any],
    dry: bool,
    again: Row | None = None,
    keep: Callable[[], None] | None = None,
    derive: Derive | None = None,
) -> Written:
    """Adds the readings of the temporary table or view ``incoming_readings``, which has ``columns``, the order of
    series and start, and lies ``around``; those that the lake holds with another content are superseded, the others
    stay. The temporary table ``stated`` has the keys of those that it held already, and whether their content
    ``differs``.
    ``keep`` puts into the journal what the write is made of, before it is made. The rest as for ``replace``.
    A rebuild makes the write ``again`` of a row of the ledger, and records it as that says."""
    told = {"act": act, "catalogue": catalogue, "source": source, "detail": _json(detail)}
    entry = again.entry() if again else told
    return _written(lake, address, lambda: _revise(lake, columns, around, entry, dry, keep), dry, derive)


def note(lake: Lake, address: str, catalogue: str, derive: Derive, again: Row | None = None) -> Written:
    """Has ``derive`` add what follows from what the lake holds, as a write of its own; none where it adds nothing. Made
    ``again``, by another version of mendmap perhaps, it may add more or less than then."""
    told = {"act": "assess", "catalogue": catalogue, "source": "mendmap assess", "detail": "{}"}

    def act() -> _Done:
        before = ledger.latest(lake)
        changes: Mapping[str, Mapping[str, int]] = {"answers": {"added": derive(before.number + 1)}}
        if again is not None:
            changes = orjson.loads(again.changes)
        elif not changes["answers"]["added"]:
            return _Done(Written(before, changes), before, None)
        return _record(lake, before.number + 1, before, "", changes, again.entry() if again else told)

    return _written(lake, address, act, dry=False)


def reload(lake: Lake, address: str, rows: Path, again: Row, derive: Derive | None = None) -> Written:
    """Makes a load ``again`` of a row of the ledger, from the ``rows`` that the journal kept of it. For rebuilds."""
    values: Any = {"rows": str(rows)}
    lake.query("CREATE OR REPLACE TEMP TABLE kept_rows AS SELECT * FROM read_parquet($rows)", values)
    found = {each[0] for each in lake.query("DESCRIBE kept_rows").fetchall()}
    columns = {}
    for name in orjson.loads(again.changes):
        columns[name] = [each[0] for each in lake.query(f"DESCRIBE {name}").fetchall() if each[0] in found]
        of_table = f"FROM kept_rows WHERE \"table\" = '{name}'"
        lake.query(
            f"CREATE OR REPLACE TEMP VIEW incoming_{name} AS "
            f"SELECT {', '.join(columns[name])} {of_table} AND how <> 'removed'"
        )
        lake.query(f"CREATE OR REPLACE TEMP TABLE differing_{name} AS SELECT {', '.join(KEYS[name])}, how {of_table}")
    return _written(
        lake, address, lambda: _replace(lake, address, columns, again.entry(), dry=False), dry=False, derive=derive
    )


_CURRENT = "SELECT * FROM {name} WHERE catalogue = $catalogue AND superseded IS NULL"
# What a folder said last: of readings also those that an ingest has revised since, so that the folder's older word
# does not come back with the next load.
_OF_FOLDER = """
    SELECT r.* FROM {name} r
    JOIN ledger b ON b.number = r.recorded AND b.act = 'load' LEFT JOIN ledger l ON l.number = r.superseded
    WHERE r.catalogue = $catalogue AND (r.superseded IS NULL OR l.act <> 'load')"""


class _Done(NamedTuple):
    """What came of a write, the snapshot before it, and its row of the ledger; none where nothing was written."""

    written: Written
    before: Snapshot | None
    row: Row | None


def _json(content: Mapping[str, Any]) -> str:
    return orjson.dumps(content).decode()


def _written(lake: Lake, address: str, act: Callable[[], _Done], dry: bool, derive: Derive | None = None) -> Written:
    def attempt() -> _Done:
        with lake.turn(), lake.transaction():
            done = act()
            if done.row and derive:
                done = done._replace(written=replaced(done.written, derived=derive(done.row.number)))
            return done

    done = patiently(attempt, address)
    if not dry:
        journal.mirror(lake, address, done.before, done.row)
    return done.written


def _replace(lake: Lake, address: str, columns: Mapping[str, list[str]], entry: Mapping[str, Any], dry: bool) -> _Done:
    catalogue = entry["catalogue"]
    again = "moment" in entry
    if not again:
        for name in columns:
            _differ(lake, name, catalogue)
    changes = {name: _counted(lake, name) for name in columns}
    before = ledger.newest(lake)
    unwritten = Written(before, changes)
    if dry or (before and not unwritten.changed and not again):
        return _Done(unwritten, before, None)
    if not again:
        kept = journal.keep_rows(lake, address, columns)
        entry = {**entry, "detail": _json({**orjson.loads(entry["detail"]), "rows": kept})}
    number = before.number + 1 if before else 1
    for name, listed in columns.items():
        if any(changes[name].values()):
            # What a folder no longer holds goes, unless someone else has stated it since.
            folder = "o.recorded IN (SELECT number FROM ledger WHERE act = 'load')"
            goes = f"d.how <> 'removed' OR {folder}" if name == "readings" else "true"
            if before:
                _supersede(lake, name, f"differing_{name}", goes, catalogue, number)
            stays = f"SEMI JOIN (FROM differing_{name} WHERE how <> 'removed') d ON {_keys(name, 'n', 'd')}"
            ordered = f"ORDER BY {', '.join(f'n.{key}' for key in KEYS[name])}"
            _insert(lake, name, listed, f"{stays} {ordered}", catalogue, number)
    content = _json({name: _says(lake, name) for name in columns})
    return _record(lake, number, before, content, changes, entry)


def _record(
    lake: Lake,
    number: int,
    before: Snapshot | None,
    content: str,
    changes: Mapping[str, Mapping[str, int]],
    entry: Mapping[str, Any],
) -> _Done:
    digest = ledger.chained(before.digest if before else "", f"{entry['catalogue']}\n{content}")
    row = ledger.append(lake, number, _json(changes), digest, **entry)
    return _Done(Written(row.snapshot, changes), before, row)


def _revise(
    lake: Lake,
    columns: list[str],
    around: Around,
    entry: Mapping[str, Any],
    dry: bool,
    keep: Callable[[], None] | None,
) -> _Done:
    catalogue = entry["catalogue"]
    counts, unchanged = _stated(lake, catalogue, around)
    before = ledger.latest(lake)
    if dry or (not any(counts.values()) and "moment" not in entry):
        return _Done(Written(before, {"readings": counts}), before, None)
    if keep:
        keep()
    number = before.number + 1
    if counts["changed"]:
        _supersede(lake, "readings", "stated", "d.differs", catalogue, number)
    # Without a join where there is nothing to leave out, the rows stay in their order.
    fresh = f"ANTI JOIN (FROM stated WHERE NOT differs) d ON {_keys('readings', 'n', 'd')}" if unchanged else ""
    _insert(lake, "readings", columns, fresh, catalogue, number)
    # Millions of rows; the file's own SHA-256 tells them, with the format and the options they were read by.
    return _record(lake, number, before, entry["detail"], {"readings": counts}, entry)


def _stated(lake: Lake, catalogue: str, around: Around) -> tuple[dict[str, int], int]:
    """Makes the temporary table ``stated``, and counts what is to be added and changed, and what is not."""
    values: Any = around._asdict() | {"catalogue": catalogue}
    count = values.pop("rows")
    held = f"SELECT * FROM ({_CURRENT.format(name='readings')}) WHERE {_AROUND}"
    # Most files are new from their first row to their last: then nothing needs to be joined. Of a few rows the join
    # itself is quicker than the question.
    near = (1,) if count <= _FEW else lake.query(f"SELECT count(*) FROM ({held})", values).fetchone()
    differs = " OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in CONTENT["readings"])
    keys = ", ".join(f"n.{key}" for key in KEYS["readings"])
    some = "" if near and near[0] else "LIMIT 0"
    lake.query(
        f"""
        CREATE OR REPLACE TEMP TABLE stated AS SELECT {keys}, {differs} AS differs
        FROM incoming_readings n JOIN ({held}) o ON {_keys("readings", "n", "o")} {some}""",
        values,
    )
    found = lake.query("SELECT count(*), count(*) FILTER (differs) FROM stated").fetchone() or (0, 0)
    return {"added": count - found[0], "changed": found[1], "removed": 0}, found[0] - found[1]


_AROUND = "series BETWEEN $least AND $greatest AND start_at BETWEEN $first AND $last"
_FEW = 10_000


def _keys(name: str, left: str, right: str) -> str:
    return " AND ".join(f"{left}.{key} = {right}.{key}" for key in KEYS[name])


def _counted(lake: Lake, name: str) -> dict[str, int]:
    """How many rows differ, by how they do."""
    counted = dict(lake.query(f"SELECT how, count(*) FROM differing_{name} GROUP BY how").fetchall())
    return {kind: counted.get(kind, 0) for kind in _KINDS}


def _differ(lake: Lake, name: str, catalogue: str) -> None:
    """Makes the temporary table ``differing_{name}`` of the keys of the rows that a folder adds, changes or no longer
    holds."""
    against = (_OF_FOLDER if name == "readings" else _CURRENT).format(name=name)
    differs = " OR ".join(f"n.{column} IS DISTINCT FROM o.{column}" for column in CONTENT[name])
    keys = ", ".join(f"coalesce(n.{key}, o.{key}) AS {key}" for key in KEYS[name])
    first = KEYS[name][0]
    values: Any = {"catalogue": catalogue}
    lake.query(
        f"""
        CREATE OR REPLACE TEMP TABLE differing_{name} AS
        SELECT {keys}, CASE WHEN o.{first} IS NULL THEN 'added' WHEN n.{first} IS NULL THEN 'removed' ELSE 'changed' END
                   AS how
        FROM incoming_{name} n FULL JOIN ({against}) o ON {_keys(name, "n", "o")}
        WHERE o.{first} IS NULL OR n.{first} IS NULL OR {differs}""",
        values,
    )


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


def _supersede(lake: Lake, name: str, differing: str, goes: str, catalogue: str, number: int) -> None:
    """Ends the current rows ``o`` of a table that a row ``d`` of another means, where ``goes`` holds of the two."""
    values: Any = {"catalogue": catalogue, "number": number}
    lake.query(
        f"""
        UPDATE {name} AS o SET superseded = $number FROM {differing} d
        WHERE o.catalogue = $catalogue AND o.superseded IS NULL AND {_keys(name, "d", "o")} AND ({goes})""",
        values,
    )


def _insert(lake: Lake, name: str, columns: list[str], only: str, catalogue: str, number: int) -> None:
    """Adds the incoming rows ``n`` of a table; ``only`` says which of them, and in what order."""
    values: Any = {"catalogue": catalogue, "number": number}
    lake.query(
        f"""
        INSERT INTO {name} (catalogue, {", ".join(columns)}, recorded, superseded)
        SELECT $catalogue, {", ".join(f"n.{column}" for column in columns)}, $number, NULL
        FROM incoming_{name} n {only}""",
        values,
    )

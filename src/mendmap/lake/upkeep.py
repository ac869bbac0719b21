"""Upkeep of the lake's files: ``compact`` merges them, ``expire`` lets go of those that nobody needs any more.

Neither changes what was known at any number, nor stops those who read and write meanwhile: the ledger's numbers
stand in the rows themselves, and DuckLake's own history is never asked. Files of rasters go only where no record of any
time names them. Not here: the journal, which is kept whole.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from mendmap.errors import BadRequestError
from mendmap.lake import imagery
from mendmap.lake.connection import Lake, open_lake, patiently
from mendmap.lake.schema import KEYS, TABLES

# A query under way may read files that newer states of the lake have done without for this long, and a write under
# way has files that no state of it names yet.
MARGIN = dt.timedelta(days=1)
# Bytes of files that are written anew in one transaction.
_BATCH = 64_000_000
_LONGEST = dt.timedelta(days=36525)


@dataclass(frozen=True, slots=True)
class Size:
    """What the newest state of a table is read from: ``files``, those that mark deletions among them, and their
    ``bytes``."""

    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of one table. ``flushed`` counts the rows that stood in the lake's catalogue and are in files now."""

    table: str
    before: Size
    after: Size
    flushed: int


@dataclass(frozen=True, slots=True)
class Expired:
    """What an expiry did, or would do: DuckLake snapshots let go, files deleted, and files that nobody needs and
    that stay until ``MARGIN`` has passed."""

    snapshots: int
    deleted: int
    waiting: int


def compact(address: str) -> list[Compacted]:
    """Brings small writes together in few files, readings sorted by series and start. Who writes meanwhile goes
    first, and what they touched is tried again. Raises LakeError."""
    lake = open_lake(address)
    try:
        before = sizes(lake)
        # What is written anew below goes to files, however little it is.
        lake.query("SET ducklake_default_data_inlining_row_limit = 0")
        # Before the tables are sorted: DuckLake 1.5.5 has trouble with sorted rows of the catalogue of which some were
        # superseded (its issue 999), and while it moved such, DuckDB was seen to corrupt its memory.
        flushed = {row[1]: row[2] for row in patiently(partial(_flush, lake), address)}
        with _sorted(lake, address):
            for table in TABLES:
                for files in _batches(lake, table):
                    patiently(partial(_rewrite, lake, table, files), address)
            # One merged file at a time, so that nobody waits long for the turn to write.
            while _call(lake, address, "ducklake_merge_adjacent_files('lake', max_compacted_files => 1)"):
                continue
        after = sizes(lake)
        return [Compacted(each, before[each], after[each], flushed.get(each, 0)) for each in TABLES]
    finally:
        lake.close()


@contextmanager
def _sorted(lake: Lake, address: str) -> Iterator[None]:
    """Meanwhile, readings are written by series and start, so that a series stands together in a merged file.

    Not for ever: DuckLake 1.5.5 would sort what is inserted too, which is sorted already, and heeds no
    ``sort_on_insert``. What a kill leaves of it makes an ingest slower, until the next compaction.
    """
    patiently(partial(_alter, lake, f"SET SORTED BY ({', '.join(KEYS['readings'])})"), address)
    try:
        yield
    finally:
        patiently(partial(_alter, lake, "RESET SORTED BY"), address)


def _alter(lake: Lake, how: str) -> None:
    with lake.turn(), lake.transaction():
        lake.query(f"ALTER TABLE readings {how}")


def _batches(lake: Lake, table: str) -> Iterator[list[str]]:
    """The files of a table in which deletions are marked, some at a time: DuckLake never merges these. Large ones in
    which little is deleted stay."""
    found = lake.query(
        f"SELECT data_file, data_file_size_bytes FROM ducklake_list_files('lake', '{table}') "
        f"WHERE delete_file IS NOT NULL AND (data_file_size_bytes < {_BATCH} "
        "OR delete_file_size_bytes * 10 > data_file_size_bytes)"
    ).fetchall()
    batch: list[str] = []
    size = 0
    for file, file_size in found:
        batch.append(file)
        size += file_size
        if size > _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _rewrite(lake: Lake, table: str, files: list[str]) -> None:
    """Writes what is left of some files anew. In plain SQL, because ducklake_rewrite_data_files of DuckLake 1.5.5
    forgets the bounds of columns that a file has no value of, the next write states its own as all there are, and
    then queries answer wrongly (the test of this room shows it)."""
    these = f"filename IN ({', '.join('?' * len(files))})"
    with lake.turn(), lake.transaction():
        lake.query(f"INSERT INTO {table} SELECT * FROM {table} WHERE {these}", files)
        lake.query(f"DELETE FROM {table} WHERE {these}", files)


def sizes(lake: Lake) -> dict[str, Size]:
    """The size of every table."""
    return {table: _size(lake, table) for table in TABLES}


def _size(lake: Lake, table: str) -> Size:
    ((files, size),) = lake.query(
        "SELECT count(*) + count(delete_file), coalesce(sum(data_file_size_bytes), 0) "
        f"+ coalesce(sum(delete_file_size_bytes), 0) FROM ducklake_list_files('lake', '{table}')"
    ).fetchall()
    return Size(int(files), int(size))


def expire(address: str, older_than: dt.timedelta, *, dry: bool, margin: dt.timedelta = MARGIN) -> Expired:
    """Lets go of DuckLake's snapshots that are older than that, and deletes the files that no snapshot has needed
    for ``margin``, and as old ones that a killed write left, rasters among them. ``dry`` only says what would go.

    Raises LakeError, and BadRequestError for an age that is no age.
    """
    if not dt.timedelta() <= older_than <= _LONGEST:
        raise BadRequestError(f"not an age between 0 and {_LONGEST.days} days: {older_than}")
    lake = open_lake(address)
    now = dt.datetime.now(dt.UTC)

    def gone(function: str, before: dt.datetime, tell: bool) -> int:
        return len(_call(lake, address, f"{function}('lake', dry_run => {tell}, older_than => ?)", [before]))

    try:
        snapshots = gone("ducklake_expire_snapshots", now - older_than, dry)
        deleted = gone("ducklake_cleanup_old_files", now - margin, dry)
        left = deleted if dry else 0
        deleted += gone("ducklake_delete_orphaned_files", now - margin, dry)
        waiting = gone("ducklake_cleanup_old_files", dt.datetime.now(dt.UTC), True) - left
        unneeded, old = _rasters(lake, address, dt.timedelta()), _rasters(lake, address, margin)
        for path in () if dry else old:
            path.unlink(missing_ok=True)
        deleted += len(old)
        waiting += len(unneeded) - len(old)
        return Expired(snapshots, deleted, waiting)
    finally:
        lake.close()


def _rasters(lake: Lake, address: str, margin: dt.timedelta) -> list[Path]:
    """Files of rasters that no record of any time names."""
    bodies = lake.query("SELECT DISTINCT body FROM records WHERE kind = 'raster'").fetchall()
    return list(imagery.unneeded(address, {orjson.loads(body)["sha256"] for (body,) in bodies}, margin))


def _flush(lake: Lake) -> list[tuple[Any, ...]]:
    # The turn first: who writes reads too, and holds it then.
    with lake.turn(), lake.alone():
        return list(lake.query("CALL ducklake_flush_inlined_data('lake')").fetchall())


def _call(lake: Lake, address: str, function: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
    # Who has begun to read at a snapshot that is then let go would miss files that only it still knew.
    lets_go = function.startswith("ducklake_expire_snapshots")

    def attempt() -> list[tuple[Any, ...]]:
        with lake.turn(), lake.alone() if lets_go else nullcontext():
            return list(lake.query(f"CALL {function}", values).fetchall())

    return patiently(attempt, address)

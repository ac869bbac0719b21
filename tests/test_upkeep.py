"""Compaction and expiry change files and nothing else, while others read and write."""

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import MENDMAP, Run, times
from place import Testford, write_csv
from test_ingest import HOUR, START, held, row, take
from test_lake import load
from test_rebuild import anew, everything

from mendmap.errors import BadRequestError
from mendmap.lake import contents, ledger, upkeep
from mendmap.lake.connection import open_lake
from mendmap.lake.ledger import Snapshot
from mendmap.lake.schema import TABLES
from mendmap.lake.upkeep import Compacted

NONE = dt.timedelta()
STATIONS = ("chimney", "inlet", "ghost")


def hours(first: int, count: int, value: str = "1") -> list[dict[str, str]]:
    """Hourly readings of three stations, a file's worth."""
    return [row(first + nth, value, station=station) for nth in range(count) for station in STATIONS]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of many small writes: files, rows in the catalogue, revisions and a withdrawal."""
    folder = tmp_path_factory.mktemp("upkeep")
    lake, place = folder / "lake", Testford(folder / "testford")
    load(place, lake)
    for nth in range(5):
        take(lake, hours(24 * nth, 24))
    take(lake, [row(3, "7"), row(30, "", quality="withdrawn")])
    take(lake, hours(500, 1))
    place.rows[2]["value"] = "11"
    place.feature("lakes", 1)["properties"]["size"] = "tiny"
    load(place, lake)
    return lake


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    """The same for one test alone: a lake may be copied."""
    return Path(shutil.copytree(made, tmp_path / "lake"))


def known(lake: Path) -> list[tuple[Any, ...]]:
    """What the lake answers as of each of its numbers: contents, and every reading."""
    opened = open_lake(str(lake))
    found = []
    try:
        for each in ledger.rows(opened, 0):
            at = Snapshot(each.number, each.digest, each.moment)
            all_of_it = contents.read(opened, at, "testford")
            batches = contents.readings(opened, at, "testford")
            found.append((all_of_it, [line for batch in batches for line in batch.to_pylist()]))
    finally:
        opened.close()
    return found


def disk(lake: Path) -> set[Path]:
    return {path.relative_to(lake) for path in (lake / "data").rglob("*.parquet")}


def files_read(lake: Path, series: str) -> int:
    """How many files DuckDB opens to read one series, by its own count."""
    opened = open_lake(str(lake))
    plan = opened.query(f"EXPLAIN ANALYZE SELECT * FROM readings WHERE series = '{series}'").fetchall()[0][1]
    opened.close()
    return int(re.findall(r"Total Files Read:\s*(\d+)", str(plan))[0])


def test_compaction_leaves_one_sorted_file_and_every_answer_as_it_was(lake: Path) -> None:
    before, rows, read_before = known(lake), everything(lake), files_read(lake, "chimney.so2.1h")
    done = {each.table: each for each in upkeep.compact(str(lake))}
    assert known(lake) == before
    assert everything(lake) == rows
    assert read_before == 5
    assert files_read(lake, "chimney.so2.1h") == 1
    readings = done["readings"]
    assert readings.before.files >= 5
    assert readings.after.files == 1
    assert readings.after.bytes < readings.before.bytes
    assert readings.flushed > 0
    opened = open_lake(str(lake))
    (file,) = opened.query("SELECT data_file FROM ducklake_list_files('lake', 'readings')").fetchone() or ("",)
    order = opened.query(f"SELECT series, start_at FROM read_parquet('{file}')").fetchall()
    opened.close()
    assert order == sorted(order)
    assert len(order) == len(rows["readings"])


def test_compacting_what_is_compact_changes_nothing(lake: Path) -> None:
    upkeep.compact(str(lake))
    files = disk(lake)
    again = upkeep.compact(str(lake))
    assert again == [Compacted(each.table, each.after, each.after, 0) for each in again]
    assert disk(lake) == files


def test_a_new_write_after_a_compaction_is_merged_by_the_next(lake: Path) -> None:
    upkeep.compact(str(lake))
    for nth in range(2):
        take(lake, hours(1000 + 24 * nth, 24))
        take(lake, [row(1000, f"{4 + nth}")])
        before = everything(lake)
        assert [each.after.files for each in upkeep.compact(str(lake))] == [1, 1, 0, 1, 1, 1, 1]
        assert files_read(lake, "chimney.so2.1h") == 1
        assert everything(lake) == before


def test_the_bounds_that_the_storage_keeps_of_a_column_hold_after_a_compaction(lake: Path) -> None:
    """DuckLake's own rewriting of files loses them where a file has no value of a column; then sorting and filtering
    answer wrongly. When this fails because the first count is 0, upkeep can call ducklake_rewrite_data_files."""

    def wrong(path: Path) -> int:
        opened = open_lake(str(path))
        try:
            listed = opened.query(
                "SELECT superseded FROM readings WHERE superseded IS NOT NULL ORDER BY ALL"
            ).fetchall()
            return sum(1 for (number,) in listed if number > 11)
        finally:
            opened.close()

    other = Path(shutil.copytree(lake, lake.parent / "other"))
    opened = open_lake(str(other))
    for call in ("ducklake_flush_inlined_data('lake')", "ducklake_rewrite_data_files('lake', delete_threshold => 0)"):
        opened.query(f"CALL {call}").fetchall()
    opened.close()
    upkeep.compact(str(lake))
    for path in (other, lake):
        take(path, hours(1000, 24))
        take(path, [row(1000, "4")])
    assert wrong(other) > 0
    assert wrong(lake) == 0


def test_what_was_known_stays_known_after_compaction_expiry_a_move_and_a_rebuild(lake: Path) -> None:
    before, rows = known(lake), everything(lake)
    again, _ = anew(lake)
    upkeep.compact(str(lake))
    moved = lake.rename(lake.parent / "moved")
    assert upkeep.expire(str(moved), NONE, dry=False, margin=NONE).snapshots > 8
    moved = moved.rename(lake.parent / "moved once more")
    assert known(moved) == before
    take(moved, hours(2000, 24))
    upkeep.compact(str(moved))
    upkeep.expire(str(moved), NONE, dry=False, margin=NONE)
    assert known(moved)[:-1] == before
    assert (known(again), everything(again)) == (before, rows)
    upkeep.compact(str(again))
    upkeep.expire(str(again), NONE, dry=False, margin=NONE)
    assert (known(again), everything(again)) == (before, rows)
    assert everything(anew(moved, "last")[0])["readings"] == everything(moved)["readings"]


def test_expiry_deletes_what_nobody_needs_and_only_after_the_margin(lake: Path) -> None:
    upkeep.compact(str(lake))
    on_disk = disk(lake)
    young = upkeep.expire(str(lake), NONE, dry=False)
    assert (young.deleted, disk(lake)) == (0, on_disk)
    assert young.waiting > 5
    told = upkeep.expire(str(lake), NONE, dry=True, margin=NONE)
    assert (told.deleted, told.waiting) == (young.waiting, 0)
    assert disk(lake) == on_disk
    done = upkeep.expire(str(lake), NONE, dry=False, margin=NONE)
    assert (done.deleted, done.waiting) == (young.waiting, 0)
    assert len(disk(lake)) == len(on_disk) - done.deleted
    opened = open_lake(str(lake))
    listed = [opened.query(f"FROM ducklake_list_files('lake', '{each}')").fetchall() for each in TABLES]
    opened.close()
    assert len(disk(lake)) == sum(map(len, listed))


def test_history_younger_than_the_given_age_stays(lake: Path) -> None:
    assert upkeep.expire(str(lake), dt.timedelta(days=1), dry=False, margin=NONE).snapshots == 0
    opened = open_lake(str(lake))
    assert opened.query("SELECT count(*) FROM readings AT (VERSION => 2)").fetchone() is not None
    opened.close()


def test_what_a_killed_write_left_is_deleted_once_it_is_old(lake: Path) -> None:
    left = lake / "data" / "main" / "readings" / "ducklake-left.parquet"
    left.write_bytes(b"half a file")
    assert upkeep.expire(str(lake), NONE, dry=False).deleted == 0
    yesterday = time.time() - 25 * 3600
    os.utime(left, (yesterday, yesterday))
    before = everything(lake)
    assert upkeep.expire(str(lake), NONE, dry=True).deleted == 1
    assert left.exists()
    assert upkeep.expire(str(lake), NONE, dry=False).deleted == 1
    assert not left.exists()
    assert everything(lake) == before


@pytest.mark.parametrize("age", [dt.timedelta(days=-1), dt.timedelta(days=40_000)])
def test_an_age_that_is_none_is_refused(lake: Path, age: dt.timedelta) -> None:
    with pytest.raises(BadRequestError, match="not an age between 0 and 36525 days"):
        upkeep.expire(str(lake), age, dry=True)


READER = """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[3])
    from test_ingest import held
    wanted = None
    rounds = 0
    while not Path(sys.argv[2]).exists():
        found = [held(Path(sys.argv[1]), 8, station) for station in ("chimney", "inlet", "ghost")]
        assert wanted in (None, found), "an answer as of a number changed"
        wanted = found
        rounds += 1
    assert rounds > 0
"""


def test_readers_and_writers_go_on_while_others_compact_and_expire(lake: Path, tmp_path: Path) -> None:
    """In processes of their own: two that read, two that ingest, one that compacts and expires."""
    over = tmp_path / "over"
    before = known(lake)
    here = str(Path(__file__).parent)
    reader = [sys.executable, "-c", textwrap.dedent(READER), str(lake), str(over), here]
    readers = [start(reader) for _ in range(2)]
    rounds = times(3, 30)
    writers = []
    for writer in range(2):
        files = []
        for nth in range(rounds):
            files.append(tmp_path / f"rival{writer}_{nth}.csv")
            # Every file revises one hour of those before, so that rivals mark deletions in files that are merged.
            write_csv(files[-1], [*hours(3000 + 1000 * writer + 24 * nth, 24), row(nth, f"{50 + writer}")])
        writers.append(start([*MENDMAP, "ingest", *files, "--lake", lake]))
    compactions = 0
    while any(each.poll() is None for each in writers) or compactions < 2:
        upkeep.compact(str(lake))
        # The least margin that a reader of this test can need: an answer takes far less.
        upkeep.expire(str(lake), NONE, dry=False, margin=dt.timedelta(seconds=60))
        compactions += 1
    over.touch()
    for process in [*writers, *readers]:
        _, wrong = process.communicate(timeout=120)
        assert process.returncode == 0, wrong
    assert known(lake)[: len(before)] == before
    found = {each["start"] for station in STATIONS for each in held(lake, None, station)}
    wanted = {START + (3000 + 1000 * writer + nth) * HOUR for writer in range(2) for nth in range(24 * rounds)}
    assert wanted <= found
    rows = everything(lake)["readings"]
    current = [each[1:4] for each in rows if each[-1] is None]
    assert len(current) == len(set(current)), "a reading is there twice"
    print(f"{compactions} compactions while {2 * rounds} files were ingested")


def test_a_long_write_comes_to_its_end_while_short_ones_go_on(lake: Path) -> None:
    opened = open_lake(str(lake))
    with ThreadPoolExecutor(1) as pool:
        with opened.turn(), opened.transaction():
            opened.query("UPDATE version SET number = number")
            short = pool.submit(lambda: [take(lake, [row(4000 + nth)]).written.changed for nth in range(3)])
            time.sleep(2)
            assert not short.done()
        assert short.result() == [True] * 3
    opened.close()


def start(command: Sequence[object]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(each) for each in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def test_the_commands_say_what_they_did(lake: Path, run_mendmap: Run) -> None:
    done = run_mendmap("compact", "--lake", lake)
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^readings: \d+ files of \d+ bytes and \d+ rows in the lake's catalogue are now 1 files of", done.stdout, re.M
    )
    again = run_mendmap("compact", "--lake", lake)
    assert re.search(r"^readings: unchanged, 1 files of \d+ bytes$", again.stdout, re.M)
    told = run_mendmap("expire", "--older-than", "0h", "--dry-run", "--lake", lake)
    assert told.returncode == 0, told.stderr
    assert re.match(r"\d+ states of the storage would be let go\n0 files would be deleted, \d+ stay until", told.stdout)
    assert run_mendmap("expire", "--older-than", "0h", "--lake", lake).returncode == 0
    for age in ("30", "-1d", "1.5d", "soon"):
        wrong = run_mendmap("expire", "--older-than", age, "--lake", lake)
        assert wrong.returncode == 2
        assert "such as 12h, 30d or 8w" in wrong.stderr
    nowhere = run_mendmap("compact", "--lake", lake.parent / "nowhere")
    assert (nowhere.returncode, len(nowhere.stderr.splitlines())) == (1, 1)

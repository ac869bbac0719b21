"""Killing a load, an ingest or a compaction at any moment leaves the previous snapshot whole, or the new one."""

import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import forked
import pytest
from conftest import times
from place import Testford, feature, point, write_csv
from test_ingest import START, held, row, take
from test_lake import load, read
from test_rebuild import everything

from mendmap.lake import journal, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.upkeep import compact, expire
from mendmap.load.check import check
from mendmap.load.write import write


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Nothing but the commands themselves is measured."""
    forked.context()


def test_a_killed_load_leaves_a_whole_snapshot(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    place = Testford(tmp_path / "testford")
    load(place, lake)
    seen = {1: len(read(lake).features)}
    chance = random.Random(20261122)
    started = time.monotonic()
    load_once(place, lake, None)
    whole_s = time.monotonic() - started
    landed = 0
    for nth in range(times(5, 50)):
        place.layers["dumps"]["features"].append(feature(f"heap{nth}", "dump", point(20.2 + nth / 200, 44.2)))
        load_once(place, lake, whole_s * chance.uniform(0.1, 1.1))
        found = read(lake)
        wanted = {each["properties"]["id"] for layer in place.layers.values() for each in layer["features"]}
        number = found.snapshot.number
        if number in seen:
            assert len(found.features) == seen[number], "a killed load changed a snapshot"
        else:
            assert {row.id for row in found.features} == wanted, "a killed load was recorded in part"
            seen[number] = len(found.features)
            landed += 1
        assert len({row.id for row in found.features}) == len(found.features), "a feature is there twice"
    assert write(check(place.write(), 100), str(lake), place.folder).snapshot is not None
    assert {row.id for row in read(lake).features} == wanted
    print(f"{len(seen)} snapshots, {landed} of the killed loads had landed")


def test_killed_ingests_lose_and_double_nothing(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(Testford(tmp_path / "testford"), lake)
    chance = random.Random(20261123)
    files = []
    for nth in range(times(10, 200) + 1):
        files.append(tmp_path / f"file{nth}.csv")
        write_csv(files[-1], [row(50 * nth + hour, str(nth)) for hour in range(50)])
    started = time.monotonic()
    assert "snapshot" in run_once(["ingest", files[0], "--lake", lake], None)
    whole_s = time.monotonic() - started
    acknowledged = {0}
    for nth, file in enumerate(files[1:], 1):
        said = run_once(["ingest", file, "--lake", lake], whole_s * chance.uniform(0, 1.1))
        acknowledged |= {nth} if "snapshot" in said else set()
        found = Counter(each["value"] for each in held(lake) if each["start"] >= START)
        assert set(found.values()) == {50}, "an ingest is there in part, or twice"
        assert {float(each) for each in acknowledged} <= set(found), "an acknowledged ingest is lost"
    for file in files:
        assert "snapshot" in run_once(["ingest", file, "--lake", lake], None)
    assert len(held(lake)) == len({each["start"] for each in held(lake)}) == 50 * len(files) + 2
    opened = open_lake(str(lake))
    assert list(journal.recorded(lake / "journal").values()) == ledger.rows(opened, 0)
    opened.close()
    print(f"{len(files) - 1} kills, {len(acknowledged) - 1} acknowledged, {len(found) - 1} landed")


def test_killed_compactions_change_nothing(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(Testford(tmp_path / "testford"), lake)
    chance = random.Random(20261124)
    whole_s = 0.0
    for nth in range(times(10, 200)):
        # Each has files to merge, rows to flush, and a file with a deletion to write anew.
        take(lake, [row(50 * nth + hour) for hour in range(30)])
        take(lake, [row(50 * nth, "2")])
        before = everything(lake)
        started = time.monotonic()
        run_once(["compact", "--lake", lake], whole_s * chance.uniform(0, 1.1) if nth else None)
        whole_s = whole_s or time.monotonic() - started
        assert everything(lake) == before
    compact(str(lake))
    expire(str(lake), timedelta(), dry=False, margin=timedelta())
    assert everything(lake) == before
    assert len(list((lake / "data" / "main" / "readings").glob("*.parquet"))) == 1


def load_once(place: Testford, lake: Path, kill_after_s: float | None) -> None:
    """Loads, and is killed after a while."""
    run_once(["load", place.write(), "--lake", lake], kill_after_s)


def run_once(arguments: Sequence[object], kill_after_s: float | None) -> str:
    """Runs a command, kills it after a while, and returns what it had printed."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        output.touch()
        process = forked.start(arguments, output)
        process.join(kill_after_s)
        process.kill()
        process.join()
        return output.read_text("utf-8")

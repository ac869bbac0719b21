"""Killing a load at any moment leaves the previous snapshot whole, or the new one."""

import random
import subprocess
import time
from pathlib import Path

from conftest import MENDMAP, times
from place import Testford, feature, point
from test_lake import load, read

from mendmap.load.check import check
from mendmap.load.write import write


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
        # Mostly in the second half, where the lake is written.
        load_once(place, lake, whole_s * chance.uniform(0.3, 1.1))
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


def load_once(place: Testford, lake: Path, kill_after_s: float | None) -> None:
    """Runs the command, and kills it after a while."""
    process = subprocess.Popen(
        [*MENDMAP, "load", place.write(), "--lake", lake], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        process.wait(timeout=kill_after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()

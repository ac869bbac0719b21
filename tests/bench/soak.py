"""Full load for ten minutes, while everything else goes on: does memory stay flat, and is every answer right?

Run it as ``python tests/bench/soak.py``, or with ``--minutes 2``; it needs wrk (Debian has it). The place is that of
``crowd``: synthetic, 10,000 polygons in six layers, and stations. ``wrk`` asks for tiles with 64 connections as fast as
they are answered, hot and cold ones of all layers; a reader asks for pages and downloads in turn, another checks that
no tile is stale (``watcher``). Meanwhile, in processes of their own, ``mendmap load`` loads a folder in which one layer
was drawn anew, ``mendmap ingest`` adds readings, and a logger posts. Every half minute it prints the resident memory of
each process of the service, the requests, errors, and how long answers took.

Memory is flat where the median of the last third is at most a tenth over that of the middle third. The benchmark fails
unless it is, and where an answer was an error or stale.
"""

import argparse
import datetime as dt
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import urllib3
import watcher
from conftest import MENDMAP, Service
from crowd import Crowd, crowd
from driven import Drive
from started import family, memory_mib

from mendmap.lake import keys
from mendmap.lake.connection import open_lake

FLAT = 1.1
PAGES = (
    "/",
    "/sites",
    "/sites/mirror",
    "/stations/chimney",
    "/progress",
    "/changes",
    "/statements",
    "/downloads",
    "/series/chimney.so2.1h.csv",
    "/downloads/readings.csv",
    "/downloads/polygons0.geojson",
    "/downloads/polygons1.gpkg",
    "/ogc/collections/polygons2/items?limit=100",
    "/tiles/polygons3/6/35/23.mvt",
    "/search.json?q=mirror",
)
HEADER = "station,parameter,averaging,start,end,value,unit,quality,source\n"


class Worker(threading.Thread):
    """Does something again and again, so many seconds apart; counts how often it was ``done``, and how often it
    ``failed``."""

    def __init__(self, act: Callable[[int], None], pause: float) -> None:
        super().__init__(daemon=True)
        self.done = self.failed = 0
        self._act, self._pause, self._stopped = act, pause, threading.Event()

    def run(self) -> None:
        for turn in count():
            if self._stopped.wait(self._pause):
                return
            try:
                self._act(turn)
                self.done += 1
            except Exception as error:
                # Whatever it is, the soak goes on and tells of it.
                self.failed += 1
                print(f"  {self._act.__name__}: {error!r}", flush=True)

    def stop(self) -> None:
        """Ends it after what it does now."""
        self._stopped.set()
        self.join(timeout=120)


class Writers:
    """What writes to the lake meanwhile: loads and ingests as commands, and posts."""

    def __init__(self, place: Crowd, lake: Path, url: str) -> None:
        self._place, self._lake, self._url = place, lake, url
        with_keys = open_lake(str(lake))
        _, self._secret = keys.add(with_keys, str(lake), "soak", "crowd", [], [])
        with_keys.close()
        self.told: Callable[[int, str, int, float], None] = lambda *_: None

    def load(self, turn: int) -> None:
        """Draws a layer anew, and loads the folder."""
        layer, version = self._place.names[turn % len(self._place.names)], turn // len(self._place.names) + 1
        self._place.drawn_anew(layer, version)
        begun = time.monotonic()
        told = self._command("load", str(self._place.place.folder))
        number = int(told.rpartition("snapshot ")[2].partition("-")[0])
        self.told(number, layer, version, time.monotonic() - begun)

    def ingest(self, turn: int) -> None:
        """One more hour of a station, and another stated anew."""
        file = self._lake.parent / "hours.csv"
        file.write_text(HEADER + _hour(2022, 0, turn) + _hour(2023, turn, turn))
        self._command("ingest", str(file))

    def post(self, turn: int) -> None:
        """A logger's post of one hour."""
        body = (HEADER + _hour(2024, turn, turn)).encode()
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "text/csv"}
        answer = urllib3.request("POST", f"{self._url}/readings", body=body, headers=headers, timeout=60)
        assert answer.status in (200, 201), answer.data[:300]

    def _command(self, *words: str) -> str:
        command = [*MENDMAP, *words, "--lake", str(self._lake)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-500:]
        return done.stdout


def main() -> None:
    """Soaks, prints a line each half minute and a verdict, and fails where that is bad."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--polygons", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=30.0, help="seconds from one printed line to the next")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        where = Path(name)
        place, lake = crowd(where / "geodata", asked.polygons), where / "lake"
        place.load(lake)
        service = Service(lake, where / "serve.log")
        try:
            rounds = max(3, round(asked.minutes * 60 / asked.every))
            sys.exit(_soak(place, lake, service, rounds=rounds, each=asked.every))
        finally:
            service.stop()


def _soak(place: Crowd, lake: Path, service: Service, *, rounds: int, each: float) -> int:
    """Runs everything; returns 0 where all is well."""
    writers, seen = Writers(place, lake, service.url), watcher.Watcher(service.url, place)
    writers.told = seen.loaded
    workers = {
        "load": Worker(writers.load, 3),
        "ingest": Worker(writers.ingest, 5),
        "post": Worker(writers.post, 1),
        "read": Worker(_reader(service.url), 0.05),
    }
    asked = watcher.paths(place, range(6, 15))
    memory, errors = [], 0
    with seen.watching():
        for worker in workers.values():
            worker.start()
        print(f"{'s':>5} {'MiB':>16} {'requests':>9} {'errors':>6} {'p50 ms':>7} {'p99 ms':>7}  done meanwhile")
        for turn in range(rounds):
            found = Drive(service.url, asked, each).end()
            held = [memory_mib(process) for process in family(service.process.pid)]
            memory.append(sum(held))
            errors += found.errors
            parts = " ".join(f"{part:.0f}" for part in held)
            did = ", ".join(f"{worker.done} {name}" for name, worker in workers.items())
            line = f"{(turn + 1) * each:5.0f} {parts:>16} {found.requests:9,} {found.errors:6}"
            print(f"{line} {found.p50:7.2f} {found.p99:7.2f}  {did}, {seen.checked} checked", flush=True)
        for worker in workers.values():
            worker.stop()
    failed = errors + seen.errors + sum(worker.failed for worker in workers.values())
    return verdict(memory, failed, seen.stale)


def verdict(memory: list[float], failed: int, stale: int) -> int:
    """Prints whether all is well; returns 0 where it is."""
    third = len(memory) // 3
    middle, last = statistics.median(memory[third : 2 * third]), statistics.median(memory[2 * third :])
    flat = last <= FLAT * middle
    grown = f"{middle:,.0f} MiB in the middle third, {last:,.0f} MiB in the last, at most {FLAT * middle:,.0f}"
    print(f"memory {'is flat' if flat else 'grows'}: {grown}; {failed} errors; {stale} stale tiles", end="; ")
    print(f"load {os.getloadavg()[0]:.2f}")
    return 0 if flat and not failed and not stale else 1


def _reader(url: str) -> Callable[[int], None]:
    pool = urllib3.PoolManager(maxsize=1, retries=False)

    def read(turn: int) -> None:
        """One page or download after the other."""
        path = PAGES[turn % len(PAGES)]
        answer = pool.request("GET", url + path, timeout=60)
        assert answer.status == 200 and answer.data, f"{path}: {answer.status} {answer.data[:300]!r}"

    return read


def _hour(year: int, nth: int, value: int) -> str:
    """A reading of an hour of a year, as a row."""
    start = dt.datetime(year, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=nth)
    end = start + dt.timedelta(hours=1)
    return f"chimney,so2,1h,{start.isoformat()},{end.isoformat()},{10 + value % 90},ug/m3,valid,survey\n"


if __name__ == "__main__":
    main()

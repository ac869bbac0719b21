"""Watches a service over a place that changes: whether every tile shows what had been loaded when it was asked for, and
whether no answer goes back behind an earlier one.

A tile is stale where its load had returned, the service had said that it serves that snapshot (at ``/readyz`` before
the tile was asked for, or in the tile's own header), and the tile shows an older version. Not here: who changes the
place (``crowd``), and who else asks (``driven``).
"""

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import prepared
import urllib3
from crowd import Crowd

_VERSION = re.compile(rb"version (\d+)")


def paths(place: Crowd, zooms: Sequence[int] = range(8, 13)) -> list[str]:
    """The addresses of all tiles of some zooms, of every layer, that a map of the place shows."""
    found = [tile for zoom in zooms for tile in prepared.within(place.box, zoom, 10_000)]
    return [f"/tiles/{name}/{tile.z}/{tile.x}/{tile.y}.geojson" for name in place.names for tile in found]


@contextmanager
def changing(place: Crowd, lake: Path, every: float) -> Iterator["subprocess.Popen[str]"]:
    """A process that changes the place at every beat, and prints what it did."""
    program = [sys.executable, str(Path(__file__).with_name("crowd.py"))]
    command = [*program, str(place.place.folder), str(lake), "--every", str(every)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


class Watcher:
    """Counts the tiles with features that were ``checked``, those that were ``stale``, and answers that were
    ``errors``; ``lags`` are the seconds from the return of each load until the service says that it serves it,
    ``loads`` those of each load."""

    def __init__(self, url: str, place: Crowd) -> None:
        self.checked = self.stale = self.errors = 0
        self.lags: list[float] = []
        self.loads: list[float] = []
        self._url, self._paths = url, paths(place)
        # The number of the snapshot and the version of each load, by layer; and when those returned that are awaited.
        self._loads: dict[str, list[tuple[int, int]]] = {name: [] for name in place.names}
        self._awaited: deque[tuple[int, float]] = deque()
        self._revisions: dict[str, int] = {}
        self._served = 0
        self._pool = urllib3.PoolManager(maxsize=1, retries=False)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watches meanwhile."""
        self._thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            self._thread.join(timeout=30)
            self._pool.clear()

    def listen(self, writer: "subprocess.Popen[str]") -> None:
        """Takes what a writer prints, in a thread of its own, until that ends."""
        threading.Thread(target=lambda: [self.loaded(**json.loads(line)) for line in writer.stdout or ()]).start()

    def loaded(self, number: int, layer: str, version: int, seconds: float) -> None:
        """Takes that a load has returned: the number of its snapshot, what version of which layer it brought, and how
        long it took."""
        self._loads[layer].append((number, version))
        self._awaited.append((number, time.monotonic()))
        self.loads.append(seconds)

    def _watch(self) -> None:
        chosen = random.Random(0)
        while not self._stopped.wait(0.02):
            try:
                ready = self._pool.request("GET", f"{self._url}/readyz", timeout=10).json()["snapshot"]["number"]
                self._met(ready)
                self.look(chosen.choice(self._paths), ready)
            except (urllib3.exceptions.HTTPError, KeyError, ValueError, AssertionError) as error:
                self.errors += 1
                print(f"  an answer failed: {error!r}", flush=True)

    def _met(self, ready: int) -> None:
        if ready < self._served:
            self.stale += 1
            print(f"  /readyz went back from {self._served} to {ready}", flush=True)
        self._served = max(ready, self._served)
        while self._awaited and self._awaited[0][0] <= ready:
            self.lags.append(time.monotonic() - self._awaited.popleft()[1])

    def look(self, path: str, ready: int) -> None:
        """Asks for a tile, where the service has said that it serves the snapshot of the number ``ready``."""
        layer = path.split("/")[2]
        # What had returned by then; a load that returns from now on need not be seen.
        loaded = list(self._loads[layer])
        answer = self._pool.request("GET", self._url + path, timeout=10)
        assert answer.status == 200, f"{path}: {answer.status}"
        known = max(ready, int(answer.headers["Mendmap-Snapshot"].partition("-")[0]))
        expected = max((version for number, version in loaded if number <= known), default=0)
        shown = [int(each) for each in _VERSION.findall(answer.data)]
        revision = int(answer.headers["Mendmap-Revision"])
        self.checked += bool(shown)
        if min(shown, default=expected) < expected or revision < self._revisions.get(layer, 0):
            self.stale += 1
            print(f"  stale: {path}: versions {shown[:3]} at revision {revision}, not {expected}", flush=True)
        self._revisions[layer] = max(revision, self._revisions.get(layer, 0))

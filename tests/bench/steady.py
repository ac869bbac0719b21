"""How steadily tiles are answered while the data change: 10,000 polygons in six layers, of which one is drawn anew each
second by another process, and 64 connections that ask for tiles of all of them, zoom 8 to 12, at random.

Beside them a reader checks what it is told (``watcher``).
"""

import statistics
from collections.abc import Iterable
from pathlib import Path

import watcher
from conftest import Service
from crowd import POLYGONS, crowd
from driven import Drive, driven
from goals import Found


def measure(where: Path, *, quick: bool = False) -> Iterable[Found]:
    """Asks, and watches."""
    seconds = 8 if quick else 40
    folder = where / "crowd"
    lake = folder / "lake"
    folder.mkdir(exist_ok=True)
    place = crowd(folder / "geodata", POLYGONS // 10 if quick else POLYGONS)
    place.load(lake)
    service = Service(lake, where / "serve.log", MENDMAP_POLL_SECONDS="0.2")
    asked = watcher.paths(place)
    before = driven(service.url, asked, min(seconds, 10))
    with watcher.changing(place, lake, 1.0) as writer:
        seen = watcher.Watcher(service.url, place)
        seen.listen(writer)
        with seen.watching():
            found = Drive(service.url, asked, seconds).end()
    service.stop()
    print(f"  nothing changes: {before.rate:,.0f} requests/s, p50 {before.p50:.2f} ms, p99 {before.p99:.2f} ms")
    print(f"  one layer of six changes: {found.rate:,.0f} requests/s, p50 {found.p50:.2f} ms, p99 {found.p99:.2f} ms")
    lags = f"served {statistics.median(seen.lags):.2f} s later, {max(seen.lags):.2f} s at most" if seen.lags else ""
    print(f"  {len(seen.loads)} loads of {statistics.median(seen.loads):.2f} s, {lags}; {seen.checked} tiles checked")
    yield Found("steady_p99", found.p99, "p50", found.p50)
    yield Found("steady_errors", found.errors + seen.errors + seen.stale)

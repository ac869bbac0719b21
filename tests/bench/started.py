"""From the start of the service until it is ready, and its resident memory after a walk over many tiles.

The start is that of the command, from nothing until ``/readyz`` answers; the import of the libraries is that of the
same Python with the same modules, in a process that does nothing else. Memory is what all processes of the service
hold, each page of it counted once.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import kept
import prepared
import urllib3
from cold import POINTS, POLYGONS
from conftest import Service
from goals import Found
from hot import PATH

IMPORTS = "import granian.server, mendmap.cli, mendmap.web.app"


def measure(where: Path, *, quick: bool = False) -> Iterable[Found]:
    """Starts, and walks."""
    polygons = kept.land(where, POLYGONS // 20 if quick else POLYGONS)
    tries = 1 if quick else 3
    imports = min(_imports() for _ in range(tries))
    starts = []
    for _ in range(tries):
        seconds, service = _started(polygons, where)
        starts.append(seconds)
        service.stop()
    print(f"  import {imports:.2f} s, start to ready {min(starts):.2f} s", flush=True)
    yield Found("start", min(starts) - imports)
    points = kept.land(where, POLYGONS if quick else POINTS, vertices=0)
    for name, land in (("polygons", polygons), ("points", points)):
        _, service = _started(land, where)
        before = _memory(service)
        answers = _walk(service.url, land)
        after = _memory(service)
        service.stop()
        print(f"  {land.count:,} {name}: {before:,.0f} MiB when ready, {after:,.0f} after {answers} tiles", flush=True)
        yield Found(f"memory_{name}", after)


def _imports() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True)
    return time.perf_counter() - begun


def _started(land: kept.Land, where: Path) -> tuple[float, Service]:
    """Seconds until it is ready, and the service."""
    begun = time.perf_counter()
    service = Service(land.lake, where / "serve.log")
    while urllib3.request("GET", f"{service.url}/readyz").status != 200:
        time.sleep(0.02)
    return time.perf_counter() - begun, service


def _walk(url: str, land: kept.Land) -> int:
    """Asks for many tiles of all zooms in both forms; returns how many those were."""
    asked = [tile for zoom in range(17) for tile in prepared.within(land.box, zoom, 60)]
    with urllib3.PoolManager(maxsize=1) as pool:
        for form in ("geojson", "mvt"):
            taken = []
            for tile in asked:
                begun = time.perf_counter()
                answer = pool.request("GET", url + PATH.format(**tile._asdict(), form=form))
                taken.append((time.perf_counter() - begun) * 1e3)
                assert answer.status == 200, answer.data[:300]
            print(f"  {form}: median {statistics.median(taken):.1f} ms, longest {max(taken):,.0f} ms", flush=True)
    return 2 * len(asked)


def _memory(service: Service) -> float:
    return sum(memory_mib(each) for each in family(service.process.pid))


def family(process: int) -> list[int]:
    """A process and all that descend from it."""
    children = [
        child for task in Path(f"/proc/{process}/task").glob("*/children") for child in task.read_text().split()
    ]
    return [process, *(each for child in children for each in family(int(child)))]


def memory_mib(process: int) -> float:
    """The resident memory of a process; of what it shares with others, its share (``Pss``)."""
    told = Path(f"/proc/{process}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:")) / 1024

"""How many requests a second OGC API Features answers for about 1,000 features of a million, by bbox, beside tipg over
PostGIS, pygeoapi over a GeoPackage, and MapServer over FlatGeobuf.

Run it as ``python tests/bench/items.py``, as root, since PostgreSQL is started as its own user; it takes some minutes
and 8 GB of memory. The data are synthetic, and gone afterwards. Every server has one worker and its index; the same
boxes are asked of each by one client over one connection, with the same limit, after the ids in each answer were found
to be the same; MapServer 8.0 leaves out one feature of each box, and may. The bounds: at least 10 times the requests a
second of tipg and of pygeoapi, and 1.5 times MapServer's.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import geopandas
import landscape
import peers
import urllib3
from postgis import postgis

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import Service

from mendmap.load.check import check
from mendmap.load.write import write

LIMIT = 5000


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=1_000_000)
    parser.add_argument("--vertices", type=int, default=0, help="0 makes points")
    parser.add_argument("--wanted", type=int, default=1000, help="features in a box")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--boxes", type=int, default=200)
    asked = parser.parse_args()
    made = landscape.frame(asked.features, asked.vertices)
    boxes = landscape.boxes(asked.boxes, asked.wanted, asked.features)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        python = peers.environment(where / "environment")
        ours = _service(landscape.folder(made, where / "geodata"), where)
        address = f"{ours.url}/ogc/collections/features/items?f=json"
        servers: dict[str, AbstractContextManager[str]] = {
            "tipg": _tipg(python, made),
            "pygeoapi": peers.pygeoapi(python, made, where / "pygeoapi"),
            "MapServer": peers.mapserver(made, where / "mapserver"),
        }
        found = {"mendmap": _rate(address, boxes, asked.seconds)}
        expected = [_ids(address, box) for box in boxes[:3]]
        for name, server in servers.items():
            with ExitStack() as stack:
                url = stack.enter_context(server) + peers.ITEMS[name]
                agrees = [_agrees(_ids(url, box), known) for box, known in zip(boxes, expected, strict=False)]
                assert all(agrees), f"{name} answers otherwise"
                found[name] = _rate(url, boxes, asked.seconds)
        ours.stop()
    print(f"{'server':<10} {'requests/s':>10} {'kB':>7} {'ratio':>7}   load {os.getloadavg()[0]:.2f}")
    for name, (rate, size) in found.items():
        print(f"{name:<10} {rate:>10.2f} {size / 1e3:>7.0f} {found['mendmap'][0] / rate:>7.1f}")


@contextmanager
def _tipg(python: Path, made: geopandas.GeoDataFrame) -> Iterator[str]:
    with postgis(made) as base, peers.tipg(python, base) as url:
        yield url


def _service(geodata: Path, where: Path) -> Service:
    write(check(geodata, 10_000), str(where / "lake"), geodata)
    return Service(where / "lake", where / "serve.log")


def _address(url: str, box: tuple[float, float, float, float]) -> str:
    return f"{url}&limit={LIMIT}&bbox={','.join(map(str, box))}"


def _ids(url: str, box: tuple[float, float, float, float]) -> list[str]:
    answer = urllib3.request("GET", _address(url, box))
    assert answer.status == 200, answer.data[:500]
    # tipg names features by row where no primary key is declared; the column says it for all.
    return sorted(each["properties"].get("id") or each["id"] for each in json.loads(answer.data)["features"])


def _agrees(found: list[str], expected: list[str]) -> bool:
    """Whether two answers have the same ids, but for one in a hundred."""
    return len(set(found) ^ set(expected)) <= len(expected) / 100 + 1


def _rate(url: str, boxes: list[tuple[float, float, float, float]], seconds: float) -> tuple[float, float]:
    """Requests a second, and the mean size of an answer, over one connection, after one round of warming."""
    size = count = 0
    with urllib3.PoolManager(maxsize=1) as pool:
        for box in boxes[:10]:
            pool.request("GET", _address(url, box))
        begun = time.perf_counter()
        while (taken := time.perf_counter() - begun) < seconds:
            answer = pool.request("GET", _address(url, boxes[count % len(boxes)]))
            assert answer.status == 200
            size, count = size + len(answer.data), count + 1
    return count / taken, size / count


if __name__ == "__main__":
    main()

"""Everything that is asked of tiles, in one table: ours beside nginx, PostGIS, tipg, pygeoapi, MapServer, geojson-vt,
tippecanoe and freestiler, on the same data and the same requests.

Run it as ``python tests/bench/tiles.py``, as root, since PostgreSQL is started as its own user; ``--only hot cold``
takes some sections, ``--quick`` takes less of everything. Peers are installed by name when they are first needed: the
Python ones and geojson-vt into the folder ``--keep``, in which the data are kept too; for the programs of Debian it
says what to install. The data are synthetic, made by a seeded formula (``landscape``): 200,000 polygons of 25
vertices, of which a tile of zoom 12 holds about 70, 1,000,000 points, and 10,000 polygons in six layers.

Before anything is timed, the answers are compared: the same features, and their outlines within a pixel; the benchmark
ends where they differ. Every section says in its own module how it measures; the goals are in ``goals``.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

if True:
    archive = None
import cold
import hot
import peers
import started
import steady
from goals import Found, table

SECTIONS = ("hot", "cold", "growth", "steady", "publish", "start")


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder in which data and peers are kept, and found again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        where = (asked.keep or Path(name)).resolve()
        where.mkdir(parents=True, exist_ok=True)
        found = [each for section in asked.only for each in _section(section, where, asked.quick)]
    print(f"\n{table(found)}\n\nload {os.getloadavg()[0]:.2f}{', a quick run' if asked.quick else ''}")


def _section(name: str, where: Path, quick: bool) -> list[Found]:
    print(f"{name}", flush=True)
    measures: dict[str, Callable[[], Iterable[Found]]] = {
        "hot": lambda: hot.measure(where, peers.environment(where / "peers"), quick=quick),
        "cold": lambda: cold.measure(where, peers.environment(where / "peers"), quick=quick),
        "growth": lambda: cold.grown(where, quick=quick),
        "steady": lambda: steady.measure(where, quick=quick),
        "publish": lambda: archive.measure(where, peers.environment(where / "peers"), quick=quick),
        "start": lambda: started.measure(where, quick=quick),
    }
    begun = time.perf_counter()
    found = list(measures[name]())
    print(f"  {time.perf_counter() - begun:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    main()

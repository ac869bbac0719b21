"""Everything that is asked of tiles, in one table: ours beside nginx, PostGIS, tipg, pygeoapi, MapServer, geojson-vt,
tippecanoe and freestiler, on the same data and the same requests.

Run it as ``python tests/bench/tiles.py``, as root, since PostgreSQL is started as its own user; ``--only hot cold``
takes some sections, ``--quick`` takes less of everything. Peers are installed by name when they are first needed: the
Python ones and geojson-vt into the folder ``--keep``, in which the data are kept too; for the programs of Debian it
says what to install. The data are synthetic, made by a seeded formula (``landscape``): 200,000 polygons of 25
vertices, of which a tile of zoom 12 holds about 70, 1,000,000 points, and 10,000 polygons in six layers.

With ``--keep`` what was measured is kept as well, so that sections can be run one after the other, a few minutes each;
the table shows what is newest of each. ``--write README.md`` puts it there.

Before anything is timed, the answers are compared: the same features, and their outlines within a pixel; the benchmark
ends where they differ. Every section says in its own module how it measures; the goals are in ``goals``.
"""

import argparse
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import archived
import cold
import hot
import peers
import started
import steady
from goals import HEAD, Found, table

SECTIONS = ("hot", "cold", "growth", "steady", "publish", "start")


def main() -> None:
    """Measures, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder in which data, peers and figures are kept, and found again")
    parser.add_argument("--write", type=Path, help="a Markdown file whose table is replaced")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        where = (asked.keep or Path(name)).resolve()
        where.mkdir(parents=True, exist_ok=True)
        kept = where / f"found{'-quick' * asked.quick}.json"
        known = json.loads(kept.read_text()) if kept.exists() else {}
        for section in asked.only:
            known |= {each.goal: asdict(each) for each in _section(section, where, asked.quick)}
            kept.write_text(json.dumps(known))
    told = table({name: Found(**each) for name, each in known.items()})
    print(f"\n{told}\nload {os.getloadavg()[0]:.2f}{', a quick run' if asked.quick else ''}")
    if asked.write:
        text = asked.write.read_text("utf-8")
        asked.write.write_text(re.sub(rf"(?m)^\| {' [|] '.join(HEAD)} \|\n(\|.*\n)*", lambda _: told, text), "utf-8")


def _section(name: str, where: Path, quick: bool) -> list[Found]:
    print(f"{name}", flush=True)
    measures: dict[str, Callable[[], Iterable[Found]]] = {
        "hot": lambda: hot.measure(where, peers.environment(where / "peers"), quick=quick),
        "cold": lambda: cold.measure(where, peers.environment(where / "peers"), quick=quick),
        "growth": lambda: cold.grown(where, quick=quick),
        "steady": lambda: steady.measure(where, quick=quick),
        "publish": lambda: archived.measure(where, peers.environment(where / "peers"), quick=quick),
        "start": lambda: started.measure(where, quick=quick),
    }
    begun = time.perf_counter()
    found = list(measures[name]())
    print(f"  {time.perf_counter() - begun:.0f} s", flush=True)
    return found


if __name__ == "__main__":
    main()

"""How long a post of one reading takes over HTTP, beside a bare DuckLake commit of one row.

Run it as ``python tests/bench/post.py --posts 200``; the data are synthetic, and gone afterwards. The two take turns,
each over a lake of its own on the same disk, with the same catalogue in SQLite and its write-ahead log. With
``--readings 3000000`` the lake of the posts holds as many before the first, so that what grows with them shows.
The bound: the median post takes at most 3 times the median bare commit, in a large lake as in a small one.
"""

import argparse
import datetime as dt
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import Service
from place import Testford
from series import HOURS, ROWS, around
from test_ingest import row

from mendmap.lake import keys, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.write import revise
from mendmap.load.check import check
from mendmap.load.ingest import COLUMNS
from mendmap.load.post import JSON, Body, rows, table, vocabulary
from mendmap.load.write import write


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--readings", type=int, default=0)
    asked = parser.parse_args()
    posts = asked.posts
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        place = Testford(where / "place")
        write(check(place.write(), 100), str(where / "lake"), place.folder)
        lake, bare = open_lake(str(where / "lake")), open_lake(str(where / "bare"), create=True)
        _fill(lake, str(where / "lake"), asked.readings)
        _, secret = keys.add(lake, str(where / "lake"), "bench", "testford", [], [])
        words = vocabulary(lake, ledger.latest(lake), "testford")
        service = Service(where / "lake", where / "serve.log")
        url, headers = f"{service.url}/readings", {"Authorization": f"Bearer {secret}"}
        posted, committed = [], []
        with httpx.Client(headers=headers, timeout=60) as client:
            for hour in range(posts):
                reading = [row(hour, str(hour))]
                started = time.perf_counter()
                answer = client.post(url, json=reading)
                posted.append(time.perf_counter() - started)
                assert answer.status_code == 201, answer.text
                body = Body(client.build_request("POST", url, json=reading).content, JSON)
                bare.register("one", table(body, rows(body, 1), words, dt.datetime.now(dt.UTC)))
                committed.append(_commit(bare))
        service.stop()
        bare.close()
        lake.close()
    alone, ours = (statistics.median(each) * 1e3 for each in (committed, posted))
    print(f"{'readings':>10} {'posts':>6} {'bare ms':>8} {'post ms':>8} {'ratio':>6} {'load':>6}")
    print(
        f"{asked.readings:>10,} {posts:>6} {alone:>8.1f} {ours:>8.1f} {ours / alone:>6.2f} {os.getloadavg()[0]:>6.2f}"
    )


def _fill(lake: Lake, address: str, readings: int) -> None:
    """Readings of as many series that sort before the one that is posted as after it, of the same year: the bounds of
    no file leave them out."""
    if readings:
        half = readings // HOURS // 2
        rows = ROWS.format(series=2 * half + 1, first=0, last=HOURS)
        lake.query(
            f"""
            CREATE OR REPLACE TEMP VIEW incoming_readings AS
            SELECT * REPLACE (if(series < printf('s%06d', {half}), 'a', 'z') || series AS series,
                              start_at + INTERVAL 7 YEAR AS start_at, end_at + INTERVAL 7 YEAR AS end_at)
            FROM ({rows})"""
        )
        detail = {"file": "synthetic"}
        revise(lake, address, "testford", COLUMNS, around(lake), source="synthetic", detail=detail, dry=False)


def _commit(bare: Lake) -> float:
    """Seconds that DuckLake takes to insert one row and commit it."""
    listed = ", ".join(COLUMNS)
    started = time.perf_counter()
    bare.query(f"INSERT INTO readings ({listed}) SELECT {listed} FROM one")
    return time.perf_counter() - started


if __name__ == "__main__":
    main()

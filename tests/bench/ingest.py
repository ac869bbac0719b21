"""How long mendmap ingest takes beside a bare DuckDB that reads the same file and writes Parquet.

Run it as ``python tests/bench/ingest.py --rows 10000000``; the data are synthetic, and gone afterwards.
The bound: at most 3 times DuckDB's own read_csv and Parquet writer over the same file, in the same run.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parent.parent))
from place import Testford, feature, point

from mendmap.load.check import check
from mendmap.load.ingest import Request, ingest
from mendmap.load.write import write

STATIONS = 150
ROWS = f"""
    SELECT 's' || (i % {STATIONS}) AS station, 'so2' AS parameter, '1h' AS averaging,
           strftime(TIMESTAMP '1990-01-01' + INTERVAL (i // {STATIONS}) HOUR, '%Y-%m-%dT%H:%M:00Z') AS start,
           strftime(TIMESTAMP '1990-01-01' + INTERVAL (i // {STATIONS} + 1) HOUR, '%Y-%m-%dT%H:%M:00Z') AS "end",
           '' AS qualifier, round(abs(hash(i) % 10000) / 100, 2) AS value, 'ug/m3' AS unit, '' AS detection_limit,
           'valid' AS quality, '' AS flags, 'survey' AS source, '' AS note
    FROM range({{rows}}) t(i)"""


def timed(act: Callable[[], object]) -> float:
    """Seconds that an act takes."""
    started = time.monotonic()
    act()
    return time.monotonic() - started


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        place = Testford(where / "place")
        stations = [feature(f"s{nth}", "gauge", point(20.1, 44.1), medium="air") for nth in range(STATIONS)]
        place.layers["stations"]["features"] += stations
        write(check(place.write(), 100), str(where / "lake"), place.folder)
        file = where / "rows.csv"
        duckdb.sql(f"COPY ({ROWS.format(rows=rows)}) TO '{file}' (HEADER)")
        bare = timed(lambda: duckdb.sql(f"COPY (FROM read_csv('{file}')) TO '{where}/bare.parquet'"))
        ours = timed(lambda: print(ingest(file, str(where / "lake"), "", Request()).settled))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{'rows':>12} {'DuckDB s':>9} {'ingest s':>9} {'ratio':>6} {'us/row':>7} {'peak GiB':>9}")
    print(f"{rows:>12,} {bare:>9.1f} {ours:>9.1f} {ours / bare:>6.2f} {ours / rows * 1e6:>7.2f} {peak:>9.2f}")


if __name__ == "__main__":
    main()

"""How long one series of 8,760 readings takes out of a lake of 100 million, beside a bare DuckDB.

Run it as ``python tests/bench/series.py``; it needs about 6 GB of disk and some minutes. The data are synthetic, and
gone afterwards. The lake is filled in ten ingests, a time after the other, and then compacted; the bare DuckDB reads
the same series from one Parquet file that holds the same rows sorted by series and time. The snapshot is known, as
the service knows it.
The bound: the median of reading it from the lake is at most 3 times the median of reading it from the file.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parent.parent))
from place import Testford

from mendmap.lake import contents, ledger, upkeep
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.ledger import Snapshot
from mendmap.lake.write import Around, revise
from mendmap.load.check import check
from mendmap.load.ingest import COLUMNS
from mendmap.load.write import write
from mendmap.query.readings import ReadingQuery

HOURS = 8_760
PARTS = 10
TRIES = 30
ROWS = """
    SELECT printf('s%06d.so2.1h', s) AS series, TIMESTAMPTZ '2015-01-01' + to_hours(h) AS start_at,
           TIMESTAMPTZ '2015-01-01' + to_hours(h + 1) AS end_at, '' AS qualifier,
           round((hash(s, h) % 10000) / 100, 2)::DOUBLE AS value, 'ug/m3' AS unit, NULL::DOUBLE AS detection_limit,
           NULL::DOUBLE AS uncertainty, NULL::BIGINT AS samples, value AS canonical,
           NULL::DOUBLE AS canonical_limit, NULL::DOUBLE AS canonical_uncertainty,
           'valid' AS quality, '' AS flags, '' AS marks, 'survey' AS source, '' AS note,
           'synthetic' AS file, h + 1 AS file_row
    FROM range({series}) a(s) CROSS JOIN range({first}, {last}) b(h) ORDER BY s, h"""


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    series = parser.parse_args().rows // HOURS + 1
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        place = Testford(where / "place")
        address = str(where / "lake")
        write(check(place.write(), 100), address, place.folder)
        lake = open_lake(address)
        lake.query("SET memory_limit = '4GB'")
        for part in range(PARTS):
            first, last = part * HOURS // PARTS, (part + 1) * HOURS // PARTS
            lake.query(
                f"CREATE OR REPLACE TEMP VIEW incoming_readings AS {ROWS.format(series=series, first=first, last=last)}"
            )
            detail = {"file": f"part {part}"}
            revise(lake, address, "testford", COLUMNS, around(lake), source="synthetic", detail=detail, dry=False)
        file = where / "sorted.parquet"
        lake.query(f"COPY (FROM readings ORDER BY series, start_at) TO '{file}'")
        bare = duckdb.connect()
        asked = [f"s{nth * 7919 % series:06d}.so2.1h" for nth in range(TRIES)]
        print(f"{'':>22} {'rows':>12} {'files':>6} {'bare ms':>8} {'lake ms':>8} {'ratio':>6}")
        for state in ("as ingested", "compacted"):
            if state == "compacted":
                upkeep.compact(address)
            alone = [_timed(lambda s=each: _of_file(bare, file, s)) for each in asked]
            snapshot = ledger.latest(lake)
            ours = [_timed(lambda s=each, known=snapshot: _of_lake(lake, known, s)) for each in asked]
            files = lake.query("SELECT count(*) FROM ducklake_list_files('lake', 'readings')").fetchone()
            a, b = statistics.median(alone) * 1e3, statistics.median(ours) * 1e3
            print(f"{state:>22} {series * HOURS:>12,} {files[0]:>6} {a:>8.1f} {b:>8.1f} {b / a:>6.2f}", flush=True)
        lake.close()


def around(lake: Lake) -> Around:
    """How many synthetic readings come in, and their bounds."""
    bounds = "SELECT count(*), min(series), max(series), min(start_at), max(start_at) FROM incoming_readings"
    return Around(*lake.query(bounds).fetchone())


def _timed(act: Callable[[], int]) -> float:
    started = time.perf_counter()
    assert act() == HOURS
    return time.perf_counter() - started


def _of_file(bare: duckdb.DuckDBPyConnection, file: Path, series: str) -> int:
    listed = ", ".join(f'{inner} AS "{outer}"' for outer, inner in contents.READING_COLUMNS)
    sql = f"SELECT {listed} FROM read_parquet('{file}') WHERE series = ? ORDER BY start_at"
    return len(bare.execute(sql, [series]).to_arrow_table())


def _of_lake(lake: Lake, snapshot: Snapshot, series: str) -> int:
    found = contents.select(lake, snapshot, "testford", ReadingQuery(series=(series,)))
    return sum(len(batch) for batch in contents.rows(lake, found))


if __name__ == "__main__":
    main()

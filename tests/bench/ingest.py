"""How long mendmap ingest takes beside a bare DuckDB that copies the same file into Parquet.

Run it as ``python tests/bench/ingest.py``, or with ``--rows 1000000 10000000 30000000``; the data are synthetic, and
gone afterwards. The bounds: at most 3 times DuckDB's own read_csv (or read_parquet) and Parquet writer over the same
file, in the same run; less than 2 GiB resident; the time for a row the same from 1 to 30 million.
What follows from readings, their answers, has a bound of its own (``assess.py``), so the ingest is timed without it,
and once more with it (``answered``).
Each measurement is a process of its own, so that memory is its own too; the two take turns, and the better of two
bare copies counts.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parent.parent))
from place import Testford, feature, point

from mendmap.load import ingest as ingesting
from mendmap.load.check import check
from mendmap.load.ingest import Request, ingest
from mendmap.load.write import write
from mendmap.readings.claims import Options

STATIONS = 150
# Hour after hour, all stations in every hour, as loggers write them.
TIDY = f"""
    SELECT 's' || (i % {STATIONS}) AS station, 'so2' AS parameter, '1h' AS averaging,
           strftime(TIMESTAMP '1990-01-01' + INTERVAL (i // {STATIONS}) HOUR, '%Y-%m-%dT%H:%M:00Z') AS start,
           strftime(TIMESTAMP '1990-01-01' + INTERVAL (i // {STATIONS} + 1) HOUR, '%Y-%m-%dT%H:%M:00Z') AS "end",
           '' AS qualifier, round(abs(hash(i) % 10000) / 100, 2) AS value, 'ug/m3' AS unit, '' AS detection_limit,
           'valid' AS quality, '' AS flags, 'survey' AS source, '' AS note
    FROM range({{rows}}) t(i)"""
# Sampling point after sampling point, in the agency's columns and types.
EEA = """
    SELECT 'RS/SPO-s' || (i // {each}) AS Samplingpoint, 1::INTEGER AS Pollutant,
           TIMESTAMP '1990-01-01' + INTERVAL (i % {each}) HOUR AS Start,
           TIMESTAMP '1990-01-01' + INTERVAL (i % {each} + 1) HOUR AS "End",
           CAST(round(abs(hash(i) % 10000) / 100, 2) AS DECIMAL(38, 18)) AS Value, 'ug.m-3' AS Unit, 'hour' AS AggType,
           CASE WHEN hash(i) % 50 = 0 THEN 3 ELSE 1 END::INTEGER AS Validity, 1::INTEGER AS Verification,
           TIMESTAMP '2020-01-01' + INTERVAL (i % 100) DAY AS ResultTime, NULL::DECIMAL(38, 18) AS DataCapture,
           CAST(hash(i) AS VARCHAR) AS FkObservationLog
    FROM range({rows}) t(i)"""
READERS = {"tidy": "read_csv", "eea": "read_parquet"}


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000_000])
    parser.add_argument("--formats", nargs="*", choices=READERS, default=list(READERS))
    parser.add_argument("--measure", nargs=2, metavar=("KIND", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        _measure(*given.measure)
        return
    heads = f"{'format':>6} {'rows':>12} {'DuckDB s':>9} {'ingest s':>9} {'ratio':>6} {'us/row':>7} {'peak GiB':>9}"
    print(f"{heads} {'answered s':>10}")
    for form in given.formats:
        for rows in given.rows:
            _compare(form, rows)


def _compare(form: str, rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ("rows.csv" if form == "tidy" else "rows.parquet")
        select = (TIDY if form == "tidy" else EEA).format(rows=rows, each=-(-rows // STATIONS))
        duckdb.sql(f"COPY ({select}) TO '{file}'")
        before = _alone(READERS[form], file)
        ours, peak = _alone("ingest", file)
        answered, _ = _alone("answered", file)
        bare = min(before, _alone(READERS[form], file))[0]
        ratio, each = ours / bare, ours / rows * 1e6
        cells = f"{form:>6} {rows:>12,} {bare:>9.2f} {ours:>9.2f} {ratio:>6.2f} {each:>7.2f} {peak:>9.2f}"
        print(f"{cells} {answered:>10.2f}", flush=True)


def _alone(kind: str, file: Path) -> tuple[float, float]:
    """Seconds and peak GiB of one act in a process of its own."""
    command = [sys.executable, __file__, "--measure", kind, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, peak = done.stdout.splitlines()[-1].split()
    return float(seconds), float(peak)


def _measure(kind: str, file: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        act: Callable[[], object]
        if kind in ("ingest", "answered"):
            if kind == "ingest":
                ingesting.after_readings = lambda lake, catalogue, number: 0
            place = Testford(where / "place")
            place.tables["parameter"][0]["aliases"] = "eea:1"
            air = {"medium": "air"}
            stations = [
                feature(f"s{n}", "gauge", point(20.1, 44.1), aliases=f"eea:SPO-s{n}", **air) for n in range(STATIONS)
            ]
            place.layers["stations"]["features"] += stations
            write(check(place.write(), 100), str(where / "lake"), place.folder)
            request = Request(options=Options(zone="Etc/GMT-1", source="survey"))
            act = lambda: ingest(Path(file), str(where / "lake"), "", request)  # noqa: E731
        else:
            act = lambda: duckdb.sql(f"COPY (FROM {kind}('{file}')) TO '{where}/bare.parquet'")  # noqa: E731
        started = time.monotonic()
        act()
        seconds = time.monotonic() - started
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


if __name__ == "__main__":
    main()

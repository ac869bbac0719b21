"""How long assessing takes, beside one bare DuckDB query and beside the same rules written plainly in pandas.

Run it as ``python tests/bench/assess.py``, or with ``--rows 1000000 10000000 100000000``; the data are synthetic, made
by a formula, and gone afterwards. Of the rows, 92 in 100 are hourly series of seven years of six air parameters, the
rest monthly samples of ten years with non-detects; the limits and rules are those of ``geodata``. The bare query
groups the rows by series and year with count, mean, max and a percentile. Ours finds everything: statistics, verdicts,
trends and comparisons, once of arrays that are at hand, and once out of a lake and into it. Pandas does the plain
statistics and the verdicts for some hourly and some monthly series (``--pandas``); their times are scaled by the number
of each. The bounds: out of the lake at most 8 times the bare query, 20 times faster than pandas, less than 3 GiB.
"""

import argparse
import datetime as dt
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import ROOT

from mendmap.assess.model import Basis, Readings, SeriesKey
from mendmap.assess.rules import Held, held
from mendmap.assess.series import assess
from mendmap.catalogue.records import Limit, Parameter, Rule
from mendmap.lake.connection import open_lake
from mendmap.lake.write import Around, revise
from mendmap.load.assess import Frame, bring_up
from mendmap.load.check import check
from mendmap.load.ingest import COLUMNS
from mendmap.load.write import write

HOURLY_YEARS, MONTHLY_YEARS = 7, 10
AIR = ("so2", "no2", "pm10", "pm25", "co", "o3")
WATER = ("cd_dissolved_water", "hardness_water", "pb_dissolved_water", "ni_dissolved_water", "as_sediment")
HOURS = 61_368  # of 2017 to 2023
QUERY = """
    SELECT series, year(start), count(*), avg(value), max(value), quantile_cont(value, 0.98)
    FROM '{file}' GROUP BY ALL"""
ROWS = """
    SELECT s::INTEGER AS series, epoch_us(start) AS "at", start, value, below FROM (
        SELECT s, TIMESTAMP '2017-01-01' + to_hours(h) AS start,
               round(40 * (-ln((hash(s, h) % 99991 + 1) / 99992)), 2)::DOUBLE AS value, false AS below
        FROM range({hourly}) a(s) CROSS JOIN range({hours}) b(h) WHERE hash(h, s) % 50 > 0
        UNION ALL
        SELECT {hourly} + s, TIMESTAMP '2014-01-01' + to_months(m::INTEGER) + INTERVAL 10 HOUR,
               round(0.3 * (-ln((hash(s, m) % 99991 + 1) / 99992)), 3)::DOUBLE + 0.02, hash(s, m, 1) % 5 = 0
        FROM range({monthly}) a(s) CROSS JOIN range({months}) b(m)
    ) ORDER BY series, start"""


INCOMING = """
    SELECT ids.id AS series, "at" AS start_at,
           CASE WHEN code < {hourly} THEN "at" + INTERVAL 1 HOUR ELSE "at" END AS end_at,
           CASE WHEN below THEN '<' ELSE '' END AS qualifier, value, 'unit' AS unit,
           CASE WHEN below THEN value END AS detection_limit, NULL::DOUBLE AS uncertainty, NULL::BIGINT AS samples,
           value AS canonical, detection_limit AS canonical_limit, NULL::DOUBLE AS canonical_uncertainty,
           'valid' AS quality, '' AS flags, '' AS marks, 'survey' AS source, '' AS note,
           'synthetic' AS file, 1::BIGINT AS file_row
    FROM (SELECT * REPLACE (make_timestamptz("at") AS "at") FROM '{file}') r JOIN ids ON ids.code = r.series
    ORDER BY id, start_at"""


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000_000])
    parser.add_argument("--pandas", type=int, default=12, help="how many series of either kind pandas assesses")
    given = parser.parse_args()
    print(
        f"{'rows':>12} {'DuckDB s':>9} {'arrays s':>9} {'ratio':>6} {'lake s':>7} {'ratio':>6} {'answers':>9} "
        f"{'pandas s':>9} {'faster':>7} {'GiB':>5}"
    )
    for rows in given.rows:
        _compare(rows, given.pandas)


def _compare(rows: int, some: int) -> None:
    hourly = max(1, round(rows * 0.92 / HOURS))
    monthly = max(1, round(rows * 0.08 / 12 / MONTHLY_YEARS))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        select = ROWS.format(hourly=hourly, hours=HOURS, monthly=monthly, months=12 * MONTHLY_YEARS)
        duckdb.sql(f"COPY ({select}) TO '{file}'")
        bare = duckdb.connect()
        query = min(_seconds(lambda: bare.sql(QUERY.format(file=file)).fetchall()) for _ in range(3))
        table = duckdb.sql(f"SELECT series, \"at\", value, below FROM '{file}'").fetchnumpy()
        parts = ((0, min(some, hourly)), (hourly, hourly + min(some, monthly)))
        ids = [_key(nth, AIR, "1h").id for nth in range(hourly)] + [_key(n, WATER, "sample").id for n in range(monthly)]
        whole = _of_lake(Path(folder) / "lake", file, ids, hourly)
        frames = [duckdb.sql(f"FROM '{file}' WHERE series >= {at} AND series < {end}").df() for at, end in parts]
    series = [_key(nth, AIR, "1h") for nth in range(hourly)]
    series += [_key(nth, WATER, "sample") for nth in range(monthly)]
    readings = _readings(table, hourly)
    basis = _basis()
    answers = 0

    def ours() -> None:
        nonlocal answers
        answers = assess(series, readings, basis).num_rows

    took = min(_seconds(ours) for _ in range(3))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    limits = held(basis)
    scales = [many / frame.series.nunique() for many, frame in zip((hourly, monthly), frames, strict=True)]
    slow = sum(scale * _plainly(frame, series, limits) for scale, frame in zip(scales, frames, strict=True))
    cells = (f"{len(readings.code):>12,}", f"{query:>9.2f}", f"{took:>9.2f}", f"{took / query:>6.2f}", f"{whole:>7.2f}")
    print(*cells, f"{whole / query:>6.2f} {answers:>9,} {slow:>9.1f} {slow / took:>7.1f} {memory:>5.2f}", flush=True)


def _of_lake(address: Path, file: Path, ids: list[str], hourly: int) -> float:
    """Seconds to read all readings out of a lake, assess them, and record the answers."""
    write(check(ROOT / "geodata", 100), str(address), ROOT / "geodata")
    lake = open_lake(str(address))
    lake.register("ids", pa.table({"id": ids, "code": pa.array(range(len(ids)), pa.int32())}))
    lake.query("SET memory_limit = '1GB'")
    lake.query(f"CREATE OR REPLACE TEMP VIEW incoming_readings AS {INCOMING.format(file=file, hourly=hourly)}")
    around = Around(len(ids), min(ids), max(ids), dt.datetime(2014, 1, 1), dt.datetime(2025, 1, 1))
    revise(lake, str(address), "bor", COLUMNS, around, source="synthetic", detail={"file": "synthetic"}, dry=False)
    frame = Frame("bor", _basis(), {}, ())
    with lake.turn(), lake.transaction():
        seconds = _seconds(lambda: bring_up(lake, frame, 2, ids))
    lake.close()
    return seconds


def _key(nth: int, parameters: tuple[str, ...], averaging: str) -> SeriesKey:
    parameter = parameters[nth % len(parameters)]
    station = f"s{nth // len(parameters):05d}"
    return SeriesKey(f"{station}.{parameter}.{averaging}", station, parameter, averaging, "")


def _readings(table: dict[str, np.ndarray], hourly: int) -> Readings:  # type: ignore[type-arg]
    code, start, below = table["series"].astype(np.int32), table["at"], table["below"]
    value = np.asarray(table["value"], np.float64)
    end = np.where(code < hourly, start + 3_600_000_000, start)
    limit = np.where(below, value, np.nan)
    return Readings(code, start, end, value, below.astype(np.int8), limit, np.zeros(len(code), np.bool_))


def _basis() -> Basis:
    records = check(ROOT / "geodata", 100).records

    def of(kind: type) -> dict[str, object]:
        return {each.id: each for each in records if isinstance(each, kind)}

    return Basis(ZoneInfo("Europe/Belgrade"), of(Parameter), of(Limit), of(Rule), {})  # type: ignore[arg-type]


def _seconds(act: object) -> float:
    started = time.monotonic()
    act()  # type: ignore[operator]
    return time.monotonic() - started


def _plainly(frame: pd.DataFrame, series: list[SeriesKey], limits: Mapping[str, tuple[Held, ...]]) -> float:
    return _seconds(lambda: _pandas(frame, series, limits))


def _pandas(frame: pd.DataFrame, series: list[SeriesKey], limits: Mapping[str, tuple[Held, ...]]) -> list[object]:
    """The same rules, a series and a limit at a time, as one writes them in a notebook."""
    found: list[object] = []
    local = frame.assign(local=frame.start.dt.tz_localize("UTC").dt.tz_convert("Europe/Belgrade"))
    for code, rows in local.groupby("series"):
        key = series[int(code)]  # type: ignore[call-overload]
        values = rows.set_index("local").value
        if key.averaging == "1h":
            hours = values.resample("h").mean()
            days = hours.resample("D").agg(["mean", "count"])
            day = days["mean"].where(days["count"] >= 18)
            eight = hours.rolling(8, min_periods=6).mean().resample("D").max()
        else:
            hours = day = eight = values.where(~rows.set_index("local").below, values / 2)
        for year, some in hours.groupby(hours.index.year):
            found.append(some.agg(["mean", "median", "max", "min", "count"]))
            found.append(some.quantile([0.9, 0.98]))
            for limit in limits.get(key.parameter, ()):
                blocks = {"hour": some, "day": day, "8h": eight, "sample": some}[limit.rule.block]
                chosen = blocks[blocks.index.year == year]
                found.append(_held(chosen, limit))
    return found


def _held(values: pd.Series, limit: Held) -> tuple[object, ...]:
    count, statistic = values.count(), limit.rule.statistic
    if statistic in ("mean", "annual_average"):
        return count, values.mean(), values.mean() > limit.value
    if statistic == "percentile":
        return count, values.quantile(0.99), values.quantile(0.99) > limit.value
    if statistic == "consecutive":
        held_level = values.rolling(limit.rule.times or 1).min()
        return count, held_level.max(), held_level.max() > limit.value
    above = (values > limit.value).sum()
    ranked = values.nlargest(limit.allowed + 1)
    return count, above, ranked.iloc[-1] if len(ranked) else None, above > limit.allowed


if __name__ == "__main__":
    main()

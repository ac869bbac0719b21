"""Readings that stand beside each other once they are sorted: the same one twice, and what is odd among its
neighbours.

Goes through the sorted rows of ``readings.settle`` a batch at a time with numpy: windows over all rows in SQL take
longer than everything else that an ingest does. Not here: which readings are odd (``readings.marks``).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet as pq

from mendmap.readings import marks
from mendmap.readings.claims import Query
from mendmap.readings.formats.sql import text

_BATCH = 500_000
Rows = dict[str, NDArray[Any]]


class OutOfOrderError(Exception):
    """The settled rows do not stand by series and start."""


def look(query: Query, scratch: Path, now: int | None) -> int:
    """Makes the temporary table ``twins`` of readings that stand there more than once, and returns how many are
    repetitions: those have ``wrong`` 0, and all but the first are listed. Where the content differs nobody can tell
    which is meant, and all of them have ``wrong`` 16384.

    Where there is a ``now``, in microseconds since 1970, makes also the temporary view ``odd`` of the sound readings
    that marks point at, without twins: their ``position`` and ``marks``. ``marks.ranges`` goes before it.
    Raises OutOfOrderError.
    """
    twins, odd = _looked(query, now, "true")
    _view(query, "same_start", pa.table({"position": twins}), scratch)
    query(f"CREATE OR REPLACE TEMP TABLE twins AS {_TWINS}")
    if now is not None:
        if len(twins):
            odd = _looked(query, now, "position NOT IN (SELECT position FROM twins)")[1]
        _view(query, "odd", odd, scratch)
    return int(query("SELECT count(*) FROM twins WHERE wrong = 0").fetchone()[0])


_TWINS = """
    WITH stated AS (
        SELECT s.*, row(x.qualifier, s.value, x.unit, s.detection_limit, s.uncertainty, s.samples,
                       x.quality) AS content
        FROM same_start a JOIN settled s ON s.position = a.position JOIN contexts x ON x.code = s.code),
    judged AS (SELECT series_code, start_at, end_at, arg_min(position, file_row) AS first,
                      count(DISTINCT content) > 1 AS differ, count(*) AS standing
               FROM stated GROUP BY ALL HAVING standing > 1)
    SELECT position, CASE WHEN differ THEN 16384 ELSE 0 END AS wrong
    FROM stated JOIN judged USING (series_code, start_at, end_at) WHERE differ OR position <> first"""


def _looked(query: Query, now: int | None, only: str) -> tuple[NDArray[np.int64], pa.Table]:
    """The positions of readings that begin when their neighbours do, and the table of those that are odd, which is
    empty without a ``now``."""
    told = _arrays(query(_TOLD).to_arrow_table()) if now is not None else {}
    position, bits, judged = np.empty(0, np.int64), np.empty(0, np.uint8), 0
    twins = [position]
    found = [marks.table(position, bits)]
    for rows in _batches(query, _COLUMNS if now is None else _TO_MARK, 1 if now is None else marks.FLAT, only):
        position = rows["position"]
        later, after = np.diff(rows["series_code"]), np.diff(rows["start_at"])
        if (later < 0).any() or (after[later == 0] < 0).any():
            raise OutOfOrderError
        same = (later == 0) & (after == 0)
        twins += [position[:-1][same], position[1:][same]]
        if now is None:
            continue
        bits = marks.bits(_to_mark(rows, told), now)
        # The last row waits for its neighbour: the next batch begins with it and the rows that it is judged by.
        odd = np.flatnonzero(bits[judged:-1]) + judged
        found.append(marks.table(position[odd], bits[odd]))
        judged = min(marks.FLAT, len(position)) - 1
    last = slice(-1, None) if bits[-1:].any() else slice(0, 0)
    return np.unique(np.concatenate(twins)), pa.concat_tables([*found, marks.table(position[last], bits[last])])


def _to_mark(rows: Rows, told: Rows) -> marks.Rows:
    code = rows["code"]
    return marks.Rows(
        rows["series_code"],
        rows["start_at"],
        rows["value"] * told["factor"][code],
        rows["detection_limit"] * told["factor"][code],
        told["qualifier"][code],
        *(told[each][code] for each in ("least", "greatest", "limit_value")),
    )


_COLUMNS = "series_code, epoch_us(start_at) AS start_at"
_TO_MARK = f"{_COLUMNS}, code, value, detection_limit"
_QUALIFIER = " ".join(f"WHEN '{word}' THEN {number}" for word, number in marks.QUALIFIERS.items())
_TOLD = f"""
    SELECT x.factor, coalesce(CASE x.qualifier {_QUALIFIER} END, -1) AS qualifier,
           r.least, r.greatest, r.limit_value
    FROM contexts x LEFT JOIN parameter_ranges r ON r.parameter = x.parameter ORDER BY x.code"""


def _batches(query: Query, columns: str, carried: int, only: str = "true") -> Iterator[Rows]:
    """The sound rows in order, each batch led by the last ``carried`` rows of the one before it. The next one is read
    while this one is looked at."""
    reader = query(f"SELECT position, {columns} FROM settled WHERE series_code IS NOT NULL AND {only}")
    batches = iter(reader.to_arrow_reader(_BATCH))
    held: Rows = {}
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = ahead.submit(next, batches, None)
            rows = _arrays(batch)
            if held:
                rows = {name: np.concatenate((held[name], array)) for name, array in rows.items()}
            yield rows
            held = {name: array[-carried:] for name, array in rows.items()}


def _arrays(table: Any) -> Rows:
    """Columns as numpy arrays; blank numbers are NaN."""
    return {name: table.column(name).to_numpy(zero_copy_only=False) for name in table.schema.names}


def _view(query: Query, name: str, table: pa.Table, scratch: Path) -> None:
    """Makes a temporary view of an Arrow table, by way of a file: memory does not grow with it."""
    file = scratch / f"{name}.parquet"
    pq.write_table(table, file)
    query(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet({text(str(file))})")

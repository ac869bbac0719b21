"""The European Environment Agency's files of time series, cut to what is wanted and put together by station and year.

A file of the agency holds all the years of one sampling point. Kept whole it would bring years that nobody asked for,
and readings of two data sets for one hour, which contradict each other by file and not by fact. So rows are chosen; no
cell of a row is changed. The same rows make the same bytes, as long as the version of Arrow that writes them is the
same. Not here: which files there are (``adapter``), and what their columns mean (``readings.formats.eea_aq``).
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as pq

from mendmap.errors import FeedError
from mendmap.readings.unpack import most_bytes

# In nanoseconds, as the agency has them: moments of delivery have more digits than microseconds.
_MOMENT, _NUMBER = pa.timestamp("ns"), pa.decimal128(38, 18)
_REQUIRED = {
    "Samplingpoint": pa.string(),
    "Pollutant": pa.int32(),
    "Start": _MOMENT,
    "End": _MOMENT,
    "Value": _NUMBER,
    "Unit": pa.string(),
    "AggType": pa.string(),
    "Validity": pa.int32(),
    "Verification": pa.int32(),
}
_OPTIONAL = {"ResultTime": _MOMENT, "DataCapture": pa.string(), "FkObservationLog": pa.string()}
_SCHEMA = pa.schema(_REQUIRED | _OPTIONAL)
# The kinds of average that readings have; beside them the agency has intervals of any length.
HOUR, DAY = "hour", "day"
_LEAST_ROW = 10  # bytes

_OTHER = "readings averaged over neither an hour nor a day"
_TWICE = "readings that stand twice in one file, of which the newest delivery is taken"
_BETTER = "readings of a time that a verified data set, or another sampling point of the station, has as well"


# From when, and until before when; None where there is no bound.
Times = tuple[dt.datetime | None, dt.datetime | None]


class Part(NamedTuple):
    """What goes into one file: the averages of a kind, that begin in a year, of a station."""

    station: str
    year: int
    kind: str


@dataclass(slots=True)
class Series:
    """What is wanted of the agency's files, and what they had of it. They are taken in the order of preference: where
    two have a time of a station and pollutant, the first has it.

    ``pollutants`` are the agency's codes; ``times`` hold, by kind of average, when what is wanted begins, and when it
    is over, by the clock of the files.
    """

    pollutants: Collection[int]
    times: Mapping[str, Times]
    max_bytes: int
    left_out: Counter[str] = field(default_factory=Counter)
    _tables: dict[Part, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    _taken: set[tuple[str, str, int, int]] = field(default_factory=set)
    _from: dict[Part, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, path: Path, url: str, station: str) -> None:
        """Takes what a file has of a station. Raises FeedError where it is no such file."""
        table = _read(path, url, self.max_bytes)
        table = table.filter(compute.is_in(table["Pollutant"], pa.array(sorted(self.pollutants), pa.int32())))
        known = compute.is_in(table["AggType"], pa.array([HOUR, DAY]))
        self.left_out[_OTHER] += table.num_rows - compute.sum(known, min_count=0).as_py()
        for kind in (HOUR, DAY):
            self._part(table.filter(compute.equal(table["AggType"], kind)), url, station, kind)

    def _part(self, table: pa.Table, url: str, station: str, kind: str) -> None:
        begin, end = self.times[kind]
        if begin is not None:
            table = table.filter(compute.greater_equal(table["Start"], pa.scalar(begin, _MOMENT)))
        if end is not None:
            table = table.filter(compute.less(table["Start"], pa.scalar(end, _MOMENT)))
        # The newest delivery first: the first of a time is taken.
        table = table.sort_by([("Pollutant", "ascending"), ("Start", "ascending"), ("ResultTime", "descending")])
        table = self._first(table, station, kind)
        for year in compute.unique(compute.year(table["Start"])).to_pylist():
            part = Part(station, year, kind)
            self._tables[part].append(table.filter(compute.equal(compute.year(table["Start"]), year)))
            self._from[part].add(url)

    def _first(self, table: pa.Table, station: str, kind: str) -> pa.Table:
        """The rows of times that no file before has had, nor a row before."""
        mask, here = [], set[tuple[str, str, int, int]]()
        times = table["Start"].cast(pa.int64()).to_pylist()
        for pollutant, time in zip(table["Pollutant"].to_pylist(), times, strict=True):
            key = (station, kind, pollutant, time)
            mask.append(key not in self._taken and key not in here)
            self.left_out[_TWICE if key in here else _BETTER] += not mask[-1]
            here.add(key)
        self._taken |= here
        return table.filter(pa.array(mask, pa.bool_()))

    def write(self, folder: Path) -> dict[Part, tuple[Path, list[str]]]:
        """Writes a file for each part into a folder; each with the sampling points that it names."""
        written = {}
        for part in sorted(self._tables):
            table = pa.concat_tables(self._tables[part]).sort_by([("Pollutant", "ascending"), ("Start", "ascending")])
            about = {"cut_from": "\n".join(sorted(self._from[part])), "cut_to": f"{part.kind}, {part.year}"}
            path = folder / f"{part.station}-{part.year}{'' if part.kind == HOUR else '-day'}.parquet"
            # Without Arrow's own description of the columns, which says nothing that Parquet's does not.
            with pq.ParquetWriter(path, _SCHEMA, compression="zstd", store_schema=False) as writer:
                writer.write_table(table)
                writer.add_key_value_metadata(about)
            points = compute.unique(table["Samplingpoint"]).to_pylist()
            written[part] = (path, sorted({each.rpartition("/")[2] for each in points}))
        return written


def _read(path: Path, url: str, max_bytes: int) -> pa.Table:
    """All rows of a file, in our columns. Raises FeedError that says what is wrong with it."""
    try:
        with pq.ParquetFile(path) as file:
            rows, groups = file.metadata.num_rows, range(file.metadata.num_row_groups)
            size = sum(file.metadata.row_group(each).total_byte_size for each in groups)
            if size > max_bytes or rows * _LEAST_ROW > most_bytes(path, max_bytes):
                raise FeedError(f"{url}: {rows} rows, {size} bytes unpacked, which is too much for a file of readings")
            if missing := [each for each in _REQUIRED if each not in file.schema_arrow.names]:
                raise FeedError(f"{url}: no time series of the agency: no column {', '.join(missing)}")
            present = [each for each in _SCHEMA.names if each in file.schema_arrow.names]
            table = file.read(columns=present)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FeedError(f"{url}: not a Parquet file that can be read: {str(error).splitlines()[0][:200]}") from None
    columns = [_column(table, name, kind, url) for name, kind in (_REQUIRED | _OPTIONAL).items()]
    return pa.table(columns, schema=_SCHEMA)


def _column(table: pa.Table, name: str, kind: pa.DataType, url: str) -> pa.ChunkedArray:
    """A column in the type that the agency gives it; all blank where it has none such."""
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, kind)])
    column = table[name]
    if pa.types.is_timestamp(kind) and not (pa.types.is_timestamp(column.type) and column.type.tz is None):
        raise FeedError(f"{url}: {name} is {column.type}, where a time without an offset was expected")
    try:
        if pa.types.is_decimal(kind) and pa.types.is_floating(column.type):
            # Through its shortest text: 0.1 and not 0.1000000000000000056.
            column = column.cast(pa.string())
        column = column.cast(kind)
    except (pa.ArrowException, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise FeedError(f"{url}: {name} is {table[name].type}, where {kind} was expected: {reason}") from None
    if name in ("Start", "Pollutant", "AggType", "Samplingpoint") and column.null_count:
        raise FeedError(f"{url}: {column.null_count} rows have no {name}")
    return column

"""What an assessment takes and what it gives: readings as arrays, answers as a table.

Not here: the rules (``rules``), and how answers are kept (``lake``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mendmap.catalogue.records import Limit, Parameter, Rule, Work

Floats = NDArray[np.float64]
NONE, BELOW, ABOVE = 0, 1, 2  # qualifiers: the value itself, "<" or "<=", ">" or ">="


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What a series is of; its id is the four parts after it, joined by dots. ``averaging`` is a duration such as
    ``1h`` or ``24h``, or ``sample``. ``works`` are those done at the sites that its station is joined to."""

    id: str
    station: str
    parameter: str
    averaging: str
    method: str
    works: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of several series, a row each, by series and then start; those withdrawn, marked invalid or missing
    are not among them.

    ``code`` is the place of the series in the list that goes with them. ``start`` and ``end`` are microseconds since
    1970 in UTC. ``value`` is in the parameter's canonical unit; NaN where there is only a limit. Of what lies below
    detection ``qualifier`` is BELOW and ``limit`` the detection limit in the canonical unit, else NaN.
    ``biased`` tells readings whose source prints only some hours, such as those that exceed. ``lost`` tells rows that
    are no readings: time that the source says was lost to calibration or maintenance, with NaN for value.
    """

    code: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: Floats
    qualifier: NDArray[np.int8]
    limit: Floats
    biased: NDArray[np.bool_]
    lost: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What readings are held against: the records of one catalogue by id, and the zone of its days and years."""

    zone: ZoneInfo
    parameters: Mapping[str, Parameter]
    limits: Mapping[str, Limit]
    rules: Mapping[str, Rule]
    works: Mapping[str, Work]


# An answer: what a series says over a period. One row per (series, period, statistic, against).
ANSWERS = pa.schema(
    {
        "series": pa.string(),
        # "2023", "2022-10/2023-03", "2015-01/2024-12": days, months or years in the catalogue's zone.
        "period": pa.string(),
        # A word of vocabulary.STATISTICS.
        "statistic": pa.string(),
        # The limit's or the work's id; "" for neither.
        "against": pa.string(),
        # In the parameter's canonical unit; a trend's is that unit a year.
        "value": pa.float64(),
        # The ends of its 95 % interval, or of what non-detects leave open.
        "low": pa.float64(),
        "high": pa.float64(),
        # Of comparisons, the means whose difference ``value`` is.
        "before": pa.float64(),
        "after": pa.float64(),
        # How many values it rests on, of how many that a complete period would have; how many of them lie above the
        # limit, and how many below detection.
        "count": pa.int64(),
        "expected": pa.int64(),
        "above": pa.int64(),
        "below_detection": pa.int64(),
        # The probability of a trend or difference as large as this by chance.
        "p": pa.float64(),
        # A word of vocabulary.VERDICTS or TRENDS; "" for a plain statistic.
        "outcome": pa.string(),
        # Why it is so: a word of vocabulary.REASONS; "" where the numbers say it all.
        "reason": pa.string(),
    }
)
KEY = ("series", "period", "statistic", "against")


@dataclass(frozen=True, slots=True)
class Answer:
    """A row of ``ANSWERS``; numbers that are blank there are None."""

    series: str
    period: str
    statistic: str
    against: str
    value: float | None
    low: float | None
    high: float | None
    before: float | None
    after: float | None
    count: int | None
    expected: int | None
    above: int | None
    below_detection: int | None
    p: float | None
    outcome: str
    reason: str


class Answers:
    """All answers of an atlas: ``table`` has the columns of ``ANSWERS``, by series, period, statistic and against.
    They become values only when a series is looked at."""

    def __init__(self, table: pa.Table) -> None:
        # To see that they stand in order, as they come out of the lake, takes a tenth of sorting them.
        ordered = table if _in_order(table) else table.sort_by([(name, "ascending") for name in KEY])
        self.table = ordered.combine_chunks()
        series = self.table.column("series").to_numpy(zero_copy_only=False)
        starts = np.flatnonzero(np.concatenate(([True], series[1:] != series[:-1]))) if len(series) else np.arange(0)
        ends = np.append(starts, len(series))[1:]
        self._place = {series[at]: (int(at), int(end)) for at, end in zip(starts, ends, strict=True)}

    def of(self, series: str) -> list[Answer]:
        """The answers of one series; none where nothing was assessed."""
        first, last = self._place.get(series, (0, 0))
        return [Answer(**row) for row in self.table.slice(first, last - first).to_pylist()]


def _in_order(table: pa.Table) -> bool:
    """Whether the rows stand by their keys."""
    before, after = table.slice(0, max(len(table) - 1, 0)), table.slice(1)
    alike = pa.chunked_array([pa.array(np.ones(len(after), np.bool_))])
    for name in KEY:
        if pc.any(pc.and_(alike, pc.less(after[name], before[name]))).as_py():
            return False
        alike = pc.and_(alike, pc.equal(after[name], before[name]))
    return True


def answers(rows: Sequence[Mapping[str, Any]] | Mapping[str, Any]) -> pa.Table:
    """A table of answers from columns (or rows); columns that are not given are blank."""
    if not isinstance(rows, Mapping):
        return pa.Table.from_pylist(list(rows), schema=ANSWERS)
    length = len(next(iter(rows.values())))
    return pa.table(
        [
            pa.array(rows[each.name], type=each.type, from_pandas=True)
            if each.name in rows
            else pa.nulls(length, each.type)
            if each.type != pa.string()
            else pa.array([""] * length)
            for each in ANSWERS
        ],
        schema=ANSWERS,
    )

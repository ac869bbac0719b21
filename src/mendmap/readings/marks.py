"""Marks: quality checks that point at a reading, each with a name and a reason, and never take one away.

Neighbours are those of the same file or post, so that marks need no look into the lake.
Not here: what makes a claim unfit to be a reading (``readings.told``, ``readings.settle``).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mendmap.catalogue.records import Limit, Parameter
from mendmap.readings.claims import Query
from mendmap.units import UnitError, factor
from mendmap.words.vocabulary import MARKS

FLAT = 12  # equal values in a row
_SPIKE = 10  # times the larger of its neighbours
_NEAR = 3 * 3_600_000_000  # microseconds
# The numbers that Rows have for qualifiers.
QUALIFIERS = {"": 0, "<": 1, ">": 2}
_EPOCH = dt.datetime.fromtimestamp(0, dt.UTC)
_WORDS = tuple(MARKS)
_TEXTS = pa.array(
    [",".join(word for nth, word in enumerate(_WORDS) if bits >> nth & 1) for bits in range(2 ** len(_WORDS))]
)
Floats = NDArray[np.float64]


class Rows(NamedTuple):
    """Sound readings in the order of series and start, a row each; a blank number is NaN.

    ``series`` is any number that tells one from the next; ``start`` is in microseconds since 1970; ``value`` and
    ``detection_limit`` are in the parameter's canonical unit, as are its usual ``least`` and ``greatest`` and its
    lowest legal ``limit``. ``qualifier`` is a number of ``QUALIFIERS``.
    """

    series: NDArray[np.integer[Any]]
    start: NDArray[np.int64]
    value: Floats
    detection_limit: Floats
    qualifier: NDArray[np.integer[Any]]
    least: Floats
    greatest: Floats
    limit: Floats


def epoch_us(moment: dt.datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def lowest_limits(limits: Iterable[Limit], parameters: Mapping[str, Parameter]) -> dict[str, float]:
    """The lowest legal limit of each parameter, in its canonical unit."""
    lowest: dict[str, float] = {}
    for limit in limits:
        try:
            value = limit.value * factor(limit.unit, parameters[limit.parameter].unit)
        except UnitError:
            continue
        lowest[limit.parameter] = min(value, lowest.get(limit.parameter, value))
    return lowest


def ranges(query: Query, parameters: Mapping[str, Parameter], limits: Mapping[str, float]) -> None:
    """Makes the temporary table of what is usual: the parameter's range, and its lowest legal limit, all in its
    canonical unit."""
    query(
        "CREATE OR REPLACE TEMP TABLE parameter_ranges "
        "(parameter VARCHAR, least DOUBLE, greatest DOUBLE, limit_value DOUBLE)"
    )
    for each in parameters.values():
        query(
            "INSERT INTO parameter_ranges VALUES (?, ?, ?, ?)",
            [each.id, each.least, each.greatest, limits.get(each.id)],
        )


def bits(rows: Rows, now: int) -> NDArray[np.uint8]:
    """The marks of each row, a bit each in the order of ``vocabulary.MARKS``; ``now`` is in microseconds since 1970."""
    value, plain = rows.value, rows.qualifier == 0
    found = {
        "out_of_range": (value < rows.least) | (value > rows.greatest),
        "in_the_future": rows.start > now,
        "limit_above_law": (rows.qualifier == 1) & (rows.detection_limit > rows.limit),
        "spike": plain & _spikes(rows),
        "flat_line": plain & (_equal_in_a_row(rows) >= FLAT),
    }
    marked = np.zeros(len(value), np.uint8)
    for nth, word in enumerate(_WORDS):
        marked |= found[word].astype(np.uint8) << np.uint8(nth)
    return marked


def texts(marked: NDArray[np.uint8]) -> pa.Array:
    """The words of marks, separated by commas."""
    return _TEXTS.take(pa.array(marked))


def table(position: NDArray[np.int64], marked: NDArray[np.uint8]) -> pa.Table:
    """A table of ``position`` and ``marks``."""
    return pa.table({"position": position, "marks": texts(marked)})


def _spikes(rows: Rows) -> NDArray[np.bool_]:
    """Where a value is far above both its neighbours, and they are near."""
    value, found = rows.value, np.zeros(len(rows.value), np.bool_)
    before, after = value[:-2], value[2:]
    near = (np.diff(rows.series) == 0) & (np.diff(rows.start) <= _NEAR)
    found[1:-1] = (value[1:-1] > _SPIKE * np.maximum(before, after)) & (before > 0) & (after > 0) & near[1:] & near[:-1]
    return found


def _equal_in_a_row(rows: Rows) -> NDArray[np.int64]:
    """How many values up to this one are the same; 1 where the one before differs."""
    nth = np.arange(len(rows.value))
    same = np.zeros(len(nth), np.bool_)
    same[1:] = (rows.value[1:] == rows.value[:-1]) & (np.diff(rows.series) == 0)
    return nth - np.maximum.accumulate(np.where(same, 0, nth)) + 1

"""Gathers answers by the block and makes one table of them, in the order of its key.

Words and ids are numbers until the end: a million rows take a second as texts, and a tenth of that as numbers.
Not here: what the answers are.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mendmap.assess import calendar
from mendmap.assess.grid import Numbers
from mendmap.assess.model import ANSWERS, Floats
from mendmap.words.vocabulary import REASONS, STATISTICS, VERDICTS

OUTCOMES = ("", *VERDICTS)
WHY = ("", *REASONS)
_STATISTICS = tuple(sorted(STATISTICS))
_NUMBERS = ("value", "low", "high", "before", "after", "p")
_COUNTS = ("count", "expected", "above", "below_detection")
Codes = NDArray[np.int8]


class Rows:
    """Answers in the making. ``series`` are the ids that numbers of series stand for, ``against`` those of limits."""

    def __init__(self, series: Sequence[str], against: Sequence[str]) -> None:
        self._series = series
        self._against = tuple(sorted({"", *against}))
        self._parts: list[dict[str, NDArray[np.generic]]] = []

    def add(
        self,
        series: Numbers,
        year: Numbers,
        statistic: str,
        *,
        against: str = "",
        winter: bool = False,
        outcome: Codes | np.int8 | int = 0,
        reason: Codes | np.int8 | int = 0,
        **columns: Floats | Numbers | int | float,
    ) -> None:
        """Adds a row a series and year: ``outcome`` and ``reason`` are places in OUTCOMES and WHY; ``columns`` are
        numbers of ``ANSWERS``, blank where they are NaN, infinite or below zero as a count."""
        rows = len(series)
        given = {
            "series": series,
            "period": year * 2 + winter,
            "statistic": _STATISTICS.index(statistic),
            "against": self._against.index(against),
            "outcome": outcome,
            "reason": reason,
            **{name: columns.get(name, np.nan) for name in _NUMBERS},
            **{name: columns.get(name, -1) for name in _COUNTS},
        }
        self._parts.append({name: np.broadcast_to(np.asarray(each), rows) for name, each in given.items()})

    def table(self) -> pa.Table:
        """The answers as ``ANSWERS``, by series, period, statistic and against."""
        if not self._parts:
            return ANSWERS.empty_table()
        held = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        periods, held["period"] = np.unique(held["period"], return_inverse=True)
        names = {
            "series": self._series,
            "period": [calendar.period(int(each) // 2, bool(each % 2)) for each in periods],
            "statistic": _STATISTICS,
            "against": self._against,
        }
        order = _order(held, names)
        words = names | {"outcome": OUTCOMES, "reason": WHY}
        arrays = [_array(each, held[each.name][order], words.get(each.name)) for each in ANSWERS]
        return pa.table(arrays, schema=ANSWERS)


def _order(held: dict[str, NDArray[np.generic]], names: dict[str, Sequence[str]]) -> Numbers:
    """The order of the rows by the texts of their key, sorted as one number each."""
    key = np.zeros(len(held["series"]), np.int64)
    for name, texts in names.items():
        rank = np.argsort(np.argsort(np.array(texts, dtype=object), kind="stable"))
        key = key * len(texts) + rank[held[name].astype(np.int64)]
    return np.argsort(key, kind="stable")


def _array(column: pa.Field, values: NDArray[np.generic], words: Sequence[str] | None) -> pa.Array:
    if words is not None:
        return pa.DictionaryArray.from_arrays(values.astype(np.int32), pa.array(words, pa.string())).cast(pa.string())
    blank = ~np.isfinite(values) if column.name in _NUMBERS else values.astype(np.int64) < 0
    return pa.array(values.astype(column.type.to_pandas_dtype()), mask=blank)

"""The columns of a layer's frame as filters read them, each made when first needed and kept.

Texts and numbers are Arrow arrays, where what is missing is null; times are two whole numbers, their first and last
day or microsecond. Not here: what is asked of them (``check``, ``relations``).
"""

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

import geopandas
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from mendmap.query.filters.times import Times, microseconds
from mendmap.words.dates import Period
from mendmap.words.fields import Field, value

# Of these a comparison takes the last day that the date can mean, of all other dates the first.
ENDS = frozenset(("valid_to", "state_until"))
_EPOCH = dt.date(1970, 1, 1)
_MOMENT = Field("moment", "moment", "", required=True)


class Columns:
    """The columns of one frame. Safe to use from several threads: what two make at once is the same."""

    def __init__(self, frame: geopandas.GeoDataFrame) -> None:
        self._frame = frame
        self._kept: dict[tuple[str, str], Any] = {}

    def __len__(self) -> int:
        return len(self._frame)

    def texts(self, name: str) -> pa.Array:
        """A column of texts."""
        return self._once(name, "text", lambda: self._array(name, pa.string()))

    def numbers(self, name: str) -> pa.Array:
        """A column of numbers, whole ones among them."""
        return self._once(name, "number", lambda: self._array(name, pa.float64()))

    def dates(self, name: str) -> Times:
        """A column of dates: a year, a month, a day, or a span of these."""
        found: Times = self._once(name, "date", lambda: self._times(name, _days, exact=False))
        return found

    def moments(self, name: str) -> Times:
        """A column of moments."""
        found: Times = self._once(name, "moment", lambda: self._times(name, _microseconds, exact=True))
        return found

    def folded(self, name: str, how: str, fold: Callable[[str], str]) -> pa.Array:
        """A column of texts, each folded; ``how`` names the fold."""
        return self._once(name, how, lambda: fold_texts(self.texts(name), fold))

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """The positions and outlines; None where there is none."""
        return np.asarray(self._frame.geometry.to_numpy(), dtype=object)

    @cached_property
    def unplaced(self) -> NDArray[np.bool_]:
        """Which have no position."""
        return np.asarray(shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The shapes, ready to be searched."""
        return shapely.STRtree(self.shapes)

    def _array(self, name: str, kind: pa.DataType) -> pa.Array:
        return pa.array(self._frame[name].to_numpy(dtype=object), kind, from_pandas=True)

    def _once(self, name: str, how: str, make: Callable[[], Any]) -> Any:
        found = self._kept.get((name, how))
        return found if found is not None else self._kept.setdefault((name, how), make())

    def _times(self, name: str, read: Callable[[str], tuple[int, int]], *, exact: bool) -> Times:
        known = self.texts(name).dictionary_encode()
        pairs = [read(each) for each in known.dictionary.to_pylist()]
        first, last = (pa.array([pair[end] for pair in pairs], pa.int64()).take(known.indices) for end in (0, 1))
        return Times(first, last, last if name in ENDS else first, exact)


def fold_texts(texts: Any, fold: Callable[[str], str]) -> Any:
    """Texts, each folded once however often it occurs; a scalar or an array."""
    if isinstance(texts, pa.Scalar):
        return pa.scalar(fold(texts.as_py()))
    known = texts.dictionary_encode()
    return pa.array([fold(each) for each in known.dictionary.to_pylist()], pa.string()).take(known.indices)


def _days(text: str) -> tuple[int, int]:
    period = Period.parse(text)
    return (period.first - _EPOCH).days, (period.last - _EPOCH).days


def _microseconds(text: str) -> tuple[int, int]:
    at = microseconds(value(_MOMENT, text))
    return at, at

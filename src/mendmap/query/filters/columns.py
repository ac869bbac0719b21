"""The columns of a layer as filters read them, each made when first needed and kept.

Texts and numbers are Arrow arrays, where what is missing is null; times are two whole numbers, their first and last
day or microsecond. Not here: what is asked of them (``check``, ``relations``).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

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
    """The columns of one table, which has one of the ``shapes`` a row, None where there is no position; ``column``
    gives the values of one by its name. Safe to use from several threads: what two make at once is the same."""

    def __init__(self, shapes: NDArray[np.object_], column: Callable[[str], Sequence[Any]]) -> None:
        self.shapes, self._column = shapes, column
        self._kept: dict[tuple[str, str], Any] = {}

    def __len__(self) -> int:
        return len(self.shapes)

    def texts(self, name: str) -> pa.Array:
        """A column of texts, as a dictionary where most occur more than once."""
        return self._once(name, "text", lambda: _packed(self._array(name, pa.string())))

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
    def unplaced(self) -> NDArray[np.bool_]:
        """Which have no position."""
        return np.asarray(shapely.is_missing(self.shapes) | shapely.is_empty(self.shapes))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The shapes, ready to be searched."""
        return shapely.STRtree(self.shapes)

    def _array(self, name: str, kind: pa.DataType) -> pa.Array:
        return pa.array(self._column(name), kind, from_pandas=True)

    def _once(self, name: str, how: str, make: Callable[[], Any]) -> Any:
        found = self._kept.get((name, how))
        return found if found is not None else self._kept.setdefault((name, how), make())

    def _times(self, name: str, read: Callable[[str], tuple[int, int]], *, exact: bool) -> Times:
        known = self._array(name, pa.string()).dictionary_encode()
        pairs = [read(each) for each in known.dictionary.to_pylist()]
        first, last = (pa.array([pair[end] for pair in pairs], pa.int64()).take(known.indices) for end in (0, 1))
        return Times(first, last, last if name in ENDS else first, exact)


def each_text(texts: Any, ask: Callable[[Any], Any]) -> Any:
    """What is asked of texts, a scalar or an array; of a dictionary it is asked once for each that is in it."""
    if isinstance(texts, pa.DictionaryArray):
        return ask(texts.dictionary).take(texts.indices)
    return ask(texts)


def plain_texts(values: Any) -> Any:
    """Values that are no dictionary."""
    return values.dictionary_decode() if isinstance(values, pa.DictionaryArray) else values


def fold_texts(texts: Any, fold: Callable[[str], str]) -> Any:
    """Texts, each folded; a scalar or an array."""
    if isinstance(texts, pa.Scalar):
        return pa.scalar(fold(texts.as_py()))
    if isinstance(texts, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(texts.indices, fold_texts(texts.dictionary, fold))
    return pa.array([None if each is None else fold(each) for each in texts.to_pylist()], pa.string())


def _packed(texts: pa.Array) -> pa.Array:
    packed = texts.dictionary_encode()
    return packed if 2 * len(packed.dictionary) <= len(texts) else texts


def _days(text: str) -> tuple[int, int]:
    period = Period.parse(text)
    return (period.first - _EPOCH).days, (period.last - _EPOCH).days


def _microseconds(text: str) -> tuple[int, int]:
    at = microseconds(value(_MOMENT, text))
    return at, at

"""Filters in CQL2 (OGC 21-065r2), as text or JSON: read, checked against the columns that may be asked for, and held
against rows.

The way of a filter: ``text`` (or orjson) gives the form of CQL2 JSON, ``check`` makes of it expressions of known kinds,
``operations`` and ``relations`` hold them against ``columns``. A comparison with something unknown is unknown, as in
SQL, and what is unknown is not found.

What a date of this project means, which may be a year or a month: in a comparison it is its first day, and of
``valid_to`` and ``state_until`` its last; so ``valid_to = DATE('2020-12-31')`` finds what is valid until 2020. In the
T_ functions it is the time from its first day to its last. A date held against a moment takes that as its day in UTC.
As an end of INTERVAL a property without a value is open, as ``datetime`` takes it.

Not here: which columns may be asked for (``atlas.fields``), and finding features (``atlas.select``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.geo.crs import Crs, crs
from mendmap.query.filters.check import check
from mendmap.query.filters.columns import Columns
from mendmap.query.filters.expressions import Run
from mendmap.query.filters.text import read
from mendmap.words.fields import Field

LANGUAGES = ("cql2-text", "cql2-json")
# A longer filter is refused before it is read.
LONGEST = 20_000
_CRS84 = crs("OGC:CRS84")


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that has been checked: ``text`` in its ``language``, shapes in it in a ``system``; ``body`` is its form
    in CQL2 JSON."""

    text: str
    language: str
    system: Crs
    body: Any = field(repr=False, compare=False)
    _run: Run = field(repr=False, compare=False)

    def holds(self, columns: Columns) -> NDArray[np.bool_]:
        """For each row whether the filter is true; false where it is unknown."""
        held = self._run(columns)
        if isinstance(held, pa.Scalar):
            return np.full(len(columns), held.as_py() is True)
        found: NDArray[np.bool_] = pc.fill_null(held, False).to_numpy(zero_copy_only=False)
        return found


def parse(text: str, queryables: Mapping[str, Field], language: str = "cql2-text", crs: Crs | None = None) -> Filter:
    """A filter whose every property is a queryable (``atlas.fields.queryables``). Its shapes are in ``crs``, in the
    official order of its axes; in longitude and latitude where none is given. Raises BadRequestError, which names what
    is wrong and the choices."""
    if language not in LANGUAGES:
        raise BadRequestError(not_one_of("filter-lang: not one of the choices", language, LANGUAGES))
    if len(text) > LONGEST:
        raise BadRequestError(f"filter: {len(text)} characters; at most {LONGEST} are read")
    body = read(text) if language == "cql2-text" else _json(text)
    system = crs or _CRS84
    return Filter(text, language, system, body, check(body, queryables, system))


def _json(text: str) -> Any:
    # It refuses NaN, numbers that are too large, and nesting deeper than a thousand.
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise BadRequestError(f"filter: not JSON: {error}: {shown(text)}") from None

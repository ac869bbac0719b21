"""What two shapes or two times may be to each other (OGC 21-065r2, clauses 7.3 and 7.4), held against whole columns.

A relation of something unknown is unknown: null. Not here: literals (``shapes``, ``check``).
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from mendmap.query.filters.columns import Columns
from mendmap.query.filters.times import Times

# Each spatial relation as shapely names it, and the one that holds the other way round.
SPATIAL: Mapping[str, tuple[str, str]] = {
    "s_intersects": ("intersects", "intersects"),
    "s_equals": ("equals", "equals"),
    "s_disjoint": ("disjoint", "disjoint"),
    "s_touches": ("touches", "touches"),
    "s_within": ("within", "contains"),
    "s_overlaps": ("overlaps", "overlaps"),
    "s_crosses": ("crosses", "crosses"),
    "s_contains": ("contains", "within"),
}


def _both(*conditions: Any) -> Any:
    found = conditions[0]
    for each in conditions[1:]:
        found = pc.and_kleene(found, each)
    return found


_Relation = Callable[[Any, Any, Any, Any], Any]
_less, _equal, _more = pc.less, pc.equal, pc.greater
# Of the first and last of the one (a, b) and of the other (c, d). An instant is first and last in one.
TEMPORAL: Mapping[str, _Relation] = {
    "t_after": lambda a, b, c, d: _more(a, d),
    "t_before": lambda a, b, c, d: _less(b, c),
    "t_contains": lambda a, b, c, d: _both(_less(a, c), _more(b, d)),
    "t_disjoint": lambda a, b, c, d: pc.or_kleene(_less(b, c), _more(a, d)),
    "t_during": lambda a, b, c, d: _both(_more(a, c), _less(b, d)),
    "t_equals": lambda a, b, c, d: _both(_equal(a, c), _equal(b, d)),
    "t_finishedby": lambda a, b, c, d: _both(_less(a, c), _equal(b, d)),
    "t_finishes": lambda a, b, c, d: _both(_more(a, c), _equal(b, d)),
    "t_intersects": lambda a, b, c, d: _both(pc.less_equal(a, d), pc.greater_equal(b, c)),
    "t_meets": lambda a, b, c, d: _equal(b, c),
    "t_metby": lambda a, b, c, d: _equal(a, d),
    "t_overlappedby": lambda a, b, c, d: _both(_more(a, c), _less(a, d), _more(b, d)),
    "t_overlaps": lambda a, b, c, d: _both(_less(a, c), _more(b, c), _less(b, d)),
    "t_startedby": lambda a, b, c, d: _both(_equal(a, c), _more(b, d)),
    "t_starts": lambda a, b, c, d: _both(_equal(a, c), _less(b, d)),
}


def temporal(relation: str, one: Times, other: Times) -> Any:
    """Whether two times stand in a relation; in days, unless both are moments."""
    if one.exact != other.exact:
        one, other = one.days(), other.days()
    return TEMPORAL[relation](one.first, one.last, other.first, other.last)


def spatial(relation: str, one: Any, other: Any, columns: Columns) -> Any:
    """Whether two shapes stand in a relation; None stands for the column of shapes. Null where there is no position."""
    name, turned = SPATIAL[relation]
    if one is not None and other is not None:
        return pa.scalar(bool(getattr(shapely, name)(one, other)))
    if one is None and other is None:
        held = getattr(shapely, name)(columns.shapes, columns.shapes)
    else:
        held = _held(name, other, columns) if one is None else _held(turned, one, columns)
    return pa.array(held, pa.bool_(), mask=columns.unplaced)


def _held(name: str, shape: Any, columns: Columns) -> Any:
    """Which shapes of the column stand in a relation to one, found by a tree and not one by one."""
    if name == "disjoint":
        return ~_held("intersects", shape, columns)
    # The tree asks it of the shape given, and so the other way round.
    asked = {"within": "contains", "contains": "within", "equals": "intersects"}.get(name, name)
    found = columns.tree.query(shape, predicate=asked)
    if name == "equals":
        found = found[shapely.equals(columns.shapes[found], shape)]
    held = np.zeros(len(columns), dtype=bool)
    held[found] = True
    return held

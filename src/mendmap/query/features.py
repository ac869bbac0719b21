"""What is asked of the features of a layer: where, when, which, in what order, and in which system.

Not here: filters in CQL2 (``filters``), finding what is asked for (``atlas.select``), and addresses (``web``).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import Crs, crs
from mendmap.query.filters import Filter
from mendmap.query.times import Interval

CRS84 = crs("OGC:CRS84")
# Points along each edge of a box in a projection, whose edges are not straight in degrees.
_EDGE = 21


class Order(NamedTuple):
    """A column to sort by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features of a layer are asked for; all of them as it stands.

    ``boxes`` are in CRS84, two where the box asked for crosses the antimeridian, and a feature is wanted where it
    meets any; ``interval`` is held against ``valid_from`` and ``valid_to``; ``filter`` is a CQL2 expression that has
    been checked; ``ids`` are features by name. Features come in the layer's order, or by ``order``.
    """

    boxes: tuple[Bounds, ...] = ()
    interval: Interval = Interval()
    filter: Filter | None = None
    ids: tuple[str, ...] | None = None
    order: tuple[Order, ...] = ()


def boxes(text: str | None, system: Crs = CRS84) -> tuple[Bounds, ...]:
    """The boxes of ``bbox``: four numbers, or six of which heights are passed over, in the order of axes of a system.
    None asks for everywhere. Raises BadRequestError."""
    if text is None:
        return ()
    try:
        numbers = [float(each) for each in text.split(",")] if len(text) < 300 and text.isascii() else []
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise BadRequestError(f"bbox: not four or six finite numbers, low corner before high: {shown(text)}")
    low_x, low_y, high_x, high_y = numbers
    if system.swapped:
        low_x, low_y, high_x, high_y = low_y, low_x, high_y, high_x
    if low_y > high_y:
        raise BadRequestError(f"bbox: its lower edge lies above its upper one: {shown(text)}")
    if system.name not in (CRS84.name, "EPSG:4326"):
        if low_x > high_x:
            raise BadRequestError(f"bbox: its left edge lies right of its right one: {shown(text)}")
        return (_in_degrees(low_x, low_y, high_x, high_y, system, text),)
    try:
        if low_x <= high_x:
            return (Bounds.of(low_x, low_y, high_x, high_y),)
        # RFC 7946, section 5.2: a box whose west is east of its east crosses the antimeridian.
        return Bounds.of(low_x, low_y, 180.0, high_y), Bounds.of(-180.0, low_y, high_x, high_y)
    except ValueError as error:
        raise BadRequestError(f"bbox: {error}") from None


def _in_degrees(left: float, low: float, right: float, high: float, system: Crs, text: str) -> Bounds:
    """The box in degrees around a box of a projection."""
    along, up = np.linspace(left, right, _EDGE), np.linspace(low, high, _EDGE)
    edge = [
        *((x, low) for x in along),
        *((x, high) for x in along),
        *((left, y) for y in up),
        *((right, y) for y in up),
    ]
    west, south, east, north = shapely.total_bounds(system.to_crs84(np.array([shapely.MultiPoint(edge)])))
    if not np.isfinite([west, south, east, north]).all():
        raise BadRequestError(f"bbox: it reaches beyond where {system.name} is defined: {shown(text)}")
    return Bounds(float(west), float(south), float(east), float(north))


def order(text: str | None, sortable: Iterable[str]) -> tuple[Order, ...]:
    """What ``sortby`` asks for: columns in a comma list, each with - before it for the greatest first. Raises
    BadRequestError with the choices."""
    if text is None:
        return ()
    known = list(sortable)
    # In an address, + stands for a space.
    found = [Order(each.lstrip("+ -"), each.startswith("-")) for each in text.split(",")]
    for each in found:
        if each.column not in known:
            raise BadRequestError(not_one_of("sortby: no such column", each.column, known))
    if len({each.column for each in found}) < len(found):
        raise BadRequestError(f"sortby: a column is named twice: {shown(text)}")
    return tuple(found)


def columns(text: str | None, known: Sequence[str]) -> tuple[str, ...] | None:
    """What ``properties`` asks for: a comma list of columns; None where none is given. Raises BadRequestError."""
    if text is None:
        return None
    listed = text.split(",") if text else []
    for each in listed:
        if each not in known:
            raise BadRequestError(not_one_of("properties: no such column", each, known))
    return tuple(each for each in known if each in listed)

"""What is asked of the features of a layer: where, when, which, in what order, and in which system.

Not here: filters in CQL2 (``filters``), finding what is asked for (``atlas.select``), and addresses (``web``).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import shapely

from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import Crs, crs
from mendmap.query.boxes import boxes as shapes_of_box
from mendmap.query.filters import Filter
from mendmap.query.times import Interval

CRS84 = crs("OGC:CRS84")


class Order(NamedTuple):
    """A column to sort by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class FeatureQuery:
    """Which features of a layer are asked for; all of them as it stands.

    ``boxes`` are in CRS84, two where the box asked for crosses the antimeridian and outlines where it is of a
    projection, and a feature is wanted where it meets any; ``interval`` is held against ``valid_from`` and
    ``valid_to``; ``filter`` is a CQL2 expression that has been checked; ``ids`` are features by name. Features come in
    the layer's order, or by ``order``.
    """

    boxes: tuple[Bounds | shapely.Polygon, ...] = ()
    interval: Interval = Interval()
    filter: Filter | None = None
    ids: tuple[str, ...] | None = None
    order: tuple[Order, ...] = ()


def boxes(text: str | None, system: Crs = CRS84) -> tuple[Bounds | shapely.Polygon, ...]:
    """The shapes of ``bbox``: four numbers, or six of which heights are passed over, in the order of axes of a system.
    None asks for everywhere. Raises BadRequestError."""
    if text is None:
        return ()
    try:
        # Python reads 1_0 as ten.
        plain = len(text) < 300 and text.isascii() and "_" not in text
        numbers = [float(each) for each in text.split(",")] if plain else []
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BadRequestError(f"bbox: not four or six finite numbers, low corner before high: {shown(text)}")
    return shapes_of_box(numbers, system)


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

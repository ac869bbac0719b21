"""Where readings were taken: the stations that a point, an area or a time asks for.

Not here: their readings (``observations``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from mendmap.atlas.model import Feature
from mendmap.errors import BadRequestError, NotFoundError, not_one_of, shown
from mendmap.geo.crs import Crs
from mendmap.geo.measure import distance_m
from mendmap.lake.contents import SeriesRow
from mendmap.query.times import Interval
from mendmap.web.keeper import Served

# A point that was copied from a station may have lost its last decimals.
_LEAST_M = 1.0


@dataclass(frozen=True, slots=True)
class Station:
    """A feature with the series that were taken at it."""

    feature: Feature
    series: tuple[SeriesRow, ...]


def every(served: Served) -> list[Station]:
    """Every feature at which readings were taken, in the catalogue's order."""
    found = served.atlas.features.joined_to()
    own = ((each, tuple(one for one in each.series if one.station == each.id)) for each in found)
    return [Station(feature, series) for feature, series in own if series]


def at(served: Served, point: BaseGeometry) -> list[Station]:
    """The stations that may stand at a point, or any of several: it lies within their accuracy. Raises NotFoundError
    with the nearest one."""
    placed = [each for each in every(served) if each.feature.geometry is not None]
    far = [distance_m(point, each.feature.geometry) for each in placed]
    found = [
        each
        for each, metres in zip(placed, far, strict=True)
        if metres <= max(_LEAST_M, float(each.feature.properties.get("accuracy_m") or 0))
    ]
    if not found:
        near = min(zip(far, placed, strict=True), key=lambda each: each[0], default=None)
        told = f"; the nearest, {near[1].feature.id}, is {near[0]:,.0f} m away" if near else ""
        raise NotFoundError(f"station that may stand at this position{told}", shapely.to_wkt(point, trim=True))
    return found


def within(served: Served, areas: Sequence[BaseGeometry]) -> list[Station]:
    """The stations that stand in any of some areas."""
    placed = [each for each in every(served) if each.feature.geometry is not None]
    shapes = np.array([each.feature.geometry for each in placed], dtype=object)
    met = shapely.intersects(shapes, shapely.union_all(areas))
    return [each for each, wanted in zip(placed, met, strict=True) if wanted]


def during(stations: Sequence[Station], time: Interval) -> list[Station]:
    """Those that have a series that begins before a time ends, and ends after it begins."""
    return [each for each in stations if any(_meets(one, time) for one in each.series)]


def _meets(series: SeriesRow, time: Interval) -> bool:
    return not ((time.last and series.first > time.last) or (time.first and series.last < time.first))


def shape(text: str, kinds: Sequence[str], system: Crs) -> BaseGeometry:
    """The shape of ``coords``, in CRS84, from well-known text in a system, with its order of axes. Raises
    BadRequestError."""
    try:
        found = shapely.force_2d(shapely.from_wkt(text))
    except (ShapelyError, ValueError):
        raise BadRequestError(f"coords: not well-known text, such as POINT(22.1 44.07): {shown(text)}") from None
    if found.geom_type.upper() not in kinds:
        raise BadRequestError(not_one_of("coords: not a shape of this query", found.geom_type.upper(), kinds))
    (turned,) = system.to_crs84(system.official(np.array([found], dtype=object)))
    numbers = shapely.get_coordinates(turned)
    if not len(numbers) or not np.isfinite(numbers).all():
        raise BadRequestError(f"coords: empty, or beyond where {system.name} is defined: {shown(text)}")
    if (abs(numbers) > [180, 90]).any():
        raise BadRequestError(f"coords: not longitude and latitude on the ground: {shown(text)}")
    if not turned.is_valid:
        raise BadRequestError(f"coords: {shapely.is_valid_reason(turned)}: {shown(text)}")
    return turned

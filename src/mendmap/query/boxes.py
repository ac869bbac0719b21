"""Shapes that are asked for, brought to longitude and latitude: boxes in any system, and what crosses from one system
to another without losing its edges.

Not here: how a box is written in an address (``features``) or in a filter (``filters``).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.errors import BadRequestError, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import Crs

# A straight edge of a projection is bent in degrees. Each is followed by so many pieces as straight ones: of a box of
# 100 km in UTM at 44° N, whose edge bends by 190 m, what is kept is off by less than 0.1 m.
_PIECES = 64


def boxes(numbers: Sequence[float], system: Crs, what: str = "bbox") -> tuple[Bounds | shapely.Polygon, ...]:
    """The shapes in CRS84 of a box: four numbers, or six of which heights are passed over, low corner before high, in
    the order of axes of a system. In degrees it is a box, or two where it crosses the antimeridian; in a projection it
    is its outline, followed in 64 pieces an edge. Raises BadRequestError."""
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise BadRequestError(f"{what}: not four or six finite numbers, low corner before high: {shown(numbers)}")
    low_x, low_y, high_x, high_y = (*numbers[:2], *numbers[len(numbers) // 2 :][:2])
    if system.swapped:
        low_x, low_y, high_x, high_y = low_y, low_x, high_y, high_x
    if low_y > high_y:
        raise BadRequestError(f"{what}: its lower edge lies above its upper one: {shown(numbers)}")
    if not system.geographic:
        if low_x > high_x:
            raise BadRequestError(f"{what}: its left edge lies right of its right one: {shown(numbers)}")
        outline = in_degrees(shapely.box(low_x, low_y, high_x, high_y), system, what)
        return (outline,)
    try:
        if low_x <= high_x:
            return (Bounds.of(low_x, low_y, high_x, high_y),)
        # RFC 7946, section 5.2: a box whose west is east of its east crosses the antimeridian.
        return Bounds.of(low_x, low_y, 180.0, high_y), Bounds.of(-180.0, low_y, high_x, high_y)
    except ValueError as error:
        raise BadRequestError(f"{what}: {error}") from None


def in_degrees(shape: BaseGeometry, system: Crs, what: str) -> Any:
    """A shape of a system (easting before northing) in CRS84, its edges followed. Raises BadRequestError where it
    leaves the world, or where in degrees it would be torn: across the antimeridian or around a pole."""
    if system.geographic:
        turned = shape
    else:
        left, low, right, high = shape.bounds
        longest = max(right - left, high - low) / _PIECES
        turned = system.to_crs84(np.array([shapely.segmentize(shape, longest) if longest > 0 else shape]))[0]
    positions = shapely.get_coordinates(turned)
    if not np.isfinite(positions).all() or (np.abs(positions) > (180, 90)).any():
        place = "the world" if system.geographic else f"where {system.name} is defined"
        raise BadRequestError(f"{what}: it reaches beyond {place}: {shown(shape.wkt)}")
    if not system.geographic and _torn(shape, turned, system):
        raise BadRequestError(
            f"{what}: it crosses the antimeridian or holds a pole, and is not one shape in degrees; ask in OGC:CRS84: "
            f"{shown(shape.wkt)}"
        )
    return turned


def _torn(shape: BaseGeometry, turned: BaseGeometry, system: Crs) -> bool:
    """Whether two neighbours on a line lie half a world apart, or a pole lies within the shape."""
    lines = shapely.get_parts(shapely.get_rings(turned) if shape.area else turned)
    for line in lines:
        if (np.abs(np.diff(shapely.get_coordinates(line)[:, 0])) > 180).any():
            return True
    poles = system.from_crs84(np.array([shapely.Point(0, 90), shapely.Point(0, -90)]))
    known = [pole for pole in poles if np.isfinite(shapely.get_coordinates(pole)).all()]
    return any(shapely.intersects(shape, pole) for pole in known)

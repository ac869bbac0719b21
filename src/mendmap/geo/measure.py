"""Lengths, areas and distances on the WGS 84 ellipsoid (Karney's geodesics, through PROJ).

Not here: anything measured on a map projection.
"""

from functools import cache
from math import cos, radians

import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry


@cache
def _ellipsoid() -> Geod:
    return Geod(ellps="WGS84")


def length_m(geometry: BaseGeometry) -> float:
    """Geodesic length of a line, or perimeter of a polygon, in metres."""
    return float(_ellipsoid().geometry_length(geometry))


def area_m2(geometry: BaseGeometry) -> float:
    """Geodesic area of a polygon in square metres, whichever way its rings wind."""
    # PROJ gives an area a sign by its ring's direction, so a hole drawn like its shell would be added.
    return abs(float(_ellipsoid().geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def distance_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """Geodesic length of the shortest line between two geometries, in metres; 0 where they touch.

    The nearest points are found on the plane of longitude scaled by the cosine of the latitude, which is
    right to about 1 % within 100 km.
    """
    latitude = (one.centroid.y + other.centroid.y) / 2
    scale = max(0.01, cos(radians(latitude)))
    flat = [shapely.transform(each, lambda xy: xy * [scale, 1.0]) for each in (one, other)]
    nearest = shapely.shortest_line(*flat)
    return length_m(shapely.transform(nearest, lambda xy: xy / [scale, 1.0]))

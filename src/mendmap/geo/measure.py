"""Lengths, areas and distances on the WGS 84 ellipsoid (Karney's geodesics, through PROJ).

Not here: anything measured on a map projection.
"""

from functools import cache
from math import cos, radians

import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

_MOST_VERTICES = 500
# Of latitude, on the mean sphere.
_METRES_OF_DEGREE = 111_195.0


@cache
def ellipsoid() -> Geod:
    """The WGS 84 ellipsoid, for geodesics between points in degrees."""
    return Geod(ellps="WGS84")


def length_m(geometry: BaseGeometry) -> float:
    """Geodesic length of a line, or perimeter of a polygon, in metres."""
    return float(ellipsoid().geometry_length(geometry))


def area_m2(geometry: BaseGeometry) -> float:
    """Geodesic area of a polygon in square metres, whichever way its rings wind."""
    # PROJ gives an area a sign by its ring's direction, so a hole drawn like its shell would be added.
    return abs(float(ellipsoid().geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def distance_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """Geodesic length of the shortest line between two geometries, in metres; 0 where they touch."""
    return length_m(between(one, other))


def apart_m(one: BaseGeometry, other: BaseGeometry) -> float:
    """How far from the larger of two geometries the farthest place of the smaller lies, in metres; 0 where it lies
    within it or along it. A point is smaller than a line, and a line than an area; of two alike, the shorter or the one
    of less area.

    It is measured at the vertices, at most about 500 of them, on the plane of longitude scaled by the cosine of the
    latitude, which is right to about 1 % within 100 km.
    """
    small, large = sorted((one, other), key=lambda each: (shapely.get_dimensions(each), each.area, each.length))
    vertices = shapely.get_coordinates(small)
    scale = [max(0.01, cos(radians(float(vertices[:, 1].mean())))), 1.0]
    flat = shapely.transform(large, lambda xy: xy * scale)
    chosen = vertices[:: -(-len(vertices) // _MOST_VERTICES)] * scale
    return float(shapely.distance(shapely.points(chosen), flat).max()) * _METRES_OF_DEGREE


def between(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """The shortest line from one geometry to another, in degrees; of no length where they touch.

    The nearest points are found on the plane of longitude scaled by the cosine of the latitude, which is
    right to about 1 % within 100 km.
    """
    latitude = (one.centroid.y + other.centroid.y) / 2
    scale = max(0.01, cos(radians(latitude)))
    flat = [shapely.transform(each, lambda xy: xy * [scale, 1.0]) for each in (one, other)]
    return shapely.transform(shapely.shortest_line(*flat), lambda xy: xy / [scale, 1.0])

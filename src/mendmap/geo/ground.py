"""Between the ground and the plane of any system: outlines put onto it, and how much ground a piece of it is.

Not here: the systems that features can be asked for in (``crs``), and lengths and areas of outlines (``measure``).
"""

from functools import lru_cache

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from mendmap.geo.measure import ellipsoid

Floats = NDArray[np.float64]

# A straight edge in degrees is a curve on most planes. Cut so short, a piece of it stays within 3 cm of that curve
# below 60 degrees of latitude: half its length squared, over twice the curve's radius.
_PIECE_DEGREES = 0.01
# Outlines of continents are cut into no more than this for each edge.
_MOST_PIECES = 1000


class Plane:
    """The plane of a system, in its own units, easting before northing. Raises ValueError where PROJ does not know the
    system, or it has no two axes."""

    def __init__(self, wkt: str) -> None:
        try:
            self.system = pyproj.CRS.from_wkt(wkt)
            self._turn = pyproj.Transformer.from_crs("OGC:CRS84", self.system, always_xy=True)
        except CRSError as error:
            raise ValueError(f"no coordinate reference system that PROJ can use: {error}") from None

    def outline(self, geometry: BaseGeometry) -> BaseGeometry:
        """An outline of longitude and latitude on this plane: polygons alone, valid ones, without heights. It is empty
        where the plane does not reach."""
        west, south, east, north = geometry.bounds
        piece = max(_PIECE_DEGREES, (east - west) / _MOST_PIECES, (north - south) / _MOST_PIECES)
        placed = shapely.transform(
            shapely.segmentize(geometry, piece), lambda xy: np.column_stack(self._turn.transform(xy[:, 0], xy[:, 1]))
        )
        if not np.isfinite(shapely.get_coordinates(placed)).all():
            return shapely.MultiPolygon()
        return areas(placed if placed.is_valid else shapely.make_valid(placed))

    def ground_m2(self, x: Floats, y: Floats, step: tuple[float, float]) -> Floats:
        """How many square metres of the WGS 84 ellipsoid lie under one square unit of this plane, at points of it.

        It is the determinant of longitude and latitude by x and y, taken over steps as wide as a pixel, times the
        radii of curvature of meridian and parallel (Snyder 1987, Map Projections: A Working Manual, 4-18 to 4-21).
        """
        wide, high = step[0] / 2, step[1] / 2
        west, east, south, north = (
            np.array(self._turn.transform(x + dx, y + dy, direction="INVERSE"))
            for dx, dy in ((-wide, 0.0), (wide, 0.0), (0.0, -high), (0.0, high))
        )
        along, up = np.radians(_turned(east - west)) / step[0], np.radians(_turned(north - south)) / step[1]
        return np.asarray(np.abs(along[0] * up[1] - along[1] * up[0]) * _m2_of_radians((south[1] + north[1]) / 2))


def areas(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, without the lines and points beside them."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = (each for part in shapely.get_parts(geometry) for each in shapely.get_parts(part))
    return shapely.MultiPolygon([each for each in parts if each.geom_type == "Polygon"])


@lru_cache(maxsize=16)
def plane(wkt: str) -> Plane:
    """The plane of a system, made once. Raises ValueError as ``Plane`` does."""
    return Plane(wkt)


def _turned(degrees: Floats) -> Floats:
    """Differences across the antimeridian go the short way."""
    return np.asarray((degrees + 180) % 360 - 180)


def _m2_of_radians(latitudes: Floats) -> Floats:
    """Square metres of a radian of longitude by one of latitude: M N cos(latitude)."""
    squared = ellipsoid().es
    sines = np.sin(np.radians(latitudes))
    return np.asarray(ellipsoid().a ** 2 * (1 - squared) * np.sqrt(1 - sines**2) / (1 - squared * sines**2) ** 2)

"""The web's tile grid, WebMercatorQuad of OGC 17-083r4: which square of the ground a tile is.

Mercator metres are EPSG:3857. Not here: what is drawn in a tile.
"""

from math import pi
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mendmap.errors import BadRequestError

RADIUS_M = 6378137.0
HALF_M = pi * RADIUS_M
EXTENT = 4096  # steps along a tile's edge: the quantum of its coordinates


class Tile(NamedTuple):
    """Zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @staticmethod
    def of(z: int, x: int, y: int, max_zoom: int) -> "Tile":
        """A tile that is in the grid. Raises BadRequestError outside it."""
        if not 0 <= z <= max_zoom:
            raise BadRequestError(f"zoom {z} is outside 0..{max_zoom}")
        if not (0 <= x < 2**z and 0 <= y < 2**z):
            raise BadRequestError(f"tile {z}/{x}/{y} is outside the grid: x and y run from 0 to {2**z - 1}")
        return Tile(z, x, y)

    @property
    def box_m(self) -> tuple[float, float, float, float]:
        """Its west, south, east and north in mercator metres."""
        side = side_m(self.z)
        west, north = -HALF_M + self.x * side, HALF_M - self.y * side
        return west, north - side, west + side, north


def side_m(zoom: int) -> float:
    """The length of a tile's edge in mercator metres (metres on the ground at the equator only)."""
    return 2.0 * HALF_M / float(2**zoom)


def to_mercator(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mercator metres of an (n, 2) array of degrees; latitude is held within the grid (85.0511...°).

    Spherical mercator of EPSG Guidance Note 7-2, method 1024.
    """
    longitude, latitude = np.radians(lonlat[:, 0]), np.radians(np.clip(lonlat[:, 1], -85.05112878, 85.05112878))
    return np.column_stack((RADIUS_M * longitude, RADIUS_M * np.arctanh(np.sin(latitude))))


def to_lonlat(metres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Degrees of an (n, 2) array of mercator metres; the inverse of ``to_mercator``."""
    latitude = np.arcsin(np.tanh(metres[:, 1] / RADIUS_M))
    return np.column_stack((np.degrees(metres[:, 0] / RADIUS_M), np.degrees(latitude)))


def to_steps(lonlat: NDArray[np.float64], zoom: int) -> NDArray[np.float64]:
    """Steps of a zoom's grid, of an (n, 2) array of degrees: ``EXTENT`` to a tile, from the upper left corner of the
    grid, columns to the east and rows to the south."""
    return np.asarray((HALF_M + to_mercator(lonlat) * [1, -1]) * (EXTENT / side_m(zoom)))


def steps_to_lonlat(steps: NDArray[np.float64], zoom: int) -> NDArray[np.float64]:
    """Degrees of an (n, 2) array of steps of a zoom's grid; the inverse of ``to_steps``."""
    return to_lonlat((steps * (side_m(zoom) / EXTENT) - HALF_M) * [1, -1])

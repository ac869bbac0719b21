"""A box of longitude and latitude. Not here: boxes of other systems (``geo.crs``)."""

from collections.abc import Iterable
from math import cos, radians
from typing import NamedTuple

from mendmap.errors import shown

# Of latitude on the ellipsoid where it is shortest, at the equator: what is wanted is rather a little more.
_METRES_OF_DEGREE = 110_570


class Bounds(NamedTuple):
    """West, south, east and north in degrees, WGS 84. West is never east of east: no box crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float

    @staticmethod
    def of(west: float, south: float, east: float, north: float) -> "Bounds":
        """A box that has been checked. Raises ValueError where it is none."""
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise ValueError(f"not a box of west, south, east, north in degrees: {west}, {south}, {east}, {north}")
        return Bounds(west, south, east, north)

    @staticmethod
    def parse(given: object) -> "Bounds":
        """A box from a list of four numbers, as TOML and JSON hold it. Raises ValueError where it is none."""
        if not isinstance(given, list) or len(given) != 4 or not all(type(each) in (int, float) for each in given):
            raise ValueError(f"not four numbers, west, south, east, north: {shown(given)}")
        return Bounds(*map(float, Bounds.of(*given)))

    def contains(self, other: "Bounds") -> bool:
        """Whether ``other`` lies within, edges included."""
        return (
            self.west <= other.west
            and self.south <= other.south
            and other.east <= self.east
            and other.north <= self.north
        )

    def grown(self, metres: float) -> "Bounds":
        """The box with at least so many metres more on every side, as far as the world goes."""
        high = metres / _METRES_OF_DEGREE
        wide = high / max(0.01, cos(radians(max(abs(self.south), abs(self.north)))))
        west, east = max(-180.0, self.west - wide), min(180.0, self.east + wide)
        return Bounds(west, max(-90.0, self.south - high), east, min(90.0, self.north + high))

    @staticmethod
    def around(boxes: Iterable["Bounds"]) -> "Bounds":
        """The smallest box that holds all of some boxes, of which there is at least one."""
        west, south, east, north = zip(*boxes, strict=True)
        return Bounds(min(west), min(south), max(east), max(north))

    def swapped(self) -> "Bounds":
        """The same box with longitude and latitude exchanged."""
        return Bounds(self.south, self.west, self.north, self.east)

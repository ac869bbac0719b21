"""Chainage: how far along a line something lies, in geodesic metres from the line's first vertex.

Lines and points are in WGS 84 degrees, and a line is drawn in the direction that metres grow in (a river:
downstream). Between vertices it is straight in degrees, as a GeoJSON line is. Where on it a point is nearest is
found on the plane that the point's own latitude scales, which is right to about 1 % of the distance between them;
the distances themselves are geodesic. Not here: which features lie on which line, and how sure that is
(``atlas.rivers``).
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from mendmap.geo.measure import between, ellipsoid

Floats = NDArray[np.float64]
_LEAST_SCALE = 0.01  # of longitude against latitude: keeps the plane a plane beside the poles
_STEP = 1e-4  # degrees that the scale of the plane is measured over


class Snapped(NamedTuple):
    """A point moved to the nearest place on a line: its metres along it, its degrees there, and how far it was moved.
    Of several that are equally near, it is the one farthest up the line."""

    at_m: float
    lon: float
    lat: float
    moved_m: float


class Stretch(NamedTuple):
    """What of a line a geometry stands for: from ``first_m`` to ``last_m`` as drawn (the same for a point), moved by
    at most ``moved_m``; the true one lies between ``low_m`` and ``high_m``."""

    first_m: float
    last_m: float
    low_m: float
    high_m: float
    moved_m: float


@dataclass(frozen=True, slots=True)
class Course:
    """A line as a coordinate: its ``vertices`` (n, 2) in degrees, and the ``metres`` (n,) along it at each of them."""

    line: BaseGeometry
    vertices: Floats = field(repr=False, compare=False)
    metres: Floats = field(repr=False, compare=False)

    @staticmethod
    def of(geometry: BaseGeometry | None) -> "Course | None":
        """The course of a LineString, or of a MultiLineString whose parts join end to beginning, in whatever order
        they stand, into one. None for anything else: parts that do not touch, that fork, or that run against each
        other have no single distance along them."""
        if geometry is None or geometry.geom_type not in ("LineString", "MultiLineString"):
            return None
        line = geometry
        if geometry.geom_type == "MultiLineString":
            line = shapely.line_merge(geometry, directed=True)
            parts = shapely.get_parts(line)
            if len(parts) != 1:
                return None
            line = parts[0]
        vertices = shapely.get_coordinates(line)
        if len(vertices) < 2:
            return None
        longitudes, latitudes = vertices.T
        steps = ellipsoid().inv(longitudes[:-1], latitudes[:-1], longitudes[1:], latitudes[1:])[2]
        return Course(line, vertices, np.concatenate(([0.0], np.cumsum(steps))))

    @property
    def length_m(self) -> float:
        """Its whole length."""
        return float(self.metres[-1])

    def at(self, metres: ArrayLike) -> Floats:
        """The degrees, (n, 2), of places so many metres along it, (n,); those beyond an end are at that end."""
        wanted = np.clip(np.atleast_1d(np.asarray(metres, dtype=np.float64)), 0.0, self.length_m)
        begun = np.clip(np.searchsorted(self.metres, wanted, side="right") - 1, 0, len(self.metres) - 2)
        (x, y), (next_x, next_y) = self.vertices[begun].T, self.vertices[begun + 1].T
        azimuth, _, _ = ellipsoid().inv(x, y, next_x, next_y)
        longitudes, latitudes, _ = ellipsoid().fwd(x, y, azimuth, wanted - self.metres[begun])
        return np.column_stack((longitudes, latitudes))

    def snap(self, lon: float, lat: float) -> Snapped:
        """A point, moved to the nearest place on it."""
        begin, step = self._around(lon, lat)
        squares = (step**2).sum(axis=1)
        along = -(begin * step).sum(axis=1)
        share = np.clip(np.divide(along, squares, out=np.zeros_like(along), where=squares > 0), 0.0, 1.0)
        nearest = int(np.argmin(((begin + share[:, None] * step) ** 2).sum(axis=1)))
        (x, y), end = self.vertices[nearest], self.vertices[nearest + 1]
        foot_x, foot_y = (1 - share[nearest]) * self.vertices[nearest] + share[nearest] * end
        _, _, (beyond, moved) = ellipsoid().inv([x, lon], [y, lat], [foot_x] * 2, [foot_y] * 2)
        at = min(float(self.metres[nearest]) + beyond, float(self.metres[nearest + 1]))
        return Snapped(at, float(foot_x), float(foot_y), float(moved))

    def within(self, lon: float, lat: float, radius_m: float) -> tuple[float, float] | None:
        """The first and last place on it, in metres along it, that lie within a radius of a point; None where none
        does. A line that winds may leave the circle between them."""
        begin, step = self._around(lon, lat)
        # Where |begin + share * step| = radius: a quadratic in the share of each segment.
        squares = (step**2).sum(axis=1)
        along = (begin * step).sum(axis=1)
        room = along**2 - squares * ((begin**2).sum(axis=1) - radius_m**2)
        met = (room >= 0) & (squares > 0)
        if not met.any():
            return None
        root, squares, along = np.sqrt(room[met]), squares[met], along[met]
        enter, leave = np.clip((-along - root) / squares, 0.0, 1.0), np.clip((-along + root) / squares, 0.0, 1.0)
        # A circle met only beyond a segment's end leaves both shares at that end.
        inside = (((begin[met] + enter[:, None] * step[met]) ** 2).sum(axis=1)) <= radius_m**2 * (1 + 1e-9)
        if not inside.any():
            return None
        lengths = np.diff(self.metres)[met]
        starts = self.metres[:-1][met]
        return float((starts + enter * lengths)[inside].min()), float((starts + leave * lengths)[inside].max())

    def stretch(self, geometry: BaseGeometry, uncertainty_m: float) -> Stretch:
        """What of it a geometry stands for, where the true place is within ``uncertainty_m`` of the one given.

        A line is a reach, from where its one end lies to where its other end lies. An area is the part of the line
        within it, or, where the line stays outside, the place nearest to it.
        """
        ends = _ends(self._nearest(geometry) if shapely.get_dimensions(geometry) == 2 else geometry)
        snapped = [self.snap(*each) for each in ends]
        reached = [found for each in ends if (found := self.within(*each, uncertainty_m))]
        first, last = min(each.at_m for each in snapped), max(each.at_m for each in snapped)
        low = min([first, *(each[0] for each in reached)])
        high = max([last, *(each[1] for each in reached)])
        moved = max(each.moved_m for each in snapped)
        if shapely.get_dimensions(geometry) == 2:
            moved = 0.0 if geometry.intersects(self.line) else moved
        return Stretch(first, last, low, high, moved)

    def _nearest(self, area: BaseGeometry) -> BaseGeometry:
        within = area.intersection(self.line)
        return shapely.get_point(between(area, self.line), 0) if within.is_empty else within

    def _around(self, lon: float, lat: float) -> tuple[Floats, Floats]:
        """The beginnings of its segments and their steps in metres east and north of a point, both (n - 1, 2)."""
        _, _, (east, north) = ellipsoid().inv([lon, lon], [lat, lat], [lon + _STEP, lon], [lat, lat - _STEP])
        scale = np.array([max(east, _LEAST_SCALE * north), north]) / _STEP
        flat = (self.vertices - [lon, lat]) * scale
        return flat[:-1], np.diff(flat, axis=0)


def start_km(was: BaseGeometry | None, start: float | None, now: BaseGeometry) -> float | None:
    """The chainage of the first vertex of a line that is drawn ``now``, so that its zero stays on the ground where it
    ``was``: kilometres downstream of the zero of the line before, whose first vertex had the chainage ``start`` (None:
    the zero is that vertex).

    What stays is the place of the zero, or, where the zero lies beyond the line before, its end that is nearest to it:
    that place has the chainage that it had. Where the line now ends before it, what stays is the place of that end on
    the line before. None where the zero is the first vertex, and what was stated where either is no one line.
    """
    before, after = Course.of(was), Course.of(now)
    if before is None or after is None:
        return start
    kept = min(max(0.0, -(start or 0.0) * 1000), before.length_m)
    (place,) = before.at(kept)
    at = after.snap(*place).at_m
    if at in (0.0, after.length_m):
        kept = before.snap(*after.vertices[0 if at == 0.0 else -1]).at_m
    found = round((start or 0.0) + (kept - at) / 1000, 3)
    return found or (None if start is None else 0.0)


def _ends(geometry: BaseGeometry) -> list[tuple[float, float]]:
    """The points of a geometry, and both ends of each of its lines."""
    found: dict[tuple[float, float], None] = {}
    for part in shapely.get_parts(geometry):
        vertices = shapely.get_coordinates(part)
        found |= {(float(x), float(y)): None for x, y in (vertices[0], vertices[-1])}
    return list(found)

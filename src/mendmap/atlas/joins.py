"""Joins stations to sites, and says how each was joined and how sure that is.

Rules, in order; a pair is joined by the first that holds: the data names the site; the station lies inside its
outline; both lie on the same watercourse; or, for a station that none of these joins, the site is the nearest
within the catalogue's stated distance. The last two join only stations of a medium that the site's layer is
about: an air station beside a river says nothing of the river. Not here: distance along a river.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.atlas.feature import Join
from mendmap.geo.measure import distance_m
from mendmap.lake.features import FeatureRow, Features


def join(
    sites: Iterable[FeatureRow], stations: Iterable[FeatureRow], media: Mapping[str, AbstractSet[str]], near_m: float
) -> list[Join]:
    """Every pair of site and station that belong together, by station and then site, in the given order.

    Geometries are WGS 84 degrees. ``media`` maps a layer to the media it is about; an empty set is all of them.
    ``near_m`` bounds the last rule; 0 switches it off.
    """
    held, measured = Features.of(sites), Features.of(stations)
    # Of hundreds of thousands of sites none is looked at where nothing is measured.
    if not len(measured):
        return []
    found = _Sites(held, media, near_m)
    return [_join(held[nth], station, how) for station in measured for nth, how in sorted(found.of(station).items())]


class _Sites:
    """The sites, made ready to be asked which of them a station belongs to; each is named by its place."""

    def __init__(self, sites: Features, media: Mapping[str, AbstractSet[str]], near_m: float) -> None:
        self._sites, self._media, self._near_m = sites, media, near_m
        self._by_watercourse: dict[str, list[int]] = {}
        for nth in sites.naming("watercourses"):
            for watercourse in sites[nth].properties["watercourses"]:
                self._by_watercourse.setdefault(watercourse, []).append(nth)
        self._shapes = sites.geometries
        # Sites without a position are in no tree, and never found in it.
        self._tree = shapely.STRtree(self._shapes)

    def of(self, station: FeatureRow) -> dict[int, str]:
        """How each site is joined to a station."""
        named = (self._sites.position(each) for each in station.properties.get("monitors") or ())
        found = dict.fromkeys((nth for nth in named if nth is not None), "named")
        for nth in self._containing(station.geometry):
            found.setdefault(nth, "inside")
        for watercourse in station.properties.get("watercourses") or ():
            for nth in self._by_watercourse.get(watercourse, ()):
                if self._about(nth, station):
                    found.setdefault(nth, "along")
        if not found and station.geometry is not None and self._near_m > 0:
            near = (each for each in self._within(station.geometry) if self._about(each[2], station))
            # Of those that are equally near, the first by id.
            return {nth: "near" for _, _, nth in sorted(near)[:1]}
        return found

    def _about(self, nth: int, station: FeatureRow) -> bool:
        wanted = self._media.get(self._sites.place(nth)[0].layer)
        return not wanted or station.properties.get("medium") in wanted

    def _containing(self, point: BaseGeometry | None) -> list[int]:
        if point is None:
            return []
        met = self._tree.query(point, predicate="intersects")
        return [int(nth) for nth in met if shapely.get_dimensions(self._shapes[nth]) == 2]

    def _within(self, point: BaseGeometry) -> Iterator[tuple[float, str, int]]:
        """The sites within the distance, each with its own, and its id."""
        x, y = point.centroid.coords[0]
        # A generous box of degrees (110 km is less than one of latitude), so that only candidates are measured.
        high = self._near_m / 110_000
        wide = high / max(0.01, np.cos(np.radians(y)))
        for nth in self._tree.query(shapely.box(x - wide, y - high, x + wide, y + high)).tolist():
            if (distance := distance_m(self._shapes[nth], point)) <= self._near_m:
                yield distance, self._sites[nth].id, nth


def _join(site: FeatureRow, station: FeatureRow, how: str) -> Join:
    if site.geometry is None or station.geometry is None:
        return Join(site.id, station.id, how, None, None, False)
    distance = distance_m(site.geometry, station.geometry)
    uncertainty = float(site.properties["accuracy_m"]) + float(station.properties["accuracy_m"])
    return Join(site.id, station.id, how, distance, uncertainty, how in ("inside", "near") and distance < uncertainty)

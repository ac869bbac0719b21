"""Joins stations to sites, and says how each was joined and how sure that is.

Rules, in order; a pair is joined by the first that holds: the data names the site; the station lies inside its
outline; both lie on the same watercourse; or, for a station that none of these joins, the site is the nearest
within the catalogue's stated distance. The last two join only stations of a medium that the site's layer is
about: an air station beside a river says nothing of the river. Not here: distance along a river.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.atlas.model import Join
from mendmap.geo.measure import distance_m
from mendmap.lake.contents import FeatureRow


def join(
    sites: Sequence[FeatureRow], stations: Sequence[FeatureRow], media: Mapping[str, AbstractSet[str]], near_m: float
) -> list[Join]:
    """Every pair of site and station that belong together, by station and then site, in the given order.

    Geometries are WGS 84 degrees. ``media`` maps a layer to the media it is about; an empty set is all of them.
    ``near_m`` bounds the last rule; 0 switches it off.
    """
    by_watercourse = _by_watercourse(sites)
    layer_of = {site.id: site.layer for site in sites}
    place_of = {site.id: nth for nth, site in enumerate(sites)}

    def about(site: str, station: FeatureRow) -> bool:
        wanted = media.get(layer_of[site])
        return not wanted or station.properties.get("medium") in wanted

    located = [site for site in sites if site.geometry is not None]
    tree = shapely.STRtree([site.geometry for site in located])
    joins: list[Join] = []
    for station in stations:
        found = dict.fromkeys(station.properties.get("monitors") or (), "named")
        for site in _containing(tree, located, station.geometry):
            found.setdefault(site, "inside")
        for watercourse in station.properties.get("watercourses") or ():
            for site in by_watercourse.get(watercourse, ()):
                if about(site, station):
                    found.setdefault(site, "along")
        if not found and station.geometry is not None and near_m > 0:
            measured = _within(tree, located, station.geometry, near_m)
            found = {site: "near" for _, site in sorted(each for each in measured if about(each[1], station))[:1]}
        joins += [
            _join(sites[nth], station, found[sites[nth].id]) for nth in sorted(place_of[ident] for ident in found)
        ]
    return joins


def _by_watercourse(sites: Sequence[FeatureRow]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for site in sites:
        for watercourse in site.properties.get("watercourses") or ():
            found.setdefault(watercourse, []).append(site.id)
    return found


def _containing(tree: shapely.STRtree, sites: Sequence[FeatureRow], point: BaseGeometry | None) -> Iterator[str]:
    if point is None:
        return
    for index in tree.query(point, predicate="intersects"):
        shape = sites[index].geometry
        if shape is not None and shapely.get_dimensions(shape) == 2:
            yield sites[index].id


def _within(
    tree: shapely.STRtree, sites: Sequence[FeatureRow], point: BaseGeometry, near_m: float
) -> Iterator[tuple[float, str]]:
    """The sites within a distance, each with its own."""
    x, y = point.centroid.coords[0]
    # A generous box of degrees (110 km is less than one of latitude), so that only candidates are measured.
    high = near_m / 110_000
    wide = high / max(0.01, np.cos(np.radians(y)))
    for index in tree.query(shapely.box(x - wide, y - high, x + wide, y + high)):
        shape = sites[index].geometry
        if shape is not None and (distance := distance_m(shape, point)) <= near_m:
            yield distance, sites[index].id


def _join(site: FeatureRow, station: FeatureRow, how: str) -> Join:
    if site.geometry is None or station.geometry is None:
        return Join(site.id, station.id, how, None, None, False)
    distance = distance_m(site.geometry, station.geometry)
    uncertainty = float(site.properties["accuracy_m"]) + float(station.properties["accuracy_m"])
    return Join(site.id, station.id, how, distance, uncertainty, how in ("inside", "near") and distance < uncertainty)

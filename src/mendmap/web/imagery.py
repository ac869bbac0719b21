"""Imagery as pages tell of it: what a map offers, the list of all there is, and how a site looked before and after.

Not here: the pictures themselves (``rasters``, ``routes.rasters``).
"""

import math
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.imagery import Difference, Raster
from mendmap.catalogue.records import to_plain
from mendmap.errors import RasterError
from mendmap.geo.grid import HALF_M, to_mercator
from mendmap.rasters.pictures import Picture
from mendmap.web.describe import source
from mendmap.web.drawers import Drawers
from mendmap.web.drawn import Drawn, frame_of, missing

# A site is drawn so large at most, in pixels of its tiles, with so much of its size around it.
_CUT_PX = 360
_AROUND = 0.25
_TILE_PX = 256


def offered(atlas: Atlas) -> dict[str, Any] | None:
    """What the element ``Imagery`` is made of; None where there is none to show."""
    return {"address": "/rasters.json"} if any(each.kind != "relief" for each in atlas.pictures.values()) else None


def relief(atlas: Atlas) -> dict[str, Any] | None:
    """What the element ``Relief`` is made of: the first model of the ground; None where there is none."""
    found = next((each for each in atlas.rasters.values() if each.shows == "elevation"), None)
    return None if found is None else {"address": f"/rasters/{found.id}.json"}


def listing(atlas: Atlas, pictures: Mapping[str, Drawn]) -> dict[str, Any]:
    """Every raster and every difference, for a table: ``scenes`` from the newest to the oldest, ``grounds`` and
    ``changes`` in the catalogue's order. Each has its ``pictures``, with the part of a map's address that shows it,
    which is blank where the picture is not there."""
    found = {name: each.picture for name, each in pictures.items()}
    rows = [_raster(atlas, each, found) for each in atlas.rasters.values()]
    scenes = [each for each in rows if each["shows"] == "scene"]
    changes = [_change(atlas, each, found) for each in atlas.differences.values()]
    for picture in (*chain.from_iterable(row["pictures"] for row in rows), *changes):
        picture["shown"] = "" if missing(pictures[picture["id"]]) else picture["shown"]
    return {
        "scenes": sorted(scenes, key=lambda each: str(each["taken"]), reverse=True),
        "grounds": [each for each in rows if each["shows"] != "scene"],
        "changes": changes,
    }


def _raster(atlas: Atlas, raster: Raster, found: dict[str, Picture]) -> dict[str, Any]:
    day = raster.taken.text if raster.taken else ""
    own = [each for each in found.values() if each.raster is raster]
    return {
        **to_plain(raster),
        "source": source(atlas, raster.source),
        "pictures": [
            {
                "id": each.id,
                "name": each.index.name if each.index else None,
                "shown": "relief=on" if each.kind == "relief" else f"imagery={_choice(each)},{day}",
            }
            for each in own
        ],
    }


def _change(atlas: Atlas, difference: Difference, found: dict[str, Picture]) -> dict[str, Any]:
    picture = found[difference.id]
    assert picture.index
    parameter = atlas.parameters[difference.parameter] if difference.parameter else None
    return {
        **to_plain(difference),
        "index_name": picture.index.name,
        "parameter_name": parameter.name if parameter else None,
        "shown": f"imagery={_choice(picture)}",
    }


def _choice(picture: Picture) -> str:
    """What a map's address calls a picture, less its day, as ``imagery.js`` reads it."""
    if picture.difference:
        return f"change.{picture.id}"
    return picture.index.id if picture.index else "colours"


def seen(atlas: Atlas, found: Feature, reaches: Callable[[str], bool], max_zoom: int) -> dict[str, Any] | None:
    """How a site with an outline looks from above: the first and the last day of which there are colours, those on
    which it was measured before others, and each change that was computed of it. ``reaches`` tells of a picture, by its
    name, whether it is there and reaches the site. None where none does."""
    if found.geometry is None or shapely.get_dimensions(found.geometry) != 2:
        return None
    known = atlas.pictures.values()
    days: dict[str, list[Picture]] = {}
    for each in known:
        if each.kind == "colours" and each.raster and each.raster.taken:
            days.setdefault(each.raster.taken.text, []).append(each)
    order = sorted(days)
    order = _measured(atlas, found, order) or order
    ends = [
        next((day for day in way if any(reaches(each.id) for each in days[day])), "") for way in (order, order[::-1])
    ]
    cut = Cut(found.geometry, max_zoom)
    shots: list[dict[str, Any]] = [
        {"day": day, "of": [cut.shot(each) for each in days[day] if reaches(each.id)]}
        for day in dict.fromkeys(ends)
        if day
    ]
    changes: list[dict[str, Any]] = [
        {"difference": to_plain(each.difference), "shown": f"imagery={_choice(each)}", "of": [cut.shot(each)]}
        for each in known
        if each.difference and found.id in (each.difference.sites or (found.id,)) and reaches(each.id)
    ]
    if not shots and not changes:
        return None
    shown = changes[0]["shown"] if not shots else ",".join(["imagery=colours", *(each["day"] for each in shots)])
    return {"cut": cut, "shots": shots, "changes": changes, "shown": shown + ",50" * (len(shots) > 1)}


def _measured(atlas: Atlas, found: Feature, days: Sequence[str]) -> list[str]:
    """Of some days the first and the last on which imagery measured a site, which clouds did not hide then."""
    zone = zoneinfo.ZoneInfo(atlas.place.zone)
    series = [each for each in found.series if each.method in atlas.zonal]
    told = {moment.astimezone(zone).date().isoformat() for each in series for moment in (each.first, each.last)}
    return sorted(told & set(days))


def reaching(pictures: Mapping[str, Drawn], drawers: Drawers, found: Feature) -> Callable[[str], bool]:
    """Tells of a picture, by its name, whether it is there and reaches a feature."""
    west, south, east, north = shapely.bounds(found.geometry)

    def reaches(name: str) -> bool:
        try:
            box = frame_of(pictures[name], drawers).bounds
        except RasterError:
            return False
        return bool(box.west < east and west < box.east and box.south < north and south < box.north)

    return reaches


class Cut:
    """The square of the web's grid in which a site lies with some of what is around it, and its outline there.

    ``width`` and ``height`` are in pixels of tiles of ``zoom``, which is at most ``max_zoom``; ``outline`` is the path
    of an SVG.
    """

    def __init__(self, geometry: shapely.Geometry, max_zoom: int) -> None:
        def pixels(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray((HALF_M + to_mercator(degrees) * [1, -1]) * (_TILE_PX / (2 * HALF_M)))

        world = shapely.transform(geometry, pixels)
        west, north, east, south = shapely.bounds(world)
        most = max(east - west, south - north, 1e-9) * (1 + 2 * _AROUND)
        self.zoom = max(0, min(max_zoom, math.floor(math.log2(_CUT_PX / most))))
        scale = 2.0**self.zoom
        side = most * scale
        self.left = (west + east) / 2 * scale - side / 2
        self.top = (north + south) / 2 * scale - side / 2
        self.width = self.height = round(side, 1)
        moved = shapely.transform(world, lambda each: each * scale - [self.left, self.top])
        # Finer than half a pixel nobody sees it.
        drawn = shapely.simplify(moved, 0.5)
        rings = [shapely.get_coordinates(ring).round(1) for ring in shapely.get_rings(shapely.get_parts(drawn))]
        self.outline = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in rings)

    def shot(self, picture: Picture) -> list[dict[str, Any]]:
        """The tiles of a picture that the square takes, each with its address and its place in the square."""
        columns = range(math.floor(self.left / _TILE_PX), math.floor((self.left + self.width) / _TILE_PX) + 1)
        rows = range(math.floor(self.top / _TILE_PX), math.floor((self.top + self.height) / _TILE_PX) + 1)
        return [
            {
                "href": f"/rasters/{picture.id}/{self.zoom}/{x}/{y}.webp",
                "x": round(x * _TILE_PX - self.left, 1),
                "y": round(y * _TILE_PX - self.top, 1),
            }
            for y in rows
            for x in columns
        ]

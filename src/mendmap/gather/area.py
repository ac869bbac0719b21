"""Where a recipe looks: in its box, around some features, or in the whole catalogue. Not here: what it looks for."""

import math

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import RasterError
from mendmap.geo.bounds import Bounds
from mendmap.load.check import Geodata
from mendmap.load.recipes import box_of
from mendmap.vectors.features import Feature

_MARGIN_M = 500.0
# Of a degree of latitude, at its shortest, so that what is wanted is rather a little more.
_OF_DEGREE_M = 110_570


def box(recipe: Recipe, geodata: Geodata) -> Bounds:
    """The area of a recipe, in degrees. Raises RasterError where none of the features that it names has a place."""
    if recipe.box:
        return box_of(recipe.box)
    if not recipe.around:
        return geodata.catalogue.extent
    margin_m = _MARGIN_M if recipe.margin_m is None else recipe.margin_m
    boxes = [_around(each, margin_m) for each in geodata.features if each.id in recipe.around and each.geometry]
    if not boxes:
        raise RasterError(f"none of these has a place: {', '.join(recipe.around)}; say with box which area is meant")
    west, south, east, north = zip(*boxes, strict=True)
    return Bounds(min(west), min(south), max(east), max(north))


def _around(feature: Feature, margin_m: float) -> Bounds:
    assert feature.geometry is not None
    west, south, east, north = feature.geometry.bounds
    high = (margin_m + (feature.properties.get("accuracy_m") or 0)) / _OF_DEGREE_M
    wide = high / max(0.01, math.cos(math.radians(max(abs(south), abs(north)))))
    return Bounds(max(-180.0, west - wide), max(-90.0, south - high), min(180.0, east + wide), min(90.0, north + high))

"""Where a recipe looks: in its box, around some features, or in the whole catalogue. Not here: what it looks for."""

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import RasterError
from mendmap.geo.bounds import Bounds
from mendmap.load.check import Geodata
from mendmap.load.recipes import box_of
from mendmap.load.scenes import MARGIN_M, around


def box(recipe: Recipe, geodata: Geodata) -> Bounds:
    """The area of a recipe, in degrees. Raises RasterError where none of the features that it names has a place."""
    if recipe.box:
        return box_of(recipe.box)
    if not recipe.around:
        return geodata.catalogue.extent
    margin_m = MARGIN_M if recipe.margin_m is None else recipe.margin_m
    boxes = [around(each, margin_m) for each in geodata.features if each.id in recipe.around and each.geometry]
    if not boxes:
        raise RasterError(f"none of these has a place: {', '.join(recipe.around)}; say with box which area is meant")
    return Bounds.around(boxes)

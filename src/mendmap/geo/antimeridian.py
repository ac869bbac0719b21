"""Cuts shapes at the antimeridian, as RFC 7946 asks in section 3.1.9. Not here: boxes that cross it (``query``)."""

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.geo.crs import Shapes

_EAST = shapely.box(0, -90, 180, 90)
_WEST = shapely.box(180, -90, 360, 90)
_FAMILIES = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)


def cut(shapes: Shapes) -> Shapes:
    """Shapes in CRS84, none of which crosses the antimeridian: one that does becomes its parts on either side.

    An edge that spans more than 180 degrees of longitude goes the short way, over the antimeridian; one that spans
    all 360 goes around the world along a parallel, and stays.
    """
    found = _crossing(shapes)
    if not found.any():
        return shapes
    made = shapes.copy()
    made[found] = [_parts(each) for each in shapes[found]]
    return made


def _crossing(shapes: Shapes) -> NDArray[np.bool_]:
    """Which shapes have an edge that crosses."""
    west, _, east, _ = shapely.bounds(shapes).reshape(-1, 4).T
    # Only a shape that is wider than 180 degrees can have an edge that is; few are looked at vertex by vertex.
    found: NDArray[np.bool_] = np.nan_to_num(east - west) > 180
    for nth in np.flatnonzero(found):
        lines = shapely.get_parts(shapely.get_rings(shapes[nth]) if _is_area(shapes[nth]) else shapes[nth])
        steps = [np.abs(np.diff(shapely.get_coordinates(each)[:, 0])) for each in lines]
        found[nth] = any(((step > 180) & (step < 360)).any() for step in steps)
    return found


def _is_area(shape: shapely.Geometry) -> bool:
    return bool(shapely.get_dimensions(shape) == 2)


def _parts(shape: shapely.Geometry) -> shapely.Geometry:
    """One shape, laid out from 0 to 360 degrees and cut at 180."""
    laid = shapely.transform(shape, lambda xy: xy + np.column_stack((360.0 * (xy[:, 0] < 0), np.zeros(len(xy)))))
    if not shapely.is_valid(laid):
        laid = shapely.make_valid(laid)
    west = shapely.transform(shapely.intersection(laid, _WEST), lambda xy: xy - (360.0, 0.0))
    dimension = int(shapely.get_dimensions(shape))
    parts = shapely.get_parts([shapely.intersection(laid, _EAST), west])
    # What only touches the antimeridian leaves a line or a point there.
    kept = [each for each in parts if shapely.get_dimensions(each) == dimension and not each.is_empty]
    return kept[0] if len(kept) == 1 else _FAMILIES[dimension](kept)

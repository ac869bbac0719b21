"""Repairs outlines that cross themselves, within bounds: a scribble of some hundred vertices would take minutes, and
one of some thousands for ever. Not here: whether what a repair gives is what was meant (``overpass.outlines``).
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

# How often lines may cross; a slip of the pen makes one or two crossings.
_MOST = 1000
# Edges that are looked at together: of a scribble each may meet every other.
_TOGETHER = 16


def repaired(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry made valid by ``shapely.make_valid``. Raises ValueError where its edges are ``tangled``."""
    if geometry.is_valid:
        return geometry
    if tangled(_edges(geometry)):
        raise ValueError("it crosses itself too often to be repaired")
    return shapely.make_valid(geometry)


def tangled(edges: NDArray[np.float64]) -> bool:
    """Whether edges (rows: x and y of the begin, x and y of the end) meet more often than those of outlines do, where
    each meets the one before it and the one behind it, and a thousand crossings beyond that."""
    lines = shapely.linestrings(np.unique(edges, axis=0).reshape(-1, 2, 2))
    tree = shapely.STRtree(lines)
    # Each meets itself as well.
    left = 3 * len(lines) + 2 * _MOST
    for at in range(0, len(lines), _TOGETHER):
        left -= tree.query(lines[at : at + _TOGETHER], predicate="intersects").shape[1]
        if left < 0:
            return True
    return False


def _edges(geometry: BaseGeometry) -> NDArray[np.float64]:
    vertices, line = shapely.get_coordinates(shapely.get_parts(_rings(geometry)), return_index=True)
    same = line[:-1] == line[1:]
    return np.concatenate((vertices[:-1][same], vertices[1:][same]), axis=1)


def _rings(geometry: BaseGeometry) -> NDArray[np.object_]:
    """The lines that a geometry is made of."""
    parts = shapely.get_parts(geometry)
    while any(each.geom_type.startswith(("Multi", "Geometry")) for each in parts):
        parts = shapely.get_parts(parts)
    areas = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return np.concatenate((shapely.get_rings(parts[areas]), parts[~areas]))

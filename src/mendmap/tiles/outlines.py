"""The outlines of features as a zoom draws them: simplified, on the grid's steps, and valid there.

Everything is done on the map, where the lines of a tile are drawn straight: a line that is straight in degrees differs
from that by no more than 3217 sin(latitude) / 2^zoom steps along a tile, less than one from zoom 12 on.
Not here: which features are drawn (``thin``), and what of an outline is in a tile (``cut``).
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.geo.grid import EXTENT, side_m, to_steps

Shapes = NDArray[np.object_]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]
# Half a pixel of a 256-pixel tile, in steps: how far an outline may be from the true one, less its rounding.
TOLERANCE = EXTENT / 512
# What is nowhere wider than a pixel is drawn as a point.
PIXEL = 2 * TOLERANCE


def tolerance_m(zoom: int, max_zoom: int) -> float:
    """How far a tile's line may be from the true one, in mercator metres: half a pixel of a 256-pixel tile, and
    nothing but the rounding of coordinates at the highest zoom. A border that areas share may be farther off where it
    has a spike: a triangle of a quarter of the tolerance squared may go."""
    return 0.0 if zoom >= max_zoom else side_m(zoom) * TOLERANCE / EXTENT


def in_steps(degrees: Shapes, zoom: int) -> Shapes:
    """Shapes in steps of a zoom's grid, not rounded."""
    return np.asarray(shapely.transform(degrees, lambda lonlat: to_steps(lonlat, zoom)), dtype=object)


def simplified(shapes: Shapes, shared: Mask, tolerance: float = TOLERANCE) -> Shapes:
    """Shapes simplified by a tolerance. Areas that have a border in common with others, ``shared``, are simplified
    together, so that no gap opens between them; none is lost."""
    found = shapes.copy()
    alone = ~shared & (shapely.get_dimensions(shapes) > 0)
    found[alone] = _each(shapes[alone], tolerance)
    if shared.any():
        together = shapely.coverage_simplify(shapes[shared], tolerance / 2)
        broken = ~shapely.is_valid(together) | shapely.is_empty(together)
        together[broken] = shapely.simplify(shapes[shared][broken], tolerance)
        found[shared] = together
    return found


def _each(shapes: Shapes, tolerance: float) -> Shapes:
    """Shapes simplified one by one: quickly, and with care where that went wrong."""
    found = np.asarray(shapely.simplify(shapes, tolerance, preserve_topology=False), dtype=object)
    # A ring that crosses itself is mended by leaving out a part of it, which shows in its area.
    lost = np.abs(shapely.area(found) - shapely.area(shapes)) > tolerance * shapely.length(shapes)
    wrong = lost | shapely.is_empty(found)
    found[wrong] = shapely.simplify(shapes[wrong], tolerance, preserve_topology=True)
    return found


def coarser(shapes: Shapes, tolerance: float) -> Shapes:
    """Shapes simplified one by one to as few vertices as a tolerance allows: parts that are smaller go, while there
    are others."""
    found = np.asarray(shapely.simplify(shapes, tolerance, preserve_topology=False), dtype=object)
    lost = shapely.is_empty(found)
    found[lost] = shapely.simplify(shapes[lost], tolerance)
    return found


def with_shared_borders(shapes: Shapes) -> Mask:
    """Which shapes are areas that have a stretch of their border in common with another of them."""
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    rings, ring_of = shapely.get_rings(shapes[areas], return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    # Each vertex as one number: two places that share one cost time, and nothing else.
    bits = (xy + 0.0).view(np.uint64)
    vertex = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ (bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)) >> np.uint64(7)
    within = ring[1:] == ring[:-1]
    # A stretch is the same in either direction.
    stretch = (vertex[1:] + vertex[:-1])[within]
    order = np.argsort(stretch)
    twice = stretch[order][1:] == stretch[order][:-1]
    found = np.zeros(len(shapes), dtype=bool)
    owners = areas[ring_of[ring[1:][within]]]
    found[owners[order[1:][twice]]] = True
    found[owners[order[:-1][twice]]] = True
    return found


def clipped(shapes: Shapes, box: tuple[float, float, float, float]) -> Shapes:
    """Shapes clipped to a box; nothing of a lower dimension is left at its edge, and empty is what is outside it."""
    found = np.asarray(shapely.clip_by_rect(shapes, *box), dtype=object)
    for mixed in np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION).tolist():
        found[mixed] = _only(found[mixed], shapely.get_dimensions(shapes[mixed]))
    return found


def _only(shape: shapely.Geometry, dimension: int) -> shapely.Geometry:
    parts = [part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == dimension]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def on_grid(shapes: Shapes) -> tuple[Shapes, Mask]:
    """Lines and areas with their vertices on whole steps, each once, areas valid and their outer rings turning from
    columns to rows; and which of them had no extent there, and are drawn as the smallest that has: one step long, or
    wide. Of a shape of several parts those without extent go, while there are others."""
    found = shapely.set_coordinates(shapes.copy(), np.rint(shapely.get_coordinates(shapes)))
    area = shapely.get_dimensions(shapes) == 2
    broken = np.flatnonzero(area & ~shapely.is_valid(found))
    if len(broken):
        found[broken] = [_mended(shape) for shape in shapes[broken]]
    flat = np.flatnonzero(~area & _with_dots(found))
    if len(flat):
        found[flat] = [_lines(shape) for shape in found[flat]]
    widened = shapely.length(found) == 0
    for lost in np.flatnonzero(widened).tolist():
        found[lost] = _sliver(shapes[lost]) if area[lost] else _step(shapes[lost])
    return shapely.orient_polygons(shapely.remove_repeated_points(found)), widened


def _mended(area: shapely.Geometry) -> shapely.Geometry:
    """An area on the steps, where rounding alone makes its rings cross; empty where nothing is as wide as a step."""
    noded = shapely.set_precision(shapely.make_valid(area), 1.0)
    return _only(noded, 2) if shapely.get_dimensions(noded) == 2 else shapely.Polygon()


def _with_dots(shapes: Shapes) -> Mask:
    """Which shapes have a part without length."""
    parts, owners = shapely.get_parts(shapes, return_index=True)
    found = np.zeros(len(shapes), dtype=bool)
    found[owners[shapely.length(parts) == 0]] = True
    return found


def _lines(shape: shapely.Geometry) -> shapely.Geometry:
    """The parts of a line that have a length."""
    return shapely.multilinestrings([part for part in shapely.get_parts(shape) if part.length > 0])


def _step(line: shapely.Geometry) -> shapely.LineString:
    """A line of one step where a line without length is."""
    x, y = np.rint(shapely.get_coordinates(line)[0]).tolist()
    return shapely.LineString([(x, y), (x + 1, y)])


def _sliver(area: shapely.Geometry) -> shapely.Polygon:
    """A triangle from one end of the longest part of an area without extent to the other, one step wide at that."""
    longest = max(shapely.get_parts(area), key=shapely.length)
    vertices = sorted(np.rint(shapely.get_coordinates(longest)).tolist())
    (left, low), (right, high) = vertices[0], vertices[-1]
    if vertices[0] == vertices[-1]:
        right += 1
    aside = (0, 1) if right - left >= abs(high - low) else (1, 0)
    return shapely.Polygon([(left, low), (right, high), (right + aside[0], high + aside[1])])

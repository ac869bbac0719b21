"""Outlines as services draw them, made into geometries that hold: rings put together of many lines, slips of the pen
repaired, and each cut to what a layer takes. What cannot be made sound without guessing is left out, and says why.

Geometries are in OGC:CRS84 degrees. Not here: rivers of many lines (``rivers``).
"""

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mendmap.geo.measure import ellipsoid
from mendmap.geo.repair import repaired, tangled
from mendmap.vectors.gathered import Found

Vertices = NDArray[np.float64]
# Share of an outline's area that a repair may change; beyond it nobody knows what was meant.
_REPAIR = 0.001
# Share of a length that sums of it may differ by.
_NOTHING = 1e-9


class LeftOutError(ValueError):
    """Something that is not taken; the text is the reason, in words that fit any like it."""


def sound(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry that is valid: the same one, or an area repaired by ``shapely.make_valid`` where that changes at most
    a thousandth of it. Raises LeftOutError where it is empty, or more would change."""
    if geometry.is_empty or (shapely.get_dimensions(geometry) == 1 and geometry.length == 0):
        raise LeftOutError("it has no extent")
    if geometry.is_valid:
        return geometry
    if shapely.get_dimensions(geometry) < 2:
        raise LeftOutError("its line is not valid")
    try:
        made = _areas(repaired(geometry))
    except ValueError:
        raise LeftOutError("its outline crosses itself") from None
    if made.is_empty:
        raise LeftOutError("its outline encloses nothing")
    if abs(made.area - geometry.area) > _REPAIR * geometry.area:
        raise LeftOutError("its outline crosses itself")
    return made


def of_rings(outer: Sequence[Vertices], inner: Sequence[Vertices]) -> BaseGeometry:
    """The area between outer and inner rings, each put together of any number of lines, in any order and direction; an
    outer ring may lie within an inner one. Raises LeftOutError where rings do not close, cross each other, or are not
    on the side that they are said to be.
    """
    if not outer:
        raise LeftOutError("it has no outer ring")
    every = _every([*outer, *inner])
    if tangled(every.reshape(-1, 4)):
        raise LeftOutError("its rings cross each other")
    edges = _odd(every)
    noded = shapely.union_all(edges)
    given = {tuple(each) for each in shapely.get_coordinates(edges)}
    if not {tuple(each) for each in shapely.get_coordinates(noded)} <= given:
        raise LeftOutError("its rings cross each other")
    _, cuts, dangles, broken = shapely.polygonize_full(shapely.get_parts(noded).tolist())
    if not (cuts.is_empty and dangles.is_empty and broken.is_empty):
        raise LeftOutError("its rings do not close")
    area = _areas(shapely.build_area(noded))
    if abs(area.boundary.length - shapely.length(edges).sum()) > _NOTHING * noded.length:
        raise LeftOutError("its rings cross each other")
    if shapely.difference(area, _filled(outer)).area > _REPAIR * area.area:
        raise LeftOutError("an inner ring lies outside its outer rings")
    return sound(area)


def _every(lines: Sequence[Vertices]) -> Vertices:
    """The edges of some lines, each from its western end on (or its southern one), whichever way it was drawn."""
    edges = np.concatenate([np.stack((each[:-1], each[1:]), axis=1) for each in lines])
    turned = (edges[:, 0, 0] > edges[:, 1, 0]) | (
        (edges[:, 0, 0] == edges[:, 1, 0]) & (edges[:, 0, 1] > edges[:, 1, 1])
    )
    edges[turned] = edges[turned, ::-1]
    return edges


def _odd(edges: Vertices) -> NDArray[np.object_]:
    """Edges but for those that stand there an even number of times: what two rings share is no wall between them."""
    single, counts = np.unique(edges.reshape(-1, 4), axis=0, return_counts=True)
    kept = single[(counts % 2 == 1) & (single[:, :2] != single[:, 2:]).any(axis=1)]
    return np.asarray(shapely.linestrings(kept.reshape(-1, 2, 2)), dtype=object)


def _filled(lines: Sequence[Vertices]) -> BaseGeometry:
    """All that lies inside any ring of some lines."""
    noded = shapely.union_all([shapely.LineString(each) for each in lines])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded).tolist()))
    return shapely.union_all([shapely.Polygon(each.exterior) for each in faces])


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """The areas of a geometry, as one: a Polygon, or a MultiPolygon where there are several."""
    parts = [each for each in _flat(geometry) if each.geom_type == "Polygon" and each.area > 0]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _flat(geometry: BaseGeometry) -> list[BaseGeometry]:
    parts = shapely.get_parts(geometry).tolist()
    return parts if geometry.geom_type != "GeometryCollection" else [each for part in parts for each in _flat(part)]


def suited(found: Found, types: Collection[str]) -> Found:
    """A feature with a geometry of one of the ``types`` that a layer takes. One of one part stands for that part; where
    a layer takes points and no areas, an area is a point in its middle, as accurate as the area reaches from there.
    Raises LeftOutError where none fits."""
    geometry = found.geometry
    parts = shapely.get_parts(geometry)
    single = parts[0].geom_type if len(parts) else ""
    if geometry.geom_type in types:
        return found
    if len(parts) == 1 and single in types:
        return dataclasses.replace(found, geometry=parts[0])
    if geometry.geom_type == single and f"Multi{single}" in types:
        return dataclasses.replace(found, geometry=getattr(shapely, f"Multi{single}")([geometry]))
    if shapely.get_dimensions(geometry) == 2 and "Point" in types and not {"Polygon", "MultiPolygon"} & set(types):
        return _middle(found)
    raise LeftOutError(f"it is a {geometry.geom_type}, which the layer does not take")


def _middle(found: Found) -> Found:
    middle = found.geometry.centroid
    if not found.geometry.contains(middle):
        middle = shapely.point_on_surface(found.geometry)
    around = shapely.get_coordinates(found.geometry)
    reach = ellipsoid().inv(np.full(len(around), middle.x), np.full(len(around), middle.y), *around.T)[2].max()
    method = f"{found.method} The point is the middle of its outline.".lstrip()
    return dataclasses.replace(found, geometry=middle, accuracy_m=float(np.ceil(reach)), method=method)

"""Spatial literals of a filter: GeoJSON and boxes, checked and brought to CRS84.

Not here: what is asked of them (``relations``), and their form in text (``text``).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import Crs
from mendmap.query.boxes import boxes, in_degrees

# How deep coordinates are nested; a position is 0.
_DEPTHS = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPoint": 1, "MultiLineString": 2, "MultiPolygon": 3}


def literal(body: Mapping[str, Any], system: Crs) -> BaseGeometry:
    """The shape of a GeoJSON geometry or of a ``bbox``, in a system with its official order of axes, in CRS84. Heights
    are passed over. Raises BadRequestError for one that is not closed, not valid, or not of this world."""
    if "bbox" in body:
        numbers = body["bbox"]
        if not isinstance(numbers, list) or not all(map(_is_number, numbers)):
            raise BadRequestError(f"filter: BBOX: not numbers: {shown(numbers)}")
        found = [shapely.box(*each) if isinstance(each, Bounds) else each for each in boxes(numbers, system, "BBOX")]
        return found[0] if len(found) == 1 else shapely.MultiPolygon(found)
    _check(body)
    try:
        read = shapely.force_2d(shapely.from_geojson(orjson.dumps(body)))
    except shapely.errors.GEOSException as error:
        raise BadRequestError(f"filter: not a geometry: {error}: {shown(body)}") from None
    if read.is_empty:
        raise BadRequestError(f"filter: a geometry without positions: {shown(body)}")
    placed = in_degrees(system.official(np.array([read]))[0], system, "filter")
    if not shapely.is_valid(placed):
        raise BadRequestError(f"filter: not a valid geometry: {shapely.is_valid_reason(placed)}: {shown(body)}")
    return placed


def _check(body: Mapping[str, Any]) -> None:
    """Whether it is built as GeoJSON is, before it is handed over. Raises BadRequestError."""
    kind = body.get("type")
    if kind == "GeometryCollection":
        members = body.get("geometries")
        if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
            raise BadRequestError(f"filter: a collection without a list of geometries: {shown(body)}")
        for each in members:
            if each.get("type") not in _DEPTHS:
                raise BadRequestError(not_one_of("filter: no such geometry in a collection", each.get("type"), _DEPTHS))
            _check(each)
        return
    if not isinstance(kind, str) or kind not in _DEPTHS:
        raise BadRequestError(not_one_of("filter: no such geometry", kind, [*_DEPTHS, "GeometryCollection"]))
    _positions(body.get("coordinates"), _DEPTHS[kind], kind)
    for ring in _rings(body):
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise BadRequestError(f"filter: a ring that is not closed, or has fewer than four positions: {shown(ring)}")
    if kind == "LineString" and len(body["coordinates"]) < 2:
        raise BadRequestError(f"filter: a line of fewer than two positions: {shown(body['coordinates'])}")


def _positions(given: Any, depth: int, kind: str) -> None:
    if not isinstance(given, list):
        raise BadRequestError(f"filter: not the coordinates of a {kind}: {shown(given)}")
    if depth:
        for each in given:
            _positions(each, depth - 1, kind)
    elif len(given) not in (2, 3) or not all(map(_is_number, given)):
        raise BadRequestError(f"filter: not a position of two or three numbers: {shown(given)}")


def _rings(body: Mapping[str, Any]) -> list[list[Any]]:
    if body["type"] == "Polygon":
        return list(body["coordinates"])
    if body["type"] == "MultiPolygon":
        return [ring for part in body["coordinates"] for ring in part]
    return []


def _is_number(given: Any) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)

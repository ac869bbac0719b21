"""Opens a vector file: GeoJSON through a JSON parser, so that faults name features; GeoPackage through GDAL.

Each feature comes out as its properties and its geometry in WGS 84, unchecked. Not here: what they must be.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyogrio
import pyproj
import pyproj.exceptions
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue import files
from mendmap.catalogue.model import GEOMETRIES, Layer
from mendmap.errors import not_one_of, shown

WGS84 = "OGC:CRS84"
_LONLAT = (WGS84, "EPSG:4326")


@dataclass(frozen=True, slots=True)
class Raw:
    """A feature as it stands in a file; ``broken`` says why its geometry could not be read."""

    properties: Mapping[str, Any]
    geometry: BaseGeometry | None
    broken: str = ""


def read(layer: Layer, max_bytes: int) -> Iterator[Raw]:
    """The features of a layer's file, in its order. Raises ValueError where the file cannot be read."""
    suffix = layer.entry.path.suffix.lower()
    if suffix in (".geojson", ".json"):
        return _geojson(layer, files.text(layer.entry.path, max_bytes))
    if suffix == ".gpkg":
        return _geopackage(layer, max_bytes)
    raise ValueError(not_one_of("not a vector file", suffix, (".geojson", ".gpkg")))


def _geojson(layer: Layer, text: str) -> Iterator[Raw]:
    if layer.crs not in _LONLAT:
        raise ValueError(f"GeoJSON is always {WGS84} (RFC 7946), but the catalogue declares {shown(layer.crs)}")
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise files.LineError(error.lineno, "", _not_json(text, error)) from None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        raise ValueError("not a GeoJSON FeatureCollection")
    declared = document.get("crs")
    if declared is not None and not re.search(r"(CRS84|EPSG:+4326)\b", str(declared)):
        raise ValueError(f"the file says it is in {shown(declared)}; save it in {WGS84}")
    features = document.get("features")
    if not isinstance(features, list):
        raise ValueError('"features" is not a list')
    return (raw_feature(feature) for feature in features)


def _not_json(text: str, error: orjson.JSONDecodeError) -> str:
    literal = re.match(r"-?(NaN|Infinity)", text[error.pos :])
    what = f"{literal.group()} is no number in JSON" if literal else f"not JSON: {error.msg}"
    return f"{what}, line {error.lineno} column {error.colno}"


def raw_feature(feature: object) -> Raw:
    """A GeoJSON Feature, as far as it is one."""
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        return Raw({}, None, "not a GeoJSON Feature")
    properties = feature.get("properties")
    if properties is not None and not isinstance(properties, dict):
        return Raw({}, None, f"properties are not an object: {shown(properties)}")
    found = dict(properties or {})
    if "id" not in found and isinstance(feature.get("id"), str | int):
        found["id"] = str(feature["id"])
    geometry = feature.get("geometry")
    if geometry is None:
        return Raw(found, None)
    if not isinstance(geometry, dict) or geometry.get("type") not in (*GEOMETRIES, "GeometryCollection"):
        return Raw(found, None, f"not a GeoJSON geometry: {shown(geometry)}")
    try:
        return Raw(found, shapely.from_geojson(orjson.dumps(geometry)))
    except (shapely.errors.GEOSException, orjson.JSONEncodeError) as error:
        return Raw(found, None, f"not a GeoJSON geometry: {str(error).strip()}")


def _geopackage(layer: Layer, max_bytes: int) -> Iterator[Raw]:
    if reason := files.complaint(layer.entry.path, max_bytes):
        raise ValueError(reason)
    declared = _crs(layer.crs)
    meta, geometries, columns = _table(layer)
    if meta["crs"] is None or not _same(_crs(meta["crs"]).to_2d(), declared.to_2d()):
        raise ValueError(f"the file is in {meta['crs']}, but the catalogue declares {layer.crs}")
    shapes = shapely.from_wkb(geometries, on_invalid="ignore")
    if layer.crs not in _LONLAT:
        change = pyproj.Transformer.from_crs(declared, WGS84, always_xy=True)
        shapes = shapely.transform(shapes, change.transform, interleaved=False)
    names = [str(name) for name in meta["fields"]]
    for nth, shape in enumerate(shapes):
        broken = "the geometry cannot be read" if shape is None and geometries[nth] is not None else ""
        yield Raw({name: _cell(column[nth]) for name, column in zip(names, columns, strict=True)}, shape, broken)


def _table(layer: Layer) -> tuple[Mapping[str, Any], Any, Any]:
    """What pyogrio says of the layer's table, its geometries as WKB, and its columns."""
    with layer.entry.path.open("rb") as stream:
        # GDAL would open anything under this name, even a list of addresses to fetch.
        if not stream.read(16).startswith(b"SQLite format 3\0"):
            raise ValueError("not a GeoPackage")
    try:
        with warnings.catch_warnings(action="ignore"):  # GDAL's remarks; what matters is checked here
            tables = [str(name) for name in pyogrio.list_layers(layer.entry.path)[:, 0]]
            if layer.table not in tables and (layer.table or len(tables) != 1):
                raise ValueError(not_one_of("no such table in the GeoPackage", layer.table, tables))
            meta, _, geometries, columns = pyogrio.raw.read(layer.entry.path, layer=layer.table)
    except RuntimeError as error:  # the base of all of pyogrio's
        raise ValueError("not a GeoPackage that GDAL can read") from error
    if geometries is None:
        raise ValueError(f"the table has no geometry: {shown(layer.table or tables[0])}")
    return meta, geometries, columns


def _crs(text: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(text)
    except pyproj.exceptions.CRSError:
        raise ValueError(f"not a coordinate reference system: {shown(text)}") from None


def _same(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Whether two systems differ in the order of their axes at most, which a GeoPackage does not keep: east is
    always first there, and GDAL writes EPSG:3909, north first, as its twin EPSG:6316."""
    if one.coordinate_operation is None or other.coordinate_operation is None:
        return one.equals(other, ignore_axis_order=True)
    parts = [
        (each.geodetic_crs, each.coordinate_operation, {(axis.direction, axis.unit_name) for axis in each.axis_info})
        for each in (one, other)
    ]
    return parts[0] == parts[1]


def _cell(given: Any) -> Any:
    """A cell of a GeoPackage as JSON would hold it: NaN, which GDAL puts for NULL, is no value."""
    if isinstance(given, np.generic):
        given = given.item()
    return None if isinstance(given, float) and given != given else given

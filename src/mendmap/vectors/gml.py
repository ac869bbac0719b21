"""Reads features from GML 2, 3.1 or 3.2, as a Web Feature Service hands them out, through GDAL.

GDAL is given the bytes and nothing else: no schema is fetched or looked for beside them, no reference is followed and
no file is written. It goes by what stands in a document, and not by its root, which of its drivers opens it, and one
of them opens the files and addresses that a document names: nothing that could be meant for it is let through.

Coordinates come out as longitude and latitude whatever the order of axes: GDAL turns what
``urn:ogc:def:crs:EPSG::…`` and ``http://www.opengis.net/def/crs/EPSG/0/…`` name, whose order is the authority's, and
leaves what ``EPSG:…`` and ``http://www.opengis.net/gml/srs/epsg.xml#…`` name, whose order is that of GIS.
Not here: asking for it (``gather.services.wfs``).
"""

import re
import warnings
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pyproj.exceptions
import shapely

from mendmap.errors import not_one_of
from mendmap.vectors import markup
from mendmap.vectors.files import WGS84, Raw

# All values as text: a code of 007 is no number. No reference (xlink:href) is followed. No system is exchanged for the
# one that took its place: EPSG:3909 puts the northing first, and its follower EPSG:6316 does not.
_CONFIGURATION = {
    "GML_FIELDTYPES": "ALWAYS_STRING",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OSR_USE_NON_DEPRECATED": "NO",
}
_OPTIONS = {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO", "EXPOSE_GML_ID": "YES"}
# What GDAL makes of the box around a feature, which is no property of it.
_OF_BOX = ("lowerCorner", "upperCorner")
ID = "gml_id"
# Descriptions of data elsewhere, which GDAL opens wherever they stand; and instructions, which it takes apart otherwise
# than XML has them, so that what is hidden from the one is an element to the other.
_ELSEWHERE = re.compile(rb"<(OGR\w+DataSource|GDAL_|VRTDataset)|<\?(?!xml\s)", re.IGNORECASE)


def read(content: bytes, kind: str) -> list[Raw]:
    """The features of a type in a document, ``kind`` being its name without its namespace; where the document has but
    one type, those. Curves are lines of short pieces, heights are left out, values are texts, and the feature's own id
    is the property ``gml_id``. Raises ValueError where it cannot be read, or does not say in which system it is.
    """
    markup.root(content)
    if b"\0" in content:
        raise ValueError("GML in UTF-16 or UTF-32, which is not read")
    if _ELSEWHERE.search(content):
        raise ValueError("GML with a processing instruction, or with data that stand elsewhere, which is not read")
    # GDAL would look for a schema where the document says.
    content = content.replace(b"chemaLocation", b"chemaNotLooked")
    pyogrio.set_gdal_config_options(_CONFIGURATION)
    try:
        return _opened(content, kind)
    except RuntimeError as error:  # the base of all of pyogrio's
        if "Geometry type is not supported" in str(error):
            raise ValueError("GML that mixes points, lines and areas that have heights, which is not read") from None
        raise ValueError("not GML that GDAL can read") from error
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(_CONFIGURATION))


def _opened(content: bytes, kind: str) -> list[Raw]:
    with warnings.catch_warnings(action="ignore"):  # GDAL's remarks; what matters is checked here
        types = [str(name) for name in pyogrio.list_layers(content)[:, 0]]
        if kind not in types and len(types) > 1:
            raise ValueError(not_one_of("no features of this type in the GML", kind, types))
        if not types:
            return []
        layer = kind if kind in types else types[0]
        meta, _, geometries, columns = pyogrio.raw.read(content, layer=layer, force_2d=True, **_OPTIONS)
    return _raws(meta, geometries, columns)


def _raws(meta: Any, geometries: Any, columns: Any) -> list[Raw]:
    names = [str(name) for name in meta["fields"]]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    properties = [{name: value for name, value in row.items() if name not in _OF_BOX} for row in rows]
    if geometries is None:
        return [Raw(each, None) for each in properties]
    if meta["crs"] is None:
        raise ValueError("GML whose geometries do not say in which system they are (srsName), or in more than one")
    shapes = _degrees(shapely.from_wkb(geometries, on_invalid="ignore"), meta["crs"])
    return [
        Raw(each, shape, "its geometry cannot be read" if shape is None and given is not None else "")
        for each, shape, given in zip(properties, shapes, geometries, strict=True)
    ]


def _degrees(shapes: Any, system: str) -> Any:
    """Shapes in a system, easting first, as longitude and latitude."""
    try:
        change = pyproj.Transformer.from_crs(system, WGS84, always_xy=True)
    except pyproj.exceptions.CRSError:
        raise ValueError("GML in a coordinate reference system that PROJ does not know") from None
    return shapely.transform(shapes, lambda xy: np.column_stack(change.transform(xy[:, 0], xy[:, 1])))

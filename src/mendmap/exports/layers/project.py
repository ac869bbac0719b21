"""A QGIS project of every layer that a map draws: each read over the network from its FlatGeobuf, and styled.

The zip holds one ``.qgs``, as QGIS 3.22 writes it. A layer of several kinds of geometry is as many layers of the
project, since one of QGIS has one kind. Not here: the styles (``styles``) and the files it reads (``formats``).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pyproj

from mendmap.atlas.model import Atlas, Layer
from mendmap.catalogue.records import names
from mendmap.exports.layers.chosen import choose
from mendmap.exports.layers.styles import DIMENSIONS, dimensions, renderer, style_of

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION = "3.22.0"
# How QGIS names kinds of geometry, by dimension: of the layer, and of what it takes out of a file.
_KINDS = ("Point", "Line", "Polygon")
_TAKEN = ("Point", "LineString", "Polygon")


def write(atlas: Atlas, base: str, path: Path) -> None:
    """Writes the project; ``base`` is the address of the service, without a slash at its end. The same snapshot at the
    same address is the same bytes."""
    entry = ZipInfo("mendmap.qgs")
    entry.compress_type = ZIP_DEFLATED
    with ZipFile(path, "w") as archive:
        archive.writestr(entry, _DOCTYPE + ElementTree.tostring(_project(atlas, base), "unicode"))


def _project(atlas: Atlas, base: str) -> Element:
    title = names(atlas.place.name)
    root = Element("qgis", version=_VERSION, projectname=title)
    SubElement(root, "title").text = title
    SubElement(SubElement(root, "projectCrs"), "spatialrefsys").extend(_system("EPSG:3857"))
    tree = SubElement(root, "layer-tree-group")
    listed = SubElement(root, "projectlayers")
    order = SubElement(root, "layerorder")
    for drawn in _drawn(atlas, base):
        shown = "Qt::Checked" if style_of(atlas, drawn.layer.id).shown else "Qt::Unchecked"
        told = {"id": drawn.id, "name": drawn.title, "source": drawn.source, "providerKey": "ogr"}
        SubElement(tree, "layer-tree-layer", {**told, "checked": shown, "expanded": "0"})
        SubElement(order, "layer", id=drawn.id)
        listed.append(_layer(atlas, drawn))
    # Without this QGIS passes over the system of the project.
    system = SubElement(SubElement(root, "properties"), "SpatialRefSys")
    SubElement(system, "ProjectionsEnabled", type="int").text = "1"
    root.append(_view(atlas))
    return root


class _Drawn(NamedTuple):
    """A layer of the project: its id there, the layer, the dimension taken of it, and where QGIS reads it."""

    id: str
    layer: Layer
    dimension: int
    title: str
    source: str
    without: int


def _drawn(atlas: Atlas, base: str) -> Iterator[_Drawn]:
    """The layers of the project, in the order of the maps. GDAL fetches over the network only the parts it needs."""
    for layer in (atlas.layers[each] for each in dict.fromkeys(s.id for m in atlas.maps.values() for s in m.layers)):
        chosen = choose(atlas, layer, {})
        found = sorted(dimensions(chosen))
        for dimension in found:
            source, title = f"/vsicurl/{base}/downloads/{layer.id}.fgb|layername={layer.id}", str(names(layer.name))
            if len(found) > 1:
                source, title = f"{source}|geometrytype={_TAKEN[dimension]}", f"{title} ({DIMENSIONS[dimension]})"
            ident = f"{layer.id}_{DIMENSIONS[dimension]}"
            yield _Drawn(ident, layer, dimension, title, source, chosen.positionless)


def _layer(atlas: Atlas, drawn: _Drawn) -> Element:
    layer, dimension = drawn.layer, drawn.dimension
    root = Element("maplayer", type="vector", geometry=_KINDS[dimension], hasScaleBasedVisibilityFlag="0")
    SubElement(root, "id").text = drawn.id
    SubElement(root, "datasource").text = drawn.source
    SubElement(root, "layername").text = drawn.title
    SubElement(SubElement(root, "srs"), "spatialrefsys").extend(_system("EPSG:4326"))
    SubElement(root, "provider", encoding="UTF-8").text = "ogr"
    described = SubElement(root, "resourceMetadata")
    SubElement(described, "identifier").text = layer.id
    SubElement(described, "title").text = names(layer.name)
    SubElement(
        described, "abstract"
    ).text = f"{layer.description} Snapshot {atlas.snapshot}. Features without a position: {drawn.without}."
    SubElement(described, "license").text = layer.licence
    SubElement(described, "rights").text = atlas.place.attribution
    root.append(renderer(style_of(atlas, layer.id), dimension))
    SubElement(root, "layerGeometryType").text = str(dimension)
    return root


def _system(name: str) -> list[Element]:
    known = pyproj.CRS.from_user_input(name)
    code = name.removeprefix("EPSG:")
    told = {"wkt": known.to_wkt(), "srid": code, "authid": name, "description": known.name}
    found = []
    for tag, text in told.items():
        element = Element(tag)
        element.text = text
        found.append(element)
    return found


def _view(atlas: Atlas) -> Element:
    """What the project shows first: the place."""
    west, south, east, north = atlas.place.extent
    turn = pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:3857", always_xy=True)
    low, high = turn.transform(west, south), turn.transform(east, north)
    root = Element("mapcanvas", name="theMapCanvas", annotationsVisible="1")
    SubElement(root, "units").text = "meters"
    extent = SubElement(root, "extent")
    for tag, value in zip(("xmin", "ymin", "xmax", "ymax"), (*low, *high), strict=True):
        SubElement(extent, tag).text = repr(float(value))
    SubElement(root, "rotation").text = "0"
    SubElement(SubElement(root, "destinationsrs"), "spatialrefsys").extend(_system("EPSG:3857"))
    return root

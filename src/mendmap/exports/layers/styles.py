"""How a layer is drawn in other people's programs: as QML, which QGIS reads, and as SLD 1.1, which others do.

Colour, shape and width are those of the first map that draws the layer. What is schematic has a dashed line and a
hypothesis a dotted one, as on our maps. Not here: KML's own styles (``kml``).
"""

from collections import Counter
from collections.abc import Mapping
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import shapely

from mendmap.atlas.model import Atlas
from mendmap.exports.layers.chosen import Chosen
from mendmap.maps.model import Style
from mendmap.words.vocabulary import BASES

# By dimension, as shapely counts them.
DIMENSIONS = ("points", "lines", "polygons")
# How the line of each basis is drawn, in QGIS' word, and as dashes in SLD; unknown positions are not drawn.
LINES = {"published": "solid", "estimated": "solid", "schematic": "dash", "hypothesis": "dot"}
_DASHES = {"solid": "", "dash": "6 4", "dot": "1 3"}
# Our shapes as QGIS names them, and as SLD does.
_MARKERS = {
    "circle": ("circle", "circle"),
    "square": ("square", "square"),
    "diamond": ("diamond", "square"),
    "triangle": ("triangle", "triangle"),
    "hexagon": ("hexagon", "circle"),
    "drop": ("pentagon", "triangle"),
    "star": ("star", "star"),
    "cross": ("cross_fill", "cross"),
    "ring": ("circle", "circle"),
    "dot": ("circle", "circle"),
}
_SMALL = ("ring", "dot")
_QUIET = Style("", "#555555")
_SE, _SLD, _OGC = "http://www.opengis.net/se", "http://www.opengis.net/sld", "http://www.opengis.net/ogc"


def style_of(atlas: Atlas, layer: str) -> Style:
    """How the first map that shows a layer draws it; grey and round where none does."""
    styles = (style for spec in atlas.maps.values() for style in spec.layers if style.id == layer)
    return next(styles, _QUIET)


def dimensions(chosen: Chosen) -> list[int]:
    """The dimensions of what is chosen, that of the most features first; points where nothing has a position."""
    found = Counter(shapely.get_dimensions(chosen.shapes).tolist())
    found.pop(-1, None)
    return [dimension for dimension, _ in sorted(found.items(), key=lambda each: (-each[1], each[0]))] or [0]


def qml(chosen: Chosen, dimension: int) -> str:
    """A style of QGIS 3 for the features of one dimension, by basis."""
    root = Element("qgis", version="3.22.0", styleCategories="Symbology")
    root.append(renderer(style_of(chosen.atlas, chosen.layer.id), dimension))
    SubElement(root, "layerGeometryType").text = str(dimension)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(root, "unicode")


def renderer(style: Style, dimension: int) -> Element:
    """The part of a QML, or of a project, that draws: a symbol for each basis."""
    root = Element("renderer-v2", type="categorizedSymbol", attr="basis", symbollevels="0", enableorderby="0")
    categories, symbols = SubElement(root, "categories"), SubElement(root, "symbols")
    for nth, (basis, line) in enumerate(LINES.items()):
        label = f"{basis}: {BASES[basis]}"
        SubElement(categories, "category", value=basis, symbol=str(nth), label=label, render="true", type="string")
        kind = ("marker", "line", "fill")[dimension]
        symbol = SubElement(symbols, "symbol", type=kind, name=str(nth), alpha="1", clip_to_extent="1", force_rhr="0")
        drawn = ("SimpleMarker", "SimpleLine", "SimpleFill")[dimension]
        layer = SubElement(symbol, "layer", {"class": drawn, "enabled": "1", "locked": "0", "pass": "0"})
        options = SubElement(layer, "Option", type="Map")
        for name, value in (_marker, _line, _fill)[dimension](style, line).items():
            SubElement(options, "Option", type="QString", name=name, value=value)
    return root


def _marker(style: Style, line: str) -> Mapping[str, str]:
    hollow = style.shape == "ring" or line != "solid"
    return {
        "name": _MARKERS[style.shape][0],
        "color": _rgba(style, 60 if hollow else 255),
        "outline_color": _rgba(style, 255),
        "outline_style": line,
        "outline_width": "0.4",
        "outline_width_unit": "MM",
        "size": "2.5" if style.shape in _SMALL else "4",
        "size_unit": "MM",
    }


def _line(style: Style, line: str) -> Mapping[str, str]:
    return {
        "line_color": _rgba(style, 255),
        "line_style": line,
        "line_width": f"{style.width:g}",
        "line_width_unit": "Pixel",
        "capstyle": "round",
        "joinstyle": "round",
    }


def _fill(style: Style, line: str) -> Mapping[str, str]:
    return {
        "color": _rgba(style, 60),
        "style": "solid",
        "outline_color": _rgba(style, 255),
        "outline_style": line,
        "outline_width": f"{style.width:g}",
        "outline_width_unit": "Pixel",
    }


def _rgba(style: Style, alpha: int) -> str:
    return ",".join(str(int(style.color[at : at + 2], 16)) for at in (1, 3, 5)) + f",{alpha}"


def sld(chosen: Chosen, dimension: int) -> str:
    """The same as Styled Layer Descriptor 1.1 (OGC 05-078r4)."""
    style = style_of(chosen.atlas, chosen.layer.id)
    root = Element("StyledLayerDescriptor", {"version": "1.1.0", "xmlns": _SLD, "xmlns:se": _SE, "xmlns:ogc": _OGC})
    named = SubElement(root, "NamedLayer")
    SubElement(named, "se:Name").text = chosen.layer.id
    drawn = SubElement(SubElement(named, "UserStyle"), "se:FeatureTypeStyle")
    for basis, line in LINES.items():
        rule = SubElement(drawn, "se:Rule")
        SubElement(rule, "se:Name").text = basis
        SubElement(SubElement(rule, "se:Description"), "se:Title").text = f"{basis}: {BASES[basis]}"
        equal = SubElement(SubElement(rule, "ogc:Filter"), "ogc:PropertyIsEqualTo")
        SubElement(equal, "ogc:PropertyName").text = "basis"
        SubElement(equal, "ogc:Literal").text = basis
        rule.append(_symbolizer(style, dimension, line))
    return ElementTree.tostring(root, "unicode")


def _symbolizer(style: Style, dimension: int, line: str) -> Element:
    root = Element(("se:PointSymbolizer", "se:LineSymbolizer", "se:PolygonSymbolizer")[dimension])
    inner = root
    if dimension == 0:
        graphic = SubElement(root, "se:Graphic")
        inner = SubElement(graphic, "se:Mark")
        SubElement(inner, "se:WellKnownName").text = _MARKERS[style.shape][1]
        SubElement(graphic, "se:Size").text = "8" if style.shape in _SMALL else "14"
    if dimension != 1:
        opaque = dimension == 0 and line == "solid" and style.shape != "ring"
        _parameters(SubElement(inner, "se:Fill"), {"fill": style.color, "fill-opacity": "1" if opaque else "0.25"})
    width = "1.5" if dimension == 0 else f"{style.width:g}"
    dashes = {"stroke-dasharray": _DASHES[line]} if _DASHES[line] else {}
    stroke = SubElement(inner, "se:Stroke")
    _parameters(stroke, {"stroke": style.color, "stroke-width": width, **dashes})
    return root


def _parameters(element: Element, given: Mapping[str, str]) -> None:
    for name, text in given.items():
        SubElement(element, "se:SvgParameter", name=name).text = text

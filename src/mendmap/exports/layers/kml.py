"""A layer as KML 2.2 (OGC 07-147r2), for globes: a placemark a feature, its columns as data, drawn by basis.

Not here: styles of GIS (``styles``).
"""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.exports.layers.chosen import Chosen
from mendmap.exports.layers.styles import LINES, style_of
from mendmap.geo.antimeridian import cut
from mendmap.maps.model import Style
from mendmap.words.fields import Field, name_column

# A line of KML has no dashes: what is less well known is drawn fainter. In hexadecimal, as KML has it.
_OPAQUE = {"solid": "ff", "dash": "99", "dot": "66"}


def pieces(chosen: Chosen) -> Iterator[bytes]:
    """One document, a piece a batch of features. A feature without a position is a placemark without geometry."""
    style = style_of(chosen.atlas, chosen.layer.id)
    about = "\n".join(f"{name}: {text}" for name, text in chosen.about.items())
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{escape(chosen.about['title'])}</name><description>{escape(about)}</description>"
        f"{''.join(_style(style, basis, line) for basis, line in LINES.items())}\n"
    ).encode()
    name = name_column("name", chosen.atlas.place.languages[0])
    for part in chosen.parts():
        shapes = shapely.orient_polygons(cut(part.shapes))
        rows = zip(part.columns.to_pylist(), shapes, strict=True)
        yield "".join(_placemark(chosen.fields, row, row[name], shape) for row, shape in rows).encode()
    yield b"</Document></kml>\n"


def _style(style: Style, basis: str, line: str) -> str:
    # KML writes colours backwards: alpha, blue, green, red.
    color = style.color[5:7] + style.color[3:5] + style.color[1:3]
    edge = f"{_OPAQUE[line]}{color}"
    return (
        f'<Style id="{basis}"><IconStyle><color>{edge}</color></IconStyle>'
        f"<LineStyle><color>{edge}</color><width>{style.width:g}</width></LineStyle>"
        f"<PolyStyle><color>40{color}</color></PolyStyle></Style>"
    )


def _placemark(fields: tuple[Field, ...], row: dict[str, Any], name: str | None, shape: BaseGeometry | None) -> str:
    known = [each.name for each in fields if row[each.name] is not None]
    data = "".join(f"<Data name={quoteattr(each)}><value>{escape(_text(row[each]))}</value></Data>" for each in known)
    geometry = "" if shape is None else _geometry(shape)
    return (
        f"<Placemark id={quoteattr(row['id'])}><name>{escape(name or row['id'])}</name>"
        f"<styleUrl>#{row['basis']}</styleUrl><ExtendedData>{data}</ExtendedData>{geometry}</Placemark>\n"
    )


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _geometry(shape: BaseGeometry) -> str:
    if shape.geom_type in ("Point", "LineString"):
        return f"<{shape.geom_type}>{_coordinates(shape)}</{shape.geom_type}>"
    if shape.geom_type == "Polygon":
        inner = "".join(f"<innerBoundaryIs>{_ring(each)}</innerBoundaryIs>" for each in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    return f"<MultiGeometry>{''.join(_geometry(each) for each in shape.geoms)}</MultiGeometry>"


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(shape: BaseGeometry) -> str:
    listed = shapely.get_coordinates(shape).round(7).tolist()
    return f"<coordinates>{' '.join(f'{x},{y}' for x, y in listed)}</coordinates>"

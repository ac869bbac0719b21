"""Draws a map with Folium: the element for the page, and the script as a file of its own.

Ids are fixed, so that the same map is the same bytes wherever and whenever it is drawn.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Element, Figure

from mendmap.geo.bounds import Bounds
from mendmap.maps.elements import Compare, GeoJsonTiles, TimeSlider, Workbench
from mendmap.maps.model import MapSpec

# Files of web/static that a map needs beside Leaflet, in the order in which they are loaded.
SCRIPTS = (
    "words",
    "symbols",
    "slices",
    "fetched-once",
    "tile-shapes",
    "geojson-tiles",
    "labels",
    "panel",
    "workbench",
    "dated",
    "dated-twin",
    "time-strip",
    "time",
    "compare",
)
STYLES = ("map", "time")
# The layer that the atlas makes of all layers of sites; its features say which layer they belong to.
UNION = "sites"


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What the script is told of a layer: ``page`` is the address that the id of a feature follows."""

    id: str
    name: str
    kinds: dict[str, str]
    role: str
    page: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn map: the HTML of its element, its script, and a name for the script that follows its content."""

    element: str
    script: bytes
    name: str


def draw(
    spec: MapSpec, layers: Sequence[LayerInfo], view: Bounds, attribution: str, max_zoom: int, tiles: str
) -> Drawing:
    """Draws a map. ``tiles`` is the address of tiles with {layer}, {z}, {x} and {y}; layers that the map does not
    name are left out. The map opens on ``view`` where it states none of its own."""
    west, south, east, north = spec.view or view
    chart = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=11,
        tiles=None,
        zoom_control=False,
        max_bounds=False,
        # Quarters of a zoom, so that the first view fills a phone and a wide screen alike.
        zoom_snap=0.25,
    )
    _fix(chart, spec.id)
    known = {layer.id: layer for layer in layers}
    drawn = []
    for order, style in enumerate(spec.layers):
        info = known[style.id]
        options: dict[str, Any] = {
            "id": info.id,
            "name": info.name,
            "kinds": info.kinds,
            "role": info.role,
            "page": info.page,
            "color": style.color,
            "shape": style.shape,
            "width": style.width,
            "fromZoom": style.from_zoom,
            "shown": style.shown,
            "quiet": style.quiet,
            "order": order,
            "maxNativeZoom": max_zoom,
        }
        if info.role == "site" and style.id != UNION:
            # Layers of sites are drawn from the tiles of their union, so that a view is a few requests.
            options["only"] = style.id
        url = tiles.replace("{layer}", UNION if "only" in options else style.id)
        element = GeoJsonTiles(url, options, shown=style.shown)
        _fix(element, style.id)
        element.add_to(chart)
        drawn.append(element)
    slider = TimeSlider(drawn)
    bench = Workbench(drawn, {"view": [[south, west], [north, east]], "attribution": attribution})
    for element in (slider, Compare(slider), bench):
        _fix(element, spec.id)
        element.add_to(chart)
    chart.render()  # type: ignore[no-untyped-call]
    root = chart.get_root()
    assert isinstance(root, Figure)
    script = root.script.render().encode()
    name = f"{spec.id}-{hashlib.sha256(script).hexdigest()[:16]}.js"
    return Drawing(root.html.render().strip(), script, name)


def _fix(element: Element, ident: str) -> None:
    """Gives an element a fixed id in place of a random one."""
    element._id = "".join(each if each.isalnum() else "_" for each in ident)

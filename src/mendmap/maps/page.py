"""Draws a map with Folium for the service's own pages: the element for the page, and the script as a file of its own.

Ids are fixed, so that the same map is the same bytes wherever and whenever it is drawn.
Not here: the elements (``elements``), and the page around the map (``web``).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import Element

from mendmap.catalogue.records import names
from mendmap.geo.bounds import Bounds
from mendmap.maps import elements
from mendmap.maps.elements import GeoJsonTiles, OnMap, Service
from mendmap.maps.model import MapSpec, Style

# Files of web/static that elements need beside Leaflet, in the order in which they are put together.
SCRIPTS = (
    *("words", "located", "symbols", "hatch", "slices", "fetched-once", "sources", "classes"),
    *("tile-shapes", "geojson-tiles", "labels", "bench", "permalink", "first-view", "charts", "sheet", "panel"),
    *("legend", "layer-tree", "names", "search", "notices", "scroll-care", "scale", "locate", "full-screen"),
    *("share", "print", "dated", "dated-twin", "time-strip", "time", "handle", "compare", "twin"),
    *("picture-archive", "picture-tiles", "basemap", "relief", "imagery-panel", "imagery-told", "imagery"),
)
STYLES = ("map", "tools", "search", "time", "charts", "sheet", "basemap", "imagery", "print")
# The layer that the atlas makes of all layers of sites; its features say which layer they belong to.
UNION = "sites"
# What stands on every map, and what one may do without (``model.CONTROLS``), in the order of their making.
ALWAYS = (elements.Panel, elements.Notices, elements.ScrollCare)
CONTROLLED: Mapping[str, type[OnMap]] = {
    # Before the first view, for which it leaves less room.
    "time": elements.TimeSlider,
    "compare": elements.Compare,
    "layers": elements.LayerTree,
    # In the list of layers, or beneath it.
    "relief": elements.Relief,
    "imagery": elements.Imagery,
    "search": elements.Search,
    "scale": elements.Scale,
    "home": elements.FirstView,
    "locate": elements.Locate,
    "fullscreen": elements.FullScreen,
    "link": elements.ShareLink,
    "print": elements.Print,
}


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """What the script is told of a layer: ``page`` is the address that the id of a feature follows."""

    id: str
    name: str
    kinds: dict[str, str]
    role: str
    page: str


@dataclass(frozen=True, slots=True)
class Around:
    """What the script is told of the data: whom to name, of when they are, the ``languages`` that names are looked for
    in, the first first, the highest zoom of the tiles, and what a ``Basemap``, a ``Relief`` and ``Imagery`` are made
    of, where they are offered."""

    attribution: str
    data: str
    languages: Sequence[str]
    max_zoom: int
    basemap: Mapping[str, Any] | None = None
    relief: Mapping[str, Any] | None = None
    imagery: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn map: the HTML of its element, its script, and a name for the script that follows its content."""

    element: str
    script: bytes
    name: str


def draw(spec: MapSpec, layers: Sequence[LayerInfo], view: Bounds, around: Around, tiles: str) -> Drawing:
    """Draws a map. ``tiles`` is the address of tiles with {layer}, {z}, {x} and {y}, or of a layer's archive with
    {layer} alone; its ending is their form (geojson, mvt, pmtiles). Layers that the map does not name are left out. The
    map opens on ``view`` where it states none of its own."""
    west, south, east, north = spec.view or view
    chart = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=11,
        tiles=None,
        zoom_control=False,
        max_bounds=False,
        # Quarters of a zoom, so that the first view fills a phone and a wide screen alike.
        zoom_snap=0.25,
        # A tile stands for the one that it replaces at once: nothing flickers, and nothing is painted ten times.
        fade_animation=False,
    )
    _fix(chart, spec.id)
    _add(Service("", attribution=around.attribution), chart, spec.id)
    known = {layer.id: layer for layer in layers}
    for order, style in enumerate(spec.layers):
        options = _options(style, known[style.id], around) | {"order": order, "form": tiles.rpartition(".")[2]}
        url = tiles.replace("{layer}", UNION if "only" in options else style.id)
        _add(GeoJsonTiles(url, options, shown=style.shown), chart, style.id)
    about: dict[str, Mapping[str, Any] | None] = {
        "home": {"view": [[south, west], [north, east]], "button": "home" not in spec.without},
        "print": {"title": names(spec.title, around.languages), "data": around.data},
        "relief": around.relief,
        "imagery": around.imagery,
    }
    for word, element in CONTROLLED.items():
        made_of = about.get(word, {})
        # A map opens somewhere, with or without a button that goes back there.
        if made_of is not None and (word not in spec.without or word == "home"):
            _add(element(**made_of), chart, spec.id)
    for element in ALWAYS:
        _add(element(), chart, spec.id)
    if around.basemap:
        _add(elements.Basemap(**around.basemap), chart, spec.id)
    html, text = elements.drawn(chart)
    script = text.encode()
    return Drawing(html, script, f"{spec.id}-{hashlib.sha256(script).hexdigest()[:16]}.js")


def _options(style: Style, info: LayerInfo, around: Around) -> dict[str, Any]:
    """What a layer's script is told, as ``GeoJsonTiles`` lists it."""
    found: dict[str, Any] = {
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
        "maxNativeZoom": around.max_zoom,
    }
    if style.classes:
        found["by"] = style.by
        found["classes"] = [
            {"value": each.value, "name": names(each.name, around.languages), "color": each.color, "shape": each.shape}
            for each in style.classes
        ]
    if info.role == "site" and style.id != UNION:
        # Layers of sites are drawn from the tiles of their union, so that a view is a few requests.
        found["only"] = style.id
    return found


def _add(element: Element, chart: folium.Map, ident: str) -> None:
    _fix(element, ident)
    element.add_to(chart)


def _fix(element: Element, ident: str) -> None:
    """Gives an element a fixed id in place of a random one."""
    element._id = "".join(each if each.isalnum() else "_" for each in ident)

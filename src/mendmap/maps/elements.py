"""Our own Folium elements. Each has its JavaScript in a file of ``web/static``, under test; here is only the call.

They work in any Folium map, in a notebook or a script, against any mendmap service, whose ``Service`` is added first:

    chart = folium.Map([44.08, 22.1], zoom_start=11, tiles=None)
    service = Service("https://bor.example").add_to(chart)
    service.layer("lakes", name="Lakes", color="#00727f", shape="drop").add_to(chart)
    Panel().add_to(chart)
    LayerTree().add_to(chart)
    Search().add_to(chart)
    chart.save("lakes.html")

Layers stand in the order in which they are added, and before the elements that follow them.
Not here: maps as data (``model``), and the service's own pages (``page``).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium import template

# The address that the id of a feature follows, by the role of its layer.
_PAGES = {"site": "/sites/", "station": "/stations/", "watercourse": "/watercourses/"}


def _dumps(value: Any, **options: Any) -> str:
    """JSON in which no template begins: branca compiles what our templates made once more, and would run a name."""
    return re.sub(r"\{(?=[{%#])", r"\\u007b", json.dumps(value, **options))


class _Environment(template.Environment):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]
        self.policies["json.dumps_function"] = _dumps


class Template(template.Template):
    """A template of an element's script; ``tojson`` writes a value as JavaScript, and nothing in it is run."""

    environment_class = _Environment


class Service(MacroElement):
    """A mendmap service that the other elements of a map ask.

    ``address`` is where it stands, such as https://bor.example; "" is the page's own origin, whose page loads the
    scripts itself. ``language`` is the id of one that the service speaks. ``alone`` keeps the page from loading
    anything from anyone else: Folium's own links (Leaflet, and what its popups and icons need) are replaced by the
    Leaflet of the service. Basemaps and Folium's own popups need them, and ``alone=False``.
    """

    _template = Template(
        """
        {% macro header(this, kwargs) %}
        {%- if this.address %}
            <script>document.documentElement.lang = {{ this.language|tojson }};</script>
        {%- endif %}
        {% endmacro %}
        {% macro script(this, kwargs) %}
            mendmap.service({{ this._parent.get_name() }}, {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, address: str, *, language: str = "en", attribution: str = "", alone: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "service"
        self.address, self.language, self.alone = address.rstrip("/"), language, alone
        self.options = {"address": self.address, "attribution": attribution}

    def add_to(self, parent: Element, name: str | None = None, index: int | None = None) -> Self:
        """Adds it to a folium.Map, and what its elements load to the page."""
        super().add_to(parent, name, index)
        if self.address and self.alone and isinstance(parent, folium.Map):
            static = f"{self.address}/static/vendor/leaflet"
            # Those of this map; the class, which all maps of the process share, keeps its own.
            parent.default_js = [("leaflet", f"{static}/leaflet.js")]
            parent.default_css = [("leaflet_css", f"{static}/leaflet.css")]
        return self

    def layer(self, ident: str, *, role: str = "site", shown: bool = True, **options: Any) -> "GeoJsonTiles":
        """A layer of the service, by its id, as tiles. ``role`` is that of the catalogue (site, station, watercourse,
        context, work); ``options`` are those of ``GeoJsonTiles``. ``form="mvt"`` asks for vector tiles."""
        form = options.get("form", "geojson")
        url = f"{self.address}/tiles/{ident}/{{z}}/{{x}}/{{y}}.{form}"
        page = self.address + _PAGES.get(role, f"/features/{ident}/")
        return GeoJsonTiles(url, {"id": ident, "name": ident, "role": role, "page": page, **options}, shown=shown)

    def render(self, **kwargs: Any) -> str:
        """Draws it: the service's scripts and styles go to the head of the page."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        text: str = super().render(**kwargs)  # type: ignore[no-untyped-call]
        if self.address:
            static = f"{self.address}/static"
            for file in ("mendmap.css", "elements.css"):
                figure.header.add_child(CssLink(f"{static}/{file}"), name=file)
            for file in (f"words/{self.language}.js", "elements.js"):
                figure.header.add_child(JavascriptLink(f"{static}/{file}"), name=file)
        return text


class GeoJsonTiles(MacroElement):
    """A layer of tiles, drawn by ``mendmap.GeoJsonTiles``: fetched as the view needs them, each feature drawn once,
    points as symbols in their disc of accuracy.

    ``url`` is a template with {z}, {x} and {y}, in tiles of 512 pixels. ``options``:

    - ``id``, ``name``: of the layer, as the list of layers names it;
    - ``form``: ``geojson`` (unless said otherwise), ``mvt``, or ``pmtiles``, where ``url`` is that of one archive on a
      file host that answers Range requests. In every form a feature's id is its property ``id``,
      ``stands_for`` more than 1 is how many features, itself included, it stands for at this zoom, and ``drawn``
      "point" that its outline is too small here;
    - ``color`` (#rrggbb), ``shape`` (one of ``maps.model.SHAPES``), ``width`` of lines in pixels;
    - ``role``: site, station, watercourse, context or work; ``page``: the address that the id of a feature follows;
    - ``kinds``: the name of each kind of feature; ``quiet``: kinds drawn as dots without a name;
    - ``fromZoom``: from which names are written; ``maxNativeZoom``: the highest zoom of the tiles, 16;
    - ``only``: of tiles of several layers, the one that is drawn;
    - ``by`` and ``classes``: how features are told apart, by one of ``maps.model.CLASSED``; each class has its
      ``value``, ``name``, and ``color`` or ``shape``.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = mendmap.geoJsonTiles(
                {{ this.url|tojson }}, {{ this.options|tojson }}
            );
            mendmap.bench({{ this._parent.get_name() }}).add({{ this.get_name() }}, {{ this.shown|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, url: str, options: Mapping[str, Any], *, shown: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "tiles"
        self.url = url
        plain = {
            "color": "#535e58",
            "shape": "circle",
            "role": "site",
            "page": "#",
            "kinds": {},
            "name": "",
            "id": "tiles",
        }
        self.options = plain | dict(options)
        self.shown = shown


class OnMap(MacroElement):
    """An element that stands on a map: calls the function of ``web/static`` that ``call`` names, with the map."""

    call: ClassVar[str]
    _template = Template(
        """
        {% macro script(this, kwargs) %}
            mendmap.{{ this.call }}({{ this._parent.get_name() }}, {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, **options: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = self.call
        self.options = options


class FirstView(OnMap):
    """What the map shows first, how far one may go from it, and a button back.

    ``view``: [[south, west], [north, east]] in degrees; ``button=False`` leaves the button out.
    """

    call = "firstView"


class Panel(OnMap):
    """Tells of the feature that the reader chose: the article of its own page, at the map's side."""

    call = "panel"


class LayerTree(OnMap):
    """The list of layers in plain words, how many features of each are in view, and the key of what is shown."""

    call = "layerTree"


class Basemap(OnMap):
    """A background map of someone else's, who is asked for nothing before the reader agrees, which can
    be taken back.

    ``name`` tells whose it is; ``url`` is the address of its tiles with {z}, {x} and {y}, in Web Mercator, of 256
    pixels; ``attribution`` is shown with it; ``maxZoom`` is the highest zoom that it has.
    """

    call = "basemap"


class Relief(OnMap):
    """The relief of the ground beneath everything, drawn of a model that the service has; the reader can turn it off.

    ``address``: that of the picture's TileJSON, such as /rasters/ground.json.
    """

    call = "relief"


class Imagery(OnMap):
    """A button and a form: pictures of the ground from above, of a day, of two days in two halves, or of the change
    between them; with their key, and the value at a place. Nothing is fetched before it is opened.

    ``address``: that of the service's list of pictures, /rasters.json.
    """

    call = "imagery"


class Legend(OnMap):
    """The key of the layers that are shown, alone: for maps without a ``LayerTree``."""

    call = "legend"


class Search(OnMap):
    """A field that finds features of the map's layers by name, in view or not, in any script."""

    call = "search"


class ShareLink(OnMap):
    """A button that copies the address of what is seen: view, layers, feature chosen, and what other elements add."""

    call = "shareLink"


class Print(OnMap):
    """A button that prints the map alone. ``title``: of the sheet; ``data``: of when the data are, in words."""

    call = "print"


class Locate(OnMap):
    """A button that shows where the reader is; the browser is asked only when it is pressed."""

    call = "locate"


class FullScreen(OnMap):
    """A button that lets the map fill the screen."""

    call = "fullScreen"


class Scale(OnMap):
    """How long a way on the map is."""

    call = "scale"


class Notices(OnMap):
    """Says what could not be fetched, with a button to ask again, and what tiles left out."""

    call = "notices"


class ScrollCare(OnMap):
    """Lets the page scroll: the wheel zooms only after a click, a finger moves the map only after a tap."""

    call = "scrollCare"


class TimeSlider(OnMap):
    """A slider that stops where something is known of the map's layers, and shows them as they were then. It begins at
    now; dated values are fetched from the service a month at a time, and stand in a table beneath the map."""

    call = "timeSlider"


class Compare(OnMap):
    """Two dates side by side, with a handle between them: a button of the map's ``TimeSlider``, which comes first."""

    call = "compare"


class Twin(OnMap):
    """The table beneath the map: each layer that is shown, as rows of the service's OGC API, fetched when opened."""

    call = "twin"


def drawn(chart: folium.Map) -> tuple[str, str]:
    """The HTML of a map's element, and its script, apart from the page that Folium would put around them."""
    chart.render()  # type: ignore[no-untyped-call]
    root = chart.get_root()
    assert isinstance(root, Figure)
    return root.html.render().strip(), root.script.render()

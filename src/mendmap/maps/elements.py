"""Our own Folium elements. Each has its JavaScript in a file of ``web/static``, under test; here is only the call.

They work in any Folium map that loads those files, against any mendmap service.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from branca.element import MacroElement
from folium.template import Template


class GeoJsonTiles(MacroElement):
    """A layer of GeoJSON tiles, drawn by ``mendmap.GeoJsonTiles``: fetched as the view needs them, each feature
    drawn once, points as symbols in their disc of accuracy.

    ``url`` is a template with {z}, {x} and {y}; ``options`` are passed on: name, color, shape, width, basis.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = mendmap.geoJsonTiles(
                {{ this.url|tojson }}, {{ this.options|tojson }}
            );
            {%- if this.shown %}
            {{ this.get_name() }}.addTo({{ this._parent.get_name() }});
            {%- endif %}
        {% endmacro %}
        """
    )

    def __init__(self, url: str, options: Mapping[str, Any], *, shown: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "tiles"
        self.url = url
        self.options = dict(options)
        self.shown = shown


class Workbench(MacroElement):
    """What stands beside the map and follows it: layer tree with legend, table twin, panel of the feature clicked.

    ``layers`` are the ``GeoJsonTiles`` of the map, in the order of the tree.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            mendmap.workbench({{ this._parent.get_name() }}, [
                {%- for layer in this.layers %}
                {{ layer.get_name() }},
                {%- endfor %}
            ], {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, layers: Sequence[GeoJsonTiles], options: Mapping[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "workbench"
        self.layers = list(layers)
        self.options = dict(options)


class TimeSlider(MacroElement):
    """A slider that stops where something is known of the map's ``layers``, and shows them as they were then. It begins
    at now. Dated values are fetched from the service at the address ``service``, that of the page where it is blank.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = mendmap.timeSlider({{ this._parent.get_name() }}, [
                {%- for layer in this.layers %}
                {{ layer.get_name() }},
                {%- endfor %}
            ], {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, layers: Sequence[GeoJsonTiles], service: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "time"
        self.layers = list(layers)
        self.options = {"service": service}


class Compare(MacroElement):
    """Two dates of a map side by side, with a handle between them; a button of its time ``slider`` opens it."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            mendmap.compare({{ this._parent.get_name() }}, {{ this.slider.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, slider: TimeSlider) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "compare"
        self.slider = slider

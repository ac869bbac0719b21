"""A background map of someone else's, as a Folium element: nothing is asked of them before the reader agrees.

Its JavaScript is ``web/static/basemap.js``. Not here: which one a service offers (``settings``).
"""

from branca.element import MacroElement
from folium.template import Template


class Basemap(MacroElement):
    """A switch for a background map, off until the reader agrees to be known to those it comes from.

    ``name`` tells whose it is; ``url`` is the address of its tiles with {z}, {x} and {y}, in Web Mercator, of 256
    pixels; ``attribution`` is shown with it; ``max_zoom`` is the highest zoom that it has.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            mendmap.basemap({{ this._parent.get_name() }}, {{ this.options|tojson }});
        {% endmacro %}
        """
    )

    def __init__(self, url: str, name: str, attribution: str, max_zoom: int = 17) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "basemap"
        self.options = {"url": url, "name": name, "attribution": attribution, "maxZoom": max_zoom}

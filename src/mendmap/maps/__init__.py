"""Maps: which layers a map shows and how (``model``), our own Folium elements (``elements``), and the script that
draws a map on the service's own pages (``page``).

The elements are public, for Folium maps in notebooks and scripts: ``from mendmap.maps import Service, Panel, Search``.
Not here: the HTML page around the map (``web``), and the data, which the script fetches as tiles.
"""

from typing import Any

ELEMENTS = (
    *(
        "Basemap",
        "Compare",
        "FirstView",
        "FullScreen",
        "GeoJsonTiles",
        "Imagery",
        "LayerTree",
        "Legend",
        "Locate",
        "Notices",
        "Panel",
    ),
    *("Print", "Relief", "Scale", "ScrollCare", "Search", "Service", "ShareLink", "TimeSlider", "Twin"),
)


def __getattr__(name: str) -> Any:
    # Folium takes most of a second to import; commands that check a map's file need not wait for it.
    if name in ELEMENTS:
        from mendmap.maps import elements

        return getattr(elements, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The background map that a service offers, from its settings: whose it is, and the origin that pages may then ask.

Not here: how it is offered (``maps.basemap``).
"""

import re

from mendmap.errors import SettingError, shown
from mendmap.maps.basemap import Basemap
from mendmap.settings import Settings, variable

_TILES = re.compile(r"(https://[a-z0-9.-]+(?::\d+)?)/[^\s'\";{}]*(?:\{[zxy]\}[^\s'\";{}]*){3}", re.ASCII)


def origin(settings: Settings) -> str:
    """The origin of the background map's tiles; "" where none is offered. Raises SettingError where its address is
    not one of tiles, or where it is not said whose it is."""
    if not settings.basemap_url:
        return ""
    found = _TILES.fullmatch(settings.basemap_url)
    if not found or not all(each in settings.basemap_url for each in ("{z}", "{x}", "{y}")):
        raise SettingError(
            f"{variable('basemap_url')}: not an https address with {{z}}, {{x}} and {{y}} and no other braces: "
            f"{shown(settings.basemap_url)}"
        )
    for name in ("basemap_name", "basemap_attribution"):
        if not getattr(settings, name):
            raise SettingError(f"{variable(name)}: is needed with {variable('basemap_url')}")
    return found[1]


def basemap(settings: Settings) -> Basemap | None:
    """The element of the background map; None where none is offered."""
    if not settings.basemap_url:
        return None
    return Basemap(settings.basemap_url, settings.basemap_name, settings.basemap_attribution, settings.basemap_max_zoom)

"""The background map that a service offers, from its settings: whose it is, and the origin that pages may then ask.

Not here: how it is offered (``maps.elements``).
"""

import re
from typing import Any

from mendmap.errors import SettingError, shown
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


def basemap(settings: Settings) -> dict[str, Any] | None:
    """What the element ``Basemap`` is made of; None where none is offered."""
    if not settings.basemap_url:
        return None
    return {
        "url": settings.basemap_url,
        "name": settings.basemap_name,
        "attribution": settings.basemap_attribution,
        "maxZoom": settings.basemap_max_zoom,
    }

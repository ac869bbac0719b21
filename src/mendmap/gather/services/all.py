"""Every adapter, by the word that a recipe names it with. Not here: the adapters."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import (
    elevation,
    ogc_features,
    sensorthings,
    sepa_air,
    stac,
    water_quality_portal,
    wfs,
)
from mendmap.gather.services.eea_air import adapter as eea_air
from mendmap.gather.services.overpass import adapter as overpass

_ADAPTERS = (overpass, ogc_features, wfs, eea_air, sepa_air, water_quality_portal, sensorthings, stac, elevation)
SERVICES: Mapping[str, Service] = {each.SERVICE.name: each.SERVICE for each in _ADAPTERS}

"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import (
    eea_air,
    elevation,
    ogc_features,
    overpass,
    sensorthings,
    sepa_air,
    stac,
    water_quality_portal,
    wfs,
)

_ADAPTERS = (overpass, ogc_features, wfs, eea_air, sepa_air, water_quality_portal, sensorthings, stac, elevation)
SERVICES: Mapping[str, Service] = {each.SERVICE.name: each.SERVICE for each in _ADAPTERS}

"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import eea_air, ogc_features, sensorthings, sepa_air, water_quality_portal, wfs

SERVICES: Mapping[str, Service] = {
    eea_air.SERVICE.name: eea_air.SERVICE,
    sepa_air.SERVICE.name: sepa_air.SERVICE,
    ogc_features.SERVICE.name: ogc_features.SERVICE,
    wfs.SERVICE.name: wfs.SERVICE,
    water_quality_portal.SERVICE.name: water_quality_portal.SERVICE,
    sensorthings.SERVICE.name: sensorthings.SERVICE,
}

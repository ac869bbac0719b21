"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import eea_air, ogc_features, overpass, sensorthings, sepa_air, water_quality_portal, wfs

SERVICES: Mapping[str, Service] = {
    each.name: each
    for each in (
        overpass.SERVICE,
        eea_air.SERVICE,
        sepa_air.SERVICE,
        ogc_features.SERVICE,
        wfs.SERVICE,
        water_quality_portal.SERVICE,
        sensorthings.SERVICE,
    )
}

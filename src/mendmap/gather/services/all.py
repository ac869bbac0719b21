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

SERVICES: Mapping[str, Service] = {
    each.name: each
    for each in (
        overpass.SERVICE,
        ogc_features.SERVICE,
        wfs.SERVICE,
        eea_air.SERVICE,
        sepa_air.SERVICE,
        water_quality_portal.SERVICE,
        sensorthings.SERVICE,
        stac.SERVICE,
        elevation.SERVICE,
    )
}

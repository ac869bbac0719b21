"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import eea_air, elevation, sepa_air, stac

SERVICES: Mapping[str, Service] = {
    eea_air.SERVICE.name: eea_air.SERVICE,
    sepa_air.SERVICE.name: sepa_air.SERVICE,
    stac.SERVICE.name: stac.SERVICE,
    elevation.SERVICE.name: elevation.SERVICE,
}

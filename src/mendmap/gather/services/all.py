"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import eea_air, overpass, sepa_air

SERVICES: Mapping[str, Service] = {each.SERVICE.name: each.SERVICE for each in (eea_air, overpass, sepa_air)}

"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service
from mendmap.gather.services import elevation, stac

SERVICES: Mapping[str, Service] = {
    "stac": stac.SERVICE,
    "elevation": elevation.SERVICE,
}

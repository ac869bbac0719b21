"""Every adapter, by the word that a recipe names it with."""

from collections.abc import Mapping

from mendmap.gather.model import Service

SERVICES: Mapping[str, Service] = {}

"""Filters in CQL2 (OGC 21-065r2), as text or JSON: read, checked against the columns that may be asked for, and held
against rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mendmap.geo.crs import Crs
from mendmap.words.fields import Field


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that has been checked. ``text`` is what was asked, ``body`` its JSON."""

    text: str
    body: Mapping[str, Any] = field(repr=False, compare=False)


def parse(text: str, queryables: Mapping[str, Field], language: str = "cql2-text", crs: Crs | None = None) -> Filter:
    """A filter whose every property is a queryable. Raises BadRequestError."""
    raise NotImplementedError

"""What a request for the features of a collection asks for: its parameters as one value.

Not here: what the parameters are, as the API is documented (``documented``), and the answer (``items``).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from mendmap.atlas.model import Atlas, Layer
from mendmap.errors import BadRequestError, shown
from mendmap.geo.crs import Crs, chosen
from mendmap.query.features import CRS84, FeatureQuery, boxes, columns, order
from mendmap.query.filters import Filter, parse
from mendmap.query.times import interval
from mendmap.web.ogc import documented, schemas
from mendmap.words.fields import Field, value

_WHOLE = re.compile(r"\d{1,12}", re.ASCII)
_NUMBERS = ("number", "amount", "integer")

Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which features of a layer, in which system, with which columns (all where None), and which page of them."""

    query: FeatureQuery
    system: Crs
    columns: tuple[str, ...] | None
    limit: int
    offset: int


def known(atlas: Atlas, layer: Layer) -> set[str]:
    """The parameters of a collection's features: those that all have, and its own columns of one value."""
    return {*documented.ITEMS, *schemas.askable(atlas, layer)}


def asked(atlas: Atlas, layer: Layer, given: Given, most: int) -> Asked:
    """The parameters that were ``given``; ``most`` is the largest page. Raises BadRequestError."""
    systems, fields = atlas.place.systems, schemas.askable(atlas, layer)
    box_system = system_of(given, "bbox-crs", systems)
    query = FeatureQuery(
        boxes=boxes(given.get("bbox"), box_system),
        interval=interval(given.get("datetime")),
        filter=_filter(given, fields, systems),
        order=order(given.get("sortby"), (each.name for each in schemas.sortable(atlas, layer))),
    )
    limit = _whole("limit", given.get("limit", str(documented.LIMIT)), least=1)
    return Asked(
        query,
        system_of(given, "crs", systems),
        columns_of(given, atlas, layer),
        min(limit, most),
        _whole("offset", given.get("offset", "0"), least=0),
    )


def columns_of(given: Given, atlas: Atlas, layer: Layer) -> tuple[str, ...] | None:
    """The columns that ``properties`` names; None for all. Raises BadRequestError with the choices."""
    return columns(given.get("properties"), [each.name for each in schemas.told(atlas, layer)])


def system_of(given: Given, name: str, systems: Sequence[Crs]) -> Crs:
    """The system that a parameter names; CRS84 where it is not given. Raises BadRequestError with the choices."""
    return chosen(given[name], systems, name) if name in given else CRS84


def _whole(name: str, text: str, least: int) -> int:
    if not _WHOLE.fullmatch(text) or int(text) < least:
        raise BadRequestError(f"{name}: not a whole number from {least}: {shown(text)}")
    return int(text)


def _filter(given: Given, fields: Mapping[str, Field], systems: Sequence[Crs]) -> Filter | None:
    """The filter, and the columns that are asked for by name, all of which must hold."""
    language, system = given.get("filter-lang", "cql2-text"), system_of(given, "filter-crs", systems)
    named = [(fields[name], text) for name, text in given.items() if name in fields and name not in documented.ITEMS]
    own = parse(given["filter"], fields, language, system) if "filter" in given else None
    if not named:
        return own
    parts = [_equal(field, text) for field, text in named] + ([dict(own.body)] if own else [])
    joined = {"op": "and", "args": parts} if len(parts) > 1 else parts[0]
    return parse(orjson.dumps(joined).decode(), fields, "cql2-json", system)


def _equal(field: Field, text: str) -> dict[str, Any]:
    """A column equal to what a parameter of its name says. Raises BadRequestError."""
    try:
        found = value(field, text) if field.kind in _NUMBERS else text
    except ValueError as error:
        raise BadRequestError(f"{field.name}: {error}") from None
    return {"op": "=", "args": [{"property": field.name}, found]}

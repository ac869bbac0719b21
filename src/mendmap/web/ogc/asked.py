"""What a request for the features of a collection asks for: its parameters as one value.

Not here: what the parameters are, as the API is documented (``documented``), and the answer (``items``).
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from mendmap.atlas.fields import GEOMETRY
from mendmap.atlas.model import Atlas, Layer
from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.geo.crs import Crs, chosen
from mendmap.query.features import CRS84, FeatureQuery, boxes, columns, order
from mendmap.query.filters import LANGUAGES, Filter, parse
from mendmap.query.filters.columns import ENDS
from mendmap.query.times import interval
from mendmap.web.ogc import documented, schemas
from mendmap.words.dates import Period
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
    return {*documented.ITEMS, *named(atlas, layer)}


def named(atlas: Atlas, layer: Layer) -> dict[str, Field]:
    """The columns that are parameters of their own, by name."""
    fields = schemas.askable(atlas, layer)
    return {name: each for name, each in fields.items() if each != GEOMETRY and name not in documented.ITEMS}


def asked(atlas: Atlas, layer: Layer, given: Given, most: int) -> Asked:
    """The parameters that were ``given``; ``most`` is the largest page. Raises BadRequestError."""
    systems = atlas.place.systems
    box_system = system_of(given, "bbox-crs", systems)
    query = FeatureQuery(
        boxes=boxes(given.get("bbox"), box_system),
        interval=interval(given.get("datetime")),
        filter=_filter(given, atlas, layer),
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


def _filter(given: Given, atlas: Atlas, layer: Layer) -> Filter | None:
    """The filter, and the columns that are asked for by name, all of which must hold."""
    language, system = given.get("filter-lang", "cql2-text"), system_of(given, "filter-crs", atlas.place.systems)
    if language not in LANGUAGES:
        raise BadRequestError(not_one_of("filter-lang: not one of the choices", language, LANGUAGES))
    fields, own = schemas.askable(atlas, layer), None
    if "filter" in given:
        own = parse(given["filter"], fields, language, system)
    parts = [_equal(layer, field, given[name]) for name, field in named(atlas, layer).items() if name in given]
    if not parts:
        return own
    joined = {"op": "and", "args": [*parts, own.body]} if own else {"op": "and", "args": parts}
    return parse(orjson.dumps(joined if own or len(parts) > 1 else parts[0]).decode(), fields, "cql2-json", system)


def _equal(layer: Layer, field: Field, text: str) -> dict[str, Any]:
    """A column equal to what a parameter of its name says, in CQL2 JSON. Of dates the ends are compared that filters
    compare. Raises BadRequestError."""
    try:
        found = value(replace(field, choices=schemas.choices_of(field, layer), required=True), text)
    except ValueError as error:
        raise BadRequestError(f"{field.name}: {error}") from None
    if isinstance(found, Period):
        day = found.last if field.name in ENDS else found.first
        literal: object = {"date": day.isoformat()}
    elif isinstance(found, dt.datetime):
        literal = {"timestamp": found.isoformat().replace("+00:00", "Z")}
    else:
        literal = found if field.kind in _NUMBERS else text
    return {"op": "=", "args": [{"property": field.name}, literal]}

"""The columns of a collection as JSON Schema (OGC 23-058r2): those it has, may be filtered by, and may be sorted by.

Not here: what the columns mean (``atlas.fields``).
"""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.fields import GEOMETRY, columns, queryables
from mendmap.atlas.model import Atlas, Layer
from mendmap.catalogue.records import names
from mendmap.web.keeper import current
from mendmap.web.ogc import documented, links
from mendmap.web.ogc.answers import answer
from mendmap.web.ogc.negotiation import HTML, SCHEMA, FormText, chosen
from mendmap.web.spoken import PAGE
from mendmap.words.fields import Field
from mendmap.words.phrases import say

router = APIRouter(prefix=f"{links.PREFIX}/collections/{{collectionId}}")
FORMS = (SCHEMA, HTML)
# Kinds of columns as JSON types; a date may be of reduced precision (2021, 2021-08), which no format of JSON Schema is.
_TYPES: dict[str, dict[str, str]] = {
    "number": {"type": "number"},
    "amount": {"type": "number"},
    "integer": {"type": "integer"},
    "list": {"type": "array"},
    "moment": {"type": "string", "format": "date-time"},
    "url": {"type": "string", "format": "uri"},
}
_MEANINGS = {
    "schema": say("The properties of its features."),
    "queryables": say("The properties that filters and parameters may name."),
    "sortables": say("The properties that sortby may name."),
}


def told(atlas: Atlas, layer: Layer) -> tuple[Field, ...]:
    """Every column of a collection, in its order."""
    return columns(layer.id, layer.role, layer.fields, atlas.place.languages)


def askable(atlas: Atlas, layer: Layer) -> dict[str, Field]:
    """What filters may name, by name: the columns of one value, and the geometry."""
    return queryables(layer.id, layer.role, layer.fields, atlas.place.languages)


def sortable(atlas: Atlas, layer: Layer) -> tuple[Field, ...]:
    """The columns of one value, by which features can be sorted."""
    return tuple(each for each in told(atlas, layer) if each.kind != "list")


@router.api_route("/schema", **PAGE, responses=documented.answers("Properties", *FORMS))
def schema(request: Request, collectionId: documented.CollectionId, f: FormText = None) -> Response:  # noqa: N803
    """Every property of the features of a collection, with its meaning and unit."""
    return _schema(request, collectionId, f, "schema")


@router.api_route("/queryables", **PAGE, responses=documented.answers("Properties", *FORMS))
def queryable(request: Request, collectionId: documented.CollectionId, f: FormText = None) -> Response:  # noqa: N803
    """The properties that filters may name."""
    return _schema(request, collectionId, f, "queryables")


@router.api_route("/sortables", **PAGE, responses=documented.answers("Properties", *FORMS))
def sortables(request: Request, collectionId: documented.CollectionId, f: FormText = None) -> Response:  # noqa: N803
    """The properties by which features can be sorted."""
    return _schema(request, collectionId, f, "sortables")


def _schema(request: Request, ident: str, f: str | None, of: str) -> Response:
    served = current(request)
    atlas, layer, form = served.atlas, served.atlas.layer(ident), chosen(request, f, FORMS)
    address = f"{links.root(request, served)}/collections/{layer.id}/{of}"
    choices: dict[str, Iterable[Field]] = {
        "schema": (*told(atlas, layer), GEOMETRY),
        "queryables": askable(atlas, layer).values(),
        "sortables": sortable(atlas, layer),
    }
    fields = choices[of]
    properties = {each.name: property_of(each, layer, nth) for nth, each in enumerate(fields, 1)}
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": names(layer.name, atlas.place.languages),
        "description": _MEANINGS[of],
        "properties": properties,
        "additionalProperties": False,
    }
    own = links.itself(address, form, FORMS, _MEANINGS[of])
    return answer(request, served, form, body, "ogc_schema.html", layer=layer, of=of, links=own)


def property_of(field: Field, layer: Layer, sequence: int) -> dict[str, Any]:
    """One column as JSON Schema: its type, meaning, unit (UCUM) and choices."""
    choices = choices_of(field, layer)
    roles = {"id": "id", "kind": "type", GEOMETRY.name: "primary-geometry"}
    types = {"format": _shape(layer)} if field == GEOMETRY else _TYPES.get(field.kind, {"type": "string"})
    return {
        "title": field.name,
        "description": field.meaning,
        **types,
        **({"enum": list(choices)} if choices else {}),
        **({"x-ogc-unit": field.unit} if field.unit else {}),
        **({"x-ogc-role": roles[field.name]} if field.name in roles else {}),
        "x-ogc-propertySeq": sequence,
    }


def choices_of(field: Field, layer: Layer) -> tuple[str, ...]:
    """The words that a column may hold; none where it may hold any."""
    return tuple(layer.kinds) if field.name == "kind" else field.choices


def _shape(layer: Layer) -> str:
    """The format of a layer's geometries, as the register of formats names it."""
    found = set(layer.geometry_types)
    return f"geometry-{found.pop().lower()}" if len(found) == 1 else "geometry-any"

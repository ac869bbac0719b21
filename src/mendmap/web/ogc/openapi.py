"""The definition of the API: the app's own in OpenAPI 3.1, and that of ``/ogc`` in 3.0, which is derived from it.

Not here: what it says of single resources (``documented``), and the differences of the two versions (``downgrade``).
"""

import copy
import re
import warnings
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from mendmap.atlas.model import Atlas, Layer
from mendmap.catalogue.records import names
from mendmap.web.answers import content
from mendmap.web.keeper import current
from mendmap.web.ogc import asked, documented, links, schemas
from mendmap.web.ogc.answers import varied
from mendmap.web.ogc.documented import Schema
from mendmap.web.ogc.downgrade import to_3_0
from mendmap.web.ogc.negotiation import HTML, OPENAPI, FormText, chosen
from mendmap.web.page import page
from mendmap.web.spoken import PAGE

router = APIRouter(prefix=links.PREFIX)
FORMS = (OPENAPI, HTML)
_COLLECTION = "/collections/{collectionId}"
_SYSTEMS = ("crs", "bbox-crs", "filter-crs")

Document = dict[str, Any]


@router.api_route("/api", **PAGE, responses=documented.answers("Document", *FORMS))
def definition(request: Request, f: FormText = None) -> Response:
    """The definition of this API, in OpenAPI 3.0."""
    served = current(request)
    made = of_ogc(request.app, served.atlas, links.root(request, served), served.settings.max_items)
    if chosen(request, f, FORMS) is HTML:
        return varied(page(request, served, "ogc_api.html", document=made))
    return varied(content(request, orjson.dumps(made), OPENAPI.media_type, served.atlas.snapshot))


@router.api_route("/api.html", **PAGE, responses=documented.answers("Document", HTML))
def explained(request: Request) -> Response:
    """The API, explained."""
    return definition(request, HTML.name)


def whole(app: FastAPI) -> Document:
    """The definition of every address of the app, in OpenAPI 3.1. Whatever goes wrong is a problem document."""
    if app.openapi_schema is None:
        with warnings.catch_warnings():
            # FastAPI gives GET and HEAD of one route the same id. HEAD, which any GET has, is left out below.
            warnings.simplefilter("ignore", UserWarning)
            made = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
        for path, operations in made["paths"].items():
            operations.pop("head", None)
            for method, operation in operations.items():
                _told(operation, f"{method}{path}")
        made["components"] = {**made.get("components", {}), "schemas": documented.SCHEMAS}
        app.openapi_schema = made
    return app.openapi_schema


def _told(operation: Document, name: str) -> None:
    """Says of an operation what FastAPI does not know; in place."""
    # An id that begins with a dot is the standard's own (OGC 20-057, 13.3).
    if not operation["operationId"].startswith("."):
        operation["operationId"] = re.sub(r"\W+", "_", name).strip("_")
    # What FastAPI would answer with 422 is a problem with 400 here.
    operation["responses"].pop("422", None)
    operation["responses"].setdefault("default", documented.problem("Anything that goes wrong."))
    for each in operation.get("parameters", ()):
        # An address can leave a parameter out, and not say null.
        options = [one for one in each["schema"].pop("anyOf", ()) if one != {"type": "null"}]
        if len(options) == 1:
            each["schema"] |= options[0]


def of_ogc(app: FastAPI, atlas: Atlas, root: str, most: int) -> Document:
    """The definition of what is below ``/ogc``, in OpenAPI 3.0, with the parameters that each collection has; ``most``
    is the largest page."""
    made = copy.deepcopy(whole(app))
    place = atlas.place
    below = {
        path.removeprefix(links.PREFIX): each
        for path, each in made["paths"].items()
        if path.startswith(f"{links.PREFIX}/")
    }
    items = below.pop(f"{_COLLECTION}/items")["get"]
    ids = list(atlas.layers)
    for path, operations in below.items():
        _limited(operations["get"], atlas, most, {"collectionId": ids} if path.startswith(_COLLECTION) else {})
    for layer in atlas.layers.values():
        below[f"/collections/{layer.id}/items"] = {"get": _items(items, atlas, layer, most)}
    is_mail = place.contact.startswith("mailto:")
    contact = {"email": place.contact.removeprefix("mailto:")} if is_mail else {"url": place.contact}
    return to_3_0(
        {
            "openapi": made["openapi"],
            "info": {
                **made["info"],
                "title": names(place.name, place.languages),
                "description": names(place.summary, place.languages),
                "contact": contact,
                "license": {"name": place.licence},
            },
            "servers": [{"url": root}],
            "paths": below,
            "components": made["components"],
        }
    )


def _items(operation: Mapping[str, Any], atlas: Atlas, layer: Layer, most: int) -> Document:
    """The features of one collection, with its own columns as parameters."""
    made: Document = copy.deepcopy(dict(operation))
    made["operationId"] = f"get_items_{layer.id}"
    made["summary"] = f"Features of {names(layer.name, atlas.place.languages)}"
    made["parameters"] = [each for each in made["parameters"] if each["in"] == "query"]
    _limited(made, atlas, most, {})
    for name, field in asked.named(atlas, layer).items():
        told = schemas.property_of(field, layer, 0)
        kept: Schema = {each: told[each] for each in ("type", "format", "enum") if each in told}
        made["parameters"].append(documented.parameter(name, f"Only those with this {name}. {field.meaning}", kept))
    return made


def _limited(operation: Document, atlas: Atlas, most: int, choices: Mapping[str, list[str]]) -> None:
    """Says which values parameters may have here; in place."""
    systems = {name: [each.uri for each in atlas.place.systems] for name in _SYSTEMS}
    for each in operation.get("parameters", ()):
        if each["name"] in {**systems, **choices}:
            each["schema"]["enum"] = {**systems, **choices}[each["name"]]
        if each["name"] == "limit":
            each["schema"]["maximum"] = most

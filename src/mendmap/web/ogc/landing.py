"""The landing page, what the service conforms to, and which collections there are."""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import names
from mendmap.web.keeper import current
from mendmap.web.ogc import collections, documented, edr, links
from mendmap.web.ogc.answers import answer
from mendmap.web.ogc.conformance import CLASSES
from mendmap.web.ogc.links import OGC, Link, link
from mendmap.web.ogc.negotiation import HTML, JSON, OPENAPI, FormText, chosen
from mendmap.web.spoken import PAGE

router = APIRouter(prefix=links.PREFIX)
FORMS = (JSON, HTML)


@router.api_route("", **PAGE, include_in_schema=False)
@router.api_route("/", **PAGE, responses=documented.answers("Landing", *FORMS))
def landing(request: Request, f: FormText = None) -> Response:
    """The landing page: what the service is, and links to all there is."""
    served = current(request)
    form, root, place = chosen(request, f, FORMS), links.root(request, served), served.atlas.place
    body = {
        "title": names(place.name, place.languages),
        "description": names(place.summary, place.languages),
        "attribution": place.attribution,
        "extent": collections.extent(served.atlas, ()),
        "links": [*links.itself(f"{root}/", form, FORMS, "This page"), *_ways(root, served.site(request))],
    }
    return answer(request, served, form, body, "ogc_landing.html")


def _ways(root: str, site: str) -> list[Link]:
    return [
        link("service-desc", f"{root}/api", "The definition of the API, in OpenAPI 3.0", OPENAPI.media_type),
        link("service-doc", f"{root}/api.html", "The API, explained", HTML.media_type),
        link("conformance", f"{root}/conformance", "The conformance classes that are held", JSON.media_type),
        link("data", f"{root}/collections", "The collections of features", JSON.media_type),
        link(f"{OGC}conformance", f"{root}/conformance", "The conformance classes that are held", JSON.media_type),
        link(f"{OGC}data", f"{root}/collections", "The collections of features", JSON.media_type),
        link(f"{OGC}tilesets-vector", f"{root}/tiles", "Tiles of all collections", JSON.media_type),
        link(f"{OGC}tiling-schemes", f"{root}/tileMatrixSets", "The grids of tiles", JSON.media_type),
        link("license", f"{site}/about", "Where the data come from, and on what terms", HTML.media_type),
    ]


@router.api_route("/conformance", **PAGE, responses=documented.answers("Conformance", *FORMS))
def conformance(request: Request, f: FormText = None) -> Response:
    """The conformance classes that the service holds."""
    served = current(request)
    form, root = chosen(request, f, FORMS), links.root(request, served)
    body = {
        "conformsTo": list(CLASSES),
        "links": links.itself(f"{root}/conformance", form, FORMS, "What the service conforms to"),
    }
    return answer(request, served, form, body, "ogc_conformance.html")


@router.api_route("/collections", **PAGE, responses=documented.answers("Collections", *FORMS))
def every_collection(request: Request, f: FormText = None) -> Response:
    """The collections: every layer is one of features, and the readings are one of their own kind."""
    served = current(request)
    form, root = chosen(request, f, FORMS), links.root(request, served)
    told = [collections.collection(served.atlas, layer, root) for layer in served.atlas.layers.values()]
    told.append(edr.collection(served, root))
    body = {
        "links": links.itself(f"{root}/collections", form, FORMS, "The collections"),
        "crs": _systems(served.atlas),
        "collections": told,
    }
    return answer(request, served, form, body, "ogc_collections.html")


@router.api_route("/collections/{collectionId}", **PAGE, responses=documented.answers("Collection", *FORMS))
def one_collection(request: Request, collectionId: documented.CollectionId, f: FormText = None) -> Response:  # noqa: N803
    """One collection: what it is, where its features lie, and links to them."""
    served = current(request)
    form, root = chosen(request, f, FORMS), links.root(request, served)
    layer = served.atlas.layer(collectionId)
    body: dict[str, Any] = collections.collection(served.atlas, layer, root)
    own = links.itself(f"{root}/collections/{layer.id}", form, FORMS, "This collection")
    body["links"] = [*own, *(each for each in body["links"] if each["rel"] not in ("self", "alternate"))]
    return answer(request, served, form, body, "ogc_collection.html", layer=layer)


def _systems(atlas: Atlas) -> list[str]:
    return [each.uri for each in atlas.place.systems]

"""One feature of a collection.

Not here: many (``items``), and its page with its works and readings (``routes.pages``).
"""

import numpy as np
import orjson
from fastapi import APIRouter, Request, Response

from mendmap.errors import NotFoundError
from mendmap.web.keeper import current, page_of
from mendmap.web.ogc import documented, items, links, schemas
from mendmap.web.ogc.answers import answer, geojson
from mendmap.web.ogc.asked import columns_of, system_of
from mendmap.web.ogc.links import link
from mendmap.web.ogc.negotiation import HTML, JSON, chosen

router = APIRouter(prefix=f"{links.PREFIX}/collections/{{collectionId}}/items")
_DOCUMENTED = documented.answers("Feature", *items.FORMS)
_PARAMETERS = documented.parameters("f", "crs", "properties", "lang", "as-of")


@router.api_route("/{featureId}", methods=items.METHODS, responses=_DOCUMENTED, openapi_extra=_PARAMETERS)
def item(request: Request, collectionId: documented.CollectionId, featureId: documented.FeatureId) -> Response:  # noqa: N803
    """One feature."""
    given = request.query_params
    served = current(request).of(given.get("as-of"))
    atlas, layer = served.atlas, served.atlas.layer(collectionId)
    form, system = chosen(request, given.get("f"), items.FORMS), system_of(given, "crs", atlas.place.systems)
    columns = columns_of(given, atlas, layer)
    position = layer.features.position(featureId)
    if position is None:
        raise NotFoundError(f"feature of {layer.id}", featureId)
    row = np.array([position])
    at, page = f"{links.root(request, served)}/collections/{layer.id}", f"{page_of(layer)}{featureId}"
    ways = [
        *links.itself(f"{at}/items/{featureId}", form, items.FORMS, "This feature", given),
        link("collection", at, "Its collection", JSON.media_type),
        link("related", served.site(request) + page, "Its works, readings and sources", HTML.media_type),
    ]
    headers = {"Content-Crs": f"<{system.uri}>"}
    if form is HTML:
        cells = layer.table(row).iloc[0]
        fields = [each for each in schemas.told(atlas, layer) if columns is None or each.name in columns]
        told = {"id": featureId, "links": ways, "properties": {each.name: cells[each.name] for each in fields}}
        context = {"layer": layer, "fields": fields, "shape": layer.geometries[position], "page": page}
        return answer(request, served, form, told, "ogc_item.html", headers=headers, **context)
    (body,) = items.written(served, layer, row, system, columns)
    return geojson(request, served, ways, lambda: b'%b,"links":%b}' % (body[:-1], orjson.dumps(ways)), headers)

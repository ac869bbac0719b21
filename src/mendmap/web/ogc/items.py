"""The features of a collection, a page at a time.

A further page is asked for with ``as-of`` the snapshot of the first, so that a load between two pages changes nothing;
the number matched and the features come of one selection. Not here: what is asked for (``asked``), one feature
(``item``).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Layer
from mendmap.atlas.select import Rows
from mendmap.exports.geojson import features
from mendmap.geo.crs import Crs
from mendmap.query.features import CRS84
from mendmap.web.answers import named
from mendmap.web.keeper import Served, current
from mendmap.web.ogc import documented, links, schemas
from mendmap.web.ogc.answers import answer, geojson
from mendmap.web.ogc.asked import Asked, Given, asked, known
from mendmap.web.ogc.links import Link, link
from mendmap.web.ogc.negotiation import GEOJSON, HTML, JSON, Form, chosen
from mendmap.web.problems import refuse

router = APIRouter(prefix=f"{links.PREFIX}/collections/{{collectionId}}/items")
METHODS = ["GET", "HEAD"]
FORMS = (GEOJSON, HTML)
_DOCUMENTED = documented.answers("FeatureCollection", *FORMS)


@router.api_route("", methods=METHODS, name="items", responses=_DOCUMENTED, openapi_extra=documented.parameters())
def items(request: Request, collectionId: documented.CollectionId) -> Response:  # noqa: N803
    """A page of the features of a collection that all of the parameters ask for, in the collection's order. Its
    properties of one value are parameters too."""
    form = chosen(request, request.query_params.get("f"), FORMS)
    # A form that is filled in by hand sends what was left blank too.
    given = {name: text for name, text in request.query_params.items() if text or form is not HTML}
    served = current(request).of(given.get("as-of"))
    layer = served.atlas.layer(collectionId)
    refuse(request, known(served.atlas, layer))
    page = asked(served.atlas, layer, given, served.settings.max_items)
    found = served.index(layer.id).rows(page.query)
    rows = found[page.offset : page.offset + page.limit]
    ways = _ways(request, served, layer, form, given, page, len(found))
    told = {"numberMatched": len(found), "numberReturned": len(rows), "links": ways}
    headers = {"Content-Crs": f"<{page.system.uri}>"}
    if form is HTML:
        context = _table(served, layer, rows, page, given)
        return answer(request, served, form, told, "ogc_items.html", headers=headers, layer=layer, **context)
    return geojson(request, served, ways, lambda: _collection(served, layer, rows, page, told), headers)


def _ways(
    request: Request, served: Served, layer: Layer, form: Form, given: Given, page: Asked, matched: int
) -> list[Link]:
    """From a page to itself in its forms, to those after and before it, and to the collection."""
    at = f"{links.root(request, served)}/collections/{layer.id}"
    told = [
        *links.itself(f"{at}/items", form, FORMS, "This page", given),
        link("collection", at, "The collection", JSON.media_type),
    ]
    # Without this, a load between two pages would move features from one to the other.
    steady = {**given, "f": form.name, "limit": str(page.limit), "as-of": str(served.atlas.snapshot)}
    for rel, offset in (("next", page.offset + page.limit), ("prev", max(0, page.offset - page.limit))):
        if offset < matched and (rel == "next" or page.offset > 0):
            href = f"{at}/items?{urlencode({**steady, 'offset': str(offset)})}"
            told.append(link(rel, href, f"The {rel} page", form.media_type))
            served.awaited = True
    return told


def _collection(served: Served, layer: Layer, rows: Rows, page: Asked, told: Mapping[str, Any]) -> bytes:
    moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    head = {**told, "timeStamp": moment, "snapshot": named(served.atlas.snapshot)}
    return b'{"type":"FeatureCollection",%b,"features":[\n%b\n]}\n' % (
        orjson.dumps(head)[1:-1],
        b",\n".join(written(served, layer, rows, page.system, page.columns)),
    )


def written(served: Served, layer: Layer, rows: Rows, system: Crs, columns: Sequence[str] | None) -> list[bytes]:
    """Some features of a layer, each as GeoJSON; those in CRS84 with all their columns are kept for the next reader."""
    if system == CRS84 and columns is None:
        return served.encoded(layer.id).features(rows)
    return list(features(layer, rows, system, columns))


def _table(served: Served, layer: Layer, rows: Rows, page: Asked, given: Given) -> dict[str, Any]:
    """What the twin shows: of the columns of one value those that are asked for, else those that any row has."""
    fields = schemas.sortable(served.atlas, layer)
    frame = layer.table(rows)
    if page.columns is not None:
        shown = [each for each in fields if each.name in page.columns]
    else:
        shown = [each for each in fields if frame[each.name].notna().any()]
    cells = (
        frame[[each.name for each in shown]].astype(object).where(frame[[each.name for each in shown]].notna(), None)
    )
    return {
        "rows": list(zip(frame["id"], cells.to_dict("records"), strict=True)),
        "shown": shown,
        "fields": fields,
        "given": dict.fromkeys(known(served.atlas, layer), "") | dict(given),
        "page": page,
    }

"""Sends a resource in the form that was chosen. Not here: what a resource says."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import Request, Response

from mendmap import __version__
from mendmap.atlas.model import Atlas
from mendmap.web.answers import content, made, named
from mendmap.web.keeper import Served
from mendmap.web.ogc.links import Link
from mendmap.web.ogc.negotiation import GEOJSON, HTML, JSON, Form
from mendmap.web.page import page


def answer(
    request: Request,
    served: Served,
    form: Form,
    body: Mapping[str, Any],
    template: str,
    *,
    atlas: Atlas | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """A resource as JSON or in its HTML twin, whose ``template`` gets it as ``body`` beside its own ``context``. It is
    of what is served, or of an ``atlas`` of another time. Plain JSON names the snapshot."""
    if form is HTML:
        response = page(request, served, template, atlas, body=body, **context)
        response.headers.update(headers or {})
    else:
        snapshot = (atlas or served.atlas).snapshot
        told = {**body, "snapshot": named(snapshot)} if form is JSON else body
        response = content(request, orjson.dumps(told), form.media_type, snapshot, headers)
    return varied(response)


def geojson(
    request: Request,
    served: Served,
    links: Sequence[Link],
    make: Callable[[], bytes],
    headers: Mapping[str, str],
) -> Response:
    """Features as GeoJSON. The snapshot, the view of it and the addresses in the ``links`` tell all that they are
    made of."""
    snapshot = served.atlas.snapshot
    told = f"{served.view.name} {snapshot.digest} {snapshot.number} {__version__} {links!r}"
    digest = hashlib.sha256(told.encode()).hexdigest()
    return varied(made(request, digest, make, GEOJSON.media_type, snapshot, headers))


def varied(response: Response) -> Response:
    """An answer that says to caches that what the reader accepts chose it."""
    response.headers.add_vary_header("Accept")
    return response

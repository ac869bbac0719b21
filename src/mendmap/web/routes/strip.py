"""What flows into what: as a page with a strip map and a list, as a drawing, and as JSON."""

import base64
import hashlib
from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.charts.strip import STYLE, draw
from mendmap.web import answers, spoken, strip
from mendmap.web.answers import METHODS
from mendmap.web.asked import AsOfText
from mendmap.web.guards import POLICY
from mendmap.web.keeper import current
from mendmap.web.page import page
from mendmap.web.spoken import PAGE

router = APIRouter(prefix="/strip")
SVG = "image/svg+xml"
# A drawing that stands by itself has its own style, and no other.
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_STYLED = {"Content-Security-Policy": f"{POLICY}; style-src 'self' 'sha256-{_HASH}'"}


@router.api_route(".json", methods=METHODS)
def as_json(request: Request, as_of: AsOfText = None) -> dict[str, Any]:
    """The features that are connected, upstream before downstream, and the connections."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    found = strip.graph(atlas, min(strip.MOST, served.settings.max_rows))
    return {**found, "snapshot": answers.named(atlas.snapshot)}


@router.api_route(".svg", **PAGE)
def as_svg(request: Request, as_of: AsOfText = None) -> Response:
    """The strip map as a drawing that stands by itself."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    _, drawing = strip.told(request, served, atlas)
    headers = spoken.headers(served.language(spoken.chosen(request, atlas)))
    return answers.content(request, draw(drawing).encode(), SVG, atlas.snapshot, {**headers, **_STYLED})


@router.api_route("", **PAGE)
def as_page(request: Request, as_of: AsOfText = None) -> Response:
    """The strip map, and the list that says the same."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    return page(request, served, "connections.html", atlas, graph=strip.shown(request, served, atlas))

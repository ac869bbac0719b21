"""The JSON twins of the pages. Every answer names its snapshot."""

from typing import Any

from fastapi import APIRouter, Request

from mendmap.web import claims, describe
from mendmap.web.answers import named
from mendmap.web.keeper import current

router = APIRouter()
METHODS = ["GET", "HEAD"]


@router.api_route("/sites.json", methods=METHODS)
def sites(request: Request) -> dict[str, Any]:
    """Every site in a row."""
    return _listing(request, "sites", "site")


@router.api_route("/stations.json", methods=METHODS)
def stations(request: Request) -> dict[str, Any]:
    """Every station in a row."""
    return _listing(request, "stations", "station")


def _listing(request: Request, name: str, role: str) -> dict[str, Any]:
    served = current(request)
    rows, left_out = describe.listing(served.atlas, served.atlas.of_role(role), served.settings.max_rows)
    return {name: rows, "left_out": left_out, "snapshot": named(served.atlas.snapshot)}


@router.api_route("/sites/{ident}.json", methods=METHODS)
def site(request: Request, ident: str) -> dict[str, Any]:
    """One site, whole."""
    served = current(request)
    found = served.atlas.feature(ident, "site")
    return {**claims.feature(served, found), "snapshot": named(served.atlas.snapshot)}


@router.api_route("/stations/{ident}.json", methods=METHODS)
def station(request: Request, ident: str) -> dict[str, Any]:
    """One station, whole."""
    served = current(request)
    found = served.atlas.feature(ident, "station")
    return {**claims.feature(served, found), "snapshot": named(served.atlas.snapshot)}


@router.api_route("/maps.json", methods=METHODS)
def maps(request: Request) -> dict[str, Any]:
    """Every map."""
    atlas = current(request).atlas
    found = [{"id": each.id, "title": dict(each.title), "href": f"/maps/{each.id}"} for each in atlas.maps.values()]
    return {"maps": found, "snapshot": named(atlas.snapshot)}

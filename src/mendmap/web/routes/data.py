"""The JSON twins of the pages. Every answer names its snapshot."""

from typing import Any

from fastapi import APIRouter, Request

from mendmap.web import claims, describe
from mendmap.web.answers import named
from mendmap.web.asked import AsOfText
from mendmap.web.keeper import current

router = APIRouter()
METHODS = ["GET", "HEAD"]


@router.api_route("/sites.json", methods=METHODS)
def sites(request: Request, as_of: AsOfText = None) -> dict[str, Any]:
    """Every site in a row."""
    return _listing(request, "sites", "site", as_of)


@router.api_route("/stations.json", methods=METHODS)
def stations(request: Request, as_of: AsOfText = None) -> dict[str, Any]:
    """Every station in a row."""
    return _listing(request, "stations", "station", as_of)


def _listing(request: Request, name: str, role: str, as_of: str | None) -> dict[str, Any]:
    served = current(request)
    atlas = served.at(as_of, whole=True)
    rows, left_out = describe.listing(atlas, atlas.layers_of(role), served.settings.max_rows)
    return {name: rows, "left_out": left_out, "snapshot": named(atlas.snapshot)}


@router.api_route("/sites/{ident}.json", methods=METHODS)
def site(request: Request, ident: str, as_of: AsOfText = None) -> dict[str, Any]:
    """One site, whole."""
    return _feature(request, ident, "site", as_of)


@router.api_route("/stations/{ident}.json", methods=METHODS)
def station(request: Request, ident: str, as_of: AsOfText = None) -> dict[str, Any]:
    """One station, whole."""
    return _feature(request, ident, "station", as_of)


def _feature(request: Request, ident: str, role: str, as_of: str | None) -> dict[str, Any]:
    served = current(request)
    atlas = served.at(as_of, whole=True)
    found = atlas.feature(ident, role)
    return {**claims.feature(atlas, found, served.outcomes_of(atlas)), "snapshot": named(atlas.snapshot)}


@router.api_route("/maps.json", methods=METHODS)
def maps(request: Request) -> dict[str, Any]:
    """Every map."""
    atlas = current(request).atlas
    found = [{"id": each.id, "title": dict(each.title), "href": f"/maps/{each.id}"} for each in atlas.maps.values()]
    return {"maps": found, "snapshot": named(atlas.snapshot)}

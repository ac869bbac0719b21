"""The JSON twins of the pages, and progress as CSV. Every answer names its snapshot."""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap import progress
from mendmap.exports.files import rows_csv
from mendmap.web import claims, describe
from mendmap.web.answers import content, named
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


@router.api_route("/progress.json", methods=METHODS)
def progress_json(request: Request) -> dict[str, Any]:
    """Site by work, with quantities as reported."""
    atlas = current(request).atlas
    return {"progress": progress.rows(atlas), "snapshot": named(atlas.snapshot)}


@router.api_route("/progress.csv", methods=METHODS)
def progress_csv(request: Request) -> Response:
    """Site by work, a row each."""
    atlas = current(request).atlas
    body = rows_csv([each.name for each in progress.COLUMNS], progress.flat_rows(atlas))
    headers = {"Content-Disposition": 'attachment; filename="progress.csv"'}
    return content(request, body, "text/csv; charset=utf-8", atlas.snapshot, headers)


@router.api_route("/maps.json", methods=METHODS)
def maps(request: Request) -> dict[str, Any]:
    """Every map."""
    atlas = current(request).atlas
    found = [{"id": each.id, "title": dict(each.title), "href": f"/maps/{each.id}"} for each in atlas.maps.values()]
    return {"maps": found, "snapshot": named(atlas.snapshot)}

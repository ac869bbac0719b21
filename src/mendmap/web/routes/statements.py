"""Statements: all of them, each with its working and evidence, and the file that would decide it.

Not here: what a file would change; ``mendmap statements --with`` says so without loading it.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.errors import NotFoundError
from mendmap.statements.template import form, template
from mendmap.web import claims
from mendmap.web.answers import content, named
from mendmap.web.keeper import current
from mendmap.web.routes.pages import page

router = APIRouter(prefix="/statements")
METHODS = ["GET", "HEAD"]
_MEDIA = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}


@router.api_route(".json", methods=METHODS)
def every_as_json(request: Request) -> dict[str, Any]:
    """Every statement with its outcome."""
    served = current(request)
    return {"statements": claims.every(served)["statements"], "snapshot": named(served.atlas.snapshot)}


@router.api_route("", methods=METHODS)
def every_as_page(request: Request) -> Response:
    """What is claimed, and what came of checking it."""
    served = current(request)
    return page(request, served, "statements.html", **claims.every(served))


@router.api_route("/{ident}.json", methods=METHODS)
def one_as_json(request: Request, ident: str) -> dict[str, Any]:
    """One statement, whole."""
    served = current(request)
    return {**claims.told(served.atlas, claims.one(served, ident)), "snapshot": named(served.atlas.snapshot)}


@router.api_route("/{ident}", methods=METHODS)
def one_as_page(request: Request, ident: str) -> Response:
    """One statement, whole."""
    served = current(request)
    told = claims.told(served.atlas, claims.one(served, ident))
    return page(request, served, "statement.html", statement=told)


@router.api_route("/{ident}/template.{kind}", methods=METHODS)
def as_template(request: Request, ident: str, kind: str) -> Response:
    """The file that would decide it, to be filled in."""
    served = current(request)
    found = claims.one(served, ident).statement
    if kind != form(found):
        raise NotFoundError("form of this template", kind, [form(found)])
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.{kind}"'}
    return content(request, template(served.atlas, found).encode(), _MEDIA[kind], served.atlas.snapshot, headers)

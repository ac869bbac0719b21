"""Statements: all of them, each with its working and evidence, and the file that would decide it.

Not here: what a file would change; ``mendmap statements --with`` says so without loading it.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.errors import NotFoundError
from mendmap.statements.template import form, template
from mendmap.web import claims, linked
from mendmap.web.answers import METHODS, content, named
from mendmap.web.asked import AsOfText
from mendmap.web.keeper import Served, current
from mendmap.web.page import page
from mendmap.web.spoken import PAGE

router = APIRouter(prefix="/statements")
_MEDIA = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}


def _asked(request: Request, as_of: str | None) -> tuple[Served, Atlas]:
    """What is served, and the atlas that is asked for, whole: statements are checked by its readings too."""
    served = current(request)
    return served, served.at(as_of, whole=True)


@router.api_route(".json", methods=METHODS)
def every_as_json(request: Request, as_of: AsOfText = None) -> dict[str, Any]:
    """Every statement with its outcome."""
    served, atlas = _asked(request, as_of)
    found = claims.every(atlas, served.outcomes_of(atlas))
    return {"statements": found["statements"], "snapshot": named(atlas.snapshot)}


@router.api_route("", **PAGE)
def every_as_page(request: Request, as_of: AsOfText = None) -> Response:
    """What is claimed, and what came of checking it."""
    served, atlas = _asked(request, as_of)
    return page(request, served, "statements.html", atlas, **claims.every(atlas, served.outcomes_of(atlas)))


@router.api_route("/{ident}.json", methods=METHODS)
def one_as_json(request: Request, ident: str, as_of: AsOfText = None) -> dict[str, Any]:
    """One statement, whole."""
    served, atlas = _asked(request, as_of)
    found = claims.one(atlas, served.outcomes_of(atlas), ident)
    return {**claims.told(atlas, found), "snapshot": named(atlas.snapshot)}


@router.api_route("/{ident}", **PAGE)
def one_as_page(request: Request, ident: str, as_of: AsOfText = None) -> Response:
    """One statement, whole."""
    served, atlas = _asked(request, as_of)
    told = claims.told(atlas, claims.one(atlas, served.outcomes_of(atlas), ident))
    moment = atlas.snapshot.moment.isoformat()
    return page(
        request,
        served,
        "statement.html",
        atlas,
        lambda address, language: linked.claim(told, address, language, atlas.place, moment),
        statement=told,
    )


@router.api_route("/{ident}/template.{kind}", methods=METHODS)
def as_template(request: Request, ident: str, kind: str) -> Response:
    """The file that would decide it, to be filled in."""
    served = current(request)
    found = claims.one(served.atlas, served.outcomes, ident).statement
    if kind != form(served.atlas, found):
        raise NotFoundError("form of this template", kind, [form(served.atlas, found)])
    headers = {"Content-Disposition": f'attachment; filename="{found.id}.{kind}"'}
    return content(request, template(served.atlas, found).encode(), _MEDIA[kind], served.atlas.snapshot, headers)

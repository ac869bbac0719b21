"""Errors as problem documents (RFC 9457), and the one table from error to status."""

import logging
from collections.abc import Collection
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from mendmap.errors import (
    BadRequestError,
    FeedError,
    GeodataError,
    KeyRefusedError,
    LakeEmptyError,
    LakeError,
    MediaTypeError,
    MendmapError,
    NotAcceptableError,
    NotFoundError,
    OverloadedError,
    PublishError,
    QueryError,
    RasterError,
    ReadError,
    ScopeError,
    SettingError,
    TooLargeError,
    not_one_of,
)
from mendmap.lake.connection import LakeBusyError
from mendmap.units import UnitError

log = logging.getLogger("mendmap")

STATUSES: dict[type[MendmapError], int] = {
    NotFoundError: 404,
    BadRequestError: 400,
    UnitError: 400,
    KeyRefusedError: 401,
    ScopeError: 403,
    TooLargeError: 413,
    MediaTypeError: 415,
    NotAcceptableError: 406,
    OverloadedError: 503,
    QueryError: 503,
    GeodataError: 422,
    FeedError: 502,
    ReadError: 422,
    RasterError: 503,
    LakeEmptyError: 503,
    LakeBusyError: 503,
    LakeError: 503,
    SettingError: 500,
    PublishError: 500,
    MendmapError: 500,
}


# What the log of a web server says where the reader did not wait.
GONE = 499
# Headers that a status asks for. What fails unexpectedly is answered outside of ``guards``, to a key perhaps.
_HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="mendmap"'},
    500: {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
    503: {"Retry-After": "5"},
}
# Faults that one answer lists.
_FAULTS = 1000
# Routes, by name, whose parameters follow the data: they refuse what they do not know themselves.
_OWN = ("items",)


def problem(status: int, detail: str, request: Request, **members: object) -> JSONResponse:
    """A problem document, with further members where they are given. The title is the status' own phrase."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = _HEADERS.get(status)
    body["instance"] = request.url.path[:200]
    body |= members
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def status_of(error: MendmapError) -> int:
    """The status of an error: its own, or that of the nearest class above it."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def install(app: FastAPI) -> None:
    """Makes every error of the app a problem document."""

    @app.exception_handler(GeodataError)
    def faults(request: Request, error: GeodataError) -> JSONResponse:
        listed = [{"row": each.row, "column": each.column, "message": each.message} for each in error.faults[:_FAULTS]]
        left_out = len(error.faults) - len(listed)
        detail = f"{len(error.faults)} fault(s); nothing was written"
        return problem(status_of(error), detail, request, errors=listed, left_out=left_out)

    @app.exception_handler(MendmapError)
    def ours(request: Request, error: MendmapError) -> JSONResponse:
        return problem(status_of(error), str(error), request)

    @app.exception_handler(HTTPException)
    def starlettes(request: Request, error: HTTPException) -> JSONResponse:
        detail = "there is nothing at this address" if error.status_code == 404 else str(error.detail)
        answer = problem(error.status_code, detail, request)
        answer.headers.update(error.headers or {})
        return answer

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where, name = first["loc"][0], ".".join(str(part) for part in first["loc"][1:])
        return problem(400, f"{where} parameter {name}: {first['msg']}: {str(first.get('input'))[:80]!r}", request)

    @app.exception_handler(ClientDisconnect)
    def left(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=GONE)  # counted, and read by nobody

    @app.exception_handler(Exception)
    def anything(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error at %s", request.url.path, exc_info=error)
        return problem(500, "something went wrong here; the log says what", request)


async def refuse_unknown(request: Request) -> None:
    """A dependency of every route: query parameters that it does not declare are refused, and those
    given twice, of which one would silently be left out."""
    # Asynchronous, as it waits for nothing: others are handed to a thread, which takes longer than this does.
    route = request.scope.get("route")
    if not request.query_params or getattr(route, "name", "") in _OWN:
        return
    # What a route asks for, it or what it depends on.
    asking = (route.dependant, *route.dependant.dependencies) if isinstance(route, APIRoute) else ()
    known = {each.alias for one in asking for each in one.query_params}
    # Those that a route reads itself stand in what it adds to the documentation.
    known |= {each["name"] for each in (getattr(route, "openapi_extra", None) or {}).get("parameters", ())}
    refuse(request, known)


def refuse(request: Request, known: Collection[str]) -> None:
    """Refuses query parameters that are not known, and those given twice. Raises BadRequestError."""
    for name in request.query_params:
        if name not in known:
            raise BadRequestError(not_one_of("unknown query parameter", name, known))
        if len(request.query_params.getlist(name)) > 1:
            raise BadRequestError(f"query parameter {name}: given twice; separate several values with commas")

"""Errors as problem documents (RFC 9457), and the one table from error to status."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from mendmap.errors import (
    BadRequestError,
    GeodataError,
    LakeEmptyError,
    LakeError,
    MendmapError,
    NotFoundError,
    QueryError,
    SettingError,
    not_one_of,
)
from mendmap.lake.connection import LakeBusyError
from mendmap.units import UnitError

log = logging.getLogger("mendmap")

STATUSES: dict[type[MendmapError], int] = {
    NotFoundError: 404,
    BadRequestError: 400,
    UnitError: 400,
    QueryError: 503,
    GeodataError: 422,
    LakeEmptyError: 503,
    LakeBusyError: 503,
    LakeError: 503,
    SettingError: 500,
    MendmapError: 500,
}


def problem(status: int, detail: str, request: Request) -> JSONResponse:
    """A problem document. The title is the status' own phrase."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = {"Retry-After": "5"} if status == 503 else {}
    body["instance"] = request.url.path[:200]
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def status_of(error: MendmapError) -> int:
    """The status of an error: its own, or that of the nearest class above it."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def install(app: FastAPI) -> None:
    """Makes every error of the app a problem document."""

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

    @app.exception_handler(Exception)
    def anything(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error at %s", request.url.path, exc_info=error)
        return problem(500, "something went wrong here; the log says what", request)


def refuse_unknown(request: Request) -> None:
    """A dependency of every route: query parameters that it does not declare are refused."""
    route = request.scope.get("route")
    known = {each.alias for each in route.dependant.query_params} if isinstance(route, APIRoute) else set()
    for name in request.query_params:
        if name not in known:
            raise BadRequestError(not_one_of("unknown query parameter", name, known))

"""``POST /readings``: readings from loggers, answered only once they are durable.

Not here: what makes a reading sound (``readings.tidy``), and how posts are committed (``load.intake``).
"""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from mendmap.errors import KeyRefusedError, MediaTypeError, not_one_of
from mendmap.load.intake import Intake
from mendmap.load.post import CSV, JSON, Body
from mendmap.web import readers
from mendmap.web.answers import named
from mendmap.web.bodies import body

router = APIRouter()


@router.post("/readings", status_code=201)
async def post_readings(request: Request) -> Response:
    """Adds and revises readings: all of the body, or none of it.

    201 says what is new and that it is durable; 200 that all of it was there already. 422 lists every fault.
    """
    intake: Intake = request.app.state.intake
    secret, media_type = _secret(request), _media_type(request)
    with intake.slot():
        by = await run_in_threadpool(intake.admit, secret)
        sent = Body(await body(request, intake.max_bytes), media_type)
        posted = await asyncio.wrap_future(await run_in_threadpool(intake.take, by, sent))
    request.app.state.meter.count("readings_posted", posted.added + posted.changed)
    counts = {"added": posted.added, "changed": posted.changed, "unchanged": posted.unchanged}
    status = 201 if posted.added or posted.changed else 200
    headers = {"Mendmap-Snapshot": str(posted.snapshot), "Cache-Control": "no-store"}
    return JSONResponse({**counts, "snapshot": named(posted.snapshot)}, status, headers)


def _secret(request: Request) -> str:
    """The key of a request. Raises KeyRefusedError; no text quotes what was given."""
    secret = readers.secret(request)
    if not secret:
        raise KeyRefusedError("a key is needed: Authorization: Bearer KEY, or X-API-Key: KEY")
    return secret


def _media_type(request: Request) -> str:
    media_type, _, more = request.headers.get("Content-Type", "").partition(";")
    coding = request.headers.get("Content-Encoding", "identity")
    if coding.lower() != "identity":
        raise MediaTypeError(not_one_of("not a coding of bodies that is read", coding, ("identity",)))
    charset = more.partition("charset=")[2].strip(' "').lower() or "utf-8"
    if charset != "utf-8":
        raise MediaTypeError(not_one_of("not a character set that is read", charset, ("utf-8",)))
    if media_type.strip().lower() not in (JSON, CSV):
        raise MediaTypeError(not_one_of("not a kind of body that is read", media_type, (JSON, CSV)))
    return media_type.strip().lower()

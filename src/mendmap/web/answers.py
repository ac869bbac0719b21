"""Answers with a name for their content: ETag, conditional requests, and the snapshot they come from."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping
from email.utils import format_datetime
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from mendmap import __version__
from mendmap.exports.layers.formats import MADE_BY
from mendmap.lake.access import PUBLIC
from mendmap.lake.ledger import Snapshot
from mendmap.web import readers
from mendmap.web.spool import UNCOMPRESSED, InParts, Lent, Loan

# How every address that reads is asked: what GET answers, HEAD answers without its body.
METHODS = ["GET", "HEAD"]


def content(
    request: Request, body: bytes, media_type: str, snapshot: Snapshot, extra: Mapping[str, str] | None = None
) -> Response:
    """The body with its ETag, or 304 where the reader has it already.

    The ETag is weak: the same content may be sent compressed or not.
    """
    return made(request, hashlib.sha256(body).hexdigest(), lambda: body, media_type, snapshot, extra)


def made(
    request: Request,
    digest: str,
    make: Callable[[], bytes],
    media_type: str,
    snapshot: Snapshot,
    extra: Mapping[str, str] | None = None,
) -> Response:
    """A body that is made only where the reader has it not already; the ``digest`` of what it is made of names it."""
    # What is made of one thing for some may be made of another for others.
    whose = readers.role(request)
    tag = f'W/"{digest[:32]}"' if whose == PUBLIC else f'W/"{digest[:32]}-{whose}"'
    headers = _headers(tag, snapshot, extra)
    if _held(request, tag):
        return Response(status_code=304, media_type=media_type, headers=headers)
    return Response(make(), media_type=media_type, headers=headers)


def file(
    request: Request,
    snapshot: Snapshot,
    *,
    name: str,
    asked: object,
    media_type: str,
    make: Callable[[str], Loan],
    inline: bool = False,
    by_content: bool = False,
) -> Response:
    """A file that is made to be sent, or 304 where the reader has it already.

    What it is made of names it: the snapshot, what the reader may see of it, the file's ``name``, what was ``asked``
    (whose repr tells it whole) and the versions that make it. So it need not be made to be known. ``make`` takes that
    name and returns what the spool lent. JSON may be sent compressed, so its ETag is weak. A file that many ask for is
    known ``by_content``: its ETag is the SHA-256 of its bytes, and stays when another version makes the same.
    """
    recipe = _recipe(request, snapshot, name, asked)
    loan = make(recipe) if by_content else None
    tag = f'"{loan.sha256}"' if loan else f'W/"{recipe}"' if name.endswith(".json") else f'"{recipe}"'
    disposition = {} if inline else {"Content-Disposition": f'attachment; filename="{name}"'}
    headers = _headers(tag, snapshot, disposition)
    if _held(request, tag):
        if loan:
            loan.path.unlink()
        return Response(status_code=304, media_type=media_type, headers=headers)
    headers["Last-Modified"] = format_datetime(snapshot.moment.astimezone(dt.UTC), usegmt=True)
    return Lent.of(loan or make(recipe), headers, media_type)


def stored(request: Request, snapshot: Snapshot, *, path: Path, name: str, media_type: str, sha256: str) -> Response:
    """A file that stays where it is, whole or in parts as GDAL reads it over a network; or 304. Its ETag is the SHA-256
    of its bytes."""
    tag = f'"{sha256}"'
    headers = _headers(tag, snapshot, {"Content-Disposition": f'attachment; filename="{name}"'})
    if _held(request, tag):
        return Response(status_code=304, media_type=media_type, headers=headers)
    exact = {**Loan(path, sha256).headers, **UNCOMPRESSED}
    return InParts(path, headers={**headers, **exact}, media_type=media_type)


def streamed(
    request: Request,
    snapshot: Snapshot,
    *,
    name: str,
    asked: object,
    media_type: str,
    make: Callable[[], Iterator[bytes]],
) -> Response:
    """An answer that is sent as it is made, or 304. Its length and digest nobody knows before the end; where the making
    fails, the connection breaks, so that what came is not taken for the whole."""
    tag = f'W/"{_recipe(request, snapshot, name, asked)}"'
    headers = _headers(tag, snapshot, {"Content-Disposition": f'attachment; filename="{name}"'})
    if _held(request, tag):
        return Response(status_code=304, media_type=media_type, headers=headers)
    pieces = make()
    return StreamingResponse(iter(()) if request.method == "HEAD" else pieces, headers=headers, media_type=media_type)


def _recipe(request: Request, snapshot: Snapshot, name: str, asked: object) -> str:
    told = f"{request.state.view} {snapshot.digest} {snapshot.number} {name} {asked!r} {__version__} {MADE_BY}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def named(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot as every JSON answer names it."""
    return {"number": snapshot.number, "digest": snapshot.digest, "moment": snapshot.moment.isoformat()}


def _headers(tag: str, snapshot: Snapshot, extra: Mapping[str, str] | None) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "no-cache", "Mendmap-Snapshot": str(snapshot), **(extra or {})}


def _held(request: Request, tag: str) -> bool:
    # Who sends something asks for an answer, whatever they have.
    return request.method in METHODS and held(",".join(request.headers.getlist("If-None-Match")), tag)


def held(given: str, tag: str) -> bool:
    """Whether a reader who has what If-None-Match names has it already; weak and strong tags compare alike here
    (RFC 9110, section 13.1.2)."""
    tags = [each.strip().removeprefix("W/") for each in given.split(",")]
    return "*" in tags or tag.removeprefix("W/") in tags

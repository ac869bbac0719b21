"""Answers with a name for their content: ETag, conditional requests, and the snapshot they come from."""

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from pathlib import Path

from fastapi import Request, Response

from mendmap import __version__
from mendmap.exports.files import MADE_BY
from mendmap.lake.ledger import Snapshot
from mendmap.web.spool import Lent


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
    tag = f'W/"{digest[:32]}"'
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
    make: Callable[[str], Path],
    inline: bool = False,
) -> Response:
    """A file that is made to be sent, or 304 where the reader has it already.

    What it is made of names it: the snapshot, the file's ``name``, what was ``asked`` (whose repr tells it whole) and
    the versions that make it. So it need not be made to be known. ``make`` takes that name and returns a path that
    the spool lent. JSON may be sent compressed, so its ETag is weak.
    """
    told = f"{snapshot.digest} {snapshot.number} {name} {asked!r} {__version__} {MADE_BY}"
    digest = hashlib.sha256(told.encode()).hexdigest()[:32]
    tag = f'W/"{digest}"' if name.endswith(".json") else f'"{digest}"'
    disposition = {} if inline else {"Content-Disposition": f'attachment; filename="{name}"'}
    headers = _headers(tag, snapshot, disposition)
    if _held(request, tag):
        return Response(status_code=304, media_type=media_type, headers=headers)
    headers["Last-Modified"] = format_datetime(snapshot.moment.astimezone(dt.UTC), usegmt=True)
    return Lent(make(digest), headers=headers, media_type=media_type)


def named(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot as every JSON answer names it."""
    return {"number": snapshot.number, "digest": snapshot.digest, "moment": snapshot.moment.isoformat()}


def _headers(tag: str, snapshot: Snapshot, extra: Mapping[str, str] | None) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": "no-cache", "Mendmap-Snapshot": str(snapshot), **(extra or {})}


def _held(request: Request, tag: str) -> bool:
    """Whether the reader has it already; weak and strong tags compare alike here (RFC 9110, section 13.1.2)."""
    given = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    return "*" in given or tag.removeprefix("W/") in given

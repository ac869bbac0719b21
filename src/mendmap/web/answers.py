"""Answers with a name for their content: ETag, conditional requests, and the snapshot they come from."""

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response

from mendmap.lake.ledger import Snapshot


def content(
    request: Request, body: bytes, media_type: str, snapshot: Snapshot, extra: Mapping[str, str] | None = None
) -> Response:
    """The body with its ETag, or 304 where the reader has it already.

    The ETag is weak: the same content may be sent compressed or not.
    """
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Mendmap-Snapshot": str(snapshot), **(extra or {})}
    given = [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]
    if "*" in given or tag in given or tag.removeprefix("W/") in given:
        return Response(status_code=304, media_type=media_type, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def named(snapshot: Snapshot) -> dict[str, object]:
    """A snapshot as every JSON answer names it."""
    return {"number": snapshot.number, "digest": snapshot.digest, "moment": snapshot.moment.isoformat()}

"""What readers send: bodies of requests, never more of them than is allowed, and then only that they have left.

Not here: what stands in them.
"""

import asyncio
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from mendmap.errors import BadRequestError, TooLargeError


async def body(request: Request, most_bytes: int) -> bytes:
    """The whole body. Raises TooLargeError, and BadRequestError where it ended too soon."""
    told = request.headers.get("Content-Length", "0")
    content = bytearray()
    try:
        if not told.isdecimal() or int(told) <= most_bytes:
            async for chunk in request.stream():
                content += chunk
                if len(content) > most_bytes:
                    break
            else:
                return bytes(content)
    except ClientDisconnect:
        raise BadRequestError("the body ended too soon") from None
    raise TooLargeError(f"a body of more than {most_bytes / 1e6:g} MB (setting MENDMAP_MAX_POST_MB)")


async def deserted(work: "asyncio.Future[Any]", receive: Receive) -> bool:
    """Waits until ``work`` is done, or the reader who waits for it has left; returns whether the reader left first. The
    body of the request has been read, or is of no interest."""

    async def left() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.create_task(left())
    try:
        await asyncio.wait((work, leaving), return_when=asyncio.FIRST_COMPLETED)
        return not work.done()
    finally:
        leaving.cancel()

"""Bodies of requests, never more of them than is allowed. Not here: what stands in them."""

from fastapi import Request
from starlette.requests import ClientDisconnect

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

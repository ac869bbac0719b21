"""Who reads: everyone, or the holder of a key for regulators or staff.

A key that is not known, or was revoked, is refused: never is the public's view given for it in silence.
Not here: what each may see (``lake.access``), and posting (``routes.readings``).
"""

import base64

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from mendmap.errors import KeyRefusedError, ScopeError
from mendmap.lake.access import PUBLIC
from mendmap.load.intake import Intake

HEADERS = ("authorization", "x-api-key")


def secret(request: Request) -> str:
    """The key that a request carries; blank where it carries none. Programs that know only names and passwords, as
    browsers do, give it as the password."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
        except ValueError:
            # Not base64, or not ASCII, or what it says is no UTF-8.
            return ""
    return request.headers.get("X-API-Key", "")


def role(request: Request) -> str:
    """Who reads: a word of ``vocabulary.ACCESS``, found out once a request. Raises KeyRefusedError; no text quotes what
    was given."""
    found: str | None = getattr(request.state, "role", None)
    if found is None:
        found = request.state.role = _role(request)
    return found


def _keyed(request: Request) -> bool:
    return any(name in request.headers for name in HEADERS)


def _role(request: Request) -> str:
    if not _keyed(request):
        return PUBLIC
    intake: Intake = request.app.state.intake
    try:
        return intake.admit(secret(request)).key.sees
    except ScopeError:
        # Of another catalogue, whose name is nobody's business here.
        raise KeyRefusedError("the key is not known here") from None


async def known(request: Request) -> None:
    """A dependency of every route that tells: refuses a wrong key, wherever it is shown. Raises KeyRefusedError."""
    if request.method in ("GET", "HEAD") and _keyed(request):
        # Keys are looked up in the lake. Most readers have none, and need no thread to be told so.
        await run_in_threadpool(role, request)

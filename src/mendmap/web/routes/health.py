"""Whether the service lives, and whether it has something to serve."""

from fastapi import APIRouter, Request

from mendmap.web.answers import METHODS, named
from mendmap.web.keeper import Keeper

router = APIRouter()


@router.api_route("/healthz", methods=METHODS)
def healthz() -> dict[str, str]:
    """Alive: the process answers."""
    return {"status": "alive"}


@router.api_route("/readyz", methods=METHODS)
def readyz(request: Request) -> dict[str, object]:
    """Ready: a snapshot is served; 503 until then. Stale: it is, and the lake cannot be read for a newer one."""
    keeper: Keeper = request.app.state.keeper
    status = {"status": "stale", "detail": keeper.trouble} if keeper.trouble else {"status": "ready"}
    return {**status, "snapshot": named(keeper.snapshot)}

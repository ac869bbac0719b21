"""Hot tiles: in front of the app, whatever was answered before and still holds is answered without it. Plain ASGI.

The app makes every answer; this layer asks it once for all who wait, and sends the same bytes and headers to whoever
asks next. Only what everyone sees is kept: a request with a key, or with a query, goes past. It also counts what is
answered, since nothing is answered but through it. Not here: which answers hold (``web.cache``).
"""

import asyncio
import re
from collections.abc import Sequence
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendmap.web import readers
from mendmap.web.answers import held
from mendmap.web.cache import Answer, Header, Key, TileCache
from mendmap.web.codings import takes_gzip
from mendmap.web.keeper import Keeper, Served
from mendmap.web.meter import Meter

_PREFIX = "/tiles/"
# As the app reads them, and each tile in one spelling only.
_NUMBER = "(?:0|[1-9][0-9]{0,9})"
_TILE = re.compile(rf"{_PREFIX}([^/]+)/{_NUMBER}/{_NUMBER}/{_NUMBER}\.(geojson|mvt)")
_ROUTE = _PREFIX + "{layer}/{z}/{x}/{y}."
_READS = ("GET", "HEAD")
_KEYS = tuple(name.encode() for name in readers.HEADERS)
_GZIP: Sequence[Header] = ((b"accept-encoding", b"gzip"),)
_NO_BODY: Message = {"type": "http.response.body", "body": b""}
# Headers that tell of a body, which 304 has not.
_OF_BODY = (b"content-length", b"content-encoding")
# What the log of a web server says where the reader did not wait.
_GONE = 499


class Hot:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, keeper: Keeper, cache: TileCache, meter: Meter) -> None:
        self._app, self._keeper, self._cache, self._meter = app, keeper, cache, meter
        self._flights: dict[tuple[object, ...], asyncio.Task[Answer]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        plain = scope["type"] == "http" and scope["path"].startswith(_PREFIX) and not scope["query_string"]
        asked = _asked(scope) if plain and scope["method"] in _READS else None
        served = self._keeper.public if asked else None
        if asked is None or served is None:
            await self._passed(scope, receive, send, begun)
            return
        key, given = asked
        answer = self._cache.get(key, served)
        if answer is None:
            found = _TILE.fullmatch(key.path)
            if found is None or found[1] not in served.tiles:
                await self._passed(scope, receive, send, begun)
                return
            answer = await self._awaited(key, found[1], served, scope)
        status = await _sent(answer, scope["method"], given, send)
        self._meter.answered(_ROUTE + key.path.rpartition(".")[2], scope["method"], status, perf_counter() - begun)

    async def _awaited(self, key: Key, layer: str, served: Served, scope: Scope) -> Answer:
        """An answer from the app, which is asked once for all who wait for the same; whoever goes away takes it from
        nobody. Who comes after a newer snapshot does not wait for a tile of the one before."""
        flight = (key, served.atlas.snapshot, asyncio.get_running_loop())
        task = self._flights.get(flight)
        if task is None:
            task = self._flights[flight] = asyncio.create_task(self._made(key, layer, scope))
            task.add_done_callback(lambda done: self._landed(flight, done))
        else:
            self._meter.count("tile_waits")
        return await asyncio.shield(task)

    def _landed(self, flight: tuple[object, ...], task: "asyncio.Task[Answer]") -> None:
        del self._flights[flight]
        # So that a failure that nobody waits for any more is no failure of this layer.
        if not task.cancelled():
            task.exception()

    async def _made(self, key: Key, layer: str, scope: Scope) -> Answer:
        """What the app answers to someone who asks for nothing but the tile; kept where it is one."""
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        plain = {"method": "GET", "headers": list(_GZIP if key.gzip else ()), "state": dict(scope.get("state") or {})}
        await self._app({**scope, **plain}, receive, send)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        answer = Answer(messages[0]["status"], messages[0]["headers"], body, layer)
        served = self._keeper.public
        if answer.status == 200 and served is not None:
            self._cache.keep(key, answer, served)
        return answer

    async def _passed(self, scope: Scope, receive: Receive, send: Send, begun: float) -> None:
        """Lets the app answer, and counts what it answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except asyncio.CancelledError:
            status = _GONE
            raise
        finally:
            route = getattr(scope.get("route"), "path", "")
            self._meter.answered(route, scope["method"], status, perf_counter() - begun)


def _asked(scope: Scope) -> tuple[Key, bytes] | None:
    """What is asked for, and the ETags that the reader has; None where a key is shown."""
    coding = given = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            coding = coding + b"," + value if coding else value
        elif name == b"if-none-match":
            given = given + b"," + value if given else value
        elif name in _KEYS:
            return None
    return Key(scope["path"], takes_gzip(coding)), given


async def _sent(answer: Answer, method: str, given: bytes, send: Send) -> int:
    """Sends an answer whole, without its body, or as 304; returns its status."""
    if given and answer.status == 200 and held(given.decode("latin-1"), answer.tag.decode()):
        headers = [header for header in answer.start["headers"] if header[0] not in _OF_BODY]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send(_NO_BODY)
        return 304
    await send(answer.start)
    await send(answer.body if method == "GET" else _NO_BODY)
    return answer.status

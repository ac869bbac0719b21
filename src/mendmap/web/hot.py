"""Hot tiles: in front of the app, whatever was answered before and still holds is answered without it. Plain ASGI.

The app makes every answer; this layer asks it once for all who wait, and sends the same bytes and headers to whoever
asks next. Only what everyone sees is kept: a request with a key, or with a query, goes past. It also counts what is
answered, since nothing is answered but through it. Not here: which answers hold (``web.cache``).
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import NamedTuple
from weakref import WeakKeyDictionary

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mendmap.web import bodies, readers
from mendmap.web.answers import held
from mendmap.web.cache import Answer, Header, Key, TileCache
from mendmap.web.codings import takes_gzip
from mendmap.web.keeper import Keeper, Served
from mendmap.web.meter import Meter
from mendmap.web.problems import GONE

log = logging.getLogger("mendmap")
_PREFIXES = ("/tiles/", "/rasters/")
# As the app reads them, and each tile in one spelling only.
_NUMBER = "(?:0|[1-9][0-9]{0,9})"
_AT = f"/{_NUMBER}/{_NUMBER}/{_NUMBER}"
_TILE = re.compile(rf"/tiles/([^/]+){_AT}\.(geojson|mvt)|/(rasters/[^/]+){_AT}\.(png|webp)")
_READS = ("GET", "HEAD")
_KEYS = tuple(name.encode() for name in readers.HEADERS)
_GZIP: Sequence[Header] = ((b"accept-encoding", b"gzip"),)
_NO_BODY: Message = {"type": "http.response.body", "body": b""}
# Headers that tell of a body, which 304 has not.
_OF_BODY = (b"content-length", b"content-encoding")
# Tiles of layers that are made at the same time; those of imagery have a number of drawers.
_AT_ONCE = 2
# How long a new snapshot waits for the tiles that were asked for last.
_HEATING_S = 1.0


class Tile(NamedTuple):
    """A tile by its address: what makes it, by its name in ``Served.makers``, and the template of its route."""

    maker: str
    route: str

    @staticmethod
    def of(path: str) -> "Tile | None":
        """None where it is none."""
        found = _TILE.fullmatch(path)
        if found is None:
            return None
        if found[1]:
            return Tile(found[1], f"/tiles/{{layer}}/{{z}}/{{x}}/{{y}}.{found[2]}")
        return Tile(found[3], f"/rasters/{{picture}}/{{z}}/{{x}}/{{y}}.{found[4]}")

    @property
    def drawn(self) -> bool:
        """Whether it is of imagery."""
        return self.route.startswith("/rasters/")


class _Flight:
    """A tile on its way: whoever makes it, how many readers wait for it, and whether all of them have left."""

    task: asyncio.Task[Answer]

    def __init__(self) -> None:
        self.readers, self.left = 0, asyncio.Event()


class Hot:
    """The outermost layer of the service, around ``app``."""

    def __init__(self, app: ASGIApp, keeper: Keeper, cache: TileCache, meter: Meter) -> None:
        self._app, self._keeper, self._cache, self._meter = app, keeper, cache, meter
        self._makers: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._flights: dict[tuple[object, ...], _Flight] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = perf_counter()
        asked = _asked(scope)
        served = self._keeper.public if asked else None
        if asked is None or served is None:
            await self._passed(scope, receive, send, begun)
            return
        key, given = asked
        answer = self._cache.get(key, served)
        if answer is None:
            found = Tile.of(key[0])
            if found is None or found.maker not in served.makers:
                await self._passed(scope, receive, send, begun)
                return
            answer = await self._awaited(key, found, served, scope, receive)
            if answer is None:
                self._meter.answered(found.route, scope["method"], GONE, perf_counter() - begun)
                return
        start: Message = answer.start
        body: Message = answer.body
        status, method = answer.status, scope["method"]
        if given and status == 200 and held(given.decode("latin-1"), answer.tag):
            headers = [header for header in start["headers"] if header[0] not in _OF_BODY]
            start, body, status = {**start, "status": 304, "headers": headers}, _NO_BODY, 304
        await send(start)
        await send(body if method == "GET" else _NO_BODY)
        self._meter.answered(answer.route, method, status, perf_counter() - begun)
        if answer.error:
            raise answer.error

    async def _awaited(self, key: Key, found: Tile, served: Served, scope: Scope, receive: Receive) -> Answer | None:
        """An answer from the app, which is asked once for all who wait for the same; whoever goes away takes it from
        nobody, and gets None. Who comes after a newer snapshot does not wait for a tile of the one before."""
        name = (key, served.atlas.snapshot, asyncio.get_running_loop())
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = _Flight()
            flight.task = asyncio.create_task(self._made(key, found, scope, flight))
            flight.task.add_done_callback(lambda _: self._landed(name, flight))
        else:
            self._meter.count("tile_waits")
        flight.readers += 1
        try:
            # Of imagery a tile takes long enough to be left alone; others are made, and kept for who comes next.
            if found.drawn and await bodies.deserted(flight.task, receive):
                return None
            return await asyncio.shield(flight.task)
        finally:
            flight.readers -= 1
            if found.drawn and not flight.readers:
                self._landed(name, flight)
                flight.left.set()

    def _landed(self, name: tuple[object, ...], flight: "_Flight") -> None:
        """Lets nobody else wait for it."""
        if self._flights.get(name) is flight:
            del self._flights[name]

    def heat(self, coming: Served) -> None:
        """Makes tiles anew that a snapshot changes, before it is served: those that were asked for last, in a bounded
        time. So a crowd does not wait for all of them at once."""

        async def made() -> dict[Key, Answer]:
            until, found = perf_counter() + _HEATING_S, {}
            for key, answer in self._cache.changed(coming):
                if perf_counter() > until:
                    break
                asked = Tile.of(key[0])
                if asked and answer.layer in coming.makers:
                    found[key] = await self._answered(key, asked, _scope(key[0], coming), _Flight())
            return {key: answer for key, answer in found.items() if answer.status == 200}

        try:
            self._cache.expect(coming, asyncio.run(made()))
        except Exception as error:
            # What is new is served all the same, and its tiles are made when they are asked for.
            log.error("tiles could not be made before they are asked for: %s", error, exc_info=error)

    def _turns(self) -> asyncio.Semaphore:
        """How many tiles may be made at once: more would take no less time, and keep waiting whoever asks for what is
        there."""
        return self._makers.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))

    async def _made(self, key: Key, found: Tile, scope: Scope, flight: _Flight) -> Answer:
        """What the app answers to someone who asks for nothing but the tile; kept where it is one."""
        # Imagery waits for its drawers, and nobody else for them.
        async with nullcontext() if found.drawn else self._turns():
            answer = await self._answered(key, found, scope, flight)
        served = self._keeper.public
        if answer.status == 200 and served is not None:
            self._cache.keep(key, answer, served)
        return answer

    async def _answered(self, key: Key, found: Tile, scope: Scope, flight: _Flight) -> Answer:
        messages: list[Message] = []
        error: Exception | None = None

        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> Message:
            if (message := next(asked, None)) is None:
                await flight.left.wait()
            return message or {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            messages.append(message)

        plain = {"method": "GET", "headers": list(_GZIP if key[1] else ()), "state": dict(scope.get("state") or {})}
        try:
            await self._app({**scope, **plain}, receive, send)
        except Exception as failure:
            # The app has answered that something went wrong; whoever carries us is to know what.
            error = failure
        body = b"".join(message.get("body", b"") for message in messages[1:])
        answer = Answer(messages[0]["status"], messages[0]["headers"], body, *found)
        answer.error = error
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
            status = GONE
            raise
        finally:
            route = getattr(scope.get("route"), "path", "")
            self._meter.answered(route, scope["method"], status, perf_counter() - begun)


def _scope(path: str, served: Served) -> Scope:
    """A request of our own, for what is not served to others yet."""
    given = {"headers": [], "query_string": b"", "raw_path": path.encode(), "root_path": "", "http_version": "1.1"}
    return {"type": "http", "method": "GET", "scheme": "http", "path": path, "state": {"served": served}, **given}


def _asked(scope: Scope) -> tuple[Key, bytes] | None:
    """What is asked for, and the ETags that the reader has; None where it is no tile that everyone sees alike."""
    if scope["type"] != "http" or scope["query_string"] or scope["method"] not in _READS:
        return None
    path = scope["path"]
    if not path.startswith(_PREFIXES):
        return None
    coding = given = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            coding = coding + b"," + value if coding else value
        elif name == b"if-none-match":
            given = given + b"," + value if given else value
        elif name in _KEYS:
            return None
    return (path, takes_gzip(coding)), given

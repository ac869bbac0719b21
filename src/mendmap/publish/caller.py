"""Asks our own service, in this process, as a reader without a key would.

Not here: what is asked for (``places``), and what becomes of the answers (``edition``).
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from mendmap.web.copied import BASE, Copied


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answers: its status, its headers by their small name, and its body, unless that was taken."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Caller:
    """Calls an ASGI app whose keeper is at work. ``copied`` is what its pages know of the copy that they are for."""

    def __init__(self, app: Any, copied: Copied) -> None:
        self._app, self._copied = app, copied
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mendmap-publish", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Lets the threads go that answered."""
        asyncio.run_coroutine_threadsafe(self._loop.shutdown_default_executor(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, address: str, language: str, take: Callable[[bytes], object] | None = None) -> Answer:
        """The answer to an address (path and query) for a reader of a language. ``take`` gets the body of a good answer
        piece by piece, so that no large file is held in memory."""
        return asyncio.run_coroutine_threadsafe(self._asked(address, language, take), self._loop).result()

    async def _asked(self, address: str, language: str, take: Callable[[bytes], object] | None) -> Answer:
        parts = urlsplit(address)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "https",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(b"host", BASE.removeprefix("https://").encode()), (b"accept-language", language.encode())],
            "client": None,
            "server": None,
            "state": {"copied": self._copied},
        }
        status, headers, pieces = 500, dict[str, str](), list[bytes]()

        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            # After its request this reader says nothing more, and never goes away.
            return next(asked, None) or await self._loop.create_future()

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in message["headers"]}
            elif message["type"] == "http.response.body":
                keep = take if take and status == 200 else pieces.append
                keep(message.get("body", b""))

        await self._app(scope, receive, send)
        return Answer(status, headers, b"".join(pieces))

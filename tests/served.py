"""The service on a real socket in the process of the tests: where a browser or a socket is wanted, but no process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from mendmap.settings import Settings
from mendmap.web.app import create_app


class Server:
    """The service on a real socket, in this process, so that a test can break what it does."""

    def __init__(self, lake: Path, **settings: Any) -> None:
        self.app = create_app(Settings(lake=str(lake), **settings))
        self._server = uvicorn.Server(uvicorn.Config(self.app, port=0, log_level="critical"))
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = int(self._server.servers[0].sockets[0].getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def spooled(self) -> list[Path]:
        return list(Path(self.app.state.keeper.spool._folder.name).iterdir())

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def raw(self, address: str, *headers: str, version: str = "1.1") -> bytes:
        """All that comes over a bare socket until the other side closes it."""
        lines = [f"GET {address} HTTP/{version}", "Host: testford", "Connection: close", *headers, "", ""]
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as wire:
            wire.sendall("\r\n".join(lines).encode())
            return b"".join(iter(lambda: wire.recv(65536), b""))


@contextmanager
def served(lake: Path, **settings: Any) -> Iterator[Server]:
    """A service over a lake, with settings of its own, for as long as the block lasts."""
    server = Server(lake, **settings)
    try:
        yield server
    finally:
        server.stop()

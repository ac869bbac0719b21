"""Those who draw tiles of imagery: a few threads of their own, so that whoever asks for anything else never waits for
them, and the raster files that they keep open.

Not here: drawing (``rasters.draw``), and what was drawn before (``web.cache``).
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from mendmap.errors import OverloadedError
from mendmap.rasters.handles import Frame, Handles
from mendmap.settings import Settings
from mendmap.web import bodies

T = TypeVar("T")
# Frames of files that are remembered; a file never changes under its name.
_FRAMES = 10_000


class Drawers:
    """The threads of one service. ``handles`` are its open files."""

    def __init__(self, settings: Settings) -> None:
        self.handles = Handles(settings.max_open_rasters, settings.raster_cache_mb)
        self._pool = ThreadPoolExecutor(settings.raster_threads, thread_name_prefix="mendmap-drawer")
        self._places = threading.Semaphore(settings.max_waiting_tiles)
        self._frames: dict[Path, Frame] = {}

    async def run(self, request: Request, draw: Callable[[], T]) -> T:
        """Has something drawn by whoever is free; nothing is begun for a reader who has left. Raises OverloadedError
        where too many wait already, and ClientDisconnect."""
        if not self._places.acquire(blocking=False):
            raise OverloadedError("too many pictures of imagery wait to be drawn already; come back in a while")
        try:
            drawn = asyncio.get_running_loop().run_in_executor(self._pool, draw)
            if await bodies.deserted(drawn, request.receive):
                drawn.cancel()
                raise ClientDisconnect
            return await drawn
        finally:
            self._places.release()

    def frame(self, path: Path) -> Frame:
        """Where a file is. Raises RasterError where it is no raster, or not on the map."""
        found = self._frames.get(path)
        if found is None:
            with self.handles.lent(path) as handle:
                found = handle.frame
            self._frames = dict([*self._frames.items(), (path, found)][-_FRAMES:])
        return found

    def stop(self) -> None:
        """Waits for what is being drawn, and closes all files."""
        self._pool.shutdown(cancel_futures=True)
        self.handles.close()


def drawers(request: Request) -> Drawers:
    """Those of the service that is asked."""
    found: Drawers = request.app.state.drawers
    return found

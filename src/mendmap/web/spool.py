"""Files made to be sent: whole, in a folder of their own, and gone when they have been.

A file that is asked for again soon is lent again, so that a reader who fetches it in parts, as GIS programs do, does
not have it made anew for each. Not here: what is in them (``exports``).
"""

import os
import secrets
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable
from starlette.types import Receive, Scope, Send

from mendmap.errors import OverloadedError

# Rows from which a file is costly, how many of those are made at a time, and how long the next waits.
_COSTLY_ROWS = 50_000
_AT_ONCE = 2
_WAIT_S = 30
_KEPT_BYTES = 1_000_000_000


class Spool:
    """Lends files by name; the same name must always mean the same bytes."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mendmap-")
        self._kept: OrderedDict[str, tuple[Path, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_AT_ONCE)]

    def close(self) -> None:
        """Deletes every file."""
        self._folder.cleanup()

    def lend(self, name: str, rows: int, make: Callable[[Path], None]) -> Path:
        """A file of the borrower's own, who deletes it; ``make`` writes it where it is not at hand. Raises
        OverloadedError where too many costly files are being made."""
        # The same name always waits for the same turn: so what two ask for at once is made once.
        turn = self._turns[hash(name) % _AT_ONCE] if rows >= _COSTLY_ROWS else threading.Lock()
        if not turn.acquire(timeout=_WAIT_S):
            raise OverloadedError("too many large downloads are being made at once; try again in a minute")
        try:
            return self._lent(name) or self._made(name, make)
        finally:
            turn.release()

    def _lent(self, name: str) -> Path | None:
        with self._lock:
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            return self._link(self._kept[name][0])

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        path = self._new()
        try:
            make(path)
            size = path.stat().st_size
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        with self._lock:
            lent = self._link(path)
            replaced = self._kept.pop(name, None)
            self._kept[name] = path, size
            gone = [replaced[0]] if replaced else []
            while sum(kept for _, kept in self._kept.values()) > _KEPT_BYTES:
                gone.append(self._kept.popitem(last=False)[1][0])
        for each in gone:
            each.unlink()
        return lent

    def _link(self, path: Path) -> Path:
        """A second name, so that a file lives on for its borrower when it is no longer kept."""
        lent = self._new()
        os.link(path, lent)
        return lent

    def _new(self) -> Path:
        return Path(self._folder.name) / secrets.token_hex(16)


class Lent(FileResponse):
    """Sends a borrowed file, whole or the parts that are asked for, and deletes it however that ends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        # As RFC 9110 has it: what is not understood asks for the whole. Our own problem document for what is outside.
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []
        except RangeNotSatisfiable as error:
            headers = {"Content-Range": f"bytes */{error.max_size}"}
            raise HTTPException(416, f"the file has {error.max_size} bytes", headers) from None

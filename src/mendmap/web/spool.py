"""Files made to be sent: whole, in a folder of their own, and gone when they have been.

A file that is asked for again soon is lent again, so that a reader who fetches it in parts, as GIS programs do, does
not have it made anew for each. Not here: what is in them (``exports``).
"""

import base64
import hashlib
import os
import secrets
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable
from starlette.types import Receive, Scope, Send

from mendmap.errors import OverloadedError

# Rows from which a file is costly, how many of those are made at a time, and how long the next waits.
_COSTLY_ROWS = 50_000
_AT_ONCE = 2
_WAIT_S = 30
_KEPT_BYTES = 1_000_000_000
# What is marked so is let alone by whatever compresses answers, and ``guards`` takes the mark away.
UNCOMPRESSED = {"Content-Encoding": "identity"}


class Loan(NamedTuple):
    """A file of the borrower's own, who deletes it, with the SHA-256 of what is in it."""

    path: Path
    sha256: str

    @property
    def headers(self) -> dict[str, str]:
        """The digest as RFC 9530 has it."""
        return {"Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(self.sha256)).decode()}:"}


class Spool:
    """Lends files by name; the same name must always mean the same bytes."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mendmap-")
        self._kept: OrderedDict[str, tuple[Loan, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(_AT_ONCE)]

    def close(self) -> None:
        """Deletes every file."""
        self._folder.cleanup()

    def lend(self, name: str, rows: int, make: Callable[[Path], None]) -> Loan:
        """A file that ``make`` writes where it is not at hand. Raises OverloadedError where too many costly files are
        being made."""
        # The same name always waits for the same turn: so what two ask for at once is made once.
        turn = self._turns[hash(name) % _AT_ONCE] if rows >= _COSTLY_ROWS else threading.Lock()
        if not turn.acquire(timeout=_WAIT_S):
            raise OverloadedError("too many large downloads are being made at once; try again in a minute")
        try:
            return self._lent(name) or self._made(name, make)
        finally:
            turn.release()

    def _lent(self, name: str) -> Loan | None:
        with self._lock:
            if name not in self._kept:
                return None
            self._kept.move_to_end(name)
            return self._link(self._kept[name][0])

    def _made(self, name: str, make: Callable[[Path], None]) -> Loan:
        path = self._new()
        try:
            make(path)
            size = path.stat().st_size
            with path.open("rb") as file:
                made = Loan(path, hashlib.file_digest(file, "sha256").hexdigest())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        with self._lock:
            lent = self._link(made)
            replaced = self._kept.pop(name, None)
            self._kept[name] = made, size
            gone = [replaced[0]] if replaced else []
            while sum(kept for _, kept in self._kept.values()) > _KEPT_BYTES:
                gone.append(self._kept.popitem(last=False)[1][0])
        for each in gone:
            each.path.unlink()
        return lent

    def _link(self, kept: Loan) -> Loan:
        """A second name, so that a file lives on for its borrower when it is no longer kept."""
        lent = self._new()
        os.link(kept.path, lent)
        return kept._replace(path=lent)

    def _new(self) -> Path:
        return Path(self._folder.name) / secrets.token_hex(16)


class InParts(FileResponse):
    """Sends a file, whole or the parts that are asked for."""

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


class Lent(InParts):
    """Sends a borrowed file, and deletes it however that ends."""

    @classmethod
    def of(cls, loan: Loan, headers: Mapping[str, str], media_type: str) -> "Lent":
        """A loan to be sent. One with a strong ETag goes as it lies on disk, with its digest, and is not compressed on
        the way: it promises its length, and parts of itself."""
        exact = {} if headers["ETag"].startswith("W/") else {**loan.headers, **UNCOMPRESSED}
        return cls(loan.path, headers={**headers, **exact}, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            Path(self.path).unlink(missing_ok=True)

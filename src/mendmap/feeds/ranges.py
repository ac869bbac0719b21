"""A file on a host, read in parts as it is needed: a little is kept, and no more is fetched than is bounded.

``Remote`` is the file, and ``handle`` gives it to a reader of files, which cannot be told of errors: it reads nothing
any more, and ``error`` says why. Not here: which hosts may be asked (``guarded``), and what stands in the file
(``rasters``).
"""

import io
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import urllib3

from mendmap.errors import FeedError, shown
from mendmap.feeds.fetch import Fetcher, answered
from mendmap.feeds.guarded import named

# What is fetched at least, what of one file is kept, and what is asked for at once.
BLOCK = 1 << 16
_KEPT = 256
_LONGEST = 1 << 23
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class _Part:
    """Some bytes of a file, its size, and what tells whether it is still the same file."""

    content: bytes
    size: int
    version: str


class Remote:
    """The file at an address, of which at most ``max_bytes`` are fetched. Used by one thread.

    ``error`` is what went wrong, when something did; ``fetched`` how many bytes came.
    """

    def __init__(self, fetcher: Fetcher, url: str, max_bytes: int, setting: str) -> None:
        self.url, self.fetched = url, 0
        self.error: FeedError | None = None
        self._fetcher, self._max_bytes, self._setting = fetcher, max_bytes, setting
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._size = -1
        self._version = ""
        self._until = time.monotonic() + fetcher.limits.total_s

    @property
    def size(self) -> int:
        """How many bytes it has. Raises FeedError."""
        if self._size < 0:
            self._fetch(0, 0)
        return self._size

    def handle(self) -> "Handle":
        """The file from its beginning, for a reader of files."""
        return Handle(self)

    def read(self, first: int, count: int) -> bytes:
        """``count`` bytes from ``first`` on, fewer at the end of the file. Raises FeedError."""
        last = min(first + count, self.size) - 1
        if last < first:
            return b""
        wanted = range(first // BLOCK, last // BLOCK + 1)
        parts = {nth: self._blocks[nth] for nth in wanted if nth in self._blocks}
        missing = [nth for nth in wanted if nth not in parts]
        for begin, end in _runs(missing, _LONGEST // BLOCK):
            parts |= self._fetch(begin, end)
        for nth in wanted:
            self._keep(nth, parts[nth])
        whole = b"".join(parts[nth] for nth in wanted)
        return whole[first - wanted[0] * BLOCK :][: last - first + 1]

    def _keep(self, nth: int, content: bytes) -> None:
        self._blocks[nth] = content
        self._blocks.move_to_end(nth)
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    def _fetch(self, begin: int, end: int) -> dict[int, bytes]:
        """The blocks from one to another, fetched at once."""
        if self.error:
            raise self.error
        first, last = begin * BLOCK, (end + 1) * BLOCK - 1
        last = min(last, self._size - 1) if self._size >= 0 else last
        self.fetched += last - first + 1
        try:
            if time.monotonic() > self._until:
                raise FeedError(f"{named(self.url)}: not done after {self._fetcher.limits.total_s:g} seconds")
            if self.fetched > self._max_bytes:
                raise FeedError(
                    f"{named(self.url)}: more than {self._max_bytes / 1e6:g} MB of it are needed "
                    f"(setting {self._setting})"
                )
            # Where a file was redirected to may change with every request, as signed addresses do.
            part = self._fetcher.asked(
                self.url,
                {"Accept-Encoding": "identity", "Range": f"bytes={first}-{last}"},
                lambda url, response, until: _taken(url, response, until, first, last),
            )
            self._same(part)
        except FeedError as error:
            self.error = error
            raise
        content = part.content
        found = {begin + at // BLOCK: content[at : at + BLOCK] for at in range(0, len(content), BLOCK)}
        for nth, each in found.items():
            self._keep(nth, each)
        return found

    def _same(self, part: _Part) -> None:
        if self._size < 0:
            self._size, self._version = part.size, part.version
        elif (self._size, self._version) != (part.size, part.version):
            raise FeedError(f"{named(self.url)}: changed while it was read")


class Handle(io.RawIOBase):
    """A place in a ``Remote``. Reads end early where something went wrong; the Remote's ``error`` says what."""

    def __init__(self, remote: Remote) -> None:
        super().__init__()
        self._remote, self._at = remote, 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The place, in bytes from the beginning."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes to a place, and returns it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at}.get(whence)
        self._at = max(0, (self._end() if base is None else base) + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fills ``buffer`` from here on, as far as there is something."""
        view = memoryview(buffer).cast("B")
        try:
            content = b"" if self._remote.error else self._remote.read(self._at, len(view))
        except FeedError:
            return 0
        view[: len(content)] = content
        self._at += len(content)
        return len(content)

    def _end(self) -> int:
        try:
            return self._remote.size
        except FeedError:
            return 0


def _runs(numbers: list[int], most: int) -> list[tuple[int, int]]:
    """Numbers in order as runs, each of its first and its last, with at most ``most`` numbers."""
    runs: list[tuple[int, int]] = []
    for each in numbers:
        if runs and runs[-1][1] == each - 1 and each - runs[-1][0] < most:
            runs[-1] = (runs[-1][0], each)
        else:
            runs.append((each, each))
    return runs


def _taken(url: str, response: urllib3.BaseHTTPResponse, until: float, first: int, last: int) -> _Part:
    """The part that an answer holds. Raises FeedError where it is not the one that was asked for."""
    headers = response.headers
    if response.status not in (200, 206):
        raise answered(url, response.status)
    if "html" in headers.get("Content-Type", "").lower():
        raise FeedError(f"{named(url)}: answers with a web page in place of a file")
    if response.status == 200:
        raise FeedError(f"{named(url)}: gives the whole file only, though a part of it was asked for")
    said = headers.get("Content-Range", "")
    found = _RANGE.fullmatch(said)
    begin, end, size = (int(each) for each in found.groups()) if found else (-1, -1, -1)
    length = end - begin + 1
    if begin != first or end != min(last, size - 1) or headers.get("Content-Length") != str(length):
        raise FeedError(f"{named(url)}: gives another part than was asked for: {shown(said)}")
    # http.client counts to Content-Length, and urllib3 raises where the body ends before it.
    content = bytearray()
    while len(content) < length and (chunk := response.read1(_STEP)):
        content += chunk
        if time.monotonic() > until:
            raise FeedError(f"{named(url)}: not done in time")
    if len(content) != length:
        raise FeedError(f"{named(url)}: the part ends early")
    return _Part(bytes(content), size, headers.get("ETag", "") or headers.get("Last-Modified", ""))

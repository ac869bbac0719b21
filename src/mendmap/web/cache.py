"""Answers that are ready to be sent again: tiles of the newest snapshot as everyone sees it, bounded in bytes.

An answer is good as long as the layer, or the picture, is drawn by the very maker of tiles that drew it: a new snapshot
drops those of the layers that it changed, and the others are sent on under its name. Not here: HTTP (``web.hot``), and
making tiles.
"""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from mendmap.lake.ledger import Snapshot
from mendmap.web.keeper import Served

Header = tuple[bytes, bytes]
# What an answer answers: the path of a tile, and whether its body is compressed with gzip.
Key = tuple[str, bool]
SNAPSHOT = b"mendmap-snapshot"
# Headers whose values differ from tile to tile; of the others one copy does for all.
_OWN = (b"etag", b"content-length", b"mendmap-omitted", b"mendmap-widened")
# What an answer takes beside its body: the objects around it, and its own headers. Measured; a test holds it to that.
OVERHEAD = 1400


class Answer:
    """A whole answer as ASGI sends it: the message that begins it, and the one with its body. ``route`` is the template
    of its address, and ``error`` what went wrong unexpectedly."""

    __slots__ = ("_headers", "body", "error", "layer", "route", "size", "snapshot", "start", "status", "tag")

    def __init__(self, status: int, headers: Sequence[Header], body: bytes, layer: str, route: str) -> None:
        self.status, self.layer, self.route = status, layer, route
        self.error: Exception | None = None
        self.snapshot: Snapshot | None = None
        self.tag = next((value.decode() for name, value in headers if name == b"etag"), "")
        self._headers = list(headers)
        self.start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": self._headers}
        self.body: dict[str, Any] = {"type": "http.response.body", "body": body}
        self.size = len(body) + OVERHEAD

    @property
    def made_of(self) -> bytes:
        """The name of the snapshot that it was made of."""
        return next((value for name, value in self._headers if name == SNAPSHOT), b"")

    def under(self, snapshot: Snapshot) -> None:
        """Lets it be sent under the name of a snapshot that did not change it."""
        told = (SNAPSHOT, str(snapshot).encode())
        self._headers = [told if header[0] == SNAPSHOT else header for header in self._headers]
        self.start = {"type": "http.response.start", "status": self.status, "headers": self._headers}
        self.snapshot = snapshot

    def share(self, known: dict[Header, Header]) -> None:
        """Gives up its own copies of headers that others have alike."""
        headers = [header if header[0] in _OWN else known.setdefault(header, header) for header in self._headers]
        self._headers[:] = headers


class TileCache:
    """Answers by what they answer, at most ``limit`` bytes of them; whoever was asked for longest ago goes first."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self.hits = self.misses = self.evictions = self.stale = 0
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._shared: dict[Header, Header] = {}
        self._snapshot: Snapshot | None = None
        # Answers of a snapshot that is not served yet.
        self._coming: tuple[Snapshot | None, dict[Key, Answer]] = (None, {})
        # What is served is held weakly: nothing of an old snapshot lives on because somebody once asked for it.
        self._makers: dict[str, weakref.ref[object]] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: Key, served: Served) -> Answer | None:
        """The answer for those who see what is ``served``, under the name of its snapshot; None where there is none."""
        if served.atlas.snapshot is not self._snapshot:
            self._renew(served)
        answer = self._answers.get(key)
        if answer is None:
            self.misses += 1
            return None
        if answer.snapshot is not self._snapshot:
            answer.under(served.atlas.snapshot)
        try:  # noqa: SIM105 (a context manager costs more than all else here)
            self._answers.move_to_end(key)
        except KeyError:  # another thread has just dropped it
            pass
        self.hits += 1
        return answer

    def keep(self, key: Key, answer: Answer, served: Served) -> None:
        """Keeps an answer, unless it was made of another snapshot than what is ``served`` by now, or is too large."""
        with self._lock:
            if served.atlas.snapshot is not self._snapshot:
                self._renew(served)
            if answer.made_of != str(served.atlas.snapshot).encode() or answer.size > self.limit:
                return
            answer.snapshot = self._snapshot
            answer.share(self._shared)
            self._drop(key)
            self._answers[key] = answer
            self.bytes += answer.size
            while self.bytes > self.limit:
                self._drop(next(iter(self._answers)))
                self.evictions += 1

    def changed(self, coming: Served) -> list[tuple[Key, Answer]]:
        """The answers that will not hold any more once something is served that is ``coming``, those that were asked
        for last first."""
        same = self._same(coming)
        # Listed in one step, since readers move what they ask for to the end meanwhile.
        return [each for each in reversed(list(self._answers.items())) if each[1].layer not in same]

    def expect(self, coming: Served, answers: dict[Key, Answer]) -> None:
        """Takes answers in their place, those that were asked for last first."""
        self._coming = coming.atlas.snapshot, answers

    def _same(self, served: Served) -> set[str]:
        """The layers that are drawn as they were."""
        return {name for name, maker in self._makers.items() if maker() is served.makers.get(name, self)}

    def _renew(self, served: Served) -> None:
        """Drops the answers of every layer that is not drawn as it was, for those that were made in their place."""
        with self._lock:
            same = self._same(served)
            for key in [key for key, answer in list(self._answers.items()) if answer.layer not in same]:
                self._drop(key)
                self.stale += 1
            self._makers = {name: weakref.ref(maker) for name, maker in served.makers.items()}
            self._shared.clear()
            self._snapshot = served.atlas.snapshot
            (expected, answers), self._coming = self._coming, (None, {})
            if expected is self._snapshot:
                for key, answer in reversed(answers.items()):
                    self.keep(key, answer, served)

    def _drop(self, key: Key) -> None:
        answer = self._answers.pop(key, None)
        if answer is not None:
            self.bytes -= answer.size

"""Pulls feeds into the lake: what is new at each address is fetched, and ingested as any file is.

What is remembered of a feed stands in the ledger, in the row of its newest ingest, and is committed with the readings
it belongs to: whatever is killed, nothing is missed and nothing is there twice. Feeds and mappings are those that
were loaded last. Not here: HTTP and pages (``feeds``), formats (``readings``), and when to pull (``cli``).
"""

import datetime as dt
import fcntl
import hashlib
import io
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from mendmap.catalogue import files
from mendmap.catalogue.records import Feed, to_plain
from mendmap.errors import FeedError, NotFoundError, shown
from mendmap.feeds import sensorthings
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.ingest import Ingested, Request, ingest
from mendmap.readings.mapping import options_of

# Of a declaration, what says which readings come of it; where it changes, what is remembered is worth nothing.
_SAYS = ("id", "url", "format", "zone", "label", "encoding", "source")


@dataclass(frozen=True, slots=True)
class Declared:
    """The feeds of a catalogue, and the mappings that they name, by file."""

    catalogue: str
    contact: str
    feeds: tuple[Feed, ...]
    mappings: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How to pull: within which limits, who we say we are, whether to ask for everything anew, whether to write, and
    the folder for rows that are refused (none: one bad row refuses what was fetched). ``pause`` waits some seconds
    between tries, and says whether to stop."""

    limits: Limits
    max_pages: int
    agent: str
    pause: Callable[[float], bool]
    whole: bool = False
    dry: bool = False
    rejects: Path | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What came of one feed: what was ingested, nothing where nothing is new. ``busy`` where another pull has it."""

    ingested: tuple[Ingested, ...] = ()
    busy: bool = False


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the newest ingest of a feed left behind: the SHA-256 of what it took, and what to ask with."""

    sha256: str = ""
    etag: str = ""
    last_modified: str = ""
    positions: Mapping[str, str] | None = None


def declared(address: str, catalogue: str, wanted: Sequence[str] = ()) -> Declared:
    """The feeds of a catalogue in the lake, all or those ``wanted``. Raises NotFoundError with the choices, and
    LakeError."""
    with closing(open_lake(address)) as lake:
        held = contents.read(lake, ledger.latest(lake), contents.chosen(lake, catalogue), series=False)
    feeds = held.of(Feed)
    for each in wanted:
        if each not in feeds:
            raise NotFoundError("feed of that id", each, feeds)
    mappings = {body["file"]: body["mapping"] for body in held.records.get("mapping", ())}
    contact = held.records["catalogue"][0]["contact"]
    return Declared(held.catalogue, contact, tuple(feeds[each] for each in wanted or feeds), mappings)


def pull(address: str, known: Declared, feed: Feed, manner: Manner) -> Pulled:
    """Brings one feed up to date. Raises FeedError, GeodataError with the faults of what was fetched, and LakeError;
    what was ingested before that stands, and is remembered."""
    with _alone(address, feed.id) as alone, tempfile.TemporaryDirectory(prefix="mendmap-") as folder:
        if not alone:
            return Pulled(busy=True)
        declaration = _digest(known, feed)
        memory = _Memory() if manner.whole else _remembered(address, known.catalogue, feed.id, declaration)
        fetcher = Fetcher(feed.url, identified(manner.agent, known.contact), manner.limits, _token(feed), manner.pause)
        done = []
        try:
            for path, left in _fetched(fetcher, feed, memory, manner, Path(folder)):
                detail = {"feed": {"id": feed.id, "url": feed.url, "declaration": declaration, **left}}
                done.append(ingest(path, address, known.catalogue, _request(known, feed, manner, path, detail)))
        finally:
            fetcher.close()
        return Pulled(tuple(done))


Fetched = Iterator[tuple[Path, dict[str, Any]]]


def _fetched(fetcher: Fetcher, feed: Feed, memory: _Memory, manner: Manner, folder: Path) -> Fetched:
    """Every file to ingest, with what is to be remembered once it is."""
    name = f"{feed.id}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}"
    parts = _pages if feed.format == "sensorthings" else _whole
    for nth, (path, left) in enumerate(parts(fetcher, feed, memory, manner, folder)):
        if files.sha256(path) != memory.sha256:
            # The name that faults, provenance and the ledger show.
            yield path.rename(folder / (f"{name}-{nth}" if nth else name)), left


def _whole(fetcher: Fetcher, feed: Feed, memory: _Memory, manner: Manner, folder: Path) -> Fetched:
    path = folder / "fetched"
    with path.open("w+b") as sink:
        answer = fetcher.fetch(feed.url, sink, memory.etag, memory.last_modified)
    if answer.changed:
        if _leads_on(path):
            raise FeedError("the first of several pages; declare the feed with format sensorthings")
        yield path, {"etag": answer.etag, "last_modified": answer.last_modified}


def _leads_on(path: Path) -> bool:
    """Whether a file is a page of SensorThings that others follow: taking it alone would be silently short."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content[:1024].lstrip()[:1] == b"{" and content.find(b'"@iot.nextLink"') > 0


def _pages(fetcher: Fetcher, feed: Feed, memory: _Memory, manner: Manner, folder: Path) -> Fetched:
    def ask(url: str) -> bytes:
        sink = io.BytesIO()
        fetcher.fetch(url, sink)
        return sink.getvalue()

    overlap = feed.overlap or sensorthings.OVERLAP
    for batch in sensorthings.batches(ask, feed.url, memory.positions or {}, overlap, manner.max_pages):
        path = folder / "fetched"
        path.write_bytes(batch.content)
        yield path, {"positions": batch.positions}


def _request(known: Declared, feed: Feed, manner: Manner, path: Path, detail: Mapping[str, Any]) -> Request:
    mapping = known.mappings[feed.mapping] if feed.mapping else {}
    return Request(
        format=feed.format or "auto",
        options=options_of(mapping, feed.zone or "", feed.label or "", feed.source),
        encoding=feed.encoding or "utf-8",
        rejects=manner.rejects / f"{path.name}.csv" if manner.rejects else None,
        dry=manner.dry,
        max_bytes=manner.limits.max_bytes,
        detail=detail,
    )


def _remembered(address: str, catalogue: str, feed: str, declaration: str) -> _Memory:
    with closing(open_lake(address)) as lake:
        detail = orjson.loads(ledger.newest_of_feed(lake, catalogue, feed) or "{}")
    said = detail.get("feed", {})
    if said.get("declaration") != declaration:
        return _Memory()
    return _Memory(detail["sha256"], said.get("etag", ""), said.get("last_modified", ""), said.get("positions"))


def _digest(known: Declared, feed: Feed) -> str:
    says = {name: to_plain(feed)[name] for name in _SAYS}
    content = orjson.dumps([says, known.mappings.get(feed.mapping or "")], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _token(feed: Feed) -> str:
    if not feed.token:
        return ""
    token = os.environ.get(feed.token, "").strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise FeedError(f"the environment variable {shown(feed.token)} holds no token that could be sent")
    return token


def identified(agent: str, contact: str) -> str:
    """Who asks, and where whoever is asked can complain."""
    return f"{agent} (+{quote(contact, safe=':/?&=@%+,;')})"


@contextmanager
def _alone(address: str, feed: str) -> Iterator[bool]:
    """Whether nobody else pulls this feed into this lake: of two at once, the later could bring the older content.
    The lock goes with its process, however that ends."""
    folder = Path(address) / "feeds"
    folder.mkdir(exist_ok=True)
    with (folder / f"{feed}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

"""Takes posts in: one thread commits all that wait in one transaction, and answers each once it is durable.

Not here: HTTP (``web.routes.readings``), what a body says (``load.post``), and which readings differ from those the
lake holds (``lake.write``).
"""

import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from mendmap.errors import LakeEmptyError, LakeError, OverloadedError, QueryError, ScopeError, not_one_of
from mendmap.lake import contents, journal, keys, ledger
from mendmap.lake.connection import Lake, open_lake, patiently
from mendmap.lake.keys import Key
from mendmap.lake.ledger import Snapshot
from mendmap.lake.schema import CONTENT, KEYS
from mendmap.lake.write import Written, revise
from mendmap.load import assess
from mendmap.load.ingest import COLUMNS
from mendmap.load.post import Body, Vocabulary, around, columns, rows, table, together, vocabulary
from mendmap.settings import Settings

log = logging.getLogger("mendmap")
# Readings of one commit: enough that many loggers share one, few enough that none waits long for the others.
_GROUP_ROWS = 50_000
Stated = Mapping[tuple[Any, ...], tuple[Any, ...]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of one post: how many of its readings were new, revised one, or changed nothing, in the lake as it
    stands at ``snapshot``."""

    added: int
    changed: int
    unchanged: int
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Admitted:
    """A key, and what its readings may name."""

    key: Key
    words: Vocabulary


class _Held(NamedTuple):
    """What posts are checked against, as it is after DuckLake's ``commit``, and the number of the last load then."""

    commit: int
    loaded: int
    words: Vocabulary
    keys: list[tuple[Key, str]]


class _Frame(NamedTuple):
    """What readings of a catalogue are assessed by, as known at a number of the ledger."""

    catalogue: str
    number: int
    by: assess.Frame


class _Opened(NamedTuple):
    """An open lake, and its cursors that nobody uses just now: a new one costs as much as a small question."""

    lake: Lake
    idle: deque[Lake]

    def cursor(self, address: str) -> Lake:
        """A cursor for whoever asks alone, until it is put back."""
        try:
            return self.idle.pop()
        except IndexError:
            return patiently(self.lake.fork, address)


@dataclass(frozen=True, slots=True)
class _Post:
    """A checked post that waits for its commit. ``stated`` maps the key of each reading to what it says."""

    by: Admitted
    body: Body
    readings: pa.Table
    stated: Stated
    done: "Future[Posted]" = field(default_factory=Future)

    @property
    def told(self) -> dict[str, Any]:
        """What the ledger says of it."""
        named = {"key": self.by.key.id, "sha256": self.body.sha256, "media_type": self.body.media_type}
        return {**named, "rows": len(self.stated), "vocabulary": self.by.words.number}


class Intake:
    """Takes posts in, from ``start`` until ``stop``, over one open lake."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: _Opened | None = None
        self._opening = threading.Lock()
        self._held: _Held | None = None
        self._frame: _Frame | None = None
        self._slots = threading.BoundedSemaphore(settings.max_posts)
        self._waiting: deque[_Post] = deque()
        self._news = threading.Condition()
        self._running = False
        self._thread = threading.Thread(target=self._run, name="mendmap-intake", daemon=True)

    @property
    def max_bytes(self) -> int:
        """The largest body that is read."""
        return self._settings.max_post_mb * 1_000_000

    def start(self) -> None:
        """Begins to commit."""
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Takes no more, commits and answers what waits, and lets go of the lake."""
        with self._news:
            self._running = False
            self._news.notify()
        self._thread.join()
        self._drop(self._opened)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A place for one post, from before its body is read until it is answered, so that memory is bounded. Raises
        OverloadedError where all are taken."""
        if not self._slots.acquire(blocking=False):
            raise OverloadedError(f"{self._settings.max_posts} posts are in hand; please come back")
        try:
            yield
        finally:
            self._slots.release()

    def admit(self, secret: str) -> Admitted:
        """Who posts, as the lake knows it now. Raises KeyRefusedError, ScopeError and LakeError."""
        held = self._use(self._look)
        key = keys.holder(held.keys, secret)
        if key.catalogue != held.words.catalogue:
            raise ScopeError(not_one_of("the key is for another catalogue", key.catalogue, (held.words.catalogue,)))
        return Admitted(key, held.words)

    def take(self, by: Admitted, body: Body) -> "Future[Posted]":
        """Checks a body and lets it wait for its commit; the future is done once it is durable, or has failed.

        Raises as ``load.post.rows`` and ``table`` do, ScopeError, and OverloadedError where the intake is not running.
        """
        if by.key.role != keys.LOGGER:
            raise ScopeError(f"the key {by.key.id} is for reading, as {by.key.role}; loggers have keys of their own")
        placed = rows(body, self._settings.max_post_rows)
        for station in {str(cells.get("station") or "").strip() for _, cells in placed} - {""}:
            if not by.key.covers(station):
                raise ScopeError(not_one_of(f"the key {by.key.id} is not for this station", station, by.key.stations))
        readings = table(body, placed, by.words, datetime.now(UTC))
        said = zip(columns(readings, KEYS["readings"]), columns(readings, CONTENT["readings"]), strict=True)
        post = _Post(by, body, readings, dict(said))
        with self._news:
            if not self._running:
                raise OverloadedError("no posts are taken just now; please come back")
            self._waiting.append(post)
            self._news.notify()
        return post.done

    def _look(self, lake: Lake) -> _Held:
        """Keys and vocabulary as the lake holds them now. They are read again only where someone else has written, and
        the vocabulary only after a load: posts and ingests do not change it."""
        held = self._held
        if held and held.commit == lake.newest_commit():
            return held
        with lake.steady(), lake.transaction():
            commit = lake.newest_commit()
            row = lake.query("SELECT max(number) FROM ledger WHERE act NOT IN ('post', 'ingest')").fetchone()
            loaded = int(row[0] or 0) if row else 0
            if held is None or loaded != held.loaded:
                chosen = contents.chosen(lake, self._settings.catalogue)
                words = vocabulary(lake, ledger.latest(lake), chosen)
            else:
                words = held.words
            self._held = _Held(commit, loaded, words, keys.in_use(lake))
        return self._held

    def _use(self, act: Callable[[Lake], Result]) -> Result:
        """Runs an act on a cursor of the lake; where that is lost, once more on the lake opened anew."""
        for last in (False, True):
            opened = self._opened
            try:
                with self._opening:
                    opened = self._opened = self._opened or _Opened(_open(self._settings.lake), deque())
                cursor = opened.cursor(self._settings.lake)
                result = patiently(lambda: act(cursor), self._settings.lake)  # noqa: B023 (runs before it changes)
                opened.idle.append(cursor)
                return result
            except (LakeError, QueryError) as error:
                if last or isinstance(error, LakeEmptyError):
                    raise
                self._drop(opened)
        raise AssertionError("unreachable")

    def _drop(self, opened: _Opened | None) -> None:
        with self._opening:
            if opened and self._opened is opened:
                for each in (*opened.idle, opened.lake):
                    each.close()
                self._opened = None

    def _run(self) -> None:
        while group := self._group():
            try:
                results = self._committed(group)
            except Exception as error:
                # The thread must outlive anything, or nobody would be answered any more.
                log.error("%d post(s) could not be committed: %s", len(group), error)
                for post in group:
                    post.done.set_exception(error)
            else:
                for post, result in zip(group, results, strict=True):
                    post.done.set_result(result)

    def _group(self) -> list[_Post]:
        """The posts of the next commit, in the order they came: up to the first that contradicts one before it, and so
        must revise it in a commit of its own. Empty only at the end."""
        group: list[_Post] = []
        said: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        with self._news:
            while not group:
                self._news.wait_for(lambda: self._waiting or not self._running)
                if not self._waiting:
                    break
                while self._waiting and _agree(said, self._waiting[0].stated):
                    post = self._waiting.popleft()
                    if post.done.set_running_or_notify_cancel():
                        said |= post.stated
                        group.append(post)
        return group

    def _committed(self, group: list[_Post]) -> list[Posted]:
        moment = datetime.now(UTC).isoformat()
        told = [post.told for post in group]
        lines = [{"moment": moment, **{name: each[name] for name in ("key", "media_type", "sha256")}} for each in told]
        texts = [{"body": post.body.content.decode()} for post in group]
        journal.keep_posts(self._settings.lake, [line | text for line, text in zip(lines, texts, strict=True)])
        incoming = together([post.readings for post in group])
        what: Any = {"act": "post", "source": group[0].readings["file"][0].as_py(), "detail": {"posts": told}}

        def commit(lake: Lake) -> list[Posted]:
            held = self._held
            lake.register("incoming_readings", incoming)
            catalogue = group[0].by.words.catalogue
            series = incoming["series"].unique().to_pylist()
            follows = partial(self._assessed, lake, catalogue, series)
            how: Any = {**what, "dry": False, "derive": follows}
            written = revise(lake, self._settings.lake, catalogue, COLUMNS, around(incoming), **how)
            if written.changed and written.snapshot and self._frame:
                self._frame = self._frame._replace(number=written.snapshot.number)
            if written.changed and held and self._held is held:
                # Our commit is the next after what is held; where others wrote in between it has a later number, and
                # so this one is not the newest, and what is held is read again.
                self._held = held._replace(commit=held.commit + 1)
            return list(_shares(lake, group, written, catalogue))

        return self._use(commit)

    def _assessed(self, lake: Lake, catalogue: str, series: list[str], number: int) -> int:
        """Brings up to date what follows from posts. Limits and works are read anew only where someone else wrote."""
        if self._frame is None or self._frame[:2] != (catalogue, number - 1):
            by = assess.frame_at(lake, catalogue, number)
            self._frame = _Frame(catalogue, number - 1, by) if by else None
        return assess.bring_up(lake, self._frame.by, number, series) if self._frame else 0


def _open(address: str) -> Lake:
    lake = open_lake(address)
    # What a post asks of the lake is little and often; handing it to other threads takes longer than doing it.
    lake.query("SET threads = 1")
    return lake


def _agree(said: Stated, stated: Stated) -> bool:
    """Whether readings may be written in one commit with those said before."""
    fits = not said or len(said) + len(stated) <= _GROUP_ROWS
    return fits and all(said.get(key, content) == content for key, content in stated.items())


def _shares(lake: Lake, group: list[_Post], written: Written, catalogue: str) -> Iterator[Posted]:
    """What each post of a commit did; of those that state a reading alike, the first did it."""
    assert written.snapshot is not None
    counts = written.changes["readings"]
    if len(group) == 1:
        added, changed = counts["added"], counts["changed"]
        yield Posted(added, changed, len(group[0].stated) - added - changed, written.snapshot)
        return
    how = _recorded(lake, catalogue, written.snapshot.number) if written.changed else {}
    for post in group:
        did = Counter(how.pop(key, "unchanged") for key in post.stated)
        yield Posted(did["added"], did["changed"], did["unchanged"], written.snapshot)


def _recorded(lake: Lake, catalogue: str, number: int) -> dict[tuple[Any, ...], str]:
    """The key of every reading that a write recorded, and whether it was added or changed another."""
    names = ", ".join(KEYS["readings"])
    values: Any = {"catalogue": catalogue, "number": number}
    sql = f"""
        SELECT n.*, o.series IS NULL
        FROM (SELECT {names} FROM readings WHERE catalogue = $catalogue AND recorded = $number) n
        LEFT JOIN (SELECT {names} FROM readings WHERE catalogue = $catalogue AND superseded = $number) o
             USING ({names})"""
    with lake.steady():
        found = lake.query(sql, values).fetchall()
    return {tuple(key): "added" if new else "changed" for *key, new in found}

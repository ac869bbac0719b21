"""The journal: all that a lake can be built from again, beside it in its folder ``journal``.

``ledger.ndjson`` mirrors the ledger, a JSON object a line; ``<sha256>`` is a file that was ingested, as it was
given, or the rows that a load changed; ``posts/`` has the bodies of posts, a file a day. All of it is on disk
before the write that names it, but for the mirror, which every write completes.
Not here: making the writes again (``load.rebuild``).
"""

import datetime as dt
import fcntl
import hashlib
import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import orjson

from mendmap.catalogue.files import sha256 as sha256_of
from mendmap.errors import LakeError, shown
from mendmap.lake import ledger
from mendmap.lake.connection import Lake
from mendmap.lake.schema import KEYS

_LEDGER = "ledger.ndjson"
_BLOCK = 1 << 16
_CHUNK = 1 << 20


def folder(address: str) -> Path:
    """The journal of the lake at an address, or the address itself where it is a journal."""
    given = Path(address)
    return given if (given / _LEDGER).exists() else given / "journal"


def keep(address: str, path: Path, sha256: str) -> Path:
    """Copies a file into the journal of the lake at ``address``, whole or not at all; once is enough."""
    kept = Path(address) / "journal" / sha256
    if not kept.exists():
        with _landing(kept.parent) as copy:
            shutil.copyfile(path, copy)
            _land(copy, kept)
    return kept


class Copy:
    """A file on its way into the journal: copied and hashed by a thread of its own, while it is read."""

    def __init__(self, path: Path, journal: Path, copy: Path) -> None:
        self._journal, self._copy = journal, copy
        self._sha256: Future[str] = Future()
        # Not a pool: a daemon does not keep a process alive whose ingest has failed.
        threading.Thread(target=self._run, args=(path,), daemon=True).start()

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file; waits until the copy is whole and on disk. Raises OSError."""
        return self._sha256.result()

    def land(self) -> None:
        """Puts the copy in its place, once and for all; where it stands there already, nothing is to be done."""
        kept = self._journal / self.sha256
        if not kept.exists():
            _land(self._copy, kept)

    def _run(self, path: Path) -> None:
        digest = hashlib.sha256()
        try:
            with path.open("rb") as source, self._copy.open("wb") as copy:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    copy.write(chunk)
                _sync(copy)
        except OSError as error:
            self._sha256.set_exception(error)
        else:
            self._sha256.set_result(digest.hexdigest())


@contextmanager
def copying(address: str, path: Path) -> Iterator[Copy]:
    """A copy of a file for the journal of the lake at ``address``; what has not landed is gone afterwards."""
    journal = Path(address) / "journal"
    with _landing(journal) as temporary:
        copy = Copy(path, journal, temporary)
        try:
            yield copy
        finally:
            with suppress(OSError):
                _ = copy.sha256


def keep_rows(lake: Lake, address: str, columns: Mapping[str, Sequence[str]]) -> str:
    """Keeps what a load under way changes, and returns the SHA-256 that it is kept under.

    A Parquet file: ``table`` and ``how`` (added, changed, removed) with the key of every row that differs, and the
    row as it is now, in ``columns`` by table, from the temporary tables ``differing_*`` and ``incoming_*``.
    """
    selects = []
    for name, listed in columns.items():
        keys = KEYS[name]
        cells = [f"d.{key}" for key in keys] + [f"n.{each}" for each in listed if each not in keys]
        same = " AND ".join(f"n.{key} = d.{key}" for key in keys)
        selects.append(
            f"""(SELECT '{name}' AS "table", d.how, {", ".join(cells)}
                 FROM differing_{name} d LEFT JOIN incoming_{name} n ON {same} ORDER BY ALL)"""
        )
    with _landing(Path(address) / "journal") as blob:
        target = str(blob).replace("'", "''")
        lake.query(f"COPY ({' UNION ALL BY NAME '.join(selects)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        sha256 = sha256_of(blob)
        _land(blob, blob.parent / sha256)
    return sha256


def keep_posts(address: str, posts: Sequence[Mapping[str, str]]) -> None:
    """Appends the bodies of posts to ``posts/YYYY-MM-DD.ndjson`` (the day in UTC), on disk when this returns.

    A JSON object a line with ``moment`` (ISO 8601), ``key`` (its id), ``media_type``, ``sha256`` of the body's bytes
    and ``body``, which is those bytes as UTF-8 text. The ledger names a body by its SHA-256; a body may stand here
    more than once, or without a write, where its commit failed. What a kill left of a line is a line of its own, and
    no JSON. Raises LakeError.
    """
    days = Path(address) / "journal" / "posts"
    file = days / f"{dt.datetime.now(dt.UTC):%Y-%m-%d}.ndjson"
    lines = b"".join(orjson.dumps(post, option=orjson.OPT_APPEND_NEWLINE) for post in posts)
    try:
        days.mkdir(parents=True, exist_ok=True)
        with file.open("a+b") as opened:
            fcntl.flock(opened, fcntl.LOCK_EX)
            end = opened.seek(0, os.SEEK_END)
            torn = end > 0 and os.pread(opened.fileno(), 1, end - 1) != b"\n"
            opened.write(b"\n" + lines if torn else lines)
            _sync(opened)
        if end == 0:
            _sync_folder(days)
    except OSError as error:
        raise LakeError(f"the journal of {shown(address)} cannot be written: {error}") from error


def mirror(lake: Lake, address: str, before: ledger.Snapshot | None, written: ledger.Row | None) -> None:
    """Appends the rows of the ledger that the mirror lacks: that of the write just made, and those of writes that
    were killed before they came to it. What follows another ledger is set aside under a name of its own.

    Where the mirror ends with the snapshot ``before``, it lacks the row ``written`` alone, and the ledger is not read.
    """
    journal = Path(address) / "journal"
    try:
        journal.mkdir(parents=True, exist_ok=True)
        with (journal / _LEDGER).open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _last_row(file)
            follows = written and (last.snapshot if last else None) == before
            rows = [written] if written and follows else _lacking(lake, journal, file, last)
            if rows:
                file.write(b"".join(orjson.dumps(row._asdict(), option=orjson.OPT_APPEND_NEWLINE) for row in rows))
                _sync(file)
                _sync_folder(journal)
    except OSError as error:
        # The write stands; the next one mends the mirror.
        logging.getLogger(__name__).warning("the journal of %s could not be written: %s", shown(address), error)


def recorded(journal: Path) -> dict[int, ledger.Row]:
    """The rows of the mirror by number; a torn last line is passed over. Raises LakeError."""
    try:
        content = (journal / _LEDGER).read_bytes()
    except FileNotFoundError:
        return {}
    rows: dict[int, ledger.Row] = {}
    for nth, line in enumerate(content[: content.rfind(b"\n") + 1].splitlines(), 1):
        try:
            row = ledger.Row.from_plain(orjson.loads(line))
        except ValueError as error:
            raise LakeError(f"{_LEDGER}:{nth}: {error}") from error
        rows[row.number] = row
    return rows


def bodies(journal: Path) -> dict[str, tuple[Path, int]]:
    """Where the body of each post stands, by its SHA-256: the file, and the offset of its line."""
    found = {}
    for file in sorted((journal / "posts").glob("*.ndjson")):
        offset = 0
        with file.open("rb") as lines:
            for line in lines:
                with suppress(ValueError, KeyError, TypeError):  # what a kill left of a line
                    found[orjson.loads(line)["sha256"]] = (file, offset)
                offset += len(line)
    return found


def body(place: tuple[Path, int]) -> bytes:
    """The body that stands in a place that ``bodies`` found."""
    with place[0].open("rb") as lines:
        lines.seek(place[1])
        return str(orjson.loads(lines.readline())["body"]).encode()


def _lacking(lake: Lake, journal: Path, file: BinaryIO, last: ledger.Row | None) -> list[ledger.Row]:
    """The rows of the ledger after the mirror's last one; all of them where that is of another ledger."""
    rows = ledger.rows(lake, last.number if last else 0)
    if last and rows[:1] != [last]:
        _set_aside(journal, file)
        return ledger.rows(lake, 0)
    return rows[1:] if last else rows


def _last_row(file: BinaryIO) -> ledger.Row | None:
    """The last row of the mirror; what a kill left of a line after it is cut off."""
    end = file.seek(0, os.SEEK_END)
    tail, start = b"", end
    while start > 0 and tail.count(b"\n") < 2:
        size = min(_BLOCK, start)
        start -= size
        file.seek(start)
        tail = file.read(size) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        file.truncate(end - len(tail) + len(whole))
    try:
        return ledger.Row.from_plain(orjson.loads(whole.splitlines()[-1])) if whole else None
    except ValueError:
        return ledger.NO_ROW


def _set_aside(journal: Path, file: BinaryIO) -> None:
    file.seek(0)
    content = file.read()
    aside = journal / f"ledger-{hashlib.sha256(content).hexdigest()[:12]}.ndjson"
    aside.write_bytes(content)
    file.truncate(0)
    logging.getLogger(__name__).warning("the journal was that of another ledger; it is kept as %s", aside.name)


@contextmanager
def _landing(journal: Path) -> Iterator[Path]:
    """A path for a file that is not whole yet; what has not landed is gone afterwards."""
    journal.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=journal, prefix=".")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _land(path: Path, kept: Path) -> None:
    with path.open("rb") as file:
        _sync(file)
    path.replace(kept)
    _sync_folder(kept.parent)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

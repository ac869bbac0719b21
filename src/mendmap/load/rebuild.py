"""Rebuilds a lake from its journal: every write again, in order, as the ledger says it was made.

Loads come from the rows they changed, ingests from the files they took, read once more with the options of then,
posts from their bodies; files of rasters lie beside the journal. Not here: what it holds and how (``lake.journal``).
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from mendmap.catalogue.files import sha256 as sha256_of
from mendmap.errors import LakeEmptyError, LakeError, MendmapError, shown
from mendmap.lake import imagery, journal, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.ledger import Row, Snapshot
from mendmap.lake.write import note, reload, revise
from mendmap.load import post
from mendmap.load.assess import after_load, after_readings, after_upgrade
from mendmap.load.ingest import COLUMNS, Request, ingest
from mendmap.query.times import AsOf
from mendmap.readings.claims import Options

# Readings of one post: it was within the bound of its time.
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """A write made again; ``difference`` says in what it came out otherwise, and is empty where in nothing."""

    row: Row
    difference: str


@dataclass(frozen=True, slots=True)
class _Bench:
    """What a rebuild works with: the new lake, the old journal with where its posts stand, and whether bad rows of a
    file may be left out."""

    lake: Lake
    address: str
    kept: Path
    bodies: Mapping[str, tuple[Path, int]]
    lenient: bool
    words: dict[tuple[str, int], post.Vocabulary] = field(default_factory=dict)


def rebuild(target: str, source: str, *, accept_differences: bool) -> Iterator[Replayed]:
    """Builds the lake ``target`` from the journal of ``source``, a lake or a journal's folder, a write at a time.

    ``target`` is there only when it is whole. Raises LakeError, with the write's number, where the journal lacks
    something, and where a write comes out otherwise and ``accept_differences`` does not allow it.
    """
    kept = journal.folder(source)
    rows = _told(source, kept)
    if Path(target).exists():
        raise LakeError(f"{shown(target)} is there already; name a new folder")
    partial = Path(f"{target}.partial")
    if partial.exists():
        raise LakeError(f"{shown(str(partial))} is left of another rebuild; remove it first")
    lake = open_lake(str(partial), create=True)
    try:
        bench = _Bench(lake, str(partial), kept, journal.bodies(kept), lenient=accept_differences)
        if bench.bodies:
            shutil.copytree(kept / "posts", partial / "journal" / "posts")
        imagery.carry(str(kept.parent), str(partial))
        differed = False
        for row in rows:
            difference = _again(bench, row, digests=not differed)
            if difference and not accept_differences:
                raise LakeError(
                    f"write {row.number} ({row.act} of {row.source}) comes out otherwise: {difference}; "
                    f"{partial} holds the writes up to it; --accept-differences goes on and lists them"
                )
            differed = differed or bool(difference)
            yield Replayed(row, difference)
    finally:
        lake.close()
    partial.rename(target)


def missing_rasters(address: str) -> list[str]:
    """Rasters of a lake whose files are not there, by id. A journal holds none: loading their folder again does."""
    with closing(open_lake(address)) as lake:
        bodies = lake.query("SELECT body FROM records WHERE kind = 'raster' AND superseded IS NULL").fetchall()
    found = (orjson.loads(body) for (body,) in bodies)
    return sorted(each["id"] for each in found if not imagery.where(address, each["sha256"]).exists())


def newest(address: str) -> Snapshot:
    """The newest snapshot of a lake."""
    with closing(open_lake(address)) as lake:
        return ledger.latest(lake)


def _told(source: str, kept: Path) -> list[Row]:
    """Every row of the ledger, from the journal's mirror and, where there is a lake that opens, from that too."""
    rows = journal.recorded(kept)
    try:
        lake = open_lake(source)
    except LakeError as error:
        if not rows:
            nothing = isinstance(error, LakeEmptyError)
            raise LakeError(f"no journal at {shown(str(kept))}" if nothing else str(error)) from error
    else:
        with closing(lake):
            rows = {row.number: row for row in ledger.rows(lake, 0)}
    for number in range(1, max(rows) + 1):
        if number not in rows:
            raise LakeError(f"the journal at {shown(str(kept))} does not tell of write {number}")
    return [rows[number] for number in sorted(rows)]


def _again(bench: _Bench, row: Row, *, digests: bool) -> str:
    """Makes one write again; returns what came out otherwise. After a first difference all digests differ."""
    try:
        _ACTS[row.act](bench, row)
    except KeyError as error:
        raise LakeError(f"write {row.number} ({row.act}): the ledger does not tell {error}") from error
    except MendmapError as error:
        raise LakeError(f"write {row.number} ({row.act} of {row.source}) cannot be made again: {error}") from error
    got = ledger.rows(bench.lake, row.number)[-1]
    if got.changes != row.changes:
        return f"it changes {got.changes} where it changed {row.changes}"
    if digests and got != row:
        wrong = next(each for each in Row._fields if getattr(got, each) != getattr(row, each))
        return f"{wrong} is {getattr(got, wrong)} where it was {getattr(row, wrong)}"
    return ""


def _load(bench: _Bench, row: Row) -> None:
    # A cursor of its own, so that its temporary tables are gone with it.
    with closing(bench.lake.fork()) as lake:
        sha256 = orjson.loads(row.detail)["rows"]
        follows = partial(after_load, lake, row.catalogue)
        reload(lake, bench.address, journal.keep(bench.address, _blob(bench, sha256), sha256), row, follows)


def _ingest(bench: _Bench, row: Row) -> None:
    detail: Mapping[str, Any] = orjson.loads(row.detail)
    with tempfile.TemporaryDirectory(prefix="mendmap-") as scratch:
        request = Request(
            format=detail["format"],
            options=Options(**detail["options"]),
            encoding=detail["encoding"],
            rejects=Path(scratch) / "rejects.csv" if detail["rejected"] or bench.lenient else None,
            again=row,
        )
        ingest(_blob(bench, detail["sha256"]), bench.address, row.catalogue, request)


def _posts(bench: _Bench, row: Row) -> None:
    tables = []
    for each in orjson.loads(row.detail)["posts"]:
        if each["sha256"] not in bench.bodies:
            raise LakeError(f"the body of the post {each['sha256']} is missing from {bench.kept / 'posts'}")
        body = post.Body(journal.body(bench.bodies[each["sha256"]]), each["media_type"])
        if body.sha256 != each["sha256"]:
            raise LakeError(f"the body of the post {each['sha256']} is damaged: its content has another SHA-256")
        words = _words(bench, row.catalogue, each["vocabulary"])
        tables.append(post.table(body, post.rows(body, _MOST), words, row.moment))
    incoming = post.together(tables)
    bench.lake.register("incoming_readings", incoming)
    how: Any = {"source": row.source, "detail": {}, "dry": False, "again": row}
    how["derive"] = partial(after_readings, bench.lake, row.catalogue)
    revise(bench.lake, bench.address, row.catalogue, COLUMNS, post.around(incoming), **how)


def _words(bench: _Bench, catalogue: str, number: int) -> post.Vocabulary:
    """What posts could name at a snapshot. Many posts in a row know the same."""
    if (catalogue, number) not in bench.words:
        bench.words.clear()
        at = ledger.known(bench.lake, catalogue, AsOf(number=number))
        bench.words[catalogue, number] = post.vocabulary(bench.lake, at, catalogue)
    return bench.words[catalogue, number]


def _blob(bench: _Bench, sha256: str) -> Path:
    """A file of the old journal. Raises LakeError where it is gone or is not what it was."""
    path = bench.kept / sha256
    if not path.is_file():
        raise LakeError(f"{path} is missing")
    if sha256_of(path) != sha256:
        raise LakeError(f"{path} is damaged: its content has another SHA-256")
    return path


def _assess(bench: _Bench, row: Row) -> None:
    note(bench.lake, bench.address, row.catalogue, partial(after_upgrade, bench.lake, row.catalogue), row)


_ACTS = {"load": _load, "ingest": _ingest, "post": _posts, "assess": _assess}

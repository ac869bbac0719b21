"""Publishes: makes the edition of the newest snapshot beside those before it, and points to it last.

    DIR/index.html               the newest edition's first page
    DIR/current.json             which edition is the newest, and all that there are
    DIR/EDITION/LANGUAGE/…html   pages; EDITION/files.json tells scripts where the rest is, EDITION/manifest.json names
                                 every file that the edition needs, with its SHA-256
    DIR/objects/SHA256.…         what has no address in it: downloads, readings, drawings, archives of tiles
    DIR/static-HASH/…            scripts and styles

An edition never changes: whoever cites it finds it as it was. Killed anywhere, what was served before still is; the
next run completes it. Not here: what is in an edition (``edition``).
"""

import fcntl
import hashlib
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from mendmap import __version__
from mendmap.errors import PublishError
from mendmap.lake.access import PUBLIC
from mendmap.publish import archives, places, static
from mendmap.publish.caller import Caller
from mendmap.publish.edition import Edition
from mendmap.publish.store import Counts, Store
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.web.copied import BASE, Copied
from mendmap.web.keeper import Keeper
from mendmap.web.served import Served

CURRENT, HOME, MANIFEST, MARK = "current.json", "index.html", "manifest.json", "publication.json"
# Features that a layer may have for each to have a page of its own.
MOST_PAGES = 2000
# Megabytes of a raster's file that is in a copy.
MOST_RASTER_MB = 100
# The folders of editions, and of scripts and styles.
_TREE = re.compile(r"[0-9]+-[0-9a-f]{12}-[0-9a-f]{6}|static-[0-9a-f]{12}")
# Settings that change no byte of a copy.
_ELSEWHERE = ("lake", "host", "port", "workers", "tile_cache_mb", "metrics_folder", "poll_seconds")


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it: the edition, its snapshot, what was written, what the service refused to make, with the reason,
    by address, the layers without pages, and the editions that were removed."""

    edition: str
    snapshot: str
    counts: Counts
    left_out: dict[str, str]
    without: tuple[str, ...]
    removed: tuple[str, ...]


def publish(
    settings: Settings,
    folder: Path,
    *,
    keep: int | None = None,
    most_pages: int = MOST_PAGES,
    most_raster_mb: int = MOST_RASTER_MB,
    progress: Callable[[Iterable[str]], Iterable[str]] = iter,
) -> Published:
    """Publishes what everyone may see of the newest snapshot. All editions are kept, or the ``keep`` newest.

    Layers of more than ``most_pages`` features have no page for each; files of rasters of more than ``most_raster_mb``
    megabytes (10^6 bytes) are not in it, while what is drawn of them is. Raises PublishError where the folder holds
    something else or the copy would not be whole, LakeError, KeyRefusedError where the catalogue is not for everyone,
    and OSError where the folder cannot be written.
    """
    store = Store(folder)
    with _served(settings, most_pages, most_raster_mb * 10**6) as (served, caller, copied), _claimed(store, served):
        name = _name(served, settings, copied)
        left_out = {}
        if not _whole(store, name):
            made = Edition(name, served.atlas, store, caller, static.write(store), copied)
            for layer in places.drawn(served.atlas):
                made.put(f"/tiles/{layer}.pmtiles", archives.write(store, served, layer))
            for address, path in archives.write_pictures(store, served, made.left_out):
                made.put(address, path)
            made.make(progress)
            left_out = made.left_out
            _finish(store, served, made)
        removed = _sweep(store, keep) if keep else ()
        return Published(name, str(served.atlas.snapshot), store.counts, left_out, copied.without, removed)


@contextmanager
def _served(settings: Settings, most_pages: int, most_raster_bytes: int) -> Iterator[tuple[Served, Caller, Copied]]:
    """What everyone may see of the newest snapshot, and who is asked for it: it stays, whatever is loaded meanwhile."""
    app = create_app(replace(settings, public_url=BASE))
    keeper: Keeper = app.state.keeper
    keeper.start(watching=False)
    try:
        served = keeper.served(PUBLIC)
        without = places.without_pages(served.atlas, most_pages)
        copied = Copied(settings.public_url.rstrip("/"), most_pages, without, most_raster_bytes)
        caller = Caller(app, copied)
        try:
            yield served, caller, copied
        finally:
            caller.close()
    finally:
        keeper.stop()


@contextmanager
def _claimed(store: Store, served: Served) -> Iterator[None]:
    """Takes a folder that is empty, or holds copies of this catalogue, for this run alone. Raises PublishError."""
    own = {"generator": "mendmap", "catalogue": served.atlas.place.id}
    mark = store.folder / MARK
    if mark.exists():
        found = _read(mark).get("catalogue")
        if found != own["catalogue"]:
            raise PublishError(f"{store.folder}: holds copies of another catalogue, {found}; name another folder")
    elif store.folder.is_dir() and any(store.folder.iterdir()):
        raise PublishError(f"{store.folder}: is not empty, and holds no copy that mendmap published; name another")
    else:
        store.folder.mkdir(parents=True, exist_ok=True)
        mark.write_bytes(orjson.dumps(own))
    with mark.open("rb") as file:
        try:
            # Let go with the process, however it ends.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishError(f"{store.folder}: another run is publishing there; wait for it") from None
        store.open()
        try:
            yield
        finally:
            store.close()


def _name(served: Served, settings: Settings, copied: Copied) -> str:
    """The name of an edition: the snapshot, and what else its bytes follow, the software, its settings and what it was
    asked to have."""
    kept = {name: getattr(settings, name) for name in settings.__dataclass_fields__ if name not in _ELSEWHERE}
    recipe = hashlib.sha256(f"{static.software()} {kept} {copied}".encode()).hexdigest()
    snapshot = served.atlas.snapshot
    return f"{snapshot.number}-{snapshot.digest[:12]}-{recipe[:6]}"


def _whole(store: Store, name: str) -> bool:
    """Whether an edition is there, with every file that it needs."""
    manifest = store.folder / name / MANIFEST
    if not manifest.is_file() or _current(store.folder)[:1] != [name]:
        return False
    files = _read(manifest)["files"]
    for each in files:
        path = store.folder / each["path"]
        if not path.is_file() or path.stat().st_size != each["bytes"]:
            return False
    store.counts.unchanged = len(files)
    return True


def _finish(store: Store, served: Served, made: Edition) -> None:
    """The list of what the edition needs, and then, when all is there, the pointers to it."""
    files = [each._asdict() for _, each in sorted(store.kept.items())]
    told = {"edition": made.name, "snapshot": str(served.atlas.snapshot), "generator": f"mendmap {__version__}"}
    home = made.home(made.languages[0])
    store.write(f"{made.name}/{MANIFEST}", orjson.dumps({**told, "files": files}, option=orjson.OPT_INDENT_2))
    editions = [made.name, *(each for each in _current(store.folder) if each != made.name)]
    pointer = {
        **told,
        "moment": served.atlas.snapshot.moment.isoformat(),
        "catalogue": served.atlas.place.id,
        "languages": made.languages,
        "editions": editions,
    }
    store.point(HOME, home)
    store.point(CURRENT, orjson.dumps(pointer, option=orjson.OPT_INDENT_2))


def _sweep(store: Store, keep: int) -> tuple[str, ...]:
    """Removes all but the newest editions, and what none of those left needs, runs that were killed included. The
    pointer forgets them first, so that nothing is named that is gone; what is not of a copy stays."""
    folder = store.folder
    editions = _current(folder)
    kept, removed = editions[:keep], editions[keep:]
    if removed:
        pointer = _read(folder / CURRENT) | {"editions": kept}
        store.point(CURRENT, orjson.dumps(pointer, option=orjson.OPT_INDENT_2))
    needed = {each["path"] for name in kept for each in _read(folder / name / MANIFEST)["files"]}
    trees = {path.split("/")[0] for path in needed}
    for path in folder.iterdir():
        if _TREE.fullmatch(path.name) and path.name not in trees:
            shutil.rmtree(path)
    for path in (folder / "objects").iterdir():
        if f"objects/{path.name}" not in needed:
            path.unlink()
    return tuple(removed)


def _current(folder: Path) -> list[str]:
    """The editions that a folder points to, the newest first."""
    pointer = folder / CURRENT
    return list(_read(pointer)["editions"]) if pointer.is_file() else []


def _read(path: Path) -> Any:
    try:
        return orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError:
        raise PublishError(f"{path}: is damaged; what it belongs to was not published by mendmap alone") from None

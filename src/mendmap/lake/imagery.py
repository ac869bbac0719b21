"""Raster files beside the lake, in its folder ``rasters``, each named by what it is made of: once there, it stays.

A raster of the catalogue is named by its SHA-256, so that what was known at any snapshot can still be drawn; a
difference by a digest of all that it is computed of. Not here: what stands in them (``rasters``).
"""

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from mendmap.catalogue import files
from mendmap.errors import LakeError


def where(address: str, digest: str) -> Path:
    """Where the file of a digest is, or would be."""
    return Path(address) / "rasters" / f"{digest}.tif"


@contextmanager
def landing(address: str, digest: str) -> Iterator[Path]:
    """A path to write the file of a digest to; it takes its place, on disk, when all is written, or is gone."""
    place = where(address, digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(suffix=".tif", prefix=".", dir=place.parent)
    os.close(number)
    written = Path(name)
    try:
        yield written
        with written.open("rb") as stream:
            os.fsync(stream.fileno())
        written.chmod(0o644)
        written.replace(place)
    finally:
        written.unlink(missing_ok=True)


def keep(address: str, path: Path, sha256: str) -> Path:
    """Copies a raster of a folder to its place; once is enough. Returns the place. Raises LakeError where the file is
    not the one that was checked any more."""
    place = where(address, sha256)
    if place.exists():
        place.touch()  # an expiry at the same time may have found it old, and needed by nobody
    else:
        with landing(address, sha256) as copy:
            shutil.copyfile(path, copy)
            if files.remembered_sha256(path) != sha256:
                raise LakeError(f"{path.name} changed after it was checked; load the folder again")
    return place


def carry(source: str, target: str) -> None:
    """Gives a rebuilt lake the rasters of the old one; both name the same files where their disk can."""
    for path in sorted((Path(source) / "rasters").glob("[!.]*.tif")):
        place = Path(target) / "rasters" / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.hardlink_to(path)
        except OSError:  # another disk, or one that knows no second names
            shutil.copyfile(path, place)


def unneeded(address: str, needed: Collection[str], margin: dt.timedelta) -> Iterator[Path]:
    """Files that nobody needs and that are older than ``margin``: what a killed load left half-written or never came to
    name. Of rasters, those that are not ``needed``; differences stay, which no file's content names."""
    before = (dt.datetime.now(dt.UTC) - margin).timestamp()
    for path in sorted((Path(address) / "rasters").glob("*.tif")):
        if path.stat().st_mtime > before or path.stem in needed:
            continue
        if path.name.startswith(".") or files.sha256(path) == path.stem:
            yield path

"""Raster files beside the lake, in its folder ``rasters``, each named by what it is made of: once there, it stays.

A raster of the catalogue is named by its SHA-256, so that what was known at any snapshot can still be drawn; a
difference by a digest of all that it is computed of. Not here: what stands in them (``rasters``).
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    """Copies a raster of a folder to its place; once is enough. Returns the place."""
    place = where(address, sha256)
    if not place.exists():
        with landing(address, sha256) as copy:
            shutil.copyfile(path, copy)
    return place

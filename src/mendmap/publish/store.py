"""The published folder: files that appear whole or not at all, and what is in them by its SHA-256.

Not here: what they are of (``edition``).
"""

import filecmp
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

# Where files are written before they get their name: in the same folder, so that this is one step.
PARTS = ".writing"


class Kept(NamedTuple):
    """A file of the copy: its path in the folder, its bytes and their SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(slots=True)
class Counts:
    """What a run wrote, and what it found there already."""

    written: int = 0
    bytes: int = 0
    unchanged: int = 0


class Store:
    """Writes into a folder, and remembers each file that it was given as ``kept``, by path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts = Counts()
        self.kept: dict[str, Kept] = {}
        self._parts = folder / PARTS

    def open(self) -> None:
        """Makes room for what is being written; what a run that was killed left there goes."""
        shutil.rmtree(self._parts, ignore_errors=True)
        self._parts.mkdir(parents=True)

    def close(self) -> None:
        """Leaves nothing half written."""
        shutil.rmtree(self._parts, ignore_errors=True)

    def write(self, path: str, body: bytes) -> None:
        """One file by its path."""
        target, kept = self.folder / path, Kept(path, len(body), hashlib.sha256(body).hexdigest())
        if target.is_file() and target.stat().st_size == len(body) and target.read_bytes() == body:
            self._keep(kept, new=False)
            return
        part = self._parts / "file"
        part.write_bytes(body)
        self._move(part, kept)

    @contextmanager
    def taking(self) -> Iterator[Path]:
        """A path to write a file to that is to be taken."""
        part = self._parts / "object"
        yield part
        part.unlink(missing_ok=True)

    def take(self, part: Path, suffix: str) -> str:
        """Takes a file that was written by ``taking`` under the name of its content; its path. ``suffix`` has its
        dot."""
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        kept = Kept(f"objects/{digest}{suffix}", part.stat().st_size, digest)
        if kept.path in self.kept:
            return kept.path
        target = self.folder / kept.path
        if target.is_file() and filecmp.cmp(part, target, shallow=False):
            self._keep(kept, new=False)
        else:
            self._move(part, kept)
        return kept.path

    def adopt(self, path: str) -> bool:
        """Takes an object that is there already, where what is in it is what its name says."""
        target = self.folder / path
        if not target.is_file():
            return False
        with target.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not path.startswith(f"objects/{digest}."):
            return False
        self._keep(Kept(path, target.stat().st_size, digest), new=False)
        return True

    def point(self, path: str, body: bytes) -> None:
        """Replaces a file that tells what is newest, once all that it tells of has reached the disk."""
        part = self._parts / "pointer"
        with part.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.folder / path)

    def _move(self, part: Path, kept: Kept) -> None:
        target = self.folder / kept.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)
        self._keep(kept, new=True)

    def _keep(self, kept: Kept, *, new: bool) -> None:
        if kept.path in self.kept:
            return
        self.kept[kept.path] = kept
        if new:
            self.counts.written += 1
            self.counts.bytes += kept.bytes
        else:
            self.counts.unchanged += 1

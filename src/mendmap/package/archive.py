"""The zip file of a package: the same files always make the same bytes.

Every entry is stored as it is: no version of zlib is locked with ours, and another one would compress to other bytes;
whoever checks a package need not fear what it unpacks to; and GIS programs read a stored file without unpacking it.
Dates are the snapshot's moment in UTC, permissions are fixed, and the order is that of adding. Not here: what is in
them (``members``).
"""

import datetime as dt
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from mendmap.errors import TooLargeError

CHUNK = 1 << 20
# Unix, a plain file that its owner may write and everyone read.
_UNIX, _MODE = 3, 0o100644 << 16


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a package: its path in it, how many bytes it has, and their SHA-256."""

    path: str
    bytes: int
    sha256: str


class Archive:
    """A zip file in the making, of files that have at most so many bytes together. Memory does not grow with them."""

    def __init__(self, path: Path, moment: dt.datetime, most_bytes: int) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED)
        self._date = stamp(moment)
        self._most, self._bytes = most_bytes, 0

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def add(self, path: str, file: IO[bytes], size: int) -> Stored:
        """Adds a file of ``size`` bytes. Raises TooLargeError."""
        self._bytes += size
        if self._bytes > self._most:
            raise too_large(self._most)
        entry = zipfile.ZipInfo(path, self._date)
        entry.create_system, entry.external_attr = _UNIX, _MODE
        # The size tells whether the entry needs the wider numbers of zip64.
        entry.file_size = size
        digest = hashlib.sha256()
        with self._zip.open(entry, "w") as target:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                target.write(chunk)
        return Stored(path, size, digest.hexdigest())


def stamp(moment: dt.datetime) -> tuple[int, int, int, int, int, int]:
    """A moment as zip files can tell it: in UTC, to two seconds, from 1980 to 2107."""
    utc = moment.astimezone(dt.UTC)
    if utc.year < 1980:
        return 1980, 1, 1, 0, 0, 0
    if utc.year > 2107:
        return 2107, 12, 31, 23, 59, 58
    return utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second // 2 * 2


def too_large(most_bytes: int) -> TooLargeError:
    """What is said of a package over its bound."""
    return TooLargeError(
        f"this package would have more than {most_bytes // 1_000_000:,} MB (setting MENDMAP_MAX_PACKAGE_MB); ask for "
        "less: a site, parameters, or a shorter time"
    )

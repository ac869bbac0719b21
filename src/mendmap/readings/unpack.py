"""Decompressing and transcoding, into a folder and within bounds.

Not here: what the bytes mean (``readings.opened``).
"""

import codecs
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from mendmap.errors import ReadError, shown

_CHUNK = 1 << 20
# Tables of readings shrink to a tenth, repetitive ones to a hundredth; what grows more than this is no table.
_MOST_GROWTH, _SMALL = 300, 256 * 2**20
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
# Encodings of text that people's programs write; not the codecs of other things that Python also lists.
_ENCODINGS = re.compile(
    r"ascii|utf-(8|16|32)(-sig|-le|-be)?|cp\d+|iso8859-\d+|koi8-\w|mac-\w+|gb\w+|big5|shift_jis|euc\w+"
)


def most_bytes(path: Path, max_bytes: int) -> int:
    """How many bytes of rows may come out of a packed file of this size; never more than ``max_bytes``."""
    return min(max_bytes, max(_SMALL, _MOST_GROWTH * path.stat().st_size))


def unpacked(path: Path, scratch: Path, max_bytes: int) -> Path:
    """The file itself, or its decompressed copy in ``scratch`` of at most ``max_bytes``. One layer and no more."""
    opener = _opener(path)
    if opener is None:
        return path
    copy = scratch / "unpacked"
    try:
        with opener(path) as source:
            _copied(source, copy, most_bytes(path, max_bytes))
    except ReadError:
        raise
    # RuntimeError is a zip's password, or a method of compression that Python lacks.
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, ValueError) as error:
        raise ReadError(f"a compressed file that cannot be read: {str(error).splitlines()[0][:200]}") from None
    if _opener(copy) is not None:
        raise ReadError("compressed twice; unpack it once")
    return copy


def transcoded(path: Path, scratch: Path, encoding: str) -> Path:
    """The file itself where ``encoding`` is UTF-8, else its copy in UTF-8 in ``scratch``."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        name = ""
    if not _ENCODINGS.fullmatch(name):
        raise ReadError(f"not an encoding of text: {shown(encoding)} (utf-8, utf-16, cp1250, iso8859-2 and so on)")
    if name in ("utf-8", "utf-8-sig"):
        return path
    copy = scratch / "transcoded"
    try:
        with path.open(encoding=name, newline="") as source, copy.open("w", encoding="utf-8", newline="") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
    except UnicodeError as error:
        reason = getattr(error, "reason", str(error))
        raise ReadError(f"not in the encoding {shown(encoding)}: {reason}") from None
    return copy


def _opener(path: Path) -> Callable[[Path], Any] | None:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(_GZIP):
        return gzip.open
    if magic == _ZSTD:
        return lambda given: pa.CompressedInputStream(pa.OSFile(str(given)), "zstd")
    if magic == _ZIP:
        return _zip_opener(path)
    return None


def _zip_opener(path: Path) -> Callable[[Path], Any] | None:
    """How to open the one file in a zip; None where the zip is an XLSX, which is read as it is."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [each.filename for each in archive.infolist() if not each.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise ReadError(f"a zip that cannot be read: {shown(str(error))}") from None
    if "xl/workbook.xml" in names:
        return None
    data = [name for name in names if not name.startswith("__MACOSX/") and not name.endswith(".DS_Store")]
    if len(data) != 1:
        raise ReadError(f"a zip of {len(data)} files; it must hold exactly one")
    return lambda given: _member(given, data[0])


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(path) as archive, archive.open(name) as source:
        yield source


def _copied(source: Any, copy: Path, max_bytes: int) -> None:
    size = 0
    with copy.open("wb") as target:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise ReadError(f"decompresses to more than {max_bytes} bytes; unpack it yourself if that is meant")
            target.write(chunk)

"""Checks a package offline: that every file is the one its manifest lists, that there is no other, and who signed it.

A package comes from anyone. Nothing of it is unpacked or believed before it is bounded: every entry must be stored as
it is, so that none is larger than the zip file, and no path may lead out of a folder. At the end the zip file is made
again of its own files and must be the same bytes, so that nothing hides between them. Not here: what the files say.
"""

import csv
import datetime as dt
import filecmp
import hashlib
import io
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet

from mendmap.errors import ReadError, shown
from mendmap.package import manifest as manifests
from mendmap.package.archive import CHUNK, Archive
from mendmap.package.manifest import Listed, Manifest
from mendmap.package.signature import fault_of, public_key, signature_of

# The most files, and bytes of the list of them, that a zip file may have to be read at all.
_MOST_FILES, _MOST_LIST_BYTES = 10_000, 5_000_000
_END, _WIDE = b"PK\x05\x06", b"PK\x06\x07"
_END_BYTES, _WIDE_BYTES = 22, 20
# Letters, digits and a few marks, in folders that begin with none of the marks: never a drive, a root or a way up.
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*")
_UNREADABLE = (zipfile.BadZipFile, RuntimeError, ValueError, EOFError, OSError, struct.error)


class Checked(NamedTuple):
    """A file that the manifest lists, with what is wrong with it; blank where nothing is."""

    file: Listed
    fault: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of checking a package: each file, and every fault of files and of the whole. ``signed`` is whether its
    signature was checked and is right; ``manifest`` is None where it could not be read."""

    manifest: Manifest | None
    files: tuple[Checked, ...]
    faults: tuple[str, ...]
    signed: bool = False


def verify(path: Path, key: Path | None = None, signature: Path | None = None) -> Verified:
    """Checks a package, and with a public ``key`` its ``signature``, which stands beside it as ``FILE.zip.sig`` where
    no other is named. Raises OSError where a file cannot be read, and BadRequestError where the key is none."""
    public = public_key(key) if key else None
    with path.open("rb") as file:
        try:
            faults = list(_unfit(file))
            if faults:
                return Verified(None, (), tuple(faults))
            with zipfile.ZipFile(file) as opened:
                faults = list(_unsafe(opened, path.stat().st_size))
                if faults:
                    return Verified(None, (), tuple(faults))
                body = opened.read(manifests.NAME)
                found = manifests.read(body)
                files = tuple(Checked(each, _fault_of(opened, each)) for each in found.files)
                faults = [f"{each.file.path}: {each.fault}" for each in files if each.fault]
                faults += _strays(opened, found)
                faults += [] if faults else _remade(opened, path)
        except _UNREADABLE as error:
            # Where the zip file itself is torn, the words of the library are all that can be said.
            return Verified(None, (), (f"not a whole zip file: {error}",))
        except ReadError as error:
            return Verified(None, (), (str(error),))
    unsigned = fault_of(body, signature or signature_of(path), public) if public else ""
    signed = public is not None and not unsigned
    return Verified(found, files, (*faults, *([f"signature: {unsigned}"] if unsigned else [])), signed)


def _unfit(file: BinaryIO) -> Iterator[str]:
    """Why a file is not read as a zip file at all: its end is not one that packages have, or lists too much."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_BYTES - _WIDE_BYTES))
    tail = file.read()
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(_END):
        yield "not a whole zip file: it does not end as one; it may be cut short, or have something behind it"
        return
    count, listed = struct.unpack_from("<HL", end, 10)
    if count > _MOST_FILES or listed > _MOST_LIST_BYTES or tail.startswith(_WIDE):
        yield f"it lists more than {_MOST_FILES:,} files, or says more of them than a package does"
    file.seek(0)


def _unsafe(opened: zipfile.ZipFile, size: int) -> Iterator[str]:
    """Why nothing is to be read of a zip file: its entries could be more than they seem, or lead elsewhere."""
    entries = opened.infolist()
    for name, count in Counter(each.filename for each in entries).items():
        if count > 1:
            yield f"{shown(name)}: stands {count} times"
        if not _PATH.fullmatch(name):
            yield f"{shown(name)}: not a safe path"
    for each in entries:
        if each.compress_type != zipfile.ZIP_STORED or each.file_size != each.compress_size or each.flag_bits:
            yield f"{shown(each.filename)}: packed or enciphered; files of a package are stored as they are"
    if sum(each.file_size for each in entries) > size:
        yield "its files claim to have more bytes than the zip file"
    names = {each.filename: each.file_size for each in entries}
    if manifests.NAME not in names:
        yield f"{manifests.NAME}: missing; this is not a package"
    elif names[manifests.NAME] > manifests.MOST_BYTES:
        yield f"{manifests.NAME}: larger than {manifests.MOST_BYTES:,} bytes"


def _strays(opened: zipfile.ZipFile, found: Manifest) -> Iterator[str]:
    listed = Counter(each.path for each in found.files)
    for path, count in listed.items():
        if count > 1:
            yield f"{manifests.NAME}: lists {shown(path)} {count} times"
    for name in opened.namelist():
        if name not in listed and name != manifests.NAME:
            yield f"{name}: added; the manifest does not list it"


def _fault_of(opened: zipfile.ZipFile, file: Listed) -> str:
    """What is wrong with a file that is listed."""
    try:
        entry = opened.getinfo(file.path)
    except KeyError:
        return "missing"
    if entry.file_size != file.bytes:
        return f"changed: it has {entry.file_size:,} bytes, and the manifest says {file.bytes:,}"
    digest = hashlib.sha256()
    try:
        with opened.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != file.sha256:
            return "changed: its SHA-256 is not the one that the manifest says"
        rows = _rows(opened, file.path) if file.rows is not None else None
    except _UNREADABLE as error:
        return f"changed: {error}"
    except (csv.Error, pa.ArrowException) as error:
        return f"its rows cannot be read: {shown(str(error))}"
    if rows is not None and rows != file.rows:
        return f"it has {rows:,} rows, and the manifest says {file.rows:,}"
    return ""


def _rows(opened: zipfile.ZipFile, path: str) -> int | None:
    """How many rows a table has; None where counting them means reading all of what they say."""
    with opened.open(path) as stream:
        if path.endswith(".parquet"):
            return int(pyarrow.parquet.read_metadata(stream).num_rows)
        if path.endswith(".csv"):
            with io.TextIOWrapper(stream, "utf-8", newline="") as text:
                return sum(1 for _ in csv.reader(text)) - 1
    return None


def _remade(opened: zipfile.ZipFile, path: Path) -> Iterator[str]:
    """Makes the zip file again of its own files; it must be the same bytes."""
    moment = dt.datetime(*opened.getinfo(manifests.NAME).date_time, tzinfo=dt.UTC)
    with TemporaryDirectory() as folder:
        again = Path(folder) / "again.zip"
        with Archive(again, moment, path.stat().st_size) as archive:
            for entry in opened.infolist():
                with opened.open(entry) as stream:
                    archive.add(entry.filename, stream, entry.file_size)
        if not filecmp.cmp(path, again, shallow=False):
            yield (
                "the zip file is not the one that its files make: their order, dates or permissions were changed, or "
                "something stands between them"
            )


def told(result: Verified) -> str:
    """In a sentence, what came of it."""
    if result.faults:
        return f"{len(result.faults)} fault(s)"
    assert result.manifest
    of = f"{result.manifest.title}, snapshot {result.manifest.snapshot}: {len(result.files)} files"
    signature = "the signature is right" if result.signed else "no signature was checked"
    return f"{of}, all as the manifest says; {signature}"

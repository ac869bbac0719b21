"""Opening a file of the folder safely: inside the folder, not too large, unchanged, and text where it should be.

Not here: what stands in it.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from mendmap.catalogue.model import Entry
from mendmap.errors import Fault, shown

# How a file betrays itself that is not what its name says.
_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"SQLite format 3": "a SQLite or GeoPackage file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
}


def inside(folder: Path, name: str) -> Path:
    """The path of a file below ``folder``. Raises ValueError where it climbs out, through links too."""
    path = (folder / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise ValueError(f"a path outside the folder: {shown(name)}")
    return path


def complaint(path: Path, max_bytes: int) -> str:
    """Why a file may not be opened, or an empty text."""
    if not path.is_file():
        return "no such file"
    size = path.stat().st_size
    if size > max_bytes:
        return f"{size / 1e6:.0f} MB; at most {max_bytes / 1e6:.0f} MB are read (setting MENDMAP_MAX_FILE_MB)"
    return "the file is empty" if size == 0 else ""


def text(path: Path, max_bytes: int) -> str:
    """The text of a UTF-8 file, without a byte-order mark. Raises ValueError with the reason where it is none."""
    if reason := complaint(path, max_bytes):
        raise ValueError(reason)
    content = path.read_bytes()
    for signature, what in _SIGNATURES.items():
        if content.startswith(signature):
            raise ValueError(f"not text: it begins like {what}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"not UTF-8: byte {content[error.start]:#04x} in line {line}; save the file as UTF-8"
        ) from None


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def guarded(entries: Sequence[Entry], max_bytes: int, catalogue_file: str) -> list[Fault]:
    """The faults of files whose hash does not match, or that are taken from others and have none."""
    faults = []
    for entry in entries:
        if entry.sha256 is None and entry.origin == "others":
            message = "a file taken from others needs its SHA-256; mendmap check --accept writes it"
            faults.append(Fault(catalogue_file, entry.row, "sha256", message))
        elif entry.sha256 and not complaint(entry.path, max_bytes) and (found := sha256(entry.path)) != entry.sha256:
            message = (
                f"{entry.file} is not the file that was accepted: its SHA-256 is {found}; "
                "look at what changed, then mendmap check --accept"
            )
            faults.append(Fault(catalogue_file, entry.row, "sha256", message))
    return faults

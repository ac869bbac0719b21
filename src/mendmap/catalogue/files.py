"""Opening a file of the folder safely: inside the folder, not too large, unchanged, and text where it should be.

Not here: what its rows must be.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

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
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError):  # links that lead in a circle
        raise ValueError(f"no such file: {shown(name)}") from None
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise ValueError(f"a path outside the folder: {shown(name)}")
    return path


def complaint(path: Path, max_bytes: int) -> str:
    """Why a file may not be opened, or an empty text."""
    try:
        if not path.is_file():
            return "no such file"
        size = path.stat().st_size
    except OSError as error:  # a name too long for the file system, a folder that may not be entered
        return f"cannot be opened: {error.strerror}"
    if size > max_bytes:
        return f"{size / 1e6:.0f} MB; at most {max_bytes / 1e6:.0f} MB are read (setting MENDMAP_MAX_FILE_MB)"
    return "the file is empty" if size == 0 else ""


def text(path: Path, max_bytes: int) -> str:
    """The text of a UTF-8 file, without a byte-order mark. Raises ValueError with the reason where it is none."""
    if reason := complaint(path, max_bytes):
        raise ValueError(reason)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
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


class LineError(ValueError):
    """What is wrong with one line of a file, where that keeps the rest of it from being read."""

    def __init__(self, line: int, column: str, message: str) -> None:
        super().__init__(message)
        self.line, self.column = line, column


def place(error: ValueError) -> tuple[int, str, str]:
    """Line, column and message of an error of reading; line 0 where it is the whole file's."""
    if isinstance(error, LineError):
        return error.line, error.column, str(error)
    return 0, "", str(error)


def toml(content: str) -> dict[str, Any]:
    """The document that a TOML text holds. Raises LineError where it is none."""
    try:
        return tomllib.loads(content)
    except RecursionError:
        raise LineError(0, "", "not TOML: nested too deep") from None
    except ValueError as error:
        line = int(found.group(1)) if (found := re.search(r"line (\d+)", str(error))) else 0
        raise LineError(line, "", f"not TOML: {error}") from None


def line_of(content: str, header: str) -> int:
    """The line of a TOML text that ``[header]`` stands in; 1 where none does."""
    return next(iter(lines_of(content, rf"\[\[?[ \t]*{re.escape(header)}[ \t]*\]")), 1)


def toml_tables(content: str, document: Mapping[str, Any], header: str) -> list[tuple[int, dict[str, Any]]]:
    """Every ``[[header]]`` of a TOML text, with its line. Raises LineError where it is written in another way,
    because its line could not be told."""
    lines = lines_of(content, rf"\[\[[ \t]*{header}[ \t]*\]\]")
    found = document.get(header, [])
    if not isinstance(found, list) or len(found) != len(lines) or not all(isinstance(each, dict) for each in found):
        raise LineError(line_of(content, header), header, f"write it as [[{header}]], in a line of its own")
    return list(zip(lines, found, strict=True))


def lines_of(content: str, pattern: str) -> list[int]:
    """The numbers of the lines that begin with a pattern, blanks before it aside."""
    wanted = re.compile(rf"[ \t]*{pattern}")
    return [nth for nth, line in enumerate(content.split("\n"), start=1) if wanted.match(line)]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def remembered_sha256(path: Path) -> str:
    """The same of a large file, which is read once in this process as long as nothing writes to it."""
    now = path.stat()
    return _remembered(path, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)


@lru_cache(maxsize=4096)
def _remembered(path: Path, *state: int) -> str:
    return sha256(path)


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

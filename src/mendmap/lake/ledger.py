"""The ledger: one row for every accepted write, in order, never changed.

What the outside calls a snapshot is a ledger row: its number, and a digest that chains the content of every
write so far, so that two lakes with the same history of content name it alike. Not here: the content.
"""

import datetime as dt
import getpass
import hashlib
import os
from dataclasses import dataclass

from mendmap.errors import LakeEmptyError
from mendmap.lake.connection import Lake


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of the lake after one write; ``moment`` is in UTC."""

    number: int
    digest: str
    moment: dt.datetime

    def __str__(self) -> str:
        return f"{self.number}-{self.digest[:12]}"


def latest(lake: Lake) -> Snapshot:
    """The newest snapshot. Raises LakeEmptyError where nothing was ever written."""
    row = lake.query("SELECT number, digest, moment FROM ledger ORDER BY number DESC LIMIT 1").fetchone()
    if row is None:
        raise LakeEmptyError("nothing has been loaded yet; mendmap load writes the first snapshot")
    return Snapshot(*row)


def begun(lake: Lake) -> bool:
    """Whether anything was ever written."""
    return lake.query("SELECT 1 FROM ledger LIMIT 1").fetchone() is not None


def next_number(lake: Lake) -> int:
    """The number of the write under way. Holds the guard row, so a rival's write fails and is tried again."""
    lake.query("UPDATE guard SET number = number + 1")
    row = lake.query("SELECT number FROM guard").fetchone()
    assert row is not None
    return int(row[0])


def append(
    lake: Lake,
    number: int,
    changes: str,
    digest: str,
    *,
    act: str,
    catalogue: str,
    source: str,
    detail: str,
) -> None:
    """Records the write under way. ``changes`` says how many rows of each kind it changed, and ``detail`` which files
    it took, with their SHA-256; both as JSON."""
    lake.query(
        "INSERT INTO ledger VALUES (?, now(), ?, ?, ?, ?, ?, ?, ?)",
        [number, act, _writer(), catalogue, source, detail, changes, digest],
    )


def at(lake: Lake, moment: dt.datetime) -> Snapshot:
    """The snapshot that was the newest at a moment. Raises LakeEmptyError where there was none yet."""
    row = lake.query(
        "SELECT number, digest, moment FROM ledger WHERE moment <= ? ORDER BY number DESC LIMIT 1", [moment]
    ).fetchone()
    if row is None:
        raise LakeEmptyError(f"nothing had been loaded at {moment.isoformat()}")
    return Snapshot(*row)


def _writer() -> str:
    """Who writes: the name of the account, or its number where it has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def chained(previous: str, content: str) -> str:
    """The digest after a write: SHA-256 over the digest before it and that of its content."""
    return hashlib.sha256(f"{previous}\n{content}".encode()).hexdigest()

"""The ledger: one row for every accepted write, in order, never changed.

What the outside calls a snapshot is a ledger row: its number, and a digest that chains the content of every
write so far, so that two lakes with the same history of content name it alike. Not here: the content.
"""

import datetime as dt
import getpass
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mendmap.errors import LakeEmptyError, NotFoundError
from mendmap.lake.connection import Lake
from mendmap.query.times import AsOf


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of the lake after one write; ``moment`` is in UTC."""

    number: int
    digest: str
    moment: dt.datetime

    def __str__(self) -> str:
        return f"{self.number}-{self.digest[:12]}"


class Row(NamedTuple):
    """A whole row of the ledger; ``moment`` is in UTC, ``detail`` and ``changes`` are JSON."""

    number: int
    moment: dt.datetime
    act: str
    who: str
    catalogue: str
    source: str
    detail: str
    changes: str
    digest: str

    @classmethod
    def from_plain(cls, content: Mapping[str, Any]) -> "Row":
        """A row from its JSON object. Raises ValueError where it is none."""
        try:
            return cls(**{**content, "moment": dt.datetime.fromisoformat(content["moment"])})
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a row of a ledger: {error}") from None

    def entry(self) -> dict[str, Any]:
        """What the writer says of a write, as ``append`` takes it to record it once more."""
        return {each: getattr(self, each) for each in ("act", "catalogue", "source", "detail", "moment", "who")}

    @property
    def snapshot(self) -> Snapshot:
        """The content of the lake after this write."""
        return Snapshot(self.number, self.digest, self.moment)


# What no ledger holds.
NO_ROW = Row(0, dt.datetime.min.replace(tzinfo=dt.UTC), "", "", "", "", "", "", "")


def rows(lake: Lake, since: int) -> list[Row]:
    """The rows of the ledger from a number on, in order."""
    with lake.steady():
        found = lake.query(
            f"SELECT {', '.join(Row._fields)} FROM ledger WHERE number >= ? ORDER BY number", [since]
        ).fetchall()
        return [Row(*row) for row in found]


def page(lake: Lake, catalogue: str, up_to: int, most: int) -> list[Row]:
    """The rows of a catalogue's ledger up to a number, the newest first, at most so many."""
    with lake.steady():
        found = lake.query(
            f"SELECT {', '.join(Row._fields)} FROM ledger WHERE catalogue = ? AND number <= ? "
            "ORDER BY number DESC LIMIT ?",
            [catalogue, up_to, most],
        ).fetchall()
        return [Row(*row) for row in found]


def origin(lake: Lake, catalogue: str) -> tuple[dt.datetime, str]:
    """When a catalogue was first loaded, and the contact that it named then: neither ever changes."""
    with lake.steady():
        row = lake.query(
            "SELECT l.moment, r.body->>'contact' FROM records r JOIN ledger l ON l.number = r.recorded "
            "WHERE r.catalogue = ? AND r.kind = 'catalogue' ORDER BY r.recorded LIMIT 1",
            [catalogue],
        ).fetchone()
        assert row is not None, "a load writes its catalogue"
        return row[0], str(row[1] or "")


def newest_of_feed(lake: Lake, catalogue: str, feed: str) -> str:
    """The ``detail`` of the newest ingest of a feed, as JSON; blank where there was none."""
    with lake.steady():
        row = lake.query(
            "SELECT detail FROM ledger WHERE catalogue = ? AND act = 'ingest' "
            "AND json_extract_string(detail, '$.feed.id') = ? ORDER BY number DESC LIMIT 1",
            [catalogue, feed],
        ).fetchone()
        return str(row[0]) if row else ""


def latest(lake: Lake) -> Snapshot:
    """The newest snapshot. Raises LakeEmptyError where nothing was ever written."""
    found = newest(lake)
    if found is None:
        raise LakeEmptyError("nothing has been loaded yet; mendmap load writes the first snapshot")
    return found


def newest(lake: Lake) -> Snapshot | None:
    """The newest snapshot; None where nothing was ever written."""
    with lake.steady():
        # Not ORDER BY and LIMIT: DuckDB would read the ledger twice, to fetch the other columns of one row.
        row = lake.query("SELECT max(number), max_by(digest, number), max_by(moment, number) FROM ledger").fetchone()
        return Snapshot(*row) if row and row[0] else None


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
    moment: dt.datetime | None = None,
    who: str | None = None,
) -> Row:
    """Records the write under way, and returns its row. ``changes`` says how many rows of each kind it changed, and
    ``detail`` which files it took, with their SHA-256; both as JSON. A rebuild tells the ``moment`` of the first time,
    and ``who`` it was."""
    now = moment or dt.datetime.now(dt.UTC)
    row = Row(number, now, act, who or _writer(), catalogue, source, detail, changes, digest)
    lake.query(f"INSERT INTO ledger VALUES ({', '.join('?' * len(row))})", list(row))
    return row


def known(lake: Lake, catalogue: str, asked: AsOf) -> Snapshot:
    """The newest snapshot at a moment, or the one of a number. Raises NotFoundError where there is none, and where
    the catalogue was not there yet."""
    with lake.steady():
        first = lake.query(
            "SELECT number, digest, moment FROM ledger WHERE catalogue = ? ORDER BY number LIMIT 1", [catalogue]
        ).fetchone()
        if first is None:
            raise LakeEmptyError("nothing has been loaded yet; mendmap load writes the first snapshot")
        # A moment's newest is looked for by number: rivals' moments may stand in another order than their numbers.
        where, value = ("moment <= ?", asked.moment) if asked.moment else ("number = ?", asked.number)
        row = lake.query(
            f"SELECT number, digest, moment FROM ledger WHERE {where} ORDER BY number DESC LIMIT 1", [value]
        ).fetchone()
        if row is None or row[0] < first[0] or not row[1].startswith(asked.digest):
            wanted = asked.moment.isoformat() if asked.moment else f"{asked.number} {asked.digest}".strip()
            begun_at = f"{first[2]:%Y-%m-%dT%H:%M:%SZ}"
            raise NotFoundError(f"snapshot (the first is {Snapshot(*first)} of {begun_at}) as of", wanted)
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

"""API keys: who may post readings, for which stations, and who may read what is restricted. Of a key only its SHA-256
is stored.

A key is 256 random bits, so a plain digest cannot be guessed back. Keys are no data of the map: adding and revoking
one makes no snapshot. Not here: what is posted (``load.post``).
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from mendmap.errors import BadRequestError, KeyRefusedError, NotFoundError, not_one_of, shown
from mendmap.lake.connection import Lake, patiently
from mendmap.words.vocabulary import ACCESS

LOGGER = "logger"
ROLES = (LOGGER, *(role for role in ACCESS if role != "public"))
_PREFIX = "mm_"
_NAME_MOST = 80


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret. ``role`` is a word of ``ROLES``: that of a logger posts readings, the others read.
    ``stations`` are the features that it may write to; empty: all of the catalogue.

    ``created`` and ``revoked`` are in UTC; ``revoked`` is None while the key may be used.
    """

    id: str
    name: str
    catalogue: str
    stations: tuple[str, ...]
    role: str
    created: dt.datetime
    revoked: dt.datetime | None

    def covers(self, station: str) -> bool:
        """Whether the key may write to a station."""
        return self.role == LOGGER and (not self.stations or station in self.stations)

    @property
    def sees(self) -> str:
        """What it may read: a word of ``vocabulary.ACCESS``. A logger reads what everyone does."""
        return self.role if self.role in ACCESS else next(iter(ACCESS))


def add(
    lake: Lake,
    address: str,
    name: str,
    catalogue: str,
    stations: Sequence[str],
    known: Collection[str],
    role: str = LOGGER,
) -> tuple[Key, str]:
    """Stores a new key, and returns it with its secret, which nobody can read again.

    ``known`` holds every id that ``stations`` may name. Raises BadRequestError with the choices, and LakeError.
    """
    if role not in ROLES:
        raise BadRequestError(not_one_of("no such role", role, ROLES))
    if stations and role != LOGGER:
        raise BadRequestError(f"a key for {role} reads, and posts to no station; leave the stations out")
    for station in stations:
        if station not in known:
            raise BadRequestError(not_one_of("no such station", station, known))
    if not 0 < len(name.strip()) <= _NAME_MOST or not name.isprintable():
        raise BadRequestError(f"not a name of 1 to {_NAME_MOST} printable characters: {shown(name)}")
    secret = _PREFIX + secrets.token_urlsafe(32)
    ident = secrets.token_hex(4)
    listed = ",".join(dict.fromkeys(stations))
    values = [ident, name.strip(), _digest(secret), catalogue, listed, role]
    _write(lake, address, "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, now(), NULL)", values)
    return next(key for key in listing(lake) if key.id == ident), secret


def listing(lake: Lake) -> list[Key]:
    """Every key that there ever was, the oldest first."""
    return [key for key, _ in _rows(lake, "true")]


def revoke(lake: Lake, address: str, ident: str) -> Key:
    """Takes a key back from now on; one that was taken back before stays as it is. Raises NotFoundError with the
    choices, and LakeError."""
    keys = {key.id: key for key in listing(lake)}
    if ident not in keys:
        raise NotFoundError("key", ident, keys)
    if keys[ident].revoked is None:
        _write(lake, address, "UPDATE keys SET revoked = now() WHERE id = ? AND revoked IS NULL", [ident])
    return next(key for key in listing(lake) if key.id == ident)


def in_use(lake: Lake) -> list[tuple[Key, str]]:
    """Every key that may be used, with the digest of its secret."""
    return _rows(lake, "revoked IS NULL")


def holder(held: Iterable[tuple[Key, str]], secret: str) -> Key:
    """The key that a secret belongs to, among those ``in_use``. Raises KeyRefusedError where there is none.

    Takes the same time whichever key it is, and however much of the secret is right.
    """
    given = _digest(secret)
    found = None
    for key, digest in held:
        if hmac.compare_digest(digest, given):
            found = key
    if found is None:
        raise KeyRefusedError("the key is not known here, or was revoked; mendmap keys add makes one")
    return found


def _write(lake: Lake, address: str, sql: str, values: list[str]) -> None:
    def attempt() -> None:
        with lake.turn():
            lake.query(sql, list(values))

    patiently(attempt, address)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _rows(lake: Lake, where: str) -> list[tuple[Key, str]]:
    sql = "SELECT digest, id, name, catalogue, stations, role, created, revoked FROM keys WHERE"
    with lake.steady():
        rows = lake.query(f"{sql} {where} ORDER BY created, id").fetchall()
    return [
        (Key(ident, name, catalogue, tuple(stations.split(",")) if stations else (), role, created, revoked), digest)
        for digest, ident, name, catalogue, stations, role, created, revoked in rows
    ]

"""Which hosts may be asked for imagery and what is gathered: those of an allow-list, at public addresses only.

A name is resolved once for each connection; where any of its addresses is not public nothing is asked, and the
connection goes to the very addresses that were looked at, so that a name that changes its mind leads nowhere else (no
DNS rebinding). TLS still asks for the name. Redirects are held against the same list. A proxy of the environment is
passed by, because it would resolve the name anew. Not here: asking (``fetch``, ``ranges``).
"""

import http.client
import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import connection, connectionpool, exceptions
from urllib3.util.connection import create_connection

from mendmap.errors import FeedError, SettingError, shown

SETTING = "MENDMAP_RASTER_HOSTS"
_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# The operator's own machine, with its port written out: for tests, and for a server of imagery beside the service.
_OWN = re.compile(r"http://(127\.0\.0\.1|\[::1\]):[0-9]{1,5}")
# Of the addresses of a name only so many are tried, each for the seconds that a server may be silent.
_MOST_ADDRESSES = 4

# Global unicast (RFC 4291, IANA's registry), and the two ways of IPv4 within it that are looked into.
_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
# Of special use by the registry of today (RFC 6890 and its followers), which Pythons know in part only.
_SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "3fff::/20"))
)

Resolve = Callable[[str, int], Sequence[str]]


def resolved(host: str, port: int) -> list[str]:
    """Every address of a name, as the system knows it. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def public(address: str) -> bool:
    """Whether an address is one of the public internet, in whatever way it is written.

    Private, loopback, link-local, multicast, reserved and unspecified ones are not, nor IPv4 addresses that stand in
    an IPv6 address as mapped, compatible or Teredo ones; those in 6to4 and NAT64 are where their IPv4 address is.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found in _NAT64:
            return public(str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)))
        if found.sixtofour is not None:
            return public(str(found.sixtofour))
        if found not in _UNICAST or found.scope_id is not None:
            return False
    if any(found in each for each in _SPECIAL if each.version == found.version):
        return False
    return found.is_global and not (found.is_multicast or found.is_reserved)


def named(url: str) -> str:
    """An address as messages show it: queries may hold what should stay with the two of us."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class Hosts:
    """An allow-list: names, ``*.example.org`` for all below one, and origins ``http://127.0.0.1:PORT`` of one's own.
    ``where`` says in messages who makes the list."""

    listed: frozenset[str]
    where: str = f"setting {SETTING}"

    @classmethod
    def parse(cls, text: str, where: str = f"setting {SETTING}") -> "Hosts":
        """A list whose entries are separated by commas. Raises SettingError."""
        entries = [each.strip().lower() for each in text.split(",") if each.strip()]
        for each in entries:
            if not _NAME.fullmatch(each) and not _OWN.fullmatch(each):
                raise SettingError(
                    f"{where}: neither a host such as data.example.org or *.example.org, nor http://127.0.0.1:PORT: "
                    f"{shown(each)}"
                )
        return cls(frozenset(entries), where)

    def own(self, url: str) -> bool:
        """Whether an address is of an origin of the operator's own machine that the list names."""
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.netloc}" in self.listed

    def refusal(self, url: str) -> str:
        """Why an address may not be asked, or an empty text."""
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return "no address"
        if self.own(url):
            return ""
        if parts.scheme != "https" or port not in (None, 443):
            return "it is fetched over https only, at its port 443"
        if parts.username is not None or not _NAME.fullmatch(host):
            return f"no name of a host: {shown(parts.netloc)}"
        above = [f"*.{host.split('.', nth)[-1]}" for nth in range(1, host.count(".") + 1)]
        if not self.listed & {host, *above}:
            return f"{shown(host)} is not among the hosts that may be asked ({self.where})"
        return ""


class _Ended(http.client.HTTPResponse):
    """An answer whose body ends where its Content-Length says: a part of it that has come already behind that end means
    that one of the two is wrong, and what was read perhaps cut."""

    def begin(self) -> None:
        """Raises HTTPException where it gives several lengths."""
        super().begin()
        if len({each.strip() for each in ",".join(self.headers.get_all("Content-Length", [])).split(",")}) > 1:
            raise http.client.HTTPException("it gives several lengths")

    def close(self) -> None:
        """Raises HTTPException where something stands behind the end."""
        beyond = self.fp is not None and self.length == 0 and not self.chunked and _waiting(self.fp)
        super().close()
        if beyond:
            raise http.client.HTTPException("its body goes on behind the length that it gives")


def _waiting(file: Any) -> bool:
    """Whether something has come that nobody has read yet, without waiting for it."""
    connected = file.raw._sock
    with suppress(OSError):  # as TLS says that there is nothing
        patience = connected.gettimeout()
        try:
            connected.settimeout(0)
            return bool(file.peek(1).strip())  # some servers end a body with an empty line too many
        finally:
            connected.settimeout(patience)
    return False


class Guard:
    """Connections to the hosts of a list, at public addresses; ``resolve`` finds the addresses of a name.

    Used by one thread, as the Fetcher that has it.
    """

    def __init__(self, hosts: Hosts, resolve: Resolve = resolved) -> None:
        self.hosts = hosts
        self._resolve = resolve
        self._own = urllib3.PoolManager()
        self._public = urllib3.PoolManager()
        self._socket: socket.socket | None = None
        self._watch(self._own, self._dialled_own)
        self._watch(self._public, self._dialled)

    def close(self) -> None:
        """Lets go of the connections."""
        self._own.clear()
        self._public.clear()

    def pool(self, url: str) -> urllib3.PoolManager:
        """The connections to take for an address. Raises FeedError where it may not be asked."""
        if refusal := self.hosts.refusal(url):
            raise FeedError(f"{named(url)}: {refusal}")
        return self._own if self.hosts.own(url) else self._public

    def followed(self, url: str, location: str) -> str:
        """The address that ``url`` leads to. Raises FeedError where that may not be asked."""
        try:
            found = urlsplit(urljoin(url, location))._replace(fragment="").geturl()
        except ValueError:
            found = ""
        if not location or not found:
            raise FeedError(f"{named(url)}: leads to something that is no address: {shown(location)}")
        if refusal := self.hosts.refusal(found):
            raise FeedError(f"{named(url)}: leads to {shown(named(found))}, which is not followed: {refusal}")
        return found

    @contextmanager
    def deadline(self, url: str, seconds: float) -> Iterator[None]:
        """Cuts the connection when ``seconds`` are over, however slowly something still comes. Raises FeedError."""
        over = threading.Event()

        def cut() -> None:
            over.set()
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        error: Exception | None = None
        try:
            yield
        except Exception as raised:
            error = raised
            if not over.is_set():
                raise
        finally:
            timer.cancel()
            self._socket = None
        if over.is_set():
            raise FeedError(f"{named(url)}: not done after {seconds:g} seconds") from error

    def _watch(self, manager: urllib3.PoolManager, dial: Callable[[str, int], list[str]]) -> None:
        """Makes a pool's connections go where ``dial`` says, and known to ``deadline``."""
        guard = self

        class Mixed(connection.HTTPConnection):
            response_class = _Ended

            def _new_conn(self) -> socket.socket:
                return _connected(self, dial(self.host, self.port))

            def getresponse(self) -> Any:
                guard._socket = self.sock
                return super().getresponse()

        class Secure(Mixed, connection.HTTPSConnection):
            pass

        class Plain(connectionpool.HTTPConnectionPool):
            ConnectionCls = Mixed

        class Closed(connectionpool.HTTPSConnectionPool):
            ConnectionCls = Secure

        manager.pool_classes_by_scheme = {"http": Plain, "https": Closed}

    def _dialled_own(self, host: str, port: int) -> list[str]:
        return [host.strip("[]")]

    def _dialled(self, host: str, port: int) -> list[str]:
        """Every address of a name. Raises FeedError where one of them is not public."""
        try:
            found = self._resolve(host, port)
        except OSError:
            raise FeedError(f"https://{host}: no such host is known") from None
        for each in found:
            if not public(each):
                raise FeedError(f"https://{host}: {each} is not a public address; nothing was asked")
        return list(found)


def _connected(wanted: connection.HTTPConnection, addresses: Sequence[str]) -> socket.socket:
    """A connection to the first of some addresses that takes one."""
    error: OSError | None = None
    for each in addresses[:_MOST_ADDRESSES]:
        try:
            return create_connection((each, wanted.port), wanted.timeout, socket_options=wanted.socket_options)
        except OSError as failed:
            error = failed
    if isinstance(error, TimeoutError):
        raise exceptions.ConnectTimeoutError(wanted, f"no connection to {wanted.host}") from error
    raise exceptions.NewConnectionError(wanted, f"no connection to {wanted.host}") from error

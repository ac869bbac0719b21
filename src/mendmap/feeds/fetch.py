"""Fetches one address: conditional, bounded in bytes, time and redirects, and tried again while that makes sense.

A body counts once it is whole: as long as it says, its gzip unpacked to the end. Redirects stay with the host, or with
one below or above it (``www.``), and never lead from https to http. A token goes to the feed's own origin and nowhere
else. With a guard (``guarded``) only hosts of an allow-list are asked, at public addresses, and redirects may lead to
any of them. Not here: pages that lead to more pages (``sensorthings``), and parts of a file (``ranges``).
"""

import datetime as dt
import ipaddress
import random
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import BinaryIO, TypeVar
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3 import exceptions

from mendmap.errors import FeedError, shown
from mendmap.feeds.guarded import Guard, named

T = TypeVar("T")
_CHUNK = 1 << 16
# Statuses that may be gone a moment later.
_PASSING = (408, 425, 429, 500, 502, 503, 504)
# No server takes longer to pick up; one that is not there would cost its silence for each try and address.
_CONNECT_S = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)
_PORTS = {"http": 80, "https": 443}
# How web pages begin, which stand where a service is gone or wants to be logged in to; nothing that is read begins so.
_PAGE, _PAGE_BEGINS = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)\b", re.IGNORECASE), 200


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fetch may take: bytes of the body (unpacked), seconds of silence and in all, tries with a growing
    ``backoff_s`` of at most ``longest_wait_s`` between them, and redirects."""

    max_bytes: int
    timeout_s: float
    tries: int
    total_s: float = 900.0
    backoff_s: float = 1.0
    longest_wait_s: float = 60.0
    redirects: int = 5
    # How long a server is left alone that has had too much of us (429), where it does not say itself.
    too_much_s: float = 0.0
    # The setting that max_bytes stands in, as the message of a body that is too large names it.
    setting: str = "MENDMAP_MAX_PULL_MB"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: whether there is anything new, and the validators to ask with the next time."""

    changed: bool
    etag: str = ""
    last_modified: str = ""


class _PassingError(Exception):
    """Something that may be gone at the next try; ``wait_s`` is how long the server asks to be left alone, ``reached``
    whether there was a connection to it."""

    def __init__(self, message: str, wait_s: float = 0.0, *, reached: bool = True) -> None:
        self.wait_s, self.reached = wait_s, reached
        super().__init__(message)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


class Fetcher:
    """Fetches from one feed's host, over connections that are kept open.

    ``home`` is the feed's address, ``token`` what is sent as its Authorization (blank: nothing), ``agent`` names us.
    ``pause`` waits some seconds, and says whether to stop trying; ``guard`` says which hosts may be asked (none: any).
    Used by one thread.
    """

    def __init__(
        self,
        home: str,
        agent: str,
        limits: Limits,
        token: str = "",
        pause: Callable[[float], bool] = _sleep,
        guard: Guard | None = None,
    ) -> None:
        self.home, self.limits, self.guard = home, limits, guard
        self._agent, self._pause = agent, pause
        # Services differ in the scheme they want: one that the token brings itself is left as it is.
        self._token = token if " " in token or not token else f"Bearer {token}"
        self._pools: dict[str, urllib3.PoolManager] = {}

    def close(self) -> None:
        """Lets go of the connections."""
        for pool in self._pools.values():
            pool.clear()
        if self.guard:
            self.guard.close()

    def fetch(
        self,
        url: str,
        sink: BinaryIO,
        etag: str = "",
        last_modified: str = "",
        post: bytes | None = None,
        media: str = "application/json",
    ) -> Answer:
        """Writes the body of ``url`` into ``sink``, from its beginning. With validators of an earlier answer there may
        be nothing new; ``post`` is posted as ``media``. Raises FeedError; then what stands in ``sink`` is worth
        nothing."""
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        conditions = {name: value for name, value in asked.items() if value}

        def take(url: str, response: urllib3.BaseHTTPResponse, until: float) -> Answer:
            return self._taken(url, response, sink, until, bool(conditions))

        posted = {} if post is None else {"Content-Type": media}
        return self.asked(url, {"Accept-Encoding": "gzip", **conditions, **posted}, take, post)

    def asked(
        self,
        url: str,
        headers: Mapping[str, str],
        take: Callable[[str, urllib3.BaseHTTPResponse, float], T],
        post: bytes | None = None,
    ) -> T:
        """What ``take`` makes of the answer, given the address that it came from, the answer and the moment by which it
        must be done; redirects are followed and passing errors waited out before. Raises FeedError."""
        limits = self.limits
        for nth in range(1, limits.tries + 1):
            try:
                return self._tried(url, headers, take, post)
            except _PassingError as error:
                wait = max(error.wait_s, random.uniform(0.5, 1) * min(limits.longest_wait_s, limits.backoff_s * 2**nth))
                if nth == limits.tries or error.wait_s > limits.longest_wait_s or self._pause(wait):
                    raise FeedError(
                        f"{named(url)}: {error} ({nth} tries)", error.wait_s, reached=error.reached
                    ) from error
        raise AssertionError("unreachable")

    def _tried(
        self,
        url: str,
        headers: Mapping[str, str],
        take: Callable[[str, urllib3.BaseHTTPResponse, float], T],
        post: bytes | None,
    ) -> T:
        until = time.monotonic() + self.limits.total_s
        with self.guard.deadline(url, self.limits.total_s) if self.guard else nullcontext():
            for _ in range(self.limits.redirects + 1):
                try:
                    response = self._answered(url, headers, post)
                    try:
                        if response.status in _PASSING:
                            raise _PassingError(_said(response.status), self._left_alone_s(response))
                        if response.status not in _REDIRECTS:
                            return take(url, response, until)
                        follow = self.guard.followed if self.guard else redirected
                        url = follow(url, response.headers.get("Location", ""))
                        post = None if response.status == 303 else post  # RFC 9110, 15.4.4: what is there is got
                    finally:
                        # A body that was read to its end has given its connection back already.
                        response.close()
                except (exceptions.HTTPError, HTTPException) as error:
                    raise _told(url, error, self.limits.timeout_s) from error
        raise FeedError(f"{named(url)}: more than {self.limits.redirects} redirects")

    def _left_alone_s(self, response: urllib3.BaseHTTPResponse) -> float:
        """How long a server wants to be left alone; 0 where nothing says so."""
        told = response.headers.get("Retry-After", "")
        return self.limits.too_much_s if response.status == 429 and not told else _retry_after(told)

    def _answered(self, url: str, asked: Mapping[str, str], post: bytes | None) -> urllib3.BaseHTTPResponse:
        # A request that names nothing that it accepts is refused by some firewalls.
        headers = {"User-Agent": self._agent, "Accept": "*/*", **asked}
        if self._token and _origin(urlsplit(url)) == _origin(urlsplit(self.home)):
            headers["Authorization"] = self._token
        timeout = urllib3.Timeout(connect=min(_CONNECT_S, self.limits.timeout_s), read=self.limits.timeout_s)
        return self._pool(url).urlopen(
            "GET" if post is None else "POST",
            url,
            body=post,
            headers=headers,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )

    def _pool(self, url: str) -> urllib3.PoolManager:
        """The connections to take: the guard's, or through the proxy that the environment names for this address, or
        none."""
        if self.guard:
            return self.guard.pool(url)
        parts = urlsplit(url)
        proxy = "" if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme, "")
        if proxy not in self._pools:
            self._pools[proxy] = urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager()
        return self._pools[proxy]

    def _taken(
        self, url: str, response: urllib3.BaseHTTPResponse, sink: BinaryIO, until: float, conditional: bool
    ) -> Answer:
        status = response.status
        if status == 304 and conditional:
            return Answer(changed=False)
        if status != 200:
            raise answered(url, status)
        self._read(url, response, sink, until)
        return Answer(True, *(_sendable(response.headers.get(each, "")) for each in ("ETag", "Last-Modified")))

    def _read(self, url: str, response: urllib3.BaseHTTPResponse, sink: BinaryIO, until: float) -> None:
        length = response.headers.get("Content-Length", "")
        if not length.isdecimal() and "chunked" not in response.headers.get("Transfer-Encoding", "").lower():
            raise FeedError(f"{named(url)}: does not say how long its body is, so that a cut one could not be told")
        most, begins = self.limits.max_bytes, b""
        sink.seek(0)
        sink.truncate()
        size = int(length[:18]) if length.isdecimal() else 0
        parts = _parts(url, response)
        while size <= most and (part := next(parts, None)) is not None:
            sink.write(part)
            size = max(size, sink.tell(), response.tell())
            begins += part[: max(0, _PAGE_BEGINS - len(begins))]
            if time.monotonic() > until:
                raise FeedError(f"{named(url)}: not done after {self.limits.total_s:g} seconds")
        if size > most:
            raise FeedError(f"{named(url)}: more than {most / 1e6:g} MB (setting {self.limits.setting})")
        if _PAGE.match(begins):
            raise FeedError(f"{named(url)}: answers with a web page in place of data")


def _parts(url: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """The body in parts as they come, unpacked; a part may be empty. Raises FeedError where it is packed otherwise than
    was asked for."""
    packed = response.headers.get("Content-Encoding", "").strip().lower()
    if packed not in ("", "identity", "gzip", "x-gzip"):
        raise FeedError(f"{named(url)}: packs its body in a way that was not asked for: {shown(packed)}")
    # read1, because read would wait for a whole chunk however slowly it trickles in.
    parts = iter(partial(response.read1, _CHUNK, decode_content=False), b"")
    return _unpacked(parts) if "gzip" in packed else parts


def _unpacked(parts: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip unpacks to, never much at once. Not by urllib3, which takes a body that is cut for whole, and reads on
    for ever where nothing comes of what it reads. Raises _PassingError where it is damaged or cut."""
    unpacks = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        for part in parts:
            left = part
            while left:
                if unpacks.eof:  # a file of gzip may be several, one behind the other (RFC 1952, 2.2)
                    unpacks = zlib.decompressobj(zlib.MAX_WBITS | 16)
                yield unpacks.decompress(left, _CHUNK)
                left = unpacks.unused_data if unpacks.eof else unpacks.unconsumed_tail
        while not unpacks.eof and (rest := unpacks.decompress(b"", _CHUNK)):
            yield rest
    except zlib.error as error:
        raise _PassingError("its gzip is damaged") from error
    if not unpacks.eof:
        raise _PassingError("its gzip is cut")


def redirected(url: str, location: str, *, same_host: bool = False) -> str:
    """The address that ``url`` leads to. Raises FeedError where it may not be followed.

    With ``same_host`` no other host at all is followed; a link that forgets the s of https gets it back, as
    services behind a proxy write such links.
    """
    try:
        old, new = urlsplit(url), urlsplit(urljoin(url, location))
        if new.port in (None, 80, old.port) and (same_host, new.scheme, old.scheme) == (True, "http", "https"):
            port = f":{old.port}" if old.port else ""
            new = new._replace(scheme="https", netloc=f"{new.hostname or ''}{port}")
        near = new.hostname == old.hostname or (not same_host and _kin(old.hostname or "", new.hostname or ""))
    except ValueError:
        raise FeedError(f"{named(url)}: leads to something that is no address: {shown(location)}") from None
    if new.scheme not in _PORTS or (old.scheme == "https" and new.scheme == "http"):
        raise FeedError(f"{named(url)}: leads from {old.scheme} to {shown(new.scheme)}, which is not followed")
    if not near or new.username is not None or not location:
        raise FeedError(f"{named(url)}: leads to another host, which is not followed: {shown(new.hostname)}")
    return new._replace(fragment="").geturl()


def _kin(one: str, other: str) -> bool:
    """Whether one host stands below the other. Without a list of public suffixes no more can be said."""
    for host in (one, other):
        try:
            ipaddress.ip_address(host)
        except ValueError:
            continue
        return False
    parent, child = sorted((one, other), key=len)
    return "." in parent and child.endswith(f".{parent}")


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _sendable(value: str) -> str:
    """A validator, where it can be sent back as it came; else none."""
    return value if len(value) <= 500 and value.isascii() and value.isprintable() else ""


def answered(url: str, status: int) -> FeedError:
    """The error of a status that is not what was asked for."""
    return FeedError(f"{named(url)}: {_said(status)}", status=status)


def _said(status: int) -> str:
    known = {each.value: each.phrase for each in HTTPStatus}
    return f"the server answered {status} {known.get(status, '')}".rstrip()


def _retry_after(value: str) -> float:
    """Seconds to wait, of a Retry-After header: a number or a date; 0 where it is neither."""
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return 0.0


def _told(url: str, error: exceptions.HTTPError | HTTPException, timeout_s: float) -> Exception:
    """An error of the library in our words: one that may pass, or one for good."""
    if isinstance(error, exceptions.SSLError):
        return FeedError(f"{named(url)}: no secure connection: {shown(str(error), 200)}")
    if isinstance(error, exceptions.NameResolutionError):
        return _PassingError("no such host is known", reached=False)
    if isinstance(error, exceptions.NewConnectionError | exceptions.ProxyError | exceptions.ConnectTimeoutError):
        return _PassingError("cannot be reached", reached=False)
    if isinstance(error, exceptions.TimeoutError):
        return _PassingError(f"silent for {timeout_s:g} seconds")
    cause = error.args[-1] if isinstance(error, exceptions.HTTPError) and error.args else error
    if isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected | IncompleteRead):
        return FeedError(f"{named(url)}: what it answers is no sound HTTP: {shown(str(cause))}")
    if isinstance(error, exceptions.ProtocolError):
        return _PassingError("the connection broke off before the end of the body")
    return FeedError(f"{named(url)}: no answer that could be read: {type(error).__name__}")

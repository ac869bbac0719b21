"""What is fetched for ``mendmap gather`` is whole, or a clear error in bounded time and memory, whatever comes."""

import gzip
import io
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from email.utils import formatdate
from itertools import repeat

import pytest
from feed_server import Asked, FeedServer, Reply, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from test_feeds import Waits

from mendmap.errors import FeedError
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.feeds.guarded import Guard, Hosts
from mendmap.feeds.ranges import Remote

BODY = b"station,value\n" + b"inlet,1\n" * 20
LIMITS = Limits(max_bytes=1_000_000, timeout_s=0.3, tries=2, total_s=0.7, backoff_s=0.001)
OK = b"HTTP/1.1 200 OK\r\n"
Says = Callable[[], Iterator[bytes]]


def fetched(url: str, limits: Limits = LIMITS, post: bytes | None = None, sink: io.BytesIO | None = None) -> bytes:
    """What the fetcher of gather makes of an address: only this server may be asked."""
    found = io.BytesIO() if sink is None else sink
    guard = Guard(Hosts.parse(url.rpartition("/")[0]))
    with closing(Fetcher("", "mendmap/test", limits, pause=Waits(), guard=guard)) as fetcher:
        fetcher.fetch(url, found, post=post)
    return found.getvalue()


@contextmanager
def speaking(says: Says) -> Iterator[str]:
    """The address of a server that hears a question out and then says some bytes, whether or not they are HTTP, until
    nobody listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def answer(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.recv(65536)
                for each in says():
                    if over.is_set():
                        return
                    connection.sendall(each)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/data"
        finally:
            over.set()
            listening.shutdown(socket.SHUT_RDWR)


def says(*parts: bytes, then: bytes = b"", pause: float = 0.0) -> Says:
    """Says some parts, and then the same for ever."""

    def endless() -> Iterator[bytes]:
        yield from parts
        for each in repeat(then) if then else ():
            time.sleep(pause)
            yield each

    return endless


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
EMPTY_MEMBERS = chunk(gzip.compress(b"") * 1000)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        # Bodies without an end, and of four gigabytes.
        (says(OK + b"Content-Length: 4294967296\r\n\r\n", then=b"x" * 65536), "more than 1 MB"),
        (says(CHUNKED + b"\r\n", then=chunk(b"x" * 65536)), "more than 1 MB"),
        (says(CHUNKED + b"\r\n", b"fffffffff\r\n", then=b"x" * 65536), "more than 1 MB"),
        (says(OK + b"\r\n", then=b"x" * 65536), "does not say how long its body is"),
        (says(CHUNKED + b"\r\n", then=chunk(b"x"), pause=0.02), "not done after 0.7 seconds"),
        (says(CHUNKED + b"\r\n", b"1;", then=b"x" * 4096), "no sound HTTP"),
        (says(CHUNKED + b"\r\n" + chunk(BODY) + b"0\r\n", then=b"More: and more\r\n" * 500), "not done after 0.7"),
        # Gzip that unpacks to much, to nothing for ever, and with what nobody reads behind it.
        (
            says(CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + chunk(gzip.compress(bytes(50_000_000))) + b"0\r\n\r\n"),
            "more than 1 MB",
        ),
        (says(CHUNKED + b"Content-Encoding: gzip\r\n\r\n", then=EMPTY_MEMBERS), "more than 1 MB|not done after"),
        (says(CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + chunk(gzip.compress(BODY)), then=chunk(b"x")), "damaged"),
        # Headers without an end.
        (says(OK, then=b"More: and more\r\n"), "no sound HTTP"),
        (says(OK + b"More: ", then=b"x" * 65536), "no sound HTTP"),
        (says(OK, b"More: ", then=b"x", pause=0.02), "not done after 0.7 seconds"),
        (says(then=b"HTTP/1.1 100 Continue\r\n\r\n" * 100), "not done after 0.7 seconds"),
        (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "no sound HTTP"),
        (says(then=b"x" * 65536), "no sound HTTP"),
        # Nothing, and then nothing more.
        (says(), r"cannot be reached|broke off"),
        (says(OK + b"Content-Length: 100\r\n\r\n" + BODY[:50]), r"broke off before the end of the body \(2 tries\)"),
        (says(CHUNKED + b"\r\n" + chunk(BODY)), r"broke off before the end of the body \(2 tries\)"),
        (says(CHUNKED + b"\r\n" + chunk(BODY) + b"no number\r\n"), r"broke off before the end of the body \(2 tries\)"),
        (says(CHUNKED + b"\r\n-5\r\n" + BODY), r"broke off before the end of the body \(2 tries\)"),
        # A length that is not that of the body.
        (says(OK + b"Content-Length: 20\r\n\r\n" + BODY), "goes on behind the length that it gives"),
        (says(OK + b"Content-Length: 0\r\n\r\n" + BODY), "goes on behind the length that it gives"),
        (says(OK + b"Content-Length: -5\r\n\r\n" + BODY), "does not say how long its body is"),
        (says(OK + b"Content-Length: 20, 180\r\n\r\n" + BODY), "gives several lengths"),
        (says(OK + b"Content-Length: 20\r\nContent-Length: 180\r\n\r\n" + BODY), "gives several lengths"),
    ],
)
def test_what_is_no_sound_answer_is_a_clear_error_in_bounded_time_and_memory(said: Says, words: str) -> None:
    begun, sink = time.monotonic(), io.BytesIO()
    tracemalloc.start()
    try:
        with speaking(said) as url, pytest.raises(FeedError, match=words) as caught:
            fetched(url, sink=sink)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith(url) and str(caught.value).isprintable()
    assert most < 12_000_000
    assert time.monotonic() - begun < 3


def test_silence_before_and_amid_an_answer_is_told(server: FeedServer) -> None:
    server.answers["/data"] = Reply(BODY, silent_s=0.5)
    with pytest.raises(FeedError, match=r"silent for 0.3 seconds \(2 tries\)"):
        fetched(f"{server.url}/data")

    def stops() -> Iterator[bytes]:
        yield OK + b"Content-Length: 180\r\n\r\n" + BODY[:50]
        time.sleep(0.6)

    with speaking(stops) as url, pytest.raises(FeedError, match=r"silent for 0.3 seconds \(2 tries\)"):
        fetched(url)
    with pytest.raises(FeedError, match=r"cannot be reached \(2 tries\)"):
        fetched(url)


def _packed(body: bytes, how: str = "gzip") -> Reply:
    return Reply(body, headers={"Content-Encoding": how})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (_packed(gzip.compress(BODY)[:-1]), r"its gzip is cut \(2 tries\)"),
        (_packed(gzip.compress(BODY)[:-30]), r"its gzip is cut \(2 tries\)"),
        (_packed(gzip.compress(BODY) + gzip.compress(BODY)[:9]), r"its gzip is cut \(2 tries\)"),
        (_packed(b""), r"its gzip is cut \(2 tries\)"),
        (_packed(gzip.compress(BODY)[:-8] + bytes(8)), r"its gzip is damaged \(2 tries\)"),
        (_packed(gzip.compress(BODY) + b"more"), r"its gzip is (damaged|cut) \(2 tries\)"),
        (_packed(BODY), r"its gzip is damaged \(2 tries\)"),
        (_packed(gzip.compress(gzip.compress(BODY)), "gzip, gzip"), "packs its body in a way that was not asked for"),
        (_packed(BODY, "br"), "packs its body in a way that was not asked for: 'br'"),
        (_packed(BODY, "zstd"), "packs its body in a way that was not asked for: 'zstd'"),
    ],
)
def test_a_packed_body_counts_once_it_is_unpacked_to_its_end(server: FeedServer, reply: Reply, words: str) -> None:
    server.answers["/data"] = reply
    with pytest.raises(FeedError, match=words):
        fetched(f"{server.url}/data")


@settings(max_examples=12)
@given(st.lists(st.binary(max_size=200_000) | st.just(bytes(300_000)), max_size=3), st.booleans())
def test_whatever_is_packed_in_one_file_or_several_is_unpacked_to_the_same(bodies: list[bytes], chunked: bool) -> None:
    whole = b"".join(gzip.compress(each) for each in bodies) or gzip.compress(b"")
    with serving() as server:
        server.answers["/data"] = replace(_packed(whole), chunked=chunked)
        assert fetched(f"{server.url}/data", replace(LIMITS, total_s=20)) == b"".join(bodies)


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html><title>Sign in</title>",
        b"\xef\xbb\xbf\n <html lang='en'>",
        b"<HTML>",
        b"<!doctype  HTML SYSTEM>",
    ],
)
def test_a_web_page_in_place_of_data_is_told(server: FeedServer, page: bytes) -> None:
    server.answers["/data"] = Reply(page, drip_s=0.0001)
    with pytest.raises(FeedError, match="answers with a web page in place of data"):
        fetched(f"{server.url}/data")


@pytest.mark.parametrize("body", [b"<htmlx/>", b'<?xml version="1.0"?><a/>', b'{"html": "<html>"}', b"", b"<"])
def test_what_is_no_web_page_is_not_taken_for_one(server: FeedServer, body: bytes) -> None:
    server.answers["/data"] = Reply(body, headers={"Content-Type": "text/html"})
    assert fetched(f"{server.url}/data") == body


def test_a_redirect_of_what_is_posted_is_posted_on_or_got_as_it_says(server: FeedServer) -> None:
    asked: list[bytes] = []

    def there(question: Asked) -> Reply:
        asked.append(question.body)
        return Reply(BODY)

    server.answers["/there"] = there
    for status in (307, 308, 303):
        server.answers["/data"] = Reply(status=status, headers={"Location": "/there"})
        assert fetched(f"{server.url}/data", post=b"question") == BODY
    assert asked == [b"question", b"question", b""]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://127.0.0.1:1/", "https only"),
        ("http://localhost/", "https only"),
        ("http://data.example.org/", "https only"),
        ("https://[::1]/", "no name of a host"),
        ("https://10.0.0.1/", "no name of a host"),
        ("https://169.254.169.254/latest/meta-data", "no name of a host"),
        ("https://elsewhere.example/", "not among the hosts"),
        ("//elsewhere.example/", "https only"),
        ("file:///etc/passwd", "https only"),
        ("/data", "more than 5 redirects"),
        ("/data?and=more", "more than 5 redirects"),
        ("", "no address"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_elsewhere_is_not_followed_and_one_in_a_circle_ends(
    server: FeedServer, status: int, location: str, words: str
) -> None:
    server.answers["/data"] = Reply(b"x" * 100_000, status, {"Location": location})
    with pytest.raises(FeedError, match=words):
        fetched(f"{server.url}/data")
    assert len(server.asked) == (6 if "more than" in words else 1)


@pytest.mark.parametrize(
    ("after", "tries", "wait"),
    [
        ("7", 2, 7),
        ("60", 2, 60),
        ("61", 1, 61),
        ("86400", 1, 86400),
        ("9" * 40, 2, 0),
        ("-5", 2, 0),
        ("soon", 2, 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 2, 0),
        ("Sun, 99 Nov 2026 07:00:00 GMT", 2, 0),
    ],
)
def test_a_429_is_waited_out_as_long_as_that_is_bearable(
    server: FeedServer, after: str, tries: int, wait: float
) -> None:
    server.answers["/data"] = Reply(status=429, headers={"Retry-After": after})
    with pytest.raises(FeedError, match=rf"answered 429 Too Many Requests \({tries} tries\)") as caught:
        fetched(f"{server.url}/data")
    assert (caught.value.wait_s, len(server.asked)) == (wait, tries)


def test_a_429_may_give_a_date(server: FeedServer) -> None:
    server.answers["/data"] = Reply(status=429, headers={"Retry-After": formatdate(time.time() + 3600, usegmt=True)})
    with pytest.raises(FeedError, match=r"\(1 tries\)") as caught:
        fetched(f"{server.url}/data")
    assert caught.value.wait_s == pytest.approx(3600, abs=3)
    server.answers["/data"] = [
        Reply(status=429, headers={"Retry-After": formatdate(time.time() + 30, usegmt=True)}),
        Reply(BODY),
    ]
    assert fetched(f"{server.url}/data") == BODY


def test_what_a_server_answers_is_known_to_who_asked(server: FeedServer) -> None:
    server.answers["/data"] = Reply(b"<html>", 404, {"Content-Type": "text/html"})
    with pytest.raises(FeedError, match="answered 404 Not Found") as caught:
        fetched(f"{server.url}/data")
    assert caught.value.status == 404
    guard = Guard(Hosts.parse(server.url))
    with closing(Fetcher("", "mendmap/test", LIMITS, guard=guard)) as fetcher:
        remote = Remote(fetcher, f"{server.url}/data", 100_000, "MENDMAP_MAX_RASTER_MB")
        with pytest.raises(FeedError, match="answered 404 Not Found") as caught:
            remote.read(0, 4)
    assert caught.value.status == 404


def test_an_empty_line_behind_the_body_does_no_harm() -> None:
    with speaking(says(OK + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"\r\n")) as url:
        assert fetched(url) == BODY


def test_an_answer_that_is_sound_is_taken_over_one_connection_after_the_other() -> None:
    """What is looked at behind the end of one answer is not taken from the next."""
    with serving() as server:
        server.answers["/data"] = Reply(BODY)
        guard = Guard(Hosts.parse(server.url))
        with closing(Fetcher("", "mendmap/test", LIMITS, guard=guard)) as fetcher:
            for _ in range(5):
                sink = io.BytesIO()
                fetcher.fetch(f"{server.url}/data", sink)
                assert sink.getvalue() == BODY
            assert guard._own.connection_from_url(server.url).num_connections == 1

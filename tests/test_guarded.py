"""Imagery from elsewhere: only from hosts that are listed, at public addresses, within bounds, in parts as asked."""

import datetime as dt
import io
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from feed_server import Asked, FeedServer, Reply, serving
from hypothesis import given, settings
from hypothesis import strategies as st
from stac_server import ranged, with_headers

from mendmap.errors import FeedError, SettingError
from mendmap.feeds import guarded
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.feeds.guarded import Guard, Hosts, public
from mendmap.feeds.ranges import BLOCK, Remote

LIMITS = Limits(max_bytes=1_000_000, timeout_s=0.3, tries=2, total_s=1, backoff_s=0.001)
PUBLIC = "93.184.216.34"
CONTENT = bytes(range(256)) * 2000  # 512,000 bytes: eight blocks


def fetcher(server: FeedServer, listed: str = "", **how: object) -> Fetcher:
    guard = Guard(Hosts.parse(listed or server.url), **how)  # type: ignore[arg-type]
    return Fetcher(server.url, "mendmap/test", LIMITS, guard=guard)


def remote(server: FeedServer, max_bytes: int = 10_000_000) -> Remote:
    return Remote(fetcher(server), f"{server.url}/file", max_bytes, "MENDMAP_MAX_RASTER_MB")


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3",
        "169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1",
        "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
        "100::1", "3fff::1",
        # IPv4 within IPv6: mapped, compatible, translated, 6to4, NAT64 (well known and local), Teredo.
        "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::10.0.0.1", "::ffff:0:127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "localhost", "", "1", "0x7f.1", "010.8.8.8", "8.8.8.8.8",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_told(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1", "2002:808:808::1", "64:ff9b::808:808"]
)
def test_a_public_address_is_told(address: str) -> None:
    assert public(address)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_as_public_in_6to4_and_nat64_as_it_is_alone(number: int) -> None:
    import ipaddress

    alone = public(str(ipaddress.IPv4Address(number)))
    assert public(str(ipaddress.IPv6Address((0x2002 << 112) | number << 80 | 1))) == alone
    assert public(str(ipaddress.IPv6Address((0x64FF9B << 96) | number))) == alone
    assert not public(str(ipaddress.IPv6Address((0xFFFF << 32) | number)))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://data.example.org/a.tif", ""),
        ("https://data.example.org:443/a.tif", ""),
        ("https://a.b.example.net/a.tif", ""),
        ("http://127.0.0.1:8001/a.tif", ""),
        ("https://example.net/a.tif", "not among the hosts"),
        ("https://evil.example.org/", "not among the hosts"),
        ("https://data.example.org.evil.example/", "not among the hosts"),
        ("https://xexample.net/", "not among the hosts"),
        ("http://data.example.org/a.tif", "https only"),
        ("https://data.example.org:8443/", "https only"),
        ("ftp://data.example.org/", "https only"),
        ("file:///etc/passwd", "https only"),
        ("s3://data.example.org/a.tif", "https only"),
        ("https://user:word@data.example.org/", "no name of a host"),
        ("https://127.0.0.1/", "no name of a host"),
        ("https://[::1]/", "no name of a host"),
        ("https://2130706433/", "no name of a host"),
        ("https://localhost/", "no name of a host"),
        ("https:///a.tif", "no name of a host"),
        ("https://data.example.org:x/", "no address"),
        ("http://127.0.0.1:8002/a.tif", "https only"),
        ("http://127.0.0.1:8001@evil.example/a.tif", "https only"),
    ],
)
def test_only_hosts_of_the_list_are_asked(url: str, words: str) -> None:
    hosts = Hosts.parse("data.example.org, *.example.net, http://127.0.0.1:8001")
    assert (words in hosts.refusal(url)) if words else hosts.refusal(url) == ""


def test_a_list_that_is_blank_admits_nobody() -> None:
    assert "MENDMAP_RASTER_HOSTS" in Hosts.parse("").refusal("https://data.example.org/")


@pytest.mark.parametrize(
    "text",
    ["*", "*.org.", "https://data.example.org", "10.0.0.1", "localhost", "http://127.0.0.1", "a b.org", "*.*.org"],
)
def test_a_list_of_anything_but_hosts_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="MENDMAP_RASTER_HOSTS"):
        Hosts.parse(text)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::ffff:10.0.0.1"], ["fe80::1%2"]])
def test_a_name_with_any_address_that_is_not_public_is_not_asked(server: FeedServer, addresses: list[str]) -> None:
    with (
        closing(fetcher(server, "data.example.org", resolve=lambda *_: addresses)) as found,
        pytest.raises(FeedError, match=r"is not a public address; nothing was asked"),
    ):
        found.fetch("https://data.example.org/a.tif", io.BytesIO())
    assert server.asked == []


def test_a_name_that_nobody_knows_is_told(server: FeedServer) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError

    with (
        closing(fetcher(server, "data.example.org", resolve=unknown)) as found,
        pytest.raises(FeedError, match=r"data\.example\.org: no such host is known"),
    ):
        found.fetch("https://data.example.org/a.tif", io.BytesIO())


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("http://127.0.0.1:1/", "https only"),
        ("https://169.254.169.254/latest/meta-data", "no name of a host"),
        ("https://elsewhere.example/", "not among the hosts"),
        ("file:///etc/passwd", "https only"),
        ("", "no address"),
        ("http://[/", "no address"),
    ],
)
def test_a_redirect_is_held_against_the_same_list(server: FeedServer, location: str, words: str) -> None:
    server.answers["/file"] = Reply(status=302, headers={"Location": location})
    with closing(fetcher(server)) as found, pytest.raises(FeedError, match=words):
        found.fetch(f"{server.url}/file", io.BytesIO())
    assert len(server.asked) == 1


def test_a_redirect_to_a_name_of_the_list_with_a_private_address_is_refused(server: FeedServer) -> None:
    server.answers["/file"] = Reply(status=307, headers={"Location": "https://data.example.org/a.tif"})
    with (
        closing(fetcher(server, f"{server.url},data.example.org", resolve=lambda *_: ["192.168.0.7"])) as found,
        pytest.raises(FeedError, match=r"192\.168\.0\.7 is not a public address"),
    ):
        found.fetch(f"{server.url}/file", io.BytesIO())


def test_redirects_within_the_list_are_followed_and_counted(server: FeedServer) -> None:
    server.answers["/file"] = Reply(status=302, headers={"Location": "/there"})
    server.answers["/there"] = Reply(b"here")
    server.answers["/circle"] = Reply(status=302, headers={"Location": "/circle"})
    with closing(fetcher(server)) as found:
        sink = io.BytesIO()
        found.fetch(f"{server.url}/file", sink)
        assert sink.getvalue() == b"here"
        with pytest.raises(FeedError, match="more than 5 redirects"):
            found.fetch(f"{server.url}/circle", sink)


def test_a_proxy_of_the_environment_is_passed_by(server: FeedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    server.answers["/file"] = Reply(b"here")
    with closing(fetcher(server)) as found:
        found.fetch(f"{server.url}/file", io.BytesIO())
    assert len(server.asked) == 1


class Secured:
    """A server over TLS, for the name data.example.org, that remembers names and hosts it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.names: list[str | None] = []
        self.hosts: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.hosts.append(self.headers["Host"])
                self.send_response(200)
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"here")

            def log_message(self, *arguments: object) -> None:
                pass

        self.certificate = _certificate(folder, "data.example.org")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_the_connection_goes_to_the_address_that_was_looked_at_and_tls_asks_for_the_name(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled: list[tuple[str, int]] = []
    connect = guarded.create_connection
    answers = iter([["2001:db8::1"]])

    def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC] if not dialled else next(answers)

    with closing(Secured(tmp_path)) as secured:

        def dial(address: tuple[str, int], timeout: float, **how: object) -> object:
            dialled.append(address)
            return connect(("127.0.0.1", secured.server.server_port), timeout)

        monkeypatch.setattr(guarded, "create_connection", dial)
        monkeypatch.setenv("SSL_CERT_FILE", str(secured.certificate))
        with closing(fetcher(server, "data.example.org,other.example.org", resolve=resolve)) as found:
            sink = io.BytesIO()
            found.fetch("https://data.example.org/a.tif", sink)
        assert sink.getvalue() == b"here"
        assert dialled == [(PUBLIC, 443)]
        assert (secured.names, secured.hosts) == (["data.example.org"], ["data.example.org"])
        # By the next connection the name has changed its mind.
        with (
            closing(fetcher(server, "data.example.org", resolve=resolve)) as found,
            pytest.raises(FeedError, match="2001:db8::1 is not a public address"),
        ):
            found.fetch("https://data.example.org/a.tif", sink)
        assert len(dialled) == 1
        with (
            closing(fetcher(server, "other.example.org", resolve=lambda *_: [PUBLIC])) as found,
            pytest.raises(FeedError, match="no secure connection"),
        ):
            found.fetch("https://other.example.org/a.tif", sink)


def test_a_file_is_read_in_parts_each_once(server: FeedServer) -> None:
    server.answers["/file"] = ranged(CONTENT)
    with remote(server).handle() as handle:
        assert handle.read(10) == CONTENT[:10]
        assert handle.read(10) == CONTENT[10:20]
        handle.seek(BLOCK - 5)
        assert handle.read(10) == CONTENT[BLOCK - 5 : BLOCK + 5]
        handle.seek(-7, io.SEEK_END)
        assert (handle.tell(), handle.read()) == (len(CONTENT) - 7, CONTENT[-7:])
        assert handle.read(1) == b""
    assert [each.headers["Range"] for each in server.asked] == [
        "bytes=0-65535", "bytes=65536-131071", f"bytes={7 * BLOCK}-{len(CONTENT) - 1}"
    ]  # fmt: skip
    assert {each.headers["Accept-Encoding"] for each in server.asked} == {"identity"}


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(st.tuples(st.integers(0, len(CONTENT) + 10), st.integers(0, 200_000)), max_size=6))
def test_whatever_part_is_read_is_that_of_the_file(parts: list[tuple[int, int]]) -> None:
    with serving() as server:
        server.answers["/file"] = ranged(CONTENT)
        found = remote(server)
        for first, count in parts:
            assert found.read(first, count) == CONTENT[first : first + count]


def _whole(asked: Asked) -> Reply:
    return Reply(b"x" * 50_000_000, headers={"Content-Type": "image/tiff"})


def _of(change: Callable[[Reply], Reply]) -> Callable[[Asked], Reply]:
    return lambda asked: change(ranged(CONTENT)(asked))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_whole, "gives the whole file only"),
        (Reply(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}), "answers with a web page"),
        (Reply(b"<html>", 404, {"Content-Type": "text/html"}), "answered 404 Not Found"),
        (Reply(status=403), "answered 403 Forbidden"),
        (Reply(status=416), "answered 416"),
        (Reply(status=429, headers={"Retry-After": "3600"}), "answered 429"),
        (Reply(status=500), r"answered 500 Internal Server Error \(2 tries\)"),
        (
            _of(lambda reply: with_headers(reply, Content_Range="bytes 5-65540/512000")),
            "another part than was asked for",
        ),
        (_of(lambda reply: with_headers(reply, Content_Range="bytes 0-65535/*")), "another part than was asked for"),
        (_of(lambda reply: with_headers(reply, Content_Range="")), "another part than was asked for"),
        (_of(lambda reply: replace(reply, body=reply.body + b"more")), "another part than was asked for"),
        (_of(lambda reply: replace(reply, chunked=True)), "another part than was asked for"),
        (_of(lambda reply: replace(reply, sent=100)), "broke off before the end"),
        (Reply(silent_s=5), r"silent for 0.3 seconds \(2 tries\)"),
        (_of(lambda reply: replace(reply, drip_s=0.1)), "not done after 1 seconds"),
    ],
)
def test_what_is_not_the_part_asked_for_is_refused_in_bounded_time(
    server: FeedServer, answer: Reply | Callable[[Asked], Reply], words: str
) -> None:
    server.answers["/file"] = answer
    found, begun = remote(server), time.monotonic()
    with found.handle() as handle:
        assert handle.read(10) == b""
        asked = len(server.asked)
        assert handle.read(10) == b""
    assert len(server.asked) == asked, "what went wrong once is not tried again"
    with pytest.raises(FeedError, match=words):
        found.read(0, 10)
    assert time.monotonic() - begun < 3


def test_headers_that_trickle_in_end_in_bounded_time() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            try:
                with listening.accept()[0] as connection:
                    for each in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200:
                        connection.send(bytes([each]))
                        time.sleep(0.05)
            except OSError:
                pass

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        begun = time.monotonic()
        with (
            closing(Fetcher(url, "mendmap/test", LIMITS, guard=Guard(Hosts.parse(url)))) as found,
            pytest.raises(FeedError, match="not done after 1 seconds"),
        ):
            found.fetch(f"{url}/a", io.BytesIO())
        assert time.monotonic() - begun < 2
        dripping.join()


def test_a_file_that_changes_while_it_is_read_is_refused(server: FeedServer) -> None:
    server.answers["/file"] = ranged(CONTENT)
    found = remote(server)
    found.read(0, 10)
    server.answers["/file"] = ranged(CONTENT, '"b"')
    with pytest.raises(FeedError, match="changed while it was read"):
        found.read(3 * BLOCK, 10)


def test_no_more_is_fetched_of_a_file_than_is_bounded(server: FeedServer) -> None:
    server.answers["/file"] = ranged(CONTENT)
    found = remote(server, max_bytes=3 * BLOCK)
    found.read(0, 2 * BLOCK)
    with pytest.raises(FeedError, match=r"more than 0.196608 MB of it are needed \(setting MENDMAP_MAX_RASTER_MB\)"):
        found.read(4 * BLOCK, 2 * BLOCK)
    assert found.fetched <= 5 * BLOCK
    assert len(server.asked) == 2

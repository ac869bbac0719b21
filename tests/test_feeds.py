"""Fetching: conditional, patient within bounds, and never taking half a body for a whole one."""

import gzip
import io
import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from email.utils import formatdate

import pytest
from conftest import times
from feed_server import FeedServer, Reply, serving
from hypothesis import given, settings
from hypothesis import strategies as st

from mendmap.errors import FeedError
from mendmap.feeds.fetch import Answer, Fetcher, Limits, redirected
from mendmap.feeds.sensorthings import OVERLAP, batches

BODY = b"station,value\n" + b"inlet,1\n" * 20
LIMITS = Limits(max_bytes=1000, timeout_s=0.5, tries=4, backoff_s=0.001, total_s=1)


class Waits(list[float]):
    """Remembers the pauses that it is asked for, and makes none."""

    def __call__(self, seconds: float) -> bool:
        self.append(seconds)
        return False


def fetch(server: FeedServer, limits: Limits = LIMITS, token: str = "", **how: str) -> tuple[bytes, Answer, Waits]:
    waits, sink = Waits(), io.BytesIO()
    with closing(Fetcher(f"{server.url}/feed", "mendmap/test", limits, token, waits)) as fetcher:
        answer = fetcher.fetch(f"{server.url}/feed", sink, **how)
    return sink.getvalue(), answer, waits


def refused(server: FeedServer, words: str, limits: Limits = LIMITS, **how: str) -> FeedError:
    with pytest.raises(FeedError, match=words) as caught:
        fetch(server, limits, **how)
    assert str(caught.value).isprintable()
    return caught.value


def test_what_has_not_changed_is_not_sent_again(server: FeedServer) -> None:
    server.answers["/feed"] = [
        Reply(BODY, headers={"ETag": '"a"', "Last-Modified": "Sun, 22 Nov 2026 07:00:00 GMT"}),
        Reply(status=304),
    ]
    body, first, _ = fetch(server)
    assert (first, body) == (Answer(True, '"a"', "Sun, 22 Nov 2026 07:00:00 GMT"), BODY)
    _, second, _ = fetch(server, etag=first.etag, last_modified=first.last_modified)
    assert not second.changed
    plain, conditional = server.asked
    assert "If-None-Match" not in plain.headers and "If-Modified-Since" not in plain.headers
    assert conditional.headers["If-None-Match"] == '"a"'
    assert conditional.headers["If-Modified-Since"] == "Sun, 22 Nov 2026 07:00:00 GMT"
    assert conditional.headers["User-Agent"] == "mendmap/test"
    assert conditional.headers["Accept"] == "*/*"


def test_a_304_that_nobody_asked_for_is_refused(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(status=304)
    refused(server, "the server answered 304 Not Modified")


@pytest.mark.parametrize(
    "broken",
    [
        Reply(BODY, sent=30),
        Reply(BODY, sent=0),
        Reply(BODY, chunked=True, sent=30),
        Reply(gzip.compress(BODY)[:-12] + b"x" * 12, headers={"Content-Encoding": "gzip"}),
        Reply(BODY, status=500),
        Reply(BODY, status=429),
        Reply(BODY, silent_s=0.8),
    ],
)
def test_what_may_pass_is_tried_again_and_nothing_of_the_first_try_is_left(server: FeedServer, broken: Reply) -> None:
    whole = b"station,value\ninlet,2\n"
    server.answers["/feed"] = [broken, broken, Reply(whole)]
    body, answer, waits = fetch(server)
    assert (answer.changed, body, len(server.asked)) == (True, whole, 3)
    assert len(waits) == 2 and all(0 < each < 1 for each in waits)


def test_waits_grow_and_are_bounded(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(status=503)
    waits = Waits()
    limits = replace(LIMITS, tries=9, backoff_s=1, longest_wait_s=20)
    with (
        closing(Fetcher(server.url, "mendmap/test", limits, pause=waits)) as fetcher,
        pytest.raises(FeedError, match=r"answered 503 Service Unavailable \(9 tries\)"),
    ):
        fetcher.fetch(f"{server.url}/feed", io.BytesIO())
    assert [2 ** (nth + 1) / 2 <= wait <= min(20, 2 ** (nth + 1)) for nth, wait in enumerate(waits[:4])] == [True] * 4
    assert max(waits) <= 20
    assert len(set(waits)) == len(waits) == 8


@pytest.mark.parametrize("after", [lambda: "7", lambda: formatdate(time.time() + 7.9, usegmt=True)])
def test_a_server_that_says_when_to_come_back_is_left_alone_until_then(
    server: FeedServer, after: Callable[[], str]
) -> None:
    server.answers["/feed"] = [Reply(status=429, headers={"Retry-After": after()}), Reply(BODY)]
    _, answer, waits = fetch(server)
    assert answer.changed
    assert 6 <= waits[0] <= 8


@pytest.mark.parametrize(
    ("reply", "least"),
    [
        (Reply(status=429), 30),
        (Reply(status=429, headers={"Retry-After": "1"}), 1),
        (Reply(status=429, headers={"Retry-After": "soon"}), 0),
        (Reply(status=503), 0),
    ],
)
def test_a_server_that_had_too_much_is_left_alone_even_where_it_does_not_say_for_how_long(
    server: FeedServer, reply: Reply, least: float
) -> None:
    server.answers["/feed"] = [reply, Reply(BODY)]
    _, answer, waits = fetch(server, replace(LIMITS, too_much_s=30))
    assert answer.changed
    assert least <= waits[0] < least + 1


def test_a_server_that_wants_to_be_left_alone_for_long_ends_the_round(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(status=503, headers={"Retry-After": "3600"})
    assert refused(server, r"answered 503 Service Unavailable \(1 tries\)").wait_s == 3600
    server.answers["/feed"] = [Reply(status=503, headers={"Retry-After": "soon"}), Reply(BODY)]
    assert fetch(server)[1].changed


@pytest.mark.parametrize("status", [204, 206, 300, 400, 401, 403, 404, 410, 501])
def test_what_will_not_pass_is_not_tried_again(server: FeedServer, status: int) -> None:
    server.answers["/feed"] = Reply(status=status)
    refused(server, f"http://127.0.0.1:{server.port}/feed: the server answered {status} ")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "large",
    [
        Reply(b"x" * 1001),
        Reply(b"x" * 1001, chunked=True),
        Reply(gzip.compress(b"x" * 100_000_000), headers={"Content-Encoding": "gzip"}),
        Reply(b"", headers={"Content-Length": "9" * 30}),
    ],
)
def test_no_more_is_read_than_is_allowed(server: FeedServer, large: Reply) -> None:
    server.answers["/feed"] = large
    sink = io.BytesIO()
    with (
        closing(Fetcher(server.url, "mendmap/test", LIMITS)) as fetcher,
        pytest.raises(FeedError, match=r"more than 0.001 MB \(setting MENDMAP_MAX_PULL_MB\)"),
    ):
        fetcher.fetch(f"{server.url}/feed", sink)
    assert len(sink.getvalue()) < 100_000


def test_a_body_of_the_very_size_is_read_and_a_compressed_one_unpacked(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(gzip.compress(b"x" * 1000), headers={"Content-Encoding": "gzip"})
    assert fetch(server)[0] == b"x" * 1000


def test_a_body_that_could_be_cut_without_a_trace_is_refused(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(BODY, unsized=True)
    refused(server, "does not say how long its body is")


def test_a_server_that_trickles_is_left_after_a_while(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(BODY, drip_s=0.02)
    begun = time.monotonic()
    refused(server, "not done after 1 seconds")
    assert time.monotonic() - begun < 3


def test_a_silent_server_and_one_that_is_not_there_are_given_up(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(BODY, silent_s=1)
    refused(server, r"silent for 0.1 seconds \(2 tries\)", replace(LIMITS, timeout_s=0.1, tries=2))
    with serving() as gone:
        pass
    refused(gone, r"cannot be reached \(2 tries\)", replace(LIMITS, tries=2))


def test_giving_up_between_tries_is_possible(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(status=500)
    with (
        closing(Fetcher(server.url, "mendmap/test", LIMITS, pause=lambda _: True)) as fetcher,
        pytest.raises(FeedError, match=r"\(1 tries\)"),
    ):
        fetcher.fetch(f"{server.url}/feed", io.BytesIO())
    assert len(server.asked) == 1


def test_redirects_on_the_same_host_are_followed_and_counted(server: FeedServer) -> None:
    server.answers["/feed"] = Reply(b"moved", 302, {"Location": "/there?x=1"})
    server.answers["/there"] = Reply(BODY)
    assert fetch(server, token="secret", etag='"a"')[0] == BODY
    assert server.asked[1].query == {"x": "1"}
    assert server.asked[1].headers["If-None-Match"] == '"a"'
    assert server.asked[1].headers["Authorization"] == "Bearer secret"
    server.answers["/there"] = Reply(status=307, headers={"Location": "/feed"})
    refused(server, "more than 5 redirects")


def test_a_token_goes_to_its_own_server_alone(server: FeedServer) -> None:
    with serving() as other:
        server.answers["/feed"] = Reply(status=301, headers={"Location": f"{other.url}/feed"})
        other.answers["/feed"] = Reply(BODY)
        # The same host at another port is followed, but is somebody else.
        assert fetch(server, token="Basic c2VjcmV0")[1].changed
        assert server.asked[0].headers["Authorization"] == "Basic c2VjcmV0"
        assert "Authorization" not in other.asked[0].headers


def test_a_proxy_of_the_environment_is_used_and_left_out_where_it_says_so(
    server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/feed"] = Reply(BODY)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    sink = io.BytesIO()
    with closing(Fetcher("http://feed.example/feed", "mendmap/test", LIMITS)) as fetcher:
        assert fetcher.fetch("http://feed.example/feed", sink).changed
        assert server.asked[0].headers["Host"] == "feed.example"
        assert fetcher.fetch(f"{server.url}/feed", sink).changed
        assert server.asked[1].headers["Host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("old", "location", "wanted"),
    [
        ("https://data.example.org/a", "b?c#d", "https://data.example.org/b?c"),
        ("https://example.org/a", "https://www.example.org/a", "https://www.example.org/a"),
        ("https://www.example.org/a", "//example.org/a", "https://example.org/a"),
        ("http://example.org/a", "https://example.org/a", "https://example.org/a"),
        ("https://example.org/a", "http://example.org/a", None),
        ("https://example.org/a", "https://example.com/a", None),
        ("https://example.org/a", "https://notexample.org/a", None),
        ("https://example.org/a", "https://org/a", None),
        ("http://10.0.0.1/a", "http://1.10.0.0.1/a", None),
        ("http://1.10.0.0/a", "http://10.0.0/a", None),
        ("http://1.2.3.4/a", "http://2.3.4/a", None),
        ("https://example.org/a", "https://me:word@example.org/a", None),
        ("https://example.org/a", "ftp://example.org/a", None),
        ("https://example.org/a", "file:///etc/passwd", None),
        ("https://example.org/a", "https://[::1/a", None),
        ("https://example.org/a", "https://example.org:x/a", None),
        ("https://example.org/a", "", None),
    ],
)
def test_where_a_redirect_may_lead(old: str, location: str, wanted: str | None) -> None:
    if wanted is None:
        with pytest.raises(FeedError, match=r"https?://.*: leads (from|to) "):
            redirected(old, location)
    else:
        assert redirected(old, location) == wanted


@pytest.mark.parametrize("etag", ['"' + "a" * 600 + '"', '"\xe9"'])
def test_a_validator_that_could_not_be_sent_back_is_not_kept(server: FeedServer, etag: str) -> None:
    server.answers["/feed"] = Reply(BODY, headers={"ETag": etag})
    assert fetch(server)[1] == Answer(True)


KEYS = ["value", "@iot.id", "@iot.nextLink", "phenomenonTime", "components", "dataArray", "Thing"]
LINK = "Observations@iot.navigationLink"
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
moments = st.sampled_from(["2024-01-01T00:00:00Z", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "/", "2024"])
observed = st.fixed_dictionaries({"@iot.id": anything, "phenomenonTime": moments, LINK: st.text(max_size=5)})
pages = st.fixed_dictionaries({"value": st.lists(anything | observed, max_size=4)}) | anything


@settings(max_examples=times(150, 3000))
@given(st.lists(pages, min_size=1, max_size=3), st.sampled_from(["Observations", "Datastreams"]))
def test_whatever_a_service_says_is_a_batch_or_a_clear_error(said: list[object], collection: str) -> None:
    left = list(said)

    def ask(url: str) -> bytes:
        assert url.startswith("https://sta.example/")
        return json.dumps(left.pop(0) if left else {"value": []}).encode()

    try:
        for batch in batches(ask, f"https://sta.example/v1.1/{collection}", {}, OVERLAP, 10):
            assert json.loads(batch.content)["value"]
            # What is remembered can be asked with.
            address = "https://sta.example/Observations"
            assert list(batches(lambda _: b'{"value": []}', address, batch.positions, OVERLAP, 10)) == []
    except FeedError as error:
        assert str(error)


def test_pages_stay_with_their_host_and_get_their_https_back() -> None:
    same = {"same_host": True}
    assert redirected("https://sta.example/v1.1/a", "http://sta.example/v1.1/b", **same) == "https://sta.example/v1.1/b"
    assert redirected("https://sta.example:8443/a", "http://sta.example/b", **same) == "https://sta.example:8443/b"
    for link in ("https://www.sta.example/b", "https://example/b", "http://sta.example:8080/b"):
        with pytest.raises(FeedError):
            redirected("https://sta.example/a", link, **same)

"""Hot tiles: what the cache answers is what the app answers, never stale, made once, and bounded in bytes."""

import asyncio
import datetime as dt
import gc
import threading
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import orjson
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import ClientDisconnect
from test_lake import load
from test_service import wait_until

from mendmap.lake.ledger import Snapshot
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.web.cache import OVERHEAD, Answer, TileCache
from mendmap.web.codings import takes_gzip
from mendmap.web.drawers import Drawers
from mendmap.web.hot import Hot
from mendmap.web.meter import BOUNDS, Meter

TILE = "/tiles/lakes/8/142/92.geojson"
RIVER = "/tiles/rivers/8/142/92.mvt"


def alone(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs something asynchronous in a thread of its own: in this one a browser's loop may be running."""
    with ThreadPoolExecutor(1) as one:
        one.submit(lambda: asyncio.run(run())).result()


class Both:
    """The service, and the app behind its cache."""

    def __init__(self, lake: Path) -> None:
        self.app = create_app(Settings(lake=str(lake), poll_seconds=0.05))
        self.cache: TileCache = self.app.hot._cache

        async def behind(scope: Any, receive: Any, send: Any) -> None:
            await FastAPI.__call__(self.app, scope, receive, send)

        self.hot, self.route = TestClient(self.app), TestClient(behind)

    def same(self, method: str, path: str, **headers: str) -> httpx.Response:
        """Asks both, the service twice: at least its second answer comes from the cache where it keeps any."""
        given = {"Accept-Encoding": "identity"} | {name.replace("_", "-"): value for name, value in headers.items()}
        wanted = self.route.request(method, path, headers=given)
        for _ in range(2):
            answer = self.hot.request(method, path, headers=given)
            assert answer.status_code == wanted.status_code
            assert sorted(answer.headers.multi_items()) == sorted(wanted.headers.multi_items())
            assert answer.content == wanted.content
        return answer


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("hot")
    load(Testford(folder / "testford"), folder / "lake")
    found = Both(folder / "lake")
    with found.hot:
        yield found


PATHS = st.builds(
    "/tiles/{}/{}/{}/{}.{}{}".format,
    st.sampled_from(["lakes", "sites", "works", "stations", "nothing", "l%61kes", "a%2Fb"]),
    st.sampled_from(["8", "7", "17", "08", "-1", "x", "99999999999"]),
    st.sampled_from(["142", "71", "0", "999"]),
    st.sampled_from(["92", "46", "1.5"]),
    st.sampled_from(["geojson", "mvt", "png"]),
    st.sampled_from(["", "", "", "?", "?x=1"]),
)
CODINGS = st.sampled_from(["identity", "gzip", "gzip, br", "gzip;q=0", "*", "*;q=0, gzip;q=0.1", "gzip;q=x", "br"])


@settings(max_examples=60)
@given(st.sampled_from(["GET", "GET", "HEAD", "POST"]), PATHS, CODINGS, st.sampled_from(["", '"x"', "*", "own", "W"]))
def test_the_cache_answers_as_the_app_does(both: Both, method: str, path: str, coding: str, had: str) -> None:
    tag = both.route.get(path).headers.get("etag", '"none"')
    had = {"own": f'"x", {tag}', "W": tag.removeprefix("W/")}.get(had, had)
    both.same(method, path, Accept_Encoding=coding, **({"If_None_Match": had} if had else {}))


def test_a_tile_comes_from_the_cache_the_second_time_and_a_second_reader_gets_304(both: Both) -> None:
    first = both.same("GET", TILE, Accept_Encoding="gzip")
    hits = both.cache.hits
    assert both.hot.get(TILE, headers={"Accept-Encoding": "gzip"}).content == first.content
    assert both.same("GET", TILE, If_None_Match=first.headers["etag"]).status_code == 304
    assert both.cache.hits > hits


def test_a_new_snapshot_is_never_answered_with_an_old_tile(tmp_path: Path, testford: Testford) -> None:
    load(testford, tmp_path / "lake")
    both = Both(tmp_path / "lake")
    with both.hot:
        before = [both.same("GET", path).headers for path in (TILE, RIVER)]
        testford.feature("lakes")["properties"]["name_en"] = "Renamed"
        load(testford, tmp_path / "lake")
        wait_until(lambda: both.hot.get("/readyz").json()["snapshot"]["number"] == 2)
        misses = both.cache.misses
        lake, river = both.same("GET", TILE), both.same("GET", RIVER)
        assert "Renamed" in lake.text
        # What was asked for before was made anew before the snapshot was served: nobody waited for it.
        assert both.cache.misses == misses
        assert [lake.headers["etag"] != before[0]["etag"], river.headers["etag"] == before[1]["etag"]] == [True, True]
        assert {each.headers["mendmap-snapshot"][:2] for each in (lake, river)} == {"2-"}


# A served world made by hand: what is served is a snapshot and the makers of tiles of two layers.


class Maker:
    """Stands for what draws the tiles of a layer; only who it is matters here."""


def world(number: int, **makers: Maker) -> Any:
    snapshot = Snapshot(number, f"{number:064x}", dt.datetime(2026, 1, number, tzinfo=dt.UTC))
    return SimpleNamespace(atlas=SimpleNamespace(snapshot=snapshot), makers=makers)


def answer(served: Any, body: bytes = b"tile", layer: str = "lakes") -> Answer:
    headers = [
        (b"etag", b'"%d"' % len(body)),
        (b"mendmap-snapshot", str(served.atlas.snapshot).encode()),
        *((f"x-{nth}".encode(), f"one and the same {nth}".encode()) for nth in range(12)),
    ]
    return Answer(200, headers, body, layer, "/tiles")


def test_a_snapshot_drops_the_layers_that_it_changed_and_keeps_the_others_under_its_name() -> None:
    lakes, rivers, cache = Maker(), Maker(), TileCache(10**6)
    old, new = world(1, lakes=lakes, rivers=rivers), world(2, lakes=Maker(), rivers=rivers)
    for layer in ("lakes", "rivers"):
        cache.keep((layer, True), answer(old, layer=layer), old)
    assert cache.get(("lakes", True), new) is None
    kept = cache.get(("rivers", True), new)
    assert kept is not None
    assert dict(kept.start["headers"])[b"mendmap-snapshot"] == str(new.atlas.snapshot).encode()
    assert (len(cache), cache.stale, cache.bytes) == (1, 1, 4 + OVERHEAD)


def test_what_was_made_for_a_snapshot_to_come_is_sent_once_it_is_served_and_for_no_other() -> None:
    cache, rivers = TileCache(10**6), Maker()
    old, new, newer = (world(number, lakes=Maker(), rivers=rivers) for number in (1, 2, 3))
    for key in ("first", "last"):
        cache.keep((key, True), answer(old), old)
    cache.keep(("river", True), answer(old, layer="rivers"), old)
    assert [key for (key, _), _ in cache.changed(new)] == ["last", "first"]
    cache.expect(new, {("last", True): answer(new, b"made anew")})
    assert cache.get(("last", True), old).body["body"] == b"tile"  # type: ignore[union-attr]
    assert cache.get(("last", True), new).body["body"] == b"made anew"  # type: ignore[union-attr]
    assert cache.get(("first", True), new) is None
    cache.expect(old, {("last", True): answer(old)})
    assert cache.get(("last", True), newer) is None


def test_what_was_made_of_an_old_snapshot_is_not_kept() -> None:
    maker, cache = Maker(), TileCache(10**6)
    old, new = world(1, lakes=maker), world(2, lakes=maker)
    cache.keep(("late", True), answer(old), new)
    assert len(cache) == 0


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3000)), max_size=60))
def test_the_cache_stays_within_its_bytes_and_drops_the_least_recently_used(acts: list[tuple[int, int]]) -> None:
    served, cache, order = world(1, lakes=Maker()), TileCache(12_000), list[tuple[int, int]]()
    for name, size in acts:
        key = (str(name), True)
        if cache.get(key, served) is None:
            cache.keep(key, answer(served, bytes(size)), served)
            order.append((name, size + OVERHEAD))
            while sum(each for _, each in order) > 12_000:
                order.pop(0)
        else:
            order.append(order.pop([each for each, _ in order].index(name)))
        assert [key[0] for key in cache._answers] == [str(each) for each, _ in order]
        assert cache.bytes == sum(each for _, each in order) <= 12_000


def test_the_cache_counts_about_as_many_bytes_as_it_takes() -> None:
    served, cache = world(1, lakes=Maker()), TileCache(10**9)
    gc.collect()
    tracemalloc.start()
    for nth in range(2000):
        cache.keep((f"/tiles/lakes/14/{nth}/0.geojson", True), answer(served, bytes(nth)), served)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert 0.8 < taken / cache.bytes < 1.1


class App:
    """An app that answers when it is told to, and counts how often it was asked."""

    def __init__(self, served: Any) -> None:
        self.asked, self.go, self.served, self.failure = 0, asyncio.Event(), served, False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        made = answer(self.served, b"made %d" % self.asked)
        await self.go.wait()
        status = 500 if self.failure else 200
        await send({"type": "http.response.start", "status": status, "headers": made.start["headers"]})
        await send(made.body)
        if self.failure:
            raise RuntimeError("it broke")


def hot_over(app: App) -> tuple[Hot, Any]:
    keeper, cache = SimpleNamespace(public=app.served), TileCache(10**6)
    return Hot(app, keeper, cache, Meter("", dict)), keeper  # type: ignore[arg-type]


async def asked(hot: Hot, *headers: tuple[bytes, bytes]) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": TILE, "method": "GET", "query_string": b"", "headers": list(headers)}
    await hot(scope, send, send)
    return sent[0]["status"], sent[1]["body"]


def test_a_thousand_readers_of_a_cold_tile_make_it_once_and_one_who_leaves_takes_it_from_nobody() -> None:
    async def run() -> None:
        app = App(world(1, lakes=Maker()))
        hot, _ = hot_over(app)
        readers = [asyncio.create_task(asked(hot)) for _ in range(1000)]
        await asyncio.sleep(0)
        readers[0].cancel()
        await asyncio.sleep(0.01)
        app.go.set()
        assert set(await asyncio.gather(*readers[1:])) == {(200, b"made 1")}
        assert await asked(hot) == (200, b"made 1")
        assert (app.asked, hot._flights) == (1, {})

    alone(run)


SCENE_TILE = "/rasters/s2023/8/142/92.webp"


class Reader:
    """Who asks for a tile of imagery, and may leave."""

    def __init__(self, hot: Hot) -> None:
        self.left, self.sent, self._asked = asyncio.Event(), [], [{"type": "http.request"}]  # type: ignore[var-annotated]
        scope = {"type": "http", "path": SCENE_TILE, "method": "GET", "query_string": b"", "headers": []}
        self.task = asyncio.create_task(hot(scope, self.receive, self.send))

    async def receive(self) -> Any:
        if self._asked:
            return self._asked.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)


def test_what_nobody_waits_for_any_more_is_never_begun() -> None:
    async def run() -> None:
        drawers, begun, go = Drawers(Settings(raster_threads=1)), [], threading.Event()

        class Busy(App):
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                request, nth = Request(scope, receive), len(begun_by)
                begun_by.append(nth)
                try:
                    await drawers.run(request, lambda: (begun.append(nth), go.wait(5)))
                except ClientDisconnect:
                    await send({"type": "http.response.start", "status": 499, "headers": []})
                    await send({"type": "http.response.body"})
                else:
                    made = answer(self.served, b"drawn")
                    await send(made.start)
                    await send(made.body)

        begun_by: list[int] = []
        hot, _ = hot_over(Busy(world(1, **{"rasters/s2023": Maker()})))
        busy = asyncio.get_running_loop().run_in_executor(drawers._pool, go.wait, 5)
        leaving = [Reader(hot) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert begun_by == [0]
        leaving[0].left.set()
        await asyncio.sleep(0.05)
        assert leaving[0].task.done() and not leaving[1].task.done()
        for each in leaving[1:]:
            each.left.set()
        await asyncio.sleep(0.05)
        assert [each.sent for each in leaving] == [[], [], []]
        staying = Reader(hot)
        await asyncio.sleep(0.05)
        go.set()
        await asyncio.gather(busy, staying.task)
        assert (staying.sent[0]["status"], begun, begun_by, hot._flights) == (200, [1], [0, 1], {})
        drawers.stop()

    alone(run)


def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    async def run() -> None:
        app = App(world(1, lakes=Maker()))
        hot, _ = hot_over(app)
        app.failure = True
        app.go.set()
        found = await asyncio.gather(*(asked(hot) for _ in range(9)), return_exceptions=True)
        assert {str(each) for each in found} == {"it broke"}
        app.failure = False
        assert await asked(hot) == (200, b"made 2")

    alone(run)


def test_who_comes_after_a_new_snapshot_does_not_get_the_tile_that_was_under_way() -> None:
    async def run() -> None:
        app = App(world(1, lakes=Maker()))
        hot, keeper = hot_over(app)
        early = asyncio.create_task(asked(hot))
        await asyncio.sleep(0.01)
        keeper.public = app.served = world(2, lakes=Maker())
        late = asyncio.create_task(asked(hot))
        await asyncio.sleep(0.01)
        app.go.set()
        assert [await early, await late] == [(200, b"made 1"), (200, b"made 2")]
        assert await asked(hot) == (200, b"made 2")

    alone(run)


@pytest.mark.parametrize("header", [b"authorization", b"x-api-key"])
def test_an_answer_to_a_key_is_never_kept(header: bytes) -> None:
    async def run() -> None:
        app = App(world(1, lakes=Maker()))
        hot, _ = hot_over(app)
        app.go.set()
        assert [await asked(hot, (header, b"k")) for _ in range(2)] == [(200, b"made 1"), (200, b"made 2")]
        assert len(hot._cache) == 0

    alone(run)


@pytest.mark.parametrize(
    ("value", "takes"),
    [
        ("", False), ("gzip", True), ("GZIP", True), ("x-gzip", True), ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0", False), ("gzip; q=0.000", False), ("*", True), ("*;q=0", False), ("gzip;q=0, *", False),
        ("identity", False), ("gzipped", False), ("br, *;q=0.1", True), ("gzip;q=much", False),
        ("br, " * 200 + "gzip", True),
    ],
)  # fmt: skip
def test_accept_encoding_is_read_as_it_is_meant(value: str, takes: bool) -> None:
    assert takes_gzip(value.encode()) is takes


def told(text: str) -> dict[str, float]:
    """Metrics by name, those of labels added up."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if not sample.name.endswith("_bucket"):
                found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def test_metrics_count_what_was_answered_and_name_no_address(both: Both) -> None:
    # Nothing is told of what was not asked for yet, and another test need not have come before.
    both.hot.get("/healthz")
    before = told(both.hot.get("/metrics").text)
    for path in (TILE, TILE, "/sites/mirror", "/sites/secret", "/nothing/here"):
        both.hot.get(path)
    text = both.hot.get("/metrics").text
    after = told(text)
    assert after["mendmap_request_seconds_count"] - before["mendmap_request_seconds_count"] == 6
    assert after["mendmap_tile_cache_hits_total"] > before.get("mendmap_tile_cache_hits_total", 0)
    assert (after["mendmap_snapshot_number"], after["mendmap_workers"]) == (1, 1)
    assert after["mendmap_resident_memory_bytes"] > 10**7
    assert 'route="/sites/{' in text
    assert 'route="other"' in text
    assert not [word for word in ("mirror", "secret", "nothing") if word in text]


def test_workers_are_added_up_and_the_dead_count_but_have_nothing_now(tmp_path: Path) -> None:
    meter = Meter(str(tmp_path), lambda: {"tile_cache_bytes": 5, "tile_cache_hits_total": 2})
    meter.answered("/x", "GET", 200, 0.003)
    row = [0.0] * len(BOUNDS) + [1.0, 11.0]
    dead = {"pid": 2**22 + 1, "answers": [["/x", "GET", 200, row]], "counts": {"tile_cache_hits": 3}}
    (tmp_path / "gone.json").write_bytes(orjson.dumps({**dead, "now": {"tile_cache_bytes": 7}}))
    found = meter.numbers()
    assert (found.counts["tile_cache_hits"], found.now) == (5, [{"tile_cache_bytes": 5}])
    (counted,) = found.answers.values()
    assert (sum(counted[:-1]), counted[-1], counted[-2]) == (2, 11.003, 1)
    assert sum(meter.numbers().answers[("/x", "GET", 200)][:-1]) == 2  # type: ignore[index]

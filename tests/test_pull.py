"""``mendmap pull``: what is new at the feeds of a catalogue comes into the lake, once, whatever happens on the way."""

import datetime as dt
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import forked
import pytest
from conftest import MENDMAP, Run, times
from faults import faults_of
from feed_server import Asked, FeedServer, Reply, SensorThings
from place import Testford
from test_ingest import HOUR, START, row, values
from test_lake import load

from mendmap.errors import FeedError, GeodataError, NotFoundError
from mendmap.feeds.fetch import Limits
from mendmap.lake.connection import open_lake
from mendmap.load.pull import Manner, Pulled, declared, pull
from mendmap.words.dates import length

QUICK = {"MENDMAP_PULL_TIMEOUT_SECONDS": "2", "MENDMAP_PULL_TRIES": "1"}
MANNER = Manner(Limits(1_000_000, 2, 3, backoff_s=0.001), 100, "mendmap/test", lambda _: False)
MAPPING = """
format = "hourly"
zone = "Europe/Belgrade"
label = "end"
date = 2022-03-30
decimal = ","
[columns."Chimney SO2"]
station = "chimney"
parameter = "so2"
unit = "ug/m3"
"""


class Place:
    """Testford with feeds, in a lake."""

    def __init__(self, testford: Testford, server: FeedServer) -> None:
        self.testford, self.server, self.lake = testford, server, testford.folder.parent / "lake"
        self.testford.tables["feed"] = []

    def feed(self, path: str = "/feed.csv", ident: str = "town", **cells: str) -> None:
        """Declares a feed, in place of one of that id, and loads the folder."""
        kept = [each for each in self.testford.tables["feed"] if each["id"] != ident]
        usual = {"id": ident, "title": "Synthetic", "url": f"{self.server.url}{path}", "source": "survey"}
        self.testford.tables["feed"] = [*kept, usual | cells]
        load(self.testford, self.lake)

    def pull(self, ident: str = "town", manner: Manner = MANNER) -> Pulled:
        known = declared(str(self.lake), "", [ident])
        return pull(str(self.lake), known, known.feeds[0], manner)

    def counts(self, ident: str = "town", manner: Manner = MANNER) -> list[dict[str, int]]:
        return [dict(each.written.changes["readings"]) for each in self.pull(ident, manner).ingested]

    def details(self) -> list[dict[str, object]]:
        opened = open_lake(str(self.lake))
        found = opened.query("SELECT detail FROM ledger WHERE act = 'ingest' ORDER BY number").fetchall()
        opened.close()
        return [json.loads(each[0]) for each in found]


@pytest.fixture
def place(testford: Testford, server: FeedServer) -> Place:
    return Place(testford, server)


@contextmanager
def running(place: Place, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A pull in a process of its own, which does not outlive the block."""
    command = [*MENDMAP, "pull", *arguments, "--lake", str(place.lake)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | QUICK
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def body(*rows: dict[str, str]) -> bytes:
    lines = [",".join(rows[0])] + [",".join(each.values()) for each in rows]
    return "\n".join(lines).encode() + b"\n"


def counted(added: int, changed: int = 0) -> dict[str, int]:
    return {"added": added, "changed": changed, "removed": 0}


def test_what_has_not_changed_writes_nothing_and_what_has_is_a_revision(place: Place) -> None:
    tagged = {"ETag": '"one"', "Last-Modified": "Sun, 22 Nov 2026 07:00:00 GMT"}
    place.server.answers["/feed.csv"] = [Reply(body(row(0), row(1)), headers=tagged), Reply(status=304)]
    place.feed()
    assert place.counts() == [counted(2)]
    assert place.pull() == Pulled()
    assert place.server.asked[1].headers["If-None-Match"] == '"one"'
    assert place.server.asked[1].headers["If-Modified-Since"] == tagged["Last-Modified"]
    place.server.answers["/feed.csv"] = Reply(body(row(0), row(1, "5"), row(2)))
    assert place.counts() == [counted(1, 1)]
    # The same body again, from a server that knows no conditions.
    assert place.pull() == Pulled()
    assert "If-None-Match" not in place.server.asked[3].headers
    assert values(place.lake) == {START: 1.0, START + HOUR: 5.0, START + 2 * HOUR: 1.0}
    first, second = place.details()
    assert first["feed"]["etag"] == '"one"' and second["feed"]["etag"] == ""  # type: ignore[index]
    assert str(first["file"]).startswith("town-20")
    journal = place.lake / "journal" / str(second["sha256"])
    assert journal.read_bytes() == body(row(0), row(1, "5"), row(2))


def test_who_asks_says_so_and_whom_to_write_to(place: Place, run_mendmap: Run) -> None:
    place.server.answers["/feed.csv"] = Reply(body(row(0)))
    place.feed()
    assert run_mendmap("pull", "--lake", place.lake).returncode == 0
    assert place.server.asked[0].headers["User-Agent"] == "mendmap/0.1.0 (+mailto:tests@testford.example)"


def test_a_declaration_that_changed_forgets_what_was_fetched_and_whole_does_so_too(place: Place) -> None:
    place.server.answers["/feed.csv"] = Reply(body(row(0)), headers={"ETag": '"one"'})
    place.feed()
    place.pull()
    place.feed(note="A note says nothing of the readings.")
    place.pull()
    place.feed(zone="Europe/Belgrade")
    assert place.counts() == [counted(0)]
    place.feed()
    assert place.counts(manner=replace(MANNER, whole=True)) == [counted(0)]
    assert ["If-None-Match" in each.headers for each in place.server.asked] == [False, True, False, False]


def test_a_bad_row_refuses_all_and_is_not_remembered(place: Place, tmp_path: Path) -> None:
    place.server.answers["/feed.csv"] = Reply(body(row(0), row(1, "x")), headers={"ETag": '"one"'})
    place.feed()
    for _ in range(2):
        with pytest.raises(GeodataError, match=r"town-2\S+:2: value: not a finite number"):
            place.pull()
    assert values(place.lake) == {}
    assert "If-None-Match" not in place.server.asked[1].headers
    done = place.pull(manner=replace(MANNER, rejects=tmp_path))
    assert values(place.lake) == {START: 1.0}
    assert done.ingested[0].settled.bad_rows == 1
    (rejects,) = tmp_path.glob("town-*.csv")
    assert "not a finite number" in rejects.read_text("utf-8")


def test_a_server_that_dies_amid_the_body_leaves_nothing_half_done(place: Place) -> None:
    whole = body(*(row(nth) for nth in range(50)))
    place.server.answers["/feed.csv"] = [Reply(whole, sent=len(whole) // 2), Reply(whole)]
    place.feed()
    assert place.counts() == [counted(50)]
    place.server.answers["/feed.csv"] = Reply(body(*(row(nth, "2") for nth in range(50))), sent=1500)
    with pytest.raises(FeedError, match=r"broke off before the end of the body \(3 tries\)"):
        place.pull()
    assert set(values(place.lake).values()) == {1.0}


def test_a_wide_table_comes_in_by_the_mapping_that_was_loaded(place: Place) -> None:
    place.testford.write()
    (place.testford.folder / "chimney.toml").write_text(MAPPING, "utf-8")
    place.server.answers["/hours"] = Reply(b"Sat;Chimney SO2\n01:00;12,5\n02:00;/\n24:00;<3\n")
    place.feed("/hours", mapping="chimney.toml")
    (place.testford.folder / "chimney.toml").unlink()
    assert place.counts() == [counted(3)]
    zone = dt.timezone(dt.timedelta(hours=2))
    day = dt.datetime(2022, 3, 30, tzinfo=zone)
    assert values(place.lake) == {day: 12.5, day + HOUR: None, day + 23 * HOUR: 3.0}


FAULTS: list[tuple[dict[str, str], str]] = [
    ({"url": "ftp://feed.example/a"}, "url: not an address that begins with"),
    ({"url": "mailto:me@feed.example"}, "url: not an address that begins with https:// or http://"),
    ({"url": "https://me:word@feed.example/a"}, "url: an address holds no password"),
    ({"url": "https://feed.example:99999/a"}, "url: not an address"),
    ({"format": "pdf"}, "format: no such format: 'pdf'; choices: auto, eea_aq"),
    ({"format": "hourly"}, "mapping: format hourly needs one"),
    ({"format": "sensorthings"}, "url: not the address of a service's Observations or Datastreams"),
    ({"mapping": "none.toml"}, "mapping: cannot read 'none.toml'"),
    ({"mapping": "../none.toml"}, "mapping: a path outside the folder"),
    ({"zone": "Europe/Bor"}, "zone: no such zone: 'Europe/Bor'"),
    ({"label": "middle"}, "label: not one of the choices"),
    ({"encoding": "utf-9"}, "encoding: no such encoding: 'utf-9'"),
    ({"source": "nobody"}, "source: no such source: 'nobody'"),
    ({"every": "often"}, "every: not a length of time up to ten years: write 30s, 10m, 6h or 7d: 'often'"),
    ({"overlap": "0d"}, "overlap: not a length of time"),
    ({"token": "AWS_SECRET_ACCESS_KEY"}, "token: not the name of a variable that begins with MENDMAP_FEED_"),
    ({"token": "MENDMAP_FEED_A", "url": "http://feed.example/a"}, "token: a token is sent over https only"),
]


def test_a_feed_that_cannot_be_meant_is_a_fault(testford: Testford) -> None:
    usual = {"title": "Synthetic", "url": "https://feed.example/a", "source": "survey"}
    testford.tables["feed"] = [usual | {"id": f"f{nth}"} | cells for nth, (cells, _) in enumerate(FAULTS)]
    found = faults_of(testford)
    for line, (cells, words) in enumerate(FAULTS, 2):
        assert any(each.startswith(f"feed.csv:{line}: {words}") for each in found), cells
    assert len(found) == len(FAULTS)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("90m", 5400), ("10min", 600), (" 6h ", 21600), ("7d", 604800), ("3660d", 316224000)],
)
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert length(text) == dt.timedelta(seconds=seconds)
    assert length(f"{seconds}s") == length(text)


@pytest.mark.parametrize("text", ["", "10", "0s", "-1h", "1.5h", "h", "3661d", "1h30m", "1 h", "٣h", "9999999999s"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        length(text)


def test_feeds_of_a_sound_declaration_pass_and_keep_what_they_say(place: Place) -> None:
    place.feed("/a", every="90m", overlap="30d", label="end", format="tidy", encoding="cp1250")
    (feed,) = declared(str(place.lake), "").feeds
    assert (feed.every, feed.overlap, feed.label) == (dt.timedelta(minutes=90), dt.timedelta(days=30), "end")
    with pytest.raises(NotFoundError, match="no feed of that id: 'city'; choices: town"):
        declared(str(place.lake), "", ["city"])


@pytest.mark.parametrize("collection", ["Observations", "Datastreams"])
def test_all_pages_of_a_service_are_taken_and_then_only_what_is_new(place: Place, collection: str) -> None:
    service = SensorThings(place.server)
    for hour in range(10):
        service.add(1, START + hour * HOUR, hour)
        service.add(2, START + hour * HOUR, 100 + hour)
    place.feed(f"/v1.1/{collection}", format="sensorthings", overlap="2h")
    assert place.counts() == [counted(20)]
    assert values(place.lake) == {START + hour * HOUR: float(hour) for hour in range(10)}
    place.server.asked.clear()
    # One revised within the overlap, one before it, one that is late, and one that is new.
    service.add(1, START + 8 * HOUR, 88)
    service.add(1, START + 2 * HOUR, 22)
    service.add(1, START + 7.5 * HOUR, 75)
    service.add(1, START + 10 * HOUR, 10)
    assert place.counts() == [counted(2, 1)]
    found = values(place.lake)
    assert found[START + 8 * HOUR] == 88
    assert found[START + 2 * HOUR] == 2
    assert found[START + 7.5 * HOUR] == 75
    filters = [each.query["$filter"] for each in place.server.asked if "Observations" in each.path]
    assert set(filters) == {"phenomenonTime gt 2022-01-01T07:00:00.000Z"}
    assert place.counts() == [counted(0)]
    assert place.counts(manner=replace(MANNER, whole=True)) == [counted(0, 1)]
    assert values(place.lake)[START + 2 * HOUR] == 22


def test_a_stream_that_lags_far_behind_the_others_loses_nothing(place: Place) -> None:
    service = SensorThings(place.server)
    service.add(1, START, 1)
    service.add(2, START + 1000 * HOUR, 2)
    place.feed("/v1.1/Datastreams", format="sensorthings")
    place.pull()
    service.add(1, START + HOUR, 3)
    assert place.counts() == [counted(1)]
    assert place.details()[-1]["feed"]["positions"] == {  # type: ignore[index]
        "1": "2022-01-01T01:00:00.000Z",
        "2": "2022-02-11T16:00:00.000Z",
    }


def test_a_clock_that_runs_ahead_does_not_put_off_what_comes_after_it(place: Place) -> None:
    service = SensorThings(place.server)
    service.add(1, dt.datetime(2999, 1, 1, tzinfo=dt.UTC), 1)
    place.feed("/v1.1/Observations", format="sensorthings")
    place.pull()
    service.add(1, dt.datetime.now(dt.UTC).replace(microsecond=0), 2)
    assert place.counts() == [counted(1)]


def test_an_address_keeps_what_it_asks_itself(place: Place) -> None:
    service = SensorThings(place.server)
    service.add(1, START, 1)
    query = "?$filter=result%20gt%200&$expand=Datastream($expand=Thing,ObservedProperty)&$orderby=id%20desc"
    place.feed(f"/v1.1/Observations{query}", format="sensorthings", overlap="1h")
    place.pull()
    place.pull()
    first, second = place.server.asked
    assert first.query["$filter"] == "result gt 0"
    assert second.query["$filter"] == "(result gt 0) and phenomenonTime gt 2021-12-31T23:00:00.000Z"
    assert second.query["$expand"] == "Datastream($expand=Thing,ObservedProperty)"


def test_the_bound_of_pages_is_said_and_the_next_pull_goes_on(place: Place) -> None:
    service = SensorThings(place.server, page=5)
    for hour in range(30):
        service.add(1, START + hour * HOUR, hour)
    place.feed("/v1.1/Observations", format="sensorthings", overlap="1h")
    few = replace(MANNER, max_pages=3)
    for _ in range(2):
        with pytest.raises(FeedError, match=r"more than 3 pages \(setting MENDMAP_MAX_PULL_PAGES\)"):
            place.pull(manner=few)
    assert place.counts(manner=few) == [counted(1)]
    assert values(place.lake) == {START + hour * HOUR: float(hour) for hour in range(30)}


def test_large_services_are_taken_in_batches_each_remembered(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mendmap.feeds.sensorthings._BATCH_BYTES", 600)
    service = SensorThings(place.server, page=4)
    for hour in range(16):
        service.add(1 + hour % 2, START + hour // 2 * HOUR, hour)
    place.feed("/v1.1/Datastreams", format="sensorthings")
    done = place.pull()
    assert len(done.ingested) > 1
    assert sum(each.written.changes["readings"]["added"] for each in done.ingested) == 16
    assert len({each["file"] for each in place.details()}) == len(done.ingested)
    assert not any(each.written.changed for each in place.pull().ingested)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ({"value": [], "@iot.nextLink": "http://elsewhere.example/v1.1/Observations"}, "leads to another host"),
        ({"value": [], "@iot.nextLink": "?x=1"}, "in a circle|more than 100 pages"),
        ({"value": 1}, "a page that is no SensorThings"),
        ([], "a page that is no SensorThings"),
        ({"value": [], "@iot.nextLink": 7}, "a page that is no SensorThings"),
        ({"value": [{"name": "no id"}]}, "a Datastream without @iot.id"),
    ],
)
def test_a_service_that_leads_astray_is_refused(place: Place, page: object, words: str) -> None:
    place.server.answers["/v1.1/Datastreams"] = Reply(json.dumps(page).encode())
    place.feed("/v1.1/Datastreams", format="sensorthings")
    with pytest.raises(FeedError, match=words):
        place.pull()
    place.server.answers["/v1.1/Datastreams"] = Reply(b"<a/>")
    with pytest.raises(FeedError, match="a page that is no JSON: '<a/>'"):
        place.pull()


def test_the_first_of_several_pages_is_never_taken_for_the_whole(place: Place) -> None:
    service = SensorThings(place.server)
    service.add(1, START, 1)
    link = {"@iot.nextLink": f"{service.url}/Observations?$skip=1"}
    entry = {
        **json.loads(
            service.reply(Asked("/v1.1/Observations", {"$orderby": "phenomenonTime asc", "$expand": ""}, {})).body
        )
    }
    place.server.answers["/first"] = Reply(json.dumps(entry | link).encode())
    place.feed("/first")
    with pytest.raises(FeedError, match="the first of several pages; declare the feed with format sensorthings"):
        place.pull()


def test_a_token_is_sent_and_stays_out_of_sight(place: Place, run_mendmap: Run) -> None:
    place.server.answers["/feed.csv"] = Reply(status=403)
    place.feed(token="MENDMAP_FEED_TOWN")
    done = run_mendmap("pull", "--lake", place.lake, MENDMAP_FEED_TOWN="s3cr3t", **QUICK)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"town: {place.server.url}/feed.csv: the server answered 403 Forbidden\n"
    assert place.server.asked[0].headers["Authorization"] == "Bearer s3cr3t"
    missing = run_mendmap("pull", "--lake", place.lake, **QUICK)
    assert missing.stderr == "town: the environment variable 'MENDMAP_FEED_TOWN' holds no token that could be sent\n"
    assert len(place.server.asked) == 1
    assert b"s3cr3t" not in b"".join(path.read_bytes() for path in place.lake.rglob("*") if path.is_file())


def test_the_command_tells_of_each_feed_and_one_that_fails_stops_no_other(place: Place, run_mendmap: Run) -> None:
    place.server.answers |= {"/a": Reply(status=500), "/b": Reply(body(row(0))), "/c": Reply(body(row(0, "x")))}
    for ident in "abc":
        place.feed(f"/{ident}", ident)
    done = run_mendmap("pull", "--lake", place.lake, **QUICK)
    assert done.returncode == 1
    failed, refused = done.stderr.splitlines()
    assert failed.endswith("/a: the server answered 500 Internal Server Error (1 tries)")
    assert refused.startswith("c: c-20") and "value: not a finite number" in refused
    assert done.stdout.startswith("b: tidy; 1 claims; readings: 1 added, 0 changed, 0 removed; snapshot ")
    again = run_mendmap("pull", "b", "--lake", place.lake, **QUICK)
    assert (again.returncode, again.stdout, again.stderr) == (0, "b: unchanged\n", "")
    unknown = run_mendmap("pull", "z", "--lake", place.lake)
    assert (unknown.returncode, unknown.stderr) == (1, "mendmap: no feed of that id: 'z'; choices: a, b, c\n")


def test_a_dry_run_writes_nothing_and_a_place_without_feeds_says_so(place: Place, run_mendmap: Run) -> None:
    load(place.testford, place.lake)
    none = run_mendmap("pull", "--lake", place.lake)
    assert (none.returncode, none.stderr) == (0, "the catalogue declares no feeds; a table of kind feed does\n")
    place.server.answers["/feed.csv"] = Reply(body(row(0)))
    place.feed()
    dry = run_mendmap("pull", "--dry-run", "--lake", place.lake)
    assert dry.stdout.endswith("readings: 1 added, 0 changed, 0 removed; nothing was written\n")
    assert values(place.lake) == {} and place.details() == []


def test_two_pulls_at_once_lose_and_double_nothing(place: Place) -> None:
    place.server.answers["/feed.csv"] = Reply(body(*(row(nth) for nth in range(200))), silent_s=1)
    place.feed()
    place.server.answers["/other.csv"] = Reply(body(*(row(nth) for nth in range(200, 400))))
    place.feed("/other.csv", "other")
    with running(place) as one, running(place) as other:
        said = [each.communicate(timeout=60) for each in (one, other)]
        assert (one.returncode, other.returncode) == (0, 0), said
    assert sum("town: another pull is at work on it" in out or "town: unchanged" in out for out, _ in said) == 1
    assert len(values(place.lake)) == 400
    assert len(place.details()) == 2


def test_a_killed_pull_misses_nothing_and_takes_nothing_twice(place: Place, tmp_path: Path) -> None:
    served = threading.Event()
    chance = random.Random(20261122)
    state = {"hours": 0}

    def reply(asked: Asked) -> Reply:
        served.set()
        return Reply(body(*(row(nth) for nth in range(state["hours"]))), headers={"ETag": f'"{state["hours"]}"'})

    place.server.answers["/feed.csv"] = reply
    place.feed()
    forked.context()

    def pulling() -> ForkServerProcess:
        return forked.start(["pull", "--lake", place.lake], tmp_path / "output")

    def pulled() -> None:
        process = pulling()
        process.join(60)
        assert process.exitcode == 0

    begun = time.monotonic()
    state["hours"] = 10
    pulled()
    whole_s = time.monotonic() - begun
    landed = 0
    for _ in range(times(4, 60)):
        before = len(values(place.lake))
        state["hours"] += 10
        served.clear()
        process = pulling()
        assert served.wait(30)
        time.sleep(chance.uniform(0, whole_s))
        process.kill()
        process.join()
        assert len(values(place.lake)) in (before, state["hours"]), "half of what was fetched is there"
        landed += len(values(place.lake)) == state["hours"]
        if chance.random() < 0.5:
            pulled()
            assert len(values(place.lake)) == state["hours"]
    pulled()
    assert values(place.lake) == {START + nth * HOUR: 1.0 for nth in range(state["hours"])}
    opened = open_lake(str(place.lake))
    (twice,) = opened.query("SELECT count(*) FROM readings WHERE superseded IS NOT NULL").fetchall()
    opened.close()
    assert twice == (0,)
    print(f"{landed} of the killed pulls had landed")


def test_every_goes_on_until_a_signal_and_ends_the_feed_under_way(place: Place) -> None:
    state = {"hours": 0}
    slow = threading.Event()

    def reply(asked: Asked) -> Reply:
        state["hours"] += 1
        if state["hours"] == 3:
            slow.set()
        return Reply(body(*(row(nth) for nth in range(state["hours"]))), silent_s=1 if state["hours"] == 3 else 0)

    place.server.answers["/feed.csv"] = reply
    place.server.answers["/rare.csv"] = Reply(body(row(500)))
    place.feed()
    place.feed("/rare.csv", "rare", every="1h")
    with running(place, "--every", "1s") as process:
        assert slow.wait(30)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert out.count("town: tidy") == 3, out
    assert [each.path for each in place.server.asked].count("/rare.csv") == 1
    assert len(values(place.lake)) == 4


def test_every_outlives_a_feed_that_fails_and_refuses_what_is_no_time(place: Place, run_mendmap: Run) -> None:
    failed = threading.Event()

    def reply(asked: Asked) -> Reply:
        if len(place.server.asked) > 2:
            failed.set()
        return Reply(status=500)

    place.server.answers["/feed.csv"] = reply
    place.feed()
    with running(place, "--every", "1s") as process:
        assert failed.wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert err.count("the server answered 500") >= 3
    wrong = run_mendmap("pull", "--every", "often", "--lake", place.lake)
    assert wrong.returncode == 2
    assert "not a length of time" in wrong.stderr

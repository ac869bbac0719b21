"""How ``mendmap gather`` asks: politely, only whom it may, and whatever is answered, the other recipes have their turn.

All services are servers of this machine, and all that they answer is made up.
"""

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from asking import recipe as named
from conftest import Run
from feed_server import FeedServer, Reply
from gathering import environment, outlines, recipe
from overpass_server import JSON
from place import Testford

from mendmap.errors import FeedError
from mendmap.gather.answers import Answers
from mendmap.gather.asker import Asker, Turns, fetching, hosts
from mendmap.gather.services.all import SERVICES
from mendmap.load.check import check
from mendmap.settings import Settings

GOOD = b'{"version": 0.6, "elements": []}'


class Asking:
    """Asks a server as a run does; ``again`` as another run does."""

    def __init__(self, server: FeedServer, home: Path, **settings: Any) -> None:
        given = {"gather_own": server.url, "gather_pause_seconds": 0.0, "pull_tries": 1} | settings
        self.settings, self.home, self.recipe = Settings(**given), home, named(service="overpass", url=server.url)
        self.answers = Answers(home)
        self.again()

    def again(self) -> None:
        self.turns = Turns(self.settings.gather_pause_seconds)
        service, contact = SERVICES["overpass"], "mailto:someone@example.org"
        self.fetching = fetching(self.recipe, service, contact, self.settings)
        fetcher = self.fetching.__enter__()
        self.ask = Asker(self.recipe, self.answers, fetcher, self.turns, self.settings)

    def close(self) -> None:
        self.answers.close(self.recipe.id, self.ask.questions)
        self.answers.tidy([self.recipe.id])


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    server.answers["/a"] = Reply(b"one", headers={"ETag": '"1"'})
    return Asking(server, tmp_path / "home")


def test_who_asks_says_who_it_is_and_where_to_complain(asking: Asking, server: FeedServer) -> None:
    assert asking.ask(f"{server.url}/a").read_bytes() == b"one"
    assert server.asked[0].headers["User-Agent"].startswith("mendmap/")
    assert server.asked[0].headers["User-Agent"].endswith("(+mailto:someone@example.org)")


def test_all_the_answers_to_a_recipe_together_are_bounded(server: FeedServer, tmp_path: Path) -> None:
    for name in ("/one", "/two"):
        server.answers[name] = Reply(b" " * 600_000)
    asking = Asking(server, tmp_path / "home", max_gather_mb=1)
    asking.ask(f"{server.url}/one")
    with pytest.raises(FeedError, match=r"more than 1 MB \(setting MENDMAP_MAX_GATHER_MB\); ask for less"):
        asking.ask(f"{server.url}/two")


def test_a_host_that_had_too_much_is_left_alone_for_half_a_minute(asking: Asking) -> None:
    service, contact = SERVICES["overpass"], "mailto:someone@example.org"
    with fetching(asking.recipe, service, contact, asking.settings) as fetcher:
        assert fetcher.limits.too_much_s == 30


def test_a_host_is_left_alone_between_two_questions(server: FeedServer, tmp_path: Path) -> None:
    asking = Asking(server, tmp_path, gather_pause_seconds=0.3)
    server.answers |= {"/a": Reply(b"one"), "/b": Reply(b"two")}
    started = time.monotonic()
    asking.ask(f"{server.url}/a")
    asking.ask(f"{server.url}/b")
    assert time.monotonic() - started > 0.3
    started = time.monotonic()
    asking.ask(f"{server.url}/a")  # kept: nobody is asked
    assert time.monotonic() - started < 0.2


def test_a_run_that_goes_on_takes_what_it_has_and_a_later_one_asks_for_changes(
    asking: Asking, server: FeedServer
) -> None:
    url = f"{server.url}/a"
    asking.ask(url)
    asking.again()
    asking.ask(url)
    assert (len(server.asked), asking.ask.counts["kept"]) == (1, 1)
    asking.close()
    asking.again()
    server.answers["/a"] = Reply(b"", 304)
    assert asking.ask(url).read_bytes() == b"one"
    assert server.asked[1].headers["If-None-Match"] == '"1"'
    assert asking.ask.counts == {"fetched": 0, "unchanged": 1, "kept": 0}


def test_a_post_is_kept_by_what_was_posted_and_never_asked_with_conditions(asking: Asking, server: FeedServer) -> None:
    server.answers["/a"] = lambda asked: Reply(asked.body, headers={"ETag": '"1"'})
    assert [asking.ask(f"{server.url}/a", body).read_bytes() for body in (b"x", b"y", b"x")] == [b"x", b"y", b"x"]
    assert len(server.asked) == 2
    asking.close()
    asking.again()
    asking.ask(f"{server.url}/a", b"x")
    assert "If-None-Match" not in server.asked[2].headers


def test_an_answer_that_is_not_whole_on_disk_is_asked_for_again(asking: Asking, server: FeedServer) -> None:
    path = asking.ask(f"{server.url}/a")
    path.write_bytes(b"on")
    asking.again()
    assert asking.ask(f"{server.url}/a").read_bytes() == b"one"
    (question,) = (asking.home / "questions").iterdir()
    question.write_bytes(b"{")
    asking.again()
    assert asking.ask(f"{server.url}/a").read_bytes() == b"one"
    assert [each.headers.get("If-None-Match") for each in server.asked] == [None, None, None]


def test_an_answer_of_the_day_before_is_asked_for_again(asking: Asking, server: FeedServer) -> None:
    asking.ask(f"{server.url}/a")
    (question,) = (asking.home / "questions").iterdir()
    question.write_text(json.dumps(json.loads(question.read_text()) | {"at": "2020-01-01T00:00:00Z"}))
    asking.again()
    asking.ask(f"{server.url}/a")
    assert len(server.asked) == 2


def test_what_no_run_asks_any_more_is_forgotten(asking: Asking, server: FeedServer) -> None:
    server.answers["/b"] = Reply(b"two")
    asking.ask(f"{server.url}/a")
    asking.ask(f"{server.url}/b")
    (asking.home / "answers" / f".{os.getpid()}").write_bytes(b"of a killed run")
    asking.again()
    asking.ask(f"{server.url}/a")
    asking.close()
    assert [each.read_bytes() for each in (asking.home / "answers").iterdir()] == [b"one"]


def test_questions_without_an_end_are_an_error(server: FeedServer, tmp_path: Path) -> None:
    asking = Asking(server, tmp_path, max_pull_pages=3)
    server.answers |= {f"/{nth}": Reply(b"x") for nth in range(5)}
    with pytest.raises(FeedError, match="more than 3 questions"):
        [asking.ask(f"{server.url}/{nth}") for nth in range(5)]
    assert len(server.asked) == 3


def test_only_the_setting_opens_this_machine_and_only_what_is_named_the_world() -> None:
    about = named(service="overpass", url="https://one.example.org/x", hosts="two.example.org, http://127.0.0.1:80")
    found = hosts(about, SERVICES["overpass"], Settings(gather_own="http://127.0.0.1:8080"))
    assert found.refusal("https://one.example.org/y") == found.refusal("https://two.example.org/") == ""
    assert found.refusal("http://127.0.0.1:8080/x") == ""
    assert "over https only" in found.refusal("http://127.0.0.1:80/x")
    assert "not among the hosts" in found.refusal("https://three.example.org/")


def test_whatever_a_service_answers_its_recipe_fails_clearly_and_the_others_go_on(
    server: FeedServer, tmp_path: Path, run_mendmap: Run
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    wrong = {
        "html": (Reply(b"<!doctype html><p>Too many requests"), "a web page in place of data"),
        "cut": (Reply(GOOD, sent=10), "broke off|cut"),
        "longer": (Reply(GOOD, headers={"Content-Length": "5000"}, sent=len(GOOD)), "broke off|cut"),
        "unsized": (Reply(GOOD, unsized=True), "how long its body is"),
        "huge": (Reply(GOOD, headers={"Content-Length": "4000000000"}), "more than 1 MB"),
        "slow": (Reply(GOOD, silent_s=1.5), "silent"),
        "busy": (Reply(b"", 429, {"Retry-After": "3600"}), "429 Too Many Requests"),
        "elsewhere": (Reply(b"", 302, {"Location": "https://192.168.1.1/api"}), "not followed"),
        "inwards": (Reply(b"", 302, {"Location": nobody}), "not followed"),
        "circle": (Reply(b"", 302, {"Location": "/circle"}), "redirects"),
        "schema": (Reply(b'{"objects": []}', headers=JSON), "elements"),
        "broken": (Reply(b'{"elements": [{"type"', headers=JSON), "JSON"),
    }
    place = Testford(tmp_path / "testford")
    place.tables["recipe"] = []
    for name, (reply, _) in wrong.items():
        server.answers[f"/{name}"] = reply
        drawn = {"service": "overpass", "select": "natural=water", "layer": "lakes", "feature_kind": "lake"}
        place.tables["recipe"].append(recipe(server, name, url=f"{server.url}/{name}", accuracy_m="10", **drawn))
    place.tables["recipe"].append({**place.tables["recipe"][0], "id": "down", "url": nobody})
    outlines(place, server)
    place.tables["recipe"].append(place.tables["recipe"].pop(0))
    folder = place.write()
    more = {"MENDMAP_MAX_PULL_MB": "1", "MENDMAP_PULL_TIMEOUT_SECONDS": "0.5"}
    done = run_mendmap("gather", "--accept", "--geodata", folder, **environment(server, **more))
    assert done.returncode == 1
    told = dict(line.split(": ", 1) for line in done.stderr.splitlines() if not line.startswith("ERROR"))
    unclear = {
        name: told.get(name, "")
        for name, (_, message) in wrong.items()
        if not any(each in told.get(name, "") for each in message.split("|"))
    }
    assert unclear == {}
    assert "https only" in told["down"]
    assert "heaps: 1 feature;" in done.stdout
    assert [path.name for path in (folder / "gathered").iterdir()] == ["heaps.geojson"]
    assert next(each for each in check(folder, 10).features if each.id == "heap").properties["accuracy_m"] == 10


@pytest.mark.parametrize("name", ["=1+1", "@x", "-A", "a\tb", "x" * 12_000, "\u202eright", '"; <script>'])
def test_a_name_that_no_table_may_hold_does_not_keep_its_feature_out(
    name: str, server: FeedServer, tmp_path: Path, run_mendmap: Run
) -> None:
    place = Testford(tmp_path / "testford")
    place.tables["recipe"] = []
    outlines(place, server, name)
    folder = place.write()
    done = run_mendmap("gather", "--geodata", folder, "--dry-run", **environment(server))
    assert (done.returncode, done.stderr) == (0, "")

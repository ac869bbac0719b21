"""The change log: what the world did, what was only put right, and what follows, between any two moments."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import Run
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, point, polygon
from test_as_of import load
from test_ingest import row, take

from mendmap.changes import features
from mendmap.geo.measure import area_m2, distance_m
from mendmap.lake.changed import Pair, Version
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.web.feed import tag

ATOM = "{http://www.w3.org/2005/Atom}"
WIDER = [[20.5, 44.5], [20.52, 44.5], [20.52, 44.51], [20.5, 44.51], [20.5, 44.5]]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four writes: Testford; its features drawn anew, moved, ended and described better; its records; readings."""
    place = Testford(tmp_path_factory.mktemp("changes") / "testford")
    found = place.folder.parent / "lake"
    load(place, found)
    place.feature("lakes")["geometry"] = polygon(WIDER)
    place.feature("lakes")["properties"] |= {"accuracy_m": 5, "note": "Surveyed anew."}
    heap = place.feature("dumps")
    heap["geometry"] = point(20.801, 44.8)
    heap["properties"] |= {"valid_from": "2024", "size": "less"}
    place.feature("lakes", 1)["properties"]["valid_to"] = "2025"
    place.layers["lakes"]["features"].append({**place.feature("lakes", 1)})
    place.layers["lakes"]["features"][2] = json.loads(json.dumps(place.feature("lakes", 1)).replace("puddle", "pool"))
    load(place, found)
    place.tables["work"][1] |= {"status": "ongoing"}
    place.tables["work"][0] |= {"finished": "2022"}
    place.tables["state"][1] |= {"until": "2023"}
    place.tables["state"].append({**place.tables["state"][0], "id": "heap_green", "site": "heap", "since": "2022"})
    place.statements = place.statements.replace("claimed = 0.1", "claimed = 0.9")
    load(place, found)
    take(found, [row(3, "7"), row(500, "1"), row(501, "1")])
    take(found, [row(3, "8"), row(500, "", quality="withdrawn")])
    return found


@pytest.fixture(scope="module")
def client(lake: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


def found(client: TestClient, query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/changes.json?{query}")
    assert answer.status_code == 200, answer.text
    body: list[dict[str, Any]] = answer.json()["changes"]
    return body


def one(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    (match,) = [each for each in rows if all(each[name] == value for name, value in wanted.items())]
    return match


def test_a_redrawn_outline_is_a_correction_with_its_areas(client: TestClient) -> None:
    change = one(found(client, "since=1&as-of=2"), id="mirror", what="redrawn")
    assert change["nature"] == "record"
    assert change["now_ha"] == pytest.approx(2 * change["was_ha"], rel=1e-3)
    assert change["moved_m"] == pytest.approx(397, abs=3)
    assert change["layers"] == ["lakes"]


def test_a_point_that_moved_says_how_many_metres_and_a_later_description_is_of_the_world(client: TestClient) -> None:
    rows = found(client, "since=1&as-of=2")
    moved = one(rows, id="heap", what="moved")
    assert (moved["nature"], moved["when"]) == ("world", "2024")
    assert moved["moved_m"] == pytest.approx(79.4, abs=0.5)
    assert one(rows, id="heap", property="size")["nature"] == "world"
    assert one(rows, id="mirror", property="accuracy_m") | {"was": "10", "now": "5", "nature": "record"} == one(
        rows, id="mirror", property="accuracy_m"
    )


def test_an_end_that_is_newly_stated_is_of_the_world_and_a_feature_without_a_time_is_of_our_record(
    client: TestClient,
) -> None:
    rows = found(client, "since=1&as-of=2")
    assert one(rows, id="puddle", property="valid_to")["nature"] == "world"
    assert one(rows, id="pool", what="added")["nature"] == "record"


def test_a_work_that_begins_is_of_the_world_and_a_date_put_right_is_not(client: TestClient) -> None:
    rows = found(client, "since=2&as-of=3")
    assert one(rows, id="liming", property="finished")["nature"] == "record"
    assert one(rows, id="somewhere", property="status")["nature"] == "record"  # what was unknown became known
    assert one(rows, id="mirror_clear", property="until") | {"nature": "world", "when": "2023"} == one(
        rows, id="mirror_clear", property="until"
    )
    assert one(rows, id="heap_green", what="added")["nature"] == "world"
    assert one(rows, id="heap_green")["layers"] == ["dumps"]


def test_a_statement_that_turned_is_derived(client: TestClient) -> None:
    change = one(found(client, "since=2&as-of=3"), thing="outcome")
    assert (change["nature"], change["was"], change["now"]) == ("derived", "consistent", "contradicted")


def test_readings_added_are_of_the_world_and_revised_or_withdrawn_of_our_record(client: TestClient) -> None:
    added = one(found(client, "since=3&as-of=4"), thing="readings")
    assert (added["nature"], added["what"], added["now"]) == ("world", "added", "3 readings")
    rows = found(client, "since=4")
    assert [(each["what"], each["now"], each["nature"]) for each in rows if each["thing"] == "readings"] == [
        ("revised", "1 reading", "record"),
        ("withdrawn", "1 reading", "record"),
    ]
    whole = [each for each in found(client, "since=3") if each["thing"] == "readings"]
    assert [(each["what"], each["now"]) for each in whole] == [("added", "2 readings")]


def test_what_was_changed_and_changed_back_has_not_changed(testford: Testford, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for size in ("small", "large", "small"):
        testford.feature("lakes", 1)["properties"]["size"] = size
        load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        assert found(client, "since=1") == []
        assert one(found(client, "since=1&as-of=2"), property="size")["now"] == "large"


def test_the_news_tells_every_write_and_its_changes_are_those_of_its_two_snapshots(client: TestClient) -> None:
    news = client.get("/changes.json").json()["news"]
    assert [each["number"] for each in news] == [5, 4, 3, 2, 1]
    for each in news[:-1]:
        rows = found(client, f"since={each['number'] - 1}&as-of={each['number']}")
        assert each["count"] == len([row for row in rows if row["thing"] != "outcome"])
        assert client.get(each["href"]).status_code == 200


def test_the_changes_of_a_layer_are_those_that_name_it(client: TestClient) -> None:
    whole = found(client, "since=1&as-of=3")
    for layer in ("lakes", "dumps", "stations"):
        part = found(client, f"since=1&as-of=3&layer={layer}")
        assert part == [each for each in whole if layer in each["layers"]]
    assert [each["number"] for each in client.get("/changes.json?layer=dumps").json()["news"]] == [3, 2, 1]
    assert client.get("/changes.json?layer=nowhere").status_code == 404


def test_the_table_of_changes_has_the_same_rows(client: TestClient) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/changes.csv?since=1").text.removeprefix("\ufeff"))))
    assert [each["id"] for each in rows] == [each["id"] for each in found(client, "since=1")]


def test_the_feed_is_atom_with_ids_that_stay(client: TestClient) -> None:
    answer = client.get("/changes.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    for needed in ("id", "title", "updated", "author"):
        assert len(root.findall(f"{ATOM}{needed}")) == 1
    entries = root.findall(f"{ATOM}entry")
    idents = [each.findtext(f"{ATOM}id") or "" for each in entries]
    assert len(set(idents)) == len(entries) == 5
    assert all(each.startswith("tag:tests@testford.example,") and "testford/changes/" in each for each in idents)
    for each in entries:
        moment = dt.datetime.fromisoformat(each.findtext(f"{ATOM}updated") or "")
        assert moment.tzinfo is not None
        assert each.find(f"{ATOM}link[@rel='alternate']") is not None
    older = ElementTree.fromstring(client.get("/changes.atom?before=4").content)
    assert [each.findtext(f"{ATOM}id") for each in older.findall(f"{ATOM}entry")] == idents[2:]
    layer = ElementTree.fromstring(client.get("/changes.atom?layer=dumps").content)
    assert len(layer.findall(f"{ATOM}entry")) == 3


def test_an_authority_is_the_host_or_the_address_of_mail() -> None:
    day = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    assert tag("https://bor.example/contact", day, "a", "1") == "tag:bor.example,2026-01-02:a/1"
    assert tag("mailto:x@bor.example?subject=y", day, "a") == "tag:x@bor.example,2026-01-02:a"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/changes?since=4&as-of=2", "later than"),
        ("/changes.csv", "since"),
        ("/changes.atom?since=1", "since"),
        ("/changes?since=1&before=2", "before"),
        ("/changes?before=0", "before"),
        ("/changes?since=never", "as-of"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_reason(client: TestClient, address: str, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_pages_tell_the_same_and_escape_what_files_say(testford: Testford, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    testford.feature("lakes")["properties"]["name_en"] = "<script>alert(1)</script> & co"
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        for address in ("/changes", "/changes?since=1"):
            text = client.get(address).text
            assert "<script>alert" not in text
            assert "&lt;script&gt;" in text
        ElementTree.fromstring(client.get("/changes.atom").content)


def test_a_write_that_changes_too_much_is_counted(testford: Testford, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    for each in testford.layers["lakes"]["features"]:
        each["properties"]["note"] = "Seen again."
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake), max_rows=1))) as client:
        body = client.get("/changes.json?since=1").json()
        assert body["counted"] == [{"of": "lakes", "count": 2}]
        assert body["changes"] == []
        assert client.get("/changes.csv?since=1").status_code == 400


def test_the_command_tells_the_same(client: TestClient, lake: Path, run_mendmap: Run) -> None:
    done = run_mendmap("changes", "--since", "2", "--as-of", "3", "--lake", lake, "--json")
    assert json.loads(done.stdout)["changes"] == found(client, "since=2&as-of=3")
    assert "world: state" in run_mendmap("changes", "--since", "2", "--as-of", "3", "--lake", lake).stdout


coordinates = st.tuples(st.floats(20, 21), st.floats(44, 45))


@settings(max_examples=50)
@given(coordinates, coordinates)
def test_moving_there_and_back_is_as_far(one: tuple[float, float], other: tuple[float, float]) -> None:
    import shapely

    def moved(a: tuple[float, float], b: tuple[float, float]) -> list[float | None]:
        body = {"name": {"en": "X"}}
        versions = [Version(body, shapely.Point(each), 1, None) for each in (a, b)]
        return [each.moved_m for each in features.changes(Pair(1, "lakes", "x", *versions), ["en"])]

    assert moved(one, other) == moved(other, one)
    if moved(one, other):
        assert moved(one, other)[0] == pytest.approx(distance_m(shapely.Point(one), shapely.Point(other)), abs=0.01)
    assert area_m2(shapely.box(20, 44, 20.01, 44.01)) > 0

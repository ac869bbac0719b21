"""Watercourses on pages and as data: kilometres with their accuracy, neighbours, works above, and profiles.

The river, its stations and their readings are synthetic.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import httpx2 as httpx
import pytest
from conftest import assert_accessible
from fastapi.testclient import TestClient
from place import Testford, feature, line, point
from playwright.sync_api import Browser
from served import served
from test_lake import load

from mendmap.charts.profile import HEIGHT, LANE, Bound, Done, Mark, Profile, draw_profile
from mendmap.charts.profile import told as profile_told
from mendmap.settings import Settings
from mendmap.web.app import create_app

BROOK = [[20.4, 44.6], [20.5, 44.6], [20.6, 44.6]]
HOSTILE = "Weir <script>alert(1)</script>"


def reading(station: str, day: str, value: str, **more: str) -> dict[str, str]:
    moment = f"{day}T10:00Z"
    usual = {"station": station, "parameter": "cu", "averaging": "sample", "start": moment, "end": moment}
    return {**usual, "value": value, "unit": "ug/L", "quality": "valid", "source": "survey", **more}


def place(folder: Path) -> Testford:
    """A brook of 16 km with two stations of two networks at one weir, one below it and one of which little is known."""
    made = Testford(folder)
    stations = made.layers["stations"]["features"]
    stations += [
        feature("weir", "gauge", point(20.45, 44.6), name_en=HOSTILE, operator="State", watercourses="brook"),
        feature("weir_works", "gauge", point(20.4502, 44.6), operator="Works Ltd", watercourses="brook"),
        feature("bridge", "gauge", point(20.55, 44.6), watercourses="brook"),
        feature("rumour", "gauge", point(20.49, 44.6), basis="schematic", accuracy_m=5000, watercourses="brook"),
    ]
    for each in stations[3:]:
        each["properties"]["medium"] = "surface_water"
    made.layers["rivers"]["features"] = [
        feature("brook", "river", line(BROOK)),
        feature("rill", "river", line([[20.5, 44.65], [20.5, 44.6]]), watercourses="brook"),
    ]
    made.layers["lakes"]["features"][0]["properties"]["watercourses"] = "rill"
    made.layers["lakes"]["features"].append(feature("pond", "lake", point(20.42, 44.6), watercourses="brook"))
    made.tables["limit"] += [
        {**made.tables["limit"][0], "id": "cu_now", "parameter": "cu", "averaging": "sample", "value": "0.03"}
        | {"unit": "mg/L", "type": "MAC-EQS"},
        {**made.tables["limit"][0], "id": "cu_once", "parameter": "cu", "averaging": "sample", "value": "40"}
        | {"unit": "ug/L", "applies_to": "2019"},
        {**made.tables["limit"][0], "id": "cu_hour", "parameter": "cu", "value": "45", "unit": "ug/L"},
    ]
    made.tables["work"].append(
        {**made.tables["work"][0], "id": "dredging", "sites": "pond", "name_en": "Dredging", "type": "dredging"}
    )
    made.rows += [
        reading("weir", "2021-06-01", "90"),
        reading("weir", "2021-06-20", "100"),
        reading("weir", "2021-07-20", "7"),
        reading("weir_works", "2021-06-21", "0.02", unit="mg/L"),
        reading("weir_works", "2021-06-22", "999", quality="invalid"),
        reading("bridge", "2021-06-10", "5", qualifier="<", detection_limit="5"),
        reading("rumour", "2021-06-11", "50"),
    ]
    return made


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("rivers")
    made = place(folder / "testford")
    load(made, folder / "lake")
    made.layers["stations"]["features"][3]["geometry"] = point(20.46, 44.6)
    load(made, folder / "lake")
    with TestClient(create_app(Settings(lake=str(folder / "lake")))) as found:
        yield found


def profile(client: TestClient, asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/watercourses/brook.json?parameter=cu{asked}").json()["profile"]["rows"]
    return found


def said(rows: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(each["station"]["id"], each["reading"] and each["reading"]["canonical_value"]) for each in rows]


def test_what_lies_along_a_river_is_listed_downstream_with_its_kilometre(client: TestClient) -> None:
    body = client.get("/watercourses/brook.json").json()
    assert body["length_km"] == pytest.approx(15.88, abs=0.02)
    listed = {each["id"]: each for each in body["along"]}
    assert list(listed) == ["pond", "weir_works", "weir", "rumour", "rill", "bridge"]
    assert listed["pond"]["km"] == pytest.approx(1.59, abs=0.01)
    assert listed["weir"]["km"] == pytest.approx(4.76, abs=0.01)
    assert (listed["weir"]["uncertainty_m"], listed["weir"]["moved_m"], listed["weir"]["assumed"]) == (20, 0, False)
    assert listed["weir"]["low_km"] < listed["weir"]["km"] < listed["weir"]["high_km"]
    assert {name: listed["rumour"][name] for name in ("km", "to_km", "low_km", "high_km", "how")} == {
        "km": None,
        "to_km": None,
        "low_km": None,
        "high_km": None,
        "how": "coarse",
    }


def test_a_station_names_its_kilometre_its_neighbours_and_the_works_above_it(client: TestClient) -> None:
    (found,) = client.get("/stations/bridge.json").json()["along"]
    assert (found["watercourse"], found["km"]) == ("brook", pytest.approx(11.91, abs=0.01))
    # The rill has no station; above its mouth, what comes first as drawn is only assumed to lie there.
    (above,) = found["upstream"]
    assert (above["id"], above["assumed"], above["distance_km"]) == ("rumour", True, None)
    assert found["downstream"] == []
    works = {(each["id"], each["feature"]): each["assumed"] for each in found["works_upstream"]}
    assert works == {("liming", "mirror"): False, ("dredging", "pond"): False}
    (weir,) = client.get("/stations/weir_works.json").json()["along"]
    assert [each["id"] for each in weir["downstream"]] == ["weir"]
    assert weir["downstream"][0]["distance_km"] == pytest.approx(0.78, abs=0.01)
    assert {each["id"] for each in weir["works_upstream"]} == {"dredging"}
    page = client.get("/stations/bridge").text
    for words in (
        'href="/watercourses/brook"',
        "km&nbsp;11.91",
        "± 20 m",
        "Works upstream of it",
        "No station downstream",
    ):
        assert words in page, words


def test_a_site_on_a_river_and_a_place_without_a_kilometre_say_so(client: TestClient) -> None:
    assert "km&nbsp;1.59" in client.get("/sites/pond").text
    page = client.get("/stations/rumour").text
    section = page[page.index("Along the river") : page.index("Where it is")]
    assert "assumed" in section and "more than a quarter" in section and "km&nbsp;" not in section


def test_a_profile_has_the_newest_reading_of_each_series_in_the_days_up_to_a_date(client: TestClient) -> None:
    rows = profile(client, "&date=2021-06-30")
    assert said(rows) == [("weir_works", 20), ("weir", 100), ("rumour", 50), ("bridge", 5)]
    assert [each["number"] for each in rows] == [1, 2, 3, 4]
    assert rows[0]["reading"]["value"] == 0.02 and rows[0]["reading"]["unit"] == "mg/L"
    assert rows[3]["reading"]["qualifier"] == "<"
    assert rows[2]["station"]["km"] is None
    assert said(profile(client, "&date=2021-06-10&within=1d")) == [
        ("weir_works", None),
        ("weir", None),
        ("rumour", None),
        ("bridge", 5),
    ]
    assert dict(said(profile(client, "&date=2021-06-10&within=10d")))["weir"] == 90
    assert dict(said(profile(client, "&date=2021-06-10&within=9d")))["weir"] is None
    assert dict(said(profile(client, "")))["weir"] == 7


def test_networks_at_one_place_stand_side_by_side_and_are_never_averaged(client: TestClient) -> None:
    rows = profile(client, "&date=2021-06-30")
    first, second = rows[:2]
    assert (first["station"]["operator"], second["station"]["operator"]) == ("Works Ltd", "State")
    values = {each["reading"]["canonical_value"] for each in rows}
    assert values == {20, 100, 50, 5}
    page = client.get("/watercourses/brook?parameter=cu&date=2021-06-30").text
    assert "Works Ltd" in page and "never averaged" in page


def test_the_drawing_tells_itself_and_gives_no_kilometre_to_what_is_assumed(client: TestClient) -> None:
    answer = client.get("/watercourses/brook.svg?parameter=cu&date=2021-06-30")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "3: Rumour, kilometre not known, 50 µg/L" in answer.text
    assert "4: Bridge, km 11.91, below 5 µg/L" in answer.text
    assert "Work: Dredging (March 2020 to 2021), km 1.59." in answer.text
    assert "limit (EU): 45" not in answer.text, "an hourly limit is not about samples"
    assert "limit (EU): 40" not in answer.text, "it applied until 2019"
    assert "MAC-EQS (EU): 30 µg/L." in answer.text and answer.text.count('class="limit"') == 1
    assert "<script>" not in answer.text and "Weir &lt;script&gt;" in answer.text
    empty = client.get("/watercourses/brook.svg?parameter=cu&date=2019-06-30")
    assert "No reading of it can be drawn" in empty.text


def test_a_work_stands_where_it_was_done_from_kilometre_to_kilometre_and_is_told_where_that_is_not_known() -> None:
    reach, spot, guess = Done("Dredging", 2.0, 7.0), Done("Weir mended", 5.0, 5.0), Done("Planting", None, None)
    marks = (Mark(1, "Gauge", 5.0, 4.9, 5.1, 12.0, ""),)
    bounds = (Bound("limit", 20.0), Bound("far above", 900.0))
    drawn = Profile("Cu", "Brook", "µg/L", "today", 0.0, 10.0, marks, (reach, spot, guess), bounds)
    picture = draw_profile(drawn).decode()
    bar = re.search(r'd="M([\d.]+) [\d.]+H([\d.]+)" stroke="#1b2420" stroke-width="7"', picture)
    ground = re.search(r'd="M([\d.]+) [\d.]+H([\d.]+)" stroke="#4c5751" stroke-opacity', picture)
    assert bar and ground
    left, right = map(float, ground.groups())
    assert [(float(each) - left) / (right - left) for each in bar.groups()] == pytest.approx([0.2, 0.7], abs=0.001)
    told = profile_told(drawn)
    for words in (
        "Dredging, km 2.00 to 7.00.",
        "Weir mended, km 5.00.",
        "Planting, kilometre not known.",
        "limit: 20 µg/L.",
    ):
        assert words in told
    assert picture.count('class="limit"') == 1 and "far above: 900 µg/L." in told, "what is far above is told in words"
    assert drawn.height == HEIGHT + 2 * LANE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_profile_scrolls_within_its_frame_on_a_phone_and_passes_axe(
    tmp_path: Path, browser: Browser, scheme: Literal["light", "dark"]
) -> None:
    load(place(tmp_path / "testford"), tmp_path / "lake")
    with served(tmp_path / "lake") as server:
        scrolls_within_its_frame(browser, scheme, server.url)


def scrolls_within_its_frame(browser: Browser, scheme: Literal["light", "dark"], url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    shown = context.new_page()
    shown.goto(f"{url}/watercourses/brook?parameter=cu&date=2021-06-30&lang=sr-Latn")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    colours = "getComputedStyle(document.querySelector('.river-drawing svg rect')).fill"
    paper = "getComputedStyle(document.querySelector('.river-drawing')).backgroundColor"
    assert shown.evaluate(colours) == shown.evaluate(paper), "the drawing stands on the page's own ground"
    assert_accessible(shown)
    shown.get_by_role("link", name="Cu", exact=True).click()
    assert shown.url.endswith("?parameter=cu&lang=sr-Latn#profile")
    context.close()


def test_an_empty_profile_says_so_and_hostile_names_are_harmless(client: TestClient) -> None:
    page = client.get("/watercourses/brook?parameter=cu&date=2019-06-30").text
    assert "No station on it has a reading of Cu in this time (1 June 2019 to 30 June 2019)" in page
    page = client.get("/watercourses/brook?parameter=cu").text
    assert "<script>alert" not in page and "Weir &lt;script&gt;" in page


def test_files_hold_what_the_page_shows(client: TestClient) -> None:
    along = list(csv.DictReader(io.StringIO(client.get("/watercourses/brook.csv").text)))
    assert {each["id"]: each["km"] for each in along}["pond"] == "1.59"
    assert {each["id"]: each["km"] for each in along}["rumour"] == ""
    rows = list(csv.DictReader(io.StringIO(client.get("/watercourses/brook.csv?parameter=cu&date=2021-06-30").text)))
    assert [(each["station"], each["value"], each["unit"]) for each in rows][:2] == [
        ("weir_works", "0.02", "mg/L"),
        ("weir", "100.0", "ug/L"),
    ]


def test_the_river_as_it_was_known_keeps_its_kilometres(client: TestClient) -> None:
    def kilometre(asked: str) -> float:
        listed = client.get(f"/watercourses/brook.json{asked}").json()["along"]
        found: float = next(each["km"] for each in listed if each["id"] == "weir")
        return found

    assert kilometre("?as-of=1") == pytest.approx(3.97, abs=0.01)
    assert kilometre("") == pytest.approx(4.76, abs=0.01)
    assert dict(said(profile(client, "&as-of=1")))["weir"] == 7


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("nothing", 404, "no watercourse: 'nothing'; choices: brook, rill"),
        ("weir.json", 404, "no watercourse"),
        ("brook?parameter=zn", 400, "no such parameter: 'zn'; choices: cu"),
        ("brook?parameter=cu,so2", 400, "a profile is of one"),
        ("brook?date=2021-01-01", 400, "name the parameter too"),
        ("brook.json?within=3d", 400, "name the parameter too"),
        ("brook?parameter=cu&within=3d", 400, "of which date"),
        ("brook?parameter=cu&date=yesterday", 400, "not a date (2021-06-30)"),
        ("brook?parameter=cu&date=2021-02-30", 400, "2021-02-30"),
        ("brook?parameter=cu&date=2021-06-30&within=x", 400, "not a length of time"),
        ("brook?parameter=cu&date=0001-01-01", 400, "within"),
        ("brook.svg", 400, "name the parameter"),
        ("brook?as-of=99", 404, "the first is 1-"),
        ("brook?bbox=1", 400, "unknown query parameter"),
    ],
)
def test_what_is_wrong_is_a_problem_document(client: TestClient, address: str, status: int, words: str) -> None:
    answer: httpx.Response = client.get(f"/watercourses/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert words in answer.json()["detail"]


def test_rivers_are_listed_with_what_they_flow_into(client: TestClient) -> None:
    rows = {each["id"]: each for each in client.get("/watercourses.json").json()["watercourses"]}
    assert [each["id"] for each in rows["rill"]["flows_into"]] == ["brook"]
    assert rows["rill"]["flows_into"][0]["km"] == pytest.approx(7.94, abs=0.01)
    assert rows["brook"]["parameters"] == ["cu"]
    assert rows["brook"]["stations"][0] == "weir_works"
    assert 'href="/watercourses/rill"' in client.get("/watercourses").text


def test_downloads_carry_the_kilometre_and_a_moved_river_is_a_new_revision(tmp_path: Path) -> None:
    made = place(tmp_path / "testford")
    load(made, tmp_path / "lake")
    made.layers["rivers"]["features"][0]["properties"]["start_km"] = 100
    load(made, tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        body = client.get("/downloads/stations.geojson").json()
        tile = client.get("/tiles/stations/0/0/0.geojson")
    held = {each["id"]: each["properties"]["chainage"] for each in body["features"]}
    told = {ident: json.loads(text) if isinstance(text, str) else text for ident, text in held.items()}
    assert told["weir"][0]["km"] == pytest.approx(103.97, abs=0.01)
    assert (told["rumour"][0]["km"], told["rumour"][0]["how"]) == (None, "coarse")
    assert tile.headers["mendmap-revision"] == "2"

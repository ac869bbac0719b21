"""Progress by verdict, trend and distance: the synthetic Testford, and the flagship's biased notices."""

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from assessed_place import LIMITS, RULES, assessed, later
from conftest import Run
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from place import Testford
from readings_of import parameter
from test_lake import load, read

from mendmap.assess.model import Answers, answers
from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.atlas.verdicts import DECIDED, newest
from mendmap.catalogue.records import Limit, Rule, from_plain
from mendmap.progress import changes, document, measured, summary, table
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.words.vocabulary import VERDICTS

SERIES = "chimney.so2.24h"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assessed place, and in its second snapshot a year later."""
    folder = tmp_path_factory.mktemp("measured")
    place = assessed(Testford(folder / "testford"))
    load(place, folder / "lake")
    load(later(place), folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module")
def then(lake: Path) -> Atlas:
    return build(read(lake, 1))


@pytest.fixture(scope="module")
def now(lake: Path) -> Atlas:
    return build(read(lake, 2))


@pytest.fixture(scope="module")
def client(lake: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


def heap(atlas: Atlas, work: str = "filter") -> dict[str, Any]:
    return next(row for row in table.flat_rows(atlas) if (row.get("site"), row.get("work")) == ("heap", work))


def verdict(atlas: Atlas, limit: str, series: str = SERIES) -> dict[str, Any]:
    (site,) = (each for each in table.sites(atlas) if each["site"] == "heap")
    (found,) = (each for each in site["verdicts"] if (each["limit"], each["series"]) == (limit, series))
    return dict(found)


def test_verdicts_stand_side_by_side_and_no_word_wins(then: Atlas) -> None:
    told = "SO₂: exceeds at 1 station (2021), undecidable at 2 stations (2020, 2021), within at 1 station (2021)"
    assert heap(then)["verdicts"] == told


def test_the_distance_is_the_statistic_over_the_limit(then: Atlas) -> None:
    assert heap(then)["distance"] == "SO₂: 40 % of daily (2021); SO₂: 125 % of yearly (2021)"
    assert verdict(then, "yearly")["percent"] == pytest.approx(125)


def test_the_way_covered_is_that_of_means_only(then: Atlas) -> None:
    # From (200 + 170 + 140) / 3 to (110 + 80 + 50) / 3, on the way to 40.
    assert verdict(then, "yearly")["covered"] == pytest.approx(100 * (170 - 80) / (170 - 40), rel=0.01)
    assert verdict(then, "daily")["covered"] is None
    assert heap(then)["covered"] == "SO₂: 69 % of the way to yearly at chimney"


def test_trends_are_told_of_the_series_that_have_months(then: Atlas) -> None:
    assert heap(then)["trends"] == "SO₂: falling at 1 station"


def test_what_a_work_changed_is_told_in_its_row(then: Atlas) -> None:
    (found,) = (each for each in measured_over(then) if each["series"] == SERIES)
    assert found["outcome"] in ("falling", "none")
    assert found["before"] > found["after"]
    assert heap(then)["over_work"].startswith("SO₂ at chimney: from 1")


def measured_over(atlas: Atlas) -> list[dict[str, Any]]:
    row = next(each for each in table.rows(atlas) if each.get("work") == "filter")
    return list(row["over_work"])


def test_a_limit_to_come_and_a_law_of_elsewhere_are_not_in_force(now: Atlas) -> None:
    held = {each.limit.id for feature in now.features.values() for each in feature.verdicts}
    assert held == {"l1", "daily", "yearly"}
    assert {"to_come", "abroad"} <= {each.against for each in now.answers.of(SERIES)}


def test_a_biased_source_says_at_least_and_decides_nothing_below_what_is_allowed(then: Atlas) -> None:
    found = verdict(then, "l1", "ghost.so2.1h")
    assert (found["outcome"], found["reason"], found["percent"]) == ("undecidable", "biased", None)
    assert found["says"].startswith("At least 1 h above 350 ug/m3 in 2020; 24 are allowed")


def test_the_sums_count_each_series_once(now: Atlas) -> None:
    found = summary.summary(now)
    assert found["works"] == {"planned": 0, "ongoing": 1, "finished": 2, "unknown": 0}
    assert (found["sites"], found["measured"], found["bases"]) == (3, 2, {"published": 2, "schematic": 1})
    assert found["readings"] == len([1 for _ in range(5)]) + 7 * 365 + 2
    (so2,) = (each for each in found["parameters"] if each["parameter"] == "so2")
    assert so2["verdicts"]["within"] == {"stations": 1, "limits": 2}
    assert so2["trends"]["falling"] == {"stations": 1, "series": 1}
    assert found["newest_reading"] == "2022-12-31T00:00:00+00:00"


def test_what_changed_between_two_dates_stands_side_by_side(then: Atlas, now: Atlas) -> None:
    found = {(row["site"], row["what"], row["about"]): (row["was"], row["now"]) for row in changes.changes(then, now)}
    assert found["heap", "verdict", f"{SERIES} yearly years"] == ("exceeds (2021)", "within (2022)")
    assert found["heap", "state", None] == (None, "green (2022)")
    assert found[None, "work", "somewhere"] == (
        "unknown, beginning not stated to end not stated",
        "ongoing, beginning not stated to end not stated",
    )
    was, is_now = found["heap", "readings", SERIES]
    assert (was, is_now) == (
        "2,192, the newest of 31 December 2021",
        "2,557, the newest of 31 December 2022",
    )
    assert "20.800000, 44.8" in found["heap", "position", None][0]
    assert "20.801000, 44.8" in found["heap", "position", None][1]
    assert not [key for key in found if key[0] == "mirror"]
    assert changes.changes(now, now) == []
    back = {(row["site"], row["what"], row["about"]): (row["now"], row["was"]) for row in changes.changes(now, then)}
    assert back == found


def test_a_verdict_that_decides_nothing_names_the_newest_that_did(then: Atlas) -> None:
    rows = [
        {"series": SERIES, "period": period, "statistic": "mean", "against": "yearly", "outcome": outcome}
        for period, outcome in (("2019", "exceeds"), ("2020", "within"), ("2021", "no_data"), ("2022", "undecidable"))
    ]
    (found,) = newest(Answers(answers(rows)), then.limits, then.rules, then.parameters)[SERIES]
    assert (found.answer.period, found.answer.outcome) == ("2022", "undecidable")
    assert found.decided and (found.decided.period, found.decided.outcome) == ("2020", "within")


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["chimney.so2.24h", "ghost.so2.1h"]),
        st.sampled_from(["2019", "2020", "2021", "2031"]),
        st.sampled_from([("exceedances", "daily"), ("mean", "yearly"), ("exceedances", "to_come"), ("mean", "liming")]),
        st.sampled_from(list(VERDICTS)),
    ),
    unique_by=lambda row: row[:3],
    max_size=20,
)


@given(ROWS, st.randoms())
def test_the_newest_verdicts_are_those_of_a_plain_search(drawn: list[Any], chance: Any) -> None:
    laws = {row["id"]: from_plain(Limit, row) for row in LIMITS}
    rules = {row["id"]: from_plain(Rule, row) for row in RULES}
    rows = [
        {"series": series, "period": period, "statistic": statistic, "against": against, "outcome": outcome}
        for series, period, (statistic, against), outcome in drawn
    ]
    wanted: dict[tuple[str, str], dict[str, str]] = {}
    decided: dict[tuple[str, str], dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: row["period"]):
        if row["against"] in laws and (row["against"] != "to_come" or row["period"] == "2031"):
            wanted[row["series"], row["against"]] = row
            if row["outcome"] in DECIDED:
                decided[row["series"], row["against"]] = row
    chance.shuffle(rows)
    found = newest(Answers(answers(rows)), laws, rules, {"so2": parameter()})
    held = {(each.answer.series, each.limit.id): each for some in found.values() for each in some}
    assert {key: (each.answer.period, each.answer.outcome) for key, each in held.items()} == {
        key: (row["period"], row["outcome"]) for key, row in wanted.items()
    }
    for key, each in held.items():
        earlier = decided.get(key) if wanted[key]["outcome"] not in DECIDED else None
        assert (each.decided and each.decided.period) == (earlier and earlier["period"])


def test_the_page_tells_it_and_every_number_leads_to_what_it_counts(client: TestClient) -> None:
    text = client.get("/progress").text
    for href in ("#works-finished", "#verdict-so2-within", "#trend-so2-falling"):
        assert f'href="{href}"' in text
        assert f'id="{href[1:]}"' in text
    assert "&lt;b&gt;Made up" in text
    assert "<b>Made up" not in text
    compared = client.get("/progress?as-of=2&since=1")
    assert "exceeds (2021)" in compared.text
    assert "within (2022)" in compared.text
    assert client.get("/progress?as-of=&since=").status_code == 200
    assert client.get("/progress?since=tomorrow").status_code == 400
    assert "exceeds" in client.get("/progress?as-of=1").text


def test_json_csv_and_xlsx_carry_the_same(client: TestClient) -> None:
    for query, name, fields in (("", "progress", table.COLUMNS), ("?as-of=2&since=1", "changes", changes.COLUMNS)):
        told = client.get(f"/progress.json{query}").json()[name]
        rows = list(csv.DictReader(io.StringIO(client.get(f"/progress.csv{query}").text, newline="")))
        sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"/progress.xlsx{query}").content)).worksheets[0]
        header, *cells = sheet.iter_rows(values_only=True)
        names = [each.name for each in fields]
        assert list(rows[0]) == names
        assert [str(each).removesuffix(" (UTC)") for each in header] == names
        assert len(rows) == len(told) == len(cells)
        for row, one, cell in zip(rows, told, cells, strict=True):
            for column in ("site", "verdicts", "trends", "was", "now"):
                if column in names:
                    assert (row[column] or None) == one.get(column) == cell[names.index(column)]
    assert client.get("/progress.csv?since=1").headers["etag"] != client.get("/progress.csv?since=2").headers["etag"]
    assert client.get("/progress.txt").status_code == 404


def test_the_command_tells_what_the_web_tells(client: TestClient, lake: Path, run_mendmap: Run) -> None:
    web = client.get("/progress.json?since=1").json()
    command = json.loads(run_mendmap("progress", "--lake", lake, "--since", "1", "--json").stdout)
    assert {name: command[name] for name in document_names(web)} == {name: web[name] for name in document_names(web)}
    text = run_mendmap("progress", "--lake", lake, "--since", "1").stdout
    assert "Heap: verdict chimney.so2.24h yearly years\n    was: exceeds (2021)\n    now: within (2022)" in text


def document_names(web: dict[str, Any]) -> set[str]:
    return set(web) - {"snapshot", "since"}


def test_an_atlas_without_answers_tells_none(now: Atlas) -> None:
    bare = dataclasses.replace(
        now,
        answers=Answers(answers([])),
        features=now.features | {name: dataclasses.replace(each, verdicts=()) for name, each in now.features.items()},
    )
    assert document.of(bare)["summary"]["parameters"] == []
    assert heap(bare)["verdicts"] is None
    assert measured.Changes(bare.answers).of(SERIES, "trend") == []


def test_features_carry_their_newest_verdicts(client: TestClient) -> None:
    stations = client.get("/downloads/stations.geojson").json()["features"]
    (chimney,) = (each["properties"] for each in stations if each["id"] == "chimney")
    held = {(each["limit"], each["period"]): each for each in chimney["verdicts"] if each["series"] == SERIES}
    assert held["yearly", "2022"]["outcome"] == "within"
    assert held["daily", "2022"]["says"].startswith("0 days above 125 ug/m3 in 2022; 3 are allowed")
    tile = client.get("/tiles/stations/4/8/5.geojson").json()["features"]
    (drawn,) = (each["properties"] for each in tile if each["id"] == "chimney")
    assert (drawn["within"], drawn["undecidable"]) == (2, 4)
    assert "exceeds" not in drawn


def test_the_flagships_notices_decide_only_what_their_count_decides(bor_lake: Path) -> None:
    atlas = build(read(bor_lake, catalogue="bor"))
    smelter = atlas.features["tir_smelter"]
    biased = [each for each in smelter.verdicts if each.answer.reason == "biased"]
    assert biased
    for each in biased:
        assert each.answer.outcome in ("exceeds", "undecidable")
        if each.rule.statistic == "exceedances":
            assert each.says.startswith("At least ") or each.answer.above == 0
            assert "prints only some of the values" in each.says
            above, allowed = each.answer.above or 0, each.limit.allowed_exceedances or 0
            assert (each.answer.outcome == "exceeds") == (above > allowed)
    held = {each.limit.jurisdiction for each in smelter.verdicts}
    assert held == {"RS"}

"""Answers on pages: each verdict, trend and statement is followed to its readings and its law. Nothing is measured:
the place is made up, and so are its answers."""

import dataclasses
import datetime as dt
import html
import itertools
import re
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from place import Testford, write_csv
from test_lake import load

from mendmap.assess.model import Answers, answers
from mendmap.atlas.model import Atlas
from mendmap.load.ingest import Request, ingest
from mendmap.query.times import interval
from mendmap.settings import Settings
from mendmap.web import findings, laws
from mendmap.web.answered import readings_href
from mendmap.web.app import create_app
from mendmap.web.keeper import Served
from mendmap.words.dates import Period
from mendmap.words.vocabulary import TRENDS, VERDICTS

SO2, GHOST, CU = "chimney.so2.1h", "ghost.so2.1h", "inlet.cu.sample"
RULES = {
    "hours": {"statistic": "exceedances", "block": "hour", "period_share": "0.9", "clause": "Annex A <1>"},
    "year": {"statistic": "mean", "block": "hour", "period_share": "0.9", "clause": "Annex B"},
    "winter": {"statistic": "mean", "block": "hour", "period": "winter", "period_share": "0.9", "clause": "Annex C"},
}
LIMITS = {
    "hour": {"averaging": "1h", "value": "350", "allowed_exceedances": "24", "rules": "hours"},
    "mean": {"value": "50", "rules": "year,winter"},
    "lower": {"value": "0.02", "unit": "mg/m3", "rules": "year", "applies_from": "2021-07-01"},
    "old": {"value": "10", "rules": "year", "applies_to": "2019"},
    "coming": {"value": "20", "rules": "year", "applies_from": "2030"},
    "guide": {"value": "15", "rules": "year", "jurisdiction": "WHO", "type": "guideline"},
}


def verdict(against: str, period: str, outcome: str, statistic: str = "mean", **more: Any) -> dict[str, Any]:
    numbers = {"value": 30.0, "count": 8000, "expected": 8760, "above": 0, "below_detection": 0}
    told = {"series": SO2, "against": against, "period": period, "outcome": outcome, "statistic": statistic}
    return numbers | told | more


def change(statistic: str, outcome: str, **more: Any) -> dict[str, Any]:
    numbers = {"value": -3.2, "low": -4.4, "high": -2.1, "p": 0.001, "count": 120, "expected": 120}
    return {"series": SO2, "period": "2012-01/2021-12", "statistic": statistic, "outcome": outcome} | numbers | more


COMPARED = {"value": -20.0, "low": -30.0, "high": -10.0, "before": 56.0, "after": 36.0, "expected": 12}
ROWS = [
    verdict("hour", "2021", "exceeds", "exceedances", value=400.0, above=30),
    verdict("hour", "2020", "no_data", "exceedances", value=None, count=0, above=None),
    verdict("mean", "2021", "within"),
    verdict("mean", "2020", "undecidable", reason="incomplete", count=100),
    verdict("mean", "2020-10/2021-03", "within"),
    verdict("lower", "2021", "exceeds"),
    verdict("coming", "2021", "exceeds"),
    verdict("guide", "2021", "exceeds"),
    verdict("mean", "2020", "within", series=GHOST),
    change("trend", "falling"),
    change("baseline", "falling", **COMPARED),
    change("before_after", "falling", against="liming", **COMPARED),
    {"series": SO2, "period": "2021", "statistic": "p98", "value": 123.456789, "count": 8000, "expected": 8760},
    {"series": GHOST, "period": "2020", "statistic": "highest", "value": 400.0, "count": 1, "reason": "biased"},
]


def write(place: Testford) -> Testford:
    """The place with limits and rules; its law is that of Testland."""
    place.head += 'jurisdictions = ["TL"]\nzone = "Europe/Belgrade"\n'
    usual = {"jurisdiction": "TL", "instrument": "Act & Law", "parameter": "so2", "type": "limit", "averaging": "year"}
    usual |= {"unit": "ug/m3", "basis": "read", "source": "survey"}
    place.tables["limit"] = [usual | {"id": ident} | more for ident, more in LIMITS.items()]
    text = {"period": "year", "basis": "read", "source": "survey"}
    place.tables["rule"] = [text | {"id": ident} | more for ident, more in RULES.items()]
    place.tables["work"][0]["sites"] = "heap,mirror"
    place.statements = CLAIM
    place.rows += [
        {**place.rows[2], "start": start, "end": end, "value": value}
        for start, end, value in (
            ("2020-12-31T22:00Z", "2020-12-31T23:00Z", "777"),
            ("2021-12-31T22:00Z", "2021-12-31T23:00Z", "888"),
            ("2021-12-31T23:00Z", "2022-01-01T00:00Z", "999"),
        )
    ]
    return place


CLAIM = """
[[statement]]
id = "clean"
claim = "The mean was kept in 2021."
claimant = "Works Ltd"
sites = ["heap"]
stations = ["chimney"]
parameter = "so2"
period = "2021"
source = "survey"
check = "readings"
limits = ["mean"]
expects = "within"
wanted = "Readings."
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The service over the place; its answers are those of ``ROWS``."""
    folder = tmp_path_factory.mktemp("answers")
    load(write(Testford(folder / "testford")), folder / "lake")
    found = create_app(Settings(lake=str(folder / "lake")))
    with TestClient(found):
        keeper = found.state.keeper
        atlas = dataclasses.replace(keeper.served("public").atlas, answers=Answers(answers(ROWS)))
        keeper._held.served["public"] = Served(atlas, Settings(), keeper, keeper.served("public").view, None)
        yield found


@pytest.fixture(scope="module")
def atlas(app: FastAPI) -> Atlas:
    found: Atlas = app.state.keeper.served("public").atlas
    return found


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return TestClient(app)


def with_rows(atlas: Atlas, *rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is told of the series of SO2 where these are its answers."""
    changed = dataclasses.replace(atlas, answers=Answers(answers([dict(each) for each in rows])))
    return findings.of_series(changed, series(atlas, SO2))


def series(atlas: Atlas, ident: str) -> Any:
    return next(each for each in atlas.features[ident.partition(".")[0]].series if each.id == ident)


def test_a_series_has_its_newest_verdicts_first_and_then_what_changed(atlas: Atlas) -> None:
    rows = findings.of_series(atlas, series(atlas, SO2))
    held = [(row["period"], row["limit"]["id"]) for row in rows if row["kind"] == "verdict"]
    assert held == [
        *(("2021", each) for each in ("hour", "mean", "lower", "coming", "guide")),
        ("2020-10/2021-03", "mean"),
        ("2020", "hour"),
        ("2020", "mean"),
    ]
    assert [row["kind"] for row in rows[len(held) :]] == ["trend", "baseline", "before_after", "statistic"]
    assert rows[5]["rule"] == {"id": "winter", "clause": "Annex C", "basis": "read", "href": "/limits#rule-winter"}
    assert rows[0]["sentence"].startswith("30 h above 350 µg/m³ in 2021; 24 are allowed; 8,000 of 8,760 h were")


def test_a_station_shows_the_newest_by_limit_and_a_site_its_stations_side_by_side(atlas: Atlas) -> None:
    rows = [row for row in findings.of_feature(atlas, atlas.features["heap"]) if row["kind"] == "verdict"]
    found = [(row["limit"]["id"], row["series"], row["period"]) for row in rows]
    assert found[:4] == [
        ("hour", SO2, "2021"),
        ("mean", SO2, "2021"),
        ("mean", SO2, "2020-10/2021-03"),
        ("mean", GHOST, "2020"),
    ]
    assert len(found) == 7


def test_limits_are_grouped_by_whose_law_they_are_and_those_to_come_stand_apart(atlas: Atlas) -> None:
    groups = findings.groups(atlas, findings.of_series(atlas, series(atlas, SO2)))
    assert [(each["jurisdiction"], each["law"], each["years"], len(each["rows"])) for each in groups] == [
        ("TL", True, [], 6),
        ("WHO", False, [], 1),
        ("", False, [2030], 1),
    ]
    assert groups[0]["counts"] == {"within": 2, "exceeds": 2, "undecidable": 1, "no_data": 1}
    nobodys = dataclasses.replace(atlas, place=dataclasses.replace(atlas.place, jurisdictions=()))
    assert [each["law"] for each in findings.groups(nobodys, findings.of_series(nobodys, series(atlas, SO2)))][1]


@pytest.mark.parametrize(
    ("limit", "period", "word"),
    [
        ("mean", "2021", "in_force"),
        ("lower", "2020", "not_yet"),
        ("lower", "2020-10/2021-03", "not_yet"),
        ("lower", "2021", "partly"),
        ("lower", "2022", "in_force"),
        ("old", "2019", "in_force"),
        ("old", "2019-10/2020-03", "partly"),
        ("old", "2020", "no_longer"),
        ("coming", "2029", "not_yet"),
        ("coming", "2030", "in_force"),
    ],
)
def test_whether_a_limit_is_in_force_is_told_of_the_period(atlas: Atlas, limit: str, period: str, word: str) -> None:
    assert laws.validity(atlas.limits[limit], Period.parse(period)) == word


def test_the_trend_is_told_in_words_and_numbers(atlas: Atlas) -> None:
    (row,) = with_rows(atlas, change("trend", "falling"))
    assert row["sentence"] == (
        "Falling by 3.2 µg/m³ a year (95 %: 2.1 to 4.4), January 2012 to December 2021, p = 0.001, of 120 months."
    )
    (row,) = with_rows(atlas, change("trend", "rising", value=0.5, low=0.25, high=1.0, p=0.00001))
    assert "Rising by 0.5 µg/m³ a year (95 %: 0.25 to 1), " in row["sentence"] and "p < 0.001" in row["sentence"]
    (row,) = with_rows(atlas, change("trend", "none", value=-0.1, low=-0.5, high=0.3, p=0.4))
    assert "would not make: −0.1 µg/m³ a year (95 %: −0.5 to 0.3)" in row["sentence"]
    (row,) = with_rows(atlas, change("trend", "falling", value=None, low=None, high=None))
    assert row["sentence"].startswith("Falling; how much a year is not known, since too much lies below detection")
    short = {"value": None, "low": None, "high": None, "p": None, "count": 14, "period": "2020-11/2021-12"}
    (row,) = with_rows(atlas, change("trend", "too_short", **short))
    assert row["sentence"] == "Too short to tell: 14 months with a mean, November 2020 to December 2021."


def test_a_comparison_names_its_work_and_how_much_of_the_way_to_the_limit_is_covered(atlas: Atlas) -> None:
    rows = with_rows(atlas, *ROWS[:8], change("before_after", "falling", against="liming", **COMPARED))
    row = rows[-1]
    assert row["sentence"].startswith("Down by 20 µg/m³ (95 %: 10 to 30), from 56 to 36 µg/m³, p = 0.001: ")
    assert "before and after the work “Liming”" in row["sentence"]
    # The lowest that is law in its year: 0.02 mg/m3, not the 15 of a guideline. (56 - 36) / (56 - 20) = 55.6 %.
    assert row["covered"]["limit"]["id"] == "lower"
    assert row["covered"]["share"] == pytest.approx(20 / 36)
    assert row["covered"]["sentence"] == "55 % of the way from 56 µg/m³ down to 20 µg/m³ is covered."
    assert row["work"]["href"] == "/features/works/liming.heap"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (15.0, 10.0, "It was not above 20 µg/m³ before either."),
        (30.0, 40.0, "It is farther from 20 µg/m³ than it was before."),
        (30.0, 20.0, "All of the way from 30 µg/m³ down to 20 µg/m³ is covered."),
        (30.0, 20.01, "99 % of the way from 30 µg/m³ down to 20 µg/m³ is covered."),
    ],
)
def test_the_way_to_a_limit_has_an_end_and_a_beginning(atlas: Atlas, before: float, after: float, words: str) -> None:
    row = with_rows(atlas, ROWS[5], change("baseline", "falling", **{**COMPARED, "before": before, "after": after}))[-1]
    assert row["covered"]["sentence"] == words


@pytest.mark.parametrize(
    ("trend", "words"),
    [("falling", ""), ("none", "is no change."), ("rising", "is rising."), ("too_short", "no trend to confirm it.")],
)
def test_a_comparison_that_the_trend_does_not_confirm_is_doubted(atlas: Atlas, trend: str, words: str) -> None:
    row = with_rows(atlas, change("trend", trend), change("baseline", "falling", **COMPARED))[-1]
    assert row["doubt"].endswith(words) and bool(row["doubt"]) == bool(words)


def test_where_nothing_was_assessed_the_reason_is_told(atlas: Atlas, client: TestClient) -> None:
    assert findings.unassessed(atlas, series(atlas, SO2), findings.of_series(atlas, series(atlas, SO2))) == []
    copper = findings.unassessed(atlas, series(atlas, CU), [])
    assert copper == [
        "No verdict: no limit of this catalogue is about this parameter.",
        "No trend: no month has a mean.",
    ]
    ghost = findings.unassessed(atlas, series(atlas, GHOST), findings.of_series(atlas, series(atlas, GHOST)))
    assert ghost == ["No trend: its source prints only some of the values, such as those that exceed."]
    for path in (f"/series/{CU}", "/stations/inlet", "/sites/mirror"):
        assert copper[0] in client.get(path).text


ZONES = ["UTC", "Europe/Belgrade", "America/St_Johns", "Pacific/Auckland"]


@given(st.integers(1900, 2100), st.booleans(), st.sampled_from(ZONES))
def test_a_link_asks_for_the_days_of_the_catalogues_zone(number: int, winter: bool, name: str) -> None:
    anywhere: Any = SimpleNamespace(place=SimpleNamespace(zone=name))
    period = f"{number - 1}-10/{number}-03" if winter else f"{number}"
    asked = re.fullmatch(r"/series/a\?datetime=(.*)#readings", readings_href(anywhere, "a", period))
    assert asked
    found, wanted = interval(asked[1]), Period.parse(period)
    assert found.first and found.last
    first, last = (each.astimezone(ZoneInfo(name)) for each in (found.first, found.last))
    assert (first.date(), first.time()) == (wanted.first, dt.time.min)
    assert (last.date(), last.time()) == (wanted.last, dt.time.max)


def test_of_an_earlier_time_the_readings_are_those_known_then(atlas: Atlas) -> None:
    row = findings.of_series(atlas, series(atlas, SO2), "2021-07-01")[0]
    assert row["readings_href"].endswith("&as-of=2021-07-01#readings")


def follow(client: TestClient, href: str) -> str:
    """The page at an address; where the address names a part of it, the text of that part."""
    path, _, part = href.partition("#")
    got = client.get(path)
    assert got.status_code == 200, href
    text = got.text
    if part:
        assert f'id="{part}"' in text, href
        tag = re.findall(r"<(\w+)[^<>]*$", text.split(f'id="{part}"')[0])[0]
        text = text.split(f'id="{part}"')[1].split(f"</{tag}>")[0]
    return html.unescape(text)


@pytest.mark.parametrize("path", ["/sites/heap", "/stations/chimney", "/stations/ghost", f"/series/{SO2}"])
def test_every_verdict_and_change_is_followed_to_its_readings_and_its_law(
    client: TestClient, atlas: Atlas, path: str
) -> None:
    page = html.unescape(client.get(path).text)
    rows = client.get(f"{path}.json").json()["answers"]
    assert {row["kind"] for row in rows} > ({"verdict"} if "ghost" not in path else set())
    for row in rows:
        assert f'href="{row["readings_href"]}"' in page
        readings = follow(client, row["readings_href"])
        if row["outcome"] != "no_data":
            assert "<td" in readings, row
        if row["kind"] == "verdict":
            assert row["sentence"] in page and row["outcome"] in VERDICTS
            assert f'href="{row["limit"]["href"]}"' in page
            law = follow(client, row["limit"]["href"])
            assert row["rule"]["clause"] in law and row["limit"]["instrument"] in law
            assert row["rule"]["clause"] in follow(client, row["rule"]["href"])
        elif row["kind"] != "statistic":
            assert row["sentence"] in page and row["outcome"] in TRENDS
            if row.get("work"):
                assert row["work"]["name"]["en"] in follow(client, row["work"]["href"])
            if row.get("covered"):
                assert "Act & Law" in follow(client, row["covered"]["limit"]["href"])


def test_a_year_begins_and_ends_with_that_of_the_catalogues_zone(client: TestClient, atlas: Atlas) -> None:
    readings = follow(client, readings_href(atlas, SO2, "2021"))
    assert "888" in readings
    assert "777" not in readings and "999" not in readings


def test_a_statement_is_followed_to_its_readings_and_its_law(client: TestClient) -> None:
    page = client.get("/statements/clean").text
    evidence = client.get("/statements/clean.json").json()["evidence"]
    assert {each["kind"] for each in evidence} == {"limit", "series"}
    for each in evidence:
        assert f'href="{each["href"]}"' in html.unescape(page)
        found = follow(client, each["href"])
        assert ("Annex B" if each["kind"] == "limit" else "888") in found


def test_the_limits_page_has_every_limit_and_rule_with_its_document(client: TestClient, atlas: Atlas) -> None:
    body = client.get("/limits.json").json()
    assert [each["id"] for each in body["limits"]] == list(LIMITS)
    assert [each["id"] for each in body["rules"]] == list(RULES)
    assert body["limits"][1]["assessed"][0] == {"id": "year", "clause": "Annex B", "href": "/limits#rule-year"}
    assert "Annex A &lt;1&gt;" in client.get("/limits").text
    for each in (*body["limits"], *body["rules"]):
        assert "https://testford.example/survey" in follow(client, each["href"])


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the place with made-up hours of 2021, 30 of them of 400 µg/m³; then 10 of these were revised."""
    folder = tmp_path_factory.mktemp("measured")
    place = write(Testford(folder / "testford"))
    first = dt.datetime(2020, 12, 31, 23, tzinfo=dt.UTC)
    moments = [f"{first + dt.timedelta(hours=nth):%Y-%m-%dT%H:%MZ}" for nth in range(8761)]
    usual = place.rows[2] | {"flags": ""}
    place.rows = [
        {**usual, "start": start, "end": end, "value": "400" if nth < 30 else "30"}
        for nth, (start, end) in enumerate(itertools.pairwise(moments))
    ]
    load(place, folder / "lake")
    write_csv(folder / "revised.csv", [{**row, "value": "30"} for row in place.rows[:10]])
    ingest(folder / "revised.csv", str(folder / "lake"), "", Request())
    with TestClient(create_app(Settings(lake=str(folder / "lake")))) as found:
        yield found


@pytest.mark.parametrize(("asked", "outcome", "above"), [("?as-of=1", "exceeds", 30), ("", "within", 20)])
def test_a_page_shows_what_the_readings_of_a_year_come_to(
    measured: TestClient, asked: str, outcome: str, above: int
) -> None:
    rows = measured.get(f"/series/{SO2}.json{asked}").json()["answers"]
    (row,) = (
        row for row in rows if row["kind"] == "verdict" and row["limit"]["id"] == "hour" and row["period"] == "2021"
    )
    assert (row["outcome"], row["above"]) == (outcome, above)
    page = html.unescape(measured.get(f"/series/{SO2}{asked}").text)
    assert f"{above} h above 350 µg/m³ in 2021; 24 are allowed; 8,760 of 8,760 h were measured" in page
    assert f"outcome-{outcome}" in page
    assert (
        f"datetime=2020-12-31T23:00:00Z/2021-12-31T22:59:59.999999Z{asked.replace('?', '&')}#" in row["readings_href"]
    )
    assert "30" in follow(measured, row["readings_href"])
    if not asked:
        assert row["sentence"] in html.unescape(measured.get("/sites/heap").text)
        assert row["sentence"] in html.unescape(measured.get("/stations/chimney").text)

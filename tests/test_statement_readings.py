"""Statements about readings, with answers made by hand: the synthetic Testford has stations of three parties."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, feature, point
from test_lake import load, read

from mendmap.assess.model import Answers, answers
from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Rule, Statement, from_plain
from mendmap.statements.model import Finding, Outcome, decided
from mendmap.statements.outcome import outcomes

NEVER = {
    "id": "clean",
    "claim": "The daily mean was never above the limit in 2023.",
    "claimant": "Works Ltd",
    "claimant_also": "Works (company station); Works Group",
    "sites": ["heap"],
    "period": "2023",
    "source": "claims",
    "check": "readings",
    "parameter": "so2",
    "limits": ["daily"],
    "expects": "never_above",
    "wanted": "Daily means.",
}
DAILY = Rule(
    id="daily_rank",
    statistic="exceedances",
    block="day",
    period="year",
    times=None,
    percentile=None,
    block_share=0.75,
    period_share=0.9,
    losses=None,
    least=None,
    clause="Annex I",
    basis="read",
    source="survey",
    note=None,
)
# Three stations at the heap, each with an hourly series: of the state, of the company, and of nobody that is named.
STATE, COMPANY, NOBODY = "chimney.so2.1h", "fence.so2.1h", "ghost.so2.1h"


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = tmp_path_factory.mktemp("readings")
    place = Testford(folder / "testford")
    more: list[Mapping[str, Any]] = [{"operator": "State network"}, {"operator": "Works (company  Station)"}, {}]
    at = {"medium": "air", "monitors": "heap"}
    place.layers["stations"]["features"] = [
        feature("inlet", "gauge", point(20.505, 44.505), medium="surface_water"),
        feature("chimney", "gauge", point(20.805, 44.8), **at, **more[0]),
        feature("fence", "gauge", point(20.802, 44.8), **at, **more[1]),
        feature("ghost", "gauge", None, **at | {"basis": "unknown", "accuracy_m": None}),
    ]
    row = place.rows[2]
    place.rows.append({**row, "station": "fence"})
    place.tables["source"].append({"id": "claims", "title": "The claim", "publisher": "Works Group", "url": ""})
    place.tables["limit"].append(
        {
            **place.tables["limit"][0],
            "id": "daily",
            "averaging": "24h",
            "value": "125",
            "allowed_exceedances": "3",
            "rules": "",
        }
    )
    load(place, folder / "lake")
    found = build(read(folder / "lake"))
    limits = {**found.limits, "daily": dataclasses.replace(found.limits["daily"], rules=("daily_rank",))}
    return dataclasses.replace(found, limits=limits, rules={"daily_rank": DAILY})


def answer(series: str, outcome: str, above: int, period: str = "2023", **more: Any) -> dict[str, Any]:
    known = {"series": series, "period": period, "statistic": "exceedances", "against": "daily", "count": 365}
    return {**known, "expected": 365, "above": above, "outcome": outcome, "reason": "", **more}


def checked(atlas: Atlas, rows: list[dict[str, Any]], **changes: Any) -> Outcome:
    statement = from_plain(Statement, NEVER | changes)
    held = dataclasses.replace(atlas, statements={"clean": statement}, answers=Answers(answers(rows)))
    (found,) = outcomes(held)
    return found


def test_independent_answers_that_are_complete_and_agree_support(atlas: Atlas) -> None:
    found = checked(atlas, [answer(STATE, "within", 0)])
    assert found.outcome == "supported"
    assert "Chimney: 2023, 0 above 125 ug/m3, 365 of 365 values (100%), within." in found.because
    assert not found.missing


def test_a_verdict_names_the_stations_that_it_does_not_rest_on(atlas: Atlas) -> None:
    found = checked(atlas, [answer(STATE, "within", 0)], stations=["chimney", "inlet"])
    assert found.outcome == "supported"
    alone = "No readings of SO₂ for 2023 are at hand at Inlet: the verdict rests on the other stations alone."
    assert found.because.endswith(alone)
    silent = checked(atlas, [], stations=["chimney", "inlet"], period="2022")
    assert "the verdict" not in silent.because


def test_the_company_alone_is_consistent_and_never_support(atlas: Atlas) -> None:
    found = checked(atlas, [answer(COMPANY, "within", 0)])
    assert found.outcome == "consistent"
    assert "claimant's own readings" in found.because


def test_nobody_named_counts_for_nothing(atlas: Atlas) -> None:
    for outcome, above in (("within", 0), ("exceeds", 9)):
        found = checked(atlas, [answer(NOBODY, outcome, above)])
        assert found.outcome == "unverifiable"
        assert {each.standing for each in found.evidence if each.id == NOBODY} == {"unknown"}


def test_one_breach_contradicts_never_even_where_the_law_is_kept(atlas: Atlas) -> None:
    rows = [answer(STATE, "within", 2)]
    assert checked(atlas, rows).outcome == "contradicted"
    assert checked(atlas, rows, expects="within").outcome == "supported"


def test_a_breach_in_too_few_readings_contradicts(atlas: Atlas) -> None:
    found = checked(atlas, [answer(STATE, "undecidable", 1, count=20, reason="incomplete")])
    assert found.outcome == "contradicted"
    assert "1 above 125 ug/m3, 20 of 365 values (5%), undecidable, too few values for the period" in found.because


@pytest.mark.parametrize("reason", ["coarse", "unpaired"])
def test_what_is_not_about_the_limits_values_decides_nothing(atlas: Atlas, reason: str) -> None:
    assert checked(atlas, [answer(STATE, "undecidable", 3, reason=reason)]).outcome == "unverifiable"


def test_networks_that_disagree_stand_side_by_side(atlas: Atlas) -> None:
    found = checked(atlas, [answer(STATE, "exceeds", 7), answer(COMPANY, "within", 0)])
    assert found.outcome == "contradicted"
    stances = {each.id: (each.standing, each.stance) for each in found.evidence if each.kind == "series"}
    assert stances[STATE] == ("independent", "disagrees")
    assert stances[COMPANY] == ("claimant", "agrees")
    assert "Chimney: 2023, 7 above" in found.because and "Fence: 2023, 0 above" in found.because


def test_too_little_is_unverifiable_and_says_what_is_missing_in_numbers(atlas: Atlas) -> None:
    found = checked(atlas, [answer(STATE, "undecidable", 0, count=100, reason="incomplete")])
    assert found.outcome == "unverifiable"
    assert "100 of 365 values (27%)" in found.because
    assert found.missing[-1] == "90 % of the days of a year, and 75 % of the hours of each are needed (Annex I)."


def test_without_an_answer_it_says_how_many_stations_were_looked_at(atlas: Atlas) -> None:
    found = checked(atlas, [])
    assert found.outcome == "unverifiable"
    assert found.missing[0] == (
        "No readings of SO₂ for 2023 are at hand at any of 3 stations; 3 of them have readings of another time."
    )
    limit = next(each for each in found.evidence if each.kind == "limit")
    assert limit.says == "125 ug/m3 over 24h (Directive 2008/50/EC); 3 a year may be above it"


@pytest.mark.parametrize(
    ("years", "outcome"),
    [(("2022", "2023"), "supported"), (("2022",), "unverifiable"), (("2021", "2022", "2023", "2024"), "supported")],
)
def test_answers_must_cover_every_day_that_is_claimed(atlas: Atlas, years: tuple[str, ...], outcome: str) -> None:
    rows = [answer(STATE, "within", 0, period=year) for year in years]
    assert checked(atlas, rows, period="2022/2023").outcome == outcome


def test_a_breach_outside_the_time_claimed_is_none(atlas: Atlas) -> None:
    rows = [answer(STATE, "within", 0), answer(STATE, "exceeds", 9, period="2022")]
    assert checked(atlas, rows).outcome == "supported"


def test_a_claim_without_a_time_can_be_contradicted_and_never_supported(atlas: Atlas) -> None:
    assert checked(atlas, [answer(STATE, "within", 0)], period=None).outcome == "unverifiable"
    assert checked(atlas, [answer(STATE, "exceeds", 9)], period=None).outcome == "contradicted"


@pytest.mark.parametrize(
    ("value", "reason", "outcome"),
    [(30.2, "", "supported"), (40.0, "", "contradicted"), (30.2, "incomplete", "unverifiable")],
)
def test_the_value_of_a_statistic_is_compared_within_the_tolerance(
    atlas: Atlas, value: float, reason: str, outcome: str
) -> None:
    row = answer(STATE, "", 0, statistic="mean", against="", value=value, reason=reason)
    claim = {"limits": [], "expects": None, "statistic": "mean", "claimed": 0.03, "unit": "mg/m3"}
    found = checked(atlas, [row], **claim)
    assert (found.outcome, found.tolerance) == (outcome, 0.01)
    assert "0.03 mg/m3 is claimed" in found.because


def test_a_station_joined_by_an_assumed_distance_is_left_aside(atlas: Atlas) -> None:
    heap = atlas.features["heap"]
    joins = tuple(dataclasses.replace(each, assumed=each.station == "chimney") for each in heap.joins)
    assumed = dataclasses.replace(heap, joins=joins)
    unsure = dataclasses.replace(atlas, features=atlas.features | {"heap": assumed})
    found = checked(unsure, [answer(STATE, "exceeds", 9)])
    assert found.outcome == "unverifiable"
    assert found.missing[-1].startswith("Chimney: joined to the place only by an assumed distance")


FINDINGS = st.builds(
    Finding,
    st.sampled_from(["independent", "claimant", "unknown"]),
    st.sampled_from(["agrees", "disagrees", "undecided"]),
)


@settings(max_examples=200, deadline=None)
@given(findings=st.lists(FINDINGS, max_size=6), data=st.data())
def test_the_order_of_findings_changes_nothing_and_support_is_always_independent(
    findings: list[Finding], data: st.DataObject
) -> None:
    outcome = decided(findings)
    assert decided(data.draw(st.permutations(findings))) == outcome
    if outcome == "supported":
        assert Finding("independent", "agrees") in findings
        assert Finding("independent", "undecided") not in findings
    assert decided([*findings, Finding("independent", "disagrees")]) == "contradicted"
    assert decided([*findings, Finding("unknown", "disagrees")]) == outcome


def test_shuffled_answers_give_the_same_outcome(atlas: Atlas) -> None:
    rows = [answer(STATE, "within", 0), answer(COMPANY, "within", 0), answer(NOBODY, "exceeds", 2)]
    assert checked(atlas, rows) == checked(atlas, rows[::-1])

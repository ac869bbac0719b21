"""Statements: each outcome is reached with data made for it, and the flagship's are honest."""

import json
import re
from pathlib import Path

import pytest
from conftest import Run
from place import STATEMENTS, Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.errors import GeodataError
from mendmap.load.check import check
from mendmap.statements.model import Outcome
from mendmap.statements.outcome import outcomes

AGENCY = {"id": "agency", "title": "Yearbook", "publisher": "Agency", "url": ""}
LENGTH = """
[[statement]]
id = "long"
claim = "The brook is 1 km long."
claimant = "Works Ltd"
source = "survey"
check = "length"
feature = "brook"
claimed = {claimed}
unit = "km"
wanted = "A survey."
"""
READINGS = """
[[statement]]
id = "clean"
claim = "The air is clean."
claimant = "Works Ltd"
source = "survey"
check = "readings"
parameter = "so2"
period = "{period}"
wanted = "A year of readings."
"""


def outcome(testford: Testford, tmp_path: Path) -> Outcome:
    load(testford, tmp_path / "lake")
    (found,) = outcomes(build(read(tmp_path / "lake")))
    return found


def test_a_claimants_own_figures_that_agree_are_consistent_and_never_support(
    testford: Testford, tmp_path: Path
) -> None:
    found = outcome(testford, tmp_path)
    assert (found.outcome, found.computed) == ("consistent", 0.1)
    assert "1 / 10 = 0.1" in found.because
    assert "claimant's own" in found.because


def test_figures_that_disagree_contradict(testford: Testford, tmp_path: Path) -> None:
    testford.statements = STATEMENTS.replace("claimed = 0.1", "claimed = 0.2")
    found = outcome(testford, tmp_path)
    assert found.outcome == "contradicted"
    assert "50.0% apart, 5% allowed" in found.because


def test_figures_of_someone_else_support(testford: Testford, tmp_path: Path) -> None:
    testford.tables["source"].append(AGENCY)
    for row in testford.tables["figure"]:
        row["claimant"], row["source"] = "", "agency"
    assert outcome(testford, tmp_path).outcome == "supported"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("claimed = 0.1", "claimed = 0", "claimed: check ratio takes a value other than 0: 0.0"),
        ("claimed = 0.1", "", "claimed: check ratio takes a value other than 0: None"),
        ('"f2018"]', '"f2018", "f2018"]', "figures: check ratio takes 2; 3 are given"),
        ('unit = "1"', 'unit = "kg"', "unit: 'kg' cannot be converted to '1'"),
        ('check = "ratio"', 'check = "length"', "feature: check length takes one"),
        ('check = "ratio"', 'check = "times"', "after: check times takes one"),
        (
            'check = "ratio"',
            'check = "readings"\nlimits = ["l1"]',
            "expects: limits are named, so say what is expected",
        ),
        ('check = "ratio"', 'check = "readings"\nlimits = ["l9"]', "limits: no such limit: 'l9'; choices: l1"),
    ],
)
def test_a_statement_that_cannot_be_computed_never_reaches_the_lake(
    testford: Testford, old: str, new: str, fault: str
) -> None:
    testford.statements = STATEMENTS.replace(old, new)
    with pytest.raises(GeodataError, match=re.escape(fault)):
        check(testford.write(), 100)


@pytest.mark.parametrize("change", [{"unit": "kg"}, {"value": "0"}])
def test_figures_that_give_no_share_decide_nothing(testford: Testford, tmp_path: Path, change: dict[str, str]) -> None:
    testford.tables["figure"][0] |= change
    assert outcome(testford, tmp_path).outcome == "unverifiable"


@pytest.mark.parametrize(
    ("basis", "claimed", "wanted"),
    [
        ("published", "19.4", "supported"),
        ("published", "25", "contradicted"),
        ("schematic", "19.4", "unverifiable"),
        ("hypothesis", "19.4", "unverifiable"),
    ],
)
def test_a_length_is_measured_and_a_hypothesis_proves_nothing(
    testford: Testford, tmp_path: Path, basis: str, claimed: str, wanted: str
) -> None:
    testford.tables["source"].append(AGENCY)
    testford.feature("rivers")["properties"] |= {"basis": basis, "source": "agency"}
    testford.statements = LENGTH.format(claimed=claimed)
    found = outcome(testford, tmp_path)
    assert found.outcome == wanted
    assert found.computed == pytest.approx(19.37, abs=0.1)


@pytest.mark.parametrize(("period", "words"), [("2021", "not been assessed"), ("2023", "No readings of SO₂ for 2023")])
def test_readings_alone_decide_nothing(testford: Testford, tmp_path: Path, period: str, words: str) -> None:
    testford.statements = READINGS.format(period=period)
    found = outcome(testford, tmp_path)
    assert found.outcome == "unverifiable"
    assert words in found.because


# Every statement of the two articles, with its outcome and words that its reason must hold.
FLAGSHIP = {
    "so2_per_tonne": (
        "consistent",
        "0.27 / 8.93 = 3.024 %, 3 % is claimed; 0.8% apart, 5% allowed. These are the claim",
    ),
    "production_growth": ("unverifiable", "67,400 t × 2.4 = 161,760 t. 67,400 t + 240 % = 229,160 t. No figure of"),
    "stack_so2_2025": ("unverifiable", "1.32 % / (100 % − 99.16 %) = 157.1 % in 2018"),
    "so2_cut_2021": (
        "unverifiable",
        "for 2020 is at hand. No figure of “Sulphur dioxide emitted” for 2021 is at hand.",
    ),
    "so2_daily_means_2023": ("unverifiable", "No readings of SO₂ for 2023 are at hand at any of 4 stations; 3 of them"),
    "bat_since_2023": ("unverifiable", "No limit is named that readings could be held against."),
    "dredged_7_4_km": ("unverifiable", "measures 7.40 km, but its basis is hypothesis, which proves nothing."),
    "water_quality_98": (
        "unverifiable",
        "improvement of water quality: more than 98 %. Nothing independent decides it.",
    ),
    "robule_green": ("unverifiable", "a point whose basis is schematic, which proves nothing; no imagery is at hand"),
}


def test_the_flagships_outcomes_are_honest(bor_lake: Path, run_mendmap: Run) -> None:
    done = run_mendmap("statements", "--json", "--lake", bor_lake)
    found = {each["id"]: each for each in json.loads(done.stdout)["statements"]}
    assert {ident: each["outcome"] for ident, each in found.items()} == {
        ident: outcome for ident, (outcome, _) in FLAGSHIP.items()
    }
    for ident, (_, words) in FLAGSHIP.items():
        assert words in found[ident]["because"]
        assert found[ident]["wanted"]
    assert found["so2_per_tonne"]["computed"] == pytest.approx(3.02, abs=0.01)
    assert found["stack_so2_2025"]["computed"] == pytest.approx(157.1, abs=0.1)
    standings = {each["id"]: each["standing"] for each in found["so2_daily_means_2023"]["evidence"]}
    assert standings["RS0009A.so2.1h"] == standings["bor_brezonik.so2.1h"] == "independent"
    assert {each["standing"] for each in found["so2_per_tonne"]["evidence"]} == {"claimant"}


def test_a_production_of_2024_by_someone_else_tells_which_reading_of_the_flagships_claim_agrees(
    bor_lake: Path, tmp_path: Path, run_mendmap: Run
) -> None:
    """The value is made up for this test, and is written nowhere."""
    (tmp_path / "production.csv").write_text(
        "id,place,feature,medium,what,parameter,value,unit,period,basis,source\n"
        "made_up,Bor,tir_smelter,production,cathode copper,cathode_copper,162000,t,2024,verbatim,mining_journal\n"
    )
    done = run_mendmap("statements", "--json", "--lake", bor_lake, "--with", tmp_path / "production.csv")
    found = {each["id"]: each for each in json.loads(done.stdout)["statements"]}["production_growth"]
    assert (found["before"], found["outcome"]) == ("unverifiable", "consistent")
    assert "162,000 t is published for 2024: it agrees with 67,400 t × 2.4, 5% allowed." in found["because"]
    assert "so it is no support" in found["because"]

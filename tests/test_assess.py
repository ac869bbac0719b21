"""Answers in the lake: brought up to date by every write, only where it matters, and known as of any number. All data
are synthetic."""

import json
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, times
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from place import Testford, write_csv
from test_ingest import HOUR, START, row, take
from test_lake import load

from mendmap.assess.model import KEY, Answers, answers
from mendmap.lake import assessed, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.upkeep import compact
from mendmap.load import assess as assessing
from mendmap.load.rebuild import rebuild
from mendmap.query.times import AsOf

RULES = [
    {"id": "hours", "statistic": "exceedances", "block": "hour", "period": "year", "block_share": "0.75",
     "period_share": "0.9", "clause": "Article 1", "basis": "read", "source": "survey"},
    {"id": "samples", "statistic": "annual_average", "block": "sample", "period": "year", "least": "1",
     "clause": "Article 2", "basis": "read", "source": "survey"},
]  # fmt: skip
HARD = {"id": "hardness", "name_en": "Hardness", "symbol": "H", "medium": "surface_water", "unit": "mg/L"}


def limited(testford: Testford) -> Testford:
    """Testford with rules: hours of SO2 above 350, and copper whose limit depends on how hard the water is."""
    testford.tables["rule"] = [dict(each) for each in RULES]
    testford.tables["parameter"].append(dict(HARD))
    testford.tables["limit"] = [
        dict(testford.tables["limit"][0], rules="hours"),
        *(
            {"id": f"cu_{name}", "jurisdiction": "EU", "instrument": "Directive", "parameter": "cu", "type": "AA-EQS",
             "averaging": "year", "value": value, "unit": "ug/L", "basis": "read", "source": "survey",
             "rules": "samples", "depends_on": "hardness", "depends_from": low, "depends_to": high}
            for name, value, low, high in (("soft", "1", "", "100"), ("hard", "200", "100", ""))
        ),
    ]  # fmt: skip
    return testford


@pytest.fixture
def place(testford: Testford) -> Testford:
    return limited(testford)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("limited")
    load(limited(Testford(folder / "testford")), folder / "lake")
    return folder / "lake"


@pytest.fixture
def lake(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(loaded, tmp_path / "lake"))


def known(lake: Path, number: int | None = None) -> dict[tuple[str, ...], dict[str, Any]]:
    opened = open_lake(str(lake))
    at = ledger.latest(opened).number if number is None else number
    rows = assessed.known(opened, at, "testford").to_pylist()
    opened.close()
    return {(each["series"], each["period"], each["statistic"], each["against"]): each for each in rows}


def recorded(lake: Path, number: int) -> set[str]:
    """The series of which a write recorded answers."""
    opened = open_lake(str(lake))
    found = opened.query("SELECT DISTINCT series FROM answers WHERE recorded = ?", [number]).fetchall()
    opened.close()
    return {each[0] for each in found}


def sample(day: int, parameter: str, value: str, unit: str, **more: str) -> dict[str, str]:
    moment = (START + day * 24 * HOUR).isoformat()
    usual = {"station": "inlet", "parameter": parameter, "averaging": "sample", "start": moment, "end": moment}
    return row(0, value) | usual | {"unit": unit} | more


HOURS = ("chimney.so2.1h", "2022", "exceedances", "l1")
SOFT, STRICT = (("inlet.cu.sample", "2022", "annual_average", each) for each in ("cu_hard", "cu_soft"))


def test_an_ingest_brings_its_own_series_up_to_date_and_no_other(lake: Path) -> None:
    before = known(lake)
    done = take(lake, [row(hour, "400") for hour in range(25)])
    assert done.written.derived > 0 and recorded(lake, 2) == {"chimney.so2.1h"}
    answer = known(lake)[HOURS]
    assert (answer["outcome"], answer["reason"], answer["above"], answer["count"]) == ("exceeds", "conclusive", 25, 25)
    assert known(lake, 1) == before and HOURS not in before


def test_a_revision_changes_the_answer_and_what_was_known_stays_known(lake: Path) -> None:
    take(lake, [row(hour, "400") for hour in range(25)])
    take(lake, [row(3, "10")])
    assert known(lake)[HOURS]["outcome"] == "undecidable" and known(lake, 2)[HOURS]["outcome"] == "exceeds"
    take(lake, [row(3, "10", quality="invalid")])
    assert known(lake)[HOURS]["count"] == 24


def test_an_answer_that_no_longer_holds_is_gone_and_was_there(lake: Path) -> None:
    take(lake, [row(0, "400")])
    take(lake, [row(0, "", quality="withdrawn")])
    assert HOURS not in known(lake) and HOURS in known(lake, 2)


def test_the_same_again_records_nothing(place: Testford, lake: Path) -> None:
    take(lake, [row(0, "400")])
    assert take(lake, [row(0, "400")]).written.derived == 0
    assert load(place, lake).derived == 0
    assert not assessing.assess_anew(str(lake), "").changed


def test_a_change_of_a_limit_touches_the_series_of_its_parameter_only(place: Testford, lake: Path) -> None:
    take(lake, [row(hour, "400") for hour in range(25)])
    place.tables["limit"][0]["value"] = "450"
    assert load(place, lake).derived > 0
    assert recorded(lake, 3) <= {"chimney.so2.1h", "ghost.so2.1h"}
    assert known(lake)[HOURS]["above"] == 0 and known(lake, 2)[HOURS]["above"] == 25
    place.feature("lakes", 1)["properties"]["size"] = "tiny"
    assert load(place, lake).derived == 0


def test_a_biased_source_can_only_say_at_least(place: Testford, lake: Path) -> None:
    take(lake, [row(hour, "400") for hour in range(3)])
    place.tables["source"][0]["sample"] = "biased"
    load(place, lake)
    answer = known(lake)[HOURS]
    assert (answer["outcome"], answer["reason"], answer["above"]) == ("undecidable", "biased", 3)


def test_what_a_limit_depends_on_is_read_beside_it_and_changes_it(lake: Path) -> None:
    take(lake, [sample(10, "cu", "150", "ug/L")])
    assert {known(lake)[each]["reason"] for each in (SOFT, STRICT)} == {"unpaired"}
    take(lake, [sample(10, "hardness", "180", "mg/L")], name="hard.csv")
    assert known(lake)[SOFT]["outcome"] == "within" and STRICT not in known(lake)
    take(lake, [sample(10, "hardness", "20", "mg/L")], name="soft.csv")
    assert known(lake)[STRICT]["outcome"] == "exceeds" and SOFT not in known(lake)
    # A series beside it alone: the other is read, and only what was touched is recorded.
    take(lake, [sample(11, "cu", "151", "ug/L")], name="more.csv")
    assert recorded(lake, 5) == {"inlet.cu.sample"}


def test_batches_on_another_executor_find_the_same(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(hour * 24, str(hour % 50), station=each) for hour in range(800) for each in ("chimney", "ghost")]
    take(lake, rows + [sample(day, "cu", str(day), "ug/L") for day in range(0, 700, 7)])
    whole = known(lake)
    opened = open_lake(str(lake))
    opened.query("DELETE FROM answers")
    opened.close()
    monkeypatch.setattr(assessing, "_FEW", 0)
    monkeypatch.setattr(assessing, "_BATCH_ROWS", 100)
    with ProcessPoolExecutor(2) as working:
        assessing.assess_anew(str(lake), "", working)
    assert {statistic for _, _, statistic, _ in whole} >= {"mean", "trend", "baseline", "annual_average", "exceedances"}
    assert known(lake) == whole


def test_answers_stand_in_the_order_of_their_keys_however_they_come(lake: Path) -> None:
    take(lake, [row(hour * 24, str(hour % 50)) for hour in range(500)])
    rows = list(known(lake).values())
    ordered = Answers(answers(rows))
    assert Answers(answers(rows[::-1])).table.equals(ordered.table)
    keys = [tuple(each[name] for name in KEY) for each in ordered.table.to_pylist()]
    assert keys == sorted(keys) and [each.series for each in ordered.of("chimney.so2.1h")] == ["chimney.so2.1h"] * sum(
        key[0] == "chimney.so2.1h" for key in keys
    )


def test_a_work_parts_the_months_before_it_from_those_after(place: Testford, lake: Path) -> None:
    days = range(-800, 400, 10)
    take(lake, [sample(day, "cu", "100" if day < -300 else "40", "ug/L") for day in days])
    answer = known(lake)["inlet.cu.sample", "2019-10/2023-01", "before_after", "liming"]
    assert (answer["before"], answer["after"], answer["value"]) == (100, 40, -60)
    assert answer["outcome"] == "falling"


VALUES = st.sampled_from(["", "5", "340", "360", "<1"])
ACTS = st.lists(
    st.tuples(st.sampled_from(["so2", "cu", "hardness"]), st.integers(0, 5), VALUES), min_size=1, max_size=4
)


@settings(max_examples=times(3, 40), deadline=None, phases=[Phase.generate])
@given(writes=st.lists(ACTS, min_size=1, max_size=4), data=st.data())
def test_answers_as_of_any_number_are_those_that_the_readings_of_then_give(
    tmp_path_factory: pytest.TempPathFactory, writes: list[list[tuple[str, int, str]]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("as-of")
    testford = Testford(folder / "place")
    lake = folder / "lake"
    load(limited(testford), lake)
    for nth, acts in enumerate(writes):
        rows = {}
        for parameter, place_in_time, value in acts:
            qualifier, number = ("<", value[1:]) if value.startswith("<") else ("", value)
            more = {"qualifier": qualifier} | ({} if value else {"quality": "withdrawn"})
            unit = "mg/L" if parameter == "hardness" else "ug/L"
            rows[parameter, place_in_time] = (
                row(place_in_time, number, **more)
                if parameter == "so2"
                else sample(place_in_time, parameter, number, unit, **more)
            )
        take(lake, list(rows.values()), name=f"{nth}.csv")
        if data.draw(st.booleans()):
            compact(str(lake))
    opened = open_lake(str(lake))
    newest = ledger.latest(opened).number
    opened.close()
    for number in range(1, newest + 1):
        assert assessing.differing(str(lake), "", AsOf(number=number))[1] == []
    anew = folder / "anew"
    assert [
        each.difference for each in rebuild(str(anew), str(lake), accept_differences=False) if each.difference
    ] == []
    assert known(anew) == known(lake)


def test_the_command_says_what_changed_and_finds_answers_that_differ(lake: Path, run_mendmap: Run) -> None:
    take(lake, [row(0, "400")])
    assert "answers: unchanged" in run_mendmap("assess", "--lake", lake).stdout
    assert " 0 differ" in run_mendmap("assess", "--lake", lake, "--as-of", "1").stdout
    opened = open_lake(str(lake))
    opened.query("UPDATE answers SET above = 9 WHERE against = 'l1'")
    opened.close()
    told = run_mendmap("assess", "--lake", lake, "--as-of", "2")
    assert "differs: chimney.so2.1h 2022 exceedances l1" in told.stdout
    assert "answers: 0 changed" not in run_mendmap("assess", "--lake", lake).stdout
    assert known(lake)[HOURS]["above"] == 1
    anew = lake.parent / "anew"
    assert not any(each.difference for each in rebuild(str(anew), str(lake), accept_differences=False))
    assert known(anew) == known(lake)


def test_a_preview_assesses_what_is_not_loaded_beside_what_is(place: Testford, lake: Path, run_mendmap: Run) -> None:
    place.statements += """
[[statement]]
id = "clean"
claim = "No hour of 2022 was above the limit."
claimant = "Works Ltd"
sites = ["heap"]
period = "2022"
source = "survey"
check = "readings"
parameter = "so2"
limits = ["l1"]
expects = "never_above"
stations = ["chimney"]
wanted = "Hours."
"""
    place.tables["source"][0]["publisher"] = "Town laboratory"
    load(place, lake)
    take(lake, [row(0, "10")])
    file = lake.parent / "year.csv"
    write_csv(file, [row(hour, "20") for hour in range(1, 8760)])
    command = ("statements", "--lake", lake, "--json")
    assert outcome(run_mendmap(*command)) == "unverifiable"
    assert outcome(run_mendmap(*command, "--with", file)) == "supported"
    write_csv(file, [row(0, "400")])
    assert outcome(run_mendmap(*command, "--with", file)) == "contradicted"
    assert outcome(run_mendmap(*command)) == "unverifiable"


def outcome(told: "subprocess.CompletedProcess[str]") -> str:
    return str({each["id"]: each["outcome"] for each in json.loads(told.stdout)["statements"]}["clean"])

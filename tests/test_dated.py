"""What was known when: dates of reduced precision by month, and the dated values that the service hands out."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from assessed_place import assessed
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from place import Testford
from test_lake import load

from mendmap.atlas import dated
from mendmap.atlas.dated import begun, over, phase, states_in
from mendmap.catalogue.records import State, Work
from mendmap.settings import Settings
from mendmap.web import served as served_module
from mendmap.web.app import create_app
from mendmap.words.dates import Period


def period(text: str | None) -> Period | None:
    return Period.parse(text) if text else None


def state(ident: str, since: str | None, until: str | None = None) -> State:
    dates = {"since": period(since), "until": period(until)}
    return State(id=ident, site="x", state=ident, trust="claimed", source="s", note=None, **dates)


def work(begin: str | None, finish: str | None, status: str = "unknown") -> Work:
    dates = {"begun": period(begin), "finished": period(finish)}
    told = {"status": status, "trust": "claimed", "source": "s"}
    blank = dict.fromkeys(("cost", "currency", "note"))
    return Work(id="w", sites=(), type="t", name={"en": "w"}, **told, **blank, **dates)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("date", "month", "had_begun", "was_over"),
    [
        (None, "2021-06", False, False),
        ("2021", "2020-12", False, False),
        ("2021", "2021-01", None, None),
        ("2021", "2021-11", None, None),
        ("2021", "2021-12", True, None),
        ("2021", "2022-01", True, True),
        ("2021-08", "2021-07", False, False),
        ("2021-08", "2021-08", True, False),
        ("2021-08", "2021-09", True, True),
        ("2021-08-15", "2021-08", True, False),
        ("2021/2025", "2023-05", None, None),
        ("2021/2025", "2025-12", True, None),
        ("2021/2025", "2026-01", True, True),
    ],
)
def test_a_date_tells_as_much_as_its_precision_lets_it(
    date: str | None, month: str, had_begun: bool | None, was_over: bool | None
) -> None:
    assert begun(month, period(date)) is had_begun
    assert over(month, period(date)) is was_over


@pytest.mark.parametrize(
    ("begin", "finish", "month", "word"),
    [
        (None, None, "2021-06", ""),
        ("2021", None, "2020-12", ""),
        ("2021", None, "2021-06", "perhaps_begun"),
        ("2021", None, "2026-06", "begun"),
        ("2024-05", "2025-05", "2025-04", "begun"),
        ("2024-05", "2025-05", "2025-05", "finished"),
        ("2020", "2022", "2022-03", "perhaps_finished"),
        (None, "2021-08", "2021-07", ""),
        (None, "2021-08", "2021-08", "finished"),
        (None, "2021", "2021-08", "perhaps_finished"),
    ],
)
def test_a_work_appears_when_it_begins_and_changes_when_it_ends(
    begin: str | None, finish: str | None, month: str, word: str
) -> None:
    assert phase(work(begin, finish), month) == word


def test_the_states_of_a_lake_follow_each_other_as_surely_as_their_dates() -> None:
    lake = [state("red", None, "2021"), state("collected", "2021"), state("green", "2021/2025"), state("undated", None)]

    def told(month: str) -> list[tuple[str, bool]]:
        return [(each.id, sure) for each, sure in states_in(lake, month)]

    assert told("2020-06") == [("red", True)]
    assert told("2021-06") == [("green", False), ("collected", False), ("red", False)]
    assert told("2023-06") == [("green", False), ("collected", False)]
    assert told("2026-06") == [("green", True)]


years = st.integers(2000, 2006).map(str)
months = st.tuples(years, st.integers(1, 12)).map(lambda each: f"{each[0]}-{each[1]:02d}")
days = st.dates(dt.date(2000, 1, 1), dt.date(2006, 12, 31)).map(dt.date.isoformat)
points = years | months | days
dates = st.none() | points | st.tuples(points, points).map(lambda two: "/".join(sorted(two)))
ALL = [f"{year}-{month:02d}" for year in range(1999, 2009) for month in range(1, 13)]


def sound(make: Callable[..., Any], *texts: str | None) -> Any:
    """What is made of dates; None where they are none that a catalogue takes."""
    try:
        return make(*texts)
    except ValueError:
        return None


@given(st.lists(st.tuples(dates, dates), max_size=4), dates, dates)
def test_nothing_changes_between_the_months_that_are_listed(
    spans: list[tuple[str | None, str | None]], begin: str | None, finish: str | None
) -> None:
    states = [made for nth, span in enumerate(spans) if (made := sound(lambda *two: state(f"s{nth}", *two), *span))]  # noqa: B023
    act = sound(work, begin, finish)
    stops: set[str] = set()
    for each in states:
        stops |= dated._turns(each.since, each.until)
    if act:
        stops |= dated._turns(act.begun, None) | dated._turns(act.finished, None)

    def told(month: str) -> object:
        return states_in(states, month), phase(act, month) if act else ""

    for before, after in pairwise(ALL):
        assert told(before) == told(after) or after in stops


@given(points, points)
def test_a_work_never_goes_back(begin: str, finish: str) -> None:
    act = work(*sorted((begin, finish)))
    order = ("", "perhaps_begun", "begun", "perhaps_finished", "finished")
    steps = [order.index(phase(act, month)) for month in ALL]
    assert steps == sorted(steps)
    assert steps[-1] == 4


def test_the_dates_of_a_plan_are_no_work_done() -> None:
    assert phase(work("2019", "2020", "finished"), "2021-01") == "finished"
    assert phase(work("2019", "2020", "planned"), "2021-01") == ""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("dated")
    place = assessed(Testford(folder / "testford"))
    place.tables["work"].append({**place.tables["work"][0], "id": "later", "begun": "2090", "finished": ""})
    load(place, folder / "lake")
    with TestClient(create_app(Settings(lake=str(folder / "lake"), max_values=1))) as found:
        yield found


def test_the_months_of_a_layer_count_what_is_known(client: TestClient) -> None:
    found = client.get("/values/lakes.json").json()
    by_month = {each.pop("month"): each for each in found["months"]}
    assert by_month["2020-03"] == {"works": 1}
    assert by_month["2020-05"] == {"readings": 1}
    assert by_month["2021-01"] == {"states": 1, "works": 1}
    assert by_month["2021-12"] == {"states": 1, "works": 1}
    assert found["last"] < "2090", "what is planned is not known yet"
    assert (found["first"], found["last"]) == ("1990-01", "2024-12")
    assert list(by_month) == sorted(by_month)
    assert client.get("/values/works.json").json()["undated"] == {"works": 1}


def test_a_month_tells_states_works_readings_and_verdicts_as_they_stood(client: TestClient) -> None:
    then = client.get("/values/lakes/2020-05.json").json()
    mirror = then["features"]["mirror"]
    assert [(each["state"], each["trust"], each["sure"]) for each in mirror["states"]] == [("red", "reported", True)]
    assert [(each["id"], each["phase"]) for each in mirror["works"]] == [("liming", "begun")]
    (reading,) = mirror["readings"]
    assert (reading["count"], reading["below"], reading["newest"], reading["newest_qualifier"]) == (1, 1, 500, "<")
    assert "greatest" not in reading
    assert then["units"]["ug/L"] == "µg/L"
    assert then["sources"] == {"survey": {"title": "Synthetic survey", "url": "https://testford.example/survey"}}


def test_a_verdict_is_told_once_its_period_has_ended(client: TestClient) -> None:
    def periods(month: str) -> set[str]:
        rows = client.get(f"/values/dumps/{month}.json").json()["features"]["heap"].get("verdicts", ())
        return {each["period"] for each in rows if each["limit"] == "yearly" and each["series"] == "chimney.so2.24h"}

    assert periods("2018-11") == {"2017"}
    assert periods("2018-12") == {"2018"}
    assert periods("2025-01") == {"2021"}


def test_readings_are_of_their_month_alone(client: TestClient) -> None:
    def count(month: str) -> int:
        rows = client.get(f"/values/dumps/{month}.json").json()["features"].get("heap", {}).get("readings", ())
        return sum(each["count"] for each in rows if each["averaging"] == "24h")

    assert (count("2016-02"), count("2017-02"), count("2015-12"), count("2022-01")) == (29, 28, 0, 0)
    listed = {each["month"]: each.get("readings", 0) for each in client.get("/values/dumps.json").json()["months"]}
    assert listed["2016-02"] == 29


def test_a_file_says_how_many_features_its_bound_left_out(client: TestClient) -> None:
    found = client.get("/values/sites/2021-12.json").json()
    assert (len(found["features"]), found["omitted"]) == (1, 1)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/values/nowhere.json", 404),
        ("/values/nowhere/2020-01.json", 404),
        ("/values/lakes/2020-13.json", 400),
        ("/values/lakes/0000-01.json", 400),
        ("/values/lakes/2090-01.json", 400),
        ("/values/lakes/20-1.json", 400),
        ("/values/lakes/2020-01.json?x=1", 400),
        ("/values/lakes.json?x=1", 400),
    ],
)
def test_nonsense_is_a_problem_document(client: TestClient, path: str, status: int) -> None:
    found = client.get(path)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize("path", ["/values/lakes.json", "/values/lakes/2020-05.json", "/values/sites/0001-01.json"])
def test_dated_values_have_a_name_and_answer_head(client: TestClient, path: str) -> None:
    found = client.get(path)
    assert found.status_code == 200
    assert found.headers["mendmap-snapshot"].startswith("1-")
    assert client.get(path, headers={"If-None-Match": found.headers["etag"]}).status_code == 304
    assert client.head(path).content == b""


def test_dated_values_hide_what_a_reader_may_not_see(tmp_path: Path, testford: Testford) -> None:
    place = assessed(testford)
    place.layers["stations"]["more"] = 'access = "staff"'
    load(place, tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as public:
        assert public.get("/values/stations.json").status_code == 404
        months = public.get("/values/dumps.json").json()["months"]
        assert months
        assert not [each for each in months if "readings" in each or "verdicts" in each]
        assert "readings" not in public.get("/values/dumps/2016-02.json").json()["features"].get("heap", {})


def test_what_is_kept_is_made_once_and_is_bounded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    served = client.app.state.keeper.served("public")  # type: ignore[attr-defined]
    made: list[str] = []

    def make(name: str) -> bytes:
        made.append(name)
        time.sleep(0.02)
        return b"x" * 40

    monkeypatch.setattr(served, "_files", {})
    monkeypatch.setattr(served_module, "_KEPT", 100)
    with ThreadPoolExecutor(8) as several:
        assert set(several.map(lambda _: served.kept("a", lambda: make("a")), range(8))) == {b"x" * 40}
    assert made == ["a"]
    for name in "bcd":
        served.kept(name, lambda: make("more"))
    assert list(served._files) == ["c", "d"]

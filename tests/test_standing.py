"""How a place stands, in a sentence: a table of cases; and its past in order, how fresh it is, whom to write to."""

import datetime as dt
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from ogc_place import service
from place import Testford

from mendmap.atlas.model import Place
from mendmap.errors import GeodataError
from mendmap.geo.bounds import Bounds
from mendmap.lake.ledger import Snapshot
from mendmap.load.check import check
from mendmap.web import contact, standing
from mendmap.words.languages import Language

NOTHING = "no source in hand says what it is like, and no work is known here"
UNCHECKED = "and nobody else is known to have checked it"
UNMEASURED = "nothing in hand measures it"
AT = "at the stations that tell of it, "


def state(text: str = "Green", since: str | None = "2021", until: str | None = None, trust: str = "claimed") -> Any:
    return {"state": text, "since": since, "until": until, "trust": trust}


def works(*statuses: str) -> list[Any]:
    return [{"status": each} for each in statuses]


def verdict(outcome: str, symbol: str = "SO₂", period: str = "2021", **more: Any) -> Any:
    held = {"law": True, "validity": "in_force", "series": "a.so2.1h"}
    return {"kind": "verdict", "outcome": outcome, "symbol": symbol, "period": period, **held, **more}


def trend(outcome: str) -> Any:
    return {"kind": "trend", "outcome": outcome, "period": "2016/2021"}


def told(**more: Any) -> dict[str, Any]:
    """A site as ``claims.feature`` tells it, of which nothing is known but what is given."""
    usual = {"role": "site", "basis": "published", "works": [], "series": [], "answers": [], "joins": []}
    return {**usual, "id": "heap", **more}


def measured(*answers: Any, assumed: bool = False, **more: Any) -> dict[str, Any]:
    """A site with a station that has such answers."""
    series, joins = [{"station": "a", "id": "a.so2.1h"}], [{"id": "a", "assumed": assumed}]
    return told(series=series, joins=joins, answers=list(answers), **more)


@pytest.mark.parametrize(
    ("of", "now", "said"),
    [
        (told(), None, f"{NOTHING}; {UNMEASURED}"),
        (
            told(),
            state(),
            f"the one who did the work says “Green” (from 2021), {UNCHECKED}; {UNMEASURED}",
        ),
        (told(), state(trust="reported"), f"it is reported to be so: “Green” (from 2021); {UNMEASURED}"),
        (
            told(),
            state(trust="checked"),
            f"it is “Green” (from 2021), and that was checked independently; {UNMEASURED}",
        ),
        (
            told(),
            state(since="2021/2025", trust="reported"),
            f"it is reported to be so: “Green” (some time in 2021 to 2025); {UNMEASURED}",
        ),
        (
            told(works=works("finished")),
            state(until="2023", trust="checked"),
            f"what it is like now is not known; the last that is said of it is “Green” (2021 to 2023); {UNMEASURED}",
        ),
        (
            told(works=works("finished")),
            None,
            f"1 work is said to be finished, and no source in hand says what it is like since; {UNMEASURED}",
        ),
        (
            told(works=works("finished", "ongoing", "ongoing")),
            None,
            f"2 works are under way, and no source in hand says what it is like; {UNMEASURED}",
        ),
        (
            told(works=works("planned")),
            None,
            f"1 work is planned, and no source in hand says what it is like; {UNMEASURED}",
        ),
        (
            told(works=works("unknown")),
            None,
            "work is known here, but not how far it has come, and no source in hand says what it is like; "
            "nothing in hand measures it",
        ),
        (measured(), None, f"{NOTHING}; {AT}no legal limit can be held against the readings"),
        (
            measured(verdict("undecidable"), verdict("no_data")),
            None,
            f"{NOTHING}; {AT}the readings cannot decide whether the law's limits are kept",
        ),
        (
            measured(verdict("exceeds", period="2019"), verdict("within"), verdict("exceeds", "PM10", "2023")),
            None,
            f"{NOTHING}; {AT}the law's limits for SO₂, PM10 were not kept (2023)",
        ),
        (measured(verdict("within")), None, f"{NOTHING}; {AT}the law's limits for SO₂ were kept (2021)"),
        (
            measured(verdict("within"), verdict("undecidable", "PM10")),
            None,
            f"{NOTHING}; {AT}the law's limits for SO₂ were kept where that can be judged (2021)",
        ),
        # What is no law here, or no law yet, says nothing of how it stands.
        (
            measured(verdict("exceeds", law=False), verdict("exceeds", validity="not_yet")),
            None,
            f"{NOTHING}; {AT}no legal limit can be held against the readings",
        ),
        (
            measured(*(verdict("exceeds", symbol) for symbol in "ABCDEF")),
            None,
            f"{NOTHING}; {AT}the law's limits for A, B, C, D and 2 others were not kept (2021)",
        ),
        (
            measured(verdict("within"), trend("falling"), assumed=True),
            None,
            f"{NOTHING}; at stations that are only assumed to tell of it, the law's limits for SO₂ were kept (2021); "
            "what is measured falls (2016 to 2021)",
        ),
        (
            told(basis="hypothesis"),
            None,
            f"{NOTHING}; {UNMEASURED}; that it lies here is a guess, not a fact",
        ),
        (told(role="station"), None, "no reading from it is in hand"),
        (
            measured(verdict("within"), trend("none"), role="station"),
            None,
            "the law's limits for SO₂ were kept (2021); "
            "no change is seen that chance alone would not make (2016 to 2021)",
        ),
    ],
)
def test_how_a_place_stands(of: Any, now: Any, said: str) -> None:
    assert standing.sentence(of, now) == f"In short: {said}."


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (["falling"], "what is measured falls"),
        (["falling", "none"], "some of what is measured falls"),
        (["rising"], "what is measured rises"),
        (["rising", "too_short"], "some of what is measured rises"),
        (["falling", "rising", "none"], "some of what is measured falls and some rises"),
        (["none", "too_short"], "no change is seen that chance alone would not make"),
        (["too_short"], "the readings are too few to tell whether it changes"),
    ],
)
def test_whether_it_changes(outcomes: list[str], said: str) -> None:
    sentence = standing.sentence(measured(*map(trend, outcomes), role="station"), None)
    assert sentence == f"In short: no legal limit can be held against the readings; {said} (2016 to 2021)."


def test_a_river_and_a_town_have_no_such_sentence() -> None:
    assert standing.sentence(told(role="watercourse"), None) == ""


def test_a_sentence_can_be_said_in_another_language() -> None:
    said = Language("sr-Latn").say(standing.sentence(told(), state(since="2024-05", trust="reported")))
    assert "maja 2024" in said or "maj 2024" in said


def test_the_past_stands_in_order_and_a_work_before_the_state_it_led_to() -> None:
    states = [
        {"id": "greened", **state(since="2021/2025")},
        {"id": "undated", **state(since=None)},
        {"id": "collected", **state(since="2021")},
        {"id": "red", **state(since=None, until="2021")},
    ]
    work = {"id": "reclaimed", "status": "finished", "begun": "2021", "finished": None, "quantities": []}
    rows = standing.timeline({"states": states, "works": [work]})
    assert [each["id"] for each in rows] == ["red", "reclaimed", "collected", "greened", "undated"]
    assert [each["when"] for each in rows] == [
        "until 2021",
        "begun 2021; when it was finished is not stated",
        "from 2021",
        "some time in 2021 to 2025",
        "no date stated",
    ]


def test_what_was_planned_stands_beside_what_was_achieved_and_conflicts_stay() -> None:
    reports = [("planned", 10), ("achieved", 8), ("achieved", 9)]
    quantities = [{"what": "lime", "role": role, "value": value} for role, value in reports]
    work = {"id": "w", "status": "finished", "begun": "2020", "finished": "2021", "quantities": quantities}
    (row,) = standing.timeline({"states": [], "works": [work]})
    assert row["when"] == "begun 2020, finished 2021"
    (amount,) = row["rows"]
    assert [each["value"] for each in amount["planned"]] == [10]
    assert [each["value"] for each in amount["achieved"]] == [8, 9]


NETWORK = """fresh_for = "{days}d"
[[network]]
name_en = "Air of today"
url = "https://air.example/now"
media = ["air"]
"""


def test_where_readings_are_old_the_official_network_of_the_same_medium_is_named(
    testford: Testford, tmp_path: Path
) -> None:
    testford.head += NETWORK.format(days=30)
    with service(testford, tmp_path / "lake") as client:
        heap, chimney, lake = (
            client.get(f"/{each}").text for each in ("sites/heap", "stations/chimney", "sites/puddle")
        )
        assert client.get("/sites/heap.json").json()["networks"][0]["url"] == "https://air.example/now"
    for page in (heap, chimney):
        assert "No current data here." in page
        assert "https://air.example/now" in page
    assert "No current data here." in lake
    # A lake whose layer names no medium may be about any.
    assert "https://air.example/now" in lake


def test_where_the_newest_reading_is_fresh_enough_no_network_is_named(testford: Testford, tmp_path: Path) -> None:
    testford.head += NETWORK.format(days=3650)
    with service(testford, tmp_path / "lake") as client:
        page = client.get("/stations/chimney").text
    assert "No current data here." not in page
    assert "https://air.example/now" not in page


def test_a_network_with_faults_is_refused_and_says_why(testford: Testford) -> None:
    testford.head += '[[network]]\nname_en = "Air"\nurl = "air"\nmedia = ["ether"]\n'
    with pytest.raises(GeodataError) as refused:
        check(testford.write(), 100)
    told = sorted(f"{each.column}: {each.message}" for each in refused.value.faults)
    assert told[0].startswith("media: not one of the choices: 'ether'; choices: air")
    assert told[1].startswith("url: not an address")


def test_the_newest_reading_is_current_until_it_is_too_old() -> None:
    class Held:
        place = place("mailto:a@b.example", fresh_for=dt.timedelta(days=30))

    now = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
    assert standing.is_current(Held, now - dt.timedelta(days=30), now)  # type: ignore[arg-type]
    assert not standing.is_current(Held, now - dt.timedelta(days=30, seconds=1), now)  # type: ignore[arg-type]
    assert not standing.is_current(Held, None, now)  # type: ignore[arg-type]


def place(address: str, **more: Any) -> Place:
    texts = dict.fromkeys(("licence", "attribution"), "")
    return Place("p", {}, {}, address, languages=("en",), extent=Bounds(0, 0, 1, 1), near_m=0, **texts, **more)


SNAPSHOT = Snapshot(7, "ab" * 32, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_something_wrong_is_a_mail_with_id_page_and_snapshot() -> None:
    found = contact.wrong(place("mailto:a@b.example"), Language("en"), "heap", "https://x.example/sites/heap", SNAPSHOT)
    asked = parse_qs(urlsplit(found).query)
    assert found.startswith("mailto:a@b.example?")
    assert asked["subject"] == [f"Something wrong: heap (snapshot {SNAPSHOT})"]
    assert f"Page: https://x.example/sites/heap\r\nSnapshot: {SNAPSHOT}" in asked["body"][0]


def test_something_wrong_fills_in_an_address_that_takes_it_and_leaves_another_as_it_is() -> None:
    takes = place("https://b.example/new?title={id}&text={address}%20{snapshot}")
    found = contact.wrong(takes, Language("en"), "a&b", "https://x.example/?lang=en", SNAPSHOT)
    assert unquote(found) == f"https://b.example/new?title=a&b&text=https://x.example/?lang=en {SNAPSHOT}"
    assert parse_qs(urlsplit(found).query)["title"] == ["a&b"]
    plain = place("https://b.example/contact")
    assert contact.wrong(plain, Language("en"), "a", "https://x.example/", SNAPSHOT) == plain.contact

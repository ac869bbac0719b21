"""What flows into what: the order, the drawing, the list and the JSON say the same of any graph, and of the flagship.

Random graphs are synthetic.
"""

import html
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from conftest import assert_accessible, times
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, feature, line
from playwright.sync_api import Browser
from test_lake import load

from mendmap.catalogue.records import names
from mendmap.charts.lanes import downstream, lanes
from mendmap.charts.strip import draw, told
from mendmap.load.check import check
from mendmap.settings import Settings
from mendmap.web import page, spoken, strip
from mendmap.web.app import create_app
from mendmap.words.labels import label
from mendmap.words.languages import Language
from mendmap.words.phrases import say
from mendmap.words.vocabulary import CERTAINTIES, CONNECTIONS

SVG = "{http://www.w3.org/2000/svg}"
NODES = [f"n{nth}" for nth in range(9)]
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=25)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z", "Cn")), min_size=1, max_size=30)


def reaches(links: set[tuple[str, str]], start: str, end: str) -> bool:
    seen, todo = set(), [start]
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            todo += [lower for upper, lower in links if upper == each]
    return end in seen


@given(LINKS)
def test_every_node_stands_once_and_below_all_that_flow_into_it_but_in_circles(links: list[tuple[str, str]]) -> None:
    order = downstream(NODES, links)
    assert sorted(order) == sorted(NODES)
    assert order == downstream(NODES, [*links, *links])
    for start, end in links:
        if not reaches(set(links), end, start):
            assert order.index(start) < order.index(end)


@given(LINKS, st.data())
def test_no_two_links_of_different_ends_or_looks_share_a_lane(
    links: list[tuple[str, str]], data: st.DataObject
) -> None:
    rows = downstream(NODES, links)
    looked = [(*each, data.draw(st.sampled_from(list(CERTAINTIES)))) for each in dict.fromkeys(links)]
    laid = lanes(rows, looked)
    down = [nth for nth, (start, end, _) in enumerate(looked) if rows.index(start) < rows.index(end)]
    assert sorted(each.link for each in laid.strands) == down, "every link that leads down has a strand"
    for row in range(len(rows)):
        passing = [each for each in laid.strands if each.first < row < each.last]
        ends = {(each.lane, each.last, looked[each.link][2]) for each in passing}
        assert len({lane for lane, *_ in ends}) == len(ends)
        assert laid.of_row[row] not in {each.lane for each in passing}, "no link runs through another feature"
    for each in laid.strands:
        assert (rows[each.first], rows[each.last]) == looked[each.link][:2]


def test_a_tributary_stands_with_its_branch_and_an_end_right_below_what_flows_into_it() -> None:
    links = [("dump", "lake"), ("lake", "main"), ("town", "main"), ("town", "ponds"), ("side", "sea"), ("main", "sea")]
    given = [each for pair in links for each in pair]
    assert downstream(given, links) == ["dump", "lake", "town", "ponds", "main", "side", "sea"]


def test_a_river_of_ten_thousand_reaches_is_laid_out() -> None:
    rows = [str(nth) for nth in range(10_000)]
    links = list(itertools.pairwise(rows))
    assert downstream(reversed(rows), links) == rows
    assert lanes(rows, [(*each, "stated") for each in links]).count == 1


@st.composite
def graphs(draw_: st.DrawFn) -> dict[str, Any]:
    """A graph as ``strip.graph`` makes one, with any names."""
    source = {"id": "s", "title": draw_(TEXT), "publisher": None, "url": None, "published": None}
    pairs = dict.fromkeys(draw_(LINKS))
    ids = downstream(dict.fromkeys(each for pair in pairs for each in pair), pairs)
    named = {each: {"en": draw_(TEXT)} for each in ids}
    nodes = [
        {
            **{"id": each, "name": named[each], "href": f"/sites/{each}", "role": "site", "basis": "unknown"},
            "says": say("{kind}", kind=draw_(TEXT)),
            "items": [
                {"kind": kind, "id": each, "name": {"en": draw_(TEXT)}, "href": f"/x/{each}", "sign": sign, "at": None}
                | {"says": say("reported")}
                for kind, sign in draw_(
                    st.lists(st.sampled_from([("work", "work"), ("station", "exceeds")]), max_size=2)
                )
            ],
        }
        for each in ids
    ]
    links = []
    for start, end in pairs:
        to = draw_(st.sampled_from([end, end, None]))
        sure, how = draw_(st.sampled_from(list(CERTAINTIES))), draw_(st.sampled_from(list(CONNECTIONS)))
        says = {"how_says": label(how), "says": strip._SURE[sure], "source": source, "note": None}
        links.append({"from": start, "to": to, "to_name": to and named[to], "certainty": sure, "reports": [says]})
    return {"nodes": nodes, "links": links, "left_out": 0, "more": ""}


class Place:
    """What templates ask of a place."""

    languages = ("en",)


def listed(graph: dict[str, Any]) -> str:
    """The list of a graph, as text without tags and with single spaces."""
    template = page._templates.from_string('{% import "strip.html" as s with context %}{{ s.listed(graph) }}')
    language = Language("en")
    more = {"language": language, "languages": ("en",), "place": Place, "dated": "", "spoken": "", "graph": graph}
    return plain(template.render(**more, **spoken.callables(language)))


def plain(text: str) -> str:
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", text)))


def squeezed(text: str) -> str:
    """Without spaces: where a line is broken does not matter."""
    return "".join(text.split())


@settings(max_examples=times(40, 400))
@given(graphs())
def test_the_drawing_its_words_and_the_list_tell_the_same(graph: dict[str, Any]) -> None:
    atlas: Any = type("Atlas", (), {"place": Place})
    drawn = strip.drawn(atlas, graph, Language("en"))
    root = ElementTree.fromstring(draw(drawn))
    seen = squeezed("".join(each.text or "" for each in root.iter(f"{SVG}text")))
    spelt, list_ = squeezed(told(drawn)), listed(graph)
    assert [each.get("data-id") for each in root.iter(f"{SVG}g")] == [each["id"] for each in graph["nodes"]]
    for node in graph["nodes"]:
        texts = [
            names(node["name"]),
            node["says"],
            *(each for one in node["items"] for each in (names(one["name"]), one["says"])),
        ]
        for text in map(squeezed, texts):
            assert text in seen and text in spelt and text in list_
    for link in graph["links"]:
        (report,) = link["reports"]
        place = names(link["to_name"]) if link["to"] else "where, is not stated"
        words = squeezed(f"{report['how_says']} → {place}")
        assert seen.count(words) >= 1 and words in spelt and words in list_
        assert squeezed(report["says"]) in seen and squeezed(report["says"]) in list_
    looks = [each.get("class", "").rpartition("-")[2] for each in root.iter(f"{SVG}path") if each.get("class")]
    rows = [each["id"] for each in graph["nodes"]]
    down = [each for each in graph["links"] if each["to"] and rows.index(each["from"]) < rows.index(each["to"])]
    assert sorted(looks) == sorted(each["certainty"] for each in down)


def network(folder: Path) -> Testford:
    """Testford's dump leaches into its lake, by two sources of which one is none; a ditch leads to a brook."""
    made = Testford(folder)
    brook, ditch = [[20.4, 44.6], [20.6, 44.6]], [[20.5, 44.65], [20.5, 44.6]]
    made.layers["rivers"]["features"] = [
        feature("brook", "river", line(brook)),
        feature("ditch", "river", line(ditch), watercourses="brook"),
    ]
    usual = {"trust": "claimed", "source": "survey", "since": "", "until": "", "note": "", "certainty": "stated"}
    seep = {**usual, "from_feature": "heap", "to_feature": "mirror", "how": "leaches_to"}
    spill = {**usual, "from_feature": "mirror", "to_feature": "brook", "how": "drains_to"}
    made.tables["connection"] = [
        {**seep, "id": "seep"},
        {**seep, "id": "not_so", "certainty": "disputed", "trust": "reported"},
        {**spill, "id": "spill", "certainty": "hypothesis", "until": "2020"},
        {**spill, "id": "pumped", "to_feature": "", "how": "conveyed_to", "since": "2021"},
    ]
    return made


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("strip")
    made = network(folder / "place")
    load(made, folder / "lake")
    made.tables["connection"] = made.tables["connection"][:1]
    load(made, folder / "lake")
    with TestClient(create_app(Settings(lake=str(folder / "lake")))) as found:
        yield found


def links_of(body: dict[str, Any]) -> dict[tuple[str, str | None], str]:
    return {(each["from"], each["to"]): each["certainty"] for each in body["links"]}


def test_connections_are_told_as_of_a_snapshot_with_what_is_disputed_guessed_or_not_stated(client: TestClient) -> None:
    past = client.get("/strip.json?as-of=1").json()
    assert links_of(past) == {
        ("heap", "mirror"): "disputed",
        ("mirror", "brook"): "hypothesis",
        ("mirror", None): "stated",
        ("ditch", "brook"): "stated",
    }
    assert links_of(client.get("/strip.json").json()) == {("heap", "mirror"): "stated", ("ditch", "brook"): "stated"}
    text = plain(client.get("/strip?as-of=1").text)
    for words in (
        "disputed: sources contradict each other",
        "a hypothesis, not a fact; until 2020",
        "where, is not stated",
        "as the map draws it",
    ):
        assert squeezed(words) in text
    drawing = client.get("/strip.svg?as-of=1&lang=sr-Latn")
    links = re.findall('href="([^"]*)"', drawing.text)
    assert links and all(each.endswith("?as-of=1&amp;lang=sr-Latn") for each in links)
    assert "sha256-" in drawing.headers["Content-Security-Policy"] and drawing.headers["ETag"]
    assert "prefers-color-scheme:dark" in drawing.text
    assert client.get("/strip.svg?of=1").status_code == client.get("/strip?lang=xx").status_code == 400
    assert client.head("/strip.json").status_code == client.head("/strip").status_code == 200


def test_connections_are_a_table_like_any_other(client: TestClient) -> None:
    rows = client.get("/downloads/connections.csv?as-of=1&site=heap").text.splitlines()
    assert rows[0].startswith("id,from_feature,to_feature,how,since,until,certainty,trust,source")
    assert [each.partition(",")[0].strip('"') for each in rows[1:]] == ["seep", "not_so"]
    changed = client.get("/changes.json?since=1").json()["changes"]
    assert {(each["thing"], each["what"], *each["layers"]) for each in changed if each["id"] == "spill"} == {
        ("connection", "removed", "lakes", "rivers")
    }


@pytest.mark.parametrize(
    ("nth", "cells", "words"),
    [
        (0, {"to_feature": "nowhere"}, "connection.csv:2: to_feature: no such feature: 'nowhere'"),
        (0, {"to_feature": "heap"}, "connection.csv:2: to_feature: a connection leads to another feature"),
        (1, {"how": "flow"}, "connection.csv:3: how: not one of the choices: 'flow'"),
        (1, {"certainty": ""}, "connection.csv:3: certainty: a value is required"),
        (2, {"since": "2021"}, "connection.csv:4: until: 2020 is before since 2021"),
    ],
)
def test_a_connection_at_fault_is_named_with_its_row_and_column(
    tmp_path: Path, nth: int, cells: dict[str, str], words: str
) -> None:
    made = network(tmp_path / "place")
    made.tables["connection"][nth] |= cells
    with pytest.raises(Exception, match=re.escape(words)):
        check(made.write(), 100)


def test_a_strip_says_how_many_features_it_leaves_out(tmp_path: Path) -> None:
    load(network(tmp_path / "place"), tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake"), max_rows=3))) as client:
        body = client.get("/strip.json").json()
        assert (len(body["nodes"]), body["left_out"]) == (3, 1)
        assert "1 more feature is connected" in client.get("/strip").text
        assert "1 more feature is connected" in client.get("/strip.svg").text


def test_a_place_without_connections_says_so(testford: Testford, tmp_path: Path) -> None:
    testford.layers["rivers"]["features"] = []
    testford.feature("lakes")["properties"].pop("watercourses", None)
    load(testford, tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        assert client.get("/strip.json").json()["nodes"] == []
        assert "Nothing here says what flows into what." in client.get("/strip").text
        assert "Nothing here says what flows into what." in client.get("/strip.svg").text


def test_a_station_says_how_many_limits_are_kept_and_its_sign_is_the_worst() -> None:
    def verdict(outcome: str, period: str) -> Any:
        return SimpleNamespace(answer=SimpleNamespace(outcome=outcome, period=period))

    found = [
        verdict("within", "2021"),
        verdict("exceeds", "2020"),
        verdict("within", "2020"),
        verdict("no_data", "2020"),
    ]
    assert strip._finding(found) == "1 limit not kept, 2 limits kept, 1 without data (newest: 2021)"
    assert strip._worst(found) == "exceeds" and strip._worst(found[:1]) == "within"


CHAIN = ("robule_waste_dump", "lake_robule", "bor_river", "bela_river", "timok", "danube")


def test_the_flagship_leads_from_the_dump_to_the_danube_and_cites_every_link(bor_lake: Path) -> None:
    with TestClient(create_app(Settings(lake=str(bor_lake)))) as client:
        body = client.get("/strip.json").json()
    assert all((upper, lower) in links_of(body) for upper, lower in itertools.pairwise(CHAIN))
    assert ("krivelj_lower", "bela_river") in links_of(body)
    assert ("lake_robule", None) in links_of(body), "where the recovered water goes is not stated"
    assert "municipal_landfill" not in {each["id"] for each in body["nodes"]}, "no source says that it leaches"
    assert all(one["source"]["title"] for each in body["links"] for one in each["reports"])
    river = next(each for each in body["nodes"] if each["id"] == "bor_river")
    at = {each["id"]: each for each in river["items"]}
    assert at["bor_river_dredging"]["at"]["id"] == "dredged_reach"
    assert at["bor_river_monitor"]["says"] == "place along it not known; no readings in hand"


@pytest.mark.parametrize(("width", "lang"), [(320, "en"), (390, "sr-Cyrl"), (1280, "sr-Latn")])
def test_the_strip_fits_every_screen_and_its_links_lead_to_pages(
    bor_url: str, browser: Browser, lang: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844})
    shown = context.new_page()
    errors: list[str] = []
    shown.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    shown.goto(f"{bor_url}/strip?lang={lang}")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    beyond = """() => { const whole = document.querySelector(".strip-drawing").getBoundingClientRect();
        return [...document.querySelectorAll(".strip-drawing text")].filter((each) =>
            each.getBoundingClientRect().right > whole.right + 1).map((each) => each.textContent); }"""
    assert shown.evaluate(beyond) == []
    least = """() => Math.min(...[...document.querySelectorAll(".strip-drawing a rect")].map((each) =>
        each.getBoundingClientRect().height))"""
    # At 320 px the drawing is smaller than drawn; the links then still stand 24 px apart.
    assert shown.evaluate(least) >= (24 if width >= 390 else 19)
    assert_accessible(shown)
    shown.locator(".strip-node[data-id=timok] a").first.click()
    assert shown.url == f"{bor_url}/watercourses/timok?lang={lang}"
    assert errors == []
    context.close()

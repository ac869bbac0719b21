"""Works and comparisons on the chart of a series: drawn, told in words, and given to the browser with every point."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assessed_place import assessed
from conftest import ROOT
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from place import Testford
from test_charts import HOUR, START, SVG, batch, chart, read
from test_lake import load

from mendmap.charts import data, svg, works
from mendmap.charts.draw import draw, drawn
from mendmap.charts.works import Change, Work
from mendmap.settings import Settings
from mendmap.web import marked
from mendmap.web.app import create_app

IDENT = "chimney.so2.24h"
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The synthetic place with six years of daily values and a work in 2018."""
    folder = tmp_path_factory.mktemp("marks")
    load(assessed(Testford(folder / "place")), folder / "lake")
    with TestClient(create_app(Settings(lake=str(folder / "lake")))) as found:
        yield found


def told(client: TestClient, asked: str = "") -> dict[str, Any]:
    answer = client.get(f"/series/{IDENT}.chart.json{asked}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def work(begun: tuple[float, float] | None, finished: tuple[float, float] | None, ongoing: bool = False) -> Work:
    return Work("Filter <new>", "Work: Filter <new>.", "/features/works/filter", begun, finished, ongoing)


def with_works(*some: Work, changes: tuple[Change, ...] = ()) -> Any:
    from dataclasses import replace

    return replace(chart(1000), works=some, changes=changes)


def test_each_work_has_a_lane_with_its_name_and_the_drawing_grows_by_it() -> None:
    plain, _, _ = read(draw(chart(1000), [batch([1.0] * 1000)]))
    done = with_works(work((START + DAY, START + 2 * DAY), (START + 9 * DAY, START + 10 * DAY)))
    root, said, texts = read(draw(done, [batch([1.0] * 1000)]))
    assert int(root.get("height", 0)) == int(plain.get("height", 0)) + works.LANE
    assert "Filter <new>" in texts
    assert "Work: Filter <new>." in said
    ends = [each for each in root.iter(f"{SVG}path") if each.get("stroke-width") == "2"]
    assert len(ends) == 2  # its begin and its end are known, and in the drawing


@pytest.mark.parametrize(
    ("some", "span"),
    [
        (work((1, 2), (8, 9)), (1, 9)),
        (work(None, (8, 9)), (8, 9)),
        (work((1, 2), None), (1, 2)),
        (work((1, 2), None, ongoing=True), (1, float("inf"))),
        (work(None, None), None),
        (work(None, None, ongoing=True), None),
    ],
)
def test_a_work_stands_where_its_dates_say_and_nowhere_without_them(
    some: Work, span: tuple[float, float] | None
) -> None:
    assert some.span == span
    assert works.within([some], 0, 10) == ([some] if span else [])


def test_a_work_that_goes_on_has_no_end_in_the_drawing() -> None:
    root, _, _ = read(draw(with_works(work((START + DAY, START + 2 * DAY), None, ongoing=True)), [batch([1.0] * 9)]))
    assert len([each for each in root.iter(f"{SVG}path") if each.get("stroke-width") == "2"]) == 1


moments = st.floats(-1e10, 1e10).map(float)


@given(st.lists(st.tuples(moments, moments).map(sorted), max_size=6), moments, st.floats(1, 1e9))
def test_works_never_leave_readings_less_than_a_fifth_of_a_drawing(
    spans: list[list[float]], first: float, length: float
) -> None:
    begin, end = marked.reach([work((a, a + 1), (b, b + 1)) for a, b in spans], first, first + length)
    assert begin <= first and end >= first + length
    assert end - begin <= 5.001 * length


def test_a_comparison_is_shaded_with_its_means_and_their_words() -> None:
    change = Change(
        "Filter", "56 before, 23 after.", 5.6, 2.3, (START, START + DAY), (START + 3 * DAY, START + 9 * DAY)
    )
    root, said, texts = read(draw(with_works(changes=(change,)), [batch([1.0, 9.0])]))
    assert len([each for each in root.iter(f"{SVG}rect") if each.get("fill-opacity")]) == 2
    assert {"before: 5.6", "after: 2.3"} <= set(texts)
    assert "56 before, 23 after." in said


def test_the_specification_has_a_place_for_every_point_and_what_its_source_says() -> None:
    made = chart(6)
    signs = ["", "<", "", "", "", ">"]
    told = data.data(made, drawn(made, [batch([1.0, 5.0, None, 99.0, 3.0, 8.0], signs=signs)]))
    points, plot = told["points"], told["plot"]
    assert points["value"] == [1.0, 5.0, 99.0, 3.0, 8.0]
    assert points["qualifier"] == ["", "<", "", "", ">"]
    assert set(points["source"]) == {"survey"} and set(points["quality"]) == {"valid"}
    assert all(plot["left"] <= x <= plot["right"] for x in points["x"])
    assert all(plot["top"] <= y <= plot["bottom"] for y in points["y"])
    assert points["y"][2] == min(points["y"]), "the greatest stands highest"
    assert ET.fromstring(told["drawing"]).findtext(f"{SVG}desc")


def test_the_work_and_the_comparison_of_the_assessment_are_on_the_chart(client: TestClient) -> None:
    found = told(client)
    [work] = [each for each in found["works"] if each["name"] == "Filter"]
    assert (work["begun"][0][:10], work["finished"][1][:10], work["drawn"]) == ("2018-03-01", "2018-07-01", True)
    assert work["said"] == "Work: Filter, begun March 2018, finished June 2018."
    assert client.get(work["href"]).status_code == 200
    [change] = found["changes"]
    answers = client.get(f"/series/{IDENT}.json").json()["answers"]
    [compared] = [each for each in answers if each["kind"] == "before_after"]
    assert (change["before"], change["after"]) == (compared["before"], compared["after"])
    assert change["earlier"][1][:10] == "2018-03-01" and change["later"][0][:10] == "2018-07-01"
    assert any(each.startswith("Dashed line: limit (EU), 125 µg/m³") for each in found["words"])
    assert work["said"] in found["words"] and change["said"] in found["words"]


def test_a_stretch_of_time_has_its_own_drawing_of_the_same_readings(client: TestClient) -> None:
    cut = told(client, "?datetime=2017-01-01/2017-01-31")
    assert cut["count"] == len(cut["points"]["value"]) == 31
    assert (cut["first"][:10], cut["last"][:10]) == ("2017-01-01", "2017-01-31")
    assert not cut["works"][0]["drawn"]
    asked = client.get(f"/series/{IDENT}.json?datetime=2017-01-01/2017-01-31").json()["readings"]
    assert cut["points"]["value"] == [each["canonical_value"] for each in asked]


def test_a_chart_is_drawn_as_wide_as_it_is_asked_for(client: TestClient) -> None:
    wide = told(client, "?width=900")
    assert wide["width"] == 900 and wide["plot"]["right"] > 850
    assert len(wide["points"]["value"]) > len(told(client)["points"]["value"]), "more columns keep more readings"
    answer = client.get(f"/series/{IDENT}.svg?width=900")
    assert 'width="900"' in answer.text
    again = client.get(f"/series/{IDENT}.svg?width=900", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.head(f"/series/{IDENT}.chart.json").headers["etag"]


def test_every_page_that_shows_a_chart_says_its_words_without_a_script(client: TestClient) -> None:
    page = client.get(f"/series/{IDENT}").text
    figure = page[page.index("<figure") : page.index("</figure>")]
    for words in (f'data-series="{IDENT}"', "2,192 readings", "Dashed line: limit (EU), 125 µg/m³", "Work: Filter"):
        assert words in figure
    assert client.get(f"/series/{IDENT}?as-of=1").status_code == 200


def test_every_colour_of_a_drawing_has_one_of_the_page() -> None:
    style = Path(ROOT / "src/mendmap/web/static/charts.css").read_text("utf-8")
    drawing = draw(with_works(work((START, START + DAY), None)), [batch([1.0, 2.0], signs=["", "<"])]).decode()
    colours = set(re.findall(r'(?:fill|stroke)="#[0-9a-f]{6}"', drawing))
    assert colours and svg.INK in "".join(colours)
    assert [each for each in colours if f"[{each}]" not in style] == []

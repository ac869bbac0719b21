"""What stands for others at a zoom is seen and said to do so, and what is only small has no ring of doubt. The tiles
are synthetic, made by hand: thinned as far as a zoom, closer by each feature is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from static_server import serving
from test_browser import Watched, watched
from test_map_elements import chart_of, opened

from mendmap.maps import FirstView, GeoJsonTiles, LayerTree, Notices, Panel, Service

pytestmark = pytest.mark.system("chromium")
VIEW = [[44.0, 22.0], [44.2, 22.3]]
CLOSE = 12  # the first zoom of tiles in which every feature is drawn
RING = [[22.05, 44.05], [22.09, 44.05], [22.09, 44.09], [22.05, 44.09], [22.05, 44.05]]


def made(ident: str, geometry: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = {"id": ident, "kind": "pond", "name_en": ident.replace("_", " "), "basis": "estimated", "accuracy_m": 900}
    return {"type": "Feature", "id": ident, "geometry": geometry, "properties": known | more}


def features(zoom: int) -> list[dict[str, Any]]:
    """Of a tile of a zoom: three features that stand for twenty, or these three alone."""
    far = zoom < CLOSE
    others = [{"stands_for": count} for count in (12, 5, 3)] if far else [{}, {}, {}]
    small = {"type": "Point", "coordinates": [22.2, 44.1]}
    tiny = [[22.2, 44.1], [22.201, 44.1], [22.201, 44.101], [22.2, 44.1]]
    return [
        made("Pond_7", {"type": "Point", "coordinates": [22.15, 44.15]}, **others[0]),
        made("Wide_pond", {"type": "Polygon", "coordinates": [RING]}, **others[1]),
        made("Small_pond", small, drawn="point", **others[2])
        if far
        else made("Small_pond", {"type": "Polygon", "coordinates": [tiny]}),
    ]


@pytest.fixture
def desk(browser: Browser, bor_url: str, tmp_path: Path) -> Iterator[Watched]:
    """A map of the made tiles, all at one spot of the grid, as far out as they are thinned."""
    found = watched(browser)
    layer = GeoJsonTiles(
        "/made/{z}/{x}/{y}.geojson", {"id": "ponds", "name": "Ponds", "kinds": {"pond": "Pond"}, "page": "/sites/"}
    )
    chart = chart_of(Service(bor_url), layer, FirstView(view=VIEW), LayerTree(), Panel(), Notices())

    def answer(route: Route) -> None:
        zoom = int(re.findall(r"/made/(\d+)/", route.request.url)[0])
        held = features(zoom)
        omitted = sum(each["properties"].get("stands_for", 1) - 1 for each in held)
        route.fulfill(json={"type": "FeatureCollection", "features": held, "omitted": omitted})

    found.page.route("**/made/**", answer)
    found.page.route("**/sites/*", lambda route: route.fulfill(body='<article class="feature"><h1>Told</h1></article>'))
    with serving(tmp_path) as (address, _):
        opened(found.page, chart, tmp_path, address)
        found.page.evaluate(f"window.chart = {chart.get_name()}")
        yield found
    assert found.wrong == []
    found.page.context.close()


def marker(page: Page, ident: str) -> Any:
    return page.locator(f".marker[data-feature={ident}]")


def test_a_symbol_says_for_how_many_it_stands(desk: Watched) -> None:
    pond = marker(desk.page, "Pond_7")
    expect(pond.locator(".plus")).to_have_text("+11")
    expect(pond).to_have_attribute(
        "aria-label", re.compile(r"^Pond 7, Pond, .*, and 11 more here; zoom in to see them$")
    )
    expect(pond.locator(".others")).to_be_hidden()
    pond.hover()
    expect(pond.locator(".others")).to_have_text("and 11 more here; zoom in to see them")
    expect(pond.locator(".others")).to_be_visible()


def test_what_is_small_is_a_symbol_without_a_ring(desk: Watched) -> None:
    small = marker(desk.page, "Small_pond").locator(".symbol")
    assert small.evaluate("(each) => each.clientWidth") < 15
    rings = desk.page.evaluate(
        "() => [...mendmap.bench(chart).layer('ponds').features.values()]"
        ".map((each) => [each.id, each.marks.some((mark) => mark.disc)])"
    )
    assert dict(rings) == {"Pond_7": True, "Wide_pond": False, "Small_pond": False}


def test_an_outline_that_stands_for_others_is_drawn_double(desk: Watched) -> None:
    expect(desk.page.locator("path.shape.area.is-doubled").first).to_be_attached()
    expect(marker(desk.page, "Wide_pond")).to_contain_text("Wide pond +4")
    expect(desk.page.locator(".key-others")).to_contain_text("Stands for others too: zoom in")


def test_counts_and_the_notice_tell_of_all(desk: Watched) -> None:
    expect(desk.page.locator(".layer-row .count")).to_have_text("3 of about 20")
    expect(desk.page.locator(".notice", has_text="What is drawn double stands for others too")).to_be_visible()


def test_closer_by_each_stands_for_itself(desk: Watched) -> None:
    page = desk.page
    marker(page, "Pond_7").click()
    panel = page.locator(".panel-others")
    expect(panel).to_contain_text("At this zoom it stands for 11 more places near it too.")
    page.evaluate(f"chart.setView([44.1, 22.15], {CLOSE + 1}, {{animate: false}})")
    expect(panel).to_be_hidden()
    expect(page.locator(".plus")).to_have_count(0)
    expect(page.locator(".is-doubled")).to_have_count(0)
    expect(page.locator(".layer-row .count")).to_have_text(re.compile(r"^\d$"))
    expect(page.locator(".key-others")).to_be_hidden()
    expect(page.locator(".notice", has_text="stands for others")).to_be_hidden()
    expect(marker(page, "Pond_7")).to_have_attribute("aria-label", re.compile(r"within 900 m$"))


def test_a_button_goes_closer(desk: Watched) -> None:
    page = desk.page
    before = page.evaluate("chart.getZoom()")
    marker(page, "Wide_pond").click()
    page.locator(".panel-others").get_by_role("button", name="Zoom in").click()
    assert page.evaluate("chart.getZoom()") == before + 2
    at = page.evaluate("chart.getCenter()")
    assert at["lat"] == pytest.approx(44.07, abs=0.02)
    assert at["lng"] == pytest.approx(22.07, abs=0.02)


def test_at_another_time_nobody_knows_how_many_there_were(desk: Watched) -> None:
    desk.page.evaluate("mendmap.bench(chart).layer('ponds').setFilter(() => true)")
    expect(desk.page.locator(".layer-row .count")).to_have_text("3 or more")


def test_a_crowd_is_drawn_double_where_it_stands_for_others(desk: Watched) -> None:
    page = desk.page
    crowd = [
        made(
            f"one_{nth}",
            {"type": "Point", "coordinates": [22.01 + 0.002 * nth, 44.1]},
            **({"stands_for": 3} if nth % 2 else {}),
        )
        for nth in range(130)
    ]
    body = json.dumps({"type": "FeatureCollection", "features": crowd, "omitted": 130})
    page.route("**/made/**", lambda route: route.fulfill(body=body))
    page.evaluate("chart.setView([44.1, 22.1501], 12, {animate: false})")
    page.wait_for_function("() => mendmap.bench(chart).layer('ponds').features.has('one_129')")
    subpaths = "(each) => each.getAttribute('d').match(/M/g).length"
    doubled = page.locator(".crowd path.is-doubled").first
    assert doubled.evaluate(subpaths) == 65
    page.evaluate("mendmap.bench(chart).layer('ponds').setFilter((entry) => entry.standsFor === 1)")
    expect(page.locator(".crowd path.is-doubled")).to_have_count(0)

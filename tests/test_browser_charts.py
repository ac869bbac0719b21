"""Charts in a browser: by mouse, keyboard and touch, in both looks, and with the service gone."""

from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import Watched, assert_accessible, watched
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.system("chromium")

SERIES = "/series/RS0009A.so2.1h"


def opened(page: Page, url: str) -> None:
    page.goto(url + SERIES)
    expect(page.locator(".chart-stage .drawing")).to_be_visible()


def span(asked: list[str]) -> list[str]:
    """The stretch of time that the last request for a chart asked for."""
    last = [each for each in asked if ".chart.json" in each][-1]
    return parse_qs(urlsplit(last).query).get("datetime", [""])[0].split("/")


def test_the_keyboard_reads_every_reading_with_its_source(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    stage, readout = page.get_by_role("slider", name="SO₂ at Bor-Gradski Park"), page.locator(".chart-readout")
    stage.focus()
    expect(readout).to_contain_text("2,629.09 µg/m³ 9 July 2021, 01:00 to 02:00 UTC. Published before validation.")
    expect(readout.get_by_role("link").first).to_have_text("Public notice on air quality of 2021-07-09")
    expect(stage).to_have_attribute("aria-valuenow", "21")
    page.keyboard.press("ArrowLeft")
    expect(readout).to_contain_text("1,065.33 µg/m³")
    expect(stage).to_have_attribute(
        "aria-valuetext",
        "1,065.33 µg/m³. 9 July 2021, 00:00 to 01:00 UTC. "
        "Published before validation.. Public notice on air quality of 2021-07-09",
    )
    page.keyboard.press("Home")
    expect(readout).to_contain_text("692.86 µg/m³ 9 October 2019")
    readout.get_by_role("link", name="Its row").click()
    expect(page.locator(".readings tbody tr")).to_have_count(1)
    expect(page.locator(".readings tbody")).to_contain_text("692.86")
    assert not desk.wrong


def test_dragging_shows_a_stretch_that_the_server_draws_and_all_brings_it_back(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    box = page.locator(".chart-stage").bounding_box()
    assert box
    told = page.locator(".chart-told")
    expect(told).to_contain_text("21 readings")
    page.mouse.move(box["x"] + box["width"] * 0.22, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60, steps=4)
    expect(page.locator(".chart-band")).to_be_visible()
    page.mouse.up()
    expect(told).to_contain_text("15 readings")
    first, last = span(desk.asked)
    assert "2020" in first and last < "2021-03"
    expect(page.locator("a[data-file=csv]")).to_have_attribute(
        "href", f"{SERIES}.csv?datetime={first}%2F{last}".replace(":", "%3A")
    )
    expect(page.get_by_role("status")).to_contain_text("15 readings")
    page.get_by_role("button", name="Show all of the time").click()
    expect(told).to_contain_text("21 readings")
    expect(page.get_by_role("button", name="Show all of the time")).to_be_disabled()
    assert not desk.wrong


def test_the_keyboard_shortens_and_moves_the_time(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    told = page.locator(".chart-told")
    page.locator(".chart-stage").focus()
    with page.expect_response("**/*.chart.json**"):
        page.keyboard.press("+")
    expect(told).to_contain_text("4 readings")
    assert span(desk.asked)[0] > "2020-11"
    shorter = span(desk.asked)
    with page.expect_response("**/*.chart.json**"):
        page.get_by_role("button", name="Earlier").press("Enter")
    earlier = span(desk.asked)
    assert earlier[0] < shorter[0] < earlier[1] < shorter[1]
    page.locator(".chart-stage").press("0")
    expect(told).to_contain_text("21 readings")


def test_a_finger_reads_and_the_page_still_scrolls(browser: Browser, bor_url: str) -> None:
    phone = watched(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.page
    opened(page, bor_url)
    stage = page.locator(".chart-stage")
    assert stage.evaluate("each => getComputedStyle(each).touchAction") == "pan-y pinch-zoom"
    stage.tap(position={"x": 60, "y": 120})
    expect(page.locator(".chart-readout")).to_contain_text("UTC")
    buttons = page.locator(".chart-button").evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert min(buttons) >= 24
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.context.close()


def test_what_cannot_be_fetched_leaves_the_drawing_as_it_was(desk: Watched, bor_url: str) -> None:
    page = desk.page

    def gone(route: Route) -> None:
        route.abort()

    page.route("**/*.chart.json**", gone)
    page.goto(bor_url + SERIES)
    expect(page.locator("img.plot")).to_be_visible()
    page.unroute("**/*.chart.json**", gone)
    opened(page, bor_url)
    page.route("**/*.chart.json**", gone)
    page.get_by_role("button", name="A shorter time").click()
    expect(page.get_by_role("status")).to_have_text("This time could not be fetched; the drawing is as it was.")
    expect(page.locator(".chart-stage .drawing")).to_be_visible()


def test_a_chart_without_javascript_is_a_drawing_with_its_words(browser: Browser, bor_url: str) -> None:
    page = watched(browser, java_script_enabled=False).page
    page.goto(bor_url + SERIES)
    assert page.locator("img.plot").evaluate("each => each.naturalWidth") == 400
    expect(page.locator("figure.chart")).to_contain_text("Dashed line: limit (EU, RS), 350 µg/m³.")
    expect(page.locator("figure.chart")).to_contain_text("Work: Demolition of the old brick stack, 26 October 2021.")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_live_chart_passes_axe_and_takes_the_look_of_the_page(browser: Browser, bor_url: str, scheme: str) -> None:
    page = watched(browser, color_scheme=scheme).page
    opened(page, bor_url)
    page.locator(".chart-stage").focus()
    assert_accessible(page, within=".chart")
    ground = page.locator(".drawing > rect").first.evaluate("each => getComputedStyle(each).fill")
    assert ground == {"light": "rgb(255, 253, 248)", "dark": "rgb(27, 35, 31)"}[scheme]
    page.context.close()

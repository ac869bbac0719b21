"""The time slider and the comparison of two dates, as people meet them: by pointer, by keyboard, by table, with the
service gone, in the languages of the place."""

import re

import pytest
from conftest import DESKTOP, Watched, assert_accessible, open_map, watched
from playwright.sync_api import Browser, Page, Route, expect
from test_dated import period, work

from mendmap.atlas.dated import begun, over, phase

pytestmark = pytest.mark.system("chromium")
VALUES = re.compile(r"/values/[a-z_]+/\d{4}-\d\d\.json")


def opened(page: Page, url: str) -> None:
    open_map(page, url)
    expect(page.locator(".time-date")).to_have_text("Now")
    if page.locator(".time-body").is_hidden():
        page.locator(".time-toggle").click()


def go(page: Page, month: str) -> None:
    page.evaluate("month => map_public.mendmapTime.choose(month)", month)


def robule(page: Page) -> str:
    label = page.locator(".leaflet-marker-icon[data-feature=lake_robule]").first.get_attribute("aria-label")
    assert label
    return label


def test_lake_robule_shows_its_dated_states_and_that_nobody_checked_them(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    slider = page.get_by_role("slider", name="Date that the map shows")
    slider.focus()
    slider.press("End")
    while not page.locator(".time-date").inner_text().endswith("2020"):
        slider.press("ArrowLeft")
    expect(page.locator(".time-told")).to_contain_text("2020:")
    assert "Red lake" in robule(page)
    assert "claimed, not checked" in robule(page)
    marker = page.locator(".marker[data-feature=lake_robule]")
    expect(marker).to_have_class(re.compile("is-claimed"))
    assert "dasharray: 3px" in marker.locator(".symbol-shape").evaluate(
        "e => 'dasharray: ' + getComputedStyle(e).strokeDasharray"
    )
    row = page.locator("#dated tr", has_text="Lake Robule")
    expect(row).to_contain_text("Red lake, polluted with heavy metals")
    expect(row.locator(".trust-claimed")).to_have_text("claimed, not checked")
    expect(row.locator("cite")).not_to_be_empty()
    go(page, "2021-12")
    expect(marker).to_have_attribute("aria-label", re.compile("Perhaps: Backfilled.*Wastewater recovery system built"))
    slider.press("End")
    expect(page.locator(".time-date")).to_have_text("Now")
    expect(marker).not_to_have_class(re.compile("is-claimed"))
    assert not desk.wrong


def test_the_panel_tells_what_was_known_then_above_what_is_known_now(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    page.locator(".marker[data-feature=lake_robule]").click()
    then = page.locator(".panel-then")
    expect(page.locator(".panel article")).to_be_visible()
    expect(then).to_be_hidden()
    go(page, "2020-12")
    expect(then).to_contain_text("What was known in December 2020")
    expect(then.locator("li")).to_contain_text(["Red lake, polluted with heavy metals"])
    expect(then).to_contain_text("claimed, not checked")
    expect(then).to_contain_text("Below stands what is known now.")
    page.evaluate("() => map_public.mendmapTime.choose(null)")
    expect(then).to_be_hidden()
    assert not desk.wrong


def test_works_appear_when_they_begin_and_change_when_they_finish(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    page.get_by_role("checkbox", name="Works of remediation").check()
    dredging = page.locator(".marker[data-feature=bor_river_dredging]")
    expect(dredging).to_be_attached()
    go(page, "2023-12")
    expect(dredging).to_be_hidden()
    go(page, "2024-05")
    expect(dredging).to_have_class(re.compile("is-begun"))
    expect(dredging).to_have_attribute("aria-label", re.compile("begun May 2024: claimed, not checked"))
    go(page, "2025-05")
    expect(dredging).not_to_have_class(re.compile("is-begun"))
    expect(dredging).to_have_attribute("aria-label", re.compile("finished May 2025: claimed, not checked"))


def test_the_slider_is_moved_by_every_key_and_stops_only_where_something_is_known(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    slider, date = page.get_by_role("slider", name="Date that the map shows"), page.locator(".time-date")
    slider.focus()
    slider.press("Home")
    expect(date).to_have_text("January 1931")
    slider.press("ArrowRight")
    expect(date).to_have_text("December 1931")
    slider.press("PageUp")
    expect(date).to_have_text("January 1935")
    slider.press("PageDown")
    expect(date).to_have_text("December 1931")
    slider.press("End")
    expect(date).to_have_text("Now")
    assert slider.get_attribute("aria-valuetext") == "Now"
    # A step of one, as screen readers make it, goes on to the next stop.
    page.evaluate(
        "s => { s.value = Number(s.value) - 1; s.dispatchEvent(new Event('input')); }", slider.element_handle()
    )
    expect(date).to_have_text("December 2025")
    box = slider.bounding_box()
    assert box
    page.mouse.click(box["x"] + 14, box["y"] + 20)
    expect(date).to_have_text("January 1931")


def test_playing_goes_on_by_itself_and_escape_stops_it(browser: Browser, bor_url: str) -> None:
    desk = watched(browser, reduced_motion="no-preference")
    page = desk.page
    opened(page, bor_url)
    go(page, "2024-12")
    date = page.locator(".time-date")
    page.get_by_role("button", name="Play").click()
    # How far it comes is up to the machine: a stop lasts but a second.
    expect(date).not_to_have_text("December 2024")
    expect(date).not_to_have_text(date.inner_text())
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    reached = date.inner_text()
    expect(page.locator(".time-told")).to_contain_text(f"{reached}:")
    page.wait_for_timeout(1300)
    expect(date).to_have_text(reached)
    page.context.close()


def test_who_wants_no_motion_has_steps_alone(desk: Watched, bor_url: str) -> None:
    opened(desk.page, bor_url)
    expect(desk.page.get_by_role("button", name="Play")).to_have_count(0)
    desk.page.get_by_role("button", name="Earlier").click()
    expect(desk.page.locator(".time-date")).to_have_text("December 2025")


def test_a_month_that_cannot_be_fetched_is_said_and_asked_for_again(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)

    def gone(route: Route) -> None:
        route.fulfill(status=500, body="")

    page.route(VALUES, gone)
    go(page, "2020-08")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("What was known in August 2020 could not be fetched.")
    page.unroute(VALUES)
    told.get_by_role("button", name="Try again").click()
    expect(page.locator(".time-told")).to_contain_text("readings of 6 series")
    expect(told).to_have_count(0)


def test_dates_that_could_not_be_fetched_come_once_the_service_is_back(desk: Watched, bor_url: str) -> None:
    page = desk.page
    dates = re.compile(r"/values/[a-z_]+\.json")
    for each in (dates, VALUES):
        page.route(each, lambda route: route.abort())
    open_map(page, f"{bor_url}/#time=2021-01")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("The dates of what is known could not be fetched.")
    # It asks again by itself, soon here, and what has failed twice is said once.
    page.evaluate("mendmap.waitAfter = () => 100")
    page.evaluate("map_public.mendmapTime.start()")
    for _ in range(10):
        with page.expect_request(dates):
            pass
    expect(told).to_have_count(1)
    page.unroute(dates)
    expect(told).to_contain_text("What was known in January 2021 could not be fetched.")
    expect(page.locator(".time-date")).to_have_text("January 2021")
    page.unroute(VALUES)
    expect(told).to_have_count(0)
    expect(page.locator(".time-told")).to_contain_text("January 2021:")


def test_each_month_is_fetched_once(desk: Watched, bor_url: str) -> None:
    opened(desk.page, bor_url)
    for month in ("2020-08", "2021-03", "2020-08"):
        go(desk.page, month)
    asked = [each for each in desk.asked if VALUES.search(each)]
    assert asked
    assert len(asked) == len(set(asked))


def test_two_dates_stand_side_by_side_and_the_handle_moves_by_keys(desk: Watched, bor_url: str) -> None:
    page = desk.page
    opened(page, bor_url)
    go(page, "2020-08")
    page.get_by_role("button", name="Compare").click()
    handle = page.get_by_role("slider", name="Where the left half ends")
    expect(handle).to_be_focused()
    expect(handle).to_have_attribute("aria-valuetext", re.compile("^66 %: August 2020 on the left, Now on the right"))
    both = page.locator(".marker[data-feature=lake_robule]")
    expect(both).to_have_count(2)
    expect(both.first).to_have_attribute("aria-label", re.compile("Red lake"))
    expect(both.last).to_have_attribute("aria-label", re.compile("Backfilled, reclaimed and greened"))
    handle.press("Home")
    expect(both.first).to_have_css("visibility", "hidden")
    expect(both.last).to_have_css("visibility", "visible")
    handle.press("End")
    expect(both.first).to_have_css("visibility", "visible")
    expect(both.last).to_have_css("visibility", "hidden")
    # The slider sets the half that is chosen.
    page.get_by_role("button", name="Right half: Now").click()
    go(page, "2023-03")
    expect(page.get_by_role("button", name="Right half: March 2023")).to_be_visible()
    expect(page.get_by_role("button", name="Left half: August 2020")).to_be_visible()
    expect(both.last).to_have_attribute("aria-label", re.compile("Wastewater recovery system built"))
    page.evaluate("map_public.panBy([60, 20], {animate: false})")
    places = both.evaluate_all("all => all.map(e => Math.round(e.getBoundingClientRect().x))")
    assert abs(places[0] - places[1]) <= 1
    page.get_by_role("button", name="End the comparison").click()
    expect(both).to_have_count(1)
    expect(page.locator(".time-date")).to_have_text("August 2020")
    assert not desk.wrong


@pytest.mark.parametrize("size", [DESKTOP, {"width": 320, "height": 640}], ids=["desk", "narrow"])
def test_nothing_about_time_bars_anyone_from_it(browser: Browser, bor_url: str, size: dict[str, int]) -> None:
    desk = watched(browser, viewport=size)
    page = desk.page
    opened(page, bor_url)
    go(page, "2020-08")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compare-map .marker").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page)
    small = page.locator(".time button:visible, .compare-head, .compare-handle").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).filter(({width: w, height: h}) => Math.min(w, h) < 24).length"
    )
    assert small == 0
    page.context.close()


def test_a_link_brings_back_the_date_and_the_comparison(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, f"{bor_url}/#time=2020-08")
    expect(page.locator(".time-date")).to_have_text("August 2020")
    page.goto("about:blank")
    open_map(page, f"{bor_url}/#compare=2020-08,now,30")
    expect(page.get_by_role("button", name="Left half: August 2020")).to_be_visible()
    expect(page.get_by_role("slider", name="Where the left half ends")).to_have_attribute("aria-valuenow", "30")
    page.get_by_role("slider", name="Where the left half ends").press("ArrowRight")
    expect(page).to_have_url(re.compile("#compare=2020-08,now,35$"))
    page.goto("about:blank")
    open_map(page, f"{bor_url}/#time=9999-99&compare=%00,nonsense")
    expect(page.locator(".time-date")).to_be_visible()
    expect(page.locator(".compare-handle")).to_have_count(0)
    assert not desk.wrong


def test_the_browser_reads_dates_as_the_service_does(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    dates = ["", "2021", "2021-08", "2021-08-15", "2021/2025", "2020-11/2021", "2024-05/2025-05"]
    months = ["2019-12", "2020-11", "2021-01", "2021-08", "2021-09", "2021-12", "2022-01", "2025-12", "2026-01"]
    told = page.evaluate(
        """([dates, months]) => dates.flatMap((date) => months.map((month) => [
            mendmap.hadBegun(month, date), mendmap.wasOver(month, date),
            ...dates.map((end) => mendmap.phaseOf({begun: date, finished: end}, month))]))""",
        [dates, months],
    )
    ours = [
        [
            begun(month, period(date)),
            over(month, period(date)),
            *(phase(work(date, end), month) for end in dates),
        ]
        for date in dates
        for month in months
    ]
    assert told == ours
    plan = page.evaluate("mendmap.phaseOf({begun: '2019', finished: '2020', status: 'planned'}, '2021-01')")
    assert plan == phase(work("2019", "2020", "planned"), "2021-01") == ""

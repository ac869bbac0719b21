"""The story of the map, walked as people do: find Lake Robule, see what was done, go back to 2020, compare, read the
curve, share the link, open it again, print. On every width, in every language and look, by every hand."""

import itertools
import re

import pytest
from conftest import PROVE, watched
from playwright.sync_api import Browser, Page, expect
from walker import COVERED, Person, Walker, kept, pages_of, walking

pytestmark = pytest.mark.system("chromium")
WIDTHS, LANGUAGES, LOOKS, HANDS = (
    (390, 768, 1440),
    ("en", "sr-Latn", "sr-Cyrl"),
    ("light", "dark"),
    ("mouse", "touch", "keyboard"),
)
# Each value is walked at least once in every run, and all of them together in make prove.
PEOPLE = (
    [Person(*each) for each in itertools.product(WIDTHS, LANGUAGES, LOOKS, HANDS)]
    if PROVE
    else [
        Person(390, "sr-Cyrl", "dark", "touch"),
        Person(768, "sr-Latn", "light", "mouse"),
        Person(1440, "en", "dark", "keyboard"),
    ]
)
TYPED = {"en": "robule", "sr-Latn": "jezero robule", "sr-Cyrl": "робуле"}
NAMED = {"en": "Lake Robule", "sr-Latn": "Jezero Robule", "sr-Cyrl": "Језеро Робуле"}
STATED = {"en": "Red lake, polluted", "sr-Latn": "Crveno jezero, zagađeno", "sr-Cyrl": "Црвено језеро, загађено"}
ROBULE = ".marker[data-feature=lake_robule]"
# Keeps the sheet that is printed, for a look at it after.
PRINTER = """() => { window.print = () => {
  window.sheet = [document.documentElement.className, document.body.cloneNode(true)];
  document.body.dataset.printed = "";
}; }"""
SHEET = """() => {
  document.documentElement.className = window.sheet[0];
  document.body.replaceWith(window.sheet[1]);
}"""


def drawn(page: Page) -> None:
    expect(page.locator(ROBULE).first).to_be_attached()
    expect(page.locator(".time-date")).to_be_visible()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)


def arrive(walker: Walker, url: str) -> None:
    page = walker.page
    page.goto(url)
    drawn(page)
    walker.press(page.locator(f".switches a[lang={walker.person.language}]"))
    expect(page.locator("html")).to_have_attribute("lang", walker.person.language)
    drawn(page)
    # The strip of what flows into what is the first view of a phone, and more than a line of it.
    strip = page.locator(".strip-section .strip").bounding_box()
    assert strip
    assert strip["height"] >= 300
    walker.seen("home", axe="html")
    page.locator(".map-frame").scroll_into_view_if_needed()
    walker.seen("map", axe="")


def find(walker: Walker, typed: str, feature: str, name: str, step: str) -> None:
    page = walker.page
    walker.type(page.get_by_role("combobox"), typed)
    option = page.get_by_role("option").first
    expect(option.locator(".search-name")).to_have_text(re.compile(f"^{name}"))
    walker.seen(step)
    if walker.person.hand == "keyboard":
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    else:
        walker.press(option)
    expect(page.locator(".panel .feature")).to_be_visible()
    expect(page.locator(f".marker[data-feature={feature}].is-chosen").first).to_be_visible()


def see_what_was_done(walker: Walker) -> None:
    panel = walker.page.locator(".panel")
    expect(panel.locator("h2").first).to_contain_text(NAMED[walker.person.language])
    claimed = panel.locator(".timeline .trust-claimed")
    expect(claimed.first).to_have_text(walker.said("Claimed, not checked"))
    expect(panel.locator(".timeline .work")).not_to_have_count(0)
    # The symbol is beside the panel, or above it, and the time stands below it.
    marker, box = walker.page.locator(ROBULE).first.bounding_box(), panel.bounding_box()
    assert marker and box
    assert marker["y"] + marker["height"] <= box["y"] + 2 or marker["x"] + marker["width"] <= box["x"] + 2
    walker.seen("what-was-done")
    if walker.person.hand == "keyboard":
        walker.page.keyboard.press("Escape")
        expect(walker.page.locator(ROBULE).first).to_be_focused()
    else:
        walker.press(panel.locator(".panel-close"))
    expect(panel).to_be_hidden()


def back_to_2020(walker: Walker) -> str:
    page = walker.page
    slider = page.locator(".time-slider")
    if slider.is_hidden():
        walker.press(page.locator(".time-toggle"))
    if walker.person.hand == "keyboard":
        walker.reach(slider)
    else:
        # The year that stands there, or where it is narrow the one nearest to it.
        expect(page.locator(".time-strip-year").first).to_be_visible()
        year = min(page.locator(".time-strip-year").all(), key=lambda each: abs(int(each.inner_text()) - 2020))
        at, box = year.bounding_box(), slider.bounding_box()
        assert at and box
        walker.point(slider, at["x"] - box["x"] + 6, box["height"] / 2)
    for _ in range(60):
        found = re.search(r"\d{4}", page.locator(".time-date").inner_text())
        if found and found[0] == "2020":
            break
        later = found is not None and found[0] < "2020"
        if walker.person.hand == "keyboard":
            page.keyboard.press("ArrowRight" if later else "ArrowLeft")
        else:
            walker.press(page.locator(".time-later" if later else ".time-earlier"))
    date = page.locator(".time-date").inner_text()
    assert "2020" in date
    expect(page.locator(".time-told")).to_contain_text("2020")
    marker = page.locator(ROBULE).first
    label = marker.get_attribute("aria-label") or ""
    assert STATED[walker.person.language].lower() in label.lower()
    assert walker.said("claimed, not checked") in label
    # What only the company says looks unchecked, and says so.
    expect(marker).to_have_class(re.compile("is-claimed"))
    assert marker.locator(".symbol-shape").evaluate("each => getComputedStyle(each).strokeDasharray") != "none"
    row = page.locator("#dated tr", has_text=NAMED[walker.person.language])
    expect(row.locator(".trust-claimed").first).to_have_text(walker.said("claimed, not checked"))
    expect(row.locator("cite").first).not_to_be_empty()
    walker.seen("back-to-2020")
    return date


def compare(walker: Walker) -> None:
    page = walker.page
    walker.press(page.locator(".time-compare"))
    handle, both = page.locator(".compare-handle"), page.locator(ROBULE)
    expect(handle).to_be_focused()
    expect(both).to_have_count(2)
    expect(both.last).to_have_attribute("aria-label", re.compile(NAMED[walker.person.language]))
    then, now = (both.nth(each).get_attribute("aria-label") or "" for each in (0, 1))
    assert STATED[walker.person.language].lower() in then.lower()
    assert STATED[walker.person.language].lower() not in now.lower()
    share = int(handle.get_attribute("aria-valuenow") or "")
    walker.seen("compare")
    walker.drag(handle, 60)
    expect(handle).not_to_have_attribute("aria-valuenow", str(share))
    walker.seen("compare-moved", axe="")
    walker.press(page.locator(".time-compare"))
    expect(both).to_have_count(1)


def read_the_curve(walker: Walker) -> None:
    page = walker.page
    find(walker, "gradski park", "RS0009A", "", "find-station")
    stage = page.locator(".panel .chart-stage").first
    figure = page.locator(".panel figure.chart").first
    figure.scroll_into_view_if_needed()
    expect(stage).to_be_visible()
    stage.scroll_into_view_if_needed()
    readout = page.locator(".panel .chart-readout").first
    if walker.person.hand == "keyboard":
        walker.reach(stage)
        page.keyboard.press("ArrowLeft")
    else:
        point_at_a_reading(walker)
    expect(readout).to_contain_text("µg/m³")
    expect(readout.locator("a").first).to_be_visible()
    walker.seen("curve")


def point_at_a_reading(walker: Walker) -> None:
    """Goes along the curve until a reading answers."""
    stage = walker.page.locator(".panel .chart-stage").first
    box = stage.bounding_box()
    assert box
    for across, down in itertools.product(range(15, 96, 4), (75, 55, 35)):
        walker.point(stage, box["width"] * across / 100, box["height"] * down / 100)
        if walker.page.locator(".panel .chart-readout a").count():
            return


def share(walker: Walker) -> str:
    page = walker.page
    if walker.person.hand == "keyboard":
        page.keyboard.press("Escape")
        expect(page.locator(".panel")).to_be_hidden()
    elif walker.person.width < 700:
        walker.press(page.locator(".panel-close"))
    if page.locator("#layer-works").is_hidden():
        walker.press(page.locator(".layers summary"))
    walker.press(page.locator("#layer-works"))
    walker.press(page.locator("#layer-mines"))
    walker.seen("layers", axe="")
    if walker.person.width < 700:
        walker.press(page.locator(".layers summary"))
    if page.locator(".panel").is_hidden():
        walker.press(page.locator(".marker[data-feature=RS0009A]").first)
        expect(page.locator(".panel .feature")).to_be_visible()
    expect(page).to_have_url(re.compile("open=stations/RS0009A"))
    walker.press(page.locator(".tool[data-tool=link]"))
    told = page.locator(".notice.is-told")
    expect(told).to_be_visible()
    assert not told.evaluate(COVERED), told.evaluate(COVERED)
    walker.seen("link")
    link = str(page.evaluate("navigator.clipboard.readText()"))
    assert f"lang={walker.person.language}" in link
    return link


def seen_of(page: Page) -> list[float]:
    found: list[float] = page.evaluate("[map_public.getCenter().lat, map_public.getCenter().lng, map_public.getZoom()]")
    return found


def open_it_again(walker: Walker, link: str, date: str, view: list[float]) -> None:
    with walker.again(link) as other:
        page = other.page
        expect(page.locator("html")).to_have_attribute("lang", walker.person.language)
        expect(page.locator(".panel .feature")).to_be_visible()
        expect(page.locator(".time-date")).to_have_text(date)
        expect(page.locator("#layer-works")).to_be_checked()
        expect(page.locator("#layer-mines")).not_to_be_checked()
        # The place is in sight, with nothing over it.
        marker = page.locator(".marker[data-feature=RS0009A].is-chosen").first
        expect(marker).to_be_in_viewport()
        assert not marker.evaluate(COVERED), marker.evaluate(COVERED)
        assert seen_of(page) == pytest.approx(view, abs=1e-3)
        other.seen("opened-again")
        print_it(other, date)


def print_it(walker: Walker, date: str) -> None:
    page = walker.page
    if walker.person.hand == "keyboard":
        page.keyboard.press("Escape")
    else:
        walker.press(page.locator(".panel-close"))
    own = page.locator(".panel-full").get_attribute("href") or ""
    page.evaluate(PRINTER)
    walker.press(page.locator(".tool[data-tool=print]"))
    expect(page.locator("body[data-printed]")).to_be_attached()
    address = page.url
    page.evaluate(SHEET)
    assert pages_of(walker.paper("printed-map")) == 1
    foot = page.locator(".print-foot")
    expect(foot).to_contain_text(date)
    expect(foot.locator(".print-address")).to_contain_text("time=2020")
    page.emulate_media(media="screen")
    page.goto("about:blank")
    page.goto(address.split("/?")[0].split("#")[0].rstrip("/") + own)
    expect(page.locator("h1")).to_be_visible()
    walker.paper("printed-station")
    expect(page.locator("header.top nav").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("img.plot, .drawing").first).to_be_visible()


@pytest.mark.parametrize("person", PEOPLE, ids=str)
def test_lake_robule_is_found_followed_through_time_shared_and_printed(
    browser: Browser, bor_url: str, person: Person
) -> None:
    with walking(browser, person) as walker:
        arrive(walker, bor_url)
        find(walker, TYPED[person.language], "lake_robule", NAMED[person.language], "search")
        see_what_was_done(walker)
        date = back_to_2020(walker)
        compare(walker)
        expect(walker.page.locator(".time-date")).to_have_text(date)
        read_the_curve(walker)
        link = share(walker)
        open_it_again(walker, link, date, seen_of(walker.page))
    assert len(kept(person)) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_facts_are_read_without_javascript(browser: Browser, bor_url: str, language: str) -> None:
    page = watched(browser, java_script_enabled=False, viewport={"width": 390, "height": 844}).page
    asked = f"?lang={language}"
    for path, told in (
        ("/", NAMED[language]),
        ("/sites/lake_robule", STATED[language]),
        ("/stations/RS0009A", "µg/m³"),
        ("/strip", NAMED[language]),
        ("/statements", "SO₂"),
    ):
        page.goto(bor_url + path + asked)
        assert page.locator("html").get_attribute("lang") == language
        assert told.lower() in page.locator("main").inner_text().lower(), path
        # What is folded can be opened without a script.
        assert page.locator("main details:not([open])").evaluate_all(
            "all => all.every((each) => each.querySelector('summary'))"
        )
    page.context.close()

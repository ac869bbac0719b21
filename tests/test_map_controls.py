"""What stands on a map: search, link, tools, print; by pointer and keyboard; names stay text wherever they stand."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Watched, assert_accessible, open_map, watched
from place import Testford, feature, point
from playwright.sync_api import Browser, Page, Route, expect
from served import served
from test_lake import load

pytestmark = pytest.mark.system("chromium")
# Right-to-left marks, markup, templates, an emoji, and far too much of it.
HOSTILE = "<script>window.ran=1</script>${window.ran=2}`<img src=x onerror='window.ran=3'>\u202egnol 🌊 "
LONG = (HOSTILE + "x" * 10_000)[:9_990]
# Runs a print without a printer, and keeps what the sheet holds meanwhile.
PRINTER = """() => { window.print = () => {
  const box = document.querySelector(".map-frame").getBoundingClientRect();
  const text = (name) => document.querySelector(name).textContent;
  const tiles = document.querySelectorAll(".leaflet-tile").length;
  const { className } = document.documentElement;
  window.sheet = [className, text(".print-title"), text(".print-foot"), Math.round(box.width), tiles];
  document.body.dataset.printed = "";
}; }"""


def test_lake_robule_is_found_in_every_script_by_keyboard_alone(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    field = page.get_by_role("combobox", name="Find a place by its name")
    first = page.get_by_role("option").first
    for typed in ("робуле", "Jezero robule", "ROBULE"):
        field.fill("")
        expect(page.get_by_role("option")).to_have_count(0)
        field.focus()
        page.keyboard.type(typed)
        expect(first).to_contain_text("Lake Robule")
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", first.get_attribute("id") or "")
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_contain_text("Claimed, not checked")
    expect(page.locator(".marker[data-feature=lake_robule].is-chosen")).to_be_visible()
    assert not desk.wrong


def test_a_place_out_of_view_and_a_layer_that_is_off_are_found(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    page.get_by_role("combobox").fill("majdanpek")
    page.get_by_role("option").first.click()
    expect(page.locator(".marker.is-chosen").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    page.get_by_role("combobox").fill("greening")
    page.get_by_role("option", name=re.compile("Lake Robule")).click()
    # The list of layers has made room for the panel.
    expect(page.get_by_role("checkbox", name="Works of remediation", include_hidden=True)).to_be_checked()
    expect(page.locator(".panel")).to_contain_text("3.53 million USD")


def test_what_is_not_found_what_fails_and_what_is_late_is_said(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    field, status = page.get_by_role("combobox"), page.locator(".search-status")
    field.fill("Atlantis")
    expect(status).to_have_text("No place of that name is on this map.")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/search.json?q=krivelj*", hold)
    with page.expect_request("**/search.json?q=krivelj*"):
        field.fill("krivelj")
    field.fill("bor")
    expect(status).to_have_text("The first 8 places of more")
    for each in held:
        each.abort()
    expect(status).to_have_text("The first 8 places of more")
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.route("**/search.json?q=robule*", lambda route: route.abort())
    field.fill("robule")
    expect(status).to_have_text("Names cannot be searched now: the service did not answer.")


def test_a_link_brings_back_view_layers_feature_and_language(browser: Browser, desk: Watched, bor_url: str) -> None:
    page = desk.page
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{bor_url}/?lang=sr-Cyrl")
    expect(page.locator(".marker[data-feature=lake_robule]")).to_be_visible()
    page.evaluate("map_public.setView([44.0643, 22.1367], 13.5, {animate: false})")
    page.locator("#layer-works").check()
    page.locator("#layer-mines").uncheck()
    page.locator(".marker[data-feature=lake_robule]").click()
    expect(page).to_have_url(re.compile("open=lakes/lake_robule"))
    page.locator(".tool").nth(3).click()  # the link, in whichever language
    expect(page.locator(".notice.is-told")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "lang=sr-Cyrl" in link
    view = page.evaluate("[map_public.getCenter().lat, map_public.getCenter().lng, map_public.getZoom()]")
    other = watched(browser, locale="en-GB")
    other.page.goto(link)
    expect(other.page.locator(".panel h2").first).to_contain_text("Робуле")
    expect(other.page.locator("#layer-works")).to_be_checked()
    expect(other.page.locator("#layer-mines")).not_to_be_checked()
    expect(other.page.locator(".marker[data-feature=lake_robule].is-chosen")).to_be_visible()
    again = other.page.evaluate("[map_public.getCenter().lat, map_public.getCenter().lng, map_public.getZoom()]")
    assert again == pytest.approx(view, abs=1e-4)
    assert not other.wrong
    other.page.context.close()


CHANGED = """(text) => new Promise((done) => {
  addEventListener("hashchange", done, { once: true });
  location.hash = text;
})"""
NONSENSE = (
    "view=1,2",
    "view=91,22,12",
    "view=44,22,99",
    "view=44,22,NaN",
    "view=1e9,1e9,1e9",
    "view=%00,%ff,&layers=&open=",
    "layers=ponds,<script>",
    "open=lakes",
    "open=ponds/x",
    "open=lakes/../../about",
    "open=<img src=x onerror=alert(1)>",
    "at=here",
    "=&=&&&",
    "view=44,22,12" * 500,
)


def test_nonsense_in_the_address_is_passed_over(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    seen = """[map_public.getCenter().lat, map_public.getCenter().lng, map_public.getZoom(),
      mendmap.bench(map_public).shown.length]"""
    first = page.evaluate(seen)
    for nonsense in NONSENSE:
        page.evaluate(CHANGED, nonsense)
        assert page.evaluate(seen) == pytest.approx(first), nonsense
        expect(page.locator(".panel")).to_be_hidden()
    page.goto("about:blank")
    page.goto(f"{bor_url}/#{NONSENSE[0]}&{NONSENSE[6]}")
    expect(page.locator(".marker[data-feature=tir_smelter]")).to_be_visible()
    assert page.evaluate(seen) == pytest.approx(first)
    assert not desk.wrong


def test_a_changed_address_moves_the_map_and_home_clears_it(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    page.evaluate("location.hash = 'view=44.4,21.93,13'")
    expect(page.locator(".marker[data-feature=pek_river_monitor]")).to_be_visible()
    page.get_by_role("button", name="Show the whole map again").click()
    expect(page.locator(".marker[data-feature=tir_smelter]")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/$"))


def test_other_elements_register_their_part_of_the_link(desk: Watched, bor_url: str) -> None:
    page = desk.page
    page.goto(f"{bor_url}/#time=2020-05")
    expect(page.locator(".marker[data-feature=tir_smelter]")).to_be_visible()
    page.evaluate(
        """() => {
          const link = mendmap.permalink(map_public);
          const read = (text) => { window.read = text; window.time = "2021-01"; };
          link.part("time", { read, write: () => window.time });
          link.part("broken", { read: () => { throw new Error("no"); }, write: () => null });
          link.changed();
        }"""
    )
    assert page.evaluate("window.read") == "2020-05"
    expect(page).to_have_url(re.compile(r"#time=2021-01$"))


def test_the_printed_map_has_title_key_date_and_address(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    page = desk.page
    open_map(page, bor_url)
    page.evaluate(PRINTER)
    page.get_by_role("button", name="Print the map").click()
    expect(page.locator("body[data-printed]")).to_be_attached()
    classes, title, foot, width, tiles = page.evaluate("window.sheet")
    assert "prints-map" in classes
    assert title == "Bor: land and water on the mend"
    for words in ("Lake Robule", "A guess, not a fact", "Time shown: Now", "Data of ", "printed on", bor_url):
        assert words in foot
    assert width == 680  # 180 mm
    assert tiles
    expect(page.locator(".print-head")).to_have_count(0)
    assert page.evaluate("document.documentElement.className") == ""
    assert not desk.wrong


def test_a_map_that_is_printed_before_its_dates_are_there_says_its_time_as_well(desk: Watched, bor_url: str) -> None:
    page, dates = desk.page, re.compile(r"/values/[a-z_]+\.json")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(dates, hold)
    with page.expect_request(dates):
        open_map(page, f"{bor_url}/#time=2021-01")
    page.evaluate(PRINTER)
    page.get_by_role("button", name="Print the map").click()
    assert page.locator(".time-date, .print-foot").count() == 0
    for each in held:
        each.continue_()
    expect(page.locator("body[data-printed]")).to_be_attached()
    assert "Time shown: January 2021" in page.evaluate("window.sheet")[2]


def test_the_reader_is_located_only_when_asked_and_a_refusal_is_said(browser: Browser, bor_url: str) -> None:
    here = {"latitude": 44.0643, "longitude": 22.1367, "accuracy": 30}
    allowed = watched(browser, geolocation=here, permissions=["geolocation"])
    open_map(allowed.page, bor_url)
    expect(allowed.page.locator("path.here")).to_have_count(0)
    allowed.page.get_by_role("button", name="Show where I am").click()
    expect(allowed.page.locator("path.here")).to_have_count(1)
    expect(allowed.page.locator(".notice.is-told")).to_contain_text("within 30 metres")
    allowed.page.context.close()
    refused = watched(browser, permissions=[])
    open_map(refused.page, bor_url)
    refused.page.get_by_role("button", name="Show where I am").click()
    expect(refused.page.locator(".notice.is-told")).to_contain_text("was not allowed to")
    refused.page.context.close()


def test_the_open_search_and_the_tools_pass_axe_in_light_and_dark(browser: Browser, bor_url: str) -> None:
    found = watched(browser, color_scheme="light")
    page = found.page
    open_map(page, f"{bor_url}/maps/staff")
    page.get_by_role("combobox").fill("robule")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, "color-contrast")
    targets = page.locator(".tool, .leaflet-bar a, .search-field, .search-list li, .layer-row label")
    boxes = "all => all.map((each) => each.getBoundingClientRect()).map((box) => [box.width, box.height])"
    sizes = targets.evaluate_all(boxes)
    assert min(min(each) for each in sizes) >= 24
    page.context.close()


def test_a_narrow_phone_shows_every_control(browser: Browser, bor_url: str) -> None:
    found = watched(browser, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page = found.page
    open_map(page, bor_url)
    frame = page.locator(".map-frame").bounding_box()
    assert frame
    for each in [*page.locator(".tool").all(), page.locator(".search-field"), page.locator(".layers summary")]:
        box = each.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
        assert frame["y"] <= box["y"] <= frame["y"] + frame["height"] - box["height"]
    page.context.close()


@pytest.fixture(scope="module")
def hostile_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over a synthetic place in which every name and word of a map is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    place = Testford(folder / "testford")
    for layer in place.layers.values():
        for each in layer["features"]:
            each["properties"]["name_en"] = HOSTILE + each["properties"]["name_en"]
    place.layers["dumps"]["features"].append(feature("long", "dump", point(20.7, 44.6), name_en=LONG))
    text = json.dumps(HOSTILE, ensure_ascii=False)
    place.maps["public"] = (
        f'[map]\nid = "public"\ntitle_en = {text}\n'
        '[[layer]]\nid = "dumps"\ncolor = "#663300"\nby = "basis"\nfrom_zoom = 4\n'
        f'[[layer.class]]\nvalue = "published"\nname_en = {text}\nshape = "star"\n'
        '[[layer]]\nid = "lakes"\ncolor = "#336699"\nfrom_zoom = 4\n'
    )
    load(place, folder / "lake")
    with served(folder / "lake") as server:
        yield server.url


def test_hostile_names_stay_text_in_every_element(desk: Watched, hostile_url: str) -> None:
    page: Page = desk.page
    page.goto(hostile_url)
    page.evaluate(PRINTER)
    start = HOSTILE.split("\u202e")[0]
    expect(page.locator(".class-list")).to_contain_text(start)
    assert start in (page.locator(".marker[data-feature=heap]").get_attribute("aria-label") or "")
    page.get_by_role("combobox").fill("script window ran 1")
    expect(page.get_by_role("option")).to_have_count(4)
    expect(page.get_by_role("option").first).to_contain_text(start)
    assert page.locator(".search-list").evaluate("each => each.scrollWidth <= each.clientWidth")
    page.get_by_role("combobox").fill("x" * 100)
    page.get_by_role("option").first.click()
    expect(page.locator(".panel h2").first).to_contain_text(start)
    page.get_by_role("button", name="Print the map").click()
    expect(page.locator("body[data-printed]")).to_be_attached()
    sheet: list[Any] = page.evaluate("window.sheet")
    assert start in sheet[1]
    assert start in sheet[2]
    assert page.evaluate("window.ran") is None
    assert page.evaluate("document.querySelectorAll('.map-frame img[src=x], .map-frame script').length") == 0
    assert not desk.wrong

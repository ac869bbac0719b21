"""Imagery on the map and on pages: chosen, swiped, read off and shared, by pointer and by keyboard; a quiet relief."""

import re
from collections.abc import Iterator

import pytest
import valley
from conftest import Watched, assert_accessible, watched
from playwright.sync_api import Browser, Locator, Page, expect
from served import Server, served

from mendmap.load.check import check
from mendmap.load.write import write

pytestmark = pytest.mark.system("chromium")
BARE = """[map]
id = "bare"
title_en = "Bare"
without = ["imagery", "relief"]

[[layer]]
id = "places"
color = "#00727f"
"""
# The last scene before the lake is filled, and the newest: no cloud lies on the lake in either.
FIRST, LAST = "2019-06-14", "2023-08-23"


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service over the synthetic landscape, whose second map goes without imagery."""
    folder = valley.write(tmp_path_factory.mktemp("land") / "geodata")
    (folder / "maps" / "bare.toml").write_text(BARE, "utf-8")
    lake = folder.parent / "lake"
    write(check(folder, 100), str(lake), folder)
    with served(lake) as server:
        yield server


def opened(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.locator(".folium-map .leaflet-tile-loaded").first).to_be_attached()
    return page


def shown(page: Page, url: str, imagery: str) -> Page:
    """A map with imagery that a link names, once its tiles are there."""
    opened(page, f"{url}/#imagery={imagery}")
    expect(page.locator(".imagery-told")).to_be_visible()
    expect(page.locator(".leaflet-imagery-pane .leaflet-tile-loaded").first).to_be_visible()
    expect(page.locator(".leaflet-imagery-pane .leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)
    return page


def of_scenes(asked: list[str]) -> list[str]:
    """What was asked for of imagery, less the relief, which is a background."""
    return [each for each in asked if "/rasters" in each and "/rasters/ground" not in each]


def form(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Imagery")


def test_nothing_is_asked_of_imagery_before_it_is_opened_and_then_it_is_chosen_by_keyboard(
    desk: Watched, land: Server
) -> None:
    page = opened(desk.page, land.url)
    page.wait_for_timeout(300)
    assert of_scenes(desk.asked) == []
    page.get_by_role("button", name="Imagery", exact=True).focus()
    page.keyboard.press("Enter")
    what = form(page).get_by_role("combobox", name="What is shown")
    expect(what).to_be_visible()
    assert [each.split("?")[0] for each in of_scenes(desk.asked)] == [f"{land.url}/rasters.json"]
    what.select_option(label="Green plants (NDVI)")
    told = page.get_by_role("region", name="Imagery shown")
    expect(told).to_contain_text("Green plants (NDVI) 23 August 2023")
    for words in ("bare", "green", "clouds, their shadows", "A synthetic landscape made by a seed", "CC0-1.0"):
        expect(told).to_contain_text(words)
    expect(page.locator(".leaflet-imagery-pane .leaflet-tile-loaded").first).to_be_visible()
    day = form(page).get_by_role("slider", name="Day")
    day.press("ArrowLeft")
    expect(day).to_have_attribute("aria-valuetext", "19 July 2023")
    earlier = form(page).get_by_role("button", name="Earlier picture")
    for _ in range(20):
        earlier.press("Enter")
    expect(told).to_contain_text("14 June 2019")
    expect(earlier).to_have_attribute("aria-disabled", "true")
    expect(earlier).to_be_focused()
    page.keyboard.press("Escape")
    expect(form(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Imagery", exact=True)).to_be_focused()
    page.get_by_role("button", name="Hide the imagery").click()
    expect(page.locator(".leaflet-imagery-pane img")).to_have_count(0)
    assert not desk.wrong


def test_two_days_are_swiped_by_keyboard_and_the_link_brings_them_back(
    browser: Browser, desk: Watched, land: Server
) -> None:
    page = shown(desk.page, land.url, f"ndvi,{LAST}")
    page.get_by_role("button", name="Imagery", exact=True).click()
    form(page).get_by_role("button", name="Compare two days").click()
    handle = page.get_by_role("slider", name="Where the left half ends")
    expect(handle).to_be_focused()
    page.keyboard.press("Home")
    expect(handle).to_have_attribute("aria-valuenow", "0")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "30")
    expect(handle).to_have_attribute("aria-valuetext", "30 %: 14 June 2019 on the left, 23 August 2023 on the right")
    heads = page.locator(".compare-heads")
    expect(heads).to_contain_text("14 June 2019")
    expect(heads).to_contain_text("23 August 2023")
    # Each picture is seen on its own side of the handle, and moving the map keeps it there.
    width = page.locator(".folium-map").bounding_box()["width"]
    for _ in range(2):
        edges = page.evaluate("""() => ["imagery-left", "imagery"].map((name) => {
          const pane = document.querySelector(`.leaflet-${name}-pane`);
          const map = document.querySelector(".folium-map");
          const from = pane.getBoundingClientRect().left - map.getBoundingClientRect().left;
          return pane.style.clipPath.match(/-?[\\d.]+(?=px)/g).map(Number)
            .filter((_, nth) => nth % 2 === 0).map((x) => x + from);
        })""")
        left, right = edges
        assert max(left) == pytest.approx(min(right), abs=1) == pytest.approx(0.3 * width, abs=1.5)
        page.locator(".folium-map").press("ArrowRight")
        page.wait_for_timeout(50)
    page.wait_for_url(re.compile(f"imagery=ndvi,{FIRST},{LAST},30"))
    other = watched(browser)
    expect(opened(other.page, page.url).get_by_role("slider", name="Where the left half ends")).to_have_attribute(
        "aria-valuenow", "30"
    )
    assert not other.wrong
    other.page.context.close()
    handle.press("Escape")
    expect(handle).to_have_count(0)
    expect(form(page).get_by_role("button", name="Compare two days")).to_be_focused()
    expect(page.locator(".leaflet-imagery-left-pane img")).to_have_count(0)
    assert not desk.wrong


def test_the_value_at_a_place_is_told_in_words_by_click_and_by_enter(desk: Watched, land: Server) -> None:
    page = shown(desk.page, land.url, f"ndvi,{LAST}")
    value = page.locator(".imagery-value")
    # The west of the lake is green in 2023, and the map's middle.
    box = page.locator(".folium-map").bounding_box()
    with page.expect_response("**/rasters/*/point*") as answer:
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 40)
    told = answer.value.json()["value"]
    expect(value).to_contain_text(f"{round(told, 2):g}".replace("-", "-"))
    expect(value).to_contain_text("at this place")
    expect(page.locator(".imagery-tip")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(".folium-map").focus()
    with page.expect_response("**/rasters/*/point*"):
        page.keyboard.press("Enter")
    expect(value).to_contain_text("Green plants (NDVI)")
    assert not desk.wrong


def test_the_map_and_the_picture_never_disagree_on_the_date_in_silence(desk: Watched, land: Server) -> None:
    page = shown(desk.page, land.url, f"colours,{LAST}&time=2020-04")
    told = page.get_by_role("region", name="Imagery shown")
    expect(told).to_contain_text("The map shows April 2020, the picture 23 August 2023.")
    told.get_by_role("button", name="Show the picture of 23 August 2019").click()
    expect(told).to_contain_text("As the eye sees it 23 August 2019")
    expect(told).to_contain_text("The map shows April 2020, the picture 23 August 2019.")
    expect(told.get_by_role("button", name=re.compile("Show the picture"))).to_have_count(0)


def test_both_halves_of_a_comparison_of_times_lie_on_the_same_ground(desk: Watched, land: Server) -> None:
    page = shown(desk.page, land.url, f"ndvi,{LAST}&compare=2019-09,now,50")
    for pane in ("imagery", "ground"):
        expect(page.locator(f".compare-map .leaflet-{pane}-pane img").first).to_be_attached()
    # Halves of two pictures take the place of halves of two times.
    page.get_by_role("button", name="Imagery", exact=True).click()
    form(page).get_by_role("button", name="Compare two days").click()
    expect(page.locator(".compare-map")).to_have_count(0)
    expect(page.get_by_role("slider", name="Where the left half ends")).to_have_count(1)
    assert not desk.wrong


def test_the_relief_is_there_from_the_first_and_can_be_turned_off_for_good(desk: Watched, land: Server) -> None:
    page = opened(desk.page, land.url)
    expect(page.locator(".leaflet-ground-pane .leaflet-tile-loaded").first).to_be_attached()
    box = page.get_by_role("checkbox", name="Relief of the ground")
    expect(box).to_be_checked()
    box.uncheck()
    expect(page.locator(".leaflet-ground-pane img")).to_have_count(0)
    page.wait_for_url(re.compile("relief=off"))
    page.reload()
    expect(box).not_to_be_checked()
    expect(page.locator(".leaflet-ground-pane img")).to_have_count(0)
    assert not desk.wrong


def test_a_map_may_go_without_and_a_place_without_pictures_does(desk: Watched, land: Server, bor_url: str) -> None:
    for address in (f"{land.url}/maps/bare", bor_url):
        page = opened(desk.page, address)
        expect(page.get_by_role("button", name="Imagery", exact=True)).to_have_count(0)
        expect(page.get_by_role("checkbox", name="Relief of the ground")).to_have_count(0)
    assert [each for each in desk.asked if "/rasters" in each] == []


def test_what_cannot_be_fetched_is_said_and_asked_for_again(desk: Watched, land: Server) -> None:
    page = opened(desk.page, land.url)
    page.route("**/rasters.json*", lambda route: route.abort())
    page.get_by_role("button", name="Imagery", exact=True).click()
    expect(form(page).get_by_role("alert")).to_have_text("What there is to see could not be fetched.")
    page.unroute("**/rasters.json*")
    page.route("**/rasters/s2023*/**", lambda route: route.abort())
    form(page).get_by_role("button", name="Try again").click()
    form(page).get_by_role("combobox").select_option("ndvi")
    told = page.get_by_role("region", name="Imagery shown")
    expect(told.get_by_role("alert")).to_contain_text("Some of the imagery could not be fetched.")
    page.unroute("**/rasters/s2023*/**")
    told.get_by_role("button", name="Try again").click()
    expect(told.get_by_role("alert")).to_have_count(0)
    expect(page.locator(".leaflet-imagery-pane .leaflet-tile-loaded").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it_in_light_and_dark(browser: Browser, land: Server, scheme: str) -> None:
    found = watched(browser, color_scheme=scheme)
    page = shown(found.page, land.url, f"ndvi,{FIRST},{LAST},50")
    page.get_by_role("button", name="Imagery", exact=True).click()
    expect(form(page).get_by_role("combobox")).to_be_visible()
    assert_accessible(page)
    assert not found.wrong
    page.context.close()


def test_on_a_phone_the_form_is_a_sheet_and_nothing_is_wider_than_the_screen(browser: Browser, land: Server) -> None:
    found = watched(browser, viewport={"width": 320, "height": 640}, has_touch=True, is_mobile=True)
    page = shown(found.page, land.url, f"colours,{FIRST},{LAST},50")
    page.get_by_role("button", name="Imagery", exact=True).tap()
    expect(form(page).get_by_role("combobox")).to_be_in_viewport()
    box = form(page).bounding_box()
    assert box["width"] == 320 and box["y"] + box["height"] == pytest.approx(640, abs=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    pressed = ".imagery-panel :is(button, select, input), .imagery-told button, .imagery-told summary, .imagery-open"
    small = page.locator(pressed).evaluate_all("""(all) => all.filter((each) => each.checkVisibility())
      .map((each) => [each.outerHTML, each.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 24 || height < 24).map(([html]) => html)""")
    assert small == []
    assert not found.wrong
    page.context.close()


def test_an_embedded_and_a_printed_map_say_what_they_show(desk: Watched, land: Server) -> None:
    page = opened(desk.page, f"{land.url}/embed/public#imagery=ndvi,{LAST}")
    expect(page.get_by_role("region", name="Imagery shown")).to_contain_text("23 August 2023")
    # What the sheet holds is known only while it is printed.
    page.evaluate(
        "() => { window.print = () => document.body.dataset.sheet = document.querySelector('.print-foot').innerText; }"
    )
    page.get_by_role("button", name="Print the map").click()
    expect(page.locator("body")).to_have_attribute("data-sheet", re.compile("."))
    printed = page.locator("body").get_attribute("data-sheet") or ""
    assert "Green plants (NDVI) 23 August 2023" in printed and "CC0-1.0" in printed
    assert not desk.wrong


def test_the_page_of_imagery_lists_every_scene_and_every_link_of_it_answers(desk: Watched, land: Server) -> None:
    page = desk.page
    page.goto(f"{land.url}/imagery")
    scenes = page.get_by_role("table", name="15 scenes, the newest first")
    rows = scenes.get_by_role("row")
    expect(rows).to_have_count(16)
    expect(rows.nth(1)).to_contain_text("23 August 2023")
    expect(rows.nth(1)).to_contain_text("CC0-1.0")
    expect(rows.nth(1)).to_contain_text(re.compile("SHA-256 [0-9a-f]{64}"))
    expect(page.get_by_role("table", name="1 comparison of two times")).to_contain_text("Greened from 2019 to 2023")
    expect(page.get_by_role("table", name="1 model of the ground")).to_contain_text("The ground")
    described = page.locator("a", has_text="TileJSON").evaluate_all("(links) => links.map((each) => each.href)")
    listed = page.request.get(f"{land.url}/rasters.json").json()
    assert sorted(described) == sorted(f"{land.url}/rasters/{each['id']}.json" for each in listed["pictures"])
    assert_accessible(page)
    rows.nth(1).get_by_role("link", name="Green plants (NDVI)").click()
    expect(page.get_by_role("region", name="Imagery shown")).to_contain_text("Green plants (NDVI) 23 August 2023")
    assert not desk.wrong


def test_the_page_of_a_site_shows_it_before_and_after(desk: Watched, land: Server) -> None:
    page = desk.page
    page.goto(f"{land.url}/sites/lake")
    seen = page.locator("section.seen")
    for name in ("14 June 2019", "23 August 2023"):
        shot = seen.get_by_role("img", name=f"The place from above on {name}, with its outline")
        expect(shot).to_be_visible()
        tiles = shot.locator("image").evaluate_all("(images) => images.map((each) => each.href.baseVal)")
        assert tiles and all(
            page.request.get(land.url + each).headers["content-type"] == "image/webp" for each in tiles
        )
    assert_accessible(page)
    seen.get_by_role("link", name="Compare them on the map").click()
    expect(page.get_by_role("slider", name="Where the left half ends")).to_be_visible()
    # Of a dump, whose outline nobody knows, there is nothing to show.
    page.goto(f"{land.url}/sites/dump")
    expect(page.locator("section.seen")).to_have_count(0)
    assert not desk.wrong

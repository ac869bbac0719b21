"""Looks: light and dark as the reader chooses, on paper, in the system's own colours, and over a background map."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Watched, assert_accessible, open_map, watched
from playwright.sync_api import Browser, Page, Route, expect
from served import served

from mendmap.errors import SettingError
from mendmap.settings import Settings
from mendmap.web import basemaps
from mendmap.web.app import create_app

pytestmark = pytest.mark.system("chromium")

DARK, LIGHT = "rgb(19, 25, 22)", "rgb(246, 243, 234)"
TILES = "https://tiles.example/{z}/{x}/{y}.png"
OFFERED = {
    "basemap_url": TILES,
    "basemap_name": "Example Maps",
    "basemap_attribution": "© <b>Example</b> contributors",
}
# A transparent picture of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)


def ground(page: Page) -> str:
    found: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return found


def test_the_look_that_is_chosen_is_kept_and_there_before_anything_is_drawn(desk: Watched, bor_url: str) -> None:
    page = desk.page
    page.goto(f"{bor_url}/about")
    button = page.get_by_role("button", name="Dark colours")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert ground(page) == LIGHT
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert ground(page) == DARK
    # What the first script after it in the head would see: the look is set before the page has a body.
    page.add_init_script(
        "new MutationObserver(() => document.body && (window.lookAtBody ??= document.documentElement.className))"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.goto(f"{bor_url}/statements")
    assert page.evaluate("window.lookAtBody") == "is-dark"
    assert ground(page) == DARK
    page.emulate_media(color_scheme="dark")
    button.click()
    assert ground(page) == LIGHT
    assert not desk.wrong


def test_a_look_can_be_chosen_where_there_is_no_storage(desk: Watched, bor_url: str) -> None:
    desk.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    desk.page.goto(f"{bor_url}/about")
    desk.page.get_by_role("button", name="Dark colours").click()
    assert ground(desk.page) == DARK
    assert not desk.wrong


@pytest.mark.parametrize("path", ["/", "/sites/lake_robule", "/progress", "/statements/so2_daily_means_2023"])
def test_a_look_against_that_of_the_system_has_contrast(browser: Browser, bor_url: str, path: str) -> None:
    for system, chosen in (("light", "dark"), ("dark", "light")):
        page = watched(browser, color_scheme=system).page
        page.add_init_script(f"localStorage.setItem('mendmap.look', '{chosen}')")
        open_map(page, bor_url) if path == "/" else page.goto(bor_url + path)
        assert ground(page) == {"dark": DARK, "light": LIGHT}[chosen]
        assert_accessible(page, "color-contrast")
        # Where a symbol stands is its meaning: on the map it may be near another, and the table has each at full size.
        page.evaluate("document.querySelector('.map-frame')?.remove()")
        assert_accessible(page, "target-size")
        page.context.close()


def test_the_head_of_a_page_is_a_line_on_a_desk_and_low_on_a_phone(desk: Watched, bor_url: str) -> None:
    for width, height in ((1280, 56), (768, 90), (390, 130), (320, 190)):
        desk.page.set_viewport_size({"width": width, "height": 800})
        desk.page.goto(f"{bor_url}/about")
        box = desk.page.locator("header.top").bounding_box()
        assert box and box["height"] <= height, width
        targets = desk.page.locator("header.top a, header.top button").evaluate_all(
            "all => all.map(each => each.getBoundingClientRect().height)"
        )
        assert min(targets) >= 24, width
        assert desk.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_on_paper_there_is_no_navigation_and_links_say_where_they_lead(desk: Watched, bor_url: str) -> None:
    page = desk.page
    page.add_init_script("localStorage.setItem('mendmap.look', 'dark')")
    page.goto(f"{bor_url}/sites/lake_robule")
    page.emulate_media(media="print")
    assert ground(page) == "rgb(255, 255, 255)"
    for hidden in ("header.top nav", ".look", ".crumbs"):
        expect(page.locator(hidden).first).to_be_hidden()
    after = page.locator("article a[href^=http]").first.evaluate("each => getComputedStyle(each, '::after').content")
    assert "http" in after
    colours = page.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert colours == "rgb(0, 0, 0)"


def test_in_the_systems_own_colours_symbols_and_lines_are_still_there(browser: Browser, bor_url: str) -> None:
    page = watched(browser, forced_colors="active", color_scheme="dark").page
    open_map(page, bor_url)
    drawn = page.locator(".marker[data-feature=tir_smelter] .symbol-shape").evaluate(
        "each => getComputedStyle(each).fill"
    )
    behind = page.locator(".leaflet-container").evaluate("each => getComputedStyle(each).backgroundColor")
    assert drawn != behind
    expect(page.get_by_role("button", name="Dark colours")).to_be_visible()
    page.context.close()


def test_what_is_schematic_is_hatched(desk: Watched, bor_url: str) -> None:
    open_map(desk.page, bor_url)
    disc = desk.page.locator("path.disc.basis-schematic").first
    assert "mendmap-hatch" in disc.evaluate("each => getComputedStyle(each).fill")
    expect(desk.page.locator("#mendmap-hatch")).to_be_attached()
    assert "none" in desk.page.locator("path.disc.basis-published").first.evaluate(
        "each => getComputedStyle(each).strokeDasharray"
    )


def test_the_panel_is_a_sheet_on_a_phone(browser: Browser, bor_url: str) -> None:
    phone = watched(browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = phone.page
    open_map(page, bor_url)
    page.locator(".marker[data-feature=lake_robule]").dispatch_event("click")
    panel = page.locator(".panel")
    expect(panel).to_contain_text("Backfilled")

    def height() -> float:
        box = panel.bounding_box()
        assert box
        return box["height"]

    assert 400 < height() < 500
    page.get_by_role("button", name="Make it as high as the screen").tap()
    expect(page.get_by_role("button", name="Make it half as high")).to_have_attribute("aria-expanded", "true")
    assert height() > 750
    page.get_by_role("button", name="Make it half as high").press("Enter")
    assert height() < 500
    bar = page.locator(".panel-bar").bounding_box()
    assert bar
    for by, open_still in ((-200, True), (200, True), (200, False)):
        top = page.locator(".panel-bar").bounding_box()
        assert top
        page.mouse.move(180, top["y"] + 12)
        page.mouse.down()
        page.mouse.move(180, top["y"] + 12 + by, steps=4)
        page.mouse.up()
        assert panel.is_visible() == open_still, by
    page.locator(".marker[data-feature=lake_robule]").dispatch_event("click")
    expect(panel).to_contain_text("Backfilled")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.context.close()


@pytest.fixture
def offering(bor_lake: Path) -> Iterator[str]:
    """A service that offers a background map."""
    with served(bor_lake, **OFFERED) as server:
        yield server.url


def test_nobody_is_asked_for_a_background_map_before_the_reader_agrees(desk: Watched, offering: str) -> None:
    page, asked = desk.page, []

    def tile(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=PIXEL, content_type="image/png")

    page.route("https://tiles.example/**", tile)
    open_map(page, offering)
    page.locator(".basemap summary").click()
    expect(page.locator(".basemap-told")).to_contain_text("your address is sent to them. Until you agree, nothing is.")
    assert asked == []
    page.get_by_role("button", name="Show the background map of Example Maps").click()
    expect(page.locator(".leaflet-control-attribution")).to_contain_text("© <b>Example</b> contributors")
    expect(
        page.locator(".basemap-tiles .leaflet-tile-loaded, .basemap-tiles.leaflet-tile-loaded").first
    ).to_be_attached()
    assert asked and not desk.wrong
    page.reload()
    hide = page.get_by_role("button", name="Hide the background map of Example Maps", include_hidden=True)
    expect(hide).to_be_attached()
    page.locator(".basemap summary").click()
    hide.click()
    asked.clear()
    page.reload()
    expect(page.get_by_role("button", name="Show the background map", include_hidden=True)).to_be_attached()
    page.locator(".leaflet-control-zoom-in").click()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)
    assert asked == []


def test_a_service_without_a_background_map_lets_pages_ask_nobody(desk: Watched, bor_url: str) -> None:
    answer = desk.page.goto(bor_url)
    assert answer and "img-src 'self' data:;" in answer.headers["content-security-policy"]
    expect(desk.page.locator(".basemap")).to_have_count(0)


@pytest.mark.parametrize(
    "url",
    [
        "http://tiles.example/{z}/{x}/{y}.png",
        "https://{s}.tiles.example/{z}/{x}/{y}.png",
        "https://tiles.example/{z}/{x}/{r}.png",
        "https://tiles.example/{z}/{x}.png",
        "https://tiles.example; script-src *//{z}/{x}/{y}",
        "https://tiles.example/{z}/{x}/{y}.png; script-src *",
    ],
)
def test_an_address_that_is_none_of_tiles_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingError, match="MENDMAP_BASEMAP_URL"):
        create_app(Settings(basemap_url=url, basemap_name="Example", basemap_attribution="Example"))
    with pytest.raises(SettingError, match="MENDMAP_BASEMAP_NAME"):
        create_app(Settings(basemap_url=TILES, basemap_attribution="Example"))
    assert (
        basemaps.origin(Settings(basemap_url=TILES, basemap_name="E", basemap_attribution="E"))
        == "https://tiles.example"
    )

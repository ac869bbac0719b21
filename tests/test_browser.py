"""The pages as people meet them: in a browser, on a phone, by keyboard, without JavaScript, with the service gone."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Watched, assert_accessible, open_map, watched
from place import Testford, feature
from playwright.sync_api import Browser, Locator, Page, Route, expect
from served import served
from test_lake import load

pytestmark = pytest.mark.system("chromium")

SCREENSHOTS = Path(os.environ.get("MENDMAP_SCREENSHOTS", "screenshots"))
PAGES = (
    "/",
    "/sites",
    "/sites/lake_robule",
    "/stations/RS0009A",
    "/series/RS0009A.so2.1h",
    "/statements",
    "/statements/so2_daily_means_2023",
    "/progress",
)
PAGES += ("/limits", "/downloads", "/about", "/watercourses", "/watercourses/bor_river?parameter=fe_water")
PAGES += ("/changes", "/ogc/", "/ogc/collections/sites/items", "/ogc/collections/sites/schema")
# A feature of each layer, and words that its panel must hold.
TOLD = {
    "smelters": ("tir_smelter", "Somewhere within 800 m"),
    "lakes": ("lake_robule", "Backfilled, reclaimed and greened"),
    "waste_dumps": ("visoki_planir", "355,000 m²"),
    "tailings": ("rth_tailings", "In use as a tailings facility"),
    "mines": ("cerovo_field", "not the outline of the pit"),
    "landfills": ("municipal_landfill", "Recultivation has begun"),
    "wastewater": ("six_stage_ponds", "Somewhere within 2,000 m"),
    "reaches": ("dredged_reach", "A hypothesis, not a fact"),
    "stations": ("RS0009A", "51.76 µg/m³"),
    "works": ("lake_robule_remediation", "3.53 million USD"),
    "watercourses": ("ravna", "Estimated, true to about 600 m"),
    "places": ("ostrelj", "Published, true to about 300 m"),
}


@pytest.fixture(scope="module")
def world_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over the synthetic place, whose map shows the whole world and names no zoom for its names."""
    folder = tmp_path_factory.mktemp("world")
    place = Testford(folder / "testford")
    twins = {"type": "MultiPoint", "coordinates": [[20.2, 44.3], [-60.5, -10.25]]}
    place.layers["dumps"]["features"].append(feature("twins", "dump", twins, accuracy_m=500))
    place.layers["dumps"]["geometry"] = '["Point", "Polygon", "MultiPoint"]'
    place.layers["lakes"]["features"].pop()
    place.tables["state"].append(
        dict.fromkeys(place.tables["state"][0], "")
        | {"id": "mirror_dry", "site": "mirror", "since": "1975", "until": "1980", "state": "dry"}
        | {"trust": "reported", "source": "survey"}
    )
    place.head = place.head.replace("[20, 44, 21, 45]", "[-180, -85, 180, 85]")
    place.maps["public"] = '[map]\nid = "public"\ntitle_en = "World"\nview = [-180, -85, 180, 85]\n' + "".join(
        f'[[layer]]\nid = "{layer}"\ncolor = "#883322"\nshape = "square"\n' for layer in ("lakes", "dumps", "rivers")
    )
    load(place, folder / "lake")
    with served(folder / "lake", max_rows=1) as server:
        yield server.url


def count_of(page: Page, layer: str) -> Locator:
    return page.locator(".layer-row", has_text=layer).locator(".count")


def test_every_layer_is_drawn_and_each_feature_tells_what_is_known(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    page.get_by_role("checkbox", name="Works of remediation").check()
    for layer, (ident, words) in TOLD.items():
        marker = page.locator(f".marker[data-layer={layer}][data-feature='{ident}']")
        expect(marker).to_be_attached()
        marker.dispatch_event("click")
        panel = page.locator(".panel")
        expect(panel).to_contain_text(words)
        expect(panel.locator(".panel-full")).to_have_attribute("href", re.compile(f"/{ident}$"))
    assert not desk.wrong


def test_a_claim_looks_like_a_claim_in_the_panel(desk: Watched, bor_url: str) -> None:
    open_map(desk.page, bor_url)
    desk.page.locator(".marker[data-feature=lake_robule]").click()
    panel = desk.page.locator(".panel")
    expect(panel.locator(".state", has_text="Backfilled").locator(".trust-claimed")).to_have_text(
        "Claimed, not checked"
    )
    expect(panel).to_contain_text("Not checked.")
    expect(panel.locator("h1")).to_have_count(0)


def test_the_list_of_layers_follows_what_is_shown(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    expect(page.get_by_role("checkbox", name="Works of remediation")).not_to_be_checked()
    expect(page.locator(".key")).to_contain_text("A guess, not a fact")
    page.get_by_role("checkbox", name="Dredged reach").uncheck()
    expect(page.locator(".key")).not_to_contain_text("A guess, not a fact")
    expect(page.locator(".tiles path.basis-hypothesis")).to_have_count(0)
    page.get_by_role("checkbox", name="Lake Robule").uncheck()
    expect(page.locator(".marker[data-feature=lake_robule]")).to_have_count(0)


def test_only_what_is_in_view_is_counted(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    expect(count_of(page, "Mines")).to_have_text("4")
    # The outline of a mine leaves the view; the tile that holds it stays.
    page.evaluate("map_public.panBy([430, 0], {animate: false})")
    expect(count_of(page, "Mines")).to_have_text("3")


def test_the_first_view_is_few_requests(desk: Watched, bor_url: str) -> None:
    open_map(desk.page, bor_url)
    tiles = [each for each in desk.asked if "/tiles/" in each]
    assert len(tiles) == len(set(tiles)) <= 24
    assert len(desk.asked) <= 36


def test_features_left_out_are_told_of_until_the_zoom_changes(desk: Watched, bor_url: str) -> None:
    page = desk.page

    def short(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "omitted": 2})

    crowded = re.compile(r"/tiles/sites/(\d|10)/")
    page.route(crowded, short)
    open_map(page, bor_url)
    told = page.locator(".notice", has_text="Some smaller features are left out at this zoom")
    expect(told).to_be_visible()
    for _ in range(2):
        page.locator(".leaflet-control-zoom-in").click()
    expect(told).to_have_count(0)
    expect(page.locator(".notice:visible")).to_have_count(0)


def test_a_map_of_the_whole_world_opens_and_every_point_is_drawn(desk: Watched, world_url: str) -> None:
    page = desk.page
    page.goto(world_url)
    twins = page.locator(".marker[data-feature=twins]")
    expect(twins).to_have_count(2)
    expect(page.locator(".disc-site")).to_have_count(3)
    assert page.evaluate("map_public.getZoom()") < 2
    assert page.evaluate("map_public.getBounds().contains([[-80, -179], [80, 179]])")
    # Names are written where there is room, though the map states no zoom for them, and each once.
    expect(page.locator(".marker[data-feature=twins]:not(.is-unnamed)")).to_have_count(1)
    expect(count_of(page, "Dumps")).to_have_text("2")
    # The lake and the river are smaller than a pixel here, so they are drawn as points, and the key says so.
    for name in ("Lakes", "Rivers"):
        expect(page.locator(".layer-row", has_text=name).locator(".swatch .symbol")).to_be_attached()
    twins.last.click()
    expect(page.locator(".panel")).to_contain_text("Twins")
    expect(page.locator(".marker.is-chosen")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(twins.last).to_be_focused()
    assert not desk.wrong


def test_a_long_table_is_cut_and_says_where_the_rest_is(desk: Watched, world_url: str) -> None:
    page = desk.page
    page.goto(world_url)
    expect(page.locator("#twin > :not(#dated) tbody tr")).to_have_count(1)
    expect(page.locator("#left-out")).to_contain_text("3 more are in the tables: sites, stations, downloads")
    page.goto(f"{world_url}/sites")
    expect(page.locator(".intro")).to_contain_text("3 sites")
    expect(page.locator("#left-out")).to_contain_text("2 more are in the tables")


def test_a_state_that_ended_says_when(desk: Watched, world_url: str) -> None:
    desk.page.goto(f"{world_url}/sites/mirror")
    expect(desk.page.locator(".state", has_text="dry").locator(".when")).to_have_text("1975 to 1980")


def test_the_map_works_by_keyboard_alone(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    focused = "document.activeElement.dataset.feature || ''"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "tir_smelter":
            break
    assert page.evaluate(focused) == "tir_smelter"
    page.keyboard.press("Enter")
    panel = page.locator(".panel")
    expect(panel).to_contain_text("TIR smelter")
    expect(panel).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert page.evaluate(focused) == "tir_smelter"


def test_a_phone_scrolls_the_page_until_the_map_is_tapped(phone: Watched, bor_url: str) -> None:
    page = phone.page
    open_map(page, bor_url)
    container = page.locator(".leaflet-container")
    assert container.evaluate("each => getComputedStyle(each).touchAction") == "pan-y pinch-zoom"
    page.get_by_role("button", name="Tap to use the map").tap()
    assert container.evaluate("each => getComputedStyle(each).touchAction") == "none"
    page.get_by_role("button", name="Done: scroll the page").tap()
    assert container.evaluate("each => getComputedStyle(each).touchAction") == "pan-y pinch-zoom"
    page.locator(".marker[data-feature=cukaru_peki]").tap()
    expect(page.locator(".panel")).to_contain_text("Čukaru Peki")


def test_nothing_leaves_the_origin_and_nothing_goes_wrong(desk: Watched, bor_url: str) -> None:
    open_map(desk.page, bor_url)
    for path in PAGES[1:]:
        desk.page.goto(bor_url + path)
    assert {urlsplit(each).netloc for each in desk.asked if not each.startswith("data:")} == {urlsplit(bor_url).netloc}
    assert desk.wrong == []


def test_the_page_stands_when_the_service_goes(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)

    def gone(route: Route) -> None:
        route.abort()

    page.route("**/tiles/**", gone)
    page.locator(".leaflet-control-zoom-in").click()
    page.locator(".leaflet-control-zoom-in").click()
    notice = page.locator(".notice").first
    expect(notice).to_contain_text("Some of the map could not be fetched")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bor")
    page.unroute("**/tiles/**", gone)
    notice.get_by_role("button", name="Try again").click()
    expect(notice).to_be_hidden()


def test_a_panel_that_cannot_be_fetched_says_so(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    page.route("**/sites/**", lambda route: route.abort())
    page.locator(".marker[data-feature=lake_robule]").click()
    expect(page.locator(".panel")).to_contain_text("could not be fetched")
    expect(page.locator(".panel").get_by_role("link", name="Open its own page")).to_be_visible()


def test_the_map_opens_where_the_address_says(desk: Watched, bor_url: str) -> None:
    desk.page.goto(f"{bor_url}/#at=44.4,21.93")
    expect(desk.page.locator(".marker[data-feature=pek_river_monitor]")).to_be_visible()


def test_the_map_page_tells_everything_without_javascript(browser: Browser, bor_url: str) -> None:
    page = watched(browser, java_script_enabled=False).page
    page.goto(bor_url)
    text = page.locator("body").inner_text()
    for words in (
        "The newest reading here is from 7 January 2024",
        "unverifiable",
        "What would decide it",
        "Lake Robule",
    ):
        assert words in text
    assert page.locator("#twin a[href='/sites/dredged_reach']").is_visible()
    page.context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_passes_axe_and_fits_a_narrow_screen(browser: Browser, bor_url: str, path: str) -> None:
    page = watched(browser, color_scheme="light").page
    open_map(page, bor_url) if path == "/" else page.goto(bor_url + path)
    assert_accessible(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page, "color-contrast")
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.context.close()


def test_the_panel_passes_axe(desk: Watched, bor_url: str) -> None:
    open_map(desk.page, bor_url)
    desk.page.locator(".marker[data-feature=tir_smelter]").click()
    expect(desk.page.locator(".panel .feature")).to_be_visible()
    assert_accessible(desk.page)


def test_screenshots_are_taken(desk: Watched, phone: Watched, bor_url: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for name, page in (("desktop-1280x800", desk.page), ("phone-390x844", phone.page)):
        open_map(page, bor_url)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")
        page.locator(".map-frame").scroll_into_view_if_needed()
        page.locator(".marker[data-feature=lake_robule]").dispatch_event("click")
        expect(page.locator(".panel")).to_contain_text("Backfilled")
        page.screenshot(path=SCREENSHOTS / f"{name}-panel.png")
        assert (SCREENSHOTS / f"{name}.png").stat().st_size > 20_000

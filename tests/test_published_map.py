"""A published copy as people meet it, on a plain host of files and beneath a path: the map drawn from archives, places
that are opened, found and seen at other times, in two languages, on a phone and on a desk; and without JavaScript."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import DESKTOP, MENDMAP, PHONE, Watched, watched
from nginx_server import nginx
from place import Testford
from playwright.sync_api import Browser, Page, expect
from test_browser import SCREENSHOTS
from walker import REFUSED

pytestmark = [pytest.mark.system("chromium"), pytest.mark.system("nginx")]
PATH = "/land/testford-copy/"
SCREENS = {390: PHONE, 1280: DESKTOP}
LOOKS = {390: "dark", 1280: "light"}
# Each walk ends in the other language.
WALKS = [(390, "sr-Latn"), (1280, "en")]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the published copy of Testford."""
    folder = tmp_path_factory.mktemp("published")
    lake, copy = folder / "lake", folder / "copy"
    for command in (["load", Testford(folder / "testford").write()], ["publish", copy]):
        subprocess.run([*MENDMAP, *command, "--lake", lake], check=True, capture_output=True, timeout=120)
    with nginx(copy, PATH, folder / "nginx") as address:
        yield address


@pytest.fixture(scope="module")
def edition(host: str) -> str:
    """The address of the edition that the copy's pointer names."""
    return f"{host}{httpx.get(f'{host}current.json').json()['edition']}/"


@pytest.fixture
def visitor(browser: Browser, host: str, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A browser of the width that is asked for, which is told of what is refused, and asks nobody else for anything."""
    width = request.param if hasattr(request, "param") else 1280
    found = watched(browser, viewport=SCREENS[width], color_scheme=LOOKS[width], accept_downloads=True)
    found.page.add_init_script(REFUSED)
    found.page.on("response", lambda got: found.wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    yield found
    asked = {urlsplit(each).netloc for each in found.asked if not each.startswith(("data:", "blob:"))}
    outside = [each for each in found.asked if each.startswith("http") and not each.startswith(host)]
    assert found.wrong == []
    assert len(asked) == 1
    assert outside == []
    found.page.context.close()


def seen(page: Page, name: str) -> None:
    """Keeps a picture; the page fits the screen, and axe finds nothing."""
    folder = SCREENSHOTS / "published"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    report = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in report.response["violations"]] == []


def open_map(page: Page, address: str) -> None:
    page.goto(address)
    for ident in ("puddle", "heap", "inlet"):
        expect(page.locator(f".marker[data-feature={ident}]")).to_be_attached()
    expect(page.locator(".tiles-site path.shape.area").first).to_be_attached()
    expect(page.locator(".tiles-watercourse path.shape.line").first).to_be_attached()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)


def show_map(page: Page) -> None:
    page.locator(".map-frame").scroll_into_view_if_needed()
    if page.viewport_size == PHONE and page.locator(".pill").is_visible():
        page.locator(".pill").click()


@pytest.mark.parametrize(("visitor", "language"), WALKS, indirect=["visitor"])
def test_the_map_is_walked_as_the_live_one(visitor: Watched, edition: str, language: str, host: str) -> None:
    page = visitor.page
    assert page.viewport_size
    wide = page.viewport_size["width"] > 700
    name = f"{page.viewport_size['width']}-{language}"
    open_map(page, f"{edition}{language}/index.html" if language != "en" else host)
    assert {Path(urlsplit(each).path).suffix for each in visitor.asked if "objects/" in each} >= {".pmtiles"}
    expect(page.locator(".newer")).to_be_hidden()
    show_map(page)
    seen(page, f"{name}-map")
    # A place, by its symbol.
    page.locator(".marker[data-feature=heap]").press("Enter")
    panel = page.locator(".panel")
    expect(panel.locator("h2")).to_contain_text("Heap")
    expect(panel.locator(".panel-full")).to_have_attribute("href", f"{edition}{language}/sites/heap.html")
    assert (
        panel.locator("article a:not([href^='#'])").evaluate_all(
            "(all, from) => all.filter((each) => each.host === location.host && !each.href.startsWith(from)).length",
            host,
        )
        == 0
    )
    seen(page, f"{name}-panel")
    page.keyboard.press("Escape")
    # Another, by its name in any script.
    page.get_by_role("combobox").fill("Огледало")
    page.get_by_role("option").first.click()
    expect(panel.locator("h2")).to_contain_text("Mirror" if language == "en" else "Ogledalo")
    # As it was.
    if not wide:
        page.keyboard.press("Escape")
        page.locator(".time-toggle").click()
    page.locator(".time-slider").press("Home")
    page.locator(".time-slider").press("ArrowRight")
    expect(page.locator(".dated-twin tbody tr").first).to_be_attached()
    file = page.locator(".dated-twin .note a").first
    expect(file).to_have_attribute("href", re.compile(f"^{host}.*\\.json$"))
    expect(page).to_have_url(re.compile(r"#.*time=\d{4}-\d\d"))
    seen(page, f"{name}-then")
    # The link of what is seen, again, and in the other language.
    again, date = page.url, page.locator(".time-date").inner_text()
    page.goto("about:blank")
    page.goto(again)
    expect(page.locator(".time-date")).to_have_text(date)
    other = page.locator(".switches a:not([aria-current])").first
    expect(other).to_have_attribute("href", re.compile(r"\.html#.*time="))
    other.click()
    expect(page.locator("html")).not_to_have_attribute("lang", language)
    expect(page.locator(".time-date")).not_to_have_text(re.compile(r"Now|Sada"))


@pytest.mark.parametrize("visitor", [390], indirect=True)
def test_a_chart_tells_of_its_readings_without_a_service(visitor: Watched, edition: str) -> None:
    page = visitor.page
    page.goto(f"{edition}en/stations/inlet.html")
    chart = page.locator("figure.chart").first
    chart.scroll_into_view_if_needed()
    stage = chart.locator(".chart-stage")
    stage.focus()
    expect(chart.locator(".chart-readout strong")).to_contain_text("120 µg/L")
    expect(chart.locator(".chart-tools")).to_have_count(0)
    href = chart.get_by_role("link", name="Its row").get_attribute("href")
    assert href
    page.goto(href)
    expect(page.locator("#readings")).to_be_attached()
    seen(page, "390-series")


def test_a_download_has_a_readable_name_and_every_feature(visitor: Watched, edition: str) -> None:
    page = visitor.page
    page.goto(f"{edition}en/downloads.html")
    link = page.locator("a[download$='lakes.geojson'], a[href$='.geojson'][download]").first
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename.endswith(".geojson")
    assert json.loads(waiting.value.path().read_text("utf-8"))["features"]


def test_facts_are_readable_without_javascript(browser: Browser, edition: str) -> None:
    found = watched(browser, java_script_enabled=False)
    page = found.page
    page.goto(f"{edition}sr-Latn/index.html")
    page.locator("#twin").get_by_role("link", name="Ogledalo").first.click()
    expect(page).to_have_url(f"{edition}sr-Latn/sites/mirror.html")
    expect(page.locator("h1")).to_contain_text("Ogledalo")
    expect(page.get_by_text("Liming").first).to_be_visible()
    page.locator(".brand").click()
    expect(page).to_have_url(f"{edition}sr-Latn/index.html")
    assert found.wrong == []
    page.context.close()

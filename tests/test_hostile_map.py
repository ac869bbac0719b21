"""The map with hostile names, nonsense in its address, tiles that do not come whole, a service that goes and comes
back, and browsers that lack what others have: the page stands, and says in words what is wrong."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
import pytest
from conftest import MENDMAP, Service, Watched, open_map, watched
from place import MAP, Testford
from playwright.sync_api import Browser, Page, Route, expect
from served import served
from test_lake import load

pytestmark = pytest.mark.system("chromium")

LONG = "Ж" * 10_000
NAMES = {
    "script": "<script>window.ran=1</script>",
    "long": LONG,
    "image": "<img src=x onerror='window.ran=2'>",
    "template": "${window.ran=3}`${window.ran=4}`{{ 7*7 }}{% raise %}",
    "right to left": "\u202egnorw eb lla\u202c \u0645\u0631\u062d\u0628\u0627",
    "emoji": "👩‍👩‍👧‍👦🌊" * 30,
}
# What the policy of the page forbade, as the browser tells it.
FORBIDDEN = """
window.forbidden = [];
document.addEventListener("securitypolicyviolation", (event) => window.forbidden.push(event.violatedDirective));
"""
PATIENCE = "map_public.eachLayer((each) => { if (each.options.patience) each.options.patience = 300; })"
DRAWN = "() => !document.querySelector('.leaflet-tile:not(.leaflet-tile-loaded)')"


@pytest.fixture(scope="module")
def hostile_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service over the synthetic place; its features, and its map, are called what no place is called."""
    folder = tmp_path_factory.mktemp("hostile")
    place = Testford(folder / "testford")
    names = iter(NAMES.values())
    for layer in place.layers.values():
        for each in layer["features"]:
            each["properties"]["name_en"] = next(names, NAMES["script"])
    place.head = place.head.replace("Testford (synthetic)", NAMES["script"])
    place.maps["public"] = MAP.replace('title_en = "Testford"', f"title_en = '''{NAMES['template']}'''")
    place.maps["public"] += "from_zoom = 5\n"
    load(place, folder / "lake")
    with served(folder / "lake") as server:
        yield server.url


@pytest.fixture
def desk(desk: Watched) -> Watched:
    desk.page.add_init_script(FORBIDDEN)
    return desk


def stands(page: Page) -> None:
    """The page is there, with its heading and its table."""
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#twin table").first).to_be_attached()


def closer(page: Page) -> None:
    """Asks for other tiles."""
    page.evaluate("map_public.setZoom(map_public.getZoom() + 1, {animate: false})")


def failed(page: Page) -> str:
    """What the map says of tiles that did not come, in the page's language."""
    notice = page.locator(".notice:visible").first
    expect(notice).to_be_visible()
    said = page.evaluate("mendmap.say('Some of the map could not be fetched: {names}.')")
    text = notice.inner_text()
    assert said.split("{names}")[0] in text
    return text


def test_hostile_names_are_text_wherever_the_map_shows_them(desk: Watched, hostile_url: str) -> None:
    page = desk.page
    # Wide enough that the map need not move to make room for the panel, which would take names away.
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto(hostile_url)
    page.wait_for_function(DRAWN)
    markers = page.locator(".marker[tabindex='0']")
    expect(markers.first).to_be_attached()
    shown = set()
    for marker in markers.all():
        shown.add(marker.get_attribute("aria-label") or "")
        marker.focus()
        assert marker.locator(".label").evaluate("each => each.textContent.length") <= 120
        page.keyboard.press("Enter")
        expect(page.locator(".panel article")).to_be_visible()
        page.keyboard.press("Escape")
    assert any(NAMES["script"] in each for each in shown) and any(LONG in each for each in shown)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "a long name widens the page"
    assert page.evaluate("[window.ran, window.forbidden]") == [None, []]
    assert desk.wrong == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "at=91,181",
        "at=NaN,Infinity",
        "view=1e999,-1e999,99",
        "view=%00,%E0%A4%A,<script>window.ran=1</script>",
        "layers=${window.ran=1},__proto__&time=the+day+before&compare=&open=../../etc",
        "#####%%%",
        f"view={'4' * 50_000}",
    ],
)
def test_nonsense_in_the_address_is_the_first_view(desk: Watched, bor_url: str, nonsense: str) -> None:
    open_map(desk.page, f"{bor_url}/#{nonsense}")
    assert desk.page.evaluate("window.ran") is None
    assert desk.wrong == []


def _cut(route: Route) -> None:
    body = route.fetch().body()
    route.fulfill(status=200, content_type="application/geo+json", body=body[: len(body) // 2])


def _shapeless(route: Route) -> None:
    feature: dict[str, Any] = {"type": "Feature", "id": "x", "geometry": None, "properties": {}}
    route.fulfill(json={"type": "FeatureCollection", "features": [feature], "omitted": 0})


TROUBLES = {
    "500": lambda route: route.fulfill(status=500, json={"status": 500}),
    "HTML": lambda route: route.fulfill(status=200, content_type="text/html", body="<!doctype html><p>Please log in"),
    "cut": _cut,
    "null": lambda route: route.fulfill(status=200, json=None, body="null"),
    "without a shape": _shapeless,
    "silent": lambda route: None,
    "refused": lambda route: route.abort(),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_tiles_that_do_not_come_whole_are_told_of_and_asked_for_again(
    desk: Watched, bor_url: str, trouble: str
) -> None:
    page = desk.page
    open_map(page, bor_url)
    page.evaluate(PATIENCE)
    page.route("**/tiles/stations/**", TROUBLES[trouble])
    closer(page)
    assert "Stations" in failed(page)
    stands(page)
    expect(page.locator(".marker[data-layer=lakes]").first).to_be_attached()
    assert page.locator(".marker[data-feature=x]").count() == 0, "half a tile is drawn"
    page.unroute("**/tiles/stations/**")
    page.locator(".notice:visible").get_by_role("button").first.click()
    expect(page.locator(".notice:visible")).to_have_count(0)
    expect(page.locator(".marker[data-layer=stations]").first).to_be_attached()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)


def test_what_failed_is_told_in_the_language_of_the_page(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, f"{bor_url}/?lang=sr-Cyrl")
    page.route("**/tiles/**", lambda route: route.abort())
    closer(page)
    failed(page)
    assert page.evaluate("document.documentElement.lang") == "sr-Cyrl"


def test_the_service_goes_while_the_map_is_panned_and_comes_back(desk: Watched, bor_lake: Path, tmp_path: Path) -> None:
    page = desk.page
    page.add_init_script("window.requestIdleCallback = (call) => { window.idle = call; };")
    service = Service(bor_lake, tmp_path / "first.log")
    open_map(page, service.url)
    service.stop()
    page.evaluate("map_public.panBy([900, 500], {animate: false})")
    failed(page)
    # What waits until the map is there is asked for only now, of nobody.
    page.evaluate("window.idle()")
    expect(page.get_by_role("alert")).to_contain_text("The dates of what is known could not be fetched.")
    stands(page)
    command = [*MENDMAP, "serve", "--lake", str(bor_lake), "--port", service.url.rpartition(":")[2]]
    with (tmp_path / "second.log").open("wb") as log:
        again = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
        try:
            # Nobody presses anything: the map asks again by itself, after a minute at the latest.
            expect(page.locator(".notice:visible")).to_have_count(0, timeout=90_000)
            page.evaluate("map_public.panBy([-900, -500], {animate: false})")
            expect(page.locator(".marker[data-feature=lake_robule]")).to_be_visible()
        finally:
            again.terminate()
            again.wait(timeout=20)


@pytest.mark.parametrize(
    "lack",
    [
        "for (const each of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, each, { get() { throw new DOMException('denied', 'SecurityError'); } });",
        "HTMLCanvasElement.prototype.getContext = () => null;",
        "delete window.scheduler; delete window.requestIdleCallback;",
    ],
    ids=["storage", "WebGL and canvas", "schedulers"],
)
def test_the_map_is_drawn_in_a_browser_without(desk: Watched, bor_url: str, lack: str) -> None:
    desk.page.add_init_script(lack)
    open_map(desk.page, bor_url)
    desk.page.locator(".marker[data-feature=lake_robule]").click()
    expect(desk.page.locator(".panel")).to_contain_text("Robule")
    assert desk.wrong == []


@pytest.mark.parametrize(
    "blocked", ["**/static/vendor/leaflet/leaflet.js", "**/static/elements-*.js", "**/static/maps/*.js"]
)
def test_where_a_script_is_blocked_the_page_says_where_else_it_stands(
    desk: Watched, bor_url: str, blocked: str
) -> None:
    page = desk.page
    page.route(blocked, lambda route: route.abort())
    page.goto(bor_url)
    stands(page)
    wait = page.locator(".map-wait")
    expect(wait).to_contain_text("stands in the table below")
    expect(wait).to_have_css("opacity", "1")


def test_without_javascript_nothing_is_said_to_be_under_way(browser: Browser, bor_url: str) -> None:
    page = watched(browser, java_script_enabled=False).page
    page.goto(bor_url)
    expect(page.locator(".noscript")).to_be_visible()
    expect(page.locator(".map-wait")).to_be_hidden()
    page.context.close()


class Inline(HTMLParser):
    """Finds what a page would run or style without a file of its own, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        runs = tag == "script" and "src" not in given and given.get("type") != "application/ld+json"
        handlers = [name for name in given if name.startswith("on") or name == "style"]
        scripted = [name for name, value in attrs if (value or "").strip().lower().startswith("javascript:")]
        if runs or tag == "style" or handlers or scripted:
            self.inline.append(f"<{tag} {handlers + scripted}>")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")


def test_no_page_has_an_inline_script_style_or_handler_and_each_has_the_policy(hostile_url: str, bor_url: str) -> None:
    for base in (hostile_url, bor_url):
        waiting, seen, kinds = [f"{base}/", f"{base}/nothing-here"], set[str](), set[str]()
        with httpx.Client(follow_redirects=True) as client:
            while waiting:
                url = waiting.pop(0)
                answer = client.get(url)
                if not answer.headers["content-type"].startswith("text/html"):
                    continue
                page = Inline()
                page.feed(answer.text)
                assert page.inline == [], f"{url}: {page.inline}"
                policy = answer.headers["content-security-policy"]
                assert "default-src 'self'" in policy and "unsafe" not in policy, url
                for link in page.links:
                    target = urljoin(url, link).partition("#")[0]
                    kind = re.sub(
                        r"(?<=/)(sites|stations|series|features/\w+|watercourses|statements)/[^/?]+", r"\1/*", target
                    )
                    # One page of each kind is as another; the query tells no other kind.
                    if urlsplit(target).netloc == urlsplit(base).netloc and kind.partition("?")[0] not in kinds:
                        kinds.add(kind.partition("?")[0])
                        waiting.append(target)
                seen.add(url)
        assert len(seen) > 12


def test_the_browser_keeps_to_the_policy(desk: Watched, bor_url: str) -> None:
    page = desk.page
    open_map(page, bor_url)
    for path in ("/sites/lake_robule", "/statements", "/downloads", "/"):
        page.goto(bor_url + path)
        assert page.evaluate("window.forbidden") == [], path
    page.evaluate(
        """() => {
          const inline = document.createElement("script");
          inline.textContent = "window.ran = 1";
          const handler = document.createElement("div");
          handler.setAttribute("onclick", "window.ran = 2");
          document.body.append(inline, handler);
          handler.click();
        }"""
    )
    assert page.evaluate("window.ran") is None
    page.wait_for_function("() => window.forbidden.length >= 2")
    assert json.dumps(page.evaluate("window.forbidden")).count("script-src") >= 2

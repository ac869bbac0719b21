"""The story of a place, the embedded map and the statement of accessibility, as people meet them in a browser."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from conftest import PHONE, Watched, assert_accessible, watched
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.system("chromium")
PAGES = ("/sites/tir_smelter", "/sites/dredged_reach", "/accessibility", "/embed/public")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_passes_axe_in_light_and_dark_and_fits_a_narrow_screen(
    browser: Browser, bor_url: str, path: str
) -> None:
    found = watched(browser, color_scheme="light")
    found.page.goto(bor_url + path)
    if path.startswith(("/embed", "/maps")):
        expect(found.page.locator(".marker[data-feature=tir_smelter]")).to_be_visible()
    for details in found.page.locator("article details, .share").all():
        details.evaluate("each => (each.open = true)")
    assert_accessible(found.page)
    found.page.emulate_media(color_scheme="dark")
    assert_accessible(found.page, "color-contrast")
    found.page.set_viewport_size({"width": 320, "height": 640})
    assert found.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # JSON-LD is data to the policy, not a script.
    assert found.wrong == []
    found.page.context.close()


def test_the_panel_tells_first_how_fresh_and_how_it_stands(desk: Watched, bor_url: str) -> None:
    desk.page.goto(bor_url)
    desk.page.locator(".marker[data-feature=tir_smelter]").click()
    panel = desk.page.locator(".panel .feature")
    expect(panel.locator(".fresh")).to_contain_text("No current data here.")
    expect(panel.locator(".fresh a")).to_have_attribute("href", "https://bor.rs/notices/")
    expect(panel.locator(".standing")).to_contain_text("nobody else is known to have checked it")
    order = panel.evaluate(
        "each => [...each.querySelectorAll('.fresh, .standing, .timeline, .chart')].map(e => e.classList[0])"
    )
    assert order[:3] == ["fresh", "standing", "timeline"]
    assert "chart" in order


def test_a_place_is_read_and_taken_along_without_javascript(browser: Browser, bor_url: str) -> None:
    found = watched(browser, java_script_enabled=False, viewport=PHONE)
    found.page.goto(f"{bor_url}/sites/tir_smelter")
    article = found.page.locator("article")
    text = article.inner_text()
    for words in (
        "No current data here",
        "In short:",
        "Desulfurization of the flue gas",
        "700,000",
        "Take it with you",
    ):
        assert words in text, words
    csv = article.get_by_role("link", name="CSV").last
    assert csv.get_attribute("href") == "/downloads/readings.csv?site=tir_smelter"
    rows = found.page.request.get(bor_url + str(csv.get_attribute("href"))).text().splitlines()
    assert len(rows) == 121
    package = str(article.get_by_role("link", name="ZIP").get_attribute("href"))
    assert package == "/downloads/package.zip?site=tir_smelter"
    found.page.context.close()


def test_the_home_page_reads_in_the_order_of_its_importance(desk: Watched, bor_url: str) -> None:
    desk.page.goto(bor_url)
    seen = desk.page.evaluate(
        "[...document.querySelectorAll('#outcomes, #flows-title, #map, #claims, #twin, .share')]"
        ".map(each => each.id || each.className)"
    )
    assert seen == ["outcomes", "flows-title", "map", "claims", "twin", "share"]
    expect(desk.page.locator("#claims")).to_contain_text("What would decide it")


@pytest.fixture
def elsewhere(bor_url: str) -> Iterator[str]:
    """Somebody else's page, that frames the map and tries to frame another page of ours."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            frames = "".join(
                f'<iframe name="{n}" src="{bor_url}{p}" width="390" height="500"></iframe>' for n, p in FRAMES
            )
            body = f'<!doctype html><title>Else</title><div style="height:900px">Above</div>{frames}'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    # Another name of this machine is another site to a browser.
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


FRAMES = (("map", "/embed/public"), ("site", "/sites/tir_smelter"))


def test_others_can_frame_the_map_and_nothing_else_and_their_page_keeps_its_scroll(
    browser: Browser, elsewhere: str
) -> None:
    found = watched(browser, viewport=PHONE, has_touch=True, is_mobile=True)
    framing: Page = found.page
    framing.goto(elsewhere)
    inner = framing.frame_locator("iframe[name=map]")
    expect(inner.locator(".marker[data-feature=tir_smelter]")).to_be_visible()
    expect(inner.get_by_role("button", name="Tap to use the map")).to_be_visible()
    assert inner.locator(".leaflet-container").evaluate("e => getComputedStyle(e).touchAction") == "pan-y pinch-zoom"
    assert (
        inner.locator("header a").evaluate("e => e.target || document.baseURI && document.querySelector('base').target")
        == "_blank"
    )
    assert any("frame-ancestors" in each for each in found.wrong)
    refused = next(each for each in framing.frames if each.name == "site")
    assert refused.locator("article").count() == 0
    framing.context.close()


def test_the_snippet_can_be_copied_by_keyboard(browser: Browser, bor_url: str) -> None:
    found = watched(browser, permissions=["clipboard-read", "clipboard-write"])
    found.page.goto(f"{bor_url}/maps/public")
    found.page.locator(".share summary").focus()
    found.page.keyboard.press("Enter")
    found.page.get_by_role("button", name="Copy", exact=True).focus()
    found.page.keyboard.press("Enter")
    expect(found.page.locator(".share [role=status]")).to_have_text("Copied.")
    copied = found.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f'<iframe src="{bor_url}/embed/public" title="Bor: land and water on the mend"')
    found.page.context.close()

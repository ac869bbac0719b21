"""Names with markup and template code are shown as they are, in the map, its labels and its panel; nothing runs."""

from pathlib import Path

import pytest
from place import MAP, Testford
from playwright.sync_api import Browser, expect
from served import served
from test_lake import load

pytestmark = pytest.mark.system("chromium")
HOSTILE = "<script>window.ran=1</script>${window.ran=2}`<img src=x onerror='window.ran=3'>\u202egnol 🌊"


def test_hostile_names_do_not_run_in_the_browser(testford: Testford, tmp_path: Path, browser: Browser) -> None:
    for layer in testford.layers.values():
        for each in layer["features"]:
            each["properties"]["name_en"] = HOSTILE
    testford.tables["work"][0]["name_en"] = HOSTILE
    testford.tables["state"][1]["state"] = HOSTILE
    testford.head = testford.head.replace("Testford (synthetic)", HOSTILE)
    testford.maps["public"] = MAP.replace('title_en = "Testford"', f"title_en = '''{HOSTILE}'''")
    testford.maps["public"] += 'from_zoom = 5\n[[layer]]\nid = "works"\ncolor = "#995500"\nshape = "ring"\n'
    load(testford, tmp_path / "lake")
    with served(tmp_path / "lake") as server:
        nothing_runs(browser, server.url)


def nothing_runs(browser: Browser, url: str) -> None:
    page = browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(url)
    marker = page.locator(".leaflet-marker-icon[role=button], .leaflet-marker-icon[tabindex='0']").first
    marker.wait_for()
    marker.focus()
    page.keyboard.press("Enter")
    article = page.locator("article.feature").first
    article.wait_for()
    assert HOSTILE.split("<img")[0] in article.inner_text()
    for path in ("/sites", "/sites/mirror", "/progress", "/about", "/downloads"):
        page.goto(f"{url}{path}")
        assert page.evaluate("window.ran") is None
    page.goto(url)
    marker.wait_for()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)
    assert page.evaluate("window.ran") is None
    assert problems == []
    page.close()

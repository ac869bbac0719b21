"""Our Folium elements in a notebook: a page saved by plain Folium, opened from another origin than the service's."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import folium
import geopandas
import httpx2 as httpx
import numpy as np
import pyogrio
import pytest
from conftest import Watched
from playwright.sync_api import Page, expect
from static_server import serving

from mendmap import maps
from mendmap.maps import FirstView, FullScreen, GeoJsonTiles, LayerTree, Legend, Panel, Search, Service, Twin

pytestmark = pytest.mark.system("chromium")
VIEW = [[44.0, 22.0], [44.185, 22.27]]
# What a page tells of what a layer drew: where each point stands, and the box of all lines and outlines of a kind, as
# far as they are in view.
DRAWN = """() => {
  const frame = CHART.getContainer().getBoundingClientRect();
  const shapes = {};
  for (const path of document.querySelectorAll(".tiles path.shape")) {
    const box = path.getBoundingClientRect();
    const [left, top, right, bottom] = shapes[path.getAttribute("class")] || [Infinity, Infinity, -Infinity, -Infinity];
    shapes[path.getAttribute("class")] = [
      Math.max(frame.left, Math.min(left, box.left)), Math.max(frame.top, Math.min(top, box.top)),
      Math.min(frame.right, Math.max(right, box.right)), Math.min(frame.bottom, Math.max(bottom, box.bottom)),
    ];
  }
  const points = (entry) => entry.marks.map(({ marker }) => marker)
    .filter((marker) => !marker.getElement().classList.contains("marker-shape"))
    .map((marker) => [marker.getLatLng().lat, marker.getLatLng().lng]);
  const features = [...mendmap.bench(CHART).layers[0].features.values()];
  return { points: Object.fromEntries(features.map((entry) => [entry.id, points(entry)])), shapes };
}"""


def chart_of(service: Service, *elements: Any) -> folium.Map:
    chart = folium.Map([44.09, 22.13], zoom_start=12, tiles=None)
    service.add_to(chart)
    for each in elements:
        each.add_to(chart)
    return chart


def opened(page: Page, chart: folium.Map, folder: Path, address: str) -> None:
    chart.save(str(folder / "map.html"))
    page.goto(f"{address}/map.html")
    expect(page.locator(".leaflet-tile-loaded").first).to_be_attached()
    expect(page.locator(".leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)


def test_a_page_that_folium_saved_works_from_another_origin(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    service = Service(bor_url)
    chart = chart_of(
        service,
        service.layer("lakes", name="Lakes", color="#00727f", shape="drop"),
        service.layer("stations", name="Stations", role="station", color="#1d4ea3", shown=False),
        Panel(),
        LayerTree(),
        Legend(),
        Search(),
        Twin(),
        FirstView(view=VIEW),
    )
    page = desk.page
    with serving(tmp_path) as (address, _):
        opened(page, chart, tmp_path, address)
        expect(page.locator(".marker[data-feature=lake_robule]")).to_be_visible()
        expect(page.locator(".legend")).to_contain_text("Lakes")
        expect(page.locator(".layer-row", has_text="Stations").locator(".count")).to_have_text("off")
        page.locator(".marker[data-feature=lake_robule]").click()
        panel = page.locator(".panel")
        expect(panel).to_contain_text("Claimed, not checked")
        expect(panel.locator(".panel-full")).to_have_attribute("href", f"{bor_url}/sites/lake_robule")
        away = panel.locator("article a").evaluate_all("all => all.map((each) => each.href)")
        assert not [each for each in away if each.startswith(address) and "#" not in each]
        page.keyboard.press("Escape")
        page.get_by_role("combobox").fill("градски")
        page.get_by_role("option", name="Bor-Gradski Park").click()
        expect(panel).to_contain_text("Gradski Park")
        expect(page.locator(".legend")).to_contain_text("Stations")
        page.locator(".twin-part", has_text="Stations").locator("summary").click()
        expect(page.locator(".twin-part tbody tr")).to_have_count(18)
        origins = {urlsplit(each).netloc for each in desk.asked if not each.startswith("data:")}
        assert origins == {urlsplit(bor_url).netloc, urlsplit(address).netloc}
    assert not desk.wrong


def test_only_what_elements_fetch_is_open_to_other_origins(bor_url: str) -> None:
    def is_open(path: str) -> bool:
        answer = httpx.get(bor_url + path)
        assert answer.status_code == 200, path
        return answer.headers.get("Access-Control-Allow-Origin") == "*"

    assert all(map(is_open, ("/search.json?q=bor", "/sites/lake_robule", "/stations/RS0009A", "/tiles/lakes.json")))
    assert all(
        map(is_open, ("/static/vector-tiles.js", "/static/vendor/pbf/index.js", "/ogc/collections/lakes/items?f=json"))
    )
    assert not any(
        map(is_open, ("/", "/maps/public", "/about", "/sites", "/static/elements.js", "/static/words/en.js"))
    )


def test_the_page_speaks_the_language_that_was_asked_for(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    service = Service(bor_url, language="sr-Cyrl")
    with serving(tmp_path) as (address, _):
        opened(desk.page, chart_of(service, service.layer("lakes"), Panel()), tmp_path, address)
        marker = desk.page.locator(".marker[data-feature=lake_robule]")
        expect(marker).to_contain_text("Робуле")
        marker.click()
        expect(desk.page.locator(".panel h2")).to_contain_text("Робуле")
    assert not desk.wrong


def test_tiles_are_drawn_alike_from_geojson_vector_tiles_and_an_archive(
    desk: Watched, bor_url: str, tmp_path: Path
) -> None:
    whole = geopandas.read_file(
        f"{bor_url}/downloads/sites.geojson", engine="pyogrio", columns=["id", "kind", "basis", "name_en"]
    )
    pyogrio.write_dataframe(
        whole[["id", "kind", "basis", "name_en", "geometry"]],
        tmp_path / "sites.pmtiles",
        driver="PMTiles",
        layer="sites",
        dataset_options={"MINZOOM": "0", "MAXZOOM": "11"},
    )
    drawn = {}
    with serving(tmp_path) as (address, ranges):
        for form in ("geojson", "mvt", "pmtiles"):
            service = Service(bor_url)
            layer = service.layer("sites", form=form)
            if form == "pmtiles":
                layer = GeoJsonTiles(f"{address}/sites.pmtiles", {"id": "sites", "form": "pmtiles"})
            chart = chart_of(service, layer, FirstView(view=VIEW))
            opened(desk.page, chart, tmp_path, address)
            expect(desk.page.locator(".marker[data-feature=lake_robule]")).to_be_visible()
            assert "vector-tiles.js" in " ".join(desk.asked) or form == "geojson"
            drawn[form] = desk.page.evaluate(DRAWN.replace("CHART", chart.get_name()))
    whole_archive = (tmp_path / "sites.pmtiles").stat().st_size
    assert ranges
    assert max(last - first for first, last in ranges) < whole_archive
    expected = drawn.pop("geojson")
    assert len(expected["points"]) > 15
    assert len(expected["shapes"]) >= 2
    for found in drawn.values():
        assert found["points"].keys() == expected["points"].keys()
        for ident, points in found["points"].items():
            # A step of a tile of zoom 11 is 360 / 2**11 / 4096 degrees.
            assert np.allclose(points, expected["points"][ident], atol=1e-4), ident
        assert found["shapes"].keys() == expected["shapes"].keys()
        for kind, box in found["shapes"].items():
            assert box == pytest.approx(expected["shapes"][kind], abs=3), kind
    assert not desk.wrong


def test_a_map_of_the_process_keeps_its_own_links_whatever_another_loads(bor_url: str) -> None:
    alone = chart_of(Service(bor_url))
    assert [name for name, _ in folium.Map().default_js] == [name for name, _ in folium.Map.default_js]
    assert "cdn" not in alone.get_root().render()  # type: ignore[no-untyped-call]
    assert "cdn" in chart_of(Service(bor_url, alone=False)).get_root().render()  # type: ignore[no-untyped-call]


def test_every_public_element_is_there_and_says_what_it_is() -> None:
    for name in maps.ELEMENTS:
        assert len(getattr(maps, name).__doc__) > 20, name
    with pytest.raises(AttributeError, match="Clock"):
        _ = maps.Clock


def test_a_button_fills_the_screen(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _):
        service = Service(bor_url)
        opened(desk.page, chart_of(service, service.layer("lakes"), FullScreen()), tmp_path, address)
        button = desk.page.get_by_role("button", name="Fill the screen")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")

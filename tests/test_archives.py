"""Archives of tiles on any file host: what they hold is drawn and counted, and what a host cannot do is said. What they
hold is synthetic."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import mercantile
import pytest
from place import feature
from playwright.sync_api import Browser, Page, expect
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from static_server import serving
from test_browser import Watched, watched
from test_map_elements import chart_of

from mendmap.maps import FirstView, GeoJsonTiles, LayerTree, Notices, Service

pytestmark = pytest.mark.system("chromium")
VIEW = [[44.0, 22.0], [44.2, 22.3]]
FINEST = 11
PLACES = {"heap": (22.1, 44.1), "pit": (22.2, 44.12)}


def write_archive(path: Path, layers: dict[str, list[str]], finest: int = FINEST, **more: Any) -> None:
    """An archive of some layers of named places, to a zoom. It is padded, so that no header request takes in all."""
    e7 = {"min_lon_e7": 220000000, "min_lat_e7": 440000000, "max_lon_e7": 223000000, "max_lat_e7": 442000000}
    with path.open("wb") as file, ExitStack() as closed:
        writer = Writer(file)
        closed.callback(writer.tile_f.close)  # which it leaves open
        found = {mercantile.tile(*PLACES[name], zoom) for zoom in range(finest + 1) for name in PLACES}
        for each in sorted(found, key=lambda each: zxy_to_tileid(each.z, each.x, each.y)):
            writer.write_tile(zxy_to_tileid(each.z, each.x, each.y), encoded(each, layers, more))
        told = {"tile_type": TileType.MVT, "tile_compression": Compression.NONE, "min_zoom": 0, "max_zoom": finest}
        writer.finalize(told | e7 | {"center_zoom": 5, "center_lon_e7": 0, "center_lat_e7": 0}, {"pad": "x" * 40_000})


def encoded(tile: mercantile.Tile, layers: dict[str, list[str]], more: dict[str, Any]) -> bytes:
    """A tile of those of the places that are in it."""
    drawn = []
    for layer, names in layers.items():
        found = {name: placed(tile, *PLACES[name]) for name in names}
        features = [
            {"geometry": f"POINT ({x} {y})", "properties": feature(name, "dump", None, **more)["properties"]}
            for name, (x, y) in found.items()
            if 0 <= x < 4096 and 0 <= y < 4096
        ]
        drawn.append({"name": layer, "features": features})
    return bytes(mapbox_vector_tile.encode(drawn))


def placed(tile: mercantile.Tile, lon: float, lat: float) -> tuple[int, int]:
    """Where a place is in a tile, in its steps, upwards."""
    box, (x, y) = mercantile.xy_bounds(tile), mercantile.xy(lon, lat)
    wide = (box.right - box.left) / 4096
    return int((x - box.left) // wide), int((y - box.bottom) // wide)


def shown(page: Page, folder: Path, address: str, url: str, **layers: dict[str, Any]) -> None:
    """Opens a map of layers of the archive in a folder."""
    drawn = [
        GeoJsonTiles(f"{address}/made.pmtiles", {"id": ident, "name": ident, "form": "pmtiles", **options})
        for ident, options in layers.items()
    ]
    chart = chart_of(Service(url), *drawn, FirstView(view=VIEW), LayerTree(), Notices())
    chart.save(str(folder / "map.html"))
    page.goto(f"{address}/map.html")
    page.evaluate(f"window.chart = {chart.get_name()}")


@pytest.fixture
def desk(browser: Browser) -> Iterator[Watched]:
    found = watched(browser)
    yield found
    found.page.context.close()


def test_layers_of_one_archive_are_told_apart_and_what_stands_for_others_is_counted(
    desk: Watched, bor_url: str, tmp_path: Path
) -> None:
    write_archive(tmp_path / "made.pmtiles", {"dumps": ["heap"], "pits": ["pit"]}, stands_for=4)
    with serving(tmp_path) as (address, ranges):
        shown(desk.page, tmp_path, address, bor_url, dumps={"only": "dumps"}, all={})
        expect(desk.page.locator(".marker[data-layer=dumps][data-feature=heap] .plus")).to_have_text("+3")
        expect(desk.page.locator(".marker[data-layer=dumps]")).to_have_count(1)
        expect(desk.page.locator(".marker[data-layer=all]")).to_have_count(2)
        assert desk.page.evaluate("mendmap.bench(chart).layer('all').leavesOut()")
        rows = desk.page.locator(".layer-row .count")
        expect(rows).to_have_text(["1 or more", "2 of about 8"])
        # Closer than the archive goes, each is drawn once still.
        desk.page.evaluate("chart.setView([44.1, 22.1], 16, {animate: false})")
        expect(desk.page.locator(".marker[data-layer=all]")).to_have_count(1)
        assert len({first for first, _ in ranges if first == 0}) == 1
    assert desk.wrong == []


def test_a_host_without_range_requests_is_named_as_what_is_wrong(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    write_archive(tmp_path / "made.pmtiles", {"dumps": ["heap"]})
    with serving(tmp_path, ranges=False) as (address, _):
        shown(desk.page, tmp_path, address, bor_url, dumps={})
        told = desk.page.locator(".notice", has_text="Some of the map could not be fetched: dumps.")
        expect(told).to_contain_text(
            "The host does not answer Range requests, without which an archive of tiles cannot"
        )
    assert desk.wrong == []


def test_an_archive_that_is_replaced_while_the_map_is_open_is_read_anew(
    desk: Watched, bor_url: str, tmp_path: Path
) -> None:
    archive = tmp_path / "made.pmtiles"
    write_archive(archive, {"dumps": ["heap"]}, finest=12)
    with serving(tmp_path) as (address, _):
        shown(desk.page, tmp_path, address, bor_url, dumps={})
        expect(desk.page.locator(".marker[data-feature=heap]")).to_be_visible()
        write_archive(archive, {"other": ["pit"], "dumps": ["heap"]}, finest=13, size="changed")
        desk.page.evaluate("chart.setView([44.11, 22.15], 13, {animate: false})")
        expect(desk.page.locator(".marker")).to_have_count(2)
    assert desk.wrong == []


def test_an_archive_that_could_not_be_fetched_is_asked_for_again(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    with serving(tmp_path) as (address, _):
        shown(desk.page, tmp_path, address, bor_url, dumps={})
        told = desk.page.locator(".notice", has_text="Some of the map could not be fetched: dumps.")
        expect(told).to_be_visible()
        write_archive(tmp_path / "made.pmtiles", {"dumps": ["heap"]})
        told.get_by_role("button", name="Try again").click()
        expect(desk.page.locator(".marker[data-feature=heap]")).to_be_visible()
        expect(told).to_be_hidden()


def test_what_left_the_view_is_not_waited_for(desk: Watched, bor_url: str, tmp_path: Path) -> None:
    write_archive(tmp_path / "made.pmtiles", {"dumps": ["heap", "pit"]})
    page = desk.page
    with serving(tmp_path) as (address, _):
        shown(page, tmp_path, address, bor_url, dumps={})
        expect(page.locator(".marker")).to_have_count(2)
        page.evaluate(
            """async () => {
              const { url, options } = mendmap.bench(chart).layer("dumps");
              const request = new AbortController();
              const asked = mendmap.tileOf(url, options.form, { z: 11, x: 0, y: 0 }, request.signal);
              request.abort();
              window.refused = await asked.then(() => "", (error) => error.name);
            }"""
        )
        assert page.evaluate("window.refused") == "AbortError"
        page.evaluate("chart.setView([44.1, 22.1], 15, {animate: false})")
        expect(page.locator(".marker[data-feature=heap]")).to_be_visible()
    assert desk.wrong == []

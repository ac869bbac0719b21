"""Imagery in a published copy: every picture in an archive that a plain host serves, drawn by the same map.

All imagery here is synthetic, made by ``valley``.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
import pystac
import pytest
import valley
from conftest import Watched, watched
from fastapi.testclient import TestClient
from nginx_server import nginx
from playwright.sync_api import Browser, expect
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import TileType
from test_stac_out import Offline, differ, loaded
from walker import REFUSED

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.publish.run import Published, publish
from mendmap.settings import Settings
from mendmap.web.app import create_app

PATH = "/land/imagery/"
SCENES = ("s20190719", "s20230719")
NEWER = "s20230823"


def settings(lake: Path, max_zoom: int = 14) -> Settings:
    return Settings(lake=str(lake), max_zoom=max_zoom)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake of two scenes, the ground, and a difference that was computed."""
    found = tmp_path_factory.mktemp("imagery")
    differ(loaded(found, only=SCENES))
    return found


@pytest.fixture(scope="module")
def copy(folder: Path) -> Path:
    """The landscape, published once."""
    publish(settings(folder / "lake"), folder / "copy")
    return folder / "copy"


@pytest.fixture(scope="module")
def edition(copy: Path) -> Path:
    return copy / json.loads((copy / "current.json").read_text("utf-8"))["edition"]


@pytest.fixture(scope="module")
def files(edition: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((edition / "files.json").read_text("utf-8"))["files"]
    return found


def pictures_of(edition: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((edition / "en" / "rasters.json").read_text("utf-8"))["pictures"]
    return {each["id"]: each for each in listed}


def test_every_picture_is_an_archive_of_the_very_tiles_that_the_service_draws(
    folder: Path, copy: Path, files: dict[str, str]
) -> None:
    with TestClient(create_app(settings(folder / "lake"))) as client:
        listed = client.get("/rasters.json").json()["pictures"]
        assert len(listed) == 2 * 5 + 2
        for each in listed:
            with (copy / files[f"/rasters/{each['id']}.pmtiles"]).open("rb") as file:
                source = MmapSource(file)
                header, tiles = Reader(source).header(), dict(all_tiles(source))
            assert header["tile_type"] == TileType.WEBP
            assert (header["min_zoom"], header["max_zoom"]) == (each["minzoom"], min(14, each["maxzoom"]))
            assert header["min_lon_e7"] == round(each["bounds"][0] * 1e7)
            assert {z for z, _, _ in tiles} == {*range(header["min_zoom"], header["max_zoom"] + 1)}
        for (z, x, y), body in tiles.items():
            assert client.get(f"/rasters/{listed[-1]['id']}/{z}/{x}/{y}.webp").content == body


def test_a_tile_on_which_nothing_is_is_left_out(copy: Path, files: dict[str, str]) -> None:
    # The strip in the east that the swath did not reach lies in no tile of its own; what is beside the picture does.
    with (copy / files["/rasters/greened.pmtiles"]).open("rb") as file:
        drawn = {tile for tile, _ in all_tiles(MmapSource(file))}
    with (copy / files["/rasters/s20190719.pmtiles"]).open("rb") as file:
        assert len({tile for tile, _ in all_tiles(MmapSource(file))}) >= len(drawn) > 0


def test_its_list_of_pictures_leads_to_their_archives(edition: Path, copy: Path, files: dict[str, str]) -> None:
    for ident, each in pictures_of(edition).items():
        target = urljoin(f"https://host/{edition.name}/en/rasters.json", each["tiles"])
        assert urlsplit(target).path == f"/{files[f'/rasters/{ident}.pmtiles']}"
    ground = json.loads((edition / "en" / "rasters" / "ground.json").read_text("utf-8"))
    assert ground["tiles"][0].endswith(Path(files["/rasters/ground.pmtiles"]).name)


def test_pystac_reads_its_stac_catalogue_from_files(copy: Path, edition: Path) -> None:
    root = pystac.Catalog.from_file(str(edition / "data" / "stac" / "catalog.json"))
    items = {each.id: each for each in root.get_items(recursive=True)}
    assert set(items) == {*SCENES, "ground", "greened"}
    for item in items.values():
        told = item.to_dict(include_self_link=False, transform_hrefs=False)
        assert Offline().validate(told, item.STAC_OBJECT_TYPE, told["stac_version"], told["stac_extensions"])
        for name, kind in (("data", ".tif"), ("visual", ".pmtiles")):
            path = Path(item.assets[name].get_absolute_href() or "")
            assert path.suffix == kind
            assert path.stat().st_size
        digest = Path(item.assets["data"].href).stem
        assert item.assets["data"].extra_fields["file:checksum"] == f"1220{digest}"
    assert [Path(each.href).name for each in items["greened"].get_links("derived_from")] == [
        f"{each}.json" for each in SCENES
    ]


def test_a_second_run_makes_only_what_is_of_one_more_scene_and_says_what_is_not_computed(tmp_path: Path) -> None:
    land = valley.write(tmp_path / "land", elevation=False, only=SCENES[:1])
    lake, target = str(tmp_path / "lake"), tmp_path / "copy"
    write(check(land, 100), lake, land)
    publish(settings(Path(lake), 11), target)
    before = {path: path.stat().st_mtime_ns for path in (target / "objects").iterdir()}
    again = valley.write(tmp_path / "again", elevation=False, only=(SCENES[0], NEWER))
    write(check(again, 100), lake, again)
    made = publish(settings(Path(lake), 11), target)
    after = {path: path.stat().st_mtime_ns for path in (target / "objects").iterdir()}
    large = {".pmtiles", ".tif"}
    assert {path: at for path, at in after.items() if path.suffix in large and path in before} == {
        path: at for path, at in before.items() if path.suffix in large
    }
    new = {path.suffix: 0 for path in after}
    for path in after.keys() - before.keys():
        new[path.suffix] += 1
    assert (new[".pmtiles"], new[".tif"]) == (5, 1)
    assert publish(settings(Path(lake), 11), target).counts.written == 0
    # The difference was not computed.
    assert set(made.left_out) == {"/rasters/greened.pmtiles"}
    assert "not been computed" in made.left_out["/rasters/greened.pmtiles"]
    found = pictures_of(target / made.edition)["greened"]
    assert (found["ready"], found["tiles"]) == (False, None)


def test_files_that_are_too_large_are_left_out_and_said(folder: Path, tmp_path: Path) -> None:
    made: Published = publish(settings(folder / "lake", 11), tmp_path / "copy", most_raster_mb=0)
    named = [address for address in made.left_out if address.endswith(".tif")]
    assert sorted(named) == sorted(f"/rasters/{each}.tif" for each in (*SCENES, "ground", "greened"))
    assert "MB" in made.left_out["/rasters/ground.tif"]
    edition = tmp_path / "copy" / made.edition
    item = json.loads((edition / "data" / "stac" / "elevation" / "ground.json").read_text("utf-8"))
    assert set(item["assets"]) == {"visual"}
    assert "is not in this copy" in item["properties"]["description"]
    page = (edition / "en" / "imagery.html").read_text("utf-8")
    assert ".tif</code>" in page
    assert not re.search(r'href="[^"]*\.tif"', page)


@pytest.fixture(scope="module")
def host(copy: Path) -> Iterator[str]:
    with nginx(copy, PATH, copy.parent / "nginx") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, host: str) -> Iterator[Watched]:
    """A browser that asks nobody but the host of the copy for anything, and is told of what goes wrong."""
    found = watched(browser, viewport={"width": 1280, "height": 800})
    found.page.add_init_script(REFUSED)
    found.page.on("response", lambda got: found.wrong.append(f"{got.status} {got.url}") if got.status >= 400 else None)
    yield found
    assert found.wrong == []
    assert [each for each in found.asked if each.startswith("http") and not each.startswith(host)] == []
    found.page.context.close()


# The colour at a place of the map, of the canvases of a pane.
COLOUR = """([pane, x, y]) => {
  for (const tile of document.querySelectorAll(`.leaflet-${pane}-pane canvas.leaflet-tile-loaded`)) {
    const box = tile.getBoundingClientRect();
    if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) continue;
    const at = [(x - box.left) * tile.width / box.width, (y - box.top) * tile.height / box.height].map(Math.floor);
    return [...tile.getContext("2d").getImageData(...at, 1, 1).data];
  }
  return null;
}"""


@pytest.mark.system("chromium")
@pytest.mark.system("nginx")
def test_the_map_draws_imagery_and_relief_of_the_archives(visitor: Watched, host: str, edition: Path) -> None:
    page = visitor.page
    page.goto(f"{host}{edition.name}/en/index.html#imagery=ndvi,2023-07-19")
    drawn = page.locator(".leaflet-imagery-pane canvas.leaflet-tile-loaded")
    expect(drawn.first).to_be_visible()
    expect(page.locator(".leaflet-imagery-pane .leaflet-tile:not(.leaflet-tile-loaded)")).to_have_count(0)
    expect(page.locator(".leaflet-ground-pane canvas.leaflet-tile-loaded").first).to_be_attached()
    archives = [each for each in visitor.asked if each.endswith(".pmtiles")]
    assert archives
    told = page.get_by_role("region", name="Imagery shown")
    expect(told).to_contain_text("19 July 2023")
    box = page.locator(".folium-map").bounding_box()
    assert box
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    red, green, _blue, opacity = page.evaluate(COLOUR, ["imagery", *middle])
    assert opacity == 255
    assert green > red, "the meadow in the middle is green"
    # Days are chosen as on the live map, and a place is not asked for its value, since nobody would answer.
    page.get_by_role("button", name="Imagery", exact=True).click()
    page.get_by_role("dialog", name="Imagery").get_by_role("button", name="Earlier picture").click()
    expect(told).to_contain_text("19 July 2019")
    page.locator(".folium-map").click(position={"x": box["width"] * 0.2, "y": box["height"] * 0.5})
    assert not [each for each in visitor.asked if "/point?" in each or each.endswith("/point")]
    # Closer than the last zoom of the archive, its pixels are drawn larger.
    for _ in range(8):
        page.locator(".leaflet-control-zoom-in").click()
        page.wait_for_timeout(120)
    expect(page.locator(".leaflet-imagery-pane canvas.leaflet-tile-loaded").first).to_be_visible()
    assert page.evaluate(COLOUR, ["imagery", *middle])[3] == 255


@pytest.mark.system("chromium")
@pytest.mark.system("nginx")
def test_the_page_of_a_site_shows_it_from_above_and_that_of_imagery_hands_out_files(
    visitor: Watched, host: str, edition: Path
) -> None:
    page = visitor.page
    page.goto(f"{host}{edition.name}/en/sites/lake.html")
    images = page.locator(".seen-shot image")
    assert images.count() > 0
    for each in images.all():
        assert httpx.get(urljoin(page.url, each.get_attribute("href") or "")).status_code == 200
    page.goto(f"{host}{edition.name}/en/imagery.html")
    link = page.get_by_role("link", name="rasters/ground.tif").get_attribute("href")
    assert httpx.head(urljoin(page.url, link or "")).status_code == 200

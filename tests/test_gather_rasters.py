"""Rasters that a recipe asks for: scenes of a STAC service, and a model of the ground in tiles of one degree.

All of it is synthetic, and comes from servers of this machine."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import asking
import numpy as np
import pytest
import rasterio
import valley
from click.testing import CliRunner, Result
from feed_server import FeedServer, Reply
from ground_server import SIDE, GroundServer, heights
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin
from rasterio.warp import transform_bounds
from stac_server import COLLECTION, StacServer
from test_stac import bare as bare
from test_stac import files as files

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.imagery import Raster
from mendmap.cli import main
from mendmap.errors import FeedError, RasterError
from mendmap.gather.model import Answer
from mendmap.gather.services import elevation
from mendmap.gather.services.all import SERVICES
from mendmap.geo.bounds import Bounds
from mendmap.load import scenes as load_scenes
from mendmap.load.check import check
from mendmap.rasters import remote
from mendmap.rasters.header import Most
from mendmap.settings import Settings
from mendmap.words.fields import fields_of, value

# Around the lake of the landscape, which lies at 10.4 E, 49.6 N.
AREA = (10.39, 49.62, 10.43, 49.64)
# Where four tiles of the ground meet.
CROSS = (10.9, 49.85, 11.15, 50.1)


@pytest.fixture
def service(server: FeedServer, files: Path) -> StacServer:
    return StacServer(server, files)


@pytest.fixture
def folder(tmp_path: Path, bare: Path) -> Path:
    """The landscape without rasters, in an extent that reaches into four degrees."""
    land = Path(shutil.copytree(bare, tmp_path / "land"))
    text = (land / "catalogue.toml").read_text("utf-8")
    assert "extent = [10.3, 49.55, 10.55, 49.75]" in text
    (land / "catalogue.toml").write_text(
        text.replace("[10.3, 49.55, 10.55, 49.75]", "[10.3, 48.8, 11.2, 50.2]"), "utf-8"
    )
    return land


def gather(
    service: str, folder: Path, server: FeedServer, box: tuple[float, ...] = AREA, bounds: Any = None, **columns: Any
) -> Answer:
    """What an adapter makes of a recipe, in the folder itself."""
    kept = folder.parent / "kept"
    kept.mkdir(exist_ok=True)
    where = asking.place(folder, box, server, **(bounds or {}))  # type: ignore[arg-type]
    try:
        found = asking.recipe(**{"service": service, "source": "synthetic", **columns})
        return SERVICES[service].gather(found, where, asking.asking(server, kept))
    finally:
        where.fetcher.close()


def scenes(service: StacServer, folder: Path, **columns: Any) -> Answer:
    given = {"url": service.url, "collection": COLLECTION, "period": "2019-06/2023-08", "cloud": 20, **columns}
    return gather("stac", folder, service.server, **given)


def ground(found: GroundServer, folder: Path, box: tuple[float, ...] = CROSS, **columns: Any) -> Answer:
    return gather("elevation", folder, found.server, box, id="ground", url=found.url, **columns)


def rasters(folder: Path) -> list[Raster]:
    return [each for each in check(folder, 100).records if isinstance(each, Raster)]


def contents(folder: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def seen(folder: Path) -> dict[Path, bytes]:
    """What of a folder is data: not what gather keeps for itself."""
    return {path: content for path, content in contents(folder).items() if ".gather" not in path.parts}


def test_the_scenes_of_a_recipe_are_added_under_its_terms(folder: Path, service: StacServer) -> None:
    answer = scenes(service, folder, attribution="Who made it up", select="red, nir", months="6,7")
    assert answer.rasters == [f"S2A_32UPA_{day}_0_L2A" for day in ("20190614", "20190719", "20230614", "20230719")]
    assert answer.left_out == {"of another month": 2}
    first = rasters(folder)[0]
    assert (first.source, first.licence, first.attribution) == ("synthetic", "CC0-1.0", "Who made it up")
    assert (first.bands, first.shows, first.scene) == (("red", "nir", "scl"), "scene", "S2A_32UPA_20190614_0_L2A")
    assert not [each for each in check(folder, 100).records if each.kind == "source" and each.id == COLLECTION]
    with rasterio.open(folder / first.file) as dataset:
        west, south, east, north = transform_bounds(dataset.crs, "OGC:CRS84", *dataset.bounds)
        assert Bounds(west, south, east, north).contains(Bounds(*AREA))
        left, top = (round((dataset.transform.c - valley.WEST) / 10), round((valley.NORTH - dataset.transform.f) / 10))
        found = dataset.read(1)
    red = valley.scene(2019, 0)[valley.BANDS.index("red")]
    assert (found == red[top : top + found.shape[0], left : left + found.shape[1]]).all()


def test_a_second_run_changes_nothing_and_asks_for_no_scene(folder: Path, service: StacServer) -> None:
    scenes(service, folder, select="red,nir")
    before, asked = contents(folder), len(service.server.asked)
    again = scenes(service, folder, select="red,nir")
    assert (again.rasters, again.left_out) == ([], {"more clouds": 2, "in the folder already": 4})
    assert contents(folder) == before
    assert not any(each.path.endswith(".tif") for each in service.server.asked[asked:])


@pytest.mark.parametrize(
    ("columns", "days"),
    [
        ({"per": "year"}, ["20190614", "20230614"]),
        ({"per": "year", "months": "7,8"}, ["20190719", "20230719"]),
        ({"per": "month", "cloud": 100, "period": "2019"}, ["20190614", "20190719", "20190823"]),
        ({"most": 1}, ["20190614"]),
    ],
)
def test_a_recipe_says_how_many_scenes_of_which_time(
    folder: Path, service: StacServer, columns: dict[str, Any], days: list[str]
) -> None:
    assert [each[10:18] for each in scenes(service, folder, select="red", **columns).rasters] == days


def test_what_is_whole_stays_where_a_scene_fails_and_the_next_run_brings_it(folder: Path, service: StacServer) -> None:
    path = "/files/S2A_32UPA_20190719_0_L2A-red.tif"
    good = service.server.answers[path]
    service.server.answers[path] = Reply(status=404)
    answer = scenes(service, folder, select="red", period="2019")
    assert answer.rasters == ["S2A_32UPA_20190614_0_L2A"]
    assert any("S2A_32UPA_20190719_0_L2A-red.tif: the server answered 404" in each for each in answer.left_out)
    service.server.answers[path] = good
    assert scenes(service, folder, select="red", period="2019").rasters == ["S2A_32UPA_20190719_0_L2A"]


def test_where_no_scene_can_be_copied_it_is_an_error(folder: Path, service: StacServer) -> None:
    before = contents(folder)
    for path in list(service.server.answers):
        if path.startswith("/files/"):
            service.server.answers[path] = Reply(b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(FeedError, match="answers with a web page in place of a file"):
        scenes(service, folder, select="red")
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"<!doctype html>"), "answers with a web page in place of data"),
        (Reply(b'{"type": "Catalog"'), "no STAC API that could be read"),
        (Reply(b'{"type": "Catalog", "id": "x"}'), "no STAC API that could be read"),
        (Reply(status=500), r"answered 500 Internal Server Error \(2 tries\)"),
        (Reply(status=429, headers={"Retry-After": "3600"}), r"answered 429 Too Many Requests \(1 tries\)"),
    ],
)
def test_a_service_that_is_none_is_a_clear_error_and_nothing_is_written(
    folder: Path, service: StacServer, reply: Reply, words: str
) -> None:
    before = contents(folder)
    service.server.answers["/stac"] = reply
    with pytest.raises((FeedError, RasterError), match=words):
        scenes(service, folder)
    assert contents(folder) == before


def test_a_loop_of_pages_and_more_pages_than_are_bounded_are_told(folder: Path, service: StacServer) -> None:
    service.page = 1
    with pytest.raises(RasterError, match=r"more than 4 pages \(setting MENDMAP_MAX_PULL_PAGES\)"):
        gather(
            "stac", folder, service.server, bounds={"max_pull_pages": 4}, url=service.url, collection=COLLECTION,
            period="2019/2023",
        )  # fmt: skip
    search = service.server.answers["/stac/search"]
    service.server.answers["/stac/search"] = lambda asked: search(replace(asked, body=b"", query={}))  # type: ignore[operator]
    with pytest.raises(RasterError, match="the pages lead in a circle"):
        scenes(service, folder)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"most": 0}, "most: 0 scenes are none at all"),
        ({"select": "red,purple"}, "no asset that is a TIFF over https holds the band: 'purple'"),
        ({"collection": "sentinel-9"}, "no such collection|404"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_told(
    folder: Path, service: StacServer, columns: dict[str, Any], words: str
) -> None:
    with pytest.raises((FeedError, RasterError), match=words):
        scenes(service, folder, **columns)


@pytest.mark.parametrize("text", ["13", "0", "6,", "June", "٦"])
def test_months_that_are_none_are_a_fault_of_the_row(text: str) -> None:
    column = next(each for each in fields_of(Recipe) if each.name == "months")
    assert value(column, "6, 7,8") == "6, 7,8"
    with pytest.raises(ValueError, match="not months by number, such as 6,7,8"):
        value(column, text)


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tiles")


def read_heights(folder: Path) -> tuple[Any, Any, Any]:
    """The heights of the raster, and what the formula says of its pixels' middles."""
    (raster,) = rasters(folder)
    with rasterio.open(folder / raster.file) as dataset:
        assert dataset.count == 1 and np.isnan(dataset.nodata) and dataset.dtypes == ("float32",)
        columns, rows = np.arange(dataset.width) + 0.5, np.arange(dataset.height) + 0.5
        across = dataset.transform.c + columns * dataset.transform.a
        down = dataset.transform.f + rows * dataset.transform.e
        return dataset.read(1), heights(*np.meshgrid(across, down)), dataset.bounds


def test_tiles_are_cut_and_joined_into_one_raster_without_a_seam(folder: Path, server: FeedServer, tiles: Path) -> None:
    found = GroundServer(server, tiles, [(48, 10), (48, 11), (49, 10), (49, 11)])
    answer = ground(found, folder, (10.9, 48.85, 11.15, 49.1), period="2010/2014")
    assert (answer.rasters, answer.left_out) == (["ground"], {})
    (raster,) = rasters(folder)
    assert (raster.shows, raster.bands, raster.source, raster.licence) == (
        "elevation",
        ("height",),
        "synthetic",
        "CC0-1.0",
    )
    assert (raster.attribution, raster.href, raster.note) == (
        None,
        None,
        "Of the tiles N48E010, N48E011, N49E010, N49E011.",
    )
    assert raster.taken and raster.taken.text == "2010/2014" and raster.retrieved
    values, true, box = read_heights(folder)
    assert values.shape == (61, 61)
    assert Bounds(*box).contains(Bounds(10.9, 48.85, 11.15, 49.1))
    assert np.abs(values - true).max() < 0.001


def test_tiles_whose_pixels_differ_in_width_are_joined_on_the_finest_grid(
    folder: Path, server: FeedServer, tiles: Path
) -> None:
    found = GroundServer(server, tiles, [(49, 10), (49, 11), (50, 10), (50, 11)])
    ground(found, folder)
    values, true, _ = read_heights(folder)
    assert not np.isnan(values).any()
    # In the north a pixel is one and a half as wide as one of the grid: the value of its middle is off by some metres.
    steepest = 200 * 9 / SIDE
    assert np.abs(values - true).max() <= steepest * 1.01
    assert np.abs(values[30:] - true[30:]).max() < 0.001


def test_a_degree_without_a_tile_has_no_heights_and_is_said(folder: Path, server: FeedServer, tiles: Path) -> None:
    found = GroundServer(server, tiles, [(49, 10), (49, 11), (50, 10)])
    answer = ground(found, folder)
    assert answer.left_out == {"no tile of that degree, as of the sea": 1}
    values, true, box = read_heights(folder)
    assert Bounds(*box).contains(Bounds(*CROSS))
    assert np.isnan(values[:20, 40:]).all() and not np.isnan(values[30:]).any() and not np.isnan(values[:, :20]).any()
    assert np.nanmax(np.abs(values[30:] - true[30:])) < 0.001


def test_only_the_parts_that_the_area_touches_are_fetched(folder: Path, server: FeedServer, tiles: Path) -> None:
    found = GroundServer(server, tiles, [(49, 10), (49, 11)])
    ground(found, folder, AREA)
    assert {each.path for each in server.asked} == {"/ground/N49_00_E010_00_DEM.tif"}
    assert all("Range" in each.headers for each in server.asked)
    (raster,) = rasters(folder)
    assert raster.href == f"{server.url}/ground/N49_00_E010_00_DEM.tif"


def test_a_second_run_asks_nothing_and_a_larger_area_is_told(folder: Path, server: FeedServer, tiles: Path) -> None:
    found = GroundServer(server, tiles, [(49, 10), (49, 11)])
    ground(found, folder, AREA)
    before, asked = contents(folder), len(server.asked)
    assert ground(found, folder, AREA).left_out == {"in the folder already": 1}
    with pytest.raises(RasterError, match="does not cover the area of the recipe; take it and its row out"):
        ground(found, folder, CROSS)
    assert (contents(folder), len(server.asked)) == (before, asked)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"box": (0.0, 40.0, 20.0, 60.0)}, "about 5,184 megapixels of an arc second; at most 2,000 are copied"),
        ({"url": "/ground/{SOUTH}.tif"}, "does not say where the corner of a tile stands in it"),
        ({"url": "/elsewhere/{south}{west}.tif"}, r"/elsewhere/n49e010\.tif: is not there, nor is any other tile"),
    ],
)
def test_what_cannot_be_meant_is_told(
    folder: Path, server: FeedServer, tiles: Path, change: dict[str, Any], words: str
) -> None:
    found = GroundServer(server, tiles, [(49, 10), (49, 11)])
    found.url = f"{server.url}{change['url']}" if "url" in change else found.url
    with pytest.raises((FeedError, RasterError), match=words):
        ground(found, folder, change.get("box", CROSS))
    assert not (folder / "rasters").exists()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=403), "answered 403 Forbidden"),
        (Reply(status=503), r"answered 503 Service Unavailable \(2 tries\)"),
        (Reply(b"<html>", headers={"Content-Type": "text/html"}), "answers with a web page"),
        (Reply(b"II*\0" + bytes(100)), "gives the whole file only"),
        (lambda _: Reply(b"no tiff", 206, {"Content-Range": "bytes 0-6/7"}), "no GeoTIFF: it does not begin like one"),
    ],
)
def test_a_tile_that_cannot_be_used_is_an_error_and_nothing_is_written(
    folder: Path, server: FeedServer, tiles: Path, reply: Any, words: str
) -> None:
    before = contents(folder)
    found = GroundServer(server, tiles, [(49, 10), (49, 11)])
    server.answers["/ground/N49_00_E011_00_DEM.tif"] = reply
    with pytest.raises((FeedError, RasterError), match=words):
        ground(found, folder)
    assert contents(folder) == before


def write_tile(path: Path, west: float, values: Any, **about: Any) -> load_scenes._Local:
    """A file of some bands, of pixels of a tenth of a degree south of 50 degrees north."""
    profile = {"count": values.shape[0], "height": values.shape[1], "width": values.shape[2], "dtype": values.dtype}
    place = {"crs": "EPSG:4326", "transform": from_origin(west, 50.0, 0.1, 0.1), "nodata": about.pop("nodata", None)}
    with rasterio.open(path, "w", driver="GTiff", **profile, **place) as made:
        made.write(values)
        made.scales, made.offsets = [about.get("scale", 1.0)] * made.count, [about.get("offset", 0.0)] * made.count
    return load_scenes._Local(path)


def test_tiles_of_integers_are_joined_as_the_heights_that_they_mean(tmp_path: Path) -> None:
    first = np.array([[[100, -32768], [300, 400]]], "int16")
    second = np.array([[[7, 8, 9], [10, 11, -32768]]], "int16")
    tiles = [
        write_tile(tmp_path / "a.tif", 10.0, first, nodata=-32768, scale=0.5, offset=5.0),
        write_tile(tmp_path / "b.tif", 10.1, second, nodata=-32768),
    ]
    remote.join(tiles, Bounds(10.0, 49.75, 10.5, 50.0), tmp_path / "joined.tif", Most.of(Settings()))
    with rasterio.open(tmp_path / "joined.tif") as dataset:
        found = dataset.read(1)
    nothing = np.nan
    assert np.array_equal(
        found,
        [[55, 7, 8, 9, nothing], [155, 205, 11, nothing, nothing], [nothing] * 5],
        equal_nan=True,
    )


def test_a_tile_of_several_bands_one_beside_the_area_and_too_many_pixels_are_told(tmp_path: Path) -> None:
    two = write_tile(tmp_path / "two.tif", 10.0, np.ones((2, 2, 2), "float32"))
    one = write_tile(tmp_path / "one.tif", 10.0, np.ones((1, 2, 2), "float32"))
    for tile, box, most, words in (
        (two, Bounds(10.0, 49.8, 10.2, 50.0), 1, r"two\.tif: has 2 bands, in place of one"),
        (one, Bounds(11.0, 49.8, 11.2, 50.0), 1, r"one\.tif: nothing of it lies in the area"),
        (one, Bounds(0.0, 0.0, 179.0, 80.0), 1, "1,790 by 800 pixels in 1 bands are 1 megapixels; at most 1"),
    ):
        with pytest.raises(RasterError, match=words):
            remote.join([tile], box, tmp_path / "joined.tif", Most(most, 32, 100))


def test_the_public_model_is_asked_by_its_names_and_shown_with_the_notice_of_its_licence(
    folder: Path, server: FeedServer, tiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = elevation.SERVICE.url
    assert elevation._address(public, 44, 22).endswith(
        "amazonaws.com/Copernicus_DSM_COG_10_N44_00_E022_00_DEM/Copernicus_DSM_COG_10_N44_00_E022_00_DEM.tif"
    )
    found = GroundServer(server, tiles, [(49, 10)])
    monkeypatch.setattr(elevation, "_GLO_30", found.url)
    gather("elevation", folder, server, AREA, id="ground")
    (raster,) = rasters(folder)
    assert raster.attribution and raster.attribution.startswith("produced using Copernicus WorldDEM-30 © DLR e.V.")
    assert raster.note and "do not incur any liability" in raster.note


@pytest.mark.parametrize(
    ("corner", "said"),
    [
        ((44, 22), "N44 E022 N45 E023 n44 e022"),
        ((-1, -1), "S01 W001 N00 E000 s01 w001"),
        ((0, 0), "N00 E000 N01 E001 n00 e000"),
        ((-34, 151), "S34 E151 S33 E152 s34 e151"),
        ((59, -180), "N59 W180 N60 W179 n59 w180"),
    ],
)
def test_a_tile_is_named_by_its_edges(corner: tuple[int, int], said: str) -> None:
    assert elevation._address("{SOUTH} {WEST} {NORTH} {EAST} {south} {west}", *corner) == said


@given(
    st.floats(-180, 179), st.floats(-90, 89), st.floats(0.0001, 3), st.floats(0.0001, 3)
)  # fmt: skip
def test_every_place_of_a_box_lies_in_one_of_its_tiles(west: float, south: float, wide: float, high: float) -> None:
    box = Bounds(west, south, min(180.0, west + wide), min(90.0, south + high))
    corners = list(elevation._corners(box))
    assert len(set(corners)) == len(corners)
    for longitude in (box.west, (box.west + box.east) / 2, np.nextafter(box.east, box.west)):
        for latitude in (box.south, (box.south + box.north) / 2, np.nextafter(box.north, box.south)):
            assert (int(np.floor(latitude)), int(np.floor(longitude))) in corners
    assert all(-90 <= latitude < 90 and -180 <= longitude < 180 for latitude, longitude in corners)


def test_every_adapter_of_rasters_says_what_it_was_written_from() -> None:
    for name in ("stac", "elevation"):
        service = SERVICES[name]
        assert (service.name, bool(service.documentation)) == (name, True)
    assert SERVICES["stac"].needs == ("url", "collection", "period")


def gathering(folder: Path, server: FeedServer, *words: str) -> Result:
    environment = {"MENDMAP_GATHER_OWN": server.url, "MENDMAP_PULL_TRIES": "1", "MENDMAP_GATHER_PAUSE_SECONDS": "0"}
    return CliRunner().invoke(main, ["gather", "--geodata", str(folder), *words], env={**os.environ, **environment})


RECIPES = """
[[recipe]]
id = "summers"
title = "Scenes of the summers"
service = "stac"
url = "{stac}"
collection = "{collection}"
period = "2019-06/2023-08"
months = "6,7"
cloud = 20
per = "year"
select = "red,nir"
box = "10.39,49.62,10.43,49.64"
source = "synthetic"
licence = "CC0-1.0"

[[recipe]]
id = "ground"
title = "The ground"
service = "elevation"
url = "{ground}"
box = "10.9,49.85,11.15,50.1"
source = "synthetic"
licence = "CC0-1.0"
"""


def _with_recipes(folder: Path, recipes: str) -> None:
    (folder / "recipes.toml").write_text(recipes, "utf-8")
    with (folder / "catalogue.toml").open("a", encoding="utf-8") as catalogue:
        about = 'file = "recipes.toml"\nlicence = "CC0-1.0"\nsource = "tests"\norigin = "own"\n'
        catalogue.write(f'\n[[table]]\nkind = "recipe"\n{about}')


def test_a_run_of_gather_brings_scenes_and_ground_once(
    folder: Path, service: StacServer, server: FeedServer, tiles: Path
) -> None:
    found = GroundServer(server, tiles, [(49, 10), (49, 11), (50, 10)])
    recipes = RECIPES.format(stac=service.url, collection=COLLECTION, ground=found.url)
    _with_recipes(folder, recipes)
    before = seen(folder)
    dry = gathering(folder, server, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert seen(folder) == before
    assert "summers: left out: 2: another of its year is clearer" in dry.output
    assert "ground: left out: 1: no tile of that degree, as of the sea" in dry.output
    assert "would write rasters/S2A_32UPA_20190614_0_L2A.tif" in dry.output
    assert "would write rasters/ground.tif" in dry.output

    asked = len(server.asked)
    done = gathering(folder, server)
    assert done.exit_code == 0, done.output
    assert "wrote rasters/ground.tif" in done.output and "wrote rasters.csv" in done.output
    assert not any(each.path.endswith(".tif") for each in server.asked[asked:]), "the dry run has fetched them"
    assert [each.id for each in rasters(folder)] == ["S2A_32UPA_20190614_0_L2A", "S2A_32UPA_20230614_0_L2A", "ground"]

    held = seen(folder)
    again = gathering(folder, server)
    assert again.exit_code == 0 and "nothing has changed" in again.output, again.output
    assert seen(folder) == held


def test_a_run_that_is_interrupted_amid_the_scenes_goes_on_with_those_that_are_missing(
    folder: Path, service: StacServer, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = RECIPES.format(stac=service.url, collection=COLLECTION, ground="https://ground.example.org/{south}{west}")
    _with_recipes(folder, recipes)
    before = seen(folder)
    add_scene, added = load_scenes.add_scene, []

    def interrupted(*given: Any) -> Any:
        if added:
            raise KeyboardInterrupt
        added.append(add_scene(*given))
        return added[0]

    with monkeypatch.context() as patched:
        patched.setattr(load_scenes, "add_scene", interrupted)
        assert gathering(folder, server, "summers").exit_code != 0
    assert seen(folder) == before
    first = [each for each in server.asked if "20190614" in each.path]
    done = gathering(folder, server, "summers")
    assert done.exit_code == 0, done.output
    assert [each for each in server.asked if "20190614" in each.path] == first
    assert [each.id for each in rasters(folder)] == ["S2A_32UPA_20190614_0_L2A", "S2A_32UPA_20230614_0_L2A"]

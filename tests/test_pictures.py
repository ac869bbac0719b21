"""Pictures of imagery: known pixels in known colours, tiles that are made once, and requests that are refused."""

import io
import json
import re
import shutil
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import valley
from conftest import ROOT
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from rasterio.transform import from_origin
from test_hot import Both
from test_service import wait_until

from mendmap.geo.grid import HALF_M, Tile, side_m, to_mercator
from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.rasters import warped
from mendmap.rasters.draw import _PALE
from mendmap.rasters.handles import Handles
from mendmap.rasters.indices import INDICES
from mendmap.rasters.palettes import PALETTES, colors, to_oklab
from mendmap.settings import Settings
from mendmap.web.app import create_app

SCENE, OTHER = "s20230719", "s20230823"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    land = valley.write(folder / "land")
    write(check(land, 100), str(folder / "lake"), land)
    return folder / "lake"


@pytest.fixture(scope="module")
def both(lake: Path) -> Iterator[Both]:
    found = Both(lake)
    with found.hot:
        yield found


@pytest.fixture(scope="module")
def service(both: Both) -> TestClient:
    return both.hot


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Degrees of a place of the landscape, in pixels from its upper left corner."""
    point = valley.to_degrees(valley.shapely.Point(valley.WEST + 10 * x, valley.NORTH - 10 * y))
    return point.x, point.y


def tile_at(x: float, y: float, zoom: int) -> Tile:
    metres = to_mercator(np.array([lonlat(x, y)]))[0]
    return Tile(zoom, int((metres[0] + HALF_M) // side_m(zoom)), int((HALF_M - metres[1]) // side_m(zoom)))


def address(picture: str, cell: Tile, form: str = "png", query: str = "") -> str:
    return f"/rasters/{picture}/{cell.z}/{cell.x}/{cell.y}.{form}{query}"


def pixels(answer: Any) -> NDArray[np.uint8]:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def color_at(service: TestClient, picture: str, x: float, y: float, zoom: int = 14, query: str = "") -> tuple[int, ...]:
    """The colour of a place, out of the tile that it is in."""
    cell = tile_at(x, y, zoom)
    found = pixels(service.get(address(picture, cell, query=query)))
    metres = to_mercator(np.array([lonlat(x, y)]))[0]
    size = len(found) / side_m(zoom)
    west, _, _, north = cell.box_m
    return tuple(int(each) for each in found[int((north - metres[1]) * size), int((metres[0] - west) * size)])


def test_every_picture_is_listed_with_where_it_is_and_what_its_colours_mean(service: TestClient) -> None:
    listed = {each["id"]: each for each in service.get("/rasters.json").json()["pictures"]}
    assert {SCENE, f"{SCENE}.ndvi", "ground", "greened"} < listed.keys()
    ndvi = listed[f"{SCENE}.ndvi"]
    assert (ndvi["kind"], ndvi["raster"], ndvi["index"], ndvi["taken"]) == ("index", SCENE, "ndvi", "2023-07-19")
    assert ndvi["bounds"][0] < lonlat(200, 150)[0] < ndvi["bounds"][2]
    assert [ndvi["legend"]["entries"][each]["value"] for each in (0, -1)] == [-0.2, 0.9]
    assert (listed["ground"]["kind"], listed["ground"]["legend"]["unit"]) == ("relief", "m")
    assert (listed["greened"]["kind"], listed["greened"]["before"]) == ("difference", "2019-06/2019-08")
    # Pixels of 10 m are of 15 m in the metres of mercator here: tiles of zoom 14 have pixels of 9.6 m.
    assert (ndvi["maxzoom"], ndvi["ready"]) == (14, True)
    told = service.get(f"/rasters/{SCENE}.ndvi.json").json()
    assert (told["tilejson"], told["maxzoom"], told["bounds"]) == ("2.2.0", 14, ndvi["bounds"])
    assert told["tiles"] == [ndvi["tiles"]]


def test_its_tiles_are_where_the_list_says(service: TestClient) -> None:
    cell = tile_at(200, 140, 14)
    told = service.get(f"/rasters/{SCENE}.ndvi.json").json()["tiles"][0]
    path = told.removeprefix("http://testserver").format(**cell._asdict())
    assert service.get(path).headers["content-type"] == "image/webp"


def test_addresses_of_pictures_that_the_readme_names_answer(service: TestClient) -> None:
    found = [
        each for each in re.findall(r"`(/[^`\s]*)`", (ROOT / "README.md").read_text("utf-8")) if "{picture}" in each
    ]
    assert len(found) >= 5
    for each in found:
        path = each.replace("{z}/{x}/{y}", "14/8665/5582").replace("{picture}", f"{SCENE}.ndvi")
        assert service.get(path).status_code == 200, path


def test_a_known_index_has_its_colour_of_the_palette(service: TestClient) -> None:
    """The greened lake, of reflectances 0.42 and 0.04, and the quarry, of 0.26 and 0.22."""
    index = INDICES["ndvi"]
    for (x, y), (nir, red) in {(170.0, 140.0): (0.42, 0.04), (340.0, 50.0): (0.26, 0.22)}.items():
        share = ((nir - red) / (nir + red) - index.low) / (index.high - index.low)
        wanted = colors(index.palette, 255)[round(share * 254)].astype(int)
        *found, opacity = color_at(service, f"{SCENE}.ndvi", x, y)
        # The landscape has noise of 0.004 in each band.
        assert opacity == 255
        assert np.abs(np.array(found) - wanted).max() < 14, (found, wanted)


def test_colours_are_stretched_alike_in_every_scene_and_clouds_are_seen(service: TestClient) -> None:
    wanted = [round(255 * (each / 0.3) ** (1 / 1.5)) for each in (0.04, 0.07, 0.03)]
    for scene in (SCENE, OTHER):
        *found, opacity = color_at(service, scene, 170, 140)
        assert opacity == 255
        assert np.abs(np.array(found) - wanted).max() < 12, scene
    assert color_at(service, SCENE, 60, 230) == (255, 255, 255, 255)
    assert color_at(service, f"{SCENE}.ndvi", 60, 230)[3] == 0


def test_what_is_not_known_is_transparent(service: TestClient) -> None:
    # The strip in the east that the swath did not reach, and what lies beside the picture.
    for x in (397.0, 460.0):
        assert color_at(service, SCENE, x, 150)[3] == 0
        assert color_at(service, f"{SCENE}.ndvi", x, 150)[3] == 0
    assert color_at(service, "ground", 460, 150)[3] == 0
    assert color_at(service, "ground", 397, 150)[3] == 255


@pytest.mark.parametrize("picture", [SCENE, f"{SCENE}.ndvi", "ground"])
@pytest.mark.parametrize("form", ["png", "webp"])
def test_a_tile_beside_a_picture_is_blank_and_small(service: TestClient, picture: str, form: str) -> None:
    answer = service.get(f"/rasters/{picture}/14/3/3.{form}")
    found = pixels(answer)
    assert found.shape == (256, 256, 4)
    assert found[..., 3].max() == 0
    assert len(answer.content) < 1000


def test_scenes_of_two_systems_show_the_same_ground_at_a_place(service: TestClient) -> None:
    for x, y in ((170, 140), (340, 50), (20, 20), (120, 180)):
        found = [
            service.get(f"/rasters/{scene}.ndvi/point?lon={lonlat(x, y)[0]}&lat={lonlat(x, y)[1]}").json()
            for scene in (SCENE, OTHER)
        ]
        assert found[0]["value"] == pytest.approx(found[1]["value"], abs=0.12), (x, y)


def test_a_point_tells_its_pixel_as_it_is_stored_measured_and_classed(service: TestClient) -> None:
    lon, lat = lonlat(170.5, 140.5)
    found = service.get(f"/rasters/{SCENE}.ndvi/point?lon={lon}&lat={lat}").json()
    stored = valley.scene(2023, 1)[:, 140, 170]
    assert (found["column"], found["row"], found["ground"], found["reason"]) == (170, 140, "plants", "")
    assert [each["stored"] for each in found["bands"]] == stored.tolist()
    red, nir = (stored[each] * 0.0001 - 0.1 for each in (2, 3))
    assert found["bands"][3]["value"] == pytest.approx(nir)
    assert found["value"] == pytest.approx((nir - red) / (nir + red), rel=1e-5)
    assert service.get(f"/rasters/{SCENE}/point?lon={lon}&lat={lat}&expression=red*2").json()["value"] == (
        pytest.approx(2 * red, rel=1e-5)
    )
    height = service.get(f"/rasters/ground/point?lon={lon}&lat={lat}").json()
    assert (height["value"], height["unit"]) == (pytest.approx(float(valley.heights()[140, 170]), rel=1e-6), "m")


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        (60, 230, "The ground is not seen there: cloud."),
        (397, 150, "Nothing was measured there."),
        (460, 150, "It lies outside the picture."),
    ],
)
def test_a_point_of_which_nothing_is_known_says_why(service: TestClient, x: float, y: float, why: str) -> None:
    lon, lat = lonlat(x + 0.5, y + 0.5)
    found = service.get(f"/rasters/{SCENE}.ndvi/point?lon={lon}&lat={lat}").json()
    assert (found["value"], found["reason"]) == (None, why)


def test_options_draw_otherwise(service: TestClient) -> None:
    cell = tile_at(170, 140, 14)
    plain = service.get(address(f"{SCENE}.ndvi", cell))
    same = "?expression=(nir-red)/(nir%2Bred)&rescale=-0.2,0.9&palette=greens"
    assert service.get(address(SCENE, cell, query=same)).content == plain.content
    grey = color_at(service, f"{SCENE}.ndvi", 170, 140, query="?palette=greys")
    assert grey[0] == grey[1] == grey[2] != plain
    assert color_at(service, SCENE, 170, 140, query="?rescale=0,0.03")[:3] == (255, 255, 255)
    assert len(pixels(service.get(address(SCENE, cell, query="?size=512")))) == 512
    nearest, cubic = (service.get(address(SCENE, cell, query=f"?resampling={each}")) for each in ("nearest", "cubic"))
    assert nearest.content != cubic.content
    for y in (40, 140):
        share = (float(valley.heights()[y, 170]) - 200) / 200
        found = color_at(service, "ground", 170, y, query="?palette=greys&rescale=200,400")
        assert abs(found[0] - int(colors("greys", 255)[round(share * 254)][0])) < 6


HOSTILE = [
    "?expression=__import__('os').system('id')",
    "?expression=nir**99",
    "?expression=scl",
    "?expression=nope",
    "?expression=" + "-" * 60 + "nir",
    "?expression=1",
    "?rescale=1",
    "?rescale=nan,1",
    "?rescale=1,0",
    "?rescale=1e999,2e999",
    "?rescale=a,b",
    "?palette=viridis",
    "?palette=greens",
    "?resampling=lanczos",
    "?size=100000",
    "?size=256.0",
    "?limti=1",
    "?size=256&size=512",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_options_are_refused_with_words(service: TestClient, query: str) -> None:
    answer = service.get(address(SCENE, tile_at(170, 140, 14), query=query))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 20


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/rasters/nothing/14/1/1.png", 404),
        ("/rasters/nothing.json", 404),
        ("/rasters/nothing/legend.svg", 404),
        ("/rasters/nothing/point?lon=1&lat=1", 404),
        (f"/rasters/{SCENE}/14/1/1.jpg", 404),
        (f"/rasters/{SCENE}/99/1/1.png", 400),
        (f"/rasters/{SCENE}/1/5/0.png", 400),
        (f"/rasters/{SCENE}/1/x/0.png", 400),
        (f"/rasters/{SCENE}/point?lon=1", 400),
        (f"/rasters/{SCENE}/point?lon=nan&lat=1", 400),
        (f"/rasters/{SCENE}/point?lon=1&lat=91", 400),
        (f"/rasters/{SCENE}.ndvi/14/1/1.png?expression=red", 400),
        ("/rasters/ground/14/1/1.png?rescale=0,1", 400),
        (f"/rasters/{SCENE}.json?as-of=1999", 404),
    ],
)
def test_what_is_not_there_is_a_problem_that_tells_the_choices(service: TestClient, path: str, status: int) -> None:
    answer = service.get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, status), answer.text


def test_a_difference_that_was_not_computed_says_what_to_do(lake: Path, service: TestClient) -> None:
    listed = service.get("/rasters/greened.json").json()
    if not listed["ready"]:
        assert "mendmap" in listed["missing"]
        assert service.get("/rasters/greened/14/1/1.png").status_code == 503


def test_a_difference_shows_what_counts_in_full_colour_and_the_rest_pale(tmp_path: Path, lake: Path) -> None:
    app = create_app(Settings(lake=str(shutil.copytree(lake, tmp_path / "lake"))))
    with TestClient(app) as client:
        change = np.full((valley.HEIGHT, valley.WIDTH), 0.05, dtype=np.float32)
        change[:, :200], change[:, 350:] = 0.5, np.nan
        counts = np.where(change >= 0.3, 1, 0).astype(np.float32)
        counts[np.isnan(change)] = np.nan
        valley.write_cog(app.state.keeper.public.pictures["greened"].path, np.stack([change, counts]), nodata=np.nan)
        listed = client.get("/rasters/greened.json").json()
        assert (listed["ready"], listed["scenes"][0]) == (True, "s20190614")
        high = listed["legend"]["entries"][-1]["value"]
        table = colors("fall_rise", 127)
        rose, same = (tuple(table[round((each / high + 1) / 2 * 126)]) for each in (0.5, 0.05))
        assert color_at(client, "greened", 100, 150) == (*rose, 255)
        assert color_at(client, "greened", 300, 150) == (*same, _PALE)
        assert color_at(client, "greened", 370, 150)[3] == 0
        told = []
        for x in (100, 300, 370):
            lon, lat = lonlat(x + 0.5, 150.5)
            found = client.get(f"/rasters/greened/point?lon={lon}&lat={lat}").json()
            told.append((found["value"], found["ground"], found["reason"]))
        assert told == [
            (0.5, "It rose.", ""),
            (0.05, "It did not change by so much that it counts.", ""),
            (None, "", "The ground was not seen there at both times."),
        ]


def test_a_tile_is_kept_and_asked_for_again_without_being_drawn(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    path = address(f"{SCENE}.ndwi", tile_at(170, 140, 13))
    first = both.same("GET", path)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in both.same("GET", path, Accept_Encoding="gzip").headers
    drawn = both.hot.app.state.drawers.handles
    monkeypatch.setattr(drawn, "lent", None)
    assert both.hot.get(path).content == first.content
    # Behind the cache too: what it would be made of is its name.
    assert both.route.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert both.same("GET", path, If_None_Match=first.headers["etag"]).status_code == 304


def test_head_answers_as_get_does(both: Both) -> None:
    lon, lat = lonlat(170, 140)
    for path in (
        "/rasters.json",
        f"/rasters/{SCENE}.json",
        f"/rasters/{SCENE}.ndvi/legend.svg",
        f"/rasters/{SCENE}/point?lon={lon}&lat={lat}",
        address(SCENE, tile_at(170, 140, 12)),
    ):
        wanted, found = both.hot.get(path), both.hot.head(path)
        assert (found.status_code, found.content) == (200, b"")
        assert found.headers["etag"] == wanted.headers["etag"]
        assert "mendmap-snapshot" in found.headers


def test_a_new_snapshot_keeps_the_tiles_of_pictures_that_it_did_not_change(tmp_path: Path, lake: Path) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    land = shutil.copytree(lake.parent / "land", tmp_path / "land")
    both, path = Both(tmp_path / "lake"), address(f"{SCENE}.ndvi", tile_at(170, 140, 13))
    with both.hot:
        first = both.same("GET", path)
        places = Path(land) / "layers" / "places.geojson"
        places.write_text(places.read_text().replace("Old lake", "Former lake"))
        write(check(Path(land), 100), str(tmp_path / "lake"), Path(land))
        wait_until(lambda: both.hot.get("/readyz").json()["snapshot"]["number"] == 2)
        hits = both.cache.hits
        again = both.hot.get(path, headers={"Accept-Encoding": "identity"})
        assert both.cache.hits == hits + 1
        assert (again.headers["etag"], again.content) == (first.headers["etag"], first.content)
        assert again.headers["mendmap-snapshot"].startswith("2-")
        assert both.hot.get(f"{path}?as-of=1").content == first.content


def test_whoever_draws_leaves_it_to_others_what_becomes_of_their_warnings(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Python keeps that once for all threads: of two who change it for a while, one takes away what the other has set.
    entered, enter = [], warnings.catch_warnings.__enter__

    def noted(changed: Any) -> Any:
        entered.append(threading.current_thread().name)
        return enter(changed)

    monkeypatch.setattr(warnings.catch_warnings, "__enter__", noted)
    cell = tile_at(170, 140, 13)
    for picture in (SCENE, f"{SCENE}.ndvi", "ground"):
        for form in ("png", "webp"):
            assert both.route.get(address(picture, cell, form)).status_code == 200
        lon, lat = lonlat(170, 140)
        assert both.route.get(f"/rasters/{picture}/point?lon={lon}&lat={lat}").status_code == 200
        assert both.route.get(f"/rasters/{picture}/stats?site=quarry").status_code == 200
    assert not [each for each in entered if each.startswith("mendmap-drawer")]


@pytest.mark.parametrize("nodata", [None, 9])
@pytest.mark.parametrize("numbers", [[1, 2, 3], [3, 2, 1], [4, 3], [2], [4, 1, 3, 2]])
def test_bands_come_in_the_order_in_which_they_are_asked_for(
    tmp_path: Path, nodata: float | None, numbers: list[int]
) -> None:
    cell, stored = Tile(14, 8666, 5583), np.full((4, 300, 300), 9, np.uint16)
    stored[:, 50:, 70:] = np.array([10, 20, 30, 40])[:, None, None]
    west, south, east, north = cell.box_m
    with rasterio.open(
        tmp_path / "bands.tif",
        "w",
        driver="GTiff",
        width=300,
        height=300,
        count=4,
        dtype="uint16",
        crs="EPSG:3857",
        nodata=nodata,
        transform=from_origin(west, north, (east - west) / 256, (north - south) / 256),
    ) as file:
        file.write(stored)
    handles = Handles()
    with handles.lent(tmp_path / "bands.tif") as handle:
        found, inside = warped.read(handle, nodata, numbers, cell.box_m, 256, "nearest")
    handles.close()
    assert (found == stored[[each - 1 for each in numbers], :256, :256]).all()
    assert inside is None if nodata else inside is not None and inside.all()


def test_too_many_who_wait_are_asked_to_come_back(lake: Path) -> None:
    both = Both(lake)
    with both.hot:
        both.app.state.drawers._places._value = 0
        answer = both.hot.get(address(SCENE, tile_at(170, 140, 12)))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        both.app.state.drawers._places.release()
        assert both.hot.get(address(SCENE, tile_at(170, 140, 12))).status_code == 200


def test_a_legend_is_a_drawing_with_words(service: TestClient) -> None:
    found = service.get(f"/rasters/{SCENE}.ndvi/legend.svg").text
    assert "0.9, green" in found
    assert "clouds, their shadows" in re.sub(r"</?text[^>]*>\s*", "", found)
    assert PALETTES["greens"].stops[0] in found


def as_seen(seen: NDArray[np.uint8], matrix: NDArray[np.float64]) -> NDArray[np.uint8]:
    share = seen / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    turned = np.clip(light @ matrix.T, 0, 1)
    back = np.where(turned <= 0.0031308, turned * 12.92, 1.055 * turned ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(back * 255), dtype=np.uint8)


# Machado, Oliveira and Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency".
EYES = {
    "all": np.eye(3),
    "without red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "without green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("name", PALETTES)
def test_seven_colours_of_a_palette_can_be_told_apart_by_everyone(name: str, eyes: str) -> None:
    found = to_oklab(as_seen(colors(name, 7), EYES[eyes]))
    apart = np.linalg.norm(found[:, None] - found[None], axis=2)[np.triu_indices(7, 1)]
    assert apart.min() > 0.045, apart.min()


@pytest.mark.parametrize("name", PALETTES)
def test_a_palette_changes_evenly(name: str) -> None:
    steps = np.linalg.norm(np.diff(to_oklab(colors(name, 33)), axis=0), axis=1)
    assert steps.max() / steps.min() < 3


@settings(max_examples=40)
@given(st.floats(-1e9, 1e9, allow_nan=False), st.floats(-1e9, 1e9, allow_nan=False))
def test_any_range_is_drawn_or_refused(service: TestClient, low: float, high: float) -> None:
    query = f"?expression=nir&rescale={low},{high}"
    answer = service.get(address(SCENE, tile_at(170, 140, 9), query=query))
    assert answer.status_code == (200 if low < high and max(abs(low), abs(high)) < 1e9 else 400)


def test_the_statistics_of_a_square_on_the_grid_are_those_of_its_pixels(service: TestClient) -> None:
    stored = valley.scene(2023, 1)[:, 30:70, 320:370]
    red, nir = (stored[each] * 0.0001 - 0.1 for each in (2, 3))
    ndvi = (nir - red) / (nir + red)
    (found,) = service.get(f"/rasters/{SCENE}.ndvi/stats?site=quarry").json()["values"]
    assert found["mean"] == pytest.approx(ndvi.mean(), rel=1e-3)
    assert found["p90"] == pytest.approx(np.percentile(ndvi, 90), abs=2e-3)
    assert (found["pixels"], found["clear_share"]) == (pytest.approx(2000, rel=1e-3), pytest.approx(100, abs=0.1))
    polygon = json.loads(valley.shapely.to_geojson(valley.to_degrees(valley.QUARRY)))
    for sent in (polygon, {"type": "Feature", "properties": {}, "geometry": polygon}):
        answer = service.post(f"/rasters/{SCENE}.ndvi/stats", json=sent, headers={"If-None-Match": "*"})
        assert answer.json()["values"] == [found]
        assert "etag" in answer.headers
    bands = service.get(f"/rasters/{SCENE}/stats?site=quarry").json()["values"]
    assert [each["name"] for each in bands] == list(valley.BANDS[:-1])
    assert bands[2]["mean"] == pytest.approx(red.mean(), rel=1e-3)
    height = service.get("/rasters/ground/stats?site=quarry").json()["values"][0]
    assert (height["mean"], height["unit"]) == (
        pytest.approx(valley.heights()[30:70, 320:370].mean(), rel=1e-4),
        "m",
    )


def test_an_area_of_which_nothing_is_known_says_why(service: TestClient) -> None:
    (found,) = service.get(f"/rasters/{SCENE}.ndvi/stats?site=dump").json()["values"]
    assert (found["mean"], found["reason"]) == (None, "No outline of it is known, only a place.")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"type": "Point", "coordinates": [1, 1]}', 400),
        (b'{"type": "Polygon", "coordinates": []}', 400),
        (b'{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [1, 0], [0, 0]]]}', 400),
        (b'{"type": "Polygon", "coordinates": [[[0, 0], [999, 0], [1, 1], [0, 0]]]}', 400),
        (b'{"type": "Polygon", "coordinates": "x"}', 400),
        (b"[" * 100_000, 400),
        (json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [1, 0]] * 6000 + [[0, 0]]]}).encode(), 413),
    ],
)
def test_a_hostile_polygon_is_refused(service: TestClient, sent: bytes, status: int) -> None:
    answer = service.post(f"/rasters/{SCENE}.ndvi/stats", content=sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


def test_a_length_of_more_digits_than_python_reads_is_refused(service: TestClient) -> None:
    answer = service.post(f"/rasters/{SCENE}.ndvi/stats", content=b"{}", headers={"Content-Length": "9" * 5000})
    assert answer.status_code == 413, answer.text


def test_an_area_of_too_many_pixels_is_refused(lake: Path) -> None:
    app = create_app(Settings(lake=str(lake), max_raster_pixels=65_536))
    west, south, east, north = 10.38, 49.61, 10.45, 49.65
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    with TestClient(app) as small:
        answer = small.post(f"/rasters/{SCENE}/stats", json={"type": "Polygon", "coordinates": [ring]})
    assert answer.status_code == 413
    assert "MENDMAP_MAX_RASTER_PIXELS" in answer.json()["detail"]

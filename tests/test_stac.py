"""Scenes from a STAC service: found as asked for, copied around the sites, listed with where they come from."""

import json
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
import valley
from click.testing import CliRunner, Result
from conftest import times
from feed_server import Asked, FeedServer, Reply
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.warp import transform_bounds
from stac_server import COLLECTION, StacServer, ranged, with_headers, write_band

from mendmap.cli import main
from mendmap.errors import FeedError, RasterError
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.feeds.guarded import Guard, Hosts
from mendmap.feeds.ranges import Remote
from mendmap.geo.bounds import Bounds
from mendmap.geo.measure import length_m
from mendmap.load import scenes
from mendmap.load.check import check
from mendmap.rasters import remote, sensors, stac
from mendmap.rasters.header import Most
from mendmap.rasters.stac import Query
from mendmap.settings import Settings
from mendmap.words.dates import Period

AREA = Bounds(10.38, 49.61, 10.44, 49.65)
SUMMERS = Query(COLLECTION, AREA, Period.parse("2019/2023"), sensors.BANDS, zone="Europe/Berlin")
MOST = Most(100, 32, 100)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def service(server: FeedServer, files: Path) -> StacServer:
    return StacServer(server, files)


@pytest.fixture
def folder(tmp_path: Path, bare: Path) -> Path:
    """A copy of it for a test to write to."""
    return Path(shutil.copytree(bare, tmp_path / "land"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The landscape without its scenes: its places, and the tables that name what is to be computed of them."""
    path = valley.write(tmp_path_factory.mktemp("bare") / "land", elevation=False)
    shutil.rmtree(path / "rasters")
    (path / "rasters.csv").unlink()
    text = (path / "catalogue.toml").read_text("utf-8")
    blocks = text.split("[[table]]")
    (path / "catalogue.toml").write_text("[[table]]".join(e for e in blocks if '"raster"' not in e), "utf-8")
    check(path, 100)
    return path


def fetcher(server: FeedServer, tries: int = 2) -> Fetcher:
    limits = Limits(max_bytes=1_000_000, timeout_s=0.5, tries=tries, total_s=2, backoff_s=0.001)
    return Fetcher(server.url, "mendmap/test", limits, guard=Guard(Hosts.parse(server.url)))


def search(service: StacServer, query: Query = SUMMERS, max_pages: int = 20) -> stac.Found:
    import io

    found = fetcher(service.server)

    def ask(url: str, post: bytes | None) -> bytes:
        sink = io.BytesIO()
        found.fetch(url, sink, post=post)
        return sink.getvalue()

    try:
        return stac.search(ask, service.url, query, max_pages)
    finally:
        found.close()


def days(found: stac.Found) -> list[str]:
    return [f"{each.taken:%Y-%m-%d}" for each in found.scenes]


@pytest.mark.parametrize("methods", [("GET",), ("GET", "POST")])
def test_all_pages_are_read_by_get_and_by_post(service: StacServer, methods: tuple[str, ...]) -> None:
    service.methods = methods  # type: ignore[assignment]
    assert len(days(search(service))) == 6
    asked = [each for each in service.server.asked if each.path == "/stac/search"]
    assert len(asked) == 2
    assert all(bool(each.body) == ("POST" in methods) for each in asked)


def test_what_a_service_does_not_heed_is_looked_at_again(service: StacServer) -> None:
    found = search(
        service, replace(SUMMERS, cloud=20, months=frozenset((6, 7)), period=Period.parse("2020/2023-07-18"))
    )
    assert days(found) == ["2023-06-14"]
    # A day of the period is one in the catalogue's zone, so a day more is asked for on either side.
    first = next(each for each in service.server.asked if each.path == "/stac/search")
    told = json.loads(first.body)
    assert told["datetime"] == "2019-12-31T00:00:00Z/2023-07-19T23:59:59Z"
    assert told["query"] == {"eo:cloud_cover": {"lte": 20}}
    assert sum(found.left_out.values()) == 5


def test_the_clearest_of_a_month_is_taken_and_of_two_takes_the_later_processing(service: StacServer) -> None:
    again = json.loads(json.dumps(service.items[0]))
    again["id"] = "S2A_32UPA_20190614_1_L2A"
    again["properties"]["s2:processing_baseline"] = "05.10"
    cloudy = json.loads(json.dumps(service.items[0]))
    cloudy["id"] = "S2A_32UPA_20190624_0_L2A"
    cloudy["properties"] |= {"datetime": "2019-06-24T10:10:31Z", "eo:cloud_cover": 5}
    unsaid = json.loads(json.dumps(service.items[0]))
    unsaid["id"], unsaid["properties"] = "unsaid", {"datetime": "2019-07-01T10:10:31Z"}
    service.items += [again, cloudy, unsaid]
    found = search(service, replace(SUMMERS, per="month", cloud=50, limit=3))
    assert [each.id for each in found.scenes] == [
        "S2A_32UPA_20190614_1_L2A", "S2A_32UPA_20230614_0_L2A", "S2A_32UPA_20190719_0_L2A"
    ] or [each.id for each in found.scenes] == [
        "S2A_32UPA_20190614_1_L2A", "S2A_32UPA_20190719_0_L2A", "S2A_32UPA_20230614_0_L2A"
    ]  # fmt: skip
    assert found.left_out == {
        "an older processing of the same scene": 1,
        "another of its month is clearer": 1,
        "more clouds": 2,
        "does not tell how many clouds there are": 1,
        "more than the 3 that are wanted": 1,
    }


def test_of_tiles_of_one_pass_that_all_cover_the_area_one_is_taken(service: StacServer) -> None:
    twin = json.loads(json.dumps(service.items[0]))
    twin["id"], twin["properties"]["grid:code"] = "S2A_32UQA_20190614_0_L2A", "MGRS-32UQA"
    twin["properties"]["eo:cloud_cover"] = 5
    service.items.append(twin)
    lake = Bounds(*valley.to_degrees(valley.LAKE).bounds)
    found = search(service, replace(SUMMERS, box=lake, period=Period.parse("2019-06")))
    assert len(found.scenes) == 1
    assert found.left_out == {"another tile of the same pass covers the area": 1, "outside the period": 5}
    # Where neither covers it all, both are.
    assert len(search(service, replace(SUMMERS, period=Period.parse("2019-06"))).scenes) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.just("2019-06-14T10:00:00Z"),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(["href", "type", "bands"]), each, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=times(60, 1000), deadline=None)
@given(st.data())
def test_whatever_an_item_says_is_a_scene_or_a_clear_error(data: st.DataObject) -> None:
    item: dict[str, Any] = {
        "type": "Feature",
        "id": "one",
        "geometry": json.loads(shapely.to_geojson(shapely.box(*AREA))),
        "properties": {"datetime": "2019-06-14T10:00:00Z", "eo:cloud_cover": 1, "s2:processing_baseline": "05.00"},
        "assets": {name: _asset(name) for name in ("red", "scl")},
        "links": [],
    }
    place: Any = data.draw(st.sampled_from([item, item["properties"], item["assets"], item["assets"]["red"]]))
    place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON)
    try:
        found = stac.of_file(json.dumps(item).encode(), "item.json", replace(SUMMERS, bands=("red",)))
    except RasterError as error:
        assert str(error)
    else:
        assert len(found.scenes) + sum(found.left_out.values()) == 1


def test_a_scene_beside_the_area_is_left_out(service: StacServer) -> None:
    found = search(service, replace(SUMMERS, box=Bounds(20, 40, 21, 41)))
    assert (found.scenes, found.left_out) == ([], {"does not cover the area": 6})


def test_a_scene_says_what_it_is(service: StacServer) -> None:
    found = search(service)
    first = found.scenes[0]
    assert [each.name for each in first.assets] == [*sensors.BANDS, "scl"]
    assert (first.platform, first.classes, first.cloud) == ("Sentinel-2A", "scl", 4.0)
    assert first.covers == pytest.approx(0.62, abs=0.01)
    lake = Bounds(*valley.to_degrees(valley.LAKE).bounds)
    assert search(service, replace(SUMMERS, box=lake)).scenes[0].covers == pytest.approx(1)
    assert first.attribution == "Contains modified Copernicus Sentinel data 2019"
    assert (found.collection.licence, found.collection.publisher) == ("CC0-1.0", "tests/valley.py")


def _item(assets: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"id": "one", "properties": properties, "assets": assets}


def _asset(name: str, **more: Any) -> dict[str, Any]:
    return {"href": f"https://data.example.org/{name}.tif", "type": "image/tiff; application=geotiff", **more}


@pytest.mark.parametrize(
    ("properties", "said", "offset"),
    [
        ({"s2:processing_baseline": "02.14"}, None, 0.0),
        ({"s2:processing_baseline": "02.14"}, -0.1, 0.0),
        ({"s2:processing_baseline": "04.00"}, None, -0.1),
        ({"s2:processing_baseline": "05.09"}, -0.1, -0.1),
        ({"s2:processing_baseline": "05.09"}, 0, 0.0),
        ({"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}, -0.1, 0.0),
        ({"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": False}, None, -0.1),
        ({}, -0.1, -0.1),
    ],
)
def test_the_offset_of_sentinel_2_is_that_of_its_processing(
    properties: dict[str, Any], said: float | None, offset: float
) -> None:
    band = {"scale": 0.0001} | ({} if said is None else {"offset": said})
    item = _item({"B04": _asset("B04", **{"raster:bands": [band]}), "SCL": _asset("SCL")}, **properties)
    red, classes = sensors.assets(item, "sentinel-2-l2a", ["red"])
    assert (red.scale, red.offset, red.nodata) == (0.0001, offset, 0)
    assert (classes.name, classes.scale, classes.offset) == ("scl", None, None)


def test_a_scene_that_does_not_say_how_its_values_are_meant_is_refused() -> None:
    item = _item({"B04": _asset("B04"), "SCL": _asset("SCL")})
    with pytest.raises(RasterError, match="neither its processing baseline nor the offset"):
        sensors.assets(item, "sentinel-2-l2a", ["red"])


def test_landsat_is_known() -> None:
    item = _item({name: _asset(name) for name in ("red", "nir08", "qa_pixel")})
    red, nir, classes = sensors.assets(item, "landsat-c2-l2", ["red", "nir"])
    assert (red.scale, red.offset, nir.name, nir.href) == (0.0000275, -0.2, "nir", "https://data.example.org/nir08.tif")
    assert (classes.name, classes.scale) == ("qa_pixel", None)


def test_bands_of_any_collection_are_known_by_their_common_names() -> None:
    bands = [{"name": "b1", "common_name": "red"}, {"name": "b2", "common_name": "nir"}]
    raster = [{"scale": 0.01, "offset": 1, "nodata": -1}] * 2
    item = _item(
        {"jp2": _asset("x", type="image/jp2"), "all": _asset("all", **{"eo:bands": bands, "raster:bands": raster})}
    )
    red, nir = sensors.assets(item, "own", ["red", "nir"])
    assert (red.number, nir.number, nir.scale, nir.offset, nir.nodata) == (1, 2, 0.01, 1, -1)
    newer = _item({"all": _asset("all", bands=[{"eo:common_name": "nir", "raster:scale": 0.5, "nodata": 7}])})
    assert sensors.assets(newer, "own", ["nir"])[0] == sensors.Asset(
        "nir", "https://data.example.org/all.tif", 1, 0.5, None, 7
    )
    differing = _item(
        {"a": _asset("a", bands=[{"name": "red", "raster:scale": 1}]), "b": _asset("b", bands=[{"name": "nir"}])}
    )
    with pytest.raises(RasterError, match="differ in scale or offset"):
        sensors.assets(differing, "own", ["red", "nir"])


def test_a_file_in_a_store_is_fetched_over_https_where_that_is_said() -> None:
    stored = _asset("red", href="s3://bucket/red.tif")
    with pytest.raises(RasterError, match="no asset that is a TIFF over https holds the band"):
        sensors.assets(_item({"red": stored}), "own", ["red"])
    stored["alternate"] = {"https": {"href": "https://data.example.org/red.tif"}}
    assert sensors.assets(_item({"red": stored}), "own", ["red"])[0].href == "https://data.example.org/red.tif"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda page: page["links"].append({"rel": "next", "href": page["here"]}), "lead in a circle"),
        (
            lambda page: page["links"].append({"rel": "next", "href": f"{page['here']}?n={time.monotonic()}"}),
            "20 pages",
        ),
        (lambda page: page["links"].append({"rel": "next", "href": "https://10.0.0.1/search"}), "no name of a host"),
        (lambda page: page["links"].append({"rel": "next", "href": "/etc/passwd"}), "no address|https only|no STAC"),
        (lambda page: page.update(features=[7]), "no STAC item"),
        (lambda page: page.update(features=[{"id": "x", "properties": {}}]), "no moment"),
        (lambda page: page.update(features="x"), "no STAC item"),
        (lambda page: page.clear(), None),
    ],
)
def test_pages_that_are_not_what_they_should_be_are_told(service: StacServer, change: Any, words: str | None) -> None:
    service.methods = ("GET",)  # type: ignore[assignment]
    service.page = 10

    def reply(asked: Asked) -> Reply:
        page = {"features": service.items, "links": [], "here": f"{service.url}/search"}
        change(page)
        return Reply(json.dumps(page).encode())

    service.server.answers["/stac/search"] = reply
    if words is None:
        assert search(service).scenes == []
        return
    with pytest.raises((FeedError, RasterError), match=words):
        search(service)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Reply(b"<html>"), "answers with a web page"),
        (Reply(b"{}"), "no STAC API"),
        (
            Reply(b'{"type": "Catalog", "stac_version": "1.0.0", "id": "x", "description": "x", "links": []}'),
            "no STAC API",
        ),
        (Reply(status=429, headers={"Retry-After": "3600"}), "answered 429"),
        (Reply(b"x" * 2_000_000), "more than 1 MB"),
        (Reply(b"x" * 100, drip_s=0.1), "not done after 2 seconds"),
        (Reply(status=302, headers={"Location": "http://169.254.169.254/latest"}), "not followed"),
    ],
)
def test_what_is_no_stac_api_is_told(service: StacServer, answer: Reply, words: str) -> None:
    service.server.answers["/stac"] = answer
    with pytest.raises((FeedError, RasterError), match=words):
        search(service)


def copied(server: FeedServer, names: list[str], place: Path, box: Bounds = AREA) -> np.ndarray:
    found = fetcher(server)
    try:
        layers = [remote.Layer(Remote(found, f"{server.url}/{each}", 10**8, "X"), 1) for each in names]
        remote.copy(layers, box, place, MOST)
    finally:
        found.close()
    with rasterio.open(place) as dataset:
        return dataset.read()  # type: ignore[no-any-return]


def test_the_area_is_copied_pixel_by_pixel_on_the_finest_grid(server: FeedServer, tmp_path: Path) -> None:
    red, classes = valley.scene(2021, 1)[[2, 5]]
    server.answers["/red.tif"] = ranged(write_band(tmp_path / "red.tif", red).read_bytes())
    server.answers["/scl.tif"] = ranged(write_band(tmp_path / "scl.tif", classes[::2, ::2], 20).read_bytes())
    found = copied(server, ["scl.tif", "red.tif"], tmp_path / "copied.tif")
    west, south, east, north = transform_bounds("OGC:CRS84", valley.SYSTEM, *AREA, densify_pts=21)
    left, right = (int(np.floor((west - valley.WEST) / 10)), int(np.ceil((east - valley.WEST) / 10)))
    top, bottom = (int(np.floor((valley.NORTH - north) / 10)), int(np.ceil((valley.NORTH - south) / 10)))
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, 400), min(bottom, 300)
    assert (found[1] == red[top:bottom, left:right]).all()
    coarse = np.repeat(np.repeat(classes[::2, ::2], 2, axis=0), 2, axis=1)
    assert (found[0] == coarse[top:bottom, left:right]).all()
    with rasterio.open(tmp_path / "copied.tif") as dataset:
        assert dataset.transform.c == valley.WEST + 10 * left
        assert dataset.transform.f == valley.NORTH - 10 * top
    # GDAL itself has asked for nothing: all requests are ours.
    assert {each.headers["User-Agent"] for each in server.asked} == {"mendmap/test"}


def test_only_the_part_that_is_needed_is_fetched(server: FeedServer, tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    large = write_band(tmp_path / "large.tif", random.integers(1, 60_000, (2000, 2000), dtype=np.uint16))
    server.answers["/large.tif"] = ranged(large.read_bytes())
    west, south, east, north = transform_bounds(valley.SYSTEM, "OGC:CRS84", 610_000, 5_490_000, 610_500, 5_490_500)
    copied(server, ["large.tif"], tmp_path / "copied.tif", Bounds(west, south, east, north))
    sent = sum(int(b) - int(a) + 1 for a, b in (each.headers["Range"][6:].split("-") for each in server.asked))
    assert sent < large.stat().st_size / 10


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: b"<html>not here</html>", "does not begin like one"),
        (lambda path: write_band(path, valley.scene(2021, 1)[2]).read_bytes()[:60_000], "cannot be read"),
        (lambda path: b"II*\0" + b"\xff" * 1000, "cannot be read"),
        (lambda path: b"", "answered 416"),
    ],
)
def test_a_file_that_is_no_sound_geotiff_is_told(server: FeedServer, tmp_path: Path, make: Any, words: str) -> None:
    server.answers["/bad.tif"] = ranged(make(tmp_path / "bad.tif"))
    with pytest.raises((FeedError, RasterError), match=words):
        copied(server, ["bad.tif"], tmp_path / "copied.tif")


def test_a_file_that_breaks_while_it_is_read_is_told_in_words_of_the_fetching(
    server: FeedServer, tmp_path: Path
) -> None:
    random = np.random.default_rng(8)
    content = write_band(tmp_path / "a.tif", random.integers(1, 60_000, (300, 400), dtype=np.uint16)).read_bytes()
    good = ranged(content)
    server.answers["/a.tif"] = lambda asked: good(asked) if len(server.asked) < 2 else Reply(silent_s=2)
    begun = time.monotonic()
    with pytest.raises(FeedError, match=r"silent for 0\.5 seconds"):
        copied(server, ["a.tif"], tmp_path / "copied.tif")
    assert time.monotonic() - begun < 4
    server.answers["/a.tif"] = lambda asked: with_headers(good(asked), ETag=f'"{len(server.asked)}"')
    with pytest.raises(FeedError, match="changed while it was read"):
        copied(server, ["a.tif"], tmp_path / "copied.tif")


def test_an_area_beside_the_file_and_one_that_is_too_large_are_told(server: FeedServer, tmp_path: Path) -> None:
    server.answers["/a.tif"] = ranged(write_band(tmp_path / "a.tif", valley.scene(2021, 1)[2]).read_bytes())
    with pytest.raises(RasterError, match="does not cover the area"):
        copied(server, ["a.tif"], tmp_path / "copied.tif", Bounds(20, 40, 21, 41))
    found = fetcher(server)
    layer = remote.Layer(Remote(found, f"{server.url}/a.tif", 10**8, "X"))
    with pytest.raises(RasterError, match=r"at most 0 in 32 bands are copied \(settings MENDMAP_MAX_RASTER_MPIXELS"):
        remote.copy([layer], AREA, tmp_path / "copied.tif", Most(0, 32, 100))
    found.close()


def test_the_area_is_that_of_the_sites_with_a_margin(folder: Path) -> None:
    read = scenes.read(folder, Settings())
    lake = valley.to_degrees(valley.LAKE).bounds
    west, south, east, north = read.area(["lake"])
    assert 505 <= length_m(shapely.LineString([lake[:2], (lake[0], south)])) < 510  # 500 m, and the 5 m it is known to
    assert west < lake[0] < lake[2] < east and lake[3] < north
    # Of the dump only a point is known, within 300 m.
    box = read.area(["dump"])
    assert 1600 <= length_m(shapely.LineString([box[:2], (box.west, box.north)])) < 1620
    assert read.area().contains(read.area(["lake"])) and read.area().contains(box)


def add(folder: Path, server: FeedServer, *words: str, hosts: str = "") -> Result:
    environment = {"MENDMAP_RASTER_HOSTS": hosts or server.url, "MENDMAP_PULL_TRIES": "1"}
    return CliRunner().invoke(main, ["raster", "add", str(folder), *words], env={**os.environ, **environment})


def of_summers(service: StacServer, *words: str) -> list[str]:
    return ["--stac", service.url, "--collection", COLLECTION, "--period", "2019-06/2023-08", "--cloud", "20", *words]


def test_scenes_are_added_by_a_query_and_a_second_run_does_nothing(folder: Path, service: StacServer) -> None:
    listed = add(folder, service.server, *of_summers(service, "--dry-run"))
    assert listed.exit_code == 0, listed.output
    assert "2023-07-19 S2A_32UPA_20230719_0_L2A: 12 % clouds, covers 84% of the area" in listed.output
    assert "left out: 2: more clouds" in listed.output
    assert not (folder / "rasters").exists()

    done = add(folder, service.server, *of_summers(service))
    assert done.exit_code == 0, done.output
    rasters = [each for each in check(folder, 100).records if each.kind == "raster"]
    assert [each.id for each in rasters] == [
        f"S2A_32UPA_{day}_0_L2A" for day in ("20190614", "20190719", "20230614", "20230719")
    ]
    first: Any = rasters[0]
    assert (first.taken.text, first.bands, first.classes) == ("2019-06-14", (*sensors.BANDS, "scl"), "scl")
    assert (first.scale, first.offset, first.nodata, first.platform) == (0.0001, -0.1, 0, "Sentinel-2A")
    assert first.href == f"{service.url}/collections/{COLLECTION}/items/{first.id}"
    assert (first.licence, first.source, bool(first.retrieved)) == ("CC0-1.0", COLLECTION, True)
    source: Any = next(each for each in check(folder, 100).records if each.kind == "source" and each.id == COLLECTION)
    assert source.title == "Synthetic scenes in the spelling of Sentinel-2"
    truth = valley.scene(2019, 0)
    with rasterio.open(folder / first.file) as dataset:
        found = dataset.read()
        left, top = (
            round((dataset.transform.c - valley.WEST) / 10),
            round((valley.NORTH - dataset.transform.f) / 10),
        )
    part = truth[:, top : top + found.shape[1], left : left + found.shape[2]]
    assert (found[:4] == part[:4]).all()

    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    asked = len(service.server.asked)
    again = add(folder, service.server, *of_summers(service))
    assert again.exit_code == 0 and "left out: 4: in the folder already" in again.output, again.output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not any(each.path.endswith(".tif") for each in service.server.asked[asked:])


def test_what_is_whole_stays_when_a_scene_fails_and_a_second_run_goes_on(folder: Path, service: StacServer) -> None:
    path = "/files/S2A_32UPA_20190719_0_L2A-red.tif"
    good, service.server.answers[path] = (
        service.server.answers[path],
        Reply(b"<html>", headers={"Content-Type": "text/html"}),
    )
    words = [*of_summers(service, "--period", "2019", "--around", "lake", "--bands", "red,nir")]
    done = add(folder, service.server, *words)
    assert done.exit_code == 1 and "answers with a web page" in done.output, done.output
    assert [each.id for each in check(folder, 100).records if each.kind == "raster"] == ["S2A_32UPA_20190614_0_L2A"]
    # As a run leaves it that was killed between the file and its row.
    (folder / "rasters" / "S2A_32UPA_20190719_0_L2A.tif").write_bytes(b"half")
    service.server.answers[path] = good
    assert add(folder, service.server, *words).exit_code == 0
    rasters: Any = [each for each in check(folder, 100).records if each.kind == "raster"]
    assert [each.bands for each in rasters] == [("red", "nir", "scl")] * 2


def test_a_host_that_is_not_listed_is_not_asked(folder: Path, service: StacServer) -> None:
    done = add(folder, service.server, *of_summers(service), hosts="data.example.org")
    assert done.exit_code == 1 and "https only" in done.output
    assert service.server.asked == []


def test_a_file_at_an_address_is_added(folder: Path, server: FeedServer, tmp_path: Path) -> None:
    valley.write_cog(tmp_path / "x.tif", valley.scene(2023, 1))
    server.answers["/x.tif"] = ranged((tmp_path / "x.tif").read_bytes())
    words = ["--id", "s2023", "--name", "July 2023", "--taken", "2023-07-19", "--bands", ",".join(valley.BANDS)]
    words += [
        "--classes",
        "scl",
        "--scale",
        "0.0001",
        "--offset",
        "-0.1",
        "--source",
        "synthetic",
        "--licence",
        "CC0-1.0",
    ]
    done = add(folder, server, f"{server.url}/x.tif", *words, "--around", "lake")
    assert done.exit_code == 0, done.output
    (found,) = [each for each in check(folder, 100).records if each.kind == "raster"]
    assert found.href == f"{server.url}/x.tif" and found.retrieved  # type: ignore[union-attr]
    again = add(folder, server, f"{server.url}/x.tif", *words, "--around", "lake")
    assert again.exit_code == 0 and "in the folder already" in again.output


def test_items_in_a_file_are_added_with_the_files_beside_it(folder: Path, service: StacServer, tmp_path: Path) -> None:
    item = service.items[-2]
    beside = tmp_path / "beside"
    beside.mkdir()
    for name, asset in item["assets"].items():
        (beside / f"{name}.tif").write_bytes(_served(service.server, asset["href"]))
        asset["href"] = f"./{name}.tif"
    item["links"] = []
    (beside / "item.json").write_text(json.dumps(item), "utf-8")
    done = add(folder, service.server, "--stac", str(beside / "item.json"), "--licence", "CC0-1.0")
    assert done.exit_code == 0, done.output
    assert service.server.asked == []
    item["assets"]["red"]["href"] = "../../secret.tif"
    (beside / "item.json").write_text(json.dumps({**item, "id": "other"}), "utf-8")
    refused = add(folder, service.server, "--stac", str(beside / "item.json"), "--licence", "CC0-1.0")
    assert refused.exit_code == 1 and "a path outside the folder" in refused.output


def test_what_is_missing_is_named(folder: Path, server: FeedServer) -> None:
    done = add(folder, server, "--name", "x", "--source", "synthetic")
    assert done.exit_code == 2 and "missing: FILE, --id, --licence" in done.output
    done = add(folder, server, "--stac", server.url)
    assert done.exit_code == 2 and "--collection and --period say which scenes are meant" in done.output
    done = add(
        folder, server, "x.tif", "--id", "x", "--name", "x", "--source", "x", "--licence", "x", "--around", "lake"
    )
    assert done.exit_code == 2 and "--around: says something of what is elsewhere" in done.output


def _served(server: FeedServer, url: str) -> bytes:
    answer = server.answers[url.removeprefix(server.url)]
    assert callable(answer)
    return answer(Asked("", {}, {})).body


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--months", "0"], "month"),
        (["--months", "x"], "month"),
        (["--period", "2019-13"], "month must be in 1..12"),
        (["--box", "1,2,3"], "four numbers"),
        (["--box", "nan,2,3,4"], "box"),
        (["--around", "nowhere"], "no site with a place"),
        (["--limit", "0"], "limit"),
        (["--cloud", "101"], "cloud"),
        (["--box", "21,43,21,44"], "a box without an area"),
        (["--box", "21,43,22,44", "--around", "lake"], "give one of them"),
        (["--id", "x", "--cut"], "--cut, --id: with --stac, scenes tell it themselves"),
    ],
)
def test_an_option_that_makes_no_sense_is_told(folder: Path, service: StacServer, words: list[str], said: str) -> None:
    done = add(folder, service.server, *of_summers(service), *words)
    assert done.exit_code in (1, 2) and said in done.output, done.output
    assert service.server.asked == []

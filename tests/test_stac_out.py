"""The STAC catalogue of our own rasters, which pystac reads and validates, and their files, which GDAL reads in parts.

All imagery here is synthetic, made by ``valley``.
"""

import datetime as dt
import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import numpy as np
import pystac
import pytest
import rasterio
import shapely
import valley
from fastapi.testclient import TestClient
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from rasterio.transform import from_origin
from rasterio.warp import transform
from served import Server, served

from mendmap.exports.rasters import stocked
from mendmap.exports.stac import around
from mendmap.lake import imagery
from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.rasters.grid import grid
from mendmap.settings import Settings
from mendmap.web.app import create_app

SCENES = ("s20190719", "s20190823", "s20230719")
NUMBER, TEXT, WHOLE = {"type": "number"}, {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}
LISTED = {"type": "array", "minItems": 4, "items": NUMBER}
# The fields that our items have of each extension, as its specification words them. Their schemas are on the network,
# where no test goes; a field of theirs that is not named here fails.
EXTENSIONS = {
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json": (
        "proj",
        {
            "proj:code": {"type": ["string", "null"], "pattern": "^[A-Z]+:[0-9]+$"},
            "proj:wkt2": TEXT,
            "proj:shape": {"type": "array", "minItems": 2, "maxItems": 2, "items": WHOLE},
            "proj:transform": LISTED | {"minItems": 6, "maxItems": 9},
            "proj:bbox": LISTED | {"maxItems": 4},
        },
    ),
    "https://stac-extensions.github.io/eo/v2.0.0/schema.json": (
        "eo",
        {"eo:common_name": {"enum": ["blue", "green", "red", "nir", "swir16"]}},
    ),
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json": (
        "raster",
        {
            "raster:sampling": {"enum": ["area", "point"]},
            "raster:spatial_resolution": NUMBER,
            "raster:scale": NUMBER,
            "raster:offset": NUMBER,
        },
    ),
    "https://stac-extensions.github.io/file/v2.1.0/schema.json": (
        "file",
        {"file:size": WHOLE, "file:checksum": {"type": "string", "pattern": "^1220[0-9a-f]{64}$"}},
    ),
}


def extension(uri: str, prefix: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The schema of an extension: an item names it, and has no other field of its prefix, wherever it has any."""
    known = {"type": "object", "properties": fields, "patternProperties": {f"^(?!{prefix}:)": True}}
    strict = {**known, "additionalProperties": False}
    banded = {"allOf": [strict, {"properties": {"bands": {"type": "array", "items": strict}}}]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": uri,
        "type": "object",
        "required": ["stac_extensions", "properties", "assets"],
        "properties": {
            "stac_extensions": {"type": "array", "contains": {"const": uri}},
            "properties": banded,
            "assets": {"type": "object", "additionalProperties": banded},
        },
    }


class Offline(JsonSchemaSTACValidator):
    """pystac's own validator, which has every schema at hand and asks nobody."""

    def __init__(self) -> None:
        super().__init__()
        self.schema_cache |= {uri: extension(uri, *each) for uri, each in EXTENSIONS.items()}

    def _get_schema(self, schema_uri: str) -> dict[str, Any]:
        return self.schema_cache[schema_uri]


def valid(found: pystac.STACObject) -> None:
    """Raises where pystac finds a document that is not valid, in its core or in an extension."""
    told = found.to_dict(include_self_link=True, transform_hrefs=False)
    kind = found.STAC_OBJECT_TYPE
    assert Offline().validate(told, kind, told["stac_version"], told.get("stac_extensions", []))


def differ(lake: Path, ident: str = "greened") -> Path:
    """Puts a file in the place of a difference, as one that was computed would be."""
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        atlas = client.app.state.keeper.public.atlas
    path = stocked(atlas, str(lake))[ident].place
    change = np.where(valley.grounds(2023) == "green", 0.6, 0.0).astype(np.float32)
    valley.write_cog(path, np.stack([change, np.sign(change)]), nodata=float("nan"))
    return path


def loaded(folder: Path, **more: Any) -> Path:
    """A lake of the landscape, beside its folder."""
    land = valley.write(folder / "land", **more)
    write(check(land, 100), str(folder / "lake"), land)
    return folder / "lake"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = loaded(tmp_path_factory.mktemp("stac"), only=SCENES)
    differ(found)
    return found


@pytest.fixture(scope="module")
def server(lake: Path) -> Iterator[Server]:
    with served(lake) as found:
        yield found


@pytest.fixture(scope="module")
def root(server: Server) -> pystac.Catalog:
    return pystac.Catalog.from_file(f"{server.url}/stac")


def test_pystac_reads_the_whole_of_it_and_finds_every_document_valid(root: pystac.Catalog) -> None:
    valid(root)
    shelves = {each.id: each for each in root.get_children()}
    assert list(shelves) == ["scenes", "elevation", "differences"]
    for shelf in shelves.values():
        valid(shelf)
        for item in shelf.get_items():
            valid(item)
            assert item.get_collection() is shelf
    assert {each.id for each in root.get_items(recursive=True)} == {*SCENES, "ground", "greened"}


def test_a_wrong_field_would_be_found(root: pystac.Catalog) -> None:
    item = next(root.get_items(recursive=True)).clone()
    item.assets["data"].extra_fields["file:checksum"] = "sha256"
    with pytest.raises(pystac.STACValidationError, match="checksum"):
        valid(item)


def test_an_item_says_what_its_file_says_and_what_the_catalogue_says(server: Server, root: pystac.Catalog) -> None:
    item = next(each for each in root.get_items(recursive=True) if each.id == "s20190719")
    told, asset = item.properties, item.assets["data"]
    body = httpx.get(asset.href).content
    assert asset.extra_fields["file:checksum"] == f"1220{hashlib.sha256(body).hexdigest()}"
    assert asset.extra_fields["file:size"] == len(body)
    assert told["proj:code"] == valley.SYSTEM
    assert told["proj:shape"] == [valley.HEIGHT, valley.WIDTH]
    assert told["proj:transform"] == [10, 0, valley.WEST, 0, -10, valley.NORTH]
    assert told["gsd"] == valley.PIXEL
    bands = asset.extra_fields["bands"]
    assert [each["name"] for each in bands] == list(valley.BANDS)
    assert bands[3]["eo:common_name"] == "nir"
    assert (bands[3]["raster:scale"], bands[3]["raster:offset"]) == (valley.SCALE, valley.OFFSET)
    assert "raster:scale" not in bands[5], "classes are no measured values"
    # The nineteenth of July in the catalogue's zone, of which the item stands in the middle.
    assert item.datetime == dt.datetime(2019, 7, 19, 9, 59, 59, 500000, tzinfo=dt.UTC)
    assert told["start_datetime"] == "2019-07-18T22:00:00Z"
    assert told["license"] == "CC0-1.0"
    west, south, east, north = shapely.bounds(valley.to_degrees(shapely.box(*_extent())))
    assert item.bbox == pytest.approx([west, south, east, north], abs=2e-5)
    assert shapely.geometry.shape(item.geometry).exterior.is_ccw


def _extent() -> tuple[float, float, float, float]:
    wide, high = valley.WIDTH * valley.PIXEL, valley.HEIGHT * valley.PIXEL
    return valley.WEST, valley.NORTH - high, valley.WEST + wide, valley.NORTH


def test_a_difference_names_the_scenes_that_it_is_computed_of(server: Server, root: pystac.Catalog) -> None:
    item = next(each for each in root.get_items(recursive=True) if each.id == "greened")
    named = [each.href for each in item.get_links("derived_from")]
    assert named == [f"{server.url}/stac/scenes/{each}.json" for each in SCENES]
    assert item.datetime is None
    assert item.properties["end_datetime"] == "2023-08-31T21:59:59Z"
    body = httpx.get(item.assets["data"].href).content
    assert item.assets["data"].extra_fields["file:checksum"] == f"1220{hashlib.sha256(body).hexdigest()}"


def test_its_thumbnail_is_a_tile_that_holds_the_whole(root: pystac.Catalog) -> None:
    for item in root.get_items(recursive=True):
        got = httpx.get(item.assets["thumbnail"].href)
        assert (got.status_code, got.headers["content-type"]) == (200, "image/webp")


def test_what_has_no_file_is_told_without_one(tmp_path: Path, lake: Path) -> None:
    shutil.copytree(lake, tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        digest = client.app.state.keeper.public.atlas.rasters["ground"].sha256
        imagery.where(str(tmp_path / "lake"), digest).unlink()
        told = client.get("/stac/elevation/ground.json").json()
        refused = client.get("/rasters/ground.tif")
        assert client.get("/stac/elevation/collection.json").status_code == 200
    valid(pystac.Item.from_dict(told))
    assert told["geometry"] is None
    assert "data" not in told["assets"]
    assert "Its file is not there." in told["properties"]["description"]
    assert refused.status_code == 404
    assert "s20190719" in refused.json()["detail"]


@pytest.mark.parametrize("system", ["EPSG:32632", "EPSG:3035", "EPSG:4326"])
def test_the_outline_follows_the_edges_as_they_run_on_the_ground(tmp_path: Path, system: str) -> None:
    size, pixel = 100, 0.05 if system == "EPSG:4326" else 5_000
    begin = {"EPSG:32632": (300_000, 5_800_000), "EPSG:3035": (4_000_000, 3_300_000), "EPSG:4326": (8, 52)}[system]
    path = tmp_path / "wide.tif"
    place = from_origin(*begin, pixel, pixel)
    with rasterio.open(
        path, "w", driver="GTiff", width=size, height=size, count=1, dtype="uint8", crs=system, transform=place
    ) as file:
        file.write(np.zeros((1, size, size), np.uint8))
    ring = shapely.Polygon(grid(path).ring)
    random = np.random.default_rng(8)
    columns, rows = random.uniform(1, size - 1, (2, 500))
    xs, ys = transform(system, "OGC:CRS84", begin[0] + columns * pixel, begin[1] - rows * pixel)
    assert shapely.contains_xy(ring, xs, ys).all()
    columns, rows = random.uniform(size + 1, size + 9, (2, 500))
    xs, ys = transform(system, "OGC:CRS84", begin[0] + columns * pixel, begin[1] - rows * pixel)
    assert not shapely.contains_xy(ring, xs, ys).any()
    assert grid(path).pixel_m == (None if system == "EPSG:4326" else pixel)
    tile = around(grid(path))
    assert tile.z >= 0


def test_a_file_is_sent_whole_or_in_parts_and_is_not_sent_again(server: Server) -> None:
    address = f"{server.url}/rasters/ground.tif"
    whole = httpx.get(address)
    tag = whole.headers["etag"]
    assert tag == f'"{hashlib.sha256(whole.content).hexdigest()}"'
    assert whole.headers["content-type"].startswith("image/tiff")
    assert whole.headers["mendmap-snapshot"]
    part = httpx.get(address, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    head = httpx.head(address)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))
    assert httpx.get(address, headers={"If-None-Match": tag}).status_code == 304
    beyond = httpx.get(address, headers={"Range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.headers["content-type"]) == (416, "application/problem+json")


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/rasters/grund.tif", 404, "ground"),
        ("/stac/scenes/ground.json", 404, "s20190719"),
        ("/stac/scene/collection.json", 404, "scenes"),
        ("/stac?limit=1", 400, "limit"),
        ("/rasters/ground.tif?size=1", 400, "size"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(server: Server, address: str, status: int, says: str) -> None:
    got = httpx.get(server.url + address)
    assert (got.status_code, got.headers["content-type"]) == (status, "application/problem+json")
    assert says in got.text


@pytest.mark.system("gdal_translate")
def test_gdal_reads_the_part_it_needs_over_the_network(server: Server, tmp_path: Path) -> None:
    told = subprocess.run(
        ["gdalinfo", "-json", f"/vsicurl/{server.url}/rasters/ground.tif"], check=True, capture_output=True, timeout=30
    )
    about = json.loads(told.stdout)
    assert about["size"] == [valley.WIDTH, valley.HEIGHT]
    assert about["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    window = ["-srcwin", "300", "40", "20", "10"]
    subprocess.run(
        ["gdal_translate", "-q", *window, f"/vsicurl/{server.url}/rasters/ground.tif", tmp_path / "part.tif"],
        check=True,
        timeout=30,
    )
    with rasterio.open(tmp_path / "part.tif") as file:
        assert np.array_equal(file.read(1), valley.heights()[40:50, 300:320])


def test_catalogues_of_data_and_the_page_of_downloads_name_each_file(server: Server, lake: Path) -> None:
    told = httpx.get(f"{server.url}/dcat.jsonld").json()
    files = {
        file["dcat:downloadURL"]["@id"]: file
        for dataset in told["dcat:dataset"]
        for file in dataset["dcat:distribution"]
    }
    page = httpx.get(f"{server.url}/downloads").text
    for ident in (*SCENES, "ground", "greened"):
        body = httpx.get(f"{server.url}/rasters/{ident}.tif").content
        file = files[f"{server.url}/rasters/{ident}.tif"]
        digest = hashlib.sha256(body).hexdigest()
        assert file["spdx:checksum"]["spdx:checksumValue"]["@value"] == digest
        assert file["dcat:byteSize"]["@value"] == str(len(body))
        assert file["dcat:mediaType"]["@id"].endswith("image/tiff")
        assert f'href="/rasters/{ident}.tif"' in page
        assert digest in page


def test_rasters_and_what_is_computed_of_them_are_tables(server: Server) -> None:
    rows = httpx.get(f"{server.url}/downloads/rasters.csv").text.splitlines()
    assert len(rows) == 1 + len(SCENES) + 1
    indices = httpx.get(f"{server.url}/downloads/indices.csv").text
    assert '"ndvi",' in indices
    assert "(nir - red) / (nir + red)" in indices, "ours stand there too, so that each figure can be computed again"
    assert len(httpx.get(f"{server.url}/downloads/zonal.csv").text.splitlines()) == 6
    assert '"greened",' in httpx.get(f"{server.url}/downloads/differences.csv").text
    some = httpx.get(f"{server.url}/downloads/rasters.csv?datetime=2023-01-01/2023-12-31").text
    assert '"s20230719",' in some
    assert '"s20190719",' not in some


def test_a_catalogue_for_staff_shows_its_rasters_to_nobody_else(tmp_path: Path) -> None:
    land = valley.write(tmp_path / "land", only=SCENES[:1])
    text = (land / "catalogue.toml").read_text("utf-8")
    (land / "catalogue.toml").write_text(text.replace("[catalogue]\n", '[catalogue]\naccess = "staff"\n'), "utf-8")
    write(check(land, 100), str(tmp_path / "lake"), land)
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        for address in ("/stac", "/stac/scenes/s20190719.json", "/rasters/s20190719.tif", "/downloads/rasters.csv"):
            assert client.get(address).status_code == 401, address


def test_what_is_computed_of_hidden_places_is_hidden_with_them(tmp_path: Path) -> None:
    land = valley.write(tmp_path / "land", only=SCENES[:1])
    text = (land / "catalogue.toml").read_text("utf-8")
    hidden = text.split("[[layer]]")[1].split("[[table]]")[0].replace("places", "secret")
    (land / "catalogue.toml").write_text(
        text.replace("[[table]]", f'[[layer]]\naccess = "staff"\n{hidden.strip()}\n\n[[table]]', 1), "utf-8"
    )
    places = valley.places()
    secret = {**places, "features": [{**places["features"][1], "properties": _named(places, "vault")}]}
    (land / "layers" / "secret.geojson").write_text(json.dumps(secret), "utf-8")
    (land / "zonal.csv").write_text(
        "id,index,statistic,parameter,sites\nopen,ndvi,mean,ndvi,\n"
        'some,ndvi,mean,ndvi,"lake,vault"\nshut,ndvi,mean,ndvi,vault\n',
        "utf-8",
    )
    write(check(land, 100), str(tmp_path / "lake"), land)
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        told = client.get("/downloads/zonal.csv").text
    assert "vault" not in told
    assert [each.split(",")[0] for each in told.splitlines()[1:]] == ['"open"', '"some"']


def _named(places: dict[str, Any], ident: str) -> dict[str, Any]:
    return {**places["features"][1]["properties"], "id": ident}

"""OGC API Tiles, Part 1 (OGC 20-057): its abstract tests, each by its id, over the flagship data."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import mapbox_vector_tile
import pytest
import shapely
from test_tiles import tiles_over

from mendmap.geo.grid import Tile, side_m, to_lonlat

JSON = {"Accept": "application/json"}
MVT = "application/vnd.mapbox-vector-tile"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
BOR = (21.95, 43.93, 22.40, 44.22)
GRID = "WebMercatorQuad"
CLASSES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"


@pytest.fixture(scope="module")
def ogc(bor_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{bor_url}/ogc", headers=JSON) as client:
        yield client


def ways(body: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [each for each in body["links"] if each["rel"] == rel]


def tileset(ogc: httpx.Client, of: str, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = ogc.get(f"{of}/tiles/{GRID}", params=query).json()
    return found


def tile_address(ogc: httpx.Client, of: str, tile: Tile, form: str = MVT, **query: str) -> str:
    """The address of a tile, by the template of its tileset."""
    (template,) = (each for each in ways(tileset(ogc, of, **query), "item") if each["type"] == form)
    assert template["templated"] is True
    address = template["href"]
    for name, number in (("tileMatrix", tile.z), ("tileRow", tile.y), ("tileCol", tile.x)):
        assert f"{{{name}}}" in address
        address = address.replace(f"{{{name}}}", str(number))
    return str(address)


def layers_of(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = mapbox_vector_tile.decode(body)
    return found


FULL = next(tile for tile in tiles_over((22.09, 44.06, 22.11, 44.08), 11))
OF = ["/collections/sites", ""]


def test_conf_core_conformance_success(ogc: httpx.Client) -> None:
    told = set(ogc.get("/conformance").json()["conformsTo"])
    wanted = ("core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "collections-selection")
    assert {f"{CLASSES}{each}" for each in (*wanted, "mvt", "geojson", "oas30")} <= told


@pytest.mark.parametrize("of", OF)
def test_conf_core_tc_op(ogc: httpx.Client, of: str) -> None:
    for form in (MVT, "application/geo+json"):
        assert httpx.get(tile_address(ogc, of, FULL, form)).status_code == 200


@pytest.mark.parametrize("of", OF)
@pytest.mark.parametrize("matrix", ["x", "-1", "1.5", "99"])
def test_conf_core_tc_tilematrix_definition(ogc: httpx.Client, of: str, matrix: str) -> None:
    known = {each["tileMatrix"] for each in tileset(ogc, of)["tileMatrixSetLimits"]}
    assert known == {str(zoom) for zoom in range(17)}
    for zoom in known:
        assert ogc.get(f"{of}/tiles/{GRID}/{zoom}/0/0").status_code == 200
    assert ogc.get(f"{of}/tiles/{GRID}/{matrix}/0/0").status_code == 400


@pytest.mark.parametrize("row", ["x", "-1", "2048"])
def test_conf_core_tc_tilerow_definition(ogc: httpx.Client, row: str) -> None:
    assert ogc.get(f"/tiles/{GRID}/11/{row}/0").status_code == 400
    assert ogc.get(f"/tiles/{GRID}/11/2047/0").status_code == 200


@pytest.mark.parametrize("column", ["x", "-1", "2048"])
def test_conf_core_tc_tilecol_definition(ogc: httpx.Client, column: str) -> None:
    assert ogc.get(f"/tiles/{GRID}/11/0/{column}").status_code == 400
    assert ogc.get(f"/tiles/{GRID}/11/0/2047").status_code == 200


def test_conf_core_tc_success(ogc: httpx.Client, bor_url: str) -> None:
    for tile in tiles_over(BOR, 11):
        address = f"/collections/watercourses/tiles/{GRID}/{tile.z}/{tile.y}/{tile.x}"
        as_json = ogc.get(address, headers={"Accept": "application/geo+json"})
        assert as_json.headers["content-type"] == "application/geo+json"
        same = httpx.get(f"{bor_url}/tiles/watercourses/{tile.z}/{tile.x}/{tile.y}.geojson")
        assert as_json.content == same.content, "row and column are taken for each other"
        corners = shapely.MultiPoint(shapely.get_coordinates(shapely.box(*tile.box_m)))
        area = shapely.transform(corners, to_lonlat).convex_hull.buffer(360 / 2**tile.z / 8)
        for each in as_json.json()["features"]:
            assert shapely.from_geojson(json.dumps(each["geometry"])).within(area)
        as_mvt = ogc.get(address, headers={"Accept": MVT})
        assert as_mvt.headers["content-type"] == MVT
        assert as_mvt.headers["Vary"].startswith("Accept")
        found = layers_of(as_mvt.content).get("watercourses", {"features": []})["features"]
        assert [each["properties"]["id"] for each in found] == [each["id"] for each in as_json.json()["features"]]


def test_conf_core_tc_error(ogc: httpx.Client) -> None:
    for path in (
        f"/tiles/{GRID}/17/0/0",
        f"/tiles/{GRID}/3/8/0",
        "/tiles/None/0/0/0",
        f"/collections/none/tiles/{GRID}/0/0/0",
    ):
        answer = ogc.get(path)
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"] == "application/problem+json"
    empty = ogc.get(f"/tiles/{GRID}/16/0/0", headers={"Accept": MVT})
    assert (empty.status_code, empty.content) == (200, b"")
    assert ogc.get(f"/tiles/{GRID}/16/0/0?f=geojson").json()["features"] == []


@pytest.mark.parametrize("of", OF)
def test_conf_tileset_description(ogc: httpx.Client, of: str) -> None:
    told = tileset(ogc, of)
    assert told["dataType"] == "vector"
    assert told["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    assert told["tileMatrixSetURI"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    (scheme,) = ways(told, f"{REL}tiling-scheme")
    grid = httpx.get(scheme["href"], headers=JSON).json()
    assert (grid["id"], grid["crs"], grid["orderedAxes"]) == (GRID, told["crs"], ["X", "Y"])
    assert {each["type"] for each in ways(told, "item")} == {MVT, "application/geo+json"}
    for layer in told["layers"]:
        assert layer["dataType"] == "vector"
        assert layer["propertiesSchema"]["properties"]["accuracy_m"]["type"] == "number"


def test_the_tile_matrix_set_is_the_registered_one(ogc: httpx.Client) -> None:
    matrices = ogc.get(f"/tileMatrixSets/{GRID}").json()["tileMatrices"]
    assert len(matrices) == 25
    for zoom, each in enumerate(matrices):
        assert each["id"] == str(zoom)
        # As annex D.1 of 17-083r4 prints them.
        assert each["scaleDenominator"] == pytest.approx(559082264.028717 / 2**zoom, rel=1e-12)
        assert each["cellSize"] == pytest.approx(156543.033928041 / 2**zoom, rel=1e-12)
        assert each["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892])
        assert each["cellSize"] * each["tileWidth"] == pytest.approx(side_m(zoom))
        assert each["matrixWidth"] == each["matrixHeight"] == 2**zoom
    assert ogc.get("/tileMatrixSets/none").status_code == 404


@pytest.mark.parametrize("of", OF)
def test_conf_tilesets_list_tileset_links(ogc: httpx.Client, of: str) -> None:
    answer = ogc.get(f"{of}/tiles")
    assert answer.headers["content-type"] == "application/json"
    (listed,) = answer.json()["tilesets"]
    assert listed["dataType"] == "vector" and listed["crs"] and listed["tileMatrixSetURI"]
    (own,), (scheme,) = ways(listed, "self"), ways(listed, f"{REL}tiling-scheme")
    assert re.search(rf"{of}/tiles/{GRID}\b", own["href"])
    assert httpx.get(own["href"], headers=JSON).json()["title"] == listed["title"]
    assert httpx.get(scheme["href"], headers=JSON).status_code == 200


def test_conf_dataset_tilesets_landingpage(ogc: httpx.Client) -> None:
    (way,) = ways(ogc.get("/").json(), f"{REL}tilesets-vector")
    assert "tilesets" in httpx.get(way["href"], headers=JSON).json()


def test_conf_dataset_tilesets_operation(ogc: httpx.Client) -> None:
    names = {each["id"] for each in tileset(ogc, "")["layers"]}
    collections = {each["id"] for each in ogc.get("/collections").json()["collections"]}
    assert names < collections and "sites" not in names, "the union would repeat every site"
    assert set(layers_of(httpx.get(tile_address(ogc, "", FULL)).content)) <= names


def test_conf_geodata_tilesets_desc_links(ogc: httpx.Client) -> None:
    for collection in ogc.get("/collections").json()["collections"]:
        for way in ways(collection, f"{REL}tilesets-vector"):
            assert httpx.get(way["href"], headers=JSON).status_code == 200
    assert len(ways(ogc.get("/collections/sites").json(), f"{REL}tilesets-vector")) == 1


def test_conf_geodata_tilesets_operation(ogc: httpx.Client) -> None:
    body = httpx.get(tile_address(ogc, "/collections/stations", FULL)).content
    assert set(layers_of(body)) == {"stations"}


@pytest.mark.parametrize("chosen", ["stations,lakes,watercourses", "watercourses,stations", "lakes"])
def test_conf_collections_selection_collections_query(ogc: httpx.Client, chosen: str) -> None:
    for path in ("/tiles", f"/tiles/{GRID}", f"/tiles/{GRID}/{FULL.z}/{FULL.y}/{FULL.x}"):
        assert ogc.get(path, params={"collections": chosen}).status_code in (200, 406)
        for wrong in ("none", "lakes,lakes", ""):
            assert ogc.get(path, params={"collections": wrong, "f": "mvt"}).status_code == 400


@pytest.mark.parametrize("chosen", ["stations,lakes,watercourses", "watercourses,stations", "lakes"])
def test_conf_collections_selection_collections_response(ogc: httpx.Client, chosen: str) -> None:
    wanted = chosen.split(",")
    assert [each["id"] for each in tileset(ogc, "", collections=chosen)["layers"]] == wanted
    found = list(layers_of(httpx.get(tile_address(ogc, "", FULL, collections=chosen)).content))
    assert found == [each for each in wanted if each in found]
    features = ogc.get(tile_address(ogc, "", FULL, "application/geo+json", collections=chosen)).json()["features"]
    seen = list(dict.fromkeys(each["properties"]["layer"] for each in features))
    assert seen == found


def test_conf_geojson_content_and_conf_mvt_content(ogc: httpx.Client) -> None:
    tile = f"/tiles/{GRID}/{FULL.z}/{FULL.y}/{FULL.x}"
    for accept, form in (("application/geo+json", "geojson"), (MVT, "mvt")):
        answer = ogc.get(tile, headers={"Accept": accept})
        assert (answer.status_code, answer.headers["content-type"]) == (200, accept)
        assert ogc.get(tile, params={"f": form}).content == answer.content
    assert ogc.get(tile, headers={"Accept": "image/png"}).status_code == 406
    assert ogc.get(tile, params={"f": "png"}).status_code == 400


def test_conf_oas30_completeness_and_operation_id(ogc: httpx.Client) -> None:
    document = ogc.get("/api", headers={"Accept": "*/*"}).json()
    ids = {path: each["get"]["operationId"] for path, each in document["paths"].items()}
    tile = "{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
    assert ids["/tiles"] == ".dataset.vector.getTileSetsList"
    assert ids["/tiles/{tileMatrixSetId}"] == ".dataset.vector.getTileSet"
    assert ids[f"/tiles/{tile}"] == ".dataset.vector.getTile"
    assert ids["/collections/{collectionId}/tiles"] == ".collection.vector.getTileSetsList"
    assert ids["/collections/{collectionId}/tiles/{tileMatrixSetId}"] == ".collection.vector.getTileSet"
    assert ids[f"/collections/{{collectionId}}/tiles/{tile}"] == ".collection.vector.getTile"
    assert ids["/tileMatrixSets"] == ".getTileMatrixSetsList"
    assert len(set(ids.values())) == len(ids)


def test_tilejson_of_a_tileset_leads_to_its_tiles(ogc: httpx.Client) -> None:
    told = ogc.get(f"/tiles/{GRID}?f=tilejson&collections=lakes,stations")
    assert told.headers["content-type"] == "application/vnd.mapbox.tile+json"
    assert [each["id"] for each in told.json()["vector_layers"]] == ["lakes", "stations"]
    (template,) = told.json()["tiles"]
    address = template.replace("{z}", str(FULL.z)).replace("{x}", str(FULL.x)).replace("{y}", str(FULL.y))
    assert set(layers_of(httpx.get(address).content)) <= {"lakes", "stations"}


@pytest.mark.parametrize("path", ["/tiles", f"/tiles/{GRID}", "/tileMatrixSets", f"/tileMatrixSets/{GRID}"])
def test_each_resource_has_a_page_that_says_the_same(ogc: httpx.Client, path: str) -> None:
    page = ogc.get(path, headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert GRID in page.text
    assert ogc.head(path).status_code == 200
    assert ogc.get(path, params={"limti": "1"}).status_code == 400


def test_tiles_are_told_as_of_a_snapshot(ogc: httpx.Client) -> None:
    number = ogc.get("/").json()["snapshot"]["number"]
    told = tileset(ogc, "/collections/lakes", **{"as-of": str(number)})
    assert all(f"as-of={number}" in each["href"] for each in ways(told, "item"))
    tile = f"/collections/lakes/tiles/{GRID}/{FULL.z}/{FULL.y}/{FULL.x}"
    assert ogc.get(tile, params={"as-of": number, "f": "mvt"}).content == ogc.get(tile, params={"f": "mvt"}).content
    assert ogc.get(tile, params={"as-of": "99999", "f": "mvt"}).status_code == 404

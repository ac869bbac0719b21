"""OGC API Features Part 1 (17-069r4): its abstract tests, each by its id, against a synthetic place."""

import datetime as dt
import re
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from ogc_place import CRS84, abstract, ids, link
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

LAYERS = ["lakes", "dumps", "stations", "rivers", "sites", "works"]
ITEMS = "/ogc/collections/lakes/items"
RESOURCES = {
    "/ogc/": "Landing",
    "/ogc/conformance": "Conformance",
    "/ogc/collections": "Collections",
    "/ogc/collections/lakes": "Collection",
    ITEMS: "FeatureCollection",
    f"{ITEMS}/mirror": "Feature",
}


@pytest.fixture(scope="module")
def document(ogc: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = ogc.get("/ogc/api").json()
    return found


def valid(document: dict[str, Any], name: str, body: Any) -> None:
    """Holds a body against a schema of the service's own document."""
    schema = {**document["components"]["schemas"][name], "components": document["components"]}
    OAS30Validator(schema).validate(body)


def parameter(document: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (
        each for each in document["paths"]["/collections/lakes/items"]["get"]["parameters"] if each["name"] == name
    )
    return dict(found)


@abstract("/conf/core/http")
def test_it_speaks_http(ogc: TestClient, conf: str) -> None:
    for path in RESOURCES:
        got, head = ogc.get(path), ogc.head(path)
        assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert ogc.request("DELETE", path).status_code == 405


@abstract("/conf/core/root-op")
@pytest.mark.parametrize("path", ["/ogc", "/ogc/"])
def test_the_landing_page_is_there(ogc: TestClient, conf: str, path: str) -> None:
    assert ogc.get(path, headers={"Accept": "application/json"}).status_code == 200


@abstract("/conf/core/root-success")
def test_the_landing_page_leads_to_all_there_is(ogc: TestClient, conf: str, document: dict[str, Any]) -> None:
    body = ogc.get("/ogc/").json()
    valid(document, "Landing", body)
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data", "license"):
        answer = ogc.get(link(body, rel))
        assert answer.status_code == 200
        (told,) = (each["type"] for each in body["links"] if each["rel"] == rel)
        assert answer.headers["content-type"].startswith(told)


@abstract("/conf/core/api-definition-op")
def test_the_definition_is_where_the_landing_page_says(ogc: TestClient, conf: str) -> None:
    landing = ogc.get("/ogc/").json()
    assert ogc.get(link(landing, "service-desc")).status_code == 200
    assert ogc.get(link(landing, "service-doc")).status_code == 200


@abstract(
    "/conf/core/api-definition-success", "/conf/oas30/definition-1", "/conf/oas30/definition-2", "/conf/oas30/oas-impl"
)
def test_the_definition_is_valid_openapi(ogc: TestClient, conf: str) -> None:
    answer = ogc.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert list(OpenAPIV30SpecValidator(answer.json()).iter_errors()) == []
    assert answer.json()["openapi"] == "3.0.3"
    assert [each["url"] for each in answer.json()["servers"]] == ["http://testserver/ogc"]
    assert "://" not in str(_references(answer.json()))


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for each in node for found in _references(each)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for each in node.values() for found in _references(each)]


@abstract("/conf/core/conformance-op", "/conf/core/conformance-success")
def test_the_classes_it_conforms_to_are_listed(ogc: TestClient, conf: str, document: dict[str, Any]) -> None:
    body = ogc.get("/ogc/conformance").json()
    valid(document, "Conformance", body)
    part1 = {
        f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{each}"
        for each in ("core", "geojson", "html", "oas30")
    }
    assert part1 <= set(body["conformsTo"])


def layers(ogc: TestClient) -> list[dict[str, Any]]:
    """The collections of features; the readings are one of another kind."""
    told = ogc.get("/ogc/collections").json()["collections"]
    return [each for each in told if each["itemType"] == "feature"]


@abstract("/conf/core/fc-md-op", "/conf/core/fc-md-success", "/conf/core/fc-md-links")
def test_the_collections_are_listed(ogc: TestClient, conf: str, document: dict[str, Any]) -> None:
    body = ogc.get("/ogc/collections").json()
    valid(document, "Collections", body)
    assert link(body, "self").startswith("http://testserver/ogc/collections?")
    assert ogc.get(link(body, "alternate")).headers["content-type"].startswith("text/html")


@abstract("/conf/core/fc-md-items", "/conf/core/fc-md-items-links")
def test_every_layer_is_a_collection_that_leads_to_its_items(ogc: TestClient, conf: str) -> None:
    told = layers(ogc)
    assert [each["id"] for each in told] == LAYERS
    for each in told:
        assert ids(ogc.get(link(each, "items", "application/geo+json")))
        assert ogc.get(link(each, "items", "text/html")).headers["content-type"].startswith("text/html")


@abstract("/conf/core/fc-md-extent", "/conf/core/fc-md-extent-multi")
def test_the_extent_of_a_collection_holds_its_features(ogc: TestClient, conf: str) -> None:
    extents = {each["id"]: each["extent"] for each in layers(ogc)}
    assert extents["lakes"]["spatial"] == {"bbox": [[20.5, 44.5, 20.9, 44.9]], "crs": CRS84}
    # The pond states no time, and only one lake an end.
    assert extents["lakes"]["temporal"]["interval"] == [[None, None]]
    for name, extent in extents.items():
        box = shapely.box(*extent["spatial"]["bbox"][0])
        for each in ogc.get(f"/ogc/collections/{name}/items").json()["features"]:
            assert each["geometry"] is None or box.covers(shapely.geometry.shape(each["geometry"]))


@abstract("/conf/core/sfc-md-op", "/conf/core/sfc-md-success")
@pytest.mark.parametrize("layer", LAYERS)
def test_a_collection_tells_the_same_as_the_list(
    ogc: TestClient, conf: str, layer: str, document: dict[str, Any]
) -> None:
    body = ogc.get(f"/ogc/collections/{layer}").json()
    valid(document, "Collection", body)
    (listed,) = (each for each in ogc.get("/ogc/collections").json()["collections"] if each["id"] == layer)
    assert {name: body[name] for name in listed if name != "links"} == {
        name: each for name, each in listed.items() if name != "links"
    }


@abstract("/conf/core/fc-op", "/conf/core/fc-response", "/conf/geojson/definition", "/conf/geojson/content")
@pytest.mark.parametrize("layer", LAYERS)
def test_the_items_of_a_collection_are_geojson(
    ogc: TestClient, conf: str, layer: str, document: dict[str, Any]
) -> None:
    answer = ogc.get(f"/ogc/collections/{layer}/items")
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    valid(document, "FeatureCollection", body)
    for each in body["features"]:
        if each["geometry"]:
            shape = shapely.geometry.shape(each["geometry"])
            assert shape.is_valid
            assert not isinstance(shape, shapely.Polygon) or shape.exterior.is_ccw


@abstract("/conf/core/fc-bbox-definition")
def test_bbox_is_declared_as_four_or_six_numbers(conf: str, document: dict[str, Any]) -> None:
    told = parameter(document, "bbox")
    assert (told["in"], told["required"], told["style"], told["explode"]) == ("query", False, "form", False)
    assert told["schema"] == {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}


@abstract("/conf/core/fc-bbox-response")
@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ("20,44,21,45", ["mirror", "puddle", "pond"]),
        ("20.505,44.505,20.6,44.6", ["mirror"]),
        ("20.51,44.4,20.6,44.6", ["mirror"]),
        ("20.7,44.7,20.7,44.7", ["puddle"]),
        ("20,44,0,21,45,100", ["mirror", "puddle", "pond"]),
        ("0,0,1,1", []),
        ("170,44,20.6,45", ["mirror"]),
    ],
)
def test_only_what_meets_the_box_is_found(ogc: TestClient, conf: str, bbox: str, found: list[str]) -> None:
    assert ids(ogc.get(ITEMS, params={"bbox": bbox})) == found


@abstract("/conf/core/fc-limit-definition")
def test_limit_is_declared_with_its_bounds(conf: str, document: dict[str, Any]) -> None:
    told = parameter(document, "limit")
    assert (told["in"], told["required"]) == ("query", False)
    assert told["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}


@abstract("/conf/core/fc-limit-response", "/conf/core/fc-numberReturned", "/conf/core/fc-numberMatched")
@pytest.mark.parametrize(("limit", "returned"), [("1", 1), ("2", 2), ("3", 3), ("1000000000", 3)])
def test_no_more_than_the_limit_come_and_all_are_counted(ogc: TestClient, conf: str, limit: str, returned: int) -> None:
    body = ogc.get(ITEMS, params={"limit": limit}).json()
    assert (len(body["features"]), body["numberReturned"], body["numberMatched"]) == (returned, returned, 3)


@abstract("/conf/core/fc-time-definition")
def test_datetime_is_declared(conf: str, document: dict[str, Any]) -> None:
    told = parameter(document, "datetime")
    assert (told["in"], told["required"], told["schema"]) == ("query", False, {"type": "string"})


@abstract("/conf/core/fc-time-response")
@pytest.mark.parametrize(
    ("datetime", "found"),
    [
        ("1990-01-01", ["mirror", "pond"]),
        ("1989-12-31", ["pond"]),
        ("2005-06-30T23:59:59Z", ["mirror", "puddle", "pond"]),
        ("2005-07-01", ["puddle", "pond"]),
        ("../2001-02-02", ["mirror", "pond"]),
        ("2005-07-01/..", ["puddle", "pond"]),
        ("/1980-01-01", ["pond"]),
        ("2001-02-03/2001-02-03", ["mirror", "puddle", "pond"]),
    ],
)
def test_only_what_shares_a_moment_with_the_time_is_found(
    ogc: TestClient, conf: str, datetime: str, found: list[str]
) -> None:
    # The pond states no time, and is of all time (7.15.4).
    assert ids(ogc.get(ITEMS, params={"datetime": datetime})) == found


@abstract("/conf/core/fc-links")
def test_a_page_links_to_itself_its_twin_and_the_next(ogc: TestClient, conf: str) -> None:
    first = ogc.get(ITEMS, params={"limit": 2, "bbox": "20,44,21,45"}).json()
    assert ids(ogc.get(link(first, "self"))) == ["mirror", "puddle"]
    assert ogc.get(link(first, "alternate")).headers["content-type"].startswith("text/html")
    second = ogc.get(link(first, "next")).json()
    assert [each["id"] for each in second["features"]] == ["pond"]
    assert "next" not in [each["rel"] for each in second["links"]]
    assert ids(ogc.get(link(second, "prev"))) == ["mirror", "puddle"]


@abstract("/conf/core/fc-timeStamp")
def test_a_page_says_when_it_was_made(ogc: TestClient, conf: str) -> None:
    told = dt.datetime.fromisoformat(ogc.get(ITEMS).json()["timeStamp"])
    assert abs(dt.datetime.now(dt.UTC) - told) < dt.timedelta(seconds=30)


@abstract("/conf/core/f-op", "/conf/core/f-success", "/conf/core/f-links")
@pytest.mark.parametrize("layer", LAYERS)
def test_a_feature_is_told_as_on_its_page(ogc: TestClient, conf: str, layer: str, document: dict[str, Any]) -> None:
    for each in ogc.get(f"/ogc/collections/{layer}/items").json()["features"]:
        answer = ogc.get(f"/ogc/collections/{layer}/items/{each['id']}")
        assert answer.headers["content-type"] == "application/geo+json"
        body = answer.json()
        valid(document, "Feature", body)
        assert {name: text for name, text in body.items() if name != "links"} == each
        for rel in ("self", "alternate", "collection", "related"):
            assert ogc.get(link(body, rel)).status_code == 200, rel


@abstract("/conf/core/query-param-invalid")
@pytest.mark.parametrize(
    "name", ["limit", "offset", "bbox", "datetime", "crs", "bbox-crs", "filter-lang", "f", "sortby"]
)
def test_a_parameter_that_makes_no_sense_is_a_problem(ogc: TestClient, conf: str, name: str) -> None:
    answer = ogc.get(ITEMS, params={name: "nonsense", **({"filter": "kind = 'lake'"} if name == "filter-lang" else {})})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert name in answer.json()["detail"]


@abstract("/conf/core/query-param-unknown")
@pytest.mark.parametrize("path", [*RESOURCES, "/ogc/api", "/ogc/api.html", "/ogc/collections/lakes/queryables"])
def test_a_parameter_that_is_not_declared_is_a_problem(ogc: TestClient, conf: str, path: str) -> None:
    assert ogc.get(path, params={"limti": "1"}).status_code == 400


@abstract("/conf/core/crs84")
def test_coordinates_are_longitude_and_latitude(ogc: TestClient, conf: str) -> None:
    assert ogc.get(f"{ITEMS}/puddle").json()["geometry"] == {"type": "Point", "coordinates": [20.7, 44.7]}


@abstract("/conf/html/definition", "/conf/html/content")
@pytest.mark.parametrize("path", [*RESOURCES, "/ogc/api", "/ogc/collections/lakes/schema"])
def test_every_resource_has_a_page(ogc: TestClient, conf: str, path: str, document: dict[str, Any]) -> None:
    answer = ogc.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    # What it says needs no script: those there are come as files, and only set its looks.
    assert "<script>" not in answer.text
    assert "As data" in answer.text
    # A single tile is no page: its tileset has one.
    pages = [each["get"] for path, each in document["paths"].items() if not path.endswith("{tileCol}")]
    declared = [each["responses"]["200"]["content"] for each in pages]
    assert all("text/html" in each for each in declared)


NAMED = {
    "collectionId": "lakes",
    "featureId": "mirror",
    "locationId": "inlet",
    "tileMatrixSetId": "WebMercatorQuad",
    **dict.fromkeys(("tileMatrix", "tileRow", "tileCol"), "0"),
}
COORDS = {"position": "POINT(20.505 44.505)", "area": "POLYGON((20 44,21 44,21 45,20 44))"}


@abstract("/conf/oas30/completeness")
def test_every_address_is_defined(ogc: TestClient, conf: str, document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        address = "/ogc" + re.sub(r"\{(\w+)\}", lambda name: NAMED[name[1]], path)
        coords = COORDS.get(path.rpartition("/")[2])
        answer = ogc.get(address, params={"coords": coords} if coords else {})
        assert answer.status_code == 200
        assert (
            answer.headers["content-type"].partition("; charset")[0] in operations["get"]["responses"]["200"]["content"]
        )


@abstract("/conf/oas30/exception-codes")
def test_every_problem_is_defined(conf: str, document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        told = operations["get"]["responses"]
        assert {"400", "404", "406", "500", "503"} <= set(told)
        assert all("application/problem+json" in each["content"] for code, each in told.items() if code != "200")


@abstract("/conf/oas30/security")
def test_what_anybody_may_read_asks_for_no_key(ogc: TestClient, conf: str, document: dict[str, Any]) -> None:
    assert "security" not in document
    assert all("security" not in each["get"] for each in document["paths"].values())

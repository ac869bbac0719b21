"""OGC API Features Parts 3 (19-079r2) and 5 (23-058r2): their abstract tests by their ids; columns as parameters.

What the filters themselves find is tested with them; here it is how a request asks for one.
"""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from ogc_place import EPSG, REL, abstract, ids, link

from mendmap.units import parsed

LAYERS = ["lakes", "dumps", "stations", "rivers", "sites", "works"]
ITEMS = "/ogc/collections/lakes/items"
ACCEPT = {"Accept": "application/schema+json"}
ROOT = "http://testserver/ogc"


def schema(ogc: TestClient, layer: str, of: str) -> dict[str, Any]:
    answer = ogc.get(f"/ogc/collections/{layer}/{of}", headers=ACCEPT)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
    found: dict[str, Any] = answer.json()
    return found


@abstract(
    "/conf/queryables/get-conformance",
    "/conf/queryables-query-parameters/get-conformance",
    "/conf/filter/get-conformance",
    "/conf/features-filter/get-conformance",
    "/conf/schemas/get-conformance",
    "/conf/returnables-and-receivables/get-conformance",
    "/conf/sortables/get-conformance",
)
def test_the_class_is_listed(ogc: TestClient, conf: str) -> None:
    name = conf.split("/")[2]
    held = {each.rpartition("/")[2] for each in ogc.get("/ogc/conformance").json()["conformsTo"]}
    assert name in held


@abstract("/conf/filter/get-collections")
def test_the_collections_can_be_listed(ogc: TestClient, conf: str) -> None:
    assert [each["id"] for each in ogc.get("/ogc/collections").json()["collections"]] == [*LAYERS, "readings"]


@abstract("/conf/filter/get-queryables", "/conf/schemas/basic-schema-inspection", "/conf/sortables/op-and-response")
@pytest.mark.parametrize("of", ["queryables", "sortables", "schema"])
@pytest.mark.parametrize("layer", LAYERS)
def test_columns_are_a_json_schema(ogc: TestClient, conf: str, of: str, layer: str) -> None:
    body = schema(ogc, layer, of)
    Draft202012Validator.check_schema(body)
    assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert body["$id"] == f"{ROOT}/collections/{layer}/{of}"
    assert body["type"] == "object"
    assert body["properties"]
    for each in body["properties"].values():
        assert "type" in each or each["format"].startswith("geometry-")
    assert ("geometry" in body["properties"]) == (of != "sortables")


@abstract("/conf/filter/get-collection", "/conf/returnables-and-receivables/link", "/conf/sortables/link")
@pytest.mark.parametrize("of", ["queryables", "sortables", "schema"])
def test_a_collection_links_to_its_columns(ogc: TestClient, conf: str, of: str) -> None:
    for layer in LAYERS:
        assert link(ogc.get(f"/ogc/collections/{layer}").json(), f"{REL}{of}") == f"{ROOT}/collections/{layer}/{of}"


@abstract("/conf/schemas/role", "/conf/schemas/role-id", "/conf/schemas/property-seq", "/conf/schemas/unit")
@pytest.mark.parametrize("layer", LAYERS)
def test_a_schema_tells_roles_order_and_units(ogc: TestClient, conf: str, layer: str) -> None:
    told = schema(ogc, layer, "schema")["properties"]
    assert [name for name, each in told.items() if each.get("x-ogc-role") == "id"] == ["id"]
    assert [name for name, each in told.items() if each.get("x-ogc-role") == "primary-geometry"] == ["geometry"]
    assert [each["x-ogc-propertySeq"] for each in told.values()] == list(range(1, len(told) + 1))
    units = {name: each["x-ogc-unit"] for name, each in told.items() if "x-ogc-unit" in each}
    assert units["accuracy_m"] == "m"
    for name, unit in units.items():
        assert told[name]["type"] in ("number", "integer")
        parsed(unit)


@abstract("/conf/returnables-and-receivables/op-and-response")
@pytest.mark.parametrize("layer", LAYERS)
def test_features_have_the_properties_of_the_schema_and_no_others(ogc: TestClient, conf: str, layer: str) -> None:
    told = schema(ogc, layer, "schema")["properties"]
    types = {"string": str, "number": (int, float), "integer": int, "array": list}
    for each in ogc.get(f"/ogc/collections/{layer}/items").json()["features"]:
        assert [*each["properties"], "geometry"] == list(told)
        for name, value in each["properties"].items():
            assert value is None or isinstance(value, types[told[name]["type"]]), name
            assert value is None or value in told[name].get("enum", [value]), name


@abstract("/conf/filter/filter-param", "/conf/filter/filter-lang-default", "/conf/features-filter/filter-param")
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("language", [{}, {"filter-lang": "cql2-text"}])
def test_a_filter_holds_of_all_that_is_found(ogc: TestClient, conf: str, layer: str, language: dict[str, str]) -> None:
    at = f"/ogc/collections/{layer}/items"
    whole = ogc.get(at).json()["features"]
    for name in schema(ogc, layer, "queryables")["properties"]:
        found = ogc.get(at, params={"filter": f'"{name}" IS NULL', **language})
        blank = [each["id"] for each in whole if {**each["properties"], "geometry": each["geometry"]}[name] is None]
        assert ids(found) == blank
        assert found.json()["numberMatched"] == len(blank)
    assert ogc.get(at, params={"filter": "THIS IS NOT A FILTER", **language}).status_code == 400


@abstract("/conf/filter/filter-param")
def test_a_filter_may_be_json(ogc: TestClient, conf: str) -> None:
    asked = {"op": "<", "args": [{"property": "accuracy_m"}, 10]}
    given = {"filter": json.dumps(asked), "filter-lang": "cql2-json"}
    assert ids(ogc.get(ITEMS, params=given)) == ["pond"]
    assert ogc.get(ITEMS, params={**given, "filter-lang": "cql2-text"}).status_code == 400
    assert "filter-lang" in ogc.get(ITEMS, params={**given, "filter-lang": "sql"}).json()["detail"]


@abstract("/conf/filter/expression-construction")
def test_what_is_no_queryable_is_refused(ogc: TestClient, conf: str) -> None:
    answer = ogc.get(ITEMS, params={"filter": "this_is_not_a_queryable IS NULL"})
    assert answer.status_code == 400
    assert "this_is_not_a_queryable" in answer.json()["detail"]


@abstract("/conf/filter/filter-crs-wgs84")
def test_shapes_in_a_filter_are_of_longitude_and_latitude(ogc: TestClient, conf: str) -> None:
    assert ids(ogc.get(ITEMS, params={"filter": "S_INTERSECTS(geometry, BBOX(20.4, 44.4, 20.6, 44.6))"})) == ["mirror"]
    far = ogc.get(ITEMS, params={"filter": "S_INTERSECTS(geometry, BBOX(1000000, 1000000, 2000000, 2000000))"})
    assert far.status_code == 400


@abstract("/conf/filter/filter-crs-param")
def test_shapes_in_a_filter_have_the_axes_of_their_system(ogc: TestClient, conf: str) -> None:
    given = {"filter": "S_INTERSECTS(geometry, BBOX(44.4, 20.4, 44.6, 20.6))", "filter-crs": f"{EPSG}4326"}
    assert ids(ogc.get(ITEMS, params=given)) == ["mirror"]
    assert ids(ogc.get(ITEMS, params={**given, "note": '<b>"x"</b>'})) == []


@abstract("/conf/queryables-query-parameters/parameters")
@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"id": "puddle"}, ["puddle"]),
        ({"accuracy_m": "5"}, ["pond"]),
        ({"accuracy_m": "5.0", "kind": "lake"}, ["pond"]),
        ({"basis": "estimated"}, []),
        ({"note": '<b>"x"</b>'}, ["pond"]),
        ({"valid_from": "1990"}, ["mirror"]),
        ({"valid_to": "2005-06"}, ["mirror"]),
        ({"valid_from": "2001-02-03"}, ["puddle"]),
        ({"kind": "lake", "filter": "accuracy_m > 5", "bbox": "20.6,44,21,45"}, ["puddle"]),
        (
            {"kind": "lake", "filter": '{"op":"<","args":[{"property":"accuracy_m"},9]}', "filter-lang": "cql2-json"},
            ["pond"],
        ),
    ],
)
def test_columns_are_parameters(ogc: TestClient, conf: str, given: dict[str, str], found: list[str]) -> None:
    assert ids(ogc.get(ITEMS, params=given)) == found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("accuracy_m", "far"),
        ("valid_from", "soon"),
        ("works", "liming"),
        ("kind", "dump"),
        ("basis", ""),
        ("accuracy_m", ""),
        ("geometry", "x"),
    ],
)
def test_a_column_that_cannot_be_so_is_a_problem(ogc: TestClient, name: str, text: str) -> None:
    answer = ogc.get(ITEMS, params={name: text})
    assert answer.status_code == 400
    assert name in answer.json()["detail"]


@abstract("/conf/sortables/sortby")
@pytest.mark.parametrize(
    ("sortby", "found"),
    [
        ("accuracy_m", ["pond", "mirror", "puddle"]),
        ("-accuracy_m", ["puddle", "mirror", "pond"]),
        ("+id", ["mirror", "pond", "puddle"]),
        ("kind,-id", ["puddle", "pond", "mirror"]),
        ("valid_from", ["mirror", "puddle", "pond"]),
    ],
)
def test_features_are_sorted_and_pages_follow_the_order(
    ogc: TestClient, conf: str, sortby: str, found: list[str]
) -> None:
    assert ids(ogc.get(ITEMS, params={"sortby": sortby})) == found
    first = ogc.get(ITEMS, params={"sortby": sortby, "limit": 2}).json()
    assert ids(ogc.get(link(first, "next"))) == found[2:]


def test_only_the_properties_asked_for_are_told(ogc: TestClient) -> None:
    for path in (ITEMS, f"{ITEMS}/mirror"):
        body = ogc.get(path, params={"properties": "kind,accuracy_m"}).json()
        assert body.get("features", [body])[0]["properties"] == {"kind": "lake", "accuracy_m": 10}
        assert ogc.get(path, params={"properties": "nonsense"}).status_code == 400

"""The OGC APIs as a service: steady pages, forms, pages for people, bad input, and the whole document by machine."""

import html
import re
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from conftest import times
from fastapi.testclient import TestClient
from ogc_place import ids, link, service, synthetic
from openapi_spec_validator import OpenAPIV31SpecValidator
from place import feature, point
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.web.ogc.downgrade import schema

ITEMS = "/ogc/collections/lakes/items"


def test_a_load_between_two_pages_changes_nothing(tmp_path: Path) -> None:
    place, lake = synthetic(tmp_path / "place"), tmp_path / "lake"
    with service(place, lake, poll_seconds=0.05) as client:
        whole = client.get(ITEMS).json()["features"]
        first = client.get(ITEMS, params={"limit": 1}).json()
        mirror, puddle, _pond = place.layers["lakes"]["features"]
        puddle["properties"]["note"] = "redrawn"
        place.layers["lakes"]["features"] = [feature("new", "lake", point(20.1, 44.1)), puddle, mirror]
        write(check(place.write(), 100), str(lake), place.folder)
        while client.get(ITEMS).json()["snapshot"]["number"] == 1:
            pass
        assert set(ids(client.get(ITEMS))) == {"new", "puddle", "mirror"}
        pages, body = [first], first
        while any(each["rel"] == "next" for each in body["links"]):
            body = client.get(link(body, "next")).json()
            pages.append(body)
        assert [each for page in pages for each in page["features"]] == whole
        assert {page["numberMatched"] for page in pages} == {3}
        assert {page["snapshot"]["number"] for page in pages} == {1}
        # Made anew from the lake, where nobody was told of a further page, it is the same.
        assert client.get(ITEMS, params={"as-of": "1"}).json()["features"] == whole


@pytest.mark.parametrize("as_of", ["99", "1-000000000000", "soon", "1999-01-01"])
def test_a_page_of_a_snapshot_that_is_not_there_is_a_problem(ogc: TestClient, as_of: str) -> None:
    answer = ogc.get(ITEMS, params={"as-of": as_of, "offset": "1"})
    assert answer.status_code == (400 if as_of == "soon" else 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/geo+json"),
        ("", "application/geo+json"),
        ("application/json", "application/geo+json"),
        ("application/*;q=0.5, text/html;q=0.4", "application/geo+json"),
        ("text/html", "text/html; charset=utf-8"),
        ("text/html;q=0.2, application/geo+json;q=0.1", "text/html; charset=utf-8"),
        ("text/*;q=0.3, */*;q=0.2", "text/html; charset=utf-8"),
        ("application/geo+json;q=0, */*", "text/html; charset=utf-8"),
        ("application/xml, */*;q=0.1", "application/geo+json"),
    ],
)
def test_the_form_is_what_the_reader_likes_best(ogc: TestClient, accept: str, media: str) -> None:
    answer = ogc.get(ITEMS, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert "Accept" in answer.headers["vary"].split(", ")


@pytest.mark.parametrize("accept", ["application/xml", "image/*", "text/html;q=0", "*/*;q=0", "text/html;q=9"])
def test_no_form_that_the_reader_takes_is_a_problem(ogc: TestClient, accept: str) -> None:
    assert ogc.get(ITEMS, headers={"Accept": accept}).status_code == 406
    assert ogc.get(ITEMS, params={"f": "html"}, headers={"Accept": accept}).status_code == 200


def test_a_reader_who_has_a_page_already_is_told_so(ogc: TestClient) -> None:
    for path in ("/ogc/", "/ogc/api", "/ogc/collections", ITEMS, f"{ITEMS}/mirror", f"{ITEMS}?f=html"):
        first = ogc.get(path)
        again = ogc.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert first.headers["mendmap-snapshot"].startswith("1-")
    tags = {ogc.get(ITEMS, params=given).headers["etag"] for given in ({}, {"limit": 1}, {"crs": "EPSG:3857"})}
    assert len(tags) == 3


def test_the_page_of_features_has_a_form_that_works_and_leads_on(ogc: TestClient) -> None:
    page = ogc.get(ITEMS, params={"f": "html", "limit": "2"}).text
    named = re.findall(r'<(?:input|select) [^>]*name="([^"]+)"', page)
    assert {"kind", "bbox", "datetime", "filter", "sortby", "as-of", "limit", "f"} == set(named)
    blank = dict.fromkeys(named, "") | {"f": "html", "limit": "2"}
    assert re.findall(r'items/(\w+)">', ogc.get(ITEMS, params=blank).text) == ["mirror", "puddle"]
    (following,) = re.findall(r'<a rel="next" href="([^"]+)"', page)[:1]
    text = ogc.get(html.unescape(following)).text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


def test_the_page_of_a_feature_leads_to_its_works_and_readings(ogc: TestClient) -> None:
    page = ogc.get(f"{ITEMS}/mirror", params={"f": "html"}).text
    assert 'href="/sites/mirror"' in page
    assert "No position is known" in ogc.get("/ogc/collections/stations/items/ghost", params={"f": "html"}).text


@pytest.mark.parametrize(
    "given",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "1e9"},
        {"limit": "abc"},
        {"limit": ""},
        {"limit": "٣"},
        {"offset": "-1"},
        {"bbox": "nan,0,1,1"},
        {"bbox": "0,1,1,0"},
        {"bbox": "1,2,3"},
        {"bbox": "1_0,2,30,40"},
        {"bbox": "0,0,0,1,1"},
        {"bbox": "a,b,c,d"},
        {"bbox": "0,0,1e999,1"},
        {"datetime": "2021-13-01"},
        {"datetime": "2021/2020"},
        {"datetime": "//"},
        {"crs": "'; DROP TABLE features"},
        {"filter": "(" * 1000},
        {"filter": "kind = 'a' OR"},
        {"filter": "system('x') = 1"},
        {"sortby": "stations"},
        {"properties": "../id"},
        {"f": "xml"},
    ],
)
def test_bad_input_is_a_problem(ogc: TestClient, given: dict[str, str]) -> None:
    answer = ogc.get(ITEMS, params=given)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/ogc/collections/..%2Flakes/items", "/ogc/collections/x", f"{ITEMS}/x", "/ogc/x"])
def test_what_is_not_there_is_a_problem(ogc: TestClient, path: str) -> None:
    answer = ogc.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_no_page_is_larger_than_the_setting_allows(tmp_path: Path) -> None:
    with service(synthetic(tmp_path / "place"), tmp_path / "lake", max_items=2) as client:
        body = client.get(ITEMS, params={"limit": "1000"}).json()
        assert (body["numberReturned"], body["numberMatched"]) == (2, 3)
        assert ids(client.get(link(body, "next"))) == ["pond"]
    assert Settings().max_items == 10_000


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "nullable": True}),
        ({"const": 1}, {"enum": [1]}),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"$ref": "#/x", "description": "y"}, {"description": "y", "allOf": [{"$ref": "#/x"}]}),
        ({"properties": {"const": {"const": 2}}}, {"properties": {"const": {"enum": [2]}}}),
        ({"prefixItems": [{"type": "string"}], "type": "array"}, {"type": "array", "items": {}}),
    ],
)
def test_what_3_1_says_is_said_in_the_words_of_3_0(given: dict[str, Any], made: dict[str, Any]) -> None:
    assert schema(given) == made


def test_the_document_of_the_whole_app_is_valid_too(ogc: TestClient) -> None:
    document = ogc.get("/openapi.json").json()
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []
    assert {"/sites.json", "/ogc/collections/{collectionId}/items"} <= set(document["paths"])
    names = [each["operationId"] for operations in document["paths"].values() for each in operations.values()]
    assert len(names) == len(set(names))


def every_operation(document: dict[str, Any], mode: GenerationMode, examples: int, holds: Any) -> int:
    """Makes requests of every operation of a document, good or bad in form, and holds each; how many there were."""
    count = 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if operation.method.upper() != "GET" or (mode == GenerationMode.NEGATIVE and not operation.query):
            continue
        quiet = list(hypothesis.HealthCheck)

        @hypothesis.settings(max_examples=examples, suppress_health_check=quiet)
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def each(case: schemathesis.Case) -> None:
            nonlocal count
            count += 1
            holds(case)

        each()
    return count


def sent(ogc: TestClient, case: schemathesis.Case, address: str) -> Any:
    """The answer to a request; the service knows no cookies."""
    asked = case.as_transport_kwargs(base_url=address)
    return ogc.request(**{name: each for name, each in asked.items() if name != "cookies"})


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_every_answer_is_one_that_the_document_tells(ogc: TestClient, mode: GenerationMode) -> None:
    document = ogc.get("/ogc/api").json()

    def holds(case: schemathesis.Case) -> None:
        answer = sent(ogc, case, "http://testserver/ogc")
        # Whether a box, a time, or a filter makes sense, no schema can tell: so one of good form may be refused.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    assert every_operation(document, mode, times(6, 300), holds) > 30


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_nothing_that_can_be_asked_breaks_the_service(ogc: TestClient, mode: GenerationMode) -> None:
    document = ogc.get("/openapi.json").json()

    def holds(case: schemathesis.Case) -> None:
        answer = sent(ogc, case, "http://testserver")
        case.validate_response(answer, checks=[not_a_server_error])

    assert every_operation(document, mode, times(3, 100), holds) > 30

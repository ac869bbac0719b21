"""OGC API EDR over the readings: what is handed out is what the downloads hold, and a non-detect is never a number.

The place is synthetic, and the same as in the other tests of the OGC APIs.
"""

import csv
import io
import json
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from ogc_place import CRS84, service, synthetic

from mendmap.errors import GeodataError
from mendmap.load.check import check

AT = "/ogc/collections/readings"
COVERAGE = "application/prs.coverage+json"
INLET = "POINT(20.505 44.505)"
EVERYWHERE = "POLYGON((20 44,21 44,21 45,20 45,20 44))"


def coverages(answer: Any) -> dict[str, Any]:
    """The coverages of an answer by their series, after checking what CoverageJSON asks of each."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == COVERAGE
    body = answer.json()
    assert body["type"] == "CoverageCollection"
    for each in body["coverages"]:
        axes, ranges = each["domain"]["axes"], each["ranges"]
        assert each["domain"]["domainType"] == "PointSeries"
        assert set(axes) == {"x", "y", "t"}
        assert axes["t"]["values"] == sorted(axes["t"]["values"])
        assert len(axes["t"]["bounds"]) == 2 * len(axes["t"]["values"])
        assert set(ranges) <= set(body["parameters"])
        for name, values in ranges.items():
            assert values["shape"] == [len(values["values"])] == [len(axes["t"]["values"])]
            if values["dataType"] == "integer":
                assert set(values["values"]) <= set(body["parameters"][name]["categoryEncoding"].values())
    return {each["id"]: each for each in body["coverages"]}


def words(answer: Any, series: str, end: str) -> list[str]:
    """A range of words, read by its parameter."""
    name = f"{series.split('.')[1]}{end}"
    encoding = {number: word for word, number in answer.json()["parameters"][name]["categoryEncoding"].items()}
    return [encoding[each] for each in coverages(answer)[series]["ranges"][name]["values"]]


def test_the_collection_says_how_it_is_queried(ogc: TestClient) -> None:
    told = ogc.get(AT).json()
    assert set(told["data_queries"]) == {"locations", "position", "area"}
    assert told["parameter_names"]["cu"]["unit"] == {
        "label": {"en": "ug/L"},
        "symbol": {"value": "ug/L", "type": "http://www.opengis.net/def/uom/UCUM/"},
    }
    assert told["extent"]["temporal"]["interval"][0][0].startswith("2020-01-01")
    listed = {each["id"]: each for each in ogc.get("/ogc/collections").json()["collections"]}
    assert listed["readings"]["data_queries"] == told["data_queries"]
    assert "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/core" in ogc.get("/ogc/conformance").json()["conformsTo"]


def test_locations_are_the_stations_that_have_readings(ogc: TestClient) -> None:
    found = {each["id"]: each for each in ogc.get(f"{AT}/locations").json()["features"]}
    assert set(found) == {"inlet", "chimney", "ghost"}
    assert found["ghost"]["geometry"] is None, "nobody knows where it is"
    assert found["inlet"]["properties"]["parameter-name"] == ["cu"]
    inside = ogc.get(f"{AT}/locations", params={"bbox": "20.8,44.79,20.81,44.81"}).json()["features"]
    assert [each["id"] for each in inside] == ["chimney"]
    early = ogc.get(f"{AT}/locations", params={"datetime": "../2020-02-01"}).json()["features"]
    assert [each["id"] for each in early] == ["ghost"]


def test_a_non_detect_has_a_bound_and_a_word_and_no_value(ogc: TestClient) -> None:
    answer = ogc.get(f"{AT}/locations/inlet")
    series = coverages(answer)["inlet.cu.sample"]
    assert series["ranges"]["cu"]["values"] == [None, 120.0]
    assert series["ranges"]["cu_bound"]["values"] == [500.0, None], "0.5 mg/L, in the canonical unit"
    assert words(answer, "inlet.cu.sample", "_qualifier") == ["<", "="]
    assert words(answer, "inlet.cu.sample", "_quality") == ["valid", "valid"]
    assert series["domain"]["axes"]["t"]["values"] == ["2020-05-01T08:00:00Z", "2021-05-01T08:00:00Z"]
    assert (series["domain"]["axes"]["x"]["values"], series["domain"]["axes"]["y"]["values"]) == ([20.505], [44.505])


def test_what_is_missing_is_null_and_says_so(ogc: TestClient) -> None:
    answer = ogc.get(f"{AT}/locations/chimney")
    series = coverages(answer)["chimney.so2.1h"]
    assert series["ranges"]["so2"]["values"] == [10.0, None]
    assert words(answer, "chimney.so2.1h", "_quality") == ["preliminary", "missing"]
    assert "so2_bound" not in series["ranges"]
    assert series["averaging"] == "1h"


@pytest.mark.parametrize("form", ["GeoJSON", "CSV"])
def test_the_other_forms_hold_the_rows_of_the_download(ogc: TestClient, form: str) -> None:
    answer = ogc.get(f"{AT}/locations/inlet", params={"f": form})
    wanted = list(csv.DictReader(io.StringIO(ogc.get("/downloads/readings.csv?station=inlet").text)))
    if form == "CSV":
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert [(row.pop("x"), row.pop("y")) for row in rows] == [("20.505", "44.505")] * 2
        assert rows == wanted
        return
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    assert answer.json()["count"] == len(features) == 2
    assert [each["properties"]["qualifier"] or "" for each in features] == [row["qualifier"] for row in wanted]
    assert features[0]["properties"]["value"] == 0.5 and features[0]["properties"]["unit"] == "mg/L"
    assert features[0]["geometry"] == {"type": "Point", "coordinates": [20.505, 44.505]}
    assert {"datetime", "parameter-name", "label", "edrqueryendpoint"} <= set(features[0]["properties"])


def test_a_station_without_a_position_is_told_without_one_or_refused(ogc: TestClient) -> None:
    refused = ogc.get(f"{AT}/locations/ghost")
    assert refused.status_code == 400 and "ghost is neither; ask for CSV" in refused.json()["detail"]
    (feature,) = ogc.get(f"{AT}/locations/ghost?f=GeoJSON").json()["features"]
    assert feature["geometry"] is None
    (row,) = csv.DictReader(io.StringIO(ogc.get(f"{AT}/locations/ghost?f=CSV").text))
    assert (row["x"], row["y"], row["value"]) == ("", "", "400")


def test_a_position_is_a_station_within_its_accuracy_and_nothing_between(ogc: TestClient) -> None:
    assert set(coverages(ogc.get(f"{AT}/position", params={"coords": INLET}))) == {"inlet.cu.sample"}
    near = ogc.get(f"{AT}/position", params={"coords": "POINT(20.50510 44.505)"})
    assert set(coverages(near)) == {"inlet.cu.sample"}, "8 m away, of an accuracy of 10 m"
    both = ogc.get(f"{AT}/position", params={"coords": "MULTIPOINT((20.505 44.505),(20.805 44.8))"})
    assert set(coverages(both)) == {"inlet.cu.sample", "chimney.so2.1h"}
    far = ogc.get(f"{AT}/position", params={"coords": "POINT(20.506 44.505)"})
    assert far.status_code == 404
    assert "the nearest, inlet, is 80 m away" in far.json()["detail"]


def test_an_area_has_the_stations_that_stand_in_it(ogc: TestClient) -> None:
    assert set(coverages(ogc.get(f"{AT}/area", params={"coords": EVERYWHERE}))) == {"inlet.cu.sample", "chimney.so2.1h"}
    empty = ogc.get(f"{AT}/area", params={"coords": "POLYGON((0 0,1 0,1 1,0 0))"})
    assert coverages(empty) == {} and empty.json()["count"] == 0
    some = ogc.get(
        f"{AT}/area", params={"coords": EVERYWHERE, "parameter-name": "so2", "datetime": "2021-01-01T01:00Z"}
    )
    assert coverages(some)["chimney.so2.1h"]["ranges"]["so2"]["values"] == [None]


def test_coordinates_have_the_order_of_their_system(ogc: TestClient) -> None:
    lonlat = coverages(ogc.get(f"{AT}/position", params={"coords": INLET, "crs": CRS84}))
    answer = ogc.get(f"{AT}/position", params={"coords": "POINT(44.505 20.505)", "crs": "EPSG:4326"})
    assert coverages(answer).keys() == lonlat.keys()
    assert answer.json()["referencing"][0] == {
        "coordinates": ["y", "x"],
        "system": {"type": "GeographicCRS", "id": "http://www.opengis.net/def/crs/EPSG/0/4326"},
    }
    assert answer.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/EPSG/0/4326>"
    axes = coverages(ogc.get(f"{AT}/locations/inlet", params={"crs": "EPSG:32634"}))["inlet.cu.sample"]["domain"][
        "axes"
    ]
    (x,), (y,) = axes["x"]["values"], axes["y"]["values"]
    back = ogc.get(f"{AT}/position", params={"coords": f"POINT({x} {y})", "crs": "EPSG:32634"})
    assert coverages(back).keys() == lonlat.keys()
    (feature, _) = ogc.get(f"{AT}/locations/inlet", params={"crs": "EPSG:4326", "f": "GeoJSON"}).json()["features"]
    assert feature["geometry"]["coordinates"] == [44.505, 20.505]


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("position", {}, 400),
        ("position", {"coords": "POINT(nan 44)"}, 400),
        ("position", {"coords": "POINT EMPTY"}, 400),
        ("position", {"coords": "POINT(200 44)"}, 400),
        ("position", {"coords": EVERYWHERE}, 400),
        ("position", {"coords": "POINT(" * 500}, 400),
        ("area", {"coords": INLET}, 400),
        ("area", {"coords": "POLYGON((0 0,1 1,1 0,0 1,0 0))"}, 400),
        ("area", {"coords": "GEOMETRYCOLLECTION(POINT(1 1))"}, 400),
        ("area", {"coords": EVERYWHERE, "crs": "EPSG:2"}, 400),
        ("area", {"coords": EVERYWHERE, "datetime": "yesterday"}, 400),
        ("area", {"coords": EVERYWHERE, "parameter-name": "none"}, 400),
        ("area", {"coords": EVERYWHERE, "f": "NetCDF"}, 400),
        ("area", {"coords": EVERYWHERE, "z": "1"}, 400),
        ("locations/none", {}, 404),
        ("locations", {"bbox": "1,2,3"}, 400),
        ("cube", {}, 404),
    ],
)
def test_what_is_not_understood_is_a_problem_document(
    ogc: TestClient, path: str, query: dict[str, str], status: int
) -> None:
    answer = ogc.get(f"{AT}/{path}", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_more_readings_than_one_answer_has_are_refused(tmp_path: Path) -> None:
    with service(synthetic(tmp_path / "place"), tmp_path / "lake", max_download_rows=2) as client:
        answer = client.get(f"{AT}/area", params={"coords": EVERYWHERE})
        assert answer.status_code == 400 and "at most 2" in answer.json()["detail"]
        assert client.get(f"{AT}/locations/inlet").status_code == 200


@pytest.mark.parametrize("path", ["", "/locations", "/locations/inlet", f"/area?coords={EVERYWHERE}"])
def test_each_has_a_page_that_leads_to_those_of_the_stations(ogc: TestClient, path: str) -> None:
    page = ogc.get(f"{AT}{path}", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert ("/stations/inlet" in page.text) == (path != "")
    assert ogc.head(f"{AT}{path}").status_code == 200


def test_an_answer_is_kept_by_its_etag_and_told_as_of_a_snapshot(ogc: TestClient) -> None:
    first = ogc.get(f"{AT}/locations/inlet")
    again = ogc.get(f"{AT}/locations/inlet", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    number = first.json()["snapshot"]["number"]
    then = ogc.get(f"{AT}/locations/inlet", params={"as-of": str(number)})
    assert then.json()["coverages"] == first.json()["coverages"]
    assert ogc.get(f"{AT}/locations/inlet", params={"as-of": "999"}).status_code == 404


def test_the_flagships_readings_are_all_there(bor_url: str) -> None:
    with httpx.Client(base_url=bor_url) as client:
        total = sum(each["properties"]["readings"] for each in client.get(f"{AT}/locations").json()["features"])
        rows = list(csv.DictReader(io.StringIO(client.get("/downloads/readings.csv").text)))
        assert total == len(rows)
        box = "POLYGON((21 43,23 43,23 45,21 45,21 43))"
        found = client.get(f"{AT}/area", params={"coords": box, "f": "GeoJSON"}).json()
        placed = {each["id"] for each in client.get(f"{AT}/locations").json()["features"] if each["geometry"]}
        assert found["count"] == sum(row["station"] in placed for row in rows)
        values = [
            value
            for each in client.get(f"{AT}/area", params={"coords": box}).json()["coverages"]
            for value in each["ranges"][each["id"].split(".")[1]]["values"]
        ]
        told = [
            float(row["canonical_value"]) if row["canonical_value"] else None
            for row in rows
            if row["station"] in placed
        ]
        assert sorted(map(json.dumps, values)) == sorted(map(json.dumps, told))


def test_no_layer_may_be_called_as_the_readings_are(tmp_path: Path) -> None:
    place = synthetic(tmp_path / "place")
    place.layers["readings"] = place.layers.pop("rivers")
    with pytest.raises(GeodataError, match="'readings' is no layer for the service"):
        check(place.write(), 100)

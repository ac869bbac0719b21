"""OGC API Features Part 2 (18-058r1): its abstract tests, each by its id. pyproj and shapely say where things lie."""

from typing import Any

import pyproj
import pytest
from fastapi.testclient import TestClient
from ogc_place import CRS84, EPSG, PROJECTIONS, abstract, ids

ITEMS = "/ogc/collections/lakes/items"
ALL = [CRS84, f"{EPSG}4326", f"{EPSG}3857", *(f"{EPSG}{each.partition(':')[2]}" for each in PROJECTIONS)]
# Those whose authority puts latitude or northing first, as the register of EPSG says.
SWAPPED = {f"{EPSG}4326", f"{EPSG}3909"}
PUDDLE = (20.7, 44.7)
UNKNOWN = "http://www.opengis.net/def/crs/EPSG/0/27700"


def there(uri: str) -> tuple[float, float]:
    """Where the puddle lies in a system, in its official order of axes, as pyproj without any flag of ours tells."""
    return turned(uri, always_xy=False)


def straight(uri: str) -> tuple[float, float]:
    """The same with the easting, or longitude, first."""
    return turned(uri, always_xy=True)


def turned(uri: str, always_xy: bool) -> tuple[float, float]:
    code = "OGC:CRS84" if uri == CRS84 else f"EPSG:{uri.rpartition('/')[2]}"
    x, y = pyproj.Transformer.from_crs("OGC:CRS84", code, always_xy=always_xy).transform(*PUDDLE)
    return float(x), float(y)


def close(found: list[float], expected: tuple[float, float], uri: str) -> bool:
    return found == pytest.approx(expected, abs=1e-6 if uri in (CRS84, f"{EPSG}4326") else 1e-2)


@abstract("/conf/crs/crs-uri")
def test_systems_are_named_by_their_addresses(ogc: TestClient, conf: str) -> None:
    body = ogc.get("/ogc/collections").json()
    assert body["crs"] == ALL
    for each in body["collections"]:
        assert each["crs"] == ALL
        assert ogc.get(f"/ogc/collections/{each['id']}").json()["crs"] == ALL


@abstract("/conf/crs/default-crs", "/conf/crs/crs-parameter-default")
def test_without_a_system_it_is_longitude_and_latitude(ogc: TestClient, conf: str) -> None:
    answer = ogc.get(ITEMS)
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    assert answer.json()["features"] == ogc.get(ITEMS, params={"crs": CRS84}).json()["features"]
    assert ogc.get("/ogc/collections/lakes").json()["crs"][0] == CRS84


@abstract("/conf/crs/storageCrs")
def test_the_system_of_storage_is_one_of_those_listed(ogc: TestClient, conf: str) -> None:
    for each in ogc.get("/ogc/collections").json()["collections"]:
        assert each["storageCrs"] in each["crs"]


@abstract("/conf/crs/crs-parameter", "/conf/crs/crs-transform")
@pytest.mark.parametrize("uri", ALL)
@pytest.mark.parametrize("path", [ITEMS, f"{ITEMS}/puddle"])
def test_features_come_in_every_system_with_its_order_of_axes(ogc: TestClient, conf: str, uri: str, path: str) -> None:
    answer = ogc.get(path, params={"crs": uri})
    assert answer.headers["content-crs"] == f"<{uri}>"
    body: dict[str, Any] = answer.json()
    (found,) = (each for each in body.get("features", [body]) if each["id"] == "puddle")
    assert close(found["geometry"]["coordinates"], there(uri), uri)
    assert (there(uri) == straight(uri)[::-1]) == (uri in SWAPPED)


@abstract("/conf/crs/crs-parameter-invalid", "/conf/crs/bbox-crs-parameter-invalid")
@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("uri", [UNKNOWN, "http://www.opengis.net/def/crs/0/unknown", "", "EPSG:999999"])
def test_a_system_that_is_not_listed_is_a_problem(ogc: TestClient, conf: str, name: str, uri: str) -> None:
    answer = ogc.get(ITEMS, params={name: uri, "bbox": "20,44,21,45"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert name in answer.json()["detail"]


@abstract("/conf/crs/bbox-crs-parameter")
@pytest.mark.parametrize("uri", ALL)
def test_a_box_is_read_in_the_order_of_axes_of_its_system(ogc: TestClient, conf: str, uri: str) -> None:
    x, y = there(uri)
    near = 0.001 if uri in (CRS84, f"{EPSG}4326") else 100
    box = ",".join(map(str, (x - near, y - near, x + near, y + near)))
    assert ids(ogc.get(ITEMS, params={"bbox": box, "bbox-crs": uri})) == ["puddle"]
    turned = ",".join(map(str, (y - near, x - near, y + near, x + near)))
    other = ogc.get(ITEMS, params={"bbox": turned, "bbox-crs": uri})
    assert other.status_code == 400 or ids(other) == []


@abstract("/conf/crs/bbox-crs-parameter-default")
def test_without_a_system_a_box_is_of_longitude_and_latitude(ogc: TestClient, conf: str) -> None:
    box = "20.69,44.69,20.71,44.71"
    assert ids(ogc.get(ITEMS, params={"bbox": box})) == ["puddle"]
    assert ids(ogc.get(ITEMS, params={"bbox": box, "crs": f"{EPSG}3857"})) == ["puddle"]
    assert ids(ogc.get(ITEMS, params={"bbox": box, "bbox-crs": CRS84})) == ["puddle"]

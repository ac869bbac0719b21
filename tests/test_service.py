"""The service: every address answers, errors are problem documents, and a new snapshot is shown without a restart."""

import gzip
import html
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import Service
from fastapi.testclient import TestClient
from place import Testford
from test_flagship import SITES
from test_lake import load

from mendmap import errors
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.web.guards import HEADERS
from mendmap.web.problems import STATUSES, status_of

PAGES = ["/", "/maps", "/maps/public", "/sites", "/stations", "/statements", "/progress", "/downloads", "/about"]
PAGES += ["/limits"]
PAGES += ["/series/RS0009A.so2.1h"]
PAGES += ["/sites/lake_robule", "/stations/RS0009A", "/features/watercourses/bor_river", "/features/works/robule"]
PAGES += ["/watercourses", "/watercourses/bor_river", "/watercourses/bor_river?parameter=fe_water&date=2021-06-30"]
DATA = ["/sites.json", "/stations.json", "/statements.json", "/progress.json", "/downloads.json", "/maps.json"]
DATA += ["/limits.json", "/sites/lake_robule.json", "/stations/RS0009A.json", "/tiles/sites.json", "/readyz"]
DATA += ["/series/RS0009A.so2.1h.json", "/watercourses.json", "/watercourses/bor_river.json?parameter=fe_water"]
FILES = ["/progress.csv", "/downloads/sites.geojson", "/downloads/readings.csv", "/downloads/figures.csv"]
FILES += ["/downloads/readings.xlsx", "/downloads/works.parquet", "/series/RS0009A.so2.1h.csv"]
FILES += ["/series/RS0009A.so2.1h.svg", "/watercourses/bor_river.csv", "/watercourses/bor_river.svg?parameter=fe_water"]
TILE = "/tiles/watercourses/12/2300/1488.geojson"


@pytest.fixture(scope="module")
def bor(bor_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bor_url) as client:
        yield client


def works_id(bor: httpx.Client) -> str:
    return str(bor.get("/downloads/works.geojson").json()["features"][0]["id"])


@pytest.mark.parametrize("path", [*PAGES, *DATA, *FILES, TILE, "/healthz"])
def test_every_address_answers_get_and_head_with_all_headers(bor: httpx.Client, path: str) -> None:
    path = path.replace("robule", works_id(bor)) if path.startswith("/features/works") else path
    got = bor.get(path)
    assert got.status_code == 200, got.text[:500]
    for name, value in HEADERS.items():
        assert got.headers[name] == value
    head = bor.head(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]


def test_the_first_page_shows_every_site_with_what_is_known_and_how_well(bor: httpx.Client) -> None:
    page = html.unescape(bor.get("/").text)
    sites = bor.get("/sites.json").json()["sites"]
    assert {each["id"] for each in sites} == set().union(*SITES.values())
    for each in sites:
        (row,) = (part for part in page.split("<tr")[1:] if f'href="/sites/{each["id"]}"' in part.split("</tr>")[0])
        row = row.split("</tr>")[0]
        assert each["name"]["en"] in row
        assert each["basis"] in row
        assert each["accuracy_m"] is None or f"{each['accuracy_m']:,.0f}" in row


@pytest.mark.parametrize("path", DATA)
def test_every_json_answer_names_its_snapshot(bor: httpx.Client, path: str) -> None:
    body = bor.get(path).json()
    assert body["snapshot"]["number"] == 1
    assert len(body["snapshot"]["digest"]) == 64


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/tiles/nothing/1/0/0.geojson", 404, "no layer: 'nothing'; choices: lakes"),
        ("/tiles/sites/1/2/0.geojson", 400, "outside the grid"),
        ("/tiles/sites/17/0/0.geojson", 400, "zoom 17 is outside 0..16"),
        ("/tiles/sites/-1/0/0.geojson", 400, "zoom -1"),
        ("/tiles/sites/a/0/0.geojson", 400, "path parameter z"),
        ("/tiles/sites/1e1/0/0.geojson", 400, "path parameter z"),
        ("/tiles/sites/99999999999999999999/0/0.geojson", 400, "outside"),
        ("/sites/nothing", 404, "no site: 'nothing'"),
        ("/sites/RS0009A", 404, "no site: 'RS0009A'"),
        ("/stations/lake_robule.json", 404, "no station"),
        ("/features/places/nothing", 404, "no feature of places"),
        ("/maps/nothing", 404, "no map"),
        ("/downloads/nothing.csv", 404, "no download"),
        ("/downloads/..%2Fcatalogue.sqlite", 404, "address"),
        ("/downloads/sites.exe", 404, "no download"),
        ("/static/../app.py", 404, "nothing at this address"),
        ("/static/%2e%2e/app.py", 404, "nothing at this address"),
        ("/nothing", 404, "nothing at this address"),
        ("/series/RS0009A.so2.1d", 404, "no series: 'RS0009A.so2.1d'; choices: RS0009A"),
        ("/sites?limti=1", 400, "unknown query parameter: 'limti'"),
        ("/?lang=xx", 400, "no such language"),
        (TILE + "?x=1", 400, "unknown query parameter"),
        ("/" + "a" * 5000, 414, "longer than 4096"),
    ],
)
def test_what_is_wrong_is_a_problem_document(bor: httpx.Client, path: str, status: int, words: str) -> None:
    answer = bor.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_tilejson_explains_every_property_of_a_tile(bor: httpx.Client) -> None:
    for layer in ("sites", "stations", "works", "watercourses", "places"):
        (described,) = bor.get(f"/tiles/{layer}.json").json()["vector_layers"]
        features = bor.get(f"/tiles/{layer}/6/35/23.geojson").json()["features"]
        assert features, layer
        for each in features:
            names = {name for name in each["properties"] if not name.startswith("name_")}
            assert names and names <= set(described["fields"]), layer


def test_a_method_that_is_not_allowed_is_a_problem_document(bor: httpx.Client) -> None:
    answer = bor.post("/sites")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


def test_every_error_has_a_status() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    ours = {each for each in below(errors.MendmapError) if each.__module__.startswith("mendmap.")}
    assert ours == set(STATUSES)
    assert status_of(errors.NotFoundError("x", "y")) == 404


@pytest.mark.parametrize("path", [TILE, "/downloads/sites.geojson", "/", "/progress.csv"])
def test_a_reader_who_has_it_already_is_told_so(bor: httpx.Client, path: str) -> None:
    first = bor.get(path)
    again = bor.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    listed = bor.get(path, headers={"If-None-Match": '"other", ' + first.headers["etag"]})
    assert listed.status_code == 304
    assert bor.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_tile_is_compressed_and_names_its_revision(bor: httpx.Client) -> None:
    with bor.stream("GET", TILE, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert gzip.decompress(raw) == bor.get(TILE, headers={"Accept-Encoding": "identity"}).content
    assert answer.headers["mendmap-revision"] == "1"
    assert answer.headers["mendmap-omitted"] == "0"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_the_map_script_follows_its_content_and_is_kept(bor: httpx.Client) -> None:
    page = bor.get("/").text
    address = page.split('src="/static/maps/')[1].split('"')[0]
    script = bor.get(f"/static/maps/{address}")
    assert script.status_code == 200
    assert "immutable" in script.headers["cache-control"]
    assert bor.get("/static/maps/public-0000.js").status_code == 404


def test_a_load_beside_a_running_service_is_shown_within_five_seconds(
    tmp_path: Path, testford: Testford, serve: Callable[..., Service]
) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    service = serve(lake)
    tile = f"{service.url}/tiles/lakes/8/142/92.geojson"
    before = httpx.get(tile)
    ids = {each["id"] for each in before.json()["features"]}
    testford.feature("lakes", 1)["properties"]["name_en"] = "Renamed"
    untouched = httpx.get(f"{service.url}/tiles/rivers/8/142/92.geojson").headers
    load(testford, lake)
    loaded = time.monotonic()
    while "Renamed" not in httpx.get(f"{service.url}/sites/puddle").text:
        assert time.monotonic() - loaded < 5, "the new snapshot was not shown within five seconds"
        time.sleep(0.1)
    after = httpx.get(tile)
    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["mendmap-revision"] == "2"
    assert {each["id"] for each in after.json()["features"]} == ids
    rivers = httpx.get(f"{service.url}/tiles/rivers/8/142/92.geojson").headers
    assert (rivers["etag"], rivers["mendmap-revision"]) == (untouched["etag"], "1")


def test_a_service_starts_without_a_lake_and_is_ready_after_the_first_load(tmp_path: Path, testford: Testford) -> None:
    lake = tmp_path / "lake"
    with TestClient(create_app(Settings(lake=str(lake), poll_seconds=0.05))) as client:
        assert client.get("/healthz").status_code == 200
        for path in ("/readyz", "/", "/tiles/sites/0/0/0.geojson"):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert "mendmap load" in answer.json()["detail"]
        load(testford, lake)
        deadline = time.monotonic() + 5
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_pages_of_an_earlier_snapshot_still_find_their_script(tmp_path: Path, testford: Testford) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake), poll_seconds=0.05))) as client:
        script = client.get("/").text.split('src="/static/maps/')[1].split('"')[0]
        testford.maps["public"] = testford.maps["public"].replace("#336699", "#993366")
        load(testford, lake)
        wait_until(lambda: script not in client.get("/").text)
        assert client.get(f"/static/maps/{script}").status_code == 200


def test_a_lake_that_is_lost_is_told_once_and_what_was_served_stays(
    tmp_path: Path, testford: Testford, caplog: pytest.LogCaptureFixture
) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake), poll_seconds=0.05))) as client:
        lake.rename(tmp_path / "elsewhere")
        (lake).mkdir()
        (lake / "catalogue.sqlite").write_bytes(b"no database" * 1000)
        wait_until(lambda: client.get("/readyz").json()["status"] == "stale" or len(caplog.records) > 0)
        assert client.get("/sites/mirror").status_code == 200
        time.sleep(0.5)
        # DuckLake may word it in two ways, by the statement that was under way.
        told = [each.getMessage() for each in caplog.records if each.levelname == "ERROR"]
        assert len(told) == len(set(told)) <= 2


def test_a_table_is_bounded_and_says_what_it_left_out(tmp_path: Path, testford: Testford) -> None:
    load(testford, tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake"), max_rows=2))) as client:
        body = client.get("/sites.json").json()
        assert (len(body["sites"]), body["left_out"]) == (2, 1)
        assert client.get("/stations.json").json()["left_out"] == 1
        for path in ("/sites", "/stations", "/"):
            assert client.get(path).status_code == 200


def test_data_is_open_to_other_sites_and_pages_are_not(bor: httpx.Client) -> None:
    for path in ("/sites.json", "/downloads.json", TILE, "/downloads/readings.csv", "/nothing"):
        answer = bor.get(path)
        assert answer.headers["access-control-allow-origin"] == "*", path
        assert "Mendmap-Revision" in answer.headers["access-control-expose-headers"]
    # The panel of a map in somebody's notebook fetches the page of a feature.
    assert bor.get("/sites/lake_robule").headers["access-control-allow-origin"] == "*"
    for path in ("/", "/sites", "/statements", "/maps/public", "/embed/public"):
        assert "access-control-allow-origin" not in bor.get(path).headers


def test_tilejson_names_the_public_address_where_there_is_one(tmp_path: Path, testford: Testford) -> None:
    load(testford, tmp_path / "lake")
    with TestClient(
        create_app(Settings(lake=str(tmp_path / "lake"), public_url="https://maps.example/bor/"))
    ) as client:
        body = client.get("/tiles/lakes.json").json()
    assert body["tiles"] == ["https://maps.example/bor/tiles/lakes/{z}/{x}/{y}.geojson"]
    assert set(body["vector_layers"][0]["fields"]) >= {"id", "basis", "accuracy_m", "state"}


def wait_until(met: Callable[[], bool], within_s: float = 10) -> None:
    """Waits for something that must come to pass."""
    deadline = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_two_apps_live_in_one_process(tmp_path: Path, testford: Testford) -> None:
    load(testford, tmp_path / "one")
    testford.feature("lakes")["properties"]["name_en"] = "Other"
    load(testford, tmp_path / "two")
    one, two = (create_app(Settings(lake=str(tmp_path / name))) for name in ("one", "two"))
    with TestClient(one) as first, TestClient(two) as second:
        names = [client.get("/sites/mirror.json").json()["name"]["en"] for client in (first, second)]
    assert names == ["Mirror", "Other"]


def test_hostile_names_are_shown_harmlessly(tmp_path: Path, testford: Testford) -> None:
    hostile = "<script>alert(1)</script> ${alert(2)} `x` \"'><img src=x onerror=alert(3)>"
    testford.feature("lakes")["properties"]["name_en"] = hostile
    testford.tables["work"][0]["name_en"] = hostile
    testford.head = testford.head.replace("A made-up place for tests.", "<b>${1}</b>")
    load(testford, tmp_path / "lake")
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        for path in ("/", "/sites", "/sites/mirror", "/progress", "/statements", "/downloads", "/about"):
            text = client.get(path).text
            assert "<script>alert" not in text
            assert "<img src=x" not in text
            assert "<b>${1}" not in text
        assert client.get("/sites/mirror.json").json()["name"]["en"] == hostile

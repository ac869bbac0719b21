"""Layers over HTTP and by ``mendmap export``: whole files with their digest, streams that break when they fail."""

import base64
import hashlib
import io
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import geopandas
import httpx2 as httpx
import pytest
from click.testing import CliRunner
from conftest import times
from place import Testford, feature, point
from served import Server, served
from test_lake import load

from mendmap.cli import main
from mendmap.exports.layers.chosen import Chosen
from mendmap.exports.layers.formats import FORMATS


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic place, and in its second snapshot a dump more."""
    folder = tmp_path_factory.mktemp("downloads")
    place = Testford(folder / "testford")
    place.head += 'projections = ["EPSG:32634"]\n'
    load(place, folder / "lake")
    place.layers["dumps"]["features"].append(feature("newer", "dump", point(20.1, 44.1)))
    load(place, folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module")
def server(lake: Path) -> Iterator[Server]:
    with served(lake) as found:
        yield found


def get(server: Server, address: str, **headers: str) -> httpx.Response:
    return httpx.get(
        f"{server.url}/downloads/{address}", headers={each.replace("_", "-"): headers[each] for each in headers}
    )


@pytest.mark.parametrize("form", FORMATS)
def test_a_whole_layer_promises_its_length_digest_and_parts(form: str, server: Server) -> None:
    whole = get(server, f"stations.{form}", Accept_Encoding="gzip")
    digest = hashlib.sha256(whole.content)
    assert whole.status_code == 200
    assert whole.headers["content-type"].split(";")[0] == FORMATS[form].media.split(";")[0]
    assert whole.headers["content-length"] == str(len(whole.content))
    assert "content-encoding" not in whole.headers
    assert whole.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert whole.headers["etag"] == f'"{digest.hexdigest()}"'
    assert whole.headers["content-disposition"] == f'attachment; filename="stations.{form}"'
    assert whole.headers["mendmap-without-position"] == "1"
    assert whole.headers["mendmap-snapshot"].startswith("2-")
    assert get(server, f"stations.{form}").content == whole.content
    part = get(server, f"stations.{form}", Range="bytes=10-19", If_Range=whole.headers["etag"])
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["repr-digest"] == whole.headers["repr-digest"]
    assert get(server, f"stations.{form}", Range="bytes=10-19", If_Range='"other"').content == whole.content
    held = get(server, f"stations.{form}", If_None_Match=whole.headers["etag"])
    assert (held.status_code, held.content) == (304, b"")
    head = httpx.head(f"{server.url}/downloads/stations.{form}")
    assert (head.status_code, head.content) == (200, b"")
    assert {name: head.headers[name] for name in ("etag", "content-length", "repr-digest")} == {
        name: whole.headers[name] for name in ("etag", "content-length", "repr-digest")
    }
    assert get(server, f"stations.{form}", Range="bytes=99999999-").status_code == 416


def test_what_is_filtered_streams_or_is_a_file_of_its_own(server: Server) -> None:
    for form in FORMATS:
        answer = get(server, f"dumps.{form}?bbox=20,44,20.5,44.5")
        assert answer.status_code == 200
        assert ("content-length" in answer.headers) == (FORMATS[form].pieces is None), form
        assert ("repr-digest" in answer.headers) == (FORMATS[form].pieces is None), form
        again = get(server, f"dumps.{form}?bbox=20,44,20.5,44.5", If_None_Match=answer.headers["etag"])
        assert again.status_code == 304
        head = httpx.head(f"{server.url}/downloads/dumps.{form}?bbox=20,44,20.5,44.5")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    assert [each["id"] for each in get(server, "dumps.geojson?bbox=20,44,20.5,44.5").json()["features"]] == ["newer"]
    assert list(get(server, "dumps.geojson?filter=accuracy_m%3E10").json()["features"][0]["properties"]["id"]) == list(
        "heap"
    )


def test_as_of_gives_the_layer_as_it_was_known(server: Server) -> None:
    assert [each["id"] for each in get(server, "dumps.geojson?as-of=1").json()["features"]] == ["heap"]
    assert get(server, "dumps.geojson?as-of=1").headers["mendmap-snapshot"].startswith("1-")
    now = {each["id"] for each in get(server, "dumps.geojson").json()["features"]}
    assert now == {"heap", "newer"}


def test_a_file_in_another_system_says_so(server: Server) -> None:
    found = geopandas.read_parquet(io.BytesIO(get(server, "dumps.parquet?crs=EPSG:32634").content))
    assert found.crs.to_epsg() == 32634
    assert found.total_bounds.min() > 100_000


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_failure_while_streaming_breaks_the_transfer(
    server: Server, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(chosen: Chosen) -> Iterator[bytes]:
        yield os.urandom(200_000)
        raise OSError("the disk is gone")

    monkeypatch.setitem(FORMATS, "geojson", replace(FORMATS["geojson"], pieces=failing))
    came = server.raw("/downloads/dumps.geojson?bbox=20,44,20.5,44.5", f"Accept-Encoding: {encoding}")
    assert came.startswith(b"HTTP/1.1 200")
    assert b"transfer-encoding: chunked" in came.partition(b"\r\n\r\n")[0].lower()
    assert not came.endswith(b"0\r\n\r\n")
    with pytest.raises(httpx.TransportError):
        get(server, "dumps.geojson?bbox=20,44,20.5,44.5", Accept_Encoding=encoding)
    # Who cannot tell a break from an end gets a file, or here none at all.
    assert b" 500 " in server.raw("/downloads/dumps.geojson?bbox=20,44,20.5,44.5", version="1.0").split(b"\r\n")[0]
    assert get(server, "lakes.geojson").status_code == 500
    monkeypatch.undo()
    assert server.raw("/downloads/dumps.geojson?bbox=20,44,20.5,44.5").endswith(b"0\r\n\r\n")


def test_downloads_begun_and_dropped_leave_nothing(server: Server) -> None:
    addresses = [f"dumps.{form}{asked}" for form in FORMATS for asked in ("", "?bbox=20,44,20.5,44.5")]
    for each in addresses:
        get(server, each)
    files, handles = len(server.spooled), len(list(Path("/proc/self/fd").iterdir()))
    for nth in range(times(60, 1000)):
        with socket.create_connection(("127.0.0.1", server.port)) as wire:
            address = addresses[nth % len(addresses)]
            wire.sendall(f"GET /downloads/{address} HTTP/1.1\r\nHost: testford\r\n\r\n".encode())
            if nth % 2:
                wire.recv(10)
    for _ in range(100):
        left = len(server.spooled), len(list(Path("/proc/self/fd").iterdir()))
        if left[0] <= files and left[1] <= handles + 2:
            break
        time.sleep(0.1)
    # Fewer where one of those before was still on its way when they were counted.
    assert left[0] <= files
    assert left[1] <= handles + 2


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("dumps.geojson?bbox=nan,1,2,3", 400, "bbox: not four or six finite numbers"),
        ("dumps.gpkg?bbox=20,45,21,44", 400, "bbox"),
        ("dumps.fgb?bbox=20,44,21", 400, "bbox"),
        ("dumps.fgb?bbox-crs=EPSG:3857", 400, "bbox-crs: of which bbox?"),
        ("dumps.gpkg?crs=EPSG:99999", 400, "crs: not one of those offered: 'EPSG:99999'; choices: EPSG:32634"),
        ("dumps.geojson?crs=EPSG:3857", 400, "take another format: gpkg, parquet"),
        ("dumps.csv?filter=nothing=1", 400, "nothing"),
        ("dumps.csv?filter=" + "(" * 2000, 400, "filter"),
        ("dumps.csv?filter=kind='x';DROP TABLE readings", 400, "filter"),
        ("dumps.kml?datetime=yesterday", 400, "datetime: neither a moment"),
        ("dumps.kml?as-of=99", 404, "99"),
        ("dumps.kml?site=heap", 400, "dumps.kml has no filter site; its filters: bbox, bbox-crs, filter"),
        ("dumps.kml?colour=red", 400, "unknown query parameter"),
        ("nothing.gpkg", 404, "no download: 'nothing.gpkg'; choices: "),
        ("dumps.tiff", 404, "no download: 'dumps.tiff'"),
        ("..%2fdumps.gpkg", 404, ""),
        ("%2e%2e/%2e%2e/etc/passwd.gpkg", 404, ""),
    ],
)
def test_what_cannot_be_had_is_a_problem_document(server: Server, address: str, status: int, words: str) -> None:
    answer = get(server, address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]


def test_the_project_names_the_address_that_was_asked(server: Server) -> None:
    answer = get(server, "mendmap.qgz")
    assert answer.headers["content-type"] == "application/x-qgis-project"
    assert server.url in ZipFile(io.BytesIO(answer.content)).read("mendmap.qgs").decode()
    assert "repr-digest" in answer.headers


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_what_the_service_sends(form: str, lake: Path, server: Server, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["export", "stations", str(tmp_path / f"stations.{form}"), "--lake", str(lake)])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "3 features, 1 of them without a position; snapshot 2-" in done.stdout
    assert (tmp_path / f"stations.{form}").read_bytes() == get(server, f"stations.{form}").content


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("dumps", "{}/dumps.doc"), "no such format: '.doc'; choices: csv"),
        (("nothing", "{}/nothing.gpkg"), "no layer: 'nothing'; choices: dumps"),
        (("dumps", "{}/dumps.geojson", "--crs", "EPSG:3857"), "take another format"),
        (("dumps", "{}/dumps.gpkg", "--bbox", "1,2"), "bbox: not four or six"),
        (("dumps", "{}/nowhere/dumps.gpkg"), "no such folder"),
    ],
)
def test_a_command_that_fails_says_why_in_a_line_and_leaves_no_file(
    arguments: tuple[str, ...], words: str, lake: Path, tmp_path: Path
) -> None:
    done = CliRunner().invoke(main, ["export", *(each.format(tmp_path) for each in arguments), "--lake", str(lake)])
    assert done.exit_code == 1
    assert words in done.stderr and done.stderr.startswith("mendmap: ") and len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())

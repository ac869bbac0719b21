"""The regulator package of the synthetic Testford: complete, explained, and the same bytes whoever makes it."""

import csv
import hashlib
import html
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pyogrio
import pytest
from assessed_place import assessed, later
from click.testing import CliRunner
from conftest import MENDMAP, Run
from fastapi.testclient import TestClient
from place import Testford
from test_lake import load

from mendmap.cli import main
from mendmap.exports.tables import filters
from mendmap.package.scope import NARROWED
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.words import vocabulary

HOSTILE = "<script>alert(1)</script>"
# All else is CC0-1.0, and so is what is computed.
LICENCES = {"readings": "Terms not stated"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two snapshots; a claim whose words are hostile."""
    folder = tmp_path_factory.mktemp("package")
    place = assessed(Testford(folder / "testford"))
    place.statements = place.statements.replace("Metal fell", f"{HOSTILE} fell")
    load(place, folder / "lake")
    load(later(place), folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module")
def client(lake: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


@pytest.fixture(scope="module")
def whole(client: TestClient) -> zipfile.ZipFile:
    return package(client)


def package(client: TestClient, query: str = "") -> zipfile.ZipFile:
    answer = client.get(f"/downloads/package.zip?{query}")
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def manifest(opened: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(opened.read("manifest.json"))
    return found


def rows(opened: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    text = opened.read(f"tables/{table}.csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_two_directories_two_time_zones_and_a_copy_of_the_lake_make_one_package(
    lake: Path, client: TestClient, tmp_path: Path
) -> None:
    shutil.copytree(lake, tmp_path / "copy")
    digests = {hashlib.sha256(client.get("/downloads/package.zip").content).hexdigest()}
    for number, (zone, locale, where) in enumerate(
        [("Pacific/Auckland", "C", lake), ("America/New_York", "C.UTF-8", tmp_path / "copy")]
    ):
        folder = tmp_path / f"folder{number}"
        folder.mkdir()
        command = ["env", f"TZ={zone}", f"LC_ALL={locale}", *MENDMAP, "package", "out.zip", "--lake", str(where)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=100)
        assert [each.name for each in folder.iterdir()] == ["out.zip"]
        digests.add(hashlib.sha256((folder / "out.zip").read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("query", ["", "site=heap&parameter=so2&datetime=2019-06-01/2020-03-01"])
def test_every_file_is_the_download_of_that_name(client: TestClient, query: str) -> None:
    opened = package(client, query)
    files = [each for each in manifest(opened)["files"] if each.get("table")]
    assert len(files) > 20
    for each in files:
        name = each["path"].rpartition("/")[2]
        # The package's own: GeoPackages without readings, and statements with their evidence. Downloads of layers have
        # no filter of sites, and /downloads/works.parquet is the table.
        if name.endswith((".gpkg", "statements.json")) or each["path"] == "layers/works.parquet":
            continue
        if query and each["path"].startswith("layers/"):
            continue
        answer = client.get(f"/downloads/{name}", params=each.get("filters", {}))
        assert answer.status_code == 200, answer.text
        assert answer.content == opened.read(each["path"]), name


def test_the_manifest_tells_every_file_with_its_size_digest_rows_and_columns(
    whole: zipfile.ZipFile, tmp_path: Path
) -> None:
    told = manifest(whole)
    assert whole.namelist() == [*(each["path"] for each in told["files"]), "manifest.json"]
    for each in told["files"]:
        body = whole.read(each["path"])
        assert (len(body), hashlib.sha256(body).hexdigest()) == (each["bytes"], each["sha256"])
        assert each["media_type"] and each["title"]
        if "table" not in each:
            continue
        assert each["licence"] == LICENCES.get(each["table"], "CC0-1.0")
        columns = [column["name"] for column in told["columns"][each["table"]]]
        if each["path"].endswith(".parquet"):
            table = pyarrow.parquet.read_table(io.BytesIO(body))
            assert table.num_rows == each["rows"]
            assert [name for name in table.column_names if name not in ("geometry", "bbox")] == columns
        elif each["path"].endswith(".csv"):
            assert len(list(csv.reader(io.StringIO(body.decode(), newline="")))) == each["rows"] + 1
        elif each["path"].endswith(".gpkg"):
            (tmp_path / "layer.gpkg").write_bytes(body)
            layer = each["table"].removeprefix("layer ")
            assert pyogrio.read_info(tmp_path / "layer.gpkg", layer=layer)["features"] == each["rows"]
    assert all(column["meaning"] for columns in told["columns"].values() for column in columns)
    assert {layer["id"]: layer["features"] for layer in told["layers"]} == {
        each["table"].removeprefix("layer "): each["rows"] for each in told["files"] if "crs" in each
    }
    assert told["snapshot"]["number"] == 2
    assert {"pyarrow", "shapely", "pyogrio"} <= set(told["software"]["made_with"])


def test_its_checksums_are_those_that_sha256sum_reads(whole: zipfile.ZipFile, tmp_path: Path) -> None:
    whole.extractall(tmp_path)
    done = subprocess.run(["sha256sum", "--check", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(": OK") == len(whole.namelist()) - 2


def test_a_package_of_a_site_holds_what_is_about_it(client: TestClient) -> None:
    opened = package(client, "site=heap")
    told = manifest(opened)
    assert told["asked"] == {"site": "heap"}
    assert {each["id"]: (each["features"], each["of"]) for each in told["layers"]} == {
        "lakes": (0, 2),
        "dumps": (1, 1),
        "stations": (2, 3),
        "rivers": (0, 1),
        "sites": (1, 3),
        "works": (1, 3),
    }
    assert not [name for name in opened.namelist() if name.startswith(("layers/lakes", "layers/rivers"))]
    stations = json.loads(opened.read("layers/stations.geojson"))["features"]
    assert {each["id"] for each in stations} == {"chimney", "ghost"}
    for table in ("readings", "verdicts", "answers"):
        assert {each["station"] for each in rows(opened, table)} == {"chimney", "ghost"}
    assert [each["id"] for each in rows(opened, "works")] == ["filter"]
    assert rows(opened, "statements") == [] == json.loads(opened.read("tables/statements.json"))
    assert len(rows(opened, "sources")) == len(rows(package(client), "sources"))
    other = package(client, "site=mirror")
    assert [each["id"] for each in rows(other, "statements")] == ["tenfold"]
    (statement,) = json.loads(other.read("tables/statements.json"))
    assert (statement["outcome"], statement["evidence"][0]["kind"]) == ("consistent", "figure")
    assert "layers/rivers.gpkg" in other.namelist()  # the lake lies on the brook


def test_the_same_question_asked_otherwise_is_the_same_package(client: TestClient) -> None:
    def digest(query: str) -> str:
        return hashlib.sha256(client.get(f"/downloads/package.zip?{query}").content).hexdigest()

    assert digest("site=mirror,heap&as-of=2") == digest("site=heap,mirror,heap") == digest("site=heap,mirror&datetime=")
    assert digest("as-of=1") != digest("as-of=2") == digest("")


def test_as_of_is_what_was_known_then(client: TestClient) -> None:
    opened = package(client, "as-of=1")
    assert manifest(opened)["snapshot"]["number"] == 1
    assert not [each for each in rows(opened, "readings") if each["start"].startswith("2022")]
    assert [each for each in rows(package(client), "readings") if each["start"].startswith("2022")]


def test_every_filter_of_a_package_is_one_of_the_download() -> None:
    for table, narrowing in NARROWED.items():
        assert set(narrowing) <= set(filters(table))


def test_the_cover_page_says_what_it_is_and_needs_nothing_else(whole: zipfile.ZipFile) -> None:
    page = whole.read("index.html").decode()
    told = manifest(whole)
    assert told["snapshot"]["digest"] in page
    readings = rows(whole, "readings")
    for quality in ("valid", "preliminary", "missing"):
        count = sum(each["quality"] == quality for each in readings)
        assert re.search(rf"{quality}</th><td class=\"number\">{count:,}</td>", page), quality
    for outcome in vocabulary.VERDICTS:
        count = sum(each["outcome"] == outcome for each in rows(whole, "verdicts"))
        assert re.search(rf"{outcome}</th><td class=\"number\">{count:,}</td>", page), outcome
    exceeding = [each for each in rows(whole, "verdicts") if each["outcome"] == "exceeds"]
    assert exceeding
    assert all(html.escape(each["says"]) in page and html.escape(each["clause"]) in page for each in exceeding)
    data = [each for each in told["files"] if "table" in each]
    assert all(each["path"] in page and each["sha256"] in page for each in data)
    for each in ("index.html", "methods.html"):
        text = whole.read(each).decode()
        assert not re.search(r"<(script|link|img|iframe)|https?://", text), each
        links = set(re.findall(r'href="([^"#]+)', text))
        assert links and links <= set(whole.namelist())
    assert "&lt;script&gt;alert(1)" in page


def test_the_method_notes_are_those_of_the_code_and_the_catalogue(whole: zipfile.ZipFile) -> None:
    page = whole.read("methods.html").decode()
    for rule in ("hours", "days", "years"):
        assert f"<code>{rule}</code>" in page
    assert "Annex XI" in page
    assert "Mann and Kendall&#39;s seasonal test" in page
    assert "Directive 2009/90/EC, Article 5 (1)" in page
    assert vocabulary.REASONS["detection"] in page
    assert "Not here" not in page and "``" not in page


def test_every_column_is_explained_in_a_table(whole: zipfile.ZipFile) -> None:
    listed = list(csv.DictReader(io.StringIO(whole.read("columns.csv").decode(), newline="")))
    columns = manifest(whole)["columns"]
    assert [(each["table"], each["column"]) for each in listed] == [
        (table, column["name"]) for table, found in columns.items() for column in found
    ]


def test_its_metadata_names_every_file_with_its_digest(whole: zipfile.ZipFile) -> None:
    files = {each["path"]: each for each in manifest(whole)["files"] if "table" in each}
    dcat = json.loads(whole.read("dcat.jsonld"))
    found = [each for dataset in dcat["dcat:dataset"] for each in dataset["dcat:distribution"]]
    assert {each["dcat:downloadURL"]["@id"] for each in found} == set(files)
    for each in found:
        file = files[each["dcat:downloadURL"]["@id"]]
        assert each["spdx:checksum"]["spdx:checksumValue"]["@value"] == file["sha256"]
        assert each["dcat:byteSize"]["@value"] == str(file["bytes"])
    schema = json.loads(whole.read("schema.jsonld"))
    assert {each["sha256"] for dataset in schema["dataset"] for each in dataset["distribution"]} == {
        each["sha256"] for each in files.values()
    }


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("site=nowhere", "no such site: 'nowhere'; choices: heap, mirror, puddle"),
        ("site=inlet", "no such site: 'inlet'"),
        ("parameter=x", "no such parameter: 'x'"),
        ("datetime=soon", "datetime: neither a moment"),
        ("quality=valid", "unknown query parameter: 'quality'"),
        ("as-of=x", "as-of: neither a moment"),
    ],
)
def test_what_is_not_understood_is_refused(client: TestClient, query: str, words: str) -> None:
    answer = client.get(f"/downloads/package.zip?{query}")
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_it_is_served_like_every_file(client: TestClient) -> None:
    answer = client.get("/downloads/package.zip")
    assert answer.headers["content-type"] == "application/zip"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["mendmap-snapshot"].startswith("2-")
    tag = answer.headers["etag"]
    assert client.get("/downloads/package.zip", headers={"If-None-Match": tag}).status_code == 304
    head = client.head("/downloads/package.zip")
    assert (head.headers["etag"], head.headers["content-length"]) == (tag, answer.headers["content-length"])
    part = client.get("/downloads/package.zip", headers={"Range": "bytes=10-19", "If-Range": tag})
    assert (part.status_code, part.content) == (206, answer.content[10:20])


def test_one_over_its_bound_is_refused_and_leaves_nothing(lake: Path, run_mendmap: Run, tmp_path: Path) -> None:
    done = run_mendmap("package", tmp_path / "out.zip", "--lake", lake, MENDMAP_MAX_PACKAGE_MB="1")
    assert done.returncode == 1
    assert "more than 1 MB" in done.stderr and "ask for less: a site, parameters, or a shorter time" in done.stderr
    assert list(tmp_path.iterdir()) == []
    with TestClient(create_app(Settings(lake=str(lake), max_package_mb=1))) as client:
        answer = client.get("/downloads/package.zip")
        assert (answer.status_code, "more than 1 MB" in answer.json()["detail"]) == (413, True)


def test_who_prepared_it_and_remarks_stand_on_the_cover(lake: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.zip"
    remarks = f"First line.\n{HOSTILE}"
    words = ["package", str(file), "--lake", str(lake), "--prepared-by", "A. Clerk", "--remarks"]
    assert CliRunner().invoke(main, [*words, remarks]).exit_code == 0
    with zipfile.ZipFile(file) as opened:
        page = opened.read("index.html").decode()
        assert (manifest(opened)["prepared_by"], manifest(opened)["remarks"]) == ("A. Clerk", remarks)
    assert "A. Clerk" in page and "First line.\n&lt;script&gt;" in page
    refused = CliRunner().invoke(main, [*words, "bell \x07"])
    assert (refused.exit_code, "remarks: holds a control character" in refused.stderr) == (1, True)


def test_the_service_describes_what_it_publishes(client: TestClient) -> None:
    listed = client.get("/downloads.json").json()["downloads"]
    files = {f"http://testserver{file['href']}" for each in listed for file in each["files"]}
    answer = client.get("/dcat.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    dcat = answer.json()
    assert dcat["@type"] == "dcat:Catalog"
    # What DCAT-AP 3 makes mandatory.
    assert {"dct:title", "dct:description", "dct:publisher", "dcat:dataset"} <= set(dcat)
    assert dcat["dct:publisher"]["foaf:name"] == "Testford (synthetic)"
    assert {each["dcat:accessURL"]["@id"] for one in dcat["dcat:dataset"] for each in one["dcat:distribution"]} == files
    assert all(each["dct:title"] and each["dct:description"] for each in dcat["dcat:dataset"])
    lakes = next(each for each in dcat["dcat:dataset"] if each["@id"].endswith("#layer-lakes"))
    assert lakes["dct:license"]["@id"] == "https://spdx.org/licenses/CC0-1.0"
    assert lakes["dct:conformsTo"]["@id"].endswith("/CRS84")
    assert lakes["dct:spatial"]["dcat:bbox"]["@value"].startswith("POLYGON((20.0 44.0,")
    assert lakes["dct:temporal"]["dcat:startDate"]["@value"] == "2016-01-01T00:00:00+00:00"
    schema = client.get("/schema.jsonld").json()
    assert {each["contentUrl"] for one in schema["dataset"] for each in one["distribution"]} == files
    readings = next(each for each in schema["dataset"] if each["@id"].endswith("#table-readings"))
    assert {"value", "unit"} <= {each["name"] for each in readings["variableMeasured"]}
    assert readings["license"] == LICENCES["readings"]
    page = client.get("/downloads").text
    for each in dcat["dcat:dataset"]:
        assert f'id="{each["@id"].partition("#")[2]}"' in page
    assert client.head("/dcat.jsonld").status_code == 200

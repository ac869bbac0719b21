"""Downloads: whole, explained, and read by other people's programs as they are in the atlas."""

import csv
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import geopandas
import httpx2 as httpx
import openpyxl
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from place import Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas, Layer
from mendmap.exports.files import write
from mendmap.exports.geojson import collection
from mendmap.exports.layers.chosen import choose
from mendmap.exports.tables import Places, records


def layer_geojson(atlas: Atlas, layer: Layer) -> bytes:
    return b"".join(collection(choose(atlas, layer, {})))


def listed(bor_url: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{bor_url}/downloads.json").json()["downloads"]
    return found


def files(bor_url: str) -> Iterator[tuple[str, dict[str, object], list[str]]]:
    """Every file's address, with what is listed of it and the names of its columns."""
    for each in listed(bor_url):
        for file in each["files"]:  # type: ignore[attr-defined]
            columns = [*each["columns"], *file["added_columns"]]  # type: ignore[misc]
            assert all(column["meaning"] for column in columns)
            yield file["href"], each, [column["name"] for column in columns]


def test_every_download_is_whole_and_as_long_as_listed(bor_url: str, tmp_path: Path) -> None:
    for href, each, columns in files(bor_url):
        answer = httpx.get(f"{bor_url}{href}")
        assert answer.status_code == 200
        if href.endswith((".csv", ".shp.zip")):
            text = answer.text if href.endswith(".csv") else zipped_csv(answer.content, str(each["name"]))
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            names = list(rows[0]) if rows else columns
        elif href.endswith(".parquet"):
            table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
            rows, names = table.to_pylist(), table.column_names
        elif href.endswith(".xlsx"):
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
            header, *rows = sheet.iter_rows(values_only=True)
            names = [str(name).removesuffix(" (UTC)") for name in header]
        elif href.endswith((".gpkg", ".fgb")):
            file = tmp_path / href.rpartition("/")[2]
            file.write_bytes(answer.content)
            frame = pyogrio.read_dataframe(file, layer=each["name"])
            rows, names = list(frame["id"]), list(frame.drop(columns="geometry"))
        elif href.endswith(".kml"):
            rows, names = answer.text.count("<Placemark ") * [""], columns
        else:
            rows = [feature["properties"] for feature in answer.json()["features"]]
            names = list(rows[0])
        assert len(rows) == each["rows"], href
        assert names == columns, href


def zipped_csv(content: bytes, layer: str) -> str:
    """The whole layer, as it lies beside its Shapefiles."""
    return ZipFile(io.BytesIO(content)).read(f"{layer}.csv").decode()


@pytest.mark.system("ogrinfo")
def test_ogrinfo_reads_every_download(bor_url: str, tmp_path: Path) -> None:
    for href, each, _ in files(bor_url):
        # Whether GDAL reads Parquet and XLSX is for those who built it to say; Shapefiles may be several.
        if not href.endswith((".csv", ".geojson", ".gpkg", ".fgb", ".kml")):
            continue
        file = tmp_path / href.rpartition("/")[2]
        file.write_bytes(httpx.get(f"{bor_url}{href}").content)
        done = subprocess.run(["ogrinfo", "-so", "-al", file], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert f"Feature Count: {each['rows']}" in done.stdout, href
        assert "ERROR" not in done.stderr


@pytest.mark.system("ogrinfo")
def test_gdal_reads_layers_over_the_network(bor_url: str) -> None:
    address = f"/vsicurl/{bor_url}/downloads/sites.geojson"
    done = subprocess.run(["ogrinfo", "-so", "-al", address], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Feature Count: 20" in done.stdout


@pytest.mark.system("ogr2ogr")
def test_gdal_copies_the_whole_service_at_once(bor_url: str, tmp_path: Path) -> None:
    command = ["ogr2ogr", tmp_path / "whole.gpkg", f"OAPIF:{bor_url}/ogc", "-oo", "PAGE_SIZE=1000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    listed = httpx.get(f"{bor_url}/ogc/collections?f=json").json()["collections"]
    layers = [each["id"] for each in listed if each["itemType"] == "feature"]
    found = {name: len(geopandas.read_file(tmp_path / "whole.gpkg", layer=name)) for name in layers}
    assert found == {
        each: httpx.get(f"{bor_url}/ogc/collections/{each}/items").json()["numberMatched"] for each in layers
    }
    assert set(pyogrio.list_layers(tmp_path / "whole.gpkg")[:, 0]) == set(layers)


def test_pyogrio_reads_what_the_atlas_holds(testford: Testford, tmp_path: Path) -> None:
    load(testford, tmp_path / "lake")
    atlas = build(read(tmp_path / "lake"))
    for layer in atlas.layers.values():
        file = tmp_path / f"{layer.id}.geojson"
        file.write_bytes(layer_geojson(atlas, layer))
        frame = geopandas.read_file(file)
        assert list(frame["id"]) == list(layer.frame["id"])
        assert frame.crs.to_authority() in (("EPSG", "4326"), ("OGC", "CRS84"))
        for found, wanted in zip(frame.geometry, layer.frame.geometry, strict=True):
            assert (found is None) == (wanted is None)
            assert wanted is None or shapely.equals(shapely.normalize(found), shapely.normalize(wanted))
        assert int(pyogrio.read_info(file)["features"]) == len(layer.features)


def test_geojson_follows_rfc_7946(testford: Testford, tmp_path: Path) -> None:
    testford.feature("lakes")["geometry"]["coordinates"][0].reverse()
    load(testford, tmp_path / "lake")
    atlas = build(read(tmp_path / "lake"))
    body = json.loads(layer_geojson(atlas, atlas.layers["lakes"]))
    assert "crs" not in body
    assert shapely.from_geojson(json.dumps(body["features"][0]["geometry"])).exterior.is_ccw
    assert body["snapshot"] == {"number": 1, "digest": atlas.snapshot.digest}
    ghost = json.loads(layer_geojson(atlas, atlas.layers["stations"]))["features"][2]
    assert (ghost["id"], ghost["geometry"]) == ("ghost", None)


def test_the_readings_are_as_their_source_prints_them(bor_url: str) -> None:
    rows = list(csv.DictReader(io.StringIO(httpx.get(f"{bor_url}/downloads/readings.csv").text, newline="")))
    one = next(row for row in rows if row["station"] == "RS0009A" and row["start"] == "2021-07-09T01:00:00Z")
    assert one["parameter"] == "so2"
    assert float(one["value"]) == 2629.09
    assert one["unit"] == "ug/m3"
    assert one["file"] == "readings/bor_notices.csv"
    assert int(one["file_row"]) > 1
    missing = [row for row in rows if row["quality"] == "missing"]
    assert len(missing) == 4
    assert all(row["value"] == "" for row in missing)


def test_a_download_of_a_table_can_be_loaded_again(testford: Testford, tmp_path: Path) -> None:
    first = load(testford, tmp_path / "lake")
    atlas = build(read(tmp_path / "lake"))
    folder = testford.write()
    for name in ("works", "figures", "states", "quantities", "limits", "sources", "parameters"):
        kind = "quantity" if name == "quantities" else name.removesuffix("s")
        write(records(atlas, name, Places(), {}), "csv", folder / f"{kind}.csv")
    from mendmap.load.check import check
    from mendmap.load.write import write as write_lake

    again = write_lake(check(folder, 100), str(tmp_path / "lake"), folder)
    assert not again.changed
    assert again.snapshot == first.snapshot

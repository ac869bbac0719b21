"""Downloads: whole, explained, and read by other people's programs as they are in the atlas."""

import csv
import io
import json
import subprocess
from pathlib import Path

import geopandas
import httpx2 as httpx
import pyogrio
import pytest
import shapely
from place import Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.exports.geojson import layer_geojson
from mendmap.exports.tables import records_csv


def listed(bor_url: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = httpx.get(f"{bor_url}/downloads.json").json()["downloads"]
    return found


def test_every_download_is_whole_and_as_large_as_listed(bor_url: str) -> None:
    for each in listed(bor_url):
        answer = httpx.get(f"{bor_url}{each['href']}")
        assert answer.status_code == 200
        assert len(answer.content) == each["bytes"]
        if str(each["href"]).endswith(".csv"):
            rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
            names = next(csv.reader(io.StringIO(answer.text, newline="")))
        else:
            features = answer.json()["features"]
            rows = [feature["properties"] for feature in features]
            names = list(rows[0])
        assert len(rows) == each["rows"], each["href"]
        assert names == [column["name"] for column in each["columns"]], each["href"]  # type: ignore[attr-defined]
        assert all(column["meaning"] for column in each["columns"])  # type: ignore[attr-defined]


@pytest.mark.system("ogrinfo")
def test_ogrinfo_reads_every_download(bor_url: str, tmp_path: Path) -> None:
    for each in listed(bor_url):
        file = tmp_path / str(each["href"]).rpartition("/")[2]
        file.write_bytes(httpx.get(f"{bor_url}{each['href']}").content)
        done = subprocess.run(["ogrinfo", "-so", "-al", file], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert f"Feature Count: {each['rows']}" in done.stdout, each["href"]
        assert "ERROR" not in done.stderr


@pytest.mark.system("ogrinfo")
def test_gdal_reads_layers_over_the_network(bor_url: str) -> None:
    address = f"/vsicurl/{bor_url}/downloads/sites.geojson"
    done = subprocess.run(["ogrinfo", "-so", "-al", address], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Feature Count: 19" in done.stdout


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
        (folder / f"{kind}.csv").write_bytes(records_csv(atlas, name))
    from mendmap.load.check import check
    from mendmap.load.write import write

    again = write(check(folder, 100), str(tmp_path / "lake"), folder)
    assert not again.changed
    assert again.snapshot == first.snapshot

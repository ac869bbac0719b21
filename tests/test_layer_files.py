"""Layers as files: every format holds what the atlas holds, as other people's programs read it."""

import csv
import io
import json
import sqlite3
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import duckdb
import geopandas
import numpy as np
import openpyxl
import pyarrow.parquet
import pyogrio
import pyproj
import pytest
import shapely
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, feature, point, polygon
from shapely.geometry.base import BaseGeometry
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.atlas.feature import Features
from mendmap.atlas.model import Atlas
from mendmap.errors import BadRequestError
from mendmap.exports.layers.chosen import Chosen, choose
from mendmap.exports.layers.formats import FORMATS, format_of, write
from mendmap.exports.layers.project import write as write_project
from mendmap.exports.layers.readings import with_readings
from mendmap.exports.layers.vector import distinct
from mendmap.geo.antimeridian import cut
from mendmap.lake.connection import open_lake

Frame = geopandas.GeoDataFrame
LONG = "“long” & <wide> — " * 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic place, in two systems, with a long text and a feature without a position."""
    folder = tmp_path_factory.mktemp("layers")
    place = Testford(folder / "testford")
    place.head += 'projections = ["EPSG:32634", "EPSG:3909"]\n'
    place.feature("lakes")["properties"]["note"] = LONG
    place.layers["lakes"]["features"].append(feature("lost", "lake", None, basis="unknown", accuracy_m=None))
    place.layers["dumps"]["features"].append(
        feature("hill", "dump", polygon([[20.1, 44.1], [20.2, 44.1], [20.2, 44.2], [20.1, 44.1]]))
    )
    place.layers["dumps"]["features"].append(feature("old", "dump", point(20.3, 44.3), valid_to="1999"))
    load(place, folder / "lake")
    return folder


@pytest.fixture(scope="module")
def atlas(folder: Path) -> Atlas:
    return build(read(folder / "lake"))


def chosen(atlas: Atlas, layer: str, **asked: str) -> Chosen:
    return choose(atlas, atlas.layer(layer), {name.replace("_", "-"): text for name, text in asked.items()})


def _vector(path: Path, layer: str) -> Frame:
    return pyogrio.read_dataframe(path, layer=layer)


def _zipped(path: Path, layer: str) -> Frame:
    parts = [pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)]
    short = {
        row["shapefile"]: row["column"]
        for row in csv.DictReader(ZipFile(path).read("columns.csv").decode().splitlines())
    }
    return geopandas.GeoDataFrame(np.concatenate([part.to_numpy() for part in parts]), columns=parts[0].columns).rename(
        columns=short
    )


def _csv(path: Path, layer: str) -> Frame:
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"), newline="")))
    return geopandas.GeoDataFrame(rows, geometry=shapely.from_wkt([row["geometry"] or None for row in rows]))


READERS: dict[str, Callable[[Path, str], Frame]] = {
    "geojson": _vector,
    "gpkg": _vector,
    "fgb": _vector,
    "parquet": lambda path, layer: geopandas.read_parquet(path),
    "shp.zip": _zipped,
    "csv": _csv,
}


def same_shape(found: BaseGeometry | None, wanted: BaseGeometry | None, metres: bool = False) -> bool:
    if wanted is None:
        return not isinstance(found, BaseGeometry)
    return bool(shapely.normalize(found).equals_exact(shapely.normalize(wanted), 1e-3 if metres else 1e-7))


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("layer", ["lakes", "dumps", "stations", "rivers", "sites", "works"])
def test_a_file_holds_what_the_atlas_holds(form: str, layer: str, atlas: Atlas, tmp_path: Path) -> None:
    made = chosen(atlas, layer)
    path = tmp_path / f"{layer}.{form}"
    write(made, form, path)
    found = READERS[form](path, layer).set_index("id")
    wanted = atlas.layer(layer).frame
    assert sorted(found.index) == sorted(wanted.index)
    assert [path.name] == [each.name for each in tmp_path.iterdir()]
    for ident, row in found.iterrows():
        assert same_shape(row["geometry"], wanted.geometry[ident]), ident
        for field in made.fields:
            # A Shapefile cuts long texts, as a test below has it.
            if field.name != "id" and not (form == "shp.zip" and len(str(row[field.name]).encode()) > 240):
                assert value(row[field.name], field.kind) == value(wanted.loc[ident, field.name], field.kind), field


def value(cell: Any, kind: str) -> Any:
    """A cell as the same value whichever format it stood in; no value is None."""
    if kind == "list":
        return json.loads(cell) if isinstance(cell, str) else list(cell)
    if cell is None or cell != cell or cell == "":
        return None
    if kind == "moment":
        return np.datetime64(str(cell).replace("Z", "").replace("+00:00", ""), "s")
    return float(cell) if kind in ("number", "amount", "integer") else cell


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_snapshot_is_the_same_bytes_at_another_time(
    form: str, folder: Path, atlas: Atlas, tmp_path: Path
) -> None:
    lake = open_lake(str(folder / "lake"))
    made = with_readings(chosen(atlas, "sites"), lake, 1000)
    write(made, form, tmp_path / "one")
    time.sleep(0.01)
    write(made, form, tmp_path / "other")
    lake.close()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("form", ["gpkg", "fgb", "parquet", "shp.zip", "csv"])
@pytest.mark.parametrize("crs", ["EPSG:32634", "EPSG:3857", "EPSG:4326", "EPSG:3909"])
def test_coordinates_are_in_the_system_asked_for_easting_first(
    form: str, crs: str, atlas: Atlas, tmp_path: Path
) -> None:
    path = tmp_path / f"lakes.{form}"
    write(chosen(atlas, "lakes", crs=crs), form, path)
    found = READERS[form](path, "lakes").set_index("id")
    turn = pyproj.Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
    x, y = turn.transform(20.7, 44.7)
    assert found.geometry["puddle"].x == pytest.approx(x, abs=1e-3)
    assert found.geometry["puddle"].y == pytest.approx(y, abs=1e-3)
    if form != "csv" and form != "shp.zip":
        named = READERS[form](path, "lakes").crs
        # GDAL writes EPSG:3909, north first, as its twin.
        assert named.to_epsg() == int(crs.removeprefix("EPSG:")) or crs == "EPSG:3909"
        assert pyproj.Transformer.from_crs("OGC:CRS84", named, always_xy=True).transform(20.7, 44.7) == pytest.approx(
            (x, y)
        )


@pytest.mark.parametrize("form", ["geojson", "kml"])
def test_a_format_that_is_always_in_degrees_refuses_another_system(form: str, atlas: Atlas, tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match=r"EPSG:3857 is asked for; take another format: gpkg, parquet"):
        write(chosen(atlas, "lakes", crs="EPSG:3857"), form, tmp_path / "file")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ({}, ["heap", "hill", "old"]),
        ({"bbox": "20.05,44.05,20.4,44.4"}, ["hill", "old"]),
        ({"bbox": "44.05,20.05,44.4,20.4", "bbox_crs": "EPSG:4326"}, ["hill", "old"]),
        ({"datetime": "2020-01-01"}, ["heap", "hill"]),
        ({"bbox": "0,0,1,1"}, []),
        ({"filter": "accuracy_m > 10 OR valid_to IS NOT NULL"}, ["heap", "old"]),
        ({"filter": "accuracy_m = 10", "bbox": "20.05,44.05,20.4,44.4", "datetime": "2020-01-01"}, ["hill"]),
    ],
)
@pytest.mark.parametrize("form", ["geojson", "gpkg", "parquet", "fgb", "shp.zip"])
def test_a_filtered_file_has_what_was_asked_for(
    form: str, asked: dict[str, str], ids: list[str], atlas: Atlas, tmp_path: Path
) -> None:
    path = tmp_path / f"dumps.{form}"
    made = chosen(atlas, "dumps", **asked)
    write(made, form, path)
    found = READERS[form](path, "dumps")
    assert (sorted(found["id"]) if len(found) else []) == ids
    assert made.count == len(ids)


def test_geoparquet_says_what_it_is_and_duckdb_finds_its_boxes(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "dumps.parquet"
    write(chosen(atlas, "dumps"), "parquet", path)
    geo = json.loads(pyarrow.parquet.read_schema(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point", "Polygon"]
    assert geo["columns"]["geometry"]["bbox"] == pytest.approx([20.1, 44.1, 20.8, 44.8])
    assert "crs" not in geo["columns"]["geometry"]
    assert list(geopandas.read_parquet(path, bbox=(20, 44, 20.25, 44.25))["id"]) == ["hill"]
    sql = f"SELECT id FROM '{path}' WHERE bbox.xmin <= 20.25 AND bbox.ymin <= 44.25"
    assert duckdb.sql(sql).fetchall() == [("hill",)]


def test_a_geopackage_carries_styles_meanings_terms_and_readings(folder: Path, atlas: Atlas, tmp_path: Path) -> None:
    lake = open_lake(str(folder / "lake"))
    path = tmp_path / "sites.gpkg"
    write(with_readings(chosen(atlas, "lakes"), lake, 1000), "gpkg", path)
    lake.close()
    assert pyogrio.read_info(path, layer="lakes")["layer_metadata"]["licence"] == "CC0-1.0"
    file = sqlite3.connect(path)
    assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    moments = file.execute("SELECT last_change FROM gpkg_contents UNION SELECT timestamp FROM gpkg_metadata_reference")
    assert [each for (each,) in moments] == [f"{atlas.snapshot.moment:%Y-%m-%dT%H:%M:%S}.000Z"]
    styles = file.execute(
        "SELECT f_table_name, styleQML, styleSLD, useAsDefault FROM layer_styles ORDER BY id"
    ).fetchall()
    assert [(name, default) for name, _, _, default in styles] == [("lakes", 1), ("lakes", 0)]
    for _, qml, sld, _ in styles:
        assert {each.get("value") for each in ElementTree.fromstring(qml).iter("category")} >= {
            "schematic",
            "hypothesis",
        }
        assert "#336699" in sld and ElementTree.fromstring(sld) is not None
    meaning = "SELECT description FROM gpkg_data_columns WHERE table_name = 'lakes' AND column_name = 'basis'"
    assert file.execute(meaning).fetchone() == ("How its position or outline is known.",)
    (related,) = file.execute("SELECT base_table_name, related_table_name, mapping_table_name FROM gpkgext_relations")
    assert related == ("lakes", "readings", "lakes_readings")
    joined = """
        SELECT l.id, r.station, r.value FROM lakes l
        JOIN lakes_readings m ON m.base_id = l.fid JOIN readings r ON r.fid = m.related_id"""
    assert sorted(file.execute(joined)) == [("mirror", "inlet", 0.5), ("mirror", "inlet", 120.0)]
    file.close()


def test_readings_beyond_the_bound_are_refused_and_never_left_out(folder: Path, atlas: Atlas) -> None:
    lake = open_lake(str(folder / "lake"))
    with pytest.raises(BadRequestError, match="3 readings go with these features, and one file has at most 2"):
        with_readings(chosen(atlas, "dumps"), lake, 2)
    readings = with_readings(chosen(atlas, "dumps", datetime="2020-01-01"), lake, 2).readings
    assert readings is not None and readings.count == 1
    lake.close()


def test_a_workbook_has_the_places_of_points_and_says_where_a_text_is_too_long(tmp_path: Path) -> None:
    place = Testford(tmp_path / "testford")
    load(place, tmp_path / "lake")
    atlas = build(read(tmp_path / "lake"))
    # No file may have so long a text, a list may.
    lakes = atlas.layer("lakes")
    long = [replace(each, properties={**each.properties, "note": "x" * 40_000}) for each in lakes.features]
    atlas = replace(atlas, layers={**atlas.layers, "lakes": replace(lakes, features=Features.of(long))})
    write(chosen(atlas, "lakes"), "xlsx", tmp_path / "lakes.xlsx")
    sheet, about = openpyxl.load_workbook(tmp_path / "lakes.xlsx").worksheets
    header, *rows = sheet.iter_rows(values_only=True)
    mirror, puddle = (dict(zip(header, row, strict=True)) for row in rows)
    assert (puddle["longitude"], puddle["latitude"]) == (20.7, 44.7)
    assert mirror["longitude"] is None
    assert mirror["note"] == "(a text of 40000 characters, more than a cell holds; take CSV)"
    assert "geometry" in [row[0] for row in about.iter_rows(values_only=True)]


def test_a_shapefile_says_what_it_cut_and_brings_the_whole_beside(atlas: Atlas, tmp_path: Path) -> None:
    write(chosen(atlas, "lakes"), "shp.zip", tmp_path / "lakes.shp.zip")
    archive = ZipFile(tmp_path / "lakes.shp.zip")
    assert {"lakes_points.shp", "lakes_polygons.prj", "columns.csv", "lakes.csv"} <= set(archive.namelist())
    readme = archive.read("readme.txt").decode()
    assert "cut at 254 bytes, in these columns: note (1)" in readme
    assert "1 of the 3 features have no position" in readme
    whole = list(csv.DictReader(archive.read("lakes.csv").decode().splitlines()))
    assert whole[0]["note"] == LONG.strip()
    cut_note = _zipped(tmp_path / "lakes.shp.zip", "").set_index("id")["note"]["mirror"]
    assert LONG.startswith(cut_note) and 250 < len(cut_note.encode()) <= 254


def test_kml_has_a_placemark_a_feature_and_escapes_what_stands_in_it(atlas: Atlas, tmp_path: Path) -> None:
    write(chosen(atlas, "lakes"), "kml", tmp_path / "lakes.kml")
    root = ElementTree.parse(tmp_path / "lakes.kml").getroot()
    names = {"k": "http://www.opengis.net/kml/2.2"}
    marks = root.findall(".//k:Placemark", names)
    assert [each.get("id") for each in marks] == ["mirror", "puddle", "lost"]
    note = marks[0].find(".//k:Data[@name='note']/k:value", names)
    assert note is not None and note.text == LONG.strip()
    assert marks[1].findtext(".//k:coordinates", None, names) == "20.7,44.7"
    assert marks[2].find("k:Point", names) is None
    styles = {f"#{each.get('id')}" for each in root.findall(".//k:Style", names)}
    assert marks[1].findtext("k:styleUrl", None, names) == "#schematic" and "#schematic" in styles


def test_the_project_has_every_drawn_layer_by_its_kind_of_geometry(atlas: Atlas, tmp_path: Path) -> None:
    write_project(atlas, "http://testford.example", tmp_path / "one.qgz")
    write_project(atlas, "http://testford.example", tmp_path / "other.qgz")
    assert (tmp_path / "one.qgz").read_bytes() == (tmp_path / "other.qgz").read_bytes()
    root = ElementTree.fromstring(ZipFile(tmp_path / "one.qgz").read("mendmap.qgs"))
    sources = [each.findtext("datasource") for each in root.iter("maplayer")]
    start = "/vsicurl/http://testford.example/downloads"
    assert f"{start}/lakes.fgb|layername=lakes|geometrytype=Polygon" in sources
    assert f"{start}/stations.fgb|layername=stations" in sources
    assert len(sources) == len(set(sources)) == 6
    ids = [each.findtext("id") for each in root.iter("maplayer")]
    assert [each.get("id") for each in root.iter("layer-tree-layer")] == ids


@pytest.mark.parametrize(
    ("given_wkt", "cut_wkt"),
    [
        ("LINESTRING (179 0, -179 0)", "MULTILINESTRING ((179 0, 180 0), (-180 0, -179 0))"),
        (
            "POLYGON ((179 0, -179 0, -179 1, 179 1, 179 0))",
            "MULTIPOLYGON (((179 0, 180 0, 180 1, 179 1, 179 0)), ((-180 0, -179 0, -179 1, -180 1, -180 0)))",
        ),
        ("POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))", None),
        ("LINESTRING (-170 0, 0 0, 170 0)", None),
        ("LINESTRING (179 0, 180 0)", None),
        ("POINT (180 0)", None),
    ],
)
def test_what_crosses_the_antimeridian_is_cut_there(given_wkt: str, cut_wkt: str | None) -> None:
    (found,) = cut(np.array([shapely.from_wkt(given_wkt)], dtype=object))
    assert shapely.normalize(found) == shapely.normalize(shapely.from_wkt(cut_wkt or given_wkt))


@given(st.lists(st.text("aAbB", min_size=1, max_size=14), max_size=30), st.integers(4, 12))
@settings(max_examples=times(50, 1000))
def test_short_names_are_distinct_whatever_their_case(names: list[str], most: int) -> None:
    found = distinct(names, most, ("a",))
    assert len({each.lower() for each in found} | {"a"}) == len(names) + 1
    assert all(len(each) <= most for each in found)


def test_the_name_of_a_file_tells_its_layer_and_format() -> None:
    assert format_of("lakes.shp.zip") == ("lakes", "shp.zip")
    assert format_of("lakes.v2.GPKG") == ("lakes.v2", "gpkg")
    assert format_of("lakes.zip") == ("lakes.zip", "")


@pytest.mark.system("ogrinfo")
@pytest.mark.parametrize("form", ["geojson", "gpkg", "fgb", "kml", "shp.zip"])
def test_gdal_of_debian_counts_the_features(form: str, atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / f"stations.{form}"
    write(chosen(atlas, "stations"), form, path)
    listed = subprocess.run(["ogrinfo", "-so", "-al", path], capture_output=True, text=True, timeout=60)
    assert listed.returncode == 0
    assert "Feature Count: 3" in listed.stdout
    assert "ERROR" not in listed.stderr and "Warning" not in listed.stderr

"""Vector files: GeoPackage and GeoJSON give the same features; columns of a layer's own; what is kept."""

import shutil
import sqlite3
import warnings
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from faults import faults_in
from place import Testford, feature, point
from shapely.geometry import shape

from mendmap.load.check import Geodata, check


def write_gpkg(path: Path, table: str, features: list[dict[str, Any]], crs: str, mode: str = "w") -> None:
    """Features of GeoJSON as a table of a GeoPackage in another reference system."""
    shapes = [None if each["geometry"] is None else shape(each["geometry"]) for each in features]
    frame = geopandas.GeoDataFrame([each["properties"] for each in features], geometry=shapes, crs="EPSG:4326")
    with warnings.catch_warnings(action="ignore"):
        frame.to_crs(crs).to_file(path, layer=table, driver="GPKG", mode=mode)


def as_geopackages(place: Testford, crs: str) -> Geodata:
    """The place with every layer as a GeoPackage."""
    place.write()
    for name, layer in place.layers.items():
        layer |= {"file": f"{name}.gpkg", "crs": crs}
        write_gpkg(place.folder / f"{name}.gpkg", name, layer["features"], crs)
        (place.folder / f"{name}.geojson").unlink()
    return check(place.write(), 100)


@pytest.mark.parametrize("crs", ["EPSG:4326", "OGC:CRS84", "EPSG:32634", "EPSG:3909"])
def test_a_geopackage_gives_the_features_that_geojson_gives(crs: str, testford: Testford, tmp_path: Path) -> None:
    plain = check(Testford(tmp_path / "plain").write(), 100)
    packaged = as_geopackages(testford, crs)
    assert [each.id for each in packaged.features] == [each.id for each in plain.features]
    for one, other in zip(packaged.features, plain.features, strict=True):
        assert (one.row, one.layer, one.properties) == (other.row, other.layer, other.properties)
        if one.geometry is None or other.geometry is None:
            assert one.geometry is other.geometry
        else:
            assert one.geometry.equals_exact(other.geometry, 1e-6)
            assert one.geometry.geom_type == other.geometry.geom_type


def package(place: Testford, more: str = "") -> Path:
    """The place with its dumps in a GeoPackage that the test still has to write."""
    place.layers["dumps"] |= {"file": "dumps.gpkg", "crs": "EPSG:4326", "more": more}
    folder = place.write()
    (folder / "dumps.geojson").unlink(missing_ok=True)
    return folder / "dumps.gpkg"


def test_of_several_tables_the_catalogue_names_one(testford: Testford) -> None:
    path = package(testford)
    dumps = testford.layers["dumps"]["features"]
    write_gpkg(path, "dumps", dumps, "EPSG:4326")
    write_gpkg(path, "others", [feature("other", "dump", point(20.1, 44.1))], "EPSG:4326", mode="a")
    assert "dumps.gpkg:0: : no such table in the GeoPackage: None; choices: dumps, others" in faults_in(path.parent)
    testford.layers["dumps"]["more"] = 'table = "heaps"'
    assert "dumps.gpkg:0: : no such table in the GeoPackage: 'heaps'; choices: dumps, others" in faults_in(
        testford.write()
    )
    testford.layers["dumps"]["more"] = 'table = "dumps"'
    assert "heap" in {each.id for each in check(testford.write(), 100).features}


def test_layers_may_share_a_geopackage_if_each_has_its_table(testford: Testford) -> None:
    path = package(testford, 'table = "dumps"')
    write_gpkg(path, "dumps", testford.layers["dumps"]["features"], "EPSG:4326")
    write_gpkg(path, "heaps", [feature("other", "heap", point(20.1, 44.1))], "EPSG:4326", mode="a")
    testford.layers["heaps"] = testford.layers["dumps"] | {"kind": "heap", "more": 'table = "heaps"'}
    layers = {each.id: each.layer for each in check(testford.write(), 100).features}
    assert (layers["heap"], layers["other"]) == ("dumps", "heaps")
    testford.layers["heaps"]["more"] = 'table = "dumps"'
    assert any("file: 'dumps.gpkg:dumps' is already used" in fault for fault in faults_in(testford.write()))


def test_the_faults_of_a_geopackage_name_its_features(testford: Testford) -> None:
    path = package(testford)
    wrong = feature("b", "pond", point(20.1, 44.1), accuracy_m=-1)
    write_gpkg(path, "dumps", [testford.feature("dumps"), wrong], "EPSG:4326")
    assert faults_in(path.parent) == [
        "dumps.gpkg:2: accuracy_m: must be above 0: -1",
        "dumps.gpkg:2: kind: not a kind of this layer: 'pond'; choices: dump",
    ]


def test_a_table_without_geometry_is_a_clear_fault(testford: Testford) -> None:
    path = package(testford, 'table = "list"')
    write_gpkg(path, "dumps", testford.layers["dumps"]["features"], "EPSG:4326")
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE list (fid INTEGER PRIMARY KEY, id TEXT)")
        database.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('list', 'attributes')")
    database.close()
    assert any("dumps.gpkg:0: : the table has no geometry: 'list'" in fault for fault in faults_in(path.parent))


@pytest.mark.parametrize("blob", [b"", b"GP", b"GP\x00\x01\x00\x00\x00\x00\x01\x01", b"\x00" * 100])
def test_a_broken_geometry_in_a_geopackage_is_a_fault_of_its_feature(blob: bytes, testford: Testford) -> None:
    path = package(testford)
    write_gpkg(path, "dumps", testford.layers["dumps"]["features"], "EPSG:4326")
    with sqlite3.connect(path) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE dumps SET geom = ?", (blob,))
    database.close()
    assert any(fault.startswith("dumps.gpkg:1: geometry: ") for fault in faults_in(path.parent))


@pytest.mark.parametrize("keep", [20, 100, 5000, 50_000])
def test_a_half_written_geopackage_is_a_clear_fault(keep: int, testford: Testford) -> None:
    path = package(testford)
    write_gpkg(path, "dumps", testford.layers["dumps"]["features"], "EPSG:4326")
    assert path.stat().st_size > keep
    path.write_bytes(path.read_bytes()[:keep])
    assert any(fault.startswith("dumps.gpkg:0: : not a GeoPackage") for fault in faults_in(path.parent))


def test_a_layer_may_have_columns_of_its_own(testford: Testford) -> None:
    testford.layers["dumps"]["more"] = '[layer.fields]\nliner = "What lies under it."'
    testford.feature("dumps")["properties"]["liner"] = "clay"
    found = check(testford.write(), 100)
    assert next(each.properties["liner"] for each in found.features if each.id == "heap") == "clay"
    (dumps,) = [layer for layer in found.catalogue.layers if layer.id == "dumps"]
    assert dumps.fields == {"liner": "What lies under it."}


def test_an_id_may_stand_beside_the_properties(testford: Testford) -> None:
    heap = testford.feature("dumps")
    heap["id"] = heap["properties"].pop("id")
    assert "heap" in {each.id for each in check(testford.write(), 100).features}


def test_heights_are_let_through_and_the_shape_is_kept(testford: Testford) -> None:
    testford.feature("dumps")["geometry"] = {"type": "Point", "coordinates": [20.8, 44.8, 350]}
    found = next(each for each in check(testford.write(), 100).features if each.id == "heap")
    assert found.geometry is not None
    assert found.geometry.equals(shapely.Point(20.8, 44.8))


@pytest.mark.parametrize("suffix", [".shp", ".kml", ".csv", ""])
def test_other_formats_are_refused_with_the_choices(suffix: str, testford: Testford) -> None:
    testford.layers["dumps"]["file"] = f"dumps{suffix}"
    folder = testford.write()
    shutil.copy(folder / "source.csv", folder / f"dumps{suffix}")
    expected = f"dumps{suffix}:0: : not a vector file: '{suffix}'; choices: .geojson, .gpkg"
    assert expected in faults_in(folder)

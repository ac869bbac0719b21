"""Programs of other people open the service as their own: every layer whole, with the atlas' values, types and system.

GDAL of the system and of pyogrio's wheel, OWSLib, pyarrow; over real sockets, and the flagship data. The vector tiles
are held against GDAL in ``test_mvt``.
"""

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import httpx2 as httpx
import numpy as np
import pandas as pd
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from owslib.ogcapi.edr import EnvironmentalDataRetrieval
from owslib.ogcapi.features import Features

from mendmap.atlas.build import build
from mendmap.atlas.fields import columns
from mendmap.atlas.model import Atlas, Layer
from mendmap.geo.crs import crs
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake

LAYERS = (
    "smelters",
    "lakes",
    "waste_dumps",
    "mines",
    "reaches",
    "stations",
    "watercourses",
    "places",
    "sites",
    "works",
)
# What GDAL reads over HTTP, with the handlers of files before each.
VECTORS = {"geojson": "", "gpkg": "", "fgb": "", "kml": "", "shp.zip": "/vsizip/"}


@pytest.fixture(scope="module")
def atlas(bor_lake: Path) -> Iterator[Atlas]:
    lake = open_lake(str(bor_lake))
    yield build(contents.read(lake, ledger.latest(lake), "bor"))
    lake.close()


def plain(value: Any) -> Any:
    """A value as any program may tell it: numbers as floats, what is not known as None, moments in UTC."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value == "":
        return None
    if isinstance(value, int | float | np.number):
        return float(value)
    text = str(value)
    if len(text) > 10 and text[4:5] == "-" and text[13:14] == ":":
        return pd.Timestamp(text).tz_convert("UTC") if pd.Timestamp(text).tzinfo else pd.Timestamp(text, tz="UTC")
    # A date of a spreadsheet or of GDAL may carry a midnight that nobody stated.
    return text.removesuffix(" 00:00:00").replace("/", "-") if text[:4].isdigit() else text


def agrees(found: geopandas.GeoDataFrame, layer: Layer, atlas: Atlas, within: float = 0.0) -> None:
    """Whether a client has every feature of a layer, with every column of one value and its shape."""
    wanted = layer.frame
    assert sorted(found["id"]) == sorted(wanted["id"])
    found = found.set_index("id").loc[wanted["id"]]
    for field in columns(layer.id, layer.role, layer.fields, atlas.place.languages):
        if field.kind == "list" or field.name == "id":
            continue
        told = [plain(each) for each in found[field.name]]
        assert told == [plain(each) for each in wanted[field.name]], f"{layer.id}.{field.name}"
        if field.kind in ("number", "amount", "integer") and wanted[field.name].notna().any():
            assert found[field.name].dtype.kind in "if", f"{layer.id}.{field.name} is no number"
    same_place(found.geometry, wanted.geometry, within)


def same_place(found: geopandas.GeoSeries, wanted: geopandas.GeoSeries, within: float) -> None:
    """Shapes that lie within a distance of those wanted, in the units of their system; where there is none, none."""
    assert list(found.isna()) == list(wanted.isna())
    known = ~wanted.isna().to_numpy()
    one, other = shapely.normalize(found.to_numpy()[known]), shapely.normalize(wanted.to_numpy()[known])
    assert (shapely.hausdorff_distance(one, other) <= within).all()


@pytest.mark.system("ogr2ogr")
def test_gdal_of_the_system_copies_every_collection_whole(bor_url: str, atlas: Atlas, tmp_path: Path) -> None:
    target = tmp_path / "whole.gpkg"
    command = ["ogr2ogr", "-oo", "PAGE_SIZE=7", target, f"OAPIF:{bor_url}/ogc"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
    assert set(pyogrio.list_layers(target)[:, 0]) == set(atlas.layers)
    for name in LAYERS:
        found = pyogrio.read_dataframe(target, layer=name)
        assert found.crs == "EPSG:4326"
        # A column that GDAL guesses from its first pages may be text where all there is null.
        wanted = atlas.layers[name]
        assert sorted(found["id"]) == sorted(wanted.frame["id"])
        same_place(found.set_index("id").loc[wanted.frame["id"]].geometry, wanted.frame.geometry, 0.0)


@pytest.mark.parametrize("layer", LAYERS)
def test_gdal_of_the_wheel_reads_a_collection_whole(bor_url: str, atlas: Atlas, layer: str) -> None:
    # GDAL guesses the types of columns from its first page, so that must not be too short.
    found = pyogrio.read_dataframe(f"OAPIF:{bor_url}/ogc", layer=layer, PAGE_SIZE=25, INITIAL_REQUEST_PAGE_SIZE=25)
    assert found.crs in ("OGC:CRS84", "EPSG:4326")
    agrees(found, atlas.layers[layer], atlas)


def test_gdal_of_the_wheel_lists_the_layers_and_no_readings(bor_url: str, atlas: Atlas) -> None:
    assert list(pyogrio.list_layers(f"OAPIF:{bor_url}/ogc")[:, 0]) == list(atlas.layers)


@pytest.mark.parametrize("form", VECTORS)
@pytest.mark.parametrize("layer", ["sites", "stations", "watercourses", "works"])
def test_gdal_of_the_wheel_reads_a_download_over_http(bor_url: str, atlas: Atlas, layer: str, form: str) -> None:
    path = f"{VECTORS[form]}/vsicurl/{bor_url}/downloads/{layer}.{form}"
    layers = pyogrio.list_layers(path)[:, 0]
    if form in ("geojson", "gpkg", "fgb"):
        found = pyogrio.read_dataframe(path, layer=layers[0])
        assert found.crs == "EPSG:4326"
        agrees(found, atlas.layers[layer], atlas, 1e-7)
        return
    # Neither KML nor a Shapefile keeps names and types whole, and a Shapefile has one kind of shape.
    known = atlas.layers[layer].frame
    parts = [pyogrio.read_dataframe(path, layer=each) for each in layers]
    assert all(each.crs == "EPSG:4326" for each in parts if isinstance(each, geopandas.GeoDataFrame))
    ids = [ident for each in parts for ident in each["id"]]
    assert set(known["id"][known.geometry.notna()]) <= set(ids) <= set(known["id"])
    assert len(ids) == len(set(ids))


@pytest.mark.system("ogrinfo")
@pytest.mark.parametrize("form", VECTORS)
def test_gdal_of_the_system_reads_a_download_over_http(bor_url: str, atlas: Atlas, form: str) -> None:
    path = f"{VECTORS[form]}/vsicurl/{bor_url}/downloads/watercourses.{form}"
    done = subprocess.run(["ogrinfo", "-ro", "-so", "-al", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
    assert f"Feature Count: {len(atlas.layers['watercourses'].frame)}" in done.stdout
    assert 'GEOGCRS["WGS 84"' in done.stdout


@pytest.mark.parametrize("layer", LAYERS)
def test_pyarrow_and_geopandas_read_geoparquet(bor_url: str, atlas: Atlas, layer: str) -> None:
    body = io.BytesIO(httpx.get(f"{bor_url}/downloads/{layer}.parquet").content)
    if layer == "works":
        # That name is the table's; the layer's is another form.
        assert pyarrow.parquet.read_table(body).num_rows == len(atlas.works)
        return
    assert pyarrow.parquet.read_schema(body).metadata[b"geo"]
    found = geopandas.read_parquet(body)
    assert found.crs == "OGC:CRS84"
    agrees(found, atlas.layers[layer], atlas)


def test_owslib_reads_every_collection_page_by_page(bor_url: str, atlas: Atlas) -> None:
    client = Features(f"{bor_url}/ogc")
    assert client.feature_collections() == list(atlas.layers)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in client.conformance()["conformsTo"]
    for name in LAYERS:
        wanted = atlas.layers[name].frame
        found = [
            feature
            for offset in range(0, len(wanted), 9)
            for feature in client.collection_items(name, limit=9, offset=offset)["features"]
        ]
        assert [each["id"] for each in found] == list(wanted["id"])
        assert client.collection_items(name, limit=1)["numberMatched"] == len(wanted)
    described = client.collection("lakes")
    assert described["crs"] == [each.uri for each in atlas.place.systems]


def test_owslib_reads_features_in_each_system(bor_url: str, atlas: Atlas) -> None:
    for system in atlas.place.systems:
        answer = httpx.get(f"{bor_url}/ogc/collections/watercourses/items", params={"crs": system.uri, "limit": 100})
        found = geopandas.GeoDataFrame.from_features(answer.json()["features"]).geometry.to_numpy()
        back = system.to_crs84(system.official(found))
        wanted = atlas.layers["watercourses"].frame.geometry.to_numpy()
        # Some are known by name alone.
        assert list(shapely.is_missing(back)) == list(shapely.is_missing(wanted))
        back, wanted = back[~shapely.is_missing(back)], wanted[~shapely.is_missing(wanted)]
        assert (shapely.hausdorff_distance(back, wanted) < 1e-6).all(), system.name
        assert crs(answer.headers["Content-Crs"].strip("<>")) == system


def test_owslib_reads_the_readings(bor_url: str, atlas: Atlas) -> None:
    client = EnvironmentalDataRetrieval(f"{bor_url}/ogc")
    assert client.data() == ["readings"]
    area = client.query_data("readings", "area", coords="POLYGON((21 43,23 43,23 45,21 45,21 43))")
    series = {each.id: each for found in atlas.features.values() for each in found.series}
    placed = {name: each for name, each in series.items() if atlas.features[each.station].geometry is not None}
    told = {each["id"]: len(each["domain"]["axes"]["t"]["values"]) for each in area["coverages"]}
    assert told == {name: each.count for name, each in placed.items()}

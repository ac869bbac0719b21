"""Mapbox Vector Tiles: other people's readers find in them what the GeoJSON tiles hold. Synthetic shapes."""

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import httpx2 as httpx
import mapbox_vector_tile
import numpy as np
import pyogrio
import pytest
import shapely
from conftest import times
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from test_tiles import MAX_ZOOM, layer_of, shapes, tile_at, tiles_over

from mendmap.geo.grid import EXTENT, Tile, side_m, to_lonlat, to_mercator
from mendmap.tiles import geojson, mvt, prepare
from mendmap.tiles.cut import cut
from mendmap.tiles.prepare import TileLayer, number

CENTRE = (22.1, 44.07)


def decoded(body: bytes) -> dict[str, Any]:
    """A tile as mapbox-vector-tile reads it, with rows counted from the north, as the format has them."""
    found: dict[str, Any] = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    return found


def in_steps(shape: BaseGeometry, tile: Tile) -> BaseGeometry:
    """A shape in degrees as steps of a tile."""
    west, _, _, north = tile.box_m
    scale = EXTENT / side_m(tile.z)
    return shapely.transform(shape, lambda degrees: (to_mercator(degrees) - [west, north]) * [scale, -scale])


def areas(rings: list[list[list[int]]]) -> list[float]:
    """The surveyor's formula, with rows that grow downwards: positive for outer rings (MVT 2.1, 4.3.3.3)."""
    found = []
    for ring in rings:
        x, y = np.array(ring, dtype=float).T
        found.append(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2))
    return found


@settings(max_examples=times(60, 3000))
@given(st.lists(shapes(), min_size=1, max_size=5), st.sampled_from([6, 10, 13, 16]))
def test_a_reader_finds_what_the_geojson_tile_holds_within_a_step(made: list[BaseGeometry], zoom: int) -> None:
    layer = TileLayer(layer_of(list(made)), MAX_ZOOM, 1000)
    for tile in list(tiles_over((22.09, 44.065, 22.11, 44.075), zoom))[:3]:
        found = cut(layer, tile)
        told = {each["id"]: each for each in json.loads(geojson.written([found]).body)["features"]}
        features = decoded(mvt.written([found]).body).get("made", {}).get("features", [])
        assert [each["properties"]["id"] for each in features] == list(told)
        for each in features:
            assert each["properties"] == told[each["properties"]["id"]]["properties"]
            wanted = in_steps(shapely.from_geojson(json.dumps(told[each["properties"]["id"]]["geometry"])), tile)
            seen = shapely.from_geojson(json.dumps(each["geometry"]))
            assert seen.is_valid
            assert shapely.get_dimensions(seen) == shapely.get_dimensions(wanted)
            # Half a step of rounding each way in each direction, and that of the decimals of degrees.
            reach = 1.5 if shapely.area(wanted) > 4 or shapely.get_dimensions(wanted) < 2 else 3
            assert shapely.hausdorff_distance(seen, wanted) <= reach


@settings(max_examples=times(60, 3000))
@given(shapes(), shapes(), st.sampled_from([5, 9, 12, 16]))
def test_rings_wind_as_the_format_has_it_and_none_is_without_area(
    one: BaseGeometry, other: BaseGeometry, zoom: int
) -> None:
    shape = one.symmetric_difference(other) if shapely.get_dimensions([one, other]).tolist() == [2, 2] else one
    assume(not shape.is_empty)
    layer = TileLayer(layer_of([shape]), MAX_ZOOM, 10)
    for tile in list(tiles_over(shape.bounds, zoom))[:3]:
        for each in decoded(mvt.written([cut(layer, tile)]).body).get("made", {}).get("features", []):
            geometry = each["geometry"]
            polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}
            for rings in polygons.get(geometry["type"], []):
                outer, *inner = areas(rings)
                assert outer > 0 and all(area < 0 for area in inner)
                assert all(len(ring) >= 4 and ring[0] == ring[-1] for ring in rings)


@pytest.mark.parametrize("zoom", range(MAX_ZOOM + 1))
def test_no_feature_is_lost_however_small_it_is_at_a_zoom(zoom: int) -> None:
    tiny = [
        shapely.box(22.1, 44.07, 22.1000001, 44.0700001),
        shapely.LineString([CENTRE, (22.1000001, 44.0700001)]),
        shapely.MultiPolygon(
            [shapely.box(22.1, 44.07, 22.1000001, 44.09), shapely.box(22.11, 44.07, 22.1100001, 44.09)]
        ),
    ]
    made = mvt.written([cut(TileLayer(layer_of(list(tiny)), MAX_ZOOM, 10), tile_at(*CENTRE, zoom))])
    features = decoded(made.body)["made"]["features"]
    assert [each["properties"]["id"] for each in features] == ["0", "1", "2"]
    least = 0 if zoom < 6 else 1 if zoom < MAX_ZOOM else 2
    assert made.widened >= least, "what has no extent is drawn wider than it is, and counted"
    parts = shapely.get_parts([shapely.from_geojson(json.dumps(each["geometry"])) for each in features])
    assert shapely.is_valid(parts).all()
    dots = zoom < MAX_ZOOM
    assert [each["properties"].get("drawn") for each in features[:2]] == ["point" if dots else None] * 2
    assert shapely.from_geojson(json.dumps(features[0]["geometry"])).area <= 1


def test_a_sliver_is_drawn_from_end_to_end() -> None:
    sliver = shapely.box(22.1, 44.05, 22.1000001, 44.09)
    tile = tile_at(*CENTRE, 10)
    (feature,) = decoded(mvt.written([cut(TileLayer(layer_of([sliver]), MAX_ZOOM, 10), tile)]).body)["made"]["features"]
    low, high = (in_steps(shapely.Point(22.1, latitude), tile).y for latitude in (44.09, 44.05))
    bounds = shapely.from_geojson(json.dumps(feature["geometry"])).bounds
    assert bounds[1] == pytest.approx(low, abs=1) and bounds[3] == pytest.approx(high, abs=1)
    assert bounds[2] - bounds[0] == 1


def test_values_keep_their_types(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = {"text": "Сува", "whole": -5, "large": 2**40, "real": 1.0, "one": 1, "yes": True}
    monkeypatch.setattr(prepare, "_properties", lambda layer, feature: mixed)
    tiles = TileLayer(layer_of([shapely.Point(CENTRE)]), MAX_ZOOM, 10)
    (feature,) = decoded(mvt.written([cut(tiles, tile_at(*CENTRE, 12))]).body)["made"]["features"]
    found = {name: feature["properties"][name] for name in mixed}
    assert found == mixed
    assert {name: type(value) for name, value in found.items()} == {name: type(value) for name, value in mixed.items()}


def test_the_number_of_a_feature_is_a_hash_that_javascript_can_hold() -> None:
    layer = TileLayer(layer_of([shapely.Point(CENTRE), shapely.Point(CENTRE)]), MAX_ZOOM, 10)
    features = decoded(mvt.written([cut(layer, tile_at(*CENTRE, 12))]).body)["made"]["features"]
    assert [each["id"] for each in features] == [number("made", "0"), number("made", "1")]
    assert len({each["id"] for each in features}) == 2
    assert all(each["id"] < 2**53 for each in features)


def test_several_layers_stand_in_one_tile_and_an_empty_one_is_no_bytes() -> None:
    layer = TileLayer(layer_of([shapely.Point(CENTRE)]), MAX_ZOOM, 10)
    other = TileLayer(layer_of([shapely.LineString([CENTRE, (22.2, 44.1)])]), MAX_ZOOM, 10)
    other.id = "other"
    tile = tile_at(*CENTRE, 12)
    body = decoded(mvt.written([cut(layer, tile), cut(other, tile)]).body)
    assert {name: len(each["features"]) for name, each in body.items()} == {"made": 1, "other": 1}
    assert all(each["version"] == 2 and each["extent"] == EXTENT for each in body.values())
    assert mvt.written([cut(layer, Tile(16, 0, 0))]).body == b""


def test_a_line_is_as_near_to_that_of_geojson_as_is_stated() -> None:
    for zoom in range(4, 17):
        west, south, east, north = tile_at(*CENTRE, zoom).box_m
        corners = to_lonlat(np.array([[west, south], [east, north]]))
        middle = to_mercator(corners.mean(axis=0)[None, :])[0]
        apart = abs(middle[1] - (south + north) / 2) / side_m(zoom) * EXTENT
        bound = 3217 * math.sin(math.radians(corners[1, 1])) / 2**zoom
        assert apart <= bound * 1.05
        assert zoom < 12 or bound < 1


def test_a_bound_is_counted_in_both_formats() -> None:
    boxes = [shapely.box(22.1, 44.0, 22.1 + nth / 1000, 44.0 + nth / 1000) for nth in range(1, 8)]
    made = mvt.written([cut(TileLayer(layer_of(list(boxes)), MAX_ZOOM, 3), tile_at(22.1, 44.0, 8))])
    assert (made.features, made.omitted) == (3, 4)


def test_the_flagships_tiles_of_both_formats_hold_the_same(bor_url: str) -> None:
    with httpx.Client(base_url=bor_url) as client:
        for layer in ("sites", "stations", "watercourses", "works"):
            for tile in tiles_over((21.95, 43.93, 22.40, 44.22), 11):
                address = f"/tiles/{layer}/11/{tile.x}/{tile.y}"
                answer, told = client.get(f"{address}.mvt"), client.get(f"{address}.geojson")
                assert (answer.status_code, answer.headers["content-type"]) == (200, mvt.MEDIA_TYPE)
                assert answer.headers["Mendmap-Omitted"] == "0"
                assert answer.headers["Access-Control-Allow-Origin"] == "*"
                features = decoded(answer.content).get(layer, {"features": []})["features"]
                assert [each["properties"] for each in features] == [
                    each["properties"] for each in told.json()["features"]
                ]


def test_tilejson_leads_to_the_vector_tiles(bor_url: str) -> None:
    told = httpx.get(f"{bor_url}/tiles/sites.mvt.json").json()
    assert told["tiles"] == [f"{bor_url}/tiles/sites/{{z}}/{{x}}/{{y}}.mvt"]
    assert told["vector_layers"][0]["id"] == "sites"
    assert httpx.get(f"{bor_url}/tiles/none.mvt.json").status_code == 404


@pytest.mark.system("ogrinfo")
def test_gdal_of_the_system_reads_a_tile_and_a_whole_zoom(bor_url: str, tmp_path: Path) -> None:
    whole = httpx.get(f"{bor_url}/downloads/sites.geojson").json()
    located = {each["id"] for each in whole["features"] if each["geometry"]}
    # GDAL would clip points that stand in a tile for the sake of their discs.
    opened = ["-oo", "TILE_EXTENSION=mvt", "-oo", "CLIP=NO"]
    bounds = [str(each) for each in to_mercator(np.array([[21.4, 43.85], [22.75, 44.8]])).ravel()]
    target = tmp_path / "sites.geojson"
    command = ["ogr2ogr", "-t_srs", "OGC:CRS84", *opened, "-spat", *bounds, target, f"MVT:{bor_url}/tiles/sites/9"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and not done.stderr, done.stderr
    features = [each["properties"] for each in json.loads(target.read_text())["features"]]
    assert all(type(each["accuracy_m"]) in (int, float) and each["name_en"] for each in features)
    assert {each["id"] for each in features} == located


def test_gdal_of_the_wheel_reads_a_tile(bor_url: str, tmp_path: Path) -> None:
    tile = tile_at(22.1, 44.07, 9)
    address = f"{bor_url}/tiles/sites/9/{tile.x}/{tile.y}"
    path = tmp_path / f"{tile.y}.mvt"
    path.write_bytes(httpx.get(f"{address}.mvt").content)
    frame = pyogrio.read_dataframe(path, layer="sites", X=tile.x, Y=tile.y, Z=tile.z, CLIP="NO")
    told = httpx.get(f"{address}.geojson").json()["features"]
    assert set(frame["id"]) == {each["id"] for each in told}
    assert frame["accuracy_m"].dtype == float
    assert {each["id"]: each["properties"]["readings"] for each in told} == dict(
        zip(frame["id"], frame["readings"], strict=True)
    )

"""Tiles: every one parses, and put together again they are the layer."""

import json
import math
from collections.abc import Iterator

import geopandas
import httpx2 as httpx
import mercantile
import numpy as np
import pytest
import shapely
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from mendmap.atlas.feature import Features
from mendmap.atlas.model import Feature, Layer
from mendmap.geo.grid import EXTENT, Tile, side_m, to_lonlat, to_mercator
from mendmap.tiles.cut import TileContent
from mendmap.tiles.cut import cut as cut_out
from mendmap.tiles.geojson import decimals, written
from mendmap.tiles.outlines import tolerance_m
from mendmap.tiles.prepare import TileLayer

MAX_ZOOM = 16
BOR = (21.95, 43.93, 22.40, 44.22)


def layer_of(shapes: list[BaseGeometry | None], accuracy_m: float = 1.0) -> Layer:
    """A layer of shapes whose ids are their positions."""
    features = tuple(
        Feature(
            "made", str(nth), shape, {"kind": "thing", "name": {"en": "x"}, "basis": "published"} | _known(accuracy_m)
        )
        for nth, shape in enumerate(shapes)
    )
    return Layer("made", {"en": "Made"}, "", "context", {}, {}, "", "", 7, Features.of(features))


def _known(accuracy_m: float) -> dict[str, float]:
    return {"accuracy_m": accuracy_m}


def cut(layer: TileLayer, tile: Tile) -> TileContent:
    """A tile as GeoJSON."""
    return written([cut_out(layer, tile)])


def tiles_over(box: tuple[float, float, float, float], zoom: int) -> Iterator[Tile]:
    for tile in mercantile.tiles(*box, zooms=zoom):
        yield Tile(tile.z, tile.x, tile.y)


def tile_at(x: float, y: float, zoom: int) -> Tile:
    found = mercantile.tile(x, y, zoom)
    return Tile(found.z, found.x, found.y)


def reassembled(
    layer: TileLayer, box: tuple[float, float, float, float], zoom: int
) -> tuple[dict[str, BaseGeometry], int]:
    """The features of all tiles over a box, put together by id, and how many were left out."""
    parts: dict[str, list[BaseGeometry]] = {}
    omitted = 0
    for tile in tiles_over(box, zoom):
        body = json.loads(cut(layer, tile).body)
        omitted += body["omitted"]
        for each in body["features"]:
            parts.setdefault(each["id"], []).append(shapely.from_geojson(json.dumps(each["geometry"])))
    return {
        ident: shapely.union_all([shapely.make_valid(p) for p in pieces]) for ident, pieces in parts.items()
    }, omitted


def metres(shape: BaseGeometry) -> BaseGeometry:
    """A shape around Bor in mercator metres, with its lines as straight as they are in degrees."""
    per_degree = side_m(0) / 360
    scale = [per_degree, per_degree / math.cos(math.radians(44.07))]
    return shapely.transform(shape, lambda degrees: (degrees - [22.1, 44.07]) * scale)


def agrees(found: BaseGeometry, wanted: BaseGeometry, area: BaseGeometry, within_m: float) -> bool:
    """Whether a shape from tiles and the one wanted in an area lie within a distance of each other, in mercator
    metres. What lies so near to the area's edge that rounding may carry it across is not held against the tiles."""
    found, wanted, area = metres(found), metres(wanted), metres(area)
    reach = within_m * 1.01
    inside = found if shapely.get_dimensions(wanted) == 0 else found.intersection(area.buffer(-reach))
    if shapely.get_dimensions(wanted) == 2:
        edge = shapely.boundary(wanted).buffer(reach)
        missing, more = wanted.difference(found).difference(edge), inside.difference(wanted).difference(edge)
        return bool(missing.area < 1e-3 and more.area < 1e-3)
    return bool(wanted.difference(found.buffer(reach)).is_empty and inside.difference(wanted.buffer(reach)).is_empty)


def error_m(zoom: int) -> float:
    """The stated tolerance of a zoom, and the rounding of its coordinates, first to its steps and then to decimals of
    degrees that are no coarser: each half of one in either direction."""
    return tolerance_m(zoom, MAX_ZOOM) + math.sqrt(2) * side_m(zoom) / EXTENT


offset = st.tuples(st.floats(-0.02, 0.02), st.floats(-0.015, 0.015))


@st.composite
def shapes(draw: st.DrawFn) -> BaseGeometry:
    """A point, a line or a polygon around Bor."""
    points = np.array(draw(st.lists(offset, min_size=3, max_size=12, unique=True))) + np.array([22.1, 44.07])
    kind = draw(st.sampled_from(["point", "line", "polygon"]))
    if kind == "point":
        return shapely.Point(points[0])
    if kind == "line":
        return shapely.LineString(points)
    hull = shapely.convex_hull(shapely.MultiPoint(points))
    return hull if hull.geom_type == "Polygon" and hull.area > 1e-9 else shapely.Point(points[0]).buffer(0.001)


@settings(max_examples=times(40, 2000))
@given(st.lists(shapes(), min_size=1, max_size=6), st.sampled_from([10, 12, 14, 16]))
def test_tiles_put_together_are_the_layer_clipped(made: list[BaseGeometry], zoom: int) -> None:
    layer = layer_of(list(made))
    tiles = TileLayer(layer, MAX_ZOOM, 1000)
    box = (22.09, 44.065, 22.10, 44.075) if zoom == 16 else (22.08, 44.06, 22.12, 44.08)
    found, omitted = reassembled(tiles, box, zoom)
    assert omitted == 0
    area = shapely.box(*box)
    frame = geopandas.GeoDataFrame(geometry=list(made), crs="OGC:CRS84")
    # One by one: a frame of mixed types cannot keep its geometry types.
    clipped = {index: geopandas.clip(frame.loc[[index]], area, keep_geom_type=True) for index in frame.index}
    for index, wanted in ((index, rows.geometry.union_all()) for index, rows in clipped.items()):
        # A shape that only touches the area from outside is clipped to its touching point, which no tile shows.
        if wanted.is_empty or shapely.get_dimensions(wanted) < shapely.get_dimensions(made[int(index)]):
            continue
        assert str(index) in found, f"feature {index} is in no tile"
        assert agrees(found[str(index)], wanted, area, error_m(zoom)), f"feature {index} differs at zoom {zoom}"


@settings(max_examples=times(30, 1000))
@given(shapes(), st.sampled_from([10, 13, 16]))
def test_a_tile_is_what_the_layer_is_inside_it_and_its_margin(made: BaseGeometry, zoom: int) -> None:
    tiles = TileLayer(layer_of([made]), MAX_ZOOM, 1000)
    margin = side_m(zoom) * 128 / EXTENT
    west, south, east, north = made.bounds
    for tile in list(tiles_over((west, south, east, north), zoom))[:4]:
        features = json.loads(cut(tiles, tile).body)["features"]
        whole = metres(shapely.box(*mercantile.bounds(*tile[1:], tile.z))).buffer(margin * 1.01, join_style="mitre")
        if not features:
            assert not whole.buffer(-error_m(zoom)).intersects(metres(made)) or shapely.get_dimensions(made) == 0
            continue
        found = shapely.from_geojson(json.dumps(features[0]["geometry"]))
        if shapely.get_dimensions(made):
            assert metres(found).within(whole.buffer(error_m(zoom)))


def test_the_error_of_a_zoom_is_its_tolerance_and_its_rounding() -> None:
    assert tolerance_m(16, 16) == 0
    assert tolerance_m(15, 16) == pytest.approx(side_m(15) / 256 / 2)
    for zoom in range(21):
        assert 10 ** -decimals(zoom) <= 360 / 2**zoom / EXTENT, "coordinates are coarser than the quantum"


def test_a_point_is_whole_in_every_tile_that_its_disc_touches() -> None:
    tiles = TileLayer(layer_of([shapely.Point(22.1, 44.07)], accuracy_m=1500), MAX_ZOOM, 10)
    centre = shapely.transform(shapely.Point(22.1, 44.07), to_mercator)
    disc = centre.buffer(1500 / math.cos(math.radians(44.07)))
    for tile in tiles_over((22.05, 44.04, 22.15, 44.10), 13):
        features = json.loads(cut(tiles, tile).body)["features"]
        if shapely.box(*tile.box_m).intersects(disc):
            assert features, f"{tile} misses a disc that touches it"
        if features:
            assert features[0]["geometry"] == {"type": "Point", "coordinates": [22.1, 44.07]}


def test_an_unlocated_feature_is_in_no_tile() -> None:
    tiles = TileLayer(layer_of([None, shapely.Point(22.1, 44.07)]), MAX_ZOOM, 10)
    body = json.loads(cut(tiles, Tile(0, 0, 0)).body)
    assert [each["id"] for each in body["features"]] == ["1"]


def test_an_empty_layer_and_an_empty_tile_are_empty_collections() -> None:
    empty = {"type": "FeatureCollection", "features": [], "omitted": 0}
    assert json.loads(cut(TileLayer(layer_of([]), MAX_ZOOM, 10), Tile(0, 0, 0)).body) == empty
    assert json.loads(cut(TileLayer(layer_of([None]), MAX_ZOOM, 10), Tile(0, 0, 0)).body) == empty
    assert json.loads(cut(TileLayer(layer_of([shapely.Point(22, 44)]), MAX_ZOOM, 10), Tile(16, 0, 0)).body) == empty


def test_a_bound_leaves_out_the_smallest_and_says_how_many() -> None:
    boxes = [shapely.box(22.1, 44.0, 22.1 + nth / 1000, 44.0 + nth / 1000) for nth in range(1, 8)]
    made = cut(TileLayer(layer_of(list(boxes)), MAX_ZOOM, 3), tile_at(22.1, 44.0, 8))
    assert (made.features, made.omitted) == (3, 4)
    body = json.loads(made.body)
    assert [each["id"] for each in body["features"]] == ["4", "5", "6"]
    assert body["omitted"] == 4


def test_what_is_smaller_than_a_pixel_is_a_point_and_says_so_and_itself_at_the_highest_zoom() -> None:
    tiny = shapely.box(22.1, 44.07, 22.10001, 44.07001)
    layer = TileLayer(layer_of([tiny, shapely.LineString([(22.1, 44.07), (22.10001, 44.07001)])]), MAX_ZOOM, 10)
    for zoom in range(MAX_ZOOM + 1):
        features = json.loads(cut(layer, tile_at(22.100005, 44.070005, zoom)).body)["features"]
        pixel = 360 / 2**zoom / 256
        wanted = ["Point", "Point"] if zoom < MAX_ZOOM and pixel > 0.0000142 else ["Polygon", "LineString"]
        assert [each["geometry"]["type"] for each in features] == wanted, f"at zoom {zoom}"
        assert [each["properties"].get("drawn") for each in features] == [
            "point" if kind == "Point" else None for kind in wanted
        ]


def test_exterior_rings_wind_counter_clockwise() -> None:
    clockwise = shapely.Polygon([(22.0, 44.0), (22.0, 44.1), (22.1, 44.1), (22.1, 44.0)])
    body = json.loads(cut(TileLayer(layer_of([clockwise]), MAX_ZOOM, 10), tile_at(22.05, 44.05, 10)).body)
    (shape,) = (shapely.from_geojson(json.dumps(each["geometry"])) for each in body["features"])
    assert shape.exterior.is_ccw


def test_lonlat_and_mercator_are_inverse_on_a_tiles_corners() -> None:
    west, south, east, north = Tile(12, 2299, 1490).box_m
    corners = np.array([[west, south], [east, north]])
    assert to_mercator(to_lonlat(corners)) == pytest.approx(corners, abs=1e-6)


@pytest.mark.parametrize("zoom", range(8, 17))
def test_every_tile_over_bor_parses(bor_url: str, zoom: int) -> None:
    layers = ["sites", "stations", "watercourses", "places", "works"]
    west, south, east, north = BOR
    if zoom > 13:
        # The town, so that the count stays bounded at the highest zooms.
        west, south, east, north = (22.08, 44.05, 22.14, 44.09) if zoom < 16 else (22.095, 44.055, 22.125, 44.085)
    with httpx.Client(base_url=bor_url) as client:
        for tile in tiles_over((west, south, east, north), zoom):
            for layer in layers:
                answer = client.get(f"/tiles/{layer}/{zoom}/{tile.x}/{tile.y}.geojson")
                assert answer.status_code == 200
                body = answer.json()
                assert body["omitted"] == 0
                for each in body["features"]:
                    assert shapely.from_geojson(json.dumps(each["geometry"])).is_valid
                    assert each["properties"]["basis"]


def test_the_whole_flagship_is_in_its_tiles(bor_url: str) -> None:
    with httpx.Client(base_url=bor_url) as client:
        for layer in ("sites", "stations", "watercourses", "places", "works"):
            whole = client.get(f"/downloads/{layer}.geojson").json()
            located = {each["id"] for each in whole["features"] if each["geometry"]}
            found: set[str] = set()
            for tile in tiles_over((21.4, 43.85, 22.75, 44.8), 11):
                body = client.get(f"/tiles/{layer}/11/{tile.x}/{tile.y}.geojson").json()
                found |= {each["id"] for each in body["features"]}
            assert found == located


def test_where_there_are_too_many_the_largest_of_each_spot_stand_for_the_others() -> None:
    tile = tile_at(22.1, 44.06, 9)
    west, south, east, north = mercantile.bounds(*tile[1:], tile.z)
    places = [(column / 8, row / 8) for column in (1, 3, 5, 7) for row in (1, 3, 5, 7)]
    spots = [(west + x * (east - west), south + y * (north - south)) for x, y in places]
    made = [shapely.box(x, y, x + size, y + size) for x, y in spots for size in (0.005, 0.02, 0.01)]
    body = json.loads(cut(TileLayer(layer_of(list(made)), MAX_ZOOM, 1000, 16), tile).body)
    assert (len(body["features"]), body["omitted"]) == (16, 32)
    assert {int(each["id"]) % 3 for each in body["features"]} == {1}, "a smaller one stands for a larger"
    assert {each["properties"]["stands_for"] for each in body["features"]} == {3}
    more = json.loads(cut(TileLayer(layer_of(list(made)), MAX_ZOOM, 1000, 20), tile).body)["features"]
    assert sorted(each["properties"].get("stands_for", 1) for each in more) == [1] * 4 + [2] * 4 + [3] * 12


@settings(max_examples=times(40, 2000))
@given(st.lists(offset, min_size=1, max_size=60), st.integers(1, 30), st.sampled_from([7, 10, 12, 15]))
def test_a_feature_is_in_every_tile_it_touches_or_in_none_and_none_is_forgotten(
    places: list[tuple[float, float]], most: int, zoom: int
) -> None:
    made = [shapely.box(22.1 + x, 44.07 + y, 22.102 + x, 44.072 + y) for x, y in places]
    layer, whole = (TileLayer(layer_of(list(made)), MAX_ZOOM, 1000, each) for each in (most, 1000))
    found: dict[str, int] = {}
    touched: dict[str, set[Tile]] = {}
    drawn: dict[str, set[Tile]] = {}
    omitted = 0
    for tile in tiles_over((22.07, 44.05, 22.13, 44.09), zoom):
        thin, every = (json.loads(cut(each, tile).body) for each in (layer, whole))
        assert every["omitted"] == 0
        omitted += thin["omitted"]
        for each in every["features"]:
            touched.setdefault(each["id"], set()).add(tile)
        for each in thin["features"]:
            drawn.setdefault(each["id"], set()).add(tile)
            found[each["id"]] = each["properties"].get("stands_for", 1)
    assert all(touched[ident] == tiles for ident, tiles in drawn.items())
    assert sum(found.values()) == len(made)
    assert omitted == len(made) - len(drawn)


def test_nothing_is_thinned_at_the_highest_zoom_nor_where_a_tile_has_few() -> None:
    made = [shapely.Point(22.1, 44.07) for _ in range(12)]
    for most, zoom, drawn in ((5, MAX_ZOOM, 12), (5, 10, 5), (12, 10, 12)):
        found = cut_out(TileLayer(layer_of(list(made)), MAX_ZOOM, 1000, most), tile_at(22.1, 44.07, zoom))
        assert (len(found.indices), found.omitted) == (drawn, 12 - drawn)

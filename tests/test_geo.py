"""Boxes, measures and the tile grid, held against mercantile and PROJ."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import mercantile
import numpy as np
import pytest
import shapely
from conftest import times
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from mendmap.errors import BadRequestError
from mendmap.geo.bounds import Bounds
from mendmap.geo.grid import HALF_M, Tile, side_m, to_lonlat, to_mercator
from mendmap.geo.measure import area_m2, distance_m, length_m

GEOD = Geod(ellps="WGS84")
LONGITUDES = st.floats(-180, 180)
LATITUDES = st.floats(-85, 85)
MANY = settings(max_examples=times(100, 5000))
TILES = st.integers(0, 20).flatmap(
    lambda zoom: st.tuples(st.just(zoom), st.integers(0, 2**zoom - 1), st.integers(0, 2**zoom - 1))
)


@MANY
@given(TILES)
@example((0, 0, 0))
@example((20, 2**20 - 1, 2**20 - 1))
def test_a_tile_is_the_square_that_mercantile_says(tile: tuple[int, int, int]) -> None:
    zoom, column, row = tile
    assert Tile(*tile).box_m == pytest.approx(tuple(mercantile.xy_bounds(column, row, zoom)), abs=1e-6)


@pytest.mark.parametrize("zoom", range(21))
def test_the_corners_of_every_zoom_are_the_square_of_the_world(zoom: int) -> None:
    last = 2**zoom - 1
    for column, row in ((0, 0), (last, 0), (0, last), (last, last)):
        expected = tuple(mercantile.xy_bounds(column, row, zoom))
        assert Tile.of(zoom, column, row, 20).box_m == pytest.approx(expected, abs=1e-6)
    west, _, _, north = Tile(zoom, 0, 0).box_m
    _, south, east, _ = Tile(zoom, last, last).box_m
    assert (west, south, east, north) == pytest.approx((-HALF_M, -HALF_M, HALF_M, HALF_M), abs=1e-6)
    assert side_m(zoom) * 2**zoom == pytest.approx(2 * HALF_M)


@pytest.mark.parametrize(
    ("z", "x", "y", "said"),
    [
        (-1, 0, 0, "zoom -1 is outside 0..16"),
        (17, 0, 0, "zoom 17 is outside 0..16"),
        (0, 1, 0, "tile 0/1/0 is outside the grid: x and y run from 0 to 0"),
        (3, 8, 0, "tile 3/8/0 is outside the grid: x and y run from 0 to 7"),
        (3, 0, 8, "tile 3/0/8 is outside the grid: x and y run from 0 to 7"),
        (3, -1, 0, "tile 3/-1/0 is outside the grid: x and y run from 0 to 7"),
        (3, 0, -1, "tile 3/0/-1 is outside the grid: x and y run from 0 to 7"),
        (16, 2**64, 0, "is outside the grid"),
    ],
)
def test_a_tile_outside_the_grid_is_refused(z: int, x: int, y: int, said: str) -> None:
    with pytest.raises(BadRequestError, match=said):
        Tile.of(z, x, y, 16)


@MANY
@given(LONGITUDES, LATITUDES)
def test_mercator_agrees_with_mercantile_and_has_an_inverse(longitude: float, latitude: float) -> None:
    metres = to_mercator(np.array([[longitude, latitude]]))
    assert metres[0] == pytest.approx(mercantile.xy(longitude, latitude), abs=1e-6)
    assert to_lonlat(metres)[0] == pytest.approx((longitude, latitude), abs=1e-9)


@MANY
@given(st.floats(-HALF_M, HALF_M), st.floats(-HALF_M, HALF_M))
def test_lonlat_has_an_inverse(x: float, y: float) -> None:
    assert to_mercator(to_lonlat(np.array([[x, y]])))[0] == pytest.approx((x, y), abs=1e-3)


@pytest.mark.parametrize(("latitude", "y"), [(90.0, HALF_M), (-90.0, -HALF_M), (86.0, HALF_M), (0.0, 0.0)])
def test_latitude_is_held_within_the_grid(latitude: float, y: float) -> None:
    assert to_mercator(np.array([[0.0, latitude]]))[0, 1] == pytest.approx(y, abs=0.01)


LINE = [(20.4, 44.6), (20.5, 44.55), (20.6, 44.5)]
RING = [(20.5, 44.5), (20.51, 44.5), (20.51, 44.51), (20.5, 44.51)]


@pytest.mark.parametrize("vertices", [LINE, LINE[::-1], [(0.0, 0.0), (1.0, 0.0)], [(0.0, 0.0), (0.0, 1.0)]])
def test_a_length_is_the_sum_of_its_geodesics(vertices: Sequence[tuple[float, float]]) -> None:
    parts = [GEOD.inv(*one, *other)[2] for one, other in pairwise(vertices)]
    assert length_m(shapely.LineString(vertices)) == pytest.approx(sum(parts), rel=1e-9)


def test_a_degree_is_as_long_as_the_tables_say() -> None:
    assert length_m(shapely.LineString([(0, 0), (1, 0)])) == pytest.approx(111_319.49, abs=0.01)
    assert length_m(shapely.LineString([(0, 0), (0, 1)])) == pytest.approx(110_574.39, abs=0.01)
    assert length_m(shapely.Point(20, 44)) == 0


@pytest.mark.parametrize("ring", [RING, RING[::-1]], ids=["one way", "the other"])
def test_an_area_is_the_same_whichever_way_the_ring_winds(ring: list[tuple[float, float]]) -> None:
    longitudes, latitudes = zip(*ring, strict=True)
    expected = abs(GEOD.polygon_area_perimeter(longitudes, latitudes)[0])
    assert area_m2(shapely.Polygon(ring)) == pytest.approx(expected, rel=1e-9)
    assert expected == pytest.approx(794.7 * 1111, rel=0.01)


@pytest.mark.parametrize("holes", [[RING], [RING[::-1]]], ids=["one way", "the other"])
def test_a_hole_is_taken_off_whichever_way_it_winds(holes: list[list[tuple[float, float]]]) -> None:
    around = [(20.4, 44.4), (20.6, 44.4), (20.6, 44.6), (20.4, 44.6)]
    whole, hole = area_m2(shapely.Polygon(around)), area_m2(shapely.Polygon(RING))
    for shell in (around, around[::-1]):
        assert area_m2(shapely.Polygon(shell, holes)) == pytest.approx(whole - hole, rel=1e-6)


def test_the_parts_of_a_shape_add_up_whichever_way_each_winds() -> None:
    far = [(x + 0.1, y) for x, y in RING]
    both = shapely.MultiPolygon([shapely.Polygon(RING), shapely.Polygon(far[::-1])])
    assert area_m2(both) == pytest.approx(2 * area_m2(shapely.Polygon(RING)), rel=1e-9)


@MANY
@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_the_distance_of_points_is_their_geodesic_in_both_orders(x: float, y: float, dx: float, dy: float) -> None:
    one, other = shapely.Point(x, y), shapely.Point(x + dx, y + dy)
    expected = GEOD.inv(x, y, x + dx, y + dy)[2]
    assert distance_m(one, other) == pytest.approx(expected, rel=1e-6, abs=1e-3)
    assert distance_m(other, one) == pytest.approx(distance_m(one, other), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        (shapely.Point(20.505, 44.505), shapely.Polygon(RING), 0),
        (shapely.Point(20.51, 44.505), shapely.Polygon(RING), 0),
        (shapely.Point(20.52, 44.505), shapely.Polygon(RING), GEOD.inv(20.52, 44.505, 20.51, 44.505)[2]),
        (shapely.LineString(LINE), shapely.Point(20.4, 44.6), 0),
        (shapely.Point(20.3, 44.6), shapely.LineString([(20.4, 44), (20.4, 45)]), GEOD.inv(20.3, 44.6, 20.4, 44.6)[2]),
        (shapely.Polygon(RING), shapely.Polygon(RING), 0),
    ],
    ids=["inside", "on the edge", "beside", "on the end", "beside a line", "itself"],
)
def test_the_distance_of_shapes_is_that_of_their_nearest_points(one: Any, other: Any, metres: float) -> None:
    assert distance_m(one, other) == pytest.approx(metres, rel=0.01, abs=1e-3)
    assert distance_m(other, one) == pytest.approx(metres, rel=0.01, abs=1e-3)


@pytest.mark.parametrize(
    "box", [(20, 44, 21, 45), (-180, -90, 180, 90), (0, 0, 0, 0), (180, 90, 180, 90), (20, 44, 20, 45)]
)
def test_a_box_may_touch_the_edges_and_be_a_point(box: tuple[float, float, float, float]) -> None:
    assert Bounds.of(*box) == box
    assert Bounds.parse(list(box)) == box


@pytest.mark.parametrize(
    "given",
    [
        [21, 44, 20, 45],
        [20, 45, 21, 44],
        [-181, 44, 21, 45],
        [20, 44, 180.001, 45],
        [20, -90.5, 21, 45],
        [20, 44, 21, 91],
        [math.nan, 44, 21, 45],
        [20, 44, 21, math.inf],
        [20, 44, 21, 10**400],
        [20, 44, 21],
        [20, 44, 21, 45, 46],
        ["20", "44", "21", "45"],
        [True, False, True, True],
        [None, 44, 21, 45],
        "20,44,21,45",
        {"west": 20},
        None,
        20,
    ],
    ids=lambda given: repr(given)[:30],
)
def test_what_is_no_box_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match=r"not a box of west, south, east, north|not four numbers"):
        Bounds.parse(given)


@pytest.mark.parametrize(
    ("inner", "inside"),
    [
        ((20, 44, 21, 45), True),
        ((20, 44, 20, 44), True),
        ((21, 45, 21, 45), True),
        ((20.1, 44.1, 20.9, 44.9), True),
        ((19.999, 44, 21, 45), False),
        ((20, 43.999, 21, 45), False),
        ((20, 44, 21.001, 45), False),
        ((20, 44, 21, 45.001), False),
        ((44, 20, 45, 21), False),
        ((math.nan, 44, 21, 45), False),
    ],
)
def test_a_box_contains_its_edges_and_nothing_beyond(inner: tuple[float, float, float, float], inside: bool) -> None:
    assert Bounds(20, 44, 21, 45).contains(Bounds(*inner)) is inside


def test_swapping_a_box_twice_changes_nothing() -> None:
    box = Bounds(20, 44, 21, 45)
    assert box.swapped() == (44, 20, 45, 21)
    assert box.swapped().swapped() == box


@MANY
@given(st.floats(-170, 160), st.floats(-80, 70), st.floats(0, 9), st.floats(1, 100_000))
def test_a_box_that_grows_has_as_much_more_on_every_side(west: float, south: float, side: float, metres: float) -> None:
    box = Bounds(west, south, west + side, south + side)
    grown = box.grown(metres)
    assert grown.contains(box)
    for latitude in (box.south, box.north):
        for edge, other in ((grown.west, box.west), (box.east, grown.east)):
            # Along the parallel, which no shorter way leaves by much.
            assert GEOD.inv(edge, latitude, other, latitude)[2] >= 0.99 * metres
    for edge, other in ((grown.south, box.south), (box.north, grown.north)):
        assert metres <= GEOD.inv(box.west, edge, box.west, other)[2] + 1e-6 < 1.011 * metres + 2e-6


def test_a_box_grows_as_far_as_the_world_goes_and_boxes_are_held_by_one() -> None:
    assert Bounds(-180, -90, 180, 90).grown(1000) == Bounds(-180, -90, 180, 90)
    assert Bounds(10, 89.999, 10, 90).grown(1000).north == 90
    assert Bounds.around([Bounds(1, 2, 3, 4), Bounds(-1, 3, 2, 9)]) == Bounds(-1, 2, 3, 9)

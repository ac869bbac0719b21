"""Blocks: neighbouring tiles and blocks draw the same lines without gaps, all tiles are found, and memory is bounded.

The shapes are synthetic."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from math import hypot

import mercantile
import numpy as np
import pytest
import shapely
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry
from test_tiles import MAX_ZOOM, layer_of, shapes

from mendmap.geo.grid import EXTENT, Tile
from mendmap.tiles import geojson
from mendmap.tiles.blocks import Block, Blocks
from mendmap.tiles.cut import cut
from mendmap.tiles.outlines import TOLERANCE, in_steps
from mendmap.tiles.prepare import MARGIN, TileLayer

SIDE = 36  # parcels along each edge of the mosaic: more than a layer may have that is one block
WIDTH = 0.012  # degrees


def winding(begin: np.ndarray, end: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A border of eight vertices from one corner to another, without the last."""
    along = np.linspace(0, 1, 8)[:-1, None]
    found: np.ndarray = begin + (end - begin) * along + (along > 0) * random.uniform(-WIDTH / 50, WIDTH / 50, (7, 2))
    return found


def mosaic() -> list[BaseGeometry]:
    """Parcels with winding borders, each shared vertex by vertex with the parcel beyond."""
    random = np.random.default_rng(7)
    corners = np.stack(np.meshgrid(np.arange(SIDE + 1), np.arange(SIDE + 1), indexing="ij"), axis=-1) * WIDTH
    corners = corners + np.array([22.0, 43.9]) + random.uniform(-WIDTH / 12, WIDTH / 12, corners.shape)
    east, north = np.array([1, 0]), np.array([0, 1])
    borders = {
        (x, y, step): winding(corners[x, y], corners[x + ahead[0], y + ahead[1]], random)
        for x in range(SIDE + 1)
        for y in range(SIDE + 1)
        for step, ahead in (("east", east), ("north", north))
        if x + ahead[0] <= SIDE and y + ahead[1] <= SIDE
    }
    found: list[BaseGeometry] = []
    for x in range(SIDE):
        for y in range(SIDE):
            right = np.vstack((borders[x + 1, y, "north"], corners[x + 1, y + 1]))
            top = np.vstack((borders[x, y + 1, "east"], corners[x + 1, y + 1]))
            left = np.vstack((borders[x, y, "north"], corners[x, y + 1]))
            ring = [*borders[x, y, "east"], *right[:-1], *top[::-1][:-1], *left[::-1][:-1]]
            found.append(shapely.Polygon(ring))
    return found


PARCELS = mosaic()


@pytest.fixture(scope="module")
def parcels() -> TileLayer:
    return TileLayer(layer_of(PARCELS), MAX_ZOOM, 10_000, 10_000)


def around_a_corner_of_blocks(zoom: int) -> list[Tile]:
    """Four tiles in the middle of the mosaic, each of another block where there is more than one."""
    middle = WIDTH * SIDE / 2
    at = mercantile.tile(22.0 + middle, 43.9 + middle, zoom)
    wide = 4 if zoom > 10 else 1
    x, y = (round(each / wide) * wide for each in (at.x, at.y))
    return [Tile(zoom, x - left, y - up) for left in (1, 0) for up in (1, 0)]


def window(tile: Tile, beyond: float = 0) -> BaseGeometry:
    """A tile in steps, and so many more around it."""
    x, y = tile.x * EXTENT, tile.y * EXTENT
    return shapely.box(x - beyond, y - beyond, x + EXTENT + beyond, y + EXTENT + beyond)


def wider_than_a_step(shape: BaseGeometry) -> bool:
    return not shape.buffer(-0.51, join_style="mitre").is_empty


def test_the_mosaic_is_one_before_it_is_cut() -> None:
    assert shapely.is_valid(PARCELS).all() and shapely.coverage_is_valid(PARCELS) and len(PARCELS) > 1000


@pytest.mark.parametrize("zoom", range(9, MAX_ZOOM + 1))
def test_neither_gap_nor_overlap_opens_between_neighbours(parcels: TileLayer, zoom: int) -> None:
    whole = in_steps(np.array([shapely.union_all(PARCELS)]), zoom)[0]
    # At the rim of the whole nobody shares the border.
    inner = whole.buffer(-3 * TOLERANCE)
    seen = 0
    for tile in around_a_corner_of_blocks(zoom):
        square = window(tile)
        found = shapely.intersection(cut(parcels, tile).shapes, square)
        assert shapely.is_valid(found).all()
        seen += len(found)
        assert not wider_than_a_step(inner.intersection(square).difference(shapely.union_all(found)))
        tree = shapely.STRtree(found)
        one, other = tree.query(found, predicate="intersects")
        for overlap in shapely.intersection(found[one[one < other]], found[other[one < other]]):
            assert not wider_than_a_step(overlap)
    assert seen >= 4


@pytest.mark.parametrize("zoom", range(11, MAX_ZOOM + 1))
def test_a_parcel_has_the_same_outline_in_neighbouring_tiles_and_blocks(parcels: TileLayer, zoom: int) -> None:
    tiles = around_a_corner_of_blocks(zoom)
    assert len({parcels.square(each) for each in tiles}) == 4
    shared = 0
    drawn = {
        tile: dict(zip(found.indices.tolist(), found.shapes, strict=True))
        for tile in tiles
        for found in (cut(parcels, tile),)
    }
    for one in tiles:
        for other in tiles:
            common = window(one, MARGIN).intersection(window(other, MARGIN))
            for ident in set(drawn[one]) & set(drawn[other]) if one < other else ():
                shared += 1
                first, second = (drawn[each][ident].intersection(common) for each in (one, other))
                assert not wider_than_a_step(first.symmetric_difference(second)), f"parcel {ident} of {one}, {other}"
    assert shared


def test_borders_that_are_shared_stay_near_the_true_ones(parcels: TileLayer) -> None:
    for zoom in (11, 12, 13):
        found = cut(parcels, around_a_corner_of_blocks(zoom)[0])
        whole = np.setdiff1d(np.arange(len(found.rows)), found.edges)
        wanted = in_steps(np.array(PARCELS)[found.indices[whole]], zoom)
        away = shapely.hausdorff_distance(shapely.boundary(found.shapes[whole]), shapely.boundary(wanted))
        assert np.quantile(away, 0.9) <= TOLERANCE + 1 and away.max() <= 2 * TOLERANCE
        assert shapely.get_num_coordinates(found.shapes[whole]).sum() <= shapely.get_num_coordinates(wanted).sum()


@settings(max_examples=times(25, 500))
@given(st.lists(shapes(), min_size=1, max_size=6), st.integers(6, MAX_ZOOM))
def test_every_tile_that_holds_something_is_found(made: list[BaseGeometry], zoom: int) -> None:
    for few in (1000, 0):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("mendmap.tiles.prepare._FEW", few)
            layer = TileLayer(layer_of(list(made)), MAX_ZOOM, 1000)
            squares = layer.squares(zoom)
            assert few or len(squares) == len(set(squares))
            found = [tile for square in squares for tile in layer.tiles(zoom, square)]
            assert len(found) == len(set(found))
            near = set(found) | {Tile(zoom, each.x + 1, each.y) for each in found[:20]}
            for shape in made:
                at = mercantile.tile(*shape.bounds[:2], zoom)
                near |= {Tile(zoom, at.x + x, at.y + y) for x in (-1, 0, 1) for y in (-1, 0, 1)}
            assert {each for each in near if len(cut(layer, each).rows)} <= set(found)


def test_a_tile_of_too_many_vertices_is_coarser_and_says_how_far() -> None:
    turn = np.linspace(0, 2 * np.pi, 20_000)
    radius = 0.001 * (1 + 0.2 * np.sin(50 * turn))
    ring = np.column_stack((22.1 + radius * np.cos(turn), 44.07 + radius * np.sin(turn)))
    frilled: BaseGeometry = shapely.Polygon(ring)
    at = mercantile.tile(22.1, 44.07, MAX_ZOOM)
    tile = Tile(at.z, at.x, at.y)
    whole, bounded = (cut(TileLayer(layer_of([frilled]), MAX_ZOOM, 10, 10, most), tile) for most in (10**6, 1000))
    assert whole.tolerance_m == 0 and bounded.tolerance_m > 0
    assert shapely.get_num_coordinates(bounded.shapes).sum() <= 1000 < shapely.get_num_coordinates(whole.shapes).sum()
    steps = bounded.tolerance_m / (whole.tolerance_m or 2 * np.pi * 6378137.0 / 2**MAX_ZOOM) * EXTENT
    assert shapely.hausdorff_distance(bounded.shapes[0], whole.shapes[0]) <= 2 * steps + hypot(1, 1)
    assert geojson.written([bounded]).tolerance_m == bounded.tolerance_m


def test_a_crowd_on_one_spot_is_bounded_at_the_highest_zoom_too() -> None:
    layer = TileLayer(layer_of([shapely.Point(22.1, 44.07)] * 50), MAX_ZOOM, 20, 5)
    at = mercantile.tile(22.1, 44.07, MAX_ZOOM)
    body = json.loads(geojson.written([cut(layer, Tile(at.z, at.x, at.y))]).body)
    assert (len(body["features"]), body["omitted"]) == (20, 30)


def a_block(count: int) -> Block:
    """A block of so many points."""
    layer = TileLayer(layer_of([shapely.Point(22.1, 44.07)] * count), MAX_ZOOM, 1000)
    return layer.block(Tile(0, 0, 0))


def test_blocks_are_held_within_their_bytes_the_last_used_the_longest() -> None:
    made = a_block(10)
    blocks = Blocks(3 * made.size)
    for nth in range(5):
        blocks.get("layer", nth, lambda: made)
        blocks.get("layer", 0, lambda: made)
    assert len(blocks) == 3 and blocks.bytes == 3 * made.size

    def never() -> Block:
        raise AssertionError("it was held")

    assert blocks.get("layer", 0, never) is made and blocks.get("layer", 4, never) is made
    blocks.forget("layer")
    blocks.get("other", 0, lambda: made)
    assert (len(blocks), blocks.bytes) == (1, made.size)


def test_a_block_that_many_ask_for_is_made_once_and_again_where_that_failed() -> None:
    made, blocks, calls = a_block(1), Blocks(10**6), []

    def slowly() -> Block:
        calls.append(threading.get_ident())
        time.sleep(0.1)
        if len(calls) == 1:
            raise MemoryError("too little")
        return made

    for wanted in (8, 0):
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(blocks.get, "layer", 0, slowly) for _ in range(8)]
            assert sum(isinstance(each.exception(), MemoryError) for each in asked) == wanted
    assert len(calls) == 2
    assert all(each.result() is made for each in asked)


def test_a_layer_that_is_gone_lets_go_of_its_blocks() -> None:
    blocks = Blocks(10**7)
    layer = TileLayer(layer_of([shapely.Point(22.1, 44.07)]), MAX_ZOOM, 10, blocks=blocks)
    layer.block(Tile(3, 0, 0))
    del layer
    other = TileLayer(layer_of([shapely.Point(22.1, 44.07)]), MAX_ZOOM, 10, blocks=blocks)
    other.block(Tile(3, 0, 0))
    assert len(blocks) == 1

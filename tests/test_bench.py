"""The benchmarks do not rot: what they measure with works on a small landscape, and their checks can fail."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import ROOT
from feed_server import Reply, serving

sys.path.insert(0, str(ROOT / "tests" / "bench"))
import agree
import cold
import crowd
import goals
import kept
import landscape
import prepared
import soak
import tiles
import watcher
import zonal

from mendmap.rasters.zonal import measure

README = (ROOT / "README.md").read_text("utf-8")


def test_a_tile_holds_as_many_features_whatever_their_number() -> None:
    for count in (2_000, 20_000):
        box = landscape.spread(count)
        middles = shapely.get_coordinates(landscape.frame(count, box=box).geometry.to_numpy())
        for zoom, wanted in ((12, 70), (11, 280)):
            (tile,) = prepared.within(box, zoom, 1)
            west, south, east, north = _degrees(tile)
            inside = ((middles >= [west, south]) & (middles <= [east, north])).all(axis=1).sum()
            assert 0.6 * wanted < inside < 1.3 * wanted


def _degrees(tile: Any) -> tuple[float, float, float, float]:
    found = prepared.mercantile.bounds(tile.x, tile.y, tile.z)
    return found.west, found.south, found.east, found.north


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> kept.Land:
    return kept.land(tmp_path_factory.mktemp("bench"), 300)


def test_our_own_tiles_are_made_in_both_forms_and_agree(land: kept.Land) -> None:
    assert kept.land(land.folder.parent, 300) == land
    with prepared.layer_of(land.lake) as layer:
        (tile,) = prepared.within(land.box, 12, 1)
        made = {form: prepared.made(layer, tile, form) for form in ("geojson", "mvt")}
        assert all(taken[0] > 0 for taken in prepared.cold(layer, [tile], "mvt"))
    ours, vector = agree.of_geojson(made["geojson"].body, tile), agree.of_mvt(made["mvt"].body)
    assert len(ours) > 30
    assert agree.differ(ours, vector) == ""


def test_answers_that_differ_are_told_apart(land: kept.Land) -> None:
    one = {f"f{nth}": shapely.Point(100 * nth, 100).buffer(50) for nth in range(3)}
    moved = one | {"f1": shapely.transform(one["f1"], lambda at: at + np.array([2 * agree.PIXEL, 0]))}
    fewer = {name: each for name, each in one.items() if name != "f2"}
    assert agree.differ(one, one) == ""
    assert "f1 lies 2.0 pixels" in agree.differ(one, moved)
    assert agree.differ(one, fewer) == "1 features only ours, 0 only theirs"
    assert agree.differ(one, fewer, wanting=1) == ""
    assert agree.differ(fewer, one, wanting=1) == "0 features only ours, 1 only theirs"


def test_every_question_to_postgis_is_about_the_tile_and_its_margin() -> None:
    for sql in (cold.AS_MVT, cold.AS_GEOJSON):
        asked = cold.statement(sql, 12)
        assert asked.count("%(z)s") == 2 and "margin => 0.03125" in asked


@pytest.mark.parametrize(
    ("version", "revision", "stale"),
    [(2, 9, 0), (3, 9, 0), (1, 9, 1), (2, 7, 1)],
    ids=["as new as the load", "newer", "older", "of a revision that was passed"],
)
def test_a_stale_tile_is_found(tmp_path: Path, version: int, revision: int, stale: int) -> None:
    place = crowd.crowd(tmp_path / "geodata", 60)
    with serving() as server:
        seen = watcher.Watcher(server.url, place)
        path = watcher.paths(place)[0]
        layer = path.split("/")[2]
        server.answers[path] = _tile(2, 8)
        seen.loaded(number=5, layer=layer, version=2, seconds=0.1)
        seen.loaded(number=9, layer=layer, version=7, seconds=0.1)  # which the service does not say that it serves
        seen.look(path, 5)
        server.answers[path] = _tile(version, revision)
        seen.look(path, 5)
    assert (seen.checked, seen.stale) == (2, stale)


def _tile(version: int, revision: int) -> Reply:
    headers = {"Mendmap-Snapshot": "5-abc", "Mendmap-Revision": str(revision)}
    return Reply(crowd.named("polygons0", version).encode(), headers=headers)


def test_a_soak_fails_where_memory_grows_or_an_answer_is_wrong() -> None:
    flat, growing = [100.0, 200.0, 210.0, 205.0, 208.0, 212.0], [100.0, 200.0, 210.0, 240.0, 260.0, 280.0]
    assert soak.verdict(flat, 0, 0) == 0
    assert soak.verdict(growing, 0, 0) == soak.verdict(flat, 1, 0) == soak.verdict(flat, 0, 1) == 1


def test_a_goal_is_met_or_not() -> None:
    least, most = goals.Found("hot_nginx", 40, "nginx", 100), goals.Found("cold_12_vt", 3, "geojson-vt", 2)
    assert (least.met, most.met, goals.Found("start", 1.9).met, goals.Found("start", 2.1).met) == (
        True,
        False,
        True,
        False,
    )
    row = goals.table({"hot_nginx": least}).splitlines()[2]
    assert row.endswith("| 40 requests/s | 100 requests/s (nginx) | 0.4 | at least 0.35 x | yes |")


def test_the_readme_has_a_row_for_each_goal_and_the_commands_are_there() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| ")]
    for goal in goals.GOALS.values():
        (row,) = (line for line in rows if line.startswith(f"| {goal.what} |"))
        assert f"| {goal.told} |" in row
    for script in (tiles, soak):
        assert f"python tests/bench/{script.__name__}.py --" in README
    assert "hot" in tiles.SECTIONS


def test_zonal_statistics_of_a_scene_are_those_of_its_ready_index(tmp_path: Path) -> None:
    shapes = zonal.polygons(5, 700, 60)
    found = []
    for ready in (True, False):
        zonal.make(tmp_path / f"{ready}.tif", 700, ready)
        found.append(measure(zonal.job(tmp_path / f"{ready}.tif", shapes, zonal.ALL, ready)))
    assert [each.value for each in found[0]] == pytest.approx([each.value for each in found[1]], rel=1e-5)
    assert len(found[0]) == 5 * len(zonal.ALL) and all(each.value is not None for each in found[0])

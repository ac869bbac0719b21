"""Archives of tiles: other people's readers find in them what the service's tiles hold. Synthetic places and shapes."""

import errno
import gzip
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from place import Testford
from pmtiles.reader import MmapSource, Reader, all_tiles
from pmtiles.tile import TileType, zxy_to_tileid
from test_lake import load, read
from test_tiles import layer_of, tiles_over

from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas, Layer, Place
from mendmap.geo.bounds import Bounds
from mendmap.geo.grid import Tile
from mendmap.tiles import archive, mvt
from mendmap.tiles.cut import cut
from mendmap.tiles.prepare import TileLayer
from mendmap.tiles.pyramid import deepest

MAX_ZOOM = 12


def tiles_of(path: Path) -> dict[Tile, bytes]:
    """The tiles of an archive as the pmtiles package reads them, unpacked."""
    with path.open("rb") as file:
        return {Tile(*place): gzip.decompress(body) for place, body in all_tiles(MmapSource(file))}


@pytest.fixture(scope="module")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Atlas:
    folder = tmp_path_factory.mktemp("archived")
    load(Testford(folder / "testford"), folder / "lake")
    return build(read(folder / "lake"))


def write(path: Path, layer: Layer, place: Place, **given: Any) -> archive.Archive:
    return archive.write(path, layer, place, **{"max_zoom": MAX_ZOOM, "max_drawn": 300, **given})


def header_of(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return dict(Reader(MmapSource(file)).header())


def test_every_tile_of_an_archive_is_the_services_and_none_is_missing(atlas: Atlas, tmp_path: Path) -> None:
    for layer in atlas.layers.values():
        write(tmp_path / "found.pmtiles", layer, atlas.place)
        found = tiles_of(tmp_path / "found.pmtiles")
        tiles = TileLayer(layer, MAX_ZOOM, 1000)
        for zoom in range(MAX_ZOOM + 1):
            # Beyond the discs of accuracy and the margins of all features.
            for tile in tiles_over((20.3, 44.4, 20.9, 44.9), zoom):
                assert found.pop(tile, b"") == mvt.written([cut(tiles, tile)]).body, f"{layer.id} {tile}"
        assert not found


def test_an_archive_says_what_it_holds(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "lakes.pmtiles"
    wrote = write(path, atlas.layers["lakes"], atlas.place)
    header = header_of(path)
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (0, MAX_ZOOM, True)
    assert (header["addressed_tiles_count"], path.stat().st_size) == (wrote.tiles, wrote.size_bytes)
    assert header["tile_type"] is TileType.MVT
    box = [header[each] / 1e7 for each in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")]
    # The outline of the lake, and the disc of 500 m of the puddle.
    assert box == pytest.approx([20.5, 44.5, 20.70632, 44.70449], abs=1e-4)
    with path.open("rb") as file:
        told = Reader(MmapSource(file)).metadata()
    assert (told["name"], told["attribution"]) == ("lakes", "Synthetic data")
    assert told["vector_layers"][0]["fields"]["accuracy_m"] == "Number"
    assert "name_sr_latn" in told["vector_layers"][0]["fields"]


def test_gdal_reads_every_feature_of_an_archive(tmp_path: Path) -> None:
    place, layer = crowd()
    write(tmp_path / "crowd.pmtiles", layer, place)
    found = pyogrio.read_dataframe(tmp_path / "crowd.pmtiles", layer=layer.id)
    assert set(found["id"]) == set(layer.ids)
    assert set(found["basis"]) == {"published"}


def crowd() -> tuple[Place, Layer]:
    """A thousand squares, points and lines around Bor, more than are drawn at low zooms."""
    random = np.random.default_rng(7)
    places = random.uniform((22.0, 44.0), (22.2, 44.2), (1000, 2))
    squares = [shapely.box(x, y, x + 0.003, y + 0.003) for x, y in places[:400]]
    lines = [shapely.LineString([(x, y), (x + 0.01, y + 0.02)]) for x, y in places[400:600]]
    made = [*squares, *lines, *(shapely.Point(each) for each in places[600:])]
    return Place("made", {}, {}, "", "", "Synthetic", ("en",), Bounds.of(21, 43, 23, 45), 0.0), layer_of(made)


def test_the_same_layer_gives_the_same_bytes_however_it_is_made(tmp_path: Path) -> None:
    place, layer = crowd()
    write(tmp_path / "here.pmtiles", layer, place)
    assert tiles_of(tmp_path / "here.pmtiles")[Tile(0, 0, 0)]
    for workers in (1, 2):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            write(tmp_path / "there.pmtiles", layer, place, executor=executor)
        assert (tmp_path / "there.pmtiles").read_bytes() == (tmp_path / "here.pmtiles").read_bytes()


def test_equal_tiles_are_kept_once_and_tiles_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    everywhere = layer_of([shapely.box(-40, -40, 40, 40)])
    wrote = write(tmp_path / "one.pmtiles", everywhere, crowd()[0], max_zoom=7)
    header = header_of(tmp_path / "one.pmtiles")
    assert header["tile_contents_count"] < header["tile_entries_count"] < wrote.tiles
    with (tmp_path / "one.pmtiles").open("rb") as file:
        numbers = [zxy_to_tileid(*tile) for tile, _ in all_tiles(MmapSource(file))]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == wrote.tiles


def test_a_layer_without_a_position_has_one_tile_without_layers(tmp_path: Path) -> None:
    for nth, shapes in enumerate(([], [None])):
        path = tmp_path / f"{nth}.pmtiles"
        write(path, layer_of(list(shapes)), crowd()[0])
        assert tiles_of(path) == {Tile(0, 0, 0): b""}


def test_an_archive_that_was_not_finished_leaves_the_one_before_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, layer = crowd()
    path = tmp_path / "crowd.pmtiles"
    path.write_bytes(b"before")

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        write(path, layer, place)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_archive import crowd, write
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
place, layer = crowd()
write(Path({path!r}), layer, place)
"""


def test_killed_in_between_an_archive_is_not_there_and_the_next_run_writes_it(tmp_path: Path) -> None:
    place, layer = crowd()
    path = tmp_path / "crowd.pmtiles"
    code = KILLED.format(tests=str(Path(__file__).parent), path=str(path))
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -signal.SIGKILL
    assert not path.exists()
    write(path, layer, place)
    assert tiles_of(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("accuracy_m", "zoom"), [(40.0, 8), (1.0, 14), (0.0, 16)])
def test_an_archive_need_not_be_deeper_than_its_data_are_accurate(accuracy_m: float, zoom: int) -> None:
    layer = layer_of([shapely.Point(22.1, 44.07), shapely.Point(22.2, 44.07), None], accuracy_m)
    assert deepest(layer, 16, 300) == zoom
    assert deepest(layer, 5, 300) == 5


def test_an_archive_goes_so_deep_that_every_feature_is_drawn() -> None:
    shapes = [shapely.Point(22.1 + nth / 1000, 44.07) for nth in range(20)]
    assert deepest(layer_of(list(shapes), 40.0), 16, 300) == 8
    # The fullest tile of zoom 15 holds 11 of them.
    assert deepest(layer_of(list(shapes), 40.0), 18, 10) == 16
    assert deepest(layer_of(list(shapes), 40.0), 18, 11) == 15

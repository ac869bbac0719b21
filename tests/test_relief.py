"""Relief: slopes of a plane are what they are, light comes from the north-west, and tiles join."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import rasterio
import valley
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from mendmap.catalogue.imagery import Raster
from mendmap.errors import RasterError, TooLargeError
from mendmap.geo.grid import Tile
from mendmap.rasters import draw, warped
from mendmap.rasters.encoded import Coloured
from mendmap.rasters.handles import Handle, Handles
from mendmap.rasters.look import look
from mendmap.rasters.pictures import Picture
from mendmap.rasters.relief import relief, shade, slopes

FLAT = np.full((10, 10), 100, dtype=np.float32)
ZOOM = 14


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("relief") / "ground.tif"
    valley.write_cog(path, valley.heights()[None], nodata=-9999)
    return path


@pytest.fixture(scope="module")
def handle(ground: Path) -> Iterator[Handle]:
    handles = Handles()
    with handles.lent(ground) as found:
        yield found


_GIVEN = {"id": "ground", "name": {"en": "Ground"}, "shows": "elevation", "bands": ("height",), "nodata": -9999}
PICTURE = Picture("ground", Raster(**(dict.fromkeys((each.name for each in fields(Raster)), None) | _GIVEN)))


def drawn(handle: Handle, cell: Tile) -> np.ndarray:
    found = draw._image(handle, PICTURE, look(PICTURE), cell.box_m)
    assert isinstance(found, Coloured)
    return np.where(found.seen, found.pixels, 0).astype(int)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(1, 500))
def test_the_slope_of_a_plane_is_its_own(east: float, north: float, pixel_m: float) -> None:
    rows, columns = np.mgrid[:8, :9]
    plane = (pixel_m * (east * columns - north * rows)).astype(np.float32)
    found = slopes(plane, np.full(6, pixel_m))
    for wanted, each in zip((east, north), found, strict=True):
        np.testing.assert_allclose(each, wanted, atol=0.01)


def test_flat_ground_has_its_tint_and_slopes_to_the_north_west_are_brighter() -> None:
    lit = {
        (east, north): float(shade(np.float32([[east]]), np.float32([[north]]))[0, 0])
        for east in (-0.2, 0.0, 0.2)
        for north in (-0.2, 0.0, 0.2)
    }
    # Ground that rises to the east looks west.
    assert max(lit, key=lambda each: lit[each]) == (0.2, -0.2)
    assert min(lit, key=lambda each: lit[each]) == (-0.2, 0.2)
    assert lit[0.0, 0.0] == pytest.approx(np.sin(np.radians(45)))
    pixels, known = relief(FLAT, np.full(8, 10.0))
    assert known.all()
    assert len(np.unique(pixels.reshape(3, -1), axis=1).T) == 1


def test_what_is_not_known_is_not_drawn_and_does_not_spoil_its_neighbours() -> None:
    holed = FLAT.copy()
    holed[4:6, 4:6] = np.nan
    pixels, known = relief(holed, np.full(8, 10.0))
    assert (~known).sum() == 4
    assert len(np.unique(pixels[:, known], axis=1).T) == 1


def test_a_hill_looks_alike_far_north(handle: Handle) -> None:
    """Half as long a pixel on the ground is twice as steep a slope: mercator's metres are not used as they come."""
    rows, columns = np.mgrid[:10, :10]
    hill = (20 * np.cos(columns / 3) + 10 * np.sin(rows / 2)).astype(np.float32)
    near, _ = relief(hill, np.full(8, 10.0))
    far, _ = relief(hill, np.full(8, 5.0))
    assert np.abs(near.astype(int) - far).max() > 5
    scaled, _ = relief(hill / 2, np.full(8, 5.0))
    # The tints of heights that differ by a few metres are all but the same.
    assert np.abs(near.astype(int) - scaled).max() <= 4


def test_tiles_join_without_a_seam(handle: Handle) -> None:
    west, south, east, north = handle.frame.box_m
    zoom_side = 2**ZOOM / 40075016.68557849
    x, y = int((20037508.34 + (west + east) / 2) * zoom_side), int((20037508.34 - (south + north) / 2) * zoom_side)
    four = [[drawn(handle, Tile(ZOOM, x + i, y + j)) for i in (0, 1)] for j in (-1, 0)]
    both = np.concatenate([np.concatenate(row, axis=2) for row in four], axis=1)
    for axis in (1, 2):
        steps = np.abs(np.diff(both, axis=axis)).max(axis=(0, 3 - axis))
        # Across the edge it changes no more than it does beside it.
        assert steps[255] <= max(steps[245:255].max(), steps[256:266].max(), 2)


def test_a_tile_of_a_file_without_overviews_is_refused_where_it_would_take_too_long(handle: Handle) -> None:
    assert handle.frame.read_for(1e5, 65_536) <= handle.frame.pixels
    with pytest.raises(TooLargeError, match="no overviews"):
        x, y = (
            round((20037508.34 + sign * middle) * 2**8 / 40075016.69 - 0.5)
            for sign, middle in zip((1, -1), _middle(handle), strict=True)
        )
        draw.tile(handle, PICTURE, look(PICTURE), Tile(8, x, y), "png", 100)


def _middle(handle: Handle) -> tuple[float, float]:
    west, south, east, north = handle.frame.box_m
    return (west + east) / 2, (south + north) / 2


def test_a_file_is_lent_to_one_reader_at_a_time_and_few_stay_open(ground: Path, tmp_path: Path) -> None:
    handles = Handles(most=2)
    with handles.lent(ground) as one, handles.lent(ground) as two:
        assert one is not two
    with handles.lent(ground) as again:
        assert again in (one, two)
    copies = [tmp_path / f"{nth}.tif" for nth in range(4)]
    for each in copies:
        each.write_bytes(ground.read_bytes())
        with handles.lent(each) as last:
            pass
    assert one.dataset.closed
    assert not last.dataset.closed
    handles.close()
    assert last.dataset.closed
    with pytest.raises(RasterError, match=r"gone\.tif"), handles.lent(tmp_path / "gone.tif"):
        pass


def test_from_afar_an_overview_is_drawn_and_near_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "bytes.tif"
    place = {"crs": "EPSG:3857", "transform": from_origin(2_450_000, 5_480_000, 10, 10)}
    form = {"driver": "GTiff", "tiled": True, "blockxsize": 256, "blockysize": 256, "dtype": "uint8"}
    with rasterio.open(path, "w", count=1, width=1024, height=1024, nodata=0, **form, **place) as file:
        file.write(np.full((1, 1024, 1024), 20, np.uint8))
        file.build_overviews([2, 4])
        # What was summed up in them stays as it was.
        file.write(np.full((1, 1024, 1024), 200, np.uint8))
    handles = Handles()
    with handles.lent(path) as handle:
        west, _, _, north = handle.frame.box_m
        seen = [
            warped.read(handle, 0, [1], (west, north - 256 * step, west + 256 * step, north), 256, "bilinear")[0].max()
            for step in (5, 10, 19, 20, 39, 40, 400)
        ]
        overview = handle.at(20)
        assert seen == [200, 200, 200, 20, 20, 20, 20]
    handles.close()
    assert overview.closed

"""Raster files that are not what they seem: each is refused in a line, in bounded time and memory, before it is read.

All files are synthetic, made here.
"""

import datetime as dt
import hashlib
import os
import resource
import shutil
import socket
import struct
import time
import tracemalloc
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import valley
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine, from_origin
from rasterio.warp import transform_bounds

from mendmap.catalogue import files
from mendmap.errors import GeodataError, LakeError, RasterError
from mendmap.geo.bounds import Bounds
from mendmap.lake import imagery, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.upkeep import expire
from mendmap.load import write as writing
from mendmap.load.check import check
from mendmap.load.rebuild import missing_rasters, rebuild
from mendmap.load.write import write
from mendmap.rasters import cog, header, remote
from mendmap.rasters.cog import Wanted
from mendmap.rasters.header import Most

MOST = Most(mpixels=100, bands=16, megabytes=50)
PLACED = from_origin(valley.WEST, valley.NORTH, 10, 10)
NONE = dt.timedelta()


def tiff(path: Path, width: int, height: int, bands: int = 1, tile: int = 512) -> Path:
    """A TIFF by hand: a header that claims all that, in tiles of bytes, and no data at all."""
    tags = {
        256: ("I", [width]),
        257: ("I", [height]),
        258: ("H", [8] * bands),
        259: ("H", [1]),
        262: ("H", [1]),
        277: ("H", [bands]),
        284: ("H", [1]),
        322: ("I", [tile]),
        323: ("I", [tile]),
        324: ("I", [0]),
        325: ("I", [0]),
        33550: ("d", [10, 10, 0]),
        33922: ("d", [0, 0, 0, valley.WEST, valley.NORTH, 0]),
        34735: ("H", [1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32632]),
    }
    kinds = {"H": 3, "I": 4, "d": 12}
    after = 8 + 2 + 12 * len(tags) + 4
    entries, data = struct.pack("<H", len(tags)), b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"<{len(values)}{kind}", *values)
        entries += struct.pack("<HHI", tag, kinds[kind], len(values))
        if len(packed) <= 4:
            entries += packed.ljust(4, b"\0")
        else:
            entries += struct.pack("<I", after + len(data))
            data += packed
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 0) + data)
    return path


def geotiff(path: Path, values: Any = None, **profile: Any) -> Path:
    """A plain GeoTIFF in strips, with what a test wants otherwise."""
    values = np.ones((1, 20, 30), "uint8") if values is None else np.asarray(values)
    count, height, width = values.shape
    usual = {"count": count, "height": height, "width": width, "dtype": values.dtype, "crs": valley.SYSTEM}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # which some are to be
        with rasterio.open(path, "w", **{"driver": "GTiff", **usual, "transform": PLACED, **profile}) as dataset:
            dataset.write(values)
    return path


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((4, 4, 65_535), "65,535 bands; at most 16 are read (setting MENDMAP_MAX_RASTER_BANDS)"),
        ((707_107, 707_107), "at most 100 are read (setting MENDMAP_MAX_RASTER_MPIXELS)"),
        ((707_104, 707_104, 1, 16), "707,104 by 707,104 pixels in 1 band(s) are 499,996 megapixels"),
        ((9_000, 9_000, 1, 65_536), "its blocks of 65,536 by 65,536 pixels take 4,295 MB each, at most 256"),
    ],
)
def test_a_header_that_claims_too_much_is_refused_at_once(tmp_path: Path, shape: Any, words: str) -> None:
    path = tiff(tmp_path / "claims.tif", *shape)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    with pytest.raises(RasterError, match=r"claims\.tif: ") as error:
        header.read(path, MOST)
    assert words in str(error.value)
    assert time.monotonic() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


def test_too_many_blocks_are_counted_no_further_than_the_bound(tmp_path: Path) -> None:
    path = tiff(tmp_path / "tiny.tif", 60_000, 60_000, 1, 16)
    with pytest.raises(RasterError, match="more than 500,000 blocks of 16 by 16"):
        header.read(path, Most(100_000, 16, 50))


def cut_off(path: Path) -> None:
    whole = valley.scene(2020, 1)
    geotiff(path, whole, tiled=True, blockxsize=128, blockysize=128, compress="deflate")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


def damaged(path: Path) -> None:
    geotiff(path, compress="deflate")
    with rasterio.open(path) as dataset:
        at = int(dataset.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1))
    content = bytearray(path.read_bytes())
    content[at : at + 8] = b"\xff" * 8
    path.write_bytes(content)


WRONG = {
    "cut off": (cut_off, "cut off: it has"),
    "damaged": (damaged, "damaged: the pixel in column 0, row 0 cannot be read"),
    "no tiles": (lambda path: tiff(path, 1000, 1000), "holds no data at all"),
    "no system": (lambda path: geotiff(path, crs=None), "no system of coordinates; write the one it is in"),
    "no place": (lambda path: geotiff(path, transform=None), "no geotransform"),
    "turned": (lambda path: geotiff(path, transform=PLACED @ Affine.rotation(10)), "its grid is turned or sheared"),
    "sheared": (lambda path: geotiff(path, transform=PLACED @ Affine.shear(5)), "its grid is turned or sheared"),
    "south up": (lambda path: geotiff(path, transform=Affine(10, 0, 6e5, 0, 10, 5.4e6)), "first row is not the north"),
    "nowhere": (lambda path: geotiff(path, transform=from_origin(1e30, 1e30, 10, 10)), "lie nowhere on Earth"),
    "beyond the pole": (
        lambda path: geotiff(path, crs="EPSG:4326", transform=from_origin(0, 120, 1, 1)),
        "lie nowhere on Earth",
    ),
    "complex": (lambda path: geotiff(path, np.ones((1, 9, 9), "complex64")), "a type that is not read: 'complex64'"),
    "VRT": (lambda path: path.write_text("<VRTDataset rasterXSize='1' rasterYSize='1'>"), "not a TIFF file: it begins"),
    "HTML": (lambda path: path.write_text("<!doctype html><title>404</title>"), "not a TIFF file: it begins"),
    "empty": (lambda path: path.write_bytes(b""), "not a TIFF file"),
    "header alone": (lambda path: path.write_bytes(b"II*\0\x08\0\0\0"), "cannot be read as a GeoTIFF"),
    "pipe": (os.mkfifo, "no such file"),
    "folder": (Path.mkdir, "no such file"),
    "nothing": (lambda path: None, "cannot be opened: No such file"),
    "too large": (lambda path: os.truncate(geotiff(path), 60_000_000), "60 MB; at most 50 are read"),
}


@pytest.mark.parametrize("which", WRONG)
def test_what_cannot_be_used_is_refused_in_a_line(tmp_path: Path, which: str) -> None:
    make, words = WRONG[which]
    path = tmp_path / "wrong.tif"
    make(path)
    started = time.monotonic()
    with pytest.raises(RasterError) as error:
        header.read(path, MOST)
    assert words in str(error.value)
    assert str(error.value).startswith("wrong.tif: ")
    assert "\n" not in str(error.value)
    assert str(tmp_path) not in str(error.value)
    assert time.monotonic() - started < 2


@given(st.binary(max_size=400), st.integers(0, 300))
def test_no_bytes_whatever_are_more_than_an_error(tmp_path_factory: Any, noise: bytes, at: int) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.tif"
    content = bytearray(tiff(path, 40, 40, 2).read_bytes())
    content[at : at + len(noise)] = noise
    path.write_bytes(content)
    try:
        assert header.read(path, MOST).count <= 16
    except RasterError as error:
        assert str(error).startswith("noise.tif: ")


@pytest.mark.parametrize(
    ("nodata", "dtype", "fits"),
    [
        (-9999, "uint8", False),
        (0, "uint16", True),
        (65_535, "uint16", True),
        (65_536, "uint16", False),
        (0.5, "int16", False),
        (float("nan"), "int16", False),
        (float("nan"), "float32", True),
        (float("-inf"), "float32", True),
        (-3.4028234663852886e38, "float32", True),
        (1e300, "float32", False),
        (1e300, "float64", True),
    ],
)
def test_a_value_for_nothing_must_fit_the_type(nodata: float, dtype: str, fits: bool) -> None:
    assert (header.nodata_complaint(nodata, dtype) == "") is fits


def test_pixels_that_are_nan_or_infinite_are_no_fault(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "holes.tif", np.array([[[np.nan, np.inf], [-np.inf, 1]]], "float32"))
    assert header.read(path, MOST).dtype == "float32"


def test_no_file_beside_it_is_read(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "scene.tif", transform=None, crs=None)
    (tmp_path / "scene.tfw").write_text("10\n0\n0\n-10\n600000\n5500000\n")
    (tmp_path / "scene.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:32632</SRS></PAMDataset>")
    with pytest.raises(RasterError, match="no system of coordinates"):
        header.read(path, MOST)


class Handed:
    """A file from elsewhere, as ``remote`` is given it."""

    url, error = "a file", None

    def __init__(self, path: Path) -> None:
        self.path = path

    def handle(self) -> Any:
        return self.path.open("rb")


def test_a_small_file_that_claims_many_pixels_is_copied_in_little_memory(tmp_path: Path) -> None:
    path, side = tmp_path / "sparse.tif", 6000
    placed = from_origin(valley.WEST, valley.NORTH, 1, 1)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float64", "width": side, "height": side, "tiled": True}
    with rasterio.open(path, "w", **profile, crs=valley.SYSTEM, transform=placed, sparse_ok=True) as dataset:
        corner = np.arange(10_000.0).reshape(100, 100)
        dataset.write(corner, 1, window=((side - 100, side), (side - 100, side)))
        box = Bounds(*transform_bounds(dataset.crs, "OGC:CRS84", *dataset.bounds))
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    remote.copy([remote.Layer(Handed(path))], box, tmp_path / "copied.tif", MOST)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 80_000_000 < side * side * 8
    with rasterio.open(tmp_path / "copied.tif") as copied:
        assert copied.shape == (side, side)
        assert (copied.read(1, window=((side - 100, side), (side - 100, side))) == corner).all()


def test_no_file_that_its_metadata_name_is_opened_here_or_on_a_network(tmp_path: Path) -> None:
    path = geotiff(tmp_path / "scene.tif", np.ones((1, 300, 400), "uint8"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        elsewhere = f"/vsicurl/http://127.0.0.1:{server.getsockname()[1]}/overview.tif"
        with rasterio.open(path, "r+") as dataset:
            dataset.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=elsewhere)
        server.setblocking(False)
        for _ in range(2):  # GDAL has looked for its own answer when it wrote them
            with suppress(BlockingIOError):
                server.accept()[0].close()
        with rasterio.Env(GDAL_HTTP_TIMEOUT=1):
            with pytest.raises(RasterError, match=r"scene.tif: its metadata name other files.*OVERVIEWS"):
                header.read(path, MOST)
            with pytest.raises(RasterError, match="a file: its metadata name other files"):
                remote.copy([remote.Layer(Handed(path))], Bounds(8, 49, 9, 50), tmp_path / "copied.tif", MOST)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_system_that_names_a_file_of_a_grid_is_refused(tmp_path: Path) -> None:
    system = "+proj=utm +zone=32 +ellps=bessel +nadgrids=/dev/stdin +units=m +no_defs"
    path = geotiff(tmp_path / "scene.tif", crs=system, GEOTIFF_KEYS_FLAVOR="ESRI_PE")
    with pytest.raises(RasterError, match="names files of grids, which are not opened"):
        header.read(path, MOST)


def test_a_header_tells_where_its_pixels_lie_and_how_large_they_are(tmp_path: Path) -> None:
    told = header.read(geotiff(tmp_path / "scene.tif", np.ones((2, 300, 400), "int16"), nodata=-1), MOST)
    assert (told.width, told.height, told.count, told.system, told.nodata) == (400, 300, 2, "EPSG:32632", -1)
    assert told.ground_m == pytest.approx((10, 10), rel=0.001)
    corners = valley.to_degrees(valley.shapely.box(600_000, 5_497_000, 604_000, 5_500_000)).bounds
    assert told.bounds == pytest.approx(corners, abs=1e-5)
    mercator = geotiff(tmp_path / "web.tif", crs="EPSG:3857", transform=from_origin(1_160_000, 6_380_000, 10, 10))
    assert header.read(mercator, MOST).ground_m == pytest.approx((6.48, 6.48), abs=0.05)


def pixels(path: Path, level: int | None = None) -> Any:
    with rasterio.open(path, **({} if level is None else {"OVERVIEW_LEVEL": level})) as dataset:
        return dataset.read()


def about(path: Path) -> Any:
    with rasterio.open(path) as dataset:
        return dataset.nodata, dataset.descriptions, dataset.overviews(1), dataset.block_shapes[0], dataset.bounds


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_a_cog_of_a_file_has_its_pixels_and_the_same_bytes_each_time(tmp_path: Path, dtype: str) -> None:
    values = np.random.default_rng(8).integers(0, 99, (3, 530, 600)).astype(dtype)
    source = geotiff(tmp_path / "plain.tif", values)
    wanted = Wanted(bands=("red", "nir", "scl"), classes=True, nodata=7)
    for name in ("one.tif", "two.tif"):
        cog.write(source, tmp_path / name, wanted)
    assert (tmp_path / "one.tif").read_bytes() == (tmp_path / "two.tif").read_bytes()
    assert cog.complaint(tmp_path / "one.tif") == ""
    assert cog.complaint(source) != ""
    assert (pixels(tmp_path / "one.tif") == values).all()
    nodata, bands, overviews, block, _ = about(tmp_path / "one.tif")
    assert (nodata, bands, overviews, block) == (7, ("red", "nir", "scl"), [2, 4], (256, 256))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.tif", "plain.tif", "two.tif"]


def test_overviews_are_means_of_values_and_examples_of_classes(tmp_path: Path) -> None:
    values = np.tile(np.array([[2, 4], [6, 8]], "uint8"), (1, 300, 300))
    source = geotiff(tmp_path / "plain.tif", values)
    cog.write(source, tmp_path / "values.tif", Wanted(bands=("red",), classes=False))
    cog.write(source, tmp_path / "classes.tif", Wanted(bands=("scl",), classes=True))
    assert np.unique(pixels(tmp_path / "values.tif", 0)).tolist() == [5]
    assert set(np.unique(pixels(tmp_path / "classes.tif", 0))) < {2, 4, 6, 8}


def test_holes_of_a_model_of_the_ground_stay_holes_and_spread_no_further(tmp_path: Path) -> None:
    values = np.full((1, 600, 600), 300, "float32")
    values[0, 0, 0] = np.nan
    source = geotiff(tmp_path / "plain.tif", values)
    cog.write(source, tmp_path / "ground.tif", Wanted(bands=("height",), classes=False))
    assert np.isnan(about(tmp_path / "ground.tif")[0])
    assert (pixels(tmp_path / "ground.tif", 0) == 300).all()


def test_what_is_a_cog_stays_byte_for_byte(tmp_path: Path) -> None:
    source = tmp_path / "scene.tif"
    valley.write_cog(source, valley.scene(2020, 1))
    cog.write(source, tmp_path / "same.tif", Wanted(bands=valley.BANDS, classes=True, nodata=0))
    assert (tmp_path / "same.tif").read_bytes() == source.read_bytes()


def test_a_box_keeps_the_pixels_that_it_touches(tmp_path: Path) -> None:
    values = np.arange(300 * 400, dtype="int32").reshape(1, 300, 400)
    source = geotiff(tmp_path / "plain.tif", values)
    west, south, east, north = valley.to_degrees(valley.shapely.box(601_005, 5_498_005, 602_995, 5_499_995)).bounds
    cog.write(source, tmp_path / "cut.tif", Wanted(bands=("red",), classes=False, box=Bounds(west, south, east, north)))
    left, bottom, right, top = about(tmp_path / "cut.tif")[-1]
    # The box is a little wider than its corners, which are turned against it.
    assert (left, bottom, right, top) == pytest.approx((600_960, 5_497_960, 603_040, 5_500_000), abs=50)
    row, column = round((valley.NORTH - top) / 10), round((left - valley.WEST) / 10)
    height, width = round((top - bottom) / 10), round((right - left) / 10)
    assert (pixels(tmp_path / "cut.tif") == values[:, row : row + height, column : column + width]).all()
    with pytest.raises(RasterError, match=r"no pixel of it lies in 20, 44, 21, 45"):
        cog.write(source, tmp_path / "none.tif", Wanted(bands=("red",), classes=False, box=Bounds(20, 44, 21, 45)))
    assert not (tmp_path / "none.tif").exists()


def test_memory_does_not_grow_with_the_raster(tmp_path: Path) -> None:
    """Made in a process of its own, whose peak can be told: 256 MB of pixels take far less."""
    source = tmp_path / "large.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 16_000, "width": 16_000, "dtype": "uint8", "tiled": True}
    with rasterio.open(
        source, "w", **profile, crs=valley.SYSTEM, transform=PLACED, sparse_ok=True, compress="deflate"
    ) as dataset:
        dataset.write(np.full((1, 256, 256), 5, "uint8"), window=rasterio.windows.Window(0, 0, 256, 256))
    pid = os.fork()
    if pid == 0:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cog.write(source, tmp_path / "made.tif", Wanted(bands=("red",), classes=False))
        os._exit(min(255, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024))
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) < 180
    assert cog.complaint(tmp_path / "made.tif") == ""


@pytest.fixture(scope="module")
def _land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return valley.write(tmp_path_factory.mktemp("rasters") / "land")


@pytest.fixture
def land(_land: Path, tmp_path: Path) -> Path:
    """The synthetic landscape, for one test to spoil."""
    return Path(shutil.copytree(_land, tmp_path / "land"))


def faults(folder: Path, **most: int) -> list[tuple[str, int, str, str]]:
    with pytest.raises(GeodataError) as error:
        check(folder, 100, Most(**{"mpixels": 100, "bands": 16, "megabytes": 50, **most}))
    return [(each.file, each.row, each.column, each.message) for each in error.value.faults]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


FIRST = "s20190614,Scene of 2019-06-14,rasters/s20190614.tif,scene,2019-06-14,"


@pytest.mark.parametrize(
    ("old", "new", "column", "words"),
    [
        (
            ',"blue,green,red,nir,swir16,scl"',
            ',"blue,green,red,nir,scl"',
            "bands",
            "5 names, but rasters/s20190614.tif has 6",
        ),
        ("swir16,scl", "red,scl", "bands", "two bands are named 'red'"),
        ("swir16,scl", "8a,scl", "bands", "no index can name '8a'"),
        (",scl,0.0001", ",qa_pixel,0.0001", "classes", "no band of it is named qa_pixel"),
        (",-0.1,0,", ",-0.1,-1,", "nodata", "-1 cannot stand in pixels of uint16"),
        (",2019-06-14,", ",,", "taken", "a scene needs the day it was taken"),
        (",2019-06-14,", ",2019-06,", "taken", "a scene needs the day it was taken: 2019-06"),
        (",scene,", ",elevation,", "bands", "a model of the ground has one band, and not 6"),
        ("rasters/s20190614.tif", "../s20190614.tif", "file", "a path outside the folder"),
        ("rasters/s20190614.tif", "rasters/none.tif", "file", "none.tif: cannot be opened: No such file"),
    ],
)
def test_a_row_that_does_not_fit_its_file_is_a_fault_with_its_line(
    land: Path, old: str, new: str, column: str, words: str
) -> None:
    line = next(each for each in (land / "rasters.csv").read_text("utf-8").splitlines() if each.startswith(FIRST))
    replace(land / "rasters.csv", line, line[: len("s20190614,")] + line[len("s20190614,") :].replace(old, new, 1))
    found = [each for each in faults(land) if each[0] == "rasters.csv"]
    assert [each[:3] for each in found] == [("rasters.csv", 2, column)]
    assert words in found[0][3]


def test_a_difference_is_not_named_like_a_raster_whose_address_it_would_share(land: Path) -> None:
    replace(land / "differences.csv", "\ngreened,", "\ns20190614,")
    (found,) = [each for each in faults(land) if each[0] == "differences.csv"]
    assert found[1:3] == (2, "id")
    assert "a raster has the id 's20190614' too" in found[3]


def test_a_file_that_was_changed_or_is_too_large_or_no_cog_or_elsewhere_is_a_fault(land: Path) -> None:
    assert all("MENDMAP_MAX_RASTER_MPIXELS" in each[3] for each in faults(land, mpixels=0))
    assert len(faults(land, bands=5)) == 15
    path = land / "rasters" / "s20190614.tif"
    geotiff(path, valley.scene(2019, 0), nodata=0, compress="deflate", tiled=True, COPY_SRC_OVERVIEWS="NO")
    large = np.zeros((6, 600, 600), "uint16")
    geotiff(path, large, nodata=0, compress="deflate")
    (told,) = faults(land)
    assert told[:3] == ("rasters.csv", 2, "file")
    assert "is not optimised for the cloud (no COG); take this row and the file out of the folder" in told[3]
    shutil.copy(land / "rasters" / "s20190719.tif", path)
    wrong_place = valley.scene(2019, 0)
    with rasterio.open(path, "w", driver="COG", **_elsewhere(wrong_place)) as dataset:
        dataset.write(wrong_place)
    (told,) = faults(land)
    assert told[:3] == ("rasters.csv", 2, "file")
    assert "wholly outside the catalogue's extent 10.3000, 49.5500, 10.5500, 49.7500: is its geotransform" in told[3]


def _elsewhere(values: Any) -> dict[str, Any]:
    count, height, width = values.shape
    wrong = {"transform": from_origin(valley.NORTH, valley.WEST, 10, 10), "crs": valley.SYSTEM}
    return {"count": count, "height": height, "width": width, "dtype": values.dtype, **wrong}


def held(lake: Path) -> dict[str, bytes]:
    """Every file of a lake's rasters."""
    return {path.name: path.read_bytes() for path in sorted((lake / "rasters").iterdir())}


def test_one_bad_raster_among_good_ones_leaves_the_lake_as_it_was(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    lake = tmp_path / "lake"
    write(check(land, 100), str(lake), land)
    before, number = held(lake), newest(lake)
    valley.write_cog(land / "rasters" / "ground.tif", valley.heights()[None] + 1, nodata=-9999)
    cut_off(land / "rasters" / "s20230823.tif")
    done = run_mendmap("load", land, "--lake", lake)
    assert done.returncode == 1
    assert "rasters.csv:16: file: s20230823.tif: cut off" in done.stderr
    assert (held(lake), newest(lake)) == (before, number)


def newest(lake: Path) -> int:
    opened = open_lake(str(lake))
    try:
        return ledger.latest(opened).number
    finally:
        opened.close()


def test_a_large_file_is_read_once_for_its_hash(land: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = files.sha256

    def counted(path: Path) -> str:
        read.append(path.name)
        return plain(path)

    monkeypatch.setattr(files, "sha256", counted)
    write(check(land, 100), str(tmp_path / "lake"), land)
    write(check(land, 100), str(tmp_path / "lake"), land)
    assert sorted(each for each in read if each.endswith(".tif")) == sorted(
        each.name for each in (land / "rasters").iterdir()
    )


def test_a_file_that_changes_after_it_was_checked_is_not_taken(land: Path, tmp_path: Path) -> None:
    found = check(land, 100)
    valley.write_cog(land / "rasters" / "ground.tif", valley.heights()[None] + 1, nodata=-9999)
    with pytest.raises(LakeError, match=r"ground\.tif changed after it was checked"):
        write(found, str(tmp_path / "lake"), land)
    assert all(plain_sha256(path) == path.stem for path in (tmp_path / "lake" / "rasters").iterdir())


def plain_sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def old(path: Path) -> None:
    then = time.time() - 25 * 3600
    os.utime(path, (then, then))


def test_a_load_killed_in_between_leaves_whole_files_that_expire_takes_once_they_are_old(
    land: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    write(check(land, 100), str(lake), land)
    before, number = held(lake), newest(lake)
    valley.write_cog(land / "rasters" / "ground.tif", valley.heights()[None] + 1, nodata=-9999)
    found = check(land, 100)
    pid = os.fork()
    if pid == 0:  # killed once the new file is there, before any row is
        writing.replace = lambda *_, **__: os.kill(os.getpid(), 9)
        write(found, str(lake), land)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -9
    assert newest(lake) == number
    (left,) = held(lake).keys() - before.keys()
    assert plain_sha256(lake / "rasters" / left) == left.removesuffix(".tif")
    half = lake / "rasters" / ".half.tif"
    half.write_bytes(b"half a file")
    for each in (half, *(lake / "rasters" / name for name in before)):
        old(each)
    assert expire(str(lake), NONE, dry=True).deleted == 1
    assert expire(str(lake), NONE, dry=False).deleted == 1
    assert left in held(lake)
    old(lake / "rasters" / left)
    assert expire(str(lake), NONE, dry=False).deleted == 1
    assert held(lake) == before


def test_expire_keeps_what_any_snapshot_names_and_what_is_computed(land: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    write(check(land, 100), str(lake), land)
    valley.write_cog(land / "rasters" / "ground.tif", valley.heights()[None] + 1, nodata=-9999)
    write(check(land, 100), str(lake), land)
    with imagery.landing(str(lake), "0" * 64) as path:
        geotiff(path)  # a difference is named by what it is computed of, and not by its content
    for each in (lake / "rasters").iterdir():
        old(each)
    before = held(lake)
    assert len(before) == 18
    expire(str(lake), NONE, dry=False)
    assert held(lake) == before


def test_a_rebuild_takes_the_files_along_and_says_which_are_missing(
    land: Path, tmp_path: Path, run_mendmap: Run
) -> None:
    lake = tmp_path / "lake"
    write(check(land, 100), str(lake), land)
    assert not any(each.difference for each in rebuild(str(tmp_path / "anew"), str(lake), accept_differences=False))
    assert held(tmp_path / "anew") == held(lake)
    shutil.copytree(lake / "journal", tmp_path / "copy" / "journal")
    done = run_mendmap("rebuild", tmp_path / "bare", "--from", tmp_path / "copy" / "journal")
    assert done.returncode == 0, done.stderr
    assert "the files of 16 rasters are missing; load their folder again to keep them" in done.stderr
    assert run_mendmap("load", land, "--lake", tmp_path / "bare").returncode == 0
    assert missing_rasters(str(tmp_path / "bare")) == []

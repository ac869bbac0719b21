"""``mendmap raster add`` and ``list``: a GeoTIFF becomes a COG with its row in a folder of geodata, or nothing does.

All imagery is synthetic, made by a seed.
"""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import rasterio
import valley
from conftest import Run
from rasterio.transform import from_origin

from mendmap.catalogue import files
from mendmap.errors import RasterError
from mendmap.geo.bounds import Bounds
from mendmap.load import add as adding
from mendmap.load import edit
from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.rasters import cog, header
from mendmap.rasters.header import USUAL
from mendmap.rasters.told import told

REQUIRED = ("--name", "A scene", "--source", "synthetic", "--licence", "CC0-1.0")
BANDS = ",".join(valley.BANDS)


def scene(path: Path, tags: dict[str, str] | None = None, bands: Any = None, **profile: Any) -> Path:
    """A synthetic scene as it may come from anywhere: in strips, without overviews."""
    values = valley.scene(2021, 1)
    count, height, width = values.shape
    usual = {"count": count, "height": height, "width": width, "dtype": values.dtype, "crs": valley.SYSTEM}
    placed = from_origin(valley.WEST, valley.NORTH, valley.PIXEL, valley.PIXEL)
    scales, offsets = profile.pop("scales", None), profile.pop("offsets", None)
    with rasterio.open(path, "w", **{"driver": "GTiff", **usual, "transform": placed, **profile}) as dataset:
        dataset.write(values)
        dataset.update_tags(**(tags or {}))
        if bands:
            dataset.descriptions = bands
        if scales:
            dataset.scales, dataset.offsets = scales, offsets
    return path


@pytest.fixture(scope="module")
def _land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic landscape with two of its scenes, to be quick."""
    folder = valley.write(tmp_path_factory.mktemp("add") / "land")
    lines = (folder / "rasters.csv").read_text("utf-8").splitlines(keepends=True)
    kept = [lines[0], *(each for each in lines if each.startswith(("s20190719", "s20230719")))]
    (folder / "rasters.csv").write_text("".join(kept), "utf-8")
    for path in (folder / "rasters").iterdir():
        if path.stem not in ("s20190719", "s20230719"):
            path.unlink()
    return folder


@pytest.fixture
def land(_land: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_land, tmp_path / "land"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_scene_is_added_and_the_folder_has_no_fault(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    source = scene(tmp_path / "scene.tif", nodata=0)
    before = contents(land)
    given = ("--id", "new", "--taken", "2021-07-20", "--bands", BANDS, "--scale", "0.0001", "--offset", "-0.1")
    done = run_mendmap("raster", "add", land, source, *given, *REQUIRED, "--platform", "Synthetic; or so")
    assert done.returncode == 0, done.stderr
    assert "classes scl: from the names of its bands\nnodata 0: from its value for nothing\n" in done.stdout
    assert f"wrote {land / 'rasters/new.tif'}\nwrote {land / 'rasters.csv'}\n" in done.stdout
    after = contents(land)
    assert {name for name in after if after[name] != before.get(name)} == {"rasters/new.tif", "rasters.csv"}
    raster = next(each for each in check(land, 100).records if each.id == "new")
    assert (raster.bands, raster.classes, raster.scale, raster.offset) == (valley.BANDS, "scl", 0.0001, -0.1)
    assert (raster.nodata, raster.platform, raster.taken.text) == (0, "Synthetic; or so", "2021-07-20")
    assert raster.sha256 == files.sha256(land / "rasters" / "new.tif")
    assert cog.complaint(land / "rasters" / "new.tif") == ""
    with rasterio.open(land / "rasters" / "new.tif") as made:
        assert (made.read() == valley.scene(2021, 1)).all()
    write(check(land, 100), str(tmp_path / "lake"), land)


def test_what_the_file_tells_fills_what_is_not_given(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    tags = {"ACQUISITIONDATETIME": "2021-07-20T09:41:05Z", "SATELLITEID": "Synthetic-1A"}
    scales = ((0.0001,) * 5 + (1.0,), (-0.1,) * 5 + (0.0,))
    source = scene(tmp_path / "scene.tif", tags, valley.BANDS, nodata=0, scales=scales[0], offsets=scales[1])
    done = run_mendmap("raster", "add", land, source, "--id", "new", *REQUIRED)
    assert done.returncode == 0, done.stderr
    for line in (
        "taken 2021-07-20: from its tag ACQUISITIONDATETIME",
        "platform Synthetic-1A: from its tag SATELLITEID",
        f"bands {BANDS}: from the descriptions of its bands",
        "scale 0.0001: from the scale of its bands",
        "offset -0.10000000000000001: from the offset of its bands",
    ):
        assert line in done.stdout.splitlines()
    raster = next(each for each in check(land, 100).records if each.id == "new")
    assert (raster.scale, raster.offset, raster.platform) == (0.0001, -0.1, "Synthetic-1A")


@pytest.mark.parametrize(
    ("tags", "taken"),
    [
        ({"TIFFTAG_DATETIME": "2022:01:02 03:04:05"}, None),  # when the file was written
        ({"DATE_ACQUIRED": "2021-07-20"}, "2021-07-20"),
        ({"PRODUCT_START_TIME": "20210720T094105"}, "2021-07-20"),
        ({"DATE_ACQUIRED": "2021-13-20"}, None),
        ({"DATE_ACQUIRED": "soon"}, None),
        ({"DATE_ACQUIRED": "202107201"}, None),
    ],
)
def test_a_day_is_taken_from_tags_that_mean_the_day(tmp_path: Path, tags: dict[str, str], taken: str | None) -> None:
    found = {column: text for column, text, _ in told(header.read(scene(tmp_path / "scene.tif", tags)))}
    assert found.get("taken") == taken


def test_the_first_raster_of_a_folder_brings_its_table(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    source = scene(tmp_path / "scene.tif", nodata=0)
    catalogue = (land / "catalogue.toml").read_text("utf-8")
    tables = catalogue.split("\n[[table]]\n")
    without = "\n[[table]]\n".join(each for each in tables if not each.startswith(('kind = "raster"', 'kind = "diff')))
    (land / "catalogue.toml").write_text(without, "utf-8")
    (land / "rasters.csv").unlink()
    (land / "differences.csv").unlink()
    (land / "statements.toml").write_text("# none yet\n", "utf-8")
    shutil.rmtree(land / "rasters")
    before = contents(land)
    given = ("--id", "new", "--bands", BANDS, *REQUIRED)
    refused = run_mendmap("raster", "add", land, source, *given)
    assert refused.returncode == 1
    assert contents(land) == before
    assert not (land / "rasters").exists()
    done = run_mendmap("raster", "add", land, source, *given, "--taken", "2021-07-20")
    assert done.returncode == 0, done.stderr
    assert (land / "catalogue.toml").read_text("utf-8").startswith(without.rstrip())
    assert [each.id for each in check(land, 100).records if each.kind == "raster"] == ["new"]
    assert (
        run_mendmap("raster", "add", land, source, "--id", "next", *given[2:], "--taken", "2021-07-21").returncode == 0
    )
    assert [each.id for each in check(land, 100).records if each.kind == "raster"] == ["new", "next"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--id", "s20190719"), "rasters/s20190719.tif is there already; choose another id, or take it away"),
        (("--id", "a b"), "rasters.csv:0: id: not an id"),
        (("--id", "new", "--source", "nobody"), "rasters.csv:4: source: no such source: 'nobody'; choices: "),
        (("--id", "new", "--bands", "red,nir"), "rasters.csv:0: bands: 2 names, but the file has 6 bands"),
        (("--id", "new", "--nodata", "-1"), "rasters.csv:0: nodata: -1 cannot stand in pixels of uint16"),
        (("--id", "new", "--scale", "0,0001"), "rasters.csv:0: scale: not a number"),
        (("--id", "new", "--taken", "yesterday"), "rasters.csv:0: taken: not a date"),
        (("--id", "new", "--taken", "2021-07"), "rasters.csv:4: taken: a scene needs the day"),
        (("--id", "new", "--names", "sr-Latn=Scena"), "rasters.csv:0: name_sr_latn: no such column"),
        (("--id", "new", "--note", "=1+1"), "rasters.csv:0: note: begins like a spreadsheet formula"),
        (("--id", "new", "--shows", "elevation"), "rasters.csv:4: bands: a model of the ground has one band"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(
    land: Path, tmp_path: Path, given: tuple[str, ...], words: str, run_mendmap: Run
) -> None:
    before = contents(land)
    usual = ("--bands", BANDS, "--taken", "2021-07-20", *REQUIRED)
    done = run_mendmap("raster", "add", land, scene(tmp_path / "scene.tif", nodata=0), *usual, *given)
    assert done.returncode == 1
    assert words in done.stderr
    assert contents(land) == before


def test_a_file_that_is_none_or_lies_elsewhere_is_refused(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    before = contents(land)
    given = ("--id", "new", "--bands", BANDS, "--taken", "2021-07-20", *REQUIRED)
    (tmp_path / "page.tif").write_text("<!doctype html>")
    done = run_mendmap("raster", "add", land, tmp_path / "page.tif", *given)
    assert done.stderr.startswith("mendmap: page.tif: not a TIFF file: it begins with b'<!doctype html>'")
    elsewhere = scene(tmp_path / "elsewhere.tif", nodata=0, transform=from_origin(5e5, 4e6, 10, 10))
    assert "wholly outside the catalogue's extent" in run_mendmap("raster", "add", land, elsewhere, *given).stderr
    assert "no pixel of it lies in" in run_mendmap("raster", "add", land, elsewhere, *given, "--cut").stderr
    assert contents(land) == before


def test_it_is_cut_to_the_extent_of_the_catalogue(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    text = (land / "catalogue.toml").read_text("utf-8")
    assert "extent = [10.3, 49.55, 10.55, 49.75]" in text
    (land / "catalogue.toml").write_text(text.replace("[10.3, 49.55, 10.55, 49.75]", "[10.392, 49.62, 10.438, 49.644]"))
    given = ("--id", "new", "--bands", BANDS, "--taken", "2021-07-20", *REQUIRED, "--cut")
    done = run_mendmap("raster", "add", land, scene(tmp_path / "scene.tif", nodata=0), *given)
    assert done.returncode == 0, done.stderr
    cut = header.read(land / "rasters" / "new.tif")
    assert cut.width < 400
    assert cut.height < 300
    assert cut.bounds == pytest.approx((10.392, 49.62, 10.438, 49.644), abs=0.001)
    assert cut.bounds.contains(Bounds(10.392, 49.62, 10.438, 49.644))


@pytest.mark.parametrize(
    "header_line", ["id;name_en;file;shows;bands;licence;source;taken\r\n", "\ufeffid,name_en,file\n"]
)
def test_other_lines_of_the_table_stay_as_they_were_written(header_line: str) -> None:
    delimiter = ";" if ";" in header_line else ","
    columns = ["id", "name_en", "file", "note", "taken", "bands"]
    row = {"id": "b", "name_en": "Two; three, four", "note": "said", "taken": "2021-07-20", "bands": "red,nir"}
    line = delimiter.join(["a", '"One"', "a.tif"])
    grown = edit.with_rows(f"{header_line}{line}", columns, [row])
    found = list(csv.reader(io.StringIO(grown, newline=""), delimiter=delimiter))
    named = [dict(zip(found[0], cells, strict=False)) for cells in found[1:]]
    assert [each["name_en"] for each in named] == ["One", "Two; three, four"]
    assert {each: named[1][each] for each in row} == row
    assert grown.count("\r\n") == (3 if "\r\n" in header_line else 0)


def test_rows_in_toml_are_added_as_toml(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    rows = (land / "rasters.csv").read_text("utf-8").splitlines()
    names = rows[0].split(",")
    blocks = []
    for cells in csv.reader(rows[1:]):
        said = {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        blocks.append("[[raster]]\n" + "".join(f"{name} = {json.dumps(cell)}\n" for name, cell in said.items()))
    (land / "rasters.toml").write_text("\n".join(blocks), "utf-8")
    (land / "rasters.csv").unlink()
    text = (land / "catalogue.toml").read_text("utf-8")
    (land / "catalogue.toml").write_text(text.replace("rasters.csv", "rasters.toml"), "utf-8")
    given = ("--id", "new", "--bands", BANDS, "--taken", "2021-07-20", "--note", 'Said "so" \\ there.', *REQUIRED)
    done = run_mendmap("raster", "add", land, scene(tmp_path / "scene.tif", nodata=0), *given)
    assert done.returncode == 0, done.stderr
    raster = next(each for each in check(land, 100).records if each.id == "new")
    assert raster.note == 'Said "so" \\ there.'


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A check in the midst of which somebody presses Ctrl-C."""

    def check(*_: object) -> None:
        # Not by a signal: a test before may have left an event loop in this thread, which would take it.
        raise KeyboardInterrupt

    monkeypatch.setattr(adding, "check", check)
    yield


@pytest.mark.usefixtures("interrupted")
def test_what_is_interrupted_is_taken_back(land: Path, tmp_path: Path) -> None:
    before = contents(land)
    given = {"id": "new", "bands": BANDS, "taken": "2021-07-20", "source": "synthetic", "licence": "CC0-1.0"}
    source = scene(tmp_path / "scene.tif", nodata=0)
    with pytest.raises(KeyboardInterrupt):
        adding.add(land, source, {"": "New"}, given | {"shows": "scene"}, max_file_mb=100, most=USUAL)
    assert contents(land) == before


GIVEN = {"bands": BANDS, "taken": "2021-07-20", "source": "synthetic", "licence": "CC0-1.0", "shows": "scene"}


def test_of_two_at_once_the_second_waits_so_that_neither_takes_back_what_the_other_wrote(
    land: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = scene(tmp_path / "scene.tif", nodata=0)

    def added(ident: str) -> None:
        adding.add(land, source, {"": ident}, GIVEN | {"id": ident}, max_file_mb=100, most=USUAL)

    second = Thread(target=added, args=("second",))

    def fails(*_: object) -> None:
        monkeypatch.setattr(adding, "check", check)
        second.start()
        second.join(1.5)
        raise RasterError("a fault")

    monkeypatch.setattr(adding, "check", fails)
    with pytest.raises(RasterError, match="a fault"):
        added("first")
    second.join()
    assert {each.id for each in check(land, 100).records if each.kind == "raster"} >= {"second", "s20190719"}
    assert not (land / "rasters" / "first.tif").exists()


def test_what_a_killed_run_left_is_taken_away_and_what_a_row_lists_is_not(land: Path, tmp_path: Path) -> None:
    source, names = scene(tmp_path / "scene.tif", nodata=0), {"": "A scene"}
    scratch = land / "rasters" / f"{cog.SCRATCH}left"
    scratch.mkdir()
    (land / "rasters" / "new.tif").write_bytes(b"half")
    with pytest.raises(RasterError, match=r"new\.tif is there already, and no row lists it"):
        adding.add(land, source, names, GIVEN | {"id": "new"}, max_file_mb=100, most=USUAL)
    assert not scratch.exists()
    for _ in range(2):
        # As of two runs that found the same scene: who comes later leaves what the first has listed.
        with suppress(RasterError):
            adding.add(land, source, names, GIVEN | {"id": "new"}, max_file_mb=100, most=USUAL, afresh=True)
        assert "new" in {each.id for each in check(land, 100).records}


@pytest.mark.parametrize("nth", [0, 1, 2])
def test_what_was_killed_after_any_of_its_files_is_taken_up_by_the_next_run(
    land: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    (land / "rasters.csv").unlink()
    shutil.rmtree(land / "rasters")
    parts = (land / "catalogue.toml").read_text("utf-8").split("[[table]]")
    (land / "catalogue.toml").write_text("[[table]]".join(each for each in parts if "rasters.csv" not in each), "utf-8")
    source, given = scene(tmp_path / "scene.tif", nodata=0), GIVEN | {"id": "new", "source": "agency"}
    write, written = edit.Changes.write, []

    def killed(changes: Any, name: str, content: bytes) -> None:
        if len(written) == nth:
            raise SystemExit
        written.append(name)
        write(changes, name, content)

    def added() -> None:
        about = {"id": "agency", "title": "An agency", "url": "https://example.org"}
        adding.add(land, source, {"": "New"}, given, max_file_mb=100, most=USUAL, collection=about, afresh=True)

    with monkeypatch.context() as patched:
        # Nobody who is killed takes anything back.
        patched.setattr(edit.Changes, "__exit__", lambda *_: None)
        patched.setattr(edit.Changes, "write", killed)
        with pytest.raises(SystemExit):
            added()
    added()
    assert {each.id for each in check(land, 100).records} >= {"agency", "new"}


def test_a_link_to_a_file_outside_the_folder_is_a_fault(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    path = land / "rasters" / "s20190719.tif"
    path.rename(tmp_path / "outside.tif")
    path.symlink_to(tmp_path / "outside.tif")
    done = run_mendmap("check", land)
    assert "rasters.csv:2: file: a path outside the folder: 'rasters/s20190719.tif'" in done.stderr


def test_the_list_of_a_folder_and_of_a_lake_say_the_same(land: Path, tmp_path: Path, run_mendmap: Run) -> None:
    write(check(land, 100), str(tmp_path / "lake"), land)
    of_folder, of_lake = (run_mendmap("raster", "list", each) for each in (land, tmp_path / "lake"))
    missing = "greened has not been computed yet; mendmap raster stats computes it\n"
    assert of_folder.stdout + missing == of_lake.stdout
    first, second = of_folder.stdout.splitlines()
    assert first.startswith("s20190719: 2019-07-19; scene; 400 by 300 pixels of 10 m; EPSG:32632; 1.1")
    assert second.endswith(f" MB; {BANDS}; 91% clear")
    told = json.loads(run_mendmap("raster", "list", tmp_path / "lake", "--json").stdout)["rasters"]
    classes = valley.scene(2019, 1)[5]
    share = float(np.isin(classes, (4, 5, 6, 7, 11)).mean())
    assert told[0]["clear_share"] == pytest.approx(share, abs=0.001)
    assert told[0]["ground_m"] == pytest.approx([10, 10], rel=0.001)


def test_the_list_names_a_file_that_cannot_be_used(land: Path, run_mendmap: Run) -> None:
    (land / "rasters" / "s20190719.tif").write_bytes(b"")
    lines = run_mendmap("raster", "list", land).stdout.splitlines()
    assert lines[0].startswith("s20190719: s20190719.tif: not a TIFF file")
    assert lines[1].startswith("s20230719: 2023-07-19; scene; ")

"""The change of an index between two seasons: pixel by pixel against numpy on full arrays, and the area greened of a
synthetic lake against what is true of it."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import landscape
import numpy as np
import pytest
import rasterio
import shapely
from conftest import Run
from hypothesis import given
from hypothesis.extra.numpy import arrays
from rio_cogeo import cog_validate

from mendmap.catalogue.files import sha256
from mendmap.catalogue.imagery import Difference, Raster
from mendmap.errors import RasterError
from mendmap.lake import contents, imagery, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.contents import Contents
from mendmap.load import differences, outlined
from mendmap.load.check import check
from mendmap.load.measure import Wanted, measure
from mendmap.load.write import write
from mendmap.rasters import difference
from mendmap.rasters.indices import INDICES
from mendmap.words.dates import Period

NDVI = INDICES["ndvi"]
GREENED = Difference(
    id="greened",
    name={"en": "Greened"},
    index="ndvi",
    before=Period.parse("2019-06/2019-08"),
    after=Period.parse("2023-06/2023-08"),
    least=0.3,
    threshold=landscape.THRESHOLD,
    parameter="greened_area",
    sites=(),
    note=None,
)
# A part of the landscape: the west of the lake, clouds and their shadows.
PART = np.s_[90:180, 100:260]
RASTERS = {
    ident: Raster(
        **{
            **dict.fromkeys(each.name for each in dataclasses.fields(Raster)),
            "id": ident,
            "file": f"rasters/{ident}.tif",
            "sha256": f"hash of {ident}",
            "shows": "scene",
            "taken": Period.parse(f"{year}-{landscape.DAYS[nth]}"),
            "bands": landscape.BANDS,
            "classes": "scl",
            "scale": landscape.SCALE,
            "offset": landscape.OFFSET,
            "source": "synthetic",
        }
    )
    for ident, year, nth, _ in landscape.scenes()
}


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return landscape.write(tmp_path_factory.mktemp("differences") / "land")


@pytest.fixture(scope="module")
def lake(land: Path) -> Path:
    path = land.parent / "lake"
    write(check(land, 100), str(path), land)
    assert measure(str(path), "", Wanted(workers=1)).differences == 1
    return path


def held(lake: Path) -> Contents:
    with closing(open_lake(str(lake))) as opened:
        return contents.read(opened, ledger.latest(opened), "synthetic")


def reading(lake: Path, site: str) -> dict[str, Any]:
    """The reading of what rose inside a site, in the columns of a download."""
    with closing(open_lake(str(lake))) as opened:
        batches = list(contents.readings(opened, ledger.latest(opened), "synthetic", site))
    (row,) = [row for each in batches for row in each.to_pylist() if row["method"] == "greened"]
    return dict(row)


def made(land: Path, target: Path, of: Difference = GREENED, **more: int) -> tuple[np.ndarray, Any]:
    """The bands of a difference of the landscape, and how its file is described."""
    seasons = difference.scenes_of(of, NDVI, RASTERS)
    before, after = ([(each, land / each.file) for each in some] for some in seasons)
    difference.make(of, NDVI, before, after, target, **more)
    with rasterio.open(target) as dataset:
        return dataset.read(), dataset.profile


def noisy(stack: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The median of each pixel and its standard error, by numpy, a pixel at a time."""
    few = {3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200}
    median, error = np.full(stack.shape[1:], np.nan), np.zeros(stack.shape[1:])
    for at in np.ndindex(*stack.shape[1:]):
        values = stack[(slice(None), *at)]
        values = values[~np.isnan(values)]
        if len(values):
            median[at] = np.median(values)
        if len(values) >= 3:
            spread = np.median(np.abs(values - np.median(values)))
            error[at] = 1.2533 * 1.4826 * few[len(values)] * spread / np.sqrt(len(values))
    return median, error


values = st.one_of(st.just(np.nan), st.integers(-100, 100).map(lambda each: each / 100))
stacks = st.integers(1, 6).flatmap(lambda count: arrays(np.float32, (count, 2, 3), elements=values.map(np.float32)))


@given(before=stacks, after=stacks, least=st.sampled_from([0.155, 0.305]), threshold=st.sampled_from([None, 0.405]))
def test_change_and_its_significance_equal_numpy_a_pixel_at_a_time(
    before: np.ndarray, after: np.ndarray, least: float, threshold: float | None
) -> None:
    change, significant = difference.changed(before, after, least, threshold)
    (earlier, one), (later, other) = noisy(before), noisy(after)
    wanted = later - earlier
    np.testing.assert_allclose(change, wanted, atol=1e-6)
    apart = np.abs(wanted) - 2 * np.sqrt(one**2 + other**2)
    counts = (np.abs(wanted) >= least) & (apart > 0)
    if threshold is not None:
        counts &= np.fmax(earlier, later) >= threshold
    expected = np.where(np.isnan(wanted), np.nan, np.where(counts, np.sign(wanted), 0))
    sure = ~(np.abs(apart) < 1e-5)  # within rounding of the noise either is right
    np.testing.assert_array_equal(significant[sure], expected[sure])


def test_scenes_on_one_grid_give_the_median_of_their_clear_pixels_exactly(land: Path, tmp_path: Path) -> None:
    of = dataclasses.replace(
        GREENED, before=Period.parse("2020-06/2020-08"), after=Period.parse("2022-06/2022-08"), threshold=None
    )
    (change, significant), profile = made(land, tmp_path / "made.tif", of)

    def season(year: int) -> np.ndarray:
        seen = []
        for nth in range(3):
            stored = landscape.scene(year, nth).astype(np.float32)[:, PART[0], PART[1]]
            red, nir = (stored[each] * np.float32(landscape.SCALE) + np.float32(landscape.OFFSET) for each in (2, 3))
            clear = np.isin(stored[5], (4, 5, 6, 7, 11)) & (stored[2] != 0)
            with np.errstate(invalid="ignore", divide="ignore"):
                seen.append(np.where(clear, (nir - red) / (nir + red), np.nan))
        return np.stack(seen)

    (one, spread), (two, other) = noisy(season(2020)), noisy(season(2022))
    assert change.shape == (landscape.HEIGHT, landscape.WIDTH)
    assert profile["transform"].to_gdal() == (landscape.WEST, 10, 0, landscape.NORTH, 0, -10)
    np.testing.assert_allclose(change[PART], two - one, atol=2e-6)
    np.testing.assert_array_equal(np.isnan(significant), np.isnan(change))
    risen = (two - one >= 0.3) & (two - one > 2 * np.hypot(spread, other))
    assert np.array_equal(significant[PART] == 1, risen)
    assert set(np.unique(significant[~np.isnan(significant)])) == {0, 1}


def test_windows_of_any_size_give_the_same_bytes(land: Path, tmp_path: Path) -> None:
    made(land, tmp_path / "whole.tif")
    made(land, tmp_path / "parts.tif", at_once=150_000)
    assert (tmp_path / "whole.tif").read_bytes() == (tmp_path / "parts.tif").read_bytes()


def test_a_difference_is_a_cog_whose_bands_say_what_they_are(land: Path, tmp_path: Path) -> None:
    _, profile = made(land, tmp_path / "made.tif")
    assert cog_validate(str(tmp_path / "made.tif"), quiet=True)[0]
    assert profile["crs"] == rasterio.CRS.from_string(landscape.SYSTEM)
    with rasterio.open(tmp_path / "made.tif") as dataset:
        assert (dataset.descriptions, dataset.dtypes) == (("change", "significant"), ("float32", "float32"))
        assert np.isnan(dataset.nodata)


def test_from_afar_change_is_a_mean_and_significance_one_of_its_values(tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    paths = []
    for nth in range(2):
        scene = random.integers(1, 10_000, (6, 700, 1100)).astype(np.uint16)
        scene[5] = 4
        landscape.write_cog(tmp_path / f"{nth}.tif", scene)
        paths.append((dataclasses.replace(RASTERS["s20190614"], offset=0.0), tmp_path / f"{nth}.tif"))
    difference.make(GREENED, NDVI, paths[:1], paths[1:], tmp_path / "made.tif")
    assert cog_validate(str(tmp_path / "made.tif"), quiet=True)[0]
    with rasterio.open(tmp_path / "made.tif") as dataset:
        whole, (factor, *_) = dataset.read(), dataset.overviews(1)
    with rasterio.open(tmp_path / "made.tif", overview_level=0) as dataset:
        change, significant = dataset.read()
    assert factor == 2
    blocks = whole[0].reshape(350, 2, 550, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(change, blocks, atol=1e-5)
    assert set(np.unique(significant)) <= {-1, 0, 1}
    assert not np.array_equal(significant, blocks)


def test_the_area_greened_is_within_two_percent_of_the_truth(lake: Path) -> None:
    row = reading(lake, "lake")
    assert row["value"] == pytest.approx(landscape.greened_ha(2023), rel=0.02)
    assert (row["unit"], row["quality"], row["source"]) == ("ha", "valid", "synthetic")
    assert row["samples"] == pytest.approx(landscape.LAKE.area / 100, rel=0.01)
    assert row["uncertainty"] < 0.5
    assert "s20190614" in row["note"]
    assert "s20230823" in row["note"]


def test_a_reading_lasts_from_the_first_day_before_to_the_last_day_after(lake: Path) -> None:
    row = reading(lake, "lake")
    assert (row["start"].isoformat(), row["end"].isoformat()) == (
        "2019-05-31T22:00:00+00:00",
        "2023-08-31T22:00:00+00:00",
    )


def test_where_nothing_was_greened_nothing_rose(lake: Path) -> None:
    assert reading(lake, "quarry")["value"] == 0


def test_without_a_threshold_a_lake_that_fell_dry_would_count(land: Path, tmp_path: Path) -> None:
    (_, green), _ = made(land, tmp_path / "green.tif")
    (_, all_that_rose), _ = made(land, tmp_path / "rose.tif", dataclasses.replace(GREENED, threshold=None))
    assert np.nansum(green) * 0.01 == pytest.approx(landscape.greened_ha(2023), rel=0.02)
    assert np.nansum(all_that_rose) * 0.01 == pytest.approx(landscape.LAKE.area / 10_000, rel=0.02)


def test_a_second_run_computes_nothing(lake: Path) -> None:
    done = measure(str(lake), "", Wanted(workers=1))
    assert (done.differences, done.computed, done.written) == (0, 0, None)


def test_a_new_least_change_is_computed_anew_and_revises_its_readings(
    land: Path, lake: Path, tmp_path: Path, run_mendmap: Run
) -> None:
    folder, copied = (Path(shutil.copytree(each, tmp_path / each.name)) for each in (land, lake))
    table = folder / "differences.csv"
    table.write_text(table.read_text("utf-8").replace(",0.3,", ",2.5,"), "utf-8")
    write(check(folder, 100), str(copied), folder)
    told = json.loads(run_mendmap("raster", "stats", str(copied), "--json", "--workers", "1").stdout)
    assert (told["differences"], told["computed"]) == (1, 2)
    assert reading(copied, "lake")["value"] == 0


def test_what_cannot_be_computed_is_said_and_the_others_go_on(land: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(land, tmp_path / "land"))
    with (folder / "differences.csv").open("a", encoding="utf-8") as table:
        table.write("early,Too early,ndvi,2001,2023-06/2023-08,0.3,,greened_area\n")
    write(check(folder, 100), str(tmp_path / "lake"), folder)
    done = measure(str(tmp_path / "lake"), "", Wanted(workers=1))
    assert done.differences == 1
    (left,) = [each for each in done.left if each.id == "early"]
    assert left.reason == "no scene of 2001 has the bands of ndvi: nir, red"
    assert reading(tmp_path / "lake", "lake")["value"] > 0


def test_scenes_that_do_not_overlap_have_no_difference(land: Path, tmp_path: Path) -> None:
    with rasterio.open(land / "rasters/s20190614.tif") as dataset:
        profile, stored = {**dataset.profile, "driver": "GTiff"}, dataset.read()
    profile["transform"] = profile["transform"] @ rasterio.Affine.translation(5000, 0)
    with rasterio.open(tmp_path / "far.tif", "w", **profile) as dataset:
        dataset.write(stored)
    raster = RASTERS["s20190614"]
    with pytest.raises(RasterError, match="do not overlap"):
        difference.make(
            GREENED, NDVI, [(raster, tmp_path / "far.tif")], [(raster, land / raster.file)], tmp_path / "made.tif"
        )
    assert [each.name for each in tmp_path.iterdir()] == ["far.tif"]


def test_a_site_beyond_the_scenes_has_no_reading(lake: Path) -> None:
    whole = outlined.Imagery.of(held(lake))
    near = outlined.plan(whole).sites[0]
    shape = shapely.transform(near.outline.geometry, lambda each: each + np.array([0.5, 0.0]))
    far = dataclasses.replace(near, outline=dataclasses.replace(near.outline, site="far", geometry=shape))
    due = differences.due(differences.asked(whole), [near, far], whole.zone)
    found = [each.site for each, _ in differences.rows(str(lake), due)]
    assert found == [near]


def test_several_differences_on_an_executor_are_the_same_files(land: Path, tmp_path: Path) -> None:
    rasters = {
        ident: dataclasses.replace(each, sha256=sha256(land / each.file))
        for ident, each in RASTERS.items()
        if ident in ("s20190719", "s20230719")
    }
    every = []
    for nth in (1, 2):
        of = dataclasses.replace(GREENED, id=f"d{nth}", least=0.1 * nth)
        every.append(differences.Asked(of, NDVI, *difference.scenes_of(of, NDVI, rasters)))
    for raster in rasters.values():
        for name in ("one", "two"):
            imagery.keep(str(tmp_path / name), land / raster.file, raster.sha256 or "")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert differences.compute(str(tmp_path / "two"), every, executor) == {"d1": "", "d2": ""}
    assert differences.compute(str(tmp_path / "one"), every) == {"d1": "", "d2": ""}
    assert not differences.missing(str(tmp_path / "two"), every)
    one, two = (files(tmp_path / name, every) for name in ("one", "two"))
    assert one == two


def files(lake: Path, every: Sequence[differences.Asked]) -> list[bytes]:
    return [imagery.where(str(lake), each.digest).read_bytes() for each in every]


def test_scenes_lie_within_their_season_and_have_the_bands_in_order_of_day() -> None:
    shuffled = dict(reversed(RASTERS.items()))
    colours = dataclasses.replace(RASTERS["s20190614"], id="colours", bands=("red", "green", "blue"))
    before, after = difference.scenes_of(GREENED, NDVI, {"colours": colours, **shuffled})
    assert [each.id for each in before] == ["s20190614", "s20190719", "s20190823"]
    assert [each.id for each in after] == ["s20230614", "s20230719", "s20230823"]
    july = dataclasses.replace(GREENED, after=Period.parse("2023-07"))
    assert [each.id for each in difference.scenes_of(july, NDVI, RASTERS)[1]] == ["s20230719"]


@pytest.mark.parametrize(
    "other",
    [{"least": 0.4}, {"threshold": None}, {"after": Period.parse("2023-07")}, {"before": Period.parse("2019-07")}],
)
def test_the_digest_tells_all_that_the_pixels_depend_on(other: dict[str, Any]) -> None:
    def digest(of: Difference, rasters: dict[str, Raster] = RASTERS) -> str:
        return difference.digest(of, NDVI, *difference.scenes_of(of, NDVI, rasters))

    assert digest(dataclasses.replace(GREENED, **other)) != digest(GREENED)
    assert digest(dataclasses.replace(GREENED, id="other", name={"en": "Other"}, note="x")) == digest(GREENED)
    for changed in ({"sha256": "x"}, {"scale": 1.0}, {"offset": 0.0}, {"nodata": 7.0}, {"classes": None}):
        rasters = {**RASTERS, "s20190719": dataclasses.replace(RASTERS["s20190719"], **changed)}
        assert digest(GREENED, rasters) != digest(GREENED)

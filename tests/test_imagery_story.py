"""The whole story of imagery, in a synthetic landscape: scenes in a folder become readings of green land inside the
outline of a lake, and those join, trend, are drawn and exported as any others. What is true is known exactly."""

import csv
import dataclasses
import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import valley
from click.testing import CliRunner
from conftest import Watched
from fastapi.testclient import TestClient
from playwright.sync_api import expect
from served import Server

from mendmap.assess.model import Answer
from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.cli import main
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.check import check
from mendmap.load.measure import Done, Wanted, measure, outstanding
from mendmap.load.rebuild import rebuild
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.web.app import create_app

Row = dict[str, Any]
# Pixels on the shore are meadow or lake as a whole, by their middle: so much may be green of what lies inside, in ha.
SHORE = 0.6
ON_GRID = {f"{year}-{valley.DAYS[nth]}" for _, year, nth, system in valley.scenes() if system == valley.SYSTEM}
SUMMERS = {year: [f"{year}-{day}" for day in valley.DAYS] for year in valley.YEARS}


def load(folder: Path, lake: Path) -> None:
    write(check(folder, 100), str(lake), folder)


@dataclasses.dataclass(frozen=True)
class Place:
    """A folder of the landscape, the lake it was loaded into, and what came of measuring."""

    folder: Path
    lake: Path
    done: Done


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    top = tmp_path_factory.mktemp("story")
    folder = valley.write(top / "land")
    load(folder, top / "lake")
    return Place(folder, top / "lake", measure(str(top / "lake"), "", Wanted(workers=1)))


@pytest.fixture
def copied(place: Place, tmp_path: Path) -> Place:
    """The same, to be changed."""
    folder, lake = (Path(shutil.copytree(each, tmp_path / each.name)) for each in (place.folder, place.lake))
    return dataclasses.replace(place, folder=folder, lake=lake)


def served(lake: Path) -> TestClient:
    return TestClient(create_app(Settings(lake=str(lake), poll_seconds=60)))


@pytest.fixture(scope="module")
def client(place: Place) -> Iterator[TestClient]:
    with served(place.lake) as client:
        yield client


@pytest.fixture(scope="module")
def atlas(place: Place) -> Atlas:
    with closing(open_lake(str(place.lake))) as lake:
        return build(contents.read(lake, ledger.latest(lake), "synthetic"))


def held(lake: Path, series: str | None = None) -> list[Row]:
    """The readings of a lake, in the columns of a download, by series and time."""
    with closing(open_lake(str(lake))) as opened:
        batches = list(contents.readings(opened, ledger.latest(opened), "synthetic"))
    rows = [row for batch in batches for row in batch.to_pylist()]
    return [row for row in rows if series in (None, row["series"])]


def day(row: Row) -> str:
    """The day of a reading, by the clocks of the place."""
    return str((row["start"] + dt.timedelta(hours=2)).date())


def answer(atlas: Atlas, series: str, statistic: str) -> Answer:
    (found,) = [each for each in atlas.answers.of(series) if each.statistic == statistic]
    return found


def test_every_scene_gives_every_statistic_of_every_site_with_an_outline(place: Place) -> None:
    assert (place.done.scenes, place.done.computed, place.done.missing) == (15, 2 * (15 * 5 + 1), 0)
    assert [each.id for each in place.done.left] == ["dump"]
    assert "No outline" in place.done.left[0].reason
    rows = held(place.lake)
    assert {row["station"] for row in rows} == {"lake", "quarry"}
    assert {(row["source"], row["quality"]) for row in rows} == {("synthetic", "valid")}


def test_a_reading_is_of_the_day_of_its_scene_and_names_it(place: Place) -> None:
    rows = held(place.lake, "lake.green_share.sample.green_share")
    assert [day(row) for row in rows] == [each for days in SUMMERS.values() for each in days]
    assert {row["end"] - row["start"] for row in rows} == {dt.timedelta(days=1)}
    assert rows[0]["note"].startswith("Scene s20190614; ")
    assert [row["file_row"] for row in rows] == sorted({row["file_row"] for row in rows})


def test_the_green_area_of_each_summer_is_within_two_percent_of_the_truth(place: Place) -> None:
    rows = {day(row): row for row in held(place.lake, "lake.green_area.sample.green_area")}
    for year, days in SUMMERS.items():
        truth = valley.greened_ha(year)
        leeway = 0.02 * truth if year > 2020 else SHORE
        cloudless = rows[days[1]]
        assert (cloudless["qualifier"], cloudless["unit"]) == ("", "ha")
        assert cloudless["value"] == pytest.approx(truth, abs=leeway), year
        assert max(rows[each]["value"] for each in days) == pytest.approx(truth, abs=leeway), year
        for each in (days[0], days[2]):
            assert rows[each]["qualifier"] == ">", "under clouds more may be green than was seen"
            assert rows[each]["value"] <= truth + leeway


def test_the_area_greened_from_the_first_summer_to_the_last_is_within_two_percent_of_the_truth(place: Place) -> None:
    found = {day(row): row["value"] for row in held(place.lake, "lake.green_area.sample.green_area")}
    gained = found[SUMMERS[2023][1]] - found[SUMMERS[2019][1]]
    assert gained == pytest.approx(valley.greened_ha(2023), rel=0.02)


def test_the_figures_of_the_quarry_are_those_of_arithmetic(place: Place) -> None:
    """It lies on the grid: 50 by 40 whole pixels, which no cloud hides."""
    rows = {(row["method"], day(row)): row for row in held(place.lake) if row["station"] == "quarry"}
    stored = valley.scene(2021, 1)[:, 30:70, 320:370].astype(np.float32)
    _, _, red, nir, _ = stored[:5] * np.float32(valley.SCALE) + np.float32(valley.OFFSET)
    ndvi = (nir - red) / (nir + red)
    when = SUMMERS[2021][1]
    assert rows["ndvi_mean", when]["value"] == pytest.approx(float(ndvi.mean()), rel=1e-4)
    assert rows["ndvi_mean", when]["samples"] == 2000
    assert rows["clear_share", when]["value"] == pytest.approx(100, abs=0.01)
    of_grid = {row["value"] for (method, each), row in rows.items() if method.startswith("green") and each in ON_GRID}
    assert of_grid == {0.0}


def test_the_lake_turns_green_and_the_quarry_does_not(atlas: Atlas) -> None:
    for method in ("green_share", "green_area"):
        assert answer(atlas, f"lake.{method}.sample.{method}", "trend").outcome == "rising"
        assert answer(atlas, f"quarry.{method}.sample.{method}", "trend").outcome == "none"
    assert answer(atlas, "lake.ndvi.sample.ndvi_mean", "trend").outcome == "rising"
    assert answer(atlas, "quarry.ndvi.sample.ndvi_mean", "trend").outcome == "none"


def test_what_was_measured_belongs_to_the_site_and_to_its_works(atlas: Atlas) -> None:
    assert {each.parameter for each in atlas.features["lake"].series} == {
        "ndvi",
        "green_share",
        "green_area",
        "clear_share",
        "greened_area",
    }
    compared = [each for each in atlas.answers.of("lake.green_share.sample.green_share") if each.against]
    assert {(each.statistic, each.against) for each in compared} >= {("before_after", "filled")}


def test_an_index_below_nought_is_no_value_below_detection(atlas: Atlas) -> None:
    """The lake was water in 2019, whose NDVI is negative."""
    trend = answer(atlas, "lake.ndvi.sample.ndvi_mean", "trend")
    assert trend.below_detection == 0
    (change,) = [each for each in atlas.answers.of("lake.ndvi.sample.ndvi_mean") if each.against == "filled"]
    assert change.before is not None and change.before < 0
    assert change.low is not None and change.value is not None and change.high is not None
    assert change.low < change.value < change.high


SOME = ("s20190614", "s20190719", "s20230719")


def test_two_processes_find_what_one_finds(place: Place, tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    for workers, to in ((1, one), (2, two)):
        measure(str(place.lake), "", Wanted(SOME, ("lake",), workers, to=to))
    assert len(one.read_text().splitlines()) > len(SOME)
    assert one.read_text() == two.read_text()


def test_of_two_scenes_of_a_day_the_one_that_shows_more_is_read(copied: Place) -> None:
    table = copied.folder / "rasters.csv"
    table.write_text(table.read_text().replace("2021-06-14,", "2021-07-19,"))
    load(copied.folder, copied.lake)
    measure(str(copied.lake), "", Wanted(workers=1))
    rows = [row for row in held(copied.lake, "lake.green_area.sample.green_area") if row["quality"] == "valid"]
    assert len(rows) == 14
    (row,) = [row for row in rows if day(row) == "2021-07-19"]
    assert row["note"].startswith("Scene s20210719; 100 %")


def test_measured_twice_nothing_is_computed_and_nothing_written(copied: Place) -> None:
    again = measure(str(copied.lake), "", Wanted(workers=1))
    assert (again.scenes, again.known, again.computed, again.written) == (0, 152, 0, None)
    assert outstanding(str(copied.lake), "synthetic") == 0


def test_a_load_says_what_is_to_be_computed(place: Place, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["load", str(place.folder), "--lake", str(tmp_path / "lake")])
    assert "imagery: up to 152 readings are not computed yet; mendmap raster stats does it" in done.output


def test_a_better_outline_is_measured_anew_and_no_other(copied: Place) -> None:
    layer = copied.folder / "layers" / "places.geojson"
    features = json.loads(layer.read_text())
    features["features"][1]["geometry"] = json.loads(
        valley.shapely.to_geojson(valley.to_degrees(valley.QUARRY.buffer(-100, join_style="mitre")))
    )
    layer.write_text(json.dumps(features))
    load(copied.folder, copied.lake)
    assert outstanding(str(copied.lake), "synthetic") == 76
    address = "/series/quarry.ndvi.sample.ndvi_mean"
    with served(copied.lake) as client:
        assert client.get(f"{address}.json").json()["outdated"] == 15
        assert client.get("/series/quarry.greened_area.sample.greened.json").json()["outdated"] == 1
        assert (
            "15 readings are computed of an outline or of scenes that have changed since." in client.get(address).text
        )
    again = measure(str(copied.lake), "", Wanted(workers=1))
    assert (again.known, again.computed) == (76, 76)
    with served(copied.lake) as client:
        assert "outdated" not in client.get(f"{address}.json").json()
    assert again.written and again.written.changes["readings"] == {"added": 0, "changed": 76, "removed": 0}
    rows = held(copied.lake, "quarry.ndvi.sample.ndvi_mean")
    assert {round(row["samples"], -1) for row in rows} == {600}, "30 by 20 pixels are left of it"


def test_what_was_read_of_a_raster_that_is_gone_is_taken_back(copied: Place) -> None:
    table = copied.folder / "rasters.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join(line for line in lines if not line.startswith("s20190614")) + "\n")
    (copied.folder / "rasters" / "s20190614.tif").unlink()
    load(copied.folder, copied.lake)
    done = measure(str(copied.lake), "", Wanted(workers=1))
    assert (done.computed, done.withdrawn) == (2, 10), "the differences are of the other scenes"
    gone = [row for row in held(copied.lake) if row["quality"] == "withdrawn"]
    assert {(day(row), row["value"]) for row in gone} == {("2019-06-14", None)}
    assert measure(str(copied.lake), "", Wanted(workers=1)).written is None


def test_a_scene_too_cloudy_leaves_a_gap_that_says_why(copied: Place) -> None:
    table = copied.folder / "zonal.csv"
    text = table.read_text().replace("parameter\n", "parameter,least_clear\n")
    table.write_text("".join(f"{line},0.99\n" if nth else f"{line}\n" for nth, line in enumerate(text.splitlines())))
    load(copied.folder, copied.lake)
    assert measure(str(copied.lake), "", Wanted(sites=("lake",), workers=1)).missing > 0
    row = next(row for row in held(copied.lake, "lake.ndvi.sample.ndvi_mean") if day(row) == SUMMERS[2021][0])
    assert (row["quality"], row["value"]) == ("missing", None)
    assert "% of the outline was seen clear" in row["note"]


def test_an_outline_of_another_time_is_not_measured(copied: Place) -> None:
    layer = copied.folder / "layers" / "places.geojson"
    features = json.loads(layer.read_text())
    features["features"][1]["properties"] |= {"valid_from": "2021-07", "valid_to": "2022"}
    layer.write_text(json.dumps(features))
    load(copied.folder, copied.lake)
    measure(str(copied.lake), "", Wanted(workers=1))
    rows = [row for row in held(copied.lake, "quarry.green_area.sample.green_area") if row["quality"] != "withdrawn"]
    assert {day(row)[:7] for row in rows} == {"2021-07", "2021-08", "2022-06", "2022-07", "2022-08"}


def test_the_readings_are_made_again_of_the_journal(place: Place, tmp_path: Path) -> None:
    assert [
        each.difference for each in rebuild(str(tmp_path / "again"), str(place.lake), accept_differences=False)
    ] == [""] * 2
    assert held(tmp_path / "again") == held(place.lake)


def test_the_ledger_names_the_rasters_and_outlines_that_were_measured(place: Place) -> None:
    with closing(open_lake(str(place.lake))) as lake:
        row = ledger.rows(lake, 2)[-1]
    detail = json.loads(row.detail)["imagery"]
    assert set(detail["outlines"]) == {"lake", "quarry"}
    assert len(detail["rasters"]) == 15
    assert all((place.lake / "rasters" / f"{each}.tif").is_file() for each in detail["rasters"].values())
    assert row.source.startswith("imagery-")


def test_the_series_has_a_page_a_chart_and_downloads(client: TestClient) -> None:
    address = "/series/lake.green_area.sample.green_area"
    page = client.get(address).text
    assert "Scene s20230719" in page
    assert "made of" in page
    assert ">23 August 2023</th>" in page
    assert "22 August" not in page
    assert "22:00 to" not in page
    chart = client.get(f"{address}.chart.json").json()
    assert len(chart["points"]["samples"]) == 15
    assert "The last is 76.3162 ha, of 19 Jul 2023." in chart["told"]
    assert "from 14 Jun 2019 to 23 Aug 2023: 15 readings" in chart["told"]
    assert client.get(f"{address}.svg").status_code == 200
    rows = list(csv.DictReader(StringIO(client.get(f"{address}.csv").text)))
    assert [row["samples"] for row in rows] == [str(each) for each in chart["points"]["samples"]]
    assert {row["unit"] for row in rows} == {"ha"}


def test_the_site_page_and_the_progress_page_tell_of_it(client: TestClient) -> None:
    page = client.get("/sites/lake").text
    assert "/series/lake.green_share.sample.green_share" in page
    assert "not at the site itself" not in page
    assert "only assumed" not in page
    assert "The newest reading is from 23 August 2023" in page
    assert "June 2019 to August 2023" in page
    assert "22 August" not in page
    (row,) = [each for each in client.get("/progress.json").json()["sites"] if each["site"] == "lake"]
    trends = {each["parameter"]: each["outcome"] for each in row["trends"]}
    # One difference is no series that could rise.
    assert trends.pop("greened_area", "too_short") == "too_short"
    assert trends == {"ndvi": "rising", "green_share": "rising", "green_area": "rising", "clear_share": "none"}
    (lake,) = [each for each in client.get("/downloads/places.geojson").json()["features"] if each["id"] == "lake"]
    assert lake["properties"]["name_en"] == "Old lake"


@pytest.mark.system("chromium")
def test_the_chart_says_of_how_many_pixels_a_reading_was_made(place: Place, desk: Watched) -> None:
    server = Server(place.lake, poll_seconds=60)
    try:
        desk.page.goto(f"{server.url}/series/lake.green_area.sample.green_area")
        expect(desk.page.locator(".chart-stage .drawing")).to_be_visible()
        desk.page.get_by_role("slider").focus()
        desk.page.keyboard.press("End")
        expect(desk.page.locator(".chart-readout")).to_contain_text("Made of 7,098 values.")
        expect(desk.page.locator(".chart-readout")).to_contain_text("23 August 2023")
        expect(desk.page.locator(".chart-readout")).not_to_contain_text("UTC")
        assert not desk.wrong
    finally:
        server.stop()


def test_the_command_says_what_it_did_and_writes_a_file_for_those_who_keep_one(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "measured.csv"
    wanted = ["--site", "quarry", "--to", str(file), "--workers", "1", "--json"]
    done = CliRunner().invoke(main, ["raster", "stats", "--lake", str(place.lake), *wanted])
    assert json.loads(done.stdout)["computed"] == 76
    rows = list(csv.DictReader(StringIO(file.read_text())))
    assert {row["station"] for row in rows} == {"quarry"}
    assert len(rows) == 76


def test_what_is_not_computed_yet_is_said_to_readers_and_what_to_do_to_those_who_keep_the_lake(
    copied: Place, caplog: pytest.LogCaptureFixture
) -> None:
    for file in (copied.lake / "rasters").rglob("*.tif"):
        if differing(copied, file):
            file.unlink()
    told = "greened has not been computed yet; mendmap raster stats computes it"
    with TestClient(create_app(Settings(lake=str(copied.lake), poll_seconds=60))) as client:
        page = client.get("/imagery").text
        (row,) = [each for each in client.get("/rasters.json").json()["pictures"] if each["id"] == "greened"]
    assert "not computed yet" in page
    assert "#imagery=change.greened" not in page
    assert "mendmap raster" not in page
    assert (row["ready"], row["missing"]) == (False, told)
    assert told in caplog.text
    listed = CliRunner().invoke(main, ["raster", "list", str(copied.lake)])
    assert told in listed.output


def differing(place: Place, file: Path) -> bool:
    """Whether a file of the lake is none of the folder's."""
    return file.read_bytes() not in [each.read_bytes() for each in (place.folder / "rasters").iterdir()]

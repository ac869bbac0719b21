"""Progress: site by work, as the web, the command and the CSV tell it."""

import csv
import io
import json
from pathlib import Path

import httpx2 as httpx
from conftest import Run
from place import Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.progress import table as progress


def test_a_row_for_each_site_and_work(testford: Testford, tmp_path: Path) -> None:
    load(testford, tmp_path / "lake")
    rows = progress.rows(build(read(tmp_path / "lake")))
    assert [(row.get("site"), row.get("work")) for row in rows] == [
        ("mirror", "liming"),
        ("puddle", None),
        ("heap", None),
        (None, "somewhere"),
    ]
    liming = rows[0]
    assert [each["value"] for each in liming["planned"]] == [10.0]
    assert progress.amount(liming["achieved"][0]) == "lime: 8 t (2021)"
    assert liming["shared_with"] == []
    assert liming["newest"] == "Cu 120 ug/L"
    assert liming["sources"] == ["survey"]


def test_a_work_at_several_places_says_that_its_quantities_are_of_all(testford: Testford, tmp_path: Path) -> None:
    testford.tables["work"][0]["sites"] = "mirror,heap"
    load(testford, tmp_path / "lake")
    rows = list(progress.flat_rows(build(read(tmp_path / "lake"))))
    shared = {row["site"]: row["shared_with"] for row in rows if row.get("work") == "liming"}
    assert shared == {"mirror": "heap", "heap": "mirror"}


def test_web_and_command_tell_the_same(bor_url: str, bor_lake: Path, run_mendmap: Run) -> None:
    web = httpx.get(f"{bor_url}/progress.json").json()["progress"]
    command = json.loads(run_mendmap("progress", "--json", "--lake", bor_lake).stdout)["progress"]
    assert web == command
    text = run_mendmap("progress", "--lake", bor_lake).stdout
    assert "Restoration of Visoki planir" in text
    assert "355,000 m2" in text
    assert "approx 600,000 m2" in text


def test_the_csv_has_every_row_and_explained_columns(bor_url: str) -> None:
    rows = list(csv.DictReader(io.StringIO(httpx.get(f"{bor_url}/progress.csv").text, newline="")))
    assert list(rows[0]) == [each.name for each in progress.COLUMNS]
    assert len(rows) == len(httpx.get(f"{bor_url}/progress.json").json()["progress"])
    assert {row["work"] for row in rows} >= {"smelter_desulfurization", "dust_control"}

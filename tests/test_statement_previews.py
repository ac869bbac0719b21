"""What would decide a statement: its template, filled in by hand with synthetic values, and what it would change."""

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import Run
from place import Testford, feature, line
from served import served
from test_lake import load, read

from mendmap.assess.model import Answers, answers
from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.errors import GeodataError
from mendmap.load.preview import preview
from mendmap.readings.tidy import Reading
from mendmap.statements.outcome import outcomes
from mendmap.statements.template import template

STATEMENTS = """
[[statement]]
id = "double"
claim = "<b>Output</b> rose by 2 times."
claimant = "Works Ltd"
sites = ["mirror"]
source = "survey"
check = "times"
figures = ["base"]
after = "2024"
claimed = 2
wanted = "Output in 2024."

[[statement]]
id = "long"
claim = "1.9 km were dredged."
claimant = "Works Ltd"
sites = ["brook"]
source = "survey"
check = "length"
feature = "brook"
claimed = 1.9
unit = "km"
tolerance = 0.05
wanted = "A survey."

[[statement]]
id = "clean"
claim = "The hourly mean was never above the limit in 2023."
claimant = "Works Ltd"
sites = ["heap"]
period = "2023"
source = "survey"
check = "readings"
parameter = "so2"
limits = ["l1"]
expects = "never_above"
wanted = "Hourly means of 2023."
reply = "We stand by it & <i>say so</i>."
"""
SOURCE = "id,title,publisher,url\nagency,Yearbook,Agency,\n"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("previews")
    place = Testford(folder / "testford")
    place.statements = STATEMENTS
    place.layers["rivers"]["features"] = [
        feature("brook", "river", line([[20.4, 44.6], [20.6, 44.5]]), basis="hypothesis")
    ]
    place.layers["stations"]["features"][1]["properties"] |= {"operator": "State", "monitors": "heap"}
    place.tables["parameter"].append(
        {**dict.fromkeys(place.tables["parameter"][0], ""), "id": "ore", "name_en": "Ore", "symbol": "ore"}
        | {"medium": "production", "unit": "t"}
    )
    base = {**place.tables["figure"][0], "id": "base", "parameter": "ore"}
    place.tables["figure"].append(base)
    load(place, folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module")
def atlas(lake: Path) -> Atlas:
    return build(read(lake))


def outcome(atlas: Atlas, ident: str) -> str:
    return next(each.outcome for each in outcomes(atlas) if each.statement.id == ident)


def filled(atlas: Atlas, ident: str, path: Path, **cells: str) -> Path:
    """The template of a statement with cells filled in, in a file."""
    rows = list(csv.DictReader(io.StringIO(template(atlas, atlas.statements[ident]))))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows([{**row, **cells} for row in rows])
    return path


def test_a_template_of_figures_names_what_is_wanted_and_has_no_value(atlas: Atlas) -> None:
    (row,) = csv.DictReader(io.StringIO(template(atlas, atlas.statements["double"])))
    known = {"feature": "mirror", "parameter": "ore", "unit": "t", "period": "2024", "basis": "verbatim"}
    assert known.items() <= row.items()
    assert (row["value"], row["source"]) == ("", "")


def test_a_template_of_readings_has_a_row_for_each_station_and_no_value(atlas: Atlas) -> None:
    rows = list(csv.DictReader(io.StringIO(template(atlas, atlas.statements["clean"]))))
    assert [row["station"] for row in rows] == ["chimney", "ghost"]
    assert {(row["parameter"], row["averaging"], row["unit"], row["value"]) for row in rows} == {
        ("so2", "1h", "ug/m3", "")
    }


def test_a_template_as_it_is_is_refused_because_nothing_is_filled_in(atlas: Atlas, tmp_path: Path) -> None:
    for ident in ("double", "clean"):
        with pytest.raises(GeodataError, match=r"csv:2: value: (a value is required|not a finite number)"):
            preview(atlas, [filled(atlas, ident, tmp_path / f"{ident}.csv")], 10)


@pytest.mark.parametrize(("value", "wanted"), [("20", "consistent"), ("25", "contradicted")])
def test_a_filled_in_figure_changes_the_outcome(atlas: Atlas, tmp_path: Path, value: str, wanted: str) -> None:
    (tmp_path / "sources.csv").write_text(SOURCE)
    path = filled(atlas, "double", tmp_path / "figures.csv", value=value, source="agency")
    after = preview(atlas, [path, tmp_path / "sources.csv"], 10)
    assert outcome(atlas, "double") == "unverifiable"
    assert outcome(after, "double") == wanted
    with pytest.raises(GeodataError, match="no such source: 'agency'"):
        preview(atlas, [path], 10)


@pytest.mark.parametrize(("basis", "wanted"), [("published", "supported"), ("hypothesis", "unverifiable")])
def test_a_filled_in_line_is_measured(atlas: Atlas, tmp_path: Path, basis: str, wanted: str) -> None:
    (tmp_path / "sources.csv").write_text(SOURCE)
    body = json.loads(template(atlas, atlas.statements["long"]))
    found = body["features"][0]
    assert (found["geometry"], found["properties"]["basis"]) == (None, None)
    found["geometry"] = line([[20.5, 44.55], [20.5239, 44.55]])
    found["properties"] |= {"basis": basis, "accuracy_m": 5, "source": "agency"}
    (tmp_path / "reach.geojson").write_text(json.dumps(body))
    after = preview(atlas, [tmp_path / "reach.geojson", tmp_path / "sources.csv"], 10)
    assert outcome(atlas, "long") == "unverifiable"
    assert outcome(after, "long") == wanted


def test_a_line_of_a_feature_that_is_not_there_is_refused(atlas: Atlas, tmp_path: Path) -> None:
    path = tmp_path / "reach.geojson"
    path.write_text(template(atlas, atlas.statements["long"]).replace('"brook"', '"creek"'))
    with pytest.raises(GeodataError, match="no such feature: 'creek'"):
        preview(atlas, [path], 10)
    path.write_text("[]")
    with pytest.raises(GeodataError, match="not a GeoJSON FeatureCollection"):
        preview(atlas, [path], 10)


MOMENT = {"start": "2023-05-01T00:00Z", "end": "2023-05-01T01:00Z", "quality": "valid", "source": "survey"}


def test_readings_reach_the_assessment_that_the_caller_gives(atlas: Atlas, tmp_path: Path) -> None:
    path = filled(atlas, "clean", tmp_path / "readings.csv", value="500", **MOMENT)
    seen: list[Reading] = []

    def assess(held: Atlas, readings: Sequence[Reading]) -> Answers:
        seen.extend(readings)
        row = {"series": "chimney.so2.1h", "period": "2023", "statistic": "exceedances", "against": "l1"}
        return Answers(answers([row | {"above": 1, "outcome": "undecidable", "reason": "incomplete"}]))

    named = dataclasses.replace(atlas.sources["survey"], publisher="State")
    theirs = dataclasses.replace(atlas, sources={**atlas.sources, "survey": named})
    unassessed = preview(theirs, [path], 10)
    assert outcome(unassessed, "clean") == "unverifiable"
    assert "have not been assessed" in next(
        each.because for each in outcomes(unassessed) if each.missing and each.statement.id == "clean"
    )
    assert outcome(preview(theirs, [path], 10, assess=assess), "clean") == "contradicted"
    assert [(each.series, each.canonical) for each in seen] == [("chimney.so2.1h", 500), ("ghost.so2.1h", 500)]


def test_the_command_says_what_files_would_change_and_writes_nothing(
    lake: Path, atlas: Atlas, tmp_path: Path, run_mendmap: Run
) -> None:
    path = filled(atlas, "double", tmp_path / "figures.csv", value="20", source="survey")
    kept = sorted((each, each.stat().st_mtime_ns) for each in lake.rglob("*.parquet"))
    done = run_mendmap("statements", "--lake", lake, "--with", path)
    assert done.returncode == 0, done.stderr
    assert "unverifiable -> consistent: <b>Output</b> rose by 2 times." in done.stdout
    assert done.stdout.endswith("nothing was written\n")
    rows = json.loads(run_mendmap("statements", "--lake", lake, "--with", path, "--json").stdout)["statements"]
    assert [(row["id"], row["before"], row["outcome"]) for row in rows] == [
        ("double", "unverifiable", "consistent"),
        ("long", "unverifiable", "unverifiable"),
        ("clean", "unverifiable", "unverifiable"),
    ]
    assert sorted((each, each.stat().st_mtime_ns) for each in lake.rglob("*.parquet")) == kept
    assert (
        json.loads(run_mendmap("statements", "--lake", lake, "--json").stdout)["statements"][0]["outcome"]
        == "unverifiable"
    )
    refused = run_mendmap("statements", "--lake", lake, "--with", tmp_path / "none.csv")
    assert (refused.returncode, refused.stderr.splitlines()[0]) == (1, "none.csv:0: : no such file")


@pytest.fixture
def url(lake: Path) -> Iterator[str]:
    with served(lake) as server:
        yield server.url


def test_every_statement_has_a_page_its_json_and_its_template(atlas: Atlas, url: str) -> None:
    told = httpx.get(f"{url}/statements.json").json()["statements"]
    for each in told:
        assert httpx.get(url + each["href"]).status_code == 200
        alone = httpx.get(f"{url}{each['href']}.json").json()
        assert {name: alone[name] for name in each} == each
        file = httpx.get(url + each["template"])
        assert file.text == template(atlas, atlas.statements[each["id"]])
        assert "attachment" in file.headers["Content-Disposition"]
        for piece in each["evidence"]:
            assert piece["href"] is None or httpx.get(url + piece["href"]).status_code == 200, piece
            assert piece["source"]
    page = httpx.get(f"{url}/statements/clean").text
    assert "We stand by it &amp; &lt;i&gt;say so&lt;/i&gt;." in page
    assert 'href="/series/chimney.so2.1h?datetime=2023-01-01/2023-12-31#readings"' in page
    assert "&lt;b&gt;Output&lt;/b&gt;" in httpx.get(f"{url}/statements/double").text
    at_site = httpx.get(f"{url}/sites/mirror").text
    assert 'href="/statements/double"' in at_site and "outcome-unverifiable" in at_site
    assert httpx.get(f"{url}/sites/mirror.json").json()["statements"][0]["outcome"] == "unverifiable"
    assert httpx.get(f"{url}/statements/none").status_code == 404
    assert httpx.get(f"{url}/statements/double/template.geojson").status_code == 404

"""Statements about what land has become, decided by imagery of a synthetic lake that is filled and greened."""

import csv
import dataclasses
import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import landscape
import pytest
from conftest import Run
from fastapi.testclient import TestClient

from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.errors import GeodataError
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.check import check
from mendmap.load.measure import Wanted, measure
from mendmap.load.preview import preview
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.statements.imagery import _aside
from mendmap.statements.model import Outcome
from mendmap.statements.outcome import outcomes
from mendmap.statements.template import form, template
from mendmap.web.app import create_app
from mendmap.words.dates import Period

MORE = """
[[statement]]
id = "grown"
claim = "Four fifths of the lake were greened from 2019 to 2023."
claimant = "The synthetic company"
sites = ["lake"]
source = "brochure"
check = "vegetation"
feature = "lake"
parameter = "green_share"
before = "2019-06/2019-08"
after = "2023-06/2023-08"
qualifier = ">="
claimed = 80
unit = "%"
wanted = "Imagery of the lake before and after."

[[statement]]
id = "hectares"
claim = "More than 70 ha were greened."
claimant = "The synthetic company"
sites = ["lake"]
source = "brochure"
check = "vegetation"
feature = "lake"
parameter = "greened_area"
before = "2019-06/2019-08"
after = "2023-06/2023-08"
qualifier = ">"
claimed = 700000
unit = "m2"
wanted = "Imagery of the lake before and after."

[[statement]]
id = "dump_green"
claim = "The dump is green."
claimant = "The synthetic company"
sites = ["dump"]
source = "brochure"
check = "vegetation"
feature = "dump"
parameter = "green_share"
after = "2023-06/2023-08"
claimed = 50
unit = "%"
wanted = "Its outline, and imagery."
"""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = landscape.write(tmp_path_factory.mktemp("statements") / "land")
    with (folder / "statements.toml").open("a", encoding="utf-8") as table:
        table.write(MORE)
    path = folder.parent / "lake"
    write(check(folder, 100), str(path), folder)
    measure(str(path), "", Wanted(workers=1))
    return path


@pytest.fixture(scope="module")
def atlas(lake: Path) -> Atlas:
    return read(lake)


def read(lake: Path) -> Atlas:
    with closing(open_lake(str(lake))) as opened:
        return build(contents.read(opened, ledger.latest(opened), "synthetic"))


def outcome(atlas: Atlas, ident: str = "green_lake", **changed: Any) -> Outcome:
    """What comes of a statement, some of whose columns are ``changed``."""
    statement = dataclasses.replace(atlas.statements[ident], **changed)
    (found,) = outcomes(dataclasses.replace(atlas, statements={ident: statement}))
    return found


def published_by(atlas: Atlas, publisher: str | None) -> Atlas:
    """The atlas as if another had published its imagery."""
    source = dataclasses.replace(atlas.sources["synthetic"], publisher=publisher)
    return dataclasses.replace(atlas, sources={**atlas.sources, "synthetic": source})


def test_a_claim_that_the_scenes_of_its_season_bear_out_is_supported(atlas: Atlas) -> None:
    found = outcome(atlas)
    assert found.outcome == "supported"
    true_share = 100 * landscape.greened(2023).area / landscape.LAKE.area
    assert found.computed == pytest.approx(true_share, rel=0.02)
    assert found.because == joined(found)
    assert "at least 80 % is claimed, 1% allowed" in found.because
    assert "(median of 3 scenes; " in found.because
    assert found.missing == ()


def joined(found: Outcome) -> str:
    return f"{found.sums[0]}; at least 80 % is claimed, 1% allowed."


def test_the_evidence_names_scenes_days_and_pixels(atlas: Atlas) -> None:
    outline, series = outcome(atlas).evidence
    assert (outline.kind, outline.id) == ("feature", "lake")
    assert (series.kind, series.id) == ("series", "lake.green_share.sample.green_share")
    assert (series.standing, series.stance) == ("independent", "agrees")
    assert [each in series.says for each in ("14 June 2023", "19 July 2023", "23 August 2023")] == [True] * 3
    assert "s20230719" in series.says
    assert " pixels" in series.says


def test_a_claim_of_more_than_any_scene_shows_is_contradicted(atlas: Atlas) -> None:
    assert outcome(atlas, claimed=99).outcome == "contradicted"


def test_a_claim_that_lies_within_what_the_scenes_leave_open_is_not_decided(atlas: Atlas) -> None:
    shares = sorted(each.value for each in atlas.samples if each.series.startswith("lake.green_share."))[-3:]
    found = outcome(atlas, claimed=(shares[0] + shares[2]) / 2, tolerance=0.0)
    assert found.outcome == "unverifiable"
    assert found.because.endswith("so they cannot tell.")
    assert found.missing == ("More clear scenes of lake from June 2023 to August 2023.",)


def test_imagery_of_the_claimants_own_makes_it_only_consistent(atlas: Atlas) -> None:
    found = outcome(published_by(atlas, "The synthetic company"))
    assert found.outcome == "consistent"
    assert found.because.endswith("The imagery is the claimant's own; nothing independent is at hand.")


def test_imagery_that_nobody_is_named_for_decides_nothing(atlas: Atlas) -> None:
    found = outcome(published_by(atlas, None))
    assert (found.outcome, found.missing) == ("unverifiable", ("Who published the imagery.",))


def test_who_runs_a_site_does_not_make_its_imagery_his(atlas: Atlas) -> None:
    lake = atlas.features["lake"]
    owned = dataclasses.replace(lake, properties={**lake.properties, "operator": "The synthetic company"})
    assert outcome(dataclasses.replace(atlas, features=atlas.features | {"lake": owned})).outcome == "supported"


def test_without_readings_of_its_season_it_cannot_be_verified(atlas: Atlas) -> None:
    found = outcome(atlas, after=Period.parse("2024-06/2024-08"))
    assert found.outcome == "unverifiable"
    assert found.because.endswith("no readings of green from June 2024 to August 2024 are at hand.")
    assert found.missing == ("Clear imagery of lake from June 2024 to August 2024.",)
    assert outcome(dataclasses.replace(atlas, samples=())).outcome == "unverifiable"


def test_a_change_is_the_median_after_less_the_median_before(atlas: Atlas) -> None:
    found = outcome(atlas, "grown")
    assert found.outcome == "supported"
    assert found.computed == pytest.approx(outcome(atlas).computed, abs=1)
    assert outcome(atlas, "grown", before=Period.parse("2022")).outcome == "contradicted"
    assert outcome(atlas, "grown", before=Period.parse("2018")).outcome == "unverifiable"


def test_an_area_greened_is_read_off_the_difference_of_its_seasons(atlas: Atlas) -> None:
    found = outcome(atlas, "hectares")
    assert found.outcome == "supported"
    assert found.computed == pytest.approx(10_000 * landscape.greened_ha(2023), rel=0.02)
    assert found.because.startswith("Greened from 2019 to 2023: greened is ")
    assert outcome(atlas, "hectares", claimed=790_000).outcome == "contradicted"
    assert outcome(atlas, "hectares", before=Period.parse("2020-06/2020-08")).outcome == "unverifiable"


def test_an_area_that_could_not_be_judged_whole_is_known_less_well(atlas: Atlas) -> None:
    samples = tuple(
        each._replace(uncertainty=10.0) if each.series.endswith(".greened") else each for each in atlas.samples
    )
    assert outcome(dataclasses.replace(atlas, samples=samples), "hectares").outcome == "unverifiable"


def test_an_area_that_was_seen_in_part_is_at_least_so_much(atlas: Atlas) -> None:
    samples = tuple(each._replace(qualifier=">") for each in atlas.samples)
    partly = dataclasses.replace(atlas, samples=samples)
    assert outcome(partly).outcome == "supported"
    assert outcome(partly, claimed=99).outcome == "unverifiable"


def test_what_is_seen_inside_a_schematic_outline_proves_nothing(atlas: Atlas) -> None:
    found = outcome(atlas, "dump_green")
    assert (found.outcome, found.missing) == ("unverifiable", ("The outline of dump.",))
    lake = atlas.features["lake"]
    guessed = dataclasses.replace(lake, properties={**lake.properties, "basis": "schematic"})
    found = outcome(dataclasses.replace(atlas, features=atlas.features | {"lake": guessed}))
    assert found.outcome == "unverifiable"
    assert "an outline whose basis is schematic" in found.because


def test_a_statement_that_claims_no_value_says_what_is_missing(atlas: Atlas) -> None:
    bare = {"claimed": None, "parameter": None, "after": None}
    assert outcome(atlas, **bare).missing == ("A parameter, a season and the value claimed.",)
    unseen = dataclasses.replace(atlas, rasters={})
    assert outcome(unseen, **bare).missing == ("Imagery of the outline from before and after.",)
    assert outcome(unseen, "dump_green").missing == ("The outline of dump.", "Imagery of it from before and after.")


@pytest.mark.parametrize(("count", "aside"), [(1, 0), (2, 0), (3, 0), (5, 0), (6, 0), (8, 0), (9, 1), (12, 2), (20, 5)])
def test_the_interval_of_a_median_leaves_aside_what_the_sign_test_does(count: int, aside: int) -> None:
    # Conover, table A3: of 9 the second and the eighth, of 12 the third and the tenth, of 20 the sixth and the 15th.
    assert _aside(count) == aside


def test_its_template_asks_for_readings_of_the_outline_or_for_the_outline(atlas: Atlas) -> None:
    statement = atlas.statements["green_lake"]
    assert form(atlas, statement) == "csv"
    (row,) = csv.DictReader(io.StringIO(template(atlas, statement)))
    assert {name: value for name, value in row.items() if value} == {
        "station": "lake",
        "parameter": "green_share",
        "averaging": "sample",
        "unit": "%",
    }
    assert form(atlas, atlas.statements["dump_green"]) == "geojson"
    assert json.loads(template(atlas, atlas.statements["dump_green"]))["features"][0]["properties"]["id"] == "dump"


def test_readings_of_others_that_are_not_loaded_are_weighed_too(atlas: Atlas, tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text("id,title,publisher\nsurvey,A survey,A synthetic university\n", "utf-8")
    (row,) = csv.DictReader(io.StringIO(template(atlas, atlas.statements["green_lake"])))
    row |= {"start": "2023-07-01T00:00+02:00", "end": "2023-07-02T00:00+02:00", "value": "12", "quality": "valid"}
    with (tmp_path / "survey.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*row])
        writer.writeheader()
        writer.writerow({**row, "source": "survey"})
    found = preview(atlas, [tmp_path / "sources.csv", tmp_path / "survey.csv"], 10)
    weighed = outcome(found)
    assert weighed.outcome == "contradicted"
    assert [each.stance for each in weighed.evidence if each.kind == "series"] == ["disagrees", "agrees"]
    assert outcome(atlas).outcome == "supported"


@pytest.mark.parametrize(
    ("was", "now", "column", "message"),
    [
        ('parameter = "green_share"\n', "", "parameter", "check vegetation takes one, where it takes after"),
        ("claimed = 80\n", "", "claimed", "check vegetation takes one, where it takes parameter"),
        ('unit = "%"\n', 'unit = "ha"\n', "unit", "ha"),
        ('after = "2023-06', 'before = "2023"\nafter = "2023-06', "after", "does not lie after before 2023"),
    ],
)
def test_a_statement_that_cannot_be_computed_never_reaches_the_lake(
    tmp_path: Path, was: str, now: str, column: str, message: str
) -> None:
    folder = landscape.write(tmp_path / "land", elevation=False, years=())
    path = folder / "statements.toml"
    path.write_text(path.read_text("utf-8").replace(was, now), "utf-8")
    with pytest.raises(GeodataError) as error:
        check(folder, 100)
    (fault,) = error.value.faults
    assert (fault.file, fault.column) == ("statements.toml", column)
    assert message in fault.message


def test_the_page_of_a_statement_shows_its_scenes(lake: Path) -> None:
    with TestClient(create_app(Settings(lake=str(lake)))) as client:
        page = client.get("/statements/green_lake").text
        told = client.get("/statements/green_lake.json").json()
    assert "s20230719" in page
    assert told["outcome"] == "supported"
    assert [each["kind"] for each in told["evidence"]] == ["feature", "series"]
    assert told["template"] == "/statements/green_lake/template.csv"


def test_the_command_tells_it(lake: Path, run_mendmap: Run) -> None:
    done = run_mendmap("statements", "--lake", str(lake))
    assert "supported: By 2023 four fifths of the old lake" in done.stdout


def test_new_readings_change_what_was_held(lake: Path) -> None:
    with closing(open_lake(str(lake))) as opened:
        latest = ledger.latest(opened)
        before = contents.read(opened, dataclasses.replace(latest, number=latest.number - 1), "synthetic")
        assert before.samples == ()
        again = contents.read(opened, latest, "synthetic", before=contents.read(opened, latest, "synthetic"))
        after = contents.read(opened, latest, "synthetic")
        assert again.samples == after.samples
        assert len(after.samples) == 15 + 1

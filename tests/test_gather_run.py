"""``mendmap gather``: what recipes bring is staged, checked, told and put into the folder in one step, or not at all.

All services are servers of this machine; stations and readings are made up.
"""

import csv
import io
import json
import random
import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import forked
import pytest
import shapely
from air_server import EeaService, series
from assessed_place import assessed
from conftest import Run, times
from feed_server import FeedServer, Reply, serving
from gathering import FIRST, SECOND, agency, contents, environment, outlines, recipe, town
from place import Testford
from test_gather_air import NEVER, year
from test_lake import load

from mendmap.catalogue.gathered import Match
from mendmap.errors import GeodataError
from mendmap.gather import stage
from mendmap.load import landed
from mendmap.load.check import check


@pytest.fixture
def eea(server: FeedServer) -> EeaService:
    return agency(server)


@pytest.fixture
def place(tmp_path: Path, eea: EeaService) -> Testford:
    return town(tmp_path / "testford", eea.server)


@pytest.fixture
def gather(run_mendmap: Run, place: Testford, server: FeedServer) -> Run:
    """Runs the command on the folder, which is written before."""
    place.write()

    def run(*arguments: object, **more: str) -> Any:
        return run_mendmap("gather", *arguments, "--geodata", place.folder, **environment(server, **more))

    return run


def states(folder: Path) -> dict[str, tuple[int, int]]:
    """When each file was written, and which file it is."""
    found = {each: (folder / each).stat() for each in contents(folder)}
    return {each: (state.st_mtime_ns, state.st_ino) for each, state in found.items()}


def timeless(folder: Path) -> dict[str, bytes]:
    """The files of a folder without the moments at which they were fetched."""
    return {name: re.sub(rb'retrieved = ".*"', b"", body) for name, body in contents(folder).items()}


def test_what_is_found_waits_for_a_decision_and_readings_come_with_their_terms(gather: Run, place: Testford) -> None:
    before = check(place.folder, 100)
    done = gather()
    assert (done.returncode, done.stderr) == (0, "")
    assert "stations: 2 features; answers: 1 fetched" in done.stdout
    assert "hours: 1 file of readings" in done.stdout
    assert "stations: waiting for a decision: 2" in done.stdout
    after = check(place.folder, 100)
    assert [each.geometry for each in after.features] == [each.geometry for each in before.features]
    assert len(after.readings) == len(before.readings) + 30
    matches = {each.gathered: each.feature for each in after.records if isinstance(each, Match)}
    assert matches == {"XX0001A": "station_xx0001a", "XX0002A": "institute"}
    (readings,) = [each for each in after.catalogue.readings if each.recipe]
    assert (readings.entry.file, readings.format) == ("gathered/hours-institute-2023.parquet", "eea_aq")
    assert (readings.entry.licence, readings.entry.origin, readings.attribution) == (
        "CC-BY-4.0",
        "others",
        "© Agency of XX",
    )
    assert readings.retrieved
    assert (place.folder / ".gather" / ".gitignore").read_text() == "*\n"


def test_what_still_waits_is_told_by_a_run_that_changes_nothing_too(gather: Run, place: Testford) -> None:
    gather("stations")
    again = gather("stations")
    assert "nothing has changed" in again.stdout
    assert "stations: waiting for a decision: 2\n    XX0001A Station XX0001A -> " in again.stdout
    assert "write accept, add or reject into the column decision of the matches" in again.stdout


def test_decisions_may_come_from_a_spreadsheet_program_and_be_taken_back(gather: Run, place: Testford) -> None:
    gather("stations")
    path = place.folder / "matches.csv"
    drawn = {each.id: each.geometry for each in check(place.folder, 100).features}
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))

    def decide(words: Mapping[str, str]) -> dict[str, shapely.Geometry | None]:
        """The features where the table was written as such programs do, with other columns first."""
        out = io.StringIO(newline="")
        writer = csv.DictWriter(
            out, ["note", "decision", *sorted(rows[0].keys() - {"note", "decision"})], delimiter=";"
        )
        writer.writeheader()
        writer.writerows({**row, "decision": words[row["gathered"]], "note": "seen; on site"} for row in rows)
        path.write_text(out.getvalue(), "utf-8-sig", newline="")
        written = path.read_bytes()
        again = gather("stations")
        assert (again.returncode, again.stderr) == (0, "")
        assert written == path.read_bytes()
        return {each.id: each.geometry for each in check(place.folder, 100).features}

    moved = decide({"XX0001A": "Reject", "XX0002A": "Accept"})
    assert moved.keys() == drawn.keys()
    assert {ident for ident in drawn if moved[ident] != drawn[ident]} == {"institute"}
    assert decide({"XX0001A": "Add", "XX0002A": "reject"}).keys() - drawn.keys() == {"station_xx0001a"}
    assert decide({"XX0001A": "", "XX0002A": ""}) == drawn


def test_a_host_that_cannot_be_reached_is_waited_for_by_one_recipe_only(
    gather: Run, place: Testford, server: FeedServer
) -> None:
    url = server.url
    server.close()
    done = gather(MENDMAP_PULL_TRIES="2", MENDMAP_GATHER_OWN=url)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert "stations: " in first and "cannot be reached (2 tries)" in first
    assert "hours: " in second and "could not be reached, so it was not asked again" in second


def test_each_recipe_sees_what_those_before_it_brought(gather: Run, place: Testford) -> None:
    done = gather("--accept", "--add")
    assert done.returncode == 0, done.stderr
    assert "hours: 2 files of readings" in done.stdout
    assert re.search("Institute moved by 55[56]", done.stdout)
    features = {each.id: each for each in check(place.folder, 100).features}
    assert features["institute"].geometry.y == 44.8  # type: ignore[union-attr]
    assert "station_xx0001a" in features


def test_an_accepted_outline_takes_the_place_of_a_point_as_a_better_record(
    run_mendmap: Run, place: Testford, server: FeedServer
) -> None:
    outlines(place, server)
    folder = place.write()
    done = run_mendmap("gather", "heaps", "--accept", "--geodata", folder, "--json", **environment(server))
    assert done.returncode == 0, done.stderr
    (drawn,) = [each for each in json.loads(done.stdout)["difference"]["changes"] if each["what"] == "redrawn"]
    assert (drawn["id"], drawn["nature"], drawn["was_ha"]) == ("heap", "record", None)
    assert drawn["now_ha"] == pytest.approx(5.3, abs=0.1)
    assert 100 < drawn["moved_m"] < 200
    held = check(folder, 100)
    (heap,) = [each for each in held.features if each.id == "heap"]
    assert (heap.geometry.geom_type, heap.properties["accuracy_m"]) == ("Polygon", 10)  # type: ignore[union-attr]
    assert "ODbL-1.0" in next(layer.entry.licence for layer in held.catalogue.layers if layer.id == "dumps")
    # The hand-made file stays as it was written.
    assert json.loads((folder / "dumps.geojson").read_text("utf-8"))["features"] == place.layers["dumps"]["features"]


def test_the_same_run_twice_changes_nothing(gather: Run, place: Testford) -> None:
    gather("--accept", "--add")
    before = states(place.folder)
    done = gather("--accept", "--add")
    assert (done.returncode, states(place.folder)) == (0, before)
    assert "nothing has changed" in done.stdout
    fresh = json.loads(gather("--accept", "--add", "--fresh", "--json").stdout)
    assert [each["asked"]["kept"] + each["asked"]["unchanged"] for each in fresh["recipes"]] == [0, 0]
    assert (fresh["files"], states(place.folder)) == ([], before)


def test_a_dry_run_writes_nothing_and_says_what_the_run_then_does(
    gather: Run, place: Testford, server: FeedServer
) -> None:
    before = states(place.folder)
    dry = json.loads(gather("--accept", "--dry-run", "--json").stdout)
    assert states(place.folder) == before
    assert (dry["written"], "catalogue.toml" in dry["files"]) == (False, True)
    asked = len(server.asked)
    done = json.loads(gather("--accept", "--json").stdout)
    assert len(server.asked) == asked  # it takes what the dry run was answered
    assert done["difference"] == dry["difference"]
    assert (done["files"], done["written"]) == (dry["files"], True)


def test_what_is_said_before_is_what_a_load_then_records(
    gather: Run, eea: EeaService, place: Testford, run_mendmap: Run, tmp_path: Path
) -> None:
    assessed(place)
    place.head = place.head.replace("near_m", 'zone = "Europe/Belgrade"\nnear_m')
    place.tables["source"].append({"id": "claims", "title": "The claim", "publisher": "Works Group", "url": ""})
    place.statements = NEVER
    for each in (FIRST, SECOND):
        eea.add(2, each, year(each))
    lake = tmp_path / "lake"
    load(place, lake)
    told = json.loads(gather("--accept", "--json").stdout)["difference"]
    run_mendmap("load", place.folder, "--lake", lake)
    known = json.loads(run_mendmap("changes", "--since", "1", "--lake", lake, "--json").stdout)["changes"]
    assert told["changes"] == [{name: value for name, value in each.items() if name != "number"} for each in known]
    assert {(each["thing"], each["what"]) for each in told["changes"]} >= {
        ("feature", "moved"),
        ("readings", "added"),
        ("outcome", "turned"),
    }
    (turned,) = [each for each in told["changes"] if each["thing"] == "outcome"]
    assert (turned["id"], turned["now"]) == ("clean", "supported")
    assert "2023" in told["because"]["clean"]


def test_a_recipe_that_fails_leaves_no_trace_and_the_others_go_on(
    gather: Run, eea: EeaService, place: Testford, server: FeedServer
) -> None:
    eea.add(2, SECOND, Reply(b"<!doctype html><p>We are moving house</p>"))
    done = gather()
    assert done.returncode == 1
    assert done.stderr.startswith("hours: ")
    assert "wrote gathered/stations.geojson" in done.stdout
    assert not list((place.folder / "gathered").glob("hours*"))
    check(place.folder, 100)
    # What came and was wrong is asked for anew.
    eea.add(2, SECOND, series(SECOND, [], []))
    agency(server)
    again = gather()
    assert (again.returncode, again.stderr) == (0, "")
    assert "wrote gathered/hours-institute-2023.parquet" in again.stdout


def test_what_was_answered_before_a_service_failed_is_not_asked_again(gather: Run, eea: EeaService) -> None:
    whole = eea.files[2, SECOND]
    eea.add(2, SECOND, Reply(b"", 503))
    first = gather("hours")
    assert (first.returncode, first.stderr.count("\n")) == (1, 1)
    assert "503 Service Unavailable" in first.stderr
    eea.add(2, SECOND, whole)
    listed = eea.asked("urls")
    assert gather("hours").returncode == 0
    assert eea.asked("urls") == listed


def test_later_a_service_is_asked_whether_something_has_changed(
    gather: Run, eea: EeaService, server: FeedServer
) -> None:
    path = f"/airquality-p-2/XX/{SECOND}.parquet"
    whole = server.answers[path]
    assert isinstance(whole, Reply)

    def reply(asked: Any) -> Reply:
        known = asked.headers.get("If-None-Match") == '"1"'
        return Reply(b"", 304) if known else Reply(whole.body, headers={"ETag": '"1"'})

    server.answers[path] = reply
    gather("hours")
    told = json.loads(gather("hours", "--json").stdout)
    assert told["recipes"][0]["asked"]["unchanged"] == 1
    assert told["files"] == []


def test_what_a_recipe_brings_no_more_is_taken_away_and_said(gather: Run, place: Testford) -> None:
    gather("--accept", "--add")
    rows = (place.folder / "recipe.csv").read_text("utf-8")
    assert "2023" in rows
    kept = check(place.folder, 100)
    columns = rows.splitlines()[0].split(",")
    assert "stations" not in columns
    lines = rows.splitlines()
    lines = [f"{lines[0]},stations", f"{lines[1]},", f"{lines[2]},institute"]
    (place.folder / "recipe.csv").write_text("\n".join(lines) + "\n", "utf-8")
    done = gather("hours")
    assert done.returncode == 0, done.stderr
    assert "hours: brings gathered/hours-station_xx0001a-2023.parquet no more" in done.stdout or (
        "brings gathered/hours-XX0001A-2023.parquet no more" in done.stdout
    )
    assert len(check(place.folder, 100).readings) == len(kept.readings) - 30


def test_a_service_that_has_nothing_any_more_takes_nothing_away(gather: Run, eea: EeaService, place: Testford) -> None:
    gather()
    before = contents(place.folder)
    for each in eea.points:
        each["Longitude"] = "30"
    done = gather("stations")
    assert done.returncode == 1
    assert "no features at all, where there were 2 before; nothing was taken away" in done.stderr
    assert contents(place.folder) == before


def test_faults_that_a_recipe_would_bring_are_told_with_it(gather: Run, place: Testford, server: FeedServer) -> None:
    place.tables["recipe"][0]["layer"] = "lakes"
    place.tables["recipe"][0]["feature_kind"] = "lake"
    place.layers["lakes"]["geometry"] = '["Polygon"]'
    place.layers["lakes"]["features"] = place.layers["lakes"]["features"][:1]
    place.write()
    done = gather("stations", "--add")
    assert "stations: " in done.stderr or "waiting for a decision: 2" in done.stdout
    check(place.folder, 100)


def test_an_unknown_recipe_tells_the_choices(gather: Run) -> None:
    done = gather("station")
    assert (done.returncode, done.stderr) == (1, "mendmap: no recipe of that id: 'station'; choices: hours, stations\n")


def test_only_hosts_that_are_named_are_asked(
    run_mendmap: Run, place: Testford, eea: EeaService, server: FeedServer
) -> None:
    place.write()
    closed = run_mendmap("gather", "--geodata", place.folder, **environment(server) | {"MENDMAP_GATHER_OWN": ""})
    assert closed.returncode == 1
    assert "https only" in closed.stderr
    assert server.asked == []
    with serving() as elsewhere:
        eea.link_to = elsewhere.url
        done = run_mendmap("gather", "hours", "--geodata", place.folder, **environment(server))
        assert done.returncode == 1
        assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("url", "http://data.example.org/x", "over https only"),
        ("url", "https://data.example.org:8443/x", "over https only"),
        ("url", "https://192.168.1.1/x", "no name of a host"),
        ("url", "https://me:secret@data.example.org/", "holds no password"),
        ("hosts", "http://127.0.0.1:80", "MENDMAP_GATHER_OWN alone"),
        ("hosts", "data.example.org, no/host", "neither a host"),
        ("box", "1,2,3", "not four numbers"),
        ("box", "1,2,1,2", "without an area"),
    ],
)
def test_a_recipe_that_cannot_be_meant_is_a_fault(column: str, text: str, message: str, place: Testford) -> None:
    place.tables["recipe"][0][column] = text
    with pytest.raises(GeodataError, match=rf"recipe\.csv:2: {column}: .*{message}"):
        check(place.write(), 100)


def test_a_folder_that_is_edited_meanwhile_is_left_as_it_is(
    gather: Run, eea: EeaService, place: Testford, server: FeedServer
) -> None:
    listed = server.answers["/App/AQViewer/download"]
    assert callable(listed)
    notes = place.folder / "README.md"

    def reply(asked: Any) -> Reply:
        notes.write_text("edited by hand")
        return listed(asked)

    server.answers["/App/AQViewer/download"] = reply
    before = contents(place.folder)
    done = gather()
    assert done.returncode == 1
    assert "README.md:0: : changed while mendmap gather was at work; nothing was written" in done.stderr
    assert contents(place.folder) == before | {"README.md": b"edited by hand"}
    asked = len(server.asked)
    assert gather().returncode == 0
    assert len(server.asked) == asked


def test_a_second_run_at_the_same_time_is_refused(gather: Run, place: Testford, server: FeedServer) -> None:
    with stage.home(place.folder):
        done = gather("hours")
    assert (done.returncode, done.stdout) == (1, "")
    assert "another mendmap gather is at work in" in done.stderr
    assert server.asked == []
    assert gather("hours").returncode == 0


@pytest.mark.parametrize("nth", [0, 1, 2, 3])
def test_a_commit_that_was_interrupted_is_finished_by_the_next_run(
    nth: int, gather: Run, place: Testford, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, done = landed._put, []

    def killed(*given: Any) -> None:
        if len(done) == nth:
            raise SystemExit(9)
        done.append(given)
        put(*given)

    with monkeypatch.context() as patched:
        patched.setattr(landed, "_put", killed)
        gather("--accept")
    with pytest.raises(GeodataError, match="mendmap gather was interrupted"):
        check(place.folder, 100)
    again = gather("--accept")
    assert "nothing has changed" in again.stdout
    whole = timeless(place.folder)
    place.folder = place.folder.with_name("undisturbed")
    place.write()
    assert gather("--accept").returncode == 0
    assert timeless(place.folder) == whole


def test_what_somebody_changed_after_an_interruption_is_not_written_over(
    gather: Run, place: Testford, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(landed, "_put", lambda *_: exit(9))
        gather()
    (place.folder / "catalogue.toml").write_text("mine", "utf-8")
    done = gather()
    assert done.returncode == 1
    assert "catalogue.toml:0: : changed since mendmap gather was interrupted" in done.stderr
    assert (place.folder / "catalogue.toml").read_text("utf-8") == "mine"


def test_killed_at_any_moment_the_next_run_comes_to_the_same_end(
    place: Testford, server: FeedServer, tmp_path: Path
) -> None:
    forked.context()
    outlines(place, server)
    original = place.write()
    given = environment(server)

    def command(folder: Path) -> list[object]:
        return ["gather", "--geodata", folder, "--accept", "--add"]

    def run(folder: Path, kill_s: float | None) -> None:
        process = forked.start(command(folder), tmp_path / "out", given)
        process.join(kill_s if kill_s is not None else 60)
        process.kill()
        process.join()

    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(original, undisturbed)
    started = time.monotonic()
    run(undisturbed, None)
    whole_s = time.monotonic() - started
    wanted, before = timeless(undisturbed), timeless(original)
    assert wanted != before
    chance, landings = random.Random(20261123), 0
    for nth in range(times(3, 100)):
        folder = tmp_path / f"killed{nth}"
        shutil.copytree(original, folder)
        for _ in range(chance.randint(1, 2)):
            run(folder, whole_s * chance.uniform(0, 1))
            if (folder / ".gather" / "pending.json").exists():
                landings += 1
            else:
                assert timeless(folder) in (before, wanted), "the folder is neither as it was nor as it will be"
        run(folder, None)
        assert timeless(folder) == wanted
        left = sorted(path.name for path in (folder / ".gather").iterdir())
        assert left == [".gitignore", "answers", "lock", "questions"]
    print(f"{landings} kills fell while files were put in place")


def test_what_is_kept_is_bounded_by_what_recipes_ask(gather: Run, place: Testford, server: FeedServer) -> None:
    gather("--accept", "--add")
    kept = {path.name for path in (place.folder / ".gather" / "answers").iterdir()}
    assert len(kept) == len(list((place.folder / ".gather" / "questions").iterdir())) == 5
    place.tables["recipe"] = [recipe(server, "hours", parameters="so2", period="2023")]
    (place.folder / ".gather").rename(place.folder.parent / "kept")
    shutil.rmtree(place.folder)
    place.write()
    (place.folder.parent / "kept").rename(place.folder / ".gather")
    gather()
    assert len(list((place.folder / ".gather" / "answers").iterdir())) < 5

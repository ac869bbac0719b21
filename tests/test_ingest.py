"""Ingest: readings from files become part of the lake, revised and withdrawn without anything being lost."""

import csv
import datetime as dt
import gzip
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Run, times
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, write_csv
from test_lake import load

from mendmap.errors import GeodataError
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.ledger import Snapshot
from mendmap.load.ingest import Ingested, Request, ingest
from mendmap.readings.claims import Options

HOUR = dt.timedelta(hours=1)
START = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
Row = dict[str, str]


def row(hour: int, value: str = "1", **more: str) -> Row:
    start = START + hour * HOUR
    usual = {"station": "chimney", "parameter": "so2", "averaging": "1h", "unit": "ug/m3", "quality": "valid"}
    when = {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
    return usual | when | {"value": value, "source": "survey"} | more


@pytest.fixture
def lake(testford: Testford, tmp_path: Path) -> Path:
    """A lake that holds the synthetic place."""
    load(testford, tmp_path / "lake")
    return tmp_path / "lake"


def take(lake: Path, rows: Sequence[Row], name: str = "rows.csv", **how: object) -> Ingested:
    path = lake.parent / name
    write_csv(path, list(rows))
    return ingest(path, str(lake), "", Request(**how))  # type: ignore[arg-type]


def held(lake: Path, number: int | None = None, station: str = "chimney") -> list[dict[str, object]]:
    opened = open_lake(str(lake))
    try:
        newest = ledger.latest(opened)
        at = newest if number is None else Snapshot(number, "", newest.moment)
        return [each for batch in contents.readings(opened, at, "testford", station) for each in batch.to_pylist()]
    finally:
        opened.close()


def values(lake: Path, number: int | None = None) -> dict[dt.datetime, object]:
    return {each["start"]: each["value"] for each in held(lake, number) if each["start"] >= START}  # type: ignore[operator]


def test_new_readings_are_added_and_the_same_again_changes_nothing(lake: Path) -> None:
    first = take(lake, [row(0), row(1, "2")])
    assert first.format == "tidy"
    assert first.written.changes == {"readings": {"added": 2, "changed": 0, "removed": 0}}
    again = take(lake, [row(1, "2"), row(0)], name="other.csv")
    assert not again.written.changed
    assert again.written.snapshot == first.written.snapshot
    assert values(lake) == {START: 1.0, START + HOUR: 2.0}


def test_a_different_value_is_a_revision_that_keeps_its_predecessor(lake: Path) -> None:
    take(lake, [row(0), row(1)])
    revised = take(lake, [row(1, "5")])
    assert revised.written.changes == {"readings": {"added": 0, "changed": 1, "removed": 0}}
    assert values(lake) == {START: 1.0, START + HOUR: 5.0}
    assert values(lake, 2) == {START: 1.0, START + HOUR: 1.0}


def test_a_withdrawal_is_recorded_and_not_a_deletion(lake: Path) -> None:
    take(lake, [row(0), row(1)])
    take(lake, [row(1, "", quality="withdrawn")])
    assert [each["quality"] for each in held(lake) if each["start"] == START + HOUR] == ["withdrawn"]
    assert values(lake, 2)[START + HOUR] == 1.0
    opened = open_lake(str(lake))
    series = {each.id: each for each in contents.read(opened, ledger.latest(opened), "testford").series}
    opened.close()
    assert series["chimney.so2.1h"].last == START


def test_a_load_of_the_folder_leaves_ingested_readings_and_their_revisions(testford: Testford, lake: Path) -> None:
    take(lake, [row(0)])
    geodata = {"station": "chimney", "start": "2021-01-01T00:00Z", "end": "2021-01-01T01:00Z", "value": "99"}
    take(lake, [row(0) | geodata])
    before = held(lake)
    assert not load(testford, lake).changed
    testford.feature("lakes", 1)["properties"]["size"] = "tiny"
    load(testford, lake)
    assert held(lake) == before
    testford.rows[2]["value"] = "11"
    load(testford, lake)
    assert held(lake)[0]["value"] == 11.0
    testford.rows = [each for each in testford.rows if each["station"] != "chimney"]
    load(testford, lake)
    assert values(lake) == {START: 1.0}


def test_one_bad_row_refuses_the_file_and_all_are_listed(lake: Path) -> None:
    rows = [row(0), row(1, "x"), row(2, station="nobody"), row(3, unit="mg/kg"), row(4) | {"start": "2022-01-01T04:00"}]
    with pytest.raises(GeodataError) as caught:
        take(lake, rows)
    assert [str(each) for each in caught.value.faults] == [
        "rows.csv:2: value: not a finite number, or it does not go with the quality: 'x'",
        "rows.csv:3: station: no such station: 'nobody'; choices: brook, chimney, ghost, heap, inlet, mirror, puddle",
        "rows.csv:4: unit: not a unit that can be converted to the parameter's own (so2): 'mg/kg'",
        "rows.csv:5: start: no offset and no --zone: '2022-01-01T04:00'",
    ]
    assert values(lake) == {}


def test_with_a_file_of_rejects_the_good_rows_go_in_and_the_mended_file_after_them(lake: Path) -> None:
    rejects = lake.parent / "rejects.csv"
    done = take(lake, [row(0), row(1, "x"), row(2, parameter="gold", unit="?")], rejects=rejects)
    assert (done.settled.sound, done.settled.bad_rows) == (1, 2)
    with rejects.open(newline="") as stream:
        refused = list(csv.DictReader(stream))
    assert [each["value"] for each in refused] == ["x", "1"]
    assert refused[1]["faults"].startswith("parameter: no such parameter")
    mended = [each | {"value": "7", "parameter": "so2", "unit": "ug/m3"} for each in refused]
    again = take(lake, mended, name="mended.csv")
    assert again.written.changes["readings"]["added"] == 2
    assert values(lake) == {START: 1.0, START + HOUR: 7.0, START + 2 * HOUR: 7.0}


def test_a_row_twice_is_one_reading_and_two_values_for_it_are_refused(lake: Path) -> None:
    assert take(lake, [row(0), row(0), row(1)]).settled.repeated == 1
    with pytest.raises(GeodataError, match="another row states something else for the same reading"):
        take(lake, [row(5), row(5, "2")])


def test_units_and_limits_are_converted_together_and_the_source_is_kept(lake: Path) -> None:
    take(lake, [row(0, "0.5", unit="mg/m3", qualifier="<", uncertainty="0.1")])
    opened = open_lake(str(lake))
    (found,) = opened.query(
        "SELECT value, unit, detection_limit, canonical, canonical_limit, canonical_uncertainty, qualifier "
        "FROM readings WHERE origin = 'ingest'"
    ).fetchall()
    opened.close()
    assert found == (0.5, "mg/m3", 0.5, pytest.approx(500), pytest.approx(500), pytest.approx(100), "<")


ZONE = Options(zone="Europe/Belgrade")


@pytest.mark.parametrize(
    ("starts", "options", "wanted"),
    [
        (["2021-07-01T10:00"], ZONE, ["2021-07-01T08:00"]),
        (["2021-07-01T10:00"], Options(zone="Europe/Belgrade", label="end"), ["2021-07-01T07:00"]),
        (["2021-10-31T02:00", "2021-10-31T02:00"], ZONE, ["2021-10-31T00:00", "2021-10-31T01:00"]),
        (["2021-10-31T02:00"], ZONE, ["2021-10-31T00:00"]),
        (["2021-07-01T10:00+05:30"], ZONE, ["2021-07-01T04:30"]),
        (["2021-07-01T10:00"], Options(zone="Etc/GMT-1"), ["2021-07-01T09:00"]),
    ],
)
def test_local_times_are_brought_to_utc(lake: Path, starts: list[str], options: Options, wanted: list[str]) -> None:
    rows = [row(0, str(nth)) | {"start": start, "end": ""} for nth, start in enumerate(starts)]
    take(lake, rows, options=options)
    found = [each for each in held(lake) if each["file"] == "rows.csv"]
    assert [each["start"].strftime("%Y-%m-%dT%H:%M") for each in found] == wanted  # type: ignore[attr-defined]
    assert all(each["end"] - each["start"] == HOUR for each in found)  # type: ignore[operator]
    known = options.label or "+" in starts[0]
    assert all(("hour_label_ambiguous" in str(each["flags"])) != bool(known) for each in found)
    assert ("hour_repeated" in str(found[0]["flags"])) == (starts == ["2021-10-31T02:00"])


def test_an_hour_that_daylight_saving_leaves_out_is_refused(lake: Path) -> None:
    with pytest.raises(GeodataError, match="no such local time in Europe/Belgrade"):
        take(lake, [row(0) | {"start": "2021-03-28T02:30", "end": ""}], options=ZONE)


def test_marks_point_at_readings_and_take_none_away(testford: Testford, tmp_path: Path) -> None:
    testford.tables["parameter"][0] |= {"least": "0", "greatest": "5000"}
    load(testford, tmp_path / "lake")
    numbers = ["1", "2", "900", "2", "-1", *["7"] * 12]
    rows = [row(nth, number) for nth, number in enumerate(numbers)]
    rows.append(row(40, "500", qualifier="<"))
    rows.append(row(24 * 365 * 200, "1"))
    done = take(tmp_path / "lake", rows)
    assert done.settled.sound == len(rows)
    opened = open_lake(str(tmp_path / "lake"))
    marked = opened.query("SELECT marks FROM readings WHERE origin = 'ingest' ORDER BY start_at").fetchall()
    opened.close()
    assert [each[0] for each in marked] == [
        "", "", "spike", "", "out_of_range", *[""] * 11, "flat_line", "limit_above_law", "in_the_future"
    ]  # fmt: skip


def test_every_reading_leads_back_to_its_file_row_and_ingest(lake: Path) -> None:
    take(lake, [row(0), row(1)], name="named.csv")
    found = [(each["file"], each["file_row"], each["recorded"]) for each in held(lake) if each["recorded"] == 2]
    assert found == [("named.csv", 1, 2), ("named.csv", 2, 2)]
    opened = open_lake(str(lake))
    (detail,) = opened.query("SELECT detail FROM ledger WHERE number = 2").fetchall()
    opened.close()
    sha256 = str(detail[0]).split('"sha256":"')[1][:64]
    assert (lake / "journal" / sha256).read_bytes() == (lake.parent / "named.csv").read_bytes()


def test_a_dry_run_and_a_compressed_copy(lake: Path) -> None:
    assert take(lake, [row(0)], dry=True).written.changes["readings"]["added"] == 1
    assert values(lake) == {}
    assert not (lake / "journal").exists()
    packed = lake.parent / "packed"
    packed.write_bytes(gzip.compress((lake.parent / "rows.csv").read_bytes()))
    assert ingest(packed, str(lake), "", Request()).format == "tidy"
    assert values(lake) == {START: 1.0}


def test_the_command_says_what_it_recognised_and_did(lake: Path, run_mendmap: Run) -> None:
    path = lake.parent / "rows.csv"
    write_csv(path, [row(0), row(1, "x")])
    refused = run_mendmap("ingest", path, "--lake", lake)
    assert refused.returncode == 1
    assert "rows.csv:2: value:" in refused.stderr
    done = run_mendmap("ingest", path, "--lake", lake, "--rejects", lake.parent / "rejects.csv")
    assert done.returncode == 0, done.stderr
    assert "tidy; 2 claims, 1 sound, 0 repeated" in done.stdout
    assert "1 rows rejected" in done.stdout
    assert "readings: 1 added, 0 changed, 0 removed" in done.stdout


Act = tuple[int, int, str]
acts = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["1", "2", "3", ""])), min_size=1, max_size=4), max_size=6
)


@settings(max_examples=times(8, 60), deadline=None)
@given(acts)
def test_what_was_known_at_any_moment_is_what_a_naive_model_says(files: list[list[tuple[int, str]]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        place = Testford(Path(folder) / "testford")
        lake = Path(folder) / "lake"
        load(place, lake)
        model: dict[dt.datetime, object] = {}
        known = {1: dict(model)}
        for cells in files:
            given_rows = dict(cells)
            for hour, value in given_rows.items():
                model[START + hour * HOUR] = float(value) if value else None
            rows = [row(hour, value, quality="valid" if value else "withdrawn") for hour, value in given_rows.items()]
            random.Random(len(rows)).shuffle(rows)
            written = take(lake, rows).written
            assert written.snapshot
            assert written.changed == (model != known[max(known)])
            known[written.snapshot.number] = dict(model)
        for number, state in known.items():
            assert values(lake, number) == state

"""Ingest: readings from files become part of the lake, revised and withdrawn without anything being lost."""

import csv
import datetime as dt
import gzip
import random
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import Run, times
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, write_csv
from pyarrow import parquet as pq
from test_lake import load

from mendmap.errors import GeodataError
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.ledger import Snapshot
from mendmap.lake.upkeep import compact, expire
from mendmap.load.ingest import Ingested, Request, ingest
from mendmap.load.rebuild import rebuild
from mendmap.readings.claims import Options

HOUR = dt.timedelta(hours=1)
START = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
Row = dict[str, str]


def row(hour: int, value: str = "1", **more: str) -> Row:
    start = START + hour * HOUR
    usual = {"station": "chimney", "parameter": "so2", "averaging": "1h", "unit": "ug/m3", "quality": "valid"}
    when = {"start": start.isoformat(), "end": (start + HOUR).isoformat()}
    return usual | when | {"value": value, "source": "survey"} | more


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
    journal = sorted((lake / "journal").iterdir())
    again = take(lake, [row(1, "2"), row(0)], name="other.csv")
    assert not again.written.changed
    assert again.written.snapshot == first.written.snapshot
    assert sorted((lake / "journal").iterdir()) == journal
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
        "rows.csv:4: unit: 'mg/kg' cannot be converted to 'ug/m3' (the unit of so2)",
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
        "FROM readings WHERE recorded > 1"
    ).fetchall()
    opened.close()
    assert found == (0.5, "mg/m3", 0.5, pytest.approx(500), pytest.approx(500), pytest.approx(100), "<")


@pytest.mark.parametrize(("second", "sound"), [("5", 1), ("6", 0)])
def test_two_columns_of_one_series_are_one_reading_or_a_fault(lake: Path, second: str, sound: int) -> None:
    (lake.parent / "wide.csv").write_text(f"hour,a,b\n01:00,5,{second}\n")
    column = {"station": "chimney", "parameter": "so2", "unit": "ug/m3"}
    mapping = {"format": "hourly", "date": "2022-01-01", "source": "survey", "columns": {"a": column, "b": column}}
    options = Options(zone="UTC", label="begin", source="survey", mapping=mapping)
    request = Request(options=options, rejects=lake.parent / "rejects.csv")
    done = ingest(lake.parent / "wide.csv", str(lake), "", request)
    assert (done.settled.sound, done.settled.bad_rows) == (sound, 1 - sound)
    assert len(values(lake)) == sound


def test_a_non_detect_without_a_value_has_its_limit_as_value(lake: Path) -> None:
    take(lake, [row(0, "", qualifier="<", detection_limit="0.5")])
    (found,) = [each for each in held(lake) if each["file"] == "rows.csv"]
    assert (found["qualifier"], found["value"], found["detection_limit"]) == ("<", 0.5, 0.5)


def test_an_unknown_source_is_refused(lake: Path) -> None:
    with pytest.raises(GeodataError, match=r"rows\.csv:0: source: no such source: 'hearsay'; choices: survey"):
        take(lake, [row(0, source="")], options=Options(source="hearsay"))
    assert values(lake) == {}


def test_numbers_and_times_of_a_parquet_file_are_those_of_its_texts(lake: Path) -> None:
    numbers = ["12.5", "0.1", "100", "0"]
    hours = [row(hour, number, detection_limit="100") for hour, number in enumerate(numbers)]
    days = [row(0, averaging="24h", start="2022-05-01", end="")]
    utc = Options(zone="UTC")
    take(lake, hours + days, options=utc)
    starts = [START + hour * HOUR for hour in range(len(hours))]
    local = [each.replace(tzinfo=None) for each in starts]
    floats, decimals = list(map(float, numbers)), list(map(Decimal, numbers))
    typed: list[tuple[list[Row], dict[str, pa.Array]]] = [(days, {"start": pa.array([dt.date(2022, 5, 1)])})]
    for unit, width in (("ms", 9), ("us", 18), ("ns", 38)):
        told = {"start": local, "end": [each + HOUR for each in local]}
        arrays = {name: pa.array(cells, pa.timestamp(unit)) for name, cells in told.items()}
        typed.append((hours, arrays | {"value": pa.array(decimals, pa.decimal128(width, 2))}))
    for unit, value, limit in (
        ("ms", pa.array(floats, pa.float64()), pa.int32()),
        ("us", pa.array(floats, pa.float32()), pa.int64()),
        ("ns", pa.array(decimals, pa.decimal128(5, 2)), pa.decimal128(9, 0)),
    ):
        start = pa.array(starts, pa.timestamp(unit, "Europe/Belgrade"))
        typed.append((hours, {"start": start, "value": value, "detection_limit": pa.array([100] * 4, limit)}))
    for rows, columns in typed:
        table = pa.Table.from_pylist(rows)
        for name, cells in columns.items():
            table = table.set_column(table.schema.get_field_index(name), name, cells)
        pq.write_table(table, lake.parent / "typed")
        again = ingest(lake.parent / "typed", str(lake), "", Request(options=utc))
        assert (again.settled.sound, again.written.changed) == (len(rows), False), table.schema


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


def test_an_end_that_daylight_saving_leaves_out_closes_the_hour_before_it(lake: Path) -> None:
    take(lake, [row(0) | {"start": "2021-03-28T01:00", "end": "2021-03-28T02:00"}], options=ZONE)
    (found,) = [each for each in held(lake) if each["file"] == "rows.csv"]
    assert found["start"] == dt.datetime(2021, 3, 28, 0, tzinfo=dt.UTC)
    assert found["end"] == dt.datetime(2021, 3, 28, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "start", ["2021-07-01 10:00:00+00", "2021-07-01T10:00:00 UTC", "2021-07-01T10:00:00+02:00:30", "epoch", "infinity"]
)
def test_a_zone_makes_no_local_time_of_what_is_none(lake: Path, start: str) -> None:
    with pytest.raises(GeodataError, match="not a moment"):
        take(lake, [row(0) | {"start": start, "end": ""}], options=ZONE)


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
    marked = opened.query("SELECT marks FROM readings WHERE recorded > 1 ORDER BY start_at").fetchall()
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
    journal = {path: path.read_bytes() for path in (lake / "journal").iterdir()}
    assert take(lake, [row(0)], dry=True).written.changes["readings"]["added"] == 1
    assert values(lake) == {}
    assert {path: path.read_bytes() for path in (lake / "journal").iterdir()} == journal
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


cells = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["1", "2", "3", ""])), min_size=1, max_size=4)
loads = st.sampled_from(["1", "2", "3"])
acts = st.lists(
    st.one_of(cells, cells, loads, st.sampled_from(["compact", "expire", "rebuild"])), min_size=2, max_size=8
)


@settings(max_examples=times(5, 60))
@given(acts)
def test_what_was_known_at_any_moment_is_what_a_naive_model_says(acts: list[list[tuple[int, str]] | str]) -> None:
    """A load states the value of the first hour, an ingest those of some hours; upkeep changes nothing."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        place = Testford(Path(folder) / "testford")
        lake = Path(folder) / "lake"
        load(place, lake)
        model: dict[dt.datetime, object] = {}
        known = {1: dict(model)}
        stated = ""
        for act in acts:
            if act in ("1", "2", "3"):
                place.rows = [each for each in place.rows if each["start"] != START.isoformat()] + [row(0, act)]
                if act != stated:
                    model[START], stated = float(act), act
                written = load(place, lake)
            elif isinstance(act, str):
                lake = kept(lake, act)
                continue
            else:
                last = dict(act).items()
                model |= {START + hour * HOUR: float(value) if value else None for hour, value in last}
                rows = [row(hour, value, quality="valid" if value else "withdrawn") for hour, value in last]
                random.Random(len(rows)).shuffle(rows)
                written = take(lake, rows).written
                assert written.changed == (model != known[max(known)])
            assert written.snapshot
            known[written.snapshot.number] = dict(model)
        for number, state in known.items():
            assert values(lake, number) == state


def kept(lake: Path, act: str) -> Path:
    """The lake after an act of upkeep; after a rebuild it is another."""
    if act == "compact":
        compact(str(lake))
    elif act == "expire":
        expire(str(lake), dt.timedelta(), dry=False, margin=dt.timedelta())
    else:
        anew = lake.parent / f"{lake.name}-anew"
        assert {each.difference for each in rebuild(str(anew), str(lake), accept_differences=False)} == {""}
        return anew
    return lake

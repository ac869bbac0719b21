"""Air quality as two agencies hand it out, asked of servers of this machine. All readings and stations are made up."""

import csv
import datetime as dt
import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from air_server import EeaService, SepaService, hours, parquet, point, series
from asking import asking, recipe
from asking import place as about
from assessed_place import assessed
from feed_server import FeedServer, Reply
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, feature
from place import point as at
from pyarrow import parquet as pq
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, GeodataError
from mendmap.gather.model import Answer, ReadingsFile
from mendmap.gather.run import How, run
from mendmap.gather.services import sepa_air
from mendmap.gather.services.all import SERVICES
from mendmap.gather.services.eea_air import adapter as eea_air
from mendmap.gather.services.eea_air.series import Series
from mendmap.load.check import check
from mendmap.settings import Settings
from mendmap.statements.outcome import outcomes

NOW = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
YESTERDAY = NOW - dt.timedelta(days=1)
BOX = (20.0, 44.0, 21.0, 45.0)
FIRST, SECOND = "SPO-XX0001A_00001_100", "SPO-XX0002A_00001_100"
NEVER = """
[[statement]]
id = "clean"
claim = "In 2023 the daily mean never exceeded the limit."
claimant = "Works Ltd"
sites = ["heap"]
period = "2023"
source = "claims"
check = "readings"
parameter = "so2"
limits = ["daily"]
expects = "never_above"
wanted = "A year of hours."
"""


@pytest.fixture
def eea(server: FeedServer) -> EeaService:
    service = EeaService(server)
    service.points = [point(FIRST, "XX0001A", 20.805, 44.8), point(SECOND, "XX0002A", 20.802, 44.8)]
    return service


@pytest.fixture
def sepa(server: FeedServer) -> SepaService:
    service = SepaService(server)
    service.stations = [
        {"station_id": 9, "station_code": "XX0001A", "station_name": "Park", "municipality": "Testford ",
         "latitude": 44.8, "longitude": 20.805, "active": True},
        {"station_id": 42, "station_code": "XX0002A", "station_name": "Institute", "municipality": "Testford",
         "latitude": 44.8, "longitude": 20.802, "active": True},
    ]  # fmt: skip
    return service


@pytest.fixture
def place(tmp_path: Path) -> Testford:
    """A town with two stations of the state: one whose id is its code, one that has it as an alias."""
    found = assessed(Testford(tmp_path / "testford"))
    usual = {"medium": "air", "monitors": "heap", "operator": "State network"}
    found.layers["stations"]["features"] = [
        feature("XX0001A", "gauge", at(20.805, 44.8), **usual),
        feature("institute", "gauge", at(20.802, 44.8), **usual, aliases="eea:XX0002A; sepa:42"),
        feature("inlet", "gauge", at(20.505, 44.505), medium="surface_water"),
    ]
    found.head = found.head.replace("near_m", 'zone = "Europe/Belgrade"\nnear_m')
    found.tables["parameter"][0]["vocabulary"] = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/1"
    found.tables["source"].append({"id": "claims", "title": "The claim", "publisher": "Works Group", "url": ""})
    found.statements = NEVER
    found.rows = found.rows[:2]
    return found


def gathered(place: Testford, server: FeedServer, **columns: Any) -> Answer:
    """What a recipe of the place brings."""
    place.write()
    columns = {"service": "eea_air", "url": server.url, "source": "survey"} | columns
    asked = recipe(**columns)
    cache = place.folder.parent / "asked"
    cache.mkdir(exist_ok=True)
    return SERVICES[asked.service].gather(asked, about(place.folder, BOX, server), asking(server, cache))


def keep(place: Testford, *files: ReadingsFile, recipe: str = "some") -> None:
    """Puts files of readings into the folder, as ``mendmap gather`` does."""
    of = {"id": recipe, "title": "Readings", "service": "eea_air", "source": "survey", "licence": "CC0-1.0"}
    place.tables["recipe"] = [of]
    (place.folder / "gathered").mkdir(exist_ok=True)
    for each in files:
        name = f"gathered/{recipe}-{each.name}"
        shutil.copy(each.path, place.folder / name)
        stations = ", ".join(f'"{code}" = "{ident}"' for code, ident in each.stations.items())
        lines = {"file": name, "recipe": recipe, "licence": "CC0-1.0", "source": "synthetic", "source_id": "survey"}
        lines |= {name: text for name, text in (("format", each.format), ("zone", each.zone)) if text}
        place.tail += "\n[[readings]]\n" + "".join(f'{key} = "{text}"\n' for key, text in lines.items())
        place.tail += f"stations = {{ {stations} }}\n" if stations else ""
    place.write()


def rows(file: ReadingsFile) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(file.path).to_pylist()
    return found


def year(name: str, base: float = 20.0, day: float | None = None) -> pa.Table:
    """A year of hours; those of the 3rd of March are ``day``."""
    starts = hours(2023)
    high = dt.date(2023, 3, 3)
    return series(name, starts, [day if day is not None and each.date() == high else base for each in starts])


# A whole year through load, and what it decides.


@pytest.mark.parametrize(("day", "outcome"), [(None, "supported"), (130.0, "contradicted")])
def test_a_year_of_hours_at_two_stations_decides_the_statement(
    eea: EeaService, place: Testford, day: float | None, outcome: str, tmp_path: Path
) -> None:
    eea.add(2, FIRST, year(FIRST))
    eea.add(2, SECOND, year(SECOND, day=day))
    found = gathered(place, eea.server, parameters=["so2"], period="2023")
    assert [(each.name, each.format, each.zone) for each in found.readings] == [
        ("XX0001A-2023.parquet", "eea_aq", "Etc/GMT-1"),
        ("institute-2023.parquet", "eea_aq", "Etc/GMT-1"),
    ]
    assert [dict(each.stations) for each in found.readings] == [{FIRST: "XX0001A"}, {SECOND: "institute"}]
    keep(place, *found.readings)
    load(place, tmp_path / "lake")
    (told,) = outcomes(build(read(tmp_path / "lake")))
    assert told.outcome == outcome
    readings = [each for each in check(place.folder, 100).readings if each.station == "institute"]
    assert len(readings) == 8760
    assert readings[0].start == dt.datetime(2022, 12, 31, 23, tzinfo=dt.UTC)
    assert {(each.unit, each.quality) for each in readings} == {("ug/m3", "valid")}


def test_a_run_brings_readings_and_stations_of_both_and_the_same_run_changes_nothing(
    eea: EeaService, sepa: SepaService, place: Testford
) -> None:
    eea.add(2, FIRST, year(FIRST))
    eea.add(2, SECOND, year(SECOND, day=130.0))
    sepa.observe(9, YESTERDAY, 2)
    usual = {"title": "Air", "source": "survey", "licence": "CC-BY-4.0", "attribution": "The agency"}
    more = {"layer": "stations", "feature_kind": "gauge", "accuracy_m": "50"}
    place.tables["recipe"] = [
        {"id": "hours", "service": "eea_air", "url": eea.server.url, "parameters": "so2", "period": "2023"} | usual,
        {"id": "spots", "service": "eea_air", "url": eea.server.url} | more | usual,
        {"id": "now", "service": "sepa_air", "url": sepa.url} | usual,
    ]
    folder = place.write()
    own = Settings(gather_own=eea.server.url, gather_pause_seconds=0)
    first = run(folder, [], How(), own)
    assert [each.errors for each in first.done] == [(), (), ()]
    turned = [each for each in first.difference.plain()["changes"] if each["thing"] == "outcome"]
    assert [(each["id"], each["was"], each["now"]) for each in turned] == [("clean", "unverifiable", "contradicted")]
    waiting = first.difference.plain()["waiting"]
    assert [(each["gathered"], each["feature"]) for each in waiting] == [
        ("XX0001A", "XX0001A"),
        ("XX0002A", "institute"),
    ]
    assert len(check(folder, 100).readings) == 2 * 8760 + 1 + 2
    again = run(folder, [], How(fresh=True), own)
    assert (again.files, again.gone) == ((), ())


# Choosing of the agency's files.


def test_the_same_answers_make_the_same_bytes_and_the_period_cuts_them(eea: EeaService, place: Testford) -> None:
    starts = [dt.datetime(2022, 12, 31, 22) + dt.timedelta(hours=nth) for nth in range(6)]
    eea.add(2, FIRST, series(FIRST, starts, [1, 2, 3, 4, 5.25, 6]))
    first = gathered(place, eea.server, period="2023", stations=["XX0001A"]).readings
    before = first[0].path.read_bytes()
    again = gathered(place, eea.server, period="2023", stations=["XX0001A"]).readings
    assert [each.path.read_bytes() for each in again] == [before]
    assert [str(each["Value"].normalize()) for each in rows(again[0])] == ["3", "4", "5.25", "6"]
    metadata = pq.read_metadata(again[0].path).metadata
    assert metadata[b"cut_from"].decode() == f"{eea.server.url}/airquality-p-2/XX/{FIRST}.parquet"
    everything = gathered(place, eea.server, stations=["XX0001A"]).readings
    assert [each.name for each in everything] == ["XX0001A-2022.parquet", "XX0001A-2023.parquet"]


def test_the_days_of_a_period_begin_in_the_zone_of_the_catalogue(eea: EeaService, place: Testford) -> None:
    eea.add(1, FIRST, series(FIRST, [dt.datetime(2023, 6, 30, 22), dt.datetime(2023, 6, 30, 23)], [1, 2]))
    found = gathered(place, eea.server, period="2023-07", stations=["XX0001A"])
    # Midnight of summer in Belgrade is 23:00 of UTC+1.
    assert [each["Start"].hour for each in rows(found.readings[0])] == [23]


def test_a_verified_hour_goes_before_one_that_is_not(eea: EeaService, place: Testford) -> None:
    first, second = dt.datetime(2023, 5, 1, 0), dt.datetime(2023, 5, 1, 1)
    eea.add(1, FIRST, series(FIRST, [first, second], [7, 8], verification=3))
    eea.add(2, FIRST, series(FIRST, [first], [9]))
    found = gathered(place, eea.server, stations=["XX0001A"])
    assert [(int(each["Value"]), each["Verification"]) for each in rows(found.readings[0])] == [(9, 1), (8, 3)]
    assert sum(found.left_out.values()) == 1
    keep(place, *found.readings)
    assert len(check(place.folder, 100).readings) == 2 + 2
    turned = gathered(place, eea.server, stations=["XX0001A"], collection="1, 2")
    assert [int(each["Value"]) for each in rows(turned.readings[0])] == [7, 8]
    with pytest.raises(FeedError, match="collection: no such data set: '4'; choices: 1, 2, 3"):
        gathered(place, eea.server, collection="4")


def test_data_sets_are_asked_by_the_period(eea: EeaService, place: Testford) -> None:
    eea.add(3, FIRST, series(FIRST, [dt.datetime(2012, 5, 1)], [7]))
    gathered(place, eea.server, period="2012", stations=["XX0001A"])
    assert eea.asked("urls") == 1
    with pytest.raises(FeedError, match="no such reading of XX0001A in its 0 files"):
        gathered(place, eea.server, period="2013", stations=["XX0001A"])
    assert eea.asked("urls") == 3


def test_readings_of_the_years_before_2013_tell_no_verification_and_are_preliminary(
    eea: EeaService, place: Testford
) -> None:
    eea.add(3, FIRST, series(FIRST, [dt.datetime(2010, 7, 1)], [5], verification=0))
    found = gathered(place, eea.server, stations=["XX0001A"], period="2010")
    keep(place, *found.readings)
    (reading,) = (each for each in check(place.folder, 100).readings if each.station == "XX0001A")
    assert (reading.value, reading.quality) == (5.0, "preliminary")


def test_hours_that_stand_twice_are_taken_once_as_delivered_last(eea: EeaService, place: Testford) -> None:
    hour = dt.datetime(2023, 5, 1)
    late, early = dt.datetime(2024, 9, 2), dt.datetime(2024, 9, 1)
    eea.add(2, FIRST, series(FIRST, [hour, hour, hour], [1, 3, 2], delivered=[early, late, early]))
    other = "SPO-XX0001A_00001_101"
    eea.add(2, other, series(other, [hour], [4]))
    found = gathered(place, eea.server, stations=["XX0001A"])
    assert [int(each["Value"]) for each in rows(found.readings[0])] == [3]
    assert sorted(found.left_out.values()) == [1, 2]
    assert not any("stands" in text for text in found.left_out)


def test_daily_means_are_kept_apart_with_the_zone_of_their_station(eea: EeaService, place: Testford) -> None:
    day = dt.datetime(2023, 7, 1)
    eea.points[0]["Timezone"] = "UTC+03"
    days = series(FIRST, [day], [5], kind="day")
    odd = series(FIRST, [day], [6], kind="var")
    eea.add(2, FIRST, pa.concat_tables([series(FIRST, [day], [4]), days, odd]))
    found = gathered(place, eea.server, stations=["XX0001A"], period="2023-07")
    assert {each.name: each.zone for each in found.readings} == {
        "XX0001A-2023.parquet": "Etc/GMT-1",
        "XX0001A-2023-day.parquet": "Etc/GMT-3",
    }
    eea.points[0]["Timezone"] = "http://dd.eionet.europa.eu/vocabulary/aq/timezone/UTC+03"
    assert {each.zone for each in gathered(place, eea.server, period="2023-07").readings} == {"Etc/GMT-1", "Etc/GMT-3"}
    assert dict(found.left_out) == {"readings averaged over neither an hour nor a day": 1}
    keep(place, *found.readings)
    starts = {each.averaging: each.start for each in check(place.folder, 100).readings if each.station == "XX0001A"}
    assert starts == {
        "1h": dt.datetime(2023, 6, 30, 23, tzinfo=dt.UTC),
        "24h": dt.datetime(2023, 6, 30, 21, tzinfo=dt.UTC),
    }
    assert {each.zone for each in gathered(place, eea.server, zone="UTC").readings} == {"UTC"}
    eea.points[0]["Timezone"] = "local"
    with pytest.raises(FeedError, match="does not tell one zone of days of station 'XX0001A'"):
        gathered(place, eea.server, stations=["XX0001A"])


def test_points_that_do_not_bear_their_stations_code_are_found_in_the_list(eea: EeaService, place: Testford) -> None:
    eea.add(2, "SP_0001", series("SP_0001", [dt.datetime(2023, 5, 1)], [4]))
    eea.add(2, "SP_0003", series("SP_0003", [dt.datetime(2023, 5, 1)], [5]))
    eea.points += [point("SP_0001", "XX0001A", 20.8, 44.8), point("SP_0003", "XX0003A", 20.8, 44.8)]
    eea.zipped = False
    found = gathered(place, eea.server)
    assert [dict(each.stations) for each in found.readings] == [{"SP_0001": "XX0001A"}]
    assert dict(found.left_out) == {"station without any file at the service: XX0002A": 1}
    assert eea.asked("SP_0003") == 0


def test_a_station_that_has_no_such_reading_is_named(eea: EeaService, place: Testford) -> None:
    eea.add(2, FIRST, series(FIRST, [dt.datetime(2023, 5, 1)], [4]))
    eea.add(2, SECOND, series(SECOND, [dt.datetime(2022, 5, 1)], [4]))
    found = gathered(place, eea.server, period="2023")
    assert dict(found.left_out) == {"station whose files have no such reading: institute": 1}


def test_two_codes_of_one_station_make_one_series(eea: EeaService, place: Testford) -> None:
    place.feature("stations")["properties"]["aliases"] = "eea:XX1001A"
    hour = dt.datetime(2023, 5, 1)
    new = "SPO-XX1001A_00001_100"
    eea.add(2, FIRST, series(FIRST, [hour], [4]))
    eea.add(2, new, series(new, [hour, hour + dt.timedelta(hours=1)], [5, 6]))
    found = gathered(place, eea.server, stations=["XX0001A"])
    assert [int(each["Value"]) for each in rows(found.readings[0])] == [4, 6]
    assert dict(found.readings[0].stations) == {FIRST: "XX0001A", new: "XX0001A"}
    keep(place, *found.readings)
    assert len(check(place.folder, 100).readings) == 2 + 2


def test_other_pollutants_are_not_taken(eea: EeaService, place: Testford) -> None:
    hour = dt.datetime(2023, 5, 1)
    mixed = pa.concat_tables([series(FIRST, [hour], [4]), series(FIRST, [hour], [5], pollutant=8)])
    eea.add(2, FIRST, mixed)
    found = gathered(place, eea.server, stations=["XX0001A"])
    assert [each["Pollutant"] for each in rows(found.readings[0])] == [1]
    with pytest.raises(FeedError, match="parameter cu: it has no code of the agency"):
        gathered(place, eea.server, parameters=["cu"])
    with pytest.raises(FeedError, match="station 'inlet': it has no code of the agency; add the alias eea:CODE"):
        gathered(place, eea.server, stations=["inlet"])


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 99)), max_size=8),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=40, deadline=None)
def test_of_each_hour_the_first_file_has_the_newest_delivery(files: list[list[tuple[int, int, int]]]) -> None:
    """Each row is an hour, a day of delivery, and a value."""
    first = dt.datetime(2023, 1, 1)
    taking = Series({1}, {"hour": (None, None), "day": (None, None)}, 10_000_000)
    expected: dict[int, int] = {}
    with TemporaryDirectory() as folder:
        for nth, given_rows in enumerate(files):
            starts = [first + dt.timedelta(hours=hour) for hour, _, _ in given_rows]
            days = [first + dt.timedelta(days=day) for _, day, _ in given_rows]
            path = Path(folder, f"{nth}.parquet")
            path.write_bytes(parquet(series(FIRST, starts, [value for *_, value in given_rows], delivered=days)))
            taking.take(path, "https://agency.example/file", "XX0001A")
            newest = {hour: max(day for each, day, _ in given_rows if each == hour) for hour, _, _ in given_rows}
            for hour, day in newest.items():
                # Of two of one delivery, the one that stands first.
                value = next(value for row in given_rows for value in row[2:] if row[:2] == (hour, day))
                expected.setdefault(hour, value)
        written = taking.write(Path(folder))
        told = [row for path, _ in written.values() for row in pq.read_table(path).to_pylist()]
    assert {each["Start"].hour: int(each["Value"]) for each in told} == expected
    assert len(told) == len(expected)
    assert sum(taking.left_out.values()) == sum(map(len, files)) - len(expected)


# The agency's stations.


def test_the_stations_in_the_box_come_as_features(eea: EeaService, place: Testford) -> None:
    eea.points += [
        point("SPO-XX0001A_00008_100", "XX0001A", 20.805, 44.8),
        point("SPO-XX0001A_00007_1", "XX0001A", 20.807, 44.8, **{"Altitude": ""}),
        point("SPO-XX0003A_00001_1", "XX0003A", 25, 44.8),
        point("SPO-XX0004A_00001_1", "XX0004A", "", ""),
    ]
    found = gathered(place, eea.server, layer="stations", feature_kind="gauge", accuracy_m=50)
    assert [each.id for each in found.features] == ["XX0001A", "XX0002A"]
    assert dict(found.left_out) == {"stations whose place the agency does not tell": 1}
    first = found.features[0]
    assert dict(first.names) == {"": "Station XX0001A"}
    assert (first.geometry.x, first.geometry.y) == (20.805, 44.8)
    assert first.accuracy_m is not None
    assert 150 < first.accuracy_m < 165  # the point that lies elsewhere is within it
    assert found.features[1].accuracy_m is None  # as the recipe says
    assert dict(first.properties) == {
        "medium": "air",
        "aliases": "eea:XX0001A; eea:SPO-XX0001A_00001_100; eea:SPO-XX0001A_00007_1; eea:SPO-XX0001A_00008_100",
        "operator": "State network of XX",
        "elevation_m": 370.0,
        "note": "Type of station: industrial; type of area: urban.",
    }
    assert not eea.asked("urls")


def test_too_many_stations_are_refused_and_not_cut(eea: EeaService, place: Testford) -> None:
    place.write()
    asked = recipe(service="eea_air", url=eea.server.url, layer="stations")
    where = about(place.folder, BOX, eea.server, max_gather_features=1)
    with pytest.raises(FeedError, match="2 stations in the area, more than 1; give the recipe a smaller box"):
        eea_air.gather(asked, where, asking(eea.server, place.folder.parent))


# What the agency may answer instead.


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"gone", 404), "404"),
        (Reply(b"<!doctype html><title>Sign in</title>"), "answers with a web page in place of data"),
        (Reply(b"PAR1 and no more"), "not a Parquet file that can be read"),
        (Reply(b""), "not a Parquet file that can be read"),
        (Reply(parquet(year(FIRST))[:-100]), "not a Parquet file that can be read"),
        (Reply(parquet(year(FIRST).drop_columns(["Start", "Unit"]))), "no column Start, Unit"),
        (Reply(parquet(series(FIRST, [dt.datetime(2023, 1, 1)], [1]).set_column(
            2, "Start", pa.array(["2023-01-01"])))), "Start is string, where a time without an offset was expected"),
        (Reply(parquet(series(FIRST, [dt.datetime(2023, 1, 1)], [1]).set_column(
            4, "Value", pa.array(["much"])))), "Value is string, where decimal128"),
        (Reply(parquet(series(FIRST, [dt.datetime(2023, 1, 1)], [1]).set_column(
            1, "Pollutant", pa.nulls(1, pa.int32())))), "1 rows have no Pollutant"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(
    reply: Reply, words: str, eea: EeaService, place: Testford
) -> None:
    eea.add(2, FIRST, reply)
    with pytest.raises(FeedError, match=f"{FIRST}.parquet.*{words}"):
        gathered(place, eea.server, stations=["XX0001A"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>Service unavailable</body></html>", "answers with a web page in place of data"),
        (b"try later", "not a list of addresses of Parquet files: 'try later'"),
        (b'{"error": "no"}', "not a list of addresses of Parquet files"),
        (b"\xff\xfe\x00", "not a list of addresses of Parquet files"),
        (b"", "no such reading of XX0001A, XX0002A in its 0 files"),
    ],
)
def test_a_list_that_is_none_is_an_error(body: bytes, words: str, eea: EeaService, place: Testford) -> None:
    eea.server.answers["/ParquetFile/urls"] = Reply(body)
    with pytest.raises(FeedError, match=words):
        gathered(place, eea.server)


def test_a_file_on_another_host_is_not_asked_for(eea: EeaService, place: Testford) -> None:
    eea.add(2, FIRST, year(FIRST))
    eea.link_to = "https://elsewhere.example"
    with pytest.raises(FeedError, match=r"'elsewhere\.example' is not among the hosts that may be asked"):
        gathered(place, eea.server)


def test_a_changed_list_of_points_says_which_column_is_missing(eea: EeaService, place: Testford) -> None:
    eea.points = [{"SamplingPoint": "a", "Longitude": "1", "Latitude": "2"}]
    with pytest.raises(FeedError, match="no column Air Quality Station EoI Code, Air Quality Station Name, Sampling"):
        gathered(place, eea.server, layer="stations")
    eea.points = []
    with pytest.raises(FeedError, match="list of sampling points is empty"):
        gathered(place, eea.server, layer="stations")


def test_a_list_that_unpacks_to_more_than_is_read_is_refused(eea: EeaService, place: Testford) -> None:
    eea.points[0]["Air Quality Network Name"] = "x" * 1_100_000
    place.write()
    asked = recipe(service="eea_air", url=eea.server.url, layer="stations")
    where = about(place.folder, BOX, eea.server, max_pull_mb=1)
    with pytest.raises(FeedError, match=r"not the agency's list of sampling points.*1000000"):
        eea_air.gather(asked, where, asking(eea.server, place.folder.parent))


def test_too_many_files_are_refused_before_any_is_fetched(eea: EeaService, place: Testford) -> None:
    for nth in range(3):
        eea.add(2, f"SPO-XX0001A_00001_{nth}", year(FIRST))
    place.write()
    asked = recipe(service="eea_air", url=eea.server.url, stations=["XX0001A"])
    where = about(place.folder, BOX, eea.server, max_pull_pages=2)
    with pytest.raises(FeedError, match="3 files, more than 2"):
        eea_air.gather(asked, where, asking(eea.server, place.folder.parent))
    assert not eea.asked(".parquet")


# The Serbian agency.


def lines(file: ReadingsFile) -> list[dict[str, str]]:
    with file.path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_preliminary_hours_come_in_our_columns_and_load(sepa: SepaService, place: Testford) -> None:
    sepa.observe(9, YESTERDAY, 12.5)
    sepa.observe(9, YESTERDAY + dt.timedelta(hours=1), None)
    sepa.observe(9, YESTERDAY, 80.0, "PM10")
    sepa.observe(42, YESTERDAY, 0.25, coverage=0.5, data_status="verified")
    sepa.observe(42, YESTERDAY, 30, aggregation_type="daily_mean")
    sepa.observe(42, YESTERDAY, 1, "C6H6")
    found = gathered(place, sepa.server, service="sepa_air", url=sepa.url)
    month = f"{YESTERDAY:%Y-%m}"
    assert [(each.name, each.format) for each in found.readings if month in each.name] == [
        (f"XX0001A-{month}.csv", ""),
        (f"institute-{month}.csv", ""),
    ]
    assert dict(found.left_out) == {
        "values that are no means of an hour": 1,
        "readings of 'PM10', which is no parameter of the catalogue": 1,
        "readings of 'C6H6', which is no parameter of the catalogue": 1,
    }
    keep(place, *found.readings)
    readings = [each for each in check(place.folder, 100).readings if each.parameter == "so2"]
    assert [(each.station, each.value, each.quality, each.note) for each in readings] == [
        ("XX0001A", 12.5, "preliminary", ""),
        ("XX0001A", None, "missing", ""),
        ("institute", 0.25, "preliminary", "The service calls it verified. Coverage of the hour: 0.5."),
    ]
    assert {each.start for each in readings} == {YESTERDAY, YESTERDAY + dt.timedelta(hours=1)}
    assert {(each.unit, each.averaging, each.source) for each in readings} == {("ug/m3", "1h", "survey")}


def test_what_the_service_forgets_stays_and_what_it_revises_changes(sepa: SepaService, place: Testford) -> None:
    long_ago = NOW - dt.timedelta(days=20)
    sepa.observe(9, long_ago, 1)
    sepa.observe(9, YESTERDAY, 2)
    first = gathered(place, sepa.server, service="sepa_air", url=sepa.url)
    keep(place, *first.readings)
    before = {each.name: each.path.read_bytes() for each in first.readings}
    again = gathered(place, sepa.server, service="sepa_air", url=sepa.url)
    assert {each.name: each.path.read_bytes() for each in again.readings} == before
    sepa.observations = []
    sepa.observe(9, YESTERDAY, 3)
    sepa.observe(9, YESTERDAY, 4)
    later = gathered(place, sepa.server, service="sepa_air", url=sepa.url)
    told = {each["start"]: each["value"] for file in later.readings for each in lines(file)}
    assert told == {f"{long_ago:%Y-%m-%dT%H:%M:%SZ}": "1", f"{YESTERDAY:%Y-%m-%dT%H:%M:%SZ}": "4"}
    assert dict(later.left_out) == {"readings that stand twice in an answer, of which the last is taken": 1}


def test_only_what_the_service_remembers_is_asked_for(sepa: SepaService, place: Testford) -> None:
    with pytest.raises(FeedError, match="no such reading; the service remembers 30 days"):
        gathered(place, sepa.server, service="sepa_air", url=sepa.url, period="2020")
    assert [each.path for each in sepa.server.asked] == ["/api/v1/stations"]
    sepa.observe(9, YESTERDAY, 2)
    day = f"{YESTERDAY:%Y-%m-%d}"
    gathered(place, sepa.server, service="sepa_air", url=sepa.url, period=f"2020/{day}", stations=["XX0001A"])
    asked = sepa.server.asked[-1].query
    begin = dt.datetime.fromisoformat(asked["from"])
    assert dt.timedelta(days=30) <= NOW - begin <= dt.timedelta(days=31)


def test_the_networks_stations_come_as_features(sepa: SepaService, place: Testford) -> None:
    sepa.stations += [
        {"station_id": 7, "station_name": "Nowhere", "latitude": 0, "longitude": 0},
        {"station_id": 8, "station_name": "Far", "latitude": 44.5, "longitude": 25.5},
    ]
    found = gathered(place, sepa.server, service="sepa_air", url=sepa.url, layer="stations", accuracy_m=20)
    assert [(each.id, dict(each.names), each.accuracy_m) for each in found.features] == [
        ("station/9", {"": "Park"}, None),
        ("station/42", {"": "Institute"}, None),
    ]
    assert dict(found.features[0].properties) == {
        "medium": "air", "aliases": "sepa:9; eea:XX0001A", "note": "Municipality: Testford.",
    }  # fmt: skip
    assert dict(found.left_out) == {"stations whose place the service does not tell": 1}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"value": "much"}, "value is no number: 'much'"),
        ({"value": float("nan")}, "not JSON"),
        ({"time_start_utc": "2026-10-05T18:00:00"}, "time_start_utc has no offset from UTC"),
        ({"time_end_utc": "later"}, "time_end_utc is no moment: 'later'"),
    ],
)
def test_a_value_that_cannot_be_read_is_an_error(
    more: dict[str, Any], words: str, sepa: SepaService, place: Testford
) -> None:
    sepa.observe(9, YESTERDAY, 1)
    sepa.observations[0] |= more
    sepa.server.answers["/api/v1/observations"] = lambda asked: _all(sepa)
    with pytest.raises(FeedError, match=words):
        gathered(place, sepa.server, service="sepa_air", url=sepa.url)


def _all(sepa: SepaService) -> Reply:
    return Reply(json.dumps({"data": sepa.observations}).encode())


@pytest.mark.parametrize("member", ["parameter_code", "value", "unit", "time_start_utc", "time_end_utc"])
def test_a_changed_schema_says_which_member_is_missing(member: str, sepa: SepaService, place: Testford) -> None:
    sepa.observe(9, YESTERDAY, 1)
    del sepa.observations[0][member]
    with pytest.raises(FeedError, match=f"no {member} in .*; {sepa.url}/data-dictionary says what"):
        gathered(place, sepa.server, service="sepa_air", url=sepa.url)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"<html>Down for maintenance</html>"), "answers with a web page in place of data"),
        (Reply(b"Down for maintenance"), "not JSON"),
        (Reply(b'[{"station_id": 9}'), "not JSON"),
        (Reply(b'{"error": "no"}'), "neither a list of objects nor a document with such a list as data"),
        (Reply(b'{"total": 3, "data": []}'), "0 of 3 rows; name a shorter period"),
        (Reply(b"[]"), "none of its stations is ours; add its number there as the alias sepa:NUMBER"),
        (Reply(b'[{"name": "x"}]'), "no station_id in"),
        (Reply(b"no", 503), "503"),
    ],
)
def test_a_list_of_stations_that_is_none_is_an_error(
    reply: Reply, words: str, sepa: SepaService, place: Testford
) -> None:
    sepa.server.answers["/api/v1/stations"] = reply
    with pytest.raises(FeedError, match=words):
        gathered(place, sepa.server, service="sepa_air", url=sepa.url)


def test_stations_and_parameters_that_the_service_does_not_have_are_named(sepa: SepaService, place: Testford) -> None:
    sepa.stations = sepa.stations[:1]
    with pytest.raises(FeedError, match="no station institute; add its number there"):
        gathered(place, sepa.server, service="sepa_air", url=sepa.url, stations=["XX0001A", "institute"])
    with pytest.raises(FeedError, match="parameter cu: add the service's symbol as an alias, such as sepa:SO2"):
        gathered(place, sepa.server, service="sepa_air", url=sepa.url, parameters=["cu"])


# The codes of the agency's vocabulary.


def test_a_parameters_address_names_it_unless_two_have_the_same(eea: EeaService, place: Testford) -> None:
    eea.add(2, FIRST, series(FIRST, [dt.datetime(2023, 5, 1)], [4]))
    found = gathered(place, eea.server, stations=["XX0001A"])
    keep(place, *found.readings)
    assert len(check(place.folder, 100).readings) == 3
    place.tables["parameter"].append(place.tables["parameter"][0] | {"id": "so2_again"})
    with pytest.raises(GeodataError, match="add eea:1 to the aliases"):
        check(place.write(), 100)
    place.tables["parameter"][0]["aliases"] = "eea:1"
    assert [each.parameter for each in check(place.write(), 100).readings][-1] == "so2"


def test_both_adapters_say_what_they_were_written_from() -> None:
    for service in (eea_air.SERVICE, sepa_air.SERVICE):
        assert service.documentation
        assert service.url.startswith("https://")
        assert isinstance(recipe(service=service.name), Recipe)

"""Gathering from the Water Quality Portal: stations with what is known of their positions, and their results."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from asking import asking, place, recipe
from feed_server import FeedServer, Reply
from place import Testford
from standards_server import Portal, as_csv

from mendmap.catalogue.model import Entry, Readings
from mendmap.errors import FeedError
from mendmap.gather.model import Answer
from mendmap.gather.services.all import SERVICES
from mendmap.geo.measure import distance_m
from mendmap.load import formatted
from mendmap.load.check import Geodata, check
from mendmap.readings.tidy import Reading
from mendmap.readings.told import Referents

BOX = (20.0, 44.0, 21.0, 45.0)
Gather = Callable[..., Answer]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = Testford(tmp_path_factory.mktemp("testford"))
    town.feature("stations", 0)["properties"]["aliases"] = "wqx:SYN-1"
    town.feature("stations", 1)["properties"]["aliases"] = "wqx:SYN-2;wqx:SYN-3"
    town.tables["parameter"][1]["aliases"] = "wqx:Copper|Dissolved"
    return town.write()


@pytest.fixture
def portal(server: FeedServer) -> Portal:
    return Portal(server)


@pytest.fixture
def gather(server: FeedServer, folder: Path, tmp_path: Path) -> Gather:
    def run(settings: Any = None, **columns: Any) -> Answer:
        given = {"service": "water_quality_portal", "url": f"{server.url}/data", "source": "survey"}
        here = place(folder, BOX, server, **(settings or {}))
        return SERVICES["water_quality_portal"].gather(recipe(**given | columns), here, asking(server, tmp_path))

    return run


# What the portal's narrow profile leaves out of a file of results.
NARROW = [each for each in Portal.RESULT if each != "ActivityTypeCode"]
STATIONS = {"layer": "stations", "feature_kind": "gauge"}


def test_stations_come_with_their_alias_and_how_far_off_they_may_be(
    gather: Gather, portal: Portal, server: FeedServer
) -> None:
    accuracy = {"HorizontalAccuracyMeasure/MeasureValue": "10", "HorizontalAccuracyMeasure/MeasureUnitCode": "feet"}
    more = {"HorizontalCollectionMethodName": "GPS", "OrganizationFormalName": "Synthetic Survey"}
    portal.station("SYN-1", 20.5, 44.5, **accuracy, **more, MonitoringLocationTypeName="Stream")
    portal.station("SYN-2", 20.6, 44.6, "UNKWN")
    portal.station("SYN-3", 20.7, 44.7, "WGS84")
    first, second, third = gather(**STATIONS).features
    assert (first.id, dict(first.names), first.accuracy_m, first.method) == (
        "SYN-1",
        {"": "Synthetic SYN-1"},
        5.0,
        "GPS",
    )
    assert first.properties == {"aliases": "wqx:SYN-1", "operator": "Synthetic Survey", "note": "Stream."}
    assert (second.accuracy_m, second.properties["note"]) == (200.0, "Its position is given in the datum UNKWN.")
    assert (third.accuracy_m, third.geometry) == (None, shapely.Point(20.7, 44.7))
    assert server.asked[0].query == {"bBox": "20,44,21,45", "mimeType": "csv", "zip": "no"}


def test_positions_of_1927_are_turned(gather: Gather, portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.BOX", (-100.0, 40.0, -99.0, 41.0))
    portal.station("SYN-1", -99.5, 40.5, "NAD27")
    (found,) = gather(**STATIONS).features
    assert 10 < distance_m(found.geometry, shapely.Point(-99.5, 40.5)) < 100


def test_the_columns_of_the_newer_edition_are_read_too(gather: Gather, server: FeedServer) -> None:
    names = ("Location_Identifier", "Location_Name", "Location_Latitude", "Location_Longitude")
    columns = (*names, "Location_HorzCoordReferenceSystemDatum")
    row = dict(zip(columns, ("SYN-1", "Brook", "44.5", "20.5", "NAD83"), strict=True))
    server.answers["/wqx3/Station/search"] = Reply(as_csv([row], columns))
    (found,) = gather(url=f"{server.url}/wqx3", **STATIONS).features
    assert (found.id, found.names[""]) == ("SYN-1", "Brook")


def test_select_period_and_parameters_are_passed_on(gather: Gather, portal: Portal, server: FeedServer) -> None:
    gather(select="siteType=Stream; sampleMedia=Water", period="2020/2021-06", parameters="cu", **STATIONS)
    assert server.asked[0].query | {"mimeType": "", "zip": "", "bBox": ""} == {
        **{"siteType": "Stream", "sampleMedia": "Water", "characteristicName": "Copper"},
        **{"startDateLo": "01-01-2020", "startDateHi": "06-30-2021", "mimeType": "", "zip": "", "bBox": ""},
    }
    with pytest.raises(FeedError, match="no parameter of the portal: 'siteid'; choices: assemblage, "):
        gather(select="siteid=x", **STATIONS)


def test_stations_without_a_position_or_elsewhere_are_counted(gather: Gather, portal: Portal) -> None:
    portal.station("SYN-1", 30, 50)
    portal.station("SYN-2", 20, 44, LatitudeMeasure="")
    portal.station("SYN-3", 20, 44, LatitudeMeasure="inf")
    found = gather(**STATIONS)
    assert found.features == []
    assert found.left_out == {
        "outside the area that was asked for": 1,
        "without a geometry": 1,
        "a coordinate that is no number of degrees": 1,
    }


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>Sorry</body></html>", "answers with a web page in place of data"),
        (b"", "a column is missing"),
        (b"MonitoringLocationIdentifier,MonitoringLocationName\nSYN-1,x\n", "column is missing: 'LatitudeMeasure'"),
        (as_csv([{}], Portal.STATION)[:-3] + b"\n", "row 1 has .* cells, and the header 11"),
        (as_csv([{}], Portal.STATION), "has no id"),
        (b"\xff\xfe,\x00", "no CSV in UTF-8"),
        (b'a,"b\n', "a column is missing|no CSV"),
        (as_csv([{}], Portal.STATION) + b"ERROR: INCOMPLETE DATA. PLEASE RETRY.\n", "this is incomplete; run it again"),
    ],
)
def test_what_is_no_file_of_stations_is_an_error(
    gather: Gather, server: FeedServer, portal: Portal, body: bytes, words: str
) -> None:
    server.answers["/data/Station/search"] = Reply(body)
    with pytest.raises(FeedError, match=words):
        gather(**STATIONS)


def test_too_many_stations_are_an_error(gather: Gather, portal: Portal) -> None:
    for nth in range(3):
        portal.station(f"SYN-{nth}", 20.5, 44.5)
    with pytest.raises(FeedError, match="3 features, and at most 2 are taken"):
        gather(settings={"max_gather_features": 2}, **STATIONS)


def readings(geodata: Geodata, path: Path, **more: Any) -> list[Reading]:
    """What the catalogue reads of a file, without a fault."""
    known = Referents(
        {each.id: each.properties.get("aliases") for each in geodata.features},
        {each.id: each for each in geodata.records if each.kind == "parameter"},  # type: ignore[misc]
        ["survey"],
    )
    given = Readings(Entry(1, path.name, path, "", ""), "wqx", source_id="survey", **more)
    found, faults = formatted.read(given, known, 10**7)
    assert faults == []
    return found


def test_results_of_every_station_are_kept_as_they_came(
    gather: Gather, portal: Portal, server: FeedServer, folder: Path
) -> None:
    portal.result("SYN-1", "2021-05-01", "Copper", "120", ResultCommentText="two\nlines")
    portal.result("SYN-2", "2021-05-02", "Copper", "7")
    found = gather(period="2021")
    assert [each.name for each in found.readings] == ["inlet.csv", "chimney.csv"]
    assert found.left_out == {"stations without results of this time": 1}
    asked = server.asked[0].query
    assert (asked["siteid"], asked["characteristicName"], asked["dataProfile"]) == ("SYN-1", "Copper", "resultPhysChem")
    inlet, _ = found.readings
    assert inlet.path.read_bytes() == as_csv(portal.results[:1], Portal.RESULT)
    (reading,) = readings(check(folder, 100), inlet.path)
    assert (reading.series, reading.value) == ("inlet.cu.sample", 120.0)


def test_rows_that_the_catalogue_cannot_read_are_left_out_and_counted(
    gather: Gather, portal: Portal, folder: Path
) -> None:
    portal.result("SYN-1", "2021-05-01", "Copper", "120", ResultCommentText="two\nlines, and a comma")
    portal.result("SYN-1", "2021-05-02", "Copper", "3", ResultSampleFractionText="Total")
    portal.result("SYN-1", "2021-05-03", "Copper", "4", ActivityTypeCode="Quality Control Field Blank")
    portal.result("SYN-1", "2021-05-04", "Copper", "5", **{"ResultMeasure/MeasureUnitCode": "count"})
    portal.result("SYN-1", "2021-05-05", "Copper", "6")
    found = gather(period="2021", stations="inlet")
    assert found.left_out == {
        "parameter: no such parameter: 'Copper|Total'": 1,
        "parameter: no such parameter: 'Copper|Dissolved|Quality Control Field Blank'": 1,
        "unit: not a unit that can be converted to the parameter's own: 'count'": 1,
    }
    (inlet,) = found.readings
    read = readings(check(folder, 100), inlet.path)
    assert [(each.start.day, each.value) for each in read] == [(1, 120.0), (5, 6.0)]
    assert read[0].note == "two\nlines, and a comma"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><title>no</title>", "answers with a web page in place of data"),
        (b"a,b,c\n1,2,3\n", "inlet.csv cannot be read: not recognised as wqx"),
        (as_csv([{}], NARROW), "nothing says which results are of quality control: no column ActivityTypeCode"),
        (as_csv([{"ProviderName": "x"}], Portal.RESULT)[:-9] + b"\n", "inlet.csv cannot be read"),
        (as_csv([{}], Portal.RESULT) + b'"ERROR: INCOMPLETE DATA"\r\n\r\n', "this is incomplete; run it again later"),
    ],
)
def test_what_is_no_file_of_results_is_an_error(
    gather: Gather, server: FeedServer, portal: Portal, body: bytes, words: str
) -> None:
    server.answers["/data/Result/search"] = Reply(body)
    with pytest.raises(FeedError, match=words):
        gather(stations="inlet")


def test_where_no_row_at_all_can_be_read_something_else_is_wrong(gather: Gather, portal: Portal) -> None:
    portal.result("SYN-1", "2021-05-02", "Copper", "3", ResultSampleFractionText="Filtered")
    with pytest.raises(FeedError, match=r"none of the 1 rows for inlet.csv can be read; 1 because of parameter"):
        gather(stations="inlet")


def test_a_station_or_parameter_without_an_alias_is_an_error(gather: Gather, portal: Portal) -> None:
    with pytest.raises(FeedError, match="station ghost has no alias wqx:…"):
        gather(stations="ghost,inlet")
    with pytest.raises(FeedError, match="parameter so2 has no alias wqx:…"):
        gather(parameters="so2")

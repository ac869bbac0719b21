"""Gathering from a SensorThings service: Things as stations, and the readings of those that the catalogue has."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely
from asking import asking, place, recipe
from feed_server import FeedServer, Reply
from place import Testford
from standards_server import Sensors

from mendmap.errors import FeedError
from mendmap.gather.model import Answer
from mendmap.gather.services.all import SERVICES
from mendmap.load import formatted
from mendmap.readings.told import codes

BOX = (20.0, 44.0, 21.0, 45.0)
NEW_YEAR = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
STATIONS = {"layer": "stations", "feature_kind": "gauge"}
Gather = Callable[..., Answer]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    town = Testford(tmp_path_factory.mktemp("testford"))
    town.feature("stations", 1)["properties"]["aliases"] = "sta:chimney"
    town.feature("stations", 2)["properties"]["aliases"] = "sta:ghost"
    town.tables["parameter"][0]["aliases"] = "sta:so2"
    return town.write()


@pytest.fixture
def sensors(server: FeedServer) -> Sensors:
    found = Sensors(server)
    for hour in range(8):
        found.add(1, NEW_YEAR + dt.timedelta(hours=hour), hour)
    return found


@pytest.fixture
def gather(server: FeedServer, folder: Path, tmp_path: Path) -> Gather:
    def run(settings: Any = None, **columns: Any) -> Answer:
        given = {"service": "sensorthings", "url": f"{server.url}/v1.1", "source": "survey"}
        here = place(folder, BOX, server, **(settings or {}))
        return SERVICES["sensorthings"].gather(recipe(**given | columns), here, asking(server, tmp_path))

    return run


@pytest.mark.parametrize("spatial", [True, False])
def test_things_within_the_area_become_stations(
    gather: Gather, sensors: Sensors, server: FeedServer, spatial: bool
) -> None:
    sensors.spatial = spatial
    for nth in range(4):
        sensors.thing(nth, 20.1 + nth / 10, 44.5)
    sensors.thing("far", 30, 50)
    sensors.thing("mute", 20.5, 44.5, observes=())
    sensors.thing("nowhere", 20.5, 44.5, Locations=[])
    found = gather(**STATIONS)
    assert [each.id for each in found.features] == [f"Things({nth})" for nth in range(4)]
    assert found.features[1].properties == {"aliases": "sta:1"}
    assert found.features[1].geometry == shapely.Point(20.2, 44.5)
    assert dict(found.features[1].names) == {"": "Synthetic 1"}
    assert found.left_out == {
        "outside the area that was asked for": 1,
        "measuring nothing that is asked for": 1,
        "without a geometry": 1,
    }
    assert "20 44,21 44,21 45,20 45,20 44" in server.asked[0].query["$filter"]


def test_things_that_measure_what_is_wanted_are_chosen(gather: Gather, sensors: Sensors, server: FeedServer) -> None:
    sensors.thing(1, 20.5, 44.5, observes=("Noise", "SO2"))
    sensors.thing(2, 20.5, 44.5, observes=("Noise",))
    sensors.thing(3, 20.5, 44.5, observes=("Noise",), **{"Datastreams@iot.nextLink": "more"})
    found = gather(parameters="so2", select="properties/open eq true", **STATIONS)
    assert [each.id for each in found.features] == ["Things(1)", "Things(3)"]
    assert server.asked[0].query["$filter"].startswith("(properties/open eq true) and st_within(")


def test_a_location_may_be_a_feature_in_geojson(gather: Gather, sensors: Sensors) -> None:
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [20.5, 44.5, 300]}}
    other = {"encodingType": "text/plain", "location": "by the bridge"}
    place_ = {"encodingType": "application/vnd.geo+json", "location": feature}
    sensors.thing(1, 0, 0, Locations=[other, place_])
    assert gather(**STATIONS).features[0].geometry == shapely.Point(20.5, 44.5)


def observations(path: Path) -> list[dict[str, Any]]:
    return [each for stream in orjson.loads(path.read_bytes())["value"] for each in stream["Observations"]]


def test_readings_of_a_period_are_kept_in_the_services_own_json(
    gather: Gather, sensors: Sensors, server: FeedServer
) -> None:
    sensors.add(1, NEW_YEAR + dt.timedelta(days=400), 99)
    found = gather(period="2021-01-01")
    (chimney,) = found.readings
    assert (chimney.name, chimney.format, chimney.stations) == ("chimney.json", "sensorthings", {})
    assert [each["result"] for each in observations(chimney.path)] == list(range(8))
    assert found.left_out == {"stations without readings of this time": 1}
    asked = next(each for each in server.asked if each.path.endswith("Observations"))
    span = "phenomenonTime ge 2021-01-01T00:00:00.000Z and phenomenonTime lt 2021-01-02T00:00:00.000Z"
    assert asked.query["$filter"] == span


def test_the_same_answer_makes_the_same_file(gather: Gather, sensors: Sensors) -> None:
    first = gather(stations="chimney").readings[0].path.read_bytes()
    assert gather(stations="chimney").readings[0].path.read_bytes() == first


def test_readings_that_the_catalogue_cannot_read_are_left_out_and_counted(gather: Gather, sensors: Sensors) -> None:
    sensors.add(1, NEW_YEAR + dt.timedelta(hours=9), "broken")  # type: ignore[arg-type]
    found = gather(stations="chimney")
    assert len(observations(found.readings[0].path)) == 8
    assert found.left_out == {
        "value: not a finite number, or it does not go with the quality: 'broken'": 1,
    }


def test_streams_of_what_is_not_asked_for_are_not_fetched(gather: Gather, sensors: Sensors, server: FeedServer) -> None:
    about = sensors._about
    sensors._about = lambda stream: about(stream) | {"ObservedProperty": {"name": "Noise"}}  # type: ignore[method-assign]
    found = gather(stations="chimney")
    assert found.readings == []
    assert found.left_out == {
        "datastreams of what is not asked for": 1,
        "stations without readings of this time": 1,
    }
    assert not [each for each in server.asked if each.path.endswith("Observations")]


def test_a_number_that_two_services_give_to_stations_means_that_of_the_file() -> None:
    known = formatted.Referents({"a": "sta:1", "b": "sta:1"}, {}, [])
    for station in ("a", "b"):
        named = formatted._named(known, {"1": station}, "sta")
        assert codes(named.stations, "sta")["1"] == station


def page(**members: Any) -> Reply:
    return Reply(json.dumps(members).encode())


@pytest.mark.parametrize(
    ("columns", "path", "reply", "words"),
    [
        (STATIONS, "Things", Reply(b"<html>no</html>"), "answers with a web page in place of data"),
        (STATIONS, "Things", Reply(b'{"value": [{"@iot.id"'), "no JSON that is whole"),
        (STATIONS, "Things", page(items=[]), "'value' is missing, or not of its usual type; there are: items"),
        (STATIONS, "Things", page(value=[{"id": 1}]), "'@iot.id' is missing"),
        (STATIONS, "Things", page(value=[7]), "a Thing that is no object: 7"),
        (STATIONS, "Things", page(value=[], **{"@iot.nextLink": "https://other.example/"}), "leads to another host"),
        (STATIONS, "Things", page(value=[], **{"@iot.nextLink": "/v1.1/Things?$skip=1"}), "lead in a circle"),
        ({}, "Things('chimney')/Datastreams", Reply(b"no"), "station chimney: a page that is no JSON"),
        ({}, "Things('chimney')/Datastreams", page(value=[{"a": 1}]), "a Datastream without @iot.id"),
        ({}, "Datastreams(1)/Observations", page(items=[]), "station chimney: a page that is no SensorThings"),
        (
            {}, "Datastreams(1)/Observations", page(value=[], **{"@iot.nextLink": "https://other.example/"}),
            "leads to another host",
        ),
        (
            {}, "Datastreams(1)/Observations", page(value=[], **{"@iot.nextLink": "/v1.1/Datastreams(1)/Observations"}),
            "lead in a circle",
        ),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_an_error(
    gather: Gather, sensors: Sensors, server: FeedServer, columns: Any, path: str, reply: Reply, words: str
) -> None:
    server.answers[f"/v1.1/{path}"] = reply
    with pytest.raises(FeedError, match=words):
        gather(**columns)


def test_too_many_pages_are_an_error_that_says_how_to_ask_for_less(gather: Gather, sensors: Sensors) -> None:
    with pytest.raises(FeedError, match=r"more than 3 pages .*a shorter period"):
        gather(settings={"max_pull_pages": 3})

"""Stations, outlines and readings by the open standards, through ``mendmap gather`` itself: taken up in the catalogue,
which stays without fault, and the same run twice changes nothing. All that the services hold is synthetic."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import shapely
from conftest import Run
from feed_server import FeedServer
from gathering import contents, environment, recipe
from place import Testford
from standards_server import OgcFeatures, Portal, Sensors, Wfs

from mendmap.load.check import check

HEAP = [("heaps.1", {"title": "Heap"}, shapely.box(20.799, 44.799, 20.801, 44.801))]
STATIONS = {"layer": "stations", "feature_kind": "gauge", "accuracy_m": "20"}
DUMPS = {"layer": "dumps", "feature_kind": "dump", "accuracy_m": "10", "select": "name=title"}


def town(folder: Path, server: FeedServer) -> Path:
    """Testford with a recipe for each of the standards, in the order in which they need each other."""
    found = Testford(folder)
    found.tables["parameter"][0]["aliases"] = "sta:so2"
    found.tables["parameter"][1]["aliases"] = "wqx:Copper|Dissolved"
    heaps = {"url": f"{server.url}/wfs?map=/data/heaps.map", **DUMPS}
    found.tables["recipe"] = [
        recipe(server, "outlines", service="wfs", **heaps) | {"collection": "app:heaps"},
        recipe(server, "mounds", service="ogc_features", **DUMPS | {"url": f"{server.url}/api"})
        | {"collection": "heaps"},
        recipe(server, "sensors", service="sensorthings", **STATIONS, url=f"{server.url}/v1.1"),
        recipe(server, "gauges", service="water_quality_portal", **STATIONS, url=f"{server.url}/data"),
        recipe(server, "hours", service="sensorthings", url=f"{server.url}/v1.1", period="2022", parameters="so2"),
        recipe(server, "samples", service="water_quality_portal", url=f"{server.url}/data", period="2022"),
    ]
    return found.write()


def services(server: FeedServer) -> None:
    """The four services, each with something that the catalogue can use."""
    Wfs(server, HEAP)
    OgcFeatures(server, [("m1", {"title": "Second mound"}, shapely.box(20.3, 44.3, 20.31, 44.31))])
    sensors = Sensors(server)
    sensors.thing("chimney", 20.8051, 44.8001)
    for hour in range(24):
        sensors.add(1, dt.datetime(2022, 5, 1, hour, tzinfo=dt.UTC), 10 + hour)
    portal = Portal(server)
    portal.station("SYN-1", 20.5051, 44.5051, "WGS84")
    portal.result("SYN-1", "2022-05-01", "Copper", "120")
    portal.result("SYN-1", "2022-05-02", "Copper", "0.12", **{"ResultMeasure/MeasureUnitCode": "mg/l"})


def test_what_the_standards_give_is_taken_up_and_stays(tmp_path: Path, server: FeedServer, run_mendmap: Run) -> None:
    folder = town(tmp_path / "testford", server)
    services(server)

    def gather(*arguments: str) -> Any:
        done = run_mendmap("gather", "--geodata", folder, "--json", *arguments, **environment(server))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    done = gather("--accept", "--add")
    assert [(each["recipe"], each["features"], each["errors"]) for each in done["recipes"]][:4] == [
        ("outlines", 1, []),
        ("mounds", 1, []),
        ("sensors", 1, []),
        ("gauges", 1, []),
    ]
    geodata = check(folder, 100)
    heap = next(each for each in geodata.features if each.id == "heap")
    assert heap.geometry is not None
    assert heap.geometry.equals(HEAP[0][2])
    assert geodata.found["mounds"][0].names == {"": "Second mound"}
    brought = {name: [each for each in geodata.readings if name in each.file] for name in ("hours", "samples")}
    assert [each.value for each in brought["hours"]] == [10.0 + hour for hour in range(24)]
    assert [each.canonical for each in brought["samples"]] == [120.0, 120.0]
    before = contents(folder)
    again = gather()
    assert (again["files"], again["gone"], contents(folder)) == ([], [], before)

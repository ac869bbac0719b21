"""Testford with recipes, and the servers that they ask: made-up stations and readings, shaped as the real services
have them. Nothing in it is measured."""

import datetime as dt
from pathlib import Path

from air_server import SO2, EeaService, point, series
from feed_server import FeedServer
from overpass_server import Landscape, Overpass
from place import Testford, feature
from place import point as at

FIRST, SECOND = "SPO-XX0001A_00001_100", "SPO-XX0002A_00001_100"
QUICK = {"MENDMAP_GATHER_PAUSE_SECONDS": "0", "MENDMAP_PULL_TRIES": "1", "MENDMAP_PULL_TIMEOUT_SECONDS": "5"}
COLUMNS = (
    "id", "title", "service", "url", "select", "layer", "feature_kind", "accuracy_m",
    "parameters", "period", "source", "licence", "attribution",
)  # fmt: skip


def environment(server: FeedServer, **more: str) -> dict[str, str]:
    """What opens a server of this machine to recipes, and makes nobody wait."""
    return {**QUICK, "MENDMAP_GATHER_OWN": server.url, **more}


def recipe(server: FeedServer, ident: str, **columns: str) -> dict[str, str]:
    """A row of the table of recipes."""
    usual = {"id": ident, "title": ident.capitalize(), "service": "eea_air", "url": server.url, "source": "survey"}
    return dict.fromkeys(COLUMNS, "") | usual | {"licence": "CC-BY-4.0", "attribution": "© Agency of XX"} | columns


def town(folder: Path, server: FeedServer) -> Testford:
    """Testford with two stations of an agency, of which one is drawn half a kilometre off and one is not there, and
    recipes for both of them and for what they measured."""
    place = Testford(folder)
    usual = {"medium": "air", "monitors": "heap", "basis": "schematic", "accuracy_m": 1000}
    institute = feature("institute", "gauge", at(20.802, 44.805), **usual, aliases="eea:XX0002A")
    place.layers["stations"]["features"].append(institute)
    place.tables["parameter"][0]["vocabulary"] = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/1"
    stations = {"layer": "stations", "feature_kind": "gauge", "accuracy_m": "50"}
    place.tables["recipe"] = [
        recipe(server, "stations", **stations),
        recipe(server, "hours", parameters="so2", period="2023"),
    ]
    return place


def agency(server: FeedServer) -> EeaService:
    """The agency's service: two stations, and some hours of each."""
    service = EeaService(server)
    service.points = [point(FIRST, "XX0001A", 20.805, 44.8), point(SECOND, "XX0002A", 20.802, 44.8)]
    for nth, name in enumerate((FIRST, SECOND)):
        service.add(2, name, series(name, hours(30), [10.5 + nth + hour for hour in range(30)], SO2))
    return service


def outlines(place: Testford, server: FeedServer, name: str = "Heap") -> None:
    """The heap has an outline in OpenStreetMap, some metres off the point of it, and the folder a recipe for that."""
    land = Landscape()
    ring = [(20.8, 44.8), (20.803, 44.8), (20.803, 44.802), (20.8, 44.802), (20.8, 44.8)]
    land.way(ring, 7, landuse="landfill", name=name)
    url = Overpass(land).install(server)
    asked = {"service": "overpass", "url": url, "select": "landuse=landfill", "licence": "ODbL-1.0"}
    drawn = {"layer": "dumps", "feature_kind": "dump", "accuracy_m": "10", "attribution": "© OpenStreetMap"}
    place.tables["recipe"].insert(0, recipe(server, "heaps", **asked, **drawn))


def hours(count: int) -> list[dt.datetime]:
    """The first hours of March 2023."""
    return [dt.datetime(2023, 3, 1) + dt.timedelta(hours=nth) for nth in range(count)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder but those that are hidden."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }

"""A folder of geodata for a new place, with the recipes that fill it: what public services have within some kilometres
of a point, wherever that is.

The layers are those that the recipes fill. Nothing is invented: what the services do not have stays empty.
Not here: the folder's files (``load.starter``), and running the recipes (``run``).
"""

import datetime as dt
import math
import zoneinfo
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import shapely

from mendmap.catalogue.model import FILE
from mendmap.errors import MendmapError, shown
from mendmap.geo.bounds import Bounds
from mendmap.load.check import check
from mendmap.load.edit import Changes, alone
from mendmap.load.starter import UNKNOWN, WORLD, Empty, Plan
from mendmap.rasters.header import Most
from mendmap.settings import Settings

# Where the agencies have stations: Europe as the EEA sees it, and the United States with their islands.
_EUROPE = Bounds(-32, 27, 50, 72)
_AMERICA = Bounds(-180, -15, -64, 72)
_LAYERS = (
    Empty(
        "site",
        "restored",
        "Sites",
        "Quarries, heaps, ponds and landfills, as they are mapped; which of them is restored is for you to say.",
        ("Point", "Polygon", "MultiPolygon"),
        {
            "quarry": "Quarry or open pit",
            "spoil_heap": "Spoil heap",
            "tailings_pond": "Tailings pond",
            "landfill": "Landfill",
        },
        ("#9b2226", "square"),
    ),
    Empty(
        "station",
        "stations",
        "Stations",
        "Where readings are taken.",
        ("Point",),
        {"air_station": "Air station", "water_station": "Water station"},
        ("#1d4e89", "circle"),
    ),
    Empty(
        "watercourse",
        "watercourses",
        "Rivers",
        "Drawn downstream.",
        ("LineString", "MultiLineString"),
        {"river": "River"},
        ("#3a7ca5", "circle"),
    ),
    Empty(
        "context",
        "waters",
        "Lakes and reservoirs",
        "Standing waters.",
        ("Point", "Polygon", "MultiPolygon"),
        {"reservoir": "Reservoir", "lake": "Lake"},
        ("#3a7ca5", "square"),
    ),
    Empty(
        "context",
        "places",
        "Places",
        "Settlements and chimneys.",
        ("Point", "Polygon", "MultiPolygon"),
        {"settlement": "Settlement", "chimney": "Chimney"},
        ("#6c757d", "dot"),
    ),
)
_TAILINGS = "man_made=tailings_pond | reservoir_type=tailings"  # the second as was usual before 2021
_RESERVOIRS = (
    "natural=water & water=reservoir & reservoir_type!=tailings | landuse=reservoir & reservoir_type!=tailings"
)
# Of OpenStreetMap: recipe, title, layer, kind, tags, and how far an outline that is drawn from imagery may be off.
_MAPPED = (
    ("quarries", "Quarries and open pits", "restored", "quarry", "landuse=quarry", 30),
    ("spoil_heaps", "Spoil heaps", "restored", "spoil_heap", "man_made=spoil_heap", 30),
    ("tailings", "Tailings ponds", "restored", "tailings_pond", _TAILINGS, 30),
    ("landfills", "Landfills", "restored", "landfill", "landuse=landfill", 30),
    ("rivers", "Rivers", "watercourses", "river", "waterway=river", 20),
    ("reservoirs", "Reservoirs", "waters", "reservoir", _RESERVOIRS, 20),
    ("lakes", "Lakes", "waters", "lake", "natural=water & water=lake", 20),
    ("settlements", "Settlements", "places", "settlement", "place=city,town,village,hamlet", 500),
    ("chimneys", "Chimneys", "places", "chimney", "man_made=chimney", 20),
)
_OPEN = {"source": "openstreetmap", "licence": "ODbL-1.0", "attribution": "© OpenStreetMap contributors (ODbL)"}
_REPORTED = {
    "source": "eea_air_quality",
    "licence": "EEA standard re-use policy: CC-BY-4.0 unless the data say otherwise",
    "attribution": "European Environment Agency",
}
_PORTAL = {
    "source": "water_quality_portal",
    "licence": "Public domain of the United States, but where an organisation says otherwise",
    "attribution": "Water Quality Portal (USGS, EPA)",
}
_SOURCES = {
    "openstreetmap": {
        "title": "OpenStreetMap",
        "publisher": "OpenStreetMap contributors",
        "url": "https://www.openstreetmap.org/copyright",
        "licence": "ODbL-1.0",
    },
    "eea_air_quality": {
        "title": "Air quality e-reporting, time series by sampling point",
        "publisher": "European Environment Agency",
        "url": "https://www.eea.europa.eu",
    },
    "water_quality_portal": {
        "title": "Water Quality Portal",
        "publisher": "USGS and EPA",
        "url": "https://www.waterqualitydata.us",
    },
}
# Parameters of air with their codes in the agency's vocabulary aq/pollutant.
_VOCABULARY = "http://dd.eionet.europa.eu/vocabulary/aq/pollutant/"
_AIR = (
    ("so2", "Sulphur dioxide", "SO₂", "ug/m3", 1),
    ("pm10", "Particles up to 10 µm (PM10)", "PM10", "ug/m3", 5),
    ("pm25", "Particles up to 2.5 µm (PM2.5)", "PM2.5", "ug/m3", 6001),
    ("no2", "Nitrogen dioxide", "NO₂", "ug/m3", 8),
    ("o3", "Ozone", "O₃", "ug/m3", 7),
    ("co", "Carbon monoxide", "CO", "mg/m3", 10),
)


@dataclass(frozen=True, slots=True)
class Around:
    """A place that is known by a point only: within ``radius_km`` of a longitude and latitude in degrees, its days in
    ``zone``. ``services`` are addresses to ask in place of the public ones, by service."""

    lon: float
    lat: float
    radius_km: float
    zone: str
    services: Mapping[str, str]

    @property
    def box(self) -> Bounds:
        """The box around the circle, to four decimals of a degree."""
        point = Bounds(self.lon, self.lat, self.lon, self.lat)
        return Bounds(*(round(each, 4) for each in point.grown(1000 * self.radius_km)))


def unknown(zone: str) -> Plan:
    """The folder of a place of which nothing is known but its zone. Raises MendmapError where there is no such zone."""
    return replace(UNKNOWN, zone=_known(zone))


def _known(zone: str) -> str:
    if zone not in zoneinfo.available_timezones():
        raise MendmapError(f"no such zone: {shown(zone)}; write Europe/Paris")
    return zone


def close_in(folder: Path, settings: Settings) -> None:
    """Draws the extent of a new folder around what it holds by now: at first it is the whole world. Raises GeodataError
    where the folder has faults."""
    held = check(folder, settings.max_file_mb, Most.of(settings))
    shapes = [each.geometry for each in held.features if each.geometry is not None]
    if not shapes or held.catalogue.extent != WORLD:
        return
    west, south, east, north = shapely.total_bounds(shapes)
    # To a hundredth of a degree, outwards: what is mapped a little larger next time still fits.
    low = [math.floor(each * 100 - 1) / 100 for each in (west, south)]
    high = [math.ceil(each * 100 + 1) / 100 for each in (east, north)]
    box = [max(-180, low[0]), max(-90, low[1]), min(180, high[0]), min(90, high[1])]
    with alone(folder), Changes(folder) as changes:
        written = f"extent = [{', '.join(f'{each:g}' for each in box)}]"
        changes.write(
            FILE, changes.text(FILE).replace(f"extent = {[int(each) for each in WORLD]}", written, 1).encode()
        )
        changes.stay = True


def plan(around: Around, today: dt.date) -> Plan:
    """The folder to begin with: readings are asked for of the last whole year before ``today``."""
    zone = _known(around.zone)
    recipes = list(_recipes(around, today))
    used = {each["source"] for each in recipes}
    return Plan(
        layers=_LAYERS,
        zone=zone,
        near_m=5000,
        view=around.box,
        rows={
            "source": [{"id": ident, **about} for ident, about in _SOURCES.items() if ident in used],
            "parameter": [
                {
                    "id": ident,
                    "name_en": name,
                    "symbol": symbol,
                    "medium": "air",
                    "unit": unit,
                    "vocabulary": f"{_VOCABULARY}{code}",
                    "aliases": f"eea:{code}",
                }
                for ident, name, symbol, unit, code in _AIR
            ],
        },
        texts={"recipe": "".join(map(_written, recipes))},
    )


def _recipes(around: Around, today: dt.date) -> Iterator[dict[str, str | int]]:
    where = {"box": ", ".join(f"{each:g}" for each in around.box)}

    def recipe(
        ident: str, title: str, service: str, terms: Mapping[str, str], **more: str | int
    ) -> dict[str, str | int]:
        url = {"url": around.services[service]} if service in around.services else {}
        return {"id": ident, "title": title, "service": service, **url, **more, **where, **terms}

    for ident, title, layer, kind, select, accuracy in _MAPPED:
        of_layer: dict[str, str | int] = {"layer": layer, "feature_kind": kind, "accuracy_m": accuracy}
        yield recipe(ident, title, "overpass", _OPEN, select=select, **of_layer)
    air: dict[str, str | int] = {"layer": "stations", "feature_kind": "air_station", "accuracy_m": 50}
    water = {**air, "feature_kind": "water_station", "accuracy_m": 100}
    if _holds(_EUROPE, around):
        yield recipe("air_stations", "Stations of air quality", "eea_air", _REPORTED, **air)
        yield recipe("air", "Hourly air quality", "eea_air", _REPORTED, period=str(today.year - 1))
    if _holds(_AMERICA, around):
        yield recipe("water_stations", "Stations of water quality", "water_quality_portal", _PORTAL, **water)


def _holds(area: Bounds, around: Around) -> bool:
    return area.contains(Bounds(around.lon, around.lat, around.lon, around.lat))


def _written(recipe: Mapping[str, str | int]) -> str:
    cells = "".join(
        f"{name} = {value if isinstance(value, int) else _quoted(value)}\n" for name, value in recipe.items()
    )
    return f"\n[[recipe]]\n{cells}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

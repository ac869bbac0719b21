"""The whole story of gather, against servers of this machine: the flagship's placeholders become outlines and its claim
about a year of air is decided; and a new place anywhere begins with a map.

Everything that these servers have is made up: outlines near the flagship's placeholders, and readings.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from air_server import EeaService, point, series
from conftest import ROOT, Run, Service, Watched, open_map
from feed_server import FeedServer
from gathering import contents, environment
from overpass_server import Landscape, Overpass
from playwright.sync_api import expect

STATIONS = {"RS0009A": (22.0995, 44.0758), "RS0042A": (22.1014, 44.0599)}
RECIPES = ("eea_so2_2023", "osm_tailings", "osm_dumps", "osm_lake", "osm_rivers")
# What the made-up landscape has of the flagship's sites: tags, the name there, and how far east and north its middle
# lies from the placeholder, in metres.
DRAWN: Mapping[str, tuple[Mapping[str, str], str, tuple[float, float]]] = {
    "rth_tailings": ({"man_made": "tailings_pond"}, "Флотацијско јаловиште РТХ", (300, -200)),
    "old_bor_tailings": ({"man_made": "tailings_pond"}, "Staro borsko flotacijsko jalovište", (-250, 150)),
    "vk_tailings_field_1": ({"man_made": "tailings_pond"}, "Јаловиште Велики Кривељ, поље 1", (100, 400)),
    "visoki_planir": ({"man_made": "spoil_heap"}, "Високи планир", (-350, 100)),
    "severni_planir": ({"man_made": "spoil_heap"}, "Severni planir", (200, 300)),
    "lake_robule": ({"natural": "water", "water": "lake"}, "Језеро Робуле", (420, -310)),
}


@pytest.fixture
def world() -> Iterator[FeedServer]:
    server = FeedServer()
    yield server
    server.close()


def outline(middle: Sequence[float], size_m: float = 260) -> list[tuple[float, float]]:
    """A ring of eight corners around a place."""
    turns = np.linspace(0, 2 * np.pi, 9)
    east, north = size_m * np.cos(turns) / 80_000, size_m * np.sin(turns) / 111_000
    ring = [(round(middle[0] + x, 6), round(middle[1] + y, 6)) for x, y in zip(east, north, strict=True)]
    return [*ring[:-1], ring[0]]


def features(folder: Path) -> dict[str, Any]:
    """Every feature of a folder's own layers, by id."""
    files = sorted((folder / "layers").glob("*.geojson"))
    rows = [each for path in files for each in json.loads(path.read_text("utf-8"))["features"]]
    return {each["properties"]["id"]: each for each in rows}


def flagship(folder: Path, world: FeedServer, highest: float) -> Path:
    """The flagship's folder with recipes that ask servers of this machine, which have a made-up year of SO2 of at most
    ``highest`` as the mean of a day."""
    shutil.copytree(ROOT / "geodata", folder / "geodata")
    shutil.copytree(ROOT / "maps", folder / "maps")
    place, ours = folder / "geodata", features(folder / "geodata")
    land = Landscape()
    for ident, (tags, name, (east, north)) in DRAWN.items():
        lon, lat = ours[ident]["geometry"]["coordinates"]
        land.way(outline((lon + east / 80_000, lat + north / 111_000)), **tags, name=name)
    lon, lat = ours["rth_tailings"]["geometry"]["coordinates"]
    land.way(outline((lon - 0.004, lat + 0.004), 40), man_made="tailings_pond")  # one that nobody has named
    river = ours["bor_river"]["geometry"]["coordinates"]
    course = shapely.segmentize(shapely.LineString(river), 0.002).coords
    bent = [(x + 0.0004 * np.sin(nth), y + 0.0003 * np.cos(nth)) for nth, (x, y) in enumerate(course)]
    for first in range(0, len(bent) - 1, 7):
        land.way(bent[first : first + 8], waterway="river", name="Борска река")
    overpass = Overpass(land).install(world)
    air = EeaService(world, country="RS")
    starts = [dt.datetime(2023, 1, 1) + dt.timedelta(hours=nth) for nth in range(8760)]
    for nth, (code, (lon, lat)) in enumerate(STATIONS.items()):
        name = f"SPO-{code}_00001_100"
        air.points.append(point(name, code, lon, lat, Country="Serbia"))
        values = [round(20 + 10 * np.sin(hour / 40 + nth), 2) for hour in range(8760)]
        values[24 * 100 : 24 * 101] = [highest] * 24
        air.add(2, name, series(name, starts, values, country="RS"))
    recipes = place / "recipes.toml"
    text = recipes.read_text("utf-8")
    text = text.replace('service = "overpass"', f'service = "overpass"\nurl = "{overpass}"')
    recipes.write_text(text.replace('service = "eea_air"', f'service = "eea_air"\nurl = "{world.url}"'), "utf-8")
    return place


def outcome(run_mendmap: Run, lake: Path, ident: str) -> str:
    told = json.loads(run_mendmap("statements", "--lake", lake, "--json").stdout)
    return str(next(each["outcome"] for each in told["statements"] if each["id"] == ident))


def gathered(run_mendmap: Run, place: Path, world: FeedServer, *options: str) -> dict[str, Any]:
    """Runs the recipes, accepting what is sure; what the run says as JSON."""
    told = run_mendmap("gather", *RECIPES, "--geodata", place, "--accept", "--json", *options, **environment(world))
    assert told.returncode == 0, told.stderr
    return dict(json.loads(told.stdout))


def test_one_run_makes_outlines_of_the_flagships_placeholders_and_its_claim_of_a_year_is_supported(
    world: FeedServer, run_mendmap: Run, serve: Any, desk: Watched, tmp_path: Path
) -> None:
    place, lake = flagship(tmp_path, world, 61.5), tmp_path / "lake"
    assert run_mendmap("load", place, "--lake", lake).returncode == 0
    assert outcome(run_mendmap, lake, "so2_daily_means_2023") == "unverifiable"
    before = contents(place)
    dry = gathered(run_mendmap, place, world, "--dry-run")
    assert contents(place) == before
    wet = gathered(run_mendmap, place, world)
    assert wet["difference"] == dry["difference"], "what the dry run says is what happens"
    after = contents(place)
    assert {name for name in before if after[name] != before[name]} == {"catalogue.toml"}

    assert run_mendmap("load", place, "--lake", lake).returncode == 0
    assert outcome(run_mendmap, lake, "so2_daily_means_2023") == "supported"
    changes = json.loads(run_mendmap("changes", "--lake", lake, "--since", "1", "--json").stdout)["changes"]
    redrawn = {each["id"]: each for each in changes if each["what"] == "redrawn"}
    assert redrawn.keys() == {*DRAWN, "bor_river"}
    assert {each["nature"] for each in redrawn.values()} == {"record"}, "a better drawing is no change on the ground"
    assert redrawn["lake_robule"]["moved_m"] == pytest.approx(522, abs=12)
    assert redrawn["lake_robule"]["now_ha"] == pytest.approx(19, abs=1)
    said = [{key: value for key, value in each.items() if key != "number"} for each in changes]
    assert sorted(map(str, said)) == sorted(map(str, dry["difference"]["changes"]))

    assert gathered(run_mendmap, place, world)["files"] == []
    assert contents(place) == after
    service: Service = serve(lake)
    page = desk.page
    open_map(page, service.url)
    page.goto(f"{service.url}/sites/lake_robule")
    expect(page.locator("main")).to_contain_text("OpenStreetMap way/")
    expect(page.locator("main")).to_contain_text("OpenStreetMap contributors")
    page.goto(f"{service.url}/statements/so2_daily_means_2023")
    expect(page.locator("main")).to_contain_text("Hourly SO2 of 2023 at the two stations in Bor")
    assert not desk.wrong


def test_another_year_of_the_same_stations_contradicts_the_claim(
    world: FeedServer, run_mendmap: Run, tmp_path: Path
) -> None:
    place, lake = flagship(tmp_path, world, 140.25), tmp_path / "lake"
    gathered(run_mendmap, place, world)
    assert run_mendmap("load", place, "--lake", lake).returncode == 0
    assert outcome(run_mendmap, lake, "so2_daily_means_2023") == "contradicted"


def test_a_new_place_begins_with_what_services_have_around_a_point(
    world: FeedServer, run_mendmap: Run, serve: Any, desk: Watched, tmp_path: Path
) -> None:
    middle, land = (12.3, 50.1), Landscape()
    land.way(outline((12.31, 50.11)), landuse="quarry", name="Made-up quarry")
    land.way(outline((12.28, 50.09), 90), man_made="spoil_heap")
    land.way(outline((12.33, 50.12)), natural="water", water="reservoir", name="Made-up reservoir")
    land.way(outline((12.29, 50.13)), landuse="reservoir", reservoir_type="tailings", name="Made-up mud")
    land.way([(12.2, 50.05), (12.28, 50.08), (12.33, 50.1)], waterway="river", name="Made-up river")
    land.way([(12.33, 50.1), (12.39, 50.14)], waterway="river", name="Made-up river")
    for where, name in (((12.27, 50.13), "Made-up village"), ((13.9, 51.9), "Far village")):
        land.node(where, **{"place": "village", "name": name})
    air = EeaService(world)
    air.points = [point("SPO-XX0007A_1", "XX0007A", 12.3, 50.12), point("SPO-XX0008A_1", "XX0008A", 14, 52)]
    last = dt.date.today().year - 1
    starts = [dt.datetime(last, 3, 1) + dt.timedelta(hours=nth) for nth in range(48)]
    air.add(2, "SPO-XX0007A_1", series("SPO-XX0007A_1", starts, [10 + nth for nth in range(48)]))
    place, lake = tmp_path / "riverbend", tmp_path / "lake"
    servers = ("--service", f"overpass={Overpass(land).install(world)}", "--service", f"eea_air={world.url}")
    done = run_mendmap(
        "init", place, "--around", f"{middle[0]},{middle[1]}", "--radius", 8, "--zone", "Europe/Berlin", "--gather",
        *servers, **environment(world),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert run_mendmap("check", place).returncode == 0
    assert run_mendmap("load", place, "--lake", lake).returncode == 0
    service: Service = serve(lake)
    page = desk.page
    page.goto(service.url)
    expect(page.locator(".tiles-watercourse path.shape").first).to_be_attached()
    for layer, names in (
        ("restored", ["Made-up quarry", "Made-up mud"]),
        ("watercourses", ["Made-up river"]),
        ("waters", ["Made-up reservoir"]),
        ("places", ["Made-up village"]),
    ):
        found = page.request.get(f"{service.url}/ogc/collections/{layer}/items?f=json").json()["features"]
        assert set(names) <= {each["properties"]["name_en"] for each in found}, layer
    terms = page.request.get(f"{service.url}/downloads/restored.geojson").json()
    assert terms["licence"] == "ODbL-1.0", "nothing in it is of anyone else"
    page.goto(f"{service.url}/stations/station_xx0007a")
    expect(page.locator("main")).to_contain_text("SO₂")
    assert not desk.wrong
    again = contents(place)
    rerun = run_mendmap("gather", "--geodata", place, "--accept", "--add", **environment(world))
    assert rerun.returncode == 0, rerun.stderr
    assert contents(place) == again


def test_where_services_have_nothing_the_command_says_so(world: FeedServer, run_mendmap: Run, tmp_path: Path) -> None:
    overpass = Overpass(Landscape()).install(world)
    around = ("--around", "50.1,-40.5", "--gather", "--service", f"overpass={overpass}")
    done = run_mendmap("init", tmp_path / "sea", *around, **environment(world))
    assert done.returncode == 0, done.stderr
    assert "nothing was found within 10 km of longitude 50.1, latitude -40.5" in done.stderr
    assert "mendmap serve" not in done.stdout

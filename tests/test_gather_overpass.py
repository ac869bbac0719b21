"""OpenStreetMap as ``mendmap gather`` brings it: schematic places become outlines, and ways become a river.

The landscape is made up, and the server is a small one of this machine.
"""

from itertools import pairwise
from typing import Any

import pytest
import shapely
from conftest import Run
from feed_server import FeedServer
from gathering import contents, environment, recipe
from overpass_server import PATH, Landscape, Overpass, page
from place import Testford

from mendmap.load.check import Geodata, check
from mendmap.vectors.features import Feature

ODBL = {"service": "overpass", "licence": "ODbL-1.0", "attribution": "© OpenStreetMap contributors", "accuracy_m": "20"}
SHORE = [(20.699, 44.699), (20.702, 44.699), (20.702, 44.7015), (20.699, 44.7015), (20.699, 44.699)]
BROOK = [(20.41, 44.597), (20.45, 44.57), (20.5, 44.551), (20.56, 44.53), (20.601, 44.5005)]


@pytest.fixture
def place(tmp_path: Any, server: FeedServer) -> Testford:
    """Testford, whose puddle is a point and whose brook a sketch, with recipes of OpenStreetMap for both."""
    land = Landscape()
    first, second = land.way(SHORE[:3], 5), land.way(SHORE[2:], 6)
    land.relation(
        [("way", second, "outer"), ("way", first, "outer")], 7, type="multipolygon", natural="water", name="Puddle"
    )
    for nth, pair in enumerate(pairwise(BROOK)):
        land.way(pair, 30 - nth, waterway="stream", name="Brook")
    url = Overpass(land).install(server)
    place = Testford(tmp_path / "testford")
    brook = place.feature("rivers")["properties"]
    brook |= {"basis": "schematic", "accuracy_m": 3000, "start_km": -4}
    of = {"select": "natural=water", "layer": "lakes", "feature_kind": "lake"}
    lakes = recipe(server, "lakes", url=url, **ODBL, **of)
    rivers = recipe(server, "rivers", url=url, **ODBL, **of | {"layer": "rivers", "feature_kind": "river"})
    place.tables["recipe"] = [lakes, rivers | {"select": "waterway=river,stream"}]
    return place


@pytest.fixture
def gather(run_mendmap: Run, place: Testford, server: FeedServer) -> Run:
    place.write()

    def run(*arguments: object) -> Any:
        return run_mendmap("gather", *arguments, "--geodata", place.folder, **environment(server))

    return run


def held(place: Testford) -> tuple[Geodata, dict[str, Feature]]:
    found = check(place.folder, 100)
    return found, {each.id: each for each in found.features}


def test_a_point_becomes_an_outline_and_ways_a_river_whose_zero_stays(gather: Run, place: Testford) -> None:
    done = gather("--accept")
    assert (done.returncode, done.stderr) == (0, "")
    geodata, features = held(place)
    puddle, brook = features["puddle"], features["brook"]
    assert puddle.geometry is not None and puddle.geometry.equals(shapely.Polygon(SHORE))
    assert brook.geometry is not None and shapely.get_coordinates(brook.geometry).tolist() == [*map(list, BROOK)]
    told = [(each.properties["basis"], each.properties["accuracy_m"]) for each in (puddle, brook)]
    assert told == [("published", 20), ("published", 20)]
    assert puddle.properties["method"] == "OpenStreetMap relation/7."
    assert brook.properties["method"].startswith("OpenStreetMap way/27; 4 lines are joined in the direction of flow.")
    # Its zero was 4 km below a source that is drawn nearly a kilometre farther down now.
    assert -3.4 < brook.properties["start_km"] < -2.8
    assert "© OpenStreetMap contributors" in geodata.catalogue.attribution
    before = contents(place.folder)
    assert "nothing has changed" in gather("--accept").stdout
    assert contents(place.folder) == before


def test_a_recipe_that_fails_leaves_the_other_its_turn_and_is_asked_anew(
    gather: Run, place: Testford, server: FeedServer
) -> None:
    answers = server.answers[PATH]
    replies = [page("the dispatcher is gone"), None]
    server.answers[PATH] = lambda asked: replies.pop(0) or answers(asked)  # type: ignore[operator]
    done = gather("--accept")
    assert done.returncode == 1
    assert "a web page in place of data" in done.stderr
    _, features = held(place)
    assert features["puddle"].properties["basis"] == "schematic"
    assert features["brook"].properties["basis"] == "published"
    server.answers[PATH] = answers
    assert gather("--accept").returncode == 0
    assert held(place)[1]["puddle"].properties["basis"] == "published"

"""OpenStreetMap through an Overpass API: what is asked, what its elements become, and how it may fail.

The landscape is made up, and the server is a small one of this machine.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from asking import asking, place, recipe
from conftest import times
from feed_server import FeedServer, Reply
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from overpass_server import PATH, Landscape, Overpass, page
from place import Testford

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError
from mendmap.feeds.fetch import Limits
from mendmap.gather.model import Answer
from mendmap.gather.services.all import SERVICES
from mendmap.gather.services.overpass import elements
from mendmap.gather.services.overpass.adapter import question
from mendmap.gather.services.overpass.outlines import LeftOutError, of_rings, sound, suited
from mendmap.gather.services.overpass.tags import parse
from mendmap.geo.bounds import Bounds
from mendmap.vectors.gathered import Found, text

MANY = settings(max_examples=times(60, 1000))
BOX = (20.1, 44.1, 20.9, 44.9)
SQUARE = [(20.5, 44.5), (20.6, 44.5), (20.6, 44.6), (20.5, 44.6), (20.5, 44.5)]
HOLE = [(20.52, 44.52), (20.55, 44.52), (20.55, 44.55), (20.52, 44.52)]


MEMBERS = ["type", "id", "lat", "lon", "geometry", "members", "tags", "role", "ref", "remark", "elements"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Testford(tmp_path_factory.mktemp("place") / "geodata").write()


class Asker:
    """Asks a made-up landscape as ``mendmap gather`` asks the real one."""

    def __init__(self, server: FeedServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.overpass = Overpass(Landscape())
        self.url = self.overpass.install(server)

    @property
    def land(self) -> Landscape:
        return self.overpass.landscape

    def recipe(self, **columns: Any) -> Recipe:
        given = {"service": "overpass", "url": self.url, "layer": "lakes", "select": "natural=water"}
        return recipe(**given | columns)

    def gather(self, box: tuple[float, float, float, float] = BOX, most: int = 1000, **columns: Any) -> Answer:
        about = place(self.folder, box, self.server, max_gather_features=most)
        ask = asking(self.server, self.folder.parent, Limits(1_000_000, 0.3, 2, 5, backoff_s=0.01, longest_wait_s=0.05))
        return SERVICES["overpass"].gather(self.recipe(**columns), about, ask)


@pytest.fixture
def asker(server: FeedServer, folder: Path) -> Asker:
    return Asker(server, folder)


def test_the_question_is_one_that_the_documentation_allows() -> None:
    asked = question(parse("natural=water & name | landuse=basin"), Bounds(20, 44, 21, 45), 30, 100)
    corners = "(44.0000000,20.0000000,45.0000000,21.0000000)"
    assert asked.splitlines() == [
        "[out:json][timeout:30][maxsize:268435456];",
        "(",
        f'  nwr["natural"="water"]["name"]{corners};',
        f'  nwr["landuse"="basin"]{corners};',
        ")->.found;",
        ".found out body geom qt 101;",
    ]


def test_closed_ways_and_relations_are_areas_with_their_names(asker: Asker) -> None:
    asker.land.way(SQUARE, 7, natural="water", name="Плаво", name__en="Blue", name__etymology="x", alt_name="y")
    asker.land.way(SQUARE[:3], 8)
    asker.land.way(SQUARE[2:], 9)
    asker.land.way(HOLE, 10, natural="wetland")
    members = [("way", 9, "outer"), ("way", 8, "outer"), ("way", 10, "inner"), ("node", 1, "label")]
    asker.land.relation(members, 3, type="multipolygon", natural="water")
    asker.land.way([(x + 2, y) for x, y in SQUARE], 11, natural="water")  # outside the box
    asker.land.way(SQUARE, 12, natural="wood")
    answer = asker.gather()
    assert [(each.id, each.names, each.method) for each in answer.features] == [
        ("way/7", {"": "Плаво", "en": "Blue"}, "OpenStreetMap way/7."),
        ("relation/3", {}, "OpenStreetMap relation/3."),
    ]
    way, relation = (each.geometry for each in answer.features)
    assert way.equals(shapely.Polygon(SQUARE))
    assert relation.equals(shapely.Polygon(SQUARE, [HOLE]))
    assert answer.left_out == {}


def test_an_object_that_only_touches_the_box_comes_whole(asker: Asker) -> None:
    asker.land.way(SQUARE[:3], 8)
    asker.land.way(SQUARE[2:], 9)
    asker.land.relation([("way", 9, "outer"), ("way", 8, "outer")], 3, type="multipolygon", natural="water")
    asker.land.way(SQUARE, 7, natural="water")
    answer = asker.gather(box=(20.59, 44.51, 20.9, 44.52))
    assert [each.geometry.area for each in answer.features] == [pytest.approx(0.01), pytest.approx(0.01)]


def test_the_same_landscape_gives_the_same_bytes_in_whatever_order(asker: Asker) -> None:
    asker.land.way(SQUARE, 7, natural="water", name="Blue")
    asker.land.way(HOLE, 8, natural="water")
    first = text(asker.gather().features)

    def shuffled(document: dict[str, Any]) -> None:
        document["elements"] = [*reversed(document["elements"]), *document["elements"]]
        document["osm3s"] = {"timestamp_osm_base": "2031-01-01T00:00:00Z"}

    asker.overpass.change = shuffled
    assert text(asker.gather().features) == first
    assert first.count(b'"gathered"') == 2


def test_a_way_that_is_but_the_outline_of_a_relation_is_not_taken_twice(asker: Asker) -> None:
    asker.land.way(SQUARE, 7, natural="water", name="Blue")
    asker.land.way(HOLE, 8, natural="water", name="Pool on the island")
    asker.land.relation([("way", 7, "outer"), ("way", 8, "inner")], 3, type="multipolygon", natural="water")
    answer = asker.gather()
    assert [each.id for each in answer.features] == ["way/8", "relation/3"]
    assert answer.left_out == {"it stands for a feature that is taken already": 1}


@pytest.mark.parametrize(("layer", "taken"), [("lakes", "relation/3"), ("stations", "node/5")])
def test_a_place_and_its_label_are_one_feature_as_the_layer_takes_it(asker: Asker, layer: str, taken: str) -> None:
    asker.land.way(SQUARE, 7)
    asker.land.node((20.55, 44.55), 5, place="town", name="Bistra")
    members = [("way", 7, "outer"), ("node", 5, "label")]
    asker.land.relation(members, 3, type="boundary", place="town", name="Bistra")
    answer = asker.gather(layer=layer, select="place=town")
    assert [each.id for each in answer.features] == [taken]
    assert answer.left_out == {"it stands for a feature that is taken already": 1}


def test_what_has_no_sound_outline_is_left_out_and_counted(asker: Asker) -> None:
    asker.land.way([(20.5, 44.5), (20.6, 44.6), (20.6, 44.5), (20.5, 44.6), (20.5, 44.5)], 1, natural="water")
    asker.land.way(SQUARE[:3], 2)
    asker.land.relation([("way", 2, "outer")], 1, type="multipolygon", natural="water")
    asker.land.relation([("way", 2, "outer"), ("way", 99, "outer")], 2, type="multipolygon", natural="water")
    asker.land.relation([("way", 2, "")], 3, type="site", natural="water")
    asker.land.relation([("way", 2, "outer"), ("relation", 1, "outer")], 4, type="multipolygon", natural="water")
    asker.land.way(SQUARE[:4], 3, natural="water")
    asker.land.way(HOLE, 5)
    asker.land.relation([("way", 5, "inner"), ("way", 2, "label")], 5, type="multipolygon", natural="water")
    answer = asker.gather()
    assert answer.features == []
    assert answer.left_out == {
        "its outline crosses itself": 1,
        "its rings do not close": 1,
        "some of its outline is missing": 1,
        "it is a relation that has no outline of its own": 1,
        "it is made of other relations": 1,
        "it has no outer ring": 1,
        "it is a LineString, which the layer does not take": 1,
    }


@pytest.mark.parametrize("cut", [[None, *SQUARE[1:]], None])
def test_a_place_that_is_not_told_is_never_passed_over(asker: Asker, cut: list[Any] | None) -> None:
    asker.land.way(SQUARE, 7)
    asker.land.relation([("way", 7, "outer")], 3, type="multipolygon", natural="water")

    def clipped(document: dict[str, Any]) -> None:
        (member,) = document["elements"][0]["members"]
        member["geometry"] = cut and [each and {"lon": each[0], "lat": each[1]} for each in cut]

    asker.overpass.change = clipped
    assert asker.gather().left_out == {"some of its outline is missing": 1}


def test_where_a_layer_takes_points_an_area_is_its_middle_as_accurate_as_it_reaches(asker: Asker) -> None:
    asker.land.way(SQUARE, 7, man_made="monitoring_station")
    asker.land.node((20.4, 44.4), 5, man_made="monitoring_station")
    area, point = sorted(
        asker.gather(layer="stations", select="man_made=monitoring_station").features, key=lambda each: each.id
    )[::-1]
    assert (point.id, point.geometry, point.accuracy_m) == ("node/5", shapely.Point(20.4, 44.4), None)
    assert area.geometry.equals_exact(shapely.Point(20.55, 44.55), 1e-9)
    assert area.accuracy_m == pytest.approx(6830, abs=20)
    assert area.method == "OpenStreetMap way/7. The point is the middle of its outline."


def test_a_watercourse_of_many_ways_is_one_river_within_the_extent(asker: Asker) -> None:
    river = [(20.5, 45.2), (20.5, 44.8), (20.52, 44.7), (20.5, 44.6), (20.5, 44.5)]
    ways = [asker.land.way(pair, nth + 40, waterway="river") for nth, pair in enumerate(pairwise(river))]
    arm = asker.land.way([(20.5, 44.8), (20.7, 44.7), (20.5, 44.6)], 50, waterway="river", name="Бистра")
    asker.land.way([(20.5, 44.5), (20.5, 44.45)], 60, waterway="river", name="Bistra")
    asker.land.way([(20.2, 44.2), (20.3, 44.2)], 70, waterway="river")
    asker.land.way([(20.2, 44.2), (20.3, 44.3)], 80, waterway="stream", name="Bistra")
    members = [*(("way", each, "main_stream") for each in ways), ("way", arm, "side_stream"), ("way", 999, "")]
    asker.land.relation(members, 6, type="waterway", waterway="river", name="Бистра", name__en="Clear River")
    answer = asker.gather(layer="rivers", select="waterway=river")
    assert len(asker.overpass.questions) == 1
    found, small = answer.features
    assert (found.id, small.id) == ("relation/6", "way/70")
    assert found.names == {"": "Бистра", "en": "Clear River"}
    assert shapely.get_coordinates(found.geometry).tolist() == [[20.5, 45.0], *map(list, river[1:]), [20.5, 44.45]]
    assert found.method == (
        "OpenStreetMap relation/6; 5 lines are joined in the direction of flow. Kilometre 0 is its first vertex. "
        "Cut where it leaves the area."
    )
    assert answer.left_out == {"it is a side arm of a river": 1}


def test_more_than_may_be_is_an_error_and_asked_for_only_once_too_many(asker: Asker) -> None:
    for nth in range(5):
        asker.land.way([(x + nth / 100, y) for x, y in SQUARE], natural="water")
    assert len(asker.gather(most=5).features) == 5
    with pytest.raises(FeedError, match=r"more than 4 features \(setting MENDMAP_MAX_GATHER_FEATURES\); select fewer"):
        asker.gather(most=4)
    assert " qt 5;" in asker.overpass.questions[-1]


def test_a_selection_that_is_not_understood_is_never_asked(asker: Asker) -> None:
    with pytest.raises(FeedError, match="select: character 14: neither a word nor a sign: '; out;'"):
        asker.gather(select="natural=water; out;")
    assert asker.overpass.questions == []


def test_a_value_that_looks_like_a_question_selects_what_is_called_so(asker: Asker) -> None:
    name = 'x"](0,0,1,1);out;//\\'
    asker.land.way(SQUARE, 7, natural="water", name=name)
    asker.land.way(SQUARE, 8, natural="water", name="x")
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    assert [each.id for each in asker.gather(select=f'name="{escaped}"').features] == ["way/7"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (page("too busy", 429, **{"Retry-After": "3600"}), "429 Too Many Requests"),
        (page("timeout", 504), "504 Gateway"),
        (page("parse error", 400), "400 Bad Request"),
        (page("hello"), "a web page in place of data"),
        (Reply(b'{"elements": [', sent=9), "broke off before the end"),
        (Reply(b'{"elements": ['), "something else than JSON"),
        (Reply(b'{"version": 0.6}'), "without elements, which an Overpass API gives"),
        (Reply(b"[]"), "without elements"),
        (Reply(b" " * 2_000_000), "more than 1 MB"),
    ],
)
def test_a_server_that_answers_otherwise_is_an_error_that_names_it(asker: Asker, reply: Reply, words: str) -> None:
    asker.server.answers[PATH] = reply
    with pytest.raises(FeedError, match=words) as raised:
        asker.gather()
    assert "127.0.0.1" in str(raised.value)


def test_a_server_that_is_busy_for_a_moment_is_asked_again(asker: Asker) -> None:
    asker.land.way(SQUARE, 7, natural="water")
    answers = [page("busy", 429, **{"Retry-After": "0"}), page("busy", 504)]
    asker.server.answers[PATH] = lambda asked: answers.pop() if len(answers) > 1 else asker.overpass.reply(asked)
    assert [each.id for each in asker.gather().features] == ["way/7"]


def test_an_answer_with_a_remark_is_short_and_so_an_error(asker: Asker) -> None:
    asker.land.way(SQUARE, 7, natural="water")
    remark = 'runtime error: Query timed out in "query" at line 3 after 30 seconds.'
    asker.overpass.change = lambda document: document.update(remark=remark)
    with pytest.raises(FeedError, match="the server stopped before the end: 'runtime error: Query timed out"):
        asker.gather()


@pytest.mark.parametrize(
    ("member", "value", "words"),
    [
        ("type", "area", "elements.0.: an element with a type of node, way or relation, and an id"),
        ("id", "7", "elements.0.: an element with a type"),
        ("tags", [], "way/7: its tags are no texts"),
        ("geometry", None, "way/7: a way without its geometry, which was asked for"),
        ("geometry", [{"x": 1, "y": 2}], "way/7: places with lat and lon, in numbers"),
        ("geometry", [{"lat": "a", "lon": 2}], "way/7: places with lat and lon, in numbers"),
        ("geometry", [{"lat": 99, "lon": 2}], "way/7: places in degrees"),
        ("geometry", [{"lat": None, "lon": 2}], "way/7: places in degrees"),
    ],
)
def test_a_changed_schema_says_where_and_what_was_expected(asker: Asker, member: str, value: Any, words: str) -> None:
    asker.land.way(SQUARE, 7, natural="water")
    asker.overpass.change = lambda document: document["elements"][0].update({member: value})
    with pytest.raises(FeedError, match=words):
        asker.gather()


@pytest.mark.parametrize(
    ("tags", "area"),
    [
        ({"landuse": "quarry"}, True),
        ({"disused:landuse": "quarry"}, True),
        ({"man_made": "spoil_heap"}, True),
        ({"man_made": "embankment"}, False),
        ({"natural": "cliff"}, False),
        ({"waterway": "river"}, False),
        ({"waterway": "riverbank"}, True),
        ({"waterway": "river", "area": "yes"}, True),
        ({"landuse": "quarry", "area": "no"}, False),
        ({"building": "no"}, False),
        ({"name": "x"}, False),
    ],
)
def test_a_closed_way_is_an_area_where_its_tags_say_so(tags: dict[str, str], area: bool) -> None:
    assert elements.is_area(tags) is area


@st.composite
def shattered(draw: st.DrawFn) -> tuple[shapely.Polygon, list[Any], list[Any]]:
    """An area with holes, and islands in some of them, and its rings cut into lines of any order and direction."""
    area, outer, inner = shapely.MultiPolygon(), [], []
    for nth in range(draw(st.integers(1, 3))):
        for depth in range(draw(st.integers(1, 4))):
            size, sides = 1 - depth / 5, draw(st.integers(4, 9))
            angles = np.arange(sides) * 2 * np.pi / sides
            # Within each other whatever the number of sides: a square reaches in to 0.7 of its radius.
            radius = size**4
            ring = [(round(3 * nth + radius * np.cos(a), 6), round(radius * np.sin(a), 6)) for a in angles]
            area = area.symmetric_difference(shapely.Polygon(ring))
            cuts = sorted(draw(st.sets(st.integers(0, sides - 1), min_size=1, max_size=4)))
            turned = [*ring[cuts[0] :], *ring[: cuts[0] + 1]]
            ends = [*(cut - cuts[0] for cut in cuts), sides]
            pieces = [np.array(turned[a : b + 1]) for a, b in pairwise(ends)]
            (inner if depth % 2 else outer).extend(each[::-1] if draw(st.booleans()) else each for each in pieces)
    return area, draw(st.permutations(outer)), draw(st.permutations(inner))


@MANY
@given(shattered())
def test_rings_of_lines_in_any_order_and_direction_are_the_area_between_them(
    given: tuple[shapely.Polygon, list[Any], list[Any]],
) -> None:
    area, outer, inner = given
    made = of_rings(outer, inner)
    assert made.is_valid
    assert made.equals(area)
    # One line too few, and it is not closed. (One ring that is a line by itself may be missed.)
    for lines in (outer, inner):
        cut = [nth for nth, each in enumerate(lines) if (each[0] != each[-1]).any()]
        if cut:
            less = [each for nth, each in enumerate(lines) if nth != cut[0]]
            with pytest.raises(LeftOutError, match=r"do not close|no outer ring"):
                of_rings(*((less, inner) if lines is outer else (outer, less)))


def ring(x: float, y: float, size: float) -> Any:
    return shapely.get_coordinates(shapely.box(x, y, x + size, y + size))


def test_rings_that_share_an_edge_are_one_area_and_those_that_cross_are_none() -> None:
    assert of_rings([ring(0, 0, 1), ring(1, 0, 1)], []).equals(shapely.box(0, 0, 2, 1))
    holes = [ring(1, 1, 1), ring(2, 1, 1)]
    assert of_rings([ring(0, 0, 4)], holes).area == 14
    with pytest.raises(LeftOutError, match="cross each other"):
        of_rings([ring(0, 0, 1), ring(0.5, 0.5, 1)], [])
    with pytest.raises(LeftOutError, match="an inner ring lies outside"):
        of_rings([ring(0, 0, 1)], [ring(5, 5, 1)])


def test_only_a_slip_of_the_pen_is_repaired() -> None:
    slip = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0.01, 10), (-0.01, 10.01), (0, 10.01), (0, 0)])
    assert not slip.is_valid
    assert sound(slip).is_valid
    assert sound(slip).area == pytest.approx(slip.area, rel=0.001)
    with pytest.raises(LeftOutError, match="crosses itself"):
        sound(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    for empty in (shapely.Polygon(), shapely.LineString([(0, 0), (0, 0)]), shapely.Polygon([(0, 0), (1, 1), (2, 2)])):
        with pytest.raises(LeftOutError, match=r"no extent|encloses nothing"):
            sound(empty)


def test_a_geometry_of_one_part_suits_a_layer_of_single_ones_and_the_other_way_round() -> None:
    square = shapely.box(0, 0, 1, 1)
    single, multi = Found("a", {}, square), Found("a", {}, shapely.MultiPolygon([square]))
    assert suited(multi, ["Polygon"]) == single
    assert suited(single, ["MultiPolygon"]) == multi
    assert suited(single, ["Point", "Polygon"]) is single
    two = Found("a", {}, shapely.MultiPolygon([square, shapely.box(2, 0, 3, 1)]))
    with pytest.raises(LeftOutError, match="it is a MultiPolygon, which the layer does not take"):
        suited(two, ["Point", "Polygon"])


@settings(max_examples=times(60, 1000), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_any_json_at_all_is_features_or_an_error_in_plain_words(asker: Asker, data: st.DataObject) -> None:
    plain = st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.sampled_from(["way", "x"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=6),
        max_leaves=12,
    )
    element = st.fixed_dictionaries(
        {"type": st.sampled_from(["node", "way", "relation"]), "id": st.integers()},
        optional=dict.fromkeys(MEMBERS[2:], plain),
    )
    body = data.draw(plain | st.fixed_dictionaries({"elements": st.lists(element | plain, max_size=3)}))
    asker.server.answers[PATH] = Reply(json.dumps(body).encode())
    try:
        answer = asker.gather(layer=data.draw(st.sampled_from(["lakes", "rivers"])))
        assert all(each.geometry.is_valid for each in answer.features)
    except FeedError as error:
        assert "127.0.0.1" in str(error)

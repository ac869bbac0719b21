"""Chainage: distance along a line, held against PROJ, a projected plane and a densified line; and rivers made of it.

Every river here is synthetic.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from conftest import times
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from mendmap.atlas.rivers import Along, Rivers, compared, rivers
from mendmap.geo.chainage import Course
from mendmap.lake.features import FeatureRow

GEOD = Geod(ellps="WGS84")
MANY = settings(max_examples=times(60, 1000))
RIVER = shapely.LineString([(20.40, 44.60), (20.45, 44.58), (20.50, 44.585), (20.56, 44.52), (20.60, 44.50)])


@st.composite
def lines(draw: st.DrawFn) -> shapely.LineString:
    """A river of 2 to 8 vertices a few kilometres apart, somewhere between 70° south and north."""
    x, y = draw(st.floats(-170, 170)), draw(st.floats(-70, 70))
    steps = draw(st.lists(st.tuples(st.floats(0.002, 0.04), st.floats(-0.03, 0.03)), min_size=1, max_size=7))
    return shapely.LineString(np.cumsum([(x, y), *steps], axis=0))


def course(line: Any) -> Course:
    found = Course.of(line)
    assert found is not None
    return found


def beside(along: Course, share: float, dx: float, dy: float) -> tuple[float, float]:
    """A point so many degrees from the place at a share of a course."""
    ((lon, lat),) = along.at(share * along.length_m)
    return float(lon) + dx, float(lat) + dy


SHARES = st.floats(0, 1)


@MANY
@given(lines(), SHARES)
def test_a_place_so_many_metres_along_lies_so_many_metres_along(line: shapely.LineString, share: float) -> None:
    along = course(line)
    wanted = share * along.length_m
    ((lon, lat),) = along.at(wanted)
    snapped = along.snap(lon, lat)
    assert snapped.at_m == pytest.approx(wanted, abs=0.5)
    assert snapped.moved_m == pytest.approx(0, abs=0.5)


@MANY
@given(lines())
def test_the_metres_of_a_course_are_the_geodesics_between_its_vertices(line: shapely.LineString) -> None:
    steps = [GEOD.inv(*one, *other)[2] for one, other in pairwise(line.coords)]
    assert course(line).metres == pytest.approx(np.concatenate(([0], np.cumsum(steps))), rel=1e-12)


@MANY
@given(lines(), SHARES, st.floats(-0.01, 0.01), st.floats(-0.01, 0.01))
def test_snapping_finds_the_nearest_place_of_a_line_drawn_in_thousands_of_points(
    line: shapely.LineString, share: float, dx: float, dy: float
) -> None:
    along = course(line)
    lon, lat = beside(along, share, dx, dy)
    snapped = along.snap(lon, lat)
    metres = np.linspace(0, along.length_m, 4001)
    dense = along.at(metres)
    distances = GEOD.inv(np.full(len(dense), lon), np.full(len(dense), lat), *dense.T)[2]
    step = metres[1]
    assert snapped.moved_m == pytest.approx(distances.min(), rel=0.01, abs=step)
    near = metres[distances <= distances.min() * 1.01 + step]
    assert np.abs(near - snapped.at_m).min() <= 2 * step


@MANY
@given(lines(), SHARES, st.floats(-0.005, 0.005), st.floats(20, 5000))
def test_what_lies_within_a_circle_is_what_a_dense_line_says(
    line: shapely.LineString, share: float, dy: float, radius_m: float
) -> None:
    along = course(line)
    lon, lat = beside(along, share, 0, dy)
    metres = np.linspace(0, along.length_m, 4001)
    dense = along.at(metres)
    near = metres[GEOD.inv(np.full(len(dense), lon), np.full(len(dense), lat), *dense.T)[2] <= radius_m]
    found = along.within(lon, lat, radius_m)
    if len(near):
        wider = along.within(lon, lat, radius_m * 1.02 + metres[1])
        narrower = along.within(lon, lat, radius_m * 0.98 - metres[1]) if radius_m * 0.98 > metres[1] else None
        assert wider is not None and wider[0] <= near[0] + 1 and wider[1] >= near[-1] - 1
        assert narrower is None or (narrower[0] >= near[0] - metres[1] and narrower[1] <= near[-1] + metres[1])
    if found:
        low, high = found
        assert 0 <= low <= high <= along.length_m
        reached = along.at([low, high])
        there = GEOD.inv([lon, lon], [lat, lat], *reached.T)[2]
        assert max(there) <= radius_m * 1.01 + 1


@MANY
@given(lines(), st.integers(0, 6), SHARES, st.floats(-0.005, 0.005), st.booleans())
def test_splitting_a_line_into_parts_that_touch_changes_nothing(
    line: shapely.LineString, nth: int, share: float, dy: float, swapped: bool
) -> None:
    vertices = shapely.get_coordinates(line)
    cut = 1 + nth % max(1, len(vertices) - 2)
    assume(cut < len(vertices) - 1)
    parts = [vertices[: cut + 1], vertices[cut:]]
    split = course(shapely.MultiLineString(parts[::-1] if swapped else parts))
    whole = course(line)
    lon, lat = beside(whole, share, 0, dy)
    assert split.length_m == pytest.approx(whole.length_m, rel=1e-12)
    assert split.snap(lon, lat) == pytest.approx(whole.snap(lon, lat), abs=1e-6)


@MANY
@given(lines(), SHARES, st.floats(-0.002, 0.002))
def test_a_river_drawn_upstream_counts_from_its_other_end(line: shapely.LineString, share: float, dy: float) -> None:
    down, up = course(line), course(line.reverse())
    lon, lat = beside(down, share, 0, dy)
    one, other = down.snap(lon, lat), up.snap(lon, lat)
    assert other.moved_m == pytest.approx(one.moved_m, abs=1e-3)
    # Where two places are equally near, each way finds the one it meets first.
    if GEOD.inv(one.lon, one.lat, other.lon, other.lat)[2] < 1:
        assert other.at_m == pytest.approx(down.length_m - one.at_m, abs=1)


def test_it_agrees_with_shapely_on_a_projected_plane() -> None:
    points = shapely.points([(20.41, 44.59), (20.47, 44.60), (20.55, 44.50), (20.59, 44.52), (20.30, 44.60)])
    plane = geopandas.GeoSeries([RIVER, *points], crs="OGC:CRS84").to_crs("EPSG:32634")
    line, flat = plane.iloc[0], plane.iloc[1:]
    scale = course(RIVER).length_m / line.length  # of the projection, the same all over so small a place
    for point, there in zip(points, flat, strict=True):
        snapped = course(RIVER).snap(point.x, point.y)
        assert snapped.at_m == pytest.approx(line.project(there) * scale, abs=20)
        assert snapped.moved_m == pytest.approx(line.distance(there) * scale, rel=0.01)


@pytest.mark.parametrize(
    "line",
    [
        None,
        shapely.Point(20, 44),
        shapely.LineString(),
        shapely.MultiLineString([[(20, 44), (20.1, 44)], [(20.1001, 44), (20.2, 44)]]),
        shapely.MultiLineString([[(20, 44), (20.1, 44)], [(20.2, 44), (20.1, 44)]]),
        shapely.MultiLineString([[(20, 44), (20.1, 44)], [(20.1, 44), (20.2, 44)], [(20.1, 44), (20.2, 44.1)]]),
    ],
    ids=["none", "a point", "empty", "a gap", "against each other", "a fork"],
)
def test_what_has_no_single_distance_along_it_is_no_course(line: Any) -> None:
    assert Course.of(line) is None


def test_places_beyond_the_ends_are_at_the_ends_and_equal_vertices_do_no_harm() -> None:
    along = course(shapely.LineString([(20, 44), (20, 44), (20.1, 44), (20.1, 44)]))
    assert along.snap(19.9, 44.1)[:3] == (0, 20, 44)
    assert along.snap(20.2, 44).at_m == pytest.approx(along.length_m)
    assert along.at([-5, 1e9]) == pytest.approx(np.array([[20, 44], [20.1, 44]]))
    assert along.within(20.05, 44, 100) == pytest.approx((along.length_m / 2 - 100, along.length_m / 2 + 100), abs=1)
    assert along.within(19.9, 44, 100) is None


def test_an_area_is_the_part_of_the_river_in_it_or_else_the_place_nearest_to_it() -> None:
    along = course(RIVER)
    around = shapely.box(20.44, 44.57, 20.52, 44.59)
    drawn = along.stretch(around, 10)
    inside = RIVER.intersection(around)
    assert drawn.last_m - drawn.first_m == pytest.approx(GEOD.geometry_length(inside), rel=1e-3)
    assert drawn.moved_m == 0
    outside = shapely.box(20.44, 44.62, 20.46, 44.63)
    away = along.stretch(outside, 10)
    plane = geopandas.GeoSeries([RIVER, outside], crs="OGC:CRS84").to_crs("EPSG:32634")
    assert away.first_m == away.last_m
    assert away.moved_m == pytest.approx(plane.iloc[0].distance(plane.iloc[1]), rel=0.01)


# Rivers of several watercourses.


def row(ident: str, layer: str, shape: Any, accuracy_m: float = 10, **more: Any) -> FeatureRow:
    return FeatureRow(layer, ident, shape, {"accuracy_m": accuracy_m, "basis": "published", **more})


ROLES: Mapping[str, str] = {"rivers": "watercourse", "stations": "station", "sites": "site"}
MAIN = shapely.LineString([(20.0, 44.0), (20.5, 44.0)])
SIDE = shapely.LineString([(20.2, 44.1), (20.2, 44.0)])
HEAD = shapely.LineString([(19.9, 44.0), (20.0, 44.0)])


def network(*features: FeatureRow) -> Rivers:
    """The main river; a head that ends where it begins; a side river that joins it after some 16 km."""
    return rivers(
        [
            row("main", "rivers", MAIN),
            row("head", "rivers", HEAD, watercourses=["main"]),
            row("side", "rivers", SIDE, watercourses=["main"]),
            *features,
        ],
        ROLES,
    )


def station(ident: str, x: float, y: float = 44.0, river: str = "main", **more: Any) -> FeatureRow:
    return row(ident, "stations", shapely.Point(x, y), watercourses=[river], **more)


def site(ident: str, x: float, y: float = 44.0, river: str = "main", **more: Any) -> FeatureRow:
    return row(ident, "sites", shapely.Point(x, y), watercourses=[river], **more)


def place(of: Rivers, ident: str) -> Along:
    (found,) = of.of(ident)
    return found


def names(found: Any) -> list[str]:
    return [each.place.feature for each in found]


@MANY
@given(st.lists(st.integers(1, 499), min_size=1, max_size=12, unique=True), st.randoms())
def test_neighbours_on_one_river_are_those_that_sorting_gives(thousandths: list[int], random: Any) -> None:
    shares = [each / 1000 for each in thousandths]
    features = [station(f"s{nth}", 20 + share) for nth, share in enumerate(shares)]
    ordered = [f"s{nth}" for nth in sorted(range(len(shares)), key=lambda each: (shares[each], f"s{each}"))]
    random.shuffle(features)
    of = rivers([row("main", "rivers", MAIN), *features], ROLES)
    for above, below in pairwise(ordered):
        (found,) = of.downstream(place(of, above))
        assert found.place.feature == below
        assert names(of.upstream(place(of, below))) == [above]
        apart = GEOD.inv(20 + shares[int(above[1:])], 44, 20 + shares[int(below[1:])], 44)[2] / 1000
        assert found.way.km == pytest.approx(apart, abs=0.01)
        # Either place is true to 10 m, and so is the line.
        if not 0.03 < found.way.km < 0.05:
            assert found.way.assumed == (found.way.km < 0.04)
    assert of.upstream(place(of, ordered[0])) == of.downstream(place(of, ordered[-1])) == []


PLACES = st.one_of(
    st.tuples(st.just("main"), st.floats(20.001, 20.499), st.just(44.0)),
    st.tuples(st.just("side"), st.just(20.2), st.floats(44.001, 44.099)),
    st.tuples(st.just("head"), st.floats(19.901, 19.999), st.just(44.0)),
)


@MANY
@given(st.lists(PLACES, min_size=1, max_size=8, unique=True), st.randoms())
def test_across_confluences_up_is_the_way_back_of_down(places: list[tuple[str, float, float]], random: Any) -> None:
    features = [station(f"s{nth}", x, y, river) for nth, (river, x, y) in enumerate(places)]
    of = network(*features)
    idents = [each.id for each in features]
    down = {(one, n.place.feature, round(n.way.km, 6)) for one in idents for n in of.downstream(place(of, one))}
    up = {(n.place.feature, one, round(n.way.km, 6)) for one in idents for n in of.upstream(place(of, one))}
    assert down == up
    random.shuffle(features)
    again = network(*features)
    assert all(again.downstream(place(again, one)) == of.downstream(place(of, one)) for one in idents)


def test_a_way_across_a_confluence_is_the_sum_of_its_parts() -> None:
    of = network(station("high", 20.2, 44.06, "side"), station("low", 20.3), station("up", 20.1))
    (found,) = of.downstream(place(of, "high"))
    north = GEOD.inv(20.2, 44.06, 20.2, 44.0)[2]
    east = course(MAIN).snap(20.3, 44).at_m - course(MAIN).snap(20.2, 44).at_m
    assert found.place.feature == "low"
    assert found.way.km == pytest.approx((north + east) / 1000, abs=0.01)
    assert found.way.least_km < found.way.km < found.way.most_km
    assert not found.way.assumed
    assert sorted(names(of.upstream(place(of, "low")))) == ["high", "up"]


def test_a_kilometre_is_measured_only_where_both_ends_are_accurate_enough() -> None:
    length = course(MAIN).length_m
    for accuracy, how in ((10, "measured"), (length / 8 - 11, "measured"), (length / 8, "coarse"), (1e6, "coarse")):
        found = place(network(station("s", 20.25, accuracy_m=accuracy)), "s")
        assert found.how == how, accuracy
        assert (found.km is None) == (how == "coarse") == found.assumed
        assert found.uncertainty_m == accuracy + 10
        assert found.low_km is not None and found.high_km is not None and found.drawn_km is not None
        assert found.low_km <= found.drawn_km <= found.high_km


@pytest.mark.parametrize(
    ("feature", "how"),
    [
        (station("s", 20.25, 44.0001), "measured"),
        (station("s", 20.25, 44.01), "aside"),
        (station("s", 20.25, basis="hypothesis"), "hypothesis"),
        (row("s", "stations", None, watercourses=["main"], basis="unknown"), "unplaced"),
    ],
)
def test_why_a_place_has_no_kilometre_is_said(feature: FeatureRow, how: str) -> None:
    found = place(network(feature), "s")
    assert (found.how, found.assumed) == (how, how != "measured")
    assert (found.km is None) == found.assumed


def test_a_river_in_pieces_has_no_kilometre_and_what_lies_on_it_is_still_listed() -> None:
    pieces = shapely.MultiLineString([[(20, 44), (20.1, 44)], [(20.2, 44), (20.3, 44)]])
    of = rivers(
        [row("main", "rivers", pieces), station("s", 20.05), row("in", "rivers", HEAD, watercourses=["main"])], ROLES
    )
    assert [(each.feature, each.how) for each in of.watercourses["main"].along] == [
        ("in", "unplaced"),
        ("s", "unplaced"),
    ]
    assert of.upstream(place(of, "s")) == of.downstream(place(of, "s")) == []
    assert {each.feature: each.assumed for each in of.above(place(of, "s"))} == {"main": True, "in": True}


def test_a_stated_zero_moves_every_kilometre_and_no_distance() -> None:
    here, there = station("a", 20.1), station("b", 20.3)
    plain = network(here, there)
    moved = rivers([row("main", "rivers", MAIN, start_km=-7.5), here, there], ROLES)
    for ident in ("a", "b"):
        one, other = place(plain, ident).km, place(moved, ident).km
        assert one is not None and other is not None
        assert other == pytest.approx(one - 7.5)
    assert moved.downstream(place(moved, "a"))[0].way.km == pytest.approx(plain.downstream(place(plain, "a"))[0].way.km)


def test_a_reach_lies_from_one_kilometre_to_another_whichever_way_it_was_drawn() -> None:
    reach = shapely.LineString([(20.1, 44), (20.2, 44)])
    for shape in (reach, reach.reverse()):
        found = place(network(row("reach", "sites", shape, watercourses=["main"])), "reach")
        assert found.km == pytest.approx(8.01, abs=0.02)
        assert found.to_km == pytest.approx(16.03, abs=0.02)
    guess = network(row("reach", "sites", reach, watercourses=["main"], basis="hypothesis"))
    assert (place(guess, "reach").km, place(guess, "reach").how) == (None, "hypothesis")


def test_what_lies_above_a_station_is_told_and_what_is_not_sure_is_assumed() -> None:
    of = network(
        station("s", 20.3),
        site("above", 20.1),
        site("beside", 20.3001),
        site("below", 20.4),
        site("guess", 20.45, basis="hypothesis"),
        site("on_side", 20.2, 44.05, "side"),
        site("somewhere_on_head", 19.95, 44.0, "head", accuracy_m=1e5),
    )
    assert {each.feature: each.assumed for each in of.above(place(of, "s"))} == {
        "main": True,
        "head": False,
        "side": False,
        "above": False,
        "beside": True,
        "guess": True,
        "on_side": False,
        "somewhere_on_head": False,
    }
    higher = network(station("s", 20.1), site("on_side", 20.2, 44.05, "side"), site("on_head", 19.95, 44.0, "head"))
    found = {each.feature: each.assumed for each in higher.above(place(higher, "s"))}
    assert found == {"main": True, "head": False, "on_head": False}


def test_where_a_watercourse_begins_at_the_end_of_another_all_of_it_is_below() -> None:
    of = rivers(
        [
            row("main", "rivers", MAIN, 5000),
            row("head", "rivers", HEAD, 5000, watercourses=["main"]),
            station("s", 20.001, accuracy_m=100),
        ],
        ROLES,
    )
    mouth = place(of, "head")
    assert (mouth.how, mouth.km, mouth.uncertainty_m) == ("measured", 0, 0)
    assert compared(mouth, place(of, "s")) == "unknown"  # the station has no kilometre of its own
    close = network(station("s", 20.0001))
    assert compared(place(close, "head"), place(close, "s")) == "above"


def test_rivers_that_flow_in_a_circle_end_the_search() -> None:
    ring = [
        row("a", "rivers", shapely.LineString([(20, 44), (20.2, 44)]), watercourses=["b", "a"]),
        row("b", "rivers", shapely.LineString([(20.2, 44), (20, 44)]), watercourses=["a"]),
        station("s", 20.1, river="a"),
    ]
    of = rivers(ring, ROLES)
    assert of.downstream(place(of, "s")) == of.upstream(place(of, "s")) == []
    assert {each.feature for each in of.above(place(of, "s"))} == {"a", "b"}


def test_stations_of_several_networks_at_one_place_stand_side_by_side() -> None:
    of = network(station("state", 20.3), station("works", 20.3))
    assert [each.feature for each in of.watercourses["main"].along if each.role == "station"] == ["state", "works"]
    (found,) = of.downstream(place(of, "state"))
    assert (found.place.feature, found.way.assumed, found.way.km) == ("works", True, 0)

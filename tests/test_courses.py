"""Watercourses of many lines made into one that runs downstream: joined, bridged, and honest about what was left out.

Every river here is synthetic.
"""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st

from mendmap.gather.services.overpass.rivers import River, assembled
from mendmap.gather.services.overpass.stem import stems
from mendmap.geo.bounds import Bounds
from mendmap.geo.chainage import Course
from mendmap.geo.measure import length_m
from mendmap.vectors.gathered import Found

MANY = settings(max_examples=times(60, 1000))
NAMES = {"": "Бистра река", "en": "Clear River"}
# About 71 m east and 111 m north at the latitude of the rivers here.
STEP = 0.001


def line(ident: object, *places: tuple[float, float], **names: str) -> Found:
    """A way through places counted in steps from 21° E, 44° N."""
    return Found(f"way/{ident}", names, shapely.LineString([(21 + x * STEP, 44 + y * STEP) for x, y in places]))


def one(found: list[Found], rivers: list[River] | None = None) -> Found:
    (river,), _ = assembled(found, rivers or [])
    return river


def steps(river: Found) -> list[tuple[float, float]]:
    return [(round((x - 21) / STEP, 3), round((y - 44) / STEP, 3)) for x, y in river.geometry.coords]


@st.composite
def cut_rivers(draw: st.DrawFn) -> tuple[shapely.LineString, list[shapely.LineString]]:
    """A river that goes north, and the same cut at some vertices, its pieces in any order."""
    xs = draw(st.lists(st.integers(-50, 50), min_size=3, max_size=20))
    whole = [(21 + x * STEP, 44 + nth * STEP) for nth, x in enumerate(xs)]
    inner = st.integers(1, len(whole) - 2)
    cuts = [0, *sorted(draw(st.sets(inner, max_size=8))), len(whole) - 1]
    pieces = [shapely.LineString(whole[first : last + 1]) for first, last in pairwise(cuts)]
    return shapely.LineString(whole), draw(st.permutations(pieces))


@MANY
@given(cut_rivers(), st.data())
def test_a_line_cut_anyhow_and_shuffled_comes_back_as_that_line(
    cut: tuple[shapely.LineString, list[shapely.LineString]], data: st.DataObject
) -> None:
    whole, pieces = cut
    found = [Found(f"way/{nth + 10}", NAMES, each) for nth, each in enumerate(pieces)]
    river = one(found)
    assert river.geometry.equals_exact(whole)
    assert (river.id, river.names) == ("river/10", NAMES)
    assert one(data.draw(st.permutations(found))) == river
    said = one(
        [Found(each.id, {}, each.geometry) for each in found],
        [River("relation/3", NAMES, frozenset(each.id for each in found))],
    )
    assert (said.id, said.names) == ("relation/3", NAMES)
    assert said.geometry.equals_exact(whole)


@MANY
@given(cut_rivers(), st.integers(0, 100))
def test_every_stem_runs_from_end_to_beginning_and_no_piece_is_lost(
    cut: tuple[shapely.LineString, list[shapely.LineString]], seed: int
) -> None:
    _, pieces = cut
    random = np.random.default_rng(seed)
    # Some turned around, so that not all can be joined.
    lines = [each.reverse() if random.random() < 0.3 else each for each in pieces]
    for stem in (found := stems((str(nth), shapely.get_coordinates(each)) for nth, each in enumerate(lines))):
        assert all(before.end == after.begin for before, after in pairwise(stem.edges))
        assert stem.length_m == pytest.approx(length_m(stem.line))
    held = sum(each.length_m for stem in found for each in (*stem.edges, *stem.aside) if each.part)
    assert held == pytest.approx(sum(map(length_m, pieces)))


def test_a_river_is_named_in_any_script_and_takes_the_names_that_most_of_it_has() -> None:
    found = [
        line(7, (0, 0), (0, 1), **{"": "Бистра", "sr-Latn": "Bistra"}),
        line(5, (0, 1), (0, 5), **{"": "Bistra"}),
        line(9, (0, 5), (0, 6), **{"en": "Clear River", "": "bistra"}),
    ]
    river = one(found)
    assert steps(river) == [(0, 0), (0, 1), (0, 5), (0, 6)]
    assert river.id == "river/5"
    assert river.names == {"": "Bistra", "sr-Latn": "Bistra", "en": "Clear River"}
    assert river.method == "way/5; 3 lines are joined in the direction of flow. Kilometre 0 is its first vertex."


def test_the_longest_way_is_the_main_stem_and_side_arms_are_counted() -> None:
    found = [
        line(1, (0, 0), (0, 1), (0, 4), (0, 5), **NAMES),
        line(2, (0, 1), (3, 2), (0, 4), **NAMES),  # longer than the 3 steps that it goes around
        line(3, (1, 9), (0, 5), **NAMES),  # drawn against the flow: does not go on from there
    ]
    (river,), left_out = assembled(found, service="Somewhere")
    assert steps(river) == [(0, 0), (0, 1), (3, 2), (0, 4), (0, 5)]
    assert left_out == {"it is a side arm of a river": 1}
    assert river.method == (
        "Somewhere way/1; 2 lines are joined in the direction of flow. Kilometre 0 is its first vertex. "
        "Side arms left out, together 0.8 km."
    )


def test_side_arms_that_are_said_to_be_such_are_no_stem_however_long() -> None:
    found = [
        line(1, (0, 0), (0, 1), **NAMES),
        line(2, (0, 1), (0, 4), **NAMES),
        line(3, (0, 1), (9, 2), (0, 4), **NAMES),
        line(4, (0, 4), (0, 5), **NAMES),  # forgotten in the relation, but of that name, and touches it
        line(5, (50, 4), (50, 5), **NAMES),  # of that name, elsewhere
    ]
    known = River("relation/8", {"": "Бистра"}, frozenset({"way/1", "way/2"}), frozenset({"way/3"}))
    (main, other), left_out = assembled(found, [known])
    assert (main.id, steps(main)) == ("relation/8", [(0, 0), (0, 1), (0, 4), (0, 5)])
    assert main.names == {"": "Бистра", "en": "Clear River"}
    assert (other.id, steps(other)) == ("river/5", [(50, 4), (50, 5)])
    assert left_out == {"it is a side arm of a river": 1}


def test_a_narrow_gap_is_bridged_and_said_and_a_wide_one_is_not() -> None:
    upper, lower = line(1, (0, 0), (0, 3), **NAMES), line(2, (0.3, 3.7), (0, 9), **NAMES)
    river = one([upper, lower])
    assert steps(river) == [(0, 0), (0, 3), (0.3, 3.7), (0, 9)]
    assert river.method.endswith("Gaps bridged by straight lines: 1, together 81 m.")
    assert Course.of(river.geometry) is not None
    far = line(2, (0, 5), (0, 9), **NAMES)
    (first, second), left_out = assembled([upper, far])
    assert ([first.id, second.id], left_out) == (["river/1", "river/2"], {})
    (river,), left_out = assembled([upper, far], [River("relation/1", {}, frozenset({"way/1", "way/2"}))])
    assert steps(river) == [(0, 5), (0, 9)]
    assert left_out == {"it is part of a river, and does not join up with the longest part of it": 1}
    assert river.method.endswith("Parts left out that do not join up: 1, together 0.3 km.")


def test_ends_that_face_each_other_or_sources_side_by_side_are_not_bridged() -> None:
    against = [line(1, (0, 0), (0, 3), **NAMES), line(2, (0, 9), (0, 3.5), **NAMES)]
    beside = [line(1, (0, 0), (0, 3), **NAMES), line(2, (0.5, 0), (0.5, 3), **NAMES)]
    assert [len(assembled(each)[0]) for each in (against, beside)] == [2, 2]


def test_lines_without_a_name_stay_by_themselves_and_what_is_no_line_is_counted() -> None:
    pond = Found("way/4", NAMES, shapely.box(21, 44, 21.1, 44.1))
    ring = line(3, (5, 0), (6, 0), (6, 1), (5, 0))
    found, left_out = assembled([line(2, (0, 1), (0, 2)), line(1, (0, 0), (0, 1)), pond, ring])
    assert [each.id for each in found] == ["way/1", "way/2"]
    assert left_out == {"it is no line": 1, "it closes upon itself": 1}


def test_water_that_is_drawn_in_a_circle_still_has_one_way_through() -> None:
    found = [
        line(1, (0, 0), (0, 1), **NAMES),
        line(2, (0, 1), (1, 2), (0, 3), **NAMES),
        line(3, (0, 3), (-1, 2), (0, 1), **NAMES),
        line(4, (0, 3), (0, 9), **NAMES),
    ]
    assert steps(one(found)) == [(0, 0), (0, 1), (1, 2), (0, 3), (0, 9)]


def test_parts_of_a_multiline_are_joined_and_columns_that_all_share_are_kept() -> None:
    parts = shapely.MultiLineString([[(21, 44.2), (21, 44.3)], [(21, 44), (21, 44.2)]])
    found = [
        Found("reach-b", NAMES, parts, 5, properties={"size": "small", "note": "x"}),
        Found("reach-a", NAMES, shapely.LineString([(21, 44.3), (21, 44.4)]), 9, properties={"size": "small"}),
    ]
    river = one(found)
    assert [y for _, y in river.geometry.coords] == [44, 44.2, 44.3, 44.4]
    assert (river.id, river.accuracy_m, river.properties) == ("river/reach-a", 9, {"size": "small"})


def test_a_river_is_cut_where_it_leaves_the_area_and_keeps_its_direction() -> None:
    river = line(1, (0, 9), (0, 1), (5, 1), (5, 20), **NAMES)
    box = Bounds(20.999, 44.002, 21.1, 44.0125)
    (inside,), _ = assembled([river], within=box)
    assert steps(inside) == [(5, 2), (5, 12.5)]
    assert inside.method.endswith("Cut where it leaves the area; the longest part inside is kept.")
    assert box.contains(Bounds(*inside.geometry.bounds))
    assert assembled([river], within=Bounds(0, 0, 1, 1)) == ([], {"it lies outside the area": 1})
    assert one([river]).geometry.equals(river.geometry)

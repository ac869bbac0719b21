"""The atlas: joins explain themselves, columns mean what they say, and nothing unknown is invented."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import shapely
from place import Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.atlas.fields import columns
from mendmap.atlas.joins import join
from mendmap.atlas.model import Atlas
from mendmap.errors import NotFoundError
from mendmap.lake.features import FeatureRow


@pytest.fixture
def atlas(testford: Testford, tmp_path: Path) -> Atlas:
    load(testford, tmp_path / "lake")
    return build(read(tmp_path / "lake"))


def row(ident: str, x: float | None, y: float = 44.0, accuracy_m: float = 1.0, **more: object) -> FeatureRow:
    geometry = None if x is None else shapely.Point(x, y)
    return FeatureRow(str(more.pop("layer", "sites")), ident, geometry, {"accuracy_m": accuracy_m, **more})


ANY: Mapping[str, frozenset[str]] = {}


@pytest.mark.parametrize(
    ("site", "station", "how"),
    [
        (row("s", 20.0), row("t", 21.0, monitors=["s"]), "named"),
        (row("s", None), row("t", 21.0, monitors=["s"]), "named"),
        (row("s", 20.0), row("t", None, monitors=["s"]), "named"),
        (row("s", 20.0, watercourses=["w"]), row("t", 21.0, watercourses=["v", "w"]), "along"),
        (row("s", 20.0), row("t", 20.005), "near"),
        (row("s", 20.0), row("t", 20.1), None),
        (row("s", None), row("t", 20.0), None),
        (row("s", 20.0), row("t", None), None),
    ],
)
def test_the_first_rule_that_holds_joins(site: FeatureRow, station: FeatureRow, how: str | None) -> None:
    found = join([site], [station], ANY, near_m=1000)
    assert [each.how for each in found] == ([how] if how else [])


def test_a_station_inside_an_outline_is_joined_to_it() -> None:
    area = FeatureRow("sites", "s", shapely.box(20, 44, 20.1, 44.1), {"accuracy_m": 5.0})
    (found,) = join([area], [row("t", 20.05, 44.05)], ANY, near_m=0)
    assert (found.how, found.distance_m) == ("inside", 0.0)
    assert join([area], [row("t", 20.2, 44.05)], ANY, near_m=0) == []


def test_only_the_nearest_site_is_joined_by_distance_and_only_within_it() -> None:
    sites = [row("far", 20.009), row("close", 20.004), row("beyond", 20.05)]
    (found,) = join(sites, [row("t", 20.0)], ANY, near_m=1000)
    assert found.site == "close"
    assert found.distance_m == pytest.approx(321.0, abs=2)
    assert join(sites, [row("t", 20.0)], ANY, near_m=300) == []
    assert join(sites, [row("t", 20.0)], ANY, near_m=0) == []


def test_a_join_by_distance_is_assumed_where_the_uncertainty_swamps_it() -> None:
    (sure,) = join([row("s", 20.005)], [row("t", 20.0)], ANY, near_m=1000)
    (guess,) = join([row("s", 20.005, accuracy_m=800)], [row("t", 20.0)], ANY, near_m=1000)
    assert (sure.assumed, guess.assumed) == (False, True)
    assert guess.uncertainty_m == 801


def test_an_air_station_beside_a_river_says_nothing_of_the_river() -> None:
    sites = [row("reach", 20.0, layer="reaches", watercourses=["w"]), row("dump", 20.005, layer="dumps")]
    station = row("t", 20.001, medium="air", watercourses=["w"])
    (found,) = join(sites, [station], {"reaches": frozenset({"surface_water"})}, near_m=1000)
    assert (found.site, found.how) == ("dump", "near")


def test_layers_come_in_the_catalogues_order_and_then_the_two_made(atlas: Atlas) -> None:
    assert list(atlas.layers) == ["lakes", "dumps", "stations", "rivers", "sites", "works"]
    assert list(atlas.layers["sites"].frame.index) == ["mirror", "puddle", "heap"]


def test_the_joined_columns_of_a_site(atlas: Atlas) -> None:
    mirror = atlas.layers["sites"].frame.loc["mirror"]
    assert mirror["layer"] == "lakes"
    assert mirror["state"] == "clear"
    assert mirror["state_trust"] == "claimed"
    assert mirror["works"] == ["liming"]
    assert [each["id"] for each in mirror["stations"]] == ["inlet"]
    assert mirror["stations"][0]["how"] == "inside"
    assert mirror["readings"] == 2
    assert mirror["newest_reading"] == "2021-05-01T08:00:00+00:00"
    assert [(each["value"], each["unit"]) for each in mirror["latest"]] == [(120.0, "ug/L")]


@pytest.mark.parametrize(
    ("states", "wanted"),
    [
        ([("1975", "1980", "dumped on")], "dumped on"),
        ([("1975", "1980", "dumped on"), ("1970", "", "bare")], "bare"),
        ([("2021", "", "drained"), ("2021", "", "filled")], "filled"),
        ([("2021", "", "red"), ("2021/2025", "", "green")], "green"),
        ([("", "", "once red")], None),
    ],
)
def test_the_state_of_a_site_is_the_newest_that_has_not_ended(
    testford: Testford, tmp_path: Path, states: list[tuple[str, str, str]], wanted: str | None
) -> None:
    common = {"site": "heap", "trust": "reported", "source": "survey"}
    testford.tables["state"] = [
        {"id": f"s{nth}", "since": since, "until": until, "state": state, **common}
        for nth, (since, until, state) in enumerate(states)
    ]
    load(testford, tmp_path / "lake")
    heap = build(read(tmp_path / "lake")).layers["dumps"].frame.loc["heap"]
    assert heap["state"] == wanted
    assert heap["state_until"] == ("1980" if wanted == "dumped on" else None)


def test_a_map_without_a_view_opens_where_its_features_are(atlas: Atlas) -> None:
    assert atlas.maps["public"].view is None
    assert atlas.bounds(["dumps"]) == pytest.approx((20.79, 44.79, 20.81, 44.81))
    box = atlas.bounds(["lakes", "rivers", "works"])
    assert box.contains(atlas.bounds(["lakes"]))
    assert box.west == pytest.approx(20.4 - 0.03)


def test_a_missing_newest_value_is_not_the_newest_reading(atlas: Atlas) -> None:
    heap = atlas.layers["dumps"].frame.loc["heap"]
    assert [each["start"] for each in heap["latest"]] == ["2021-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"]
    assert heap["readings"] == 3


def test_a_station_without_a_position_keeps_its_readings_and_its_named_join(atlas: Atlas) -> None:
    ghost = atlas.feature("ghost", "station")
    assert ghost.geometry is None
    assert [(each.site, each.how, each.distance_m) for each in ghost.joins] == [("heap", "named", None)]
    assert ghost.newest_reading is not None


def test_works_stand_at_their_sites_or_nowhere(atlas: Atlas) -> None:
    works = atlas.layers["works"].frame
    assert works.loc["liming"].geometry.equals(atlas.features["mirror"].geometry)
    assert works.loc["liming", "achieved"][0]["value"] == 8.0
    assert works.loc["somewhere"].geometry is None
    assert works.loc["somewhere", "basis"] == "unknown"


def test_every_column_of_every_layer_is_explained(atlas: Atlas) -> None:
    for layer in atlas.layers.values():
        explained = [each.name for each in columns(layer.id, layer.role, layer.fields, atlas.place.languages)]
        assert [name for name in layer.frame.columns if name != "geometry"] == explained
        assert layer.frame.crs == "OGC:CRS84"


def test_a_revision_changes_only_where_something_changed(testford: Testford, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    testford.rows[1]["value"] = "121"
    load(testford, lake)
    revisions = {name: layer.revision for name, layer in build(read(lake)).layers.items()}
    assert revisions == {"lakes": 2, "dumps": 1, "stations": 2, "rivers": 1, "sites": 2, "works": 1}


def test_a_name_that_is_not_there_is_told_with_the_choices(atlas: Atlas) -> None:
    with pytest.raises(NotFoundError, match="no layer: 'x'; choices: dumps, lakes"):
        atlas.layer("x")
    with pytest.raises(NotFoundError, match="no station: 'mirror'; choices: chimney, ghost, inlet"):
        atlas.feature("mirror", "station")


def test_the_same_contents_give_the_same_atlas(testford: Testford, tmp_path: Path) -> None:
    load(testford, tmp_path / "lake")
    one, other = (build(read(tmp_path / "lake")) for _ in range(2))
    assert one == other

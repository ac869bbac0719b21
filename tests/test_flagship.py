"""The flagship data: every place the articles name is there, and says how well it is known."""

import json
from pathlib import Path

import pytest
from conftest import ROOT

from mendmap.geo.measure import length_m
from mendmap.load.check import Geodata, check

SITES = {
    "smelters": {"tir_smelter"},
    "lakes": {"lake_robule"},
    "waste_dumps": {
        "ostreljski_planir", "visoki_planir", "severni_planir", "severozapadno_odlagaliste", "istocna_saraka"
    },
    "tailings": {
        "rth_tailings", "old_bor_tailings", "vk_tailings_field_1", "vk_tailings_field_2", "vk_dam_3a"
    },
    "mines": {"bor_old_pit", "veliki_krivelj_pit", "cukaru_peki", "cerovo_field"},
    "landfills": {"municipal_landfill"},
    "wastewater": {"six_stage_ponds"},
    "reaches": {"dredged_reach"},
}  # fmt: skip


@pytest.fixture(scope="module")
def bor() -> Geodata:
    return check(ROOT / "geodata", 100)


def test_every_site_of_the_articles_is_there(bor: Geodata) -> None:
    found: dict[str, set[str]] = {}
    for feature in bor.features:
        found.setdefault(feature.layer, set()).add(feature.id)
    assert {layer: found[layer] for layer in SITES} == SITES
    assert found["stations"] >= {"RS0009A", "RS0042A", "bor_river_monitor", "pek_river_monitor", "bor_river_downstream"}


def test_names_stand_in_three_scripts(bor: Geodata) -> None:
    for feature in bor.features:
        assert set(feature.properties["name"]) == {"en", "sr-Latn", "sr-Cyrl"}, feature.id


def test_every_feature_says_how_well_it_is_known(bor: Geodata) -> None:
    for feature in bor.features:
        known = feature.properties
        assert known["basis"] and known["source"], feature.id
        assert (known["accuracy_m"] is None) == (feature.geometry is None), feature.id


def test_no_outline_is_made_up(bor: Geodata) -> None:
    polygons = [feature.id for feature in bor.features if feature.geometry and "Polygon" in feature.geometry.geom_type]
    assert polygons == ["cerovo_field"], "the only outline that a source prints"


def test_the_reach_is_a_hypothesis_of_the_claimed_length(bor: Geodata) -> None:
    reach = next(feature for feature in bor.features if feature.id == "dredged_reach")
    assert reach.properties["basis"] == "hypothesis"
    assert reach.geometry is not None
    assert length_m(reach.geometry) == pytest.approx(7400, rel=0.01)


def test_lake_robule_has_its_dated_states(bor: Geodata) -> None:
    states = [each for each in bor.records if each.kind == "state" and each.site == "lake_robule"]  # type: ignore[union-attr]
    assert len(states) >= 3
    assert any(each.trust == "claimed" and "green" in each.state for each in states)  # type: ignore[union-attr]


def test_readings_of_unnamed_stations_are_a_series_each_without_a_place(bor: Geodata) -> None:
    unlocated = {each.id for each in bor.features if each.layer == "stations" and each.geometry is None}
    assert len(unlocated) == 8
    of_them = {reading.station for reading in bor.readings if "station_unnamed" in reading.flags}
    assert of_them == unlocated
    assert all("hour_label_ambiguous" in reading.flags for reading in bor.readings)


def test_nothing_in_the_code_knows_bor() -> None:
    words = ("bor_", '"bor"', "robule", "zijin", "krivelj", "serbia")
    for path in (ROOT / "src").rglob("*"):
        if path.suffix in (".py", ".js", ".html", ".css", ".toml") and not {"vendor", "node_modules"} & set(path.parts):
            text = path.read_text("utf-8").lower()
            assert not [word for word in words if word in text], path


def test_every_geojson_is_a_feature_a_line() -> None:
    for path in sorted((ROOT / "geodata" / "layers").glob("*.geojson")):
        body = json.loads(path.read_text("utf-8"))
        assert len(path.read_text("utf-8").splitlines()) >= len(body["features"]), path.name
        assert "crs" not in body


def test_no_licence_is_missing(bor: Geodata) -> None:
    listed = [layer.entry for layer in bor.catalogue.layers] + [table.entry for table in bor.catalogue.tables]
    assert all(each.licence and each.source for each in [*listed, *bor.catalogue.readings])
    assert Path(bor.catalogue.readings[0].path).is_file()

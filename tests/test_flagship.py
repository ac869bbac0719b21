"""The flagship data: every place the articles name is there, and says how well it is known."""

import json

import pytest
from conftest import ROOT

from mendmap.geo.measure import length_m
from mendmap.load.check import Geodata, check

SITES = {
    "smelters": {"tir_smelter"},
    "lakes": {"lake_robule"},
    "waste_dumps": {
        "ostreljski_planir", "visoki_planir", "severni_planir", "severozapadno_odlagaliste", "istocna_saraka",
        "robule_waste_dump",
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


# What the notices print, counted and added up from the facts they were transcribed from: values (with those that are
# missing), and their sum, by the day of the notice and the parameter.
PRINTED = {
    ("2019_10_09", "pm10"): (2, 168.7), ("2019_10_09", "so2"): (4, 2237.66),
    ("2019_11_05", "so2"): (5, 2275.41),
    ("2020_08_16", "pm10"): (5, 161.04), ("2020_08_16", "pm25"): (5, 145.06), ("2020_08_16", "so2"): (28, 6614.69),
    ("2020_08_28", "pm10"): (4, 534.41), ("2020_08_28", "pm25"): (4, 183.19), ("2020_08_28", "so2"): (20, 13714.79),
    ("2020_11_27", "so2"): (12, 4367.18),
    ("2021_03_12", "pm10"): (8, 472.08), ("2021_03_12", "pm25"): (8, 357.4), ("2021_03_12", "so2"): (24, 7234.97),
    ("2021_07_09", "so2"): (20, 5434.97),
    ("2022_02_16", "pm10"): (2, 135.05), ("2022_02_16", "pm25"): (2, 115.37),
    ("2023_11_03", "pm10"): (2, 108.72), ("2023_11_03", "pm25"): (2, 95.41),
    ("2023_12_10", "pm10"): (3, 351.9), ("2023_12_10", "pm25"): (5, 193.56),
    ("2024_01_07", "pm10"): (6, 355.98), ("2024_01_07", "pm25"): (6, 242.28),
}  # fmt: skip


def test_the_notices_in_their_own_layout_give_every_value_that_they_print(bor: Geodata) -> None:
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for each in bor.readings:
        key = (each.source.removeprefix("notice_"), each.parameter)
        count, total = found.get(key, (0, 0.0))
        found[key] = (count + 1, round(total + (each.value or 0), 2))
    assert found == PRINTED
    assert len(bor.readings) == 177
    # The other 12 of the 189 facts are no readings: nine counts of a day, and three values without a date.
    figures = [each for each in bor.records if each.kind == "figure" and each.id.startswith("so2_")]
    assert len([each for each in figures if each.source.startswith("notice_")]) == 9  # type: ignore[union-attr]
    assert len([each for each in figures if "_undated_" in each.id]) == 3


@pytest.mark.parametrize(
    ("station", "parameter", "start", "value", "line", "flags", "note"),
    [
        ("RS0009A", "so2", "2019-10-09T06:00", 692.86, 2, "", ""),
        ("RS0042A", "so2", "2019-11-05T22:00", 370.61, 8, "", ""),
        ("RS0042A", "so2", "2020-08-16T14:00", None, 12, "page_address_rebuilt", "Printed as a slash or left blank."),
        ("bor_brezonik", "so2", "2020-08-28T05:00", None, None, "page_address_rebuilt", None),
        ("bor_brezonik", "so2", "2020-08-28T06:00", None, None, "page_address_rebuilt", None),
        ("RS0042A", "so2", "2020-08-28T18:00", None, None, "page_address_rebuilt", None),
        ("RS0009A", "so2", "2021-07-09T01:00", 2629.09, None, "page_address_rebuilt",
         "The notice names the first column only."),
        ("notice_2021_07_09_column_5", "so2", "2021-07-09T01:00", 4.26, None,
         "station_unnamed,page_address_rebuilt", ""),
        ("notice_2021_03_12_column_2", "so2", "2021-03-12T09:00", 1101.11, None,
         "station_unnamed,page_address_rebuilt", ""),
        ("RS0009A", "pm25", "2024-01-07T13:00", 51.17, 51, "", ""),
    ],
)  # fmt: skip
def test_a_printed_value_is_found_at_its_hour(
    bor: Geodata, station: str, parameter: str, start: str, value: float | None, line: int | None, flags: str,
    note: str | None,
) -> None:  # fmt: skip
    (found,) = (
        each
        for each in bor.readings
        if (each.station, each.parameter, f"{each.start:%Y-%m-%dT%H:%M}") == (station, parameter, start)
    )
    assert (found.value, found.canonical, found.unit, found.averaging) == (value, value, "ug/m3", "1h")
    assert (found.end - found.start).total_seconds() == 3600
    assert found.quality == ("missing" if value is None else "preliminary")
    assert found.flags == f"{flags},hour_label_ambiguous".removeprefix(",")
    assert found.note == ("Printed as a slash or left blank." if note is None else note)
    assert line is None or found.row == line
    assert found.file == "readings/bor_notices.csv"


def test_four_values_are_missing_and_no_others(bor: Geodata) -> None:
    assert len([each for each in bor.readings if each.quality == "missing"]) == 4


def test_nothing_in_the_code_knows_bor() -> None:
    words = ("bor_", '"bor"', "robule", "zijin", "krivelj", "serbia")
    for path in (ROOT / "src").rglob("*"):
        if path.suffix in (".py", ".js", ".html", ".css", ".toml") and not {"vendor", "node_modules"} & set(path.parts):
            # One adapter speaks with this agency, and may name it.
            text = path.read_text("utf-8").lower().replace("serbian environmental protection agency", "")
            assert not [word for word in words if word in text], path


def test_every_geojson_is_a_feature_a_line() -> None:
    for path in sorted((ROOT / "geodata" / "layers").glob("*.geojson")):
        body = json.loads(path.read_text("utf-8"))
        assert len(path.read_text("utf-8").splitlines()) >= len(body["features"]), path.name
        assert "crs" not in body


def test_no_licence_is_missing(bor: Geodata) -> None:
    listed = [layer.entry for layer in bor.catalogue.layers] + [table.entry for table in bor.catalogue.tables]
    listed += [each.entry for each in bor.catalogue.readings]
    assert all(each.licence and each.source for each in listed)
    assert all(each.path.is_file() for each in listed)

"""``mendmap check`` finds every fault at once, each with its file, row and column, and the choices."""

import json
from typing import Any

import pytest
from faults import Change, all_of, edited, faults_of, feature, in_map, layer, reading, row
from place import LAKE, RIVER, Testford, line, point, polygon
from shapely import from_geojson

from mendmap.geo.measure import area_m2, length_m
from mendmap.load.check import check

BOW_TIE = [[20.5, 44.5], [20.6, 44.6], [20.6, 44.5], [20.5, 44.6], [20.5, 44.5]]


def twin(name: str, nth: int = 0) -> Change:
    return lambda place: place.layers[name]["features"].append(place.feature(name, nth))


def test_testford_has_no_faults(testford: Testford) -> None:
    found = check(testford.write(), 100)
    assert len(found.features) == 7
    assert len(found.readings) == 5


FEATURES: dict[str, tuple[Change, str]] = {
    "no id": (
        feature("lakes", 1, id=...),
        "lakes.geojson:2: id: a value is required",
    ),
    "an id used twice in a file": (
        twin("rivers"),
        "rivers.geojson:2: id: 'brook' is already used in rivers.geojson feature 1",
    ),
    "an id used in two layers": (
        feature("lakes", 1, id="chimney"),
        "stations.geojson:2: id: 'chimney' is already used in lakes.geojson feature 2",
    ),
    "an id with a path in it": (
        feature("lakes", 1, id="../x"),
        "lakes.geojson:2: id: not an id (letters, digits, _ and -, at most 80 of them): '../x'",
    ),
    "an unknown kind": (
        feature("lakes", 1, kind="pond"),
        "lakes.geojson:2: kind: not a kind of this layer: 'pond'; choices: lake",
    ),
    "an unknown column": (
        feature("rivers", colour="blue"),
        "rivers.geojson:1: colour: unknown column: 'colour'; choices: accuracy_m, area_ha, basis,",
    ),
    "an unknown source": (
        feature("rivers", source="hearsay"),
        "rivers.geojson:1: source: no such source: 'hearsay'; choices: survey",
    ),
    "an unknown watercourse": (
        feature("lakes", watercourses="brook,creek"),
        "lakes.geojson:1: watercourses: no such watercourse: 'creek'; choices: brook",
    ),
    "an unknown site": (
        feature("stations", 2, monitors="heap,hole"),
        "stations.geojson:3: monitors: no such site: 'hole'; choices: heap, mirror, puddle",
    ),
    "a station that monitors a station": (
        feature("stations", 2, monitors="chimney"),
        "stations.geojson:3: monitors: no such site: 'chimney'; choices: heap, mirror, puddle",
    ),
    "validity that ends before it begins": (
        feature("dumps", valid_from="2021-08", valid_to="2021-07"),
        "dumps.geojson:1: valid_to: 2021-07 is before valid_from 2021-08",
    ),
    "a polygon that crosses itself": (
        feature("lakes", geometry=polygon(BOW_TIE)),
        "lakes.geojson:1: geometry: it is not valid: Self-intersection",
    ),
    "an empty geometry": (
        feature("lakes", geometry={"type": "Polygon", "coordinates": []}),
        "lakes.geojson:1: geometry: it is empty",
    ),
    "a geometry of the wrong type": (
        feature("dumps", geometry=line(RIVER)),
        "dumps.geojson:1: geometry: not a geometry type of this layer: 'LineString'; choices: Point, Polygon",
    ),
    "a place outside the extent": (
        feature("dumps", geometry=point(21.5, 44.5)),
        "dumps.geojson:1: geometry: 21.5, 44.5, 21.5, 44.5 is outside the declared extent 20, 44, 21, 45",
    ),
    "a place outside the extent of its layer alone": (
        layer("dumps", more="extent = [20, 44, 20.5, 45]"),
        "dumps.geojson:1: geometry: 20.8, 44.8, 20.8, 44.8 is outside the declared extent 20, 44, 20.5, 45",
    ),
    "swapped axes": (
        feature("dumps", geometry=point(44.8, 20.8)),
        "dumps.geojson:1: geometry: longitude and latitude look swapped: 44.8, 20.8",
    ),
    "projected coordinates": (
        feature("dumps", geometry=point(7589000, 4885000)),
        "dumps.geojson:1: geometry: not degrees, so not in OGC:CRS84: 7.589e+06, 4.885e+06",
    ),
    "no geometry": (
        feature("dumps", geometry=None),
        "dumps.geojson:1: geometry: there is none; give one, or set basis to unknown",
    ),
    "basis unknown, and yet a geometry": (
        feature("stations", 2, geometry=point(20.5, 44.5)),
        "stations.geojson:3: basis: unknown, but there is a geometry",
    ),
    "an unknown basis": (
        feature("dumps", basis="guess"),
        "dumps.geojson:1: basis: not one of the choices: 'guess'; choices: estimated, hypothesis, published,",
    ),
    "no accuracy": (
        feature("dumps", accuracy_m=...),
        "dumps.geojson:1: accuracy_m: a value is required: how far may the true place be from this one?",
    ),
    "no distance at all as accuracy": (
        feature("dumps", accuracy_m=0),
        "dumps.geojson:1: accuracy_m: must be above 0: 0",
    ),
    "a length of a point": (
        feature("dumps", length_km=2),
        "dumps.geojson:1: length_km: a Point has none; say it in size: 2.0",
    ),
    "an area of a line": (
        feature("rivers", area_ha=2),
        "rivers.geojson:1: area_ha: a LineString has none; say it in size: 2.0",
    ),
    "a feature that is none": (
        feature("dumps", geometry={"type": "Feature", "geometry": point(20.8, 44.8)}),
        "dumps.geojson:1: geometry: not a GeoJSON geometry: {'type': 'Feature'",
    ),
}
RECORDS: dict[str, tuple[Change, str]] = {
    "a missing cell": (row("state", 1, state=" "), "state.csv:3: state: a value is required"),
    "an id used twice": (row("state", 1, id="mirror_red"), "state.csv:3: id: 'mirror_red' is already used in line 2"),
    "an unknown site": (
        row("state", 0, site="chimney"),
        "state.csv:2: site: no such site: 'chimney'; choices: heap, mirror, puddle",
    ),
    "an unknown trust": (
        row("work", 0, trust="sworn"),
        "work.csv:2: trust: not one of the choices: 'sworn'; choices: checked, claimed, reported",
    ),
    "an unknown work": (
        row("quantity", 1, work="digging"),
        "quantity.csv:3: work: no such work: 'digging'; choices: liming, somewhere",
    ),
    "an unknown parameter": (row("limit", 0, parameter="so4"), "limit.csv:2: parameter: no such parameter: 'so4'"),
    "an unknown feature": (row("figure", 1, feature="lake"), "figure.csv:3: feature: no such feature: 'lake'"),
    "an unknown unit": (row("figure", 0, unit="bucket"), "figure.csv:2: unit: not a unit: 'bucket'"),
    "work that ends before it begins": (
        row("work", 0, begun="2021-02", finished="2021-01"),
        "work.csv:2: finished: 2021-01 is before begun 2021-02",
    ),
    "a law that ends before it begins": (
        row("limit", 0, applies_from="2021", applies_to="2020"),
        "limit.csv:2: applies_to: 2020 is before applies_from 2021",
    ),
    "a state that ends before it begins": (
        row("state", 0, since="2021", until="2020-12-31"),
        "state.csv:2: until: 2020-12-31 is before since 2021",
    ),
    "a range upside down": (row("figure", 0, value_to="9.5"), "figure.csv:2: value_to: 9.5 is below value 10"),
    "a cost without currency": (row("work", 0, cost="3"), "work.csv:2: currency: a cost needs its currency"),
    "a formula": (
        row("source", 0, title='=HYPERLINK("x")'),
        "source.csv:2: title: begins like a spreadsheet formula:",
    ),
    "a script as an address": (
        row("source", 0, url="javascript:alert(1)"),
        "source.csv:2: url: not an address that begins with https://, http:// or mailto: 'javascript:alert(1)'",
    ),
    "an unknown figure in a statement": (
        edited("statements", '"f2018"]', '"f2017"]'),
        "statements.toml:2: figures: no such figure: 'f2017'; choices: f2018, f2024",
    ),
    "a second statement without a claim": (
        lambda place: setattr(
            place,
            "statements",
            place.statements + place.statements.replace('claim = "', 'note = "').replace("tenfold", "again"),
        ),
        "statements.toml:15: claim: a value is required",
    ),
    "an unknown key in a statement": (
        edited("statements", "tolerance", "tolerence"),
        "statements.toml:2: tolerence: unknown column: 'tolerence'; choices: after, before, check, claim, claimant,",
    ),
    "a statement in a line": (
        lambda place: setattr(place, "statements", 'statement = [{id = "a"}]'),
        "statements.toml:1: statement: write it as [[statement]], in a line of its own",
    ),
    "statements that are not TOML": (
        edited("statements", 'check = "ratio"', "check = ratio"),
        "statements.toml:8: : not TOML: Invalid value (at line 8, column 9)",
    ),
    "statements under another name": (
        edited("statements", "[[statement]]", "[[statements]]"),
        "statements.toml:1: statements: write every row as [[statement]], and nothing else",
    ),
}
READINGS: dict[str, tuple[Change, str]] = {
    "an unknown station": (reading(1, station="outlet"), "readings.csv:3: station: no such feature: 'outlet'"),
    "an unknown parameter": (
        reading(1, parameter="pb"),
        "readings.csv:3: parameter: no such parameter: 'pb'; choices: cu, so2",
    ),
    "an unknown source": (
        reading(1, source="hearsay"),
        "readings.csv:3: source: no such source: 'hearsay'; choices: survey",
    ),
    "an unknown unit": (reading(1, unit="ppb%"), "readings.csv:3: unit: not a unit: 'ppb%'"),
    "a unit of another kind": (
        reading(1, unit="mg/kg"),
        "readings.csv:3: unit: 'mg/kg' cannot be converted to 'ug/L'",
    ),
    "no value": (reading(1, value=""), "readings.csv:3: value: a value is required, unless quality is missing"),
    "a value that is missing": (reading(1, quality="missing"), "readings.csv:3: value: 120 is given, but quality"),
    "a value that is no number": (
        reading(1, value="1,5"),
        "readings.csv:3: value: not a number (write 1234.5): '1,5'",
    ),
    "a value too large to convert": (
        reading(1, value="1e308", unit="g/L"),
        "readings.csv:3: value: 1e+308 is too large in ug/L",
    ),
    "an end before the start": (reading(1, end="2021-05-01T09:59+02:00"), "readings.csv:3: end: before start"),
    "a moment without its offset": (
        reading(1, start="2021-05-01T10:00"),
        "readings.csv:3: start: not a moment with its offset from UTC (write 2021-07-09T03:00+02:00)",
    ),
    "an unknown flag": (reading(1, flags="odd"), "readings.csv:3: flags: not one of the choices: 'odd'; choices: "),
    "the same reading twice": (
        reading(1, start="2020-05-01T08:00Z"),
        "readings.csv:3: start: line 2 has a reading of inlet.cu.sample at the same start",
    ),
}
MAPS: dict[str, tuple[Change, str]] = {
    "an unknown layer": (
        in_map('"lakes"', '"ponds"'),
        "maps/public.toml:5: id: no such layer: 'ponds'; choices: dumps, lakes, rivers, sites, stations, works",
    ),
    "a bad colour": (in_map("#336699", "blue"), "maps/public.toml:5: color: not a colour like #1a2b3c: 'blue'"),
    "an id that differs from the file's": (
        in_map('"public"', '"secret"'),
        "maps/public.toml:2: id: 'secret' differs from the name of the file",
    ),
    "an unknown shape": (in_map('"drop"', '"cat"'), "maps/public.toml:5: shape: not one of the choices: 'cat'"),
    "a view that is no box": (
        in_map("[[layer]]", "view = [21, 44, 20, 45]\n[[layer]]"),
        "maps/public.toml:2: view: not a box of west, south, east, north in degrees: 21, 44, 20, 45",
    ),
    "a view of words": (
        in_map("[[layer]]", 'view = ["a"]\n[[layer]]'),
        "maps/public.toml:2: view: not four numbers, west, south, east, north: ['a']",
    ),
    "no title": (in_map("title_en", "titel_en"), "maps/public.toml:2: "),
    "layers under another name": (
        in_map("[[layer]]", "[[layers]]"),
        "maps/public.toml:2: layers: unknown table: 'layers'; choices: layer, map",
    ),
    "no map": (in_map("[map]", "[mop]"), "maps/public.toml:1: "),
    "a layer in a line": (
        lambda place: place.maps.update(public="layer = 1"),
        "maps/public.toml:1: layer: write it as [[layer]], in a line of its own",
    ),
    "a map that is not TOML": (in_map('id = "public"', "id = "), "maps/public.toml:3: : not TOML: Invalid value"),
    "neither shown nor hidden": (
        in_map("[[layer]]", '[[layer]]\nshown = "yes"'),
        "maps/public.toml:5: shown: not true or false: 'yes'",
    ),
}
# Some mistakes are more than one fault: what is missing, and what stands in its place.
MORE = {"no title": 2, "no map": 3}
TABLES = {"feature": FEATURES, "record": RECORDS, "reading": READINGS, "map": MAPS}
CASES = [
    pytest.param(*case, MORE.get(name, 1), id=f"{what}-{name}")
    for what in TABLES
    for name, case in TABLES[what].items()
]


@pytest.mark.parametrize(("change", "expected", "count"), CASES)
def test_each_mistake_is_the_one_fault_that_is_found(
    change: Change, expected: str, count: int, testford: Testford
) -> None:
    change(testford)
    found = faults_of(testford)
    assert all(fault.startswith(expected) for fault in found), found
    assert len(found) == count, found


@pytest.mark.parametrize(
    ("column", "shape", "measured"),
    [("length_km", line(RIVER), "length"), ("area_ha", polygon(LAKE), "area")],
)
def test_a_declared_size_must_agree_with_the_geometry_within_one_percent(
    testford: Testford, column: str, shape: dict[str, Any], measured: str
) -> None:
    name = "rivers" if measured == "length" else "lakes"
    drawn = from_geojson(json.dumps(shape))
    true = length_m(drawn) / 1000 if measured == "length" else area_m2(drawn) / 10_000
    for share in (0.992, 1.0, 1.008):
        feature(name, 0, ..., **{column: true * share})(testford)
        assert check(testford.write(), 100)
    for share in (0.98, 1.02, -1, 0):
        feature(name, 0, ..., **{column: true * share})(testford)
        (found,) = faults_of(testford)
        assert found.startswith(f"{name}.geojson:1: {column}: ")
        assert found.endswith(f"is declared, but the geometry measures {true:.4g}")


def test_a_reading_may_not_stand_in_two_files(testford: Testford) -> None:
    testford.tail = '\n[[readings]]\nfile = "more.csv"\nlicence = "CC0-1.0"\nsource = "synthetic"\n'
    (testford.write() / "more.csv").write_bytes((testford.folder / "readings.csv").read_bytes())
    where = [f"more.csv:{nth}: start: readings.csv line {nth} has a reading of" for nth in range(2, 7)]
    assert [fault[: len(start)] for fault, start in zip(faults_of(testford), where, strict=True)] == where


def test_several_faults_in_several_files_are_reported_together_and_sorted(testford: Testford) -> None:
    changes = [each[0] for table in (FEATURES, RECORDS, READINGS, MAPS) for each in (next(iter(table.values())),)]
    all_of(*changes, feature("lakes", 1, kind="pond"), feature("lakes", basis="guess"))(testford)
    places = [fault.rpartition(": ")[0].split(": ")[0] for fault in faults_of(testford)]
    assert places == sorted(places)
    assert {"lakes.geojson:1", "lakes.geojson:2", "state.csv:3"} <= set(places)
    assert {"readings.csv:3", "maps/public.toml:5"} <= set(places)


def test_rows_that_name_a_faulty_row_are_not_at_fault_as_well(testford: Testford) -> None:
    all_of(feature("lakes", basis="guess"), row("work", trust="sworn"), row("parameter", unit="bucket"))(testford)
    places = [fault.split(": ")[0] for fault in faults_of(testford)]
    assert places == ["lakes.geojson:1", "parameter.csv:2", "work.csv:2"]


def test_one_row_tells_everything_that_is_wrong_with_it(testford: Testford) -> None:
    reading(1, station="outlet", parameter="pb", unit="bucket", value="x", quality="fine", source="hearsay")(testford)
    columns = [fault.split(": ")[1] for fault in faults_of(testford)]
    assert columns == ["parameter", "quality", "source", "station", "unit", "value"]

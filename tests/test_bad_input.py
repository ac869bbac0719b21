"""Files that are broken, hostile or odd: always a clear fault or success, never another exception."""

import json
import os
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, times
from faults import faults_in, faults_of, feature
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from place import Testford, point

from mendmap.errors import GeodataError
from mendmap.load.check import check

# Every byte string in turn is written into the one folder that the fixture made.
FUZZ = settings(max_examples=times(60, 2000), suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = [
    "catalogue.toml",
    "lakes.geojson",
    "source.csv",
    "readings.csv",
    "statements.toml",
    "maps/public.toml",
    "dumps.gpkg",
]
PACKAGED = NAMES.index("dumps.gpkg")


def outcome(folder: Path) -> str:
    """What check says of a folder: its faults, or an empty text. Any other exception fails the test."""
    try:
        check(folder, 100)
    except GeodataError as error:
        return str(error)
    return ""


def prepared(place: Testford, name: str) -> Path:
    if name.endswith(".gpkg"):
        place.layers["dumps"] |= {"file": name, "crs": "EPSG:4326"}
    return place.write() / name


def words_of(name: str) -> st.SearchStrategy[bytes]:
    """Bytes as they come, and texts made of the words that this kind of file is made of."""
    usual = {
        ".toml": ["[map]\n", "[[layer]]\n", "[catalogue]\n", "[[statement]]\n", "id = ", '"a"\n', "view = [1, 2]\n"],
        ".geojson": ['{"type":', '"FeatureCollection"', ',"features":[', "{}", "null", "]}", "1e400", '"id"', ":"],
        ".csv": ["id,title\n", "station,parameter,value\n", "a", ",", ";", "\n", '"', "=1+1", "\x00", "1e999"],
        ".gpkg": ["SQLite format 3\x00", "<OGRVRTDataSource>", "\x10\x00", "GPKG"],
    }[Path(name).suffix]
    texts = st.lists(st.one_of(st.sampled_from(usual), st.text(max_size=5)), max_size=20)
    made = texts.map(lambda parts: "".join(parts).encode("utf-8", "replace"))
    return st.one_of(st.binary(max_size=300), made)


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes_are_a_fault_or_fine(name: str, testford: Testford) -> None:
    path = prepared(testford, name)
    sound = path.read_bytes() if path.exists() else b"SQLite format 3\x00" + bytes(84)

    @FUZZ
    @given(content=words_of(name), at=st.integers(0, len(sound)), cut=st.integers(0, 40), alone=st.booleans())
    def holds(content: bytes, at: int, cut: int, alone: bool) -> None:
        path.write_bytes(content if alone else sound[:at] + content + sound[at + cut :])
        outcome(testford.folder)

    holds()


@pytest.mark.parametrize("name", ["lakes.geojson", "catalogue.toml", "statements.toml", "maps/public.toml"])
def test_a_half_written_file_is_a_clear_fault(name: str, testford: Testford) -> None:
    path = prepared(testford, name)
    whole = path.read_bytes().rstrip()
    assert len(whole) > 90
    for end in range(0, len(whole), 50):
        path.write_bytes(whole[:end])
        said = outcome(testford.folder)
        # TOML that ends between two lines is whole again, but what it no longer lists is a fault.
        assert said or name in ("statements.toml", "maps/public.toml")
        row = 1 if end else 0  # an empty file has no line to name
        assert said.startswith(f"lakes.geojson:{row}: ") or name != "lakes.geojson", said


def test_a_file_over_the_bound_is_refused_before_it_is_read(testford: Testford) -> None:
    path = testford.write() / "lakes.geojson"
    with path.open("r+b") as stream:
        stream.truncate(200_000_000)
    tracemalloc.start()
    (found, *_) = faults_in(testford.folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == "lakes.geojson:0: : 200 MB; at most 100 MB are read (setting MENDMAP_MAX_FILE_MB)"
    assert peak < 10_000_000


def test_the_bound_is_a_setting(testford: Testford, run_mendmap: Run) -> None:
    path = testford.write() / "readings.csv"
    path.write_bytes(path.read_bytes() + b"\n" * 2_000_000)
    assert check(testford.folder, 3)
    done = run_mendmap("check", testford.folder, MENDMAP_MAX_FILE_MB="1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("readings.csv:0: : 2 MB; at most 1 MB are read")


@pytest.mark.parametrize("name", ["lakes.geojson", "source.csv", "statements.toml", "maps/public.toml"])
def test_a_zip_bomb_under_another_name_is_never_opened(name: str, testford: Testford) -> None:
    path = testford.write() / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.geojson", bytes(50_000_000))
    tracemalloc.start()
    begun = time.monotonic()
    found = faults_in(testford.folder)
    assert time.monotonic() - begun < 5
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"{name}:0: : not text: it begins like a ZIP archive" in found
    assert peak < 10_000_000


@pytest.mark.parametrize("coordinate", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "0x10", "1.", "+1", "١"])
def test_a_coordinate_that_is_no_number_of_json_is_a_fault(coordinate: str, testford: Testford) -> None:
    path = testford.write() / "dumps.geojson"
    path.write_text(path.read_text().replace("20.8", coordinate))
    found = faults_in(testford.folder)
    assert found[0].startswith("dumps.geojson:1: : ")
    assert "no number in JSON, line 1 column" in found[0] or "not JSON: " in found[0]


@pytest.mark.parametrize(
    "coordinates",
    [
        ["20.8", "44.8"],
        [None, 44.8],
        [20.8, [44.8]],
        [[[[20.8, 44.8]]]],
        [20.8],
        [20.8, 44.8, 1, 2],
        {"x": 20.8},
        None,
        "20.8, 44.8",
        [True, False],
        [],
        [1e300, 44.8],
        [2**70, 44.8],
    ],
    ids=str,
)
def test_coordinates_of_another_shape_are_a_fault_of_their_feature(coordinates: Any, testford: Testford) -> None:
    feature("dumps", geometry={"type": "Point", "coordinates": coordinates})(testford)
    (found,) = faults_of(testford)
    assert found.startswith("dumps.geojson:1: geometry: ")


@pytest.mark.parametrize(
    "geometry",
    [5, "POINT (1 2)", [], {}, {"type": "Point"}, {"type": ["Point"]}, {"type": "Circle", "coordinates": [1, 2]}],
    ids=str,
)
def test_a_geometry_that_is_none_is_a_fault_of_its_feature(geometry: Any, testford: Testford) -> None:
    feature("dumps", geometry=geometry)(testford)
    (found,) = faults_of(testford)
    assert found.startswith("dumps.geojson:1: geometry: not a GeoJSON geometry: ")


@pytest.mark.parametrize(
    "ring",
    [
        [[20.5, 44.5], [20.6, 44.6], [20.6, 44.5]],
        [[20.5, 44.5], [20.5, 44.5]],
        [[20.5, 44.5], [20.6, 44.6], [20.5, 44.5], [20.5, 44.5]],
    ],
    ids=["open", "too short", "flat"],
)
def test_a_ring_that_encloses_nothing_is_a_fault(ring: list[list[float]], testford: Testford) -> None:
    feature("lakes", geometry={"type": "Polygon", "coordinates": [ring]})(testford)
    (found,) = faults_of(testford)
    assert found.startswith("lakes.geojson:1: geometry: ")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("[" * 100_000, "not JSON: depth limit exceeded, line 1 column 1026"),
        ('{"a":' * 100_000, "not JSON: depth limit exceeded"),
        ("[]", "not a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": {}}', '"features" is not a list'),
        ('{"type": "FeatureCollection"}', '"features" is not a list'),
        ("{'type': 1}", "not JSON: "),
        ('"\\ud800"', "not JSON: "),
        ("\x00", "not JSON: "),
    ],
    ids=["deep lists", "deep objects", "list", "features", "no features", "quotes", "half a character", "NUL"],
)
def test_json_that_is_no_collection_is_a_fault(document: str, said: str, testford: Testford) -> None:
    path = testford.write() / "dumps.geojson"
    path.write_text(document)
    row = 1 if said.startswith("not JSON") else 0  # only what cannot be parsed has a line to name
    assert faults_in(testford.folder)[0].startswith(f"dumps.geojson:{row}: : {said}")


@pytest.mark.parametrize("each", [5, None, "x", [], {"type": "Point", "coordinates": [1, 2]}], ids=str)
def test_a_member_that_is_no_feature_is_a_fault(each: Any, testford: Testford) -> None:
    testford.layers["dumps"]["features"].append(each)
    assert "dumps.geojson:2: geometry: not a GeoJSON Feature" in faults_of(testford)


def test_geometry_nested_too_deep_is_a_fault_of_its_feature(testford: Testford) -> None:
    deep: Any = point(20.8, 44.8)
    for _ in range(300):
        deep = {"type": "GeometryCollection", "geometries": [deep]}
    feature("dumps", geometry=deep)(testford)
    (found,) = faults_of(testford)
    assert found.startswith("dumps.geojson:1: geometry: not a GeoJSON geometry: Recursion limit reached")


@pytest.mark.parametrize("name", ["catalogue.toml", "statements.toml", "maps/public.toml"])
@pytest.mark.parametrize(
    ("content", "said"),
    [("a = " + "[" * 100_000, "not TOML: nested too deep"), ("a = " + "9" * 5000, "not TOML: Exceeds the limit")],
    ids=["deep", "huge integer"],
)
def test_toml_that_would_exhaust_the_reader_is_a_fault(name: str, content: str, said: str, testford: Testford) -> None:
    (testford.write() / name).write_text(content)
    assert any(fault.startswith(f"{name}:0: : {said}") for fault in faults_in(testford.folder))


ODD = [
    "<script>alert(1)</script>",
    "${alert(1)}",
    "`${1}`",
    "{{ 7 * 7 }}",
    "\u202eevil\u202c",
    "Бор 🏭 ✓",
    "'; DROP TABLE features; --",
    "a\nb",
    "x" * 10_000,
]


@pytest.mark.parametrize("name", ODD, ids=lambda name: ascii(name[:12]))
def test_an_odd_name_is_kept_as_it_is(name: str, testford: Testford) -> None:
    feature("dumps", name_en=name, note=name)(testford)
    testford.tables["source"][0]["title"] = name
    found = check(testford.write(), 100)
    heap = next(each for each in found.features if each.id == "heap")
    assert heap.properties["name"] == {"en": name}
    assert heap.properties["note"] == name
    assert getattr(found.records[0], "title", None) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 10_001, "10001 characters; at most 10000 are allowed"),
        ("=1+1", "begins like a spreadsheet formula: '=1+1'"),
        (" \t@SUM(A1)", "begins like a spreadsheet formula: '@SUM(A1)'"),
        ("a\x1b[31m", "holds a control character: 'a\\x1b[31m'"),
        ("a\x00", "holds a control character: 'a\\x00'"),
        ("a\x9bm", "holds a control character: 'a\\x9bm'"),
        ("a\tb", "holds a control character: 'a\\tb'"),
        (["a"], "not a text: ['a']"),
        ({"en": "a"}, "not a text: {'en': 'a'}"),
        (True, "not a text: True"),
        ("", "a value is required"),
    ],
    ids=lambda each: ascii(each)[:12],
)
def test_a_name_that_no_page_or_spreadsheet_should_hold_is_a_fault(name: Any, said: str, testford: Testford) -> None:
    feature("dumps", name_en=name)(testford)
    assert faults_of(testford) == [f"dumps.geojson:1: name_en: {said}"]


@pytest.mark.parametrize(
    "ident", ["../x", "/x", ".x", "-x", "a b", "a/b", "a\\b", "é", "x" * 81, "a%2fb", "a\nb", "<b>", 5, True, ["a"]]
)
def test_an_id_that_no_address_should_hold_is_a_fault(ident: Any, testford: Testford) -> None:
    feature("lakes", 1, id=ident)(testford)
    (found,) = faults_of(testford)
    assert found.startswith("lakes.geojson:2: id: not an id (letters, digits, _ and -, at most 80 of them): ")


def writer_of(text: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(text)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (writer_of('<OGRVRTDataSource><OGRVRTLayer name="a"/></OGRVRTDataSource>'), "not a GeoPackage"),
        (writer_of('{"type": "FeatureCollection", "features": []}'), "not a GeoPackage"),
        (
            lambda path: path.write_bytes(b"SQLite format 3\x00" + os.urandom(4000)),
            "not a GeoPackage that GDAL can read",
        ),
        (lambda path: path.write_bytes(b"SQLite format 3\x00"), "not a GeoPackage that GDAL can read"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.mkdir(), "no such file"),
    ],
    ids=["VRT", "GeoJSON", "noise", "short", "empty", "folder"],
)
def test_a_corrupt_geopackage_is_a_clear_fault(write: Callable[[Path], object], said: str, testford: Testford) -> None:
    write(prepared(testford, "dumps.gpkg"))
    (testford.folder / "dumps.geojson").unlink(missing_ok=True)
    assert faults_in(testford.folder)[0].startswith(f"dumps.gpkg:0: : {said}")


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"[" * 100_000, b"PK\x03\x04", b'"\\ud800"'], ids=["UTF-16", "deep", "ZIP", "half"]
)
def test_the_command_never_shows_a_traceback(content: bytes, testford: Testford, run_mendmap: Run) -> None:
    folder = testford.write()
    for name in ("lakes.geojson", "source.csv", "readings.csv", "statements.toml", "maps/public.toml"):
        (folder / name).write_bytes(content)
    done = run_mendmap("check", folder, "--json")
    assert done.returncode == 1
    assert done.stderr == ""
    assert {fault["file"] for fault in json.loads(done.stdout)["faults"]} >= {"lakes.geojson", "maps/public.toml"}

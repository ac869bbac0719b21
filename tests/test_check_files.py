"""``mendmap check`` of whole files: the catalogue, hashes, CSV as spreadsheets save it, and reference systems."""

import hashlib
import json
import re
import warnings
from pathlib import Path
from typing import Any

import geopandas
import pytest
from conftest import Run
from faults import Change, all_of, edited, faults_in, faults_of, feature, layer, reading
from place import Testford

from mendmap.load.check import check, renew_hashes

GUARDED = '\n[[readings]]\nfile = "theirs.csv"\nlicence = "CC0-1.0"\nsource = "synthetic"\n'


def line_of(folder: Path, text: str) -> int:
    """The last line of the catalogue that is ``text``; 0 where none is."""
    lines = (folder / "catalogue.toml").read_text("utf-8").splitlines()
    return max((nth for nth, line in enumerate(lines, start=1) if line == text), default=0)


def told(change: Change, expected: str, name: str) -> Any:
    return pytest.param(change, expected, id=name)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        told(layer("dumps", role="heap"), "catalogue.toml:{dumps}: role: not one of the choices: 'heap'", "role"),
        told(
            layer("dumps", more='media = ["aether"]'), "catalogue.toml:{dumps}: media: not one of the choices", "medium"
        ),
        told(
            layer("dumps", geometry='["Point", "Circle"]'),
            "catalogue.toml:{dumps}: geometry: not one of the choices: 'Circle'; choices: LineString,",
            "geometry",
        ),
        told(layer("dumps", more="extent = [1, 2, 3]"), "catalogue.toml:{dumps}: extent: not four numbers", "extent"),
        told(layer("dumps", more="size = 3"), "catalogue.toml:{dumps}: size: unknown column: 'size'", "unknown key"),
        told(
            layer("dumps", more='[layer.fields]\naccuracy_m = "How sure"'),
            "catalogue.toml:{dumps}: fields: every feature has this column already: accuracy_m",
            "a column that is taken",
        ),
        told(
            layer("dumps", kind="Heap"),
            "catalogue.toml:{dumps}: kinds: not a table of ids and their names",
            "kind that is no word",
        ),
        told(layer("dumps", file="gone.gpkg"), "gone.gpkg:0: : no such file", "absent"),
        told(edited("head", "44, 21, 45]", "44, 20, 43]"), "catalogue.toml:2: extent: not a box", "extent of all"),
        told(edited("head", '["en", ', '["en", "en", '), "catalogue.toml:2: languages: ", "a language twice"),
        told(edited("head", '"sr-Latn"', '"Serbian"'), "catalogue.toml:2: languages: ", "no language tag"),
        told(edited("head", "near_m = 1000", "near_m = 1e999"), "catalogue.toml:2: near_m: not a finite", "infinite"),
        told(
            edited("head", "near_m = 1000", f"near_m = 1{'0' * 400}"),
            "catalogue.toml:2: near_m: not a number",
            "huge integer",
        ),
        told(edited("head", "mailto:", "someone "), "catalogue.toml:2: contact: not an address", "contact"),
        told(edited("head", "near_m = 1000", "near_m = "), "catalogue.toml:9: : not TOML: Invalid value", "not TOML"),
        told(
            edited("tail", "", '[[reading]]\nfile = "more.csv"\n'),
            "catalogue.toml:{last}: reading: unknown table: 'reading'; "
            "choices: catalogue, gathered, layer, network, readings, table",
            "unknown table",
        ),
    ],
)
def test_a_mistake_in_the_catalogue_is_told_with_its_line(change: Change, expected: str, testford: Testford) -> None:
    change(testford)
    found = faults_of(testford)
    lines = {"dumps": line_of(testford.folder, 'id = "dumps"') - 1, "last": line_of(testford.folder, "[[reading]]")}
    assert any(fault.startswith(expected.format(**lines)) for fault in found), found


@pytest.mark.parametrize("name", ["sites", "works"])
def test_a_layer_may_not_take_the_name_of_one_that_mendmap_makes(name: str, testford: Testford) -> None:
    testford.layers[name] = testford.layers.pop("rivers")
    found = faults_of(testford)
    line = line_of(testford.folder, f'id = "{name}"') - 1
    assert f"catalogue.toml:{line}: id: '{name}' is a layer that mendmap makes itself; choose another id" in found


def test_two_layers_may_not_share_an_id(testford: Testford) -> None:
    folder = testford.write()
    catalogue = folder / "catalogue.toml"
    first, second = (line_of(folder, f'id = "{name}"') - 1 for name in ("lakes", "dumps"))
    catalogue.write_text(catalogue.read_text().replace('id = "dumps"', 'id = "lakes"'))
    assert f"catalogue.toml:{second}: id: 'lakes' is already used in line {first}" in faults_in(folder)


def test_a_file_may_not_be_listed_twice(testford: Testford) -> None:
    testford.tail = GUARDED.replace("theirs.csv", "readings.csv")
    found = faults_of(testford)
    last = line_of(testford.folder, "[[readings]]")
    assert f"catalogue.toml:{last}: file: 'readings.csv' is already used in line {last - 5}" in found


@pytest.mark.parametrize("name", ["more.csv", "old/lakes.GEOJSON", "extra.gpkg", "notes.toml", "table.xlsx"])
def test_a_data_file_that_is_not_listed_is_a_fault(name: str, testford: Testford) -> None:
    path = testford.write() / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("id\n")
    assert faults_in(testford.folder) == [
        f"{name}:0: : the file is not listed in catalogue.toml; list it or take it away"
    ]


def test_a_listed_file_that_is_absent_is_a_fault(testford: Testford) -> None:
    (testford.write() / "quantity.csv").unlink()
    assert faults_in(testford.folder) == ["quantity.csv:0: : no such file"]


@pytest.mark.parametrize("name", ["../x.csv", "/etc/passwd", "link.csv", "loop.csv", "x" * 300 + ".csv", ".", "x\x00y"])
def test_a_path_that_leads_out_of_the_folder_or_nowhere_is_a_fault(name: str, testford: Testford) -> None:
    testford.tail = GUARDED.replace("theirs.csv", json.dumps(name)[1:-1])
    folder = testford.write()
    (folder.parent / "x.csv").write_text("id\n")
    (folder / "link.csv").symlink_to(folder.parent / "x.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    reasons = ("a path outside the folder", "no such file", "cannot be opened: File name too long", "holds a control")
    assert [fault for fault in faults_in(folder) if any(reason in fault for reason in reasons)]


def guarded(place: Testford, entry: str) -> Path:
    """Writes the place with a file of readings taken from others; returns the catalogue file."""
    place.tail = entry
    folder = place.write()
    (folder / "theirs.csv").write_text("station,parameter\n")
    return folder / "catalogue.toml"


def test_a_file_taken_from_others_needs_its_hash(testford: Testford) -> None:
    path = guarded(testford, GUARDED + 'origin = "others"\n')
    line = line_of(path.parent, "[[readings]]")
    message = "a file taken from others needs its SHA-256; mendmap check --accept writes it"
    assert faults_in(path.parent) == [f"catalogue.toml:{line}: sha256: {message}"]


def test_a_file_that_changed_is_a_fault_until_it_is_accepted(testford: Testford) -> None:
    path = guarded(testford, GUARDED + f'sha256 = "{"0" * 64}"\n')
    (found,) = faults_in(path.parent)
    line = line_of(path.parent, "[[readings]]")
    assert found.startswith(f"catalogue.toml:{line}: sha256: theirs.csv is not the file that was accepted: its SHA-256")
    assert renew_hashes(path.parent, 100) == ["theirs.csv"]
    assert check(path.parent, 100)
    assert renew_hashes(path.parent, 100) == []


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "given", ['sha256 = "00"', "  sha256='00'  # from their site", "sha256 = 5", 'origin = "others"']
)
def test_accepting_renews_the_hash_and_leaves_every_other_byte(given: str, newline: str, testford: Testford) -> None:
    path = guarded(testford, GUARDED + f"{given}\n# Ünïcode stays, and so does\ttrailing space  \n")
    before = path.read_text("utf-8").replace("\n", newline).encode()
    path.write_bytes(before)
    path.chmod(0o640)
    assert renew_hashes(path.parent, 100) == ["theirs.csv"]
    digest = hashlib.sha256((path.parent / "theirs.csv").read_bytes()).hexdigest()
    after = path.read_bytes()
    if "sha256" in given:
        value = re.search(rb"sha256\s*=\s*(\S+)", before)
        assert value
        assert after == before[: value.start(1)] + f'"{digest}"'.encode() + before[value.end(1) :]
    else:
        header = f'[[readings]]{newline}file = "theirs.csv"'
        assert after == before.replace(
            header.encode(), header.replace(newline, f'{newline}sha256 = "{digest}"{newline}').encode()
        )
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in path.parent.glob("*catalogue*")) == ["catalogue.toml"]


def test_a_renewal_that_fails_leaves_the_catalogue_as_it_was(
    testford: Testford, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = guarded(testford, GUARDED + 'sha256 = "00"\n')
    before = path.read_bytes()

    def full(*_: object) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        renew_hashes(path.parent, 100)
    assert path.read_bytes() == before


def rewritten(place: Testford, name: str, content: bytes) -> list[str]:
    (place.write() / name).write_bytes(content)
    return faults_in(place.folder)


SOURCES = "id,title\nsurvey,Synthetic survey\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"id,title,title\nsurvey,a,b\n", ["source.csv:1: title: the column stands twice in the header: 'title'"]),
        (b"id,title\nsurvey,a\nb,c,d\ne,f\nf,g,h,i,j\n", [f"source.csv:{n}: : {n} cells, but the" for n in (3, 5)]),
        (b"id,titel\nsurvey,a\n", ["source.csv:1: titel: unknown column: 'titel'", "source.csv:2: title: a value"]),
        ("id,title\nsurvey,Обзор\n".encode("cp1251"), ["source.csv:0: : not UTF-8: byte 0xce in line 2; save"]),
        ("id,title\nsurvey,a\nb,čaša\n".encode("cp1250"), ["source.csv:0: : not UTF-8: byte 0xe8 in line 3; save"]),
        (SOURCES.encode("utf-16"), ["source.csv:0: : not UTF-8: byte 0xff in line 1"]),
        (SOURCES.encode("utf-16-le"), ["source.csv:1: : no column is known; the first line names them: id, title,"]),
        (b"id,title\nsurvey,a\x00b\n", ["source.csv:2: title: holds a control character: 'a\\x00b'"]),
        (b"", ["source.csv:0: : the file is empty"]),
        (b"\n", ["source.csv:1: : no column is known"]),
        (b'id,title\nsurvey,"a\n', ["source.csv:2: : not CSV: unexpected end of data"]),
        (b'id,title\nsurvey,"a" b\n', ["source.csv:2: : not CSV: ',' expected after '\"'"]),
        (b"id,title\nsurvey,a\nb," + b"x" * 10_001, ["source.csv:3: title: 10001 characters; at most 10000"]),
        (b"id,title\nsurvey,a\nb," + b"x" * 140_000, ["source.csv:3: : not CSV: field larger than field limit"]),
        (b"PAR1", ["source.csv:0: : not text: it begins like a Parquet file"]),
    ],
)
def test_csv_that_cannot_be_taken_as_it_stands(content: bytes, expected: list[str], testford: Testford) -> None:
    found = [fault for fault in rewritten(testford, "source.csv", content) if fault.startswith("source.csv")]
    assert [fault[: len(start)] for fault, start in zip(found, expected, strict=True)] == expected


@pytest.mark.parametrize(
    "content",
    [
        SOURCES,
        "\ufeff" + SOURCES,
        SOURCES.replace(",", ";"),
        SOURCES.replace("\n", "\r\n"),
        "\ufeff" + SOURCES.replace(",", ";").replace("\n", "\r\n"),
        SOURCES + "\n\n",
        SOURCES.replace("Synthetic survey", '"Synthetic\nsurvey"'),
        SOURCES.replace("id,title", " id , title ").rstrip(),
    ],
)
def test_csv_as_spreadsheets_save_it_is_read(content: str, testford: Testford) -> None:
    (testford.write() / "source.csv").write_bytes(content.encode())
    assert next(record.id for record in check(testford.folder, 100).records) == "survey"


def test_a_row_is_told_by_the_line_it_begins_in(testford: Testford) -> None:
    content = b'id,title\nsurvey,"Two\nlines"\n\nsurvey,again\n'
    assert rewritten(testford, "source.csv", content) == ["source.csv:5: id: 'survey' is already used in line 2"]


def test_ten_thousand_unknown_columns_are_each_told_once(testford: Testford) -> None:
    header = ",".join(["id", "title", *(f"c{nth}" for nth in range(10_000))])
    content = f"{header}\nsurvey,a{',1' * 10_000}\nother,b{',1' * 10_000}\n".encode()
    found = rewritten(testford, "source.csv", content)
    assert len(found) == 10_000
    assert found[0].startswith("source.csv:1: c0: unknown column: 'c0'; choices: id, ")


def geopackage(place: Testford, crs: str, declared: str) -> None:
    """Turns the layer of dumps into a GeoPackage that is in one system, and declared to be in another."""
    found = [each["properties"] for each in place.layers["dumps"]["features"]]
    where = geopandas.points_from_xy([20.8], [44.8])
    frame = geopandas.GeoDataFrame(found, geometry=where, crs="EPSG:4326").to_crs(crs)
    place.layers["dumps"] |= {"file": "dumps.gpkg", "crs": declared}
    (place.write() / "dumps.gpkg").unlink(missing_ok=True)
    with warnings.catch_warnings(action="ignore"):
        frame.to_file(place.folder / "dumps.gpkg", layer="dumps", driver="GPKG")
    (place.folder / "dumps.geojson").unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("crs", "declared"),
    [
        ("EPSG:32634", "EPSG:3909"),
        ("EPSG:3908", "EPSG:3909"),
        ("EPSG:4326", "EPSG:32634"),
        ("EPSG:32634", "EPSG:4326"),
        ("EPSG:4258", "EPSG:4326"),
    ],
)
def test_a_file_in_another_reference_system_than_declared_is_a_fault(
    crs: str, declared: str, testford: Testford
) -> None:
    geopackage(testford, crs, declared)
    (found,) = [fault for fault in faults_in(testford.folder) if fault.startswith("dumps.gpkg:")]
    assert re.fullmatch(rf"dumps.gpkg:0: : the file is in EPSG:\d+, but the catalogue declares {declared}", found)


@pytest.mark.parametrize("declared", ["EPSG:99999999", "Gauss-Krüger", "{}"])
def test_a_reference_system_that_is_none_is_a_fault(declared: str, testford: Testford) -> None:
    geopackage(testford, "EPSG:32634", declared)
    assert f"dumps.gpkg:0: : not a coordinate reference system: '{declared}'" in faults_in(testford.folder)


@pytest.mark.parametrize("declared", ["EPSG:32634", "EPSG:3909"])
def test_geojson_is_never_projected(declared: str, testford: Testford) -> None:
    layer("dumps", crs=declared)(testford)
    expected = f"dumps.geojson:0: : GeoJSON is always OGC:CRS84 (RFC 7946), but the catalogue declares '{declared}'"
    assert expected in faults_of(testford)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", True),
        ("urn:ogc:def:crs:EPSG::4326", True),
        ("EPSG:4326", True),
        ("EPSG:43260", False),
        ("EPSG:3909", False),
        ("urn:ogc:def:crs:EPSG::32634", False),
    ],
)
def test_what_geojson_says_of_its_reference_system_is_believed(name: str, allowed: bool, testford: Testford) -> None:
    path = testford.write() / "dumps.geojson"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"crs": {"properties": {"name": name}}}))
    if allowed:
        assert check(testford.folder, 100)
    else:
        assert faults_in(testford.folder)[0].startswith("dumps.geojson:0: : the file says it is in ")


def test_the_command_prints_every_fault_and_fails(testford: Testford, run_mendmap: Run) -> None:
    all_of(feature("dumps", basis="guess"), reading(1, unit="mg/kg"))(testford)
    (testford.write() / "a\nb\x1b[31m.csv").write_text("id\n")
    (testford.folder / "\udcff.csv").write_text("id\n")
    done = run_mendmap("check", testford.folder)
    assert done.returncode == 1
    faults = faults_in(testford.folder)
    assert len(faults) == 4
    assert done.stderr.splitlines() == [*faults, "4 fault(s); nothing was loaded"]
    assert done.stdout == ""
    listed = run_mendmap("check", testford.folder, "--json")
    assert listed.returncode == 1
    assert listed.stderr == ""
    as_text = [f"{e['file']}:{e['row']}: {e['column']}: {e['message']}" for e in json.loads(listed.stdout)["faults"]]
    assert as_text == faults


def test_the_command_succeeds_where_there_is_no_fault(testford: Testford, run_mendmap: Run) -> None:
    testford.write()
    done = run_mendmap("check", testford.folder, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"faults": [], "features": 7, "records": 13, "readings": 5}


def test_the_command_accepts_a_changed_file(testford: Testford, run_mendmap: Run) -> None:
    path = guarded(testford, GUARDED + 'origin = "others"\n')
    assert run_mendmap("check", path.parent).returncode == 1
    done = run_mendmap("check", path.parent, "--accept")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("accepted theirs.csv\n")


@pytest.mark.parametrize("name", ["nowhere", "file.txt"])
def test_a_folder_that_is_none_is_a_clear_fault(name: str, tmp_path: Path, run_mendmap: Run) -> None:
    (tmp_path / "file.txt").write_text("no folder")
    done = run_mendmap("check", tmp_path / name)
    assert done.returncode == 1
    assert done.stderr == "catalogue.toml:0: : no such file\n1 fault(s); nothing was loaded\n"

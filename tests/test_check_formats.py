"""A folder's files of readings in other formats: read as an ingest does, and wrong in the same words."""

import gzip
from pathlib import Path

import pytest
from conftest import Run
from faults import faults_in
from place import Testford
from reading_files import FILES, workbook

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.readings.tidy import Reading

ENTRY = """
[[readings]]
file = "{file}"
licence = "CC0-1.0"
source = "synthetic"
{more}
"""
MAPPING = """
format = "hourly"
zone = "Europe/Belgrade"
label = "begin"
date = 2024-03-30
source = "survey"
[columns.Chimney]
station = "chimney"
parameter = "so2"
unit = "mg/m3"
"""


def place(testford: Testford, file: str, content: bytes, more: str, **others: str) -> Path:
    """Testford with one more file of readings; its own rows are left out."""
    testford.rows = testford.rows[:0]
    testford.tail = ENTRY.format(file=file, more=more)
    folder = testford.write()
    header = "station,parameter,averaging,start,end,value,unit,quality,source\n"
    (folder / "readings.csv").write_text(header, "utf-8")
    for name, text in {"notice.toml": MAPPING, **others}.items():
        if name in more:
            (folder / name).write_text(text, "utf-8")
    (folder / file).write_bytes(content)
    return folder


def readings(folder: Path) -> list[Reading]:
    return list(check(folder, 100).readings)


NOTICE = b"hour,Chimney\n1,0.25\n2,<0.005\n3,/\n"
MAPPED = 'mapping = "notice.toml"'


@pytest.mark.parametrize("packing", [bytes, gzip.compress])
def test_a_wide_table_becomes_readings_that_know_their_line(testford: Testford, packing: type[bytes]) -> None:
    first, second, third = readings(place(testford, "notice.csv", packing(NOTICE), MAPPED))
    assert (first.series, first.source, first.file, first.row) == ("chimney.so2.1h", "survey", "notice.csv", 2)
    # 31 March begins summer time; the table is of the day before, an hour ahead of UTC.
    assert (f"{first.start:%Y-%m-%dT%H:%M%z}", f"{first.end:%H:%M}") == ("2024-03-30T00:00+0000", "01:00")
    assert (first.value, first.unit, first.canonical) == (0.25, "mg/m3", pytest.approx(250))
    assert (second.qualifier, second.value, second.detection_limit) == ("<", 0.005, 0.005)
    assert second.canonical_limit == pytest.approx(5)
    assert (third.quality, third.value, third.row) == ("missing", None, 4)


def test_a_workbook_gives_the_rows_of_its_sheet(testford: Testford, tmp_path: Path) -> None:
    book = workbook(tmp_path / "book", [["hour", "Chimney"], [1, 0.25], [None, None], [3, "/"]])
    found = readings(place(testford, "notice.xlsx", book.read_bytes(), MAPPED))
    assert [(each.row, each.value) for each in found] == [(2, 0.25), (4, None)]


def test_an_agencys_file_is_found_by_its_content_and_its_codes_by_aliases(testford: Testford) -> None:
    content = b"".join((FILES / "eea_aq.csv").read_bytes().splitlines(keepends=True)[:4])
    testford.tables["parameter"][0]["aliases"] = "eea:1; wqx:Sulfur dioxide"
    chimney = testford.layers["stations"]["features"][1]["properties"]
    assert chimney["id"] == "chimney"
    chimney["aliases"] = "eea:SPO-XX0001A_00001_100"
    more = 'format = "auto"\nzone = "Etc/GMT-1"'
    lines = [f"eea.csv:{line}: source: no such source" for line in (2, 3, 4)]
    assert [each[: len(lines[0])] for each in faults_in(place(testford, "eea.csv", content, more))] == lines
    found = readings(place(testford, "eea.csv", content, more + '\nsource_id = "survey"'))
    assert [(each.station, each.parameter, each.value, each.source) for each in found] == [
        ("chimney", "so2", 12.5, "survey"), ("chimney", "so2", 0.8, "survey"), ("chimney", "so2", 1.3, "survey")
    ]  # fmt: skip
    assert f"{found[0].start:%Y-%m-%dT%H:%M}" == "2023-12-31T23:00"


@pytest.mark.parametrize(
    ("file", "content", "more", "fault"),
    [
        ("n.csv", b"hour,Chimney\n1,x\n", MAPPED,
         "n.csv:2: value: not a finite number, or it does not go with the quality: 'x'"),
        ("n.csv", b"hour,Roof\n1,2\n", MAPPED,
         "n.csv:0: : mapping: no such column: 'Chimney'; choices: Roof, hour"),
        ("n.csv", NOTICE, 'mapping = "none.toml"', "none.toml:0: : no such file"),
        ("n.csv", NOTICE, 'mapping = "../up.toml"', "catalogue.toml:{tail}: mapping: a path outside the folder"),
        ("n.csv", NOTICE, 'format = "wide"', "n.csv:0: : no such format: 'wide'; choices: eea_aq"),
        ("n.csv", NOTICE, 'format = "auto"', "n.csv:0: : not recognised: columns 'hour', 'Chimney'; formats:"),
        ("n.csv", NOTICE, 'label = "middle"\nformat = "auto"', "catalogue.toml:{tail}: label: not one of the choices"),
        ("n.csv", NOTICE, f'{MAPPED}\nencoding = "morse"', "n.csv:0: : not an encoding of text: 'morse'"),
        ("n.csv", b"", MAPPED, "n.csv:0: : the file is empty"),
        ("n.csv", b"\x1f\x8b\x08junk", MAPPED, "n.csv:0: : a compressed file that cannot be read"),
        ("n.csv", NOTICE, f'{MAPPED}\nzone = "Mars/Olympus"', "n.csv:0: : Unknown TimeZone 'Mars/Olympus'!"),
        ("n.csv", NOTICE, f'{MAPPED}\nsource_id = "hearsay"', "n.csv:0: : no such source: 'hearsay'; choices: survey"),
        ("w.csv", b"monitoringSiteIdentifier,observedPropertyDeterminandCode,procedureAnalysedMatrix,resultUom,"
         b"phenomenonTimeSamplingDate,resultObservedValue,resultQualityObservedValueBelowLOQ\n"
         b"inlet,CAS_7440-50-8,W-DIS,ug/L,20190305,2,0\n", 'format = "wise6"\nzone = "UTC"',
         "w.csv:2: parameter: no such parameter; add wise:CAS_7440-50-8|W-DIS to the aliases of the one it means: "
         "'CAS_7440-50-8|W-DIS'; choices: cu, so2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(
    testford: Testford, file: str, content: bytes, more: str, fault: str
) -> None:
    folder = place(testford, file, content, more)
    catalogue = (folder / "catalogue.toml").read_text("utf-8")
    tail = catalogue.count("\n", 0, catalogue.rindex("[[readings]]")) + 1
    said = faults_in(folder)
    assert any(line.startswith(fault.format(tail=tail)) for line in said), said


def test_a_mapping_that_says_too_much_is_its_own_fault(testford: Testford) -> None:
    folder = place(testford, "n.csv", NOTICE, MAPPED, **{"notice.toml": "colour = 'red'\n" + MAPPING})
    assert faults_in(folder)[0].startswith("notice.toml:0: : mapping: unknown key: 'colour'")


def test_a_mapping_that_no_entry_names_is_not_listed(testford: Testford) -> None:
    folder = place(testford, "n.csv", NOTICE, MAPPED)
    (folder / "other.toml").write_text(MAPPING)
    assert faults_in(folder) == ["other.toml:0: : the file is not listed in catalogue.toml; list it or take it away"]


def test_a_unit_that_cannot_be_converted_says_why(testford: Testford) -> None:
    folder = place(testford, "n.csv", b"hour,Chimney\n1,4\n", MAPPED,
                   **{"notice.toml": MAPPING.replace("mg/m3", "ppb")})  # fmt: skip
    assert faults_in(folder) == [
        "n.csv:2: unit: 'ppb' cannot be converted to 'ug/m3' without temperature and pressure "
        "(write ppb @ 20 degC, 101.3 kPa) (the unit of so2)"
    ]


def test_such_readings_are_loaded_and_loaded_again_without_a_change(testford: Testford, tmp_path: Path) -> None:
    folder = place(testford, "notice.csv", NOTICE, MAPPED)
    found = check(folder, 100)
    assert write(found, str(tmp_path / "lake"), folder).changes["readings"]["added"] == 3
    assert not write(found, str(tmp_path / "lake"), folder).changed


def test_the_command_counts_them(testford: Testford, run_mendmap: Run) -> None:
    done = run_mendmap("check", place(testford, "notice.csv", NOTICE, MAPPED))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "3 readings" in done.stdout

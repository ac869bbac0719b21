"""Wide tables: decimal and thousands marks, hours, merged cells, formulas, and mapping files that say too much."""

import datetime as dt
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from conftest import Run
from reading_files import claims, mapping_of, workbook

from mendmap.readings.mapping import COLUMN_KEYS, KEYS, Column, Wide, options_of, read_mapping
from mendmap.readings.opened import ReadError

SHEET = """
format = "sheet"
station = "s"
date_column = "date"
averaging = "sample"
{more}
[columns.x]
parameter = "p"
unit = "mg/L"
"""


def values(tmp_path: Path, cells: list[str], more: str = "") -> list[str | None]:
    """What each cell becomes, with its qualifier before it."""
    lines = ["date;x", *(f'2024-01-01;"{each}"' for each in cells)]
    (tmp_path / "sheet").write_text("\n".join(lines), "utf-8")
    found = {row["file_row"]: row for row in claims(tmp_path / "sheet", mapping=tomllib.loads(SHEET.format(more=more)))}
    rows = [found.get(number) for number in range(1, len(cells) + 1)]
    return [row and row.get("qualifier", "") + row.get("value", row["quality"]) for row in rows]


@pytest.mark.parametrize(
    ("more", "cell", "claim"),
    [
        ("", "1.5", "1.5"),
        ("", "1,5", "'1,5'"),
        ("", "< 0.5", "<0.5"),
        ("", ">10", ">10"),
        ("", "-0", "-0"),
        ("", "1e-3", "1e-3"),
        ("", "=1+1", "=1+1"),
        ("", "n.d.", "n.d."),
        ("", "1 234", "'1 234'"),
        ("decimal = ','", "1,5", "1.5"),
        ("decimal = ','", "<\u00a00,5", "<0.5"),
        ("decimal = ','", "1.5", "'1.5'"),
        ("decimal = ','", "1,5E+3", "1.5E+3"),
        ("decimal = ','", ",5", ".5"),
        ("decimal = ','\nthousands = '.'", "1.234,5", "1234.5"),
        ("decimal = ','\nthousands = '.'", "1234,5", "1234.5"),
        ("decimal = ','\nthousands = '.'", "1.5", "'1.5'"),
        ("decimal = ','\nthousands = '.'", "1.2345", "'1.2345'"),
        ("thousands = ','", "1,234,567", "1234567"),
        ("thousands = ','", "12,34", "'12,34'"),
        ("thousands = ' '", "1\u00a0234", "1234"),
        ('thousands = "\'"', "1'234.5", "1234.5"),
        ("missing = ['/', '<<']", "/", "missing"),
        ("missing = ['/', '<<']", "<<", "missing"),
        ("", " ", None),
    ],
)
def test_a_number_is_read_in_the_declared_marks_or_not_at_all(
    more: str, cell: str, claim: str | None, tmp_path: Path
) -> None:
    assert values(tmp_path, [cell], more) == [claim]


@pytest.mark.parametrize(
    ("label", "start"),
    [
        ("0", "2024-03-30T00:00"),
        ("00:00", "2024-03-30T00:00"),
        ("7h", "2024-03-30T07:00"),
        ("07.30", "2024-03-30T07:30"),
        ("23:00:00", "2024-03-30T23:00"),
        ("24", "2024-03-31T00:00"),
        ("24:30", "2024-03-30T24:30"),
        ("25:00", "2024-03-30T25:00"),
        ("12:60", "2024-03-30T12:60"),
        ("noon", "2024-03-30Tnoon"),
        ("", None),
    ],
)
def test_an_hour_is_read_to_midnight_and_no_further(label: str, start: str | None, tmp_path: Path) -> None:
    (tmp_path / "notice").write_text(f"hour,a\n{label},1\n")
    text = "format='hourly'\ndate=2024-03-30\n[columns.a]\nstation='s'\nparameter='p'\nunit='u'\n"
    (row,) = claims(tmp_path / "notice", mapping=tomllib.loads(text))
    assert row["start"] == (start or "2024-03-30T")


def test_the_day_can_stand_in_a_column_after_the_hour(tmp_path: Path) -> None:
    (tmp_path / "notice").write_text("dan;a;sat\n29.02.2024;1;24:00\n31.12.2024;<2;24\n29.02.2023;3;1\n")
    text = """
    format = "hourly"
    date_column = "dan"
    date_format = "%d.%m.%Y"
    hour_column = "sat"
    [columns.a]
    station = "s"
    parameter = "p"
    """
    rows = claims(tmp_path / "notice", mapping=tomllib.loads(text))
    assert [row["start"] for row in rows] == ["2024-03-01T00:00", "2025-01-01T00:00", "29.02.2023T1"]
    assert all("end" not in row for row in rows)


def test_a_header_of_merged_cells_belongs_to_all_their_columns(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Report of a synthetic laboratory"],
        ["date", "place", "Dissolved", None, "Total"],
        [None, None, "Cu", "Pb", "Cu"],
        [None, None, "ug/L", None, "mg/L"],
        [dt.datetime(2024, 1, 2), "s1", 0.25, "<0,1", 12],
        [None] * 5,
        ["3.1.2024", "s2", "0,5", None, None],
    ]
    book = workbook(tmp_path / "book", rows, ("C2:D2", "C4:D4", "A2:A4", "A1:E1"))
    text = """
    format = "sheet"
    header_row = 2
    header_rows = 3
    unit_row = 3
    decimal = ","
    date_column = "date"
    date_format = "%d.%m.%Y"
    station_column = "place"
    [columns."Dissolved / Cu"]
    parameter = "cu_d"
    [columns."Dissolved / Pb"]
    parameter = "pb_d"
    [columns."Total / Cu"]
    parameter = "cu_t"
    unit = "ug/L"
    """
    found = claims(book, mapping=tomllib.loads(text))
    key = ("file_row", "station", "start", "parameter", "value", "unit")
    assert {tuple(row[each] for each in key) for row in found} == {
        (1, "s1", "2024-01-02", "cu_d", "0.25", "ug/L"),
        (1, "s1", "2024-01-02", "pb_d", "0.1", "ug/L"),
        (1, "s1", "2024-01-02", "cu_t", "12", "ug/L"),
        (3, "s2", "2024-01-03", "cu_d", "0.5", "ug/L"),
    }


def test_merged_cells_below_the_header_are_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "book", [["date", "x"], ["2024-01-01", 1], [None, 2]], ("A2:A3",))
    with pytest.raises(ReadError, match="merged below the header, from row 2 to row 3; unmerge them"):
        claims(book, mapping=tomllib.loads(SHEET.format(more="")))


def test_a_formula_gives_its_saved_value_and_is_refused_without_one(tmp_path: Path) -> None:
    book = workbook(tmp_path / "book", [["date", "x"], ["2024-01-01", "=1+1"]])
    with pytest.raises(ReadError, match="B2 holds a formula without a saved value"):
        claims(book, mapping=tomllib.loads(SHEET.format(more="")))
    assert _with_saved_value(book, tmp_path / "saved") == "2"


def _with_saved_value(book: Path, copy: Path) -> str:
    """openpyxl saves no values of formulas, so one is written into the sheet's XML."""
    import zipfile

    with zipfile.ZipFile(book) as source, zipfile.ZipFile(copy, "w") as target:
        for each in source.namelist():
            content = source.read(each)
            target.writestr(
                each,
                content.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
                .replace(b"<f>1+1</f><v/>", b"<f>1+1</f><v>2</v>")
                .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"),
            )
    (row,) = claims(copy, mapping=tomllib.loads(SHEET.format(more="")))
    return str(row["value"])


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["cover", "page"])
    second = book.create_sheet("Results")
    for row in (["date", "x"], ["2024-01-01", 3]):
        second.append(row)
    book.save(tmp_path / "book")
    (row,) = claims(tmp_path / "book", mapping=tomllib.loads(SHEET.format(more="sheet = 'Results'")))
    assert row["value"] == "3"
    with pytest.raises(ReadError, match="no sheet: 'Rest'; choices: Results, Sheet"):
        claims(tmp_path / "book", mapping=tomllib.loads(SHEET.format(more="sheet = 'Rest'")))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("format = 'tidy'", "mapping: format: 'tidy'; choices: hourly, sheet"),
        ("", "mapping: format: None"),
        (SHEET.format(more="colour = 'red'"), "mapping: unknown key: 'colour'"),
        (SHEET.format(more="hour_column = 'x'"), "mapping: unknown key: 'hour_column'"),
        (SHEET.format(more="decimal = ';'"), "mapping: decimal: ';'"),
        (SHEET.format(more="thousands = '.'"), "the same mark"),
        (SHEET.format(more="averaging2 = 1"), "unknown key"),
        (SHEET.format(more="header_row = true"), "header_row: not a whole number"),
        (SHEET.format(more="header_rows = 0"), "header_rows is 1 to 10"),
        (SHEET.format(more="missing = '/'"), "missing: not a list of at most 100 texts"),
        (SHEET.format(more="blank = 'zero'"), "mapping: blank: 'zero'; choices: missing, nothing"),
        (SHEET.format(more="quality = 'fine'"), "mapping: quality: 'fine'"),
        (SHEET.format(more='sheet = "a\\u0000b"'), "sheet: not a text"),
        ("format = 'sheet'\ndate_column = 'd'", "is needed, with parameter"),
        ("format = 'sheet'\ndate_column = 'd'\n[columns]\nx = 1", "columns.'x' is no table"),
        ("format = 'sheet'\ndate_column = 'd'\n[columns.x]\nunit = 'u'", "columns.'x': parameter is needed"),
        ("format = 'sheet'\ndate_column = 'd'\n[columns.x]\nparameter = 'p'", "no station, and no station_column"),
        ("format = 'hourly'\nstation = 's'\n[columns.x]\nparameter = 'p'", "date or date_column is needed"),
        ("format = 'hourly", "is no TOML"),
        ("a = " + "[" * 5000, "is no TOML"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(text, "utf-8")
    with pytest.raises(ReadError) as caught:
        read_mapping(tmp_path / "mapping.toml")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_command_says_what_is_wrong_with_a_mapping_in_one_line(tmp_path: Path, run_mendmap: Run) -> None:
    (tmp_path / "mapping.toml").write_text("format = 'tidy'")
    done = run_mendmap("ingest", tmp_path / "x.csv", "--mapping", tmp_path / "mapping.toml", "--lake", tmp_path)
    assert (done.returncode, done.stderr) == (1, "mendmap: mapping: format: 'tidy'; choices: hourly, sheet\n")


def test_a_mapping_names_columns_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "sheet").write_text("date,y\n2024-01-01,1\n")
    with pytest.raises(ReadError, match="mapping: no such column: 'x'; choices: date, y"):
        claims(tmp_path / "sheet", mapping=tomllib.loads(SHEET.format(more="")))


@pytest.mark.parametrize("ours", ["x", "cell", "cells", "sign", "missing", "named", "start", "station", "raw", "value"])
def test_a_column_may_be_called_what_we_call_ours(ours: str, tmp_path: Path) -> None:
    (tmp_path / "sheet").write_text(f"date,{ours}\n2024-01-01,<3\n")
    text = f"format='sheet'\nstation='s'\ndate_column='date'\n[columns.{ours}]\nparameter='p'\n"
    (row,) = claims(tmp_path / "sheet", mapping=tomllib.loads(text))
    assert (row["qualifier"], row["value"], row["station"], row["start"]) == ("<", "3", "s", "2024-01-01")


def test_every_key_of_a_mapping_is_explained() -> None:
    for keys, table in ((KEYS, Wide), (COLUMN_KEYS, Column)):
        assert {each.name for each in keys} == {each.name for each in fields(table)} - {"header"}


NOTICE = """
format = "hourly"
date = 2024-03-30
source = "board"
{more}
[columns.a]
station = "s"
parameter = "p"
unit = "ppb"
flags = "station_unnamed"
note = "second column"
"""


def notice(tmp_path: Path, rows: str, more: str) -> list[dict[str, Any]]:
    (tmp_path / "notice").write_text(f"hour,a,who,words,said\n{rows}\n")
    return claims(tmp_path / "notice", mapping=tomllib.loads(NOTICE.format(more=more)))


def test_source_flags_and_note_stand_in_columns_of_their_own(tmp_path: Path) -> None:
    more = "source_column = 'who'\nflags_column = 'words'\nnote_column = 'said'\nmissing_note = 'not printed'"
    first, second = notice(tmp_path, '1,3,notice_1,"hour_repeated, page_address_rebuilt",loud\n2,/,,,', more)
    assert (first["source"], first["note"]) == ("notice_1", "loud; second column")
    assert first["flags"] == "station_unnamed,hour_repeated,page_address_rebuilt"
    assert (second["note"], second["quality"]) == ("second column; not printed", "missing")
    assert "source" not in second and second["flags"] == "station_unnamed"


def test_a_blank_cell_is_missing_or_nothing_as_the_mapping_says(tmp_path: Path) -> None:
    assert [row["quality"] for row in notice(tmp_path, "1,,,,\n2,5,,,", "")] == ["missing", "preliminary"]
    assert [row["file_row"] for row in notice(tmp_path, "1,,,,\n2,5,,,\n3,/,,,", "blank = 'nothing'")] == [2, 3]


def test_parts_of_air_are_stated_at_a_temperature_and_pressure(tmp_path: Path) -> None:
    (row,) = notice(tmp_path, "1,5,,,", "temperature_c = 20\npressure_kpa = 101.3")
    assert row["unit"] == "ppb @ 20 degC, 101.3 kPa"
    assert notice(tmp_path, "1,5,,,", "")[0]["unit"] == "ppb"
    with pytest.raises(ReadError, match="temperature_c and pressure_kpa go together"):
        notice(tmp_path, "1,5,,,", "temperature_c = 20")


def test_zone_and_label_come_from_the_mapping_unless_they_are_said() -> None:
    mapping = mapping_of("hourly.csv")
    assert (options_of(mapping).zone, options_of(mapping).label) == ("Europe/Belgrade", "end")
    said = options_of(mapping, "UTC", "begin", "notice")
    assert (said.zone, said.label, said.source) == ("UTC", "begin", "notice")

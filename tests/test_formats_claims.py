"""Every format: exactly these claims from that file, whatever it is packed in; and no file fits two formats."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from pyarrow import parquet as pq
from reading_files import (
    FILES,
    FORMAT_OF,
    MAPPED,
    MAX_BYTES,
    agencys_parquet,
    cells_of,
    claims,
    gzipped,
    mapping_of,
    workbook,
    zipped,
    zstd,
)

from mendmap.readings.formats import FORMATS, recognise
from mendmap.readings.opened import ReadError, open_readings


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["file_row"], row.get("station", ""), row.get("parameter", "")))


def expected(name: str) -> list[dict[str, Any]]:
    lines = (FILES / name).with_suffix(".claims.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", [*FORMAT_OF, *MAPPED])
def test_a_file_gives_exactly_the_claims_beside_it(name: str) -> None:
    assert in_order(claims(FILES / name, mapping=mapping_of(name))) == expected(name)


@pytest.mark.parametrize("name", FORMAT_OF)
@pytest.mark.parametrize("packed", [gzipped, zipped, zstd])
def test_a_packed_file_under_another_name_is_recognised_the_same(name: str, packed: Any, tmp_path: Path) -> None:
    assert in_order(claims(packed(FILES / name, tmp_path))) == expected(name)


@pytest.mark.parametrize("name", [*FORMAT_OF, *MAPPED])
def test_a_file_fits_one_format_and_no_other(name: str) -> None:
    with open_readings(FILES / name, MAX_BYTES) if name != "sheet.csv" else _below_its_title(name) as file:
        fits = [each.name for each in FORMATS if each.recognises(file)]
        assert fits == ([FORMAT_OF[name]] if name in FORMAT_OF else [])
        if name in FORMAT_OF:
            assert recognise(file).name == FORMAT_OF[name]
            assert recognise(file, FORMAT_OF[name]).name == FORMAT_OF[name]
        else:
            with pytest.raises(ReadError, match=r"not recognised: columns .*; formats: tidy"):
                recognise(file)


def _below_its_title(name: str) -> Any:
    return open_readings(FILES / name, MAX_BYTES, header_row=2)


@pytest.mark.parametrize("name", [each for each in FORMAT_OF if each.endswith(".csv") and each != "eea_aq.csv"])
def test_a_workbook_of_texts_gives_the_claims_of_the_csv(name: str, tmp_path: Path) -> None:
    assert in_order(claims(workbook(tmp_path / "book", cells_of(FILES / name)))) == expected(name)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1250"])
def test_other_encodings_are_read_where_they_are_declared(encoding: str, tmp_path: Path) -> None:
    text = (FILES / "sheet.csv").read_text("utf-8")
    (tmp_path / "copy").write_bytes(text.encode(encoding))
    found = claims(tmp_path / "copy", mapping=mapping_of("sheet.csv"), encoding=encoding)
    assert in_order(found) == expected("sheet.csv")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_delimiters_and_line_endings_change_nothing(delimiter: str, ending: str, tmp_path: Path) -> None:
    rows = cells_of(FILES / "eea_aq.csv")
    (tmp_path / "copy").write_text(ending.join(delimiter.join(row) for row in rows) + ending, newline="")
    assert in_order(claims(tmp_path / "copy")) == expected("eea_aq.csv")


def test_the_agencys_parquet_gives_the_claims_of_its_csv(tmp_path: Path) -> None:
    found = in_order(claims(agencys_parquet(tmp_path / "data")))
    assert found == [each for each in expected("eea_aq.csv") if "+01:00" not in each["start"]]


def test_typed_parquet_stays_typed_and_keeps_its_moments_and_digits(tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    start = dt.datetime(2024, 7, 1, 1, tzinfo=zone)
    exact = dt.datetime(2024, 7, 1, 1, 0, 0, 250, tzinfo=zone)
    table = pa.table(
        {
            "station": ["s", "s", "s"],
            "parameter": ["p", "p", "p"],
            "start": pa.array([start, exact, None], pa.timestamp("us", tz="Europe/Belgrade")),
            "end": pa.array([dt.datetime(2024, 7, 1, 2)] * 3, pa.timestamp("ms")),
            "value": pa.array([0.1, float("nan"), 1e308], pa.float64()),
            "unit": pa.array(["ug/m3"] * 3).dictionary_encode(),
            "detection_limit": pa.array([Decimal("0.500"), Decimal("100.000"), None], pa.decimal128(9, 3)),
        }
    )
    pq.write_table(table, tmp_path / "typed")
    with open_readings(tmp_path / "typed", MAX_BYTES) as file:
        assert file.typed == {"start", "end", "value", "detection_limit"}
    first, second, third = claims(tmp_path / "typed")
    assert (first["start"], first["end"], first["value"]) == ("2024-06-30T23:00:00+00:00", "2024-07-01T02:00:00", "0.1")
    assert (second["start"], second["value"]) == ("2024-06-30T23:00:00.000250+00:00", "nan")
    assert (first["detection_limit"], second["detection_limit"]) == ("0.5", "100")
    assert "start" not in third
    assert float(third["value"]) == 1e308


def test_a_workbook_of_numbers_and_dates_is_read_as_a_person_sees_it(tmp_path: Path) -> None:
    rows = [
        ["station", "parameter", "averaging", "start", "value", "unit", "note", "faults"],
        ["s", "p", "instant", dt.datetime(2024, 2, 29, 10, 15), 0.25, "ug/m3", True, "was wrong"],
        [None] * 8,
        ["s", "p", "instant", "2024-02-29T11:15Z", 12, "ug/m3", "#N/A", None],
    ]
    first, second = claims(workbook(tmp_path / "book", rows))
    assert first | {"start": "2024-02-29T10:15:00", "value": "0.25", "note": "true", "file_row": 1} == first
    assert second | {"value": "12", "note": "#N/A", "file_row": 3} == second


def test_the_words_of_an_unknown_column_and_an_unknown_format_name_the_choices(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("station,parameter,start,value,unit,colour\n")
    with pytest.raises(ReadError, match="unknown column: 'colour'; choices: averaging, detection_limit"):
        claims(tmp_path / "more")
    with pytest.raises(ReadError, match="no such format: 'tdy'; choices: eea_aq, hourly, sensorthings, sheet, tidy"):
        claims(FILES / "tidy.csv", "tdy")
    with pytest.raises(ReadError, match="not recognised as wqx: columns 'station'"):
        claims(FILES / "tidy.csv", "wqx")


def test_every_format_documents_its_columns() -> None:
    for form in FORMATS:
        assert form.about
        assert len(form.columns) >= 3
        assert all(each.meaning.endswith((".", "valid, ozone by CCQM", "categories")) for each in form.columns)
        assert len({each.name for each in form.columns}) == len(form.columns)


@pytest.mark.parametrize("name", ["station's", 'a"b', "*?[x]{y}", "a;b", "  ", "ш"])
def test_the_file_may_have_any_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes((FILES / "tidy.csv").read_bytes())
    assert claims(tmp_path / name) == expected("tidy.csv")


def test_an_empty_table_has_no_claims(tmp_path: Path) -> None:
    for name in ("tidy.csv", "eea_aq.csv", "wise6.csv", "wqx_legacy.csv", "wqx3.csv"):
        (tmp_path / name).write_text((FILES / name).read_text("utf-8").splitlines()[0], "utf-8")
        assert claims(tmp_path / name) == []
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["station", "parameter", "start", "value", "unit"])
    book.save(tmp_path / "book")
    assert claims(tmp_path / "book") == []

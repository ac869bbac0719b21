"""Files that are wrong: a ReadError of one line, or claims; never another exception, never a row lost in silence."""

import datetime as dt
import gzip
import os
import random
import subprocess
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from conftest import MENDMAP, times
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from place import Testford
from pyarrow import parquet as pq
from reading_files import (
    FILES,
    FORMAT_OF,
    MAPPED,
    MAX_BYTES,
    agencys_parquet,
    cells_of,
    claims,
    mapping_of,
    parquet,
    verdict,
    workbook,
)
from test_lake import load

from mendmap.errors import QueryError
from mendmap.lake import ledger
from mendmap.lake.connection import open_lake
from mendmap.readings.opened import ReadError, open_readings

HEADER = "station,parameter,start,value,unit\n"
ROW = "s,p,2024-01-01T00:00Z,1,ug/m3\n"


Seeds = list[tuple[bytes, Mapping[str, Any]]]


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(ReadError) as caught:
        claims(path, **options)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1500
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"%PDF-1.7", "a PDF"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"<?xml version='1.0'?>", "a web page or XML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"PK\x03\x04junk", "a zip that cannot be read"),
        (b"PAR1junkPAR1", "a Parquet file that cannot be read"),
        (b"\x1f\x8b\x08junk", "a compressed file that cannot be read"),
        (b"\x28\xb5\x2f\xfdjunk", "a compressed file that cannot be read"),
        (HEADER.encode("utf-16"), "add --encoding utf-16"),
        (HEADER.encode("utf-16-le"), "add --encoding utf-16-le"),
        ((HEADER + "š,p\n").encode("cp1250"), "line 2 is not UTF-8; add --encoding, for instance --encoding cp1250"),
        ((HEADER + ROW * 3000 + "š,p,x,1,u\n").encode("cp1250"), "line 3002: not UTF-8; add --encoding"),
        ((HEADER + ROW * 3000 + "s,p,x,1\0,u\n").encode(), "line 3002 holds a NUL byte"),
        (b"just a text\n", "no header"),
        (b"station,value,Station\n", "holds 'station' more than once"),
        (b"s,p,2024-01-01T00:00Z,1,ug/m3\n", "no header: '2024-01-01T00:00Z'"),
        (b"station,12.5\n", "no header: '12.5'"),
        (b"station,parameter,start,value,unit,file_row\n", "may not be called 'file_row'"),
        (b"station,parameter,,start,value,unit\n", "column 3 of the header has no name"),
        (b",".join(b"c%d" % n for n in range(10_000)) + b"\n", "10000 columns; at most 2000"),
        (b",".join(b"column_%d" % n for n in range(10_000)) + b"\n", "the header is longer than 65536 bytes"),
        (b'station,"value\n' + b"x" * 70_000, "no header"),
        ((HEADER + ROW + "s,p,2024\n").encode(), "line 3: 3 cells where the header has 5"),
        ((HEADER + ROW + "s,p,2024,1,u,more\n").encode(), "line 3: 6 cells where the header has 5"),
        ((HEADER + ROW * 30_000 + "s,p\n").encode(), "line 30002: 2 cells where the header has 5"),
        ((HEADER + 's,p,2024,1,"ug\n' + ROW).encode(), "a quotation mark that is not closed"),
        ((HEADER + 's,p,2024,1,"u"g\n' + ROW).encode(), "a quotation mark that is not closed, or text after it"),
        ((HEADER + ROW + ROW.strip() + "\r\n").encode(), "line endings of two kinds"),
        (b'{"value": 1}', "not recognised: json that begins"),
        (b'[{"@iot.id": 1', "not JSON"),
        (b'{"@iot.id": 1, "value": 2}', "value is no list"),
        (b'{"@iot.id": 1, "value": [2]}', "entry 1 is no object"),
        (b'{"@iot.id": 1, "value": [{}]}', "has no Observations"),
        (b'{"Observations": [], "Observations@iot.nextLink": "x"}', "is not whole"),
        (b'{"Observations": [{"phenomenonTime": [], "result": 1}]}', "where one value is expected"),
        (b'{"phenomenonTime": "2024", "result": 1}', "$expand=Datastream"),
        (b'{"dataArray": [[1]], "components": [], "Datastream": {}}', "does not have its 0 components"),
        (b'{"@iot.id":' + b"[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert words in refusal(tmp_path / "file")


def test_a_file_that_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none")
    assert "no such file" in refusal(tmp_path)


@pytest.mark.parametrize(
    "encoding", ["utf-17", "rot13", "zlib", "idna", "punycode", "unicode_escape", "", "a\0b", "😀"]
)
def test_only_encodings_of_text_are_encodings(encoding: str) -> None:
    assert "not an encoding of text" in refusal(FILES / "tidy.csv", encoding=encoding)


def test_a_declared_encoding_that_is_wrong_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(HEADER.encode() + b"\x81\x83\xff\n")
    assert "not in the encoding 'cp1250'" in refusal(tmp_path / "file", encoding="cp1250")
    assert "not in the encoding 'utf-16'" in refusal(tmp_path / "file", encoding="utf-16")


@pytest.mark.parametrize("kind", ["gzip", "zip", "zstd", "xlsx"])
def test_a_bomb_is_stopped_at_the_bound(kind: str, tmp_path: Path) -> None:
    path, content = tmp_path / "bomb", HEADER.encode() + b"x" * 20_000_000
    if kind == "gzip":
        path.write_bytes(gzip.compress(content))
    elif kind == "zstd":
        with pa.CompressedOutputStream(pa.OSFile(str(path), "wb"), "zstd") as target:
            target.write(content)
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml" if kind == "xlsx" else "data", content)
    assert path.stat().st_size < 100_000
    assert "decompresses to more than 1000000 bytes" in refusal(path, max_bytes=1_000_000)


def test_a_bomb_is_stopped_by_its_growth_where_no_bound_is_near(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    with gzip.open(path, "wb", compresslevel=6) as target:
        target.write(HEADER.encode())
        for _ in range(300):
            target.write(b"x" * 2**20)
    assert path.stat().st_size < 500_000
    assert "decompresses to more than" in refusal(path, max_bytes=20_000_000_000)
    columns = {each: pa.array(["x"]).take(pa.array([0] * 2_000_000)) for each in HEADER.strip().split(",")}
    rows = pa.table(columns)
    with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
        for _ in range(20):
            writer.write_table(rows)
    assert path.stat().st_size < 1_000_000
    assert "holds 40000000 rows in" in refusal(path, max_bytes=20_000_000_000)


def test_a_sheet_whose_text_would_grow_without_end_is_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "book", [["station", "parameter"], ["s", "p"]])
    laughs = "".join(f'<!ENTITY a{nth} "{f"&a{nth - 1};" * 10}">' for nth in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]>'
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(tmp_path / "bomb", "w") as target:
        for each in source.namelist():
            content = source.read(each).decode()
            if each == "xl/worksheets/sheet1.xml":
                content = bomb + content.partition("?>")[2] if content.startswith("<?xml") else bomb + content
                content = content.replace("<sheetData>", "<sheetData><row r='9'><c t='str'><v>&a11;</v></c></row>")
            target.writestr(each, content)
    begun = time.monotonic()
    assert "an XLSX file that cannot be read" in refusal(tmp_path / "bomb")
    assert time.monotonic() - begun < 20


def test_a_large_file_that_ends_wrong_is_refused_whole_and_in_bounded_memory(
    testford: Testford, tmp_path: Path
) -> None:
    load(testford, tmp_path / "lake")
    size, start = times(40_000_000, 5_000_000_000), dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
    chunk = 100_000
    with (tmp_path / "large.csv").open("w") as file:
        file.write("station,parameter,averaging,start,value,unit,quality,source\n")
        nth = 0
        while file.tell() < size:
            moments = ((start + dt.timedelta(minutes=each)).isoformat() for each in range(nth, nth + chunk))
            file.writelines(f"chimney,so2,instant,{each},1.25,ug/m3,valid,survey\n" for each in moments)
            nth += chunk
        file.write("chimney,so2,instant,2200-01-01T00:00Z,1e309,ug/m3,valid,survey\n")
    command = [*MENDMAP, "ingest", str(tmp_path / "large.csv"), "--lake", str(tmp_path / "lake")]
    with (tmp_path / "errors").open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    said = (tmp_path / "errors").read_text("utf-8").splitlines()
    assert (process.returncode, said[-1]) == (1, "1 fault(s); nothing was loaded")
    assert "value: not a finite number" in said[0]
    assert used.ru_maxrss < 2 * 2**20  # kilobytes
    opened = open_lake(str(tmp_path / "lake"))
    assert ledger.latest(opened).number == 1
    opened.close()


def test_a_zip_holds_one_file_and_one_layer(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "two", "w") as archive:
        archive.writestr("a", HEADER)
        archive.writestr("b", HEADER)
    assert "a zip of 2 files; it must hold exactly one" in refusal(tmp_path / "two")
    (tmp_path / "twice").write_bytes(gzip.compress(gzip.compress(HEADER.encode())))
    assert "compressed twice" in refusal(tmp_path / "twice")
    with zipfile.ZipFile(tmp_path / "within", "w") as archive:
        archive.writestr("a", gzip.compress(HEADER.encode()))
    assert "compressed twice" in refusal(tmp_path / "within")


def test_the_scratch_folder_is_gone_afterwards_whatever_happened(tmp_path: Path) -> None:
    with open_readings(FILES / "tidy.csv", MAX_BYTES) as file:
        scratch = file.scratch
        assert scratch.is_dir()
    assert not scratch.exists()
    with pytest.raises(ZeroDivisionError), open_readings(FILES / "tidy.csv", MAX_BYTES) as file:
        scratch = file.scratch
        raise ZeroDivisionError
    assert not scratch.exists()
    assert (FILES / "tidy.csv").exists()


def test_opening_a_large_file_reads_its_head(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.write((HEADER + ROW).encode())
        file.truncate(5 * 10**9)  # a hole, that takes no room on the disk
    with pytest.raises(ReadError, match="NUL"):
        claims(tmp_path / "large")


def test_odd_rows_are_kept_whole_and_numbered(tmp_path: Path) -> None:
    odd = ['"two\nlines"', '"a ""quoted"" word"', "1e309", "nan", "-0", "=1+1", "'; DROP TABLE raw; --", "NULL", " "]
    (tmp_path / "file").write_text(HEADER + "".join(f"s,p,2024-02-30,{each},u\n" for each in odd), "utf-8")
    found = claims(tmp_path / "file")
    assert [row["file_row"] for row in found] == list(range(1, len(odd) + 1))
    assert [row["value"] for row in found] == ["two\nlines", 'a "quoted" word', *odd[2:]]


def test_rows_of_a_large_file_keep_their_numbers(tmp_path: Path) -> None:
    count = 400_000
    with (tmp_path / "file").open("w") as file:
        file.write(HEADER)
        file.writelines(f"s,p,2024,{number},u\n" for number in range(1, count + 1))
    found = claims(tmp_path / "file")
    assert len(found) == count
    assert all(row["value"] == str(row["file_row"]) for row in found)


def test_a_workbook_with_a_cell_beyond_its_header_is_refused(tmp_path: Path) -> None:
    header, row = HEADER.strip().split(","), ROW.strip().split(",")
    assert "row 1 holds 'more' in column 6" in refusal(workbook(tmp_path / "a", [header, [*row, "more"]]))
    assert "more than once" in refusal(workbook(tmp_path / "b", [[*header, "unit"], row]))
    assert "the sheet is empty" in refusal(workbook(tmp_path / "c", []))
    assert "at most 2000 are read" in refusal(workbook(tmp_path / "d", [[f"c{n}" for n in range(3000)]]))


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    """The content of a file of every kind, with its mapping."""
    folder = tmp_path_factory.mktemp("seeds")
    made = [parquet(folder / "parquet", cells_of(FILES / "tidy.csv")), agencys_parquet(folder / "agency")]
    made += [workbook(folder / "book", cells_of(FILES / "tidy.csv"))]
    (folder / "gz").write_bytes(gzip.compress((FILES / "wqx3.csv").read_bytes()))
    found = [(FILES / name, mapping_of(name)) for name in [*FORMAT_OF, *MAPPED]]
    found += [(each, {}) for each in [*made, folder / "gz"]]
    wide = workbook(folder / "wide", cells_of(FILES / "sheet.csv", ";"), ("A1:F1",))
    return [(path.read_bytes(), mapping) for path, mapping in [*found, (wide, mapping_of("sheet.csv"))]]


def _survives(content: bytes, path: Path, mapping: Mapping[str, Any]) -> None:
    path.write_bytes(content)
    try:
        rows = claims(path, mapping=mapping, max_bytes=1_000_000)
        judged, said = verdict(path, mapping, 1_000_000)
    except ReadError as error:
        assert "\n" not in str(error)
    except QueryError:
        assert content.startswith(b"PAR1"), "only a damaged Parquet file is found to be so while its rows are read"
    else:
        assert judged.claims == len(rows)
        assert bool(judged.bad_rows) == bool(said)


FUZZ = settings(max_examples=times(60, 3000), suppress_health_check=[HealthCheck.function_scoped_fixture])


@FUZZ
@given(
    content=st.binary(max_size=600), start=st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b'{"@iot.id":'])
)
def test_arbitrary_bytes_are_refused_or_read(content: bytes, start: bytes, tmp_path: Path) -> None:
    _survives(start + content, tmp_path / "file", {})


@FUZZ
@given(text=st.text(max_size=300), name=st.sampled_from([*FORMAT_OF, *MAPPED]))
def test_arbitrary_text_below_a_true_header_is_refused_or_read(text: str, name: str, tmp_path: Path) -> None:
    if name.endswith(".json"):
        return
    header = (FILES / name).read_text("utf-8").splitlines()[: 1 if name != "sheet.csv" else 3]
    _survives("\n".join([*header, text]).encode(), tmp_path / "file", mapping_of(name))


@FUZZ
@given(seed=st.integers(0, 2**32))
def test_damaged_files_are_refused_or_read(
    seed: int, seeds: list[tuple[bytes, Mapping[str, Any]]], tmp_path: Path
) -> None:
    chance = random.Random(seed)
    content, mapping = chance.choice(seeds)
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(damaged))
        kind = chance.randrange(4)
        if kind == 0:
            damaged[at] = chance.randrange(256)
        elif kind == 1:
            del damaged[at : at + chance.randint(1, 40)]
        elif kind == 2:
            damaged[at:at] = chance.choice([b"\0", b'"', b"\n", b";", b",", b"\xff", b"1e309", b"'", b"{", b"\r\n"])
        else:
            damaged[at:at] = damaged[at : at + chance.randint(1, 60)]
        if not damaged:
            break
    _survives(bytes(damaged), tmp_path / "file", mapping)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
_KEYS = ("phenomenonTime", "result", "resultQuality", "parameters", "@iot.id", "Datastream", "dataArray", "components")
_STREAM = ("Observations", "Thing", "ObservedProperty", "unitOfMeasurement", "name", "Observations@iot.nextLink")


_INNER = _JSON | st.lists(st.dictionaries(st.sampled_from(_KEYS), _JSON))


@FUZZ
@given(entries=st.lists(st.dictionaries(st.sampled_from(_KEYS + _STREAM), _INNER), max_size=3))
def test_json_of_the_right_names_and_wrong_values_is_refused_or_read(entries: list[Any], tmp_path: Path) -> None:
    document = {"@iot.count": 1, "value": entries}
    try:
        content = orjson.dumps(document)
    except (TypeError, ValueError):
        return  # lone surrogates, which no JSON holds
    _survives(content, tmp_path / "file", {})

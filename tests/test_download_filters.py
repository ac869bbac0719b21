"""Tables, filtered and as of a moment, in every format, as other people's programs read them."""

import csv
import datetime as dt
import hashlib
import io
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import httpx2 as httpx
import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from conftest import MENDMAP, Run, Service
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from place import Testford, write_csv
from test_ingest import row
from test_lake import load

from mendmap.errors import BadRequestError, OverloadedError
from mendmap.exports import files, workbook
from mendmap.exports.layers.formats import FORMATS
from mendmap.exports.tables import Table
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.ingest import Request, ingest
from mendmap.query.readings import ReadingQuery
from mendmap.settings import Settings
from mendmap.web import spool
from mendmap.web.app import create_app
from mendmap.words.fields import Field

UTC = dt.UTC


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic place with a work more in its second snapshot, and ingested readings in its third."""
    folder = tmp_path_factory.mktemp("filters")
    place = Testford(folder / "testford")
    place.tables["figure"][0] |= {"parameter": "cu"}
    load(place, folder / "lake")
    blank = dict.fromkeys(place.tables["work"][0], "")
    place.tables["work"].append(
        blank
        | {"id": "capping", "sites": "heap", "type": "capping", "name_en": '=1+1, "capped"'.lstrip("=")}
        | {"begun": "2023", "status": "ongoing", "trust": "claimed", "source": "survey"}
    )
    load(place, folder / "lake")
    rows = [row(hour, str(hour)) for hour in range(30)]
    rows[3] |= {"start": "2022-01-01T03:00:00.250+00:00"}
    write_csv(folder / "rows.csv", rows)
    ingest(folder / "rows.csv", str(folder / "lake"), "", Request())
    return folder / "lake"


@pytest.fixture(scope="module")
def client(lake: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


def rows_of(client: TestClient, address: str) -> list[dict[str, str]]:
    answer = client.get(f"/downloads/{address}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.mark.parametrize(
    ("address", "stations"),
    [
        ("readings.csv", {"chimney": 32, "ghost": 1, "inlet": 2}),
        ("readings.csv?site=heap", {"chimney": 32, "ghost": 1}),
        ("readings.csv?site=mirror", {"inlet": 2}),
        ("readings.csv?site=heap,mirror", {"chimney": 32, "ghost": 1, "inlet": 2}),
        ("readings.csv?site=puddle", {}),
        ("readings.csv?site=mirror&station=chimney", {}),
        ("readings.csv?station=ghost,inlet", {"ghost": 1, "inlet": 2}),
        ("readings.csv?parameter=cu", {"inlet": 2}),
        ("readings.csv?quality=valid&station=inlet", {"inlet": 2}),
        ("readings.csv?quality=missing", {"chimney": 1}),
        ("readings.csv?datetime=../2020-12-31", {"inlet": 1, "ghost": 1}),
        ("readings.csv?as-of=2", {"chimney": 2, "ghost": 1, "inlet": 2}),
    ],
)
def test_readings_are_those_that_are_asked_for(client: TestClient, address: str, stations: dict[str, int]) -> None:
    found: dict[str, int] = {}
    for each in rows_of(client, address):
        found[each["station"]] = found.get(each["station"], 0) + 1
    assert found == stations


@pytest.mark.parametrize(
    ("address", "ids"),
    [
        ("works.csv", ["liming", "somewhere", "capping"]),
        ("works.csv?as-of=1", ["liming", "somewhere"]),
        ("works.csv?site=mirror", ["liming"]),
        ("works.csv?datetime=2022", None),
        # A work without dates may have been done at any time, and one that is not finished goes on.
        ("works.csv?datetime=2022-01-01/2022-12-31", ["somewhere"]),
        ("works.csv?datetime=2024-01-01", ["somewhere", "capping"]),
        ("works.csv?datetime=../2020-03-15", ["liming", "somewhere"]),
        ("quantities.csv?site=mirror", ["q1", "q2"]),
        ("quantities.csv?site=heap", []),
        ("quantities.csv?datetime=2020-01-01", ["q1"]),
        ("states.csv?site=mirror&datetime=2000-01-01", ["mirror_red"]),
        ("figures.csv?parameter=cu", ["f2018"]),
        ("figures.csv?site=mirror&datetime=2024-05-05/..", ["f2024"]),
        ("figures.csv?station=inlet", []),
        ("limits.csv?parameter=cu", []),
        ("limits.csv?parameter=so2", ["l1"]),
        ("statements.csv?site=mirror", ["tenfold"]),
        ("statements.csv?site=heap", []),
        ("sources.csv?as-of=1", ["survey"]),
        ("parameters.csv", ["so2", "cu"]),
    ],
)
def test_records_are_those_that_are_asked_for(client: TestClient, address: str, ids: list[str] | None) -> None:
    if ids is None:
        assert client.get(f"/downloads/{address}").status_code == 400
    else:
        assert [each["id"] for each in rows_of(client, address)] == ids


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("works.csv?station=inlet", 400, "works has no filter station; its filters: site, datetime, as-of"),
        ("sources.csv?site=mirror", 400, "sources has no filter site; its filters: as-of"),
        ("works.csv?quality=valid", 400, "works has no filter quality"),
        ("lakes.geojson?site=mirror", 400, "lakes.geojson has no filter site; its filters: bbox, bbox-crs, filter"),
        ("readings.csv?site=inlet", 400, "no such site: 'inlet'; choices: heap, mirror, puddle"),
        ("readings.csv?station=nowhere", 400, "no such station: 'nowhere'; choices: chimney, ghost, inlet"),
        ("readings.csv?station=", 400, "no such station: ''"),
        ("readings.xlsx?parameter=gold", 400, "no such parameter: 'gold'; choices: cu, so2"),
        ("readings.parquet?datetime=x", 400, "datetime: neither"),
        ("works.csv?as-of=2001-01-01", 404, "the first is 1-"),
        ("readings.txt", 404, "no download: 'readings.txt'; choices: answers.csv, connections.csv, differences.csv"),
        ("judgements.csv", 404, "statements.csv, states.csv"),
        ("readings.csv?bbox=1,2,3,4", 400, "readings has no filter bbox; its filters: site, station"),
    ],
)
def test_a_filter_that_a_table_has_not_is_refused_with_those_it_has(
    client: TestClient, address: str, status: int, words: str
) -> None:
    answer = client.get(f"/downloads/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]


def test_parquet_is_typed_and_says_what_it_is(client: TestClient, tmp_path: Path) -> None:
    answer = client.get("/downloads/readings.parquet?site=heap")
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    assert table.schema.field("start").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("value").type == pa.float64()
    assert table.schema.field("file_row").type == pa.int64()
    told = {key.decode(): text.decode() for key, text in table.schema.metadata.items()}
    assert told["snapshot"] == answer.headers["mendmap-snapshot"]
    assert (told["licence"], told["attribution"], told["site"]) == ("Terms not stated", "Synthetic data", "heap")
    meta = pyarrow.parquet.ParquetFile(io.BytesIO(answer.content)).metadata
    assert meta.row_group(0).column(0).compression == "ZSTD"
    (tmp_path / "r.parquet").write_bytes(answer.content)
    (tmp_path / "r.csv").write_bytes(client.get("/downloads/readings.csv?site=heap").content)
    columns = "series, start, \"end\", coalesce(qualifier, ''), value::DOUBLE, unit, quality, file, file_row"
    both = [
        duckdb.sql(f"SELECT {columns} FROM '{tmp_path / name}' ORDER BY series, start").fetchall()
        for name in ("r.parquet", "r.csv")
    ]
    assert len(both[0]) == 33
    assert [[str(cell) for cell in each] for each in both[0]] == [[str(cell) for cell in each] for each in both[1]]


def test_xlsx_holds_numbers_as_numbers_and_moments_as_moments_in_utc(client: TestClient) -> None:
    book = openpyxl.load_workbook(io.BytesIO(client.get("/downloads/readings.xlsx").content))
    sheet = book["readings"]
    header, *rows = sheet.iter_rows()
    names = [each.value for each in header]
    assert sheet.freeze_panes == "A2"
    assert {"start (UTC)", "end (UTC)", "value"} <= set(names)
    want = list(csv.DictReader(io.StringIO(client.get("/downloads/readings.csv").text, newline="")))
    assert len(rows) == len(want)
    for cells, told in zip(rows, want, strict=True):
        found = dict(zip(names, cells, strict=True))
        assert found["start (UTC)"].is_date
        moment = found["start (UTC)"].value.replace(tzinfo=UTC)
        assert abs(moment - dt.datetime.fromisoformat(told["start"])) < dt.timedelta(milliseconds=1)
        assert found["value"].value == (float(told["value"]) if told["value"] else None)
        assert found["value"].data_type == "n"
        assert (found["unit"].value, found["file_row"].value) == (told["unit"], int(told["file_row"]))
    about = {each[0].value: each[1].value for each in book["about"].iter_rows()}
    assert about["licence"] == "Terms not stated"
    assert about["snapshot"].startswith("3-")


def table(rows: list[dict[str, Any]], count: int | None = None) -> Table:
    """A small synthetic table."""
    fields = (Field("words", "text", ""), Field("number", "number", ""), Field("moment", "moment", ""))

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist(rows, made.schema)

    made = Table(
        "t", fields, len(rows) if count is None else count, batches, {"a": "=1"}, dt.datetime(2026, 1, 1, tzinfo=UTC)
    )
    return made


texts = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Z"], include_characters="\n\t="), max_size=30
)


@settings(max_examples=30)
@given(st.lists(st.tuples(texts, st.floats(-1e300, 1e300)), min_size=1, max_size=5))
def test_any_text_comes_back_from_xlsx_and_csv_as_it_was(cells: list[tuple[str, float]]) -> None:
    made = table([{"words": text, "number": number, "moment": None} for text, number in cells])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t"
        files.write(made, "xlsx", path)
        _, *rows = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).worksheets[0].iter_rows(max_col=2)
        files.write(made, "csv", path)
        lines = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))[1:]
    for (words, number), (text, wanted), line in zip(rows, cells, lines, strict=True):
        assert (words.value or "", number.value) == (text, wanted)
        assert words.data_type == "s" or not text
        assert (line[0], float(line[1])) == (text, wanted)


def test_formulas_errors_and_old_dates_are_texts_in_xlsx(tmp_path: Path) -> None:
    old, fine = dt.datetime(1850, 5, 1, 6, tzinfo=UTC), dt.datetime(2021, 7, 9, 1, 30, tzinfo=UTC)
    rows = [{"words": "=HYPERLINK(1)", "number": 1.5, "moment": old}, {"words": "#N/A\x07", "moment": fine}]
    files.write(table(rows), "xlsx", tmp_path / "t.xlsx")
    _, first, second = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0].iter_rows()
    assert [each.value for each in first] == ["=HYPERLINK(1)", 1.5, "1850-05-01T06:00:00Z"]
    assert first[0].data_type != "f"
    assert [each.value for each in second] == ["#N/A\N{REPLACEMENT CHARACTER}", None, fine.replace(tzinfo=None)]
    assert second[0].data_type == "s"


def test_csv_keeps_fractions_of_a_second(client: TestClient) -> None:
    starts = [each["start"] for each in rows_of(client, "readings.csv?station=chimney&datetime=2022-01-01")]
    assert "2022-01-01T03:00:00.250000Z" in starts
    assert "2022-01-01T04:00:00Z" in starts


def test_more_rows_than_a_sheet_holds_are_refused_naming_other_formats(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match=r"1,048,576 rows are more than the 1,048,575 .*CSV or Parquet"):
        files.write(table([], workbook.MOST_ROWS + 1), "xlsx", tmp_path / "t.xlsx")
    with pytest.raises(BadRequestError, match="a text of 40,000 characters"):
        files.write(table([{"words": "x" * 40_000}]), "xlsx", tmp_path / "t.xlsx")


@pytest.mark.parametrize("name", ["readings.csv", "readings.xlsx", "readings.parquet", "works.xlsx", "limits.parquet"])
def test_the_same_request_at_the_same_snapshot_is_the_same_bytes(lake: Path, name: str) -> None:
    answers = []
    for _ in range(2):
        with TestClient(create_app(Settings(lake=str(lake)))) as client:
            answers.append(client.get(f"/downloads/{name}?as-of=3"))
    assert answers[0].content == answers[1].content
    assert answers[0].headers["etag"] == answers[1].headers["etag"]
    assert not answers[0].headers["etag"].startswith("W/")


def test_a_bound_of_rows_is_told_with_what_narrows(lake: Path) -> None:
    with TestClient(create_app(Settings(lake=str(lake), max_download_rows=10))) as client:
        for address in ("/downloads/readings.csv", "/series/chimney.so2.1h.json", "/series/chimney.so2.1h.svg"):
            answer = client.get(address)
            assert answer.status_code == 400, address
            assert "one answer has at most 10; ask for less: site, station" in answer.json()["detail"]
        assert "35 readings" in client.get("/downloads/readings.csv").json()["detail"]
        assert client.get("/downloads/readings.csv?station=inlet").status_code == 200
        assert client.get("/downloads").status_code == 200


def test_chunks_cover_every_reading_once_and_in_order(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_lake(str(lake))
    newest = ledger.latest(opened)
    try:
        whole = [each for batch in contents.readings(opened, newest, "testford") for each in batch.to_pylist()]
        for size in (1, 2, 3, 31, 33):
            monkeypatch.setattr(contents, "CHUNK_ROWS", size)
            selection = contents.select(opened, newest, "testford", ReadingQuery())
            found = [each for batch in contents.rows(opened, selection) for each in batch.to_pylist()]
            assert found == whole
            assert selection.count == len(whole) == 35
        monkeypatch.setattr(contents, "CHUNK_ROWS", 1)
        assert len(contents.select(opened, newest, "testford", ReadingQuery()).chunks) == 5
    finally:
        opened.close()


def test_a_download_is_read_while_the_lake_is_written_and_is_of_one_snapshot(
    tmp_path: Path, testford: Testford, serve: Callable[..., Service]
) -> None:
    lake = tmp_path / "lake"
    load(testford, lake)
    service = serve(lake)
    stop = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        while not stop.is_set():
            answer = httpx.get(f"{service.url}/downloads/readings.csv?as-of=1")
            if answer.status_code != 200 or answer.text.count("\r\n") != 6:
                wrong.append(answer.text)
            time.sleep(0.05)

    reader = threading.Thread(target=read)
    reader.start()
    for hour in range(2):
        write_csv(tmp_path / "rows.csv", [row(hour)])
        command = [*MENDMAP, "ingest", tmp_path / "rows.csv", "--lake", lake]
        assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    stop.set()
    reader.join()
    assert wrong == []


def test_nothing_is_left_behind_when_a_file_was_sent_or_could_not_be_made(tmp_path: Path) -> None:
    held = spool.Spool()
    folder = Path(held._folder.name)
    made: list[str] = []

    def make(path: Path) -> None:
        made.append(path.name)
        path.write_bytes(b"x" * 10)

    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise ValueError

    first, second = held.lend("a", 1, make), held.lend("a", 1, make)
    assert len(made) == 1
    assert first != second
    first.path.unlink()
    assert second.path.read_bytes() == b"x" * 10
    assert first.sha256 == second.sha256 == hashlib.sha256(b"x" * 10).hexdigest()
    second.path.unlink()
    with pytest.raises(ValueError):
        held.lend("b", 1, fail)
    assert len(list(folder.iterdir())) == 1
    held.close()
    assert not folder.exists()


def test_files_that_are_too_large_to_keep_are_still_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_KEPT_BYTES", 15)
    held = spool.Spool()
    lent = [held.lend(name, 1, lambda path: path.write_bytes(b"x" * 10) and None) for name in "abc"]
    assert all(each.path.read_bytes() == b"x" * 10 for each in lent)
    assert len(list(Path(held._folder.name).iterdir())) == 4  # three lent, the last kept
    held.close()


def test_costly_files_wait_for_their_turn_and_say_so_when_it_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_WAIT_S", 0.05)
    held = spool.Spool()
    for turn in held._turns:
        turn.acquire()
    with pytest.raises(OverloadedError, match="try again"):
        held.lend("a", 10_000_000, lambda path: None)
    assert held.lend("b", 1, lambda path: path.write_bytes(b"") and None).path.exists()
    held.close()


def test_the_listing_tells_rows_formats_and_filters_without_making_files(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "select", lambda *_: pytest.fail("the readings were looked at"))
    listed = {each["name"]: each for each in client.get("/downloads.json").json()["downloads"]}
    assert listed["readings"]["rows"] == 35
    assert listed["readings"]["filters"] == ["site", "station", "parameter", "datetime", "as-of", "quality"]
    works = [file["href"] for each in client.get("/downloads.json").json()["downloads"] for file in each["files"]]
    # The layer of works and the table share a name; each format is of one of them.
    assert sorted(each for each in works if "/works." in each) == sorted(f"/downloads/works.{form}" for form in FORMATS)
    assert [each["href"] for each in listed["lakes"]["files"]] == [f"/downloads/lakes.{form}" for form in FORMATS]
    page = client.get("/downloads").text
    assert 'href="/downloads/readings.xlsx"' in page
    assert "35 rows" in page


def test_the_commands_tell_progress_and_statements_as_of_a_moment(lake: Path, run_mendmap: Run) -> None:
    assert "Liming" in run_mendmap("progress", "--lake", lake, "--as-of", "1").stdout
    assert "capped" not in run_mendmap("progress", "--lake", lake, "--as-of", "1").stdout
    assert "capped" in run_mendmap("progress", "--lake", lake).stdout
    assert "Metal fell" in run_mendmap("statements", "--lake", lake, "--as-of", "2").stdout
    refused = run_mendmap("statements", "--lake", lake, "--as-of", "2001-01-01")
    assert refused.returncode == 1
    assert "the first is 1-" in refused.stderr

"""Series read back: as JSON, CSV, a drawing and a page; of a time, of a quality, and as of a moment."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from conftest import Service
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from place import Testford, write_csv
from test_ingest import HOUR, START, row
from test_lake import load

from mendmap.errors import BadRequestError
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.ingest import Request, ingest
from mendmap.query import times
from mendmap.query.readings import ReadingQuery
from mendmap.query.times import AsOf, Interval
from mendmap.settings import Settings
from mendmap.web.app import create_app

IDENT = "chimney.so2.1h"


def take(lake: Path, *rows: dict[str, str]) -> None:
    path = lake.parent / "rows.csv"
    write_csv(path, list(rows))
    ingest(path, str(lake), "", Request())


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic place; then four hours of 2022; then a revision, a withdrawal and a non-detect."""
    folder = tmp_path_factory.mktemp("series")
    load(Testford(folder / "testford"), folder / "lake")
    take(folder / "lake", *(row(hour, str(hour + 1)) for hour in range(4)))
    take(
        folder / "lake",
        row(1, "200", quality="invalid"),
        row(2, "", quality="withdrawn"),
        row(3, "0.5", unit="mg/m3", qualifier="<"),
    )
    return folder / "lake"


@pytest.fixture(scope="module")
def client(lake: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


def readings(client: TestClient, asked: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/series/{IDENT}.json{asked}").json()["readings"]
    return found


def test_json_says_what_the_series_is_and_gives_every_reading(client: TestClient) -> None:
    body = client.get(f"/series/{IDENT}.json").json()
    assert (body["station"]["id"], body["parameter"]["symbol"], body["unit"]) == ("chimney", "SO₂", "ug/m3")
    assert (body["medium"], body["averaging"], body["method"]) == ("air", "1h", "")
    assert [each["id"] for each in body["limits"]] == ["l1"]
    assert body["snapshot"]["number"] == 3
    assert body["count"] == len(body["readings"]) == 5
    assert body["readings"][-1] == {
        "start": "2022-01-01T03:00:00Z",
        "end": "2022-01-01T04:00:00Z",
        "qualifier": "<",
        "value": 0.5,
        "unit": "mg/m3",
        "detection_limit": 0.5,
        "uncertainty": None,
        "samples": None,
        "canonical_value": 500.0,
        "quality": "valid",
        "flags": [],
        "marks": ["limit_above_law"],
        "source": "survey",
        "note": "",
        "file": "rows.csv",
        "file_row": body["readings"][-1]["file_row"],
        "recorded": 3,
    }


def test_csv_has_the_rows_and_columns_of_the_download(client: TestClient) -> None:
    whole = client.get("/downloads/readings.csv").text
    one = client.get(f"/series/{IDENT}.csv").text
    assert one.splitlines()[0] == whole.splitlines()[0]
    assert one.splitlines()[1:] == [line for line in whole.splitlines() if line.startswith(f'"{IDENT}"')]
    rows = list(csv.DictReader(io.StringIO(one, newline="")))
    assert [each["start"] for each in rows] == [each["start"] for each in readings(client)]


@pytest.mark.parametrize(
    ("asked", "hours"),
    [
        ("2022-01-01", [0, 1, 3]),
        ("2022-01-01T00:00Z", [0]),
        ("2022-01-01T00:30Z", [0]),
        ("2022-01-01T01:00Z", [1]),
        ("2022-01-01T02:00:00%2B01:00", [1]),
        ("2022-01-01T02:00:00+01:00", [1]),
        ("2022-01-01T00:59:59.999999Z/..", [0, 1, 3]),
        ("2022-01-01T01:00Z/2022-01-01T03:00Z", [1, 3]),
        ("2022-01-01T04:00Z/..", []),
        ("../2021-12-31", []),
        ("/2022-01-01T00:00Z", [0]),
        ("2022-01-01/2022-01-01", [0, 1, 3]),
        ("2021-12-31/2022-01-01T00:00Z", [0]),
    ],
)
def test_a_reading_is_in_a_time_where_the_two_share_a_moment(client: TestClient, asked: str, hours: list[int]) -> None:
    found = [each["start"] for each in readings(client, f"?datetime={asked}") if each["start"] >= "2022"]
    assert found == [f"{START + hour * HOUR:%Y-%m-%dT%H:%M:%SZ}" for hour in hours]


def test_a_reading_that_lasts_no_time_is_in_a_time_where_its_moment_is(client: TestClient) -> None:
    moment, last = "2020-05-01T08:00:00Z", {"series": "inlet.cu.sample"}["series"]
    for asked, count in (
        (moment, 1),
        (f"{moment}/..", 2),
        (f"../{moment}", 1),
        ("2020-05-01", 1),
        ("2020-05-01T08:00:01Z/2020-06-01", 0),
        ("../2020-05-01T07:59:59Z", 0),
    ):
        assert client.get(f"/series/{last}.json?datetime={asked}").json()["count"] == count, asked


moments = st.integers(0, 12).map(lambda minutes: START + dt.timedelta(minutes=10 * minutes))


@given(
    st.lists(st.tuples(moments, moments).map(sorted), max_size=6), st.tuples(moments, moments).map(sorted), st.data()
)
def test_the_rule_of_times_is_that_of_a_naive_model(
    held: list[list[dt.datetime]], asked: list[dt.datetime], data: st.DataObject
) -> None:
    import duckdb

    first, last = (None if data.draw(st.booleans()) else each for each in asked)
    sql, values = contents._asked(
        ledger.Snapshot(1, "", START), "c", ReadingQuery(interval=Interval(first, last), qualities=("valid",))
    )
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; CREATE TABLE r (nth INT, start_at TIMESTAMPTZ, end_at TIMESTAMPTZ)")
    for nth, (start, end) in enumerate(held):
        connection.execute("INSERT INTO r VALUES (?, ?, ?)", [nth, start, end])
    rows = connection.execute(
        "SELECT nth FROM (SELECT *, 'c' AS catalogue, 1 AS recorded, NULL AS superseded, 'valid' AS quality FROM r) "
        f"WHERE {sql} ORDER BY nth",
        values,
    ).fetchall()
    connection.close()
    minute = dt.timedelta(minutes=5)
    ticks = [START + nth * minute for nth in range(26)]

    def shares(start: dt.datetime, end: dt.datetime) -> bool:
        wanted = [each for each in ticks if (not first or each >= first) and (not last or each <= last)]
        return any(start <= each < end or start == each == end for each in wanted)

    assert [each[0] for each in rows] == [nth for nth, (start, end) in enumerate(held) if shares(start, end)]


def test_quality_chooses_and_withdrawn_is_only_for_those_who_ask(client: TestClient) -> None:
    assert [each["quality"] for each in readings(client)] == ["preliminary", "missing", "valid", "invalid", "valid"]
    assert [each["quality"] for each in readings(client, "?quality=withdrawn,invalid")] == ["invalid", "withdrawn"]
    assert readings(client, "?quality=missing")[0]["value"] is None


def test_as_of_gives_what_was_known_and_names_that_snapshot(client: TestClient, lake: Path) -> None:
    before = client.get(f"/series/{IDENT}.json?as-of=2")
    assert before.headers["mendmap-snapshot"].startswith("2-")
    assert before.json()["snapshot"]["number"] == 2
    assert [each["value"] for each in before.json()["readings"]][2:] == [1.0, 2.0, 3.0, 4.0]
    assert client.get(f"/series/{IDENT}.json?as-of=1").json()["count"] == 2
    opened = open_lake(str(lake))
    loaded = ledger.known(opened, "testford", AsOf(number=2))
    opened.close()
    moment = loaded.moment.isoformat().replace("+00:00", "Z")
    for asked in (moment, str(loaded), str(loaded.number)):
        again = client.get(f"/series/{IDENT}.json?as-of={asked}")
        assert again.json()["readings"] == before.json()["readings"], asked
    today = loaded.moment.astimezone(dt.UTC).date()
    assert client.get(f"/series/{IDENT}.json?as-of={today}").json()["readings"] == readings(client)
    for kind in ("csv", "svg"):
        answer = client.get(f"/series/{IDENT}.{kind}?as-of=1")
        assert (answer.status_code, answer.headers["mendmap-snapshot"][:2]) == (200, "1-")
    page = client.get(f"/series/{IDENT}?as-of=1")
    assert "as-of=1" in page.text and page.headers["mendmap-snapshot"].startswith("1-")


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("chimney.so2.24h.json", 404, "no series: 'chimney.so2.24h'; choices: chimney.so2.1h"),
        ("x.svg", 404, "no series: 'x'"),
        (f"{IDENT}.json?datetime=yesterday", 400, "2021-07-09T03:00Z"),
        (f"{IDENT}.json?datetime=2021-02-30", 400, "datetime: neither a moment"),
        (f"{IDENT}.json?datetime=2022-01-02/2022-01-01", 400, "ends before it begins"),
        (f"{IDENT}.json?datetime=2022-01-01T00:00", 400, "datetime: neither"),
        (f"{IDENT}.json?datetime=a/b/c", 400, "datetime: neither"),
        (f"{IDENT}.csv?quality=good", 400, "'good'; choices: invalid, missing"),
        (f"{IDENT}.svg?as-of=then", 400, "as-of: neither a moment"),
        (f"{IDENT}.json?as-of=99", 404, "the first is 1-"),
        (f"{IDENT}.json?as-of=0", 404, "the first is 1-"),
        (f"{IDENT}.json?as-of=1-000000000000", 404, "no snapshot"),
        (f"{IDENT}.json?as-of=2001-01-01", 404, "the first is 1-"),
        (f"{IDENT}?site=heap", 400, "unknown query parameter: 'site'; choices: as-of, datetime, lang, quality"),
        (f"{IDENT}.svg?width=5", 400, "width: Input should be greater than or equal to 320"),
        (f"{IDENT}.json?as_of=1", 400, "unknown query parameter"),
        (f"{IDENT}.json?quality=valid&quality=invalid", 400, "quality: given twice"),
    ],
)
def test_what_is_wrong_is_a_problem_document(client: TestClient, address: str, status: int, words: str) -> None:
    answer = client.get(f"/series/{address}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert words in answer.json()["detail"]


def test_an_unknown_series_is_answered_with_a_few_like_it_and_not_the_whole_list(client: TestClient) -> None:
    detail = client.get("/series/ghost.so2.1.json").json()["detail"]
    assert "ghost.so2.1h" in detail
    assert detail.count(",") < 5


def test_the_drawing_is_an_image_that_tells_itself(client: TestClient) -> None:
    answer = client.get(f"/series/{IDENT}.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert 'role="img"' in answer.text
    for words in (
        "SO₂ at Chimney",
        "Missing: 1.",
        "drawn as crosses: 1.",
        "open triangles at it: 1.",
        "limit (EU): 350",
    ):
        assert words in answer.text
    again = client.get(f"/series/{IDENT}.svg", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    cut = client.get(f"/series/{IDENT}.svg?datetime=2022-01-01T00:00Z/2022-01-01T01:00Z").text
    assert "1 Jan 2022, 00:00 to 1 Jan 2022, 01:00 UTC: 2 readings" in cut


def test_the_page_leads_from_each_reading_to_its_source_file_row_and_snapshot(client: TestClient) -> None:
    page = client.get(f"/series/{IDENT}").text
    assert f'src="/series/{IDENT}.svg"' in page
    assert "Dashed line: limit (EU), 350 µg/m³." in page
    for words in ("Synthetic survey", "<code>rows.csv</code>, row", "snapshot 3", "less than", "500"):
        assert words in page, words
    assert page.index("snapshot 3") < page.index("snapshot 1<")


def test_the_page_is_bounded_and_says_what_it_left_out(lake: Path) -> None:
    with TestClient(create_app(Settings(lake=str(lake), max_rows=2))) as client:
        page = client.get(f"/series/{IDENT}").text
    assert "3 earlier readings are not on this page" in page
    assert f'href="/series/{IDENT}.csv" download>all 5 of them' in page
    assert page.partition('id="readings"')[2].count('<th scope="row">') == 2


def test_pages_of_places_draw_each_series_with_words_for_those_who_do_not_see(client: TestClient) -> None:
    for path in ("/stations/chimney", "/sites/heap"):
        page = client.get(path).text
        assert f'src="/series/{IDENT}.svg" width="400" height="300" loading="lazy"' in page
        assert "SO₂, averages over 1 hour: 5 readings, 1 January 2021 to 1 January 2022, the greatest 500 µg/m³" in page
        assert f'href="/series/{IDENT}.json"' in page


def test_a_series_is_read_whole_from_a_running_service_in_parts_and_twice_alike(
    lake: Path, serve: Callable[..., Service]
) -> None:
    service = serve(lake)
    address = f"{service.url}/series/{IDENT}.csv"
    whole = httpx.get(address)
    assert int(whole.headers["content-length"]) == len(whole.content)
    first = httpx.get(address, headers={"Range": "bytes=0-99"})
    rest = httpx.get(address, headers={"Range": "bytes=100-", "If-Range": whole.headers["etag"]})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.content + rest.content == whole.content
    assert httpx.get(address, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    head = httpx.head(address)
    assert (head.content, head.headers["content-length"]) == (b"", whole.headers["content-length"])
    beyond = httpx.get(address, headers={"Range": "bytes=9999999-"})
    assert (beyond.status_code, beyond.headers["content-type"]) == (416, "application/problem+json")


def test_texts_of_times_are_one_value() -> None:
    day = dt.datetime(2022, 1, 1, tzinfo=dt.UTC)
    assert times.interval("2022-01-01") == Interval(day, day + 24 * HOUR - dt.timedelta(microseconds=1))
    assert times.interval("../..") == times.interval(None) == Interval()
    assert times.as_of("12") == AsOf(number=12)
    assert times.as_of("2022-01-01").moment == day + 24 * HOUR - dt.timedelta(microseconds=1)
    for text in ("", "2022", "2022-13-01", "20220101", "0000-01-01", "2022-01-01T25:00Z", "٢٠٢٢-01-01"):
        with pytest.raises(BadRequestError):
            times.interval(text or "x")

"""Posts: readings from loggers, whole or not at all, once however often, and answered only when they are durable."""

import csv
import datetime as dt
import hashlib
import io
import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import httpx2 as httpx
import orjson
import pytest
from conftest import Service
from fastapi.testclient import TestClient
from place import Testford, feature, point
from test_ingest import HOUR, START, Row, held, row, values
from test_lake import load

from mendmap.errors import OverloadedError
from mendmap.lake import journal, keys, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.intake import Intake
from mendmap.load.post import Body
from mendmap.settings import Settings
from mendmap.web.app import create_app

SCOPE = ("chimney", "ghost")
TEXT = {"Content-Type": "text/csv"}


def key_of(lake: Path, *stations: str) -> str:
    opened = open_lake(str(lake))
    try:
        return keys.add(opened, str(lake), "logger", "testford", stations, SCOPE)[1]
    finally:
        opened.close()


def client_of(lake: Path, **settings: int) -> TestClient:
    """A service in this process, whose posts carry a key for the chimney and the ghost."""
    client = TestClient(create_app(Settings(lake=str(lake), poll_seconds=60, **settings)))  # type: ignore[arg-type]
    client.headers["Authorization"] = f"Bearer {key_of(lake, *SCOPE)}"
    return client


@pytest.fixture
def client(lake: Path) -> Iterator[TestClient]:
    with client_of(lake) as client:
        yield client


def counts(answer: httpx.Response) -> tuple[int, int, int, int]:
    body = answer.json()
    assert answer.headers["mendmap-snapshot"].startswith(f"{body['snapshot']['number']}-")
    return answer.status_code, body["added"], body["changed"], body["unchanged"]


def as_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def ledger_rows(lake: Path) -> list[tuple[int, str, dict[str, list[dict[str, object]]]]]:
    opened = open_lake(str(lake))
    found = opened.query("SELECT number, act, detail FROM ledger WHERE act <> 'load' ORDER BY number").fetchall()
    opened.close()
    return [(number, act, orjson.loads(detail)) for number, act, detail in found]


def test_a_post_adds_and_the_same_again_changes_nothing(client: TestClient, lake: Path) -> None:
    rows = [row(0), row(1, "2")]
    first = client.post("/readings", json=rows)
    assert counts(first) == (201, 2, 0, 0)
    again = client.post("/readings", json={"readings": rows[::-1]})
    assert counts(again) == (200, 0, 0, 2)
    assert again.json()["snapshot"] == first.json()["snapshot"]
    assert counts(client.post("/readings", content=as_csv(rows), headers=TEXT)) == (200, 0, 0, 2)
    assert values(lake) == {START: 1.0, START + HOUR: 2.0}
    assert [act for _, act, _ in ledger_rows(lake)] == ["post"]


def test_a_revision_and_a_withdrawal_keep_what_was_known_before(client: TestClient, lake: Path) -> None:
    client.post("/readings", json=[row(0), row(1)])
    assert counts(client.post("/readings", json=[row(0, "5"), row(1), row(2)])) == (201, 1, 1, 1)
    taken_back = row(1, "", quality="withdrawn")
    assert counts(client.post("/readings", json=[taken_back | {"value": None}])) == (201, 0, 1, 0)  # type: ignore[operator]
    assert values(lake, 1) == {}
    assert values(lake, 2) == {START: 1.0, START + HOUR: 1.0}
    assert values(lake, 3) == {START: 5.0, START + HOUR: 1.0, START + 2 * HOUR: 1.0}
    assert values(lake) == {START: 5.0, START + HOUR: None, START + 2 * HOUR: 1.0}
    withdrawn = [each["start"] for each in held(lake) if each["quality"] == "withdrawn"]
    assert withdrawn == [START + HOUR]


def test_every_reading_leads_back_to_its_post_its_row_and_its_key(client: TestClient, lake: Path) -> None:
    bodies = [
        (json.dumps([row(0), row(1)]).encode(), "application/json"),
        (b"\xef\xbb\xbf" + as_csv([row(2)]), "text/csv"),
    ]
    for body, media in bodies:
        assert client.post("/readings", content=body, headers={"Content-Type": media}).status_code == 201
    (key,) = _listed(lake)
    for (number, act, detail), (body, media) in zip(ledger_rows(lake), bodies, strict=True):
        sha256 = hashlib.sha256(body).hexdigest()
        rows = [each for each in held(lake) if each["recorded"] == number]
        told = {"key": key.id, "sha256": sha256, "media_type": media, "rows": len(rows), "vocabulary": 1}
        assert (act, detail) == ("post", {"posts": [told]})
        assert [each["file"] for each in rows] == [f"post-{sha256[:16]}"] * len(rows)
        assert [each["file_row"] for each in rows] == ([1, 2] if media == "application/json" else [2])
        (kept,) = [each for each in _journal(lake) if each["sha256"] == sha256]
        assert (kept["key"], kept["media_type"], kept["body"].encode()) == (key.id, media, body)


def test_the_readings_of_a_post_are_marked_as_those_of_a_file_are(testford: Testford, lake: Path) -> None:
    testford.tables["parameter"][0] |= {"least": "0", "greatest": "5000"}
    load(testford, lake)
    numbers = ["1", "2", "0.9", "2", "-1", *["7"] * 12]
    rows = [row(nth, number) for nth, number in enumerate(numbers)]
    rows[2] |= {"unit": "mg/m3"}
    rows += [row(40, "500", qualifier="<"), row(24 * 365 * 200, "1"), row(0, "1", station="ghost")]
    with client_of(lake) as client:
        assert counts(client.post("/readings", json=rows[::-1])) == (201, 20, 0, 0)
    found = [each["marks"] for each in held(lake) if str(each["file"]).startswith("post-")]
    assert found == [
        "", "", "spike", "", "out_of_range", *[""] * 11, "flat_line", "limit_above_law", "in_the_future"
    ]  # fmt: skip


def test_posts_follow_what_others_wrote_and_the_journal_mirrors_it_all(
    client: TestClient, testford: Testford, lake: Path
) -> None:
    client.post("/readings", json=[row(0)])
    client.post("/readings", json=[row(1)])
    testford.rows[1]["value"] = "90"
    load(testford, lake)
    client.post("/readings", json=[row(2)])
    mirror = lake / "journal" / "ledger.ndjson"
    lines = mirror.read_bytes().splitlines(keepends=True)
    mirror.write_bytes(b"".join(lines[:-2]) + lines[-1][:40])
    client.post("/readings", json=[row(3)])
    opened = open_lake(str(lake))
    written = ledger.rows(opened, 0)
    opened.close()
    assert [each.act for each in written] == ["load", "post", "post", "load", "post", "post"]
    assert list(journal.recorded(lake / "journal").values()) == written
    for before, each in pairwise(written):
        assert (each.number, each.moment > before.moment) == (before.number + 1, True)
        if each.act == "post":
            assert each.digest == ledger.chained(before.digest, f"testford\n{each.detail}")


def test_a_key_waits_for_its_turn_to_be_written(lake: Path) -> None:
    opened = open_lake(str(lake))
    with ThreadPoolExecutor(1) as pool:
        with opened.turn():
            made = pool.submit(key_of, lake)
            with pytest.raises(TimeoutError):
                made.result(timeout=1)
            assert keys.listing(opened) == []
        assert made.result(timeout=60).startswith("mm_")
    opened.close()


def _listed(lake: Path) -> list[keys.Key]:
    opened = open_lake(str(lake))
    try:
        return keys.listing(opened)
    finally:
        opened.close()


def _journal(lake: Path) -> list[dict[str, str]]:
    files = sorted((lake / "journal" / "posts").glob("*.ndjson"))
    return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]


def test_a_line_that_a_kill_tore_does_not_spoil_the_next(client: TestClient, lake: Path) -> None:
    client.post("/readings", json=[row(0)])
    (file,) = (lake / "journal" / "posts").glob("*.ndjson")
    file.write_bytes(file.read_bytes() + b'{"moment":"2022')
    client.post("/readings", json=[row(1)])
    lines = file.read_bytes().splitlines()
    assert lines[1] == b'{"moment":"2022'
    assert [orjson.loads(lines[nth])["media_type"] for nth in (0, 2)] == ["application/json"] * 2


@pytest.mark.parametrize("written", ["0.1", "0.10", "1e-1", "100E-3", "0.1000000000000000055", '"0.1"'])
def test_a_number_of_json_is_the_one_that_csv_would_give(written: str, client: TestClient, lake: Path) -> None:
    body = json.dumps([row(0)]).replace('"value": "1"', f'"value": {written}').encode()
    assert client.post("/readings", content=body, headers={"Content-Type": "application/json"}).status_code == 201
    assert values(lake) == {START: 0.1}


def test_units_limits_and_flags_are_those_of_our_files(client: TestClient, lake: Path) -> None:
    more = {
        "qualifier": "<",
        "uncertainty": 0.1,
        "samples": 4,
        "flags": ["hour_repeated", "station_unnamed"],
        "note": 'žuto, "="',
    }
    client.post("/readings", json=[row(0, "0.5", unit="mg/m3") | more])  # type: ignore[operator]
    (found,) = [each for each in held(lake) if each["start"] == START]
    names = ("value", "unit", "qualifier", "detection_limit", "uncertainty", "samples", "flags", "note", "marks")
    assert tuple(found[name] for name in names) == (
        0.5, "mg/m3", "<", 0.5, 0.1, 4, "hour_repeated,station_unnamed", 'žuto, "="', "limit_above_law"
    )  # fmt: skip
    assert found["canonical_value"] == pytest.approx(500)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that is only asked for what it refuses."""
    folder = tmp_path_factory.mktemp("refusing")
    load(Testford(folder / "testford"), folder / "lake")
    with client_of(folder / "lake", max_post_mb=1, max_post_rows=20) as client:
        yield client
        assert ledger_rows(folder / "lake") == []


def faults(rows: object, client: TestClient) -> list[tuple[int, str, str]]:
    answer = (
        client.post("/readings", json=rows)
        if not isinstance(rows, bytes)
        else client.post("/readings", content=rows, headers={"Content-Type": "application/json"})
    )
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["detail"] == f"{len(body['errors'])} fault(s); nothing was written"
    return [(each["row"], each["column"], each["message"]) for each in body["errors"]]


@pytest.mark.parametrize(
    ("change", "column", "words"),
    [
        ({"value": "x"}, "value", "not a number (write 1234.5): 'x'"),
        ({"value": "1,5"}, "value", "not a number"),
        ({"value": True}, "value", "not a number (write 1234.5): True"),
        ({"value": []}, "value", "not a number"),
        ({"value": None}, "value", "a value is required, unless quality is missing or withdrawn"),
        ({"quality": "missing"}, "value", "1 is given, but quality is missing"),
        ({"quality": "good"}, "quality", "not one of the choices: 'good'; choices: invalid, missing, preliminary"),
        ({"unit": "mg/kg"}, "unit", "'mg/kg' cannot be converted to 'ug/m3'"),
        ({"unit": {}}, "unit", "not a unit"),
        ({"parameter": "gold"}, "parameter", "no such parameter: 'gold'; choices: cu, so2"),
        ({"source": ""}, "source", "a value is required"),
        ({"source": "rumour"}, "source", "no such source: 'rumour'; choices: survey"),
        ({"start": "2022-01-01T00:00"}, "start", "not a moment with its offset from UTC"),
        ({"start": 1640995200}, "start", "not a moment"),
        ({"start": "2022-02-29T00:00Z"}, "start", "not a moment"),
        ({"end": "2021-12-31T00:00Z"}, "end", "before start"),
        ({"averaging": "2h"}, "averaging", "not one of the choices: '2h'"),
        ({"flags": ["odd"]}, "flags", "not one of the choices: 'odd'"),
        ({"note": "=1+1"}, "note", "begins like a spreadsheet formula"),
        ({"note": "a\u0000b"}, "note", "control character"),
        ({"station": ""}, "station", "a value is required"),
        ({"depth": "1"}, "depth", "unknown column: 'depth'; choices: averaging, detection_limit"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(
    change: dict[str, object], column: str, words: str, refusing: TestClient
) -> None:
    ((number, found, message),) = faults([row(0), row(1) | change], refusing)  # type: ignore[operator]
    assert (number, found) == (2, column)
    assert words in message


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e309", "-1e309", "9" * 400, "9" * 5000])
def test_a_number_that_is_not_finite_is_a_fault_of_its_row(number: str, refusing: TestClient) -> None:
    body = json.dumps([row(0)]).replace('"value": "1"', f'"value": {number}').encode()
    ((found, column, message),) = faults(body, refusing)
    assert (found, column) == (1, "value")
    assert "not a finite number" in message


def test_every_fault_is_listed_and_nothing_is_written(refusing: TestClient) -> None:
    rows = [row(nth, "x", unit="?") for nth in range(20)]
    assert len(faults(rows, refusing)) == 40
    assert faults([], refusing) == [(0, "", "no readings")]
    assert faults([row(0), 5, None], refusing) == [(2, "", "not an object"), (3, "", "not an object")]
    twins = faults([row(0), row(0, "2")], refusing)
    assert twins == [(2, "start", "line 1 has a reading of chimney.so2.1h at the same start")]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"[1,]", "the body is not JSON"),
        (b"[" * 100_000, "nested too deep"),
        (b'"readings"', "neither an array of readings nor"),
        (b'{"reading": []}', "neither an array of readings nor"),
        (b'{"readings": {}}', "neither an array of readings nor"),
        (b'[{"value": 1, "value": 2}]', "a name stands twice in one object: 'value'"),
        (b'[{"note": "\\ud800"}]', "half of a character"),
        (b'[{"note": "\xff"}]', "not UTF-8: byte 11 is 0xff"),
    ],
)
def test_a_body_that_is_no_json_is_refused_in_words(body: bytes, words: str, refusing: TestClient) -> None:
    answer = refusing.post("/readings", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("text", "row_number", "words"),
    [
        ("", 1, "no column is known"),
        ("station,value\n", 0, "no readings"),
        ("colour\nred\n", 1, "no column is known"),
        ("station,depth\ninlet,1\n", 1, "unknown column: 'depth'"),
        ('station,value\n"chimney,1\n', 2, "not CSV"),
        ("station,value\nchimney,1,2\n", 2, "3 cells, but the header has 2 columns"),
    ],
)
def test_a_csv_that_is_wrong_is_told_by_its_line(text: str, row_number: int, words: str, refusing: TestClient) -> None:
    answer = refusing.post("/readings", content=text.encode(), headers=TEXT)
    assert answer.status_code == 422
    told = [each for each in answer.json()["errors"] if words in each["message"]]
    assert [each["row"] for each in told] == [row_number]


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({"Authorization": ""}, 401, "a key is needed"),
        ({"Authorization": "Basic bW06bW0="}, 401, "not known here, or was revoked"),
        ({"Authorization": "Bearer mm_nothing"}, 401, "not known here, or was revoked"),
        ({"Authorization": "", "X-API-Key": "mm_nothing"}, 401, "not known here"),
        ({"Content-Type": "application/xml"}, 415, "choices: application/json, text/csv"),
        ({"Content-Type": "text/csv; charset=cp1250"}, 415, "not a character set that is read: 'cp1250'"),
        ({"Content-Encoding": "gzip"}, 415, "not a coding of bodies that is read: 'gzip'"),
        ({"Content-Type": ""}, 415, "not a kind of body"),
    ],
)
def test_a_post_without_a_key_or_of_another_kind_is_refused(
    headers: dict[str, str], status: int, words: str, refusing: TestClient
) -> None:
    answer = refusing.post("/readings", json=[row(0)], headers=headers)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert "mm_" not in answer.text


def test_a_station_beyond_the_keys_scope_is_named(refusing: TestClient) -> None:
    answer = refusing.post("/readings", json=[row(0), row(1, station="inlet", parameter="cu", unit="ug/L")])
    assert answer.status_code == 403
    assert "is not for this station: 'inlet'; choices: chimney, ghost" in answer.json()["detail"]


def test_rows_and_bytes_over_their_bounds_are_refused(refusing: TestClient) -> None:
    many = refusing.post("/readings", json=[row(nth) for nth in range(21)])
    assert (many.status_code, many.json()["detail"].split(";")[0]) == (413, "21 readings")
    large = refusing.post("/readings", json=[row(0, note="x" * 1_000_000)])
    assert (large.status_code, large.json()["detail"]) == (
        413,
        "a body of more than 1 MB (setting MENDMAP_MAX_POST_MB)",
    )
    assert refusing.post("/readings?dry=1", json=[row(0)]).status_code == 400
    assert refusing.get("/readings").status_code == 405


def test_the_other_header_and_a_key_for_all_stations_will_do(client: TestClient, lake: Path) -> None:
    del client.headers["Authorization"]
    rows = [row(0), row(0, station="inlet", parameter="cu", unit="ug/L")]
    answer = client.post("/readings", json=rows, headers={"X-API-Key": key_of(lake)})
    assert counts(answer) == (201, 2, 0, 0)


def test_a_revoked_key_is_refused_at_once(client: TestClient, lake: Path) -> None:
    assert client.post("/readings", json=[row(0)]).status_code == 201
    opened = open_lake(str(lake))
    keys.revoke(opened, str(lake), keys.listing(opened)[0].id)
    opened.close()
    assert client.post("/readings", json=[row(1)]).status_code == 401
    assert values(lake) == {START: 1.0}


def test_what_a_load_brings_may_be_posted_without_a_restart(client: TestClient, testford: Testford, lake: Path) -> None:
    client.headers["Authorization"] = f"Bearer {key_of(lake)}"
    fresh = [row(0, station="newcomer")]
    assert client.post("/readings", json=fresh).status_code == 422
    testford.layers["stations"]["features"].append(feature("newcomer", "gauge", point(20.1, 44.1), medium="air"))
    load(testford, lake)
    assert counts(client.post("/readings", json=fresh)) == (201, 1, 0, 0)


def test_a_lake_that_was_lost_is_opened_anew(client: TestClient, lake: Path) -> None:
    assert client.post("/readings", json=[row(0)]).status_code == 201
    lost = client.app.state.intake._opened  # type: ignore[attr-defined]
    for each in (lost.lake, *lost.idle):
        each.close()
    assert client.post("/readings", json=[row(1)]).status_code == 201
    assert client.app.state.intake._opened is not lost  # type: ignore[attr-defined]
    assert len(values(lake)) == 2


def test_without_a_lake_and_without_a_running_intake_the_answer_is_to_come_back(lake: Path, tmp_path: Path) -> None:
    with TestClient(create_app(Settings(lake=str(tmp_path / "none")))) as client:
        answer = client.post("/readings", json=[row(0)], headers={"X-API-Key": "mm_x"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    answer = client_of(lake).post("/readings", json=[row(0)])
    assert (answer.status_code, answer.json()["detail"]) == (503, "no posts are taken just now; please come back")


def test_ten_thousand_rows_are_one_post_and_one_more_is_too_many(client: TestClient, lake: Path) -> None:
    rows = [row(nth, str(nth)) for nth in range(10_001)]
    assert client.post("/readings", content=as_csv(rows), headers=TEXT).status_code == 413
    assert counts(client.post("/readings", content=as_csv(rows[1:]), headers=TEXT)) == (201, 10_000, 0, 0)
    assert counts(client.post("/readings", json=rows[:-1])) == (201, 1, 0, 9_999)
    found = values(lake)
    assert found == {START + nth * HOUR: float(nth) for nth in range(10_001)}


Serve = Callable[..., Service]


def together(service: Service, secret: str, bodies: Sequence[object]) -> list[httpx.Response]:
    """Posts from as many clients at once, each over a connection of its own."""

    def post(body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}"}
        return httpx.post(f"{service.url}/readings", json=body, headers=headers, timeout=60)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, bodies))


def test_posts_at_once_share_commits_and_each_gets_its_own_counts(serve: Serve, lake: Path, tmp_path: Path) -> None:
    service, secret = serve(lake), key_of(lake)
    answers = together(service, secret, [[row(2 * nth, "1"), row(2 * nth + 1, "2")] for nth in range(24)])
    assert {counts(each) for each in answers} == {(201, 2, 0, 0)}
    assert len(values(lake)) == 48
    written = ledger_rows(lake)
    assert len(written) < 24
    assert sum(len(detail["posts"]) for _, _, detail in written) == 24
    same = together(service, secret, [[row(100)]] * 8)
    assert sorted(counts(each) for each in same) == [(200, 0, 0, 1)] * 7 + [(201, 1, 0, 0)]
    mixed = together(service, secret, [[row(0), row(200 + nth)] for nth in range(8)])
    assert {counts(each) for each in mixed} == {(201, 1, 0, 1)}
    service.stop()
    log = (tmp_path / "serve0.log").read_text()
    assert secret not in log and "Traceback" not in log


def test_posts_at_once_that_contradict_each_other_revise_in_turn(serve: Serve, lake: Path) -> None:
    answers = together(serve(lake), key_of(lake), [[row(0, str(nth))] for nth in range(1, 9)])
    assert sorted(counts(each) for each in answers) == [(201, 0, 1, 0)] * 7 + [(201, 1, 0, 0)]
    numbers = {each.json()["snapshot"]["number"]: float(nth) for nth, each in enumerate(answers, 1)}
    assert len(numbers) == 8
    assert {number: values(lake, number)[START] for number in numbers} == numbers


def raw(service: Service, secret: str, body_headers: str) -> socket.socket:
    """A connection that has sent the head of a post and no body yet."""
    host, port = service.url.removeprefix("http://").split(":")
    opened = socket.create_connection((host, int(port)), timeout=20)
    head = f"POST /readings HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\nContent-Type: text/csv\r\n"
    opened.sendall(f"{head}{body_headers}\r\n\r\n".encode())
    return opened


def test_what_is_too_much_at_a_time_is_asked_to_come_back_and_a_lost_client_frees_its_place(
    serve: Serve, lake: Path, tmp_path: Path
) -> None:
    service, secret = serve(lake, MENDMAP_MAX_POSTS="1", MENDMAP_MAX_POST_MB="1"), key_of(lake)
    slow = raw(service, secret, "Content-Length: 1000")
    time.sleep(0.5)
    (answer,) = together(service, secret, [[row(0)]])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"] == "1 posts are in hand; please come back"
    slow.close()
    for _ in range(50):
        (answer,) = together(service, secret, [[row(0)]])
        if answer.status_code == 201:
            break
        time.sleep(0.1)
    assert answer.status_code == 201
    endless = raw(service, secret, "Transfer-Encoding: chunked")
    for _ in range(3):
        endless.sendall(b"80000\r\n" + b"x" * 0x80000 + b"\r\n")
    assert endless.recv(1000).startswith(b"HTTP/1.1 413 ")
    endless.close()
    service.stop()
    assert "Traceback" not in (tmp_path / "serve0.log").read_text()


def test_stopping_answers_what_waits_and_takes_no_more(lake: Path) -> None:
    intake = Intake(Settings(lake=str(lake)))
    intake.start()
    by = intake.admit(key_of(lake))
    waiting = [intake.take(by, Body(as_csv([row(0, str(nth))]), "text/csv")) for nth in range(5)]
    intake.stop()
    assert [each.result(timeout=0).snapshot.number for each in waiting] == [2, 3, 4, 5, 6]
    assert values(lake) == {START: 4.0}
    with pytest.raises(OverloadedError):
        intake.take(by, Body(as_csv([row(1)]), "text/csv"))


def test_a_journal_that_cannot_be_written_refuses_the_post(client: TestClient, lake: Path) -> None:
    (lake / "journal").mkdir(exist_ok=True)
    (lake / "journal" / "posts").write_text("in the way")
    answer = client.post("/readings", json=[row(0)])
    assert answer.status_code == 503
    assert "journal" in answer.json()["detail"]
    assert values(lake) == {}
    opened = open_lake(str(lake))
    assert ledger.latest(opened).moment < dt.datetime.now(dt.UTC)
    assert ledger.latest(opened).number == 1
    opened.close()

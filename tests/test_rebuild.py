"""A lake rebuilt from its journal is the same lake: numbers, moments, digests, and what was known at each of them."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import Run
from place import Testford, feature, point
from test_ingest import START, ZONE, row, take
from test_lake import load

from mendmap.errors import LakeError
from mendmap.lake import journal, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.schema import KEYS
from mendmap.load.rebuild import Replayed, rebuild


def everything(lake: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All the rows of a lake, with the numbers that recorded and superseded them."""
    opened = open_lake(str(lake))
    try:
        tables = {name: opened.query(f"SELECT * FROM {name} ORDER BY ALL").fetchall() for name in KEYS}
        return {"ledger": [tuple(each) for each in ledger.rows(opened, 0)], **tables}
    finally:
        opened.close()


def anew(lake: Path, name: str = "anew", **how: Any) -> tuple[Path, list[Replayed]]:
    target = lake.parent / name
    return target, list(rebuild(str(target), str(lake), **{"accept_differences": False, **how}))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that was loaded, ingested into, revised, loaded again and ingested into with rejects."""
    folder = tmp_path_factory.mktemp("rebuild")
    lake, place = folder / "lake", Testford(folder / "testford")
    load(place, lake)
    take(lake, [row(0), row(1, "0.5", qualifier="<"), row(24 * 365 * 200)])
    take(lake, [row(1, "5"), row(0, "", quality="withdrawn")], name="revised.csv")
    place.feature("lakes", 1)["geometry"] = point(20.71, 44.71)
    place.layers["dumps"]["features"].append(feature("mound", "dump", point(20.9, 44.9)))
    del place.layers["stations"]["features"][2]
    place.rows = [each for each in place.rows if each["station"] != "ghost"]
    place.rows[1]["value"] = "121"
    load(place, lake)
    take(lake, [row(2), row(3, "x"), row(4, station="ghost")], name="bad.csv", rejects=folder / "rejects.csv")
    take(lake, [row(0) | {"start": "2023-07-01T10:00", "end": ""}], name="local.csv", options=ZONE)
    return lake


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    """The same for one test alone: a lake may be copied."""
    return Path(shutil.copytree(made, tmp_path / "lake"))


def test_a_rebuilt_lake_is_the_same_in_every_row_and_number(lake: Path) -> None:
    again, writes = anew(lake)
    assert [each.row.act for each in writes] == ["load", "ingest", "ingest", "load", "ingest", "ingest"]
    assert everything(again) == everything(lake)
    assert journal.recorded(again / "journal") == journal.recorded(lake / "journal")


def test_the_journal_alone_is_enough_and_so_is_that_of_a_rebuilt_lake(lake: Path) -> None:
    before = everything(lake)
    kept = lake.parent / "kept"
    (lake / "journal").rename(kept)
    shutil.rmtree(lake)
    again, _ = anew(kept)
    assert everything(again) == before
    shutil.rmtree(kept)
    once_more, _ = anew(again, "once_more")
    assert everything(once_more) == before


def test_a_rebuilt_lake_is_written_on(lake: Path) -> None:
    again, _ = anew(lake)
    for each in (lake, again):
        take(each, [row(9)], name="more.csv")
        take(each, [row(9, "2")], name="more.csv")
    one, other = everything(lake), everything(again)
    assert [each[-1] for each in one["ledger"]] == [each[-1] for each in other["ledger"]]
    assert one["readings"] == other["readings"]


def test_a_write_whose_mirror_was_killed_is_rebuilt_and_mirrored_by_the_next(lake: Path) -> None:
    mirror = lake / "journal" / "ledger.ndjson"
    lines = mirror.read_bytes().splitlines(keepends=True)
    mirror.write_bytes(b"".join(lines[:4]) + lines[4][:40])
    again, writes = anew(lake)
    assert len(writes) == 6
    assert everything(again) == everything(lake)
    take(lake, [row(9)])
    assert mirror.read_bytes().startswith(b"".join(lines))
    assert list(journal.recorded(lake / "journal")) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("content", [b'{"number": 1}\n', b"no JSON\n", None])
def test_a_mirror_of_another_ledger_is_set_aside_and_kept(lake: Path, content: bytes | None) -> None:
    mirror = lake / "journal" / "ledger.ndjson"
    right = mirror.read_bytes()
    wrong = right.replace(b'"digest":"', b'"digest":"0') if content is None else content
    mirror.write_bytes(wrong)
    take(lake, [row(9)])
    assert mirror.read_bytes().startswith(right)
    assert [each.read_bytes() for each in mirror.parent.glob("ledger-*.ndjson")] == [wrong]


def test_rival_writers_keep_the_mirror_in_order(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    places = [Testford(tmp_path / f"place{nth}") for nth in range(6)]
    for nth, place in enumerate(places):
        place.head = place.head.replace('"testford"', f'"place{nth}"')
    load(places[0], tmp_path / "lake")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda place: load(place, tmp_path / "lake"), places))
    lines = (tmp_path / "lake" / "journal" / "ledger.ndjson").read_text().splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2, 3, 4, 5, 6]


def test_a_blob_that_is_missing_or_damaged_is_named(lake: Path) -> None:
    opened = open_lake(str(lake))
    detail = json.loads(ledger.rows(opened, 3)[0].detail)
    opened.close()
    blob = lake / "journal" / detail["sha256"]
    content = blob.read_bytes()
    blob.write_bytes(content.replace(b"5", b"6"))
    with pytest.raises(LakeError, match=f"write 3 .ingest of revised.csv. cannot be made again: .*{blob.name} is dam"):
        anew(lake)
    assert not (lake.parent / "anew").exists()
    with pytest.raises(LakeError, match="is left of another rebuild; remove it first"):
        anew(lake)
    shutil.rmtree(lake.parent / "anew.partial")
    blob.unlink()
    with pytest.raises(LakeError, match=f"write 3 .*{blob.name} is missing"):
        anew(lake)
    assert len(everything(lake.parent / "anew.partial")["ledger"]) == 2


def test_a_write_that_comes_out_otherwise_stops_the_rebuild_unless_that_is_accepted(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mendmap.readings import told

    before = everything(lake)
    # As if today's reader took no reading below a detection limit.
    monkeypatch.setattr(told, "_CONTEXTS", told._CONTEXTS.replace("('', '<', '>')", "('', '>')"))
    with pytest.raises(LakeError, match=r"write 2 \(ingest of rows.csv\) cannot be made again: rows.csv:2: qualifier"):
        anew(lake)
    again, writes = anew(lake, "other", accept_differences=True)
    differing = {each.row.number: each.difference for each in writes if each.difference}
    assert list(differing) == [2, 3]
    assert differing[2].startswith('it changes {"readings":{"added":2,')
    assert '"added":3,' in differing[2]
    after = everything(again)
    assert [each[:5] for each in after["ledger"]] == [each[:5] for each in before["ledger"]]
    assert after["features"] == before["features"]


def test_an_ingest_is_read_with_the_words_that_stood_when_it_was_checked(testford: Testford, tmp_path: Path) -> None:
    """A load that took the station away came between the check of an ingest and its commit."""
    from mendmap.load import ingest as ingesting

    lake = tmp_path / "lake"
    load(testford, lake)
    original = ingesting.revise

    def late(*arguments: Any, **how: Any) -> Any:
        testford.layers["stations"]["features"] = [
            each for each in testford.layers["stations"]["features"] if each["properties"]["id"] != "ghost"
        ]
        testford.rows = [each for each in testford.rows if each["station"] != "ghost"]
        load(testford, lake)
        return original(*arguments, **how)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ingesting, "revise", late)
        assert take(lake, [row(0, station="ghost")]).written.snapshot.number == 3  # type: ignore[union-attr]
    again, _ = anew(lake)
    assert everything(again) == everything(lake)


def test_a_reading_that_was_in_the_future_stays_marked_so(lake: Path) -> None:
    opened = open_lake(str(lake))
    marks = opened.query("SELECT marks FROM readings WHERE start_at > now() AND recorded > 1").fetchall()
    assert marks == [("in_the_future",)]
    kept = journal.recorded(lake / "journal")[2]
    opened.close()
    # A rebuild in the far future: the ingest was made long before the reading's time had come.
    past = START.replace(year=2300)
    lines = (lake / "journal" / "ledger.ndjson").read_bytes().splitlines(keepends=True)
    then = json.loads(lines[1]) | {"moment": past.isoformat()}
    journal_only = lake.parent / "kept"
    shutil.copytree(lake / "journal", journal_only)
    (journal_only / "ledger.ndjson").write_bytes(lines[0] + json.dumps(then).encode() + b"\n")
    again, _ = anew(journal_only)
    opened = open_lake(str(again))
    found = opened.query("SELECT marks FROM readings WHERE start_at > now() AND recorded > 1").fetchall()
    opened.close()
    assert kept.moment < dt.datetime.now(dt.UTC) < past
    assert found == [("",)]


def test_what_a_load_changed_is_one_small_file(lake: Path) -> None:
    import pyarrow.parquet as pq

    detail = json.loads(journal.recorded(lake / "journal")[4].detail)
    found: pa.Table = pq.read_table(lake / "journal" / detail["rows"])
    told = {(each["table"], each["how"], each["id"] or each["series"]) for each in found.to_pylist()}
    assert told == {
        ("features", "added", "mound"),
        ("features", "changed", "puddle"),
        ("features", "removed", "ghost"),
        ("readings", "changed", "inlet.cu.sample"),
        ("readings", "removed", "ghost.so2.1h"),
    }


def test_posts_are_made_again_from_their_bodies(testford: Testford, tmp_path: Path) -> None:
    from test_post import as_csv, client_of

    lake = tmp_path / "lake"
    load(testford, lake)
    with client_of(lake) as client:
        for _ in range(2):
            assert client.post("/readings", json=[row(0), row(1)]).status_code in (200, 201)
        assert client.post("/readings", content=as_csv([row(1, "5")]), headers={"Content-Type": "text/csv"}).is_success
        testford.feature("lakes", 1)["properties"]["size"] = "tiny"
        load(testford, lake)
        assert client.post("/readings", json=[row(0, "", quality="withdrawn"), row(2)]).is_success
    again, writes = anew(lake)
    assert [each.row.act for each in writes] == ["load", "post", "post", "load", "post"]
    assert everything(again) == everything(lake)
    shutil.rmtree(lake / "journal" / "posts")
    with pytest.raises(LakeError, match=r"write 2 .post of post-.* cannot be made again: the body of the post .* is m"):
        anew(lake, "other")
    once_more, _ = anew(again, "once_more")
    assert everything(once_more) == everything(again)


def test_the_command_rebuilds_and_says_what_it_did(
    lake: Path, tmp_path: Path, run_mendmap: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_mendmap("rebuild", "new", "--from", lake)
    assert done.returncode == 0, done.stderr
    opened = open_lake(str(lake))
    assert done.stdout.splitlines() == ["6 writes made again, 0 with differences", f"snapshot {ledger.latest(opened)}"]
    opened.close()
    for target, source, words in (
        ("new", "lake", "'new' is there already; name a new folder"),
        ("newer", "nowhere", "no journal at 'nowhere/journal'"),
    ):
        wrong = run_mendmap("rebuild", target, "--from", source)
        assert (wrong.returncode, wrong.stderr) == (1, f"mendmap: {words}\n")

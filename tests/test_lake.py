"""Loading: all or nothing, idempotent, versioned; rivals conflict instead of losing or doubling anything."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Run
from place import Testford, feature, point

from mendmap.errors import GeodataError, LakeEmptyError, LakeError, NotFoundError
from mendmap.lake import connection, contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.ledger import Snapshot
from mendmap.lake.write import Written
from mendmap.load.check import check
from mendmap.load.write import write


def load(place: Testford, lake: Path) -> Written:
    return write(check(place.write(), 100), str(lake), place.folder)


def read(lake: Path, number: int | None = None, catalogue: str = "testford") -> Contents:
    opened = open_lake(str(lake))
    try:
        newest = ledger.latest(opened)
        at = newest if number is None else Snapshot(number, "", newest.moment)
        return contents.read(opened, at, catalogue)
    finally:
        opened.close()


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def test_a_first_load_adds_everything_and_a_second_nothing(testford: Testford, lake: Path) -> None:
    first = load(testford, lake)
    assert first.changes["features"] == {"added": 7, "changed": 0, "removed": 0}
    assert first.changes["readings"] == {"added": 5, "changed": 0, "removed": 0}
    second = load(testford, lake)
    assert not second.changed
    assert second.snapshot == first.snapshot


def test_the_same_content_has_the_same_digest_in_any_lake(testford: Testford, tmp_path: Path) -> None:
    one, other = load(testford, tmp_path / "one"), load(testford, tmp_path / "other")
    assert one.snapshot and other.snapshot
    assert one.snapshot.digest == other.snapshot.digest


def test_a_lake_that_differs_in_an_id_alone_has_another_digest(testford: Testford, tmp_path: Path) -> None:
    digests = set()
    for name, start in (("heap", "00:00"), ("hill", "00:00"), ("heap", "00:30")):
        testford.feature("dumps")["properties"]["id"] = name
        testford.feature("stations", 2)["properties"]["monitors"] = name
        testford.rows[2]["start"] = f"2021-01-01T{start}Z"
        written = load(testford, tmp_path / f"{name}{start}")
        assert written.snapshot
        digests.add(written.snapshot.digest)
    assert len(digests) == 3


def test_a_lake_may_be_moved_and_named_from_anywhere(
    testford: Testford, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path)
    load(testford, Path("lake"))
    monkeypatch.chdir(tmp_path / "deep")
    assert len(read(Path("../lake")).features) == 7
    (tmp_path / "lake").rename(tmp_path / "moved")
    assert len(read(tmp_path / "moved").series) == 3
    testford.rows[1]["value"] = "1"
    assert load(testford, tmp_path / "moved").changes["readings"]["changed"] == 1


def test_a_lake_of_another_version_is_refused_in_one_line(testford: Testford, lake: Path, run_mendmap: Run) -> None:
    load(testford, lake)
    opened = open_lake(str(lake))
    opened.query("UPDATE version SET number = 1")
    opened.close()
    for command in (("load", testford.folder), ("progress",)):
        done = run_mendmap(*command, "--lake", lake)
        assert done.returncode == 1
        assert "written by another version of mendmap" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_an_account_without_a_name_can_load(testford: Testford, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr("getpass.getuser", nameless)
    load(testford, lake)
    opened = open_lake(str(lake))
    assert opened.query("SELECT who FROM ledger").fetchall() == [(str(os.getuid()),)]
    opened.close()


def test_what_was_loaded_is_read_back(testford: Testford, lake: Path) -> None:
    load(testford, lake)
    found = read(lake)
    by_id = {row.id: row for row in found.features}
    assert by_id["mirror"].geometry is not None
    assert by_id["mirror"].geometry.area == pytest.approx(0.0001)
    assert by_id["ghost"].geometry is None
    assert by_id["puddle"].properties["accuracy_m"] == 500
    assert [body["id"] for body in found.records["work"]] == ["liming", "somewhere"]
    copper = next(series for series in found.series if series.parameter == "cu")
    assert (copper.count, copper.latest, copper.latest_value, copper.latest_unit) == (2, 120.0, 120.0, "ug/L")
    assert copper.greatest == 500.0
    sulphur = next(series for series in found.series if series.id == "chimney.so2.1h")
    assert (sulphur.count, sulphur.missing, sulphur.latest) == (2, 1, 10.0)


def test_an_edited_layer_keeps_its_old_version_readable(testford: Testford, lake: Path) -> None:
    load(testford, lake)
    testford.feature("lakes", 1)["geometry"] = point(20.71, 44.71)
    testford.layers["dumps"]["features"].append(feature("mound", "dump", point(20.9, 44.9)))
    del testford.layers["stations"]["features"][2]
    testford.rows = [row for row in testford.rows if row["station"] != "ghost"]
    second = load(testford, lake)
    assert second.changes["features"] == {"added": 1, "changed": 1, "removed": 1}
    assert second.changes["readings"] == {"added": 0, "changed": 0, "removed": 1}
    now, then = read(lake), read(lake, 1)
    assert {row.id for row in then.features} - {row.id for row in now.features} == {"ghost"}
    assert next(row for row in then.features if row.id == "puddle").geometry.x == 20.7  # type: ignore[union-attr]
    assert next(row for row in now.features if row.id == "puddle").geometry.x == 20.71  # type: ignore[union-attr]
    assert len(then.series) == len(now.series) + 1


def test_a_revised_reading_keeps_its_predecessor(testford: Testford, lake: Path) -> None:
    load(testford, lake)
    testford.rows[1]["value"] = "90"
    assert load(testford, lake).changes["readings"] == {"added": 0, "changed": 1, "removed": 0}
    latest = {number: {s.id: s.latest for s in read(lake, number).series} for number in (1, 2)}
    assert latest[1]["inlet.cu.sample"] == 120
    assert latest[2]["inlet.cu.sample"] == 90


def test_moving_a_row_in_its_file_is_no_change(testford: Testford, lake: Path) -> None:
    load(testford, lake)
    testford.rows.reverse()
    testford.tables["work"].reverse()
    assert not load(testford, lake).changed


def test_a_dry_run_counts_and_writes_nothing(testford: Testford, lake: Path) -> None:
    folder = testford.write()
    dry = write(check(folder, 100), str(lake), folder, dry=True)
    assert dry.snapshot is None
    assert dry.changes["features"]["added"] == 7
    assert not lake.exists()
    load(testford, lake)
    testford.tables["source"][0]["title"] = "Another title"
    again = write(check(testford.write(), 100), str(lake), folder, dry=True)
    assert again.changes["records"] == {"added": 0, "changed": 1, "removed": 0}
    assert read(lake).snapshot.number == 1


def test_a_wrong_catalogue_never_reaches_the_lake(testford: Testford, lake: Path) -> None:
    first = load(testford, lake)
    testford.rows[0]["parameter"] = "unobtainium"
    with pytest.raises(GeodataError, match=r"readings.csv:2: parameter: no such parameter: 'unobtainium'"):
        load(testford, lake)
    assert read(lake).snapshot == first.snapshot


def test_a_lake_holds_many_catalogues_and_a_load_replaces_only_its_own(tmp_path: Path, lake: Path) -> None:
    places = []
    for name in ("testford", "otherford"):
        place = Testford(tmp_path / name)
        place.head = place.head.replace('"testford"', f'"{name}"')
        load(place, lake)
        places.append(place)
    before = read(lake, catalogue="otherford")
    places[0].feature("lakes", 1)["properties"]["size"] = "smaller"
    load(places[0], lake)
    after = read(lake, catalogue="otherford")
    assert (before.features, before.records, before.series) == (after.features, after.records, after.series)
    opened = open_lake(str(lake))
    with pytest.raises(NotFoundError, match="otherford, testford"):
        contents.chosen(opened, "")
    assert contents.chosen(opened, "otherford") == "otherford"
    opened.close()


def test_rival_loads_lose_and_double_nothing(tmp_path: Path, lake: Path) -> None:
    places = []
    for nth in range(6):
        place = Testford(tmp_path / f"place{nth}")
        place.head = place.head.replace('"testford"', f'"place{nth}"')
        places.append(place)
    load(places[0], lake)
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda place: load(place, lake), places))
    assert sorted(r.snapshot.number for r in results[1:] if r.snapshot) == [2, 3, 4, 5, 6]
    for nth in range(6):
        assert len(read(lake, catalogue=f"place{nth}").features) == 7


def test_readers_of_an_empty_lake_are_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LakeEmptyError, match="mendmap load"):
        open_lake(str(tmp_path / "nothing"))


def test_the_command_prints_what_changed_and_the_snapshot(testford: Testford, lake: Path, run_mendmap: Run) -> None:
    done = run_mendmap("load", testford.write(), "--lake", lake)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "features: 7 added, 0 changed, 0 removed"
    assert done.stdout.splitlines()[-1].startswith("snapshot 1-")
    again = run_mendmap("load", testford.folder, "--lake", lake)
    assert again.stdout.splitlines()[:3] == ["features: unchanged", "records: unchanged", "readings: unchanged"]


def test_a_lake_that_cannot_be_opened_is_one_line(tmp_path: Path, testford: Testford, run_mendmap: Run) -> None:
    (tmp_path / "file").write_text("not a folder")
    for command in (("load", testford.write(), "--lake", tmp_path / "file"), ("progress", "--lake", tmp_path / "no")):
        done = run_mendmap(*command)
        assert done.returncode == 1
        assert done.stderr.startswith("mendmap: ")
        assert len(done.stderr.splitlines()) == 1
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "catalogue.sqlite").write_bytes(b"this is no database" * 100)
    done = run_mendmap("progress", "--lake", broken)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_an_extension_that_its_maker_did_not_sign_is_refused(
    testford: Testford, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(testford, tmp_path / "lake")
    # Loaded a second time, the same files are taken as they were found; another file is not.
    assert connection._signed
    load(testford, tmp_path / "lake")
    right = connection._extension(connection._EXTENSIONS[0])
    wrong = tmp_path / right.name
    content = bytearray(right.read_bytes())
    content[len(content) // 2] ^= 1
    wrong.write_bytes(content)
    monkeypatch.setattr(connection, "_extension", lambda _: wrong)
    with pytest.raises(LakeError, match="signature"):
        open_lake(str(tmp_path / "lake"))

"""Keys: printed once, kept as a digest, scoped, and refused from the moment they are taken back."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Run

from mendmap.errors import BadRequestError, KeyRefusedError, NotFoundError
from mendmap.lake import keys, ledger
from mendmap.lake.connection import open_lake

KNOWN = {"chimney", "inlet"}


@pytest.fixture
def lake(lake: Path) -> str:
    """The address of a lake that holds the synthetic place."""
    return str(lake)


def made(lake: str, name: str = "logger", stations: tuple[str, ...] = ()) -> tuple[keys.Key, str]:
    opened = open_lake(lake)
    try:
        return keys.add(opened, lake, name, "testford", stations, KNOWN)
    finally:
        opened.close()


def test_a_key_has_256_random_bits_and_only_its_digest_is_kept(lake: str) -> None:
    secrets = {made(lake)[1] for _ in range(5)}
    assert len(secrets) == 5
    assert {len(each) for each in secrets} == {3 + 43}
    opened = open_lake(lake)
    digests = {row[0] for row in opened.query("SELECT digest FROM keys").fetchall()}
    opened.close()
    assert digests == {hashlib.sha256(each.encode()).hexdigest() for each in secrets}
    for file in Path(lake).rglob("*"):
        assert not file.is_file() or not any(each.encode() in file.read_bytes() for each in secrets)


def test_a_secret_leads_to_its_key_and_no_other_does(lake: str) -> None:
    pairs = [made(lake, f"logger {nth}", ("inlet",) if nth else ()) for nth in range(3)]
    opened = open_lake(lake)
    for key, secret in pairs:
        assert keys.holder(keys.in_use(opened), secret) == key
    assert [key.stations for key, _ in pairs] == [(), ("inlet",), ("inlet",)]
    good = pairs[0][1]
    for wrong in (
        "",
        "mm_",
        good[:-1],
        good + "x",
        good.swapcase(),
        "č" * 46,
        hashlib.sha256(good.encode()).hexdigest(),
    ):
        with pytest.raises(KeyRefusedError) as caught:
            keys.holder(keys.in_use(opened), wrong)
        assert good not in str(caught.value)
    opened.close()


def test_a_key_covers_its_stations_and_one_without_any_covers_all(lake: str) -> None:
    assert made(lake)[0].covers("anything")
    scoped = made(lake, stations=("inlet", "inlet"))[0]
    assert scoped.stations == ("inlet",)
    assert scoped.covers("inlet")
    assert not scoped.covers("inle")


def test_a_station_or_name_that_will_not_do_is_refused(lake: str) -> None:
    with pytest.raises(BadRequestError, match="no such station: 'nowhere'; choices: chimney, inlet"):
        made(lake, stations=("inlet", "nowhere"))
    for name in ("", "  ", "a\nb", "\x1b[2J", "x" * 81):
        with pytest.raises(BadRequestError, match="not a name"):
            made(lake, name)


def test_a_revoked_key_is_refused_and_stays_on_the_list(lake: str) -> None:
    key, secret = made(lake)
    opened = open_lake(lake)
    revoked = keys.revoke(opened, lake, key.id)
    assert revoked.revoked is not None and revoked.revoked >= key.created
    assert keys.revoke(opened, lake, key.id) == revoked
    assert keys.listing(opened) == [revoked]
    with pytest.raises(KeyRefusedError):
        keys.holder(keys.in_use(opened), secret)
    with pytest.raises(NotFoundError, match=f"no key: 'x'; choices: {key.id}"):
        keys.revoke(opened, lake, "x")
    opened.close()


def test_keys_make_no_snapshot_and_rivals_lose_none(lake: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        pairs = list(pool.map(lambda nth: made(lake, f"logger {nth}"), range(8)))
    opened = open_lake(lake)
    assert ledger.latest(opened).number == 1
    assert {each.name for each in keys.listing(opened)} == {f"logger {nth}" for nth in range(8)}
    assert {keys.holder(keys.in_use(opened), secret).id for _, secret in pairs} == {key.id for key, _ in pairs}
    opened.close()


def test_the_commands_add_list_and_revoke(lake: str, run_mendmap: Run) -> None:
    added = run_mendmap("keys", "add", "outfall", "--station", "inlet", "--station", "chimney", "--lake", lake)
    assert added.returncode == 0, added.stderr
    secret = added.stdout.strip()
    assert secret.startswith("mm_") and len(added.stdout.split()) == 1
    assert "for inlet, chimney of testford" in added.stderr
    (listed,) = json.loads(run_mendmap("keys", "list", "--json", "--lake", lake).stdout)["keys"]
    assert (listed["name"], listed["stations"], listed["revoked"]) == ("outfall", ["inlet", "chimney"], None)
    plain = run_mendmap("keys", "list", "--lake", lake).stdout
    assert listed["id"] in plain and "in use" in plain
    assert secret not in plain
    done = run_mendmap("keys", "revoke", listed["id"], "--lake", lake)
    assert "(outfall) was revoked at 20" in done.stdout
    assert "revoked 20" in run_mendmap("keys", "list", "--lake", lake).stdout
    refused = run_mendmap("keys", "add", "x", "--station", "nowhere", "--lake", lake)
    assert refused.returncode == 1
    assert refused.stderr.startswith("mendmap: no such station: 'nowhere'; choices: brook, chimney")
    assert run_mendmap("keys", "revoke", "nothing", "--lake", lake).stderr.startswith("mendmap: no key: 'nothing'")


@pytest.mark.parametrize("command", ["add", "list", "revoke"])
def test_each_command_has_an_example(command: str, run_mendmap: Run) -> None:
    assert f"Example: mendmap keys {command}" in run_mendmap("keys", command, "--help").stdout

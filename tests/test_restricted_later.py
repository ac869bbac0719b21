"""What everyone could see is restricted while the service runs: nothing that was kept shows it once more."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from place import Testford
from test_as_of import load

from mendmap.settings import Settings
from mendmap.web.app import create_app

# Addresses of the first two snapshots at which the waste dump "heap" stood, in everything that is kept for the next
# reader: atlases of the past, those of pages that are awaited, and files.
SEEN = (
    "/sites/heap.json?as-of=1",
    "/downloads/dumps.geojson?as-of=1",
    "/downloads/dumps.csv?as-of=1&bbox=-180,-90,180,90",
    "/downloads/package.zip?as-of=1&site=heap",
    "/ogc/collections/dumps/items?as-of=1",
    "/ogc/collections/sites/items?limit=1&as-of=2",
    "/ogc/collections/sites/items?as-of=2",
    "/ogc/tiles/WebMercatorQuad/0/0/0?f=geojson&as-of=1",
)


def wait(client: TestClient, number: int) -> None:
    until = time.monotonic() + 20
    while client.get("/readyz").json()["snapshot"]["number"] != number:
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def running(testford: Testford, tmp_path: Path) -> Iterator[tuple[TestClient, Testford]]:
    lake = tmp_path / "lake"
    load(testford, lake)
    with TestClient(create_app(Settings(lake=str(lake), poll_seconds=0.1))) as client:
        testford.feature("lakes")["properties"]["note"] = "cleaner"
        load(testford, lake)
        wait(client, 2)
        yield client, testford


def test_what_is_restricted_later_is_gone_from_all_that_was_kept(
    running: tuple[TestClient, Testford], tmp_path: Path
) -> None:
    client, place = running
    script = next(part for part in client.get("/").text.split('"') if part.startswith("/static/maps/"))
    before = {path: client.get(path) for path in (*SEEN, script)}
    assert {each.status_code for each in before.values()} == {200}
    place.layers["dumps"]["more"] = 'access = "staff"'
    load(place, tmp_path / "lake")
    wait(client, 3)
    for path, old in before.items():
        found = client.get(path, headers={"If-None-Match": old.headers.get("ETag", "none")})
        # Not even a 304, which says that what the reader kept still holds.
        assert found.status_code in (200, 400, 404), path
        assert found.content != old.content, path
        assert found.status_code != 200 or b"heap" not in found.content, path

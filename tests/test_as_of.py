"""What was known then: pages and their JSON twins as of an earlier snapshot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from place import Testford, polygon

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.web.app import create_app

PAGES = ("sites", "stations", "watercourses", "limits", "statements")


def load(place: Testford, lake: Path) -> None:
    """Loads the folder as it stands now."""
    write(check(place.write(), 10), str(lake), place.folder)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Testford in two snapshots: in the second the lake is drawn anew and renamed, a work is done and a limit, a
    reading and a claim differ."""
    place = Testford(tmp_path_factory.mktemp("then") / "testford")
    lake = place.folder.parent / "lake"
    load(place, lake)
    mirror = place.feature("lakes")
    mirror["geometry"] = polygon([[20.5, 44.5], [20.52, 44.5], [20.52, 44.51], [20.5, 44.51], [20.5, 44.5]])
    mirror["properties"]["name_en"] = "Looking-glass"
    place.tables["state"][1]["state"] = "blue"
    place.tables["limit"][0]["value"] = "300"
    place.rows[1]["value"] = "121"
    place.statements = place.statements.replace("claimed = 0.1", "claimed = 0.9")
    load(place, lake)
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


@pytest.mark.parametrize("page", [*PAGES, "sites/mirror", "stations/inlet", "statements/tenfold"])
def test_a_page_and_its_twin_tell_what_was_known_then(client: TestClient, page: str) -> None:
    for address in (f"/{page}", f"/{page}.json"):
        then, now = client.get(f"{address}?as-of=1"), client.get(address)
        assert (then.status_code, now.status_code) == (200, 200), then.text
        assert then.headers.get("Mendmap-Snapshot", "1-").startswith("1-")
        assert then.content != now.content
        assert client.get(f"{address}?as-of=2").content == now.content
        assert client.get(f"{address}?as-of=7").status_code == 404
        assert client.get(f"{address}?as-of=yesterday").status_code == 400


def test_names_positions_limits_and_outcomes_are_those_of_then(client: TestClient) -> None:
    def both(address: str, *path: str | int) -> list[object]:
        found = []
        for query in ("?as-of=1", ""):
            body = client.get(f"{address}{query}").json()
            for each in path:
                body = body[each]
            found.append(body)
        return found

    assert both("/sites/mirror.json", "name", "en") == ["Mirror", "Looking-glass"]
    assert both("/sites/mirror.json", "states", 1, "state") == ["clear", "blue"]
    assert both("/stations/inlet.json", "series", 0, "value") == [120, 121]
    assert both("/limits.json", "limits", 0, "value") == [350, 300]
    assert both("/statements/tenfold.json", "outcome") == ["consistent", "contradicted"]
    assert both("/sites/mirror.json", "statements", 0, "outcome") == ["consistent", "contradicted"]


def test_a_page_of_then_says_so_and_its_links_and_drawings_keep_to_it(client: TestClient) -> None:
    then, now = client.get("/sites/mirror?as-of=1").text, client.get("/sites/mirror").text
    assert "not as it is known now" in then
    assert "not as it is known now" not in now
    assert "/series/inlet.cu.sample.svg?as-of=1" in then
    assert "/stations/inlet?as-of=1" in then
    assert "as-of=1" not in now


def test_the_page_of_a_feature_of_any_layer_has_its_past(client: TestClient) -> None:
    assert "Looking-glass" not in client.get("/features/lakes/mirror?as-of=1").text
    assert client.get("/features/works/liming?as-of=1").status_code == 200

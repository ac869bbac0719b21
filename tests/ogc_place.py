"""What the tests of the OGC APIs share: a synthetic service, and how a test names its abstract test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from place import Testford, feature, point

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.web.app import create_app

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
PROJECTIONS = ["EPSG:32634", "EPSG:25834", "EPSG:3909"]
REL = "http://www.opengis.net/def/rel/ogc/1.0/"


def abstract(*idents: str) -> pytest.MarkDecorator:
    """Marks a test with the ids of the abstract tests of the standard that it carries out; pytest lists it so."""
    return pytest.mark.parametrize("conf", [pytest.param(each, id=each) for each in idents])


def synthetic(folder: Path) -> Testford:
    """Testford with times and projections, and a lake more than it has."""
    place = Testford(folder)
    place.head += f"projections = {PROJECTIONS}\n"
    place.feature("lakes", 0)["properties"] |= {"valid_from": "1990", "valid_to": "2005-06"}
    place.feature("lakes", 1)["properties"] |= {"valid_from": "2001-02-03"}
    place.layers["lakes"]["features"].append(
        feature("pond", "lake", point(20.9, 44.9), accuracy_m=5, note='<b>"x"</b>')
    )
    return place


@contextmanager
def service(place: Testford, lake: Path, **settings: Any) -> Iterator[TestClient]:
    """A service over a place, that answers in this process."""
    write(check(place.write(), 100), str(lake), place.folder)
    with TestClient(create_app(Settings(lake=str(lake), **settings)), raise_server_exceptions=False) as client:
        yield client


def link(body: dict[str, Any], rel: str, media_type: str = "") -> str:
    """Where the one link of a relation leads."""
    (found,) = (
        each["href"] for each in body["links"] if each["rel"] == rel and media_type in ("", each.get("type", ""))
    )
    return str(found)


def ids(answer: Any) -> list[str]:
    """The features of an answer."""
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["features"]]

"""Gathering from OGC API Features: against a small service of our own, and against what mendmap itself serves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from asking import asking, place, recipe
from feed_server import FeedServer, Reply, serving
from hypothesis import given
from hypothesis import strategies as st
from place import Testford
from served import served
from standards_server import OgcFeatures

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError
from mendmap.feeds.fetch import Limits
from mendmap.gather.model import Answer, Place
from mendmap.gather.services.all import SERVICES
from mendmap.gather.services.features import Selection, sound
from mendmap.gather.services.pages import degrees, queried
from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.vectors import gathered

BOX = (20.0, 44.0, 21.0, 45.0)
SQUARE = shapely.box(20.1, 44.1, 20.2, 44.2)
HEAPS = [
    ("heap/1", {"name": "North heap", "code": "007", "status": "closed", "remark": "steep"}, SQUARE),
    ("heap/2", {"name": "South heap", "code": "008", "status": "open"}, shapely.Point(20.5, 44.5)),
    ("heap/3", {"name": None, "code": "009", "status": "closed"}, shapely.MultiPolygon([SQUARE])),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Testford(tmp_path_factory.mktemp("testford")).write()


@pytest.fixture
def service(server: FeedServer) -> OgcFeatures:
    return OgcFeatures(server, HEAPS)


Gather = Callable[..., Answer]


@pytest.fixture
def gather(server: FeedServer, folder: Path, tmp_path: Path) -> Gather:
    """Gathers what a recipe with some columns asks for."""

    def run(select: str = "", settings: Any = None, limits: Limits | None = None, **columns: Any) -> Answer:
        given = {"service": "ogc_features", "url": f"{server.url}/api", "collection": "heaps", "layer": "dumps"}
        asked = recipe(**given | {"feature_kind": "dump", "select": select} | columns)
        here = place(folder, BOX, server, **(settings or {}))
        return SERVICES["ogc_features"].gather(asked, here, asking(server, tmp_path, limits))

    return run


def test_every_page_of_a_collection_is_gathered(gather: Gather, service: OgcFeatures, server: FeedServer) -> None:
    found = gather()
    assert [each.id for each in found.features] == ["heap/1", "heap/2", "heap/3"]
    assert [dict(each.names) for each in found.features] == [{"": "North heap"}, {"": "South heap"}, {}]
    assert found.features[0].geometry.equals(SQUARE)
    first = next(each for each in server.asked if each.path.endswith("/items"))
    assert first.query == {"f": "json", "bbox": "20,44,21,45", "limit": "1000"}


@pytest.mark.parametrize("said", [3, None])
def test_an_empty_page_is_the_last_whatever_page_it_leads_to(
    gather: Gather, service: OgcFeatures, server: FeedServer, said: int | None
) -> None:
    def goes_on(body: dict[str, Any]) -> dict[str, Any]:
        offset = server.asked[-1].query.get("offset", "0")
        href = f"{server.url}/api/collections/heaps/items?f=json&offset={int(offset) + 2}"
        return {**body, "links": [{"rel": "next", "href": href}]}

    service.said, service.change = said, goes_on
    assert len(gather().features) == 3
    assert [each.query.get("offset") for each in server.asked][1:] == [None, "2", "4"]


def test_a_multipolygon_of_one_part_is_that_polygon(gather: Gather, service: OgcFeatures) -> None:
    assert gather().features[2].geometry.geom_type == "Polygon"


def test_the_same_answer_makes_the_same_file(gather: Gather, service: OgcFeatures) -> None:
    first = gathered.text(gather().features)
    service.features.reverse()
    assert gathered.text(gather().features) == first


def test_select_says_what_properties_become(gather: Gather, service: OgcFeatures) -> None:
    found = gather("id=code; name:en=name; note=remark; only:status=closed|ruined")
    assert [each.id for each in found.features] == ["007", "009"]
    assert dict(found.features[0].names) == {"en": "North heap"}
    assert [dict(each.properties) for each in found.features] == [{"note": "steep"}, {}]
    assert found.left_out == {"not what select asks for": 1}


def test_a_filter_in_cql2_is_passed_on_with_the_period(
    gather: Gather, service: OgcFeatures, server: FeedServer
) -> None:
    gather("filter=code > 'a;b'", period="2020/2021-06")
    asked = next(each for each in server.asked if each.path.endswith("/items"))
    assert asked.query["filter"] == "code > 'a;b'"
    assert asked.query["filter-lang"] == "cql2-text"
    assert asked.query["datetime"] == "2020-01-01T00:00:00Z/2021-06-30T23:59:59Z"


def test_a_service_that_takes_no_filter_is_not_asked_with_one(gather: Gather, service: OgcFeatures) -> None:
    service.conforms = ["http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"]
    with pytest.raises(FeedError, match="takes no filter in CQL2; use only:PROPERTY=VALUE"):
        gather("filter=code = '007'")


@pytest.mark.parametrize(
    ("select", "words"),
    [
        ("colour=x", "not understood: 'colour'; choices: .*only:PROPERTY"),
        ("kind=x", "not understood: 'kind'"),
        ("name=", "nothing is given for 'name'"),
        ("name=title", "no feature has this property: 'title'; choices: code, "),
        ("id=remark", "has no id; name a property that is one in select"),
        ("id=status", "two features have the id 'closed'"),
    ],
)
def test_a_select_that_does_not_fit_is_an_error(gather: Gather, service: OgcFeatures, select: str, words: str) -> None:
    with pytest.raises(FeedError, match=words):
        gather(select)


def test_what_is_left_out_is_counted_by_why(gather: Gather, server: FeedServer) -> None:
    bow = shapely.Polygon([(20.1, 44.1), (20.2, 44.2), (20.2, 44.1), (20.1, 44.2)])
    odd = [
        ("a", {}, None),
        ("b", {}, bow),
        ("c", {}, shapely.Point(30, 50)),
        ("d", {}, shapely.GeometryCollection([SQUARE])),
        ("e", {}, shapely.Point(20.5, 44.5, 200)),
    ]
    OgcFeatures(server, odd)
    found = gather()
    assert [each.id for each in found.features] == ["e"]
    assert not found.features[0].geometry.has_z
    assert found.left_out == {
        "without a geometry": 1,
        "a geometry that is not valid (self-intersection)": 1,
        "outside the area that was asked for": 1,
        "a collection of geometries": 1,
    }


def test_latitude_and_longitude_exchanged_is_an_error(gather: Gather, server: FeedServer) -> None:
    OgcFeatures(server, [("a", {}, shapely.Point(44.5, 20.5))])
    with pytest.raises(FeedError, match="latitude and longitude look exchanged"):
        gather()


def test_values_that_are_none_of_a_column_are_left_out(gather: Gather, service: OgcFeatures) -> None:
    found = gather("elevation_m=code; valid_from=status; accuracy_m=code")
    assert found.features[0].properties == {"elevation_m": 7.0}
    assert found.features[0].accuracy_m == 7.0
    assert found.left_out == {"values of status that are no valid_from": 3}


def bad(body: bytes) -> Callable[[OgcFeatures], None]:
    def change(service: OgcFeatures) -> None:
        service.server.answers["/api/collections/heaps/items"] = Reply(body)

    return change


def changed(**members: Any) -> Callable[[OgcFeatures], None]:
    def change(service: OgcFeatures) -> None:
        service.change = lambda body: {name: each for name, each in (body | members).items() if each != "gone"}

    return change


def circle(service: OgcFeatures) -> None:
    href = f"{service.url}/collections/heaps/items?f=json&offset=2"
    service.change = lambda body: body | {"links": [{"rel": "next", "href": href}]}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (bad(b"<!doctype html><title>no</title>"), "answers with a web page in place of data"),
        (bad(b'{"type": "FeatureCollection", "features": [{"type": "Fea'), "no JSON that is whole"),
        (bad(b"[1]"), "no JSON object"),
        (changed(features="gone", members=[]), "'features' is missing, or not of its usual type; there are: links"),
        (changed(numberMatched=4), "says that it has 4 features, but only 3 came"),
        (changed(links=[{"rel": "next", "href": "https://other.example/items"}]), "leads to another host"),
        (circle, "the pages lead in a circle"),
        (lambda service: service.features.append(service.features[0]), "two features have the id 'heap/1'"),
        (lambda service: service.features[0].pop("id"), "feature 1 has no id; name a property that is one"),
        (lambda service: service.features[0].update(id="heaps.fid-4f2_18a-7b"), "makes up an id for each question"),
    ],
)
def test_what_is_not_as_it_should_be_is_an_error(
    gather: Gather, service: OgcFeatures, spoil: Callable[[OgcFeatures], None], words: str
) -> None:
    spoil(service)
    with pytest.raises(FeedError, match=words):
        gather()


def test_too_much_is_an_error_that_says_how_to_ask_for_less(gather: Gather, service: OgcFeatures) -> None:
    with pytest.raises(FeedError, match=r"3 features, and at most 2 are taken .*smaller box"):
        gather(settings={"max_gather_features": 2})
    service.said = None
    with pytest.raises(FeedError, match="3 features, and at most 2 are taken"):
        gather(settings={"max_gather_features": 2})
    with pytest.raises(FeedError, match="more than 2 pages"):
        gather(settings={"max_pull_pages": 2})
    with pytest.raises(FeedError, match="MENDMAP_MAX_PULL_MB"):
        gather(limits=Limits(400, 2.0, 1))


def test_a_body_that_was_cut_short_is_an_error(gather: Gather, service: OgcFeatures) -> None:
    service.server.answers["/api/collections/heaps/items"] = Reply(b'{"features": []}', sent=5)
    with pytest.raises(FeedError, match="broke off before the end"):
        gather()


def test_what_mendmap_serves_can_be_gathered_again(tmp_path: Path, folder: Path) -> None:
    lake = tmp_path / "lake"
    write(check(folder, 100), str(lake), folder)
    with served(lake) as own, serving() as server:
        asked: Recipe = recipe(
            service="ogc_features", url=f"{own.url}/ogc", collection="lakes", layer="lakes", feature_kind="lake",
            select="name:en=name_en; name:sr-Latn=name_sr_latn; filter=accuracy_m < 100",
        )  # fmt: skip
        server.url = own.url
        here: Place = place(folder, BOX, server)
        found = SERVICES["ogc_features"].gather(asked, here, asking(server, tmp_path))
    (mirror,) = found.features
    assert mirror.id == "mirror"
    assert dict(mirror.names) == {"en": "Mirror", "sr-Latn": "Ogledalo"}
    assert mirror.geometry.equals(check(folder, 100).features[0].geometry)


@given(st.text(st.characters(exclude_characters="'", exclude_categories=["C"]), max_size=20))
def test_a_semicolon_within_quotes_ends_nothing(text: str) -> None:
    class Nowhere:
        class geodata:  # noqa: N801
            class catalogue:  # noqa: N801
                layers = ()

    found = Selection.parse(recipe(select=f"filter=a = '{text};{text}' ;name=b", service="wfs"), Nowhere)  # type: ignore[arg-type]
    assert found.filter == f"a = '{text};{text}'"
    assert found.names == {"": "b"}


@given(st.floats(20, 21), st.floats(44, 45), st.floats(1e-9, 0.1), st.booleans())
def test_what_is_sound_stays_so_when_it_is_written_and_read(x: float, y: float, size: float, deep: bool) -> None:
    shape = shapely.box(x, y, x + size, y + size)
    shape = shapely.force_3d(shape) if deep else shape
    found, why = sound(shape)
    assert (found is None) == bool(why)
    if found is not None:
        once = gathered.text([gathered.Found("a", {}, found)])
        again, _ = sound(found)
        assert gathered.text([gathered.Found("a", {}, again)]) == once


def test_questions_keep_what_an_address_asks_already() -> None:
    assert queried("https://x.example/a?Map=1&f=json#z", {"F": "", "map": "2", "bbox": degrees(1, -0.5)}) == (
        "https://x.example/a?f=json&map=2&bbox=1,-0.5"
    )

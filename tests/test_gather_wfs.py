"""Gathering from a WFS, in both versions, as GeoJSON and as GML that GDAL wrote."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
import standards_server
from asking import asking, place, recipe
from feed_server import FeedServer, Reply
from place import Testford
from standards_server import Wfs

from mendmap.errors import FeedError
from mendmap.gather.model import Answer
from mendmap.gather.services.all import SERVICES
from mendmap.vectors import gml, markup

BOX = (20.0, 44.0, 21.0, 45.0)
SQUARE = shapely.box(20.1, 44.1, 20.2, 44.25)
HEAPS = [
    ("heap.7", {"title": "North & heap", "code": "007"}, SQUARE),
    ("heap.8", {"title": "Јужно", "code": "008"}, shapely.Point(20.5, 44.5)),
    ("heap.9", {"title": "East", "code": "009"}, shapely.LineString([(20.3, 44.3), (20.4, 44.35)])),
]
JSON = "application/json; subtype=geojson"
Gather = Callable[..., Answer]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Testford(tmp_path_factory.mktemp("testford")).write()


@pytest.fixture
def gather(server: FeedServer, folder: Path, tmp_path: Path) -> Gather:
    def run(service: Wfs, select: str = "name=title", settings: Any = None, **columns: Any) -> Answer:
        given = {"service": "wfs", "url": service.url, "collection": "app:heaps", "layer": "dumps"}
        asked = recipe(**given | {"feature_kind": "dump", "select": select} | columns)
        return SERVICES["wfs"].gather(asked, place(folder, BOX, server, **(settings or {})), asking(server, tmp_path))

    return run


def check_all(found: Answer) -> None:
    assert [each.id for each in found.features] == ["heap.7", "heap.8", "heap.9"]
    assert [each.names[""] for each in found.features] == ["North & heap", "Јужно", "East"]
    for each, (*_, shape) in zip(found.features, HEAPS, strict=True):
        assert each.geometry.equals(shape)
    assert not found.left_out


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
@pytest.mark.parametrize("spelling", ["OGC_URN", "SHORT", "OGC_URL"])
@pytest.mark.parametrize("form", [JSON, "text/xml; subtype=gml/3.1.1"])
def test_features_come_out_where_they_are_however_the_axes_are_told(
    gather: Gather, server: FeedServer, version: str, spelling: str, form: str
) -> None:
    service = Wfs(server, HEAPS, version)
    service.spelling, service.forms = spelling, ["text/html", form]
    check_all(gather(service))
    box = "20,44,21,45,EPSG:4326" if spelling == "SHORT" else "44,20,45,21,"
    assert server.asked[-1].query["bbox"].startswith(box)


@pytest.mark.parametrize("form", [JSON, "application/gml+xml; version=3.2"])
def test_pages_are_asked_for_where_the_service_says_that_it_has_them(
    gather: Gather, server: FeedServer, form: str
) -> None:
    service = Wfs(server, HEAPS)
    service.page, service.forms = 2, [form]
    check_all(gather(service))
    assert [each.query.get("startIndex") for each in server.asked] == [None, None, None, "2"]


def test_where_the_number_is_not_known_pages_are_asked_for_until_one_is_empty(
    gather: Gather, server: FeedServer
) -> None:
    service = Wfs(server, HEAPS)
    service.page, service.said = 2, "unknown"
    check_all(gather(service))
    assert [each.query.get("startIndex") for each in server.asked][2:] == [None, "2", "3"]


def test_a_type_without_a_key_is_gathered_if_one_page_holds_it_and_else_told_of(
    gather: Gather, server: FeedServer
) -> None:
    service = Wfs(server, HEAPS)
    refuses = Reply(b"Cannot do natural order without a primary key", 400)
    server.answers["/wfs"] = lambda asked: refuses if "startIndex" in asked.query else service.reply(asked)
    check_all(gather(service))
    service.page = 2
    with pytest.raises(FeedError, match=r"400 Bad Request, asked for what follows the first 2 .* a smaller box"):
        gather(service)


def test_nothing_found_is_no_error(gather: Gather, server: FeedServer) -> None:
    assert gather(Wfs(server, [])).features == []


def test_codes_keep_their_leading_noughts(gather: Gather, server: FeedServer) -> None:
    assert [each.id for each in gather(Wfs(server, HEAPS), "id=code").features] == ["007", "008", "009"]


def test_nothing_but_the_service_is_asked(gather: Gather, server: FeedServer) -> None:
    gather(Wfs(server, HEAPS))
    assert {each.path for each in server.asked} == {"/wfs"}


def test_a_type_may_be_named_without_its_prefix(gather: Gather, server: FeedServer) -> None:
    check_all(gather(Wfs(server, HEAPS), collection="heaps"))
    with pytest.raises(FeedError, match="no such feature type: 'lakes'; choices: app:heaps"):
        gather(Wfs(server, HEAPS), collection="lakes")


REPORT = b"""<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="2.0.0">
<ows:Exception exceptionCode="InvalidParameterValue"><ows:ExceptionText>No such thing</ows:ExceptionText>
</ows:Exception></ows:ExceptionReport>"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" numberMatched="3">&c;</wfs:FeatureCollection>"""


@pytest.mark.parametrize(
    ("request_", "body", "words"),
    [
        ("GetCapabilities", b"<!DOCTYPE html><html></html>", "answers with a web page in place of data"),
        (
            "GetCapabilities",
            b'<?xml version="1.0"?><html><body>moved</body></html>',
            "WFS_Capabilities was expected, but 'html' came",
        ),
        ("GetCapabilities", b'{"a": 1}', "not XML that is whole"),
        ("GetCapabilities", REPORT, "the service answers InvalidParameterValue: 'No such thing'"),
        ("GetCapabilities", b'<W:WFS_Capabilities xmlns:W="w" version="1.0.0"/>', "version of WFS .*'1.0.0'"),
        ("hits", REPORT, "No such thing"),
        ("hits", BOMB, "document type"),
        ("hits", b'<w:FeatureCollection xmlns:w="w" count="3"/>', "neither numberMatched nor numberOfFeatures"),
        ("GetFeature", REPORT, "No such thing"),
        ("GetFeature", BOMB, "document type"),
        ("GetFeature", b'<?xml version="1.0"?><html/>', "FeatureCollection was expected, but 'html' came"),
        ("GetFeature", b"<w:FeatureCollection xmlns:w='w'><w:member><a>", "not XML that is whole"),
        ("GetFeature", b'<w:FeatureCollection xmlns:w="w" numberReturned="3"/>', "cannot be read|not GML|can be read"),
        ("GetFeature", b'{"type": "FeatureCollection"}', "'features' is missing"),
        ("GetFeature", b'{"features": [', "no JSON that is whole"),
    ],
)
def test_what_is_not_as_it_should_be_is_an_error(
    gather: Gather, server: FeedServer, request_: str, body: bytes, words: str
) -> None:
    service = Wfs(server, HEAPS)

    def reply(asked: Any) -> Reply:
        hits = asked.query.get("resultType")
        return Reply(body) if request_ in (hits, None if hits else asked.query["request"]) else service.reply(asked)

    server.answers["/wfs"] = reply
    with pytest.raises(FeedError, match=words):
        gather(service)


def spoilt(**changes: Any) -> Callable[[Wfs], None]:
    return lambda service: [setattr(service, name, value) for name, value in changes.items()] and None


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoilt(said="4"), "says that it has 4 features, but 3 came"),
        (spoilt(paged=False, page=2), "says that it has 3 features, but 2 came"),
        (spoilt(paged=False, said="unknown"), "nothing would tell whether what came is whole"),
        (spoilt(features=[*HEAPS, HEAPS[0]]), "two features have the id 'heap.7'"),
    ],
)
def test_less_than_was_said_and_pages_that_repeat_are_errors(
    gather: Gather, server: FeedServer, spoil: Callable[[Wfs], None], words: str
) -> None:
    service = Wfs(server, HEAPS)
    spoil(service)
    with pytest.raises(FeedError, match=words):
        gather(service)


def test_a_service_that_always_sends_its_first_page_is_found_out(gather: Gather, server: FeedServer) -> None:
    service = Wfs(server, HEAPS)
    service.page = 2

    def reply(asked: Any) -> Reply:
        asked.query.pop("startIndex", None)
        return service.reply(asked)

    server.answers["/wfs"] = reply
    with pytest.raises(FeedError, match=r"two features have the id 'heap.7'"):
        gather(service)


def test_too_many_and_what_a_wfs_cannot_be_asked_are_errors(gather: Gather, server: FeedServer) -> None:
    service = Wfs(server, HEAPS)
    with pytest.raises(FeedError, match="3 features, and at most 2 are taken"):
        gather(service, settings={"max_gather_features": 2})
    with pytest.raises(FeedError, match="takes no filter= and no period"):
        gather(service, "filter=a = 1")
    with pytest.raises(FeedError, match="takes no filter= and no period"):
        gather(service, period="2020")


@pytest.mark.parametrize("told", [True, False])
def test_geojson_in_another_system_is_turned(
    gather: Gather, server: FeedServer, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    system = "urn:ogc:def:crs:EPSG::32634"
    monkeypatch.setitem(standards_server._SRS, "UTM", system)
    service = Wfs(server, HEAPS[:1])
    service.forms, service.spelling = ["json"], "OGC_URN" if told else "UTM"
    crs = {"crs": {"type": "name", "properties": {"name": system}}} if told else {}
    point = {"type": "Point", "coordinates": [460251.115, 4927530.745]}
    feature = {"type": "Feature", "id": "a", "properties": {"title": "x"}, "geometry": point}

    def reply(asked: Any) -> Reply:
        if "outputFormat" not in asked.query:
            return service.reply(asked)
        return Reply(json.dumps({"type": "FeatureCollection", "features": [feature]} | crs).encode())

    server.answers["/wfs"] = reply
    (found,) = gather(service).features
    assert found.geometry.distance(shapely.Point(20.5, 44.5)) < 1e-6


GML = """<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"
 xmlns:app="http://example.org/app"><wfs:member><app:Heap gml:id="Heap.1"><app:title>T</app:title>
 <app:shape>{}</app:shape></app:Heap></wfs:member></wfs:FeatureCollection>"""
POINT = '<gml:Point srsName="{}" gml:id="p"><gml:pos>{}</gml:pos></gml:Point>'
ARC = """<gml:Curve srsName="urn:ogc:def:crs:EPSG::4326" gml:id="c"><gml:segments><gml:Arc><gml:posList>
 44 20 44.1 20.1 44 20.2</gml:posList></gml:Arc></gml:segments></gml:Curve>"""
DEEP = """<gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::4326" gml:id="m"><gml:surfaceMember><gml:Polygon gml:id="q">
 <gml:exterior><gml:LinearRing><gml:posList srsDimension="3">44 20 1 44.2 20 1 44.2 20.1 1 44 20 1</gml:posList>
 </gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface>"""


@pytest.mark.parametrize(
    ("system", "position"),
    [
        ("urn:ogc:def:crs:EPSG::4326", "44.5 20.5"),
        ("urn:x-ogc:def:crs:EPSG:4326", "44.5 20.5"),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "44.5 20.5"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "20.5 44.5"),
        ("EPSG:4326", "20.5 44.5"),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", "20.5 44.5"),
        ("urn:ogc:def:crs:EPSG::32634", "460251.115 4927530.745"),
        # North first by the authority, and exchanged by GDAL for one that is not, unless it is told not to.
        ("urn:ogc:def:crs:EPSG::3909", "4928502.170 7460671.925"),
        ("EPSG:3909", "7460671.925 4928502.170"),
    ],
)
def test_the_order_of_axes_follows_how_the_system_is_named(system: str, position: str) -> None:
    (found,) = gml.read(GML.format(POINT.format(system, position)).encode(), "Heap")
    assert found.properties == {"gml_id": "Heap.1", "title": "T"}
    assert found.geometry is not None
    assert found.geometry.distance(shapely.Point(20.5, 44.5)) < 1e-5


def test_curves_become_lines_and_heights_are_left_out() -> None:
    (arc,) = gml.read(GML.format(ARC).encode(), "Heap")
    assert arc.geometry is not None
    assert arc.geometry.geom_type == "LineString"
    assert len(arc.geometry.coords) > 10
    (deep,) = gml.read(GML.format(DEEP).encode(), "Heap")
    assert deep.geometry is not None
    assert not deep.geometry.has_z


def test_a_document_that_does_not_say_its_system_is_refused() -> None:
    with pytest.raises(ValueError, match="do not say in which system they are"):
        gml.read(GML.format(POINT.format("", "1 2").replace('srsName=""', "")).encode(), "Heap")


def test_a_feature_without_a_geometry_and_one_whose_ring_is_none_are_told_apart() -> None:
    (bare,) = gml.read(GML.format("").encode(), "Heap")
    assert (bare.geometry, bare.broken) == (None, "")
    ring = DEEP.replace("44 20 1 44.2 20 1 44.2 20.1 1 44 20 1", "44 20 1 45 21 1")
    (broken,) = gml.read(GML.format(ring).encode(), "Heap")
    assert (broken.geometry, broken.broken) == (None, "its geometry cannot be read")


def test_of_several_types_the_one_that_is_asked_for_is_read() -> None:
    more = "<wfs:member><app:Lake xmlns:app='http://example.org/app'><app:a>1</app:a></app:Lake></wfs:member></wfs:F"
    text = GML.format(POINT.format("EPSG:4326", "20 44")).replace("</wfs:F", more)
    assert [each.properties["title"] for each in gml.read(text.encode(), "Heap")] == ["T"]
    with pytest.raises(ValueError, match="no features of this type in the GML: 'Hill'; choices: Heap, Lake"):
        gml.read(text.encode(), "Hill")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_document_type_is_found_in_whatever_letters_it_is_written(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'
    with pytest.raises(ValueError, match=r"DOCTYPE|not XML that is whole"):
        markup.tree(text.encode(encoding))
    with pytest.raises(ValueError, match=r"UTF-16 or UTF-32|not XML"):
        gml.read(GML.format("").encode(encoding), "Heap")

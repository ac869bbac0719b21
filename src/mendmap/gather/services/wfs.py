"""Any OGC Web Feature Service, 2.0 or 1.1: the features of a type within a box.

``url`` is the service's address (a parameter such as ``map`` stays), ``collection`` the name of a feature type, and
``select`` is as ``features`` says; a ``filter=`` is not passed on, because a filter and a box exclude each other
there (OGC 09-025r2, 7.9.2.4.6). The capabilities are asked first, then how many features there are, then the features:
as GeoJSON where the service offers it, else as GML; page by page where it says that it can, else at once. What came
must be as many as it said. Everything is asked at ``url``, whatever addresses the capabilities name. Written from OGC
09-025r2 (WFS 2.0), 04-094 (WFS 1.1) and the manuals of GeoServer and MapServer.
Not here: reading GML (``vectors.gml``), and what of a feature is kept (``features``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
import shapely

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, not_one_of, shown
from mendmap.feeds.guarded import named
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.gather.services.features import Features
from mendmap.gather.services.pages import Pages, degrees, member, queried, read_json, read_xml
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import Crs, crs
from mendmap.vectors import gml, markup
from mendmap.vectors.files import Raw, raw_feature

_VERSIONS = ("2.0.0", "2.0.2", "1.1.0")
_PAGE = 1000
_JSON = re.compile(r"(application/(geo\+|vnd\.geo\+)?json|geojson|json)\s*(;.*)?", re.IGNORECASE)
# A system whose axes are in the order of GIS, and not of the authority.
_OF_GIS = re.compile(r"EPSG:|http://www\.opengis\.net/gml/srs/epsg\.xml#", re.IGNORECASE)
_CODE = re.compile(r".*EPSG.*[:/#](\d{4,6})", re.IGNORECASE)
_DEGREES = re.compile(r"EPSG.*[:/#]4326$|CRS84$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Type:
    """A feature type, and how its features can be asked for: ``system`` as the service names it, ``form`` the name of
    its GeoJSON (blank: it has none), ``page`` how many at a time (0: all at once)."""

    url: str
    version: str
    name: str
    system: str
    form: str
    page: int

    def asked(self, box: Bounds, **more: str) -> str:
        """The address of its features within a box."""
        names = "typeNames" if self.version.startswith("2") else "typeName"
        given = {"service": "WFS", "version": self.version, "request": "GetFeature", names: self.name}
        return queried(self.url, given | {"srsName": self.system, "bbox": _box(self, box)} | more)


def _gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    pages = Pages(ask, place.settings.max_pull_pages)
    taken = Features(recipe, place)
    if taken.selection.filter or recipe.period:
        raise FeedError(f"recipe {recipe.id}: WFS takes no filter= and no period; use only:PROPERTY=VALUE in select")
    kind = _described(pages, recipe)
    matched = _hits(pages, kind, place.box)
    if matched is None and not kind.page:
        raise FeedError(
            f"{named(kind.url)}: does not say how many features there are, and gives no pages: "
            "nothing would tell whether what came is whole"
        )
    taken.expect(matched or 0)
    while matched is None or taken.received < matched:
        raws = _page(pages, kind, place.box, taken.received)
        for each in raws:
            taken.take(each.properties.get(gml.ID), each.properties, each.geometry, each.broken)
        if not raws or not kind.page:
            break
    if matched is not None and taken.received != matched:
        raise FeedError(f"{named(kind.url)}: says that it has {matched} features, but {taken.received} came")
    return taken.answer()


def _described(pages: Pages, recipe: Recipe) -> _Type:
    """What the capabilities say of the type of a recipe."""
    url = str(recipe.url)
    asked = queried(url, {"service": "WFS", "request": "GetCapabilities", "acceptversions": "2.0.0,1.1.0"})
    root = _answered(asked, pages.xml(asked), "WFS_Capabilities")
    version = root.get("version", "")
    if version not in _VERSIONS:
        raise FeedError(f"{named(url)}: " + not_one_of("a version of WFS that is not spoken", version, _VERSIONS))
    types = {_said(each, "Name"): each for each in root.iterfind(".//{*}FeatureTypeList/{*}FeatureType")}
    wanted = str(recipe.collection)
    found = types.get(wanted, types.get(next((each for each in types if each.rpartition(":")[2] == wanted), "")))
    if found is None:
        raise FeedError(f"{named(url)}: " + not_one_of("no such feature type", wanted, types))
    systems = [_said(found, "DefaultCRS") or _said(found, "DefaultSRS"), *_all(found, "OtherCRS", "OtherSRS")]
    return _Type(
        url, version, _said(found, "Name"), _system(url, [each for each in systems if each]), *_forms(root, version)
    )


def _forms(root: Element, version: str) -> tuple[str, int]:
    """The name of GeoJSON among the formats of GetFeature, and how many features make a page."""
    offered = root.findall(".//{*}Operation[@name='GetFeature']/{*}Parameter[@name='outputFormat']//{*}Value")
    form = next((text for each in offered if _JSON.fullmatch(text := (each.text or "").strip())), "")
    values = {
        each.get("name"): _said(each, "DefaultValue") for each in root.iterfind(".//{*}Constraint[{*}DefaultValue]")
    }
    paged = version.startswith("2") and str(values.get("ImplementsResultPaging")).upper() == "TRUE"
    most = str(values.get("CountDefault"))
    return form, (min(_PAGE, int(most)) if most.isdecimal() and int(most) else _PAGE) if paged else 0


def _hits(pages: Pages, kind: _Type, box: Bounds) -> int | None:
    """How many features there are; None where the service does not know."""
    asked = kind.asked(box, resultType="hits")
    root = _answered(asked, pages.xml(asked), "FeatureCollection")
    number = root.get("numberMatched", root.get("numberOfFeatures", ""))
    if number.isdecimal():
        return int(number)
    if number == "unknown":
        return None
    raise FeedError(f"{named(asked)}: neither numberMatched nor numberOfFeatures says how many: {shown(number)}")


def _page(pages: Pages, kind: _Type, box: Bounds, start: int) -> Sequence[Raw]:
    """The features from one on, or all."""
    paged = {"count": str(kind.page)} if kind.page else {}
    # GeoServer refuses even a startIndex of 0 for a type without a primary key (GDAL, pull request 8146).
    paged |= {"startIndex": str(start)} if start else {}
    asked = kind.asked(box, **paged, **({"outputFormat": kind.form} if kind.form else {}))
    try:
        body = pages.body(asked)
    except FeedError as error:
        if not start or error.status != 400:
            raise
        raise FeedError(
            f"{error}, asked for what follows the first {start} features: it may have no key to count them by; ask for "
            "less at a time: a smaller box"
        ) from None
    if body.lstrip()[:1] != b"<":
        return _of_json(asked, body, kind)
    try:
        name, attributes = markup.root(body)
        if name != "FeatureCollection":
            _answered(asked, read_xml(asked, body), "FeatureCollection")
        returned = attributes.get("numberReturned", attributes.get("numberOfFeatures", ""))
        raws = gml.read(body, kind.name.rpartition(":")[2]) if returned != "0" else []
    except ValueError as error:
        raise FeedError(f"{named(asked)}: {error}") from None
    if returned.isdecimal() and int(returned) != len(raws):
        raise FeedError(f"{named(asked)}: says that it returns {returned} features, but {len(raws)} can be read")
    return raws


def _of_json(url: str, body: bytes, kind: _Type) -> list[Raw]:
    """The features of GeoJSON, turned to longitude and latitude where it says that it is in another system, and where
    it says nothing and holds no degrees: then it is in the system that was asked for, as of MapServer."""
    page = read_json(url, body)
    raws = []
    for each in member(url, page, "features", list):
        raw = raw_feature(each)
        ident = each.get("id") if isinstance(each, dict) else None
        raws.append(Raw({**raw.properties, gml.ID: ident}, raw.geometry, raw.broken))
    declared = page.get("crs")
    if isinstance(declared, dict):
        system = _known(url, str(member(url, member(url, page, "crs", dict), "properties", dict).get("name")))
    elif _in_degrees(raws):
        return raws
    else:
        system = _known(url, kind.system)
    placed = system.to_crs84(np.array([each.geometry for each in raws], dtype=object))
    return [Raw(each.properties, shape, each.broken) for each, shape in zip(raws, placed, strict=True)]


def _in_degrees(raws: Sequence[Raw]) -> bool:
    """Whether all places may be longitudes and latitudes."""
    shapes = [each.geometry for each in raws if each.geometry is not None]
    return bool((np.abs(shapely.get_coordinates(shapes)) <= (180, 90)).all())


def _system(url: str, offered: Sequence[str]) -> str:
    """Of the systems of a type degrees of WGS 84 as the service names them, else the one that it keeps them in."""
    if not offered:
        raise FeedError(f"{named(url)}: the feature type names no system (DefaultCRS)")
    return next((each for each in offered if _DEGREES.search(each)), offered[0])


def _known(url: str, system: str) -> Crs:
    """A system by any of the ways that services name it."""
    code = _CODE.fullmatch(system)
    try:
        return crs(f"EPSG:{code[1]}" if code else system)
    except ValueError as error:
        raise FeedError(f"{named(url)}: {error}") from None


def _box(kind: _Type, box: Bounds) -> str:
    """A box in the system of a type, its axes in the order that the name of the system stands for, as a parameter."""
    known = _known(kind.url, kind.system)
    edges = shapely.segmentize(shapely.box(*box), 0.01)
    west, south, east, north = known.from_crs84(np.array([edges], dtype=object))[0].bounds
    swapped = known.swapped and not _OF_GIS.match(kind.system)
    return degrees(*((south, west, north, east) if swapped else (west, south, east, north))) + f",{kind.system}"


def _answered(url: str, root: Element, wanted: str) -> Element:
    """What was asked for. Raises FeedError with the service's own words where it is a report of an exception."""
    name = markup.local(root)
    if name in ("ExceptionReport", "ServiceExceptionReport"):
        said = " ".join(" ".join(root.itertext()).split())
        codes = [each.get("exceptionCode", each.get("code", "")) for each in root.iter()]
        raise FeedError(f"{named(url)}: the service answers {' '.join(filter(None, codes))}: {shown(said, 300)}")
    if name != wanted:
        raise FeedError(f"{named(url)}: {wanted} was expected, but {shown(name)} came")
    return root


def _said(element: Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()


def _all(element: Element, *names: str) -> list[str]:
    return [(each.text or "").strip() for name in names for each in element.iterfind(f"{{*}}{name}")]


SERVICE = Service(
    "wfs",
    "OGC 09-025r2 (WFS 2.0), 04-094 (WFS 1.1), the manuals of GeoServer and MapServer",
    _gather,
    needs=("url", "collection", "layer", "feature_kind"),
)

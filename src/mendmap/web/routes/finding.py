"""How the service is found: what it tells search engines, which pages it has, and what a phone keeps of it."""

import sys
from collections.abc import Collection, Iterator
from itertools import islice
from xml.etree import ElementTree

import orjson
from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import names
from mendmap.errors import NotFoundError
from mendmap.web import head, spoken
from mendmap.web.answers import METHODS, content
from mendmap.web.keeper import Served, current, page_of
from mendmap.web.spoken import PAGE

router = APIRouter()
XML = "application/xml"
TEXT = "text/plain; charset=utf-8"
MANIFEST = "application/manifest+json"
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
# Pages in one file, of the 50,000 that sitemaps.org allows: with their languages they stay far below its 50 MB.
PAGES_OF_FILE = 10_000
# Pages that every place has.
_ALWAYS = (
    *("/", "/maps", "/sites", "/stations", "/watercourses", "/statements", "/progress", "/limits", "/changes"),
    *("/downloads", "/about", "/accessibility"),
)
# What is no page, and costs much to make.
_NO_PAGES = ("/tiles/", "/ogc/", "/downloads/package.zip")


@router.api_route("/robots.txt", methods=METHODS)
def robots(request: Request) -> Response:
    """What search engines may read, and where the list of pages is (RFC 9309)."""
    served = current(request)
    lines = ["User-agent: *", *(f"Disallow: {each}" for each in _NO_PAGES), "Allow: /"]
    lines += ["", f"Sitemap: {served.site(request)}/sitemap.xml", ""]
    return content(request, "\n".join(lines).encode(), TEXT, served.atlas.snapshot)


@router.api_route("/sitemap.xml", methods=METHODS)
def sitemap(request: Request) -> Response:
    """The files that list every page, as sitemaps.org has it."""
    served = current(request)
    count = sum(1 for _ in pages(served.atlas))
    root = ElementTree.Element("sitemapindex", {"xmlns": _SITEMAP})
    for number in range(-(-count // PAGES_OF_FILE)):
        _text(ElementTree.SubElement(root, "sitemap"), "loc", f"{served.site(request)}/sitemap-{number + 1}.xml")
    return _xml(request, served, root)


@router.api_route("/sitemap-{number}.xml", methods=METHODS)
def sitemap_of(request: Request, number: int) -> Response:
    """One file of pages, each with its twins in other languages. Raises NotFoundError."""
    served = current(request)
    languages = spoken.offered(served.atlas)
    first = PAGES_OF_FILE * (number - 1)
    # No list in memory is longer, and islice takes no greater number.
    listed = list(islice(pages(served.atlas), first, first + PAGES_OF_FILE)) if 0 <= first < sys.maxsize // 2 else []
    if not listed:
        raise NotFoundError("file of pages", str(number))
    root = ElementTree.Element("urlset", {"xmlns": _SITEMAP, "xmlns:xhtml": _XHTML})
    for path in listed:
        found = ElementTree.SubElement(root, "url")
        own = f"{served.site(request)}{path}"
        _text(found, "loc", own)
        for each in head.alternates(own, languages):
            told = {"rel": "alternate", "hreflang": each["language"], "href": each["href"]}
            ElementTree.SubElement(found, "xhtml:link", told)
    return _xml(request, served, root)


@router.api_route("/manifest.webmanifest", **PAGE)
def manifest(request: Request) -> Response:
    """What a phone keeps of the service on its first screen (W3C, Web Application Manifest)."""
    served = current(request)
    place, language = served.atlas.place, served.language(spoken.chosen(request, served.atlas))
    known = (language.id, *place.languages)
    told = {
        "name": names(place.name, known),
        "short_name": place.id.capitalize(),
        "description": names(place.summary, known),
        "lang": language.id,
        "dir": "ltr",
        "start_url": f"/{spoken.suffix(request)}",
        "scope": "/",
        "display": "minimal-ui",
        # The colour of paper in mendmap.css.
        "background_color": "#f6f3ea",
        "theme_color": "#17533c",
        "icons": [{"src": "/static/icon.svg", "type": "image/svg+xml", "sizes": "any"}],
    }
    headers = {"Content-Language": language.id, "Vary": "Accept-Language"}
    return content(request, orjson.dumps(told), MANIFEST, served.atlas.snapshot, headers)


def pages(atlas: Atlas, without: Collection[str] = ()) -> Iterator[str]:
    """The path of every page, those of places in the catalogue's order, but for layers ``without``."""
    yield from (path for path in _ALWAYS if path != "/watercourses" or atlas.rivers.watercourses)
    if atlas.rasters:
        yield "/imagery"
    yield from (f"/maps/{ident}" for ident in atlas.maps)
    yield from (f"/statements/{ident}" for ident in atlas.statements)
    for name, layer in atlas.layers.items():
        # The union of all sites repeats what its layers have.
        if name != "sites" and name not in without:
            yield from (f"{page_of(layer)}{ident}" for ident in layer.ids)
    for each in atlas.features.joined_to():
        if atlas.layers[each.layer].role == "station" and each.layer not in without:
            yield from (f"/series/{series.id}" for series in each.series)


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text


def _xml(request: Request, served: Served, root: ElementTree.Element) -> Response:
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content(request, body, XML, served.atlas.snapshot)

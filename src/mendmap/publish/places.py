"""What there is in a copy: every page, in which languages, and every file that scripts fetch; all told by the atlas.

Not here: where each stands in the copy (``addresses``).
"""

from collections.abc import Iterator

from mendmap.atlas.model import Atlas, Layer
from mendmap.exports.stac import ROOT
from mendmap.maps.page import UNION
from mendmap.publish.addresses import Address
from mendmap.web import spoken
from mendmap.web.routes.finding import pages as listed
from mendmap.web.routes.pages import first_map
from mendmap.web.routes.search import NAMES_OF_FILE, TOLD_OF_FILE

# Of what only a live service can do nothing is copied: filters and tiles by request, feeds, OGC API, a QGIS project
# whose layers ask the service, and what tells search engines of it.
_LIVE = ("/ogc", "/tiles/", "/downloads/mendmap.qgz", "/changes.atom", "/search.json", "/openapi.json", "/robots.txt")
_FILES = (
    *(".json", ".jsonld", ".csv", ".xlsx", ".parquet", ".geojson", ".gpkg", ".fgb", ".kml", ".zip", ".svg"),
    *(".txt", ".js", ".pmtiles", ".tif", ".webp"),
)
# What pages and files may be asked for in a copy, by how their address begins: what pages link to, which is little.
# Never ``as-of``: that is what earlier editions are for.
_ASKED = {
    "/series/": {"datetime", "quality"},
    "/watercourses/": {"parameter"},
    "/changes": {"before"},
    "/downloads/": {"site", "station", "parameter"},
    "/statements/": set[str](),
}


def without_pages(atlas: Atlas, most: int) -> tuple[str, ...]:
    """The layers whose features are too many to have a page each."""
    return tuple(name for name, layer in atlas.layers.items() if len(layer.ids) > most and name != UNION)


def pages(atlas: Atlas, without: tuple[str, ...]) -> Iterator[str]:
    """The path of every page of the copy, less what it is asked."""
    yield from listed(atlas, without)
    yield "/strip"
    yield from (f"/embed/{ident}" for ident in atlas.maps)


def language(atlas: Atlas, path: str, wanted: str) -> str:
    """The language that a page is read in by a reader who wants one: a map may be offered in some only."""
    ident = first_map(atlas) if path == "/" else path.rpartition("/")[2]
    of_map = path == "/" or path.startswith(("/maps/", "/embed/"))
    only = atlas.maps[ident].languages if of_map and ident in atlas.maps else ()
    return spoken.liked(wanted, spoken.offered(atlas, only))


def is_file(address: Address) -> bool:
    """Whether a copy has what is not a page."""
    return address.path.endswith(_FILES) and not address.path.startswith(_LIVE) and may_ask(address)


def may_ask(address: Address) -> bool:
    """Whether a copy has what an address asks for."""
    allowed = next((names for begin, names in _ASKED.items() if address.path.startswith(begin)), set[str]())
    return all(name in allowed for name, _ in address.asked)


def fetched(atlas: Atlas) -> Iterator[str]:
    """The addresses that scripts fetch, whose files no page names, but for dated values, of which months tell."""
    for each in atlas.features.joined_to():
        yield from (f"/series/{series.id}.chart.json" for series in each.series)
    if atlas.rasters or atlas.differences:
        yield "/rasters.json"
        yield ROOT
        # A map's background, which scripts ask for by itself.
        yield from (f"/rasters/{each.id}.json" for each in atlas.rasters.values() if each.shows == "elevation")
    yield "/names.json"
    for name, layer in atlas.layers.items():
        yield f"/downloads/{name}.geojson"
        if name != UNION:
            yield from (f"/names/{name}/{part}.txt" for part in _parts(layer, NAMES_OF_FILE))
            yield from (f"/names/{name}/{part}.json" for part in _parts(layer, TOLD_OF_FILE))


def _parts(layer: Layer, size: int) -> range:
    return range(max(1, -(-len(layer.ids) // size)))


def drawn(atlas: Atlas) -> list[str]:
    """The layers that maps draw: of each there is an archive of tiles."""
    named = {style.id for spec in atlas.maps.values() for style in spec.layers}
    wanted = {UNION if atlas.layers[each].role == "site" else each for each in named}
    return [name for name in atlas.layers if name in wanted]

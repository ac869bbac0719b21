"""The pages: the maps, and their twins in tables and text, readable without JavaScript."""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas, Feature
from mendmap.errors import NotFoundError
from mendmap.exports.explain import downloads
from mendmap.web import claims, describe, imagery, linked, spoken, strip
from mendmap.web.answers import METHODS, content
from mendmap.web.asked import AsOfText
from mendmap.web.bundle import KINDS, bundle
from mendmap.web.copied import copied
from mendmap.web.drawers import drawers
from mendmap.web.keeper import Served, current
from mendmap.web.page import page
from mendmap.web.spoken import PAGE
from mendmap.words.languages import available

router = APIRouter()
SCRIPT = "text/javascript; charset=utf-8"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
# Rows of the table beneath a map; the pages of sites and stations have more.
TWIN_ROWS = 300
# The map at "/": the one of this name, or the first there is.
FIRST_MAP = "public"


@router.api_route("/", **PAGE)
def home(request: Request) -> Response:
    """The public map."""
    served = current(request)
    chosen = first_map(served.atlas)
    return _map(request, served, chosen) if chosen else sites(request)


def first_map(atlas: Atlas) -> str:
    """The map at "/"; blank where there is no map at all."""
    return FIRST_MAP if FIRST_MAP in atlas.maps else next(iter(atlas.maps), "")


@router.api_route("/maps", **PAGE)
def maps(request: Request) -> Response:
    """The list of maps."""
    return page(request, current(request), "maps.html")


@router.api_route("/maps/{ident}", **PAGE)
def one_map(request: Request, ident: str) -> Response:
    """One map."""
    served = current(request)
    if ident not in served.atlas.maps:
        raise NotFoundError("map", ident, served.atlas.maps)
    return _map(request, served, ident)


@router.api_route("/static/maps/{name}", methods=METHODS)
def script(request: Request, name: str) -> Response:
    """The script that draws a map; its name follows its content, so it can be kept for ever."""
    served = current(request)
    # Drawing is what keeps the scripts of this snapshot; those of earlier ones are kept already, and those of a copy.
    for ident in served.atlas.maps:
        for language in spoken.offered(served.atlas):
            served.drawing(ident, served.language(language))
    body = request.app.state.keeper.script(served.view, name)
    return content(request, body, SCRIPT, served.atlas.snapshot, FOR_EVER)


@router.api_route("/static/words/{name}", methods=METHODS)
def messages(request: Request, name: str) -> Response:
    """What scripts of pages say in a language; its name follows its content, so it can be kept for ever. A notebook
    asks for it by the language alone, in which English has nothing to say."""
    served = current(request)
    if (language := name.removesuffix(".js")) in available():
        _, body = spoken.script(language) or ("", b"")
        return content(request, body, SCRIPT, served.atlas.snapshot)
    found = dict(filter(None, map(spoken.script, available())))
    if name not in found:
        raise NotFoundError("file of messages", name, found)
    return content(request, found[name], SCRIPT, served.atlas.snapshot, FOR_EVER)


@router.api_route("/static/elements{name}", methods=METHODS)
def elements(request: Request, name: str) -> Response:
    """The scripts and styles of a map's elements, by a name that follows their content, or by "elements.js" and
    "elements.css", which notebooks name."""
    served = current(request)
    for kind, (_, media) in KINDS.items():
        known, body = bundle(kind)
        if f"elements{name}" in (f"{known}.{kind}", f"elements.{kind}"):
            kept = FOR_EVER if name != f".{kind}" else None
            return content(request, body, media, served.atlas.snapshot, kept)
    raise NotFoundError("file of elements", f"elements{name}")


@router.api_route("/embed/{ident}", **PAGE)
def embedded(request: Request, ident: str) -> Response:
    """One map alone, for a frame in anybody's page."""
    served = current(request)
    if ident not in served.atlas.maps:
        raise NotFoundError("map", ident, served.atlas.maps)
    return page(request, served, "embed.html", **_drawn(request, served, ident))


def _drawn(request: Request, served: Served, ident: str) -> dict[str, Any]:
    """A map as its pages need it, in one of its languages."""
    spec = served.atlas.maps[ident]
    language = served.language(spoken.chosen(request, served.atlas, spec.languages))
    drawing = served.drawing(ident, language, archived=copied(request) is not None)
    files = {"scripts": [bundle("js")[0]], "styles": [bundle("css")[0]]}
    return {"spec": spec, "offered": spec.languages, "drawing": drawing, **files}


def _map(request: Request, served: Served, ident: str) -> Response:
    atlas = served.atlas
    shown = [atlas.layers[style.id] for style in atlas.maps[ident].layers]
    # Works stand in the table at their sites. A page stays a page, however many features there are.
    listed = [layer for layer in shown if layer.role != "work"]
    rows, left_out = describe.listing(atlas, listed, min(TWIN_ROWS, served.settings.max_rows))
    return page(
        request,
        served,
        "map.html",
        rows=rows,
        rows_left_out=left_out,
        graph=strip.shown(request, served, atlas),
        **_drawn(request, served, ident),
        **claims.every(atlas, served.outcomes),
    )


@router.api_route("/sites", **PAGE)
def sites(request: Request, as_of: AsOfText = None) -> Response:
    """The table of sites."""
    return _listing(request, "Sites", "site", as_of)


@router.api_route("/stations", **PAGE)
def stations(request: Request, as_of: AsOfText = None) -> Response:
    """The table of stations."""
    return _listing(request, "Stations", "station", as_of)


def _listing(request: Request, title: str, role: str, as_of: str | None = None) -> Response:
    served = current(request)
    atlas = served.at(as_of, whole=True)
    rows, left_out = describe.listing(atlas, atlas.layers_of(role), served.settings.max_rows)
    return page(request, served, "listing.html", atlas, title=title, role=role, rows=rows, rows_left_out=left_out)


@router.api_route("/sites/{ident}", **PAGE)
def site(request: Request, ident: str, as_of: AsOfText = None) -> Response:
    """One site."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    return _feature(request, served, atlas, atlas.feature(ident, "site"))


@router.api_route("/stations/{ident}", **PAGE)
def station(request: Request, ident: str, as_of: AsOfText = None) -> Response:
    """One station."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    return _feature(request, served, atlas, atlas.feature(ident, "station"))


@router.api_route("/features/{layer}/{ident}", **PAGE)
def feature(request: Request, layer: str, ident: str, as_of: AsOfText = None) -> Response:
    """One feature of any layer; a work has its own page."""
    served = current(request)
    atlas = served.at(as_of, whole=True)
    features = atlas.layer(layer).features
    position = features.position(ident)
    if position is None:
        raise NotFoundError(f"feature of {layer}", ident, features.ids)
    found = features[position]
    if layer == "works":
        work = found.properties["id"].partition(".")[0]
        return page(request, served, "work.html", atlas, work=describe.work(atlas, atlas.works[work]))
    return _feature(request, served, atlas, found)


def _seen(request: Request, served: Served, found: Feature) -> dict[str, Any] | None:
    """How a feature looks from above."""
    reaches = imagery.reaching(served.pictures, drawers(request), found)
    return imagery.seen(served.atlas, found, reaches, served.settings.max_zoom)


def _feature(request: Request, served: Served, atlas: Atlas, found: Feature) -> Response:
    told = claims.feature(atlas, found, served.outcomes_of(atlas))
    # Pictures are of now.
    site = atlas is served.atlas and told["role"] == "site"
    return page(
        request,
        served,
        "feature.html",
        atlas,
        lambda address, language: linked.place(told, address, language, atlas.place),
        feature=told,
        seen=_seen(request, served, found) if site else None,
    )


@router.api_route("/downloads", **PAGE)
def downloads_page(request: Request) -> Response:
    """Every file, how many rows it has, and what each column means."""
    served = current(request)
    listed, service = list(downloads(served.atlas)), served.site(request)
    return page(
        request,
        served,
        "downloads.html",
        linked=lambda address, language: linked.catalogue(listed, address, language, served.atlas.place),
        downloads=listed,
        rasters=[each for each in served.stock.values() if each.path][: served.settings.max_rows],
        service=service,
    )


@router.api_route("/about", **PAGE)
def about(request: Request) -> Response:
    """Where the data come from, how far they can be trusted, and whom to write to."""
    return page(request, current(request), "about.html")


@router.api_route("/accessibility", **PAGE)
def accessibility(request: Request) -> Response:
    """How far everyone can use the pages, how that was tested, and what is not met."""
    return page(request, current(request), "accessibility.html")

"""Imagery: what can be drawn of it, its tiles, its legends, and what single places of it say.

Not here: areas of it (``areas``), and pages about it.
"""

import hashlib
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from mendmap import __version__
from mendmap.errors import BadRequestError, NotFoundError
from mendmap.geo.grid import Tile
from mendmap.rasters import draw
from mendmap.rasters.encoded import MEDIA
from mendmap.rasters.legend import legend
from mendmap.rasters.look import Look, look
from mendmap.rasters.point import point
from mendmap.web import drawn, legends, spoken
from mendmap.web.answers import METHODS, content, made, named
from mendmap.web.asked import AsOfText, Text
from mendmap.web.copied import copied
from mendmap.web.drawers import drawers
from mendmap.web.drawn import Drawn
from mendmap.web.keeper import Served, current
from mendmap.web.spoken import PAGE
from mendmap.web.spool import UNCOMPRESSED

router = APIRouter(prefix="/rasters")
JSON = "application/json"


@router.api_route(".json", **PAGE)
def listed(request: Request, as_of: AsOfText = None) -> Response:
    """Every picture that can be drawn: each scene in its colours and by each index that its bands give, differences
    between times, and the relief of the ground."""
    now = current(request)
    then = now.of(as_of, whole=False)
    language = now.language(spoken.chosen(request, then.atlas))
    tell = partial(_listed, request, then, language, as_of)
    body = {"snapshot": named(then.atlas.snapshot), "pictures": [tell(each) for each in then.pictures.values()]}
    return content(request, orjson.dumps(body), JSON, then.atlas.snapshot, spoken.headers(language))


@router.api_route("/{picture}.json", **PAGE)
def tilejson(request: Request, picture: str, as_of: AsOfText = None) -> Response:
    """TileJSON 2.2 of one picture (3.0 is of vector tiles alone: it wants their layers), with all that the list says
    of it."""
    now = current(request)
    then = now.of(as_of, whole=False)
    language = now.language(spoken.chosen(request, then.atlas))
    found = _listed(request, then, language, as_of, picture_of(then, picture))
    body = {
        **found,
        "tilejson": "2.2.0",
        "scheme": "xyz",
        "description": found["note"],
        "tiles": [found["tiles"]],
        "snapshot": named(then.atlas.snapshot),
    }
    return content(request, orjson.dumps(body), JSON, then.atlas.snapshot, spoken.headers(language))


def _listed(request: Request, served: Served, language: Any, as_of: str | None, found: Drawn) -> dict[str, Any]:
    end = f"?as-of={served.atlas.snapshot.number}" if as_of else ""
    told = drawn.listed(served.atlas, found, drawers(request), language, served.site(request), end)
    if copied(request):
        # A copy has all tiles of a picture in one file, and nobody to draw another.
        told["tiles"] = f"{served.site(request)}/rasters/{found.picture.id}.pmtiles" if told["ready"] else None
    return told


def picture_of(served: Served, name: str) -> Drawn:
    """A picture by its name. Raises NotFoundError with the choices."""
    if name not in served.pictures:
        raise NotFoundError("picture", name, served.pictures)
    return served.pictures[name]


Option = Annotated[str | None, Query()]
Zoom = Annotated[int, Path(description="zoom")]
Column = Annotated[int, Path(description="column from the west")]
Row = Annotated[int, Path(description="row from the north")]


def chosen(**options: Text) -> dict[str, str]:
    """Of some options those that were given."""
    return {name: text for name, text in options.items() if text is not None}


async def _given(
    expression: Option = None,
    rescale: Option = None,
    palette: Option = None,
    resampling: Option = None,
    size: Option = None,
) -> dict[str, str]:
    """What is asked of ``look.OPTIONS``."""
    return chosen(expression=expression, rescale=rescale, palette=palette, resampling=resampling, size=size)


Given = Annotated[dict[str, str], Depends(_given)]


@router.api_route("/{picture}/{z}/{x}/{y}.png", methods=METHODS)
async def png(
    request: Request, picture: str, z: Zoom, x: Column, y: Row, given: Given, as_of: AsOfText = None
) -> Response:
    """One tile as PNG, transparent where nothing is known and outside the picture. ``expression`` computes something
    else of a scene's bands, such as ``(nir-red)/(nir+red)``; ``palette`` and ``rescale=low,high`` color it otherwise;
    ``resampling`` is nearest, bilinear, cubic or average; ``size`` is 256 or 512 pixels."""
    return await drawers(request).run(request, partial(_tile, request, picture, (z, x, y), "png", given, as_of))


@router.api_route("/{picture}/{z}/{x}/{y}.webp", methods=METHODS)
async def webp(
    request: Request, picture: str, z: Zoom, x: Column, y: Row, given: Given, as_of: AsOfText = None
) -> Response:
    """The same as WebP, which is smaller."""
    return await drawers(request).run(request, partial(_tile, request, picture, (z, x, y), "webp", given, as_of))


@router.api_route("/{picture}/legend.svg", **PAGE)
def legend_svg(
    request: Request,
    picture: str,
    expression: Option = None,
    rescale: Option = None,
    palette: Option = None,
    as_of: AsOfText = None,
) -> Response:
    """What its colours mean, as a drawing."""
    now = current(request)
    then = now.of(as_of, whole=False)
    found = picture_of(then, picture)
    language = now.language(spoken.chosen(request, then.atlas))
    wanted = look_of(found, chosen(expression=expression, rescale=rescale, palette=palette))
    body = legends.drawn(legend(found.picture, wanted), drawn.name(then.atlas, found.picture, language), language)
    return content(request, body, "image/svg+xml", then.atlas.snapshot, spoken.headers(language))


@router.api_route("/{picture}/point", **PAGE)
async def at_point(
    request: Request,
    picture: str,
    lon: Annotated[float, Query(ge=-180, le=180, description="Longitude in degrees, WGS 84.")],
    lat: Annotated[float, Query(ge=-90, le=90, description="Latitude in degrees, WGS 84.")],
    expression: Option = None,
    as_of: AsOfText = None,
) -> Response:
    """What the pixel at a place says: its bands as they are stored and as they are measured, the index, what the scene
    itself takes it to be, or the reason why nothing can be said."""
    given = chosen(expression=expression)
    return await drawers(request).run(request, partial(_point, request, picture, (lon, lat), given, as_of))


def _point(request: Request, name: str, at: tuple[float, float], given: dict[str, str], as_of: str | None) -> Response:
    now = current(request)
    served = now.of(as_of, whole=False)
    found = picture_of(served, name)
    wanted = look_of(found, given)
    drawn.frame_of(found, drawers(request))
    language = now.language(spoken.chosen(request, served.atlas))
    with drawers(request).handles.lent(found.path) as handle:
        told = point(handle, found.picture, wanted, *at)
    body = {
        "picture": name,
        "raster": found.picture.raster.id if found.picture.raster else None,
        "lon": at[0],
        "lat": at[1],
        "column": told.column,
        "row": told.row,
        "value": told.value,
        "unit": "m" if found.picture.kind == "relief" else "",
        "expression": wanted.expression.text if wanted.expression else None,
        "ground": language.say(told.ground),
        "reason": language.say(told.reason),
        "bands": [{"name": each.name, "stored": each.stored, "value": each.value} for each in told.bands],
        "snapshot": named(served.atlas.snapshot),
    }
    return content(request, orjson.dumps(body), JSON, served.atlas.snapshot, spoken.headers(language))


def _tile(
    request: Request, name: str, at: tuple[int, int, int], form: str, given: dict[str, str], as_of: str | None
) -> Response:
    now = current(request)
    served = now.of(as_of, whole=False)
    found = picture_of(served, name)
    cell, wanted = Tile.of(*at, served.settings.max_zoom), look_of(found, given)
    drawn.frame_of(found, drawers(request))
    # A file never changes under its name, so what it is drawn of names a tile, and none need be drawn to be known.
    named_by = f"{__version__} {found.stocked.digest} {draw.recipe(found.picture, wanted)} {tuple(cell)} {form}"
    digest = hashlib.sha256(named_by.encode()).hexdigest()

    def made_now() -> bytes:
        with drawers(request).handles.lent(found.path) as handle:
            return draw.tile(handle, found.picture, wanted, cell, form, served.settings.max_raster_pixels)

    return made(request, digest, made_now, MEDIA[form], served.atlas.snapshot, UNCOMPRESSED)


def look_of(found: Drawn, given: dict[str, str]) -> Look:
    """How a picture is drawn with what is asked for. Raises BadRequestError."""
    try:
        return look(found.picture, given)
    except ValueError as error:
        raise BadRequestError(str(error)) from None

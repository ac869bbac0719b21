"""What pictures of imagery say of areas: sites, and polygons that somebody drew.

Not here: single places and tiles (``rasters``), and readings of imagery, which are series like any other.
"""

from functools import partial
from typing import Annotated, Any

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from shapely.geometry.base import BaseGeometry

from mendmap.errors import BadRequestError, NotFoundError, RasterError, TooLargeError, shown
from mendmap.rasters.inside import Inside, inside, pixels_of
from mendmap.rasters.zonal import Outline, outline
from mendmap.web import drawn, spoken
from mendmap.web.answers import content, named
from mendmap.web.asked import AsOfText, Text
from mendmap.web.bodies import body
from mendmap.web.drawers import drawers
from mendmap.web.keeper import Served, current
from mendmap.web.routes.rasters import JSON, Option, chosen, look_of, picture_of
from mendmap.web.spoken import PAGE
from mendmap.words.vocabulary import UNMEASURED

router = APIRouter(prefix="/rasters")


@router.api_route("/{picture}/stats", **PAGE)
async def of_site(
    request: Request,
    picture: str,
    site: Annotated[str, Query(description="The id of a site.")],
    expression: Option = None,
    as_of: AsOfText = None,
) -> Response:
    """Mean, percentiles and clear share of each number of a picture inside a site's outline: of an index, a change or
    a height that one, of natural colours every band."""
    return await drawers(request).run(request, partial(_site, request, picture, site, expression, as_of))


@router.post("/{picture}/stats")
async def of_polygon(request: Request, picture: str, expression: Option = None, lang: Text = None) -> Response:
    """The same inside a GeoJSON Polygon, MultiPolygon or Feature of one, in degrees, that is sent along."""
    # Keys are looked up in the lake, which is not for the thread that all others wait for.
    served = await run_in_threadpool(current, request)
    given = await body(request, served.settings.max_post_mb * 1_000_000)
    return await drawers(request).run(request, partial(_polygon, request, picture, given, expression))


def _site(request: Request, name: str, site: str, expression: str | None, as_of: str | None) -> Response:
    served = current(request).of(as_of, whole=False)
    found = served.atlas.features.get(site)
    if found is None or served.atlas.layers[found.layer].role != "site":
        raise NotFoundError("site", site, [ident for layer in served.atlas.layers_of("site") for ident in layer.ids])
    shape = outline(site, found.geometry, str(found.properties.get("basis")))
    return _answer(request, served, name, shape, expression, site)


def _polygon(request: Request, name: str, given: bytes, expression: str | None) -> Response:
    served = current(request)
    return _answer(request, served, name, Outline("", _geometry(given, served.settings.max_area_vertices)), expression)


def _answer(
    request: Request, served: Served, name: str, shape: Outline, expression: str | None, site: str | None = None
) -> Response:
    found = picture_of(served, name)
    wanted = look_of(found, chosen(expression=expression))
    frame, most = drawn.frame_of(found, drawers(request)), served.settings.max_raster_pixels
    if shape.geometry is not None and (needed := pixels_of(frame, shape.geometry)) > most:
        raise TooLargeError(f"{needed:,.0f} pixels, and at most {most:,} are read (setting MENDMAP_MAX_RASTER_PIXELS)")
    if not found.scenes:
        raise RasterError(f"{name}: no scene shows it")
    language = current(request).language(spoken.chosen(request, served.atlas))

    def told(each: Inside) -> dict[str, Any]:
        reason = language.say(UNMEASURED[each.reason]) if each.reason else ""
        values = {statistic: _rounded(value) for statistic, value in each.statistics.items()}
        about = {"clear_share": _rounded(each.clear_share), "pixels": round(each.pixels, 2), "reason": reason}
        return {"name": each.name, "unit": "m" if found.picture.kind == "relief" else "", **values, **about}

    answer = {
        "picture": name,
        "site": site,
        "values": [told(each) for each in inside(found.path, found.picture, wanted, found.scenes[0], shape)],
        "snapshot": named(served.atlas.snapshot),
    }
    return content(request, orjson.dumps(answer), JSON, served.atlas.snapshot, spoken.headers(language))


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.7g}")


def _geometry(given: bytes, most: int) -> BaseGeometry:
    """A polygon that has been checked. Raises BadRequestError and TooLargeError."""
    try:
        told = orjson.loads(given)
        told = told.get("geometry") if isinstance(told, dict) and told.get("type") == "Feature" else told
        found = shapely.from_geojson(orjson.dumps(told))
    except (orjson.JSONDecodeError, shapely.errors.GEOSException, TypeError):
        raise BadRequestError(f"the body is no GeoJSON: {shown(given[:80].decode(errors='replace'))}") from None
    if found is None or found.geom_type not in ("Polygon", "MultiPolygon") or found.is_empty:
        raise BadRequestError("the body is not a GeoJSON Polygon or MultiPolygon, or a Feature of one")
    at = shapely.get_coordinates(found)
    if len(at) > most:
        raise TooLargeError(f"{len(at):,} vertices, and at most {most:,} are taken (setting MENDMAP_MAX_AREA_VERTICES)")
    if not np.isfinite(at).all() or (np.abs(at) > (180, 90)).any():
        raise BadRequestError("the polygon has positions that are no longitude and latitude in degrees")
    if not found.is_valid:
        raise BadRequestError(f"the polygon is not valid: {shapely.is_valid_reason(found)}")
    return found

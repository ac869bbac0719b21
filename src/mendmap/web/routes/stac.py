"""A STAC catalogue of the rasters, addressed as static catalogues are, and the raster files themselves.

Not here: what is drawn of them (``routes.rasters``), and what the documents say (``exports.stac``).
"""

import orjson
from fastapi import APIRouter, Request, Response

from mendmap.errors import NotFoundError, TooLargeError
from mendmap.exports import stac
from mendmap.exports.rasters import MEDIA_TYPE, Stocked
from mendmap.exports.stac import Json, Stand
from mendmap.web import answers
from mendmap.web.answers import METHODS
from mendmap.web.copied import copied
from mendmap.web.keeper import Served, current

router = APIRouter()
JSON, GEOJSON = "application/json", "application/geo+json"


@router.api_route(stac.ROOT, methods=METHODS)
@router.api_route(stac.PREFIX, methods=METHODS)
def catalog(request: Request) -> Response:
    """The root of the STAC catalogue."""
    served = current(request)
    return _sent(request, served, stac.catalog(served.atlas, served.stock, _stand(request, served)), JSON)


@router.api_route(f"{stac.PREFIX}/{{collection}}/collection.json", methods=METHODS)
def collection(request: Request, collection: str) -> Response:
    """One collection of it, with a link to each of its items."""
    served = current(request)
    found = stac.collection(served.atlas, served.stock, _stand(request, served), collection)
    return _sent(request, served, found, JSON)


@router.api_route(f"{stac.PREFIX}/{{collection}}/{{item}}.json", methods=METHODS)
def item(request: Request, collection: str, item: str) -> Response:
    """One raster: where and when it is of, its bands, its terms, and its file with its SHA-256."""
    served = current(request)
    found = stac.item(served.atlas, served.stock, _stand(request, served), collection, item)
    return _sent(request, served, found, GEOJSON)


@router.api_route("/rasters/{raster}.tif", methods=METHODS)
def file(request: Request, raster: str) -> Response:
    """The file of a raster or a difference, a GeoTIFF optimised for the cloud, whole or in parts. Raises
    NotFoundError with the choices."""
    served = current(request)
    found = served.stock.get(raster)
    if found is None or found.path is None:
        raise NotFoundError("raster file", raster, [name for name, each in served.stock.items() if each.path])
    most, size = copy.most_raster_bytes if (copy := copied(request)) else None, found.path.stat().st_size
    if most is not None and size > most:
        raise TooLargeError(f"the file of {raster} has {size / 1e6:,.1f} MB, and a copy takes {most / 1e6:,.0f} MB")
    name = f"{raster}.tif"
    return answers.stored(
        request, served.atlas.snapshot, path=found.path, name=name, media_type=MEDIA_TYPE, sha256=found.sha256
    )


def _stand(request: Request, served: Served) -> Stand:
    base, copy = served.site(request), copied(request)

    def href(stocked: Stocked) -> str | None:
        if copy and stocked.path and stocked.path.stat().st_size > copy.most_raster_bytes:
            return f"{copy.live}{stocked.address}" if copy.live else None
        return base + stocked.address

    return Stand(base, href, copy is not None)


def _sent(request: Request, served: Served, document: Json, media_type: str) -> Response:
    return answers.content(request, orjson.dumps(document, default=str), media_type, served.atlas.snapshot)

"""The grids that tiles are cut by, as OGC API names them: tile matrix sets (OGC 17-083r4), of which there is one.

Not here: the squares themselves (``geo.grid``).
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from mendmap.errors import NotFoundError
from mendmap.geo.crs import crs
from mendmap.geo.grid import HALF_M, side_m
from mendmap.web.keeper import current
from mendmap.web.ogc import documented, links
from mendmap.web.ogc.answers import answer
from mendmap.web.ogc.links import link
from mendmap.web.ogc.negotiation import HTML, JSON, FormText, chosen
from mendmap.web.spoken import PAGE

router = APIRouter(prefix=f"{links.PREFIX}/tileMatrixSets")
FORMS = (JSON, HTML)
QUAD = "WebMercatorQuad"
QUAD_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
MERCATOR = crs("EPSG:3857")
# Zooms that the registered set has, whatever tiles there are; its tiles are 256 pixels wide, each of 0.28 mm.
_ZOOMS, _PIXELS, _PIXEL_M = 25, 256, 0.00028

GridId = Annotated[str, Path(description="Id of a tile matrix set.")]


@router.api_route(
    "",
    **PAGE,
    responses=documented.answers("TileMatrixSets", *FORMS),
    openapi_extra={"operationId": ".getTileMatrixSetsList"},
)
def every_grid(request: Request, f: FormText = None) -> Response:
    """The tile matrix sets."""
    served = current(request)
    form, root = chosen(request, f, FORMS), links.root(request, served)
    ways = [link("self", f"{root}/tileMatrixSets/{QUAD}", "Its definition", JSON.media_type)]
    body = {
        "tileMatrixSets": [{"id": QUAD, "title": _TITLE, "uri": QUAD_URI, "crs": MERCATOR.uri, "links": ways}],
        "links": links.itself(f"{root}/tileMatrixSets", form, FORMS, "The tile matrix sets"),
    }
    return answer(request, served, form, body, "ogc_grids.html")


@router.api_route(
    "/{tileMatrixSetId}",
    **PAGE,
    responses=documented.answers("TileMatrixSet", *FORMS),
    openapi_extra={"operationId": ".getTileMatrixSet"},
)
def one_grid(request: Request, tileMatrixSetId: GridId, f: FormText = None) -> Response:  # noqa: N803
    """The definition of a tile matrix set."""
    served = current(request)
    known(tileMatrixSetId)
    form, root = chosen(request, f, FORMS), links.root(request, served)
    own = links.itself(f"{root}/tileMatrixSets/{QUAD}", form, FORMS, "This tile matrix set")
    return answer(request, served, form, {**definition(), "links": own}, "ogc_grid.html")


def known(ident: str) -> None:
    """Raises NotFoundError where there is no such tile matrix set."""
    if ident != QUAD:
        raise NotFoundError("tile matrix set", ident, [QUAD])


_TITLE = "Google Maps Compatible for the World"


def definition() -> dict[str, Any]:
    """WebMercatorQuad as it is registered (17-083r4, annex D.1), computed from the grid."""
    return {
        "id": QUAD,
        "title": _TITLE,
        "uri": QUAD_URI,
        "crs": MERCATOR.uri,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": [_matrix(zoom) for zoom in range(_ZOOMS)],
    }


def _matrix(zoom: int) -> dict[str, Any]:
    return {
        "id": str(zoom),
        "scaleDenominator": side_m(zoom) / _PIXELS / _PIXEL_M,
        "cellSize": side_m(zoom) / _PIXELS,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-HALF_M, HALF_M],
        "tileWidth": _PIXELS,
        "tileHeight": _PIXELS,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }

"""One tile, as OGC API Tiles addresses it: row before column, the form by ``f`` or ``Accept``.

Not here: what is in a tile (``tiles``), and which tiles there are (``tilesets``).
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from mendmap.geo.grid import Tile
from mendmap.web.answers import METHODS
from mendmap.web.asked import AsOfText
from mendmap.web.ogc import documented, grids, links
from mendmap.web.ogc.answers import varied
from mendmap.web.ogc.documented import CollectionId, CollectionsText
from mendmap.web.ogc.grids import GridId
from mendmap.web.ogc.negotiation import FormText, chosen
from mendmap.web.ogc.tiled import TILES, Tiled, of_collection, of_dataset
from mendmap.web.routes import tiles

router = APIRouter(prefix=links.PREFIX)
_ANSWERS = documented.answers("Tile", *TILES)

Matrix = Annotated[int, Path(description="The zoom.", ge=0)]
Row = Annotated[int, Path(description="Row of the tile, from the north.", ge=0)]
Column = Annotated[int, Path(description="Column of the tile, from the west.", ge=0)]


@router.api_route(
    "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    methods=METHODS,
    responses=_ANSWERS,
    openapi_extra={"operationId": ".dataset.vector.getTile"},
)
def of_whole(
    request: Request,
    tileMatrixSetId: GridId,  # noqa: N803
    tileMatrix: Matrix,  # noqa: N803
    tileRow: Row,  # noqa: N803
    tileCol: Column,  # noqa: N803
    collections: CollectionsText = None,
    as_of: AsOfText = None,
    f: FormText = None,
) -> Response:
    """A tile of the whole: several collections, the lowest first."""
    grids.known(tileMatrixSetId)
    return _tile(request, of_dataset(request, collections, as_of), (tileMatrix, tileRow, tileCol), f)


@router.api_route(
    "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
    methods=METHODS,
    responses=_ANSWERS,
    openapi_extra={"operationId": ".collection.vector.getTile"},
)
def of_one(
    request: Request,
    collectionId: CollectionId,  # noqa: N803
    tileMatrixSetId: GridId,  # noqa: N803
    tileMatrix: Matrix,  # noqa: N803
    tileRow: Row,  # noqa: N803
    tileCol: Column,  # noqa: N803
    as_of: AsOfText = None,
    f: FormText = None,
) -> Response:
    """A tile of one collection."""
    grids.known(tileMatrixSetId)
    return _tile(request, of_collection(request, collectionId, as_of), (tileMatrix, tileRow, tileCol), f)


def _tile(request: Request, tiled: Tiled, place: tuple[int, int, int], f: str | None) -> Response:
    zoom, row, column = place
    form = chosen(request, f, TILES)
    cell = Tile.of(zoom, column, row, tiled.served.settings.max_zoom)
    return varied(tiles.tile(request, tiled.served, tiled.layers, cell, form.name))

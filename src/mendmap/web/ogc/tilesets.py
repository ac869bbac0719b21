"""Which tiles there are, as OGC API Tiles (OGC 20-057) lists and describes them, and as TileJSON.

Not here: the tiles (``tile``), and the grid (``grids``).
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Layer
from mendmap.catalogue.records import names
from mendmap.tiles.described import vector_layer
from mendmap.tiles.prepare import FIELDS
from mendmap.web.answers import named
from mendmap.web.asked import AsOfText
from mendmap.web.ogc import collections, documented, grids, links
from mendmap.web.ogc.answers import answer
from mendmap.web.ogc.documented import CollectionId, CollectionsText
from mendmap.web.ogc.grids import QUAD, GridId
from mendmap.web.ogc.links import OGC, Link, link
from mendmap.web.ogc.negotiation import HTML, JSON, TILEJSON, Form, FormText, chosen
from mendmap.web.ogc.tiled import TILES, Tiled, of_collection, of_dataset
from mendmap.web.spoken import PAGE
from mendmap.words.fields import expanded

router = APIRouter(prefix=links.PREFIX)
LISTS = (JSON, HTML)
FORMS = (JSON, HTML, TILEJSON)
_LISTED = documented.answers("TileSets", *LISTS)
_DESCRIBED = documented.answers("TileSet", *FORMS)


@router.api_route("/tiles", **PAGE, responses=_LISTED, openapi_extra={"operationId": ".dataset.vector.getTileSetsList"})
def of_whole(
    request: Request, collections: CollectionsText = None, as_of: AsOfText = None, f: FormText = None
) -> Response:
    """The tilesets of the whole: several collections in one tile."""
    return _list(request, of_dataset(request, collections, as_of), f)


@router.api_route(
    "/collections/{collectionId}/tiles",
    **PAGE,
    responses=_LISTED,
    openapi_extra={"operationId": ".collection.vector.getTileSetsList"},
)
def of_one(request: Request, collectionId: CollectionId, as_of: AsOfText = None, f: FormText = None) -> Response:  # noqa: N803
    """The tilesets of one collection."""
    return _list(request, of_collection(request, collectionId, as_of), f)


@router.api_route(
    "/tiles/{tileMatrixSetId}",
    **PAGE,
    responses=_DESCRIBED,
    openapi_extra={"operationId": ".dataset.vector.getTileSet"},
)
def whole_tileset(
    request: Request,
    tileMatrixSetId: GridId,  # noqa: N803
    collections: CollectionsText = None,
    as_of: AsOfText = None,
    f: FormText = None,
) -> Response:
    """A tileset of the whole: its layers, their properties, its zooms, and where its tiles are."""
    grids.known(tileMatrixSetId)
    return _tileset(request, of_dataset(request, collections, as_of), f)


@router.api_route(
    "/collections/{collectionId}/tiles/{tileMatrixSetId}",
    **PAGE,
    responses=_DESCRIBED,
    openapi_extra={"operationId": ".collection.vector.getTileSet"},
)
def one_tileset(
    request: Request,
    collectionId: CollectionId,  # noqa: N803
    tileMatrixSetId: GridId,  # noqa: N803
    as_of: AsOfText = None,
    f: FormText = None,
) -> Response:
    """A tileset of one collection: its properties, its zooms, and where its tiles are."""
    grids.known(tileMatrixSetId)
    return _tileset(request, of_collection(request, collectionId, as_of), f)


def _list(request: Request, tiled: Tiled, f: str | None) -> Response:
    form = chosen(request, f, LISTS)
    own = links.itself(f"{tiled.at}/tiles", form, LISTS, "The tilesets", tiled.query)
    told = {**_head(tiled), "links": [_way(tiled, "self", JSON), _scheme(request, tiled)]}
    return _answer(request, tiled, form, {"tilesets": [told], "links": own}, "ogc_tilesets.html")


def _tileset(request: Request, tiled: Tiled, f: str | None) -> Response:
    form = chosen(request, f, FORMS)
    if form is TILEJSON:
        return _answer(request, tiled, form, tilejson(tiled), "")
    own = links.itself(f"{tiled.at}/tiles/{QUAD}", form, FORMS, "This tileset", tiled.query)
    atlas, zoom = tiled.served.atlas, tiled.served.settings.max_zoom
    body = {
        **_head(tiled),
        "license": "; ".join(dict.fromkeys(each.licence for each in tiled.layers)),
        "attribution": atlas.place.attribution,
        "boundingBox": _box(tiled, tiled.layers),
        "tileMatrixSetLimits": [_limits(each) for each in range(zoom + 1)],
        "layers": [_layer(tiled, each) for each in tiled.layers],
        "links": [*own, _scheme(request, tiled), *(_items(tiled, each) for each in TILES)],
    }
    return _answer(request, tiled, form, body, "ogc_tileset.html")


def _answer(request: Request, tiled: Tiled, form: Form, body: dict[str, Any], template: str) -> Response:
    return answer(request, tiled.served, form, body, template, atlas=tiled.served.atlas, tiled=tiled, json=JSON)


def _head(tiled: Tiled) -> dict[str, Any]:
    return {
        "title": tiled.title,
        "dataType": "vector",
        "crs": grids.MERCATOR.uri,
        "tileMatrixSetURI": grids.QUAD_URI,
    }


def _way(tiled: Tiled, rel: str, form: Form) -> Link:
    return link(rel, tiled.address(f"/{QUAD}", f=form.name), f"The tileset {tiled.title}", form.media_type)


def _scheme(request: Request, tiled: Tiled) -> Link:
    at = f"{links.root(request, tiled.served)}/tileMatrixSets/{QUAD}"
    return link(f"{OGC}tiling-scheme", at, "The tile matrix set", JSON.media_type)


def _items(tiled: Tiled, form: Form) -> dict[str, Any]:
    href = tiled.template(form, "tileMatrix", "tileRow", "tileCol")
    return {**link("item", href, "Its tiles", form.media_type), "templated": True}


def _limits(zoom: int) -> dict[str, Any]:
    """Every tile of a zoom can be asked for; the zooms are what is limited."""
    last = 2**zoom - 1
    return {"tileMatrix": str(zoom), "minTileRow": 0, "maxTileRow": last, "minTileCol": 0, "maxTileCol": last}


def _layer(tiled: Tiled, layer: Layer) -> dict[str, Any]:
    dimensions = {_dimension(each) for each in layer.geometry_types}
    languages = tiled.served.atlas.place.languages
    told = {
        "id": layer.id,
        "title": names(layer.name, languages),
        "description": layer.description,
        "dataType": "vector",
        "minTileMatrix": "0",
        "maxTileMatrix": str(tiled.served.settings.max_zoom),
        "boundingBox": _box(tiled, (layer,)),
        "propertiesSchema": {
            "type": "object",
            "properties": {each.name: _property(each.kind, each.meaning) for each in expanded(FIELDS, languages)},
        },
    }
    # A layer of points and areas has no dimension of its own.
    return {**told, "geometryDimension": dimensions.pop()} if len(dimensions) == 1 else told


def _dimension(kind: str) -> int:
    return 0 if kind.endswith("Point") else 1 if kind.endswith("String") else 2


def _property(kind: str, meaning: str) -> dict[str, str]:
    return {"type": kind if kind in ("number", "integer") else "string", "description": meaning}


def _box(tiled: Tiled, layers: tuple[Layer, ...]) -> dict[str, Any]:
    west, south, east, north = collections.extent(tiled.served.atlas, layers)["spatial"]["bbox"][0]
    return {"lowerLeft": [west, south], "upperRight": [east, north], "crs": collections.CRS84.uri}


def tilejson(tiled: Tiled) -> dict[str, Any]:
    """TileJSON 3.0 of the vector tiles."""
    served = tiled.served
    box = _box(tiled, tiled.layers)
    return {
        "tilejson": "3.0.0",
        "name": tiled.title,
        "attribution": served.atlas.place.attribution,
        "scheme": "xyz",
        "tiles": [tiled.template(TILES[0], "z", "y", "x")],
        "minzoom": 0,
        "maxzoom": served.settings.max_zoom,
        "bounds": [*box["lowerLeft"], *box["upperRight"]],
        "vector_layers": [
            vector_layer(each, served.atlas.place.languages, served.settings.max_zoom) for each in tiled.layers
        ],
        "snapshot": named(served.atlas.snapshot),
    }

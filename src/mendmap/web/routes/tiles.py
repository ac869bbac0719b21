"""Tiles of the layers, as GeoJSON and as Mapbox Vector Tiles, and TileJSON that describes either.

Not here: the same tiles as OGC API names them (``web.ogc``).
"""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Path, Request, Response

from mendmap.atlas.model import Layer
from mendmap.geo.grid import Tile
from mendmap.tiles import geojson, mvt
from mendmap.tiles.cut import cut
from mendmap.tiles.described import vector_layer
from mendmap.web.answers import content, named
from mendmap.web.keeper import Served, current

router = APIRouter(prefix="/tiles")
METHODS = ["GET", "HEAD"]
# How tiles are written, by the ending of their address.
FORMATS = {"geojson": geojson, "mvt": mvt}


@router.api_route("/{layer}.mvt.json", methods=METHODS)
def mvt_tilejson(request: Request, layer: str) -> dict[str, Any]:
    """TileJSON 3.0 of one layer's Mapbox Vector Tiles, as MapLibre and QGIS read it."""
    return tilejson(request, layer, "mvt")


@router.api_route("/{layer}.json", methods=METHODS)
def geojson_tilejson(request: Request, layer: str) -> dict[str, Any]:
    """TileJSON 3.0 of one layer's GeoJSON tiles."""
    return tilejson(request, layer, "geojson")


@router.api_route("/{layer}/{z}/{x}/{y}.geojson", methods=METHODS)
def geojson_tile(
    request: Request,
    layer: str,
    z: int = Path(description="zoom"),
    x: int = Path(description="column from the west"),
    y: int = Path(description="row from the north"),
) -> Response:
    """One tile as GeoJSON: what touches its square, clipped with a margin; empty where nothing is. Where more features
    are than can be told apart, the largest of each spot, below the highest zoom; ``omitted`` counts the others."""
    return _of_one(request, layer, z, x, y, "geojson")


@router.api_route("/{layer}/{z}/{x}/{y}.mvt", methods=METHODS)
def mvt_tile(
    request: Request,
    layer: str,
    z: int = Path(description="zoom"),
    x: int = Path(description="column from the west"),
    y: int = Path(description="row from the north"),
) -> Response:
    """The same as a Mapbox Vector Tile 2.1; no bytes where nothing is, which is a tile without layers."""
    return _of_one(request, layer, z, x, y, "mvt")


def _of_one(request: Request, layer: str, z: int, x: int, y: int, form: str) -> Response:
    served = current(request)
    found = served.atlas.layer(layer)
    return tile(request, served, [found], Tile.of(z, x, y, served.settings.max_zoom), form)


def tile(request: Request, served: Served, layers: Sequence[Layer], cell: Tile, form: str) -> Response:
    """One tile of some layers in one of ``FORMATS``; its headers say how recent they are and what its bound left out
    of them."""
    writer = FORMATS[form]
    made = writer.written([cut(served.tiles[each.id], cell) for each in layers])
    headers = {
        "Mendmap-Revision": str(max((each.revision for each in layers), default=0)),
        "Mendmap-Omitted": str(made.omitted),
        "Mendmap-Widened": str(made.widened),
        "Mendmap-Tolerance": f"{made.tolerance_m:.3g}",
    }
    return content(request, made.body, writer.MEDIA_TYPE, served.atlas.snapshot, headers)


def tilejson(request: Request, layer: str, form: str) -> dict[str, Any]:
    """TileJSON 3.0 of a layer's tiles in one of ``FORMATS``."""
    served = current(request)
    found = served.atlas.layer(layer)
    base = served.site(request)
    return {
        "tilejson": "3.0.0",
        "name": layer,
        "description": found.description,
        "attribution": served.atlas.place.attribution,
        "scheme": "xyz",
        "tiles": [f"{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}.{form}"],
        "minzoom": 0,
        "maxzoom": served.settings.max_zoom,
        "bounds": list(served.atlas.place.extent),
        "vector_layers": [vector_layer(found, served.atlas.place.languages, served.settings.max_zoom)],
        "snapshot": named(served.atlas.snapshot),
    }

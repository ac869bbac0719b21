"""Tiles of the layers, and TileJSON that describes them."""

from typing import Any

from fastapi import APIRouter, Path, Request, Response

from mendmap.geo.grid import Tile
from mendmap.tiles.cut import cut
from mendmap.tiles.prepare import FIELDS
from mendmap.web.answers import content, named
from mendmap.web.keeper import current

router = APIRouter(prefix="/tiles")
GEOJSON = "application/geo+json"


@router.api_route("/{layer}.json", methods=["GET", "HEAD"])
def tilejson(request: Request, layer: str) -> dict[str, Any]:
    """TileJSON 3.0 of one layer."""
    served = current(request)
    found = served.atlas.layer(layer)
    extent = list(served.atlas.place.extent)
    base = (served.settings.public_url or str(request.base_url)).rstrip("/")
    return {
        "tilejson": "3.0.0",
        "name": layer,
        "description": found.description,
        "attribution": served.atlas.place.attribution,
        "scheme": "xyz",
        "tiles": [f"{base}/tiles/{layer}/{{z}}/{{x}}/{{y}}.geojson"],
        "minzoom": 0,
        "maxzoom": served.settings.max_zoom,
        "bounds": extent,
        "vector_layers": [{"id": layer, "fields": FIELDS, "description": found.description}],
        "snapshot": named(served.atlas.snapshot),
    }


@router.api_route("/{layer}/{z}/{x}/{y}.geojson", methods=["GET", "HEAD"])
def tile(
    request: Request,
    layer: str,
    z: int = Path(description="zoom"),
    x: int = Path(description="column from the west"),
    y: int = Path(description="row from the north"),
) -> Response:
    """One tile as GeoJSON: what touches its square, clipped with a margin; empty where nothing is."""
    served = current(request)
    found = served.atlas.layer(layer)
    cell = Tile.of(z, x, y, served.settings.max_zoom)
    made = cut(served.tiles[layer], cell)
    headers = {"Mendmap-Revision": str(found.revision), "Mendmap-Omitted": str(made.omitted)}
    return content(request, made.body, GEOJSON, served.atlas.snapshot, headers)

"""Search: features by name, as the map's search field asks for them; and the names themselves, in files of bounded
size, for a published copy, which is searched in the browser (``static/names.js``) with the same answers.

Not here: how names are found (``atlas.names``).
"""

from collections.abc import Sequence
from typing import Annotated, Any

import orjson
import shapely
from fastapi import APIRouter, Query, Request, Response

from mendmap.atlas.model import Feature
from mendmap.atlas.names import named as features_named
from mendmap.atlas.names import text_of
from mendmap.errors import BadRequestError, NotFoundError, not_one_of
from mendmap.maps.page import UNION
from mendmap.tiles.geojson import MEDIA_TYPE
from mendmap.web.answers import METHODS, content, named
from mendmap.web.asked import Text
from mendmap.web.keeper import Served, current
from mendmap.words.fields import name_column

router = APIRouter()
JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
# Features whose names are in one file, and that are told of in one: each file is some hundred kilobytes at most.
NAMES_OF_FILE = 5000
TOLD_OF_FILE = 250
# Decimals of degrees: a tenth of a metre.
_DECIMALS = 6


@router.api_route("/search.json", methods=METHODS)
def search(
    request: Request,
    q: Annotated[str, Query(description="part of a name, in any script", min_length=1, max_length=100)],
    layers: Text = None,
    limit: Annotated[int, Query(description="the most features in the answer", ge=1, le=50)] = 10,
) -> Response:
    """Features whose name holds a text, those that begin with it first, as GeoJSON: a point each, its box, and what
    names it. ``layers`` are ids, separated by commas; ``more`` says that there are further ones."""
    served = current(request)
    found = features_named([served.names(each) for each in _asked(served, layers)], q, limit + 1)
    body = {
        "type": "FeatureCollection",
        "features": [_told(each) for each in found[:limit]],
        "more": len(found) > limit,
        "snapshot": named(served.atlas.snapshot),
    }
    return content(request, orjson.dumps(body), MEDIA_TYPE, served.atlas.snapshot)


@router.api_route("/names.json", methods=METHODS)
def names(request: Request) -> Response:
    """Which layers have names, of how many features, and how many of these are in each file of ``names`` and of what is
    ``told`` of them."""
    atlas = current(request).atlas
    body = {
        "layers": [
            {"id": ident, "role": layer.role, "count": len(layer.ids)}
            for ident, layer in atlas.layers.items()
            if ident != UNION
        ],
        "names": NAMES_OF_FILE,
        "told": TOLD_OF_FILE,
        "snapshot": named(atlas.snapshot),
    }
    return content(request, orjson.dumps(body), JSON, atlas.snapshot)


@router.api_route("/names/{layer}/{part}.txt", methods=METHODS)
def names_of(request: Request, layer: str, part: int) -> Response:
    """The folded names of part of a layer's features, a name a line, those of each feature ended by its folded id after
    a tab. Raises NotFoundError."""
    served = current(request)
    text, _ = text_of(_part(served, layer, part, NAMES_OF_FILE))
    return content(request, text.encode(), TEXT, served.atlas.snapshot)


@router.api_route("/names/{layer}/{part}.json", methods=METHODS)
def named_of(request: Request, layer: str, part: int) -> Response:
    """Part of a layer's features as ``/search.json`` tells of them. Raises NotFoundError."""
    served = current(request)
    found = _part(served, layer, part, TOLD_OF_FILE)
    body = {"type": "FeatureCollection", "features": [_told(each) for each in found]}
    return content(request, orjson.dumps(body), MEDIA_TYPE, served.atlas.snapshot)


def _part(served: Served, layer: str, part: int, size: int) -> Sequence[Feature]:
    found = served.atlas.layer(layer)
    if not 0 <= part < max(1, -(-len(found.ids) // size)):
        raise NotFoundError(f"part of the names of {layer}", str(part))
    return found.features[part * size : (part + 1) * size]


def _asked(served: Served, text: str | None) -> list[str]:
    """The layers to look in: every one of the catalogue, and works, or those that are asked for."""
    atlas = served.atlas
    own = [each for each in atlas.layers if each != UNION]
    if text is None:
        return own
    asked = list(dict.fromkeys(text.split(",")))
    for each in asked:
        if each not in atlas.layers:
            raise BadRequestError(not_one_of("layers: no such layer", each, atlas.layers))
    # The union of the layers of sites has no features of its own.
    sites = [each for each in own if atlas.layers[each].role == "site"] if UNION in asked else []
    return list(dict.fromkeys([each for each in asked if each != UNION] + sites))


def _told(found: Feature) -> dict[str, Any]:
    given, shape = found.properties, found.geometry
    names = {name_column("name", language): name for language, name in found.name.items()}
    point = None if shape is None else shapely.get_coordinates(shapely.point_on_surface(shape))[0].tolist()
    told = {
        "type": "Feature",
        "id": found.id,
        "geometry": point and {"type": "Point", "coordinates": [round(each, _DECIMALS) for each in point]},
        "properties": {
            "id": found.id,
            "layer": found.layer,
            "kind": given["kind"],
            **names,
            "basis": given["basis"],
            "accuracy_m": given.get("accuracy_m"),
        },
    }
    return told if shape is None else told | {"bbox": [round(each, _DECIMALS) for each in shape.bounds]}

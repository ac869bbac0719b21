"""What a layer's tiles hold, as TileJSON 3.0 says it, for tiles that are served and for archives of them.

Not here: the properties themselves (``prepare``), and addresses (``web``).
"""

from collections.abc import Sequence
from typing import Any

from mendmap.atlas.model import Layer
from mendmap.tiles.prepare import FIELDS
from mendmap.words.fields import expanded


def vector_layer(layer: Layer, languages: Sequence[str], max_zoom: int) -> dict[str, Any]:
    """One entry of ``vector_layers``: fields in the languages of a place, from zoom 0 to ``max_zoom``. The type of each
    field stands where GDAL looks for it and tippecanoe puts it; what it means, beside it."""
    listed = expanded(FIELDS, languages)
    return {
        "id": layer.id,
        "description": layer.description,
        "minzoom": 0,
        "maxzoom": max_zoom,
        "fields": {each.name: "Number" if each.kind in ("number", "integer") else "String" for each in listed},
        "meanings": {each.name: each.meaning for each in listed},
    }

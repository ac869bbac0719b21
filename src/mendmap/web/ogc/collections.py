"""A layer as a collection of features, as OGC API describes one. Not here: its columns (``schemas``)."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mendmap.atlas.model import Atlas, Layer
from mendmap.catalogue.records import names
from mendmap.geo.crs import crs
from mendmap.web.ogc.links import OGC, Link, link
from mendmap.web.ogc.negotiation import GEOJSON, HTML, JSON, SCHEMA
from mendmap.words.dates import Period

CRS84 = crs("OGC:CRS84")
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


def collection(atlas: Atlas, layer: Layer, root: str) -> dict[str, Any]:
    """A layer, described; ``root`` is the address of the landing page."""
    return {
        "id": layer.id,
        "title": names(layer.name, atlas.place.languages),
        "description": layer.description,
        "attribution": atlas.place.attribution,
        "license": layer.licence,
        "extent": extent(atlas, (layer,)),
        "itemType": "feature",
        "crs": [each.uri for each in atlas.place.systems],
        "storageCrs": CRS84.uri,
        "links": ways(layer, root),
    }


def ways(layer: Layer, root: str) -> list[Link]:
    """From a collection to itself, its features and its columns."""
    at = f"{root}/collections/{layer.id}"
    return [
        link("self", f"{at}?f=json", "This collection", JSON.media_type),
        link("alternate", f"{at}?f=html", "This collection, as a page", HTML.media_type),
        link("items", f"{at}/items?f=json", "Its features, as GeoJSON", GEOJSON.media_type),
        link("items", f"{at}/items?f=html", "Its features, in a table", HTML.media_type),
        link(f"{OGC}queryables", f"{at}/queryables", "The properties that filters may name", SCHEMA.media_type),
        link(f"{OGC}sortables", f"{at}/sortables", "The properties that sortby may name", SCHEMA.media_type),
        link(f"{OGC}schema", f"{at}/schema", "The properties of its features", SCHEMA.media_type),
        link(f"{OGC}tilesets-vector", f"{at}/tiles", "Its tiles", JSON.media_type),
        link("license", f"{root.removesuffix('/ogc')}/about", f"Licence: {layer.licence}", HTML.media_type),
    ]


def extent(atlas: Atlas, layers: Sequence[Layer]) -> dict[str, Any]:
    """Where and when some layers lie, or the whole: the catalogue's extent where nothing has a position; an end of
    time is open where a feature does not state it."""
    boxes = np.array([layer.bounds for layer in layers]).reshape(-1, 4)
    known = boxes[np.isfinite(boxes).all(axis=1)]
    box = [*known[:, :2].min(axis=0), *known[:, 2:].max(axis=0)] if len(known) else list(atlas.place.extent)
    return {
        "spatial": {"bbox": [[float(each) for each in box]], "crs": CRS84.uri},
        "temporal": {"interval": [_time(layers)], "trs": GREGORIAN},
    }


def _time(layers: Sequence[Layer]) -> list[str | None]:
    begins, ends = zip(*(layer.spans for layer in layers), strict=True) if layers else ((), ())
    first, last = frozenset().union(*begins), frozenset().union(*ends)
    return [_moment(first, "first", "T00:00:00Z"), _moment(last, "last", "T23:59:59Z")]


def _moment(texts: Iterable[str | None], end: str, hour: str) -> str | None:
    """The earliest first or latest last day of some periods; None where one is not stated."""
    listed = list(texts)
    if not listed or not all(listed):
        return None
    days = [getattr(Period.parse(str(each)), end) for each in listed]
    return f"{(min if end == 'first' else max)(days)}{hour}"

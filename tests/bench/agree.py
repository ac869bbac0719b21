"""Whether two servers answer alike: the same features in a tile, and their outlines within a pixel of each other.

Everything is compared in the tile's own steps, 4096 along its edge, of which a pixel has 16. Not here: who is asked.
"""

import json
from collections.abc import Mapping

import mapbox_vector_tile
import numpy as np
import shapely
from shapely.geometry import shape

from mendmap.geo.grid import EXTENT, Tile, side_m, to_mercator

PIXEL = EXTENT / 256
Shapes = Mapping[str, shapely.Geometry]


def of_geojson(body: bytes, tile: Tile) -> Shapes:
    """The shapes of a GeoJSON tile by id."""
    west, _, _, north = tile.box_m
    per_m = EXTENT / side_m(tile.z)

    def steps(degrees: np.ndarray) -> np.ndarray:
        return (to_mercator(degrees) - [west, north]) * [per_m, -per_m]

    features = json.loads(body)["features"]
    return {each["properties"]["id"]: shapely.transform(shape(each["geometry"]), steps) for each in features}


def of_mvt(body: bytes) -> Shapes:
    """The shapes of the only layer of a vector tile by id."""
    (layer,) = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True}).values()
    assert layer["extent"] == EXTENT
    return {each["properties"]["id"]: shape(each["geometry"]) for each in layer["features"]}


def of_steps(features: list[dict[str, object]]) -> Shapes:
    """The shapes of polygons of geojson-vt by id."""
    found = {}
    for each in features:
        rings = [shapely.Polygon(ring) for ring in each["rings"]]  # type: ignore[attr-defined]
        found[str(each["id"])] = shapely.union_all(rings)
    return found


def proper(shapes: Shapes) -> Shapes:
    """What of them is in the tile itself: each server has a margin of its own."""
    whole = {name: shapely.make_valid(each) for name, each in shapes.items()}
    clipped = {name: shapely.clip_by_rect(each, 0, 0, EXTENT, EXTENT) for name, each in whole.items()}
    return {name: each for name, each in clipped.items() if not each.is_empty}


def differ(ours: Shapes, theirs: Shapes, wanting: int = 0) -> str:
    """What differs, in words; nothing where they agree, but for so many features that are ``wanting`` of theirs. Of a
    feature that is smaller than a pixel, such as a corner at the tile's edge, it does not matter who draws it."""
    mine, other = _more(ours, theirs), _more(theirs, ours)
    if mine > wanting or other:
        return f"{mine} features only ours, {other} only theirs"
    far = {name: shapely.hausdorff_distance(ours[name], theirs[name]) for name in ours.keys() & theirs.keys()}
    worst = max(far, key=lambda name: far[name], default=None)
    if worst is not None and far[worst] > PIXEL:
        return f"{worst} lies {far[worst] / PIXEL:.1f} pixels from theirs"
    return ""


def _more(ours: Shapes, theirs: Shapes) -> int:
    """How many features only the first has."""
    return sum(each.area >= PIXEL**2 for name, each in ours.items() if name not in theirs)

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
    """What of them is in the tile itself, without a margin; less what is smaller than a pixel there, for one server
    may draw it and another not."""
    clipped = {
        name: shapely.clip_by_rect(shapely.make_valid(each), 0, 0, EXTENT, EXTENT) for name, each in shapes.items()
    }
    return {name: each for name, each in clipped.items() if each.area >= PIXEL**2}


def differ(ours: Shapes, theirs: Shapes, wanting: int = 0) -> str:
    """What differs, in words; nothing where they agree, but for so many features that are ``wanting`` of theirs."""
    if len(ours.keys() - theirs.keys()) > wanting or theirs.keys() - ours.keys():
        return f"{len(set(ours) - set(theirs))} features only ours, {len(set(theirs) - set(ours))} only theirs"
    far = {name: shapely.hausdorff_distance(ours[name], theirs[name]) for name in theirs}
    worst = max(far, key=lambda name: far[name], default=None)
    if worst is not None and far[worst] > PIXEL:
        return f"{worst} lies {far[worst] / PIXEL:.1f} pixels from theirs"
    return ""

"""Cuts one tile: finds what touches it, and clips that with a margin.

Not here: simplification and the index (``prepare``), and how a tile is written (``geojson``, ``mvt``).
"""

from dataclasses import dataclass

import numpy as np
import shapely

from mendmap.atlas.select import Rows
from mendmap.geo.grid import EXTENT, Tile, side_m, to_lonlat
from mendmap.tiles.prepare import Level, Shapes, TileLayer

MARGIN = 128  # steps of 1/4096 tile kept around it, so that strokes at its edge are whole


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a layer is in a tile: the ``indices`` of its features in the tile's layer, their ``shapes`` in degrees,
    simplified and clipped but not rounded, and how many more the tile's bound left out."""

    layer: TileLayer
    tile: Tile
    indices: Rows
    shapes: Shapes
    omitted: int


@dataclass(frozen=True, slots=True)
class TileContent:
    """A tile as it is sent: its bytes, how many features it has and how many its bound left out. ``widened`` counts
    the paths that have no extent on the tile's steps, and were drawn as the smallest that can be."""

    body: bytes
    features: int
    omitted: int
    widened: int = 0


def cut(layer: TileLayer, tile: Tile, *, thin: bool = False) -> Cut:
    """What of a layer is in a tile, or what ``thin`` leaves of it. Points are whole wherever their disc of accuracy
    touches the tile."""
    box = _box(tile)
    level = layer.level(tile.z, thin=thin)
    touched = np.sort(level.tree.query(shapely.box(*box)))
    shapes = level.shapes[touched]
    clipped = _clip(shapes, box)
    kept = np.flatnonzero(~shapely.is_empty(clipped))
    omitted = max(0, len(kept) - layer.max_features)
    if omitted:
        kept = np.sort(kept[_largest(shapes[kept], layer.max_features)])
    if len(level.indices) < len(layer.degrees):
        omitted += _others(layer, level, box)
    return Cut(layer, tile, level.indices[touched[kept]], clipped[kept], omitted)


def _others(layer: TileLayer, level: Level, box: tuple[float, float, float, float]) -> int:
    """How many features are in a box that a level leaves out."""
    found = np.setdiff1d(layer.tree.query(shapely.box(*box)), level.indices)
    bounds = layer.boxes[found]
    inside = (bounds[:, :2] >= box[:2]).all(axis=1) & (bounds[:, 2:] <= box[2:]).all(axis=1)
    at_edge = _clip(layer.degrees[found[~inside]], box)
    return int(inside.sum() + (~shapely.is_empty(at_edge)).sum())


def _box(tile: Tile) -> tuple[float, float, float, float]:
    """West, south, east and north of a tile with its margin, in degrees: a rectangle there as on the map."""
    west, south, east, north = tile.box_m
    margin = side_m(tile.z) * MARGIN / EXTENT
    (left, low), (right, high) = to_lonlat(np.array([[west - margin, south - margin], [east + margin, north + margin]]))
    return float(left), float(low), float(right), float(high)


def _clip(shapes: Shapes, box: tuple[float, float, float, float]) -> Shapes:
    """Shapes clipped to a box: points stay whole, and nothing of a lower dimension is left at the edge."""
    dimension = shapely.get_dimensions(shapes)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    within = (bounds[:, :2] >= box[:2]).all(axis=1) & (bounds[:, 2:] <= box[2:]).all(axis=1)
    cutting = ~within & (dimension > 0)
    clipped = shapes.copy()
    if cutting.any():
        pieces = shapely.clip_by_rect(shapes[cutting], *box)
        clipped[cutting] = [_only(each, wanted) for each, wanted in zip(pieces, dimension[cutting], strict=True)]
    return clipped


def _only(shape: shapely.Geometry, dimension: int) -> shapely.Geometry:
    if shapely.get_type_id(shape) != shapely.GeometryType.GEOMETRYCOLLECTION:
        return shape
    parts = [part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == dimension]
    return shapely.union_all(parts) if parts else shapely.Point()


def _largest(shapes: Shapes, most: int) -> np.ndarray:
    """Indices of the ``most`` shapes of the widest boxes; of equal ones, those that come first."""
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    return np.argsort(-((east - west) + (north - south)), kind="stable")[:most]

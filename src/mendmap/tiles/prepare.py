"""A layer made ready for cutting: mercator geometry by zoom, an index over it, and encoded properties.

Points are indexed by their disc of accuracy, so that every tile the disc touches holds the point and a map can
draw the whole disc at any zoom. Features without a position are in no tile. Not here: cutting.
"""

from functools import cached_property
from math import ceil, log10
from threading import Lock
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from mendmap.atlas.model import Feature, Layer
from mendmap.geo.grid import EXTENT, ground_scale, side_m, to_mercator
from mendmap.words.fields import name_column

Shapes = NDArray[np.object_]


def tolerance_m(zoom: int, max_zoom: int) -> float:
    """How far a tile's line may be from the true one, in mercator metres: half a pixel of a 256-pixel tile,
    and nothing but the rounding of coordinates at the highest zoom."""
    return 0.0 if zoom >= max_zoom else side_m(zoom) / 512


def decimals(zoom: int) -> int:
    """Decimals of degrees that a tile's coordinates are rounded to: no coarser than 1/4096 of its width."""
    return ceil(log10(2**zoom * EXTENT / 360))


class TileLayer:
    """One layer, for one atlas. Safe to use from several threads."""

    def __init__(self, layer: Layer, max_zoom: int, max_features: int) -> None:
        self.id, self.revision = layer.id, layer.revision
        self.max_zoom, self.max_features = max_zoom, max_features
        self._features = [feature for feature in layer.features if feature.geometry is not None]
        self._layer = layer
        self._by_zoom: dict[int, Shapes] = {}
        self._encoded: dict[int, bytes] = {}
        self._lock = Lock()

    @cached_property
    def mercator(self) -> Shapes:
        """The geometries in mercator metres, unsimplified."""
        shapes = np.array([feature.geometry for feature in self._features], dtype=object)
        return np.asarray(shapely.transform(shapes, to_mercator), dtype=object)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Over the box of each geometry, or of the disc of accuracy of each point."""
        boxes = shapely.bounds(self.mercator).reshape(-1, 4)
        points = shapely.get_dimensions(self.mercator) == 0
        accuracy = [float(feature.properties.get("accuracy_m") or 0) for feature in self._features]
        latitudes = np.array([feature.geometry.bounds[1] for feature in self._features if feature.geometry is not None])
        reach = np.where(points, np.array(accuracy) * ground_scale(latitudes), 0.0)
        west, south, east, north = boxes.T
        return shapely.STRtree(shapely.box(west - reach, south - reach, east + reach, north + reach))

    def shapes(self, zoom: int) -> Shapes:
        """The geometries in mercator metres, simplified for a zoom. No polygon collapses, so none is lost."""
        if zoom >= self.max_zoom:
            return self.mercator
        with self._lock:
            if zoom not in self._by_zoom:
                tolerance = tolerance_m(zoom, self.max_zoom)
                simple = shapely.simplify(self.mercator, tolerance, preserve_topology=True)
                self._by_zoom[zoom] = np.asarray(simple, dtype=object)
            return self._by_zoom[zoom]

    def properties(self, index: int) -> bytes:
        """The encoded properties of a feature, made when first asked for."""
        found = self._encoded.get(index)
        if found is None:
            found = self._encoded[index] = orjson.dumps(_properties(self._layer, self._features[index]))
        return found

    def feature_id(self, index: int) -> str:
        """The id of a feature."""
        return self._features[index].id


def _properties(layer: Layer, feature: Feature) -> dict[str, Any]:
    """What a map needs to draw a feature and name it; the rest is fetched when it is looked at."""
    given = feature.properties
    newest = feature.newest_reading
    state = feature.state
    found = {
        "id": feature.id,
        "layer": feature.layer,
        "kind": given["kind"],
        **{name_column("name", language): name for language, name in feature.name.items()},
        "basis": given["basis"],
        "accuracy_m": given.get("accuracy_m"),
        "size": given.get("size"),
        "valid_from": given.get("valid_from"),
        "valid_to": given.get("valid_to"),
        "state": state.state if state else None,
        "state_trust": state.trust if state else None,
        "works": len(feature.works),
        "stations": len(feature.joins) if layer.role == "site" else None,
        "readings": sum(series.count for series in feature.series),
        "newest_reading": newest.isoformat() if newest else None,
        "site": given.get("site"),
        "status": given.get("status"),
    }
    return {name: value for name, value in found.items() if value is not None}

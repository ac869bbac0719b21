"""A layer made ready for cutting: its geometry by zoom in degrees, an index over it, and encoded properties.

Points are indexed by their disc of accuracy, so that every tile the disc touches holds the point and a map can
draw the whole disc at any zoom. Features without a position are in no tile. Not here: cutting.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from math import ceil, log10
from threading import RLock
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from mendmap.atlas.model import Feature, Layer
from mendmap.atlas.select import Rows
from mendmap.geo.grid import EXTENT, HALF_M, RADIUS_M, side_m
from mendmap.tiles.thin import thinned
from mendmap.words.fields import Field, name_column

Shapes = NDArray[np.object_]


def tolerance_m(zoom: int, max_zoom: int) -> float:
    """How far a tile's line may be from the true one, in mercator metres: half a pixel of a 256-pixel tile,
    and nothing but the rounding of coordinates at the highest zoom."""
    return 0.0 if zoom >= max_zoom else side_m(zoom) / 512


def decimals(zoom: int) -> int:
    """Decimals of degrees that a tile's coordinates are rounded to: no coarser than 1/4096 of its width."""
    return ceil(log10(2**zoom * EXTENT / 360))


@dataclass(frozen=True, slots=True)
class Level:
    """The features of a layer that are drawn at a zoom: their ``indices`` in it, ascending, their ``shapes`` in
    degrees, simplified for that zoom, and a ``tree`` over them."""

    indices: Rows
    shapes: Shapes
    tree: shapely.STRtree


class TileLayer:
    """One layer, for one atlas. Safe to use from several threads.

    A tile has at most ``max_features``; one of a thinned level at most about ``max_drawn``, below the highest zoom.
    """

    def __init__(self, layer: Layer, max_zoom: int, max_features: int, max_drawn: int = 500) -> None:
        self.id, self.revision = layer.id, layer.revision
        self.max_zoom, self.max_features, self.max_drawn = max_zoom, max_features, max_drawn
        self._features = [feature for feature in layer.features if feature.geometry is not None]
        self._layer = layer
        self._levels: dict[tuple[int, bool], Level] = {}
        self._plain: dict[int, dict[str, Any]] = {}
        self._encoded: dict[int, bytes] = {}
        self._lock = RLock()

    @cached_property
    def degrees(self) -> Shapes:
        """The geometries as they are."""
        return np.array([feature.geometry for feature in self._features], dtype=object)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east and north of each geometry, or of the disc of accuracy of each point."""
        west, south, east, north = shapely.bounds(self.degrees).reshape(-1, 4).T
        accuracy = np.array([float(feature.properties.get("accuracy_m") or 0) for feature in self._features])
        high = np.where(shapely.get_dimensions(self.degrees) == 0, np.degrees(accuracy / RADIUS_M), 0.0)
        wide = high * _stretch(self.degrees)
        return np.column_stack((west - wide, south - high, east + wide, north + high))

    def level(self, zoom: int, *, thin: bool) -> Level:
        """The features that are drawn at a zoom: all, or those that ``thin`` leaves below the highest zoom. No polygon
        collapses, so none is lost by being simplified."""
        zoom = min(zoom, self.max_zoom)
        thin = thin and zoom < self.max_zoom
        with self._lock:
            if (zoom, thin) not in self._levels:
                self._levels[zoom, thin] = self._level(zoom, thin)
            return self._levels[zoom, thin]

    def _level(self, zoom: int, thin: bool) -> Level:
        indices = thinned(self.boxes, zoom, self.max_drawn) if thin else np.arange(len(self._features))
        if thin and len(indices) == len(self._features):
            return self.level(zoom, thin=False)
        shapes = self.degrees[indices]
        if zoom < self.max_zoom:
            tolerance = tolerance_m(zoom, self.max_zoom) / (2 * HALF_M) * 360
            # Points have nothing to simplify, and may be a million.
            drawn = shapely.get_dimensions(shapes) > 0
            shapes[drawn] = _simplified(shapes[drawn], tolerance)
        whole = len(indices) == len(self._features)
        return Level(indices, shapes, self.tree if whole else shapely.STRtree(shapely.box(*self.boxes[indices].T)))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Over the ``boxes`` of all."""
        return shapely.STRtree(shapely.box(*self.boxes.T))

    def properties(self, index: int) -> bytes:
        """The encoded properties of a feature, made when first asked for."""
        found = self._encoded.get(index)
        if found is None:
            found = self._encoded[index] = orjson.dumps(self.plain(index))
        return found

    def plain(self, index: int) -> dict[str, Any]:
        """The properties of a feature, texts and numbers; made when first asked for."""
        found = self._plain.get(index)
        if found is None:
            found = self._plain[index] = _properties(self._layer, self._features[index])
        return found

    def number(self, index: int) -> int:
        """A number for a feature, for formats that name features by one: 53 bits, which JavaScript keeps whole, of
        the SHA-256 of its layer and id. It is the same at any time and place; that two of a million features share
        one has odds of 1 in 18,000, so the id remains what names it."""
        named = f"{self.id}/{self.feature_id(index)}".encode()
        return int.from_bytes(hashlib.sha256(named).digest()[:8], "big") >> 11

    def feature_id(self, index: int) -> str:
        """The id of a feature."""
        return self._features[index].id


def _stretch(shapes: Shapes) -> NDArray[np.float64]:
    """Degrees of longitude that are as long on the ground as one of latitude, at the middle of each shape."""
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    return np.asarray(1 / np.maximum(0.01, np.cos(np.radians((bounds[:, 1] + bounds[:, 3]) / 2))))


def _simplified(shapes: Shapes, tolerance: float) -> Shapes:
    """Shapes simplified by a tolerance in degrees of longitude.

    A line of GeoJSON is straight in degrees and not on the map, so it is simplified in degrees too, with latitude
    stretched as it is on the map at the middle of the shape.
    """
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    scale = np.column_stack((np.ones(len(index)), _stretch(shapes)[index]))
    stretched = shapely.set_coordinates(shapes.copy(), xy * scale)
    simple = np.asarray(shapely.simplify(stretched, tolerance, preserve_topology=True), dtype=object)
    xy, kept = shapely.get_coordinates(simple, return_index=True)
    scale = np.column_stack((np.ones(len(kept)), _stretch(shapes)[kept]))
    return np.asarray(shapely.set_coordinates(simple, xy / scale), dtype=object)


# What the properties of a tile's features mean; those that are not known are left out.
FIELDS = (
    Field("id", "text", "id of the feature"),
    Field("layer", "text", "layer it belongs to"),
    Field("kind", "text", "kind of feature"),
    Field("name", "names", "name"),
    Field("basis", "text", "how its position is known"),
    Field("accuracy_m", "number", "how far the true place may be, in metres"),
    Field("size", "text", "known size, in words"),
    Field("valid_from", "text", "from when it is as described"),
    Field("valid_to", "text", "until when it is as described"),
    Field("state", "text", "newest dated state"),
    Field("state_trust", "text", "who vouches for that state"),
    Field("works", "integer", "number of works"),
    Field("stations", "integer", "number of stations of a site"),
    Field("readings", "integer", "number of readings"),
    Field("newest_reading", "text", "start of the newest reading that has a value, in UTC"),
    Field("exceeds", "integer", "number of newest verdicts, one a series and limit in force, that a limit is not kept"),
    Field("undecidable", "integer", "number of newest verdicts that the readings at hand cannot decide, or lack"),
    Field("within", "integer", "number of newest verdicts that a limit is kept"),
    Field("site", "text", "site of a work"),
    Field("begun", "text", "when a work began, as precisely as known"),
    Field("finished", "text", "when a work was finished, as precisely as known"),
    Field("status", "text", "how far a work is"),
    Field("trust", "text", "who vouches for a work"),
)


def _properties(layer: Layer, feature: Feature) -> dict[str, Any]:
    """What a map needs to draw a feature and name it; the rest is fetched when it is looked at."""
    given = feature.properties
    newest = feature.newest_reading
    state = feature.state
    words = Counter(each.answer.outcome for each in feature.verdicts)
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
        "exceeds": words["exceeds"] or None,
        "undecidable": words["undecidable"] + words["no_data"] or None,
        "within": words["within"] or None,
        "site": given.get("site"),
        "begun": given.get("begun"),
        "finished": given.get("finished"),
        "status": given.get("status"),
        "trust": given.get("trust"),
    }
    return {name: value for name, value in found.items() if value is not None}

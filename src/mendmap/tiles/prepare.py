"""A layer made ready for tiles: its features found, simplified and described, block by block, as tiles ask for them.

Points are found by their disc of accuracy, so that every tile the disc touches holds the point and a map can draw the
whole disc at any zoom. Features without a position are in no tile. Not here: cutting (``cut``), and how a block is
written (``geojson``, ``mvt``).
"""

import hashlib
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import orjson
import shapely

from mendmap.atlas.model import Feature, Layer
from mendmap.atlas.select import Rows
from mendmap.geo.grid import EXTENT, Tile
from mendmap.settings import Settings
from mendmap.tiles.blocks import Block, Blocks
from mendmap.tiles.outlines import PIXEL, Mask, Shapes, clipped, in_steps, on_grid, simplified, with_shared_borders
from mendmap.tiles.places import LEVELS, Boxes, Places, tiles
from mendmap.tiles.thin import thinned
from mendmap.words.fields import Field, name_column

MARGIN = 128  # steps of 1/4096 tile kept around it, so that strokes at its edge are whole
ABOVE = 2  # zooms that a block lies above its tiles: it is sixteen of them
_FEW = 1000  # features of a layer that is one block
_AROUND = 1024  # steps around a block; a border is simplified by what is within some tens of steps
_BLOCKS_BYTES = 64_000_000
_TOLD = 20_000  # features of a layer of which what tiles say is kept: some 10 MB


class Said(NamedTuple):
    """What tiles say of a feature at any zoom: its id, its number, and its properties as JSON."""

    id: str
    number: int
    properties: bytes


class TileLayer:
    """One layer, for one atlas. Safe to use from several threads.

    Below the highest zoom, a tile draws at most ``max_drawn`` of the features that have their middle in it. No tile
    has more than ``max_features`` features, at the highest zoom too, nor more than about ``max_vertices`` vertices.
    ``blocks`` is where what is made ready is held; layers may share it.
    """

    def __init__(
        self,
        layer: Layer,
        max_zoom: int,
        max_features: int,
        max_drawn: int = 300,
        max_vertices: int = 100_000,
        blocks: Blocks | None = None,
    ) -> None:
        self.id, self.revision = layer.id, layer.revision
        self.max_zoom, self.max_features = max_zoom, max_features
        self.max_drawn, self.max_vertices = max_drawn, max_vertices
        self._layer = layer
        self._blocks = Blocks(_BLOCKS_BYTES) if blocks is None else blocks
        self._owner = object()
        self._told: dict[int, Said] = {}
        weakref.finalize(self, self._blocks.forget, self._owner)

    @cached_property
    def places(self) -> Places:
        """Where the features are."""
        return Places(self._layer)

    @property
    def geometries(self) -> Shapes:
        """The geometry of each feature in degrees."""
        return self._layer.geometries

    def said(self, index: int) -> Said:
        """What tiles say of the feature at a position in the layer."""
        # The blocks of the next zoom hold mostly the same features.
        found = self._told.get(index)
        if found is None:
            if len(self._told) >= _TOLD:
                self._told.clear()
            found = self._told[index] = self._say(index)
        return found

    def _say(self, index: int) -> Said:
        feature = self._layer.features[index]
        # A copy, since what orjson answers keeps the room it was written in: 4 kB for 200 bytes.
        properties = bytes(memoryview(orjson.dumps(_properties(self._layer, feature))))
        return Said(feature.id, number(self.id, feature.id), properties)

    def squares(self, zoom: int) -> list[Tile]:
        """The squares of all the blocks of a zoom that hold something, for who wants every tile."""
        margin = MARGIN / EXTENT / 2**zoom * np.array([-1, -1, 1, 1])
        level = self.square(Tile(zoom, 0, 0)).z
        return tiles(self.places.boxes + margin, level)

    def tiles(self, zoom: int, square: Tile) -> list[Tile]:
        """The tiles of a zoom in one of its ``squares`` that may hold something."""
        first = Tile(zoom, square.x << zoom - square.z, square.y << zoom - square.z)
        margin = MARGIN * np.array([-1, -1, 1, 1])
        found = tiles((self.block(first).boxes.T + margin) / (EXTENT * 2**zoom), zoom)
        return [each for each in found if self.square(each) == square]

    def block(self, tile: Tile) -> Block:
        """The block that a tile is cut from."""
        square = self.square(tile)
        return self._blocks.get(self._owner, (tile.z, square), lambda: self._block(tile.z, square))

    def square(self, tile: Tile) -> Tile:
        """The square of a tile's block: a tile of a lower zoom, the whole world where the layer is small."""
        above = ABOVE if len(self.places.keys) > _FEW else tile.z
        return Tile(tile.z - above, tile.x >> above, tile.y >> above) if tile.z > above else Tile(0, 0, 0)

    def _block(self, zoom: int, square: Tile) -> Block:
        """The features of a square, for a zoom."""
        scale = float(EXTENT * 2**zoom)
        side = scale / 2**square.z
        west, north = square.x * side, square.y * side
        edges = np.array([west, north, west + side, north + side])
        core = edges + MARGIN * np.array([-1, -1, 1, 1])
        # Those a little beyond decide too how the borders are simplified that others share with them.
        around = edges + _AROUND * np.array([-1, -1, 1, 1])
        final = zoom >= self.max_zoom
        chosen, stands = self._drawn((core if final else around) / scale, zoom)
        boxes = self.places.boxes[chosen] * scale
        inside = (boxes[:, :2] <= core[2:]).all(axis=1) & (boxes[:, 2:] >= core[:2]).all(axis=1)
        shapes, dots = self._outlines(chosen, boxes, inside, zoom)
        chosen, stands, boxes, dots = chosen[inside], stands[inside], boxes[inside], dots[inside]
        drawn = shapely.get_dimensions(shapes) > 0
        # What is much larger than the square is cut down to it, well beyond what any of its tiles shows.
        large = drawn & ((boxes[:, :2] < edges[:2] - EXTENT) | (boxes[:, 2:] > edges[2:] + EXTENT)).any(axis=1)
        shapes[large] = clipped(shapes[large], tuple((edges + 4 * MARGIN * np.array([-1, -1, 1, 1])).tolist()))
        here = ~shapely.is_empty(shapes)
        shapes, dots, drawn = shapes[here], dots[here], drawn[here]
        widened = np.zeros(len(shapes), dtype=bool)
        shapes[drawn], widened[drawn] = on_grid(shapes[drawn])
        boxes = boxes[here].T.copy()
        boxes[:, drawn] = shapely.bounds(shapes[drawn]).reshape(-1, 4).T
        return self._described(zoom, chosen[here], stands[here], shapes, boxes, dots, widened)

    def _drawn(self, box: Boxes, zoom: int) -> tuple[Rows, Rows]:
        """The places, in the layer's order, of the features of a box that are drawn at a zoom, and for how many each
        stands."""
        most = self.max_features if zoom >= self.max_zoom else min(self.max_features, self.max_drawn)
        chosen, stands = thinned(self.places, self.places.touching(box), zoom, most)
        order = np.argsort(self.places.indices[chosen])
        return chosen[order], stands[order]

    def _outlines(self, chosen: Rows, boxes: Boxes, inside: Mask, zoom: int) -> tuple[Shapes, Mask]:
        """The shapes of those of some features that are ``inside``, in steps, and which of all are drawn as points."""
        given = self.geometries[self.places.indices[chosen]]
        if zoom >= self.max_zoom:
            return in_steps(given[inside], zoom), np.zeros(len(given), dtype=bool)
        drawn = shapely.get_dimensions(given) > 0
        dots = drawn & ((boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0) < PIXEL)
        drawn &= ~dots
        shared = np.zeros(len(given), dtype=bool)
        shared[drawn] = with_shared_borders(given[drawn])
        shapes = np.empty(len(given), dtype=object)
        shapes[dots] = shapely.points((boxes[dots, :2] + boxes[dots, 2:]) / 2)
        exact = inside & ~dots | shared
        shapes[exact] = in_steps(given[exact], zoom)
        simple = drawn & exact
        shapes[simple] = simplified(shapes[simple], shared[simple])
        return shapes[inside], dots

    def _described(
        self, zoom: int, chosen: Rows, stands: Rows, shapes: Shapes, boxes: Boxes, dots: Mask, widened: Mask
    ) -> Block:
        """A block of features that are drawn, with what is said of each."""
        indices = self.places.indices[chosen]
        said = [self.said(index) for index in indices.tolist()]
        how = zip(said, stands.tolist(), dots.tolist(), strict=True)
        return Block(
            zoom,
            indices,
            tuple(each.id for each in said),
            tuple(each.number for each in said),
            tuple(_general(each.properties, *more) for each, *more in how),
            shapes,
            boxes,
            shapely.get_num_coordinates(shapes).astype(np.int64),
            widened,
            stands,
            self.places.keys[chosen] >> 2 * (LEVELS - zoom),
            shapely.get_dimensions(shapes) > 0,
        )


def tile_layer(layer: Layer, settings: Settings, blocks: Blocks) -> TileLayer:
    """A layer as the service's tiles draw it."""
    return TileLayer(
        layer,
        settings.max_zoom,
        settings.max_tile_features,
        settings.max_drawn_features,
        settings.max_tile_vertices,
        blocks,
    )


def number(layer: str, ident: str) -> int:
    """A number for a feature, for formats that name features by one: 53 bits, which JavaScript keeps whole, of the
    SHA-256 of its layer and id. It is the same at any time and place; that two of a million features share one has
    odds of 1 in 18,000, so the id remains what names it."""
    return int.from_bytes(hashlib.sha256(f"{layer}/{ident}".encode()).digest()[:8], "big") >> 11


def _general(properties: bytes, stands: int, dot: bool) -> bytes:
    """What is said of a feature, and that a zoom generalises it."""
    if stands == 1 and not dot:
        return properties
    more = (b',"stands_for":%d' % stands if stands > 1 else b"") + (b',"drawn":"point"' if dot else b"")
    return properties[:-1] + more + b"}"


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
    Field(
        "stands_for",
        "integer",
        "number of features that it stands for at this zoom, itself included; missing where it is one",
    ),
    Field("drawn", "text", "point: an area or line that is smaller than a pixel at this zoom"),
)


# What tiles carry of a feature's own columns, before and after what is joined to it.
_OWN = ("basis", "accuracy_m", "size", "valid_from", "valid_to")
_OF_WORKS = ("site", "begun", "finished", "status", "trust")


def _properties(layer: Layer, feature: Feature) -> dict[str, Any]:
    """What a map needs to draw a feature and name it; the rest is fetched when it is looked at. To most features of a
    large layer nothing is joined, and this is half of what making a block takes."""
    given = feature.properties
    found = {"id": feature.id, "layer": feature.layer, "kind": given["kind"]}
    found |= {name_column("name", language): name for language, name in feature.name.items()}
    found |= _stated(given, _OWN)
    if state := feature.state:
        found |= {"state": state.state, "state_trust": state.trust}
    found["works"] = len(feature.works)
    if layer.role == "site":
        found["stations"] = len(feature.joins)
    found["readings"] = sum(series.count for series in feature.series)
    if newest := feature.newest_reading:
        found["newest_reading"] = newest.isoformat()
    if feature.verdicts:
        words = Counter(each.answer.outcome for each in feature.verdicts)
        words["undecidable"] += words.pop("no_data", 0)
        found |= {word: words[word] for word in ("exceeds", "undecidable", "within") if words[word]}
    return found | _stated(given, _OF_WORKS)


def _stated(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}

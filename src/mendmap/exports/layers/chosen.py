"""What is to be written of a layer: which features, in which system, and what the file says of itself.

Not here: the formats (``formats``).
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import geopandas
import numpy as np
import orjson
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from mendmap.atlas.fields import columns, queryables
from mendmap.atlas.model import Atlas, Feature, Layer
from mendmap.atlas.select import Index, Rows
from mendmap.errors import BadRequestError
from mendmap.exports.tables import Table, about, arrow_type
from mendmap.geo.crs import Crs, Shapes, chosen
from mendmap.query.features import CRS84, FeatureQuery, boxes
from mendmap.query.filters import parse
from mendmap.query.times import Interval, interval
from mendmap.words.fields import Field

# Features in one piece of a stream or one batch of a file: a megabyte or so where each has 25 vertices.
BATCH = 2_000
# What may be asked of a layer. Each is a text, as an address or a command has it.
FILTERS = ("bbox", "bbox-crs", "filter", "datetime", "crs", "as-of")

# By shapely's numbers.
_TYPES = ("Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")


class Part(NamedTuple):
    """Some features: their columns as Arrow, and their shapes, easting before northing; None has no position."""

    columns: pa.RecordBatch
    shapes: Shapes


@dataclass(frozen=True, slots=True)
class Chosen:
    """Features of a layer to be written: those at ``rows`` of its frame, in that order, or all where it is None.

    ``system`` is that of the coordinates in the file, and ``about`` what the file says of itself, in plain texts.
    ``readings`` are those of the features' series, for formats that hold tables beside the layer.
    """

    atlas: Atlas = field(repr=False)
    layer: Layer
    rows: Rows | None = None
    system: Crs = CRS84
    about: Mapping[str, str] = field(default_factory=dict)
    readings: Table | None = None
    interval: Interval = Interval()

    @property
    def count(self) -> int:
        """How many features there are."""
        return len(self.layer.features) if self.rows is None else len(self.rows)

    @property
    def whole(self) -> bool:
        """Whether it is the layer as it stands, so that everyone who asks so gets the same."""
        return self.rows is None and self.system.name == CRS84.name

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns, in their order; without the geometry."""
        languages = self.atlas.place.languages
        return columns(self.layer.id, self.layer.role, self.layer.fields, languages)

    @property
    def schema(self) -> pa.Schema:
        """Numbers are doubles or 64-bit integers, moments microseconds in UTC, everything else text; what is a list
        in GeoJSON is JSON in a text."""
        return pa.schema([(each.name, arrow_type(each)) for each in self.fields])

    @property
    def frame(self) -> geopandas.GeoDataFrame:
        """The features as the atlas holds them."""
        return self.layer.table(self.rows)

    @property
    def features(self) -> Sequence[Feature]:
        """The features with all that is joined to them."""
        features = self.layer.features
        return features if self.rows is None else [features[row] for row in self.rows.tolist()]

    @property
    def shapes(self) -> Shapes:
        """Every shape, in CRS84."""
        shapes = self.layer.geometries
        return np.asarray(shapes if self.rows is None else shapes[self.rows], dtype=object)

    @property
    def types(self) -> list[str]:
        """The types of geometry that there are, such as ``MultiPolygon``, sorted."""
        return sorted({type_name(each) for each in np.unique(shapely.get_type_id(self.shapes)) if each >= 0})

    @property
    def positionless(self) -> int:
        """How many of the features have no position."""
        return int(shapely.is_missing(self.shapes).sum())

    def frames(self, size: int = BATCH) -> Iterator[geopandas.GeoDataFrame]:
        """The features, some at a time."""
        for first in range(0, self.count, size):
            last = min(first + size, self.count)
            yield self.layer.table(np.arange(first, last) if self.rows is None else self.rows[first:last])

    def parts(self, size: int = BATCH) -> Iterator[Part]:
        """The features in the file's system, some at a time."""
        for frame in self.frames(size):
            arrays = [_array(each, frame[each.name].tolist()) for each in self.fields]
            shapes = self.system.from_crs84(frame.geometry.to_numpy())
            yield Part(pa.RecordBatch.from_arrays(arrays, schema=self.schema), shapes)

    def of(self, mask: NDArray[np.bool_]) -> "Chosen":
        """Those of the features that a mask keeps."""
        rows = np.arange(self.count) if self.rows is None else self.rows
        return replace(self, rows=rows[mask])

    def ordered(self, order: Rows) -> "Chosen":
        """The same features in another order."""
        return replace(self, rows=order if self.rows is None else self.rows[order])


def choose(atlas: Atlas, layer: Layer, given: Mapping[str, str], index: Index | None = None) -> Chosen:
    """What the texts of an address or a command ask of a layer; all of it where they ask for nothing.

    ``bbox`` is in CRS84 or in ``bbox-crs``, ``filter`` is CQL2 text over the layer's columns, ``datetime`` is held
    against the features' own time, ``crs`` is that of the file. ``as-of`` has been heeded by the atlas. Who keeps an
    ``index`` of the layer may lend it. Raises BadRequestError.
    """
    offered = atlas.place.systems
    system = chosen(given["crs"], offered) if "crs" in given else CRS84
    if "bbox-crs" in given and "bbox" not in given:
        raise BadRequestError("bbox-crs: of which bbox? give it too")
    box_system = chosen(given["bbox-crs"], offered, "bbox-crs") if "bbox-crs" in given else CRS84
    fields = queryables(layer.id, layer.role, layer.fields, atlas.place.languages)
    asked = FeatureQuery(
        boxes=boxes(given.get("bbox"), box_system),
        interval=interval(given.get("datetime")),
        filter=parse(given["filter"], fields) if "filter" in given else None,
    )
    rows = None if asked == FeatureQuery() else (index or Index(layer)).rows(asked)
    return Chosen(atlas, layer, rows, system, about_layer(atlas, layer, given), interval=asked.interval)


def about_layer(atlas: Atlas, layer: Layer, given: Mapping[str, str]) -> dict[str, str]:
    """What a file of a layer says of itself, its own terms first."""
    own = {"layer": layer.id, "title": next(iter(layer.name.values())), "description": layer.description}
    told = {name: text for name, text in about(atlas, layer.id, given).items() if name != "table"}
    return {**own, **told, "licence": layer.licence, "source": layer.source, "revision": str(layer.revision)}


def type_name(type_id: int) -> str:
    """The name of a type of geometry by shapely's number of it: 6 is ``MultiPolygon``."""
    return _TYPES[type_id]


def _array(column: Field, values: Sequence[Any]) -> pa.Array:
    if column.kind == "list":
        values = [None if each is None else orjson.dumps(each).decode() for each in values]
    elif column.kind == "moment":
        values = [each and dt.datetime.fromisoformat(each) for each in values]
    return pa.array(values, arrow_type(column))

"""What an atlas is made of. Nothing of it is changed once it is built; it is named by its snapshot."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.assess.model import ANSWERS, Answers
from mendmap.atlas.feature import Feature as Feature
from mendmap.atlas.feature import Features, FeaturesById
from mendmap.atlas.feature import Join as Join
from mendmap.atlas.fields import columns
from mendmap.atlas.rivers import Above, Along, Rivers
from mendmap.atlas.tables import cells, table
from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.catalogue.model import FRESH, Network
from mendmap.catalogue.records import (
    Connection,
    Figure,
    Limit,
    Names,
    Parameter,
    Quantity,
    Rule,
    Source,
    State,
    Statement,
    Work,
)
from mendmap.errors import NotFoundError
from mendmap.geo.bounds import Bounds
from mendmap.geo.crs import ALWAYS, Crs, crs
from mendmap.lake.ledger import Snapshot
from mendmap.lake.sampled import Sample
from mendmap.maps.model import MapSpec
from mendmap.rasters.pictures import Picture, pictures


@dataclass(frozen=True, slots=True)
class Place:
    """What the catalogue says of itself. ``licence`` is that of the whole, ``licences`` are those of the files of each
    kind of record, and of the readings. ``translations`` are its texts in other languages, by language and text.
    Readings are current ``fresh_for`` so long; where they are not, the official ``networks`` tell more."""

    id: str
    name: Names
    summary: Names
    contact: str
    licence: str
    attribution: str
    languages: tuple[str, ...]
    extent: Bounds
    near_m: float
    zone: str = "UTC"
    jurisdictions: tuple[str, ...] = ()
    projections: tuple[str, ...] = ()
    fresh_for: dt.timedelta = FRESH
    networks: tuple[Network, ...] = ()
    licences: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # When the newest file of each recipe was fetched, in ISO 8601, of those that were run.
    retrieved: Mapping[str, str] = field(default_factory=dict)

    @property
    def systems(self) -> tuple[Crs, ...]:
        """Every system in which features can be asked for."""
        return tuple(crs(each) for each in dict.fromkeys((*ALWAYS, *self.projections)))


@dataclass(frozen=True)
class Layer:
    """A layer as it is shown. ``revision`` is the last ledger number that changed its features or what is joined to
    them; ``media`` are those that its features are about, none where it does not say; names are told in
    ``languages``. Of two atlases that follow each other, one that did not change is the same object in both."""

    id: str
    name: Names
    description: str
    role: str
    kinds: Mapping[str, str]
    fields: Mapping[str, str]
    licence: str
    source: str
    revision: int
    features: Features = field(repr=False)
    media: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        """The id of each feature, in their order; listed anew each time."""
        return self.features.ids

    @property
    def geometries(self) -> NDArray[np.object_]:
        """The geometry of each feature in degrees, in their order; None of one without a position. Not to be
        changed."""
        return self.features.geometries

    def table(
        self, rows: NDArray[np.int64] | None = None, names: Sequence[str] | None = None
    ) -> geopandas.GeoDataFrame:
        """A row a feature, indexed by id, in WGS 84 (OGC:CRS84): those at some positions in their order, or all. The
        columns are those of ``atlas.fields``, or only some; it is made anew each time."""
        known = [each.name for each in columns(self.id, self.role, self.fields, self.languages)]
        listed = known if names is None else names
        return table(self.features, listed, self.languages, rows, lists=self.role == "work")

    def column(self, name: str) -> list[Any]:
        """The cells of one column of the table, made anew each time."""
        return cells(self.features, [name], self.languages, range(len(self.features)), lists=self.role == "work")[name]

    @cached_property
    def spans(self) -> tuple[frozenset[str | None], frozenset[str | None]]:
        """From when, and until when, its features are as described: every date that any states; None among them where
        one states none."""
        return frozenset(self.column("valid_from")), frozenset(self.column("valid_to"))

    @cached_property
    def frame(self) -> geopandas.GeoDataFrame:
        """The whole table, made when first asked for, and kept: of a large layer ask for some of its ``table``."""
        return self.table()

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all features, in degrees; NaN where none has a position."""
        west, south, east, north = shapely.total_bounds(self.geometries).tolist()
        return west, south, east, north

    @cached_property
    def geometry_types(self) -> frozenset[str]:
        """The types of its geometries, such as ``Polygon``."""
        types, first = np.unique(shapely.get_type_id(self.geometries), return_index=True)
        return frozenset(self.geometries[nth].geom_type for known, nth in zip(types, first, strict=True) if known >= 0)


@dataclass(frozen=True, slots=True)
class Atlas:
    """The whole. Records are by id, in file order; ``layers`` in the catalogue's, then ``sites`` and ``works``.
    ``samples`` are the readings that statements are checked against one by one."""

    snapshot: Snapshot
    place: Place
    layers: Mapping[str, Layer]
    maps: Mapping[str, MapSpec]
    sources: Mapping[str, Source]
    parameters: Mapping[str, Parameter]
    limits: Mapping[str, Limit]
    works: Mapping[str, Work]
    quantities: Mapping[str, Quantity]
    figures: Mapping[str, Figure]
    states: Mapping[str, State]
    statements: Mapping[str, Statement]
    features: FeaturesById = field(repr=False)
    rivers: Rivers = field(repr=False)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    rasters: Mapping[str, Raster] = field(default_factory=dict)
    indices: Mapping[str, Index] = field(default_factory=dict)
    zonal: Mapping[str, Zonal] = field(default_factory=dict)
    differences: Mapping[str, Difference] = field(default_factory=dict)
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    samples: tuple[Sample, ...] = field(default=(), repr=False)
    answers: Answers = field(default_factory=lambda: Answers(ANSWERS.empty_table()), repr=False, compare=False)

    @property
    def pictures(self) -> dict[str, Picture]:
        """Every picture that can be drawn of its imagery, by name."""
        return pictures(self.rasters, self.indices, self.differences)

    def layer(self, name: str) -> Layer:
        """A layer by its id. Raises NotFoundError with the choices."""
        if name not in self.layers:
            raise NotFoundError("layer", name, self.layers)
        return self.layers[name]

    def feature(self, ident: str, role: str | None = None) -> Feature:
        """A feature by its id, of a layer of that role where one is given. Raises NotFoundError."""
        found = self.features.get(ident)
        if found is None or (role and self.layers[found.layer].role != role):
            choices = (each for layer in self.layers_of(role) for each in layer.ids) if role else ()
            raise NotFoundError(role or "feature", ident, choices)
        return found

    def layers_of(self, role: str) -> list[Layer]:
        """The catalogue's layers of a role."""
        return [self.layers[name] for name in self.features.layers if self.layers[name].role == role]

    def of_role(self, role: str) -> Iterator[Feature]:
        """Every feature of the layers of a role, in the catalogue's order."""
        return self.features.of(each.id for each in self.layers_of(role))

    def quantities_of(self, work: str) -> list[Quantity]:
        """The quantities reported of a work, in file order."""
        return [quantity for quantity in self.quantities.values() if quantity.work == work]

    def works_above(self, place: Along) -> list[tuple[Work, Above]]:
        """The works done above a place on its watercourse or on those that flow into it, with the feature each was
        done at; in the catalogue's order."""
        order = {ident: nth for nth, ident in enumerate(self.works)}
        found = [(work, each) for each in self.rivers.above(place) for work in self.features[each.feature].works]
        return sorted(found, key=lambda each: (order[each[0].id], each[1].feature))

    def bounds(self, names: Sequence[str]) -> Bounds:
        """The box that holds the features of some layers, with a tenth more on each side; the catalogue's extent
        where none of them has a position."""
        boxes = [self.layers[name].bounds for name in names]
        known = np.array([box for box in boxes if np.isfinite(box).all()])
        if not len(known):
            return self.place.extent
        west, south = known[:, :2].min(axis=0)
        east, north = known[:, 2:].max(axis=0)
        more = max(0.01, 0.1 * max(east - west, north - south))
        box = (max(-180, west - more), max(-90, south - more), min(180, east + more), min(90, north + more))
        return Bounds.of(*map(float, box))

    @property
    def newest_reading(self) -> dt.datetime | None:
        """The start of the newest reading of all that has a value; None where there is no reading."""
        return max((start for each in self.features.joined_to() if (start := each.newest_reading)), default=None)

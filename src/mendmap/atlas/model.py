"""What an atlas is made of. Nothing of it is changed once it is built; it is named by its snapshot."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas
import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mendmap.assess.model import ANSWERS, Answers
from mendmap.atlas.rivers import Above, Along, Rivers
from mendmap.atlas.verdicts import Verdict
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
from mendmap.lake.contents import SeriesRow
from mendmap.lake.ledger import Snapshot
from mendmap.maps.model import MapSpec


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

    @property
    def systems(self) -> tuple[Crs, ...]:
        """Every system in which features can be asked for."""
        return tuple(crs(each) for each in dict.fromkeys((*ALWAYS, *self.projections)))


@dataclass(frozen=True, slots=True)
class Join:
    """How a station belongs to a site. ``how`` is a word of ``vocabulary.JOINS``.

    ``distance_m`` is geodesic, None where one of the two has no position; ``uncertainty_m`` is the accuracy of
    both ends together. The join is ``assumed`` where it rests on a distance that the uncertainty swamps.
    """

    site: str
    station: str
    how: str
    distance_m: float | None
    uncertainty_m: float | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature with what is joined to it. ``properties`` are the file's, without the id.

    ``joins`` are those of a site to its stations, or of a station to its sites; ``along`` its place on each
    watercourse that it names, for a watercourse where it flows into others; ``series`` those taken at it,
    and for a site at its stations, newest reading first; ``verdicts`` the newest of these series for each limit that
    was in force.
    """

    layer: str
    id: str
    geometry: BaseGeometry | None
    properties: Mapping[str, Any]
    joins: tuple[Join, ...] = ()
    along: tuple[Along, ...] = ()
    series: tuple[SeriesRow, ...] = ()
    works: tuple[Work, ...] = ()
    states: tuple[State, ...] = ()
    figures: tuple[Figure, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    @property
    def name(self) -> Names:
        """The feature's name by language."""
        names: Names = self.properties["name"]
        return names

    @property
    def state(self) -> State | None:
        """The newest dated state that nobody says has ended, else the newest of all; None where none is dated.
        Of two that begin alike, the later one in the file."""
        dated = [(state.until is None, state.since.last, nth) for nth, state in enumerate(self.states) if state.since]
        return self.states[max(dated)[-1]] if dated else None

    @property
    def newest_reading(self) -> dt.datetime | None:
        """The start of the newest reading that has a value, of any of its series."""
        return max((series.start for series in self.series if series.start), default=None)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as it is shown. ``frame`` has a row a feature, indexed by id, in the file's order, in WGS 84
    (OGC:CRS84); its columns are those of ``atlas.fields``. ``revision`` is the last ledger number that changed
    its features or what is joined to them; ``media`` are those that its features are about, none where it does not
    say."""

    id: str
    name: Names
    description: str
    role: str
    kinds: Mapping[str, str]
    fields: Mapping[str, str]
    licence: str
    source: str
    revision: int
    features: tuple[Feature, ...]
    frame: geopandas.GeoDataFrame = field(repr=False, compare=False)
    media: tuple[str, ...] = ()

    @property
    def ids(self) -> list[str]:
        """The id of each feature, in their order."""
        return [each.id for each in self.features]

    @property
    def geometries(self) -> NDArray[np.object_]:
        """The geometry of each feature in degrees, in their order; None of one without a position."""
        return np.array([each.geometry for each in self.features], dtype=object)


@dataclass(frozen=True, slots=True)
class Atlas:
    """The whole. Records are by id, in file order; ``layers`` in the catalogue's, then ``sites`` and ``works``."""

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
    features: Mapping[str, Feature] = field(repr=False)
    rivers: Rivers = field(repr=False)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    answers: Answers = field(default_factory=lambda: Answers(ANSWERS.empty_table()), repr=False, compare=False)

    def layer(self, name: str) -> Layer:
        """A layer by its id. Raises NotFoundError with the choices."""
        if name not in self.layers:
            raise NotFoundError("layer", name, self.layers)
        return self.layers[name]

    def feature(self, ident: str, role: str | None = None) -> Feature:
        """A feature by its id, of a layer of that role where one is given. Raises NotFoundError."""
        found = self.features.get(ident)
        if found is None or (role and self.layers[found.layer].role != role):
            raise NotFoundError(role or "feature", ident, (each.id for each in self.of_role(role)) if role else ())
        return found

    def of_role(self, role: str) -> Iterator[Feature]:
        """Every feature of the layers of a role, in the catalogue's order."""
        return (feature for feature in self.features.values() if self.layers[feature.layer].role == role)

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
        boxes = [self.layers[name].frame.total_bounds for name in names]
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
        return max((start for each in self.features.values() if (start := each.newest_reading)), default=None)

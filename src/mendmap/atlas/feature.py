"""A feature with what is joined to it, and many of them, each made when it is looked at.

Not here: how things are joined (``joins``, ``rivers``, ``verdicts``), and what features are as a table (``tables``).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mendmap.atlas.rivers import Along
from mendmap.atlas.verdicts import Verdict
from mendmap.catalogue.records import Figure, Names, State, Work
from mendmap.lake import features as recorded
from mendmap.lake.contents import SeriesRow


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


class Attached(NamedTuple):
    """What is joined to a feature, as ``Feature`` has it; to most of a large layer it is nothing."""

    joins: tuple[Join, ...] = ()
    along: tuple[Along, ...] = ()
    series: tuple[SeriesRow, ...] = ()
    works: tuple[Work, ...] = ()
    states: tuple[State, ...] = ()
    figures: tuple[Figure, ...] = ()
    verdicts: tuple[Verdict, ...] = ()


NOTHING = Attached()


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


class Features(Sequence[Feature]):
    """The features of a layer in their order, each made when it is looked at, and not kept: who looks at many needs
    no more memory than who looks at one. ``attached`` has, by position, what is joined to those that have anything."""

    def __init__(self, rows: recorded.Features, attached: Mapping[int, Attached]) -> None:
        self.rows, self.attached = rows, attached

    @classmethod
    def of(cls, features: Iterable[Feature]) -> "Features":
        """From features that somebody made."""
        listed = list(features)
        rows = recorded.Features.of(
            recorded.FeatureRow(each.layer, each.id, each.geometry, each.properties) for each in listed
        )
        attached = ((nth, _attached(each)) for nth, each in enumerate(listed))
        return cls(rows, {nth: each for nth, each in attached if each != NOTHING})

    @classmethod
    def joined(cls, parts: Sequence["Features"]) -> "Features":
        """Those of several layers as one."""
        rows = recorded.Features(table for part in parts for table in part.rows.tables.values())
        attached: dict[int, Attached] = {}
        begin = 0
        for part in parts:
            attached |= {begin + nth: each for nth, each in part.attached.items()}
            begin += len(part)
        return cls(rows, attached)

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Feature]:
        return (self._feature(nth, row) for nth, row in enumerate(self.rows))

    @overload
    def __getitem__(self, position: int) -> Feature: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Feature]: ...
    def __getitem__(self, position: int | slice) -> Feature | Sequence[Feature]:
        if isinstance(position, slice):
            return [self[each] for each in range(*position.indices(len(self)))]
        nth = range(len(self))[position]
        return self._feature(nth, self.rows[nth])

    def _feature(self, nth: int, row: recorded.FeatureRow) -> Feature:
        return Feature(row.layer, row.id, row.geometry, row.properties, *self.attached.get(nth, NOTHING))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Features):
            return NotImplemented
        return self.attached == other.attached and self.rows == other.rows

    __hash__ = None  # type: ignore[assignment]

    @property
    def ids(self) -> list[str]:
        """The id of each."""
        return list(self.rows.ids)

    @cached_property
    def geometries(self) -> NDArray[np.object_]:
        """The geometry of each in degrees; None of one without a position. Not to be changed."""
        return self.rows.geometries

    def position(self, ident: str) -> int | None:
        """Where the feature of an id stands; None where there is none."""
        return self.rows.position(ident)

    def joined_to(self) -> Iterator[Feature]:
        """Those to which anything is joined, in their order."""
        return (self[nth] for nth in sorted(self.attached))


def _attached(feature: Feature) -> Attached:
    return Attached(*(getattr(feature, name) for name in Attached._fields))


class FeaturesById(Mapping[str, Feature]):
    """The features of several layers by id, in their order; ``changed`` stand in the place of some of them."""

    def __init__(self, layers: Mapping[str, Features], changed: Mapping[str, Feature] | None = None) -> None:
        self.layers, self._changed = layers, dict(changed or {})

    def __or__(self, changed: Mapping[str, Feature]) -> "FeaturesById":
        """The same, in which other features stand for some."""
        return FeaturesById(self.layers, {**self._changed, **changed})

    def __getitem__(self, ident: str) -> Feature:
        if ident in self._changed:
            return self._changed[ident]
        for features in self.layers.values():
            position = features.position(ident)
            if position is not None:
                return features[position]
        raise KeyError(ident)

    def __contains__(self, ident: object) -> bool:
        return isinstance(ident, str) and any(each.position(ident) is not None for each in self.layers.values())

    def __iter__(self) -> Iterator[str]:
        return (ident for features in self.layers.values() for ident in features.rows.ids)

    def __len__(self) -> int:
        return sum(map(len, self.layers.values()))

    def of(self, layers: Iterable[str]) -> Iterator[Feature]:
        """Those of some layers."""
        found = (feature for layer in layers for feature in self.layers[layer])
        return (self._changed.get(each.id, each) for each in found) if self._changed else found

    def joined_to(self, layers: Iterable[str] | None = None) -> Iterator[Feature]:
        """Those of some layers, or of all, to which anything is joined, in their order."""
        chosen = self.layers if layers is None else layers
        if self._changed:
            return (each for each in self.of(chosen) if _attached(each) != NOTHING)
        return (feature for layer in chosen for feature in self.layers[layer].joined_to())


def placed(table: recorded.FeatureTable, attached: Mapping[str, Attached]) -> dict[int, Attached]:
    """What is joined to the features of a table, by their position in it, from the same by id."""
    if not attached:
        return {}
    found = table.positions(pa.array(list(attached), pa.large_string())).to_pylist()
    return {nth: each for nth, each in zip(found, attached.values(), strict=True) if nth is not None}

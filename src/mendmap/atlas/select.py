"""Finds the features of a layer that a query asks for. Not here: how a query is read (``query.features``)."""

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.atlas.model import Layer
from mendmap.geo.bounds import Bounds
from mendmap.query.features import FeatureQuery, Order
from mendmap.query.filters.columns import Columns
from mendmap.query.filters.times import ALWAYS, DAY_US, NEVER, microseconds
from mendmap.query.times import Interval

Rows = NDArray[np.int64]


class Index:
    """One layer, made ready to be asked; each part is made when first needed. Safe to use from several threads."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer
        self.columns = Columns(layer.geometries, layer.column)

    def rows(self, asked: FeatureQuery) -> Rows:
        """The positions in the layer of the features that are asked for, in the order asked for. A feature
        without a position is in no box; one whose times nobody states is of all time."""
        # The few in a box first: what follows need not look at all the others.
        found = self._within(asked.boxes) if asked.boxes else np.arange(len(self.columns))
        if asked.ids is not None:
            named = (self.layer.features.position(each) for each in asked.ids)
            found = found[np.isin(found, [each for each in named if each is not None])]
        if asked.interval != Interval():
            found = found[self._meets(asked.interval)[found]]
        if asked.filter is not None:
            found = found[asked.filter.holds(self.columns)[found]]
        return self._ordered(found, asked.order)

    def _within(self, boxes: tuple[Bounds | shapely.Polygon, ...]) -> Rows:
        """The positions of the features that meet any of some shapes, in their order."""
        shapes = [shapely.box(*each) if isinstance(each, Bounds) else each for each in boxes]
        return np.unique(np.concatenate([self.columns.tree.query(each, predicate="intersects") for each in shapes]))

    def _meets(self, interval: Interval) -> NDArray[np.bool_]:
        """Which features are valid at some time of an interval (OGC 17-069r4, 7.15.4): the days from the first that
        ``valid_from`` can mean to the last of ``valid_to``, each open where it is not told."""
        first, last = self._valid
        met = np.ones(len(first), dtype=bool)
        if interval.first:
            met &= last >= microseconds(interval.first) // DAY_US
        if interval.last:
            met &= first <= microseconds(interval.last) // DAY_US
        return met

    @cached_property
    def _valid(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first and last day of each feature's time, from 1970-01-01; beyond all time where none is told."""
        first, last = self.columns.dates("valid_from").first, self.columns.dates("valid_to").last
        return first.fill_null(ALWAYS).to_numpy(), last.fill_null(NEVER).to_numpy()

    def _ordered(self, rows: Rows, order: tuple[Order, ...]) -> Rows:
        """Rows by their columns; those without a value come last either way, and of equals the layer's first."""
        if not order:
            return rows
        frame = self.layer.table(rows, [each.column for each in order]).reset_index(drop=True)
        for each in reversed(order):
            frame = frame.sort_values(each.column, ascending=not each.descending, kind="stable", na_position="last")
        found: Rows = rows[frame.index.to_numpy()]
        return found

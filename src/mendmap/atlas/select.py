"""Finds the features of a layer that a query asks for. Not here: how a query is read (``query.features``)."""

from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.atlas.model import Layer
from mendmap.query.features import FeatureQuery, Order
from mendmap.query.times import Interval
from mendmap.words.dates import Period

Rows = NDArray[np.int64]


class Index:
    """One layer, made ready to be asked; each part is made when first needed. Safe to use from several threads."""

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def rows(self, asked: FeatureQuery) -> Rows:
        """The positions in the layer's frame of the features that are asked for, in the order asked for. A feature
        without a position is in no box; one whose times nobody states is of all time."""
        kept = np.ones(len(self.layer.frame), dtype=bool)
        if asked.boxes:
            found = [self._tree.query(shapely.box(*box), predicate="intersects") for box in asked.boxes]
            kept &= np.isin(np.arange(len(kept)), np.concatenate(found))
        if asked.ids is not None:
            kept &= self.layer.frame.index.isin(asked.ids)
        if asked.interval != Interval():
            kept &= self._meets(asked.interval)
        return self._ordered(np.flatnonzero(kept), asked.order)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.layer.frame.geometry.to_numpy())

    @cached_property
    def _valid(self) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
        """The first and last day of each feature's time; the ends of time where none is stated."""
        frame = self.layer.frame
        first = [Period.parse(each).first if each else np.datetime64("0001-01-01") for each in frame["valid_from"]]
        last = [Period.parse(each).last if each else np.datetime64("9999-12-31") for each in frame["valid_to"]]
        return np.array(first, dtype="datetime64[D]"), np.array(last, dtype="datetime64[D]")

    def _meets(self, interval: Interval) -> NDArray[np.bool_]:
        first, last = self._valid
        met = np.ones(len(first), dtype=bool)
        if interval.first:
            met &= last >= np.datetime64(interval.first.date())
        if interval.last:
            met &= first <= np.datetime64(interval.last.date())
        return met

    def _ordered(self, rows: Rows, order: tuple[Order, ...]) -> Rows:
        """Rows by their columns; those without a value come last either way, and of equals the layer's first."""
        if not order:
            return rows
        frame = self.layer.frame.iloc[rows][[each.column for each in order]].reset_index(drop=True)
        for each in reversed(order):
            frame = frame.sort_values(each.column, ascending=not each.descending, kind="stable", na_position="last")
        found: Rows = rows[frame.index.to_numpy()]
        return found

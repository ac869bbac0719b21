"""The features of a layer as a table, of some rows or all, with some columns or all: what downloads and filters read.

The columns are those of ``fields``. Not here: what is in a tile (``tiles``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import geopandas
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mendmap.atlas.feature import Feature, Features, Join
from mendmap.atlas.rivers import Along
from mendmap.atlas.verdicts import Verdict
from mendmap.lake.contents import SeriesRow
from mendmap.words.fields import name_column

CRS = "OGC:CRS84"


def table(
    features: Features,
    names: Sequence[str],
    languages: Sequence[str],
    rows: NDArray[np.int64] | None = None,
    *,
    lists: bool = False,
) -> geopandas.GeoDataFrame:
    """A row a feature, indexed by id: those at the positions ``rows`` in their order, or all. ``names`` are the
    columns. A list that stands in a file is one text, its parts between commas, unless ``lists`` are to stay such."""
    positions = range(len(features)) if rows is None else rows.tolist()
    found = cells(features, [*names, "id"], languages, positions, lists=lists)
    # Object columns keep None as None and whole numbers whole, where pandas would make both floats.
    data = {name: pd.Series(found[name], dtype=object) for name in names}
    shapes = features.geometries if rows is None else features.geometries[rows]
    frame = geopandas.GeoDataFrame(data, geometry=geopandas.GeoSeries(list(shapes), crs=CRS), crs=CRS)
    frame.index = pd.Index(found["id"], dtype=object, name="id")
    return frame


def cells(
    features: Features, names: Sequence[str], languages: Sequence[str], positions: Sequence[int], *, lists: bool
) -> dict[str, list[Any]]:
    """The cells of some columns, of the features at some positions."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    own = [name for name in found if name not in _JOINED and name not in ("id", "layer")]
    if own:
        _fill({name: found[name] for name in own}, languages, features.rows.bodies(positions), lists=lists)
    if "id" in found:
        found["id"] = features.rows.ids_at(positions)
    if "layer" in found:
        found["layer"] = [features.rows.place(each)[0].layer for each in positions]
    told = [(nth, features.attached[each]) for nth, each in enumerate(positions) if each in features.attached]
    joined = [(nth, Feature("", "", None, {}, *each)) for nth, each in told]
    for name in (each for each in found if each in _JOINED):
        # To most features of a large layer nothing is joined.
        found[name] = [_JOINED[name](_NOTHING)] * len(positions)
        for nth, each in joined:
            found[name][nth] = _JOINED[name](each)
    return found


def _fill(
    found: Mapping[str, list[Any]], languages: Sequence[str], bodies: Iterable[Mapping[str, Any]], *, lists: bool
) -> None:
    """Adds what features say themselves to columns."""
    of_names = {name_column("name", language): language for language in languages}
    plain = [(column, name) for name, column in found.items() if name not in of_names]
    named = [(column, of_names[name]) for name, column in found.items() if name in of_names]
    # A text that stands in many cells is kept once.
    kept: dict[str, str] = {}
    for body in bodies:
        for column, name in plain:
            column.append(_cell(body.get(name), kept, lists=lists))
        for column, language in named:
            column.append(body["name"].get(language))


def _cell(value: Any, kept: dict[str, str], *, lists: bool) -> Any:
    if isinstance(value, str):
        return kept.setdefault(value, value) or None
    # Ids in a cell are separated by commas, as in the file: so the download can be edited and loaded again.
    return ",".join(value) or None if isinstance(value, list) and not lists else value


def _verdict(found: Verdict) -> dict[str, Any]:
    return {
        "series": found.answer.series,
        "parameter": found.parameter.id,
        "limit": found.limit.id,
        "period": found.answer.period,
        "outcome": found.answer.outcome,
        "reason": found.answer.reason,
        "says": found.says,
    }


def _placed(each: Along) -> dict[str, Any]:
    return {
        "watercourse": each.watercourse,
        "km": None if each.km is None else round(each.km, 3),
        "to_km": None if each.to_km is None else round(each.to_km, 3),
        "uncertainty_m": None if each.uncertainty_m is None else round(each.uncertainty_m),
        "moved_m": None if each.moved_m is None else round(each.moved_m),
        "how": each.how,
    }


def _joined(each: Join, ident: str) -> dict[str, Any]:
    distance = None if each.distance_m is None else round(each.distance_m)
    uncertainty = None if each.uncertainty_m is None else round(each.uncertainty_m)
    return {
        "id": ident,
        "how": each.how,
        "distance_m": distance,
        "uncertainty_m": uncertainty,
        "assumed": each.assumed,
    }


def latest(series: SeriesRow) -> dict[str, Any]:
    """The newest reading of a series that has a value, as downloads hold it; in the source's own unit."""
    assert series.start and series.end
    return {
        "series": series.id,
        "station": series.station,
        "parameter": series.parameter,
        "averaging": series.averaging,
        "qualifier": series.qualifier,
        "value": series.latest_value,
        "unit": series.latest_unit,
        "start": series.start.isoformat(),
        "end": series.end.isoformat(),
        "quality": series.quality,
        "source": series.source,
    }


def _newest(feature: Feature) -> str | None:
    newest = feature.newest_reading
    return newest.isoformat() if newest else None


_NOTHING = Feature("", "", None, {})
# What is joined to a feature, as JSON would hold it, by column.
_JOINED: dict[str, Callable[[Feature], Any]] = {
    "state": lambda each: each.state.state if each.state else None,
    "state_since": lambda each: str(each.state.since) if each.state else None,
    "state_until": lambda each: str(each.state.until) if each.state and each.state.until else None,
    "state_trust": lambda each: each.state.trust if each.state else None,
    "works": lambda each: [work.id for work in each.works],
    "stations": lambda each: [_joined(join, join.station) for join in each.joins],
    "sites": lambda each: [_joined(join, join.site) for join in each.joins],
    "chainage": lambda each: [_placed(along) for along in each.along],
    "readings": lambda each: sum(series.count for series in each.series),
    "newest_reading": _newest,
    "latest": lambda each: [latest(series) for series in each.series if series.start],
    "verdicts": lambda each: [_verdict(found) for found in each.verdicts],
}

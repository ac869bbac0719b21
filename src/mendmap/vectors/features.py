"""Checks the features of a layer: their columns, their geometry, and that the two agree.

Not here: ids that other files name (``load.check``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.files import place
from mendmap.catalogue.model import FILE, Layer
from mendmap.errors import Fault, not_one_of, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.measure import area_m2, length_m
from mendmap.vectors import files
from mendmap.vectors.fields import columns, twins, withheld
from mendmap.words.fields import Complaint, Row, name_column, plain, read_row

_AGREEMENT = 0.01  # the share by which a declared length or area may differ from the geometry's
# What may be declared of a geometry: its dimension, how it is measured, and metres of the unit.
_DECLARED: Mapping[str, tuple[int, Callable[[BaseGeometry], float], float]] = {
    "length_km": (1, length_m, 1000.0),
    "area_ha": (2, area_m2, 10_000.0),
}


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature: ``row`` counts from 1 in its file; ``geometry`` is in WGS 84 degrees, or None where no
    position is known; ``properties`` are as JSON holds them, without the id."""

    row: int
    layer: str
    id: str
    geometry: BaseGeometry | None
    properties: Mapping[str, Any]


def read(layer: Layer, languages: Sequence[str], max_bytes: int) -> tuple[list[Feature], list[Fault]]:
    """The features of a layer, and its faults.

    A feature that has an id but is otherwise at fault is among them, so that the rows that name it are not at
    fault as well. Where there are faults, nothing may be loaded.
    """
    features: list[Feature] = []
    faults = [
        Fault(FILE, layer.entry.row, "fields", f"every feature has this column already: {name}")
        for name in twins(layer, languages)
    ]
    faults += [
        Fault(FILE, layer.entry.row, "restricted", f"no column that a feature can be told without: {name}")
        for name in withheld(layer)
    ]
    try:
        raws = list(files.read(layer, max_bytes))
    except ValueError as error:
        return [], [*faults, Fault(layer.entry.file, *place(error))]
    for row, raw in enumerate(raws, start=1):
        feature, complaints = checked(layer, languages, row, raw)
        faults += [Fault(layer.entry.file, row, *each) for each in complaints]
        features += [feature] if feature else []
    return features, faults


def checked(layer: Layer, languages: Sequence[str], row: int, raw: files.Raw) -> tuple[Feature | None, list[Complaint]]:
    """A feature of a layer, and what is wrong with it; None where it has no id."""
    values, complaints = read_row(columns(layer), raw.properties, languages)
    complaints += _kind(layer, values)
    complaints += [("geometry", raw.broken)] if raw.broken else list(_geometry(layer, values, raw.geometry))
    complaints += _disagreements(values, raw.geometry)
    if not values["id"]:
        return None, complaints
    properties = {name: plain(each) for name, each in values.items() if name != "id"}
    return Feature(row, layer.id, values["id"], raw.geometry, properties), complaints


def cells(feature: Feature) -> dict[str, Any]:
    """What ``checked`` makes a feature of: its id and properties, each name in the column of its language."""
    found = {"id": feature.id, **feature.properties}
    for language, text in found.pop("name", {}).items():
        found[name_column("name", language)] = text
    return found


def _kind(layer: Layer, values: Row) -> list[Complaint]:
    if values["kind"] is None or values["kind"] in layer.kinds:
        return []
    return [("kind", not_one_of("not a kind of this layer", values["kind"], layer.kinds))]


def _geometry(layer: Layer, values: Row, shape: BaseGeometry | None) -> Iterator[Complaint]:
    known = values["basis"] != "unknown"
    if shape is None:
        if known:
            yield "geometry", "there is none; give one, or set basis to unknown"
        return
    if not known:
        yield "basis", "unknown, but there is a geometry"
    elif values["accuracy_m"] is None:
        yield "accuracy_m", "a value is required: how far may the true place be from this one?"
    elif values["accuracy_m"] <= 0:
        yield "accuracy_m", f"must be above 0: {values['accuracy_m']:g}"
    if shape.geom_type not in layer.geometry:
        yield "geometry", not_one_of("not a geometry type of this layer", shape.geom_type, layer.geometry)
    elif shape.is_empty:
        yield "geometry", "it is empty"
    elif not np.isfinite(shapely.get_coordinates(shape)).all():
        yield "geometry", "a coordinate is not a finite number"
    elif not shape.is_valid:
        yield "geometry", f"it is not valid: {shapely.is_valid_reason(shape)}"
    else:
        yield from _place(layer, Bounds(*shape.bounds))


def _place(layer: Layer, box: Bounds) -> Iterator[Complaint]:
    if layer.extent.contains(box):
        return
    where = ", ".join(f"{each:g}" for each in box)
    if layer.extent.contains(box.swapped()):
        yield "geometry", f"longitude and latitude look swapped: {where}"
    elif max(abs(each) for each in box) > 180:
        yield "geometry", f"not degrees, so not in {layer.crs}: {where}"
    else:
        extent = ", ".join(f"{each:g}" for each in layer.extent)
        yield "geometry", f"{where} is outside the declared extent {extent}"


def _disagreements(values: Row, shape: BaseGeometry | None) -> Iterator[Complaint]:
    first, last = values["valid_from"], values["valid_to"]
    if first and last and last.last < first.first:
        yield "valid_to", f"{last.text} is before valid_from {first.text}"
    if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        return
    for column in _DECLARED:
        if values[column] is not None and (wrong := disagreement(column, values[column], shape)):
            yield column, wrong


def disagreement(column: str, declared: float, shape: BaseGeometry) -> str:
    """How a declared ``length_km`` or ``area_ha`` differs from what is drawn; empty where the two agree within 1 %."""
    dimension, measure, per_unit = _DECLARED[column]
    if shapely.get_dimensions(shape) != dimension:
        return f"a {shape.geom_type} has none; say it in size: {shown(declared)}"
    measured = measure(shape) / per_unit
    if abs(measured - declared) <= _AGREEMENT * abs(declared):
        return ""
    return f"{declared:g} is declared, but the geometry measures {measured:.4g}"

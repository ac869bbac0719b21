"""What ``check`` says about a place, and the small changes to Testford that make it wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from place import Testford

from mendmap.errors import GeodataError
from mendmap.load.check import check

Change = Callable[[Testford], None]


def faults_in(folder: Path, max_file_mb: int = 100) -> list[str]:
    """Every fault of a folder as it is printed; fails where there is none."""
    with pytest.raises(GeodataError) as caught:
        check(folder, max_file_mb)
    lines = [str(fault) for fault in caught.value.faults]
    assert lines and all(line.isprintable() for line in lines)
    return lines


def faults_of(place: Testford) -> list[str]:
    return faults_in(place.write())


def feature(layer: str, nth: int = 0, geometry: Any = ..., **properties: Any) -> Change:
    """Replaces properties of a feature, and its geometry where one is given; ``...`` takes a property away."""

    def change(place: Testford) -> None:
        found = place.feature(layer, nth)
        given = found["properties"] | properties
        found["properties"] = {name: value for name, value in given.items() if value is not ...}
        if geometry is not ...:
            found["geometry"] = geometry

    return change


def row(table: str, nth: int = 0, **cells: str) -> Change:
    """Replaces cells of a table's row."""
    return lambda place: place.tables[table][nth].update(cells)


def reading(nth: int = 0, **cells: str) -> Change:
    return lambda place: place.rows[nth].update(cells)


def layer(name: str, **values: str) -> Change:
    return lambda place: place.layers[name].update(values)


def edited(attribute: str, old: str, new: str) -> Change:
    """Replaces a part of one of the texts of the place."""

    def change(place: Testford) -> None:
        text = getattr(place, attribute)
        assert old in text
        setattr(place, attribute, text.replace(old, new))

    return change


def in_map(old: str, new: str) -> Change:
    def change(place: Testford) -> None:
        assert old in place.maps["public"]
        place.maps["public"] = place.maps["public"].replace(old, new, 1)

    return change


def all_of(*changes: Change) -> Change:
    def change(place: Testford) -> None:
        for each in changes:
            each(place)

    return change

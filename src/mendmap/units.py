"""Units of measure: which texts are units, and conversion between them.

Units are written in UCUM's case-sensitive style as laboratories print it (``ug/m3``, ``mg/L``, ``ha``), with
``1`` for pure numbers. Pint does the arithmetic. Not here: conversions that need more than the two units
(ppb to ug/m3 needs a temperature and a pressure; degrees Celsius to Kelvin is no factor) - they are refused.
"""

import re
from functools import cache
from math import isclose
from typing import Any

import pint

from mendmap.errors import MendmapError, shown

_REGISTRY: Any = pint.UnitRegistry(cache_folder=None)
for _definition in (
    "USD = [currency]",
    "item = [count]",
    "index = [index]",
    "pH = [acidity]",
    # A normal cubic metre: gas at 0 °C and 101.325 kPa. Never silently a cubic metre.
    "Nm3 = [normal_volume]",
):
    _REGISTRY.define(_definition)

# What sources print, and what Pint calls it.
_SPELLINGS = {
    "1": "dimensionless",
    "%": "percent",
    "count": "item",
    "m3": "m**3",
    "m2": "m**2",
    "km2": "km**2",
    "million USD": "megaUSD",
    "t": "tonne",
}
_SAME = str.maketrans("µμ²³", "uu23")
# Pint would also compute: 9**9**9 never ends. So only names may reach it.
_NAME = re.compile(r"1|million USD|[A-Za-z°%]{1,24}[23]?")


class UnitError(MendmapError):
    """A text that is no unit, or two units of different kinds."""


@cache
def parsed(unit: str) -> Any:
    """The Pint unit that ``unit`` names. Raises UnitError where it names none."""
    try:
        numerator, *denominators = [_named(part) for part in unit.translate(_SAME).split("/")]
        return _REGISTRY.parse_units(numerator) / _product(tuple(denominators))
    except Exception as error:  # Pint raises a dozen kinds, tokenizer errors among them
        raise UnitError(f"not a unit: {shown(unit)}") from error


def _named(part: str) -> str:
    if not _NAME.fullmatch(part):
        raise UnitError(f"not the name of a unit: {shown(part)}")
    return _SPELLINGS.get(part, part)


def _product(parts: tuple[str, ...]) -> Any:
    product = _REGISTRY.dimensionless
    for part in parts:
        product = product * _REGISTRY.parse_units(part)
    return product


@cache
def factor(unit: str, to: str) -> float:
    """The number that turns a value in ``unit`` into one in ``to``.

    Raises UnitError where the kinds differ, or where twice as much in one is not twice as much in the other
    (degC to K, dB), so that no one number will do.
    """
    try:
        once, twice = (_REGISTRY.Quantity(much, parsed(unit)).to(parsed(to)).magnitude for much in (1.0, 2.0))
        if isclose(2 * once, twice):
            return float(once)
    except pint.DimensionalityError:
        pass
    raise UnitError(f"{shown(unit)} cannot be converted to {shown(to)}")

"""Units of measure: which texts are units, and the one number that turns a value in one into a value in another.

Units are written in UCUM's case-sensitive style as laboratories print it (``ug/m3``, ``mg/L``, ``ha``), with ``1`` for
pure numbers, and as WQX and WISE print them (``umho/cm``, ``[pH]``, ``mg{N}/L``). Pint does the arithmetic.
What else a unit says is part of what it is: ``mg/L as N`` is nitrogen, ``uS/cm @25C`` is conductance brought to 25 °C,
and neither is ever taken for the plain unit. Not here: conversions that no one number does (degrees Celsius to
Kelvin) - they are refused.
"""

import re
from functools import cache
from math import isclose
from typing import Any, NamedTuple

import pint

from mendmap.errors import MendmapError, shown

_REGISTRY: Any = pint.UnitRegistry(cache_folder=None)
for _definition in (
    "USD = [currency]",
    "item = [count]",
    "index = [index]",
    "pH = [acidity]",
    "CFU = [colonies]",
    "MPN = [most_probable_number]",
    # Turbidity by white light, by infra-red light, and by two older scales: no factor leads from one to another.
    "NTU = [turbidity_white]",
    "FNU = [turbidity_infrared]",
    "FTU = [turbidity_formazin]",
    "JTU = [turbidity_candle]",
    # Parts of what is not said, by mass or by volume, so they turn into nothing else (see _gas).
    "parts_per_billion = [parts]",
    "parts_per_million = 1000 * parts_per_billion",
    # A normal cubic metre: gas at 0 °C and 101.325 kPa. Never silently a cubic metre.
    "Nm3 = [normal_volume]",
    "hundred_mL = 100 * milliliter",
):
    _REGISTRY.define(_definition)

# What sources print, and what Pint calls it.
_SPELLINGS = {
    "1": "dimensionless",
    "%": "percent",
    "count": "item",
    "#": "item",
    "m3": "m**3",
    "m2": "m**2",
    "km2": "km**2",
    "million USD": "megaUSD",
    "ppb": "parts_per_billion",
    "ppm": "parts_per_million",
    "t": "tonne",
    "[pH]": "pH",
    "std units": "pH",
    "deg C": "degC",
    "Cel": "degC",
    "deg F": "degF",
    "cfu": "CFU",
    "[CFU]": "CFU",
    "mpn": "MPN",
    "umho": "microsiemens",
    "umhos": "microsiemens",
    "mmhos": "millisiemens",
    "100ml": "hundred_mL",
    "100mL": "hundred_mL",
    "100 ml": "hundred_mL",
    "100 mL": "hundred_mL",
    "{NTU}": "NTU",
    "{FNU}": "FNU",
}
# The source says that there is no unit: a pure number, or a scale that has none to print.
_NONE = ("None", "none", "{NoUnit}", "NoUnit")
_SCALES = ("1", "pH", "index")
_SAME = str.maketrans("µμ²³", "uu23")
# Pint would also compute: 9**9**9 never ends. So only names may reach it. ppt is no name: Pint takes it for a volume.
_NAME = re.compile(r"(?!ppt\b)[A-Za-z°%]{1,24}[23]?")

# Standard atomic weights, abridged, of IUPAC's commission CIAAW (2021), in g/mol.
_WEIGHTS = {"H": 1.008, "C": 12.011, "N": 14.007, "O": 15.999, "Si": 28.085, "P": 30.974, "S": 32.06}
# What an amount can be told as: the element that is counted, and the formula that is weighed.
_SPECIES = {
    **{"N": ("N", "N"), "NO2": ("N", "N O O"), "NO3": ("N", "N O O O"), "NH3": ("N", "N H H H")},
    **{"NH4": ("N", "N H H H H"), "P": ("P", "P"), "PO4": ("P", "P O O O O"), "S": ("S", "S")},
    **{"SO4": ("S", "S O O O O"), "H2S": ("S", "S H H"), "Si": ("Si", "Si"), "SiO2": ("Si", "Si O O")},
    # Kinds of their own: hardness and alkalinity are told as so much CaCO3 that is not there; oxygen is a demand.
    **{"CaCO3": ("CaCO3", ""), "C": ("C", "C"), "O2": ("O2", "")},
}
_AS = re.compile(rf"(?P<unit>[^ ]+/[^ ]+)(?: as ?| )(?P<species>{'|'.join(_SPECIES)})")
_BRACED = re.compile(rf"(?P<unit>\w+){{(?P<species>{'|'.join(_SPECIES)})}}(?P<rest>/.*)?")
_AT_25 = re.compile(r"(?P<unit>.+?) ?@ ?25 ?(deg)?C")
_GAS = re.compile(r"(?P<unit>pp[bm]) ?@ ?(?P<t>-?\d+(\.\d+)?) ?(deg|°)?C, ?(?P<p>\d+(\.\d+)?) ?kPa")
_GAS_CONSTANT = 8.314462618  # J/(mol K), CODATA 2018, exact


class UnitError(MendmapError):
    """A text that is no unit, or two units of different kinds."""


class _Kind(NamedTuple):
    """A unit taken apart: what Pint knows of it, and what more it says of the amount (``as N``), or nothing."""

    unit: Any
    species: str = ""
    gas: tuple[float, float] | None = None  # temperature in kelvin and pressure in pascal of a ppb or ppm


def parsed(unit: str) -> Any:
    """The Pint unit that ``unit`` names. Raises UnitError where it names none."""
    return _kind(unit).unit


@cache
def _kind(unit: str) -> _Kind:
    text = unit.translate(_SAME)
    # A unit is short; the patterns below may go back and forth over a text that is not.
    if len(text) > 60:
        raise UnitError(f"not a unit: {shown(unit)}")
    if found := _GAS.fullmatch(text):
        kelvin, pascal = float(found["t"]) + 273.15, float(found["p"]) * 1000
        if not (150 < kelvin < 1500 and 1000 < pascal < 1e7):
            raise UnitError(f"not a unit: {shown(unit)}: no gas is so cold, hot or thin")
        return _Kind(_parsed(found["unit"], unit), gas=(kelvin, pascal))
    if found := _BRACED.fullmatch(text):
        return _Kind(_parsed(found["unit"] + (found["rest"] or ""), unit), found["species"])
    if found := _AS.fullmatch(text):
        return _Kind(_parsed(found["unit"], unit), found["species"])
    if found := _AT_25.fullmatch(text):
        return _Kind(_parsed(found["unit"], unit), "@25C")
    return _Kind(_parsed("1" if text in _NONE else text, unit))


def _parsed(text: str, unit: str) -> Any:
    try:
        numerator, *denominators = [_named(part) for part in text.split("/")]
        return _REGISTRY.parse_units(numerator) / _product(tuple(denominators))
    except Exception as error:  # Pint raises a dozen kinds, tokenizer errors among them
        raise UnitError(f"not a unit: {shown(unit)}") from error


def _named(part: str) -> str:
    if part in _SPELLINGS:
        return _SPELLINGS[part]
    if not _NAME.fullmatch(part):
        raise UnitError(f"not the name of a unit: {shown(part)}")
    return part


def _product(parts: tuple[str, ...]) -> Any:
    product = _REGISTRY.dimensionless
    for part in parts:
        product = product * _REGISTRY.parse_units(part)
    return product


@cache
def factor(unit: str, to: str, molar_mass: float | None = None) -> float:
    """The number that turns a value in ``unit`` into one in ``to``.

    ``molar_mass`` (g/mol) is that of the parameter; it is needed from ppb to a mass in a volume, and only there.
    Raises UnitError where the kinds differ, or where twice as much in one is not twice as much in the other
    (degC to K, dB), so that no one number will do.
    """
    one, other = _kind(unit), _kind(to)
    refused = f"{shown(unit)} cannot be converted to {shown(to)}"
    if unit in _NONE and (to in _NONE or other.unit in (parsed(each) for each in _SCALES)):
        return 1.0
    parts = parsed("ppb").dimensionality
    if one.unit.dimensionality == parts and other.unit.dimensionality == parsed("ug/m3").dimensionality:
        return _gas(one, other, molar_mass, refused)
    if one.gas != other.gas:
        raise UnitError(refused)
    try:
        once, twice = (_REGISTRY.Quantity(much, one.unit).to(other.unit).magnitude for much in (1.0, 2.0))
    except pint.DimensionalityError:
        raise UnitError(refused) from None
    if not isclose(2 * once, twice):
        raise UnitError(refused)
    return float(once) * _counted(one.species, other.species, refused)


def _counted(one: str, other: str, refused: str) -> float:
    """How much of ``other`` is in one of ``one``, by mass: NO3 holds 14.007/62.004 of its mass as N."""
    if one == other:
        return 1.0
    (element, formula), (same, wanted) = (_SPECIES.get(each, (each, "")) for each in (one, other))
    if element != same or not formula or not wanted:
        raise UnitError(refused)
    weighed, asked = (sum(_WEIGHTS[each] for each in text.split()) for text in (formula, wanted))
    return asked / weighed


def _gas(one: _Kind, other: _Kind, molar_mass: float | None, refused: str) -> float:
    """From a share of the volume of air to a mass in a volume of it, by the law of ideal gases, c = x p M / (R T)
    (EU legislation states air quality at 293 K and 101.3 kPa: Directive 2008/50/EC, Annex VI B, and 2024/2881)."""
    if one.gas is None:
        raise UnitError(f"{refused} without temperature and pressure (write ppb @ 20 degC, 101.3 kPa)")
    if not molar_mass or other.species:
        raise UnitError(f"{refused} without the parameter's molar_mass, in g/mol")
    kelvin, pascal = one.gas
    share = _REGISTRY.Quantity(1.0, one.unit).to(parsed("ppb")).magnitude * 1e-9
    grams = share * pascal * molar_mass / (_GAS_CONSTANT * kelvin)
    return float(grams * _REGISTRY.Quantity(1.0, "g/m**3").to(other.unit).magnitude)


# Units whose names in UCUM are spelt in another way here.
_UCUM = {"pH": "[pH]", "ha": "har"}
_UCUM_ATOM = r"(?:[pnumckM]?(?:g|L|m[23]?|mol|s|S)|t|%|1|h)"
_UCUM_NAME = re.compile(f"{_UCUM_ATOM}(?:/{_UCUM_ATOM})?")


def ucum(unit: str) -> str | None:
    """A unit's case-sensitive name in UCUM; None where this table does not know it to have one (``mg/L as CaCO3`` says
    more than UCUM can)."""
    return _UCUM.get(unit) or (unit if _UCUM_NAME.fullmatch(unit) else None)

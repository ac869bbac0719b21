"""Units: which texts are units, and the factors between them."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendmap.units import UnitError, factor, parsed


@pytest.mark.parametrize(
    ("unit", "to", "expected"),
    [
        ("ug/m3", "ug/m3", 1),
        ("µg/m3", "ug/m3", 1),  # the micro sign
        ("μg/m³", "ug/m3", 1),  # the Greek letter
        ("mg/m3", "ug/m3", 1e3),
        ("ng/m3", "ug/m3", 1e-3),
        ("mg/L", "ug/L", 1e3),
        ("mg/L", "ug/m3", 1e6),
        ("mg/kg", "ug/kg", 1e3),
        ("kg/t", "1", 1e-3),
        ("ha", "m2", 1e4),
        ("km2", "ha", 100),
        ("km", "m", 1000),
        ("t", "kg", 1000),
        ("m3", "L", 1000),
        ("Nm3/h", "Nm3/s", 1 / 3600),
        ("%", "1", 0.01),
        ("million USD", "USD", 1e6),
        ("count", "count", 1),
        ("pH", "pH", 1),
        ("index", "index", 1),
        ("degC", "degC", 1),
        # As WQX and WISE print them.
        ("mg/l", "mg/L", 1),
        ("ug/l", "mg/L", 1e-3),
        ("[pH]", "pH", 1),
        ("std units", "pH", 1),
        ("deg C", "degC", 1),
        ("Cel", "degC", 1),
        ("cfu/100ml", "CFU/L", 10),
        ("MPN/100ml", "MPN/100mL", 1),
        ("#/100ml", "#/L", 10),
        ("umho/cm", "uS/cm", 1),
        ("uS/cm @25C", "mS/cm @25C", 1e-3),
        ("NTU", "{NTU}", 1),
        ("FNU", "FNU", 1),
        ("ppm", "ppb", 1000),
        ("mg{N}/L", "ug/L as N", 1e3),
        ("mg/l asNO3", "mg/L as NO3", 1),
        ("mg/l CaCO3", "mg{CaCO3}/L", 1),
        # 14.007 of 62.004, 30.974 of 94.970, 32.06 of 96.056, 28.085 of 60.083.
        ("mg/L as NO3", "mg/L as N", 0.2259048),
        ("mg/L as PO4", "mg/L as P", 0.3261451),
        ("mg/L as SO4", "ug/L as S", 333.76364),
        ("mg/L as SiO2", "mg/L as Si", 0.4674367),
        ("mg/L as NO2", "mg/L as NO3", 62.004 / 46.005),
    ],
)
def test_a_factor_turns_one_unit_into_the_other(unit: str, to: str, expected: float) -> None:
    assert factor(unit, to) == pytest.approx(expected, rel=1e-7)
    assert factor(to, unit) == pytest.approx(1 / expected, rel=1e-7)


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("Nm3", "m3"),
        ("mg/Nm3", "mg/m3"),
        ("mg/kg", "ug/L"),
        ("m", "m2"),
        ("count", "1"),
        ("index", "1"),
        ("pH", "1"),
        ("USD", "1"),
        ("degC", "K"),
        ("degF", "degC"),
        ("dB", "1"),
        ("mg/L as N", "mg/L"),
        ("mg/L as NO3", "mg/L"),
        ("mg/L as N", "mg/kg as N"),
        ("mg/L as N", "mg/L as P"),
        ("mg/L as C", "mg/L as CaCO3"),
        ("mg{O2}/L", "mg/L"),
        ("uS/cm @25C", "uS/cm"),
        ("cfu/100ml", "MPN/100ml"),
        ("cfu/100ml", "#/100ml"),
        ("NTU", "FNU"),
        ("NTU", "1"),
        ("None", "mg/L"),
        ("ppm", "mg/kg"),
        ("ppm", "1"),
        ("pH", "count"),
    ],
)
def test_units_that_no_one_number_turns_into_each_other_are_refused(unit: str, to: str) -> None:
    for one, other in ((unit, to), (to, unit)):
        with pytest.raises(UnitError, match=re.escape(f"'{one}' cannot be converted to '{other}'") + "$"):
            factor(one, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        "mg/",
        "/L",
        "bucket",
        "ug m3",
        "5 mg",
        "1e3",
        "mg/L/",
        "mg//L",
        "m**2",
        "m^2",
        "9**9**9**9",
        "m**9**9**9",
        "(" * 5000,
        "a" * 100_000,
        "mg/" * 50_000 + "L!",
        "__import__('os')",
        "__import__('os').system('touch owned')",
        "().__class__",
        "lambda: 0",
        "\x00",
        "mg\nL",
        "🏭",
        "ppt",
        "mg/L as X",
        "mg{dry}/kg",
        "None/L",
        "ppb @ 20 degC",
        "ppb @ -300 degC, 101.3 kPa",
        "ug/m3 @ 20 degC, 101.3 kPa",
    ],
    ids=lambda text: ascii(text[:20]),
)
def test_what_is_no_unit_is_refused_at_once(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UnitError, match=r"^not a unit: ") as caught:
        parsed(text)
    assert time.monotonic() - begun < 5
    assert len(str(caught.value)) < 120


@given(st.text())
def test_any_text_is_a_unit_or_refused(text: str) -> None:
    try:
        assert factor(text, text) == pytest.approx(1)
    except UnitError as error:
        assert str(error).startswith("not a unit: ")


@pytest.mark.parametrize("scale", ["1", "pH", "index", "None", "{NoUnit}"])
def test_a_unit_that_the_source_says_is_none_goes_with_scales_that_have_none(scale: str) -> None:
    assert factor("None", scale) == factor("{NoUnit}", scale) == 1


@pytest.mark.parametrize(
    ("unit", "to", "molar_mass", "expected"),
    [
        # 101.3 kPa x 64.066 g/mol / (8.314463 J/(mol K) x 293.15 K) = 2662.64 g in a cubic metre of the gas alone
        ("ppb @ 20 degC, 101.3 kPa", "ug/m3", 64.066, 2.66264),
        ("ppb @ 25 degC, 101.325 kPa", "ug/m3", 64.066, 2.61862),
        ("ppm @ 20 degC, 101.3 kPa", "mg/m3", 28.010, 1.16412),
        ("ppb @ 20 °C, 101.3 kPa", "mg/m3", 64.066, 2.66264e-3),
        ("ppb@0C,101.3kPa", "ug/m3", 48.0, 2.140993),
    ],
)
def test_ppb_becomes_a_mass_at_its_temperature_and_pressure(
    unit: str, to: str, molar_mass: float, expected: float
) -> None:
    assert factor(unit, to, molar_mass) == pytest.approx(expected, rel=1e-5)
    assert factor(unit, unit) == 1


@pytest.mark.parametrize(
    ("unit", "molar_mass", "wanted"),
    [
        ("ppb", 64.066, "without temperature and pressure (write ppb @ 20 degC, 101.3 kPa)"),
        ("ppb @ 20 degC, 101.3 kPa", None, "without the parameter's molar_mass, in g/mol"),
    ],
)
def test_ppb_without_what_it_takes_is_refused_with_what_is_missing(
    unit: str, molar_mass: float | None, wanted: str
) -> None:
    with pytest.raises(UnitError, match=re.escape(f"'{unit}' cannot be converted to 'ug/m3' {wanted}") + "$"):
        factor(unit, "ug/m3", molar_mass)
    with pytest.raises(UnitError, match="cannot be converted"):
        factor("ug/m3", unit, molar_mass)
    with pytest.raises(UnitError, match="cannot be converted"):
        factor("ppb @ 20 degC, 101.3 kPa", "ppb @ 25 degC, 101.3 kPa")

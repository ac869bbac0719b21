"""Units: which texts are units, and the factors between them."""

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
    ],
)
def test_a_factor_turns_one_unit_into_the_other(unit: str, to: str, expected: float) -> None:
    assert factor(unit, to) == pytest.approx(expected, rel=1e-12)
    assert factor(to, unit) == pytest.approx(1 / expected, rel=1e-12)


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
    ],
)
def test_units_that_no_one_number_turns_into_each_other_are_refused(unit: str, to: str) -> None:
    for one, other in ((unit, to), (to, unit)):
        with pytest.raises(UnitError, match=f"^'{one}' cannot be converted to '{other}'$"):
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

"""Comparisons: the same months compared, the interval SciPy's, and detection limits leave open what they leave open."""

import math

import numpy as np
import pytest
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import t as students_t
from scipy.stats import ttest_rel

from mendmap.assess.compare import (
    Comparison,
    Window,
    around,
    baseline,
    beyond,
    compare,
    covered,
    students_quantile,
)
from mendmap.words.vocabulary import TRENDS

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
NUMBERS = ("before", "after", "change", "low", "high", "p", "months", "count", "below")


def window(first: int, end: int, series: int = 1) -> Window:
    return Window(np.full(series, first), np.full(series, end))


def none_below(values: Floats) -> Mask:
    return np.zeros(values.shape, dtype=bool)


def halves(values: Floats, below: Mask | None = None) -> Comparison:
    """The first half of the months against the second."""
    months = values.shape[1] * 12
    below = none_below(values) if below is None else below
    return compare(values, below, window(0, months // 2, len(values)), window(months // 2, months, len(values)))


def two_years(before: list[float], after: list[float]) -> Floats:
    """A series of two years of which only the first months hold values."""
    values = np.full((1, 2, 12), np.nan)
    values[0, 0, : len(before)], values[0, 1, : len(after)] = before, after
    return values


def random_months(series: int, years: int, seed: int, missing: float) -> Floats:
    """Synthetic months with a course of the year."""
    random = np.random.default_rng(seed)
    values = random.lognormal(2, 0.4, (series, years, 12)) + 3 * np.sin(np.arange(12) / 6 * np.pi)
    values[random.random(values.shape) < missing] = np.nan
    return values


@pytest.mark.parametrize("freedom", range(1, 13))
def test_students_t_equals_scipy(freedom: int) -> None:
    assert students_quantile(freedom) == pytest.approx(students_t.ppf(0.975, freedom), rel=1e-12)
    distance = np.array([0, 0.01, 0.5, 1, 2, 3, 10, 1000, math.inf])
    assert beyond(distance, freedom) == pytest.approx(2 * students_t.sf(distance, freedom), abs=1e-14)


def test_random_series_equal_scipys_paired_test_of_monthly_means() -> None:
    values = random_months(times(150, 3000), 6, seed=1, missing=0.75)
    values[:, 3:] += np.random.default_rng(2).normal(0, 4, (len(values), 1, 1))
    found = halves(values)
    for place, each in enumerate(values):
        sums, counts = (part.reshape(2, 3, 12).sum(axis=1) for part in (np.nan_to_num(each), ~np.isnan(each)))
        shared = (counts > 0).all(axis=0)
        assert found.months[place] == shared.sum()
        assert found.count[place] == counts[:, shared].sum()
        if shared.sum() < 3:
            assert (found.outcome[place], math.isnan(found.p[place])) == ("too_short", True)
            continue
        before, after = sums[:, shared] / counts[:, shared]
        wanted = ttest_rel(after, before)
        ends = wanted.confidence_interval(0.95)
        assert found.change[place] == pytest.approx(after.mean() - before.mean())
        assert (found.before[place], found.after[place]) == pytest.approx((before.mean(), after.mean()))
        assert (found.low[place], found.high[place]) == pytest.approx((ends.low, ends.high))
        assert found.p[place] == pytest.approx(wanted.pvalue)
    assert set(found.outcome) == set(TRENDS)


def test_chance_alone_is_called_a_change_as_often_as_the_docstring_says() -> None:
    series = times(1500, 20_000)
    for correlation, wanted in ((0.0, 0.05), (0.3, 0.14), (0.6, 0.35)):
        noise = np.random.default_rng(3).standard_normal((series, 120))
        for month in range(1, 120):
            noise[:, month] += correlation * noise[:, month - 1]
        values = noise.reshape(series, 10, 12)
        found = compare(values, none_below(values), window(0, 36, series), window(84, 120, series))
        assert (found.p < 0.05).mean() == pytest.approx(wanted, abs=0.03)


def test_by_hand() -> None:
    found = halves(two_years([10, 12, 20], [4, 8, 11]))
    # Differences of -6, -4 and -9: their mean is -19/3, their standard deviation the root of 19/3, and Student's t of
    # two degrees of freedom is 4.3027.
    half = 4.302652729911275 * math.sqrt(19 / 3 / 3)
    assert found.change[0] == pytest.approx(-19 / 3)
    assert (found.low[0], found.high[0]) == pytest.approx((-19 / 3 - half, -19 / 3 + half))
    assert (found.before[0], found.after[0]) == pytest.approx((14, 23 / 3))
    assert (found.outcome[0], found.months[0], found.count[0]) == ("falling", 3, 6)


def test_only_months_that_both_windows_hold_are_compared() -> None:
    values = np.full((1, 4, 12), np.nan)
    values[0, 0, :] = [100, 100, 100, *range(9)]
    values[0, 1, 5] = 6  # the mean of June before is 4
    values[0, 2, 3:] = range(1, 10)
    found = halves(values)
    assert (found.months[0], found.count[0]) == (9, 19)
    assert found.change[0] == pytest.approx((8 * 1 + (3 - 4)) / 9)


@pytest.mark.parametrize(("months", "outcome"), [(0, "too_short"), (1, "too_short"), (2, "too_short"), (3, "falling")])
def test_three_months_must_be_shared(months: int, outcome: str) -> None:
    found = halves(two_years([9.0, 9, 9, 9][:months], [2.0, 3, 4, 5][:months]))
    assert found.outcome[0] == outcome
    unknown = outcome == "too_short"
    assert [math.isnan(each[0]) for each in (found.change, found.low, found.high, found.p)] == [unknown] * 4
    assert math.isnan(found.before[0]) == (months == 0)


def test_nothing_changes_where_nothing_does() -> None:
    found = halves(np.full((1, 5, 12), 0.1))
    assert (found.change[0], found.low[0], found.high[0], found.p[0]) == (0, 0, 0, 1)
    assert found.outcome[0] == "none"


def test_rounding_is_no_change() -> None:
    values = np.full((1, 6, 12), 0.1)
    values[0, 0] = np.nan  # the mean of two tenths is not quite that of three
    assert values[0, 1:3, 0].sum() / 2 != values[0, 3:, 0].sum() / 3
    assert (halves(values).outcome[0], halves(values).p[0]) == ("none", 1)


def test_works_are_in_neither_window() -> None:
    before, after = around(60, np.array([14, 0]), np.array([20, 59]))
    assert (before.first.tolist(), before.end.tolist()) == ([0, 0], [14, 0])
    assert (after.first.tolist(), after.end.tolist()) == ([21, 60], [60, 60])
    values = np.repeat(np.arange(120.0).reshape(2, 5, 12), 1, axis=0)
    assert compare(values, none_below(values), before, after).outcome.tolist() == ["rising", "too_short"]


@pytest.mark.parametrize(
    ("first", "last", "length"),
    [(0, 119, 36), (5, 76, 36), (5, 75, 24), (20, 67, 24), (20, 66, 12), (3, 26, 12), (3, 25, 0), (8, 8, 0)],
)
def test_the_baseline_is_the_longest_that_fits_in_twice(first: int, last: int, length: int) -> None:
    values = np.full((1, 120), np.nan)
    values[0, [first, last]] = 1
    before, now = baseline(values.reshape(1, 10, 12))
    assert (before.first[0], before.end[0]) == (first, first + length)
    assert (now.first[0], now.end[0]) == (last + 1 - length, last + 1)


def test_a_series_without_values_has_no_baseline() -> None:
    values = np.full((1, 10, 12), np.nan)
    before, now = baseline(values)
    assert before.end[0] == before.first[0] and now.end[0] == now.first[0]
    assert compare(values, none_below(values), before, now).outcome[0] == "too_short"


@pytest.mark.parametrize(
    ("before", "now", "limit", "share"),
    [
        (10, 7, 4, 0.5),
        (10, 4, 4, 1),
        (10, 1, 4, 1.5),
        (10, 13, 4, -0.5),
        (10, 10, 4, 0),
        (4, 1, 4, None),
        (3, 9, 4, None),
    ],
)
def test_the_way_to_the_limit(before: float, now: float, limit: float, share: float | None) -> None:
    found = covered(np.array([before]), np.array([now]), np.array([limit]))[0]
    assert math.isnan(found) if share is None else found == share


def test_a_way_from_what_is_not_known_is_not_known() -> None:
    assert np.isnan(covered(np.array([np.nan, 9, 9]), np.array([1, np.nan, 1]), np.array([2, 2, np.nan]))).all()


# What lies below detection.


def test_a_falling_detection_limit_is_no_change() -> None:
    values = two_years([5] * 12, [1] * 12)
    found = halves(values, values > 0)
    assert (found.outcome[0], found.p[0], found.below[0]) == ("none", 1, 24)
    # From nought to 5 before and from nought to 1 after.
    assert (found.change[0], found.low[0], found.high[0]) == (-2, -5, 1)


def test_a_fall_below_detection_is_a_fall_and_its_size_is_open() -> None:
    values = two_years([10] * 12, [2] * 12)
    below = values == 2
    found = halves(values, below)
    assert found.outcome[0] == "falling"
    assert (found.change[0], found.low[0], found.high[0]) == (-9, -10, -8)


def test_the_interval_is_that_of_the_middle_widened_by_the_open_share() -> None:
    values = two_years([9, 11, 14, 10], [4, 6, 4, 5])
    below = values == 4
    found, middle = halves(values, below), halves(np.where(below, 2, values))
    # Two of four months are open by 2 to either side.
    assert found.change[0] == middle.change[0]
    assert (found.low[0], found.high[0]) == pytest.approx((middle.low[0] - 1, middle.high[0] + 1))
    assert found.p[0] > middle.p[0]


# What must hold whatever the numbers.

matrices = arrays(np.float64, (3, 4, 12), elements=st.integers(1, 40).map(float) | st.just(math.nan))
masks = arrays(np.bool_, (3, 4, 12))


def columns(found: Comparison) -> list[Floats]:
    return [getattr(found, name).astype(float) for name in NUMBERS]


@settings(max_examples=times(40, 300))
@given(matrices, masks, st.sampled_from([0.25, 1024.0]))
def test_another_unit_scales_the_change(values: Floats, below: Mask, factor: float) -> None:
    found, scaled = halves(values, below), halves(values * factor, below)
    assert found.outcome.tolist() == scaled.outcome.tolist()
    for place, (one, other) in enumerate(zip(columns(found), columns(scaled), strict=True)):
        np.testing.assert_allclose(other, one * (factor if place < 5 else 1), rtol=1e-12)


@settings(max_examples=times(40, 300))
@given(matrices, st.integers(-40, 40))
def test_another_zero_changes_nothing(values: Floats, shift: int) -> None:
    found, moved = halves(values), halves(values + shift)
    for name in ("change", "low", "high"):
        np.testing.assert_allclose(getattr(moved, name), getattr(found, name), rtol=1e-9, atol=1e-9)


@settings(max_examples=times(40, 300))
@given(matrices, masks)
def test_windows_exchanged_turn_the_change_round(values: Floats, below: Mask) -> None:
    first, second = window(0, 24, 3), window(24, 48, 3)
    found, back = compare(values, below, first, second), compare(values, below, second, first)
    for one, other in ((found.change, -back.change), (found.low, -back.high), (found.high, -back.low)):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found.p, back.p)


@settings(max_examples=times(40, 300))
@given(matrices, masks, st.permutations(range(3)))
def test_the_order_of_series_changes_nothing(values: Floats, below: Mask, order: list[int]) -> None:
    for one, other in zip(columns(halves(values, below)), columns(halves(values[order], below[order])), strict=True):
        np.testing.assert_array_equal(one[order], other)


@settings(max_examples=times(40, 300))
@given(matrices, masks)
def test_a_change_is_told_only_where_the_interval_leaves_none_out(values: Floats, below: Mask) -> None:
    found = halves(values, below)
    clear = (found.low > 0) | (found.high < 0)
    told = np.isin(found.outcome, ["falling", "rising"])
    # Exactly at the edge rounding decides.
    edge = np.isclose(found.p, 0.05)
    assert (clear == told)[~edge].all()

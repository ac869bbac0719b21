"""Trends: equal to pymannkendall's and SciPy's, and true to what gaps, ties and detection limits leave open."""

import math
from itertools import permutations

import numpy as np
import pymannkendall
import pytest
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.stats import norm, theilslopes

from mendmap.assess.trends import LEAST_YEARS, Trends, trends
from mendmap.words.vocabulary import TRENDS

Floats = NDArray[np.float64]

# Real: the Nile's flow at Aswan by year, 1871 to 1970, in 10⁸ m³ (Cobb, Biometrika 65, 1978, p. 243).
NILE = """
1120 1160 963 1210 1160 1160 813 1230 1370 1140 995 935 1110 994 1020 960 1180 799 958 1140 1100 1210 1150 1250 1260
1220 1030 1100 774 840 874 694 940 833 701 916 692 1020 1050 969 831 726 456 824 702 1120 1100 832 764 821 768 845 864
862 698 845 744 796 1040 759 781 865 845 944 984 897 822 1010 771 676 649 846 812 742 801 1040 860 874 848 890 744 749
838 1050 918 986 797 923 975 815 1020 906 901 1170 912 746 919 718 714 740"""
# Real: passengers of international airlines by month, 1949 to 1960, in thousands (Box and Jenkins, 1976, series G).
PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140 145 150 178 163 172 178
199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 201
204 188 235 227 234 264 302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374
413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337
360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432"""


def real(text: str) -> Floats:
    return np.array(text.split(), dtype=np.float64)


def random_months(series: int, years: int, seed: int, correlation: float = 0.5, missing: float = 0.0) -> Floats:
    """Synthetic months with serial correlation, a course of the year, a slight trend and, being rounded, ties."""
    random = np.random.default_rng(seed)
    noise = random.standard_normal((series, years * 12))
    for month in range(1, years * 12):
        noise[:, month] += correlation * noise[:, month - 1]
    month = np.arange(years * 12)
    slope = random.normal(0, 0.02, (series, 1))
    values = np.round(10 + 4 * np.sin(month / 6 * np.pi) + 2 * noise + slope * month).reshape(series, years, 12)
    values[random.random(values.shape) < missing] = np.nan
    return values


def uncensored(values: Floats) -> Trends:
    return trends(values, np.zeros(values.shape, dtype=bool))


def of_one_month(values: Floats) -> Floats:
    """A year's value each, as a matrix of one series whose other months are missing."""
    matrix = np.full((1, len(values), 12), np.nan)
    matrix[0, :, 6] = values
    return matrix


def first_of(found: Trends) -> tuple[float, float, float, float, str]:
    return found.slope[0], found.low[0], found.high[0], found.p[0], str(found.outcome[0])


@pytest.mark.parametrize("years", [5, 7, 12])
def test_complete_series_equal_pymannkendall(years: int) -> None:
    values = random_months(times(12, 60), years, seed=years)
    found = uncensored(values)
    for place, each in enumerate(values):
        corrected = pymannkendall.correlated_seasonal_test(each.ravel())
        plain = pymannkendall.seasonal_test(each.ravel())
        assert found.p[place] == pytest.approx(corrected.p, rel=1e-9, abs=1e-14)
        assert found.p_independent[place] == pytest.approx(plain.p, rel=1e-9, abs=1e-14)
        assert found.slope[place] == plain.slope
        assert found.score[place] == plain.s
        word = {"increasing": "rising", "decreasing": "falling", "no trend": "none"}[corrected.trend]
        assert found.outcome[place] == word


def test_the_random_series_have_trends_of_every_kind() -> None:
    assert set(uncensored(random_months(200, 12, seed=12)).outcome) == {"rising", "falling", "none"}


def test_gaps_equal_pymannkendall_where_months_are_independent() -> None:
    values = random_months(times(12, 60), 9, seed=1, missing=0.3)
    found = uncensored(values)
    for place, each in enumerate(values):
        plain = pymannkendall.seasonal_test(each.ravel())
        assert found.p_independent[place] == pytest.approx(plain.p, rel=1e-9, abs=1e-14)
        assert found.slope[place] == pytest.approx(plain.slope, rel=1e-12)


def test_years_that_are_missing_whole_equal_pymannkendall_corrected() -> None:
    values = random_months(times(12, 60), 9, seed=2)
    values[:, [2, 5]] = np.nan
    found = uncensored(values)
    for place, each in enumerate(values):
        corrected = pymannkendall.correlated_seasonal_test(each.ravel())
        assert found.p[place] == pytest.approx(corrected.p, rel=1e-9, abs=1e-14)


def by_hirsch_and_slack(months: Floats) -> float:
    """The p of their test as the paper writes it out, month by month with midranks for what is missing."""
    years = len(months)
    ranks = np.zeros(months.shape)
    counts = (~np.isnan(months)).sum(axis=0)
    for month in range(12):
        for year in range(years):
            signs = np.sign(months[year, month] - months[:, month])
            ranks[year, month] = (counts[month] + 1 + np.nansum(signs)) / 2
    variance = score = 0.0
    pairs = [(i, j) for i in range(years) for j in range(i + 1, years)]
    for one in range(12):
        score += sum(np.nan_to_num(np.sign(months[j, one] - months[i, one])) for i, j in pairs)
        for other in range(12):
            k = sum(
                np.nan_to_num(np.sign((months[j, one] - months[i, one]) * (months[j, other] - months[i, other])))
                for i, j in pairs
            )
            ranked = 4 * (ranks[:, one] * ranks[:, other]).sum()
            variance += (k + ranked - years * (counts[one] + 1) * (counts[other] + 1)) / 3
    return math.erfc(abs(score) / math.sqrt(variance) / math.sqrt(2))


def test_scattered_gaps_equal_the_formula_of_hirsch_and_slack() -> None:
    values = random_months(times(3, 15), 7, seed=3, missing=0.25)
    found = uncensored(values)
    assert found.p == pytest.approx([by_hirsch_and_slack(each) for each in values], rel=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_interval_of_one_month_equals_scipy(missing: float) -> None:
    values = random_months(times(20, 300), 15, seed=4, missing=missing)[:, :, 6]
    for each in values:
        there = ~np.isnan(each)
        wanted = theilslopes(each[there], np.flatnonzero(there), 0.95)
        assert first_of(uncensored(of_one_month(each)))[:3] == pytest.approx(tuple(wanted)[:1] + tuple(wanted)[2:])


def test_the_interval_of_twelve_months_has_the_ranks_that_the_corrected_variance_leaves() -> None:
    values = random_months(20, 8, seed=5, missing=0.1)
    found = uncensored(values)
    for place, each in enumerate(values):
        slopes = sorted(
            (each[j, m] - each[i, m]) / (j - i)
            for m in range(12)
            for i in range(8)
            for j in range(i + 1, 8)
            if not math.isnan(each[i, m] + each[j, m])
        )
        below = sum(slope < found.low[place] for slope in slopes)
        above = sum(slope > found.high[place] for slope in slopes)
        # erfc(|S| / sd / sqrt 2) = p gives the standard deviation back.
        if found.score[place] == 0:  # p is 1 and does not tell the spread
            continue
        spread = abs(found.score[place]) / float(norm.isf(found.p[place] / 2))
        rank = (len(slopes) - 1.959964 * spread) / 2
        assert below <= rank and above <= rank + 0.5
        assert found.low[place] in slopes and found.high[place] in slopes
        assert found.low[place] <= found.slope[place] <= found.high[place]


def test_the_nile_fell() -> None:
    flow = real(NILE)
    assert (len(flow), flow.mean()) == (100, 919.35)
    slope, low, high, p, outcome = first_of(uncensored(of_one_month(flow)))
    wanted = theilslopes(flow, alpha=0.95)
    assert (slope, low, high) == (wanted.slope, wanted.low_slope, wanted.high_slope)
    assert (outcome, high < 0) == ("falling", True)
    assert p < 0.001


def test_air_traffic_rose() -> None:
    passengers = real(PASSENGERS)
    assert (len(passengers), passengers.sum()) == (144, 40363)
    found = uncensored(passengers.reshape(1, 12, 12))
    corrected = pymannkendall.correlated_seasonal_test(passengers)
    assert found.p[0] == pytest.approx(corrected.p)
    assert found.slope[0] == corrected.slope
    assert found.p_independent[0] < found.p[0] < 0.01
    assert found.outcome[0] == "rising"


def test_chance_alone_is_seldom_called_a_trend() -> None:
    series = times(2000, 20_000)
    for years, most in ((5, 0.035), (10, 0.075)):
        random = np.random.default_rng(years)
        noise = random.standard_normal((series, years * 12))
        for month in range(1, years * 12):
            noise[:, month] += 0.6 * noise[:, month - 1]
        found = uncensored(noise.reshape(series, years, 12))
        assert (found.p < 0.05).mean() < most < (found.p_independent < 0.05).mean()


@pytest.mark.parametrize(
    ("years", "months", "outcome"),
    [(4, 12, "too_short"), (5, 12, "falling"), (5, 1, "falling"), (4, 1, "too_short"), (0, 12, "too_short")],
)
def test_five_years_are_needed(years: int, months: int, outcome: str) -> None:
    values = np.full((1, 8, 12), np.nan)
    values[0, :years, :months] = -np.arange(years)[:, np.newaxis]
    found = uncensored(values)
    assert found.outcome[0] == outcome
    assert found.years[0] == years
    assert found.count[0] == years * months
    assert math.isnan(found.p[0]) == math.isnan(found.slope[0]) == (outcome == "too_short")


def test_years_that_share_no_month_are_too_short() -> None:
    values = np.full((1, 12, 12), np.nan)
    values[0, np.arange(12), np.arange(12)] = np.arange(12)
    assert uncensored(values).outcome[0] == "too_short"


def test_a_matrix_of_fewer_years_or_series_than_any_answer_needs_is_answered() -> None:
    assert uncensored(np.zeros((2, 1, 12))).outcome.tolist() == ["too_short"] * 2
    assert len(uncensored(np.zeros((0, 9, 12))).p) == 0
    with pytest.raises(ValueError, match="series, years, 12"):
        uncensored(np.zeros((2, 12)))


def test_a_series_that_never_changes_has_no_trend() -> None:
    assert first_of(uncensored(np.full((1, 6, 12), 3.0))) == (0, 0, 0, 1, "none")


def test_every_outcome_is_a_word() -> None:
    found = uncensored(random_months(50, LEAST_YEARS, seed=6, missing=0.7))
    assert "too_short" in found.outcome
    assert set(found.outcome) <= set(TRENDS)


# What lies below detection.


def test_what_was_never_detected_has_no_trend_to_tell() -> None:
    values = np.ones((1, 9, 12))
    found = trends(values, values > 0)
    assert (found.outcome[0], found.below[0]) == ("too_short", 108)


def test_a_falling_detection_limit_is_no_falling_value() -> None:
    values = np.repeat(np.arange(10.0, 0, -1)[np.newaxis, :, np.newaxis], 12, axis=2)
    below = np.ones(values.shape, dtype=bool)
    below[0, :, 0] = False
    values[0, :, 0] = 0.5
    found = trends(values, below)
    assert (found.outcome[0], found.p[0], found.score[0]) == ("none", 1, 0)


def test_a_value_at_the_limit_is_above_what_lies_below_it() -> None:
    values = np.full((1, 6, 12), 2.0)
    below = np.zeros(values.shape, dtype=bool)
    below[0, 3:] = True
    found = trends(values, below)
    assert found.score[0] == -9 * 12
    below[0, 3:], values[0, 3:] = True, 2.5
    assert trends(values, below).score[0] == 0


def test_more_than_half_below_detection_leaves_the_test_and_takes_the_slope() -> None:
    values = np.ones((1, 8, 12))
    values[0, :3] = [[9], [7], [5]]
    below = values == 1
    found = trends(values, below)
    assert first_of(found)[4] == "falling"
    assert np.isnan([found.slope[0], found.low[0], found.high[0]]).all()
    below[0, 3:5] = False
    assert trends(values, below).slope[0] < 0


def censored_months(series: int, years: int, seed: int, share: float = 0.3) -> tuple[Floats, NDArray[np.bool_]]:
    """Synthetic months with two detection limits, one of the first years and a lower one later."""
    values = random_months(series, years, seed, missing=0.1)
    limit = np.nanquantile(values, share) - 2.0 * (np.arange(years) > years // 2)[:, np.newaxis]
    below = values < limit
    return np.where(below, limit, values), below


def residual_score(months: Floats, below: NDArray[np.bool_], slope: float) -> int:
    """S of what is left when a slope is taken away, pair by pair."""
    score = 0
    for month in range(12):
        column = months[:, month] - slope * np.arange(len(months))
        for i in range(len(months)):
            for j in range(i + 1, len(months)):
                one, other = column[i], column[j]
                if below[i, month] and below[j, month]:
                    continue
                if below[i, month]:
                    score += other >= one
                elif below[j, month]:
                    score -= one >= other
                else:
                    score += int(other > one) - int(one > other)
    return score


def test_the_slope_among_non_detects_leaves_no_trend_behind() -> None:
    values, below = censored_months(times(20, 60), 8, seed=7)
    found = trends(values, below)
    assert np.median(found.below) > 10
    for place, slope in enumerate(found.slope):
        step = 1e-9
        assert residual_score(values[place], below[place], slope - step) >= 0
        assert residual_score(values[place], below[place], slope + step) <= 0
        assert found.score[place] == residual_score(values[place], below[place], 0.0)
        assert found.low[place] <= slope <= found.high[place]


def test_the_ends_among_non_detects_are_where_the_score_is_at_the_edge_of_chance() -> None:
    values, below = censored_months(times(20, 60), 8, seed=8)
    found = trends(values, below)
    for place in range(len(values)):
        if found.score[place] == 0:  # p is 1 and does not tell the spread
            continue
        spread = abs(found.score[place]) / float(norm.isf(found.p[place] / 2))
        edge = 1.959964 * spread
        assert residual_score(values[place], below[place], found.low[place] - 1e-9) >= edge - 1
        assert residual_score(values[place], below[place], found.high[place] + 1e-9) <= -edge + 1


def test_the_variance_is_that_of_all_orders_in_which_the_values_could_have_come() -> None:
    level = np.array([1.0, 3.0, 2.0, 2.0, 5.0, 4.0])
    unknown = np.array([True, False, False, True, False, True])
    matrix = np.full((720, 6, 12), np.nan)
    below = np.zeros(matrix.shape, dtype=bool)
    for place, order in enumerate(permutations(range(6))):
        matrix[place, :, 0], below[place, :, 0] = level[list(order)], unknown[list(order)]
    found = trends(matrix, below)
    variance = (found.score**2).mean()
    wanted = [math.erfc(abs(score) / math.sqrt(2 * variance)) for score in found.score]
    assert found.p == pytest.approx(wanted)


def test_series_without_non_detects_are_the_same_beside_those_that_have_some() -> None:
    values, below = censored_months(4, 8, seed=9)
    plain = random_months(4, 8, seed=10, missing=0.1)
    together = trends(np.concatenate((values, plain)), np.concatenate((below, np.zeros(plain.shape, dtype=bool))))
    assert together.slope.tolist() == [*trends(values, below).slope, *uncensored(plain).slope]


# What must hold whatever the numbers.

matrices = arrays(np.float64, (3, 6, 12), elements=st.integers(0, 20).map(float) | st.just(math.nan))
masks = arrays(np.bool_, (3, 6, 12))
NUMBERS = ("slope", "low", "high", "p", "p_independent", "score")


def all_of(found: Trends) -> list[list[float]]:
    return [getattr(found, name).tolist() for name in NUMBERS]


def same(one: list[list[float]], other: list[list[float]]) -> None:
    np.testing.assert_array_equal(one, other)


@settings(max_examples=times(30, 300))
@given(matrices, masks, st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-9, 9))
def test_another_unit_scales_slopes_and_another_zero_changes_nothing(
    values: Floats, below: NDArray[np.bool_], factor: float, shift: int
) -> None:
    found, moved = trends(values, below), trends(values * factor + shift, below)
    assert found.outcome.tolist() == moved.outcome.tolist()
    for name in ("slope", "low", "high"):
        assert getattr(moved, name) == pytest.approx(getattr(found, name) * factor, nan_ok=True)
    same(all_of(found)[3:], all_of(moved)[3:])


@settings(max_examples=times(30, 300))
@given(matrices, masks)
def test_time_run_backwards_turns_the_trend_round(values: Floats, below: NDArray[np.bool_]) -> None:
    found, back = trends(values, below), trends(values[:, ::-1], below[:, ::-1])
    assert (-back.score).tolist() == found.score.tolist()
    same([back.p.tolist(), (-back.slope).tolist()], [found.p.tolist(), found.slope.tolist()])
    same([(-back.high).tolist(), (-back.low).tolist()], [found.low.tolist(), found.high.tolist()])
    turned = {"falling": "rising", "rising": "falling"}
    assert [turned.get(each, each) for each in back.outcome] == found.outcome.tolist()


@settings(max_examples=times(30, 300))
@given(matrices, masks, st.permutations(range(3)), st.permutations(range(12)))
def test_the_order_of_series_and_of_months_within_a_year_changes_nothing(
    values: Floats, below: NDArray[np.bool_], series: list[int], months: list[int]
) -> None:
    found = all_of(trends(values, below))
    mixed = all_of(trends(values[series][:, :, months], below[series][:, :, months]))
    same([[column[each] for each in series] for column in found], mixed)


@settings(max_examples=times(30, 300))
@given(matrices, masks)
def test_years_without_values_before_and_after_change_nothing(values: Floats, below: NDArray[np.bool_]) -> None:
    around = ((0, 0), (2, 3), (0, 0))
    padded = trends(np.pad(values, around, constant_values=math.nan), np.pad(below, around, constant_values=True))
    same(all_of(trends(values, below)), all_of(padded))

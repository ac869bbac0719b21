"""Means of samples below detection: Kaplan and Meier's equals lifelines', the annual average is Article 5's."""

import numpy as np
import pytest
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_lcd, load_nh4
from lifelines.utils import restricted_mean_survival_time
from numpy.typing import NDArray

from mendmap.assess.censored import Means, annual_average, kaplan_meier

Floats = NDArray[np.float64]
Sample = tuple[float, bool]  # a value, or the limit that it lies below


def rows(*groups: list[Sample]) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.int64]]:
    """Groups of samples as arrays; what is not to be looked at is NaN."""
    flat = [each for group in groups for each in group]
    level = np.array([each[0] for each in flat], dtype=np.float64)
    below = np.array([each[1] for each in flat], dtype=bool)
    offsets = np.cumsum([0, *(len(group) for group in groups)])
    return np.where(below, np.nan, level), np.where(below, level, np.nan), below, offsets


def samples(text: str) -> list[Sample]:
    """Samples from words such as <1 2 3."""
    return [(float(each.lstrip("<")), each.startswith("<")) for each in text.split()]


def one(found: Means) -> tuple[float, float, float]:
    return float(found.mean[0]), float(found.low[0]), float(found.high[0])


def by_lifelines(group: list[Sample]) -> float:
    """The mean of flipped samples, the highest limit and the lowest being the ends of their lives."""
    level = np.array([each[0] for each in group])
    flipped = level.max() - level
    fitted = KaplanMeierFitter().fit(flipped, [not each[1] for each in group])
    return float(level.max() - restricted_mean_survival_time(fitted, t=flipped.max()))


def random_groups(count: int, seed: int) -> list[list[Sample]]:
    """Synthetic samples of 2 to 40 with up to three detection limits, and ties; each group has some that were found."""
    random = np.random.default_rng(seed)
    groups = []
    for _ in range(count):
        level = np.round(random.lognormal(2, 0.7, random.integers(2, 40)))
        limit = random.choice(np.round(random.lognormal(1.8, 0.5, 3)), len(level))
        below = level < limit
        below[0] = False
        groups.append([(float(x), bool(b)) for x, b in zip(np.where(below, limit, level), below, strict=True)])
    return groups


def test_random_groups_equal_lifelines() -> None:
    groups = random_groups(times(60, 1000), seed=1)
    found = kaplan_meier(*rows(*groups))
    assert found.mean == pytest.approx([by_lifelines(group) for group in groups])
    assert 0 < (found.below == 0).sum() < (found.below > 0).sum()


@pytest.mark.parametrize("zone", ["alluvial_fan", "basin_trough"])
def test_copper_in_ground_water_equal_lifelines(zone: str) -> None:
    table = load_lcd()
    table = table[table["group"] == zone]
    group = [(float(t), not e) for t, e in zip(table["T"], table["E"], strict=True)]
    found = kaplan_meier(*rows(group))
    assert found.below[0] > 10
    assert found.mean[0] == pytest.approx(by_lifelines(group))
    assert found.low[0] < found.mean[0] < found.high[0]


def test_ammonium_in_rain_equals_lifelines() -> None:
    table = load_nh4()
    group = list(zip(table["NH4.mg.per.L"].astype(float), table["Censored"].astype(bool), strict=True))
    found = kaplan_meier(*rows(group))
    assert (found.count[0], found.below[0]) == (102, sum(below for _, below in group))
    assert found.mean[0] == pytest.approx(by_lifelines(group))


@pytest.mark.parametrize(
    ("text", "mean", "low", "high"),
    [
        ("2 4 9", 5, 5, 5),
        # <5 hands its fifth to 1, 2 and 3, so that each of them has a third of four fifths.
        ("<5 1 2 3 10", 4 / 5 * 2 + 1 / 5 * 10, 16 / 5, 21 / 5),
        # The lowest is a non-detect: it counts at its limit.
        ("<1 2 3", 2, 5 / 3, 2),
        # <4 hands its third to 2 and <1, a sixth each; then <1 counts at 1.
        ("<4 <1 2", 1.5, 2 / 3, 7 / 3),
        # A sample at the limit is above what lies below it, so all of the share of <3 goes to 1.
        ("<3 3 1", (3 + 1 + 1) / 3, 4 / 3, 7 / 3),
        ("7", 7, 7, 7),
        ("5 5 5 <5", 5, 15 / 4, 5),
        ("5 5 5", 5, 5, 5),
    ],
)
def test_by_hand(text: str, mean: float, low: float, high: float) -> None:
    found = kaplan_meier(*rows(samples(text)))
    assert one(found) == pytest.approx((mean, low, high))
    assert np.isnan(found.less_than[0])


def test_where_nothing_was_detected_there_is_no_mean_but_its_ends() -> None:
    assert one(kaplan_meier(*rows(samples("<1 <3")))) == pytest.approx((np.nan, 0, 2), nan_ok=True)
    assert one(kaplan_meier(*rows(samples("<1")))) == pytest.approx((np.nan, 0, 1), nan_ok=True)


@pytest.mark.parametrize(
    ("text", "sums", "mean", "less_than"),
    [
        ("2 4 9", False, 5, np.nan),
        ("<2 4 9", False, (1 + 4 + 9) / 3, np.nan),
        ("<2 4 9", True, 13 / 3, np.nan),
        # 0.5 * 10 and 6: 5.5 is below 10.
        ("<10 6", False, 5.5, 10),
        # A sum is not spoken of by paragraph 2.
        ("<10 6", True, 3, np.nan),
        ("<1", False, 0.5, 1),
        ("<1 <3", False, 1, 3),
        ("<2 3 1", False, 5 / 3, 2),
        # At the limit it is not below it.
        ("<2 3 2", False, 2, np.nan),
    ],
)
def test_the_annual_average_is_that_of_article_5(text: str, sums: bool, mean: float, less_than: float) -> None:
    found = annual_average(*rows(samples(text)), sums=sums)
    assert found.mean[0] == pytest.approx(mean)
    assert found.less_than[0] == pytest.approx(less_than, nan_ok=True)
    assert found.low[0] <= found.mean[0] <= found.high[0]


def test_some_groups_may_be_sums_and_others_not() -> None:
    group = samples("<2 4")
    found = annual_average(*rows(group, [], group), sums=np.array([True, False, False]))
    assert found.mean.tolist() == pytest.approx([2, np.nan, 2.5], nan_ok=True)


@pytest.mark.parametrize("mean_of", [kaplan_meier, annual_average])
def test_a_group_without_samples_has_no_mean_and_takes_none_from_its_neighbours(mean_of: object) -> None:
    assert callable(mean_of)
    found = mean_of(*rows([], samples("1 <2 4"), [], [], samples("3"), []))
    assert found.count.tolist() == [0, 3, 0, 0, 1, 0]
    assert found.below.tolist() == [0, 1, 0, 0, 0, 0]
    assert np.isnan(found.mean).tolist() == [True, False, True, True, False, True]
    assert found.mean[4] == 3
    assert len(mean_of(*rows()).mean) == 0


@pytest.mark.parametrize("mean_of", [kaplan_meier, annual_average])
def test_a_number_that_is_not_known_is_not_made_up(mean_of: object) -> None:
    assert callable(mean_of)
    for text in ("nan 2 <1", "1 2 <nan 5 <3"):
        found = mean_of(*rows(samples(text), samples("1 <2 3")))
        assert np.isnan(found.mean).tolist() == [True, False]


def test_offsets_that_leave_rows_out_are_refused() -> None:
    value, limit, below, _ = rows(samples("1 2 3"))
    for offsets in ([0, 2], [1, 3], [0, 4]):
        with pytest.raises(ValueError, match="offsets"):
            kaplan_meier(value, limit, below, np.array(offsets))


sample = st.tuples(st.integers(1, 12).map(float), st.booleans())
groups_of_samples = st.lists(st.lists(sample, max_size=20), min_size=1, max_size=6)


@settings(max_examples=times(60, 300))
@given(groups_of_samples, st.data())
def test_neither_the_order_of_samples_nor_the_groups_beside_matter(
    groups: list[list[Sample]], data: st.DataObject
) -> None:
    mixed = [data.draw(st.permutations(group)) for group in groups]
    for mean_of in (kaplan_meier, annual_average):
        found = mean_of(*rows(*groups))
        assert mean_of(*rows(*mixed)).mean == pytest.approx(found.mean, nan_ok=True)
        alone = [mean_of(*rows(group)).mean[0] for group in groups]
        np.testing.assert_array_equal(found.mean, alone)


@settings(max_examples=times(60, 300))
@given(groups_of_samples, st.sampled_from([0.25, 8.0]))
def test_means_lie_between_their_ends_and_go_with_the_unit(groups: list[list[Sample]], factor: float) -> None:
    scaled = [[(each * factor, below) for each, below in group] for group in groups]
    for mean_of in (kaplan_meier, annual_average):
        found, other = mean_of(*rows(*groups)), mean_of(*rows(*scaled))
        known = ~np.isnan(found.mean)
        assert (found.low <= found.mean)[known].all() and (found.mean <= found.high)[known].all()
        for name in ("mean", "low", "high", "less_than"):
            np.testing.assert_array_equal(getattr(other, name), getattr(found, name) * factor)


@settings(max_examples=times(60, 300))
@given(st.lists(sample, min_size=1, max_size=20))
def test_a_group_equals_lifelines(group: list[Sample]) -> None:
    if not all(below for _, below in group):
        assert kaplan_meier(*rows(group)).mean[0] == pytest.approx(by_lifelines(group))

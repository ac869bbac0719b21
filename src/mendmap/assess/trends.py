"""Whether a series falls or rises over years, and how fast: Mann and Kendall's seasonal test, and Sen's slope.

All series of a matrix of months are done at once. Each calendar month is compared with itself in other years, so the
course of the year is no trend. The test and the variance come from the order of pairs alone:

- A pair of years (i, j) of one month has order +1, 0 or -1; S is their sum. A missing value has no order, and neither
  has a pair that a detection limit leaves open (Helsel, Statistics for Censored Environmental Data, 2012, chapter 12).
- With d(i, j) the order summed over the months, and t(i) the sum of d(i, j) over j, the variance of S is
  (sum of d(i, j)^2 over pairs + sum of t(i)^2 over years) / 3. It is the sum of Hirsch and Slack's covariances (Water
  Resources Research 20, 1984, p. 727, from Dietz and Killeen, 1981), with gaps as they treat them; worked out month
  by month instead it is Kendall's variance corrected for ties, which takes months for independent of each other.

Not here: how months are made of readings (``statistics``), and changes between two periods (``compare``).
"""

from dataclasses import dataclass, fields
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from mendmap.assess.model import Floats

ALPHA = 0.05  # two-sided
# If all months of a year moved together, a series of n years would be a sample of n, and the steadiest rise would come
# about by chance in 2 of n! orders: 1 in 12 for four years, 1 in 60 for five. Below ten years the corrected test finds
# less than it could, and errs on no other side: of series without a trend it called 2 to 3 in 100 of five years, and 4
# to 6 in 100 of ten, where a month's correlation with the next was 0.6 or less.
LEAST_YEARS = 5
LEAST_PAIRS = 10  # as many as five yearly samples have
_SOME = 1 << 18  # pairs at a time: they stay near the processor, and memory does not grow with the series


@dataclass(frozen=True, slots=True)
class Trends:
    """A value per series. ``slope`` with ``low`` and ``high``, the ends of its 95 % interval, is in the values' unit a
    year; NaN where it is not known, as is an end that the pairs do not bound.

    ``p`` is two-sided and corrected for serial correlation between months; ``p_independent`` is not. ``outcome`` is a
    word of vocabulary.TRENDS, by ``p`` and the sign of ``score``, which is S. Where it is ``too_short`` numbers are NaN
    and the score is 0. ``count`` is of the values, ``below`` of those below detection, ``years`` of the calendar years
    that hold values.
    """

    slope: Floats
    low: Floats
    high: Floats
    p: Floats
    p_independent: Floats
    score: Floats
    outcome: NDArray[np.str_]
    count: NDArray[np.int64]
    below: NDArray[np.int64]
    years: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Measured:
    slope: Floats
    low: Floats
    high: Floats
    p: Floats
    p_independent: Floats
    score: Floats


def trends(values: Floats, below: NDArray[np.bool_]) -> Trends:
    """The trend of each series of a matrix of months, [series, years, 12], calendar years in order.

    ``values`` are NaN where there is none; ``below`` tells those that are a detection limit, below which the true
    value lies somewhere. Two of them have no order; one and a value have where the value is at the limit or above.

    A series is too short with values in fewer than ``LEAST_YEARS`` years, or with fewer than ``LEAST_PAIRS`` pairs of
    a month in two years, one of them a value. Raises ValueError where the matrices have another shape.
    """
    if values.ndim != 3 or values.shape[2] != 12 or below.shape != values.shape:
        raise ValueError(f"not [series, years, 12] twice: {values.shape} and {below.shape}")
    given = ~np.isnan(values)
    below = below & given
    years = given.any(axis=2).sum(axis=1)
    pairs = (_pairs(given.sum(axis=1)) - _pairs(below.sum(axis=1))).sum(axis=1)
    enough = (years >= LEAST_YEARS) & (pairs >= LEAST_PAIRS)
    numbers = {each.name: np.full(len(values), np.nan) for each in fields(_Measured)}
    numbers["score"][:] = 0
    censored = below.any(axis=(1, 2))
    step = max(1, _SOME // max(1, values[:1].size * (values.shape[1] - 1) // 2))
    for chosen in (np.flatnonzero(enough & ~censored), np.flatnonzero(enough & censored)):
        for at in range(0, len(chosen), step):
            rows = chosen[at : at + step]
            found = _measured(values[rows], below[rows])
            for name, column in numbers.items():
                column[rows] = getattr(found, name)
    outcome = directions(numbers["score"], numbers["p"], enough)
    return Trends(**numbers, outcome=outcome, count=given.sum(axis=(1, 2)), below=below.sum(axis=(1, 2)), years=years)


def directions(sign: Floats, p: Floats, enough: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Words of vocabulary.TRENDS, by a change's sign and its two-sided p."""
    told = [~enough, (p < ALPHA) & (sign < 0), (p < ALPHA) & (sign > 0)]
    return np.select(told, ["too_short", "falling", "rising"], "none")


def _pairs(count: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many pairs there are of so many."""
    return count * (count - 1) // 2


def _measured(values: Floats, below: NDArray[np.bool_]) -> _Measured:
    """The numbers of a few series; all of them have values below detection, or none has."""
    earlier, later = np.triu_indices(values.shape[1], 1)
    order = _order(values, below, earlier, later)
    incidence = np.zeros((values.shape[1], len(later)), dtype=np.float32)
    incidence[later, np.arange(len(later))] = 1
    incidence[earlier, np.arange(len(earlier))] = -1
    together = order.sum(axis=2, dtype=np.float32)
    score = together.sum(axis=1, dtype=np.float64)
    # Whole numbers, so that nothing is lost until they are divided.
    correlated = (_squares(together) + _squares(together @ incidence.T)) / 3
    independent = (_squares(order) + _squares(incidence @ order)) / 3
    with np.errstate(divide="ignore", invalid="ignore"):
        # Corrected for continuity only without serial correlation, as in pymannkendall.
        p = _two_sided(score / np.sqrt(correlated))
        p_independent = _two_sided(np.sign(score) * (np.abs(score) - 1) / np.sqrt(independent))
    slope, low, high = _sen(values, below, earlier, later, np.sqrt(correlated))
    return _Measured(slope, low, high, p, p_independent, score)


def _order(
    values: Floats, below: NDArray[np.bool_], earlier: NDArray[np.int64], later: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The order of each pair of years in each month, [series, pairs, 12]."""
    least = np.where(below, -np.inf, values)
    # Just below the limit, since a value at the limit is above what lies below it.
    most = np.where(below, np.nextafter(values, -np.inf), values)
    rises = least[:, later] > most[:, earlier]
    falls = least[:, earlier] > most[:, later]
    return np.subtract(rises, falls, dtype=np.float32)


def _squares(numbers: NDArray[np.float32]) -> Floats:
    """The sum of squares of each series."""
    flat = numbers.reshape(len(numbers), -1)
    found: Floats = np.einsum("ij,ij->i", flat, flat, dtype=np.float64)
    return found


def _two_sided(z: Floats) -> Floats:
    """The probability that a standard normal deviate is at least as far from 0; 1 where z is none, since a series that
    has no variance has no change either."""
    return np.array([erfc(each) for each in (np.abs(np.nan_to_num(z)) / sqrt(2)).tolist()])


def _sen(
    values: Floats, below: NDArray[np.bool_], earlier: NDArray[np.int64], later: NDArray[np.int64], spread: Floats
) -> tuple[Floats, Floats, Floats]:
    """Sen's slope and the ends of its interval, a value per series; ``spread`` is the standard deviation of S.

    The slope is the median of the pairs' slopes, and the ends are slopes of the ranks that S at the edge of chance
    leaves (Gilbert, Statistical Methods for Environmental Pollution Monitoring, 1987, p. 227; rounded as by SciPy).

    With values below detection it is the slope without which S would be nought (Akritas, Murphy and LaValley, Journal
    of the American Statistical Association 90, 1995, p. 170). Each pair is entered twice. Where the earlier is below
    detection the true slope is the one up to the limit or any steeper one: entered as that and as infinity; where the
    later is, as that and as minus infinity. The median of all is then that slope. It is not given where more than half
    of the values lie below detection.
    """
    with np.errstate(invalid="ignore"):
        slopes = (values[:, later] - values[:, earlier]) / (later - earlier)[:, np.newaxis]
    copies = 1
    if below.any():
        copies = 2
        before, after = below[:, earlier], below[:, later]
        slopes[before & after] = np.nan
        steepest = np.where(before, np.inf, np.where(after, -np.inf, slopes))
        steepest[np.isnan(slopes)] = np.nan
        slopes = np.concatenate((slopes, steepest), axis=1)
    # What is NaN goes to the end.
    ranked = np.sort(slopes.reshape(len(slopes), -1), axis=1)
    pairs = np.count_nonzero(~np.isnan(ranked), axis=1) // copies
    chance = NormalDist().inv_cdf(1 - ALPHA / 2) * spread
    first = np.maximum(np.round((pairs - chance) / 2).astype(np.int64) - 1, 0)
    last = np.minimum(np.round((pairs + chance) / 2).astype(np.int64), pairs - 1)
    with np.errstate(invalid="ignore"):
        slope = (_at(ranked, (copies * pairs - 1) // 2) + _at(ranked, copies * pairs // 2)) / 2
    low, high = _at(ranked, copies * first), _at(ranked, copies * last + copies - 1)
    # No slope is steep enough to be beyond chance.
    low, high = (np.where(chance > pairs, np.nan, each) for each in (low, high))
    unknown = 2 * below.sum(axis=(1, 2)) > np.count_nonzero(~np.isnan(values), axis=(1, 2))
    slope, low, high = (np.where(unknown | np.isinf(each), np.nan, each) for each in (slope, low, high))
    return slope, low, high


def _at(ranked: Floats, place: NDArray[np.int64]) -> Floats:
    """The element at a place of each row."""
    found: Floats = np.take_along_axis(ranked, place[:, np.newaxis], axis=1)[:, 0]
    return found

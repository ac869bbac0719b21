"""How much a series has changed from one period to another, the same calendar months compared.

Of each calendar month that holds values in both windows the mean of either is taken, so that neither a missing winter
nor a longer window weighs on the change. All series of a matrix of months are done at once.

Not here: trends (``trends``), and which windows a work asks for (its dates are the caller's).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray

from mendmap.assess.model import Floats
from mendmap.assess.trends import ALPHA, directions

Months = NDArray[np.int64]
LEAST_MONTHS = 3  # a spread of two differences says next to nothing: their interval is 12.7 standard errors wide
_ROUNDING = 1e-12  # a difference that is less of the values than this is what arithmetic leaves of none


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of months per series, ``first`` up to but not including ``end``, counted from January of the matrix's
    first year; empty where ``end`` is not after ``first``."""

    first: Months
    end: Months


@dataclass(frozen=True, slots=True)
class Comparison:
    """A value per series. ``before`` and ``after`` are means of the shared calendar months' means, ``change`` is the
    difference, ``low`` and ``high`` are the ends of its 95 % interval, all in the values' unit; ``p`` is two-sided.

    ``outcome`` is a word of vocabulary.TRENDS. With fewer than ``LEAST_MONTHS`` calendar months shared it is
    ``too_short``, and change, ends and p are NaN. ``months`` counts the calendar months shared, ``count`` the
    values of both windows in them, ``below`` those of them that lie below detection.
    """

    before: Floats
    after: Floats
    change: Floats
    low: Floats
    high: Floats
    p: Floats
    outcome: NDArray[np.str_]
    months: NDArray[np.int64]
    count: NDArray[np.int64]
    below: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Monthly:
    """Of each series and calendar month, [series, 12]: the mean of a window's values, how far what lies below
    detection leaves it open to either side, and how many values and non-detects there are."""

    mean: Floats
    leeway: Floats
    count: NDArray[np.int64]
    below: NDArray[np.int64]


def around(months: int, begun: Months, finished: Months) -> tuple[Window, Window]:
    """The windows before and after works that began and finished in these months of a matrix of so many months; the
    months of the works themselves are in neither."""
    return Window(np.zeros_like(begun), begun), Window(finished + 1, np.full_like(finished, months))


def baseline(values: Floats, lengths: Sequence[int] = (36, 24, 12)) -> tuple[Window, Window]:
    """The first months of each series and the latest as many, from its first month with a value to its last: the
    longest of ``lengths`` that fits in twice. Where none does, both windows are empty."""
    given = ~np.isnan(values.reshape(len(values), -1))
    first = given.argmax(axis=1)
    end = np.where(given.any(axis=1), given.shape[1] - given[:, ::-1].argmax(axis=1), first)
    length = np.max([np.where(2 * each <= end - first, each, 0) for each in lengths], axis=0)
    return Window(first, first + length), Window(end - length, end)


def compare(values: Floats, below: NDArray[np.bool_], before: Window, after: Window) -> Comparison:
    """The change of each series of a matrix of months, [series, years, 12], from one window to another.

    ``values`` are NaN where there is none; ``below`` tells those that are a detection limit, below which the true
    value lies, from nought up. They count as half of it, the middle of what they leave open.

    The interval is Student's, of paired differences of calendar months, one degree of freedom fewer than there are
    months. It takes months for independent. Of series without a change it called 5 in 100 changed where they are, but
    14 where a month correlates with the next by 0.3, and 35 where by 0.6: there the trend is the better witness. It is
    then widened on either side by as much as the change would move with all non-detects of one window at
    nought and those of the other at their limits, and p is that of the nearest change to none which they allow.
    """
    one, other = _monthly(values, below, before), _monthly(values, below, after)
    shared = (one.count > 0) & (other.count > 0)
    months = shared.sum(axis=1)
    enough = months >= LEAST_MONTHS
    difference = np.where(shared, other.mean - one.mean, 0)
    difference[np.abs(difference) <= _ROUNDING * (np.abs(one.mean) + np.abs(other.mean))] = 0
    change = np.where(enough, _mean(difference, shared), np.nan)
    deviation = np.where(shared, difference - change[:, np.newaxis], 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((deviation**2).sum(axis=1) / (months - 1) / months)
        leeway = _mean(one.leeway + other.leeway, shared)
        least = np.maximum(np.abs(change) - leeway, 0)
        steps = np.where(least > 0, least / error, 0)
    width = np.full(len(months), np.nan)
    p = np.full(len(months), np.nan)
    for freedom in range(LEAST_MONTHS - 1, 12):
        rows = months == freedom + 1
        width[rows] = students_quantile(freedom) * error[rows] + leeway[rows]
        p[rows] = beyond(steps[rows], freedom)
    return Comparison(
        before=_mean(one.mean, shared),
        after=_mean(other.mean, shared),
        change=change,
        low=change - width,
        high=change + width,
        p=p,
        outcome=directions(change, p, enough),
        months=months,
        count=((one.count + other.count) * shared).sum(axis=1),
        below=((one.below + other.below) * shared).sum(axis=1),
    )


def covered(before: Floats, now: Floats, limit: Floats) -> Floats:
    """The share of the way from ``before`` down to ``limit`` that has been covered: 1 at the limit, more below it,
    less than nought where things got worse; NaN where ``before`` was at the limit or below it already."""
    way = before - limit
    found: Floats = (before - now) / np.where(way > 0, way, np.nan)
    return found


def beyond(distance: Floats, freedom: int) -> Floats:
    """The probability that Student's t of whole degrees of freedom is at least so far from 0 (Abramowitz and Stegun,
    Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4)."""
    angle = np.arctan(distance / sqrt(freedom))
    odd = freedom % 2
    term = np.cos(angle) if odd else np.ones_like(angle)
    total = np.zeros_like(angle)
    for power in range(1 + odd, freedom, 2):
        total = total + term
        term = term * np.cos(angle) ** 2 * power / (power + 1)
    total = total * np.sin(angle)
    within = 2 / pi * (angle + total) if odd else total
    # Rounding could leave less than nothing.
    found: Floats = np.maximum(1 - within, 0)
    return found


@cache
def students_quantile(freedom: int) -> float:
    """How far from 0 Student's t of whole degrees of freedom is in ``ALPHA`` of all cases."""
    near, far = 0.0, 16.0
    # The far end is beyond it for one degree of freedom already; each step gives another bit.
    for _ in range(60):
        middle = (near + far) / 2
        near, far = (middle, far) if beyond(np.array([middle]), freedom)[0] > ALPHA else (near, middle)
    return far


def _monthly(values: Floats, below: NDArray[np.bool_], window: Window) -> _Monthly:
    """A window's values by calendar month."""
    month = np.arange(values.shape[1] * 12)
    within = (month >= window.first[:, np.newaxis]) & (month < window.end[:, np.newaxis])
    within = within.reshape(values.shape) & ~np.isnan(values)
    unknown = within & below
    count = within.sum(axis=1)
    half = np.where(unknown, values / 2, 0)
    rows = np.maximum(count, 1)
    mean = (np.where(within, values, 0) - half).sum(axis=1) / rows
    return _Monthly(mean, half.sum(axis=1) / rows, count, unknown.sum(axis=1))


def _mean(monthly: Floats, shared: NDArray[np.bool_]) -> Floats:
    """The mean over the calendar months shared; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        found: Floats = np.where(shared, monthly, 0).sum(axis=1) / shared.sum(axis=1)
    return found

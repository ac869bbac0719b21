"""Means of samples of which some lie below detection: Kaplan and Meier's, and the annual average of European law.

Many groups of samples are done at once: they are rows one after another, a group's being ``offsets[g]`` up to but not
including ``offsets[g + 1]``. ``value`` is the sample's and ``limit``, where ``below`` is set, the limit that it lies
below; what the other of the two holds is not looked at. A number that is not known (NaN) makes its group's means NaN.
Concentrations are meant: what lies below a limit is from nought up to it. What a group gives does not depend on the
groups beside it.

Not here: which samples make a group, and what an average is held against (``rules``).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendmap.assess.model import Floats

Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Means:
    """A value per group, in the samples' unit. ``low`` and ``high`` are the mean with all that lies below detection at
    nought and at its limit. ``less_than``, of an annual average only, is the limit of quantification that it must be
    given as less than; NaN where it may stand. ``count`` is of the samples, ``below`` of those below detection. A group
    without samples has NaN and 0."""

    mean: Floats
    low: Floats
    high: Floats
    less_than: Floats
    count: NDArray[np.int64]
    below: NDArray[np.int64]


def kaplan_meier(value: Floats, limit: Floats, below: NDArray[np.bool_], offsets: Offsets) -> Means:
    """The mean by Kaplan and Meier, who need no value for what lies below detection.

    Each non-detect hands its share on to all samples below its limit in equal parts (Efron 1967: the same as flipping
    the samples and multiplying chances of survival, as Helsel does, 2012, chapter 6). A sample at a limit is above
    what lies below it. Where the lowest is itself a non-detect nothing is left to take its share, and it counts at its
    limit (Efron's correction; the restricted mean of lifelines up to there); the mean then is rather high, at
    most ``high``. NaN where nothing was detected: there is no distribution to estimate.
    """
    least, most, count, unknown = _ends(value, limit, below, offsets)
    mean = most.copy()
    some = np.flatnonzero((unknown > 0) & (unknown < count))
    level = np.where(below, limit, value)
    # Groups of about the same size at a time, so that no matrix is more than half empty.
    width = 1 << np.ceil(np.log2(count[some])).astype(np.int64)
    for each in np.unique(width):
        groups = some[width == each]
        mean[groups] = _redistributed(level, below, offsets[groups], count[groups], int(each))
    mean[unknown == count] = np.nan
    # Rounding alone could put it beyond an end that it equals.
    mean = np.clip(mean, least, most)
    return Means(mean, least, most, np.full(len(count), np.nan), count, unknown)


def annual_average(
    value: Floats, limit: Floats, below: NDArray[np.bool_], offsets: Offsets, sums: bool | NDArray[np.bool_] = False
) -> Means:
    """The mean by Article 5 of Directive 2009/90/EC.

    Paragraph 1: what lies below the limit of quantification counts as half of it. Paragraph 3: not where the parameter
    is the sum of a group of substances, told by ``sums`` for all groups or each; there it counts as nought. Paragraph
    2: a mean of results set by paragraph 1 that is below the limit of quantification is "less than" it; of several
    limits the highest is taken, since the statement is then true of all samples that it stands for.
    """
    least, most, count, unknown = _ends(value, limit, below, offsets)
    summed = np.broadcast_to(np.asarray(sums), count.shape)
    mean = np.where(summed, least, _mean(np.where(below, limit / 2, value), offsets))
    highest = _of_groups(np.maximum, np.where(below, limit, -np.inf), offsets, -np.inf)
    less_than = np.where(~summed & (mean < highest), highest, np.nan)
    return Means(mean, least, most, less_than, count, unknown)


def _ends(
    value: Floats, limit: Floats, below: NDArray[np.bool_], offsets: Offsets
) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.int64]]:
    """The mean with non-detects at nought, that at their limit, how many samples and how many non-detects."""
    if not len(value) == len(limit) == len(below) or offsets[0] != 0 or offsets[-1] != len(value):
        raise ValueError(f"offsets from {offsets[0]} to {offsets[-1]} of {len(value)}, {len(limit)}, {len(below)} rows")
    unknown = _of_groups(np.add, below.astype(np.int64), offsets, 0)
    least = _mean(np.where(below, 0.0, value), offsets)
    return least, _mean(np.where(below, limit, value), offsets), np.diff(offsets), unknown


def _mean(numbers: Floats, offsets: Offsets) -> Floats:
    """The mean of each group; NaN for one without rows."""
    with np.errstate(invalid="ignore"):
        return _of_groups(np.add, numbers, offsets, 0.0) / np.diff(offsets)


def _of_groups(operation: np.ufunc, numbers: NDArray[Any], offsets: Offsets, empty: float) -> NDArray[Any]:
    """An operation over the rows of each group; ``empty`` for one without rows."""
    found = np.full(len(offsets) - 1, empty, dtype=numbers.dtype)
    filled = np.diff(offsets) > 0
    if filled.any():
        found[filled] = operation.reduceat(numbers, offsets[:-1][filled])
    return found


def _redistributed(
    level: Floats, below: NDArray[np.bool_], start: Offsets, count: NDArray[np.int64], width: int
) -> Floats:
    """Kaplan and Meier's mean of groups that have at most ``width`` samples each, some below detection and some not."""
    place = np.arange(width)
    there = place < count[:, np.newaxis]
    rows = np.minimum(start[:, np.newaxis] + place, len(level) - 1)
    unknown = below[rows] & there
    levels = np.where(there, level[rows], np.nan)
    # A non-detect comes before a sample at its limit, and what is not there comes last.
    order = np.argsort(np.where(unknown, np.nextafter(levels, -np.inf), levels), axis=1)
    levels = np.where(there, np.take_along_axis(levels, order, axis=1), 0)
    unknown = np.take_along_axis(unknown, order, axis=1)
    # The sample at place k has k others below it: as a non-detect it makes each of them (k + 1) / k of what it was.
    handed = np.where(unknown & (place > 0), (place + 1) / np.maximum(place, 1), 1.0)
    from_above = np.ones(handed.shape)
    from_above[:, :-1] = np.cumprod(handed[:, :0:-1], axis=1)[:, ::-1]
    share = np.where(there & (~unknown | (place == 0)), from_above, 0) / count[:, np.newaxis]
    found: Floats = (share * levels).sum(axis=1)
    return found

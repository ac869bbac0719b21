"""The points of a drawing: one for each reading that has a value, thinned where there are too many to see apart.

Thinning keeps of every pixel column the first, the least, the greatest and the last reading, of each kind for itself
(M4: Jugel, Jerzak, Hackenbroich and Markl, VLDB 2014), so the line covers the same pixels as with all of them. It is
for drawings only; no other answer is ever thinned.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# Kinds of points. Only the first are joined by a line.
VALUE, BELOW, ABOVE, INVALID = range(4)
# The columns of readings that a drawing is made of.
COLUMNS = ("start", "end", "qualifier", "canonical_value", "quality", "source", "samples")


@dataclass(frozen=True, slots=True)
class Points:
    """Readings in time order: ``start`` and ``end`` in seconds since 1970 in UTC, ``value`` in the canonical unit (the
    limit of a non-detect), ``kind``, and ``run``: two values of the same run have no gap between them. ``qualifier``,
    ``quality`` and ``source`` are places in ``Seen.words``; ``samples`` is how many values each was made of, NaN where
    nobody says."""

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    value: NDArray[np.float64]
    kind: NDArray[np.int64]
    run: NDArray[np.int64]
    qualifier: NDArray[np.int64]
    quality: NDArray[np.int64]
    source: NDArray[np.int64]
    samples: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)

    def at(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "Points":
        """Some of the points."""
        return Points(*(getattr(self, each.name)[chosen] for each in fields(self)))

    @property
    def middle(self) -> NDArray[np.float64]:
        """Where a point is drawn: an average stands in the middle of its time."""
        return (self.start + self.end) / 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of all readings, thinned or not. ``least``, ``greatest`` and ``last`` are of ``valued`` readings
    (with a value of their own); ``gaps`` counts the places where readings are missing."""

    count: int
    missing: int
    valued: int
    below: int
    above: int
    invalid: int
    gaps: int
    points: Points
    thinned: bool
    last: tuple[float, float, float] | None  # its start, end and value
    words: tuple[str, ...] = ()


def gather(batches: Iterable[pa.RecordBatch], first: float, last: float, columns: int, step: float | None) -> Seen:
    """Reads batches with ``COLUMNS``, of one series in time order, into points between ``first`` and ``last`` (in
    seconds), thinned to ``columns`` where there are more than two readings to a column.

    ``step`` is the averaging time in seconds: where readings begin more than one and a half of it apart, the line is
    broken. None, for samples, never joins two. Memory follows the columns, not the readings.
    """
    parts: list[Points] = []
    count = missing = runs = gaps = 0
    kinds = np.zeros(4, dtype=np.int64)
    newest: tuple[float, float, float] | None = None
    before: float | None = None  # the start of the last value of its own
    latest: float | None = None  # and of the last point of any kind
    words: dict[str, int] = {}
    held = 0
    for batch in batches:
        count += batch.num_rows
        points = _points(batch, words)
        missing += batch.num_rows - len(points)
        kinds += np.bincount(points.kind, minlength=4)
        if len(points):
            gaps += int(_apart(points.start, latest, step).sum())
            latest = float(points.start[-1])
        values = points.kind == VALUE
        if values.any():
            starts = points.start[values]
            points.run[values] = runs + np.cumsum(_apart(starts, before, step))
            before, runs = float(starts[-1]), int(points.run[values][-1])
            newest = (before, float(points.end[values][-1]), float(points.value[values][-1]))
        parts.append(points)
        held += len(points)
        # Thinned as they come: the least of the leasts is the least of all.
        if held > 20 * columns:
            parts = [thinned(_joined(parts), first, last, columns)]
            held = len(parts[0])
    points = _joined(parts)
    many = int(kinds.sum()) > 2 * columns
    kept = thinned(points, first, last, columns) if many else points
    valued, below, above, invalid = map(int, kinds)
    gaps = 0 if step is None else max(0, gaps - 1)
    return Seen(count, missing, valued, below, above, invalid, gaps, kept, many, newest, tuple(words))


def thinned(points: Points, first: float, last: float, columns: int) -> Points:
    """The first, least, greatest and last of each kind in each of ``columns`` equal stretches of time."""
    if not len(points):
        return points
    wide = max(last - first, 1.0) / columns
    group = np.clip((points.middle - first) // wide, 0, columns - 1).astype(np.int64) * 4 + points.kind
    by_time, by_value = np.argsort(group, kind="stable"), np.lexsort((points.value, group))
    edge = np.flatnonzero(np.diff(group[by_time])) + 1
    begins, ends = np.append(0, edge), np.append(edge, len(group)) - 1
    kept = np.unique(np.concatenate([order[each] for order in (by_time, by_value) for each in (begins, ends)]))
    return points.at(kept)


def _apart(starts: NDArray[np.float64], before: float | None, step: float | None) -> NDArray[np.bool_]:
    """Where a new run begins: at the first value of all, and after each gap."""
    found = np.ones(len(starts), dtype=bool)
    if step is not None:
        previous = starts[0] - 2 * step if before is None else before
        found = np.diff(starts, prepend=previous) > 1.5 * step
    return found


def _points(batch: pa.RecordBatch, words: dict[str, int]) -> Points:
    """The readings of a batch that have a value; words that are new get their place."""
    batch = batch.filter(pc.is_valid(batch["canonical_value"]))
    start, end = (_seconds(batch[name]) for name in ("start", "end"))
    value = batch["canonical_value"].to_numpy(zero_copy_only=False).astype(np.float64)
    invalid, below, above = (
        pc.fill_null(pc.equal(batch[name], word), False).to_numpy(zero_copy_only=False)
        for name, word in (("quality", "invalid"), ("qualifier", "<"), ("qualifier", ">"))
    )
    kind = np.select([invalid, below, above], [INVALID, BELOW, ABOVE], VALUE).astype(np.int64)
    samples = batch["samples"].to_numpy(zero_copy_only=False).astype(np.float64)
    qualifier, quality, source = (_coded(batch[name], words) for name in ("qualifier", "quality", "source"))
    run = np.zeros(len(value), dtype=np.int64)
    return Points(start, end, value, kind, run, qualifier, quality, source, samples)


def _coded(texts: pa.Array, words: dict[str, int]) -> NDArray[np.int64]:
    """The place of each text among the words."""
    encoded = pc.fill_null(texts, "").dictionary_encode()
    places = [words.setdefault(each, len(words)) for each in encoded.dictionary.to_pylist()]
    found: NDArray[np.int64] = np.array(places, dtype=np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]
    return found


def _seconds(moments: pa.Array) -> NDArray[np.float64]:
    micros = moments.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy(zero_copy_only=False)
    found: NDArray[np.float64] = micros / 1e6
    return found


def _joined(parts: list[Points]) -> Points:
    if not parts:
        numbers, codes = np.zeros(0), np.zeros(0, dtype=np.int64)
        return Points(numbers, numbers, numbers, codes, codes, codes, codes, codes, numbers)
    return Points(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Points)))

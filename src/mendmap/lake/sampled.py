"""Readings that statements are checked against one by one: samples of what a statement is about, such as what imagery
shows of an outline, scene by scene.

They are few, so they are held with the other contents of a catalogue. Not here: the checks (``statements``).
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mendmap.lake.connection import Lake


class Sample(NamedTuple):
    """A sound reading. ``value`` and ``uncertainty`` are in the parameter's unit; ``samples`` says of how many values
    it was made, such as pixels, where that is known."""

    series: str
    start: dt.datetime
    end: dt.datetime
    qualifier: str
    value: float
    uncertainty: float | None
    samples: int | None
    source: str
    note: str


# The checks of statements that take them.
_CHECKS = ("vegetation",)
_COLUMNS = """series, start_at, end_at, coalesce(qualifier, ''), canonical, canonical_uncertainty, samples, source,
              coalesce(note, '')"""


def known(
    lake: Lake,
    at: Mapping[str, Any],
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    changed: Collection[tuple[str, str]],
    before: tuple[Sample, ...] | None,
) -> tuple[Sample, ...]:
    """The samples that the statements among ``records`` take of the catalogue and as known at the number that ``at``
    names, by series and time; without a value, or marked wrong, none is among them. What was known ``before`` is,
    where neither statements nor readings at their features are among what ``changed`` since."""
    wanted = {
        (body["feature"], body["parameter"])
        for body in records.get("statement", ())
        if body["check"] in _CHECKS and body.get("feature") and body.get("parameter")
    }
    touched = {("records", "statement"), *(("readings", feature) for feature, _ in wanted)}
    if before is not None and touched.isdisjoint(changed):
        return before
    return tuple(each for pair in sorted(wanted) for each in _of(lake, at["number"], at["catalogue"], *pair))


def _of(lake: Lake, number: int, catalogue: str, feature: str, parameter: str) -> Iterator[Sample]:
    prefix = f"{feature}.{parameter}.sample"
    # What follows the dot is the slash.
    values: Any = {"catalogue": catalogue, "number": number, "one": prefix, "low": f"{prefix}.", "high": f"{prefix}/"}
    sql = f"""
        SELECT {_COLUMNS} FROM readings
        WHERE catalogue = $catalogue AND recorded <= $number AND (superseded IS NULL OR superseded > $number)
              AND series BETWEEN $one AND $high AND (series = $one OR (series >= $low AND series < $high))
              AND quality IN ('valid', 'preliminary') AND canonical IS NOT NULL
        ORDER BY series, start_at, end_at"""
    with lake.steady():
        return (Sample(*row) for row in lake.query(sql, values).fetchall())

"""Marks: quality checks that point at a reading, each with a name and a reason, and never take one away.

Not here: what makes a claim unfit to be a reading (``readings.settle``).
"""

from collections.abc import Mapping

from mendmap.catalogue.records import Parameter
from mendmap.readings.claims import Query
from mendmap.words.vocabulary import MARKS

_SPIKE = 10  # times the larger of its neighbours
_FLAT = 12  # equal values in a row
_NEAR = "INTERVAL '3 hours'"

# Neighbours are those of the same file, so that marks need no look into the lake.
_BEFORE_AND_AFTER = "WINDOW w AS (PARTITION BY series ORDER BY start_at)"
_MARKED = f"""
    SELECT i.* EXCLUDE (before_value, after_value, before_at, after_at, run_least, run_greatest, run_count),
           array_to_string(list_filter([
               CASE WHEN canonical < r.least OR canonical > r.greatest THEN 'out_of_range' END,
               CASE WHEN start_at > now() THEN 'in_the_future' END,
               CASE WHEN qualifier = '<' AND canonical_limit > r.limit_value THEN 'limit_above_law' END,
               CASE WHEN qualifier = '' AND before_value > 0 AND after_value > 0
                     AND canonical > {_SPIKE} * greatest(before_value, after_value)
                     AND start_at - before_at <= {_NEAR} AND after_at - start_at <= {_NEAR} THEN 'spike' END,
               CASE WHEN run_count = {_FLAT} AND run_least = run_greatest AND qualifier = '' THEN 'flat_line' END
           ], each -> each IS NOT NULL), ',') AS marks
    FROM (
        SELECT *, lag(canonical) OVER w AS before_value, lead(canonical) OVER w AS after_value,
               lag(start_at) OVER w AS before_at, lead(start_at) OVER w AS after_at,
               min(canonical) OVER (w ROWS {_FLAT - 1} PRECEDING) AS run_least,
               max(canonical) OVER (w ROWS {_FLAT - 1} PRECEDING) AS run_greatest,
               count(canonical) OVER (w ROWS {_FLAT - 1} PRECEDING) AS run_count
        FROM {{table}} {_BEFORE_AND_AFTER}) i
    LEFT JOIN parameter_ranges r ON r.parameter = i.parameter"""


def ranges(query: Query, parameters: Mapping[str, Parameter], limits: Mapping[str, float]) -> None:
    """Makes the temporary table of what is usual: the parameter's range, and its lowest legal limit, all in its
    canonical unit."""
    query(
        "CREATE OR REPLACE TEMP TABLE parameter_ranges "
        "(parameter VARCHAR, least DOUBLE, greatest DOUBLE, limit_value DOUBLE)"
    )
    for each in parameters.values():
        query(
            "INSERT INTO parameter_ranges VALUES (?, ?, ?, ?)",
            [each.id, each.least, each.greatest, limits.get(each.id)],
        )


def marked(table: str) -> str:
    """A SELECT of the readings of a table with their ``marks``, words of ``vocabulary.MARKS`` separated by commas."""
    assert set(MARKS) == {"out_of_range", "in_the_future", "limit_above_law", "spike", "flat_line"}
    return _MARKED.format(table=table)

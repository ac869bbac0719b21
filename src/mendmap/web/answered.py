"""What pages and their JSON twins show of every answer: whose it is, its numbers, and where its readings are.

Not here: what an answer says (``findings`` of limits, ``changes`` of trends and comparisons).
"""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from mendmap.assess.model import Answer
from mendmap.atlas.model import Atlas
from mendmap.lake.contents import SeriesRow
from mendmap.words.dates import Period
from mendmap.words.vocabulary import REASONS, STATISTICS

Row = dict[str, Any]


def head(atlas: Atlas, found: SeriesRow, answer: Answer) -> Row:
    """The row of an answer, without what it says. Numbers are in the parameter's canonical ``unit``."""
    parameter, station = atlas.parameters[found.parameter], atlas.features[found.station]
    return {
        "series": found.id,
        "station": station.id,
        "station_name": dict(station.name),
        "parameter": parameter.id,
        "symbol": parameter.symbol,
        "averaging": found.averaging,
        "method": found.method,
        "period": answer.period,
        "statistic": answer.statistic,
        "statistic_meaning": STATISTICS[answer.statistic],
        "value": answer.value,
        "low": answer.low,
        "high": answer.high,
        "unit": parameter.unit,
        "count": answer.count,
        "expected": answer.expected,
        "below_detection": answer.below_detection,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "reason_meaning": REASONS.get(answer.reason, ""),
        "readings_href": readings_href(atlas, found.id, answer.period),
    }


def readings_href(atlas: Atlas, series: str, period: str) -> str:
    """Where the readings of a series in a period are shown: days, months or years in the catalogue's zone."""
    time = Period.parse(period)
    asked = f"{time.first}/{time.last}"
    if atlas.place.zone != "UTC":
        zone = ZoneInfo(atlas.place.zone)
        ends = dt.datetime.combine(time.first, dt.time.min, zone), dt.datetime.combine(time.last, dt.time.max, zone)
        # In UTC, because offsets of long ago have seconds, which no address takes.
        asked = "/".join(f"{each.astimezone(dt.UTC).replace(tzinfo=None).isoformat()}Z" for each in ends)
    return f"/series/{series}?datetime={asked}#readings"

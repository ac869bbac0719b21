"""The tables of what was assessed: every verdict with its limit and law, and all answers as they are kept.

Not here: how they were come by (``assess``), and other tables (``tables``).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mendmap.assess.model import ANSWERS, Answer
from mendmap.atlas.model import Atlas
from mendmap.atlas.verdicts import Verdict, in_force, rule_of
from mendmap.exports.tables import Places, Table, may_meet
from mendmap.words.dates import Period
from mendmap.words.fields import Field
from mendmap.words.phrases import say
from mendmap.words.vocabulary import REASONS, STATISTICS, TRENDS, VERDICTS

_BATCH_ROWS = 20_000
_SERIES = (
    Field("series", "id", "Series: station, parameter, averaging time and any method, with dots between."),
    Field("station", "id", "Station, or other feature, where it was taken."),
    Field("parameter", "id", "What was measured."),
)
_PERIOD = Field("period", "date", "Calendar year, or months from one to another, in the catalogue's time zone.")
_REASON = Field("reason", "word", "Why it is so; empty where the numbers say it all.", choices=tuple(REASONS))
_COUNTS = (
    Field("count", "integer", "Values that it rests on; of a comparison, those of both times."),
    Field("expected", "integer", "Values that a complete period would have; of a trend or comparison, months."),
    Field("above", "integer", "Of the values, those above the limit."),
    Field("below_detection", "integer", "Of the values, those below detection."),
)
_ENDS = (
    Field("low", "number", "Lower end of what non-detects leave open, or of the 95 % interval of a change."),
    Field("high", "number", "Upper end of the same."),
)
FIELDS = {
    "verdicts": (
        *_SERIES,
        _PERIOD,
        Field("limit", "id", "Limit that it is held against."),
        Field("limit_value", "number", "The limit, in the parameter's canonical unit."),
        Field("unit", "unit", "That unit, of the limit and of the statistic."),
        Field("jurisdiction", "word", "Whose law it is."),
        Field("instrument", "text", "The law or guideline."),
        Field("clause", "text", "Where it says how the limit is assessed."),
        Field("in_force", "word", "Whether the limit applied at the end of the period.", choices=("yes", "no")),
        Field("statistic", "word", "Statistic that is held against it.", choices=tuple(STATISTICS)),
        Field("value", "number", "That statistic; of a limit that may be exceeded, the highest value that may not."),
        *_ENDS,
        *_COUNTS,
        Field("percent", "number", "The statistic as a percentage of the limit, where the readings tell it.", unit="%"),
        Field("outcome", "word", "The verdict.", choices=tuple(VERDICTS)),
        _REASON,
        Field("says", "text", "The same in a sentence."),
        Field("source", "id", "Document that the limit is taken from."),
    ),
    "answers": (
        *_SERIES,
        _PERIOD,
        Field("statistic", "word", "What it says.", choices=tuple(STATISTICS)),
        Field("against", "id", "The limit or the work that it is about; empty for neither."),
        Field("unit", "unit", "The parameter's canonical unit; a trend is in that unit a year."),
        Field("value", "number", "The value; of a comparison, the difference."),
        *_ENDS,
        Field("before", "number", "Of a comparison, the mean of the earlier time."),
        Field("after", "number", "Of a comparison, the mean of the later time."),
        *_COUNTS,
        Field("p", "number", "Probability of a trend or difference as large as this by chance."),
        Field("outcome", "word", "The verdict, or the trend.", choices=(*VERDICTS, *TRENDS)),
        _REASON,
    ),
}
ABOUT = {
    "verdicts": say("Every series held against every limit and period, those yet to come into force too."),
    "answers": say(
        "Everything that was computed of the readings: statistics of years, verdicts, trends and comparisons."
    ),
}


def count_of(atlas: Atlas, table: str) -> int:
    """How many rows a table has."""
    return len(_rows(atlas, table, Places()))


def assessed(atlas: Atlas, table: str, asked: Places, about: Mapping[str, str]) -> Table:
    """One of the tables, by series, period, statistic and limit. The places that are asked for are those of the
    readings; a period meets a time that it shares a day with."""
    rows = _rows(atlas, table, asked)
    made = Table(table, FIELDS[table], len(rows), lambda: _batches(atlas, rows, made), about, atlas.snapshot.moment)
    return made


def _rows(atlas: Atlas, table: str, asked: Places) -> pa.Table:
    found = atlas.answers.table
    if table == "verdicts":
        # A limit or rule that is gone leaves no verdict; one of a past period stays as long as the limit is listed.
        found = found.filter(pc.is_in(found.column("outcome"), value_set=pa.array(list(VERDICTS))))
    if asked.features is not None:
        found = found.filter(_part_in(found, 0, asked.features))
    if asked.parameters is not None:
        found = found.filter(_part_in(found, 1, asked.parameters))
    if asked.interval.first or asked.interval.last:
        meets = cache(lambda text: may_meet(span := Period.parse(text), span, asked.interval))
        wanted = [each for each in pc.unique(found.column("period")).to_pylist() if meets(each)]
        found = found.filter(pc.is_in(found.column("period"), value_set=pa.array(wanted, pa.string())))
    return found


def _part_in(table: pa.Table, nth: int, wanted: frozenset[str]) -> Any:
    """Which rows' series have one of these as their ``nth`` part."""
    parts = pc.list_element(pc.split_pattern(table.column("series"), "."), nth)
    return pc.is_in(parts, value_set=pa.array(sorted(wanted), pa.string()))


def _batches(atlas: Atlas, rows: pa.Table, made: Table) -> Iterator[pa.RecordBatch]:
    tell = _verdict if made.name == "verdicts" else _answer
    for batch in rows.to_batches(_BATCH_ROWS):
        yield pa.RecordBatch.from_pylist([tell(atlas, row) for row in batch.to_pylist()], made.schema)


def _answer(atlas: Atlas, row: dict[str, Any]) -> dict[str, Any]:
    station, parameter = row["series"].split(".")[:2]
    return {**row, "station": station, "parameter": parameter, "unit": atlas.parameters[parameter].unit}


def _verdict(atlas: Atlas, row: dict[str, Any]) -> dict[str, Any]:
    limit = atlas.limits[row["against"]]
    rule = rule_of(limit, atlas.rules, row["statistic"], row["period"])
    assert rule is not None, "every write assesses again what a changed limit or rule touches"
    answer = Answer(**{each.name: row[each.name] for each in ANSWERS})
    found = Verdict(answer, limit, rule, atlas.parameters[limit.parameter])
    return {
        **_answer(atlas, row),
        "limit": limit.id,
        "limit_value": found.bound,
        "jurisdiction": limit.jurisdiction,
        "instrument": limit.instrument,
        "clause": rule.clause,
        "in_force": "yes" if in_force(limit, answer.period) else "no",
        "percent": found.percent,
        "says": found.says,
        "source": limit.source,
    }

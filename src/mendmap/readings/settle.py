"""Settles claims: every one is checked, its times brought to UTC, and sorted by series and time, in DuckDB.

What claims tell in words is judged once for all that tell the same (``readings.told``); here are their numbers and
times, a row each. The rows go sorted into a file, so that memory does not grow with them, and so that neighbours in
time stand beside each other (``readings.neighbours``). ``explain`` words what is wrong with the few that are not
sound. Non-detects keep their limit as value and detection limit, with the qualifier ``<``.
Not here: formats (``readings.formats``), and what the lake already holds (``lake``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mendmap.readings import neighbours, told
from mendmap.readings.claims import WORDS, Options, Query
from mendmap.readings.formats.sql import text
from mendmap.readings.told import Referents


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: how many claims there were, how many readings are sound, how many rows of the file hold one
    that is not, and how many stood there more than once."""

    claims: int
    sound: int
    bad_rows: int
    repeated: int


def settle(
    query: Query, claims: str, known: Referents, prefix: str, options: Options, scratch: Path, now: int | None = None
) -> Settled:
    """Makes the temporary view ``judged`` from a SELECT of claims (``readings.claims.CLAIM``): every claim as a
    reading, with bits in ``wrong`` that say what is the matter with it (``readings.explain``); 0 is sound.

    Values stay in the source's unit; ``factor`` brings them to the canonical one. Of readings that stand there more
    than once with the same content all but the first are left out.
    The rows are kept in a file in the folder ``scratch``, in the order of series and start. Where there is a ``now``,
    those that are odd are marked too (``readings.neighbours``).
    """
    kinds = {row[0]: row[1] for row in query(f"DESCRIBE {claims}").fetchall()}
    context = told.contexts(query, claims, known, prefix, options.source, hashed=WORDS[0] in kinds)
    rows = _rows(claims, context, kinds, _decimals(query, claims, kinds))
    file = scratch / "settled.parquet"
    local = kinds["start"] in _LOCAL or _first_is_local(query, rows)
    times = {each: _moment(f'c."{each}"', kinds[each])[1] for each in ("start", "end")}
    placed = partial(_placed, query, claims, rows, times, options)
    _sort(query, placed() if local and options.zone else _PLAIN.format(rows=rows), file)
    count, wrong = _counted(query)
    if wrong & (_NO_ZONE | _END_WAITS) and options.zone and not local:
        _sort(query, placed(), file)
        count, wrong = _counted(query)
    repeated = neighbours.look(query, scratch, now)
    query(f"CREATE OR REPLACE TEMP VIEW judged AS {_JUDGED}")
    bad, bad_rows = query(_BAD).fetchone() if wrong or query("FROM twins LIMIT 1").fetchone() else (0, 0)
    return Settled(count, count - repeated - bad, bad_rows, repeated)


_BAD = "SELECT count(*), count(DISTINCT file_row) FROM judged WHERE wrong <> 0"


def _counted(query: Query) -> tuple[int, int]:
    """How many claims there are, and what is the matter with any of them."""
    count, wrong = query("SELECT count(*), coalesce(bit_or(wrong), 0) FROM settled").fetchone()
    return count, wrong


_LOCAL = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE")
_ZONED = "TIMESTAMP WITH TIME ZONE"
_NUMBERS = ("DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT")
# Bits of ``wrong``: a start that waits for its zone, and, beside another bit, an end that does.
_NO_ZONE, _END_WAITS = 4096, 262144
_EXACT = 2**53  # above it, a double no longer tells one whole number from the next

# A date-time with an offset ends in Z or in +hh:mm; one without is local, and waits for its zone. A cast alone would
# take much else for a moment; what is asked beside it is the form that readings.fields allows. The most usual form
# comes first, because LIKE is many times as fast as looking at letters one by one.
_HAS_OFFSET = "(ends_with({0}, 'Z') OR length({0}) > 10 AND {0}[-6] IN ('+', '-'))"
_MOMENT = """
    CASE WHEN {0} LIKE '____-__-__T__:__:__Z' AND {0} NOT LIKE '___________24%' THEN TRY_CAST({0} AS TIMESTAMPTZ)
         WHEN NOT {offset} OR {0}[11] <> 'T' OR {0}[12:13] = '24' OR {0}[-1] <> 'Z' AND {0}[-5:] >= '24'
              OR length({0}) > CASE WHEN {0}[-1] = 'Z' THEN 27 ELSE 32 END THEN NULL
         WHEN {0}[17] = ':' THEN TRY_CAST({0} AS TIMESTAMPTZ)
         WHEN {0}[17] IN ('Z', '+', '-') THEN TRY_CAST({0}[:16] || ':00' || {0}[17:] AS TIMESTAMPTZ) END"""

_LOCAL_FORM = r"\d{4}-\d\d-\d\d([T ]([01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,6})?)?)?"


def _moment(column: str, kind: str) -> tuple[str, str]:
    """The SQL of a claim's moment where it has an offset, and of its local time where it has none."""
    if kind == _ZONED:
        return column, "NULL::TIMESTAMP"
    if kind in _LOCAL:
        return "NULL::TIMESTAMPTZ", f"CAST({column} AS TIMESTAMP)"
    cell = column if kind == "VARCHAR" else f"CAST({column} AS VARCHAR)"
    offset = _HAS_OFFSET.format(cell)
    local = (
        f"CASE WHEN NOT {offset} AND regexp_full_match({cell}, '{_LOCAL_FORM}') THEN TRY_CAST({cell} AS TIMESTAMP) END"
    )
    return _MOMENT.format(cell, offset=offset), local


def _number(column: str, kind: str) -> tuple[str, str, str]:
    """The SQL of a claim's number, of whether something stands there, and of whether that is no number."""
    if kind.startswith("DECIMAL"):
        return f"{column.replace('.', '_')}.number", f"{column} IS NOT NULL", "false"
    if kind in _NUMBERS:
        return f"CAST({column} AS DOUBLE)", f"{column} IS NOT NULL", "false"
    cell = f"CAST({column} AS VARCHAR)"
    return f"TRY_CAST({cell} AS DOUBLE)", f"coalesce({cell}, '') <> ''", f"contains({cell}, '_')"


def _decimals(query: Query, claims: str, kinds: Mapping[str, str]) -> str:
    """The joins that bring the numbers of decimals, by way of their text, which gives the nearest number there is.

    It takes DuckDB a third of a microsecond to make a number of a decimal of 128 bits, as the EEA has them. Measured
    values repeat, so each is written once and looked up.
    """
    joins = ""
    for each in ("value", "detection_limit", "uncertainty", "samples"):
        if kinds[each].startswith("DECIMAL"):
            query(
                f"CREATE OR REPLACE TEMP TABLE numbers_{each} AS "
                "SELECT given, CAST(CAST(given AS VARCHAR) AS DOUBLE) AS number "
                f"FROM (SELECT DISTINCT c.{each} AS given FROM ({claims}) c)"
            )
            joins += f" LEFT JOIN numbers_{each} AS c_{each} ON c_{each}.given = c.{each}"
    return joins


def _rows(claims: str, context: str, kinds: Mapping[str, str], joins: str) -> str:
    """The SELECT of every claim with its context, its numbers and its times, as far as it tells them itself."""
    start, local_start = _moment("c.start", kinds["start"])
    end, local_end = _moment('c."end"', kinds["end"])
    value, has_value, odd_value = _number("c.value", kinds["value"])
    limit, has_limit, odd_limit = _number("c.detection_limit", kinds["detection_limit"])
    uncertainty, has_uncertainty, odd_uncertainty = _number("c.uncertainty", kinds["uncertainty"])
    samples, has_samples, odd_samples = _number("c.samples", kinds["samples"])
    day = "c.start IS NOT NULL" if kinds["start"] == "DATE" else "false"
    whole_day = "length(c.start) = 10" if kinds["start"] == "VARCHAR" else day
    no_end = "coalesce(c.\"end\", '') = ''" if kinds["end"] == "VARCHAR" else 'c."end" IS NULL'
    return f"""
        SELECT file_row, code, series_code, lasting, start_at, local_start, given_end, local_end, no_end, whole_day,
               CASE WHEN below AND NOT has_value THEN told_limit ELSE told_value END AS value,
               CASE WHEN below AND told_limit IS NULL THEN told_value ELSE told_limit END AS detection_limit,
               uncertainty, samples,
               context_wrong
             | (CASE WHEN (has_value OR below AND has_limit) = without OR odd_value
                       OR has_value AND NOT coalesce(isfinite(told_value * scale), false) THEN 64 ELSE 0 END)
             | (CASE WHEN has_limit AND (odd_limit OR NOT coalesce(isfinite(told_limit * scale), false))
                     THEN 256 ELSE 0 END)
             | (CASE WHEN has_uncertainty AND (odd_uncertainty OR NOT coalesce(uncertainty >= 0, false)
                                               OR NOT isfinite(uncertainty)) THEN 32768 ELSE 0 END)
             | (CASE WHEN has_samples AND (odd_samples OR NOT coalesce(samples BETWEEN 0 AND {_EXACT}, false)
                                           OR samples <> trunc(samples)) THEN 524288 ELSE 0 END) AS wrong
        FROM (SELECT c.file_row, x.code, x.series_code, x.lasting, x.below, x.without, x.wrong AS context_wrong,
                     coalesce(x.factor, 1) AS scale,
                     {start} AS start_at, {local_start} AS local_start, {end} AS given_end, {local_end} AS local_end,
                     {no_end} AS no_end, {whole_day} AS whole_day,
                     {value} AS told_value, {has_value} AS has_value, {odd_value} AS odd_value,
                     {limit} AS told_limit, {has_limit} AS has_limit, {odd_limit} AS odd_limit,
                     {uncertainty} AS uncertainty, {has_uncertainty} AS has_uncertainty,
                     {odd_uncertainty} AS odd_uncertainty,
                     {samples} AS samples, {has_samples} AS has_samples, {odd_samples} AS odd_samples
              FROM ({claims}) c JOIN contexts x ON x.context = {context}{joins})"""


def _first_is_local(query: Query, rows: str) -> bool:
    """Whether the first claim's start has no offset: a guess about all of them, which spares reading them twice."""
    first = query(f"SELECT start_at IS NULL AND local_start IS NOT NULL FROM ({rows}) LIMIT 1").fetchone()
    return bool(first and first[0])


_TIMES = f"""
    CASE WHEN start_at IS NULL AND local_start IS NOT NULL THEN {_NO_ZONE}
         WHEN start_at IS NULL OR start_at < TIMESTAMPTZ '1800-01-01' THEN 8
         WHEN end_at IS NULL AND local_end IS NOT NULL THEN 16 | {_END_WAITS}
         WHEN end_at IS NULL THEN 16 WHEN end_at < start_at THEN 8192 ELSE 0 END"""
_PLAIN = f"""
    SELECT series_code, code, start_at, end_at, value, detection_limit, uncertainty, samples, file_row,
           0::TINYINT AS timing, wrong | {_TIMES} AS wrong
    FROM (SELECT *, CASE WHEN no_end THEN start_at + lasting ELSE given_end END AS end_at FROM ({{rows}}))"""


def _sort(query: Query, rows: str, file: Path) -> None:
    """Writes the rows by series and start, those that are wrong last, and makes them the temporary view ``settled``.
    To sort by end and row too would take three times as long."""
    query(
        f"COPY (SELECT * REPLACE (CASE WHEN wrong = 0 THEN series_code END AS series_code) FROM ({rows}) "
        f"ORDER BY series_code NULLS LAST, start_at) TO {text(str(file))} (FORMAT parquet, COMPRESSION lz4)"
    )
    query(
        "CREATE OR REPLACE TEMP VIEW settled AS SELECT file_row_number AS position, * EXCLUDE (file_row_number) "
        f"FROM read_parquet({text(str(file))}, file_row_number = true)"
    )


def _placed(query: Query, claims: str, rows: str, times: Mapping[str, str], options: Options) -> str:
    """The SELECT that brings local times to UTC. A time that daylight saving leaves out stays wrong; of an hour that
    it repeats, the first row of a series is the earlier and the second the later, and a single one is taken as the
    earlier and flagged. ``options.label`` tells whether a label ends its interval; where nobody knows, that is
    flagged. Each local time is looked up once, however many rows have it."""
    distinct = " UNION ".join(f"SELECT DISTINCT {each} AS local_at FROM ({claims}) c" for each in times.values())
    query(f"CREATE OR REPLACE TEMP TABLE local_times AS {_LOCAL_TIMES.format(times=distinct)}", {"zone": options.zone})
    query(f"CREATE OR REPLACE TEMP TABLE repeated AS {_REPEATED.format(rows=rows)}")
    ends, unknown = options.label == "end", options.label == ""
    return _PLACED.format(rows=rows, ends=ends, unknown=unknown)


_LOCAL_TIMES = """
    SELECT local_at,
           CASE WHEN exact THEN guess - CASE WHEN timezone($zone, guess - INTERVAL 1 HOUR) = local_at
                                             THEN INTERVAL 1 HOUR ELSE INTERVAL 0 HOUR END END AS early,
           CASE WHEN exact THEN guess + CASE WHEN timezone($zone, guess + INTERVAL 1 HOUR) = local_at
                                             THEN INTERVAL 1 HOUR ELSE INTERVAL 0 HOUR END END AS late,
           timezone($zone, local_at + INTERVAL 1 DAY) AS next_day
    FROM (SELECT local_at, timezone($zone, local_at) AS guess,
                 timezone($zone, timezone($zone, local_at)) = local_at AS exact
          FROM ({times}) WHERE local_at IS NOT NULL)"""
_REPEATED = """
    SELECT file_row, code,
           row_number() OVER (PARTITION BY series_code, local_start ORDER BY file_row) AS nth,
           count(*) OVER (PARTITION BY series_code, local_start) AS standing
    FROM ({rows}) JOIN local_times ON local_at = local_start WHERE early <> late"""
_LABELLED = "no_end AND NOT whole_day AND lasting > INTERVAL '0 minutes'"
_PLACED = f"""
    SELECT series_code, code, start_at, end_at, value, detection_limit, uncertainty, samples, file_row, timing,
           wrong | {_TIMES} AS wrong
    FROM (
        SELECT t.* EXCLUDE (start_at),
               CASE WHEN start_at IS NOT NULL THEN start_at
                    WHEN {{ends}} AND {_LABELLED} THEN utc - lasting ELSE utc END AS start_at,
               CASE WHEN start_at IS NOT NULL AND no_end THEN start_at + lasting
                    WHEN no_end AND whole_day THEN next_day
                    WHEN no_end AND {{ends}} THEN utc
                    WHEN no_end THEN utc + lasting
                    WHEN given_end IS NOT NULL THEN given_end
                    WHEN local_end = local_start + lasting THEN utc + lasting
                    WHEN late_end = utc + lasting OR early_end < utc THEN late_end ELSE early_end END AS end_at,
               CAST((CASE WHEN utc IS NOT NULL AND {{unknown}} AND {_LABELLED} THEN 1 ELSE 0 END)
                  | (CASE WHEN standing = 1 THEN 2 ELSE 0 END) AS TINYINT) AS timing
        FROM (SELECT r.*, CASE WHEN p.nth > 1 THEN s.late ELSE s.early END AS utc, p.standing, s.next_day,
                     e.early AS early_end, e.late AS late_end
              FROM ({{rows}}) r
              LEFT JOIN local_times s ON s.local_at = r.local_start
              -- What ends by its label when its averaging time ends needs no look; nor does it matter then that
              -- daylight saving may leave that label out.
              LEFT JOIN local_times e ON e.local_at = CASE WHEN r.local_end IS DISTINCT FROM r.local_start + r.lasting
                                                        THEN r.local_end END
              LEFT JOIN repeated p ON p.file_row = r.file_row AND p.code = r.code) t)"""

# What the source's own flags do not say, the times may.
_FLAGS = """
    CASE s.timing WHEN 0 THEN x.flags
        ELSE concat_ws(',', nullif(x.flags, ''), CASE WHEN s.timing & 1 > 0 THEN 'hour_label_ambiguous' END,
                       CASE WHEN s.timing & 2 > 0 THEN 'hour_repeated' END) END"""
_JUDGED = f"""
    SELECT s.position, s.file_row, x.series, x.station, x.parameter, x.averaging, x.method, s.start_at, s.end_at,
           x.qualifier, s.value, x.unit, s.detection_limit, s.uncertainty, s.samples, x.factor, x.quality,
           {_FLAGS} AS flags, x.source, x.note, s.wrong | coalesce(t.wrong, 0) AS wrong
    FROM settled s JOIN contexts x ON x.code = s.code LEFT JOIN twins t ON t.position = s.position
    WHERE t.wrong IS NULL OR t.wrong <> 0"""

"""Settles claims: every one is checked, its times brought to UTC and its values to the canonical unit, in DuckDB.

SQL judges all rows at once; ``explain`` words what is wrong with the few that are not sound. Non-detects keep
their limit as value and detection limit, with the qualifier ``<``. Not here: formats (``readings.formats``), the
marks of quality checks (``readings.marks``), and what the lake already holds (``lake``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mendmap.catalogue.records import Parameter
from mendmap.readings.claims import Options, Query
from mendmap.readings.fields import AVERAGING
from mendmap.units import UnitError, factor
from mendmap.words.vocabulary import FLAGS, QUALITIES

# How long each averaging time lasts; readings of the others need an end.
LASTING = {
    "instant": "0 minutes",
    "sample": "0 minutes",
    "10min": "10 minutes",
    "15min": "15 minutes",
    "1h": "1 hour",
    "8h": "8 hours",
    "24h": "24 hours",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What claims may name: stations with their aliases, parameters by id, and ids of sources."""

    stations: Mapping[str, str | None]
    parameters: Mapping[str, Parameter]
    sources: Sequence[str]


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: how many claims there were, how many readings are sound, how many rows of the file hold one
    that is not, and how many stood there more than once."""

    claims: int
    sound: int
    bad_rows: int
    repeated: int


def codes(ids: Mapping[str, str | None], prefix: str) -> dict[str, str]:
    """Every text by which a claim of a format may name something, in lower case, with the id it means."""
    found = {ident.lower(): ident for ident in ids}
    for ident, aliases in ids.items():
        for alias in (aliases or "").split(";"):
            owner, _, code = alias.strip().partition(":")
            if code and owner.strip() == prefix:
                found[code.strip().lower()] = ident
    return found


def settle(query: Query, claims: str, known: Known, prefix: str, options: Options) -> Settled:
    """Makes the temporary table ``judged`` from a SELECT of claims (``readings.claims.CLAIM``): every claim as a
    reading, with bits in ``wrong`` that say what is the matter with it (``readings.explain``); 0 is sound.

    Values stay in the source's unit; the temporary table ``unit_factors`` has the factor to the canonical one.
    Of readings that stand there more than once with the same content all but the first are taken out.
    """
    _codes(query, "station_codes", codes(known.stations, prefix))
    _codes(query, "parameter_codes", codes({i: each.aliases for i, each in known.parameters.items()}, prefix))
    _codes(query, "source_codes", {ident: ident for ident in known.sources})
    query(f"CREATE OR REPLACE TEMP TABLE judged AS {_JUDGED.format(claims=claims)}", {"fallback": options.source})
    claimed = _one(query, "SELECT count(*) FROM judged")
    if _one(query, "SELECT count(*) FROM judged WHERE local_start IS NOT NULL"):
        _localise(query, options)
    _factors(query, known.parameters)
    repeated = _twins(query)
    wrong = query("SELECT count(*), count(DISTINCT file_row) FROM judged WHERE wrong <> 0").fetchone()
    return Settled(claimed, claimed - repeated - int(wrong[0]), int(wrong[1]), repeated)


def _one(query: Query, sql: str) -> int:
    return int(query(sql).fetchone()[0])


def _codes(query: Query, table: str, found: Mapping[str, str]) -> None:
    columns = {"codes": list(found), "ids": list(found.values())}
    query(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT unnest($codes) AS code, unnest($ids) AS id", columns)


def _choices(words: Sequence[str] | Mapping[str, str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# A date-time with an offset ends in Z or in +hh:mm; one without is local, and waits for its zone. A cast alone would
# take much else for a moment; the lengths are those of the forms that readings.fields allows.
_HAS_OFFSET = "(length({0}) > 10 AND ({0}[-1] = 'Z' OR {0}[-6] IN ('+', '-')))"
_MOMENT = """
    CASE WHEN NOT {offset} THEN NULL
         WHEN length({0}) IN (20, 24, 25, 27, 29, 32) THEN TRY_CAST({0} AS TIMESTAMPTZ)
         WHEN length({0}) IN (17, 22) THEN TRY_CAST({0}[:16] || ':00' || {0}[17:] AS TIMESTAMPTZ) END"""
_START_OFFSET, _END_OFFSET = _HAS_OFFSET.format("c.start"), _HAS_OFFSET.format('c."end"')
_LASTING = "CASE c.averaging " + " ".join(f"WHEN '{k}' THEN INTERVAL '{v}'" for k, v in LASTING.items()) + " END"

_PARSED = f"""
    SELECT c.file_row, s.id AS station, p.id AS parameter, c.averaging, coalesce(c.method, '') AS method,
           {_MOMENT.format("c.start", offset=_START_OFFSET)} AS start_at,
           CASE WHEN NOT {_START_OFFSET} THEN TRY_CAST(c.start AS TIMESTAMP) END AS local_start,
           {_MOMENT.format('c."end"', offset=_END_OFFSET)} AS given_end,
           CASE WHEN NOT {_END_OFFSET} THEN TRY_CAST(nullif(c."end", '') AS TIMESTAMP) END AS local_end,
           coalesce(c."end", '') = '' AS no_end, length(c.start) = 10 AS whole_day,
           {_LASTING} AS lasting,
           coalesce(c.qualifier, '') AS qualifier, coalesce(c.value, '') AS value_text,
           TRY_CAST(c.value AS DOUBLE) AS value, coalesce(c.unit, '') AS unit,
           nullif(c.detection_limit, '') AS limit_text, TRY_CAST(nullif(c.uncertainty, '') AS DOUBLE) AS uncertainty,
           coalesce(c.quality, '') AS quality, coalesce(c.flags, '') AS flags,
           coalesce(o.id, CASE WHEN coalesce(c.source, '') = '' THEN nullif($fallback, '') END) AS source,
           coalesce(c.note, '') AS note
    FROM ({{claims}}) c
    LEFT JOIN station_codes s ON s.code = lower(c.station)
    LEFT JOIN parameter_codes p ON p.code = lower(c.parameter)
    LEFT JOIN source_codes o ON o.id = c.source"""

_JUDGED = f"""
    SELECT file_row, station, parameter, averaging, method, start_at,
           CASE WHEN no_end THEN start_at + lasting ELSE given_end END AS end_at,
           qualifier, value, unit,
           coalesce(TRY_CAST(limit_text AS DOUBLE), CASE WHEN qualifier = '<' THEN value END) AS detection_limit,
           uncertainty, quality, flags, source, note, local_start, local_end, no_end, whole_day, lasting,
           (CASE WHEN station IS NULL THEN 1 ELSE 0 END)
         | (CASE WHEN parameter IS NULL THEN 2 ELSE 0 END)
         | (CASE WHEN averaging IN ({_choices(AVERAGING)}) THEN 0 ELSE 4 END)
         | (CASE WHEN start_at IS NULL AND local_start IS NULL OR start_at < TIMESTAMPTZ '1800-01-01' THEN 8 ELSE 0 END)
         | (CASE WHEN local_start IS NOT NULL THEN 4096 ELSE 0 END)
         | (CASE WHEN start_at IS NOT NULL AND (no_end AND lasting IS NULL OR NOT no_end AND given_end IS NULL)
                 THEN 16 ELSE 0 END)
         | (CASE WHEN given_end < start_at THEN 8192 ELSE 0 END)
         | (CASE WHEN qualifier IN ('', '<', '>') THEN 0 ELSE 32 END)
         | (CASE WHEN (value_text = '') <> (quality IN ('missing', 'withdrawn'))
                   OR value_text <> '' AND (value IS NULL OR NOT isfinite(value) OR contains(value_text, '_'))
                 THEN 64 ELSE 0 END)
         | (CASE WHEN limit_text IS NOT NULL AND NOT coalesce(isfinite(TRY_CAST(limit_text AS DOUBLE)), false)
                 THEN 256 ELSE 0 END)
         | (CASE WHEN quality IN ({_choices(QUALITIES)}) THEN 0 ELSE 512 END)
         | (CASE WHEN flags = '' THEN 0
                 WHEN list_has_all([{_choices(FLAGS)}], string_split(flags, ',')) THEN 0 ELSE 1024 END)
         | (CASE WHEN source IS NULL THEN 2048 ELSE 0 END) AS wrong
    FROM ({_PARSED})"""

_KEY = "station, parameter, averaging, method, start_at, end_at"
_CONTENT = "qualifier, value, unit, detection_limit, uncertainty, quality"


def _twins(query: Query) -> int:
    """Takes out repetitions and returns how many there were; where the content differs, nobody can tell which is
    meant, and all of them are wrong."""
    # Counting hashes is many times faster than comparing keys; the keys are compared only where hashes repeat.
    distinct = f"SELECT count(*) - count(DISTINCT hash({_KEY})) FROM judged WHERE wrong = 0"
    if _one(query, distinct) == 0:
        return 0
    same = " AND ".join(f"j.{each.strip()} = t.{each.strip()}" for each in _KEY.split(","))
    query(
        f"""
        CREATE OR REPLACE TEMP TABLE twins AS
        SELECT {_KEY}, min(file_row) AS kept, count(DISTINCT ({_CONTENT})) > 1 AS differ
        FROM judged WHERE wrong = 0 GROUP BY ALL HAVING count(*) > 1"""
    )
    query(f"UPDATE judged AS j SET wrong = 16384 FROM twins t WHERE j.wrong = 0 AND t.differ AND {same}")
    gone = query(f"DELETE FROM judged AS j USING twins t WHERE j.wrong = 0 AND j.file_row > t.kept AND {same}")
    return int(gone.fetchone()[0])


def _factors(query: Query, parameters: Mapping[str, Parameter]) -> None:
    """The factor from every unit that stands in the claims to its parameter's own; where there is none, the unit
    is wrong."""
    query("CREATE OR REPLACE TEMP TABLE unit_factors (parameter VARCHAR, unit VARCHAR, factor DOUBLE)")
    for parameter, unit in query("SELECT DISTINCT parameter, unit FROM judged WHERE parameter IS NOT NULL").fetchall():
        try:
            query(
                "INSERT INTO unit_factors VALUES (?, ?, ?)", [parameter, unit, factor(unit, parameters[parameter].unit)]
            )
        except UnitError:
            query("UPDATE judged SET wrong = wrong | 128 WHERE parameter = ? AND unit = ?", [parameter, unit])


def _localise(query: Query, options: Options) -> None:
    """Brings local times to UTC. An hour that daylight saving leaves out stays wrong; of an hour that it repeats,
    the first row of a series is the earlier and the second the later, and a single one is taken as the earlier and
    flagged. ``options.label`` tells whether a label ends its interval; where nobody knows, that is flagged."""
    if options.zone:
        given = {"zone": options.zone, "ends": options.label == "end", "unknown": options.label == ""}
        query(f"CREATE OR REPLACE TEMP TABLE judged AS {_LOCALISED}", given)


_LABELLED = "no_end AND NOT whole_day AND lasting > INTERVAL '0 minutes'"
_SAME_LABEL = "PARTITION BY station, parameter, averaging, method, local_start"
_LOCALISED = f"""
    WITH guess AS (
        SELECT *, timezone($zone, local_start) AS guessed,
               row_number() OVER ({_SAME_LABEL} ORDER BY file_row) AS nth,
               count(*) OVER ({_SAME_LABEL}) AS standing
        FROM judged WHERE local_start IS NOT NULL),
    candidates AS (
        SELECT *, guessed - CASE WHEN timezone($zone, guessed - INTERVAL 1 HOUR) = local_start
                                 THEN INTERVAL 1 HOUR ELSE INTERVAL 0 HOUR END AS early,
               guessed + CASE WHEN timezone($zone, guessed + INTERVAL 1 HOUR) = local_start
                              THEN INTERVAL 1 HOUR ELSE INTERVAL 0 HOUR END AS late
        FROM guess),
    told AS (
        SELECT *, CASE WHEN timezone($zone, guessed) <> local_start THEN NULL
                       WHEN nth = 1 THEN early ELSE late END AS utc
        FROM candidates),
    placed AS (
        SELECT * EXCLUDE (guessed, early, late, nth, standing, utc) REPLACE (
            CASE WHEN $ends AND {_LABELLED} THEN utc - lasting ELSE utc END AS start_at,
            CASE WHEN no_end AND whole_day THEN timezone($zone, local_start + INTERVAL 1 DAY)
                 WHEN no_end THEN CASE WHEN $ends THEN utc ELSE utc + lasting END
                 WHEN lasting > INTERVAL '0 minutes' THEN utc + lasting
                 ELSE coalesce(end_at, timezone($zone, local_end)) END AS end_at,
            concat_ws(',', nullif(flags, ''), CASE WHEN $unknown AND {_LABELLED} THEN 'hour_label_ambiguous' END,
                      CASE WHEN early <> late AND standing = 1 THEN 'hour_repeated' END) AS flags)
        FROM told)
    SELECT * REPLACE (
        (CASE WHEN start_at IS NULL THEN wrong WHEN start_at < TIMESTAMPTZ '1800-01-01' THEN wrong & ~4096 | 8
              WHEN end_at IS NULL THEN wrong & ~4096 | 16 WHEN end_at < start_at THEN wrong & ~4096 | 8192
              ELSE wrong & ~4096 END) AS wrong)
    FROM placed
    UNION ALL SELECT * FROM judged WHERE local_start IS NULL"""

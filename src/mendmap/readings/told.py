"""What claims tell in words: station, parameter, unit, quality and the like, judged once for all the rows that tell
the same.

Files of millions of rows tell few different things of this kind. Each combination becomes a row of the temporary
table ``contexts``, and every row of the file only names its ``code``; that is what makes an ingest fast.
Not here: numbers and times (``readings.settle``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mendmap.catalogue.records import Parameter
from mendmap.readings.claims import CLAIM, Query
from mendmap.readings.fields import AVERAGING
from mendmap.units import UnitError, factor
from mendmap.words.vocabulary import FLAGS, QUALITIES

TOLD = ("station", "parameter", "averaging", "method", "qualifier", "unit", "quality", "flags", "source", "note")
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
assert set(TOLD) < set(CLAIM)
# Vocabularies whose codes a format tells parameters by, so that no alias need repeat them.
_VOCABULARIES = {"eea": "dd.eionet.europa.eu/vocabulary/aq/pollutant"}
_FEW = 2_000  # rows that are looked up one by one


@dataclass(frozen=True, slots=True)
class Referents:
    """What claims may refer to: stations with their aliases, parameters by id, and ids of sources."""

    stations: Mapping[str, str | None]
    parameters: Mapping[str, Parameter]
    sources: Sequence[str]


def codes(ids: Mapping[str, str | None], prefix: str) -> dict[str, str]:
    """Every text by which a claim of a format may name something, in lower case, with the id it means."""
    found = {ident.lower(): ident for ident in ids}
    for ident, aliases in ids.items():
        for alias in (aliases or "").split(";"):
            owner, _, code = alias.strip().partition(":")
            if code and owner.strip() == prefix:
                found[code.strip().lower()] = ident
    return found


def parameter_codes(parameters: Mapping[str, Parameter], prefix: str) -> dict[str, str]:
    """Every text by which a claim of a format may name a parameter, in lower case, with the id it means: beside ids and
    aliases the code of its address in the vocabulary that the format uses, unless two parameters have that address."""
    base = _VOCABULARIES.get(prefix)
    told: dict[str, list[str]] = {}
    for each in parameters.values():
        address, _, code = (each.vocabulary or "").rpartition("/")
        if base and code and address.endswith(base):
            told.setdefault(code.lower(), []).append(each.id)
    alone = {code: ids[0] for code, ids in told.items() if len(ids) == 1}
    return alone | codes({ident: each.aliases for ident, each in parameters.items()}, prefix)


def contexts(query: Query, claims: str, known: Referents, prefix: str, source: str, *, hashed: bool = False) -> str:
    """Makes the temporary table ``contexts`` of a SELECT of claims, and returns the SQL that gives the ``context``
    of a claim ``c``.

    Its columns: ``context``, a hash of what is told; ``code``, a small number for it; ``series`` and ``series_code``;
    those of ``TOLD`` as ids and words; ``lasting``, the length of its averaging time; ``without``, whether it has no
    value; ``below``, whether its value is a limit; ``factor`` to the canonical unit; and ``wrong``, bits that say
    what is the matter (``readings.explain``). ``source`` is that of claims that name none, and ``hashed`` says
    that they have the columns of ``claims.WORDS``.
    """
    _codes(query, "station_codes", codes(known.stations, prefix))
    _codes(query, "parameter_codes", parameter_codes(known.parameters, prefix))
    _codes(query, "source_codes", {ident: ident for ident in known.sources})
    context = _hashed(query, claims, hashed)
    _factors(query, known.parameters)
    query(f"CREATE OR REPLACE TEMP TABLE contexts AS {_CONTEXTS}", {"fallback": source})
    return context


def _hashed(query: Query, claims: str, hashed: bool) -> str:
    """Makes the temporary table ``told``. No two of its rows share a hash: where they would, another is taken."""
    texts = {each: f"coalesce(CAST(c.{each} AS VARCHAR), '')" for each in TOLD}
    listed = ", ".join(f"{text} AS {each}" for each, text in texts.items())
    rows = _one_each(query, claims) if hashed else ()
    if rows:
        one = f"FROM ({claims}) c WHERE c.file_row IN ({', '.join(map(str, rows))})"
        query(f"CREATE OR REPLACE TEMP TABLE told AS SELECT DISTINCT c.words AS context, {listed} {one}")
        return "c.words"
    query(f"CREATE OR REPLACE TEMP TABLE told AS SELECT DISTINCT {listed} FROM ({claims}) c")
    for salt in range(100):
        context = f"hash({salt}, {', '.join(texts.values())})"
        if query(f"SELECT count(*) = count(DISTINCT {context}) FROM told c").fetchone()[0]:
            query(f"CREATE OR REPLACE TEMP TABLE told AS SELECT {context} AS context, * FROM told c")
            return context
    raise AssertionError("a hundred salts in a row cannot all collide")


def _one_each(query: Query, claims: str) -> list[int]:
    """A row of the file for each hash of the words; none where there are many, or where two share a hash."""
    hashes = (
        f"SELECT any_value(c.file_row), min(c.words_again) <> max(c.words_again) FROM ({claims}) c GROUP BY c.words"
    )
    found = query(hashes).fetchmany(_FEW + 1)
    return [] if len(found) > _FEW or any(shared for _, shared in found) else [int(row) for row, _ in found]


def _codes(query: Query, table: str, found: Mapping[str, str]) -> None:
    columns = {"codes": list(found), "ids": list(found.values())}
    rows = "SELECT unnest($codes::VARCHAR[]) AS code, unnest($ids::VARCHAR[]) AS id"
    query(f"CREATE OR REPLACE TEMP TABLE {table} AS {rows}", columns)


def _factors(query: Query, parameters: Mapping[str, Parameter]) -> None:
    """Makes the temporary table of the factor from every unit told to its parameter's own, where there is one."""
    query("CREATE OR REPLACE TEMP TABLE unit_factors (parameter VARCHAR, unit VARCHAR, factor DOUBLE)")
    told = "SELECT DISTINCT p.id, t.unit FROM told t JOIN parameter_codes p ON p.code = lower(t.parameter)"
    for parameter, unit in query(told).fetchall():
        try:
            number = factor(unit, parameters[parameter].unit, parameters[parameter].molar_mass)
        except UnitError:
            continue
        query("INSERT INTO unit_factors VALUES (?, ?, ?)", [parameter, unit, number])


def _choices(words: Sequence[str] | Mapping[str, str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_LASTING = "CASE t.averaging " + " ".join(f"WHEN '{k}' THEN INTERVAL '{v}'" for k, v in LASTING.items()) + " END"
_NAMED = f"""
    SELECT t.context, s.id AS station, p.id AS parameter, t.averaging, t.method,
           s.id || '.' || p.id || '.' || t.averaging || CASE WHEN t.method = '' THEN '' ELSE '.' || t.method END
               AS series,
           t.qualifier, t.unit, t.quality, t.flags,
           coalesce(o.id, CASE WHEN t.source = '' THEN nullif($fallback, '') END) AS source, t.note,
           {_LASTING} AS lasting, t.quality IN ('missing', 'withdrawn') AS without, t.qualifier = '<' AS below,
           u.factor
    FROM told t
    LEFT JOIN station_codes s ON s.code = lower(t.station)
    LEFT JOIN parameter_codes p ON p.code = lower(t.parameter)
    LEFT JOIN source_codes o ON o.id = t.source
    LEFT JOIN unit_factors u ON u.parameter = p.id AND u.unit = t.unit"""
_CONTEXTS = f"""
    SELECT CAST(row_number() OVER (ORDER BY series, context) - 1 AS INTEGER) AS code,
           CAST(dense_rank() OVER (ORDER BY series) AS INTEGER) AS series_code, *,
           (CASE WHEN station IS NULL THEN 1 ELSE 0 END)
         | (CASE WHEN parameter IS NULL THEN 2 ELSE 0 END)
         | (CASE WHEN averaging IN ({_choices(AVERAGING)}) THEN 0 ELSE 4 END)
         | (CASE WHEN qualifier IN ('', '<', '>') THEN 0 ELSE 32 END)
         | (CASE WHEN parameter IS NOT NULL AND factor IS NULL THEN 128 ELSE 0 END)
         | (CASE WHEN quality IN ({_choices(QUALITIES)}) THEN 0 ELSE 512 END)
         | (CASE WHEN flags = '' OR list_has_all([{_choices(FLAGS)}], string_split(flags, ','))
                 THEN 0 ELSE 1024 END)
         | (CASE WHEN source IS NULL THEN 2048 ELSE 0 END)
         | (CASE WHEN method = '' OR regexp_full_match(method, '[A-Za-z0-9][A-Za-z0-9_-]{{0,79}}')
                 THEN 0 ELSE 65536 END)
         | (CASE WHEN length(note) <= 10000
                   AND NOT regexp_matches(note, '^[=@+-]|[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x{{9f}}]')
                 THEN 0 ELSE 131072 END)
           AS wrong
    FROM ({_NAMED})"""

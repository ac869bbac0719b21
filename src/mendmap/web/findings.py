"""What was assessed of series, as pages and their JSON twins show it: verdicts, each with its readings and its law.

Every answer is a row of plain values: what was found, in numbers and in a sentence, and the addresses of the readings
behind it and of the limit. Rows of different series stand side by side and are never joined to one.
Not here: trends and comparisons (``changes``), and the assessment itself (``assess``).
"""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from mendmap.assess import words
from mendmap.assess.model import Answer
from mendmap.atlas.model import Atlas, Feature
from mendmap.atlas.verdicts import rule_of
from mendmap.catalogue.records import to_plain
from mendmap.lake.contents import SeriesRow
from mendmap.units import factor
from mendmap.web import changes, laws, wording
from mendmap.web.answered import Row, head
from mendmap.words.dates import Period
from mendmap.words.phrases import Phrase, ended, say
from mendmap.words.vocabulary import VERDICTS

# What a verdict shows of its limit; /limits has all of it.
_LIMIT = (
    *("id", "jurisdiction", "type", "value", "unit", "averaging", "allowed_exceedances", "condition", "instrument"),
    *("applies_from", "applies_to"),
)


def of_series(atlas: Atlas, found: SeriesRow, as_of: str | None = None) -> list[Row]:
    """Everything that was assessed of a series, a row each of some ``kind``: ``verdict``, the newest period first and
    in each in the catalogue's order of limits; ``trend``, ``baseline`` and ``before_after``; and plain ``statistic`` of
    years, the newest first. Of an atlas ``as_of`` another time the readings are those known then."""
    answers = atlas.answers.of(found.id)
    verdicts = [row for each in answers if each.outcome in VERDICTS and (row := _verdict(atlas, found, each))]
    order = {ident: nth for nth, ident in enumerate(atlas.limits)}
    verdicts.sort(key=lambda row: (order[row["limit"]["id"]], row["statistic"]))
    verdicts.sort(key=lambda row: _ends(row["period"]), reverse=True)
    yearly = [{**head(atlas, found, each), "kind": "statistic"} for each in answers if not each.outcome]
    yearly.sort(key=lambda row: _ends(row["period"]), reverse=True)
    rows = [*verdicts, *changes.of_series(atlas, found, answers, verdicts), *yearly]
    if as_of is None:
        return rows
    asked = f"&as-of={quote(as_of)}#"
    return [{**row, "readings_href": row["readings_href"].replace("#", asked)} for row in rows]


def of_feature(atlas: Atlas, found: Feature) -> list[Row]:
    """What was last found of the series of a station, or of a site's stations: of each series, limit and rule the
    newest verdict, and trends and comparisons; by parameter and then limit, so that series that measure the same stand
    beside each other."""
    rows = [row for each in found.series for row in newest(of_series(atlas, each)) if row["kind"] != "statistic"]
    parameters = {ident: nth for nth, ident in enumerate(atlas.parameters)}
    limits = {ident: nth for nth, ident in enumerate(atlas.limits)}

    def place(row: Row) -> tuple[int, int]:
        return parameters[row["parameter"]], limits[row["limit"]["id"]] if row["kind"] == "verdict" else len(limits)

    return sorted(rows, key=place)


def newest(rows: Iterable[Row]) -> list[Row]:
    """Rows as ``of_series`` gives them, without the verdicts that have a newer one of the same limit and rule."""
    seen: set[tuple[str, str, str]] = set()
    found = []
    for row in rows:
        if row["kind"] == "verdict":
            key = row["series"], row["limit"]["id"], row["rule"]["id"]
            if key in seen:
                continue
            seen.add(key)
        found.append(row)
    return found


def groups(atlas: Atlas, rows: Sequence[Row]) -> list[Row]:
    """The verdicts among rows as a page shows them: by jurisdiction, those whose limits are law here first; and last
    those of limits that were not in force yet, which have no ``jurisdiction`` but the ``years`` they begin in. A group
    has its ``rows``, ``law``, whether its limits are law here, and the ``counts`` of its outcomes."""
    verdicts = [row for row in rows if row["kind"] == "verdict"]
    to_come = [row for row in verdicts if row["validity"] == "not_yet"]
    held = [row for row in verdicts if row["validity"] != "not_yet"]
    found = [
        _group([row for row in held if row["limit"]["jurisdiction"] == each], jurisdiction=each)
        for each in laws.jurisdictions(atlas)
    ]
    years = sorted({Period.parse(row["limit"]["applies_from"]).first.year for row in to_come})
    return [each for each in (*found, _group(to_come, years=years)) if each["rows"]]


def unassessed(atlas: Atlas, found: SeriesRow, rows: Sequence[Row]) -> list[Phrase]:
    """What was not assessed of a series, and why, in plain words; nothing where it has verdicts and a trend."""
    kinds = {row["kind"] for row in rows}
    limits = [each for each in atlas.limits.values() if each.parameter == found.parameter]
    said = []
    if "verdict" not in kinds:
        if not limits:
            said.append(say("No verdict: no limit of this catalogue is about this parameter."))
        elif not any(each.rules for each in limits):
            said.append(say("No verdict: no limit of this parameter says how it is to be assessed."))
        else:
            said.append(say("No verdict: its readings were not held against any limit."))
    if "trend" not in kinds:
        if any(row["reason"] == "biased" for row in rows):
            said.append(say("No trend: its source prints only some of the values, such as those that exceed."))
        else:
            said.append(say("No trend: no month has a mean."))
    return said


def without_answers(atlas: Atlas, found: Feature, rows: Sequence[Row]) -> list[Row]:
    """The series of a feature of which something was not assessed, each with its ``reasons``; ``rows`` are those of
    ``of_feature``."""
    said = [(each, unassessed(atlas, each, [row for row in rows if row["series"] == each.id])) for each in found.series]
    return [
        {
            "series": each.id,
            "symbol": atlas.parameters[each.parameter].symbol,
            "station_name": dict(atlas.features[each.station].name),
            "averaging": each.averaging,
            "reasons": reasons,
        }
        for each, reasons in said
        if reasons
    ]


def _group(rows: list[Row], jurisdiction: str = "", years: Sequence[int] = ()) -> Row:
    counts = {word: sum(row["outcome"] == word for row in rows) for word in VERDICTS}
    return {
        "jurisdiction": jurisdiction,
        "years": list(years),
        "law": bool(jurisdiction) and all(row["law"] for row in rows),
        "rows": rows,
        "counts": {word: count for word, count in counts.items() if count},
    }


def _verdict(atlas: Atlas, found: SeriesRow, answer: Answer) -> Row | None:
    """A verdict with its limit and the clause of its rule; None where the catalogue has them no more."""
    limit = atlas.limits.get(answer.against)
    rule = rule_of(limit, atlas.rules, answer.statistic, answer.period) if limit else None
    if limit is None or rule is None:
        return None
    parameter = atlas.parameters[found.parameter]
    plain = to_plain(limit)
    bound = limit.value * factor(limit.unit, parameter.unit, parameter.molar_mass)
    return {
        **head(atlas, found, answer),
        "kind": "verdict",
        "above": answer.above,
        "outcome_meaning": VERDICTS[answer.outcome],
        "sentence": ended(words.sentence(answer, limit, rule, parameter, wording.unit)),
        "limit": {**{name: plain[name] for name in _LIMIT}, "bound": bound, "href": laws.limit_href(limit.id)},
        "rule": {"id": rule.id, "clause": rule.clause, "basis": rule.basis, "href": laws.rule_href(rule.id)},
        "validity": laws.validity(limit, Period.parse(answer.period)),
        "law": laws.is_law(atlas, limit),
    }


def _ends(period: str) -> str:
    return Period.parse(period).last.isoformat()

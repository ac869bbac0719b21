"""The check of readings: what was assessed of the series at the stations, held against what is said of them.

Stations count one by one. One that disagrees is enough to contradict; to support, every independent station that has
a series of the parameter about then must have answers that agree and cover the whole time. One whose readings all lie
before that time, or all after it, says nothing of it, as one that has none; it is named. Stations that differ stand
side by side. Not here: the assessment itself (``assess``); readings that were not assessed decide nothing.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mendmap.assess.model import Answer
from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Limit, Statement, names
from mendmap.lake.contents import SeriesRow
from mendmap.statements import parties
from mendmap.statements.model import Evidence, Finding, Outcome, decided, tolerance
from mendmap.statements.spans import Span, claimed, held, number, stance
from mendmap.units import factor
from mendmap.words.dates import Period, day_of
from mendmap.words.labels import label
from mendmap.words.phrases import Name, Phrase, amount, counted, ended, joined, listed, numeral, say
from mendmap.words.vocabulary import BECAUSE, VERDICTS

# Answers that count values which are not those that the limit is about.
_NOT_ABOUT = ("coarse", "samples", "unpaired")
# How much of a period a rule asks for, by its block and its period.
_SHARES = {
    ("hour", "year"): say("{share} % of the hours of a year"),
    ("8h", "year"): say("{share} % of the 8-hour means of a year"),
    ("day", "year"): say("{share} % of the days of a year"),
    ("sample", "year"): say("{share} % of the samples of a year"),
    ("hour", "winter"): say("{share} % of the hours of a winter"),
    ("8h", "winter"): say("{share} % of the 8-hour means of a winter"),
    ("day", "winter"): say("{share} % of the days of a winter"),
    ("sample", "winter"): say("{share} % of the samples of a winter"),
}
_ORDER = ("disagrees", "agrees", "undecided")


class _Look(NamedTuple):
    """A series that was looked at, with those of its answers that are about the claim, and what they say of it."""

    station: Feature
    series: SeriesRow
    standing: str
    answers: tuple[Answer, ...]
    stance: str


def readings(atlas: Atlas, statement: Statement) -> Outcome:
    """The answers of every series of the parameter at the stations, within the statement's period."""
    stations, assumed = stations_of(atlas, statement)
    looks = [_look(atlas, statement, station, series) for station in stations for series in _series(statement, station)]
    within = [each for each in looks if _overlaps(each.series, statement.period, atlas.place.zone)]
    findings = [
        Finding(standing, min((each.stance for each in some), key=_ORDER.index))
        for (_, standing), some in _by_station(within or looks).items()
    ]
    outcome = decided(findings)
    missing = [*_missing(atlas, statement, stations, looks), *_needed(atlas, statement)]
    if assumed:
        left = say(
            "{stations}: joined to the place only by an assumed distance, so left aside.", stations=listed(assumed)
        )
        missing.append(left)
    said = [_sentence(atlas, statement, each) for each in looks if each.answers]
    because = [*said, *(missing if outcome == "unverifiable" else _silent(atlas, statement, looks, within, rests=True))]
    if outcome == "consistent":
        because.append(say("These are the claimant's own readings; nothing independent is at hand."))
    evidence = [Evidence("limit", each, _limit(atlas.limits[each])) for each in statement.limits]
    evidence += [_evidence(atlas, statement, each) for each in looks]
    return Outcome(
        statement,
        outcome,
        joined(" ", because),
        sums=tuple(said),
        tolerance=tolerance(statement) if statement.claimed is not None else None,
        evidence=tuple(evidence),
        missing=tuple(missing) if outcome == "unverifiable" else (),
    )


def stations_of(atlas: Atlas, statement: Statement) -> tuple[list[Feature], list[Name]]:
    """The stations whose readings check a statement: those it names, else those joined to its sites, else all. The
    names of those that are joined by an assumed distance come second: what is not known to be there tells nothing."""
    if statement.stations:
        return [atlas.features[each] for each in statement.stations], []
    if not statement.sites:
        return list(atlas.of_role("station")), []
    joins = [each for site in statement.sites for each in atlas.features[site].joins if each.site == site]
    sure = dict.fromkeys(each.station for each in joins if not each.assumed)
    assumed = dict.fromkeys(each.station for each in joins if each.station not in sure)
    return [atlas.features[each] for each in sure], [_name(atlas, atlas.features[each]) for each in assumed]


def _series(statement: Statement, station: Feature) -> list[SeriesRow]:
    """The series taken at a station itself; of any parameter where the statement names none."""
    return [
        each for each in station.series if each.station == station.id and statement.parameter in (None, each.parameter)
    ]


def _look(atlas: Atlas, statement: Statement, station: Feature, series: SeriesRow) -> _Look:
    about = [each for each in atlas.answers.of(series.id) if _about(statement, each)]
    stances = {each: _stance(atlas, statement, series, each) for each in about}
    agreeing = [each for each, word in stances.items() if word == "agrees"]
    word = "undecided"
    if "disagrees" in stances.values():
        word = "disagrees"
    elif all(
        _covered(statement.period, [each for each in agreeing if each.against == against])
        for against in statement.limits or ("",)
    ):
        word = "agrees"
    return _Look(station, series, parties.of_series(atlas, statement, series), tuple(about), word)


def _about(statement: Statement, answer: Answer) -> bool:
    """Whether an answer is about the claim: of its limits or its statistic, and of a time that lies within its own."""
    if statement.limits:
        wanted = answer.against in statement.limits and answer.outcome in VERDICTS
        wanted = wanted and statement.statistic in (None, answer.statistic)
    else:
        wanted = not answer.against and answer.statistic == statement.statistic
    if not wanted or statement.period is None:
        return wanted
    time = Period.parse(answer.period)
    return statement.period.first <= time.first and time.last <= statement.period.last


def _stance(atlas: Atlas, statement: Statement, series: SeriesRow, answer: Answer) -> str:
    """What one answer says of the claim."""
    if not statement.limits:
        if answer.reason or answer.value is None or statement.claimed is None:
            return "undecided"
        unit = atlas.parameters[series.parameter].unit
        low, high = (answer.value if each is None else each for each in (answer.low, answer.high))
        return stance(Span(low, high).times(factor(unit, statement.unit or unit)), claimed(statement))
    if answer.reason in _NOT_ABOUT:
        return "undecided"
    if statement.expects == "never_above":
        if answer.above or answer.outcome == "exceeds":
            return "disagrees"
        return "agrees" if answer.outcome == "within" and answer.above == 0 else "undecided"
    return {"exceeds": "disagrees", "within": "agrees"}.get(answer.outcome, "undecided")


def _covered(period: Period | None, answers: Iterable[Answer]) -> bool:
    """Whether answers leave no day of a period out; a claim without a time is never covered."""
    if period is None:
        return False
    day = period.first
    for time in sorted((Period.parse(each.period) for each in answers), key=lambda each: each.first):
        if time.first <= day:
            day = max(day, time.last + dt.timedelta(days=1))
    return day > period.last


def _by_station(looks: Sequence[_Look]) -> dict[tuple[str, str], list[_Look]]:
    found: dict[tuple[str, str], list[_Look]] = {}
    for each in looks:
        found.setdefault((each.station.id, each.standing), []).append(each)
    return found


def _missing(atlas: Atlas, statement: Statement, stations: Sequence[Feature], looks: Sequence[_Look]) -> list[Phrase]:
    """What is not at hand, in numbers."""
    period = statement.period
    yet = []
    if not (statement.limits or statement.statistic):
        yet.append(say("No limit is named that readings could be held against."))
    within = [each for each in looks if _overlaps(each.series, period, atlas.place.zone)]
    wanted = _wanted(atlas, statement)
    if not within:
        return [*yet, ended(_nowhere(wanted, stations, looks))]
    unassessed = sum(not each.answers for each in within)
    if unassessed:
        yet.append(_unassessed(atlas, statement, unassessed))
    return [*yet, *_silent(atlas, statement, looks, within)]


def _silent(
    atlas: Atlas, statement: Statement, looks: Sequence[_Look], within: Sequence[_Look], *, rests: bool = False
) -> list[Phrase]:
    """Which stations have no readings of the time that it is about: of those that it names, and of those that have some
    of another time. Where a verdict ``rests`` on the others, that it does: nobody can tell here whether a station did
    not measure then, or whether only its readings are not at hand."""
    measuring = {each.station.id for each in looks if each in within or each.answers}
    known = {each.station.id: each.station for each in looks}
    known |= {each: atlas.features[each] for each in statement.stations}
    silent = sorted({_name(atlas, each) for ident, each in known.items() if ident not in measuring})
    if not silent:
        return []
    told = {"none": _wanted(atlas, statement), "stations": listed(silent)}
    if rests:
        return [say("{none} are at hand at {stations}: the verdict rests on the other stations alone.", **told)]
    return [say("{none} are at hand at {stations}.", **told)]


def _wanted(atlas: Atlas, statement: Statement) -> Phrase:
    """That there are no readings such as the statement is about, as a sentence begins."""
    symbol = atlas.parameters[statement.parameter].symbol if statement.parameter else ""
    known = {"parameter": symbol, "period": statement.period.text if statement.period else ""}
    if not statement.period:
        return say("No readings of {parameter}", **known) if symbol else say("No readings")
    if symbol:
        return say("No readings of {parameter} for {period}", **known)
    return say("No readings for {period}", **known)


def _nowhere(wanted: Phrase, stations: Sequence[Feature], looks: Sequence[_Look]) -> Phrase:
    """That none are at hand at any station, and how many of these have some of another time."""
    if not stations:
        return say("{none} are at hand", none=wanted)
    if len(stations) == 1:
        found = say("{none} are at hand at its station", none=wanted)
    else:
        found = say("{none} are at hand at any of {count} stations", none=wanted, count=len(stations))
    measuring = len({each.station.id for each in looks})
    if not measuring:
        return found
    other = counted(
        "{number} of them has readings of another time", "{number} of them have readings of another time", measuring
    )
    return joined("; ", (found, other))


def _unassessed(atlas: Atlas, statement: Statement, count: int) -> Phrase:
    if not statement.parameter:
        return counted(
            "{number} series has readings about then; they have not been assessed.",
            "{number} series have readings about then; they have not been assessed.",
            count,
        )
    return counted(
        "{number} series of {parameter} has readings about then; they have not been assessed.",
        "{number} series of {parameter} have readings about then; they have not been assessed.",
        count,
        parameter=atlas.parameters[statement.parameter].symbol,
    )


def _needed(atlas: Atlas, statement: Statement) -> list[Phrase]:
    """How complete the readings must be, as the rules of the limits say; one line for each different rule."""
    found = []
    for ident in statement.limits:
        limit = atlas.limits[ident]
        for rule in (atlas.rules[each] for each in limit.rules if each in atlas.rules):
            shares = []
            if rule.period_share is not None:
                shares.append(say(_SHARES[rule.block, rule.period], share=numeral(100 * rule.period_share, ".3g")))
            if rule.block_share is not None:
                shares.append(say("{share} % of the hours of each", share=numeral(100 * rule.block_share, ".3g")))
            if len(shares) == 2:
                shares = [say("{first}, and {second}", first=shares[0], second=shares[1])]
            found += [say("{shares} are needed ({clause}).", shares=each, clause=rule.clause) for each in shares]
    return list(dict.fromkeys(found))


def _overlaps(series: SeriesRow, period: Period | None, zone: str) -> bool:
    return period is None or (day_of(series.first, zone) <= period.last and day_of(series.last, zone) >= period.first)


def _sentence(atlas: Atlas, statement: Statement, look: _Look) -> Phrase:
    told = joined("; ", (_told(atlas, statement, look.series, each) for each in look.answers))
    return ended(joined(": ", (_name(atlas, look.station), told)))


def _told(atlas: Atlas, statement: Statement, series: SeriesRow, answer: Answer) -> Phrase:
    """An answer in words and numbers."""
    unit = atlas.parameters[series.parameter].unit
    parts: list[str] = [answer.period]
    if answer.against:
        limit = atlas.limits[answer.against]
        bound = amount(numeral(limit.value, "g"), limit.unit)
        if answer.above is None:
            parts.append(say("held against {limit}", limit=bound))
        else:
            parts.append(counted("{number:,} above {limit}", "{number:,} above {limit}", answer.above, limit=bound))
    elif answer.value is None:
        parts.append(say("no {statistic}", statistic=label(answer.statistic)))
    else:
        parts.append(joined(" ", (label(answer.statistic), amount(number(answer.value), unit))))
        if statement.claimed is not None:
            value = answer.value * factor(unit, statement.unit or unit)
            parts.append(held(statement, Span(value, value)))
    if answer.count is not None and answer.expected:
        share = answer.count / answer.expected
        parts.append(
            say(
                "{count:,} of {expected:,} values ({share:.0%})",
                count=answer.count,
                expected=answer.expected,
                share=share,
            )
        )
    return joined(", ", [*parts, label(answer.outcome), BECAUSE.get(answer.reason, answer.reason)])


def _evidence(atlas: Atlas, statement: Statement, look: _Look) -> Evidence:
    series = look.series
    what = say(
        "{parameter} at {station}, {averaging}",
        parameter=atlas.parameters[series.parameter].symbol,
        station=_name(atlas, look.station),
        averaging=series.averaging,
    )
    if look.answers:
        says = joined("; ", [_told(atlas, statement, series, each) for each in look.answers])
    else:
        first, last = (day_of(each, atlas.place.zone).isoformat() for each in (series.first, series.last))
        says = say("readings from {first} to {last}, not assessed for this", first=first, last=last)
    when = statement.period.text if statement.period else ""
    said = joined(": ", (what, says))
    return Evidence("series", series.id, said, look.standing, look.stance, when, look.answers)


def _limit(limit: Limit) -> Phrase:
    bound = say(
        "{limit} over {averaging} ({instrument})",
        limit=amount(numeral(limit.value, "g"), limit.unit),
        averaging=limit.averaging,
        instrument=limit.instrument,
    )
    allowed = limit.allowed_exceedances
    if allowed is None:
        return bound
    times = counted("{number} a year may be above it", "{number} a year may be above it", allowed)
    return joined("; ", (bound, times))


def _name(atlas: Atlas, feature: Feature) -> Name:
    return names(feature.name, atlas.place.languages)

"""The check of what imagery shows inside an outline: its readings of a season, held against the value claimed.

The value of a season is the median of its scenes. How far it is known is the interval around it that holds the true
median in 19 of 20 cases, whatever the scenes' values are distributed like (the sign test's interval: Conover, Practical
Nonparametric Statistics, 3.2); of five scenes or fewer, which cannot tell so much, all that they span. A difference is
known as far as its pixels could be judged. Every series of the parameter at the feature counts one by one.
Not here: pixels (``rasters``); an outline that is schematic or a guess proves nothing, whatever is seen inside it.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from math import comb, inf
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.imagery import Difference
from mendmap.catalogue.records import Statement, names
from mendmap.geo.measure import area_m2
from mendmap.lake.contents import SeriesRow
from mendmap.lake.sampled import Sample
from mendmap.statements import parties, places
from mendmap.statements.model import Evidence, Finding, Outcome, decided, tolerance
from mendmap.statements.spans import Span, claimed, held, number, stance, told
from mendmap.units import factor
from mendmap.words.dates import Period
from mendmap.words.labels import label
from mendmap.words.phrases import Phrase, counted, ended, joined, say

_OWN = say("The imagery is the claimant's own; nothing independent is at hand.")
_UNKNOWN = say("Nobody says whose the imagery is, so it decides nothing.")


class _Shown(NamedTuple):
    """What a series shows: the ``samples`` that tell it, its ``value``, and the ``span`` that the value lies in."""

    samples: tuple[Sample, ...]
    value: float
    span: Span


class _Look(NamedTuple):
    """A series that was looked at, what it ``shown``, in the statement's unit, and what that says of the claim; nothing
    where a season has no sample."""

    series: SeriesRow
    shown: _Shown | None
    finding: Finding


def vegetation(atlas: Atlas, statement: Statement) -> Outcome:
    """The level of a parameter inside an outline in the season ``after``, or where ``before`` is given too the change
    from the one to the other, in the parameter's unit, against the value claimed."""
    feature = atlas.features[statement.feature or ""]
    outline = places.evidence(feature, "", "undecided")
    if statement.claimed is None or not outlined(feature):
        because, missing = _without(atlas, feature)
        return Outcome(statement, "unverifiable", because, evidence=(outline,), missing=missing)
    looks = [_look(atlas, statement, each) for each in _series(feature, statement)]
    seen = {each: each.shown for each in looks if each.shown}
    evidence = (outline, *(_evidence(atlas, statement, each) for each in looks))
    if not seen:
        because, missing = _unseen(atlas, statement, feature)
        return Outcome(statement, "unverifiable", because, evidence=evidence, missing=missing)
    findings = [each.finding for each in seen]
    outcome = decided(findings)
    sums = [_sum(atlas, statement, each, shown) for each, shown in seen.items()]
    spans = [Span(shown.value, shown.value) for shown in seen.values()]
    against = [ended(joined("; ", (each, held(statement, span)))) for each, span in zip(sums, spans, strict=True)]
    why, missing = _undecided(statement, feature, findings)
    return Outcome(
        statement,
        outcome,
        joined(" ", [*against, why]),
        spans[0].value if len(spans) == 1 else None,
        tuple(sums),
        tolerance(statement),
        evidence,
        missing if outcome == "unverifiable" else (),
    )


def outlined(feature: Feature) -> bool:
    """Whether the outline of a feature is known, so that what is seen inside it says something of it."""
    shape = feature.geometry
    known = feature.properties["basis"] in places.KNOWN_BASES
    return shape is not None and "Polygon" in shape.geom_type and known


def _series(feature: Feature, statement: Statement) -> Iterator[SeriesRow]:
    """The samples of the parameter taken at the feature itself."""
    for each in feature.series:
        if (each.station, each.parameter, each.averaging) == (feature.id, statement.parameter, "sample"):
            yield each


def _look(atlas: Atlas, statement: Statement, series: SeriesRow) -> _Look:
    shown = _shown(atlas, statement, series)
    if shown is None:
        return _Look(series, None, Finding("", "undecided"))
    unit = atlas.parameters[series.parameter].unit
    scale = factor(unit, statement.unit or unit)
    shown = shown._replace(value=shown.value * scale, span=shown.span.times(scale))
    standing = parties.of_readings(atlas, statement, series, {each.source for each in shown.samples})
    return _Look(series, shown, Finding(standing, stance(shown.span, claimed(statement))))


def _shown(atlas: Atlas, statement: Statement, series: SeriesRow) -> _Shown | None:
    """What a series shows of the seasons that a statement names, in the parameter's unit."""
    mine = [each for each in atlas.samples if each.series == series.id]
    zone = ZoneInfo(atlas.place.zone)
    if series.method in atlas.differences:
        return _difference(atlas.differences[series.method], statement, mine, zone)
    seasons = [_within(mine, each, zone) for each in (statement.before, statement.after) if each]
    if not all(seasons):
        return None
    value, span = _level(seasons[-1])
    if len(seasons) == 2:
        earlier, then = _level(seasons[0])
        value, span = value - earlier, Span(span.low - then.high, span.high - then.low)
    return _Shown(tuple(each for season in seasons for each in season), value, span)


def _difference(
    difference: Difference, statement: Statement, samples: Sequence[Sample], zone: ZoneInfo
) -> _Shown | None:
    """What a difference shows: it is one of the statement's own seasons; of the season before too, where one is
    named."""
    if not _same(difference.after, statement.after):
        return None
    if statement.before and not _same(difference.before, statement.before):
        return None
    both = Period(difference.id, difference.before.first, difference.after.last)
    found = [each for each in samples if _days(each, zone) == (both.first, both.last)]
    if not found:
        return None
    return _Shown((found[-1],), found[-1].value, _span(found[-1]))


def _same(one: Period, other: Period | None) -> bool:
    return other is not None and (one.first, one.last) == (other.first, other.last)


def _days(sample: Sample, zone: ZoneInfo) -> tuple[dt.date, dt.date]:
    """The first and the last day of a sample; it ends before its end, unless it lasts no time."""
    last = max(sample.start, sample.end - dt.timedelta(microseconds=1))
    return sample.start.astimezone(zone).date(), last.astimezone(zone).date()


def _within(samples: Sequence[Sample], season: Period, zone: ZoneInfo) -> list[Sample]:
    days = ((each, _days(each, zone)) for each in samples)
    return [each for each, (first, last) in days if season.first <= first and last <= season.last]


def _level(samples: Sequence[Sample]) -> tuple[float, Span]:
    """The median of a season's samples, and the interval that it is known to lie in. Those that tell only how much it
    is at least or at most, such as an area that was seen in part, count where there are no others."""
    some = [each for each in samples if not each.qualifier] or samples
    spans, aside = [_span(each) for each in some], _aside(len(some))
    low, high = sorted(each.low for each in spans)[aside], sorted(each.high for each in spans)[-1 - aside]
    return median(each.value for each in some), Span(low, high)


def _span(sample: Sample) -> Span:
    """What the value of a sample can be."""
    off = sample.uncertainty or 0.0
    low = -inf if sample.qualifier.startswith("<") else sample.value - off
    return Span(low, inf if sample.qualifier.startswith(">") else sample.value + off)


def _aside(count: int) -> int:
    """How many of so many values may be left aside at each end, so that the true median lies between the others in
    at least 19 of 20 cases; none where even all of them tell no more."""
    below, aside = 0.0, 0
    while aside < count // 2:
        below += comb(count, aside) / 2**count
        if below > 0.025:
            break
        aside += 1
    return max(0, aside - 1)


def _without(atlas: Atlas, feature: Feature) -> tuple[Phrase, tuple[Phrase, ...]]:
    """Why nothing is computed where the outline is not known, or no value claimed; and what is missing."""
    seen = any(each.shows == "scene" for each in atlas.rasters.values())
    if outlined(feature):
        area = number(area_m2(feature.geometry) / 10_000)
        if not seen:
            because = say("The outline at hand encloses {area} ha; no imagery is at hand.", area=area)
            return because, (say("Imagery of the outline from before and after."),)
        because = say("The outline at hand encloses {area} ha; no value that imagery could show is claimed.", area=area)
        return because, (say("A parameter, a season and the value claimed."),)
    known = {"drawn": places.drawn(feature), "basis": label(feature.properties["basis"])}
    outline = say("The outline of {feature}.", feature=feature.id)
    if not seen:
        because = say(
            "At hand is {drawn} whose basis is {basis}, which proves nothing; no imagery is at hand either.", **known
        )
        return because, (outline, say("Imagery of it from before and after."))
    return say("At hand is {drawn} whose basis is {basis}; what imagery shows there proves nothing.", **known), (
        outline,
    )


def _unseen(atlas: Atlas, statement: Statement, feature: Feature) -> tuple[Phrase, tuple[Phrase, ...]]:
    """That no clear scene of a season is at hand; and what is missing."""
    area = number(area_m2(feature.geometry) / 10_000)
    known = {"area": area, "parameter": atlas.parameters[statement.parameter or ""].symbol, "after": statement.after}
    if statement.before:
        because = say(
            "The outline encloses {area} ha; readings of {parameter} from {before} and {after} are not both at hand.",
            before=statement.before,
            **known,
        )
        scenes = say("Clear imagery of {feature} from both seasons.", feature=feature.id)
        return because, (scenes,)
    because = say("The outline encloses {area} ha; no readings of {parameter} from {after} are at hand.", **known)
    return because, (say("Clear imagery of {feature} from {after}.", feature=feature.id, after=statement.after),)


def _undecided(
    statement: Statement, feature: Feature, findings: Sequence[Finding]
) -> tuple[Phrase | str, tuple[Phrase, ...]]:
    """Why what was seen does not support, where it does not contradict either; and what is missing."""
    outcome = decided(findings)
    if outcome == "consistent":
        return _OWN, ()
    if outcome != "unverifiable":
        return "", ()
    if {each.standing for each in findings} == {"unknown"}:
        return _UNKNOWN, (say("Who published the imagery."),)
    near = say("What is claimed lies within what the scenes leave open, so they cannot tell.")
    return near, (say("More clear scenes of {feature} from {after}.", feature=feature.id, after=statement.after),)


def _sum(atlas: Atlas, statement: Statement, look: _Look, shown: _Shown) -> Phrase:
    """The value of a series with how far it is known, and of how many scenes."""
    unit = statement.unit or atlas.parameters[look.series.parameter].unit
    known = {
        "parameter": atlas.parameters[look.series.parameter].symbol,
        "value": told(Span(shown.value, shown.value), unit),
        "span": told(shown.span, unit),
        "after": statement.after,
    }
    if look.series.method in atlas.differences:
        difference = names(atlas.differences[look.series.method].name, atlas.place.languages)
        return say(
            "{difference}: {parameter} is {value} ({span} by the pixels that could be judged)",
            difference=difference,
            **known,
        )
    if statement.before:
        known["before"] = statement.before
        return counted(
            "{parameter} changed by {value} from {before} to {after} (median of {number} scene; {span})",
            "{parameter} changed by {value} from {before} to {after} (medians of {number} scenes; {span})",
            len(shown.samples),
            **known,
        )
    return counted(
        "{parameter} in {after} is {value} (median of {number} scene; {span})",
        "{parameter} in {after} is {value} (median of {number} scenes; {span})",
        len(shown.samples),
        **known,
    )


def _evidence(atlas: Atlas, statement: Statement, look: _Look) -> Evidence:
    """A series as evidence, with each scene that was taken: its day, its value, and of how many pixels."""
    parameter = atlas.parameters[look.series.parameter]
    zone = ZoneInfo(atlas.place.zone)
    period = statement.after.text if statement.after else ""
    if look.shown is None:
        says = say("{parameter}: nothing of that time", parameter=parameter.symbol)
        return Evidence("series", look.series.id, says, "", "undecided", period)
    scenes = joined("; ", [_scene(each, parameter.unit, zone) for each in look.shown.samples])
    return Evidence("series", look.series.id, joined(": ", (parameter.symbol, scenes)), *look.finding, period)


def _scene(sample: Sample, unit: str, zone: ZoneInfo) -> Phrase:
    day = sample.start.astimezone(zone).date()
    value = told(Span(sample.value, sample.value), unit)
    if sample.samples is None:
        said = say("{day}: {value}", day=day, value=value)
    else:
        said = counted(
            "{day}: {value} of {number:,} pixel",
            "{day}: {value} of {number:,} pixels",
            sample.samples,
            day=day,
            value=value,
        )
    return say("{scene} ({note})", scene=said, note=sample.note) if sample.note else said

"""Checks that compute with published figures. A figure that is itself derived here is never held against a claim.

Figures that the statement does not name are looked up by feature, parameter and time. Where several are at hand they
stand side by side: each is a finding of its own.
Not here: readings (``measured``); a figure is no reading.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from math import inf
from typing import NamedTuple

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Figure, Statement, names
from mendmap.statements import parties
from mendmap.statements.model import Evidence, Finding, Outcome, decided, together, tolerance
from mendmap.statements.spans import Span, claimed, figured, held, number, of_figure, stance, told
from mendmap.units import UnitError, factor
from mendmap.words.dates import Period
from mendmap.words.phrases import Phrase, ended, joined, listed, numeral, say

_OWN = say("These are the claimant's own figures; nothing independent is at hand.")
_MIXED = say("This rests on figures of the claimant's own too, so it is no support.")
_UNKNOWN = say("Nobody says whose the figures are, so they decide nothing.")


def ratio(atlas: Atlas, statement: Statement) -> Outcome:
    """The first figure over the second, against the value claimed; and so for others of the same two things."""
    if len(statement.figures) != 2 or statement.claimed is None:
        needed = say("Two figures and the value claimed are needed, and are not all given.")
        return Outcome(statement, "unverifiable", needed)
    above, below = (atlas.figures[each] for each in statement.figures)
    sides = [_like(atlas, each) for each in (above, below)]
    share = factor(statement.unit or "1", "1")
    comparisons = []
    for one, other in _pairs(atlas, statement, *sides):
        alike = above.unit == below.unit
        over = _over(of_figure(one, above.unit), of_figure(other, above.unit)) if alike else None
        if over is not None:
            value = over.times(1 / share)
            result = told(value, statement.unit)
            sum_ = say("{above} / {below} = {result}", above=_factor(one), below=_factor(other), result=result)
            comparisons.append(_Comparison((one, other), value, sum_))
    if not comparisons:
        seen = tuple(_evidence(atlas, statement, each) for each in (above, below))
        because = say("{above} over {below} gives no share.", above=above.unit, below=below.unit)
        return Outcome(statement, "unverifiable", because, evidence=seen)
    return _compared(atlas, statement, comparisons, [each for side in sides for each in side])


def change(atlas: Atlas, statement: Statement) -> Outcome:
    """The change of a parameter at a feature from ``before`` to ``after``, as a share of before, against the value
    claimed; less is below 0."""
    unit = atlas.parameters[statement.parameter or ""].unit
    times = [each for each in (statement.before, statement.after) if each]
    sides = [_at(atlas, statement.feature, statement.parameter, unit, each) for each in times]
    missing = [_none(atlas, statement, each) for each, side in zip(times, sides, strict=True) if not side]
    share = factor(statement.unit or "1", "1")
    comparisons = []
    for earlier, later in _pairs(atlas, statement, *sides):
        over = _over(of_figure(later, unit), of_figure(earlier, unit))
        if over is None:
            known = {"figure": figured(earlier), "period": str(earlier.period)}
            missing.append(say("{figure} in {period} is nothing to compare with.", **known))
            continue
        changed = Span(over.low - 1, over.high - 1).times(1 / share)
        sum_ = say(
            "({later} − {earlier}) / {earlier} = {result}",
            later=_factor(later),
            earlier=_factor(earlier),
            result=told(changed, statement.unit),
        )
        comparisons.append(_Comparison((earlier, later), changed, sum_))
    named = [atlas.figures[each] for each in statement.figures]
    return _compared(atlas, statement, comparisons, [*named, *sides[0], *sides[1]], missing)


def implied(atlas: Atlas, statement: Statement) -> Outcome:
    """The first figure is a level, the second the cut that led to it: level / (1 − cut) is the level ``before``, in
    the unit of the first. It is held against figures of that time, of the same parameter and feature."""
    level, cut = (atlas.figures[each] for each in statement.figures)
    seen = [_evidence(atlas, statement, each) for each in (level, cut)]
    share = of_figure(cut, "1")
    earlier = _over(of_figure(level, level.unit), Span(1 - share.high, 1 - share.low))
    if earlier is None:
        because = say("A cut by {cut} tells nothing of the level before.", cut=figured(cut))
        return Outcome(statement, "unverifiable", because, evidence=tuple(seen))
    before = statement.before
    sums = [
        say(
            "{level} / ({whole} − {cut}) = {result} in {before}",
            level=figured(level),
            whole="100 %" if cut.unit == "%" else "1",
            cut=figured(cut),
            result=told(earlier, level.unit),
            before=str(before),
        )
    ]
    findings = []
    found = _at(atlas, level.feature, level.parameter, level.unit, before) if before else []
    seen += [_evidence(atlas, statement, each) for each in found]
    allowed = tolerance(statement)
    for each in found:
        around = Span(earlier.low * (1 - allowed), earlier.high * (1 + allowed))
        word = stance(of_figure(each, level.unit), around)
        # Who contradicts the level before does so alone; who confirms it has not confirmed the two others.
        rests_on = (level, cut, each) if word == "agrees" else (each,)
        whose = together(parties.of_figure(atlas, statement, one) for one in rests_on)
        findings.append(Finding(whose, word))
        sums.append(
            say(
                "{figure} is published for {period}; {implied} is implied, {tolerance}% allowed",
                figure=figured(each),
                period=str(each.period),
                implied=told(earlier, level.unit),
                tolerance=numeral(100 * allowed, ".3g"),
            )
        )
    missing = () if found else (_none(atlas, statement, before, level),)
    because = joined(" ", [*map(ended, sums), *missing, _whose(findings, seen)])
    return Outcome(
        statement,
        decided(findings),
        because,
        earlier.value,
        tuple(sums),
        tolerance(statement),
        tuple(seen),
        missing,
    )


def times(atlas: Atlas, statement: Statement) -> Outcome:
    """An increase of the figure by so many times: it may mean so many times as much, or as much more again. Both are
    computed, and a figure of ``after`` tells which of them agrees."""
    base = atlas.figures[statement.figures[0]]
    many = statement.claimed or 0.0
    start = of_figure(base, base.unit)
    readings = {
        say("{base} × {times}", base=figured(base), times=number(many)): start.times(many),
        say("{base} + {share} %", base=figured(base), share=number(100 * many)): start.times(1 + many),
    }
    sums = [say("{sum} = {result}", sum=how, result=told(value, base.unit)) for how, value in readings.items()]
    allowed, after = tolerance(statement), statement.after
    found = _at(atlas, base.feature, base.parameter, base.unit, after) if after else []
    findings = []
    for each in found:
        known = of_figure(each, base.unit)
        stances = {
            how: stance(known, Span(value.low * (1 - allowed), value.high * (1 + allowed)))
            for how, value in readings.items()
        }
        agreeing = [how for how, word in stances.items() if word == "agrees"]
        word = "agrees" if agreeing else "undecided" if "undecided" in stances.values() else "disagrees"
        findings.append(Finding(together(parties.of_figure(atlas, statement, one) for one in (base, each)), word))
        sums.append(_read(each, agreeing, word, allowed))
    missing = () if found else (_none(atlas, statement, after, base),)
    seen = tuple(_evidence(atlas, statement, each) for each in (base, *found))
    two = say("The words can be read in two ways.")
    because = joined(" ", [two, *map(ended, sums), *missing, _whose(findings, seen)])
    return Outcome(statement, decided(findings), because, None, tuple(sums), allowed, seen, missing)


def _read(figure: Figure, agreeing: Sequence[str], word: str, allowed: float) -> Phrase:
    """What a published figure says of the readings of a claim: which of them it agrees with."""
    known = {
        "figure": figured(figure),
        "period": str(figure.period),
        "sums": listed(agreeing),
        "tolerance": numeral(100 * allowed, ".3g"),
    }
    if agreeing:
        return say("{figure} is published for {period}: it agrees with {sums}, {tolerance}% allowed", **known)
    if word == "disagrees":
        return say("{figure} is published for {period}: it agrees with neither, {tolerance}% allowed", **known)
    return say("{figure} is published for {period}: it does not tell which, {tolerance}% allowed", **known)


def evidence(atlas: Atlas, statement: Statement) -> Outcome:
    """Nothing that can be computed from what a catalogue holds; the figures named are shown."""
    seen = tuple(_evidence(atlas, statement, atlas.figures[each]) for each in statement.figures)
    if seen:
        figures = joined("; ", [each.says for each in seen])
        because = say("At hand: {figures}. Nothing independent decides it.", figures=figures)
        return Outcome(statement, "unverifiable", because, evidence=seen)
    return Outcome(statement, "unverifiable", say("Nothing at hand can decide it."))


class _Comparison(NamedTuple):
    """A value computed from figures, in the statement's unit, with its working."""

    figures: tuple[Figure, Figure]
    value: Span
    sum: Phrase


def _compared(
    atlas: Atlas,
    statement: Statement,
    comparisons: Sequence[_Comparison],
    seen: Iterable[Figure],
    missing: Sequence[str] = (),
) -> Outcome:
    """The outcome of values that are each held against the one claimed."""
    findings = [
        Finding(
            together(parties.of_figure(atlas, statement, figure) for figure in each.figures),
            stance(each.value, claimed(statement)),
        )
        for each in comparisons
    ]
    sums = tuple(each.sum for each in comparisons)
    evidence = tuple(dict.fromkeys(_evidence(atlas, statement, each) for each in seen))
    held_against = [ended(joined(", ", (each.sum, held(statement, each.value)))) for each in comparisons]
    return Outcome(
        statement,
        decided(findings),
        joined(" ", [*held_against, *missing, _whose(findings, evidence)]),
        comparisons[0].value.value if len(comparisons) == 1 else None,
        sums,
        tolerance(statement),
        evidence,
        tuple(missing),
    )


def _pairs(
    atlas: Atlas, statement: Statement, one: Sequence[Figure], other: Sequence[Figure]
) -> list[tuple[Figure, Figure]]:
    """Figures to compare with each other: those of one standing, or any where there are none such, because what two
    parties count need not be the same."""
    every = list(product(one, other))
    alike = [pair for pair in every if len({parties.of_figure(atlas, statement, each) for each in pair}) == 1]
    return alike or every


def _like(atlas: Atlas, figure: Figure) -> list[Figure]:
    """A figure, and others of the same thing at the same time."""
    found = _at(atlas, figure.feature, figure.parameter, figure.unit, figure.period) if figure.period else []
    return [figure, *(each for each in found if each.id != figure.id)]


def _factor(figure: Figure) -> Phrase:
    """A figure as a sum prints it: without its unit, and in brackets where it is not one number."""
    exact = not figure.qualifier and figure.value_to is None
    return number(figure.value) if exact else joined("", ("(", figured(figure), ")"))


def _over(above: Span, below: Span) -> Span | None:
    """One amount over another; None where the lower may be nothing, or either is below 0."""
    if above.low < 0 or below.low <= 0:
        return None
    return Span(0.0 if below.high == inf else above.low / below.high, above.high / below.low)


def _at(atlas: Atlas, feature: str | None, parameter: str | None, unit: str, time: Period) -> list[Figure]:
    """The printed figures of a parameter at a feature for just that time, whose unit can be brought to ``unit``."""
    return [
        each
        for each in atlas.figures.values()
        if each.basis == "verbatim"
        and None not in (feature, parameter)
        and (each.feature, each.parameter) == (feature, parameter)
        and each.period
        and (each.period.first, each.period.last) == (time.first, time.last)
        and _comparable(each.unit, unit)
    ]


def _comparable(unit: str, other: str) -> bool:
    try:
        factor(unit, other)
    except UnitError:
        return False
    return True


def _evidence(atlas: Atlas, statement: Statement, figure: Figure) -> Evidence:
    says = joined(": ", (figure.what, figured(figure)))
    if figure.period:
        says = say("{figure} ({period})", figure=says, period=str(figure.period))
    return Evidence("figure", figure.id, says, parties.of_figure(atlas, statement, figure))


def _none(atlas: Atlas, statement: Statement, time: Period | None, like: Figure | None = None) -> Phrase:
    """That no figure of a time is at hand."""
    parameter = atlas.parameters.get((like.parameter if like else statement.parameter) or "")
    what = names(parameter.name) if parameter else like.what if like else ""
    if not what:
        return say("No figure of it for {time} is at hand.", time=str(time))
    return say("No figure of “{what}” for {time} is at hand.", what=what, time=str(time))


def _whose(findings: Sequence[Finding], seen: Iterable[Evidence]) -> str:
    """Why figures that agree do not support, where they do not."""
    if decided(findings) == "consistent":
        return _OWN if {each.standing for each in seen} == {"claimant"} else _MIXED
    return _UNKNOWN if findings and {each.standing for each in findings} == {"unknown"} else ""

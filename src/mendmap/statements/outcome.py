"""Computes the outcome of every statement, each by the check that it names.

Not here: the checks themselves, and what each needs of a statement (``needs``).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Statement, to_plain
from mendmap.statements import figures, imagery, measured, places
from mendmap.statements.model import Outcome
from mendmap.words.vocabulary import CHECKS, OUTCOMES

_CHECKS: Mapping[str, Callable[[Atlas, Statement], Outcome]] = {
    "ratio": figures.ratio,
    "change": figures.change,
    "implied": figures.implied,
    "times": figures.times,
    "readings": measured.readings,
    "length": places.length,
    "vegetation": imagery.vegetation,
    "evidence": figures.evidence,
}


def outcomes(atlas: Atlas) -> list[Outcome]:
    """Every statement of the catalogue with its outcome, in file order."""
    return [_CHECKS[statement.check](atlas, statement) for statement in atlas.statements.values()]


def checked(atlas: Atlas) -> dict[str, dict[str, Any]]:
    """What came of checking each statement, by its id: the columns that the table of statements has for it."""
    return {
        each.statement.id: {"outcome": each.outcome, "because": each.because, "computed": each.computed}
        for each in outcomes(atlas)
    }


def plain(outcome: Outcome) -> dict[str, Any]:
    """A statement with its outcome, as JSON holds it: the statement's columns, those of ``Outcome``, and what the
    words mean."""
    return {
        **to_plain(outcome.statement),
        "check_meaning": CHECKS[outcome.statement.check],
        "outcome": outcome.outcome,
        "outcome_meaning": OUTCOMES[outcome.outcome],
        "because": outcome.because,
        "computed": outcome.computed,
        "sums": list(outcome.sums),
        "tolerance": outcome.tolerance,
        "evidence": [dataclasses.asdict(each) for each in outcome.evidence],
        "missing": list(outcome.missing),
    }

"""What came of checking a statement, and the one rule by which evidence becomes an outcome.

Not here: the checks (``figures``, ``places``, ``measured``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mendmap.assess.model import Answer
from mendmap.catalogue.records import Statement

_TOLERANCE = 0.01


class Finding(NamedTuple):
    """What one computation says of the claim: a word of ``vocabulary.STANDINGS`` and one of ``vocabulary.STANCES``."""

    standing: str
    stance: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at. ``kind`` is figure, series, feature or limit, and ``id`` that of its record.

    ``says`` is what it says, in words and numbers. ``standing`` and ``stance`` are words of ``vocabulary.STANDINGS``
    and ``STANCES``, empty where they do not apply. ``period`` is the time of a series that was looked at, and
    ``answers`` are what was assessed of it.
    """

    kind: str
    id: str
    says: str
    standing: str = ""
    stance: str = ""
    period: str = ""
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A statement with what came of checking it.

    ``outcome`` is a word of ``vocabulary.OUTCOMES``; ``because`` the reason in words and numbers; ``computed`` is in
    the statement's unit, None where no one value could be computed; ``sums`` are the working, a line each;
    ``tolerance`` is the share of the value claimed by which the computed one may be off, None where nothing is
    compared so; ``missing`` says in numbers what is not at hand.
    """

    statement: Statement
    outcome: str
    because: str
    computed: float | None = None
    sums: tuple[str, ...] = ()
    tolerance: float | None = None
    evidence: tuple[Evidence, ...] = ()
    missing: tuple[str, ...] = ()


def tolerance(statement: Statement) -> float:
    """How far a computed value may be off, as a share of the one claimed; 1 % where the statement says nothing."""
    return _TOLERANCE if statement.tolerance is None else statement.tolerance


def decided(findings: Iterable[Finding]) -> str:
    """The outcome of findings, whatever their order.

    What the claimant or someone independent says against it contradicts it. It is supported where someone independent
    agrees and nobody independent is undecided, and consistent where all that agrees is the claimant's own. What is
    of unknown standing counts for nothing.
    """
    found = set(findings)
    if {Finding("independent", "disagrees"), Finding("claimant", "disagrees")} & found:
        return "contradicted"
    for standing, outcome in (("independent", "supported"), ("claimant", "consistent")):
        if Finding(standing, "agrees") in found and Finding(standing, "undecided") not in found:
            return outcome
    return "unverifiable"


def together(standings: Iterable[str]) -> str:
    """The standing of a computation from several things: unknown where that of any is, else the claimant's where any
    is, else independent."""
    found = set(standings)
    return next((each for each in ("unknown", "claimant") if each in found), "independent")

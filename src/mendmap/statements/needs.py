"""What each check takes from its statement, so that a statement that cannot be computed never reaches the lake.

Not here: whether the ids that it names exist (``load.check``).
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mendmap.catalogue.records import Parameter, Statement
from mendmap.units import UnitError, factor
from mendmap.words.fields import Complaint


class Need(NamedTuple):
    """How many figures, which columns, and a unit that the statement's must be convertible to, where there is one."""

    figures: int = 0
    columns: tuple[str, ...] = ()
    unit: str = ""


NEEDS: Mapping[str, Need] = {
    "ratio": Need(2, ("claimed",), "1"),
    "change": Need(0, ("feature", "parameter", "before", "after", "claimed"), "1"),
    "implied": Need(2, ("before",)),
    "times": Need(1, ("after", "claimed")),
    "readings": Need(),
    "length": Need(0, ("feature", "claimed"), "km"),
    "vegetation": Need(0, ("feature",)),
    "evidence": Need(),
}


# Of what imagery shows a statement gives all of these, or none while nobody says so much.
_SHOWN = ("parameter", "after", "claimed")


def complaints(statement: Statement, parameters: Mapping[str, Parameter]) -> Iterator[Complaint]:
    """Every column that does not give what the statement's check takes, with what it takes. ``parameters`` are those of
    the catalogue, by id."""
    check = statement.check
    need = NEEDS[check]
    if need.figures and len(statement.figures) != need.figures:
        yield "figures", f"check {check} takes {need.figures}; {len(statement.figures)} are given"
    for column in need.columns:
        given = getattr(statement, column)
        if column == "claimed" and not given:
            yield column, f"check {check} takes a value other than 0: {given}"
        elif not given:
            yield column, f"check {check} takes one"
    if check == "readings":
        if statement.limits and not statement.expects:
            yield "expects", "limits are named, so say what is expected of the readings"
        if statement.statistic and not statement.limits and statement.claimed is None:
            yield "claimed", f"the value of the statistic {statement.statistic} is wanted"
    if check == "vegetation":
        given = [each for each in (*_SHOWN, "before") if getattr(statement, each) is not None]
        for column in (each for each in _SHOWN if given and each not in given):
            yield column, f"check {check} takes one, where it takes {given[0]}"
        if statement.before and statement.after and statement.after.first <= statement.before.last:
            yield "after", f"{statement.after.text} does not lie after before {statement.before.text}"
    parameter = parameters.get(statement.parameter or "")
    unit = parameter.unit if parameter else ""
    wanted = need.unit or (unit if check == "vegetation" else "")
    if wanted:
        try:
            factor(statement.unit or wanted, wanted)
        except UnitError as error:
            yield "unit", str(error)

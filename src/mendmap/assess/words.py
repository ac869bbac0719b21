"""Says in plain English what an answer about a limit found, with its numbers and the reason for its verdict.

Not here: how numbers are written in other languages, and the pages (``web``).
"""

from collections.abc import Callable

from mendmap.assess.model import Answer
from mendmap.catalogue.records import Limit, Parameter, Rule
from mendmap.units import factor
from mendmap.words.vocabulary import REASONS

_UNITS = {"hour": "h", "8h": "days", "day": "days", "sample": "samples"}
_SINGLE = {"hour": "hourly mean", "8h": "mean of eight hours", "day": "daily mean", "sample": "sample"}


Written = Callable[[str], str]  # how a unit is written


def sentence(answer: Answer, limit: Limit, rule: Rule, parameter: Parameter, unit: Written = str) -> str:
    """What was found, how complete it is, and why the verdict is as it is; clauses joined by semicolons.

    ``25 h above 350 ug/m3 in 2021; 24 are allowed; 8,512 of 8,760 h were measured (97 %; 90 % are needed)``.
    ``unit`` writes a unit, such as ug/m3, as its readers do. Raises UnitError where the limit's unit is not one of the
    parameter's.
    """
    if answer.outcome == "no_data":
        return f"No readings of {_period(answer)}; the limit is {_limit(limit, parameter, unit)}"
    clauses = [_found(answer, limit, rule, parameter, unit), _complete(answer, rule), _why(answer)]
    return "; ".join(clause for clause in clauses if clause)


def _found(answer: Answer, limit: Limit, rule: Rule, parameter: Parameter, unit: Written) -> str:
    value = amount(answer.value, unit(parameter.unit))
    bound, period, least = _limit(limit, parameter, unit), _period(answer), _at_least(answer)
    # At least none is no more than none.
    counted = f"{least if answer.above else ''}{_count(answer.above)}"
    if answer.reason in ("coarse", "samples"):
        return f"{_count(answer.count)} values in {period}; the limit is {bound}"
    if rule.statistic in ("exceedances", "percentile"):
        allowed = (
            f"{limit.allowed_exceedances or 0:,} are allowed"
            if rule.statistic == "exceedances"
            else f"the {number(rule.percentile)}th percentile may not be"
        )
        return f"{counted} {_UNITS[rule.block]} above {bound} in {period}; {allowed}"
    if rule.statistic == "consecutive":
        runs = f"{counted} run{'' if answer.above == 1 else 's'} of {rule.times} or more hours"
        return f"{runs} above {bound} in {period}; none is allowed"
    if rule.statistic == "four_of_five":
        return f"{counted} samples above {bound} in {period} that the four before do not excuse"
    if rule.statistic == "highest":
        found = f"The highest {_SINGLE[rule.block]} of {period} is {least.lower()}{value}" if value else "No value"
        return f"{found}; the limit is {bound}"
    found = (
        f"The mean of {period} is {value}{_ends(answer, unit(parameter.unit))}"
        if value
        else f"No mean of {period} is given"
    )
    return f"{found}; the limit is {bound}"


def _complete(answer: Answer, rule: Rule) -> str:
    """How many values there are, of how many, and how many are needed."""
    if answer.count is None or answer.reason in ("coarse", "samples"):
        return ""
    below = f", {answer.below_detection:,} of them below detection" if answer.below_detection else ""
    # A mean of hours may be one of days, which the number of a complete period tells.
    daily = rule.block != "hour" or (answer.expected or 0) <= 366
    unit = _UNITS["day" if daily and rule.block == "hour" else rule.block]
    if rule.block == "sample":
        needed = f"; {rule.least:,} are needed" if rule.least else ""
        return f"{answer.count:,} {unit} were taken{below}{needed}"
    if not answer.expected:
        return f"{answer.count:,} {unit} were measured{below}"
    share = 100 * answer.count / answer.expected
    # Rounded down, so that too few never look like enough.
    needed = f"; {number(100 * (rule.period_share or 0))} % are needed"
    told = "less than 1" if 0 < share < 1 else int(share)
    return f"{answer.count:,} of {answer.expected:,} {unit} were measured ({told} %{needed}){below}"


def _why(answer: Answer) -> str:
    if answer.reason not in REASONS:
        return ""
    text = REASONS[answer.reason].rstrip(".")
    return text[:1].lower() + text[1:]


def _limit(limit: Limit, parameter: Parameter, unit: Written) -> str:
    """The limit as the law prints it, and in the parameter's unit where that is another."""
    printed = amount(limit.value, unit(limit.unit))
    if limit.unit == parameter.unit:
        return printed
    value = limit.value * factor(limit.unit, parameter.unit, parameter.molar_mass)
    return f"{printed} (= {amount(value, unit(parameter.unit))})"


def _at_least(answer: Answer) -> str:
    return "At least " if answer.reason in ("biased", "conclusive") else ""


def _ends(answer: Answer, unit: str) -> str:
    if answer.low is None or answer.high is None:
        return ""
    return f" (between {number(answer.low)} and {amount(answer.high, unit)}, with what lies below detection)"


def _period(answer: Answer) -> str:
    begin, slash, end = answer.period.partition("/")
    return f"the winter {begin} to {end}" if slash else begin


def _count(count: int | None) -> str:
    return f"{count or 0:,}"


def amount(value: float | None, unit: str) -> str:
    """A number with its unit; a pure number has none."""
    return f"{number(value)} {unit}".rstrip() if value is not None else ""


def significant(value: float) -> float:
    """A number rounded to the four digits that ``number`` shows."""
    return float(round(value)) if abs(value) >= 1000 else float(f"{value:.4g}")


def number(value: float | None) -> str:
    """A number in four digits, without zeros at the end and without a power of ten; empty where there is none."""
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    text = f"{value:.4g}"
    return text if "e" not in text else f"{value:.10f}".rstrip("0").rstrip(".")

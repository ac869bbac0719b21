"""Says in plain words what an answer about a limit found, with its numbers and the reason for its verdict.

Not here: the pages (``web``), and other languages (``words.languages``).
"""

from collections.abc import Callable

from mendmap.assess.model import Answer
from mendmap.catalogue.records import Limit, Parameter, Rule
from mendmap.units import factor
from mendmap.words import phrases
from mendmap.words.phrases import Phrase, counted, joined, numeral, say
from mendmap.words.vocabulary import BECAUSE

_HIGHEST = {
    "hour": say("The highest hourly mean of {period} is {value}"),
    "8h": say("The highest mean of eight hours of {period} is {value}"),
    "day": say("The highest daily mean of {period} is {value}"),
    "sample": say("The highest sample of {period} is {value}"),
}


Written = Callable[[str], str]  # how a unit is written


def sentence(answer: Answer, limit: Limit, rule: Rule, parameter: Parameter, unit: Written = str) -> Phrase:
    """What was found, how complete it is, and why the verdict is as it is; clauses joined by semicolons.

    ``25 h above 350 ug/m3 in 2021; 24 are allowed; 8,512 of 8,760 h were measured (97 %; 90 % are needed)``.
    ``unit`` writes a unit, such as ug/m3, as its readers do. Raises UnitError where the limit's unit is not one of the
    parameter's.
    """
    bound = _limit(limit, parameter, unit)
    if answer.outcome == "no_data":
        return say("No readings of {period}; the limit is {limit}", period=_period(answer), limit=bound)
    clauses = [*_found(answer, limit, rule, unit(parameter.unit), bound), _complete(answer, rule)]
    return joined("; ", [*clauses, BECAUSE.get(answer.reason, "")])


def _found(answer: Answer, limit: Limit, rule: Rule, unit: str, bound: Phrase) -> list[Phrase]:
    """What was found, and what the limit is or how often it may be exceeded."""
    period, the_limit = _period(answer), say("the limit is {limit}", limit=bound)
    if answer.reason in ("coarse", "samples"):
        number = answer.count or 0
        return [
            counted("{number:,} value in {period}", "{number:,} values in {period}", number, period=period),
            the_limit,
        ]
    if rule.statistic == "highest":
        return [_highest(answer, rule, unit), the_limit]
    if rule.statistic in ("exceedances", "percentile", "consecutive", "four_of_five"):
        return _above(answer, limit, rule, bound)
    return [_mean(answer, unit), the_limit]


def _above(answer: Answer, limit: Limit, rule: Rule, bound: Phrase) -> list[Phrase]:
    """How much lies above the limit, and how much may."""
    much = _much(rule, answer.above or 0)
    # At least none is no more than none.
    much = say("At least {much}", much=much) if answer.above and _at_least(answer) else much
    told = {"much": much, "limit": bound, "period": _period(answer)}
    if rule.statistic == "four_of_five":
        return [say("{much} above {limit} in {period} that the four before do not excuse", **told)]
    above = say("{much} above {limit} in {period}", **told)
    if rule.statistic == "consecutive":
        return [above, say("none is allowed")]
    if rule.statistic == "percentile":
        return [above, say("the {percentile}th percentile may not be", percentile=number(rule.percentile))]
    return [above, counted("{number:,} is allowed", "{number:,} are allowed", limit.allowed_exceedances or 0)]


def _much(rule: Rule, count: int) -> Phrase:
    """How many values, or runs of them."""
    if rule.statistic == "consecutive":
        return counted(
            "{number:,} run of {hours} or more hours",
            "{number:,} runs of {hours} or more hours",
            count,
            hours=rule.times,
        )
    return _blocks("sample" if rule.statistic == "four_of_five" else rule.block, count)


def _blocks(block: str, count: int) -> Phrase:
    """So many hours, days or samples; of means of eight hours there is one for each day."""
    if block == "hour":
        return counted("{number:,} h", "{number:,} h", count)
    if block == "sample":
        return counted("{number:,} sample", "{number:,} samples", count)
    return counted("{number:,} day", "{number:,} days", count)


def _highest(answer: Answer, rule: Rule, unit: str) -> Phrase:
    if answer.value is None:
        return say("No value")
    value = amount(answer.value, unit)
    value = say("at least {value}", value=value) if _at_least(answer) else value
    return say(_HIGHEST[rule.block], period=_period(answer), value=value)


def _mean(answer: Answer, unit: str) -> Phrase:
    """The mean, with the ends of what is left open by values that lie below detection."""
    told = {"period": _period(answer), "value": amount(answer.value, unit)}
    if answer.value is None:
        return say("No mean of {period} is given", **told)
    if answer.low is None or answer.high is None:
        return say("The mean of {period} is {value}", **told)
    return say(
        "The mean of {period} is {value} (between {low} and {high}, with what lies below detection)",
        low=number(answer.low),
        high=amount(answer.high, unit),
        **told,
    )


def _complete(answer: Answer, rule: Rule) -> str:
    """How many values there are, of how many, and how many are needed."""
    if answer.count is None or answer.reason in ("coarse", "samples"):
        return ""
    if rule.block == "sample":
        taken = counted("{number:,} sample was taken", "{number:,} samples were taken", answer.count)
        needed = counted("{number:,} is needed", "{number:,} are needed", rule.least) if rule.least else ""
        return joined("; ", [_below(taken, answer), needed])
    # A mean of hours may be one of days, which the number of a complete period tells.
    block = "day" if rule.block == "hour" and (answer.expected or 0) <= 366 else rule.block
    if not answer.expected:
        return _below(say("{much} were measured", much=_blocks(block, answer.count)), answer)
    share = 100 * answer.count / answer.expected
    told = say(
        "{count:,} of {expected} were measured ({share} %; {needed} % are needed)",
        count=answer.count,
        expected=_blocks(block, answer.expected),
        # Rounded down, so that too few never look like enough.
        share=say("less than 1") if 0 < share < 1 else int(share),
        needed=number(100 * (rule.period_share or 0)),
    )
    return _below(told, answer)


def _below(told: Phrase, answer: Answer) -> Phrase:
    """A clause with how many of its values lie below detection, where some do."""
    if not answer.below_detection:
        return told
    return say("{values}, {below:,} of them below detection", values=told, below=answer.below_detection)


def _limit(limit: Limit, parameter: Parameter, unit: Written) -> Phrase:
    """The limit as the law prints it, and in the parameter's unit where that is another."""
    printed = amount(limit.value, unit(limit.unit))
    if limit.unit == parameter.unit:
        return printed
    value = limit.value * factor(limit.unit, parameter.unit, parameter.molar_mass)
    return say("{printed} (= {converted})", printed=printed, converted=amount(value, unit(parameter.unit)))


def _at_least(answer: Answer) -> bool:
    return answer.reason in ("biased", "conclusive")


def _period(answer: Answer) -> str:
    begin, slash, end = answer.period.partition("/")
    return say("the winter {begin} to {end}", begin=begin, end=end) if slash else begin


def amount(value: float | None, unit: str) -> Phrase:
    """A number with its unit; a pure number has none."""
    return phrases.amount(number(value), unit) if value is not None else Phrase("")


def significant(value: float) -> float:
    """A number rounded to the four digits that ``number`` shows."""
    return float(round(value)) if abs(value) >= 1000 else float(f"{value:.4g}")


def number(value: float | None, minus: str = "-") -> Phrase:
    """A number in four digits, without zeros at the end and without a power of ten; empty where there is none."""
    if value is None:
        return Phrase("")
    if abs(value) >= 1000:
        return numeral(value, ",.0f", minus)
    if "e" not in f"{value:.4g}":
        return numeral(value, ".4g", minus)
    decimals = f"{value:.10f}".rstrip("0").partition(".")[2]
    return numeral(value, f".{len(decimals)}f", minus)

"""Limits and rules told whole: what the law says, where it says so, and when it holds; and the addresses of both.

The pages and their JSON twins are made of the same description. Not here: what readings make of a limit
(``findings``).
"""

from collections.abc import Iterator
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Limit, Rule, to_plain
from mendmap.words.dates import Period
from mendmap.words.phrases import say
from mendmap.words.vocabulary import BLOCKS, PERIODS, RULED, TEXTS

# Whether a limit holds in a period. ``partly`` where it begins or ends within it.
VALIDITIES = {
    "in_force": say("in force"),
    "partly": say("in force for a part of it"),
    "not_yet": say("not in force yet"),
    "no_longer": say("no longer in force"),
}


def limit_href(ident: str) -> str:
    """Where the record of a limit is shown."""
    return f"/limits#{ident}"


def rule_href(ident: str) -> str:
    """Where the record of a rule is shown."""
    return f"/limits#rule-{ident}"


def limit(atlas: Atlas, found: Limit) -> dict[str, Any]:
    """A limit with its document, its parameter's symbol, and the rules that it is assessed by."""
    parameter = atlas.parameters[found.parameter]
    depends = atlas.parameters[found.depends_on].symbol if found.depends_on else None
    return {
        **to_plain(found),
        "symbol": parameter.symbol,
        "parameter_name": dict(parameter.name),
        "depends_symbol": depends,
        "basis_meaning": TEXTS[found.basis],
        "source": to_plain(atlas.sources[found.source]),
        "href": limit_href(found.id),
        "assessed": [
            {"id": each, "clause": atlas.rules[each].clause, "href": rule_href(each)}
            for each in found.rules
            if each in atlas.rules
        ],
    }


def rule(atlas: Atlas, found: Rule) -> dict[str, Any]:
    """A rule with the meaning of its words, and its document."""
    return {
        **to_plain(found),
        "statistic_meaning": RULED[found.statistic],
        "block_meaning": BLOCKS[found.block],
        "period_meaning": PERIODS[found.period],
        "basis_meaning": TEXTS[found.basis],
        "source": to_plain(atlas.sources[found.source]),
        "href": rule_href(found.id),
    }


def jurisdictions(atlas: Atlas) -> list[str]:
    """Every jurisdiction that has a limit or whose limits are law here: these first, then in the catalogue's order."""
    return list(dict.fromkeys([*atlas.place.jurisdictions, *(each.jurisdiction for each in atlas.limits.values())]))


def by_jurisdiction(atlas: Atlas) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The limits of each jurisdiction that has some, in the catalogue's order."""
    for each in jurisdictions(atlas):
        if some := [limit(atlas, one) for one in atlas.limits.values() if one.jurisdiction == each]:
            yield each, some


def is_law(atlas: Atlas, found: Limit) -> bool:
    """Whether a limit is of a jurisdiction whose limits are law here; all are where the catalogue does not say."""
    return not atlas.place.jurisdictions or found.jurisdiction in atlas.place.jurisdictions


def validity(found: Limit, period: Period) -> str:
    """Whether a limit holds in a period: a word of ``VALIDITIES``."""
    begins, ends = found.applies_from, found.applies_to
    if begins and begins.first > period.last:
        return "not_yet"
    if ends and ends.last < period.first:
        return "no_longer"
    cut = (begins and begins.first > period.first) or (ends and ends.last < period.last)
    return "partly" if cut else "in_force"

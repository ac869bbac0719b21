"""What a request asks for: its query parameters, and which of them an address has.

Not here: the forms of times and qualities (``query``), ids (``exports.asked``), and which tables have which filters
(``exports.tables``).
"""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated

from fastapi import Query

from mendmap.atlas.model import Atlas
from mendmap.errors import BadRequestError, shown
from mendmap.exports.asked import Given as Given
from mendmap.exports.asked import ids
from mendmap.exports.asked import places as places
from mendmap.exports.asked import readings as readings
from mendmap.query.times import Interval, interval
from mendmap.words.dates import length

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# How far back from a date a profile looks for readings, where it is not said.
WITHIN = "30d"
# A query parameter that may be left out; ids and qualities are comma lists.
Text = Annotated[str | None, Query()]
AsOfText = Annotated[str | None, Query(alias="as-of")]


def given(**texts: str | None) -> Given:
    """The parameters that were given, by their names in an address."""
    return {name.replace("_", "-"): text for name, text in texts.items() if text is not None}


def only(asked: Given, known: Iterable[str], what: str) -> None:
    """Refuses filters that a download does not have. Raises BadRequestError with those it has."""
    listed = list(known)
    for name in asked:
        if name not in listed:
            has = f"its filters: {', '.join(listed)}" if listed else "it has none"
            raise BadRequestError(f"{what} has no filter {name}; {has}")


def profile(atlas: Atlas, asked: Given) -> tuple[str, Interval] | None:
    """The parameter and the time that a profile is asked for; None where none is. The time ends with a ``date`` (in
    UTC), and lasts as long as ``within`` says; without a date it is all time. Raises BadRequestError."""
    if "parameter" not in asked:
        for name in ("date", "within"):
            if name in asked:
                raise BadRequestError(f"{name}: it is the time of a profile; name the parameter too")
        return None
    (parameter, *others) = ids("parameter", asked["parameter"], atlas.parameters)
    if others:
        raise BadRequestError(f"parameter: a profile is of one: {shown(asked['parameter'])}")
    if "date" not in asked:
        if "within" in asked:
            raise BadRequestError("within: of which date? name it too")
        return parameter, Interval()
    if not _DATE.fullmatch(asked["date"]):
        raise BadRequestError(f"date: not a date (2021-06-30): {shown(asked['date'])}")
    last = interval(asked["date"]).last
    assert last is not None
    try:
        return parameter, Interval(last - length(asked.get("within", WITHIN)) + dt.timedelta.resolution, last)
    except (ValueError, OverflowError) as error:
        raise BadRequestError(f"within: {error}: {shown(asked.get('within', WITHIN))}") from None

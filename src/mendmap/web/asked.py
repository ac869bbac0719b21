"""What a request for a table or a series asks for: its query parameters, checked against what there is.

Not here: the forms of times and qualities (``query``), and which tables have which filters (``exports.tables``).
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import Query

from mendmap.atlas.model import Atlas
from mendmap.errors import BadRequestError, not_one_of, shown
from mendmap.exports.tables import Places
from mendmap.query.readings import ReadingQuery, qualities
from mendmap.query.times import Interval, interval
from mendmap.words.dates import length

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# How far back from a date a profile looks for readings, where it is not said.
WITHIN = "30d"
# A query parameter that may be left out; ids and qualities are comma lists.
Text = Annotated[str | None, Query()]
AsOfText = Annotated[str | None, Query(alias="as-of")]
Given = Mapping[str, str]


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


def readings(atlas: Atlas, asked: Given) -> ReadingQuery:
    """The readings that are asked for. Raises BadRequestError."""
    stations, parameters = _features(atlas, asked), _parameters(atlas, asked)
    return ReadingQuery(
        stations=None if stations is None else tuple(sorted(stations)),
        parameters=None if parameters is None else tuple(sorted(parameters)),
        interval=interval(asked.get("datetime")),
        qualities=qualities(asked.get("quality")),
    )


def places(atlas: Atlas, asked: Given) -> Places:
    """The records that are asked for. Raises BadRequestError."""
    return Places(_features(atlas, asked), _parameters(atlas, asked), interval(asked.get("datetime")))


def profile(atlas: Atlas, asked: Given) -> tuple[str, Interval] | None:
    """The parameter and the time that a profile is asked for; None where none is. The time ends with a ``date`` (in
    UTC), and lasts as long as ``within`` says; without a date it is all time. Raises BadRequestError."""
    if "parameter" not in asked:
        for name in ("date", "within"):
            if name in asked:
                raise BadRequestError(f"{name}: it is the time of a profile; name the parameter too")
        return None
    (parameter, *others) = _ids("parameter", asked["parameter"], atlas.parameters)
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


def _features(atlas: Atlas, asked: Given) -> frozenset[str] | None:
    """Every place that a row may be about: the sites that are asked for with their stations, and the stations."""
    found: frozenset[str] | None = None
    if "site" in asked:
        sites = _ids("site", asked["site"], {each.id: each for each in atlas.of_role("site")})
        found = frozenset(sites) | {join.station for ident in sites for join in atlas.features[ident].joins}
    if "station" in asked:
        # Readings may be taken at any feature; those that are no stations are let through, and not offered.
        named = {each: each for each in asked["station"].split(",") if each in atlas.features}
        choices = {each.id: each.id for each in atlas.of_role("station")}
        stations = frozenset(_ids("station", asked["station"], choices, named))
        found = stations if found is None else found & stations
    return found


def _parameters(atlas: Atlas, asked: Given) -> frozenset[str] | None:
    if "parameter" not in asked:
        return None
    return frozenset(_ids("parameter", asked["parameter"], atlas.parameters))


def _ids(name: str, text: str, choices: Iterable[str], more: Iterable[str] = ()) -> list[str]:
    known = {*choices, *more}
    for each in text.split(","):
        if each not in known:
            raise BadRequestError(not_one_of(f"no such {name}", each, choices))
    return text.split(",")

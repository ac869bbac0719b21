"""What is asked of tables, as texts by the names of filters, checked against what a catalogue holds.

Not here: which tables have which filters (``tables``), and the forms of times and qualities (``query``).
"""

from collections.abc import Iterable, Mapping

from mendmap.atlas.model import Atlas
from mendmap.errors import BadRequestError, not_one_of
from mendmap.exports.tables import Places
from mendmap.query.readings import ReadingQuery, qualities
from mendmap.query.times import interval

Given = Mapping[str, str]


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


def _features(atlas: Atlas, asked: Given) -> frozenset[str] | None:
    """Every place that a row may be about: the sites that are asked for with their stations, and the stations."""
    found: frozenset[str] | None = None
    if "site" in asked:
        sites = ids("site", asked["site"], {each: each for layer in atlas.layers_of("site") for each in layer.ids})
        found = frozenset(sites) | {join.station for ident in sites for join in atlas.features[ident].joins}
    if "station" in asked:
        # Readings may be taken at any feature; those that are no stations are let through, and not offered.
        named = {each: each for each in asked["station"].split(",") if each in atlas.features}
        choices = {each: each for layer in atlas.layers_of("station") for each in layer.ids}
        stations = frozenset(ids("station", asked["station"], choices, named))
        found = stations if found is None else found & stations
    return found


def _parameters(atlas: Atlas, asked: Given) -> frozenset[str] | None:
    if "parameter" not in asked:
        return None
    return frozenset(ids("parameter", asked["parameter"], atlas.parameters))


def ids(name: str, text: str, choices: Iterable[str], more: Iterable[str] = ()) -> list[str]:
    """The ids of a comma list, each of which is a choice or one of ``more``. Raises BadRequestError."""
    known = {*choices, *more}
    for each in text.split(","):
        if each not in known:
            raise BadRequestError(not_one_of(f"no such {name}", each, choices))
    return text.split(",")

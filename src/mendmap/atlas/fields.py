"""What every column of a layer means, those joined by the atlas among them.

The frames, the downloads and their explanations all follow this order.
"""

from collections.abc import Mapping, Sequence

from mendmap.query.filters.check import KINDS
from mendmap.vectors.fields import FEATURE, OF_ROLE
from mendmap.words.fields import Field, expanded
from mendmap.words.vocabulary import TRUSTS

JOINED = (
    Field("state", "text", "The newest dated state, in a few words."),
    Field("state_since", "date", "From when that state holds."),
    Field("state_until", "date", "Until when it held, where it has ended."),
    Field("state_trust", "word", "Who vouches for that state.", choices=tuple(TRUSTS)),
    Field("works", "list", "Ids of the works done there."),
    Field("stations", "list", "Stations of the site: id, how joined, distance in metres, whether assumed."),
    Field("sites", "list", "Sites of the station: id, how joined, distance in metres, whether assumed."),
    Field(
        "chainage", "list", "Place on each of its watercourses: kilometre, blank where assumed; accuracy; how known."
    ),
    Field("readings", "integer", "How many readings there are, at it or at its stations."),
    Field("newest_reading", "moment", "Start of the newest reading that has a value, in UTC."),
    Field("latest", "list", "Newest reading of each series: parameter, value, unit, start, quality, source."),
    Field(
        "verdicts",
        "list",
        "Newest verdict of each series for each limit in force here: parameter, limit, period, outcome, reason, and "
        "these in a sentence.",
    ),
)
WORK = (
    Field("type", "word", "Kind of work, in one word."),
    Field("site", "id", "Feature it was done at."),
    Field("status", "word", "How far it is."),
    Field("begun", "date", "When it began."),
    Field("finished", "date", "When it was finished."),
    Field("cost", "number", "What it cost, in millions of the currency."),
    Field("currency", "word", "Currency of the cost."),
    Field("trust", "word", "Who vouches for it.", choices=tuple(TRUSTS)),
    Field("planned", "list", "Quantities planned: what, value, unit, date, source."),
    Field("achieved", "list", "Quantities achieved: what, value, unit, date, source."),
)
_SHARED = ("id", "kind", "name", "basis", "accuracy_m", "source", "method", "size", "valid_from", "valid_to", "note")


def columns(layer: str, role: str, own: Mapping[str, str], languages: Sequence[str]) -> tuple[Field, ...]:
    """The columns of a layer's frame and downloads, after ``layer`` where it is a union of others."""
    listed: tuple[Field, ...]
    if layer == "works":
        listed = tuple(each for each in FEATURE if each.name in _SHARED) + WORK
    else:
        extra = tuple(Field(name, "text", meaning, ours=False) for name, meaning in own.items())
        union = (Field("layer", "id", "Layer that the feature belongs to."),) if layer == "sites" else ()
        joined = tuple(each for each in JOINED if each.name in _JOINED_OF[role])
        listed = union + FEATURE + OF_ROLE.get(role, ()) + extra + joined
    return expanded(listed, languages)


GEOMETRY = Field("geometry", "geometry", "Position or outline, in longitude and latitude.")


def queryables(layer: str, role: str, own: Mapping[str, str], languages: Sequence[str]) -> dict[str, Field]:
    """The columns of a layer that a filter may name, by name: those of one value, and ``geometry``."""
    known = (*columns(layer, role, own, languages), GEOMETRY)
    return {each.name: each for each in known if each.kind in KINDS}


_READ = ("readings", "newest_reading", "latest", "verdicts")
_JOINED_OF = {
    "site": ("state", "state_since", "state_until", "state_trust", "works", "stations", "chainage", *_READ),
    "station": ("works", "sites", "chainage", *_READ),
    "watercourse": ("works",),
    "context": ("works",),
}

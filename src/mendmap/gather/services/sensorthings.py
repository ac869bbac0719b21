"""Any OGC SensorThings 1.1: its Things as stations, and the Observations of those that the catalogue has.

``url`` is the root of the service, as ``https://example.org/v1.1``. Where the recipe names a layer, Things whose
Location lies in the box become stations with the alias ``sta:`` and their id; ``select`` is a ``$filter`` of Things.
Else there are files of readings for each station that has such an alias, in the service's own JSON
(``readings.formats.sensorthings``): of the Datastreams whose ObservedProperty is an alias ``sta:`` of a parameter, for
the period in the zone of the catalogue; ``select`` is a ``$filter`` of Datastreams. Ids are those of one service: where
a catalogue has stations of two whose ids are the same, the recipe must name its ``stations``.
Written from OGC 18-088 (SensorThings API Part 1: Sensing, 1.1). Not here: the pages of Observations
(``feeds.sensorthings``).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError, shown
from mendmap.feeds import sensorthings as feed
from mendmap.feeds.fetch import redirected
from mendmap.feeds.guarded import named
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.gather.services import readings
from mendmap.gather.services.features import Features, Selection
from mendmap.gather.services.pages import Pages, degrees, member, queried
from mendmap.vectors.files import raw_feature

PREFIX = "sta"
_PAGE = 200
_EXPAND = "Locations,Datastreams($expand=ObservedProperty)"
_MORE = "Datastreams@iot.nextLink"
_KEY = "'()"


def _gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    pages = Pages(ask, place.settings.max_pull_pages)
    return _stations(recipe, place, pages) if recipe.layer else _readings(recipe, place, pages)


def _stations(recipe: Recipe, place: Place, pages: Pages) -> Answer:
    taken = Features(recipe, place, Selection.of_columns(recipe, place, "aliases"))
    wanted = _lower(readings.parameters(recipe, place, PREFIX)) if recipe.parameters else set[str]()
    idle = 0
    for url, thing in _things(recipe, place, pages):
        ident = member(url, thing, "@iot.id", (str, int))
        streams = _listed(url, thing, "Datastreams")
        # Where there are more of them than the service hands out at once, one of the others may be what is wanted.
        if not (wanted & {_observed(each) for each in streams} if wanted else streams) and not thing.get(_MORE):
            idle += 1
            continue
        raw = raw_feature({"type": "Feature", "geometry": _location(url, thing)})
        taken.take(
            f"Things({ident})",
            {"name": thing.get("name"), "aliases": f"{PREFIX}:{ident}"},
            raw.geometry,
            raw.broken,
        )
    answer = taken.answer()
    answer.left_out += Counter({"measuring nothing that is asked for": idle} if idle else {})
    return answer


def _things(recipe: Recipe, place: Place, pages: Pages) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every Thing, with the address of the page that it stands on. Services that cannot compare places are asked for
    all of them; what lies elsewhere is left out afterwards."""
    west, south, east, north = (degrees(each) for each in place.box)
    ring = f"{west} {south},{east} {south},{east} {north},{west} {north},{west} {south}"
    within = f"st_within(Locations/location,geography'POLYGON(({ring}))')"
    root = f"{str(recipe.url).rstrip('/')}/Things"
    asked = {"$expand": _EXPAND, "$top": str(_PAGE)}
    url = queried(root, asked | {"$filter": f"({recipe.select}) and {within}" if recipe.select else within})
    try:
        page = pages.json(url)
    except FeedError:
        url = queried(root, asked | {"$filter": recipe.select or ""})
        page = pages.json(url)
    while True:
        for each in member(url, page, "value", list):
            if not isinstance(each, dict):
                raise FeedError(f"{named(url)}: a Thing that is no object: {shown(each)}")
            yield url, each
        link = page.get("@iot.nextLink")
        if not link:
            return
        url = redirected(url, str(link), same_host=True)
        page = pages.json(url)


def _listed(url: str, thing: Mapping[str, Any], name: str) -> list[Any]:
    """What a Thing has of a kind, where it has any. Raises FeedError where that is no list."""
    found: list[Any] = member(url, thing, name, list) if thing.get(name) else []
    return found


def _location(url: str, thing: Mapping[str, Any]) -> Any:
    """The first of a Thing's Locations that is GeoJSON, as a geometry; None where there is none."""
    for each in _listed(url, thing, "Locations"):
        found = each.get("location") if isinstance(each, dict) else None
        if isinstance(found, dict) and "geo+json" in str(each.get("encodingType")):
            return found.get("geometry") if found.get("type") == "Feature" else found
    return None


def _observed(stream: Any) -> str:
    """What a Datastream observes, as ``readings.formats.sensorthings`` calls the parameter, in lower case."""
    about = stream if isinstance(stream, dict) else {}
    observed = about.get("ObservedProperty")
    name = observed.get("name") if isinstance(observed, dict) else None
    return str(name or about.get("name") or "").strip().lower()


def _lower(codes: Iterable[str]) -> set[str]:
    return {each.lower() for each in codes}


def _readings(recipe: Recipe, place: Place, pages: Pages) -> Answer:
    answer = Answer()
    wanted = _lower(readings.parameters(recipe, place, PREFIX))
    for ident, code, name in readings.stations(recipe, place, PREFIX):
        before = len(answer.readings)
        try:
            for nth, batch in enumerate(_batches(recipe, place, pages, code, wanted, answer.left_out), 1):
                file = f"{name}.json" if nth == 1 else f"{name}-{nth}.json"
                given = readings.file_of(recipe, place, file, batch.content, (ident, code))
                kept, left = readings.readable(recipe, place, given)
                answer.readings += [kept] if kept else []
                answer.left_out += left
        except FeedError as error:
            raise FeedError(f"station {ident}: {error}", error.wait_s) from error
        if len(answer.readings) == before:
            answer.left_out["stations without readings of this time"] += 1
    return answer


def _batches(
    recipe: Recipe, place: Place, pages: Pages, code: str, wanted: set[str], left_out: Counter[str]
) -> Iterator[feed.Batch]:
    """What the Datastreams of a Thing that are wanted hold, of the time that is wanted."""
    key = code if code.isdecimal() else "'" + code.replace("'", "''") + "'"
    root = f"{str(recipe.url).rstrip('/')}/Things({quote(key, safe=_KEY)})/Datastreams"

    def choose(stream: Mapping[str, Any]) -> bool:
        chosen = _observed(stream) in wanted
        if not chosen:
            left_out["datastreams of what is not asked for"] += 1
        return chosen

    within = None
    if recipe.period:
        zone = ZoneInfo(place.geodata.catalogue.zone)
        days = (recipe.period.first, recipe.period.last + dt.timedelta(days=1))
        within = (dt.datetime.combine(days[0], dt.time(), zone), dt.datetime.combine(days[1], dt.time(), zone))
    url = queried(root, {"$filter": recipe.select or ""})
    # One more than there may be: the pages themselves say that there are too many, and what to do.
    most = place.settings.max_pull_pages + 1
    return feed.batches(pages.body, url, {}, dt.timedelta(), most, choose, within)


SERVICE = Service("sensorthings", "OGC 18-088 (SensorThings API Part 1: Sensing, version 1.1)", _gather, needs=("url",))

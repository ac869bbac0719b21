"""Any OGC API Features: the items of a collection within a box, page by page.

``url`` is the landing page, ``collection`` the id of a collection. ``select`` is as ``features`` says; its
``filter=`` is CQL2 text, passed on where the service conforms to Part 3. A ``period`` becomes ``datetime``, in UTC.
Coordinates are asked for in CRS84, which every such service has; Part 2 is not used. Written from OGC 17-069r4
(Features, Part 1: Core), 19-079r2 (Part 3: Filtering) and 21-065r2 (CQL2).
Not here: what of a feature is kept (``features``).
"""

from collections.abc import Mapping
from typing import Any

from mendmap.catalogue.gathered import Recipe
from mendmap.errors import FeedError
from mendmap.feeds.fetch import redirected
from mendmap.feeds.guarded import named
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.gather.services.features import Features
from mendmap.gather.services.pages import Pages, below, degrees, member, queried
from mendmap.vectors.files import raw_feature

_LIMIT = 1000


def _gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    pages = Pages(ask, place.settings.max_pull_pages)
    taken = Features(recipe, place)
    url = _first(recipe, place, pages, taken.selection.filter)
    matched = 0
    while url:
        page = pages.json(url)
        features = member(url, page, "features", list)
        if isinstance(page.get("numberMatched"), int):
            matched = page["numberMatched"]
            taken.expect(matched)
        for each in features:
            raw = raw_feature(each)
            taken.take(each.get("id") if isinstance(each, dict) else None, raw.properties, raw.geometry, raw.broken)
        # Some services have a next page behind the last one for ever, each without a feature (pygeoapi, issue 1237).
        url = _next(url, page) if features else ""
    if taken.received < matched:
        raise FeedError(f"{recipe.url}: says that it has {matched} features, but only {taken.received} came")
    return taken.answer()


def _first(recipe: Recipe, place: Place, pages: Pages, text: str) -> str:
    """The address of the first page, which the collection itself tells."""
    landing, collection = str(recipe.url), str(recipe.collection)
    if text:
        conforms = below(landing, "conformance")
        if not any("cql2-text" in str(each) for each in member(conforms, pages.json(conforms), "conformsTo", list)):
            raise FeedError(f"{named(landing)}: takes no filter in CQL2; use only:PROPERTY=VALUE in select")
    about = below(landing, "collections", collection)
    items = _items(about, pages.json(about)) or below(about, "items")
    during = f"{recipe.period.first}T00:00:00Z/{recipe.period.last}T23:59:59Z" if recipe.period else ""
    filtered = {"filter": text, "filter-lang": "cql2-text"} if text else {}
    return queried(items, {"bbox": degrees(*place.box), "limit": str(_LIMIT), "datetime": during} | filtered)


def _items(url: str, page: Mapping[str, Any]) -> str:
    """Where a collection says that its items are as GeoJSON; blank where it does not."""
    links = [each for each in member(url, page, "links", list) if isinstance(each, dict) and each.get("rel") == "items"]
    href = next((each.get("href") for each in links if "geo+json" in str(each.get("type"))), None)
    return redirected(url, href, same_host=True) if isinstance(href, str) and href else ""


def _next(url: str, page: Mapping[str, Any]) -> str:
    links = member(url, page, "links", list) if page.get("links") else []
    ways = [each.get("href") for each in links if isinstance(each, dict) and each.get("rel") == "next"]
    return redirected(url, str(ways[0]), same_host=True) if ways else ""


SERVICE = Service(
    "ogc_features",
    "OGC API Features Part 1 (17-069r4) and Part 3 (19-079r2), CQL2 (21-065r2)",
    _gather,
    needs=("url", "collection", "layer", "feature_kind"),
)

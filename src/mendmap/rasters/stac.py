"""Scenes that a STAC API has of an area, and which of them are taken; or those of a STAC item in a file.

pystac-client speaks to the API, through a caller's ``ask``, so that no other code ever opens a connection. What the
query asks for is looked at again in every answer, because services differ in what they heed. Not here: which file
holds which band (``sensors``), and fetching (``feeds``).
"""

import datetime as dt
import math
import warnings
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import shapely
from pystac.link import Link
from pystac_client import Client
from pystac_client.stac_api_io import StacApiIO
from pystac_client.warnings import PystacClientWarning

from mendmap.errors import MendmapError, RasterError, shown
from mendmap.geo.bounds import Bounds
from mendmap.geo.repair import repaired
from mendmap.rasters.sensors import Asset, assets, sensor_of
from mendmap.words.dates import Period

# Address and JSON document to post (None: get), to the answer's text.
Ask = Callable[[str, bytes | None], bytes]
_PAGE = 100
# The share of the area from which on another tile of the same pass shows nothing more.
_WHOLE = 0.999
# How a time is spelled of which one scene is taken at most.
_SPANS = {"month": "%Y-%m", "year": "%Y"}


@dataclass(frozen=True, slots=True)
class Query:
    """Which scenes are wanted: of a ``collection``, that touch the ``box``, of a ``period`` and of ``months`` (none:
    all), with at most ``cloud`` percent of clouds (None: any), at most ``limit`` of them, the clearest; one of each
    ``per`` at most (``month``, ``year``; blank: all), and the ``bands`` that are copied."""

    collection: str
    box: Bounds
    period: Period | None
    bands: tuple[str, ...]
    months: frozenset[int] = frozenset()
    cloud: float | None = None
    limit: int = 20
    per: str = ""
    # The zone of days and months: that of the catalogue.
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, in the words of its service."""

    id: str
    title: str
    licence: str
    publisher: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene: its ``id``, the moment it was taken, what took it, the percentage of clouds in it (None: not told), the
    share of the wanted box that it covers, and the bands that are wanted; ``href`` is the address of its item."""

    id: str
    collection: str
    taken: dt.datetime
    platform: str | None
    cloud: float | None
    covers: float
    href: str | None
    assets: tuple[Asset, ...]
    classes: str | None
    attribution: str | None
    # What tells two takes of the same place at the same time apart: the later processing has the greater one.
    place: str = ""
    version: tuple[Any, ...] = ()


@dataclass(slots=True)
class Found:
    """The scenes that are taken, in the order of time, and why others are not: how many, by reason."""

    collection: Collection
    scenes: list[Scene] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave(self, reason: str, number: int = 1) -> None:
        """Counts what is left out for a reason."""
        if number:
            self.left_out[reason] = self.left_out.get(reason, 0) + number


def search(ask: Ask, url: str, query: Query, max_pages: int) -> Found:
    """The scenes that an API has. Raises RasterError where it is none, or more than ``max_pages`` are needed."""
    with warnings.catch_warnings(), _told(url, "no STAC API"):
        # What a service does not conform to is looked at here; no user can do anything about it.
        warnings.simplefilter("ignore", PystacClientWarning)
        client = Client.open(url, stac_io=_Reader(ask, max_pages))
        return _chosen(_items(client, query), _collection(client, query.collection), query)


def of_file(content: bytes, name: str, query: Query) -> Found:
    """The scenes of a file: a STAC item, or a collection of items. Raises RasterError where it is neither."""
    with _told(name, "no STAC item"):
        document = orjson.loads(content)
        items = document["features"] if document["type"] == "FeatureCollection" else [document]
        ident = query.collection or str((items[0].get("collection") if items else "") or Path(name).stem)
        return _chosen(items, Collection(ident, ident, "", "", None), query)


@contextmanager
def _told(place: str, what: str) -> Iterator[None]:
    """Whatever comes of a document that is not what it says, in words for the user."""
    try:
        yield
    except MendmapError:
        raise
    except Exception as error:  # pystac, too, takes for granted what documents should hold
        raise RasterError(
            f"{place}: {what} that could be read: {type(error).__name__}: {shown(str(error), 200)}"
        ) from error


class _Reader(StacApiIO):
    """Lets pystac-client ask through ``ask`` alone: neither its own session, nor any file."""

    def __init__(self, ask: Ask, max_pages: int) -> None:
        # Without the base's, which would make a session that could be asked beside us.
        self._ask, self._left, self._most = ask, max_pages, max_pages
        self._seen: set[tuple[str, bytes | None]] = set()

    def update(self, *_: Any, **__: Any) -> None:
        """Nothing: headers and time limits are the asker's affair."""

    def read_text(self, source: Any, *args: Any, **how: Any) -> str:
        """What an address answers; nothing else is ever read."""
        if isinstance(source, Link):
            return str(super().read_text(source, *args, **how))
        return self.request(str(source), *args, **how)

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """What an address answers. Raises RasterError where the pages lead in a circle, or to no end."""
        post = orjson.dumps(parameters or {}) if method == "POST" else None
        if post is None and parameters:
            href = f"{href}{'&' if '?' in href else '?'}{urlencode(parameters)}"
        if (href, post) in self._seen:
            raise RasterError(f"{shown(href)}: the pages lead in a circle")
        if not self._left:
            raise RasterError(
                f"more than {self._most} pages (setting MENDMAP_MAX_PULL_PAGES); ask for a shorter period"
            )
        self._seen.add((href, post))
        self._left -= 1
        return self._ask(href, post).decode("utf-8")


def _items(client: Client, query: Query) -> Iterator[Any]:
    methods = {link.extra_fields.get("method", "GET") for link in client.get_links("search")}
    asked: dict[str, Any] = {}
    if query.period:
        # A day here is up to half a day off that of UTC.
        day = dt.timedelta(days=1)
        asked["datetime"] = f"{query.period.first - day}T00:00:00Z/{query.period.last + day}T23:59:59Z"
    if query.cloud is not None and client.conforms_to("QUERY"):
        asked["query"] = {"eo:cloud_cover": {"lte": query.cloud}}
    found = client.search(
        method="POST" if "POST" in methods else "GET",
        collections=[query.collection],
        bbox=list(query.box),
        limit=_PAGE,
        **asked,
    )
    return found.items_as_dicts()


def _collection(client: Client, ident: str) -> Collection:
    found = client.get_collection(ident)
    if found is None:
        raise RasterError(f"no such collection: {shown(ident)}")
    terms = [link.get_href() or "" for link in found.get_links("license")]
    makers = [each.name for each in found.providers or () if "producer" in (each.roles or ())]
    licence = " ".join([found.license or "not told", *(f"({each})" for each in terms[:1] if each)])
    return Collection(ident, found.title or ident, licence, ", ".join(makers), found.get_self_href())


def _chosen(items: Iterable[Any], collection: Collection, query: Query) -> Found:
    """What is taken of some items. Raises RasterError where one is no item."""
    found = Found(collection)
    newest: dict[tuple[str, dt.datetime, str | None], Scene] = {}
    for item in items:
        scene, reason = _scene(item, collection.id, query)
        if scene is None:
            found.leave(reason)
            continue
        key = (scene.place or scene.id, scene.taken.replace(microsecond=0), scene.platform)
        if key in newest:
            found.leave("an older processing of the same scene")
        if key not in newest or newest[key].version < scene.version:
            newest[key] = scene
    best = sorted(newest.values(), key=lambda each: (-round(each.covers, 2), each.cloud or 0, each.taken, each.id))
    passes = {(each.taken.date(), each.platform): each for each in reversed(best) if each.covers > _WHOLE}
    alone = [each for each in best if passes.get((each.taken.date(), each.platform), each) is each]
    found.leave("another tile of the same pass covers the area", len(best) - len(alone))
    best = alone
    if query.per:
        spelled = _SPANS[query.per]
        firsts = list({f"{each.taken:{spelled}}": each for each in reversed(best)}.values())
        found.leave(f"another of its {query.per} is clearer", len(best) - len(firsts))
        best = [each for each in best if each in firsts]
    found.leave(
        f"more than the {query.limit} that are wanted", len(best) - query.limit if len(best) > query.limit else 0
    )
    found.scenes = sorted(best[: query.limit], key=lambda each: (each.taken, each.id))
    return found


def _scene(item: Any, collection: str, query: Query) -> tuple[Scene | None, str]:
    """A scene, or why it is not wanted."""
    if not isinstance(item, Mapping) or not isinstance(item.get("properties"), Mapping) or not item.get("id"):
        raise RasterError(f"no STAC item: {shown(item)}")
    properties, ident = item["properties"], str(item["id"])
    taken = _moment(ident, properties).astimezone(zoneinfo.ZoneInfo(query.zone))
    cloud = properties.get("eo:cloud_cover")
    cloud = float(cloud) if isinstance(cloud, int | float) and math.isfinite(cloud) else None
    if query.period and not query.period.first <= taken.date() <= query.period.last:
        return None, "outside the period"
    if query.months and taken.month not in query.months:
        return None, "of another month"
    if query.cloud is not None and (cloud is None or cloud > query.cloud):
        return None, "more clouds" if cloud is not None else "does not tell how many clouds there are"
    covers = _covers(item, query.box)
    if not covers:
        return None, "does not cover the area"
    family = str(item.get("collection") or collection)
    sensor = sensor_of(family)
    platform = str(properties["platform"]).capitalize() if properties.get("platform") else None
    version = tuple(str(properties.get(each) or "") for each in ("s2:processing_baseline", "updated", "created"))
    scene = Scene(
        ident,
        collection,
        taken,
        _cased(platform),
        cloud,
        covers,
        _address(item),
        assets(item, family, query.bands),
        sensor.classes if sensor else None,
        sensor.terms.format(year=taken.year) if sensor else None,
        _grid(properties),
        version,
    )
    return scene, ""


def _address(item: Mapping[str, Any]) -> str | None:
    """The address of an item itself, where it tells one."""
    links = item.get("links")
    for each in links if isinstance(links, list) else ():
        if isinstance(each, Mapping) and each.get("rel") == "self":
            href = str(each.get("href"))
            return href if href.startswith(("https://", "http://")) else None
    return None


def _moment(ident: str, properties: Mapping[str, Any]) -> dt.datetime:
    said = properties.get("datetime") or properties.get("start_datetime")
    try:
        found = dt.datetime.fromisoformat(str(said))
    except ValueError:
        raise RasterError(f"{ident}: no moment that it was taken at: {shown(said)}") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _covers(item: Mapping[str, Any], box: Bounds) -> float:
    """The share of a box that an item covers, by its geometry, which has only the pixels that hold something."""
    wanted = shapely.box(*box)
    try:
        shape = shapely.from_geojson(orjson.dumps(item.get("geometry")))
        covered = 0.0 if shape is None else shapely.intersection(repaired(shape), wanted).area
    except (shapely.errors.ShapelyError, TypeError, ValueError):
        raise RasterError(f"{item['id']}: no geometry that could be read") from None
    return float(covered / wanted.area)


def _grid(properties: Mapping[str, Any]) -> str:
    """The tile of a grid that a scene is cut to, where it is."""
    told = (properties.get(each) for each in ("grid:code", "s2:mgrs_tile", "landsat:scene_id"))
    return next((str(each) for each in told if each), "")


def _cased(platform: str | None) -> str | None:
    """``sentinel-2a`` as it is written: Sentinel-2A."""
    if platform and platform.startswith("Sentinel-"):
        return platform[:-1] + platform[-1].upper()
    return platform


def listed(scenes: Sequence[Scene]) -> Iterator[str]:
    """A line for each scene, as the command lists them."""
    for each in scenes:
        cloud = "clouds not told" if each.cloud is None else f"{each.cloud:.0f} % clouds"
        yield f"{each.taken:%Y-%m-%d} {each.id}: {cloud}, covers {each.covers:.0%} of the area"

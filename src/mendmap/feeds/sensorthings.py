"""The pages of an OGC SensorThings 1.1 service, from its Observations or its Datastreams.

Of every stream only what begins after its remembered position is asked for, less an overlap, in which late and
revised observations are caught; they come in the order of time, so that after any page the position is sound.
A Datastreams address is a list of streams, each with a position of its own: one that lags behind loses nothing.
Not here: what an observation says (``readings.formats.sensorthings``), which reads what is put together here.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import orjson

from mendmap.errors import FeedError, shown
from mendmap.feeds.fetch import redirected

OVERLAP = dt.timedelta(days=7)
# How much of the pages is put together before it is handed over: it is all in memory, several times over.
_BATCH_BYTES = 8_000_000
_COLLECTION = re.compile(r"/(Observations|Datastreams)/?$")
_STREAM = {"$orderby": "phenomenonTime asc"}
_SAFE = "$(),;'=/:@.~*!"

Ask = Callable[[str], bytes]
Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of what a service has: a SensorThings document, and the position of each stream once it is in the lake,
    as moments in ISO 8601 by the Datastream's id ("" where the address is one of Observations)."""

    content: bytes
    positions: Mapping[str, str]


def collection(url: str) -> str:
    """``Observations`` or ``Datastreams``, whichever an address is of; blank where it is of neither."""
    found = _COLLECTION.search(urlsplit(url).path)
    return found.group(1) if found else ""


def every(stream: Object) -> bool:
    """Every Datastream."""
    return True


def batches(
    ask: Ask,
    url: str,
    positions: Mapping[str, str],
    overlap: dt.timedelta,
    max_pages: int,
    choose: Callable[[Object], bool] = every,
    within: tuple[dt.datetime, dt.datetime] | None = None,
) -> Iterator[Batch]:
    """What is new since ``positions``, in batches that are each sound by themselves. ``ask`` fetches a page, ``choose``
    says whether a Datastream is wanted, and of time only what is ``within`` two moments, the second exclusive.

    Raises FeedError where a page is no SensorThings, leads elsewhere, or more than ``max_pages`` are needed; then
    what was handed over before stands, and the next run goes on from there.
    """
    walk = _Walk(ask, max_pages, dict(positions))
    streams = _streams(walk, url) if collection(url) == "Datastreams" else iter([("", {}, url)])
    try:
        for key, about, address in streams:
            if key and not choose(about):
                continue
            wanted = _STREAM | ({} if key else {"$expand": "Datastream($expand=Thing,ObservedProperty)"})
            for entries in walk.pages(_queried(address, wanted, _times(positions.get(key), overlap, within))):
                walk.gather(key, about, entries)
                if walk.size >= _BATCH_BYTES:
                    yield walk.batch()
    except _EnoughError:
        if walk.gathered:
            yield walk.batch()
        raise FeedError(
            f"more than {max_pages} pages (setting MENDMAP_MAX_PULL_PAGES); what came before them is taken"
        ) from None
    if walk.gathered:
        yield walk.batch()


class _EnoughError(Exception):
    """The bound of pages is reached."""


@dataclass(slots=True)
class _Walk:
    """One walk through a service: the pages left, and what has been gathered since the last batch."""

    ask: Ask
    pages_left: int
    positions: dict[str, str]
    gathered: list[dict[str, Any]] = field(default_factory=list)
    size: int = 0

    def pages(self, url: str) -> Iterator[Sequence[Any]]:
        """The entries of a collection, page by page."""
        seen = set[str]()
        while url:
            if url in seen:
                raise FeedError("the pages lead in a circle")
            if not self.pages_left:
                raise _EnoughError
            seen.add(url)
            self.pages_left -= 1
            body = self.ask(url)
            self.size += len(body)
            entries, link = _page(body)
            yield entries
            url = redirected(url, link, same_host=True) if link else ""

    def gather(self, key: str, about: Object, entries: Sequence[Any]) -> None:
        """Takes the observations of a stream, and moves its position to the newest of them."""
        if not entries:
            return
        if not key:
            self.gathered += entries
        elif self.gathered and self.gathered[-1].get("@iot.id") == about["@iot.id"]:
            self.gathered[-1]["Observations"] += entries
        else:
            self.gathered.append({**about, "Observations": list(entries)})
        known = [self.positions[key]] if key in self.positions else []
        # A clock that runs ahead must not put off all that comes after it.
        now = _text(dt.datetime.now(dt.UTC))
        if found := known + [min(now, _text(each)) for each in _begins(entries)]:
            self.positions[key] = max(found)

    def batch(self) -> Batch:
        """What has been gathered, which then begins anew."""
        content = orjson.dumps({"value": self.gathered})
        self.gathered, self.size = [], 0
        return Batch(content, dict(self.positions))


def _streams(walk: _Walk, url: str) -> Iterator[tuple[str, Object, str]]:
    """Each Datastream of a list: its id, what it says of itself, and the address of its observations."""
    listing = _queried(url, {"$expand": "Thing,ObservedProperty"}, "")
    # The whole list first: it would move under a walk that takes its time.
    for entry in [each for entries in walk.pages(listing) for each in entries]:
        ident = entry.get("@iot.id") if isinstance(entry, dict) else None
        link = ident is not None and entry.get("Observations@iot.navigationLink")
        if not isinstance(link, str):
            raise FeedError(f"a Datastream without @iot.id and Observations@iot.navigationLink: {shown(entry)}")
        about = {key: value for key, value in entry.items() if not key.startswith("Observations")}
        yield str(ident), about, redirected(url, link, same_host=True)


def _page(body: bytes) -> tuple[Sequence[Any], str]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise FeedError(f"a page that is no JSON: {shown(body[:60].decode(errors='replace'))}") from None
    entries = document.get("value") if isinstance(document, dict) else None
    link = document.get("@iot.nextLink") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not isinstance(link, str | None):
        raise FeedError(f"a page that is no SensorThings: {shown(body[:60].decode(errors='replace'))}")
    return entries, link or ""


def _queried(url: str, wanted: Mapping[str, str], after: str) -> str:
    """The address with what we ask beside what it asks already: its ``$expand`` stays, its ``$filter`` is added to,
    and its ``$orderby`` gives way."""
    parts = urlsplit(url)
    pairs = [each.partition("=") for each in parts.query.split("&") if each]
    query = {unquote(name.replace("+", " ")): unquote(value.replace("+", " ")) for name, _, value in pairs}
    expand = query.get("$expand") or wanted.get("$expand")
    query |= {**wanted} | ({"$expand": expand} if expand else {})
    if after:
        query["$filter"] = f"({query['$filter']}) and {after}" if query.get("$filter") else after
    text = "&".join(f"{quote(name, safe=_SAFE)}={quote(value, safe=_SAFE)}" for name, value in query.items())
    return parts._replace(query=text, fragment="").geturl()


def _times(position: str | None, overlap: dt.timedelta, within: tuple[dt.datetime, dt.datetime] | None) -> str:
    """The condition on times of what is wanted; blank where there is none."""
    after = f"phenomenonTime gt {_text(dt.datetime.fromisoformat(position) - overlap)}" if position else ""
    during = f"phenomenonTime ge {_text(within[0])} and phenomenonTime lt {_text(within[1])}" if within else ""
    return " and ".join(filter(None, [after, during]))


def _begins(entries: Sequence[Any]) -> Iterator[dt.datetime]:
    """When each observation begins. What is no moment is left to the reader, which names its row."""
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        times = [entry.get("phenomenonTime")]
        names, rows = entry.get("components"), entry.get("dataArray")
        if isinstance(names, list) and isinstance(rows, list) and "phenomenonTime" in names:
            nth = names.index("phenomenonTime")
            times = [row[nth] for row in rows if isinstance(row, list) and len(row) > nth]
        for each in times:
            try:
                moment = dt.datetime.fromisoformat(str(each).partition("/")[0])
                if moment.year >= 1800:
                    yield moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
            except (ValueError, OverflowError):
                continue


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""A STAC catalogue of an atlas's rasters: scenes, models of the ground and differences, each kind a collection.

Its addresses are those of a static catalogue, so that it is read live and from a published copy alike. Not here: the
form of its documents (``mendmap.rasters.stac_catalogue``).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from mendmap.atlas.model import Atlas
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.records import names
from mendmap.errors import NotFoundError
from mendmap.exports.rasters import Stocked
from mendmap.geo.grid import EXTENT, Tile, to_steps
from mendmap.rasters import stac_catalogue
from mendmap.rasters.difference import BANDS
from mendmap.rasters.grid import Grid, grid
from mendmap.rasters.pictures import indices_of, of_raster
from mendmap.rasters.stac_catalogue import Band, Entry, File, Shelf
from mendmap.words.phrases import say

Json = dict[str, Any]
PREFIX = "/stac"
ROOT = f"{PREFIX}/catalog.json"
# The collections, in their order: a title, and what is in each.
_SHELVES = {
    "scenes": (say("Scenes"), say("What was seen from above on a day, in bands of light.")),
    "elevation": (say("Models of the ground"), say("How high the ground is, in metres.")),
    "differences": (
        say("Differences"),
        say("What an index became from one time to another; change, and where it is significant: 1 rose, -1 fell."),
    ),
}
_UNITS = {"height": "m"}


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a catalogue stands: the address of the service, and of each file that is handed out (None: it is not).
    ``copy`` says that it is read as files, of which nobody knows where they are put."""

    base: str
    href: Callable[[Stocked], str | None]
    copy: bool = False


def catalog(atlas: Atlas, stock: Mapping[str, Stocked], stand: Stand) -> Json:
    """The root of the catalogue."""
    place = atlas.place
    shelves = list(_shelves(stock, stand).values())
    title, told = names(place.name), names(place.summary)
    return stac_catalogue.catalog(place.id, title, told, stand.base + ROOT, shelves, own=not stand.copy)


def collection(atlas: Atlas, stock: Mapping[str, Stocked], stand: Stand, ident: str) -> Json:
    """A collection. Raises NotFoundError with the choices."""
    place, shelf = atlas.place, _shelf(stock, stand, ident)
    entries = [_entry(atlas, stock[each], stock, stand) for each in shelf.items]
    host: Json = {"name": names(place.name), "roles": ["host"], "url": place.contact}
    return stac_catalogue.collection(shelf, entries, stand.base + ROOT, place.extent, [host], own=not stand.copy)


def item(atlas: Atlas, stock: Mapping[str, Stocked], stand: Stand, ident: str, name: str) -> Json:
    """An item of a collection. Raises NotFoundError with the choices."""
    shelf = _shelf(stock, stand, ident)
    if name not in shelf.items:
        raise NotFoundError("item", name, shelf.items)
    entry = _entry(atlas, stock[name], stock, stand)
    return stac_catalogue.item(entry, shelf, stand.base + ROOT, own=not stand.copy)


def item_address(stocked: Stocked) -> str:
    """Where the item of a raster or a difference is."""
    return f"{PREFIX}/{_shelf_of(stocked)}/{stocked.record.id}.json"


def _shelf_of(stocked: Stocked) -> str:
    if not isinstance(stocked.record, Raster):
        return "differences"
    return "scenes" if stocked.record.shows == "scene" else "elevation"


def _shelves(stock: Mapping[str, Stocked], stand: Stand) -> dict[str, Shelf]:
    """The collections that have something in them."""
    found: dict[str, list[Stocked]] = {ident: [] for ident in _SHELVES}
    for each in stock.values():
        found[_shelf_of(each)].append(each)
    return {
        ident: Shelf(
            ident,
            title,
            told,
            f"{stand.base}{PREFIX}/{ident}/collection.json",
            {each.record.id: stand.base + item_address(each) for each in found[ident]},
        )
        for ident, (title, told) in _SHELVES.items()
        if found[ident]
    }


def _shelf(stock: Mapping[str, Stocked], stand: Stand, ident: str) -> Shelf:
    shelves = _shelves(stock, stand)
    if ident not in shelves:
        raise NotFoundError("collection", ident, shelves)
    return shelves[ident]


def _entry(atlas: Atlas, stocked: Stocked, stock: Mapping[str, Stocked], stand: Stand) -> Entry:
    record = stocked.record
    known = grid(stocked.path) if stocked.path else None
    href = stand.href(stocked) if known else None
    begun, ended = _span(atlas, stocked)
    source = atlas.sources[record.source] if isinstance(record, Raster) else None
    return Entry(
        id=record.id,
        title=names(record.name),
        description=" ".join(_told(stocked, known, href)),
        licence=record.licence if isinstance(record, Raster) else atlas.place.licence,
        begun=begun,
        ended=ended,
        grid=known,
        file=File(href, known, stocked.sha256, _bands(stocked)) if known and href else None,
        providers=({"name": source.publisher},) if source and source.publisher else (),
        platform=(record.platform or "") if isinstance(record, Raster) else "",
        pictures=tuple(_pictures(atlas, stocked, known, stand)),
        links=tuple(_links(atlas, stocked, stock, stand)),
    )


def _told(stocked: Stocked, known: Grid | None, href: str | None) -> Iterator[str]:
    """What is to be known of a raster, a sentence at a time."""
    record = stocked.record
    if record.note:
        yield record.note
    if isinstance(record, Raster):
        yield say("Terms of use: {licence}.", licence=record.licence)
        if record.attribution:
            yield say("Attribution: {attribution}.", attribution=record.attribution)
        if not record.taken:
            yield say("When it was surveyed is not stated; its date here is that of the data set.")
    if not known:
        yield say("Its file is not there.")
    elif not href:
        yield say("Its file of {size:,.1f} MB is not in this copy.", size=known.bytes / 1e6)


def _span(atlas: Atlas, stocked: Stocked) -> tuple[dt.datetime, dt.datetime]:
    """The first and the last second that it may show, in UTC; a day is one of the catalogue's zone."""
    record, zone = stocked.record, ZoneInfo(atlas.place.zone)
    if isinstance(record, Raster):
        days = record.taken or record.retrieved
        if days is None:
            return atlas.snapshot.moment, atlas.snapshot.moment
        first, last = days.first, days.last
    else:
        first, last = record.before.first, record.after.last
    begun = dt.datetime.combine(first, dt.time(), zone)
    ended = dt.datetime.combine(last, dt.time(23, 59, 59), zone)
    return begun.astimezone(dt.UTC), ended.astimezone(dt.UTC)


def _bands(stocked: Stocked) -> tuple[Band, ...]:
    record = stocked.record
    if not isinstance(record, Raster):
        return tuple(map(Band, BANDS))
    # Of a band of classes the stored value is the value.
    return tuple(
        Band(each)
        if each == record.classes
        else Band(each, record.scale, record.offset, record.nodata, _UNITS.get(each, ""))
        for each in record.bands
    )


def _pictures(atlas: Atlas, stocked: Stocked, known: Grid | None, stand: Stand) -> Iterator[tuple[str, str, str]]:
    """A tile that shows the whole, where the service draws it; a copy has all tiles in an archive."""
    record = stocked.record
    drawn = of_raster(record, indices_of(atlas.indices)) if isinstance(record, Raster) else iter([record])
    ident = next((each.id for each in drawn), None)
    if known is None or ident is None:
        return
    if stand.copy:
        yield "visual", f"{stand.base}/rasters/{ident}.pmtiles", "application/vnd.pmtiles"
    else:
        z, x, y = around(known)
        yield "thumbnail", f"{stand.base}/rasters/{ident}/{z}/{x}/{y}.webp", "image/webp"


def around(known: Grid) -> Tile:
    """The smallest tile that holds the whole of a grid."""
    west, south, east, north = known.box
    (left, top), (right, bottom) = to_steps(np.array([(west, north), (east, south)]), 0) / EXTENT
    for zoom in range(20, 0, -1):
        cells = [int(each * 2**zoom) for each in (left, top, right, bottom)]
        if cells[:2] == cells[2:]:
            return Tile(zoom, cells[0], cells[1])
    return Tile(0, 0, 0)


def _links(
    atlas: Atlas, stocked: Stocked, stock: Mapping[str, Stocked], stand: Stand
) -> Iterator[tuple[str, str, str, str]]:
    """Where it comes from: its document, where it was fetched, the scenes that it is computed of."""
    record = stocked.record
    if isinstance(record, Raster):
        source = atlas.sources[record.source]
        if source.url:
            yield "describedby", source.url, source.title, ""
        if record.href:
            yield "via", record.href, record.scene or record.id, ""
    for each in stocked.scenes:
        yield "derived_from", stand.base + item_address(stock[each.id]), names(each.name), "application/geo+json"

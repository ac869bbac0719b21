"""Our own rasters as a static STAC catalogue (STAC 1.1.0): a catalogue, a collection of each kind, an item a raster.

https://github.com/radiantearth/stac-spec; the extensions are proj 2.0.0, eo 2.0.0, raster 2.0.0 and file 2.1.0, each
named only by an item that has fields of it. All addresses are given. Not here: which rasters there are
(``exports.stac``), and reading others' catalogues (``stac``).
"""

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pystac import Asset, Catalog, Collection, Extent, Item, Link, MediaType, Provider, SpatialExtent, TemporalExtent

from mendmap.rasters.grid import Grid

Json = dict[str, Any]
Box = tuple[float, float, float, float]
_EXTENSIONS = {
    "proj": "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "eo": "https://stac-extensions.github.io/eo/v2.0.0/schema.json",
    "raster": "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "file": "https://stac-extensions.github.io/file/v2.1.0/schema.json",
}
# Names that the eo extension knows of bands (2.0.0, "Common Band Names").
_COMMON = frozenset(
    (
        *("pan", "coastal", "blue", "green", "green05", "yellow", "red"),
        *("rededge", "rededge071", "rededge075", "rededge078", "nir", "nir08", "nir09", "cirrus"),
        *("swir16", "swir22", "lwir", "lwir11", "lwir12"),
    )
)
# Of a multihash: SHA-256, 32 bytes (https://github.com/multiformats/multihash).
_SHA256 = "1220"
# What STAC takes for the name of a licence; for any other it has one word.
_LICENCE = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*-\d+\.\d+")
_OTHER = "other"
_DAY = dt.timedelta(hours=26)  # when clocks are put back it has 25


@dataclass(frozen=True, slots=True)
class Band:
    """A band: its name, its value as ``stored`` times ``scale`` plus ``offset``, and the stored value of nothing."""

    name: str
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file to download: its address, what its header says, and its SHA-256."""

    address: str
    grid: Grid
    sha256: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """An item to be. ``begun`` and ``ended`` are the first and the last moment that it may show. ``grid`` is None where
    no file tells where it is, and ``file`` where none is handed out. ``pictures`` are further assets: a name, an
    address and a media type of each; ``links`` have a relation, an address, a title, and a media type or nothing."""

    id: str
    title: str
    description: str
    licence: str
    begun: dt.datetime
    ended: dt.datetime
    grid: Grid | None
    file: File | None
    providers: tuple[Mapping[str, Any], ...] = ()
    platform: str = ""
    pictures: tuple[tuple[str, str, str], ...] = ()
    links: tuple[tuple[str, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A collection to be: its address, and that of each of its items by id."""

    id: str
    title: str
    description: str
    address: str
    items: Mapping[str, str]


def catalog(ident: str, title: str, description: str, address: str, shelves: Sequence[Shelf], own: bool) -> Json:
    """The root. ``own`` says that its address lasts, so that it names itself."""
    made = Catalog(ident, description, title=title)
    made.clear_links()
    _place(made, address, address, own)
    made.add_links([Link("child", each.address, MediaType.JSON, each.title) for each in shelves])
    return made.to_dict(include_self_link=True, transform_hrefs=False)


def collection(
    shelf: Shelf, entries: Sequence[Entry], root: str, box: Box, providers: Sequence[Json], own: bool
) -> Json:
    """A collection of entries; ``box`` is where it is if none of them says so: west, south, east, north."""
    boxes = [each.grid.box for each in entries if each.grid] or [box]
    whole = [min(each[0] for each in boxes), min(each[1] for each in boxes)]
    whole += [max(each[2] for each in boxes), max(each[3] for each in boxes)]
    times = [min(each.begun for each in entries), max(each.ended for each in entries)]
    licences = {_licence(each.licence) for each in entries}
    made = Collection(
        shelf.id,
        shelf.description,
        Extent(SpatialExtent([whole]), TemporalExtent([[times[0], times[1]]])),
        title=shelf.title,
        license=licences.pop() if len(licences) == 1 else _OTHER,
        providers=[Provider.from_dict(each) for each in providers],
    )
    made.clear_links()
    _place(made, shelf.address, root, own, parent=root)
    for each in dict.fromkeys(entry.licence for entry in entries):
        made.add_links(_terms(each))
    made.add_links([Link("item", shelf.items[each.id], MediaType.GEOJSON, each.title) for each in entries])
    return made.to_dict(include_self_link=True, transform_hrefs=False)


def item(entry: Entry, shelf: Shelf, root: str, own: bool) -> Json:
    """An item."""
    grid, file = entry.grid, entry.file
    shape = {"type": "Polygon", "coordinates": [[list(each) for each in grid.ring]]} if grid else None
    told: Json = {"title": entry.title, "license": _licence(entry.licence)}
    told |= {"description": entry.description} if entry.description else {}
    told |= {"platform": entry.platform} if entry.platform else {}
    told |= _projected(grid) if grid else {}
    if entry.providers:
        told["providers"] = list(entry.providers)
    box = list(grid.box) if grid else None
    made = Item(entry.id, shape, box, _moment(entry), told, entry.begun, entry.ended)
    made.collection_id = shelf.id
    _place(made, shelf.items[entry.id], root, own, parent=shelf.address)
    made.add_link(Link("collection", shelf.address, MediaType.JSON, shelf.title))
    made.add_links(_terms(entry.licence))
    made.add_links([Link(rel, href, kind or None, title) for rel, href, title, kind in entry.links])
    if file:
        made.add_asset("data", _data(file))
    for name, address, media_type in entry.pictures:
        made.add_asset(name, Asset(address, roles=[name], media_type=media_type))
    found = made.to_dict(include_self_link=True, transform_hrefs=False)
    return {**found, "stac_extensions": [uri for name, uri in _EXTENSIONS.items() if _uses(found, f"{name}:")]}


def _moment(entry: Entry) -> dt.datetime | None:
    """The one moment that stands for an item: the middle of its day; of what took longer there is none."""
    lasted = entry.ended - entry.begun
    return entry.begun + lasted / 2 if lasted < _DAY else None


def _place(made: Catalog | Item, address: str, root: str, own: bool, parent: str = "") -> None:
    """Where a document stands. One that may be read anywhere does not say where it is."""
    if own:
        kind = MediaType.GEOJSON if isinstance(made, Item) else MediaType.JSON
        made.add_link(Link("self", address, kind))
    made.add_link(Link("root", root, MediaType.JSON))
    if parent:
        made.add_link(Link("parent", parent, MediaType.JSON))


def _projected(grid: Grid) -> Json:
    """Fields of the proj extension, and the edge of a pixel."""
    known: Json = {"proj:code": grid.code or None}
    if not grid.code:
        known["proj:wkt2"] = grid.wkt
    return {
        **known,
        "proj:shape": [grid.height, grid.width],
        "proj:transform": list(grid.transform),
        "proj:bbox": list(grid.own_box),
        **({"gsd": grid.pixel_m} if grid.pixel_m else {}),
    }


def _data(file: File) -> Asset:
    """The file, with its bands as they are stored."""
    grid = file.grid
    resolution = {"raster:spatial_resolution": grid.pixel_m} if grid.pixel_m else {}
    bands = [_band(each, kind, grid.nodata) for each, kind in zip(file.bands, grid.kinds, strict=True)]
    more = {
        "bands": bands,
        "raster:sampling": "area",
        **resolution,
        "file:size": grid.bytes,
        "file:checksum": f"{_SHA256}{file.sha256}",
    }
    return Asset(file.address, media_type=MediaType.COG, roles=["data"], extra_fields=more)


def _band(band: Band, kind: str, of_file: float | None) -> Json:
    nothing = of_file if band.nodata is None else band.nodata
    told: Json = {"name": band.name, "data_type": kind}
    told |= {"eo:common_name": band.name} if band.name in _COMMON else {}
    if nothing is not None:
        told["nodata"] = "nan" if math.isnan(nothing) else nothing
    told |= {"unit": band.unit} if band.unit else {}
    told |= {"raster:scale": band.scale} if band.scale is not None else {}
    return told | ({"raster:offset": band.offset} if band.offset is not None else {})


def _licence(licence: str) -> str:
    return licence if _LICENCE.fullmatch(licence) else _OTHER


def _terms(licence: str) -> list[Link]:
    """A link to the terms of use, where they have an address; what is said in words stands in descriptions."""
    if _LICENCE.fullmatch(licence):
        return [Link("license", f"https://spdx.org/licenses/{licence}", MediaType.HTML, licence)]
    return [Link("license", licence)] if licence.startswith("https://") else []


def _uses(value: Any, prefix: str) -> bool:
    """Whether a document has a field of an extension."""
    if isinstance(value, Mapping):
        return any(name.startswith(prefix) or _uses(each, prefix) for name, each in value.items())
    return isinstance(value, list) and any(_uses(each, prefix) for each in value)

"""Adds rasters from elsewhere to a folder of geodata: the part of them that lies in an area.

Scenes that a STAC service has, files at addresses, and models of the ground in tiles; each is copied, made a COG and
checked like any file, and what is whole stays. Not here: asking (``feeds``), what is in the files (``rasters``), and
the rows (``add``).
"""

import datetime as dt
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from mendmap.catalogue import files
from mendmap.catalogue import read as catalogue_file
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.model import Catalogue
from mendmap.errors import GeodataError, NotFoundError, RasterError
from mendmap.feeds.fetch import Fetcher, Limits
from mendmap.feeds.guarded import Guard, Hosts
from mendmap.feeds.ranges import Remote
from mendmap.geo.bounds import Bounds
from mendmap.load.add import Added
from mendmap.load.add import add as add_file
from mendmap.load.imagery import listed
from mendmap.rasters import remote, stac
from mendmap.rasters.header import Most
from mendmap.rasters.stac import Collection, Found, Query, Scene
from mendmap.settings import Settings
from mendmap.vectors.features import Feature
from mendmap.vectors.features import read as read_layer
from mendmap.words.fields import as_text

# What is taken beyond the outlines of sites, and beyond how far a point may be off.
MARGIN_M = 500.0
_SETTING = "MENDMAP_MAX_RASTER_MB"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of geodata, as far as adding rasters from elsewhere goes: the sites by id, each as the box of its
    outline with a margin, and the rasters that are listed already."""

    path: Path
    catalogue: Catalogue
    sites: Mapping[str, Bounds]
    rasters: Sequence[Raster]

    def area(self, around: Sequence[str] = ()) -> Bounds:
        """The box around some sites, or all. Raises NotFoundError with the choices, and RasterError where none has a
        place."""
        for each in around:
            if each not in self.sites:
                raise NotFoundError("site with a place", each, self.sites)
        boxes = [self.sites[each] for each in around or self.sites]
        if not boxes:
            raise RasterError("no site of the catalogue has a place; say which area is meant with --box")
        return Bounds.around(boxes)

    def has(self, scene: str, href: str | None) -> bool:
        """Whether a scene is listed: by its name where it comes from, or by its address."""
        return any(each.scene == scene or (href and each.href == href) for each in self.rasters)


def read(path: Path, settings: Settings) -> Folder:
    """Reads a folder. Raises GeodataError where its catalogue or a layer of its sites cannot be read."""
    max_bytes = settings.max_file_mb * 1_000_000
    catalogue, faults = catalogue_file.read(path, max_bytes)
    if catalogue is None:
        raise GeodataError(faults)
    sites: dict[str, Bounds] = {}
    for layer in catalogue.layers:
        if layer.role == "site":
            features, wrong = read_layer(layer, catalogue.languages, max_bytes)
            faults += wrong
            sites |= {each.id: around(each) for each in features if each.geometry}
    if faults:
        raise GeodataError(faults)
    return Folder(path, catalogue, sites, [each for each, _ in listed(path, max_bytes)])


def around(feature: Feature, margin_m: float = MARGIN_M) -> Bounds:
    """The box of a feature that has a place, with a margin beyond how far that may be off."""
    assert feature.geometry is not None
    return Bounds(*feature.geometry.bounds).grown(margin_m + (feature.properties.get("accuracy_m") or 0))


@contextmanager
def fetching(settings: Settings, agent: str) -> Iterator[Fetcher]:
    """A fetcher that asks only the hosts of the setting. Raises SettingError where that is no list of hosts."""
    limits = Limits(settings.max_pull_mb * 1_000_000, settings.pull_timeout_seconds, settings.pull_tries)
    fetcher = Fetcher("", agent, limits, guard=Guard(Hosts.parse(settings.raster_hosts)))
    try:
        yield fetcher
    finally:
        fetcher.close()


def asking(fetcher: Fetcher) -> stac.Ask:
    """Asks through a fetcher, for ``find``."""

    def ask(url: str, post: bytes | None) -> bytes:
        sink = io.BytesIO()
        fetcher.fetch(url, sink, post=post)
        return sink.getvalue()

    return ask


def find(folder: Folder, place: str, query: Query, ask: stac.Ask, settings: Settings) -> Found:
    """The scenes of a STAC API at an address, or of a file of STAC items, that are not in the folder yet.

    Raises FeedError and RasterError.
    """
    if is_address(place):
        found = stac.search(ask, place, query, settings.max_pull_pages)
    else:
        path = Path(place)
        if reason := files.complaint(path, settings.max_file_mb * 1_000_000):
            raise RasterError(f"{path}: {reason}")
        found = stac.of_file(path.read_bytes(), path.name, query)
    new = [each for each in found.scenes if not folder.has(each.id, each.href)]
    found.leave("in the folder already", len(found.scenes) - len(new))
    found.scenes = new
    return found


def add_scene(
    folder: Folder,
    scene: Scene,
    collection: Collection,
    box: Bounds,
    beside: Path,
    fetcher: Fetcher,
    settings: Settings,
    given: Mapping[str, str | None],
) -> Added:
    """Copies a scene, and adds it with its row. ``beside`` is the folder that addresses in a file of items are below;
    ``given`` are texts by column that take the place of what the service says. Where they name no source, that is the
    collection, which gets a row among the sources where it has none.

    Raises FeedError, RasterError, and GeodataError; then the folder is as it was.
    """
    opened: dict[str, remote.File] = {}
    for each in scene.assets:
        opened[each.href] = opened.get(each.href) or _file(each.href, scene, beside, fetcher, settings)
    layers = [remote.Layer(opened[each.href], each.number, each.nodata) for each in scene.assets]
    first, said = scene.assets[0], {column: text for column, text in given.items() if text}
    day = f"{scene.taken:%Y-%m-%d}"
    row = {
        "id": _ident(scene.id),
        "shows": "scene",
        "taken": day,
        "bands": ",".join(each.name for each in scene.assets),
        "classes": scene.classes,
        "scale": _text(first.scale),
        "offset": _text(first.offset),
        "nodata": _text(first.nodata),
        "platform": _plain(scene.platform or ""),
        "scene": scene.id,
        "href": scene.href,
        "retrieved": _today(),
        "licence": _plain(collection.licence) or "not told where it comes from",
        "attribution": scene.attribution,
        "source": _ident(collection.id),
        **said,
    }
    about = {
        "id": row["source"],
        "title": _plain(collection.title) or row["source"],
        "publisher": _plain(collection.publisher),
        "url": collection.url,
        "licence": said.get("licence") or _plain(collection.licence),
    }
    names = {"": f"{row['platform'] or about['title']}, {day}"}
    copy = partial(remote.copy, layers, box)
    # A scene's file has the scene's own name, which nobody gives to anything else.
    return _added(folder, copy, names, row, settings, {} if "source" in said else about, afresh=True)


def add_address(
    folder: Folder,
    url: str,
    names: Mapping[str, str],
    given: Mapping[str, str],
    box: Bounds,
    fetcher: Fetcher,
    settings: Settings,
) -> Added:
    """Copies what a GeoTIFF at an address has within a box, all its bands, and adds it with its row. ``given`` are
    texts by column. Raises FeedError, RasterError, and GeodataError; then the folder is as it was."""
    file = tile(url, fetcher, settings)
    row = {"href": url, "retrieved": _today(), **given}
    return _added(folder, partial(remote.copy, [remote.Layer(file, None)], box), names, row, settings)


def add_ground(
    folder: Folder,
    tiles: Sequence[Remote],
    names: Mapping[str, str],
    given: Mapping[str, str | None],
    box: Bounds,
    settings: Settings,
) -> Added:
    """Copies what the tiles of a model of the ground have within a box into one raster, and adds it with its row.
    ``given`` are texts by column. Raises FeedError, RasterError, and GeodataError; then the folder is as it was."""
    row = {"shows": "elevation", "bands": "height", "retrieved": _today(), **given}
    return _added(folder, partial(remote.join, tiles, box), names, row, settings)


def tile(url: str, fetcher: Fetcher, settings: Settings) -> Remote:
    """The file at an address, of which no more is fetched than a raster may have."""
    return Remote(fetcher, url, settings.max_raster_mb * 1_000_000, _SETTING)


def _today() -> str:
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"


def is_address(text: str) -> bool:
    """Whether a text is an address, and no path."""
    return "://" in text


def _added(
    folder: Folder,
    copy: Callable[[Path, Most], None],
    names: Mapping[str, str],
    row: Mapping[str, str | None],
    settings: Settings,
    source: Mapping[str, str | None] | None = None,
    *,
    afresh: bool = False,
) -> Added:
    """Adds what ``copy`` writes, no more than it is told."""
    most = Most.of(settings)
    with tempfile.TemporaryDirectory(prefix="mendmap-") as scratch:
        copied = Path(scratch) / "copied.tif"
        copy(copied, most)
        return add_file(
            folder.path,
            copied,
            names,
            {column: text for column, text in row.items() if text},
            max_file_mb=settings.max_file_mb,
            most=most,
            collection={column: text for column, text in (source or {}).items() if text},
            afresh=afresh,
        )


@dataclass(frozen=True, slots=True)
class _Local:
    """A file beside the file of items that names it."""

    path: Path
    error: Exception | None = None

    @property
    def url(self) -> str:
        return self.path.name

    def handle(self) -> io.BufferedReader:
        return self.path.open("rb")


def _file(href: str, scene: Scene, beside: Path, fetcher: Fetcher, settings: Settings) -> remote.File:
    """The file of an asset. A path of an item that has an address of its own stands below that."""
    if not is_address(href) and scene.href:
        href = urljoin(scene.href, href)
    if is_address(href):
        return tile(href, fetcher, settings)
    try:
        path = files.inside(beside, urlsplit(href).path)
    except ValueError as error:
        raise RasterError(f"{scene.id}: {error}") from None
    if not path.is_file():
        raise RasterError(f"{scene.id}: no such file: {path.name}")
    return _Local(path)


def _ident(name: str) -> str:
    """A name as an id: letters, digits, _ and -, at most 80 of them."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).lstrip("_-")[:80]


def _plain(text: str) -> str:
    """Words of a service as a cell may hold them, and no more of them than anybody reads."""
    return as_text(text)[:500]


def _text(number: float | None) -> str | None:
    return None if number is None else repr(number).removesuffix(".0")

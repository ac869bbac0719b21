"""What is served from one snapshot to those who see the same of it: its atlas, and all that is made of that and kept.

What was made of layers that did not change is taken over from what was served before. Not here: when there is a newer
snapshot (``keeper``).
"""

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Protocol

import pyarrow as pa
from fastapi import Request

from mendmap.atlas import dated
from mendmap.atlas.model import Atlas, Layer
from mendmap.atlas.names import NameIndex
from mendmap.atlas.select import Index
from mendmap.catalogue.records import names
from mendmap.exports.encoded import Encoded
from mendmap.exports.rasters import Stocked, stocked
from mendmap.lake import ledger, monthly
from mendmap.lake.access import View
from mendmap.lake.connection import Lake
from mendmap.lake.contents import SeriesRow
from mendmap.lake.ledger import Snapshot
from mendmap.lake.screen import Screen
from mendmap.maps.page import Around, Drawing, LayerInfo, draw
from mendmap.query.times import as_of
from mendmap.settings import Settings
from mendmap.statements.model import Outcome
from mendmap.statements.outcome import outcomes
from mendmap.tiles.blocks import Blocks
from mendmap.tiles.prepare import TileLayer, tile_layer
from mendmap.web import basemaps, drawn, imagery
from mendmap.web.drawn import Drawn
from mendmap.web.spool import Spool
from mendmap.words.languages import Language, translated

# Months, each with a row a series.
_THEN = 24
# Bytes of layers, months and drawings.
_KEPT = 64_000_000
PAGES = {"site": "/sites/", "station": "/stations/", "watercourse": "/watercourses/"}


class Keeps(Protocol):
    """What a keeper does for what is served: it has the lake, what is shared by all, and what was served before."""

    @property
    def spool(self) -> Spool:
        """Where files are made that are too large to be kept in memory."""
        ...

    @property
    def blocks(self) -> Blocks:
        """The memory that all tiles share."""
        ...

    def lake(self) -> AbstractContextManager[Lake]:
        """A cursor of the lake for this thread."""
        ...

    def past(self, lake: Lake, snapshot: Snapshot, now: "Served", *, whole: bool = False) -> "Served":
        """What was served from an earlier snapshot."""
        ...

    def keep_scripts(self, view: View, drawings: Iterable[Drawing]) -> None:
        """Keeps the scripts of pages that were sent."""
        ...


class Served:
    """Everything that is served from one snapshot. What is costly is made when first asked for, and kept."""

    def __init__(
        self,
        atlas: Atlas,
        settings: Settings,
        keeper: Keeps,
        view: View,
        screen: Screen | None,
        before: "Served | None" = None,
    ) -> None:
        self.atlas, self.settings, self._keeper = atlas, settings, keeper
        # Whose view it is, and what stands between that and the lake; None where it sees everything.
        self.view, self.screen = view, screen
        # Whether somebody was told of a further page of this snapshot.
        self.awaited = False
        same = {name for name, layer in atlas.layers.items() if before and before.atlas.layers.get(name) is layer}
        self.tiles: dict[str, TileLayer] = {
            name: before.tiles[name] if before and name in same else tile_layer(layer, settings, keeper.blocks)
            for name, layer in atlas.layers.items()
        }
        self.pictures: dict[str, Drawn] = drawn.every(atlas, self.stock, before.pictures if before else None)
        # Whoever makes tiles, by name; as long as it is the same object, its tiles are the same.
        self.makers: dict[str, object] = {
            **self.tiles,
            **{f"rasters/{name}": each for name, each in self.pictures.items()},
        }
        # Copied at once: those who are still served from before may add to theirs.
        ready, named = (dict(before._layers), dict(before._names)) if before else ({}, {})
        self._layers: dict[str, tuple[Index, Encoded]] = {name: ready[name] for name in same & ready.keys()}
        self._names: dict[str, NameIndex] = {name: named[name] for name in same & named.keys()}
        self._files: dict[str, bytes] = {}
        self._languages: dict[str, Language] = {}
        self._drawings: dict[tuple[str, str, bool], Drawing] = {}
        self._then: dict[str, dated.Then] = {}
        self._lock = threading.Lock()

    def site(self, request: Request) -> str:
        """The address that readers know the service by, without a slash at its end."""
        return (self.settings.public_url or str(request.base_url)).rstrip("/")

    @property
    def spool(self) -> Spool:
        """Where files are made that are too large to be kept in memory."""
        return self._keeper.spool

    @contextmanager
    def lake(self) -> Iterator[Lake]:
        """A cursor of the lake, for one answer: no row is read through it that may not be seen."""
        with self._keeper.lake() as lake:
            if self.screen:
                self.screen.narrow(lake)
            yield lake

    def at(self, text: str | None, *, whole: bool = False) -> Atlas:
        """The atlas as of what a request asks for, this one where it asks for nothing. One of the past has series only
        where it is to be ``whole``: else their sums are asked for one by one. Raises BadRequestError and
        NotFoundError."""
        return self.of(text, whole=whole).atlas

    def of(self, text: str | None, *, whole: bool = True) -> "Served":
        """What was served as of what a request asks for. Raises BadRequestError and NotFoundError."""
        # Who follows the pages of an answer asks for its snapshot, which most often is this one.
        if text is None or text == str(self.atlas.snapshot):
            return self
        asked = as_of(text)
        with self._keeper.lake() as lake:
            snapshot = ledger.known(lake, self.atlas.place.id, asked)
            return self if snapshot == self.atlas.snapshot else self._keeper.past(lake, snapshot, self, whole=whole)

    def index(self, layer: str) -> Index:
        """A layer of the atlas, made ready to be asked. Raises NotFoundError."""
        return self._ready(layer)[0]

    def encoded(self, layer: str) -> Encoded:
        """The features of a layer of the atlas, encoded. Raises NotFoundError."""
        return self._ready(layer)[1]

    def _ready(self, layer: str) -> tuple[Index, Encoded]:
        if layer not in self._layers:
            found = self.atlas.layer(layer)
            self._layers[layer] = Index(found), Encoded(found)
        return self._layers[layer]

    def names(self, layer: str) -> NameIndex:
        """The names of a layer of the atlas, made ready to be searched. Raises NotFoundError."""
        with self._lock:
            if layer not in self._names:
                self._names[layer] = NameIndex(self.atlas.layer(layer))
            return self._names[layer]

    @cached_property
    def series(self) -> dict[str, SeriesRow]:
        """Every series, by id."""
        return {each.id: each for found in self.atlas.features.joined_to() for each in found.series}

    @cached_property
    def stock(self) -> Mapping[str, Stocked]:
        """The files of rasters and differences, by id."""
        return stocked(self.atlas, self.settings.lake)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every statement with its outcome."""
        return outcomes(self.atlas)

    def outcomes_of(self, atlas: Atlas) -> list[Outcome]:
        """Every statement of an atlas, this one or a whole one of the past, with its outcome."""
        return self.outcomes if atlas is self.atlas else outcomes(atlas)

    def language(self, ident: str) -> Language:
        """A language, with the texts of the catalogue in it."""
        if ident not in self._languages:
            own = translated(self.atlas.place.translations).get(ident)
            self._languages[ident] = Language(ident, own)
        return self._languages[ident]

    def drawing(self, name: str, language: Language, *, archived: bool = False) -> Drawing:
        """A map, drawn in a language; of tiles in archives, for a copy, or of those of the service."""
        key = (name, language.id, archived)
        found = self._drawings.get(key)
        if found is None:
            atlas, spec = self.atlas, self.atlas.maps[name]
            infos = [_info(layer, language, atlas.place.languages) for layer in atlas.layers.values()]
            view = atlas.bounds([style.id for style in spec.layers])
            data = f"{language.day(atlas.snapshot.moment)} ({atlas.snapshot})"
            languages = (language.id, *atlas.place.languages)
            around = Around(
                atlas.place.attribution,
                data,
                languages,
                self.settings.max_zoom,
                basemaps.basemap(self.settings),
                imagery.relief(atlas),
                imagery.offered(atlas),
            )
            tiles = "/tiles/{layer}.pmtiles" if archived else "/tiles/{layer}/{z}/{x}/{y}.geojson"
            found = draw(spec, infos, view, around, tiles)
            self._drawings[key] = found
            self._keeper.keep_scripts(self.view, [found])
        return found

    @property
    def missing(self) -> list[str]:
        """What is to be done for pictures whose files are not there, each file once."""
        found = {each.path: drawn.missing(each) for each in self.pictures.values()}
        return [each for each in found.values() if each]

    @cached_property
    def newest_reading(self) -> dt.datetime | None:
        """The start of the newest reading of all."""
        return self.atlas.newest_reading

    @cached_property
    def months(self) -> pa.Table:
        """How many readings every series has in each month, as ``lake.monthly`` counts them."""
        with self.lake() as lake:
            return monthly.counted(lake, self.atlas.snapshot, self.atlas.place.id)

    def then(self, month: str) -> dated.Then:
        """What was measured in a month, and assessed by its end; the last few are kept."""
        found = self._then.get(month)
        if found is None:
            spans = [(dated.month_of(each.first), dated.month_of(each.last)) for each in self.series.values()]
            readings = {}
            # Of most months that could be asked for there are no readings: those ask nothing of the lake.
            if any(first <= month <= last for first, last in spans):
                with self.lake() as lake:
                    readings = monthly.within(lake, self.atlas.snapshot, self.atlas.place.id, month)
            found = dated.Then(month, readings, dated.verdicts_at(self.atlas, month))
            self._then = dict([*self._then.items(), (month, found)][-_THEN:])
        return found

    def kept(self, name: str, make: Callable[[], bytes]) -> bytes:
        """What is small enough to be kept in memory until the next snapshot, made when first asked for."""
        found = self._files.get(name)
        if found is None:
            with self._lock:
                # Whoever waited finds what was made meanwhile.
                found = self._files.get(name)
                if found is None:
                    found = self._files[name] = make()
                    held = sum(map(len, self._files.values()))
                    while held > _KEPT:
                        held -= len(self._files.pop(next(iter(self._files))))
        return found


def _info(layer: Layer, language: Language, languages: Sequence[str]) -> LayerInfo:
    """What a map's script is told of a layer, in a language."""
    name = names(layer.name, (language.id, *languages))
    kinds = {ident: language.say(kind) for ident, kind in layer.kinds.items()}
    return LayerInfo(layer.id, name, kinds, layer.role, page_of(layer))


def page_of(layer: Layer) -> str:
    """The address that the pages of a layer's features begin with."""
    return PAGES.get(layer.role, f"/features/{layer.id}/")

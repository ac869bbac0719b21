"""Keeps the newest atlas: watches the lake, builds what is served from a snapshot, and swaps it at once.

A request holds one ``Served`` from beginning to end, so no answer mixes two snapshots.
"""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import pyarrow as pa
from fastapi import Request

from mendmap.atlas import dated
from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas, Layer
from mendmap.atlas.names import NameIndex
from mendmap.atlas.select import Index
from mendmap.catalogue.records import names
from mendmap.errors import KeyRefusedError, LakeEmptyError, LakeError, MendmapError, NotFoundError
from mendmap.exports.encoded import Encoded
from mendmap.lake import access, contents, ledger, monthly
from mendmap.lake.access import PUBLIC, Rules, View
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents, SeriesRow
from mendmap.lake.ledger import Snapshot
from mendmap.lake.screen import Screen, screen
from mendmap.maps.page import Around, Drawing, LayerInfo, draw
from mendmap.query.times import as_of
from mendmap.settings import Settings
from mendmap.statements.model import Outcome
from mendmap.statements.outcome import outcomes
from mendmap.tiles.prepare import TileLayer
from mendmap.web import basemaps, readers
from mendmap.web.spool import Spool
from mendmap.words.languages import Language, translated

log = logging.getLogger("mendmap")
_SCRIPTS = 100
# After building an atlas the keeper waits so many times as long as that took, but no longer than these seconds.
_SHARE, _LONGEST = 4, 4.0
_PAST = 4
# Months, each with a row a series.
_THEN = 24
# Bytes of layers, months and drawings.
_KEPT = 64_000_000
PAGES = {"site": "/sites/", "station": "/stations/", "watercourse": "/watercourses/"}


class Served:
    """Everything that is served from one snapshot. What is costly is made when first asked for, and kept."""

    def __init__(self, atlas: Atlas, settings: Settings, keeper: "Keeper", view: View, screen: Screen | None) -> None:
        self.atlas, self.settings, self._keeper = atlas, settings, keeper
        # Whose view it is, and what stands between that and the lake; None where it sees everything.
        self.view, self.screen = view, screen
        self.tiles = {
            name: TileLayer(layer, settings.max_zoom, settings.max_tile_features, settings.max_drawn_features)
            for name, layer in atlas.layers.items()
        }
        # Whether somebody was told of a further page of this snapshot.
        self.awaited = False
        self._layers: dict[str, tuple[Index, Encoded]] = {}
        self._names: dict[str, NameIndex] = {}
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
        return {each.id: each for found in self.atlas.features.values() for each in found.series}

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
                atlas.place.attribution, data, languages, self.settings.max_zoom, basemaps.basemap(self.settings)
            )
            tiles = "/tiles/{layer}.pmtiles" if archived else "/tiles/{layer}/{z}/{x}/{y}.geojson"
            found = draw(spec, infos, view, around, tiles)
            self._drawings[key] = found
            self._keeper.keep_scripts(self.view, [found])
        return found

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


class _Held:
    """The contents of the newest snapshot, whole, and what was made of them for each who may not see all."""

    def __init__(self, found: Contents, history: Sequence[tuple[Mapping[str, Any], bool]]) -> None:
        self.contents = found
        self._history = history
        self.served: dict[str, Served] = {}
        self._atlases: dict[Rules, Atlas] = {}
        self._views: dict[str, View] = {}

    def view(self, role: str) -> View:
        """What a role may see; a layer that is gone is hidden as it was last."""
        if role not in self._views:
            now = access.rules((body for body, last in self._history if last), role)
            self._views[role] = View(role, now, access.rules((body for body, _ in self._history), role))
        return self._views[role]

    def atlas(self, found: Contents, hidden: Rules) -> Atlas:
        """The atlas of contents, of this snapshot or another; roles from which the same is hidden share the newest."""
        if found.snapshot != self.contents.snapshot:
            return build(found)
        if hidden not in self._atlases:
            self._atlases[hidden] = build(found)
        return self._atlases[hidden]


def _own(found: Contents) -> list[Mapping[str, Any]]:
    """What a catalogue said of itself and of its layers."""
    return [*found.records["catalogue"], *found.records.get("layer", ())]


def _info(layer: Layer, language: Language, languages: Sequence[str]) -> LayerInfo:
    """What a map's script is told of a layer, in a language."""
    name = names(layer.name, (language.id, *languages))
    kinds = {ident: language.say(kind) for ident, kind in layer.kinds.items()}
    return LayerInfo(layer.id, name, kinds, layer.role, page_of(layer))


def page_of(layer: Layer) -> str:
    """The address that the pages of a layer's features begin with."""
    return PAGES.get(layer.role, f"/features/{layer.id}/")


class Keeper:
    """Watches the lake from a thread of its own, from ``start`` until ``stop``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._held: _Held | None = None
        self._making = threading.Lock()
        self._problem: MendmapError = LakeEmptyError("nothing has been loaded yet")
        self._lake: Lake | None = None
        self._scripts: dict[tuple[View, str], bytes] = {}
        self._past: dict[tuple[int, bool, View], Served] = {}
        self._took = 0.0
        self.trouble = ""  # why the newest snapshot may not be the one that is served
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mendmap-keeper", daemon=True)

    def start(self, *, watching: bool = True) -> None:
        """Builds the first atlas, so that the service is ready when it answers, and begins to watch, unless it is to
        stay with that."""
        self.spool = Spool()
        self._look()
        if watching:
            self._thread.start()

    def stop(self) -> None:
        """Ends the watch and lets go of the lake."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        if self._lake:
            self._lake.close()
        self.spool.close()

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that is served now. Raises LakeError while there is nothing to serve."""
        if self._held is None:
            raise self._problem
        return self._held.contents.snapshot

    @property
    def public(self) -> Served | None:
        """What is served now to everyone; None where nothing is, or the catalogue is not for everyone."""
        held = self._held
        return held.served.get(PUBLIC) if held else None

    def served(self, role: str) -> Served:
        """What is served now, as a role sees it: made when it is first asked for. Raises LakeError while there is
        nothing to serve, and KeyRefusedError where the catalogue is not for that role."""
        held = self._held
        if held is None:
            raise self._problem
        view = held.view(role)
        if view.hidden.whole:
            raise KeyRefusedError("a key is needed to read here: Authorization: Bearer KEY, or X-API-Key: KEY")
        with self._making:
            if role not in held.served:
                held.served[role] = self._made(held, held.contents, view.hidden, view)
            return held.served[role]

    def _made(self, held: "_Held", whole: Contents, hidden: Rules, view: View) -> Served:
        """What is served of contents, from which something is ``hidden``, or nothing is."""
        place = whole.catalogue
        with self.lake() as lake:
            if hidden != Rules():
                whole = access.seen(whole, hidden, access.measured(lake, whole.snapshot.number, place))
            before = screen(lake, held.contents.snapshot, place, view.ever) if view.ever != Rules() else None
        return Served(held.atlas(whole, hidden), self._settings, self, view, before)

    def keep_scripts(self, view: View, drawings: Iterable[Drawing]) -> None:
        """Keeps the scripts of pages that were sent before a newer snapshot came; the oldest go first."""
        self._scripts |= {(view, drawing.name): drawing.script for drawing in drawings}
        for name in list(self._scripts)[:-_SCRIPTS]:
            del self._scripts[name]

    def script(self, view: View, name: str) -> bytes:
        """The script of a map of a view, by its name. Raises NotFoundError."""
        if (view, name) not in self._scripts:
            raise NotFoundError("script", name)
        return self._scripts[view, name]

    @contextmanager
    def lake(self) -> Iterator[Lake]:
        """A cursor of the lake for this thread."""
        if self._lake is None:
            raise self._problem
        lake = self._lake.fork()
        try:
            yield lake
        finally:
            lake.close()

    def past(self, lake: Lake, snapshot: Snapshot, now: Served, *, whole: bool = False) -> Served:
        """What was served from an earlier snapshot to those who see what is served ``now``, without its series unless
        it is to be ``whole``; the last few are kept. What was hidden then, and what is hidden now, is not in it."""
        found = self._past.get((snapshot.number, whole, now.view))
        if found is None:
            held = self._held
            assert held is not None
            then = contents.read(lake, snapshot, now.atlas.place.id, series=whole)
            hidden = now.view.hidden | access.rules(_own(then), now.view.role)
            if hidden.whole:
                raise NotFoundError("snapshot as of", str(snapshot.number))
            found = self._made(held, then, hidden, now.view)
            self._keep(found, whole)
        return found

    def _keep(self, past: Served, whole: bool) -> None:
        self._past = dict([*self._past.items(), ((past.atlas.snapshot.number, whole, past.view), past)][-_PAST:])

    def _watch(self) -> None:
        # Where posts come every second, building must leave most of the time to those who ask and post.
        while not self._stopped.wait(max(self._settings.poll_seconds, min(_LONGEST, _SHARE * self._took))):
            self._look()

    def _look(self) -> None:
        """Swaps in the newest snapshot where there is one; on any failure what is served stays."""
        try:
            if self._lake is None:
                self._lake = open_lake(self._settings.lake)
            newest = ledger.latest(self._lake)
            if self._held is None or self._held.contents.snapshot != newest:
                catalogue = contents.chosen(self._lake, self._settings.catalogue)
                begun = time.monotonic()
                found = contents.read(self._lake, newest, catalogue)
                held = _Held(found, access.history(self._lake, catalogue))
                # What everyone sees is made at once; for others when they come.
                if not (view := held.view(PUBLIC)).hidden.whole:
                    held.served[PUBLIC] = self._made(held, found, view.hidden, view)
                for served in self._held.served.values() if self._held else ():
                    if served.awaited:
                        self._keep(served, whole=True)
                self._held = held
                self._took = time.monotonic() - begun
                log.info("serving snapshot %s", newest)
            self.trouble = ""
        except LakeEmptyError as error:
            self._problem = error
        except MendmapError as error:
            self._problem = error
            self._tell(f"the lake cannot be read: {error}")
        except Exception as error:
            # The watch must outlive anything, or the map would stay at an old snapshot without a word.
            self._problem = LakeError("the newest snapshot cannot be served; the log says why")
            self._tell(f"the newest snapshot cannot be served: {error}", error)

    def _tell(self, trouble: str, error: Exception | None = None) -> None:
        """Logs a trouble once, however often it is met in a row."""
        if trouble != self.trouble:
            log.error(trouble, exc_info=error)
        self.trouble = trouble


def current(request: Request) -> Served:
    """What is served at this moment to whoever asks; take it once a request. Raises LakeError while there is
    nothing, and KeyRefusedError."""
    keeper: Keeper = request.app.state.keeper
    served = keeper.served(readers.role(request))
    request.state.view = served.view.name
    return served

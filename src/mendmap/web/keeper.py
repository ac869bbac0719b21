"""Keeps the newest atlas: watches the lake, builds what is served from a snapshot, and swaps it at once.

A request holds one ``Served`` from beginning to end, so no answer mixes two snapshots.
"""

import datetime as dt
import logging
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property

import pyarrow as pa
from fastapi import Request

from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas, Layer
from mendmap.errors import LakeEmptyError, LakeError, MendmapError, NotFoundError
from mendmap.exports.geojson import layer_geojson
from mendmap.exports.tables import DOWNLOADS, readings_csv, records_csv
from mendmap.lake import contents, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.maps.page import Drawing, LayerInfo, draw
from mendmap.settings import Settings
from mendmap.statements.outcome import Outcome, outcomes
from mendmap.tiles.prepare import TileLayer

log = logging.getLogger("mendmap")
_SCRIPTS = 100
PAGES = {"site": "/sites/", "station": "/stations/"}


class Served:
    """Everything that is served from one snapshot. What is costly is made when first asked for, and kept."""

    def __init__(self, atlas: Atlas, settings: Settings, keeper: "Keeper") -> None:
        self.atlas, self.settings, self._keeper = atlas, settings, keeper
        self.tiles = {
            name: TileLayer(layer, settings.max_zoom, settings.max_tile_features)
            for name, layer in atlas.layers.items()
        }
        self._files: dict[str, bytes] = {}
        self._lock = threading.Lock()

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every statement with its outcome."""
        return outcomes(self.atlas)

    @cached_property
    def drawings(self) -> dict[str, Drawing]:
        """Every map, drawn."""
        infos = [self._info(layer) for layer in self.atlas.layers.values()]
        tiles = "/tiles/{layer}/{z}/{x}/{y}.geojson"
        atlas, zoom = self.atlas, self.settings.max_zoom
        drawn = {}
        for name, spec in atlas.maps.items():
            view = atlas.bounds([style.id for style in spec.layers])
            drawn[name] = draw(spec, infos, view, atlas.place.attribution, zoom, tiles)
        self._keeper.keep_scripts(drawn.values())
        return drawn

    @cached_property
    def newest_reading(self) -> dt.datetime | None:
        """The start of the newest reading of all."""
        return self.atlas.newest_reading

    def _info(self, layer: Layer) -> LayerInfo:
        name = next(iter(layer.name.values()))
        return LayerInfo(layer.id, name, dict(layer.kinds), layer.role, page_of(layer))

    def file(self, name: str) -> bytes:
        """A whole download by its name. Raises NotFoundError with the choices."""
        with self._lock:
            found = self._files.get(name)
            if found is None:
                found = self._files[name] = self._made(name)
            return found

    def _made(self, name: str) -> bytes:
        stem, _, suffix = name.rpartition(".")
        if suffix == "geojson" and stem in self.atlas.layers:
            return layer_geojson(self.atlas, self.atlas.layers[stem])
        if suffix == "csv" and stem in DOWNLOADS:
            return records_csv(self.atlas, stem)
        if name == "readings.csv":
            return b"".join(readings_csv(self.readings()))
        raise NotFoundError("download", name, self.file_names)

    @property
    def file_names(self) -> list[str]:
        """Every download, layers first."""
        layers = [f"{name}.geojson" for name in self.atlas.layers]
        return [*layers, "readings.csv", *(f"{name}.csv" for name in DOWNLOADS)]

    def readings(self, station: str | None = None) -> Iterator[pa.RecordBatch]:
        """The readings of this snapshot, of one station where it is given."""
        with self._keeper.lake() as lake:
            yield from contents.readings(lake, self.atlas.snapshot, self.atlas.place.id, station)


def page_of(layer: Layer) -> str:
    """The address that the pages of a layer's features begin with."""
    return PAGES.get(layer.role, f"/features/{layer.id}/")


class _Borrowed:
    """A cursor of the lake for the length of a ``with``."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def __enter__(self) -> Lake:
        return self._lake

    def __exit__(self, *_: object) -> None:
        self._lake.close()


class Keeper:
    """Watches the lake from a thread of its own, from ``start`` until ``stop``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._served: Served | None = None
        self._problem: MendmapError = LakeEmptyError("nothing has been loaded yet")
        self._lake: Lake | None = None
        self._scripts: dict[str, bytes] = {}
        self.trouble = ""  # why the newest snapshot may not be the one that is served
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mendmap-keeper", daemon=True)

    def start(self) -> None:
        """Builds the first atlas, so that the service is ready when it answers, and begins to watch."""
        self._look()
        self._thread.start()

    def stop(self) -> None:
        """Ends the watch and lets go of the lake."""
        self._stopped.set()
        self._thread.join(timeout=10)
        if self._lake:
            self._lake.close()

    @property
    def served(self) -> Served:
        """What is served now. Raises LakeError while there is nothing to serve."""
        if self._served is None:
            raise self._problem
        return self._served

    def keep_scripts(self, drawings: Iterable[Drawing]) -> None:
        """Keeps the scripts of pages that were sent before a newer snapshot came; the oldest go first."""
        self._scripts |= {drawing.name: drawing.script for drawing in drawings}
        for name in list(self._scripts)[:-_SCRIPTS]:
            del self._scripts[name]

    def script(self, name: str) -> bytes:
        """The script of a map by its name. Raises NotFoundError."""
        if name not in self._scripts:
            raise NotFoundError("script", name)
        return self._scripts[name]

    def lake(self) -> _Borrowed:
        """A cursor of the lake for this thread."""
        if self._lake is None:
            raise self._problem
        return _Borrowed(self._lake.fork())

    def _watch(self) -> None:
        while not self._stopped.wait(self._settings.poll_seconds):
            self._look()

    def _look(self) -> None:
        """Swaps in the newest snapshot where there is one; on any failure what is served stays."""
        try:
            if self._lake is None:
                self._lake = open_lake(self._settings.lake)
            newest = ledger.latest(self._lake)
            if self._served is None or self._served.atlas.snapshot != newest:
                catalogue = contents.chosen(self._lake, self._settings.catalogue)
                atlas = build(contents.read(self._lake, newest, catalogue))
                self._served = Served(atlas, self._settings, self)
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
    """What is served at this moment; take it once a request. Raises LakeError while there is nothing."""
    keeper: Keeper = request.app.state.keeper
    return keeper.served

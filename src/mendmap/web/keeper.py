"""Keeps the newest atlas: watches the lake, builds what is served from a snapshot, and swaps it at once.

A request holds one ``Served`` from beginning to end, so no answer mixes two snapshots.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import Request

from mendmap.atlas.build import Builder, build
from mendmap.atlas.model import Atlas
from mendmap.errors import KeyRefusedError, LakeEmptyError, LakeError, MendmapError, NotFoundError
from mendmap.lake import access, contents, ledger
from mendmap.lake.access import PUBLIC, Rules, View
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.ledger import Snapshot
from mendmap.lake.screen import screen
from mendmap.maps.page import Drawing
from mendmap.settings import Settings
from mendmap.tiles.blocks import Blocks
from mendmap.web import readers
from mendmap.web.served import Served as Served
from mendmap.web.served import page_of as page_of
from mendmap.web.spool import Spool

log = logging.getLogger("mendmap")
_SCRIPTS = 100
# After building an atlas the keeper waits so many times as long as that took, but no longer than these seconds.
_SHARE, _LONGEST = 4, 4.0
_PAST = 4


class _Held:
    """The contents of the newest snapshot, whole, and what was made of them for each who may not see all."""

    def __init__(
        self, found: Contents, history: Sequence[tuple[Mapping[str, Any], bool]], before: "_Held | None" = None
    ) -> None:
        self.contents = found
        self._history = history
        self.served: dict[str, Served] = {}
        # What was served from the snapshot before, of which the layers that did not change are taken over.
        self._before = dict(before.served) if before else {}
        self._builders: dict[Rules, Builder] = before._used if before else {}
        self._used: dict[Rules, Builder] = {}
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
            builder = self._used[hidden] = self._builders.get(hidden) or Builder()
            self._atlases[hidden] = builder.build(found)
        return self._atlases[hidden]

    def before(self, role: str) -> Served | None:
        """What a role was served from the snapshot before, once: then it may go."""
        return self._before.pop(role, None)


class Keeper:
    """Watches the lake from a thread of its own, from ``start`` until ``stop``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.blocks = Blocks(settings.tile_blocks_mb * 10**6)
        self._held: _Held | None = None
        self._making = threading.Lock()
        self._problem: MendmapError = LakeEmptyError("nothing has been loaded yet")
        self._lake: Lake | None = None
        self._scripts: dict[tuple[View, str], bytes] = {}
        self._past: dict[tuple[int, bool, View], Served] = {}
        self._took = 0.0
        # Called with what will be served to everyone next, just before it is.
        self.heat: Callable[[Served], None] = lambda _: None
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
        return self._held.served.get(PUBLIC) if self._held else None

    def served(self, role: str) -> Served:
        """What is served now, as a role sees it: made when it is first asked for. Raises LakeError while there is
        nothing to serve, and KeyRefusedError where the catalogue is not for that role."""
        held = self._held
        if held is None:
            raise self._problem
        view = held.view(role)
        if view.hidden.whole:
            raise KeyRefusedError("a key is needed to read here: Authorization: Bearer KEY, or X-API-Key: KEY")
        # Most are served what is there; they wait for nobody.
        if role not in held.served:
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
        earlier = held.before(view.role) if whole.snapshot == held.contents.snapshot else None
        return Served(held.atlas(whole, hidden), self._settings, self, view, before, earlier)

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
            own = [*then.records["catalogue"], *then.records.get("layer", ())]
            hidden = now.view.hidden | access.rules(own, now.view.role)
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
                last = self._held
                found = contents.read(self._lake, newest, catalogue, before=last.contents if last else None)
                history = access.history(self._lake, catalogue)
                with self._making:
                    held = _Held(found, history, last)
                    # What everyone sees is made at once; for others when they come.
                    if not (view := held.view(PUBLIC)).hidden.whole:
                        held.served[PUBLIC] = self._made(held, found, view.hidden, view)
                for served in self._held.served.values() if self._held else ():
                    if served.awaited:
                        self._keep(served, whole=True)
                self._took = time.monotonic() - begun
                if last and PUBLIC in held.served:
                    self.heat(held.served[PUBLIC])
                self._held = held
                log.info("serving snapshot %s", newest)
                for served in held.served.values():
                    for each in served.missing:
                        log.warning(each)
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
    """What is served at this moment to whoever asks; take it once a request. Raises LakeError and KeyRefusedError."""
    keeper: Keeper = request.app.state.keeper
    # A request of our own may be for what nobody else is served yet.
    served = getattr(request.state, "served", None) or keeper.served(readers.role(request))
    request.state.view = served.view.name
    return served

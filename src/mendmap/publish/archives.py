"""The archives of tiles of a copy, one a layer: made anew only where what they are made of changed.

Not here: how an archive is written (``tiles.archive``).
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import orjson

from mendmap.atlas.model import Layer
from mendmap.lake import ledger
from mendmap.publish import static
from mendmap.publish.store import Store
from mendmap.query.times import as_of
from mendmap.tiles import archive
from mendmap.web.served import Served

SUFFIX = ".pmtiles"
# Which archive came of which recipe, in the published folder.
RECIPES = "recipes.json"
# Features from which further processes are sooner done than they have begun.
_MANY = 20_000


def write(store: Store, served: Served, name: str) -> str:
    """The archive of a layer; its path in the copy."""
    recipe, known = _recipe(served, name), _known(store)
    if recipe in known and store.adopt(known[recipe]):
        return known[recipe]
    settings, layer = served.settings, served.atlas.layer(name)
    with store.taking() as part, _processes(layer) as executor:
        archive.write(
            part,
            layer,
            served.atlas.place,
            max_zoom=settings.max_zoom,
            max_drawn=settings.max_drawn_features,
            executor=executor,
        )
        path = store.take(part, SUFFIX)
    store.point(RECIPES, orjson.dumps(_known(store) | {recipe: path}, option=orjson.OPT_INDENT_2))
    return path


@contextmanager
def _processes(layer: Layer) -> Iterator[Executor | None]:
    """The processes of this machine for a layer that is worth their start; none for others."""
    if len(layer.ids) < _MANY:
        yield None
        return
    # Not forked: this process has threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as executor:
        yield executor


def _recipe(served: Served, name: str) -> str:
    """What an archive is made of: its layer as it was when it changed last, whom to name, and the software."""
    layer, place, settings = served.atlas.layer(name), served.atlas.place, served.settings
    with served.lake() as lake:
        changed = ledger.known(lake, place.id, as_of(str(layer.revision)))
    told = (layer.id, layer.name, layer.description, layer.revision, changed.digest, place.languages, place.attribution)
    bounds = (settings.max_zoom, settings.max_drawn_features)
    return hashlib.sha256(f"{told} {place} {bounds} {static.software()}".encode()).hexdigest()


def _known(store: Store) -> dict[str, str]:
    path = store.folder / RECIPES
    try:
        found = orjson.loads(path.read_bytes()) if path.is_file() else {}
    except orjson.JSONDecodeError:
        return {}
    return {recipe: each for recipe, each in found.items() if (store.folder / each).is_file()}

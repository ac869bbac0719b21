"""The archives of tiles of a copy, one a layer and one a picture: made anew only where what they are made of changed.

Not here: how an archive is written (``tiles.archive``).
"""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import orjson

from mendmap.catalogue.records import names
from mendmap.errors import RasterError
from mendmap.lake import ledger
from mendmap.publish import static
from mendmap.publish.store import Store
from mendmap.query.times import as_of
from mendmap.rasters import draw
from mendmap.rasters.look import look
from mendmap.rasters.pictures import Picture
from mendmap.tiles import archive, imagery
from mendmap.web.drawers import Drawers
from mendmap.web.drawn import Drawn, attribution, frame_of
from mendmap.web.served import Served

SUFFIX = ".pmtiles"
# Which archive came of which recipe, in the published folder.
RECIPES = "recipes.json"
# Features from which further processes are sooner done than they have begun.
_MANY = 20_000
# And tiles of pictures.
_MANY_TILES = 200


def write(store: Store, served: Served, name: str) -> str:
    """The archive of a layer; its path in the copy."""
    settings, layer = served.settings, served.atlas.layer(name)

    def make(part: Path) -> None:
        with _processes(worth=len(layer.ids) >= _MANY) as executor:
            archive.write(
                part,
                layer,
                served.atlas.place,
                max_zoom=settings.max_zoom,
                max_drawn=settings.max_drawn_features,
                executor=executor,
            )

    return _kept(store, _recipe(served, name), make)


def write_pictures(store: Store, served: Served, left_out: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The archive of each picture whose file is there: its address in the service, and its path in the copy. Those of
    which there is none are told in ``left_out``, with the reason."""
    shown: dict[str, imagery.Shown] = {}
    drawers = Drawers(served.settings)
    for name, found in served.pictures.items():
        try:
            shown[name] = _shown(served, found, drawers)
        except RasterError as error:
            left_out[f"/rasters/{name}{SUFFIX}"] = str(error)
    drawers.stop()
    known = _known(store)
    recipes = {name: _recipe_of(served.pictures[name], each) for name, each in shown.items()}
    tiles = sum(len(each.cells) for name, each in shown.items() if recipes[name] not in known)
    with _processes(worth=tiles >= _MANY_TILES) as executor:
        for name, each in shown.items():
            make = partial(imagery.write, shown=each, executor=executor)
            yield f"/rasters/{name}{SUFFIX}", _kept(store, recipes[name], make)


def _shown(served: Served, found: Drawn, drawers: Drawers) -> imagery.Shown:
    """A picture as it is drawn for a copy. Raises RasterError."""
    settings = served.settings
    frame = frame_of(found, drawers)
    told = {
        "description": _title(found.picture),
        "attribution": attribution(served.atlas, found),
    }
    return imagery.Shown(found.picture, found.path, frame, settings.max_zoom, settings.max_raster_pixels, told)


def _title(picture: Picture) -> str:
    named = (picture.difference,) if picture.difference else (picture.raster, picture.index)
    return ": ".join(names(each.name) for each in named if each)


def _kept(store: Store, recipe: str, make: Callable[[Path], object]) -> str:
    """The path of the archive of a recipe, which is made where there is none."""
    known = _known(store)
    if recipe in known and store.adopt(known[recipe]):
        return known[recipe]
    with store.taking() as part:
        make(part)
        path = store.take(part, SUFFIX)
    store.point(RECIPES, orjson.dumps(_known(store) | {recipe: path}, option=orjson.OPT_INDENT_2))
    return path


@contextmanager
def _processes(*, worth: bool) -> Iterator[Executor | None]:
    """The processes of this machine for what is worth their start; none for anything else."""
    if not worth:
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


def _recipe_of(found: Drawn, shown: imagery.Shown) -> str:
    """What the archive of a picture is made of: the file, what is drawn of it and how. A newer version of the software
    that draws alike makes none anew."""
    told = (
        draw.VERSION,
        found.stocked.digest,
        found.picture,
        look(found.picture),
        shown.max_zoom,
        sorted(shown.told.items()),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _known(store: Store) -> dict[str, str]:
    path = store.folder / RECIPES
    try:
        found = orjson.loads(path.read_bytes()) if path.is_file() else {}
    except orjson.JSONDecodeError:
        return {}
    return {recipe: each for recipe, each in found.items() if (store.folder / each).is_file()}

"""Scenes of a STAC API: found by collection, area, period, months and clouds, and copied as far as the area goes.

A scene that the folder has is not asked for again, so that a run that was interrupted goes on where it was; one that
cannot be copied is counted, and the others are taken. Not here: finding and copying them (``load.scenes``).
"""

from pathlib import Path

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.imagery import Raster
from mendmap.errors import FeedError, RasterError
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.load import scenes
from mendmap.rasters.sensors import BANDS
from mendmap.rasters.stac import Query
from mendmap.words.dates import months

# How many are taken where a recipe does not say.
_MOST = 20


def gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    """Adds the scenes that a recipe asks for. Raises FeedError, RasterError and GeodataError."""
    held = [each for each in place.geodata.records if isinstance(each, Raster)]
    folder = scenes.Folder(place.folder, place.geodata.catalogue, {}, held)
    found = scenes.find(
        folder, recipe.url or "", _query(recipe, place), lambda url, post: ask(url, post).read_bytes(), place.settings
    )
    answer, failed = Answer(), None
    answer.left_out.update(found.left_out)
    given = {"source": recipe.source, "licence": recipe.licence, "attribution": recipe.attribution}
    for scene in found.scenes:
        try:
            added = scenes.add_scene(
                folder, scene, found.collection, place.box, Path(), place.fetcher, place.settings, given
            )
            answer.rasters.append(added.row["id"])
        except (FeedError, RasterError) as error:
            failed = error
            answer.left_out[f"could not be copied: {error}"] += 1
    if failed and not answer.rasters:
        raise failed
    return answer


def _query(recipe: Recipe, place: Place) -> Query:
    """What a recipe asks for. Raises RasterError where it says something that cannot be meant."""
    if recipe.most is not None and recipe.most < 1:
        raise RasterError(f"most: {recipe.most} scenes are none at all")
    return Query(
        recipe.collection or "",
        place.box,
        recipe.period,
        tuple(each.strip() for each in recipe.select.split(",")) if recipe.select else BANDS,
        months(recipe.months) if recipe.months else frozenset(),
        recipe.cloud,
        _MOST if recipe.most is None else recipe.most,
        recipe.per or "",
        place.geodata.catalogue.zone,
    )


SERVICE = Service(
    "stac",
    "STAC API 1.0.0 (core, item search, query extension; https://github.com/radiantearth/stac-api-spec); items of "
    "Sentinel-2 as Earth Search, Planetary Computer and Copernicus spell them, and of Landsat collection 2",
    gather,
    needs=("url", "collection", "period"),
)

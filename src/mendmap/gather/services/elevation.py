"""A model of the ground in tiles of one degree, each a GeoTIFF at an address of its own: the part of them that lies in
the area becomes one raster, since a map draws its relief of one.

Written for Copernicus GLO-30, whose tiles are named by their south-west corner and lie half a pixel west and north of
whole degrees (its readme on AWS: the shared column and row in the east and south were taken off). The sea has no
tiles, and some countries' are not public; both answer 404, and stay without heights. Any other model in one band of
metres whose addresses follow from the corner of a tile will do. Not here: reading and joining them
(``load.scenes``, ``rasters.remote``).
"""

import math
import re
from collections.abc import Iterator

from mendmap.catalogue.gathered import Recipe
from mendmap.catalogue.imagery import Raster
from mendmap.errors import FeedError, RasterError
from mendmap.feeds.ranges import Remote
from mendmap.gather.model import Answer, Ask, Place, Service
from mendmap.geo.bounds import Bounds
from mendmap.load import scenes
from mendmap.rasters import header
from mendmap.rasters.header import Most

_TILE = "Copernicus_DSM_COG_10_{SOUTH}_00_{WEST}_00_DEM"
_GLO_30 = f"https://copernicus-dem-30m.s3.eu-central-1.amazonaws.com/{_TILE}/{_TILE}.tif"
# The licence of Copernicus WorldDEM-30, articles on what is distributed and adapted: both sentences go with it.
_NOTICE = (
    "produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014 and © Airbus Defence and Space GmbH 2014-2018 provided "
    "under COPERNICUS by the European Union and ESA; all rights reserved"
)
_LIABILITY = (
    "The organisations in charge of the Copernicus programme by law or by delegation do not incur any liability for "
    "any use of the Copernicus WorldDEM-30."
)
# An edge of a tile in an address: {SOUTH} becomes N44, {south} n44; so do the others.
_EDGE = re.compile(r"\{(north|south|west|east|NORTH|SOUTH|WEST|EAST)\}")
# Such models have a pixel of an arc second, or about that.
_PIXELS_OF_DEGREE = 3600
# Of a degree: a thousandth of such a pixel, to which a grid is exact.
_EXACT = 0.001 / _PIXELS_OF_DEGREE


def gather(recipe: Recipe, place: Place, ask: Ask) -> Answer:
    """Adds the model as one raster with the id of the recipe. Raises FeedError, RasterError and GeodataError."""
    answer = Answer()
    if _held(recipe, place):
        answer.left_out["in the folder already"] += 1
        return answer
    template = recipe.url or _GLO_30
    _complain(template, place.box, Most.of(place.settings))
    corners = list(_corners(place.box))
    tiles = {corner: tile for corner in corners if (tile := _tile(_address(template, *corner), place))}
    if not tiles:
        raise FeedError(f"{_address(template, *corners[0])}: is not there, nor is any other tile of the area")
    if len(corners) > len(tiles):
        answer.left_out["no tile of that degree, as of the sea"] += len(corners) - len(tiles)
    ours = template == _GLO_30
    names = ", ".join(_address("{SOUTH}{WEST}", *corner) for corner in tiles)
    given = {
        "id": recipe.id,
        "href": next(iter(tiles.values())).url if len(tiles) == 1 else None,
        "taken": recipe.period.text if recipe.period else None,
        "source": recipe.source,
        "licence": recipe.licence,
        "attribution": recipe.attribution or (_NOTICE if ours else None),
        "note": f"Of the tiles {names}." + (f" {_LIABILITY}" if ours else ""),
    }
    folder = scenes.Folder(place.folder, place.geodata.catalogue, {}, ())
    scenes.add_ground(folder, list(tiles.values()), {"": recipe.title}, given, place.box, place.settings)
    answer.rasters.append(recipe.id)
    return answer


def _held(recipe: Recipe, place: Place) -> bool:
    """Whether the folder has it already. Raises RasterError where what it has does not cover the area."""
    for each in place.geodata.records:
        if isinstance(each, Raster) and each.id == recipe.id:
            west, south, east, north = header.read(place.folder / each.file, Most.of(place.settings)).bounds
            has = Bounds(west - _EXACT, south - _EXACT, east + _EXACT, north + _EXACT)
            if each.shows != "elevation" or not has.contains(place.box):
                raise RasterError(
                    f"{each.file} is in the folder already, and does not cover the area of the recipe; take it and its "
                    "row out of the folder, and gather it again"
                )
            return True
    return False


def _complain(template: str, box: Bounds, most: Most) -> None:
    """Raises RasterError where addresses do not tell tiles apart, or an area is too large, before anything is asked."""
    if len({_address(template, *corner) for corner in ((0, 0), (0, 1), (1, 0))}) < 3:
        raise RasterError(
            f"{template}: does not say where the corner of a tile stands in it, such as {{SOUTH}}{{WEST}}"
        )
    mpixels = (box.east - box.west) * (box.north - box.south) * _PIXELS_OF_DEGREE**2 / 1e6
    if mpixels > most.mpixels:
        raise RasterError(
            f"an area of about {mpixels:,.0f} megapixels of an arc second; at most {most.mpixels:,} are copied "
            "(setting MENDMAP_MAX_RASTER_MPIXELS); ask for a smaller area"
        )


def _corners(box: Bounds) -> Iterator[tuple[int, int]]:
    """The south-west corners of the tiles that a box touches, latitude first, from the south-west on."""
    west, south = math.floor(box.west), math.floor(box.south)
    for latitude in range(south, max(south + 1, math.ceil(box.north))):
        for longitude in range(west, max(west + 1, math.ceil(box.east))):
            yield latitude, longitude


def _address(template: str, south: int, west: int) -> str:
    """A text with the edges of a tile in the places of their names."""
    edges = {"south": south, "north": south + 1, "west": west, "east": west + 1}

    def spelled(name: str) -> str:
        at = edges[name.lower()]
        letters, digits = ("NS", 2) if name.lower() in ("north", "south") else ("EW", 3)
        found = f"{letters[at < 0]}{abs(at):0{digits}}"
        return found if name.isupper() else found.lower()

    return _EDGE.sub(lambda found: spelled(found[1]), template)


def _tile(url: str, place: Place) -> Remote | None:
    """The tile at an address; None where there is none. Raises FeedError."""
    tile = scenes.tile(url, place.fetcher, place.settings)
    try:
        tile.read(0, 1)
    except FeedError as error:
        if error.status == 404:
            return None
        raise
    return tile


SERVICE = Service(
    "elevation",
    "Copernicus DEM GLO-30 on AWS (https://copernicus-dem-30m.s3.amazonaws.com/readme.html, "
    "https://registry.opendata.aws/copernicus-dem/) and the licence of Copernicus WorldDEM-30",
    gather,
    url=_GLO_30,
)

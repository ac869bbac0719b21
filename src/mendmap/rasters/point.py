"""What a picture says of one place: the pixel under it, as it is stored, measured, and computed.

Not here: areas (``zonal``).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.warp import transform
from rasterio.windows import Window

from mendmap.catalogue.imagery import Raster
from mendmap.rasters.classes import said
from mendmap.rasters.handles import Handle
from mendmap.rasters.look import Look
from mendmap.rasters.pictures import Picture
from mendmap.rasters.values import measured
from mendmap.rasters.warped import nothing_of
from mendmap.words.phrases import say

_CHANGES = {1: say("It rose."), -1: say("It fell."), 0: say("It did not change by so much that it counts.")}


@dataclass(frozen=True, slots=True)
class Band:
    """A band's name, the value that is ``stored``, and what it means, None where it means nothing."""

    name: str
    stored: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """The pixel, by column and row from the upper left, None outside; its bands; the ``value`` of what the picture is
    computed of, or why there is none (``reason``); what is seen there (``ground``), where the scene tells."""

    column: int | None = None
    row: int | None = None
    bands: tuple[Band, ...] = ()
    value: float | None = None
    ground: str = ""
    reason: str = ""


def point(handle: Handle, picture: Picture, look: Look, lon: float, lat: float) -> Point:
    """What stands at a longitude and latitude in degrees: no mean, the one pixel that lies there."""
    dataset = handle.dataset
    try:
        (x,), (y,) = transform("OGC:CRS84", dataset.crs, [lon], [lat])
    except RasterioError:
        x = y = math.inf
    row, column = dataset.index(x, y) if math.isfinite(x) and math.isfinite(y) else (-1, -1)
    if not (0 <= column < dataset.width and 0 <= row < dataset.height):
        return Point(reason=say("It lies outside the picture."))
    at = int(column), int(row)
    stored = dataset.read(window=Window(*at, 1, 1))[:, 0, 0]
    if picture.difference:
        return _change(at, stored, dataset.nodata)
    assert picture.raster is not None
    return _measured(at, picture.raster, look, stored, nothing_of(dataset, picture.raster))


def _measured(
    at: tuple[int, int], raster: Raster, look: Look, stored: NDArray[np.generic], nodata: float | None
) -> Point:
    by_name = dict(zip(raster.bands, stored.reshape(-1, 1), strict=False))
    bands, ground = [], ""
    for name, each in by_name.items():
        if name == raster.classes:
            ground = said(int(each[0]), raster.classes)
            bands.append(Band(name, float(each[0]), None))
        else:
            found, known = measured(raster, {name: each}, nodata)
            # As many digits as 32 bits hold.
            bands.append(Band(name, _number(each[0]), float(f"{found[name][0]:.7g}") if known[0] else None))
    kept = tuple(bands)
    if all(each.value is None for each in kept):
        return Point(*at, kept, None, ground, say("Nothing was measured there."))
    if look.expression is None:
        own = kept[0].value if len(kept) == 1 else None
        return Point(*at, kept, own, ground)
    wanted = {name: by_name[name] for name in look.expression.bands}
    clouds = {raster.classes: by_name[raster.classes]} if raster.classes else {}
    found, good = measured(raster, {**wanted, **clouds}, nodata)
    value = float(np.broadcast_to(look.expression(found), (1,))[0])
    if not good[0]:
        return Point(
            *at, kept, None, ground, say("The ground is not seen there: {what}.", what=ground or say("no data"))
        )
    if not math.isfinite(value):
        return Point(*at, kept, None, ground, say("It cannot be computed of these values."))
    return Point(*at, kept, float(f"{value:.6g}"), ground)


def _number(value: np.generic) -> float | None:
    found = float(value)
    return found if math.isfinite(found) else None


def _change(at: tuple[int, int], stored: NDArray[np.generic], nodata: float | None) -> Point:
    change, counts = (_number(each) for each in stored[:2])
    bands = Band("change", change, change), Band("significant", counts, counts)
    if change is None or change == nodata:
        return Point(*at, bands, None, "", say("The ground was not seen there at both times."))
    return Point(*at, bands, float(f"{change:.6g}"), _CHANGES.get(int(counts or 0), ""))

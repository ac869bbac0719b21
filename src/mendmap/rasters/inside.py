"""What a picture says of an area: the statistics of each of its numbers, by the same exact coverage as readings have.

Not here: how they are computed (``zonal``), and single places (``point``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.imagery import Raster
from mendmap.geo.grid import to_mercator
from mendmap.rasters.difference import as_raster
from mendmap.rasters.expression import Expression, parse
from mendmap.rasters.handles import Frame
from mendmap.rasters.look import Look
from mendmap.rasters.pictures import Picture
from mendmap.rasters.zonal import Job, Outline, measure, statistic

STATISTICS = ("mean", "p10", "p25", "median", "p75", "p90")
_CLEAR = "clear_share"


@dataclass(frozen=True, slots=True)
class Inside:
    """One number of a picture inside an outline: its ``name``, its statistics, each None where there is none, and then
    the ``reason``, a word of ``vocabulary.UNMEASURED``. ``pixels`` are those that were clear, each counted by its share
    inside the outline, and ``clear_share`` their percentage of the outline."""

    name: str
    statistics: Mapping[str, float | None]
    pixels: float
    clear_share: float | None
    reason: str | None


def pixels_of(frame: Frame, geometry: BaseGeometry) -> float:
    """About how many pixels are read for an outline in degrees: those of its box, as far as it lies in the picture."""
    west, south, east, north = geometry.bounds
    (left, bottom), (right, top) = to_mercator(
        shapely.get_coordinates(shapely.MultiPoint([(west, south), (east, north)]))
    )
    wide = min(right, frame.box_m[2]) - max(left, frame.box_m[0])
    high = min(top, frame.box_m[3]) - max(bottom, frame.box_m[1])
    return float(max(0.0, wide) * max(0.0, high) / frame.pixel_m**2)


def inside(path: Path, picture: Picture, look: Look, scene: Raster, outline: Outline) -> list[Inside]:
    """The statistics of an outline; ``scene`` is the raster of the picture, or any of a difference's. Raises
    RasterError."""
    raster = as_raster(picture.difference) if picture.difference else scene
    numbers = _numbers(raster, picture, look)
    wanted = tuple(
        (statistic(f"{name} {each}", name, each), expression)
        for name, expression in numbers.items()
        for each in (*STATISTICS, _CLEAR)
    )
    found = {each.zonal: each for each in measure(Job(raster, path, wanted, (outline,)))}
    told = []
    for name in numbers:
        clear, mean = found[f"{name} {_CLEAR}"], found[f"{name} mean"]
        values = {each: found[f"{name} {each}"].value for each in STATISTICS}
        told.append(Inside(name, values, mean.pixels, clear.value, mean.reason))
    return told


def _numbers(raster: Raster, picture: Picture, look: Look) -> dict[str, Expression]:
    if picture.difference:
        return {"change": parse("change")}
    if look.expression:
        return {picture.index.id if picture.index else "expression": look.expression}
    return {name: parse(name) for name in raster.bands if name != raster.classes}

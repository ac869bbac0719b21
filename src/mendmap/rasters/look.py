"""How a picture is drawn: as its record says, or as a request asks for.

Not here: drawing (``draw``), and the words of a legend (``legend``).
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from mendmap.errors import not_one_of, shown
from mendmap.rasters.expression import Expression, parse
from mendmap.rasters.palettes import PALETTES
from mendmap.rasters.pictures import COLOURS, Picture
from mendmap.rasters.values import band_numbers
from mendmap.rasters.warped import RESAMPLING

# Reflectances are drawn from none to this share of the light, the same in every scene, so that two days compare.
_BRIGHTEST = 0.3
# What stores whole bytes without a scale is drawn as it is.
_BYTE = 255.0
SIZES = ("256", "512")
# What a request may ask of a tile's look.
OPTIONS = ("expression", "rescale", "palette", "resampling", "size")


@dataclass(frozen=True, slots=True)
class Look:
    """Values from ``low`` to ``high`` are drawn in the colours of a ``palette``, or of none where they are the light of
    three bands or the height of the ground; ``expression`` computes them, where the picture is computed; bands are
    resampled by a method of ``warped.RESAMPLING``; ``size`` is the side of a tile in pixels."""

    low: float
    high: float
    palette: str | None
    resampling: str
    expression: Expression | None = None
    size: int = 256


def look(picture: Picture, given: Mapping[str, str] | None = None) -> Look:
    """The look of a picture, with what a request gave of ``OPTIONS``. Raises ValueError with the choices."""
    given = given or {}
    own = _own(picture)
    if "expression" in given:
        own = dataclasses.replace(own, expression=_expression(picture, given["expression"]))
        own = dataclasses.replace(own, palette=own.palette or "greys", low=-1.0, high=1.0, resampling="bilinear")
    if "palette" in given:
        if own.palette is None and picture.kind == "colours":
            raise ValueError("palette: natural colours have none; an expression has one")
        if own.palette is None:
            # Of heights there is none that all know.
            own = dataclasses.replace(own, low=0.0, high=3000.0, resampling="bilinear")
        own = dataclasses.replace(own, palette=_chosen("palette", given["palette"], PALETTES))
    if "rescale" in given:
        if own.palette is None and picture.kind == "relief":
            raise ValueError("rescale: relief is tinted by the same heights everywhere; a palette can be rescaled")
        low, high = _range(given["rescale"])
        own = dataclasses.replace(own, low=low, high=high)
    if "resampling" in given:
        own = dataclasses.replace(own, resampling=_chosen("resampling", given["resampling"], RESAMPLING))
    return dataclasses.replace(own, size=int(_chosen("size", given.get("size", "256"), SIZES)))


def _own(picture: Picture) -> Look:
    index, raster = picture.index, picture.raster
    if picture.difference and index:
        # What counts as a change is not pale, and what is twice as much has room.
        most = max(2 * picture.difference.least, (index.high - index.low) / 2)
        return Look(-most, most, "fall_rise", "nearest")
    if index:
        return Look(index.low, index.high, index.palette, "bilinear", parse(index.expression))
    if picture.kind == "relief":
        return Look(0.0, 1.0, None, "cubic")
    assert raster is not None
    high = _BRIGHTEST if raster.scale else _BYTE
    if set(COLOURS) <= set(raster.bands):
        return Look(0.0, high, None, "bilinear")
    return Look(0.0, high, "greys", "nearest" if raster.classes else "bilinear")


def _expression(picture: Picture, text: str) -> Expression:
    if picture.raster is None or picture.index is not None:
        raise ValueError("expression: it is of the bands of a raster; this picture is computed already")
    try:
        found = parse(text)
        band_numbers(picture.raster, found.bands)
    except ValueError as error:
        raise ValueError(f"expression: {error}") from None
    if picture.raster.classes in found.bands:
        raise ValueError(f"expression: band {picture.raster.classes} holds classes, which are no numbers")
    return found


def _chosen(name: str, text: str, choices: Mapping[str, object] | tuple[str, ...]) -> str:
    if text not in choices:
        raise ValueError(not_one_of(f"{name}: no such", text, choices))
    return text


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(each) for each in text.split(","))
    except ValueError:
        raise ValueError(f"rescale: not a low and a high value (-0.2,0.9): {shown(text)}") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high and abs(low) < 1e9 and abs(high) < 1e9):
        raise ValueError(f"rescale: not a low value and a higher one (-0.2,0.9): {shown(text)}")
    return low, high

"""Draws tiles of pictures: natural colours, indices and differences in their palettes, and relief.

Pixels of which nothing is known, or that clouds hide from an index, are transparent. Not here: who asks, and what was
drawn before (``web``).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mendmap.catalogue.imagery import Raster
from mendmap.errors import TooLargeError
from mendmap.geo.grid import RADIUS_M, Tile, side_m
from mendmap.rasters import warped
from mendmap.rasters.encoded import Coloured, Indexed, blank, encoded
from mendmap.rasters.handles import Handle
from mendmap.rasters.look import Look
from mendmap.rasters.palettes import colors
from mendmap.rasters.pictures import COLOURS, Picture
from mendmap.rasters.relief import relief
from mendmap.rasters.values import band_numbers, measured

# Counted up where the same file would be drawn otherwise: it is part of the name of every tile.
VERSION = 3
# The eye tells dark colours better apart than light ones, and screens do so too.
_GAMMA = 1 / 1.5
# How opaque a change is that is too small to count.
_PALE = 70
Box = tuple[float, float, float, float]


def recipe(picture: Picture, look: Look) -> str:
    """All that a tile is drawn of beside its file: the same for the same pixels, in every process."""
    raster = picture.raster
    read = (raster.bands, raster.classes, raster.scale, raster.offset, raster.nodata) if raster else ()
    computed = look.expression.text if look.expression else None
    drawn = (look.low, look.high, look.palette, look.resampling, look.size)
    return repr((VERSION, picture.kind, read, computed, drawn))


def tile(handle: Handle, picture: Picture, look: Look, cell: Tile, form: str, most: float) -> bytes:
    """A tile as a file of a form of ``encoded.MEDIA``; a blank one beside the picture. Raises RasterError where the
    file is broken, and TooLargeError where more than ``most`` of its pixels would have to be read."""
    if not handle.frame.touches(cell.box_m):
        return blank(look.size, form)
    needed = handle.frame.read_for(side_m(cell.z) / look.size, look.size**2)
    if needed > most:
        raise TooLargeError(
            f"{picture.id}: {needed:,.0f} pixels for one tile, and at most {most:,.0f} are read: it has no overviews "
            "(setting MENDMAP_MAX_RASTER_PIXELS)"
        )
    return encoded(_image(handle, picture, look, cell.box_m), form)


def _image(handle: Handle, picture: Picture, look: Look, box: Box) -> Indexed | Coloured:
    if picture.difference:
        return _change(handle, look, box)
    raster = picture.raster
    assert raster is not None
    if look.expression:
        return _computed(handle, raster, look, box)
    if look.palette:
        return _single(handle, raster, look, box)
    if picture.kind == "relief":
        return _relief(handle, raster, look, box)
    return _natural(handle, raster, look, box)


def _computed(handle: Handle, raster: Raster, look: Look, box: Box) -> Indexed:
    """An index, where the ground is seen."""
    assert look.expression is not None
    stored, inside = _stored(handle, raster, look.expression.bands, look, box)
    found, good = measured(raster, stored, warped.nothing_of(handle.dataset, raster))
    with np.errstate(invalid="ignore", over="ignore"):
        values = np.broadcast_to(look.expression(found), good.shape)
    good = good & np.isfinite(values)
    return _in_palette(values, good if inside is None else good & inside, look)


def _stored(
    handle: Handle, raster: Raster, names: tuple[str, ...], look: Look, box: Box
) -> tuple[dict[str, NDArray[Any]], NDArray[np.bool_] | None]:
    """Bands as they are stored, with the one that tells clouds from ground, which is never a mean of two classes."""
    nodata = warped.nothing_of(handle.dataset, raster)
    together = (*names, raster.classes) if raster.classes and look.resampling == "nearest" else names
    read, inside = warped.read(handle, nodata, band_numbers(raster, together), box, look.size, look.resampling)
    stored = dict(zip(together, read, strict=True))
    if raster.classes and raster.classes not in stored:
        numbers = band_numbers(raster, [raster.classes])
        stored[raster.classes] = warped.read(handle, nodata, numbers, box, look.size, "nearest")[0][0]
    return stored, inside


def _single(handle: Handle, raster: Raster, look: Look, box: Box) -> Indexed:
    """The one band of a raster in a palette."""
    nodata = warped.nothing_of(handle.dataset, raster)
    read, inside = warped.read(handle, nodata, [1], box, look.size, look.resampling)
    values, good = _values(raster, read[0], nodata)
    return _in_palette(values, good if inside is None else good & inside, look)


def _relief(handle: Handle, raster: Raster, look: Look, box: Box) -> Coloured:
    """The ground, lit; each tile is read with the pixels around it, so that slopes go on across its edges."""
    nodata = warped.nothing_of(handle.dataset, raster)
    read, inside = warped.read(handle, nodata, [1], box, look.size, look.resampling, margin=1)
    heights, good = _values(raster, read[0], nodata)
    heights = np.where(good if inside is None else good & inside, heights, np.float32(np.nan))
    north, side = box[3], (box[3] - box[1]) / look.size
    # A metre of mercator is shorter on the ground by the cosine of the latitude (EPSG Guidance Note 7-2, 1024).
    middles = north - side * (np.arange(look.size) + 0.5)
    return Coloured(*relief(heights, side / np.cosh(middles / RADIUS_M)))


def _natural(handle: Handle, raster: Raster, look: Look, box: Box) -> Coloured:
    """Red, green and blue as the eye would see them, clouds and all."""
    nodata = warped.nothing_of(handle.dataset, raster)
    numbers = band_numbers(raster, COLOURS)
    read, inside = warped.read(handle, nodata, numbers, box, look.size, look.resampling)
    seen = np.ones(read.shape[1:], dtype=bool) if inside is None else inside
    if nodata is not None:
        seen = seen & (np.isfinite(read) if np.isnan(nodata) else read != nodata).all(axis=0)
    stretch = float(raster.scale or 1), float(raster.offset or 0), look.low, look.high
    if read.dtype.kind in "iu" and read.dtype.itemsize <= 2:
        # One look into a table a pixel; a signed number is looked up by its bits.
        return Coloured(_table(read.dtype.str, *stretch)[read.view(f"u{read.dtype.itemsize}")], seen)
    return Coloured(_bright(read, *stretch), seen & np.isfinite(read).all(axis=0))


@lru_cache(maxsize=32)
def _table(kind: str, scale: float, offset: float, low: float, high: float) -> NDArray[np.uint8]:
    size = np.dtype(kind).itemsize
    return _bright(np.arange(256**size, dtype=f"u{size}").view(kind), scale, offset, low, high)


def _bright(stored: NDArray[Any], scale: float, offset: float, low: float, high: float) -> NDArray[np.uint8]:
    share = (stored.astype(np.float32) * np.float32(scale) + np.float32(offset) - low) / (high - low)
    bent = np.clip(np.nan_to_num(share), 0, 1) ** (1.0 if high == 255 else _GAMMA)
    return np.asarray(np.round(bent * 255), dtype=np.uint8)


def _values(
    raster: Raster, stored: NDArray[Any], nodata: float | None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    found, good = measured(raster, {"band": stored}, nodata)
    return found["band"], good


def _change(handle: Handle, look: Look, box: Box) -> Indexed:
    """A difference: what counts as a change in full colour, what is too small pale, what is unknown not at all."""
    nodata = warped.nothing_of(handle.dataset, None)
    read, inside = warped.read(handle, nodata, [1, 2], box, look.size, look.resampling)
    change, counts = read
    good = np.isfinite(change) if inside is None else inside & np.isfinite(change)
    levels = _levels(change, good, look, _HALF)
    levels[good & ~(counts != 0)] += np.uint8(_HALF)
    return Indexed(levels, _table_of(look.palette or "fall_rise", _HALF))


_ALL, _HALF = 255, 127


def _in_palette(values: NDArray[Any], good: NDArray[np.bool_], look: Look) -> Indexed:
    return Indexed(_levels(values, good, look, _ALL), _table_of(look.palette or "greys", _ALL))


def _levels(values: NDArray[Any], good: NDArray[np.bool_], look: Look, count: int) -> NDArray[np.uint8]:
    """The number of each pixel's colour: 0 where there is none, else from 1 at the low end to ``count`` at the high."""
    with np.errstate(invalid="ignore", over="ignore"):
        share = (values.astype(np.float32) - np.float32(look.low)) * np.float32((count - 1) / (look.high - look.low))
    np.clip(share, 0, count - 1, out=share)
    share += np.float32(1.5)
    return np.where(good, share, np.float32(0)).astype(np.uint8)


@lru_cache(maxsize=32)
def _table_of(palette: str, count: int) -> NDArray[np.uint8]:
    """The 256 colours of ``Indexed``: none, those of a palette, and where they take but half of the room the same
    again, pale."""
    found = np.zeros((256, 4), dtype=np.uint8)
    found[1 : count + 1, :3] = colors(palette, count)
    found[1 : count + 1, 3] = 255
    if count == _HALF:
        found[count + 1 : 2 * count + 1] = found[1 : count + 1]
        found[count + 1 : 2 * count + 1, 3] = _PALE
    found.setflags(write=False)
    return found

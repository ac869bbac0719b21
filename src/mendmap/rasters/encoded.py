"""Pictures as files: PNG and WebP.

A picture of a palette is one band and a table of colours, a quarter of the bytes of one of red, green, blue and
opacity. Not here: what is in them (``draw``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.io import MemoryFile

MEDIA = {"png": "image/png", "webp": "image/webp"}
# Of a level more there is no smaller tile that is worth its time: measured, tests/bench/pictures.py.
_PNG = {"ZLEVEL": 1}
# Photographs may lose what the eye does not miss; the colours of a palette are to be read off a legend.
_PHOTO = {"QUALITY": 90, "METHOD": 1}
_EXACT: Mapping[str, Any] = {"LOSSLESS": "YES", "METHOD": 0}
# Rasterio warns of what it writes nowhere, and threads share what becomes of warnings.
_SOMEWHERE = Affine(2, 0, 0, 0, -2, 0)


@dataclass(frozen=True, slots=True)
class Indexed:
    """Pixels that are numbers of colours, (rows, columns) of bytes, and the table, at most (256, 4): red, green, blue
    and opacity, of which colour 0 has none."""

    pixels: NDArray[np.uint8]
    table: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Coloured:
    """Red, green and blue, (3, rows, columns), and which pixels are seen, (rows, columns)."""

    pixels: NDArray[np.uint8]
    seen: NDArray[np.bool_]


def encoded(image: Indexed | Coloured, form: str) -> bytes:
    """An image as a file of one of the forms of ``MEDIA``."""
    with rasterio.Env(GDAL_PAM_ENABLED="NO"):
        return _encoded(image, form)


def _encoded(image: Indexed | Coloured, form: str) -> bytes:
    if isinstance(image, Coloured):
        # A picture without holes needs no opacity.
        seen = () if image.seen.all() else (image.seen.astype(np.uint8) * np.uint8(255),)
        return _file(form, [*image.pixels, *seen], _PNG if form == "png" else _PHOTO)
    if form == "png":
        return _file(form, [image.pixels], _PNG, image.table)
    return _file(form, image.table[image.pixels].transpose(2, 0, 1), _EXACT)


def _file(
    form: str,
    bands: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
    options: Mapping[str, Any],
    table: NDArray[np.uint8] | None = None,
) -> bytes:
    """Bands of (rows, columns) as a file: one, with its ``table``, or three, or four of which the last is opacity."""
    height, width = bands[0].shape
    size = {"width": width, "height": height, "count": len(bands), "dtype": "uint8", "transform": _SOMEWHERE}
    with MemoryFile() as memory:
        with memory.open(driver=form.upper(), **size, **options) as file:
            if table is not None:
                file.write_colormap(1, _listed(table.tobytes()))
            file.write(np.asarray(bands))
        return bytes(memory.read())


@lru_cache(maxsize=64)
def _listed(table: bytes) -> dict[int, tuple[int, ...]]:
    return {each: tuple(table[4 * each : 4 * each + 4]) for each in range(len(table) // 4)}


@lru_cache(maxsize=8)
def blank(size: int, form: str) -> bytes:
    """A tile on which nothing is: what map libraries expect where a picture ends."""
    return encoded(Indexed(np.zeros((size, size), np.uint8), np.zeros((2, 4), np.uint8)), form)

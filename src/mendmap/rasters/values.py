"""Values of a raster: its bands as they were measured, and indices computed of them.

Not here: which pixels clouds hide (``classes``), and turning pixels to another grid (``warped``, ``difference``).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.ma import MaskedArray
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from mendmap.catalogue.imagery import Raster
from mendmap.errors import not_one_of
from mendmap.rasters.classes import clear
from mendmap.rasters.expression import Expression

# Of reflectances 32 bits hold all that was measured.
FLOAT = np.float32
Masked = MaskedArray[Any, np.dtype[np.float32]]


def band_numbers(raster: Raster, names: Sequence[str]) -> list[int]:
    """The bands of some names, counted from 1. Raises ValueError with the choices."""
    for each in names:
        if each not in raster.bands:
            raise ValueError(not_one_of(f"raster {raster.id} has no such band", each, raster.bands))
    return [raster.bands.index(each) + 1 for each in names]


def measured(
    raster: Raster, stored: Mapping[str, NDArray[Any]], of_file: float | None
) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.bool_]]:
    """Values of some bands, and which pixels are good: they hold finite values in each of these bands and, where the
    band of classes is among them, show the ground. ``stored`` are arrays of one shape as the file holds them;
    ``of_file`` is its value for nothing, which counts where the record says none."""
    nothing = raster.nodata if raster.nodata is not None else of_file
    found: dict[str, NDArray[np.float32]] = {}
    good: NDArray[np.bool_] | None = None
    for name, values in stored.items():
        if name == raster.classes:
            known = clear(values, raster.classes)
        else:
            found[name] = _scaled(values, raster)
            known = np.isfinite(found[name])
            if nothing is not None and np.isfinite(nothing):
                known &= values != _stored_as(nothing, values.dtype)
        good = known if good is None else good & known
    assert good is not None
    return found, good


def _scaled(values: NDArray[Any], raster: Raster) -> NDArray[np.float32]:
    found = values.astype(FLOAT)
    with np.errstate(over="ignore", invalid="ignore"):
        if raster.scale is not None:
            found *= FLOAT(raster.scale)
        if raster.offset is not None:
            found += FLOAT(raster.offset)
    return found


def _stored_as(nothing: float, kind: np.dtype[Any]) -> Any:
    """A value as files of a type hold it, so that whole numbers need not be made fractions to be compared with it."""
    if kind.kind in "iu" and float(nothing).is_integer() and np.iinfo(kind).min <= nothing <= np.iinfo(kind).max:
        return kind.type(int(nothing))
    return kind.type(nothing) if kind.kind == "f" else nothing


def computed(
    raster: Raster, expression: Expression, stored: Mapping[str, NDArray[Any]], of_file: float | None
) -> NDArray[np.float32]:
    """An index of values as they are stored, NaN where it has no value or the ground is not seen. Only the bands that
    it takes count, whatever else was stored, so that it is the same beside any other."""
    found, good = measured(raster, {name: stored[name] for name in needed(raster, [expression])}, of_file)
    values = expression(found).astype(FLOAT, copy=False)  # of arrays made just now, so it may be written to
    good &= np.isfinite(values)
    np.copyto(values, FLOAT(np.nan), where=~good)
    return values


def index(
    dataset: DatasetReader | WarpedVRT, raster: Raster, expression: Expression, window: Window | None = None
) -> Masked:
    """An index within a window: an array of (rows, columns), masked where it has no value or the ground is not seen.
    Raises ValueError where the raster lacks a band of it."""
    names = needed(raster, [expression])
    stored = dataset.read(band_numbers(raster, names), window=window)
    values = computed(raster, expression, dict(zip(names, stored, strict=True)), dataset.nodata)
    return np.ma.MaskedArray(values, mask=np.isnan(values))


def needed(raster: Raster, expressions: Iterable[Expression]) -> list[str]:
    """The bands that have to be read for some indices, each once: those they take, and the one that tells clouds."""
    taken = {name for each in expressions for name in each.bands}
    return sorted(taken | ({raster.classes} if raster.classes else set()))

"""Where the pixels of a raster are, how many, and of what kind, as catalogues of data tell it. No pixel is read.

Not here: whether a file can be used (``header``), and where it is on the map (``handles``).
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rasterio.io import DatasetReader
from rasterio.warp import transform

from mendmap.rasters.opened import opened

# Points along each edge: on another grid an edge is bent, by less than a pixel between so many points.
_ALONG = 21
# Of longitude and latitude, about a centimetre.
_DECIMALS = 7
# Headers that are kept: a file is named by what is in it, and never changes.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Grid:
    """``ring`` is the outline in longitude and latitude, closed, its edges as they run on the ground; ``box`` its west,
    south, east and north. ``code`` is the system as ``EPSG:32634``, blank where it has none, and ``wkt`` in full.
    ``transform`` has the six numbers that lead from column and row to its coordinates, ``pixel_m`` the edge of a pixel
    in metres, None where the system has another unit. ``kinds`` are the bands' types as numpy names them."""

    width: int
    height: int
    code: str
    wkt: str
    transform: tuple[float, ...]
    pixel_m: float | None
    kinds: tuple[str, ...]
    nodata: float | None
    ring: tuple[tuple[float, float], ...]
    bytes: int

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        longitudes, latitudes = zip(*self.ring, strict=True)
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)

    @property
    def own_box(self) -> tuple[float, float, float, float]:
        """The least and the largest of its own coordinates: left, bottom, right, top."""
        corners = [_at(self.transform, *each) for each in ((0, 0), (self.width, 0), (0, self.height))]
        corners.append(_at(self.transform, self.width, self.height))
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


@lru_cache(_KEPT)
def grid(path: Path) -> Grid:
    """The grid of a file that never changes. Raises RasterError where it is no GeoTIFF that can be used."""
    with opened(path) as dataset:
        code = dataset.crs.to_epsg()
        return Grid(
            dataset.width,
            dataset.height,
            f"EPSG:{code}" if code else "",
            dataset.crs.to_wkt(),
            tuple(dataset.transform)[:6],
            _pixel_m(dataset),
            tuple(dataset.dtypes),
            dataset.nodata,
            _ring(dataset),
            path.stat().st_size,
        )


def _pixel_m(dataset: DatasetReader) -> float | None:
    if not dataset.crs.is_projected:
        return None
    _, factor = dataset.crs.linear_units_factor
    return round(float(abs(dataset.transform.a) * factor), 6)


def _ring(dataset: DatasetReader) -> tuple[tuple[float, float], ...]:
    steps = [nth / _ALONG for nth in range(_ALONG)]
    edges = [
        *((0.0, each) for each in steps),
        *((each, 1.0) for each in steps),
        *((1.0, 1 - each) for each in steps),
        *((1 - each, 0.0) for each in steps),
    ]
    # Down the west, along the south, up the east: counterclockwise, as GeoJSON has it (RFC 7946, section 3.1.6).
    numbers = tuple(dataset.transform)[:6]
    places = [_at(numbers, x * dataset.width, y * dataset.height) for x, y in edges]
    found = transform(dataset.crs, "OGC:CRS84", *zip(*places, strict=True))
    ring = tuple((round(x, _DECIMALS), round(y, _DECIMALS)) for x, y in zip(*found, strict=True))
    return (*ring, ring[0])


def _at(numbers: tuple[float, ...], column: float, row: float) -> tuple[float, float]:
    a, b, c, d, e, f = numbers
    return a * column + b * row + c, d * column + e * row + f

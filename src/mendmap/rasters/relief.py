"""Relief: a model of the ground as a picture, lit from several sides and tinted by height.

Slopes are taken in metres on the ground, so that the same hill looks alike in the north and in the south. Not here:
reading the model, which gives each tile a margin so that neighbours join.
"""

import numpy as np
from numpy.typing import NDArray

from mendmap.rasters.palettes import from_oklab, of_hex, to_oklab

Heights = NDArray[np.float32]
# Height in metres, and the tint from there on: muted, so that what is drawn above stays the loudest.
TINTS = (
    (-200.0, "#9fb6c2"),
    (0.0, "#c3d1c4"),
    (200.0, "#d3dcc0"),
    (500.0, "#e6e1bf"),
    (1000.0, "#dfcdaa"),
    (1800.0, "#cdb9a4"),
    (2800.0, "#d8d2cf"),
    (4500.0, "#f7f7f7"),
)
# Where the light comes from, in degrees clockwise from north, and its share: most from the north-west, as maps are lit,
# some from its sides, so that no slope that runs along the light is lost (after Mark 1992, USGS Open-File Report
# 92-422).
_LIGHTS = ((315.0, 0.55), (270.0, 0.2), (360.0, 0.15), (225.0, 0.1))
_ALTITUDE = np.radians(45)
# Slopes are drawn so many times as steep as they are: else hills of a few hundred metres do not show.
_EXAGGERATION = 2.0
_STEP_M = 5.0


def slopes(heights: Heights, pixel_m: NDArray[np.float64]) -> tuple[Heights, Heights]:
    """How much the ground rises to the east and to the north, metres in a metre, of all pixels but the outermost.

    ``heights`` are (rows + 2, columns + 2), NaN where unknown; ``pixel_m`` is the side of a pixel on the ground, for
    each of the inner rows. Horn 1981, Proceedings of the IEEE 69(1), with a neighbour that is not known taken to be as
    high as the pixel itself.
    """
    middle = heights[1:-1, 1:-1]

    def beside(rows: int, columns: int) -> Heights:
        height, width = middle.shape
        found = heights[1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]
        return np.where(np.isnan(found), middle, found)

    north_west, north, north_east = beside(-1, -1), beside(-1, 0), beside(-1, 1)
    south_west, south, south_east = beside(1, -1), beside(1, 0), beside(1, 1)
    run = (8 * pixel_m[:, None]).astype(np.float32)
    east = (north_east + 2 * beside(0, 1) + south_east - north_west - 2 * beside(0, -1) - south_west) / run
    up = (north_west + 2 * north + north_east - south_west - 2 * south - south_east) / run
    return east, up


def shade(east: Heights, north: Heights) -> Heights:
    """How bright slopes are, 0 to 1: flat ground is sin(45 degrees)."""
    east, north = east * _EXAGGERATION, north * _EXAGGERATION
    # Light meets the ground by the angle between its direction and the upward normal (-east, -north, 1).
    length = np.sqrt(1 + east**2 + north**2)
    found = np.zeros_like(east)
    for azimuth, share in _LIGHTS:
        x, y = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
        lit = (np.sin(_ALTITUDE) - np.cos(_ALTITUDE) * (x * east + y * north)) / length
        found += np.float32(share) * np.clip(lit, 0, 1).astype(np.float32)
    return found


def _tints() -> NDArray[np.float32]:
    """The tint of each ``_STEP_M`` from the lowest of ``TINTS`` up, (n, 3)."""
    heights = np.array([height for height, _ in TINTS])
    stops = to_oklab(np.array([of_hex(color) for _, color in TINTS], dtype=np.uint8))
    at = np.arange(heights[0], heights[-1] + _STEP_M, _STEP_M)
    return from_oklab(np.column_stack([np.interp(at, heights, each) for each in stops.T])).astype(np.float32)


_TABLE = _tints()


def relief(heights: Heights, pixel_m: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The picture of heights, (3, rows, columns), and which of its pixels are known; arguments as of ``slopes``."""
    middle = heights[1:-1, 1:-1]
    known = np.isfinite(middle)
    lit = shade(*slopes(heights, pixel_m)) / np.float32(np.sin(_ALTITUDE))
    # Flat ground has its tint; what is turned away is dark, but never black.
    bright = np.clip(0.35 + 0.65 * lit, 0, 1.12)
    steps = np.clip((np.where(known, middle, 0) - TINTS[0][0]) / _STEP_M, 0, len(_TABLE) - 1).astype(np.int32)
    found = np.clip(_TABLE[steps] * np.where(known, bright, 0)[:, :, None], 0, 255)
    return np.ascontiguousarray(found.astype(np.uint8).transpose(2, 0, 1)), known

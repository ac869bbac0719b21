"""A server of a model of the ground for tests: tiles of one degree, named and laid out as Copernicus GLO-30 is on AWS,
but with few pixels, and of heights that are a formula. Nothing in it is real.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import rasterio
from feed_server import FeedServer
from numpy.typing import NDArray
from rasterio.transform import from_origin
from stac_server import ranged

SIDE = 240  # pixels of a degree
PATH = "/ground/{SOUTH}_00_{WEST}_00_DEM.tif"


def heights(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float32]:
    """The height of places, in metres: hills that run on from one tile into the next."""
    return (300 + 200 * np.sin(longitude * 9) + 100 * np.cos(latitude * 7)).astype("float32")


class GroundServer:
    """Has the tiles with the given south-west corners, latitude first, and answers 404 for others. ``columns`` says how
    many pixels wide a tile is, which north of 50 degrees is fewer than it is high."""

    def __init__(self, server: FeedServer, folder: Path, corners: Iterable[tuple[int, int]]) -> None:
        self.server, self.url = server, f"{server.url}{PATH}"
        for south, west in corners:
            path = folder / f"{south}_{west}.tif"
            if not path.exists():
                self._write(path, south, west)
            name = PATH.replace("{SOUTH}", f"{'NS'[south < 0]}{abs(south):02}")
            name = name.replace("{WEST}", f"{'EW'[west < 0]}{abs(west):03}")
            server.answers[name] = ranged(path.read_bytes())

    def _write(self, path: Path, south: int, west: int) -> None:
        wide, high = 1 / self.columns(south), 1 / SIDE
        # Half a pixel west and north of whole degrees, as a grid is whose first pixels have their middle there.
        left, top = west - wide / 2, south + 1 + high / 2
        across, down = left + (np.arange(self.columns(south)) + 0.5) * wide, top - (np.arange(SIDE) + 0.5) * high
        profile = {"count": 1, "height": SIDE, "width": len(across), "dtype": "float32", "crs": "EPSG:4326"}
        place = {"transform": from_origin(left, top, wide, high), "blocksize": 128, "compress": "deflate"}
        with rasterio.open(path, "w", driver="COG", **profile, **place) as made:
            made.write(heights(*np.meshgrid(across, down)), 1)

    @staticmethod
    def columns(south: int) -> int:
        """How many pixels wide a tile is."""
        return SIDE if south < 50 else SIDE * 2 // 3

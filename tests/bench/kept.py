"""Synthetic landscapes as files and lakes, made when they are first asked for and kept in a folder.

Not here: what the landscape looks like (``landscape``), and one that changes (``crowd``).
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas
import landscape

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import MENDMAP

from mendmap.lake.schema import VERSION

LARGE_FILES = {"MENDMAP_MAX_FILE_MB": "10000"}


@dataclass(frozen=True)
class Land:
    """``count`` polygons of so many ``vertices``, or points where these are 0, of the usual density. ``folder`` holds
    their geodata; the ``box`` is where they lie."""

    count: int
    vertices: int
    folder: Path

    @property
    def box(self) -> landscape.Box:
        """Where they lie."""
        return landscape.spread(self.count)

    @property
    def frame(self) -> geopandas.GeoDataFrame:
        """Their features."""
        return landscape.frame(self.count, self.vertices, box=self.box)

    @property
    def geojson(self) -> Path:
        """The file of their features."""
        return self.folder / "geodata" / "features.geojson"

    @property
    def lake(self) -> Path:
        """The lake they were loaded into."""
        return self.folder / "lake"


def land(where: Path, count: int, vertices: int = 25) -> Land:
    """The landscape, from the folder that it is kept in."""
    found = Land(count, vertices, where / f"land-{count}-{vertices}")
    # A lake of another format cannot be read; and what an interrupted run left is not whole.
    ready = found.folder / f"ready-{VERSION}"
    if not ready.exists():
        shutil.rmtree(found.folder, ignore_errors=True)
        landscape.folder(found.frame, found.folder / "geodata")
        load = [*MENDMAP, "load", str(found.folder / "geodata"), "--lake", str(found.lake)]
        subprocess.run(load, check=True, capture_output=True, env=os.environ | LARGE_FILES)
        ready.touch()
    return found

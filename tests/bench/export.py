"""How long a layer of 200,000 polygons takes as GeoJSON, beside ogr2ogr writing the same from FlatGeobuf.

Run it as ``python tests/bench/export.py``; it needs ogr2ogr (Debian's gdal-bin), half a gigabyte of disk and a minute.
The polygons are synthetic, 25 vertices each; every run of ogr2ogr stands between two of ours.
The bounds, of medians: at most half the wall time of ogr2ogr; resident memory grows by at most 64 MiB meanwhile; the
first byte comes within 100 ms.
"""

import argparse
import ctypes
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).parent.parent))
from place import Testford
from test_lake import load, read

from mendmap.atlas.build import build
from mendmap.atlas.feature import Features
from mendmap.atlas.model import Atlas, Layer
from mendmap.exports.layers.chosen import Chosen, choose
from mendmap.exports.layers.formats import stream, write

TRIES = 5
VERTICES = 25


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=200_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load(Testford(folder / "testford"), folder / "lake")
        chosen = synthetic(build(read(folder / "lake")), parser.parse_args().features)
        write(chosen, "fgb", folder / "lakes.fgb")
        theirs, ours, grown, first = [], [], [], []
        for _ in range(TRIES):
            theirs.append(_ogr2ogr(folder))
            first.append(_first(chosen))
            before = _memory(reset=True)
            begun = time.perf_counter()
            write(chosen, "geojson", folder / "ours.geojson")
            ours.append(time.perf_counter() - begun)
            grown.append(_memory() - before)
        sizes = [(folder / each).stat().st_size / 1e6 for each in ("ours.geojson", "theirs.geojson")]
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(f"{chosen.count:,} polygons of {VERTICES} vertices; ours {sizes[0]:.0f} MB, theirs {sizes[1]:.0f} MB")
    print(f"{'ogr2ogr':>12} {statistics.median(theirs):8.2f} s")
    print(f"{'mendmap':>12} {statistics.median(ours):8.2f} s   ratio {ratio:.2f} (at most 0.5)")
    print(f"{'memory':>12} {max(grown):8.1f} MiB more, of five the most (at most 64)")
    print(f"{'first byte':>12} {statistics.median(first) * 1e3:8.1f} ms (at most 100)")


def synthetic(atlas: Atlas, count: int) -> Chosen:
    """The layer of lakes with so many made-up polygons instead of its own."""
    random = np.random.default_rng(7)
    angles = np.linspace(0, 2 * np.pi, VERTICES)
    centres = random.uniform((20, 44), (21, 45), (count, 2))
    radii = random.uniform(0.0001, 0.0009, (count, VERTICES))
    radii[:, -1] = radii[:, 0]
    rings = centres[:, None, :] + radii[..., None] * np.stack((np.cos(angles), np.sin(angles)), axis=-1)
    shapes = shapely.polygons(np.round(rings, 7))
    layer: Layer = atlas.layers["lakes"]
    model = layer.features[0]
    listed = (replace(model, id=f"lake{nth}", geometry=shape) for nth, shape in enumerate(shapes))
    made = replace(layer, features=Features.of(listed))
    return choose(replace(atlas, layers={**atlas.layers, "lakes": made}), made, {})


def _ogr2ogr(folder: Path) -> float:
    target = folder / "theirs.geojson"
    target.unlink(missing_ok=True)
    begun = time.perf_counter()
    subprocess.run(["ogr2ogr", "-f", "GeoJSON", target, folder / "lakes.fgb"], check=True, capture_output=True)
    return time.perf_counter() - begun


def _first(chosen: Chosen) -> float:
    """Seconds until the first feature has come."""
    begun = time.perf_counter()
    pieces = stream(chosen, "geojson")
    next(pieces), next(pieces)
    return time.perf_counter() - begun


def _memory(*, reset: bool = False) -> float:
    """The most resident memory since it was last reset, in MiB."""
    if reset:
        # What was let go of must not hide what is taken now.
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()

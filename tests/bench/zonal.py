"""How long zonal statistics take beside exactextract alone, in how much memory, and what a second process gains.

Run it as ``python tests/bench/zonal.py``; the rasters are synthetic, made by a seed, kept in the folder of ``--keep``
where one is named and gone afterwards where not. Both measure 1,000 polygons on 10,000 x 10,000 pixels, each time in a
fresh process whose imports are not counted; the least of ``--times`` runs stands. Exactextract is given a ready raster
of the index, a band of 32-bit fractions, and asked as its documentation does. Ours is given once that same band; and
once the scene, of which it computes the index of two bands under the mask of a third, for each window that it reads.
Ours also finds the clear share and, where percentiles are asked for, share and area above a threshold, which
exactextract has no word for. Exactextract takes the polygons as they come, and in the order of the file as ours does:
held against is the faster. The bounds: at most 1.2 times as long, less than 1 GiB; 100 scenes of 50 sites on two
processes at least 1.7 times as fast as on one.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import from_origin

from mendmap.catalogue.imagery import Raster, Zonal
from mendmap.rasters.expression import parse
from mendmap.rasters.zonal import Job, Outline, measure, measure_all

SYSTEM, WEST, NORTH, PIXEL = "EPSG:32634", 500_000.0, 5_000_000.0, 10.0
SIDE, BLOCK = 10_000, 512
MEAN = ("mean", "clear_share")
ALL = ("mean", "p10", "median", "p90", "share_above", "area_above", "clear_share")
THEIRS = {MEAN: ["mean", "count"], ALL: ["mean", "count", "quantile(q=0.1)", "median", "quantile(q=0.9)"]}


def make(path: Path, side: int, ready: bool) -> None:
    """A scene of red, near infrared and classes; or, ``ready``, its index. The same of both, a row of blocks a time."""
    random = np.random.default_rng(side)
    form = {"driver": "GTiff", "tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate"}
    place = {"crs": SYSTEM, "transform": from_origin(WEST, NORTH, PIXEL, PIXEL), "width": side, "height": side}
    kind = {"dtype": "float32", "count": 1, "nodata": np.nan} if ready else {"dtype": "uint16", "count": 3, "nodata": 0}
    with rasterio.open(path, "w", **form, **place, **kind, interleave="pixel", zlevel=1) as file:
        for row in range(0, side, BLOCK):
            rows = min(BLOCK, side - row)
            wave = np.sin(np.arange(row, row + rows)[:, None] / 300) * np.cos(np.arange(side)[None] / 500)
            red = (1500 + 400 * wave + random.integers(0, 64, wave.shape)).astype(np.uint16)
            nir = (3500 - 900 * wave + random.integers(0, 64, wave.shape)).astype(np.uint16)
            classes = np.where(wave > 0.8, 9, 4).astype(np.uint16)
            stored = np.stack([red, nir, classes])
            if ready:
                one, two = (each.astype(np.float32) * np.float32(0.0001) - np.float32(0.1) for each in (red, nir))
                stored = np.where(classes == 4, (two - one) / (two + one), np.float32(np.nan))[None]
            file.write(stored, window=rasterio.windows.Window(0, row, side, rows))


def polygons(count: int, side: int, radius: float) -> list[shapely.Polygon]:
    """Irregular polygons of 40 corners on the plane, of ``radius`` pixels give or take a half, at random places."""
    random = np.random.default_rng(count)
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    found = []
    for middle in random.uniform(2 * radius, side - 2 * radius, (count, 2)):
        far = radius * random.uniform(0.5, 1.5) * random.uniform(0.8, 1.2, 40)
        x, y = WEST + PIXEL * (middle[0] + far * np.cos(angles)), NORTH - PIXEL * (middle[1] + far * np.sin(angles))
        found.append(shapely.Polygon(np.column_stack([x, y])))
    return found


def job(path: Path, shapes: list[shapely.Polygon], statistics: tuple[str, ...], ready: bool) -> Job:
    """What ours is asked."""
    blank = dict.fromkeys(each.name for each in fields(Raster))
    scene = {"bands": ("red", "nir", "scl"), "classes": "scl", "scale": 0.0001, "offset": -0.1}
    about = {"id": "scene", "file": path.name, "shows": "scene", **({"bands": ("ndvi",)} if ready else scene)}
    index = parse("ndvi" if ready else "(nir - red) / (nir + red)")
    turn = Transformer.from_crs(SYSTEM, "OGC:CRS84", always_xy=True)
    degrees = shapely.transform(shapes, lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1])))
    wanted = tuple((_zonal(each), index) for each in statistics)
    outlines = tuple(Outline(f"s{nth}", each) for nth, each in enumerate(degrees))
    return Job(Raster(**{**blank, **about}), path, wanted, outlines)


def _zonal(statistic: str) -> Zonal:
    return Zonal(
        id=statistic, index="i", statistic=statistic, threshold=0.4, parameter="p", sites=(), least_clear=0.0, note=None
    )


def child(what: str, path: Path, count: int, side: int) -> None:
    """One measurement in a process of its own; prints its seconds, its peak memory in MiB, and the sum of the means."""
    who, ready, asked = what.split()
    statistics = ALL if asked == "all" else MEAN
    # None stands for one outline of all there is.
    shapes = (
        polygons(count, side, 100) if count else [shapely.box(WEST, NORTH - side * PIXEL, WEST + side * PIXEL, NORTH)]
    )
    if who == "sorted":
        shapes.sort(key=lambda each: ((NORTH - each.bounds[3]) // (BLOCK * PIXEL), each.bounds[0]))
    if who == "ours":
        wanted = job(path, shapes, statistics, ready == "ready")
        started = time.perf_counter()
        means = [each.value for each in measure(wanted) if each.zonal == "mean"]
        seconds = time.perf_counter() - started
    else:
        import exactextract
        import geopandas

        frame = geopandas.GeoDataFrame(geometry=shapes, crs=SYSTEM)
        started = time.perf_counter()
        means = exactextract.exact_extract(str(path), frame, THEIRS[statistics], output="pandas")["mean"].tolist()
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = sum(each for each in means if each is not None and each == each)
    print(json.dumps([seconds, peak, total]))


def measured(what: str, path: Path, count: int, side: int, times: int) -> tuple[float, float, float]:
    """The least seconds and the most memory of some children, and what they found."""
    command = [sys.executable, __file__, "--child", what, "--path", str(path), "--side", str(side)]
    runs = [
        json.loads(subprocess.run([*command, "--count", str(count)], check=True, capture_output=True).stdout)
        for _ in range(times)
    ]
    return min(each[0] for each in runs), max(each[1] for each in runs), runs[0][2]


def compare(folder: Path, count: int, side: int, times: int) -> str:
    """The table of polygons on a large raster."""
    index, scene = (folder / f"{name}-{side}.tif" for name in ("index", "scene"))
    for path in (index, scene):
        if not path.exists():
            make(path, side, path == index)
    rows = [
        f"| asked of {count:,} polygons | exactextract | ours | ratio | memory of theirs and ours |",
        "| --- " * 5 + "|",
    ]
    for asked, words in (("mean", "mean and count"), ("all", "mean, count and percentiles")):
        some = [measured(f"{who} ready {asked}", index, count, side, times) for who in ("given", "sorted")]
        peer = min(some)
        for ready, path in (("ready", index), ("scene", scene)):
            ours = measured(f"ours {ready} {asked}", path, count, side, times)
            assert abs(ours[2] / peer[2] - 1) < 1e-5, (ours, peer)
            source = "the same band" if ready == "ready" else "index of two bands and a mask"
            orders = f"{peer[0]:.2f} s (as given {some[0][0]:.2f}, in order {some[1][0]:.2f})"
            ratio, memory = ours[0] / peer[0], f"{peer[1]:,.0f} and {ours[1]:,.0f} MiB"
            rows.append(f"| {words}; ours of {source} | {orders} | {ours[0]:.2f} s | {ratio:.2f} x | {memory} |")
    seconds, peak, _ = measured("ours scene all", scene, 0, side, 1)
    rows.append(
        f"One outline of all {side} x {side} pixels, index of two bands and a mask: {seconds:.2f} s, {peak:,.0f} MiB"
    )
    return "\n".join(rows)


def spread(folder: Path, scenes: int, sites: int, times: int) -> str:
    """The table of many scenes on one process and on two."""
    side, files = 1500, 4
    shapes = polygons(sites, side, 60)
    paths = [folder / f"scene-{side + nth}.tif" for nth in range(files)]
    for nth, path in enumerate(paths):
        if not path.exists():
            make(path, side + nth, False)
    jobs = [job(paths[nth % files], shapes, ALL, False) for nth in range(scenes)]
    seconds, found = {}, {}
    for workers in (1, 2):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as executor:
            list(measure_all(jobs[: 4 * workers], executor))  # they start, and import what they need
            for _ in range(times):
                started = time.perf_counter()
                found[workers] = list(measure_all(jobs, executor))
                seconds[workers] = min(seconds.get(workers, np.inf), time.perf_counter() - started)
    assert found[1] == found[2]
    gain = seconds[1] / seconds[2]
    return (
        f"{scenes} scenes ({files} files) of {sites} sites, {len(ALL)} statistics: one process {seconds[1]:.2f} s, "
        f"two {seconds[2]:.2f} s, {gain:.2f} x as fast"
    )


def main() -> None:
    """Reads the arguments, measures and prints."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--keep", type=Path)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--side", type=int, default=SIDE)
    asked.add_argument("--count", type=int, default=1000)
    asked.add_argument("--scenes", type=int, default=100)
    asked.add_argument("--child")
    asked.add_argument("--path", type=Path)
    given = asked.parse_args()
    if given.child:
        child(given.child, given.path, given.count, given.side)
        return
    with tempfile.TemporaryDirectory(prefix="mendmap-zonal-") as folder:
        where = given.keep or Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        print(compare(where, given.count, given.side, given.times))
        print(spread(where, given.scenes, 50, given.times))


if __name__ == "__main__":
    main()

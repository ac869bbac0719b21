"""Tiles of imagery: ours against TiTiler over HTTP, and against a bare read of the same pixels through the same warp.

Both read one synthetic scene of six bands. Warm, the same few tiles are asked for again and again, as the readers of a
map do: ours come out of the cache. Drawn, each is made for each who asks. Bare is rasterio alone: the bands that are
needed turned by ``rasterio.warp.reproject`` out of the overview that is fine enough, which takes a fifth of WarpedVRT's
time, the same arithmetic, the same colours, and a PNG of the same kind by GDAL, in one process, taken in turns with
ours; of each the fastest of several goes, over many tiles. The servers are driven by few connections: what takes tens
of milliseconds would only wait behind more of them.

    python tests/bench/pictures.py --keep .tmp/bench
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import numpy as np
import rasterio
from affine import Affine
from driven import driven
from ports import free, server
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds, from_origin
from rasterio.warp import reproject

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import MENDMAP

from mendmap.catalogue.imagery import Raster
from mendmap.geo.grid import HALF_M, Tile, side_m
from mendmap.rasters import draw
from mendmap.rasters.handles import Handle, Handles
from mendmap.rasters.indices import INDICES
from mendmap.rasters.look import look
from mendmap.rasters.palettes import colors
from mendmap.rasters.pictures import Picture

SIDE, BANDS = 4096, ("blue", "green", "red", "nir", "swir16", "scl")
SCALE, OFFSET = 0.0001, -0.1
CONNECTIONS = 8
TITILER = """
from fastapi import FastAPI
from titiler.core.factory import TilerFactory
app = FastAPI()
app.include_router(TilerFactory().router)
"""


def scene(path: Path) -> Path:
    """A scene of rolling grounds with noise, somewhere in UTM 32N, as a COG; made once."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(8)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    base = np.sin(columns / 90) * np.cos(rows / 70)
    values = np.empty((6, SIDE, SIDE), dtype=np.uint16)
    for band, (low, high) in enumerate(((0.03, 0.1), (0.06, 0.13), (0.03, 0.2), (0.42, 0.2), (0.15, 0.3))):
        light = low + (high - low) * (base + 1) / 2 + random.normal(0, 0.004, base.shape).astype(np.float32)
        values[band] = np.clip((light - OFFSET) / SCALE, 1, 65_535)
    values[5] = np.where(np.hypot(rows % 900 - 400, columns % 1300 - 500) < 120, 9, 4)
    with rasterio.open(
        path,
        "w",
        driver="COG",
        count=6,
        height=SIDE,
        width=SIDE,
        dtype="uint16",
        crs="EPSG:32632",
        transform=from_origin(600_000, 5_500_000, 10, 10),
        nodata=0,
        blocksize=512,
        compress="deflate",
        predictor="yes",
    ) as file:
        file.write(values)
    return path


RECORD = Raster(
    **dict.fromkeys(each.name for each in fields(Raster))
    | {
        "id": "scene",
        "name": {"en": "Scene"},
        "shows": "scene",
        "bands": BANDS,
        "classes": "scl",
        "scale": SCALE,
        "offset": OFFSET,
        "nodata": 0,
    }
)
PICTURES = {"colours": Picture("scene", RECORD), "ndvi": Picture("scene.ndvi", RECORD, INDICES["ndvi"])}


def tiles(handle: Handle, zoom: int, most: int) -> list[Tile]:
    """Tiles that lie whole in the scene, spread over it."""
    west, south, east, north = handle.frame.box_m
    side = side_m(zoom)
    xs = range(int((HALF_M + west) // side) + 1, int((HALF_M + east) // side))
    ys = range(int((HALF_M - north) // side) + 1, int((HALF_M - south) // side))
    found = [Tile(zoom, x, y) for x in xs for y in ys]
    return [found[int(each)] for each in np.linspace(0, len(found) - 1, min(most, len(found)))]


class Bare:
    """What anyone would write who wants the fastest tile of this one scene."""

    def __init__(self, path: Path) -> None:
        self.files = [rasterio.open(path)]
        self.files += [rasterio.open(path, overview_level=each) for each in range(len(self.files[0].overviews(1)))]
        light = np.arange(65_536, dtype=np.float32) * np.float32(SCALE) + np.float32(OFFSET)
        self.stretched = np.round(np.clip(light / 0.3, 0, 1) ** (1 / 1.5) * 255).astype(np.uint8)
        self.colored = {0: (0, 0, 0, 0)} | {
            nth + 1: (*map(int, color), 255) for nth, color in enumerate(colors("greens", 255))
        }

    def read(self, numbers: list[int], cell: Tile, resampling: Resampling) -> np.ndarray:
        # At the middle of the scene a pixel of it is so wide on the map.
        wide = self.files[0].res[0] / np.cos(np.radians(49.5))
        level = max(0, int(np.log2((cell.box_m[2] - cell.box_m[0]) / 256 / wide)))
        found = np.zeros((len(numbers), 256, 256), np.uint16)
        reproject(
            rasterio.band(self.files[level], numbers),
            found,
            dst_crs=CRS.from_epsg(3857),
            dst_transform=from_bounds(*cell.box_m, 256, 256),
            resampling=resampling,
            src_nodata=0,
            dst_nodata=0,
        )
        return found

    def colours(self, cell: Tile) -> bytes:
        stored = self.read([3, 2, 1], cell, Resampling.bilinear)
        seen = (stored != 0).all(axis=0)
        shown = self.stretched[stored]
        return self.png(shown if seen.all() else np.concatenate([shown, seen[None] * np.uint8(255)]))

    def ndvi(self, cell: Tile) -> bytes:
        red, nir = stored = self.read([3, 4], cell, Resampling.bilinear)
        (classes,) = self.read([6], cell, Resampling.nearest)
        red, nir = (each.astype(np.float32) * np.float32(SCALE) + np.float32(OFFSET) for each in stored)
        with np.errstate(divide="ignore", invalid="ignore"):
            ndvi = (nir - red) / (nir + red)
        good = np.isin(classes, (4, 5, 6, 7, 11)) & (stored != 0).all(axis=0) & np.isfinite(ndvi)
        share = np.clip((ndvi + np.float32(0.2)) * np.float32(254 / 1.1), 0, 254) + np.float32(1.5)
        return self.png(np.where(good, share, np.float32(0)).astype(np.uint8)[None], self.colored)

    def png(self, pixels: np.ndarray, colored: dict[int, tuple[int, ...]] | None = None) -> bytes:
        about = {"driver": "PNG", "width": 256, "height": 256, "count": len(pixels), "dtype": "uint8", "ZLEVEL": 1}
        with MemoryFile() as memory:
            with memory.open(**about, transform=Affine(2, 0, 0, 0, -2, 0)) as file:
                if colored:
                    file.write_colormap(1, colored)
                file.write(pixels)
            return memory.read()


def fastest(makers: dict[str, Callable[[Tile], bytes]], cells: list[Tile], goes: int) -> dict[str, float]:
    """The milliseconds a tile of each, in turns, the fastest of several goes at each tile."""
    least = {name: dict.fromkeys(cells, np.inf) for name in makers}
    for go in range(goes):
        for cell in cells:
            for name in sorted(makers, reverse=bool(go % 2)):
                begun = perf_counter()
                makers[name](cell)
                least[name][cell] = min(least[name][cell], perf_counter() - begun)
    return {name: 1000 * sum(found.values()) / len(cells) for name, found in least.items()}


def cold(path: Path, *, quick: bool) -> Iterator[tuple[str, str, float, float, float | None]]:
    """Checks that both draw the same, and measures."""
    bare, handles = Bare(path), Handles()
    with handles.lent(path) as handle:
        for zoom in (14, 12):
            cells = tiles(handle, zoom, 4 if quick else 10)
            for name, picture in PICTURES.items():
                drawn = look(picture)

                def ours(cell: Tile, picture: Picture = picture, drawn: object = drawn) -> bytes:
                    return draw.tile(handle, picture, drawn, cell, "png", 10**9)  # type: ignore[arg-type]

                theirs = getattr(bare, name)
                for cell in cells:
                    assert (decoded(ours(cell)) == decoded(theirs(cell))).all(), f"{name} {cell}: they differ"
                found = fastest({"ours": ours, "bare": theirs}, cells, 3 if quick else 9)
                yield "cold", f"{name}, zoom {zoom}, against rasterio", found["ours"], found["bare"], 1.1


def decoded(body: bytes) -> np.ndarray:
    """The pixels of a picture."""
    with warnings.catch_warnings(action="ignore"), MemoryFile(body) as memory, memory.open() as file:
        return file.read()


@contextmanager
def service(path: Path) -> Iterator[str]:
    """Our service over a lake with the scene, made anew: one of another version of ours may be of another form."""
    # Beside the scene, which is linked to and not copied.
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        folder, lake = Path(name) / "geodata", Path(name) / "lake"
        subprocess.run([*MENDMAP, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
        (folder / "rasters").mkdir()
        (folder / "rasters" / "scene.tif").hardlink_to(path)
        _add(folder / "sources.csv", {"id": "synthetic", "title": "Synthetic, made by tests/bench"})
        about = {"bands": ",".join(BANDS), "classes": "scl", "scale": SCALE, "offset": OFFSET, "nodata": 0}
        about |= {"shows": "scene", "taken": "2024-06-01", "licence": "CC0-1.0", "source": "synthetic"}
        _add(folder / "rasters.csv", {"id": "scene", "name_en": "Scene", "file": "rasters/scene.tif", **about})
        given = os.environ | {"MENDMAP_MAX_FILE_MB": "10000"}
        subprocess.run([*MENDMAP, "load", str(folder), "--lake", str(lake)], check=True, env=given)
        port = free()
        command = [*MENDMAP, "serve", "--lake", str(lake), "--port", str(port)]
        with server(command, port, {}, "/readyz") as url:
            yield url


def _add(path: Path, row: dict[str, object]) -> None:
    """Adds a row to a table of the catalogue that ``mendmap init`` makes."""
    names = next(line for line in path.read_text("utf-8").splitlines() if line.startswith("id,")).split(",")
    with path.open("a", newline="") as file:
        csv.DictWriter(file, names).writerow(row)


@contextmanager
def titiler(where: Path) -> Iterator[str]:
    """TiTiler with one worker, in an environment of its own, new or found again."""
    folder = where / "titiler"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin/pip"), "install", "--quiet", "titiler.core", "uvicorn"], check=True)
        (folder / "ready").touch()
    (folder / "tiles.py").write_text(TITILER)
    port = free()
    command = [str(folder / "bin/python"), "-m", "uvicorn", "tiles:app", "--app-dir", str(folder), "--port", str(port)]
    # As its makers advise (TiTiler, "Performance tuning").
    given = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
        "GDAL_CACHEMAX": "200",
        "GDAL_BAND_BLOCK_CACHE": "HASHSET",
        "VSI_CACHE": "TRUE",
        "VSI_CACHE_SIZE": "5000000",
    }
    with server([*command, "--log-level", "error"], port, given, "/openapi.json") as url:
        yield url


def served(path: Path, where: Path, *, quick: bool) -> Iterator[tuple[str, str, float, float, float | None]]:
    """Requests a second, one server after the other, of colours and of an index."""
    seconds = 3 if quick else 10
    with Handles().lent(path) as handle:
        cells = tiles(handle, 13, 16)
    rates: dict[str, float] = {}

    def rate(url: str, paths: list[str]) -> float:
        return driven(url, paths, seconds, connections=CONNECTIONS).rate

    with service(path) as url:
        for name, ident in (("colours", "scene"), ("ndvi", "scene.ndvi")):
            paths = [f"/rasters/{ident}/{each.z}/{each.x}/{each.y}.png" for each in cells]
            rates[name] = rate(url, paths)
            rates[f"{name} drawn"] = rate(url, [f"{each}?size=256" for each in paths])
    asked = {
        "colours": [("bidx", 3), ("bidx", 2), ("bidx", 1), ("rescale", "1000,4000")],
        "ndvi": [("expression", "(b4-b3)/(b4+b3-2000)"), ("rescale", "-0.2,0.9"), ("colormap_name", "greens")],
    }
    with titiler(where) as url:
        for name, query in asked.items():
            more = urlencode([("url", str(path)), ("reproject", "bilinear"), *query])
            paths = [f"/tiles/WebMercatorQuad/{each.z}/{each.x}/{each.y}.png?{more}" for each in cells]
            theirs = rate(url, paths)
            yield "warm", f"{name}, kept, against TiTiler", rates[name], theirs, 1.0
            yield "drawn", f"{name}, drawn each time, against TiTiler", rates[f"{name} drawn"], theirs, None


def main() -> None:
    """Measures, and prints a table; exits with 1 where a goal is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keep", type=Path, default=Path(".tmp/bench"), help="a folder for the scene and TiTiler")
    parser.add_argument("--quick", action="store_true", help="fewer tiles and seconds")
    parser.add_argument("--only", choices=("cold", "served"), help="one half: without servers, or with them")
    given = parser.parse_args()
    path = scene(given.keep.resolve() / "scene.tif")
    found = [] if given.only == "served" else list(cold(path, quick=given.quick))
    if given.only != "cold":
        found += served(path, given.keep.resolve(), quick=given.quick)
    print("| what | ours | theirs | ratio | goal |\n| --- | --- | --- | --- | --- |")
    missed = False
    for kind, what, ours, theirs, bound in found:
        unit, ratio = "ms" if kind == "cold" else "requests/s", ours / theirs
        met = bound is None or (ratio <= bound if kind == "cold" else ratio >= bound)
        goal = "" if bound is None else f"{'at most' if kind == 'cold' else 'at least'} {bound:g} x"
        missed |= not met
        print(
            f"| {what} | {ours:,.4g} {unit} | {theirs:,.4g} {unit} | {ratio:.3g} | {goal}{'' if met else ', MISSED'} |"
        )
    sys.exit(missed)


if __name__ == "__main__":
    main()

"""How fast the public map is in a browser on a slow machine: its first view, beside ``GeoDataFrame.explore()``, and
while it is panned and zoomed over very many features.

Run it as ``python tests/bench/map.py``; it needs chromium and some minutes. It shows the flagship's map with every
layer drawn, and a layer of synthetic polygons beside them. Chromium's main thread is slowed down four times; the
service is not. A view is there when nothing changes on the page and nothing takes long any more; of
several views the median counts. Bytes are as they come over the line, compressed; the page of explore() is as folium
saves it, without a background map and with its libraries from a server on this machine (``explored``).
The bounds: a first view within 1.5 s and 250 kB, with 200,000 features in the lake at most 1.2 times as long as with
50; of the same 5,000 polygons at most a tenth of the bytes and a fifth of the time of explore(); of 200 moves over
200,000 features no task over 100 ms, and no more memory after the last hundred than after the first, but for a tenth.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import explored
import geopandas
import landscape
import numpy as np
import shapely
from playwright.sync_api import Browser, Page, sync_playwright
from watched import SLOWER, View, first_view, heap, page, tasks_of

sys.path.insert(0, str(Path(__file__).parent.parent))
from conftest import MENDMAP, ROOT, Service

FEW, MANY, SAME = 50, 200_000, 5000
VERTICES = 12
MOVES = 200
EXTENT = [21.52, 43.91, 22.67, 44.77]
ALONE = f"""[map]
id = "public"
title_en = "Synthetic"
title_sr_latn = "Sintetički"
title_sr_cyrl = "Синтетички"
view = {EXTENT}
"""
DRAWN = (
    "() => !document.querySelector('.leaflet-tile:not(.leaflet-tile-loaded)')"
    " && !!document.querySelector('.tile-shapes path')"
)
EXPLORED = f"() => document.querySelectorAll('path.leaflet-interactive').length >= {SAME}"
LAYER = """
[[layer]]
id = "landscape"
name_en = "Landscape (synthetic)"
name_sr_latn = "Predeo (sintetički)"
name_sr_cyrl = "Предео (синтетички)"
description = "Synthetic polygons, for measuring."
role = "context"
crs = "OGC:CRS84"
file = "layers/landscape.geojson"
licence = "CC0-1.0"
source = "synthetic"
origin = "own"
geometry = ["Polygon"]
[layer.kinds]
dump = "Synthetic dump"
pond = "Synthetic pond"
pit = "Synthetic pit"
heap = "Synthetic heap"
"""
STYLE = '\n[[layer]]\nid = "landscape"\ncolor = "#555555"\nshape = "circle"\nwidth = 1\nfrom_zoom = 13\n'


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=int, default=MANY)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--moves", type=int, default=MOVES)
    parser.add_argument("--only", choices=("view", "explore", "move"))
    parser.add_argument("--keep", type=Path, help="a folder in which what was loaded is kept, and found again")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, _browser() as browser:
        folder = asked.keep or Path(name)
        if asked.only != "explore":
            with _service(folder / "many", asked.features) as many:
                if asked.only != "move":
                    with _service(folder / "few", FEW) as few:
                        _views(browser, few, many, asked)
                if asked.only != "view":
                    for slower in (1, SLOWER):
                        _moves(browser, many, asked.moves, slower)
        if asked.only in (None, "explore"):
            _beside_explore(browser, folder, asked.tries)


def _views(browser: Browser, few: str, many: str, asked: argparse.Namespace) -> None:
    cold = first_view(browser, many, DRAWN)
    taken: dict[str, list[View]] = {few: [], many: []}
    for _ in range(asked.tries):
        for url, found in taken.items():
            found.append(first_view(browser, url, DRAWN))
    small, large = (_median(found) for found in taken.values())
    title = f"first view, main thread {SLOWER} times slower"
    print(f"{title:<44} {'s':>6} {'kB':>6} {'unpacked':>8} {'answers':>8} {'longest task':>13}")
    _row(f"flagship and {FEW} features (at most 1.5 s)", small)
    _row(f"flagship and {asked.features:,} features", large)
    _row("  the same, nothing prepared yet", cold)
    print(f"{'ratio (at most 1.2)':<44} {large.milliseconds / small.milliseconds:6.2f}")


def _beside_explore(browser: Browser, folder: Path, tries: int) -> None:
    made = _around_bor(landscape.frame(SAME, VERTICES))
    explored.save(made, folder / "explored")
    with _service(folder / "same", SAME, alone=True) as ours, explored.served(folder / "explored") as theirs:
        found = [(first_view(browser, ours, DRAWN), first_view(browser, theirs, EXPLORED)) for _ in range(tries)]
    our, their = (_median(list(each)) for each in zip(*found, strict=True))
    _row(f"{SAME:,} polygons, mendmap", our)
    _row(f"{SAME:,} polygons, explore()", their)
    print(f"{'bytes, ours of theirs (at most 0.10)':<44} {our.bytes / their.bytes:6.3f}")
    print(f"{'  unpacked':<44} {our.plain / their.plain:6.3f}")
    print(f"{'time, ours of theirs (at most 0.20)':<44} {our.milliseconds / their.milliseconds:6.3f}")


def _moves(browser: Browser, url: str, moves: int, slower: int) -> None:
    """Pans and zooms at random, the same each time, and waits after each move until the view has been drawn."""
    random = np.random.default_rng(3)
    with page(browser, slower) as (found, session):
        session.send("Performance.enable")
        found.goto(url)
        found.wait_for_function(DRAWN)
        found.evaluate("map_public.setView([44.3, 22.1], 13, {animate: false})")
        tasks: list[float] = []
        held = []
        for nth in range(moves):
            tasks += tasks_of(found, lambda: _move(found, random))
            if nth + 1 in (moves // 2, moves):
                held.append(heap(session))
    over, longest = sum(each > 100 for each in tasks), max(tasks, default=0)
    (first, before), (last, after) = held
    print(
        f"{moves} moves, main thread {slower} times slower: {over} tasks over 100 ms (none), longest {longest:.0f} ms"
    )
    print(f"  memory after half {first:.1f} MB, after all {last:.1f} MB (at most {1.1 * first:.1f})", end="")
    print(f"; nodes {before:,} and {after:,}")


def _move(found: Page, random: np.random.Generator) -> None:
    turn, (x, y) = random.random(), random.integers(-500, 500, 2)
    if turn < 0.7:
        found.evaluate(
            "([x, y]) => map_public.panInsideBounds([[43.95, 21.6], [44.7, 22.6]]) && map_public.panBy([x, y])",
            [int(x), int(y)],
        )
    else:
        zoom = "Math.max(10, map_public.getZoom() - 1)" if turn < 0.85 else "Math.min(15, map_public.getZoom() + 1)"
        found.evaluate(f"map_public.setZoom({zoom})")
    found.wait_for_timeout(350)
    found.wait_for_function(DRAWN)


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        launched.close()


@contextmanager
def _service(folder: Path, features: int, *, alone: bool = False) -> Iterator[str]:
    """The address of a service over the flagship's data and so many synthetic polygons around them; ``alone``, the map
    shows nothing else and opens on all of them."""
    environment = {"MENDMAP_MAX_FILE_MB": "1000"}
    if not (folder / "lake").exists():
        load = [*MENDMAP, "load", str(_geodata(folder, features, alone)), "--lake", str(folder / "lake")]
        subprocess.run(load, check=True, capture_output=True, env=os.environ | environment)
    service = Service(folder / "lake", folder / "serve.log", **environment)
    yield service.url
    service.stop()


def _geodata(folder: Path, features: int, alone: bool) -> Path:
    geodata, maps = folder / "bor" / "geodata", folder / "bor" / "maps"
    shutil.copytree(ROOT / "geodata", geodata)
    shutil.copytree(ROOT / "maps", maps)
    landscape.folder(_around_bor(landscape.frame(features, VERTICES)), folder / "made")
    shutil.copyfile(folder / "made" / "features.geojson", geodata / "layers" / "landscape.geojson")
    catalogue, sources, drawn = geodata / "catalogue.toml", geodata / "sources.csv", maps / "public.toml"
    catalogue.write_text(catalogue.read_text().replace("\n[[table]]", f"{LAYER}\n[[table]]", 1))
    sources.write_text(
        sources.read_text().rstrip("\n") + "\nmade,Synthetic landscape,,https://landscape.example/,,,,\n"
    )
    text = ALONE if alone else drawn.read_text().replace("shown = false", "shown = true")
    drawn.write_text(text + STYLE)
    return geodata


def _around_bor(made: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """The landscape, moved into the flagship's extent."""
    old = np.array(landscape.BOX[:2]) - 0.01
    size = np.array(landscape.BOX[2:]) + 0.02 - old
    scale = np.array([EXTENT[2] - EXTENT[0], EXTENT[3] - EXTENT[1]]) / size
    shapes = shapely.transform(made.geometry.to_numpy(), lambda xy: ((xy - old) * scale + EXTENT[:2]).round(7))
    return made.set_geometry(geopandas.GeoSeries(shapes, index=made.index, crs=made.crs))


def _median(found: list[View]) -> View:
    return sorted(found, key=lambda each: each.milliseconds)[len(found) // 2]


def _row(title: str, view: View) -> None:
    seconds, size = view.milliseconds / 1e3, view.bytes / 1e3
    print(
        f"{title:<44} {seconds:6.2f} {size:6.0f} {view.plain / 1e3:8.0f} {view.answers:8} {view.longest_task:10.0f} ms"
    )


if __name__ == "__main__":
    main()

"""A synthetic landscape for benchmarks: as many points or polygons as are wanted, the same for the same seed, as a
frame and as a folder of geodata. Nothing in it is real, and each feature says so.

Where no box is given they lie in one of 3 by 2 degrees. ``spread`` gives one in which so many lie as densely as any
other number: a tile of zoom 12 holds about 70 of them, one of zoom 10 about 1,100.
"""

from pathlib import Path
from typing import NamedTuple

import geopandas
import numpy as np
import orjson
import pandas as pd
import shapely


class Box(NamedTuple):
    """Degrees of longitude and latitude."""

    west: float
    south: float
    east: float
    north: float


BOX = Box(20.0, 43.0, 23.0, 45.0)
# The middle of tile 6/35/23, which holds the whole spread of 200,000.
MIDDLE = (19.6875, 43.05)
PER_DEGREE2 = 200_000 / 18
KINDS = ("dump", "pond", "pit", "heap")
CATALOGUE = """
[catalogue]
id = "landscape"
name_en = "Landscape (synthetic)"
contact = "mailto:bench@landscape.example"
licence = "CC0-1.0"
attribution = "Synthetic data"
languages = ["en"]
projections = ["EPSG:32634"]
extent = {extent}

[[table]]
kind = "source"
file = "sources.csv"
licence = "CC0-1.0"
source = "synthetic"
"""
LAYER = """
[[layer]]
id = "{id}"
name_en = "{id} (synthetic)"
description = "Synthetic."
role = "context"
crs = "OGC:CRS84"
file = "{id}.geojson"
licence = "CC0-1.0"
source = "synthetic"
geometry = ["Point", "Polygon"]
[layer.kinds]
dump = "Synthetic dump"
pond = "Synthetic pond"
pit = "Synthetic pit"
heap = "Synthetic heap"
"""


def spread(count: int) -> Box:
    """A box around ``MIDDLE`` in which so many features are as dense as 200,000 in 18 square degrees."""
    high = float(np.sqrt(count / PER_DEGREE2 / 1.5))
    wide = 1.5 * high
    return Box(MIDDLE[0] - wide / 2, MIDDLE[1] - high / 2, MIDDLE[0] + wide / 2, MIDDLE[1] + high / 2)


def frame(count: int, vertices: int = 0, seed: int = 0, box: Box = BOX) -> geopandas.GeoDataFrame:
    """``count`` features in OGC:CRS84: points, or polygons of so many ``vertices`` around them, each with an id, a
    kind, a name, its accuracy and source."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(box.west, box.east, count), random.uniform(box.south, box.north, count)
    if vertices:
        turns = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
        radius = random.uniform(0.0005, 0.002, (count, 1)) * random.uniform(0.7, 1.0, (count, vertices))
        ring = np.stack((x[:, None] + radius * np.cos(turns), y[:, None] + 0.7 * radius * np.sin(turns)), axis=-1)
        shapes = shapely.polygons(np.concatenate((ring, ring[:, :1]), axis=1).round(7))
    else:
        shapes = shapely.points(x.round(7), y.round(7))
    columns = pd.DataFrame({"id": [f"f{number:07d}" for number in range(count)]})
    columns["kind"] = np.array(KINDS)[random.integers(0, len(KINDS), count)]
    columns["name_en"] = "Synthetic " + columns["id"]
    columns["basis"], columns["source"] = "published", "made"
    columns["accuracy_m"] = random.integers(1, 200, count).astype(float)
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs="OGC:CRS84")


def folder(made: geopandas.GeoDataFrame, where: Path) -> Path:
    """Writes the frame as a folder of geodata with one layer, ``features``, that mendmap can load."""
    where.mkdir(parents=True)
    west, south, east, north = (float(each) for each in made.total_bounds)
    extent = [west - 0.1, south - 0.1, east + 0.1, north + 0.1]
    (where / "catalogue.toml").write_text(CATALOGUE.format(extent=extent) + LAYER.format(id="features"))
    (where / "sources.csv").write_text("id,title,url\nmade,Synthetic landscape,https://landscape.example/\n")
    write(made, where / "features.geojson")
    return where


def write(made: geopandas.GeoDataFrame, path: Path) -> None:
    """Writes the frame as GeoJSON, a feature a line."""
    rows = made.drop(columns="geometry").to_dict("records")
    with path.open("wb") as file:
        file.write(b'{"type":"FeatureCollection","features":[\n')
        for number, (row, shape) in enumerate(zip(rows, shapely.to_geojson(made.geometry.to_numpy()), strict=True)):
            feature = {"type": "Feature", "properties": row, "geometry": orjson.Fragment(shape)}
            file.write((b",\n" if number else b"") + orjson.dumps(feature))
        file.write(b"\n]}\n")


def boxes(count: int, features: int, of: int, seed: int = 1) -> list[Box]:
    """Random boxes that hold about so many ``features`` each, where there are ``of`` in all."""
    random = np.random.default_rng(seed)
    share = np.sqrt(features / of)
    width, height = (BOX.east - BOX.west) * share, (BOX.north - BOX.south) * share
    west = random.uniform(BOX.west, BOX.east - width, count)
    south = random.uniform(BOX.south, BOX.north - height, count)
    found = np.column_stack((west, south, west + width, south + height)).round(6)
    return [Box(*map(float, each)) for each in found]

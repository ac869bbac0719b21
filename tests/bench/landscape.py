"""A synthetic landscape for benchmarks: as many points or polygons as are wanted, the same for the same seed, as a
frame and as a folder of geodata. Nothing in it is real, and each feature says so."""

from pathlib import Path

import geopandas
import numpy as np
import orjson
import pandas as pd
import shapely

WEST, SOUTH, EAST, NORTH = 20.0, 43.0, 23.0, 45.0
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
extent = [19.9, 42.9, 23.1, 45.1]

[[layer]]
id = "features"
name_en = "Features (synthetic)"
description = "Synthetic."
role = "context"
crs = "OGC:CRS84"
file = "features.geojson"
licence = "CC0-1.0"
source = "synthetic"
geometry = ["Point", "Polygon"]
[layer.kinds]
dump = "Synthetic dump"
pond = "Synthetic pond"
pit = "Synthetic pit"
heap = "Synthetic heap"

[[table]]
kind = "source"
file = "sources.csv"
licence = "CC0-1.0"
source = "synthetic"
"""


def frame(count: int, vertices: int = 0, seed: int = 0) -> geopandas.GeoDataFrame:
    """``count`` features in OGC:CRS84: points, or polygons of so many ``vertices`` around them, each with an id, a
    kind, a name, its accuracy and source."""
    random = np.random.default_rng(seed)
    x, y = random.uniform(WEST, EAST, count), random.uniform(SOUTH, NORTH, count)
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
    (where / "catalogue.toml").write_text(CATALOGUE)
    (where / "sources.csv").write_text("id,title,url\nmade,Synthetic landscape,https://landscape.example/\n")
    rows = made.drop(columns="geometry").to_dict("records")
    with (where / "features.geojson").open("wb") as file:
        file.write(b'{"type":"FeatureCollection","features":[\n')
        for number, (row, shape) in enumerate(zip(rows, shapely.to_geojson(made.geometry.to_numpy()), strict=True)):
            feature = {"type": "Feature", "properties": row, "geometry": orjson.Fragment(shape)}
            file.write((b",\n" if number else b"") + orjson.dumps(feature))
        file.write(b"\n]}\n")
    return where


def boxes(count: int, features: int, of: int, seed: int = 1) -> list[tuple[float, float, float, float]]:
    """Random boxes that hold about so many ``features`` each, where there are ``of`` in all."""
    random = np.random.default_rng(seed)
    share = np.sqrt(features / of)
    width, height = (EAST - WEST) * share, (NORTH - SOUTH) * share
    west, south = random.uniform(WEST, EAST - width, count), random.uniform(SOUTH, NORTH - height, count)
    return [tuple(map(float, each)) for each in np.column_stack((west, south, west + width, south + height)).round(6)]

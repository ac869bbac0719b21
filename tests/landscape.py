"""A synthetic landscape with imagery, made by a seed: a lake that is filled from 2019 on, and greened year by year.

Nothing in it is real, and all its names and sources say so. What is true of it is known exactly, to hold results
against: which part of the lake is green in which year, and its area. ``write(folder)`` makes a folder of geodata of it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject

# UTM zone 32N, 10 m, 4 by 3 km, somewhere in a plain. Scenes of the two systems show the same ground.
SYSTEM, OTHER_SYSTEM = "EPSG:32632", "EPSG:3035"
WEST, NORTH, PIXEL = 600_000.0, 5_500_000.0, 10.0
WIDTH, HEIGHT = 400, 300
BANDS = ("blue", "green", "red", "nir", "swir16", "scl")
# As Sentinel-2's files are since 2022: value = stored * 0.0001 - 0.1, and 0 is nothing.
SCALE, OFFSET, NODATA = 0.0001, -0.1, 0
YEARS = (2019, 2020, 2021, 2022, 2023)
# The part of the lake, from its western shore, that is green; what is not yet is bare fill, and in 2019 still water.
GREENED = {2019: 0.0, 2020: 0.2, 2021: 0.45, 2022: 0.7, 2023: 0.9}
DAYS = ("06-14", "07-19", "08-23")
THRESHOLD = 0.4  # of NDVI: what is green lies well above it, and nothing else does

_angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
LAKE = shapely.Polygon(
    [
        (WEST + 2000 + (620 + 60 * np.sin(3 * a)) * np.cos(a), NORTH - 1400 + (410 + 30 * np.cos(5 * a)) * np.sin(a))
        for a in _angles
    ]
)
QUARRY = shapely.box(WEST + 3200, NORTH - 700, WEST + 3700, NORTH - 300)  # on the grid: 50 by 40 pixels
# Reflectance of blue, green, red, nir and swir16 of each ground.
_GROUNDS = {
    "meadow": (0.04, 0.08, 0.06, 0.36, 0.20),
    "water": (0.09, 0.07, 0.05, 0.02, 0.01),
    "fill": (0.12, 0.15, 0.19, 0.24, 0.32),
    "green": (0.03, 0.07, 0.04, 0.42, 0.18),
    "rock": (0.14, 0.17, 0.22, 0.26, 0.34),
}
_SCL = {"meadow": 4, "water": 6, "fill": 5, "green": 4, "rock": 5}


def greened(year: int) -> shapely.Geometry:
    """The part of the lake that is green in a year, in ``SYSTEM``: all that lies west of a line."""
    west, south, east, north = LAKE.bounds
    return LAKE.intersection(shapely.box(west, south, west + GREENED[year] * (east - west), north))


def greened_ha(year: int) -> float:
    """The area of that part in hectares, on the plane of ``SYSTEM``."""
    return float(greened(year).area) / 10_000


def grounds(year: int) -> NDArray[np.str_]:
    """What each pixel is, by its middle."""
    x = WEST + PIXEL * (np.arange(WIDTH) + 0.5)
    y = NORTH - PIXEL * (np.arange(HEIGHT) + 0.5)
    xx, yy = np.meshgrid(x, y)
    found = np.full((HEIGHT, WIDTH), "meadow", dtype="<U6")
    found[shapely.contains_xy(LAKE, xx, yy)] = "water" if year == 2019 else "fill"
    found[shapely.contains_xy(greened(year), xx, yy)] = "green"
    found[shapely.contains_xy(QUARRY, xx, yy)] = "rock"
    return found


def scene(year: int, nth: int, seed: int = 8) -> NDArray[np.uint16]:
    """The stored values of a scene, (bands, rows, columns): noise, two clouds with their shadows, and a strip in the
    east that the swath did not reach. The second scene of each summer has no cloud over the lake."""
    random = np.random.default_rng([seed, year, nth])
    ground = grounds(year)
    reflectance = np.zeros((5, HEIGHT, WIDTH))
    classes = np.zeros((HEIGHT, WIDTH), dtype=np.uint16)
    for name, values in _GROUNDS.items():
        here = ground == name
        reflectance[:, here] = np.array(values)[:, None]
        classes[here] = _SCL[name]
    reflectance += random.normal(0, 0.004, reflectance.shape)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    middles = [(230, 60), (260, 300)] if nth == 1 else [(120 + 30 * nth, 180 + 20 * nth), (40, 90)]
    for row, column in middles:
        shadow = np.hypot(rows - row - 18, (columns - column - 14) * 0.7) < 22
        reflectance[:, shadow] *= 0.4
        classes[shadow] = 3
    for row, column in middles:
        cloud = np.hypot(rows - row, (columns - column) * 0.7) < 22
        reflectance[:, cloud] = random.normal(0.75, 0.03, (5, int(cloud.sum())))
        classes[cloud] = 9
    stored = np.clip(np.round((reflectance - OFFSET) / SCALE), 1, 65_535).astype(np.uint16)
    values = np.concatenate([stored, classes[None]])
    values[:, :, WIDTH - 12 :] = NODATA
    return values


def heights() -> NDArray[np.float32]:
    """The ground in metres: hills in the north, a hollow where the lake is, a stepped quarry."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    found = 300 + 60 * np.cos(columns / 45) * np.cos(rows / 60) - 0.15 * rows
    hollow = np.hypot((columns - 200) / 62, (rows - 140) / 41)
    found -= 25 * np.clip(1.3 - hollow, 0, 1)
    found[30:70, 320:370] -= 20
    return np.asarray(found, dtype=np.float32)


def write_cog(path: Path, values: NDArray[np.generic], system: str = SYSTEM, nodata: float | None = NODATA) -> None:
    """Writes values that stand on the grid of ``SYSTEM`` as a COG, on a grid of its own where the system is another."""
    transform = from_origin(WEST, NORTH, PIXEL, PIXEL)
    if system != SYSTEM:
        with MemoryFile() as memory:
            with _written(memory.name, values, SYSTEM, transform, nodata, "GTiff"):
                pass
            with memory.open() as dataset:
                bounds = rasterio.warp.transform_bounds(SYSTEM, system, *dataset.bounds)
        west, south, east, north = bounds
        width, height = round((east - west) / PIXEL), round((north - south) / PIXEL)
        turned = np.full((len(values), height, width), nodata or 0, dtype=values.dtype)
        target = from_origin(west, north, PIXEL, PIXEL)
        reproject(
            values,
            turned,
            src_transform=transform,
            src_crs=SYSTEM,
            src_nodata=nodata,
            dst_transform=target,
            dst_crs=system,
            dst_nodata=nodata,
            resampling=Resampling.nearest,
        )
        values, transform = turned, target
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written(path, values, system, transform, nodata, "COG"):
        pass


def _written(path, values, system, transform, nodata, driver):
    count, height, width = values.shape
    options = {"blocksize": 256, "compress": "deflate"} if driver == "COG" else {}
    dataset = rasterio.open(
        path,
        "w",
        driver=driver,
        count=count,
        height=height,
        width=width,
        dtype=values.dtype,
        crs=system,
        transform=transform,
        nodata=nodata,
        **options,
    )
    dataset.write(values)
    return dataset


_ENTRY = 'licence = "CC0-1.0"\nsource = "Synthetic, made by tests/landscape.py"\norigin = "own"\n'
_CATALOGUE = """[catalogue]
id = "synthetic"
name_en = "A synthetic landscape"
summary_en = "Nothing here is real: it is made to test with."
contact = "mailto:nobody@mendmap.example"
licence = "CC0-1.0"
attribution = "Synthetic"
near_m = 500
zone = "Europe/Berlin"
languages = ["en"]
projections = ["EPSG:32632"]
extent = [10.3, 49.55, 10.55, 49.75]

[[layer]]
id = "places"
name_en = "Places"
description = "Places of the synthetic landscape."
role = "site"
crs = "OGC:CRS84"
file = "layers/places.geojson"
geometry = ["Point", "Polygon"]
{entry}[layer.kinds]
lake = "Lake"
quarry = "Quarry"
dump = "Dump"

{tables}"""
_TABLES = {
    "source": "sources.csv",
    "parameter": "parameters.csv",
    "work": "works.csv",
    "raster": "rasters.csv",
    "zonal": "zonal.csv",
    "difference": "differences.csv",
    "statement": "statements.toml",
}
_MAP = """[map]
id = "public"
title_en = "A synthetic landscape"

[[layer]]
id = "places"
color = "#00727f"
"""
SOURCES = """id,title,publisher
synthetic,A synthetic landscape made by a seed,The synthetic agency
brochure,A synthetic brochure,The synthetic company
"""
PARAMETERS = """id,name_en,symbol,medium,unit
ndvi,Greenness (NDVI),NDVI,vegetation,1
green_share,Share of green land,green,vegetation,%
green_area,Area of green land,green,vegetation,ha
clear_share,Share of clear pixels,clear,vegetation,%
greened_area,Area greened,greened,vegetation,ha
"""
ZONAL = f"""id,index,statistic,threshold,parameter
ndvi_mean,ndvi,mean,,ndvi
ndvi_p90,ndvi,p90,,ndvi
green_share,ndvi,share_above,{THRESHOLD},green_share
green_area,ndvi,area_above,{THRESHOLD},green_area
clear_share,ndvi,clear_share,,clear_share
"""
# Without the threshold the lake would count where it only fell dry: water has a lower NDVI than bare ground.
DIFFERENCES = f"""id,name_en,index,before,after,least,threshold,parameter
greened,Greened from 2019 to 2023,ndvi,2019-06/2019-08,2023-06/2023-08,0.3,{THRESHOLD},greened_area
"""
WORKS = """id,sites,type,name_en,begun,finished,status,trust,source
filled,lake,backfilling,The lake is filled,2019-09,2020-03,finished,reported,synthetic
greened,lake,greening,The fill is greened,2020-04,2023-06,finished,reported,synthetic
"""
STATEMENTS = """[[statement]]
id = "green_lake"
claim = "By 2023 four fifths of the old lake had become a green space."
claimant = "The synthetic company"
sites = ["lake"]
source = "brochure"
check = "vegetation"
feature = "lake"
parameter = "green_share"
after = "2023-06/2023-08"
qualifier = ">="
claimed = 80
unit = "%"
wanted = "Imagery of the lake before and after."
"""


def to_degrees(geometry: shapely.Geometry) -> shapely.Geometry:
    """A geometry of ``SYSTEM`` as longitude and latitude."""
    turn = Transformer.from_crs(SYSTEM, "OGC:CRS84", always_xy=True)
    return shapely.transform(geometry, lambda each: np.column_stack(turn.transform(each[:, 0], each[:, 1])))


def places() -> dict:
    """The sites: a lake and a quarry with outlines, and a dump of which only a point is known."""
    basis = {"basis": "published", "accuracy_m": 5, "source": "synthetic"}
    rows = [
        ({"id": "lake", "kind": "lake", "name_en": "Old lake", **basis}, to_degrees(LAKE)),
        ({"id": "quarry", "kind": "quarry", "name_en": "Quarry", **basis}, to_degrees(QUARRY)),
        (
            {"id": "dump", "kind": "dump", "name_en": "Dump", **basis, "basis": "schematic", "accuracy_m": 300},
            to_degrees(shapely.Point(WEST + 700, NORTH - 2300)),
        ),
    ]
    features = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shapely.to_geojson(geometry))}
        for properties, geometry in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def scenes() -> list[tuple[str, int, int, str]]:
    """Every scene: its id, year, which of the summer, and system. The last of each second year is in the other one."""
    return [
        (f"s{year}{day.replace('-', '')}", year, nth, OTHER_SYSTEM if nth == 2 and year % 2 else SYSTEM)
        for year in YEARS
        for nth, day in enumerate(DAYS)
    ]


def write(folder: Path, elevation: bool = True, years: Sequence[int] = YEARS) -> Path:
    """Writes the folder of geodata, with the scenes of some years, and returns it."""
    (folder / "layers").mkdir(parents=True)
    (folder / "maps").mkdir()
    rows = ["id,name_en,file,shows,taken,bands,classes,scale,offset,nodata,platform,licence,source,note"]
    for ident, year, nth, system in (each for each in scenes() if each[1] in years):
        write_cog(folder / "rasters" / f"{ident}.tif", scene(year, nth), system)
        about = f'scene,{year}-{DAYS[nth]},"{",".join(BANDS)}",scl,{SCALE},{OFFSET},{NODATA},Synthetic'
        rows.append(f"{ident},Scene of {year}-{DAYS[nth]},rasters/{ident}.tif,{about},CC0-1.0,synthetic,Synthetic.")
    if elevation:
        write_cog(folder / "rasters" / "ground.tif", heights()[None], nodata=-9999)
        rows.append(
            "ground,The ground,rasters/ground.tif,elevation,,height,,,,-9999,Synthetic,CC0-1.0,synthetic,Synthetic."
        )
    tables = "\n".join(f'[[table]]\nkind = "{kind}"\nfile = "{file}"\n{_ENTRY}' for kind, file in _TABLES.items())
    texts = {
        "catalogue.toml": _CATALOGUE.format(entry=_ENTRY, tables=tables),
        "layers/places.geojson": json.dumps(places()),
        "maps/public.toml": _MAP,
        "sources.csv": SOURCES,
        "parameters.csv": PARAMETERS,
        "works.csv": WORKS,
        "rasters.csv": "\n".join(rows) + "\n",
        "zonal.csv": ZONAL,
        "differences.csv": DIFFERENCES,
        "statements.toml": STATEMENTS,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    return folder

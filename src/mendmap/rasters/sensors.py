"""What the assets of a STAC item are: which file holds which band, and how its stored values become reflectance.

Sentinel-2 at level 2A and Landsat's collection 2 at level 2 are known, as the large services spell their assets; of
others the common names count that their assets give. Not here: searching (``stac``), and reading files (``remote``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mendmap.errors import RasterError, not_one_of, shown

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asset:
    """A band of a scene: its ``name`` as indices write it, the address of its file, the ``number`` of it there, and
    what its stored values are; None where nobody says."""

    name: str
    href: str
    number: int = 1
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None


@dataclass(frozen=True, slots=True)
class Sensor:
    """How services spell the assets of a family of collections: ``keys`` by name of a band; ``classes`` is the band
    that tells clouds from ground. ``terms`` is what has to be shown beside it, {year} being that of the scene."""

    keys: Mapping[str, Sequence[str]]
    classes: str
    scale: float
    offset: float
    nodata: float
    terms: str


# Earth Search's names, those of the product (Planetary Computer), and those with the resolution (Copernicus).
_SENTINEL_2 = Sensor(
    {
        "blue": ("blue", "B02", "B02_10m"),
        "green": ("green", "B03", "B03_10m"),
        "red": ("red", "B04", "B04_10m"),
        "rededge1": ("rededge1", "B05", "B05_20m"),
        "rededge2": ("rededge2", "B06", "B06_20m"),
        "rededge3": ("rededge3", "B07", "B07_20m"),
        "nir": ("nir", "B08", "B08_10m"),
        "nir08": ("nir08", "B8A", "B8A_20m"),
        "swir16": ("swir16", "B11", "B11_20m"),
        "swir22": ("swir22", "B12", "B12_20m"),
        "scl": ("scl", "SCL", "SCL_20m"),
    },
    classes="scl",
    scale=0.0001,
    # Since baseline 04.00 (ESA, 25 January 2022): reflectance = (stored - 1000) / 10000.
    offset=-0.1,
    nodata=0,
    terms="Contains modified Copernicus Sentinel data {year}",
)
_LANDSAT = Sensor(
    {
        "blue": ("blue",),
        "green": ("green",),
        "red": ("red",),
        # What Landsat calls near infrared is as narrow as Sentinel's band 8A.
        "nir": ("nir08", "nir"),
        "swir16": ("swir16",),
        "swir22": ("swir22",),
        "qa_pixel": ("qa_pixel",),
    },
    classes="qa_pixel",
    # USGS LSDS-1619, section on surface reflectance.
    scale=0.0000275,
    offset=-0.2,
    nodata=0,
    terms="Landsat images of {year} courtesy of the U.S. Geological Survey",
)
# What is taken of a scene where nothing is said: the bands of our own indices.
BANDS = ("blue", "green", "red", "nir", "swir16")


def sensor_of(collection: str) -> Sensor | None:
    """The sensor of a collection, where it is known."""
    if collection.startswith("sentinel-2") and collection.endswith("l2a"):
        return _SENTINEL_2
    return _LANDSAT if collection.startswith("landsat-c2") and "l2" in collection else None


def assets(item: Item, collection: str, wanted: Sequence[str]) -> tuple[Asset, ...]:
    """The bands wanted of an item, and behind them the one that tells clouds from ground where its sensor has it.

    Every band but the last has the same scale and offset. Raises RasterError with what is there instead.
    """
    sensor = sensor_of(collection)
    given = {key: each for key, each in _objects(item.get("assets"), "assets").items() if isinstance(each, Mapping)}
    names = [each for each in wanted if not sensor or each != sensor.classes]
    found = [_found(name, given, sensor, item) for name in names]
    if len({(each.scale, each.offset) for each in found}) > 1:
        raise RasterError(f"{item.get('id')}: its bands {', '.join(names)} differ in scale or offset; ask for fewer")
    if sensor:
        found.append(_found(sensor.classes, given, sensor, item))
    return tuple(found)


def _found(name: str, given: Mapping[str, Any], sensor: Sensor | None, item: Item) -> Asset:
    keys = sensor.keys.get(name, ()) if sensor else ()
    for key in keys:
        if key in given and _tiff(given[key]):
            return _asset(name, given[key], 0, sensor, item)
    if not sensor:
        for key, asset in given.items():
            for nth, band in enumerate(_listed(asset, "bands") or _listed(asset, "eo:bands") or [{"name": key}]):
                spelled = (band.get("eo:common_name"), band.get("common_name"), band.get("name"))
                if name in spelled and _tiff(asset):
                    return _asset(name, asset, nth, None, item)
    raise RasterError(not_one_of(f"{item.get('id')}: no asset that is a TIFF over https holds the band", name, given))


def _tiff(asset: Item) -> bool:
    kind, href = str(asset.get("type") or ""), _href(asset)
    return bool(href) and ("tiff" in kind or (not kind and href.lower().endswith((".tif", ".tiff"))))


def _href(asset: Item) -> str:
    """The address of an asset: its own, or one of its others, such as the one over https of a file in a store."""
    others = asset.get("alternate")
    every = [asset, *(others.values() if isinstance(others, Mapping) else ())]
    hrefs = [str(each["href"]) for each in every if isinstance(each, Mapping) and isinstance(each.get("href"), str)]
    return next((each for each in hrefs if "://" not in each or each.startswith(("https://", "http://"))), "")


def _asset(name: str, asset: Item, nth: int, sensor: Sensor | None, item: Item) -> Asset:
    bands = _listed(asset, "raster:bands") or _listed(asset, "bands")
    said = bands[nth] if nth < len(bands) else {}
    scale, offset, nodata = (_said(said, asset, each) for each in ("scale", "offset", "nodata"))
    if sensor and name == sensor.classes:
        scale = offset = None
    elif sensor is _SENTINEL_2:
        scale, offset = scale or sensor.scale, _offset_of_sentinel(item, offset)
    elif sensor:
        scale, offset = scale or sensor.scale, sensor.offset if offset is None else offset
    return Asset(name, _href(asset), nth + 1, scale, offset, sensor.nodata if sensor and nodata is None else nodata)


def _offset_of_sentinel(item: Item, said: float | None) -> float:
    """The offset of the stored values of a Sentinel-2 scene.

    Before baseline 04.00 there is none. Since then there is, but a service may have taken it off, and tell so; what
    Earth Search tells of the assets' offset does not know of that (its issues 23 and 66), and goes behind it.
    """
    properties = _objects(item.get("properties"), "properties")
    applied = [properties.get(f"{each}:boa_offset_applied") for each in ("earthsearch", "sentinel")]
    written = [properties.get(f"{each}:processing_baseline") for each in ("s2", "sentinel")]
    baseline = next((_number(each) for each in written if each is not None), None)
    if True in applied or (baseline is not None and baseline < 4):
        return 0.0
    if said is None and baseline is None:
        raise RasterError(f"{item.get('id')}: says neither its processing baseline nor the offset of its values")
    return _SENTINEL_2.offset if said is None else said


def _said(band: Item, asset: Item, name: str) -> float | None:
    values = [each.get(key) for each in (band, asset) for key in (name, f"raster:{name}")]
    return next((found for each in values if (found := _number(each)) is not None), None)


def _number(value: object) -> float | None:
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None
    return found if found is not None and abs(found) < 1e12 else None


def _listed(asset: Item, name: str) -> list[Mapping[str, Any]]:
    found = asset.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _objects(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RasterError(f"an item whose {name} are no JSON object: {shown(value)}")
    return value

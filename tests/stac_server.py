"""A STAC API for tests, with the files of its scenes: on a free port of this machine, and of a synthetic landscape.

Its items are spelled as Earth Search spells those of Sentinel-2: a file for each band, the classes of 20 m pixels.
``Files`` answers ranges, as a host of COGs does.
"""

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import rasterio
import shapely
import valley
from feed_server import Asked, FeedServer, Reply
from rasterio.transform import from_origin

COLLECTION = "sentinel-2-c1-l2a"
CONFORMS = [
    f"https://api.stacspec.org/v1.0.0/{each}"
    for each in ("core", "collections", "ogcapi-features", "item-search", "item-search#query")
]
CLOUDS = (4.0, 12.5, 60.0)  # of the three scenes of each summer


def ranged(content: bytes, etag: str = '"a"') -> Callable[[Asked], Reply]:
    """Answers the part of some content that is asked for, or the whole of it."""

    def reply(asked: Asked) -> Reply:
        headers = {"ETag": etag, "Content-Type": "image/tiff"}
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers.get("Range", ""))
        if not found:
            return Reply(content, headers=headers)
        first, last = int(found[1]), min(int(found[2]), len(content) - 1)
        if first > last:
            return Reply(status=416)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return Reply(content[first : last + 1], 206, headers)

    return reply


def write_band(path: Path, values: Any, pixel: float = valley.PIXEL) -> Path:
    """Writes one band of the landscape, in pixels of a size, as a COG."""
    height, width = values.shape
    transform = from_origin(valley.WEST, valley.NORTH, pixel, pixel)
    profile = {"count": 1, "height": height, "width": width, "dtype": values.dtype, "crs": valley.SYSTEM}
    with rasterio.open(
        path, "w", driver="COG", transform=transform, nodata=0, blocksize=128, compress="deflate", **profile
    ) as made:
        made.write(values, 1)
    return path


class StacServer:
    """A service with the scenes of some summers; ``page`` items at a time, by GET or POST. What it is asked for is not
    heeded but for the page: the one who asks has to look again. Change ``items`` to make them say something else."""

    def __init__(self, server: FeedServer, folder: Path, years: tuple[int, ...] = (2019, 2023), page: int = 4) -> None:
        self.server, self.page, self.methods = server, page, ("GET", "POST")
        self.url = f"{server.url}/stac"
        self.items: list[dict[str, Any]] = []
        for year in years:
            for nth, day in enumerate(valley.DAYS):
                self._add(folder, year, nth, f"{year}-{day}")
        server.answers["/stac"] = lambda _: _json(self._landing())
        server.answers[f"/stac/collections/{COLLECTION}"] = lambda _: _json(self._collection())
        server.answers["/stac/search"] = self._search

    def _add(self, folder: Path, year: int, nth: int, day: str) -> None:
        ident = f"S2A_32UPA_{day.replace('-', '')}_0_L2A"
        assets = {}
        values = valley.scene(year, nth)
        for band, name in zip(values, valley.BANDS, strict=True):
            path = folder / f"{ident}-{name}.tif"
            coarse = name in ("scl", "swir16")
            if not path.exists():
                write_band(path, band[::2, ::2] if coarse else band, valley.PIXEL * (2 if coarse else 1))
            self.server.answers[f"/files/{path.name}"] = ranged(path.read_bytes())
            assets[name] = {
                "href": f"{self.server.url}/files/{path.name}",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": ["data"],
                "raster:bands": [
                    {"nodata": 0, "scale": valley.SCALE, "offset": valley.OFFSET} if name != "scl" else {}
                ],
            }
        west, north = valley.WEST, valley.NORTH
        east, south = west + valley.WIDTH * valley.PIXEL, north - valley.HEIGHT * valley.PIXEL
        shape = valley.to_degrees(shapely.box(west, south, east, north))
        self.items.append(
            {
                "type": "Feature",
                "stac_version": "1.0.0",
                "id": ident,
                "collection": COLLECTION,
                "geometry": json.loads(shapely.to_geojson(shape)),
                "bbox": list(shape.bounds),
                "properties": {
                    "datetime": f"{day}T10:10:31.024Z",
                    "platform": "sentinel-2a",
                    "eo:cloud_cover": CLOUDS[nth],
                    "s2:processing_baseline": "05.00",
                    "grid:code": "MGRS-32UPA",
                },
                "links": [{"rel": "self", "href": f"{self.url}/collections/{COLLECTION}/items/{ident}"}],
                "assets": assets,
            }
        )

    def _landing(self) -> dict[str, Any]:
        search = [
            {"rel": "search", "type": "application/geo+json", "href": f"{self.url}/search", "method": each}
            for each in self.methods
        ]
        return {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "synthetic",
            "description": "Nothing here is real.",
            "conformsTo": CONFORMS,
            "links": [
                {"rel": "self", "href": self.url},
                {"rel": "root", "href": self.url},
                {"rel": "data", "href": f"{self.url}/collections"},
                *search,
            ],
        }

    def _collection(self) -> dict[str, Any]:
        return {
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": COLLECTION,
            "title": "Synthetic scenes in the spelling of Sentinel-2",
            "description": "Nothing here is real.",
            "license": "CC0-1.0",
            "providers": [{"name": "tests/valley.py", "roles": ["producer"]}],
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
            "links": [{"rel": "self", "href": f"{self.url}/collections/{COLLECTION}"}],
        }

    def _search(self, asked: Asked) -> Reply:
        told: Mapping[str, Any] = json.loads(asked.body) if asked.body else asked.query
        first = int(told.get("token", 0))
        page = self.items[first : first + self.page]
        links = []
        if first + self.page < len(self.items):
            link: dict[str, Any] = {"rel": "next", "href": f"{self.url}/search"}
            if asked.body:
                link |= {"method": "POST", "body": {"token": first + self.page}, "merge": True}
            else:
                link["href"] += f"?token={first + self.page}"
            links.append(link)
        return _json({"type": "FeatureCollection", "features": page, "links": links})


def _json(document: object) -> Reply:
    return Reply(json.dumps(document).encode(), headers={"Content-Type": "application/geo+json"})


def with_headers(reply: Reply, **headers: str) -> Reply:
    """A reply with some of its headers changed; _ stands for -."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return dataclasses.replace(reply, headers={**reply.headers, **changed})

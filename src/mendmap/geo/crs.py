"""Coordinate reference systems that features can be asked for in: their names, their order of axes, and the way there.

Everything inside is OGC:CRS84 (longitude, latitude); what is asked for and what is given is turned at the edge. The
order of axes is the authority's: EPSG:4326 is latitude, longitude. Not here: tiles (``geo.grid``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from mendmap.errors import BadRequestError, not_one_of, shown

Shapes = NDArray[np.object_]

_CODE = re.compile(r"(?:EPSG:|http://www\.opengis\.net/def/crs/EPSG/[0-9.]+/|urn:ogc:def:crs:EPSG:[0-9.]*:)(\d{4,6})")
_CRS84 = ("OGC:CRS84", "CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84")
_LONLAT = ("OGC:CRS84", "EPSG:4326")
# What every catalogue offers, beside the projections that it names itself.
ALWAYS = ("OGC:CRS84", "EPSG:4326", "EPSG:3857")


@dataclass(frozen=True, slots=True)
class Crs:
    """One system. ``name`` is ``OGC:CRS84`` or ``EPSG:code``; ``uri`` is how OGC API names it; ``swapped`` tells that
    its authority puts the northing (or latitude) first; ``degrees`` that it counts degrees, and not metres."""

    name: str
    title: str = field(compare=False)
    swapped: bool = field(compare=False)
    degrees: bool = field(default=True, compare=False)

    @property
    def uri(self) -> str:
        """Its address in the OGC's register."""
        authority, code = self.name.split(":")
        return f"http://www.opengis.net/def/crs/{authority}/{'1.3' if authority == 'OGC' else '0'}/{code}"

    @property
    def decimals(self) -> int:
        """Decimals that coordinates are written with: about a centimetre in degrees, a millimetre in metres."""
        return 7 if self.degrees else 3

    @property
    def geographic(self) -> bool:
        """Whether its coordinates are those of CRS84, but for the order of axes."""
        return self.name in _LONLAT

    def from_crs84(self, shapes: Shapes) -> Shapes:
        """Shapes of longitude and latitude in this system, in the order of axes of GIS: easting before northing."""
        return self._turned(shapes, "OGC:CRS84", self.name)

    def to_crs84(self, shapes: Shapes) -> Shapes:
        """Shapes in this system, easting before northing, as longitude and latitude."""
        return self._turned(shapes, self.name, "OGC:CRS84")

    def official(self, shapes: Shapes) -> Shapes:
        """Shapes with easting before northing, in the authority's order of axes; the same one that undoes it."""
        if not self.swapped:
            return shapes
        return np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), dtype=object)

    def _turned(self, shapes: Shapes, here: str, there: str) -> Shapes:
        if not _differ(here, there):
            return shapes
        turn = _transformer(here, there)
        return np.asarray(
            shapely.transform(shapes, lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1]))), dtype=object
        )


def crs(text: str) -> Crs:
    """A system by its short name, URI or URN. Raises ValueError where PROJ does not know it, or it has no two axes."""
    if text in _CRS84:
        return Crs("OGC:CRS84", "WGS 84 longitude-latitude", False)
    found = _CODE.fullmatch(text)
    if not found:
        raise ValueError(f"not a coordinate reference system (EPSG:32634, or its URI): {shown(text)}")
    return _epsg(int(found[1]))


@lru_cache(maxsize=64)
def _epsg(code: int) -> Crs:
    try:
        known = pyproj.CRS.from_epsg(code)
    except CRSError:
        raise ValueError(f"PROJ knows no EPSG:{code}") from None
    if len(known.axis_info) != 2:
        raise ValueError(f"EPSG:{code} has {len(known.axis_info)} axes, and not two")
    swapped = known.axis_info[0].direction.lower() in ("north", "south")
    return Crs(f"EPSG:{code}", known.name, swapped, known.is_geographic)


def chosen(text: str, offered: Iterable[Crs], name: str = "crs") -> Crs:
    """One of those that are offered. Raises BadRequestError with the choices."""
    choices = {each.name: each for each in offered}
    try:
        return choices[crs(text).name]
    except (ValueError, KeyError):
        raise BadRequestError(not_one_of(f"{name}: not one of those offered", text, choices)) from None


def _differ(here: str, there: str) -> bool:
    return here != there and not (here in _LONLAT and there in _LONLAT)


@lru_cache(maxsize=64)
def _transformer(here: str, there: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(here, there, always_xy=True)

"""The tables of a catalogue that are about imagery: its rasters, and what is to be computed of them.

Not here: the other tables (``records``), and what stands in a raster file (``rasters``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from mendmap.words.dates import Period
from mendmap.words.fields import column
from mendmap.words.vocabulary import CLASSIFIED, PALETTES, SHOWS, ZONAL

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raster:
    """A grid of pixels in a GeoTIFF of the folder, optimised for the cloud (COG): what was seen on a day, or a model
    of the ground."""

    kind: ClassVar[str] = "raster"
    id: str = column("id", "Id of the raster, used in addresses.", required=True)
    name: Names = column("names", "Name of the raster", required=True)
    file: str = column("text", "Path of the GeoTIFF, below the folder of the catalogue.", required=True)
    sha256: str | None = column("word", "SHA-256 of the file; it must match where it is given.")
    shows: str = column("word", "What its pixels are.", required=True, choices=tuple(SHOWS))
    taken: Period | None = column("date", "When it was seen or surveyed; a scene needs the day.")
    bands: tuple[str, ...] = column(
        "ids",
        "What its bands are, in their order: blue, green, red, nir, swir16, ... as indices name them.",
        required=True,
    )
    classes: str | None = column(
        "word", "The band that tells clouds from ground, by whose classes.", choices=tuple(CLASSIFIED)
    )
    scale: float | None = column("number", "A stored value times this, plus the offset, is the value; blank: 1.")
    offset: float | None = column("number", "What is added after scaling; blank: 0.")
    nodata: float | None = column("number", "The stored value of pixels that hold nothing; blank: as the file says.")
    platform: str | None = column("text", "What took it, such as Sentinel-2A.")
    scene: str | None = column("text", "Its name where it comes from.")
    href: str | None = column("url", "Where it was fetched.")
    retrieved: Period | None = column("date", "When it was fetched.")
    licence: str = column("text", "Terms of use, as an SPDX id or in words.", required=True)
    attribution: str | None = column("text", "What its terms ask to be shown beside it.")
    source: str = column("id", "Document or collection it is taken from.", required=True, refers="source")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A number for each pixel, computed of the bands of a scene."""

    kind: ClassVar[str] = "index"
    id: str = column("id", "Id of the index, used in addresses.", required=True)
    name: Names = column("names", "Name of the index", required=True)
    expression: str = column(
        "text", "How it is computed: names of bands, numbers, + - * / and brackets.", required=True
    )
    low: float = column("number", "The value that is drawn in the first colour.", required=True)
    high: float = column("number", "The value that is drawn in the last colour.", required=True)
    palette: str = column("word", "The colours between them.", required=True, choices=tuple(PALETTES))
    note: str | None = column("text", "What it tells, and where it misleads.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Zonal:
    """What is computed of an index inside the outline of each site, for each scene: it becomes the readings of a series
    whose method is its id."""

    kind: ClassVar[str] = "zonal"
    id: str = column("id", "Id; the method of its series.", required=True)
    index: str = column("id", "The index.", required=True, refers="index")
    statistic: str = column("word", "What is computed of its pixels.", required=True, choices=tuple(ZONAL))
    threshold: float | None = column("number", "The value of the index that a pixel must reach to be counted.")
    parameter: str = column("id", "The parameter of its readings.", required=True, refers="parameter")
    sites: tuple[str, ...] = column("ids", "Sites; blank: every site that has an outline.", refers="site")
    least_clear: float | None = column("number", "Share of pixels that must be clear for a reading; blank: 0.5.")
    note: str | None = column("text", "What to know about it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What an index became from one time to another: the median of the scenes of each, clouds left out."""

    kind: ClassVar[str] = "difference"
    id: str = column("id", "Id of the difference, used in addresses; the method of its series.", required=True)
    name: Names = column("names", "Name of the difference", required=True)
    index: str = column("id", "The index.", required=True, refers="index")
    before: Period = column("date", "The earlier day or season.", required=True)
    after: Period = column("date", "The later day or season.", required=True)
    least: float = column("number", "The least change of a pixel that counts as one.", required=True)
    threshold: float | None = column(
        "number", "The value that a pixel must reach, after it rose or before it fell, to be counted; blank: any."
    )
    parameter: str | None = column(
        "id", "The parameter, an area, of what rose so much inside each site.", refers="parameter"
    )
    sites: tuple[str, ...] = column("ids", "Sites; blank: every site that has an outline.", refers="site")
    note: str | None = column("text", "What to know about it.")

"""The raster files of an atlas: those that its catalogue lists, and the differences that were computed of them.

Not here: what is drawn of them (``mendmap.rasters``), and how they are described (``stac``, ``metadata``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mendmap.atlas.model import Atlas
from mendmap.catalogue import files
from mendmap.catalogue.imagery import Difference, Raster
from mendmap.lake import imagery
from mendmap.rasters.difference import digest, scenes_of
from mendmap.rasters.pictures import indices_of

MEDIA_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
# Hashes that are kept, of files that never change.
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Stocked:
    """A raster or a difference, the digest that its file is named by, and the ``place`` of that. ``scenes`` are those
    that a difference is computed of."""

    record: Raster | Difference
    digest: str
    place: Path
    scenes: tuple[Raster, ...] = ()

    @property
    def path(self) -> Path | None:
        """The file; None where it is not there, as that of a difference that was not computed."""
        return self.place if self.digest and self.place.is_file() else None

    @property
    def address(self) -> str:
        """Where the file is downloaded."""
        return f"/rasters/{self.record.id}.tif"

    @property
    def bytes(self) -> int | None:
        """The size of the file; None where it is not there."""
        return self.place.stat().st_size if self.path else None

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file; blank where it is not there."""
        if self.path is None:
            return ""
        return self.digest if isinstance(self.record, Raster) else _sha256(self.path)


def stocked(atlas: Atlas, lake: str) -> Mapping[str, Stocked]:
    """Every raster and difference by its id, rasters first; ``lake`` is the address of the lake."""
    found = [
        Stocked(each, each.sha256 or "", imagery.where(lake, each.sha256 or "")) for each in atlas.rasters.values()
    ]
    indices = indices_of(atlas.indices)
    for each in atlas.differences.values():
        index = indices[each.index]
        before, after = scenes_of(each, index, atlas.rasters)
        name = digest(each, index, before, after)
        found.append(Stocked(each, name, imagery.where(lake, name), (*before, *after)))
    return {each.record.id: each for each in found}


@lru_cache(_KEPT)
def _sha256(path: Path) -> str:
    return files.sha256(path)

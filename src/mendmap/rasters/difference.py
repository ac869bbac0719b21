"""What an index became from one season to another: which scenes tell it, and the name of what is computed of them.

Not here: where the result is kept (``lake.imagery``), and what it says of a site (``load.differences``).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from mendmap.catalogue.imagery import Difference, Index, Raster
from mendmap.rasters.indices import bands_of
from mendmap.words.dates import Period

# Counted up where the same scenes would give another result.
_VERSION = 1
# Of a raster's record, what its values depend on.
_READ_BY = ("sha256", "bands", "classes", "scale", "offset", "nodata")


def scenes_of(
    difference: Difference, index: Index, rasters: Mapping[str, Raster]
) -> tuple[tuple[Raster, ...], tuple[Raster, ...]]:
    """The scenes of the season before and of that after, each in order of day: those that were taken within it and
    have the bands of ``index``, which is the difference's."""
    wanted = set(bands_of(index))
    able = [each for each in rasters.values() if each.shows == "scene" and wanted <= set(each.bands)]
    return _within(difference.before, able), _within(difference.after, able)


def _within(season: Period, scenes: Iterable[Raster]) -> tuple[Raster, ...]:
    found = [
        each for each in scenes if each.taken and season.first <= each.taken.first <= each.taken.last <= season.last
    ]
    return tuple(sorted(found, key=lambda each: (each.taken.first if each.taken else season.first, each.id)))


def digest(difference: Difference, index: Index, before: Sequence[Raster], after: Sequence[Raster]) -> str:
    """The SHA-256, in hex, of all that the result is computed of: the files and how they are read, the expression, the
    least change, and the way of computing. Two differences of the same scenes are one."""
    seasons = [[[getattr(each, name) for name in _READ_BY] for each in scenes] for scenes in (before, after)]
    said = json.dumps([_VERSION, index.expression, difference.least, seasons])
    return hashlib.sha256(said.encode()).hexdigest()

"""Computes the differences of a catalogue into its lake, and what of each site rose and fell: readings, in hectares.

A difference is kept by a digest of all that it is computed of, so it is computed once; what cannot be computed is said,
and the others go on. Not here: the pixels (``rasters.difference``), and how readings come into the lake (``ingest``).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from mendmap.atlas.model import Atlas
from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.errors import RasterError
from mendmap.lake import imagery
from mendmap.rasters import difference as differing
from mendmap.rasters.pictures import indices_of
from mendmap.rasters.zonal import LEAST_CLEAR, Job, Measured, Outline, measure, outline, wanted

# What is summed up of a difference inside an outline: an expression of its band of significance that is 1 or more where
# a pixel counts.
_COUNTED = {"rose": "significant", "fell": "-significant", "judged": "0 * significant + 1"}


@dataclass(frozen=True, slots=True)
class Area:
    """What of a site's outline rose, fell, and could be judged at all, in hectares; ``share`` of it could be, 0 to 1,
    which are ``pixels``. Where nothing could, ``reason`` is a word of ``vocabulary.UNMEASURED``, and all are 0."""

    site: str
    rose: float = 0.0
    fell: float = 0.0
    judged: float = 0.0
    share: float = 0.0
    pixels: int = 0
    reason: str | None = None

    @property
    def unjudged(self) -> float:
        """The hectares of the outline that could not be judged."""
        return self.judged * (1 - self.share) / self.share if self.share else 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A difference with its index and scenes, and the digest that it is kept by."""

    difference: Difference
    index: Index
    before: tuple[Raster, ...]
    after: tuple[Raster, ...]

    @property
    def digest(self) -> str:
        return differing.digest(self.difference, self.index, self.before, self.after)


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of a difference: whether it was ``computed`` now, and the area of each site; or a ``complaint``."""

    asked: Asked
    computed: bool = False
    areas: tuple[Area, ...] = ()
    complaint: str = ""


def asked(atlas: Atlas) -> list[Asked]:
    """Every difference of a catalogue, in file order."""
    indices = indices_of(atlas.indices)
    return [
        Asked(each, indices[each.index], *differing.scenes_of(each, indices[each.index], atlas.rasters))
        for each in atlas.differences.values()
    ]


def renew(address: str, atlas: Atlas, executor: Executor | None = None) -> Iterator[Renewed]:
    """Computes the differences whose files are not in the lake at ``address``, on ``executor`` where there is one, and
    the areas of every one; in file order."""
    every = asked(atlas)
    missing = [each for each in every if not imagery.where(address, each.digest).exists()]
    made = (executor.map if executor else map)(partial(_compute, address), missing)
    complaints = {each.difference.id: complaint for each, complaint in zip(missing, made, strict=True)}
    for each in every:
        complaint = complaints.get(each.difference.id, "")
        areas = () if complaint else tuple(_areas(imagery.where(address, each.digest), atlas, each.difference))
        yield Renewed(each, each.difference.id in complaints and not complaint, areas, complaint)


def _compute(address: str, of: Asked) -> str:
    """Computes a difference into its place; returns the complaint where it cannot be."""
    try:
        before, after = (
            [(each, imagery.where(address, each.sha256 or "")) for each in some] for some in (of.before, of.after)
        )
        with imagery.landing(address, of.digest) as target:
            differing.make(of.difference, of.index, before, after, target)
    except (OSError, RasterError) as error:
        return str(error)
    return ""


def _areas(path: Path, atlas: Atlas, difference: Difference) -> Iterator[Area]:
    """What rose and fell inside each site that a difference is wanted of, by exact coverage of its pixels."""
    indices = {name: _index(name, expression) for name, expression in _COUNTED.items()}
    statistics = [_area(name) for name in _COUNTED]
    outlines = tuple(_outlines(atlas, difference))
    found = measure(Job(_as_raster(difference, path), path, wanted(statistics, indices), outlines))
    of_site: dict[str, dict[str, Measured]] = {}
    for each in found:
        of_site.setdefault(each.site, {})[each.zonal] = each
    for site, measured in of_site.items():
        judged = measured["judged"]
        if judged.value is None or judged.clear_share is None:
            yield Area(site, reason=judged.reason)
            continue
        hectares = [measured[name].value or 0.0 for name in _COUNTED]
        yield Area(site, *hectares, share=judged.clear_share, pixels=round(judged.pixels))


def _outlines(atlas: Atlas, difference: Difference) -> Iterator[Outline]:
    for each in atlas.of_role("site"):
        if not difference.sites or each.id in difference.sites:
            yield outline(each.id, each.geometry, each.properties["basis"])


def readings(atlas: Atlas, found: Iterable[Renewed]) -> Iterator[Mapping[str, object]]:
    """The rows, in the columns of our tidy CSV, of what rose inside each site: from the first day before to the last
    after, with the area that could not be judged as its uncertainty; missing where that is more than half."""
    for each in found:
        if each.asked.difference.parameter:
            for area in each.areas:
                if not area.reason:
                    yield _reading(atlas, each.asked, area)


def _reading(atlas: Atlas, of: Asked, area: Area) -> Mapping[str, object]:
    zone = ZoneInfo(atlas.place.zone)
    first, end = of.difference.before.first, of.difference.after.last + dt.timedelta(days=1)
    start_at, end_at = (dt.datetime.combine(day, dt.time(), zone).isoformat() for day in (first, end))
    sound = area.share >= LEAST_CLEAR
    seasons = ["; ".join(each.id for each in scenes) for scenes in (of.before, of.after)]
    return {
        "station": area.site,
        "parameter": of.difference.parameter,
        "averaging": "sample",
        "method": of.difference.id,
        "start": start_at,
        "end": end_at,
        "value": round(area.rose, 4) if sound else "",
        "unit": "ha",
        "uncertainty": round(area.unjudged, 4) if sound else "",
        "samples": area.pixels,
        "quality": "valid" if sound else "missing",
        "source": of.after[-1].source,
        "note": f"Before: {seasons[0]}. After: {seasons[1]}. Of the outline {area.share:.1%} could be judged; "
        f"{area.fell:.2f} ha fell.",
    }


def _as_raster(difference: Difference, path: Path) -> Raster:
    """A difference as what its pixels are read by."""
    blank = dict.fromkeys(each for each in Raster.__dataclass_fields__)
    return Raster(**{**blank, "id": difference.id, "file": path.name, "shows": "scene", "bands": differing.BANDS})


def _index(name: str, expression: str) -> Index:
    return Index(id=name, name={}, expression=expression, low=0, high=1, palette="greys", note=None)


def _area(name: str) -> Zonal:
    return Zonal(
        id=name,
        index=name,
        statistic="area_above",
        threshold=1.0,
        parameter="",
        sites=(),
        least_clear=0.0,
        note=None,
    )

"""Differences of a catalogue: computed into its lake, and what of each site rose and fell, as readings in hectares.

A difference is kept by a digest of all that it is computed of, so it is computed once; what cannot be computed is said,
and the others go on. Not here: the pixels (``rasters.difference``), and how readings come into the lake (``measure``).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from mendmap.catalogue.imagery import Difference, Index, Raster
from mendmap.errors import RasterError
from mendmap.lake import imagery
from mendmap.load.outlined import Imagery, Key, Site, noted
from mendmap.rasters import difference as differing
from mendmap.rasters.expression import parse
from mendmap.rasters.zonal import LEAST_CLEAR, Job, Measured, measure, statistic
from mendmap.readings.tidy import series_id

# What is summed up of a difference inside an outline: an expression of its band of significance that is 1 or more where
# a pixel counts.
_COUNTED = {"rose": "significant", "fell": "-significant", "judged": "0 * significant + 1"}
# Counted up where the same pixels would give another number.
_METHOD = 1


@dataclass(frozen=True)
class Asked:
    """A difference with its index and scenes."""

    difference: Difference
    index: Index
    before: tuple[Raster, ...]
    after: tuple[Raster, ...]

    @cached_property
    def digest(self) -> str:
        """What its file is named by."""
        return differing.digest(self.difference, self.index, self.before, self.after)

    @property
    def rasters(self) -> tuple[Raster, ...]:
        """All its scenes."""
        return (*self.before, *self.after)


@dataclass(frozen=True, slots=True)
class Due:
    """A reading that a difference gives: of what rose inside a site."""

    site: Site
    asked: Asked
    zone: ZoneInfo

    @property
    def series(self) -> str:
        """The id of its series."""
        difference = self.asked.difference
        return series_id(self.site.outline.site, difference.parameter or "", "sample", difference.id)

    @property
    def start(self) -> dt.datetime:
        """When the first day before begins, by the clocks of the place."""
        return dt.datetime.combine(self.asked.difference.before.first, dt.time(), self.zone)

    @property
    def end(self) -> dt.datetime:
        """When the last day after ends."""
        return dt.datetime.combine(self.asked.difference.after.last + dt.timedelta(days=1), dt.time(), self.zone)

    @property
    def key(self) -> Key:
        """Which reading it is."""
        return self.series, self.start.astimezone(dt.UTC)

    @property
    def rasters(self) -> tuple[Raster, ...]:
        """The scenes that it is computed of."""
        return self.asked.rasters

    @property
    def digest(self) -> str:
        """A digest of all that it is computed of."""
        sources = [each.source for each in self.rasters]
        said = repr((_METHOD, self.asked.digest, self.site.digest, self.site.basis, sources))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Area:
    """What of a site's outline rose, fell, and could be judged at all, in hectares; ``share`` of it could be, 0 to 1,
    which are ``pixels``. None of it where the scenes show none of the site."""

    rose: float = 0.0
    fell: float = 0.0
    judged: float = 0.0
    share: float = 0.0
    pixels: int = 0

    @property
    def unjudged(self) -> float:
        """The hectares of the outline that could not be judged."""
        # Finer than a hundredth of a square metre it is only what adding up shares leaves.
        return round(self.judged * (1 - self.share) / self.share, 6) if self.share else 0.0


def asked(given: Imagery, rasters: Iterable[str] = ()) -> list[Asked]:
    """Every difference of a catalogue, in file order; or only those that some ``rasters`` are part of."""
    indices, some = given.indices, set(rasters)
    every = [
        Asked(each, indices[each.index], *differing.scenes_of(each, indices[each.index], given.rasters))
        for each in given.differences.values()
    ]
    return [each for each in every if not some or some & {raster.id for raster in each.rasters}]


def due(every: Iterable[Asked], sites: Sequence[Site], zone: ZoneInfo) -> list[Due]:
    """Every reading that differences give of some sites whose outline was theirs in the season after."""
    return [
        Due(site, each, zone)
        for each in every
        if each.difference.parameter and each.before and each.after
        for site in sites
        if (not each.difference.sites or site.outline.site in each.difference.sites)
        and site.held(each.difference.after)
    ]


def missing(address: str, every: Iterable[Asked]) -> list[Asked]:
    """Those whose file is not in the lake."""
    return [each for each in every if not imagery.where(address, each.digest).exists()]


def compute(address: str, some: Sequence[Asked], executor: Executor | None = None) -> dict[str, str]:
    """Computes the files of some differences, on ``executor`` where there is one. Why one cannot be computed, by its
    id; blank where it was."""
    found = (executor.map if executor else map)(partial(_compute, address), some)
    return {each.difference.id: complaint for each, complaint in zip(some, found, strict=True)}


def _compute(address: str, of: Asked) -> str:
    files = {each.id: imagery.where(address, each.sha256 or "") for each in of.rasters}
    gone = [each for each, path in files.items() if not path.is_file()]
    if gone:
        return f"the file of the raster {gone[0]} is not in the lake; load the folder again"
    before, after = ([(each, files[each.id]) for each in scenes] for scenes in (of.before, of.after))
    try:
        with imagery.landing(address, of.digest) as target:
            differing.make(of.difference, of.index, before, after, target)
    except (OSError, RasterError) as error:
        return str(error)
    return ""


def areas(path: Path, difference: Difference, sites: Iterable[Site]) -> dict[str, Area]:
    """What rose and fell inside each site, by exact coverage of the pixels of a difference's file."""
    wanted = tuple((statistic(name, name, "area_above", 1.0), parse(text)) for name, text in _COUNTED.items())
    outlines = tuple(each.outline for each in sites)
    found: dict[str, dict[str, Measured]] = {}
    for each in measure(Job(differing.as_raster(difference), path, wanted, outlines)):
        found.setdefault(each.site, {})[each.zonal] = each
    return {site: _summed(measured) for site, measured in found.items()}


def _summed(measured: Mapping[str, Measured]) -> Area:
    judged = measured["judged"]
    rose, fell, all_of_it = (measured[name].value or 0.0 for name in _COUNTED)
    return Area(rose, fell, all_of_it, judged.clear_share or 0.0, round(judged.pixels))


def rows(address: str, every: Iterable[Due]) -> Iterator[tuple[Due, dict[str, str]]]:
    """Readings in our tidy columns, with the area that could not be judged as their uncertainty; missing where more
    than half could not be. There are none of a difference whose file is not there, nor of a site that it does not
    show."""
    by_difference: dict[str, list[Due]] = {}
    for each in every:
        by_difference.setdefault(each.asked.difference.id, []).append(each)
    for some in by_difference.values():
        path = imagery.where(address, some[0].asked.digest)
        found = areas(path, some[0].asked.difference, [each.site for each in some]) if path.exists() else {}
        for each in some:
            area = found.get(each.site.outline.site, Area())
            if area.share:
                yield each, _row(each, area)


def _row(due: Due, area: Area) -> dict[str, str]:
    of = due.asked
    sound = area.share >= LEAST_CLEAR
    before, after = (", ".join(each.id for each in scenes) for scenes in (of.before, of.after))
    note = f"Scenes {before}, then {after}; {100 * area.share:.3g} % of the outline could be judged"
    if area.fell:
        note += f"; {area.fell:.4g} ha fell"
    return {
        "station": due.site.outline.site,
        "parameter": of.difference.parameter or "",
        "averaging": "sample",
        "method": of.difference.id,
        "start": due.start.isoformat(timespec="minutes"),
        "end": due.end.isoformat(timespec="minutes"),
        "value": f"{area.rose:.6g}" if sound else "",
        "unit": "ha",
        "uncertainty": f"{area.unjudged:.6g}" if sound else "",
        "samples": str(area.pixels),
        "quality": "valid" if sound else "missing",
        "source": of.after[-1].source,
        "note": noted(note, due.digest),
    }

"""Zonal statistics: what an index of a scene is inside outlines, each pixel weighed by the share that lies inside.

A figure does not depend on the other figures, sites and scenes that are asked for with it, nor on how many processes
work. Not here: how the shares are found (``coverage``), and what becomes of the figures (``load``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.imagery import Index, Raster, Zonal
from mendmap.rasters.coverage import Covered, Part, Scene
from mendmap.rasters.expression import Expression, parse
from mendmap.rasters.opened import opened
from mendmap.spread import in_order

# Of an outline's pixels at least so many must be clear, where the catalogue says nothing else.
LEAST_CLEAR = 0.5
# Coverages are kept in 32 bits: an outline that is half clear may be found to be a little less.
_TOLERANCE = 1e-6
# To find percentiles, all values are put in order: 800 square kilometres of pixels of 10 m, in about 300 MiB.
_MOST_ORDERED = 8_000_000
_PERCENTILES = {"p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}
_UNITS = {"share_above": "%", "clear_share": "%", "area_above": "ha"}
# Each process keeps blocks of the file it reads in so many bytes, and unpacks them in one thread.
_GDAL = {"GDAL_CACHEMAX": 256 * 2**20, "GDAL_NUM_THREADS": 1}
# Scenes that are under way or wait to be taken.
_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Outline:
    """A site's outline in degrees; or, where nothing can be measured in it, the ``reason``, a word of
    ``vocabulary.UNMEASURED``."""

    site: str
    geometry: BaseGeometry | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """All that is wanted of one scene. It can be sent to another process, which must see the file."""

    raster: Raster
    path: Path
    wanted: tuple[tuple[Zonal, Expression], ...]
    outlines: tuple[Outline, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """One statistic of one site in one scene. ``value`` is in ``unit`` (that of the index is 1), None where there is
    none, and then ``reason`` is a word of ``vocabulary.UNMEASURED``.

    ``pixels`` are those that were clear, each counted as the share of it inside the outline; ``touched`` the same, each
    counted as one. ``clear_share``, 0 to 1, is the share of the whole outline that was clear: what lies beyond the edge
    of the scene was not.
    """

    raster: str
    zonal: str
    site: str
    value: float | None
    unit: str
    pixels: float = 0.0
    touched: int = 0
    clear_share: float | None = None
    reason: str | None = None


def outline(site: str, geometry: BaseGeometry | None, basis: str | None) -> Outline:
    """A site as it can be measured: by an outline in degrees that is published or estimated."""
    if geometry is None or geometry.geom_type not in ("Polygon", "MultiPolygon"):
        return Outline(site, None, "no_outline")
    return Outline(site, geometry) if basis in ("published", "estimated") else Outline(site, None, "schematic")


def statistic(ident: str, index: str, statistic: str, threshold: float | None = None) -> Zonal:
    """A statistic that stands in no catalogue, of however little is clear."""
    return Zonal(
        id=ident,
        index=index,
        statistic=statistic,
        threshold=threshold,
        parameter="",
        sites=(),
        least_clear=0.0,
        note=None,
    )


def wanted(zonal: Iterable[Zonal], indices: Mapping[str, Index]) -> tuple[tuple[Zonal, Expression], ...]:
    """Statistics, each with its index's expression; ``indices`` are those that ``pictures.indices_of`` gives."""
    return tuple((each, parse(indices[each.index].expression)) for each in zonal)


def measure_all(jobs: Iterable[Job], executor: Executor | None = None) -> Iterator[tuple[Measured, ...]]:
    """What ``measure`` finds for each job, in their order; on ``executor``, a scene a call, or here where there is
    none. Raises as ``measure`` does."""
    if executor is None:
        yield from map(measure, jobs)
    else:
        yield from in_order(executor, measure, ((job,) for job in jobs), _AHEAD)


def measure(job: Job) -> tuple[Measured, ...]:
    """Every statistic of every site that it is wanted of, site by site, in the order of the job.

    mean: sum(c v) / sum(c), over clear pixels of value v and coverage c, the share of the pixel inside the outline.
    Percentiles: ``quantile``. share_above: sum(c where v reaches the threshold) / sum(c), in %. area_above: the same
    pixels' sum(c a) in ha, where a is the ground under a pixel on the WGS 84 ellipsoid and not on the raster's plane:
    in UTM that is up to 0.08 % more at the middle of a zone, in web Mercator half as much at 45 degrees; right to
    0.05 % for pixels of up to a tenth of a degree. clear_share: sum(c) over the outline's area in pixels, in %.

    Raises RasterError where the file cannot be read, or does not lie on a plane with north at its top.
    """
    usable = [(zonal, each) for zonal, each in job.wanted if set(each.bands) <= set(job.raster.bands)]
    wishes = {each.text: _Wish(each, [zonal for zonal, of in usable if of.text == each.text]) for _, each in usable}
    found: dict[tuple[str, str], _Tally | str] = {}
    if wishes:
        with rasterio.Env(**_GDAL), opened(job.path) as dataset:
            scene = Scene(dataset, job.raster, [each.expression for each in wishes.values()])
            found = _tallies(scene, list(wishes.values()), job.outlines)
    return tuple(
        _told(job, each, zonal, found.get((each.site, expression.text), "no_band"))
        for each in job.outlines
        for zonal, expression in job.wanted
        if not zonal.sites or each.site in zonal.sites
    )


class _Wish:
    """An index, and what the statistics that are wanted of it need."""

    def __init__(self, expression: Expression, zonal: Sequence[Zonal]) -> None:
        self.expression = expression
        self.ordered = any(each.statistic in _PERCENTILES for each in zonal)
        self.ground = any(each.statistic == "area_above" for each in zonal)
        above = [each for each in zonal if each.statistic in ("share_above", "area_above")]
        self.thresholds = {each.threshold for each in above if each.threshold is not None}


def _tallies(
    scene: Scene, wishes: Sequence[_Wish], outlines: Iterable[Outline]
) -> dict[tuple[str, str], "_Tally | str"]:
    """By site and index what is inside the site's outline, or why nothing can be."""
    found: dict[tuple[str, str], _Tally | str] = {}
    covered = Covered(scene, [each.expression for each in wishes], [each.ground for each in wishes])
    placed = [(each.site, each.reason or scene.plane.outline(each.geometry)) for each in outlines]
    # In the order in which they lie in the file, so that each block is unpacked about once.
    for site, shape in sorted(placed, key=lambda each: scene.order(each[1])):
        inside: Sequence[_Tally | str]
        if isinstance(shape, str):
            inside = [shape] * len(wishes)
        elif not scene.reaches(shape):
            inside = ["outside"] * len(wishes)
        else:
            inside = _inside(scene, covered, wishes, shape)
        found |= {(site, wish.expression.text): each for wish, each in zip(wishes, inside, strict=True)}
    return found


def _inside(scene: Scene, covered: Covered, wishes: Sequence[_Wish], shape: BaseGeometry) -> list["_Tally"]:
    tallies = [_Tally(wish, scene.pixels(shape)) for wish in wishes]
    for piece in scene.pieces(shape):
        for tally, part in zip(tallies, covered.inside(piece), strict=True):
            tally.add(part)
    for tally in tallies:
        tally.close()
    return tallies


class _Tally:
    """Sums of the clear pixels of an outline, which may come in several pieces."""

    def __init__(self, wish: _Wish, outline_pixels: float) -> None:
        self._outline_pixels = outline_pixels
        self.pixels, self.total, self.touched = 0.0, 0.0, 0
        self.above = dict.fromkeys(wish.thresholds, 0.0)
        self.above_m2 = dict.fromkeys(wish.thresholds, 0.0)
        self.percentiles: dict[str, float] = {}
        self._ordered: list[tuple[NDArray[np.float32], NDArray[np.float32]]] | None = [] if wish.ordered else None

    @property
    def clear_share(self) -> float:
        return min(1.0, self.pixels / self._outline_pixels)

    def add(self, part: Part) -> None:
        values, coverage, ground = part
        self.pixels += float(coverage.sum())
        self.touched += len(values)
        self.total += float((values * coverage).sum())
        for threshold in self.above:
            # In the 32 bits of the values, so that one that equals the threshold reaches it.
            high = values >= np.float32(threshold)
            self.above[threshold] += float(coverage[high].sum())
            if ground is not None:
                self.above_m2[threshold] += float((coverage[high] * ground[high]).sum())
        if self._ordered is not None and self.touched <= _MOST_ORDERED:
            self._ordered.append((values.astype(np.float32), coverage.astype(np.float32)))

    def close(self) -> None:
        """Finds the percentiles, and lets go of the values."""
        if self._ordered and 0 < self.touched <= _MOST_ORDERED:
            values, coverage = (np.concatenate(each) for each in zip(*self._ordered, strict=True))
            self.percentiles = dict(
                zip(_PERCENTILES, quantile(values, coverage, [*_PERCENTILES.values()]), strict=True)
            )
        self._ordered = None

    def value(self, zonal: Zonal) -> tuple[float | None, str | None]:
        """A statistic in its unit, or why there is none."""
        if zonal.statistic == "clear_share":
            return 100 * self.clear_share, None
        least = LEAST_CLEAR if zonal.least_clear is None else zonal.least_clear
        if not self.pixels or self.clear_share < least - _TOLERANCE:
            return None, "too_cloudy"
        if zonal.statistic in _PERCENTILES:
            found = self.percentiles.get(zonal.statistic)
            return found, "too_large" if found is None else None
        if zonal.statistic == "mean":
            return self.total / self.pixels, None
        assert zonal.threshold is not None, zonal.id
        if zonal.statistic == "share_above":
            return 100 * self.above[zonal.threshold] / self.pixels, None
        return self.above_m2[zonal.threshold] / 10_000, None


def quantile(values: NDArray[np.floating], coverage: NDArray[np.floating], shares: Sequence[float]) -> list[float]:
    """Values that shares, 0 to 1, of the coverage lie below, as exactextract's own ``quantile`` defines them.

    Of n different values in order, the k-th (from 0) of coverage w[k] stands at s[k] = k w[k] + (n - 1) sum(w[:k]);
    a share q of the last s is looked up between them, linearly. With equal coverages that is numpy's own percentile.
    Source: W. Huber, Weighted quantiles (Cross Validated, answer 13223), as WeightedQuantiles in exactextract 0.3.
    """
    order = np.argsort(values)
    known = values[order]
    first = np.flatnonzero(np.concatenate([[True], known[1:] != known[:-1]]))
    weights = np.add.reduceat(coverage[order], first, dtype=np.float64)
    before = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
    places = np.arange(len(first)) * weights + (len(first) - 1) * before
    return [float(each) for each in np.interp(np.array(shares) * places[-1], places, known[first])]


def _told(job: Job, of: Outline, zonal: Zonal, found: _Tally | str) -> Measured:
    unit = _UNITS.get(zonal.statistic, "1")
    if isinstance(found, str):
        return Measured(job.raster.id, zonal.id, of.site, None, unit, reason=of.reason or found)
    value, reason = found.value(zonal)
    return Measured(
        job.raster.id, zonal.id, of.site, value, unit, found.pixels, found.touched, found.clear_share, reason
    )

"""Which readings the imagery of a catalogue gives: of each site with an outline, each day it was seen, each statistic.

A reading is named by a digest of all that it is computed of, which stands at the end of its note: so what the lake
holds already, and what has changed since, is told without opening a raster.
Not here: computing them (``load.measure``), and what is computed (``rasters.zonal``).
"""

import datetime as dt
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.errors import NotFoundError
from mendmap.lake.contents import Contents
from mendmap.rasters.indices import bands_of
from mendmap.rasters.pictures import indices_of
from mendmap.rasters.zonal import Outline, outline
from mendmap.readings.tidy import series_id
from mendmap.words.dates import Period
from mendmap.words.phrases import Phrase, say
from mendmap.words.vocabulary import UNMEASURED

# Counted up where the same pixels would give another number.
_METHOD = 1
# Of a raster's record, what its values depend on, and what its readings say of it.
_READ_BY = ("id", "sha256", "bands", "classes", "scale", "offset", "nodata", "source")
Key = tuple[str, dt.datetime]  # series, and start in UTC
_DIGEST = re.compile(r"\(digest ([0-9a-f]{16})\)$")


@dataclass(frozen=True, slots=True)
class Site:
    """A site whose ``outline`` is known: its ``basis``, a word of ``vocabulary.BASES``; the first and the last day that
    it is of (ISO 8601 of any precision; None: always); and the ``digest`` of its shape."""

    outline: Outline
    basis: str
    since: str | None
    until: str | None
    digest: str

    def held(self, taken: Period) -> bool:
        """Whether it looked like that then."""
        begun = self.since is None or Period.parse(self.since).first <= taken.first
        return begun and (self.until is None or taken.last <= Period.parse(self.until).last)


@dataclass(frozen=True, slots=True)
class Left:
    """A site or raster that nothing is computed of, and why."""

    id: str
    reason: Phrase


@dataclass(frozen=True, slots=True)
class Due:
    """A reading that imagery gives: of a site, a statistic and a day (of a survey: some days), by the rasters of then.
    ``start`` and ``end`` are by the clocks of the place; ``digest`` is of all that it is computed of."""

    site: Site
    zonal: Zonal
    start: dt.datetime
    end: dt.datetime
    rasters: tuple[Raster, ...]
    digest: str

    @property
    def series(self) -> str:
        """The id of its series."""
        return series_id(self.site.outline.site, self.zonal.parameter, "sample", self.zonal.id)

    @property
    def key(self) -> Key:
        """Which reading it is."""
        return self.series, self.start.astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """All readings that scenes give, and what they give none of; and the ``sites`` that any are of, or may be."""

    due: tuple[Due, ...]
    left: tuple[Left, ...]
    sites: tuple[Site, ...] = ()


class Placed(Protocol):
    """A feature, of the lake or of an atlas."""

    @property
    def id(self) -> str: ...
    @property
    def geometry(self) -> BaseGeometry | None: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Imagery:
    """What readings of imagery are computed of, each by its id: sites, rasters, indices, also those that every
    catalogue has, and statistics; and the ``zone`` of the days of scenes."""

    sites: Mapping[str, Placed]
    rasters: Mapping[str, Raster]
    indices: Mapping[str, Index]
    zonal: Mapping[str, Zonal]
    zone: ZoneInfo
    differences: Mapping[str, Difference] = field(default_factory=dict)

    @classmethod
    def of(cls, held: Contents) -> "Imagery":
        """Of a catalogue."""
        layers = [body["id"] for body in held.records.get("layer", ()) if body["role"] == "site"]
        rows = {row.id: row for row in held.features.only(layers)}
        zone = ZoneInfo(held.records["catalogue"][0].get("zone", "UTC"))
        return cls(rows, held.of(Raster), indices_of(held.of(Index)), held.of(Zonal), zone, held.of(Difference))


def plan(given: Imagery, rasters: Collection[str] = (), sites: Collection[str] = ()) -> Plan:
    """The readings that imagery gives, or only those of some ``rasters`` and ``sites`` (empty: all).

    Rasters of one day are one reading, of whichever of them shows more of the site. Raises NotFoundError where one of
    the names is of nothing.
    """
    for what, names, choices in (("raster", rasters, given.rasters), ("site", sites, given.sites)):
        for each in names:
            if each not in choices:
                raise NotFoundError(what, each, list(choices))
    entries: list[Zonal | Difference] = [
        *given.zonal.values(),
        *(each for each in given.differences.values() if each.parameter),
    ]
    asked = {each for entry in entries for each in (entry.sites or given.sites)} & set(sites or given.sites)
    known, left = _sites(row for row in given.sites.values() if row.id in asked)
    due = []
    for entry in given.zonal.values():
        index = given.indices[entry.index]
        for taken, of_day in _days(given.rasters.values(), index):
            if not rasters or {each.id for each in of_day} & set(rasters):
                some = (each for each in known if not entry.sites or each.outline.site in entry.sites)
                due += [_due(each, entry, index, taken, of_day, given.zone) for each in some if each.held(taken)]
    left += _unused(given.rasters.values(), [given.indices[each.index] for each in given.zonal.values()])
    return Plan(tuple(due), tuple(left), tuple(known))


def _sites(rows: Iterable[Placed]) -> tuple[list[Site], list[Left]]:
    found: list[Site] = []
    left: list[Left] = []
    for row in rows:
        about = row.properties
        shape = outline(row.id, row.geometry, about["basis"])
        if shape.reason or shape.geometry is None:
            left.append(Left(row.id, UNMEASURED[shape.reason or "no_outline"]))
            continue
        digest = _digest(shapely.to_wkb(shape.geometry, byte_order=1))
        found.append(Site(shape, about["basis"], about.get("valid_from"), about.get("valid_to"), digest))
    return found, left


def _days(rasters: Iterable[Raster], index: Index) -> Iterator[tuple[Period, tuple[Raster, ...]]]:
    """The rasters that an index can be computed of, by when they were taken, in order of time and id."""
    dated = [(each.taken, each) for each in rasters if each.taken and _able(each, index)]
    ordered = sorted(dated, key=lambda each: (each[0].first, each[0].last, each[1].id))
    for _, some in groupby(ordered, lambda each: (each[0].first, each[0].last)):
        listed = list(some)
        yield listed[0][0], tuple(raster for _, raster in listed)


def _able(raster: Raster, index: Index) -> bool:
    return set(bands_of(index)) <= set(raster.bands)


def _unused(rasters: Iterable[Raster], indices: Collection[Index]) -> Iterator[Left]:
    """The rasters that no statistic is computed of. A model of the ground may have none, and nobody misses it."""
    for each in rasters:
        able = any(_able(each, index) for index in indices)
        if able and each.taken is None:
            yield Left(each.id, say("Nobody says when it was taken."))
        elif not able and indices and each.shows == "scene":
            yield Left(each.id, UNMEASURED["no_band"])


def _due(site: Site, zonal: Zonal, index: Index, taken: Period, rasters: tuple[Raster, ...], zone: ZoneInfo) -> Due:
    after = taken.last + dt.timedelta(days=1)
    start, end = (dt.datetime(each.year, each.month, each.day, tzinfo=zone) for each in (taken.first, after))
    said = [
        _METHOD,
        [site.digest, site.basis],
        [zonal.statistic, zonal.threshold, zonal.least_clear, index.expression],
        [[getattr(each, name) for name in _READ_BY] for each in rasters],
    ]
    return Due(site, zonal, start, end, rasters, _digest(orjson.dumps(said)))


def _digest(said: bytes) -> str:
    return hashlib.sha256(said).hexdigest()[:16]


def noted(text: str, digest: str) -> str:
    """A note that ends with the digest of what its reading is computed of."""
    return f"{text} (digest {digest})"


def digest_of(note: str | None) -> str | None:
    """The digest that a note ends with; None where it is of no such reading."""
    found = _DIGEST.search(note or "")
    return found[1] if found else None

"""Which readings the imagery of a catalogue gives: of each site with an outline, each day it was seen, each statistic.

A reading is named by a digest of all that it is computed of, which stands at the end of its note: so what the lake
holds already, and what has changed since, is told without opening a raster.
Not here: computing them (``load.measure``), and what is computed (``rasters.zonal``).
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

import orjson
import shapely

from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.errors import NotFoundError
from mendmap.lake.contents import Contents
from mendmap.lake.features import FeatureRow
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
    """A reading that the catalogue's imagery gives: of a site, a statistic and a day, by the rasters of that day."""

    site: Site
    zonal: Zonal
    taken: Period
    rasters: tuple[Raster, ...]
    digest: str

    @property
    def series(self) -> str:
        """The id of its series."""
        return series_id(self.site.outline.site, self.zonal.parameter, "sample", self.zonal.id)


@dataclass(frozen=True, slots=True)
class Plan:
    """All readings that imagery gives, and what it gives none of."""

    due: tuple[Due, ...]
    left: tuple[Left, ...]
    sites: tuple[Site, ...] = ()


def plan(held: Contents, rasters: Collection[str] = (), sites: Collection[str] = ()) -> Plan:
    """What the imagery of a catalogue gives, or only some ``rasters`` and ``sites`` of it (empty: all).

    Rasters of one day are one reading, whichever of them shows more of the site. Raises NotFoundError where one of
    the names is of nothing.
    """
    layers = [body["id"] for body in held.records.get("layer", ()) if body["role"] == "site"]
    rows = {row.id: row for row in held.features.only(layers)}
    known = held.of(Raster)
    for what, given, choices in (("raster", rasters, known), ("site", sites, rows)):
        for each in given:
            if each not in choices:
                raise NotFoundError(what, each, list(choices))
    zonal, indices = held.of(Zonal).values(), indices_of(held.of(Index))
    entries = (*zonal, *(each for each in held.of(Difference).values() if each.parameter))
    wanted = {each for entry in entries for each in (entry.sites or rows)} & set(sites or rows)
    sites_known, left = _sites(row for row in rows.values() if row.id in wanted)
    by_day = _days(known.values())
    due = [
        _due(site, entry, indices[entry.index], day, able)
        for entry in zonal
        for day, taken in by_day
        if (able := _able(taken, indices[entry.index])) and (not rasters or {each.id for each in able} & set(rasters))
        for site in sites_known
        if (not entry.sites or site.outline.site in entry.sites) and site.held(day)
    ]
    left += _unused(known.values(), [indices[entry.index] for entry in zonal])
    return Plan(tuple(due), tuple(left), tuple(sites_known))


def _sites(rows: Iterable[FeatureRow]) -> tuple[list[Site], list[Left]]:
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


def _days(rasters: Iterable[Raster]) -> list[tuple[Period, list[Raster]]]:
    """The rasters by when they were taken, in order of time and id."""
    dated = [(each.taken, each) for each in rasters if each.taken]
    ordered = sorted(dated, key=lambda each: (each[0].first, each[0].last, each[1].id))
    days = groupby(ordered, lambda each: (each[0].first, each[0].last))
    listed = [list(each) for _, each in days]
    return [(each[0][0], [raster for _, raster in each]) for each in listed]


def _able(rasters: Iterable[Raster], index: Index) -> tuple[Raster, ...]:
    bands = set(bands_of(index))
    return tuple(each for each in rasters if bands <= set(each.bands))


def _unused(rasters: Iterable[Raster], indices: list[Index]) -> Iterator[Left]:
    """The rasters that no statistic is computed of. A model of the ground has none, and nobody misses it."""
    for each in rasters:
        if each.shows == "scene" and indices and not any(_able([each], index) for index in indices):
            yield Left(each.id, UNMEASURED["no_band"])
        elif each.taken is None and any(_able([each], index) for index in indices):
            yield Left(each.id, say("Nobody says when it was taken."))


def _due(site: Site, zonal: Zonal, index: Index, taken: Period, rasters: tuple[Raster, ...]) -> Due:
    said = [
        _METHOD,
        [site.digest, site.basis],
        [zonal.statistic, zonal.threshold, zonal.least_clear, index.expression],
        [[getattr(each, name) for name in _READ_BY] for each in rasters],
    ]
    return Due(site, zonal, taken, rasters, _digest(orjson.dumps(said)))


def _digest(said: bytes) -> str:
    return hashlib.sha256(said).hexdigest()[:16]


def noted(text: str, digest: str) -> str:
    """A note that ends with the digest of what its reading is computed of."""
    return f"{text} (digest {digest})"


def digest_of(note: str | None) -> str | None:
    """The digest that a note ends with; None where it is of no such reading."""
    found = _DIGEST.search(note or "")
    return found[1] if found else None

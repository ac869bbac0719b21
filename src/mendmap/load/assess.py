"""Brings the answers of a lake up to date: which series a write touches, read, assessed a batch at a time, and
recorded with the write that caused it.

Not here: what readings amount to (``assess``), and how answers are kept (``lake.assessed``).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from math import nan
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mendmap.assess import series as answering
from mendmap.assess.model import ABOVE, ANSWERS, BELOW, NONE, Answers, Basis, Readings, SeriesKey
from mendmap.atlas.joins import join
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Limit, Parameter, Rule, Source, Work
from mendmap.lake import assessed, contents, ledger
from mendmap.lake.connection import Lake, open_lake
from mendmap.lake.contents import Contents
from mendmap.lake.write import Written, note
from mendmap.query.times import AsOf
from mendmap.readings.marks import epoch_us
from mendmap.readings.tidy import Reading

# Readings that are assessed at once: memory does not grow with those in the lake.
_BATCH_ROWS = 2_000_000
# Series that need no count before they are read.
_FEW = 16


@dataclass(frozen=True, slots=True)
class Frame:
    """What readings of a catalogue are assessed by: the ``basis``; by station, the works done at the sites it is
    joined to; and the sources whose readings are a biased sample."""

    catalogue: str
    basis: Basis
    works: Mapping[str, tuple[str, ...]]
    biased: tuple[str, ...]

    def key(self, ident: str) -> SeriesKey:
        """What a series is of, by its id."""
        station, parameter, averaging, method = (*ident.split("."), "")[:4]
        return SeriesKey(ident, station, parameter, averaging, method, self.works.get(station, ()))

    def law(self, parameter: str) -> tuple[object, ...]:
        """All that the answers of a parameter's series depend on beside readings and works."""
        basis = self.basis
        limits = [each for each in basis.limits.values() if each.parameter == parameter]
        rules = [basis.rules[each] for limit in limits for each in limit.rules if each in basis.rules]
        return basis.zone.key, self.biased, basis.parameters.get(parameter), limits, rules

    def done(self, key: SeriesKey) -> list[tuple[object, ...]]:
        """When the works were done that the answers of a series depend on."""
        return [(each, self.basis.works[each].begun, self.basis.works[each].finished) for each in key.works]


def frame(held: Contents) -> Frame:
    """What the readings of a catalogue are assessed by."""
    roles = {body["id"]: body["role"] for body in held.records.get("layer", ())}
    media = {body["id"]: frozenset(body["media"]) for body in held.records.get("layer", ())}
    catalogue, works = held.records["catalogue"][0], held.of(Work)
    sites, stations = (
        held.features.only(each for each, its in roles.items() if its == role) for role in ("site", "station")
    )
    done: dict[str, dict[str, None]] = {}
    for each in join(sites, stations, media, catalogue["near_m"]):
        for work in works.values():
            if each.site in work.sites:
                done.setdefault(each.station, {})[work.id] = None
    for work in works.values():
        for site in work.sites:
            done.setdefault(site, {})[work.id] = None
    basis = Basis(ZoneInfo(catalogue.get("zone", "UTC")), held.of(Parameter), held.of(Limit), held.of(Rule), works)
    placed = {place: tuple(sorted(each)) for place, each in done.items()}
    return Frame(held.catalogue, basis, placed, tuple(_biased(held.of(Source))))


def _biased(sources: Mapping[str, Source]) -> Iterator[str]:
    return (each.id for each in sources.values() if each.sample == "biased")


def changed(old: Frame, new: Frame, series: Sequence[str]) -> list[str]:
    """Those of some series whose answers another frame may change."""
    keys = [(old.key(each), new.key(each)) for each in series]
    # There are few parameters, and limits are compared once for each.
    law = {each: old.law(each) != new.law(each) for each in {after.parameter for _, after in keys}}
    return [after.id for before, after in keys if law[after.parameter] or old.done(before) != new.done(after)]


@dataclass(frozen=True, slots=True)
class _Held:
    """A catalogue's readings in an open lake, as known at a number."""

    lake: Lake
    by: Frame
    number: int
    _counts: dict[str, int] = field(default_factory=dict)

    def counts(self) -> Mapping[str, int]:
        """How many readings every series has."""
        if not self._counts:
            self._counts.update(assessed.counted(self.lake, self.number, self.by.catalogue))
        return self._counts

    def at(self, stations: Collection[str], parameters: Collection[str]) -> list[str]:
        """The series of some parameters at some stations."""
        found: Iterable[str] = ()
        if len(stations) > _FEW:
            found = (each for each in self.counts() if self.by.key(each).station in stations)
        elif stations:
            found = assessed.at_stations(self.lake, self.number, self.by.catalogue, sorted(stations))
        return [each for each in found if self.by.key(each).parameter in parameters]

    def with_dependents(self, touched: Sequence[str]) -> list[str]:
        """The series touched, and those at the same stations whose limits depend on one of them."""
        depends = _depends(self.by.basis)
        keys = [self.by.key(each) for each in touched]
        causes = {each.station for each in keys if each.parameter in set().union(*depends.values())}
        return sorted({*touched, *self.at(causes, depends)})

    def with_beside(self, series: Sequence[str]) -> list[str]:
        """Some series, and those at the same stations that their limits depend on."""
        depends = _depends(self.by.basis)
        stations = {key.station for key in map(self.by.key, series) if key.parameter in depends}
        return sorted({*series, *self.at(stations, set().union(*depends.values()))})

    def batches(self, series: Sequence[str]) -> Iterator[list[str]]:
        """Some series at a time, all of a station together, in the order of their ids."""
        if len(series) <= _FEW:
            yield from [list(series)] if series else []
            return
        batch: list[str] = []
        rows, counts = 0, self.counts()
        for each in sorted(series):
            full = rows + counts.get(each, 0) > _BATCH_ROWS
            if batch and full and self.by.key(each).station != self.by.key(batch[-1]).station:
                yield batch
                batch, rows = [], 0
            batch.append(each)
            rows += counts.get(each, 0)
        yield batch

    def arrays(self, series: Sequence[str]) -> pa.Table:
        """The readings of some series, as ``lake.assessed`` gives them."""
        return assessed.arrays(self.lake, self.number, self.by.catalogue, series, self.by.biased)

    def submitted(self, series: Sequence[str], submit: Callable[..., "Future[pa.Table]"]) -> "Future[pa.Table]":
        """Reads some series, and has them assessed."""
        read = self.with_beside(series)
        keys = [self.by.key(each) for each in read]
        return submit(_assessed, keys, _readings(self.arrays(read)), self.by.basis, frozenset(series))

    def record(self, series: Sequence[str], found: "Future[pa.Table]") -> int:
        """Records the answers of some series, once they are found; returns how many changed."""
        return assessed.record(self.lake, self.number, self.by.catalogue, series, found.result())


def _depends(basis: Basis) -> dict[str, set[str]]:
    """The parameters that limits of another depend on, by that other."""
    found: dict[str, set[str]] = {}
    for each in basis.limits.values():
        if each.depends_on:
            found.setdefault(each.parameter, set()).add(each.depends_on)
    return found


def bring_up(lake: Lake, by: Frame, number: int, touched: Sequence[str], executor: Executor | None = None) -> int:
    """Assesses the series that a write touched, and those that depend on them, as known at its number, and records what
    changed. Part of the write's transaction. Returns how many answers changed."""
    held = _Held(lake, by, number)
    rows = 0
    with nullcontext(executor) if executor else ThreadPoolExecutor(1) as working:
        waiting: tuple[Sequence[str], Future[pa.Table]] | None = None
        for batch in held.batches(held.with_dependents(touched)):
            coming = batch, held.submitted(batch, working.submit)
            # One batch is read while the one before it is assessed.
            rows += held.record(*waiting) if waiting else 0
            waiting = coming
        return rows + (held.record(*waiting) if waiting else 0)


def answers(lake: Lake, by: Frame, number: int, series: Sequence[str]) -> pa.Table:
    """The answers of some series, assessed anew as known at a number; nothing is recorded."""
    held = _Held(lake, by, number)
    found = [held.submitted(batch, _at_once).result() for batch in held.batches(series)]
    return pa.concat_tables([ANSWERS.empty_table(), *found])


def after_readings(lake: Lake, catalogue: str, number: int) -> int:
    """What follows from a write of readings: their series are assessed as ``bring_up`` does."""
    by = frame_at(lake, catalogue, number)
    return bring_up(lake, by, number, assessed.touched(lake, number, catalogue)) if by else 0


def after_load(lake: Lake, catalogue: str, number: int) -> int:
    """What follows from a load: also series whose limits, works and the like it changed are assessed."""
    old, new = (frame_at(lake, catalogue, each) for each in (number - 1, number))
    if not new:
        return 0
    series = list(assessed.counted(lake, number, catalogue))
    some = changed(old, new, series) if old else series
    return bring_up(lake, new, number, sorted({*some, *assessed.touched(lake, number, catalogue)}))


def after_upgrade(lake: Lake, catalogue: str, number: int, executor: Executor | None = None) -> int:
    """What follows from assessing in another way than before: every series is assessed anew."""
    by = frame_at(lake, catalogue, number)
    return bring_up(lake, by, number, list(assessed.counted(lake, number, catalogue)), executor) if by else 0


def assess_anew(address: str, catalogue: str, executor: Executor | None = None) -> Written:
    """Assesses every series of a catalogue anew, and records what changed as a write of its own, if anything did: for
    a lake whose answers another version of mendmap found. Raises LakeError; then the lake is as it was."""
    with closing(open_lake(address)) as lake:
        chosen = contents.chosen(lake, catalogue)
        return note(lake, address, chosen, lambda number: after_upgrade(lake, chosen, number, executor))


def frame_at(lake: Lake, catalogue: str, number: int) -> Frame | None:
    """What readings are assessed by at a number; None where nothing of the catalogue was loaded by then."""
    held = contents.read(lake, replace(ledger.latest(lake), number=number), catalogue, series=False)
    return frame(held) if "catalogue" in held.records else None


def differing(address: str, catalogue: str, at: AsOf) -> tuple[int, list[tuple[str, ...]]]:
    """Assesses every series as known at a moment, and compares it with what was recorded then: how many answers there
    are, and the keys of those that differ."""
    with closing(open_lake(address)) as lake:
        chosen = contents.chosen(lake, catalogue)
        snapshot = ledger.known(lake, chosen, at)
        by = frame(contents.read(lake, snapshot, chosen, series=False))
        anew = answers(lake, by, snapshot.number, list(assessed.counted(lake, snapshot.number, chosen)))
        then = assessed.known(lake, snapshot.number, chosen)
        one, other = ({tuple(row.values())[:4]: row for row in each.to_pylist()} for each in (anew, then))
        wrong = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]
        return len(one), sorted(wrong)


def with_readings(address: str, atlas: Atlas, readings: Sequence[Reading]) -> Answers:
    """The answers of an atlas as they would be with other readings beside those of the lake, or in their place, and by
    the limits, rules and sources that the atlas has. Nothing is recorded."""
    with closing(open_lake(address)) as lake:
        number, catalogue = atlas.snapshot.number, atlas.place.id
        then = frame_at(lake, catalogue, number)
        assert then is not None
        basis = replace(then.basis, parameters=atlas.parameters, limits=atlas.limits, rules=atlas.rules)
        by = replace(then, basis=basis, biased=tuple(_biased(atlas.sources)))
        series = sorted({each.series for each in readings})
        held = _Held(lake, by, number)
        read = held.with_beside(series)
        both = _instead(held.arrays(read), read, readings, by)
        found = _assessed([by.key(each) for each in read], both, basis, frozenset(series))
    others = atlas.answers.table.filter(pc.invert(pc.is_in(atlas.answers.table["series"], pa.array(series))))
    return Answers(pa.concat_tables([others, found]))


_SOUND = ("valid", "preliminary")


def _instead(known: pa.Table, series: Sequence[str], readings: Sequence[Reading], by: Frame) -> Readings:
    """The readings known, those that others state anew replaced by them."""
    place = {each: nth for nth, each in enumerate(series)}
    rows = [
        {
            "code": place[each.series],
            "start": epoch_us(each.start),
            "end": epoch_us(each.end),
            "value": each.canonical if each.canonical is not None and each.quality in _SOUND else nan,
            "limit": nan if each.canonical_limit is None else each.canonical_limit,
            "below": int(each.qualifier.startswith("<")),
            "above": int(each.qualifier.startswith(">")),
            "biased": int(each.source in by.biased),
            "lost": int(each.quality not in _SOUND),
        }
        for each in readings
        if each.quality in _SOUND or "calibration" in each.flags
    ]
    stated = {(place[each.series], epoch_us(each.start), epoch_us(each.end)) for each in readings}
    keys = zip(*(known[name].to_pylist() for name in ("code", "start", "end")), strict=True)
    kept = known.filter(pa.array([key not in stated for key in keys], pa.bool_()))
    return _readings(pa.concat_tables([kept, pa.Table.from_pylist(rows, known.schema)]))


def _at_once(act: Callable[..., pa.Table], *given: object) -> "Future[pa.Table]":
    done: Future[pa.Table] = Future()
    done.set_result(act(*given))
    return done


def _assessed(keys: Sequence[SeriesKey], readings: Readings, basis: Basis, wanted: frozenset[str]) -> pa.Table:
    found = answering.assess(keys, readings, basis)
    if len(wanted) == len(keys):
        return found
    return found.filter(pc.is_in(found["series"], value_set=pa.array(sorted(wanted))))


def _readings(table: pa.Table) -> Readings:
    column = {name: table.column(name).to_numpy() for name in table.column_names}
    qualifier = np.where(column["below"], BELOW, np.where(column["above"], ABOVE, NONE)).astype(np.int8)
    truth = {name: column[name].astype(np.bool_) for name in ("biased", "lost")}
    limit = np.where(qualifier == BELOW, column["limit"], np.nan)
    return Readings(column["code"], column["start"], column["end"], column["value"], qualifier, limit, **truth)

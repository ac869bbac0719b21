"""Which limits and rules hold for a parameter, each with its value in the parameter's unit and its first and last year;
and the median, of samples of the same days, that chooses among limits that depend on another parameter.

Not here: the texts of the laws (the catalogue's rules and limits), and how they are applied (``verdicts``).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from mendmap.assess.calendar import HOUR, year, year_of
from mendmap.assess.grid import SHARE, Numbers, step
from mendmap.assess.model import BELOW, Basis, Floats, Readings, SeriesKey
from mendmap.assess.values import Marks
from mendmap.catalogue.records import Limit, Rule
from mendmap.units import factor


@dataclass(frozen=True, slots=True)
class Held:
    """A limit as one of its rules holds it against readings; ``value`` is in the parameter's canonical unit."""

    limit: Limit
    rule: Rule
    value: float

    @property
    def allowed(self) -> int:
        """How often it may be exceeded."""
        return self.limit.allowed_exceedances or 0 if self.rule.statistic == "exceedances" else 0

    @property
    def block_share(self) -> float:
        """The share of a block that must be there."""
        return SHARE if self.rule.block_share is None else self.rule.block_share

    def fits(self, median: Floats) -> Marks:
        """Whether it is the one to choose for medians of what it depends on; none is for NaN."""
        low, high = self.limit.depends_from, self.limit.depends_to
        fitting = ~np.isnan(median) if low is None else median >= low
        return fitting if high is None else fitting & (median < high)

    def applies(self, number: int) -> bool:
        """Whether it is held against a year, or the winter that ends in it: not after its end. Before its beginning
        it is, so that a limit to come can be seen beside those in force."""
        end = self.limit.applies_to
        begins = (number - 1, 10) if self.rule.period == "winter" else (number, 1)
        return end is None or (end.last.year, end.last.month) >= begins


def held(basis: Basis) -> Mapping[str, tuple[Held, ...]]:
    """The limits that can be assessed, by parameter, in the order of their ids. Raises UnitError where the unit of a
    limit cannot be turned into its parameter's."""
    found: dict[str, list[Held]] = {}
    for _, limit in sorted(basis.limits.items()):
        parameter = basis.parameters.get(limit.parameter)
        if parameter is None:
            continue
        value = limit.value * factor(limit.unit, parameter.unit, parameter.molar_mass)
        rules = [basis.rules[each] for each in limit.rules if each in basis.rules]
        found.setdefault(limit.parameter, []).extend(Held(limit, rule, value) for rule in rules)
    return {parameter: tuple(some) for parameter, some in found.items()}


def beside(basis: Basis, parameter: str) -> frozenset[str]:
    """The parameters whose series must be assessed together with those of ``parameter``, because a limit depends on
    them: either way round."""
    pairs = [(each.parameter, each.depends_on) for each in basis.limits.values() if each.depends_on]
    return frozenset(
        {other for one, other in pairs if one == parameter} | {one for one, other in pairs if other == parameter}
    )


@dataclass(frozen=True, slots=True)
class Medians:
    """The median of what a limit depends on, by series and year; ``key`` is sorted."""

    key: Numbers
    median: Floats

    def of(self, series: Numbers, number: Numbers) -> Floats:
        """The medians of some series and years; NaN where nothing was measured beside them."""
        wanted = series * _YEARS + number
        place = np.minimum(np.searchsorted(self.key, wanted), max(len(self.key) - 1, 0))
        if not len(self.key):
            return np.full(len(wanted), np.nan)
        return np.where(self.key[place] == wanted, self.median[place], np.nan)


_YEARS = 10_000


def medians(series: Sequence[SeriesKey], readings: Readings, zone: ZoneInfo, parameter: str, other: str) -> Medians:
    """The median of ``other`` for every series and year of ``parameter``: of what was measured of it at the same
    station on the same days (Directive 2008/105/EC, Annex I part A, note 6, as German OGewV, Anlage 8, applies it).
    What lies below detection counts half its limit; several values of a day count once, as their mean."""
    one, two = (_of_day(series, readings, zone, each) for each in (parameter, other))
    if not len(one.code) or not len(two.code):
        return Medians(np.zeros(0, np.int64), np.zeros(0))
    key = two.place
    order = np.lexsort((two.value, key))
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    sums = np.add.reduceat(two.value[order], first)
    means, days = sums / np.diff(first, append=len(order)), key[order][first]
    at = np.minimum(np.searchsorted(days, one.place), len(days) - 1)
    paired = days[at] == one.place
    owner, value = (one.code * _YEARS + one.year)[paired], means[at][paired]
    order = np.lexsort((value, owner))
    owner, value = owner[order], value[order]
    begin = np.flatnonzero(np.diff(owner, prepend=-1))
    count = np.diff(begin, append=len(owner))
    middle = (value[begin + (count - 1) // 2] + value[begin + count // 2]) / 2 if len(begin) else np.zeros(0)
    return Medians(owner[begin], middle)


@dataclass(frozen=True, slots=True)
class _Days:
    code: Numbers
    year: Numbers
    place: Numbers  # the same for readings of one station and day
    value: Floats


def _of_day(series: Sequence[SeriesKey], readings: Readings, zone: ZoneInfo, parameter: str) -> _Days:
    stations = {name: nth for nth, name in enumerate(sorted({each.station for each in series}))}
    chosen = np.array([each.parameter == parameter for each in series], np.bool_)
    rows = np.flatnonzero(chosen[readings.code])
    if not len(rows):
        none = np.zeros(0, np.int64)
        return _Days(none, none, none, np.zeros(0))
    code = readings.code[rows].astype(np.int64)
    middles = np.array([step(each.averaging).length // 2 for each in series], np.int64)
    moment = readings.start[rows] + middles[code]
    years = [year(zone, each) for each in range(year_of(zone, int(moment.min())), year_of(zone, int(moment.max())) + 1)]
    starts = np.concatenate([each.start + each.day_hours * HOUR for each in years])
    numbers = np.concatenate([np.full(each.days, each.number) for each in years])
    day = np.searchsorted(starts, moment, "right") - 1
    station = np.array([stations[each.station] for each in series], np.int64)[code]
    limit = readings.limit[rows]
    below = (readings.qualifier[rows] == BELOW) & ~np.isnan(limit)
    value = np.where(below, limit / 2, readings.value[rows])
    there = ~np.isnan(value)
    place = station * (1 << 32) + dt.date(years[0].number, 1, 1).toordinal() + day
    return _Days(code[there], numbers[day][there], place[there], value[there])

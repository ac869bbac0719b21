"""Synthetic readings, limits and rules for tests of assessments. Nothing in it is measured."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from mendmap.assess.model import ABOVE, BELOW, NONE, Basis, Readings, SeriesKey
from mendmap.catalogue.records import Limit, Parameter, Rule, from_plain

ZONE = ZoneInfo("Europe/Belgrade")
QUALIFIERS = {"": NONE, "<": BELOW, ">": ABOVE}
LENGTHS = {"1h": 3600, "24h": 86400, "10min": 600, "7d": 7 * 86400}
Row = tuple[dt.datetime, float] | tuple[dt.datetime, float, str] | tuple[dt.datetime, float, str, bool]


def parameter(ident: str = "so2", unit: str = "ug/m3", **more: Any) -> Parameter:
    """A parameter."""
    usual = {"id": ident, "name": {"en": ident}, "symbol": ident, "medium": "air", "unit": unit}
    return from_plain(Parameter, usual | more)


def rule(ident: str = "r", statistic: str = "exceedances", block: str = "hour", **more: Any) -> Rule:
    """A rule: 90 % of a year, unless it is said otherwise."""
    share = {} if block == "sample" else {"period_share": 0.9}
    usual = {"id": ident, "statistic": statistic, "block": block, "period": "year", **share}
    return from_plain(Rule, usual | {"clause": "made up", "basis": "read", "source": "survey"} | more)


def limit(value: float, rules: str = "r", ident: str = "l", **more: Any) -> Limit:
    """A limit of SO2."""
    usual = {"id": ident, "jurisdiction": "EU", "instrument": "made up", "parameter": "so2", "type": "limit"}
    usual |= {"averaging": "1h", "unit": "ug/m3", "basis": "read", "source": "survey"}
    return from_plain(Limit, usual | {"value": value, "rules": rules} | more)


def basis(*records: Parameter | Limit | Rule, zone: ZoneInfo = ZONE) -> Basis:
    """Limits with their rules; of parameters SO2 at least."""
    held = [parameter(), *records]

    def of(kind: type) -> dict[str, Any]:
        return {each.id: each for each in held if isinstance(each, kind)}

    return Basis(zone, of(Parameter), of(Limit), of(Rule), {})


def key(name: str = "so2.1h", station: str = "s") -> SeriesKey:
    """A series: parameter and averaging time, of a station."""
    what, averaging = name.split(".")
    return SeriesKey(f"{station}.{what}.{averaging}.", station, what, averaging, "")


def readings(series: Mapping[SeriesKey, Iterable[Row]]) -> tuple[list[SeriesKey], Readings]:
    """Readings of several series, each as start, value, qualifier and whether its source is biased."""
    keys = sorted(series, key=lambda each: each.id)
    rows = [
        (code, _micros(row[0]), LENGTHS.get(each.averaging, 0) * 1_000_000, float(row[1]), *row[2:])
        for code, each in enumerate(keys)
        for row in sorted(series[each], key=lambda row: row[0])
    ]
    code, start, length, value = (np.array([row[nth] for row in rows]) for nth in range(4))
    qualifier = np.array([QUALIFIERS[row[4]] if len(row) > 4 else NONE for row in rows], np.int8)
    biased = np.array([len(row) > 5 and bool(row[5]) for row in rows], np.bool_)
    below = qualifier == BELOW
    given = np.where(below, np.nan, value), qualifier, np.where(below, value, np.nan)
    code, start = code.astype(np.int32), start.astype(np.int64)
    return keys, Readings(code, start, start + length.astype(np.int64), *given, biased)


def hours(year: int, values: Iterable[float] | float = 1.0, zone: ZoneInfo = ZONE) -> list[tuple[dt.datetime, float]]:
    """One value for every hour of a local year, or the values given for its first hours."""
    start, end = (dt.datetime(each, 1, 1, tzinfo=zone).astimezone(dt.UTC) for each in (year, year + 1))
    count = int((end - start).total_seconds()) // 3600
    given = [float(values)] * count if isinstance(values, int | float) else list(values)
    return [(start + dt.timedelta(hours=nth), value) for nth, value in enumerate(given[:count])]


def days(year: int, values: Iterable[float] | float = 1.0) -> list[tuple[dt.datetime, float]]:
    """One value for every day of a local year, or the values given for its first days."""
    count = (dt.date(year + 1, 1, 1) - dt.date(year, 1, 1)).days
    given = [float(values)] * count if isinstance(values, int | float) else list(values)
    first = dt.date(year, 1, 1)
    return [
        (dt.datetime.combine(first + dt.timedelta(days=nth), dt.time(), ZONE).astimezone(dt.UTC), value)
        for nth, value in enumerate(given[:count])
    ]


def _micros(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)

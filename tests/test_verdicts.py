"""Properties of verdicts, and agreement with a plain slow computation. All readings are made up."""

import dataclasses
import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from conftest import ROOT, times
from hypothesis import given, settings
from hypothesis import strategies as st
from readings_of import ZONE, basis, days, hours, key, limit, readings, rule

from mendmap.assess.calendar import year, year_of
from mendmap.assess.model import KEY, Basis, Readings, SeriesKey
from mendmap.assess.rules import beside, held
from mendmap.assess.verdicts import assess
from mendmap.catalogue.records import Limit, Parameter, Rule
from mendmap.load.check import check

RULES = (
    limit(60, "hours", "a", allowed_exceedances=2),
    limit(40, "days", "b", allowed_exceedances=1),
    limit(20, "mean,winter", "c"),
    limit(50, "eight", "d"),
    limit(55, "alert", "e"),
    limit(30, "centile", "f"),
    limit(30, "every", "g"),
    limit(18, "average", "h"),
    limit(35, "excused", "i"),
    rule("hours"),
    rule("days", block="day"),
    rule("mean", "mean"),
    rule("winter", "mean", period="winter"),
    rule("eight", "highest", "8h"),
    rule("alert", "consecutive", times=3),
    rule("centile", "percentile", "day", percentile=99),
    rule("every", "highest", "sample"),
    rule("average", "annual_average", "sample", least=2),
    rule("excused", "four_of_five", "sample"),
)
BASIS = basis(*RULES)
SAMPLES = st.lists(
    st.tuples(
        st.integers(0, 3 * 365),
        st.floats(0, 80).map(lambda value: round(value, 2)),
        st.sampled_from(["", "", "<", ">"]),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda row: row[0],
)


def made(seed: int, number: int = 2021, share: float = 0.95) -> list[Any]:
    """Skewed hourly values of a year, some of them missing and some below detection; from a seed."""
    random = np.random.default_rng(seed)
    rows = hours(number)
    values = np.round(random.lognormal(2.6, 0.7, len(rows)), 1)
    kept = random.random(len(rows)) < share
    below = random.random(len(rows)) < 0.02
    return [(at, 2.0, "<") if below[nth] else (at, values[nth], "") for nth, (at, _) in enumerate(rows) if kept[nth]]


def sampled(rows: list[tuple[int, float, str]]) -> list[Any]:
    """Samples by the day they were taken on."""
    first = dt.datetime(2019, 1, 1, 9, tzinfo=dt.UTC)
    return [(first + dt.timedelta(days=day), value, qualifier) for day, value, qualifier in rows]


def shuffled(some: Readings, seed: int) -> Readings:
    order = np.random.default_rng(seed).permutation(len(some.code))
    values = {each.name: getattr(some, each.name) for each in dataclasses.fields(some)}
    return Readings(**{name: None if each is None else each[order] for name, each in values.items()})


def bytes_of(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


@settings(max_examples=times(5, 30))
@given(st.integers(0, 2**32), SAMPLES)
def test_the_order_of_rows_changes_nothing(seed: int, rows: list[tuple[int, float, str]]) -> None:
    keys, some = readings({key(): made(seed), key("so2.24h"): days(2020, 7), key("so2.sample"): sampled(rows)})
    assert bytes_of(assess(keys, some, BASIS).answers) == bytes_of(assess(keys, shuffled(some, seed), BASIS).answers)


def test_a_series_is_assessed_for_itself_whatever_stands_beside_it() -> None:
    series = {key(station=f"s{nth}"): made(nth) + made(nth, 2020, 0.3) for nth in range(5)}
    series |= {
        key("so2.sample", f"w{nth}"): sampled([(day * 9, day * 0.7 + nth, "") for day in range(5 * nth + 2)])
        for nth in range(9)
    }
    together = assess(*readings(series), BASIS).answers
    alone = [assess(*readings({one: rows}), BASIS).answers for one, rows in series.items()]
    assert together.equals(pa.concat_tables(alone).sort_by([(name, "ascending") for name in KEY]))


def test_answers_come_in_the_order_of_their_key() -> None:
    table = assess(*readings({key(station="b"): made(1), key(station="a"): made(2)}), BASIS).answers
    rows = [tuple(row[name] for name in KEY) for row in table.to_pylist()]
    assert rows == sorted(set(rows)) and len(rows) > 20


@settings(max_examples=times(20, 200))
@given(SAMPLES, st.sampled_from([0.001, 0.5, 3.0, 1000.0]))
def test_scaling_the_unit_scales_the_results(rows: list[tuple[int, float, str]], scale: float) -> None:
    bigger = [(day, value * scale, qualifier) for day, value, qualifier in rows]
    more = [dataclasses.replace(each, value=each.value * scale) if isinstance(each, Limit) else each for each in RULES]
    one = assess(*readings({key("so2.sample"): sampled(rows)}), BASIS).answers.to_pylist()
    other = assess(*readings({key("so2.sample"): sampled(bigger)}), basis(*more)).answers.to_pylist()
    for row, scaled in zip(one, other, strict=True):
        for name, value in row.items():
            wanted = value * scale if name in ("value", "low", "high") and value is not None else value
            assert scaled[name] == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


def test_a_limit_in_another_unit_is_the_same_limit() -> None:
    series = readings({key(): made(3)})
    milligrams = basis(limit(0.06, unit="mg/m3", allowed_exceedances=2), rule())
    micrograms = basis(limit(60, allowed_exceedances=2), rule())
    assert assess(*series, milligrams).answers.equals(assess(*series, micrograms).answers)


@settings(max_examples=times(30, 300))
@given(SAMPLES, st.integers(0, 3 * 365), st.floats(82, 500))
def test_a_sample_above_the_limit_never_turns_a_breach_into_its_opposite(
    rows: list[tuple[int, float, str]], day: int, value: float
) -> None:
    before = _outcomes({key("so2.sample"): sampled(rows)})
    added = [row for row in rows if row[0] != day] + [(day, value, "")]
    after = _outcomes({key("so2.sample"): sampled(added)})
    changed = {one for one, outcome in before.items() if outcome == "exceeds" and after.get(one) != "exceeds"}
    # A new sample moves the five that an earlier one is judged among; within, the year has none that is not excused.
    assert not {one for one in changed if after.get(one) == "within"}


@settings(max_examples=times(15, 100))
@given(st.integers(0, 2**32), st.sets(st.integers(0, 8759), min_size=1, max_size=60), st.floats(0.02, 1))
def test_hours_above_the_limit_never_turn_a_breach_into_its_opposite(seed: int, more: set[int], share: float) -> None:
    rows = made(seed, share=share)
    there = {row[0] for row in rows}
    added = rows + [(at, 500.0, "") for nth, (at, _) in enumerate(hours(2021)) if nth in more and at not in there]
    before, after = _outcomes({key(): rows}), _outcomes({key(): added})
    assert not {one for one, outcome in before.items() if outcome == "exceeds" and after.get(one) != "exceeds"}


def _outcomes(series: dict[SeriesKey, Any]) -> dict[tuple[str, ...], str]:
    rows = assess(*readings(series), BASIS).answers.to_pylist()
    return {tuple(row[name] for name in KEY): row["outcome"] for row in rows if row["against"]}


def test_one_reading_all_equal_and_all_below_detection() -> None:
    one = assess(*readings({key(): hours(2021, [7.0])}), BASIS).answers.to_pylist()
    plain = {row["statistic"]: row["value"] for row in one if not row["against"]}
    assert plain == dict.fromkeys(("highest", "least", "mean", "median", "p90", "p98"), 7.0)
    equal = assess(*readings({key(): hours(2021, 60.0)}), BASIS).answers.to_pylist()
    assert {row["value"] for row in equal if not row["against"]} == {60.0}
    assert {row["outcome"] for row in equal if row["against"] == "a"} == {"within"}
    below = assess(*readings({key(): [(at, 4.0, "<") for at, _ in hours(2021)]}), BASIS).answers.to_pylist()
    assert {row["below_detection"] for row in below if row["statistic"] == "mean" and row["period"] == "2021"} == {8760}
    (mean,) = (row for row in below if row["statistic"] == "mean" and not row["against"])
    assert (mean["value"], mean["low"], mean["high"]) == (2.0, 0.0, 4.0)
    assert {row["outcome"] for row in below if row["against"] in tuple("abdf")} == {"within"}


def test_no_readings_give_no_answers() -> None:
    empty = Readings(*(np.zeros(0, kind) for kind in (np.int32, np.int64, np.int64, float, np.int8, float, np.bool_)))
    found = assess([key()], empty, BASIS)
    assert found.answers.num_rows == 0 and found.months.value.shape == (1, 0, 12)


@pytest.mark.parametrize("seed", range(times(4, 40)))
def test_hours_agree_with_a_plain_slow_computation(seed: int) -> None:
    rows = made(seed, 2020, 0.9) + made(seed + 1, 2021, (0.99, 0.93, 0.85, 0.2)[seed % 4])
    table = assess(*readings({key(): rows}), BASIS).answers.to_pylist()
    found = {(row["period"], row["statistic"], row["against"]): row for row in table}
    for number in (2020, 2021):
        expected = _plainly(rows, number)
        for (statistic, against), wanted in expected.items():
            row = found[str(number), statistic, against]
            for name, value in wanted.items():
                assert row[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), (
                    row,
                    name,
                )


def _plainly(rows: list[Any], number: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Hours, days and running means one at a time, in plain Python."""
    at = {row[0]: row for row in rows}
    high = {moment: row[1] for moment, row in at.items()}
    low = {moment: 0.0 if row[2] == "<" else row[1] for moment, row in at.items()}
    half = {moment: row[1] / 2 if row[2] == "<" else row[1] for moment, row in at.items()}
    moments = [moment for moment, _ in hours(number)]
    there = [moment for moment in moments if moment in at]
    by_day: dict[dt.date, list[dt.datetime]] = {}
    for moment in moments:
        by_day.setdefault(moment.astimezone(ZONE).date(), []).append(moment)
    days_high, days_low, eight_high = [], [], []
    for members in by_day.values():
        some = [moment for moment in members if moment in at]
        if len(some) >= 0.75 * len(members):
            days_high.append(sum(high[each] for each in some) / len(some))
            days_low.append(sum(low[each] for each in some) / len(some))
        means = []
        for moment in members:
            window = [each for back in range(8) if (each := moment - dt.timedelta(hours=back)) in at]
            if len(window) >= 6:
                means.append(sum(high[each] for each in window) / len(window))
        if means:
            eight_high.append(max(means))
    step = dt.timedelta(hours=1)
    runs = [
        min(high[m - back * step] for back in range(3)) for m in moments if all(m - b * step in at for b in range(3))
    ]
    values = sorted(high[each] for each in there)
    mean = math.fsum(half[each] for each in there) / len(there)
    enough = len(there) >= 0.9 * len(moments)
    above = sum(low[each] > 60 for each in there)
    days_above = sum(each > 40 for each in days_low)
    certain = math.fsum(low[each] for each in there) / (len(there) if enough else len(moments)) > 20
    surely = (not enough and math.fsum(high[each] for each in there) / len(there) <= 20) or enough
    known = {"outcome": "exceeds" if certain else "undecidable" if not enough else "within"} if surely else {}
    return {
        ("mean", ""): {"value": mean, "count": len(there), "expected": len(moments)},
        ("median", ""): {"value": float(np.median(values))},
        ("p98", ""): {"value": float(np.quantile(values, 0.98))},
        ("highest", ""): {"value": values[-1]},
        ("least", ""): {"value": values[0]},
        ("exceedances", "a"): {
            "value": values[-3],
            "above": above,
            "outcome": "exceeds" if above > 2 else "within" if enough else "undecidable",
        },
        ("exceedances", "b"): {
            "value": sorted(days_high)[-2] if len(days_high) > 1 else None,
            "above": days_above,
            "count": len(days_high),
        },
        ("mean", "c"): {"value": mean} | known,
        ("highest", "d"): {"value": max(eight_high)},
        ("consecutive", "e"): {"value": max(runs)},
    }


def test_the_rules_of_the_flagship_are_all_used_and_every_limit_says_how_it_is_assessed() -> None:
    records = check(ROOT / "geodata", 100).records
    limits = [each for each in records if isinstance(each, Limit)]
    rules = {each.id for each in records if isinstance(each, Rule)}
    assert {each for one in limits for each in one.rules} == rules
    assert [each.id for each in limits if not each.rules and not each.note] == []
    parameters = {each.id: each for each in records if isinstance(each, Parameter)}
    everything = Basis(
        ZONE,
        parameters,
        {each.id: each for each in limits},
        {each.id: each for each in records if isinstance(each, Rule)},
        {},
    )
    assert sum(len(each) for each in held(everything).values()) == sum(len(each.rules) for each in limits)
    assert beside(everything, "cd_dissolved_water") == {"hardness_water"}
    assert beside(everything, "hardness_water") == {"cd_dissolved_water"}


@pytest.mark.parametrize("name", ["UTC", "Europe/Belgrade", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"])
def test_years_follow_one_another_in_every_zone(name: str) -> None:

    zone = ZoneInfo(name)
    for number in range(1990, 2030):
        this, following = year(zone, number), year(zone, number + 1)
        assert this.start + this.hours * 3_600_000_000 == following.start
        assert this.day_lengths.sum() == this.hours and this.days in (365, 366)
        assert (year_of(zone, this.start), year_of(zone, this.start - 1)) == (number, number - 1)
        assert len(this.month_hours) == 12

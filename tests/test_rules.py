"""Every rule by a worked example, computed by hand. All readings are made up."""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pytest
from place import Testford
from readings_of import ZONE, basis, days, hours, key, limit, parameter, readings, rule

from mendmap.assess.calendar import HOUR, year
from mendmap.assess.model import Answer, Basis, SeriesKey
from mendmap.assess.verdicts import assess
from mendmap.assess.words import sentence
from mendmap.errors import GeodataError
from mendmap.load.check import check


def held(series: dict[SeriesKey, Any], given: Basis, statistic: str, period: str = "") -> Answer:
    """The one answer of a statistic held against the limit ``l``."""
    table = assess(*readings(series), given).answers
    found = [Answer(**row) for row in table.to_pylist() if row["statistic"] == statistic and row["against"] == "l"]
    found = [each for each in found if period in ("", each.period)]
    assert len(found) == 1, found
    return found[0]


def with_peaks(rows: list[Any], peaks: int, value: float, every: int = 200) -> list[Any]:
    """The same rows, some of which are peaks."""
    return [(row[0], value if nth % every == 0 and nth // every < peaks else row[1]) for nth, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("peaks", "allowed", "outcome", "value"),
    [(24, 24, "within", 1.0), (25, 24, "exceeds", 351.0), (19, 18, "exceeds", 351.0)],
)
def test_so2_is_ruled_by_its_25th_and_no2_by_its_19th_hour(
    peaks: int, allowed: int, outcome: str, value: float
) -> None:
    given = basis(limit(350, allowed_exceedances=allowed), rule())
    found = held({key(): with_peaks(hours(2021), peaks, 351)}, given, "exceedances")
    assert (found.outcome, found.value, found.above) == (outcome, value, peaks)
    assert (found.count, found.expected, found.reason) == (8760, 8760, "")


@pytest.mark.parametrize(
    ("peaks", "allowed", "outcome"), [(3, 3, "within"), (4, 3, "exceeds"), (35, 35, "within"), (36, 35, "exceeds")]
)
def test_so2_is_ruled_by_its_4th_and_pm10_by_its_36th_day(peaks: int, allowed: int, outcome: str) -> None:
    given = basis(limit(50, allowed_exceedances=allowed), rule(block="day"))
    found = held({key("so2.24h"): with_peaks(days(2021), peaks, 51, every=5)}, given, "exceedances")
    assert (found.outcome, found.above, found.expected) == (outcome, peaks, 365)
    # The same days as hours, each all its day long.
    local = {moment.astimezone(ZONE).date(): value for moment, value in with_peaks(days(2021), peaks, 51, every=5)}
    rows = [(moment, local[moment.astimezone(ZONE).date()]) for moment, _ in hours(2021)]
    assert (held({key(): rows}, given, "exceedances").above, found.value) == (peaks, 51 if peaks > allowed else 1)


def test_a_value_at_the_limit_is_not_above_it_even_as_a_sum_of_decimals() -> None:
    given = basis(limit(0.1), rule(block="day"))
    assert held({key(): hours(2021, 0.1)}, given, "exceedances").outcome == "within"
    assert held({key(): hours(2021, 0.1)}, basis(limit(0.1), rule(statistic="mean")), "mean").outcome == "within"


def test_a_day_takes_18_of_its_24_hours() -> None:
    given = basis(limit(10), rule(block="day"))
    for there, count in ((17, 0), (18, 1)):
        found = held({key(): hours(2021, [20.0] * there)}, given, "exceedances")
        assert (found.count, found.above) == (count, count)


def test_days_of_23_and_25_hours_begin_and_end_at_local_midnight() -> None:
    calendar = year(ZONE, 2021)
    lengths = {int(each): dt.date(2021, 1, 1) + dt.timedelta(days=nth) for nth, each in enumerate(calendar.day_lengths)}
    assert (lengths[23], lengths[25], calendar.hours) == (dt.date(2021, 3, 28), dt.date(2021, 10, 31), 8760)
    assert (year(ZONE, 2020).days, year(ZONE, 2020).hours) == (366, 8784)
    assert calendar.start == int(dt.datetime(2020, 12, 31, 23, tzinfo=dt.UTC).timestamp()) * 1_000_000
    assert np.all(np.diff(calendar.day_hours) * HOUR == calendar.day_lengths[:-1] * HOUR)
    # 18 hours are enough of 23 (17.25), and too few of 25 (18.75).
    for day, there, count in (
        (dt.date(2021, 3, 28), 18, 1),
        (dt.date(2021, 10, 31), 18, 0),
        (dt.date(2021, 10, 31), 19, 1),
    ):
        begin = dt.datetime.combine(day, dt.time(), ZONE).astimezone(dt.UTC)
        rows = [(begin + dt.timedelta(hours=nth), 5.0) for nth in range(there)]
        assert held({key(): rows}, basis(limit(10), rule(block="day")), "exceedances").count == count


def test_a_leap_year_wants_its_own_hours() -> None:
    given = basis(limit(10), rule(statistic="mean"))
    for number, enough in ((2020, 7906), (2021, 7884)):  # 90 % of 8,784 is 7,905.6
        for there, outcome in ((enough, "within"), (enough - 1, "undecidable")):
            found = held({key(): hours(number, [1.0] * there)}, given, "mean")
            assert (found.outcome, found.count, found.expected) == (outcome, there, 8784 if number == 2020 else 8760)


def test_hours_lost_to_calibration_are_not_asked_for_where_the_law_says_so() -> None:
    keys, given = readings({key(): hours(2021, [1.0] * 8000)})
    lost = np.arange(8000) >= 7800  # 200 hours were lost, 760 are missing: 7,800 of 8,560 are 91 %
    given = dataclasses.replace(given, value=np.where(lost, np.nan, given.value), lost=lost)
    for losses, outcome, expected in (("left_out", "within", 8560), ("missing", "undecidable", 8760)):
        table = assess(keys, given, basis(limit(10), rule(statistic="mean", losses=losses))).answers.to_pylist()
        (found,) = (row for row in table if row["against"])
        assert (found["outcome"], found["count"], found["expected"]) == (outcome, 7800, expected)


def test_an_incomplete_year_is_a_breach_where_the_breaches_alone_are_too_many() -> None:
    given = basis(limit(350, allowed_exceedances=24), rule())
    for peaks, outcome, reason in ((24, "undecidable", "incomplete"), (25, "exceeds", "conclusive")):
        found = held({key(): hours(2021, [400.0] * peaks)}, given, "exceedances")
        assert (found.outcome, found.reason, found.above) == (outcome, reason, peaks)
    mean = basis(limit(40), rule(statistic="mean"))
    for value, outcome in ((400.0, "undecidable"), (401.0, "exceeds")):  # 876 hours are a tenth of the year
        assert held({key(): hours(2021, [value] * 876)}, mean, "mean").outcome == outcome


def test_the_highest_mean_of_eight_hours_is_of_the_day_on_which_it_ends() -> None:
    given = basis(limit(10), rule(statistic="highest", block="8h"))
    # From 20:00 on 31 December 2020 until 04:00: the mean of these eight hours is 16, and it ends on 1 January 2021.
    start = dt.datetime(2020, 12, 31, 20, tzinfo=ZONE).astimezone(dt.UTC)
    rows = dict(hours(2020)) | dict(hours(2021)) | {start + dt.timedelta(hours=nth): 16.0 for nth in range(8)}
    found = held({key(): list(rows.items())}, given, "highest", "2021")
    assert (found.value, found.above, found.outcome, found.expected) == (16.0, 1, "exceeds", 365)
    # On 31 December the last eight hours are four of 1 and four of 16.
    assert held({key(): list(rows.items())}, given, "highest", "2020").value == (4 * 1 + 4 * 16) / 8


def test_six_of_eight_hours_are_a_mean_and_five_are_none() -> None:
    given = basis(limit(10), rule(statistic="highest", block="8h"))
    for there, value in ((5, None), (6, 20.0)):
        found = held({key(): hours(2021, [20.0] * there)}, given, "highest")
        assert (found.value, found.count) == (value, 0)
    assert found.outcome == "exceeds" and found.reason == "conclusive"


def test_an_alert_takes_three_hours_in_a_row() -> None:
    given = basis(limit(500), rule(statistic="consecutive", times=3))
    for pattern, runs, outcome in (
        ([600, 600, 1, 600, 600], 0, "within"),
        ([600, 700, 650, 1, 510, 520, 530, 540], 2, "exceeds"),
        ([600, 600, np.nan, 600], 0, "within"),
    ):
        rows = [(moment, value) for moment, value in with_values(hours(2021), pattern) if not np.isnan(value)]
        found = held({key(): rows}, given, "consecutive")
        assert (found.above, found.outcome) == (runs, outcome)
    # Two hours of the old year and one of the new are an alert of the new.
    start = dt.datetime(2020, 12, 31, 22, tzinfo=ZONE).astimezone(dt.UTC)
    rows = list(
        (dict(hours(2020)) | dict(hours(2021)) | {start + dt.timedelta(hours=n): 600.0 for n in range(3)}).items()
    )
    assert held({key(): rows}, given, "consecutive", "2021").above == 1
    assert held({key(): rows}, given, "consecutive", "2020").above == 0


def with_values(rows: list[Any], values: list[float]) -> list[Any]:
    """The rows, the first of which have other values from the hundredth on."""
    return [(row[0], values[nth - 100] if 0 <= nth - 100 < len(values) else row[1]) for nth, row in enumerate(rows)]


def test_a_winter_runs_from_october_to_march() -> None:
    given = basis(limit(20), rule(statistic="mean", period="winter"))
    rows = [(at, 30.0 if at.astimezone(ZONE).month >= 10 else 12.0) for at, _ in hours(2020) + hours(2021)]
    found = held({key(): rows}, given, "mean", "2020-10/2021-03")
    # 92 days and the hour that October gives back at 30; 90 days less the hour that March takes at 12.
    assert (found.count, found.expected) == (2209 + 2159, 4368)
    assert found.value == pytest.approx((2209 * 30 + 2159 * 12) / 4368)
    assert (found.outcome, held({key(): rows}, given, "mean", "2019-10/2020-03").outcome) == ("exceeds", "undecidable")
    assert held({key(): rows}, given, "mean", "2021-10/2022-03").reason == "incomplete"  # 15 alone


def test_the_99th_percentile_lets_three_days_of_365_be_above() -> None:
    given = basis(limit(15), rule(statistic="percentile", block="day", percentile=99))
    for peaks, outcome, value in ((3, "within", 1.0), (4, "exceeds", 16.0)):
        found = held({key("so2.24h"): with_peaks(days(2021), peaks, 16, every=50)}, given, "percentile")
        assert (found.outcome, found.value, found.above) == (outcome, value, peaks)


def samples(number: int, *values: Any) -> list[Any]:
    """Samples of a year, one a month, each a value or a value with its qualifier."""
    moments = [dt.datetime(number, 1 + nth % 12, 10, 9, tzinfo=dt.UTC) for nth in range(len(values))]
    return [(at, *(each if isinstance(each, tuple) else (each,))) for at, each in zip(moments, values, strict=True)]


def test_the_annual_average_takes_half_of_what_lies_below_quantification() -> None:
    given = basis(limit(1.2), rule(statistic="annual_average", block="sample", least=4))
    found = held({key("so2.sample"): samples(2021, (1, "<"), 2, (1, "<"), 1.5)}, given, "annual_average")
    assert (found.value, found.low, found.high) == ((0.5 + 2 + 0.5 + 1.5) / 4, 3.5 / 4, 5.5 / 4)
    assert (found.outcome, found.count, found.below_detection) == ("within", 4, 2)
    few = held({key("so2.sample"): samples(2021, 1, 1, 1)}, given, "annual_average")
    assert (few.outcome, few.reason, few.expected) == ("undecidable", "incomplete", 4)
    assert held({key("so2.sample"): samples(2021, 5)}, given, "annual_average").reason == "conclusive"  # 5 / 4 > 1.2


def test_a_detection_limit_above_the_limit_decides_nothing() -> None:
    given = basis(limit(0.08), rule(statistic="annual_average", block="sample"))
    blind = held({key("so2.sample"): samples(2021, *[(0.5, "<")] * 12)}, given, "annual_average")
    assert (blind.outcome, blind.reason, blind.below_detection) == ("undecidable", "detection", 12)
    every = basis(limit(0.45), rule(statistic="highest", block="sample"))
    assert held({key("so2.sample"): samples(2021, (0.5, "<"), 0.1)}, every, "highest").reason == "detection"
    # Below the limit a non-detect is not above it, whatever it is.
    assert held({key("so2.sample"): samples(2021, (0.45, "<"), 0.1)}, every, "highest").outcome == "within"
    assert held({key("so2.sample"): samples(2021, (0.5, "<"), 0.6)}, every, "highest").outcome == "exceeds"
    # What lies above a range of measurement may lie anywhere above.
    assert held({key("so2.sample"): samples(2021, (0.4, ">"))}, every, "highest").reason == "detection"


def test_four_of_five_samples_excuse_one() -> None:
    given = basis(limit(1.0), rule(statistic="four_of_five", block="sample"))
    for values, unexcused in (
        ([0.5, 0.5, 0.5, 0.5, 1.9], 0),
        ([0.5, 0.5, 0.5, 0.5, 2.1], 1),  # more than double
        ([1.5, 0.5, 0.5, 0.5, 1.5], 2),  # the first has no four before it, the last is the second of five
        ([0.5, 0.5, 0.5, 1.5], 1),  # three before it are too few
    ):
        found = held({key("so2.sample"): samples(2021, *values)}, given, "four_of_five")
        assert (found.above, found.outcome) == (unexcused, "exceeds" if unexcused else "within"), values
    older = {key("so2.sample"): samples(2016, 0.5, 0.5, 0.5, 0.5) + samples(2021, 1.5)}
    assert held(older, given, "four_of_five", "2021").above == 1
    newer = {key("so2.sample"): samples(2020, 0.5, 0.5, 0.5, 0.5) + samples(2021, 1.5)}
    assert held(newer, given, "four_of_five", "2021").above == 0


def test_the_median_of_paired_hardness_chooses_the_limit() -> None:
    records = [
        parameter("cd", "ug/L"),
        parameter("hardness", "mg/L as CaCO3"),
        rule(statistic="highest", block="sample"),
    ]
    bounds = [(None, 40, 0.45), (40, 50, 0.5), (50, None, 0.6)]
    classes = [
        limit(
            value,
            ident=f"c{nth}",
            parameter="cd",
            unit="ug/L",
            depends_on="hardness",
            depends_from=low,
            depends_to=high,
        )
        for nth, (low, high, value) in enumerate(bounds)
    ]
    cadmium, hardness = samples(2021, 0.46, 0.2, 0.3), samples(2021, 30, 49, 60, 900)  # the fourth stands alone
    series = {key("cd.sample"): cadmium, key("hardness.sample"): hardness}
    table = assess(*readings(series), basis(*records, *classes)).answers.to_pylist()
    assert [(row["against"], row["outcome"]) for row in table if row["against"]] == [("c1", "within")]
    apart = {key("cd.sample"): cadmium, key("hardness.sample", "elsewhere"): hardness}
    table = assess(*readings(apart), basis(*records, *classes)).answers.to_pylist()
    assert {(row["outcome"], row["reason"]) for row in table if row["against"]} == {("undecidable", "unpaired")}


def test_a_biased_sample_can_only_say_at_least() -> None:
    given = basis(limit(350, allowed_exceedances=24), rule())
    rows = [(at, 400.0, "", True) for at, _ in hours(2021, [1] * 30)]
    few = held({key(): rows[:24]}, given, "exceedances")
    assert (few.outcome, few.reason, few.above) == ("undecidable", "biased", 24)
    many = held({key(): rows}, given, "exceedances")
    assert (many.outcome, many.reason, many.above) == ("exceeds", "biased", 30)
    table = assess(*readings({key(): rows}), given).answers.to_pylist()
    assert {row["statistic"] for row in table if not row["against"]} == {"highest"}
    mean = held({key(): rows}, basis(limit(20), rule(statistic="mean")), "mean")
    assert (mean.outcome, mean.reason, mean.value) == ("undecidable", "biased", None)


def test_averages_over_too_long_and_single_samples_decide_nothing_of_hours() -> None:
    given = basis(limit(10), rule())
    assert held({key("so2.24h"): days(2021, 20)}, given, "exceedances").reason == "coarse"
    assert held({key("so2.sample"): samples(2021, 20)}, given, "exceedances").reason == "samples"
    year_mean = basis(limit(10), rule(statistic="mean"))
    found = held({key("so2.24h"): days(2021, 20)}, year_mean, "mean")
    assert (found.outcome, found.count, found.expected) == ("exceeds", 365, 365)


def test_ten_minutes_become_hours_where_three_quarters_are_there() -> None:
    start = dt.datetime(2021, 5, 1, tzinfo=dt.UTC)
    for there, count in ((4, 0), (5, 1), (6, 1)):  # 40, 50 and 60 minutes of the hour
        rows = [(start + dt.timedelta(minutes=10 * nth), float(nth)) for nth in range(there)]
        found = held({key("so2.10min"): rows}, basis(limit(1), rule()), "exceedances")
        assert (found.count, found.above) == (count, count)


def test_a_repealed_limit_ends_and_one_to_come_is_assessed_already() -> None:
    rows = {key(): hours(2020) + hours(2021)}
    old = assess(*readings(rows), basis(limit(10, applies_to="2020-06-30"), rule())).answers.to_pylist()
    assert [row["period"] for row in old if row["against"]] == ["2020"]
    new = assess(*readings(rows), basis(limit(10, applies_from="2030-01-01"), rule())).answers.to_pylist()
    assert [row["period"] for row in new if row["against"]] == ["2020", "2021"]


def test_a_year_without_readings_between_others_has_no_data() -> None:
    rows = {key(): hours(2019, [1]) + hours(2021, [1])}
    found = held(rows, basis(limit(10), rule()), "exceedances", "2020")
    assert (found.outcome, found.count, found.expected) == ("no_data", 0, 8784)


def test_months_have_means_where_three_quarters_of_their_days_do() -> None:
    series = {key(): hours(2021, [2.0] * 24 * 31 + [4.0] * 24 * 20), key("so2.sample"): samples(2022, 3, (1, "<"))}
    found = assess(*readings(series), basis()).months
    assert (found.first, found.value.shape) == (2021, (2, 2, 12))
    assert found.value[0, 0, 0] == 2.0 and np.isnan(found.value[0, 0, 1])  # 20 of 28 days are too few
    assert found.value[1, 1, :2].tolist() == [3.0, 1.0] and found.below[1, 1, :2].tolist() == [False, True]


def test_the_words_say_the_numbers_and_the_reason() -> None:
    one, how = limit(0.35, allowed_exceedances=24, unit="mg/m3"), rule()
    given = basis(one, how)
    full = held({key(): with_peaks(hours(2021, [1] * 8512), 25, 351)}, given, "exceedances")
    assert sentence(full, one, how, parameter()) == (
        "25 h above 0.35 mg/m3 (= 350 ug/m3) in 2021; 24 are allowed; "
        "8,512 of 8,760 h were measured (97 %; 90 % are needed)"
    )
    biased = held({key(): [(at, 400.0, "", True) for at, _ in hours(2021, [1] * 3)]}, given, "exceedances")
    assert sentence(biased, one, how, parameter()).startswith("At least 3 h above")
    assert sentence(biased, one, how, parameter()).endswith(
        "the source prints only some of the values, such as those that exceed"
    )
    gap = held({key(): hours(2019, [1]) + hours(2021, [1])}, given, "exceedances", "2020")
    assert sentence(gap, one, how, parameter()) == "No readings of 2020; the limit is 0.35 mg/m3 (= 350 ug/m3)"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"statistic": "consecutive"}, "rule.csv:2: times: statistic consecutive takes 2 to 8 hours in a row"),
        (
            {"statistic": "percentile"},
            "rule.csv:2: percentile: statistic percentile takes a percentile between 0 and 100",
        ),
        ({"block": "sample"}, "rule.csv:2: block: statistic exceedances takes hour or 8h or day"),
        ({"period_share": "90"}, "rule.csv:2: period_share: a share is 0 to 1: 90"),
        ({"period_share": ""}, "rule.csv:2: period_share: a rule about hours or days needs it"),
        ({"period": "winter"}, "rule.csv:2: period: only the mean is computed of winters"),
        ({"id": "other"}, "limit.csv:2: rules: no such rule: 'hours'; choices: other"),
    ],
)
def test_a_rule_that_cannot_be_computed_is_a_fault(testford: Testford, change: dict[str, str], words: str) -> None:
    given = {"id": "hours", "statistic": "exceedances", "block": "hour", "period": "year", "period_share": "0.9"}
    testford.tables["rule"] = [given | {"clause": "made up", "basis": "read", "source": "survey"} | change]
    testford.tables["limit"][0]["rules"] = "hours"
    with pytest.raises(GeodataError) as raised:
        check(testford.write(), 100)
    assert words in str(raised.value)


def test_the_catalogue_names_the_zone_of_its_days(testford: Testford) -> None:
    assert check(testford.write(), 100).catalogue.zone == "UTC"
    testford.head += 'zone = "Europe/Belgrade"\n'
    assert check(testford.write(), 100).catalogue.zone == "Europe/Belgrade"
    testford.head = testford.head.replace("Belgrade", "Bor")
    with pytest.raises(GeodataError, match="zone: no such zone: 'Europe/Bor'; write Europe/Paris"):
        check(testford.write(), 100)

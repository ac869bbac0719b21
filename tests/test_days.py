"""Readings of whole days of the catalogue's zone are told as these days; all others by the clock, in UTC."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendmap.charts.axes import moment, time_ticks
from mendmap.web.wording import hours, local_day
from mendmap.words.dates import whole_days

BERLIN = "Europe/Berlin"
# In Santiago and Beirut clocks are put forward at midnight, so that some days have none.
ZONES = ["UTC", BERLIN, "America/Santiago", "Asia/Beirut", "Pacific/Auckland", "America/St_Johns"]


def midnight(day: str, zone: str = BERLIN) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2023-08-23", "2023-08-24", "23 August 2023"),
        ("2019-03-31", "2019-04-01", "31 March 2019"),  # of 23 hours
        ("2019-10-27", "2019-10-29", "27 October 2019 to 28 October 2019"),  # the first of 25
        ("2024-02-01", "2024-03-01", "February 2024"),
        ("2019-06-01", "2023-09-01", "June 2019 to August 2023"),
        ("2019-01-01", "2020-01-01", "2019"),
        ("2019-01-01", "2019-02-03", "1 January 2019 to 2 February 2019"),
    ],
)
def test_a_reading_of_whole_days_is_told_as_these(start: str, end: str, told: str) -> None:
    assert hours(midnight(start).isoformat(), midnight(end).isoformat(), BERLIN) == told


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2023-08-22T22:00Z", None, "22 August 2023, 22:00 UTC"),
        ("2023-08-22T22:00Z", "2023-08-22T23:00Z", "22 August 2023, 22:00 to 23:00 UTC"),
        ("2023-08-22T22:00Z", "2023-08-24T00:00Z", "22 August 2023, 22:00 to 24 August 2023, 00:00 UTC"),
        ("2023-08-23T00:00Z", "2023-08-24T00:00Z", "23 August 2023, 00:00 to 24 August 2023, 00:00 UTC"),
    ],
)
def test_any_other_is_told_by_the_clock_in_utc(start: str, end: str | None, told: str) -> None:
    assert hours(start, end, BERLIN) == told


def test_a_day_without_hours_is_one_of_the_catalogues_zone() -> None:
    assert local_day("2023-08-22T22:00:00+00:00", BERLIN) == "23 August 2023"
    assert local_day("2023-08-22T22:00:00+00:00", "UTC") == "22 August 2023"
    assert local_day(None, BERLIN) == ""


@given(
    zone=st.sampled_from(ZONES),
    first=st.dates(dt.date(1950, 1, 1), dt.date(2037, 12, 1)),
    length=st.integers(1, 1000),
    late=st.sampled_from([0, 1, 60, 3599]),
)
def test_days_of_every_zone_begin_and_end_at_its_midnights(zone: str, first: dt.date, length: int, late: int) -> None:
    after = first + dt.timedelta(days=length)
    start, end = midnight(first.isoformat(), zone), midnight(after.isoformat(), zone)
    found = whole_days(start, end + dt.timedelta(seconds=late), zone)
    assert (found and (found.first, found.last)) == (None if late else (first, after - dt.timedelta(days=1)))
    assert whole_days(end, start, zone) is None


def test_ticks_of_a_zone_are_its_midnights() -> None:
    zone = ZoneInfo(BERLIN)
    first, last = midnight("2019-03-30").timestamp(), midnight("2019-04-02").timestamp()
    ticks = time_ticks(first, last, 4, zone)
    # One of these days has 23 hours.
    assert [each for _, each in ticks] == ["30 Mar", "31 Mar", "1 Apr", "2 Apr"]
    assert {moment(each, zone).hour for each, _ in ticks} == {0}

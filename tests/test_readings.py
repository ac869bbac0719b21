"""Readings: what stands in a row becomes a reading in UTC and in the parameter's unit, unchanged where it counts."""

import datetime as dt

import pytest
from faults import faults_of
from place import Testford

from mendmap.load.check import check
from mendmap.readings.fields import AVERAGING
from mendmap.readings.tidy import Reading


def readings(place: Testford) -> list[Reading]:
    return list(check(place.write(), 100).readings)


def test_a_reading_is_the_sources_value_and_the_canonical_one(testford: Testford) -> None:
    first = readings(testford)[0]
    assert (first.value, first.unit, first.qualifier, first.detection_limit) == (0.5, "mg/L", "<", 0.5)
    assert [first.canonical, first.canonical_limit] == pytest.approx([500, 500])
    assert first.start == first.end == dt.datetime(2020, 5, 1, 8, 0, tzinfo=dt.UTC)
    assert first.series == "inlet.cu.sample"
    assert (first.file, first.row) == ("readings.csv", 2)


def test_a_missing_reading_is_kept_without_a_value(testford: Testford) -> None:
    (missing,) = [each for each in readings(testford) if each.quality == "missing"]
    assert (missing.value, missing.canonical) == (None, None)
    assert missing.start == dt.datetime(2021, 1, 1, 1, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize("averaging", AVERAGING)
def test_series_differ_by_averaging_time(averaging: str, testford: Testford) -> None:
    testford.rows.append(testford.rows[1] | {"averaging": averaging, "start": "2021-05-01T00:00+02:00"})
    assert readings(testford)[-1].series == f"inlet.cu.{averaging}"


@pytest.mark.parametrize(
    ("start", "end", "fine"),
    [
        ("2021-05-01T10:00+02:00", "2021-05-01T10:00+02:00", True),
        ("2021-05-01T10:00+02:00", "2021-05-01T08:00Z", True),
        ("2021-05-01T10:00+02:00", "2021-05-01T09:00+01:00", True),
        ("2021-05-01T10:00+02:00", "2021-05-01T07:59Z", False),
        ("2021-05-01T10:00+02:00", "2021-05-01T10:00+03:00", False),
        ("2021-10-31T02:30+02:00", "2021-10-31T02:30+01:00", True),
    ],
)
def test_start_and_end_are_compared_as_moments(start: str, end: str, fine: bool, testford: Testford) -> None:
    testford.rows[1] |= {"start": start, "end": end}
    if fine:
        assert len(readings(testford)) == 5
    else:
        assert faults_of(testford) == ["readings.csv:3: end: before start"]


@pytest.mark.parametrize(
    ("quality", "value", "said"),
    [
        ("valid", "1", ""),
        ("preliminary", "0", ""),
        ("invalid", "1", ""),
        ("missing", "", ""),
        ("missing", "0", "0 is given, but quality is missing"),
        ("valid", "", "a value is required, unless quality is missing or withdrawn"),
        ("invalid", "", "a value is required, unless quality is missing or withdrawn"),
    ],
)
def test_a_value_is_there_unless_it_is_missing(quality: str, value: str, said: str, testford: Testford) -> None:
    testford.rows[1] |= {"quality": quality, "value": value}
    if said:
        assert faults_of(testford) == [f"readings.csv:3: value: {said}"]
    else:
        assert len(readings(testford)) == 5


@pytest.mark.parametrize(
    ("change", "twins"),
    [
        ({}, True),
        ({"start": "2021-05-01T08:00Z"}, True),
        ({"value": "7", "source": "survey", "quality": "preliminary"}, True),
        ({"end": "2021-05-02T08:00Z"}, True),
        ({"start": "2021-05-01T08:00:01Z", "end": "2021-05-01T08:00:01Z"}, False),
        ({"averaging": "instant"}, False),
        ({"station": "ghost"}, False),
    ],
)
def test_one_series_has_one_reading_at_a_start(change: dict[str, str], twins: bool, testford: Testford) -> None:
    testford.rows.append(testford.rows[1] | change)
    if twins:
        expected = "readings.csv:7: start: line 3 has a reading of inlet.cu.sample at the same start"
        assert faults_of(testford) == [expected]
    else:
        assert len(readings(testford)) == 6


def test_flags_are_kept_in_order(testford: Testford) -> None:
    testford.rows[1]["flags"] = "station_unnamed, hour_label_ambiguous"
    assert readings(testford)[1].flags == "station_unnamed,hour_label_ambiguous"


def test_a_value_is_converted_once_and_the_sources_is_kept(testford: Testford) -> None:
    testford.rows[1] |= {"unit": "g/m³", "value": "0.1"}
    second = readings(testford)[1]
    assert (second.value, second.unit) == (0.1, "g/m³")
    assert second.canonical == pytest.approx(100)


def test_a_file_of_readings_may_be_empty_but_for_its_header(testford: Testford) -> None:
    folder = testford.write()
    header = (folder / "readings.csv").read_text("utf-8").splitlines()[0]
    (folder / "readings.csv").write_text(header + "\n", "utf-8")
    assert check(folder, 100).readings == ()

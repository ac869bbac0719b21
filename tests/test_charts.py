"""Charts: thinning keeps what matters, gaps and non-detects look like what they are, and the words tell it all."""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendmap.charts import points
from mendmap.charts.axes import moment, time_ticks, value_ticks
from mendmap.charts.draw import Chart, Line, draw
from mendmap.charts.points import COLUMNS, gather

START = dt.datetime(2021, 1, 1, tzinfo=dt.UTC).timestamp()
HOUR = 3600.0
SVG = "{http://www.w3.org/2000/svg}"


def batch(
    values: Sequence[float | None],
    hours: Sequence[int] | None = None,
    signs: Sequence[str] | None = None,
    qualities: Sequence[str] | None = None,
) -> pa.RecordBatch:
    """Hourly readings, synthetic."""
    count = len(values)
    starts = [START + HOUR * hour for hour in (hours or range(count))]
    stamp = pa.timestamp("us", tz="UTC")
    columns = [
        pa.array([dt.datetime.fromtimestamp(each, dt.UTC) for each in starts], stamp),
        pa.array([dt.datetime.fromtimestamp(each + HOUR, dt.UTC) for each in starts], stamp),
        pa.array(signs or [""] * count, pa.string()),
        pa.array(values, pa.float64()),
        pa.array(qualities or ["valid"] * count, pa.string()),
        pa.array(["survey"] * count, pa.string()),
        pa.nulls(count, pa.int64()),
    ]
    return pa.RecordBatch.from_arrays(columns, names=list(COLUMNS))


def chart(hours: float, step: float | None = HOUR, lines: tuple[Line, ...] = ()) -> Chart:
    return Chart("SO₂", "Town <Park> & more", "µg/m³", "averages over 1 hour", START, START + hours * HOUR, step, lines)


def read(body: bytes) -> tuple[ET.Element, str, list[str]]:
    """The drawing, its description, and its texts. ElementTree refuses what is not well-formed."""
    root = ET.fromstring(body)
    return root, root.findtext(f"{SVG}desc") or "", [each.text or "" for each in root.iter(f"{SVG}text")]


def lines_of(root: ET.Element) -> str:
    return "".join(each.get("d", "") for each in root.iter(f"{SVG}path") if each.get("stroke-linejoin"))


numbers = st.floats(-1e6, 1e6)


@given(st.lists(numbers, min_size=1, max_size=400), st.integers(1, 20), st.integers(1, 60))
def test_thinning_keeps_the_first_least_greatest_and_last_of_every_column(
    values: list[float], columns: int, cut: int
) -> None:
    whole = batch(values)
    parts = [whole.slice(nth, cut) for nth in range(0, len(values), cut)]
    last = START + len(values) * HOUR
    seen = gather(parts, START, last, columns, HOUR)
    assert seen.count == len(values)
    if not seen.thinned:
        assert list(seen.points.value) == values
        return
    assert len(seen.points) <= 4 * columns
    wide = (last - START) / columns
    at = np.array([min(columns - 1, int((nth + 0.5) * HOUR // wide)) for nth in range(len(values))])
    kept = np.array([min(columns - 1, int((each - START) // wide)) for each in seen.points.middle])
    for column in range(columns):
        here, there = np.array(values)[at == column], seen.points.value[kept == column]
        assert len(here) == 0 or (
            (here.min(), here.max(), here[0], here[-1]) == (there.min(), there.max(), there[0], there[-1])
        )
    assert seen.last is not None
    assert seen.last[2] == values[-1]
    assert set(zip(seen.points.start, seen.points.value, strict=True)) <= {
        (START + nth * HOUR, value) for nth, value in enumerate(values)
    }


def test_the_greatest_of_a_year_survives_in_the_picture_and_its_words() -> None:
    values = [10.0] * 8760
    values[5000] = 777.0
    root, told, texts = read(draw(chart(8760), [batch(values)]))
    assert "greatest 777 µg/m³" in told
    assert "8,760 readings" in told
    assert "Drawn: the first, least, greatest and last of each column" in texts
    heights = [float(each) for each in re.findall(r"[ML][\d.]+ ([\d.]+)", lines_of(root))]
    assert min(heights) < 60 < 200 < max(heights)
    assert len(draw(chart(8760), [batch(values)])) < 60_000


def test_the_line_breaks_where_readings_are_missing() -> None:
    hours = [0, 1, 2, 10, 11, 12, 30]
    root, told, _ = read(draw(chart(31), [batch([1.0] * 7, hours)]))
    assert lines_of(root).count("M") == 2  # the last stands alone, as a dot
    assert "Gaps in them, where the line is broken: 2." in told
    joined, told, _ = read(draw(chart(7), [batch([1.0] * 7)]))
    assert lines_of(joined).count("M") == 1
    assert "Gaps" not in told


def test_a_gap_is_seen_across_batches_and_a_missing_value_makes_one() -> None:
    parts = [batch([1.0, 2.0], [0, 1]), batch([3.0, None, 4.0], [2, 3, 4])]
    seen = gather(parts, START, START + 5 * HOUR, 100, HOUR)
    assert list(seen.points.run) == [1, 1, 1, 2]
    assert (seen.count, seen.missing, seen.gaps) == (5, 1, 1)


def test_samples_are_never_joined() -> None:
    root, _, _ = read(draw(chart(50, step=None), [batch([1.0, 2.0, 3.0], [0, 20, 40])]))
    assert lines_of(root) == ""
    dots = [each for each in root.iter(f"{SVG}path") if each.get("fill") == "#0f4c5c"]
    assert dots[0].get("d", "").count("M") == 3


def test_non_detects_and_invalid_readings_are_off_the_line_and_counted() -> None:
    qualities = ["valid", "valid", "valid", "invalid", "valid", "valid"]
    values = [1.0, 5.0, 2.0, 99.0, 3.0, 8.0]
    body = draw(chart(6), [batch(values, signs=["", "<", "", "", "", ">"], qualities=qualities)])
    root, told, texts = read(body)
    shapes = [each.get("d", "") for each in root.iter(f"{SVG}path") if each.get("stroke-width") == "1.1"]
    assert ["6z" in each for each in shapes] == [True, True, False]
    assert lines_of(root) == ""  # none of the three that are left has a neighbour
    assert "greatest 3 µg/m³" in told
    assert "Below their limit of detection, drawn as open triangles at it: 1." in told
    assert "Marked wrong by the source, drawn as crosses: 1." in told
    assert "▽ below detection: 1, △ above range: 1, ✕ marked wrong: 1" in texts


def test_few_averages_over_a_long_time_say_how_little_they_cover() -> None:
    _, told, texts = read(draw(chart(1000), [batch([1.0, 2.0], [0, 999])]))
    assert "Covers less than 1 % of this time; of the rest nothing is known" in texts
    assert "Covers less than 1 % of this time" in told


def test_limits_are_dashed_and_labelled_and_those_far_above_are_told() -> None:
    limits = (Line("limit (EU)", 20.0), Line("alert (EU)", 500.0), Line("later", 15.0, first=START + 9e9))
    root, told, texts = read(draw(chart(3, lines=limits), [batch([10.0, 12.0, 11.0])]))
    dashed = [each for each in root.iter(f"{SVG}path") if each.get("stroke-dasharray")]
    assert len(dashed) == 1
    assert "limit (EU): 20" in texts
    assert "Above the drawing: alert (EU) 500" in texts
    assert "alert (EU): 500 µg/m³." in told
    assert "later" not in told


def test_a_drawing_stands_alone_and_escapes_what_it_is_given() -> None:
    body = draw(chart(3), [batch([1.0, 2.0, 3.0])])
    root, told, _ = read(body)
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "t d")
    assert root.findtext(f"{SVG}title") == "SO₂ at Town <Park> & more"
    assert "UTC" in told
    assert not {"script", "style", "foreignObject", "image"} & {each.tag.removeprefix(SVG) for each in root.iter()}
    assert all(
        "style" not in each.attrib and not any(key.startswith("on") for key in each.attrib) for each in root.iter()
    )
    assert draw(chart(3), [batch([1.0, 2.0, 3.0])]) == body


@pytest.mark.parametrize("values", [[], [None, None], [5.0], [0.0], [-3.0, -2.0], [1e300, -1e300], [1e-12]])
def test_any_readings_can_be_drawn(values: list[float | None]) -> None:
    root, _, texts = read(draw(chart(24), [batch(values)]))
    assert ("No reading in this time" in texts) == (not values)
    assert "nan" not in ET.tostring(root, "unicode").lower().replace("nanosecond", "")


@given(numbers, st.floats(0, 1e6))
def test_ticks_of_values_are_few_in_order_and_enclose_them(least: float, span: float) -> None:
    ticks = value_ticks(least, least + span)
    assert 2 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    slack = 1e-6 * (1 + abs(least) + span)
    assert ticks[0] <= least + slack and ticks[-1] >= least + span - slack


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0.5, ["1 Jan", "03:00", "06:00", "09:00", "12:00"]),
        (1, ["1 Jan", "06:00", "12:00", "18:00", "2 Jan"]),
        (4, ["1 Jan", "2 Jan", "3 Jan", "4 Jan", "5 Jan"]),
        (9, ["1 Jan", "3 Jan", "5 Jan", "7 Jan", "9 Jan"]),
        (150, ["Jan 2021", "Feb", "Mar", "Apr", "May"]),
        (364, ["Jan 2021", "Mar", "May", "Jul", "Sep", "Nov"]),
        (1500, ["2021", "2022", "2023", "2024", "2025"]),
        (3650, ["2022", "2024", "2026", "2028", "2030"]),
    ],
)
def test_ticks_of_time_are_round_in_utc(days: float, words: list[str]) -> None:
    assert [each for _, each in time_ticks(START, START + days * 86400)] == words


def test_moments_before_1970_and_at_the_end_of_the_calendar_have_ticks() -> None:
    assert moment(-1e9).year == 1938
    assert time_ticks(-5e9, -4e9)
    assert time_ticks(2.5e11, 2.534e11)
    assert points.thinned(gather([], 0, 1, 5, None).points, 0, 1, 5).value.size == 0

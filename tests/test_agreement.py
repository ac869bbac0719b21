"""Our own columns are read twice over: row by row from a folder and from a post (``readings.tidy``), and millions at a
time by an ingest (``readings.settle``). Both give the same verdict, on the same columns, and the same readings."""

import csv
import dataclasses
import datetime as dt
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_files import PARAMETER, Table

from mendmap.readings import tidy
from mendmap.readings.claims import Options
from mendmap.readings.explain import REASONS
from mendmap.readings.fields import AVERAGING, READING
from mendmap.readings.formats import recognise
from mendmap.readings.opened import open_readings
from mendmap.readings.settle import settle
from mendmap.readings.told import Referents
from mendmap.words.vocabulary import FLAGS, QUALITIES

COLUMNS = tuple(each.name for each in READING)
PARAMETERS = {
    each: dataclasses.replace(PARAMETER, id=each, unit=unit)
    for each, unit in {"so2": "ug/m3", "no3": "mg/L as N", "ph": "pH"}.items()
}
STATIONS, SOURCES = ("gate", "bank-2"), ("survey", "lab_2024")
START = dt.datetime(2024, 2, 29, 10, tzinfo=dt.UTC)
Row = dict[str, str]


def words(text: str) -> list[str]:
    return text.split()


NUMBERS = ["0", "-0", "0.5", ".5", "5.", "+5", "1e3", "1E-3", "12345678901234567890", "1e300", "1e-320"]
NO_NUMBERS = [
    *words("""
    x 1,5 1_000 1e309 -1e400 nan inf -inf 0x10 1e =1+1 --1 1.2.3 ٣ ５ 1/2 <5 n.d. TRUE true 1e+ e5 1d 5% $5 '5'
"""),
    "1 000",
]
MOMENTS = words("""
    2024-02-29T10:00Z 2024-02-29T10:00:30+02:00 2024-02-29T10:00:30.250Z 1999-12-31T23:59:59.123456+14:00
    2024-10-27T02:30+01:00 2024-10-27T02:30+02:00 1801-01-01T00:00Z 2024-02-29T10:00:30.5Z
""")
NO_MOMENTS = [
    *words("""
    2023-02-29T10:00Z 2024-02-30T10:00Z 2024-13-01T10:00Z 2024-02-29 2024-02-29T10:00 0000-01-01T00:00Z 2024-02-29T10Z
    2024-02-29T24:00Z 2024-02-29T25:00Z 2024-02-29T10:60Z 2024-02-29T10:00:60Z 2024-02-29T10:00+25:00
    2024-02-29T10:00+2:00 2024-02-29T10:00+0200 20240229T1000Z 2024-02-29t10:00z now infinity -infinity epoch 1709200800
    2024-02-29T10:00Europe/Paris 12024-02-29T10:00Z -2024-02-29T10:00Z 2024-02-29T10:00:30.1234567Z 24-02-29T10:00Z
    0001-01-01T00:00Z 1799-12-31T23:00Z 2024-060T10:00Z 99999-12-31T23:59Z
    2024-02-29T10:00-00:00:30
"""),
    "2024-02-29 10:00Z",
    "29.02.2024 10:00",
    "2024-02-29T10:00 +01:00",
]

IDS = ["a", "0_5", "depth_0_5m", "A-b", "x" * 80]
NO_IDS = ["a b", "a.b", "ä", "_a", "-a", "x" * 81, "a,b", "=a", "a;b", "'"]
TEXTS = ["plain", "two\nlines", 'a "quoted" word', "naïve ш 🏭", "x" * 10_000, "'", "null", "NULL", "a,b;c", "1"]
NO_TEXTS = ["=1+1", "@x", "+5", "-5", "a\tb", "a\x07b", "x" * 10_001, "a\x7fb", "a\x85b"]
UNITS = ["ug/m3", "mg/m3", "µg/m³", "ng/m3", "g/m3"]
NO_UNITS = ["", "bucket", "mg/L as N", "ppb", "degC", "pH", "1", "ug m3", "9**9", "None", "x" * 200]

# What each column may hold, and what it may not, in a row that is sound otherwise.
CELLS: dict[str, tuple[list[str], list[str]]] = {
    "station": (list(STATIONS), ["", "nobody", "so2"]),
    "parameter": (["so2"], ["", "gold", "gate"]),
    "averaging": (list(AVERAGING), ["", "2h", "1H", "hour"]),
    "method": (["", *IDS], NO_IDS),
    "start": (MOMENTS, ["", *NO_MOMENTS]),
    "end": (MOMENTS, NO_MOMENTS),
    "qualifier": (["", "<", ">"], ["<=", "=", "x"]),
    "value": (NUMBERS, ["", *NO_NUMBERS]),
    "unit": (UNITS, NO_UNITS),
    "detection_limit": (["", *NUMBERS], NO_NUMBERS),
    "uncertainty": (["", *NUMBERS], NO_NUMBERS),
    "samples": (["", "0", "-0", "12", "5.", "+5", "1e3", "9007199254740992"],
                [*NO_NUMBERS, "0.5", "-1", "1e-320", "9007199254740994", "12345678901234567890", "1e300"]),
    "quality": ([each for each in QUALITIES if each not in ("missing", "withdrawn")], ["", "good", "Valid"]),
    "flags": (["", *FLAGS, ",".join(FLAGS)], ["odd", "station_unnamed,", ",", "station_unnamed;hour_repeated"]),
    "source": (list(SOURCES), ["", "hearsay", "Survey"]),
    "note": (["", *TEXTS], NO_TEXTS),
}  # fmt: skip


def row(nth: int, **cells: str) -> Row:
    """A sound row, at a start of its own, with other cells where they are given."""
    when = (START + nth * dt.timedelta(hours=1)).isoformat()
    usual = {"station": "gate", "parameter": "so2", "averaging": "instant", "start": when, "end": when, "value": "5"}
    return dict.fromkeys(COLUMNS, "") | usual | {"unit": "ug/m3", "quality": "valid", "source": "survey"} | cells


Verdict = tuple[set[str], dict[str, Any] | None]  # columns at fault, or the reading


def by_row(rows: list[Row]) -> list[Verdict]:
    known = {"feature": STATIONS, "parameter": PARAMETERS, "source": SOURCES}
    readings, faults = tidy.checked(list(enumerate(rows, 1)), PARAMETERS, known, "f")
    wrong: list[set[str]] = [set() for _ in rows]
    for fault in faults:
        wrong[fault.row - 1].add(fault.column)
    found = {each.row: {name: getattr(each, name) for name in VALUES} for each in readings}
    return [(columns, None if columns else found[nth]) for nth, columns in enumerate(wrong, 1)]


VALUES = (*COLUMNS, "canonical", "canonical_limit")
_JUDGED = """
    SELECT file_row, wrong, station, parameter, averaging, method, start_at AS start, end_at AS "end", qualifier, value,
           unit, detection_limit, uncertainty, samples, quality, flags, source, note
    FROM judged ORDER BY file_row"""


def by_sql(rows: list[Row]) -> list[Verdict]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        query = Table()
        query("SET TimeZone = 'UTC'")
        with query.connection, open_readings(path, 10_000_000) as file:
            form, options = recognise(file), Options()
            form.raw(query, file, options)
            known = Referents(dict.fromkeys(STATIONS), PARAMETERS, SOURCES)
            settle(query, form.claims(file, options), known, "", options, file.scratch)
            result = query(_JUDGED)
            names = [each[0] for each in result.description]
            judged = [dict(zip(names, each, strict=True)) for each in result.fetchall()]
    return [_verdict(each) for each in judged]


def _verdict(judged: dict[str, Any]) -> Verdict:
    wrong = judged.pop("wrong")
    del judged["file_row"]
    if wrong:
        return {each.column for bit, each in REASONS.items() if wrong & bit}, None
    scale = tidy.factor(judged["unit"], PARAMETERS[judged["parameter"]].unit)
    return set(), judged | {
        "canonical": None if judged["value"] is None else judged["value"] * scale,
        "canonical_limit": None if judged["detection_limit"] is None else judged["detection_limit"] * scale,
    }


def cells(name: str) -> st.SearchStrategy[Row]:
    sound, unsound = CELLS[name]
    return st.sampled_from(sound + unsound).map(lambda text: {name: text})


many = st.lists(
    st.lists(st.sampled_from(COLUMNS).flatmap(cells), min_size=1, max_size=3).map(
        lambda parts: {name: text for part in parts for name, text in part.items()}
    ),
    min_size=1,
    max_size=80,
)


@settings(max_examples=times(10, 300))
@given(many)
def test_both_readers_agree_on_rows_of_any_kind(changes: list[Row]) -> None:
    rows = [row(nth, **cells) for nth, cells in enumerate(changes)]
    for each, one, other in zip(rows, by_row(rows), by_sql(rows), strict=True):
        agree(each, one, other)


def agree(cells: Row, one: Verdict, other: Verdict) -> None:
    """The same verdict, and the same reading; of several columns that are wrong, at least one told by both."""
    assert one[1] == other[1], cells
    assert bool(one[0]) == bool(other[0]), cells
    assert one[0] & other[0] or not one[0], cells


@pytest.mark.parametrize("name", COLUMNS)
def test_both_readers_agree_on_every_cell_of_a_column(name: str) -> None:
    sound, unsound = CELLS[name]
    # A start of any year is before this end, and an end after this start.
    around = {"start": {"end": "2100-01-01T00:00Z"}, "end": {"start": "1800-01-01T00:00Z"}}.get(name, {})
    apart = [{"method": f"m{nth}"} if around else {} for nth in range(len(sound + unsound))]
    rows = [row(nth, **around, **apart[nth], **{name: text}) for nth, text in enumerate(sound + unsound)]
    told = list(zip(sound + unsound, by_row(rows), by_sql(rows), strict=True))
    assert [text for text, one, other in told if one != other] == []
    for text, (columns, _), (others, _) in told:
        assert (name in columns) == (name in others) == (text in unsound), text


def test_a_value_goes_with_its_quality_in_both() -> None:
    told = product(("", "0", "x"), (*QUALITIES, "", "odd"), ("", "<", ">"), ("", "0.5", "x"))
    rows = [
        row(nth, value=value, quality=quality, qualifier=sign, detection_limit=limit)
        for nth, (value, quality, sign, limit) in enumerate(told)
    ]
    for each, one, other in zip(rows, by_row(rows), by_sql(rows), strict=True):
        agree(each, one, other)


def test_a_non_detect_without_a_value_has_its_limit_as_value_in_both() -> None:
    rows = [row(0, value="", qualifier="<", detection_limit="0.5")]
    (found,) = by_row(rows)
    assert found[1]
    assert (found[1]["value"], found[1]["detection_limit"]) == (0.5, 0.5)
    assert by_sql(rows) == [found]


def test_a_limit_of_a_non_detect_and_a_unit_are_brought_over_the_same() -> None:
    units = {"so2": UNITS, "no3": ["mg/L as N", "mg{NO3}/L", "ug/l as NO3"], "ph": ["pH", "[pH]", "None"]}
    rows = [
        row(nth, parameter=parameter, unit=unit, qualifier=sign, detection_limit=limit)
        for nth, (parameter, unit, sign, limit) in enumerate(
            (parameter, unit, sign, limit)
            for parameter, known in units.items()
            for unit in known
            for sign in ("", "<", ">")
            for limit in ("", "0.1")
        )
    ]
    found, other = by_row(rows), by_sql(rows)
    assert found == other
    assert all(reading for _, reading in found)

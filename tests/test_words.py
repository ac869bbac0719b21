"""Truth tables of the project's words: dates, every kind of field, and rows of them."""

import datetime as dt
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendmap.words.dates import Period
from mendmap.words.fields import Field, as_text, expanded, name_column, plain, read_row, unknown_ids, value

NO_DATE = "not a date: write 2021, 2021-08, 2021-08-15, or two of these with / between"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", "2021-01-01", "2021-12-31"),
        ("2021-08", "2021-08-01", "2021-08-31"),
        ("2021-08-15", "2021-08-15", "2021-08-15"),
        ("2021-02", "2021-02-01", "2021-02-28"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-02-29", "2024-02-29", "2024-02-29"),
        ("1900-02", "1900-02-01", "1900-02-28"),
        ("2000-02", "2000-02-01", "2000-02-29"),
        ("0001", "0001-01-01", "0001-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
        ("2020/2021", "2020-01-01", "2021-12-31"),
        ("2024-05/2025-05", "2024-05-01", "2025-05-31"),
        ("2021/2021-03", "2021-01-01", "2021-03-31"),
        ("2021-03/2021", "2021-03-01", "2021-12-31"),
        ("2021-08-15/2021-08-15", "2021-08-15", "2021-08-15"),
        (" 2021 ", "2021-01-01", "2021-12-31"),
    ],
)
def test_a_date_means_every_day_it_can_mean(text: str, first: str, last: str) -> None:
    found = Period.parse(text)
    assert (found.first.isoformat(), found.last.isoformat(), str(found)) == (first, last, text.strip())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", NO_DATE),
        ("/", NO_DATE),
        ("2021/", NO_DATE),
        ("/2021", NO_DATE),
        ("2020/2021/2022", NO_DATE),
        ("21", NO_DATE),
        ("20211", NO_DATE),
        ("2021-8", NO_DATE),
        ("2021-08-1", NO_DATE),
        ("2021-08-15T10:00", NO_DATE),
        ("-2021", NO_DATE),
        ("２０２１", NO_DATE),
        ("2021 / 2022", NO_DATE),
        ("August 2021", NO_DATE),
        ("0000", "year 0 is out of range"),
        ("2021-00", "month must be in 1..12"),
        ("2021-13", "month must be in 1..12"),
        ("2021-08-00", "day is out of range for month"),
        ("2021-02-29", "day is out of range for month"),
        ("1900-02-29", "day is out of range for month"),
        ("2021-08-32", "day is out of range for month"),
        ("2021/2020", "ends before it begins"),
        ("2021-08-15/2021-08-14", "ends before it begins"),
        ("2022/2021-12", "ends before it begins"),
    ],
)
def test_what_is_no_date_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        Period.parse(text)


@given(one=st.dates(), other=st.dates())
def test_a_span_is_a_date_in_one_order_only(one: dt.date, other: dt.date) -> None:
    early, late = sorted((one, other))
    found = Period.parse(f"{early}/{late}")
    assert (found.first, found.last) == (early, late)
    if early < late:
        with pytest.raises(ValueError, match="ends before it begins"):
            Period.parse(f"{late}/{early}")


UTC_NOON = dt.datetime(2021, 7, 9, 12, 0, tzinfo=dt.UTC)
GOOD: list[tuple[str, object, Any]] = [
    ("text", "Бор, č & <b>", "Бор, č & <b>"),
    ("text", "  blanks around  ", "blanks around"),
    ("text", "two\nlines", "two\nlines"),
    ("text", "1 - 1 = 0 @ noon", "1 - 1 = 0 @ noon"),
    ("text", "x" * 10_000, "x" * 10_000),
    ("text", 5, "5"),
    ("text", dt.date(2021, 8, 15), "2021-08-15"),
    ("word", "reported", "reported"),
    ("words", "a, b", ("a", "b")),
    ("words", ["a", "b"], ("a", "b")),
    ("words", "", ()),
    ("id", "A-1_b", "A-1_b"),
    ("id", "x" * 80, "x" * 80),
    ("ids", "a", ("a",)),
    ("ids", None, ()),
    ("number", "1234.5", 1234.5),
    ("number", "-1e-3", -0.001),
    ("number", " 7 ", 7.0),
    ("number", 7, 7.0),
    ("number", "0", 0.0),
    ("integer", "12", 12),
    ("integer", 12.0, 12),
    ("integer", -(2**53), -(2**53)),
    ("date", "2021-08", Period.parse("2021-08")),
    ("date", dt.date(2021, 8, 15), Period.parse("2021-08-15")),
    ("date", 2021, Period.parse("2021")),
    ("moment", "2021-07-09T12:00Z", UTC_NOON),
    ("moment", "2021-07-09T14:00+02:00", UTC_NOON),
    ("moment", "2021-07-09T12:00:00.5Z", UTC_NOON.replace(microsecond=500_000)),
    ("moment", "2021-07-10T02:00+14:00", UTC_NOON),
    ("url", "https://a.example/b?c=d#e", "https://a.example/b?c=d#e"),
    ("url", "http://a.example", "http://a.example"),
    ("url", "mailto:a@b.example", "mailto:a@b.example"),
    ("unit", "ug/m3", "ug/m3"),
    ("unit", "1", "1"),
]
BAD: list[tuple[str, object, str]] = [
    ("text", "x" * 10_001, "10001 characters; at most 10000 are allowed"),
    ("text", "=1+1", "begins like a spreadsheet formula: '=1+1'"),
    ("text", "-2+3+cmd|' /C calc'!A0", "begins like a spreadsheet formula"),
    ("text", "+1", "begins like a spreadsheet formula: '+1'"),
    ("text", " @x", "begins like a spreadsheet formula: '@x'"),
    ("text", "a\x07", "holds a control character: 'a\\x07'"),
    ("text", "a\r\nb", "holds a control character"),
    ("text", "a\x7f", "holds a control character"),
    ("text", True, "not a text: True"),
    ("text", ["a"], "not a text: ['a']"),
    ("text", {"a": 1}, "not a text: {'a': 1}"),
    ("words", "a,,b", "not an id (letters, digits, _ and -, at most 80 of them): ''"),
    ("id", "../x", "not an id"),
    ("id", "x" * 81, "not an id"),
    ("id", "č", "not an id"),
    ("id", 5, "not an id"),
    ("ids", "a, b c", "not an id (letters, digits, _ and -, at most 80 of them): 'b c'"),
    ("ids", [1], "not an id"),
    ("ids", {"a": 1}, "not an id"),
    ("number", "1,5", "not a number (write 1234.5): '1,5'"),
    ("number", "1 000", "not a number"),
    ("number", "0x10", "not a number"),
    ("number", "--1", "not a number"),
    ("number", True, "not a number"),
    ("number", [1], "not a number"),
    ("number", 10**400, "not a number"),
    ("number", "1_000", "not a finite number in plain digits: '1_000'"),
    ("number", "١٢", "not a finite number in plain digits"),
    ("number", "nan", "not a finite number"),
    ("number", "-inf", "not a finite number"),
    ("number", "1e999", "not a finite number"),
    ("integer", "1.5", "not a whole number: '1.5'"),
    ("integer", "1e300", "not a whole number"),
    ("date", "yesterday", f"{NO_DATE}: 'yesterday'"),
    ("moment", "2021-07-09T12:00", "not a moment with its offset from UTC (write 2021-07-09T03:00+02:00)"),
    ("moment", "2021-07-09 12:00Z", "not a moment"),
    ("moment", "2021-07-09", "not a moment"),
    ("moment", "2021-07-09T24:00Z", "not a moment"),
    ("moment", "2021-07-09T12:60Z", "not a moment"),
    ("moment", "2021-02-29T12:00Z", "not a moment"),
    ("moment", "0001-01-01T00:00+01:00", "not a moment"),
    ("moment", "2021-07-09T12:00+24:00", "not a moment"),
    ("moment", dt.datetime(2021, 7, 9), "not a moment"),
    ("url", "javascript:alert(1)", "not an address that begins with https://, http:// or mailto:"),
    ("url", "//a.example", "not an address"),
    ("url", "https:a", "not an address"),
    ("url", "https:///x", "not an address"),
    ("url", "mailto:", "not an address"),
    ("url", "ftp://a.example", "not an address"),
    ("url", "https://a.example/b c", "not an address"),
    ("url", "ht\ntps://a.example", "not an address"),
    ("url", "http://[", "Invalid IPv6 URL"),
    ("unit", "bucket", "not a unit: 'bucket'"),
]


@pytest.mark.parametrize(("kind", "raw", "expected"), GOOD, ids=lambda each: repr(each)[:24])
def test_a_good_value_is_read(kind: str, raw: object, expected: Any) -> None:
    found = value(Field("x", kind, ""), raw)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("kind", "raw", "said"), BAD, ids=lambda each: repr(each)[:24])
def test_a_bad_value_is_refused_with_the_reason(kind: str, raw: object, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        value(Field("x", kind, ""), raw)


@pytest.mark.parametrize("kind", ["text", "word", "id", "number", "integer", "date", "moment", "url", "unit"])
@pytest.mark.parametrize("blank", ["", "  ", "\t", None])
def test_a_blank_is_no_value_unless_one_is_required(kind: str, blank: str | None) -> None:
    assert value(Field("x", kind, ""), blank) is None
    with pytest.raises(ValueError, match="a value is required"):
        value(Field("x", kind, "", required=True), blank)


@pytest.mark.parametrize(("kind", "raw", "odd"), [("word", "c", "c"), ("words", "a,c,b", "c"), ("ids", ["d"], "d")])
def test_what_is_none_of_the_choices_is_told_with_them(kind: str, raw: object, odd: str) -> None:
    with pytest.raises(ValueError, match=rf"^not one of the choices: '{odd}'; choices: a, b$"):
        value(Field("x", kind, "", choices=("a", "b", "")), raw)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for kind in ("text", "words", "id", "ids", "number", "integer", "date", "moment", "url", "unit"):
        try:
            value(Field("x", kind, ""), text)
        except ValueError as error:
            assert str(error)


@pytest.mark.parametrize(("kind", "raw"), [each[:2] for each in GOOD if each[0] != "moment"], ids=str)
def test_what_json_holds_of_a_value_is_read_back(kind: str, raw: object) -> None:
    field = Field("x", kind, "")
    found = value(field, raw)
    assert value(field, plain(found)) == found


def test_a_moment_is_told_in_utc() -> None:
    assert plain(value(Field("x", "moment", ""), "2021-07-09T14:00+02:00")) == "2021-07-09T12:00:00+00:00"


LANGUAGES = ("en", "sr-Latn", "sr-Cyrl")
NAMED = (Field("id", "id", "Id.", required=True), Field("name", "names", "Name", required=True))


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "name_en"), ("sr-Latn", "name_sr_latn"), ("sr-Cyrl-RS", "name_sr_cyrl_rs")]
)
def test_each_language_has_its_column(language: str, expected: str) -> None:
    assert name_column("name", language) == expected


def test_a_name_is_required_in_the_first_language_only() -> None:
    columns = {each.name: each for each in expanded(NAMED, LANGUAGES)}
    assert list(columns) == ["id", "name_en", "name_sr_latn", "name_sr_cyrl"]
    assert [each.required for each in columns.values()] == [True, True, False, False]
    assert columns["name_sr_latn"].meaning == "Name (sr-Latn)"


def test_a_row_gathers_the_names_that_are_given() -> None:
    row, complaints = read_row(NAMED, {"id": "a", "name_en": "Lake", "name_sr_cyrl": "Језеро"}, LANGUAGES)
    assert row == {"id": "a", "name": {"en": "Lake", "sr-Cyrl": "Језеро"}}
    assert complaints == []


def test_a_row_tells_everything_that_is_wrong_with_it() -> None:
    row, complaints = read_row(NAMED, {"id": "a b", "name": "Lake", "name_sr_latn": "=1"}, LANGUAGES)
    assert row == {"id": None, "name": {}}
    assert [column for column, _ in complaints] == ["name", "id", "name_en", "name_sr_latn"]
    assert complaints[0][1] == "unknown column: 'name'; choices: id, name_en, name_sr_cyrl, name_sr_latn"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"site": {"a", "b"}}, []),
        ({"site": {"a"}}, [("sites", "no such site: 'b'; choices: a")]),
        ({"site": set()}, [("sites", "no such site: 'a'"), ("sites", "no such site: 'b'")]),
        ({}, []),
    ],
)
def test_ids_that_belong_to_nothing_are_told(known: dict[str, set[str]], expected: list[tuple[str, str]]) -> None:
    fields = (Field("sites", "ids", "", refers="site"), Field("other", "id", ""))
    assert list(unknown_ids(fields, {"sites": ("a", "b"), "other": "z"}, known)) == expected


def test_a_text_of_somebody_elses_becomes_a_cell_and_loses_nothing_that_is_to_be_seen() -> None:
    assert as_text("=1+1") == "1+1"
    assert as_text("-+@= Old\n\x07 heap\u200b ") == "Old heap"
    aliases = "; ".join(f"eea:SPO-XX0001A_{nth:05}_100" for nth in range(100))
    assert as_text(aliases) == aliases

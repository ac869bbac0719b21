"""Filters in CQL2: what the standard's examples ask, written by its grammar for a small layer of ours, in text and in
JSON; and that our reader agrees with an independent one. The layer is synthetic."""

import json
import time
from typing import Any

import cql2
import geopandas
import pytest
import shapely
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st

from mendmap.errors import BadRequestError
from mendmap.geo.crs import crs
from mendmap.query.filters import parse
from mendmap.query.filters.columns import Columns
from mendmap.query.filters.text import read
from mendmap.words.fields import Field

KINDS = {
    "id": "id",
    "kind": "word",
    "name": "text",
    "accuracy_m": "number",
    "readings": "integer",
    "valid_from": "date",
    "valid_to": "date",
    "newest_reading": "moment",
    "geometry": "geometry",
}
QUERYABLES = {name: Field(name, kind, "") for name, kind in KINDS.items()}
SQUARE = shapely.box(0, 0, 10, 10)
LAYER = geopandas.GeoDataFrame(
    [
        # id, kind, name, accuracy_m, readings, valid_from, valid_to, newest_reading, shape
        ["a", "mine", "Bor", 5.0, 3, "2020", "2020", "2021-07-09T03:00:00+00:00", shapely.Point(5, 5)],
        ["b", "dump", "Šarbanovac", 50.0, 0, "2021-05", None, None, SQUARE],
        [
            "c",
            "dump",
            "šarbanovac 50%",
            None,
            7,
            None,
            "2022-06",
            "1969-12-31T23:30:00+00:00",
            shapely.box(5, 5, 20, 20),
        ],
        ["d", None, "Straße_1", 500.0, 3, "2020-02-29", "2021", "2021-07-09T23:59:59.999999+00:00", None],
        ["e", "pond", "O'Neill", -2.5, -3, "2019", "2023", None, shapely.LineString([(-5, 5), (15, 5)])],
        ["f", "pond", None, 5.0, 12, "2022/2023", "2030", "2022-01-01T00:00:00+00:00", shapely.Point(178, 0)],
    ],
    columns=list(KINDS),
    geometry="geometry",
    crs="OGC:CRS84",
)
COLUMNS = Columns(LAYER.geometry.to_numpy(), lambda name: LAYER[name].to_numpy(dtype=object))


def op(name: str, *args: Any) -> dict[str, Any]:
    return {"op": name, "args": list(args)}


def prop(name: str) -> dict[str, str]:
    return {"property": name}


KIND, NAME, ACCURACY, SHAPE = prop("kind"), prop("name"), prop("accuracy_m"), prop("geometry")
POINT = {"type": "Point", "coordinates": [5, 5]}
RING = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
YEAR = {"interval": ["2021-01-01", "2021-12-31"]}
BEYOND = op(">", op("/", prop("readings"), 0), 1)
VALID = {"interval": [prop("valid_from"), prop("valid_to")]}

# Text, its twin in JSON, and the features for which it is true. Unknown is not found, and neither is its contrary.
EXAMPLES: list[tuple[str, Any, str]] = [
    # Basic CQL2
    ("kind = 'dump'", op("=", KIND, "dump"), "bc"),
    ("kind <> 'dump'", op("<>", KIND, "dump"), "aef"),
    ("NOT kind = 'dump'", op("not", op("=", KIND, "dump")), "aef"),
    ("accuracy_m > 5", op(">", ACCURACY, 5), "bd"),
    ("accuracy_m >= 5", op(">=", ACCURACY, 5), "abdf"),
    ("accuracy_m < -2", op("<", ACCURACY, -2), "e"),
    ("accuracy_m <= -25e-1", op("<=", ACCURACY, -2.5), "e"),
    ("name = 'O''Neill'", op("=", NAME, "O'Neill"), "e"),
    (r"name = 'O\'Neill'", op("=", NAME, "O'Neill"), "e"),
    ("name > 'O'", op(">", NAME, "O"), "bcde"),
    ("kind IS NULL", op("isNull", KIND), "d"),
    ("kind IS NOT NULL", op("not", op("isNull", KIND)), "abcef"),
    ("geometry IS NULL", op("isNull", SHAPE), "d"),
    ("valid_from IS NULL", op("isNull", prop("valid_from")), "c"),
    ("TRUE", True, "abcdef"),
    ("kind = 'dump' AND FALSE", op("and", op("=", KIND, "dump"), False), ""),
    ("kind = 'mine' OR accuracy_m = 50", op("or", op("=", KIND, "mine"), op("=", ACCURACY, 50)), "ab"),
    # Unknown or true is true, unknown and false is false, and not unknown is unknown.
    ("kind = 'dump' OR accuracy_m = 500", op("or", op("=", KIND, "dump"), op("=", ACCURACY, 500)), "bcd"),
    (
        "NOT (kind = 'dump' AND accuracy_m = 5)",
        op("not", op("and", op("=", KIND, "dump"), op("=", ACCURACY, 5))),
        "abdef",
    ),
    (
        "kind='mine' OR kind='pond' AND readings=12",
        op("or", op("=", KIND, "mine"), op("and", op("=", KIND, "pond"), op("=", prop("readings"), 12))),
        "af",
    ),
    ("(accuracy_m = 5) = TRUE", op("=", op("=", ACCURACY, 5), True), "af"),
    # Advanced comparison operators
    ("name LIKE '_ar%'", op("like", NAME, "_ar%"), "bc"),
    ("name NOT LIKE '_ar%'", op("not", op("like", NAME, "_ar%")), "ade"),
    (r"name LIKE '%50\%'", op("like", NAME, r"%50\%"), "c"),
    (r"name LIKE '%\_1'", op("like", NAME, r"%\_1"), "d"),
    ("name LIKE 'B.r'", op("like", NAME, "B.r"), ""),
    ("accuracy_m BETWEEN 5 AND 50", op("between", ACCURACY, 5, 50), "abf"),
    ("accuracy_m NOT BETWEEN 5 AND 50", op("not", op("between", ACCURACY, 5, 50)), "de"),
    ("kind IN ('mine', 'pond')", op("in", KIND, ["mine", "pond"]), "aef"),
    ("kind NOT IN ('mine', 'pond')", op("not", op("in", KIND, ["mine", "pond"])), "bc"),
    ("readings * -1 IN (0)", op("in", op("*", prop("readings"), -1), [0]), "b"),
    ("readings IN (3, accuracy_m - 8)", op("in", prop("readings"), [3, op("-", ACCURACY, 8)]), "ad"),
    ("valid_from IN (DATE('2020-01-01'))", op("in", prop("valid_from"), [{"date": "2020-01-01"}]), "a"),
    # Case- and accent-insensitive
    ("CASEI(name) = CASEI('STRASSE_1')", op("=", op("casei", NAME), op("casei", "STRASSE_1")), "d"),
    ("CASEI(name) LIKE CASEI('Š%')", op("like", op("casei", NAME), op("casei", "Š%")), "bc"),
    ("ACCENTI(name) LIKE ACCENTI('Šar%')", op("like", op("accenti", NAME), op("accenti", "Šar%")), "b"),
    (
        "CASEI(ACCENTI(name)) IN (CASEI(ACCENTI('ŠARBANOVAC')))",
        op("in", op("casei", op("accenti", NAME)), [op("casei", op("accenti", "ŠARBANOVAC"))]),
        "b",
    ),
    # Property-property, and arithmetic
    ("valid_from = valid_to", op("=", prop("valid_from"), prop("valid_to")), ""),
    ("kind < name", op("<", KIND, NAME), "bc"),
    ("readings > accuracy_m", op(">", prop("readings"), ACCURACY), "f"),
    ("accuracy_m * 2 + 1 = 11", op("=", op("+", op("*", ACCURACY, 2), 1), 11), "af"),
    ("1 + accuracy_m * 2 = 11", op("=", op("+", 1, op("*", ACCURACY, 2)), 11), "af"),
    ("accuracy_m - 1 - 1 = 3", op("=", op("-", op("-", ACCURACY, 1), 1), 3), "af"),
    ("accuracy_m ^ 2 = 25", op("=", op("^", ACCURACY, 2), 25), "af"),
    ("2 ^ 3 ^ 2 = 512", op("=", op("^", 2, op("^", 3, 2)), 512), "abcdef"),
    ("readings % 2 = -1", op("=", op("%", prop("readings"), 2), -1), "e"),
    ("readings div 2 = -1", op("=", op("div", prop("readings"), 2), -1), "e"),
    ("readings / 0 > 1 OR NOT readings / 0 > 1", op("or", BEYOND, op("not", BEYOND)), ""),
    # Spatial functions; a position on the edge meets, touches, and is not within.
    ("S_INTERSECTS(geometry, POINT(5 5))", op("s_intersects", SHAPE, POINT), "abce"),
    ("S_INTERSECTS(geometry, BBOX(0, 0, 10, 10))", op("s_intersects", SHAPE, {"bbox": [0, 0, 10, 10]}), "abce"),
    ("S_INTERSECTS(geometry, BBOX(170,-10,-170,10))", op("s_intersects", SHAPE, {"bbox": [170, -10, -170, 10]}), "f"),
    ("S_DISJOINT(geometry, POINT(5 5))", op("s_disjoint", SHAPE, POINT), "f"),
    ("S_EQUALS(geometry, POLYGON((0 0,10 0,10 10,0 10,0 0)))", op("s_equals", SHAPE, RING), "b"),
    ("S_WITHIN(geometry, POLYGON((0 0,10 0,10 10,0 10,0 0)))", op("s_within", SHAPE, RING), "ab"),
    ("S_CONTAINS(geometry, POINT(5 5))", op("s_contains", SHAPE, POINT), "abe"),
    ("S_WITHIN(POINT(5 5), geometry)", op("s_within", POINT, SHAPE), "abe"),
    ("S_CONTAINS(POLYGON((0 0,10 0,10 10,0 10,0 0)), geometry)", op("s_contains", RING, SHAPE), "ab"),
    ("S_OVERLAPS(geometry, POLYGON((0 0,10 0,10 10,0 10,0 0)))", op("s_overlaps", SHAPE, RING), "c"),
    ("S_CROSSES(geometry, POLYGON((0 0,10 0,10 10,0 10,0 0)))", op("s_crosses", SHAPE, RING), "e"),
    ("S_TOUCHES(geometry, POINT(0 5))", op("s_touches", SHAPE, {"type": "Point", "coordinates": [0, 5]}), "b"),
    ("S_INTERSECTS(geometry, geometry)", op("s_intersects", SHAPE, SHAPE), "abcef"),
    (
        "S_INTERSECTS(geometry, MULTIPOINT((178 0), (1 1)))",
        op("s_intersects", SHAPE, {"type": "MultiPoint", "coordinates": [[178, 0], [1, 1]]}),
        "bf",
    ),
    (
        "S_INTERSECTS(geometry, GEOMETRYCOLLECTION(POINT Z (5e0 5 9), LINESTRING(177 -1, 179 1)))",
        op(
            "s_intersects",
            SHAPE,
            {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Point", "coordinates": [5, 5, 9]},
                    {"type": "LineString", "coordinates": [[177, -1], [179, 1]]},
                ],
            },
        ),
        "abcef",
    ),
    # A date in a comparison is its first day, and of valid_to its last.
    ("valid_from = DATE('2020-01-01')", op("=", prop("valid_from"), {"date": "2020-01-01"}), "a"),
    ("valid_from >= DATE('2021-05-01')", op(">=", prop("valid_from"), {"date": "2021-05-01"}), "bf"),
    ("valid_from > DATE('2021-05-01')", op(">", prop("valid_from"), {"date": "2021-05-01"}), "f"),
    ("valid_to = DATE('2020-12-31')", op("=", prop("valid_to"), {"date": "2020-12-31"}), "a"),
    ("valid_to <= DATE('2022-06-30')", op("<=", prop("valid_to"), {"date": "2022-06-30"}), "acd"),
    ("valid_to <= DATE('2022-06-29')", op("<=", prop("valid_to"), {"date": "2022-06-29"}), "ad"),
    # Held against a date, a moment is its day in UTC.
    ("newest_reading = DATE('2021-07-09')", op("=", prop("newest_reading"), {"date": "2021-07-09"}), "ad"),
    ("newest_reading = DATE('1969-12-31')", op("=", prop("newest_reading"), {"date": "1969-12-31"}), "c"),
    (
        "newest_reading > TIMESTAMP('2021-07-09T03:00:00Z')",
        op(">", prop("newest_reading"), {"timestamp": "2021-07-09T03:00:00Z"}),
        "df",
    ),
    # Temporal functions: a date is the time from its first day to its last.
    ("T_AFTER(valid_from, DATE('2020-12-31'))", op("t_after", prop("valid_from"), {"date": "2020-12-31"}), "bf"),
    ("T_BEFORE(valid_to, DATE('2021-06-01'))", op("t_before", prop("valid_to"), {"date": "2021-06-01"}), "a"),
    ("T_DURING(valid_from, INTERVAL('2021-01-01','2021-12-31'))", op("t_during", prop("valid_from"), YEAR), "b"),
    ("T_EQUALS(valid_to, INTERVAL('2021-01-01','2021-12-31'))", op("t_equals", prop("valid_to"), YEAR), "d"),
    (
        "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('2021-01-01','2021-12-31'))",
        op("t_intersects", VALID, YEAR),
        "bcde",
    ),
    (
        "T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('..','2019-12-31'))",
        op("t_intersects", VALID, {"interval": ["..", "2019-12-31"]}),
        "ce",
    ),
    (
        "T_DISJOINT(INTERVAL(valid_from, valid_to), INTERVAL('2021-01-01','2021-12-31'))",
        op("t_disjoint", VALID, YEAR),
        "af",
    ),
]


def found(text: str, language: str = "cql2-text", **more: Any) -> str:
    return "".join(LAYER.id[parse(text, QUERYABLES, language, **more).holds(COLUMNS)])


@pytest.mark.parametrize(("text", "body", "wanted"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_text_and_json_find_the_features_of_the_example(text: str, body: Any, wanted: str) -> None:
    assert read(text) == body
    assert found(text) == wanted
    assert found(json.dumps(body), "cql2-json") == wanted


# What the other reader takes otherwise than the grammar of the standard: ^ from the left, a quote after a backslash,
# and exponents in coordinates.
OTHERWISE = ("2 ^ 3 ^ 2 = 512", r"name = 'O\'Neill'")


@pytest.mark.parametrize("text", [each[0] for each in EXAMPLES if each[0] not in OTHERWISE and "5e0" not in each[0]])
def test_an_independent_reader_reads_the_example_alike(text: str) -> None:
    assert read(text) == cql2.parse_text(text).to_json()


# The relation of the time from January to March with others, by the table of the standard (7.4).
RELATIONS = [
    ("2020-05-01", "2020-06-30", {"before", "disjoint"}),
    ("2019-10-01", "2019-12-31", {"after", "disjoint"}),
    ("2020-03-31", "2020-06-30", {"meets", "intersects"}),
    ("2019-10-01", "2020-01-01", {"metby", "intersects"}),
    ("2020-02-01", "2020-06-30", {"overlaps", "intersects"}),
    ("2019-10-01", "2020-02-01", {"overlappedby", "intersects"}),
    ("2020-01-01", "2020-06-30", {"starts", "intersects"}),
    ("2020-01-01", "2020-02-01", {"startedby", "intersects"}),
    ("2019-10-01", "2020-03-31", {"finishes", "intersects"}),
    ("2020-02-01", "2020-03-31", {"finishedby", "intersects"}),
    ("2020-01-01", "2020-03-31", {"equals", "intersects"}),
    ("2019-10-01", "2020-06-30", {"during", "intersects"}),
    ("2020-02-01", "2020-02-20", {"contains", "intersects"}),
    ("..", "2020-02-01", {"overlappedby", "intersects"}),
    ("2020-02-01", "..", {"overlaps", "intersects"}),
    ("..", "..", {"during", "intersects"}),
    ("2020-01-01", "..", {"starts", "intersects"}),
    ("..", "2020-03-31", {"finishes", "intersects"}),
]
NAMES = sorted({name for *_, names in RELATIONS for name in names})


@pytest.mark.parametrize(("begin", "finish", "wanted"), RELATIONS)
def test_two_times_stand_in_the_relations_of_the_table_and_in_no_other(
    begin: str, finish: str, wanted: set[str]
) -> None:
    assert len(NAMES) == 15
    quarter = "INTERVAL('2020-01-01','2020-03-31')"
    held = {each for each in NAMES if found(f"T_{each.upper()}({quarter}, INTERVAL('{begin}','{finish}'))")}
    assert held == wanted
    moments = [each if each == ".." else f"{each}T00:00:00Z" for each in (begin, finish)]
    exact = "INTERVAL('2020-01-01T00:00:00Z','2020-03-31T00:00:00Z')"
    assert {
        each for each in NAMES if found(f"T_{each.upper()}({exact}, INTERVAL('{moments[0]}','{moments[1]}'))")
    } == wanted


def test_shapes_in_another_system_are_turned_with_the_official_order_of_its_axes() -> None:
    assert found("S_INTERSECTS(geometry, POINT(0 178))", crs=crs("EPSG:4326")) == "f"
    assert found("S_INTERSECTS(geometry, BBOX(-1, 177, 1, 179))", crs=crs("EPSG:4326")) == "f"
    assert found("S_WITHIN(geometry, BBOX(0, 0, 1113195, 1118890))", crs=crs("EPSG:3857")) == "ab"
    with pytest.raises(BadRequestError, match="beyond the world"):
        found("S_INTERSECTS(geometry, POINT(178 0))", crs=crs("EPSG:4326"))


BAD = [
    ("", "a value, a property or a function is expected at character 1, where the text ends"),
    ("kind", "it is neither true nor false, but a text"),
    ("kind = 'a' x", "the end, AND or OR is expected at character 12"),
    ("kind = 1", "= takes text, and not number: 1"),
    ("accuracy_m = 'x'", "= takes number, and not text: 'x'"),
    ("knd = 'a'", "no such property: 'knd'; choices: accuracy_m, geometry, id, kind"),
    ("drop_table(kind) = 1", "no such function or operator: 'drop_table'; choices: %"),
    ("kind = 'a'; DROP TABLE features", "not understood from character 11 on: '; DROP TABLE features'"),
    ("kind = 'a' -- ", "a value, a property or a function is expected at character 15"),
    ("CASEI(kind, name) = 'a'", "casei takes 1 argument, and not 2"),
    ("S_INTERSECTS(geometry) ", "s_intersects takes 2 arguments, and not 1"),
    ("S_INTERSECTS(kind, POINT(1 1))", "S_INTERSECTS takes geometry, and not text"),
    ("S_INTERSECTS(geometry, POINT(1))", "not a position of two or three numbers: [1.0]"),
    ("S_INTERSECTS(geometry, POINT(181 1))", "it reaches beyond the world"),
    ("S_INTERSECTS(geometry, BBOX(0,5,1,4))", "BBOX: its lower edge lies above its upper one"),
    ("S_INTERSECTS(geometry, BBOX(0,1,2))", "BBOX: not four or six finite numbers"),
    ("S_INTERSECTS(geometry, POLYGON((0 0,1 0,1 1)))", "a ring that is not closed"),
    ("S_INTERSECTS(geometry, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "not a valid geometry: Self-intersection"),
    ("S_INTERSECTS(geometry, LINESTRING(0 0))", "a line of fewer than two positions"),
    ("S_INTERSECTS(geometry, POINT EMPTY)", ") is expected at character 30, where it reads 'EMPTY)'"),
    ("valid_from = DATE('2021-02-30')", "neither a date nor a moment (write DATE('2021-07-09')): '2021-02-30'"),
    ("valid_from = DATE('2021')", "neither a date nor a moment"),
    ("valid_from = TIMESTAMP('2021-07-09')", "(write TIMESTAMP('2021-07-09T03:00:00Z')): '2021-07-09'"),
    ("valid_from = '2021-07-09'", "= takes time, and not text"),
    ("T_AFTER(valid_from, INTERVAL('2021-01-01','2020-01-01'))", "INTERVAL ends before it begins"),
    ("T_AFTER(valid_from, INTERVAL('2021-01-01'))", "INTERVAL takes a beginning and an end"),
    ("valid_from = INTERVAL('2021-01-01','..')", "= takes time, and not interval"),
    ("kind IN ()", "a value, a property or a function is expected at character 10"),
    ("kind IN ('a', 1)", "IN takes values of one kind"),
    ("kind LIKE name", "LIKE takes a pattern, and not a property"),
    ("accuracy_m LIKE '5'", "LIKE takes text, and not number"),
    ("accuracy_m > 1e999", "not a finite number: '1e999'"),
    ("accuracy_m > NaN", "no such property: 'NaN'"),
    ("kind = NULL", "a value, a property or a function is expected at character 8"),
    ("kind = 'a", "not understood from character 8 on"),
    ("(" * 10_000 + "kind", "nested more than 64 deep"),
    ("NOT " * 4_500 + "TRUE", "nested more than 64 deep"),
    ("accuracy_m = " + "-" * 10_000 + "1", "nested more than 64 deep"),
    ("accuracy_m = 1" + " + 1" * 200, "nested more than 64 deep"),
    ("TRUE" + " AND TRUE" * 1_000, "more than 500 parts"),
    ("kind = '" + "x" * 2**20 + "'", "1048585 characters; at most 20000 are read"),
]


@pytest.mark.parametrize(("text", "words"), BAD, ids=[each[0][:60] for each in BAD])
def test_what_is_no_filter_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        found(text)
    assert words in str(refused.value)


BAD_JSON = [
    ("{", "not JSON"),
    ('{"op":"=","args":[{"property":"accuracy_m"},NaN]}', "not JSON"),
    ('{"op":"=","args":[{"property":"accuracy_m"},1e999]}', "not JSON"),
    ("[" * 10_000, "not JSON"),
    ('{"op":"not","args":[' * 500 + "true" + "]}" * 500, "nested more than 64 deep"),
    ("null", "not an expression: None"),
    ("[]", "not an expression: []"),
    ('{"op":"and","args":[true]}', "and takes at least 2 arguments, and not 1"),
    ('{"op":"=","args":{"a":1}}', "= takes 2 arguments, and not {'a': 1}"),
    ('{"op":["="],"args":[1,1]}', "no such function or operator: ['=']"),
    ('{"property":["kind"]}', "no such property: ['kind']"),
    ('{"op":"in","args":[{"property":"kind"},"mine"]}', "IN takes a list"),
    ('{"op":"isNull","args":[{"date":5}]}', "neither a date nor a moment"),
    ('{"op":"isNull","args":[{"type":"Feature"}]}', "no such geometry: 'Feature'"),
    ('{"op":"isNull","args":[{"type":"Point","coordinates":["1",2]}]}', "not a position of two or three numbers"),
    ('{"op":"isNull","args":[{"type":"Point","coordinates":[true,2]}]}', "not a position of two or three numbers"),
    ('{"op":"isNull","args":[{"type":"Polygon","coordinates":[]}]}', "a geometry without positions"),
    ('{"op":"isNull","args":[{"bbox":[1,2,"3",4]}]}', "BBOX: not numbers"),
]


@pytest.mark.parametrize(("text", "words"), BAD_JSON, ids=[each[0][:60] for each in BAD_JSON])
def test_what_is_no_filter_in_json_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        found(text, "cql2-json")
    assert words in str(refused.value)


def test_a_filter_may_be_nested_as_deep_as_is_said() -> None:
    body: Any = True
    for _ in range(63):
        body = op("=", True, body)
    assert found("(" * 63 + "TRUE" + ")" * 63) == found(json.dumps(body), "cql2-json") == "abcdef"
    with pytest.raises(BadRequestError, match="nested more than 64 deep"):
        found(json.dumps(op("=", True, body)), "cql2-json")


def test_a_fault_within_parentheses_is_found_at_once() -> None:
    started = time.perf_counter()
    with pytest.raises(BadRequestError, match="is expected at character"):
        found("(" * 60 + "accuracy_m = 1" + " AND accuracy_m = 1" * 900 + " b" + ")" * 60)
    assert time.perf_counter() - started < 2


def test_another_language_is_refused_with_the_choices() -> None:
    with pytest.raises(BadRequestError, match=r"filter-lang: .*'sql'; choices: cql2-json, cql2-text"):
        found("TRUE", "sql")


WORDS = st.sampled_from(
    [
        *"()',\"%-+*/^=<>",
        "AND",
        "NOT",
        "IN",
        "IS",
        "NULL",
        "LIKE",
        "BETWEEN",
        "kind",
        "'mine'",
        "accuracy_m",
        "1",
        "1e9",
        *[
            "POINT(1 1)",
            "BBOX(",
            "S_WITHIN(",
            "geometry",
            "DATE('2020-01-01')",
            "INTERVAL('..',",
            "CASEI(",
            "é",
            "\x00",
        ],
    ]
)


@settings(max_examples=times(200, 5000))
@given(st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=50))
def test_whatever_is_asked_is_answered_or_refused_and_nothing_else(text: str) -> None:
    try:
        parse(text, QUERYABLES).holds(COLUMNS)
    except BadRequestError as refused:
        assert str(refused).startswith(("filter: ", "BBOX: "))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.builds(op, st.sampled_from(["=", "and", "in", "like", "s_within", "t_after", "+", "casei"]), inner, inner)
        | st.fixed_dictionaries({"type": st.sampled_from(["Point", "Polygon"]), "coordinates": inner})
        | st.fixed_dictionaries({"interval": inner})
        | st.fixed_dictionaries({"property": st.sampled_from(sorted(KINDS)) | inner})
    ),
    max_leaves=10,
)


@settings(max_examples=times(200, 5000))
@given(JSON)
def test_whatever_is_asked_in_json_is_answered_or_refused_and_nothing_else(body: Any) -> None:
    try:
        parse(json.dumps(body), QUERYABLES, "cql2-json").holds(COLUMNS)
    except BadRequestError as refused:
        assert str(refused).startswith(("filter: ", "BBOX: "))

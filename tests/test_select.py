"""Which features a query finds: boxes in any system, times at their boundaries, filters against a plain oracle. All
layers are synthetic."""

import datetime as dt
import json
import math
import operator
import re
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pyproj
import pytest
import shapely
from conftest import times
from hypothesis import given, settings
from hypothesis import strategies as st

from mendmap.atlas.feature import Features
from mendmap.atlas.fields import columns, queryables
from mendmap.atlas.model import Feature, Layer
from mendmap.atlas.select import Index
from mendmap.errors import BadRequestError
from mendmap.geo.crs import crs
from mendmap.query.features import FeatureQuery, Order, boxes
from mendmap.query.filters import parse
from mendmap.query.times import interval

NAMES = [each.name for each in columns("l", "site", {}, ["en"])]
QUERYABLES = queryables("l", "site", {}, ["en"])


@dataclass(frozen=True)
class Tabled(Layer):
    """A layer that has the columns of a table, joined ones too."""

    frame: geopandas.GeoDataFrame = None

    def column(self, name: str) -> list[Any]:
        return list(self.frame[name])

    def table(self, rows: Any = None, names: Any = None) -> geopandas.GeoDataFrame:
        return self.frame.iloc[rows][names]


def index(rows: list[dict[str, Any]]) -> Index:
    """A layer of some features, which have the columns that are told; the rest are blank."""
    data = {name: [row.get(name) for row in rows] for name in NAMES}
    data["id"] = [row.get("id", f"f{nth}") for nth, row in enumerate(rows)]
    frame = geopandas.GeoDataFrame(
        {name: np.array([*values, None], dtype=object)[:-1] for name, values in data.items()},
        geometry=[row.get("geometry") for row in rows],
        crs="OGC:CRS84",
    ).set_index("id", drop=False)
    features = Features.of(Feature("l", each["id"], each["geometry"], {}) for each in frame.to_dict("records"))
    return Index(Tabled("l", {"en": "L"}, "", "site", {}, {}, "", "", 1, features, frame=frame))


def test_lists_are_no_queryables_and_the_geometry_is() -> None:
    assert "latest" in NAMES and "latest" not in QUERYABLES
    assert QUERYABLES["geometry"].kind == "geometry"
    with pytest.raises(BadRequestError, match="no such property: 'latest'"):
        parse("latest IS NULL", QUERYABLES)


# Features by valid_from and valid_to, and whether they are valid at some time of what is asked.
TIMES = [
    ("2020", "2020", "2020-12-31", True),
    ("2020", "2020", "2020-12-31T23:59:59.999999Z", True),
    ("2020", "2020", "2021-01-01", False),
    ("2020", "2020", "2021-01-01T00:00:00Z", False),
    ("2020", "2020", "2020-01-01", True),
    ("2020", "2020", "2019-12-31", False),
    ("2020", "2020", "2019-12-31T23:30:00-01:00", True),
    ("2020", "2020", "../2019-12-31", False),
    ("2020", "2020", "../2020-01-01", True),
    ("2020", "2020", "2020-12-31/..", True),
    ("2020", "2020", "2021-01-01/..", False),
    ("2020", "2020", "2019-01-01/2021-01-01", True),
    ("2020", "2020", "2020-06-01/2020-06-02", True),
    ("2021-02", None, "2021-01-31", False),
    ("2021-02", None, "2021-02-01", True),
    ("2021-02", None, "9999-12-31", True),
    (None, "2021-02", "2021-02-28", True),
    (None, "2021-02", "2021-03-01", False),
    (None, "2021-02", "0001-01-01", True),
    ("2024-05/2025-05", "2024-05/2025-05", "2024-05-01", True),
    ("2024-05/2025-05", "2024-05/2025-05", "2025-05-31", True),
    ("2024-05/2025-05", "2024-05/2025-05", "2025-06-01", False),
    # Those whose times nobody tells are of all time (OGC API Features, 7.15.4).
    (None, None, "2021-01-01", True),
    (None, None, "../..", True),
]


@pytest.mark.parametrize(("begin", "finish", "asked", "wanted"), TIMES)
def test_a_feature_is_found_in_an_interval_that_shares_a_moment_with_it(
    begin: str | None, finish: str | None, asked: str, wanted: bool
) -> None:
    at = index([{"valid_from": begin, "valid_to": finish}])
    assert len(at.rows(FeatureQuery(interval=interval(asked)))) == wanted


DATES = st.dates(dt.date(2019, 1, 1), dt.date(2022, 12, 31)).map(str)
PERIODS = st.none() | DATES | DATES.map(lambda each: each[:7]) | DATES.map(lambda each: each[:4])


@settings(max_examples=times(100, 3000))
@given(st.lists(st.tuples(PERIODS, PERIODS), max_size=6), DATES, DATES)
def test_datetime_and_the_filter_that_says_the_same_find_the_same(
    spans: list[tuple[str | None, str | None]], one: str, other: str
) -> None:
    first, last = sorted((one, other))
    at = index([{"valid_from": begin, "valid_to": finish} for begin, finish in spans])
    text = f"T_INTERSECTS(INTERVAL(valid_from, valid_to), INTERVAL('{first}', '{last}'))"
    by_time = at.rows(FeatureQuery(interval=interval(f"{first}/{last}")))
    assert by_time.tolist() == at.rows(FeatureQuery(filter=parse(text, QUERYABLES))).tolist()


@pytest.mark.parametrize(
    ("text", "system", "wanted"),
    [
        ("0,0,1,1", "OGC:CRS84", "meets edge"),
        ("0,0,0,0,1,9", "OGC:CRS84", ""),
        ("1,1,1,1", "OGC:CRS84", "meets edge"),
        ("1.000001,1,2,2", "OGC:CRS84", "meets"),
        ("179,-1,-179,1", "OGC:CRS84", "east west"),
        ("-1,179,1,-179", "EPSG:4326", "east west"),
        ("-180,89,180,90", "OGC:CRS84", "pole"),
        ("-180,-90,180,90", "OGC:CRS84", "meets edge east west pole"),
        ("111319,111325,111320,111326", "EPSG:3857", "edge meets"),
        ("111320,111300,111320,111300", "EPSG:3857", "meets"),
    ],
)
def test_a_box_finds_what_meets_it_and_nothing_without_a_position(text: str, system: str, wanted: str) -> None:
    at = index(
        [
            {"id": "meets", "geometry": shapely.box(0.5, 0.5, 1.5, 1.5)},
            {"id": "edge", "geometry": shapely.Point(1, 1)},
            {"id": "east", "geometry": shapely.Point(179.5, 0)},
            {"id": "west", "geometry": shapely.Point(-180, 0)},
            {"id": "pole", "geometry": shapely.Point(12, 90)},
            {"id": "nowhere", "geometry": None},
        ]
    )
    found = at.layer.frame["id"].iloc[at.rows(FeatureQuery(boxes=boxes(text, crs(system))))]
    assert set(found) == set(wanted.split())


@pytest.mark.parametrize("system", ["EPSG:32634", "EPSG:3909", "EPSG:3035"])
def test_a_box_of_a_projection_finds_what_lies_in_it_there_and_not_in_the_box_around_it(system: str) -> None:
    there = pyproj.Transformer.from_crs("OGC:CRS84", system, always_xy=True)
    middle = np.array(there.transform(22.1, 44.1))
    rng = np.random.default_rng(1)
    places = rng.uniform((20.8, 43.2), (23.4, 45.0), (20_000, 2))
    offsets = np.abs(np.column_stack(there.transform(*places.T)) - middle)
    beyond = offsets.max(axis=1) - 50_000
    at = index([{"geometry": shapely.Point(each)} for each in places])
    low, high = middle - 50_000, middle + 50_000
    numbers = [*low, *high] if not crs(system).swapped else [*low[::-1], *high[::-1]]
    asked = boxes(",".join(map(str, numbers)), crs(system))
    found = np.isin(np.arange(len(places)), at.rows(FeatureQuery(boxes=asked)))
    # The outline that is followed in degrees is less than 0.1 m off for a box of 100 km.
    sure = np.abs(beyond) > 0.1
    assert np.array_equal(found[sure], (beyond <= 0)[sure])
    around = shapely.box(*asked[0].bounds).contains(shapely.points(places))
    assert around.sum() > found.sum() > 1000
    kept = np.column_stack(there.transform(*shapely.get_coordinates(shapely.segmentize(asked[0], 0.0005)).T))
    assert np.abs(np.abs(kept - middle).max(axis=1) - 50_000).max() < 0.1


@pytest.mark.parametrize("text", ["-1000000,-1000000,1000000,1000000", "100000,100000,4000000,4000000"])
def test_a_box_around_a_pole_in_a_polar_projection_is_refused_and_one_beside_it_is_not(text: str) -> None:
    system = crs("EPSG:3995")
    if text.startswith("-"):
        with pytest.raises(BadRequestError, match="crosses the antimeridian or holds a pole"):
            boxes(text, system)
        return
    (outline,) = boxes(text, system)
    back = system.from_crs84(np.array([outline]))[0]
    assert back.bounds == pytest.approx((1e5, 1e5, 4e6, 4e6), abs=0.01)


@pytest.mark.parametrize(
    "text", ["nan,0,1,1", "0,0,1", "0,0,inf,1", "1,1,0", "0,1,1,0", "0,0,181,1", "a,b,c,d", "", "1e9999,0,1,1"]
)
def test_what_is_no_box_is_refused(text: str) -> None:
    with pytest.raises(BadRequestError, match="bbox: "):
        boxes(text)


def test_features_come_in_the_order_asked_for_and_by_id() -> None:
    at = index([{"id": "a", "area_ha": 2.0}, {"id": "b"}, {"id": "c", "area_ha": 1.0}, {"id": "d", "area_ha": 2.0}])
    assert at.rows(FeatureQuery(order=(Order("area_ha"),))).tolist() == [2, 0, 3, 1]
    assert at.rows(FeatureQuery(order=(Order("area_ha", descending=True),))).tolist() == [0, 3, 2, 1]
    assert at.rows(FeatureQuery(ids=("d", "a"))).tolist() == [0, 3]


# The oracle: one feature and one part at a time, in plain Python; None is unknown.
COMPARE = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def plain(body: Any, row: dict[str, Any]) -> Any:
    if isinstance(body, dict) and "property" in body:
        return row.get(body["property"])
    if not isinstance(body, dict):
        return body
    name, args = body["op"], body["args"]
    if name == "in":
        return either([plain({"op": "=", "args": [args[0], each]}, row) for each in args[1]])
    held = [plain(each, row) for each in args]
    if name in ("and", "or"):
        return either(held) if name == "or" else opposite(either([opposite(each) for each in held]))
    if name == "not":
        return opposite(held[0])
    if name == "isNull":
        return held[0] is None
    if name == "between":
        low, high = (
            plain({"op": sign, "args": [held[0], each]}, {}) for sign, each in ((">=", held[1]), ("<=", held[2]))
        )
        return opposite(either([opposite(low), opposite(high)]))
    if None in held:
        return None
    if name == "like":
        parts = re.findall(r"\\.|.", held[1], re.DOTALL)
        wild = {"%": ".*", "_": "."}
        return bool(re.fullmatch("".join(wild.get(each) or re.escape(each[-1]) for each in parts), held[0], re.DOTALL))
    return COMPARE[name](*held) if name in COMPARE else calculated(name, *held)


def calculated(name: str, one: float, other: float) -> float | None:
    try:
        found = {"+": one + other, "-": one - other, "*": one * other}.get(name)
        if found is None:
            found = {
                "/": lambda: one / other,
                "%": lambda: math.fmod(one, other),
                "div": lambda: math.trunc(one / other),
            }[name]()
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    return float(found) if math.isfinite(found) else None


def either(held: list[Any]) -> Any:
    return True if True in held else None if None in held else False


def opposite(held: Any) -> Any:
    return None if held is None else not held


WORDS = st.text("aBš%_\\'", max_size=4).filter(lambda each: not each.endswith("\\"))
NUMBERS = st.integers(-3, 3) | st.floats(-2, 2, width=16)
TEXT = st.sampled_from(["kind", "method", "size"]).map(lambda name: {"property": name})
NUMBER = st.sampled_from(["accuracy_m", "area_ha"]).map(lambda name: {"property": name})


def op(names: str, *args: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"op": st.sampled_from(names.split()), "args": st.tuples(*args).map(list)})


SUMS = st.recursive(NUMBER | NUMBERS, lambda inner: op("+ - * / % div", inner, inner), max_leaves=4)
PREDICATES = (
    op("= <> < <= > >=", TEXT, TEXT | WORDS)
    | op("= <> < <= > >=", SUMS, SUMS)
    | op("like", TEXT, WORDS)
    | op("between", SUMS, SUMS, SUMS)
    | op("in", TEXT, st.lists(WORDS | TEXT, min_size=1, max_size=3))
    | op("in", NUMBER, st.lists(NUMBERS, min_size=1, max_size=3))
    | op("isNull", TEXT | SUMS)
)
FILTERS = st.recursive(PREDICATES, lambda inner: op("and or", inner, inner) | op("not", inner), max_leaves=6)
ROWS = st.lists(
    st.fixed_dictionaries(
        {name: st.none() | WORDS for name in ("kind", "method", "size")}
        | {name: st.none() | NUMBERS for name in ("accuracy_m", "area_ha")}
    ),
    min_size=1,
    max_size=8,
)


def written(body: Any) -> str:
    """A filter in CQL2 text, every part of it in parentheses."""
    if isinstance(body, str):
        # After a backslash only \' can be a quote.
        return "'" + body.replace("'", "''").replace("\\''", "\\\\'") + "'"
    if not isinstance(body, dict):
        return repr(body)
    if "property" in body:
        return str(body["property"])
    name, args = body["op"], body["args"]
    if name == "in":
        return f"({written(args[0])} IN ({', '.join(map(written, args[1]))}))"
    parts = [written(each) for each in args]
    if name == "between":
        return f"({parts[0]} BETWEEN {parts[1]} AND {parts[2]})"
    if name == "isNull":
        return f"({parts[0]} IS NULL)"
    return f"(NOT {parts[0]})" if name == "not" else f" {name.upper()} ".join(parts).join("()")


@settings(max_examples=times(100, 5000))
@given(ROWS, FILTERS)
def test_a_filter_in_text_and_in_json_finds_what_plain_python_finds(rows: list[dict[str, Any]], body: Any) -> None:
    wanted = [nth for nth, row in enumerate(rows) if plain(body, row) is True]
    # Texts that mostly recur are kept as a dictionary: both ways are asked.
    for copies in (1, 3):
        at = index(rows * copies)
        for text, language in ((json.dumps(body), "cql2-json"), (written(body), "cql2-text")):
            found = at.rows(FeatureQuery(filter=parse(text, QUERYABLES, language)))
            assert found.tolist() == [nth + lap * len(rows) for lap in range(copies) for nth in wanted], text

"""How long features are filtered out of a layer of a million, beside a bare DuckDB over the same rows.

Run it as ``python tests/bench/filter.py``; it needs about 3 GB of memory and a minute. The data are synthetic, and are
never written. A CQL2 filter on two properties is read and held against the layer, as the service does it; DuckDB asks
the same of a table of its own and of the same rows in Arrow, and gives back their positions. What is found is compared
before anything is timed. Columns are made ready before, as the service keeps them, and how long that takes is told.
The bound: the median of the filter is at most 1.5 times the median of DuckDB over its own table.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from mendmap.atlas.feature import Feature, Features
from mendmap.atlas.fields import queryables
from mendmap.atlas.model import Layer
from mendmap.atlas.select import Index
from mendmap.query.features import FeatureQuery, boxes
from mendmap.query.filters import parse

TRIES = 30
FILTERS = (
    "kind = 'dump' AND accuracy_m < 100",
    "kind IN ('dump', 'pond') AND accuracy_m BETWEEN 10 AND 20",
    "method LIKE 'Plan 12%' AND accuracy_m * 2 > 500",
    "kind <> 'dump' OR accuracy_m IS NULL",
)


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    layer = synthetic(rows)
    index, known = Index(layer), queryables("bench", "site", {}, ["en"])
    arrow = pa.table(
        {name: pa.array(layer.column(name), from_pandas=True) for name in ("kind", "method", "accuracy_m")}
    )
    arrow = arrow.append_column("place", pa.array(np.arange(rows)))
    bare = duckdb.connect()
    bare.register("arrow", arrow)
    bare.execute("CREATE TABLE own AS FROM arrow")
    print(f"{'':>66} {'found':>8} {'DuckDB ms':>10} {'on Arrow':>9} {'ours ms':>8} {'ratio':>6}")
    for text in FILTERS:
        asks: tuple[Callable[[], Any], ...] = (
            lambda text=text: _places(bare, "own", text),
            lambda text=text: _places(bare, "arrow", text),
            lambda text=text: index.rows(FeatureQuery(filter=parse(text, known))),
        )
        begun = time.perf_counter()
        found = asks[2]()
        first = time.perf_counter() - begun
        for ask in asks[:2]:
            assert np.array_equal(np.sort(ask()), found), text
        own, on_arrow, ours = (statistics.median(_timed(ask) for _ in range(TRIES)) * 1e3 for ask in asks)
        print(f"{text:>66} {len(found):>8,} {own:>10.2f} {on_arrow:>9.2f} {ours:>8.2f} {ours / own:>6.2f}", flush=True)
        print(f"{'with its columns made ready':>66} {first * 1e3:>37.0f}")
    _boxes(index)


def synthetic(rows: int) -> Layer:
    """A layer of synthetic points over a degree by a degree."""
    rng = np.random.default_rng(5)
    accuracy = rng.integers(1, 1000, rows).astype(object)
    accuracy[rng.random(rows) < 0.1] = None
    columns = {
        "id": np.array([f"f{nth}" for nth in range(rows)], dtype=object),
        "kind": rng.choice(np.array(["mine", "dump", "pond", "lake"], dtype=object), rows),
        "method": np.array([f"Plan {nth}" for nth in range(rows)], dtype=object),
        "accuracy_m": accuracy,
    }
    shapes = shapely.points(rng.random(rows) + 22, rng.random(rows) + 44)
    told = (dict(zip(columns, cells, strict=True)) for cells in zip(*map(list, columns.values()), strict=True))
    made = (Feature("bench", row["id"], shape, row) for row, shape in zip(told, shapes, strict=True))
    return Layer("bench", {"en": "Bench"}, "", "site", {}, {}, "", "", 1, Features.of(made))


def _boxes(index: Index) -> None:
    """How long a box takes that holds about a thousand."""
    side = (1000 / len(index.layer.features)) ** 0.5
    asked = FeatureQuery(boxes=boxes(f"22.4,44.4,{22.4 + side},{44.4 + side}"))
    west, south, east, north = asked.boxes[0]
    x, y = shapely.get_coordinates(index.layer.geometries).T
    found = index.rows(asked)
    assert np.array_equal(found, np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north)))
    took = statistics.median(_timed(lambda: index.rows(asked)) for _ in range(TRIES)) * 1e3
    print(f"{'a box':>66} {len(found):>8,} {'':>10} {'':>9} {took:>8.2f}")


def _places(bare: duckdb.DuckDBPyConnection, table: str, text: str) -> Any:
    return bare.execute(f"SELECT place FROM {table} WHERE {text}").fetchnumpy()["place"]


def _timed(ask: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()

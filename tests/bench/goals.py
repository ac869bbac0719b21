"""The goals of the benchmark of tiles, and the one table in which they are held against what was measured.

Not here: how anything is measured (``hot``, ``cold``, ``steady``, ``started``, ``archive``).
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """What is held against what. ``bound`` is the least where ``least``, else the most, of ours divided by the peer's,
    or of ours alone where there is no peer. ``unit`` is that of both."""

    what: str
    unit: str
    bound: float
    least: bool = False
    alone: bool = False

    @property
    def told(self) -> str:
        """The bound in words."""
        times = "" if self.alone else " x"
        unit = f" {self.unit}" if self.alone else ""
        return f"at {'least' if self.least else 'most'} {self.bound:g}{times}{unit}"


@dataclass(frozen=True)
class Found:
    """What was measured for a goal; ``peer`` is the name of what it is held against, ``theirs`` its measure."""

    goal: str
    ours: float
    peer: str = ""
    theirs: float | None = None

    @property
    def measure(self) -> float:
        """What the bound is of."""
        return self.ours if self.theirs is None else self.ours / self.theirs

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        goal = GOALS[self.goal]
        return self.measure >= goal.bound if goal.least else self.measure <= goal.bound


GOALS: Mapping[str, Goal] = {
    "hot_nginx": Goal("hot tile of 4 kB against nginx and the same bytes in a file", "requests/s", 0.35, least=True),
    "hot_gzip": Goal("the same, both compressed beforehand", "requests/s", 0.35, least=True),
    "hot_tipg": Goal("hot vector tile against tipg", "requests/s", 20, least=True),
    "hot_pygeoapi": Goal("hot vector tile against pygeoapi", "requests/s", 20, least=True),
    "hot_mapserver": Goal("hot vector tile against MapServer", "requests/s", 20, least=True),
    "cold_12_postgis": Goal("cold GeoJSON tile of zoom 12 (70 of 200,000) against PostGIS", "ms", 0.4),
    "cold_12_vt": Goal("cold GeoJSON tile of zoom 12 against geojson-vt", "ms", 0.4),
    "cold_10_vt": Goal("cold GeoJSON tile of zoom 10 (1,100) against geojson-vt", "ms", 0.1),
    "cold_6_vt": Goal("cold GeoJSON tile of zoom 6 (all) against geojson-vt", "ms", 0.1),
    "bytes_10": Goal("largest GeoJSON tile of zoom 10", "kB", 500, alone=True),
    "bytes_6": Goal("GeoJSON tile of zoom 6", "kB", 500, alone=True),
    "mvt_12": Goal("cold vector tile of zoom 12 against ST_AsMVT", "ms", 1),
    "mvt_10": Goal("cold vector tile of zoom 10 against ST_AsMVT", "ms", 1),
    "mvt_6": Goal("cold vector tile of zoom 6 against ST_AsMVT", "ms", 1),
    "growth": Goal("cold tile of as many points, of 1,000,000 against of 10,000", "ms", 1.5),
    "steady_p99": Goal("p99 against p50 at 64 connections, one layer of six changed each second", "ms", 5),
    "steady_errors": Goal("errors and stale tiles meanwhile", "answers", 0, alone=True),
    "publish_time": Goal("archive of 200,000 polygons, zoom 0 to 14, against the faster peer", "s", 1),
    "publish_bytes": Goal("its size against tippecanoe's", "MB", 1),
    "start": Goal("start to ready with 200,000 polygons, beyond the import of the libraries", "s", 2, alone=True),
    "memory_polygons": Goal(
        "resident memory with 200,000 polygons, after a walk over many tiles", "MiB", 1024, alone=True
    ),
    "memory_points": Goal("resident memory with 1,000,000 points, after the same", "MiB", 1024, alone=True),
}
HEAD = ("what", "ours", "peer", "ratio", "goal", "met")


def table(found: Mapping[str, Found]) -> str:
    """What was found for each goal as a Markdown table, in the order of the goals; what was not measured is blank."""
    rows = [HEAD, ("---",) * len(HEAD), *(_cells(goal, found.get(name)) for name, goal in GOALS.items())]
    return "".join(f"| {' | '.join(row)} |\n".replace("  ", " ") for row in rows)


def _cells(goal: Goal, found: Found | None) -> tuple[str, ...]:
    if found is None:
        return goal.what, "", "", "", goal.told, ""
    peer = "" if found.theirs is None else f"{_number(found.theirs)} {goal.unit} ({found.peer})"
    ratio = "" if found.theirs is None else _number(found.measure)
    return goal.what, f"{_number(found.ours)} {goal.unit}", peer, ratio, goal.told, "yes" if found.met else "no"


def _number(value: float) -> str:
    """Three significant digits, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:.3g}"

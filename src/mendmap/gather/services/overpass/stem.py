"""The main stem of lines that run in the direction of flow: the longest way from a source to a mouth.

Lines meet where they share a vertex. An end that lies within ``GAP_M`` of a beginning, where nothing else goes on, is
bridged by a straight line. Coordinates are OGC:CRS84 degrees, lengths geodesic metres.
Not here: which lines are of one river (``rivers``).
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from mendmap.geo.measure import ellipsoid

Vertices = NDArray[np.float64]
Place = tuple[float, float]
T = TypeVar("T", bound=Hashable)
# How wide a gap may be and still be taken for one that nobody drew, such as a culvert or a weir.
GAP_M = 100.0
_DEGREE_M = 111_000.0


@dataclass(frozen=True, slots=True)
class Edge:
    """A piece of the line ``part`` (blank: a gap that was bridged), between two places where lines meet or end."""

    part: str
    vertices: Vertices = field(repr=False, compare=False)
    length_m: float

    @property
    def begin(self) -> Place:
        """Where it comes from."""
        return _place(self.vertices[0])

    @property
    def end(self) -> Place:
        """Where it leads to."""
        return _place(self.vertices[-1])


@dataclass(frozen=True, slots=True)
class Stem:
    """The longest way through lines that hang together, and the pieces that are ``aside`` of it."""

    edges: tuple[Edge, ...]
    aside: tuple[Edge, ...]

    @property
    def line(self) -> shapely.LineString:
        """The way as one line."""
        head, *others = (each.vertices for each in self.edges)
        return shapely.LineString(np.concatenate([head, *(each[1:] for each in others)]))

    @property
    def length_m(self) -> float:
        """How long it is."""
        return sum(each.length_m for each in self.edges)

    @property
    def bridged_m(self) -> list[float]:
        """The gaps in it, in metres, as they come."""
        return [each.length_m for each in self.edges if not each.part]

    @property
    def parts(self) -> set[str]:
        """The lines of which some is in it."""
        return {each.part for each in self.edges} - {""}


def stems(lines: Iterable[tuple[str, Vertices]]) -> list[Stem]:
    """The stem of each set of lines that hang together, the longest first. Whatever order the lines come in, and
    however they are cut into pieces, the answer is the same. A line that closes upon itself has no way through."""
    edges = _edges(sorted(lines, key=lambda each: (each[0], each[1].tolist())))
    edges += _bridges(edges)
    groups = Groups[Place]()
    for each in edges:
        groups.join(each.begin, each.end)
    together: dict[Place, list[Edge]] = defaultdict(list)
    for each in edges:
        together[groups.of(each.begin)].append(each)
    found = [stem for each in together.values() if (stem := _stem(each)).edges]
    return sorted(found, key=lambda each: (-each.length_m, each.edges[0].begin))


def _edges(lines: Sequence[tuple[str, Vertices]]) -> list[Edge]:
    """The lines cut wherever two of them share a vertex; what stands twice is taken once."""
    cleaned = [(part, _without_rests(vertices)) for part, vertices in lines]
    seen: Counter[Place] = Counter()
    for _, vertices in cleaned:
        seen.update(_place(each) for each in vertices)
        seen.update((_place(vertices[0]), _place(vertices[-1])))
    found: dict[tuple[Place, ...], Edge] = {}
    for part, vertices in cleaned:
        places = [_place(each) for each in vertices]
        cuts = [nth for nth, each in enumerate(places) if seen[each] > 1]
        for first, last in pairwise(cuts):
            piece = vertices[first : last + 1]
            found.setdefault(tuple(places[first : last + 1]), Edge(part, piece, _length_m(piece)))
    return list(found.values())


def _without_rests(vertices: Vertices) -> Vertices:
    """Vertices of which none is the same as the one before."""
    moved = (np.diff(vertices, axis=0) != 0).any(axis=1)
    return vertices[np.concatenate(([True], moved))]


def _bridges(edges: Sequence[Edge]) -> list[Edge]:
    """The gaps between an end that leads nowhere and a beginning that nothing leads to, the narrowest first; each end
    is bridged once, and nothing that hangs together already."""
    begins, ends = {each.begin for each in edges}, {each.end for each in edges}
    mouths, sources = sorted(ends - begins), sorted(begins - ends)
    if not mouths or not sources:
        return []
    groups = Groups[Place]()
    for each in edges:
        groups.join(each.begin, each.end)
    # Wide enough at any latitude where rivers are; what is too far is dropped below.
    reach = GAP_M / _DEGREE_M / max(0.01, np.cos(np.radians(max(abs(each[1]) for each in (*mouths, *sources)))))
    tree = shapely.STRtree(shapely.points(sources))
    at, to = tree.query(shapely.points(mouths), predicate="dwithin", distance=reach)
    gaps = sorted(
        (_length_m(np.array([mouths[i], sources[j]])), mouths[i], sources[j]) for i, j in zip(at, to, strict=True)
    )
    found: list[Edge] = []
    used = set[tuple[str, Place]]()
    for length, mouth, source in gaps:
        ends_of_it = {("mouth", mouth), ("source", source)}
        if length <= GAP_M and not ends_of_it & used and groups.of(mouth) != groups.of(source):
            used |= ends_of_it
            groups.join(mouth, source)
            found.append(Edge("", np.array([mouth, source]), length))
    return found


def _stem(edges: Sequence[Edge]) -> Stem:
    incoming: dict[Place, list[Edge]] = defaultdict(list)
    for each in edges:
        incoming[each.end].append(each)
    reached: dict[Place, tuple[float, Edge | None]] = {}
    for place in _downstream(edges):
        # What leads here from a place that comes later runs in a circle.
        ways = [(reached[each.begin][0] + each.length_m, each) for each in incoming[place] if each.begin in reached]
        reached[place] = max(ways, key=lambda way: (way[0], way[1].begin), default=(0.0, None))
    end = max(reached, key=lambda place: (reached[place][0], place))
    taken: list[Edge] = []
    while (edge := reached[end][1]) is not None:
        taken.append(edge)
        end = edge.begin
    on_it = {id(each) for each in taken}
    return Stem(tuple(reversed(taken)), tuple(each for each in edges if id(each) not in on_it))


def _downstream(edges: Sequence[Edge]) -> list[Place]:
    """Every place after those that lead to it. Where water is drawn to run in a circle, the circle is opened at the
    first place in it that water from elsewhere comes to."""
    leads: dict[Place, list[Place]] = defaultdict(list)
    open_: Counter[Place] = Counter()
    for each in edges:
        if each.begin != each.end:
            leads[each.begin].append(each.end)
            open_[each.end] += 1
    left = {place for each in edges for place in (each.begin, each.end)}
    ready = sorted(place for place in left if not open_[place])
    touched = set[Place]()
    order: list[Place] = []
    while left:
        place = heapq.heappop(ready) if ready else min(touched & left or left)
        left.discard(place)
        order.append(place)
        for below in leads[place]:
            open_[below] -= 1
            touched.add(below)
            if not open_[below] and below in left:
                heapq.heappush(ready, below)
    return order


class Groups(Generic[T]):
    """Things that hang together, by way of any others (a union-find)."""

    def __init__(self) -> None:
        self._leads: dict[T, T] = {}

    def of(self, thing: T) -> T:
        """The one that stands for all that hang together with a thing."""
        while (up := self._leads.setdefault(thing, thing)) != thing:
            self._leads[thing] = self._leads[up]
            thing = up
        return thing

    def join(self, one: T, other: T) -> None:
        """Says that two hang together."""
        self._leads[self.of(one)] = self.of(other)


def lengths_m(edges: Iterable[Edge]) -> Mapping[str, float]:
    """How long the pieces of each line are, together."""
    found: dict[str, float] = defaultdict(float)
    for each in edges:
        found[each.part] += each.length_m
    return found


def _place(vertex: Vertices) -> Place:
    return float(vertex[0]), float(vertex[1])


def _length_m(vertices: Vertices) -> float:
    return float(ellipsoid().line_length(*vertices.T))

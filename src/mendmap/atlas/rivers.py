"""Where features lie along watercourses: at what kilometre, how sure that is, and what lies above and below them.

A feature lies on the watercourses that its column ``watercourses`` names; for a watercourse, these are what it flows
into. A kilometre is known only within the accuracy of both ends, the feature and the line: everything on the line
that is this near to the feature may be its true place. What lies above what is sure only where these stretches do
not overlap; everything else is ``assumed``, and an assumed place has no kilometre. Not here: geometry
(``geo.chainage``), and which stations tell of which site (``joins``).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import shapely

from mendmap.geo.chainage import Course, Stretch
from mendmap.lake.features import FeatureRow, Features

_Order = tuple[float, float, str]

# The share of a watercourse that a place's uncertainty may leave open. Beyond it a kilometre says next to nothing.
OPEN_SHARE = 0.25
# Lines that end and begin within so many metres of each other share a vertex.
_TOUCH_M = 1.0


@dataclass(frozen=True, slots=True)
class Along:
    """A feature's place on a watercourse. ``how`` is a word of ``vocabulary.CHAINAGES``.

    Kilometres count downstream from the watercourse's zero. As drawn, the feature lies from ``drawn_km`` to
    ``drawn_to_km`` (the same but for a reach or an area), ``moved_m`` from the line at the most; its true place is
    between ``low_km`` and ``high_km``. ``uncertainty_m`` is the accuracy of both ends together; 0 where a watercourse
    begins at the very vertex that another ends at. All are None where it is ``unplaced``.
    """

    feature: str
    role: str
    watercourse: str
    how: str
    drawn_km: float | None = None
    drawn_to_km: float | None = None
    low_km: float | None = None
    high_km: float | None = None
    moved_m: float | None = None
    uncertainty_m: float | None = None

    @property
    def assumed(self) -> bool:
        """Whether its kilometre is only assumed, and is not to be shown."""
        return self.how != "measured"

    @property
    def km(self) -> float | None:
        """The kilometre at which it lies or begins; None where it is assumed."""
        return None if self.assumed else self.drawn_km

    @property
    def to_km(self) -> float | None:
        """The kilometre at which it ends; None where it is assumed."""
        return None if self.assumed else self.drawn_to_km

    @property
    def order(self) -> _Order:
        """What places are sorted by, downstream; those without a place come last."""
        if self.drawn_km is None or self.drawn_to_km is None:
            return float("inf"), float("inf"), self.feature
        return self.drawn_km, self.drawn_to_km, self.feature


@dataclass(frozen=True, slots=True)
class Watercourse:
    """A watercourse as a coordinate. ``start_km`` is the chainage of its first vertex; ``course`` is None where its
    line is missing or has no single distance along it. ``along`` has what lies on it, in order, the mouths of its
    tributaries among it; ``outflows`` where it flows into others itself."""

    id: str
    start_km: float
    course: Course | None
    along: tuple[Along, ...]
    outflows: tuple[Along, ...]

    @property
    def stations(self) -> list[Along]:
        """Its stations that have a place, in order."""
        return [each for each in self.along if each.role == "station" and each.drawn_km is not None]

    @property
    def mouths(self) -> list[Along]:
        """Where others flow into it, of those that have a place, in order."""
        return [each for each in self.along if each.role == "watercourse" and each.drawn_km is not None]

    @property
    def end_km(self) -> float | None:
        """The chainage of its last vertex."""
        return None if self.course is None else self.start_km + self.course.length_m / 1000


class Way(NamedTuple):
    """How far one place is below another along the water: as drawn, at least and at most."""

    km: float
    least_km: float
    most_km: float
    assumed: bool

    def then(self, other: "Way") -> "Way":
        """This way, and another from where it ends."""
        summed = (self.km + other.km, self.least_km + other.least_km, self.most_km + other.most_km)
        return Way(*summed, self.assumed or other.assumed)


class Neighbour(NamedTuple):
    """The next station along the water, and how far it is. Where the way is assumed, so is which of them is above."""

    place: Along
    way: Way


class Above(NamedTuple):
    """A feature above a place, on the same watercourse or on one that flows into it; ``assumed`` where it may as well
    lie below."""

    feature: str
    watercourse: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class Rivers:
    """All watercourses of an atlas by id, and what lies on them."""

    watercourses: Mapping[str, Watercourse]
    _of: Mapping[str, tuple[Along, ...]] = field(repr=False)

    def of(self, feature: str) -> tuple[Along, ...]:
        """A feature's place on each watercourse that it names; for a watercourse, where it flows into others."""
        return self._of.get(feature, ())

    @property
    def placed(self) -> Mapping[str, tuple[Along, ...]]:
        """The same of every feature that names any, by its id."""
        return self._of

    def downstream(self, place: Along) -> list[Neighbour]:
        """The next station below a place: on its watercourse, or else on the one that it flows into. There are several
        only where a watercourse names several; none where the place is not known at all."""
        found: list[Neighbour] = []
        todo, seen = [(place, _HERE)], {place.watercourse}
        while todo and place.drawn_km is not None:
            at, way = todo.pop()
            watercourse = self.watercourses[at.watercourse]
            station = next((each for each in watercourse.stations if each.order > _upper(at)), None)
            if station is not None:
                found.append(Neighbour(station, way.then(_way(at, station))))
                continue
            for mouth in reversed(watercourse.outflows):
                if mouth.drawn_km is not None and mouth.watercourse not in seen:
                    seen.add(mouth.watercourse)
                    todo.append((mouth, way.then(_way(at, _end(watercourse)))))
        return found

    def upstream(self, place: Along) -> list[Neighbour]:
        """The next station above a place on each branch of the water: on its watercourse, and on those that flow into
        it between that station and the place."""
        found: list[Neighbour] = []
        todo, seen = [(place, _HERE)], {place.watercourse}
        while todo and place.drawn_km is not None:
            at, way = todo.pop()
            watercourse = self.watercourses[at.watercourse]
            station = next((each for each in reversed(watercourse.stations) if each.order < _lower(at)), None)
            if station is not None:
                found.append(Neighbour(station, _way(station, at).then(way)))
            for mouth in reversed(watercourse.mouths):
                between = mouth.order < _lower(at) and (station is None or _upper(mouth) > station.order)
                tributary = self.watercourses[mouth.feature]
                if between and mouth.feature not in seen and tributary.course is not None:
                    seen.add(mouth.feature)
                    todo.append((_end(tributary), _way(mouth, at).then(way)))
        return found

    def above(self, place: Along) -> Iterator[Above]:
        """Every feature that lies above a place or may, watercourses as a whole among them, each once."""
        found: dict[str, Above] = {}
        for each in self._above_of(place):
            # What is sure of one way is sure.
            if each.feature != place.feature and (each.feature not in found or found[each.feature].assumed):
                found[each.feature] = each
        yield from found.values()

    def _above_of(self, place: Along) -> Iterator[Above]:
        yield Above(place.watercourse, place.watercourse, assumed=True)
        for each in self.watercourses[place.watercourse].along:
            order = compared(each, place)
            if order == "below":
                continue
            assumed = order != "above"
            yield Above(each.feature, place.watercourse, assumed)
            if each.role == "watercourse":
                # Wherever on a tributary something lies, its water comes in at the mouth.
                for ident in self._draining(each.feature, place.watercourse):
                    yield Above(ident, ident, assumed)
                    yield from (Above(on.feature, ident, assumed) for on in self.watercourses[ident].along)

    def _draining(self, into: str, but: str) -> list[str]:
        """A watercourse and all that flow into it, but for one that the water has reached already."""
        found, todo = {but: None}, [into]
        while todo:
            ident = todo.pop()
            if ident not in found:
                found[ident] = None
                todo += [each.feature for each in self.watercourses[ident].along if each.role == "watercourse"]
        return [ident for ident in found if ident != but]


def compared(one: Along, other: Along) -> str:
    """Whether one place of a watercourse is surely ``above`` or ``below`` another of it, or it is ``unknown``."""
    if one.assumed or other.assumed:
        return "unknown"
    assert one.low_km is not None and one.high_km is not None
    assert other.low_km is not None and other.high_km is not None
    if one.high_km <= other.low_km:
        return "above"
    return "below" if one.low_km >= other.high_km else "unknown"


def rivers(features: Iterable[FeatureRow], roles: Mapping[str, str]) -> Rivers:
    """Lays every feature along the watercourses that it names. ``roles`` maps layer to role; geometries are WGS 84
    degrees. The order of the features changes nothing."""
    held = Features.of(features)
    rows = {row.id: row for row in held.only(each for each in held.tables if roles[each] == "watercourse")}
    courses = {ident: Course.of(row.geometry) for ident, row in rows.items()}
    found: dict[str, list[Along]] = {ident: [] for ident in rows}
    of: dict[str, tuple[Along, ...]] = {}
    for row in map(held.__getitem__, held.naming("watercourses")):
        named = [ident for ident in dict.fromkeys(row.properties["watercourses"]) if ident in rows and ident != row.id]
        places = [_along(row, roles[row.layer], rows[ident], courses[ident]) for ident in named]
        if places:
            of[row.id] = tuple(places)
        for each in places:
            found[each.watercourse].append(each)
    watercourses = {
        ident: Watercourse(
            ident,
            _start_km(row),
            courses[ident],
            tuple(sorted(found[ident], key=lambda each: each.order)),
            tuple(sorted(of.get(ident, ()), key=lambda each: each.watercourse)),
        )
        for ident, row in sorted(rows.items())
    }
    return Rivers(watercourses, of)


def _start_km(watercourse: FeatureRow) -> float:
    return float(watercourse.properties.get("start_km") or 0.0)


def _along(row: FeatureRow, role: str, watercourse: FeatureRow, course: Course | None) -> Along:
    shape: Any = row.geometry
    if role == "watercourse" and shape is not None:
        # A watercourse that flows into this one does so at its last vertex.
        own = Course.of(shape)
        shape = None if own is None else shapely.Point(own.vertices[-1])
    if shape is None or course is None:
        return Along(row.id, role, watercourse.id, "unplaced")
    uncertainty = float(row.properties["accuracy_m"]) + float(watercourse.properties["accuracy_m"])
    drawn = course.stretch(shape, uncertainty)
    if role == "watercourse" and max(drawn.last_m, drawn.moved_m) < _TOUCH_M:
        # It ends where this one begins. Wherever that is, all of this one lies below it.
        drawn, uncertainty = Stretch(0.0, 0.0, 0.0, 0.0, 0.0), 0.0
    how = _how(row, watercourse, course, drawn, uncertainty)
    start = _start_km(watercourse)
    first, last, low, high = (start + metres / 1000 for metres in drawn[:4])
    return Along(row.id, role, watercourse.id, how, first, last, low, high, drawn.moved_m, uncertainty)


def _how(row: FeatureRow, watercourse: FeatureRow, course: Course, drawn: Stretch, uncertainty_m: float) -> str:
    if "hypothesis" in (row.properties["basis"], watercourse.properties["basis"]):
        return "hypothesis"
    if drawn.moved_m > uncertainty_m:
        return "aside"
    # What the ends of the line cut off was open too; what winds within the circle is open as well.
    left_open = max((drawn.high_m - drawn.low_m) - (drawn.last_m - drawn.first_m), 2 * uncertainty_m)
    return "coarse" if left_open > OPEN_SHARE * course.length_m else "measured"


_HERE = Way(0.0, 0.0, 0.0, False)


def _upper(at: Along) -> _Order:
    """What stations below a place come after; one at the very mouth of a tributary lies below it."""
    return (*at.order[:1], float("-inf"), "") if at.role == "watercourse" else at.order


def _lower(at: Along) -> _Order:
    """What places above a place come before; one at the very end of a watercourse lies above it."""
    return (*at.order[:1], float("inf"), "") if at.role == "watercourse" else at.order


def _end(watercourse: Watercourse) -> Along:
    end = watercourse.end_km
    return Along(watercourse.id, "watercourse", watercourse.id, "measured", end, end, end, end)


def _way(one: Along, other: Along) -> Way:
    """From one place of a watercourse down to another of it; both have been placed."""
    assert one.drawn_to_km is not None and one.low_km is not None and one.high_km is not None
    assert other.drawn_km is not None and other.low_km is not None and other.high_km is not None
    assumed = compared(one, other) != "above"
    # What overlaps is at least nothing apart.
    least = max(0.0, other.low_km - one.high_km)
    return Way(max(0.0, other.drawn_km - one.drawn_to_km), least, other.high_km - one.low_km, assumed)

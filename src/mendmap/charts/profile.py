"""Draws a profile: what each series along a watercourse says, by kilometre.

Each mark is one reading of one series, numbered as in the table that stands beside it; nothing is joined or averaged.
A reading whose station's kilometre is only assumed has none: it is a dashed line over the stretch it may be from.
Works stand below the axis, each in a lane of its own, from kilometre to kilometre. Limits are dashed lines across.
Not here: which readings (``lake``), and where stations lie (``atlas.rivers``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mendmap.charts.axes import value_ticks
from mendmap.charts.svg import CHARACTER, INK, LIMIT, LINE, QUIET, grid, heading, picture, short, text
from mendmap.words.languages import IN_ENGLISH, Language
from mendmap.words.phrases import Phrase, amount, counted, joined, numeral, say

WIDTH, HEIGHT = 640, 320
_TOP, _BOTTOM, _RIGHT = 36, HEIGHT - 58, WIDTH - 14
LANE = 18  # the height of one
_LANES = 6  # works in a drawing; every work is told in words
_TALL = 3  # a limit up to so many times the greatest value still has room
_HALO = 'paint-order="stroke" stroke="#fffdf8" stroke-width="4"'
_SHAPES = {"": "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", "<": "m-4 0h8l-4 7z", ">": "m-4 0h8l-4 -7z"}

_QUALIFIED = {
    "<": say("below {value}"),
    "<=": say("at most {value}"),
    ">": say("above {value}"),
    ">=": say("at least {value}"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A reading: its number in the table, its station, its ``value`` (canonical unit) with its ``qualifier``; the
    kilometre, None where it is assumed, and between which kilometres it surely or possibly is."""

    number: int
    station: str
    km: float | None
    low_km: float
    high_km: float
    value: float
    qualifier: str


@dataclass(frozen=True, slots=True)
class Done:
    """A work that was done along the river: its name with its time, and from which kilometre to which, as drawn; None
    where that is not known."""

    name: str
    km: float | None
    to_km: float | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit: its label, and its ``value`` (canonical unit)."""

    label: str
    value: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What is to be drawn: ``what`` along which river (``where``), ``unit`` as it is printed, ``when`` in words; the
    watercourse runs from ``first_km`` to ``last_km``."""

    what: str
    where: str
    unit: str
    when: str
    first_km: float
    last_km: float
    marks: tuple[Mark, ...]
    works: tuple[Done, ...] = ()
    bounds: tuple[Bound, ...] = ()

    @property
    def placed(self) -> list[Done]:
        """The works that have a lane: the first that have a kilometre."""
        return [each for each in self.works if each.km is not None][:_LANES]

    @property
    def height(self) -> int:
        """How high the drawing is."""
        return HEIGHT + LANE * len(self.placed)


def draw_profile(profile: Profile, language: Language = IN_ENGLISH) -> bytes:
    """The drawing of a profile as SVG that stands by itself, in a language."""
    values = [0.0, *(each.value for each in profile.marks)]
    within = [each for each in profile.bounds if min(values) <= each.value <= _TALL * max(values)]
    ticks = value_ticks(min(values), max([*values, *(each.value for each in within)]))
    frame = _Frame(profile, ticks, language)
    body = [*_axes(frame, profile), *_works(frame, profile.placed), *_bounds(frame, within)]
    body += (part for each in profile.marks for part in _mark(frame, each))
    if not profile.marks:
        middle = (_TOP + _BOTTOM) / 2
        nothing = language.say(say("No reading of it can be drawn along here"))
        body.append(text(WIDTH / 2, middle, nothing, anchor="middle", size=14))
    room = int((WIDTH - 16) / CHARACTER)
    body.append(text(8, profile.height - 8, short(language.say(_key(profile)), room), fill=QUIET, size=11))
    title = say("{parameter} along {watercourse}", parameter=profile.what, watercourse=profile.where)
    return picture(WIDTH, profile.height, language.say(title), language.say(told(profile)), body, language.id)


def told(profile: Profile) -> Phrase:
    """What a drawing shows, in words."""
    said = [
        counted(
            "{parameter} along {watercourse}, {when}: {number} of its series have a reading.",
            "{parameter} along {watercourse}, {when}: {number} of its series have a reading.",
            len(profile.marks),
            parameter=profile.what,
            watercourse=profile.where,
            when=profile.when,
        )
    ]
    for each in profile.marks:
        value = amount(numeral(each.value), profile.unit)
        known = {
            "mark": each.number,
            "station": each.station,
            "value": say(_QUALIFIED[each.qualifier], value=value) if each.qualifier in _QUALIFIED else value,
        }
        if each.km is None:
            said.append(say("{mark}: {station}, kilometre not known, {value}.", **known))
        else:
            said.append(say("{mark}: {station}, km {km:.2f}, {value}.", km=each.km, **known))
    said += [_bound(each, profile.unit) for each in profile.bounds]
    return joined(" ", (*said, *map(_done, profile.works)))


def _bound(each: Bound, unit: str) -> Phrase:
    return say("{limit}: {value}.", limit=each.label, value=amount(numeral(each.value), unit))


def _done(each: Done) -> Phrase:
    """A work and where it was done."""
    if each.km is None or each.to_km is None:
        return say("Work: {work}, kilometre not known.", work=each.name)
    if each.to_km - each.km < 0.01:
        return say("Work: {work}, km {km:.2f}.", work=each.name, km=each.km)
    return say("Work: {work}, km {begin:.2f} to {end:.2f}.", work=each.name, begin=each.km, end=each.to_km)


class _Frame:
    """Where a kilometre and a value stand in the drawing, in its own units."""

    def __init__(self, profile: Profile, ticks: Sequence[float], language: Language) -> None:
        self.ticks, self.language = ticks, language
        self.left = max(30.0, 12 + 6.8 * max(len(language.number(each)) for each in ticks))
        self.first, self.last = profile.first_km, max(profile.last_km, profile.first_km + 1e-3)

    def x(self, km: float) -> float:
        share = (km - self.first) / (self.last - self.first)
        return self.left + min(max(share, 0.0), 1.0) * (_RIGHT - self.left)

    def y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return _BOTTOM - (value - low) / (high - low) * (_BOTTOM - _TOP)


def _axes(frame: _Frame, profile: Profile) -> Iterator[str]:
    language = frame.language
    yield from heading(WIDTH, profile.what, profile.unit, language.say(joined(", ", (profile.where, profile.when))))
    yield from grid(frame.ticks, frame.y, frame.left, _RIGHT, language.number)
    for km in value_ticks(frame.first, frame.last, 8):
        if frame.first <= km <= frame.last:
            yield f'<path d="M{frame.x(km):.1f} {_BOTTOM}v5" stroke="{QUIET}"/>'
            yield text(frame.x(km), _BOTTOM + 17, language.number(km), anchor="middle")
    downstream = language.say(say("kilometres downstream"))
    yield text(_RIGHT, _BOTTOM + 32, downstream, anchor="end", fill=QUIET, size=11)


def _bounds(frame: _Frame, bounds: Sequence[Bound]) -> Iterator[str]:
    taken: list[float] = []
    for each in sorted(bounds, key=lambda bound: -bound.value):
        y = frame.y(each.value)
        line = f'd="M{frame.left:.1f} {y:.1f}H{_RIGHT}" stroke="{LIMIT}" stroke-width="1.4"'
        yield f'<path class="limit" {line} stroke-dasharray="6 3"/>'
        # Where a label has no room of its own, the words below the drawing have it.
        if all(abs(y - other) > 12 for other in taken):
            taken.append(y)
            words = frame.language.say(say("{limit}: {value}", limit=each.label, value=numeral(each.value)))
            yield text(_RIGHT - 2, y - 4, short(words, 60), anchor="end", fill=LIMIT, size=11, more=_HALO)


def _works(frame: _Frame, works: Sequence[Done]) -> Iterator[str]:
    """A lane for each work: a firm bar where it was done, with its name beside it where there is more room."""
    for nth, each in enumerate(works):
        assert each.km is not None and each.to_km is not None
        y = _BOTTOM + 42 + LANE * nth
        begin, finish = frame.x(each.km), frame.x(each.to_km)
        ends = [begin, finish]
        yield f'<path d="M{frame.left:.1f} {y}H{_RIGHT}" stroke="{QUIET}" stroke-opacity=".35"/>'
        if finish - begin < 6:
            x = (begin + finish) / 2
            yield f'<path d="M{x:.1f} {y - 6}l6 6l-6 6l-6 -6z" fill="{INK}"/>'
            ends, begin, finish = [x], x - 6, x + 6
        else:
            yield f'<path d="M{begin:.1f} {y}H{finish:.1f}" stroke="{INK}" stroke-width="7"/>'
        for x in ends:
            yield f'<path d="M{x:.1f} {_BOTTOM + 5}V{y - 6}" stroke="{QUIET}" stroke-dasharray="1 4"/>'
        after = _RIGHT - finish >= begin - frame.left
        room = int((_RIGHT - finish if after else begin - frame.left) / CHARACTER) - 2
        words, x = short(frame.language.say(each.name), max(room, 12)), finish + 6 if after else begin - 6
        yield text(x, y + 4, words, anchor="start" if after else "end", size=11, more=_HALO)


def _mark(frame: _Frame, each: Mark) -> Iterator[str]:
    y = frame.y(each.value)
    dashes = "" if each.km is not None else ' stroke-dasharray="5 4"'
    low, high = frame.x(each.low_km), frame.x(each.high_km)
    yield f'<path d="M{low:.1f} {y:.1f}H{high:.1f}" stroke="{INK}" stroke-width="1.2"{dashes}/>'
    sign = each.qualifier[:1] if each.qualifier[:1] in ("<", ">") else ""
    # What has no kilometre has no mark at one; only a non-detect needs its sign, or it would read as a value found.
    if each.km is not None or sign:
        x = (low + high) / 2 if each.km is None else frame.x(each.km)
        look = f'fill="none" stroke="{INK}"' if sign else f'fill="{LINE}"'
        yield f'<path d="M{x:.1f} {y:.1f}{_SHAPES[sign]}" {look}/>'
    yield text(min(high + 3, _RIGHT - 8), y - 4, str(each.number), size=11)


def _key(profile: Profile) -> Phrase:
    said = [say("Numbers as in the table")]
    said += [say("lines: where the place may be")] if profile.marks else []
    said += [say("dashed: no kilometre is known")] if any(each.km is None for each in profile.marks) else []
    said += [say("▽ below detection")] if any(each.qualifier[:1] == "<" for each in profile.marks) else []
    return joined("; ", said)

"""Draws a profile: what each series along a watercourse says, by kilometre.

Each mark is one reading of one series, numbered as in the table that stands beside it; nothing is joined or averaged.
A reading whose station's kilometre is only assumed has none: it is a dashed line over the stretch it may be from.
Not here: which readings (``lake``), and where stations lie (``atlas.rivers``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mendmap.charts.axes import value_ticks
from mendmap.charts.svg import INK, LINE, QUIET, grid, heading, picture, text
from mendmap.words.languages import IN_ENGLISH, Language
from mendmap.words.phrases import Phrase, amount, counted, joined, numeral, say

WIDTH, HEIGHT = 640, 320
_TOP, _BOTTOM, _RIGHT = 36, HEIGHT - 58, WIDTH - 14
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


def draw_profile(profile: Profile, language: Language = IN_ENGLISH) -> bytes:
    """The drawing of a profile as SVG that stands by itself, in a language."""
    values = [each.value for each in profile.marks]
    ticks = value_ticks(min([0.0, *values]), max([0.0, *values]))
    frame = _Frame(profile, ticks, language)
    body = [*_axes(frame, profile), *(part for each in profile.marks for part in _mark(frame, each))]
    if not profile.marks:
        middle = (_TOP + _BOTTOM) / 2
        nothing = language.say(say("No reading of it can be drawn along here"))
        body.append(text(WIDTH / 2, middle, nothing, anchor="middle", size=14))
    body.append(text(8, HEIGHT - 8, language.say(_key(profile)), fill=QUIET, size=11))
    title = say("{parameter} along {watercourse}", parameter=profile.what, watercourse=profile.where)
    return picture(WIDTH, HEIGHT, language.say(title), language.say(told(profile)), body, language.id)


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
    return joined(" ", said)


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

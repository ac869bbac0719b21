"""Draws a series as SVG that stands by itself: no script, no style sheet, told apart without colour, and in words.

A value of its own is on the line, or a dot where it has no neighbour; one below a limit of detection is an open
triangle that points down from it; one that its source marked wrong is a cross, off the line. The scale always holds 0,
so that small changes stay small.
"""

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from mendmap.charts import points, works
from mendmap.charts.axes import date, moment, time_ticks, value_ticks
from mendmap.charts.points import Points, Seen
from mendmap.charts.svg import INK, LIMIT, LINE, QUIET, grid, heading, picture, short, text
from mendmap.charts.works import Change, Work
from mendmap.words.languages import IN_ENGLISH, Language
from mendmap.words.phrases import Phrase, amount, counted, ended, joined, numeral, say

WIDTH, HEIGHT = 400, 300
_TOP, _RIGHT = 36, 10
NARROWEST, WIDEST = 320, 1200
_LETTERS = 0.16  # to a unit of the width, in a line below the drawing
_DOTTED = 120  # values up to which each has its dot
_TALL = 3  # a limit up to so many times the greatest value still has room


@dataclass(frozen=True, slots=True)
class Line:
    """A limit: drawn as a dashed line at ``value`` (canonical unit) with its label, for the time that it applies
    (seconds since 1970; None is open)."""

    label: str
    value: float
    first: float | None = None
    last: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn: ``what`` and ``where`` in words, ``unit`` as it is printed; the time from ``first`` to
    ``last`` (seconds since 1970); ``step`` is the averaging time in seconds, None for samples. ``zone`` is the zone
    whose whole days the readings are of; of others, whose hours are told in UTC, it is empty."""

    what: str
    where: str
    unit: str
    averaging: str
    first: float
    last: float
    step: float | None
    lines: tuple[Line, ...] = ()
    works: tuple[Work, ...] = ()
    changes: tuple[Change, ...] = ()
    width: int = WIDTH
    zone: str = ""

    @property
    def calendar(self) -> dt.tzinfo:
        """What its days, months and years are of."""
        return ZoneInfo(self.zone) if self.zone else dt.UTC

    @property
    def height(self) -> int:
        """How high the drawing is: each work that is drawn has a lane of its own below the readings."""
        return HEIGHT + works.LANE * len(works.within(self.works, self.first, self.last))


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart drawn: the ``picture`` as SVG, of what was ``seen``, in its ``frame``."""

    picture: bytes
    seen: Seen
    frame: "Frame"


def draw(chart: Chart, batches: Iterable[pa.RecordBatch], language: Language = IN_ENGLISH) -> bytes:
    """The drawing of readings (batches with ``points.COLUMNS``, of one series in time order), in a language."""
    return drawn(chart, batches, language).picture


def drawn(chart: Chart, batches: Iterable[pa.RecordBatch], language: Language = IN_ENGLISH) -> Drawing:
    """The same with what it was made of, for those who tell more of it than a picture does."""
    seen = points.gather(batches, chart.first, chart.last, chart.width - 50, chart.step)
    lines = applying(chart)
    shown = [*map(float, seen.points.value), 0.0]
    within = [each for each in lines if min(shown) <= each.value <= _TALL * max(shown)]
    ticks = value_ticks(min(shown), max([*shown, *(each.value for each in within)]))
    room = int(chart.width * _LETTERS)
    foot = [
        line
        for each in map(language.say, _foot(chart, seen, [each for each in lines if each not in within]))
        for line in textwrap.wrap(each[:1].upper() + each[1:], room)
    ]
    frame = Frame(chart, ticks, HEIGHT - 26 - 14 * len(foot), language)
    change = works.newest(chart.changes)
    body = [*works.shaded(frame, change), *_axes(frame, chart), *_marks(frame, seen), *_limits(frame, within)]
    body += [*works.means(frame, change), *works.lanes(frame, works.within(chart.works, chart.first, chart.last))]
    below = frame.bottom + 34 + chart.height - HEIGHT
    body += [text(8, below + 14 * nth, words, fill=QUIET, size=11) for nth, words in enumerate(foot)]
    if not seen.count:
        nothing = language.say(say("No reading in this time"))
        body.append(text(chart.width / 2, (_TOP + frame.bottom) / 2, nothing, anchor="middle", size=14))
    title = say("{parameter} at {station}", parameter=chart.what, station=chart.where)
    whole = joined(" ", [told(chart, seen), *said(chart)])
    made = picture(chart.width, chart.height, language.say(title), language.say(whole), body, language.id)
    return Drawing(made, seen, frame)


def told(chart: Chart, seen: Seen) -> Phrase:
    """What a drawing shows, in words."""

    def value(of: float) -> Phrase:
        return amount(numeral(of), chart.unit)

    said: list[str] = [
        counted(
            "{parameter} at {station}, {averaging}, from {time}: {number:,} reading.",
            "{parameter} at {station}, {averaging}, from {time}: {number:,} readings.",
            seen.count,
            parameter=chart.what,
            station=chart.where,
            averaging=chart.averaging,
            time=_span(chart),
        )
    ]
    own = seen.points.value[seen.points.kind == points.VALUE]
    if len(own) and seen.last:
        begun, done, last = seen.last
        said.append(say("Least {least}, greatest {greatest}.", least=value(own.min()), greatest=value(own.max())))
        said.append(say("The last is {value}, of {time}.", value=value(last), time=_when(chart, begun, done)))
    said += [
        say(message, count=count)
        for message, count in (
            (say("Below their limit of detection, drawn as open triangles at it: {count:,}."), seen.below),
            (say("Above what could be measured: {count:,}."), seen.above),
            (say("Marked wrong by the source, drawn as crosses: {count:,}."), seen.invalid),
            (say("Missing: {count:,}."), seen.missing),
            (say("Gaps in them, where the line is broken: {count:,}."), seen.gaps),
        )
        if count
    ]
    said += [ended(joined(": ", (each.label, value(each.value)))) for each in applying(chart)]
    if seen.thinned:
        said.append(say("The drawing has the first, least, greatest and last reading of each column."))
    sparse = _sparse(chart, seen)
    return joined(" ", [*said, ended(sparse) if sparse else ""])


def said(chart: Chart) -> list[str]:
    """What there is to say of the works of a chart, and of what changed over them."""
    return [*(each.said for each in chart.works), *(each.said for each in chart.changes)]


class Frame:
    """Where a moment and a value stand in the drawing, in its own units."""

    def __init__(self, chart: Chart, ticks: Sequence[float], bottom: float, language: Language) -> None:
        self.ticks, self.top, self.bottom, self.language = ticks, float(_TOP), bottom, language
        self.left = max(30.0, 12 + 6.8 * max(len(language.number(each)) for each in ticks))
        self.right = float(chart.width - _RIGHT)
        # A short time, or a single moment, stands in the middle of a day.
        long = chart.last - chart.first
        spare = 0.01 * long if long >= 3600 else 43_200
        self.first, self.last = chart.first - spare, chart.last + spare

    def x(self, seconds: float) -> float:
        share = (seconds - self.first) / (self.last - self.first)
        return float(self.left + min(max(share, 0.0), 1.0) * (self.right - self.left))

    def y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return float(self.bottom - (value - low) / (high - low) * (self.bottom - _TOP))

    def xy(self, some: Points) -> Iterator[tuple[float, float]]:
        """Where points stand."""
        for seconds, value in zip(some.middle.tolist(), some.value.tolist(), strict=True):
            yield self.x(seconds), self.y(value)


def _axes(frame: Frame, chart: Chart) -> Iterator[str]:
    language = frame.language
    where = language.say(joined(", ", (chart.averaging, chart.where)))
    yield from heading(chart.width, chart.what, chart.unit, where)
    yield from grid(frame.ticks, frame.y, frame.left, frame.right, language.number)
    for seconds, phrase in time_ticks(frame.first, frame.last, chart.width // 65, chart.calendar):
        words = language.say(phrase)
        x = frame.x(seconds)
        yield f'<path d="M{x:.1f} {frame.bottom:.0f}v5" stroke="{QUIET}"/>'
        half = len(words) * 3.4
        yield text(min(max(x, half + 4), chart.width - half - 4), frame.bottom + 17, words, anchor="middle")


def _limits(frame: Frame, lines: Sequence[Line]) -> Iterator[str]:
    taken: list[float] = []
    for each in sorted(lines, key=lambda line: -line.value):
        y = frame.y(each.value)
        begin = frame.left if each.first is None else frame.x(each.first)
        finish = frame.right if each.last is None else frame.x(each.last)
        dashes = 'stroke-width="1.4" stroke-dasharray="6 3"'
        yield f'<path d="M{begin:.1f} {y:.1f}H{finish:.1f}" stroke="{LIMIT}" {dashes}/>'
        # Where a label has no room of its own, the words below the drawing have it.
        if all(abs(y - other) > 12 for other in taken):
            taken.append(y)
            halo = 'paint-order="stroke" stroke="#fffdf8" stroke-width="3"'
            label = short(frame.language.say(joined(": ", (each.label, numeral(each.value)))), 50)
            yield text(frame.right - 2, y - 4, label, anchor="end", fill=LIMIT, size=11, more=halo)


def _marks(frame: Frame, seen: Seen) -> Iterator[str]:
    own = seen.points.at(seen.points.kind == points.VALUE)
    if len(own):
        alone = np.ones(len(own), dtype=bool)
        same = np.diff(own.run) == 0
        alone[1:] &= ~same
        alone[:-1] &= ~same
        joined = own.at(~alone)
        if len(joined):
            breaks = np.diff(joined.run, prepend=joined.run[0] - 1) != 0
            path = "".join(
                f"{'M' if begins else 'L'}{x:.1f} {y:.1f}"
                for begins, (x, y) in zip(breaks.tolist(), frame.xy(joined), strict=True)
            )
            yield f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.3" stroke-linejoin="round"/>'
        dots = own if len(own) <= _DOTTED else own.at(alone)
        size = 2.4 if len(own) <= _DOTTED else 1.5
        yield from _many_of(
            f"m-{size} 0a{size} {size} 0 1 0 {2 * size} 0a{size} {size} 0 1 0 -{2 * size} 0", frame, dots
        )
    for kind, shape in ((points.BELOW, "m-3.5 0h7l-3.5 6z"), (points.ABOVE, "m-3.5 0h7l-3.5 -6z")):
        yield from _many_of(shape, frame, seen.points.at(seen.points.kind == kind), open_shape=True)
    yield from _many_of(
        "m-3 -3l6 6m0 -6l-6 6", frame, seen.points.at(seen.points.kind == points.INVALID), open_shape=True
    )


def _many_of(shape: str, frame: Frame, some: Points, open_shape: bool = False) -> Iterator[str]:
    """One path of many equal marks."""
    if len(some):
        path = "".join(f"M{x:.1f} {y:.1f}{shape}" for x, y in frame.xy(some))
        look = f'fill="none" stroke="{INK}" stroke-width="1.1"' if open_shape else f'fill="{LINE}"'
        yield f'<path d="{path}" {look}/>'


def _foot(chart: Chart, seen: Seen, beyond: Sequence[Line]) -> list[Phrase]:
    """The lines of words below the drawing."""
    said = [counted("{time}: {number:,} reading", "{time}: {number:,} readings", seen.count, time=_span(chart))]
    said += [say("Drawn: the first, least, greatest and last of each column")] * seen.thinned
    counts = (
        (say("▽ below detection: {count:,}"), seen.below),
        (say("△ above range: {count:,}"), seen.above),
        (say("✕ marked wrong: {count:,}"), seen.invalid),
        (say("missing: {count:,}"), seen.missing),
        (say("gaps: {count:,}"), seen.gaps),
    )
    said.append(joined(", ", [say(message, count=count) for message, count in counts if count]))
    said.append(_sparse(chart, seen))
    if beyond:
        limits = joined("; ", [joined(" ", (each.label, numeral(each.value))) for each in beyond])
        said.append(say("Above the drawing: {limits}", limits=limits))
    return [each for each in said if each]


def _sparse(chart: Chart, seen: Seen) -> Phrase:
    """What there is to say where averages cover less than half of their time."""
    covered = seen.valued * (chart.step or 0) / (chart.last - chart.first)
    if not chart.step or not seen.valued or covered >= 0.5:
        return Phrase("")
    share = say("less than 1") if covered < 0.01 else numeral(100 * covered, ".0f")
    return say("Covers {share} % of this time; of the rest nothing is known", share=share)


def applying(chart: Chart) -> list[Line]:
    """The limits of a chart that apply in its time."""
    return [
        each
        for each in chart.lines
        if (each.first is None or each.first <= chart.last) and (each.last is None or each.last >= chart.first)
    ]


def _span(chart: Chart) -> Phrase:
    time = _when(chart, chart.first, chart.last)
    return time if chart.zone else say("{time} UTC", time=time)


def _when(chart: Chart, first: float, last: float) -> Phrase:
    """A time in words: its days, the last of which ends when it does; or, of readings that are not of days and where
    it is shorter than three, to the minute."""
    begin, finish = (moment(each, chart.calendar) for each in (first, max(first, last - 1) if chart.zone else last))
    start, end = date(begin), date(finish)
    if not chart.zone and last - first < 3 * 86_400:
        start, end = (joined(", ", (date(each), f"{each:%H:%M}")) for each in (begin, finish))
    return start if start == end else say("{begin} to {end}", begin=start, end=end)

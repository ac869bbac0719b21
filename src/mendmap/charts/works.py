"""Draws what was done beside what was measured: each work in a lane of its own below the readings, hatched, with its
name; and, where a comparison was made, the means before and after a work over the times they are of.

Not here: which works and comparisons (``web.marked``), and the readings (``draw``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from mendmap.charts.svg import CHARACTER, INK, QUIET, short, text
from mendmap.words.languages import Language
from mendmap.words.phrases import say

LANE = 17  # the height of one
_MOST = 4  # lanes in a drawing; every work is told in words
_BAR = 9
_HATCH = 3


class Axes(Protocol):
    """Where a moment and a value stand in a drawing, and the box that readings are drawn in."""

    left: float
    right: float
    top: float
    bottom: float
    first: float
    last: float
    language: Language

    def x(self, seconds: float) -> float:
        """Where a moment stands."""

    def y(self, value: float) -> float:
        """Where a value stands."""


@dataclass(frozen=True, slots=True)
class Work:
    """A work: its ``name``, ``page`` and what there is to say of it (``said``); between which moments (seconds since
    1970) it was ``begun`` and ``finished``, as precisely as is known, None where that is not stated. One that is
    ``ongoing`` has not been finished."""

    name: str
    said: str
    page: str
    begun: tuple[float, float] | None
    finished: tuple[float, float] | None
    ongoing: bool = False

    @property
    def span(self) -> tuple[float, float] | None:
        """From when to when it was surely or possibly at work; only its begin or its end where no more is known."""
        known = [each for each in (self.begun, self.finished) if each]
        if not known:
            return None
        return known[0][0], float("inf") if self.ongoing and self.begun else known[-1][1]


@dataclass(frozen=True, slots=True)
class Change:
    """A comparison over a work: the mean before it, over the time ``earlier``, and ``after`` it, over ``later``
    (seconds since 1970); ``said`` is all that there is to say of it."""

    work: str
    said: str
    before: float
    after: float
    earlier: tuple[float, float]
    later: tuple[float, float]


def within(works: Sequence[Work], first: float, last: float) -> list[Work]:
    """The works that have a lane in a drawing from ``first`` to ``last``: those that touch it, in order of time."""
    touching = [each for each in works if each.span and each.span[0] <= last and each.span[1] >= first]
    return sorted(touching, key=lambda each: each.span or (0, 0))[:_MOST]


def newest(changes: Sequence[Change]) -> Change | None:
    """The comparison that is drawn: that of the work finished last; two would cover each other."""
    return max(changes, key=lambda each: each.later[0], default=None)


def lanes(axes: Axes, works: Sequence[Work]) -> Iterator[str]:
    """A lane for each work, below the words of the axis of time."""
    for nth, each in enumerate(works):
        assert each.span is not None
        y = axes.bottom + 25 + LANE * nth
        begin, finish = (axes.x(moment) if moment != float("inf") else axes.right for moment in each.span)
        finish = max(finish, begin + 4)
        yield f'<path d="{_hatched(begin, finish, y)}" fill="none" stroke="{INK}" stroke-width="1"/>'
        # A closed end is one that is known; the dots are beside the readings of its time.
        for moment, x in zip(each.span, (begin, finish), strict=True):
            if axes.first <= moment <= axes.last:
                yield f'<path d="M{x:.1f} {y - 2}v{_BAR + 4}" stroke="{INK}" stroke-width="2"/>'
                yield f'<path d="M{x:.1f} {axes.top:.0f}V{axes.bottom:.0f}" stroke="{QUIET}" stroke-dasharray="1 4"/>'
        yield _name(axes, axes.language.say(each.name), begin, finish, y + _BAR)


def shaded(axes: Axes, change: Change | None) -> Iterator[str]:
    """The times that a comparison is of, shaded lightly, the later one more."""
    for span, depth in ((change.earlier, 0.05), (change.later, 0.12)) if change else ():
        begin, finish = axes.x(span[0]), axes.x(span[1])
        if finish > begin:
            box = (
                f'x="{begin:.1f}" y="{axes.top:.1f}" width="{finish - begin:.1f}" height="{axes.bottom - axes.top:.1f}"'
            )
            yield f'<rect {box} fill="{INK}" fill-opacity="{depth}"/>'


def means(axes: Axes, change: Change | None) -> Iterator[str]:
    """The means that a comparison found, each a firm line over its time with its word."""
    if not change:
        return
    halo = 'font-weight="600" paint-order="stroke" stroke="#fffdf8" stroke-width="3"'
    for span, mean, word in (
        (change.earlier, change.before, say("before: {mean:,.4g}", mean=change.before)),
        (change.later, change.after, say("after: {mean:,.4g}", mean=change.after)),
    ):
        begin, finish, y = axes.x(span[0]), axes.x(span[1]), axes.y(mean)
        if finish > begin:
            yield f'<path d="M{begin:.1f} {y:.1f}H{finish:.1f}" stroke="{INK}" stroke-width="3" stroke-opacity=".75"/>'
            words = axes.language.say(word)
            # Beside the edge it would lose its end.
            half = len(words) * CHARACTER / 2
            middle = min(max((begin + finish) / 2, axes.left + half), axes.right - half)
            yield text(middle, y - 5, words, anchor="middle", size=11, more=halo)


def _hatched(begin: float, finish: float, y: float) -> str:
    """The outline of a bar without its ends, filled with slanting strokes."""
    strokes = []
    at = begin
    while at < finish:
        far = min(at + _HATCH, finish)
        strokes.append(f"M{at:.1f} {y + _BAR}L{far:.1f} {y + _BAR - _BAR * (far - at) / _HATCH:.1f}")
        at += _HATCH
    return f"M{begin:.1f} {y}H{finish:.1f}M{begin:.1f} {y + _BAR}H{finish:.1f}" + "".join(strokes)


def _name(axes: Axes, name: str, begin: float, finish: float, y: float) -> str:
    """The name of a work: where there is more room, beside its bar, or else on it."""
    after, before = axes.right - finish - 6, begin - axes.left - 6
    room = int(max(after, before) / CHARACTER)
    if room < min(12, len(name)):
        halo = 'paint-order="stroke" stroke="#fffdf8" stroke-width="4"'
        least = int((finish - begin) / CHARACTER)
        return text((begin + finish) / 2, y, short(name, max(least, room)), anchor="middle", size=11, more=halo)
    if after >= before:
        return text(finish + 6, y, short(name, room), size=11)
    return text(begin - 6, y, short(name, room), anchor="end", size=11)

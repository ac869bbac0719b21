"""What is marked on the drawing of a series beside its readings: the works done at its station's sites, and what
changed over each of them.

Not here: how it is drawn (``charts.works``), and all that a comparison says (``changes``).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from mendmap.assess.model import Answer
from mendmap.atlas.model import Atlas
from mendmap.catalogue import records
from mendmap.catalogue.records import names
from mendmap.charts.works import Change, Work
from mendmap.lake.contents import SeriesRow
from mendmap.words.dates import Period
from mendmap.words.phrases import Phrase, say

_DAY = dt.timedelta(days=1)


def works(atlas: Atlas, row: SeriesRow) -> tuple[Work, ...]:
    """The works at the station and at the sites that it is joined to, in the catalogue's order: those over which an
    assessment compares the series."""
    station = atlas.features[row.station]
    places = [station, *(atlas.features[each.site] for each in station.joins if each.site in atlas.features)]
    done = {work.id for place in places for work in place.works}
    return tuple(_work(atlas, each) for ident, each in atlas.works.items() if ident in done)


def reach(done: Sequence[Work], first: float, last: float) -> tuple[float, float]:
    """The time from ``first`` to ``last`` with the works that lie near it, so that readings which end before a work
    are seen to; a work farther off than twice that time would leave the readings no room."""
    near = 2 * (last - first)
    ends = [end for each in done if each.span for end in each.span if first - near <= end <= last + near]
    return min([first, *ends]), max([last, *ends])


def changes(atlas: Atlas, row: SeriesRow) -> tuple[Change, ...]:
    """The comparisons of a series over works, where there were enough months to make one."""
    return tuple(_changes(atlas, row))


def _work(atlas: Atlas, found: records.Work) -> Work:
    name = names(found.name, atlas.place.languages)
    return Work(
        name=name,
        said=_said(found, name),
        page=_page(found),
        begun=_span(atlas, found.begun),
        finished=_span(atlas, found.finished),
        ongoing=found.status == "ongoing",
    )


def _page(found: records.Work) -> str:
    """The page of a work; one done at several places has a page for each, and this is the first."""
    return f"/features/works/{f'{found.id}.{found.sites[0]}' if len(found.sites) > 1 else found.id}"


def _said(found: records.Work, name: str) -> Phrase:
    """What is known of when a work was done."""
    if found.begun and found.finished:
        if found.begun == found.finished:
            return say("Work: {name}, {begun}.", name=name, begun=found.begun)
        return say("Work: {name}, begun {begun}, finished {finished}.", **_dated(found, name))
    if found.finished:
        return say("Work: {name}, finished {finished}; when it was begun is not stated.", **_dated(found, name))
    if found.begun and found.status == "ongoing":
        return say("Work: {name}, begun {begun}, not finished yet.", **_dated(found, name))
    if found.begun:
        return say("Work: {name}, begun {begun}; when it was finished is not stated.", **_dated(found, name))
    return say("Work: {name}; its dates are not known, so it is not drawn.", name=name)


def _dated(found: records.Work, name: str) -> dict[str, Period | str | None]:
    return {"name": name, "begun": found.begun, "finished": found.finished}


def _changes(atlas: Atlas, row: SeriesRow) -> Iterator[Change]:
    for each in atlas.answers.of(row.id):
        work = atlas.works.get(each.against)
        if each.statistic != "before_after" or not work or each.before is None or each.after is None:
            continue
        windows = _windows(atlas, each, work)
        if windows:
            name = names(work.name, atlas.place.languages)
            said = say(
                "Means of the same calendar months: {before:,.4g} before the work “{work}”, {after:,.4g} after it.",
                before=each.before,
                after=each.after,
                work=name,
            )
            yield Change(name, said, each.before, each.after, *windows)


def _windows(
    atlas: Atlas, answer: Answer, work: records.Work
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The whole months before a work and after it that a comparison is of, as ``assess.series`` takes them."""
    whole = Period.parse(answer.period)
    if not work.begun or not work.finished:
        return None
    begun = work.begun.first.replace(day=1)
    after = (work.finished.last.replace(day=1) + 32 * _DAY).replace(day=1)
    first, end = begins(atlas, whole.first), begins(atlas, whole.last + _DAY)
    return (first, begins(atlas, begun)), (begins(atlas, after), end)


def _span(atlas: Atlas, found: Period | None) -> tuple[float, float] | None:
    return (begins(atlas, found.first), begins(atlas, found.last + _DAY)) if found else None


def begins(atlas: Atlas, day: dt.date) -> float:
    """When a day of the catalogue's zone begins, in seconds since 1970."""
    return dt.datetime.combine(day, dt.time.min, ZoneInfo(atlas.place.zone)).timestamp()

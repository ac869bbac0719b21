"""Two dates held against each other: what is known of each site now that was not known then, side by side.

Not here: the atlases of the two dates, which the caller has read.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import shapely

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Work, names, to_plain
from mendmap.lake.contents import SeriesRow
from mendmap.progress import measured
from mendmap.progress.measured import Changes
from mendmap.progress.table import amount
from mendmap.words.dates import Period, whole_days
from mendmap.words.fields import Field
from mendmap.words.labels import label
from mendmap.words.phrases import joined, numeral, say

WHAT = {
    "site": say("It was added, or taken away."),
    "position": say("It was drawn elsewhere, or is known in another way."),
    "state": say("Its newest dated state."),
    "work": say("A work: its status, beginning and end."),
    "quantity": say("A quantity planned or achieved, as one report says."),
    "readings": say("Readings of a series, and the newest of them."),
    "verdict": say("The newest verdict of a series on a limit in force."),
    "trend": say("The trend of a series."),
}
COLUMNS = (
    Field("site", "id", "Id of the site; empty for a work whose place no source tells."),
    Field("site_name", "text", "Its name."),
    Field("what", "word", "What changed.", choices=tuple(WHAT)),
    Field(
        "about",
        "text",
        "Id of the work, quantity or series; of a verdict, series, limit and rule, with spaces between.",
    ),
    Field("was", "text", "What was known at the earlier date; empty for nothing."),
    Field("now", "text", "What was known at the later date; empty for nothing."),
)
# What is compared: by what changed and what it is about, a text.
Told = dict[tuple[str, str], str]


def changes(then: Atlas, now: Atlas) -> list[dict[str, Any]]:
    """A row for everything that differs between two atlases of one catalogue, in ``COLUMNS``: by site in the later
    one's order, those that are gone and works without a place last."""
    languages = now.place.languages
    before, after = _told(then), _told(now)
    order: dict[str | None, Feature | None] = {each.id: each for each in (*now.of_role("site"), *then.of_role("site"))}
    found = []
    for site, feature in {**order, None: None}.items():
        was, is_now = before.get(site, {}), after.get(site, {})
        latest = now.features.get(site or "", feature)
        found += [
            {
                "site": site,
                "site_name": names(latest.name, languages) if latest else None,
                "what": what,
                "about": about or None,
                "was": was.get((what, about)),
                "now": is_now.get((what, about)),
            }
            for what, about in dict.fromkeys((*was, *is_now))
            if was.get((what, about)) != is_now.get((what, about))
        ]
    return found


def _told(atlas: Atlas) -> Mapping[str | None, Told]:
    course = Changes(atlas.answers)
    found: dict[str | None, Told] = {each.id: dict(_site(atlas, each, course)) for each in atlas.of_role("site")}
    lost = (work for work in atlas.works.values() if not any(site in found for site in work.sites))
    found[None] = {key: text for work in lost for key, text in _work(atlas, work)}
    return found


def _site(atlas: Atlas, feature: Feature, course: Changes) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("site", ""), names(feature.name, atlas.place.languages)
    yield ("position", ""), _position(feature)
    if feature.state:
        state, since = feature.state.state, feature.state.since
        yield ("state", ""), say("{state} ({since})", state=state, since=since.text) if since else state
    for work in feature.works:
        yield from _work(atlas, work)
    for series in sorted(feature.series, key=lambda each: each.id):
        newest = say("the newest of {moment}", moment=_when(series, atlas.place.zone)) if series.start else ""
        yield ("readings", series.id), joined(", ", (numeral(series.count), newest))
    for each in feature.verdicts:
        about = f"{each.answer.series} {each.limit.id} {each.rule.id}"
        known = {"verdict": label(each.answer.outcome), "period": each.answer.period}
        yield ("verdict", about), say("{verdict} ({period})", **known)
    for trend in measured.trends(atlas, course, feature):
        word = measured.trend_word(trend["outcome"])
        yield ("trend", trend["series"]), say("{trend} ({period})", trend=word, period=trend["period"])


def _when(series: SeriesRow, zone: str) -> Period | str:
    """When the newest reading is of: whole days of the zone, or the moment at which it begins."""
    assert series.start is not None
    days = whole_days(series.start, series.end, zone) if series.end else None
    return days or series.start.isoformat()


def _work(atlas: Atlas, work: Work) -> Iterator[tuple[tuple[str, str], str]]:
    begun = work.begun.text if work.begun else say("beginning not stated")
    finished = work.finished.text if work.finished else say("end not stated")
    known = {"status": label(work.status), "begun": begun, "finished": finished}
    yield ("work", work.id), say("{status}, {begun} to {finished}", **known)
    for each in atlas.quantities_of(work.id):
        yield ("quantity", each.id), joined(" ", (label(each.role), amount(to_plain(each))))


def _position(feature: Feature) -> str:
    """How a position is known, where it is, and a digest of its shape, so that any redrawing shows."""
    basis, accuracy = feature.properties["basis"], feature.properties.get("accuracy_m")
    if feature.geometry is None:
        return label(basis)
    at = shapely.get_coordinates(shapely.point_on_surface(feature.geometry))[0]
    known = (
        label(basis)
        if accuracy is None
        else say("{basis} within {accuracy:g} m", basis=label(basis), accuracy=accuracy)
    )
    shape = feature.geometry.geom_type
    if shape != "Point":
        shape += f" {hashlib.sha256(shapely.to_wkb(feature.geometry)).hexdigest()[:8]}"
    where = {"shape": shape, "lon": f"{at[0]:.6f}", "lat": f"{at[1]:.6f}"}
    return say("{known}: {shape} at {lon}, {lat}", known=known, **where)

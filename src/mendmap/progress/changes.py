"""Two dates held against each other: what is known of each site now that was not known then, side by side.

Not here: the atlases of the two dates, which the caller has read.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import shapely

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Work, names, to_plain
from mendmap.progress import measured
from mendmap.progress.measured import Changes
from mendmap.progress.table import amount
from mendmap.words.fields import Field

WHAT = {
    "site": "It was added, or taken away.",
    "position": "It was drawn elsewhere, or is known in another way.",
    "state": "Its newest dated state.",
    "work": "A work: its status, beginning and end.",
    "quantity": "A quantity planned or achieved, as one report says.",
    "readings": "Readings of a series, and the newest of them.",
    "verdict": "The newest verdict of a series on a limit in force.",
    "trend": "The trend of a series.",
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
        since = f" ({feature.state.since})" if feature.state.since else ""
        yield ("state", ""), f"{feature.state.state}{since}"
    for work in feature.works:
        yield from _work(atlas, work)
    for series in sorted(feature.series, key=lambda each: each.id):
        newest = f", the newest of {series.start.isoformat()}" if series.start else ""
        yield ("readings", series.id), f"{series.count:,}{newest}"
    for each in feature.verdicts:
        about = f"{each.answer.series} {each.limit.id} {each.rule.id}"
        yield ("verdict", about), f"{each.answer.outcome} ({each.answer.period})"
    for trend in measured.trends(atlas, course, feature):
        yield ("trend", trend["series"]), f"{measured.trend_word(trend['outcome'])} ({trend['period']})"


def _work(atlas: Atlas, work: Work) -> Iterator[tuple[tuple[str, str], str]]:
    dates = f"{work.begun or 'beginning not stated'} to {work.finished or 'end not stated'}"
    yield ("work", work.id), f"{work.status}, {dates}"
    for each in atlas.quantities_of(work.id):
        yield ("quantity", each.id), f"{each.role} {amount(to_plain(each))}"


def _position(feature: Feature) -> str:
    """How a position is known, where it is, and a digest of its shape, so that any redrawing shows."""
    basis, accuracy = feature.properties["basis"], feature.properties.get("accuracy_m")
    if feature.geometry is None:
        return str(basis)
    at = shapely.get_coordinates(shapely.point_on_surface(feature.geometry))[0]
    within = f" within {accuracy:g} m" if accuracy is not None else ""
    shape = feature.geometry.geom_type
    if shape != "Point":
        shape += f" {hashlib.sha256(shapely.to_wkb(feature.geometry)).hexdigest()[:8]}"
    return f"{basis}{within}: {shape} at {at[0]:.6f}, {at[1]:.6f}"

"""Progress over all sites: how many of what, each series and work counted once. Not here: a score."""

from collections import Counter
from typing import Any

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import names
from mendmap.progress.measured import Changes, Item, trends, verdicts

STATUSES = ("planned", "ongoing", "finished", "unknown")


def summary(atlas: Atlas) -> dict[str, Any]:
    """Counts over the whole catalogue: ``sites`` by how their position is known, and those ``measured``; ``works`` by
    status; ``parameters`` that are assessed, each with its newest verdicts and its trends by word: at how many
    stations, and for how many limits; ``readings`` and the newest of them."""
    sites = list(atlas.of_role("site"))
    newest = atlas.newest_reading
    works = Counter(work.status for work in atlas.works.values())
    bases = Counter(site.properties["basis"] for site in sites)
    held, courses = every(atlas)
    return {
        "sites": len(sites),
        "bases": dict(sorted(bases.items())),
        "measured": sum(1 for site in sites if site.series),
        "works": {status: works[status] for status in STATUSES},
        "parameters": [
            {
                "parameter": parameter.id,
                "symbol": parameter.symbol,
                "name": names(parameter.name, atlas.place.languages),
                "verdicts": _words(held, parameter.id, "limit"),
                "trends": _words(courses, parameter.id, "series"),
            }
            for parameter in atlas.parameters.values()
            if any(each["parameter"] == parameter.id for each in (*held, *courses))
        ],
        "readings": sum(series.count for each in atlas.features.joined_to() for series in _own(each)),
        "newest_reading": newest.isoformat() if newest else None,
        "newest_age_days": (atlas.snapshot.moment - newest).days if newest else None,
    }


def every(atlas: Atlas) -> tuple[list[Item], list[Item]]:
    """The newest verdicts and the trends of all series, each where it was taken."""
    changes = Changes(atlas.answers)
    held: list[Item] = []
    courses: list[Item] = []
    for feature in atlas.features.joined_to():
        own = {series.id for series in _own(feature)}
        held += verdicts(changes, (each for each in feature.verdicts if each.station == feature.id))
        courses += [each for each in trends(atlas, changes, feature) if each["series"] in own]
    return held, courses


def _own(feature: Feature) -> list[Any]:
    """The series taken at a feature itself."""
    return [series for series in feature.series if series.station == feature.id]


def _words(items: list[Item], parameter: str, what: str) -> dict[str, dict[str, int]]:
    """By word, at how many stations and for how many of ``what`` it holds."""
    some = [each for each in items if each["parameter"] == parameter]
    return {
        word: {
            "stations": len({each["station"] for each in some if each["outcome"] == word}),
            what + ("" if what == "series" else "s"): len({each[what] for each in some if each["outcome"] == word}),
        }
        for word in dict.fromkeys(each["outcome"] for each in sorted(some, key=lambda each: str(each["outcome"])))
    }

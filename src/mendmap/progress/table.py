"""The table of progress: a row for each site and work, composed only of what the catalogue and the readings say.

Not here: what a site's readings say, item by item (``measured``).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendmap.atlas.model import Atlas, Feature
from mendmap.catalogue.records import Quantity, Work, names, to_plain
from mendmap.lake.contents import SeriesRow
from mendmap.progress import measured
from mendmap.progress.measured import Changes
from mendmap.words import phrases
from mendmap.words.fields import Field
from mendmap.words.phrases import Phrase, joined, numeral, say

COLUMNS = (
    Field("site", "id", "Id of the site or other feature; empty where no source tells where the work was done."),
    Field("site_name", "text", "Its name."),
    Field("layer", "id", "Layer it belongs to."),
    Field("basis", "word", "How its position is known."),
    Field("accuracy_m", "number", "How far the true place may be from the one given.", unit="m"),
    Field("work", "id", "Id of the work; empty for a site without one."),
    Field("work_name", "text", "Its name."),
    Field("shared_with", "ids", "Other places of the same work; its quantities are of all of them together."),
    Field("status", "word", "How far it is."),
    Field("begun", "date", "When it began."),
    Field("finished", "date", "When it was finished."),
    Field("planned", "text", "Quantities planned, each with its date; reports that conflict stand side by side."),
    Field("achieved", "text", "Quantities achieved, each with its date; reports that conflict stand side by side."),
    Field("cost", "number", "What it cost, in millions of the currency."),
    Field("currency", "word", "Currency of the cost."),
    Field("trust", "word", "Who vouches for the work."),
    Field("sources", "words", "Documents that the work and its quantities are taken from."),
    Field("stations", "integer", "Stations joined to the site."),
    Field("readings", "integer", "Readings at the site and its stations."),
    Field("newest_reading", "moment", "Start of the newest reading that has a value, in UTC."),
    Field("newest", "text", "The newest reading: parameter, value, unit."),
    Field("newest_age_days", "integer", "Whole days from the newest reading to the moment of the snapshot.", unit="d"),
    Field(
        "verdicts",
        "text",
        "By parameter, at how many stations the newest verdict on some limit in force here is so, with the periods; a "
        "station is counted under every word that holds there. downloads/verdicts has them one by one.",
    ),
    Field(
        "distance",
        "text",
        "The statistic of those verdicts as a percentage of the limit, the least and the greatest of the stations; at "
        "most 100 % where it is kept. Only where the readings at hand tell it.",
    ),
    Field(
        "covered",
        "text",
        "How much of the way from the mean of the first years to a limit on means the last years have covered.",
    ),
    Field("trends", "text", "By parameter, at how many stations the whole series falls, rises or does neither."),
    Field("over_work", "text", "By series, the means before the work and after it, the same months compared."),
)


def rows(atlas: Atlas) -> list[dict[str, Any]]:
    """The table, by site in the catalogue's order and then by work; sites without works have one row, and works
    whose place no source tells come last. Quantities are lists of mappings, as in the JSON."""
    found: list[dict[str, Any]] = []
    changes = Changes(atlas.answers)
    placed = {site for work in atlas.works.values() for site in work.sites}
    for name in atlas.features.layers:
        site, listed = atlas.layers[name].role == "site", [name]
        # Of places that are no sites only those where something was done stand in the table.
        others = (each for each in atlas.features.joined_to(listed) if each.id in placed)
        for feature in atlas.features.of(listed) if site else others:
            at = _site(atlas, feature, changes)
            found += [
                {**at, **_work(atlas, work, feature.id), **_over(atlas, feature, work, changes)}
                for work in feature.works
            ] or [at]
    return found + [_work(atlas, work, None) for work in atlas.works.values() if not work.sites]


def sites(atlas: Atlas) -> list[dict[str, Any]]:
    """What is measured at each site that has readings, item by item: its newest ``verdicts`` and its ``trends``."""
    changes = Changes(atlas.answers)
    return [
        {
            "site": feature.id,
            "verdicts": measured.verdicts(changes, feature.verdicts),
            "trends": measured.trends(atlas, changes, feature),
        }
        for feature in atlas.of_role("site")
        if feature.series
    ]


def flat_rows(atlas: Atlas) -> Iterator[dict[str, Any]]:
    """The same table with a text in every cell, as CSV and the terminal show it."""
    for row in rows(atlas):
        yield {
            **row,
            "planned": joined("; ", (amount(each) for each in row.get("planned", ()))),
            "achieved": joined("; ", (amount(each) for each in row.get("achieved", ()))),
            "shared_with": ",".join(row.get("shared_with", ())),
            "sources": ",".join(row.get("sources", ())),
            "over_work": measured.differences(atlas, row.get("over_work", ())),
        }


def amount(quantity: Mapping[str, Any]) -> Phrase:
    """A quantity in words: ``area restored: > 60000 item (2022-02)``."""
    unit = "" if quantity["unit"] == "1" else quantity["unit"]
    value = joined(" ", (quantity["qualifier"] or "", phrases.amount(numeral(quantity["value"]), unit)))
    told = joined(": ", (quantity["what"], value))
    return say("{amount} ({date})", amount=told, date=quantity["date"]) if quantity["date"] else told


def _site(atlas: Atlas, feature: Feature, changes: Changes) -> dict[str, Any]:
    newest = next((series for series in feature.series if series.start), None)
    verdicts = measured.verdicts(changes, feature.verdicts)
    return {
        "site": feature.id,
        "site_name": names(feature.name, atlas.place.languages),
        "layer": feature.layer,
        "basis": feature.properties["basis"],
        "accuracy_m": feature.properties.get("accuracy_m"),
        "stations": len(feature.joins),
        "readings": sum(series.count for series in feature.series),
        "newest_reading": newest.start.isoformat() if newest and newest.start else None,
        "newest": _newest(atlas, newest) if newest else None,
        "newest_age_days": (atlas.snapshot.moment - newest.start).days if newest and newest.start else None,
        "verdicts": measured.counted(atlas, verdicts) or None,
        "distance": measured.distances(atlas, verdicts) or None,
        "covered": measured.ways(atlas, verdicts) or None,
        "trends": measured.trend_words(atlas, measured.trends(atlas, changes, feature)) or None,
    }


def _newest(atlas: Atlas, newest: SeriesRow) -> Phrase | None:
    """The newest reading of a series: parameter, value, unit."""
    if newest.latest_value is None:
        return None
    value = joined("", (newest.qualifier or "", numeral(newest.latest_value, "g")))
    return joined(" ", (atlas.parameters[newest.parameter].symbol, value, str(newest.latest_unit)))


def _over(atlas: Atlas, feature: Feature, work: Work, changes: Changes) -> dict[str, Any]:
    return {"over_work": measured.over_work(atlas, changes, feature, work.id)}


def _work(atlas: Atlas, work: Work, site: str | None) -> dict[str, Any]:
    quantities = atlas.quantities_of(work.id)
    return {
        "work": work.id,
        "work_name": names(work.name, atlas.place.languages),
        "shared_with": [each for each in work.sites if each != site],
        "status": work.status,
        "begun": str(work.begun) if work.begun else None,
        "finished": str(work.finished) if work.finished else None,
        "planned": _amounts(quantities, "planned"),
        "achieved": _amounts(quantities, "achieved"),
        "cost": work.cost,
        "currency": work.currency,
        "trust": work.trust,
        "sources": list(dict.fromkeys([work.source, *(each.source for each in quantities)])),
    }


def _amounts(quantities: Sequence[Quantity], role: str) -> list[dict[str, Any]]:
    kept = ("what", "qualifier", "value", "unit", "date", "trust", "source")
    return [
        {name: value for name, value in to_plain(each).items() if name in kept}
        for each in quantities
        if each.role == role
    ]

"""The synthetic Testford with limits, rules and six years of daily values. Nothing in it is measured."""

import datetime as dt

from place import Testford, _rows, point

RULES = _rows(
    "id|statistic|block|period|period_share|clause|basis|source",
    "hours|exceedances|hour|year|0.9|Annex XI|read|survey",
    "days|exceedances|day|year|0.9|Annex I|read|survey",
    "years|mean|hour|year|0.9|Annex XI|read|survey",
)
LIMITS = _rows(
    "id|jurisdiction|instrument|parameter|type|averaging|value|unit|allowed_exceedances|applies_from|rules|basis|source",
    "l1|EU|Directive 2008/50/EC|so2|limit|1h|350|ug/m3|24||hours|read|survey",
    "daily|EU|Directive 2008/50/EC|so2|limit|24h|125|ug/m3|3||days|read|survey",
    "yearly|EU|<b>Made up</b>|so2|limit|year|40|ug/m3|||years|read|survey",
    "to_come|EU|Made up|so2|limit|24h|50|ug/m3|3|2030-01-01|days|read|survey",
    "abroad|WHO|Made up|so2|guideline|24h|40|ug/m3|3||days|read|survey",
)


def assessed(place: Testford) -> Testford:
    """The place with limits of the EU in force, one to come, one that is no law here; a work in 2018; at the chimney
    200 ug/m3 a day in 2016, less by 30 in each year until 2021; and a source that prints only what exceeds."""
    place.head = place.head.replace("near_m", 'jurisdictions = ["EU"]\nnear_m')
    place.tables["rule"], place.tables["limit"] = RULES, LIMITS
    place.tables["source"].append({"id": "notices", "title": "Notices", "url": "", "sample": "biased"})
    place.tables["work"].append(
        dict.fromkeys(place.tables["work"][0], "")
        | {"id": "filter", "sites": "heap", "type": "filter", "name_en": "Filter", "begun": "2018-03"}
        | {"finished": "2018-06", "status": "finished", "trust": "claimed", "source": "survey"}
    )
    place.rows[4]["source"] = "notices"
    for year in range(2016, 2022):
        place.rows += days(year, 200 - 30 * (year - 2016))
    return place


def later(place: Testford) -> Testford:
    """The same a year later: the yearly limit is kept, the planting is under way, and the heap was drawn elsewhere."""
    place.rows += days(2022, 20)
    place.tables["work"][1]["status"] = "ongoing"
    place.feature("dumps")["geometry"] = point(20.801, 44.8)
    place.tables["state"].append({"id": "heap_green", "site": "heap", "since": "2022", "state": "green"})
    place.tables["state"][-1] |= {"trust": "claimed", "source": "survey"}
    return place


def days(year: int, value: float) -> list[dict[str, str]]:
    """A daily mean for every day of a year, in UTC, as the place has it."""
    first = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
    count = (dt.datetime(year + 1, 1, 1, tzinfo=dt.UTC) - first).days
    usual = {"station": "chimney", "parameter": "so2", "averaging": "24h", "value": f"{value:g}", "unit": "ug/m3"}
    starts = [first + dt.timedelta(days=nth) for nth in range(count)]
    return [
        {**usual, "start": start.isoformat(), "end": (start + dt.timedelta(days=1)).isoformat()}
        | {"quality": "valid", "source": "survey"}
        for start in starts
    ]

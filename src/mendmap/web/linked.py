"""What a page is about, in the words of schema.org, as JSON-LD within it: places, data sets and claims.

A claim that was checked is a ``ClaimReview`` that says in words what came of it: we rate nobody, so it has no rating.
Not here: the whole catalogue (``exports.metadata``), which every page could not carry.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mendmap.atlas.model import Place
from mendmap.catalogue.records import names
from mendmap.exports.explain import Download
from mendmap.words.languages import Language

Json = dict[str, Any]
_CONTEXT = "https://schema.org"


def place(told: Mapping[str, Any], address: str, language: Language, within: Place) -> Json:
    """A feature as ``claims.feature`` tells it, as a ``Place``: its point only where it has one, with how far that may
    be off."""
    found: Json = {
        "@context": _CONTEXT,
        "@type": "Place",
        "@id": address,
        "url": address,
        "name": names(told["name"], (language.id, *within.languages)),
        "alternateName": list(dict.fromkeys(told["name"].values())),
        "identifier": told["id"],
        "containedInPlace": {"@type": "Place", "name": names(within.name, (language.id, *within.languages))},
    }
    if standing := told["standing"]:
        found["description"] = language.say(standing)
    if told["lon"] is not None:
        found["geo"] = {"@type": "GeoCoordinates", "latitude": told["lat"], "longitude": told["lon"]}
        meaning = told["basis_meaning"]
        basis = {
            "@type": "PropertyValue",
            "name": "basis",
            "value": told["basis"],
            "description": language.say(meaning),
        }
        accuracy = {"@type": "PropertyValue", "name": "accuracy", "value": told["accuracy_m"], "unitCode": "MTR"}
        found["additionalProperty"] = [basis, *([accuracy] if told["accuracy_m"] is not None else [])]
    return found


def series(told: Mapping[str, Any], address: str, language: Language, within: Place) -> Json:
    """A series as ``describe.series`` tells it, as a ``Dataset`` with its files."""
    known = (language.id, *within.languages)
    measured = {
        "@type": "PropertyValue",
        "name": names(told["parameter_name"], known),
        "unitText": told["canonical_unit"],
    }
    station = names(told["station_name"], known)
    files = {"text/csv": f"{address}.csv", "application/json": f"{address}.json"}
    return {
        "@context": _CONTEXT,
        "@type": "Dataset",
        "@id": address,
        "url": address,
        "name": f"{told['symbol']}, {station}",
        "description": f"{names(told['parameter_name'], known)}, {station}, {told['averaging']}",
        "temporalCoverage": f"{told['first']}/{told['last']}",
        "variableMeasured": measured,
        "license": within.licence,
        "creditText": within.attribution,
        "isAccessibleForFree": True,
        "distribution": [
            {"@type": "DataDownload", "contentUrl": each, "encodingFormat": media} for media, each in files.items()
        ],
    }


def claim(told: Mapping[str, Any], address: str, language: Language, within: Place, moment: str) -> Json:
    """A statement as ``claims.told`` tells it: a ``ClaimReview`` where something in hand could be held against it, with
    what came of that in words; else a ``Claim`` that nobody here has reviewed."""
    source = told["source"]
    appeared = {"@type": "CreativeWork", "name": source["title"], **({"url": source["url"]} if source["url"] else {})}
    made: Json = {
        "@type": "Claim",
        "name": told["claim"],
        "author": {"@type": "Organization", "name": told["claimant"]},
        "appearance": appeared,
    }
    if told["outcome"] == "unverifiable":
        return {"@context": _CONTEXT, "@id": address, "url": address, **made}
    who = {"@type": "Organization", "name": names(within.name, (language.id, *within.languages))}
    return {
        "@context": _CONTEXT,
        "@type": "ClaimReview",
        "@id": address,
        "url": address,
        "claimReviewed": told["claim"],
        "itemReviewed": made,
        "author": who,
        "inLanguage": language.id,
        "dateModified": moment,
        "reviewBody": f"{language.say(told['outcome_meaning'])} {language.say(told['because'])}",
    }


def catalogue(found: Iterable[Download], address: str, language: Language, within: Place) -> Json:
    """The list of what can be downloaded as a ``DataCatalog``. The whole of it, with every column, is at
    ``/schema.jsonld``."""
    known = (language.id, *within.languages)
    return {
        "@context": _CONTEXT,
        "@type": "DataCatalog",
        "@id": address,
        "url": address,
        "name": names(within.name, known),
        "description": names(within.summary, known),
        "dataset": [
            {
                "@type": "Dataset",
                "@id": f"{address}#{each.anchor}",
                "name": each.title,
                "description": each.description,
                "license": each.licence,
                "isAccessibleForFree": True,
                "distribution": [
                    {"@type": "DataDownload", "contentUrl": f"{address}/{each.name}.{form}", "encodingFormat": media}
                    for form, media in each.media.items()
                ],
            }
            for each in found
        ],
    }

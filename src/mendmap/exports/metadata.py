"""What is published, described for catalogues of data: DCAT-AP 3 (SEMIC, 3.0) and schema.org, both as JSON-LD.

Each document carries its own context, so that nothing has to be fetched to read it. Addresses may be relative to the
document. Not here: which files there are (``explain``, ``mendmap.package``).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import names
from mendmap.words.fields import Field

Json = dict[str, Any]
MEDIA_TYPE = "application/ld+json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
# A licence that SPDX lists has a number of its version and no space; any other is told in words.
_SPDX = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*-\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One file. ``bytes`` and ``sha256`` where they are known before it is asked for."""

    address: str
    media_type: str
    bytes: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A layer or a table with its files. ``address`` is where it is described; ``spatial`` tells that it is in
    CRS84."""

    address: str
    title: str
    description: str
    licence: str
    fields: tuple[Field, ...]
    files: tuple[Distribution, ...]
    spatial: bool = False


def dcat(atlas: Atlas, address: str, datasets: Iterable[Dataset]) -> Json:
    """A catalogue in DCAT-AP 3; ``address`` is its own."""
    place = atlas.place
    publisher = {"@type": "foaf:Agent", "foaf:name": names(place.name), "foaf:page": {"@id": place.contact}}
    contact = {
        "@type": "vcard:Kind",
        "vcard:fn": names(place.name),
        ("vcard:hasEmail" if place.contact.startswith("mailto:") else "vcard:hasURL"): {"@id": place.contact},
    }
    shared = {"dct:publisher": publisher, "dcat:contactPoint": contact, "dct:modified": _moment(atlas)}
    return {
        "@context": _CONTEXT,
        "@id": address,
        "@type": "dcat:Catalog",
        "dct:title": [_text(language, text) for language, text in place.name.items()],
        "dct:description": [_text(language, text) for language, text in place.summary.items()],
        "dct:language": list(place.languages),
        "dct:license": _licence(place.licence),
        "dct:rights": {"@type": "dct:RightsStatement", "rdfs:label": place.attribution},
        "dct:identifier": f"{place.id}@{atlas.snapshot}",
        **_extent(atlas),
        **shared,
        "dcat:dataset": [_dcat_dataset(atlas, each, shared) for each in datasets],
    }


def _dcat_dataset(atlas: Atlas, dataset: Dataset, shared: Json) -> Json:
    licence = _licence(dataset.licence)
    return {
        "@id": dataset.address,
        "@type": "dcat:Dataset",
        "dct:title": dataset.title,
        "dct:description": dataset.description,
        "dct:license": licence,
        "dcat:version": str(atlas.snapshot),
        **({"dct:conformsTo": {"@id": CRS84, "@type": "dct:Standard"}} if dataset.spatial else {}),
        **_extent(atlas),
        **shared,
        "dcat:distribution": [_dcat_distribution(each, licence) for each in dataset.files],
    }


def _dcat_distribution(file: Distribution, licence: Json) -> Json:
    media_type = file.media_type.partition(";")[0]
    found: Json = {
        "@type": "dcat:Distribution",
        "dct:title": file.address.rpartition("/")[2],
        "dcat:accessURL": {"@id": file.address},
        "dcat:downloadURL": {"@id": file.address},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{media_type}"},
        "dct:license": licence,
    }
    if file.bytes is not None:
        found["dcat:byteSize"] = {"@type": "xsd:nonNegativeInteger", "@value": str(file.bytes)}
    if file.sha256:
        found["spdx:checksum"] = {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@type": "xsd:hexBinary", "@value": file.sha256},
        }
    return found


def schema_org(atlas: Atlas, address: str, datasets: Iterable[Dataset]) -> Json:
    """The same as a ``DataCatalog`` of schema.org."""
    place = atlas.place
    west, south, east, north = place.extent
    publisher = {"@type": "Organization", "name": names(place.name), "url": place.contact}
    shared: Json = {
        "publisher": publisher,
        "creditText": place.attribution,
        "dateModified": atlas.snapshot.moment.isoformat(),
        "spatialCoverage": {
            "@type": "Place",
            "geo": {"@type": "GeoShape", "box": f"{south} {west} {north} {east}"},
        },
        "isAccessibleForFree": True,
    }
    if times := _times(atlas):
        shared["temporalCoverage"] = "/".join(times)
    return {
        "@context": "https://schema.org/",
        "@id": address,
        "@type": "DataCatalog",
        "name": names(place.name),
        "description": names(place.summary),
        "license": _address(place.licence),
        "identifier": f"{place.id}@{atlas.snapshot}",
        **shared,
        "dataset": [_schema_dataset(atlas, each, shared) for each in datasets],
    }


def _schema_dataset(atlas: Atlas, dataset: Dataset, shared: Json) -> Json:
    return {
        "@id": dataset.address,
        "@type": "Dataset",
        "name": dataset.title,
        "description": dataset.description,
        "license": _address(dataset.licence),
        "version": str(atlas.snapshot),
        **shared,
        "variableMeasured": [_variable(each) for each in dataset.fields],
        "distribution": [_schema_file(each) for each in dataset.files],
    }


def _variable(field: Field) -> Json:
    unit = {"unitText": field.unit} if field.unit else {}
    return {"@type": "PropertyValue", "name": field.name, "description": field.meaning, **unit}


def _schema_file(file: Distribution) -> Json:
    size = {} if file.bytes is None else {"contentSize": f"{file.bytes} B"}
    digest = {"sha256": file.sha256} if file.sha256 else {}
    media_type = file.media_type.partition(";")[0]
    return {"@type": "DataDownload", "contentUrl": file.address, "encodingFormat": media_type, **size, **digest}


def _address(licence: str) -> str:
    return f"https://spdx.org/licenses/{licence}" if _SPDX.fullmatch(licence) else licence


def _licence(licence: str) -> Json:
    named = {"@id": _address(licence)} if _SPDX.fullmatch(licence) else {}
    return {**named, "@type": "dct:LicenseDocument", "rdfs:label": licence}


def _text(language: str, text: str) -> Json:
    return {"@language": language, "@value": text}


def _moment(atlas: Atlas) -> Json:
    return {"@type": "xsd:dateTime", "@value": atlas.snapshot.moment.isoformat()}


def _extent(atlas: Atlas) -> Json:
    """Where and when: the catalogue's box as well-known text, and its readings from the first to the last."""
    west, south, east, north = atlas.place.extent
    ring = ", ".join(f"{x} {y}" for x, y in _ring(west, south, east, north))
    box = {"@type": "geo:wktLiteral", "@value": f"POLYGON(({ring}))"}
    found: Json = {"dct:spatial": {"@type": "dct:Location", "dcat:bbox": box}}
    if times := _times(atlas):
        days = [{"@type": "xsd:dateTime", "@value": each} for each in times]
        found["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": days[0], "dcat:endDate": days[1]}
    return found


def _ring(west: float, south: float, east: float, north: float) -> Sequence[tuple[float, float]]:
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def _times(atlas: Atlas) -> tuple[str, str] | None:
    """The starts of the first and the last reading; None where there is none."""
    series = [each for feature in atlas.features.joined_to() for each in feature.series]
    if not series:
        return None
    return min(each.first for each in series).isoformat(), max(each.last for each in series).isoformat()

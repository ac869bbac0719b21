"""The catalogue file: what a folder of geodata holds, and on what terms.

``catalogue.toml`` has one ``[catalogue]`` and lists every data file as a ``[[layer]]``, a ``[[table]]``,
``[[readings]]`` or ``[[gathered]]``. Not here: what stands in those files.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mendmap.catalogue.records import TABLES, Names
from mendmap.geo.bounds import Bounds
from mendmap.words.fields import Field, Row, plain
from mendmap.words.vocabulary import ACCESS, MEDIA, ROLES

FILE = "catalogue.toml"
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
# Layers that the atlas makes, so no catalogue may name its own so.
DERIVED = ("sites", "works")
# What the service calls so is something else, so no layer may be.
RESERVED = ("readings",)
# How old the newest reading may be and still be current, where a catalogue does not say.
FRESH = dt.timedelta(days=30)

_ENTRY = (
    Field("file", "text", "Path of the file, below the folder of the catalogue.", required=True),
    Field("licence", "text", "Terms of use, as an SPDX id or in words.", required=True),
    Field("source", "text", "Where the file comes from.", required=True),
    Field(
        "origin", "word", "Whose file it is; one taken from others is guarded by its hash.", choices=("own", "others")
    ),
    Field("sha256", "word", "SHA-256 of the file; it must match where it is given."),
)
_ACCESS = Field("access", "word", "Who may see it; blank: public.", choices=tuple(ACCESS))
CATALOGUE = (
    Field("id", "id", "Id of the catalogue.", required=True),
    Field("name", "names", "Name of the place", required=True),
    Field("summary", "names", "What this is about, in a sentence or two"),
    Field(
        "contact",
        "url",
        "Where a reader can report a mistake: mailto: or https://; {id}, {snapshot}, {address} in it are filled in.",
        required=True,
    ),
    Field("licence", "text", "Terms of use of the whole.", required=True),
    Field("attribution", "text", "What must be shown beside every map.", required=True),
    Field("zone", "text", "Zone of its days, months and years, such as Europe/Paris; blank: UTC."),
    Field("jurisdictions", "ids", "Whose limits are law here, as limits name them; blank: none goes before others."),
    Field("near_m", "amount", "How near a station must be to a site to be joined to it, in metres.", unit="m"),
    Field("fresh_for", "duration", "How old the newest reading may be and still tell how it is now; blank: 30d."),
    _ACCESS,
)
NETWORK = (
    Field("name", "names", "What it gives, and who runs it", required=True),
    Field("url", "url", "Where its newest data stand.", required=True),
    Field("media", "ids", "Media that it measures; blank: any.", choices=tuple(MEDIA)),
)
LAYER = (
    Field("id", "id", "Id of the layer, used in addresses.", required=True),
    Field("name", "names", "Name of the layer", required=True),
    Field("description", "text", "What its features are.", required=True),
    Field("role", "word", "What its features are to the others.", required=True, choices=tuple(ROLES)),
    Field("crs", "text", "Coordinate reference system of the file, as authority and code.", required=True),
    Field(
        "media", "ids", "Media that a station must measure to be joined to its sites; blank: any.", choices=tuple(MEDIA)
    ),
    Field("table", "text", "Name of the table inside a GeoPackage."),
    _ACCESS,
    *_ENTRY,
)
_RETRIEVED = Field("retrieved", "moment", "When it was fetched.")
GATHERED = (
    Field("recipe", "id", "Recipe that fetched it.", required=True),
    Field("attribution", "text", "What its terms ask to be shown beside every map."),
    _RETRIEVED,
    *_ENTRY,
)
TABLE = (Field("kind", "word", "What its rows are.", required=True, choices=tuple(TABLES)), *_ENTRY)
READINGS = (
    *_ENTRY,
    Field("format", "word", "Format, as mendmap ingest names it, or auto; blank: our own columns as CSV."),
    Field("mapping", "text", "Mapping file of a wide table, below the folder of the catalogue; it names the format."),
    Field("zone", "text", "Zone of times without an offset, such as Europe/Belgrade; a mapping can say it too."),
    Field("label", "word", "What a single time label tells of its interval.", choices=("begin", "end")),
    Field("encoding", "word", "Encoding of CSV; blank: UTF-8."),
    Field("source_id", "id", "Source of readings that name none themselves.", refers="source"),
    Field("recipe", "id", "Recipe that fetched it; blank: none did."),
    Field("attribution", "text", "What its terms ask to be shown beside every map."),
    _RETRIEVED,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One data file: ``row`` is the line of catalogue.toml that lists it."""

    row: int
    file: str
    path: Path
    licence: str
    source: str
    origin: str = "own"
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A named set of features. ``kinds`` maps each kind of feature to its name in plain words;
    ``fields`` are columns of its own, as name and meaning, beside those every feature has. Its features are for those
    of ``access``, and each ``restricted`` property for those whom it names: words of ``vocabulary.ACCESS``."""

    id: str
    name: Names
    description: str
    role: str
    crs: str
    entry: Entry
    geometry: tuple[str, ...]
    kinds: Mapping[str, str]
    extent: Bounds
    media: tuple[str, ...] = ()
    table: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    access: str = "public"
    restricted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A file of records of one kind."""

    kind: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Readings:
    """A file of readings. ``format`` is blank for our own columns as CSV; ``mapping`` describes a wide table."""

    entry: Entry
    format: str = ""
    mapping: Entry | None = None
    zone: str = ""
    label: str = ""
    encoding: str = "utf-8"
    source_id: str = ""
    recipe: str = ""
    attribution: str = ""
    retrieved: dt.datetime | None = None
    # Stations by what the file calls them, beside the aliases that they have.
    stations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gathered:
    """A GeoJSON file of features that a recipe fetched: none of them counts without a match."""

    entry: Entry
    recipe: str
    attribution: str = ""
    retrieved: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """An official network, where readers find current data of some ``media``, or of any."""

    name: Names
    url: str
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What ``catalogue.toml`` says. ``near_m`` is the greatest distance at which a station is joined to a site,
    ``zone`` the name of the zone in which its days, months and years begin, ``jurisdictions`` those whose limits are
    law here; none where it does not say. ``projections`` are the systems, as ``EPSG:code``, in which its
    features may be asked for beside those of ``geo.crs.ALWAYS``. Readings are current ``fresh_for`` so long; where they
    are not, pages name the official ``networks``."""

    id: str
    name: Names
    summary: Names
    contact: str
    licence: str
    attribution: str
    languages: tuple[str, ...]
    extent: Bounds
    near_m: float
    layers: tuple[Layer, ...]
    tables: tuple[Table, ...]
    readings: tuple[Readings, ...]
    gathered: tuple[Gathered, ...] = ()
    zone: str = "UTC"
    jurisdictions: tuple[str, ...] = ()
    projections: tuple[str, ...] = ()
    fresh_for: dt.timedelta = FRESH
    networks: tuple[Network, ...] = ()
    access: str = "public"
    # Its texts in other languages, by language and by what they are in its first.
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def plain_layer(layer: Layer) -> Row:
    """A layer as the lake keeps it: all but its file."""
    return {
        "id": layer.id,
        "name": dict(layer.name),
        "description": layer.description,
        "role": layer.role,
        "kinds": dict(layer.kinds),
        "media": list(layer.media),
        "fields": dict(layer.fields),
        "licence": layer.entry.licence,
        "source": layer.entry.source,
        "geometry": list(layer.geometry),
        "access": layer.access,
        "restricted": dict(layer.restricted),
    }


def plain_catalogue(catalogue: Catalogue) -> Row:
    """A catalogue as the lake keeps it: what it says of itself, and the order of its layers."""
    return {
        "id": catalogue.id,
        "name": dict(catalogue.name),
        "summary": dict(catalogue.summary),
        "contact": catalogue.contact,
        "licence": catalogue.licence,
        "licences": _licences(catalogue),
        "attribution": catalogue.attribution,
        "languages": list(catalogue.languages),
        "extent": list(catalogue.extent),
        "near_m": catalogue.near_m,
        "zone": catalogue.zone,
        "jurisdictions": list(catalogue.jurisdictions),
        "projections": list(catalogue.projections),
        "fresh_for": plain(catalogue.fresh_for),
        "networks": [
            {"name": dict(each.name), "url": each.url, "media": list(each.media)} for each in catalogue.networks
        ],
        "layers": [layer.id for layer in catalogue.layers],
        "access": catalogue.access,
        "retrieved": _retrieved(catalogue),
        "translations": {language: dict(texts) for language, texts in catalogue.translations.items()},
    }


def _retrieved(catalogue: Catalogue) -> dict[str, str]:
    """When the newest file of each recipe was fetched, of those that were run."""
    files: list[Readings | Gathered] = [*catalogue.readings, *catalogue.gathered]
    told = sorted((each.recipe, each.retrieved) for each in files if each.recipe and each.retrieved)
    return {recipe: plain(moment) for recipe, moment in told}


def _licences(catalogue: Catalogue) -> dict[str, str]:
    """The terms of each kind of record and of the readings: those of its files, each once."""
    found: dict[str, list[str]] = {}
    files = [("reading", each.entry) for each in catalogue.readings]
    for kind, entry in [*((each.kind, each.entry) for each in catalogue.tables), *files]:
        found.setdefault(kind, []).append(entry.licence)
    return {kind: "; ".join(dict.fromkeys(filter(None, each))) for kind, each in found.items()}

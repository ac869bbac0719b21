"""What the OpenAPI document says of the resources under ``/ogc``: their parameters and the schemas of their answers.

Not here: the document (``openapi``).
"""

from typing import Annotated, Any

from fastapi import Path, Query

from mendmap.web.ogc.negotiation import Form

CollectionId = Annotated[str, Path(description="Id of a collection.")]
CollectionsText = Annotated[
    str | None, Query(description="Ids of collections, by commas, the one on top last; else all.")
]
FeatureId = Annotated[str, Path(description="Id of a feature.")]

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def listed(items: Schema) -> Schema:
    """An array."""
    return {"type": "array", "items": items}


def named(name: str) -> Schema:
    """A schema of ``SCHEMAS`` by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(required: str, **properties: Schema) -> Schema:
    """An object; ``required`` names properties it always has."""
    return {"type": "object", "required": required.split(), "properties": properties}


# Features on a page where no limit is asked for, and the parameters of a collection's features, by name.
LIMIT = 100
_PLACE = "An address or short name of one of the systems that the collection lists; else CRS84."
ITEMS: dict[str, tuple[str, Schema]] = {
    "f": ("The form of the answer; else Accept says it.", {**TEXT, "enum": ["json", "html"]}),
    "limit": (
        "Features on a page; a number above the greatest is lowered to it.",
        {"type": "integer", "minimum": 1, "default": LIMIT},
    ),
    "offset": ("Features before the page.", {**COUNT, "default": 0}),
    "bbox": (
        "A box that features meet: four numbers, or six of which heights are passed over, low corner before high.",
        {**listed(NUMBER), "minItems": 4, "maxItems": 6},
    ),
    "bbox-crs": (f"The system of bbox. {_PLACE}", {**TEXT, "format": "uri"}),
    "datetime": (
        "A moment, a date, or two of these with a slash between, where .. leaves an end open. A feature whose time "
        "nobody states is of all time.",
        TEXT,
    ),
    "crs": (f"The system of the answer. {_PLACE}", {**TEXT, "format": "uri"}),
    "filter": ("A filter in CQL2 over the queryables.", TEXT),
    "filter-lang": ("The language of the filter.", {**TEXT, "enum": ["cql2-text", "cql2-json"]}),
    "filter-crs": (f"The system of shapes in the filter. {_PLACE}", {**TEXT, "format": "uri"}),
    "sortby": ("Sortables, by commas, each with - before it for the greatest first.", listed(TEXT)),
    "properties": ("Properties to tell, by commas; else all.", listed(TEXT)),
    "lang": ("The language of the page.", TEXT),
    "as-of": ("When the features were known: a moment, a date, or the number of a snapshot.", TEXT),
}


def parameter(name: str, meaning: str, schema: Schema) -> dict[str, Any]:
    """A query parameter that may be left out; a list is written with commas."""
    written = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return {"name": name, "in": "query", "required": False, "description": meaning, "schema": schema, **written}


def parameters(*names: str) -> dict[str, Any]:
    """The parameters of ``ITEMS``, or some of them, as OpenAPI lists them."""
    return {"parameters": [parameter(name, *ITEMS[name]) for name in names or ITEMS]}


LINKS = listed(named("Link"))
# A time that is open at an end has null there.
_OPEN: Schema = {"type": ["string", "null"], "format": "date-time"}
SCHEMAS: dict[str, Schema] = {
    "Link": record("href rel", href=TEXT, rel=TEXT, type=TEXT, title=TEXT, hreflang=TEXT),
    "Problem": record(
        "type title status", type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT, instance=TEXT
    ),
    "Snapshot": record("number digest moment", number=COUNT, digest=TEXT, moment={**TEXT, "format": "date-time"}),
    "Extent": record(
        "spatial temporal",
        spatial=record("bbox", bbox=listed({**listed(NUMBER), "minItems": 4, "maxItems": 4}), crs=TEXT),
        temporal=record("interval", interval=listed({**listed(_OPEN), "minItems": 2, "maxItems": 2}), trs=TEXT),
    ),
    "Landing": record(
        "title links", title=TEXT, description=TEXT, attribution=TEXT, extent=named("Extent"), links=LINKS
    ),
    "Conformance": record("conformsTo", conformsTo=listed(TEXT), links=LINKS, snapshot=named("Snapshot")),
    "Collection": record(
        "id links",
        id=TEXT,
        title=TEXT,
        description=TEXT,
        attribution=TEXT,
        license=TEXT,
        extent=named("Extent"),
        itemType=TEXT,
        crs=listed(TEXT),
        storageCrs=TEXT,
        links=LINKS,
    ),
    "Collections": record("links collections", links=LINKS, crs=listed(TEXT), collections=listed(named("Collection"))),
    "Geometry": {
        **record("type", type=TEXT, coordinates=listed({}), geometries=listed({})),
        # A feature whose position nobody knows has none.
        "type": ["object", "null"],
    },
    "Feature": record(
        "type id geometry properties",
        type={"type": "string", "enum": ["Feature"]},
        id=TEXT,
        geometry=named("Geometry"),
        properties={"type": "object"},
        links=LINKS,
    ),
    "FeatureCollection": record(
        "type features links timeStamp numberMatched numberReturned",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=listed(named("Feature")),
        links=LINKS,
        timeStamp={**TEXT, "format": "date-time"},
        numberMatched=COUNT,
        numberReturned=COUNT,
        snapshot=named("Snapshot"),
    ),
    "Document": {"type": "object"},
    "TileMatrixSets": record("tileMatrixSets", tileMatrixSets=listed({"type": "object"}), links=LINKS),
    "TileMatrixSet": record(
        "id crs tileMatrices",
        id=TEXT,
        title=TEXT,
        uri=TEXT,
        crs=TEXT,
        tileMatrices=listed({"type": "object"}),
        links=LINKS,
    ),
    "TileSets": record("tilesets", tilesets=listed(named("TileSet")), links=LINKS),
    # TileJSON says the same in its own words, so nothing is said to be always there.
    "TileSet": {"type": "object", "properties": {"title": TEXT, "layers": listed({"type": "object"}), "links": LINKS}},
    "Locations": record(
        "type features links",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=listed(named("Feature")),
        links=LINKS,
        snapshot=named("Snapshot"),
    ),
    # A CoverageCollection, or a FeatureCollection.
    "Observations": record("type snapshot count", type=TEXT, snapshot=named("Snapshot"), count=COUNT),
    "Tile": record(
        "type features omitted",
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=listed(named("Feature")),
        omitted=COUNT,
    ),
    "Properties": record("type properties", type=TEXT, properties={"type": "object"}),
}
# What any resource may answer instead.
PROBLEMS = {
    400: "A parameter is not understood, or not known.",
    404: "There is no such resource.",
    406: "No form of the resource is of the types accepted.",
    414: "The address is too long.",
    500: "Something went wrong.",
    503: "Nothing is served yet, or the lake cannot be read.",
}


def problem(text: str) -> dict[str, Any]:
    """An answer that is a problem document (RFC 9457)."""
    return {"description": text, "content": {"application/problem+json": {"schema": named("Problem")}}}


# Forms that no schema of JSON describes.
_BODIES: dict[str, Schema] = {"html": TEXT, "CSV": TEXT, "mvt": {**TEXT, "format": "binary"}}


def answers(name: str, *forms: Form) -> dict[int | str, dict[str, Any]]:
    """The answers of a resource: itself in its forms, the schema of ``name`` in those that are no page, and
    problems."""
    bodies = {each.media_type: {"schema": _BODIES.get(each.name) or named(name)} for each in forms}
    found: dict[int | str, dict[str, Any]] = {200: {"description": "The resource.", "content": bodies}}
    return found | {status: problem(text) for status, text in PROBLEMS.items()}

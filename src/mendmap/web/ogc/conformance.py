"""The conformance classes that the service holds; each has its tests, by the ids of the standards' own."""

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
_TILES = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
_EDR = "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"

CLASSES = (
    *(f"{_FEATURES}1/1.0/conf/{each}" for each in ("core", "geojson", "html", "oas30")),
    f"{_FEATURES}2/1.0/conf/crs",
    *(
        f"{_FEATURES}3/1.0/conf/{each}"
        for each in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{_CQL2}{each}"
        for each in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "arithmetic",
            "property-property",
        )
    ),
    *(
        f"{_FEATURES}5/1.0/conf/{each}"
        for each in ("schemas", "returnables-and-receivables", "queryables", "sortables")
    ),
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    *(
        f"{_TILES}{each}"
        for each in (
            "core",
            "tileset",
            "tilesets-list",
            "dataset-tilesets",
            "geodata-tilesets",
            "collections-selection",
            "geojson",
            "mvt",
            "oas30",
        )
    ),
    *(f"{_EDR}{each}" for each in ("core", "collections", "geojson", "covjson", "oas30")),
)

"""The conformance classes that the service holds; each has its tests, by the ids of the standards' own."""

_FEATURES = "http://www.opengis.net/spec/ogcapi-features-"
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
        )
    ),
    *(
        f"{_FEATURES}5/1.0/conf/{each}"
        for each in ("schemas", "returnables-and-receivables", "queryables", "sortables")
    ),
)

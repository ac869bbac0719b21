"""The readings as a collection of OGC API Environmental Data Retrieval (EDR, OGC 19-086r6).

Not here: its queries (``observations``), and how readings are written (``exports.observed``).
"""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Parameter
from mendmap.exports.observed import parameter
from mendmap.lake.contents import SeriesRow
from mendmap.web.keeper import Served, current
from mendmap.web.ogc import collections, documented, links
from mendmap.web.ogc.answers import answer
from mendmap.web.ogc.links import link
from mendmap.web.ogc.negotiation import COVERAGE, CSV, GEOJSON, HTML, JSON, FormText, chosen
from mendmap.web.spoken import PAGE
from mendmap.words.phrases import say

router = APIRouter(prefix=f"{links.PREFIX}/collections/readings")
FORMS = (JSON, HTML)
NAME = "readings"
# The first is answered where nothing is asked for.
DATA = (COVERAGE, GEOJSON._replace(name="GeoJSON"), CSV, HTML)
# The queries, each with what its coords are.
_QUERIES = {
    "locations": "",
    "position": say(
        "Well-known text of a POINT or MULTIPOINT; the stations that may stand there, within their accuracy"
    ),
    "area": say("Well-known text of a POLYGON or MULTIPOLYGON; the stations that stand in it"),
}
_ABOUT = say(
    "Every reading of every station, as a series of values with their qualifiers and quality. What lies below or above "
    "detection has no value: its bound stands beside it."
)


@router.api_route("", **PAGE, responses=documented.answers("Collection", *FORMS))
def readings(request: Request, f: FormText = None) -> Response:
    """The collection of readings: its parameters with their units, and how it is queried."""
    served = current(request)
    form, root = chosen(request, f, FORMS), links.root(request, served)
    body = collection(served, root)
    own = links.itself(f"{root}/collections/{NAME}", form, FORMS, "This collection")
    body["links"] = [*own, *(each for each in body["links"] if each["rel"] != "self")]
    return answer(request, served, form, body, "ogc_readings.html")


def collection(served: Served, root: str) -> dict[str, Any]:
    """The readings, described; ``root`` is the address of the landing page."""
    atlas, at = served.atlas, f"{root}/collections/{NAME}"
    spatial = collections.extent(atlas, [each for each in atlas.layers.values() if each.role == "station"])["spatial"]
    rows = served.series.values()
    systems = [each.uri for each in atlas.place.systems]
    return {
        "id": NAME,
        "title": say("Readings"),
        "description": _ABOUT,
        "attribution": atlas.place.attribution,
        "license": atlas.place.licence,
        "keywords": list(dict.fromkeys(each.symbol for each in observed(atlas, rows))),
        "extent": {"spatial": spatial, "temporal": {"interval": [_time(rows)], "trs": collections.GREGORIAN}},
        # So that clients know that these are no features. GDAL goes by the second; else it fails to copy the whole.
        "itemType": "observation",
        "layerDataType": "Coverage",
        "crs": systems,
        "storageCrs": collections.CRS84.uri,
        "output_formats": [each.name for each in DATA],
        "data_queries": {name: _query(at, name, coords, systems) for name, coords in _QUERIES.items()},
        "parameter_names": {each.id: parameter(each) for each in observed(atlas, rows)},
        "links": [
            link("self", f"{at}?f=json", "This collection", JSON.media_type),
            *(link("data", f"{at}/{name}", f"Readings by {name}", COVERAGE.media_type) for name in _QUERIES),
            link(
                "license",
                f"{root.removesuffix(links.PREFIX)}/about",
                f"Licence: {atlas.place.licence}",
                HTML.media_type,
            ),
        ],
    }


def observed(atlas: Atlas, rows: Iterable[SeriesRow]) -> list[Parameter]:
    """The parameters of some series, in the catalogue's order."""
    wanted = {each.parameter for each in rows}
    return [each for name, each in atlas.parameters.items() if name in wanted]


def _time(rows: Iterable[SeriesRow]) -> list[str | None]:
    starts = [(each.first, each.last) for each in rows]
    if not starts:
        return [None, None]
    first, last = min(each[0] for each in starts), max(each[1] for each in starts)
    return [each.isoformat().replace("+00:00", "Z") for each in (first, last)]


def _query(at: str, name: str, coords: str, systems: list[str]) -> dict[str, Any]:
    variables: dict[str, Any] = {
        "title": f"Readings by {name}",
        "query_type": name,
        "output_formats": [each.name for each in DATA],
        "default_output_format": DATA[0].name,
        "crs_details": [{"crs": each, "wkt": ""} for each in systems],
    }
    if coords:
        variables["coords"] = {"description": coords}
    return {"link": {**link("data", f"{at}/{name}", f"Readings by {name}"), "variables": variables}}

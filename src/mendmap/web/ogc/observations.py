"""The queries of EDR over the readings: where there are stations, and the readings of some of them.

``position`` never interpolates: it answers with the stations that may stand at the point, because it lies within their
accuracy, or says how far the nearest one is. Not here: the collection (``edr``), and which stations (``stations``).
"""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from mendmap.errors import BadRequestError, NotFoundError, not_one_of
from mendmap.exports import observed
from mendmap.exports.observed import Observed, drawable
from mendmap.exports.tables import Table, about, reading_fields
from mendmap.geo.crs import Crs
from mendmap.geo.crs import chosen as chosen_system
from mendmap.lake import contents
from mendmap.query.features import CRS84, boxes
from mendmap.query.readings import ReadingQuery
from mendmap.query.times import Interval, interval
from mendmap.web import answers
from mendmap.web.answers import named
from mendmap.web.asked import AsOfText
from mendmap.web.keeper import Served, current, page_of
from mendmap.web.ogc import documented, edr, links, stations
from mendmap.web.ogc.answers import answer, varied
from mendmap.web.ogc.edr import DATA
from mendmap.web.ogc.negotiation import COVERAGE, CSV, GEOJSON, HTML, Form, FormText, chosen
from mendmap.web.ogc.stations import Station
from mendmap.web.routes.downloads import bounded
from mendmap.web.spoken import PAGE
from mendmap.web.spool import Loan

router = APIRouter(prefix=f"{links.PREFIX}/collections/{edr.NAME}")
LISTS = (GEOJSON, HTML)
_ANSWERS = documented.answers("Observations", *DATA)

LocationId = Annotated[str, Path(description="Id of a station.")]
Coords = Annotated[str, Query(description="Well-known text in crs, with its order of axes.")]
DatetimeText = Annotated[
    str | None,
    Query(
        alias="datetime", description="A moment, a date, or two of these with / between, where .. leaves an end open."
    ),
]
ParametersText = Annotated[
    str | None, Query(alias="parameter-name", description="Ids of parameters, by commas; else all.")
]
CrsText = Annotated[str | None, Query(description="The system of coords and of the answer; else CRS84.")]
BoxText = Annotated[str | None, Query(description="A box that stations stand in: west, south, east, north.")]


class _Asked(NamedTuple):
    """What a query asks for, whatever its stations are."""

    served: Served
    form: Form
    interval: Interval
    parameters: tuple[str, ...] | None
    system: Crs
    query: dict[str, str]


def _asked(
    request: Request,
    datetime: DatetimeText = None,
    parameters: ParametersText = None,
    crs: CrsText = None,
    as_of: AsOfText = None,
    f: FormText = None,
) -> _Asked:
    """Raises BadRequestError."""
    served = current(request).of(as_of)
    listed = None if parameters is None else tuple(parameters.split(","))
    for each in listed or ():
        if each not in served.atlas.parameters:
            raise BadRequestError(not_one_of("parameter-name: no such parameter", each, served.atlas.parameters))
    system = CRS84 if crs is None else chosen_system(crs, served.atlas.place.systems)
    return _Asked(served, chosen(request, f, DATA), interval(datetime), listed, system, _without_language(request))


def _without_language(request: Request) -> dict[str, str]:
    """What data is asked for: in any language it is the same."""
    return {name: text for name, text in request.query_params.items() if name != "lang"}


Asked = Annotated[_Asked, Depends(_asked)]


@router.api_route("/locations", **PAGE, responses=documented.answers("Locations", *LISTS))
def locations(
    request: Request, bbox: BoxText = None, datetime: DatetimeText = None, as_of: AsOfText = None, f: FormText = None
) -> Response:
    """Every station that has readings; the position of some may be known to nobody."""
    served, form = current(request).of(as_of), chosen(request, f, LISTS)
    areas = [shapely.box(*each) for each in boxes(bbox)]
    found = stations.during(stations.within(served, areas) if areas else stations.every(served), interval(datetime))
    return _stations(request, served, form, found, "/locations")


@router.api_route("/locations/{locationId}", **PAGE, responses=_ANSWERS)
def location(request: Request, locationId: LocationId, of: Asked) -> Response:  # noqa: N803
    """The readings of one station."""
    known = {each.feature.id: each for each in stations.every(of.served)}
    if locationId not in known:
        raise NotFoundError("location with readings", locationId, known)
    return _readings(request, of, [known[locationId]], f"/locations/{locationId}")


@router.api_route("/position", **PAGE, responses=_ANSWERS)
def position(request: Request, coords: Coords, of: Asked) -> Response:
    """The readings of the stations that may stand at a point: it lies within their accuracy. Nothing is
    interpolated."""
    point = stations.shape(coords, ("POINT", "MULTIPOINT"), of.system)
    return _readings(request, of, stations.at(of.served, point), "/position")


@router.api_route("/area", **PAGE, responses=_ANSWERS)
def area(request: Request, coords: Coords, of: Asked) -> Response:
    """The readings of the stations that stand in an area; none where there is none."""
    shape = stations.shape(coords, ("POLYGON", "MULTIPOLYGON"), of.system)
    return _readings(request, of, stations.within(of.served, [shape]), "/area")


def _readings(request: Request, of: _Asked, found: Sequence[Station], path: str) -> Response:
    """The readings of some stations in the form that is asked for. Raises BadRequestError where that cannot tell
    where one of them is."""
    if of.form is HTML:
        return _stations(request, of.served, HTML, found, path)
    lost = [each.feature.id for each in found if not drawable(each.feature.geometry)]
    if of.form is COVERAGE and lost:
        raise BadRequestError(
            f"f: CoverageJSON needs a point or an area, and {', '.join(lost[:5])} is neither; ask for CSV"
        )
    served, atlas = of.served, of.served.atlas
    query = ReadingQuery(
        stations=tuple(each.feature.id for each in found), parameters=of.parameters, interval=of.interval
    )

    def make(tag: str) -> Loan:
        with served.lake() as lake:
            selection = bounded(served, contents.select(lake, atlas.snapshot, atlas.place.id, query))
            told = about(atlas, edr.NAME, of.query)
            rows = lambda: contents.rows(lake, selection)  # noqa: E731
            table = Table(edr.NAME, reading_fields(), selection.count, rows, told, atlas.snapshot.moment)
            given = _observed(request, of, found, table)
            return served.spool.lend(tag, table.count, lambda to: observed.write(given, of.form.name, to))

    # The form, the address and what it asks tell all that the file is made of.
    told = (atlas.place.id, of.form.name, links.root(request, served), path, sorted(of.query.items()))
    name = f"{edr.NAME}.csv" if of.form is CSV else f"{edr.NAME}.json"
    media_type = f"{CSV.media_type}; charset=utf-8" if of.form is CSV else of.form.media_type
    response = answers.file(
        request, atlas.snapshot, name=name, asked=told, media_type=media_type, make=make, inline=of.form is not CSV
    )
    response.headers["Content-Crs"] = f"<{of.system.uri}>"
    return varied(response)


def _observed(request: Request, of: _Asked, found: Sequence[Station], table: Table) -> Observed:
    atlas = of.served.atlas
    shapes = of.system.from_crs84(np.array([each.feature.geometry for each in found], dtype=object))
    rows = [one for each in found for one in each.series if of.parameters is None or one.parameter in of.parameters]
    at = f"{links.root(request, of.served)}/collections/{edr.NAME}"
    return Observed(
        parameters=tuple(edr.observed(atlas, rows)),
        table=table,
        places={each.feature.id: shape for each, shape in zip(found, shapes, strict=True)},
        system=of.system,
        more={"edrqueryendpoint": f"{at}/locations"},
        head={
            "licence": atlas.place.licence,
            "attribution": atlas.place.attribution,
            "snapshot": named(atlas.snapshot),
            "count": table.count,
        },
    )


def _stations(request: Request, served: Served, form: Form, found: Sequence[Station], path: str) -> Response:
    """Stations, as GeoJSON or as a page that leads to theirs."""
    at, atlas = f"{links.root(request, served)}/collections/{edr.NAME}", served.atlas
    offered = LISTS if path == "/locations" else DATA
    own = links.itself(f"{at}{path}", form, offered, "These stations", dict(request.query_params))
    if form is HTML:
        pages = {each.feature.id: page_of(atlas.layers[each.feature.layer]) + each.feature.id for each in found}
        context: dict[str, Any] = {"stations": found, "pages": pages, "address": at}
        return answer(request, served, form, {"links": own}, "ogc_locations.html", atlas=atlas, **context)
    features = [_feature(each, at) for each in found]
    body = {"type": "FeatureCollection", "links": own, "snapshot": named(atlas.snapshot), "features": features}
    return varied(answers.content(request, orjson.dumps(body), GEOJSON.media_type, atlas.snapshot))


def _feature(station: Station, at: str) -> dict[str, Any]:
    feature = station.feature
    return {
        "type": "Feature",
        "id": feature.id,
        "geometry": orjson.loads(shapely.to_geojson(feature.geometry)) if feature.geometry is not None else None,
        "properties": {
            "name": next(iter(feature.name.values())),
            "basis": feature.properties["basis"],
            "accuracy_m": feature.properties.get("accuracy_m"),
            "parameter-name": sorted({each.parameter for each in station.series}),
            "datetime": _span(station),
            "readings": sum(each.count for each in station.series),
            "edrqueryendpoint": f"{at}/locations/{feature.id}",
        },
    }


def _span(station: Station) -> str:
    ends = min(each.first for each in station.series), max(each.last for each in station.series)
    return "/".join(each.isoformat().replace("+00:00", "Z") for each in ends)

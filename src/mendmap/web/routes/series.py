"""One series of readings: its page, its chart, and all its readings or those of a time, now or as of a moment."""

import difflib
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from mendmap.assess.model import Answers
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import to_plain
from mendmap.charts import draw, points
from mendmap.errors import NotFoundError
from mendmap.exports.tables import reading_fields
from mendmap.lake import assessed, contents
from mendmap.lake.contents import SeriesRow
from mendmap.query.readings import ReadingQuery
from mendmap.web import answers, asked, curves, describe, findings, linked, measured, pictures, spoken
from mendmap.web.asked import AsOfText, Given, Text
from mendmap.web.keeper import Served, current
from mendmap.web.page import page
from mendmap.web.routes.downloads import bounded, readings_file
from mendmap.web.spoken import PAGE
from mendmap.words.languages import Language

router = APIRouter(prefix="/series")
SVG = "image/svg+xml"
# Readings in the table of a page; its downloads have all.
_PAGE_ROWS = 200
# What every reading of a series would repeat.
_OF_ALL = ("series", "station", "parameter", "averaging", "method")


class _Asked(NamedTuple):
    """A series as a request asks for it: as known when, and which of its readings."""

    served: Served
    given: Given
    atlas: Atlas
    row: SeriesRow
    query: ReadingQuery


def _asked(request: Request, ident: str, datetime: Text = None, quality: Text = None, as_of: AsOfText = None) -> _Asked:
    """Raises NotFoundError with those of a like name, and BadRequestError."""
    served = current(request)
    given = asked.given(datetime=datetime, quality=quality, as_of=as_of)
    query = replace(asked.readings(served.atlas, given), series=(ident,))
    atlas = served.at(as_of)
    if atlas is served.atlas:
        row = served.series.get(ident)
    else:
        with served.lake() as lake:
            row = next(iter(contents.summed(lake, atlas.snapshot, atlas.place.id, ident)), None)
            known = assessed.known(lake, atlas.snapshot.number, atlas.place.id, [ident])
            atlas = replace(atlas, answers=Answers(known))
    if row is None or row.station not in atlas.features or row.parameter not in atlas.parameters:
        raise NotFoundError("series", ident, difflib.get_close_matches(ident, served.series, 5, 0.4))
    return _Asked(served, given, atlas, row, query)


Asked = Annotated[_Asked, Depends(_asked)]
Width = Annotated[
    int, Query(ge=draw.NARROWEST, le=draw.WIDEST, description="How wide the drawing is, in the units of its letters.")
]


@router.api_route("/{ident}.chart.json", **PAGE)
def as_chart(request: Request, ident: str, of: Asked, width: Width = draw.WIDTH) -> Response:
    """What its drawing is made of: the points as they are drawn, its limits and works, and the drawing itself."""
    chart = _chart(of, width)
    language = of.served.language(spoken.chosen(request, of.atlas))
    told = curves.specification(of.atlas, ident, chart, _drawing(of, chart, language), language)
    body = orjson.dumps({**told, "asked": dict(of.given)})
    return answers.content(request, body, "application/json", of.atlas.snapshot, spoken.headers(language))


@router.api_route("/{ident}.json", **PAGE)
def as_json(request: Request, ident: str, of: Asked) -> Response:
    """What the series is, its limits, and every reading."""
    fields = tuple(each for each in reading_fields() if each.name not in _OF_ALL)
    head = partial(_head, of)
    return readings_file(request, of.served, of.atlas, f"{ident}.json", of.query, of.given, fields=fields, head=head)


@router.api_route("/{ident}.csv", **PAGE)
def as_csv(request: Request, ident: str, of: Asked) -> Response:
    """Every reading, in the columns of the readings' download."""
    return readings_file(request, of.served, of.atlas, f"{ident}.csv", of.query, of.given)


@router.api_route("/{ident}.svg", **PAGE)
def as_svg(request: Request, ident: str, of: Asked, width: Width = draw.WIDTH) -> Response:
    """A drawing of it."""
    language = of.served.language(spoken.chosen(request, of.atlas))

    def drawn() -> bytes:
        return _drawing(of, _chart(of, width), language).picture

    kept = f"{ident}.{language.id}.svg"
    body = drawn() if of.given or width != draw.WIDTH else of.served.kept(kept, drawn)
    return answers.content(request, body, SVG, of.atlas.snapshot, spoken.headers(language))


@router.api_route("/{ident}", **PAGE)
def as_page(request: Request, ident: str, of: Asked) -> Response:
    """Its drawing, and its newest readings, each with where it comes from."""
    served, given, atlas, row, query = of
    with served.lake() as lake:
        count = contents.select(lake, atlas.snapshot, atlas.place.id, query).count
        most = min(_PAGE_ROWS, served.settings.max_rows)
        rows = contents.newest(lake, atlas.snapshot, atlas.place.id, query, most).to_pylist()
        outdated = measured.outdated(lake, atlas, row)
    for each in rows:
        each["source"] = describe.source(atlas, each["source"]) if each["source"] in atlas.sources else None
    told = findings.of_series(atlas, row, given.get("as-of"))
    series = describe.series(atlas, row)
    limits = [
        {
            **to_plain(each),
            "source": describe.source(atlas, each.source),
            "drawn": pictures.comparable(each, row.averaging),
        }
        for each in pictures.limits(atlas, row)
    ]
    return page(
        request,
        served,
        "series.html",
        atlas,
        lambda address, language: linked.series(series, address, language, atlas.place),
        series=series,
        averaging=pictures.averaging(row.averaging),
        row=row,
        station=atlas.features[row.station],
        limits=limits,
        assessed=told,
        newest=findings.newest(told),
        unassessed=findings.unassessed(atlas, row, told),
        rows=rows,
        count=count,
        outdated=outdated,
        given=given,
        address=f"/series/{ident}",
        asked=f"?{request.url.query}" if given else "",
    )


def _chart(of: _Asked, width: int) -> draw.Chart:
    return replace(pictures.chart(of.atlas, of.row, of.query), width=width)


def _drawing(of: _Asked, chart: draw.Chart, language: Language) -> draw.Drawing:
    with of.served.lake() as lake:
        selection = bounded(of.served, contents.select(lake, of.atlas.snapshot, of.atlas.place.id, of.query))
        return draw.drawn(chart, contents.rows(lake, selection, points.COLUMNS), language)


def _head(of: _Asked, count: int) -> dict[str, Any]:
    """What a series is, before its readings."""
    atlas, row = of.atlas, of.row
    parameter, station = atlas.parameters[row.parameter], atlas.features[row.station]
    told = findings.of_series(atlas, row, of.given.get("as-of"))
    with of.served.lake() as lake:
        outdated = measured.outdated(lake, atlas, row)
    return {
        "id": row.id,
        "station": {"id": row.station, "name": dict(station.name)},
        "parameter": {"id": parameter.id, "name": dict(parameter.name), "symbol": parameter.symbol},
        "unit": parameter.unit,
        "medium": parameter.medium,
        "averaging": row.averaging,
        "method": row.method,
        "limits": [to_plain(each) for each in pictures.limits(atlas, row)],
        "answers": told,
        "unassessed": findings.unassessed(atlas, row, told),
        **({"outdated": outdated} if outdated else {}),
        "count": count,
        "asked": dict(of.given),
        "licence": atlas.place.licence,
        "attribution": atlas.place.attribution,
        "snapshot": answers.named(atlas.snapshot),
    }

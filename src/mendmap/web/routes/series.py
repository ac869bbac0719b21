"""One series of readings: its page, its drawing, and all its readings or those of a time, now or as of a moment."""

import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import to_plain
from mendmap.charts import draw, points
from mendmap.errors import NotFoundError
from mendmap.exports.files import MEDIA, write_json
from mendmap.exports.tables import Table, reading_fields
from mendmap.lake import contents
from mendmap.lake.contents import SeriesRow
from mendmap.query import ReadingQuery
from mendmap.web import answers, asked, describe, pictures
from mendmap.web.asked import AsOfText, Given, Text
from mendmap.web.keeper import Served, current
from mendmap.web.routes.downloads import about, bounded, readings_file
from mendmap.web.routes.pages import page

router = APIRouter(prefix="/series")
METHODS = ["GET", "HEAD"]
SVG = "image/svg+xml"
# Readings in the table of a page; its downloads have all.
_PAGE_ROWS = 200
# What every reading of a series would repeat.
_OF_ALL = ("series", "station", "parameter", "averaging", "method")


@router.api_route("/{ident}.json", methods=METHODS)
def as_json(
    request: Request,
    ident: str,
    datetime: Text = None,
    quality: Text = None,
    as_of: AsOfText = None,
) -> Response:
    """What the series is, its limits, and every reading."""
    served = current(request)
    given = asked.given(datetime=datetime, quality=quality, as_of=as_of)
    atlas, row, query = _series(served, ident, given)
    fields = tuple(each for each in reading_fields() if each.name not in _OF_ALL)

    def make(tag: str) -> Path:
        with served.lake() as lake:
            selection = bounded(served, contents.select(lake, atlas.snapshot, atlas.place.id, query))
            table = Table(
                ident,
                fields,
                selection.count,
                lambda: contents.rows(lake, selection, [each.name for each in fields]),
                about(atlas, "series", given),
                atlas.snapshot.moment,
            )
            head = _head(atlas, row, given, selection.count)
            return served.spool.lend(tag, table.count, lambda path: write_json(head, table, path))

    told = (atlas.place.id, given)
    return answers.file(
        request, atlas.snapshot, name=f"{ident}.json", asked=told, media_type=MEDIA["json"], make=make, inline=True
    )


@router.api_route("/{ident}.csv", methods=METHODS)
def as_csv(
    request: Request,
    ident: str,
    datetime: Text = None,
    quality: Text = None,
    as_of: AsOfText = None,
) -> Response:
    """Every reading, in the columns of the readings' download."""
    served = current(request)
    given = asked.given(datetime=datetime, quality=quality, as_of=as_of)
    atlas, _, query = _series(served, ident, given)
    return readings_file(request, served, atlas, f"{ident}.csv", query, given)


@router.api_route("/{ident}.svg", methods=METHODS)
def as_svg(
    request: Request,
    ident: str,
    datetime: Text = None,
    quality: Text = None,
    as_of: AsOfText = None,
) -> Response:
    """A drawing of it."""
    served = current(request)
    given = asked.given(datetime=datetime, quality=quality, as_of=as_of)
    atlas, row, query = _series(served, ident, given)
    body = (
        _drawn(served, atlas, row, query)
        if given
        else served.kept(f"{ident}.svg", lambda: _drawn(served, atlas, row, query))
    )
    return answers.content(request, body, SVG, atlas.snapshot)


@router.api_route("/{ident}", methods=METHODS)
def as_page(
    request: Request,
    ident: str,
    datetime: Text = None,
    quality: Text = None,
    as_of: AsOfText = None,
) -> Response:
    """Its drawing, and its newest readings, each with where it comes from."""
    served = current(request)
    given = asked.given(datetime=datetime, quality=quality, as_of=as_of)
    atlas, row, query = _series(served, ident, given)
    with served.lake() as lake:
        count = contents.select(lake, atlas.snapshot, atlas.place.id, query).count
        most = min(_PAGE_ROWS, served.settings.max_rows)
        rows = contents.newest(lake, atlas.snapshot, atlas.place.id, query, most).to_pylist()
    for each in rows:
        each["source"] = describe.source(atlas, each["source"]) if each["source"] in atlas.sources else None
    limits = [
        {**to_plain(each), "source": describe.source(atlas, each.source), "drawn": pictures.comparable(each, row)}
        for each in pictures.limits(atlas, row)
    ]
    return page(
        request,
        served,
        "series.html",
        atlas,
        series=describe.series(atlas, row),
        averaging=pictures.averaging(row.averaging).capitalize(),
        told=pictures.alt(atlas, row),
        station=atlas.features[row.station],
        limits=limits,
        rows=rows,
        count=count,
        given=given,
        address=f"/series/{ident}",
        asked=f"?{request.url.query}" if given else "",
        size=(draw.WIDTH, draw.HEIGHT),
    )


def _series(served: Served, ident: str, given: Given) -> tuple[Atlas, SeriesRow, ReadingQuery]:
    """A series as known when it is asked for, and which of its readings are. Raises NotFoundError with those of a
    like name, and BadRequestError."""
    query = replace(asked.readings(served.atlas, given), series=(ident,))
    atlas = served.at(given.get("as-of"))
    if atlas is served.atlas:
        row = served.series.get(ident)
    else:
        with served.lake() as lake:
            row = next(iter(contents.summed(lake, atlas.snapshot, atlas.place.id, ident)), None)
    if row is None or row.station not in atlas.features or row.parameter not in atlas.parameters:
        raise NotFoundError("series", ident, difflib.get_close_matches(ident, served.series, 5, 0.4))
    return atlas, row, query


def _drawn(served: Served, atlas: Atlas, row: SeriesRow, query: ReadingQuery) -> bytes:
    with served.lake() as lake:
        selection = bounded(served, contents.select(lake, atlas.snapshot, atlas.place.id, query))
        return draw.draw(pictures.chart(atlas, row, query), contents.rows(lake, selection, points.COLUMNS))


def _head(atlas: Atlas, row: SeriesRow, given: Given, count: int) -> dict[str, Any]:
    """What a series is, before its readings."""
    parameter, station = atlas.parameters[row.parameter], atlas.features[row.station]
    return {
        "id": row.id,
        "station": {"id": row.station, "name": dict(station.name)},
        "parameter": {"id": parameter.id, "name": dict(parameter.name), "symbol": parameter.symbol},
        "unit": parameter.unit,
        "medium": parameter.medium,
        "averaging": row.averaging,
        "method": row.method,
        "limits": [to_plain(each) for each in pictures.limits(atlas, row)],
        "count": count,
        "asked": dict(given),
        "licence": atlas.place.licence,
        "attribution": atlas.place.attribution,
        "snapshot": answers.named(atlas.snapshot),
    }

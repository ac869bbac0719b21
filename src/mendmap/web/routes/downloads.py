"""Every download by its name: tables as CSV, XLSX and Parquet here, layers through ``web.layers``; and their list."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.errors import BadRequestError, NotFoundError
from mendmap.exports.assessed import assessed
from mendmap.exports.explain import Download, downloads
from mendmap.exports.files import FORMATS, MEDIA, write, write_json
from mendmap.exports.layers.formats import format_of
from mendmap.exports.tables import ASSESSED, DOWNLOADS, Table, about, filters, reading_fields, records
from mendmap.lake import contents
from mendmap.lake.contents import Selection
from mendmap.query.readings import ReadingQuery
from mendmap.statements.outcome import checked
from mendmap.web import answers, asked, layers
from mendmap.web.answers import METHODS, named
from mendmap.web.asked import AsOfText, Given, Text
from mendmap.web.keeper import Served, current
from mendmap.web.spool import Loan
from mendmap.words.fields import Field

router = APIRouter(prefix="/downloads")
_TABLES = ("readings", *ASSESSED, *DOWNLOADS)


@router.api_route(".json", methods=METHODS)
def listed(request: Request) -> dict[str, object]:
    """Every download: its files, how many rows, its filters, and what its columns mean."""
    atlas = current(request).atlas
    return {
        "downloads": [_plain(each) for each in downloads(atlas)],
        "package": {"href": "/downloads/package.zip", "filters": ["site", "parameter", "datetime", "as-of"]},
        "licence": atlas.place.licence,
        "attribution": atlas.place.attribution,
        "snapshot": named(atlas.snapshot),
    }


def _plain(download: Download) -> dict[str, object]:
    return {
        "name": download.name,
        "title": download.title,
        "description": download.description,
        "rows": download.rows,
        "licence": download.licence,
        "files": [
            {
                "href": f"/downloads/{download.name}.{form}",
                "media_type": download.media[form],
                "added_columns": _columns(download.added(form)),
            }
            for form in download.formats
        ],
        "filters": list(download.filters),
        "columns": _columns(download.fields),
    }


def _columns(fields: Iterable[Field]) -> list[dict[str, object]]:
    return [
        {"name": each.name, "kind": each.kind, "unit": each.unit or None, "meaning": each.meaning} for each in fields
    ]


@router.api_route("/mendmap.qgz", methods=METHODS)
def project(request: Request) -> Response:
    """A QGIS project with every layer that a map draws."""
    return layers.project(request, current(request))


@router.api_route("/{name}", methods=METHODS)
def download(
    request: Request,
    name: str,
    site: Text = None,
    station: Text = None,
    parameter: Text = None,
    datetime: Text = None,
    as_of: AsOfText = None,
    quality: Text = None,
    bbox: Text = None,
    bbox_crs: Annotated[str | None, Query(alias="bbox-crs")] = None,
    filter_text: Annotated[str | None, Query(alias="filter")] = None,
    crs: Text = None,
) -> Response:
    """One file."""
    served = current(request)
    stem, _, form = name.rpartition(".")
    given = asked.given(
        site=site,
        station=station,
        parameter=parameter,
        datetime=datetime,
        as_of=as_of,
        quality=quality,
        bbox=bbox,
        bbox_crs=bbox_crs,
        filter=filter_text,
        crs=crs,
    )
    if form not in FORMATS or stem not in _TABLES:
        layer, layer_form = format_of(name)
        if layer_form and layer in served.atlas.layers:
            return layers.file(request, served, name, given)
        known = [f"{each}.{layer_form or 'geojson'}" for each in served.atlas.layers]
        tables = [f"{each}.{form if form in FORMATS else 'csv'}" for each in _TABLES]
        raise NotFoundError("download", name, [*known, *tables])
    asked.only(given, filters(stem), stem)
    # What was found of readings needs their series; readings themselves and records do not.
    atlas = served.at(as_of, whole=stem in ("statements", *ASSESSED))
    if stem == "readings":
        return readings_file(request, served, atlas, name, asked.readings(atlas, given), given)
    places = asked.places(atlas, given)

    def make(tag: str) -> Loan:
        told = about(atlas, stem, given)
        if stem in ASSESSED:
            table = assessed(atlas, stem, places, told)
        else:
            table = records(atlas, stem, places, told, checked(atlas) if stem == "statements" else {})
        return served.spool.lend(tag, table.count, lambda path: write(table, form, path))

    return answers.file(
        request, atlas.snapshot, name=name, asked=(atlas.place.id, given), media_type=MEDIA[form], make=make
    )


def readings_file(
    request: Request,
    served: Served,
    atlas: Atlas,
    name: str,
    query: ReadingQuery,
    given: Given,
    *,
    fields: tuple[Field, ...] | None = None,
    head: Callable[[int], Mapping[str, Any]] | None = None,
) -> Response:
    """The readings that a query asks for, as a file in the format of its name, in some ``fields`` or in all of them.
    JSON needs a ``head``, which is made of their count, and is shown by a browser instead of being saved."""
    form = name.rpartition(".")[2]
    columns = fields or reading_fields()

    def make(tag: str) -> Loan:
        with served.lake() as lake:
            selection = bounded(served, contents.select(lake, atlas.snapshot, atlas.place.id, query))
            table = Table(
                "readings",
                columns,
                selection.count,
                lambda: contents.rows(lake, selection, [each.name for each in columns]),
                about(atlas, "readings", given),
                atlas.snapshot.moment,
            )
            told = head(table.count) if head else {}
            writing = partial(write_json, told, table) if head else partial(write, table, form)
            return served.spool.lend(tag, table.count, writing)

    told = (atlas.place.id, given)
    return answers.file(
        request, atlas.snapshot, name=name, asked=told, media_type=MEDIA[form], make=make, inline=head is not None
    )


def bounded(served: Served, selection: Selection) -> Selection:
    """A selection of no more readings than one answer may have. Raises BadRequestError."""
    most = served.settings.max_download_rows
    if selection.count > most:
        narrowed = ", ".join(each for each in filters("readings") if each != "as-of")
        raise BadRequestError(
            f"{selection.count:,} readings are asked for, and one answer has at most {most:,}; ask for less: {narrowed}"
        )
    return selection

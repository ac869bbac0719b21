"""Progress: at a glance over all sites, site by work, and what changed between two dates; as a page and as files."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
from fastapi import APIRouter, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.errors import NotFoundError
from mendmap.exports.files import MEDIA, write
from mendmap.exports.tables import Table, about
from mendmap.progress import changes, document, table
from mendmap.progress.summary import every
from mendmap.web import answers, asked
from mendmap.web.answers import METHODS, named
from mendmap.web.asked import AsOfText, Text
from mendmap.web.keeper import Served, current
from mendmap.web.page import page
from mendmap.web.spoken import PAGE
from mendmap.words.fields import Field

router = APIRouter(prefix="/progress")
FORMATS = ("csv", "xlsx")


def _dates(served: Served, as_of: str | None, since: str | None) -> tuple[Atlas, Atlas | None]:
    """The atlas of the date that is asked for, and that of the earlier one. An empty field of the page's form asks for
    nothing. Raises BadRequestError and NotFoundError."""
    return served.at(as_of or None, whole=True), served.at(since, whole=True) if since else None


@router.api_route("", **PAGE)
def as_page(request: Request, as_of: AsOfText = None, since: Text = None) -> Response:
    """Progress for people: every number leads to what it counts."""
    served = current(request)
    atlas, then = _dates(served, as_of, since)
    verdicts, trends = every(atlas)
    told = document.of(atlas, then)
    most = served.settings.max_rows
    return page(
        request,
        served,
        "progress.html",
        as_of=atlas,
        then=then,
        asked={"as-of": as_of or "", "since": since or ""},
        query=_query(as_of=as_of, since=since),
        summary=told["summary"],
        changes=told.get("changes", ()),
        rows=told["progress"][:most],
        rows_left_out=max(0, len(told["progress"]) - most),
        verdicts=_by_parameter(verdicts),
        trends=_by_parameter(trends),
        most=most,
        columns=table.COLUMNS,
    )


@router.api_route(".json", methods=METHODS)
def as_json(request: Request, as_of: AsOfText = None, since: Text = None) -> dict[str, Any]:
    """The summary, the table by site and work, each site's verdicts and trends, and the changes since a date."""
    served = current(request)
    atlas, then = _dates(served, as_of, since)
    compared = {"since": named(then.snapshot)} if then else {}
    return {**document.of(atlas, then), **compared, "snapshot": named(atlas.snapshot)}


@router.api_route(".{form}", methods=METHODS)
def as_file(request: Request, form: str, as_of: AsOfText = None, since: Text = None) -> Response:
    """The table by site and work, or with ``since`` that of the changes since then."""
    if form not in FORMATS:
        raise NotFoundError("form of progress", form, ("json", *FORMATS))
    served = current(request)
    atlas, then = _dates(served, as_of, since)
    given = asked.given(as_of=as_of, since=since)
    rows = list(table.flat_rows(atlas)) if then is None else changes.changes(then, atlas)
    fields = table.COLUMNS if then is None else changes.COLUMNS
    told = about(atlas, "progress", given) | ({"since_snapshot": str(then.snapshot)} if then else {})
    made = _table(fields, rows, told, atlas)
    # Which snapshot an earlier date means does not follow from the later one's.
    what = (atlas.place.id, sorted(told.items()))
    return answers.file(
        request,
        atlas.snapshot,
        name=f"progress.{form}",
        asked=what,
        media_type=MEDIA[form],
        make=lambda tag: served.spool.lend(tag, made.count, lambda path: write(made, form, path)),
    )


def _table(fields: tuple[Field, ...], rows: list[dict[str, Any]], about: Mapping[str, str], atlas: Atlas) -> Table:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.RecordBatch.from_pylist([_cells(fields, row) for row in rows], made.schema)

    made = Table("progress", fields, len(rows), batches, about, atlas.snapshot.moment)
    return made


def _cells(fields: tuple[Field, ...], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with moments as moments; a column that it lacks is blank."""
    return {each.name: _moment(row.get(each.name)) if each.kind == "moment" else row.get(each.name) for each in fields}


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _query(**given: str | None) -> str:
    """The dates as they follow an address; nothing where none is given."""
    found = {name.replace("_", "-"): text for name, text in given.items() if text}
    return f"?{urlencode(found)}" if found else ""


def _by_parameter(items: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Verdicts or trends of each parameter, the same words together, so that a number can lead to the first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in sorted(items, key=lambda each: str(each["outcome"])):
        found.setdefault(each["parameter"], []).append(each)
    return found

"""What changed: the news of the data, write by write, and everything that differs between two moments.

Not here: telling changes of the world from corrections (``changes``), and progress between two dates (``progress``).
"""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from mendmap.atlas.model import Atlas
from mendmap.changes.between import Changes, between, gather
from mendmap.changes.model import COLUMNS, NATURES
from mendmap.changes.words import ACTS, sentence, sentences
from mendmap.errors import BadRequestError
from mendmap.exports.files import rows_csv
from mendmap.lake import ledger
from mendmap.lake.changed import Span
from mendmap.web import answers, feed
from mendmap.web.answers import METHODS, named
from mendmap.web.asked import AsOfText, Given, Text, given
from mendmap.web.keeper import Served, current
from mendmap.web.page import page
from mendmap.web.spoken import PAGE

router = APIRouter(prefix="/changes")
# Writes on one page of news, and sentences that tell one of them there.
_WRITES, _SENTENCES = 20, 20
# Features of a layer or records of a kind that one write may change for each to be told; of more, how many.
_EACH = 500
_CSV = "text/csv; charset=utf-8"
Before = Annotated[int | None, Query(ge=1, description="Only writes of smaller numbers.")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for: the changes ``since`` a moment, or else the news up to ``before``; as known when, and
    of which layer."""

    served: Served
    atlas: Atlas
    given: Given
    since: str | None
    before: int | None
    layer: str | None

    def cut(self, found: Changes) -> Changes:
        return found.about(self.layer) if self.layer else found

    def address(self, form: str, **more: object) -> str:
        """This address in another form, or with other parameters; None takes one away."""
        kept = {name: text for name, text in {**self.given, **more}.items() if text is not None}
        return f"/changes{form}" + (f"?{urlencode(kept)}" if kept else "")


def _asked(
    request: Request, since: Text = None, as_of: AsOfText = None, layer: Text = None, before: Before = None
) -> _Asked:
    """An empty field of the page's form asks for nothing. Raises BadRequestError and NotFoundError."""
    served = current(request)
    if since and before:
        raise BadRequestError("before: it turns the pages of the news; changes since a moment come all at once")
    if layer:
        served.atlas.layer(layer)
    told = {"since": since or None, "as_of": as_of or None, "layer": layer or None}
    atlas = served.at(as_of or None, whole=bool(since))
    return _Asked(served, atlas, given(**told), since or None, before, layer or None)


Asked = Annotated[_Asked, Depends(_asked)]


@router.api_route("", **PAGE)
def as_page(request: Request, of: Asked) -> Response:
    """The news; or every difference since a moment, the changes of the world first."""
    context: dict[str, Any] = {"given": of.given, "layers": list(of.served.atlas.layers), "natures": NATURES}
    if of.since is None:
        news, following = _news(of)
        context |= {"news": news, "following": of.address("", before=following) if following else None}
    else:
        found, then = _between(of)
        most = of.served.settings.max_rows
        rows = [{**each.plain(), "says": sentence(each)} for each in found.told[:most]]
        context |= {"rows": rows, "rows_left_out": len(found.told) - len(rows), "then": then, "counted": found.counted}
    twins = {form: of.address(form, before=of.before) for form in (".json", ".csv", ".atom")}
    return page(request, of.served, "changes.html", of.atlas, twins=twins, **context)


@router.api_route(".json", methods=METHODS)
def as_json(of: Asked) -> dict[str, Any]:
    """The same as data: each write with what it changed; or every difference since a moment."""
    body: dict[str, Any] = {"asked": dict(of.given), "snapshot": named(of.atlas.snapshot)}
    if of.since is None:
        news, following = _news(of)
        return {**body, "news": news, "next": of.address(".json", before=following) if following else None}
    found, then = _between(of)
    most = of.served.settings.max_rows
    return {
        **body,
        "since": named(then),
        "changes": [each.plain() for each in found.told[:most]],
        "left_out": max(0, len(found.told) - most),
        "counted": [{"of": part, "count": count} for (_, part), count in found.counted.items()],
    }


@router.api_route(".csv", methods=METHODS)
def as_csv(request: Request, of: Asked) -> Response:
    """Every difference since a moment as a table. Raises BadRequestError where that would not be all of it."""
    if of.since is None:
        raise BadRequestError("since: a table of changes is of those since a moment; name it")
    found, _ = _between(of)
    if found.counted:
        parts = ", ".join(f"{part}: {count:,}" for (_, part), count in found.counted.items())
        raise BadRequestError(f"too many changes to be told one by one ({parts}); ask for a shorter time, or one layer")
    rows = ({**each.plain(), "layers": ",".join(each.layers)} for each in found.told)
    body = rows_csv([each.name for each in COLUMNS], rows)
    headers = {"Content-Disposition": 'attachment; filename="changes.csv"'}
    return answers.content(request, body, _CSV, of.atlas.snapshot, headers)


@router.api_route(".atom", methods=METHODS)
def as_atom(request: Request, of: Asked) -> Response:
    """The news as Atom."""
    if of.since is not None:
        raise BadRequestError("since: a feed tells the news from now on back; its entries lead to their changes")
    base = of.served.site(request)
    place = of.atlas.place
    with of.served.lake() as lake:
        begun, authority = ledger.origin(lake, place.id)
    news, following = _news(of)
    root = (place.id, "changes", *([of.layer] if of.layer else []))
    entries = [
        feed.Entry(
            feed.tag(authority, begun, *root, str(each["number"])),
            f"{each['title']} ({each['count']:,} change{'' if each['count'] == 1 else 's'})",
            each["at"],
            f"{base}{each['href']}",
            each["says"],
        )
        for each in news
    ]
    links = {"self": of.address(".atom", before=of.before), "alternate": of.address(""), "first": of.address(".atom")}
    links |= {"next": of.address(".atom", before=following)} if following else {}
    title = f"What changed in the data of {_name(of.atlas)}" + (f": {of.layer}" if of.layer else "")
    updated = max((each["at"] for each in news), default=begun)
    absolute = {relation: f"{base}{address}" for relation, address in links.items()}
    body = feed.feed(feed.tag(authority, begun, *root), title, _name(of.atlas), updated, absolute, entries)
    return answers.content(request, body, feed.MEDIA, of.atlas.snapshot)


def _name(atlas: Atlas) -> str:
    return next(iter(atlas.place.name.values()))


def _news(of: _Asked) -> tuple[list[dict[str, Any]], int | None]:
    """A row a write that changed something, the newest first, and the number before which the next page begins; None
    where there is none."""
    up_to = of.atlas.snapshot.number if of.before is None else min(of.before - 1, of.atlas.snapshot.number)
    with of.served.lake() as lake:
        writes = ledger.page(lake, of.atlas.place.id, up_to, _WRITES + 1)
        following = writes[_WRITES - 1].number if len(writes) > _WRITES else None
        writes = writes[:_WRITES]
        if not writes:
            return [], None
        span = Span(of.atlas.place.id, writes[-1].number - 1, writes[0].number, each=True)
        found = of.cut(gather(lake, span, of.served.atlas, _EACH, of.served.screen))
    return [told for each in writes if (told := _write(of, each, found.of(each.number)))], following


def _write(of: _Asked, row: ledger.Row, found: Changes) -> dict[str, Any] | None:
    """One write in words; None where it changed nothing that is told here."""
    count = len(found.told) + sum(found.counted.values())
    if not count:
        return None
    natures = {nature: sum(each.nature == nature for each in found.told) for nature in NATURES}
    return {
        "number": row.number,
        "at": row.moment,
        "act": row.act,
        "title": ACTS[row.act],
        "count": count,
        "natures": natures,
        "says": list(sentences(found, _SENTENCES)),
        "href": of.address("", since=row.number - 1, **{"as-of": row.number, "before": None})
        if row.number > 1
        else of.address("", before=2, **{"as-of": None}),
    }


def _between(of: _Asked) -> tuple[Changes, ledger.Snapshot]:
    """Every difference since a moment, with the statements that turned, and the snapshot of that moment."""
    then = of.served.at(of.since, whole=True)
    words = [{each.statement.id: each.outcome for each in of.served.outcomes_of(one)} for one in (then, of.atlas)]
    with of.served.lake() as lake:
        found = between(lake, then, of.atlas, words[0], words[1], of.served.settings.max_rows, of.served.screen)
    return of.cut(found), then.snapshot

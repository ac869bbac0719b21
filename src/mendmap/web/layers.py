"""A layer as a file to download: whole, which is made once and kept, or what was asked of it.

Not here: the formats (``exports.layers``), and tables (``routes.downloads``).
"""

from functools import partial

from fastapi import Request, Response

from mendmap.exports.layers.chosen import FILTERS, Chosen, choose
from mendmap.exports.layers.formats import FORMATS, check, format_of, stream, write
from mendmap.exports.layers.project import write as write_project
from mendmap.exports.layers.readings import with_readings
from mendmap.web import answers, asked
from mendmap.web.asked import Given
from mendmap.web.keeper import Served
from mendmap.web.spool import Loan


def file(request: Request, served: Served, name: str, given: Given) -> Response:
    """The file of that name. Raises NotFoundError and BadRequestError.

    What is whole, and what cannot be streamed, is a file with its length and digest; the rest is streamed, but not to
    a reader of HTTP/1.0, who could not tell an end from a break.
    """
    ident, form = format_of(name)
    served.atlas.layer(ident)
    asked.only(given, FILTERS, name)
    then = served.of(given.get("as-of"), whole=True)
    atlas = then.atlas
    chosen = choose(atlas, atlas.layer(ident), given, then.index(ident))
    check(chosen, form)
    if chosen.whole or not FORMATS[form].pieces or request.scope["http_version"] == "1.0":
        answer = answers.file(
            request,
            atlas.snapshot,
            name=name,
            asked=(atlas.place.id, given),
            media_type=FORMATS[form].media,
            make=partial(_made, served, chosen, form),
            by_content=chosen.whole,
        )
    else:
        answer = answers.streamed(
            request,
            atlas.snapshot,
            name=name,
            asked=(atlas.place.id, given),
            media_type=FORMATS[form].media,
            make=lambda: stream(chosen, form),
        )
    answer.headers.update(_told(chosen))
    return answer


def _made(served: Served, chosen: Chosen, form: str, tag: str) -> Loan:
    if not FORMATS[form].tables:
        return served.spool.lend(tag, chosen.count, lambda path: write(chosen, form, path))
    with served.lake() as lake:
        found = with_readings(chosen, lake, served.settings.max_download_rows)
        rows = chosen.count + (found.readings.count if found.readings else 0)
        return served.spool.lend(tag, rows, lambda path: write(found, form, path))


def _told(chosen: Chosen) -> dict[str, str]:
    """What a reader may want to know before the file: features without a position, and the layer's revision."""
    return {
        "Mendmap-Revision": str(chosen.layer.revision),
        "Mendmap-Without-Position": str(chosen.positionless),
    }


def project(request: Request, served: Served) -> Response:
    """The QGIS project of the whole service, whose layers are read from the address that was asked or is set."""
    base = served.site(request)
    atlas = served.atlas
    return answers.file(
        request,
        atlas.snapshot,
        name="mendmap.qgz",
        asked=(atlas.place.id, base),
        media_type="application/x-qgis-project",
        make=lambda tag: served.spool.lend(tag, 0, lambda path: write_project(atlas, base, path)),
    )

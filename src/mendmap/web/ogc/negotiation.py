"""Which form of a resource is answered: what ``f`` names, else what ``Accept`` likes best (RFC 9110, section 12.5.1).

Not here: making the forms (``answers``).
"""

import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from fastapi import Query, Request

from mendmap.errors import BadRequestError, NotAcceptableError, not_one_of

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


class Form(NamedTuple):
    """A form of a resource: its ``name`` in ``f``, the media type that is sent, and others that ask for it too."""

    name: str
    media_type: str
    also: tuple[str, ...] = ()


JSON = Form("json", "application/json")
GEOJSON = Form("json", "application/geo+json", ("application/json",))
SCHEMA = Form("json", "application/schema+json", ("application/json",))
OPENAPI = Form("json", "application/vnd.oai.openapi+json;version=3.0", ("application/json",))
HTML = Form("html", "text/html")

FormText = Annotated[
    str | None,
    Query(
        alias="f",
        description="The form of the answer; else Accept says it.",
        json_schema_extra={"enum": ["json", "html"]},
    ),
]


def chosen(request: Request, asked: str | None, offered: Sequence[Form]) -> Form:
    """The form to answer, the first of those that are liked alike. Raises BadRequestError where ``f`` names no form
    that is offered, and NotAcceptableError where ``Accept`` takes none."""
    if asked is not None:
        for each in offered:
            if each.name == asked:
                return each
        raise BadRequestError(not_one_of("f: no such form of this", asked, (each.name for each in offered)))
    accept = request.headers.get("Accept", "").strip() or "*/*"
    liked = _liked(accept)
    best = max(offered, key=lambda each: _quality(each, liked))
    if _quality(best, liked) == 0:
        types = (each.media_type for each in offered)
        raise NotAcceptableError(not_one_of("Accept: no form of this is of these types", accept, types))
    return best


def _liked(accept: str) -> dict[str, float]:
    """The quality of each media range; one whose quality is not understood is passed over."""
    found = {}
    for each in accept.split(","):
        media, *parameters = (part.strip().lower() for part in each.split(";"))
        given = [part[2:].strip() for part in parameters if part.startswith("q=")]
        if all(_QUALITY.fullmatch(text) for text in given):
            found[media] = float(given[0]) if given else 1.0
    return found


def _quality(form: Form, liked: dict[str, float]) -> float:
    """How well a form is liked: by the most exact range that any of its types is in."""
    types = [each.partition(";")[0] for each in (form.media_type, *form.also)]
    exact = [liked[each] for each in types if each in liked]
    if exact:
        return max(exact)
    families = [liked[family] for each in types if (family := f"{each.partition('/')[0]}/*") in liked]
    return max(families) if families else liked.get("*/*", 0.0)

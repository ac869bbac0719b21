"""The language of an answer: the one that ``lang`` names, else the one that the reader's browser likes best.

Offered are the languages of the catalogue that mendmap speaks. A choice that was made by ``lang`` travels with every
link of the page. Not here: what is said (``words``).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Query, Request
from markupsafe import Markup

from mendmap.atlas.model import Atlas
from mendmap.errors import BadRequestError, not_one_of
from mendmap.web.answers import METHODS
from mendmap.words.languages import SOURCE, Language, available, own_name, scripted


async def _known(_: Annotated[str | None, Query(alias="lang", description="The language of the page.")] = None) -> None:
    """Lets ``lang`` pass, and documents it."""


# How pages are routed: what is read in a language may be asked for in it.
PAGE: dict[str, Any] = {"methods": METHODS, "dependencies": [Depends(_known)]}


def offered(atlas: Atlas, only: Sequence[str] = ()) -> tuple[str, ...]:
    """The languages that pages are offered in, the catalogue's first before others; a page may be in some ``only``."""
    spoken = tuple(each for each in atlas.place.languages if each in available()) or (SOURCE,)
    return tuple(each for each in spoken if each in only) or spoken


def chosen(request: Request, atlas: Atlas, only: Sequence[str] = ()) -> str:
    """The id of the language to answer in. Raises BadRequestError where ``lang`` names none that is offered."""
    choices = offered(atlas, only)
    asked = request.query_params.get("lang")
    if asked is not None and asked not in choices:
        raise BadRequestError(not_one_of("lang: no such language", asked, choices))
    return asked or liked(request.headers.get("Accept-Language", ""), choices)


def liked(header: str, choices: Sequence[str]) -> str:
    """Which of the choices a reader likes best (RFC 4647, lookup), the first where none is liked: ``sr`` takes the
    first of ``sr-Latn`` and ``sr-Cyrl``, and ``sr-RS`` too."""
    best, most = choices[0], 0.0
    for part in header.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        whole = next((each for each in choices if each.lower() == tag.lower()), None)
        alike = (each for each in choices if each.partition("-")[0].lower() == tag.partition("-")[0].lower())
        found = whole or next(alike, None)
        if found and quality > most:
            best, most = found, quality
    return best


def headers(language: Language) -> dict[str, str]:
    """What an answer in a language says of it."""
    return {"Content-Language": language.id, "Vary": "Accept-Language"}


def suffix(request: Request, **more: str) -> str:
    """What a link within the service ends with: the language, where it was chosen, and ``more`` that it keeps to."""
    language = request.query_params.get("lang")
    asked = {**more, **({"lang": language} if language else {})}
    return "?" + "&".join(f"{name}={quote(value)}" for name, value in asked.items()) if asked else ""


def ending(address: str, suffix: str) -> str:
    """An address that ends with what ``suffix`` asks for, before its fragment; what it asks for already stays."""
    path, hash_, fragment = address.partition("#")
    asked = {each.partition("=")[0] for each in path.partition("?")[2].split("&")}
    more = [each for each in suffix.removeprefix("?").split("&") if each and each.partition("=")[0] not in asked]
    return path + ("&" if "?" in path else "?") * bool(more) + "&".join(more) + hash_ + fragment


def switches(
    request: Request, atlas: Atlas, now: Language, *, past: bool, only: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """A link for each language that the page is offered in, with the rest of its query, and of another time only where
    it is ``past``."""
    kept = [
        (name, value) for name, value in request.query_params.items() if name != "lang" and (past or name != "as-of")
    ]
    found = []
    for each in offered(atlas, only):
        query = "&".join(f"{name}={quote(value)}" for name, value in [*kept, ("lang", each)])
        found.append({"id": each, "name": own_name(each), "href": f"?{query}", "current": each == now.id})
    return found


def callables(found: Language) -> dict[str, Any]:
    """What templates call to say a message: ``gettext``, ``ngettext``, and ``_``, as jinja2.ext.i18n compiles its
    tags. Values are escaped, messages are ours."""

    def told(message: str, values: Mapping[str, Any]) -> Markup:
        numbers = {name: found.number(each) for name, each in values.items() if isinstance(each, int | float)}
        return Markup(message) % {**values, **numbers}  # noqa: S704

    def gettext(message: str, **values: Any) -> Markup:
        return told(found.gettext(message), values)

    def ngettext(one: str, many: str, num: int, **values: Any) -> Markup:
        return told(found.ngettext(one, many, num), {"num": num, **values})

    return {"gettext": gettext, "ngettext": ngettext, "_": gettext}


@cache
def script(ident: str) -> tuple[str, bytes] | None:
    """The file of messages that scripts say in a language, and its name, which follows its content; None for English,
    which scripts speak themselves."""
    if ident == SOURCE:
        return None
    messages = json.dumps(scripted(ident), ensure_ascii=False, sort_keys=True)
    body = f"(window.mendmap = window.mendmap || {{}}).messages = {messages};\n".encode()
    return f"{ident}-{hashlib.sha256(body).hexdigest()[:16]}.js", body

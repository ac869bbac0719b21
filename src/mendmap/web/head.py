"""What a page says of itself to those who link to it: its address, its twins in other languages, and their locales.

Not here: what it is about, in the words of schema.org (``linked``).
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request

from mendmap.atlas.model import Atlas
from mendmap.web import spoken
from mendmap.web.keeper import Served
from mendmap.words.languages import Language


def address(request: Request, served: Served) -> str:
    """The whole address of a page, without its query."""
    return f"{served.site(request)}{quote(request.url.path, safe='/~:@!$&()*+,;=')}"


def told(
    request: Request, served: Served, atlas: Atlas, language: Language, only: Sequence[str] = ()
) -> dict[str, Any]:
    """The ``base`` that every address of the service begins with; the ``canonical`` address of a page, in a language
    only where that was chosen; its ``alternates``, each with ``language`` and ``href``, the one without a choice as
    ``x-default``; and its ``locales`` for Open Graph, its own first."""
    own, offered = address(request, served), spoken.offered(atlas, only)
    chosen = request.query_params.get("lang")
    locales = [language.open_graph, *(served.language(each).open_graph for each in offered)]
    return {
        "base": served.site(request),
        "canonical": in_language(own, chosen) if chosen else own,
        "alternates": alternates(own, offered),
        "locales": list(dict.fromkeys(locales)),
    }


def alternates(own: str, offered: tuple[str, ...]) -> list[dict[str, str]]:
    """The address of a page in each language, and the one that chooses for its reader."""
    found = [{"language": each, "href": in_language(own, each)} for each in offered] if len(offered) > 1 else []
    return [*found, {"language": "x-default", "href": own}] if found else []


def in_language(own: str, ident: str) -> str:
    """The address of a page in a language."""
    return f"{own}?lang={quote(ident)}"

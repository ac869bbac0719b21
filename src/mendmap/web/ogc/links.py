"""Links between the resources under ``/ogc``, with whole addresses, as the standards ask.

Not here: which form of a resource is answered (``negotiation``).
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fastapi import Request

from mendmap.web.keeper import Served
from mendmap.web.ogc.negotiation import Form

Link = dict[str, str]

PREFIX = "/ogc"
# Relations that the OGC registers; the others are IANA's.
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"


def root(request: Request, served: Served) -> str:
    """The address of the landing page, without a slash at its end."""
    return served.site(request) + PREFIX


def link(rel: str, href: str, title: str, media_type: str | None = None) -> Link:
    """One link; ``media_type`` is what is behind it, where that is known."""
    return {"rel": rel, "href": href, **({"type": media_type} if media_type else {}), "title": title}


def itself(
    href: str, form: Form, offered: Sequence[Form], title: str, query: Mapping[str, str] | None = None
) -> list[Link]:
    """A resource in the ``form`` that is answered, and its alternates in the others that are ``offered``; ``query``
    is what else its address asks."""
    kept = {name: text for name, text in (query or {}).items() if name != "f"}
    ordered = sorted(offered, key=lambda each: each is not form)
    return [
        link(
            "self" if each is form else "alternate",
            f"{href}?{urlencode({**kept, 'f': each.name})}",
            title,
            each.media_type,
        )
        for each in ordered
    ]

"""The news of the data as Atom (RFC 4287), in pages (RFC 5005), with ids that stay (RFC 4151).

Not here: which news there are (``routes.changes``).
"""

import datetime as dt
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

MEDIA = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
# Characters that XML 1.0 cannot hold.
_UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what is new in ``sentences``, and the address of a page that tells more."""

    id: str
    title: str
    moment: dt.datetime
    href: str
    sentences: Sequence[str]


def tag(authority: str, since: dt.datetime, *parts: str) -> str:
    """A tag: URI: whoever held the name of an ``authority``, an address of the web or of mail, on that day."""
    split = urlsplit(authority)
    who = split.path if split.scheme == "mailto" else (split.hostname or "")
    return f"tag:{who or 'localhost'},{since:%Y-%m-%d}:{'/'.join(parts)}"


def feed(
    ident: str, title: str, author: str, updated: dt.datetime, links: Mapping[str, str], entries: Iterable[Entry]
) -> bytes:
    """The whole document; ``links`` are addresses by their relation: self, alternate, first, next."""
    root = ElementTree.Element("feed", {"xmlns": _NAMESPACE})
    _text(root, "id", ident)
    _text(root, "title", title)
    _text(root, "updated", _moment(updated))
    _text(ElementTree.SubElement(root, "author"), "name", author)
    for relation, address in links.items():
        kind = "text/html" if relation == "alternate" else MEDIA
        ElementTree.SubElement(root, "link", {"rel": relation, "href": address, "type": kind})
    for each in entries:
        entry = ElementTree.SubElement(root, "entry")
        _text(entry, "id", each.id)
        _text(entry, "title", each.title)
        _text(entry, "updated", _moment(each.moment))
        ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": each.href, "type": "text/html"})
        items = "".join(f"<li>{html.escape(one)}</li>" for one in each.sentences)
        _text(entry, "content", f"<ul>{items}</ul>", type="html")
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _text(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    ElementTree.SubElement(parent, name, attributes).text = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")

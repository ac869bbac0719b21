"""Where what the service answers stands in a copy: paths of files, relative to the folder that is published.

A page ``/sites/lake`` is ``EDITION/LANGUAGE/sites/lake.html``, and ``/`` is ``EDITION/LANGUAGE/index.html``. File hosts
ignore queries, so a page that is asked something is a file of its own, named by that.
Not here: which pages and files there are (``places``, ``edition``).
"""

import hashlib
import posixpath
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

# Of a page or a file that is asked something, so many letters of what it is asked, hashed.
_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Address:
    """An address of the service: its path, what it asks for less the language, the language where it names one, and
    its fragment."""

    path: str
    asked: tuple[tuple[str, str], ...] = ()
    language: str = ""
    fragment: str = ""

    @classmethod
    def of(cls, text: str) -> "Address":
        """Of an address within the service, such as /sites/lake?lang=en#works."""
        parts = urlsplit(text)
        asked = parse_qsl(parts.query, keep_blank_values=True)
        language = next((value for name, value in asked if name == "lang"), "")
        kept = tuple((name, value) for name, value in asked if name != "lang")
        return cls(unquote(parts.path), kept, language, parts.fragment)

    @property
    def text(self) -> str:
        """What the service is asked, without language and fragment."""
        query = urlencode(self.asked, safe="/,:", quote_via=quote)
        return quote(self.path, safe="/~:@!$&()*+,;=") + (f"?{query}" if query else "")

    @property
    def ending(self) -> str:
        """What tells the file of an address that asks for something from that of one that does not."""
        asked = urlencode(self.asked)
        return "~" + hashlib.sha256(asked.encode()).hexdigest()[:_LETTERS] if asked else ""


def page_file(edition: str, language: str, address: Address) -> str:
    """The file of a page."""
    path = "/index" if address.path == "/" else address.path
    return f"{edition}/{language}{path}{address.ending}.html"


def document_file(edition: str, language: str, address: Address) -> str:
    """The file of a document that names others, in a language where it has one."""
    stem, suffix = posixpath.splitext(address.path)
    return f"{edition}/{language or 'data'}{stem}{address.ending}{suffix}"


def relative(found: str, seen_from: str) -> str:
    """The address of a file as another file names it, both relative to the published folder."""
    return quote(posixpath.relpath(found, posixpath.dirname(seen_from) or "."), safe="/~")

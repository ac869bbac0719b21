"""The pages of one recipe: each asked for once, as many as the setting allows, and read as JSON or XML.

Not here: what stands in them (``services``), and asking itself (``asked``).
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from xml.etree.ElementTree import Element

import orjson

from mendmap.errors import FeedError, shown
from mendmap.feeds.guarded import named
from mendmap.gather.model import Ask
from mendmap.vectors import markup

# Decimals of degrees in a question: a decimetre, so that no box is cut short.
_DECIMALS = 6


class Pages:
    """Asks for pages; ``most`` bounds how many. Raises FeedError where a page is asked for a second time, which is how
    pages that lead in a circle show, where there are too many, and where one is not what it should be."""

    def __init__(self, ask: Ask, most: int) -> None:
        self._ask, self._most = ask, most
        self._asked = set[str]()

    def body(self, url: str) -> bytes:
        """A page as it came."""
        if url in self._asked:
            raise FeedError(f"{named(url)}: the pages lead in a circle")
        if len(self._asked) >= self._most:
            raise FeedError(
                f"{named(url)}: more than {self._most} pages (setting MENDMAP_MAX_PULL_PAGES); "
                "ask for less: a smaller box, a shorter period, or fewer by select"
            )
        self._asked.add(url)
        return self._ask(url).read_bytes()

    def json(self, url: str) -> Mapping[str, Any]:
        """A page that is a JSON object."""
        return read_json(url, self.body(url))

    def xml(self, url: str) -> Element:
        """A page that is XML."""
        return read_xml(url, self.body(url))


def read_json(url: str, body: bytes) -> Mapping[str, Any]:
    """The JSON object that a page is. Raises FeedError."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FeedError(f"{named(url)}: no JSON that is whole ({error.msg}): {_begin(body)}") from None
    if not isinstance(document, dict):
        raise FeedError(f"{named(url)}: no JSON object: {_begin(body)}")
    return document


def read_xml(url: str, body: bytes) -> Element:
    """The outermost element of a page. Raises FeedError."""
    try:
        return markup.tree(body)
    except ValueError as error:
        raise FeedError(f"{named(url)}: {error}: {_begin(body)}") from None


def member(url: str, document: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    """A member that a page must have. Raises FeedError where it has changed its schema."""
    found = document.get(name)
    if not isinstance(found, kind):
        there = ", ".join(sorted(map(str, document))[:12])
        raise FeedError(f"{named(url)}: {shown(name)} is missing, or not of its usual type; there are: {there}")
    return found


def below(url: str, *parts: str) -> str:
    """An address below another, whose query it keeps."""
    base = urlsplit(url)
    path = "/".join([base.path.rstrip("/"), *(quote(each, safe="") for each in parts)])
    return base._replace(path=path, fragment="").geturl()


def queried(url: str, given: Mapping[str, str]) -> str:
    """An address with further parameters; blank ones are left out, and those of the same name, in whatever case, give
    way."""
    base = urlsplit(url)
    wanted = {name: value for name, value in given.items() if value}
    taken = {name.lower() for name in wanted}
    kept = [each for each in parse_qsl(base.query, keep_blank_values=True) if each[0].lower() not in taken]
    return base._replace(query=urlencode([*kept, *wanted.items()], quote_via=quote, safe=",:/"), fragment="").geturl()


def degrees(*numbers: float) -> str:
    """Numbers as services take them, with commas between."""
    return ",".join(f"{round(each, _DECIMALS):.{_DECIMALS}f}".rstrip("0").rstrip(".") for each in numbers)


def _begin(body: bytes) -> str:
    return shown(body[:60].decode(errors="replace"))

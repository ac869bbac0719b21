"""Pages read as tests read them: their texts with the element each stands in, and where their links lead."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Elements without an end.
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# What tells its reader something, of any element; and what stands in no language: code, titles of documents.
_TOLD = ("title", "alt", "aria-label")
_NO_LANGUAGE = {"code", "cite", "script", "style", "textarea"}


@dataclass
class Read(HTMLParser):
    """A page: ``texts`` in the page's own language, with the elements around each, and ``links`` as they are written;
    ``languages`` are those of its switch, which lead to the page itself."""

    page: str
    texts: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    switches: list[str] = field(default_factory=list)
    language: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, bool]] = []
        self.feed(self.page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        own = self._own and not (tag in _NO_LANGUAGE or ("lang" in given and tag != "html"))
        if tag == "html":
            self.language = given.get("lang", "")
        if tag == "a" and "href" in given:
            (self.switches if "hreflang" in given else self.links).append(given["href"])
        if own:
            around = " ".join([*(each for each, _ in self._open), tag])
            self.texts += [(given[name], f"{around} {name}") for name in _TOLD if given.get(name)]
        if tag not in _VOID:
            self._open.append((tag, own))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._own and data.strip():
            self.texts.append((data.strip(), " ".join(each for each, _ in self._open)))

    @property
    def _own(self) -> bool:
        return not self._open or self._open[-1][1]


def within(page: Read) -> Iterator[str]:
    """The addresses of the service that a page leads to, without what follows #."""
    for each in page.links:
        address = each.partition("#")[0].removeprefix("http://testserver")
        if address.startswith("/"):
            yield address

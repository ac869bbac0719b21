"""One edition of a copy: every page in every language, what they name, and what scripts fetch; nothing else.

Pages and files are asked of our own service, from one snapshot. What a page names is fetched when it is named first. A
file that names others is a document of the edition; any other is an object, named by its content, of all editions.
Not here: which pages there are (``places``), the addresses of files (``addresses``), and what stands beside an edition
(``run``).
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urljoin

import orjson

from mendmap.atlas.model import Atlas
from mendmap.errors import PublishError
from mendmap.publish import places, rewrite
from mendmap.publish.addresses import Address, document_file, page_file, relative
from mendmap.publish.caller import Answer, Caller
from mendmap.publish.store import Store
from mendmap.web.copied import BASE, Copied
from mendmap.web.spoken import offered

# What scripts read (located.js).
FILES = "files.json"
# What leads out of the service (RFC 3986, section 3.1).
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")


class Edition:
    """Makes one edition. ``static`` is the path in the copy of each file that follows the software alone, by its path
    in the service."""

    def __init__(
        self, name: str, atlas: Atlas, store: Store, caller: Caller, static: Mapping[str, str], copied: Copied
    ) -> None:
        self.name, self.atlas, self.store = name, atlas, store
        self.languages = offered(atlas)
        # What the service refused to make, with the reason, by address.
        self.left_out: dict[str, str] = {}
        self._caller, self._static, self._copied = caller, static, copied
        self._pages = set(places.pages(atlas, copied.without))
        self._waiting: list[tuple[Address, str]] = []
        self._known: set[str] = set()
        # Where a file stands, by its address and language, "" where it has none; None where there is none.
        self._files: dict[tuple[str, str], str | None] = {}
        self._documents: list[tuple[str, Address, str, bytes]] = []

    def put(self, address: str, path: str) -> None:
        """Says where a file is that stands in the copy already."""
        self._files[address, ""] = path

    def make(self, progress: Callable[[Iterable[str]], Iterable[str]] = iter) -> None:
        """Writes every page, what they name, and every file that scripts fetch."""
        for path in progress(sorted(self._pages)):
            for language in self.languages:
                self._wait(Address.of(path), places.language(self.atlas, path, language))
            self._work()
        for address in self._fetched():
            for language in self.languages:
                self._file(Address.of(address), language)
            self._work()
        self._write_files()

    def home(self, language: str) -> bytes:
        """The first page of the edition, as it stands in the folder that is published."""
        return self._page(Address("/"), language, "index.html")

    def _fetched(self) -> Iterable[str]:
        yield from places.fetched(self.atlas)
        months: set[str] = set()
        drawn = places.drawn(self.atlas)
        for layer in drawn:
            address = f"/values/{layer}.json"
            yield address
            told = orjson.loads(self._caller.ask(address, self.languages[0]).body)
            months |= {each["month"] for each in told["months"]}
        # A map stops at the months of all its layers, and asks each what was known then. By month, of which the service
        # keeps what was measured in the last few.
        yield from (f"/values/{layer}/{month}.json" for month in sorted(months) for layer in drawn)

    def _wait(self, address: Address, language: str) -> str:
        """The file of a page, which is made if it was not."""
        path = page_file(self.name, language, address)
        if path not in self._known:
            self._known.add(path)
            self._waiting.append((address, language))
        return path

    def _work(self) -> None:
        """Writes what waits, and what that names in turn."""
        while self._waiting or self._documents:
            if self._waiting:
                address, language = self._waiting.pop()
                path = page_file(self.name, language, address)
                self.store.write(path, self._page(address, language, path))
            else:
                path, address, language, body = self._documents.pop()
                find = partial(self._find, seen_from=path, base=address.path, language=language)
                self.store.write(path, orjson.dumps(rewrite.readdressed(orjson.loads(body), find)))

    def _page(self, address: Address, language: str, path: str) -> bytes:
        answer = self._good(self._caller.ask(address.text, language), address)
        copy = posixpath.relpath(".", posixpath.dirname(path) or ".")
        marks = {"data-copy": copy, "data-edition": self.name}
        find = partial(self._find, seen_from=path, base=address.path, language=language)
        return rewrite.page(answer.body.decode(), find, marks, answer.headers["content-security-policy"]).encode()

    def _good(self, answer: Answer, address: Address) -> Answer:
        if answer.status != 200:
            raise PublishError(f"{address.text}: the service answers {answer.status}: {answer.body[:300]!r}")
        return answer

    def _find(self, text: str, *, seen_from: str, base: str, language: str) -> tuple[str, str] | None:
        """The address of what a page or a document at ``base`` names, as its file names it."""
        if text.startswith("#") or (_SCHEME.match(text) and not text.startswith(BASE)):
            return text, ""
        address = Address.of(urljoin(base, text.removeprefix(BASE) or "/"))
        path = self._path(address, language)
        if path is None:
            return (self._copied.live + urljoin(base, text.removeprefix(BASE)), "") if self._copied.live else None
        end = f"#{address.fragment}" if address.fragment else ""
        return relative(path, seen_from) + end, posixpath.basename(address.path)

    def _path(self, address: Address, language: str) -> str | None:
        """The file of an address in the copy."""
        if address.path in self._static:
            return self._static[address.path]
        if address.path in self._pages:
            wanted = places.language(self.atlas, address.path, address.language or language)
            return self._wait(Address(address.path, address.asked), wanted) if places.may_ask(address) else None
        return self._file(address, address.language or language) if places.is_file(address) else None

    def _file(self, address: Address, language: str) -> str | None:
        """The file of an address that is no page: one of its content, or a document of the edition."""
        for spoken in (language, ""):
            if (address.text, spoken) in self._files:
                return self._files[address.text, spoken]
        suffix = posixpath.splitext(address.path)[1]
        with self.store.taking() as part:
            with part.open("wb") as file:
                answer = self._caller.ask(address.text, language, file.write)
            spoken = answer.headers.get("content-language", "")
            self._files[address.text, spoken] = path = self._kept(address, spoken, part, suffix, answer)
        return path

    def _kept(self, address: Address, spoken: str, part: Path, suffix: str, answer: Answer) -> str | None:
        if answer.status != 200:
            told = orjson.loads(answer.body).get("detail", "") if answer.body.startswith(b"{") else ""
            self.left_out[address.text] = f"{answer.status} {told}".strip()
            return None
        if suffix in (".json", ".jsonld") and rewrite.names_others(body := part.read_bytes()):
            path = document_file(self.name, spoken, address)
            self._documents.append((path, address, spoken or self.languages[0], body))
            return path
        return self.store.take(part, suffix)

    def _write_files(self) -> None:
        found = {}
        for (address, spoken), path in self._files.items():
            if path is not None:
                key = f"{address}{'&' if '?' in address else '?'}lang={spoken}" if spoken else address
                found[key] = path
        told = {
            "edition": self.name,
            "snapshot": str(self.atlas.snapshot),
            "languages": self.languages,
            "without_pages": self._copied.without,
            "files": dict(sorted(found.items())),
        }
        self.store.write(f"{self.name}/{FILES}", orjson.dumps(told))

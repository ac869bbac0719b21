"""Rewrites the addresses in a page or a document: those of the service become those of files of the copy.

A link to what the copy does not have loses its address and stays as text, or leads to the live service.
Not here: which file an address is (``edition``).
"""

import html
import json
from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

from mendmap.errors import PublishError, shown
from mendmap.web.copied import BASE

# The address of a file as this page names it, and the name that it is saved by where it has one; None where there is
# none.
Find = Callable[[str], tuple[str, str] | None]
_ADDRESSED = {"href", "src", "action", "poster", "xlink:href"}
# What a page cannot do without, in place of which no text can stand.
_NEEDED = {"script", "img", "iframe", "source", "form", "object"}
_JSON_LD = "application/ld+json"
# What a policy in a page cannot say (Content Security Policy 3, section 3.3).
_ONLY_HEADERS = ("frame-ancestors", "report-uri", "sandbox")
_Given = Sequence[tuple[str, str | None]]


class _Rewriter(HTMLParser):
    def __init__(self, find: Find, marks: Mapping[str, str], policy: str) -> None:
        super().__init__(convert_charrefs=False)
        self._find, self._marks, self._policy = find, marks, policy
        self._linked = False
        self.made: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = self._addressed(tag, attrs)
        if tag == "html":
            found = [*attrs, *self._marks.items()]
        self._linked = tag == "script" and dict(attrs).get("type") == _JSON_LD
        if found is not None:
            self.made.append(self._written(found, attrs, tag))
        if tag == "meta" and any(name == "charset" for name, _ in attrs):
            told = html.escape(self._policy)
            self.made.append(f'\n<meta http-equiv="Content-Security-Policy" content="{told}">')

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # It is written closed as it came.
        self.handle_starttag(tag, attrs)

    def _written(self, found: _Given, given: _Given, tag: str) -> str:
        text = self.get_starttag_text() or ""
        if found == given:
            return text
        told = "".join(f" {name}" if value is None else f' {name}="{html.escape(value)}"' for name, value in found)
        return f"<{tag}{told}{'/' if text.endswith('/>') else ''}>"

    def _addressed(self, tag: str, given: list[tuple[str, str | None]]) -> _Given | None:
        """The attributes of a tag in the copy; None where it is left out. Raises PublishError."""
        made: list[tuple[str, str | None]] = []
        saved = ""
        for name, value in given:
            if name in _ADDRESSED and value is not None and tag != "base":
                found = self._find(value)
                if found is None and tag == "link":
                    return None
                if found is None and tag in _NEEDED:
                    raise PublishError(f"a page needs what the copy does not have: <{tag}> {shown(value)}")
                if found is not None:
                    made.append((name, found[0]))
                    saved = found[1]
            else:
                made.append((name, value))
        kept = [(name, saved if name == "download" and saved else value) for name, value in made]
        return given if kept == given else kept

    def handle_endtag(self, tag: str) -> None:
        self._linked = False
        self.made.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._linked:
            # As Jinja's tojson writes it, so that no text ends the script.
            body = json.dumps(readdressed(json.loads(data), self._find), ensure_ascii=False)
            data = body.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
        self.made.append(data)

    def handle_entityref(self, name: str) -> None:
        self.made.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.made.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.made.append(f"<!{decl}>")

    def handle_comment(self, data: str) -> None:
        self.made.append(f"<!--{data}-->")


def page(text: str, find: Find, marks: Mapping[str, str], policy: str) -> str:
    """A page of the copy: its ``<html>`` has ``marks``, and it keeps the ``policy`` that the service sends with it.
    Raises PublishError where it needs what the copy does not have."""
    told = "; ".join(each for each in policy.split("; ") if not each.startswith(_ONLY_HEADERS))
    rewriter = _Rewriter(find, marks, told)
    rewriter.feed(text)
    rewriter.close()
    return "".join(rewriter.made)


def names_others(body: bytes) -> bool:
    """Whether a document of JSON names addresses of the service."""
    return BASE.encode() in body or b'href":"/' in body or b'"template":"/' in body


def readdressed(value: Any, find: Find, name: str = "") -> Any:
    """A document of JSON with addresses of the copy; null in place of what it does not have."""
    if isinstance(value, dict):
        return {key: readdressed(each, find, key) for key, each in value.items()}
    if isinstance(value, list):
        return [readdressed(each, find, name) for each in value]
    named = name.endswith("href") or name == "template"
    if isinstance(value, str) and (value.startswith(BASE) or (named and value.startswith("/"))):
        found = find(value)
        return found and found[0]
    return value

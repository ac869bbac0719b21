"""Every page is in the reader's language: nothing of it is left in another without saying so, and its links keep it.

The language here is a made-up one, written in Cyrillic letters: each message is its English with every letter but those
of its values turned. So a text that is not given to be translated stands out, whatever is translated already.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from fastapi.testclient import TestClient
from pages import Read, within

from mendmap.settings import Settings
from mendmap.web import served
from mendmap.web.app import create_app
from mendmap.words import messages
from mendmap.words.languages import Language

SPOKEN = "sr-Cyrl"
# Values and tags in a message, which every language keeps.
KEPT = re.compile(r"(%\(\w+\)s|%%|\{[^{}]*\}|</?\w[^<>]*>|&\w+;|<code>.*?</code>)", re.DOTALL)
TURNED = str.maketrans({chr(each): chr(0x430 + each % 26) for each in [*range(65, 91), *range(97, 123)]})
WORD = re.compile(r"[A-Za-zŠĐČĆŽšđčćž]{2,}")
# What every language writes alike: names of programs, forms of files, units, and marks of time.
ALIKE = {
    *("QGIS", "GDAL", "Excel", "Python", "OGC", "API", "OpenAPI", "English", "Srpski", "UTC", "mendmap"),
    *("WebMercatorQuad", "Parquet", "pH", "AA", "MAC", "EQS", "CaCO"),
    *("CSV", "JSON", "GeoJSON", "SVG", "XLSX", "PARQUET", "ZIP", "KML"),
    *("RS", "EU", "DE", "WHO", "RSD", "EUR", "USD", "en", "sr", "Latn", "Cyrl"),
    *("km", "ha", "cm", "mm", "kg", "mg", "µg", "ng", "ug", "Nm", "mol", "kt", "kWh", "mS", "NTU"),
}
# Names of files, and ids, which are written with _.
CODE = re.compile(r"\b[\w.-]+\.(shp\.zip|[a-z]{2,8})\b|\b\w+_\w+\b")
# Pages of these are alike but for what they are about: so many of each are read.
MANY = re.compile(r"(?<=/)(series|places|collections|items)/[^/]+")
EACH = 6


def turned(message: str) -> str:
    """A message in the made-up language."""
    return "".join(part if KEPT.fullmatch(part) else part.translate(TURNED) for part in KEPT.split(message))


@pytest.fixture(scope="module")
def bor(bor_lake: Path) -> Iterator[TestClient]:
    """The flagship, in this process, where ``SPOKEN`` is the made-up language."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Language, "gettext", spoken(Language.gettext, turned))
        plural = lambda one, many, number: turned(one if number == 1 else many)  # noqa: E731
        patch.setattr(Language, "ngettext", spoken(Language.ngettext, plural))
        patch.setattr(served, "translated", lambda _: {SPOKEN: {each: turned(each) for each in texts()}})
        with TestClient(
            create_app(Settings(lake=str(bor_lake))), headers={"Accept": "text/html"}, raise_server_exceptions=False
        ) as client:
            yield client


def spoken(usual: Any, made_up: Any) -> Any:
    """A method of ``Language`` that is another's in the made-up language."""

    @functools.wraps(usual)
    def method(self: Language, *given: Any) -> str:
        return str(made_up(*given) if self.id == SPOKEN else usual(self, *given))

    return method


def texts() -> list[str]:
    """The texts of the flagship that can be translated."""
    return [each.text for each in messages.read((ROOT / "geodata/translations/sr-Cyrl.po").read_text("utf-8"))]


@dataclass
class Site:
    """Every page that can be come to from the home page in the made-up language, by its address, which links of which
    page lead nowhere, and which are ``lost``: they lead to a page that is in another language."""

    pages: dict[str, Read] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    lost: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def site(bor: TestClient) -> Site:
    """The flagship's."""
    found = Site()
    begin = f"/?lang={SPOKEN}"
    left, seen, counts = [(begin, "")], {begin}, Counter[tuple[str, bool]]()
    while left:
        address, page = left.pop(0)
        path = address.partition("?")[0]
        kind = MANY.sub(r"\1/…", path), "f=" in address
        counts[kind] += kind[0] != path
        if counts[kind] > EACH:
            continue
        answer = bor.get(address)
        if f"lang={SPOKEN}" not in address and answer.headers["content-type"].startswith("text/html"):
            found.lost.setdefault(address, page)
        elif answer.status_code != 200:
            found.broken.append(f"{page} leads to {address}: {answer.text[:200]}")
        elif answer.headers["content-type"].startswith("text/html"):
            found.pages[address] = Read(answer.text)
            fresh = {each: None for each in within(found.pages[address]) if each not in seen}
            seen |= {*fresh}
            left += [(each, address) for each in fresh if not each.startswith("/downloads/")]
    return found


def test_pages_are_come_to_from_the_home_page(site: Site) -> None:
    paths = {each.partition("?")[0] for each in site.pages}
    assert {"/", "/sites", "/stations", "/watercourses", "/statements", "/progress", "/downloads", "/about"} <= paths
    assert {"/limits", "/changes", "/ogc/", "/ogc/collections", "/ogc/conformance", "/ogc/api.html"} <= paths
    assert {"/sites/lake_robule", "/stations/RS0009A", "/statements/so2_per_tonne"} <= paths
    assert any(each.startswith("/features/works/") for each in paths)
    assert any(each.startswith("/series/") for each in paths)
    assert any("/items/" in each for each in paths)


def test_every_link_leads_somewhere(site: Site) -> None:
    assert not site.broken, "\n".join(site.broken)


def test_nothing_on_a_page_is_left_untranslated(site: Site, bor: TestClient) -> None:
    limits = bor.get("/limits.json").json()["limits"]
    alike = ALIKE | {*WORD.findall(" ".join(each["symbol"] for each in limits))}
    laws = sorted({each["instrument"] for each in limits}, key=len, reverse=True)
    left: dict[str, str] = {}
    for address, read in site.pages.items():
        assert read.language == SPOKEN, address
        for text, where in read.texts:
            said = functools.reduce(lambda rest, law: rest.replace(law, ""), laws, text)
            if strange := {*WORD.findall(CODE.sub("", said))} - alike:
                left.setdefault(text, f"{sorted(strange)[:6]} at {address} in {where}")
    assert not left, "\n".join(f"{text[:120]!r}: {where}" for text, where in left.items())


def test_the_choice_of_language_travels_with_every_link_to_a_page(site: Site) -> None:
    assert not site.lost, "\n".join(f"{page} leads to {address}" for address, page in site.lost.items())

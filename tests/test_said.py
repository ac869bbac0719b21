"""Every sentence that is made in Python can be said in another language: said in a made-up one, nothing English is left
but texts of the data. The made-up language has other letters for all that is ours, and a box for all that is not."""

import dataclasses
import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from assessed_place import assessed, later
from babel.messages.extract import extract_from_dir
from conftest import ROOT
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from place import Testford
from readings_of import parameter
from test_lake import load, read

from mendmap.assess import words
from mendmap.assess.model import Answer
from mendmap.atlas.build import build
from mendmap.atlas.model import Atlas
from mendmap.catalogue.records import Limit, Rule, from_plain, to_plain
from mendmap.changes.between import gather
from mendmap.changes.model import NATURES
from mendmap.changes.words import ACTS, sentence, sentences
from mendmap.exports.explain import downloads
from mendmap.lake.changed import Span
from mendmap.lake.connection import open_lake
from mendmap.progress import document, table
from mendmap.query.readings import ReadingQuery
from mendmap.settings import Settings
from mendmap.statements.outcome import outcomes
from mendmap.web import claims, findings, laws, pictures
from mendmap.web.app import create_app
from mendmap.web.keeper import Served
from mendmap.words.languages import Language
from mendmap.words.phrases import Name, Phrase
from mendmap.words.vocabulary import BLOCKS, REASONS, RULED

OURS, BOX = "ж", "□"
# What a text of the data may be that no record holds: numbers, moments, kinds of shape, and lists of what one holds.
MADE = re.compile(r"[^A-Za-z]*|[\dT:.+-]+Z?|(Point|(Multi)?(LineString|Polygon))( [0-9a-f]{8})?")
# Keys whose texts are sentences of ours, in what pages and their JSON twins are made of.
SENTENCES = {"sentence", "because", "says", "sums", "missing", "doubt", "reasons", "meaning", "verdicts", "trends"}
SENTENCES |= {"distance", "covered", "over_work", "newest"}


class MadeUp(Language):
    """The language, which notes what it was asked for, and what it took for texts of the data."""

    def __init__(self) -> None:
        super().__init__("sr-Cyrl")
        self.messages: set[str] = set()
        self.data: set[str] = set()

    def gettext(self, message: str) -> str:
        self.messages.add(message)
        return re.sub(r"\{[^}]*\}|[A-Za-z]", lambda found: found[0] if found[0][0] == "{" else OURS, message)

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one) and self.gettext(many)

    def say(self, text: str | None) -> str:
        if not text or (isinstance(text, Phrase) and not isinstance(text, Name)):
            return super().say(text)
        self.data.add(str(text))
        return BOX if re.search("[A-Za-z]", text) else str(text)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The assessed place, and in its second snapshot a year later."""
    folder = tmp_path_factory.mktemp("said")
    place = assessed(Testford(folder / "testford"))
    load(place, folder / "lake")
    load(later(place), folder / "lake")
    return folder / "lake"


@pytest.fixture(scope="module", params=["testford", "bor"])
def atlas(request: pytest.FixtureRequest) -> Atlas:
    found: Path = request.getfixturevalue("lake" if request.param == "testford" else "bor_lake")
    return build(read(found, catalogue=request.param))


def texts(found: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        yield from itertools.chain(texts(list(found)), texts(list(found.values())))
    elif isinstance(found, list | tuple | set):
        yield from itertools.chain.from_iterable(map(texts, found))
    elif dataclasses.is_dataclass(found):
        yield from texts([getattr(found, each.name) for each in dataclasses.fields(found)])


def data_of(atlas: Atlas) -> set[str]:
    """The texts that a catalogue holds."""
    tables = ("sources", "parameters", "rules", "limits", "states", "works", "quantities", "figures", "statements")
    known = set(texts([to_plain(each) for name in tables for each in getattr(atlas, name, {}).values()]))
    for each in atlas.features.values():
        known |= {*texts([each.id, each.layer, each.name, each.properties, list(each.series)])}
        known |= {*texts([to_plain(state) for state in each.states])}
    for layer in atlas.layers.values():
        known |= {*texts([layer.id, layer.name, layer.kinds, layer.description, layer.fields])}
    units = {pictures.wording.unit(each) for each in known if len(each) < 30}
    return known | units | {each.replace("_", " ") for each in known}


def phrases(found: Any, key: str = "") -> Iterator[Phrase]:
    """Every phrase in a value, however deep; a text under a key of sentences must be one."""
    if isinstance(found, Phrase):
        yield found
    elif isinstance(found, str):
        ours = key in SENTENCES or key.endswith("_meaning")
        assert not (ours and re.search("[A-Za-z]", found)), (key, found)
    elif isinstance(found, Mapping):
        for name, each in found.items():
            yield from phrases(each, str(name))
    elif isinstance(found, list | tuple):
        for each in found:
            yield from phrases(each, key)


@cache
def gathered() -> set[str]:
    """The messages that are found in the code, and so come to who translates them."""
    keywords: dict[str, Any] = {"say": None, "counted": (1, 2), "Field": (3,), "column": (2,)}
    found = extract_from_dir(ROOT / "src" / "mendmap", [("**.py", "python")], keywords=keywords)
    return {each for _, _, message, *_ in found for each in ([message] if isinstance(message, str) else message)}


def assert_all_said(every: Iterable[Phrase], language: MadeUp) -> None:
    for phrase in every:
        said = re.sub(r"\de[-+]?\d", "", language.say(phrase))
        assert not re.search("[A-Za-z]", said), (phrase, said)
    lettered = {each for each in language.messages if re.search("[A-Za-z]", re.sub(r"\{[^}]*\}", "", each))}
    assert lettered - gathered() == set()


def assert_said(atlas: Atlas, found: Any) -> int:
    """How many phrases there were, all of which are said in the other language to the last word."""
    language, known = MadeUp(), data_of(atlas)
    every = list(phrases(found))
    assert_all_said(every, language)
    for text in language.data - known:
        assert MADE.fullmatch(text) or all(each in known for each in text.split(", ")), text
    return len(every)


def test_statements_their_evidence_and_outcomes(atlas: Atlas) -> None:
    assert assert_said(atlas, claims.every(atlas, outcomes(atlas))) > 5


def test_features_their_figures_works_joins_and_answers(atlas: Atlas) -> None:
    found = outcomes(atlas)
    told = [claims.feature(atlas, each, found) for each in atlas.features.values()]
    for each in told:
        # What the catalogue says of a layer's own columns is data.
        each["facts"] = [fact for fact in each["facts"] if isinstance(fact["meaning"], Phrase)]
    assert assert_said(atlas, told) > 50


def test_series_their_verdicts_trends_comparisons_and_drawings(atlas: Atlas) -> None:
    series = [each for feature in atlas.of_role("station") for each in feature.series if each.station == feature.id]
    told = [findings.of_series(atlas, each) for each in series]
    assert assert_said(atlas, told) > 10
    unassessed = [findings.unassessed(atlas, each, rows) for each, rows in zip(series, told, strict=True)]
    charts = [pictures.chart(atlas, each, ReadingQuery()) for each in series]
    drawn = [[pictures.alt(atlas, each), chart.averaging] for each, chart in zip(series, charts, strict=True)]
    labels = [line.label for chart in charts for line in chart.lines]
    assert assert_said(atlas, [*drawn, labels, *unassessed]) >= 2 * len(series)


def test_limits_and_rules(atlas: Atlas) -> None:
    told = [laws.limit(atlas, each) for each in atlas.limits.values()]
    told += [laws.rule(atlas, each) for each in atlas.rules.values()]
    assert assert_said(atlas, [told, laws.VALIDITIES]) > 10


def test_progress_in_every_form(atlas: Atlas) -> None:
    assert assert_said(atlas, [document.of(atlas), list(table.flat_rows(atlas))]) > 4


def test_downloads_and_the_columns_of_all_that_is_ours(atlas: Atlas) -> None:
    found = list(downloads(atlas))
    told = [text for each in found if not each.layer for text in (each.title, each.description)]
    told += [column.meaning for each in found for column in each.fields if column.ours]
    assert all(isinstance(each, Phrase) for each in told)
    assert assert_said(atlas, told) > 200


def test_what_changed_between_two_moments(lake: Path) -> None:
    then, now = build(read(lake, 1)), build(read(lake, 2))
    opened = open_lake(str(lake))
    try:
        found = gather(opened, Span("testford", 1, 2), now, 500)
    finally:
        opened.close()
    known = [each.name for each in found.told if not isinstance(each.name, Phrase)]
    known += [text for each in found.told for text in (each.property, each.was, each.now) if type(text) is str]
    language, data = MadeUp(), data_of(now) | data_of(then) | set(known)
    assert_all_said([*map(sentence, found.told), *sentences(found, 3), *ACTS.values(), *NATURES.values()], language)
    assert {each for each in language.data - data if not MADE.fullmatch(each)} == set()
    assert {each.what for each in found.told} >= {"added", "moved", "changed", "turned"}
    progress = document.of(now, then)["changes"]
    assert {each["what"] for each in progress} >= {"position", "work", "readings", "verdict", "trend"}
    assert_said(now, [[each["was"], each["now"]] for each in progress])


LIMIT = {"id": "l", "jurisdiction": "EU", "instrument": "Act", "parameter": "so2", "type": "limit", "averaging": "1h"}
LIMIT |= {"value": 0.35, "unit": "mg/m3", "allowed_exceedances": 24, "basis": "read", "source": "survey"}
RULE = {"id": "r", "clause": "Annex", "basis": "read", "source": "survey", "times": 3, "percentile": 99.8, "least": 12}
some = st.none() | st.floats(0, 1e5)
counts = st.none() | st.integers(0, 9000)


@given(
    st.sampled_from(list(RULED)),
    st.sampled_from(list(BLOCKS)),
    st.sampled_from(["", *REASONS]),
    st.sampled_from(["2021", "2020-10/2021-03"]),
    st.tuples(some, some, some, counts, counts, counts, counts),
)
def test_a_verdict_says_the_same_with_any_numbers(
    statistic: str, block: str, reason: str, period: str, numbers: tuple[Any, ...]
) -> None:
    given_ = dict(zip(("value", "low", "high", "count", "expected", "above", "below_detection"), numbers, strict=True))
    blank = {each.name: None for each in dataclasses.fields(Answer)}
    told = {"series": "s", "period": period, "statistic": statistic, "against": "l", "outcome": "within"}
    answer = Answer(**{**blank, **told, "reason": reason, **given_})
    rule = from_plain(Rule, RULE | {"statistic": statistic, "block": block, "period": "year", "period_share": 0.9})
    phrase = words.sentence(answer, from_plain(Limit, LIMIT), rule, parameter("so2"))
    assert "  " not in phrase and "None" not in phrase
    assert_all_said([phrase], MadeUp())


@pytest.fixture
def client(lake: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service, which speaks the made-up language where Serbian is asked for."""
    monkeypatch.setattr(Served, "language", lambda self, ident: Language(ident) if ident == "en" else MadeUp())
    with TestClient(create_app(Settings(lake=str(lake)))) as found:
        yield found


def words_of(body: bytes) -> list[str]:
    """The words of a drawing: ElementTree refuses what is not well-formed."""
    return [text.strip() for text in ET.fromstring(body).itertext() if text.strip()]


def test_drawings_speak_the_language_that_is_asked_for(client: TestClient) -> None:
    rivers = client.get("/watercourses.json").json()["watercourses"]
    for address in ("/series/chimney.so2.24h.svg", f"/watercourses/{rivers[0]['id']}.svg?parameter=cu"):
        lang = f"{'&' if '?' in address else '?'}lang=sr-Latn"
        english, other = client.get(address), client.get(address + lang)
        assert (english.headers["content-language"], other.headers["content-language"]) == ("en", "sr-Cyrl")
        assert "Accept-Language" in other.headers["vary"].split(", ")
        assert english.headers["etag"] != other.headers["etag"]
        assert client.get(address, headers={"Accept-Language": "sr"}).content == other.content
        assert client.get(address + lang.replace("sr-Latn", "xx")).status_code == 400
        first, *rest = [each for each in words_of(other.content) if re.search("[A-Za-z]", each)]
        assert rest == [], "nothing but what is drawn, with its unit, is not said"
        assert any(first in each for each in words_of(english.content))
        assert any(OURS in each for each in words_of(other.content))

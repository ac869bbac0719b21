"""What is said, and how it is said in other languages: phrases, numbers, dates, letters, and the choice of a language.

The catalogue of messages here is made up.
"""

import copy
import csv
import dataclasses
import datetime as dt
import io
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendmap.catalogue.records import names
from mendmap.web.spoken import liked
from mendmap.words import languages, vocabulary
from mendmap.words.dates import Period
from mendmap.words.fields import Field, expanded
from mendmap.words.labels import LABELS, label
from mendmap.words.languages import Language, translated
from mendmap.words.phrases import Phrase, amount, counted, ended, joined, listed, numeral, say

HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
"n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"
"""
MESSAGES = """
msgid "{number:,} hour"
msgid_plural "{number:,} hours"
msgstr[0] "{number:,} сат"
msgstr[1] "{number:,} сата"
msgstr[2] "{number:,} сати"

msgid "{much} above {limit}"
msgstr "изнад {limit}: {much}"

msgid "{begin} and {last}"
msgstr "{begin} и {last}"

msgid "{begin} to {end}"
msgstr "{begin} до {end}"

msgid "its day"
msgstr "љубав, Његош, џеп и ђак"
"""


@pytest.fixture
def serbian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Language]:
    (tmp_path / "sr_Cyrl.po").write_text(HEAD + MESSAGES, "utf-8")
    caches = (languages._catalogue, languages._messages, languages.available)
    monkeypatch.setattr(languages, "_folder", lambda: tmp_path)
    for each in caches:
        each.cache_clear()
    yield Language("sr-Cyrl", {"ug/m3": "μг/м³"})
    monkeypatch.undo()
    for each in caches:
        each.cache_clear()


@pytest.mark.parametrize(
    ("number", "said"),
    [
        *((0, "0 сати"), (1, "1 сат"), (2, "2 сата"), (4, "4 сата"), (5, "5 сати"), (11, "11 сати"), (12, "12 сати")),
        *((14, "14 сати"), (21, "21 сат"), (22, "22 сата"), (101, "101 сат"), (111, "111 сати"), (1000, "1.000 сати")),
    ],
)
def test_serbian_has_three_forms_of_number(serbian: Language, number: int, said: str) -> None:
    phrase = counted("{number:,} hour", "{number:,} hours", number)
    assert serbian.say(phrase) == said
    assert phrase == f"{number:,} hour{'' if number == 1 else 's'}"


def test_a_phrase_within_a_phrase_is_said_too_and_its_values_in_the_order_of_the_language(serbian: Language) -> None:
    hours = counted("{number:,} hour", "{number:,} hours", 2)
    phrase = say("{much} above {limit}", much=hours, limit=amount(numeral(1234.5), "ug/m3"))
    assert phrase == "2 hours above 1,234.5 ug/m3"
    assert serbian.say(phrase) == "изнад 1.234,5 μг/м³: 2 сата"
    assert serbian.say(ended(joined("; ", (phrase, "", hours)))) == "изнад 1.234,5 μг/м³: 2 сата; 2 сата."


def test_what_has_no_message_stays_english_and_what_is_empty_stays_so(serbian: Language) -> None:
    assert serbian.say(say("nobody translated {what}", what="it")) == "nobody translated it"
    assert [serbian.say(each) for each in ("", None, Phrase(""), joined("; ", ()), joined(", ", ("", "")))] == [""] * 5


@pytest.mark.parametrize(
    ("parts", "english", "said"),
    [
        ((), "", ""),
        (("a",), "a", "a"),
        (("a", "b"), "a and b", "a и b"),
        (("a", "", "b", "c"), "a, b and c", "a, b и c"),
    ],
)
def test_lists_end_in_a_word_of_the_language(
    serbian: Language, parts: tuple[str, ...], english: str, said: str
) -> None:
    assert (listed(parts), serbian.say(listed(parts))) == (english, said)


def test_dates_numbers_and_moments_follow_the_language(serbian: Language) -> None:
    day, span = dt.date(2024, 1, 7), Period.parse("2024-05/2025-05-02")
    assert say("{day}", day=day) == "7 January 2024"
    assert serbian.say(say("{day}", day=dt.datetime(2024, 1, 7, 23, tzinfo=dt.UTC))) == "7. јануар 2024."
    assert say("{span}", span=span) == "May 2024 to 2 May 2025"
    assert serbian.say(say("{span}", span=span)) == "мај 2024. до 2. мај 2025."
    assert serbian.say(ended(say("{day}", day=day))) == "7. јануар 2024."
    assert serbian.say(joined("", ("and so on", "..."))) == "and so on..."
    assert serbian.say(say("{share:.1%}, {much:.2f} and {year}", share=0.125, much=-1234.5, year=2024)) == (
        "12,5%, -1234,50 and 2024"
    )


def test_latin_is_made_of_cyrillic_letter_by_letter(serbian: Language) -> None:
    latin = Language("sr-Latn")
    assert latin.say(say("its day")) == "ljubav, Njegoš, džep i đak"
    assert latin.say(counted("{number:,} hour", "{number:,} hours", 3)) == "3 sata"
    assert "sr-Latn" in languages.available()
    own = translated({"sr-Cyrl": {"sludge": "Љиг, Ње́ва? Џ"}})
    assert own["sr-Latn"] == {"sludge": "Ljig, Nje\N{COMBINING ACUTE ACCENT}va? Dž"}
    assert translated({"sr-Cyrl": {"a": "а"}, "sr-Latn": {"a": "own"}})["sr-Latn"] == {"a": "own"}


def test_a_name_is_said_as_the_language_has_it(serbian: Language) -> None:
    name = names({"en": "Heap", "sr-Cyrl": "Гомила"}, ("en", "sr-Cyrl"))
    phrase = say("{much} above {limit}", much=name, limit=names({"en": "Lake"}))
    assert (phrase, serbian.say(phrase)) == ("Heap above Lake", "изнад Lake: Гомила")
    assert names({"sr-Cyrl": "Гомила"}, ("en",)) == "Гомила"
    assert names({}) == ""


numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-(10**9), 10**9)


@given(numbers, st.sampled_from([",.10g", ",.0f", ".4g", "g", ".3f"]), st.sampled_from("-−"))
def test_a_numeral_is_in_english_what_format_makes_of_it(value: float, form: str, minus: str) -> None:
    told = numeral(value, form, minus)
    assert told == format(value, form).replace("-", minus, 1 if value < 0 or form != "g" else 0) or "e-" in told
    german = Language("de").say(told)
    assert german.translate(str.maketrans(",.", ".,")) == told


texts = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs", "Cc"]), max_size=8)
phrases = st.recursive(
    texts.map(say),
    lambda inner: st.one_of(
        st.builds(lambda one, number: say("{a} of {b:,}", a=one, b=number), inner, st.integers()),
        st.builds(lambda one, number: counted("{number} {a}", "{number} {a}s", number, a=one), inner, st.integers()),
        st.lists(inner, max_size=3).map(lambda parts: joined("; ", parts)),
        st.lists(inner, max_size=3).map(listed),
    ),
    max_leaves=6,
)


@dataclasses.dataclass(frozen=True)
class Holder:
    says: str
    more: tuple[str, ...]


def parts(phrase: Phrase) -> tuple[Any, ...]:
    return str(phrase), phrase.message, dict(phrase.values), phrase.many, phrase.parts


@given(phrases)
def test_a_phrase_is_a_text_wherever_english_is_wanted_and_survives_every_way_it_goes(phrase: Phrase) -> None:
    text = str(phrase)
    held = dataclasses.asdict(Holder(phrase, (phrase,)))
    for kept in (pickle.loads(pickle.dumps(phrase)), copy.deepcopy(phrase), held["says"], held["more"][0]):
        assert isinstance(kept, Phrase) and parts(kept) == parts(phrase)
    assert (phrase, hash(phrase), {phrase: 1}) == (text, hash(text), {text: 1})
    assert json.loads(json.dumps([phrase])) == orjson.loads(orjson.dumps([phrase])) == [text]
    assert pa.array([phrase], pa.string()).to_pylist() == [text]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerow([phrase, "end"])
    assert next(csv.reader(io.StringIO(stream.getvalue(), newline=""))) == [text, "end"]
    assert Language("en").say(phrase) == text


@given(phrases)
def test_a_language_without_messages_says_the_same_but_for_the_signs_of_numbers(phrase: Phrase) -> None:
    assert Language("en-US").say(phrase) == phrase


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "en"),
        ("sr", "sr-Latn"),
        ("sr-RS,en;q=0.8", "sr-Latn"),
        ("sr-Cyrl", "sr-Cyrl"),
        ("SR-cyrl;q=0.5", "sr-Cyrl"),
        ("de, sr-Cyrl;q=0.4, en;q=0.5", "en"),
        ("en;q=0, sr;q=0.1", "sr-Latn"),
        ("sr;q=rubbish, sr-Cyrl;q=0.2", "sr-Cyrl"),
        ("*", "en"),
        (";q=;,,;", "en"),
        (", ".join(["xx"] * 20 + ["sr-Cyrl"]), "en"),
    ],
)
def test_the_language_is_the_one_that_the_reader_likes_best(header: str, language: str) -> None:
    assert liked(header, ("en", "sr-Latn", "sr-Cyrl")) == language


def test_every_word_of_the_vocabulary_has_a_meaning_and_a_label() -> None:
    shown = (vocabulary.BASES, vocabulary.TRUSTS, vocabulary.OUTCOMES, vocabulary.STANDINGS, vocabulary.STANCES)
    shown += (vocabulary.QUALITIES, vocabulary.VERDICTS, vocabulary.TRENDS, vocabulary.STATISTICS, vocabulary.JOINS)
    shown += (vocabulary.ROLES, vocabulary.CHAINAGES, vocabulary.TEXTS, vocabulary.REASONS)
    for table in shown:
        assert all(isinstance(meaning, Phrase) for meaning in table.values())
        assert set(table) <= set(LABELS)
    shown += (vocabulary.CONNECTIONS,)
    for word in {"within", "no_data", "claimed", "annual_average", "none"}:
        assert label(word) == {"none": "no change"}.get(word, word.replace("_", " "))
    assert label("conveyed_to") == "is conveyed to"
    assert all(said == label(word) for word, said in LABELS.items())
    assert label("made_of_clay") == "made of clay"


def test_a_reason_goes_on_as_it_stands_by_itself() -> None:
    assert set(vocabulary.BECAUSE) == set(vocabulary.REASONS)
    for word, reason in vocabulary.REASONS.items():
        assert vocabulary.BECAUSE[word] == (reason[0].lower() + reason[1:]).removesuffix(".")


def test_the_meaning_of_a_column_is_a_phrase_unless_a_catalogue_gives_it() -> None:
    assert isinstance(Field("id", "id", "What it is.").meaning, Phrase)
    assert type(Field("soil", "text", "Kind of soil", ours=False).meaning) is str
    (first, second) = expanded([Field("name", "names", "Its name")], ("en", "sr-Latn"))
    assert isinstance(second.meaning, Phrase)
    assert (first.meaning, second.meaning) == ("Its name (en)", "Its name (sr-Latn)")

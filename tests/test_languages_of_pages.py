"""Which language a page is in: the one that lang names, else the one that the reader's browser likes best."""

from collections.abc import Iterator
from pathlib import Path

import ogc_place
import pytest
from fastapi.testclient import TestClient
from pages import Read, within
from place import Testford

from mendmap.web import spoken
from mendmap.words import languages

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: web/templates/statements.html
msgid "Claims"
msgstr "Behauptungen"

#: web/static/map.js
msgid "Close"
msgstr "Schließen"
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The synthetic place, which is in English, Serbian and German; nothing of it is translated but one state."""
    folder = tmp_path_factory.mktemp("languages")
    place = Testford(folder / "testford")
    place.head = place.head.replace('"sr-Latn"]', '"sr-Latn", "sr-Cyrl", "de"]')
    (place.folder / "translations").mkdir(parents=True)
    said = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "clear"\nmsgstr "бистро"\n'
    (place.folder / "translations" / "sr-Cyrl.po").write_text(said, "utf-8")
    with ogc_place.service(place, folder / "lake") as found:
        yield found


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """German, which is a catalogue of messages and nothing else."""
    (tmp_path / "de.po").write_text(PO, "utf-8")
    monkeypatch.setattr(languages, "_folder", lambda: tmp_path)
    kept = (languages.available, languages._catalogue, languages._messages, spoken.script)
    for each in kept:
        each.cache_clear()
    yield
    for each in kept:
        each.cache_clear()


@pytest.mark.parametrize(
    ("asked", "liked", "language"),
    [
        ("", "", "en"),
        ("", "sr-Cyrl", "sr-Cyrl"),
        ("", "sr", "sr-Latn"),
        ("", "fr, sr-Latn;q=0.5, en;q=0.2", "sr-Latn"),
        ("", "fr", "en"),
        ("?lang=sr-Cyrl", "en", "sr-Cyrl"),
        ("?lang=en", "sr", "en"),
    ],
)
def test_lang_goes_before_what_the_browser_likes(client: TestClient, asked: str, liked: str, language: str) -> None:
    answer = client.get(f"/statements{asked}", headers={"Accept-Language": liked})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    assert Read(answer.text).language == language


@pytest.mark.parametrize("address", ["/", "/sites", "/statements", "/limits", "/ogc/", "/ogc/collections/lakes/items"])
def test_a_language_that_is_not_offered_is_refused_with_the_choices(client: TestClient, address: str) -> None:
    answer = client.get(f"{address}?lang=xx", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "lang: no such language: 'xx'; choices: en, sr-Cyrl, sr-Latn"


def test_a_language_is_offered_only_where_its_messages_are(client: TestClient) -> None:
    assert [each.rpartition("=")[2] for each in Read(client.get("/sites").text).switches] == [
        "en",
        "sr-Latn",
        "sr-Cyrl",
    ]
    assert client.get("/sites?lang=de").status_code == 400


def test_each_language_has_an_etag_of_its_own(client: TestClient) -> None:
    english, serbian = (client.get(f"/about?lang={each}") for each in ("en", "sr-Latn"))
    assert english.headers["etag"] != serbian.headers["etag"]
    again = client.get("/about?lang=sr-Latn", headers={"If-None-Match": serbian.headers["etag"]})
    assert again.status_code == 304


def test_the_choice_travels_with_links_and_forms_and_liking_does_not(client: TestClient) -> None:
    chosen = client.get("/changes?lang=sr-Latn").text
    assert '<input type="hidden" name="lang" value="sr-Latn">' in chosen
    assert "/sites?lang=sr-Latn" in [*within(Read(chosen))]
    liked = client.get("/changes", headers={"Accept-Language": "sr-Latn"}).text
    assert "lang=" not in "".join(within(Read(liked)))
    assert 'name="lang"' not in liked


def test_a_switch_keeps_what_the_page_was_asked(client: TestClient) -> None:
    read = Read(client.get("/ogc/collections/lakes/items?f=html&limit=1&lang=sr-Latn").text)
    assert "?f=html&limit=1&lang=en" in read.switches
    (following,) = {each for each in within(read) if "offset=1" in each}
    assert "lang=sr-Latn" in following
    assert client.get(following).headers["content-language"] == "sr-Latn"


def test_a_text_of_the_data_is_said_or_marked_with_its_language(client: TestClient) -> None:
    cyrillic = client.get("/sites?lang=sr-Cyrl").text
    assert "бистро" in cyrillic
    assert '<span lang="en">Synthetic lake</span>' in cyrillic
    # Latin is made of it, letter by letter.
    assert "bistro" in client.get("/sites?lang=sr-Latn").text
    assert '<span lang="en">' not in client.get("/sites?lang=en").text


def test_data_is_the_same_in_every_language(client: TestClient) -> None:
    for address in ("/sites.json", "/ogc/collections/lakes?f=json", "/statements.json"):
        english, serbian = (client.get(address, headers={"Accept-Language": each}) for each in ("en", "sr-Cyrl"))
        assert english.content == serbian.content


@pytest.mark.usefixtures("german")
def test_a_language_is_added_by_its_catalogue_alone(client: TestClient) -> None:
    answer = client.get("/statements?lang=de")
    assert answer.status_code == 200
    assert "<title>Behauptungen – " in answer.text
    (script,) = {line.split('"')[1] for line in answer.text.splitlines() if 'src="/static/words/de-' in line}
    assert "Schließen" in client.get(script).text
    assert "Deutsch" in answer.text


@pytest.mark.parametrize(
    ("address", "suffix", "ending"),
    [
        ("/sites", "", "/sites"),
        ("/sites", "?lang=de", "/sites?lang=de"),
        ("/limits#so2", "?lang=de", "/limits?lang=de#so2"),
        ("/series/a?datetime=2021#readings", "?as-of=3&lang=de", "/series/a?datetime=2021&as-of=3&lang=de#readings"),
        ("/series/a?as-of=2", "?as-of=3&lang=de", "/series/a?as-of=2&lang=de"),
        ("/series/a?as-of=2", "?as-of=3", "/series/a?as-of=2"),
    ],
)
def test_an_address_ends_with_the_language_before_its_fragment(address: str, suffix: str, ending: str) -> None:
    assert spoken.ending(address, suffix) == ending

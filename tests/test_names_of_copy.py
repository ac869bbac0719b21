"""A published copy is searched in the browser: folded alike, found alike, told alike, as the service does."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from ogc_place import service
from place import Testford, feature, point
from playwright.sync_api import Browser, Page, Route

from mendmap.web.routes import search
from mendmap.words.letters import folded

pytestmark = pytest.mark.system("chromium")

STATIC = Path(search.__file__).parent.parent / "static"
SCRIPTS = ("words", "located", "names")
# Synthetic names in three scripts, some within others, some twice, some with letters that fold to more than one.
NAMES = (
    *("Бор", "Bor", "Borovac", "Novi Bor", "Labor", "bor", "Ђердап", "Djerdap", "Đerdap two", "Љиља", "Ljilja lake"),
    *("Straße", "STRASSE 5", "Æther", "aether", "Cerovo – Kraku", "Cerovo_Kraku", "Œuvre", "ŁÓDŹ", "Άργος", "ΑΡΓΟΣ"),
    *("हिन्दी", "مدينة", "東京", "İzmir", "izmir", "ﬁne", "x²", "½ pond", "Ǆep", "džep", "Jama 1", "Jama 10", "Jama 2"),
)
QUERIES = (
    *NAMES,
    *"abdjoč1б",
    "bo",
    "or",
    "ja",
    "a 1",
    "made",
    "made 3",
    "made_3",
    "heap",
    "r b",
    "--",
    "kraku",
    "qqq",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over Testford whose dumps have the names, in files of a few each."""
    folder = tmp_path_factory.mktemp("names")
    place = Testford(folder / "testford")
    for nth, name in enumerate(NAMES):
        more = {"name_sr_latn": NAMES[-nth]} if nth % 3 == 0 else {}
        where = point(20.1 + 0.01 * nth, 44.2) if nth % 5 else None
        known = {} if nth % 5 else {"basis": "unknown", "accuracy_m": None}
        place.layers["dumps"]["features"].append(
            feature(f"made_{nth}", "dump", where, name_en=f"{name}, made", **more, **known)
        )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "NAMES_OF_FILE", 7)
        patched.setattr(search, "TOLD_OF_FILE", 4)
        with service(place, folder / "lake") as found:
            yield found


@pytest.fixture(scope="module")
def page(browser: Browser, client: TestClient) -> Iterator[Page]:
    """A page of a service that answers in this process, with the scripts that find names."""
    found = browser.new_page()

    def answer(route: Route) -> None:
        asked = urlsplit(route.request.url)
        given = client.get(f"{asked.path}?{asked.query}")
        route.fulfill(status=given.status_code, body=given.content)

    found.route("**/*", answer)
    found.goto("http://testserver/robots.txt")
    for script in SCRIPTS:
        found.add_script_tag(path=STATIC / f"{script}.js")
    yield found
    found.close()


def test_letters_fold_in_the_browser_as_in_the_service(page: Page) -> None:
    letters = [chr(code) for code in range(0x20, 0x2FF0) if not 0x1C80 <= code < 0x1C90]
    # Georgian and Cherokee have capitals that only Python or only browsers know as such.
    letters = [each for each in letters if not re.match(r"[Ꭰ-ᏽႠ-ჿ]", each) and each.isprintable()]
    texts = [*letters, *NAMES, *(f"{each}j {each} - {each}_" for each in letters), " dj ", "Đđ-Ђђ", ""]
    told = page.evaluate("(texts) => texts.map(mendmap.folded)", texts)
    assert [(a, folded(a), b) for a, b in zip(texts, told, strict=True) if folded(a) != b] == []


@pytest.mark.parametrize("layers", [["lakes", "dumps", "stations", "rivers"], ["stations", "sites"], ["rivers"]])
def test_a_copy_finds_what_the_service_finds(page: Page, client: TestClient, layers: list[str]) -> None:
    for text in QUERIES:
        expected = client.get("/search.json", params={"q": text, "layers": ",".join(layers), "limit": 5}).json()
        found = page.evaluate("([layers, text]) => mendmap.foundByName(layers, text, 5)", [layers, text])
        assert found == {"features": expected["features"], "more": expected["more"]}, text


def test_files_of_names_are_as_small_as_they_say(client: TestClient) -> None:
    told = client.get("/names.json").json()
    counts = {each["id"]: each["count"] for each in told["layers"]}
    assert "sites" not in counts
    parts = -(-counts["dumps"] // told["names"])
    texts = [client.get(f"/names/dumps/{part}.txt").text for part in range(parts)]
    assert [text.count("\n\t") for text in texts[:-1]] == [told["names"]] * (parts - 1)
    assert sum(text.count("\n\t") for text in texts) == counts["dumps"] == len(NAMES) + 1
    assert client.get(f"/names/dumps/{parts}.txt").status_code == 404
    assert client.get("/names/dumps/-1.json").status_code == 404
    assert client.get("/names/clouds/0.json").status_code == 404
    assert client.get("/names/sites/0.txt?x=1").status_code == 400

"""What pages say of themselves to search engines and to those who share them; and the page that others may frame."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient
from ogc_place import service
from place import Testford

from mendmap.load.check import check
from mendmap.load.write import write
from mendmap.settings import Settings
from mendmap.web.app import create_app
from mendmap.web.routes import finding

HOSTILE = 'Heap </script><script>alert("1")</script> & <b>'
SITE = "https://mend.example/bor"
PATHS = (
    *("/", "/maps/public", "/sites", "/sites/mirror", "/stations/chimney", "/features/rivers/brook", "/statements"),
    *("/statements/tenfold", "/series/chimney.so2.1h", "/downloads", "/about", "/accessibility", "/limits", "/changes"),
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over the synthetic place, with a site of a hostile name, that readers know by another address."""
    folder = tmp_path_factory.mktemp("finding")
    place = Testford(folder / "place")
    place.feature("dumps")["properties"]["name_en"] = HOSTILE
    with service(place, folder / "lake", public_url=f"{SITE}/") as found:
        yield found


def head(page: str) -> dict[str, str]:
    """The properties and links of a page's head, unescaped by hand where a test needs it."""
    found = dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))
    return found | {"canonical": re.findall(r'<link rel="canonical" href="([^"]+)">', page)[0]}


def linked(page: str) -> Any:
    """The JSON-LD of a page, as a browser finds it: up to the first end of a script."""
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1]) if found else None


@pytest.mark.parametrize("path", PATHS)
def test_every_page_names_itself_by_the_address_that_readers_know(client: TestClient, path: str) -> None:
    page = client.get(path).text
    told = head(page)
    assert told["canonical"] == told["og:url"] == f"{SITE}{path}"
    assert told["description"] == told["og:description"] != ""
    assert told["og:title"] in page.split("<title>")[1].split("</title>")[0]
    alternates = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', page))
    assert alternates == {
        "en": f"{SITE}{path}?lang=en",
        "sr-Latn": f"{SITE}{path}?lang=sr-Latn",
        "x-default": f"{SITE}{path}",
    }
    assert told["og:locale"] == "en_GB"
    assert told["og:locale:alternate"] == "sr_RS"


def test_a_page_in_a_chosen_language_is_a_page_of_its_own(client: TestClient) -> None:
    told = head(client.get("/sites/mirror?lang=sr-Latn").text)
    assert told["canonical"] == f"{SITE}/sites/mirror?lang=sr-Latn"
    assert told["og:locale"] == "sr_RS"
    assert told["og:title"] == "Ogledalo"


def test_the_past_and_what_stands_in_frames_are_not_for_search_engines(tmp_path: Path) -> None:
    place = Testford(tmp_path / "place")
    with service(place, tmp_path / "lake") as client:
        place.feature("dumps")["properties"]["size"] = "larger"
        write(check(place.write(), 100), str(tmp_path / "lake"), place.folder)
    with TestClient(create_app(Settings(lake=str(tmp_path / "lake")))) as client:
        assert "robots" not in head(client.get("/sites/heap").text)
        past = client.get("/sites/heap?as-of=1").text
        assert head(past)["robots"] == "noindex"
        assert "&amp;as-of=1" in past or "&as-of=1" in past
        assert "noindex" in client.get("/embed/public").text


def test_a_site_is_a_place_with_how_far_it_may_be_off(client: TestClient) -> None:
    told = linked(client.get("/sites/puddle").text)
    assert told["@type"] == "Place"
    assert told["@id"] == f"{SITE}/sites/puddle"
    assert (told["geo"]["latitude"], told["geo"]["longitude"]) == (44.7, 20.7)
    assert {each["name"]: each["value"] for each in told["additionalProperty"]} == {
        "basis": "schematic",
        "accuracy": 500,
    }
    assert told["description"].startswith("In short: ")


def test_a_place_without_a_position_has_no_coordinates(client: TestClient) -> None:
    assert "geo" not in linked(client.get("/stations/ghost").text)


def test_a_hostile_name_ends_no_script(client: TestClient) -> None:
    page = client.get("/sites/heap").text
    assert linked(page)["name"] == HOSTILE
    assert "<script>alert" not in page
    for name, text in head(page).items():
        assert "<" not in text, name


def test_a_claim_that_was_held_against_something_is_reviewed_in_words_and_not_rated(client: TestClient) -> None:
    told = linked(client.get("/statements/tenfold").text)
    assert told["@type"] == "ClaimReview"
    assert told["claimReviewed"] == "Metal fell to a tenth."
    assert told["itemReviewed"]["author"]["name"] == "Works Ltd"
    assert "nobody independent has confirmed them" in told["reviewBody"]
    assert "rating" not in json.dumps(told).lower()


def test_a_claim_that_nothing_can_decide_is_no_review(bor_url: str) -> None:
    told = linked(httpx.get(f"{bor_url}/statements/so2_daily_means_2023").text)
    assert told["@type"] == "Claim"
    assert "reviewBody" not in told


def test_series_and_downloads_are_data_sets_whose_files_answer(client: TestClient) -> None:
    series = linked(client.get("/series/chimney.so2.1h").text)
    assert series["@type"] == "Dataset"
    catalogue = linked(client.get("/downloads").text)
    assert {each["name"] for each in catalogue["dataset"]} >= {"Lakes"}
    files = series["distribution"] + catalogue["dataset"][0]["distribution"]
    for each in files:
        assert client.head(each["contentUrl"].removeprefix(SITE)).status_code == 200, each


def test_search_engines_are_told_of_every_page_and_each_answers(client: TestClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert lines[-1] == f"Sitemap: {SITE}/sitemap.xml"
    assert "Disallow: /tiles/" in lines
    index = ElementTree.fromstring(client.get("/sitemap.xml").content)
    files = [each.text or "" for each in index.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert files == [f"{SITE}/sitemap-1.xml"]
    pages = listed(client, "/sitemap-1.xml")
    assert {"/", "/sites/mirror", "/stations/ghost", "/watercourses/brook", "/features/works/liming"} <= set(pages)
    assert len(pages) == len(set(pages))
    assert {path: client.head(path).status_code for path in pages} == dict.fromkeys(pages, 200)


def listed(client: TestClient, path: str) -> list[str]:
    root = ElementTree.fromstring(client.get(path).content)
    found = [each.text or "" for each in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    links = list(root.iter("{http://www.w3.org/1999/xhtml}link"))
    assert len(links) == 3 * len(found)
    return [each.removeprefix(SITE) for each in found]


def test_the_list_of_pages_is_cut_into_files_and_none_is_lost(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = listed(client, "/sitemap-1.xml")
    monkeypatch.setattr(finding, "PAGES_OF_FILE", 10)
    count = client.get("/sitemap.xml").text.count("<loc>")
    assert count == -(-len(whole) // 10)
    assert [path for nth in range(count) for path in listed(client, f"/sitemap-{nth + 1}.xml")] == whole
    for beyond in (0, count + 1, -1, 10**40):
        assert client.get(f"/sitemap-{beyond}.xml").status_code == 404


def test_a_phone_can_keep_the_map_in_the_readers_language(client: TestClient) -> None:
    answer = client.get("/manifest.webmanifest?lang=sr-Latn")
    told = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (told["lang"], told["start_url"]) == ("sr-Latn", "/?lang=sr-Latn")
    assert client.get(told["icons"][0]["src"]).status_code == 200


@pytest.mark.parametrize(
    "path", ["/robots.txt", "/sitemap.xml", "/sitemap-1.xml", "/manifest.webmanifest", "/embed/public"]
)
def test_they_answer_as_everything_does(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert client.head(path).headers["etag"] == answer.headers["etag"]
    assert answer.headers["mendmap-snapshot"]
    assert client.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.get(f"{path}?nonsense=1").status_code == 400


def test_nothing_but_the_embedded_map_may_be_framed_by_others(client: TestClient) -> None:
    def ancestors(path: str) -> str:
        policy = client.get(path).headers["content-security-policy"]
        return policy.partition("frame-ancestors ")[2]

    assert ancestors("/embed/public") == "*"
    for path in (*PATHS, "/sites.json", "/embedded", "/healthz"):
        assert ancestors(path) == "'self'", path
    assert client.get("/embed/nowhere").status_code == 404


def test_the_snippet_names_the_embedded_map_and_survives_a_hostile_title(client: TestClient) -> None:
    page = client.get("/maps/public").text
    assert f"&lt;iframe src=&#34;{SITE}/embed/public&#34;" in page or f'&lt;iframe src="{SITE}/embed/public"' in page

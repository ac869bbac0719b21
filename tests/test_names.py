"""Names are found however they are typed: in any of their scripts, with or without diacritics."""

from collections.abc import Iterator

import httpx2 as httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mendmap.words.letters import folded


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("робуле", "Robule"),
        ("ROBULE", "Робуле"),
        ("cukaru peki", "Čukaru Peki"),
        ("чукару пеки", "Čukaru Peki"),
        ("djerdap", "Ђердап"),
        ("derdap", "Đerdap"),
        ("ljubovija", "Љубовија"),
        ("Strasse", "Straße"),
        ("cerovo kraku", "Cerovo - Kraku"),
        ("robule", "Rőbülê"),
    ],
)
def test_alike_names_fold_alike(typed: str, meant: str) -> None:
    assert folded(typed) == folded(meant)


@given(st.text(max_size=40))
def test_folding_again_changes_nothing_and_keeps_lines(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(text).count("\n") == text.casefold().count("\n")


@pytest.fixture(scope="module")
def bor(bor_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bor_url) as client:
        yield client


def found(bor: httpx.Client, **asked: object) -> list[str]:
    answer = bor.get("/search.json", params=asked)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["features"]]


@pytest.mark.parametrize("text", ["робуле", "robule", "Robule", "jezero robule", "lake_robule"])
def test_lake_robule_is_found_first(bor: httpx.Client, text: str) -> None:
    assert found(bor, q=text)[0] == "lake_robule"


def test_names_that_begin_so_come_before_names_that_hold_it(bor: httpx.Client) -> None:
    names = [each["properties"]["name_en"] for each in bor.get("/search.json?q=bor&limit=50").json()["features"]]
    begins = [folded(name).startswith("bor") for name in names]
    assert names[0] == "Bor"
    assert begins.index(False) == sum(begins[: begins.index(False)])


def test_an_answer_is_bounded_and_says_that_there_is_more(bor: httpx.Client) -> None:
    body = bor.get("/search.json?q=o&limit=3").json()
    assert len(body["features"]) == 3
    assert body["more"] is True
    assert body["snapshot"]["number"] == 1
    assert bor.get("/search.json?q=robule").json()["more"] is False


def test_only_the_layers_asked_for_are_searched(bor: httpx.Client) -> None:
    assert found(bor, q="robule", layers="lakes") == ["lake_robule"]
    assert found(bor, q="robule", layers="sites")[0] == "lake_robule"
    assert found(bor, q="robule", layers="stations,places") == []


def test_what_has_no_letter_finds_nothing(bor: httpx.Client) -> None:
    assert found(bor, q="--- ...") == []
    assert found(bor, q="\n") == []


@pytest.mark.parametrize(
    "query", ["", "q=", "q=" + "a" * 101, "q=a&layers=ponds", "q=a&limit=0", "q=a&limit=51", "q=a&n=1"]
)
def test_a_question_that_is_none_is_refused(bor: httpx.Client, query: str) -> None:
    answer = bor.get(f"/search.json?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_answer_has_a_tag_and_answers_to_head(bor: httpx.Client) -> None:
    first = bor.get("/search.json?q=bor")
    assert bor.get("/search.json?q=bor", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert bor.head("/search.json?q=bor").headers["Mendmap-Snapshot"] == first.headers["Mendmap-Snapshot"]

"""Maps are data: a file says which layers a map shows and how; check finds every mistake, with its file and line."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest
from conftest import ROOT, Run
from place import Testford
from served import served
from test_lake import load

from mendmap.catalogue.records import Work
from mendmap.maps import model, page
from mendmap.words.fields import fields_of

CLASSES = """
[map]
id = "verdicts"
title_en = "Verdicts"
languages = ["en"]
without = ["locate", "print", "home"]
[[layer]]
id = "stations"
color = "#000066"
by = "verdict"
[[layer.class]]
value = "exceeds"
name_en = "Too much"
color = "#aa0000"
shape = "diamond"
[[layer.class]]
value = "none"
name_en = "No verdict"
[[layer]]
id = "lakes"
color = "#336699"
by = "kind"
[[layer.class]]
value = "lake"
name_en = "A lake"
shape = "drop"
"""


def test_a_map_with_classes_is_read_and_kept_whole(testford: Testford) -> None:
    testford.maps["verdicts"] = CLASSES
    folder = testford.write()
    kinds = {"stations": ["gauge"], "lakes": ["lake"]}
    found, faults = model.read(folder / "maps" / "verdicts.toml", kinds, ["en", "sr-Latn"], 10_000)
    assert faults == []
    assert found is not None
    assert [each.value for each in found.layers[0].classes] == ["exceeds", "none"]
    assert found.layers[0].classes[1].color == ""
    assert (found.languages, found.without) == (("en",), ("locate", "print", "home"))
    assert model.from_plain(json.loads(json.dumps(model.plain(found)))) == found


def test_a_map_that_an_earlier_version_kept_is_read() -> None:
    style = {"id": "a", "color": "#000000", "shape": "dot", "width": 1.0, "from_zoom": None, "shown": True, "quiet": []}
    found = model.from_plain({"id": "m", "title": {"en": "M"}, "text": {}, "view": None, "layers": [style]})
    assert found.layers[0].classes == ()
    assert found.without == ()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('by = "verdict"', 'by = "mood"', "7: by: not one of the choices: 'mood'; choices: basis, freshness, kind"),
        (
            'by = "verdict"\n',
            "",
            "7: by: a layer with classes says by what they are (kind, basis, status, trust, verdict",
        ),
        (
            'value = "exceeds"',
            'value = "exceed"',
            "11: value: not one of the choices: 'exceed'; choices: exceeds, none,",
        ),
        ('value = "none"', 'value = "exceeds"', "16: value: 'exceeds' has a class already"),
        ('name_en = "No verdict"', 'nam_en = "No"', "16: nam_en: unknown column: 'nam_en'"),
        ('name_en = "No verdict"', "", "16: name_en: a value is required"),
        ('shape = "diamond"', 'shape = "cat"', "11: shape: not one of the choices: 'cat'"),
        ('"#aa0000"', '"red"', "11: color: not a colour like #1a2b3c: 'red'"),
        ('value = "lake"', 'value = "pond"', "23: value: not one of the choices: 'pond'; choices: lake"),
        (
            '[[layer.class]]\nvalue = "lake"',
            '[layer.class]\nvalue = "lake"',
            "19: class: write each as [[layer.class]]",
        ),
        (
            '["locate", ',
            '["clock", ',
            "2: without: not one of the choices: 'clock'; choices: compare, fullscreen, home,",
        ),
        ('languages = ["en"]', 'languages = ["fr"]', "2: languages: no such language: 'fr'; choices: en, sr-Latn"),
        ('id = "lakes"', 'id = "stations"', "19: id: 'stations' is drawn twice"),
    ],
)
def test_every_mistake_is_named_with_its_line(testford: Testford, old: str, new: str, fault: str) -> None:
    assert old in CLASSES
    testford.maps["verdicts"] = CLASSES.replace(old, new, 1)
    path = testford.write() / "maps" / "verdicts.toml"
    _, faults = model.read(path, {"stations": ["gauge"], "lakes": ["lake"]}, ["en", "sr-Latn"], 10_000)
    assert any(str(each).startswith(f"maps/verdicts.toml:{fault}") for each in faults), faults


def test_the_words_of_classes_are_those_of_the_data() -> None:
    assert model.CLASSED["status"] == next(each.choices for each in fields_of(Work) if each.name == "status")
    assert set(page.CONTROLLED) == set(model.CONTROLS)
    script = (ROOT / "src/mendmap/web/static/classes.js").read_text("utf-8")
    for by, values in model.CLASSED.items():
        assert f"    {by}: " in script
        if by in ("verdict", "freshness"):
            assert all(f'"{each}"' in script for each in values)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The synthetic place with a second map, and what the starter writes beside it."""
    folder = tmp_path_factory.mktemp("maps")
    place = Testford(folder / "testford")
    place.maps["verdicts"] = CLASSES
    load(place, folder / "lake")
    with served(folder / "lake") as server, httpx.Client(base_url=server.url) as client:
        yield client


def script_of(client: httpx.Client, path: str) -> str:
    text = client.get(path).text
    name = text.split('src="/static/maps/')[1].split('"')[0]
    return str(client.get(f"/static/maps/{name}").text)


def test_a_map_is_offered_in_its_languages_alone(verdicts: httpx.Client) -> None:
    assert verdicts.get("/maps/public?lang=sr-Latn").status_code == 200
    assert verdicts.get("/maps/verdicts?lang=en").status_code == 200
    assert verdicts.get("/maps/verdicts?lang=sr-Latn").status_code == 400
    assert verdicts.get("/maps/verdicts", headers={"Accept-Language": "sr-Latn"}).headers["Content-Language"] == "en"


def test_a_map_has_the_controls_and_classes_that_its_file_says(verdicts: httpx.Client) -> None:
    script = script_of(verdicts, "/maps/verdicts")
    assert "mendmap.locate(" not in script
    assert "mendmap.print(" not in script
    assert '"button": false' in script
    assert '"name": "Too much"' in script
    whole = script_of(verdicts, "/maps/public")
    # A place without imagery, as this one is, offers none.
    missing = [word for word, each in page.CONTROLLED.items() if f"mendmap.{each.call}(" not in whole]
    assert missing == ["relief", "imagery"]


def test_the_list_of_maps_has_each_with_its_text(bor_url: str) -> None:
    text = httpx.get(f"{bor_url}/maps?lang=sr-Cyrl").text
    for ident in ("public", "staff", "regulator"):
        assert f'href="/maps/{ident}' in text
    assert "Граничне вредности" in text
    assert {each["id"] for each in httpx.get(f"{bor_url}/maps.json").json()["maps"]} == {"public", "staff", "regulator"}


def test_the_starters_map_explains_itself_and_its_comments_are_true(tmp_path: Path, run_mendmap: Run) -> None:
    assert run_mendmap("init", tmp_path / "new").returncode == 0
    file = tmp_path / "new" / "maps" / "public.toml"
    text = file.read_text("utf-8")
    assert all(each in text for each in (*model.CONTROLS, *model.CLASSED))
    # What the comments propose passes the check.
    proposed = text.replace('id = "places"\n', 'id = "places"\nby = "basis"\n')
    head, tail = proposed.split("# [[layer.class]]")
    file.write_text(head + "[[layer.class]]" + tail.replace("# ", ""), "utf-8")
    done = run_mendmap("check", tmp_path / "new")
    assert done.returncode == 0, done.stderr + file.read_text("utf-8")

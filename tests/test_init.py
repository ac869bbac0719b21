"""``mendmap init`` writes a folder that passes check as it is, and explains every column."""

from pathlib import Path

import pytest
from conftest import Run

from mendmap.catalogue.model import CATALOGUE, LAYER, NETWORK, READINGS
from mendmap.catalogue.records import TABLES
from mendmap.errors import MendmapError
from mendmap.load.check import check
from mendmap.load.starter import start
from mendmap.maps.model import CLASS, MAP, STYLE
from mendmap.readings.fields import READING
from mendmap.readings.mapping import COLUMN_KEYS, KEYS
from mendmap.vectors.fields import FEATURE, STATION, WATERCOURSE
from mendmap.words import vocabulary
from mendmap.words.fields import expanded, fields_of


@pytest.mark.parametrize(
    ("name", "ident"),
    [
        ("riverbend", "riverbend"),
        ("River Bend (2024)", "river_bend_2024"),
        ("Бор", "place"),
        ("Rudnik-Čukaru", "rudnik_ukaru"),
        ('a"b\\c', "a_b_c"),
        ("2024", "2024"),
        ("x" * 200, "x" * 60),
        ("--", "place"),
    ],
)
def test_a_folder_of_any_name_passes_check(name: str, ident: str, tmp_path: Path) -> None:
    written = start(tmp_path / name)
    found = check(tmp_path / name, 1)
    assert found.catalogue.id == ident
    assert (found.features, found.records, found.readings) == ((), (), ())
    assert [each.id for each in found.maps] == ["public"]
    assert {layer.role for layer in found.catalogue.layers} == set(vocabulary.ROLES)
    assert {table.kind for table in found.catalogue.tables} == set(TABLES)
    assert sorted(written) == sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    start(tmp_path)
    assert check(tmp_path, 1)


@pytest.mark.parametrize("occupied", ["a folder with a file", "a file"])
def test_a_place_that_is_taken_is_refused_and_left_alone(occupied: str, tmp_path: Path) -> None:
    target = tmp_path / "taken"
    inner = target if occupied == "a file" else target / "mine.txt"
    inner.parent.mkdir(exist_ok=True)
    inner.write_text("mine")
    with pytest.raises(MendmapError, match="taken' is there already and is not empty"):
        start(target)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [inner]
    assert inner.read_text() == "mine"


def test_every_column_and_word_is_explained(tmp_path: Path) -> None:
    start(tmp_path / "place")
    text = (tmp_path / "place" / "COLUMNS.md").read_text("utf-8")
    sections = {part.splitlines()[0]: part for part in text.split("\n## ")[1:]}
    tables = [*(fields_of(table) for table in TABLES.values()), (*FEATURE, *STATION, *WATERCOURSE), READING]
    tables += [CATALOGUE, LAYER, NETWORK, READINGS, KEYS, COLUMN_KEYS, MAP, STYLE, CLASS]
    assert len(sections) == len(tables) + 1
    for fields in tables:
        for each in expanded(fields, ("en",)):
            row = f"| `{each.name}`{' *' if each.required else ''} | {each.meaning} |"
            assert any(row in part for part in sections.values()), row
    for words in (vocabulary.BASES, vocabulary.TRUSTS, vocabulary.QUALITIES):
        for word, meaning in words.items():
            assert f"- `{word}`: {meaning}\n" in sections["Words"]


def test_every_table_begins_with_its_columns(tmp_path: Path) -> None:
    start(tmp_path)
    for file, fields in (("sources.csv", fields_of(TABLES["source"])), ("readings/readings.csv", READING)):
        header = (tmp_path / file).read_text("utf-8").splitlines()[0]
        assert header.split(",") == [each.name for each in fields]


def test_the_command_writes_a_folder_that_the_command_accepts(tmp_path: Path, run_mendmap: Run) -> None:
    made = run_mendmap("init", tmp_path / "place")
    assert (made.returncode, made.stderr) == (0, "")
    assert f"wrote {tmp_path / 'place' / 'catalogue.toml'}\n" in made.stdout
    assert run_mendmap("check", tmp_path / "place").returncode == 0
    again = run_mendmap("init", tmp_path / "place")
    assert again.returncode == 1
    assert again.stderr.endswith("is there already and is not empty\n")
    assert "Traceback" not in again.stderr

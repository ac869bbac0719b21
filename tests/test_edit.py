"""Editing a folder: rows and entries are put in, changed and taken out, and all else stays as it was written."""

import csv
import io
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from place import Testford

from mendmap.catalogue import read as catalogue_file
from mendmap.catalogue.files import LineError
from mendmap.catalogue.records import Source
from mendmap.errors import GeodataError
from mendmap.load import toml
from mendmap.load.check import check
from mendmap.load.edit import Changes, drop_entry, put_entry, put_rows, with_rows

TEXT = """\
# By hand.
[catalogue]
id = "x"

[[gathered]]   # the first
file = 'a.geojson'  # of ours
licence = "ODbL-1.0"
more = [1, 2]

# The second, which is dearer to us.
[[gathered]]
file = "b.geojson"
stations = { "A" = "b" }
[[table]]
kind = "work"
"""


def test_a_key_is_changed_and_every_other_line_stays() -> None:
    grown = toml.changed(TEXT, "gathered", 0, {"file": "a.geojson", "licence": "CC0-1.0", "recipe": "r"})
    assert grown == TEXT.replace('"ODbL-1.0"\nmore = [1, 2]\n', '"CC0-1.0"\nmore = [1, 2]\nrecipe = "r"\n')
    assert toml.changed(grown, "gathered", 0, {"licence": "CC0-1.0"}) == grown


def test_a_blank_key_is_taken_out_and_a_table_of_texts_is_one_line() -> None:
    assert toml.changed(TEXT, "gathered", 0, {"licence": ""}) == TEXT.replace('licence = "ODbL-1.0"\n', "")
    grown = toml.changed(TEXT, "gathered", 1, {"stations": {"A": "c", 'B "x"': "d"}})
    assert grown == TEXT.replace('{ "A" = "b" }', '{ "A" = "c", "B \\"x\\"" = "d" }')


def test_an_entry_is_taken_out_with_nothing_of_its_neighbours() -> None:
    grown = toml.dropped(TEXT, "gathered", 0)
    assert "# The second" in grown
    assert [each["file"] for each in tomllib.loads(grown)["gathered"]] == ["b.geojson"]
    assert "gathered" not in tomllib.loads(toml.dropped(grown, "gathered", 0))


def test_what_is_written_in_a_way_that_cannot_be_changed_is_an_error_and_no_damage() -> None:
    text = '[[gathered]]\nfile = "a"\nsource = """\nlong\n"""\n'
    with pytest.raises(LineError, match="in a line each"):
        toml.changed(text, "gathered", 0, {"source": "short"})
    with pytest.raises(LineError, match="in a line each"):
        toml.changed(
            '[[gathered]]\nfile = "a"\n[gathered.stations]\nA = "b"\n', "gathered", 0, {"stations": {"A": "c"}}
        )


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(), min_size=1), st.booleans())
def test_whatever_text_is_put_in_is_what_stands_there(cells: dict[str, str], windows: bool) -> None:
    before = TEXT.replace("\n", "\r\n") if windows else TEXT
    said = {name: text for name, text in cells.items() if text}
    grown = toml.added(before, "gathered", cells)
    assert tomllib.loads(grown)["gathered"][2] == said
    if "\x7f" not in "".join(cells.values()):
        turned = toml.changed(grown, "gathered", 2, {name: text[::-1] for name, text in cells.items()})
        assert tomllib.loads(turned)["gathered"][2] == {name: text[::-1] for name, text in said.items()}
    assert toml.dropped(grown, "gathered", 2).rstrip() == before.rstrip()


TABLE = 'id;name;note\r\na;"One\nand a half";kept\r\n\r\nb;Two;\r\n'


def test_a_row_takes_the_place_of_that_with_its_id_and_keeps_what_it_does_not_name() -> None:
    grown = with_rows(TABLE, ["id", "name"], [{"id": "c", "name": "Three"}], {"a": {"id": "a", "name": "1"}}, {"b"})
    assert grown == "id;name;note\r\na;1;kept\r\n\r\nc;Three;\r\n"
    assert with_rows(TABLE, ["id", "name"], [], {"b": {"id": "b", "name": "Two"}}) == TABLE


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8)
ROWS = st.dictionaries(st.from_regex(r"[a-z]{1,3}", fullmatch=True), st.tuples(CELLS, CELLS), max_size=6)


@given(ROWS, ROWS, st.sets(st.from_regex(r"[a-z]{1,3}", fullmatch=True)))
def test_rows_are_those_of_before_and_those_put_in(
    before: dict[str, tuple[str, str]], put: dict[str, tuple[str, str]], drop: set[str]
) -> None:
    columns = ["id", "first", "second"]
    start = with_rows("id,first\n", columns, [{"id": i, "first": a, "second": b} for i, (a, b) in before.items()])
    rows = {ident: {"id": ident, "first": a, "second": b} for ident, (a, b) in put.items()}
    new = [row for ident, row in rows.items() if ident not in before]
    grown = with_rows(start, columns, new, {i: row for i, row in rows.items() if i in before}, drop)
    found = list(csv.DictReader(io.StringIO(grown, newline="")))
    wanted = {ident: put.get(ident, cells) for ident, cells in before.items() if ident not in drop}
    wanted |= {ident: cells for ident, cells in put.items() if ident not in before}
    assert {each["id"]: (each["first"], each.get("second") or "") for each in found} == wanted
    assert [each["id"] for each in found] == list(wanted)


def test_rows_go_to_the_table_that_has_them_and_to_a_new_one_where_there_is_none(testford: Testford) -> None:
    folder = testford.write()
    catalogue, _ = catalogue_file.read(folder, 10**6)
    assert catalogue
    with Changes(folder) as changes:
        rows = [{"id": "survey", "title": "Renamed"}, {"id": "other", "title": "Another"}]
        put_rows(changes, catalogue, Source, "sources.csv", rows, "a test")
        changes.stay = True
    found = {each.id: each for each in check(folder, 10).records if isinstance(each, Source)}
    assert found["survey"].title == "Renamed"
    assert found["survey"].url
    assert found["other"].title == "Another"


def test_entries_are_put_and_taken_and_all_is_put_back_unless_it_is_to_stay(testford: Testford) -> None:
    folder = testford.write()
    before = (folder / "catalogue.toml").read_text("utf-8")
    entry = {"file": "new.csv", "licence": "CC0-1.0", "source": "synthetic"}
    with Changes(folder) as changes:
        put_entry(changes, "readings", entry)
        changes.write("gathered/deep/new.csv", b"x")
        grown = tomllib.loads((folder / "catalogue.toml").read_text("utf-8"))
        assert grown["readings"][1] == entry
        drop_entry(changes, "readings", "new.csv")
        assert tomllib.loads((folder / "catalogue.toml").read_text("utf-8")) == tomllib.loads(before)
        changes.remove("readings.csv")
    assert (folder / "catalogue.toml").read_text("utf-8") == before
    assert (folder / "readings.csv").exists()
    assert not (folder / "gathered" / "deep").exists()


def test_an_entry_that_cannot_be_changed_is_a_fault_with_its_line(testford: Testford) -> None:
    testford.tail = '\n[[gathered]]\nfile = """\na"""\nrecipe = "r"\nlicence = """\nCC0"""\n'
    folder: Path = testford.write()
    line = (folder / "catalogue.toml").read_text("utf-8").splitlines().index("[[gathered]]") + 1
    with (
        pytest.raises(GeodataError, match=rf"catalogue\.toml:{line}: gathered: .*in a line each"),
        Changes(folder) as it,
    ):
        put_entry(it, "gathered", {"file": "a", "licence": "ODbL"})

"""Texts of a folder of geodata in other languages: checked and loaded with it, and written by mendmap translate."""

from pathlib import Path

import pytest
from conftest import ROOT, Run
from hypothesis import given
from hypothesis import strategies as st
from place import Testford

from mendmap.errors import GeodataError
from mendmap.lake import contents, ledger
from mendmap.lake.connection import open_lake
from mendmap.load.check import check, translate
from mendmap.load.translations import FOLDER
from mendmap.load.write import write
from mendmap.words import messages
from mendmap.words.messages import Message

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def translated(place: Testford, text: str, language: str = "sr-Latn") -> Path:
    """The place, with a file of translations."""
    folder = place.write()
    (folder / FOLDER).mkdir()
    (folder / FOLDER / f"{language}.po").write_text(HEAD + text, "utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(GeodataError) as caught:
        check(folder, 10)
    return [str(each) for each in caught.value.faults]


def test_a_folder_needs_no_translations(testford: Testford) -> None:
    assert check(testford.write(), 10).catalogue.translations == {}


def test_what_is_translated_is_loaded(testford: Testford, tmp_path: Path) -> None:
    folder = translated(testford, 'msgid "red"\nmsgstr "crveno"\n\nmsgid "clear"\nmsgstr ""\n')
    write(check(folder, 10), str(tmp_path / "lake"), folder)
    lake = open_lake(str(tmp_path / "lake"))
    held = contents.read(lake, ledger.latest(lake), "testford")
    lake.close()
    assert held.records["catalogue"][0]["translations"] == {"sr-Latn": {"red": "crveno"}}


def test_a_file_is_named_as_a_further_language_of_the_catalogue(testford: Testford) -> None:
    folder = translated(testford, "", "de")
    assert faults(folder) == [
        "translations/de.po:0: : no further language of the catalogue: 'de'; choices: sr-Latn; "
        "a file is named as its language"
    ]


def test_its_first_language_has_no_file(testford: Testford) -> None:
    assert "no further language of the catalogue: 'en'" in faults(translated(testford, "", "en"))[0]


def test_a_broken_file_is_named_with_its_line(testford: Testford) -> None:
    folder = translated(testford, 'msgid "red"\nmsgstr "crveno"\nrubbish\n')
    (fault,) = faults(folder)
    assert fault.startswith("translations/sr-Latn.po:7: : not a catalogue of messages (PO): ")


@pytest.mark.parametrize(
    ("text", "line", "wrong"),
    [
        ('msgid "red"\nmsgstr "crveno\n', 6, "between quotation marks"),
        ('msgid "red"\nmsgstr crveno\n', 6, "between quotation marks"),
        ('msgid "red"\nmsgstr "crv" "eno"\n', 6, "between quotation marks"),
        ('msgid "red"\nmsgstr "crveno"\n\nmsgid "red"\nmsgstr "crven"\n', 8, "twice"),
        ('msgid "red"\nmsgstr "crve\\"no"\n', 0, ""),
        ('msgid "red"\nmsgstr "crve\x07no"\n', 5, "holds a control character"),
    ],
)
def test_no_letter_and_no_message_is_lost_in_silence(testford: Testford, text: str, line: int, wrong: str) -> None:
    folder = translated(testford, text)
    if wrong:
        (fault,) = faults(folder)
        assert fault.startswith(f"translations/sr-Latn.po:{line}: ") and wrong in fault
    else:
        check(folder, 10)


def test_a_text_that_the_folder_has_no_more_is_named_with_its_line(testford: Testford) -> None:
    folder = translated(testford, 'msgid "red"\nmsgstr "crveno"\n\nmsgid "purple"\nmsgstr "ljubičasto"\n')
    assert faults(folder) == [
        "translations/sr-Latn.po:8: : no text of this folder is 'purple' any more; mendmap translate strikes it out"
    ]


def test_nothing_is_said_to_be_gone_where_a_file_cannot_be_read(testford: Testford) -> None:
    folder = translated(testford, 'msgid "red"\nmsgstr "crveno"\n')
    (folder / "state.csv").write_text("")
    assert not [each for each in faults(folder) if FOLDER in each]


@pytest.mark.parametrize(
    ("text", "said", "wrong"),
    [
        ("fell by 67,400 t", "palo za 67.400 t", ""),
        ("8.93 kg in 2018", "8,93 kg u 2018", ""),
        ("in 2018, 8.93 kg", "8,93 kg u 2018", ""),
        ("fell by 67,400 t", "palo za 64.700 t", "other numbers"),
        ("two of 3", "dva", "other numbers"),
        ("as {this}", "kao {this}", ""),
        ("as {this}", "kao {ovo}", "other placeholders"),
        ("as it is", "kao %(što)s", "other placeholders"),
    ],
)
def test_a_translation_keeps_the_numbers_of_its_text(testford: Testford, text: str, said: str, wrong: str) -> None:
    testford.tables["state"][0]["state"] = text
    folder = translated(testford, f'msgid "{text}"\nmsgstr "{said}"\n')
    if wrong:
        assert [wrong in each for each in faults(folder)] == [True]
    else:
        assert check(folder, 10).catalogue.translations["sr-Latn"] == {text: said}


def test_translate_writes_what_is_new_keeps_what_is_said_and_strikes_out_what_is_gone(testford: Testford) -> None:
    folder = translated(testford, 'msgid "red"\nmsgstr "crveno"\n\nmsgid "purple"\nmsgstr "ljubičasto"\n')
    ((file, blank),) = translate(folder, 10)
    assert file == "translations/sr-Latn.po"
    written = (folder / file).read_text("utf-8")
    found = {each.text: each for each in messages.read(written)}
    assert found["red"].said == "crveno"
    assert (found["purple"].said, found["purple"].line) == ("ljubičasto", 0)
    assert {"Synthetic.", "lime", "treatment", "Metal fell to a tenth.", "small", "Readings by someone else."} <= {
        *found
    }
    assert blank == sum(not each.said for each in found.values()) > 0
    assert "#. state.csv: mirror_red state\n" in written
    # What names a document, or is read by programs, is in no language.
    assert not {"Synthetic survey", "Directive 2008/50/EC", "SO₂", "CC0-1.0 "} & {*found}
    assert check(folder, 10).catalogue.translations == {"sr-Latn": {"red": "crveno"}}
    assert translate(folder, 10) == [(file, blank)]
    assert (folder / file).read_text("utf-8") == written


def test_a_text_that_comes_back_finds_its_translation(testford: Testford) -> None:
    folder = translated(testford, 'msgid "red"\nmsgstr "crveno"\n')
    testford.tables["state"][0]["state"] = "pink"
    testford.write()
    translate(folder, 10)
    testford.tables["state"][0]["state"] = "red"
    testford.write()
    translate(folder, 10)
    assert check(folder, 10).catalogue.translations == {"sr-Latn": {"red": "crveno"}}


def test_translate_leaves_a_broken_file_as_it_is(testford: Testford) -> None:
    folder = translated(testford, "rubbish\n")
    before = (folder / FOLDER / "sr-Latn.po").read_text()
    with pytest.raises(GeodataError, match="not a catalogue of messages"):
        translate(folder, 10)
    assert (folder / FOLDER / "sr-Latn.po").read_text() == before


def test_a_language_that_is_made_of_anothers_letters_has_no_file(testford: Testford, run_mendmap: Run) -> None:
    testford.head = testford.head.replace('["en", "sr-Latn"]', '["en", "sr-Latn", "sr-Cyrl"]')
    folder = testford.write()
    done = run_mendmap("translate", folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"wrote {folder}/translations/sr-Cyrl.po: ")
    assert [each.name for each in (folder / FOLDER).iterdir()] == ["sr-Cyrl.po"]


def test_the_flagships_translations_are_up_to_date() -> None:
    geodata = check(ROOT / "geodata", 100)
    said = geodata.catalogue.translations["sr-Cyrl"]
    file = messages.read((ROOT / "geodata" / FOLDER / "sr-Cyrl.po").read_text("utf-8"))
    # What is left as it is: licences, coordinates, and names of publishers.
    assert len(said) > 500
    assert len([each for each in file if not each.said]) < 40
    assert all(each.claim in said and each.wanted in said for each in geodata.records if each.kind == "statement")
    assert all(each.state in said for each in geodata.records if each.kind == "state")


TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=60).map(str.strip).filter(bool)


@given(st.dictionaries(TEXT, TEXT, max_size=8), st.dictionaries(TEXT, st.just("x.csv: a note"), max_size=8))
def test_what_is_written_is_read_again(known: dict[str, str], texts: dict[str, str]) -> None:
    told = [Message(text, said, 1) for text, said in known.items()]
    again = messages.read(messages.write("de", texts, told))
    assert {each.text: each.said for each in again} == {**dict.fromkeys(texts, ""), **known}
    assert {each.text for each in again if each.line} == {*texts}

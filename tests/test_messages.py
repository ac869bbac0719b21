"""What mendmap says is translated whole: each catalogue has every message of the code, no other, and none blank."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po
from conftest import ROOT

TRANSLATIONS = ROOT / "src" / "mendmap" / "words" / "translations"
LANGUAGES = sorted(each.stem for each in TRANSLATIONS.glob("*.po"))
PLACES = re.compile(r"%\((\w+)\)s|\{(\w+)[^{}]*\}")
TAGS = re.compile(r"</?\w+")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Every message that stands in code, templates and scripts, gathered as make translations does."""
    found = tmp_path_factory.mktemp("messages") / "mendmap.pot"
    keywords = re.search(r"^KEYWORDS := (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert keywords
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "--quiet",
        "extract",
        "--mapping-file",
        "pyproject.toml",
    ]
    command += [*keywords[1].split(), "--output-file", str(found), "src/mendmap"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    with found.open(encoding="utf-8") as stream:
        return read_po(stream)


def translated(language: str) -> Catalog:
    with Path(TRANSLATIONS / f"{language}.po").open(encoding="utf-8") as stream:
        return read_po(stream, locale=language)


def texts(message: Message) -> list[str]:
    """The forms of a message, or of its translation."""
    return [message.id] if isinstance(message.id, str) else [*message.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_message_and_no_other(said: Catalog, language: str) -> None:
    wanted = {each.id for each in said if each.id}
    found = {each.id for each in translated(language) if each.id}
    assert len(wanted) > 500
    assert not wanted - found, "make translations adds them"
    assert not found - wanted, "make translations takes them away"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_blank_or_in_doubt(language: str) -> None:
    catalogue = translated(language)
    left = []
    for each in catalogue:
        forms = [each.string] if isinstance(each.string, str) else each.string
        if each.id and (each.fuzzy or not all(forms)):
            left.append(texts(each)[0])
        elif each.id and not isinstance(each.id, str):
            assert len(forms) == catalogue.num_plurals, each.id
    assert not left, "\n".join(left)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_values_and_the_marks_of_its_message(language: str) -> None:
    wrong = []
    for each in translated(language):
        forms = [each.string] if isinstance(each.string, str) else [*each.string]
        many = texts(each)[-1] if each.id else ""
        for form in filter(None, forms if each.id else ()):
            places = {name for found in PLACES.findall(form) for name in found if name}
            wanted = {name for found in PLACES.findall(many) for name in found if name}
            # One of a thing need not be told by its number.
            if wanted - places - {"num", "number", "count"} or places - wanted:
                wrong.append(f"{many!r}: {form!r}")
            elif sorted(TAGS.findall(form)) != sorted(TAGS.findall(many)):
                wrong.append(f"{many!r} has other elements: {form!r}")
    assert not wrong, "\n".join(wrong)

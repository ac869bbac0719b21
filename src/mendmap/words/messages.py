"""Catalogues of messages: the files (PO, as gettext has them) in which texts stand beside their translations.

Not here: how a language says them (``languages``), and which texts of a folder of geodata there are
(``load.translations``).
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from babel.messages import Catalog, pofile

SUFFIX = ".po"
_HEAD = """\
# Texts in {language}. A text that is blank here is shown as it is. mendmap translate adds what is new.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
# What a line may be that is neither blank nor a comment: a quoted text, with or without a word before it.
_LINE = re.compile(r'(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[\d+\])?)\s*)?"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Message:
    """A text and what it is in another language, blank where that is not said or marked fuzzy; ``line`` is its line
    in the file, 0 where it is struck out there (``#~``), as nothing has that text any more."""

    text: str
    said: str
    line: int


class MessagesError(ValueError):
    """A text that is no catalogue of messages, with the line where it ceases to be one."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"not a catalogue of messages (PO): {message}")
        self.line = line


def read(content: str) -> list[Message]:
    """The messages of a PO file, in its order, those struck out last. Raises MessagesError where it is none."""
    _look(content)
    try:
        found = pofile.read_po(io.StringIO(content), abort_invalid=True)
    except pofile.PoFileError as error:
        raise MessagesError(error.lineno + 1, str(error)) from None
    except (ValueError, LookupError, TypeError) as error:  # a head that Babel cannot read, such as of no language
        raise MessagesError(0, str(error)) from None
    # Babel keeps the first of two messages of one text, and says nothing of the other. The head comes before all.
    known = {each.lineno for each in found}
    for line in list(_begun(content))[1:]:
        if line not in known:
            raise MessagesError(line, "the text stands in the file twice")
    told = [*((each, each.lineno or 0) for each in found if each.id), *((each, 0) for each in found.obsolete.values())]
    return [
        Message(str(each.id), "" if each.fuzzy or not each.string else str(each.string), line) for each, line in told
    ]


def _look(content: str) -> None:
    """Raises MessagesError at a line that is not closed as it was opened: Babel would leave out its last letter."""
    for nth, line in enumerate(content.splitlines(), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#") and not _LINE.fullmatch(stripped):
            raise MessagesError(nth, "a line is a word such as msgid and a text between quotation marks")


def _begun(content: str) -> Iterator[int]:
    """The lines at which messages begin."""
    return (nth for nth, line in enumerate(content.splitlines(), 1) if re.match(r'\s*msgid[\s"]', line))


def write(language: str, texts: Mapping[str, str], known: Iterable[Message]) -> str:
    """A PO file of ``texts``, each with a comment that tells where it stands, and what is ``known`` of them; what was
    said of other texts is struck out, and kept."""
    said = {each.text: each.said for each in known if each.said}
    catalog = Catalog()
    for text, where in texts.items():
        message = catalog.add(text, said.pop(text, ""), auto_comments=[where])
        message.flags.clear()  # of formats in other texts than these: a percentage looks like one
    struck = Catalog()
    for text, translation in said.items():
        struck.add(text, translation).flags.clear()
    catalog.obsolete = {str(each.id): each for each in struck if each.id}
    written = io.BytesIO()
    pofile.write_po(written, catalog, width=0, omit_header=True)
    return _HEAD.format(language=language) + written.getvalue().decode()

"""Changes TOML that a person wrote: one ``[[table]]`` of it is added, changed or taken out, and every other line stays
as it was written, comments and order too. Each change is held against what the text says before and after, so a way of
writing that is not understood is an error, and never a damage. Not here: which tables (``edit``).
"""

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from mendmap.catalogue import files
from mendmap.catalogue.files import LineError

# A text, or a table of texts that is written in one line. A blank one is left out, or taken out.
Cell = str | Mapping[str, str]
_VALUE = r"""("(?:[^"\\]|\\.)*"|'[^']*'|\{[^}]*\}|[^\s#]*)"""


def added(text: str, header: str, cells: Mapping[str, Cell]) -> str:
    """The text with one ``[[header]]`` more, at its end. Raises LineError where it is no TOML."""
    document = files.toml(text)
    ending = "\r\n" if "\r\n" in text else "\n"
    rows = [f"[[{header}]]", *(_line(name, cell) for name, cell in cells.items() if cell)]
    before = f"{text.rstrip()}{ending}{ending}" if text.strip() else text
    wanted = copy.deepcopy(document)
    wanted.setdefault(header, []).append({name: _plain(cell) for name, cell in cells.items() if cell})
    return _held(before + "".join(f"{row}{ending}" for row in rows), wanted, 0, header)


def changed(text: str, header: str, nth: int, cells: Mapping[str, Cell]) -> str:
    """The text with some keys of its ``nth`` ``[[header]]``, counted from 0, changed. Raises LineError where they do
    not stand in a line each."""
    document = files.toml(text)
    line, known = files.toml_tables(text, document, header)[nth]
    lines = text.split("\n")
    for name, cell in cells.items():
        if (_plain(cell) if cell else None) != known.get(name):
            _write(lines, line, name, cell)
    wanted = copy.deepcopy(document)
    given = {name: _plain(cell) for name, cell in cells.items() if cell}
    wanted[header][nth] = {name: each for name, each in known.items() if name not in cells} | given
    return _held("\n".join(lines), wanted, line, header)


def dropped(text: str, header: str, nth: int) -> str:
    """The text without its ``nth`` ``[[header]]``, counted from 0. Comments above it stay. Raises LineError."""
    document = files.toml(text)
    line, _ = files.toml_tables(text, document, header)[nth]
    lines = text.split("\n")
    end = _end(lines, line)
    while end > line and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1  # what stands there leads what comes next
    start = line - 2 if line > 1 and not lines[line - 2].strip() else line - 1
    del lines[start:end]
    wanted = copy.deepcopy(document)
    del wanted[header][nth]
    if not wanted[header]:
        del wanted[header]
    return _held("\n".join(lines), wanted, line, header)


def _write(lines: list[str], line: int, name: str, cell: Cell) -> None:
    """Writes a key into the table whose header is that line, counted from 1; a blank one is taken out."""
    for nth in range(line, _end(lines, line)):
        if match := re.match(rf"(\s*{re.escape(name)}\s*=\s*){_VALUE}", lines[nth]):
            written = f"{match.group(1)}{_literal(cell)}{lines[nth][match.end() :]}"
            lines[nth : nth + 1] = [written] if cell else []
            return
    end = next((nth for nth in range(_end(lines, line), line, -1) if "=" in lines[nth - 1]), line)
    lines.insert(end, _line(name, cell) + ("\r" if lines[line - 1].endswith("\r") else ""))


def _end(lines: list[str], line: int) -> int:
    """Where the next header stands, or the end."""
    return next((nth for nth in range(line, len(lines)) if lines[nth].lstrip().startswith("[")), len(lines))


def _line(name: str, cell: Cell) -> str:
    return f"{name} = {_literal(cell)}"


def _literal(cell: Cell) -> str:
    if isinstance(cell, str):
        return json.dumps(cell, ensure_ascii=False).replace("\x7f", "\\u007f")
    return "{ " + ", ".join(f"{_literal(name)} = {_literal(each)}" for name, each in cell.items()) + " }"


def _plain(cell: Cell) -> Any:
    return cell if isinstance(cell, str) else dict(cell)


def _held(text: str, wanted: Mapping[str, Any], line: int, header: str) -> str:
    """The text, where it says what it is to say."""
    try:
        said: Any = files.toml(text)
    except LineError:
        said = None
    if said != wanted:
        raise LineError(line, header, f"write the keys of this [[{header}]] in a line each, so that it can be changed")
    return text

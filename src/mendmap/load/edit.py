"""Edits a folder of geodata as a person would: rows of its tables, and the entries of its catalogue file.

Whatever else stands in a file stays as it was written. Files are written whole, each in one step, and put back as they
were where something goes wrong; whoever comes second waits for the first. Not here: what is written (``add``, and
``gather``), and several files that must come together or not at all (``landed``).
"""

import csv
import fcntl
import io
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from mendmap.catalogue import files
from mendmap.catalogue.model import FILE, Catalogue, Table
from mendmap.catalogue.records import Record
from mendmap.errors import Fault, GeodataError, RasterError
from mendmap.load import toml
from mendmap.load.toml import Cell
from mendmap.words.fields import expanded, fields_of

Texts = Mapping[str, str]  # of a row, by column


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Waits until nobody else edits a folder, and keeps them waiting: of two at once each would write a file without
    what the other put there. The lock is on the folder itself, and goes with its process, however that ends."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise RasterError(f"{folder}: no folder that can be read: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class Changes:
    """Files that are written whole, each in one step, and put back as they were unless they are told to ``stay``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stay = folder, False
        self.before: dict[str, bytes | None] = {}  # by path below the folder; None where there was no file

    def __enter__(self) -> "Changes":
        return self

    def __exit__(self, *_: object) -> None:
        for name, content in () if self.stay else self.before.items():
            if content is None:
                (self.folder / name).unlink(missing_ok=True)
                with suppress(OSError):  # other files may lie in it
                    (self.folder / name).parent.rmdir()
            else:
                self._land(self.folder / name, content)

    def write(self, name: str, content: bytes) -> None:
        """Writes a file, and the folder that it lies in."""
        path = self.folder / name
        self.before.setdefault(name, path.read_bytes() if path.exists() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._land(path, content)

    def remove(self, name: str) -> None:
        """Takes a file away."""
        path = self.folder / name
        self.before.setdefault(name, path.read_bytes() if path.exists() else None)
        path.unlink(missing_ok=True)

    def text(self, name: str) -> str:
        """The text of a file as it is now, its ends of lines too."""
        return (self.folder / name).read_bytes().decode("utf-8")

    def _land(self, path: Path, content: bytes) -> None:
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(content)
        if path.exists():
            beside.chmod(path.stat().st_mode)
        beside.replace(path)


def add_row(changes: Changes, catalogue: Catalogue, kind: type[Record], name: str, row: Texts, by: str) -> None:
    """Adds a row to the first table of its kind; where there is none it is made, with a file of that ``name``, and
    ``by`` says in the catalogue who wrote it."""
    _put(changes, catalogue, kind, name, by, [row])


def put_rows(
    changes: Changes,
    catalogue: Catalogue,
    kind: type[Record],
    name: str,
    rows: Iterable[Texts],
    by: str,
    drop: Collection[str] = (),
) -> None:
    """The same for rows that take the place of those with their ids, in whichever table of the kind these stand, and
    are added where there is none. Columns that a row does not name stay as they are. Rows with an id of ``drop`` are
    taken out. Raises GeodataError where a table is written in a way that cannot be changed."""
    given = {row["id"]: row for row in rows}
    for table in (each for each in catalogue.tables if each.kind == kind.kind):
        text = changes.text(table.entry.file)
        held = {each: given.pop(each) for each in _ids(text, table) if each in given}
        grown = _grown(text, table, _columns(kind, catalogue), [], held, drop)
        if grown != text:
            changes.write(table.entry.file, grown.encode())
    if given:
        _put(changes, catalogue, kind, name, by, list(given.values()))


def _put(changes: Changes, catalogue: Catalogue, kind: type[Record], name: str, by: str, new: Sequence[Texts]) -> None:
    columns = _columns(kind, catalogue)
    table = next((each for each in catalogue.tables if each.kind == kind.kind), None)
    if table:
        changes.write(table.entry.file, _grown(changes.text(table.entry.file), table, columns, new).encode())
        return
    changes.write(name, with_rows(",".join(columns) + "\n", columns, new).encode())
    about = {"licence": catalogue.licence, "source": f"Written by {by}", "origin": "own"}
    changes.write(FILE, toml.added(changes.text(FILE), "table", {"kind": kind.kind, "file": name, **about}).encode())


def _columns(kind: type[Record], catalogue: Catalogue) -> list[str]:
    return [each.name for each in expanded(fields_of(kind), catalogue.languages)]


def _ids(text: str, table: Table) -> Iterator[str]:
    if table.entry.path.suffix.lower() == ".toml":
        yield from (str(row.get("id")) for _, row in files.toml_tables(text, files.toml(text), table.kind))
    else:
        yield from (row.get("id", "") for row, _ in _rows(text)[1])


def _grown(
    text: str,
    table: Table,
    columns: Sequence[str],
    new: Sequence[Texts],
    other: Mapping[str, Texts] = MappingProxyType({}),
    drop: Collection[str] = (),
) -> str:
    """The text of a table with more rows, others in the place of those with their ids, and without some."""
    if table.entry.path.suffix.lower() != ".toml":
        return with_rows(text, columns, new, other, drop)
    try:
        for nth, ident in reversed(list(enumerate(_ids(text, table)))):
            if ident in drop:
                text = toml.dropped(text, table.kind, nth)
            elif ident in other:
                text = toml.changed(text, table.kind, nth, other[ident])
        for row in new:
            text = toml.added(text, table.kind, {name: row[name] for name in columns if row.get(name)})
    except files.LineError as error:
        raise GeodataError([Fault(table.entry.file, *files.place(error))]) from None
    return text


def _delimiter(text: str) -> str:
    start = text.partition("\n")[0]
    return ";" if start.count(";") > start.count(",") else ","


def _rows(text: str) -> tuple[list[str], list[tuple[dict[str, str], str]]]:
    """The columns of CSV, and every row by column, with its text as it stands there. A blank line is a row of none."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=_delimiter(text))
    names: list[str] = []
    found: list[tuple[dict[str, str], str]] = []
    at = 0
    for cells in reader:
        source, at = "".join(lines[at : reader.line_num]), reader.line_num
        if not names:
            names = [each.strip().lstrip("\ufeff") for each in cells]
        else:
            found.append((dict(zip(names, cells, strict=False)), source))
    return names, found


def with_rows(
    text: str,
    columns: Sequence[str],
    new: Sequence[Texts],
    other: Mapping[str, Texts] = MappingProxyType({}),
    drop: Collection[str] = (),
) -> str:
    """CSV with ``new`` rows at its end, ``other`` rows in the place of those with their ids, without rows to ``drop``,
    and with the columns that it lacks for them. The other lines stay as they were written, unless they must have more
    cells."""
    names, held = _rows(text)
    header = text[: len(text) - sum(len(source) for _, source in held)]
    ending = "\r\n" if header.endswith("\r\n") else "\n"
    wanted = [each for each in columns if any(row.get(each) for row in (*new, *other.values()))]
    missing = [each for each in wanted if each not in names]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=_delimiter(text), lineterminator=ending)
    if missing:
        names = names + missing
        writer.writerow(names)
    else:
        out.write(header)
    for row, source in held:
        ident = row.get("id", "")
        said = {**row, **other.get(ident, {})}
        if row and ident in drop:
            continue
        if row and (missing or said != row):
            writer.writerow([said.get(each, "") for each in names])
        elif not missing:
            out.write(source)
    if new and not out.getvalue().endswith("\n"):
        out.write(ending)
    writer.writerows([row.get(each, "") for each in names] for row in new)
    return out.getvalue()


def put_entry(changes: Changes, header: str, cells: Mapping[str, Cell]) -> None:
    """Puts the entry of a file into the catalogue file: ``[[header]]`` with these keys takes the place of these keys of
    that with the same ``file``, or is added. Raises GeodataError where that cannot be changed."""
    _edit(changes, header, str(cells["file"]), cells)


def drop_entry(changes: Changes, header: str, file: str) -> None:
    """Takes the entry of a file out of the catalogue file. Raises GeodataError where that cannot be done."""
    _edit(changes, header, file, None)


def _edit(changes: Changes, header: str, file: str, cells: Mapping[str, Cell] | None) -> None:
    text = changes.text(FILE)
    try:
        tables = files.toml_tables(text, files.toml(text), header)
        nth = next((nth for nth, (_, table) in enumerate(tables) if table.get("file") == file), None)
        if cells is None:
            grown = text if nth is None else toml.dropped(text, header, nth)
        else:
            grown = toml.added(text, header, cells) if nth is None else toml.changed(text, header, nth, cells)
    except files.LineError as error:
        raise GeodataError([Fault(FILE, *files.place(error))]) from None
    if grown != text:
        changes.write(FILE, grown.encode())

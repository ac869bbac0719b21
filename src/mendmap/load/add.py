"""Adds a raster to a folder of geodata: its file as a COG, its row, and where there is none yet the table it stands in.

All of it, or nothing: a folder that would have a fault is put back as it was. One at a time: whoever comes second waits
for the first. Not here: making COGs (``rasters.cog``), fetching what is elsewhere (``feeds``), and loading (``write``).
"""

import csv
import fcntl
import io
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mendmap.catalogue import files, tables
from mendmap.catalogue import read as catalogue_file
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.model import FILE, Catalogue, Table
from mendmap.catalogue.records import Record, Source
from mendmap.errors import Fault, GeodataError, RasterError, not_one_of
from mendmap.geo.bounds import Bounds
from mendmap.load.check import check
from mendmap.load.imagery import listed
from mendmap.rasters import cog, header
from mendmap.rasters.header import Header, Most, nodata_complaint
from mendmap.rasters.told import told
from mendmap.words.fields import expanded, fields_of, name_column, value

_TABLE = """
[[table]]
kind = "{kind}"
file = "{file}"
licence = "{licence}"
source = "Written by mendmap raster add"
origin = "own"
"""


@dataclass(frozen=True, slots=True)
class Added:
    """What was added: the ``row`` by column; what of it the file ``told``, as column and where that stands; and what
    was ``written``, below the folder."""

    row: Mapping[str, str]
    told: Sequence[tuple[str, str]]
    written: Sequence[str]


def add(
    folder: Path,
    source: Path,
    names: Mapping[str, str],
    given: Mapping[str, str],
    *,
    max_file_mb: int,
    most: Most,
    cut: bool = False,
    collection: Mapping[str, str] | None = None,
    afresh: bool = False,
) -> Added:
    """Adds the raster of the GeoTIFF ``source``, ``cut`` to the extent of the catalogue where that is asked for.

    ``names`` are its names by language, that in the catalogue's first language under an empty text; ``given`` holds
    texts by column of the raster's row, ``id`` among them. Columns without a text are filled with what the file tells.
    Raises RasterError where the file cannot be used, and GeodataError with every fault that the folder would have, or
    has already; then the folder is as it was. ``collection`` is a row of sources, which is added where none has its id.
    ``afresh`` takes away a file of this name that no row lists, as a run leaves it that was killed before its row.
    """
    with _alone(folder):
        catalogue, faults = catalogue_file.read(folder, max_file_mb * 1_000_000)
        if catalogue is None or faults:
            raise GeodataError(faults)
        about = header.read(source, most)
        row = {name: text for name, text in given.items() if text}
        row |= {name_column("name", language or catalogue.languages[0]): text for language, text in names.items()}
        found = [each for each in told(about, row.get("bands", "")) if each[0] not in row]
        row |= {column: text for column, text, _ in found}
        _complain(row, about, catalogue)
        row["file"] = f"rasters/{row['id']}.tif"
        _make_room(folder, row["file"], max_file_mb, afresh=afresh)
        with _Changes(folder) as changes:
            _write_cog(changes, source, row, catalogue.extent if cut else None)
            row["sha256"] = files.sha256(folder / row["file"])
            # Whatever names something comes after it, so that who is killed in between leaves a folder without fault.
            if collection and collection["id"] not in _sources(catalogue, max_file_mb):
                _write_row(changes, catalogue, Source, "sources.csv", collection)
            _write_row(changes, catalogue, Raster, "rasters.csv", row)
            check(folder, max_file_mb, most)
            changes.stay = True
    return Added(row, [(column, where) for column, _, where in found], list(changes.before))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Waits until nobody else adds to a folder, and keeps them waiting: of two at once each would write the table
    without the other's row. The lock is on the folder itself, and goes with its process, however that ends."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise RasterError(f"{folder}: no folder that can be read: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _make_room(folder: Path, name: str, max_file_mb: int, *, afresh: bool) -> None:
    """Takes away what killed runs left, which nobody else can be at now. Raises RasterError where a file is there."""
    target = folder / name
    for scratch in target.parent.glob(f"{cog.SCRATCH}*"):
        shutil.rmtree(scratch, ignore_errors=True)
    if not target.exists():
        return
    if target.resolve() in {path.resolve() for _, path in listed(folder, max_file_mb * 1_000_000)}:
        raise RasterError(f"{name} is there already; choose another id, or take it away, and its row")
    if not afresh:
        raise RasterError(f"{name} is there already, and no row lists it; choose another id, or take it away")
    target.unlink()


class _Changes:
    """Files that are written whole, each in one step, and put back as they were unless they are told to ``stay``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.stay = folder, False
        self.before: dict[str, bytes | None] = {}  # by path below the folder; None where there was no file

    def __enter__(self) -> "_Changes":
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
        """Writes a text file."""
        path = self.folder / name
        self.before.setdefault(name, path.read_bytes() if path.exists() else None)
        self._land(path, content)

    def _land(self, path: Path, content: bytes) -> None:
        beside = path.with_name(f".{path.name}.new")
        beside.write_bytes(content)
        if path.exists():
            beside.chmod(path.stat().st_mode)
        beside.replace(path)


def _complain(row: Mapping[str, str], about: Header, catalogue: Catalogue) -> None:
    """Raises GeodataError where a column is wrong by itself or does not fit the file, so that none is made in vain."""
    columns = {each.name: each for each in expanded(fields_of(Raster), catalogue.languages)}
    wrong = {name: not_one_of("no such column", name, columns) for name in row if name not in columns}
    for name in columns.keys() - {"file", "sha256"}:  # these are known once the file is made
        try:
            checked = value(columns[name], row.get(name))
        except ValueError as error:
            wrong[name] = str(error)
            continue
        if name == "nodata" and checked is not None and (reason := nodata_complaint(checked, about.dtype)):
            wrong[name] = reason
        if name == "bands" and len(checked) != about.count:
            wrong[name] = f"{len(checked)} names, but the file has {about.count} bands"
    if wrong:
        raise GeodataError(Fault("rasters.csv", 0, name, reason) for name, reason in wrong.items())


def _write_cog(changes: _Changes, source: Path, row: Mapping[str, str], box: Bounds | None) -> None:
    target = changes.folder / row["file"]
    target.parent.mkdir(parents=True, exist_ok=True)
    changes.before[row["file"]] = None
    nodata = float(row["nodata"]) if row.get("nodata") else None
    bands = [each.strip() for each in row["bands"].split(",")]
    cog.write(source, target, cog.Wanted(bands=bands, classes=bool(row.get("classes")), nodata=nodata, box=box))


def _sources(catalogue: Catalogue, max_file_mb: int) -> set[str]:
    found = [each for each in catalogue.tables if each.kind == Source.kind]
    read = (tables.read(each, catalogue.languages, max_file_mb * 1_000_000)[0] for each in found)
    return {record.id for records in read for _, record in records}


def _write_row(changes: _Changes, catalogue: Catalogue, kind: type[Record], name: str, row: Mapping[str, str]) -> None:
    """Adds the row to the first table of its kind, which is made, with a name, where there is none."""
    held = [each for each in catalogue.tables if each.kind == kind.kind]
    columns = [each.name for each in expanded(fields_of(kind), catalogue.languages)]
    if not held:
        before = (changes.folder / FILE).read_bytes()
        licence = catalogue.licence.replace("\\", "\\\\").replace('"', '\\"')
        made = _TABLE.format(kind=kind.kind, file=name, licence=licence)
        changes.write(name, _with_row(",".join(columns) + "\n", columns, row).encode())
        changes.write(FILE, before.rstrip(b"\n") + b"\n" + made.encode())
        return
    changes.write(held[0].entry.file, _grown(held[0], columns, row).encode())


def _grown(table: Table, columns: Sequence[str], row: Mapping[str, str]) -> str:
    text = table.entry.path.read_bytes().decode("utf-8")
    if table.entry.path.suffix.lower() != ".toml":
        return _with_row(text, columns, row)
    texts = "".join(f"{name} = {_toml(row[name])}\n" for name in columns if row.get(name))
    return f"{text.rstrip()}\n\n[[{table.kind}]]\n{texts}".lstrip()


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _with_row(text: str, columns: Sequence[str], row: Mapping[str, str]) -> str:
    """CSV with one row more, and with the columns that it lacks for it. The other lines stay as they were written,
    unless they must have more cells."""
    start = text.partition("\n")[0]
    delimiter = ";" if start.count(";") > start.count(",") else ","
    ending = "\r\n" if start.endswith("\r") else "\n"
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    names = [each.strip().lstrip("\ufeff") for each in lines[0]] if lines else []
    missing = [each for each in columns if row.get(each) and each not in names]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ending)
    if missing:
        writer.writerow([*names, *missing])
        writer.writerows([*cells, *[""] * (len(names) - len(cells) + len(missing))] for cells in lines[1:] if cells)
        names += missing
    else:
        out.write(text if text.endswith("\n") else text + ending)
    writer.writerow([row.get(each, "") for each in names])
    return out.getvalue()

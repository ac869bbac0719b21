"""Adds a raster to a folder of geodata: its file as a COG, its row, and where there is none yet the table it stands in.

All of it, or nothing: a folder that would have a fault is put back as it was. One at a time: whoever comes second waits
for the first. Not here: making COGs (``rasters.cog``), fetching what is elsewhere (``feeds``), editing the
folder's files (``edit``), and loading (``write``).
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mendmap.catalogue import files, tables
from mendmap.catalogue import read as catalogue_file
from mendmap.catalogue.imagery import Raster
from mendmap.catalogue.model import Catalogue
from mendmap.catalogue.records import Source
from mendmap.errors import Fault, GeodataError, RasterError, not_one_of
from mendmap.geo.bounds import Bounds
from mendmap.load.check import check
from mendmap.load.edit import Changes, add_row, alone
from mendmap.load.imagery import listed
from mendmap.rasters import cog, header
from mendmap.rasters.header import Header, Most, nodata_complaint
from mendmap.rasters.told import told
from mendmap.words.fields import expanded, fields_of, name_column, value

_BY = "mendmap raster add"


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
    with alone(folder):
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
        with Changes(folder) as changes:
            _write_cog(changes, source, row, catalogue.extent if cut else None)
            row["sha256"] = files.sha256(folder / row["file"])
            # Whatever names something comes after it, so that who is killed in between leaves a folder without fault.
            if collection and collection["id"] not in _sources(catalogue, max_file_mb):
                add_row(changes, catalogue, Source, "sources.csv", collection, _BY)
            add_row(changes, catalogue, Raster, "rasters.csv", row, _BY)
            check(folder, max_file_mb, most)
            changes.stay = True
    return Added(row, [(column, where) for column, _, where in found], list(changes.before))


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


def _write_cog(changes: Changes, source: Path, row: Mapping[str, str], box: Bounds | None) -> None:
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

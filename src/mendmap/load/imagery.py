"""Checks the rasters that a catalogue lists, and what is to be computed of them; and tells what rasters there are.

Not here: computing it, adding rasters (``add``), and writing.
"""

import dataclasses
import keyword
from collections.abc import Iterator, Sequence
from pathlib import Path

from mendmap.catalogue import files, tables
from mendmap.catalogue import read as catalogue_file
from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.catalogue.records import Record
from mendmap.errors import Fault, GeodataError, RasterError, shown
from mendmap.geo.bounds import Bounds
from mendmap.rasters import cog, header
from mendmap.rasters.expression import parse
from mendmap.rasters.header import Header, Most

Placed = tuple[str, int, Record]  # file, line, record


def check(
    folder: Path, placed: Sequence[Placed], extent: Bounds, most: Most = header.USUAL
) -> tuple[list[Placed], list[Fault]]:
    """The records, each raster with the SHA-256 of its file, and what is wrong with those about imagery: rasters larger
    than ``most``, or wholly outside the ``extent`` of the catalogue, among it."""
    found: list[Placed] = []
    faults: list[Fault] = []
    for file, line, record in placed:
        made, complaints = record, list(_complaints(record))
        if isinstance(record, Raster):
            made, wrong = _of_file(folder, record, extent, most)
            complaints += [*_of_raster(record), *wrong]
        found.append((file, line, made))
        faults += [Fault(file, line, *each) for each in complaints]
    return found, [*faults, *_shared(placed)]


def _shared(placed: Sequence[Placed]) -> Iterator[Fault]:
    """The differences that are named like a raster, whose addresses they would share."""
    rasters = {record.id for _, _, record in placed if isinstance(record, Raster)}
    for file, line, record in placed:
        if isinstance(record, Difference) and record.id in rasters:
            yield Fault(file, line, "id", f"a raster has the id {shown(record.id)} too; give the difference another")


def listed(folder: Path, max_bytes: int) -> list[tuple[Raster, Path]]:
    """Every raster that a folder lists, with the path of its file. Raises GeodataError with the faults of these rows;
    the rest of the folder is not looked at."""
    catalogue, faults = catalogue_file.read(folder, max_bytes)
    if catalogue is None:
        raise GeodataError(faults)
    found: list[tuple[Raster, Path]] = []
    for table in (each for each in catalogue.tables if each.kind == Raster.kind):
        records, wrong = tables.read(table, catalogue.languages, max_bytes)
        faults += wrong
        found += [(each, folder / each.file) for _, each in records if isinstance(each, Raster) and each.file]
    if faults:
        raise GeodataError(faults)
    return found


def _complaints(record: Record) -> Iterator[tuple[str, str]]:
    if isinstance(record, Index) and record.expression:
        try:
            parse(record.expression)
        except ValueError as error:
            yield "expression", str(error)
        if record.low is not None and record.high is not None and not record.low < record.high:
            yield "high", f"{record.high:g} is not above low {record.low:g}"
    if isinstance(record, Zonal) and record.statistic in ("share_above", "area_above") and record.threshold is None:
        yield "threshold", f"statistic {record.statistic} needs it"
    if isinstance(record, Difference) and record.before and record.after and record.after.first <= record.before.last:
        yield "after", f"{record.after.text} does not lie after before {record.before.text}"


def _of_raster(raster: Raster) -> Iterator[tuple[str, str]]:
    """What is wrong with a row by itself."""
    if raster.shows == "scene" and raster.taken is None:
        yield "taken", "a scene needs the day it was taken"
    elif raster.shows == "scene" and raster.taken and raster.taken.first != raster.taken.last:
        yield "taken", f"a scene needs the day it was taken: {raster.taken.text}"
    if raster.shows == "elevation" and len(raster.bands) > 1:
        yield "bands", f"a model of the ground has one band, and not {len(raster.bands)}"
    if raster.classes and raster.classes not in raster.bands:
        yield "classes", f"no band of it is named {raster.classes}"
    for name in sorted({each for each in raster.bands if raster.bands.count(each) > 1}):
        yield "bands", f"two bands are named {shown(name)}"
    for name in raster.bands:
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            yield "bands", f"no index can name {shown(name)}: a name is a letter, then letters, digits and _"


def _of_file(folder: Path, raster: Raster, extent: Bounds, most: Most) -> tuple[Raster, list[tuple[str, str]]]:
    """A raster with the SHA-256 of its file, and what is wrong with that."""
    if not raster.file:
        return raster, []
    try:
        path = files.inside(folder, raster.file)
        told = header.read(path, most)
        wrong = [*_disagreements(raster, told, extent)]
        if reason := cog.complaint(path):
            advice = "take this row and the file out of the folder, and let mendmap raster add write both"
            wrong.append(("file", f"{raster.file} is not optimised for the cloud (no COG); {advice}: {reason}"))
        sha256 = files.remembered_sha256(path)
    except (OSError, ValueError, RasterError) as error:
        return raster, [("file", str(error))]
    if raster.sha256 and raster.sha256 != sha256:
        wrong.append(("sha256", f"{raster.file} is not the file that was accepted: its SHA-256 is {sha256}"))
    return dataclasses.replace(raster, sha256=sha256), wrong


def _disagreements(raster: Raster, told: Header, extent: Bounds) -> Iterator[tuple[str, str]]:
    """In what a row does not fit its file, and the file not the catalogue."""
    if told.count != len(raster.bands):
        yield "bands", f"{len(raster.bands)} names, but {raster.file} has {told.count} bands"
    if raster.nodata is not None and (reason := header.nodata_complaint(raster.nodata, told.dtype)):
        yield "nodata", reason
    box = told.bounds
    if box.east < extent.west or box.west > extent.east or box.north < extent.south or box.south > extent.north:
        yield (
            "file",
            f"{raster.file} lies at {_degrees(box)} (west, south, east, north), wholly outside the catalogue's extent "
            f"{_degrees(extent)}: is its geotransform or its system of coordinates ({told.system}) wrong?",
        )


def _degrees(box: Bounds) -> str:
    return ", ".join(f"{each:.4f}" for each in box)

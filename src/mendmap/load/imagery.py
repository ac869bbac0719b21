"""Checks the rasters that a catalogue lists, and what is to be computed of them.

Not here: computing it, and writing.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from mendmap.catalogue import files
from mendmap.catalogue.imagery import Difference, Index, Raster, Zonal
from mendmap.catalogue.records import Record
from mendmap.errors import Fault, RasterError
from mendmap.rasters.expression import parse
from mendmap.rasters.opened import opened

Placed = tuple[str, int, Record]  # file, line, record


def check(folder: Path, placed: Sequence[Placed]) -> tuple[list[Placed], list[Fault]]:
    """The records, each raster with the SHA-256 of its file, and what is wrong with those about imagery."""
    found: list[Placed] = []
    faults: list[Fault] = []
    for file, line, record in placed:
        made, complaints = record, list(_complaints(record))
        if isinstance(record, Raster):
            made, wrong = _of_file(folder, record)
            complaints += wrong
        found.append((file, line, made))
        faults += [Fault(file, line, *each) for each in complaints]
    return found, faults


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
    if (
        isinstance(record, Raster)
        and record.shows == "scene"
        and record.taken
        and record.taken.first != record.taken.last
    ):
        yield "taken", f"a scene needs the day it was taken: {record.taken.text}"
    if isinstance(record, Raster) and record.classes and record.classes not in record.bands:
        yield "classes", f"no band of it is named {record.classes}"


def _of_file(folder: Path, raster: Raster) -> tuple[Raster, list[tuple[str, str]]]:
    """A raster with the SHA-256 of its file, and what is wrong with that."""
    if not raster.file:
        return raster, []
    try:
        path = files.inside(folder, raster.file)
        with opened(path) as dataset:
            count = dataset.count
        sha256 = files.sha256(path)
    except (OSError, ValueError, RasterError) as error:
        return raster, [("file", str(error))]
    wrong = []
    if count != len(raster.bands):
        wrong.append(("bands", f"{len(raster.bands)} names, but {raster.file} has {count} bands"))
    if raster.sha256 and raster.sha256 != sha256:
        wrong.append(("sha256", f"{raster.file} is not the file that was accepted: its SHA-256 is {sha256}"))
    return dataclasses.replace(raster, sha256=sha256), wrong

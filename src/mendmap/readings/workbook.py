"""The cells of an XLSX sheet as text, row by row.

Not here: what the columns are (``readings.formats``). openpyxl raises a dozen kinds of error over a broken file,
so every call into it is guarded, and each becomes a ReadError.
"""

import datetime as dt
import itertools
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl  # type: ignore[import-untyped]

from mendmap.errors import ReadError, not_one_of

MAX_COLUMNS = 2_000
# openpyxl keeps every distinct text of the workbook in memory; sheets themselves are streamed.
_MAX_STRINGS_BYTES = 128 * 2**20
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

Cells = list[str]


def first_rows(path: Path, header_row: int, count: int, max_bytes: int, sheet: str = "") -> list[Cells]:
    """``count`` rows from the first used one at ``header_row`` or below, merged cells filled. At least one row."""
    merged = merges(path, sheet) if count > 1 else []
    numbered = itertools.islice(
        ((number, cells) for number, cells in sheet_rows(path, max_bytes, sheet=sheet) if number >= header_row), count
    )
    found = [(number, list(cells)) for number, cells in numbered]
    if not found:
        raise ReadError("the sheet is empty")
    width = max(len(cells) for _, cells in found)
    for _, cells in found:
        cells.extend([""] * (width - len(cells)))
    for top, left, bottom, right in merged:
        inside = [cells for number, cells in found if top <= number <= bottom]
        value = next((cells[left - 1] for number, cells in found if number == top and left <= width), "")
        for cells in inside:
            for index in range(left - 1, min(right, width)):
                cells[index] = value
    return [cells for _, cells in found]


def sheet_rows(path: Path, max_bytes: int, *, sheet: str = "", decimal: str = ".") -> Iterator[tuple[int, Cells]]:
    """The rows of a sheet that are not blank, each with its number, cells as text. ``decimal`` is the mark to write.

    A formula gives the value that the spreadsheet last computed, and is refused where none was saved.
    """
    _bounded(path, max_bytes)
    with _guarded(), ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        # Files, not paths: openpyxl believes in names, and leaves a file open where it fails.
        values, formulas = (
            openpyxl.load_workbook(stack.enter_context(path.open("rb")), read_only=True, data_only=computed)
            for computed in (True, False)
        )
        sheets = _sheet(values, sheet).iter_rows(values_only=True), _sheet(formulas, sheet).iter_rows()
        for number, (computed, written) in enumerate(zip(*sheets, strict=True), 1):
            cells = _row(number, computed, written, decimal)
            if any(cells):
                yield number, cells


def merges(path: Path, sheet: str = "") -> list[tuple[int, int, int, int]]:
    """The merged ranges of a sheet: top, left, bottom, right, all from 1 and all included."""
    with _guarded(), zipfile.ZipFile(path) as archive, archive.open(_part(archive, sheet)) as xml:
        found = []
        for _, element in ElementTree.iterparse(xml):  # noqa: S314  (expat bounds the growth of entities)
            if element.tag == f"{_MAIN}mergeCell":
                left, top, right, bottom = openpyxl.utils.range_boundaries(element.get("ref", ""))
                found.append((top, left, bottom, right))
            if element.tag in (f"{_MAIN}row", f"{_MAIN}mergeCell"):
                element.clear()
        return found


@contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except (ReadError, GeneratorExit, MemoryError):
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        raise ReadError(f"an XLSX file that cannot be read: {text or type(error).__name__}") from None


def _bounded(path: Path, max_bytes: int) -> None:
    with _guarded(), zipfile.ZipFile(path) as archive:
        sizes = {each.filename: each.file_size for each in archive.infolist()}
    if sum(sizes.values()) > max_bytes:
        raise ReadError(f"decompresses to more than {max_bytes} bytes; save it as CSV")
    if sizes.get("xl/sharedStrings.xml", 0) > _MAX_STRINGS_BYTES:
        raise ReadError("holds too many different texts for a workbook; save it as CSV")


def _sheet(book: Any, sheet: str) -> Any:
    if sheet and sheet not in book.sheetnames:
        raise ReadError(not_one_of("no sheet", sheet, book.sheetnames))
    found = book[sheet] if sheet else book.worksheets[0]
    # What a file says of its own extent is often wrong.
    found.reset_dimensions()
    return found


def _part(archive: zipfile.ZipFile, sheet: str) -> str:
    """The name of the part of the archive that holds a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {each.get("Id"): each.get("Target", "") for each in links if "/worksheet" in each.get("Type", "")}
    for each in book.iter(f"{_MAIN}sheet"):
        target = targets.get(each.get(f"{_REL}id"))
        if target and (not sheet or each.get("name") == sheet):
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise ReadError("no sheet in the workbook")


def _row(number: int, computed: tuple[Any, ...], written: tuple[Any, ...], decimal: str) -> Cells:
    cells = [_text(value, decimal) for value in computed]
    for index, cell in enumerate(written):
        if getattr(cell, "data_type", "") == "f" and (index >= len(cells) or computed[index] is None):
            where = f"{openpyxl.utils.get_column_letter(index + 1)}{number}"
            raise ReadError(f"{where} holds a formula without a saved value; open and save it in a spreadsheet")
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MAX_COLUMNS:
        raise ReadError(f"row {number} has {len(cells)} columns; at most {MAX_COLUMNS} are read")
    return cells


def _text(value: Any, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value).replace(".", decimal)
    return str(value).strip()

"""Writes a table as a workbook (XLSX): numbers as numbers, moments as date-times in UTC, text never as a formula.

So it opens right in any language, also where the comma is decimal. openpyxl makes the workbook with its header; the
rows are written into it as they come, since openpyxl takes twenty times as long over each. Every entry of the zip is
of the same moment, so the same table is the same bytes.
"""

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import openpyxl  # type: ignore[import-untyped]
import pyarrow as pa
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]
from openpyxl.utils import get_column_letter  # type: ignore[import-untyped]
from openpyxl.writer.excel import ExcelWriter  # type: ignore[import-untyped]

from mendmap.errors import BadRequestError
from mendmap.exports.tables import Table

# A sheet has 1,048,576 rows, and the first is the header.
MOST_ROWS = 1_048_575
_MOST_TEXT = 32_767
_SHEET = "xl/worksheets/sheet1.xml"
_END = b"</sheetData>"
_DAY = 86_400_000_000  # in microseconds
_EPOCH = 25_569  # 1970-01-01 as a sheet counts days
_FIRST_DAY = 61  # 1 March 1900; earlier, a sheet counts a day that never was
_LAST_DAY = 2_958_466  # 1 January 10000


def write(table: Table, path: Path) -> None:
    """Writes a table, and a second sheet that says what it is. Raises BadRequestError where a sheet cannot hold it."""
    if table.count > MOST_ROWS:
        raise BadRequestError(
            f"{table.count:,} rows are more than the {MOST_ROWS:,} that a sheet holds; take CSV or Parquet, or filter"
        )
    frame, dated = _frame(table)
    with ZipFile(frame) as given, ZipFile(path, "w") as made:
        for name in given.namelist():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            with made.open(entry, "w", force_zip64=True) as part:
                begin, end, rest = given.read(name).partition(_END if name == _SHEET else b"\0")
                part.write(begin)
                if end:
                    part.writelines(piece.encode() for piece in _rows(table, dated))
                part.write(end + rest)


def _frame(table: Table) -> tuple[io.BytesIO, int]:
    """The workbook without rows, and the number of its style for date-times."""
    moment = table.moment.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    book = openpyxl.Workbook()
    sheet, about = book.active, book.create_sheet("about")
    sheet.title = table.name[:31]
    sheet.freeze_panes = "A2"
    for nth, each in enumerate(table.fields, 1):
        cell = sheet.cell(1, nth, f"{each.name} (UTC)" if each.kind == "moment" else each.name)
        cell.font = Font(bold=True)
        wide = 22 if each.kind == "moment" else max(10, len(each.name) + 2)
        sheet.column_dimensions[get_column_letter(nth)].width = wide
    for row, (name, text) in enumerate(table.about.items(), 1):
        about.cell(row, 1, name)
        about.cell(row, 2, text).data_type = "s"
    made = about.cell(len(table.about) + 1, 2, moment)
    about.cell(len(table.about) + 1, 1, "moment (UTC)")
    made.number_format = "yyyy-mm-dd hh:mm:ss"
    book.properties.created = book.properties.modified = moment
    frame = io.BytesIO()
    ExcelWriter(book, ZipFile(frame, "w")).save()  # which closes the zip
    return frame, made.style_id


def _rows(table: Table, dated: int) -> Iterator[str]:
    letters = [get_column_letter(nth) for nth in range(1, len(table.fields) + 1)]
    number = 1
    for batch in table.rows():
        columns = [_cells(column, dated) for column in batch.columns]
        for row in zip(*columns, strict=True):
            number += 1
            cells = [f'<c r="{at}{number}"{cell}' for at, cell in zip(letters, row, strict=True) if cell]
            yield f'<row r="{number}">{"".join(cells)}</row>'


def _cells(column: pa.Array, dated: int) -> list[str]:
    """The cells of a column, from behind their places; empty where there is no value."""
    if pa.types.is_timestamp(column.type):
        return [_moment(each, dated) for each in column.cast(pa.int64()).to_pylist()]
    if pa.types.is_string(column.type):
        return [_text(each) if each else "" for each in column.to_pylist()]
    return ["" if each is None else f"><v>{each!r}</v></c>" for each in column.to_pylist()]


def _moment(micros: Any, dated: int) -> str:
    if micros is None:
        return ""
    day = micros / _DAY + _EPOCH
    if _FIRST_DAY <= day < _LAST_DAY:
        return f' s="{dated}"><v>{day!r}</v></c>'
    return _text((dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros)).isoformat() + "Z")


def _text(given: str) -> str:
    text = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", given)
    if len(text) > _MOST_TEXT:
        raise BadRequestError(f"a text of {len(text):,} characters is more than a cell holds; take CSV or Parquet")
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

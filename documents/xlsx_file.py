"""XLSX with typed cells: real dates shown in the ROC calendar, text that is never a formula."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from xlsxwriter import Workbook

from documents.sheet import (
    SHEET_ROWS,
    SheetFull,
    lines_above,
    lines_below,
    sheet_name,
    wrapped_lines,
)
from documents.table import Column, Table, checked_rows, legible, local, written

_ROC_DATE = '[$-404]e"年"m"月"d"日"'
_ROC_INSTANT = _ROC_DATE + " hh:mm:ss"
_ROC_BEGINS = date(1912, 1, 1)
_EXACT = 2**53  # a cell's number is a double
_CELL_UNITS = 32_767  # UTF-16 units in one cell
_CUT = "〔餘略，全文見 ODS 或 CSV 檔〕"
_LINE = "#A9B4C0"
_LINE_POINTS = 16
_TALLEST = 409  # of a row in Excel


def write_xlsx(table: Table, stream: BinaryIO) -> None:
    """Write the table as one sheet: title, terms, frozen header with filter, rows, closing lines.

    Dates before 民國元年, which Excel's ROC calendar cannot show, and whole numbers beyond
    2**53 are written as text. Raises `RowDoesNotFit`, `SheetFull`.
    """
    with _workbook(stream) as book:
        book.set_properties(
            {
                "title": legible(table.title),
                "created": table.created.astimezone(UTC).replace(tzinfo=None),
            }
        )
        _write_sheet(table, book, book.add_worksheet(sheet_name(table.title)))


@contextmanager
def _workbook(stream: BinaryIO) -> Iterator[Any]:
    # XlsxWriter keeps rows in files until it closes; they hold pupils' names, so they lie
    # in a folder only this account can enter, which goes away whatever happens.
    with TemporaryDirectory(prefix="igp-") as folder:
        book = Workbook(
            stream,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "use_zip64": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        try:
            yield book
            book.close()
        finally:
            for sheet in book.worksheets():
                sheet._opt_close()


def _write_sheet(table: Table, book: Any, sheet: Any) -> None:
    last_column = len(table.columns) - 1
    plain = book.add_format({"valign": "vcenter"})
    header = book.add_format(
        {
            "bold": True,
            "text_wrap": True,
            "align": "center",
            "valign": "vcenter",
            "bg_color": "#E4EAF1",
            "border": 1,
            "border_color": _LINE,
        }
    )
    cells = {"valign": "top", "border": 1, "border_color": _LINE}
    formats = {
        "text": book.add_format({**cells, "text_wrap": True}),
        "integer": book.add_format({**cells, "num_format": "0"}),
        "date": book.add_format({**cells, "num_format": _ROC_DATE, "align": "left"}),
        "instant": book.add_format({**cells, "num_format": _ROC_INSTANT, "align": "left"}),
    }
    for index, column in enumerate(table.columns):
        sheet.set_column(index, index, column.width)

    title = book.add_format({"bold": True, "font_size": 14, "valign": "vcenter"})
    sheet.set_row(0, 24)
    _write_text(sheet, 0, 0, legible(table.title), title)
    above = lines_above(table)
    for row, line in enumerate(above, start=1):
        _write_text(sheet, row, 0, line, plain)
    header_row = len(above) + 1
    sheet.set_row(header_row, _height([column.label for column in table.columns], table.columns))
    for index, column in enumerate(table.columns):
        _write_text(sheet, header_row, index, legible(column.label), header)

    row = header_row
    for row, values in enumerate(checked_rows(table), start=header_row + 1):
        if row >= SHEET_ROWS:
            raise SheetFull
        # Said outright: Excel fits a row to its wrapped text when it opens a file, LibreOffice
        # does not, and the lines would lie on one another.
        sheet.set_row(row, _height(values, table.columns))
        for index, (value, column) in enumerate(zip(values, table.columns, strict=True)):
            _write_cell(sheet, row, index, value, formats[column.kind])
    last_row = row
    for row, line in enumerate(lines_below(table), start=last_row + 2):
        if row >= SHEET_ROWS:
            raise SheetFull
        _write_text(sheet, row, 0, line, plain)

    sheet.freeze_panes(header_row + 1, 0)
    sheet.autofilter(header_row, 0, last_row, last_column)
    sheet.repeat_rows(header_row)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&C第 &P／&N 頁")


def _write_cell(sheet: Any, row: int, column: int, value: object, form: Any) -> None:
    match value:
        case None | "":
            sheet.write_blank(row, column, None, form)
        case datetime() if local(value).date() >= _ROC_BEGINS:
            sheet.write_datetime(row, column, local(value), form)
        case date() if not isinstance(value, datetime) and value >= _ROC_BEGINS:
            sheet.write_datetime(row, column, value, form)
        case int() if abs(value) <= _EXACT:
            sheet.write_number(row, column, value, form)
        case _:
            _write_text(sheet, row, column, written(value), form)


def _write_text(sheet: Any, row: int, column: int, text: str, form: Any) -> None:
    if len(text) * 2 > _CELL_UNITS:
        text = _cut(text)
    if text.startswith("<r>") and text.endswith("</r>"):
        # XlsxWriter 3.3 writes such a text into the sheet as markup, unescaped; handed over
        # in parts (it wants three) it is escaped as every other text is.
        sheet.write_rich_string(row, column, text[:1], text[1:2], text[2:], form)
    else:
        sheet.write_string(row, column, text, form)


def _height(values: Sequence[object], columns: Sequence[Column]) -> float:
    """Points that the wrapped text of a row needs, by the width of its columns."""
    lines = max(
        wrapped_lines(value, column.width) if isinstance(value, str) else 1
        for value, column in zip(values, columns, strict=True)
    )
    return min(lines * _LINE_POINTS + 2, _TALLEST)


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= _CELL_UNITS * 2:
        return text
    kept = units[: (_CELL_UNITS - len(_CUT)) * 2]
    return kept.decode("utf-16-le", errors="ignore") + _CUT

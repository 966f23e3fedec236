"""PDF for paper and archive: A4 landscape, tagged, PDF/A-2a and PDF/UA-1."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from documents.table import Table, TooManyRows, checked_lines, checked_rows, legible, written
from documents.typesetting import press

#: Cells of one document: 11,764 rows of a change report, some 800 pages. Typst holds them
#: all at about 13 KB each, since pages are numbered x／y.
PRINTED_CELLS = 200_000


class TooLongToPrint(TooManyRows):
    """More rows than one printed document holds."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"列印檔最多 {rows:,} 列，請縮小範圍，或改用 ODS、XLSX 檔。")


def write_pdf(table: Table, stream: BinaryIO, *, font_folders: Sequence[Path] = ()) -> None:
    """Print the table with a repeated header row and page numbers.

    `font_folders` are looked through before those of the system. Raises `RowDoesNotFit`,
    `TooLongToPrint`, `NotPrintable`, `BrokenOff`.
    """
    stream.write(press(tuple(font_folders)).print("table.typ", table_data(table), table.created))


def table_data(table: Table) -> dict[str, object]:
    """What the template is given. Raises `RowDoesNotFit`, `TooLongToPrint`."""
    most = PRINTED_CELLS // len(table.columns)
    rows: list[list[str]] = []
    for row in checked_rows(table):
        if len(rows) == most:
            raise TooLongToPrint(most)
        rows.append([written(value) for value in row])
    return {
        "title": legible(table.title),
        "terms": checked_lines(table.terms),
        "columns": [
            {"label": legible(column.label), "kind": column.kind, "width": column.width}
            for column in table.columns
        ],
        "rows": rows,
        "closing": checked_lines(table.closing()),
        "signatures": [legible(one) for one in table.signatures],
        "pasted": None if table.pasted is None else legible(table.pasted),
    }

"""PDF for paper and archive: A4 landscape, tagged, PDF/A-2a and PDF/UA-1."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from documents.table import Table, checked_lines, checked_rows, legible, written
from documents.typesetting import press


def write_pdf(table: Table, stream: BinaryIO, *, font_folders: Sequence[Path] = ()) -> None:
    """Print the table with a repeated header row and page numbers.

    Holds all rows in memory, since pages are numbered x／y. `font_folders` are looked
    through before those of the system. Raises `RowDoesNotFit`, `NotPrintable`.
    """
    rows = [[written(value) for value in row] for row in checked_rows(table)]
    data = {
        "title": legible(table.title),
        "terms": checked_lines(table.terms),
        "columns": [
            {"label": legible(column.label), "kind": column.kind, "width": column.width}
            for column in table.columns
        ],
        "rows": rows,
        "closing": checked_lines(table.closing()),
    }
    stream.write(press(tuple(font_folders)).print("table.typ", data, table.created))

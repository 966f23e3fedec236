"""CSV for people: UTF-8 with a byte order mark, CRLF, ROC dates, no live formulas."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from documents.table import Table, checked_lines, checked_rows, written

# Some programs skip blanks and invisible characters before they look for a formula.
_BLANKS = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*")


class _Encoded:
    """What `csv.writer` writes to: text in, UTF-8 out, nothing kept."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(text.encode())


def harmless(text: str) -> str:
    """The text, with an apostrophe in front where a spreadsheet would run it as a formula.

    Guards against = + - @ in any width, after blanks too, and against a leading TAB, CR or
    LF (OWASP, "CSV Injection"). The apostrophe is visible; XLSX and ODS need none.
    """
    first = text[_BLANKS.match(text).end() :][:1]  # type: ignore[union-attr]  # matches always
    if text[:1] in ("\t", "\r", "\n") or unicodedata.normalize("NFKC", first) in (*"=+-@",):
        return "'" + text
    return text


def write_csv(table: Table, stream: BinaryIO) -> None:
    """Write the table: terms and an empty line, header, rows, an empty line and the closing lines.

    Without terms the header is the first line. The title is left to the file name.
    Raises `RowDoesNotFit`.
    """
    stream.write(b"\xef\xbb\xbf")
    writer = csv.writer(_Encoded(stream), lineterminator="\r\n")
    terms = checked_lines(table.terms)
    writer.writerows(_harmless_rows(terms))
    if terms:
        writer.writerow(())
    writer.writerows(_harmless_rows([[column.label for column in table.columns]]))
    writer.writerows(_harmless_rows(checked_rows(table)))
    closing = checked_lines(table.closing())
    if closing:
        writer.writerow(())
    writer.writerows(_harmless_rows(closing))


def _harmless_rows(rows: Iterable[Sequence[object]]) -> Iterable[list[str]]:
    for row in rows:
        # Numbers and dates are written by us and run nothing; -5 stays a number.
        yield [harmless(cell) if isinstance(cell, str) else written(cell) for cell in row]
